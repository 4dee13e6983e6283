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
-- them the is_..._open columns say what would have to be known. No measuring tolerance is applied here.
with subject as (
    select
        record_id,
        coalesce(cast(nullif('{{ var("law_on") }}', '') as date), passed_date) as law_date,
        axle_count,
        vehicle_kind,
        drive_axle_kind,
        wheelbase_m,
        single_tyre_axle_count,
        registered_gross_mass_kg,
        has_air_suspension,
        is_tipper
    from {{ ref('passage_vehicle') }}
),
asked as (
    select distinct law_date, axle_count from subject where axle_count is not null
),
-- The rules of each day and axle count asked for, with the modifiers of that day beside them.
rule_in_force as (
    select
        asked.law_date,
        asked.axle_count,
        rule.rule_id,
        rule.vehicle_kind,
        rule.drive_axle_kind,
        rule.limit_kg,
        tyre.amount_kg as tyre_kg,
        air.amount_kg as air_kg,
        air_trailer.amount_kg as air_trailer_kg,
        by_length.amount_kg as kg_per_metre,
        registered.modifier_id is not null as is_capped_by_register
    from asked
    inner join {{ ref('gross_weight_limit') }} as rule
        on asked.axle_count >= rule.axle_count_min
        and asked.axle_count <= coalesce(rule.axle_count_max, asked.axle_count)
        and asked.law_date >= coalesce(rule.valid_from, asked.law_date)
        and asked.law_date <= coalesce(rule.valid_to, asked.law_date)
    left join {{ ref('gross_weight_modifier') }} as tyre
        on tyre.modifier_id = 'SINGLE-TYRE'
        and asked.axle_count >= tyre.axle_count_min
        and asked.axle_count <= coalesce(tyre.axle_count_max, asked.axle_count)
        and asked.law_date >= tyre.valid_from
        and asked.law_date <= coalesce(tyre.valid_to, asked.law_date)
    left join {{ ref('gross_weight_modifier') }} as air
        on air.modifier_id = 'AIR'
        and air.vehicle_kind = rule.vehicle_kind
        and asked.axle_count >= air.axle_count_min
        and asked.axle_count <= coalesce(air.axle_count_max, asked.axle_count)
        and asked.law_date >= air.valid_from
        and asked.law_date <= coalesce(air.valid_to, asked.law_date)
    left join {{ ref('gross_weight_modifier') }} as air_trailer
        on air_trailer.modifier_id = 'AIR-TRAILER'
        and air_trailer.vehicle_kind = rule.vehicle_kind
        and asked.axle_count >= air_trailer.axle_count_min
        and asked.axle_count <= coalesce(air_trailer.axle_count_max, asked.axle_count)
        and asked.law_date >= air_trailer.valid_from
        and asked.law_date <= coalesce(air_trailer.valid_to, asked.law_date)
    left join {{ ref('gross_weight_modifier') }} as by_length
        on by_length.modifier_id = 'LENGTH'
        and by_length.vehicle_kind = rule.vehicle_kind
        and asked.axle_count >= by_length.axle_count_min
        and asked.axle_count <= coalesce(by_length.axle_count_max, asked.axle_count)
        and asked.law_date >= by_length.valid_from
        and asked.law_date <= coalesce(by_length.valid_to, asked.law_date)
    left join {{ ref('gross_weight_modifier') }} as registered
        on registered.modifier_id = 'REGISTERED'
        and registered.vehicle_kind = rule.vehicle_kind
        and asked.axle_count >= registered.axle_count_min
        and asked.axle_count <= coalesce(registered.axle_count_max, asked.axle_count)
        and asked.law_date >= registered.valid_from
        and asked.law_date <= coalesce(registered.valid_to, asked.law_date)
),
-- One row per passage and rule that can apply to it. An agricultural vehicle is never a guess:
-- its rule (no limit of its own, the registered mass counts) needs the register to say so.
reading as (
    select
        subject.record_id,
        rule.rule_id,
        rule.vehicle_kind,
        rule.drive_axle_kind,
        coalesce(rule.limit_kg, subject.registered_gross_mass_kg)
            + coalesce(rule.tyre_kg * subject.single_tyre_axle_count, 0) as tyred_kg,
        case when subject.has_air_suspension then coalesce(rule.air_kg, 0) else 0 end as air_kg,
        case when subject.has_air_suspension then coalesce(rule.air_trailer_kg, 0) else 0 end as air_trailer_kg,
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
    inner join rule_in_force as rule
        on rule.law_date = subject.law_date
        and rule.axle_count = subject.axle_count
        and (
            rule.vehicle_kind = 'any'
            or rule.vehicle_kind = subject.vehicle_kind
            or (subject.vehicle_kind is null and rule.vehicle_kind <> 'agricultural')
        )
        and (
            rule.drive_axle_kind = 'any'
            or subject.drive_axle_kind is null
            or rule.drive_axle_kind = subject.drive_axle_kind
        )
),
limited as (
    select
        record_id,
        rule_id,
        vehicle_kind,
        drive_axle_kind,
        is_wheelbase_open,
        open_tyre_kg,
        is_tyre_applied,
        air_kg + air_trailer_kg > 0 as is_air_applied,
        coalesce(register_cap_kg < tyred_kg, false) as is_register_applied,
        not is_tipper_unknown and coalesce(length_cap_kg < tyred_kg + air_kg, false) as is_length_applied,
        air_trailer_kg > 0 as is_air_open,
        is_tipper_unknown and coalesce(length_cap_kg < tyred_kg + air_kg, false) as is_tipper_open,
        case
            when tyred_kg is null then null
            else least(
                tyred_kg + air_kg, coalesce(register_cap_kg, tyred_kg + air_kg), coalesce(length_cap_kg, tyred_kg + air_kg)
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
compared as (
    select
        record_id,
        rule_id,
        high_kg,
        is_wheelbase_open,
        open_tyre_kg,
        is_tyre_applied,
        is_air_applied,
        is_register_applied,
        is_length_applied,
        min(low_kg) over (partition by record_id) as limit_low_kg,
        min(vehicle_kind) over (partition by record_id) <> max(vehicle_kind) over (partition by record_id)
            as is_kind_open,
        min(drive_axle_kind) over (partition by record_id) <> max(drive_axle_kind) over (partition by record_id)
            as is_drive_open,
        max(cast(is_air_open as integer)) over (partition by record_id) = 1 as is_air_open,
        max(cast(is_tipper_open as integer)) over (partition by record_id) = 1 as is_tipper_open,
        row_number() over (partition by record_id order by high_kg desc, rule_id) as nth
    from limited
)
select
    record_id,
    rule_id,
    limit_low_kg,
    high_kg as limit_high_kg,
    nullif(
        concat_ws(
            ',',
            case when is_air_applied then 'AIR' end,
            case when is_length_applied then 'LENGTH' end,
            case when is_register_applied then 'REGISTERED' end,
            case when is_tyre_applied then 'SINGLE-TYRE' end
        ),
        ''
    ) as limit_modifiers,
    is_kind_open,
    is_drive_open,
    is_air_open,
    is_tipper_open,
    open_tyre_kg,
    is_wheelbase_open
from compared
where nth = 1
