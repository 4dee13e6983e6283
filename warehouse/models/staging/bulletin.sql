-- Grain: one bulletin, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    bulletin_no,
    title,
    issued_on,
    period_from,
    period_to
from {{ source('raw', 'bulletin') }}
where row_fate = 'current'
