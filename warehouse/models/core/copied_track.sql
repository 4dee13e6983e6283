-- Grain: one vehicle on one day, another vehicle or the vehicle itself, and a time shift: moving points of the day that
-- repeat, in the same order and so much later, places and speeds that were sent before, that day or the day before.
-- Moving is a usable point (valid, with a fix, drift too) above moving_kmh; one at the place of the moving point before
-- is of a receiver that froze and like no other. Four moving points in a row, their places, speeds and the times
-- between, make a window; each window is compared with the nearest one alike that was sent before it (at the same time:
-- by the vehicle whose plate comes first) and with no other. So the work grows with the points, however often a stretch
-- is repeated, and points whose place and speed come up once (nearly all) are left out first. A run are consecutive
-- points of windows with one source and shift; all of one source and shift are one row if the longest has copied_points
-- or more: a lost frame parts a stretch. Windows are compared by a 64-bit hash. Two vehicles that send the same at the
-- same time have a row each. A stretch is cut at midnight.
with told as (
    select
        point.built_date,
        point.positioned_date,
        point.plate_no,
        point.plate_color_code,
        point.recorded_at,
        point.latitude,
        point.longitude,
        point.terminal_speed_kmh,
        threshold.copied_points,
        lag(point.latitude) over track as previous_latitude,
        lag(point.longitude) over track as previous_longitude,
        date_diff('second', point.recorded_at, lead(point.recorded_at) over track) as next_s,
        row_number() over track as point_no
    from {{ ref('vehicle_point') }} as point
    inner join {{ ref('vehicle_service') }} as vehicle
        on vehicle.service_date = point.positioned_date
        and vehicle.plate_no = point.plate_no
        and vehicle.plate_color_code = point.plate_color_code
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = point.built_date
        and threshold.monitored_class = coalesce(vehicle.monitored_class, '')
    where point.point_fault is null and point.has_fix and point.terminal_speed_kmh > threshold.moving_kmh
    window track as (
        partition by point.built_date, point.plate_no, point.plate_color_code
        order by point.recorded_at, point.terminal_phone
    )
),
moving as (
    select
        built_date,
        positioned_date,
        plate_no,
        plate_color_code,
        recorded_at,
        latitude,
        longitude,
        copied_points,
        next_s,
        point_no,
        hash(latitude, longitude, terminal_speed_kmh) as point_key
    from told
    where previous_latitude is null or latitude <> previous_latitude or longitude <> previous_longitude
),
doubled as (
    select built_date, point_key
    from moving
    group by built_date, point_key
    having count(*) > 1
),
candidate as (
    select
        moving.built_date,
        moving.positioned_date,
        moving.plate_no,
        moving.plate_color_code,
        moving.recorded_at,
        moving.latitude,
        moving.longitude,
        moving.copied_points,
        moving.next_s,
        moving.point_no,
        moving.point_key
    from moving
    inner join doubled on doubled.built_date = moving.built_date and doubled.point_key = moving.point_key
),
keyed as (
    select
        built_date,
        positioned_date,
        plate_no,
        plate_color_code,
        recorded_at,
        point_no,
        copied_points,
        hash(
            point_key, next_s, lead(point_key) over track, lead(next_s) over track, lead(point_key, 2) over track,
            lead(next_s, 2) over track, lead(point_key, 3) over track
        ) as window_key,
        lead(point_no, 3) over track as last_no
    from candidate
    window track as (partition by built_date, plate_no, plate_color_code order by point_no)
),
repeated as (
    select built_date, window_key
    from keyed
    where last_no = point_no + 3
    group by built_date, window_key
    having count(*) > 1
),
linked as (
    select
        keyed.built_date,
        keyed.positioned_date,
        keyed.plate_no,
        keyed.plate_color_code,
        keyed.point_no,
        keyed.copied_points,
        lag(keyed.plate_no) over alike as other_plate_no,
        lag(keyed.plate_color_code) over alike as other_plate_color_code,
        date_diff('second', lag(keyed.recorded_at) over alike, keyed.recorded_at) as shift_s
    from keyed
    inner join repeated on repeated.built_date = keyed.built_date and repeated.window_key = keyed.window_key
    where keyed.last_no = keyed.point_no + 3
    window alike as (
        partition by keyed.built_date, keyed.window_key
        order by keyed.recorded_at, keyed.plate_no, keyed.plate_color_code
    )
),
joined as (
    select
        built_date,
        plate_no,
        plate_color_code,
        other_plate_no,
        other_plate_color_code,
        shift_s,
        point_no,
        copied_points,
        case when point_no - lag(point_no) over stretch <= 4 then 0 else 1 end as new_count
    from linked
    where shift_s is not null and positioned_date = built_date
    window stretch as (
        partition by built_date, plate_no, plate_color_code, other_plate_no, other_plate_color_code, shift_s
        order by point_no
    )
),
numbered as (
    select
        built_date,
        plate_no,
        plate_color_code,
        other_plate_no,
        other_plate_color_code,
        shift_s,
        point_no,
        copied_points,
        sum(new_count) over (
            partition by built_date, plate_no, plate_color_code, other_plate_no, other_plate_color_code, shift_s
            order by point_no
        ) as run_no
    from joined
),
piece as (
    select
        built_date,
        plate_no,
        plate_color_code,
        other_plate_no,
        other_plate_color_code,
        shift_s,
        run_no,
        copied_points,
        min(point_no) as first_no,
        max(point_no) + 3 as last_no,
        max(max(point_no) + 3 - min(point_no) + 1) over (
            partition by built_date, plate_no, plate_color_code, other_plate_no, other_plate_color_code, shift_s
        ) as longest
    from numbered
    group by
        built_date, plate_no, plate_color_code, other_plate_no, other_plate_color_code, shift_s, run_no, copied_points
),
run as (
    select
        built_date,
        plate_no,
        plate_color_code,
        other_plate_no,
        other_plate_color_code,
        shift_s,
        run_no,
        first_no,
        last_no
    from piece
    where longest >= copied_points
),
way as (
    select
        run.built_date,
        run.plate_no,
        run.plate_color_code,
        run.other_plate_no,
        run.other_plate_color_code,
        run.shift_s,
        candidate.recorded_at,
        candidate.latitude,
        candidate.longitude,
        lag(candidate.latitude) over track as previous_latitude,
        lag(candidate.longitude) over track as previous_longitude
    from run
    inner join candidate
        on candidate.built_date = run.built_date
        and candidate.plate_no = run.plate_no
        and candidate.plate_color_code = run.plate_color_code
        and candidate.point_no >= run.first_no
        and candidate.point_no <= run.last_no
    window track as (
        partition by
            run.built_date, run.plate_no, run.plate_color_code, run.other_plate_no, run.other_plate_color_code,
            run.shift_s, run.run_no
        order by candidate.point_no
    )
),
measured as (
    select
        built_date,
        plate_no,
        plate_color_code,
        other_plate_no,
        other_plate_color_code,
        shift_s,
        recorded_at,
        latitude,
        longitude,
        cast(
            {{ great_circle_m('latitude', 'longitude', 'previous_latitude', 'previous_longitude') }} as bigint
        ) as step_m,
        row_number() over (
            partition by built_date, plate_no, plate_color_code, other_plate_no, other_plate_color_code, shift_s
            order by recorded_at
        ) as nth
    from way
),
found as (
    select
        built_date,
        plate_no,
        plate_color_code,
        other_plate_no,
        other_plate_color_code,
        shift_s,
        min(recorded_at) as began_at,
        max(recorded_at) as ended_at,
        max(case when nth = 1 then latitude end) as latitude,
        max(case when nth = 1 then longitude end) as longitude,
        count(*) as point_count,
        cast(sum(coalesce(step_m, 0)) as bigint) as distance_m
    from measured
    group by built_date, plate_no, plate_color_code, other_plate_no, other_plate_color_code, shift_s
)
select
    built_date as event_date,
    plate_no,
    plate_color_code,
    other_plate_no,
    other_plate_color_code,
    shift_s,
    cast(began_at - shift_s * interval 1 second as timestamp) as other_began_at,
    began_at,
    ended_at,
    latitude,
    longitude,
    point_count,
    distance_m
from found
union all
select
    built_date as event_date,
    other_plate_no as plate_no,
    other_plate_color_code as plate_color_code,
    plate_no as other_plate_no,
    plate_color_code as other_plate_color_code,
    shift_s,
    began_at as other_began_at,
    began_at,
    ended_at,
    latitude,
    longitude,
    point_count,
    distance_m
from found
where shift_s = 0
