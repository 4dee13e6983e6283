-- Severity: stop
-- mart.vehicle_day counts other points than terminals sent: a point was lost on the way or counted twice. Points of one
-- terminal and instant are one, however often they came; each without a usable time is one.
select
    coalesce(day.event_date, sent.event_date) as event_date,
    coalesce(day.terminal_phone, sent.terminal_phone) as terminal_phone
from (
    select event_date, terminal_phone, sum(received_point_count) as received_point_count
    from {{ ref('vehicle_day') }}
    where received_point_count > 0
    group by event_date, terminal_phone
) as day
full outer join (
    select
        fix.positioned_date as event_date,
        fix.terminal_phone,
        count(distinct fix.recorded_at) + count(case when fix.recorded_at is null then 1 end) as point_count
    from {{ ref('terminal_fix') }} as fix
    inner join {{ source('raw', 'build_day') }} as build_day on build_day.event_date = fix.positioned_date
    group by fix.positioned_date, fix.terminal_phone
) as sent on sent.event_date = day.event_date and sent.terminal_phone = day.terminal_phone
where day.terminal_phone is null
    or sent.terminal_phone is null
    or day.received_point_count <> sent.point_count
