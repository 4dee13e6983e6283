-- Severity: warn
-- A weigh-in-motion site sends passages without being in the register: its county is unknown.
select distinct passage.site_code, passage.passed_date
from {{ ref('passage') }} as passage
where passage.feed = 'wim_passage' and passage.county_code is null
