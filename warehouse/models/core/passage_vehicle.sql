-- Grain: one passage with what is known of the vehicle that made it.
-- The register comes first (plate, colour and day), then the axle type the device saw; what neither says
-- stays unknown and core.passage_limit judges by every reading that remains.
-- A plate whose colour was not read is looked up only if one colour of it was registered that day.
-- A truck registered with another axle count than the device saw may be drawing a trailer: the
-- register's kind and gross mass are then not used.
-- is_tractor: the register calls it a tractor for semi-trailers (GA 802: Q; the standard was not read), so that what
-- it draws is an articulated vehicle.
with candidate as (
    select
        passage.record_id,
        vehicle.vehicle_record_id,
        row_number() over (
            partition by passage.record_id order by vehicle.valid_from desc, vehicle.vehicle_record_id
        ) as nth,
        min(vehicle.plate_color_code) over (partition by passage.record_id) as first_color,
        max(vehicle.plate_color_code) over (partition by passage.record_id) as last_color
    from {{ ref('measured_passage') }} as passage
    inner join {{ ref('vehicle_span') }} as vehicle
        on vehicle.plate_no = passage.plate_no
        and vehicle.plate_color_code = coalesce(passage.plate_color_code, vehicle.plate_color_code)
        and passage.passed_date >= vehicle.valid_from
        and passage.passed_date <= vehicle.valid_to
),
registered as (
    select record_id, vehicle_record_id from candidate where nth = 1 and first_color = last_color
),
known as (
    select
        passage.record_id,
        passage.passed_date,
        passage.axle_count,
        passage.axle_type_code,
        passage.axle_spacings_m,
        passage.wheelbase_m,
        passage.single_tyre_axle_count,
        case
            when vehicle.vehicle_kind = 'rigid' and vehicle.registered_axle_count <> passage.axle_count then null
            else vehicle.registered_gross_mass_kg
        end as registered_gross_mass_kg,
        vehicle.registered_axle_count,
        coalesce(vehicle.vehicle_type_code like 'Q%', false) as is_tractor,
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
        and {{ in_force('axle_type', 'passage.passed_date') }}
)
select
    record_id,
    passed_date,
    axle_count,
    axle_type_code,
    axle_spacings_m,
    wheelbase_m,
    single_tyre_axle_count,
    coalesce(registered_kind, typed_kind) as vehicle_kind,
    coalesce(registered_drive, typed_drive) as drive_axle_kind,
    registered_axle_count,
    registered_gross_mass_kg,
    is_tractor,
    has_air_suspension,
    is_tipper,
    coalesce(has_other_axles_registered, false) as has_other_axles_registered,
    (registered_kind is null and typed_kind is not null) or (registered_drive is null and typed_drive is not null)
        as is_kind_inferred
from known
