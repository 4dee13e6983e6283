-- Grain: one vehicle of the register in service on one day, or one terminal that sent that day and is of no vehicle.
-- A vehicle that sent nothing has a row, so that silence is no absence; only a day whose night is over, and on which
-- captures came at all, tells that a vehicle was silent. Counts and sums only: KPIs divide them over any period.
-- Seconds of driving at dawn stay as they are; is_dawn_driving tells whether they reach dawn_min_s.
-- Whether a vehicle is networked (a valid record ever) follows from valid_point_count of all days up to then.
with point as (
    select
        built_date as event_date,
        terminal_phone,
        count(*) as received_point_count,
        count(case when point_fault is null then 1 end) as valid_point_count,
        count(case when point_fault is null and has_fix then 1 end) as fixed_point_count,
        count(case when point_fault = 'position' and has_fix then 1 end) as outside_point_count,
        min(recorded_at) as first_recorded_at,
        max(recorded_at) as last_recorded_at
    from {{ ref('vehicle_point') }}
    where positioned_date = built_date
    group by built_date, terminal_phone
),
captured as (
    select distinct event_date from point
),
vehicle as (
    select
        service.service_date as event_date,
        service.plate_no,
        service.plate_color_code,
        service.terminal_phone,
        service.monitored_class,
        service.uscc,
        service.county_code,
        true as is_registered
    from {{ ref('vehicle_service') }} as service
    inner join {{ source('raw', 'build_day') }} as build_day on build_day.event_date = service.service_date
    inner join captured on captured.event_date = service.service_date
    left join point on point.event_date = service.service_date and point.terminal_phone = service.terminal_phone
    where build_day.is_closed or point.terminal_phone is not null
    union all
    select
        point.event_date,
        cast(null as varchar) as plate_no,
        cast(null as integer) as plate_color_code,
        point.terminal_phone,
        cast(null as varchar) as monitored_class,
        cast(null as varchar) as uscc,
        cast(null as varchar) as county_code,
        false as is_registered
    from point
    left join {{ ref('vehicle_service') }} as service
        on service.service_date = point.event_date and service.terminal_phone = point.terminal_phone
    where service.plate_no is null
),
drift as (
    select drift.built_date as event_date, drift.plate_no, drift.plate_color_code, count(*) as drift_point_count
    from {{ ref('vehicle_drift') }} as drift
    where cast(drift.recorded_at as date) = drift.built_date
    group by drift.built_date, drift.plate_no, drift.plate_color_code
),
distance as (
    select
        step.built_date as event_date,
        step.plate_no,
        step.plate_color_code,
        sum(step.step_m) as total_m,
        sum(case
            when step.step_s > threshold.track_gap_s and step.step_m > threshold.track_gap_m then 0
            else step.step_m
        end) as complete_m
    from {{ ref('vehicle_step') }} as step
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = step.built_date and threshold.monitored_class = ''
    where step.positioned_date = step.built_date
    group by step.built_date, step.plate_no, step.plate_color_code
),
driving as (
    select
        event_date,
        plate_no,
        plate_color_code,
        sum(moving_day_s) as moving_s,
        sum(dawn_driving_s) as dawn_driving_s,
        sum(fatigue_certain_s) as fatigue_certain_s,
        sum(fatigue_possible_s) as fatigue_possible_s
    from {{ ref('driving_span') }}
    group by event_date, plate_no, plate_color_code
),
overspeed as (
    select event_date, plate_no, plate_color_code, count(*) as overspeed_count
    from {{ ref('overspeed_event') }}
    where is_new
    group by event_date, plate_no, plate_color_code
),
offline as (
    select event_date, plate_no, plate_color_code, count(*) as offline_displacement_count
    from {{ ref('offline_displacement') }}
    group by event_date, plate_no, plate_color_code
)
select
    vehicle.event_date,
    vehicle.plate_no,
    vehicle.plate_color_code,
    vehicle.terminal_phone,
    vehicle.monitored_class,
    vehicle.uscc,
    vehicle.county_code,
    vehicle.is_registered,
    coalesce(point.received_point_count, 0) as received_point_count,
    coalesce(point.valid_point_count, 0) as valid_point_count,
    coalesce(point.fixed_point_count, 0) as fixed_point_count,
    coalesce(point.outside_point_count, 0) + coalesce(drift.drift_point_count, 0) as drift_point_count,
    coalesce(point.valid_point_count, 0) > 0 as is_online,
    coalesce(point.outside_point_count, 0) + coalesce(drift.drift_point_count, 0) > 0 as has_drift,
    cast(coalesce(distance.total_m, 0) as bigint) as total_m,
    cast(coalesce(distance.complete_m, 0) as bigint) as complete_m,
    coalesce(overspeed.overspeed_count, 0) as overspeed_count,
    cast(coalesce(driving.moving_s, 0) as bigint) as moving_s,
    cast(coalesce(driving.fatigue_certain_s, 0) as bigint) as fatigue_certain_s,
    cast(coalesce(driving.fatigue_possible_s, 0) as bigint) as fatigue_possible_s,
    cast(coalesce(driving.dawn_driving_s, 0) as bigint) as dawn_driving_s,
    coalesce(driving.dawn_driving_s, 0) >= greatest(1, threshold.dawn_min_s) as is_dawn_driving,
    coalesce(offline.offline_displacement_count, 0) as offline_displacement_count,
    point.first_recorded_at,
    point.last_recorded_at
from vehicle
left join {{ ref('kpi_threshold') }} as threshold
    on threshold.built_date = vehicle.event_date and threshold.monitored_class = coalesce(vehicle.monitored_class, '')
left join point on point.event_date = vehicle.event_date and point.terminal_phone = vehicle.terminal_phone
left join drift
    on drift.event_date = vehicle.event_date
    and drift.plate_no = vehicle.plate_no
    and drift.plate_color_code = vehicle.plate_color_code
left join distance
    on distance.event_date = vehicle.event_date
    and distance.plate_no = vehicle.plate_no
    and distance.plate_color_code = vehicle.plate_color_code
left join driving
    on driving.event_date = vehicle.event_date
    and driving.plate_no = vehicle.plate_no
    and driving.plate_color_code = vehicle.plate_color_code
left join overspeed
    on overspeed.event_date = vehicle.event_date
    and overspeed.plate_no = vehicle.plate_no
    and overspeed.plate_color_code = vehicle.plate_color_code
left join offline
    on offline.event_date = vehicle.event_date
    and offline.plate_no = vehicle.plate_no
    and offline.plate_color_code = vehicle.plate_color_code
