-- Severity: stop
-- A parameter that the models read without a day has no value or several rows: figures would be 0, or use the largest.
-- One that changes with time is joined by its validity instead: see repeat_excess_ratio in core.violation.
with undated as (
    select 'deadline_roll_clocks' as parameter
    union all
    select 'drift_loaded_kg'
    union all
    select 'large_coach_seats'
    union all
    select 'loading_firm_tonnage_t'
    union all
    select 'local_plate_prefix'
    union all
    select 'long_line_km'
    union all
    select 'match_loading_hours'
    union all
    select 'match_mass_ratio'
    union all
    select 'match_near_minutes'
    union all
    select 'match_weak_hours'
    union all
    select 'max_acceleration_ms2'
    union all
    select 'max_clock_error_s'
    union all
    select 'repeated_within_s'
    union all
    select 'standard_kinds'
    union all
    select 'suggestion_evidence_count'
    union all
    select 'suggestion_speed_kmh'
    union all
    select 'suggestion_weight_ratio'
    union all
    select 'two_places_kmh'
)
select
    undated.parameter,
    count(*) as row_count,
    count(coalesce(cast(told.parameter_value as varchar(40)), told.parameter_text)) as value_count
from undated
left join {{ ref('parameter') }} as told on told.parameter = undated.parameter
group by undated.parameter
having count(*) <> 1 or count(coalesce(cast(told.parameter_value as varchar(40)), told.parameter_text)) <> 1
