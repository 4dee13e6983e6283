-- Grain: one copy to one government, as its current version states it.
-- An empty day of reply is a copy not answered yet; lateness is left to core.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    referral_no,
    county_code,
    supervision_cause,
    topic,
    sent_on,
    reply_due_on,
    replied_on
from {{ source('raw', 'referral') }}
where row_fate = 'current'
