-- Grain: one district code over one span of validity, as its current version states it.
-- Codes and the days on which each was valid; successor_code leads from an old code to the next.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    county_code,
    district_name,
    district_kind,
    successor_code,
    valid_from,
    valid_to
from {{ source('raw', 'district') }}
where row_fate = 'current'
