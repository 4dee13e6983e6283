-- Grain: one position as a terminal sent it. A point sent again by another way (backfill) is another row.
-- Rows without a usable time (R-TIME) and positions that cannot be (R-POSITION) are kept: the share of valid data
-- counts them. Distances leave them out.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as positioned_date,
    terminal_phone,
    protocol_version,
    recorded_at,
    wire_time,
    report_origin,
    latitude,
    longitude,
    altitude_m,
    terminal_speed_kmh,
    heading_deg,
    alarm_flags,
    status_flags,
    odometer_km,
    recorder_speed_kmh,
    video_alarm_flags,
    driving_alarm_flags,
    fatigue_level,
    overspeed_place_type,
    overspeed_place_id,
    radio_strength,
    satellite_count
from {{ source('raw', 'terminal_capture') }}
where row_fate = 'current' and terminal_record_kind = 'location'
