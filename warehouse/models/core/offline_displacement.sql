-- Grain: one silence of one vehicle after which it was somewhere else, on the day it was heard of again.
-- Silent is a vehicle without a usable position (valid, with a fix, no drift) for more than offline_gap_min; it was
-- moved if it comes back more than offline_km away. A silence that began before the day before is not seen.
-- A return that would take more than drift_kmh is none: how the vehicle came there is not known (core.vehicle_step).
-- All classes have rows here; the bureau's list asks for dangerous goods.
select
    step.built_date as event_date,
    step.plate_no,
    step.plate_color_code,
    step.previous_at as silent_from,
    step.recorded_at as silent_to,
    step.previous_latitude as from_latitude,
    step.previous_longitude as from_longitude,
    step.latitude as to_latitude,
    step.longitude as to_longitude,
    step.step_m as displacement_m
from {{ ref('vehicle_step') }} as step
inner join {{ ref('vehicle_service') }} as vehicle
    on vehicle.service_date = step.built_date
    and vehicle.plate_no = step.plate_no
    and vehicle.plate_color_code = step.plate_color_code
inner join {{ ref('kpi_threshold') }} as threshold
    on threshold.built_date = step.built_date and threshold.monitored_class = coalesce(vehicle.monitored_class, '')
where step.positioned_date = step.built_date
    and step.step_s > threshold.offline_gap_s
    and step.step_m > threshold.offline_m
