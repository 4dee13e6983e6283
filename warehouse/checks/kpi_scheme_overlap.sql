-- Severity: stop
-- A parameter of a scheme has two values on one day: which of them holds would be left to chance.
select
    one.kpi_scheme,
    one.monitored_class,
    one.parameter,
    one.valid_from
from {{ ref('kpi_scheme') }} as one
inner join {{ ref('kpi_scheme') }} as other
    on other.kpi_scheme = one.kpi_scheme
    and other.parameter = one.parameter
    and coalesce(other.monitored_class, '') = coalesce(one.monitored_class, '')
    and coalesce(other.valid_from, date '0001-01-01') <= coalesce(one.valid_to, date '9999-12-31')
    and coalesce(other.valid_to, date '9999-12-31') >= coalesce(one.valid_from, date '0001-01-01')
group by one.kpi_scheme, one.monitored_class, one.parameter, one.valid_from, one.valid_to, one.parameter_value
having count(*) > 1
