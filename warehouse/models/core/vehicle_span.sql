-- Grain: one registered vehicle over one span of days; spans of one plate and colour never overlap.
-- A later row of the register ends the span before it, also where the sender forgot to.
select
    record_id as vehicle_record_id,
    plate_no,
    plate_color_code,
    vehicle_kind,
    axle_count as registered_axle_count,
    registered_gross_mass_kg,
    drive_axle_count,
    has_air_suspension,
    is_tipper,
    valid_from,
    least(
        coalesce(valid_to, date '9999-12-31'),
        coalesce(
            lead(valid_from) over (partition by plate_no, plate_color_code order by valid_from, record_id) - 1,
            date '9999-12-31'
        )
    ) as valid_to
from {{ ref('vehicle') }}
