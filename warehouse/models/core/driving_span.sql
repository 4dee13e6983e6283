-- Grain: one stretch of driving of one vehicle (core.driving_block) on one day that it touches.
-- The clock runs from the first movement to the last, short stops included. Certain: a gap in the data is taken for a
-- rest, so every stretch has a clock of its own. Possible: a gap is neither rest nor driving, so the clocks of
-- stretches that no rest parts add up. Fatigue is the time driven above fatigue_day_h of that clock, or, between
-- night_from_h and night_to_h, above fatigue_night_h of the part of it that lies in the same night; exactly as much as
-- is allowed is no fatigue. The seconds are those of this day; the clock counts from the day before.
-- The piece from the last point before midnight to midnight is of no day (see core.driving_block).
with day as (
    select distinct
        event_date as built_date,
        event_date as clock_date
    from {{ source('raw', 'build_day') }}
    union all
    select
        event_date as built_date,
        cast(event_date - interval 1 day as date) as clock_date
    from {{ source('raw', 'build_day') }}
),
part as (
    -- Three parts of a day: with a night over midnight the rest of it, the day, the night that begins; else the
    -- night is the second.
    select built_date, clock_date, 1 as part_no from day
    union all
    select built_date, clock_date, 2 as part_no from day
    union all
    select built_date, clock_date, 3 as part_no from day
),
bound as (
    select
        built_date,
        monitored_class,
        fatigue_day_s,
        fatigue_night_s,
        night_from_s > night_to_s as is_over_midnight,
        cast(least(night_from_s, night_to_s) as integer) as second_from_s,
        cast(greatest(night_from_s, night_to_s) as integer) as third_from_s
    from {{ ref('kpi_threshold') }}
),
zone as (
    select
        part.built_date,
        bound.monitored_class,
        part.clock_date,
        (part.part_no = 2) <> bound.is_over_midnight as is_night,
        case
            when part.part_no = 1 and bound.is_over_midnight then cast(part.clock_date - interval 1 day as date)
            else part.clock_date
        end as night_of,
        bound.fatigue_day_s,
        bound.fatigue_night_s,
        cast(part.clock_date as timestamp) + interval 1 second * case part.part_no
            when 1 then 0
            when 2 then bound.second_from_s
            else bound.third_from_s
        end as zone_began_at,
        cast(part.clock_date as timestamp) + interval 1 second * case part.part_no
            when 1 then bound.second_from_s
            when 2 then bound.third_from_s
            else 86400
        end as zone_ended_at
    from part
    inner join bound on bound.built_date = part.built_date
),
piece as (
    select
        block.built_date,
        block.plate_no,
        block.plate_color_code,
        block.block_no,
        block.rest_no,
        zone.clock_date,
        zone.is_night,
        zone.night_of,
        zone.fatigue_day_s,
        zone.fatigue_night_s,
        greatest(block.driving_began_at, zone.zone_began_at) as piece_began_at,
        date_diff(
            'second',
            greatest(block.driving_began_at, zone.zone_began_at),
            least(block.driving_ended_at, zone.zone_ended_at)
        ) as piece_s
    from {{ ref('driving_block') }} as block
    inner join zone
        on zone.built_date = block.built_date
        and zone.monitored_class = coalesce(block.monitored_class, '')
        and zone.zone_began_at < block.driving_ended_at
        and zone.zone_ended_at > block.driving_began_at
),
clock as (
    select
        built_date,
        plate_no,
        plate_color_code,
        block_no,
        clock_date,
        is_night,
        fatigue_day_s,
        fatigue_night_s,
        piece_s,
        sum(piece_s) over (
            partition by built_date, plate_no, plate_color_code, block_no order by piece_began_at
            rows between unbounded preceding and current row
        ) as certain_s,
        sum(piece_s) over (
            partition by built_date, plate_no, plate_color_code, block_no, is_night, night_of order by piece_began_at
            rows between unbounded preceding and current row
        ) as certain_night_s,
        sum(piece_s) over (
            partition by built_date, plate_no, plate_color_code, rest_no order by piece_began_at
            rows between unbounded preceding and current row
        ) as possible_s,
        sum(piece_s) over (
            partition by built_date, plate_no, plate_color_code, rest_no, is_night, night_of order by piece_began_at
            rows between unbounded preceding and current row
        ) as possible_night_s
    from piece
),
tired as (
    select
        built_date,
        plate_no,
        plate_color_code,
        block_no,
        clock_date,
        piece_s,
        certain_s,
        possible_s,
        greatest(
            0,
            least(piece_s, certain_s - fatigue_day_s),
            case when is_night then least(piece_s, certain_night_s - fatigue_night_s) else 0 end
        ) as fatigue_certain_s,
        greatest(
            0,
            least(piece_s, possible_s - fatigue_day_s),
            case when is_night then least(piece_s, possible_night_s - fatigue_night_s) else 0 end
        ) as fatigue_possible_s
    from clock
),
counted as (
    select
        built_date,
        plate_no,
        plate_color_code,
        block_no,
        max(certain_s) as clock_certain_s,
        max(possible_s) as clock_possible_s,
        sum(piece_s) as driving_day_s,
        sum(fatigue_certain_s) as fatigue_certain_s,
        sum(fatigue_possible_s) as fatigue_possible_s
    from tired
    where clock_date = built_date
    group by built_date, plate_no, plate_color_code, block_no
)
select
    block.built_date as event_date,
    block.plate_no,
    block.plate_color_code,
    block.driving_began_at,
    block.driving_ended_at,
    cast(block.driving_began_at as date) = block.built_date as is_new,
    cast(counted.clock_certain_s as bigint) as clock_certain_s,
    cast(counted.clock_possible_s as bigint) as clock_possible_s,
    cast(counted.driving_day_s as bigint) as driving_day_s,
    block.moving_day_s,
    block.dawn_driving_s,
    cast(counted.fatigue_certain_s as bigint) as fatigue_certain_s,
    cast(counted.fatigue_possible_s as bigint) as fatigue_possible_s
from {{ ref('driving_block') }} as block
inner join counted
    on counted.built_date = block.built_date
    and counted.plate_no = block.plate_no
    and counted.plate_color_code = block.plate_color_code
    and counted.block_no = block.block_no
