-- Grain: one vehicle (plate and colour) over one span of days on which equally many of its over-limit violations count.
-- A violation counts from its filing for so many months after the act (seeds.parameter: repeat_window_months), a rolling
-- window; the statutory list very likely counts by the permit's anniversary and gives other numbers.
-- Counted are mass violations whose excess is above repeat_excess_ratio as of the act; where that ratio is above 0, a
-- case whose passage of that day is not known does not count. Acts within repeat_merge_hours of the one before are one
-- trip.
-- decided_count: those with an effective decision (a warning is one), from the day of the decision on.
-- Drivers, enterprises and the statutory consequence are left to others.
with setting as (
    select
        max(case when parameter = 'repeat_window_months' then parameter_value end) as window_months,
        max(case when parameter = 'repeat_merge_hours' then parameter_value end) as merge_hours
    from {{ ref('parameter') }}
),
decision as (
    select case_no, min(decided_on) as decided_on
    from {{ ref('penalty_decision') }}
    where penalty_kind <> 'no_penalty'
    group by case_no
),
excess as (
    -- Two vendors may give the same number: it names a passage together with the day of the act.
    select check_no, passed_date, max(excess_ratio) as excess_ratio
    from {{ ref('passage_excess') }}
    where check_no in (select check_no from {{ ref('enforcement_case') }} where check_no is not null)
    group by check_no, passed_date
),
violation as (
    select
        enforcement.plate_no,
        enforcement.plate_color_code,
        enforcement.case_no,
        enforcement.violated_at,
        cast(enforcement.violated_at as date) as violated_on,
        coalesce(enforcement.filed_on, enforcement.found_on) as known_on,
        decision.decided_on
    from {{ ref('enforcement_case') }} as enforcement
    inner join {{ ref('parameter') }} as ratio
        on ratio.parameter = 'repeat_excess_ratio'
        and cast(enforcement.violated_at as date) >= coalesce(ratio.valid_from, date '0001-01-01')
        and cast(enforcement.violated_at as date) <= coalesce(ratio.valid_to, date '9999-12-31')
    left join decision on decision.case_no = enforcement.case_no
    left join excess
        on excess.check_no = enforcement.check_no
        and excess.passed_date = cast(enforcement.violated_at as date)
    where enforcement.act_code in ('over_mass', 'over_mass_and_dimension')
        and (enforcement.filed_on is not null or enforcement.procedure = 'simple')
        and enforcement.case_state not in (
            'void', 'no_penalty', 'withdrawn', 'transferred_criminal', 'transferred_other', 'revoked_by_review'
        )
        and (ratio.parameter_value = 0 or excess.excess_ratio > ratio.parameter_value)
),
trip as (
    select
        plate_no,
        plate_color_code,
        violated_at,
        violated_on,
        known_on,
        decided_on,
        lag(violated_at) over (partition by plate_no, plate_color_code order by violated_at, case_no) as violated_before
    from violation
),
counted as (
    select
        trip.plate_no,
        trip.plate_color_code,
        greatest(trip.violated_on, trip.known_on) as counts_from,
        greatest(trip.violated_on, trip.known_on, trip.decided_on) as decided_from,
        cast(trip.violated_on + interval 1 month * cast(setting.window_months as integer) as date) as counts_until,
        trip.decided_on is not null as is_decided
    from trip
    cross join setting
    where trip.violated_before is null
        or date_diff('second', trip.violated_before, trip.violated_at) > setting.merge_hours * 3600
),
change as (
    select plate_no, plate_color_code, counts_from as first_day, 1 as case_count, 0 as decided_count
    from counted
    where counts_from < counts_until
    union all
    select plate_no, plate_color_code, counts_until as first_day, -1 as case_count, 0 as decided_count
    from counted
    where counts_from < counts_until
    union all
    select plate_no, plate_color_code, decided_from as first_day, 0 as case_count, 1 as decided_count
    from counted
    where is_decided and decided_from < counts_until
    union all
    select plate_no, plate_color_code, counts_until as first_day, 0 as case_count, -1 as decided_count
    from counted
    where is_decided and decided_from < counts_until
),
daily as (
    select
        plate_no,
        plate_color_code,
        first_day,
        sum(case_count) as case_count,
        sum(decided_count) as decided_count
    from change
    group by plate_no, plate_color_code, first_day
),
running as (
    select
        plate_no,
        plate_color_code,
        first_day,
        lead(first_day) over (partition by plate_no, plate_color_code order by first_day) as next_day,
        sum(case_count) over (partition by plate_no, plate_color_code order by first_day) as case_count,
        sum(decided_count) over (partition by plate_no, plate_color_code order by first_day) as decided_count
    from daily
)
select
    plate_no,
    plate_color_code,
    first_day,
    cast(next_day - interval 1 day as date) as last_day,
    cast(case_count as bigint) as case_count,
    cast(decided_count as bigint) as decided_count
from running
where case_count > 0
