-- Grain: one day of the years that seeds.calendar_year covers: whether it is a working day, and its number among them.
-- Monday to Friday are working days unless seeds.calendar_day takes one away (a public holiday) or adds one (调休).
-- working_day_no: working days from the first day of the calendar up to this one. n working days after a day: the
-- working day whose number is that of the day plus n, whether or not the day itself is one. next_working_date: the day
-- itself, or the first working day after it; to it a deadline rolls. has_notice: the year's holidays are known; of a year
-- without notice Monday to Friday are an assumption.
with digit as (
    {{ digits('digit_no') }}
),
bound as (
    select
        cast(concat(min(calendar_year), '-01-01') as date) as first_day,
        cast(concat(max(calendar_year), '-12-31') as date) as last_day
    from {{ ref('calendar_year') }}
),
every_day as (
    select
        cast(
            bound.first_day + interval 1 day * cast(
                thousands.digit_no * 1000 + hundreds.digit_no * 100 + tens.digit_no * 10 + ones.digit_no as integer
            ) as date
        ) as calendar_date,
        bound.last_day
    from bound
    cross join digit as thousands
    cross join digit as hundreds
    cross join digit as tens
    cross join digit as ones
),
told as (
    select
        every_day.calendar_date,
        coalesce(changed.is_working_day, extract(dayofweek from every_day.calendar_date) between 1 and 5)
            as is_working_day,
        noticed.rule_id as calendar_rule_id,
        noticed.has_notice
    from every_day
    inner join {{ ref('calendar_year') }} as noticed
        on noticed.calendar_year = extract(year from every_day.calendar_date)
    left join {{ ref('calendar_day') }} as changed on changed.calendar_date = every_day.calendar_date
    where every_day.calendar_date <= every_day.last_day
)
select
    calendar_date,
    is_working_day,
    cast(count(case when is_working_day then calendar_date end) over (order by calendar_date) as integer)
        as working_day_no,
    min(case when is_working_day then calendar_date end) over (
        order by calendar_date rows between current row and unbounded following
    ) as next_working_date,
    calendar_rule_id,
    has_notice
from told
