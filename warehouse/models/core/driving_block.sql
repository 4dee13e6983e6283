-- Grain: one stretch of driving of one vehicle between two rests or gaps, seen from a built day.
-- A vehicle moves from a point above moving_kmh to the next point, unless that is more than moving_hold_s later and no
-- further away than moving_kmh takes it: then it stands, whatever the first point said. It rests when it stands for
-- rest_min or longer. Shorter stops belong to the stretch and to its clock. More than unknown_gap_min without a usable
-- point are no rest and no driving: they end a stretch, and rest_no, which counts the rests before it, says which
-- stretches no rest parts. A stop that a gap interrupts is no rest unless one of its parts is long enough.
-- A card that names another driver than the card before it, read without a fault (0x0702), ends a stretch like a rest;
-- the first card that is seen changes nothing, for nobody knows who drove before. A driver who is back less than
-- rest_min after another's card has not rested: the cards between change nothing either. Without cards the clock is
-- the vehicle's.
-- A day ends at its last point: what follows it up to midnight is of no day, for the day after counts from midnight on.
-- That is at most one reporting interval a night.
with frame as (
    select event_date as built_date, event_date as card_date from {{ source('raw', 'build_day') }}
    union all
    select event_date as built_date, cast(event_date - interval 1 day as date) as card_date
    from {{ source('raw', 'build_day') }}
),
card as (
    select
        frame.built_date,
        vehicle.plate_no,
        vehicle.plate_color_code,
        threshold.rest_s,
        card.recorded_at,
        card.driver_certificate_no,
        row_number() over track as card_no,
        lead(card.recorded_at) over track as next_at
    from {{ ref('terminal_driver_card') }} as card
    inner join frame on frame.card_date = card.card_date
    inner join {{ ref('vehicle_service') }} as vehicle
        on vehicle.service_date = card.card_date and vehicle.terminal_phone = card.terminal_phone
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = frame.built_date
        and threshold.monitored_class = coalesce(vehicle.monitored_class, '')
    where card.card_state_code = 1
        and card.card_result_code = 0
        and card.driver_certificate_no is not null
        and card.recorded_at is not null
    window track as (
        partition by frame.built_date, vehicle.plate_no, vehicle.plate_color_code
        order by card.recorded_at, card.record_id
    )
),
back as (
    -- Of each card: since which card, and since when, its driver had been away.
    select
        built_date,
        plate_no,
        plate_color_code,
        rest_s,
        recorded_at,
        driver_certificate_no,
        card_no,
        lag(card_no) over driver + 1 as away_no,
        lag(next_at) over driver as away_at
    from card
    window driver as (partition by built_date, plate_no, plate_color_code, driver_certificate_no order by card_no)
),
passing as (
    select
        built_date,
        plate_no,
        plate_color_code,
        recorded_at,
        driver_certificate_no,
        card_no,
        coalesce(
            min(case when date_diff('second', away_at, recorded_at) < rest_s then away_no end) over (
                partition by built_date, plate_no, plate_color_code order by card_no
                rows between 1 following and unbounded following
            ) <= card_no,
            false
        ) as is_passing
    from back
),
driver as (
    select
        built_date,
        plate_no,
        plate_color_code,
        recorded_at,
        driver_certificate_no,
        lag(driver_certificate_no) over (
            partition by built_date, plate_no, plate_color_code order by card_no
        ) as previous_certificate_no
    from passing
    where not is_passing
),
judged as (
    select
        step.built_date,
        step.plate_no,
        step.plate_color_code,
        vehicle.monitored_class,
        step.recorded_at,
        step.previous_at,
        step.is_last,
        step.terminal_speed_kmh > threshold.moving_kmh as is_moving,
        step.previous_speed_kmh > threshold.moving_kmh as is_said_moving,
        coalesce(
            step.step_s > threshold.moving_hold_s and step.step_m * 3.6 <= threshold.moving_kmh * step.step_s,
            false
        ) as is_held,
        step.previous_at is null or step.step_s > threshold.unknown_gap_s as is_after_gap
    from {{ ref('vehicle_step') }} as step
    inner join {{ ref('vehicle_service') }} as vehicle
        on vehicle.service_date = step.built_date
        and vehicle.plate_no = step.plate_no
        and vehicle.plate_color_code = step.plate_color_code
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = step.built_date and threshold.monitored_class = coalesce(vehicle.monitored_class, '')
),
told as (
    select
        built_date,
        plate_no,
        plate_color_code,
        monitored_class,
        recorded_at,
        is_moving,
        is_after_gap,
        is_last,
        -- Up to here the point before still says what the vehicle does.
        case when is_after_gap then previous_at else recorded_at end as known_until
    from judged
    where is_last or is_after_gap or is_moving <> (is_said_moving and not is_held)
    union all
    -- A point that said the vehicle moves, and it stood.
    select
        built_date,
        plate_no,
        plate_color_code,
        monitored_class,
        previous_at as recorded_at,
        false as is_moving,
        false as is_after_gap,
        false as is_last,
        previous_at as known_until
    from judged
    where is_said_moving and is_held and not is_after_gap
),
state as (
    -- An instant that both branches tell of stands.
    select
        built_date,
        plate_no,
        plate_color_code,
        max(monitored_class) as monitored_class,
        recorded_at,
        min(is_moving) as is_moving,
        max(is_after_gap) as is_after_gap,
        max(is_last) as is_last,
        min(known_until) as known_until
    from told
    group by built_date, plate_no, plate_color_code, recorded_at
),
change as (
    select
        built_date,
        plate_no,
        plate_color_code,
        monitored_class,
        recorded_at,
        false as is_card,
        is_moving,
        is_after_gap,
        known_until
    from (
        select
            built_date,
            plate_no,
            plate_color_code,
            monitored_class,
            recorded_at,
            is_moving,
            is_after_gap,
            is_last,
            known_until,
            lag(is_moving) over (
                partition by built_date, plate_no, plate_color_code order by recorded_at
            ) as was_moving
        from state
    ) as followed
    where is_last or is_after_gap or is_moving <> was_moving
    union all
    select distinct
        built_date,
        plate_no,
        plate_color_code,
        cast(null as varchar) as monitored_class,
        recorded_at,
        true as is_card,
        cast(null as boolean) as is_moving,
        false as is_after_gap,
        cast(null as timestamp) as known_until
    from driver
    where driver_certificate_no <> previous_certificate_no
),
island as (
    select
        built_date,
        plate_no,
        plate_color_code,
        max(monitored_class) over (partition by built_date, plate_no, plate_color_code) as monitored_class,
        is_card,
        coalesce(
            last_value(is_moving ignore nulls) over (
                partition by built_date, plate_no, plate_color_code order by recorded_at, is_card desc
                rows between unbounded preceding and current row
            ),
            false
        ) as is_moving,
        is_after_gap,
        recorded_at as began_at,
        -- Of the last point nobody knows what follows.
        case
            when next_known_until is null then recorded_at
            else least(next_at, next_known_until)
        end as ended_at
    from (
        select
            built_date,
            plate_no,
            plate_color_code,
            monitored_class,
            recorded_at,
            is_card,
            is_moving,
            is_after_gap,
            lead(recorded_at) over (
                partition by built_date, plate_no, plate_color_code order by recorded_at, is_card desc
            ) as next_at,
            min(known_until) over (
                partition by built_date, plate_no, plate_color_code order by recorded_at, is_card desc
                rows between 1 following and unbounded following
            ) as next_known_until
        from change
    ) as followed
),
measured as (
    select
        island.built_date,
        island.plate_no,
        island.plate_color_code,
        island.monitored_class,
        island.is_card,
        island.is_moving,
        island.is_after_gap,
        island.began_at,
        island.ended_at,
        cast(island.built_date as timestamp) as day_began_at,
        threshold.dawn_from_s,
        threshold.dawn_to_s,
        date_diff('second', island.began_at, island.ended_at) as island_s,
        not island.is_moving
            and date_diff('second', island.began_at, island.ended_at) >= threshold.rest_s as is_rest
    from island
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = island.built_date and threshold.monitored_class = coalesce(island.monitored_class, '')
),
numbered as (
    select
        built_date,
        plate_no,
        plate_color_code,
        monitored_class,
        is_moving,
        began_at,
        ended_at,
        island_s,
        greatest(0, date_diff('second', day_began_at, ended_at)) as end_s,
        greatest(0, date_diff('second', day_began_at, began_at)) as begin_s,
        dawn_from_s,
        dawn_to_s,
        count(case when is_rest or is_after_gap or is_card then 1 end) over (
            partition by built_date, plate_no, plate_color_code order by began_at, is_card desc
            rows between unbounded preceding and current row
        ) as block_no,
        count(case when is_rest or is_card then 1 end) over (
            partition by built_date, plate_no, plate_color_code order by began_at, is_card desc
            rows between unbounded preceding and current row
        ) as rest_no
    from measured
)
select
    built_date,
    plate_no,
    plate_color_code,
    max(monitored_class) as monitored_class,
    block_no,
    max(rest_no) as rest_no,
    min(began_at) as driving_began_at,
    max(ended_at) as driving_ended_at,
    cast(sum(island_s) as bigint) as moving_s,
    cast(sum(end_s - begin_s) as bigint) as moving_day_s,
    cast(sum(greatest(0, least(end_s, dawn_to_s) - greatest(begin_s, dawn_from_s))) as bigint) as dawn_driving_s
from numbered
where is_moving and ended_at > began_at
group by built_date, plate_no, plate_color_code, block_no
