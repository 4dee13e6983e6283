-- Severity: stop
-- mart.vehicle_day counts other points than core.vehicle_point has of the day.
select
    coalesce(day.event_date, point.built_date) as event_date,
    coalesce(day.terminal_phone, point.terminal_phone) as terminal_phone
from (
    select event_date, terminal_phone, sum(received_point_count) as received_point_count
    from {{ ref('vehicle_day') }}
    where received_point_count > 0
    group by event_date, terminal_phone
) as day
full outer join (
    select built_date, terminal_phone, count(*) as point_count
    from {{ ref('vehicle_point') }}
    where positioned_date = built_date
    group by built_date, terminal_phone
) as point on point.built_date = day.event_date and point.terminal_phone = day.terminal_phone
where day.terminal_phone is null
    or point.terminal_phone is null
    or day.received_point_count <> point.point_count
