-- Grain: one burst of closing: alarms of one enterprise handled in one way within seconds, on the day it began.
-- A handling is in a burst if burst_alarms or more lie in a window of burst_s that holds it (seeds.kpi_scheme, both
-- inclusive); such handlings no further apart than burst_s are one burst. Days on which the alarms began play no part:
-- alarms of all days are read, so that one handled late joins the burst it was handled in. Alarms of no known enterprise
-- are left out. Whether somebody had looked at the alarms before, nobody can tell from this.
with closed as (
    select
        handled.uscc,
        handled.handling,
        handled.handled_at,
        handled.plate_no,
        handled.plate_color_code,
        handled.alarm_kind,
        handled.alarm_began_at,
        least_alarms.parameter_value as burst_alarms,
        cast(longest.parameter_value as bigint) as burst_s
    from {{ ref('alarm_handling') }} as handled
    inner join {{ ref('kpi_scheme') }} as least_alarms
        on least_alarms.kpi_scheme = 'local'
        and least_alarms.parameter = 'burst_alarms'
        and least_alarms.monitored_class is null  -- a burst goes over the classes of an enterprise
        and cast(handled.handled_at as date) >= coalesce(least_alarms.valid_from, cast(handled.handled_at as date))
        and cast(handled.handled_at as date) <= coalesce(least_alarms.valid_to, cast(handled.handled_at as date))
    inner join {{ ref('kpi_scheme') }} as longest
        on longest.kpi_scheme = 'local'
        and longest.parameter = 'burst_s'
        and longest.monitored_class is null
        and cast(handled.handled_at as date) >= coalesce(longest.valid_from, cast(handled.handled_at as date))
        and cast(handled.handled_at as date) <= coalesce(longest.valid_to, cast(handled.handled_at as date))
    where handled.handled_at is not null and handled.uscc is not null
),
opened as (
    select
        uscc,
        handling,
        handled_at,
        plate_no,
        plate_color_code,
        alarm_kind,
        alarm_began_at,
        burst_s,
        count(*) over (
            partition by uscc, handling
            order by handled_at
            range between current row and burst_s * interval 1 second following
        ) >= burst_alarms as opens
    from closed
),
covered as (
    select
        uscc,
        handling,
        handled_at,
        plate_no,
        plate_color_code,
        alarm_kind,
        alarm_began_at,
        burst_s,
        max(case when opens then 1 else 0 end) over (
            partition by uscc, handling
            order by handled_at
            range between burst_s * interval 1 second preceding and current row
        ) as is_covered
    from opened
),
parted as (
    select
        uscc,
        handling,
        handled_at,
        plate_no,
        plate_color_code,
        alarm_kind,
        alarm_began_at,
        coalesce(lag(handled_at) over handlings < handled_at - burst_s * interval 1 second, true) as is_first
    from covered
    where is_covered = 1
    window handlings as (
        partition by uscc, handling order by handled_at, alarm_began_at, plate_no, plate_color_code, alarm_kind
    )
),
numbered as (
    select
        uscc,
        handling,
        handled_at,
        plate_no,
        plate_color_code,
        alarm_kind,
        alarm_began_at,
        count(case when is_first then 1 end) over (
            partition by uscc, handling
            order by handled_at, alarm_began_at, plate_no, plate_color_code, alarm_kind
            rows between unbounded preceding and current row
        ) as burst_no
    from parted
),
burst as (
    select
        uscc,
        handling,
        min(handled_at) as burst_began_at,
        max(handled_at) as burst_ended_at,
        count(*) as closed_alarm_count,
        count(distinct concat_ws('|', plate_no, plate_color_code)) as closed_vehicle_count,
        count(distinct alarm_kind) as closed_kind_count,
        min(alarm_began_at) as first_alarm_began_at,
        max(alarm_began_at) as last_alarm_began_at
    from numbered
    group by uscc, handling, burst_no
),
placed as (
    select
        burst.uscc,
        enterprise.county_code,
        burst.handling,
        burst.burst_began_at,
        burst.burst_ended_at,
        burst.closed_alarm_count,
        burst.closed_vehicle_count,
        burst.closed_kind_count,
        burst.first_alarm_began_at,
        burst.last_alarm_began_at,
        row_number() over (
            partition by burst.uscc, burst.handling, burst.burst_began_at
            order by enterprise.valid_from desc nulls last, enterprise.record_id
        ) as nth
    from burst
    left join {{ ref('enterprise') }} as enterprise
        on enterprise.uscc = burst.uscc
        and cast(burst.burst_began_at as date) >= enterprise.valid_from
        and cast(burst.burst_began_at as date) <= coalesce(enterprise.valid_to, cast(burst.burst_began_at as date))
)
select
    cast(burst_began_at as date) as event_date,
    uscc,
    county_code,
    handling,
    burst_began_at,
    burst_ended_at,
    closed_alarm_count,
    closed_vehicle_count,
    closed_kind_count,
    first_alarm_began_at,
    last_alarm_began_at
from placed
where nth = 1
