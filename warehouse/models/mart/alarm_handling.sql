-- Grain: one alarm of the handling extract, on the day it began, with whose vehicle it was that day.
-- Whether it was to be handled yet is left to the reader: an alarm whose due_at is later than the greatest told_until of
-- all alarms may still be handled in time. alarm_match says whether the captures have it (core.alarm_match); where the
-- terminal sent no report within alarm_match_s of its beginning, nothing can be said.
with heard as (
    select distinct told.record_id
    from {{ ref('terminal_alarm') }} as told
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = told.alarm_date and threshold.monitored_class = ''
    inner join {{ ref('vehicle_point') }} as point
        on point.built_date = told.alarm_date
        and point.plate_no = told.plate_no
        and point.plate_color_code = told.plate_color_code
        and abs(date_diff('second', told.alarm_began_at, point.recorded_at)) <= threshold.alarm_match_s
)
select
    told.alarm_date as event_date,
    told.record_id,
    told.delivery_id,
    told.source_line,
    told.alarm_no,
    told.plate_no,
    told.plate_color_code,
    vehicle.monitored_class,
    vehicle.uscc,
    vehicle.county_code,
    vehicle.plate_no is not null as is_registered,
    told.alarm_kind,
    told.alarm_level,
    told.alarm_source,
    told.alarm_began_at,
    told.alarm_ended_at,
    told.max_speed_kmh,
    told.handle_within_min,
    told.alarm_began_at + told.handle_within_min * interval 1 minute as due_at,
    told.handled_at,
    told.handling,
    date_diff('second', told.alarm_began_at, told.handled_at) as response_s,
    coalesce(told.handled_at <= told.alarm_began_at + told.handle_within_min * interval 1 minute, false) as is_in_time,
    told.is_supervised,
    told.appealed_at,
    told.appeal_result,
    greatest(
        told.alarm_began_at,
        coalesce(told.alarm_ended_at, told.alarm_began_at),
        coalesce(told.handled_at, told.alarm_began_at),
        coalesce(told.appealed_at, told.alarm_began_at)
    ) as told_until,
    case
        when told.alarm_source <> 'terminal' then null
        when match.match_gap_s = 0 then 'exact'
        when match.match_gap_s > 0 then 'near'
        when heard.record_id is null then 'no_capture'
        else 'none'
    end as alarm_match,
    match.wire_began_at,
    match.match_gap_s
from {{ ref('terminal_alarm') }} as told
left join {{ ref('vehicle_service') }} as vehicle
    on vehicle.service_date = told.alarm_date
    and vehicle.plate_no = told.plate_no
    and vehicle.plate_color_code = told.plate_color_code
left join {{ ref('alarm_match') }} as match on match.record_id = told.record_id
left join heard on heard.record_id = told.record_id
