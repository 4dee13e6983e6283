-- Grain: one meeting, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    meeting_no,
    meeting_kind,
    held_on,
    topic,
    attendee_count,
    is_key_period
from {{ source('raw', 'meeting') }}
where row_fate = 'current'
