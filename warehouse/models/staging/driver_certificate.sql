-- Grain: one certificate over one span of validity, as its current version states it.
-- Names and citizen ids stay in raw: no answer needs them, so no snapshot holds them.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    driver_certificate_no,
    driver_class,
    uscc,
    first_issue_date,
    valid_from,
    valid_to
from {{ source('raw', 'driver_certificate') }}
where row_fate = 'current'
