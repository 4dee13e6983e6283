-- Grain: one step of one case, as its current version states it. Whether steps follow lawfully is judged in core.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    case_no,
    event_no,
    case_state,
    event_at,
    officer_no,
    as_reported
from {{ source('raw', 'case_event') }}
where row_fate = 'current'
