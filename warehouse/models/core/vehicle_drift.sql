-- Grain: one valid point with a fix where the vehicle cannot have been, seen from a built day.
-- A jump is a step from the valid point before that would take more than drift_kmh. Terminals tell whole seconds, so
-- two points may be up to a second further apart than they say: speeds here allow that second. Points between two
-- jumps are one place; three or more of them say where the vehicle is (settled), one or two do not. The first and the
-- last point of an unsettled place are drift if they cannot be reached from the last settled place, or, before the
-- first settled one, cannot reach it; where no place is settled, the point that jumps is. Of a settled place only the
-- first point can be drift. So one wrong point, or two, make no good point after them drift, and a vehicle whose
-- terminal was silent while it was carried away counts one.
-- Positions outside the country are no valid points: mart.vehicle_day counts them as drift as well.
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
        threshold.drift_kmh,
        neighbour.point_no = 1 as is_first,
        coalesce(
            {{ great_circle_m(
                'neighbour.latitude', 'neighbour.longitude',
                'neighbour.previous_latitude', 'neighbour.previous_longitude'
            ) }} * 3.6
            > threshold.drift_kmh * (date_diff('second', neighbour.previous_at, neighbour.recorded_at) + 1),
            false
        ) as is_jump,
        neighbour.is_last
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
        is_first,
        is_jump,
        lead(is_jump) over track as next_is_jump,
        lead(point_no) over track as next_no,
        lead(previous_at) over track as before_next_at,
        lead(previous_latitude) over track as before_next_latitude,
        lead(previous_longitude) over track as before_next_longitude,
        lead(recorded_at) over track as next_at,
        lead(latitude) over track as next_latitude,
        lead(longitude) over track as next_longitude
    from edge
    where is_first or is_jump or is_last
    window track as (partition by built_date, plate_no, plate_color_code order by point_no)
),
place as (
    -- The last point of a place is the one before the next jump, or the vehicle's last one.
    select
        built_date,
        plate_no,
        plate_color_code,
        point_no,
        drift_kmh,
        is_jump,
        recorded_at as first_at,
        latitude as first_latitude,
        longitude as first_longitude,
        case when next_is_jump then before_next_at else coalesce(next_at, recorded_at) end as last_at,
        case when next_is_jump then before_next_latitude else coalesce(next_latitude, latitude) end as last_latitude,
        case when next_is_jump then before_next_longitude else coalesce(next_longitude, longitude) end
            as last_longitude,
        case when next_is_jump then next_no - point_no else coalesce(next_no, point_no) - point_no + 1 end >= 3
            as is_settled
    from ahead
    where is_first or is_jump
),
reference as (
    select
        built_date,
        plate_no,
        plate_color_code,
        drift_kmh,
        is_jump,
        is_settled,
        first_at,
        first_latitude,
        first_longitude,
        last_at,
        last_latitude,
        last_longitude,
        last_value(case when is_settled then last_at end ignore nulls) over before as settled_at,
        last_value(case when is_settled then last_latitude end ignore nulls) over before as settled_latitude,
        last_value(case when is_settled then last_longitude end ignore nulls) over before as settled_longitude,
        first_value(case when is_settled then first_at end ignore nulls) over after as settles_at,
        first_value(case when is_settled then first_latitude end ignore nulls) over after as settles_latitude,
        first_value(case when is_settled then first_longitude end ignore nulls) over after as settles_longitude
    from place
    window
        before as (
            partition by built_date, plate_no, plate_color_code order by point_no
            rows between unbounded preceding and 1 preceding
        ),
        after as (
            partition by built_date, plate_no, plate_color_code order by point_no
            rows between 1 following and unbounded following
        )
),
doubtful as (
    select
        built_date, plate_no, plate_color_code, drift_kmh, is_jump, is_settled,
        first_at as recorded_at, first_latitude as latitude, first_longitude as longitude,
        settled_at, settled_latitude, settled_longitude, settles_at, settles_latitude, settles_longitude
    from reference
    where not is_settled or settled_at is not null
    union all
    select
        built_date, plate_no, plate_color_code, drift_kmh, false as is_jump, is_settled,
        last_at as recorded_at, last_latitude as latitude, last_longitude as longitude,
        settled_at, settled_latitude, settled_longitude, settles_at, settles_latitude, settles_longitude
    from reference
    where not is_settled and last_at > first_at
),
compared as (
    select
        built_date,
        plate_no,
        plate_color_code,
        recorded_at,
        drift_kmh,
        is_jump,
        latitude,
        longitude,
        case when settled_at is not null then settled_at when not is_settled then settles_at end as reference_at,
        coalesce(settled_latitude, settles_latitude) as reference_latitude,
        coalesce(settled_longitude, settles_longitude) as reference_longitude
    from doubtful
)
select
    built_date,
    plate_no,
    plate_color_code,
    recorded_at
from compared
where case
    when reference_at is null then is_jump
    else {{ great_circle_m('latitude', 'longitude', 'reference_latitude', 'reference_longitude') }} * 3.6
        > drift_kmh * (abs(date_diff('second', reference_at, recorded_at)) + 1)
end
