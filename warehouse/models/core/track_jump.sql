-- Grain: one jump of one vehicle after which it stays (teleport), or one vehicle and day on which its terminal changes
-- to and fro between two tracks (shared_phone).
-- Places are those of core.vehicle_place, drift too. Where one has teleport_points or more the vehicle stays: from one
-- of these to the next that is further than cross_m and cannot be reached in the time between is a teleport; what lies
-- between them is drift. Shorter jumps are those of a receiver that finds itself again: real traces are full of them. A
-- change to the other track is a jump of more than cross_m to a place that the place before the last could reach, no
-- longer than offline_gap_s after it ended. With shared_changes or more of them on a day two vehicles speak with one
-- phone: one finding, and no teleports of that vehicle that day. Places of even and odd number are the two tracks:
-- where one of them stands (first and last points of its places in a box of cross_parked_m), or all points on the far
-- side of a teleport do, it may be a place that the receiver falls back to (fixed_place, weak). A place is cut at
-- midnight.
with place as (
    select
        place.built_date,
        place.plate_no,
        place.plate_color_code,
        place.place_no,
        place.point_count,
        place.first_at,
        place.first_latitude,
        place.first_longitude,
        place.last_at,
        place.last_latitude,
        place.last_longitude,
        place.drift_kmh,
        threshold.offline_gap_s,
        threshold.cross_m,
        threshold.cross_parked_m,
        threshold.teleport_points,
        threshold.shared_changes
    from {{ ref('vehicle_place') }} as place
    inner join {{ ref('vehicle_service') }} as vehicle
        on vehicle.service_date = place.built_date
        and vehicle.plate_no = place.plate_no
        and vehicle.plate_color_code = place.plate_color_code
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = place.built_date
        and threshold.monitored_class = coalesce(vehicle.monitored_class, '')
),
followed as (
    select
        built_date,
        plate_no,
        plate_color_code,
        place_no,
        drift_kmh,
        offline_gap_s,
        cross_m,
        cross_parked_m,
        shared_changes,
        first_at,
        first_latitude,
        first_longitude,
        last_latitude,
        last_longitude,
        lag(last_at) over track as left_at,
        lag(last_latitude) over track as left_latitude,
        lag(last_longitude) over track as left_longitude,
        lag(last_at, 2) over track as own_at,
        lag(last_latitude, 2) over track as own_latitude,
        lag(last_longitude, 2) over track as own_longitude
    from place
    window track as (partition by built_date, plate_no, plate_color_code order by place_no)
),
compared as (
    select
        *,
        {{ great_circle_m('first_latitude', 'first_longitude', 'left_latitude', 'left_longitude') }} as jump_m,
        {{ great_circle_m('first_latitude', 'first_longitude', 'own_latitude', 'own_longitude') }} as own_m,
        date_diff('second', left_at, first_at) as jump_s,
        date_diff('second', own_at, first_at) as own_s
    from followed
),
changed as (
    select
        built_date,
        plate_no,
        plate_color_code,
        place_no,
        cross_parked_m,
        shared_changes,
        left_at,
        first_at,
        first_latitude,
        first_longitude,
        last_latitude,
        last_longitude,
        jump_m,
        round(jump_m * 3.6 / (jump_s + 1), 1) as speed_kmh,
        row_number() over (partition by built_date, plate_no, plate_color_code order by place_no) as nth
    from compared
    where cast(first_at as date) = built_date
        and jump_m > cross_m
        and own_s <= offline_gap_s
        and own_m * 3.6 <= drift_kmh * (own_s + 1)
),
side as (
    select
        built_date,
        plate_no,
        plate_color_code,
        cross_parked_m,
        shared_changes,
        count(*) as change_count,
        min(left_at) as began_at,
        max(first_at) as ended_at,
        max(case when nth = 1 then first_latitude end) as latitude,
        max(case when nth = 1 then first_longitude end) as longitude,
        max(jump_m) as jump_m,
        max(speed_kmh) as speed_kmh,
        min(least(first_latitude, last_latitude)) as south,
        max(greatest(first_latitude, last_latitude)) as north,
        min(least(first_longitude, last_longitude)) as west,
        max(greatest(first_longitude, last_longitude)) as east
    from changed
    group by built_date, plate_no, plate_color_code, cross_parked_m, shared_changes, place_no % 2
),
track as (
    select
        *,
        {{ great_circle_m('south', 'west', 'north', 'east') }} as box_m
    from side
),
shared as (
    select
        built_date,
        plate_no,
        plate_color_code,
        sum(change_count) as change_count,
        min(began_at) as began_at,
        max(ended_at) as ended_at,
        max(latitude) as latitude,
        max(longitude) as longitude,
        max(jump_m) as jump_m,
        max(speed_kmh) as speed_kmh,
        min(box_m) <= cross_parked_m as is_standing
    from track
    group by built_date, plate_no, plate_color_code, cross_parked_m, shared_changes
    having sum(change_count) >= shared_changes
),
stay as (
    select
        built_date,
        plate_no,
        plate_color_code,
        drift_kmh,
        cross_m,
        cross_parked_m,
        point_count,
        first_at,
        first_latitude,
        first_longitude,
        last_at,
        lag(last_at) over track as left_at,
        lag(last_latitude) over track as left_latitude,
        lag(last_longitude) over track as left_longitude
    from place
    where point_count >= teleport_points
    window track as (partition by built_date, plate_no, plate_color_code order by place_no)
),
leap as (
    select
        *,
        {{ great_circle_m('first_latitude', 'first_longitude', 'left_latitude', 'left_longitude') }} as jump_m,
        date_diff('second', left_at, first_at) as jump_s
    from stay
    where left_at is not null and cast(first_at as date) = built_date
),
jump as (
    select
        leap.built_date,
        leap.plate_no,
        leap.plate_color_code,
        leap.cross_parked_m,
        leap.point_count,
        leap.left_at,
        leap.first_at,
        leap.last_at,
        leap.first_latitude,
        leap.first_longitude,
        leap.jump_m,
        leap.jump_s
    from leap
    left join shared
        on shared.built_date = leap.built_date
        and shared.plate_no = leap.plate_no
        and shared.plate_color_code = leap.plate_color_code
    where shared.plate_no is null
        and leap.jump_m > leap.cross_m
        and leap.jump_m * 3.6 > leap.drift_kmh * (leap.jump_s + 1)
),
beyond as (
    select
        jump.built_date,
        jump.plate_no,
        jump.plate_color_code,
        jump.first_at,
        min(point.latitude) as south,
        max(point.latitude) as north,
        min(point.longitude) as west,
        max(point.longitude) as east
    from jump
    inner join {{ ref('vehicle_point') }} as point
        on point.built_date = jump.built_date
        and point.plate_no = jump.plate_no
        and point.plate_color_code = jump.plate_color_code
        and point.recorded_at >= jump.first_at
        and point.recorded_at <= jump.last_at
    where point.point_fault is null and point.has_fix
    group by jump.built_date, jump.plate_no, jump.plate_color_code, jump.first_at
)
select
    built_date as event_date,
    'shared_phone' as finding_kind,
    plate_no,
    plate_color_code,
    case when is_standing then 'fixed_place' end as weakened_by,
    began_at,
    ended_at,
    latitude,
    longitude,
    cast(change_count as bigint) as point_count,
    cast(jump_m as bigint) as distance_m,
    speed_kmh as evidence_speed_kmh
from shared
union all
select
    jump.built_date as event_date,
    'teleport' as finding_kind,
    jump.plate_no,
    jump.plate_color_code,
    case
        when {{ great_circle_m('beyond.south', 'beyond.west', 'beyond.north', 'beyond.east') }} <= jump.cross_parked_m
            then 'fixed_place'
    end as weakened_by,
    jump.left_at as began_at,
    jump.first_at as ended_at,
    jump.first_latitude as latitude,
    jump.first_longitude as longitude,
    cast(jump.point_count as bigint) as point_count,
    cast(jump.jump_m as bigint) as distance_m,
    round(jump.jump_m * 3.6 / (jump.jump_s + 1), 1) as evidence_speed_kmh
from jump
inner join beyond
    on beyond.built_date = jump.built_date
    and beyond.plate_no = jump.plate_no
    and beyond.plate_color_code = jump.plate_color_code
    and beyond.first_at = jump.first_at
