-- Grain: one platform on one day, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    event_date,
    platform_no,
    platform_name,
    platform_kind,
    uscc,
    link_total_ms,
    link_down_ms,
    outage_count
from {{ source('raw', 'platform_link') }}
where row_fate = 'current'
