-- Grain: one penalty decision, with its case, its service and what the bank booked for it.
-- is_in_effect: it penalises, its case has not lost its effect, and it was not taken away before the case was decided
-- anew (core.case_outcome). effect_ended_on: of one that penalises and does not hold any more, the day of the first
-- step since that took the effect away; empty: it holds, or no step tells the day. An amended decision comes again under its number: only its last content is here.
-- first_paid_on: the first money. paid_in_full_on: the day from which the principal booked covers the fine for good; a
-- reversal opens it again. The surcharge booked stays apart from the principal.
with outcome_of_number as (
    select
        case_kind,
        case_no,
        decided_on,
        ended_state,
        row_number() over (partition by case_no order by case_kind desc) as nth
    from {{ ref('case_outcome') }}
),
booked as (
    select
        decision_no,
        paid_on,
        sum(paid_fen) as day_fen,
        sum(surcharge_fen) as day_surcharge_fen
    from {{ ref('penalty_payment') }}
    group by decision_no, paid_on
),
balance as (
    select
        booked.decision_no,
        booked.paid_on,
        booked.day_fen,
        booked.day_surcharge_fen,
        sum(booked.day_fen) over (partition by booked.decision_no order by booked.paid_on) >= penalty.decided_fen
            as is_covered
    from booked
    inner join {{ ref('penalty_decision') }} as penalty on penalty.decision_no = booked.decision_no
),
taken as (
    select penalty.decision_no, min(cast(step.event_at as date)) as taken_on
    from {{ ref('penalty_decision') }} as penalty
    inner join {{ ref('case_event') }} as step
        on step.case_no = penalty.case_no and cast(step.event_at as date) >= penalty.decided_on
    where {{ is_ended('step.case_state') }}
    group by penalty.decision_no
),
judged as (
    select
        penalty.decision_no,
        coalesce(
            outcome.case_kind, case when penalty.is_over_limit_case then 'over_limit' else 'illegal_operation' end
        ) as case_kind,
        coalesce(
            penalty.penalty_kind <> 'no_penalty'
            and outcome.ended_state is null
            and penalty.decided_on >= outcome.decided_on,
            false
        ) as is_in_effect
    from {{ ref('penalty_decision') }} as penalty
    left join outcome_of_number as outcome on outcome.case_no = penalty.case_no and outcome.nth = 1
),
last_open as (
    select decision_no, max(case when not is_covered then paid_on end) as open_on
    from balance
    group by decision_no
),
paid as (
    select
        balance.decision_no,
        min(balance.paid_on) as first_paid_on,
        min(case
            when balance.is_covered and (last_open.open_on is null or balance.paid_on > last_open.open_on)
                then balance.paid_on
        end) as paid_in_full_on,
        cast(sum(balance.day_fen) as bigint) as collected_fen,
        cast(sum(balance.day_surcharge_fen) as bigint) as surcharge_fen
    from balance
    inner join last_open on last_open.decision_no = balance.decision_no
    group by balance.decision_no
)
select
    penalty.decision_no,
    judged.case_kind,
    penalty.case_no,
    penalty.subject_kind,
    penalty.penalty_kind,
    penalty.statutory_fen,
    penalty.decided_fen,
    penalty.decided_on,
    penalty.served_on,
    judged.is_in_effect,
    case when penalty.penalty_kind <> 'no_penalty' and not judged.is_in_effect then taken.taken_on end as effect_ended_on,
    coalesce(paid.collected_fen, 0) as collected_fen,
    coalesce(paid.surcharge_fen, 0) as surcharge_fen,
    paid.first_paid_on,
    case when penalty.decided_fen > 0 then paid.paid_in_full_on end as paid_in_full_on,
    penalty.record_id,
    penalty.delivery_id,
    penalty.source_line
from {{ ref('penalty_decision') }} as penalty
inner join judged on judged.decision_no = penalty.decision_no
left join taken on taken.decision_no = penalty.decision_no
left join paid on paid.decision_no = penalty.decision_no
