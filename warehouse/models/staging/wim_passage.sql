-- Grain: one weigh-in-motion passage as its current version states it; still the source's facts.
-- Which version of a record is current is decided where raw.wim_passage is loaded (row_fate).
-- What an absent value means, the limit and the evidence are left to core.
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
    direction,
    passed_at,
    uploaded_at,
    plate_no,
    plate_color_code,
    plate_confidence,
    vehicle_class_code,
    axle_count,
    axle_type_code,
    axle_loads_kg,
    axle_load_sum_kg,
    axle_spacings_m,
    wheelbase_m,
    single_tyre_axle_count,
    gross_vehicle_weight_kg,
    speed_kmh,
    vehicle_length_m,
    reported_limit_kg,
    reported_is_over_limit,
    cross_lane,
    close_following
from {{ source('raw', 'wim_passage') }}
where row_fate = 'current'
