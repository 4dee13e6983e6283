"""Every read of the pages about terminals: constant SQL, bound parameters, sort columns by allowlist, a cap on rows.

KPIs come from ``warehouse.kpi`` and ``warehouse.league``. A plate is needed to tell vehicles apart and leaves this
module masked, as in ``queries``; a row is known by its place in a total order of one version, never by its plate. That
order is by a salted digest where the plate would decide: it would tell of masked plates which comes before which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from werkzeug.exceptions import BadRequest

from dashboards.access.vault import vault
from dashboards.format import as_date
from dashboards.lists import of_equals
from dashboards.queries import (
    DIRECTIONS,
    PLATE,
    Source,
    Span,
    once_per_choice,
    once_per_snapshot,
    tables,
)
from warehouse import calls as vehicle_calls
from warehouse import kpi, league
from warehouse.calls import CALL, bound
from warehouse.layout import DATED
from warehouse.plate import masked, masked_sql

CLASSES = list(kpi.MONITORED)
_PLATE_OF_ORDER = "sha256(concat($salt, {plate_no}, ' ', {plate_color_code}))"
_OF_EQUALS = _PLATE_OF_ORDER.format(plate_no="plate_no", plate_color_code="plate_color_code")
_OF_OTHERS = _PLATE_OF_ORDER.format(plate_no="other_plate_no", plate_color_code="other_plate_color_code")


def _salted(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with the salt of the order, the same for every reader of this instance."""
    return {**asked, "salt": vault().keyed("order of equals", "salt")}


@dataclass(frozen=True)
class Place:
    """A county or an enterprise, or neither: what narrows the reads below."""

    county: str | None = None
    uscc: str | None = None

    def parameters(self) -> dict[str, Any]:
        return {"county": self.county, "uscc": self.uscc, "classes": CLASSES}


_PLACE = """
    and list_contains($classes, monitored_class)
    and (cast($county as varchar) is null or county_code = $county)
    and (cast($uscc as varchar) is null or uscc = $uscc)
"""


# --- what there is ---------------------------------------------------------------------------------------
_PAGE_SCHEME = "select count(*) as row_count from seeds.kpi_scheme where kpi_scheme = $scheme"
TABLES = {
    "staging.enterprise", "seeds.kpi_scheme", "mart.vehicle_day", "mart.vehicle_alarm_day", "mart.terminal_finding",
    "mart.alarm_handling", "mart.alarm_reach_day", "mart.alarm_burst", "mart.platform_link_day", "mart.post_check",
}  # fmt: skip
_CAPTURED = (
    "select distinct event_date from mart.vehicle_day where event_date between $first and $last order by event_date"
)
_ENTERPRISES = """
select uscc, enterprise_name, county_code from staging.enterprise
qualify row_number() over (partition by uscc order by valid_from desc, record_id) = 1
order by uscc
"""


@once_per_snapshot
def is_built(db: Source) -> bool:
    """Whether the snapshot was made by a version that knows terminals; one from before an upgrade was not."""
    return tables(db) >= TABLES and bool(db.read(_PAGE_SCHEME, {"scheme": league.PAGE_SCHEME}).iloc[0]["row_count"])


@once_per_choice
def captured_days(db: Source, span: Span) -> list[date]:
    """Days of a span on which captures came at all."""
    found = db.read(_CAPTURED, {"first": span[0], "last": span[1]})
    return [as_date(day) for day in found["event_date"]]


@once_per_choice
def last_captured(db: Source, day: date) -> date | None:
    """The last day with captures up to a day."""
    return vehicle_calls.last_captured(db, day)


@once_per_snapshot
def enterprises(db: Source) -> dict[str, tuple[str, str]]:
    """The name and county of each enterprise, as registered last."""
    return {row.uscc: (row.enterprise_name, row.county_code) for row in db.read(_ENTERPRISES).itertuples()}


# --- KPIs ------------------------------------------------------------------------------------------------
@once_per_choice
def kpis(db: Source, level: str, span: Span) -> pd.DataFrame:
    """``warehouse.kpi.kpis`` of 两客一危."""
    return kpi.kpis(db, *span, level)


@once_per_choice
def daily(db: Source, names: Sequence[str], span: Span, place: Place) -> pd.DataFrame:
    return league.daily(db, names, *span, place.county, place.uscc)


@once_per_choice
def alarm_kinds(db: Source, level: str, span: Span) -> pd.DataFrame:
    """Alarms that captures tell, by unit and kind."""
    return kpi.alarms(db, *span, level)


@once_per_snapshot
def schemes(db: Source) -> list[str]:
    return league.schemes(db) if "seeds.kpi_scheme" in tables(db) else []


@once_per_choice
def thresholds(db: Source, day: date, scheme: str) -> pd.DataFrame:
    """``warehouse.kpi.thresholds``; a snapshot from before there were any has none."""
    if "seeds.kpi_scheme" not in tables(db):
        return pd.DataFrame(columns=["parameter", "monitored_class"])
    return kpi.thresholds(db, day, scheme)


@once_per_choice
def parameters(db: Source, day: date) -> dict[str, float]:
    return league.parameters(db, day)


# --- vehicles to call ---------------------------------------------------------------------------------------
_NEEDED = """
from call
where silent_day_count >= $silent_days or strong_count > 0 or weak_count > 0 or open_alarm_count > 0
"""
# Alarms of the first level nobody handled, then strong findings, then the longest silence, then weak findings.
_CALL_ORDER = f"""
order by open_alarm_count > 0 desc, strong_count > 0 desc, silent_day_count >= $silent_days desc,
    open_alarm_count desc, strong_count desc, silent_day_count desc, weak_count desc, {_OF_EQUALS}
"""
_CALLS = f"""{CALL}
select {PLATE} as plate_masked, uscc, county_code, monitored_class, last_online_date, last_recorded_at,
    silent_day_count, strong_count, weak_count, finding_kinds, open_alarm_count
{_NEEDED} {_CALL_ORDER}
"""
_CALL_COUNTS = f"""{CALL}
select count(*) filter (silent_day_count >= $silent_days or strong_count > 0 or weak_count > 0
        or open_alarm_count > 0) as call_count,
    count(*) filter (silent_day_count >= $silent_days) as silent_count,
    count(*) filter (strong_count > 0) as strong_count,
    count(*) filter (open_alarm_count > 0) as alarm_count,
    count(*) filter (silent_day_count = 0) as online_count,
    count(*) as vehicle_count
from call
"""


@once_per_choice
def calls(db: Source, day: date, place: Place) -> pd.DataFrame:
    """Vehicles in service on a day with captures whose terminal somebody should ask about, the gravest first."""
    return db.read(_CALLS, _salted(bound(db, day, place.parameters())))


@once_per_choice
def call_counts(db: Source, day: date, place: Place) -> pd.Series:
    """How many there are, by reason, and how many were in service and online."""
    return db.read(_CALL_COUNTS, bound(db, day, place.parameters())).iloc[0]


# --- findings ------------------------------------------------------------------------------------------------
_FINDINGS = f"""
from mart.terminal_finding where event_date between $first and $last {_PLACE}
    and (cast($kind as varchar) is null or finding_kind = $kind)
"""
_FINDING_KINDS = f"""
select finding_kind, count(*) as finding_count, count(*) filter (finding_grade = 'strong') as strong_count
{_FINDINGS} group by finding_kind order by finding_kind
"""
# A total order, by all that tells findings apart: a row is known by its place.
_DIGESTS = {
    "plate_no": _OF_EQUALS,
    "plate_color_code": None,
    "other_plate_no": _OF_OTHERS,
    "other_plate_color_code": None,
}
_FINDING_ORDER = ", ".join(
    told for name in DATED["mart.terminal_finding"].order if (told := _DIGESTS.get(name, name)) is not None
)
_OTHER_PLATE = masked_sql("other_plate_no")
_FINDING_COLUMNS = f"""
    event_date, finding_kind, {PLATE} as plate_masked, uscc, county_code, monitored_class, finding_grade, weakened_by,
    began_at, ended_at, latitude, longitude, point_count, distance_m, evidence_speed_kmh, site_code, passage_record_id,
    {_OTHER_PLATE} as other_plate_masked, other_began_at
"""
_FINDING_ROWS = f"""
select row_number() over (order by {_FINDING_ORDER}) - 1 as row_no, {_FINDING_COLUMNS} {_FINDINGS}
"""


@once_per_choice
def finding_kinds(db: Source, span: Span, place: Place) -> pd.DataFrame:
    """Findings of a period by kind, and how many of them are strong."""
    return db.read(_FINDING_KINDS, {**place.parameters(), "first": span[0], "last": span[1], "kind": None})


# --- alarms and what became of them -----------------------------------------------------------------------------
_TOLD = "select max(told_until) as told_until, max(event_date) as last_day from mart.alarm_handling"
_UNTIL = "(select max(told_until) from mart.alarm_handling)"
_DUE = f"due_at <= {_UNTIL}"
_ALARMS = f"""
from mart.alarm_handling
where {kpi.ALARM_DAY.format(alarm="alarm_handling", until=_UNTIL)} between $first and $last {_PLACE}
    and case $fate when 'all' then true when 'due' then {_DUE} when 'supervised' then is_supervised
        when 'appealed' then appeal_result is not null when 'rejected' then appeal_result = 'rejected'
        when 'due_late' then {_DUE} and not is_in_time
        when 'late' then {_DUE} and not is_in_time and handled_at is not null
        when 'in_time' then {_DUE} and is_in_time
        when 'open' then {_DUE} and handled_at is null else not {_DUE} end
"""
FATES = ("all", "due", "in_time", "late", "open", "not_due", "supervised", "appealed", "rejected")
_ALARM_COUNTS = f"""
    count(*) as all_count, count(*) filter ({_DUE}) as due_count,
    count(*) filter ({_DUE} and is_in_time) as in_time_count,
    count(*) filter ({_DUE} and not is_in_time and handled_at is not null) as late_count,
    count(*) filter ({_DUE} and handled_at is null) as open_count,
    count(*) filter (not {_DUE}) as not_due_count, count(*) filter (is_supervised) as supervised_count,
    count(*) filter (appeal_result is not null) as appealed_count,
    count(*) filter (appeal_result = 'rejected') as rejected_count
"""
_FUNNEL = f"select {_ALARM_COUNTS} {_ALARMS}"
_BY_ENTERPRISE = f"select uscc, {_ALARM_COUNTS} {_ALARMS} group by uscc order by open_count desc, late_count desc, uscc"
_BURSTS = """
select uscc, count(*) as burst_count, sum(closed_alarm_count) as closed_count from mart.alarm_burst
where event_date between $first and $last and (cast($uscc as varchar) is null or uscc = $uscc)
    and (cast($county as varchar) is null or county_code = $county)
group by uscc order by uscc
"""
_REACH = f"""
select coalesce(sum(reach.wire_alarm_count), 0) as wire_count,
    coalesce(sum(reach.reached_alarm_count), 0) as reached_count
from mart.alarm_reach_day as reach where event_date between $first and $last {_PLACE}
"""
_ALARM_COLUMNS = f"""
    record_id, event_date, {PLATE} as plate_masked, uscc, county_code, monitored_class, alarm_kind, alarm_level,
    alarm_source, alarm_began_at, alarm_ended_at, max_speed_kmh, handle_within_min, due_at, handled_at, handling,
    response_s, is_in_time, {_DUE} as is_due, is_supervised, appealed_at, appeal_result,
    alarm_match, wire_began_at, match_gap_s, delivery_id, source_line
"""
_ALARM_ROWS = f"select {_ALARM_COLUMNS} {_ALARMS}"
_ALARM = f"select {_ALARM_COLUMNS} from mart.alarm_handling where record_id = $record limit 1"


def _alarm_parameters(span: Span, place: Place, fate: str) -> dict[str, Any]:
    return {**place.parameters(), "first": span[0], "last": span[1], "fate": fate}


@once_per_choice
def told_until(db: Source) -> pd.Series:
    """The last instant and the last day any alarm of an extract tells of."""
    return db.read(_TOLD).iloc[0]


@once_per_choice
def funnel(db: Source, span: Span, place: Place) -> pd.Series:
    """Alarms of a period and what became of them."""
    return db.read(_FUNNEL, _alarm_parameters(span, place, "all")).iloc[0]


@once_per_choice
def handling_by_enterprise(db: Source, span: Span, place: Place) -> pd.DataFrame:
    return db.read(_BY_ENTERPRISE, _alarm_parameters(span, place, "all"))


@once_per_choice
def bursts(db: Source, span: Span, place: Place) -> pd.DataFrame:
    """How often each enterprise closed many alarms within seconds, by the day of handling."""
    return db.read(_BURSTS, {"first": span[0], "last": span[1], "uscc": place.uscc, "county": place.county})


@once_per_choice
def reach(db: Source, span: Span, place: Place) -> pd.Series:
    """Alarms that captures tell and how many of them the handling platform has."""
    return db.read(_REACH, {**place.parameters(), "first": span[0], "last": span[1]}).iloc[0]


def alarm(db: Source, record_id: str) -> pd.Series | None:
    found = db.read(_ALARM, {"record": record_id})
    return None if found.empty else found.iloc[0]


# --- rows -----------------------------------------------------------------------------------------------------
FINDING_SORTS = {
    "day": "event_date", "kind": "finding_kind", "grade": "finding_grade", "began": "began_at", "points": "point_count",
    "distance": "distance_m",
}  # fmt: skip
ALARM_SORTS = {
    "began": "alarm_began_at", "kind": "alarm_kind", "level": "alarm_level", "due": "due_at", "response": "response_s",
}  # fmt: skip


def _order(sort: str, direction: str, allowed: dict[str, str], total: str) -> str:
    if sort not in allowed or direction not in DIRECTIONS:
        raise BadRequest("this column cannot be sorted by")
    return f" order by {allowed[sort]} {DIRECTIONS[direction]}, {total}"


def finding_rows(
    db: Source, span: Span, place: Place, kind: str | None, sort: str, direction: str, offset: int, limit: int
) -> pd.DataFrame:
    """One page of findings; ``row_no`` tells each from all others of this choice and version."""
    order = _order(sort, direction, FINDING_SORTS, "row_no")
    return db.read(
        f"select * from ({_FINDING_ROWS}) as finding {order} limit $limit offset $offset",  # nosec B608  # order is one of ours
        _salted(
            {**place.parameters(), "first": span[0], "last": span[1], "kind": kind, "limit": limit, "offset": offset}
        ),
    )


def all_findings(db: Source, span: Span, place: Place, kind: str | None) -> pd.DataFrame:
    """Every finding of a choice, for a file."""
    return db.read(
        f"{_FINDING_ROWS} order by row_no",
        _salted({**place.parameters(), "first": span[0], "last": span[1], "kind": kind}),
    )


def alarm_rows(
    db: Source, span: Span, place: Place, fate: str, sort: str, direction: str, offset: int, limit: int
) -> pd.DataFrame:
    order = _order(sort, direction, ALARM_SORTS, "record_id")
    return db.read(
        f"{_ALARM_ROWS} {order} limit $limit offset $offset",
        {**_alarm_parameters(span, place, fate), "limit": limit, "offset": offset},
    )


def all_alarms(db: Source, span: Span, place: Place, fate: str) -> pd.DataFrame:
    """Every alarm of a choice, for a file."""
    return db.read(f"{_ALARM_ROWS} order by alarm_began_at, record_id", _alarm_parameters(span, place, fate))


# A row of a list back to its vehicle, by its place in the order; the plate goes no further than the reads below.
_CALL_KEY = f"{CALL} select plate_no, plate_color_code {_NEEDED} {_CALL_ORDER} limit 1 offset $row_no"
_FINDING_KEY = f"""
select plate_no, plate_color_code, {_FINDING_COLUMNS} {_FINDINGS} order by {_FINDING_ORDER} limit 1 offset $row_no
"""
_VEHICLE = """ and plate_no = $plate and plate_color_code = $color"""
_STORY_DAYS = f"""
select event_date, is_online, received_point_count, valid_point_count, total_m, complete_m, overspeed_count, uscc,
    county_code, monitored_class, last_recorded_at
from mart.vehicle_day where event_date between $first and $last {_VEHICLE} order by event_date desc
"""
_STORY_EVENTS = f"""
select 'driving' as event, driving_began_at as began_at, driving_ended_at as ended_at, null as detail,
    null as latitude, null as longitude
from core.driving_span where event_date between $first and $last {_VEHICLE}
union all
select 'silence', silent_from, silent_to, cast(displacement_m as varchar), from_latitude, from_longitude
from core.offline_displacement where event_date between $first and $last {_VEHICLE}
union all
select 'overspeed', overspeed_began_at, overspeed_ended_at, cast(max_speed_kmh as varchar), latitude, longitude
from core.overspeed_event where event_date between $first and $last {_VEHICLE}
union all
select 'alarm', coalesce(alarm_began_at, last_reported_at), alarm_ended_at, alarm_kind, latitude, longitude
from core.vehicle_alarm where is_alarm and event_date between $first and $last {_VEHICLE}
union all
select 'passage', passed_at, null, site_code, null, null
from core.passage where passed_date between $first and $last {_VEHICLE}
order by began_at, event, ended_at, detail
"""
_STORY_FINDINGS = f"""
select event_date, finding_kind, finding_grade, began_at from mart.terminal_finding
where event_date between $first and $last {_VEHICLE} order by {_FINDING_ORDER}
"""
_STORY_ALARMS = f"""
select alarm_kind, alarm_level, alarm_began_at, handled_at, is_in_time, {_DUE} as is_due from mart.alarm_handling
where event_date between $first and $last {_VEHICLE} order by alarm_began_at desc, record_id limit 50
"""


@dataclass(frozen=True)
class Story:
    """What is known of one vehicle over some days: its days, what happened on them, findings, alarms."""

    days: pd.DataFrame
    events: pd.DataFrame
    findings: pd.DataFrame
    alarms: pd.DataFrame


def _story(db: Source, key: pd.Series, span: Span) -> Story:
    asked = {
        "plate": key["plate_no"], "color": int(key["plate_color_code"]), "first": span[0], "last": span[1]
    }  # fmt: skip
    asked_of = ((_STORY_DAYS, asked), (_STORY_EVENTS, asked), (_STORY_FINDINGS, _salted(asked)), (_STORY_ALARMS, asked))
    return Story(*(db.read(sql, bound_to) for sql, bound_to in asked_of))


def story_of_call(db: Source, day: date, place: Place, row_no: int, span: Span) -> Story | None:
    found = db.read(_CALL_KEY, _salted({**bound(db, day, place.parameters()), "row_no": row_no}))
    return None if found.empty else _story(db, found.iloc[0], span)


def story_of_vehicle(db: Source, name: str, place: Place, row_no: int, span: Span) -> tuple[pd.Series, Story] | None:
    """What a vehicle brings to a KPI, and its story."""
    found = _of_vehicles(db, name, span, place)
    if row_no >= len(found):
        return None
    return vehicles(db, name, span, place).iloc[row_no], _story(db, found.iloc[row_no], span)


def finding(db: Source, span: Span, place: Place, kind: str | None, row_no: int) -> tuple[pd.Series, Story] | None:
    """A finding without its plate, and the story of the vehicle on its day."""
    asked = _salted({**place.parameters(), "first": span[0], "last": span[1], "kind": kind, "row_no": row_no})
    found = db.read(_FINDING_KEY, asked)
    if found.empty:
        return None
    row = found.iloc[0]
    day = as_date(row["event_date"])
    return row.drop(["plate_no", "plate_color_code"]), _story(db, row, (day, day))


def _of_vehicles(db: Source, name: str, span: Span, place: Place) -> pd.DataFrame:
    found = league.of_vehicles(db, kpi.KPIS[name], *span, place.county, place.uscc)
    tie = of_equals()
    ties = [tie(key) for key in zip(found["plate_no"], found["plate_color_code"], strict=True)]
    return found.iloc[sorted(range(len(found)), key=ties.__getitem__)].reset_index(drop=True)


def vehicles(db: Source, name: str, span: Span, place: Place) -> pd.DataFrame:
    """What each vehicle brings to a KPI: ``row_no`` tells them apart in this choice."""
    found = _of_vehicles(db, name, span, place)
    shown = found["plate_no"].map(masked, na_action="ignore")
    return found.drop(columns=["plate_no", "plate_color_code"]).assign(plate_masked=shown, row_no=range(len(found)))
