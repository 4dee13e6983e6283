-- Grain: one look of an officer at one passage. Which look of a passage holds is left to core.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as screened_date,
    check_no,
    site_code,
    passed_at,
    screened_at,
    screening_result,
    void_code,
    officer_no
from {{ source('raw', 'violation_screening') }}
where row_fate = 'current'
