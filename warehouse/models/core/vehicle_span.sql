-- Grain: one row of the vehicle register, with a closed end.
-- Rows of one plate may overlap where the sender forgot to end one; core.passage_vehicle takes, of those valid
-- on the day of the passage, the one that began last. A day depends only on rows valid that day, so a later row
-- changes no day outside its own span.
select
    record_id as vehicle_record_id,
    plate_no,
    plate_color_code,
    vehicle_type_code,
    vehicle_kind,
    axle_count as registered_axle_count,
    registered_gross_mass_kg,
    drive_axle_count,
    has_air_suspension,
    is_tipper,
    valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to
from {{ ref('vehicle') }}
