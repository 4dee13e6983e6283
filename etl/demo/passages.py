"""Weighed trucks: what passed, what the scales made of it, and what the sites sent.

Works by the day, on arrays; a day's passages depend on nothing but the world and the day. ``true`` is the
truth with the measurement beside it; ``over_limit_passages`` is what cases can be made of; ``deliveries``
cuts it into the layouts of the sites: monthly files, then a file a night. Tracked vehicles (``crossings``) are
weighed beside the others, with streams of chance of their own, within the limit, and on no line that is spoiled.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.demo import calendar, crossings, planted, sites, transmissions
from etl.demo.fleet import ARTICULATED_6, KINDS, LIGHT, MAX_AXLES, RIGID_2, RIGID_4, of_kinds
from etl.demo.places import COUNTIES
from etl.demo.tracks import tracked
from etl.demo.world import Delivery, World

_EXCESS_EDGES = np.array([0.003, 0.05, 0.10, 0.30, 0.50, 1.00, 1.45])
_EXCESS_SHARE = np.array([0.145, 0.239, 0.438, 0.107, 0.057, 0.014])
# What the sites' own software takes for the limit, by axles: wrong for some, as in real ones.
_REPORTED_LIMIT = np.array([0, 0, 18000, 25000, 31000, 43000, 49000, 49000, 49000])
# Signs a camera takes for one another.
_CONFUSED = {"0": "D", "D": "0", "8": "B", "B": "8", "2": "Z", "Z": "2", "5": "S", "S": "5", "1": "T", "7": "T"}
MISREAD_SHARE = 0.004
UNREAD_SHARE = 1 / 12
NOISE = 0.006
"""Standard deviation of a sound scale's error, as a share of the weight."""


# --- a day ---------------------------------------------------------------------------------------
class _Day:
    """Arrays of one day's passages, in order of time."""

    def __init__(self, world: World, day: date) -> None:
        self.world, self.day = world, day
        self.rng = world.rng("passages", day)
        self.sites = _sites(world)
        self._when()
        self._vehicles()
        self._weights()
        self._plan()
        self._axles()
        self._measure()

    def _when(self) -> None:
        """Site and second of each passage; more by night, fewer on holidays and around the new year."""
        world, rng = self.world, self.rng
        mean = world.scale.passages * world.traffic * calendar.traffic(self.day) * self.sites["traffic"]
        count = rng.poisson(mean * (self.sites["opened"] <= np.datetime64(self.day)))
        self.site = np.repeat(np.arange(len(count)), count)
        hour = rng.choice(24, len(self.site), p=calendar.HOURS)
        self.second = hour * 3_600 + rng.integers(0, 3_600, len(self.site))

    def _vehicles(self) -> None:
        """A vehicle for each passage: mostly of the county, some of the prefecture, some from elsewhere."""
        world, rng, fleet = self.world, self.rng, self.world.fleet
        chosen = np.empty(len(self.site), int)
        origin = rng.choice(3, len(self.site), p=[0.5, 0.22, 0.28])
        county = self.sites["county"][self.site]
        pools = _pools(world)
        for code in COUNTIES:
            for number, (pool, upto) in enumerate((pools[code], pools[""])):
                at = np.flatnonzero((county == code) & (origin == number))
                chosen[at] = pool[np.searchsorted(upto, rng.random(len(at)), side="right")]
        elsewhere = np.flatnonzero(origin == 2)
        chosen[elsewhere] = fleet.registered + rng.integers(0, len(fleet.plate) - fleet.registered, len(elsewhere))
        self.vehicle = chosen

    def _weights(self) -> None:
        """True gross weight of each passage, and whether it is loaded."""
        world, rng, fleet = self.world, self.rng, self.world.fleet
        count, vehicle, kind = len(self.vehicle), self.vehicle, fleet.kind[self.vehicle]
        hour = self.second // 3_600
        age = (world.last_day - self.day).days
        rate = self.sites["over_rate"][self.site] * (1 + 0.27 * age / 365)
        rate = rate * np.where((hour >= 22) | (hour < 4), 1.35, 0.87)
        propensity = _propensity(world)[vehicle]
        over = rng.random(count) < np.clip(rate * propensity / fleet.mean_propensity, 0, 0.8)
        low, high = fleet.readings(vehicle)
        band = rng.choice(len(_EXCESS_SHARE), count, p=_EXCESS_SHARE)
        excess = _EXCESS_EDGES[band] + rng.random(count) * (_EXCESS_EDGES[band + 1] - _EXCESS_EDGES[band])
        loaded = over | (rng.random(count) < 0.6)
        empty = of_kinds("tare_kg")[kind] * (1 + np.abs(rng.normal(0, 0.05, count)))
        # Those that play a part keep well under the limit whenever nothing is planned.
        most = np.where(propensity == 0, 0.80, 0.99)
        within = np.maximum(np.minimum(empty, low * most), low * (0.5 + (most - 0.5) * rng.beta(4, 2, count)))
        gross = np.where(over, high * (1 + excess), np.where(loaded, within, np.minimum(empty, low * 0.97)))
        self.loaded, self.true_gross = loaded, gross
        self.story = np.full(count, -1)

    def _plan(self) -> None:
        """Planned passages take their place among the others; from here on all are in order of time."""
        plans = _plans_of(self.world, self.day)
        fleet = self.world.fleet
        vehicle, excess = plans["vehicle"], plans["excess"]
        low, high = fleet.readings(vehicle)
        gross = np.where(excess >= 0, high * (1 + excess), low * (1 + excess))
        self.site = np.concatenate([self.site, plans["site"]])
        self.second = np.concatenate([self.second, plans["second"]])
        self.vehicle = np.concatenate([self.vehicle, vehicle])
        self.true_gross = np.concatenate([self.true_gross, gross])
        self.loaded = np.concatenate([self.loaded, np.ones(len(vehicle), bool)])
        self.story = np.concatenate([self.story, plans["number"]])
        order = np.argsort(self.second, kind="stable")
        for name in ("site", "second", "vehicle", "true_gross", "loaded", "story"):
            setattr(self, name, getattr(self, name)[order])
        self.is_sure = self.story >= 0
        self._lanes()

    def _lanes(self) -> None:
        count = len(self.vehicle)
        self.kind = self.world.fleet.kind[self.vehicle]
        up = self.rng.random(count) < 0.5
        lanes = np.where(up, self.sites["lanes_up"][self.site], self.sites["lanes_down"][self.site])
        lane = np.where(lanes == 2, np.where(self.rng.random(count) < 0.25, 1, 2), 1)
        self.up, self.lane = up, np.where(up, 10, 30) + lane

    def _axles(self) -> None:
        """True axle loads (8 columns) and spacings (7 columns); 0 where there is no axle."""
        rng, fleet, kind = self.rng, self.world.fleet, self.kind
        count = len(kind)
        share, spacing = _axle_tables()
        part = share[kind] * (1 + rng.normal(0, 0.035, (count, MAX_AXLES)))
        part[:, 0] *= np.where(self.loaded, 1.0, 1.7)
        self.part = part / part.sum(axis=1, keepdims=True)
        # Tippers are short, other rigid four-axle trucks long; groups keep their spacing.
        between = spacing[kind] * (1 + rng.normal(0, 0.006, (count, MAX_AXLES - 1)))
        tipper = fleet.is_tipper[self.vehicle]
        stretch = fleet.stretch[self.vehicle] * np.where(tipper, 0.85, 1.0)
        stretch = np.where((kind == RIGID_4) & ~tipper, np.maximum(stretch, 1.0), stretch)
        self.spacings = np.round(np.where(between > 2.5, between * stretch[:, None], between), 2)
        self.axles = of_kinds("axles")[kind]

    def _measure(self) -> None:
        """What the scale says: noise and drift on the weight, 10 kg steps; nothing where it is out."""
        rng, world = self.rng, self.world
        count = len(self.kind)
        factor, dead, sent = _scale(world, self.day, self.site, self.lane, self.second)
        planned = self.is_sure
        error = np.where(planned, 1.0, factor * (1 + np.clip(rng.normal(0, NOISE, count), -0.025, 0.025)))
        limit = _limit(world, self.day, self.vehicle)
        # A planned weight is the weighed one: its excess must be exact.
        gross = self.true_gross * error
        over = gross > limit
        gross = np.where(over, np.ceil(gross / 10 - 1e-6), np.floor(gross / 10 + 1e-6)).astype(int) * 10
        self.true_gross = np.where(planned, gross / factor, self.true_gross)
        self.error = np.where(planned, factor, error)
        self.gross = np.where(dead, 0, gross)
        loads = np.rint(gross[:, None] * self.part / 10).astype(int) * 10
        self.loads = np.where(dead[:, None], 0, loads)
        # A few readings whose axles do not add up to the gross weight.
        odd = (rng.random(count) < 0.0025) & ~planned
        self.gross = np.where(odd, (self.gross * 1.025).astype(int) // 10 * 10, self.gross)
        self.sent, self.dead, self.limit = sent, dead, limit

    def plates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Plate as carried, plate as read, mask of unread ones, mask of misread ones."""
        rng, count, planned = self.rng, len(self.vehicle), self.is_sure
        carried = _carried(self.world)[self.vehicle]
        unread = (rng.random(count) < UNREAD_SHARE) & ~planned
        misread = (rng.random(count) < MISREAD_SHARE) & ~planned & ~unread
        seen = carried.copy()
        for at in np.flatnonzero(misread).tolist():
            seen[at] = misread_plate(str(carried[at]), int(rng.integers(0, 7)))
        misread &= seen != carried
        return carried, seen, unread, misread

    def table(self) -> pa.Table:
        """The truth and the measurement, one row a passage that reached the platform or should have."""
        rng, count, planned = self.rng, len(self.vehicle), self.is_sure
        carried, seen, unread, misread = self.plates()
        lag = rng.integers(4, 90, count) + np.where(rng.random(count) < 0.01, rng.integers(300, 2_400, count), 0)
        unsure = ((rng.random(count) < 0.05) & ~planned) | misread
        confidence = np.where(unsure, rng.uniform(0.5, 0.9, count), rng.uniform(0.93, 0.999, count))
        fast = (rng.random(count) < 0.008) & ~planned
        speed = np.where(fast, rng.uniform(100.5, 118, count), np.clip(rng.normal(55, 11, count), 9, 96))
        passed = np.datetime64(self.day, "s") + self.second.astype("timedelta64[s]")
        stamp = pc.strftime(pa.array(passed), "%Y%m%d%H%M%S")
        serial = pc.utf8_lpad(pc.cast(pa.array(np.arange(count) % 10_000), pa.string()), 4, "0")
        site = self.sites["site_code"].take(pa.array(self.site))
        reported = _REPORTED_LIMIT[self.axles]
        tyres = self.world.fleet.single_tyres[self.vehicle]
        length = np.round(self.spacings.sum(axis=1) + rng.uniform(2.3, 3.1, count), 2)
        left = np.rint(self.loads * np.clip(rng.normal(0.5, 0.02, (count, MAX_AXLES)), 0.4, 0.6) / 10).astype(int) * 10
        number = pa.array(self.story, mask=self.story < 0)
        columns = {
            "check_no": pc.binary_join_element_wise(site, stamp, serial, ""),
            "site_code": site,
            "lane_code": pc.cast(pa.array(self.lane), pa.string()),
            "direction": pa.array(np.array(["down", "up"])[self.up.astype(int)]),
            "passed_at": pa.array(passed),
            "uploaded_at": pa.array(passed + lag.astype("timedelta64[s]")),
            "plate_no": pa.array(seen, pa.string(), mask=unread),
            "plate_color_code": pa.array(self.world.fleet.color[self.vehicle], pa.int32(), mask=unread),
            "plate_confidence": pa.array(np.round(confidence, 3), mask=unread),
            "vehicle_class_code": pc.cast(pa.array(np.where(self.kind == LIGHT, 11, 10 + self.axles)), pa.string()),
            "axle_count": pa.array(self.axles, pa.int32()),
            "axle_type_code": pa.array(of_kinds("code")[self.kind], pa.string(), mask=rng.random(count) >= 0.95),
            "gross_vehicle_weight_kg": pa.array(self.gross, pa.int32()),
            "axle_loads_kg": _lists(self.loads, self.axles, pa.int32()),
            "axle_spacings_m": _lists(self.spacings, self.axles - 1, pa.float64()),
            "left_wheel_loads_kg": _lists(left, self.axles, pa.int32()),
            "right_wheel_loads_kg": _lists(self.loads - left, self.axles, pa.int32()),
            "single_tyre_axle_count": pa.array(tyres, pa.int32(), mask=rng.random(count) < 0.02),
            "speed_kmh": pa.array(np.round(speed, 1)),
            "vehicle_length_m": pa.array(length),
            "reported_limit_kg": pa.array(reported, pa.int32()),
            "reported_is_over_limit": pa.array(self.gross > reported),
            "cross_lane": pa.array((rng.random(count) < 0.009) & ~planned),
            "close_following": pa.array((rng.random(count) < 0.011) & ~planned),
            # The truth: what no site knows.
            "layout": self.sites["layout"].take(pa.array(self.site)),
            "county_code": pa.array(self.sites["county"][self.site], pa.string()),
            "vehicle": pa.array(self.vehicle),
            "carried_plate_no": pa.array(carried, pa.string()),
            "is_misread": pa.array(misread),
            "is_cloned": pa.array(np.isin(self.vehicle, planted.cast(self.world).clones)),
            "true_gross_kg": pa.array(np.rint(self.true_gross).astype(int), pa.int32()),
            "scale_error": pa.array(np.round(self.error - 1, 5)),
            "limit_kg": pa.array(self.limit.astype(int), pa.int32()),
            "plan": number,
            "is_sent": pa.array(self.sent),
            "is_dead": pa.array(self.dead),
        }
        return pa.table(columns)


class _Tracked(_Day):
    """The crossings of tracked vehicles of a day: each weighs as a truck of elsewhere does that is built like it."""

    def __init__(self, world: World, day: date) -> None:
        self.world, self.day = world, day
        self.rng = world.rng("tracked_passages", day)
        self.sites = _sites(world)
        self.crossings = crossings.crossings(world, day)
        count, fleet = len(self.crossings), world.fleet
        self.site, self.second, number = (
            np.array([getattr(each, name) for each in self.crossings], int) for name in ("site", "second", "number")
        )
        self.vehicle = _built_like(world)[number]
        self.is_sure = np.array([each.cause in crossings.SURELY_READ for each in self.crossings], bool)
        self.story, self.loaded = np.full(count, -1), np.ones(count, bool)
        # Far enough within that no drift of a scale and no correction carries it over.
        self.true_gross = fleet.readings(self.vehicle)[0] * self.rng.uniform(0.5, 0.85, count)
        self._lanes()
        self._axles()
        self._measure()

    def plates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """As for any passage, but a plate that is misread is planted: a truck's whose number is the next one."""
        seen = np.array([tracked(self.world)[each.number]["plate_no"] for each in self.crossings], "U9")
        misread = np.array([each.cause == "misread" for each in self.crossings], bool)
        carried = np.where(misread, [f"{plate[:-1]}{(int(plate[-1]) + 1) % 10}" for plate in seen.tolist()], seen)
        unread = (self.rng.random(len(seen)) < UNREAD_SHARE) & ~self.is_sure
        return carried, seen, unread, np.zeros(len(seen), bool)

    def table(self) -> pa.Table:
        found = super().table()
        unread = found["plate_no"].is_null().to_numpy()
        color = [tracked(self.world)[each.number]["plate_color_code"] for each in self.crossings]
        speed = self.rng.normal(0, 0.8, len(color)) + [each.speed_kmh for each in self.crossings]
        serial = [f"{site}{at:%Y%m%d%H%M%S}T{number:03d}" for number, (site, at) in enumerate(
            zip(found["site_code"].to_pylist(), found["passed_at"].to_pylist(), strict=True)
        )]  # fmt: skip
        for name, values in (
            ("check_no", pa.array(serial, pa.string())),
            ("plate_color_code", pa.array(np.array(color, int), pa.int32(), mask=unread)),
            ("speed_kmh", pa.array(np.round(np.clip(speed, 9, 99), 1))),
            ("is_misread", pa.array([each.cause == "misread" for each in self.crossings], pa.bool_())),
        ):
            found = found.set_column(found.column_names.index(name), name, values)
        return found


def _lists(values: np.ndarray, length: np.ndarray, type: pa.DataType) -> pa.Array:
    """The first ``length`` columns of each row as a list."""
    inside = np.arange(values.shape[1])[None, :] < length[:, None]
    offsets = np.concatenate([[0], np.cumsum(np.maximum(length, 0))])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values[inside], type))


def misread_plate(plate: str, at: int) -> str:
    """The plate with one sign that looks alike; from position ``at`` on, behind the province and the letter."""
    for step in range(len(plate) - 2):
        position = 2 + (at + step) % (len(plate) - 2)
        if plate[position] in _CONFUSED:
            return plate[:position] + _CONFUSED[plate[position]] + plate[position + 1 :]
    return plate


# --- what days share -----------------------------------------------------------------------------
@cache
def _sites(world: World) -> dict[str, Any]:
    table = world.sites
    return {
        "site_code": table["site_code"].combine_chunks(),
        "layout": table["layout"].combine_chunks(),
        "county": np.array(table["county_code"].to_pylist()),
        "opened": np.array(table["valid_from"].to_pylist(), "datetime64[D]"),
        **{name: np.array(table[name]) for name in ("traffic", "over_rate", "lanes_up", "lanes_down")},
    }


@cache
def _pools(world: World) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Registered vehicles by home county, and all of them under "", each with its cumulated popularity."""
    fleet = world.fleet
    own = np.arange(fleet.registered)
    found = {}
    for code in ("", *COUNTIES):
        pool = own[fleet.home[own] == code] if code else own
        upto = np.cumsum(fleet.popularity[pool])
        found[code] = (pool, upto / upto[-1] * (1 + 1e-12))
    return found


@cache
def _propensity(world: World) -> np.ndarray:
    """How readily each vehicle is overloaded; 0 for those of whom every excess is planned."""
    found = world.fleet.propensity.copy()
    cast = planted.cast(world)
    found[np.concatenate([cast.edges, cast.evaders, cast.convoys])] = 0
    return found


@cache
def _carried(world: World) -> np.ndarray:
    """The plate each vehicle carries: a clone carries another's."""
    cast = planted.cast(world)
    found = world.fleet.plate.copy()
    found[cast.clones] = world.fleet.plate[cast.cloned]
    return found


@cache
def _built_like(world: World) -> np.ndarray:
    """For each tracked vehicle a truck from elsewhere, whose masses and axles it has: coaches have two axles."""
    rng, fleet = world.rng("built_like"), world.fleet
    others = np.setdiff1d(np.arange(fleet.registered, len(fleet.plate)), planted.cast(world).clones)
    others = others[fleet.single_tyres[others] == 0]
    of_kind = {kind: others[fleet.kind[others] == kind] for kind in (RIGID_2, RIGID_4, ARTICULATED_6)}
    found = []
    for row in tracked(world):
        kinds = (RIGID_2, RIGID_4, ARTICULATED_6) if row["monitored_class"] == "dangerous_goods" else (RIGID_2,)
        found.append(int(rng.choice(of_kind[int(rng.choice(kinds))])))
    return np.array(found, int)


@cache
def _axle_tables() -> tuple[np.ndarray, np.ndarray]:
    share, spacing = np.zeros((len(KINDS), MAX_AXLES)), np.zeros((len(KINDS), MAX_AXLES - 1))
    for number, kind in enumerate(KINDS):
        share[number, : kind.axles] = kind.loads
        spacing[number, : kind.axles - 1] = kind.spacings
    return share, spacing


def _limit(world: World, day: date, vehicle: np.ndarray) -> np.ndarray:
    """The limit by law (kg) of each vehicle on a day: the truth, which no site knows of trucks from elsewhere."""
    limit = world.fleet.limit_kg[vehicle]
    if day == world.last_day and world.own_nights:
        limit = np.where(vehicle == sites.rebuilt(world), np.minimum(limit, sites.REBUILT_KG), limit)
    return limit


@cache
def _plan_arrays(world: World) -> dict[str, np.ndarray]:
    plans = planted.plans(world)
    code = {site: at for at, site in enumerate(world.sites["site_code"].to_pylist())}
    passed = np.array(plans["passed_at"], "datetime64[s]")
    return {
        "day": passed.astype("datetime64[D]"),
        "second": (passed - passed.astype("datetime64[D]")).astype(int),
        "site": np.array([code[site] for site in plans["site_code"].to_pylist()], int),
        "vehicle": np.array(plans["vehicle"], int),
        "excess": np.array(plans["excess"], float),
        "number": np.arange(plans.num_rows),
    }


def _plans_of(world: World, day: date) -> dict[str, np.ndarray]:
    arrays = _plan_arrays(world)
    first, last = np.searchsorted(arrays["day"], [np.datetime64(day), np.datetime64(day + timedelta(days=1))])
    return {name: values[first:last] for name, values in arrays.items()}


def _scale(
    world: World, day: date, site: np.ndarray, lane: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factor on the weight, whether the scale is dead, whether anything is sent: planted faults applied."""
    factor, dead, sent = np.ones(len(site)), np.zeros(len(site), bool), np.ones(len(site), bool)
    codes = world.sites["site_code"].to_pylist()
    moment = np.datetime64(day, "s") + second.astype("timedelta64[s]")
    for fault in planted.scale_faults(world).to_pylist():
        if fault["to_at"].date() < day or fault["from_at"].date() > day:
            continue
        begins, ends = np.datetime64(fault["from_at"], "s"), np.datetime64(fault["to_at"], "s")
        hit = (site == codes.index(fault["site_code"])) & (moment >= begins) & (moment < ends)
        if fault["lane_code"]:
            hit &= lane == int(fault["lane_code"])
        if fault["fault"] == "dead":
            dead |= hit
        elif fault["fault"] == "outage":
            sent &= ~hit
        else:
            seconds = (fault["to_at"] - fault["from_at"]).total_seconds()
            share = (moment - begins).astype(float) / seconds if fault["fault"] == "ramp" else 1.0
            factor = np.where(hit, 1 + fault["size"] * share, factor)
    return factor, dead, sent


# --- what others ask for -------------------------------------------------------------------------
def true(world: World, days: list[date]) -> pa.Table:
    """The passages of ``days`` in order of time, measured and true columns side by side."""
    parts = []
    for day in days:
        table = _Day(world, day).table()
        if crossings.crossings(world, day):
            both = pa.concat_tables([table, tracked_passages(world, day)])
            table = both.take(pa.array(np.argsort(np.array(both["passed_at"]), kind="stable")))
        parts.append(table)
    return pa.concat_tables(parts)


@lru_cache(maxsize=8)
def tracked_passages(world: World, day: date) -> pa.Table:
    """The crossings of tracked vehicles of a day, one row each, in their order; columns as of ``true``."""
    return _Tracked(world, day).table()


_OVER = ["check_no", "layout", "site_code", "county_code", "lane_code", "passed_at", "plate_no", "carried_plate_no",
         "plate_color_code", "plate_confidence", "axle_count", "vehicle", "gross_vehicle_weight_kg", "true_gross_kg",
         "limit_kg", "plan"]  # fmt: skip
_collected: dict[World, list[pa.Table]] = {}


def _over(world: World, table: pa.Table) -> pa.Table:
    """The rows of ``true`` that were sent and weigh more than the law allows."""
    gross, limit = table["gross_vehicle_weight_kg"], table["limit_kg"]
    rows = table.filter(pc.and_(table["is_sent"], pc.greater(gross, limit))).select(_OVER)
    excess = pc.subtract(rows["gross_vehicle_weight_kg"], rows["limit_kg"])
    rows = rows.append_column("excess_kg", excess)
    rows = rows.append_column("excess_ratio", pc.divide(excess.cast(pa.float64()), rows["limit_kg"]))
    left = np.maximum(np.asarray(excess) - _allowance_kg(world, rows), 0)
    rows = rows.append_column("excess_ratio_after_allowance", pa.array(left / np.asarray(rows["limit_kg"])))
    rows = rows.append_column("is_registered", pc.less(rows["vehicle"], world.fleet.registered))
    plans = planted.plans(world)
    rows = rows.append_column("story", plans["story"].take(rows["plan"].combine_chunks()))
    return rows.append_column("story_no", plans["story_no"].take(rows["plan"].combine_chunks()))


def _allowance_kg(world: World, rows: pa.Table) -> np.ndarray:
    """What scales of the sites may err by in service, as many per cent of the weight as the class says, rounded up."""
    classes = planted.accuracy_classes(world)
    per_cent = np.array([int(classes[site]) for site in rows["site_code"].to_pylist()], int)
    return -(-np.asarray(rows["gross_vehicle_weight_kg"]).astype(int) * per_cent // 100)


def over_limit_passages(world: World) -> pa.Table:
    """Every delivered passage over the limit, by time: what cases can refer to.

    check_no, layout (feed), site_code, county_code, lane_code, passed_at, plate_no (as read, null if unread),
    carried_plate_no, plate_color_code, plate_confidence, axle_count, vehicle (position in ``world.fleet``; in
    ``world.vehicles`` and ``world.drivers`` too where ``is_registered``), gross_vehicle_weight_kg (weighed),
    true_gross_kg, limit_kg (by law), excess_kg, excess_ratio, excess_ratio_after_allowance (without what the scale may
    err by, certified or not), plan, story and story_no (``planted.plans``; null
    for a passage that nobody planned).
    """
    if len(_collected.get(world, [])) != len(world.days):
        _collected[world] = [_over(world, _Day(world, day).table()) for day in world.days]
    return pa.concat_tables(_collected[world]).combine_chunks()


# --- deliveries ----------------------------------------------------------------------------------
def as_sent(world: World, table: pa.Table, layout: str) -> pa.Table:
    """The rows of ``true`` that the sites of a layout send, under that feed's columns."""
    rows = table.filter(pc.and_(table["is_sent"], pc.equal(table["layout"], layout)))
    return LAYOUTS[layout](world, rows)


_PLATFORM = ["check_no", "site_code", "lane_code", "direction", "passed_at", "uploaded_at", "plate_no",
             "plate_color_code", "plate_confidence", "vehicle_class_code", "axle_count", "axle_type_code",
             "gross_vehicle_weight_kg", "axle_loads_kg", "axle_spacings_m", "single_tyre_axle_count", "speed_kmh",
             "vehicle_length_m", "reported_limit_kg", "reported_is_over_limit", "cross_lane",
             "close_following"]  # fmt: skip


def _platform(world: World, rows: pa.Table) -> pa.Table:
    return rows.select(_PLATFORM)


def _preview(world: World, rows: pa.Table) -> pa.Table:
    """The provincial layout: two plates, the sender's own excess, no spacings, no upload time."""
    gross, limit = rows["gross_vehicle_weight_kg"], rows["reported_limit_kg"]
    excess = pc.max_element_wise(pc.subtract(gross, limit), 0)
    combined = pa.array(of_kinds("kind")[world.fleet.kind[np.array(rows["vehicle"])]] == "combination")
    # The trailer's plate: invented from the tractor's, so that the pair stays together.
    tail = pc.binary_join_element_wise(pc.utf8_slice_codeunits(rows["plate_no"], 0, 6), "挂", "")
    color = rows["plate_color_code"]
    columns = ["check_no", "site_code", "lane_code", "passed_at", "vehicle_class_code",
               "axle_count", "speed_kmh", "gross_vehicle_weight_kg", "axle_loads_kg"]  # fmt: skip
    found = rows.select(columns)
    for name, values in (
        # The layout has no word for a farm vehicle's plate.
        ("plate_color_code", pc.if_else(pc.equal(color, 91), pa.scalar(9, pa.int32()), color)),
        ("snapshot_at", rows["passed_at"]),
        ("plate_front_no", rows["plate_no"]),
        ("plate_rear_no", pc.if_else(combined, tail, rows["plate_no"])),
        ("reported_excess_kg", excess),
        ("reported_excess_ratio", pc.round(pc.divide(excess.cast(pa.float64()), limit), 4)),
        ("measure_type_code", pa.array(["1"] * rows.num_rows, pa.string())),
        ("reported_is_escape", pa.array(np.zeros(rows.num_rows, bool))),
    ):
        found = found.append_column(name, values)
    return found


def _wheel(world: World, rows: pa.Table) -> pa.Table:
    """The vendor with wheel loads: also width, height and acceleration."""
    names = [name for name in _PLATFORM if name not in ("axle_loads_kg", "single_tyre_axle_count")]
    found = rows.select([*names, "left_wheel_loads_kg", "right_wheel_loads_kg"])
    # Drawn from the passage itself, so that it does not matter who asks, or for how much at once.
    spread = np.array(rows["true_gross_kg"], int) * 7919 % 1_000 / 1_000
    for name, values in (
        ("vehicle_width_m", np.round(2.3 + 0.25 * spread, 2)),
        ("vehicle_height_m", np.round(2.6 + 1.3 * (spread * 7 % 1), 2)),
        ("acceleration_ms2", np.round((spread * 13 % 1 - 0.5) * 0.8, 2)),
    ):
        found = found.append_column(name, pa.array(values))
    return found


LAYOUTS = {"wim_passage": _platform, "wim_passage_preview": _preview, "wim_passage_wheel": _wheel}


def deliveries(world: World) -> Iterator[Delivery]:
    """Monthly files of every layout, then a file a night; with what goes wrong on the way."""
    _collected[world] = []
    before: dict[str, pa.Table] = {}
    weighed: dict[str, list[pa.Table]] = {layout: [] for layout in LAYOUTS}
    held: dict[str, list[pa.Table]] = {layout: [] for layout in LAYOUTS}
    since = dict.fromkeys(LAYOUTS, world.first_day)
    for number, days in enumerate((*world.months, *([night] for night in world.own_nights))):
        truths = []
        for day in days:
            # Day by day, and only what is sent is kept: a month at once would take gigabytes.
            table = _Day(world, day).table()
            _collected[world].append(_over(world, table))
            truths.append(_truth_rows(table))
            for layout, found in held.items():
                found.append(as_sent(world, table, layout))
            if crossings.crossings(world, day):
                more = tracked_passages(world, day)
                truths.append(_truth_rows(more))
                for layout, found in weighed.items():
                    found.append(as_sent(world, more, layout))
        truth = {"passage": pa.concat_tables(truths)}
        for layout in LAYOUTS:
            if _waits(world, layout, number):
                continue
            before_this, before[layout] = before.get(layout), held[layout][-1]
            rows = pa.concat_tables(held[layout])
            more = pa.concat_tables([rows.slice(0, 0), *weighed[layout]])
            held[layout], weighed[layout] = [], []
            span, since[layout] = calendar.days_between(since[layout], days[-1]), days[-1] + timedelta(days=1)
            if not rows.num_rows and days[0] not in world.own_nights:
                continue
            if days[0] in world.own_nights:
                files = transmissions.night(world, layout, rows, before_this, days[0], more)
            else:
                files = transmissions.month(world, layout, rows, span, more)
            for delivery in files:
                yield replace(delivery, truth={**delivery.truth, **truth})
                truth = {}
            del rows


def _waits(world: World, layout: str, month: int) -> bool:
    """Whether a layout's rows of a month come with a later one: in a tiny world vendors deliver by the quarter."""
    left = len(world.months) - 1 - month
    return world.scale.name == "tiny" and layout != "wim_passage" and left > 0 and left % 3 > 0


def reissue(world: World, night: date) -> Delivery:
    """The night's file as its sender corrected it later, under the same name."""
    return transmissions.reissue(world, as_sent(world, true(world, [night]), "wim_passage"), night)


def _truth_rows(table: pa.Table) -> pa.Table:
    names = ["check_no", "carried_plate_no", "vehicle", "true_gross_kg", "scale_error", "limit_kg", "is_misread",
             "is_cloned", "is_sent", "is_dead", "plan"]  # fmt: skip
    return table.select(names)


def truth(world: World) -> dict[str, pa.Table]:
    """Planted faults of scales, cloned plates, planned passages, passages over the limit."""
    return {
        "scale_fault": planted.scale_faults(world),
        "cloned_plate": planted.clones(world),
        "planned_passage": planted.plans(world),
        "over_limit_passage": over_limit_passages(world),
    }
