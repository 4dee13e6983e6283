-- Grain: one case, over-limit or illegal operation, with what became of it: decided, or ended without effect.
-- ended_on: day of the first step after the last decision that took the case's effect away (ended_state); of a case whose
-- only decisions are not to penalise the first of them. A case whose state alone says that it ended has none.
-- decided_on: the first decision with an effect; a warning is one. Of a case that was decided anew after the decision was
-- taken away, the first one since or, where none is dated so, the step that decided it anew.
-- earlier_decided_on, earlier_ended_on, earlier_ended_state: what held before decided_on of such a case: the first
-- decision and the first step (or decision not to penalise) that took it away. Of more than two rounds the first and the
-- last are told; in between the case counts as ended.
-- first_decided_on: the first decision of any kind, whatever became of it. A county's list of illegal operation tells
-- the day of a decision itself; it holds where no decision of that number was sent.
with filed as (
    select 'over_limit' as case_kind, case_no, case_state, cast(null as date) as decided_on
    from {{ ref('enforcement_case') }}
    union all
    select 'illegal_operation' as case_kind, case_no, case_state, decided_on
    from {{ ref('illegal_operation_case') }}
),
-- A case that ended without a penalty is closed afterwards like any other: its steps tell, not its state of today.
turn as (
    select
        case_no,
        case_state,
        cast(event_at as date) as event_on,
        case when case_state in ('decided', 'decided_simple') then 0 else 1 end as is_end,
        row_number() over (partition by case_no order by event_at, event_no, record_id) as nth
    from {{ ref('case_event') }}
    where case_state in ('decided', 'decided_simple') or {{ is_ended('case_state') }}
),
placed as (
    select
        case_no,
        case_state,
        event_on,
        is_end,
        nth,
        coalesce(max(case when is_end = 0 then nth end) over (partition by case_no), 0) as last_decided_nth
    from turn
),
-- Of the ends before and of those after the last decision the first one each.
ending as (
    select
        case_no,
        case_state,
        event_on,
        nth > last_decided_nth as is_last,
        row_number() over (partition by case_no, nth > last_decided_nth order by nth) as place,
        max(event_on) over (partition by case_no, nth > last_decided_nth) as taken_on,
        max(nth) over (partition by case_no, nth > last_decided_nth) as taken_nth
    from placed
    where is_end = 1
),
ended as (
    select case_no, case_state as ended_state, event_on as ended_on
    from ending
    where is_last and place = 1
),
-- Decided anew after the act had lost its effect.
anew as (
    select
        ending.case_no,
        ending.case_state as earlier_ended_state,
        ending.event_on as earlier_ended_on,
        ending.taken_on,
        min(turn.event_on) as anew_on
    from ending
    inner join turn on turn.case_no = ending.case_no and turn.is_end = 0 and turn.nth > ending.taken_nth
    where not ending.is_last and ending.place = 1
    group by ending.case_no, ending.case_state, ending.event_on, ending.taken_on
),
dated as (
    select
        penalty.case_no,
        anew.case_no is not null as is_anew,
        anew.anew_on,
        anew.earlier_ended_state,
        anew.earlier_ended_on,
        min(penalty.decided_on) as first_on,
        min(case when penalty.penalty_kind <> 'no_penalty' then penalty.decided_on end) as first_effective_on,
        min(case when penalty.penalty_kind = 'no_penalty' then penalty.decided_on end) as first_unpunished_on,
        min(case
            when penalty.penalty_kind <> 'no_penalty' and penalty.decided_on >= anew.taken_on then penalty.decided_on
        end) as decided_anew_on
    from {{ ref('penalty_decision') }} as penalty
    left join anew on anew.case_no = penalty.case_no
    group by
        penalty.case_no, anew.case_no is not null, anew.anew_on, anew.earlier_ended_state, anew.earlier_ended_on
),
decision as (
    select
        case_no,
        first_on,
        first_effective_on,
        case
            when not is_anew then first_effective_on
            when first_effective_on is not null then coalesce(decided_anew_on, anew_on)
        end as decided_on,
        case
            when first_unpunished_on < coalesce(first_effective_on, first_unpunished_on)
                and first_unpunished_on <= coalesce(earlier_ended_on, first_unpunished_on)
                then first_unpunished_on
        end as unpunished_on,
        earlier_ended_state,
        earlier_ended_on
    from dated
)
select
    filed.case_kind,
    filed.case_no,
    case when decision.case_no is null then filed.decided_on else decision.decided_on end as decided_on,
    coalesce(decision.first_on, filed.decided_on) as first_decided_on,
    case
        when ended.case_no is null and {{ is_ended('filed.case_state') }} then filed.case_state
        when decision.decided_on is null and decision.first_on <= coalesce(ended.ended_on, decision.first_on)
            then 'no_penalty'
        else ended.ended_state
    end as ended_state,
    case
        when ended.case_no is null and {{ is_ended('filed.case_state') }} then null
        when decision.decided_on is null and decision.first_on <= coalesce(ended.ended_on, decision.first_on)
            then decision.first_on
        else ended.ended_on
    end as ended_on,
    case
        when decision.first_effective_on < decision.decided_on then decision.first_effective_on
    end as earlier_decided_on,
    case
        when decision.decided_on is null then null
        when decision.unpunished_on is not null then 'no_penalty'
        else decision.earlier_ended_state
    end as earlier_ended_state,
    case
        when decision.decided_on is not null then coalesce(decision.unpunished_on, decision.earlier_ended_on)
    end as earlier_ended_on
from filed
left join decision on decision.case_no = filed.case_no
left join ended on ended.case_no = filed.case_no
