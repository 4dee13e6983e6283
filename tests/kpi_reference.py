"""Points, drift, driving, overspeed and alarms of one vehicle, computed a second time: loops over points, no SQL.

Written from the definitions (domain handbook 6.2 to 6.4 and the headers of the models); the models are held to it by
``test_vehicle_random.py``. Driving is followed second by second, which no model does. Units: degrees, m, km/h, s.
Everything is seen from one day and may look at the day before.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

ORIGINS = ("report", "reply", "batch", "backfill")
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Point:
    at: datetime | None
    latitude: float
    longitude: float
    speed: float | None
    heading: int | None = 0
    altitude: int | None = 100
    has_fix: bool = True
    flags: int = 0
    video: int | None = None
    driving: int | None = None
    origin: str = "report"
    day: date = date(2026, 3, 2)


@dataclass(frozen=True)
class Rules:
    """Thresholds of the scheme ``local`` for one class of vehicles."""

    limit: float
    night_ratio: float
    night_hours: float
    drift: float = 160
    track_gap: float = 600
    track_distance: float = 2000
    moving: float = 5
    hold: int = 120
    rest: int = 1200
    gap: int = 1200
    day_hours: float = 4
    over_min: int = 10
    over_end: int = 30
    over_merge: int = 60
    over_gap: int = 120
    offline_gap: int = 600
    offline_distance: int = 5000


COACH = Rules(limit=100, night_ratio=0.8, night_hours=2)
DANGEROUS = Rules(limit=80, night_ratio=1, night_hours=4)


def once(points: Sequence[Point]) -> list[Point]:
    """One point an instant, the one that came by the most direct way; untimed points all."""
    best: dict[datetime, Point] = {}
    untimed = []
    for point in points:
        if point.at is None:
            untimed.append(point)
        elif point.at not in best or ORIGINS.index(point.origin) < ORIGINS.index(best[point.at].origin):
            best[point.at] = point
    return [best[at] for at in sorted(best)] + untimed


def fault(point: Point) -> str | None:
    if point.at is None:
        return "time"
    if not (3 <= point.latitude <= 54 and 73 <= point.longitude <= 136):
        return "position"
    if point.speed is None or not 0 <= point.speed <= 160:
        return "speed"
    if point.heading is None or not 0 <= point.heading <= 359:
        return "heading"
    if point.altitude is None or not -200 <= point.altitude <= 6000:
        return "altitude"
    return None


def metres(one: Point, other: Point) -> int:
    """Great-circle distance by the spherical law of haversines, whole metres."""
    a, b = math.radians(one.latitude), math.radians(other.latitude)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(other.longitude - one.longitude) / 2) ** 2
    return math.floor(2 * 6371008.8 * math.asin(math.sqrt(min(1.0, half))) + 0.5)


def seconds(one: Point, other: Point) -> int:
    assert one.at is not None
    assert other.at is not None
    return int((other.at - one.at).total_seconds())


def too_fast(one: Point, other: Point, rules: Rules) -> bool:
    """Whether the way takes more than the drift speed. Whole seconds: two may be up to one further apart."""
    return metres(one, other) / 1000 > rules.drift * (abs(seconds(one, other)) + 1) / 3600


def usable(points: Sequence[Point]) -> list[Point]:
    """Valid points with a fix, in order of time, drift among them."""
    return [point for point in once(points) if fault(point) is None and point.has_fix]


def drifting(track: Sequence[Point], rules: Rules) -> set[Point]:
    """Points of ``track`` where the vehicle cannot have been."""
    places: list[list[Point]] = []
    for point in track:
        if places and not too_fast(places[-1][-1], point, rules):
            places[-1].append(point)
        else:
            places.append([point])
    settled = [at for at, place in enumerate(places) if len(place) >= 3]
    found = set()
    for at, place in enumerate(places):
        before = [other for other in settled if other < at]
        after = [other for other in settled if other > at]
        if len(place) >= 3:
            if before and too_fast(places[before[-1]][-1], place[0], rules):
                found.add(place[0])
            continue
        for point in place:
            if before:
                wrong = too_fast(places[before[-1]][-1], point, rules)
            elif after:
                wrong = too_fast(point, places[after[0]][0], rules)
            else:
                wrong = at > 0 and point is place[0]
            if wrong:
                found.add(point)
    return found


def good(points: Sequence[Point], rules: Rules) -> list[Point]:
    track = usable(points)
    wrong = drifting(track, rules)
    return [point for point in track if point not in wrong]


def of_day(point: Point, day: date) -> bool:
    return point.at is not None and point.at.date() == day


def distances(points: Sequence[Point], day: date, rules: Rules) -> tuple[int, int, int]:
    """Metres in all, metres of complete segments, and displacements while silent."""
    total = complete = moved = 0
    track = good(points, rules)
    for one, other in itertools.pairwise(track):
        if not of_day(other, day) or too_fast(one, other, rules):
            continue
        length, duration = metres(one, other), seconds(one, other)
        total += length
        if not (duration > rules.track_gap and length > rules.track_distance):
            complete += length
        moved += duration > rules.offline_gap and length > rules.offline_distance
    return total, complete, moved


@dataclass(frozen=True)
class Card:
    at: datetime
    driver: str
    is_in: bool = True
    is_read: bool = True


def passing(read: Sequence[Card], rest: int) -> set[int]:
    """Numbers of the cards between a driver's last card and the next, if he was away for less than ``rest`` s."""
    found: set[int] = set()
    for number, card in enumerate(read):
        own = [earlier for earlier in range(number) if read[earlier].driver == card.driver]
        if own and own[-1] + 1 < number and (card.at - read[own[-1] + 1].at).total_seconds() < rest:
            found.update(range(own[-1] + 1, number))
    return found


def changes_of_driver(cards: Sequence[Card], rest: int) -> list[datetime]:
    """When a card was read that is another driver's than the one read before; cards in passing are none."""
    read = sorted((card for card in cards if card.is_in and card.is_read), key=lambda each: each.at)
    ignored = passing(read, rest)
    kept = [card for number, card in enumerate(read) if number not in ignored]
    return [card.at for before, card in itertools.pairwise(kept) if card.driver != before.driver]


@dataclass
class Driving:
    moving: int = 0
    dawn: int = 0
    certain: int = 0
    possible: int = 0
    stretches: int = 0


def states(track: Sequence[Point], rules: Rules) -> tuple[datetime, list[str]]:
    """What the vehicle does in each second from its first point on: moves, stands, or nobody knows."""
    told: list[str] = []
    for one, other in itertools.pairwise(track):
        duration = seconds(one, other)
        assert one.speed is not None
        stayed = duration > rules.hold and metres(one, other) * 36 <= rules.moving * 10 * duration
        moves = one.speed > rules.moving and not stayed
        word = "unknown" if duration > rules.gap else "moves" if moves else "stands"
        told += [word] * duration
    at = track[0].at if track else None
    return at or datetime(2026, 1, 1), told


def stretches(told: Sequence[str], rest: int, changes: Sequence[int]) -> list[tuple[int, int, int]]:
    """First second, end and number of rests before, of every stretch of driving; ``changes`` of driver are rests."""
    runs: list[tuple[str, int, int]] = []
    for second, word in enumerate(told):
        if runs and runs[-1][0] == word and second not in changes:
            runs[-1] = (word, runs[-1][1], second + 1)
        else:
            runs.append((word, second, second + 1))
    found: list[tuple[int, int, int]] = []
    rests, is_open = 0, False
    for word, begin, end in runs:
        if begin in changes:
            rests += 1
            is_open = False
        if word == "moves":
            if is_open:
                found[-1] = (found[-1][0], end, rests)
            else:
                found.append((begin, end, rests))
            is_open = True
        elif word == "unknown":
            is_open = False
        elif end - begin >= rest:
            rests += 1
            is_open = False
    return found


def driving(points: Sequence[Point], day: date, rules: Rules, cards: Sequence[Card] = ()) -> Driving:
    begin, told = states(good(points, rules), rules)
    changes = [int((at - begin).total_seconds()) for at in changes_of_driver(cards, rules.rest)]
    counted = Driving()
    clock_possible, rests_before = 0, -1
    nights_possible: dict[date, int] = {}
    for first, end, rests in stretches(told, rules.rest, changes):
        if rests != rests_before:
            clock_possible, nights_possible, rests_before = 0, {}, rests
        clock = 0
        nights: dict[date, int] = {}
        touches = False
        for second in range(first, end):
            at = begin + second * SECOND
            clock += 1
            clock_possible += 1
            tired, maybe = clock > rules.day_hours * 3600, clock_possible > rules.day_hours * 3600
            if at.hour >= 22 or at.hour < 6:
                night = (at - timedelta(hours=12)).date()
                nights[night] = nights.get(night, 0) + 1
                nights_possible[night] = nights_possible.get(night, 0) + 1
                tired = tired or nights[night] > rules.night_hours * 3600
                maybe = maybe or nights_possible[night] > rules.night_hours * 3600
            if at.date() != day:
                continue
            touches = True
            counted.certain += tired
            counted.possible += maybe
            if told[second] == "moves":
                counted.moving += 1
                counted.dawn += 2 <= at.hour < 5
        counted.stretches += touches
    return counted


@dataclass
class Run:
    first: datetime
    last: datetime
    confirmed: datetime | None
    speeds: list[float]
    limit: float


def limit_at(at: datetime, rules: Rules) -> float:
    return round(rules.limit * rules.night_ratio, 1) if at.hour >= 22 or at.hour < 6 else rules.limit


def overspeeds(points: Sequence[Point], rules: Rules) -> list[Run]:
    """Events in order; ``confirmed`` says on which day each counts."""
    runs: list[Run] = []
    current: Run | None = None
    below_from: datetime | None = None
    before: datetime | None = None
    for point in good(points, rules):
        assert point.at is not None
        assert point.speed is not None
        at = point.at
        has_gap = before is not None and (at - before).total_seconds() > rules.over_gap
        before = at
        if point.speed <= limit_at(at, rules):
            if current is not None and below_from is None:
                if has_gap:
                    current = None
                else:
                    below_from = at
            continue
        if current is not None and below_from is None and has_gap:
            current = None
        if current is not None and below_from is not None and (at - below_from).total_seconds() >= rules.over_end:
            current = None
        below_from = None
        if current is None:
            current = Run(at, at, None, [], limit_at(at, rules))
            runs.append(current)
        current.last = at
        current.speeds.append(point.speed)
        if current.confirmed is None and (at - current.first).total_seconds() >= rules.over_min:
            current.confirmed = at
    events: list[Run] = []
    for run in runs:
        if run.confirmed is None:
            continue
        if events and (run.first - events[-1].last).total_seconds() < rules.over_merge:
            events[-1].last = run.last
            events[-1].speeds += run.speeds
        else:
            events.append(run)
    return events


@dataclass(frozen=True)
class Alarm:
    began: datetime | None
    ended: datetime | None
    points: int


def bit_alarms(points: Sequence[Point], word: str, bit: int, day: date) -> list[tuple[Alarm, bool]]:
    """Alarms of one bit with a row on ``day``, and whether each is new that day. ``word``: flags, video or driving."""
    found: list[tuple[datetime | None, datetime | None, datetime, int]] = []
    is_set = False
    timed = [point for point in once(points) if point.at is not None]
    for number, point in enumerate(timed):
        assert point.at is not None
        now = bool((getattr(point, word) or 0) >> bit & 1)
        if now and not is_set:
            found.append((point.at if number else None, None, point.at, 1))
        elif now:
            began, _, _, count = found[-1]
            found[-1] = (began, None, point.at, count + 1)
        elif is_set:
            began, _, last, count = found[-1]
            found[-1] = (began, point.at, last, count)
        is_set = now
    told = []
    for began, ended, last, count in found:
        if last.date() == day or (ended is not None and ended.date() == day):
            told.append((Alarm(began, ended, count), began is not None and began.date() == day))
    return told
