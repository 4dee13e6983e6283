-- Grain: one alarm of the handling extract and the alarm of the captures that it is.
-- Same vehicle, kind and day, begun no further apart than alarm_match_s. The nearest two are matched first, then the
-- nearest of what is left: each alarm is in one pair at most, whatever came first. Alarms that a platform raised are on
-- no wire and are not looked for. Two that begin on either side of midnight are not found.
with recursive near as (
    select
        told.record_id,
        told.alarm_began_at,
        wire.event_date,
        wire.plate_no,
        wire.plate_color_code,
        wire.alarm_kind,
        wire.wire_no,
        wire.alarm_began_at as wire_began_at,
        abs(date_diff('second', told.alarm_began_at, wire.alarm_began_at)) as match_gap_s
    from {{ ref('terminal_alarm') }} as told
    inner join {{ ref('wire_alarm') }} as wire
        on wire.event_date = told.alarm_date
        and wire.plate_no = told.plate_no
        and wire.plate_color_code = told.plate_color_code
        and wire.alarm_kind = told.alarm_kind
    inner join {{ ref('kpi_threshold') }} as threshold
        on threshold.built_date = told.alarm_date and threshold.monitored_class = ''
    where told.alarm_source = 'terminal'
        and abs(date_diff('second', told.alarm_began_at, wire.alarm_began_at)) <= threshold.alarm_match_s
),
choice as (
    select
        record_id,
        alarm_began_at,
        event_date,
        plate_no,
        plate_color_code,
        alarm_kind,
        wire_no,
        wire_began_at,
        match_gap_s,
        row_number() over (
            partition by record_id order by match_gap_s, alarm_began_at, record_id, wire_no
        ) as nth_of_told,
        row_number() over (
            partition by event_date, plate_no, plate_color_code, alarm_kind, wire_no
            order by match_gap_s, alarm_began_at, record_id, wire_no
        ) as nth_of_wire
    from near
    union all
    select
        record_id,
        alarm_began_at,
        event_date,
        plate_no,
        plate_color_code,
        alarm_kind,
        wire_no,
        wire_began_at,
        match_gap_s,
        row_number() over (
            partition by record_id order by match_gap_s, alarm_began_at, record_id, wire_no
        ) as nth_of_told,
        row_number() over (
            partition by event_date, plate_no, plate_color_code, alarm_kind, wire_no
            order by match_gap_s, alarm_began_at, record_id, wire_no
        ) as nth_of_wire
    from (
        select
            record_id,
            alarm_began_at,
            event_date,
            plate_no,
            plate_color_code,
            alarm_kind,
            wire_no,
            wire_began_at,
            match_gap_s,
            min(greatest(nth_of_told, nth_of_wire)) over (partition by record_id) as best_of_told,
            min(greatest(nth_of_told, nth_of_wire)) over (
                partition by event_date, plate_no, plate_color_code, alarm_kind, wire_no
            ) as best_of_wire
        from choice
    ) as judged
    where best_of_told > 1 and best_of_wire > 1
)
select
    record_id,
    event_date,
    plate_no,
    plate_color_code,
    alarm_kind,
    wire_no,
    wire_began_at,
    match_gap_s
from choice
where nth_of_told = 1 and nth_of_wire = 1
