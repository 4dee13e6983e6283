-- Severity: warn
-- Active-safety alarms came with a code that seeds/alarm_type.csv does not know: ask the maker what it means, then add
-- a row with the model of the terminal, or with the profile where all its terminals mean that.
select
    alarm.event_date,
    alarm.alarm_profile,
    alarm.terminal_model,
    alarm.safety_item,
    alarm.alarm_code,
    count(*) as alarm_count
from {{ ref('vehicle_alarm') }} as alarm
left join {{ ref('alarm_type') }} as known
    on known.alarm_channel = 'safety'
    and known.safety_item = alarm.safety_item
    and known.alarm_code = alarm.alarm_code
    and case
        when known.terminal_model is not null then known.terminal_model = alarm.terminal_model
        else coalesce(known.alarm_profile, alarm.alarm_profile) = alarm.alarm_profile
    end
where alarm.alarm_channel = 'safety' and alarm.alarm_code is not null and known.alarm_code is null
group by alarm.event_date, alarm.alarm_profile, alarm.terminal_model, alarm.safety_item, alarm.alarm_code
