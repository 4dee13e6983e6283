-- Grain: one passage and one registered plate that its plate may be a misreading of. A suggestion for a person who has
-- the pictures: nothing anywhere uses it, and no plate is changed.
-- Looked at are passages whose plate no row of the vehicle register has on the day, in any colour. Suggested is a plate
-- registered that day that differs in one sign of seeds.plate_confusion, of the same colour where it was read.
-- Evidence is for, against or unknown. reading: the camera was unsure, or no plate has this form. color. axles: those of
-- a truck; fewer than registered is against, more may be a trailer. kind: truck or combination, by the axle type.
-- weight: of a truck, against from suggestion_weight_ratio of its registered gross mass on. sequence: other passages of
-- the suggested plate that day; against where one would need more than suggestion_speed_kmh from site to site.
-- Grade: contradicted by any evidence against; strong with suggestion_evidence_count for it, the reading among them, and
-- no other suggestion that is not contradicted; else possible. Thresholds: seeds.parameter, unverified.
with setting as (
    select
        max(case when parameter = 'suggestion_speed_kmh' then parameter_value end) as speed_kmh,
        max(case when parameter = 'suggestion_weight_ratio' then parameter_value end) as weight_ratio,
        max(case when parameter = 'suggestion_evidence_count' then parameter_value end) as evidence_count
    from {{ ref('parameter') }}
),
digit as (
    {{ digits('sign_position') }}
),
position as (
    select sign_position from digit where sign_position between 1 and 8
),
read_plate as (
    select distinct plate_no, passed_date from {{ ref('passage') }} where plate_no is not null
),
registered as (
    select distinct
        read_plate.plate_no,
        read_plate.passed_date
    from read_plate
    inner join {{ ref('vehicle_span') }} as vehicle
        on vehicle.plate_no = read_plate.plate_no
        and read_plate.passed_date >= vehicle.valid_from
        and read_plate.passed_date <= vehicle.valid_to
),
variant as (
    select
        read_plate.plate_no,
        read_plate.passed_date,
        position.sign_position,
        confusion.read_sign,
        confusion.true_sign,
        concat(
            substr(read_plate.plate_no, 1, position.sign_position - 1),
            confusion.true_sign,
            substr(read_plate.plate_no, position.sign_position + 1)
        ) as suggested_plate_no
    from read_plate
    left join registered
        on registered.plate_no = read_plate.plate_no and registered.passed_date = read_plate.passed_date
    cross join position
    inner join {{ ref('plate_confusion') }} as confusion
        on confusion.read_sign = substr(read_plate.plate_no, position.sign_position, 1)
    where registered.plate_no is null
),
candidate as (
    select
        variant.plate_no,
        variant.passed_date,
        variant.sign_position,
        variant.read_sign,
        variant.true_sign,
        variant.suggested_plate_no,
        vehicle.plate_color_code as suggested_color_code,
        vehicle.vehicle_kind,
        vehicle.registered_axle_count,
        vehicle.registered_gross_mass_kg,
        row_number() over (
            partition by
                variant.plate_no, variant.passed_date, variant.suggested_plate_no, vehicle.plate_color_code
            order by vehicle.valid_from desc, vehicle.vehicle_record_id
        ) as nth
    from variant
    inner join {{ ref('vehicle_span') }} as vehicle
        on vehicle.plate_no = variant.suggested_plate_no
        and variant.passed_date >= vehicle.valid_from
        and variant.passed_date <= vehicle.valid_to
),
doubted as (
    select
        passage.passed_date,
        passage.record_id,
        passage.feed,
        passage.passed_at,
        passage.site_code,
        passage.county_code,
        passage.plate_no,
        passage.plate_color_code,
        passage.axle_count,
        passage.axle_type_code,
        passage.gross_vehicle_weight_kg,
        passage.verdict,
        passage.flags,
        measured.plate_confidence,
        candidate.sign_position,
        candidate.read_sign,
        candidate.true_sign,
        candidate.suggested_plate_no,
        candidate.suggested_color_code,
        candidate.vehicle_kind,
        candidate.registered_axle_count,
        candidate.registered_gross_mass_kg
    from {{ ref('passage') }} as passage
    inner join {{ ref('measured_passage') }} as measured on measured.record_id = passage.record_id
    inner join candidate
        on candidate.plate_no = passage.plate_no
        and candidate.passed_date = passage.passed_date
        and candidate.nth = 1
        and coalesce(passage.plate_color_code, candidate.suggested_color_code) = candidate.suggested_color_code
),
step as (
    select
        doubted.record_id,
        doubted.suggested_plate_no,
        doubted.suggested_color_code,
        abs(date_diff('second', doubted.passed_at, other.passed_at)) as gap_s,
        cast({{ great_circle_m('here.latitude', 'here.longitude', 'there.latitude', 'there.longitude') }} as bigint)
            as step_m
    from doubted
    inner join {{ ref('passage') }} as other
        on other.plate_no = doubted.suggested_plate_no
        and other.passed_date = doubted.passed_date
        and coalesce(other.plate_color_code, doubted.suggested_color_code) = doubted.suggested_color_code
    left join {{ ref('site_service') }} as here
        on here.site_code = doubted.site_code and here.passed_date = doubted.passed_date
    left join {{ ref('site_service') }} as there
        on there.site_code = other.site_code and there.passed_date = other.passed_date
),
seen as (
    select
        step.record_id,
        step.suggested_plate_no,
        step.suggested_color_code,
        count(*) as seen_count,
        count(case when step.step_m * 3.6 > setting.speed_kmh * step.gap_s then 1 end) as elsewhere_count,
        min(step.gap_s) as nearest_gap_s
    from step
    cross join setting
    where step.step_m is not null
    group by step.record_id, step.suggested_plate_no, step.suggested_color_code
),
weighed as (
    select
        doubted.passed_date,
        doubted.record_id,
        doubted.feed,
        doubted.passed_at,
        doubted.site_code,
        doubted.county_code,
        doubted.plate_no,
        doubted.plate_color_code,
        doubted.axle_count,
        doubted.gross_vehicle_weight_kg,
        doubted.verdict,
        doubted.sign_position,
        doubted.read_sign,
        doubted.true_sign,
        doubted.suggested_plate_no,
        doubted.suggested_color_code,
        coalesce(seen.seen_count, 0) as seen_count,
        coalesce(seen.elsewhere_count, 0) as elsewhere_count,
        seen.nearest_gap_s,
        setting.evidence_count,
        case
            when doubted.flags like '%R-PLATE%' or doubted.plate_confidence < confidence.parameter_value then 'for'
            else 'unknown'
        end as reading_evidence,
        case when doubted.plate_color_code = doubted.suggested_color_code then 'for' else 'unknown' end
            as color_evidence,
        case
            when doubted.axle_count < doubted.registered_axle_count then 'against'
            when doubted.vehicle_kind <> 'combination' and doubted.axle_count = doubted.registered_axle_count then 'for'
            when doubted.vehicle_kind = 'combination' and doubted.axle_count > doubted.registered_axle_count then 'for'
            else 'unknown'
        end as axle_evidence,
        case
            when axle_type.vehicle_kind is null or doubted.vehicle_kind is null then 'unknown'
            when (axle_type.vehicle_kind = 'combination') = (doubted.vehicle_kind = 'combination') then 'for'
            else 'against'
        end as kind_evidence,
        case
            when doubted.vehicle_kind = 'combination' then 'unknown'
            when doubted.gross_vehicle_weight_kg > doubted.registered_gross_mass_kg * setting.weight_ratio
                then 'against'
            when doubted.gross_vehicle_weight_kg <= doubted.registered_gross_mass_kg * setting.weight_ratio then 'for'
            else 'unknown'
        end as weight_evidence,
        case
            when seen.elsewhere_count > 0 then 'against'
            when seen.seen_count > 0 then 'for'
            else 'unknown'
        end as sequence_evidence
    from doubted
    cross join setting
    left join {{ ref('axle_type') }} as axle_type
        on axle_type.axle_type_code = doubted.axle_type_code
        and axle_type.axle_count = doubted.axle_count
        and {{ in_force('axle_type', 'doubted.passed_date') }}
    left join {{ ref('parameter') }} as confidence
        on confidence.parameter = 'min_plate_confidence'
        and {{ in_force('confidence', 'doubted.passed_date') }}
    left join seen
        on seen.record_id = doubted.record_id
        and seen.suggested_plate_no = doubted.suggested_plate_no
        and seen.suggested_color_code = doubted.suggested_color_code
),
told as (
    select
        weighed.*,
        case when reading_evidence = 'for' then 1 else 0 end
        + case when color_evidence = 'for' then 1 else 0 end
        + case when axle_evidence = 'for' then 1 else 0 end
        + case when kind_evidence = 'for' then 1 else 0 end
        + case when weight_evidence = 'for' then 1 else 0 end
        + case when sequence_evidence = 'for' then 1 else 0 end as for_count,
        'against' in (
            axle_evidence, kind_evidence, weight_evidence, sequence_evidence
        ) as is_contradicted
    from weighed
),
compared as (
    select
        told.*,
        count(case when not is_contradicted then 1 end) over (partition by record_id) as candidate_count
    from told
)
select
    passed_date,
    record_id,
    feed,
    passed_at,
    site_code,
    county_code,
    plate_no,
    plate_color_code,
    axle_count,
    gross_vehicle_weight_kg,
    verdict,
    suggested_plate_no,
    suggested_color_code,
    sign_position,
    read_sign,
    true_sign,
    reading_evidence,
    color_evidence,
    axle_evidence,
    kind_evidence,
    weight_evidence,
    sequence_evidence,
    cast(seen_count as bigint) as seen_count,
    cast(elsewhere_count as bigint) as elsewhere_count,
    nearest_gap_s,
    cast(for_count as bigint) as for_count,
    cast(candidate_count as bigint) as candidate_count,
    case
        when is_contradicted then 'contradicted'
        when for_count >= evidence_count and reading_evidence = 'for' and candidate_count = 1 then 'strong'
        else 'possible'
    end as suggestion_grade
from compared
