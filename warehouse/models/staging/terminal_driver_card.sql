-- Grain: one insertion or removal of a driver's card (0x0702). The driver's name is not taken over.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as card_date,
    terminal_phone,
    recorded_at,
    card_state_code,
    card_result_code,
    driver_certificate_no
from {{ source('raw', 'terminal_capture') }}
where row_fate = 'current' and terminal_record_kind = 'driver_card'
