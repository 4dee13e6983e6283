-- Grain: one span in which the late surcharge of a case does not run: from a step to reconsideration or court (appeal)
-- that was accepted, up to the next accepted step that tells what became of it (行政处罚法 art. 73): the decision was
-- amended or annulled, or the case was closed. Money, a day that passed or enforcement leaves an appeal standing, and so
-- does another appeal. paused_to is the first day it runs again; empty: it still stands, or nobody told its outcome.
with accepted as (
    select
        case_no,
        case_state,
        event_on,
        min(case when case_state in ('amended', 'revoked_by_review', 'closed') then event_on end)
            over (partition by case_no order by step_no rows between 1 following and unbounded following) as outcome_on
    from {{ ref('case_state') }}
    where is_accepted
)
select
    case_no,
    min(event_on) as paused_from,
    outcome_on as paused_to
from accepted
where case_state = 'appeal'
group by case_no, outcome_on
