-- Grain: one step of one hazard, as its current version states it.
-- Steps are the sender's, in its own numbering; what follows from them is left to core.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    hazard_no,
    event_no,
    previous_hazard_state,
    hazard_state,
    event_at,
    handling_unit,
    officer_no,
    extended_due_on,
    step_note
from {{ source('raw', 'hazard_event') }}
where row_fate = 'current'
