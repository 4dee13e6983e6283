-- Grain: one span in which the late surcharge of a case does not run: from a step to reconsideration or court (appeal)
-- that was accepted, up to the next accepted step (行政处罚法 art. 73). paused_to is the first day it runs again; empty:
-- it still stands. What became of the appeal is told by that step.
with accepted as (
    select
        case_no,
        case_state,
        event_on,
        lead(event_on) over (partition by case_no order by step_no) as next_on
    from {{ ref('case_state') }}
    where is_accepted
)
select
    case_no,
    event_on as paused_from,
    next_on as paused_to
from accepted
where case_state = 'appeal'
