-- Severity: stop
-- A finding is missing, doubled or contradicts its passage, its permit or its allowance; or a day counts other findings
-- under a permit than there are.
select passage.record_id
from {{ ref('passage') }} as passage
left join {{ ref('finding') }} as finding on finding.record_id = passage.record_id
where passage.verdict = 'over'
group by passage.record_id
having count(finding.record_id) <> 1
union all
select record_id
from {{ ref('finding') }}
where (permit_no is null) <> (permit_state is null)
    or is_permitted <> coalesce(permit_state = 'covered', false)
    or (is_permitted and coalesce(permitted_mass_kg < gross_vehicle_weight_kg, true))
    or (allowance_kg is not null and excess_after_allowance_kg <> greatest(excess_kg - allowance_kg, 0))
    or excess_ratio_after_allowance is null
    or excess_ratio_after_allowance <> cast(coalesce(excess_after_allowance_kg, excess_kg) as double) / limit_kg
    or is_above_counted_ratio is null
    or is_above_counted_ratio <> (counted_ratio = 0 or excess_ratio_after_allowance > counted_ratio)
    or excess_kg <> gross_vehicle_weight_kg - limit_kg
    or counted_ratio is null
    or over_load_kg < 0
union all
select daily.site_code as record_id
from (
    select passed_date, site_code, sum(permitted_count) as permitted_count
    from {{ ref('overload_daily') }}
    group by passed_date, site_code
) as daily
left join (
    select passed_date, site_code, count(case when is_permitted then 1 end) as permitted_count
    from {{ ref('finding') }}
    group by passed_date, site_code
) as found on found.passed_date = daily.passed_date and found.site_code = daily.site_code
where daily.permitted_count <> coalesce(found.permitted_count, 0)
