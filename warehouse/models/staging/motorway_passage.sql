-- Grain: one passage of the motorway cross-section as its current version states it; the source's facts.
-- The station says of each measurement how it went (device_status_code): straddling lanes and following
-- too close are two of its words; a measurement it calls good had neither; other faults leave both unknown.
select
    record_id,
    delivery_id,
    source_line,
    byte_offset,
    flags,
    event_date as passed_date,
    site_code,
    lane_code,
    direction,
    passed_at,
    vehicle_class_code,
    axle_count,
    axle_loads_kg,
    axle_load_sum_kg,
    gross_vehicle_weight_kg,
    speed_kmh,
    vehicle_length_m,
    reported_is_over_limit,
    reported_is_speeding,
    device_status_code,
    case device_status_code when 'cross_lane' then true when 'ok' then false end as cross_lane,
    case device_status_code when 'close_following' then true when 'ok' then false end as close_following
from {{ source('raw', 'motorway_passage') }}
where row_fate = 'current'
