"""Compliance as of a day: the safety standard, liability insurance, training, certificates, and the rules on coaches.

Every measure is a part of a whole, and the whole is a list: of each enterprise, certificate, line, vehicle or point it
has one item with its state, so that a rate, its counties and the rows behind it cannot differ. What is above the line
is below it. Nothing of nothing is no rate.

Cohorts. Standard, insurance, scales, lines and large coaches are told as of the day (``as_of``). Training, inspections
of relay points and driving at dawn are told of the period from ``first`` to the day. Certificates of drivers and
permits of vehicles are those that were valid on any day of that period, for what ended years ago tells of nobody at
work.

Days. A span that began after the day has not happened; a certificate about to expire is ``renewed`` where the register
already has a span that begins after the day and no later than the day after the last one. That successor is told as the
register has it now: on a past day it may not have been known yet.

- ``standard``: kinds of the parameter ``standard_kinds`` (figure F27 of the report card).
- ``insurance``: kinds of ``insurance_kinds``. The feed is work-safety liability insurance (安责险); carrier's liability
  insurance (承运人责任险, 道路运输条例 art. 67) comes from no feed.
- ``training_units``, ``training_staff``: kinds of ``training_kinds``; staff of whoever took part (F31).
- ``driver_certificate``, ``vehicle_permit``, ``scale_certificate``: valid, about to expire, lapsed.
- ``long_line``, ``large_coach``, ``relay_inspection``: F05, F06, F07, with the thresholds of the report card.
- ``dawn_driving``: the indicator of ``warehouse.kpi``, by vehicle. By MOT's reply of 2025-10-09 driving between 02:00
  and 05:00 is a major hazard on lines of 800 km and more only, so each coach has the length of its line: a fact to look
  at, no verdict. Whether it handed over to another driver is not known here.

Counties are those of the enterprise on the day, of a coach on the last day it was online, of a scale's site, of a
point. Nothing here is a target, and no fine enters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from warehouse.errors import WarehouseError
from warehouse.hazards import Rate, year_before
from warehouse.kpi import COACHES, scheme_parameters
from warehouse.metrics import Source
from warehouse.parameters import Codes, Parameter, numbers, texts
from warehouse.plate import masked
from warehouse.repeat_terms import masked_driver

__all__ = ["GROUPS", "MEASURES", "OPEN", "TABLES", "UNHELD", "Asked", "Facts", "Item", "Measure", "Part", "year_before"]

TABLES = (
    "mart.vehicle_day", "seeds.kpi_scheme", "seeds.parameter", "staging.coach_line", "staging.driver_certificate",
    "staging.enterprise", "staging.liability_insurance", "staging.monitored_vehicle", "staging.relay_point",
    "staging.safety_standard", "staging.training", "staging.vehicle", "staging.verification_certificate",
    "staging.wim_device", "staging.wim_site",
)  # fmt: skip
"""What is read here."""
GROUPS = ("all", "county", "kind")
_NUMBERS = ("certificate_soon_days", "long_line_km", "large_coach_seats", "dawn_exempt_km")
_KINDS = ("standard_kinds", "insurance_kinds", "training_kinds")
OPEN, UNHELD = "open", "unheld"
"""Lists of several states: what somebody has to look at; what lapsed or was never held."""
_VALID = ("valid", "soon", "renewed")
_EXPIRY = (*_VALID, "lapsed")


@dataclass(frozen=True)
class Measure:
    """``good``: which way is better. ``states``: what an item can be, ``part``: those above the line.

    ``open_states``: those somebody has to look at. ``figure``: of the report card, the same number. ``parameters``: of
    ``seeds.parameter`` and, for driving at dawn, ``seeds.kpi_scheme``. ``of_period``: told of a period, not of the day.
    """

    name: str
    topic: str
    good: str
    states: tuple[str, ...]
    part: tuple[str, ...]
    open_states: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    figure: str = ""
    of_period: bool = False

    @property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """The states of each list of rows that can be asked for: of several states, then of each."""
        several = {OPEN: self.open_states}
        if "never" in self.states:
            several[UNHELD] = ("lapsed", "never")
        return several | {state: (state,) for state in self.states}


MEASURES = {
    one.name: one
    for one in (
        Measure("standard", "standard", "up", (*_EXPIRY, "never"), _VALID, ("never", "lapsed", "soon"),
                ("standard_kinds", "certificate_soon_days"), "F27"),
        Measure("insurance", "insurance", "up", (*_EXPIRY, "never"), _VALID, ("never", "lapsed", "soon"),
                ("insurance_kinds", "certificate_soon_days")),
        Measure("training_units", "training", "up", ("trained", "untrained"), ("trained",), ("untrained",),
                ("training_kinds",), of_period=True),
        Measure("training_staff", "training", "up", ("full", "partial"), ("full",), ("partial",), (), "F31c", True),
        Measure("driver_certificate", "certificates", "up", _EXPIRY, _VALID, ("lapsed", "soon"),
                ("certificate_soon_days",), of_period=True),
        Measure("vehicle_permit", "certificates", "up", _EXPIRY, _VALID, ("lapsed", "soon"),
                ("certificate_soon_days",), of_period=True),
        Measure("scale_certificate", "certificates", "up", (*_EXPIRY, "never"), _VALID, ("never", "lapsed", "soon"),
                ("certificate_soon_days",)),
        Measure("long_line", "coach", "down", ("reaches", "below"), ("reaches",), ("reaches",), ("long_line_km",),
                "F05"),
        Measure("large_coach", "coach", "down", ("reaches", "below", "untold"), ("reaches",), ("reaches", "untold"),
                ("large_coach_seats",), "F06"),
        Measure("relay_inspection", "coach", "up", ("inspected", "not_inspected"), ("inspected",), ("not_inspected",),
                (), "F07", True),
        Measure("dawn_driving", "coach", "down", ("drove", "kept"), ("drove",), ("drove",),
                ("long_line_km", "dawn_exempt_km", "dawn_from_h", "dawn_to_h", "dawn_min_s"), of_period=True),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The state of ``as_of``, and for what is told of a period that from ``first`` to it, both included.

    Raises ``WarehouseError`` for a period that begins after the day.
    """

    as_of: date
    first: date
    county: str | None = None

    def __post_init__(self) -> None:
        if self.first > self.as_of:
            raise WarehouseError(f"The period begins on {self.first}, after the day asked for, {self.as_of}.")


class Item(NamedTuple):
    """One of the whole of a measure. ``subject_no``: who or what it is (credit code, certificate, plate, line, device).

    ``since``, ``until``: of what makes its state: the certificate, policy or line; the event or inspection. ``amount``
    of ``amount_of``: staff trained, days at dawn of days online; km of a line, seats of a coach. ``days_left``: to the
    last day, 0 on it, negative after it. ``reading``: of a coach at dawn, what the length of its line says.
    """

    measure: str
    state: str
    subject_no: str
    plate_color_code: int | None
    name: str | None
    kind: str | None
    county_code: str | None
    uscc: str | None
    document_no: str | None
    since: date | None
    until: date | None
    renewed_from: date | None
    days_left: int | None
    amount: float | None
    amount_of: float | None
    reading: str | None


PLATES = ("vehicle_permit", "large_coach", "dawn_driving")
"""Measures whose subjects are plates."""
MASKED = (*PLATES, "driver_certificate")


def masked_item(one: Item) -> Item:
    """An item for whoever may not see whose it is: plates, permits and numbers of drivers' certificates masked."""
    if one.measure in PLATES:
        document = masked_driver(one.document_no) if one.measure == "vehicle_permit" and one.document_no else None
        return one._replace(subject_no=masked(one.subject_no), document_no=document or one.document_no)
    return one._replace(subject_no=masked_driver(one.subject_no)) if one.measure == "driver_certificate" else one


@dataclass(frozen=True)
class Part:
    """A measure over a group: ``rate`` with what it is taken from, and how many items are in each state.

    Of ``training_staff`` the rate counts people, the states units.
    """

    measure: str
    group: str | None
    rate: Rate
    states: dict[str, int]

    @property
    def open_count(self) -> int:
        """Items that somebody has to look at."""
        return sum(self.states[state] for state in MEASURES[self.measure].open_states)


# --- reading ---------------------------------------------------------------------------------------------
# Of spans that overlap the one that began last holds.
_PLACED = """
select uscc, enterprise_name as name, enterprise_kind as kind, county_code
from staging.enterprise
where $as_of between valid_from and coalesce(valid_to, $as_of)
qualify row_number() over (partition by uscc order by valid_from desc, record_id) = 1
"""
_HELD = f"select uscc, name, kind, county_code from ({_PLACED}) where list_contains($kinds, kind)"
# Of a subject's spans that began by the day the one that ends last; what begins after the day is a successor.
_LAST = """
newest as (
    select * from span where valid_from <= $as_of
    qualify row_number() over (
        partition by subject_no order by coalesce(valid_to, date '9999-12-31') desc, valid_from desc, document_no
    ) = 1
),
later as (select subject_no, min(valid_from) as renewed_from from span where valid_from > $as_of group by all)
"""
_COVERED = """
with held as ({held}),
span as (select uscc as subject_no, {document} as document_no, valid_from, valid_to from {table}),
{last}
select held.uscc as subject_no, held.name, held.kind, held.county_code, held.uscc, newest.document_no,
    newest.valid_from as since, newest.valid_to as until, later.renewed_from
from held
left join newest on newest.subject_no = held.uscc
left join later on later.subject_no = held.uscc
order by subject_no
"""
_STANDARD = _COVERED.format(
    held=_HELD, document="standard_certificate_no", table="staging.safety_standard", last=_LAST
)  # fmt: skip
_INSURANCE = _COVERED.format(held=_HELD, document="policy_no", table="staging.liability_insurance", last=_LAST)
_TRAINED = """
took as (
    select uscc, max(held_on) as held_on, max(trained_count) as trained, max(staff_count) as staff,
        max_by(training_no, held_on) as training_no, max_by(unit_name, held_on) as unit_name
    from (select * from staging.training order by held_on, training_no)
    where held_on between $first and $as_of
    group by uscc
)
"""
_TRAINING_UNITS = f"""
with held as ({_HELD}), {_TRAINED}
select held.uscc as subject_no, held.name, held.kind, held.county_code, held.uscc, took.training_no as document_no,
    took.held_on as since, took.trained as amount, took.staff as amount_of
from held
left join took on took.uscc = held.uscc
order by subject_no
"""
_TRAINING_STAFF = f"""
with placed as ({_PLACED}), {_TRAINED}
select took.uscc as subject_no, coalesce(placed.name, took.unit_name) as name, placed.kind, placed.county_code,
    took.uscc, took.training_no as document_no, took.held_on as since, took.trained as amount, took.staff as amount_of
from took
left join placed on placed.uscc = took.uscc
order by subject_no
"""
_DRIVERS = f"""
with placed as ({_PLACED}),
span as (
    select driver_certificate_no as subject_no, driver_certificate_no as document_no, driver_class, uscc, valid_from,
        valid_to
    from staging.driver_certificate
),
{_LAST}
select newest.subject_no, placed.name, newest.driver_class as kind, placed.county_code, newest.uscc,
    newest.valid_from as since, newest.valid_to as until, later.renewed_from
from newest
left join later on later.subject_no = newest.subject_no
left join placed on placed.uscc = newest.uscc
where coalesce(newest.valid_to, $first) >= $first
order by newest.subject_no
"""
# The register names the owner by name only: a name that several enterprises bear tells no county.
_PERMITS = f"""
with placed as (
    select name, min(uscc) as uscc, min(county_code) as county_code
    from ({_PLACED})
    group by name
    having count(*) = 1
),
span as (
    select concat(plate_no, ' ', coalesce(plate_color_code, -1)) as subject_no, operating_permit_no as document_no,
        plate_no, plate_color_code, enterprise_name, valid_from, valid_to
    from staging.vehicle
    where operating_permit_no is not null
),
{_LAST}
select newest.plate_no as subject_no, newest.plate_color_code, newest.enterprise_name as name, placed.county_code,
    placed.uscc, newest.document_no, newest.valid_from as since, newest.valid_to as until, later.renewed_from
from newest
left join later on later.subject_no = newest.subject_no
left join placed on placed.name = newest.enterprise_name
where coalesce(newest.valid_to, $first) >= $first
order by newest.plate_no, newest.plate_color_code
"""
_SCALES = f"""
with device as (
    select device_no, site_code from staging.wim_device
    where $as_of between valid_from and coalesce(valid_to, $as_of)
    qualify row_number() over (partition by device_no order by valid_from desc, site_code) = 1
),
site as (
    select site_code, county_code from staging.wim_site
    where $as_of between valid_from and coalesce(valid_to, $as_of)
    qualify row_number() over (partition by site_code order by valid_from desc, county_code) = 1
),
span as (
    select device_no as subject_no, certificate_no as document_no, accuracy_class, valid_from, valid_to
    from staging.verification_certificate
),
{_LAST}
select device.device_no as subject_no, device.site_code as name, cast(newest.accuracy_class as varchar) as kind,
    site.county_code, newest.document_no, newest.valid_from as since, newest.valid_to as until, later.renewed_from
from device
left join site on site.site_code = device.site_code
left join newest on newest.subject_no = device.device_no
left join later on later.subject_no = device.device_no
order by subject_no
"""
_LINES = f"""
with placed as ({_PLACED}),
line as (
    select line_no, line_origin, line_destination, line_class, uscc, valid_from, valid_to, line_distance_km
    from staging.coach_line
    where $as_of between valid_from and coalesce(valid_to, $as_of)
    qualify row_number() over (partition by line_no order by valid_from desc, record_id) = 1
)
select line.line_no as subject_no, concat(line.line_origin, '—', line.line_destination) as name,
    cast(line.line_class as varchar) as kind, placed.county_code, line.uscc, line.valid_from as since,
    line.valid_to as until, line.line_distance_km as amount
from line
left join placed on placed.uscc = line.uscc
order by subject_no
"""
_COACHES = f"""
with placed as ({_PLACED}),
vehicle as (
    select plate_no, plate_color_code, monitored_class, county_code, uscc, line_no, valid_from, valid_to, seat_count
    from staging.monitored_vehicle
    where $as_of between valid_from and coalesce(valid_to, $as_of)
    qualify row_number() over (partition by plate_no, plate_color_code order by valid_from desc, record_id) = 1
)
select coach.plate_no as subject_no, coach.plate_color_code, placed.name, coach.monitored_class as kind,
    coach.county_code, coach.uscc, coach.line_no as document_no, coach.valid_from as since, coach.valid_to as until,
    coach.seat_count as amount
from vehicle as coach
left join placed on placed.uscc = coach.uscc
where list_contains($classes, coach.monitored_class)
order by subject_no, plate_color_code
"""
_RELAYS = """
with point as (
    select relay_point_no, place, county_code, valid_from, valid_to,
        max(case when inspected_on <= $as_of then inspected_on end) over (partition by relay_point_no) as inspected_on
    from staging.relay_point
    where valid_from <= $as_of
    qualify row_number() over (partition by relay_point_no order by valid_from desc, record_id) = 1
)
select relay_point_no as subject_no, place as name, county_code, inspected_on as since, valid_to as until
from point
where coalesce(valid_to, $first) >= $first or inspected_on >= $first
order by subject_no
"""
_DAWN = f"""
with placed as ({_PLACED}),
coach as (
    select plate_no, plate_color_code, max_by(monitored_class, event_date) as kind,
        max_by(county_code, event_date) as county_code, max_by(uscc, event_date) as uscc,
        count(*) filter (is_online) as online_days, count(*) filter (is_dawn_driving) as dawn_days,
        max(event_date) filter (is_dawn_driving) as last_on
    from mart.vehicle_day
    where is_registered and list_contains($classes, monitored_class) and event_date between $first and $as_of
    group by plate_no, plate_color_code
    having count(*) filter (is_online) > 0
),
register as (
    select coach.plate_no, coach.plate_color_code, coach.last_on, told.line_no
    from coach
    inner join staging.monitored_vehicle as told
        on told.plate_no = coach.plate_no and told.plate_color_code = coach.plate_color_code
        and coach.last_on between told.valid_from and coalesce(told.valid_to, coach.last_on)
    qualify row_number() over (
        partition by coach.plate_no, coach.plate_color_code order by told.valid_from desc, told.record_id
    ) = 1
),
line as (
    select register.plate_no, register.plate_color_code, told.line_no, told.line_distance_km as km
    from register
    inner join staging.coach_line as told
        on told.line_no = register.line_no
        and register.last_on between told.valid_from and coalesce(told.valid_to, register.last_on)
    qualify row_number() over (
        partition by register.plate_no, register.plate_color_code order by told.valid_from desc, told.record_id
    ) = 1
)
select coach.plate_no as subject_no, coach.plate_color_code, placed.name, coach.kind, coach.county_code, coach.uscc,
    line.line_no as document_no, coach.last_on as since, coach.dawn_days as amount, coach.online_days as amount_of,
    line.km
from coach
left join line on line.plate_no = coach.plate_no and line.plate_color_code = coach.plate_color_code
left join placed on placed.uscc = coach.uscc
order by subject_no, plate_color_code
"""


def names(source: Source, as_of: date) -> dict[str, str]:
    """The names of the enterprises registered on a day, by their credit codes."""
    return {row["uscc"]: row["name"] for row in source.rows(_PLACED, {"as_of": as_of})}


class Facts:
    """The items of every measure for one question, each read when it is first asked for."""

    def __init__(self, source: Source, asked: Asked) -> None:
        self.source, self.asked = source, asked
        self.told = numbers(source, _NUMBERS, asked.as_of)
        self.kinds = texts(source, _KINDS, asked.as_of)
        self._items: dict[str, list[Item]] = {}

    @cached_property
    def _scheme(self) -> list[Parameter]:
        """Thresholds of driving at dawn (``seeds.kpi_scheme``) of the day."""
        return scheme_parameters(self.source, self.asked.as_of)

    def used(self, measures: Iterable[str]) -> list[Parameter | Codes]:
        """Parameters of these measures, each with its source and how well it is known."""
        wanted = {name for measure in measures for name in MEASURES[measure].parameters}
        every: list[Parameter | Codes] = [*self.kinds.values(), *self.told.values(), *self._scheme]
        return [one for one in every if one.name in wanted]

    def items(self, measure: str) -> list[Item]:
        """The whole of a measure, in the county asked for."""
        if measure not in MEASURES:
            raise WarehouseError(f"There is no measure {measure!r}. Choose one of {', '.join(MEASURES)}.")
        if measure not in self._items:
            county = self.asked.county
            found = _READ[measure](self, measure)
            self._items[measure] = [one for one in found if county in (None, one.county_code)]
        return self._items[measure]

    def listed(
        self, measure: str, state: str | None = None, of_equals: Callable[[tuple[Any, ...]], Any] | None = None
    ) -> list[Item]:
        """Items of a measure, of one of its ``lists`` or (None) all: the first to expire first, then by number, or by
        what ``of_equals`` makes of it where the order must not tell of a masked one."""
        known = MEASURES[measure].lists if measure in MEASURES else {}
        if state is not None and state not in known:
            raise WarehouseError(f"{measure} has no state {state!r}. Choose one of {', '.join(known or MEASURES)}.")
        found = [one for one in self.items(measure) if state is None or one.state in known[state]]
        tie = of_equals or (lambda key: key)
        return sorted(
            found,
            key=lambda one: (
                one.until or date.max, tie((one.subject_no, one.plate_color_code or 0)), one.since or date.min,
            ),
        )  # fmt: skip

    def parts(self, measure: str, by: str = "all") -> list[Part]:
        """A measure by group, in the order of their names; one group, named '', for ``all``."""
        if by not in GROUPS:
            raise WarehouseError(f"Compliance is not grouped by {by!r}. Choose one of {', '.join(GROUPS)}.")
        grouped: dict[str | None, list[Item]] = defaultdict(list)
        if by == "all":
            grouped[""] = self.items(measure)
        for one in self.items(measure) if by != "all" else ():
            grouped[one.county_code if by == "county" else one.kind].append(one)
        order = sorted(grouped, key=lambda name: (name is None, name or ""))
        return [_part(measure, name, grouped[name]) for name in order]

    def whole(self, measure: str) -> Part:
        return self.parts(measure)[0]

    # --- states ---
    def expiry(self, row: dict[str, Any]) -> dict[str, Any]:
        """State and days left of a certificate or policy; ``row`` has its first and last day and its successor."""
        since, until, day = row["since"], row["until"], self.asked.as_of
        left = None if until is None else (until - day).days
        if since is None:
            return {"state": "never", "days_left": None}
        if left is None or left > self.told["certificate_soon_days"].value:
            return {"state": "valid", "days_left": left}
        if left < 0:
            return {"state": "lapsed", "days_left": left}
        follows = row["renewed_from"] is not None and (row["renewed_from"] - until).days <= 1
        return {"state": "renewed" if follows else "soon", "days_left": left}

    def rows(self, query: str, **bound: Any) -> list[dict[str, Any]]:
        return self.source.rows(query, {"as_of": self.asked.as_of, **bound})

    def reading(self, km: float | None) -> str:
        """What the length of its line says of a coach on the road at dawn."""
        if km is None:
            return "no_line"
        if km >= self.told["long_line_km"].value:
            return "long"
        return "short" if km <= self.told["dawn_exempt_km"].value else "between"


def _part(measure: str, group: str | None, items: list[Item]) -> Part:
    spec = MEASURES[measure]
    states = {state: sum(one.state == state for one in items) for state in spec.states}
    if measure == "training_staff":
        rate = Rate(sum(int(one.amount or 0) for one in items), sum(int(one.amount_of or 0) for one in items))
    else:
        rate = Rate(sum(states[state] for state in spec.part), len(items))
    return Part(measure, group, rate, states)


_Read = Callable[[Facts, str], list[Item]]


def _item(measure: str, row: dict[str, Any], **told: Any) -> Item:
    known: dict[str, Any] = {name: row.get(name) for name in Item._fields}
    return Item(**(known | {"measure": measure} | told))


def _expiring(query: str, kinds: str | None = None, of_period: bool = False) -> _Read:
    """Certificates or policies of the enterprises held to them, or of a register of their own."""

    def read(facts: Facts, measure: str) -> list[Item]:
        bound: dict[str, Any] = {"kinds": facts.kinds[kinds].values} if kinds else {}
        if of_period:
            bound["first"] = facts.asked.first
        return [_item(measure, row, **facts.expiry(row)) for row in facts.rows(query, **bound)]

    return read


def _training_units(facts: Facts, measure: str) -> list[Item]:
    rows = facts.rows(_TRAINING_UNITS, kinds=facts.kinds["training_kinds"].values, first=facts.asked.first)
    return [_item(measure, row, state="untrained" if row["since"] is None else "trained") for row in rows]


def _training_staff(facts: Facts, measure: str) -> list[Item]:
    rows = facts.rows(_TRAINING_STAFF, first=facts.asked.first)
    return [_item(measure, row, state="full" if row["amount"] >= row["amount_of"] else "partial") for row in rows]


def _reaching(query: str, threshold: str, with_classes: bool = False) -> _Read:
    """Lines by their length and coaches by their seats, against a threshold that counts itself."""

    def read(facts: Facts, measure: str) -> list[Item]:
        limit = facts.told[threshold].value
        rows = facts.rows(query, **({"classes": list(COACHES)} if with_classes else {}))
        return [
            _item(
                measure, row,
                state="untold" if row["amount"] is None else "reaches" if row["amount"] >= limit else "below",
            )
            for row in rows
        ]  # fmt: skip

    return read


def _relays(facts: Facts, measure: str) -> list[Item]:
    first = facts.asked.first
    rows = facts.rows(_RELAYS, first=first)
    return [
        _item(measure, row, state="inspected" if row["since"] and row["since"] >= first else "not_inspected")
        for row in rows
    ]


def _dawn(facts: Facts, measure: str) -> list[Item]:
    rows = facts.rows(_DAWN, first=facts.asked.first, classes=list(COACHES))
    return [
        _item(
            measure, row,
            state="drove" if row["amount"] else "kept",
            reading=facts.reading(row["km"]) if row["amount"] else None,
        )
        for row in rows
    ]  # fmt: skip


_READ: dict[str, _Read] = {
    "standard": _expiring(_STANDARD, "standard_kinds"),
    "insurance": _expiring(_INSURANCE, "insurance_kinds"),
    "training_units": _training_units,
    "training_staff": _training_staff,
    "driver_certificate": _expiring(_DRIVERS, of_period=True),
    "vehicle_permit": _expiring(_PERMITS, of_period=True),
    "scale_certificate": _expiring(_SCALES),
    "long_line": _reaching(_LINES, "long_line_km"),
    "large_coach": _reaching(_COACHES, "large_coach_seats", with_classes=True),
    "relay_inspection": _relays,
    "dawn_driving": _dawn,
}
