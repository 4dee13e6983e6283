-- Grain: one valid point with a fix where the vehicle cannot have been, seen from a built day.
-- A place (core.vehicle_place) of drift_settled_points or more says where the vehicle is (settled), a shorter one does
-- not. The first and the last point of an unsettled place are drift if they cannot be reached from the last settled
-- place, or, before the first settled one, cannot reach it; where no place is settled, the point that jumps is. Of a
-- settled place only the first point can be drift. So one wrong point, or two, make no good point after them drift, and
-- a vehicle whose terminal was silent while it was carried away counts one.
-- Positions outside the country are no valid points: mart.vehicle_day counts them as drift as well.
with place as (
    select
        place.built_date,
        place.plate_no,
        place.plate_color_code,
        place.place_no,
        place.drift_kmh,
        place.is_jump,
        place.point_count >= threshold.drift_settled_points as is_settled,
        place.first_at,
        place.first_latitude,
        place.first_longitude,
        place.last_at,
        place.last_latitude,
        place.last_longitude
    from {{ ref('vehicle_place') }} as place
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = place.built_date and threshold.monitored_class = ''
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
            partition by built_date, plate_no, plate_color_code order by place_no
            rows between unbounded preceding and 1 preceding
        ),
        after as (
            partition by built_date, plate_no, plate_color_code order by place_no
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
