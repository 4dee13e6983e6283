-- Severity: stop
-- A bit or code has two meanings in seeds/alarm_type.csv: its alarms would be counted twice.
select alarm_channel, alarm_profile, safety_item, alarm_code
from {{ ref('alarm_type') }}
group by alarm_channel, alarm_profile, safety_item, alarm_code
having count(*) > 1
