-- Grain: one instant at which one terminal said where it was, seen from a built day: its own points and those of the
-- day before (built_date is the day for which the row is read). A point without a usable time is a row of its own.
-- The same point may come several times: report goes before reply, batch and backfill. point_fault is the first reason
-- why it is no valid record; thresholds are those of seeds.kpi_scheme. Whether the receiver had a fix is no such
-- reason, but distances and driving need one. A terminal of no vehicle of the register has no plate.
-- Drift needs the points around and is decided in core.vehicle_drift.
with doubled as (
    select terminal_phone, recorded_at
    from {{ ref('terminal_fix') }}
    where recorded_at is not null
    group by terminal_phone, recorded_at
    having count(*) > 1
),
chosen as (
    select
        fix.terminal_phone,
        fix.recorded_at,
        fix.record_id,
        row_number() over (
            partition by fix.terminal_phone, fix.recorded_at
            order by
                case fix.report_origin when 'report' then 1 when 'reply' then 2 when 'batch' then 3 else 4 end,
                fix.record_id
        ) as nth
    from {{ ref('terminal_fix') }} as fix
    inner join doubled on doubled.terminal_phone = fix.terminal_phone and doubled.recorded_at = fix.recorded_at
),
frame as (
    select event_date as built_date, event_date as positioned_date from {{ source('raw', 'build_day') }}
    union all
    select event_date as built_date, cast(event_date - interval 1 day as date) as positioned_date
    from {{ source('raw', 'build_day') }}
)
select
    frame.built_date,
    fix.positioned_date,
    vehicle.plate_no,
    vehicle.plate_color_code,
    fix.terminal_phone,
    fix.recorded_at,
    fix.latitude,
    fix.longitude,
    fix.terminal_speed_kmh,
    coalesce((fix.status_flags & 2) = 2, false) as has_fix,
    case
        when vehicle.plate_no is null or vehicle.plate_color_code is null then 'plate'
        when fix.recorded_at is null then 'time'
        when not coalesce(
            fix.latitude >= threshold.latitude_min_deg
            and fix.latitude <= threshold.latitude_max_deg
            and fix.longitude >= threshold.longitude_min_deg
            and fix.longitude <= threshold.longitude_max_deg, false
        ) then 'position'
        when not coalesce(
            fix.terminal_speed_kmh >= 0 and fix.terminal_speed_kmh <= threshold.valid_speed_max_kmh, false
        ) then 'speed'
        when not coalesce(fix.heading_deg >= 0 and fix.heading_deg <= 359, false) then 'heading'
        when not coalesce(
            fix.altitude_m >= threshold.altitude_min_m and fix.altitude_m <= threshold.altitude_max_m, false
        ) then 'altitude'
    end as point_fault,
    coalesce(fix.alarm_flags, 0) as alarm_flags,
    coalesce(fix.video_alarm_flags, 0) as video_alarm_flags,
    coalesce(fix.driving_alarm_flags, 0) as driving_alarm_flags
from {{ ref('terminal_fix') }} as fix
inner join frame on frame.positioned_date = fix.positioned_date
inner join {{ ref('kpi_threshold') }} as threshold
    on threshold.built_date = frame.built_date and threshold.monitored_class = ''
left join {{ ref('vehicle_service') }} as vehicle
    on vehicle.service_date = fix.positioned_date and vehicle.terminal_phone = fix.terminal_phone
left join chosen on chosen.record_id = fix.record_id and chosen.nth > 1
where chosen.record_id is null
