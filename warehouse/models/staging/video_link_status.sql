-- Grain: one camera channel of one loading firm over one hour. No row means that nobody looked, not that it was off.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as observed_date,
    firm_no,
    channel_no,
    observed_at,
    online_ratio
from {{ source('raw', 'video_link_status') }}
where row_fate = 'current'
