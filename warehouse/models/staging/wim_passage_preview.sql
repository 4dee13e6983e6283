-- Grain: one passage in the provincial layout as its current version states it; still the source's facts.
-- plate_no is the front plate: a case is against the power unit, and the rear plate may be a trailer's. What
-- the layout does not carry (spacings, tyres, lane marks) stays empty in core.measured_passage.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as passed_date,
    check_no,
    site_code,
    lane_code,
    passed_at,
    snapshot_at,
    plate_front_no as plate_no,
    plate_front_no,
    plate_rear_no,
    plate_color_code,
    vehicle_class_code,
    axle_count,
    speed_kmh,
    gross_vehicle_weight_kg,
    axle_loads_kg,
    reported_excess_kg,
    reported_excess_ratio,
    measure_type_code,
    reported_is_escape,
    axle_load_sum_kg,
    reported_is_over_limit
from {{ source('raw', 'wim_passage_preview') }}
where row_fate = 'current'
