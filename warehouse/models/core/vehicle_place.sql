-- Grain: one place of one vehicle's track, seen from a built day: points between two jumps.
-- A jump is a step from the valid point with a fix before that would take more than drift_kmh. Terminals tell whole
-- seconds, so two points may be up to a second further apart than they say: speeds allow that second. is_jump: the
-- vehicle jumped to here (false for its first place); drift_kmh: the speed that was taken for the most.
with neighbour as (
    select
        built_date,
        plate_no,
        plate_color_code,
        recorded_at,
        latitude,
        longitude,
        lag(recorded_at) over track as previous_at,
        lag(latitude) over track as previous_latitude,
        lag(longitude) over track as previous_longitude,
        lead(recorded_at) over track is null as is_last,
        row_number() over track as point_no
    from {{ ref('vehicle_point') }}
    where point_fault is null and has_fix
    window track as (partition by built_date, plate_no, plate_color_code order by recorded_at, terminal_phone)
),
edge as (
    select
        neighbour.built_date,
        neighbour.plate_no,
        neighbour.plate_color_code,
        neighbour.recorded_at,
        neighbour.latitude,
        neighbour.longitude,
        neighbour.previous_at,
        neighbour.previous_latitude,
        neighbour.previous_longitude,
        neighbour.point_no,
        neighbour.is_last,
        threshold.drift_kmh,
        coalesce(
            {{ great_circle_m(
                'neighbour.latitude', 'neighbour.longitude',
                'neighbour.previous_latitude', 'neighbour.previous_longitude'
            ) }} * 3.6
            > threshold.drift_kmh * (date_diff('second', neighbour.previous_at, neighbour.recorded_at) + 1),
            true
        ) as is_begin
    from neighbour
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = neighbour.built_date and threshold.monitored_class = ''
),
ahead as (
    select
        built_date,
        plate_no,
        plate_color_code,
        recorded_at,
        latitude,
        longitude,
        point_no,
        drift_kmh,
        is_begin,
        lead(is_begin) over track as next_is_begin,
        lead(point_no) over track as next_no,
        lead(previous_at) over track as before_next_at,
        lead(previous_latitude) over track as before_next_latitude,
        lead(previous_longitude) over track as before_next_longitude,
        lead(recorded_at) over track as next_at,
        lead(latitude) over track as next_latitude,
        lead(longitude) over track as next_longitude
    from edge
    where is_begin or is_last
    window track as (partition by built_date, plate_no, plate_color_code order by point_no)
)
-- The last point of a place is the one before the next jump, or the vehicle's last one.
select
    built_date,
    plate_no,
    plate_color_code,
    row_number() over (partition by built_date, plate_no, plate_color_code order by point_no) as place_no,
    drift_kmh,
    point_no > 1 as is_jump,
    case when next_is_begin then next_no - point_no else coalesce(next_no, point_no) - point_no + 1 end as point_count,
    recorded_at as first_at,
    latitude as first_latitude,
    longitude as first_longitude,
    case when next_is_begin then before_next_at else coalesce(next_at, recorded_at) end as last_at,
    case when next_is_begin then before_next_latitude else coalesce(next_latitude, latitude) end as last_latitude,
    case when next_is_begin then before_next_longitude else coalesce(next_longitude, longitude) end as last_longitude
from ahead
where is_begin
