-- Grain: one local day, one site, one axle class (axle_class is empty where no limit depends on it: fewer
-- than two axles, or none known).
-- weighed_count is the denominator of the overload rate; passages without a gross weight are in
-- passage_count and review_count only. flagged_count counts what landing doubted (R- flags);
-- permitted_count are those of over_count that a permit of the day covers: they stay in over_count, which is what was
-- measured, and are no violations (mart.finding).
-- what the law left open is review_count, what is no evidence is the rest of evidence_ok_over_count.
select
    passage.passed_date,
    passage.site_code,
    passage.axle_class,
    max(passage.county_code) as county_code,
    count(*) as passage_count,
    count(passage.gross_vehicle_weight_kg) as weighed_count,
    count(case when passage.verdict = 'over' then 1 end) as over_count,
    count(case when finding.is_permitted then 1 end) as permitted_count,
    count(case when passage.verdict = 'within' then 1 end) as within_count,
    count(case when passage.verdict = 'review' then 1 end) as review_count,
    count(case when passage.excess_band in ('30-50', '50-100', 'gt100') then 1 end) as severe_count,
    count(case when passage.flags like 'R-%' or passage.flags like '%,R-%' then 1 end) as flagged_count,
    count(case when passage.verdict = 'over' and passage.evidence_ok then 1 end) as evidence_ok_over_count,
    count(case when passage.excess_band = 'le5' then 1 end) as band_le5_count,
    count(case when passage.excess_band = '5-10' then 1 end) as band_5_10_count,
    count(case when passage.excess_band = '10-30' then 1 end) as band_10_30_count,
    count(case when passage.excess_band = '30-50' then 1 end) as band_30_50_count,
    count(case when passage.excess_band = '50-100' then 1 end) as band_50_100_count,
    count(case when passage.excess_band = 'gt100' then 1 end) as band_gt100_count,
    cast(sum(case when passage.verdict = 'over' then passage.excess_kg else 0 end) as bigint) as excess_kg_sum,
    max(passage.excess_ratio) as max_excess_ratio
from {{ ref('passage') }} as passage
left join {{ ref('finding') }} as finding on finding.record_id = passage.record_id
group by passage.passed_date, passage.site_code, passage.axle_class
