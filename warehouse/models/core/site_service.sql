-- Grain: one site on one day on which the register has it in service.
-- Of spans that overlap the one that began last holds; a check warns of them.
-- A site that sends data without being registered has no row here: its county stays unknown.
select
    site_code,
    passed_date,
    county_code,
    road_code,
    latitude,
    longitude
from (
    select
        site.site_code,
        build_day.event_date as passed_date,
        site.county_code,
        site.road_code,
        site.latitude,
        site.longitude,
        row_number() over (
            partition by site.site_code, build_day.event_date order by site.valid_from desc, site.record_id
        ) as nth
    from {{ source('raw', 'build_day') }} as build_day
    inner join {{ ref('wim_site') }} as site
        on build_day.event_date >= site.valid_from
        and build_day.event_date <= coalesce(site.valid_to, build_day.event_date)
) as dated
where nth = 1
