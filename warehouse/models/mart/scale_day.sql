-- Grain: one lane on one day on which the register has it in service or vehicles were weighed on it.
-- What tells whether its scale still weighs as it was verified to (warehouse.drift follows it from day to day):
-- reference trucks, re-weighings at a static scale, and the device's own test. Nothing is judged here.
-- A reference truck is a combination of six axles in groups 1-5-7 (by the device's code, or six axles where it has none)
-- of drift_loaded_kg or more: the commonest heavy vehicle, whose steering axle carries about the same on every scale.
-- Passages whose weighing is doubtful by itself (two lanes, close following, braking) are left out.
-- Loads of a steering axle no truck has (under 2 or over 12 t) are no reference. recheck_error_*: (weighed - static) ÷ static of the day's re-weighed
-- passages, in millionths: whole numbers add up alike in any order. Of several own tests of a day the worst is told.
with setting as (
    select max(case when parameter = 'drift_loaded_kg' then parameter_value end) as drift_loaded_kg
    from {{ ref('parameter') }}
),
weighed as (
    select
        evidence.site_code,
        evidence.lane_code,
        evidence.passed_date,
        evidence.gross_vehicle_weight_kg,
        case
            when coalesce(evidence.axle_type_code, '157') = '157'
                and evidence.axle_count = 6
                and evidence.gross_vehicle_weight_kg >= setting.drift_loaded_kg
                and concat(',', evidence.evidence_flags, ',') not like '%,E-ACCEL,%'
                and concat(',', evidence.evidence_flags, ',') not like '%,E-CLOSE,%'
                and concat(',', evidence.evidence_flags, ',') not like '%,E-CROSS,%'
                and {{ nth_spacing('evidence.axle_loads_kg', '1') }} between 2000 and 12000
                then cast({{ nth_spacing('evidence.axle_loads_kg', '1') }} as bigint)
        end as steering_load_kg,
        cast(
            round(
                1000000 * cast(evidence.gross_vehicle_weight_kg - evidence.recheck_mass_kg as double)
                / nullif(evidence.recheck_mass_kg, 0)
            ) as bigint
        ) as recheck_error_ppm
    from {{ ref('passage_evidence') }} as evidence
    cross join setting
    where evidence.lane_code is not null and evidence.site_code is not null
),
counted as (
    select
        site_code,
        lane_code,
        passed_date,
        count(gross_vehicle_weight_kg) as weighed_count,
        count(steering_load_kg) as reference_count,
        cast(coalesce(sum(steering_load_kg), 0) as bigint) as steering_load_sum_kg,
        cast(coalesce(sum(steering_load_kg * steering_load_kg), 0) as bigint) as steering_load_square_sum,
        count(recheck_error_ppm) as recheck_count,
        cast(coalesce(sum(recheck_error_ppm), 0) as bigint) as recheck_error_sum_ppm,
        cast(coalesce(sum(recheck_error_ppm * recheck_error_ppm), 0) as bigint) as recheck_error_square_sum
    from weighed
    group by site_code, lane_code, passed_date
),
lane_day as (
    select site_code, lane_code, passed_date from {{ ref('lane_evidence') }}
    union
    select site_code, lane_code, passed_date from counted
),
tested as (
    select
        device_no,
        tested_date,
        case
            when max(reference_deviation_ratio) >= -min(reference_deviation_ratio) then max(reference_deviation_ratio)
            else min(reference_deviation_ratio)
        end as reference_deviation_ratio
    from {{ ref('wim_self_test') }}
    group by device_no, tested_date
)
select
    lane_day.passed_date,
    lane_day.site_code,
    site.county_code,
    lane_day.lane_code,
    lane.device_no,
    lane.certificate_no,
    lane.certificate_valid_to,
    lane.accuracy_class,
    lane.max_error_ratio,
    coalesce(counted.weighed_count, 0) as weighed_count,
    coalesce(counted.reference_count, 0) as reference_count,
    coalesce(counted.steering_load_sum_kg, 0) as steering_load_sum_kg,
    coalesce(counted.steering_load_square_sum, 0) as steering_load_square_sum,
    coalesce(counted.recheck_count, 0) as recheck_count,
    coalesce(counted.recheck_error_sum_ppm, 0) as recheck_error_sum_ppm,
    coalesce(counted.recheck_error_square_sum, 0) as recheck_error_square_sum,
    tested.reference_deviation_ratio
from lane_day
left join {{ ref('lane_evidence') }} as lane
    on lane.site_code = lane_day.site_code
    and lane.lane_code = lane_day.lane_code
    and lane.passed_date = lane_day.passed_date
left join {{ ref('site_service') }} as site
    on site.site_code = lane_day.site_code and site.passed_date = lane_day.passed_date
left join counted
    on counted.site_code = lane_day.site_code
    and counted.lane_code = lane_day.lane_code
    and counted.passed_date = lane_day.passed_date
left join tested on tested.device_no = lane.device_no and tested.tested_date = lane_day.passed_date
