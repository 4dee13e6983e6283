-- Grain: one kind of alarm of one vehicle (or of one terminal of no vehicle) on the day on which it is counted.
-- Only new alarms count; what active-safety terminals report that is no alarm (is_alarm false: events, tyre readings)
-- is counted in rows of its own.
select
    event_date,
    plate_no,
    plate_color_code,
    terminal_phone,
    alarm_channel,
    safety_item,
    alarm_code,
    alarm_profile,
    alarm_kind,
    is_alarm,
    count(*) as alarm_count
from {{ ref('vehicle_alarm') }}
where is_new
group by
    event_date,
    plate_no,
    plate_color_code,
    terminal_phone,
    alarm_channel,
    safety_item,
    alarm_code,
    alarm_profile,
    alarm_kind,
    is_alarm
