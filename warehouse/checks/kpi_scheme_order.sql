-- Severity: stop
-- Thresholds of seeds/kpi_scheme.csv contradict each other on a day that is built. The night wraps midnight
-- (night_from_h after night_to_h), the hours in which coaches stop do not (dawn_from_h before dawn_to_h), and points
-- whose distance in time ends an overspeed event (overspeed_gap_s) are not closer than overspeed_end_s. Correct the
-- rows of that class, or of all classes.
select built_date, monitored_class
from {{ ref('kpi_threshold') }}
where night_from_s <= night_to_s
    or dawn_from_s >= dawn_to_s
    or overspeed_gap_s < overspeed_end_s
