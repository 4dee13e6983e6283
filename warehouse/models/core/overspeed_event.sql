-- Grain: one overspeed event of one vehicle on one day that it touches. is_new: it was confirmed that day and is
-- counted there; an event that lasts over midnight has a row on either day.
-- Speed above the limit from a first point to a later one, overspeed_min_s or more apart, makes an event, confirmed at
-- that later point; overspeed_end_s or more below the limit (from the first point below to the next above) or points
-- more than overspeed_gap_s apart end it. Events less than overspeed_merge_s apart are one. Exactly at the limit is
-- not above it.
-- The limit is that of the vehicle's class: which road it is on is not known here, nor a limit posted there. By night
-- night_speed_ratio of it holds. mean_speed_kmh is the mean of the points above the limit.
with judged as (
    select
        step.built_date,
        step.plate_no,
        step.plate_color_code,
        step.recorded_at,
        step.latitude,
        step.longitude,
        step.terminal_speed_kmh,
        step.previous_speed_kmh,
        step.step_s,
        threshold.class_limit_kmh,
        threshold.night_speed_ratio,
        threshold.overspeed_min_s,
        threshold.overspeed_end_s,
        threshold.overspeed_merge_s,
        threshold.overspeed_gap_s,
        date_diff('second', cast(cast(step.recorded_at as date) as timestamp), step.recorded_at) as second_of_day,
        date_diff('second', cast(cast(step.previous_at as date) as timestamp), step.previous_at) as previous_second,
        threshold.night_from_s,
        threshold.night_to_s
    from {{ ref('vehicle_step') }} as step
    inner join {{ ref('vehicle_service') }} as vehicle
        on vehicle.service_date = step.built_date
        and vehicle.plate_no = step.plate_no
        and vehicle.plate_color_code = step.plate_color_code
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = step.built_date and threshold.monitored_class = coalesce(vehicle.monitored_class, '')
    -- No limit is lower than this one: most points need no closer look.
    where greatest(step.terminal_speed_kmh, coalesce(step.previous_speed_kmh, 0))
        > round(threshold.class_limit_kmh * least(1, threshold.night_speed_ratio), 1)
),
dated as (
    select
        built_date,
        plate_no,
        plate_color_code,
        recorded_at,
        latitude,
        longitude,
        terminal_speed_kmh,
        previous_speed_kmh,
        step_s,
        overspeed_min_s,
        overspeed_end_s,
        overspeed_merge_s,
        overspeed_gap_s,
        class_limit_kmh,
        round(class_limit_kmh * night_speed_ratio, 1) as night_limit_kmh,
        second_of_day >= night_from_s or second_of_day < night_to_s as is_night,
        previous_second >= night_from_s or previous_second < night_to_s as was_night
    from judged
),
limited as (
    select
        built_date,
        plate_no,
        plate_color_code,
        recorded_at,
        latitude,
        longitude,
        terminal_speed_kmh,
        step_s,
        overspeed_min_s,
        overspeed_end_s,
        overspeed_merge_s,
        overspeed_gap_s,
        is_night and night_limit_kmh <> class_limit_kmh as is_night_limit,
        case when is_night then night_limit_kmh else class_limit_kmh end as speed_limit_kmh,
        terminal_speed_kmh > case when is_night then night_limit_kmh else class_limit_kmh end as is_over,
        coalesce(previous_speed_kmh > case when was_night then night_limit_kmh else class_limit_kmh end, false)
            as was_over
    from dated
),
beside as (
    -- Points above the limit, and the first below after each.
    select
        built_date,
        plate_no,
        plate_color_code,
        recorded_at,
        latitude,
        longitude,
        terminal_speed_kmh,
        step_s,
        overspeed_min_s,
        overspeed_end_s,
        overspeed_merge_s,
        overspeed_gap_s,
        is_night_limit,
        speed_limit_kmh,
        is_over,
        was_over,
        lag(recorded_at) over (partition by built_date, plate_no, plate_color_code order by recorded_at) as beside_at
    from limited
    where is_over or (was_over and step_s <= overspeed_gap_s)
),
run as (
    select
        built_date,
        plate_no,
        plate_color_code,
        recorded_at,
        latitude,
        longitude,
        terminal_speed_kmh,
        overspeed_min_s,
        overspeed_merge_s,
        is_night_limit,
        speed_limit_kmh,
        count(case
            when beside_at is null then 1
            when was_over and step_s > overspeed_gap_s then 1
            when not was_over and date_diff('second', beside_at, recorded_at) >= overspeed_end_s then 1
        end) over (
            partition by built_date, plate_no, plate_color_code order by recorded_at
            rows between unbounded preceding and current row
        ) as run_no
    from beside
    where is_over
),
timed as (
    select
        built_date,
        plate_no,
        plate_color_code,
        run_no,
        recorded_at,
        latitude,
        longitude,
        terminal_speed_kmh,
        overspeed_min_s,
        overspeed_merge_s,
        is_night_limit,
        speed_limit_kmh,
        cast(floor(terminal_speed_kmh * 10 + 0.5) as bigint) as speed_tenth_count,
        min(recorded_at) over (partition by built_date, plate_no, plate_color_code, run_no) as run_began_at
    from run
),
stretch as (
    select
        built_date,
        plate_no,
        plate_color_code,
        run_began_at,
        max(recorded_at) as run_ended_at,
        min(case
            when date_diff('second', run_began_at, recorded_at) >= overspeed_min_s then recorded_at
        end) as confirmed_at,
        max(overspeed_merge_s) as overspeed_merge_s,
        max(case when recorded_at = run_began_at then latitude end) as latitude,
        max(case when recorded_at = run_began_at then longitude end) as longitude,
        max(case when recorded_at = run_began_at then speed_limit_kmh end) as speed_limit_kmh,
        max(case when recorded_at = run_began_at and is_night_limit then 1 else 0 end) as is_night_limit,
        max(terminal_speed_kmh) as max_speed_kmh,
        sum(speed_tenth_count) as speed_tenth_count,
        count(*) as point_count
    from timed
    group by built_date, plate_no, plate_color_code, run_no, run_began_at
),
event as (
    select
        built_date,
        plate_no,
        plate_color_code,
        run_began_at,
        run_ended_at,
        confirmed_at,
        latitude,
        longitude,
        speed_limit_kmh,
        is_night_limit,
        max_speed_kmh,
        speed_tenth_count,
        point_count,
        count(case when is_apart then 1 end) over (
            partition by built_date, plate_no, plate_color_code order by run_began_at
            rows between unbounded preceding and current row
        ) as event_no
    from (
        select
            built_date,
            plate_no,
            plate_color_code,
            run_began_at,
            run_ended_at,
            confirmed_at,
            latitude,
            longitude,
            speed_limit_kmh,
            is_night_limit,
            max_speed_kmh,
            speed_tenth_count,
            point_count,
            coalesce(
                date_diff(
                    'second',
                    lag(run_ended_at) over (
                        partition by built_date, plate_no, plate_color_code order by run_began_at
                    ),
                    run_began_at
                ) >= overspeed_merge_s,
                true
            ) as is_apart
        from stretch
        where confirmed_at is not null
    ) as confirmed
),
merged as (
    select
        built_date,
        plate_no,
        plate_color_code,
        event_no,
        min(run_began_at) as began_at,
        max(run_ended_at) as ended_at,
        min(confirmed_at) as confirmed_at,
        max(max_speed_kmh) as max_speed_kmh,
        sum(speed_tenth_count) as speed_tenth_count,
        sum(point_count) as point_count
    from event
    group by built_date, plate_no, plate_color_code, event_no
)
select
    merged.built_date as event_date,
    merged.plate_no,
    merged.plate_color_code,
    merged.began_at as overspeed_began_at,
    merged.ended_at as overspeed_ended_at,
    merged.confirmed_at,
    cast(merged.confirmed_at as date) = merged.built_date as is_new,
    first_run.latitude,
    first_run.longitude,
    first_run.speed_limit_kmh,
    case when first_run.is_night_limit = 1 then 'class_night' else 'class' end as speed_limit_source,
    merged.max_speed_kmh,
    merged.speed_tenth_count / 10.0 / merged.point_count as mean_speed_kmh,
    cast(merged.point_count as bigint) as point_count
from merged
inner join event as first_run
    on first_run.built_date = merged.built_date
    and first_run.plate_no = merged.plate_no
    and first_run.plate_color_code = merged.plate_color_code
    and first_run.run_began_at = merged.began_at
where cast(merged.ended_at as date) = merged.built_date
