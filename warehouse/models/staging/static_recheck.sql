-- Grain: one re-weighing at a static scale, as its current version states it.
-- check_no joins it to a passage of any layout; without one the vehicle was waved in.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as recheck_date,
    site_code,
    recheck_no,
    check_no,
    recheck_at,
    plate_no,
    plate_color_code,
    axle_count,
    recheck_mass_kg,
    unloaded_mass_kg,
    scale_no,
    officer_no
from {{ source('raw', 'static_recheck') }}
where row_fate = 'current'
