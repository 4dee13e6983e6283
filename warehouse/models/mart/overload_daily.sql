-- Grain: one local day, one site, one axle class (axle_class is empty where no limit depends on it: fewer
-- than two axles, or none known).
-- weighed_count is the denominator of the overload rate; passages without a gross weight are in
-- passage_count and review_count only. flagged_count counts what landing doubted (R- flags);
-- what the law left open is review_count, what is no evidence is the rest of evidence_ok_over_count.
select
    passed_date,
    site_code,
    axle_class,
    max(county_code) as county_code,
    count(*) as passage_count,
    count(gross_vehicle_weight_kg) as weighed_count,
    count(case when verdict = 'over' then 1 end) as over_count,
    count(case when verdict = 'within' then 1 end) as within_count,
    count(case when verdict = 'review' then 1 end) as review_count,
    count(case when excess_band in ('30-50', '50-100', 'gt100') then 1 end) as severe_count,
    count(case when flags like 'R-%' or flags like '%,R-%' then 1 end) as flagged_count,
    count(case when verdict = 'over' and evidence_ok then 1 end) as evidence_ok_over_count,
    count(case when excess_band = 'le5' then 1 end) as band_le5_count,
    count(case when excess_band = '5-10' then 1 end) as band_5_10_count,
    count(case when excess_band = '10-30' then 1 end) as band_10_30_count,
    count(case when excess_band = '30-50' then 1 end) as band_30_50_count,
    count(case when excess_band = '50-100' then 1 end) as band_50_100_count,
    count(case when excess_band = 'gt100' then 1 end) as band_gt100_count,
    cast(sum(case when verdict = 'over' then excess_kg else 0 end) as bigint) as excess_kg_sum,
    max(excess_ratio) as max_excess_ratio
from {{ ref('passage') }}
group by passed_date, site_code, axle_class
