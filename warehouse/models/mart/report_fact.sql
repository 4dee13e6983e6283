-- Grain: one contribution to a figure of seeds.report_figure: part, subject and days; amounts of the same are summed,
-- those of one subject are its largest.
-- A flow counts when its first and last day both lie in the period (a hazard of the cohort registered in it: from its
-- registration to its closure; a fine taken away again: from its decision to that day, less than 0), a state when its
-- span holds the period's last day; an empty end is open.
-- part 'of' is what the value is taken from: the denominator of a rate, and what tells 0 from no data. Where a figure
-- has no 'of', nothing but its own rows can show that there are data.
-- row_count: rows behind the amount; a day of passages and a span of violations stand for all of theirs.
-- Amounts are items, fen or metres. Published values and units are in the seed; nothing here knows them.
with setting as (
    select
        max(case when parameter = 'long_line_km' then parameter_value end) as long_line_km,
        max(case when parameter = 'large_coach_seats' then parameter_value end) as large_coach_seats,
        max(case when parameter = 'loading_firm_tonnage_t' then parameter_value end) as loading_firm_tonnage_t,
        max(case when parameter = 'standard_kinds' then parameter_text end) as standard_kinds
    from {{ ref('parameter') }}
),
-- Repeat counts on the days on which one repeat_count is in force.
repeated as (
    select
        least_count.parameter_value as repeat_count,
        span.case_count,
        span.decided_count,
        greatest(span.first_day, coalesce(least_count.valid_from, span.first_day)) as first_day,
        case
            when span.last_day is null then least_count.valid_to
            when least_count.valid_to is null then span.last_day
            else least(span.last_day, least_count.valid_to)
        end as last_day
    from {{ ref('vehicle_violation_span') }} as span
    inner join {{ ref('parameter') }} as least_count
        on least_count.parameter = 'repeat_count'
        and coalesce(least_count.valid_from, span.first_day) <= coalesce(span.last_day, date '9999-12-31')
        and coalesce(least_count.valid_to, date '9999-12-31') >= span.first_day
),
-- Every row is evidence that its source spoke of the day, whatever of it counts.
hazard as (
    select
        hazard_category_code,
        registered_on,
        case when hazard_state = 'CLOSED' then hazard_closed_on end as removed_on
    from {{ ref('hazard') }}
),
-- Of a register's spans that overlap the one that began last holds: each day of a subject is told by one span.
span as (
    select 'line' as register, record_id, line_no as subject_no, valid_from, valid_to from {{ ref('coach_line') }}
    union all
    select 'vehicle', record_id, concat(plate_no, ' ', plate_color_code), valid_from, valid_to
    from {{ ref('monitored_vehicle') }}
    union all
    select 'enterprise', record_id, uscc, valid_from, valid_to from {{ ref('enterprise') }}
    union all
    select 'site', record_id, site_code, valid_from, valid_to from {{ ref('wim_site') }}
    union all
    select 'firm', record_id, firm_no, valid_from, valid_to from {{ ref('loading_firm') }}
),
edge as (
    select register, subject_no, valid_from as first_day from span
    union
    select register, subject_no, cast(valid_to + interval 1 day as date) from span where valid_to is not null
),
stretch as (
    select
        register,
        subject_no,
        first_day,
        cast(
            lead(first_day) over (partition by register, subject_no order by first_day) - interval 1 day as date
        ) as last_day
    from edge
),
holding as (
    select
        stretch.register,
        stretch.first_day,
        stretch.last_day,
        span.record_id,
        row_number() over (
            partition by stretch.register, stretch.subject_no, stretch.first_day
            order by span.valid_from desc, span.record_id
        ) as nth
    from stretch
    inner join span
        on span.register = stretch.register
        and span.subject_no = stretch.subject_no
        and stretch.first_day >= span.valid_from
        and stretch.first_day <= coalesce(span.valid_to, stretch.first_day)
),
line as (
    select told.line_distance_km, holding.first_day, holding.last_day
    from holding
    inner join {{ ref('coach_line') }} as told on told.record_id = holding.record_id
    where holding.register = 'line' and holding.nth = 1
),
monitored as (
    select
        vehicle.monitored_class in ('tourist_coach', 'charter_coach', 'line_coach') as is_coach,
        vehicle.monitored_class in ('bus', 'taxi') as is_civic,
        figure.figure_id,
        vehicle.seat_count,
        vehicle.has_smart_terminal,
        vehicle.carries_slogan,
        holding.first_day,
        holding.last_day
    from holding
    inner join {{ ref('monitored_vehicle') }} as vehicle on vehicle.record_id = holding.record_id
    left join {{ ref('report_figure') }} as figure
        on figure.figure_id = case vehicle.monitored_class when 'bus' then 'F23' when 'taxi' then 'F24' else 'F22' end
        and (
            figure.county_codes is null
            or concat(',', figure.county_codes, ',') like concat('%,', vehicle.county_code, ',%')
        )
    where holding.register = 'vehicle' and holding.nth = 1
),
site as (
    select told.road_code, holding.first_day, holding.last_day
    from holding
    inner join {{ ref('wim_site') }} as told on told.record_id = holding.record_id
    where holding.register = 'site' and holding.nth = 1
),
firm as (
    select
        holding.first_day,
        holding.last_day,
        case
            when told.linked_to_city and told.linked_to_province
                then greatest(holding.first_day, coalesce(told.linked_on, holding.first_day))
        end as linked_from
    from holding
    inner join {{ ref('loading_firm') }} as told on told.record_id = holding.record_id
    cross join setting
    where holding.register = 'firm' and holding.nth = 1 and told.annual_tonnage_t >= setting.loading_firm_tonnage_t
),
illegal as (
    select
        case_no,
        found_on,
        decided_on,
        decided_fen,
        case_state in ('void', 'withdrawn') as is_dropped
    from {{ ref('illegal_operation_case') }}
),
look as (
    select
        screened_date,
        screening_result,
        row_number() over (partition by site_code, check_no, passed_date order by screened_date desc) as nth
    from {{ ref('screening') }}
),
small_work as (
    select finished_on
    from {{ ref('small_works') }}
    where (is_warning_post_done or not is_warning_post_planned)
        and (is_warning_sign_done or not is_warning_sign_planned)
        and (is_speed_hump_done or not is_speed_hump_planned)
        and (is_convex_mirror_done or not is_convex_mirror_planned)
        and (is_flashing_light_done or not is_flashing_light_planned)
),
held_to_standard as (
    select told.uscc, holding.first_day, holding.last_day
    from holding
    inner join {{ ref('enterprise') }} as told on told.record_id = holding.record_id
    cross join setting
    where holding.register = 'enterprise' and holding.nth = 1
        and concat(',', standard_kinds, ',') like concat('%,', told.enterprise_kind, ',%')
),
contribution as (
    -- F01-F04: what the bureau held and sent.
    select
        case meeting_kind when 'regular' then 'F01a' when 'party_group' then 'F01b' when 'special' then 'F01c' end
            as figure_id,
        'value' as part, cast(null as varchar) as subject_no, held_on as first_day, held_on as last_day, 1 as row_count,
        1 as amount
    from {{ ref('meeting') }}
    union all
    select figure.figure_id, 'of', null, meeting.held_on, meeting.held_on, 1, 1
    from {{ ref('meeting') }} as meeting
    inner join {{ ref('report_figure') }} as figure on figure.source_feeds = 'meeting'
    union all
    select 'F02', 'value', null, issued_on, issued_on, 1, 1 from {{ ref('bulletin') }}
    union all
    select 'F03', 'value', null, held_on, held_on, 1, 1 from {{ ref('interview') }}
    union all
    select 'F04', 'value', null, sent_on, sent_on, 1, 1 from {{ ref('referral') }}
    union all
    -- F05-F07: long lines, large coaches, relay points.
    select 'F05', 'of', null, first_day, last_day, 1, 1 from line
    union all
    select 'F05', 'value', null, first_day, last_day, 1, 1
    from line cross join setting
    where line_distance_km >= long_line_km
    union all
    select 'F06', 'of', null, first_day, last_day, 1, 1 from monitored where is_coach
    union all
    select 'F06', 'value', null, first_day, last_day, 1, 1
    from monitored cross join setting
    where is_coach and seat_count >= large_coach_seats
    union all
    -- Every span of a point keeps the inspection it was told of: the last one counts.
    select 'F07', 'value', relay_point_no, max(inspected_on), max(inspected_on), count(inspected_on), 1
    from {{ ref('relay_point') }}
    group by relay_point_no
    union all
    -- F08: every weighed passage once; the limit and the verdict do not matter.
    select 'F08', 'value', null, passed_date, passed_date, weighed_count, weighed_count from {{ ref('overload_daily') }}
    union all
    select 'F08', 'of', null, passed_date, passed_date, passage_count, passage_count from {{ ref('overload_daily') }}
    union all
    -- F09, F11: one cohort by registration; a hazard reopened is not removed.
    select 'F09a', 'value', null, registered_on, registered_on, 1, 1 from hazard where hazard_category_code = 'HWY'
    union all
    select
        case hazard_category_code when 'HWY' then 'F09b' when 'SIGN' then 'F11' end,
        'of', null, registered_on, registered_on, 1, 1
    from hazard
    union all
    select
        case hazard_category_code when 'HWY' then 'F09b' when 'SIGN' then 'F11' end,
        'value', null, registered_on, removed_on, 1, 1
    from hazard
    where removed_on is not null
    union all
    -- F12, F13: removed in the period, whenever registered; this is no rate.
    select
        case hazard_category_code when 'VESSEL' then 'F12' when 'RAIL' then 'F13' end,
        'value', null, removed_on, removed_on, 1, 1
    from hazard
    union all
    select
        case hazard_category_code when 'VESSEL' then 'F12' when 'RAIL' then 'F13' end,
        'of', null, coalesce(removed_on, registered_on), coalesce(removed_on, registered_on), 1, 1
    from hazard
    union all
    -- F10, F28-F30: works that are finished, as planned.
    select 'F10', 'value', null, finished_on, finished_on, 1, 1 from small_work
    union all
    select
        case works_kind when 'safety' then 'F28' when 'bridge' then 'F29' when 'refinement' then 'F30' end,
        'value', null, finished_on, finished_on, 1,
        cast(round(done_quantity * case works_unit when 'km' then 1000 else 1 end) as bigint)
    from {{ ref('road_works') }}
    union all
    -- F14: the last look at a passage holds.
    select 'F14', 'of', null, screened_date, screened_date, 1, 1 from look where nth = 1
    union all
    select 'F14', 'value', null, screened_date, screened_date, 1, 1
    from look
    where nth = 1 and screening_result = 'confirmed'
    union all
    -- F15, F16: the verbs of licence loss are never merged; F16 goes by the sender's word.
    select
        case licence_kind when 'operating_permit' then 'F15' when 'driver_certificate' then 'F16' end,
        'of', null, decided_on, decided_on, 1, 1
    from {{ ref('licence_action') }}
    union all
    select 'F15', 'value', null, decided_on, decided_on, 1, 1
    from {{ ref('licence_action') }}
    where licence_kind = 'operating_permit' and licence_action = 'deregistered'
    union all
    select 'F16', 'value', null, decided_on, decided_on, 1, 1
    from {{ ref('licence_action') }}
    where licence_kind = 'driver_certificate' and licence_action <> 'deregistered' and as_reported like '%撤销%'
    union all
    -- F17, F18: cases by the day of filing, vehicles by the day they were found.
    select 'F17', 'value', null, filed_on, filed_on, 1, 1 from {{ ref('enforcement_case') }}
    union all
    select 'F17', 'of', null, coalesce(filed_on, found_on), coalesce(filed_on, found_on), 1, 1
    from {{ ref('enforcement_case') }}
    union all
    select 'F18', 'of', null, found_on, found_on, 1, 1 from illegal
    union all
    select 'F18', 'value', null, found_on, found_on, 1, 1 from illegal where not is_dropped
    union all
    -- F19: the amount decided and in effect on the period's last day: what a step took away later is taken off again
    -- where that day lies in the period, too. A county's list tells of a case without a decision of its own.
    select 'F19', 'value', null, decided_on, decided_on, 1, decided_fen
    from {{ ref('case_decision') }}
    where is_in_effect or effect_ended_on is not null
    union all
    select 'F19', 'value', null, decided_on, effect_ended_on, 0, -decided_fen
    from {{ ref('case_decision') }}
    where effect_ended_on is not null
    union all
    select 'F19', 'value', null, illegal.decided_on, illegal.decided_on, 1, illegal.decided_fen
    from illegal
    inner join {{ ref('case_outcome') }} as outcome
        on outcome.case_kind = 'illegal_operation' and outcome.case_no = illegal.case_no
    left join (select distinct case_no from {{ ref('case_decision') }} where case_kind = 'illegal_operation') as decided
        on decided.case_no = illegal.case_no
    where decided.case_no is null and outcome.ended_state is null
    union all
    -- F20: G or S and three digits are national and provincial roads; motorways have one, two or four.
    select 'F20', 'of', null, first_day, last_day, 1, 1 from site
    union all
    select 'F20', 'value', null, first_day, last_day, 1, 1
    from site
    where substr(road_code, 1, 1) in ('G', 'S') and length(road_code) = 4
    union all
    -- F21: linked from the day of the link on.
    select 'F21', 'of', null, first_day, last_day, 1, 1 from firm
    union all
    select 'F21', 'value', null, linked_from, last_day, 1, 1
    from firm
    where linked_from <= coalesce(last_day, linked_from)
    union all
    -- F22-F24, F32: vehicles under monitoring.
    select figure_id, 'of', null, first_day, last_day, 1, 1 from monitored
    union all
    select figure_id, 'value', null, first_day, last_day, 1, 1 from monitored where has_smart_terminal
    union all
    select 'F32', 'of', null, first_day, last_day, 1, 1 from monitored where is_civic
    union all
    select 'F32', 'value', null, first_day, last_day, 1, 1 from monitored where is_civic and carries_slogan
    union all
    -- F25: which violations count is decided in core.vehicle_violation_span.
    select 'F25a', 'of', null, first_day, last_day, case_count, 1 from repeated
    union all
    select 'F25a', 'value', null, first_day, last_day, case_count, 1 from repeated where decided_count = repeat_count
    union all
    select 'F25b', 'of', null, first_day, last_day, case_count, 1 from repeated where case_count = repeat_count
    union all
    select 'F25b', 'value', null, first_day, last_day, case_count, 1
    from repeated
    where case_count = repeat_count and decided_count = repeat_count
    union all
    -- F26, F27: an enterprise counts once, whatever its certificates and spans.
    select 'F26', 'value', uscc, passed_standard_on, passed_standard_on, 1, 1 from {{ ref('safety_standard') }}
    union all
    select 'F27', 'of', uscc, first_day, last_day, 1, 1 from held_to_standard
    union all
    select
        'F27', 'value', held.uscc,
        greatest(held.first_day, standard.valid_from),
        least(coalesce(held.last_day, standard.valid_to), standard.valid_to),
        1, 1
    from held_to_standard as held
    inner join {{ ref('safety_standard') }} as standard
        on standard.uscc = held.uscc
        and standard.valid_from <= coalesce(held.last_day, date '9999-12-31')
        and standard.valid_to >= held.first_day
    union all
    -- F31: of an enterprise that took part more than once the largest event counts.
    select 'F31a', 'value', uscc, held_on, held_on, 1, 1 from {{ ref('training') }}
    union all
    select 'F31b', 'value', uscc, held_on, held_on, 1, trained_count from {{ ref('training') }}
    union all
    select 'F31c', 'value', uscc, held_on, held_on, 1, trained_count from {{ ref('training') }}
    union all
    select 'F31c', 'of', uscc, held_on, held_on, 1, staff_count from {{ ref('training') }}
)
select
    figure_id,
    part,
    subject_no,
    first_day,
    last_day,
    cast(sum(row_count) as bigint) as row_count,
    cast(case when subject_no is null then sum(amount) else max(amount) end as bigint) as amount
from contribution
where figure_id is not null and first_day is not null and amount is not null
group by figure_id, part, subject_no, first_day, last_day
