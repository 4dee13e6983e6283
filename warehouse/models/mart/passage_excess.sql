-- Grain: one passage over the limit that has a check number, by which cases refer to it.
-- The number is one of its feed: another vendor may give the same; with the day it tells them apart.
-- By how much it was over, for rules that count only violations above a ratio; no plate, and no evidence judged.
select
    passage.record_id,
    passage.passed_date,
    checked.check_no,
    passage.excess_ratio
from {{ ref('passage') }} as passage
inner join (
    select record_id, check_no from {{ ref('wim_passage') }}
    union all
    select record_id, check_no from {{ ref('wim_passage_preview') }}
    union all
    select record_id, check_no from {{ ref('wim_passage_wheel') }}
) as checked on checked.record_id = passage.record_id
where passage.verdict = 'over' and checked.check_no is not null
