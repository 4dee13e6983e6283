-- Grain: one alarm of one vehicle, as its current version states it.
-- An alarm that was handled later is one row, as its newest issue tells it.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as alarm_date,
    alarm_no,
    plate_no,
    plate_color_code,
    alarm_kind,
    alarm_level,
    alarm_source,
    alarm_began_at,
    alarm_ended_at,
    max_speed_kmh,
    handle_within_min,
    handled_at,
    handling,
    is_supervised,
    appealed_at,
    appeal_result
from {{ source('raw', 'terminal_alarm') }}
where row_fate = 'current'
