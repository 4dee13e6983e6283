-- Grain: one FHWA weight record as its current version states it: a vehicle, or an hour without data or trucks.
-- Instants are full hours; core takes the vehicles, mart.site_day also the hours.
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
    axle_spacings_m,
    wheelbase_m,
    gross_vehicle_weight_kg,
    record_kind
from {{ source('raw', 'fhwa_weight') }}
where row_fate = 'current'
