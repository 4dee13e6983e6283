-- Grain: one post check of one enterprise, as its current version states it.
-- A check that was answered later is one row, as its newest issue tells it.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    event_date,
    poll_no,
    platform_no,
    uscc,
    polled_at,
    reply_within_min,
    replied_at
from {{ source('raw', 'platform_poll') }}
where row_fate = 'current'
