"""Findings of a period, a place or a vehicle: which trip each belongs to, by which rules it stands, what weakens it.

A finding is a passage over the limit (``mart.finding``). Several findings of one loaded trip are one violation: a trip
lasts ``repeat_merge_hours`` from its first finding, or until the vehicle passes a scale unladen (``unladen_share`` of
its lowest limit), and the first finding stands for it. This is the rule of ``warehouse.repeat``, applied to findings
instead of cases. A load under a permit belongs to no trip. A finding without a plate is a trip of its own: nothing says
which other it belongs to.

Nothing is left out here: evidence, permits and thresholds are told beside the finding, and people decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from warehouse.errors import WarehouseError
from warehouse.metrics import Source

if TYPE_CHECKING:
    import pandas as pd

TRIP_PARAMETERS = ("repeat_merge_hours", "unladen_share")
_FIRST_LOOK_BACK_DAYS = 8


@dataclass(frozen=True)
class Scope:
    """Which findings: days (both included), and any of county, site, vehicle. A colour of None is a colour not read."""

    first: date
    last: date
    county: str | None = None
    site: str | None = None
    plate_no: str | None = None
    plate_color_code: int | None = None

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise WarehouseError(f"The period ends before it begins: {self.first} to {self.last}.")

    def asked(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Seen:
    """One finding of a vehicle in a chain: when, and when the vehicle was last unladen shortly before."""

    record_id: str
    vehicle: tuple[str, int | None]
    passed_at: datetime
    last_unladen_at: datetime | None


_SCOPE = """passed_date between $first and $last
    and county_code is not distinct from coalesce($county, county_code)
    and site_code = coalesce($site, site_code)
    and ($plate_no is null or (plate_no = $plate_no and plate_color_code is not distinct from $plate_color_code))"""
_FINDINGS = f"""
with found as (
    select * from mart.finding where {_SCOPE}
),
near as (
    select found.record_id, permit.permit_no, permit.valid_from, permit.valid_to,
        row_number() over (
            partition by found.record_id
            order by least(abs(date_diff('day', permit.valid_from, found.passed_date)),
                abs(date_diff('day', permit.valid_to, found.passed_date))), permit.permit_no, permit.record_id
        ) as nth
    from found
    inner join staging.oversize_permit as permit
        on permit.plate_no = found.plate_no and permit.plate_color_code = found.plate_color_code
    where found.permit_no is null
)
select found.*, near.permit_no as other_permit_no, near.valid_from as other_permit_from,
    near.valid_to as other_permit_to
from found left join near on near.record_id = found.record_id and near.nth = 1
order by found.passed_at, found.record_id
"""
_CHAIN = f"""
with chosen as (
    select distinct plate_no as chosen_plate, plate_color_code as chosen_color
    from mart.finding where {_SCOPE} and plate_no is not null and not is_permitted
),
chain as (
    select record_id, plate_no, plate_color_code, passed_at,
        lag(passed_at) over (partition by plate_no, plate_color_code order by passed_at, record_id) as earlier_at
    from mart.finding
    inner join chosen on chosen_plate = plate_no and chosen_color is not distinct from plate_color_code
    where passed_date between $since and $last and not is_permitted
),
unladen as (
    select chain.record_id, max(passage.passed_at) as last_unladen_at
    from chain
    inner join core.passage as passage
        on passage.plate_no = chain.plate_no
        and passage.plate_color_code is not distinct from chain.plate_color_code
        and passage.passed_at > chain.earlier_at
        and passage.passed_at < chain.passed_at
    where date_diff('second', chain.earlier_at, chain.passed_at) <= $merge_hours * 3600
        and passage.passed_date between $since and $last
        and passage.gross_vehicle_weight_kg <= passage.limit_low_kg * $unladen_share
    group by chain.record_id
)
select record_id, plate_no, plate_color_code, passed_at, last_unladen_at
from chain left join unladen using (record_id)
order by passed_at, record_id
"""
_PARAMETERS = """
select parameter, parameter_value from seeds.parameter
where list_contains($names, parameter) and $day between coalesce(valid_from, $day) and coalesce(valid_to, $day)
"""
# Every rule a finding rests on, as it held on the finding's day.
_RULES = """
with found as (
    select record_id, passed_date, rule_id, limit_modifiers, accuracy_class, allowance_kg
    from mart.finding where list_contains($records, record_id)
),
applied as (
    select found.record_id, 1 as place, 'limit' as part, rule.rule_id as rule_no, null as zh, null as en,
        cast(rule.limit_kg as double) as rule_value, 'kg' as unit, rule.valid_from, rule.valid_to,
        rule.citation_zh, rule.citation_en, rule.confidence
    from found inner join seeds.gross_weight_limit as rule
        on rule.rule_id = found.rule_id
        and found.passed_date between coalesce(rule.valid_from, found.passed_date)
            and coalesce(rule.valid_to, found.passed_date)
    union all
    select found.record_id, 2, 'modifier', rule.modifier_id, rule.zh, rule.en, rule.amount_kg, 'kg', rule.valid_from,
        rule.valid_to, rule.citation_zh, rule.citation_en, rule.confidence
    from found inner join seeds.gross_weight_modifier as rule
        on list_contains(string_split(found.limit_modifiers, ','), rule.modifier_id)
        and found.passed_date between coalesce(rule.valid_from, found.passed_date)
            and coalesce(rule.valid_to, found.passed_date)
    union all
    select found.record_id, 3, 'counted_ratio', rule.parameter, rule.zh, rule.en, rule.parameter_value, rule.unit,
        rule.valid_from, rule.valid_to, rule.citation_zh, rule.citation_en, rule.confidence
    from found inner join seeds.parameter as rule
        on rule.parameter = 'repeat_excess_ratio'
        and found.passed_date between coalesce(rule.valid_from, found.passed_date)
            and coalesce(rule.valid_to, found.passed_date)
    union all
    select found.record_id, 4, 'allowance', rule.rule_id, rule.zh, rule.en, rule.max_error_ratio, '', rule.valid_from,
        rule.valid_to, rule.citation_zh, rule.citation_en, rule.confidence
    from found inner join seeds.accuracy_class as rule
        on rule.accuracy_class = found.accuracy_class
        and rule.weighed_quantity = 'vehicle_mass' and rule.error_stage = 'in_service'
        and found.passed_date between coalesce(rule.valid_from, found.passed_date)
            and coalesce(rule.valid_to, found.passed_date)
    where found.allowance_kg is not null
)
select record_id, part, rule_no, zh, en, rule_value, unit, valid_from, valid_to, citation_zh, citation_en, confidence,
    confidence in ('C1', 'C2') as is_verified
from applied order by record_id, place, rule_no
"""
_WEAKNESSES = """
select found.record_id, reason.reason, reason.outcome, reason.zh, reason.en, reason.next_step_zh, reason.next_step_en
from (
    select record_id, unnest(string_split(concat_ws(',', nullif(flags, ''), unknown_conditions), ',')) as flag
    from mart.finding where list_contains($records, record_id)
) as found
inner join seeds.reason as reason
    on reason.reason = found.flag and reason.outcome in ('flag', 'verdict', 'evidence', 'unknown')
order by found.record_id, reason.reason, reason.outcome
"""


# --- trips -----------------------------------------------------------------------------------------------
def trip_heads(seen: Iterable[Seen], merge_hours: float) -> dict[str, str]:
    """The finding that stands for each one's trip. ``seen`` is in order of time, as of ``warehouse.repeat``."""
    longest = timedelta(hours=merge_hours)
    begun: dict[tuple[str, int | None], Seen] = {}
    heads: dict[str, str] = {}
    for one in seen:
        head = begun.get(one.vehicle)
        if (
            head is None
            or one.passed_at - head.passed_at > longest
            or (one.last_unladen_at is not None and one.last_unladen_at > head.passed_at)
        ):
            head = begun[one.vehicle] = one
        heads[one.record_id] = head.record_id
    return heads


def _parameters(source: Source, day: date) -> dict[str, float]:
    found = source.read(_PARAMETERS, {"names": list(TRIP_PARAMETERS), "day": day})
    told = dict(zip(found["parameter"], found["parameter_value"].astype(float), strict=True))
    if missing := [name for name in TRIP_PARAMETERS if name not in told]:
        raise WarehouseError(
            f"seeds.parameter has no row of {', '.join(missing)} on {day}. Add it to warehouse/seeds/parameter.csv, "
            "then run 'heng build'."
        )
    return told


def _seen(source: Source, scope: Scope, told: dict[str, float]) -> list[Seen]:
    """Findings of the scope's vehicles, from before its first day on: far enough back that no trip is cut in two.

    A chain of findings, each within ``repeat_merge_hours`` of the one before, decides trips from its first finding on.
    """
    begin = source.read("select min(passed_date) as first_day from mart.finding", {})["first_day"].iloc[0]
    reach = timedelta(hours=told["repeat_merge_hours"])
    back = _FIRST_LOOK_BACK_DAYS
    while True:
        since = scope.first - timedelta(days=back)
        rows = source.read(
            _CHAIN,
            scope.asked()
            | {
                "since": since,
                "merge_hours": told["repeat_merge_hours"],
                "unladen_share": told["unladen_share"],
            },
        )
        seen = [
            Seen(
                row["record_id"],
                (row["plate_no"], None if row["plate_color_code"] is None else int(row["plate_color_code"])),
                row["passed_at"],
                row["last_unladen_at"],
            )
            for row in _records(rows)
        ]
        edge = datetime(since.year, since.month, since.day) + reach
        if begin is None or begin != begin or since <= _day(begin) or not any(one.passed_at <= edge for one in seen):
            return seen
        back *= 4


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries, None where a value is missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")  # type: ignore[return-value]


# --- answers ---------------------------------------------------------------------------------------------
def findings(source: Source, scope: Scope) -> pd.DataFrame:
    """Findings of the scope by time: the columns of ``mart.finding`` and of the trip, masses in kg.

    ``trip_record_id``: the finding that stands for the trip (it may lie before the scope); empty for a load under a
    permit. ``is_trip_finding``: it is this one. ``trip_no``: trips of the scope, numbered by their first finding in it.
    ``trip_finding_count``: findings of the trip up to the scope's last day. ``trip_hours``: how long a trip lasts.
    ``other_permit_...``: where no permit of the day is known, the permit of the vehicle whose validity lies nearest.
    """
    frame = source.read(_FINDINGS, scope.asked())
    told = _parameters(source, scope.last)
    seen = _seen(source, scope, told) if len(frame) else []
    heads = trip_heads(seen, told["repeat_merge_hours"])
    sizes: dict[str, int] = {}
    for head in heads.values():
        sizes[head] = sizes.get(head, 0) + 1
    numbers: dict[str, int] = {}
    trip_of: list[str | None] = []
    for record, is_permitted in zip(frame["record_id"], frame["is_permitted"], strict=True):
        its_head = None if is_permitted else heads.get(record, record)
        if its_head is not None:
            numbers.setdefault(its_head, len(numbers) + 1)
        trip_of.append(its_head)
    of_trip: dict[str, Any] = {
        "trip_record_id": trip_of,
        "trip_no": [None if one is None else numbers[one] for one in trip_of],
        "is_trip_finding": [one == record for one, record in zip(trip_of, frame["record_id"], strict=True)],
        "trip_hours": told["repeat_merge_hours"],
        "trip_finding_count": [None if one is None else sizes.get(one, 1) for one in trip_of],
    }
    return frame.assign(**of_trip)


def finding(source: Source, record_id: str) -> pd.Series | None:
    """One finding as ``findings`` tells it; None if the record is no finding."""
    told = source.read(
        "select passed_date, plate_no, plate_color_code from mart.finding where record_id = $record",
        {"record": record_id},
    )
    if told.empty:
        return None
    row = _records(told)[0]
    day, color = _day(row["passed_date"]), row["plate_color_code"]
    scope = Scope(day, day, plate_no=row["plate_no"], plate_color_code=None if color is None else int(color))
    frame = findings(source, scope)
    return frame[frame["record_id"] == record_id].iloc[0]


def rules_applied(source: Source, records: Sequence[str]) -> pd.DataFrame:
    """The rules these findings rest on, one a row: limit, modifiers, ratio that counts, allowance; with citation."""
    return source.read(_RULES, {"records": list(records)})


def weaknesses(source: Source, records: Sequence[str]) -> pd.DataFrame:
    """What weakens these findings or is not known of their evidence (outcome ``unknown``), one flag a row, in words of
    both languages with the next step."""
    return source.read(_WEAKNESSES, {"records": list(records)})
