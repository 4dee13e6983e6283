-- Grain: one stretch of one vehicle on one day that is too even to be driven: constant_points or more points in a row
-- and constant_s or longer, all with the same speed, each within constant_step_m of where even motion on the straight
-- from the first to the last would have it.
-- Points are those of core.vehicle_step. Stretches are first cut where the speed changes and where a point is further
-- than four times constant_step_m from where the step before pointed to (points that are off to and fro seem off by as
-- much); one that then turns out to be bent is none. A receiver that froze (a speed without a way) is none either. A
-- stretch is cut at midnight.
-- Distances are whole metres, so constant_step_m = 2 allows less than 2.5 m. Real receivers tell one speed for
-- constant_points and more, but for less than constant_s (tests/realdata): it is the time that clears them.
with step as (
    select
        step.built_date,
        step.plate_no,
        step.plate_color_code,
        step.recorded_at,
        step.latitude,
        step.longitude,
        step.previous_at,
        step.previous_latitude,
        step.previous_longitude,
        step.terminal_speed_kmh,
        step.step_s,
        step.step_m,
        threshold.moving_kmh,
        threshold.constant_points,
        threshold.constant_s,
        threshold.constant_step_m,
        lag(step.recorded_at) over track as step_before_at,
        step.previous_latitude + lag(step.latitude - step.previous_latitude) over track
            * step.step_s / lag(step.step_s) over track as even_latitude,
        step.previous_longitude + lag(step.longitude - step.previous_longitude) over track
            * step.step_s / lag(step.step_s) over track as even_longitude
    from {{ ref('vehicle_step') }} as step
    inner join {{ ref('vehicle_service') }} as vehicle
        on vehicle.service_date = step.built_date
        and vehicle.plate_no = step.plate_no
        and vehicle.plate_color_code = step.plate_color_code
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = step.built_date
        and threshold.monitored_class = coalesce(vehicle.monitored_class, '')
    where cast(step.previous_at as date) = step.built_date
        and step.terminal_speed_kmh = step.previous_speed_kmh
        and step.terminal_speed_kmh > threshold.moving_kmh
        and step.step_m is not null
    window track as (
        partition by step.built_date, step.plate_no, step.plate_color_code order by step.recorded_at
    )
),
cut as (
    select
        built_date,
        plate_no,
        plate_color_code,
        recorded_at,
        latitude,
        longitude,
        previous_at,
        previous_latitude,
        previous_longitude,
        terminal_speed_kmh,
        step_m,
        moving_kmh,
        constant_points,
        constant_s,
        constant_step_m,
        case
            when step_before_at = previous_at
                and {{ great_circle_m('latitude', 'longitude', 'even_latitude', 'even_longitude') }}
                <= 4 * constant_step_m then 0
            else 1
        end as new_count
    from step
),
numbered as (
    select
        built_date,
        plate_no,
        plate_color_code,
        recorded_at,
        latitude,
        longitude,
        previous_at,
        previous_latitude,
        previous_longitude,
        terminal_speed_kmh,
        step_m,
        moving_kmh,
        constant_points,
        constant_s,
        constant_step_m,
        sum(new_count) over (
            partition by built_date, plate_no, plate_color_code order by recorded_at
        ) as stretch_no
    from cut
),
stretch as (
    select
        built_date,
        plate_no,
        plate_color_code,
        stretch_no,
        min(previous_at) as began_at,
        max(recorded_at) as ended_at,
        count(*) + 1 as point_count,
        cast(sum(step_m) as bigint) as distance_m
    from numbered
    group by
        built_date, plate_no, plate_color_code, stretch_no, moving_kmh, constant_points, constant_s
    having count(*) + 1 >= constant_points
        and date_diff('second', min(previous_at), max(recorded_at)) >= constant_s
        and sum(step_m) * 3.6 > moving_kmh * date_diff('second', min(previous_at), max(recorded_at))
),
ends as (
    select
        stretch.built_date,
        stretch.plate_no,
        stretch.plate_color_code,
        stretch.stretch_no,
        max(case when numbered.previous_at = stretch.began_at then numbered.previous_latitude end) as from_latitude,
        max(case when numbered.previous_at = stretch.began_at then numbered.previous_longitude end) as from_longitude,
        max(case when numbered.recorded_at = stretch.ended_at then numbered.latitude end) as to_latitude,
        max(case when numbered.recorded_at = stretch.ended_at then numbered.longitude end) as to_longitude
    from stretch
    inner join numbered
        on numbered.built_date = stretch.built_date
        and numbered.plate_no = stretch.plate_no
        and numbered.plate_color_code = stretch.plate_color_code
        and numbered.stretch_no = stretch.stretch_no
    group by stretch.built_date, stretch.plate_no, stretch.plate_color_code, stretch.stretch_no
),
even as (
    select
        numbered.built_date,
        numbered.plate_no,
        numbered.plate_color_code,
        numbered.stretch_no,
        numbered.latitude,
        numbered.longitude,
        numbered.terminal_speed_kmh,
        numbered.constant_step_m,
        ends.from_latitude,
        ends.from_longitude,
        stretch.began_at,
        stretch.ended_at,
        stretch.point_count,
        stretch.distance_m,
        ends.from_latitude + (ends.to_latitude - ends.from_latitude)
            * date_diff('second', stretch.began_at, numbered.recorded_at)
            / date_diff('second', stretch.began_at, stretch.ended_at) as even_latitude,
        ends.from_longitude + (ends.to_longitude - ends.from_longitude)
            * date_diff('second', stretch.began_at, numbered.recorded_at)
            / date_diff('second', stretch.began_at, stretch.ended_at) as even_longitude
    from numbered
    inner join stretch
        on stretch.built_date = numbered.built_date
        and stretch.plate_no = numbered.plate_no
        and stretch.plate_color_code = numbered.plate_color_code
        and stretch.stretch_no = numbered.stretch_no
    inner join ends
        on ends.built_date = numbered.built_date
        and ends.plate_no = numbered.plate_no
        and ends.plate_color_code = numbered.plate_color_code
        and ends.stretch_no = numbered.stretch_no
)
select
    built_date as event_date,
    plate_no,
    plate_color_code,
    began_at,
    ended_at,
    from_latitude as latitude,
    from_longitude as longitude,
    point_count,
    distance_m,
    min(terminal_speed_kmh) as evidence_speed_kmh
from even
group by
    built_date, plate_no, plate_color_code, stretch_no, began_at, ended_at, from_latitude, from_longitude, point_count,
    distance_m, constant_step_m
having max({{ great_circle_m('latitude', 'longitude', 'even_latitude', 'even_longitude') }}) <= constant_step_m
