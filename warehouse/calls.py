"""Vehicles whose terminal somebody should ask about: silent for days, in conflict with a scale or another terminal, or
with alarms nobody handled. One query for the page that lists them and for the alerts.

Days are those with captures: a day without any tells of nobody. Each is told as its end knew it: an alarm handled later
was open, one due later was not late. How many days of silence, and how far back findings and alarms count, are rows of
``seeds.kpi_scheme`` (``warehouse.league``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from warehouse.league import parameters
from warehouse.metrics import Source

TABLES = ("mart.alarm_handling", "mart.terminal_finding", "mart.vehicle_day", "seeds.kpi_scheme")
"""What is read here."""
CALL = """
with vehicle as (
    select plate_no, plate_color_code, max_by(uscc, event_date) as uscc, max_by(county_code, event_date) as county_code,
        max_by(monitored_class, event_date) as monitored_class, min(event_date) as first_date,
        max(event_date) as last_date,
        max(case when is_online then event_date end) as last_online_date,
        max(case when is_online then last_recorded_at end) as last_recorded_at
    from mart.vehicle_day
    where is_registered and event_date <= $day
    group by plate_no, plate_color_code
),
silent as (
    select day.plate_no, day.plate_color_code, count(*) as silent_day_count, min(day.event_date) as silent_since
    from mart.vehicle_day as day
    inner join vehicle on vehicle.plate_no = day.plate_no and vehicle.plate_color_code = day.plate_color_code
    where day.is_registered and day.event_date <= $day
        and day.event_date > coalesce(vehicle.last_online_date, date '0001-01-01')
    group by day.plate_no, day.plate_color_code
),
finding as (
    select plate_no, plate_color_code, count(*) filter (finding_grade = 'strong') as strong_count,
        count(*) filter (finding_grade <> 'strong') as weak_count,
        -- The kinds are those that are counted: strong ones, and weak ones only where there is no strong one.
        coalesce(
            string_agg(distinct finding_kind, ',' order by finding_kind) filter (finding_grade = 'strong'),
            string_agg(distinct finding_kind, ',' order by finding_kind)
        ) as finding_kinds
    from mart.terminal_finding
    where event_date > $findings_after and event_date <= $day
    group by plate_no, plate_color_code
),
alarm as (
    select plate_no, plate_color_code, count(*) as open_alarm_count, min(cast(due_at as date)) as alarm_due_on
    from mart.alarm_handling
    where alarm_level = 1 and event_date > $alarms_after and event_date <= $day and cast(due_at as date) <= $day
        and (handled_at is null or cast(handled_at as date) > $day)
        -- Of the last day the extract may not tell the end.
        and due_at <= (select max(told_until) from mart.alarm_handling)
    group by plate_no, plate_color_code
),
call as (
    select vehicle.*, coalesce(silent.silent_day_count, 0) as silent_day_count, silent.silent_since,
        coalesce(finding.strong_count, 0) as strong_count, coalesce(finding.weak_count, 0) as weak_count,
        coalesce(finding.finding_kinds, '') as finding_kinds, coalesce(alarm.open_alarm_count, 0) as open_alarm_count,
        alarm.alarm_due_on
    from vehicle
    left join silent on silent.plate_no = vehicle.plate_no and silent.plate_color_code = vehicle.plate_color_code
    left join finding on finding.plate_no = vehicle.plate_no and finding.plate_color_code = vehicle.plate_color_code
    left join alarm on alarm.plate_no = vehicle.plate_no and alarm.plate_color_code = vehicle.plate_color_code
    where vehicle.last_date = $day
        and list_contains($classes, vehicle.monitored_class)
        and (cast($county as varchar) is null or vehicle.county_code = $county)
        and (cast($uscc as varchar) is null or vehicle.uscc = $uscc)
)
"""
"""CTEs up to ``call``: the vehicles in service on ``$day``, with their silence, findings and open alarms."""
_LAST_CAPTURED = "select max(event_date) as last_day from mart.vehicle_day where event_date <= $day"
_SILENT_OR_ALARMED = f"""{CALL}
select plate_no, plate_color_code, uscc, county_code, monitored_class, silent_day_count,
    silent_day_count >= $silent_days as is_silent, silent_since, open_alarm_count, alarm_due_on
from call
where silent_day_count >= $silent_days or open_alarm_count > 0
order by plate_no, plate_color_code
"""


def bound(source: Source, day: date, place: Mapping[str, Any]) -> dict[str, Any]:
    """What ``CALL`` binds; ``place``: ``county``, ``uscc`` and ``classes``."""
    told = parameters(source, day)
    return {
        **place,
        "day": day,
        "silent_days": told["call_silent_days"],
        "findings_after": day - timedelta(days=int(told["call_finding_days"])),
        "alarms_after": day - timedelta(days=int(told["call_alarm_days"])),
    }


def last_captured(source: Source, day: date) -> date | None:
    """The last day with captures up to a day."""
    (row,) = source.rows(_LAST_CAPTURED, {"day": day})
    last: date | None = row["last_day"]
    return last


def silent_or_alarmed(source: Source, day: date, place: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Vehicles silent for days (``is_silent``), or with alarms of the first level open (``open_alarm_count``)."""
    return source.rows(_SILENT_OR_ALARMED, bound(source, day, place))
