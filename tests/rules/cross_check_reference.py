"""Cross-checks of terminals, computed a second time: loops over points, no SQL, no hashes.

Written from the headers of the models; ``test_cross_checks_random.py`` holds the models to it. Copies are looked for
between every two points that are alike. Units: degrees, m, km/h, s. Everything is seen from one day and may look at the
day before.
"""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from kpi_reference import Point, Rules, good, metres, of_day, once, seconds, too_fast, usable

SILENT_S, PARKED_M, FAR_M, CLOCK_S = 900, 200, 5000, 120
COPIED, CONSTANT, CONSTANT_S, OFF_M, STAYS, CHANGES = 20, 20, 300, 2, 5, 10
WINDOW = 4


@dataclass(frozen=True)
class Site:
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Passage:
    at: datetime
    site: Site


class Found(NamedTuple):
    kind: str
    began: datetime
    ended: datetime
    points: int
    metres: int | None
    weakened: str = ""
    other: str = ""


def _at(point: Point) -> datetime:
    assert point.at is not None
    return point.at


def _speed(point: Point) -> float:
    assert point.speed is not None
    return point.speed


def _place(latitude: float, longitude: float) -> Point:
    return Point(None, latitude, longitude, None)


def _box_m(points: Sequence[Point]) -> int:
    south, north = min(p.latitude for p in points), max(p.latitude for p in points)
    west, east = min(p.longitude for p in points), max(p.longitude for p in points)
    return metres(_place(south, west), _place(north, east))


# The scale ------------------------------------------------------------------------------------------------------------
def weighed(
    passage: Passage, points: Sequence[Point], heard: Sequence[datetime], day: date, rules: Rules
) -> Found | None:
    """What one passage says of the vehicle with these ``points``; ``heard``: times at which any terminal sent."""
    track = good(points, rules)
    before = max((p for p in track if _at(p) <= passage.at), key=_at, default=None)
    after = min((p for p in track if _at(p) > passage.at), key=_at, default=None)
    window = timedelta(seconds=SILENT_S)
    near = [p for p in track if abs(_at(p) - passage.at) <= window]
    scale = _place(passage.site.latitude, passage.site.longitude)
    ways = {id(p): metres(scale, p) for p in (before, after) if p}
    beside = sorted((p for p in (before, after) if p), key=lambda p: (abs(_at(p) - passage.at), _at(p)))

    def is_far(point: Point) -> bool:
        told = abs((_at(point) - passage.at).total_seconds()) + CLOCK_S + 1
        return ways[id(point)] > FAR_M and ways[id(point)] * 3.6 > rules.drift * told

    far = [p for p in beside if is_far(p)]
    began, ended = (_at(p) if p else passage.at for p in (before, after))
    stands = bool(near) and min(map(_at, near)) <= passage.at <= max(map(_at, near))
    stands = stands and max(map(_speed, near)) <= rules.moving and _box_m(near) <= PARKED_M
    if stands and ways[id(beside[0])] > FAR_M:
        has_time = before and after and sum(ways.values()) * 3.6 <= rules.drift * (seconds(before, after) + 1)
        code = "time_between" if has_time else ""
        return Found("scale_parked", began, ended, len(near), ways[id(beside[0])], code)
    if far:
        return Found("scale_elsewhere", began, ended, len(near), ways[id(far[0])])
    others = [at for at in heard if abs(at - passage.at) <= window]
    if near or not others:
        return None
    is_cut = passage.at + window >= datetime.combine(day + timedelta(1), datetime.min.time())
    codes = []
    late = {p.at for p in points if p.origin == "backfill"}
    if any(p.at in late for p in beside):
        codes.append("backfill")
    if not (any(at <= passage.at for at in others) and (is_cut or any(at > passage.at for at in others))):
        codes.append("capture_gap")
    if is_cut:
        codes.append("midnight")
    if any(p.at is not None and abs(p.at - passage.at) <= window for p in points):
        codes.append("no_position")
    way = ways[id(beside[0])] if beside else None
    return Found("scale_silent", began, ended, 0, way, ",".join(codes))


# Copies ---------------------------------------------------------------------------------------------------------------
def moving(points: Sequence[Point], rules: Rules) -> list[Point]:
    return [point for point in usable(points) if _speed(point) > rules.moving]


def _is_frozen(track: Sequence[Point], number: int) -> bool:
    one, other = track[max(number - 1, 0)], track[number]
    return number > 0 and (one.latitude, one.longitude) == (other.latitude, other.longitude)


def copied(tracks: Mapping[str, Sequence[Point]], day: date, rules: Rules) -> dict[str, list[Found]]:
    """By vehicle: every run of a day that was sent before, or at the same time by another vehicle."""
    moved = {name: moving(points, rules) for name, points in tracks.items()}
    alike: dict[tuple[float, float, float], list[tuple[str, int]]] = defaultdict(list)
    for name, track in moved.items():
        for number, point in enumerate(track):
            if _is_frozen(track, number):
                continue
            alike[point.latitude, point.longitude, _speed(point)].append((name, number))
    pairs: dict[tuple[str, str, int], set[tuple[int, int]]] = defaultdict(set)
    for places in alike.values():
        for (name, number), (other, before) in itertools.permutations(places, 2):
            shift = seconds(moved[other][before], moved[name][number])
            if shift > 0 or (shift == 0 and name != other):
                pairs[name, other, shift].add((number, before))
    found: dict[str, list[Found]] = defaultdict(list)
    for (name, other, shift), same in sorted(pairs.items()):
        covered: set[int] = set()
        for number, before in same:
            window = {(number + step, before + step) for step in range(WINDOW)}
            if window <= same and of_day(moved[name][number], day):
                covered |= {at for at, _ in window}
        runs = _runs(sorted(covered))
        if max(map(len, runs), default=0) >= COPIED:
            way = sum(metres(*pair) for run in runs for pair in itertools.pairwise(moved[name][at] for at in run))
            ends = _at(moved[name][runs[0][0]]), _at(moved[name][runs[-1][-1]])
            weak = "time_zone" if shift == 8 * 3600 and name == other else ""
            found[name].append(Found("copied_track", *ends, sum(map(len, runs)), way, weak, other))
    return found


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


# Constant speed -------------------------------------------------------------------------------------------------------
def _off_m(point: Point, one: Point, other: Point, begin: datetime, end: datetime) -> int:
    """How far ``point`` is from where even motion from ``one`` at ``begin`` to ``other`` at ``end`` has it."""
    done = (_at(point) - begin) / (end - begin)
    return metres(point, _place(
        one.latitude + (other.latitude - one.latitude) * done, one.longitude + (other.longitude - one.longitude) * done,
    ))  # fmt: skip


def constant(points: Sequence[Point], day: date, rules: Rules) -> list[Found]:
    """Stretches of one speed, evenly on a straight line."""
    stretches: list[list[Point]] = []
    for one, other in itertools.pairwise(good(points, rules)):
        is_even = of_day(one, day) and _speed(one) == _speed(other) > rules.moving and not too_fast(one, other, rules)
        if not is_even:
            stretches.append([])
        elif not stretches or not stretches[-1]:
            stretches.append([one, other])
        else:
            before = stretches[-1][-2]
            off = _off_m(other, before, one, _at(before), _at(one))
            if off <= 4 * OFF_M:
                stretches[-1].append(other)
            else:
                stretches.append([one, other])
    found = []
    for stretch in stretches:
        if len(stretch) < CONSTANT:
            continue
        first, last = stretch[0], stretch[-1]
        way = sum(itertools.starmap(metres, itertools.pairwise(stretch)))
        lasts = seconds(first, last)
        if lasts < CONSTANT_S or not way * 3.6 > rules.moving * lasts:
            continue
        if max(_off_m(point, first, last, _at(first), _at(last)) for point in stretch[1:]) <= OFF_M:
            weak = "whole_kmh" if _speed(first) == int(_speed(first)) else ""
            found.append(Found("constant_speed", _at(first), _at(last), len(stretch), way, weak))
    return found


# Jumps ----------------------------------------------------------------------------------------------------------------
def jumps(points: Sequence[Point], day: date, rules: Rules) -> list[Found]:
    """Two tracks under one phone, or every jump after which the vehicle stays."""
    places: list[list[Point]] = []
    for point in usable(points):
        if places and not too_fast(places[-1][-1], point, rules):
            places[-1].append(point)
        else:
            places.append([point])
    changes = []
    for number in range(2, len(places)):
        own, left, place = places[number - 2][-1], places[number - 1][-1], places[number][0]
        if (
            of_day(place, day) and metres(left, place) > FAR_M and seconds(own, place) <= rules.offline_gap
            and not too_fast(own, place, rules)
        ):  # fmt: skip
            changes.append((number, left, place))
    if len(changes) >= CHANGES:
        boxes = [
            _box_m([places[number][end] for number, *_ in changes if number % 2 == side for end in (0, -1)])
            for side in {number % 2 for number, *_ in changes}
        ]
        return [Found(
            "shared_phone", _at(changes[0][1]), _at(changes[-1][2]), len(changes),
            max(metres(left, place) for _, left, place in changes), "fixed_place" if min(boxes) <= PARKED_M else "",
        )]  # fmt: skip
    found = []
    stays = [place for place in places if len(place) >= STAYS]
    for one, other in itertools.pairwise(stays):
        is_far = metres(one[-1], other[0]) > FAR_M
        if of_day(other[0], day) and is_far and too_fast(one[-1], other[0], rules):
            weak = "fixed_place" if _box_m(other) <= PARKED_M else ""
            found.append(Found("teleport", _at(one[-1]), _at(other[0]), len(other), metres(one[-1], other[0]), weak))
    return found


def all_findings(
    tracks: Mapping[str, Sequence[Point]], weighings: Mapping[str, Sequence[Passage]], day: date, rules: Rules
) -> dict[str, list[Found]]:
    """Findings of every vehicle; a jump onto a copied stretch or off it, or nearly so, is no teleport."""
    heard = sorted({point.at for points in tracks.values() for point in once(points) if point.at})
    copies = copied(tracks, day, rules)
    found: dict[str, list[Found]] = {}
    slack = timedelta(seconds=rules.offline_gap)
    for name, points in tracks.items():
        own = copies.get(name, [])
        leaps = [
            jump
            for jump in jumps(points, day, rules)
            if jump.kind == "shared_phone"
            or not any(copy.began - slack <= jump.ended and jump.began <= copy.ended + slack for copy in own)
        ]
        told = [weighed(passage, points, heard, day, rules) for passage in weighings.get(name, ())]
        scale = [each for each in told if each]
        if any(jump.kind == "shared_phone" for jump in leaps):
            scale = [each._replace(weakened=",".join(filter(None, (each.weakened, "two_tracks")))) for each in scale]
        found[name] = [*scale, *own, *constant(points, day, rules), *leaps]
    return found
