"""Which passages over the limit an officer looked at, and what came of it: the ground on which cases stand.

Refers to passages that were delivered (``passages.over_limit_passages``). Vehicles that ``planted`` makes repeat
violators at the edge of a window are always confirmed; others are drawn, heavier ones first. The clocks and the
yearly figures that all topics of enforcement share are here, too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.demo import calendar, passages
from etl.demo.world import World

SCREENED, CONFIRMED = 60_000, 50_000
"""Looks of a year of the reference case, and the violations that must be found among them."""
THREE = 400
"""Vehicles with exactly three counted violations."""
YEAR = 365
DEDUP = np.timedelta64(24, "h")
COUNTED_RATIO = 0.10
"""Hunan counts a violation above 10 % (unverified), what the scale may err by taken off first; the truth tells counts
with and without."""
_OFFICERS = 24
_VOID = ("image_unclear", "device_invalid", "emergency", "handled_on_site", "permit_exists", "stolen", "other")
_VOID_SHARE = (0.5, 0.08, 0.04, 0.14, 0.1, 0.02, 0.12)
EDGES = (
    "three_in_year", "four_in_year", "within_24h", "at_24h", "after_24h", "ten_per_cent", "above_ten_per_cent",
    "ten_after_allowance", "above_ten_after_allowance",
    "before_anniversary", "on_anniversary", "window_364", "window_365", "window_366",
)  # fmt: skip
"""Stories of ``planted`` whose vehicles are repeat violators at an edge of a window: each passage is penalised."""
NAT_D, NAT_S = np.datetime64("NaT", "D"), np.datetime64("NaT", "s")


# --- clocks --------------------------------------------------------------------------------------
def year_opens(world: World) -> date:
    """First day of the year that ends with the world."""
    return max(world.first_day, world.last_day - timedelta(days=YEAR - 1))


def of_year(world: World, at_city: float) -> int:
    """A published figure of a year, at this scale and for as much of a year as there is."""
    return max(1, round(world.figure(at_city) * min(len(world.days), YEAR) / YEAR))


def of_span(world: World, at_city: float) -> int:
    """The same for all the days of the world."""
    return max(1, round(world.figure(at_city) * len(world.days) / YEAR))


@cache
def _busdays(world: World) -> np.busdaycalendar:
    free = [day for year in range(world.first_day.year - 1, world.last_day.year + 3) for day in calendar.holidays(year)]
    return np.busdaycalendar(holidays=free)


def workdays_after(world: World, days: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The ``count``-th working day after each day; for 0 the day itself or the next working one. NaT stays."""
    known = ~np.isnat(days)
    found = np.full(len(days), NAT_D)
    same = np.busday_offset(days[known], 0, roll="forward", busdaycal=_busdays(world))
    start = np.busday_offset(days[known], 0, roll="backward", busdaycal=_busdays(world))
    after = np.busday_offset(start, count[known], busdaycal=_busdays(world))
    found[known] = np.where(count[known] == 0, same, after)
    return found


def to_days(instants: np.ndarray) -> np.ndarray:
    return instants.astype("datetime64[D]")


def in_office(rng: np.random.Generator, days: np.ndarray) -> np.ndarray:
    """An instant within office hours of each day; NaT stays."""
    return days.astype("datetime64[s]") + rng.integers(8 * 3_600 + 1_800, 17 * 3_600, len(days)).astype("m8[s]")


def officers(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.array([f"4311{at:04d}" for at in range(1_001, 1_001 + _OFFICERS)])[rng.integers(0, _OFFICERS, count)]


def texts(values: Iterable[Any]) -> pa.Array:
    """A column of texts; also an empty one has its type."""
    return pa.array(list(values), pa.string())


def day64(of: date) -> np.datetime64:
    return np.datetime64(of, "D")


# --- screening -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Screened:
    """Looks at passages: ``row`` is the position in ``passages.over_limit_passages``.

    ``result`` and ``void`` are those of the last look; ``first_at`` is NaT unless an earlier look left it pending.
    """

    row: np.ndarray
    at: np.ndarray
    first_at: np.ndarray
    result: np.ndarray
    void: np.ndarray


@cache
def over_limit(world: World) -> dict[str, np.ndarray]:
    """The passages over the limit as arrays."""
    table = passages.over_limit_passages(world)
    texts = ("check_no", "site_code", "county_code", "plate_no", "carried_plate_no", "story")
    found = {name: np.array(table[name].to_pylist(), object) for name in texts}
    found["passed_at"] = np.array(table["passed_at"], "datetime64[s]")
    for name in ("vehicle", "gross_vehicle_weight_kg", "true_gross_kg", "limit_kg", "excess_kg", "axle_count"):
        found[name] = np.asarray(table[name]).astype(int)
    for name in ("excess_ratio", "excess_ratio_after_allowance"):
        found[name] = np.asarray(table[name])
    found["story_no"] = np.asarray(pc.fill_null(table["story_no"], -1))
    found["plate_color_code"] = np.asarray(pc.fill_null(table["plate_color_code"], 9)).astype(int)
    found["confidence"] = np.asarray(pc.fill_null(table["plate_confidence"], 0.0))
    found["is_registered"] = np.asarray(table["is_registered"])
    found["is_edge"] = np.isin(found["story"].astype(str), list(EDGES))
    return found


@cache
def screened(world: World) -> Screened:
    """Which passages an officer looked at, when, and what came of it."""
    over, rng = over_limit(world), world.rng("screening")
    read = np.array([plate is not None for plate in over["plate_no"]]) & (over["confidence"] >= 0.9)
    usable = np.flatnonzero(read | over["is_edge"])
    # Heavier ones first, and every planned one of an edge.
    weight = np.where(over["is_edge"][usable], np.inf, 0.2 + over["excess_ratio"][usable])
    order = np.argsort(-np.where(np.isinf(weight), 2.0, rng.random(len(usable)) ** (1 / weight)), kind="stable")
    row = np.sort(usable[order[: max(of_span(world, SCREENED), int(over["is_edge"].sum()))]])
    passed = over["passed_at"][row]
    lag = np.minimum(np.ceil(rng.lognormal(0.1, 0.8, len(row))).astype(int), 15)
    at = in_office(rng, workdays_after(world, to_days(passed), lag))
    edge = over["is_edge"][row]
    late = edge & (to_days(at) > day64(world.last_day) - 2)
    at = np.where(late, by_the_road(rng, passed), at)
    result, void = _results(world, rng, row)
    pending = (rng.random(len(row)) < 0.015) & ~edge
    first_at = np.where(pending, at, NAT_S)
    at = np.where(pending, at + np.timedelta64(3 * 86_400 + 640, "s"), at)
    done = to_days(at) <= day64(world.last_day)
    return Screened(row[done], at[done], first_at[done], result[done], void[done])


def by_the_road(rng: np.random.Generator, passed: np.ndarray) -> np.ndarray:
    """Minutes after the passage, on the same day: somebody stood by the road."""
    end = to_days(passed).astype("datetime64[s]") + np.timedelta64(86_399, "s")
    return np.minimum(passed + rng.integers(600, 1_800, len(passed)).astype("m8[s]"), end)


def _results(world: World, rng: np.random.Generator, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """confirmed or void for each passage, and why it is void."""
    over = over_limit(world)
    fleet = world.fleet
    plate, carried = over["plate_no"][row], over["carried_plate_no"][row]
    void = np.full(len(row), None, object)
    edge = over["is_edge"][row]
    odd = (rng.random(len(row)) < 0.075) & ~edge
    void[odd] = rng.choice(_VOID, int(odd.sum()), p=_VOID_SHARE)
    clone = (carried != fleet.plate[over["vehicle"][row]].astype(object)) & (rng.random(len(row)) < 0.4)
    void[clone & ~edge] = "plate_cloned"
    void[(plate != carried) & ~edge] = "plate_misread"
    void[same_trip(over, row) & (void == None) & (~edge | (over["story_no"][row] % 2 == 0))] = "duplicate_trip"  # noqa: E711
    void[_one_too_many(world, row)] = "image_unclear"
    return np.where(void == None, "confirmed", "void").astype(object), void  # noqa: E711


def same_trip(over: dict[str, np.ndarray], row: np.ndarray) -> np.ndarray:
    """Passages within 24 hours (the 24th included) after one of the same plate that counts."""
    order = np.lexsort((over["passed_at"][row], over["plate_no"][row].astype(str)))
    plate, passed = over["plate_no"][row][order], over["passed_at"][row][order]
    same = np.zeros(len(row), bool)
    last_plate, last = None, NAT_S
    for number in range(len(order)):
        if plate[number] == last_plate and passed[number] - last <= DEDUP:
            same[order[number]] = True
        else:
            last_plate, last = plate[number], passed[number]
    return same


@cache
def _edge_counts(world: World) -> dict[tuple[str, int], int]:
    """Violations of each edge story in the last year that count by the usual reading: above 10 % after the
    allowance, trips merged."""
    over = over_limit(world)
    at = np.flatnonzero(over["is_edge"] & (to_days(over["passed_at"]) >= day64(year_opens(world))))
    at = at[(over["excess_ratio_after_allowance"][at] > COUNTED_RATIO)]
    at = at[~same_trip(over, at)]
    found: dict[tuple[str, int], int] = {}
    for number in at.tolist():
        key = (str(over["story"][number]), int(over["story_no"][number]))
        found[key] = found.get(key, 0) + 1
    return found


def _one_too_many(world: World, row: np.ndarray) -> np.ndarray:
    """Third passages of so many ``three_in_year`` stories as other edges come to three by themselves.

    Without them more than the published number of vehicles would have exactly three.
    """
    counts = _edge_counts(world)
    others = sum(1 for (story, _), count in counts.items() if count == 3 and story != "three_in_year")
    three = sorted(number for (story, number), count in counts.items() if story == "three_in_year" and count == 3)
    spare = set(three[max(0, len(three) - max(0, len(three) + others - world.figure(THREE))) :])
    over = over_limit(world)
    marked = np.zeros(len(row), bool)
    last: dict[int, int] = {}
    for position, number in enumerate(row.tolist()):
        if over["story"][number] == "three_in_year" and int(over["story_no"][number]) in spare:
            last[int(over["story_no"][number])] = position
    marked[list(last.values())] = True
    return marked
