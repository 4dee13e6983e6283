-- Grain: one passage over the limit: what a case may rest on, and every reason that weakens it.
-- The limit and the excess are those of core.passage: measured weight, highest admissible limit. Three measures stay
-- apart from it: what the instrument may err by (allowance_kg, of the class of the certificate in force; by the
-- parameter allowance_mode taken off the weight or added to the limit; rounded up, in favour of the party), the ratio
-- above which an act counts for the repeat rule (counted_ratio, of the day), and the police's overload (over_load_kg).
-- That ratio is a threshold of the law, no error of an instrument: the allowance, where one is known, is taken off first
-- (excess_ratio_after_allowance). Where it is 0, every excess counts.
-- permit_state compares a permit of the vehicle (plate and colour) and day: exceeds_mass (below the weight, or no mass
-- is told); exceeds_dimension (a measured length, width or height above the permitted one; those sensors are not
-- verified, so a person looks); route_differs (the permit names roads by number and not the site's, 公路安全
-- 保护条例 art. 65); else covered, and such a load alone is no violation (is_permitted). What the permit does not cover
-- stays a finding, with the permit told beside it. Of several permits the most favourable holds.
-- unknown_conditions: what evidence needs and nothing delivered tells. Devices tell acceleration, their self-tests the
-- clock; the other conditions have no feed, so they are unknown of every finding until one delivers them.
-- Evidence reasons are reasons, never a filter. Trips are counted where findings are asked for (warehouse.findings).
-- check_no is how cases refer to a passage. Vendors number within a site: number and day may name passages of several.
with permitted as (
    select
        passage.record_id,
        permit.permit_no,
        permit.permitted_mass_kg,
        case
            when permit.permitted_mass_kg is null or permit.permitted_mass_kg < evidence.gross_vehicle_weight_kg
                then 'exceeds_mass'
            when round(evidence.vehicle_length_m * 1000) > round(permit.permitted_length_m * 1000)
                or round(evidence.vehicle_width_m * 1000) > round(permit.permitted_width_m * 1000)
                or round(evidence.vehicle_height_m * 1000) > round(permit.permitted_height_m * 1000)
                then 'exceeds_dimension'
            -- Whole numbers: G55 is not on a route of G5513, and G4 has one digit.
            when regexp_matches(upper(permit.route), '(^|[^A-Z0-9])[GSXYCZ][0-9]')
                and not regexp_matches(
                    upper(permit.route), concat('(^|[^A-Z0-9])', upper(site.road_code), '([^0-9]|$)')
                )
                then 'route_differs'
            else 'covered'
        end as permit_state,
        permit.record_id as permit_record_id
    from {{ ref('passage') }} as passage
    inner join {{ ref('oversize_permit') }} as permit
        on permit.plate_no = passage.plate_no
        and permit.plate_color_code = passage.plate_color_code
        and passage.passed_date >= permit.valid_from
        and passage.passed_date <= permit.valid_to
    inner join {{ ref('passage_evidence') }} as evidence on evidence.record_id = passage.record_id
    left join {{ ref('site_service') }} as site
        on site.site_code = passage.site_code and site.passed_date = passage.passed_date
    where passage.verdict = 'over'
),
best_permit as (
    select
        record_id,
        permit_no,
        permitted_mass_kg,
        permit_state,
        row_number() over (
            partition by record_id
            order by
                case permit_state
                    when 'covered' then 1 when 'route_differs' then 2 when 'exceeds_dimension' then 3 else 4
                end,
                permitted_mass_kg desc nulls last,
                permit_no,
                permit_record_id
        ) as nth
    from permitted
),
allowed as (
    select
        passage.record_id,
        passage.limit_kg,
        passage.excess_kg,
        evidence.check_no,
        evidence.accuracy_class,
        evidence.max_error_ratio,
        evidence.recheck_mass_kg,
        evidence.acceleration_ms2,
        evidence.clock_error_s,
        case allowance.parameter_text
            when 'DEDUCT'
                then cast(ceil(round(passage.gross_vehicle_weight_kg * evidence.max_error_ratio, 6)) as integer)
            when 'THRESHOLD' then cast(ceil(round(passage.limit_kg * evidence.max_error_ratio, 6)) as integer)
        end as allowance_kg,
        counted.parameter_value as counted_ratio
    from {{ ref('passage') }} as passage
    inner join {{ ref('passage_evidence') }} as evidence on evidence.record_id = passage.record_id
    left join {{ ref('parameter') }} as allowance
        on allowance.parameter = 'allowance_mode'
        and {{ in_force('allowance', 'passage.passed_date') }}
    left join {{ ref('parameter') }} as counted
        on counted.parameter = 'repeat_excess_ratio'
        and {{ in_force('counted', 'passage.passed_date') }}
    where passage.verdict = 'over'
),
measured as (
    select
        record_id,
        check_no,
        accuracy_class,
        max_error_ratio,
        recheck_mass_kg,
        acceleration_ms2,
        clock_error_s,
        allowance_kg,
        counted_ratio,
        case when allowance_kg is not null then greatest(excess_kg - allowance_kg, 0) end as excess_after_allowance_kg,
        cast(greatest(excess_kg - coalesce(allowance_kg, 0), 0) as double) / limit_kg as excess_ratio_after_allowance
    from allowed
)
select
    passage.passed_date,
    passage.record_id,
    passage.feed,
    measured.check_no,
    passage.passed_at,
    passage.site_code,
    passage.county_code,
    passage.plate_no,
    passage.plate_color_code,
    passage.axle_count,
    passage.gross_vehicle_weight_kg,
    passage.limit_low_kg,
    passage.limit_kg,
    passage.excess_kg,
    passage.excess_ratio,
    passage.rule_id,
    passage.limit_modifiers,
    passage.axle_sum_kg,
    measured.counted_ratio,
    measured.counted_ratio = 0 or measured.excess_ratio_after_allowance > measured.counted_ratio
        as is_above_counted_ratio,
    measured.accuracy_class,
    measured.allowance_kg,
    measured.excess_after_allowance_kg,
    measured.excess_ratio_after_allowance,
    passage.over_load_kg,
    measured.recheck_mass_kg,
    concat_ws(
        ',',
        nullif(passage.flags, ''),
        case when measured.excess_after_allowance_kg = 0 then 'V-ALLOWANCE' end,
        case when measured.max_error_ratio is null then 'V-NOCLASS' end,
        case
            when measured.counted_ratio > 0 and measured.excess_ratio_after_allowance <= measured.counted_ratio
                then 'V-NOTCOUNTED'
        end,
        case best_permit.permit_state
            when 'covered' then 'V-PERMIT'
            when 'exceeds_dimension' then 'V-PERMITSIZE'
            when 'exceeds_mass' then 'V-PERMITMASS'
            when 'route_differs' then 'V-PERMITROUTE'
        end
    ) as flags,
    passage.evidence_ok,
    concat_ws(
        ',',
        case when measured.acceleration_ms2 is null then 'U-ACCEL' end,
        case when measured.clock_error_s is null then 'U-CLOCK' end,
        'U-EXEMPT',
        'U-IMAGE',
        'U-POLICE',
        'U-REPAIR',
        'U-SITE',
        'U-STOPGO'
    ) as unknown_conditions,
    passage.device_no,
    passage.certificate_no,
    best_permit.permit_no,
    best_permit.permitted_mass_kg,
    best_permit.permit_state,
    coalesce(best_permit.permit_state = 'covered', false) as is_permitted
from {{ ref('passage') }} as passage
inner join measured on measured.record_id = passage.record_id
left join best_permit on best_permit.record_id = passage.record_id and best_permit.nth = 1
where passage.verdict = 'over'
