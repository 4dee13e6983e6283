"""Hazards as of any day: rates of one cohort, what is overdue and whose, how long removal takes, how far 100 % can be
trusted, and works against plan.

整改率 is closed ÷ registered of the hazards registered in the period (the cohort): every hazard above the line is
below it, so it cannot exceed 1. Closed means closed by accepted steps (``core.hazard_state``) and not reopened by the
day; what the counties' lists say stands beside it (``reported``). A hazard is on time that was closed on its last day
or before; the on-time rate is of the hazards due in the period. The last day is the first list's, moved by extensions
granted on the day then due or before; later extensions and days that a list alone changed move nothing and are counted
(``late_extended``, ``due_changed``). What is open, overdue,
due soon or listed is told of every hazard, whenever it was registered: the oldest are the worst.

Days to close count from registration to the closure that stands; open hazards are censored on the day, not left out
(``warehouse.survival``). A closure that a spot check picked by lot found not removed is false; the bound says how large
a share of all closures could be, and is 1 where nothing was checked. Checks somebody chose say nothing of the others,
but what they found false is false: the bound does not lie below it.

Thresholds are rows of ``seeds.parameter`` as of the day; all of them are assumptions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any, NamedTuple

from warehouse.errors import WarehouseError
from warehouse.hazard_places import same_place_since
from warehouse.metrics import Source
from warehouse.parameters import Parameter, numbers
from warehouse.repeat import months_later
from warehouse.survival import Curve, Mean, kaplan_meier, upper_bound

TABLES = (
    "core.hazard_life", "core.hazard_state", "staging.hazard_check", "staging.hazard_photo", "staging.listing",
    "staging.road_works", "staging.small_works", "seeds.parameter",
)  # fmt: skip
"""What is read here."""
CATEGORIES = ("HWY", "RAIL", "SIGN", "VESSEL", "ENT")
GROUPS = ("all", "county", "category", "grade", "unit", "month")
_STOCK = ("open", "overdue", "due_soon", "no_due", "listed")
_OF_ALL = (*_STOCK, "due", "on_time", "major")
"""Lists of every hazard known on the day, whenever it was registered; the others are of the cohort."""
_PARAMETERS = ("hazard_due_soon_days", "hazard_confidence", "hazard_restricted_days", "hazard_recurrence_days",
               "hazard_recurrence_m")  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The cohort registered from ``first`` to ``last`` (both included), as it stood at the end of ``as_of``.

    ``uscc``: credit code of an enterprise, whose hazards alone are told; works are of no enterprise.
    Raises ``WarehouseError`` for a period that ends before it begins or begins after the day, and an unknown category.
    """

    as_of: date
    first: date
    last: date
    county: str | None = None
    category: str | None = None
    uscc: str | None = None

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise WarehouseError(f"The period ends on {self.last}, before it begins on {self.first}. Exchange the two.")
        if self.first > self.as_of:
            raise WarehouseError(f"The period begins on {self.first}, after the day asked for, {self.as_of}.")
        if self.category is not None and self.category not in CATEGORIES:
            raise WarehouseError(f"There is no category {self.category!r}. Choose one of {', '.join(CATEGORIES)}.")


def year_before(as_of: date) -> date:
    """The first of the twelve months that end on ``as_of``: the period nobody named."""
    return months_later(as_of + timedelta(days=1), -12)


class Hazard(NamedTuple):
    """A hazard as of the day; ``state`` None: no step of it was delivered by then."""

    record_id: str | None
    hazard_no: str
    county_code: str | None
    category: str | None
    road_class: str | None
    grade: str | None
    place: str | None
    road_code: str | None
    chainage_km: float | None
    latitude: float | None
    longitude: float | None
    description: str | None
    uscc: str | None
    unit: str | None
    registered_on: date
    due_on: date | None
    state: str | None
    first_closed_on: date | None
    closed_on: date | None
    is_listed: bool
    reopened_count: int
    reopened_on: date | None
    extension_count: int
    late_extension_count: int
    reported_due_on: date | None
    is_due_changed: bool
    refused_count: int
    reported_state: str | None
    reported_closed_on: date | None
    has_shared_photo: bool

    @property
    def is_closed(self) -> bool:
        return self.closed_on is not None

    @property
    def is_on_time(self) -> bool:
        return self.closed_on is not None and self.due_on is not None and self.closed_on <= self.due_on

    def is_overdue(self, as_of: date) -> bool:
        return not self.is_closed and self.due_on is not None and self.due_on < as_of

    def is_due_soon(self, as_of: date, days: int) -> bool:
        return not self.is_closed and self.due_on is not None and 0 <= (self.due_on - as_of).days <= days

    def is_reported_closed(self, as_of: date) -> bool:
        return (
            self.reported_state == "CLOSED" and self.reported_closed_on is not None and self.reported_closed_on <= as_of
        )


class Check(NamedTuple):
    """A spot check: by lot or chosen, and what it found."""

    record_id: str
    hazard_check_no: str
    hazard_no: str
    checked_on: date
    is_random: bool
    result: str
    handling_unit: str


@dataclass(frozen=True)
class Rate:
    """A share with what it is a share of; ``ratio`` None: of nothing, which is no 0 and no 100 %."""

    part: int
    of: int

    @property
    def ratio(self) -> float | None:
        return self.part / self.of if self.of else None


@dataclass(frozen=True)
class Bound:
    """False closures by the spot checks picked by lot: ``false`` of ``checked`` of ``closed``.

    ``upper``: with the confidence of the parameter no more than this share of all closures is false. ``came_back`` were
    removed and returned; ``chosen`` and ``chosen_false`` are the checks somebody chose, which tell of no other closure.
    ``known_false`` closures were found so by either kind, each once: no bound lies below them.
    ``known_true`` were picked by lot and found false by neither.
    """

    closed: int
    checked: int
    false: int
    came_back: int
    chosen: int
    chosen_false: int
    known_false: int
    known_true: int
    confidence: float

    @property
    def upper(self) -> float:
        known = self.known_false / self.closed if self.closed else 0.0
        return max(upper_bound(self.false, self.checked, self.confidence), known)

    @property
    def upper_count(self) -> int:
        """So many of the closures at most; a closure already found true cannot be one of them."""
        return min(ceil(self.upper * self.closed - 1e-9), self.closed - self.known_true)


@dataclass(frozen=True)
class Standing:
    """A group as of the day: every rate with its parts. ``curve``: days to close of the cohort; its mean is restricted.

    ``open``, ``overdue``, ``due_soon``, ``no_due`` and ``listed`` count every hazard, whenever it was registered.
    """

    group: str | None
    registered: int
    closed: Rate
    reported: Rate
    major: Rate
    on_time: Rate
    open: int
    overdue: int
    due_soon: int
    no_due: int
    listed: int
    extended: Rate
    extension_count: int
    late_extended: int
    due_changed: int
    reopened: Rate
    recurred: Rate
    refused: int
    no_steps: int
    curve: Curve
    mean_within: int
    bound: Bound

    @property
    def mean(self) -> Mean | None:
        return self.curve.mean(self.mean_within)


# --- reading ---------------------------------------------------------------------------------------------
# The last step up to the day tells how a hazard stood; before any step its last day is the first list's.
_HAZARDS = """
with stood as (
    select * from core.hazard_state where step_on <= $as_of
    qualify row_number() over (partition by hazard_no order by step_no desc) = 1
)
select life.record_id, life.hazard_no, life.county_code, life.hazard_category_code as category, life.road_class,
    life.hazard_grade as grade, life.place, life.road_code, life.chainage_km, life.latitude, life.longitude,
    life.hazard_description as description, life.uscc, life.responsible_unit as unit, life.registered_on,
    coalesce(stood.due_on, life.first_due_on) as due_on,
    stood.state_after as state, stood.first_closed_on, stood.hazard_closed_on as closed_on,
    coalesce(stood.is_listed, false) as is_listed, coalesce(stood.reopened_count, 0) as reopened_count,
    stood.reopened_on, coalesce(stood.extension_count, 0) as extension_count,
    coalesce(stood.late_extension_count, 0) as late_extension_count, life.reported_due_on, life.is_due_changed,
    coalesce(stood.refused_count, 0) as refused_count, life.reported_state, life.reported_closed_on,
    life.has_shared_photo
from core.hazard_life as life
left join stood on stood.hazard_no = life.hazard_no
where life.registered_on <= $as_of
    and (cast($county as varchar) is null or life.county_code = $county)
    and (cast($category as varchar) is null or life.hazard_category_code = $category)
    and (cast($hazard_no as varchar) is null or life.hazard_no = $hazard_no)
order by life.registered_on, life.hazard_no
"""
_CHECKS = """
select record_id, hazard_check_no, hazard_no, checked_on, is_random_pick as is_random, hazard_check_result as result,
    handling_unit
from staging.hazard_check
where checked_on <= $as_of and (cast($hazard_no as varchar) is null or hazard_no = $hazard_no)
order by checked_on, hazard_check_no
"""
_LISTINGS = """
select listing.record_id, listing.listing_no, listing.hazard_no, listing.county_code, listing.responsible_unit,
    listing.listed_on, listing.due_on,
    case when listing.rechecked_on <= $as_of then listing.rechecked_on end as rechecked_on,
    case when listing.delisted_on <= $as_of then listing.delisted_on end as delisted_on
from staging.listing as listing
left join core.hazard_life as life on life.hazard_no = listing.hazard_no
where listing.listed_on <= $as_of
    and (cast($county as varchar) is null or listing.county_code = $county)
    and (cast($category as varchar) is null or life.hazard_category_code = $category)
    and (cast($uscc as varchar) is null or life.uscc = $uscc)
    and (cast($hazard_no as varchar) is null or listing.hazard_no = $hazard_no)
order by listing.listed_on, listing.listing_no
"""
_LIST_ROW = "select delivery_id, source_line from core.hazard_life where hazard_no = $hazard_no"
_STEPS = """
select record_id, delivery_id, source_line,
    step_no, event_no, event_at, handling_unit, officer_no, new_due_on, step_note, previous_hazard_state,
    state_before, hazard_state, rule_id, is_accepted, refusal, state_after, is_listed
from core.hazard_state
where hazard_no = $hazard_no and step_on <= $as_of
order by step_no
"""
_PHOTOS = """
select record_id, photo_token, photo_stage, taken_at, photo_sha256, exists (
    select 1 from staging.hazard_photo as other
    where other.photo_sha256 = photo.photo_sha256 and other.hazard_no <> photo.hazard_no
) as is_shared
from staging.hazard_photo as photo
where hazard_no = $hazard_no and cast(taken_at as date) <= $as_of
order by taken_at, photo_token
"""
_SMALL_WORKS_DONE = " and ".join(
    f"(is_{name}_done or not is_{name}_planned)"
    for name in ("warning_post", "warning_sign", "speed_hump", "convex_mirror", "flashing_light")
)
# Junctions have no year of plan: all are told. Progress of unfinished works is the newest list's.
_TOLD_WORKS = f"""
with told as (
    select record_id, works_no, works_kind, works_unit, county_code, place, planned_quantity, done_quantity,
        case when finished_on <= $as_of then finished_on end as finished_on
    from staging.road_works where works_year = $year
    union all
    select record_id, works_no, 'small_works', 'junction', county_code, place, 1, cast({_SMALL_WORKS_DONE} as integer),
        case when finished_on <= $as_of and {_SMALL_WORKS_DONE} then finished_on end
    from staging.small_works
)
"""
_WORKS = f"""{_TOLD_WORKS}
select works_kind, works_unit, count(*) as project_count, count(finished_on) as finished_count,
    sum(planned_quantity) as planned_quantity,
    coalesce(sum(done_quantity) filter (finished_on is not null), 0) as finished_quantity,
    coalesce(sum(done_quantity) filter (finished_on is null), 0) as underway_quantity
from told
where (cast($county as varchar) is null or county_code = $county)
group by all
order by all
"""
_UNFINISHED = f"""{_TOLD_WORKS}
select * from told
where finished_on is null and (cast($county as varchar) is null or county_code = $county)
order by works_kind, county_code, works_no
"""


def parameters(source: Source, as_of: date) -> dict[str, Parameter]:
    """The thresholds of the day. Raises ``WarehouseError`` if the snapshot lacks one or has two."""
    return numbers(source, _PARAMETERS, as_of)


class Facts:
    """Everything known on the day asked for; the cohort is a part of it."""

    def __init__(self, source: Source, asked: Asked) -> None:
        self.asked = asked
        self.told = parameters(source, asked.as_of)
        everybodys = [Hazard(**row) for row in source.rows(_HAZARDS, _of_period(asked))]
        self.hazards = [one for one in everybodys if asked.uscc in (None, one.uscc)]
        checks = [Check(**row) for row in source.rows(_CHECKS, {"as_of": asked.as_of, "hazard_no": None})]
        self.by_lot, self.chosen = spot_results(self.hazards, checks)
        days, distance_m = (self.value(f"hazard_recurrence_{unit}") for unit in ("days", "m"))
        # What came back at the place of an enterprise's hazard may be another's.
        self.recurred = same_place_since(everybodys, int(days), distance_m) | {
            one.hazard_no: one.hazard_no for one in self.hazards if one.reopened_count
        }

    @property
    def cohort(self) -> list[Hazard]:
        return [one for one in self.hazards if self.is_of_cohort(one)]

    def is_of_cohort(self, one: Hazard) -> bool:
        return self.asked.first <= one.registered_on <= self.asked.last

    def is_due_in_period(self, one: Hazard) -> bool:
        """Whether its last day lies in the period and has come."""
        until = min(self.asked.last, self.asked.as_of)
        return one.due_on is not None and self.asked.first <= one.due_on <= until

    def is_major_in_hand(self, one: Hazard) -> bool:
        """Whether it is major and was open in the period: not closed before it began."""
        return one.grade == "major" and (one.closed_on is None or one.closed_on >= self.asked.first)

    def value(self, name: str) -> float:
        return self.told[name].value


# --- answers ---------------------------------------------------------------------------------------------
_GROUP_OF: dict[str, Callable[[Hazard], str | None]] = {
    "all": lambda one: "",
    "county": lambda one: one.county_code,
    "category": lambda one: one.category,
    "grade": lambda one: one.grade,
    "unit": lambda one: one.unit,
    "month": lambda one: f"{one.registered_on:%Y-%m}",
}


def standings(facts: Facts, by: str = "all") -> list[Standing]:
    """Hazards by group, in the order of their names; one group, named '', for ``all``.

    A group without a hazard of the cohort has a cohort of 0: something of it was due in the period, or is open.
    """
    if by not in GROUPS:
        raise WarehouseError(f"Hazards are not grouped by {by!r}. Choose one of {', '.join(GROUPS)}.")
    group_of = _GROUP_OF[by]
    grouped: dict[str | None, list[Hazard]] = defaultdict(list)
    for one in facts.hazards:
        if facts.is_of_cohort(one) or facts.is_due_in_period(one) or not one.is_closed:
            grouped[group_of(one)].append(one)
    if by == "all" and not grouped:
        grouped[""] = []
    return [
        _standing(facts, name, grouped[name]) for name in sorted(grouped, key=lambda name: (name is None, name or ""))
    ]


def _standing(facts: Facts, group: str | None, hazards: list[Hazard]) -> Standing:
    as_of = facts.asked.as_of
    cohort = [one for one in hazards if facts.is_of_cohort(one)]
    due = [one for one in hazards if facts.is_due_in_period(one)]
    once_closed = [one for one in cohort if one.first_closed_on is not None]
    major = [one for one in cohort if one.grade == "major"]
    count = {name: sum(is_listed(facts, one, name) for one in hazards) for name in _STOCK}
    return Standing(
        group=group,
        registered=len(cohort),
        closed=Rate(sum(one.is_closed for one in cohort), len(cohort)),
        reported=Rate(sum(one.is_reported_closed(as_of) for one in cohort), len(cohort)),
        major=Rate(sum(one.is_closed for one in major), len(major)),
        on_time=Rate(sum(one.is_on_time for one in due), len(due)),
        **count,
        extended=Rate(sum(one.extension_count > 0 for one in cohort), len(cohort)),
        extension_count=sum(one.extension_count for one in cohort),
        late_extended=sum(one.late_extension_count > 0 for one in cohort),
        due_changed=sum(one.is_due_changed for one in cohort),
        reopened=Rate(sum(one.reopened_count > 0 for one in once_closed), len(once_closed)),
        recurred=Rate(sum(one.hazard_no in facts.recurred for one in once_closed), len(once_closed)),
        refused=sum(one.refused_count for one in cohort),
        no_steps=sum(one.state is None for one in cohort),
        curve=curve(cohort, as_of, facts.value("hazard_confidence")),
        mean_within=int(facts.value("hazard_restricted_days")),
        bound=bound(once_closed, facts.by_lot, facts.chosen, facts.value("hazard_confidence")),
    )


def curve(hazards: Iterable[Hazard], as_of: date, confidence: float) -> Curve:
    """Days from registration to the closure that stands; what is open on the day is censored on it.

    A closure before the registration has no duration and is left out: lists say so by ``differs`` or a fault of theirs.
    """
    durations = [
        ((one.closed_on or as_of) - one.registered_on, one.is_closed)
        for one in hazards
        if one.closed_on is None or one.closed_on >= one.registered_on
    ]
    return kaplan_meier([(length.days, is_over) for length, is_over in durations], confidence)


def spot_results(closed: Iterable[Hazard], checks: Iterable[Check]) -> tuple[dict[str, str], dict[str, str]]:
    """What spot checks since the first closure found, by hazard: those by lot, and those somebody chose.

    Of several checks of one hazard the first counts: later ones follow from what it found.
    """
    closed_on = {one.hazard_no: one.first_closed_on for one in closed}
    by_lot: dict[str, str] = {}
    chosen: dict[str, str] = {}
    for check in sorted(checks, key=lambda check: (check.checked_on, check.hazard_check_no)):
        since = closed_on.get(check.hazard_no)
        if since is not None and check.checked_on >= since:
            (by_lot if check.is_random else chosen).setdefault(check.hazard_no, check.result)
    return by_lot, chosen


def bound(
    closed: Sequence[Hazard], all_by_lot: Mapping[str, str], all_chosen: Mapping[str, str], confidence: float
) -> Bound:
    """What results of spot checks (``spot_results``, perhaps of others too) say of these closures."""
    by_lot, chosen = (
        {one.hazard_no: found[one.hazard_no] for one in closed if one.hazard_no in found}
        for found in (all_by_lot, all_chosen)
    )
    lot_results, chosen_results = list(by_lot.values()), list(chosen.values())
    known_false = {no for found in (by_lot, chosen) for no, result in found.items() if result == "not_removed"}
    return Bound(
        closed=len(closed),
        checked=len(by_lot),
        false=lot_results.count("not_removed"),
        came_back=lot_results.count("came_back"),
        chosen=len(chosen),
        chosen_false=chosen_results.count("not_removed"),
        known_false=len(known_false),
        known_true=len(by_lot.keys() - known_false),
        confidence=confidence,
    )


_LISTED: dict[str, Callable[[Facts, Hazard], bool]] = {
    "all": lambda facts, one: True,
    "open": lambda facts, one: not one.is_closed,
    "overdue": lambda facts, one: one.is_overdue(facts.asked.as_of),
    "due_soon": lambda facts, one: one.is_due_soon(facts.asked.as_of, int(facts.value("hazard_due_soon_days"))),
    "no_due": lambda facts, one: not one.is_closed and one.due_on is None,
    "due": lambda facts, one: facts.is_due_in_period(one),
    "on_time": lambda facts, one: facts.is_due_in_period(one) and one.is_on_time,
    "closed": lambda facts, one: one.is_closed,
    "late": lambda facts, one: one.is_closed and one.due_on is not None and not one.is_on_time,
    "listed": lambda facts, one: one.is_listed,
    "major": lambda facts, one: facts.is_major_in_hand(one),
    "differs": lambda facts, one: one.is_closed != one.is_reported_closed(facts.asked.as_of),
    "refused": lambda facts, one: one.refused_count > 0,
    "came_back": lambda facts, one: one.hazard_no in facts.recurred,
    "shared_photo": lambda facts, one: one.has_shared_photo,
    "checked": lambda facts, one: one.hazard_no in facts.by_lot,
    "not_removed": lambda facts, one: "not_removed" in (
        facts.by_lot.get(one.hazard_no), facts.chosen.get(one.hazard_no)
    ),
    "no_steps": lambda facts, one: one.state is None,
    "late_extended": lambda facts, one: one.late_extension_count > 0,
    "due_changed": lambda facts, one: one.is_due_changed,
}  # fmt: skip
"""Whether a hazard belongs to the list of that name.

``late``: closed after its last day. ``major``: major ones in hand in the period, whenever registered. ``differs``: the
county says closed and the steps do not, or the reverse. ``came_back``: reopened, or another one at the same place
since. ``checked``: by lot; ``not_removed``: found so by any spot check.
"""
LISTS = tuple(_LISTED)
"""What a list may hold."""


def is_listed(facts: Facts, one: Hazard, name: str) -> bool:
    """Whether a hazard belongs to the list of that name."""
    if name not in _LISTED:
        raise WarehouseError(f"There is no list {name!r}. Choose one of {', '.join(LISTS)}.")
    return _LISTED[name](facts, one)


def listed(facts: Facts, name: str = "all") -> list[Hazard]:
    """Hazards on a list, of the cohort or of all as the list is: the longest overdue first, closed ones last."""
    found = [one for one in (facts.hazards if name in _OF_ALL else facts.cohort) if is_listed(facts, one, name)]
    return sorted(found, key=lambda one: (one.is_closed, one.due_on or date.max, one.hazard_no))


def ladder(source: Source, asked: Asked) -> list[dict[str, Any]]:
    """Listings known on the day with their ``rung``: listed, overdue, rechecked, delisted; ``days_left`` until due."""
    rows = source.rows(_LISTINGS, _of_listings(asked))
    for row in rows:
        left = (row["due_on"] - asked.as_of).days
        done = row["delisted_on"] is not None
        row["rung"] = (
            "delisted"
            if done
            else "rechecked"
            if row["rechecked_on"] is not None
            else "overdue"
            if left < 0
            else "listed"
        )
        row["days_left"] = None if done else left
    return rows


def works(source: Source, asked: Asked) -> list[dict[str, Any]]:
    """Works of the day's year against plan, by kind and unit: kilometres and bridges do not add up. None of an
    enterprise."""
    return source.rows(_WORKS, _of_works(asked)) if asked.uscc is None else []


def unfinished(source: Source, asked: Asked) -> list[dict[str, Any]]:
    """The works that are planned and not finished on the day: what lies between plan and done."""
    return source.rows(_UNFINISHED, _of_works(asked)) if asked.uscc is None else []


def _of_period(asked: Asked) -> dict[str, Any]:
    return {"as_of": asked.as_of, "county": asked.county, "category": asked.category, "hazard_no": None}


def _of_listings(asked: Asked) -> dict[str, Any]:
    return _of_period(asked) | {"uscc": asked.uscc}


def _of_works(asked: Asked) -> dict[str, Any]:
    return {"as_of": asked.as_of, "year": asked.as_of.year, "county": asked.county}


def one_hazard(source: Source, hazard_no: str, as_of: date) -> dict[str, Any]:
    """A hazard with steps, photos, listings, checks and its list row. Raises ``WarehouseError`` for an unknown one."""
    of_hazard = {"as_of": as_of, "hazard_no": hazard_no}
    everywhere = {**of_hazard, "county": None, "category": None}
    found = source.rows(_HAZARDS, everywhere)
    if not found:
        raise WarehouseError(f"No hazard {hazard_no!r} was registered by {as_of}. See: heng hazards list.")
    return {
        "hazard": found[0],
        "list_row": source.rows(_LIST_ROW, {"hazard_no": hazard_no})[0],
        "steps": source.rows(_STEPS, of_hazard),
        "photos": source.rows(_PHOTOS, of_hazard),
        "listings": source.rows(_LISTINGS, everywhere | {"uscc": None}),
        "checks": source.rows(_CHECKS, of_hazard),
    }
