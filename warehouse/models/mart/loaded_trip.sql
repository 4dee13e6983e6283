-- Grain: one vehicle leaving one loading firm with its ticket, narrow: what a passage or a case is compared with.
select
    left_date,
    record_id,
    firm_no,
    ticket_no,
    plate_no,
    plate_color_code,
    axle_count,
    driver_certificate_no,
    loaded_mass_kg,
    left_at
from {{ ref('weighbridge_ticket') }}
