-- Grain: one alarm of one terminal on one day on which it lasted or ended. is_new: it is counted on that day; an alarm
-- that lasts over midnight has a row on either day, and only the first is new.
-- Bits of JT/T 808 repeat in every report while they hold: an alarm is their rising edge until they fall. A bit that is
-- set in the first report that was looked at (the day before is looked at too) began at a time nobody knows and is not
-- new. Bits that the platform's answer clears (is_level false) have a beginning and no end. Reports without a usable
-- time tell no order and are left out here.
-- Active-safety alarms are one per identity, however often and by whatever way they were reported, and new on the day
-- of their first report: one of which only the end arrived began at a time nobody knows and is counted where it ended.
-- A day looks back on one. What lies before it the identity tells, which names the day on which the alarm began: one of
-- an earlier day is not new. A day more than 31 back (what captures may be late) is a clock that was never set and
-- tells nothing. 0x66 tells tyres wheel by wheel, also where nothing is wrong: each bit that is set for any wheel is an
-- alarm with the bit as its code, the periodic report (bit 0) and what the maker added are none. Codes of 16 and above
-- are events. is_alarm is false for events and for reports without a code. What a code is called by the bureau says
-- seeds.alarm_type: a row for the model of the terminal goes before one of its profile, that before one of neither. Some
-- makers and provinces tell alarms by codes of 16 and above; one for which the model's row names a kind is an alarm.
with report as (
    select
        built_date,
        plate_no,
        plate_color_code,
        terminal_phone,
        recorded_at,
        case when has_fix then latitude end as latitude,
        case when has_fix then longitude end as longitude,
        terminal_speed_kmh,
        alarm_flags,
        video_alarm_flags,
        driving_alarm_flags,
        lag(recorded_at) over reports as previous_at,
        lag(alarm_flags, 1, 0) over reports as previous_alarm_flags,
        lag(video_alarm_flags, 1, 0) over reports as previous_video_alarm_flags,
        lag(driving_alarm_flags, 1, 0) over reports as previous_driving_alarm_flags,
        row_number() over reports as report_no,
        lead(recorded_at) over reports is null as is_last
    from {{ ref('vehicle_point') }}
    where recorded_at is not null
    window reports as (partition by built_date, terminal_phone order by recorded_at)
),
changed as (
    select
        built_date,
        plate_no,
        plate_color_code,
        terminal_phone,
        recorded_at,
        latitude,
        longitude,
        terminal_speed_kmh,
        alarm_flags,
        video_alarm_flags,
        driving_alarm_flags,
        previous_at,
        previous_alarm_flags,
        previous_video_alarm_flags,
        previous_driving_alarm_flags,
        report_no,
        max(recorded_at) over (partition by built_date, terminal_phone) as last_at,
        max(report_no) over (partition by built_date, terminal_phone) as last_no
    from report
    where alarm_flags <> previous_alarm_flags
        or video_alarm_flags <> previous_video_alarm_flags
        or driving_alarm_flags <> previous_driving_alarm_flags
        or is_last
),
bit as (
    select
        alarm_channel,
        alarm_code,
        alarm_kind,
        is_level,
        cast(power(2, alarm_code) as bigint) as mask
    from {{ ref('alarm_type') }}
    where alarm_channel <> 'safety'
),
compared as (
    select
        changed.built_date,
        changed.plate_no,
        changed.plate_color_code,
        changed.terminal_phone,
        changed.recorded_at,
        changed.latitude,
        changed.longitude,
        changed.terminal_speed_kmh,
        changed.previous_at,
        changed.report_no,
        changed.last_at,
        changed.last_no,
        bit.alarm_channel,
        bit.alarm_code,
        bit.alarm_kind,
        bit.is_level,
        (case bit.alarm_channel
            when 'flag' then changed.alarm_flags
            when 'video' then changed.video_alarm_flags
            else changed.driving_alarm_flags
        end & bit.mask) > 0 as is_set,
        (case bit.alarm_channel
            when 'flag' then changed.previous_alarm_flags
            when 'video' then changed.previous_video_alarm_flags
            else changed.previous_driving_alarm_flags
        end & bit.mask) > 0 as was_set
    from changed
    cross join bit
),
spell as (
    select
        built_date,
        plate_no,
        plate_color_code,
        terminal_phone,
        alarm_channel,
        alarm_code,
        alarm_kind,
        is_level,
        is_set,
        recorded_at,
        previous_at is null as began_before,
        latitude,
        longitude,
        terminal_speed_kmh,
        lead(recorded_at) over bits as ended_at,
        coalesce(lead(previous_at) over bits, last_at) as last_reported_at,
        coalesce(lead(report_no) over bits, last_no + 1) - report_no as point_count
    from compared
    where is_set <> was_set
    window bits as (partition by built_date, terminal_phone, alarm_channel, alarm_code order by recorded_at)
),
frame as (
    select event_date as built_date, event_date as alarm_date from {{ source('raw', 'build_day') }}
    union all
    select event_date as built_date, cast(event_date - interval 1 day as date) as alarm_date
    from {{ source('raw', 'build_day') }}
),
wheel as (
    select safety_item, alarm_code, cast(power(2, alarm_code) as bigint) as mask
    from {{ ref('alarm_type') }}
    where safety_item = 102 and alarm_profile is null and terminal_model is null
),
told as (
    select
        frame.built_date,
        safety.alarm_date,
        vehicle.plate_no,
        vehicle.plate_color_code,
        vehicle.terminal_model,
        safety.terminal_phone,
        safety.safety_item,
        coalesce(wheel.alarm_code, safety.alarm_type_code) as alarm_type_code,
        safety.alarm_profile,
        safety.alarm_level,
        safety.recorded_at,
        safety.latitude,
        safety.longitude,
        safety.terminal_speed_kmh,
        safety.alarm_identity,
        coalesce(safety.alarm_identity, safety.record_id) as identity_key,
        coalesce(safety.alarm_state_code = 2, false) as is_end,
        row_number() over (
            partition by
                frame.built_date, safety.terminal_phone, safety.safety_item,
                coalesce(wheel.alarm_code, safety.alarm_type_code),
                coalesce(safety.alarm_identity, safety.record_id)
            order by coalesce(safety.alarm_state_code = 2, false), safety.recorded_at nulls last, safety.record_id
        ) as nth
    from {{ ref('terminal_safety_alarm') }} as safety
    inner join frame on frame.alarm_date = safety.alarm_date
    left join wheel on wheel.safety_item = safety.safety_item and (safety.wheel_alarm_flags & wheel.mask) > 0
    left join {{ ref('vehicle_service') }} as vehicle
        on vehicle.service_date = safety.alarm_date and vehicle.terminal_phone = safety.terminal_phone
),
safety_alarm as (
    select
        built_date,
        terminal_phone,
        safety_item,
        alarm_type_code,
        max(case when nth = 1 then plate_no end) as plate_no,
        max(case when nth = 1 then plate_color_code end) as plate_color_code,
        max(case when nth = 1 then terminal_model end) as terminal_model,
        max(case when nth = 1 then alarm_profile end) as alarm_profile,
        max(case when nth = 1 then latitude end) as latitude,
        max(case when nth = 1 then longitude end) as longitude,
        max(case when nth = 1 then terminal_speed_kmh end) as terminal_speed_kmh,
        max(alarm_level) as alarm_level,
        max(alarm_identity) as alarm_identity,
        max(
            try_cast(
                regexp_replace(
                    alarm_identity, '^.*-([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{6}-[0-9]+$', '\1-\2-\3'
                ) as date
            )
        ) as identity_date,
        min(case when not is_end then recorded_at end) as began_at,
        max(case when is_end then recorded_at end) as ended_at,
        max(recorded_at) as last_reported_at,
        min(alarm_date) as first_date,
        max(alarm_date) as last_date,
        count(*) as point_count
    from told
    group by built_date, terminal_phone, safety_item, alarm_type_code, identity_key
)
select
    built_date as event_date,
    plate_no,
    plate_color_code,
    terminal_phone,
    alarm_channel,
    cast(null as integer) as safety_item,
    alarm_code,
    cast(null as varchar) as alarm_profile,
    cast(null as varchar) as terminal_model,
    alarm_kind,
    true as is_alarm,
    not began_before and cast(recorded_at as date) = built_date as is_new,
    case when not began_before then recorded_at end as alarm_began_at,
    case when is_level then ended_at end as alarm_ended_at,
    last_reported_at,
    latitude,
    longitude,
    terminal_speed_kmh,
    cast(point_count as bigint) as point_count,
    cast(null as integer) as alarm_level,
    cast(null as varchar) as alarm_identity
from spell
where is_set
    and case
        when is_level then cast(coalesce(ended_at, last_reported_at) as date) = built_date
            or cast(last_reported_at as date) = built_date
        else not began_before and cast(recorded_at as date) = built_date
    end
union all
select
    alarm.built_date as event_date,
    alarm.plate_no,
    alarm.plate_color_code,
    alarm.terminal_phone,
    'safety' as alarm_channel,
    alarm.safety_item,
    alarm.alarm_type_code as alarm_code,
    alarm.alarm_profile,
    alarm.terminal_model,
    case
        when of_model.alarm_code is not null then of_model.alarm_kind
        when of_profile.alarm_code is not null then of_profile.alarm_kind
        else common.alarm_kind
    end as alarm_kind,
    coalesce(alarm.alarm_type_code < 16 or of_model.alarm_kind is not null, false) as is_alarm,
    alarm.first_date = alarm.built_date and not coalesce(
        alarm.identity_date < alarm.built_date - interval 1 day
        and alarm.identity_date >= alarm.built_date - interval 31 day,
        false
    ) as is_new,
    alarm.began_at as alarm_began_at,
    alarm.ended_at as alarm_ended_at,
    alarm.last_reported_at,
    alarm.latitude,
    alarm.longitude,
    alarm.terminal_speed_kmh,
    cast(alarm.point_count as bigint) as point_count,
    alarm.alarm_level,
    alarm.alarm_identity
from safety_alarm as alarm
left join {{ ref('alarm_type') }} as of_model
    on of_model.alarm_channel = 'safety'
    and of_model.safety_item = alarm.safety_item
    and of_model.alarm_code = alarm.alarm_type_code
    and of_model.terminal_model = alarm.terminal_model
left join {{ ref('alarm_type') }} as of_profile
    on of_profile.alarm_channel = 'safety'
    and of_profile.safety_item = alarm.safety_item
    and of_profile.alarm_code = alarm.alarm_type_code
    and of_profile.alarm_profile = alarm.alarm_profile
    and of_profile.terminal_model is null
left join {{ ref('alarm_type') }} as common
    on common.alarm_channel = 'safety'
    and common.safety_item = alarm.safety_item
    and common.alarm_code = alarm.alarm_type_code
    and common.alarm_profile is null
    and common.terminal_model is null
where alarm.last_date = alarm.built_date
