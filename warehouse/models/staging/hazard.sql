-- Grain: one hazard, as its current version states it.
-- The county's list, as its newest version tells each hazard; hazards missing from a newer list stay.
-- The state is the county's word; whether the steps and photos bear it out is left to core.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    county_code,
    hazard_no,
    hazard_category_code,
    road_class,
    hazard_grade,
    place,
    road_code,
    chainage_km,
    latitude,
    longitude,
    hazard_description,
    uscc,
    responsible_unit,
    registered_on,
    assigned_on,
    due_on,
    hazard_closed_on,
    hazard_state,
    investment_fen
from {{ source('raw', 'hazard') }}
where row_fate = 'current'
