-- Grain: one registered freight vehicle (plate and colour) over one span of validity, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    plate_no,
    plate_color_code,
    vehicle_type_code,
    vehicle_kind,
    axle_count,
    registered_gross_mass_kg,
    drive_axle_count,
    has_air_suspension,
    is_tipper,
    enterprise_name,
    operating_permit_no,
    first_issue_date,
    valid_from,
    valid_to
from {{ source('raw', 'vehicle') }}
where row_fate = 'current'
