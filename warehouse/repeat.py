"""The repeat rule: how often a vehicle, a driver or an enterprise was over the limit in a year, as of any day.

公路安全保护条例 art. 66 takes the permit of a vehicle, and stops a driver, after more than three violations in a year,
and stops an enterprise of whose freight vehicles more than a tenth were over the limit. What a year is, is not settled:
令2016-62 art. 46 very likely counts from the first issue of the certificate (ANNIVERSARY); inspectors ask for the
twelve months to today (ROLLING_12M); CALENDAR is the civil year. A count therefore never leaves here without its
window, basis and thresholds.

Every act up to the day is judged once, and the first reason holds, in the order of ``REASONS``. Of the acts that are
left one trip counts once (``same_trip``): a trip lasts ``repeat_merge_hours`` from its first such act, or until the
vehicle passes a scale unladen. Trips outside the window are ``outside_window``; the others count.

Facts come from ``core.violation``, thresholds from ``seeds.parameter`` as of the day. A threshold that is passed is a
fact for a person to look at: nothing here decides what follows from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from warehouse.errors import WarehouseError
from warehouse.metrics import Source

if TYPE_CHECKING:
    import pandas as pd

SUBJECTS = ("vehicle", "driver", "enterprise")
WINDOWS = ("ROLLING_12M", "ANNIVERSARY", "CALENDAR")
BASES = ("VIOLATION", "DECISION")
TIERS = ("none", "watch", "warning", "statutory", "unknown")
"""``warning``: 累计3次, one below the statute; ``statutory``: more than three, or more than a tenth of the fleet;
``unknown``: an enterprise of whose fleet the register says nothing."""
REASONS = (
    "void", "no_penalty", "withdrawn", "transferred", "annulled", "elsewhere", "permit", "ratio", "ratio_unknown",
    "device", "not_filed", "undecided", "same_trip", "outside_window",
)  # fmt: skip
"""Why an act does not count, in the order in which they are asked."""
_ENDED = {
    "void": "void", "no_penalty": "no_penalty", "withdrawn": "withdrawn", "transferred_criminal": "transferred",
    "transferred_other": "transferred", "revoked_by_review": "annulled",
}  # fmt: skip
_NO_DEVICE = {"E-NOCERT", "E-NODEVICE"}
THRESHOLDS = (
    "repeat_count", "repeat_statutory_over", "repeat_merge_hours", "repeat_window_months", "repeat_enterprise_ratio",
    "repeat_excess_ratio",
)  # fmt: skip
"""Parameters that decide a count beside what is asked."""


@dataclass(frozen=True)
class Question:
    """What is asked. ``basis`` places an act in the window: by the day of the act or of its decision.

    ``changed`` replaces parameters, for what-if answers: ``{"repeat_excess_ratio": 0.1}`` holds for every act.
    """

    as_of: date
    subject: str = "vehicle"
    window: str = "ROLLING_12M"
    basis: str = "VIOLATION"
    require_decision: bool = True
    changed: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for value, allowed in ((self.subject, SUBJECTS), (self.window, WINDOWS), (self.basis, BASES)):
            if value not in allowed:
                raise WarehouseError(f"{value!r} is not one of {', '.join(allowed)}.")
        if unknown := set(self.changed) - set(THRESHOLDS):
            raise WarehouseError(f"{', '.join(sorted(unknown))}: change one of {', '.join(THRESHOLDS)}.")


@dataclass(frozen=True)
class Parameter:
    """A threshold as of the day, with its source and how well it is known."""

    name: str
    value: float
    unit: str
    zh: str
    en: str
    citation_zh: str
    citation_en: str
    confidence: str
    is_changed: bool = False


class Act(NamedTuple):
    """One row of ``core.violation``."""

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
    ended_state: str | None
    ended_on: date | None
    case_state: str
    check_no: str | None
    passage_record_id: str | None
    site_code: str | None
    gross_vehicle_weight_kg: int | None
    limit_kg: int | None
    excess_ratio: float | None
    counted_ratio: float | None
    flags: str | None
    permit_no: str | None
    is_permitted: bool
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
    vehicles. ``trigger_on``: the day the statutory threshold was passed; ``lapses_on``: the day the tier falls if
    nothing new comes; ``pending``: acts that want nothing but a decision. ``previous_…``: the cycle before, where
    windows are cycles: a decision may come after its end. ``fleet``: freight vehicles registered to the enterprise on
    the day.
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
def months_later(day: date, months: int) -> date:
    """The same day of a later month; where that month has no such day, the first of the next."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year + (month == 11), (month + 1) % 12 + 1, 1)


def _rolling(as_of: date, months: int) -> tuple[date, date]:
    """The days whose acts still count on ``as_of``."""
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
_PARAMETER_ROWS = """
select parameter, parameter_value, unit, zh, en, citation_zh, citation_en, confidence
from seeds.parameter
where list_contains($names, parameter)
    and $as_of between coalesce(valid_from, $as_of) and coalesce(valid_to, $as_of)
"""
_KEY = {"vehicle": "plate_no, plate_color_code", "driver": "driver_no", "enterprise": "uscc"}
_SUBJECT_WHERE = {
    "vehicle": "plate_no = $plate_no and plate_color_code is not distinct from $plate_color_code",
    "driver": "driver_no = $driver_no",
    "enterprise": "uscc = $uscc",
}
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
_ACTS_OF_ONE = """
select {columns} from core.violation
where violated_on <= $as_of and {where}
order by violated_at, case_no
"""
# Of rows that hold on the day the one that began last; else the last one before the day.
_FIRST_ISSUE = {
    "vehicle": """
        select plate_no, plate_color_code, first_issue_date, valid_from, valid_to, record_id from staging.vehicle
        where valid_from <= $as_of and {where}
    """,
    "driver": """
        select * from (
            select driver_certificate_no as driver_no, first_issue_date, valid_from, valid_to, record_id
            from staging.driver_certificate where valid_from <= $as_of
        ) where {where}
    """,
    "enterprise": """
        select uscc, first_issue_date, valid_from, valid_to, record_id
        from staging.enterprise where valid_from <= $as_of and {where}
    """,
}
_FIRST_ISSUE_OF = """
with told as ({rows})
select {key}, first_issue_date from told {of_acts}
qualify row_number() over (
    partition by {key}
    order by coalesce(valid_to, date '9999-12-31') >= $as_of desc, valid_from desc, record_id
) = 1
"""
# The register of vehicles names its owner. A name is the enterprise's that bears it on the day or, where none does,
# that bore it before: an enterprise that was renamed keeps the vehicles still registered to its old name. Of a name
# that is two enterprises' nothing is told.
_FLEETS = """
with borne as (
    select enterprise_name, uscc, max(coalesce(valid_to, $as_of) >= $as_of) as is_borne_now
    from staging.enterprise where valid_from <= $as_of group by enterprise_name, uscc
),
bearer as (
    select enterprise_name, uscc from borne
    qualify is_borne_now = max(is_borne_now) over (partition by enterprise_name)
),
owner as (
    select enterprise_name, min(uscc) as uscc from bearer group by enterprise_name having count(*) = 1
),
fleet as (
    select owner.uscc, count(distinct (vehicle.plate_no, vehicle.plate_color_code)) as vehicle_count
    from staging.vehicle as vehicle inner join owner using (enterprise_name)
    where $as_of between vehicle.valid_from and coalesce(vehicle.valid_to, $as_of)
    group by owner.uscc
),
named as (
    select uscc, enterprise_name from staging.enterprise
    where $as_of between valid_from and coalesce(valid_to, $as_of)
    qualify row_number() over (partition by uscc order by valid_from desc, record_id) = 1
)
select named.uscc, named.enterprise_name,
    case when owner.uscc = named.uscc then coalesce(fleet.vehicle_count, 0) end as vehicle_count
from named
left join owner on owner.enterprise_name = named.enterprise_name
left join fleet on fleet.uscc = named.uscc
"""


def _records(source: Source, query: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows as dictionaries, None where a value is missing."""
    frame = source.read(query, dict(asked))
    return frame.astype(object).where(frame.notna(), None).to_dict("records")  # type: ignore[return-value]


def parameters(source: Source, question: Question) -> dict[str, Parameter]:
    """The thresholds of the day. Raises ``WarehouseError`` if the snapshot lacks one or has two."""
    found = _records(source, _PARAMETER_ROWS, {"names": list(THRESHOLDS), "as_of": question.as_of})
    rows = {row["parameter"]: row for row in found}
    missing = [name for name in THRESHOLDS if name not in rows]
    if missing or len(found) != len(rows):
        raise WarehouseError(
            f"seeds.parameter has not one row of each as of {question.as_of}: {', '.join(missing) or 'one twice'}. "
            "Run 'heng build', or see warehouse/seeds/parameter.csv."
        )
    return {
        name: Parameter(
            name,
            question.changed.get(name, float(row["parameter_value"])),
            row["unit"] or "",
            row["zh"],
            row["en"],
            row["citation_zh"],
            row["citation_en"],
            row["confidence"],
            name in question.changed,
        )
        for name, row in sorted(rows.items())
    }


_COLUMNS = Act._fields
_DAYS = ("violated_on", "filed_on", "decided_on", "ended_on")
_INSTANTS = ("violated_at", "last_unladen_at")
_WHOLE = ("plate_color_code", "gross_vehicle_weight_kg", "limit_kg", "source_line")


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
    return [Act(*row) for row in zip(*columns, strict=True)]


def _read_acts(source: Source, question: Question, only: Mapping[str, Any] | None, months: int) -> list[Act]:
    columns = ", ".join(_COLUMNS)
    asked: dict[str, Any] = {"as_of": question.as_of}
    if only is not None:
        query = _ACTS_OF_ONE.format(columns=columns, where=_SUBJECT_WHERE[question.subject])
        return _acts(source.read(query, asked | dict(only)))
    key = _KEY[question.subject]
    known = key.split(", ")[0] + " is not null"
    asked["since"] = question.as_of - timedelta(days=31 * 2 * months)
    return _acts(source.read(_ACTS.format(key=key, columns=columns, known=known), asked))


def _first_issues(source: Source, question: Question, only: Mapping[str, Any] | None) -> dict[tuple[Any, ...], date]:
    subject, key = question.subject, _KEY[question.subject]
    where, of_acts = (
        ("true", f"semi join core.violation using ({key})") if only is None else (_SUBJECT_WHERE[subject], "")
    )
    query = _FIRST_ISSUE_OF.format(rows=_FIRST_ISSUE[subject].format(where=where), key=key, of_acts=of_acts)
    found = source.read(query, {"as_of": question.as_of, **(only or {})})
    days = found["first_issue_date"].to_numpy("datetime64[D]").tolist()
    rows = zip(*(found[name] for name in key.split(", ")), days, strict=True)
    return {_key_from(subject, row): row[-1] for row in rows if row[-1] is not None}


def _key_from(subject: str, row: Sequence[Any]) -> tuple[Any, ...]:
    if subject == "vehicle":
        return row[0], int(row[1]) if row[1] == row[1] else None
    return (row[0],)


def _key(subject: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    if subject == "vehicle":
        color = row["plate_color_code"]
        return row["plate_no"], None if color is None else int(color)
    return (row["driver_no" if subject == "driver" else "uscc"],)


def _key_of(subject: str, act: Act) -> tuple[Any, ...]:
    return act.vehicle if subject == "vehicle" else (act.driver_no if subject == "driver" else act.uscc,)


# --- judging ---------------------------------------------------------------------------------------------
def _reason(act: Act, question: Question, told: Mapping[str, Parameter]) -> str | None:
    """Why an act does not count whatever the window and the trip; None: it is left."""
    as_of = question.as_of
    if act.ended_state and (act.ended_on is None or act.ended_on <= as_of):
        return _ENDED[act.ended_state]
    if act.is_elsewhere:
        return "elsewhere"
    if act.is_permitted:
        return "permit"
    changed = told["repeat_excess_ratio"].is_changed
    threshold = told["repeat_excess_ratio"].value if changed else act.counted_ratio
    if threshold is None or (threshold > 0 and act.excess_ratio is None):
        return "ratio_unknown"
    if threshold > 0 and act.excess_ratio is not None and act.excess_ratio <= threshold:
        return "ratio"
    if act.flags and not _NO_DEVICE.isdisjoint(act.flags.split(",")):
        return "device"
    if act.filed_on is None or act.filed_on > as_of:
        return "not_filed"
    if question.require_decision and (act.decided_on is None or act.decided_on > as_of):
        return "undecided"
    return None


def _trips(acts: Iterable[Act], merge_hours: float) -> list[list[Act]]:
    """Acts by trip, each in order of time; ``acts`` are in order of time."""
    longest = timedelta(hours=merge_hours)
    last: dict[tuple[str, int | None], list[Act]] = {}
    found: list[list[Act]] = []
    for act in acts:
        trip = last.get(act.vehicle)
        begun = trip[0].violated_at if trip else None
        if (
            trip is None
            or begun is None
            or act.violated_at - begun > longest
            or (act.last_unladen_at is not None and act.last_unladen_at > begun)
        ):
            trip = last[act.vehicle] = []
            found.append(trip)
        trip.append(act)
    return found


def _placed(act: Act, question: Question) -> date:
    """The act's day in the window; by decision, an act that has none by then stands by its filing."""
    if question.basis == "DECISION":
        for day in (act.decided_on, act.filed_on):
            if day is not None and day <= question.as_of:
                return day
    return act.violated_on


def _from(act: Act, question: Question) -> date:
    days = (act.violated_on, act.filed_on, act.decided_on if question.require_decision else None)
    return max(day for day in days if day is not None)


@dataclass(frozen=True)
class _Window:
    """Days whose acts count, and the months after which one of them lapses; None: they lapse together at its end."""

    first: date
    last: date
    months: int | None

    def holds(self, trip: Sequence[Act], question: Question) -> bool:
        return self.first <= _placed(trip[0], question) <= self.last

    def judged(self, trip: Sequence[Act], question: Question) -> Judged:
        """The head of a trip in this window."""
        head = trip[0]
        placed = _placed(head, question)
        if not self.first <= placed <= self.last:
            return Judged(head, "outside_window", placed)
        begun = max(placed, min(_from(act, question) for act in trip))
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
        judged[head.record_id] = window.judged(trip, question)
        for act in trip[1:]:
            judged[act.record_id] = Judged(act, "same_trip", _placed(act, question), same_trip_as=head.case_no)
    earlier = None
    if before is not None:
        earlier = [before.judged(trip, question) for trip in trips if before.holds(trip, question)]
    return [judged.get(act.record_id) or Judged(act, reasons[act.record_id]) for act in acts], earlier


def _tier(count: int, told: Mapping[str, Parameter]) -> str:
    if count > told["repeat_statutory_over"].value:
        return "statutory"
    return "warning" if count >= told["repeat_count"].value else "watch" if count else "none"


def _trigger(counted: Sequence[Judged], told: Mapping[str, Parameter]) -> date | None:
    """The day on which one more than the statute allows counted."""
    begun = sorted(one.counts_from for one in counted if one.counts_from)
    at = int(told["repeat_statutory_over"].value)
    return begun[at] if len(begun) > at else None


def _lapse(counted: Sequence[Judged], told: Mapping[str, Parameter]) -> date | None:
    """The first day on which the tier is a lower one if nothing new counts."""
    days = sorted(one.lapses_on for one in counted if one.lapses_on)
    if not days:
        return None
    tier = _tier(len(days), told)
    floor = {"statutory": told["repeat_statutory_over"].value, "warning": told["repeat_count"].value - 1}.get(tier, 0)
    return days[len(days) - int(floor) - 1]


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
    fleets = _fleets(source, question) if question.subject == "enterprise" else {}
    by_key: dict[tuple[Any, ...], list[Act]] = defaultdict(list)
    if only is not None:
        by_key[_key(question.subject, only)] = []
    for act in acts:
        by_key[_key_of(question.subject, act)].append(act)
    found = [_standing(key, of_key, question, told, issued.get(key), fleets) for key, of_key in by_key.items()]
    return sorted(found, key=lambda one: (-one.count, -(one.ratio or 0), [str(part) for part in one.key]))


def _fleets(source: Source, question: Question) -> dict[str, tuple[str, int | None]]:
    rows = _records(source, _FLEETS, {"as_of": question.as_of})
    return {
        row["uscc"]: (row["enterprise_name"], None if row["vehicle_count"] is None else int(row["vehicle_count"]))
        for row in rows
    }


def _standing(
    key: tuple[Any, ...],
    acts: Sequence[Act],
    question: Question,
    told: Mapping[str, Parameter],
    issued: date | None,
    fleets: Mapping[str, tuple[str, int | None]],
) -> Standing:
    as_of, window = question.as_of, question.window
    missing = window == "ANNIVERSARY" and (issued is None or issued > as_of)
    if missing:
        window = "ROLLING_12M"
    before: _Window | None = None
    if window == "ROLLING_12M":
        months = int(told["repeat_window_months"].value)
        now = _Window(*_rolling(as_of, months), months)
    else:
        begin = issued if window == "ANNIVERSARY" and issued else date(as_of.year, 1, 1)
        now, before = _Window(*_cycle(begin, as_of), None), _Window(*_cycle(begin, as_of, back=1), None)
        if window == "ANNIVERSARY" and issued and before.first < issued:
            before = None
    judged, earlier = _judge(acts, question, told, now, before)
    counted = [one for one in judged if one.counts]
    shared: dict[str, Any] = {
        "subject": question.subject, "key": key, "window": window, "has_no_first_issue": missing,
        "first_issue_date": issued, "window_first": now.first, "window_last": now.last, "acts": tuple(judged),
        "pending": sum(
            one.reason == "undecided" and now.first <= _placed(one.act, question) <= now.last for one in judged
        ),
        "previous_first": before and before.first, "previous_last": before and before.last,
    }  # fmt: skip
    if question.subject == "enterprise":
        return _enterprise(shared, counted, earlier, told, fleets.get(key[0], (None, None)))
    count = len(counted)
    return Standing(
        **shared,
        count=count,
        tier=_tier(count, told),
        trigger_on=_trigger(counted, told),
        lapses_on=_lapse(counted, told),
        is_one_away=count == told["repeat_statutory_over"].value,
        previous_count=len(earlier) if earlier is not None else None,
        previous_tier=_tier(len(earlier), told) if earlier is not None else None,
        previous_trigger_on=_trigger(earlier, told) if earlier is not None else None,
    )


def _enterprise(
    shared: dict[str, Any],
    counted: Sequence[Judged],
    earlier: Sequence[Judged] | None,
    told: Mapping[str, Parameter],
    owner: tuple[str | None, int | None],
) -> Standing:
    """Of an enterprise vehicles count, as a share of its fleet on the day."""
    most = Fraction(str(told["repeat_enterprise_ratio"].value))
    name, fleet = owner
    since: dict[tuple[str, int | None], date] = {}
    until: dict[tuple[str, int | None], date] = {}
    for one in counted:
        assert one.counts_from is not None
        assert one.lapses_on is not None
        vehicle = one.act.vehicle
        since[vehicle] = min(since.get(vehicle, one.counts_from), one.counts_from)
        until[vehicle] = max(until.get(vehicle, one.lapses_on), one.lapses_on)
    count = len(since)
    passed = fleet is not None and fleet > 0 and Fraction(count, fleet) > most
    needed = int(most * fleet) + 1 if fleet else None  # the smallest number of vehicles above the share
    begun, ended = sorted(since.values()), sorted(until.values(), reverse=True)
    return Standing(
        **shared,
        count=count,
        tier="unknown" if not fleet else "statutory" if passed else "watch" if count else "none",
        trigger_on=begun[needed - 1] if passed and needed else None,
        lapses_on=ended[needed - 1] if passed and needed else (ended[0] if ended else None),
        is_one_away=needed is not None and count == needed - 1 and not passed,
        previous_count=len({one.act.vehicle for one in earlier}) if earlier is not None else None,
        enterprise_name=name,
        fleet=fleet,
        ratio=count / fleet if fleet else None,
    )
