"""Registers beside those of weighing: districts, enterprises, drivers, coach lines and relay points, safety
standards, insurance, and the vehicles under monitoring.

At city scale, on the last day: 1,041 coaches and dangerous-goods vehicles, 706 buses and 723 taxis, all with smart
terminals, buses and taxis with slogans; no line of 800 km or more and no coach of 57 seats or more left (there were
some, and their rows say until when); four relay points inspected in the year; every enterprise that has to meets
the safety standard, six of them since this year.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.demo import faults, invent, rows
from etl.demo.places import COUNTIES, SITES
from etl.demo.world import Delivery, World, morning_after
from etl.feeds import feed

_KINDS = {"coach": "passenger", "tourist": "passenger"}
"""Kinds of the world that the register tells by another word."""
STANDARDISED = ("passenger", "dangerous_goods", "bus", "taxi", "station")
"""Kinds of enterprise that have to meet the safety standard."""
_SCOPES = {
    "passenger": "县际班车客运,省际包车客运", "dangerous_goods": "危险货物运输(第3类)", "freight": "普通货运",
    "bus": "城市公共汽电车客运",
    "taxi": "巡游出租汽车客运", "ride_hailing": "网络预约出租汽车客运", "station": "道路旅客运输站经营",
}  # fmt: skip
_CLASSES = {
    "tourist_coach": 118, "charter_coach": 176, "line_coach": 412, "dangerous_goods": 335, "bus": 706, "taxi": 723,
}  # fmt: skip
"""Vehicles of each class at city scale; the first four make 1,041."""
_OWNERS = {
    "tourist_coach": "tourist", "charter_coach": "tourist", "line_coach": "coach", "dangerous_goods": "dangerous_goods",
    "bus": "bus", "taxi": "taxi",
}  # fmt: skip
_CENTRAL = ("431102", "431103")
_MODELS = (("SL-900", "2019"), ("SL-800", "2019"), ("YD-530", "2013"))
_CITIES = ("长沙", "衡阳", "邵阳", "郴州", "桂林", "广州", "东莞", "深圳", "武汉", "南宁", "昆明", "上海")


def issue_days(world: World) -> list[date]:
    """The first day, the ends of the year's months (a tiny world: of the history), and the last day."""
    ends = {world.history_end} if world.scale.name == "tiny" else {days[-1] for days in world.months}
    return sorted({world.first_day, *ends, world.last_day})


def deliveries(world: World) -> Iterator[Delivery]:
    first = world.first_day
    yield Delivery("district", f"district_{first:%Y%m%d}.csv", districts(world), first, morning_after(first))
    for number, day in enumerate(issue_days(world)):
        for name, ending, found in (
            ("enterprise", "csv", enterprises(world)),
            ("coach_line", "ndjson", coach_lines(world)),
            ("relay_point", "csv", relay_points(world)),
            ("safety_standard", "xlsx", standards(world)),
            ("liability_insurance", "txt", policies(world)),
            ("monitored_vehicle", "parquet", monitored(world)),
        ):
            table = rows.as_table(name, _as_of(found, day))
            file_name = f"{name}_{day:%Y%m%d}.{ending}"
            yield Delivery(name, file_name, table, day, morning_after(day, 3))
        yield _drivers(world, number, day)


def _as_of(found: tuple[dict[str, Any], ...], day: date) -> list[dict[str, Any]]:
    """The rows of a register that were there on ``day``.

    What ends a span early, and an inspection, is not known before its day.
    """
    listed = []
    for row in found:
        if row["valid_from"] > day:
            continue
        told = {name: value for name, value in row.items() if name != "ends_early"}
        if row.get("ends_early") and row["valid_to"] >= day:
            told["valid_to"] = None
        if row.get("inspected_on") and row["inspected_on"] > day:
            told["inspected_on"] = None
        listed.append(told)
    return listed


# --- districts and firms -------------------------------------------------------------------------
def districts(world: World) -> pa.Table:
    """The counties and zones; 祁阳 was 431121 until 2021-01-19."""
    long_ago, renamed = date(2000, 1, 1), date(2021, 1, 20)
    found: list[dict[str, Any]] = [
        {"county_code": code, "district_name": name, "district_kind": "county",
         "valid_from": renamed if code == "431181" else long_ago}
        for code, name in COUNTIES.items()
    ]  # fmt: skip
    found.append({
        "county_code": "431121", "district_name": "祁阳县", "district_kind": "county", "successor_code": "431181",
        "valid_from": long_ago, "valid_to": renamed - timedelta(days=1),
    })  # fmt: skip
    zones = (("431171", "经济技术开发区"), ("431172", "金洞管理区"), ("431173", "回龙圩管理区"))
    found += [
        {"county_code": code, "district_name": name, "district_kind": "zone", "valid_from": date(2010, 1, 1)}
        for code, name in zones
    ]
    return rows.as_table("district", found)


@cache
def enterprises(world: World) -> tuple[dict[str, Any], ...]:
    """Enterprises by span: one in twenty got another name in the year."""
    rng = world.rng("enterprise_spans")
    found: list[dict[str, Any]] = []
    for number, firm in enumerate(world.enterprises.to_pylist()):
        kind = _KINDS.get(firm["enterprise_kind"], firm["enterprise_kind"])
        row: dict[str, Any] = {
            "uscc": firm["uscc"], "enterprise_name": firm["enterprise_name"], "enterprise_kind": kind,
            "county_code": firm["county_code"], "business_scope": _SCOPES[kind],
            "transport_licence_no": f"湘交运管许可永字{firm['county_code']}{number + 1:06d}号",
            "first_issue_date": firm["first_issue_date"], "valid_from": firm["first_issue_date"], "valid_to": None,
        }  # fmt: skip
        if rng.random() < 0.05 and len(world.year) > 2:
            day = world.year[int(rng.integers(1, len(world.year)))]
            found.append(row | {"valid_to": day - timedelta(days=1), "ends_early": True})
            row |= {"valid_from": day, "enterprise_name": firm["enterprise_name"].replace("有限公司", "集团有限公司")}
        found.append(row)
    return tuple(found)


@cache
def driver_spans(world: World) -> pa.Table:
    """Certificates by span: one driver in fifty went to another employer in the year."""
    rng = world.rng("driver_spans")
    table = world.drivers
    given = pa.table({
        "driver_certificate_no": table["driver_certificate_no"], "person_name": table["person_name"],
        "citizen_id": table["citizen_id"], "driver_class": ["freight"] * table.num_rows, "uscc": table["uscc"],
        "first_issue_date": table["first_issue_date"], "valid_from": table["first_issue_date"],
        "valid_to": pa.nulls(table.num_rows, pa.date32()),
    })  # fmt: skip
    moved = np.flatnonzero(rng.random(given.num_rows) < 0.02)
    day_of = rng.integers(1, max(2, len(world.year)), len(moved)) + (world.year[0] - date(1970, 1, 1)).days
    firms = [row["uscc"] for row in world.enterprises.to_pylist() if row["enterprise_kind"] == "freight"]
    after = given.take(pa.array(moved))
    before = after.set_column(7, "valid_to", pa.array((day_of - 1).astype(np.int32), pa.date32()))
    after = after.set_column(6, "valid_from", pa.array(day_of.astype(np.int32), pa.date32()))
    after = after.set_column(4, "uscc", pa.array(firms).take(pa.array(rng.integers(0, len(firms), len(moved)))))
    keep = np.ones(given.num_rows, bool)
    keep[moved] = False
    return pa.concat_tables([given.filter(pa.array(keep)), before, after]).sort_by(
        [("driver_certificate_no", "ascending"), ("valid_from", "ascending")]
    )


def _drivers(world: World, number: int, day: date) -> Delivery:
    """Certificates of drivers. The first list went through a spreadsheet: ids lost digits, and a row was cut."""
    when = pa.scalar(day, pa.date32())
    spans = driver_spans(world)
    spans = spans.filter(pc.less_equal(spans["valid_from"], when))
    ended = pc.if_else(pc.less(spans["valid_to"], when), spans["valid_to"], pa.scalar(None, pa.date32()))
    given = spans.set_column(7, "valid_to", ended)
    name = f"driver_certificate_{day:%Y%m%d}.csv"
    at = morning_after(day, 3)
    if number:
        return Delivery("driver_certificate", name, given, day, at)
    spoiled = [
        faults.text("R-IDNO", citizen_id="431199198503120000"),
        faults.text("R-IDNO", citizen_id="4.31199E+17"),
        faults.text("R-DATEFORM", valid_from="44927"),
        faults.CUT_LINE,
    ]
    data, truth = faults.damage(feed("driver_certificate"), given, spoiled, world.rng("driver_faults"), name)
    return Delivery("driver_certificate", name, given, day, at, data, {"damaged_line": truth})


# --- lines, relay points -------------------------------------------------------------------------
@cache
def coach_lines(world: World) -> tuple[dict[str, Any], ...]:
    """Lines by span. Lines of 800 km or more, and coaches of 57 seats or more, end within the year."""
    rng = world.rng("coach_lines")
    owners = [row["uscc"] for row in world.enterprises.to_pylist() if row["enterprise_kind"] == "coach"]
    found: list[dict[str, Any]] = []
    long_lines, large = world.figure(7), world.figure(9)
    for number in range(max(long_lines + large, world.figure(128)) + 4):
        is_long, is_large = number < long_lines, long_lines <= number < long_lines + large
        level = 1 if is_long else int(rng.choice([1, 2, 3], p=[0.2, 0.35, 0.45]))
        reach = {1: (180, 760), 2: (60, 320), 3: (20, 110)}[level]
        distance = round(float(rng.uniform(805, 1_450) if is_long else rng.uniform(*reach)), 1)
        county = COUNTIES[str(rng.choice(list(COUNTIES)))]
        row: dict[str, Any] = {
            "line_no": f"BX{number + 1:04d}", "uscc": owners[int(rng.integers(0, len(owners)))],
            "line_origin": f"{county}示例站",
            "line_destination": f"{_CITIES[int(rng.integers(0, len(_CITIES)))]}示例站" if level < 3 else "永州示例总站",
            "line_distance_km": distance, "line_class": level,
            "seat_count": int(rng.choice([57, 59, 61])) if is_large else int(rng.choice([33, 39, 45, 49, 53])),
            "valid_from": world.year[0] - timedelta(days=int(rng.integers(200, 2_500))), "valid_to": None,
        }  # fmt: skip
        if is_long or is_large:
            day = _ending(world, rng)
            found.append(row | {"valid_to": day, "ends_early": True})
            if is_large or number % 2:
                # Goes on with smaller coaches, or only as far as is allowed.
                row |= {"valid_from": day + timedelta(days=1), "seat_count": 49}
                row |= {"line_distance_km": round(float(rng.uniform(520, 795)), 1)} if is_long else {}
                found.append(row)
        else:
            found.append(row)
    return tuple(found)


def _before_the_year(world: World) -> date:
    """A day before the last 365, however short the world: what lies before it is in no figure of the year."""
    return world.last_day - timedelta(days=365)


def _ending(world: World, rng: np.random.Generator) -> date:
    """A day on which something ends, so that it is over before the last day."""
    span = len(world.year)
    return world.year[int(rng.integers(0, span - 1))] if span > 1 else world.last_day - timedelta(days=1)


@cache
def relay_points(world: World) -> tuple[dict[str, Any], ...]:
    """Relay points: four are inspected in the year at city scale, two more were last year."""
    rng = world.rng("relay_points")
    found = []
    inspected = world.figure(4)
    for number in range(inspected + 2):
        site = SITES[(number * 7) % len(SITES)]
        within = number < inspected
        day = (
            world.year[int(rng.integers(0, len(world.year)))]
            if within
            else _before_the_year(world) - timedelta(days=90)
        )
        found.append({
            "relay_point_no": f"JB-{number + 1:02d}", "place": f"{COUNTIES[site.county]}示例接驳点{number + 1}",
            "county_code": site.county, "road_code": site.road, "chainage_km": site.chainage_km, "inspected_on": day,
            "valid_from": date(2022, 5, 1), "valid_to": None,
        })  # fmt: skip
    return tuple(found)


# --- standards and insurance ---------------------------------------------------------------------
def _held_to_standard(world: World) -> list[dict[str, Any]]:
    newest = {row["uscc"]: row for row in enterprises(world)}
    return [row for row in newest.values() if row["enterprise_kind"] in STANDARDISED]


@cache
def standards(world: World) -> tuple[dict[str, Any], ...]:
    """Certificates of safety standardisation, valid three years: six are of this year at city scale."""
    rng = world.rng("standards")
    firms = _held_to_standard(world)
    this_year = set(rng.permutation(len(firms))[: world.figure(6)].tolist())
    found = []
    for number, firm in enumerate(firms):
        if number in this_year:
            passed = world.year[int(rng.integers(0, max(1, len(world.year) - 15)))]
        else:
            passed = _before_the_year(world) - timedelta(days=int(rng.integers(20, 600)))
        begins = passed + timedelta(days=int(rng.integers(0, 12)))
        begins = min(begins, world.last_day)
        found.append({
            "standard_certificate_no": f"DB-{passed:%Y}-{number + 1:04d}", "uscc": firm["uscc"],
            "enterprise_name": firm["enterprise_name"], "enterprise_kind": firm["enterprise_kind"],
            "standard_grade": int(rng.choice([1, 2, 3], p=[0.15, 0.45, 0.4])),
            "standard_score": round(float(rng.uniform(705, 985)), 1), "passed_standard_on": passed,
            "valid_from": begins, "valid_to": begins + timedelta(days=3 * 365),
        })  # fmt: skip
    return tuple(found)


@cache
def policies(world: World) -> tuple[dict[str, Any], ...]:
    """Liability insurance: a policy a year; one enterprise in fifteen lets a month go by without one."""
    rng = world.rng("policies")
    found = []
    for number, firm in enumerate(_held_to_standard(world)):
        begins = world.year[0] - timedelta(days=int(rng.integers(1, 360)))
        while begins <= world.last_day:
            ends = begins + timedelta(days=364)
            insured = int(rng.choice([300, 500, 1_000, 2_000])) * 1_000_000
            found.append({
                "policy_no": f"AZX{begins:%Y%m%d}{number + 1:04d}", "uscc": firm["uscc"],
                "insurer_name": "示例财产保险永州中心支公司", "insured_fen": insured,
                "premium_fen": int(insured * rng.uniform(0.002, 0.006)), "valid_from": begins, "valid_to": ends,
            })  # fmt: skip
            begins = ends + timedelta(days=31 if rng.random() < 1 / 15 else 1)
    return tuple(found)


# --- monitored vehicles --------------------------------------------------------------------------
@cache
def monitored(world: World) -> tuple[dict[str, Any], ...]:
    """Vehicles under monitoring by span; the open spans are those of the last day.

    Some coaches changed their owner in the year, some got their terminal or slogan within it, and those of 57
    seats or more were taken out. No subscriber's number begins with 2, as those of the terminals do.
    """
    rng = world.rng("monitored")
    count = {name: world.figure(number) for name, number in _CLASSES.items()}
    # Shares are rounded one by one: the sum of the four classes is the figure that is published.
    count["dangerous_goods"] += world.figure(1_041) - sum(list(count.values())[:4])
    retired = world.figure(26)
    total = sum(count.values()) + retired
    plates = invent.plates(rng, np.array(["湘M"] * total), invent.MONITORED_LETTERS).tolist()
    firms: dict[str, list[dict[str, Any]]] = {}
    for firm in world.enterprises.to_pylist():
        firms.setdefault(firm["enterprise_kind"], []).append(firm)
    lines = [row["line_no"] for row in coach_lines(world) if row["valid_to"] is None]
    classes = [name for name, number in count.items() for _ in range(number)]
    classes += ["tourist_coach" if at % 3 else "line_coach" for at in range(retired)]
    found: list[dict[str, Any]] = []
    for at, name in enumerate(classes):
        large = at >= total - retired
        owners = firms[_OWNERS[name]]
        owner = owners[int(rng.integers(0, len(owners)))]
        model, protocol = _MODELS[int(rng.choice(3, p=[0.5, 0.3, 0.2]))]
        begins = world.year[0] - timedelta(days=int(rng.integers(30, 2_600)))
        civic = name in ("bus", "taxi")
        row: dict[str, Any] = {
            "plate_no": plates[at], "plate_color_code": 1 if name == "taxi" else 2, "monitored_class": name,
            "seat_count": _seats(rng, name, large), "uscc": owner["uscc"],
            "county_code": str(rng.choice(_CENTRAL)) if civic else owner["county_code"],
            "line_no": lines[int(rng.integers(0, len(lines)))] if name == "line_coach" and not large else None,
            "terminal_no": f"ZD{at + 1:07d}", "terminal_model": model, "protocol_version": protocol,
            "terminal_phone": f"24311{at + 1:07d}", "has_smart_terminal": True,
            "carries_slogan": True if civic else None,
            "valid_from": begins, "valid_to": None,
        }  # fmt: skip
        if large:
            found.append(row | {"valid_to": _ending(world, rng), "ends_early": True})
            continue
        change = rng.random()
        if change < 0.09 and len(world.year) > 1:
            day = _ending(world, rng)
            past = row | {"valid_to": day, "ends_early": True}
            if change < 0.03 and len(owners) > 1:
                others = [other["uscc"] for other in owners if other["uscc"] != owner["uscc"]]
                past |= {"uscc": others[int(rng.integers(0, len(others)))]}
            elif change < 0.06:
                past |= {"has_smart_terminal": False, "terminal_no": None, "terminal_model": None}
                past |= {"protocol_version": None, "terminal_phone": None}
            elif civic:
                past |= {"carries_slogan": False}
            found.append(past)
            row |= {"valid_from": day + timedelta(days=1)}
        found.append(row)
    return tuple(found)


def _seats(rng: np.random.Generator, name: str, large: bool) -> int | None:
    if large:
        return int(rng.choice([57, 59, 61]))
    if name == "dangerous_goods":
        return 2
    return int(rng.choice({"bus": [20, 26, 32], "taxi": [5]}.get(name, [33, 39, 45, 49, 53])))


def truth(world: World) -> dict[str, pa.Table]:
    """Vehicles that changed their owner: whose they were, until when, and whose they are."""
    spans = monitored(world)
    now = {row["plate_no"]: row for row in spans if row["valid_to"] is None}
    sold = [
        {"plate_no": row["plate_no"], "until": row["valid_to"], "uscc_before": row["uscc"],
         "uscc_after": now[row["plate_no"]]["uscc"]}
        for row in spans
        if row["valid_to"] and row["plate_no"] in now and row["uscc"] != now[row["plate_no"]]["uscc"]
    ]  # fmt: skip
    columns = pa.schema([
        ("plate_no", pa.string()), ("until", pa.date32()), ("uscc_before", pa.string()), ("uscc_after", pa.string()),
    ])  # fmt: skip
    return {"monitored_owner_change": pa.Table.from_pylist(sold, columns)}
