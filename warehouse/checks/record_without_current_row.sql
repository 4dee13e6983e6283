-- Severity: stop
-- A record with no current version, or several: versions of it do not stand in one total order.
select feed, record_id
from {{ source('raw', 'arrived') }}
group by feed, record_id
having count(case when row_fate = 'current' then 1 end) <> 1
