-- Grain: one over-limit case about mass or dimensions: one act of one vehicle, with every fact that decides whether and
-- when it counts for the repeat rule (公路安全保护条例 art. 66). Nothing is counted or left out here: warehouse.repeat does,
-- as of a day.
-- decided_on, ended_* and earlier_* are those of core.case_outcome.
-- The passage is the one the case names by its check number (core.case_passage, exact). What plate, time and county
-- suggest is not taken: its thresholds are assumptions, and an act must not count by them. Such an act has no ratio, nor
-- has one whose passage is not over the limit by this law: it is shown, and how far over it was is not known.
-- is_within_limit: that passage or, where the number names none, all that was weighed of the plate around the act is
-- within the limit.
-- counted_ratio: the excess ratio above which an act counts, of the day of the act (seeds.parameter); it is held against
-- excess_ratio_after_allowance, which is the measured one where the instrument's allowance is not known. The allowance
-- (allowance_kg, of accuracy_class) is one of the instrument and stands apart from that threshold of the law.
-- decided_counted_ratio, earlier_decided_counted_ratio: that of the day of the decision or of the one of the act, whichever
-- is higher; an act counts by it where the rule of the decision is the lighter one (行政处罚法 art. 37, lighter_rule). No
-- decision, or a day that knows no lighter rule: none.
-- vehicle_, driver_, enterprise_decided_on: the first penalty against that one itself since decided_on. earlier_…: of an
-- act decided anew the same since earlier_decided_on. is_decided_by_step: no decision since decided_on was delivered, the
-- step alone tells the day and nothing against whom.
-- last_unladen_at: the vehicle's last unladen passage before the act, within the longest repeat_merge_hours of any day
-- that may be asked; it ends a trip. Unladen is by the unladen_share of the passage's day.
with setting as (
    select max(parameter_value) as merge_hours from {{ ref('parameter') }} where parameter = 'repeat_merge_hours'
),
act as (
    select
        enforcement.record_id,
        enforcement.delivery_id,
        enforcement.source_line,
        enforcement.case_no,
        enforcement.act_code,
        enforcement.detection_mode,
        enforcement.check_no,
        enforcement.plate_no,
        enforcement.plate_color_code,
        enforcement.driver_id_hash,
        enforcement.driver_certificate_no,
        enforcement.uscc,
        enforcement.county_code,
        enforcement.violated_at,
        cast(enforcement.violated_at as date) as violated_on,
        case
            when enforcement.procedure = 'simple' then coalesce(enforcement.filed_on, enforcement.found_on)
            else enforcement.filed_on
        end as filed_on,
        outcome.decided_on,
        outcome.ended_state,
        outcome.ended_on,
        outcome.earlier_decided_on,
        outcome.earlier_ended_state,
        outcome.earlier_ended_on,
        enforcement.case_state
    from {{ ref('enforcement_case') }} as enforcement
    left join {{ ref('case_outcome') }} as outcome
        on outcome.case_kind = 'over_limit' and outcome.case_no = enforcement.case_no
    where enforcement.act_code in ('over_mass', 'over_mass_and_dimension', 'over_dimension')
),
found as (
    select
        matched.record_id,
        matched.passage_record_id,
        passage.site_code,
        passage.rule_id,
        finding.excess_ratio,
        finding.accuracy_class,
        finding.allowance_kg,
        finding.excess_after_allowance_kg,
        finding.excess_ratio_after_allowance,
        passage.gross_vehicle_weight_kg,
        passage.limit_kg,
        finding.flags,
        finding.unknown_conditions,
        finding.permit_no,
        finding.is_permitted,
        passage.verdict
    from {{ ref('case_passage') }} as matched
    inner join {{ ref('passage') }} as passage
        on passage.record_id = matched.passage_record_id
        and passage.passed_date = matched.violated_on
    left join {{ ref('finding') }} as finding
        on finding.record_id = matched.passage_record_id
        and finding.passed_date = matched.violated_on
    where matched.match_grade = 'exact'
),
penalty as (
    select
        act.record_id,
        decision.subject_kind,
        decision.decided_on,
        decision.decided_on >= act.decided_on as is_now
    from act
    inner join {{ ref('penalty_decision') }} as decision on decision.case_no = act.case_no
    where decision.penalty_kind <> 'no_penalty' and act.decided_on is not null
),
penalised as (
    select
        record_id,
        count(case when is_now then 1 end) as now_count,
        min(case when is_now and subject_kind = 'vehicle' then decided_on end) as vehicle_decided_on,
        min(case when is_now and subject_kind = 'driver' then decided_on end) as driver_decided_on,
        min(case when is_now and subject_kind = 'enterprise' then decided_on end) as enterprise_decided_on,
        min(case when not is_now and subject_kind = 'vehicle' then decided_on end) as earlier_vehicle_decided_on,
        min(case when not is_now and subject_kind = 'driver' then decided_on end) as earlier_driver_decided_on,
        min(case when not is_now and subject_kind = 'enterprise' then decided_on end) as earlier_enterprise_decided_on
    from penalty
    group by record_id
),
-- Only vehicles with another act shortly before can have been unladen between two.
close_act as (
    select record_id, plate_no, plate_color_code, violated_at, earlier_at
    from (
        select
            act.record_id,
            act.plate_no,
            act.plate_color_code,
            act.violated_at,
            lag(act.violated_at) over (
                partition by act.plate_no, act.plate_color_code order by act.violated_at, act.case_no
            ) as earlier_at
        from act
    ) as follow
    cross join setting
    where violated_at <= earlier_at + interval 1 second * cast(setting.merge_hours * 3600 as integer)
),
unladen as (
    select close_act.record_id, max(passage.passed_at) as last_unladen_at
    from close_act
    cross join setting
    inner join {{ ref('passage') }} as passage
        on passage.plate_no = close_act.plate_no
        and passage.plate_color_code = close_act.plate_color_code
        and passage.passed_at > close_act.violated_at - interval 1 second * cast(setting.merge_hours * 3600 as integer)
        and passage.passed_at < close_act.violated_at
    inner join {{ ref('parameter') }} as share
        on share.parameter = 'unladen_share'
        and {{ in_force('share', 'passage.passed_date') }}
    where passage.gross_vehicle_weight_kg <= passage.limit_low_kg * share.parameter_value
    group by close_act.record_id
)
select
    act.plate_no,
    act.plate_color_code,
    act.violated_at,
    act.violated_on,
    act.case_no,
    act.act_code,
    act.detection_mode,
    act.county_code,
    substr(act.county_code, 1, 4) not in (select substr(county_code, 1, 4) from {{ ref('county') }}) as is_elsewhere,
    coalesce(act.driver_certificate_no, act.driver_id_hash) as driver_no,
    act.driver_certificate_no,
    act.uscc,
    act.filed_on,
    act.decided_on,
    act.decided_on is not null and coalesce(penalised.now_count, 0) = 0 as is_decided_by_step,
    act.ended_state,
    act.ended_on,
    act.earlier_decided_on,
    act.earlier_ended_state,
    act.earlier_ended_on,
    penalised.vehicle_decided_on,
    penalised.driver_decided_on,
    penalised.enterprise_decided_on,
    penalised.earlier_vehicle_decided_on,
    penalised.earlier_driver_decided_on,
    penalised.earlier_enterprise_decided_on,
    act.case_state,
    act.check_no,
    found.passage_record_id,
    found.site_code,
    found.gross_vehicle_weight_kg,
    found.limit_kg,
    found.rule_id,
    found.excess_ratio,
    found.accuracy_class,
    found.allowance_kg,
    found.excess_after_allowance_kg,
    found.excess_ratio_after_allowance,
    ratio.parameter_value as counted_ratio,
    case
        when lighter.parameter_text = 'LIGHTER' then greatest(ratio.parameter_value, decided_ratio.parameter_value)
    end as decided_counted_ratio,
    case
        when earlier_lighter.parameter_text = 'LIGHTER'
            then greatest(ratio.parameter_value, earlier_ratio.parameter_value)
    end as earlier_decided_counted_ratio,
    found.flags,
    found.unknown_conditions,
    found.permit_no,
    coalesce(found.is_permitted, false) as is_permitted,
    coalesce(found.verdict = 'within' or matched.match_reason = 'within_limit', false) as is_within_limit,
    unladen.last_unladen_at,
    act.record_id,
    act.delivery_id,
    act.source_line
from act
left join {{ ref('parameter') }} as ratio
    on ratio.parameter = 'repeat_excess_ratio'
    and {{ in_force('ratio', 'act.violated_on') }}
left join {{ ref('parameter') }} as decided_ratio
    on decided_ratio.parameter = 'repeat_excess_ratio'
    and {{ in_force('decided_ratio', 'act.decided_on') }}
left join {{ ref('parameter') }} as lighter
    on lighter.parameter = 'lighter_rule'
    and {{ in_force('lighter', 'act.decided_on') }}
left join {{ ref('parameter') }} as earlier_ratio
    on earlier_ratio.parameter = 'repeat_excess_ratio'
    and {{ in_force('earlier_ratio', 'act.earlier_decided_on') }}
left join {{ ref('parameter') }} as earlier_lighter
    on earlier_lighter.parameter = 'lighter_rule'
    and {{ in_force('earlier_lighter', 'act.earlier_decided_on') }}
left join found on found.record_id = act.record_id
left join {{ ref('case_passage') }} as matched on matched.record_id = act.record_id
left join penalised on penalised.record_id = act.record_id
left join unladen on unladen.record_id = act.record_id
