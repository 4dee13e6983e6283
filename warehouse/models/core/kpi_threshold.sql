-- Grain: one built day and one class of monitored vehicles; the class '' stands for any other.
-- The thresholds of seeds.kpi_scheme (scheme local) in force that day, side by side. A row of a class goes before the
-- row of all classes; without a row in force a threshold is empty, and check kpi_threshold_missing stops the build. The
-- day before, which a built day looks back on, is read by the thresholds of the built day.
-- Hours, minutes and kilometres become seconds and metres here, once.
with class as (
    select '' as monitored_class
    union
    select monitored_class from {{ ref('vehicle_service') }} where monitored_class is not null
),
told as (
    select
        build_day.event_date as built_date,
        class.monitored_class,
        scheme.parameter,
        scheme.parameter_value,
        row_number() over (
            partition by build_day.event_date, class.monitored_class, scheme.parameter
            order by scheme.monitored_class desc nulls last, scheme.valid_from desc nulls last, scheme.parameter_value
        ) as nth
    from {{ source('raw', 'build_day') }} as build_day
    cross join class
    left join {{ ref('kpi_scheme') }} as scheme
        on scheme.kpi_scheme = 'local'
        and coalesce(scheme.monitored_class, class.monitored_class) = class.monitored_class
        and {{ in_force('scheme', 'build_day.event_date') }}
)
select
    built_date,
    monitored_class,
    max(case when parameter = 'latitude_min_deg' then parameter_value end) as latitude_min_deg,
    max(case when parameter = 'latitude_max_deg' then parameter_value end) as latitude_max_deg,
    max(case when parameter = 'longitude_min_deg' then parameter_value end) as longitude_min_deg,
    max(case when parameter = 'longitude_max_deg' then parameter_value end) as longitude_max_deg,
    max(case when parameter = 'valid_speed_max_kmh' then parameter_value end) as valid_speed_max_kmh,
    max(case when parameter = 'altitude_min_m' then parameter_value end) as altitude_min_m,
    max(case when parameter = 'altitude_max_m' then parameter_value end) as altitude_max_m,
    max(case when parameter = 'drift_kmh' then parameter_value end) as drift_kmh,
    cast(max(case when parameter = 'drift_settled_points' then parameter_value end) as bigint) as drift_settled_points,
    cast(max(case when parameter = 'track_gap_min' then parameter_value end) * 60 as bigint) as track_gap_s,
    cast(max(case when parameter = 'track_gap_km' then parameter_value end) * 1000 as bigint) as track_gap_m,
    max(case when parameter = 'moving_kmh' then parameter_value end) as moving_kmh,
    cast(max(case when parameter = 'moving_hold_s' then parameter_value end) as bigint) as moving_hold_s,
    cast(max(case when parameter = 'rest_min' then parameter_value end) * 60 as bigint) as rest_s,
    cast(max(case when parameter = 'unknown_gap_min' then parameter_value end) * 60 as bigint) as unknown_gap_s,
    cast(max(case when parameter = 'fatigue_day_h' then parameter_value end) * 3600 as bigint) as fatigue_day_s,
    cast(max(case when parameter = 'fatigue_night_h' then parameter_value end) * 3600 as bigint) as fatigue_night_s,
    cast(max(case when parameter = 'night_from_h' then parameter_value end) * 3600 as bigint) as night_from_s,
    cast(max(case when parameter = 'night_to_h' then parameter_value end) * 3600 as bigint) as night_to_s,
    cast(max(case when parameter = 'dawn_min_s' then parameter_value end) as bigint) as dawn_min_s,
    cast(max(case when parameter = 'dawn_from_h' then parameter_value end) * 3600 as bigint) as dawn_from_s,
    cast(max(case when parameter = 'dawn_to_h' then parameter_value end) * 3600 as bigint) as dawn_to_s,
    max(case when parameter = 'speed_limit_kmh' then parameter_value end) as class_limit_kmh,
    max(case when parameter = 'night_speed_ratio' then parameter_value end) as night_speed_ratio,
    cast(max(case when parameter = 'overspeed_min_s' then parameter_value end) as bigint) as overspeed_min_s,
    cast(max(case when parameter = 'overspeed_end_s' then parameter_value end) as bigint) as overspeed_end_s,
    cast(max(case when parameter = 'overspeed_merge_s' then parameter_value end) as bigint) as overspeed_merge_s,
    cast(max(case when parameter = 'overspeed_gap_s' then parameter_value end) as bigint) as overspeed_gap_s,
    cast(max(case when parameter = 'offline_gap_min' then parameter_value end) * 60 as bigint) as offline_gap_s,
    cast(max(case when parameter = 'offline_km' then parameter_value end) * 1000 as bigint) as offline_m,
    cast(max(case when parameter = 'cross_silent_min' then parameter_value end) * 60 as bigint) as cross_silent_s,
    cast(max(case when parameter = 'cross_parked_m' then parameter_value end) as bigint) as cross_parked_m,
    cast(max(case when parameter = 'cross_distance_km' then parameter_value end) * 1000 as bigint) as cross_m,
    cast(max(case when parameter = 'cross_clock_s' then parameter_value end) as bigint) as cross_clock_s,
    cast(max(case when parameter = 'cross_site_vehicles' then parameter_value end) as bigint) as cross_site_vehicles,
    cast(max(case when parameter = 'copied_points' then parameter_value end) as bigint) as copied_points,
    cast(max(case when parameter = 'constant_points' then parameter_value end) as bigint) as constant_points,
    cast(max(case when parameter = 'constant_min' then parameter_value end) * 60 as bigint) as constant_s,
    cast(max(case when parameter = 'constant_step_m' then parameter_value end) as bigint) as constant_step_m,
    cast(max(case when parameter = 'teleport_points' then parameter_value end) as bigint) as teleport_points,
    cast(max(case when parameter = 'shared_changes' then parameter_value end) as bigint) as shared_changes,
    cast(max(case when parameter = 'alarm_match_s' then parameter_value end) as bigint) as alarm_match_s
from told
where nth = 1
group by built_date, monitored_class
