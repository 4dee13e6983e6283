"""The repeat rule: how often a vehicle, a driver or an enterprise was over the limit in a year, as of any day.

公路安全保护条例 art. 66 takes the permit of a vehicle, and stops a driver, after more than three violations in a year,
and stops an enterprise of whose freight vehicles more than a tenth were over the limit. What a year is, is not settled:
令2016-62 art. 46 very likely counts from the first issue of the certificate (ANNIVERSARY); inspectors ask for the
twelve months to today (ROLLING_12M); CALENDAR is the civil year. A count therefore never leaves here without its
window, basis and thresholds.

An answer as of a day holds nothing that happened after it: of every act only what had been done by then is read
(``seen``). Every act up to the day is judged once, and the first reason holds, in the order of ``REASONS``. Of the acts
that are left one trip counts once (``same_trip``): a trip lasts ``repeat_merge_hours`` from its first such act, or
until the vehicle passes a scale unladen. Trips outside the window are ``outside_window``; the others count.

Facts come from ``core.violation``, thresholds from ``seeds.parameter`` as of the day. A threshold that is passed is a
fact for a person to look at: nothing here decides what follows from it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache, lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from warehouse import keyed
from warehouse.errors import WarehouseError
from warehouse.metrics import Source, tables
from warehouse.parameters import Codes, Parameter, numbers, texts

if TYPE_CHECKING:
    import pandas as pd


TABLES = (
    "core.violation", "staging.vehicle", "staging.driver_certificate", "staging.enterprise", "seeds.parameter",
)  # fmt: skip
"""What is read here."""
SUBJECTS = ("vehicle", "driver", "enterprise")
WINDOWS = ("ROLLING_12M", "ANNIVERSARY", "CALENDAR")
BASES = ("VIOLATION", "DECISION")
TIERS = ("none", "watch", "warning", "statutory", "unknown")
"""``warning``: 累计3次, one below the statute; ``statutory``: more than three, or more than a tenth of the fleet;
``unknown``: an enterprise of whose fleet the register says nothing."""
REASONS = (
    "not_mass", "void", "no_penalty", "withdrawn", "transferred", "annulled", "elsewhere", "permit", "ratio",
    "lighter_ratio", "within_limit", "ratio_unknown", "device", "not_filed", "undecided", "others_only", "same_trip",
    "outside_window",
)  # fmt: skip
"""Why an act does not count, in the order in which they are asked."""
ENDED_STATES = {
    "void": "void", "no_penalty": "no_penalty", "withdrawn": "withdrawn", "transferred_criminal": "transferred",
    "transferred_other": "transferred", "revoked_by_review": "annulled",
}  # fmt: skip
"""States of a case without effect, as ``is_ended`` of the models, each with the reason why its act does not count."""
ENDED_REASONS = frozenset(ENDED_STATES.values())
NO_DEVICE = frozenset({"E-NOCERT", "E-NODEVICE"})
"""Evidence reasons that say that the device was not verified on the day, or that no register knows it."""
_NOT_MASS = "over_dimension"
THRESHOLDS = (
    "repeat_count", "repeat_statutory_over", "repeat_merge_hours", "repeat_window_months", "repeat_enterprise_ratio",
    "repeat_excess_ratio", "repeat_own_decision",
)  # fmt: skip
"""Parameters that decide a count beside what is asked."""
ALLOWANCE = "allowance_mode"
"""The parameter that says how what a scale may err by is taken off an excess before it is held against the ratio."""


@dataclass(frozen=True)
class Question:
    """What is asked. ``basis`` places an act in the window: by the day of the act or of its decision.

    ``changed`` replaces parameters, for what-if answers: ``{"repeat_excess_ratio": 0.1}`` holds for every act.
    ``takes_allowance``: no, for what-if answers, holds the measured excess of every act against the ratio.
    """

    as_of: date
    subject: str = "vehicle"
    window: str = "ROLLING_12M"
    basis: str = "VIOLATION"
    require_decision: bool = True
    changed: Mapping[str, float] = field(default_factory=dict)
    takes_allowance: bool = True

    def __post_init__(self) -> None:
        for value, allowed in ((self.subject, SUBJECTS), (self.window, WINDOWS), (self.basis, BASES)):
            if value not in allowed:
                raise WarehouseError(f"{value!r} is not one of {', '.join(allowed)}.")
        if unknown := set(self.changed) - set(THRESHOLDS):
            raise WarehouseError(f"{', '.join(sorted(unknown))}: change one of {', '.join(THRESHOLDS)}.")


@dataclass(frozen=True)
class Defaults:
    """What is asked where nobody says otherwise (``seeds.parameter`` as of the day): the window of a list, that of a
    question about one subject, the day that places an act, and whether acts without a decision are left out."""

    list_window: str
    query_window: str
    basis: str
    require_decision: bool


class Act(NamedTuple):
    """One row of ``core.violation``; in an answer as it had come to by the day (``seen``).

    The state of the case is left out: it is today's, whatever the day.
    """

    plate_no: str
    plate_color_code: int | None
    violated_at: datetime
    violated_on: date
    case_no: str
    act_code: str
    detection_mode: str
    county_code: str
    is_elsewhere: bool
    driver_no: str | None
    driver_certificate_no: str | None
    uscc: str | None
    filed_on: date | None
    decided_on: date | None
    is_decided_by_step: bool
    ended_state: str | None
    ended_on: date | None
    earlier_decided_on: date | None
    earlier_ended_state: str | None
    earlier_ended_on: date | None
    vehicle_decided_on: date | None
    driver_decided_on: date | None
    enterprise_decided_on: date | None
    earlier_vehicle_decided_on: date | None
    earlier_driver_decided_on: date | None
    earlier_enterprise_decided_on: date | None
    check_no: str | None
    passage_record_id: str | None
    site_code: str | None
    gross_vehicle_weight_kg: int | None
    limit_kg: int | None
    excess_ratio: float | None
    accuracy_class: str | None
    allowance_kg: int | None
    excess_after_allowance_kg: int | None
    excess_ratio_after_allowance: float | None
    counted_ratio: float | None
    decided_counted_ratio: float | None
    earlier_decided_counted_ratio: float | None
    flags: str | None
    unknown_conditions: str | None
    permit_no: str | None
    is_permitted: bool
    is_within_limit: bool
    last_unladen_at: datetime | None
    record_id: str
    delivery_id: str
    source_line: int

    @property
    def vehicle(self) -> tuple[str, int | None]:
        return self.plate_no, self.plate_color_code


class Judged(NamedTuple):
    """An act and what became of it. ``reason`` is None where it counts.

    ``placed_on``: its day in the window; ``counts_from``: since when its trip counts; ``lapses_on``: the first day on
    which it does not any more; ``same_trip_as``: the case it is one trip with.
    """

    act: Act
    reason: str | None
    placed_on: date | None = None
    counts_from: date | None = None
    lapses_on: date | None = None
    same_trip_as: str | None = None

    @property
    def counts(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Standing:
    """A subject as of the day.

    ``key``: plate and colour, driver, or credit code. ``window``: the one used, which is ROLLING_12M where the first
    issue of the certificate is not known (``has_no_first_issue``). ``count``: trips, or of an enterprise distinct
    vehicles. ``trigger_on``: since when the count is above the statute's threshold without a break; ``lapses_on``: the
    day the tier falls if nothing new comes; ``pending``: acts that want nothing but a decision. ``previous_…``: the
    cycle before, where windows are cycles: a decision may come after its end. ``fleet``: freight vehicles registered to
    the enterprise on the day.
    """

    subject: str
    key: tuple[Any, ...]
    window: str
    has_no_first_issue: bool
    first_issue_date: date | None
    window_first: date
    window_last: date
    count: int
    tier: str
    trigger_on: date | None
    lapses_on: date | None
    pending: int
    is_one_away: bool
    acts: tuple[Judged, ...]
    previous_first: date | None = None
    previous_last: date | None = None
    previous_count: int | None = None
    previous_tier: str | None = None
    previous_trigger_on: date | None = None
    enterprise_name: str | None = None
    fleet: int | None = None
    ratio: float | None = None

    @property
    def counted(self) -> list[Judged]:
        return [one for one in self.acts if one.counts]

    @property
    def not_counted(self) -> list[Judged]:
        return [one for one in self.acts if not one.counts]


# --- the calendar ----------------------------------------------------------------------------------------
@lru_cache(65_536)
def months_later(day: date, months: int) -> date:
    """The same day of a later month; where that month has no such day, the first of the next."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year + (month == 11), (month + 1) % 12 + 1, 1)


def months_from(first: date, last: date) -> list[date]:
    """The first day of each month from that of one day to that of another."""
    count = 12 * (last.year - first.year) + last.month - first.month
    return [months_later(first.replace(day=1), later) for later in range(count + 1)]


@lru_cache(4096)
def rolling(as_of: date, months: int) -> tuple[date, date]:
    """First and last of the days whose acts still count on ``as_of``: those up to it that are no ``months`` back.

    A day that the last month lacks counts to that month's end (民法典 art. 202): an act of 29 February still counts on
    28 February of the next year.
    """
    first = as_of - timedelta(days=31 * months)
    while months_later(first, months) <= as_of:
        first += timedelta(days=1)
    return first, as_of


def _cycle(begin: date, as_of: date, back: int = 0) -> tuple[date, date]:
    """The cycle of twelve months from ``begin`` on that holds ``as_of``, or one ``back`` cycles earlier."""
    number = as_of.year - begin.year
    while months_later(begin, 12 * number) > as_of:
        number -= 1
    number -= back
    return months_later(begin, 12 * number), months_later(begin, 12 * (number + 1)) - timedelta(days=1)


# --- reading ---------------------------------------------------------------------------------------------
_DEFAULT_ROWS = """
select parameter, coalesce(parameter_text, cast(parameter_value as varchar)) as told
from seeds.parameter
where list_contains($names, parameter)
    and $as_of between coalesce(valid_from, $as_of) and coalesce(valid_to, $as_of)
"""
_BUILT = """
select count(*) as column_count from information_schema.columns
where table_catalog = current_database() and table_schema = 'core' and table_name = 'violation'
    and list_contains($columns, column_name)
"""
_FIRST_DAY = """
select max(began) as first_day from (
    select min(coalesce(valid_from, date '0001-01-01')) as began
    from seeds.parameter where list_contains($names, parameter) group by parameter
) as of_each
"""
_KEY = {"vehicle": "plate_no, plate_color_code", "driver": "driver_no", "enterprise": "uscc"}
# Every act of a subject that has one so near that it may lie in this cycle or the one before.
_ACTS = """
with near as (
    select distinct {key} from core.violation
    where greatest(violated_on, filed_on, decided_on) > $since and violated_on <= $as_of and {known}
)
select {columns} from core.violation semi join near using ({key})
where violated_on <= $as_of
order by violated_at, case_no
"""
# The register that tells the first issue, and its column that names the subject.
_REGISTERS = {
    "vehicle": ("staging.vehicle", "plate_no"),
    "driver": ("staging.driver_certificate", "driver_certificate_no"),
    "enterprise": ("staging.enterprise", "uscc"),
}
# Of rows that hold on the day the one that began last; else the last one before the day (as ``_issued_last``).
_FIRST_ISSUE_OF = """
with told as (
    select {named}, first_issue_date, valid_from, valid_to, record_id from {register} where valid_from <= $as_of
)
select {key}, first_issue_date from told semi join core.violation using ({key})
qualify row_number() over (
    partition by {key}
    order by coalesce(valid_to, date '9999-12-31') >= $as_of desc, valid_from desc, record_id
) = 1
"""
# The register of vehicles names its owner. A name is the enterprise's that bears it on the day or, where none does,
# that bore it before: an enterprise that was renamed keeps the vehicles still registered to its old name. Of a name
# that is two enterprises' nothing is told.
OWNERS = """
with asked as (select unnest($days) as on_day),
borne as (
    select on_day, enterprise_name, uscc, max(coalesce(valid_to, on_day) >= on_day) as is_borne_now
    from asked inner join staging.enterprise on valid_from <= on_day group by on_day, enterprise_name, uscc
),
bearer as (
    select on_day, enterprise_name, uscc from borne
    qualify is_borne_now = max(is_borne_now) over (partition by on_day, enterprise_name)
),
owner as (
    select on_day, enterprise_name, min(uscc) as uscc from bearer
    group by on_day, enterprise_name having count(*) = 1 and ($units is null or list_contains($units, min(uscc)))
)
"""
"""CTEs; the last, ``owner``: on each of ``$days`` the names that are an enterprise's, all or of ``$units`` only."""
_FLEETS = f"""{OWNERS},
fleet as (
    select on_day, owner.uscc, count(distinct (vehicle.plate_no, vehicle.plate_color_code)) as vehicle_count
    from owner inner join staging.vehicle as vehicle using (enterprise_name)
    where on_day between vehicle.valid_from and coalesce(vehicle.valid_to, on_day)
    group by on_day, owner.uscc
),
named as (
    select on_day, uscc, enterprise_name from asked
    inner join staging.enterprise on on_day between valid_from and coalesce(valid_to, on_day)
    where $units is null or list_contains($units, uscc)
    qualify row_number() over (partition by on_day, uscc order by valid_from desc, record_id) = 1
)
select named.on_day, named.uscc, named.enterprise_name,
    case when owner.uscc = named.uscc then coalesce(fleet.vehicle_count, 0) end as vehicle_count
from named
left join owner on owner.on_day = named.on_day and owner.enterprise_name = named.enterprise_name
left join fleet on fleet.on_day = named.on_day and fleet.uscc = named.uscc
order by named.on_day
"""
_OWNED = f"""{OWNERS}
select distinct vehicle.plate_no, vehicle.plate_color_code, owner.uscc
from owner inner join staging.vehicle as vehicle using (enterprise_name)
where on_day between vehicle.valid_from and coalesce(vehicle.valid_to, on_day)
order by vehicle.plate_no, vehicle.plate_color_code, owner.uscc
"""
# Days on which the fleet of one of some enterprises may change.
_FLEET_DAYS = """
with borne as (
    select distinct enterprise_name from staging.enterprise where list_contains($units, uscc)
)
select distinct on_day from (
    select unnest([valid_from, valid_to + 1]) as on_day from staging.vehicle semi join borne using (enterprise_name)
    union all
    select unnest([valid_from, valid_to + 1]) from staging.enterprise semi join borne using (enterprise_name)
) as changed
where on_day > $first and on_day <= $as_of
"""


def is_built(source: Source) -> bool:
    """Whether the snapshot has the acts as they are asked here; one from before an upgrade has not."""
    if not tables(source) >= set(TABLES):
        return False
    (row,) = source.constant(_BUILT, {"columns": list(_COLUMNS)})
    return bool(row["column_count"] == len(_COLUMNS))


def first_day(source: Source) -> date:
    """The first day as of which the rule can be asked: every threshold is in force."""
    (row,) = source.constant(_FIRST_DAY, {"names": [*THRESHOLDS, ALLOWANCE]})
    return date.min if row["first_day"] is None else row["first_day"]


def defaults(source: Source, as_of: date) -> Defaults:
    """What is asked where nobody says otherwise. Before its window was in force a list takes a query's.

    Raises ``WarehouseError`` where the snapshot lacks a row or one says what cannot be asked.
    """
    names = ["repeat_window", "repeat_window_query", "repeat_date_basis", "repeat_require_decision"]
    told = {row["parameter"]: row["told"] for row in source.constant(_DEFAULT_ROWS, {"names": names, "as_of": as_of})}
    told.setdefault("repeat_window", told.get("repeat_window_query"))
    for name, allowed in zip(names, (WINDOWS, WINDOWS, BASES, ("1.0", "0.0")), strict=True):
        if told.get(name) not in allowed:
            raise WarehouseError(
                f"seeds.parameter says {told.get(name)!r} for {name} as of {as_of}; it has to be one of "
                f"{', '.join(allowed)}. Run 'heng build', or see warehouse/seeds/parameter.csv."
            )
    return Defaults(
        told["repeat_window"], told["repeat_window_query"], told["repeat_date_basis"],
        told["repeat_require_decision"] == "1.0",
    )  # fmt: skip


def parameters(source: Source, question: Question) -> dict[str, Parameter]:
    """The thresholds of the day. Raises ``WarehouseError`` if the snapshot lacks one or has two."""
    if question.as_of < (first := first_day(source)):
        raise WarehouseError(
            f"The repeat rule can be asked as of days from {first} on: before, its thresholds were not in force."
        )
    told = numbers(source, THRESHOLDS, question.as_of)
    return told | {name: replace(told[name], value=value, is_changed=True) for name, value in question.changed.items()}


def shown(source: Source, question: Question) -> dict[str, Parameter | Codes]:
    """``parameters`` and the choice of the allowance: what is told beside a count. Errors as there."""
    return {**parameters(source, question), **texts(source, [ALLOWANCE], question.as_of)}


def ratio_if_decided(source: Source, as_of: date) -> float | None:
    """The ratio that an act would be held against for a decision of the day; None: not by the lighter rule."""
    choice = texts(source, ["lighter_rule"], as_of)["lighter_rule"].text
    return numbers(source, ["repeat_excess_ratio"], as_of)["repeat_excess_ratio"].value if choice == "LIGHTER" else None


_COLUMNS = Act._fields
_OWN = tuple(f"{subject}_decided_on" for subject in SUBJECTS)
_DAYS = (
    "violated_on", "filed_on", "decided_on", "ended_on", "earlier_decided_on", "earlier_ended_on",
    *_OWN, *(f"earlier_{name}" for name in _OWN),
)  # fmt: skip
_LATER_OF = attrgetter("filed_on", "decided_on", "ended_on", *_OWN)
_BEGINS_OF = attrgetter(*(name for name in _DAYS if not name.endswith("ended_on")))
_INSTANTS = ("violated_at", "last_unladen_at")
_WHOLE = (
    "plate_color_code", "gross_vehicle_weight_kg", "limit_kg", "allowance_kg", "excess_after_allowance_kg",
    "source_line",
)  # fmt: skip


def _acts(frame: pd.DataFrame) -> list[Act]:
    """Rows as acts, with None where a value is missing."""
    columns: list[list[Any]] = []
    for name in _COLUMNS:
        series = frame[name]
        if name in _DAYS or name in _INSTANTS:
            unit = "datetime64[D]" if name in _DAYS else "datetime64[us]"
            columns.append(series.to_numpy(unit).tolist())  # of numpy, NaT is None as an object
        elif name in _WHOLE:
            columns.append([int(at) if at == at else None for at in series.to_numpy("float64", na_value=float("nan"))])
        else:
            columns.append(series.astype(object).where(series.notna(), None).tolist())
    return list(map(Act._make, zip(*columns, strict=True)))


def _read_acts(source: Source, question: Question, only: Mapping[str, Any] | None, months: int) -> list[Act]:
    asked: dict[str, Any] = {"as_of": question.as_of}
    key = _KEY[question.subject]
    if only is not None:
        (name, *_), wanted = key.split(", "), _key(question.subject, only)
        told = keyed.rows(source, "core.violation", _COLUMNS, name, [only[name]])
        acts = [Act(**row) for row in told if row["violated_on"] <= question.as_of]
        return sorted(
            (act for act in acts if _key_of(question.subject, act) == wanted),
            key=lambda act: (act.violated_at, act.case_no),
        )
    known = key.split(", ")[0] + " is not null"
    asked["since"] = question.as_of - timedelta(days=31 * 2 * months)
    query = _ACTS.format(key=key, columns=", ".join(_COLUMNS), known=known)
    return _acts(source.read(query, asked))


def _first_issues(source: Source, question: Question, only: Mapping[str, Any] | None) -> dict[tuple[Any, ...], date]:
    subject, key, as_of = question.subject, _KEY[question.subject], question.as_of
    register, column = _REGISTERS[subject]
    names = key.split(", ")
    if only is not None:
        told = _issued_last(source, subject, only, as_of)
        return (
            {} if told is None or told["first_issue_date"] is None else {_key(subject, only): told["first_issue_date"]}
        )
    named = ", ".join([column if column == names[0] else f"{column} as {names[0]}", *names[1:]])
    query = _FIRST_ISSUE_OF.format(named=named, register=register, key=key)
    issued = "first_issue_date"
    return {
        tuple(row[name] for name in names): row[issued]
        for row in source.rows(query, {"as_of": as_of})
        if row[issued] is not None
    }


def _issued_last(source: Source, subject: str, only: Mapping[str, Any], as_of: date) -> dict[str, Any] | None:
    """The register's row of one subject that tells its first issue on the day."""
    register, column = _REGISTERS[subject]
    columns = ["first_issue_date", "valid_from", "valid_to", "record_id"]
    if subject == "vehicle":
        columns.append("plate_color_code")
    told = [
        row
        for row in keyed.rows(source, register, columns, column, [_key(subject, only)[0]])
        if row["valid_from"] <= as_of and (subject != "vehicle" or row["plate_color_code"] == only["plate_color_code"])
    ]
    return min(
        told,
        key=lambda row: ((row["valid_to"] or date.max) < as_of, -row["valid_from"].toordinal(), row["record_id"]),
        default=None,
    )


def _key(subject: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    if subject == "vehicle":
        color = row["plate_color_code"]
        return row["plate_no"], None if color is None else int(color)
    return (row["driver_no" if subject == "driver" else "uscc"],)


def _key_of(subject: str, act: Act) -> tuple[Any, ...]:
    return act.vehicle if subject == "vehicle" else (act.driver_no if subject == "driver" else act.uscc,)


# --- judging ---------------------------------------------------------------------------------------------
def seen(act: Act, on: date) -> Act:
    """The act as it had come to by a day: nothing that was filed, decided or ended later."""

    if act.earlier_ended_on is None:
        for day in _LATER_OF(act):
            if day is not None and day > on:
                break
        else:
            return act

    def until(day: date | None) -> date | None:
        return day if day is not None and day <= on else None

    decided_on, ended_state, ended_on = until(act.decided_on), act.ended_state, act.ended_on
    by_step = act.is_decided_by_step and decided_on is not None
    own = act.vehicle_decided_on, act.driver_decided_on, act.enterprise_decided_on
    ratio = act.decided_counted_ratio
    if act.earlier_ended_on is not None and decided_on is None and (ended_state is None or ended_on is not None):
        decided_on, ended_state, ended_on = until(act.earlier_decided_on), act.earlier_ended_state, act.earlier_ended_on
        own = act.earlier_vehicle_decided_on, act.earlier_driver_decided_on, act.earlier_enterprise_decided_on
        ratio = act.earlier_decided_counted_ratio
    if ended_on is not None and ended_on > on:
        ended_state = ended_on = None
    return act._replace(
        filed_on=until(act.filed_on), decided_on=decided_on, is_decided_by_step=by_step, ended_state=ended_state,
        ended_on=ended_on, decided_counted_ratio=None if decided_on is None else ratio,
        earlier_decided_counted_ratio=None,
        vehicle_decided_on=until(own[0]), driver_decided_on=until(own[1]), enterprise_decided_on=until(own[2]),
        earlier_decided_on=None, earlier_ended_state=None, earlier_ended_on=None, earlier_vehicle_decided_on=None,
        earlier_driver_decided_on=None, earlier_enterprise_decided_on=None,
    )  # fmt: skip


def _decided(act: Act, question: Question, told: Mapping[str, Parameter]) -> date | None:
    """The day of the decision that counts: against anyone or, where only those count, against the subject itself."""
    own: date | None = getattr(act, f"{question.subject}_decided_on")
    return own if told["repeat_own_decision"].value else act.decided_on


def _reason(act: Act, question: Question, told: Mapping[str, Parameter]) -> str | None:
    """Why an act, as seen on the day, does not count whatever the window and the trip; None: it is left."""
    if act.act_code == _NOT_MASS:
        return "not_mass"
    if act.ended_state:
        return ENDED_STATES[act.ended_state]
    if act.is_elsewhere:
        return "elsewhere"
    if act.is_permitted:
        return "permit"
    changed = told["repeat_excess_ratio"].is_changed
    threshold = told["repeat_excess_ratio"].value if changed else act.counted_ratio
    excess = act.excess_ratio_after_allowance if question.takes_allowance else act.excess_ratio
    if threshold is None or (threshold > 0 and excess is None):
        return "within_limit" if act.is_within_limit else "ratio_unknown"
    if threshold > 0 and excess is not None and excess <= threshold:
        return "ratio"
    lighter = None if changed else act.decided_counted_ratio
    if lighter is not None and lighter > threshold and (excess is None or excess <= lighter):
        return "lighter_ratio" if excess is not None else "within_limit" if act.is_within_limit else "ratio_unknown"
    if act.flags and not NO_DEVICE.isdisjoint(act.flags.split(",")):
        return "device"
    if act.filed_on is None:
        return "not_filed"
    if question.require_decision and _decided(act, question, told) is None:
        return "undecided" if act.decided_on is None or act.is_decided_by_step else "others_only"
    return None


def _trips(acts: Iterable[Act], merge_hours: float) -> list[list[Act]]:
    """Acts by trip, each in order of time; ``acts`` are in order of time. No hours: each act is a trip."""
    longest = timedelta(hours=merge_hours)
    last: dict[tuple[str, int | None], list[Act]] = {}
    found: list[list[Act]] = []
    for act in acts:
        trip = last.get(act.vehicle)
        begun = trip[0].violated_at if trip else None
        if (
            trip is None
            or begun is None
            or not longest
            or act.violated_at - begun > longest
            or (act.last_unladen_at is not None and act.last_unladen_at > begun)
        ):
            trip = last[act.vehicle] = []
            found.append(trip)
        trip.append(act)
    return found


def _placed(act: Act, question: Question, told: Mapping[str, Parameter]) -> date:
    """The act's day in the window; by decision, an act that has none that counts by then stands by its filing."""
    if question.basis == "DECISION":
        return _decided(act, question, told) or act.filed_on or act.violated_on
    return act.violated_on


def _from(act: Act, question: Question, told: Mapping[str, Parameter]) -> date:
    days = (act.violated_on, act.filed_on, _decided(act, question, told) if question.require_decision else None)
    return max(day for day in days if day is not None)


class _Window(NamedTuple):
    """Days whose acts count, and the months after which one of them lapses; None: they lapse together at its end."""

    first: date
    last: date
    months: int | None

    def holds(self, act: Act, question: Question, told: Mapping[str, Parameter]) -> bool:
        return self.first <= _placed(act, question, told) <= self.last

    def judged(self, trip: Sequence[Act], question: Question, told: Mapping[str, Parameter]) -> Judged:
        """The head of a trip in this window."""
        head = trip[0]
        placed = _placed(head, question, told)
        if not self.first <= placed <= self.last:
            return Judged(head, "outside_window", placed)
        begun = max(placed, min(_from(act, question, told) for act in trip))
        lapses = self.last + timedelta(days=1) if self.months is None else months_later(placed, self.months)
        return Judged(head, None, placed, begun, lapses)


def _judge(
    acts: Sequence[Act], question: Question, told: Mapping[str, Parameter], window: _Window, before: _Window | None
) -> tuple[list[Judged], list[Judged] | None]:
    """Every act as it stands in the window, and the trips that count in the one before."""
    reasons = {act.record_id: _reason(act, question, told) for act in acts}
    trips = _trips((act for act in acts if reasons[act.record_id] is None), told["repeat_merge_hours"].value)
    judged: dict[str, Judged] = {}
    for trip in trips:
        head = trip[0]
        judged[head.record_id] = window.judged(trip, question, told)
        for act in trip[1:]:
            judged[act.record_id] = Judged(act, "same_trip", _placed(act, question, told), same_trip_as=head.case_no)
    earlier = None
    if before is not None:
        earlier = [before.judged(trip, question, told) for trip in trips if before.holds(trip[0], question, told)]
    return [judged.get(act.record_id) or Judged(act, reasons[act.record_id]) for act in acts], earlier


def _tier(count: int, told: Mapping[str, Parameter]) -> str:
    if count > told["repeat_statutory_over"].value:
        return "statutory"
    return "warning" if count >= told["repeat_count"].value else "watch" if count else "none"


def _lapse(counted: Sequence[Judged], told: Mapping[str, Parameter]) -> date | None:
    """The first day on which the tier is a lower one if nothing new counts."""
    days = sorted(one.lapses_on for one in counted if one.lapses_on)
    if not days:
        return None
    tier = _tier(len(days), told)
    floor = {"statutory": told["repeat_statutory_over"].value, "warning": told["repeat_count"].value - 1}.get(tier, 0)
    return days[len(days) - int(floor) - 1]


# --- since when ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Year:
    """Which acts lie in the window as it is on any day: ``months`` back, or cycles from ``begin`` on, or ``fixed``."""

    months: int
    begin: date | None = None
    fixed: _Window | None = None

    def on(self, day: date) -> _Window:
        if self.fixed is not None:
            return self.fixed
        if self.begin is not None:
            return _Window(*_cycle(self.begin, day), None)
        return _Window(*rolling(day, self.months), self.months)

    def changes(self, placed: date, as_of: date) -> list[date]:
        """Days up to ``as_of`` on which an act of the day ``placed`` may leave the window."""
        if self.fixed is not None:
            return []
        if self.begin is None:
            return [months_later(placed, self.months)]
        found = []
        turn = _cycle(self.begin, placed)[0]
        while turn <= as_of:
            found.append(turn)
            turn = _cycle(self.begin, turn)[1] + timedelta(days=1)
        return found


def near(acts: Iterable[Act], merge_hours: float) -> list[list[Act]]:
    """Acts of a vehicle, in order of time, none further than a trip lasts from the one before: others are never one
    trip."""
    longest = timedelta(hours=merge_hours)
    last: dict[tuple[str, int | None], list[Act]] = {}
    found: list[list[Act]] = []
    for act in acts:
        group = last.get(act.vehicle)
        if group is None or act.violated_at - group[-1].violated_at > longest:
            group = last[act.vehicle] = []
            found.append(group)
        group.append(act)
    return found


def _changes(acts: Sequence[Act], year: _Year, as_of: date) -> list[date]:
    """Days up to ``as_of`` on which some of the acts may begin or cease to count, in order."""
    days: set[date | None] = set()
    for act in acts:
        of_act = {*_BEGINS_OF(act)} - {None}
        days |= {*of_act, act.ended_on, act.earlier_ended_on}
        for day in of_act:
            days.update(year.changes(day, as_of) if day is not None and day <= as_of else ())
    return sorted(day for day in days if day is not None and day <= as_of)


def _since(
    acts: Sequence[Act],
    question: Question,
    told: Mapping[str, Parameter],
    year: _Year,
    is_above: Callable[[int, date], bool],
    more_days: Iterable[date] = (),
) -> date | None:
    """The first of the unbroken days, up to the one asked, on which the count is above the threshold.

    Each of those days is answered anew: the acts as they stood then, the window as it lay, of an enterprise the
    vehicles as they were (``more_days``: those on which they may change). Thresholds and first issue are those of the
    day asked.
    """
    hours = told["repeat_merge_hours"].value
    window_on = cache(year.on)
    settled: dict[str, str | None] = {}

    def reason_of(act: Act, as_seen: Act) -> str | None:
        """Why it does not count; asked once of an act that has come to what it is."""
        if as_seen is not act:
            return _reason(as_seen, question, told)
        if act.record_id not in settled:
            settled[act.record_id] = _reason(act, question, told)
        return settled[act.record_id]

    def counted(group: Sequence[Act], day: date) -> int:
        if len(group) == 1:  # a trip of its own if it counts
            (act,) = group
            if act.violated_on > day:
                return 0
            as_seen = seen(act, day)
            return int(reason_of(act, as_seen) is None and window_on(day).holds(as_seen, question, told))
        left = (seen(act, day) for act in group if act.violated_on <= day)
        trips = _trips((act for act in left if _reason(act, question, told) is None), hours)
        return sum(window_on(day).holds(trip[0], question, told) for trip in trips)

    groups = list(near(acts, hours))
    days_of = [_changes(group, year, question.as_of) for group in groups]
    changing: dict[date, list[int]] = {day: [] for day in more_days}
    for at, days in enumerate(days_of):
        for day in days:
            changing.setdefault(day, []).append(at)
    # From the last day back, no further than the days without a break reach; a group's last day left tells its number.
    numbers_of = [counted(group, days[-1]) if days else 0 for group, days in zip(groups, days_of, strict=True)]
    of_vehicle: dict[tuple[str, int | None], int] = defaultdict(int)
    for group, number in zip(groups, numbers_of, strict=True):
        of_vehicle[group[0].vehicle] += number

    def weight(number: int) -> int:
        return min(number, 1) if question.subject == "enterprise" else number

    count, since = sum(map(weight, of_vehicle.values())), None
    for day in sorted(changing, reverse=True):
        if not is_above(count, day):
            break
        since = day
        for at in changing[day]:
            days_of[at].pop()
            before = counted(groups[at], days_of[at][-1]) if days_of[at] else 0
            vehicle = groups[at][0].vehicle
            was = of_vehicle[vehicle]
            of_vehicle[vehicle] = was + before - numbers_of[at]
            count += weight(of_vehicle[vehicle]) - weight(was)
            numbers_of[at] = before
    return since


# --- answers ---------------------------------------------------------------------------------------------
def standings(source: Source, question: Question, only: Mapping[str, Any] | None = None) -> list[Standing]:
    """Every subject with an act up to the day, or the one that ``only`` names by the columns of its key.

    The list holds subjects with an act near enough to this cycle or the one before; highest count first, then by key. A
    single subject is answered with all of its acts, and has a standing even without any act.
    """
    told = parameters(source, question)
    months = int(told["repeat_window_months"].value)
    acts = _read_acts(source, question, only, months)
    issued = _first_issues(source, question, only) if question.window == "ANNIVERSARY" or only else {}
    fleets = _fleets(source, [question.as_of], None) if question.subject == "enterprise" else {}
    by_key: dict[tuple[Any, ...], list[Act]] = defaultdict(list)
    if only is not None:
        by_key[_key(question.subject, only)] = []
    for act in acts:
        by_key[_key_of(question.subject, act)].append(act)
    found = [_standing(key, of_key, question, told, issued.get(key), fleets) for key, of_key in by_key.items()]
    if question.subject == "enterprise":
        found = _with_trigger(source, found, by_key, question, told)
    return sorted(found, key=lambda one: (-one.count, -(one.ratio or 0), [str(part) for part in one.key]))


_Fleets = Mapping[str, list[tuple[date, str, int | None]]]
"""Of each enterprise, by day in order: its name and its vehicles."""


def _fleets(source: Source, days: Sequence[date], units: Sequence[str] | None) -> _Fleets:
    """The fleets of some or of all enterprises on some days."""
    asked = {"days": list(days), "units": None if units is None else list(units)}
    found: dict[str, list[tuple[date, str, int | None]]] = defaultdict(list)
    for row in source.rows(_FLEETS, asked):
        found[row["uscc"]].append((row["on_day"], row["enterprise_name"], row["vehicle_count"]))
    return found


def fleet_of(source: Source, uscc: str, day: date) -> set[tuple[str, int | None]]:
    """The vehicles that are the fleet of an enterprise on a day: plates and colours."""
    return {vehicle for vehicle, _ in owned(source, day, [uscc])}


def owned(source: Source, day: date, units: Sequence[str] | None) -> list[tuple[tuple[str, int | None], str]]:
    """The vehicles (plate, colour) of some or of all enterprises on a day, each with its owner's credit code."""
    asked = {"days": [day], "units": None if units is None else list(units)}
    return [((row["plate_no"], row["plate_color_code"]), row["uscc"]) for row in source.rows(_OWNED, asked)]


def _with_trigger(
    source: Source,
    found: Sequence[Standing],
    acts: Mapping[tuple[Any, ...], Sequence[Act]],
    question: Question,
    told: Mapping[str, Parameter],
) -> list[Standing]:
    """Enterprises with the day since when they are above the share: of those that are, the fleets of earlier days are
    read."""
    above = [one for one in found if one.tier == "statutory"]
    if not above:
        return list(found)
    units = [one.key[0] for one in above]
    first = min(act.violated_on for one in above for act in acts[one.key])
    changed = source.rows(_FLEET_DAYS, {"units": units, "first": first, "as_of": question.as_of})
    days = sorted({first, *(row["on_day"] for row in changed)})
    fleets = _fleets(source, days, units)
    most = Fraction(str(told["repeat_enterprise_ratio"].value))

    def since(one: Standing) -> date | None:
        of_day = {day: fleet for day, _, fleet in fleets[one.key[0]]}
        year = _year(one.window, one.first_issue_date, question.as_of, told)

        def is_above(count: int, day: date) -> bool:
            fleet = of_day.get(days[max(bisect_right(days, day) - 1, 0)])
            return bool(fleet) and count * most.denominator > most.numerator * (fleet or 0)

        return _since(acts[one.key], question, told, year, is_above, days)

    return [replace(one, trigger_on=since(one)) if one.tier == "statutory" else one for one in found]


def _year(window: str, first_issue: date | None, as_of: date, told: Mapping[str, Parameter]) -> _Year:
    """How a window lies on other days."""
    begin = {"ANNIVERSARY": first_issue, "CALENDAR": date(as_of.year, 1, 1)}.get(window)
    return _Year(int(told["repeat_window_months"].value), begin)


def _standing(
    key: tuple[Any, ...],
    acts: Sequence[Act],
    question: Question,
    told: Mapping[str, Parameter],
    issued: date | None,
    fleets: _Fleets,
) -> Standing:
    as_of, window = question.as_of, question.window
    missing = window == "ANNIVERSARY" and (issued is None or issued > as_of)
    if missing:
        window = "ROLLING_12M"
    year = _year(window, issued, as_of, told)
    now, before = year.on(as_of), None
    if year.begin is not None:
        before = _Window(*_cycle(year.begin, as_of, back=1), None)
        if window == "ANNIVERSARY" and before.first < year.begin:
            before = None
    judged, earlier = _judge([seen(act, as_of) for act in acts], question, told, now, before)
    counted = [one for one in judged if one.counts]
    shared: dict[str, Any] = {
        "subject": question.subject, "key": key, "window": window, "has_no_first_issue": missing,
        "first_issue_date": issued, "window_first": now.first, "window_last": now.last, "acts": tuple(judged),
        "pending": sum(
            one.reason in ("undecided", "others_only") and now.holds(one.act, question, told)
            for one in judged
        ),
        "previous_first": before and before.first, "previous_last": before and before.last,
    }  # fmt: skip
    if question.subject == "enterprise":
        return _enterprise(shared, counted, earlier, told, fleets.get(key[0], [(as_of, None, None)])[-1][1:])
    count = len(counted)
    over = told["repeat_statutory_over"].value

    def since(number: int, in_year: _Year) -> date | None:
        return _since(acts, question, told, in_year, lambda count, _: count > over) if number > over else None

    return Standing(
        **shared,
        count=count,
        tier=_tier(count, told),
        trigger_on=since(count, year),
        lapses_on=_lapse(counted, told),
        is_one_away=count == over,
        previous_count=len(earlier) if earlier is not None else None,
        previous_tier=_tier(len(earlier), told) if earlier is not None else None,
        previous_trigger_on=since(len(earlier), replace(year, fixed=before)) if earlier is not None else None,
    )


def _enterprise(
    shared: dict[str, Any],
    counted: Sequence[Judged],
    earlier: Sequence[Judged] | None,
    told: Mapping[str, Parameter],
    owner: tuple[str | None, int | None],
) -> Standing:
    """Of an enterprise vehicles count, as a share of its fleet on the day. Since when is told by ``_with_trigger``."""
    most = Fraction(str(told["repeat_enterprise_ratio"].value))
    name, fleet = owner
    until: dict[tuple[str, int | None], date] = {}
    for one in counted:
        assert one.lapses_on is not None
        vehicle = one.act.vehicle
        until[vehicle] = max(until.get(vehicle, one.lapses_on), one.lapses_on)
    count = len(until)
    passed = fleet is not None and fleet > 0 and Fraction(count, fleet) > most
    needed = int(most * fleet) + 1 if fleet else None  # the smallest number of vehicles above the share
    ended = sorted(until.values(), reverse=True)
    return Standing(
        **shared,
        count=count,
        tier="unknown" if not fleet else "statutory" if passed else "watch" if count else "none",
        trigger_on=None,
        lapses_on=ended[needed - 1] if passed and needed else (ended[0] if ended else None),
        is_one_away=needed is not None and count == needed - 1 and not passed,
        previous_count=len({one.act.vehicle for one in earlier}) if earlier is not None else None,
        enterprise_name=name,
        fleet=fleet,
        ratio=count / fleet if fleet else None,
    )
