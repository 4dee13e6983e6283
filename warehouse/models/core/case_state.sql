-- Grain: one step of one case, in the order in which the steps were taken (time, then number), whatever the order in
-- which they arrived, with whether the case may enter that state from the one it was in (seeds.case_transition).
-- A step that may not be taken is refused and kept: R-STEP, no such step from there; R-GUARD, something that has to
-- stand before it is missing (missing_guards). The case stays where it was, and the next step is judged from there.
-- Guards: pre_notice, an accepted penalty notice before; decision, a decision by that day; service, a decision served by
-- that day; payment_some, money at the bank on that day; payment_full, a fine covered on that day and none in effect that
-- is not; penalty_done, no fine in effect that is not covered on that day; payment_due, the time to pay a served fine over
-- before that day (行政处罚法 arts 67 and 72); remedies_lapsed, the party's times for reconsideration and court over as well
-- (行政强制法 art. 53). Whether a last day moves past a day off was not read in a text, so they are held against the plain
-- one, and against nothing where no service is told. What no feed tells (the head's approval, the second officer, the
-- reminder before enforcement) is not judged.
with recursive step as (
    select
        told.case_no,
        cast(row_number() over (partition by told.case_no order by told.event_at, told.event_no, told.record_id) as integer)
            as step_no,
        told.event_no,
        told.event_at,
        cast(told.event_at as date) as event_on,
        told.case_state,
        filed.procedure,
        told.record_id,
        told.delivery_id,
        told.source_line
    from {{ ref('case_event') }} as told
    left join {{ ref('enforcement_case') }} as filed on filed.case_no = told.case_no
),
last_day as (
    select
        decision.decision_no,
        max(case when rule.clock = 'payment' then {{ plain_due('decision.served_on', 'rule') }} end) as payment_on,
        max(case when rule.clock <> 'payment' then {{ plain_due('decision.served_on', 'rule') }} end) as remedy_on
    from {{ ref('case_decision') }} as decision
    inner join {{ ref('procedure_clock') }} as rule
        on rule.clock in ('payment', 'reconsideration_request', 'litigation')
        and {{ in_force('rule', 'decision.served_on') }}
    where decision.decided_fen > 0
    group by decision.decision_no
),
booked as (
    select
        step.record_id,
        decision.decision_no,
        decision.decided_fen,
        decision.served_on <= step.event_on as is_served,
        last_day.payment_on < step.event_on as is_payment_over,
        last_day.payment_on < step.event_on and last_day.remedy_on < step.event_on as is_remedy_over,
        decision.is_in_effect,
        coalesce(sum(payment.paid_fen), 0) as booked_fen
    from step
    inner join {{ ref('case_decision') }} as decision
        on decision.case_no = step.case_no and decision.decided_on <= step.event_on
    left join {{ ref('penalty_payment') }} as payment
        on payment.decision_no = decision.decision_no and payment.paid_on <= step.event_on
    left join last_day on last_day.decision_no = decision.decision_no
    group by
        step.record_id, step.event_on, decision.decision_no, decision.decided_fen, decision.served_on,
        decision.is_in_effect, last_day.payment_on, last_day.remedy_on
),
fact as (
    select
        record_id,
        count(*) as decision_count,
        count(case when is_served then decision_no end) as served_count,
        count(case when is_payment_over then decision_no end) as payment_over_count,
        count(case when is_remedy_over then decision_no end) as remedy_over_count,
        count(case when booked_fen > 0 then decision_no end) as paid_count,
        count(case when decided_fen > 0 and booked_fen >= decided_fen then decision_no end) as covered_count,
        count(case when is_in_effect and booked_fen < decided_fen then decision_no end) as open_count
    from booked
    group by record_id
),
-- Read at every step of the walk and again at the end: what is read twice is computed once.
asked as (
    select
        step.case_no,
        step.step_no,
        step.event_on,
        step.case_state,
        transition.rule_id,
        transition.from_state,
        transition.guard,
        concat_ws(
            ',',
            case when transition.guard like '%decision%' and coalesce(fact.decision_count, 0) = 0 then 'decision' end,
            case when transition.guard like '%service%' and coalesce(fact.served_count, 0) = 0 then 'service' end,
            case
                when transition.guard like '%payment_some%' and coalesce(fact.paid_count, 0) = 0 then 'payment_some'
            end,
            case
                when transition.guard like '%payment_full%'
                    and (coalesce(fact.covered_count, 0) = 0 or fact.open_count > 0) then 'payment_full'
            end,
            case when transition.guard like '%penalty_done%' and fact.open_count > 0 then 'penalty_done' end,
            case
                when transition.guard like '%payment_due%' and fact.served_count > 0 and fact.payment_over_count = 0
                    then 'payment_due'
            end,
            case
                when transition.guard like '%remedies_lapsed%' and fact.served_count > 0 and fact.remedy_over_count = 0
                    then 'remedies_lapsed'
            end
        ) as missing_facts
    from step
    left join fact on fact.record_id = step.record_id
    inner join {{ ref('case_transition') }} as transition
        on transition.to_state = step.case_state
        and coalesce(transition.procedure, step.procedure, '') = coalesce(step.procedure, '')
        and {{ in_force('transition', 'step.event_on') }}
),
walk as (
    select
        case_no,
        0 as step_no,
        cast('none' as varchar) as from_state,
        cast('none' as varchar) as state_after,
        false as is_noticed,
        cast(null as varchar) as missing_guards
    from step
    where step_no = 1
    union all
    select
        case_no,
        step_no,
        from_state,
        case when missing_guards = '' then case_state else from_state end as state_after,
        is_noticed or coalesce(missing_guards = '' and case_state = 'pre_notice', false) as is_noticed,
        missing_guards
    from (
        select
            step.case_no,
            step.step_no,
            step.case_state,
            walk.state_after as from_state,
            walk.is_noticed,
            case
                when asked.rule_id is not null
                    then concat_ws(
                        ',',
                        case when asked.guard like '%pre_notice%' and not walk.is_noticed then 'pre_notice' end,
                        nullif(asked.missing_facts, '')
                    )
            end as missing_guards
        from walk
        inner join step on step.case_no = walk.case_no and step.step_no = walk.step_no + 1
        left join asked
            on asked.case_no = step.case_no
            and asked.step_no = step.step_no
            and asked.from_state = walk.state_after
    ) as judged
)
select
    step.case_no,
    step.step_no,
    step.event_no,
    step.event_at,
    step.event_on,
    step.case_state,
    walk.from_state,
    walk.state_after,
    coalesce(walk.missing_guards = '', false) as is_accepted,
    case
        when walk.missing_guards is null then 'R-STEP'
        when walk.missing_guards <> '' then 'R-GUARD'
    end as refusal_reason,
    nullif(walk.missing_guards, '') as missing_guards,
    asked.rule_id,
    step.record_id,
    step.delivery_id,
    step.source_line
from walk
inner join step on step.case_no = walk.case_no and step.step_no = walk.step_no
left join asked
    on asked.case_no = walk.case_no
    and asked.step_no = walk.step_no
    and asked.from_state = walk.from_state
