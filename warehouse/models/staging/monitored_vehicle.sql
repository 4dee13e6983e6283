-- Grain: one vehicle over one span of validity, as its current version states it.
-- Both days of a span are included: a vehicle that changed its owner keeps its past.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    plate_no,
    plate_color_code,
    monitored_class,
    seat_count,
    uscc,
    county_code,
    line_no,
    terminal_no,
    -- As captures have it: the register writes 12 or 20 digits.
    case when terminal_phone is not null then coalesce(nullif(ltrim(terminal_phone, '0'), ''), '0') end as terminal_phone,
    terminal_model,
    protocol_version,
    has_smart_terminal,
    carries_slogan,
    valid_from,
    valid_to
from {{ source('raw', 'monitored_vehicle') }}
where row_fate = 'current'
