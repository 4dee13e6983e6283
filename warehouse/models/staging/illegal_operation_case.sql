-- Grain: one vehicle in one illegal-operation case, as its current version states it.
-- Counties send whole lists; a case that the newest one no longer has stays here and is reported by a check.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    county_code,
    case_no,
    sector,
    plate_no,
    plate_color_code,
    found_on,
    filed_on,
    decided_on,
    gain_fen,
    decided_fen,
    case_state,
    closed_on
from {{ source('raw', 'illegal_operation_case') }}
where row_fate = 'current'
