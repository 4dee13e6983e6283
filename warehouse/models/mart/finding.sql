-- Grain: one passage over the limit: what a case may rest on, and every reason that weakens it.
-- The limit and the excess are those of core.passage: measured weight, highest admissible limit.
-- A permit covers the passage if it names the vehicle (plate and colour) on that day and a mass not below the weight; a
-- permit of that day whose mass is exceeded is told, too. Evidence reasons are reasons, never a filter.
-- check_no is how cases refer to a passage. It is one of its feed: with the day it tells vendors apart.
with checked as (
    select record_id, check_no from {{ ref('wim_passage') }}
    union all
    select record_id, check_no from {{ ref('wim_passage_preview') }}
    union all
    select record_id, check_no from {{ ref('wim_passage_wheel') }}
),
permitted as (
    select
        passage.record_id,
        permit.permit_no,
        permit.permitted_mass_kg,
        row_number() over (
            partition by passage.record_id
            order by permit.permitted_mass_kg desc nulls last, permit.permit_no, permit.record_id
        ) as nth
    from {{ ref('passage') }} as passage
    inner join {{ ref('oversize_permit') }} as permit
        on permit.plate_no = passage.plate_no
        and permit.plate_color_code = passage.plate_color_code
        and passage.passed_date >= permit.valid_from
        and passage.passed_date <= permit.valid_to
    where passage.verdict = 'over'
)
select
    passage.passed_date,
    passage.record_id,
    passage.feed,
    checked.check_no,
    passage.passed_at,
    passage.site_code,
    passage.county_code,
    passage.plate_no,
    passage.plate_color_code,
    passage.axle_count,
    passage.gross_vehicle_weight_kg,
    passage.limit_kg,
    passage.excess_kg,
    passage.excess_ratio,
    passage.rule_id,
    passage.flags,
    passage.evidence_ok,
    passage.device_no,
    passage.certificate_no,
    permitted.permit_no,
    permitted.permitted_mass_kg,
    coalesce(permitted.permitted_mass_kg >= passage.gross_vehicle_weight_kg, false) as is_permitted
from {{ ref('passage') }} as passage
left join checked on checked.record_id = passage.record_id
left join permitted on permitted.record_id = passage.record_id and permitted.nth = 1
where passage.verdict = 'over'
