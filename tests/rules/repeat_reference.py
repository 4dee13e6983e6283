"""The repeat rule counted a second time: from plain facts, day by day, without SQL and without the product's code.

Written from the rule (公路安全保护条例 art. 66 and what ``warehouse/repeat.py`` says of it); ``test_repeat_random.py``
holds the engine to it. Whatever asks "since when" or "until when" is found by asking every day in turn.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, wraps
from typing import Any

WATCH, WARNING, MORE_THAN = 1, 3, 3
TRIP = timedelta(hours=24)
HUNAN = date(2021, 10, 1)
"""From this day on only an excess above 10 % counts, also for acts from before that are decided since."""
ONE_IN = 10
"""More than one vehicle in so many of a fleet."""
PREFECTURE = "4311"
ENDED = {
    "void": "void", "no_penalty": "no_penalty", "withdrawn": "withdrawn", "transferred_criminal": "transferred",
    "transferred_other": "transferred", "revoked_by_review": "annulled",
}  # fmt: skip
DAY = timedelta(days=1)
Key = tuple[object, ...]


@dataclass(frozen=True)
class Weighed:
    """What the scale says of an act: masses in kg, whether its device was verified that day, and how many per cent of
    the weight it may err by then."""

    gross: int
    limit: int
    verified: bool = True
    error_per_cent: int = 0

    @property
    def excess_after_allowance(self) -> int:
        """What is left when the allowance, rounded up to whole kg, is taken off the weight."""
        whole, rest = divmod(self.gross * self.error_per_cent, 100)
        return self.gross - whole - (rest > 0) - self.limit


@dataclass(frozen=True)
class Case:
    number: str
    plate: str
    color: int
    at: datetime
    found_on: date
    filed_on: date | None
    state: str = "closed"
    simple: bool = False
    county: str = "431103"
    certificate: str | None = None
    id_hash: str | None = None
    uscc: str | None = None
    weighed: Weighed | None = None
    steps: tuple[tuple[datetime, int, str], ...] = ()
    decisions: tuple[tuple[date, str], ...] = ()
    against: tuple[str, ...] = ()
    """Whom each decision is against; the vehicle, where nobody says."""
    is_mass: bool = True

    @property
    def parties(self) -> tuple[str, ...]:
        return self.against or ("vehicle",) * len(self.decisions)

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def vehicle(self) -> tuple[str, int]:
        return self.plate, self.color

    @property
    def driver(self) -> str | None:
        return self.certificate or self.id_hash

    @property
    def filed(self) -> date | None:
        return (self.filed_on or self.found_on) if self.simple else self.filed_on


@dataclass(frozen=True)
class Permit:
    plate: str
    color: int
    mass: int
    first: date
    last: date


@dataclass(frozen=True)
class Span:
    """A row of a register. ``key``: plate and colour, certificate, or credit code; ``name``: of the enterprise."""

    key: tuple[object, ...]
    first: date
    last: date | None = None
    issued: date | None = None
    name: str | None = None

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class World:
    cases: tuple[Case, ...]
    permits: tuple[Permit, ...] = ()
    unladen: tuple[tuple[str, int, datetime], ...] = ()
    weighings: tuple[tuple[str, datetime, bool], ...] = ()
    """Other passages: plate, time, and whether it may have been over the limit."""
    vehicles: tuple[Span, ...] = ()
    drivers: tuple[Span, ...] = ()
    enterprises: tuple[Span, ...] = ()
    told: dict[tuple[Any, ...], Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was computed of this world, by what was asked."""


def once(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Computed once for a world and what else is asked of it."""

    @wraps(compute)
    def remembered(world: World, *asked: Any) -> Any:
        key = (compute, *asked)
        if key not in world.told:
            world.told[key] = compute(world, *asked)
        return world.told[key]

    return remembered


@dataclass
class Answer:
    window: str
    missing: bool
    issued: date | None
    count: int
    tier: str
    one_away: bool
    trigger: date | None
    lapse: date | None
    pending: int
    previous: int | None
    reasons: dict[str, str | None] = field(default_factory=dict)
    fleet: int | None = None


# --- the calendar -------------------------------------------------------------------------------------
def anniversary(day: date, years: int) -> date:
    """29 February has its anniversary on 1 March of a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


@cache
def cycle(begin: date, day: date) -> int:
    """How many anniversaries of ``begin`` lie at or before a day; negative before ``begin``."""
    number = 0
    while anniversary(begin, number + 1) <= day:
        number += 1
    while anniversary(begin, number) > day:
        number -= 1
    return number


def inside(window: str, day: date, on: date, issued: date | None, back: int = 0) -> bool:
    """Whether an act of ``day`` lies in the window as it stands ``on`` a day, or ``back`` cycles earlier."""
    if window == "CALENDAR":
        return day.year == on.year - back
    if window == "ANNIVERSARY":
        assert issued is not None
        return cycle(issued, day) == cycle(issued, on) - back
    return day <= on < anniversary(day, 1)


# --- what counts -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Round:
    """From one decision to what took it away: either may be missing."""

    decided: date | None
    reason: str | None
    ended: date | None


def rounds(case: Case) -> list[Round]:
    """What a case went through: decided, ended, decided anew, ended again.

    A round ends with the first step that ends it. The next begins with the first decision dated since or, where there
    is none, with the step that says so; of a case that was never decided with an effect nothing begins.
    """
    turns = [step for step in sorted(case.steps) if step[2] in ENDED or step[2] in ("decided", "decided_simple")]
    fines = sorted(day for day, kind in case.decisions if kind != "no_penalty")
    waived = sorted(day for day, kind in case.decisions if kind == "no_penalty")
    spells: list[tuple[list[date], list[tuple[date, str]]]] = [([], [])]
    for moment, _, state in turns:
        if state in ENDED:
            spells[-1][1].append((moment.date(), ENDED[state]))
            continue
        if spells[-1][1]:
            spells.append(([], []))
        spells[-1][0].append(moment.date())
    found: list[Round] = []
    for at, (decided_steps, ends) in enumerate(spells):
        since = max((day for day, _ in spells[at - 1][1]), default=date.min) if at else date.min
        own = [day for day in fines if day >= since] or (decided_steps[:1] if at and fines else [])
        if at and not own:
            continue
        found.append(Round(own[0] if own else None, *((ends[0][1], ends[0][0]) if ends else (None, None))))
    for at, one in enumerate(found[:-1]):
        if one.decided is not None and one.decided >= (found[at + 1].decided or date.max):
            found[at] = Round(None, one.reason, one.ended)
    first = found[0]
    if waived and (not fines or waived[0] < fines[0]) and waived[0] <= (first.ended or date.max):
        over = Round(None, "no_penalty", waived[0])
        if len(found) == 1 and fines:
            return [over, first]
        found[0] = over
    return found


def stands(case: Case, on: date) -> tuple[date | None, str | None]:
    """The decision that stands on a day, and why the case has no effect then; both None: neither yet."""
    turns = [step for step in sorted(case.steps) if step[2] in ENDED or step[2] in ("decided", "decided_simple")]
    if case.state in ENDED and not (turns and turns[-1][2] in ENDED):
        return None, ENDED[case.state]  # no step says since when: it is taken to have ended always
    gone = rounds(case)
    now = [one for at, one in enumerate(gone) if at == 0 or (one.decided is not None and one.decided <= on)][-1]
    decided = now.decided if now.decided is not None and now.decided <= on else None
    return decided, now.reason if now.ended is not None and now.ended <= on else None


def filed_by(case: Case, on: date) -> date | None:
    return case.filed if case.filed is not None and case.filed <= on else None


def decided_by(case: Case, on: date, whose: str | None = None) -> date | None:
    """The decision that stands on a day; of ``whose`` the first one against that one itself since it."""
    decided = stands(case, on)[0]
    if decided is None or whose is None:
        return decided
    own = [
        day for (day, kind), against in zip(case.decisions, case.parties, strict=True)
        if against == whose and kind != "no_penalty" and decided <= day <= on
    ]  # fmt: skip
    return min(own, default=None)


@once
def is_only_within(world: World, case: Case) -> bool:
    """Whether the plate was weighed within a day of the act, and never above the limit."""
    weighings = [(one.at, one.weighed.gross > one.weighed.limit) for one in world.cases
                 if one.weighed is not None and one.plate == case.plate]  # fmt: skip
    weighings += [(at, False) for plate, _, at in world.unladen if plate == case.plate]
    weighings += [(at, over) for plate, at, over in world.weighings if plate == case.plate]
    around = [over for at, over in weighings if abs(at - case.at) <= timedelta(hours=24)]
    return bool(around) and not any(around)


@once
def reason(world: World, case: Case, on: date, require_decision: bool, whose: str | None) -> str | None:
    if not case.is_mass:
        return "not_mass"
    ended = stands(case, on)[1]
    if ended is not None:
        return ended
    if not case.county.startswith(PREFECTURE):
        return "elsewhere"
    over = case.weighed is not None and case.weighed.gross > case.weighed.limit
    if case.weighed is not None and over:
        for permit in world.permits:
            is_for = (permit.plate, permit.color) == case.vehicle and permit.first <= case.day <= permit.last
            if is_for and permit.mass >= case.weighed.gross:
                return "permit"
    if case.day >= HUNAN:
        if case.weighed is None:
            return "within_limit" if is_only_within(world, case) else "ratio_unknown"
        if not over:
            return "within_limit"
        if case.weighed.excess_after_allowance * 10 <= case.weighed.limit:
            return "ratio"
    decided = decided_by(case, on)
    if case.day < HUNAN and decided is not None and decided >= HUNAN:  # the lighter rule of the decision
        if case.weighed is None:
            return "within_limit" if is_only_within(world, case) else "ratio_unknown"
        if not over:
            return "within_limit"
        if case.weighed.excess_after_allowance * 10 <= case.weighed.limit:
            return "lighter_ratio"
    if case.weighed is not None and over and not case.weighed.verified:
        return "device"
    if filed_by(case, on) is None:
        return "not_filed"
    if require_decision and decided_by(case, on, whose) is None:
        since = decided_by(case, on)
        told = since is not None and any(kind != "no_penalty" and since <= day <= on for day, kind in case.decisions)
        return "others_only" if told else "undecided"
    return None


def trips(world: World, cases: Iterable[Case]) -> list[list[Case]]:
    """Acts of one vehicle that are one trip: within 24 hours of the first, and not unladen in between."""
    found: list[list[Case]] = []
    last_of: dict[tuple[str, int], list[Case]] = {}
    for case in sorted(cases, key=lambda one: (one.at, one.number)):
        trip = last_of.get(case.vehicle)
        emptied = trip is not None and any(trip[0].at < at < case.at for at in unladen(world).get(case.vehicle, ()))
        if trip is not None and case.at - trip[0].at <= TRIP and not emptied:
            trip.append(case)
        else:
            last_of[case.vehicle] = [case]
            found.append(last_of[case.vehicle])
    return found


@once
def unladen(world: World) -> dict[tuple[str, int], list[datetime]]:
    found: dict[tuple[str, int], list[datetime]] = defaultdict(list)
    for plate, color, at in world.unladen:
        found[plate, color].append(at)
    return found


def placed(case: Case, basis: str, on: date, whose: str | None) -> date:
    if basis == "DECISION":
        return decided_by(case, on, whose) or filed_by(case, on) or case.day
    return case.day


def tier(count: int) -> str:
    return "statutory" if count > MORE_THAN else "warning" if count >= WARNING else "watch" if count else "none"


def enterprise_tier(count: int, fleet: int | None) -> str:
    if not fleet:
        return "unknown"
    return "statutory" if count * ONE_IN > fleet else "watch" if count else "none"


@once
def fleet_of(world: World, uscc: str, on: date) -> int | None:
    """Vehicles registered to the enterprise: by the name it bears, or bore and nobody has taken since."""
    own = [span for span in registered(world, "enterprise").get((uscc,), ()) if span.holds(on)]
    names = names_of(world, on).get(uscc, set())
    if not own or max(own, key=lambda span: span.first).name not in names:
        return None
    return len({span.key for name in names for span in named(world).get(name, ()) if span.holds(on)})


@once
def names_of(world: World, on: date) -> dict[str, set[str | None]]:
    """By enterprise: the names it alone bears on the day, or bore where nobody bears them."""
    now, ever = defaultdict[str | None, set[str]](set), defaultdict[str | None, set[str]](set)
    for span in world.enterprises:
        if span.first <= on:
            ever[span.name].add(str(span.key[0]))
        if span.holds(on):
            now[span.name].add(str(span.key[0]))
    found: dict[str, set[str | None]] = defaultdict(set)
    for name, owners in {**ever, **now}.items():
        if len(owners) == 1:
            found[next(iter(owners))].add(name)
    return found


@once
def named(world: World) -> dict[str | None, list[Span]]:
    """The vehicles registered under a name."""
    found: dict[str | None, list[Span]] = defaultdict(list)
    for span in world.vehicles:
        found[span.name].append(span)
    return found


@once
def registered(world: World, subject: str) -> dict[Key, list[Span]]:
    found: dict[Key, list[Span]] = defaultdict(list)
    for span in {"vehicle": world.vehicles, "driver": world.drivers, "enterprise": world.enterprises}[subject]:
        found[span.key].append(span)
    return found


def issue_of(spans: Sequence[Span], on: date) -> date | None:
    told = [span for span in spans if span.first <= on]
    told = [span for span in told if span.holds(on)] or told
    return max(told, key=lambda span: span.first).issued if told else None


# --- the answer -------------------------------------------------------------------------------------
def key_of(case: Case, subject: str) -> Key | None:
    if subject == "vehicle":
        return case.vehicle
    value = case.driver if subject == "driver" else case.uscc
    return None if value is None else (value,)


@once
def acts_of(world: World, subject: str) -> dict[Key, list[Case]]:
    found: dict[Key, list[Case]] = defaultdict(list)
    for case in world.cases:
        if (key := key_of(case, subject)) is not None:
            found[key].append(case)
    return found


@once
def left(world: World, subject: str, key: Key, on: date, require_decision: bool, whose: str | None) -> list[list[Case]]:
    """The trips of the acts up to the day that nothing but the window keeps from counting."""
    acts = [case for case in acts_of(world, subject)[key] if case.day <= on]
    return trips(world, [case for case in acts if reason(world, case, on, require_decision, whose) is None])


def answers(
    world: World, subject: str, window: str, basis: str, on: date, require_decision: bool = True, own: bool = False
) -> dict[Key, Answer]:
    """Every subject with an act up to the day. ``own``: only a decision against the subject itself counts for it."""
    keys = [key for key, acts in acts_of(world, subject).items() if any(case.day <= on for case in acts)]
    return {key: answer(world, subject, key, window, basis, on, require_decision, own) for key in keys}


def is_above(
    world: World, subject: str, key: Key, window: str, basis: str, on: date, require: bool, issued: date | None,
    whose: str | None,
) -> bool:  # fmt: skip
    """Whether the count of a day is above the statute's threshold, asked as on that day; the certificate is given."""
    found = left(world, subject, key, on, require, whose)
    counted = [trip[0] for trip in found if inside(window, placed(trip[0], basis, on, whose), on, issued)]
    if subject == "enterprise":
        fleet = fleet_of(world, str(key[0]), on)
        return enterprise_tier(len({case.vehicle for case in counted}), fleet) == "statutory"
    return tier(len(counted)) == "statutory"


def answer(
    world: World,
    subject: str,
    key: Key,
    window: str,
    basis: str,
    on: date,
    require_decision: bool = True,
    own: bool = False,
) -> Answer:
    whose = subject if own else None
    acts = [case for case in acts_of(world, subject)[key] if case.day <= on]
    issued = issue_of(registered(world, subject).get(key, ()), on)
    missing = window == "ANNIVERSARY" and (issued is None or issued > on)
    window = "ROLLING_12M" if missing else window
    reasons = {case.number: reason(world, case, on, require_decision, whose) for case in acts}
    found = left(world, subject, key, on, require_decision, whose)
    day_of = {trip[0].number: placed(trip[0], basis, on, whose) for trip in found}
    counted = [trip for trip in found if inside(window, day_of[trip[0].number], on, issued)]
    for trip in found:
        reasons[trip[0].number] = None if trip in counted else "outside_window"
        reasons |= {case.number: "same_trip" for case in trip[1:]}

    fleet = fleet_of(world, str(key[0]), on) if subject == "enterprise" else None

    def size(some: Iterable[list[Case]]) -> int:
        told = list(some)
        return len({trip[0].vehicle for trip in told}) if subject == "enterprise" else len(told)

    def tier_of(count: int) -> str:
        return enterprise_tier(count, fleet) if subject == "enterprise" else tier(count)

    count = size(counted)
    now = tier_of(count)
    trigger = None
    day = on
    while now == "statutory" and is_above(world, subject, key, window, basis, day, require_decision, issued, whose):
        trigger = day
        day -= DAY
    lapse = None
    if count:
        day = on
        while lapse is None:
            day += DAY
            still = size(trip for trip in counted if inside(window, day_of[trip[0].number], day, issued))
            gone = not still if now == "unknown" else tier_of(still) != now
            lapse = day if gone else None
    previous = None
    if window == "CALENDAR" or (window == "ANNIVERSARY" and issued is not None and cycle(issued, on) > 0):
        previous = size(trip for trip in found if inside(window, day_of[trip[0].number], on, issued, back=1))
    pending = [case for case in acts if reasons[case.number] in ("undecided", "others_only")]
    one_more = tier_of(count + 1) == "statutory"
    return Answer(
        window, missing, issued, count, now, one_more and now not in ("statutory", "unknown"), trigger, lapse,
        sum(inside(window, placed(case, basis, on, whose), on, issued) for case in pending), previous, reasons, fleet,
    )  # fmt: skip
