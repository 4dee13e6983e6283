-- Grain: one hazard of the lists that told a last day, whichever of its versions did.
-- first_due_on is the day of the first list that told one. A later list does not move it: that takes an extension
-- (core.hazard_state). What the newest list tells stays in staging.hazard.
with first_told as (
    select hazard_no, min(version_rank) as version_rank
    from {{ source('raw', 'hazard') }}
    where due_on is not null
    group by hazard_no
)
select told.hazard_no, min(told.due_on) as first_due_on
from {{ source('raw', 'hazard') }} as told
inner join first_told on first_told.hazard_no = told.hazard_no and first_told.version_rank = told.version_rank
where told.due_on is not null
group by told.hazard_no
