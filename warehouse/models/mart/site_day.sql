-- Grain: one site on one day, if the site was in service that day or sent anything.
-- Tells "no data" from "no violations": silent means the site was in service, the night is over and
-- nothing came. partial means at least var(partial_gap_hours) hours in a row without a record;
-- an FHWA hour without trucks is a record, an hour the device was dead is not.
with hour_with_data as (
    select distinct site_code, passed_date, hour(passed_at) as hour_of_day
    from (
        select site_code, passed_date, passed_at from {{ ref('measured_passage') }}
        union all
        select site_code, passed_date, passed_at from {{ ref('fhwa_weight') }} where record_kind = 'hour_empty'
    ) as arrived
),
gap as (
    select
        site_code,
        passed_date,
        hour_of_day,
        hour_of_day - 1 - coalesce(
            lag(hour_of_day) over (partition by site_code, passed_date order by hour_of_day), -1
        ) as hours_before
    from hour_with_data
),
reported as (
    select
        site_code,
        passed_date,
        count(*) as hours_with_data,
        greatest(max(hours_before), 23 - max(hour_of_day)) as longest_gap_hours
    from gap
    group by site_code, passed_date
),
counted as (
    select
        site_code,
        passed_date,
        count(*) as passage_count,
        count(gross_vehicle_weight_kg) as weighed_count
    from {{ ref('measured_passage') }}
    group by site_code, passed_date
),
expected as (
    select service.site_code, service.passed_date, service.county_code
    from {{ ref('site_service') }} as service
    inner join {{ source('raw', 'build_day') }} as build_day on build_day.event_date = service.passed_date
    left join reported
        on reported.site_code = service.site_code and reported.passed_date = service.passed_date
    where build_day.is_closed or reported.site_code is not null
    union all
    select reported.site_code, reported.passed_date, null as county_code
    from reported
    left join {{ ref('site_service') }} as service
        on service.site_code = reported.site_code and service.passed_date = reported.passed_date
    where service.site_code is null
)
select
    expected.passed_date,
    expected.site_code,
    expected.county_code,
    coalesce(counted.passage_count, 0) as passage_count,
    coalesce(counted.weighed_count, 0) as weighed_count,
    coalesce(reported.hours_with_data, 0) as hours_with_data,
    coalesce(reported.longest_gap_hours, 24) as longest_gap_hours,
    case
        when reported.site_code is null then 'silent'
        when reported.longest_gap_hours >= {{ var('partial_gap_hours') }} then 'partial'
        else 'reporting'
    end as state
from expected
left join reported
    on reported.site_code = expected.site_code and reported.passed_date = expected.passed_date
left join counted
    on counted.site_code = expected.site_code and counted.passed_date = expected.passed_date
