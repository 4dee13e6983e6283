-- Severity: stop
-- A parameter that is read by its day is missing or ends without a successor, or its value is none that the code knows:
-- a misspelt choice would fall through to another one.
with accepted as (
    select
        'allowance_mode' as parameter,
        'DEDUCT, THRESHOLD, NONE' as accepted_values,
        cast(null as double) as at_least,
        cast(null as double) as at_most
    union all
    select 'fine_rounding', 'FLOOR_TONNE, CEIL_TONNE, EXACT', null, null
    union all
    select 'gain_confiscation', 'ALWAYS, BY_TIER', null, null
    union all
    select 'lighter_rule', 'LIGHTER, ACT_DAY', null, null
    union all
    select 'repeat_window', 'ANNIVERSARY, ROLLING_12M, CALENDAR', null, null
    union all
    select 'repeat_window_query', 'ANNIVERSARY, ROLLING_12M, CALENDAR', null, null
    union all
    select 'repeat_date_basis', 'VIOLATION, DECISION', null, null
    union all
    select 'repeat_require_decision', '0 or 1', 0, 1
    union all
    select 'repeat_own_decision', '0 or 1', 0, 1
    union all
    select 'repeat_count', 'a whole number from 1 to 1000', 1, 1000
    union all
    select 'repeat_merge_hours', 'a number from 0 to 8760', 0, 8760
    union all
    select 'repeat_window_months', 'a whole number from 1 to 120', 1, 120
    union all
    select 'unladen_share', 'a number from 0 to 1', 0, 1
    union all
    select 'min_plate_confidence', 'a number from 0 to 1', 0, 1
    union all
    select 'repeat_excess_ratio', 'a number from 0 to 1', 0, 1
    union all
    select 'repeat_enterprise_ratio', 'a number from 0 to 1', 0, 1
    union all
    select 'repeat_statutory_over', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_serious_ratio', 'a number from 0 to 1', 0, 1
    union all
    select 'risk_very_serious_ratio', 'a number from 0 to 1', 0, 1
    union all
    select 'risk_most_serious_ratio', 'a number from 0 to 1', 0, 1
    union all
    select 'risk_sms_minor', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_sms_serious', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_sms_very_serious', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_sms_most_serious', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_sms_time_6', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_sms_time_12', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_sms_time_24', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_ocrs_minor', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_ocrs_serious', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_ocrs_very_serious', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_ocrs_most_serious', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_ocrs_time_12', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_ocrs_time_24', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_ocrs_time_36', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_eu_minor', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_eu_serious', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_eu_very_serious', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_eu_most_serious', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_eu_time_24', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_ocrs_green_to', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_ocrs_amber_to', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_model_time_24', 'a number from 0 to 1000', 0, 1000
    union all
    select 'risk_minimum_checks', 'a whole number from 1 to 1000', 1, 1000
    union all
    select 'risk_prior_days', 'a whole number from 1 to 1100', 1, 1100
    union all
    select 'risk_prior_units', 'a whole number from 1 to 100000', 1, 100000
    union all
    select 'risk_prior_most_checks', 'a number from 1 to 1000000', 1, 1000000
    union all
    select 'risk_interval', 'a number from 0.5 to 0.999', 0.5, 0.999
    union all
    select 'risk_horizon_days', 'a whole number from 1 to 366', 1, 366
    union all
    select 'drift_baseline_count', 'a whole number from 2 to 1000000', 2, 1000000
    union all
    select 'drift_baseline_days', 'a whole number from 1 to 366', 1, 366
    union all
    select 'drift_lasting_sigmas', 'a number from 1 to 100', 1, 100
    union all
    select 'drift_points', 'a whole number from 1 to 60', 1, 60
    union all
    select 'drift_sigmas', 'a number from 0 to 10', 0, 10
    union all
    select 'drift_recheck_days', 'a whole number from 1 to 800', 1, 800
    union all
    select 'drift_reference_count', 'a whole number from 1 to 100000', 1, 100000
    union all
    select 'drift_smoothing', 'a number from 0.01 to 1', 0.01, 1
    union all
    select 'drift_stop_ratio', 'a number from 0 to 1', 0, 1
    union all
    select 'drift_warn_ratio', 'a number from 0 to 1', 0, 1
    union all
    select 'score_confidence', 'a number from 0.5 to 0.999', 0.5, 0.999
    union all
    select 'shift_block_hours', 'a whole number from 1 to 12', 1, 12
    union all
    select 'shift_interval', 'a number from 0.5 to 0.999', 0.5, 0.999
    union all
    select 'shift_least_days', 'a whole number from 1 to 366', 1, 366
    union all
    select 'shift_seen_days', 'a whole number from 1 to 366', 1, 366
    union all
    select 'shift_severity', 'serious, very_serious, most_serious', null, null
    union all
    select 'shift_test_days', 'a whole number from 1 to 366', 1, 366
    union all
    select 'shift_top_blocks', 'a whole number from 1 to 1000', 1, 1000
    union all
    select 'shift_weeks', 'a whole number from 1 to 52', 1, 52
    union all
    select 'score_min_basis', 'a number from 0 to 1', 0, 1
    union all
    select 'score_min_weight', 'a number from 0 to 1', 0, 1
    union all
    select 'source_confidence', 'a number from 0.5 to 0.999', 0.5, 0.999
    union all
    select 'source_least_judged', 'a whole number from 1 to 100000', 1, 100000
    union all
    select 'supervision_lookback_days', 'a whole number from 1 to 1100', 1, 1100
    union all
    select 'supervision_bottom_places', 'a whole number from 1 to 1000', 1, 1000
    union all
    select 'supervision_interview_periods', 'a whole number from 1 to 12', 1, 12
    union all
    select 'supervision_interview_overdue', 'a whole number from 1 to 100000', 1, 100000
    union all
    select 'supervision_listing_days', 'a whole number from 0 to 1100', 0, 1100
    union all
    select 'supervision_referral_days', 'a whole number from 0 to 1100', 0, 1100
    union all
    select 'supervision_again_days', 'a whole number from 0 to 1100', 0, 1100
    union all
    select 'log_retention_months', 'a whole number from 6 to 1200', 6, 1200
),
told as (
    select
        accepted.parameter,
        setting.rule_no,
        coalesce(setting.value_text, cast(setting.rule_value as varchar(60))) as told,
        accepted.accepted_values,
        case
            when setting.rule_no is null then true
            when accepted.at_least is not null
                then coalesce(
                    setting.rule_value < accepted.at_least
                    or setting.rule_value > accepted.at_most
                    or (accepted.accepted_values = '0 or 1' and setting.rule_value not in (0, 1))
                    or (accepted.accepted_values like 'a whole%' and setting.rule_value <> floor(setting.rule_value)),
                    true
                )
            else coalesce(
                setting.value_text like '%,%'
                or position(concat(', ', setting.value_text, ', ') in concat(', ', accepted.accepted_values, ', ')) = 0,
                true
            )
        end as is_wrong
    from accepted
    left join {{ ref('rule') }} as setting on setting.rule_subject = concat('parameter ', accepted.parameter)
)
select parameter, rule_no, told, accepted_values
from told
where is_wrong
union all
select accepted.parameter, max(setting.rule_no) as rule_no, 'no row without a last day' as told, accepted.accepted_values
from accepted
inner join {{ ref('rule') }} as setting on setting.rule_subject = concat('parameter ', accepted.parameter)
group by accepted.parameter, accepted.accepted_values
having max(case when setting.valid_to is null then 1 else 0 end) = 0
