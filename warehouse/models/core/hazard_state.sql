-- Grain: one step of one hazard as it was delivered, in the order in which it happened, accepted or refused.
-- Order is that of the steps' instants and numbers, whatever the order of arrival. A step is judged from the state that
-- the accepted steps before it led to, not from the one it claims; the allowed ones are seeds.hazard_transition.
-- A refused step stays here with its reason and changes nothing. What a step needs (hazard_guard): SIGNER an officer who
-- accepts; NEW_DUE a new last day; RECHECK a check on site since the listing, as the listings tell it; CLOSURE that a
-- listed hazard is delisted, and of a major one photos before and after and a signer. Listed is what a step or the
-- register of listings says is; a delisting step since its day ends either. A photo before was taken no later than the
-- removal was submitted. A photo after is another picture, later than a photo before, and taken since the removal began:
-- since it was charged, rejected or reopened the last time, and the removal that follows upon that.
-- due_on begins with the first list's day (core.hazard_due). An extension moves it that is accepted on that day or before;
-- a later one changes the state and not the day (is_late_extension). Where no day was told, any extension sets one.
-- The columns after refusal tell what holds once the step was judged: a hazard as of a day is its last row up to that day.
with recursive ordered as (
    select
        step.record_id,
        step.delivery_id,
        step.source_line,
        step.flags,
        step.hazard_no,
        step.event_no,
        row_number() over (
            partition by step.hazard_no order by step.event_at, step.event_no, step.record_id
        ) as step_no,
        step.event_at,
        cast(step.event_at as date) as step_on,
        step.previous_hazard_state,
        step.hazard_state,
        step.handling_unit,
        step.officer_no,
        step.extended_due_on,
        step.step_note,
        coalesce(hazard.hazard_grade = 'major', false) as is_major,
        hazard_due.first_due_on
    from {{ ref('hazard_event') }} as step
    left join {{ ref('hazard') }} as hazard on hazard.hazard_no = step.hazard_no
    left join {{ ref('hazard_due') }} as hazard_due on hazard_due.hazard_no = step.hazard_no
),
picture_before as (
    select hazard_no, photo_sha256, min(taken_at) as taken_at
    from {{ ref('hazard_photo') }}
    where photo_stage = 'before'
    group by hazard_no, photo_sha256
),
picture_after as (
    select photo.hazard_no, photo.taken_at
    from {{ ref('hazard_photo') }} as photo
    left join picture_before as before
        on before.hazard_no = photo.hazard_no and before.photo_sha256 = photo.photo_sha256
    where photo.photo_stage = 'after' and before.hazard_no is null
),
seen_before as (
    select hazard_no, min(taken_at) as taken_at from picture_before group by hazard_no
),
seen_after as (
    select ordered.record_id, max(picture_after.taken_at) as taken_at
    from ordered
    inner join picture_after
        on picture_after.hazard_no = ordered.hazard_no and picture_after.taken_at <= ordered.event_at
    where ordered.hazard_state = 'CLOSED'
    group by ordered.record_id
),
in_register as (
    select ordered.record_id, max(listing.listed_on) as listed_on
    from ordered
    inner join {{ ref('listing') }} as listing
        on listing.hazard_no = ordered.hazard_no
        and listing.listed_on <= ordered.step_on
        and coalesce(listing.delisted_on > ordered.step_on, true)
    where ordered.hazard_state = 'CLOSED'
    group by ordered.record_id
),
rechecked as (
    select ordered.record_id, max(listing.rechecked_on) as rechecked_on
    from ordered
    inner join {{ ref('listing') }} as listing
        on listing.hazard_no = ordered.hazard_no and listing.rechecked_on <= ordered.step_on
    where ordered.hazard_state = 'DELISTED'
    group by ordered.record_id
),
step as (
    select
        ordered.record_id,
        ordered.hazard_no,
        ordered.step_no,
        ordered.event_at,
        ordered.step_on,
        ordered.hazard_state,
        ordered.is_major,
        ordered.first_due_on,
        ordered.officer_no is not null as has_officer,
        ordered.extended_due_on,
        seen_before.taken_at as before_at,
        seen_after.taken_at as after_at,
        in_register.listed_on as register_listed_on,
        rechecked.rechecked_on
    from ordered
    left join seen_before on seen_before.hazard_no = ordered.hazard_no
    left join seen_after on seen_after.record_id = ordered.record_id
    left join in_register on in_register.record_id = ordered.record_id
    left join rechecked on rechecked.record_id = ordered.record_id
),
judged as (
    select
        hazard_no,
        0 as step_no,
        cast(null as varchar) as record_id,
        'START' as state_before,
        cast(null as varchar) as transition_id,
        cast(null as varchar) as refusal,
        'START' as state_after,
        cast(null as date) as listed_on,
        false as has_signer,
        cast(null as date) as delisted_on,
        cast(null as timestamp) as submitted_at,
        cast(null as timestamp) as removal_at,
        false as is_late_extension,
        first_due_on as due_on
    from step
    where step_no = 1
    union all
    select
        next_step.hazard_no,
        next_step.step_no,
        next_step.record_id,
        next_step.state_before,
        next_step.transition_id,
        next_step.refusal,
        case when next_step.refusal is null then next_step.hazard_state else next_step.state_before end as state_after,
        case
            when next_step.refusal is not null then next_step.listed_on
            when next_step.hazard_state = 'LISTED' then next_step.step_on
            when next_step.hazard_state <> 'DELISTED' then next_step.listed_on
        end as listed_on,
        case
            when next_step.refusal is not null then next_step.has_signer
            when next_step.hazard_state = 'ACCEPTED' then next_step.has_officer
            when next_step.hazard_state in ('DELISTED', 'CLOSED') then next_step.has_signer
            else false
        end as has_signer,
        case
            when next_step.refusal is null and next_step.hazard_state = 'DELISTED' then next_step.step_on
            else next_step.delisted_on
        end as delisted_on,
        case
            when next_step.refusal is null and next_step.hazard_state = 'SUBMITTED' then next_step.event_at
            else next_step.submitted_at
        end as submitted_at,
        case
            when next_step.refusal is not null then next_step.removal_at
            when next_step.hazard_state in ('ASSIGNED', 'REJECTED', 'REOPENED') then next_step.event_at
            when
                next_step.hazard_state = 'RECTIFYING'
                and next_step.state_before in ('ASSIGNED', 'REJECTED', 'REOPENED')
                then next_step.event_at
            else next_step.removal_at
        end as removal_at,
        next_step.refusal is null
        and next_step.hazard_state = 'EXTENDED'
        and coalesce(next_step.step_on > next_step.due_on, false) as is_late_extension,
        case
            when next_step.refusal is not null or next_step.hazard_state <> 'EXTENDED' then next_step.due_on
            when next_step.step_on > next_step.due_on then next_step.due_on
            else next_step.new_due_on
        end as due_on
    from (
        select
            step.hazard_no,
            step.step_no,
            step.record_id,
            step.event_at,
            step.step_on,
            step.hazard_state,
            step.has_officer,
            step.extended_due_on as new_due_on,
            judged.state_after as state_before,
            judged.listed_on,
            judged.has_signer,
            judged.delisted_on,
            judged.submitted_at,
            judged.removal_at,
            judged.due_on,
            transition.rule_id as transition_id,
            case
                when transition.rule_id is null then 'illegal_step'
                when transition.hazard_guard = 'SIGNER' and not step.has_officer then 'no_signer'
                when transition.hazard_guard = 'NEW_DUE' and step.extended_due_on is null then 'no_new_day'
                when
                    transition.hazard_guard = 'RECHECK'
                    and (step.rechecked_on is null or step.rechecked_on < judged.listed_on)
                    then 'not_rechecked'
                when transition.hazard_guard <> 'CLOSURE' or transition.hazard_guard is null then null
                when judged.listed_on is not null then 'still_listed'
                when
                    step.register_listed_on is not null
                    and (judged.delisted_on is null or judged.delisted_on < step.register_listed_on)
                    then 'still_listed'
                when not step.is_major then null
                when not judged.has_signer then 'no_signer'
                when step.before_at is null or step.before_at > judged.submitted_at then 'no_photo_before'
                when
                    step.after_at is null or step.after_at <= step.before_at or step.after_at < judged.removal_at
                    then 'no_photo_after'
            end as refusal
        from judged
        inner join step on step.hazard_no = judged.hazard_no and step.step_no = judged.step_no + 1
        left join {{ ref('hazard_transition') }} as transition
            on transition.from_hazard_state = judged.state_after
            and transition.to_hazard_state = step.hazard_state
            and {{ in_force('transition', 'step.step_on') }}
    ) as next_step
),
told as (
    select
        ordered.record_id,
        ordered.delivery_id,
        ordered.source_line,
        ordered.flags,
        ordered.hazard_no,
        ordered.step_no,
        ordered.event_no,
        ordered.event_at,
        ordered.step_on,
        ordered.handling_unit,
        ordered.officer_no,
        ordered.extended_due_on as new_due_on,
        ordered.step_note,
        ordered.previous_hazard_state,
        judged.state_before,
        ordered.hazard_state,
        judged.transition_id,
        judged.refusal,
        judged.state_after,
        judged.listed_on is not null as is_listed,
        judged.is_late_extension,
        judged.due_on,
        case when judged.refusal is null then ordered.hazard_state end as accepted_state
    from judged
    inner join ordered on ordered.record_id = judged.record_id
)
select
    record_id,
    delivery_id,
    source_line,
    flags,
    hazard_no,
    cast(step_no as integer) as step_no,
    event_no,
    event_at,
    step_on,
    handling_unit,
    officer_no,
    new_due_on,
    step_note,
    previous_hazard_state,
    state_before,
    hazard_state,
    transition_id as rule_id,
    refusal is null as is_accepted,
    refusal,
    state_after,
    is_listed,
    is_late_extension,
    due_on,
    max(case when accepted_state = 'ASSIGNED' then step_on end) over so_far as assigned_on,
    max(case when accepted_state = 'ACCEPTED' then step_on end) over so_far as accepted_on,
    case
        when state_after = 'CLOSED' then max(case when accepted_state = 'CLOSED' then step_on end) over so_far
    end as hazard_closed_on,
    min(case when accepted_state = 'CLOSED' then step_on end) over so_far as first_closed_on,
    max(case when accepted_state = 'LISTED' then step_on end) over so_far as listed_on,
    max(case when accepted_state = 'DELISTED' then step_on end) over so_far as delisted_on,
    max(case when accepted_state = 'REOPENED' then step_on end) over so_far as reopened_on,
    cast(count(case when accepted_state = 'CLOSED' then 1 end) over so_far as integer) as closure_count,
    cast(count(case when accepted_state = 'REOPENED' then 1 end) over so_far as integer) as reopened_count,
    cast(count(case when accepted_state = 'EXTENDED' then 1 end) over so_far as integer) as extension_count,
    cast(count(case when is_late_extension then 1 end) over so_far as integer) as late_extension_count,
    cast(count(refusal) over so_far as integer) as refused_count
from told
window so_far as (partition by hazard_no order by step_no)
