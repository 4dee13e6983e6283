-- Grain: one current passage, judged by the law of its day.
-- Verdict: over only if the weight exceeds the highest limit it may be judged by, within only if it does
-- not exceed the lowest; everything else is review, with a V- flag that says what is missing.
-- Which limits those are is decided in core.passage_limit, the evidence conditions in core.passage_evidence.
-- The source system's own limit and label are kept beside the verdict and never used.
-- over_load_kg is the police's measure (超载, over the registered gross mass), kept apart: only where the register knows
-- the whole vehicle, never of a combination, whose trailer has a mass of its own.
-- Bands and severe passages use whole numbers: 30 % is severe, up to 5, 10 and 100 % belong below.
with judged as (
    select
        passage.*,
        site.county_code,
        weight_limit.vehicle_kind,
        weight_limit.drive_axle_kind,
        weight_limit.has_other_axles_registered,
        weight_limit.is_kind_inferred,
        weight_limit.rule_id,
        weight_limit.limit_low_kg,
        weight_limit.limit_high_kg,
        weight_limit.limit_modifiers,
        weight_limit.is_kind_open,
        weight_limit.is_drive_open,
        weight_limit.is_air_open,
        weight_limit.is_tipper_open,
        weight_limit.open_tyre_kg,
        weight_limit.is_wheelbase_open,
        weight_limit.axle_sum_kg,
        weight_limit.joint_low_kg,
        weight_limit.registered_gross_mass_kg,
        case
            when passage.gross_vehicle_weight_kg is null or weight_limit.limit_high_kg is null then 'review'
            when passage.gross_vehicle_weight_kg > weight_limit.limit_high_kg then 'over'
            when passage.gross_vehicle_weight_kg <= weight_limit.limit_low_kg then 'within'
            else 'review'
        end as verdict,
        passage.gross_vehicle_weight_kg - weight_limit.limit_high_kg as above_limit_kg,
        coalesce(
            passage.gross_vehicle_weight_kg > weight_limit.limit_low_kg
            and passage.gross_vehicle_weight_kg <= weight_limit.limit_high_kg,
            false
        ) as is_between_limits
    from {{ ref('passage_evidence') }} as passage
    left join {{ ref('site_service') }} as site
        on site.site_code = passage.site_code and site.passed_date = passage.passed_date
    left join {{ ref('passage_limit') }} as weight_limit on weight_limit.record_id = passage.record_id
)
select
    record_id,
    feed,
    check_no,
    delivery_id,
    source_line,
    byte_offset,
    site_code,
    county_code,
    lane_code,
    direction,
    passed_at,
    passed_date,
    plate_no,
    plate_color_code,
    vehicle_class_code,
    axle_count,
    case when axle_count >= 6 then '6+' when axle_count >= 2 then cast(axle_count as varchar) end as axle_class,
    axle_type_code,
    gross_vehicle_weight_kg,
    axle_load_sum_kg,
    axle_loads_kg,
    axle_spacings_m,
    speed_kmh,
    vehicle_length_m,
    vehicle_kind,
    drive_axle_kind,
    single_tyre_axle_count,
    limit_low_kg,
    limit_high_kg as limit_kg,
    rule_id,
    limit_modifiers,
    axle_sum_kg,
    verdict,
    case verdict when 'over' then true when 'within' then false end as is_over_limit,
    case verdict when 'over' then above_limit_kg when 'within' then 0 end as excess_kg,
    case when verdict = 'over' then cast(above_limit_kg as double) / limit_high_kg end as excess_ratio,
    case
        when verdict <> 'over' then null
        when above_limit_kg * 100 <= limit_high_kg * 5 then 'le5'
        when above_limit_kg * 100 <= limit_high_kg * 10 then '5-10'
        when above_limit_kg * 100 < limit_high_kg * 30 then '10-30'
        when above_limit_kg * 100 < limit_high_kg * 50 then '30-50'
        when above_limit_kg <= limit_high_kg then '50-100'
        else 'gt100'
    end as excess_band,
    case
        when coalesce(vehicle_kind, '') not in ('rigid', 'agricultural') then null
        when gross_vehicle_weight_kg > registered_gross_mass_kg then gross_vehicle_weight_kg - registered_gross_mass_kg
        when gross_vehicle_weight_kg <= registered_gross_mass_kg then 0
    end as over_load_kg,
    reported_limit_kg,
    reported_is_over_limit,
    device_no,
    certificate_no,
    certificate_valid_to,
    evidence_flags = '' and flags = '' as evidence_ok,
    concat_ws(
        ',',
        nullif(evidence_flags, ''),
        nullif(flags, ''),
        case when is_between_limits and is_air_open then 'V-AIR' end,
        case when is_between_limits and gross_vehicle_weight_kg > axle_sum_kg then 'V-AXLESUM' end,
        case when is_between_limits and is_drive_open then 'V-DRIVE' end,
        case when is_between_limits and gross_vehicle_weight_kg > joint_low_kg then 'V-JOINT' end,
        case when is_between_limits and is_kind_open then 'V-KIND' end,
        case when axle_count is null then 'V-NOAXLES' end,
        case when rule_id is not null and limit_high_kg is null then 'V-NOMASS' end,
        case when axle_count is not null and rule_id is null then 'V-NORULE' end,
        case when gross_vehicle_weight_kg is null then 'V-NOWEIGHT' end,
        case when has_other_axles_registered then 'V-REGAXLES' end,
        case when is_between_limits and is_tipper_open then 'V-TIPPER' end,
        case when verdict = 'over' and is_kind_inferred then 'V-TYPECODE' end,
        case when verdict = 'within' and above_limit_kg > open_tyre_kg then 'V-TYRE' end,
        case when verdict = 'within' and is_wheelbase_open then 'V-WHEELBASE' end
    ) as flags
from judged
