"""The repeat rule counted a second time: from plain facts, day by day, without SQL and without the product's code.

Written from the rule (公路安全保护条例 art. 66 and what ``warehouse/repeat.py`` says of it); ``test_repeat_random.py``
holds the engine to it. Whatever asks "since when" or "until when" is found by asking every day in turn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

WATCH, WARNING, MORE_THAN = 1, 3, 3
TRIP = timedelta(hours=24)
FLEET_SHARE = Fraction(1, 10)
PREFECTURE = "4311"
ENDED = {
    "void": "void", "no_penalty": "no_penalty", "withdrawn": "withdrawn", "transferred_criminal": "transferred",
    "transferred_other": "transferred", "revoked_by_review": "annulled",
}  # fmt: skip
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Weighed:
    """What the scale says of an act: masses in kg, and whether its device was verified that day."""

    gross: int
    limit: int
    verified: bool = True


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
    vehicles: tuple[Span, ...] = ()
    drivers: tuple[Span, ...] = ()
    enterprises: tuple[Span, ...] = ()


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
def end_of(case: Case) -> tuple[str, date] | None:
    """How the case lost its effect and since when; None while it stands."""
    turns = [step for step in sorted(case.steps) if step[2] in ENDED or step[2] in ("decided", "decided_simple")]
    if turns and turns[-1][2] in ENDED:
        return ENDED[turns[-1][2]], turns[-1][0].date()
    if case.state in ENDED:
        return ENDED[case.state], date.min
    if case.decisions and all(kind == "no_penalty" for _, kind in case.decisions):
        return "no_penalty", min(day for day, _ in case.decisions)
    return None


def decision_of(case: Case) -> date | None:
    """The day of the decision that stands; one that was taken away before is none."""
    days = sorted(day for day, kind in case.decisions if kind != "no_penalty")
    turns = [step for step in sorted(case.steps) if step[2] in ENDED or step[2] in ("decided", "decided_simple")]
    if turns and turns[-1][2] not in ENDED:
        taken = [step[0].date() for step in turns if step[2] in ENDED]
        anew = [day for day in days if taken and day >= taken[-1]]
        days = anew or days
    return days[0] if days else None


def reason(world: World, case: Case, on: date, require_decision: bool) -> str | None:
    ended = end_of(case)
    if ended is not None and ended[1] <= on:
        return ended[0]
    if not case.county.startswith(PREFECTURE):
        return "elsewhere"
    over = case.weighed is not None and case.weighed.gross > case.weighed.limit
    if case.weighed is not None and over:
        for permit in world.permits:
            is_for = (permit.plate, permit.color) == case.vehicle and permit.first <= case.day <= permit.last
            if is_for and permit.mass >= case.weighed.gross:
                return "permit"
    if case.day >= date(2021, 10, 1):
        if case.weighed is None or not over:
            return "ratio_unknown"
        if (case.weighed.gross - case.weighed.limit) * 10 <= case.weighed.limit:
            return "ratio"
    if case.weighed is not None and over and not case.weighed.verified:
        return "device"
    if case.filed is None or case.filed > on:
        return "not_filed"
    if require_decision:
        decided = decision_of(case)
        if decided is None or decided > on:
            return "undecided"
    return None


def trips(world: World, cases: Iterable[Case]) -> list[list[Case]]:
    """Acts of one vehicle that are one trip: within 24 hours of the first, and not unladen in between."""
    found: list[list[Case]] = []
    for case in sorted(cases, key=lambda one: (one.at, one.number)):
        for trip in found:
            head = trip[0]
            if trip is not [other for other in found if other[0].vehicle == head.vehicle][-1]:
                continue
            emptied = any(
                (plate, color) == case.vehicle and head.at < at < case.at for plate, color, at in world.unladen
            )
            if head.vehicle == case.vehicle and case.at - head.at <= TRIP and not emptied:
                trip.append(case)
                break
        else:
            found.append([case])
    return found


def placed(case: Case, basis: str, on: date) -> date:
    decided = decision_of(case)
    if basis == "DECISION":
        if decided is not None and decided <= on:
            return decided
        if case.filed is not None and case.filed <= on:
            return case.filed
    return case.day


def tier(count: int) -> str:
    return "statutory" if count > MORE_THAN else "warning" if count >= WARNING else "watch" if count else "none"


def enterprise_tier(count: int, fleet: int | None) -> str:
    if not fleet:
        return "unknown"
    return "statutory" if Fraction(count, fleet) > FLEET_SHARE else "watch" if count else "none"


def fleet_of(world: World, uscc: str, on: date) -> int | None:
    """Vehicles registered to the enterprise: by the name it bears, or bore and nobody has taken since."""
    own = [span for span in world.enterprises if span.key == (uscc,) and span.holds(on)]
    if not own:
        return None

    def owners(name: str | None) -> set[object]:
        bearers = [span for span in world.enterprises if span.name == name and span.first <= on]
        now = {span.key[0] for span in bearers if span.holds(on)}
        return now or {span.key[0] for span in bearers}

    if owners(max(own, key=lambda span: span.first).name) != {uscc}:
        return None
    return len({span.key for span in world.vehicles if span.holds(on) and owners(span.name) == {uscc}})


def issue_of(spans: Sequence[Span], key: tuple[object, ...], on: date) -> date | None:
    told = [span for span in spans if span.key == key and span.first <= on]
    told = [span for span in told if span.holds(on)] or told
    return max(told, key=lambda span: span.first).issued if told else None


# --- the answer -------------------------------------------------------------------------------------
def key_of(case: Case, subject: str) -> tuple[object, ...] | None:
    if subject == "vehicle":
        return case.vehicle
    value = case.driver if subject == "driver" else case.uscc
    return None if value is None else (value,)


def answers(
    world: World, subject: str, window: str, basis: str, on: date, require_decision: bool = True
) -> dict[tuple[object, ...], Answer]:
    """Every subject with an act up to the day."""
    keys = {key_of(case, subject) for case in world.cases if case.day <= on} - {None}
    return {key: answer(world, subject, key, window, basis, on, require_decision) for key in keys if key is not None}


def answer(
    world: World,
    subject: str,
    key: tuple[object, ...],
    window: str,
    basis: str,
    on: date,
    require_decision: bool = True,
) -> Answer:
    acts = [case for case in world.cases if key_of(case, subject) == key and case.day <= on]
    registers = {"vehicle": world.vehicles, "driver": world.drivers, "enterprise": world.enterprises}
    issued = issue_of(registers[subject], key, on)
    missing = window == "ANNIVERSARY" and (issued is None or issued > on)
    window = "ROLLING_12M" if missing else window
    reasons = {case.number: reason(world, case, on, require_decision) for case in acts}
    found = trips(world, [case for case in acts if reasons[case.number] is None])
    day_of = {trip[0].number: placed(trip[0], basis, on) for trip in found}
    counted = [trip for trip in found if inside(window, day_of[trip[0].number], on, issued)]
    for trip in found:
        reasons[trip[0].number] = None if trip in counted else "outside_window"
        reasons |= {case.number: "same_trip" for case in trip[1:]}

    def begun(trip: list[Case]) -> date:
        """The first day on which the trip counts."""
        day = day_of[trip[0].number]
        while not any(
            case.day <= day
            and case.filed is not None
            and case.filed <= day
            and (not require_decision or (decision_of(case) or date.max) <= day)
            for case in trip
        ):
            day += DAY
        return day

    fleet = fleet_of(world, str(key[0]), on) if subject == "enterprise" else None

    def size(some: Iterable[list[Case]]) -> int:
        told = list(some)
        return len({trip[0].vehicle for trip in told}) if subject == "enterprise" else len(told)

    def tier_of(count: int) -> str:
        return enterprise_tier(count, fleet) if subject == "enterprise" else tier(count)

    count = size(counted)
    now = tier_of(count)
    trigger = None
    if now == "statutory":
        since = {trip[0].number: begun(trip) for trip in counted}
        for day in sorted(set(since.values())):
            if tier_of(size(trip for trip in counted if since[trip[0].number] <= day)) == "statutory":
                trigger = day
                break
    lapse = None
    if count:
        day = on
        while lapse is None:
            day += DAY
            left = size(trip for trip in counted if inside(window, day_of[trip[0].number], day, issued))
            gone = not left if now == "unknown" else tier_of(left) != now
            lapse = day if gone else None
    previous = None
    if window == "CALENDAR" or (window == "ANNIVERSARY" and issued is not None and cycle(issued, on) > 0):
        previous = size(trip for trip in found if inside(window, day_of[trip[0].number], on, issued, back=1))
    pending = [case for case in acts if reasons[case.number] == "undecided"]
    one_more = tier_of(count + 1) == "statutory"
    return Answer(
        window, missing, issued, count, now, one_more and now not in ("statutory", "unknown"), trigger, lapse,
        sum(inside(window, placed(case, basis, on), on, issued) for case in pending), previous, reasons, fleet,
    )  # fmt: skip
