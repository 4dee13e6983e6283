-- Grain: one kind and level of alarm that one vehicle sent on one day, and how many of them the handling extract has.
-- Levels are those of active-safety alarms; bits of the alarm word have none. A day of which the extract tells nothing
-- has no rows: that an alarm did not reach it is not known then.
with told as (
    select distinct alarm_date from {{ ref('terminal_alarm') }}
)
select
    wire.event_date,
    wire.plate_no,
    wire.plate_color_code,
    vehicle.monitored_class,
    vehicle.uscc,
    vehicle.county_code,
    wire.alarm_kind,
    wire.alarm_level,
    count(*) as wire_alarm_count,
    count(match.record_id) as reached_alarm_count
from {{ ref('wire_alarm') }} as wire
inner join told on told.alarm_date = wire.event_date
inner join {{ ref('vehicle_service') }} as vehicle
    on vehicle.service_date = wire.event_date
    and vehicle.plate_no = wire.plate_no
    and vehicle.plate_color_code = wire.plate_color_code
left join {{ ref('alarm_match') }} as match
    on match.event_date = wire.event_date
    and match.plate_no = wire.plate_no
    and match.plate_color_code = wire.plate_color_code
    and match.alarm_kind = wire.alarm_kind
    and match.wire_no = wire.wire_no
group by
    wire.event_date,
    wire.plate_no,
    wire.plate_color_code,
    vehicle.monitored_class,
    vehicle.uscc,
    vehicle.county_code,
    wire.alarm_kind,
    wire.alarm_level
