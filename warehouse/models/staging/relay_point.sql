-- Grain: one relay point over one span of validity, as its current version states it.
-- inspected_on is the last inspection that the newest row tells of.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    relay_point_no,
    place,
    county_code,
    road_code,
    chainage_km,
    inspected_on,
    valid_from,
    valid_to
from {{ source('raw', 'relay_point') }}
where row_fate = 'current'
