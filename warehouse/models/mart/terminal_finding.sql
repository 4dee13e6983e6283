-- Grain: one finding of one vehicle of the monitoring register on one day: a reason to look, never a verdict.
-- What each kind says, what else may explain it and what to do next stands in warehouse/cross_checks.py; the core
-- models decide it. Strong is a finding that nothing here weakens; codes in weakened_by say what does.
-- A jump onto a copied stretch or off it (no more than offline_gap_s from it: points may be lost between) is part of
-- that finding and no teleport. Where two vehicles speak with one phone (shared_phone), what a scale says against the
-- terminal is weak (two_tracks).
with finding as (
    select
        scale.event_date,
        scale.finding_kind,
        scale.plate_no,
        scale.plate_color_code,
        nullif(
            concat_ws(',', scale.weakened_by, case when shared.plate_no is not null then 'two_tracks' end), ''
        ) as weakened_by,
        scale.began_at,
        scale.ended_at,
        scale.latitude,
        scale.longitude,
        scale.point_count,
        scale.distance_m,
        scale.evidence_speed_kmh,
        scale.site_code,
        scale.passage_record_id,
        scale.passed_at,
        cast(null as varchar) as other_plate_no,
        cast(null as integer) as other_plate_color_code,
        cast(null as timestamp) as other_began_at
    from {{ ref('scale_finding') }} as scale
    left join {{ ref('track_jump') }} as shared
        on shared.event_date = scale.event_date
        and shared.plate_no = scale.plate_no
        and shared.plate_color_code = scale.plate_color_code
        and shared.finding_kind = 'shared_phone'
    union all
    select
        event_date,
        'copied_track' as finding_kind,
        plate_no,
        plate_color_code,
        case
            when shift_s = 28800 and other_plate_no = plate_no and other_plate_color_code = plate_color_code
                then 'time_zone'
        end as weakened_by,
        began_at,
        ended_at,
        latitude,
        longitude,
        point_count,
        distance_m,
        cast(null as double) as evidence_speed_kmh,
        cast(null as varchar) as site_code,
        cast(null as varchar) as passage_record_id,
        cast(null as timestamp) as passed_at,
        other_plate_no,
        other_plate_color_code,
        other_began_at
    from {{ ref('copied_track') }}
    union all
    select
        event_date,
        'constant_speed' as finding_kind,
        plate_no,
        plate_color_code,
        case when evidence_speed_kmh = floor(evidence_speed_kmh) then 'whole_kmh' end as weakened_by,
        began_at,
        ended_at,
        latitude,
        longitude,
        point_count,
        distance_m,
        evidence_speed_kmh,
        cast(null as varchar) as site_code,
        cast(null as varchar) as passage_record_id,
        cast(null as timestamp) as passed_at,
        cast(null as varchar) as other_plate_no,
        cast(null as integer) as other_plate_color_code,
        cast(null as timestamp) as other_began_at
    from {{ ref('even_stretch') }}
    union all
    select
        jump.event_date,
        jump.finding_kind,
        jump.plate_no,
        jump.plate_color_code,
        jump.weakened_by,
        jump.began_at,
        jump.ended_at,
        jump.latitude,
        jump.longitude,
        jump.point_count,
        jump.distance_m,
        jump.evidence_speed_kmh,
        cast(null as varchar) as site_code,
        cast(null as varchar) as passage_record_id,
        cast(null as timestamp) as passed_at,
        cast(null as varchar) as other_plate_no,
        cast(null as integer) as other_plate_color_code,
        cast(null as timestamp) as other_began_at
    from {{ ref('track_jump') }} as jump
    inner join {{ ref('vehicle_service') }} as vehicle
        on vehicle.service_date = jump.event_date
        and vehicle.plate_no = jump.plate_no
        and vehicle.plate_color_code = jump.plate_color_code
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = jump.event_date
        and threshold.monitored_class = coalesce(vehicle.monitored_class, '')
    where jump.finding_kind = 'shared_phone'
        or not exists (
            select 1
            from {{ ref('copied_track') }} as copied
            where copied.event_date = jump.event_date
                and copied.plate_no = jump.plate_no
                and copied.plate_color_code = jump.plate_color_code
                and date_diff('second', jump.ended_at, copied.began_at) <= threshold.offline_gap_s
                and date_diff('second', copied.ended_at, jump.began_at) <= threshold.offline_gap_s
        )
)
select
    finding.event_date,
    finding.finding_kind,
    finding.plate_no,
    finding.plate_color_code,
    vehicle.terminal_phone,
    vehicle.monitored_class,
    vehicle.uscc,
    vehicle.county_code,
    case when finding.weakened_by is null then 'strong' else 'weak' end as finding_grade,
    finding.weakened_by,
    finding.began_at,
    finding.ended_at,
    finding.latitude,
    finding.longitude,
    finding.point_count,
    finding.distance_m,
    finding.evidence_speed_kmh,
    finding.site_code,
    finding.passage_record_id,
    finding.passed_at,
    finding.other_plate_no,
    finding.other_plate_color_code,
    finding.other_began_at
from finding
inner join {{ ref('vehicle_service') }} as vehicle
    on vehicle.service_date = finding.event_date
    and vehicle.plate_no = finding.plate_no
    and vehicle.plate_color_code = finding.plate_color_code
