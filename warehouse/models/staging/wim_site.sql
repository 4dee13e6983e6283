-- Grain: one weigh-in-motion site over one span of validity, both days included, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    site_code,
    site_name,
    site_name_en,
    county_code,
    road_code,
    chainage_km,
    latitude,
    longitude,
    valid_from,
    valid_to
from {{ source('raw', 'wim_site') }}
where row_fate = 'current'
