"""Positions and alarms of on-board terminals, as the monitoring platform extracts them.

Positions are those of ``tracks``: a terminal out of coverage sends its points later, a reconnect sends some twice, a
receiver without a fix sends 0/0. Alarms are of the whole year and of all monitored vehicles.

Planted beside what the tracks hold: late and repeated points, alarms never handled, and spoiled lines.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.demo import faults, registers
from etl.demo.tracks import NEVER, position_days, track, tracked
from etl.demo.world import Delivery, World, morning_after
from etl.feeds import feed

_ALARMS_A_MONTH = 1.4
_KINDS = {
    "overspeed": 0.22, "distraction": 0.2, "no_seat_belt": 0.1, "phone": 0.1, "smoking": 0.09,
    "forward_collision": 0.08, "lane_departure": 0.08, "fatigue": 0.04, "long_driving": 0.03, "driver_identity": 0.03,
    "off_monitoring": 0.015, "night_ban": 0.005, "overcrowding": 0.005, "driver_abnormal": 0.005,
}  # fmt: skip
"""Share of each kind of alarm."""


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
    """Alarms of the year as they are in the end, by the time they began; coaches and the like have more."""
    rng = world.rng("alarms")
    year = world.year
    open_now = [row for row in registers.monitored(world) if row["valid_to"] is None]
    civic = np.array([row["monitored_class"] in ("bus", "taxi") for row in open_now])
    rate = np.where(civic, 0.4, 2.2) * _ALARMS_A_MONTH * len(year) / 30
    count = rng.poisson(rate)
    vehicle = np.repeat(np.arange(len(open_now)), count)
    size = len(vehicle)
    second = rng.integers(0, len(year) * 86_400, size)
    order = np.argsort(second, kind="stable")
    vehicle, second = vehicle[order], second[order]
    began = np.datetime64(year[0], "us") + second * np.timedelta64(1_000_000, "us")
    length = rng.integers(8, 400, size)
    kind = rng.choice(list(_KINDS), size, p=np.array(list(_KINDS.values())) / sum(_KINDS.values()))
    level = np.where(
        np.isin(kind, ("overspeed", "fatigue", "night_ban", "driver_abnormal")), 1, rng.integers(1, 3, size)
    )
    allowed = np.where(level == 1, 10, 30)
    # Nine in ten are handled in time, most of the others late, a few never.
    taken_min = np.where(
        rng.random(size) < 0.9, rng.uniform(0.5, 0.95, size) * allowed, rng.gamma(2, 900, size) + allowed
    )
    never = rng.random(size) < 0.015
    never |= np.array(second + taken_min * 60 >= len(year) * 86_400)
    handled = began + (taken_min * 60).astype(int) * np.timedelta64(1_000_000, "us")
    speeding = kind == "overspeed"
    ways = rng.choice(["called", "message", "educated", "recorded", "false_alarm", "stopped"], size,
                      p=[0.45, 0.25, 0.1, 0.1, 0.08, 0.02])  # fmt: skip
    return pa.table({
        "alarm_no": [f"BJ{at:08d}" for at in range(1, size + 1)],
        "plate_no": pa.array([row["plate_no"] for row in open_now]).take(pa.array(vehicle)),
        "plate_color_code": pa.array([row["plate_color_code"] for row in open_now], pa.int32()).take(pa.array(vehicle)),
        "alarm_kind": pa.array(kind), "alarm_level": pa.array(level, pa.int32()),
        "alarm_source": pa.array(np.where(np.isin(kind, ("long_driving", "night_ban")), "government", "terminal")),
        "alarm_began_at": began, "alarm_ended_at": began + length * np.timedelta64(1_000_000, "us"),
        "max_speed_kmh": pa.array(np.round(rng.uniform(82, 118, size), 1), mask=~speeding),
        "handle_within_min": pa.array(allowed, pa.int32()),
        "handled_at": pa.array(handled, mask=never), "handling": pa.array(ways, mask=never),
        "is_supervised": pa.array((rng.random(size) < 0.3) & never),
    })  # fmt: skip


def _alarm_files(world: World) -> Iterator[Delivery]:
    """Monthly for the history, nightly at the end: what began since, and what was handled since."""
    spans = [(days[0], days[-1]) for days in world.months if days[-1] >= world.year[0]]
    spans += [(day, day) for day in world.own_nights if day >= world.year[0]]
    table = alarms(world)
    for first, last in spans:
        begin, end = (
            pa.scalar(datetime.combine(day, time()), pa.timestamp("us")) for day in (first, last + timedelta(days=1))
        )
        started = pc.and_(pc.greater_equal(table["alarm_began_at"], begin), pc.less(table["alarm_began_at"], end))
        handled = pc.fill_null(
            pc.and_(pc.greater_equal(table["handled_at"], begin), pc.less(table["handled_at"], end)), False
        )
        found = table.filter(pc.or_(started, pc.and_(pc.less(table["alarm_began_at"], begin), handled)))
        ahead = pc.fill_null(pc.greater_equal(found["handled_at"], end), False)
        for name in ("handled_at", "handling"):
            at = found.column_names.index(name)
            nothing = pa.scalar(None, found.schema.field(name).type)
            found = found.set_column(at, name, pc.if_else(ahead, nothing, found[name]))
        name = f"terminal_alarm_{last:%Y%m%d}.csv.gz"
        yield Delivery("terminal_alarm", name, found, last, morning_after(last, 2))


def deliveries(world: World) -> Iterator[Delivery]:
    yield from _position_files(world)
    yield from _alarm_files(world)


def truth(world: World) -> dict[str, pa.Table]:
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
    return {"padded_track": pa.Table.from_pylist(found, columns)}
