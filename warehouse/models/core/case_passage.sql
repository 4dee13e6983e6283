-- Grain: one over-limit case with the passage it rests on, how surely, and why. Nothing is guessed: of several equally
-- good candidates none is taken, and what no id says is said to be so.
-- exact: the case's check number on the day of the act names one passage, and the plate read there agrees (check_no) or
-- county and time within match_near_minutes do (check_no_other_plate: an officer's correction, or a plate not read;
-- read_plate_no). Whatever its verdict here: a case may rest on a passage that is within the limit by this law, or open,
-- and that must be seen (verdict).
-- near: plate, colour and county agree within match_near_minutes, and no other passage does. weak: the number alone,
-- which may be another site's or mistyped (check_no_only; what is near outweighs it), or the plate alone, within
-- match_weak_hours (plate_only). none: ambiguous (several), contested (another case comes to the same
-- passage, and not less surely), taken (it is named by another case's number), within_limit (only passages within the
-- limit, which no case of mass is guessed to rest on, whoever's they are), no_passage.
-- A passage that a case names by number (exact) is no candidate of another case of its kind: acts about mass and others (of
-- dimensions, of a permit) may be of one passage. Thresholds: seeds.parameter, unverified.
-- Only exact matches are facts of a case (core.violation); near and weak ones are for a person to look at.
with setting as (
    select
        max(case when parameter = 'match_near_minutes' then parameter_value end) as near_minutes,
        max(case when parameter = 'match_weak_hours' then parameter_value end) as weak_hours
    from {{ ref('parameter') }}
),
filed as (
    select
        record_id,
        delivery_id,
        source_line,
        case_no,
        act_code,
        check_no,
        plate_no,
        plate_color_code,
        county_code,
        violated_at,
        cast(violated_at as date) as violated_on,
        act_code in ('over_mass', 'over_mass_and_dimension') as is_about_mass
    from {{ ref('enforcement_case') }}
),
numbered as (
    select
        filed.record_id,
        filed.is_about_mass,
        passage.record_id as passage_record_id,
        passage.plate_no as read_plate_no,
        passage.verdict,
        coalesce(passage.plate_no = filed.plate_no, false) as is_same_plate,
        coalesce(
            passage.county_code = filed.county_code
            and abs(date_diff('second', filed.violated_at, passage.passed_at)) <= setting.near_minutes * 60,
            false
        ) as is_same_time
    from filed
    cross join setting
    inner join {{ ref('passage') }} as passage
        on passage.check_no = filed.check_no
        and passage.passed_date = filed.violated_on
),
-- Two sites may use one number on one day: the plate tells them apart, then county and time.
preferred as (
    select
        record_id,
        is_about_mass,
        passage_record_id,
        read_plate_no,
        verdict,
        case when is_same_plate then 'check_no' when is_same_time then 'check_no_other_plate' else 'check_no_only' end
            as match_reason,
        rank() over (
            partition by record_id order by case when is_same_plate then 1 when is_same_time then 2 else 3 end
        ) as place
    from numbered
),
by_number as (
    select
        record_id,
        is_about_mass,
        count(*) as candidate_count,
        min(passage_record_id) as passage_record_id,
        min(read_plate_no) as read_plate_no,
        min(verdict) as verdict,
        min(match_reason) as match_reason
    from preferred
    where place = 1 and match_reason <> 'check_no_only'
    group by record_id, is_about_mass
),
taken as (
    select distinct passage_record_id, is_about_mass from by_number where candidate_count = 1
),
alone as (
    select
        preferred.record_id,
        preferred.is_about_mass,
        preferred.passage_record_id,
        preferred.read_plate_no,
        preferred.verdict,
        taken.passage_record_id is not null as is_taken,
        taken.passage_record_id is null and not (preferred.verdict = 'within' and preferred.is_about_mass)
            as is_candidate
    from preferred
    left join taken
        on taken.passage_record_id = preferred.passage_record_id
        and taken.is_about_mass = preferred.is_about_mass
    where preferred.place = 1 and preferred.match_reason = 'check_no_only'
),
by_number_alone as (
    select
        record_id,
        is_about_mass,
        count(case when is_candidate then 1 end) as candidate_count,
        count(case when is_taken then 1 end) as taken_count,
        min(case when is_candidate then passage_record_id end) as passage_record_id,
        min(case when is_candidate then read_plate_no end) as read_plate_no,
        min(case when is_candidate then verdict end) as verdict
    from alone
    group by record_id, is_about_mass
),
around as (
    select
        filed.record_id,
        filed.is_about_mass,
        filed.plate_no,
        passage.record_id as passage_record_id,
        passage.verdict,
        passage.verdict = 'within' and filed.is_about_mass as is_within_limit,
        taken.passage_record_id is not null as is_taken,
        coalesce(
            passage.plate_color_code = filed.plate_color_code
            and passage.county_code = filed.county_code
            and abs(date_diff('second', filed.violated_at, passage.passed_at)) <= setting.near_minutes * 60,
            false
        ) as is_near
    from filed
    cross join setting
    left join by_number on by_number.record_id = filed.record_id
    inner join {{ ref('passage') }} as passage
        on passage.plate_no = filed.plate_no
        and passage.passed_at >= filed.violated_at - interval 1 hour * cast(setting.weak_hours as integer)
        and passage.passed_at <= filed.violated_at + interval 1 hour * cast(setting.weak_hours as integer)
    left join taken
        on taken.passage_record_id = passage.record_id
        and taken.is_about_mass = filed.is_about_mass
    where by_number.record_id is null
),
graded as (
    select
        record_id,
        is_about_mass,
        plate_no,
        passage_record_id,
        verdict,
        is_taken,
        is_within_limit,
        not is_taken and not is_within_limit as is_candidate,
        is_near and not is_taken and not is_within_limit as is_near_candidate
    from around
),
counted as (
    select
        record_id,
        is_about_mass,
        plate_no,
        count(case when is_near_candidate then 1 end) as near_count,
        count(case when is_candidate then 1 end) as weak_count,
        count(case when is_taken and not is_within_limit then 1 end) as taken_count,
        min(case when is_near_candidate then passage_record_id end) as near_record_id,
        min(case when is_candidate then passage_record_id end) as weak_record_id,
        min(case when is_near_candidate then verdict end) as near_verdict,
        min(case when is_candidate then verdict end) as weak_verdict
    from graded
    group by record_id, is_about_mass, plate_no
),
-- What each case comes to by itself: by number, by plate, by the number alone; the surest first.
proposed as (
    select
        record_id,
        is_about_mass,
        case when candidate_count = 1 then 'exact' else 'none' end as match_grade,
        case when candidate_count = 1 then match_reason else 'ambiguous' end as match_reason,
        candidate_count,
        passage_record_id,
        read_plate_no,
        verdict,
        1 as place
    from by_number
    union all
    select
        record_id,
        is_about_mass,
        case when near_count = 1 then 'near' when near_count = 0 and weak_count = 1 then 'weak' else 'none' end
            as match_grade,
        case
            when near_count = 1 then 'plate_time_county'
            when near_count > 1 or weak_count > 1 then 'ambiguous'
            when weak_count = 1 then 'plate_only'
            when taken_count > 0 then 'taken'
            else 'within_limit'
        end as match_reason,
        case when near_count > 0 then near_count else weak_count end as candidate_count,
        case when near_count > 0 then near_record_id else weak_record_id end as passage_record_id,
        plate_no as read_plate_no,
        case when near_count > 0 then near_verdict else weak_verdict end as verdict,
        case when near_count = 1 then 1 else 3 end as place
    from counted
    union all
    select
        record_id,
        is_about_mass,
        case when candidate_count = 1 then 'weak' else 'none' end as match_grade,
        case
            when candidate_count = 1 then 'check_no_only'
            when candidate_count > 1 then 'ambiguous'
            when taken_count > 0 then 'taken'
            else 'within_limit'
        end as match_reason,
        candidate_count,
        passage_record_id,
        read_plate_no,
        verdict,
        case when candidate_count = 1 then 2 else 4 end as place
    from by_number_alone
),
chosen as (
    select
        record_id,
        is_about_mass,
        match_grade,
        match_reason,
        candidate_count,
        passage_record_id,
        read_plate_no,
        verdict,
        row_number() over (partition by record_id order by place) as nth
    from proposed
),
-- The passage that a case comes to may be that of another one, too: a near match outweighs weak ones.
claimed as (
    select
        record_id,
        match_grade,
        match_reason,
        candidate_count,
        passage_record_id,
        read_plate_no,
        verdict,
        (
            match_grade = 'near'
            and count(case when match_grade = 'near' then 1 end) over (
                partition by passage_record_id, is_about_mass
            ) > 1
        )
        or (
            match_grade = 'weak'
            and count(case when match_grade in ('near', 'weak') then 1 end) over (
                partition by passage_record_id, is_about_mass
            ) > 1
        ) as is_contested
    from chosen
    where nth = 1
),
settled as (
    select
        record_id,
        case when is_contested then 'none' else match_grade end as match_grade,
        case when is_contested then 'contested' else match_reason end as match_reason,
        candidate_count,
        case when match_grade <> 'none' and not is_contested then passage_record_id end as passage_record_id,
        case when match_grade <> 'none' and not is_contested then read_plate_no end as read_plate_no,
        case when match_grade <> 'none' and not is_contested then verdict end as verdict
    from claimed
)
select
    filed.case_no,
    filed.act_code,
    filed.check_no,
    filed.plate_no,
    filed.plate_color_code,
    filed.county_code,
    filed.violated_at,
    filed.violated_on,
    coalesce(settled.match_grade, 'none') as match_grade,
    coalesce(settled.match_reason, 'no_passage') as match_reason,
    cast(coalesce(settled.candidate_count, 0) as bigint) as candidate_count,
    settled.passage_record_id,
    settled.read_plate_no,
    settled.verdict,
    filed.record_id,
    filed.delivery_id,
    filed.source_line
from filed
left join settled on settled.record_id = filed.record_id
