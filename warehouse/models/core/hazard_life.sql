-- Grain: one hazard of the counties' lists or of the steps, as it stands with the last step delivered.
-- What it is comes from the list, what became of it from the accepted steps (core.hazard_state); the county's own word for
-- the state and for the day of closure stands beside it as reported_…, so that a difference shows. A hazard without steps
-- has no state; one without a list row has no county, category and grade.
-- due_on is the first list's, moved by the extensions granted in time (core.hazard_state); is_due_changed tells that the
-- newest list has another day, which neither the first list nor such an extension set.
-- has_shared_photo: a picture after its removal is another hazard's too; which of them is false is for a person to say.
with listed as (
    select hazard_no from {{ ref('hazard') }}
    union
    select hazard_no from {{ ref('hazard_state') }}
),
latest as (
    select hazard_no, max(step_no) as step_no, min(step_on) as first_step_on
    from {{ ref('hazard_state') }}
    group by hazard_no
),
granted as (
    select distinct hazard_no, new_due_on
    from {{ ref('hazard_state') }}
    where is_accepted and hazard_state = 'EXTENDED' and not is_late_extension
),
shared as (
    select photo_sha256
    from {{ ref('hazard_photo') }}
    where photo_stage = 'after'
    group by photo_sha256
    having count(distinct hazard_no) > 1
),
with_shared as (
    select distinct photo.hazard_no
    from {{ ref('hazard_photo') }} as photo
    inner join shared on shared.photo_sha256 = photo.photo_sha256
    where photo.photo_stage = 'after'
)
select
    hazard.record_id,
    hazard.delivery_id,
    hazard.source_line,
    hazard.flags,
    listed.hazard_no,
    hazard.county_code,
    hazard.hazard_category_code,
    hazard.road_class,
    hazard.hazard_grade,
    hazard.place,
    hazard.road_code,
    hazard.chainage_km,
    hazard.latitude,
    hazard.longitude,
    hazard.hazard_description,
    hazard.uscc,
    hazard.responsible_unit,
    coalesce(hazard.registered_on, latest.first_step_on) as registered_on,
    coalesce(state.assigned_on, hazard.assigned_on) as assigned_on,
    hazard_due.first_due_on,
    coalesce(state.due_on, hazard_due.first_due_on) as due_on,
    hazard.due_on as reported_due_on,
    coalesce(hazard.due_on <> hazard_due.first_due_on, false) and granted.hazard_no is null as is_due_changed,
    state.state_after,
    state.accepted_on,
    state.first_closed_on,
    state.hazard_closed_on,
    state.is_listed,
    state.listed_on,
    state.delisted_on,
    state.reopened_on,
    coalesce(state.closure_count, 0) as closure_count,
    coalesce(state.reopened_count, 0) as reopened_count,
    coalesce(state.extension_count, 0) as extension_count,
    coalesce(state.late_extension_count, 0) as late_extension_count,
    coalesce(state.refused_count, 0) as refused_count,
    state.step_on as last_step_on,
    hazard.hazard_state as reported_state,
    hazard.hazard_closed_on as reported_closed_on,
    with_shared.hazard_no is not null as has_shared_photo,
    hazard.investment_fen
from listed
left join {{ ref('hazard') }} as hazard on hazard.hazard_no = listed.hazard_no
left join latest on latest.hazard_no = listed.hazard_no
left join {{ ref('hazard_state') }} as state on state.hazard_no = latest.hazard_no and state.step_no = latest.step_no
left join {{ ref('hazard_due') }} as hazard_due on hazard_due.hazard_no = listed.hazard_no
left join granted on granted.hazard_no = listed.hazard_no and granted.new_due_on = hazard.due_on
left join with_shared on with_shared.hazard_no = listed.hazard_no
