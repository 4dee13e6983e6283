"""Positions and alarms of on-board terminals, as the monitoring platform extracts them.

Positions are those of ``tracks``: a terminal out of coverage sends its points later, a reconnect sends some twice, a
receiver without a fix sends 0/0. Alarms are of the whole year and of all monitored vehicles; on the days of the
captures most of those that terminals send are among them.

Planted beside what the tracks hold: late and repeated points, alarms never handled, alarms closed in bulk, alarms of
the captures that never reached the extract, and spoiled lines.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache, reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.demo import faults, messages, registers
from etl.demo.tracks import FATIGUE, NEVER, OVERSPEED, position_days, roles, track, tracked
from etl.demo.world import Delivery, World, morning_after
from etl.feeds import feed

_ALARMS_A_MONTH = 1.4
_KINDS = {
    "overspeed": 0.22, "distraction": 0.2, "no_seat_belt": 0.1, "phone": 0.1, "smoking": 0.09,
    "forward_collision": 0.08, "lane_departure": 0.08, "fatigue": 0.04, "long_driving": 0.03, "driver_identity": 0.03,
    "off_monitoring": 0.015, "night_ban": 0.005, "overcrowding": 0.005, "driver_abnormal": 0.005,
}  # fmt: skip
"""Share of each kind of alarm."""
_GRAVE = ("overspeed", "fatigue", "night_ban", "driver_abnormal")
_WAYS = ("called", "message", "educated", "recorded", "false_alarm", "stopped")
_WAY_SHARES = (0.45, 0.25, 0.1, 0.1, 0.08, 0.02)
_SAFETY_KINDS = {
    (0x64, 1): "forward_collision", (0x64, 2): "lane_departure", (0x65, 1): "fatigue", (0x65, 2): "phone",
    (0x65, 3): "smoking", (0x65, 4): "distraction",
}  # fmt: skip
"""What the bureau calls the safety alarms (item, type) that terminals send; others it has no name for."""
_WORD_KINDS = {OVERSPEED: "overspeed", FATIGUE: "long_driving"}
_LATEST_S = 41
"""An alarm whose beginning the platform tells otherwise is later by less than this."""
_BATCH_WAYS = ("recorded", "false_alarm")
_BATCH_DAYS = 4
"""A shorter world has no batches: their alarms begin days before."""
_BATCH_KINDS = ("distraction", "no_seat_belt", "lane_departure", "smoking")
_APPEALED, _LONG_ROWS, _DAY_S = 0.05, 60, 86_400
ALARMS = pa.schema([
    ("alarm_no", pa.string()), ("plate_no", pa.string()), ("plate_color_code", pa.int32()),
    ("alarm_kind", pa.string()), ("alarm_level", pa.int32()), ("alarm_source", pa.string()),
    ("alarm_began_at", pa.timestamp("us")), ("alarm_ended_at", pa.timestamp("us")), ("max_speed_kmh", pa.float64()),
    ("handle_within_min", pa.int32()), ("handled_at", pa.timestamp("us")), ("handling", pa.string()),
    ("is_supervised", pa.bool_()), ("appealed_at", pa.timestamp("us")), ("appeal_result", pa.string()),
    ("origin", pa.string()), ("decided_at", pa.timestamp("us")),
])  # fmt: skip


# --- positions -----------------------------------------------------------------------------------
def positions(world: World, day: date) -> pa.Table:
    """All points of a day, by the time the platform received them; reconnects send some twice."""
    parts = []
    midnight = np.datetime64(day, "us")
    for number, vehicle in enumerate(tracked(world)):
        points = track(world, number, day)
        came = np.flatnonzero(points.received != NEVER)
        seconds = np.timedelta64(1_000_000, "us")
        parts.append(pa.table({
            "plate_no": [vehicle["plate_no"]] * len(came),
            "plate_color_code": pa.array([vehicle["plate_color_code"]] * len(came), pa.int32()),
            "positioned_at": midnight + points.second[came] * seconds,
            "terminal_received_at": midnight + points.received[came] * seconds,
            "latitude": points.latitude[came], "longitude": points.longitude[came],
            "terminal_speed_kmh": points.speed_kmh[came],
            "heading_deg": pa.array(points.heading_deg[came], pa.int32()),
            "altitude_m": pa.array(points.altitude_m[came], pa.int32()), "odometer_km": points.odometer_km[came],
            "terminal_status": np.where(points.has_fix[came], "00000003", "00000001"),
        }))  # fmt: skip
    table = pa.concat_tables(parts)
    rng = world.rng("reconnects", str(day))
    again = table.take(pa.array(np.sort(rng.choice(table.num_rows, max(1, table.num_rows // 200), replace=False))))
    at = again.column_names.index("terminal_received_at")
    resent = pc.add(again["terminal_received_at"], pa.scalar(timedelta(minutes=11)))
    both = pa.concat_tables([table, again.set_column(at, "terminal_received_at", resent)])
    return both.sort_by([(name, "ascending") for name in ("terminal_received_at", "plate_no", "positioned_at")])


def _position_files(world: World) -> Iterator[Delivery]:
    """A file a day; points received after midnight come with the next one."""
    kept = None
    for day in position_days(world):
        table = positions(world, day)
        if kept is not None:
            table = pa.concat_tables([kept, table])
        midnight = pa.scalar(datetime.combine(day + timedelta(days=1), time()), pa.timestamp("us"))
        early = pc.less(table["terminal_received_at"], midnight)
        kept, table = table.filter(pc.invert(early)), table.filter(early)
        name = f"terminal_position_{day:%Y%m%d}.csv.gz"
        spoiled = [
            faults.text("R-RANGE", terminal_speed_kmh="655.35"),
            faults.text("R-DATEFORM", positioned_at=f"{day:%y%m%d}083000"),
            faults.text("R-TIME", positioned_at="2000-01-01 00:00:00"),
            faults.CUT_LINE,
        ]
        data, truth = faults.damage(
            feed("terminal_position"), table, spoiled, world.rng("position_faults", str(day)), name
        )
        at = morning_after(day, 1)
        yield Delivery("terminal_position", name, table, day, at, data, {"damaged_line": truth})


# --- alarms --------------------------------------------------------------------------------------
@cache
def alarms(world: World) -> pa.Table:
    """Alarms of the year as they are in the end, by the time they began.

    Beside what is delivered: ``origin`` (``drawn``, ``wire``: a terminal of the captures sent it, ``batch``: closed
    with others) and ``decided_at``, when the appeal was.
    """
    rng = world.rng("alarms")
    began_of = {
        "drawn": _drawn(world, rng),
        "wire": [told for _, told in _wire_alarms(world) if told],
        "batch": [row for batch in _batches(world) for row in batch],
    }
    rows = [row | {"origin": origin} for origin, found in began_of.items() for row in found]
    rows.sort(key=lambda row: (row["alarm_began_at"], row["plate_no"], row["alarm_kind"], row["origin"]))
    end = datetime.combine(world.year[-1] + timedelta(days=1), time())
    for number, row in enumerate(rows, 1):
        row["alarm_no"] = f"BJ{number:08d}"
        row["alarm_ended_at"] = row["alarm_began_at"] + timedelta(seconds=int(rng.integers(8, 400)))
        row["max_speed_kmh"] = round(float(rng.uniform(82, 118)), 1) if row["alarm_kind"] == "overspeed" else None
        row["handle_within_min"] = 10 if row["alarm_level"] == 1 else 30
        _handle(row, rng)
        if row["handled_at"] and row["handled_at"] >= end:
            row |= {"handled_at": None, "handling": None}
        _appeal(row, rng, end)
        due = row["alarm_began_at"] + timedelta(minutes=row["handle_within_min"])
        row["is_supervised"] = bool(rng.random() < 0.3) and (row["handled_at"] or end) > due
    return pa.Table.from_pylist(rows, ALARMS)


def _drawn(world: World, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Alarms by chance over the year; coaches and the like have more than buses and taxis."""
    open_now = [row for row in registers.monitored(world) if row["valid_to"] is None]
    civic = np.array([row["monitored_class"] in ("bus", "taxi") for row in open_now])
    count = rng.poisson(np.where(civic, 0.4, 2.2) * _ALARMS_A_MONTH * len(world.year) / 30)
    vehicle = np.repeat(np.arange(len(open_now)), count)
    second = rng.integers(0, len(world.year) * _DAY_S, len(vehicle))
    kind = rng.choice(list(_KINDS), len(vehicle), p=np.array(list(_KINDS.values())) / sum(_KINDS.values()))
    level = np.where(np.isin(kind, _GRAVE), 1, rng.integers(1, 3, len(vehicle)))
    midnight = datetime.combine(world.year[0], time())
    drawn = zip(vehicle.tolist(), second.tolist(), kind.tolist(), level.tolist(), strict=True)
    return [
        _alarm(
            open_now[at], name, of_level, midnight + timedelta(seconds=begun),
            "government" if name in ("long_driving", "night_ban") else "terminal",
        )
        for at, begun, name, of_level in drawn
    ]  # fmt: skip


def _alarm(vehicle: dict[str, Any], kind: str, level: int, began: datetime, source: str = "terminal") -> dict[str, Any]:
    return {
        "plate_no": vehicle["plate_no"], "plate_color_code": vehicle["plate_color_code"], "alarm_kind": kind,
        "alarm_level": level, "alarm_source": source, "alarm_began_at": began,
    }  # fmt: skip


def _handle(row: dict[str, Any], rng: np.random.Generator) -> None:
    """Nine in ten are handled in time, most of the others late, a few never; those of a batch as it says."""
    allowed, is_quick, is_never = row["handle_within_min"], rng.random() < 0.9, rng.random() < 0.015
    taken_min = rng.uniform(0.5, 0.95) * allowed if is_quick else rng.gamma(2, 900) + allowed
    way = str(rng.choice(_WAYS, p=_WAY_SHARES))
    if "handled_at" not in row:
        handled = row["alarm_began_at"] + timedelta(seconds=int(taken_min * 60))
        row |= {"handled_at": None if is_never else handled, "handling": None if is_never else way}


def _appeal(row: dict[str, Any], rng: np.random.Generator, end: datetime) -> None:
    """Some are appealed against after their handling; what is decided after the last day is pending in the end."""
    is_appealed, hours, decided_h = rng.random() < _APPEALED, rng.uniform(0.1, 6), rng.uniform(0.5, 72)
    result = "rejected" if rng.random() < 0.6 else "upheld"
    row |= {"appealed_at": None, "appeal_result": None, "decided_at": None}
    if not is_appealed or row["handled_at"] is None:
        return
    appealed = row["handled_at"] + timedelta(seconds=int(hours * 3_600))
    decided = appealed + timedelta(seconds=int(decided_h * 3_600))
    if appealed < end:
        row |= {"appealed_at": appealed, "appeal_result": "pending" if decided >= end else result}
        row |= {"decided_at": None if decided >= end else decided}


@cache
def _wire_alarms(world: World) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Alarms that terminals send in the captures, and each as the handling platform has it: most to the second, some
    seconds later, some not at all."""
    rng = world.rng("wire_alarms")
    found: list[tuple[dict[str, Any], dict[str, Any] | None]] = []
    for day in position_days(world):
        for number, vehicle in enumerate(tracked(world)):
            if roles(world).get(number, "") in ("clone", "original") or "clock" in roles(world).get(number, ""):
                continue
            for kind, level, began in sorted(_sent(world, number, day), key=lambda each: (each[2], each[0])):
                sent = _alarm(vehicle, kind, level or 1, began) | {"wire_level": level}
                fate, later = rng.random(), int(rng.integers(1, _LATEST_S))
                told = _alarm(vehicle, kind, level or 1, began + timedelta(seconds=later if fate < 0.4 else 0))
                found.append((sent, None if fate < 0.1 else told))
    return found


def _sent(world: World, number: int, day: date) -> list[tuple[str, int | None, datetime]]:
    """Kind, level (of bits none) and beginning of alarms that a terminal sends on a day, where the kind has a name.

    A bit that is set in the first report of the day began before it, for all the captures tell.
    """
    points, midnight = track(world, number, day), datetime.combine(day, time())
    found: list[tuple[str, int | None, datetime]] = [
        (_SAFETY_KINDS[alarm.item, alarm.type], alarm.level, alarm.alarmed_at)
        for alarm in messages.safety_alarms(world, number, day)
        if (alarm.item, alarm.type) in _SAFETY_KINDS
    ]
    came = np.flatnonzero(points.received != NEVER)
    for bit, kind in _WORD_KINDS.items():
        is_set = (points.alarm_flags[came] & bit) > 0
        for at in came[1:][is_set[1:] & ~is_set[:-1]].tolist():
            found.append((kind, None, midnight + timedelta(seconds=int(points.second[at]))))
    return found


@cache
def _batches(world: World) -> list[list[dict[str, Any]]]:
    """Alarms that an enterprise closes within seconds in one way, the oldest days after they began; behind them what is
    nearly that: nine at once, and a dozen closed one after the other."""
    if len(world.year) < _BATCH_DAYS:
        return []
    rng = world.rng("batches")
    on_wire = {row["plate_no"] for row in tracked(world)}
    firms: dict[str, list[dict[str, Any]]] = {}
    for row in registers.monitored(world):
        if row["monitored_class"] not in ("bus", "taxi") and row["valid_to"] is None and row["plate_no"] not in on_wire:
            firms.setdefault(row["uscc"], []).append(row)
    largest = sorted(firms, key=lambda uscc: (-len(firms[uscc]), uscc))
    count = min(len(largest), max(3, world.figure(6)))
    # The first is closed on the last nights, so that a version that comes later makes a burst.
    days = [world.year[-2], *(world.year[int(at)] for at in rng.integers(2, len(world.year) - 1, count - 1))]
    found = []
    for at, (uscc, day) in enumerate(zip(largest, days, strict=False)):
        of_firm = [row for row in firms[uscc] if row["valid_from"] <= day - timedelta(days=3)]
        if of_firm:
            size = int(rng.integers(10, 25))
            found.append(_batch(rng, of_firm, day, sorted(rng.integers(0, 8, size).tolist()), _BATCH_WAYS[at % 2]))
    if found and of_firm:
        found.append(_batch(rng, of_firm, days[-1] - timedelta(days=1), [0] * 9, "called"))
        found.append(_batch(rng, of_firm, days[-1] - timedelta(days=1), list(range(7_200, 7_272, 6)), "called"))
    return found


def _batch(
    rng: np.random.Generator, vehicles: list[dict[str, Any]], day: date, seconds: list[int], way: str
) -> list[dict[str, Any]]:
    at = datetime.combine(day, time(17, int(rng.integers(0, 60)), int(rng.integers(0, 60))))
    found = []
    for second in seconds:
        vehicle = vehicles[int(rng.integers(0, len(vehicles)))]
        began = at - timedelta(seconds=int(rng.integers(1_200, 2 * _DAY_S)))
        closed = {"handled_at": at + timedelta(seconds=second), "handling": way}
        found.append(_alarm(vehicle, str(rng.choice(_BATCH_KINDS)), 2, began) | closed)
    return found


def _alarm_files(world: World) -> Iterator[Delivery]:
    """Monthly for the history, nightly at the end: what began since, and what was handled or decided since."""
    spans = [(days[0], days[-1]) for days in world.months if days[-1] >= world.year[0]]
    spans += [(day, day) for day in world.own_nights if day >= world.year[0]]
    table = alarms(world)
    for first, last in spans:
        begin, end = (
            pa.scalar(datetime.combine(day, time()), pa.timestamp("us")) for day in (first, last + timedelta(days=1))
        )
        happened = [
            pc.fill_null(pc.and_(pc.greater_equal(table[name], begin), pc.less(table[name], end)), False)
            for name in ("alarm_began_at", "handled_at", "appealed_at", "decided_at")
        ]
        found = table.filter(reduce(pc.or_, happened))
        for when, names in (
            ("handled_at", ("handling", "handled_at")),
            ("appealed_at", ("appeal_result", "appealed_at")),
        ):
            ahead = pc.fill_null(pc.greater_equal(found[when], end), False)
            for name in names:
                nothing = pa.scalar(None, found.schema.field(name).type)
                found = _with(found, name, pc.if_else(ahead, nothing, found[name]))
        undecided = pc.and_(
            pc.is_valid(found["appealed_at"]), pc.fill_null(pc.greater_equal(found["decided_at"], end), True)
        )
        found = _with(found, "appeal_result", pc.if_else(undecided, "pending", found["appeal_result"]))
        yield _alarm_file(world, found, last)


def _with(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def _alarm_file(world: World, found: pa.Table, last: date) -> Delivery:
    """Of a long file some lines are spoiled, none that the truth names."""
    name, at = f"terminal_alarm_{last:%Y%m%d}.csv.gz", morning_after(last, 2)
    delivered = found.drop_columns(["origin", "decided_at"])
    is_drawn = pc.equal(found["origin"], "drawn")
    named, drawn = delivered.filter(pc.invert(is_drawn)), delivered.filter(is_drawn)
    if drawn.num_rows < _LONG_ROWS:
        return Delivery("terminal_alarm", name, delivered, last, at)
    spoiled = [
        faults.text("R-CODE", alarm_kind="超载"), faults.text("R-DATEFORM", handled_at="下午3点"),
        faults.text("R-ORDER", alarm_ended_at="2020-01-01 08:00:00"), faults.CUT_LINE,
    ]  # fmt: skip
    of_alarms, rng = feed("terminal_alarm"), world.rng("alarm_faults", str(last))
    body, truth = faults.damage_rows(of_alarms, drawn, spoiled, rng, name, after=1 + named.num_rows)
    data = faults.around(of_alarms, named, body, drawn.slice(0, 0), name)
    return Delivery("terminal_alarm", name, pa.concat_tables([named, drawn]), last, at, data, {"damaged_line": truth})


def deliveries(world: World) -> Iterator[Delivery]:
    yield from _position_files(world)
    yield from _alarm_files(world)


def truth(world: World) -> dict[str, pa.Table]:
    """Padded stretches, alarms of the captures as the extract has them, and alarms closed in bulk."""
    return {
        "padded_track": _padded(world), "wire_alarm": _wire_truth(world), "alarm_burst": _burst_truth(world),
    }  # fmt: skip


def _wire_truth(world: World) -> pa.Table:
    """Alarms that terminals sent: level and beginning as on the wire, and when the extract says it began; empty where
    the extract lacks it."""
    columns = pa.schema([
        ("plate_no", pa.string()), ("plate_color_code", pa.int32()), ("alarm_kind", pa.string()),
        ("alarm_level", pa.int32()), ("alarm_began_at", pa.timestamp("s")), ("told_began_at", pa.timestamp("s")),
    ])  # fmt: skip
    found = [
        sent | {"alarm_level": sent["wire_level"], "told_began_at": told and told["alarm_began_at"]}
        for sent, told in _wire_alarms(world)
    ]
    return pa.Table.from_pylist([{name: row[name] for name in columns.names} for row in found], columns)


def _burst_truth(world: World) -> pa.Table:
    """Who closed how many alarms of how many vehicles, how, and from when to when."""
    columns = pa.schema([
        ("uscc", pa.string()), ("handling", pa.string()), ("from_at", pa.timestamp("s")), ("to_at", pa.timestamp("s")),
        ("alarms", pa.int64()), ("vehicles", pa.int64()),
    ])  # fmt: skip
    owner = {row["plate_no"]: row["uscc"] for row in registers.monitored(world) if row["valid_to"] is None}
    found = [
        {
            "uscc": owner[batch[0]["plate_no"]], "handling": batch[0]["handling"], "from_at": batch[0]["handled_at"],
            "to_at": batch[-1]["handled_at"], "alarms": len(batch), "vehicles": len({row["plate_no"] for row in batch}),
        }
        for batch in _batches(world)
        if batch[0]["handling"] in _BATCH_WAYS
    ]  # fmt: skip
    return pa.Table.from_pylist(found, columns)


def _padded(world: World) -> pa.Table:
    """Padded stretches: the vehicle, from when to when, how (``copied`` from an earlier stretch, or a straight line at
    ``constant_speed``), and when the points that were copied were first sent."""
    found = []
    for day in position_days(world):
        start = datetime.combine(day, time())
        for number, vehicle in enumerate(tracked(world)):
            points = track(world, number, day)
            for stretch in points.planted:
                if stretch.kind not in ("copied", "constant_speed"):
                    continue
                first, last, source = (
                    None if at is None else start + timedelta(seconds=int(points.second[at]))
                    for at in (stretch.first, stretch.last, stretch.source)
                )
                found.append({
                    "plate_no": vehicle["plate_no"], "plate_color_code": vehicle["plate_color_code"],
                    "padding": stretch.kind, "from_at": first, "to_at": last, "copied_from_at": source,
                })  # fmt: skip
    columns = pa.schema([
        ("plate_no", pa.string()), ("plate_color_code", pa.int32()), ("padding", pa.string()),
        ("from_at", pa.timestamp("s")), ("to_at", pa.timestamp("s")), ("copied_from_at", pa.timestamp("s")),
    ])  # fmt: skip
    return pa.Table.from_pylist(found, columns)
