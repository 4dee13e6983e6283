-- Grain: one platform on one day, as the platform above it counted.
-- A platform without a row that day is not known to have been connected, nor to have been disconnected.
select
    event_date,
    platform_no,
    platform_name,
    platform_kind,
    uscc,
    link_total_ms,
    link_down_ms,
    outage_count
from {{ ref('platform_link') }}
