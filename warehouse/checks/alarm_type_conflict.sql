-- Severity: stop
-- A bit or code has two meanings in seeds/alarm_type.csv: its alarms would be counted twice. Of a row for a model of
-- terminal the profile does not count.
with meaning as (
    select
        alarm_channel,
        terminal_model,
        case when terminal_model is null then alarm_profile end as alarm_profile,
        safety_item,
        alarm_code
    from {{ ref('alarm_type') }}
)
select alarm_channel, terminal_model, alarm_profile, safety_item, alarm_code
from meaning
group by alarm_channel, terminal_model, alarm_profile, safety_item, alarm_code
having count(*) > 1
