"""Which vehicles, findings or alarms make this number? One line each, what stands behind it beside it, and a file."""

import re
from datetime import timedelta
from typing import Any

import dash_ag_grid as dag
import pandas as pd
from dash import ClientsideFunction, Input, Output, clientside_callback, dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import controls, explain, lists, queries, shell, terminal_queries, words
from dashboards import format as fmt
from dashboards.pages.terminals import enterprise_name, sums
from dashboards.selection import ALL
from dashboards.terminal_facts import SHOWS, Choice, Facts, choice_from_controls, choice_from_url
from dashboards.text import Text
from warehouse.cross_checks import WEAKENED

RECORD = re.compile(r"[0-9a-f]{20}")
HERE = "/terminals/rows"

# field, text key, width, number, whether the list can be sorted by it
Column = tuple[str, str, int, bool, bool]
PLATE: Column = ("plate", "table.plate", 104, False, False)
OWNER: tuple[Column, Column] = (
    ("enterprise", "terminals.enterprise", 150, False, False),
    ("county", "filter.county", 84, False, False),
)
LAST: Column = ("last", "terminals.last_point", 112, False, True)
COLUMNS: dict[str, tuple[Column, ...]] = {
    "calls": (
        PLATE,
        ("reason", "terminals.reason", 230, False, False),
        ("innocent", "vehicles.innocent", 170, False, False),
        *OWNER,
        ("silent", "vehicles.silent_days", 100, True, True),
        ("strong", "vehicles.strong", 118, True, True),
        ("alarms", "vehicles.open_alarms", 118, True, True),
        LAST,
    ),
    "vehicles": (
        PLATE,
        ("class", "vehicles.class", 92, False, False),
        *OWNER,
        ("above", "vehicles.numerator", 104, True, True),
        ("below", "vehicles.denominator", 104, True, True),
        ("value", "vehicles.value", 96, True, True),
        ("days", "vehicles.days", 104, True, True),
        LAST,
    ),
    "findings": (
        ("day", "table.day", 118, False, True),
        ("kind", "vehicles.finding", 150, False, True),
        ("grade", "vehicles.grade", 76, False, True),
        ("innocent", "vehicles.innocent", 120, False, False),
        PLATE,
        *OWNER,
        ("began", "vehicles.time", 112, False, True),
        ("distance", "vehicles.distance", 92, True, True),
        ("points", "vehicles.points", 72, True, True),
        ("site", "filter.site", 84, False, False),
    ),
    "alarms": (
        ("began", "vehicles.began", 112, False, True),
        ("kind", "vehicles.alarm", 110, False, True),
        ("level", "vehicles.level", 66, False, True),
        PLATE,
        *OWNER,
        ("due", "vehicles.due", 112, False, True),
        ("response", "vehicles.response", 96, True, True),
        ("fate", "vehicles.fate", 92, False, False),
        ("match", "vehicles.match", 110, False, False),
    ),
}  # fmt: skip
NOT_BESIDE_DRAWER = (
    "innocent", "due", "class", "days", "points", "match", "below", "site", "silent", "strong", "alarms", "county",
)  # fmt: skip
FIRST_SORT = {"calls": None, "vehicles": ("value", "asc"), "findings": ("day", "desc"), "alarms": ("began", "desc")}
FRAME_SORTS = {
    "calls": {
        "silent": "silent_day_count", "strong": "strong_count", "alarms": "open_alarm_count",
        "last": "last_recorded_at",
    },
    "vehicles": {
        "above": "numerator", "below": "denominator", "value": "value", "days": "online_day_count",
        "last": "last_recorded_at",
    },
}  # fmt: skip
FATE_TONE = {"in_time": "better", "late": "warn", "open": "worse", "not_due": ""}
MATCHES = ("exact", "near", "none", "no_capture")


# --- what is listed ------------------------------------------------------------------------------------------
def span_of(facts: Facts) -> queries.Span:
    return facts.selection.start, facts.selection.end


def kind_of(choice: Choice) -> str | None:
    return None if choice.kind == ALL else choice.kind


def frame_of(facts: Facts) -> pd.DataFrame:
    """The whole list of vehicles or calls; ``row_no`` is the place in its own order, whatever it is sorted by."""
    if facts.choice.show == "calls":
        frame = facts.calls
        return frame.assign(row_no=range(len(frame)))
    kpi = explain.KPIS[facts.choice.kpi]
    frame = terminal_queries.vehicles(facts.db, facts.choice.kpi, span_of(facts), facts.place)
    ratios = [
        fmt.mean_or_none(above / kpi.per, below)
        for above, below in zip(frame["numerator"], frame["denominator"], strict=True)
    ]
    return frame.assign(value=pd.Series(ratios, dtype="float64", index=frame.index))


def count_of(facts: Facts) -> int:
    show = facts.choice.show
    if show == "alarms":
        return int(facts.funnel[f"{facts.choice.fate}_count"])
    if show == "findings":
        found = facts.findings
        chosen = found if facts.choice.kind == ALL else found[found["finding_kind"] == facts.choice.kind]
        return int(chosen["finding_count"].sum())
    return len(frame_of(facts))


def page_of(facts: Facts, offset: int, limit: int, sort: tuple[str, str] | None) -> tuple[pd.DataFrame, int]:
    """One page of the list and the number of all of its rows."""
    choice = facts.choice
    if choice.show == "findings":
        field, direction = sort or ("day", "desc")
        rows = terminal_queries.finding_rows(
            facts.db, span_of(facts), facts.place, kind_of(choice), field, direction, offset, limit
        )
        return rows, count_of(facts)
    if choice.show == "alarms":
        field, direction = sort or ("began", "desc")
        rows = terminal_queries.alarm_rows(
            facts.db, span_of(facts), facts.place, choice.fate, field, direction, offset, limit
        )
        return rows, count_of(facts)
    frame = frame_of(facts)
    if sort:
        allowed = FRAME_SORTS[choice.show]
        if sort[0] not in allowed or sort[1] not in queries.DIRECTIONS:
            raise BadRequest("this column cannot be sorted by")
        by = [allowed[sort[0]], "row_no"]
        frame = frame.sort_values(by, ascending=[sort[1] == "asc", True], na_position="last", kind="stable")
    return frame.iloc[offset : offset + limit], len(frame)


# --- cells ---------------------------------------------------------------------------------------------------
def number(name: str, value: Any) -> str:
    """One side of a KPI: kilometres of metres, hours of seconds, else as counted."""
    if fmt.missing(value):
        return fmt.NONE
    if name == "track_completeness":
        return f"{value / 1000:,.2f}"
    per = explain.KPIS[name].per
    return f"{value / per:,.2f}" if per > 1 else fmt.count(value)


def fate_of(row: Any) -> str:
    """The one fate of an alarm, as ``terminal_queries`` counts it."""
    if not row.is_due:
        return "not_due"
    if row.is_in_time:
        return "in_time"
    return "open" if fmt.missing(row.handled_at) else "late"


def _cells(row: Any, facts: Facts, t: Text) -> dict[str, Any]:
    """A row as the grid shows it, and the lines of its card on a phone."""
    show, choice = facts.choice.show, facts.choice
    shared = {
        "plate": row.plate_masked,
        "county": fmt.short_place(controls.place_name(facts.known, row.county_code, t)),
        "enterprise": terminal_queries.enterprises(facts.db).get(row.uscc, (t("terminals.enterprise.none"),))[0],
    }
    where = f"{shared['enterprise']} · {shared['county']}"
    if show in ("calls", "vehicles"):
        last = (
            t("terminals.never_sent")
            if fmt.missing(row.last_recorded_at)
            else fmt.short_moment(row.last_recorded_at, t.lang)
        )
        shared |= {
            "record": f"{facts.db.version}-{row.row_no}",
            "class": words.vehicle_class(row.monitored_class, t),
            "last": last,
        }
    if show == "calls":
        reasons = words.call_reasons(row, facts.parameters, t)
        short, tone, *_ = reasons[0]
        told = t("terminals.sentences").join(reason[2] for reason in reasons)
        innocent = t("terminals.sentences").join(dict.fromkeys(reason[3] for reason in reasons))
        return shared | {
            "reason": told,
            "innocent": innocent,
            "under": t("terminals.innocent", words=innocent),
            "silent": fmt.count(row.silent_day_count),
            "strong": fmt.count(row.strong_count),
            "alarms": fmt.count(row.open_alarm_count),
            "pill": short,
            "pill_tone": tone,
            "head": row.plate_masked,
            "right": last,
            "line": told,
            "where": where,
        }
    if show == "vehicles":
        value = explain.kpi_shown(choice.kpi, None if fmt.missing(row.value) else float(row.value), t)
        above, below = number(choice.kpi, row.numerator), fmt.count(row.denominator)
        if choice.kpi == "track_completeness":
            below = number(choice.kpi, row.denominator)
        days = t("vehicles.days.of", online=int(row.online_day_count), days=int(row.day_count))
        return shared | {
            "above": above,
            "below": below,
            "value": value,
            "days": days,
            "head": row.plate_masked,
            "right": last,
            "line": f"{above} ÷ {below} = {value} · {days}",
            "where": where,
        }
    if show == "findings":
        check = words.checks(t).get(row.finding_kind)
        kind = check.name if check else row.finding_kind
        grade = t(f"grade.{row.finding_grade}")
        tone = "warn" if row.finding_grade == "strong" else ""
        began = fmt.short_moment(row.began_at, t.lang)
        distance = fmt.NONE if fmt.missing(row.distance_m) else f"{row.distance_m / 1000:,.1f}"
        return shared | {
            "record": f"{facts.db.version}-{row.row_no}",
            "day": fmt.day(row.event_date, t.lang),
            "kind": kind,
            "innocent": check.innocent if check else "",
            "grade": grade,
            "grade_tone": tone,
            "began": began,
            "distance": distance,
            "points": fmt.count(row.point_count),
            "site": row.site_code if isinstance(row.site_code, str) else fmt.NONE,
            "pill": grade,
            "pill_tone": tone,
            "head": row.plate_masked,
            "right": began,
            "line": kind,
            "under": t("terminals.innocent", words=check.innocent) if check else "",
            "where": where,
        }
    fate = fate_of(row)
    kind, level = words.code("alarm_kind", row.alarm_kind, t), t("vehicles.level.of", level=fmt.count(row.alarm_level))
    began = fmt.short_moment(row.alarm_began_at, t.lang)
    response = fmt.NONE if fmt.missing(row.response_s) else f"{row.response_s / 60:,.1f}"
    return shared | {
        "record": row.record_id,
        "began": began,
        "kind": kind,
        "level": level,
        "due": fmt.short_moment(row.due_at, t.lang),
        "response": response,
        "fate": t(f"fate.{fate}"),
        "fate_tone": FATE_TONE[fate],
        "match": words.code("match", row.alarm_match, t),
        "pill": t(f"fate.{fate}"),
        "pill_tone": FATE_TONE[fate],
        "head": row.plate_masked,
        "right": began,
        "line": f"{kind} · {level}",
        "where": where,
    }


def column_defs(choice: Choice, t: Text) -> list[dict[str, Any]]:
    """The columns of a list, and the card that stands for all of them on a phone."""
    card = {"field": "card", "headerName": "", "flex": 1, "hide": True, "sortable": False, "cellRenderer": "HengLines"}
    found: list[dict[str, Any]] = [card]
    first = FIRST_SORT[choice.show]
    if choice.show == "vehicles" and explain.KPIS[choice.kpi].good != "up":
        first = ("value", "desc")  # what wants looking at comes first
    for field, key, width, is_number, sortable in COLUMNS[choice.show]:
        definition: dict[str, Any] = {
            "field": field,
            "headerName": t(key),
            "minWidth": round(width * 0.86),
            "flex": width,
            "sortable": sortable,
            "sortingOrder": ["desc", "asc"],
            "suppressMovable": True,
            "resizable": True,
            "tooltipField": field,
            "context": {"besideDrawer": field not in NOT_BESIDE_DRAWER},
        }
        if is_number:
            definition["type"] = "rightAligned"
        if field in ("fate", "grade"):
            definition["cellRenderer"] = "HengPill"
        if first and field == first[0]:
            definition["sort"] = first[1]
        found.append(definition)
    return found


# --- above the list ----------------------------------------------------------------------------------------------
def reconciliation(facts: Facts, count: int, t: Text) -> html.Div:
    """What the rows add up to, and whether that is the number of the page they were opened from."""
    choice = facts.choice
    unit = t(f"vehicles.unit.{'vehicles' if choice.show == 'calls' else choice.show}")
    pieces: list[Any] = [html.Span(t.parts("vehicles.total", count=html.B(fmt.count(count)), unit=unit))]
    if choice.show == "calls" and facts.call_counts is not None:
        counts = facts.call_counts
        silent = int(counts["vehicle_count"] - counts["online_count"])
        pieces.append(
            html.Span(
                t(
                    "vehicles.calls.of",
                    day=fmt.day(facts.as_of, t.lang),
                    vehicles=fmt.count(counts["vehicle_count"]),
                    online=fmt.count(counts["online_count"]),
                    silent=fmt.count(silent),
                )
            )
        )
        for name in ("alarm", "strong", "silent"):
            pieces.append(html.Span(f"{t(f'call.{name}')} {fmt.count(counts[f'{name}_count'])}"))
    if choice.show in ("calls", "findings"):
        pieces.append(explain.unverified_pill(t))
    if choice.show == "vehicles":
        frame = frame_of(facts)
        above, below = int(frame["numerator"].sum()), int(frame["denominator"].sum())
        value = explain.kpi_shown(choice.kpi, fmt.mean_or_none(above / explain.KPIS[choice.kpi].per, below), t)
        pieces.append(html.Span([html.B(f"{sums(choice.kpi, above, below, t)} = {value}")]))
        limits = terminal_queries.thresholds(facts.db, facts.selection.end, "local")
        if explain.unverified(choice.kpi, limits):
            pieces.append(explain.unverified_pill(t))
        pieces.append(
            _match(
                (above, below),
                (facts.now.count(choice.kpi, "numerator") or 0, facts.now.count(choice.kpi, "denominator") or 0),
                t,
            )
        )
    if choice.show == "alarms":
        # The page counts from the KPI's own query; lists that are no side of one have nothing to be held against.
        side = {"due": ("alarm_handling_rate", "denominator"), "in_time": ("alarm_disposal_in_time", "numerator")}.get(
            choice.fate
        )
        if side:
            pieces.append(_match(count, facts.now.count(*side) or 0, t))
    return html.Div(pieces, className="reconcile", role="status")


def _match(rows: Any, page: Any, t: Text) -> html.Span:
    if rows == page:
        return html.Span([shell.icon("check"), " ", t("vehicles.matches")], className="better")
    told = (
        " ÷ ".join(fmt.count(n) for n in side) if isinstance(side, tuple) else fmt.count(side) for side in (page, rows)
    )
    return html.Span(t("vehicles.differs", **dict(zip(("page", "rows"), told, strict=True))), className="worse")


def chips(facts: Facts, t: Text) -> html.Div:
    """Active filters, each with a cross that takes it away, and the lists there are."""
    choice = facts.choice
    found: list[Any] = []

    def chip(name: str, value: Any, without: str | None) -> None:
        cross = (
            dcc.Link(shell.icon("x"), href=HERE + without, title=t("rows.remove", what=name))
            if without is not None
            else None
        )
        found.append(
            html.Span(
                [f"{name}{t('app.colon')}", html.B(value), cross], className="removable" if cross else "removable fixed"
            )
        )

    selection = choice.selection
    span = fmt.day_range(selection.start, selection.end, t.lang)
    chip(t("filter.period"), span, None if selection.period == "month" else choice_without_period(facts))
    if selection.county != ALL:
        chip(
            t("filter.county"),
            controls.place_name(facts.known, selection.county, t),
            choice.query(rows=True, county=ALL),
        )
    if facts.uscc:
        chip(
            t("terminals.enterprise"),
            enterprise_name(facts.db, facts.uscc, t, None),
            choice.query(rows=True, enterprise=ALL),
        )
    if choice.show == "vehicles":
        chip(t("vehicles.kpi"), explain.kpi_label(choice.kpi, t), None)
    if choice.show == "findings" and choice.kind != ALL:
        chip(t("vehicles.finding"), words.checks(t)[choice.kind].name, choice.query(rows=True, kind=ALL))
    kinds = html.Nav(
        [
            dcc.Link(
                t(f"vehicles.show.{show}"),
                href=HERE + choice.query(rows=True, show=show),
                className="current" if show == choice.show else "",
            )
            for show in SHOWS
        ],
        className="kinds",
        **{"aria-label": t("rows.kinds")},
    )
    return html.Div([*found, kinds], className="chips")


def choice_without_period(facts: Facts) -> str:
    month, _ = choice_from_url({}, facts.known, facts.db)
    return facts.choice.query(rows=True, period="month", start=month.selection.start, end=month.selection.end)


def fates(facts: Facts, t: Text) -> html.Nav | None:
    """Alarms by what became of them."""
    if facts.choice.show != "alarms":
        return None
    links = [
        dcc.Link(
            f"{t(f'fate.{fate}')} {fmt.count(facts.funnel[f'{fate}_count'])}",
            href=HERE + facts.choice.query(rows=True, fate=fate),
            className="current" if fate == facts.choice.fate else "",
        )
        for fate in terminal_queries.FATES
    ]
    return html.Nav(links, className="kinds fates", **{"aria-label": t("vehicles.fate")})


# --- the drawer ----------------------------------------------------------------------------------------------------
def _of_vehicle(row: Any, facts: Facts, t: Text) -> list[Any]:
    return [
        *lists.fact(t("table.plate"), row["plate_masked"]),
        *lists.fact(t("vehicles.class"), words.vehicle_class(row["monitored_class"], t)),
        *lists.fact(t("terminals.enterprise"), enterprise_name(facts.db, row["uscc"], t, None)),
        *lists.fact(t("filter.county"), controls.place_name(facts.known, row["county_code"], t)),
    ]


def _events(story: terminal_queries.Story, t: Text, with_day: bool = False) -> Any:
    """What happened on a day, in the order of time: driving, silences, overspeed, alarms, passages of scales."""
    if story.events.empty:
        return html.P(t("vehicles.events.none"), className="quiet-line")
    lines = []
    for row in story.events.itertuples():
        until = "" if fmt.missing(row.ended_at) else f"–{row.ended_at:%H:%M}"
        began = fmt.short_moment(row.began_at, t.lang) if with_day else f"{row.began_at:%H:%M}"
        what = t(f"event.{row.event}", detail=_detail(row, t))
        place = "" if fmt.missing(row.latitude) else f" {row.latitude:.3f}, {row.longitude:.3f}"
        lines.append(html.Li([html.B(f"{began}{until}"), html.Span([what, html.Span(place, className="neutral")])]))
    return html.Ul(lines, className="timeline")


def _detail(row: Any, t: Text) -> str:
    if row.event == "silence":
        return f"{float(row.detail) / 1000:,.1f} km"
    if row.event == "overspeed":
        return f"{float(row.detail):g} km/h"
    return words.code("alarm_kind", row.detail, t) if row.event == "alarm" else str(row.detail)


def _days_table(story: terminal_queries.Story, t: Text) -> Any:
    """The days of a vehicle with captures, the last first."""
    rows = [
        [
            fmt.day(row.event_date, t.lang),
            t("vehicles.online" if row.is_online else "call.silent"),
            f"{fmt.count(row.valid_point_count)} / {fmt.count(row.received_point_count)}",
            f"{row.total_m / 1000:,.0f}",
        ]
        for row in story.days.head(62).itertuples()
    ]
    heads = [t("table.day"), t("table.state"), t("vehicles.points_of"), "km"]
    return controls.scrolled(controls.plain_table(t("vehicles.story.days"), heads, rows, text_columns=2), "story")


def _moment_of(at: Any, what: str, how: str, t: Text) -> str:
    return f"{fmt.short_moment(at, t.lang)} {what} · {how}"


def _story_lists(story: terminal_queries.Story, t: Text) -> list[Any]:
    checks = words.checks(t)
    found = [
        html.Div(
            [
                shell.icon("flag", "warn"),
                html.Span(
                    [
                        _moment_of(row.began_at, checks[row.finding_kind].name, t(f"grade.{row.finding_grade}"), t),
                        html.Span(t("terminals.innocent", words=checks[row.finding_kind].innocent), className="under"),
                    ]
                ),
            ]
        )
        for row in story.findings.itertuples()
    ]
    alarms = [
        html.Div(
            [
                shell.icon("alert", "warn" if fate_of(row) in ("open", "late") else ""),
                html.Span(
                    _moment_of(
                        row.alarm_began_at, words.code("alarm_kind", row.alarm_kind, t), t(f"fate.{fate_of(row)}"), t
                    )
                ),
            ]
        )
        for row in story.alarms.itertuples()
    ]
    nothing = [html.P(t("vehicles.story.none"), className="quiet-line")]
    return [
        html.H3(t("terminals.findings")),
        html.Div(found or nothing, className="proof"),
        html.H3(t("terminals.alarms")),
        html.Div(alarms or nothing, className="proof"),
    ]


def vehicle_drawer(
    facts: Facts, row: pd.Series, story: terminal_queries.Story, span: queries.Span, t: Text
) -> list[Any]:
    """A vehicle: who it is, what it brings to the KPI or the list, its days, findings and alarms."""
    facts_shown = _of_vehicle(row, facts, t)
    last = (
        t("terminals.never_sent")
        if fmt.missing(row["last_recorded_at"])
        else fmt.moment(row["last_recorded_at"], t.lang)
    )
    facts_shown += lists.fact(t("terminals.last_point"), last)
    reasons: list[Any] = []
    if facts.choice.show == "calls":
        for short, tone, told, innocent in words.call_reasons(_as_tuple(row), facts.parameters, t):
            reasons.append(
                html.Div(
                    [
                        shell.pill(short, tone),
                        html.Span([told, html.Span(t("terminals.innocent", words=innocent), className="under")]),
                    ]
                )
            )
    else:
        name = facts.choice.kpi
        above, below = int(row["numerator"]), int(row["denominator"])
        value = fmt.mean_or_none(above / explain.KPIS[name].per, below)
        facts_shown += lists.fact(
            explain.kpi_label(name, t), f"{sums(name, above, below, t)} = {explain.kpi_shown(name, value, t)}"
        )
    return [
        lists.drawer_head("vehicles", t("vehicles.drawer.vehicle"), fmt.day_range(*span, t.lang), t),
        html.Dl(facts_shown, className="facts"),
        *([html.H3(t("terminals.reason")), html.Div(reasons, className="proof")] if reasons else []),
        *_story_lists(story, t),
        html.H3(t("vehicles.story.days")),
        _days_table(story, t),
    ]


def _as_tuple(row: pd.Series) -> Any:
    return next(pd.DataFrame([row]).itertuples())


def finding_drawer(facts: Facts, row: pd.Series, story: terminal_queries.Story, t: Text) -> list[Any]:
    """A finding: what it says, what it rests on, what may explain it, what to do, and the vehicle's day around it."""
    check = words.checks(t)[row["finding_kind"]]
    weakened = row["weakened_by"].split(",") if isinstance(row["weakened_by"], str) else []
    shown = _of_vehicle(row, facts, t)
    grade = shell.pill(t(f"grade.{row['finding_grade']}"), "warn" if row["finding_grade"] == "strong" else "")
    shown += lists.fact(t("vehicles.grade"), grade)
    shown += lists.fact(t("vehicles.time"), f"{fmt.moment(row['began_at'], t.lang)} – {row['ended_at']:%H:%M:%S}")
    if not fmt.missing(row["latitude"]):
        shown += lists.fact(t("vehicles.place"), f"{row['latitude']:.5f}, {row['longitude']:.5f}")
    shown += lists.fact(t("vehicles.points"), fmt.count(row["point_count"]))
    if not fmt.missing(row["distance_m"]):
        shown += lists.fact(t("vehicles.distance"), f"{row['distance_m'] / 1000:,.2f}")
    if not fmt.missing(row["evidence_speed_kmh"]):
        shown += lists.fact(t("vehicles.speed"), f"{row['evidence_speed_kmh']:,.1f} km/h")
    if isinstance(row["passage_record_id"], str):
        link = f"/overload/rows?record={row['passage_record_id']}"
        passage = dcc.Link(t("vehicles.passage.open", site=row["site_code"]), href=link, className="text-link")
        shown += lists.fact(t("vehicles.passage"), passage)
    if isinstance(row["other_plate_masked"], str):
        other = f"{row['other_plate_masked']} · {fmt.moment(row['other_began_at'], t.lang)}"
        shown += lists.fact(t("vehicles.other"), other)
    limits = terminal_queries.thresholds(facts.db, facts.selection.end, "local")
    proof = [
        html.Div([shell.icon("info"), html.Span(words.filled(check.says, limits))]),
        html.Div([shell.icon("check"), html.Span(t("terminals.innocent", words=check.innocent))]),
        html.Div([shell.icon("flag"), html.Span(t("vehicles.next", words=check.next_step))]),
        *[
            html.Div(
                [
                    shell.icon("alert", "warn"),
                    html.Span(t("vehicles.weakened", words=t.pick(*WEAKENED.get(code, (code, code))))),
                ]
            )
            for code in weakened
        ],
    ]
    lines = explain.parameter_lines(words.CHECKS[row["finding_kind"]].parameters, limits, t)
    return [
        lists.drawer_head("vehicles", check.name, t("vehicles.no_verdict"), t),
        html.Dl(shown, className="facts"),
        html.H3(t("vehicles.meaning")),
        html.Div(proof, className="proof"),
        html.H3(t("explain.thresholds")),
        html.Ul(lines, className="thresholds"),
        html.H3(t("vehicles.story.day", day=fmt.day(row["event_date"], t.lang))),
        _events(story, t),
        html.P(t("vehicles.positions"), className="subtitle"),
    ]


def alarm_drawer(facts: Facts, row: pd.Series, t: Text) -> list[Any]:
    """An alarm: what it is, what became of it, what the captures say of it, and the line it came in."""
    fate = fate_of(_as_tuple(row))
    shown = _of_vehicle(row, facts, t)
    shown += lists.fact(t("vehicles.level"), t("vehicles.level.of", level=fmt.count(row["alarm_level"])))
    shown += lists.fact(t("vehicles.began"), fmt.moment(row["alarm_began_at"], t.lang))
    shown += lists.fact(t("vehicles.due"), fmt.moment(row["due_at"], t.lang))
    shown += lists.fact(t("vehicles.fate"), shell.pill(t(f"fate.{fate}"), FATE_TONE[fate]))
    shown += lists.fact(t("vehicles.handled"), fmt.moment(row["handled_at"], t.lang))
    shown += lists.fact(t("vehicles.handling"), words.code("handling", row["handling"], t))
    shown += lists.fact(t("fate.supervised"), t("word.yes" if bool(row["is_supervised"]) else "word.no"))
    shown += lists.fact(t("fate.appealed"), words.code("appeal", row["appeal_result"], t))
    gap = "" if fmt.missing(row["match_gap_s"]) else f" ({int(row['match_gap_s'])} s)"
    proof = [
        html.Div([shell.icon("check" if gap else "info"), html.Span(words.code("match", row["alarm_match"], t) + gap)])
    ]
    if fate == "open":
        innocent = t("terminals.innocent", words=t("call.alarm.innocent"))
        shown += lists.fact("", html.Span(innocent, className="under"))
    delivery = queries.delivery(facts.db, row["delivery_id"])
    name = delivery["name"] if delivery is not None else t("evidence.unknown_delivery")
    line = t("vehicles.line", line=fmt.count(row["source_line"]))
    return [
        lists.drawer_head("vehicles", words.code("alarm_kind", row["alarm_kind"], t), row["record_id"], t),
        html.Dl(shown, className="facts"),
        html.H3(t("vehicles.match")),
        html.Div(proof, className="proof"),
        html.H3(t("evidence.source")),
        html.Div([html.Div([shell.icon("file"), html.Span([html.B(name), html.Br(), line])])], className="proof"),
    ]


def drawer_of(facts: Facts, record: str, t: Text) -> list[Any]:
    """What stands behind one row of the list; a row of another version is said to be one."""
    show = facts.choice.show
    if show == "alarms":
        if not RECORD.fullmatch(record):
            raise BadRequest("not a record")
        found = terminal_queries.alarm(facts.db, record)
        if found is None:
            raise BadRequest("no such record in this version")
        return alarm_drawer(facts, found, t)
    row_no = lists.place_of(record, facts.db.version)
    if row_no is None:
        return lists.old_drawer("vehicles", t)
    if show == "findings":
        finding = terminal_queries.finding(facts.db, span_of(facts), facts.place, kind_of(facts.choice), row_no)
        if finding is None:
            raise BadRequest("no such row in this list")
        return finding_drawer(facts, *finding, t)
    if show == "vehicles":
        vehicle = terminal_queries.story_of_vehicle(facts.db, facts.choice.kpi, facts.place, row_no, span_of(facts))
        if vehicle is None:
            raise BadRequest("no such row in this list")
        return vehicle_drawer(facts, *vehicle, span_of(facts), t)
    if facts.as_of is None or row_no >= len(facts.calls):
        raise BadRequest("no such row in this list")
    # What put it on the list may have begun before the period.
    since = facts.as_of - timedelta(days=int(facts.parameters["call_alarm_days"]))
    span = min(facts.selection.start, since), facts.as_of
    story = terminal_queries.story_of_call(facts.db, facts.as_of, facts.place, row_no, span)
    assert story is not None
    return vehicle_drawer(facts, facts.calls.iloc[row_no], story, span, t)


# --- the page --------------------------------------------------------------------------------------------------------
def exports(choice: Choice, count: int, t: Text) -> list[Any]:
    query = choice.query(rows=True)
    return [
        html.A(
            [shell.icon("download"), html.Span("CSV")],
            href=f"/export/terminal-rows.csv{query}",
            className="button",
            download="",
        ),
        html.A(
            [
                shell.icon("download"),
                html.Span(t("rows.export_xlsx", rows=t.plural("unit.rows", count)), className="wide-only"),
                html.Span("XLSX", className="narrow-only"),
            ],
            href=f"/export/terminal-rows.xlsx{query}",
            className="button primary",
            download="",
        ),
    ]


def grid(choice: Choice, count: int, t: Text) -> dag.AgGrid:
    return controls.record_grid("vehicles", column_defs(choice, t), count, t)


@shell.page("vehicles")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "vehicles", db)
    if not terminal_queries.is_built(db):
        return shell.no_terminals(view, "vehicles", db)
    choice, bad = choice_from_url(query, known, db)
    facts = Facts(db, choice, known)
    count = count_of(facts)
    if count:
        body: list[Any] = [grid(choice, count, t), html.P(t("rows.printed"), className="print-only")]
    else:
        nothing = (
            "vehicles.none.captures" if choice.show != "alarms" and not facts.now.captured else "vehicles.none.why"
        )
        # The next step is one that changes something: without filters, the page that says why.
        wide = choice.query(rows=True, county=ALL, enterprise=ALL, kind=ALL, fate="all")
        narrowed = wide != choice.query(rows=True)
        widen = dcc.Link(
            t("vehicles.none.widen" if narrowed else "vehicles.none.page"),
            href=HERE + wide if narrowed else "/terminals" + choice.query(),
            className="button",
        )
        body = [shell.state_card("filter", t("rows.none"), [t(nothing)], widen)]
    return shell.frame(
        view,
        "vehicles",
        [
            chips(facts, t),
            fates(facts, t),
            lists.beside_drawer("vehicles", [reconciliation(facts, count, t), *body], t),
            dcc.Store(id="vehicles-selection", data=chosen_data(choice)),
            *lists.stores("vehicles"),
            dcc.Store(id="vehicles-followed"),
            dcc.Store(
                id="vehicles-query",
                data={
                    "here": HERE,
                    "query": choice.query(rows=True),
                    "absolute": choice.query(absolute=True, rows=True),
                    "hrefs": [None],
                },
            ),
        ],
        actions=[controls.copy_link("vehicles", t), *exports(choice, count, t)],
        db=db,
        query=choice.selection.query(),
        notices=[t("state.bad_values", values="、".join(bad) if t.lang == "zh" else ", ".join(bad))] if bad else None,
        question=t(f"vehicles.question.{choice.show}"),
        crumbs=[dcc.Link(t("nav.terminals"), href="/terminals" + choice.query()), html.B(t("nav.vehicles"))],
    )


PAGE = {"path": HERE, "title": shell.title("vehicles"), "layout": layout}
KEYS = ("period", "from", "to", "cmp", "county", "show", "kpi", "kind", "fate", "enterprise")


def chosen_data(choice: Choice) -> dict[str, str]:
    """The choice as the grid's callbacks get it back; it is checked again then."""
    selection = choice.selection
    dates = {"period": "custom", "from": selection.start.isoformat(), "to": selection.end.isoformat()}
    told = {"cmp": selection.compare, "county": selection.county}
    return dates | told | {name: getattr(choice, name) for name in KEYS[5:]}


def facts_of(data: Any) -> Facts:
    if not isinstance(data, dict) or set(data) != set(KEYS):
        raise BadRequest("unknown selection")
    db = queries.source()
    known = queries.known(db)
    if known is None:
        raise BadRequest("no day of data")
    return Facts(db, choice_from_controls(data, known, db), known)


def _rows(selected: Any, start: int, number: int, sort: lists.Sort, t: Text) -> tuple[list[dict[str, Any]], int]:
    facts = facts_of(selected)
    page, count = page_of(facts, start, number, sort)
    return [_cells(row, facts, t) for row in page.itertuples()], count


lists.list_with_drawer(
    "vehicles", "selection", _rows, lambda selected, record, t: drawer_of(facts_of(selected), record, t)
)
# The link that is copied carries dates; which row is open stays out of the address.
clientside_callback(
    ClientsideFunction("heng", "followQuery"),
    Output("vehicles-followed", "data"),
    Input("vehicles-query", "data"),
)
