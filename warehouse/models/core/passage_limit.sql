-- THE PLACE WHERE A LIMIT IS CHOSEN. Grain: one passage with the limits it may be judged by.
--
-- The rules are rows: seeds/gross_weight_limit.csv (limits) and seeds/gross_weight_modifier.csv
-- (additions and caps), each with the days it was in force, its citation and how far it was verified.
-- Law is that of the passage's own day; a dry run may ask for another day (var law_on).
--
-- Every admissible reading is kept: a vehicle whose kind or drive axles are unknown could be any that
-- the rules know for its axle count. limit_low_kg is the lowest limit among the readings, limit_high_kg
-- the highest, rule_id the rule that gives the highest (the reading in favour of the party).
-- core.passage says "over" only above limit_high_kg and "within" only up to limit_low_kg; between
-- them the is_..._open columns say what would have to be known. A passage no rule covers has a row
-- without limits. No measuring tolerance is applied here.
--
-- Two readings only lower limit_low_kg, because what they rest on was not read: the sum of the permitted axle loads
-- (AXLE-SUM, core.passage_axle_sum) and the lower limits that the joint standard draws for some configurations of four
-- and five axles (JOINT). A weight between is for review, never over.
with subject as (
    select
        vehicle.record_id,
        coalesce(cast(nullif('{{ var("law_on") }}', '') as date), vehicle.passed_date) as law_date,
        vehicle.axle_count,
        vehicle.vehicle_kind,
        vehicle.drive_axle_kind,
        coalesce(vehicle.vehicle_kind, '') as known_kind,
        coalesce(vehicle.drive_axle_kind, '') as known_drive,
        vehicle.wheelbase_m,
        vehicle.single_tyre_axle_count,
        vehicle.registered_gross_mass_kg,
        vehicle.is_tractor,
        vehicle.has_air_suspension,
        vehicle.is_tipper,
        vehicle.has_other_axles_registered,
        vehicle.is_kind_inferred,
        axle_sum.axle_sum_kg,
        -- A four-axle train whose power unit has two axles: the last spacing is that of the trailer's axles, and it is
        -- not the train of a three-axle truck and a one-axle trailer.
        coalesce(vehicle.registered_axle_count = 2 or vehicle.axle_type_code = '125', false) as has_two_axle_unit,
        case
            when vehicle.axle_count = 4 and (vehicle.registered_axle_count = 2 or vehicle.axle_type_code = '125')
                then cast(round({{ nth_spacing('vehicle.axle_spacings_m', '3') }} * 1000) as integer)
        end as trailer_spacing_mm
    from {{ ref('passage_vehicle') }} as vehicle
    left join {{ ref('passage_axle_sum') }} as axle_sum on axle_sum.record_id = vehicle.record_id
),
vehicle_case as (
    select distinct law_date, axle_count, known_kind, known_drive from subject where axle_count is not null
),
-- The rules that can apply to each case, with the modifiers of that day beside them. An agricultural
-- vehicle is never a guess: its rule needs the register to say so.
rule_in_force as (
    select
        vehicle_case.law_date,
        vehicle_case.axle_count,
        vehicle_case.known_kind,
        vehicle_case.known_drive,
        rule.rule_id,
        rule.vehicle_kind as rule_kind,
        rule.drive_axle_kind as rule_drive,
        rule.limit_kg,
        tyre.amount_kg as tyre_kg,
        air.amount_kg as air_kg,
        air_trailer.amount_kg as air_trailer_kg,
        air_trailer.spacing_at_least_mm as air_spacing_mm,
        joint_standard.amount_kg as joint_kg,
        summed.modifier_id is not null as is_summed,
        by_length.amount_kg as kg_per_metre,
        registered.modifier_id is not null as is_capped_by_register,
        count(*) over (
            partition by
                vehicle_case.law_date, vehicle_case.axle_count, vehicle_case.known_kind, vehicle_case.known_drive
        ) as reading_count
    from vehicle_case
    inner join {{ ref('gross_weight_limit') }} as rule
        on vehicle_case.axle_count >= rule.axle_count_min
        and vehicle_case.axle_count <= coalesce(rule.axle_count_max, vehicle_case.axle_count)
        and {{ in_force('rule', 'vehicle_case.law_date') }}
        and (
            rule.vehicle_kind = 'any'
            or rule.vehicle_kind = vehicle_case.known_kind
            or (vehicle_case.known_kind = '' and rule.vehicle_kind <> 'agricultural')
        )
        and (
            rule.drive_axle_kind = 'any'
            or rule.drive_axle_kind = vehicle_case.known_drive
            or vehicle_case.known_drive = ''
        )
    left join {{ ref('gross_weight_modifier') }} as tyre
        on tyre.modifier_id = 'SINGLE-TYRE'
        and vehicle_case.axle_count >= tyre.axle_count_min
        and vehicle_case.axle_count <= coalesce(tyre.axle_count_max, vehicle_case.axle_count)
        and vehicle_case.law_date >= tyre.valid_from
        and vehicle_case.law_date <= coalesce(tyre.valid_to, vehicle_case.law_date)
    left join {{ ref('gross_weight_modifier') }} as air
        on air.modifier_id = 'AIR'
        and air.vehicle_kind = rule.vehicle_kind
        and vehicle_case.axle_count >= air.axle_count_min
        and vehicle_case.axle_count <= coalesce(air.axle_count_max, vehicle_case.axle_count)
        and vehicle_case.law_date >= air.valid_from
        and vehicle_case.law_date <= coalesce(air.valid_to, vehicle_case.law_date)
    left join {{ ref('gross_weight_modifier') }} as air_trailer
        on air_trailer.modifier_id = 'AIR-TRAILER'
        and air_trailer.vehicle_kind = rule.vehicle_kind
        and vehicle_case.axle_count >= air_trailer.axle_count_min
        and vehicle_case.axle_count <= coalesce(air_trailer.axle_count_max, vehicle_case.axle_count)
        and vehicle_case.law_date >= air_trailer.valid_from
        and vehicle_case.law_date <= coalesce(air_trailer.valid_to, vehicle_case.law_date)
    left join {{ ref('gross_weight_modifier') }} as joint_standard
        on joint_standard.modifier_id in ('JOINT-4', 'JOINT-5')
        and joint_standard.vehicle_kind = rule.vehicle_kind
        and vehicle_case.axle_count >= joint_standard.axle_count_min
        and vehicle_case.axle_count <= coalesce(joint_standard.axle_count_max, vehicle_case.axle_count)
        and vehicle_case.law_date >= joint_standard.valid_from
        and vehicle_case.law_date <= coalesce(joint_standard.valid_to, vehicle_case.law_date)
    left join {{ ref('gross_weight_modifier') }} as summed
        on summed.modifier_id = 'AXLE-SUM'
        and rule.vehicle_kind <> 'agricultural'
        and vehicle_case.axle_count >= summed.axle_count_min
        and vehicle_case.axle_count <= coalesce(summed.axle_count_max, vehicle_case.axle_count)
        and vehicle_case.law_date >= summed.valid_from
        and vehicle_case.law_date <= coalesce(summed.valid_to, vehicle_case.law_date)
    left join {{ ref('gross_weight_modifier') }} as by_length
        on by_length.modifier_id = 'LENGTH'
        and by_length.vehicle_kind = rule.vehicle_kind
        and vehicle_case.axle_count >= by_length.axle_count_min
        and vehicle_case.axle_count <= coalesce(by_length.axle_count_max, vehicle_case.axle_count)
        and vehicle_case.law_date >= by_length.valid_from
        and vehicle_case.law_date <= coalesce(by_length.valid_to, vehicle_case.law_date)
    left join {{ ref('gross_weight_modifier') }} as registered
        on registered.modifier_id = 'REGISTERED'
        and registered.vehicle_kind = rule.vehicle_kind
        and vehicle_case.axle_count >= registered.axle_count_min
        and vehicle_case.axle_count <= coalesce(registered.axle_count_max, vehicle_case.axle_count)
        and vehicle_case.law_date >= registered.valid_from
        and vehicle_case.law_date <= coalesce(registered.valid_to, vehicle_case.law_date)
),
-- One row per passage and rule that can apply to it. A rule without a limit of its own takes the registered mass.
reading as (
    select
        subject.record_id,
        subject.vehicle_kind,
        subject.drive_axle_kind,
        subject.has_other_axles_registered,
        subject.is_kind_inferred,
        subject.registered_gross_mass_kg,
        rule.rule_id,
        rule.rule_kind,
        rule.rule_drive,
        rule.reading_count,
        -- Where no rule lists the vehicle there is no limit, whatever mass the register knows.
        case
            when rule.rule_id is not null
                then coalesce(rule.limit_kg, subject.registered_gross_mass_kg)
                    + coalesce(rule.tyre_kg * subject.single_tyre_axle_count, 0)
        end as tyred_kg,
        -- The trailer's spacing decides where it is measured and the register calls the power unit a tractor.
        case
            when not coalesce(subject.has_air_suspension, false) then 0
            when rule.air_trailer_kg is not null
                then case
                    when subject.is_tractor and subject.trailer_spacing_mm >= rule.air_spacing_mm
                        then rule.air_trailer_kg
                    else 0
                end
            else coalesce(rule.air_kg, 0)
        end as air_kg,
        case
            when not coalesce(subject.has_air_suspension, false) or rule.air_trailer_kg is null then 0
            when subject.trailer_spacing_mm < rule.air_spacing_mm then 0
            when subject.is_tractor and subject.trailer_spacing_mm >= rule.air_spacing_mm then 0
            else rule.air_trailer_kg
        end as air_trailer_kg,
        case when rule.is_summed then subject.axle_sum_kg end as axle_sum_kg,
        case
            when subject.axle_count = 4 and (subject.has_two_axle_unit or subject.is_tractor) then null
            else rule.joint_kg
        end as joint_kg,
        case when rule.is_capped_by_register then subject.registered_gross_mass_kg end as register_cap_kg,
        case
            when coalesce(subject.is_tipper, false) then null
            else cast(round(rule.kg_per_metre * subject.wheelbase_m) as integer)
        end as length_cap_kg,
        subject.is_tipper is null and rule.kg_per_metre is not null as is_tipper_unknown,
        not coalesce(subject.is_tipper, false) and rule.kg_per_metre is not null and subject.wheelbase_m is null
            as is_wheelbase_open,
        case when subject.single_tyre_axle_count is null then rule.tyre_kg end as open_tyre_kg,
        coalesce(rule.tyre_kg * subject.single_tyre_axle_count, 0) <> 0 as is_tyre_applied
    from subject
    left join rule_in_force as rule
        on rule.law_date = subject.law_date
        and rule.axle_count = subject.axle_count
        and rule.known_kind = subject.known_kind
        and rule.known_drive = subject.known_drive
),
limited as (
    select
        record_id,
        registered_gross_mass_kg,
        axle_sum_kg,
        tyred_kg + air_kg + joint_kg as joint_low_kg,
        vehicle_kind,
        drive_axle_kind,
        has_other_axles_registered,
        is_kind_inferred,
        rule_id,
        rule_kind,
        rule_drive,
        reading_count,
        open_tyre_kg,
        is_wheelbase_open,
        nullif(
            concat_ws(
                ',',
                case
                    when air_kg + air_trailer_kg = 0 then null
                    when rule_kind = 'combination' then 'AIR-TRAILER'
                    else 'AIR'
                end,
                case when not is_tipper_unknown and length_cap_kg < tyred_kg + air_kg then 'LENGTH' end,
                case when register_cap_kg < tyred_kg then 'REGISTERED' end,
                case when is_tyre_applied then 'SINGLE-TYRE' end
            ),
            ''
        ) as limit_modifiers,
        air_trailer_kg > 0 as is_air_open,
        is_tipper_unknown and coalesce(length_cap_kg < tyred_kg + air_kg, false) as is_tipper_open,
        case
            when tyred_kg is null then null
            else least(
                tyred_kg + air_kg,
                tyred_kg + air_kg + coalesce(joint_kg, 0),
                coalesce(axle_sum_kg, tyred_kg + air_kg),
                coalesce(register_cap_kg, tyred_kg + air_kg),
                coalesce(length_cap_kg, tyred_kg + air_kg)
            )
        end as low_kg,
        case
            when tyred_kg is null then null
            when is_tipper_unknown then tyred_kg + air_kg + air_trailer_kg
            else least(
                tyred_kg + air_kg + air_trailer_kg,
                coalesce(register_cap_kg, tyred_kg + air_kg + air_trailer_kg),
                coalesce(length_cap_kg, tyred_kg + air_kg + air_trailer_kg)
            )
        end as high_kg
    from reading
),
-- Only passages with several readings are compared: a window sorts, and most passages have one.
compared as (
    select
        record_id,
        vehicle_kind,
        drive_axle_kind,
        has_other_axles_registered,
        is_kind_inferred,
        rule_id,
        limit_modifiers,
        high_kg,
        open_tyre_kg,
        is_wheelbase_open,
        registered_gross_mass_kg,
        axle_sum_kg,
        min(joint_low_kg) over (partition by record_id) as joint_low_kg,
        min(low_kg) over (partition by record_id) as low_kg,
        min(rule_kind) over (partition by record_id) <> max(rule_kind) over (partition by record_id) as is_kind_open,
        min(rule_drive) over (partition by record_id) <> max(rule_drive) over (partition by record_id)
            as is_drive_open,
        max(cast(is_air_open as integer)) over (partition by record_id) = 1 as is_air_open,
        max(cast(is_tipper_open as integer)) over (partition by record_id) = 1 as is_tipper_open,
        row_number() over (partition by record_id order by high_kg desc, rule_id) as nth
    from limited
    where reading_count > 1
)
select
    record_id,
    vehicle_kind,
    drive_axle_kind,
    has_other_axles_registered,
    is_kind_inferred,
    rule_id,
    low_kg as limit_low_kg,
    high_kg as limit_high_kg,
    limit_modifiers,
    false as is_kind_open,
    false as is_drive_open,
    is_air_open,
    is_tipper_open,
    open_tyre_kg,
    is_wheelbase_open,
    axle_sum_kg,
    joint_low_kg,
    registered_gross_mass_kg
from limited
where coalesce(reading_count, 1) = 1
union all
select
    record_id,
    vehicle_kind,
    drive_axle_kind,
    has_other_axles_registered,
    is_kind_inferred,
    rule_id,
    low_kg as limit_low_kg,
    high_kg as limit_high_kg,
    limit_modifiers,
    is_kind_open,
    is_drive_open,
    is_air_open,
    is_tipper_open,
    open_tyre_kg,
    is_wheelbase_open,
    axle_sum_kg,
    joint_low_kg,
    registered_gross_mass_kg
from compared
where nth = 1
