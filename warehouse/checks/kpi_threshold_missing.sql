-- Severity: stop
-- A threshold has no value on a day that is built: points, driving or events of that day would be judged by nothing.
-- Add a row to seeds/kpi_scheme.csv whose validity covers the day.
select built_date, monitored_class
from {{ ref('kpi_threshold') }}
where latitude_min_deg is null
    or latitude_max_deg is null
    or longitude_min_deg is null
    or longitude_max_deg is null
    or valid_speed_max_kmh is null
    or altitude_min_m is null
    or altitude_max_m is null
    or drift_kmh is null
    or drift_settled_points is null
    or track_gap_s is null
    or track_gap_m is null
    or moving_kmh is null
    or moving_hold_s is null
    or rest_s is null
    or unknown_gap_s is null
    or fatigue_day_s is null
    or fatigue_night_s is null
    or night_from_s is null
    or night_to_s is null
    or dawn_min_s is null
    or dawn_from_s is null
    or dawn_to_s is null
    or class_limit_kmh is null
    or night_speed_ratio is null
    or overspeed_min_s is null
    or overspeed_end_s is null
    or overspeed_merge_s is null
    or overspeed_gap_s is null
    or offline_gap_s is null
    or offline_m is null
    or cross_silent_s is null
    or cross_parked_m is null
    or cross_m is null
    or cross_clock_s is null
    or cross_site_vehicles is null
    or copied_points is null
    or constant_points is null
    or constant_s is null
    or constant_step_m is null
    or teleport_points is null
    or shared_changes is null
    or alarm_match_s is null
