-- Grain: one listing of one hazard, as its current version states it.
-- An empty day of delisting is a hazard still listed.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    listing_no,
    hazard_no,
    county_code,
    responsible_unit,
    listed_on,
    due_on,
    rechecked_on,
    delisted_on
from {{ source('raw', 'listing') }}
where row_fate = 'current'
