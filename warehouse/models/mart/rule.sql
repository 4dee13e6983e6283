-- Grain: one row of the law as the seeds hold it: limits, axle types, fines, clocks, classes, codes, steps, parameters, thresholds.
-- The rulebook in one shape: what it is about, when it applies, what it sets, over which days, where, by which text, and
-- whether that text was read. rule_no names a row; rule_subject is what versions of the law share; rule_key adds every
-- condition, so that two rows of one key may not hold on one day (checks/rule_spans_overlap.sql).
-- A fine shows its highest amount as rule_value and its range as value_text; amounts are yuan, for readers.
-- Which rule applies to an act is decided elsewhere: core.passage_limit (limits), warehouse/penalty.py (fines).
with gross_weight as (
    select
        rule_id as rule_no,
        'gross_weight' as rule_topic,
        concat('gross_weight ', axle_count_min) as rule_subject,
        concat(vehicle_kind, ' ', drive_axle_kind) as rule_conditions,
        concat(
            axle_count_min,
            case when axle_count_max is null then ' 轴及以上' else ' 轴' end,
            case vehicle_kind
                when 'rigid' then '，货车'
                when 'combination' then '，汽车列车'
                when 'agricultural' then '，拖拉机、低速货车'
                else ''
            end,
            case drive_axle_kind when 'tandem' then '，双驱动轴' when 'single' then '，单驱动轴' else '' end
        ) as condition_zh,
        concat(
            axle_count_min,
            case
                when axle_count_max is null and axle_count_min = 1 then ' axle or more'
                when axle_count_max is null then ' axles or more'
                else ' axles'
            end,
            case vehicle_kind
                when 'rigid' then ', rigid truck'
                when 'combination' then ', combination'
                when 'agricultural' then ', tractor or low-speed truck'
                else ''
            end,
            case drive_axle_kind when 'tandem' then ', tandem drive axle' when 'single' then ', single drive axle' else '' end
        ) as condition_en,
        cast(limit_kg as double) as rule_value,
        case when limit_kg is null then 'REGISTERED' end as value_text,
        'kg' as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('gross_weight_limit') }}
),
weight_modifier as (
    select
        modifier_id as rule_no,
        'weight_modifier' as rule_topic,
        modifier_id as rule_subject,
        vehicle_kind as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        cast(amount_kg as double) as rule_value,
        case
            when modifier_id = 'AXLE-SUM' then 'AXLE_SUM'
            when amount_kg is null then 'REGISTERED'
        end as value_text,
        case when modifier_id = 'LENGTH' then 'kg/m' else 'kg' end as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('gross_weight_modifier') }}
),
axle_load as (
    select
        rule_id as rule_no,
        'axle_load' as rule_topic,
        concat('axle_load ', axle_group_kind) as rule_subject,
        concat(
            coalesce(tyre_kind, 'any'), ' ', coalesce(cast(is_drive_axle as varchar(5)), 'any'), ' ',
            coalesce(cast(is_air_suspended as varchar(5)), 'any'), ' ',
            coalesce(cast(is_trailer_axle as varchar(5)), 'any'), ' ',
            coalesce(spacing_lower_word, ''), ' ', coalesce(cast(spacing_lower_mm as varchar(9)), ''), ' ',
            coalesce(spacing_upper_word, ''), ' ', coalesce(cast(spacing_upper_mm as varchar(9)), '')
        ) as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        cast(axle_load_limit_kg as double) as rule_value,
        cast(null as varchar(60)) as value_text,
        'kg' as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('axle_load_limit') }}
),
axle_type as (
    select
        rule_id as rule_no,
        'axle_type' as rule_topic,
        concat('axle_type ', axle_type_code) as rule_subject,
        cast(axle_count as varchar(10)) as rule_conditions,
        concat('轴型代码 ', axle_type_code, '，', axle_count, ' 轴') as condition_zh,
        concat('axle type code ', axle_type_code, ', ', axle_count, ' axles') as condition_en,
        cast(null as double) as rule_value,
        concat(vehicle_kind, ' ', drive_axle_kind) as value_text,
        cast(null as varchar(60)) as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('axle_type') }}
),
outer_dimension as (
    select
        rule_id as rule_no,
        'dimension' as rule_topic,
        concat('dimension ', dimension) as rule_subject,
        dimension_vehicle as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        cast(limit_mm as double) as rule_value,
        cast(null as varchar(60)) as value_text,
        'mm' as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('dimension_limit') }}
),
fine as (
    select
        rule_id as rule_no,
        'fine' as rule_topic,
        concat(
            'fine ', act_code, case when sector is null then '' else concat(' ', sector) end, case when tier is null then ' general' else '' end
        ) as rule_subject,
        concat(
            coalesce(sector, 'any'), ' ', coalesce(subject_kind, 'any'), ' ',
            coalesce(cast(tier as varchar(9)), 'general'), ' ',
            coalesce(cast(is_serious as varchar(5)), 'any')
        ) as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        coalesce(cast(fine_high_fen as double) / 100, gain_multiple_high) as rule_value,
        case
            when penalty_kind = 'warning' then 'WARNING'
            when fine_step_fen is not null then concat(
                cast(fine_step_fen / 100 as bigint), ' / ', fine_step_kg, ' kg, ≤ ', cast(fine_high_fen / 100 as bigint)
            )
            when gain_multiple_high is not null then concat(
                cast(gain_multiple_low as integer), '–', cast(gain_multiple_high as integer), '×'
            )
            when coalesce(fine_low_fen, 0) = 0 then concat('≤ ', cast(fine_high_fen / 100 as bigint))
            else concat(cast(fine_low_fen / 100 as bigint), '–', cast(fine_high_fen / 100 as bigint))
        end as value_text,
        case
            when gain_multiple_high is not null then '×'
            when penalty_kind <> 'warning' then 'CNY'
        end as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('fine_tier') }}
),
accuracy as (
    select
        rule_id as rule_no,
        'accuracy' as rule_topic,
        concat('accuracy ', weighed_quantity, ' ', accuracy_class) as rule_subject,
        error_stage as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        max_error_ratio as rule_value,
        cast(null as varchar(60)) as value_text,
        'ratio' as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('accuracy_class') }}
),
clock_rule as (
    select
        rule_id as rule_no,
        'clock' as rule_topic,
        concat('clock ', clock) as rule_subject,
        '' as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        cast(clock_amount as double) as rule_value,
        upper(clock_sense) as value_text,
        clock_unit as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('procedure_clock') }}
),
verb as (
    select
        rule_id as rule_no,
        'licence' as rule_topic,
        concat('licence ', licence_action) as rule_subject,
        '' as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        cast(null as double) as rule_value,
        case when is_penalty then 'PENALTY' else 'NO_PENALTY' end as value_text,
        cast(null as varchar(60)) as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('licence_verb') }}
),
void as (
    select
        rule_id as rule_no,
        'void' as rule_topic,
        concat('void ', void_code) as rule_subject,
        '' as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        cast(null as double) as rule_value,
        void_code as value_text,
        cast(null as varchar(60)) as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('void_code') }}
),
hazard_step as (
    select
        rule_id as rule_no,
        'hazard_step' as rule_topic,
        concat('hazard_step ', from_hazard_state, ' ', to_hazard_state) as rule_subject,
        '' as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        cast(null as double) as rule_value,
        hazard_guard as value_text,
        cast(null as varchar(60)) as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('hazard_transition') }}
),
setting as (
    select
        concat(
            parameter, case when valid_from is null then '' else concat('@', cast(valid_from as varchar(10))) end
        ) as rule_no,
        'parameter' as rule_topic,
        concat('parameter ', parameter) as rule_subject,
        '' as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        parameter_value as rule_value,
        parameter_text as value_text,
        unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('parameter') }}
),
monitoring as (
    select
        concat(
            kpi_scheme, '.', parameter,
            case when monitored_class is null then '' else concat('.', monitored_class) end,
            case when valid_from is null then '' else concat('@', cast(valid_from as varchar(10))) end
        ) as rule_no,
        'monitoring' as rule_topic,
        concat('monitoring ', kpi_scheme, ' ', parameter) as rule_subject,
        coalesce(monitored_class, 'any') as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        parameter_value as rule_value,
        cast(null as varchar(60)) as value_text,
        unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('kpi_scheme') }}
),
calendar as (
    select
        rule_id as rule_no,
        'calendar' as rule_topic,
        concat('calendar ', calendar_year) as rule_subject,
        '' as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        cast(null as double) as rule_value,
        case when has_notice then 'NOTICE' else 'NO_NOTICE' end as value_text,
        cast(null as varchar(60)) as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('calendar_year') }}
),
transition as (
    select
        rule_id as rule_no,
        'transition' as rule_topic,
        concat('transition ', from_state, ' ', to_state) as rule_subject,
        coalesce(procedure, 'any') as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        cast(null as double) as rule_value,
        cast(null as varchar(60)) as value_text,
        cast(null as varchar(60)) as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('case_transition') }}
),
score as (
    select
        rule_id as rule_no,
        'score' as rule_topic,
        concat('score ', score_kind, ' ', score_part) as rule_subject,
        '' as rule_conditions,
        zh as condition_zh,
        en as condition_en,
        part_weight as rule_value,
        cast(null as varchar(60)) as value_text,
        'points' as unit,
        valid_from,
        valid_to,
        jurisdiction,
        citation_zh,
        citation_en,
        confidence
    from {{ ref('score_part') }}
),
every_rule as (
    select * from gross_weight
    union all
    select * from weight_modifier
    union all
    select * from axle_load
    union all
    select * from axle_type
    union all
    select * from outer_dimension
    union all
    select * from fine
    union all
    select * from accuracy
    union all
    select * from clock_rule
    union all
    select * from verb
    union all
    select * from void
    union all
    select * from hazard_step
    union all
    select * from setting
    union all
    select * from monitoring
    union all
    select * from calendar
    union all
    select * from transition
    union all
    select * from score
)
select
    rule_no,
    rule_topic,
    rule_subject,
    concat(rule_subject, ' ', rule_conditions) as rule_key,
    condition_zh,
    condition_en,
    rule_value,
    value_text,
    unit,
    valid_from,
    valid_to,
    jurisdiction,
    citation_zh,
    citation_en,
    confidence,
    coalesce(confidence like 'C%', false) as is_verified
from every_rule
