-- Grain: one certificate of one enterprise, as its current version states it.
-- Valid on the days from valid_from to valid_to, both included.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    standard_certificate_no,
    uscc,
    enterprise_name,
    enterprise_kind,
    standard_grade,
    standard_score,
    passed_standard_on,
    valid_from,
    valid_to
from {{ source('raw', 'safety_standard') }}
where row_fate = 'current'
