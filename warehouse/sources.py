"""Loading firms (货运源头单位): whose loads were over the limit, by the firm's own scale and by a scale on the road.

A trip is a ticket of the firm's weighbridge. A passage belongs to the last trip of its plate by the rule of
``core.case_match``, which cases go by as well: within ``match_loading_hours`` after the vehicle left, not weighed
unladen in between, the ticket of one firm alone. It is ``near`` where plate colour and mass agree
(``match_mass_ratio``), and ``weak`` where they do not: then it was another load, or part of one. A vehicle that
is unladen itself is on its way back, and weighs no trip.

Two findings stay apart, for they say different things of the firm:

- ``own_over``: the mass on its own ticket is above the highest limit that any vehicle of so many axles may have that
  day (``seeds.gross_weight_limit`` with air suspension). The firm knew it when the vehicle left (公路安全保护条例
  art. 41). A vehicle with a lower limit is not called over: the ticket does not say its kind.
- ``over``: of the trips that a scale weighed again and could judge (``judged``, passages that are ``near``), those with
  a passage over the limit that no permit covers.

The rate of a firm is ``over`` ÷ ``judged``. Trips of one vehicle tell less than as many of several, so its interval is
Jeffreys' on as many trips as they are worth (``warehouse.shrinkage.design_effect``). A firm is ``above`` or ``below``
where the rate of all lies outside the interval, ``few`` with less than ``source_least_judged`` judged trips, else
``alike``. A trip that no scale saw is counted and judged by nothing.

A ticket says where the vehicle was loaded, not who is to answer for it. Nothing here is a target, and no fine enters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

from warehouse import shrinkage
from warehouse.beta import quantile
from warehouse.errors import WarehouseError
from warehouse.metrics import Source, tables
from warehouse.parameters import Parameter, numbers
from warehouse.plate import masked

TABLES = (
    "core.passage", "mart.finding", "mart.loaded_trip", "seeds.gross_weight_limit", "seeds.gross_weight_modifier",
    "seeds.parameter", "staging.loading_firm",
)  # fmt: skip
"""What is read here."""
PARAMETERS = (
    "loading_firm_tonnage_t", "match_loading_hours", "match_mass_ratio", "source_confidence", "source_least_judged",
    "unladen_share",
)  # fmt: skip
STANDINGS = ("above", "alike", "below", "few")
TRACES = ("last_ticket", "color_not_told", "other_mass", "unladen_since", "ambiguous", "no_ticket", "plate_unread")
"""How a passage over the limit comes to a firm, the surest first, or why it comes to none (``core.case_match``)."""
TRACED = TRACES[:3]
_HALF = 0.5


@dataclass(frozen=True)
class Asked:
    """Trips that left, and passages over the limit, from ``first`` to ``last``, both included. ``county``: of the firm,
    and of the site where a passage is told without one.

    Raises ``WarehouseError`` for a period that ends before it begins.
    """

    first: date
    last: date
    county: str | None = None

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise WarehouseError(f"The period ends before it begins: {self.first} to {self.last}.")


@dataclass(frozen=True)
class Trips:
    """Counts of trips. ``own_known``: the ticket tells axles and mass; ``own_over`` of them by the firm's own scale.

    ``seen``: a scale weighed this load again (near); ``judged`` of them are over or within the limit, ``over`` over and
    under no permit. ``other_mass``: seen, but only with another mass. ``excess_kg``: above the limit, the largest of
    each trip that is over.
    """

    trips: int = 0
    vehicles: int = 0
    own_known: int = 0
    own_over: int = 0
    seen: int = 0
    judged: int = 0
    over: int = 0
    other_mass: int = 0
    excess_kg: int = 0

    @property
    def rate(self) -> float | None:
        return self.over / self.judged if self.judged else None

    @property
    def own_rate(self) -> float | None:
        return self.own_over / self.own_known if self.own_known else None


class Firm(NamedTuple):
    """A loading firm as the register of the last day has it, with its trips of the period.

    ``rate`` ``low`` to ``high``: the interval, None with nothing judged. ``is_bound``: its yearly tonnage asks for a
    link (``loading_firm_tonnage_t``); None: not told. ``links_missing``: of weighbridge, video, city and province what
    it lacks; None: no row of the register holds on the day. ``standing``: one of ``STANDINGS``.
    """

    firm_no: str
    firm_name: str | None
    firm_kind: str | None
    county_code: str | None
    uscc: str | None
    annual_tonnage_t: float | None
    is_bound: bool | None
    links_missing: tuple[str, ...] | None
    told: Trips
    low: float | None
    high: float | None
    standing: str

    @property
    def is_open(self) -> bool:
        """Bound to be linked, and something is missing."""
        return bool(self.is_bound and self.links_missing)


class Trip(NamedTuple):
    """One trip of a firm that is over by its own ticket or by a scale. ``plate_no`` masked.

    ``highest_limit_kg``: of so many axles; ``record_id``: the passage with the largest excess, else the first that
    weighed it. ``grade``: near or weak; None: no scale saw it.
    """

    ticket_no: str
    left_at: datetime
    plate_no: str
    plate_color_code: int | None
    axle_count: int | None
    loaded_mass_kg: int | None
    highest_limit_kg: int | None
    is_own_over: bool | None
    grade: str | None
    is_over: bool
    is_permitted: bool
    record_id: str | None
    passed_at: datetime | None
    site_code: str | None
    gross_vehicle_weight_kg: int | None
    limit_kg: int | None
    excess_kg: int | None
    excess_ratio: float | None


@dataclass(frozen=True)
class Told:
    """The answer: firms, those with most trips over the limit first; ``every`` of them together; ``traces``: of all
    passages over the limit of the period, whatever firm, by ``TRACES``; ``effect``: trips that tell as much as one."""

    asked: Asked
    firms: tuple[Firm, ...]
    every: Trips
    traces: Mapping[str, int]
    effect: float
    parameters: Mapping[str, Parameter]

    @property
    def traced(self) -> int:
        return sum(self.traces[name] for name in TRACED)


# --- reading -----------------------------------------------------------------------------------------------
# {passages}: of the days from which a trip may have been seen. See core.case_match for the ties.
_TRACED = """
with ticket as (
    select record_id, firm_no, plate_no, plate_color_code, loaded_mass_kg, left_at
    from mart.loaded_trip
    where left_date between $since and $until and left_at is not null
),
seen as (
    select passage.record_id, passage.plate_no, passage.plate_color_code, passage.passed_at, passage.passed_date,
        passage.gross_vehicle_weight_kg,
        passage.gross_vehicle_weight_kg <= passage.limit_low_kg * share.parameter_value as is_unladen
    from {passages} as passage
    left join seeds.parameter as share
        on share.parameter = 'unladen_share'
        and passage.passed_date between coalesce(share.valid_from, passage.passed_date)
            and coalesce(share.valid_to, passage.passed_date)
    where passage.passed_date between $since and $until
        and passage.plate_no in (select plate_no from ticket)
),
paired as (
    select seen.*, ticket.record_id as ticket_record_id, ticket.firm_no, ticket.left_at, ticket.loaded_mass_kg,
        coalesce(ticket.plate_color_code = seen.plate_color_code, false) as is_same_color,
        rank() over (partition by seen.record_id order by ticket.left_at desc) as nth_last
    from seen
    inner join ticket
        on ticket.plate_no = seen.plate_no
        and coalesce(ticket.plate_color_code, seen.plate_color_code) = seen.plate_color_code
        and ticket.left_at <= seen.passed_at
        and ticket.left_at >= seen.passed_at - to_hours(cast($hours as bigint))
),
last_ticket as (
    select record_id, any_value(plate_no) as plate_no, any_value(plate_color_code) as plate_color_code,
        any_value(is_unladen) as is_unladen, any_value(passed_at) as passed_at, any_value(left_at) as left_at,
        count(distinct firm_no) as firm_count, min(ticket_record_id) as ticket_record_id,
        bool_and(is_same_color) as is_same_color,
        coalesce(bool_and(abs(gross_vehicle_weight_kg - loaded_mass_kg) <= loaded_mass_kg * $ratio), false)
            as is_same_mass
    from paired where nth_last = 1
    group by record_id
),
emptied as (
    select distinct last_ticket.record_id
    from last_ticket
    inner join seen
        on seen.plate_no = last_ticket.plate_no
        and coalesce(seen.plate_color_code, last_ticket.plate_color_code) = last_ticket.plate_color_code
        and seen.is_unladen and seen.passed_at > last_ticket.left_at and seen.passed_at < last_ticket.passed_at
),
traced as (
    select last_ticket.record_id, last_ticket.ticket_record_id, coalesce(last_ticket.is_unladen, false) as is_unladen,
        case
            when emptied.record_id is not null then 'unladen_since'
            when last_ticket.firm_count > 1 then 'ambiguous'
            when not last_ticket.is_same_mass then 'other_mass'
            when not last_ticket.is_same_color then 'color_not_told'
            else 'last_ticket'
        end as reason
    from last_ticket left join emptied on emptied.record_id = last_ticket.record_id
),
"""
_TRIPS = f"""{_TRACED}
air as (
    select vehicle_kind, axle_count_min, axle_count_max, amount_kg, valid_from, valid_to
    from seeds.gross_weight_modifier where modifier_id in ('AIR', 'AIR-TRAILER')
),
left_with as (
    select distinct left_date, axle_count from mart.loaded_trip
    where left_date between $first and $last and axle_count is not null
),
highest as (
    select left_with.left_date, left_with.axle_count,
        max(rule.limit_kg + coalesce(air.amount_kg, 0)) as highest_limit_kg
    from left_with
    inner join seeds.gross_weight_limit as rule
        on left_with.axle_count between rule.axle_count_min and coalesce(rule.axle_count_max, left_with.axle_count)
        and left_with.left_date between coalesce(rule.valid_from, left_with.left_date)
            and coalesce(rule.valid_to, left_with.left_date)
    left join air
        on air.vehicle_kind = rule.vehicle_kind
        and left_with.axle_count between air.axle_count_min and coalesce(air.axle_count_max, left_with.axle_count)
        and left_with.left_date between coalesce(air.valid_from, left_with.left_date)
            and coalesce(air.valid_to, left_with.left_date)
    group by all
),
of_trip as (
    select traced.ticket_record_id, passage.*, traced.reason = 'last_ticket' as is_near,
        coalesce(finding.is_permitted, false) as is_permitted,
        passage.verdict = 'over' and not coalesce(finding.is_permitted, false) as is_over
    from traced
    inner join {{passages}} as passage on passage.record_id = traced.record_id and not traced.is_unladen
    left join mart.finding as finding on finding.record_id = traced.record_id
    where traced.reason in ('last_ticket', 'color_not_told', 'other_mass')
),
outcome as (
    select ticket_record_id, bool_or(is_near) as is_seen, bool_or(is_near and verdict in ('over', 'within'))
            as is_judged,
        bool_or(is_near and is_over) as is_over, bool_or(is_permitted) as is_permitted,
        max(case when is_near and is_over then excess_kg end) as excess_kg,
        -- The passage that tells most: of this load, over, by as much as any.
        min_by(record_id, (case when is_near then 0 else 1 end, case when is_over then 0 else 1 end,
            -coalesce(excess_kg, 0), passed_at, record_id)) as record_id
    from of_trip group by ticket_record_id
),
trip as (
    select trip.record_id as ticket_record_id, trip.firm_no, trip.ticket_no, trip.plate_no, trip.plate_color_code,
        trip.axle_count, trip.loaded_mass_kg, trip.left_at, highest.highest_limit_kg,
        trip.loaded_mass_kg > highest.highest_limit_kg as is_own_over,
        outcome.record_id as passage_record_id, coalesce(outcome.is_seen, false) as is_seen,
        coalesce(outcome.is_judged, false) as is_judged, coalesce(outcome.is_over, false) as is_over,
        coalesce(outcome.is_permitted, false) as is_permitted, outcome.excess_kg
    from mart.loaded_trip as trip
    left join highest on highest.left_date = trip.left_date and highest.axle_count = trip.axle_count
    left join outcome on outcome.ticket_record_id = trip.record_id
    where trip.left_date between $first and $last
)
"""
# A row of a firm and vehicle: vehicles are what trips come together in.
_COUNTED = f"""{_TRIPS}
select firm_no, count(*) as trips, count(is_own_over) as own_known, count(*) filter (is_own_over) as own_over,
    count(*) filter (is_seen) as seen, count(*) filter (is_judged) as judged, count(*) filter (is_over) as over,
    count(*) filter (passage_record_id is not null and not is_seen) as other_mass,
    cast(coalesce(sum(excess_kg), 0) as bigint) as excess_kg
from trip group by firm_no, plate_no, plate_color_code
order by firm_no, plate_no, plate_color_code
"""
_LISTED = f"""{_TRIPS}
select trip.ticket_no, trip.left_at, trip.plate_no, trip.plate_color_code, trip.axle_count, trip.loaded_mass_kg,
    trip.highest_limit_kg, trip.is_own_over,
    case when trip.is_seen then 'near' when trip.passage_record_id is not null then 'weak' end as grade, trip.is_over,
    trip.is_permitted, trip.passage_record_id as record_id, passage.passed_at, passage.site_code,
    passage.gross_vehicle_weight_kg, passage.limit_kg, passage.excess_kg, passage.excess_ratio
from trip left join {{passages}} as passage on passage.record_id = trip.passage_record_id
where trip.firm_no = $firm_no and (trip.is_own_over or trip.is_over)
order by trip.left_at desc, trip.ticket_no
"""
_TRACES = f"""{_TRACED}
found as (
    select record_id, plate_no from mart.finding
    where passed_date between $first and $last and not is_permitted
        and (cast($county as varchar) is null or county_code = $county)
)
select coalesce(traced.reason, 'no_ticket') as reason, count(*) as finding_count,
    count(*) filter (found.plate_no is null) as unread_count
from found left join traced on traced.record_id = found.record_id
group by all
"""
_FIRMS = """
select firm_no, firm_name, firm_kind, county_code, uscc, annual_tonnage_t, has_weighbridge, has_video, linked_to_city,
    linked_to_province
from staging.loading_firm
where $last between valid_from and coalesce(valid_to, $last)
qualify row_number() over (partition by firm_no order by valid_from desc, record_id) = 1
"""
_BUILT = """
select count(*) as column_count from information_schema.columns
where table_catalog = current_database() and table_schema = 'mart' and table_name = 'loaded_trip'
    and column_name = 'axle_count'
"""
_LINKS = {
    "weighbridge": "has_weighbridge", "video": "has_video", "city": "linked_to_city", "province": "linked_to_province",
}  # fmt: skip
_PASSAGE = (
    "record_id, plate_no, plate_color_code, passed_at, passed_date, site_code, gross_vehicle_weight_kg, limit_low_kg,"
    " limit_kg, excess_kg, excess_ratio, verdict"
)


def _read(source: Source, query: str, asked: Asked, told: Mapping[str, Parameter], **more: Any) -> list[dict[str, Any]]:
    """A query over the trips of the period and the passages that may belong to them."""
    hours = told["match_loading_hours"].value
    days = ceil(hours / 24)
    since, until = asked.first - timedelta(days=days), asked.last + timedelta(days=days)
    span = [since + timedelta(days=at) for at in range((until - since).days + 1)]
    within = getattr(source, "within", None)
    passages = f"(select {_PASSAGE} from core.passage)" if within is None else within("core.passage", _PASSAGE, span)
    bound = {
        "first": asked.first, "last": asked.last, "since": since, "until": until, "hours": hours,
        "ratio": told["match_mass_ratio"].value, **more,
    }  # fmt: skip
    used = {name: value for name, value in bound.items() if f"${name}" in query}
    return source.rows(query.format(passages=passages), used)


def is_built(source: Source) -> bool:
    """Whether a version tells the axles of tickets; one from before an upgrade does not."""
    return tables(source) >= set(TABLES) and bool(source.constant(_BUILT)[0]["column_count"])


def parameters(source: Source, asked: Asked) -> dict[str, Parameter]:
    return numbers(source, PARAMETERS, asked.last)


# --- the answer --------------------------------------------------------------------------------------------
def told(source: Source, asked: Asked) -> Told:
    """Firms with a trip in the period or a row of the register on its last day. Raises ``WarehouseError`` where a
    parameter is missing."""
    used = parameters(source, asked)
    register = {row["firm_no"]: row for row in source.rows(_FIRMS, {"last": asked.last})}
    counted: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _read(source, _COUNTED, asked, used):
        counted[row["firm_no"]].append(row)
    judged = {firm: counts for firm, rows in counted.items() if (counts := _clusters(rows)) is not None}
    effect = shrinkage.design_effect(list(judged.values())) if judged else 1.0
    whole = _together(row for rows in counted.values() for row in rows)
    traces = dict.fromkeys(TRACES, 0)
    for row in _read(source, _TRACES, asked, used, county=asked.county):
        traces[row["reason"]] += int(row["finding_count"] - row["unread_count"])
        traces["plate_unread"] += int(row["unread_count"])
    firms = [
        _firm(number, register.get(number), _together(counted.get(number, [])), whole, effect, used)
        for number in sorted({*register, *counted})
    ]
    firms = [one for one in firms if asked.county in (None, one.county_code)]
    firms.sort(key=lambda one: (-one.told.over, -one.told.own_over, -one.told.trips, one.firm_no))
    every = _together(row for one in firms for row in counted.get(one.firm_no, []))
    return Told(asked, tuple(firms), every, traces, effect, used)


def _clusters(rows: Iterable[Mapping[str, Any]]) -> shrinkage.Counts | None:
    """Judged trips of a firm by vehicle; None: none is."""
    parts = [(int(row["over"]), int(row["judged"])) for row in rows if row["judged"]]
    if not parts:
        return None
    return shrinkage.Counts(
        len(parts), sum(over for over, _ in parts), sum(all_ for _, all_ in parts), sum(over**2 for over, _ in parts),
        sum(over * all_ for over, all_ in parts), sum(all_**2 for _, all_ in parts),
    )  # fmt: skip


def _together(rows: Iterable[Mapping[str, Any]]) -> Trips:
    """Sums of rows, each of one firm and vehicle; ``vehicles``: of each firm."""
    listed = list(rows)
    names = ("trips", "own_known", "own_over", "seen", "judged", "over", "other_mass", "excess_kg")
    return Trips(vehicles=len(listed), **{name: sum(int(row[name]) for row in listed) for name in names})


def _firm(
    number: str, row: Mapping[str, Any] | None, own: Trips, whole: Trips, effect: float, used: Mapping[str, Parameter]
) -> Firm:
    low, high, standing = None, None, "few"
    if own.judged:
        worth = own.judged / effect
        hits, misses = own.over / effect + _HALF, worth - own.over / effect + _HALF
        tail = (1 - used["source_confidence"].value) / 2
        low = 0.0 if own.over == 0 else quantile(tail, hits, misses)
        high = 1.0 if own.over == own.judged else quantile(1 - tail, hits, misses)
        if own.judged >= used["source_least_judged"].value and whole.rate is not None:
            standing = "above" if low > whole.rate else "below" if high < whole.rate else "alike"
    if row is None:
        return Firm(number, None, None, None, None, None, None, None, own, low, high, standing)
    tonnage = row["annual_tonnage_t"]
    return Firm(
        number, row["firm_name"], row["firm_kind"], row["county_code"], row["uscc"], tonnage,
        None if tonnage is None else tonnage >= used["loading_firm_tonnage_t"].value,
        tuple(name for name, column in _LINKS.items() if not row[column]), own, low, high, standing,
    )  # fmt: skip


def trips(source: Source, asked: Asked, firm_no: str) -> list[Trip]:
    """The trips of a firm that are over the limit by its own ticket or by a scale, the newest first; plates masked."""
    found = _read(source, _LISTED, asked, parameters(source, asked), firm_no=firm_no)
    return [Trip(**(row | {"plate_no": masked(row["plate_no"])})) for row in found]
