"""Weighing beside the lanes: static re-checks, self-tests of devices, loading firms and their scales, permits.

Every firm that loads 200,000 t a year or more is linked by the last day of the world, some only in its course.
Planted and kept as the truth: which self-test told of a fault of ``planted.scale_faults``, which firms release
overloaded trucks, when cameras were off, which passages had a permit.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import pyarrow as pa

from etl.demo import calendar, passages, planted
from etl.demo.cases import Period, cases, periods
from etl.demo.fleet import ARTICULATED_6, RIGID_4, of_kinds
from etl.demo.rows import as_table
from etl.demo.screening import day64, of_span, over_limit, screened, texts, to_days
from etl.demo.world import Delivery, World, morning_after

THRESHOLD_T = 200_000
"""Annual tonnage from which on a firm is to be linked."""
ROAD_SHARE = 0.3
"""Share of a firm's goods that leaves by truck and with a ticket; the rest goes by belt, rail and ship."""
RECHECKS, PERMITS = 4_200, 160
"""Re-weighings and permits of a year at city scale, beside those that cases need."""
OVERLOADING_FIRMS = 4
FLEET_STEP = 97
"""Trucks from one firm's first to the next one's: a few serve two."""
SEEN_SHARE = 0.6
"""Laden trips past a scale of a firm's trucks that began at the firm."""
_KIND = ("quarry", "cement", "quarry", "mine", "logistics")
_GOODS = ("石灰石", "散装水泥", "机制砂", "锰矿石", "百货")
_LOADS = ("变压器", "预制梁", "挖掘机", "风电叶片", "钢箱梁")
CHANNELS = 2


# --- static re-checks ----------------------------------------------------------------------------
@cache
def rechecks(world: World) -> pa.Table:
    """Re-weighings of stopped trucks within two hours; what was over the limit by more than a tonne is unloaded."""
    over, found, rng = over_limit(world), cases(world), world.rng("rechecks")
    stopped = found.row[found.mode == "fixed_station"]
    looks = screened(world)
    more = rng.permutation(looks.row[looks.result == "confirmed"])[: of_span(world, RECHECKS)]
    row = np.unique(np.concatenate([stopped, more]))
    at = over["passed_at"][row] + rng.integers(1_200, 7_200, len(row)).astype("m8[s]")
    row, at = row[to_days(at) <= day64(world.last_day)], at[to_days(at) <= day64(world.last_day)]
    mass = np.rint(over["true_gross_kg"][row] * (1 + rng.normal(0, 0.0015, len(row))) / 20).astype(int) * 20
    limit = over["limit_kg"][row]
    unloaded = mass > limit + 1_000
    rest = np.floor(limit * rng.uniform(0.94, 1.0, len(row)) / 20).astype(int) * 20
    site = over["site_code"][row]
    order = np.lexsort((at, site.astype(str)))
    return pa.table({
        "site_code": texts(site[order].tolist()),
        "recheck_no": texts([f"FJ{moment:%y%m%d}{number:06d}" for number, moment in enumerate(at[order].tolist(), 1)]),
        "check_no": texts(over["check_no"][row[order]].tolist()),
        "recheck_at": pa.array(at[order]),
        "plate_no": texts(over["plate_no"][row[order]].tolist()),
        "plate_color_code": pa.array(over["plate_color_code"][row[order]], pa.int32()),
        "axle_count": pa.array(over["axle_count"][row[order]], pa.int32()),
        "recheck_mass_kg": pa.array(mass[order], pa.int32()),
        "unloaded_mass_kg": pa.array(rest[order], pa.int32(), mask=~unloaded[order]),
        "scale_no": texts([f"JT-{code}" for code in site[order].tolist()]),
        "officer_no": texts([f"4311{1_001 + number % 24}" for number in range(len(row))]),
    })  # fmt: skip


# --- self-tests ----------------------------------------------------------------------------------
def self_tests(world: World, period: Period) -> pa.Table:
    """A self-test of each device at three in the morning; the reference follows the planted drift of its lanes."""
    lanes = {(lane["site_code"], lane["lane_code"]): lane["device_no"] for lane in world.lanes.to_pylist()}
    devices = world.devices.to_pylist()
    rows = []
    for day in calendar.days_between(period.first, period.last):
        rng = world.rng("self_test", day)
        draw = rng.random((len(devices), 4)).tolist()
        noise = rng.normal(0, 1, (len(devices), 3)).tolist()
        seconds = rng.integers(0, 300, len(devices)).tolist()
        drift, dead, silent = _faults_on(world, day, lanes)
        for number, device in enumerate(devices):
            name = device["device_no"]
            if name in silent or device["valid_from"] > day or draw[number][0] < 0.002:
                continue
            deviation = round(drift.get(name, 0.0) + 0.003 * noise[number][0], 5)
            zero = round(6 * noise[number][1] + (900 if name in dead else 0), 1)
            clock = round(0.05 * noise[number][2] + (4.2 if number % 17 == 3 else 0), 3)
            camera = draw[number][1] >= 0.003
            bad = not camera or name in dead or abs(deviation) > 0.05
            warn = abs(deviation) > 0.03 or abs(clock) > 3
            rows.append({
                "device_no": name, "site_code": device["site_code"],
                "tested_at": datetime(day.year, day.month, day.day, 3) + timedelta(seconds=seconds[number]),
                "zero_error_kg": zero, "reference_deviation_ratio": deviation, "camera_ok": camera,
                "clock_error_s": clock, "self_test_result": "fail" if bad else "warn" if warn else "pass",
            })  # fmt: skip
    return as_table("wim_self_test", rows)


def _faults_on(
    world: World, day: date, lanes: dict[tuple[str, str], str]
) -> tuple[dict[str, float], set[str], set[str]]:
    """Devices whose reference is off (by how much), whose scale is dead, who send nothing at three in the morning."""
    now = datetime(day.year, day.month, day.day, 3)
    drift: dict[str, float] = {}
    dead: set[str] = set()
    silent: set[str] = set()
    for fault in planted.scale_faults(world).to_pylist():
        if not fault["from_at"] <= now < fault["to_at"]:
            continue
        hit = {name for (site, lane), name in lanes.items()
               if site == fault["site_code"] and fault["lane_code"] in ("", lane)}  # fmt: skip
        if fault["fault"] == "dead":
            dead |= hit
        elif fault["fault"] == "outage":
            # One lane's outage leaves the device, which weighs on others, alive.
            silent |= hit if not fault["lane_code"] else set()
        else:
            share = (now - fault["from_at"]) / (fault["to_at"] - fault["from_at"]) if fault["fault"] == "ramp" else 1.0
            drift |= dict.fromkeys(hit, fault["size"] * share)
    return drift, dead, silent


# --- loading firms -------------------------------------------------------------------------------
@cache
def _firms(world: World) -> dict[str, np.ndarray]:
    """Loading firms with what the world does not say: since when linked, which release overloaded trucks."""
    rng, table = world.rng("loading"), world.loading_firms
    tonnage = np.asarray(table["annual_tonnage_t"]).astype(float)
    count, large = len(tonnage), tonnage >= THRESHOLD_T
    span = len(world.days)
    before = day64(world.first_day) - rng.integers(30, 700, count).astype("m8[D]")
    within = day64(world.first_day) + rng.integers(0, max(1, int(span * 0.7)), count).astype("m8[D]")
    linked = np.where(rng.random(count) < 0.85, before, within)
    return {
        "firm_no": np.array(table["firm_no"].to_pylist(), object),
        "annual_tonnage_t": tonnage,
        "linked_on": np.where(large, linked, np.datetime64("NaT", "D")),
        "valid_from": day64(world.first_day) - rng.integers(720, 1_400, count).astype("m8[D]"),
        "releases_overloaded": np.arange(count) < min(OVERLOADING_FIRMS, int(large.sum())),
        "has_weighbridge": large | (rng.random(count) < 0.4),
    }


def _register(world: World, day: date) -> pa.Table:
    """The list of firms as published on a day; a link that lies ahead was not known."""
    table, firms = world.loading_firms, _firms(world)
    linked = firms["linked_on"] <= day64(day)
    count = table.num_rows
    order = np.argsort(np.array(table["county_code"].to_pylist()), kind="stable")
    rows = pa.table({
        "county_code": table["county_code"],
        "firm_no": table["firm_no"],
        "firm_name": table["firm_name"],
        "uscc": table["uscc"],
        "firm_kind": texts([_KIND[at % 5] for at in range(count)]),
        "annual_tonnage_t": pa.array(firms["annual_tonnage_t"]),
        "has_weighbridge": pa.array(firms["has_weighbridge"]),
        "has_video": pa.array(firms["has_weighbridge"] & (firms["annual_tonnage_t"] >= THRESHOLD_T)),
        "linked_to_city": pa.array(linked),
        "linked_to_province": pa.array(linked),
        "linked_on": pa.array(firms["linked_on"], pa.date32(), mask=~linked),
        "valid_from": pa.array(firms["valid_from"]),
    })  # fmt: skip
    return rows.take(pa.array(order))


def _tickets(world: World, period: Period) -> pa.Table:
    """Tickets of the linked firms' trucks, in order of leaving."""
    parts = [_tickets_of(world, day) for day in calendar.days_between(period.first, period.last)]
    return pa.concat_tables(parts)


def _tickets_of(world: World, day: date) -> pa.Table:
    """Tickets of a day: trips that no scale sees, and those of passages of the day, which left a while before."""
    firms, fleet, rng = _firms(world), world.fleet, world.rng("tickets", day)
    linked = firms["linked_on"] <= day64(day)
    mean = firms["annual_tonnage_t"] * ROAD_SHARE / 365 / 26 * calendar.traffic(day) * linked
    firm = np.repeat(np.arange(len(mean)), rng.poisson(mean))
    count = len(firm)
    # A firm is served by its own hundred trucks or so.
    heavy = _heavy(world)
    vehicle = heavy[(firm * FLEET_STEP + rng.integers(0, 120, count)) % len(heavy)]
    over = firms["releases_overloaded"][firm] & (rng.random(count) < 0.12)
    share = np.where(over, rng.uniform(1.02, 1.35, count), rng.uniform(0.86, 0.998, count))
    loaded = fleet.limit_kg[vehicle] * share
    second = rng.choice(24, count, p=_LOADING_HOURS) * 3_600 + rng.integers(0, 3_600, count)
    seen_firm, seen_vehicle, seen_loaded, seen_second = _seen_trips(world, day, linked)
    firm, vehicle = np.concatenate([firm, seen_firm]), np.concatenate([vehicle, seen_vehicle])
    loaded, second = np.concatenate([loaded, seen_loaded]), np.concatenate([second, seen_second])
    order = np.argsort(second, kind="stable")
    firm, vehicle, loaded, second, count = firm[order], vehicle[order], loaded[order], second[order], len(order)
    tare = np.rint(of_kinds("tare_kg")[fleet.kind[vehicle]] * (1 + rng.normal(0, 0.02, count)) / 20).astype(int) * 20
    loaded = np.maximum(np.rint(loaded / 20).astype(int) * 20, tare + 2_000)
    wrong = rng.random(count) < 0.001
    net = loaded - tare - np.where(wrong, 1_000, 0)
    left = np.datetime64(day, "s") + second.astype("m8[s]")
    drawn = fleet.kind[vehicle] == ARTICULATED_6
    plates = fleet.plate[vehicle].tolist()
    return pa.table({
        "ticket_no": texts([f"P{day:%y%m%d}{number:05d}" for number in range(1, count + 1)]),
        "firm_no": texts(firms["firm_no"][firm].tolist()),
        "scale_no": texts(["DB1"] * count),
        "plate_no": texts(plates),
        "plate_color_code": pa.array(fleet.color[vehicle], pa.int32()),
        "trailer_plate_no": pa.array([f"{plate[:6]}挂" for plate in plates], pa.string(), mask=~drawn),
        "axle_count": pa.array(of_kinds("axles")[fleet.kind[vehicle]], pa.int32()),
        "tare_mass_kg": pa.array(tare, pa.int32()),
        "loaded_mass_kg": pa.array(loaded, pa.int32()),
        "net_mass_kg": pa.array(net, pa.int32()),
        "cargo_kind": texts([_GOODS[at % 5] for at in firm.tolist()]),
        "driver_certificate_no": world.drivers["driver_certificate_no"].take(pa.array(vehicle)),
        "entered_at": pa.array(left - rng.integers(900, 5_400, count).astype("m8[s]")),
        "left_at": pa.array(left),
    })  # fmt: skip


def _seen_trips(
    world: World, day: date, linked: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Firm, vehicle, mass and second of leaving of trips that a scale sees later that day: of trucks that serve one
    linked firm, the first laden passage. A firm lets a truck over its limit go only if it releases such."""
    firms, heavy, rng = _firms(world), _heavy(world), world.rng("seen_trips", day)
    table = passages.true(world, [day])
    vehicle, mass = np.asarray(table["vehicle"]), np.asarray(table["true_gross_kg"]).astype(float)
    limit = np.asarray(table["limit_kg"]).astype(float)
    passed = (np.array(table["passed_at"], "datetime64[s]") - np.datetime64(day, "s")).astype(int)
    place = np.searchsorted(heavy, vehicle).clip(max=len(heavy) - 1)
    firm = place // FLEET_STEP
    own = (heavy[place] == vehicle) & (firm < len(linked)) & (mass > 0.7 * limit)
    row = np.flatnonzero(own)
    row = row[np.unique(vehicle[row], return_index=True)[1]]
    row.sort()
    draw, before = rng.random(len(row)), rng.integers(900, 9_000, len(row))
    goes = (mass[row] <= limit[row]) | firms["releases_overloaded"][firm[row]]
    row, before = row[kept := linked[firm[row]] & goes & (draw < SEEN_SHARE) & (passed[row] > before)], before[kept]
    scale = 1 + rng.normal(0, 0.005, len(row))
    return firm[row], vehicle[row], mass[row] * scale, passed[row] - before


_LOADING_HOURS = np.array([2, 1, 1, 1, 1, 3, 6, 8, 8, 7, 6, 5, 4, 5, 6, 6, 6, 5, 4, 4, 4, 3, 2, 2], float)
_LOADING_HOURS /= _LOADING_HOURS.sum()


@cache
def _heavy(world: World) -> np.ndarray:
    """Registered heavy trucks that play no part elsewhere: a planted one is where its story says."""
    fleet, parts = world.fleet, planted.cast(world)
    own = np.flatnonzero(np.isin(fleet.kind[: fleet.registered], (RIGID_4, ARTICULATED_6)))
    return np.setdiff1d(own, np.concatenate([parts.edges, parts.evaders, parts.convoys, parts.cloned]))


@cache
def video_outages(world: World) -> pa.Table:
    """Firms whose cameras were off, from hour to hour: a few outages of a day to a week each."""
    firms, rng = _firms(world), world.rng("video_outages")
    linked = np.flatnonzero(~np.isnat(firms["linked_on"]))
    count = of_span(world, 30)
    hours = len(world.days) * 24
    start = rng.integers(0, hours, count)
    length = np.minimum(rng.integers(20, 170, count), hours - start)
    first = np.datetime64(world.first_day, "s")
    return pa.table({
        "firm_no": texts(firms["firm_no"][rng.choice(linked, count)].tolist()),
        "from_at": pa.array(first + (start * 3_600).astype("m8[s]")),
        "to_at": pa.array(first + ((start + length) * 3_600).astype("m8[s]")),
    })  # fmt: skip


def _video(world: World, period: Period) -> pa.Table:
    """Every channel of every linked firm and hour; a camera that is off has 0 per cent."""
    firms, rng = _firms(world), world.rng("video", period.last)
    hours = np.arange(
        np.datetime64(period.first, "s"), np.datetime64(period.last + timedelta(days=1), "s"), np.timedelta64(1, "h")
    )
    linked = np.flatnonzero(firms["linked_on"] <= day64(period.first))
    firm = np.repeat(linked, len(hours) * CHANNELS)
    hour = np.tile(np.repeat(hours, CHANNELS), len(linked))
    channel = np.tile(np.arange(1, CHANNELS + 1), len(linked) * len(hours))
    online = np.where(rng.random(len(firm)) < 0.93, 1.0, np.round(rng.beta(8, 1, len(firm)), 3))
    name = firms["firm_no"][firm]
    for outage in video_outages(world).to_pylist():
        begins, ends = (np.datetime64(outage[at], "s") for at in ("from_at", "to_at"))
        online[(name == outage["firm_no"]) & (hour >= begins) & (hour < ends)] = 0.0
    return pa.table({
        "firm_no": texts(name.tolist()),
        "channel_no": texts([f"{number:02d}" for number in channel.tolist()]),
        "observed_at": pa.array(hour).cast(pa.timestamp("us")),
        "online_ratio": pa.array(online),
    })  # fmt: skip


# --- permits -------------------------------------------------------------------------------------
@cache
def permits(world: World) -> pa.Table:
    """Permits: of passages that screening found permitted, and of others; ``check_no`` names the passage (truth)."""
    over, looks, rng = over_limit(world), screened(world), world.rng("permits")
    covered = looks.row[looks.void == "permit_exists"]
    others = rng.choice(_heavy(world), of_span(world, PERMITS))
    days = [to_days(over["passed_at"][covered]) - rng.integers(0, 10, len(covered)).astype("m8[D]"),
            day64(world.first_day) + rng.integers(0, len(world.days), len(others)).astype("m8[D]")]  # fmt: skip
    begins = np.concatenate(days)
    count = len(begins)
    mass = np.concatenate(
        [over["gross_vehicle_weight_kg"][covered] + 2_000, rng.integers(52, 140, len(others)) * 1_000]
    )
    order = np.argsort(begins, kind="stable")
    roads = ["G207 全线", "G322 全线", "G537 全线", "S231–G207", "S216–G322"]
    table = pa.table({
        "plate_no": texts([*over["plate_no"][covered].tolist(), *world.fleet.plate[others].tolist()]),
        "plate_color_code": pa.array([*over["plate_color_code"][covered], *world.fleet.color[others]], pa.int32()),
        "cargo_kind": texts([_LOADS[at % 5] for at in range(count)]),
        "permitted_mass_kg": pa.array(np.ceil(mass / 100).astype(int) * 100, pa.int32()),
        "permitted_length_m": pa.array(np.round(rng.uniform(17, 38, count), 1)),
        "permitted_width_m": pa.array(np.round(rng.uniform(2.6, 4.2, count), 2)),
        "permitted_height_m": pa.array(np.round(rng.uniform(3.8, 4.8, count), 2)),
        "route": texts([roads[at % 5] for at in range(count)]),
        "permit_issued_by": texts(["示例省公路事务中心"] * count),
        "valid_from": pa.array(begins),
        "valid_to": pa.array(begins + rng.integers(10, 31, count).astype("m8[D]")),
        "check_no": pa.array([*over["check_no"][covered], *[None] * len(others)], pa.string()),
    }).take(pa.array(order))  # fmt: skip
    return table.add_column(0, "permit_no", pa.array([f"湘超4311{number:08d}" for number in range(1, count + 1)]))


# --- deliveries ----------------------------------------------------------------------------------
def _report_days(world: World) -> list[date]:
    """Month ends, and the last day."""
    return [*(days[-1] for days in world.months), *world.own_nights[-1:]]


def deliveries(world: World) -> Iterator[Delivery]:
    """Nightly feeds by month and night, monthly ones at month's end, the list of firms each quarter."""
    for period in periods(world):
        day = period.last
        for name, form, rows in (
            ("wim_self_test", "self_test_{}.tsv", self_tests(world, period)),
            ("weighbridge_ticket", "weighbridge_{}.csv.gz", _tickets(world, period)),
            ("video_link_status", "video_link_{}.parquet", _video(world, period)),
        ):
            yield Delivery(name, form.format(f"{day:%Y%m%d}"), rows, day, morning_after(day, 0, 50))
    before = world.first_day - timedelta(days=40)
    for number, day in enumerate(_report_days(world)):
        span = Period(before + timedelta(days=1), day)
        yield from _monthly(world, span)
        if number % 3 == 0 or day == world.last_day:
            name = f"loading_firm_{day:%Y%m%d}.xlsx"
            yield Delivery("loading_firm", name, _register(world, day), day, morning_after(day, 10))
        before = day


def _monthly(world: World, span: Period) -> Iterator[Delivery]:
    """Re-checks made and permits that began since the last report; where there are none, files without rows."""
    day = span.last
    again = rechecks(world)
    rows = again.filter(pa.array(span.has(to_days(np.array(again["recheck_at"], "datetime64[s]")))))
    yield Delivery("static_recheck", f"static_recheck_{day:%Y%m%d}.xlsx", rows, day, morning_after(day, 10, 5))
    issued = permits(world)
    rows = issued.filter(pa.array(span.has(np.array(issued["valid_from"], "datetime64[D]")))).drop_columns(["check_no"])
    yield Delivery("oversize_permit", f"oversize_permit_{day:%Y%m%d}.ndjson", rows, day, morning_after(day, 1, 40))


def truth(world: World) -> dict[str, pa.Table]:
    """Firms that release overloaded trucks, cameras that were off, permits with the passages they cover."""
    firms = _firms(world)
    return {
        "loading_firm": pa.table({
            "firm_no": texts(firms["firm_no"].tolist()),
            "annual_tonnage_t": pa.array(firms["annual_tonnage_t"]),
            "linked_on": pa.array(firms["linked_on"]),
            "releases_overloaded": pa.array(firms["releases_overloaded"]),
        }),
        "video_outage": video_outages(world),
        "oversize_permit": permits(world),
    }  # fmt: skip
