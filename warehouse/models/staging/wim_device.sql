-- Grain: one weighing device over one span of validity, both days included, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    device_no,
    site_code,
    manufacturer,
    model,
    accuracy_class,
    valid_from,
    valid_to
from {{ source('raw', 'wim_device') }}
where row_fate = 'current'
