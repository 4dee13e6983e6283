-- Grain: one report of an active-safety alarm (苏标 0x64–0x67, 0x70). The same alarm may be reported again.
-- Codes of 16 and above are events (a picture on request, a change of driver), no alarms.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as alarm_date,
    terminal_phone,
    protocol_version,
    recorded_at,
    latitude,
    longitude,
    altitude_m,
    terminal_speed_kmh,
    safety_item,
    alarm_profile,
    alarm_type_code,
    alarm_level,
    alarm_state_code,
    fatigue_level,
    alarm_identity,
    attachment_count,
    front_speed_kmh,
    front_headway_ds,
    vehicle_state_flags,
    wheel_alarm_flags,
    wheel_readings,
    terminal_no
from {{ source('raw', 'terminal_capture') }}
where row_fate = 'current' and terminal_record_kind = 'safety_alarm'
