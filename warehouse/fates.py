"""What became of each passage over the limit: a case, or exactly one reason why not.

Every finding (``mart.finding``) of a period gets one fate, the first that holds in the order of ``FATES``, so that
the counts add up to the findings. What is recorded comes before what is computed. Cases come first, of acts about mass
only: a case about dimensions or a permit is none of a load over the limit. Then what an officer recorded: void,
pending, confirmed. Of a passage nobody looked at the rest is told: a permit that covers it, an excess that leads to no
case, a trip that has a case, an unread plate, no evidence, a vehicle not in the register, an excess that does not count
for repeats, and last that nothing is recorded at all. Of a confirmed finding the detail says if a permit or the case of
its trip speaks against filing one.

All is told as of a day: passages, looks and steps of cases after it are not known. Only of a case whose state alone
says that it ended no day is known; it has ended on every day (as for ``warehouse.repeat``).

``case_near`` is a case that plate, colour, county and time tie to the passage and no number does
(``core.case_passage``): for a person to confirm. Weak ties are left out, the plate alone within a day as much as the
check number alone: a vehicle passes more than once a day, a number may be mistyped or another site's, and the finding
would be told as handled by a guess.
``same_trip``: another finding of the vehicle within ``repeat_merge_hours`` has a case of its own, and the vehicle was
not weighed unladen between the two. ``confirmed_overdue``: confirmed more than ``filing_sla_workdays`` before the day
that is asked for, in working days (``core.working_day``). Thresholds are those of ``seeds.parameter``; all are
assumptions or unverified.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Self

from warehouse.errors import WarehouseError
from warehouse.metrics import Source
from warehouse.parameters import numbers

if TYPE_CHECKING:
    import pandas as pd

TABLES = (
    "core.case_passage", "core.passage", "core.violation", "core.working_day", "mart.finding", "mart.screening",
    "staging.enforcement_case", "staging.penalty_decision", "staging.vehicle", "seeds.parameter", "seeds.reason",
    "seeds.void_code",
)  # fmt: skip
"""What is read here."""
CASES = ("case_closed", "case_decided", "case_filed", "case_noted", "case_ended", "case_near")
"""``case_noted``: known, not filed. ``case_ended``: without effect; the detail says how it ended."""
REASONS = (
    "void", "pending", "confirmed_waiting", "confirmed_overdue", "permitted", "below_case_threshold", "same_trip",
    "plate_unread", "not_evidence", "not_registered", "below_counted_ratio", "nothing_recorded",
)  # fmt: skip
FATES = (*CASES, *REASONS)
"""Every fate, in the order in which they are asked."""
WORDS = {
    "case_closed": ("已立案并结案", "case closed"),
    "case_decided": ("已立案并作出决定", "case decided"),
    "case_filed": ("已立案", "case filed"),
    "case_noted": ("已录入案件系统，未立案", "case noted, not filed"),
    "case_ended": ("案件未处罚或失效", "case ended without a penalty in force"),
    "case_near": (
        "疑有案件，检测单号未对应，待人工确认",
        "probably a case, no number ties it; for a person to confirm",
    ),
    "permitted": ("持有效超限通行证", "covered by a permit"),
    "below_case_threshold": ("不超过立案比例", "excess below that of a case"),
    "void": ("审核作废", "voided by an officer"),
    "same_trip": ("同一趟次已有案件", "the same trip has a case"),
    "pending": ("待补充材料", "screening pending"),
    "confirmed_waiting": ("已确认，在立案时限内", "confirmed, within the time for filing"),
    "confirmed_overdue": ("已确认，超过立案时限", "confirmed, overdue for filing"),
    "plate_unread": ("车牌未识别", "plate not read"),
    "not_evidence": ("证据条件不齐，无人审核", "not fit as evidence, not screened"),
    "not_registered": ("本地登记无此车，无人审核", "vehicle not in the register, not screened"),
    "below_counted_ratio": ("超限率不计入次数，无人审核", "excess does not count for repeats, not screened"),
    "nothing_recorded": ("无任何记录", "nothing recorded"),
}
"""Chinese and English of every fate."""
_CONFIRMED = {
    "permitted": WORDS["permitted"],
    "same_trip": WORDS["same_trip"],
    "unhindered": ("未见通行证，同一趟次无案件", "no permit, and no case of its trip"),
}
"""Details of a confirmed finding."""
FILED = ("case_closed", "case_decided", "case_filed")
"""What counts as having become a case: filed, or decided on the spot, and still with effect."""
BY = {
    "reason": ("fate", "fate_detail"),
    "county": ("county_code", "fate"),
    "month": ("passed_month", "fate"),
    "site": ("site_code", "fate"),
}
_PARAMETERS = ("case_threshold_ratio", "filing_sla_workdays", "repeat_merge_hours", "unladen_share")


@dataclass(frozen=True)
class Passages:
    """A period, both days included, of a county or a site (None: of all). ``as_of``: the day whose knowledge is told;
    later passages of the period are left out. Raises ``WarehouseError`` for a period that ends before it begins or
    begins after ``as_of``."""

    first: date
    last: date
    as_of: date
    county: str | None = None
    site: str | None = None

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise WarehouseError(f"The period ends on {self.last}, before it begins on {self.first}. Exchange the two.")
        if self.first > self.as_of:
            raise WarehouseError(
                f"On {self.as_of} nothing of a period from {self.first} on was known. Ask as of a later day."
            )

    @property
    def until(self) -> date:
        """Last day whose passages are told."""
        return min(self.last, self.as_of)

    def by_month(self) -> Iterator[Self]:
        """The same for each month of the period up to ``until``."""
        begin = self.first
        while begin <= self.until:
            following = (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
            yield replace(self, first=begin, last=min(following - timedelta(days=1), self.until))
            begin = following

    def bound(self, **more: Any) -> dict[str, Any]:
        """What a query of these passages binds."""
        return {"first": self.first, "last": self.until, "county": self.county, "site": self.site, **more}


@dataclass(frozen=True)
class Asked(Passages):
    """As ``Passages``; ``fate``, ``detail``: rows of these only. Raises ``WarehouseError`` for an unknown fate."""

    fate: str | None = None
    detail: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fate is not None and self.fate not in FATES:
            raise WarehouseError(f"There is no fate {self.fate!r}. Choose one of {', '.join(FATES)}.")


# The trip's other finding may lie a day outside the period, and so may its case.
_FATES = """
with setting as (
    select
        cast($case_threshold_ratio as double) as case_ratio,
        cast($filing_sla_workdays as integer) as sla_days,
        cast($repeat_merge_hours as integer) as merge_hours,
        cast($unladen_share as double) as unladen_share
),
asked as (
    select * from mart.finding
    where passed_date between $first and $last
        and (cast($county as varchar) is null or county_code = $county)
        and (cast($site as varchar) is null or site_code = $site)
),
decision as (
    select case_no, min(decided_on) as decided_on from staging.penalty_decision
    where penalty_kind <> 'no_penalty' and decided_on <= $as_of group by case_no
),
-- Acts about mass, and what had ended them by the day: of one decided anew only later, what took the first decision
-- away, as warehouse.repeat sees an act.
acted as (
    select
        record_id,
        case when is_before_anew then earlier_ended_state else ended_state end as ended_state,
        case when is_before_anew then earlier_ended_on else ended_on end as ended_on
    from (
        select
            *,
            earlier_ended_on is not null and decided_on > $as_of and (ended_state is null or ended_on is not null)
                as is_before_anew
        from core.violation
        where act_code <> 'over_dimension'
    ) as of_mass
),
handled as (
    select
        matched.passage_record_id,
        case matched.match_grade when 'exact' then 'check_no' else 'near' end as case_tie,
        matched.case_no,
        case
            when matched.match_grade = 'near' then 'case_near'
            when act.ended_state is not null and coalesce(act.ended_on, $as_of) <= $as_of then 'case_ended'
            when filed.closed_on <= $as_of then 'case_closed'
            when decision.decided_on is not null then 'case_decided'
            when filed.filed_on <= $as_of then 'case_filed'
            else 'case_noted'
        end as stage,
        act.ended_state
    from core.case_passage as matched
    inner join acted as act on act.record_id = matched.record_id
    inner join staging.enforcement_case as filed on filed.record_id = matched.record_id
    left join decision on decision.case_no = matched.case_no
    where matched.match_grade in ('exact', 'near') and filed.found_on <= $as_of
),
-- Of several cases on one passage the one that went furthest with effect.
of_case as (
    select * from handled
    qualify row_number() over (
        partition by passage_record_id order by list_position($cases, stage), case_no
    ) = 1
),
look as (
    select site_code, check_no, passed_date, screening_result, void_code, screened_date from mart.screening
    where passed_date between $first and $last and screened_date <= $as_of
    qualify row_number() over (
        partition by site_code, check_no, passed_date order by screened_date desc, screened_at desc
    ) = 1
),
with_case as (
    select finding.plate_no, finding.plate_color_code, finding.passed_at, of_case.case_no, finding.record_id
    from mart.finding as finding
    cross join setting
    inner join of_case
        on of_case.passage_record_id = finding.record_id and of_case.stage in ($filed_1, $filed_2, $filed_3)
    where finding.plate_no is not null
        and finding.passed_date between cast($first - interval 1 hour * setting.merge_hours as date) - 1
            and cast($last + interval 1 hour * setting.merge_hours as date) + 1
),
near_case as (
    select
        asked.record_id,
        asked.plate_no,
        asked.plate_color_code,
        with_case.case_no,
        least(asked.passed_at, with_case.passed_at) as from_at,
        greatest(asked.passed_at, with_case.passed_at) as to_at
    from asked
    cross join setting
    inner join with_case
        on with_case.plate_no = asked.plate_no
        and with_case.plate_color_code is not distinct from asked.plate_color_code
        and with_case.record_id <> asked.record_id
        and abs(date_diff('second', with_case.passed_at, asked.passed_at)) <= setting.merge_hours * 3600
    where not exists (select 1 from of_case where of_case.passage_record_id = asked.record_id)
),
unladen as (
    select distinct near_case.record_id, near_case.case_no
    from near_case
    cross join setting
    inner join core.passage as passage
        on passage.plate_no = near_case.plate_no
        and passage.plate_color_code is not distinct from near_case.plate_color_code
        and passage.passed_at > near_case.from_at
        and passage.passed_at < near_case.to_at
    where passage.gross_vehicle_weight_kg <= passage.limit_low_kg * setting.unladen_share
        and passage.passed_date between cast($first - interval 1 hour * setting.merge_hours as date) - 1
            and cast($last + interval 1 hour * setting.merge_hours as date) + 1
),
trip as (
    select record_id, min(case_no) as case_no
    from near_case anti join unladen using (record_id, case_no)
    group by record_id
),
registered as (
    select distinct asked.record_id
    from asked
    inner join staging.vehicle as vehicle
        on vehicle.plate_no = asked.plate_no
        and asked.passed_date between vehicle.valid_from and coalesce(vehicle.valid_to, asked.passed_date)
),
told as (
    select
        asked.*,
        cast(date_trunc('month', asked.passed_date) as date) as passed_month,
        coalesce(look.screening_result, 'none') as screening_result,
        look.void_code,
        look.screened_date,
        coalesce(of_case.case_no, trip.case_no) as case_no,
        case when of_case.case_no is not null then of_case.case_tie when trip.case_no is not null then 'same_trip' end
            as case_tie,
        of_case.ended_state,
        due.calendar_date as due_on,
        case
            when of_case.case_no is not null then of_case.stage
            when look.screening_result = 'void' then 'void'
            when look.screening_result = 'pending' then 'pending'
            when look.screening_result = 'confirmed' then 'confirmed'
            when asked.is_permitted then 'permitted'
            when asked.excess_ratio <= setting.case_ratio then 'below_case_threshold'
            when trip.record_id is not null then 'same_trip'
            when asked.plate_no is null then 'plate_unread'
            when not asked.evidence_ok then 'not_evidence'
            when registered.record_id is null then 'not_registered'
            when not asked.is_above_counted_ratio then 'below_counted_ratio'
            else 'nothing_recorded'
        end as first_fate,
        -- The first of its reasons; a row shows all of them.
        case when not asked.evidence_ok then regexp_extract(coalesce(asked.flags, ''), '[ER]-[A-Z]+') end
            as evidence_reason
    from asked
    cross join setting
    left join of_case on of_case.passage_record_id = asked.record_id
    left join look
        on look.site_code = asked.site_code
        and look.check_no = asked.check_no
        and look.passed_date = asked.passed_date
    left join core.working_day as looked on looked.calendar_date = look.screened_date
    left join core.working_day as due
        on due.is_working_day and due.working_day_no = looked.working_day_no + setting.sla_days
    left join trip on trip.record_id = asked.record_id
    left join registered on registered.record_id = asked.record_id
),
fated as (
    select
        told.*,
        case
            when first_fate = 'confirmed' then
                case when $as_of > due_on then 'confirmed_overdue' else 'confirmed_waiting' end
            else first_fate
        end as fate,
        case first_fate
            when 'void' then void_code
            when 'case_ended' then ended_state
            when 'confirmed' then
                case
                    when is_permitted then 'permitted' when case_tie = 'same_trip' then 'same_trip' else 'unhindered'
                end
            when 'not_evidence' then evidence_reason
        end as fate_detail
    from told
)
"""
_COUNTS = "select {by}, count(*) as finding_count, count(*) filter (screening_result = 'confirmed') as confirmed_count,"
_COUNTS += " count(*) filter (screening_result = 'void') as void_count from fated group by {by}"
_ROWS = """
select record_id, passed_at, {plate} as plate_no, site_code, county_code, gross_vehicle_weight_kg, limit_kg, excess_kg,
    excess_ratio, fate, coalesce(fate_detail, '') as fate_detail, case_no, case_tie, screening_result, void_code,
    screened_date, case when screening_result = 'confirmed' then due_on end as due_on, flags
from fated
where (cast($fate as varchar) is null or fate = $fate)
    and (cast($detail as varchar) is null or coalesce(fate_detail, '') = $detail)
order by passed_at, record_id
limit $limit offset $offset
"""


_TIMELESS = "select count(*) as finding_count from fated where first_fate = 'confirmed' and due_on is null"
_CALENDAR_END = "select max(calendar_date) as last_day from core.working_day"


def _bound(source: Source, asked: Asked, **more: Any) -> dict[str, Any]:
    """What ``_FATES`` binds. Raises ``WarehouseError`` without a threshold of the day, and after the calendar's end if
    a confirmed finding is due there: whether it is overdue is not known."""
    filed = {f"filed_{number}": stage for number, stage in enumerate(FILED, 1)}
    told = {name: one.value for name, one in numbers(source, _PARAMETERS, asked.as_of).items()}
    bound = asked.bound(as_of=asked.as_of, cases=list(CASES), **filed, **told)
    last_day = source.constant(_CALENDAR_END)[0]["last_day"]
    if asked.as_of > last_day and (count := source.rows(_FATES + _TIMELESS, bound)[0]["finding_count"]):
        raise WarehouseError(
            f"Whether {count} confirmed findings are overdue on {asked.as_of} is not known: the calendar of working "
            f"days ends on {last_day}. Add the next year to warehouse/seeds/calendar_year.csv and its holidays to "
            "warehouse/seeds/calendar_day.csv, then run 'heng build'."
        )
    return bound | more


def over_fated(source: Source, asked: Asked, query: str, **more: Any) -> list[dict[str, Any]]:
    """Rows of ``query``, which reads ``fated`` and may begin with more common table expressions (``, name as (...)``).

    ``fated`` has a row a finding: the columns of ``mart.finding`` with ``fate``, ``fate_detail``, ``evidence_reason``,
    ``case_no`` and ``case_tie``. ``more``: what the query binds."""
    return source.rows(_FATES + query, _bound(source, asked, **more))


def thresholds(source: Source, asked: Asked) -> pd.DataFrame:
    """The parameters that fates depend on, in force on the day asked for (the ratio of the repeat rule: on any day of
    the period), with citation and confidence."""
    return source.read(
        "select parameter, valid_from, valid_to, parameter_value, unit, zh, en, citation_zh, citation_en, confidence"
        " from seeds.parameter where (list_contains($names, parameter)"
        " and $as_of between coalesce(valid_from, $as_of) and coalesce(valid_to, $as_of))"
        " or (parameter = 'repeat_excess_ratio' and coalesce(valid_from, $last) <= $last"
        " and coalesce(valid_to, $first) >= $first) order by parameter, valid_from",
        {"names": list(_PARAMETERS), "as_of": asked.as_of, "first": asked.first, "last": asked.last},
    )


def counts(source: Source, asked: Asked, by: str = "reason") -> pd.DataFrame:
    """Findings by fate: the columns of ``BY[by]``, then ``finding_count`` and of these, whatever their fate,
    ``confirmed_count`` and ``void_count`` by the last screening. Every finding is in one row; fates in their order."""
    if by not in BY:
        raise WarehouseError(f"Findings are not grouped by {by!r}. Choose one of {', '.join(BY)}.")
    found = source.read(_FATES + _COUNTS.format(by=", ".join(BY[by])), _bound(source, asked))
    place = {fate: at for at, fate in enumerate(FATES)}
    found = found.assign(_place=found["fate"].map(place))
    keys = [name for name in BY[by] if name not in ("fate", "fate_detail")]
    last = ["fate_detail"] if "fate_detail" in BY[by] else []
    found = found.sort_values([*keys, "_place", "finding_count", *last], ascending=[*[True] * len(keys), True, False,
                              *[True] * len(last)], na_position="last")  # fmt: skip
    return found.drop(columns="_place").reset_index(drop=True)


def rows(
    source: Source, asked: Asked, limit: int | None = None, plate: str = "plate_no", offset: int = 0
) -> pd.DataFrame:
    """Findings with their fate, by time; ``limit`` of them after the first ``offset``, None: all. ``plate``: a SQL
    expression of the code, by which a caller masks plates. ``case_tie``: how ``case_no`` belongs to the finding:
    check_no, near or same_trip."""
    bound = _bound(source, asked, fate=asked.fate, detail=asked.detail, limit=limit, offset=offset)
    return source.read(_FATES + _ROWS.format(plate=plate), bound)


def all_rows(source: Source, asked: Asked, plate: str = "plate_no") -> Iterator[pd.DataFrame]:
    """Every finding with its fate, by time, month by month: however long the period, one month is in memory."""
    for month in asked.by_month():
        yield rows(source, month, plate=plate)


def detail_words(source: Source) -> dict[str, tuple[str, str]]:
    """Chinese and English of every detail: void codes, ends of cases, codes of evidence, what speaks against a case."""
    from warehouse.dossier_text import catalogue

    states = {key.removeprefix("state."): words for key, words in catalogue().items() if key.startswith("state.")}
    told = source.read(
        "select void_code as code, zh, en from seeds.void_code"
        " union all select reason, zh, en from seeds.reason where outcome in ('flag', 'verdict', 'evidence')",
        {},
    )
    known = {code: (zh, en) for code, zh, en in zip(told["code"], told["zh"], told["en"], strict=True)}
    return states | known | _CONFIRMED
