-- Grain: one vehicle (plate and colour) over one span of days on which equally many of its over-limit violations count.
-- The rolling window of the report card, in days: which acts count and what one trip is follows warehouse.repeat, which
-- answers for any day, window and subject; a test holds the two equal. Device and permit are judged as the passage was.
-- An act counts from its filing (case_count) or its decision (decided_count) until repeat_window_months after it; where
-- that month has no such day (29 February), until the first of the next.
-- An act that has ended, or that the lighter rule of its decision does not count, counts on no day, also not on those
-- before its end, and one that was decided anew from that decision on: a published figure is what is known of its period
-- now.
-- A trip lasts repeat_merge_hours from its first act, or until the vehicle was seen unladen; it counts once.
-- Each day is counted by the parameters of that day, as warehouse.repeat does: where one changes, all acts are counted
-- anew from that day on (setting_from).
with recursive setting as (
    select
        began.setting_from,
        cast(lead(began.setting_from) over (order by began.setting_from) - interval 1 day as date) as setting_to,
        months.parameter_value as window_months,
        hours.parameter_value as merge_hours,
        own.parameter_value as own_decision
    from (
        select distinct coalesce(valid_from, date '0001-01-01') as setting_from
        from {{ ref('parameter') }}
        where parameter in ('repeat_window_months', 'repeat_merge_hours', 'repeat_own_decision')
    ) as began
    inner join {{ ref('parameter') }} as months
        on months.parameter = 'repeat_window_months'
        and {{ in_force('months', 'began.setting_from') }}
    inner join {{ ref('parameter') }} as hours
        on hours.parameter = 'repeat_merge_hours'
        and {{ in_force('hours', 'began.setting_from') }}
    inner join {{ ref('parameter') }} as own
        on own.parameter = 'repeat_own_decision'
        and {{ in_force('own', 'began.setting_from') }}
),
standing as (
    select
        setting.setting_from,
        plate_no,
        plate_color_code,
        violated_at,
        last_unladen_at,
        greatest(violated_on, filed_on) as filed_from,
        greatest(violated_on, filed_on, decided_on, case when setting.own_decision = 1 then vehicle_decided_on end)
            as decided_from,
        decided_on is not null and (setting.own_decision = 0 or vehicle_decided_on is not null) as is_decided
    from {{ ref('violation') }}
    cross join setting
    where act_code in ('over_mass', 'over_mass_and_dimension')
        and filed_on is not null
        and ended_state is null
        and not is_elsewhere
        and not is_permitted
        and (counted_ratio = 0 or excess_ratio_after_allowance > counted_ratio)
        and (coalesce(decided_counted_ratio, 0) = 0 or excess_ratio_after_allowance > decided_counted_ratio)
        and coalesce(flags, '') not like '%E-NOCERT%'
        and coalesce(flags, '') not like '%E-NODEVICE%'
),
act as (
    select
        setting_from, plate_no, plate_color_code, false as is_decided, violated_at, last_unladen_at,
        filed_from as counts_from
    from standing
    union all
    select
        setting_from, plate_no, plate_color_code, true as is_decided, violated_at, last_unladen_at,
        decided_from as counts_from
    from standing
    where is_decided
),
trip as (
    select setting_from, plate_no, plate_color_code, is_decided, min(violated_at) as began_at
    from act
    group by setting_from, plate_no, plate_color_code, is_decided
    union all
    select trip.setting_from, trip.plate_no, trip.plate_color_code, trip.is_decided, min(act.violated_at) as began_at
    from trip
    inner join setting on setting.setting_from = trip.setting_from
    inner join act
        on act.setting_from = trip.setting_from
        and act.plate_no = trip.plate_no
        and act.plate_color_code = trip.plate_color_code
        and act.is_decided = trip.is_decided
        and act.violated_at > trip.began_at
        and (
            act.violated_at > trip.began_at + interval 1 second * cast(setting.merge_hours * 3600 as integer)
            or act.last_unladen_at > trip.began_at
        )
    group by trip.setting_from, trip.plate_no, trip.plate_color_code, trip.is_decided
),
bounded as (
    select
        setting_from,
        plate_no,
        plate_color_code,
        is_decided,
        began_at,
        lead(began_at) over (
            partition by setting_from, plate_no, plate_color_code, is_decided order by began_at
        ) as next_began_at
    from trip
),
dated as (
    select
        bounded.setting_from,
        bounded.plate_no,
        bounded.plate_color_code,
        bounded.is_decided,
        bounded.began_at,
        min(act.counts_from) as counts_from,
        cast(bounded.began_at + interval 1 month * cast(max(setting.window_months) as integer) as date) as same_day
    from bounded
    inner join setting on setting.setting_from = bounded.setting_from
    inner join act
        on act.setting_from = bounded.setting_from
        and act.plate_no = bounded.plate_no
        and act.plate_color_code = bounded.plate_color_code
        and act.is_decided = bounded.is_decided
        and act.violated_at >= bounded.began_at
        and (bounded.next_began_at is null or act.violated_at < bounded.next_began_at)
    group by
        bounded.setting_from, bounded.plate_no, bounded.plate_color_code, bounded.is_decided, bounded.began_at
),
counted as (
    select
        setting_from,
        plate_no,
        plate_color_code,
        is_decided,
        counts_from,
        case
            when extract(day from same_day) < extract(day from began_at) then cast(same_day + interval 1 day as date)
            else same_day
        end as counts_until
    from dated
),
change as (
    select
        setting_from,
        plate_no,
        plate_color_code,
        counts_from as first_day,
        case when is_decided then 0 else 1 end as case_count,
        case when is_decided then 1 else 0 end as decided_count
    from counted
    where counts_from < counts_until
    union all
    select
        setting_from,
        plate_no,
        plate_color_code,
        counts_until as first_day,
        case when is_decided then 0 else -1 end as case_count,
        case when is_decided then -1 else 0 end as decided_count
    from counted
    where counts_from < counts_until
),
daily as (
    select
        setting_from,
        plate_no,
        plate_color_code,
        first_day,
        sum(case_count) as case_count,
        sum(decided_count) as decided_count
    from change
    group by setting_from, plate_no, plate_color_code, first_day
),
running as (
    select
        setting_from,
        plate_no,
        plate_color_code,
        first_day,
        lead(first_day) over (partition by setting_from, plate_no, plate_color_code order by first_day) as next_day,
        sum(case_count) over (partition by setting_from, plate_no, plate_color_code order by first_day) as case_count,
        sum(decided_count) over (partition by setting_from, plate_no, plate_color_code order by first_day) as decided_count
    from daily
)
select
    running.plate_no,
    running.plate_color_code,
    greatest(running.first_day, setting.setting_from) as first_day,
    case
        when running.next_day is null then setting.setting_to
        when setting.setting_to is null then cast(running.next_day - interval 1 day as date)
        else least(cast(running.next_day - interval 1 day as date), setting.setting_to)
    end as last_day,
    cast(running.case_count as bigint) as case_count,
    cast(running.decided_count as bigint) as decided_count
from running
inner join setting on setting.setting_from = running.setting_from
where running.case_count > 0
    and (setting.setting_to is null or running.first_day <= setting.setting_to)
    and (running.next_day is null or running.next_day > setting.setting_from)
