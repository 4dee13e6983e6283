"""Cases as of a day: their state, their amounts and their clocks, and what will be late soon.

Facts come from ``core.case_life``, ``core.case_state``, ``core.case_decision`` and ``mart.case_clock``: they are those
known now. A day asks which of them had happened by then: later steps, decisions, payments and annulments are left out,
corrections are not. Amounts are whole fen and stay three columns: what the article allows, what was decided, what was
collected.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar

from warehouse.errors import WarehouseError
from warehouse.matching import TABLES as MATCH_TABLES
from warehouse.matching import Match, of_cases
from warehouse.metrics import Source
from warehouse.repeat import ENDED_STATES

COURSE_TABLES = (
    "core.case_decision", "core.case_life", "core.case_pause", "core.case_state", "mart.case_clock",
    "staging.penalty_payment", "seeds.parameter", "seeds.reason",
)  # fmt: skip
"""What is read here, but for a site, which rests on passages (``core.case_match``)."""
FILE_TABLES = (*COURSE_TABLES, *MATCH_TABLES)
"""What ``case_file`` reads."""
TABLES = (
    *COURSE_TABLES, "core.case_measure", "core.working_day", "seeds.dimension_limit", "seeds.fine_tier",
)  # fmt: skip
"""What is read of cases, here and by ``warehouse.case_amounts``."""
KINDS = ("over_limit", "illegal_operation")
CLOCKS = (
    "limitation", "notice", "filing", "decision", "hearing_request", "service", "payment", "late_surcharge", "handover",
    "reconsideration_request", "litigation", "court_enforcement",
)  # fmt: skip
"""Clocks in the order of the procedure."""
SCORED_CLOCKS = ("filing", "notice", "decision", "service", "handover")
"""Clocks of what the office has to do by a day, as a score counts them. ``court_enforcement`` is the office's too and
left out: it is about money, which is no target (行政处罚法 art. 74), and hangs on a reminder that no feed tells. The
others are the party's, the statute of limitation, and money."""
STATES = ("overdue", "running", "late", "omitted", "met", "used", "unknown", "not_applicable")
"""States of a clock as of a day. ``omitted``: decided without it. Of the party's time: ``used``, and ``unknown`` after
the last day where no use of it is told."""
CASE_STATES = (
    "clue", "evidence_review", "void", "notified", "filed", "investigating", "pre_notice", "hearing", "legal_review",
    "decided", "decided_simple", "served", "paid", "part_paid", "overdue", "appeal", "enforcement", "closed",
    "archived", "no_penalty", "transferred_criminal", "transferred_other", "withdrawn", "amended", "revoked_by_review",
)  # fmt: skip
"""States of a case in the order of the procedure."""
REFUSALS = ("R-STEP", "R-GUARD")
"""Why a step has no effect: the case may not enter the state from where it was, or something is missing before it."""
SERIES = ("filed", "decided", "paid", "closed")
"""Four series that are never merged: 立案, 处罚决定, 罚款入库, 结案."""
SOON_DAYS = 7
AGES = {"to_30": (0, 30), "to_60": (31, 60), "to_90": (61, 90), "over_90": (91, 100_000)}
"""Bands of days since an open case was filed or, before that, found; the fourth is past the time for a decision."""
OVER = ("closed", "archived", *ENDED_STATES)
"""States in which a case is not open any more, whether or not a day of closing was told."""


class NoCase(WarehouseError):
    """The version has no case of that number."""


@dataclass(frozen=True)
class Filter:
    """Which cases are meant; None: all. ``county`` a code of ``seeds.county``; ``site``: over-limit cases that name a
    passage of it by number; ``first``, ``last``: filed on these days, both included, or found where not filed yet."""

    kind: str | None = None
    county: str | None = None
    case_no: str | None = None
    site: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class OfCases:
    """Which of the cases: in a state, with a day of a series in a month (``2026-03``), open and of an age."""

    state: str | None = None
    series: str | None = None
    month: str | None = None
    age: str | None = None


@dataclass(frozen=True)
class OfClocks:
    """Which of the clocks; ``is_soon``: running, and late within ``SOON_DAYS`` if nothing happens. ``ran_out_from``:
    ``SCORED_CLOCKS`` that ran out on this day or later, as ``run_out`` counts them."""

    clock: str | None = None
    state: str | None = None
    is_soon: bool = False
    ran_out_from: date | None = None


@dataclass(frozen=True)
class Case:
    """One case as of a day. Days after it are None; ``state_since`` None: no step of it had effect by then.

    ``case_state`` of a case without a step by then: the sender's word where none of its days lies after the day asked
    for, else what its days by then say (``is_state_reported`` both). ``is_closed_on_list_only``: the list has a day of
    closing, and no closing step had effect; it is open. ``age_days``: of an open case the days since it was filed or,
    before that, found.
    """

    case_kind: str
    case_no: str
    procedure: str
    act_code: str
    sector: str | None
    detection_mode: str | None
    plate_no: str
    plate_color_code: int | None
    county_code: str
    violated_on: date | None
    found_on: date | None
    filed_on: date | None
    decided_on: date | None
    served_on: date | None
    paid_on: date | None
    closed_on: date | None
    case_state: str
    state_since: date | None
    is_state_reported: bool
    reported_state: str
    is_closed_on_list_only: bool
    refused_count: int
    statutory_fen: int | None
    decided_fen: int | None
    collected_fen: int | None
    surcharge_fen: int | None
    home_authority: str | None
    age_days: int | None


@dataclass(frozen=True)
class Clock:
    """One clock as of a day.

    ``days_late``: calendar days after the last day; ``days_left``: calendar days to it, 0 on the last day itself. Of
    ``late_surcharge`` ``days_late`` are the days counted, those of an appeal left out, and ``surcharge_fen`` what they
    come to.
    """

    case_kind: str
    case_no: str
    decision_no: str | None
    county_code: str | None
    clock: str
    started_on: date
    due_on: date | None
    ended_on: date | None
    state: str
    days_late: int | None
    days_left: int | None
    is_party_time: bool
    is_rolled: bool
    why_not: str | None
    rule_id: str | None
    has_verified_rule: bool
    principal_fen: int | None
    surcharge_fen: int | None
    is_soon: bool


@dataclass(frozen=True)
class ClockCount:
    """Clocks of one name in one state: how many, how many of them will be late soon, and whose rule was not read.

    ``surcharge_fen``: what ``late_surcharge`` comes to, None of the others.
    """

    clock: str
    state: str
    clock_count: int
    soon_count: int
    unverified_count: int
    surcharge_fen: int | None


@dataclass(frozen=True)
class OpenCount:
    """Open cases in one state and one band of ``AGES``."""

    case_state: str
    age: str
    case_count: int


@dataclass(frozen=True)
class Step:
    """One step of a case; a refused one has its reason and what was missing."""

    step_no: int
    event_no: int
    event_at: datetime
    case_state: str
    from_state: str
    state_after: str
    is_accepted: bool
    refusal_reason: str | None
    missing_guards: str | None
    rule_id: str | None


@dataclass(frozen=True)
class Refused:
    """A step without effect: from which state to which, why, what was missing, and the line it was delivered in.

    ``reason_...``, ``next_step_...``: the words of ``seeds.reason``; ``missing_guards``: of ``case_terms.GUARD_TERMS``.
    """

    case_no: str
    county_code: str | None
    step_no: int
    event_no: int
    event_at: datetime
    from_state: str
    case_state: str
    state_after: str
    refusal_reason: str
    missing_guards: str | None
    reason_zh: str | None
    reason_en: str | None
    next_step_zh: str | None
    next_step_en: str | None
    rule_id: str | None
    record_id: str
    delivery_id: str
    source_line: int


@dataclass(frozen=True)
class Decision:
    """One decision of a case, with what had been booked for it."""

    decision_no: str
    subject_kind: str
    penalty_kind: str
    statutory_fen: int
    decided_fen: int
    decided_on: date
    served_on: date | None
    is_in_effect: bool
    collected_fen: int
    surcharge_fen: int
    paid_in_full_on: date | None


@dataclass(frozen=True)
class CaseFile:
    """A case with its steps, decisions and clocks. ``match``: what belongs to it (``warehouse.matching``), None of
    illegal operation, which no list matches."""

    case: Case
    steps: tuple[Step, ...]
    decisions: tuple[Decision, ...]
    clocks: tuple[Clock, ...]
    match: Match | None


DECISIONS_AND_MONEY = """
decided as (
    select case_kind, case_no, sum(statutory_fen)::bigint as statutory_fen, sum(decided_fen)::bigint as decided_fen,
        min(decided_on) as decided_on, max(served_on) filter (where served_on <= $as_of) as served_on,
        case when bool_and(decided_fen = 0 or coalesce(paid_in_full_on <= $as_of, false)) then max(paid_in_full_on) end
            as paid_on,
        count(*) as decision_count, string_agg(distinct subject_kind, ',' order by subject_kind) as subjects
    from core.case_decision
    where (is_in_effect or effect_ended_on > $as_of) and decided_on <= $as_of
    group by all
),
money as (
    select decision.case_kind, decision.case_no, coalesce(sum(payment.paid_fen), 0)::bigint as collected_fen,
        coalesce(sum(payment.surcharge_fen), 0)::bigint as surcharge_fen
    from core.case_decision as decision
    left join staging.penalty_payment as payment
        on payment.decision_no = decision.decision_no and payment.paid_on <= $as_of
    group by all
)
"""
"""Two CTEs, a row a case each: the decisions in effect on ``$as_of``, and of every case with any decision the money
booked by then."""
# A column of days that lie after the day asked for has not happened yet.
_CASES = f"""
with {DECISIONS_AND_MONEY},
state as (
    select case_no, arg_max(state_after, step_no) as state_after,
        max(event_on) filter (is_accepted) as state_since, count(*) filter (not is_accepted) as refused_count
    from core.case_state
    where event_on <= $as_of
    group by case_no
)
select life.case_kind, life.case_no, life.procedure, life.act_code, life.sector, life.detection_mode, life.plate_no,
    life.plate_color_code, life.county_code, life.violated_on, life.found_on,
    case when life.filed_on <= $as_of then life.filed_on end as filed_on,
    case when life.decided_on <= $as_of then life.decided_on else decided.decided_on end as decided_on,
    decided.served_on,
    decided.paid_on,
    case when life.closed_on <= $as_of then life.closed_on end as closed_on,
    case
        when coalesce(state.state_after, 'none') <> 'none' then state.state_after
        when coalesce(greatest(life.filed_on, life.decided_on, life.served_on, life.paid_on, life.ended_on,
            life.closed_on, life.state_since), $as_of) <= $as_of then life.reported_state
        when life.closed_on <= $as_of then 'closed'
        when life.ended_on <= $as_of then life.ended_state
        when coalesce(decided.decided_on, life.decided_on) <= $as_of
            then case life.procedure when 'simple' then 'decided_simple' else 'decided' end
        when life.filed_on <= $as_of then 'filed'
        else 'clue'
    end as case_state,
    state.state_since,
    coalesce(state.state_after, 'none') = 'none' as is_state_reported,
    life.reported_state,
    coalesce(state.refused_count, 0) as refused_count,
    decided.statutory_fen,
    case
        when money.case_no is not null then decided.decided_fen
        when life.decided_on <= $as_of then life.decided_fen
    end as decided_fen,
    money.collected_fen,
    money.surcharge_fen,
    life.home_authority,
    $as_of - case when life.filed_on <= $as_of then life.filed_on else life.found_on end as age_days
from core.case_life as life
left join state on life.case_kind = 'over_limit' and state.case_no = life.case_no
left join decided on decided.case_kind = life.case_kind and decided.case_no = life.case_no
left join money on money.case_kind = life.case_kind and money.case_no = life.case_no
where least(life.found_on, life.filed_on) <= $as_of and {{where}}
"""
_CASE_ROWS = """
select {columns} from (
    select * replace (case when not ({over}) then age_days end as age_days),
        closed_on is not null and not ({over}) as is_closed_on_list_only
    from ({cases})
)
where {which}
order by coalesce(filed_on, found_on) desc, case_kind, case_no
{limit}
"""
_OPEN_COUNTS = """
select case_state, {ages} as age, count(*)::bigint as case_count
from ({cases})
where not ({over})
group by all
order by all
"""
# Days that count for the surcharge: from its first day to the day of payment or the day asked for, both included, but
# for those of an appeal (行政处罚法 art. 73).
_JUDGED = """
with seen as (
    select *, case when clock_ended_on <= $as_of then clock_ended_on end as ended_on,
        coalesce(clock_stopped_on <= $as_of, false) as is_stopped,
        least(coalesce(clock_ended_on, $as_of), $as_of) as until_on
    from mart.case_clock as life
    where clock_started_on <= $as_of and {where}
),
paused as (
    select seen.case_kind, seen.case_no, seen.decision_no, sum(greatest(0,
        least(coalesce(pause.paused_to - 1, seen.until_on), seen.until_on)
        - greatest(pause.paused_from, seen.clock_started_on) + 1
    ))::bigint as paused_days
    from seen
    inner join core.case_pause as pause on seen.case_kind = 'over_limit' and pause.case_no = seen.case_no
    where seen.clock = 'late_surcharge'
    group by all
),
judged as (
    select seen.*,
        case
            when clock_result = 'not_applicable' or is_stopped then 'not_applicable'
            when ended_on is not null then clock_result
            when clock = 'late_surcharge' then 'overdue'
            when $as_of <= clock_due_on then 'running'
            when is_party_time then 'unknown'
            else 'overdue'
        end as state,
        case
            when clock_result = 'not_applicable' or is_stopped then null
            when clock = 'late_surcharge'
                then until_on - clock_started_on + 1 - coalesce(paused.paused_days, 0)
            when clock_result = 'omitted' and ended_on is not null then null
            when not is_party_time and until_on > clock_due_on then until_on - clock_due_on
        end as days_late
    from seen
    left join paused using (case_kind, case_no, decision_no)
)
"""
_CLOCKS = f"""{_JUDGED}
select judged.case_kind, judged.case_no, judged.decision_no, judged.county_code, judged.clock,
    judged.clock_started_on as started_on, judged.clock_due_on as due_on, judged.ended_on, judged.state,
    judged.days_late,
    case when judged.state = 'running' then judged.clock_due_on - $as_of end as days_left,
    judged.state = 'running' and not judged.is_party_time and judged.clock_due_on < $as_of + {{soon}} as is_soon,
    judged.is_party_time, judged.is_rolled,
    case when judged.state = 'not_applicable' then judged.why_not end as why_not,
    judged.rule_id, judged.has_verified_rule, judged.principal_fen,
    case when judged.days_late is not null and judged.clock = 'late_surcharge' then least(
        round(judged.principal_fen * cast(cap.parameter_value as decimal(9, 6)))::bigint,
        round(judged.principal_fen * judged.days_late * cast(ratio.parameter_value as decimal(9, 6)))::bigint
    ) end as surcharge_fen
from judged
left join seeds.parameter as ratio on judged.clock = 'late_surcharge' and ratio.parameter = 'late_surcharge_ratio'
    and judged.clock_started_on between coalesce(ratio.valid_from, judged.clock_started_on)
    and coalesce(ratio.valid_to, judged.clock_started_on)
left join seeds.parameter as cap on judged.clock = 'late_surcharge' and cap.parameter = 'late_surcharge_cap_ratio'
    and judged.clock_started_on between coalesce(cap.valid_from, judged.clock_started_on)
    and coalesce(cap.valid_to, judged.clock_started_on)
"""
_RAN_OUT = "list_contains($clocks, clock) and {due_on} + 1 between $first and $as_of and state <> 'not_applicable'"
_RUN_OUT = f"""{_JUDGED}
select county_code, case_kind, case_no, count(*) filter (state = 'met')::bigint as kept_count,
    count(*)::bigint as clock_count
from judged
where {{ran_out}}
group by all
order by all
"""
_CLOCK_ROWS = """
select {columns} from ({clocks})
where {which}
order by due_on nulls last, started_on, case_kind, case_no, clock, decision_no
{limit}
"""
_CLOCK_COUNTS = """
select clock, state, count(*)::bigint as clock_count, count(*) filter (is_soon)::bigint as soon_count,
    count(*) filter (not has_verified_rule)::bigint as unverified_count, sum(surcharge_fen)::bigint as surcharge_fen
from ({clocks})
group by all
order by all
"""
_STEPS = """
select step_no, event_no, event_at, case_state, from_state, state_after, is_accepted, refusal_reason, missing_guards,
    rule_id
from core.case_state
where case_no = $case_no and event_on <= $as_of
order by step_no
"""
_DECISIONS = """
with booked as (
    select decision_no, sum(paid_fen)::bigint as collected_fen, sum(surcharge_fen)::bigint as surcharge_fen
    from staging.penalty_payment
    where paid_on <= $as_of
    group by decision_no
)
select decision.decision_no, decision.subject_kind, decision.penalty_kind, decision.statutory_fen,
    decision.decided_fen, decision.decided_on,
    case when decision.served_on <= $as_of then decision.served_on end as served_on,
    decision.is_in_effect or coalesce(decision.effect_ended_on > $as_of, false) as is_in_effect,
    coalesce(booked.collected_fen, 0) as collected_fen, coalesce(booked.surcharge_fen, 0) as surcharge_fen,
    case when decision.paid_in_full_on <= $as_of then decision.paid_in_full_on end as paid_in_full_on
from core.case_decision as decision
left join booked using (decision_no)
where decision.case_kind = $kind and decision.case_no = $case_no and decision.decided_on <= $as_of
order by decision.decided_on, decision.decision_no
"""
_MONTHS = """
with told as ({cases})
select strftime(happened_on, '%Y-%m') as month, series, count(*)::bigint as case_count
from (
    select 'filed' as series, filed_on as happened_on from told
    union all
    select 'decided', decided_on from told
    union all
    select 'paid', paid_on from told
    union all
    select 'closed', closed_on from told
)
where happened_on between $first and $as_of
group by all
order by all
"""
_OF_SITE = """life.case_kind = 'over_limit' and exists (
    select 1 from core.case_match as tie
    where tie.case_no = life.case_no and tie.match_grade = 'exact' and tie.site_code = $site
)"""
_OF_PERIOD = """exists (
    select 1 from core.case_life as span
    where span.case_kind = life.case_kind and span.case_no = life.case_no
        and coalesce(case when span.filed_on <= $as_of then span.filed_on end, span.found_on)
            between $filed_first and $filed_last
)"""
# A step of a case that no list has is told, too, unless cases of some are asked for.
_REFUSED = """
select step.case_no, life.county_code, step.step_no, step.event_no, step.event_at, step.from_state, step.case_state,
    step.state_after, step.refusal_reason, step.missing_guards, reason.zh as reason_zh, reason.en as reason_en,
    reason.next_step_zh, reason.next_step_en, step.rule_id, step.record_id, step.delivery_id, step.source_line
from core.case_state as step
left join core.case_life as life on life.case_kind = 'over_limit' and life.case_no = step.case_no
left join seeds.reason as reason on reason.reason = step.refusal_reason and reason.outcome = 'step'
where not step.is_accepted and step.event_on <= $as_of and {where}
    and (cast($reason as varchar) is null or step.refusal_reason = $reason)
order by step.event_at desc, step.case_no, step.step_no
{limit}
"""
_Row = TypeVar("_Row", Case, Clock, ClockCount, OpenCount, Step, Decision, Refused)


def where_of(only: Filter) -> tuple[str, dict[str, Any]]:
    """A condition on ``life`` (case kind, number, county), and what it binds beside ``$as_of``."""
    told = {"case_kind": only.kind, "county_code": only.county, "case_no": only.case_no}
    given: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    conditions = ["true", *(f"life.{name} = ${name}" for name in given)]
    if only.site is not None:
        conditions.append(_OF_SITE)
        given["site"] = only.site
    if only.first is not None or only.last is not None:
        conditions.append(_OF_PERIOD)
        given |= {"filed_first": only.first or date.min, "filed_last": only.last or date.max}
    return " and ".join(conditions), given


def _rows(source: Source, query: str, params: dict[str, Any], of: type[_Row]) -> list[_Row]:
    return [of(**row) for row in source.rows(query, params)]


def cases_sql(only: Filter) -> tuple[str, dict[str, Any]]:
    """A query of the cases found or filed by ``$as_of``, a row each with the columns of ``Case``, and what else it
    binds."""
    where, given = where_of(only)
    return _CASES.format(where=where), given


def cases(
    source: Source, as_of: date, only: Filter | None = None, which: OfCases | None = None, limit: int | None = None
) -> list[Case]:
    """The cases found or filed by the day, newest first."""
    query, given = cases_sql(only or Filter())
    asked, conditions = which or OfCases(), ["true"]
    if asked.state is not None:
        conditions.append("case_state = $state")
        given["state"] = asked.state
    if asked.series is not None:
        if asked.series not in SERIES:
            raise ValueError(f"{asked.series} is no series")
        conditions.append(f"strftime({asked.series}_on, '%Y-%m') = $month")
        given["month"] = asked.month
    if asked.age is not None:
        first, last = AGES[asked.age]
        conditions.append(f"age_days between {first} and {last}")
    text = _CASE_ROWS.format(
        columns=_columns(Case), over=_OVER, cases=query, which=" and ".join(conditions), limit=_limit(limit)
    )
    return _rows(source, text, {"as_of": as_of, **given}, Case)


def case_count(source: Source, as_of: date, only: Filter | None = None) -> int:
    """How many cases were found or filed by the day."""
    query, given = cases_sql(only or Filter())
    (row,) = source.rows(f"select count(*)::bigint as case_count from ({query})", {"as_of": as_of, **given})
    return int(row["case_count"])


# The steps of a case tell whether it is over; its list does where it has none.
_OVER = f"case_state in {OVER} or (is_state_reported and closed_on is not null)"


def open_counts(source: Source, as_of: date, only: Filter | None = None) -> list[OpenCount]:
    """Open cases by state and age."""
    query, given = cases_sql(only or Filter())
    bands = " ".join(f"when age_days between {first} and {last} then '{name}'" for name, (first, last) in AGES.items())
    text = _OPEN_COUNTS.format(ages=f"case {bands} end", cases=query, over=_OVER)
    return _rows(source, text, {"as_of": as_of, **given}, OpenCount)


def _clocks_sql(only: Filter) -> tuple[str, dict[str, Any]]:
    where, given = where_of(only)
    return _CLOCKS.format(where=where, soon=SOON_DAYS), given


def clocks(
    source: Source, as_of: date, only: Filter | None = None, which: OfClocks | None = None, limit: int | None = None
) -> list[Clock]:
    """The clocks that had begun by the day, by their last day."""
    query, given = _clocks_sql(only or Filter())
    asked, conditions = which or OfClocks(), ["true"]
    if asked.clock is not None:
        conditions.append("clock = $clock")
        given["clock"] = asked.clock
    if asked.state is not None:
        conditions.append("state = $state")
        given["state"] = asked.state
    if asked.is_soon:
        conditions.append("is_soon")
    if asked.ran_out_from is not None:
        conditions.append(_RAN_OUT.format(due_on="due_on"))
        given |= {"clocks": list(SCORED_CLOCKS), "first": asked.ran_out_from}
    text = _CLOCK_ROWS.format(
        columns=_columns(Clock), clocks=query, which=" and ".join(conditions), limit=_limit(limit)
    )
    return _rows(source, text, {"as_of": as_of, **given}, Clock)


def clock_counts(source: Source, as_of: date, only: Filter | None = None) -> list[ClockCount]:
    """The clocks of the day by name and state."""
    query, given = _clocks_sql(only or Filter())
    return _rows(source, _CLOCK_COUNTS.format(clocks=query), {"as_of": as_of, **given}, ClockCount)


def run_out(source: Source, first: date, as_of: date) -> list[dict[str, Any]]:
    """Of each case (``county_code``, ``case_kind``, ``case_no``) how many of the ``SCORED_CLOCKS`` ran out from
    ``first`` to the day (``clock_count``), and how many of these were kept. A clock runs out on the day after its last
    day, so each of them is decided: kept, late, left out or still open."""
    query, given = (
        _RUN_OUT.format(where="true", ran_out=_RAN_OUT.format(due_on="clock_due_on")),
        {"clocks": list(SCORED_CLOCKS)},
    )
    return source.rows(query, {"first": first, "as_of": as_of, **given})


def refused(
    source: Source, as_of: date, only: Filter | None = None, reason: str | None = None, limit: int | None = None
) -> list[Refused]:
    """The steps up to the day that had no effect, the newest first; as many as ``refused_count`` of the cases says, and
    those of cases that no list has. ``reason``: of ``REFUSALS`` only."""
    where, given = where_of(only or Filter())
    text = _REFUSED.format(where=where, limit=_limit(limit))
    return _rows(source, text, {"as_of": as_of, "reason": reason, **given}, Refused)


def _columns(of: type[Any]) -> str:
    return ", ".join(field.name for field in fields(of))


def _limit(limit: int | None) -> str:
    return "" if limit is None else f"limit {limit}"


def case_file(
    source: Source, as_of: date, case_no: str, kind: str | None = None, *, with_match: bool = True
) -> CaseFile:
    """One case with everything. Raises ``NoCase``; of two lists with the number the over-limit case is meant.

    ``with_match``: also what belongs to it; tables of lists alone have no matches."""
    found = cases(source, as_of, Filter(kind=kind, case_no=case_no))
    if not found:
        raise NoCase(f"There is no case {case_no!r} by {as_of}. 'heng cases list' shows the numbers.")
    case = max(found, key=lambda one: one.case_kind)
    asked = {"as_of": as_of, "case_no": case_no}
    return CaseFile(
        case,
        tuple(_rows(source, _STEPS, asked, Step)) if case.case_kind == "over_limit" else (),
        tuple(_rows(source, _DECISIONS, asked | {"kind": case.case_kind}, Decision)),
        tuple(clocks(source, as_of, Filter(kind=case.case_kind, case_no=case_no))),
        of_cases(source, [case_no]).get(case_no) if case.case_kind == "over_limit" and with_match else None,
    )


def months(source: Source, first: date, as_of: date, only: Filter | None = None) -> dict[str, dict[str, int]]:
    """Cases by month (``2026-03``) and series, from ``first`` to the day; a month without any of a series lacks it."""
    query, given = cases_sql(only or Filter())
    found: dict[str, dict[str, int]] = {}
    for row in source.rows(_MONTHS.format(cases=query), {"first": first, "as_of": as_of, **given}):
        found.setdefault(row["month"], {})[row["series"]] = row["case_count"]
    return found
