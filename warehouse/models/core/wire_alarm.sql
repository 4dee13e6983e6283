-- Grain: one alarm that a terminal sent and that can be looked for in the handling extract, on the day it counts.
-- Of a kind the bureau has a name for, of a vehicle of the register and with a known beginning. wire_no numbers them by
-- vehicle, kind and day; what else there is of them has core.vehicle_alarm.
select
    event_date,
    plate_no,
    plate_color_code,
    alarm_kind,
    row_number() over (
        partition by event_date, plate_no, plate_color_code, alarm_kind
        order by
            alarm_began_at, alarm_channel, safety_item, alarm_code, terminal_phone, alarm_identity, last_reported_at
    ) as wire_no,
    alarm_level,
    alarm_began_at
from {{ ref('vehicle_alarm') }}
where is_alarm
    and is_new
    and alarm_kind is not null
    and plate_no is not null
    and alarm_began_at is not null
