-- Severity: stop
-- A current raw row is missing from core.passage or stands there more than once.
select
    arrived.feed,
    arrived.record_id,
    count(passage.record_id) as passage_count
from (
    select 'wim_passage' as feed, record_id from {{ ref('wim_passage') }}
    union all
    select 'wim_passage_preview' as feed, record_id from {{ ref('wim_passage_preview') }}
    union all
    select 'wim_passage_wheel' as feed, record_id from {{ ref('wim_passage_wheel') }}
    union all
    select 'motorway_passage' as feed, record_id from {{ ref('motorway_passage') }}
    union all
    select 'fhwa_weight' as feed, record_id from {{ ref('fhwa_weight') }} where record_kind = 'vehicle'
) as arrived
left join {{ ref('passage') }} as passage on passage.record_id = arrived.record_id
group by arrived.feed, arrived.record_id
having count(passage.record_id) <> 1
