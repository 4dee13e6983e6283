"""Where the tracked vehicles went: a point every 30 s, the same for every system that tells of it.

Some sixty vehicles over the last three days (a year of all would be two billion points). A vehicle drives from site to
site and rests 25 minutes or more between two legs; most do nothing else. What else there is is planted, one thing a
vehicle (``roles``), and told by the track itself as a ``Stretch``. ``way`` is where it was, ``track`` what its terminal
makes of that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from etl.demo import registers
from etl.demo.places import SITES
from etl.demo.world import World

EVERY_S = 30
NEVER = -1
"""Received never: lost for good."""
OVERSPEED, FATIGUE, GNSS_FAULT = 1 << 1, 1 << 2, 1 << 4
"""Bits of the alarm word of JT/T 808 (2019, table 24)."""
_DAYS, _VEHICLES, _FEWEST = 3, 60, 25
_EARTH_KM = 6_371.0
_DAY_S = 86_400
_LAST_S = 21 * 3_600 + 45 * 60
_FASTEST_KMH = 78.0
_SPEEDING_POINTS = (1, 4, 12)
_ABROAD = (40.0, 150.0)
_PLACES = np.array([(site.latitude, site.longitude) for site in SITES])
_REST_POINTS = 90
"""A rest between two legs is shorter."""
_SLOWEST_KMH = 34
_STOP_DEG = 0.003
"""How far from a site a stop is: standard deviation of either coordinate."""
_NORTH, _SOUTH = _PLACES[_PLACES[:, 0] > 26.1], _PLACES[_PLACES[:, 0] < 25.7]
_ROLES = (
    ("night_drive", "coach"), ("long_drive", "coach"), ("overspeed", "coach"), ("lost", "coach"),
    ("silent_move", "dangerous_goods"), ("constant_speed", "dangerous_goods"), ("switched_off", "dangerous_goods"),
    ("left_behind", "dangerous_goods"), ("original", ""), ("clone", ""), ("drift", ""), ("no_fix", ""),
    ("backfill", ""), ("clock_ahead", ""), ("clock_unset", ""), ("clock_month", ""), ("stuck", ""),
    ("borrowed", ""), ("tunnel", ""),
)  # fmt: skip
_LENDER = "long_drive"
"""The role of the vehicle whose places ``borrowed`` sends as its own: its first leg is long enough."""


@dataclass(frozen=True)
class Stretch:
    """Something planted from point ``first`` to point ``last`` (inclusive).

    ``source``: first of the points that were copied. ``stop_s``: the longest stop within.
    """

    kind: str
    first: int
    last: int
    source: int | None = None
    stop_s: int | None = None


@dataclass(frozen=True)
class Track:
    """A vehicle's points of a day in order of time; arrays of one length.

    ``second`` and ``received`` count from midnight (``received``: perhaps in the next day, or ``NEVER``). ``is_late``:
    sent from the terminal's memory after a gap in coverage. ``speed_kmh`` is what the receiver says,
    ``recorder_speed_kmh`` what the wheels say. Places in degrees, rounded as they are sent.
    """

    second: np.ndarray
    received: np.ndarray
    is_late: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    speed_kmh: np.ndarray
    recorder_speed_kmh: np.ndarray
    heading_deg: np.ndarray
    altitude_m: np.ndarray
    odometer_km: np.ndarray
    has_fix: np.ndarray
    alarm_flags: np.ndarray
    planted: tuple[Stretch, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.second)


def position_days(world: World) -> list[date]:
    return world.days[-_DAYS:]


@cache
def tracked(world: World) -> tuple[dict[str, Any], ...]:
    """The vehicles that are tracked, coaches and dangerous-goods vehicles, as the register has them."""
    open_now = [
        row for row in registers.monitored(world)
        if row["valid_to"] is None and row["monitored_class"] not in ("bus", "taxi") and row["has_smart_terminal"]
        and row["valid_from"] <= position_days(world)[0]
    ]  # fmt: skip
    order = world.rng("tracked").permutation(len(open_now))[: max(_FEWEST, world.figure(_VEHICLES))]
    return tuple(open_now[at] for at in sorted(order.tolist()))


@cache
def roles(world: World) -> dict[int, str]:
    """What is planted in the track of the vehicle of a number; every tenth copies a stretch of its own."""
    found = {number: "copied" for number in range(0, len(tracked(world)), 10)}
    for role, wanted in _ROLES:
        for number, vehicle in enumerate(tracked(world)):
            if number not in found and wanted in vehicle["monitored_class"]:
                found[number] = role
                break
    return found


def distance_km(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Great-circle distance of points (latitude, longitude in degrees), row by row."""
    p, q = np.radians(a), np.radians(b)
    h = np.sin((q[:, 0] - p[:, 0]) / 2) ** 2
    h += np.cos(p[:, 0]) * np.cos(q[:, 0]) * np.sin((q[:, 1] - p[:, 1]) / 2) ** 2
    return 2 * _EARTH_KM * np.arcsin(np.sqrt(h))


@lru_cache(maxsize=256)
def way(world: World, number: int, day: date) -> Track:
    """Where a vehicle, by its number among ``tracked``, was on a day: every point, whatever was sent."""
    made = _drive(
        world.rng("track", number, str(day)), roles(world).get(number, ""), world.rng("depot", number)
    )  # fmt: skip
    before = (day - position_days(world)[0]).days * 620
    return replace(made, odometer_km=np.round(84_000 + 3_711 * number + before + made.odometer_km, 1))


def lent(world: World, day: date) -> tuple[int, int]:
    """Whose half an hour ``borrowed`` sends as its own on a day: the vehicle's number, and the first point."""
    number = next(number for number, role in roles(world).items() if role == _LENDER)
    return number, _moving(way(world, number, day), 60, 10)[0]


@lru_cache(maxsize=256)
def track(world: World, number: int, day: date) -> Track:
    """The points that the terminal of a vehicle, by its number among ``tracked``, made on a day."""
    made, role = way(world, number, day), roles(world).get(number, "")
    rng = world.rng("planted", number, str(day))
    if role == "borrowed":
        lender, source = lent(world, day)
        made = _borrowed(made, rng, way(world, lender, day), source)
    made = _PLANTED.get(role, _as_it_was)(made, rng)
    if role in ("", "copied"):
        made = _without_place(made, np.flatnonzero(rng.random(len(made)) < 0.002), 0.0, 0.0)
    if role == "" and len(made) > 300 and rng.random() < 0.3:
        made = _backfilled(made, rng)
    return replace(made, latitude=np.round(made.latitude, 6), longitude=np.round(made.longitude, 6))


# --- driving -------------------------------------------------------------------------------------
def _drive(rng: np.random.Generator, role: str, depot: np.random.Generator) -> Track:
    """Six legs with rests between them; speeds agree with the places, and the day ends where it began."""
    begin = 4_200 if role == "night_drive" else int(rng.integers(6 * 3_600, 8 * 3_600))
    legs, speeds = [], []
    short_rests = role == "long_drive"
    stops = _stops(rng, role, depot)
    room = (_LAST_S - begin) // EVERY_S
    points = moving = 0
    start = stops[0]
    for leg, stop in enumerate(stops[1:]):
        fast = role == "overspeed" and leg == 1
        pace = float(rng.uniform(46, 66))
        speed, share = _leg(rng, _km(start, stop), pace, fast)
        is_last = points + len(speed) + _REST_POINTS + _points_home(stop, stops[-1]) > room
        end = stops[-1] if is_last else stop
        if is_last:
            speed, share = _leg(rng, _km(start, end), pace, fast)
        moving += len(speed)
        short_rests &= moving * EVERY_S < 5 * 3_600 + 300
        rest = 8 if short_rests else int(rng.integers(50, _REST_POINTS))
        legs += [start + (end - start) * share[:, None], np.repeat(end[None], rest, axis=0)]
        speeds += [speed, np.zeros(rest)]
        points += len(speed) + rest
        start = end
        if is_last:
            break
    at, speed = np.concatenate(legs), np.round(np.concatenate(speeds), 1)
    at, speed = at[:room], speed[:room]
    second = begin + np.arange(len(at)) * EVERY_S
    turn = np.degrees(np.arctan2(np.diff(at[:, 1], append=at[-1, 1]), np.diff(at[:, 0], append=at[-1, 0])))
    is_over = speed > 100
    return Track(
        second=second, received=second + rng.integers(1, 6, len(at)), is_late=np.zeros(len(at), bool),
        latitude=at[:, 0], longitude=at[:, 1], speed_kmh=speed,
        recorder_speed_kmh=np.where(speed > 0, np.round(speed + rng.normal(0, 0.4, len(at)), 1), 0.0),
        heading_deg=np.mod(np.round(turn), 360).astype(int),
        altitude_m=np.round(180 + 60 * np.sin(np.arange(len(at)) / 90)).astype(int),
        odometer_km=np.concatenate([[0.0], np.cumsum(distance_km(at[:-1], at[1:]))]),
        has_fix=np.ones(len(at), bool), alarm_flags=np.where(is_over, OVERSPEED, 0),
    )  # fmt: skip


def _km(one: np.ndarray, other: np.ndarray) -> float:
    return float(distance_km(one[None], other[None])[0])


def _points_home(place: np.ndarray, home: np.ndarray) -> int:
    """How many points the way home takes at most."""
    return round(_km(place, home) / _SLOWEST_KMH * 3_600 / EVERY_S) + 4


def _stops(rng: np.random.Generator, role: str, depot: np.random.Generator) -> np.ndarray:
    """Seven places, the first and the last of which are the vehicle's depot: nobody moves overnight.

    Clones keep apart; who is to drive far goes to and fro between the ends of the prefecture.
    """
    if role in ("overspeed", "long_drive"):
        ends = [(_NORTH, _SOUTH)[at % 2] for at in range(7)]
        found, home = np.array([end[int(rng.integers(0, len(end)))] for end in ends]), _NORTH
    else:
        home = {"night_drive": _NORTH, "original": _NORTH, "clone": _SOUTH}.get(role, _PLACES)
        found = home[rng.permutation(len(home))[:7]]
    stops = np.asarray(found + rng.normal(0, _STOP_DEG, (7, 2)))
    stops[[0, -1]] = home[int(depot.integers(0, len(home)))] + depot.normal(0, _STOP_DEG, 2)
    return stops


def _leg(rng: np.random.Generator, km: float, pace: float, fast: bool) -> tuple[np.ndarray, np.ndarray]:
    """Speeds of a leg, and which share of it lies behind each point."""
    speed = np.clip(rng.normal(pace, 4, max(4, round(km / pace * 3_600 / EVERY_S * 1.3))), pace - 12, _FASTEST_KMH)
    if fast:
        for first, count in zip((12, 30, 50), _SPEEDING_POINTS, strict=True):
            speed[first : first + count] = rng.uniform(112, 118, count)
    done = np.cumsum(np.round(speed, 1)) * EVERY_S / 3_600
    count = max(2, int(np.searchsorted(done, km)) + 1)
    speed, done = speed[:count], done[:count]
    return speed, np.concatenate([[0.0], done[:-1]]) / done[-1]


# --- what is planted -----------------------------------------------------------------------------
def _as_it_was(made: Track, rng: np.random.Generator) -> Track:
    return made


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """First and last index of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return [(int(first), int(after) - 1) for first, after in edges.reshape(-1, 2)]


def _moving(made: Track, points: int, after: int = 0) -> list[int]:
    """Where stretches of so many moving points in a row begin."""
    found = [
        at
        for first, last in _runs(made.speed_kmh > 0)
        for at in range(max(first, after), last - points + 2)
    ]  # fmt: skip
    return found


def _pick(rng: np.random.Generator, among: Sequence[int]) -> int | None:
    return among[int(rng.integers(0, len(among)))] if len(among) else None


def _with(made: Track, *more: Stretch, **columns: np.ndarray) -> Track:
    return replace(made, planted=(*made.planted, *more), **columns)


def _put(values: np.ndarray, first: int, last: int, new: Any) -> np.ndarray:
    changed = values.copy()
    changed[first : last + 1] = new
    return changed


def _copied(made: Track, rng: np.random.Generator) -> Track:
    """Half an hour of an earlier stretch is laid over a later one: same places and speeds, other times."""
    sources = _moving(made, 60, 10)
    source = sources[0] if sources else 0
    first = _pick(rng, _moving(made, 60, source + 150)) if sources else None
    if first is None:
        return made
    return _laid_over(made, first, made, source, Stretch("copied", first, first + 59, source))


def _borrowed(made: Track, rng: np.random.Generator, other: Track, source: int) -> Track:
    """Half an hour of another vehicle's track, sent as its own later that day."""
    first = _pick(rng, _moving(made, 60, int(np.searchsorted(made.second, other.second[source] + 3_600))))
    return made if first is None else _laid_over(made, first, other, source, Stretch("borrowed", first, first + 59))


def _laid_over(made: Track, first: int, other: Track, source: int, told: Stretch) -> Track:
    columns = {}
    for name in ("latitude", "longitude", "speed_kmh", "recorder_speed_kmh", "heading_deg"):
        columns[name] = _put(getattr(made, name), first, first + 59, getattr(other, name)[source : source + 60])
    return _with(made, told, **columns)


def _constant_speed(made: Track, rng: np.random.Generator) -> Track:
    """Half an hour that was not sent is filled with a straight line at one speed."""
    first = _pick(rng, _moving(made, 62, 20))
    if first is None:
        return made
    last = first + 59
    columns = {
        name: _put(values, first, last, np.linspace(values[first], values[last], 60))
        for name in ("latitude", "longitude")
        for values in (getattr(made, name),)
    }
    ends = np.array([[made.latitude[at], made.longitude[at]] for at in (first, last)])
    pace = np.round(distance_km(ends[:1], ends[1:])[0] / (59 * EVERY_S) * 3_600, 1)
    for name in ("speed_kmh", "recorder_speed_kmh"):
        columns[name] = _put(getattr(made, name), first, last, pace)
    return _with(made, Stretch("constant_speed", first, last), **columns)


def _drifting(made: Track, rng: np.random.Generator) -> Track:
    """Jumps of some kilometres and back, for one, two and three points, and one far outside the country."""
    for number, (points, north) in enumerate(((1, 0.04), (2, -0.06), (3, 0.08), (1, 0.0))):
        first = 40 + 70 * number
        last = first + points - 1
        if last + 1 >= len(made):
            break
        abroad = north == 0.0
        latitude = _ABROAD[0] if abroad else made.latitude[first : last + 1] + north
        longitude = _ABROAD[1] if abroad else made.longitude[first : last + 1]
        made = _with(
            made, Stretch("abroad" if abroad else "drift", first, last),
            latitude=_put(made.latitude, first, last, latitude),
            longitude=_put(made.longitude, first, last, longitude),
        )  # fmt: skip
    return made


def _without_place(made: Track, at: np.ndarray, latitude: float, longitude: float) -> Track:
    """No fix at the points ``at``: another place instead, the status bit off, the alarm bit on."""
    is_lost = np.zeros(len(made), bool)
    is_lost[at] = True
    return replace(
        made, latitude=np.where(is_lost, latitude, made.latitude),
        longitude=np.where(is_lost, longitude, made.longitude),
        has_fix=made.has_fix & ~is_lost, alarm_flags=made.alarm_flags | np.where(is_lost, GNSS_FAULT, 0),
    )  # fmt: skip


def _no_fix(made: Track, rng: np.random.Generator) -> Track:
    """The receiver fails for six minutes on the road: its last place, speed 0, while the wheels turn."""
    first = _pick(rng, _moving(made, 14, 20))
    if first is None:
        return made
    last = first + 11
    lost = _without_place(
        made, np.arange(first, last + 1), float(made.latitude[first - 1]), float(made.longitude[first - 1])
    )
    return _with(lost, Stretch("no_fix", first, last), speed_kmh=_put(made.speed_kmh, first, last, 0.0))


def _overspeed(made: Track, rng: np.random.Generator) -> Track:
    return _with(made, *(Stretch("overspeed", *run) for run in _runs(made.speed_kmh > 100)))


def _long_drive(made: Track, rng: np.random.Generator) -> Track:
    """The terminal tells fatigue from four hours on until the vehicle rests."""
    first, last, stop_s = _spell(made)
    is_tired = (made.second - made.second[first] >= 4 * 3_600) & (np.arange(len(made)) <= last)
    return _with(
        made, Stretch("long_drive", first, last, stop_s=stop_s),
        alarm_flags=made.alarm_flags | np.where(is_tired, FATIGUE, 0),
    )  # fmt: skip


def _spell(made: Track) -> tuple[int, int, int]:
    """The first drive that no stop of 20 minutes ends: first and last moving point, its longest stop in seconds."""
    runs = _runs(made.speed_kmh > 0)
    first, last = runs[0]
    longest = 0
    for begin, end in runs[1:]:
        # It stands from the first point at rest to the first that moves again.
        stop_s = int(made.second[begin] - made.second[last + 1])
        if stop_s >= 20 * 60:
            break
        longest, last = max(longest, stop_s), end
    return first, last, longest


def _night_drive(made: Track, rng: np.random.Generator) -> Track:
    is_night = (made.second >= 2 * 3_600) & (made.second < 5 * 3_600) & (made.speed_kmh > 0)
    return _with(made, *(Stretch("night_drive", *run) for run in _runs(is_night)))


def _silent_move(made: Track, rng: np.random.Generator) -> Track:
    """Switched off on the road, on again 8 km and eleven minutes further on: the points between were never made."""
    places = np.column_stack([made.latitude, made.longitude])
    starts = _moving(made, 45, 20)
    first = _pick(rng, starts)
    if first is None:
        return made
    beyond = distance_km(np.repeat(places[first][None], 45, axis=0), places[first : first + 45]) >= 8
    beyond &= np.arange(45) * EVERY_S >= 660
    return _without(made, "silent_move", first, first + int(np.argmax(beyond)))


def _without(made: Track, kind: str, first: int, last: int) -> Track:
    """The points between two were never made."""
    keep = np.ones(len(made), bool)
    keep[first + 1 : last] = False
    columns: dict[str, Any] = {
        each.name: getattr(made, each.name)[keep] for each in fields(made) if each.name != "planted"
    }
    return _with(made, Stretch(kind, first, first + 1), **columns)


def _switched_off(made: Track, rng: np.random.Generator) -> Track:
    """Off some twenty minutes before it arrives, on again as long after it left, 8 km away or more."""
    places = np.column_stack([made.latitude, made.longitude])
    found = [
        (max(at - 42, first + 4), min(again + 42, last - 4))
        for (first, at), (again, last) in pairwise(_runs(made.speed_kmh > 0))
        if min(at - first, last - again) >= 40 and (last - first) * EVERY_S < 4 * 3_600 - 300
    ]
    found = [(first, last) for first, last in found if _km(places[first], places[last]) >= 8]
    chosen = _pick(rng, range(len(found)))
    return made if chosen is None else _without(made, "switched_off", *found[chosen])


def _tunnel(made: Track, rng: np.random.Generator) -> Track:
    """Four minutes on the road without a point: nothing to find."""
    first = _pick(rng, _moving(made, 20, 20))
    return made if first is None else _without(made, "tunnel", first + 5, first + 13)


def _left_behind(made: Track, rng: np.random.Generator) -> Track:
    """The terminal stays at the depot all day, while the vehicle drives."""
    still = np.zeros(len(made))
    return _with(
        made, Stretch("left_behind", 0, len(made) - 1), speed_kmh=still, recorder_speed_kmh=still,
        latitude=made.latitude[0] + rng.normal(0, 2e-5, len(made)),
        longitude=made.longitude[0] + rng.normal(0, 2e-5, len(made)),
        odometer_km=np.full(len(made), made.odometer_km[0]),
    )  # fmt: skip


def _stuck(made: Track, rng: np.random.Generator) -> Track:
    """The receiver hangs: a quarter of an hour at its last place with speed 0 and a fix, then where it is by then."""
    first = _pick(rng, _moving(made, 36, 20))
    if first is None:
        return made
    last = first + 29
    columns = {name: _put(getattr(made, name), first, last, getattr(made, name)[first - 1]) for name in (
        "latitude", "longitude"
    )}  # fmt: skip
    return _with(made, Stretch("stuck", first, last), speed_kmh=_put(made.speed_kmh, first, last, 0.0), **columns)


def _out_of_reach(rng: np.random.Generator, made: Track) -> tuple[int, int] | None:
    """Half an hour to an hour and a half out of coverage: first and last point."""
    points = int(rng.integers(60, 180))
    first = _pick(rng, _moving(made, 60, 30))
    return None if first is None else (first, min(first + points, len(made) - 20) - 1)


def _backfilled(made: Track, rng: np.random.Generator, after_midnight: bool = False) -> Track:
    """Out of coverage; the points come together, hours later."""
    gap = _out_of_reach(rng, made)
    if gap is None or gap[1] <= gap[0]:
        return made
    first, last = gap
    at = _DAY_S + 2_400 if after_midnight else int(made.second[last]) + 6 * 3_600 + 300
    return _with(
        made, Stretch("backfill", first, last), received=_put(made.received, first, last, at),
        is_late=_put(made.is_late, first, last, True),
    )  # fmt: skip


def _lost(made: Track, rng: np.random.Generator) -> Track:
    """Out of coverage, and the points never come."""
    gap = _out_of_reach(rng, made)
    if gap is None or gap[1] <= gap[0]:
        return made
    return _with(made, Stretch("lost", *gap), received=_put(made.received, *gap, NEVER))


_PLANTED: dict[str, Callable[[Track, np.random.Generator], Track]] = {
    "copied": _copied, "constant_speed": _constant_speed, "drift": _drifting, "no_fix": _no_fix,
    "overspeed": _overspeed, "long_drive": _long_drive, "night_drive": _night_drive, "silent_move": _silent_move,
    "lost": _lost, "backfill": lambda made, rng: _backfilled(made, rng, after_midnight=True),
    "switched_off": _switched_off, "left_behind": _left_behind, "stuck": _stuck, "tunnel": _tunnel,
}  # fmt: skip
