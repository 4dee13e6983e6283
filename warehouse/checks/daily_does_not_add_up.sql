-- Severity: stop
-- mart.overload_daily and core.passage disagree, or the parts of a daily row do not add up to it.
select
    passage.passed_date,
    passage.site_code
from (
    select
        passed_date,
        site_code,
        count(*) as passage_count,
        count(gross_vehicle_weight_kg) as weighed_count,
        count(case when is_over_limit then 1 end) as over_count,
        sum(case when is_over_limit then excess_kg else 0 end) as excess_kg_sum
    from {{ ref('passage') }}
    group by passed_date, site_code
) as passage
full outer join (
    select
        passed_date,
        site_code,
        sum(passage_count) as passage_count,
        sum(weighed_count) as weighed_count,
        sum(over_count) as over_count,
        sum(excess_kg_sum) as excess_kg_sum,
        sum(over_count + within_count + review_count) as judged_count,
        sum(
            band_le5_count + band_5_10_count + band_10_30_count + band_30_50_count + band_50_100_count
            + band_gt100_count
        ) as banded_count
    from {{ ref('overload_daily') }}
    group by passed_date, site_code
) as daily on daily.passed_date = passage.passed_date and daily.site_code = passage.site_code
where coalesce(passage.passage_count, -1) <> coalesce(daily.passage_count, -1)
    or passage.weighed_count <> daily.weighed_count
    or passage.over_count <> daily.over_count
    or passage.excess_kg_sum <> daily.excess_kg_sum
    or daily.judged_count <> daily.passage_count
    or daily.banded_count <> daily.over_count
