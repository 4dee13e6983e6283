"""What is planted: faulty scales, cloned plates, evaders, convoys, and repeat violators at every window edge.

Each function gives a table that follows from the world alone. ``passages`` applies them, ``truth`` keeps them.
Vehicles are named by their position in ``world.fleet``; no vehicle plays two parts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import numpy as np
import pyarrow as pa

from etl.demo.fleet import ARTICULATED_6, RIGID_4
from etl.demo.places import SITES
from etl.demo.world import World

EDGE_STORIES = 13
"""Stories of ``_edges`` beside ``three_in_year``; each takes a vehicle in every round."""
_NO_EVIDENCE = ("YZ04", "YZ11", "YZ15", "YZ22", "YZ26", "YZ30")
"""Sites whose certificates are planted to lapse, or that open late: nothing exact is planted there."""


def at(day: date, clock: time = time()) -> datetime:
    return datetime.combine(day, clock)


# --- scales --------------------------------------------------------------------------------------
@cache
def scale_faults(world: World) -> pa.Table:
    """Faults of scales: fault, site_code, lane_code (empty: the whole site), from_at, to_at, size.

    ``step``: weights are off by ``size`` (0.05 = 5 % too heavy) from one moment to the next; ``ramp``: the error
    grows from 0 to ``size``; ``dead``: the lane counts vehicles and weighs 0; ``outage``: nothing is sent.
    """
    rng = world.rng("scale_faults")
    rows = [
        {"fault": "outage", "site_code": site, "lane_code": "", "from_at": start, "to_at": end, "size": 0.0}
        for site, start, end in _site_outages(world)
    ]
    taken = {row["site_code"] for row in rows}
    free = [lane for lane in world.lanes.to_pylist() if lane["site_code"][:4] not in _NO_EVIDENCE]
    free = [lane for lane in free if lane["site_code"] not in taken]
    span = len(world.days)
    for fault in ("step", "ramp", "dead", "outage") * (2 * world.scale.copies):
        lane = free[int(rng.integers(0, len(free)))]
        free = [other for other in free if other["site_code"] != lane["site_code"]]
        length = {"step": 0.2, "ramp": 0.35, "dead": 0.04, "outage": 0.03}[fault] * span
        length_days = max(1, round(length * rng.uniform(0.7, 1.3)))
        start = world.first_day + timedelta(days=int(rng.integers(0, max(1, span - length_days))))
        size = rng.choice([-1, 1]) * rng.uniform(0.025, 0.08) if fault in ("step", "ramp") else 0.0
        begins = at(start) + timedelta(minutes=int(rng.integers(0, 1_440)))
        rows.append({
            "fault": fault, "site_code": lane["site_code"], "lane_code": lane["lane_code"], "from_at": begins,
            "to_at": begins + timedelta(days=length_days), "size": round(float(size), 4),
        })  # fmt: skip
    schema = pa.schema([
        ("fault", pa.string()), ("site_code", pa.string()), ("lane_code", pa.string()),
        ("from_at", pa.timestamp("s")), ("to_at", pa.timestamp("s")), ("size", pa.float64()),
    ])  # fmt: skip
    return pa.Table.from_pylist(rows, schema)


def _site_outages(world: World) -> list[tuple[str, datetime, datetime]]:
    """Site, from, to: two silent days this month, one half-silent site, an older outage."""
    suffix = "" if world.scale.copies == 1 else "01"
    last = world.last_day
    silent = max(last.replace(day=1), last - timedelta(days=6))
    evening = at(last, time(13))
    older = last - timedelta(days=128)
    found = [
        ("YZ07", at(silent), at(silent + timedelta(days=2))),
        ("YZ22", evening - timedelta(days=1), at(last)),
        ("YZ22", evening, at(last + timedelta(days=1))),
        ("YZ14", at(older), at(older + timedelta(days=9))),
    ]
    return [(site + suffix, start, end) for site, start, end in found]


# --- vehicles with a part ------------------------------------------------------------------------
@dataclass(frozen=True)
class Cast:
    """Positions of vehicles by part."""

    edges: np.ndarray
    evaders: np.ndarray
    convoys: np.ndarray
    cloned: np.ndarray
    clones: np.ndarray


@cache
def cast(world: World) -> Cast:
    """Who plays which part: registered heavy trucks, the clones from elsewhere and of the same kind."""
    rng, fleet = world.rng("cast"), world.fleet
    own = slice(0, fleet.registered)
    # None with single tyres, which most sites do not see: what is planted must be plain to every site.
    fit = np.isin(fleet.kind[own], (RIGID_4, ARTICULATED_6)) & (fleet.single_tyres[own] == 0)
    heavy = rng.permutation(np.flatnonzero(fit))
    sizes = [world.figure(400) + EDGE_STORIES * world.figure(12), world.figure(60), 5 * world.figure(12),
             world.figure(20)]  # fmt: skip
    edges, evaders, convoys, cloned = np.split(heavy[: sum(sizes)], np.cumsum(sizes)[:-1])
    others = fleet.registered + np.flatnonzero(fleet.single_tyres[fleet.registered :] == 0)
    clones = np.array([_same_kind(rng, fleet.kind, others, at) for at in cloned.tolist()], int)
    return Cast(edges, evaders, convoys, cloned, clones)


def _same_kind(rng: np.random.Generator, kind: np.ndarray, others: np.ndarray, vehicle: int) -> int:
    alike = others[kind[others] == kind[vehicle]]
    return int(alike[rng.integers(0, len(alike))])


def clones(world: World) -> pa.Table:
    """Cloned plates: the plate, the vehicle it belongs to and the vehicle that carries it as well."""
    found = cast(world)
    return pa.table({
        "plate_no": world.fleet.plate[found.cloned],
        "plate_color_code": pa.array(world.fleet.color[found.cloned], pa.int32()),
        "vehicle": found.cloned,
        "clone": found.clones,
        "clone_own_plate_no": world.fleet.plate[found.clones],
    })  # fmt: skip


# --- planned passages ----------------------------------------------------------------------------
@dataclass(frozen=True)
class Plan:
    """A passage that must happen. ``excess``: weight over the limit as weighed (0.12 = 12 %); negative: under it."""

    story: str
    story_no: int
    vehicle: int
    site_code: str
    passed_at: datetime
    excess: float


SCHEMA = pa.schema([
    ("story", pa.string()), ("story_no", pa.int32()), ("vehicle", pa.int64()), ("site_code", pa.string()),
    ("passed_at", pa.timestamp("s")), ("excess", pa.float64()),
])  # fmt: skip


@cache
def plans(world: World) -> pa.Table:
    """Every planned passage, by time: story, story_no, vehicle, site_code, passed_at, excess."""
    found = [plan for story in (_edges, _evaders, _convoys, _clones) for plan in story(world)]
    inside = [plan for plan in found if world.first_day <= plan.passed_at.date() <= world.last_day]
    inside.sort(key=lambda plan: (plan.passed_at, plan.vehicle))
    return pa.Table.from_pylist([vars(plan) for plan in inside], SCHEMA)


def exact_sites(world: World) -> list[str]:
    """Sites where every weighing is as it should be."""
    faulty = set(scale_faults(world)["site_code"].to_pylist())
    codes = world.sites["site_code"].to_pylist()
    return [code for code in codes if code not in faulty and code[:4] not in _NO_EVIDENCE]


def accuracy_classes(world: World) -> dict[str, str]:
    """The accuracy class of each site's devices, which are alike."""
    return dict(zip(world.devices["site_code"].to_pylist(), world.devices["accuracy_class"].to_pylist(), strict=True))


_AT_TEN = {
    "5": {"ten_after_allowance": 0.1576, "above_ten_after_allowance": 0.1582},
    "10": {"ten_after_allowance": 0.2219, "above_ten_after_allowance": 0.2226},
}
"""By accuracy class, the excess as weighed of which some kilograms less than 10 %, or some more, are left when 5 or
10 % of the weight are taken off."""


def _edges(world: World) -> Iterator[Plan]:
    """Repeat violators, one story a vehicle; these vehicles are over the limit at no other time.

    ``three_in_year``: exactly three within the last 365 days of the world. ``four_in_year``: four.
    ``within_24h``, ``at_24h``, ``after_24h``: two of them 23:59:59, 24:00:00 and 24:00:01 apart, a third later.
    ``before_anniversary``, ``on_anniversary``: the third on the last day of the permit's year, or the first of
    the next. ``window_364``, ``window_365``, ``window_366``: the third so many days after the first, to the
    second (worlds of more than 366 days). ``ten_per_cent``, ``above_ten_per_cent``: weighed 10 % over, and 10 kg more:
    both less than 10 % without what the scale may err by. ``ten_after_allowance``, ``above_ten_after_allowance``: not
    above 10 % without it, and above. All others are above 10 % at any scale.
    """
    rng, parts = world.rng("edges"), iter(cast(world).edges.tolist())
    sites = exact_sites(world)
    opens = max(world.first_day, world.last_day - timedelta(days=364))
    span = (world.last_day - opens).days + 1
    issued = world.vehicles["first_issue_date"].to_pylist()
    classes = accuracy_classes(world)

    def moment(day: date) -> datetime:
        return at(day) + timedelta(seconds=int(rng.integers(0, 86_400)))

    def plan(story: str, number: int, vehicle: int, moments: list[datetime], excess: float = 0.0) -> Iterator[Plan]:
        for when in moments:
            over = excess or float(rng.uniform(0.25, 0.6))
            site = sites[int(rng.integers(0, len(sites)))]
            yield Plan(story, number, vehicle, site, when, _AT_TEN[classes[site]].get(story, over))

    def apart(count: int) -> list[datetime]:
        """So many days of the last year, a few days between each where there is room."""
        steps = np.sort(rng.choice(max(count, span // 3), count, replace=False)) * (3 if span >= 3 * count else 1)
        return [moment(opens + timedelta(days=int(step))) for step in steps if step < span]

    for number in range(world.figure(400)):
        yield from plan("three_in_year", number, next(parts), apart(3))
    for number in range(world.figure(12)):
        yield from plan("four_in_year", number, next(parts), apart(4))
        for story, gap in (("within_24h", -1), ("at_24h", 0), ("after_24h", 1)):
            first = moment(opens + timedelta(days=int(rng.integers(0, max(1, span - 10)))))
            second = first + timedelta(days=1, seconds=gap)
            yield from plan(story, number, next(parts), [first, second, second + timedelta(days=5)])
        for story in ("ten_per_cent", "above_ten_per_cent"):
            yield from plan(story, number, next(parts), apart(3), 0.10 if story == "ten_per_cent" else 0.1001)
        for story in ("ten_after_allowance", "above_ten_after_allowance"):
            yield from plan(story, number, next(parts), apart(3))
        for story, shift in (("before_anniversary", -1), ("on_anniversary", 0)):
            vehicle = next(parts)
            begun = anniversary(issued[vehicle], world.last_day)
            days = [begun + timedelta(days=back) for back in (-70, -35, shift)]
            yield from plan(story, number, vehicle, [moment(day) for day in days])
        for story, length in (("window_364", 364), ("window_365", 365), ("window_366", 366)):
            vehicle = next(parts)
            room = len(world.days) - length - 1
            if room < 1:
                continue
            first = moment(world.first_day + timedelta(days=int(rng.integers(0, room))))
            moments = [first, first + timedelta(days=int(rng.integers(30, 300))), first + timedelta(days=length)]
            yield from plan(story, number, vehicle, moments)


def anniversary(issued: date, last_day: date) -> date:
    """The last anniversary of ``issued`` up to ``last_day``; 29 February counts as 1 March."""
    had = (issued.month, issued.day) <= (last_day.month, last_day.day)
    year = last_day.year if had else last_day.year - 1
    try:
        return issued.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def routes(world: World) -> list[list[tuple[str, float]]]:
    """Sites of one road in order of chainage, as (site_code, chainage_km): roads with three sites or more."""
    by_road: dict[str, list[tuple[str, float]]] = {}
    suffix = "" if world.scale.copies == 1 else "01"
    for site in SITES:
        if site.code not in _NO_EVIDENCE:
            by_road.setdefault(site.road, []).append((site.code + suffix, site.chainage_km))
    return [sorted(found, key=lambda stop: stop[1]) for _, found in sorted(by_road.items()) if len(found) >= 3]


def _evaders(world: World) -> Iterator[Plan]:
    """Trucks that pass every site of a road when within the limit, and go round the middle one when over it.

    Going round costs half an hour or more: the neighbours see them with a gap that the others do not have.
    """
    rng, roads = world.rng("evaders"), routes(world)
    for number, vehicle in enumerate(cast(world).evaders.tolist()):
        road = roads[int(rng.integers(0, len(roads)))]
        middle = int(rng.integers(1, len(road) - 1))
        stops = road[middle - 1 : middle + 2]
        trips = max(2, len(world.days) // 9)
        for _ in range(trips):
            over = rng.random() < 0.5
            start = at(world.days[int(rng.integers(0, len(world.days)))]) + timedelta(
                seconds=int(rng.integers(0, 75_000))
            )
            way = stops if rng.random() < 0.5 else stops[::-1]
            speed = rng.uniform(42, 58)
            gone = 0.0
            for step, (site, chainage) in enumerate(way):
                if step:
                    gone += abs(chainage - way[step - 1][1]) / speed * 3_600
                if over and step == 1:
                    gone += rng.uniform(1_800, 3_000)
                    continue
                excess = rng.uniform(0.12, 0.6) if over else -rng.uniform(0.1, 0.45)
                yield Plan("evader", number, vehicle, site, start + timedelta(seconds=round(gone)), float(excess))


def _convoys(world: World) -> Iterator[Plan]:
    """Five trucks that run together by night, all over the limit, seconds apart at every site of a road."""
    rng, roads = world.rng("convoys"), routes(world)
    for number, trucks in enumerate(cast(world).convoys.reshape(-1, 5).tolist()):
        road = roads[int(rng.integers(0, len(roads)))]
        for _ in range(max(1, len(world.days) // 20)):
            day = world.days[int(rng.integers(0, len(world.days)))]
            start = at(day) + timedelta(seconds=int(rng.integers(0, 3 * 3_600)))
            behind = np.cumsum(rng.uniform(8, 40, len(trucks)))
            for site, chainage in road[:3]:
                gone = abs(chainage - road[0][1]) / 50 * 3_600
                for truck, gap in zip(trucks, behind.tolist(), strict=True):
                    when = start + timedelta(seconds=round(gone + gap + rng.uniform(0, 5)))
                    yield Plan("convoy", number, truck, site, when, float(rng.uniform(0.12, 0.5)))


def _clones(world: World) -> Iterator[Plan]:
    """A plate at two sites far apart within minutes: the vehicle it belongs to, then the one that copied it."""
    rng, found = world.rng("clones"), cast(world)
    stops = [stop[0] for stop in routes(world)[0]]
    for number, (own, other) in enumerate(zip(found.cloned.tolist(), found.clones.tolist(), strict=True)):
        for _ in range(max(1, len(world.days) // 12)):
            day = world.days[int(rng.integers(0, len(world.days)))]
            when = at(day) + timedelta(seconds=int(rng.integers(0, 84_000)))
            ends = (stops[0], stops[-1]) if rng.random() < 0.5 else (stops[-1], stops[0])
            for vehicle, site, moment in ((own, ends[0], when), (other, ends[1], when + timedelta(minutes=9))):
                yield Plan("clone", number, vehicle, site, moment, -float(rng.uniform(0.1, 0.5)))
