-- Grain: one passage with the device that weighed it and every reason why it is no evidence.
-- Conditions are those that data can show (domain: certificate in force, verified speed, plate read, one vehicle in
-- one lane, steady speed, self-test, clock, agreement with a static re-check, no other passage that contradicts it);
-- the officer's review comes with the case and is not decided here. What no feed delivers is unknown, not met: mart.finding
-- names it.
-- Nothing is true by default: what a register or the device does not say is a reason, too. Acceleration, self-tests
-- and re-checks count where they are delivered: no layout but one has the first, and few passages have the last.
-- A re-check disagrees if both weights differ by more than the class may err by in service.
-- Reasons are told, never used to leave a passage out.
with setting as (
    select
        max(case when parameter = 'max_acceleration_ms2' then parameter_value end) as max_acceleration_ms2,
        max(case when parameter = 'max_clock_error_s' then parameter_value end) as max_clock_error_s
    from {{ ref('parameter') }}
),
reweighed as (
    select
        passage.record_id,
        recheck.recheck_mass_kg,
        recheck.recheck_at,
        recheck.recheck_no,
        recheck.record_id as recheck_record_id,
        coalesce(recheck.plate_no = passage.plate_no, false) as is_same_plate,
        count(*) over (partition by recheck.record_id) as numbered_count,
        count(case when recheck.plate_no = passage.plate_no then 1 end) over (partition by recheck.record_id)
            as same_plate_count
    from {{ ref('static_recheck') }} as recheck
    inner join {{ ref('measured_passage') }} as passage
        on passage.check_no = recheck.check_no
        and passage.passed_date = recheck.recheck_date
),
-- The scale may stand elsewhere than the sensors, so the site says nothing; where sites share a number, the plate does.
rechecked as (
    select
        record_id,
        recheck_mass_kg,
        row_number() over (
            partition by record_id order by recheck_at desc, recheck_no, recheck_record_id
        ) as nth
    from reweighed
    where numbered_count = 1 or (is_same_plate and same_plate_count = 1)
)
select
    passage.feed,
    passage.record_id,
    passage.check_no,
    passage.delivery_id,
    passage.source_line,
    passage.byte_offset,
    passage.flags,
    passage.passed_date,
    passage.passed_at,
    passage.site_code,
    passage.lane_code,
    passage.direction,
    passage.plate_no,
    passage.plate_color_code,
    passage.vehicle_class_code,
    passage.axle_count,
    passage.axle_type_code,
    passage.axle_loads_kg,
    passage.axle_load_sum_kg,
    passage.axle_spacings_m,
    passage.single_tyre_axle_count,
    passage.gross_vehicle_weight_kg,
    passage.speed_kmh,
    passage.acceleration_ms2,
    passage.vehicle_length_m,
    passage.vehicle_width_m,
    passage.vehicle_height_m,
    passage.reported_limit_kg,
    passage.reported_is_over_limit,
    lane.device_no,
    lane.certificate_no,
    lane.certificate_valid_to,
    lane.accuracy_class,
    lane.max_error_ratio,
    lane.clock_error_s,
    rechecked.recheck_mass_kg,
    concat_ws(
        ',',
        case when abs(passage.acceleration_ms2) > setting.max_acceleration_ms2 then 'E-ACCEL' end,
        case when lane.clock_error_s > setting.max_clock_error_s then 'E-CLOCK' end,
        case when passage.close_following then 'E-CLOSE' end,
        case when passage.cross_lane then 'E-CROSS' end,
        case when lane.device_no is not null and lane.certificate_no is null then 'E-NOCERT' end,
        case when lane.device_no is null then 'E-NODEVICE' end,
        case when passage.plate_no is null then 'E-NOPLATE' end,
        case when lane.self_test_state = 'none' then 'E-NOTEST' end,
        case
            when passage.plate_no is not null
                and not coalesce(passage.plate_confidence >= confidence.parameter_value, false) then 'E-PLATECONF'
        end,
        case
            when abs(passage.gross_vehicle_weight_kg - rechecked.recheck_mass_kg)
                > lane.max_error_ratio * rechecked.recheck_mass_kg then 'E-RECHECK'
        end,
        case when conflict.is_repeated then 'E-REPEAT' end,
        case when lane.self_test_state = 'fail' then 'E-SELFTEST' end,
        case
            when coalesce(
                passage.speed_kmh >= lane.speed_min_kmh and passage.speed_kmh <= lane.speed_max_kmh, false
            ) then null
            else 'E-SPEED'
        end,
        case when passage.cross_lane is null or passage.close_following is null then 'E-TRACK' end,
        case when conflict.is_elsewhere_too then 'E-TWOPLACES' end
    ) as evidence_flags
from {{ ref('measured_passage') }} as passage
left join {{ ref('lane_evidence') }} as lane
    on lane.site_code = passage.site_code
    and lane.lane_code = passage.lane_code
    and lane.passed_date = passage.passed_date
left join rechecked on rechecked.record_id = passage.record_id and rechecked.nth = 1
left join {{ ref('plate_conflict') }} as conflict on conflict.record_id = passage.record_id
left join {{ ref('parameter') }} as confidence
    on confidence.parameter = 'min_plate_confidence'
    and {{ in_force('confidence', 'passage.passed_date') }}
cross join setting
