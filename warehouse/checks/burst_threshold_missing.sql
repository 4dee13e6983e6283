-- Severity: stop
-- A threshold of closing in bulk has no value on a day on which an alarm was handled: its bursts would be missed.
-- Add a row to seeds/kpi_scheme.csv whose validity covers the day.
select handled.event_date, needed.parameter
from (
    select distinct cast(handled_at as date) as event_date
    from {{ ref('alarm_handling') }}
    where handled_at is not null
) as handled
cross join (values ('burst_alarms'), ('burst_s')) as needed (parameter)
left join {{ ref('kpi_scheme') }} as scheme
    on scheme.kpi_scheme = 'local'
    and scheme.parameter = needed.parameter
    and scheme.monitored_class is null
    and {{ in_force('scheme', 'handled.event_date') }}
where scheme.parameter is null
