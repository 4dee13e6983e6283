-- Grain: one over-limit case about mass or dimensions: one act of one vehicle, with every fact that decides whether and
-- when it counts for the repeat rule (公路安全保护条例 art. 66). Nothing is counted or left out here: warehouse.repeat does,
-- as of a day.
-- ended_on: day of the first step after the last decision that took the act's effect away (ended_state); of a case whose
-- only decisions are not to penalise the first of them. An act whose state alone says that it ended has none.
-- decided_on: the first decision with an effect; a warning is one. Of an act that was decided anew after the decision was
-- taken away, the first one since or, where none is dated so, the step that decided it anew.
-- earlier_decided_on, earlier_ended_on, earlier_ended_state: what held before decided_on of such an act: the first
-- decision and the first step (or decision not to penalise) that took it away. Of more than two rounds the first and the
-- last are told; in between the act counts as ended.
-- The passage is the one the case names by its check number (core.case_passage, exact). What plate, time and county
-- suggest is not taken: its thresholds are assumptions, and an act must not count by them. Such an act has no ratio, nor
-- has one whose passage is not over the limit by this law: it is shown, and how far over it was is not known.
-- is_within_limit: that passage or, where the number names none, all that was weighed of the plate around the act is
-- within the limit.
-- counted_ratio: the excess ratio above which an act counts, of the day of the act (seeds.parameter).
-- last_unladen_at: the vehicle's last unladen passage within repeat_merge_hours before the act; it ends a trip.
with setting as (
    select
        max(case when parameter = 'repeat_merge_hours' then parameter_value end) as merge_hours,
        max(case when parameter = 'unladen_share' then parameter_value end) as unladen_share
    from {{ ref('parameter') }}
),
-- A case that ended without a penalty is closed afterwards like any other: its steps tell, not its state of today.
turn as (
    select
        case_no,
        case_state,
        cast(event_at as date) as event_on,
        case when case_state in ('decided', 'decided_simple') then 0 else 1 end as is_end,
        row_number() over (partition by case_no order by event_at, event_no, record_id) as nth
    from {{ ref('case_event') }}
    where case_state in ('decided', 'decided_simple') or {{ is_ended('case_state') }}
),
placed as (
    select
        case_no,
        case_state,
        event_on,
        is_end,
        nth,
        coalesce(max(case when is_end = 0 then nth end) over (partition by case_no), 0) as last_decided_nth
    from turn
),
-- Of the ends before and of those after the last decision the first one each.
ending as (
    select
        case_no,
        case_state,
        event_on,
        nth > last_decided_nth as is_last,
        row_number() over (partition by case_no, nth > last_decided_nth order by nth) as place,
        max(event_on) over (partition by case_no, nth > last_decided_nth) as taken_on,
        max(nth) over (partition by case_no, nth > last_decided_nth) as taken_nth
    from placed
    where is_end = 1
),
ended as (
    select case_no, case_state as ended_state, event_on as ended_on
    from ending
    where is_last and place = 1
),
-- Decided anew after the act had lost its effect.
anew as (
    select
        ending.case_no,
        ending.case_state as earlier_ended_state,
        ending.event_on as earlier_ended_on,
        ending.taken_on,
        min(turn.event_on) as anew_on
    from ending
    inner join turn on turn.case_no = ending.case_no and turn.is_end = 0 and turn.nth > ending.taken_nth
    where not ending.is_last and ending.place = 1
    group by ending.case_no, ending.case_state, ending.event_on, ending.taken_on
),
dated as (
    select
        penalty.case_no,
        min(penalty.decided_on) as first_on,
        min(case when penalty.penalty_kind <> 'no_penalty' then penalty.decided_on end) as first_decided_on,
        min(case when penalty.penalty_kind = 'no_penalty' then penalty.decided_on end) as first_unpunished_on,
        min(case
            when penalty.penalty_kind <> 'no_penalty' and penalty.decided_on >= anew.taken_on then penalty.decided_on
        end) as decided_anew_on
    from {{ ref('penalty_decision') }} as penalty
    left join anew on anew.case_no = penalty.case_no
    group by penalty.case_no
),
decision as (
    select
        dated.case_no,
        dated.first_on,
        dated.first_decided_on,
        case
            when anew.case_no is null then dated.first_decided_on
            when dated.first_decided_on is not null then coalesce(dated.decided_anew_on, anew.anew_on)
        end as decided_on,
        case
            when dated.first_unpunished_on < coalesce(dated.first_decided_on, dated.first_unpunished_on)
                and dated.first_unpunished_on <= coalesce(anew.earlier_ended_on, dated.first_unpunished_on)
                then dated.first_unpunished_on
        end as unpunished_on,
        anew.earlier_ended_state,
        anew.earlier_ended_on
    from dated
    left join anew on anew.case_no = dated.case_no
),
act as (
    select
        enforcement.record_id,
        enforcement.delivery_id,
        enforcement.source_line,
        enforcement.case_no,
        enforcement.act_code,
        enforcement.detection_mode,
        enforcement.check_no,
        enforcement.plate_no,
        enforcement.plate_color_code,
        enforcement.driver_id_hash,
        enforcement.driver_certificate_no,
        enforcement.uscc,
        enforcement.county_code,
        enforcement.violated_at,
        cast(enforcement.violated_at as date) as violated_on,
        case
            when enforcement.procedure = 'simple' then coalesce(enforcement.filed_on, enforcement.found_on)
            else enforcement.filed_on
        end as filed_on,
        decision.decided_on,
        case
            when ended.case_no is null and {{ is_ended('enforcement.case_state') }} then enforcement.case_state
            when decision.decided_on is null and decision.first_on <= coalesce(ended.ended_on, decision.first_on)
                then 'no_penalty'
            else ended.ended_state
        end as ended_state,
        case
            when ended.case_no is null and {{ is_ended('enforcement.case_state') }} then null
            when decision.decided_on is null and decision.first_on <= coalesce(ended.ended_on, decision.first_on)
                then decision.first_on
            else ended.ended_on
        end as ended_on,
        case
            when decision.first_decided_on < decision.decided_on then decision.first_decided_on
        end as earlier_decided_on,
        case
            when decision.decided_on is null then null
            when decision.unpunished_on is not null then 'no_penalty'
            else decision.earlier_ended_state
        end as earlier_ended_state,
        case
            when decision.decided_on is not null then coalesce(decision.unpunished_on, decision.earlier_ended_on)
        end as earlier_ended_on,
        enforcement.case_state
    from {{ ref('enforcement_case') }} as enforcement
    left join decision on decision.case_no = enforcement.case_no
    left join ended on ended.case_no = enforcement.case_no
    where enforcement.act_code in ('over_mass', 'over_mass_and_dimension', 'over_dimension')
),
found as (
    select
        matched.record_id,
        matched.passage_record_id,
        passage.site_code,
        finding.excess_ratio,
        passage.gross_vehicle_weight_kg,
        passage.limit_kg,
        finding.flags,
        finding.permit_no,
        finding.is_permitted,
        passage.verdict
    from {{ ref('case_passage') }} as matched
    inner join {{ ref('passage') }} as passage
        on passage.record_id = matched.passage_record_id
        and passage.passed_date = matched.violated_on
    left join {{ ref('finding') }} as finding
        on finding.record_id = matched.passage_record_id
        and finding.passed_date = matched.violated_on
    where matched.match_grade = 'exact'
),
-- Only vehicles with another act shortly before can have been unladen between two.
close_act as (
    select record_id, plate_no, plate_color_code, violated_at, earlier_at
    from (
        select
            act.record_id,
            act.plate_no,
            act.plate_color_code,
            act.violated_at,
            lag(act.violated_at) over (
                partition by act.plate_no, act.plate_color_code order by act.violated_at, act.case_no
            ) as earlier_at
        from act
    ) as follow
    cross join setting
    where violated_at <= earlier_at + interval 1 second * cast(setting.merge_hours * 3600 as integer)
),
unladen as (
    select close_act.record_id, max(passage.passed_at) as last_unladen_at
    from close_act
    cross join setting
    inner join {{ ref('passage') }} as passage
        on passage.plate_no = close_act.plate_no
        and passage.plate_color_code = close_act.plate_color_code
        and passage.passed_at > close_act.violated_at - interval 1 second * cast(setting.merge_hours * 3600 as integer)
        and passage.passed_at < close_act.violated_at
    where passage.gross_vehicle_weight_kg <= passage.limit_low_kg * setting.unladen_share
    group by close_act.record_id
)
select
    act.plate_no,
    act.plate_color_code,
    act.violated_at,
    act.violated_on,
    act.case_no,
    act.act_code,
    act.detection_mode,
    act.county_code,
    substr(act.county_code, 1, 4) not in (select substr(county_code, 1, 4) from {{ ref('county') }}) as is_elsewhere,
    coalesce(act.driver_certificate_no, act.driver_id_hash) as driver_no,
    act.driver_certificate_no,
    act.uscc,
    act.filed_on,
    act.decided_on,
    act.ended_state,
    act.ended_on,
    act.earlier_decided_on,
    act.earlier_ended_state,
    act.earlier_ended_on,
    act.case_state,
    act.check_no,
    found.passage_record_id,
    found.site_code,
    found.gross_vehicle_weight_kg,
    found.limit_kg,
    found.excess_ratio,
    ratio.parameter_value as counted_ratio,
    found.flags,
    found.permit_no,
    coalesce(found.is_permitted, false) as is_permitted,
    coalesce(found.verdict = 'within' or matched.match_reason = 'within_limit', false) as is_within_limit,
    unladen.last_unladen_at,
    act.record_id,
    act.delivery_id,
    act.source_line
from act
left join {{ ref('parameter') }} as ratio
    on ratio.parameter = 'repeat_excess_ratio'
    and act.violated_on >= coalesce(ratio.valid_from, act.violated_on)
    and act.violated_on <= coalesce(ratio.valid_to, act.violated_on)
left join found on found.record_id = act.record_id
left join {{ ref('case_passage') }} as matched on matched.record_id = act.record_id
left join unladen on unladen.record_id = act.record_id
