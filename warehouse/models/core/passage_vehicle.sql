-- Grain: one passage with what is known of the vehicle that made it.
-- The register comes first (plate, colour and day), then the axle type the device saw; what neither says
-- stays unknown and core.passage_limit judges by every reading that remains.
-- A plate whose colour was not read is looked up only if one colour of it was registered that day.
-- A truck registered with another axle count than the device saw may be drawing a trailer: the
-- register's kind and gross mass are then not used.
with same_color as (
    select passage.record_id, vehicle.vehicle_record_id
    from {{ ref('measured_passage') }} as passage
    inner join {{ ref('vehicle_span') }} as vehicle
        on vehicle.plate_no = passage.plate_no
        and vehicle.plate_color_code = passage.plate_color_code
        and passage.passed_date >= vehicle.valid_from
        and passage.passed_date <= vehicle.valid_to
),
only_color as (
    select passage.record_id, min(vehicle.vehicle_record_id) as vehicle_record_id
    from {{ ref('measured_passage') }} as passage
    inner join {{ ref('vehicle_span') }} as vehicle
        on vehicle.plate_no = passage.plate_no
        and passage.passed_date >= vehicle.valid_from
        and passage.passed_date <= vehicle.valid_to
    where passage.plate_color_code is null
    group by passage.record_id
    having count(*) = 1
),
registered as (
    select record_id, vehicle_record_id from same_color
    union all
    select record_id, vehicle_record_id from only_color
),
known as (
    select
        passage.record_id,
        passage.passed_date,
        passage.axle_count,
        passage.wheelbase_m,
        passage.single_tyre_axle_count,
        case
            when vehicle.vehicle_kind = 'rigid' and vehicle.registered_axle_count <> passage.axle_count then null
            else vehicle.registered_gross_mass_kg
        end as registered_gross_mass_kg,
        vehicle.has_air_suspension,
        vehicle.is_tipper,
        vehicle.vehicle_kind = 'rigid' and vehicle.registered_axle_count <> passage.axle_count
            as has_other_axles_registered,
        case
            when vehicle.vehicle_kind = 'rigid' and vehicle.registered_axle_count <> passage.axle_count then null
            else vehicle.vehicle_kind
        end as registered_kind,
        case when vehicle.drive_axle_count = 1 then 'single' when vehicle.drive_axle_count > 1 then 'tandem' end
            as registered_drive,
        axle_type.vehicle_kind as typed_kind,
        axle_type.drive_axle_kind as typed_drive
    from {{ ref('measured_passage') }} as passage
    left join registered on registered.record_id = passage.record_id
    left join {{ ref('vehicle_span') }} as vehicle on vehicle.vehicle_record_id = registered.vehicle_record_id
    left join {{ ref('axle_type') }} as axle_type
        on axle_type.axle_type_code = passage.axle_type_code
        and axle_type.axle_count = passage.axle_count
)
select
    record_id,
    passed_date,
    axle_count,
    wheelbase_m,
    single_tyre_axle_count,
    coalesce(registered_kind, typed_kind) as vehicle_kind,
    coalesce(registered_drive, typed_drive) as drive_axle_kind,
    registered_gross_mass_kg,
    has_air_suspension,
    is_tipper,
    coalesce(has_other_axles_registered, false) as has_other_axles_registered,
    (registered_kind is null and typed_kind is not null) or (registered_drive is null and typed_drive is not null)
        as is_kind_inferred
from known
