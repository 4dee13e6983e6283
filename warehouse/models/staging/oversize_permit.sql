-- Grain: one oversize permit over one span of validity, both days included, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    permit_no,
    plate_no,
    plate_color_code,
    trailer_plate_no,
    uscc,
    cargo_kind,
    permitted_mass_kg,
    permitted_length_m,
    permitted_width_m,
    permitted_height_m,
    route,
    permit_issued_by,
    valid_from,
    valid_to
from {{ source('raw', 'oversize_permit') }}
where row_fate = 'current'
