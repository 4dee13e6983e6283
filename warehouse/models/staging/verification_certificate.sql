-- Grain: one verification certificate of one device, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    certificate_no,
    device_no,
    accuracy_class,
    speed_min_kmh,
    speed_max_kmh,
    verified_on,
    valid_from,
    valid_to,
    issued_by
from {{ source('raw', 'verification_certificate') }}
where row_fate = 'current'
