-- Grain: one vehicle leaving one loading firm, as the current version of its ticket states it.
-- The net mass is the ticket's own; a ticket that does not add up carries the flag R-NET.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as left_date,
    ticket_no,
    firm_no,
    scale_no,
    plate_no,
    plate_color_code,
    trailer_plate_no,
    axle_count,
    tare_mass_kg,
    loaded_mass_kg,
    net_mass_kg,
    cargo_kind,
    driver_certificate_no,
    entered_at,
    left_at
from {{ source('raw', 'weighbridge_ticket') }}
where row_fate = 'current'
