-- Grain: one lane over one span of validity, both days included, with the device that weighs on it.
select
    record_id,
    delivery_id,
    source_line,
    site_code,
    lane_code,
    direction,
    lane_no,
    device_no,
    valid_from,
    valid_to
from {{ source('raw', 'wim_lane') }}
where row_fate = 'current'
