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
    select 'repeat_excess_ratio', 'a number from 0 to 1', 0, 1
    union all
    select 'repeat_enterprise_ratio', 'a number from 0 to 1', 0, 1
    union all
    select 'repeat_statutory_over', 'a number from 0 to 1000', 0, 1000
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
                    or (accepted.accepted_values = '0 or 1' and setting.rule_value not in (0, 1)),
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
