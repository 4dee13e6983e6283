-- Grain: one interview, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    interview_no,
    held_on,
    county_code,
    unit_name,
    unit_kind,
    uscc,
    supervision_cause,
    rectify_by
from {{ source('raw', 'interview') }}
where row_fate = 'current'
