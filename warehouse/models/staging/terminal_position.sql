-- Grain: one position of one vehicle, as its current version states it.
-- Points flagged R-POSITION (0/0, outside the prefecture) are kept; distances leave them out.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as positioned_date,
    plate_no,
    plate_color_code,
    positioned_at,
    terminal_received_at,
    latitude,
    longitude,
    terminal_speed_kmh,
    heading_deg,
    altitude_m,
    odometer_km,
    terminal_status
from {{ source('raw', 'terminal_position') }}
where row_fate = 'current'
