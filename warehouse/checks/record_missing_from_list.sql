-- Severity: warn
-- A hazard, junction, project or case that an earlier list of its county had and the county's newest list does not have.
-- It stays as it was last told: ask the county whether it was forgotten, renumbered or accepted elsewhere.
with listed as (
    select 'hazard' as feed, county_code, hazard_no as record_no, version_rank from {{ source('raw', 'hazard') }}
    union all
    select 'small_works' as feed, county_code, works_no as record_no, version_rank
    from {{ source('raw', 'small_works') }}
    union all
    select 'road_works' as feed, county_code, works_no as record_no, version_rank
    from {{ source('raw', 'road_works') }}
    union all
    select 'illegal_operation_case' as feed, county_code, case_no as record_no, version_rank
    from {{ source('raw', 'illegal_operation_case') }}
),
-- A record that moved to another county is in the newest list of the one it moved to.
last_told as (
    select feed, record_no, max(version_rank) as version_rank
    from listed
    group by feed, record_no
),
newest as (
    select feed, county_code, max(version_rank) as version_rank
    from listed
    group by feed, county_code
)
select distinct listed.feed, listed.county_code, listed.record_no
from listed
inner join last_told
    on last_told.feed = listed.feed
    and last_told.record_no = listed.record_no
    and last_told.version_rank = listed.version_rank
inner join newest
    on newest.feed = listed.feed
    and newest.county_code = listed.county_code
where listed.version_rank < newest.version_rank
