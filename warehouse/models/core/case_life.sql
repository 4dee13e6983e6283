-- Grain: one case, over-limit or illegal operation: its state, its days and its amounts, as they are known now.
-- Four series that are never merged: filed_on (立案), decided_on (决定), paid_on (罚款入库, the fine covered in full),
-- closed_on (结案). A case of the simple procedure has no filing.
-- case_state: after the last step that core.case_state accepts; where no step was delivered, the sender's word
-- (is_state_reported). The sender's word stays beside it (reported_state), and so does the number of refused steps.
-- decided_on, ended_state: core.case_outcome. Amounts are those of the decisions in effect (core.case_decision), as the
-- decisions state them; money booked for any decision of the case was collected. An illegal-operation case without a
-- decision of its number has the amount of its county's list, no statutory one, and nothing is known of its payment.
-- is_from_elsewhere: the plate is not of the prefecture (parameter local_plate_prefix): the hand-over duty.
with setting as (
    select max(case when parameter = 'local_plate_prefix' then parameter_text end) as local_prefix
    from {{ ref('parameter') }}
),
filed as (
    select
        'over_limit' as case_kind,
        case_no,
        procedure,
        act_code,
        cast(null as varchar) as sector,
        detection_mode,
        plate_no,
        plate_color_code,
        county_code,
        uscc,
        cast(violated_at as date) as violated_on,
        found_on,
        filed_on,
        closed_on,
        case_state as reported_state,
        cast(null as bigint) as gain_fen,
        cast(null as bigint) as listed_fen,
        record_id,
        delivery_id,
        source_line
    from {{ ref('enforcement_case') }}
    union all
    select
        'illegal_operation' as case_kind,
        case_no,
        'ordinary' as procedure,
        'illegal_operation' as act_code,
        sector,
        cast(null as varchar) as detection_mode,
        plate_no,
        plate_color_code,
        county_code,
        cast(null as varchar) as uscc,
        cast(null as date) as violated_on,
        found_on,
        filed_on,
        closed_on,
        case_state as reported_state,
        gain_fen,
        decided_fen as listed_fen,
        record_id,
        delivery_id,
        source_line
    from {{ ref('illegal_operation_case') }}
),
decision as (
    select
        case_kind,
        case_no,
        count(*) as all_count,
        count(case when is_in_effect then decision_no end) as decision_count,
        max(case when is_in_effect then served_on end) as served_on,
        sum(case when is_in_effect then statutory_fen end) as statutory_fen,
        sum(case when is_in_effect then decided_fen end) as decided_fen,
        sum(collected_fen) as collected_fen,
        sum(surcharge_fen) as surcharge_fen,
        max(case when is_in_effect then paid_in_full_on end) as paid_on,
        count(case when is_in_effect and decided_fen > 0 and paid_in_full_on is null then decision_no end)
            as unpaid_count
    from {{ ref('case_decision') }}
    group by case_kind, case_no
),
step as (
    select
        case_no,
        count(case when not is_accepted then step_no end) as refused_count,
        max(case when is_accepted then event_on end) as state_since,
        max(step_no) as last_step_no
    from {{ ref('case_state') }}
    group by case_no
),
last_state as (
    select
        step.case_no,
        step.refused_count,
        step.state_since,
        told.state_after
    from step
    inner join {{ ref('case_state') }} as told on told.case_no = step.case_no and told.step_no = step.last_step_no
),
letter as (
    select case_no, min(sent_on) as sent_on, min(home_authority) as home_authority
    from {{ ref('case_handover') }}
    group by case_no
)
select
    filed.case_kind,
    filed.case_no,
    filed.procedure,
    filed.act_code,
    filed.sector,
    filed.detection_mode,
    filed.plate_no,
    filed.plate_color_code,
    filed.county_code,
    filed.uscc,
    filed.violated_on,
    filed.found_on,
    filed.filed_on,
    outcome.decided_on,
    decision.served_on,
    case when decision.unpaid_count = 0 then decision.paid_on end as paid_on,
    filed.closed_on,
    case
        when coalesce(last_state.state_after, 'none') = 'none' then filed.reported_state else last_state.state_after
    end as case_state,
    last_state.state_since,
    coalesce(last_state.state_after, 'none') = 'none' as is_state_reported,
    filed.reported_state,
    cast(coalesce(last_state.refused_count, 0) as integer) as refused_count,
    outcome.ended_state,
    outcome.ended_on,
    outcome.first_decided_on,
    cast(coalesce(decision.decision_count, 0) as integer) as decision_count,
    cast(decision.statutory_fen as bigint) as statutory_fen,
    cast(
        case when decision.all_count is null and outcome.ended_state is null then filed.listed_fen else decision.decided_fen end
        as bigint
    ) as decided_fen,
    cast(decision.collected_fen as bigint) as collected_fen,
    cast(decision.surcharge_fen as bigint) as surcharge_fen,
    filed.gain_fen,
    filed.plate_no not like concat(setting.local_prefix, '%') as is_from_elsewhere,
    letter.home_authority,
    letter.sent_on as handed_over_on,
    filed.record_id,
    filed.delivery_id,
    filed.source_line
from filed
cross join setting
inner join {{ ref('case_outcome') }} as outcome
    on outcome.case_kind = filed.case_kind and outcome.case_no = filed.case_no
left join decision on decision.case_kind = filed.case_kind and decision.case_no = filed.case_no
left join last_state on filed.case_kind = 'over_limit' and last_state.case_no = filed.case_no
left join letter on filed.case_kind = 'over_limit' and letter.case_no = filed.case_no
