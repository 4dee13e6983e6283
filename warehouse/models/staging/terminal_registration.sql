-- Grain: one registration (0x0100) of a terminal: which vehicle it says it is in.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as registered_date,
    terminal_phone,
    protocol_version,
    registered_province_code,
    registered_city_code,
    terminal_maker,
    terminal_model,
    terminal_no,
    plate_no,
    plate_color_code,
    vin
from {{ source('raw', 'terminal_capture') }}
where row_fate = 'current' and terminal_record_kind = 'registration'
