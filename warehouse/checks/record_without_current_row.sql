-- Severity: stop
-- A record with no current version, or several: versions of it do not stand in one total order.
select feed, record_id
from (
    select 'wim_passage' as feed, record_id, row_fate from {{ source('raw', 'wim_passage') }}
    union all
    select 'wim_passage_preview' as feed, record_id, row_fate from {{ source('raw', 'wim_passage_preview') }}
    union all
    select 'wim_passage_wheel' as feed, record_id, row_fate from {{ source('raw', 'wim_passage_wheel') }}
    union all
    select 'motorway_passage' as feed, record_id, row_fate from {{ source('raw', 'motorway_passage') }}
    union all
    select 'fhwa_weight' as feed, record_id, row_fate from {{ source('raw', 'fhwa_weight') }}
) as arrived
group by feed, record_id
having count(case when row_fate = 'current' then 1 end) <> 1
