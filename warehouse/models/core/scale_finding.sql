-- Grain: one passage of a monitored vehicle that does not agree with the vehicle's terminal.
-- The scale read plate and colour; the register has the vehicle with a terminal that day. A passage is one finding:
-- scale_parked: points before and behind the passage, within cross_silent_s of it, all stand (moving_kmh) in a box of
-- no more than cross_parked_m across, further than cross_m from the scale.
-- scale_elsewhere: the last point before the passage or the first behind it, however long before or behind, is further
-- than cross_m from the scale and further than drift_kmh reaches in the time between and cross_clock_s more, so that a
-- clock that is some minutes wrong accuses nobody.
-- scale_silent: no usable point within cross_silent_s, while other terminals were heard. A terminal that was never
-- heard all day is no weaker a finding: no tunnel lasts a day, and the vehicle was on the road without it.
-- What makes a finding weak: the plate is doubtful; the day ends within the window (midnight); nobody else was heard on
-- one side of it (capture_gap); the terminal sent, but nothing usable (no_position); a point next to the silence came
-- late from its memory (backfill); between the points before and behind a parked one there was time, at drift_kmh, to
-- drive to the scale and back (time_between); cross_site_vehicles or more vehicles, and most that the site saw that day
-- while their terminals were heard, contradict it, so that its place or clock may be wrong (site_doubtful). Usable
-- points are those of core.vehicle_step.
-- A site that the register gives no place can only tell that a terminal was silent.
with sighting as (
    select
        passage.record_id as passage_record_id,
        passage.passed_date as built_date,
        passage.passed_at,
        passage.site_code,
        passage.speed_kmh,
        vehicle.plate_no,
        vehicle.plate_color_code,
        vehicle.terminal_phone,
        site.latitude as site_latitude,
        site.longitude as site_longitude,
        threshold.drift_kmh,
        threshold.moving_kmh,
        threshold.cross_silent_s,
        threshold.cross_parked_m,
        threshold.cross_m,
        threshold.cross_clock_s,
        threshold.cross_site_vehicles,
        concat(',', passage.flags, ',') like '%,E-PLATECONF,%'
        or concat(',', passage.flags, ',') like '%,E-CLOSE,%'
        or concat(',', passage.flags, ',') like '%,E-CROSS,%' as is_plate_doubtful,
        date_diff('second', passage.passed_at, cast(passage.passed_date + interval 1 day as timestamp))
            <= threshold.cross_silent_s as is_cut
    from {{ ref('passage') }} as passage
    inner join {{ ref('vehicle_service') }} as vehicle
        on vehicle.service_date = passage.passed_date
        and vehicle.plate_no = passage.plate_no
        and vehicle.plate_color_code = passage.plate_color_code
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = passage.passed_date
        and threshold.monitored_class = coalesce(vehicle.monitored_class, '')
    left join {{ ref('site_service') }} as site
        on site.site_code = passage.site_code and site.passed_date = passage.passed_date
    where vehicle.terminal_phone is not null
),
beside as (
    select
        sighting.passage_record_id,
        case when step.recorded_at <= sighting.passed_at then step.recorded_at else step.previous_at end as before_at,
        case when step.recorded_at <= sighting.passed_at then step.latitude else step.previous_latitude end
            as before_latitude,
        case when step.recorded_at <= sighting.passed_at then step.longitude else step.previous_longitude end
            as before_longitude,
        case when step.recorded_at > sighting.passed_at then step.recorded_at end as after_at,
        case when step.recorded_at > sighting.passed_at then step.latitude end as after_latitude,
        case when step.recorded_at > sighting.passed_at then step.longitude end as after_longitude
    from sighting
    inner join {{ ref('vehicle_step') }} as step
        on step.built_date = sighting.built_date
        and step.plate_no = sighting.plate_no
        and step.plate_color_code = sighting.plate_color_code
    where case
        when step.recorded_at <= sighting.passed_at then step.is_last
        else coalesce(step.previous_at <= sighting.passed_at, true)
    end
),
near as (
    select
        sighting.passage_record_id,
        count(*) as point_count,
        min(step.recorded_at) as first_at,
        max(step.recorded_at) as last_at,
        max(step.terminal_speed_kmh) as top_speed_kmh,
        min(step.latitude) as south,
        max(step.latitude) as north,
        min(step.longitude) as west,
        max(step.longitude) as east
    from sighting
    inner join {{ ref('vehicle_step') }} as step
        on step.built_date = sighting.built_date
        and step.plate_no = sighting.plate_no
        and step.plate_color_code = sighting.plate_color_code
    where abs(date_diff('second', step.recorded_at, sighting.passed_at)) <= sighting.cross_silent_s
    group by sighting.passage_record_id
),
sent as (
    select distinct sighting.passage_record_id
    from sighting
    inner join {{ ref('vehicle_point') }} as point
        on point.built_date = sighting.built_date and point.terminal_phone = sighting.terminal_phone
    where abs(date_diff('second', point.recorded_at, sighting.passed_at)) <= sighting.cross_silent_s
),
minute as (
    select
        built_date,
        date_trunc('minute', recorded_at) as heard_minute,
        min(recorded_at) as first_at,
        max(recorded_at) as last_at
    from {{ ref('vehicle_point') }}
    where recorded_at is not null
    group by built_date, date_trunc('minute', recorded_at)
),
heard as (
    select
        sighting.passage_record_id,
        max(case when minute.first_at <= sighting.passed_at then 1 else 0 end) as is_before,
        max(case when minute.last_at > sighting.passed_at then 1 else 0 end) as is_after
    from sighting
    inner join minute on minute.built_date = sighting.built_date
    where date_diff('second', minute.last_at, sighting.passed_at) <= sighting.cross_silent_s
        and date_diff('second', sighting.passed_at, minute.first_at) <= sighting.cross_silent_s
    group by sighting.passage_record_id
),
from_memory as (
    select distinct beside.passage_record_id
    from beside
    inner join sighting on sighting.passage_record_id = beside.passage_record_id
    inner join {{ ref('terminal_fix') }} as fix on fix.terminal_phone = sighting.terminal_phone
    where fix.report_origin = 'backfill'
        and (fix.recorded_at = beside.before_at or fix.recorded_at = beside.after_at)
),
measured as (
    select
        sighting.passage_record_id,
        sighting.built_date,
        sighting.passed_at,
        sighting.site_code,
        sighting.speed_kmh,
        sighting.plate_no,
        sighting.plate_color_code,
        sighting.drift_kmh,
        sighting.moving_kmh,
        sighting.cross_parked_m,
        sighting.cross_m,
        sighting.cross_clock_s,
        sighting.cross_site_vehicles,
        sighting.is_plate_doubtful,
        sighting.is_cut,
        beside.before_at,
        beside.before_latitude,
        beside.before_longitude,
        beside.after_at,
        beside.after_latitude,
        beside.after_longitude,
        date_diff('second', beside.before_at, sighting.passed_at) as before_s,
        date_diff('second', sighting.passed_at, beside.after_at) as after_s,
        {{ great_circle_m(
            'sighting.site_latitude', 'sighting.site_longitude', 'beside.before_latitude', 'beside.before_longitude'
        ) }} as before_m,
        {{ great_circle_m(
            'sighting.site_latitude', 'sighting.site_longitude', 'beside.after_latitude', 'beside.after_longitude'
        ) }} as after_m,
        coalesce(near.point_count, 0) as point_count,
        near.top_speed_kmh,
        coalesce(near.first_at <= sighting.passed_at and near.last_at >= sighting.passed_at, false) as is_around,
        {{ great_circle_m('near.south', 'near.west', 'near.north', 'near.east') }} as box_m,
        sent.passage_record_id is not null as has_sent,
        heard.passage_record_id is not null as is_heard,
        coalesce(heard.is_before = 1 and (heard.is_after = 1 or sighting.is_cut), false) as is_heard_around,
        from_memory.passage_record_id is not null as is_from_memory
    from sighting
    left join beside on beside.passage_record_id = sighting.passage_record_id
    left join near on near.passage_record_id = sighting.passage_record_id
    left join sent on sent.passage_record_id = sighting.passage_record_id
    left join heard on heard.passage_record_id = sighting.passage_record_id
    left join from_memory on from_memory.passage_record_id = sighting.passage_record_id
),
reached as (
    select
        *,
        coalesce(before_m > cross_m and before_m * 3.6 > drift_kmh * (before_s + cross_clock_s + 1), false)
            as is_before_far,
        coalesce(after_m > cross_m and after_m * 3.6 > drift_kmh * (after_s + cross_clock_s + 1), false)
            as is_after_far,
        coalesce(before_s <= after_s, before_s is not null) as is_before_nearer
    from measured
),
judged as (
    select
        *,
        case
            when is_around
                and top_speed_kmh <= moving_kmh
                and box_m <= cross_parked_m
                and case when is_before_nearer then before_m else after_m end > cross_m then 'scale_parked'
            when is_before_far or is_after_far then 'scale_elsewhere'
            when point_count = 0 and is_heard then 'scale_silent'
        end as finding_kind
    from reached
),
contradicted as (
    select
        built_date,
        site_code,
        count(
            distinct case
                when point_count > 0 or finding_kind = 'scale_elsewhere' then concat_ws('|', plate_no, plate_color_code)
            end
        ) as vehicle_count,
        count(
            distinct case
                when finding_kind in ('scale_parked', 'scale_elsewhere') then concat_ws('|', plate_no, plate_color_code)
            end
        ) as against_count,
        min(cross_site_vehicles) as cross_site_vehicles
    from judged
    group by built_date, site_code
),
shown as (
    select
        judged.*,
        contradicted.against_count >= contradicted.cross_site_vehicles
        and contradicted.against_count * 2 > contradicted.vehicle_count as is_site_doubtful,
        case
            when judged.finding_kind = 'scale_elsewhere' and judged.is_before_far <> judged.is_after_far
                then judged.is_before_far
            else judged.is_before_nearer
        end as is_before_shown
    from judged
    inner join contradicted
        on contradicted.built_date = judged.built_date and contradicted.site_code = judged.site_code
    where judged.finding_kind is not null
)
select
    built_date as event_date,
    finding_kind,
    plate_no,
    plate_color_code,
    nullif(
        concat_ws(
            ',',
            case when finding_kind = 'scale_silent' and is_from_memory then 'backfill' end,
            case when finding_kind = 'scale_silent' and not is_heard_around then 'capture_gap' end,
            case when finding_kind = 'scale_silent' and is_cut then 'midnight' end,
            case when finding_kind = 'scale_silent' and has_sent then 'no_position' end,
            case when is_plate_doubtful then 'plate_doubtful' end,
            case when finding_kind <> 'scale_silent' and is_site_doubtful then 'site_doubtful' end,
            case
                when finding_kind = 'scale_parked'
                    and (before_m + after_m) * 3.6 <= drift_kmh * (before_s + after_s + 1) then 'time_between'
            end
        ),
        ''
    ) as weakened_by,
    coalesce(before_at, passed_at) as began_at,
    coalesce(after_at, passed_at) as ended_at,
    case when is_before_shown then before_latitude else after_latitude end as latitude,
    case when is_before_shown then before_longitude else after_longitude end as longitude,
    point_count,
    cast(case when is_before_shown then before_m else after_m end as bigint) as distance_m,
    case
        when finding_kind <> 'scale_elsewhere' then speed_kmh
        when is_before_shown then round(before_m * 3.6 / (before_s + cross_clock_s + 1), 1)
        else round(after_m * 3.6 / (after_s + cross_clock_s + 1), 1)
    end as evidence_speed_kmh,
    site_code,
    passage_record_id,
    passed_at
from shown
