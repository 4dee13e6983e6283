-- Grain: one valid point with a fix that is no drift, with the way from the one before, seen from a built day.
-- Distances are whole great-circle metres. A step that would still take more than drift_kmh has no length: how the
-- vehicle came there is not known.
with good as (
    select
        point.built_date,
        point.positioned_date,
        point.plate_no,
        point.plate_color_code,
        point.recorded_at,
        point.latitude,
        point.longitude,
        point.terminal_speed_kmh,
        lag(point.recorded_at) over track as previous_at,
        lag(point.latitude) over track as previous_latitude,
        lag(point.longitude) over track as previous_longitude,
        lag(point.terminal_speed_kmh) over track as previous_speed_kmh,
        lead(point.recorded_at) over track is null as is_last
    from {{ ref('vehicle_point') }} as point
    left join {{ ref('vehicle_drift') }} as drift
        on drift.built_date = point.built_date
        and drift.plate_no = point.plate_no
        and drift.plate_color_code = point.plate_color_code
        and drift.recorded_at = point.recorded_at
    where point.point_fault is null and point.has_fix and drift.recorded_at is null
    window track as (
        partition by point.built_date, point.plate_no, point.plate_color_code
        order by point.recorded_at, point.terminal_phone
    )
),
measured as (
    select
        built_date,
        positioned_date,
        plate_no,
        plate_color_code,
        recorded_at,
        latitude,
        longitude,
        terminal_speed_kmh,
        previous_at,
        previous_latitude,
        previous_longitude,
        previous_speed_kmh,
        is_last,
        date_diff('second', previous_at, recorded_at) as step_s,
        cast(
            {{ great_circle_m('latitude', 'longitude', 'previous_latitude', 'previous_longitude') }} as bigint
        ) as step_m
    from good
)
select
    measured.built_date,
    measured.positioned_date,
    measured.plate_no,
    measured.plate_color_code,
    measured.recorded_at,
    measured.latitude,
    measured.longitude,
    measured.terminal_speed_kmh,
    measured.previous_at,
    measured.previous_latitude,
    measured.previous_longitude,
    measured.previous_speed_kmh,
    measured.is_last,
    measured.step_s,
    case
        when measured.step_m * 3.6 <= threshold.drift_kmh * (measured.step_s + 1) then measured.step_m
    end as step_m  -- times are whole seconds: two of them may be up to a second further apart
from measured
inner join {{ ref('kpi_threshold') }} as threshold
    on threshold.built_date = measured.built_date and threshold.monitored_class = ''
