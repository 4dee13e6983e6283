-- Grain: one passage with the device that weighed it and every reason why it is no evidence.
-- Conditions are those that data can show (domain: certificate in force, verified speed, plate read,
-- one vehicle in one lane); pictures and the officer's review come with the case and are not decided here.
-- Nothing is true by default: what a register or the device does not say is a reason, too.
select
    passage.feed,
    passage.record_id,
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
    passage.vehicle_length_m,
    passage.reported_limit_kg,
    passage.reported_is_over_limit,
    lane.device_no,
    lane.certificate_no,
    lane.certificate_valid_to,
    concat_ws(
        ',',
        case when passage.close_following then 'E-CLOSE' end,
        case when passage.cross_lane then 'E-CROSS' end,
        case when lane.device_no is not null and lane.certificate_no is null then 'E-NOCERT' end,
        case when lane.device_no is null then 'E-NODEVICE' end,
        case when passage.plate_no is null then 'E-NOPLATE' end,
        case
            when passage.plate_no is not null
                and coalesce(passage.plate_confidence, 0) < {{ var('min_plate_confidence') }} then 'E-PLATECONF'
        end,
        case
            when coalesce(
                passage.speed_kmh >= lane.speed_min_kmh and passage.speed_kmh <= lane.speed_max_kmh, false
            ) then null
            else 'E-SPEED'
        end,
        case when passage.cross_lane is null or passage.close_following is null then 'E-TRACK' end
    ) as evidence_flags
from {{ ref('measured_passage') }} as passage
left join {{ ref('lane_evidence') }} as lane
    on lane.site_code = passage.site_code
    and lane.lane_code = passage.lane_code
    and lane.passed_date = passage.passed_date
