-- Grain: one case, over-limit or illegal operation, with what became of it: decided, or ended without effect.
-- ended_on: day of the step that took the case's effect away (ended_state), unless a decision followed it; a case whose
-- state alone says so has none.
-- decided_on: the first decision with an effect; a warning is one. Of a case that was decided anew after the decision
-- was taken away, the first one since. A case whose only decisions are not to penalise ended with the first of them.
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
        row_number() over (partition by case_no order by event_at desc, event_no desc, record_id) as nth
    from {{ ref('case_event') }}
    where case_state in (
        'decided', 'decided_simple', 'void', 'no_penalty', 'withdrawn', 'transferred_criminal', 'transferred_other',
        'revoked_by_review'
    )
),
ended as (
    select case_no, case_state as ended_state, event_on as ended_on
    from turn
    where nth = 1 and is_end = 1
),
-- Decided anew after the act had lost its effect: the earlier decision is none any more.
anew as (
    select case_no, max(case when is_end = 1 then event_on end) as ended_before_on
    from turn
    group by case_no
    having min(case when is_end = 0 then nth end) = 1
),
decision as (
    select
        penalty.case_no,
        coalesce(
            min(case
                when penalty.penalty_kind <> 'no_penalty'
                    and penalty.decided_on >= coalesce(anew.ended_before_on, penalty.decided_on) then penalty.decided_on
            end),
            min(case when penalty.penalty_kind <> 'no_penalty' then penalty.decided_on end)
        ) as decided_on,
        min(penalty.decided_on) as first_on
    from {{ ref('penalty_decision') }} as penalty
    left join anew on anew.case_no = penalty.case_no
    group by penalty.case_no
)
select
    filed.case_kind,
    filed.case_no,
    case when decision.case_no is null then filed.decided_on else decision.decided_on end as decided_on,
    coalesce(decision.first_on, filed.decided_on) as first_decided_on,
    case
        when ended.case_no is not null then ended.ended_state
        when filed.case_state in (
            'void', 'no_penalty', 'withdrawn', 'transferred_criminal', 'transferred_other', 'revoked_by_review'
        ) then filed.case_state
        when decision.first_on is not null and decision.decided_on is null then 'no_penalty'
    end as ended_state,
    case
        when ended.case_no is not null then ended.ended_on
        when filed.case_state in (
            'void', 'no_penalty', 'withdrawn', 'transferred_criminal', 'transferred_other', 'revoked_by_review'
        ) then null
        when decision.decided_on is null then decision.first_on
    end as ended_on
from filed
left join decision on decision.case_no = filed.case_no
left join ended on ended.case_no = filed.case_no
