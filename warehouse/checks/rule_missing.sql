-- Severity: stop
-- A rule is missing: from missing_from on none takes the place of one that ends or sets the limit of a vehicle, or no row
-- at all holds one that is needed by its name. What it judged would be judged by nothing, or by the rule of another.
with
-- By their keys (mart.rule), whatever their days: rows are ended, never deleted. Parameters that are not here stand in
-- the checks parameter_*.sql.
needed_rule (missing_rule) as (
    values
        ('AIR rigid'), ('AIR-TRAILER combination'), ('AXLE-SUM any'), ('axle_type 115 4'), ('axle_type 12 2'),
        ('axle_type 125 4'), ('axle_type 127 5'), ('axle_type 15 3'), ('axle_type 155 5'), ('axle_type 157 6'),
        ('JOINT-4 combination'), ('JOINT-5 combination'),
        ('LENGTH rigid'), ('REGISTERED rigid'), ('SINGLE-TYRE any'),
        ('dimension height any'), ('dimension length any'), ('dimension length articulated'),
        ('dimension length articulated_long_nose'), ('dimension length car_carrier_train'),
        ('dimension length truck_trailer_train'), ('dimension width any'), ('dimension width refrigerated'),
        ('fine evading_weighing general any any general any'),
        ('fine hazard_not_removed any enterprise 1 any'), ('fine hazard_not_removed any person 2 any'),
        ('fine hazard_system_missing any enterprise 1 any'), ('fine hazard_system_missing any enterprise 2 any'),
        ('fine hazard_system_missing any person 2 any'),
        ('fine illegal_operation dangerous_goods dangerous_goods any 1 any'),
        ('fine illegal_operation dangerous_goods dangerous_goods any 2 any'),
        ('fine illegal_operation freight freight any 1 any'), ('fine illegal_operation freight freight any 1 false'),
        ('fine illegal_operation freight freight any 1 true'), ('fine illegal_operation freight freight any 2 any'),
        ('fine illegal_operation passenger passenger any 1 any'),
        ('fine illegal_operation passenger passenger any 2 any'),
        ('fine illegal_operation ride_hailing ride_hailing driver 1 any'),
        ('fine illegal_operation ride_hailing ride_hailing enterprise 1 any'),
        ('fine illegal_operation ride_hailing ride_hailing vehicle 1 any'),
        ('fine illegal_operation taxi taxi any 1 any'), ('fine licence_transfer general any any general any'),
        ('fine load_spilled general any any general any'), ('fine loading_overload general any source general any'),
        ('fine no_maintenance general any any general any'), ('fine off_route general any any general any'),
        ('fine ordering_overload general any any general any'), ('fine over_dimension any any 1 any'),
        ('fine over_dimension any any 2 any'), ('fine over_dimension any any 3 any'),
        ('fine over_dimension general any any general any'), ('fine over_mass any any 1 any'),
        ('fine over_mass any any 2 any'), ('fine over_mass general any any general any'),
        ('fine over_mass_and_dimension any any 1 any'), ('fine over_mass_and_dimension general any any general any'),
        ('fine passenger_station general any any general any'), ('fine permit_misuse any any 1 any'),
        ('fine permit_misuse any any 2 any'), ('fine soliciting_or_unsecured general any any general any'),
        ('fine unlawful_modification general any any general any'),
        ('fine unqualified_driver general any driver general any'),
        ('fine vehicle_off_type general any any general any'),
        ('clock cash_hand_in'), ('clock cash_to_bank'), ('clock court_enforcement'), ('clock decision'),
        ('clock decision_extension'), ('clock enforcement_reminder'), ('clock evidence_registration'),
        ('clock handover'), ('clock hearing_notice'), ('clock hearing_request'), ('clock licence_fraud_ban'),
        ('clock limitation'), ('clock limitation_grave'), ('clock litigation'),
        ('clock litigation_after_reconsideration'), ('clock payment'), ('clock publication_withdrawal'),
        ('clock reconsideration_decision'), ('clock reconsideration_decision_simple'),
        ('clock reconsideration_request'), ('clock safety_publication'), ('clock seizure'),
        ('clock seizure_extension'), ('clock service'), ('clock simple_decision_copy'),
        ('parameter alert_aside_days'), ('parameter alert_kpi_basis'), ('parameter alert_kpi_change'),
        ('parameter alert_kpi_confidence'), ('parameter alert_kpi_days'), ('parameter alert_news_days'),
        ('parameter alert_reopen_days'),
        ('parameter case_threshold_ratio'), ('parameter certificate_soon_days'),
        ('parameter consistency_confidence'), ('parameter consistency_fence'), ('parameter consistency_least_cases'),
        ('parameter consistency_twin_days'), ('parameter daily_fine_ratio'), ('parameter dawn_exempt_km'),
        ('parameter filing_sla_workdays'),
        ('parameter forecast_arrival_weeks'), ('parameter forecast_history_days'), ('parameter forecast_least_exits'),
        ('parameter forecast_share'), ('parameter hazard_confidence'), ('parameter hazard_due_soon_days'),
        ('parameter hazard_recurrence_days'), ('parameter hazard_recurrence_m'), ('parameter hazard_restricted_days'),
        ('parameter late_surcharge_cap_ratio'), ('parameter late_surcharge_ratio'), ('parameter notice_sla_workdays'),
        ('parameter referral_soon_days'), ('parameter safety_repeat_count_180d'), ('parameter safety_repeat_count_1y'),
        ('parameter safety_repeat_days'), ('parameter safety_repeat_months'), ('parameter severity_1_kg'),
        ('parameter severity_2_kg'), ('parameter severity_3_kg'), ('parameter severity_4_kg'),
        ('parameter severity_5_kg'),
        ('monitoring huangshi floor_track_completeness any'), ('monitoring huangshi weight_online_rate any'),
        ('monitoring huangshi weight_platform_connectivity any'),
        ('monitoring huangshi weight_track_completeness any'), ('monitoring local alarm_match_s any'),
        ('monitoring local altitude_max_m any'), ('monitoring local altitude_min_m any'),
        ('monitoring local burst_alarms any'), ('monitoring local burst_s any'), ('monitoring local constant_min any'),
        ('monitoring local constant_points any'), ('monitoring local constant_step_m any'),
        ('monitoring local copied_points any'), ('monitoring local cross_clock_s any'),
        ('monitoring local cross_distance_km any'), ('monitoring local cross_parked_m any'),
        ('monitoring local cross_silent_min any'), ('monitoring local cross_site_vehicles any'),
        ('monitoring local dawn_from_h any'), ('monitoring local dawn_min_s any'), ('monitoring local dawn_to_h any'),
        ('monitoring local drift_kmh any'), ('monitoring local drift_settled_points any'),
        ('monitoring local fatigue_day_h any'), ('monitoring local fatigue_night_h any'),
        ('monitoring local fatigue_night_h charter_coach'), ('monitoring local fatigue_night_h line_coach'),
        ('monitoring local fatigue_night_h tourist_coach'), ('monitoring local latitude_max_deg any'),
        ('monitoring local latitude_min_deg any'), ('monitoring local longitude_max_deg any'),
        ('monitoring local longitude_min_deg any'), ('monitoring local moving_hold_s any'),
        ('monitoring local moving_kmh any'), ('monitoring local night_from_h any'),
        ('monitoring local night_speed_ratio any'), ('monitoring local night_speed_ratio charter_coach'),
        ('monitoring local night_speed_ratio line_coach'), ('monitoring local night_speed_ratio tourist_coach'),
        ('monitoring local night_to_h any'), ('monitoring local offline_gap_min any'),
        ('monitoring local offline_km any'), ('monitoring local overspeed_end_s any'),
        ('monitoring local overspeed_gap_s any'), ('monitoring local overspeed_merge_s any'),
        ('monitoring local overspeed_min_s any'), ('monitoring local rest_min any'),
        ('monitoring local shared_changes any'), ('monitoring local speed_limit_kmh any'),
        ('monitoring local speed_limit_kmh bus'), ('monitoring local speed_limit_kmh charter_coach'),
        ('monitoring local speed_limit_kmh dangerous_goods'), ('monitoring local speed_limit_kmh line_coach'),
        ('monitoring local speed_limit_kmh taxi'), ('monitoring local speed_limit_kmh tourist_coach'),
        ('monitoring local teleport_points any'), ('monitoring local track_gap_km any'),
        ('monitoring local track_gap_min any'), ('monitoring local unknown_gap_min any'),
        ('monitoring local valid_speed_max_kmh any'), ('monitoring page call_alarm_days any'),
        ('monitoring page call_finding_days any'), ('monitoring page call_silent_days any'),
        ('monitoring page league_min_vehicles any')
),
-- The vehicles that the limits know, each with either kind of drive axle; is_open: and with more axles. First days:
-- limits of vehicles with one axle begin with 令2016-62. No act knows a rigid truck of five axles or more.
vehicle (axle_count, is_open, vehicle_kind, first_day) as (
    values
        (2, false, 'rigid', date '0001-01-01'), (3, false, 'rigid', date '0001-01-01'),
        (3, false, 'combination', date '0001-01-01'), (4, false, 'rigid', date '0001-01-01'),
        (4, false, 'combination', date '0001-01-01'), (5, false, 'combination', date '0001-01-01'),
        (6, true, 'combination', date '0001-01-01'), (1, true, 'agricultural', date '2016-09-21')
),
drive (drive_axle_kind) as (
    values ('single'), ('tandem')
),
-- Where what covers a vehicle may change: the first count of axles and the one after each row, the first day and the day
-- after each row.
condition as (
    select axle_count, vehicle_kind, first_day from vehicle
    union
    select gross_weight_limit.axle_count_max + 1 as axle_count, vehicle.vehicle_kind, vehicle.first_day
    from vehicle
    inner join {{ ref('gross_weight_limit') }} as gross_weight_limit
        on vehicle.is_open
        and gross_weight_limit.axle_count_max >= vehicle.axle_count
        and gross_weight_limit.vehicle_kind in ('any', vehicle.vehicle_kind)
        and coalesce(gross_weight_limit.valid_to, vehicle.first_day) >= vehicle.first_day
),
condition_day as (
    select axle_count, vehicle_kind, first_day as judged_on from condition
    union
    select
        condition.axle_count,
        condition.vehicle_kind,
        cast(gross_weight_limit.valid_to + interval 1 day as date) as judged_on
    from condition
    inner join {{ ref('gross_weight_limit') }} as gross_weight_limit
        on gross_weight_limit.valid_to >= condition.first_day
)
-- Where the law itself ended a rule without another, its citation says so (废止, repealed). What the product computes with
-- is ended by no law: a parameter or threshold needs a row without an end.
select
    ended.rule_no,
    cast(null as varchar(40)) as seed,
    trim(ended.rule_key) as missing_rule,
    cast(ended.valid_to + interval 1 day as date) as missing_from
from {{ ref('rule') }} as ended
left join {{ ref('rule') }} as later
    on (later.rule_key = ended.rule_key and later.valid_from > ended.valid_to)
    or (later.rule_subject = ended.rule_subject and later.valid_from = ended.valid_to + interval 1 day)
where ended.valid_to is not null
    and later.rule_no is null
    and (
        ended.rule_topic in ('parameter', 'monitoring')
        or not coalesce(ended.citation_zh like '%废止%' and ended.citation_en like '%repealed%', false)
    )
union all
select
    cast(null as varchar(60)) as rule_no,
    case
        when needed_rule.missing_rule like 'clock %' then 'procedure_clock'
        when needed_rule.missing_rule like 'dimension %' then 'dimension_limit'
        when needed_rule.missing_rule like 'fine %' then 'fine_tier'
        when needed_rule.missing_rule like 'monitoring %' then 'kpi_scheme'
        when needed_rule.missing_rule like 'parameter %' then 'parameter'
        else 'gross_weight_modifier'
    end as seed,
    needed_rule.missing_rule,
    cast(null as date) as missing_from
from needed_rule
left join {{ ref('rule') }} as held on trim(held.rule_key) = needed_rule.missing_rule
where held.rule_no is null
union all
select
    cast(null as varchar(60)) as rule_no,
    'gross_weight_limit' as seed,
    concat('gross_weight ', condition_day.axle_count, ' ', condition_day.vehicle_kind, ' ', drive.drive_axle_kind)
        as missing_rule,
    min(condition_day.judged_on) as missing_from
from condition_day
cross join drive
left join {{ ref('gross_weight_limit') }} as held
    on condition_day.axle_count >= held.axle_count_min
    and condition_day.axle_count <= coalesce(held.axle_count_max, condition_day.axle_count)
    and (held.vehicle_kind = 'any' or held.vehicle_kind = condition_day.vehicle_kind)
    and (held.drive_axle_kind = 'any' or held.drive_axle_kind = drive.drive_axle_kind)
    and {{ in_force('held', 'condition_day.judged_on') }}
where held.rule_id is null
group by condition_day.axle_count, condition_day.vehicle_kind, drive.drive_axle_kind
