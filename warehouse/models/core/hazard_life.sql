-- Grain: one hazard of the counties' lists or of the steps, as it stands with the last step delivered.
-- What it is comes from the list, what became of it from the accepted steps (core.hazard_state); the county's own word for
-- the state and for the day of closure stands beside it as reported_…, so that a difference shows. A hazard without steps
-- has no state; one without a list row has no county, category and grade.
-- due_on is the day the last accepted extension set, else the list's; first_due_on the one that the first list told.
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
first_told as (
    select hazard_no, min(version_rank) as version_rank
    from {{ source('raw', 'hazard') }}
    where due_on is not null
    group by hazard_no
),
first_due as (
    select told.hazard_no, min(told.due_on) as due_on
    from {{ source('raw', 'hazard') }} as told
    inner join first_told on first_told.hazard_no = told.hazard_no and first_told.version_rank = told.version_rank
    where told.due_on is not null
    group by told.hazard_no
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
    first_due.due_on as first_due_on,
    coalesce(state.extended_due_on, hazard.due_on) as due_on,
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
left join first_due on first_due.hazard_no = listed.hazard_no
left join with_shared on with_shared.hazard_no = listed.hazard_no
