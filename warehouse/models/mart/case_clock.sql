-- Grain: one clock of one case, of one decision where the clock is a decision's: from which day it runs, when it is due
-- and what ended it. The rule is the one in force on the day it began (seeds.procedure_clock, or the parameter that sets
-- it where the statute only says "promptly"). Whether an open clock runs or is overdue depends on the day it is looked
-- at, which no model knows: warehouse.cases tells it, as of a day, and with it the surcharge.
-- clock_result: met (ended by the last day), late (after it), omitted (of filing and notice: the case was decided without
-- it or before it; ended on the day of the decision), used (the party did), open, not_applicable (with why_not: no_rule,
-- in force that day; no_calendar, beyond the years of core.working_day; what stops a clock, before it began or, of
-- case_ended, on a day that is not told).
-- clock_stopped_on: where nothing ended it, the day on which its case or its decision lost its effect (case_ended): until
-- then it ran (stopped), since then it does not apply. court_enforcement stops as well on the day of payment in full
-- (paid) and on that of an appeal (appealed): from when its outcome lets the time run no feed tells.
-- is_party_time: time that the party has and nobody else can miss. No feed tells the day of a request: a hearing held or
-- an appeal taken up shows that the party used it (used), and without either nothing is known. Which of the two an appeal
-- is, reconsideration or court, no step tells: it uses both times.
-- court_enforcement (行政强制法 art. 53) begins on the last day of the later of the party's two times and ends with the step
-- to enforcement. It is of over-limit cases with steps: nothing tells that of others. The reminder (C-REMIND) that has to
-- be served ten working days before has no feed, nor has a payment that was put off (行政处罚法 arts 66 and 72): both are
-- left out.
-- Working days count from the day after; a calendar deadline on a day off moves to the next working day for the clocks
-- that the parameter deadline_roll_clocks names. late_surcharge begins the day after payment was due, on what was unpaid
-- then (principal_fen), and has no last day. has_verified_rule: the rule was read in a text, and so were the calendar, the
-- roll and the signs of the prefecture's plates (handover) where they matter. That of a hearing never is: it is owed for
-- larger fines only (行政处罚法 art. 63), and no amount for that is loaded, so the clock runs for every penalty notice.
-- Left out, for no feed tells them: notice of a hearing, publication and its withdrawal, copies of decisions made on the
-- spot, cash handed in, evidence registered, seizures.
with setting as (
    select
        max(case when parameter = 'deadline_roll_clocks' then parameter_text end) as roll_clocks,
        max(case when parameter = 'deadline_roll_clocks' then confidence end) as roll_confidence,
        max(case when parameter = 'local_plate_prefix' then confidence end) as prefix_confidence
    from {{ ref('parameter') }}
),
step as (
    select
        case_no,
        max(case when case_state = 'evidence_review' then event_on end) as reviewed_on,
        min(case when case_state = 'notified' then event_on end) as notified_on,
        max(case when case_state = 'pre_notice' then event_on end) as pre_notice_on,
        max(case when case_state = 'hearing' then event_on end) as hearing_on
    from {{ ref('case_state') }}
    where is_accepted
    group by case_no
),
life as (
    select
        life.case_kind,
        life.case_no,
        life.county_code,
        life.procedure,
        life.detection_mode,
        life.violated_on,
        life.found_on,
        life.filed_on,
        life.decided_on,
        life.first_decided_on,
        life.closed_on,
        life.ended_state,
        life.ended_on,
        life.is_from_elsewhere,
        life.handed_over_on,
        step.reviewed_on,
        step.notified_on,
        step.pre_notice_on,
        step.hearing_on
    from {{ ref('case_life') }} as life
    left join step on life.case_kind = 'over_limit' and step.case_no = life.case_no
),
-- What its case told first since a decision was served.
since as (
    select
        decision.decision_no,
        min(case when state.case_state = 'appeal' then state.event_on end) as appealed_on,
        min(case when state.case_state = 'enforcement' then state.event_on end) as enforced_on
    from {{ ref('case_decision') }} as decision
    inner join {{ ref('case_state') }} as state
        on state.case_no = decision.case_no and state.is_accepted and state.event_on >= decision.served_on
    where decision.case_kind = 'over_limit'
    group by decision.decision_no
),
every_rule as (
    select
        rule_id, clock, clock_amount, clock_unit, valid_from, valid_to, confidence
    from {{ ref('procedure_clock') }}
    union all
    select
        case
            when valid_from is null then parameter
            else concat(parameter, '@', cast(valid_from as varchar(10)))
        end as rule_id,
        case parameter when 'filing_sla_workdays' then 'filing' else 'notice' end as clock,
        cast(parameter_value as integer) as clock_amount,
        'working_day' as clock_unit,
        valid_from,
        valid_to,
        confidence
    from {{ ref('parameter') }}
    where parameter in ('filing_sla_workdays', 'notice_sla_workdays')
),
rule as (
    select
        every_rule.rule_id,
        every_rule.clock,
        every_rule.clock_amount,
        every_rule.clock_unit,
        every_rule.valid_from,
        every_rule.valid_to,
        every_rule.confidence like 'C%' as is_read,
        concat(',', setting.roll_clocks, ',') like concat('%,', every_rule.clock, ',%') as may_roll,
        setting.roll_confidence like 'C%' as is_roll_read
    from every_rule
    cross join setting
),
party_time as (
    select
        decision.decision_no,
        rule.is_read,
        rule.may_roll,
        rule.is_roll_read,
        {{ plain_due('decision.served_on', 'rule') }} as plain_due_on
    from {{ ref('case_decision') }} as decision
    inner join rule
        on rule.clock in ('reconsideration_request', 'litigation')
        and {{ in_force('rule', 'decision.served_on') }}
),
lapse as (
    select
        party_time.decision_no,
        max(case when party_time.may_roll then plain.next_working_date else party_time.plain_due_on end) as lapsed_on,
        count(case
            when party_time.is_read
                and (
                    not party_time.may_roll
                    or (plain.has_notice and (plain.is_working_day or party_time.is_roll_read))
                ) then 1
        end) = 2 as is_lapse_read
    from party_time
    left join {{ ref('working_day') }} as plain on plain.calendar_date = party_time.plain_due_on
    group by party_time.decision_no
    having count(case when party_time.may_roll then plain.next_working_date else party_time.plain_due_on end) = 2
),
begun as (
    select
        case_kind, case_no, cast(null as varchar) as decision_no, 'limitation' as clock, violated_on as started_on,
        found_on as ended_on, cast(null as date) as stopped_on, false as is_stopped, false as is_party_time
    from life
    where violated_on is not null
    union all
    select
        case_kind, case_no, null, 'filing', coalesce(reviewed_on, found_on),
        filed_on, case when filed_on is null then ended_on end, ended_state is not null, false
    from life
    where procedure = 'ordinary'
    union all
    select
        case_kind, case_no, null, 'notice', reviewed_on, notified_on,
        case when notified_on is null then ended_on end, ended_state is not null, false
    from life
    where detection_mode = 'off_site' and procedure = 'ordinary' and reviewed_on is not null
    union all
    select
        case_kind, case_no, null, 'decision', filed_on, coalesce(first_decided_on, ended_on), null,
        ended_state is not null, false
    from life
    where procedure = 'ordinary' and filed_on is not null
    union all
    select
        case_kind, case_no, null, 'hearing_request', pre_notice_on,
        case when hearing_on >= pre_notice_on then hearing_on end, null, false, true
    from life
    where pre_notice_on is not null
    union all
    select
        life.case_kind, life.case_no, null, 'handover', life.closed_on, life.handed_over_on, life.ended_on, false,
        false
    from life
    where life.closed_on is not null and life.is_from_elsewhere and life.decided_on is not null
        and (life.ended_state is null or life.ended_on is not null) and life.case_kind = 'over_limit'
    union all
    select
        decision.case_kind, decision.case_no, decision.decision_no, 'service', decision.decided_on, decision.served_on,
        decision.effect_ended_on, false, false
    from {{ ref('case_decision') }} as decision
    where decision.is_in_effect or decision.effect_ended_on is not null or decision.served_on is not null
    union all
    select
        decision.case_kind, decision.case_no, decision.decision_no, 'payment', decision.served_on,
        decision.paid_in_full_on, decision.effect_ended_on, false, false
    from {{ ref('case_decision') }} as decision
    where decision.decided_fen > 0 and decision.served_on is not null
        and (
            decision.is_in_effect or decision.effect_ended_on is not null or decision.paid_in_full_on is not null
        )
    union all
    select
        decision.case_kind, decision.case_no, decision.decision_no, remedy.clock, decision.served_on,
        since.appealed_on, decision.effect_ended_on, false, true
    from {{ ref('case_decision') }} as decision
    cross join (
        select 'reconsideration_request' as clock
        union all
        select 'litigation' as clock
    ) as remedy
    left join since on since.decision_no = decision.decision_no
    where (decision.is_in_effect or decision.effect_ended_on is not null) and decision.served_on is not null
    union all
    select
        decision.case_kind, decision.case_no, decision.decision_no, 'court_enforcement', lapse.lapsed_on,
        since.enforced_on, least(decision.effect_ended_on, decision.paid_in_full_on, since.appealed_on), false, false
    from {{ ref('case_decision') }} as decision
    inner join lapse on lapse.decision_no = decision.decision_no
    inner join step on decision.case_kind = 'over_limit' and step.case_no = decision.case_no
    left join since on since.decision_no = decision.decision_no
    where decision.decided_fen > 0 and (decision.is_in_effect or decision.effect_ended_on is not null)
),
-- Nothing but filing is a filing, and nothing but notice a notice: a decision does not stand in for either.
omitted as (
    select begun.case_kind, begun.case_no, begun.clock, life.first_decided_on as omitted_on
    from begun
    inner join life on life.case_kind = begun.case_kind and life.case_no = begun.case_no
    where begun.clock in ('filing', 'notice')
        and life.first_decided_on is not null
        and (begun.ended_on is null or begun.ended_on > life.first_decided_on)
),
timed as (
    select
        begun.case_kind,
        begun.case_no,
        begun.decision_no,
        begun.clock,
        begun.started_on,
        case
            when omitted.omitted_on is not null then omitted.omitted_on
            when begun.ended_on > begun.stopped_on then null
            else begun.ended_on
        end as ended_on,
        case
            when omitted.omitted_on <= begun.stopped_on or begun.ended_on <= begun.stopped_on then null
            else begun.stopped_on
        end as stopped_on,
        omitted.omitted_on is not null as is_omitted,
        begun.is_stopped,
        begun.is_party_time,
        rule.rule_id,
        rule.clock_unit,
        rule.is_read,
        rule.may_roll,
        rule.is_roll_read,
        started.has_notice as is_start_known,
        case
            when rule.clock_unit = 'working_day' then started.working_day_no + rule.clock_amount
        end as due_working_day_no,
        {{ plain_due('begun.started_on', 'rule') }} as plain_due_on
    from begun
    left join omitted
        on omitted.case_kind = begun.case_kind and omitted.case_no = begun.case_no and omitted.clock = begun.clock
    left join rule
        on rule.clock = begun.clock
        and {{ in_force('rule', 'begun.started_on') }}
    left join {{ ref('working_day') }} as started on started.calendar_date = begun.started_on
),
due as (
    select
        timed.case_kind,
        timed.case_no,
        timed.decision_no,
        timed.clock,
        timed.started_on,
        timed.ended_on,
        timed.stopped_on,
        timed.is_omitted,
        timed.is_stopped,
        timed.is_party_time,
        timed.rule_id,
        timed.clock_unit,
        timed.may_roll,
        case
            when timed.clock_unit = 'working_day' then counted.calendar_date
            when timed.may_roll then plain.next_working_date
            else timed.plain_due_on
        end as due_on,
        timed.plain_due_on,
        timed.is_read
        and (
            timed.clock_unit <> 'working_day' or (timed.is_start_known and coalesce(counted.has_notice, false))
        ) as is_rule_read,
        coalesce(plain.has_notice, false) as is_day_known,
        timed.is_roll_read,
        case timed.clock
            when 'handover' then coalesce(setting.prefix_confidence like 'C%', false)
            when 'hearing_request' then false
            when 'court_enforcement' then coalesce(lapse.is_lapse_read, false)
            else true
        end as is_duty_read
    from timed
    cross join setting
    left join {{ ref('working_day') }} as counted
        on counted.is_working_day and counted.working_day_no = timed.due_working_day_no
    left join {{ ref('working_day') }} as plain on plain.calendar_date = timed.plain_due_on
    left join lapse on lapse.decision_no = timed.decision_no
),
judged as (
    select
        due.*,
        coalesce(due_on <> plain_due_on, false) as is_rolled,
        coalesce(is_rule_read, false)
        and is_duty_read
        and (not may_roll or (is_day_known and (due_on = plain_due_on or is_roll_read))) as has_verified_rule,
        case
            when rule_id is null then 'no_rule'
            when due_on is null then 'no_calendar'
            when ended_on is null and is_stopped and stopped_on is null then 'case_ended'
            when stopped_on is null then null
            when clock <> 'court_enforcement' or stopped_on = decision.effect_ended_on then 'case_ended'
            when stopped_on = decision.paid_in_full_on then 'paid'
            else 'appealed'
        end as why_not
    from due
    left join {{ ref('case_decision') }} as decision on decision.decision_no = due.decision_no
),
on_time as (
    select judged.decision_no, sum(payment.paid_fen) as paid_fen
    from judged
    inner join {{ ref('penalty_payment') }} as payment
        on payment.decision_no = judged.decision_no and payment.paid_on <= judged.due_on
    where judged.clock = 'payment'
    group by judged.decision_no
),
surcharge as (
    select
        judged.case_kind,
        judged.case_no,
        judged.decision_no,
        cast(judged.due_on + interval 1 day as date) as started_on,
        judged.ended_on,
        judged.stopped_on,
        cast(decision.decided_fen - coalesce(on_time.paid_fen, 0) as bigint) as principal_fen,
        judged.is_rolled,
        judged.has_verified_rule
    from judged
    inner join {{ ref('case_decision') }} as decision on decision.decision_no = judged.decision_no
    left join on_time on on_time.decision_no = judged.decision_no
    where judged.clock = 'payment'
        and judged.due_on is not null
        and (judged.ended_on is null or judged.ended_on > judged.due_on)
        and (judged.stopped_on is null or judged.stopped_on > judged.due_on)
),
every_clock as (
    select
        case_kind,
        case_no,
        decision_no,
        clock,
        started_on,
        due_on,
        ended_on,
        stopped_on,
        case
            when stopped_on > started_on and rule_id is not null and due_on is not null then 'stopped'
            when why_not is not null then 'not_applicable'
            when ended_on is null then 'open'
            when is_omitted then 'omitted'
            when is_party_time then 'used'
            when ended_on <= due_on then 'met'
            else 'late'
        end as clock_result,
        why_not,
        is_party_time,
        is_rolled,
        rule_id,
        has_verified_rule,
        cast(null as bigint) as principal_fen
    from judged
    union all
    select
        surcharge.case_kind,
        surcharge.case_no,
        surcharge.decision_no,
        'late_surcharge' as clock,
        surcharge.started_on,
        null as due_on,
        surcharge.ended_on,
        surcharge.stopped_on,
        case
            when ratio.parameter is null then 'not_applicable'
            when surcharge.stopped_on is not null then 'stopped'
            when surcharge.ended_on is null then 'open'
            else 'late'
        end as clock_result,
        case
            when ratio.parameter is null then 'no_rule'
            when surcharge.stopped_on is not null then 'case_ended'
        end as why_not,
        false as is_party_time,
        surcharge.is_rolled,
        case
            when ratio.valid_from is null then ratio.parameter
            else concat(ratio.parameter, '@', cast(ratio.valid_from as varchar(10)))
        end as rule_id,
        surcharge.has_verified_rule and coalesce(ratio.confidence like 'C%', false) as has_verified_rule,
        surcharge.principal_fen
    from surcharge
    left join {{ ref('parameter') }} as ratio
        on ratio.parameter = 'late_surcharge_ratio'
        and {{ in_force('ratio', 'surcharge.started_on') }}
)
select
    every_clock.case_kind,
    every_clock.case_no,
    every_clock.decision_no,
    every_clock.clock,
    life.county_code,
    every_clock.started_on as clock_started_on,
    every_clock.due_on as clock_due_on,
    every_clock.ended_on as clock_ended_on,
    every_clock.stopped_on as clock_stopped_on,
    every_clock.clock_result,
    every_clock.why_not,
    every_clock.is_party_time,
    every_clock.is_rolled,
    every_clock.rule_id,
    every_clock.has_verified_rule,
    every_clock.principal_fen
from every_clock
left join life on life.case_kind = every_clock.case_kind and life.case_no = every_clock.case_no
