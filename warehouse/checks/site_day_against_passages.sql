-- Severity: stop
-- mart.site_day counts other passages than core.passage, or calls a site silent that sent something.
select
    coalesce(site_day.site_code, passage.site_code) as site_code,
    coalesce(site_day.passed_date, passage.passed_date) as passed_date
from {{ ref('site_day') }} as site_day
full outer join (
    select site_code, passed_date, count(*) as passage_count
    from {{ ref('passage') }}
    group by site_code, passed_date
) as passage on passage.site_code = site_day.site_code and passage.passed_date = site_day.passed_date
where site_day.site_code is null
    or site_day.passage_count <> coalesce(passage.passage_count, 0)
    or (site_day.state = 'silent' and passage.passage_count > 0)
