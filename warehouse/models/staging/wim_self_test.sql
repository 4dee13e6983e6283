-- Grain: one self-test of one device, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as tested_date,
    device_no,
    site_code,
    tested_at,
    zero_error_kg,
    reference_deviation_ratio,
    camera_ok,
    clock_error_s,
    self_test_result
from {{ source('raw', 'wim_self_test') }}
where row_fate = 'current'
