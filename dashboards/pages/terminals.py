"""Which terminals are silent, which alarms unhandled, and how do counties and enterprises compare?"""

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, ctx, dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import charts, controls, explain, queries, shell, terminal_facts, terminal_queries, words
from dashboards import format as fmt
from dashboards.selection import ALL, COMPARES, PERIODS, Known, festival_in_one_only
from dashboards.terminal_facts import (
    ALARM_KPIS,
    CARDS,
    DAILY,
    LEVELS,
    NETWORK,
    PARTS,
    SMART,
    SMART_KINDS,
    Choice,
    Facts,
    choice_from_controls,
    choice_from_url,
    comparable,
    token,
    told,
)
from dashboards.text import Text
from warehouse.kpi import KPIS

CALLS_SHOWN = 8
UNITS_SHOWN = 12
HANDLING_SHOWN = 8
MOST_ROWS = 50  # rows of a table on this page; the rows page has all


def rows_link(facts: Facts, show: str, **changes: Any) -> str:
    return "/terminals/rows" + facts.choice.query(rows=True, show=show, **changes)


def kpi_link(facts: Facts, name: str, **changes: Any) -> str | None:
    """The rows behind a KPI: alarms, or what each vehicle brings to it; platforms have none."""
    if name in ALARM_KPIS:
        return rows_link(facts, "alarms", fate="due", **changes)
    return rows_link(facts, "vehicles", kpi=name, **changes) if name in terminal_facts.VEHICLE_KPIS else None


# --- lead sentence and number cards --------------------------------------------------------------------------
def lead(facts: Facts, t: Text) -> html.P:
    """The page in a few sentences, made by rule from the same numbers as the cards and tables."""
    spoken = fmt.spoken_range(facts.selection.start, facts.selection.end, t.lang, facts.known.last_day.year)
    place = t("terminals.lead.city")
    if facts.place.county is not None:
        place = t("terminals.lead.place", name=controls.place_name(facts.known, facts.place.county, t))
    parts: list[Any] = []
    if facts.now.captured:
        parts += t.parts(
            "terminals.lead.main",
            period=spoken,
            place=place,
            vehicles=html.B(fmt.count(facts.vehicle_count)),
            networked=html.B(fmt.count(facts.now.count("online_rate", "denominator"))),
            online=html.B(fmt.count(facts.now.count("online_rate", "numerator"))),
            rate=html.B(fmt.indicator(facts.now.value("online_rate"))),
            online_change=_change_words(facts, "online_rate", t),
            track=html.B(fmt.indicator(facts.now.value("track_completeness"))),
            track_change=_change_words(facts, "track_completeness", t),
        )
    else:
        parts.append(t("terminals.lead.none", period=spoken))
    if facts.call_counts is not None and facts.as_of is not None:
        counts = facts.call_counts
        parts += t.parts(
            "terminals.lead.calls",
            day=html.Span(fmt.day(facts.as_of, t.lang), className="unbroken"),
            calls=html.B(fmt.count(counts["call_count"]), className="worse" if counts["call_count"] else "better"),
            silent=fmt.count(counts["silent_count"]),
            days=f"{facts.parameters['call_silent_days']:g}",
        )
    if facts.funnel["due_count"]:
        opened = int(facts.funnel["open_count"])
        parts += t.parts(
            "terminals.lead.alarms",
            due=fmt.count(facts.funnel["due_count"]),
            open=html.B(fmt.count(opened), className="worse" if opened else "better"),
        )
    return html.P(parts, className="lead")


def _change_words(facts: Facts, name: str, t: Text) -> list[Any]:
    """，比上期上升 0.41 个百分点; nothing is said where there is nothing to compare with."""
    now, before = facts.now.value(name), facts.compared.value(name) if comparable(facts) else None
    if now is None or before is None:
        return []
    moved = round((now - before) * 100, 2)
    key = "lead.same" if moved == 0 else "lead.down" if moved < 0 else "lead.up"
    word = html.B(t(f"{key}.words", size=fmt.size(moved, 2)), className=controls.tone(moved, "up"))
    return t.parts("terminals.lead.change", against=t(f"lead.against.{facts.selection.compare}"), change=word)


def sums(name: str, above: int | None, below: int | None, t: Text) -> str:
    """A KPI as its two sums: kilometres and hours in their own units, the rest as counted."""
    kpi = KPIS[name]
    if above is None or below is None:
        return t("terminals.no_source")
    if name == "track_completeness":
        return f"{above / 1000:,.2f} km ÷ {below / 1000:,.2f} km"
    shown = f"{above / kpi.per:,.2f} {t.pick(kpi.unit_zh, kpi.unit_en)}" if kpi.per > 1 else fmt.count(above)
    return f"{shown} ÷ {fmt.count(below)}"


def short_sums(name: str, above: int | None, below: int | None, t: Text) -> str:
    """The same for a card: whole kilometres; the explanation has all digits."""
    if not below or above is None:
        return t("state.no_data")
    if name == "track_completeness":
        return f"{above / 1000:,.0f} ÷ {below / 1000:,.0f} km"
    return sums(name, above, below, t)


def scope(facts: Facts, name: str, t: Text) -> str:
    """The days behind a KPI: of captures, or of the alarms that were delivered."""
    period = fmt.day_range(facts.selection.start, facts.selection.end, t.lang)
    if name in ALARM_KPIS:
        until = terminal_queries.told_until(facts.db)["told_until"]
        return t("terminals.scope.alarms", period=period, until=fmt.moment(until, t.lang))
    return t(
        "terminals.scope.captures",
        period=period,
        captured=len(facts.now.captured),
        days=facts.selection.days,
        last=fmt.day(facts.as_of, t.lang),
    )


def kpi_card(facts: Facts, name: str, view: shell.View, first: str = "online_rate") -> html.Section:
    """A number of the period; ``first``: the one that stands out among its neighbours."""
    t = view.text
    now = facts.now.value(name)
    above, below = facts.now.count(name, "numerator"), facts.now.count(name, "denominator")
    hero = name == first
    label = explain.kpi_label(name, t)
    link = kpi_link(facts, name)
    thresholds = terminal_queries.thresholds(facts.db, facts.selection.end, "local")
    value = {
        "value": f"{sums(name, above, below, t)} = {explain.kpi_shown(name, now, t)}",
        "scope": scope(facts, name, t),
    }
    image = ""
    if name in DAILY:
        line = [None if fmt.missing(v) else float(v) for v in facts.days[name]]
        tokens = charts.TOKENS[view.theme]
        image = charts.sparkline(line, tokens["brand"] if hero else tokens["ink-3"])
    shown = (
        [explain.kpi_shown(name, now, t).rstrip("%"), html.Span("%", className="unit")]
        if now is not None
        else [fmt.NONE]
    )
    return html.Section(
        [
            html.Div(
                [
                    html.H2(label),
                    explain.kpi_popover(name, value, thresholds, t, link),
                    dcc.Link(
                        [t("action.rows"), shell.icon("right")],
                        href=link,
                        className="rows-link",
                        title=t("action.rows_of", what=label),
                    )
                    if link
                    else None,
                ],
                className="kpi-head",
            ),
            html.Div(
                [
                    html.Div(shown, className="kpi-value"),
                    html.Img(src=image, alt="", className="spark") if image else None,
                ],
                className="kpi-body",
            ),
            _delta(facts, name, now, t),
            html.Div(
                [
                    short_sums(name, above, below, t),
                    " ",
                    explain.unverified_pill(t) if now is not None and explain.unverified(name, thresholds) else None,
                ],
                className="subtitle",
            ),
        ],
        className="card kpi hero" if hero else "card kpi",
    )


def _delta(facts: Facts, name: str, now: float | None, t: Text) -> html.Div:
    other = facts.compared
    dates = fmt.day_range(other.first, other.last, t.lang)
    before = other.value(name)
    if name not in ALARM_KPIS and not comparable(facts):
        days, of = len(other.captured), len(facts.now.captured)
        before, why = None, t("terminals.no_days", dates=dates, days=days, of=of)
    else:
        why = t("change.against_dates", dates=dates)
        if festival_in_one_only((facts.now.first, facts.now.last), (other.first, other.last)):
            why += t("change.festival")
    against = t(f"change.{facts.selection.compare}")
    return controls.change(now, before, KPIS[name].good, t, of_rate=True, against=against, why=why)


# --- trend -----------------------------------------------------------------------------------------------------
LINES = ("online_rate", "track_completeness")


def trend_card(facts: Facts, view: shell.View) -> html.Section:
    t = view.text
    names = {name: explain.kpi_label(name, t) for name in LINES}
    key = html.Div([html.Span([html.I(className=f"line {name}"), names[name]]) for name in LINES], className="line-key")
    missing = facts.selection.days - len(facts.now.captured)
    notes = [shell.note(t.plural("terminals.trend.gap", missing), "soft")] if missing else []
    if not facts.now.captured:
        body: Any = html.P(t("terminals.no_captures"), className="quiet-line")
        return controls.card(t("terminals.trend"), None, body, className="trend")
    bands = [(first, last, t("terminals.trend.band", days=(last - first).days + 1)) for first, last in facts.gaps]
    figure, floor = charts.shares(facts.days, LINES, names, bands, t, view.theme)
    reading = t(
        "terminals.trend.reading",
        days=facts.selection.days,
        known=len(facts.now.captured),
        online=fmt.indicator(facts.now.value("online_rate")),
        track=fmt.indicator(facts.now.value("track_completeness")),
    )
    rows = []
    for row in facts.days.itertuples():
        link = rows_link(facts, "vehicles", kpi="online_rate", period="custom", start=row.day, end=row.day)
        day = dcc.Link(fmt.day(row.day, t.lang), href=link) if row.known else fmt.day(row.day, t.lang)
        if not row.known:
            rows.append([day, t("terminals.no_captures.short"), fmt.NONE, fmt.NONE, fmt.NONE])
            continue
        online = f"{fmt.count(row.online_rate_numerator)} / {fmt.count(row.online_rate_denominator)}"
        km = f"{row.track_completeness_numerator / 1000:,.0f} / {row.track_completeness_denominator / 1000:,.0f}"
        rows.append([day, online, fmt.indicator(row.online_rate), km, fmt.indicator(row.track_completeness)])
    heads = [
        t("table.day"),
        t("terminals.vehicles_of"),
        names["online_rate"],
        t("terminals.km_of"),
        names["track_completeness"],
    ]
    subtitle = t("terminals.trend.from", floor=f"{floor * 100:g}%") if floor else t("terminals.trend.unit")
    return controls.card(
        t("terminals.trend"),
        subtitle,
        [
            controls.chart("terminals-trend", figure, reading, t.lang, 246),
            controls.data_table(t, t("terminals.trend"), heads, rows),
        ],
        extra=key,
        className="trend",
        notes=notes,
    )


# --- alarms ------------------------------------------------------------------------------------------------------
STEPS = (("all", None), ("due", "all"), ("in_time", "due"), ("late", "due"), ("open", "due"))
ASIDE = ("supervised", "appealed", "rejected")
STEP_TONE = {"in_time": "better", "late": "warn", "open": "worse"}


def funnel_card(facts: Facts, t: Text) -> html.Section:
    """From alarm to handling: what of each step is left of the one before, and what is told beside it."""
    counts = facts.funnel
    if not counts["all_count"]:
        body: Any = html.P(t("terminals.alarms.none"), className="quiet-line")
        return controls.card(t("terminals.alarms"), t("terminals.alarms.how"), body)
    steps = []
    for fate, of in STEPS:
        count = int(counts[f"{fate}_count"])
        share = fmt.mean_or_none(count, counts[f"{of}_count"]) if of else None
        width = 100 * count / int(counts["all_count"])
        bar = html.I(style={"width": f"{width:.1f}%"}, className=STEP_TONE.get(fate, ""))
        number = [html.B(fmt.count(count)), html.Span(fmt.share(share), className="subtitle") if of else None]
        steps.append(
            dcc.Link(
                [
                    html.Span(t(f"fate.{fate}"), className="name"),
                    html.Span(number, className="amount"),
                    html.Span(bar, className="way", **{"aria-hidden": "true"}),
                ],
                href=rows_link(facts, "alarms", fate=fate),
                className="step-line",
                title=t("action.rows_of", what=t(f"fate.{fate}")),
            )
        )
    asides = [
        html.Span(
            [
                t(f"fate.{fate}"),
                " ",
                dcc.Link(fmt.count(counts[f"{fate}_count"]), href=rows_link(facts, "alarms", fate=fate)),
            ]
        )
        for fate in ASIDE
    ]
    lines: list[Any] = []
    if counts["not_due_count"]:
        lines.append(html.P(t.plural("terminals.alarms.not_due", int(counts["not_due_count"])), className="subtitle"))
    reached = facts.reach
    if reached["wire_count"]:
        lost = int(reached["wire_count"] - reached["reached_count"])
        told_line = t("terminals.alarms.reach", wire=fmt.count(reached["wire_count"]), lost=fmt.count(lost))
        lines.append(html.P(told_line, className="subtitle"))
    else:
        lines.append(html.P(t("terminals.alarms.reach.none"), className="subtitle"))
    return controls.card(
        t("terminals.alarms"),
        t("terminals.alarms.how"),
        [html.Div(steps, className="step-lines"), html.Div(asides, className="asides"), *lines],
    )


def findings_card(facts: Facts, t: Text) -> html.Section:
    """Findings of the period by kind, each with what it says and the innocent explanation beside it."""
    checks = words.checks(t)
    how = html.Span([t("terminals.findings.how"), " ", explain.unverified_pill(t)])
    if facts.findings.empty:
        state = "terminals.findings.none" if facts.now.captured else "terminals.no_captures"
        return controls.card(t("terminals.findings"), how, html.P(t(state), className="quiet-line"))
    lines = []
    for row in facts.findings.itertuples():
        check = checks.get(row.finding_kind)
        lines.append(
            html.Li(
                [
                    html.Div(
                        [
                            dcc.Link(
                                check.name if check else row.finding_kind,
                                href=rows_link(facts, "findings", kind=row.finding_kind),
                            ),
                            html.Span(
                                t(
                                    "terminals.findings.count",
                                    strong=fmt.count(row.strong_count),
                                    all=fmt.count(row.finding_count),
                                )
                            ),
                        ]
                    ),
                    html.Span(
                        t("terminals.innocent", words=check.innocent) if check else "",
                        className="under",
                        title=check.innocent if check else None,
                    ),
                ]
            )
        )
    return controls.card(t("terminals.findings"), how, html.Ul(lines, className="finding-list"))


def alarm_table(facts: Facts, t: Text) -> html.Section | None:
    """Handling by enterprise, those with open alarms first."""
    frame = facts.handling
    if frame.empty:
        return None
    names = terminal_queries.enterprises(facts.db)
    heads = [
        t("terminals.enterprise"),
        t("filter.county"),
        t("fate.due"),
        t("fate.in_time"),
        t("fate.late"),
        t("fate.open"),
        explain.kpi_label("alarm_disposal_in_time", t),
        t("fate.supervised"),
        t("fate.rejected"),
        t("terminals.bursts"),
    ]
    burst = words.checks(t).get("bulk_closing")
    body = []
    for position, row in enumerate(frame.head(MOST_ROWS).itertuples()):
        known = isinstance(row.uscc, str)
        in_time = fmt.mean_or_none(row.in_time_count, row.due_count)
        cells = [
            (controls.place_name(facts.known, names.get(row.uscc, ("", ""))[1] if known else None, t), "place"),
            (fmt.count(row.due_count), "number"),
            (fmt.count(row.in_time_count), "number"),
            (fmt.count(row.late_count), "number"),
            (html.B(fmt.count(row.open_count), className="worse" if row.open_count else ""), "number"),
            (fmt.indicator(in_time), "number"),
            (fmt.count(row.supervised_count), "number"),
            (fmt.count(row.rejected_count), "number"),
            (
                shell.pill(fmt.count(row.burst_count), "warn", burst.innocent if burst else None)
                if row.burst_count
                else "0",
                "number",
            ),
        ]
        fate = "open" if row.open_count else "due" if row.due_count else "all"
        link = rows_link(facts, "alarms", fate=fate, enterprise=token(row.uscc)) if known else None
        body.append(_row(enterprise_name(facts.db, row.uscc, t, link), cells, heads, position >= HANDLING_SHOWN))
    return controls.card(
        t("terminals.handling"),
        t("terminals.handling.how"),
        [
            html.P(f"{burst.name}{t('app.colon')}{t('terminals.innocent', words=burst.innocent)}", className="subtitle")
            if burst and frame["burst_count"].any()
            else None,
            _table(t("terminals.handling"), heads, body, range(2, 10), "terminals-handling", "handling"),
            _more(len(body), HANDLING_SHOWN, "terminals-handling", t),
        ],
    )


# --- vehicles to call ----------------------------------------------------------------------------------------------
def calls_card(facts: Facts, t: Text) -> html.Section:
    if facts.as_of is None:
        body: Any = html.P(t("terminals.no_captures"), className="quiet-line")
        return controls.card(t("terminals.calls"), None, body)
    counts = facts.call_counts
    assert counts is not None
    limits = facts.parameters
    how = t(
        "terminals.calls.how",
        day=fmt.day(facts.as_of, t.lang),
        silent=f"{limits['call_silent_days']:g}",
        findings=f"{limits['call_finding_days']:g}",
        alarms=f"{limits['call_alarm_days']:g}",
    )
    thresholds = terminal_queries.thresholds(facts.db, facts.selection.end, "page")
    of_list = thresholds[thresholds["parameter"].str.startswith("call_")]
    doubt = [explain.confidence_pill(mark, t) for mark in sorted(set(of_list["confidence"]))]
    subtitle = html.Span([how, " ", *doubt])
    if facts.calls.empty:
        return controls.card(t("terminals.calls"), subtitle, html.P(t("terminals.calls.none"), className="quiet-line"))
    heads = [
        t("table.plate"),
        t("terminals.reason"),
        t("terminals.enterprise"),
        t("filter.county"),
        t("terminals.last_point"),
    ]
    body = []
    for position, row in enumerate(facts.calls.head(MOST_ROWS).itertuples()):
        reasons = [
            piece
            for short, tone, text, innocent in words.call_reasons(row, limits, t)
            for piece in (
                html.Div([shell.pill(short, tone), html.Span(text)], className="reason"),
                html.Span(t("terminals.innocent", words=innocent), className="under"),
            )
        ]
        cells = [
            (html.Div(reasons), "words"),
            (enterprise_name(facts.db, row.uscc, t, None), "words"),
            (controls.place_name(facts.known, row.county_code, t), "place"),
            (
                t("terminals.never_sent")
                if fmt.missing(row.last_recorded_at)
                else fmt.short_moment(row.last_recorded_at, t.lang),
                "nowrap",
            ),
        ]
        head = [row.plate_masked, html.Span(words.vehicle_class(row.monitored_class, t), className="under")]
        body.append(_row(head, cells, heads, position >= CALLS_SHOWN))
    by_reason = [
        html.Span([t(f"call.{name}"), " ", html.B(fmt.count(counts[f"{name}_count"]))])
        for name in ("alarm", "strong", "silent")
    ]
    link = dcc.Link(
        t.plural("terminals.calls.all", int(counts["call_count"])),
        href=rows_link(facts, "calls"),
        className="text-link",
    )
    return controls.card(
        t.plural("terminals.calls.title", int(counts["call_count"])),
        subtitle,
        [
            html.Div(by_reason, className="reason-counts"),
            _table(t("terminals.calls"), heads, body, (), "terminals-calls-table", "call-list"),
            _more(len(body), CALLS_SHOWN, "terminals-calls-table", t),
        ],
        extra=link,
        className="calls",
    )


# --- the league ----------------------------------------------------------------------------------------------------
def league_box(facts: Facts, t: Text) -> list[Any]:
    """Counties or enterprises with every KPI of one part of the monthly list."""
    league = facts.league
    if not league.rows:
        return [html.P(t("terminals.league.none"), className="quiet-line")]
    level, part = facts.choice.level, facts.choice.part
    names = told(NETWORK if part == "network" else SMART)
    kinds = (
        [kind for kind in SMART_KINDS if any(row["kinds"].get(kind) for row in league.rows)] if part == "smart" else []
    )
    heads = [t("terminals.place"), t(f"terminals.{level}"), t("terminals.vehicles")]
    heads += [t("terminals.score")] if league.by_score else []
    heads += [_with_unit(name, t) for name in names]
    heads += [t("terminals.per_hundred", kind=t(f"alarm_kind.{kind}")) for kind in kinds]
    body = []
    for position, row in enumerate(league.rows[: max(MOST_ROWS, UNITS_SHOWN)]):
        body.append(_league_row(facts, row, names, kinds, heads, position >= UNITS_SHOWN, t))
    notes = _league_notes(facts, t)
    return [
        *notes,
        _table(t("terminals.league"), heads, body, range(2, len(heads)), "terminals-league-table", "league"),
        _more(len(body), UNITS_SHOWN, "terminals-league-table", t),
        html.P(t("terminals.league.cut", shown=MOST_ROWS, all=len(league.rows)), className="subtitle")
        if len(league.rows) > MOST_ROWS
        else None,
    ]


def _with_unit(name: str, t: Text) -> str:
    """The head of a column: its unit unless the name says it."""
    label, unit = explain.kpi_label(name, t), t.pick(KPIS[name].unit_zh, KPIS[name].unit_en)
    return f"{label} {unit}".strip() if unit.lower() not in label.lower() else label


def _league_notes(facts: Facts, t: Text) -> list[Any]:
    """How ranks are made and what limits them."""
    league, pieces = facts.league, []
    minimum = f"{facts.parameters['league_min_vehicles']:g}"
    if league.by_score:
        rows = terminal_queries.thresholds(facts.db, facts.selection.end, facts.rank)
        weights = [row for row in rows.itertuples() if row.parameter.startswith("weight_")]
        parts = t("app.list").join(
            f"{explain.kpi_label(row.parameter.removeprefix('weight_'), t)} {row.parameter_value:g}" for row in weights
        )
        cited = t.pick(weights[0].citation_zh, weights[0].citation_en) if weights else ""
        pieces.append(
            t(
                "terminals.league.score",
                parts=parts,
                possible=f"{league.possible:g}",
                total=f"{league.total:g}",
                cited=cited,
            )
        )
        marks = [explain.confidence_pill(mark, t) for mark in sorted({str(row.confidence) for row in weights})]
        if league.missing:
            lacking = t("availability.join").join(explain.kpi_label(name, t) for name in league.missing)
            pieces.append(t("terminals.league.missing", names=lacking))
    else:
        pieces.append(t("terminals.league.kpi", name=explain.kpi_label(facts.rank, t)))
        marks = [explain.confidence_pill(KPIS[facts.rank].confidence, t)]
    # The mark says how well the weights or the KPI are known; what the values and the minimum rest on follows.
    limits = terminal_queries.thresholds(facts.db, facts.selection.end, "local")
    of_page = terminal_queries.thresholds(facts.db, facts.selection.end, "page")
    told_here = told(NETWORK if facts.choice.part == "network" else SMART)
    doubtful = [explain.kpi_label(name, t) for name in told_here if explain.unverified(name, limits)]
    rests_on = [t("terminals.league.small", minimum=minimum)]
    listed = {row["unit"] for row in league.rows}
    absent = [code for code in facts.known.current_counties if code not in listed]
    if facts.choice.level == "county" and facts.now.captured and absent:
        names = t("availability.join").join(controls.place_name(facts.known, code, t) for code in absent)
        rests_on.append(t("terminals.league.absent", names=names))
    minimum_mark = of_page.loc[of_page["parameter"] == "league_min_vehicles", "confidence"]
    rests_on += [t("terminals.league.doubt", names=t("availability.join").join(doubtful))] if doubtful else []
    any_doubt = doubtful or any(words.unverified(mark) for mark in minimum_mark)
    of = "?of=enterprise" if facts.choice.level == "enterprise" else ""
    intervals = dcc.Link(t("terminals.league.intervals.link"), href=f"/ranking{of}", className="text-link")
    return [
        html.P([t("terminals.sentences").join(pieces), " ", *marks], className="subtitle"),
        html.P(
            [t("terminals.sentences").join(rests_on), " ", explain.unverified_pill(t) if any_doubt else None],
            className="subtitle",
        ),
        html.P([t("terminals.league.intervals"), " ", intervals], className="subtitle"),
    ]


def _league_row(
    facts: Facts, row: dict[str, Any], names: list[str], kinds: list[str], heads: list[str], beyond: bool, t: Text
) -> html.Tr:
    level = facts.choice.level
    if level == "county":
        unit: Any = dcc.Link(
            controls.place_name(facts.known, row["unit"], t),
            href="/terminals" + facts.choice.query(county=row["unit"]),
            title=t("map.pick", name=controls.place_name(facts.known, row["unit"], t)),
            className="in-text",
        )
        where: dict[str, Any] = {"county": row["unit"]}
    else:
        unit = enterprise_name(facts.db, row["unit"], t, None)
        where = {"enterprise": token(row["unit"]), "county": ALL}
    mark = (
        shell.pill(t(f"terminals.end.{row['end']}"), {"top": "better", "bottom": "worse"}[row["end"]])
        if row["end"]
        else None
    )
    if row["why"]:
        minimum = f"{facts.parameters['league_min_vehicles']:g}"
        mark = shell.pill(
            t(f"terminals.unranked.{row['why']}"), "", t(f"terminals.unranked.{row['why']}.help", minimum=minimum)
        )
    place = fmt.NONE if row["place"] is None else str(row["place"])
    cells: list[tuple[Any, str]] = [
        ([html.Span(f"{place} ", className="narrow-only"), unit, " ", mark], "unit"),
        (
            dcc.Link(fmt.count(row["vehicle_count"]), href=rows_link(facts, "vehicles", kpi="network_rate", **where))
            if facts.now.captured
            else fmt.NONE,
            "number",
        ),
    ]
    if facts.league.by_score:
        cells.append((_score_cell(row["score"], facts, t), "number"))
    for name in names:
        of = row["values"].get(name, {})
        value = None if fmt.missing(of.get("value")) else float(of["value"])
        link = kpi_link(facts, name, **where)
        below = of.get("denominator")
        said = sums(name, _whole(of.get("numerator")), _whole(below), t)
        shown: Any = explain.kpi_shown(name, value, t).split(" ")[0]
        if value is None:
            shown = html.Span(
                t("terminals.no_source.short") if fmt.missing(below) else fmt.NONE, className="neutral", title=said
            )
        elif link:
            shown = dcc.Link(shown, href=link, title=said)
        cells.append((shown, "number"))
    for kind in kinds:
        per = fmt.mean_or_none(100 * row["kinds"].get(kind, 0), row["online_count"])
        cells.append((fmt.NONE if per is None else f"{per:,.1f}", "number"))
    return _row(place, cells, heads, beyond, f"end-{row['end']}" if row["end"] else "")


def _whole(value: Any) -> int | None:
    return None if fmt.missing(value) else int(value)


def _score_cell(score: Any, facts: Facts, t: Text) -> Any:
    """The points reached, and on pointing each part of them."""
    if score is None or not facts.league.possible:
        return fmt.NONE
    lines = []
    for name, (most, reached) in score.parts.items():
        shown = t("terminals.no_source") if reached is None else f"{reached:.2f}"
        lines.append(f"{explain.kpi_label(name, t)}{t('app.colon')}{shown} / {most:g}")
    total = fmt.NONE if score.reached is None else f"{score.reached:.2f}"
    return html.Span(
        [html.B(total), html.Span(f" / {facts.league.possible:g}", className="neutral")], title="\n".join(lines)
    )


# --- tables ----------------------------------------------------------------------------------------------------------
def enterprise_name(db: queries.Source, uscc: Any, t: Text, link: str | None) -> Any:
    """The registered name, which exists in Chinese only, or the words for none on record."""
    found = terminal_queries.enterprises(db).get(uscc) if isinstance(uscc, str) else None
    if found is None:
        return t("terminals.enterprise.none")
    name = html.Span(found[0], lang="zh-CN")
    return dcc.Link(name, href=link) if link else name


def _row(head: Any, cells: list[tuple[Any, str]], heads: list[str], beyond: bool, className: str = "") -> html.Tr:
    return html.Tr(
        [
            html.Th(head, scope="row"),
            *[
                html.Td(cell, className=name, **{"data-head": text})
                for (cell, name), text in zip(cells, heads[1:], strict=True)
            ],
        ],
        className=f"{className} beyond".strip() if beyond else className or None,
    )


def _table(caption: str, heads: list[str], body: list[html.Tr], numbers: Any, id: str, className: str = "") -> html.Div:
    return controls.scrolled(
        html.Table(
            [
                html.Caption(caption, className="visually-hidden"),
                html.Thead(
                    html.Tr(
                        [
                            html.Th(head, scope="col", className="number" if at in numbers else "")
                            for at, head in enumerate(heads)
                        ]
                    )
                ),
                html.Tbody(body),
            ],
            id=id,
            className=f"stackable {className}".strip(),
        )
    )


PHONE_SHOWN = 5  # rows of a table on a phone, as in the style sheet


def _more(count: int, shown: int, id: str, t: Text) -> html.Button | None:
    """Shows the rows that are folded; on a phone more of them are."""
    if count <= PHONE_SHOWN:
        return None
    return html.Button(
        t("terminals.more", count=count),
        className="button more" if count > shown else "button more phone",
        **{"data-expand": f"#{id}", "data-less": t("terminals.fewer", count=shown)},
    )


# --- the states of the page -------------------------------------------------------------------------------------------
def empty_state(facts: Facts, t: Text) -> html.Section:
    """Neither captures nor alarms under these filters: which filter, and one step to a wider choice."""
    chosen = facts.selection
    span = fmt.day_range(chosen.start, chosen.end, t.lang)
    last = terminal_queries.last_captured(facts.db, facts.known.last_day)
    which = "period" if chosen.county == ALL else "county"
    wider = "?" if which == "period" else facts.choice.query(county=ALL)
    reach = t("terminals.empty.until", day=fmt.day(last, t.lang)) if last else t("terminals.empty.never")
    return shell.state_card(
        "filter",
        t("state.empty.title"),
        [t(f"terminals.empty.{which}", period=span), reach, t("terminals.empty.not_online")],
        html.A(t(f"state.empty.widen.{which}"), href="/terminals" + wider, className="button primary"),
    )


def notes(facts: Facts, t: Text) -> list[Any]:
    """What limits the numbers: days without captures, and alarms that end before the period does."""
    found: list[Any] = []
    missing = facts.selection.days - len(facts.now.captured)
    link = dcc.Link(t("availability.link"), href="/quality")
    if missing:
        found.append(
            shell.note(t.parts("terminals.partial", days=str(missing), of=str(facts.selection.days), link=link))
        )
    alarms = terminal_queries.told_until(facts.db)["last_day"]
    if fmt.missing(alarms):
        found.append(shell.note(t.parts("terminals.alarms.never", link=link)))
    elif fmt.as_date(alarms) < facts.selection.end:
        found.append(shell.note(t.parts("terminals.alarms.until", day=fmt.day(alarms, t.lang), link=link)))
    return found


def head(facts: Facts, view: shell.View) -> list[Any]:
    cards = [kpi_card(facts, name, view) for name in told(CARDS)]
    return [lead(facts, view.text), *notes(facts, view.text), html.Div(cards, className="kpis")]


def parts(facts: Facts, view: shell.View) -> tuple[Any, Any, Any, Any, Any, Any, Any]:
    """The regions a filter changes: head, alarms, trend, findings, calls, league, handling."""
    t = view.text
    told_filters = controls.printed_filters(facts.selection, facts.known, t, scales=False)
    if facts.empty:
        nothing = html.P(t("terminals.league.none"), className="quiet-line")
        return [told_filters, empty_state(facts, t)], None, None, None, None, nothing, None
    return (
        [told_filters, *head(facts, view)],
        funnel_card(facts, t),
        trend_card(facts, view),
        findings_card(facts, t),
        calls_card(facts, t),
        league_box(facts, t),
        alarm_table(facts, t),
    )


def rank_options(db: queries.Source, facts: Facts, t: Text) -> list[dict[str, Any]]:
    schemes = []
    for scheme in terminal_queries.schemes(db):
        rows = terminal_queries.thresholds(db, facts.selection.end, scheme)
        cited = t.pick(rows.iloc[0]["citation_zh"], rows.iloc[0]["citation_en"]) if len(rows) else scheme
        schemes.append({"value": scheme, "label": t("terminals.rank.scheme", scheme=cited)})
    kpis = [{"value": name, "label": explain.kpi_label(name, t)} for name in (*told(NETWORK), *told(SMART))]
    groups = [{"group": t("terminals.rank.kpis"), "items": kpis}]
    return [{"group": t("terminals.rank.schemes"), "items": schemes}, *groups] if schemes else groups


def league_controls(facts: Facts, t: Text) -> html.Div:
    def segments(name: str, values: tuple[str, ...], chosen: str) -> dmc.SegmentedControl:
        return dmc.SegmentedControl(
            id=f"terminals-{name}",
            data=[{"value": value, "label": t(f"terminals.{name}.{value}")} for value in values],
            value=chosen,
            size="xs",
            className="segments",
            withItemsBorders=False,
            **{"aria-label": t(f"terminals.{name}")},
        )

    rank = dmc.Select(
        id="terminals-rank",
        data=rank_options(facts.db, facts, t),
        value=facts.rank,
        allowDeselect=False,
        size="xs",
        checkIconPosition="right",
        maxDropdownHeight=360,
        className="rank-select",
        comboboxProps={"withinPortal": True, "width": 300, "position": "bottom-end"},
        **{"aria-label": t("terminals.rank")},
    )
    return html.Div(
        [
            segments("part", PARTS, facts.choice.part),
            segments("level", LEVELS, facts.choice.level),
            html.Label([html.Span(t("terminals.rank"), className="field-label"), rank], className="rank-field"),
        ],
        className="league-controls",
    )


@shell.page("terminals")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "terminals", db)
    if not terminal_queries.is_built(db):
        return shell.no_terminals(view, "terminals", db)
    choice, bad = choice_from_url(query, known, db)
    facts = Facts(db, choice, known)
    top, left, right, findings, calls, league, handling = parts(facts, view)
    return shell.frame(
        view,
        "terminals",
        [
            controls.filter_bar("terminals", choice.selection, known, t, scales=False),
            html.Div(top, id="terminals-head", className="stack"),
            html.Div(calls, id="terminals-calls", className="stack"),
            html.Div(
                [
                    html.Div(left, id="terminals-left", className="left-side"),
                    html.Div(right, id="terminals-right", className="right-side"),
                ],
                className="two-sides",
            ),
            html.Div(findings, id="terminals-findings", className="stack"),
            controls.card(
                t("terminals.league"),
                t("terminals.league.how"),
                html.Div(league, id="terminals-league"),
                extra=league_controls(facts, t),
                className="league-card",
            ),
            html.Div(handling, id="terminals-below", className="stack"),
            html.Div(id="terminals-live", className="visually-hidden", role="status", **{"aria-live": "polite"}),
            dcc.Store(id="terminals-query", data=links_of(choice)),
            dcc.Location(id="terminals-go", refresh="callback-nav"),
        ],
        actions=[
            controls.copy_link("terminals", t),
            controls.export_menu("terminals", choice.query(rows=True, show="calls"), "terminals.export.what", t),
        ],
        db=db,
        query=choice.selection.query(),
        notices=[t("state.bad_values", values="、".join(bad) if t.lang == "zh" else ", ".join(bad))] if bad else None,
        crumbs=[html.B(t("nav.terminals"))],
    )


def links_of(choice: Choice) -> dict[str, Any]:
    """What the browser needs after a change: the address, that with absolute dates, the rows' query, and the links of
    the frame in the order of ``FOLLOWED``."""
    shared, rows = choice.selection.query(), choice.query(rows=True, show="calls")
    files = [f"/export/terminal-rows.{kind}{rows}" for kind in ("xlsx", "csv")]
    return {
        "here": "/terminals",
        "query": choice.query(),
        "absolute": choice.query(absolute=True),
        "rows": rows,
        "hrefs": [*[path + shared for _ in range(2) for path in shell.CARRYING.values()], *files],
    }


FOLLOWED = (
    *(Output(f"shell-{where}-{key}", "href") for where in ("nav", "bar") for key in shell.CARRYING),
    Output("terminals-export-xlsx", "href"),
    Output("terminals-export-csv", "href"),
)

PAGE = {"path": "/terminals", "title": shell.title("terminals"), "layout": layout}


def chosen(trigger: str | None, given: dict[str, Any], dates: Any, known: Known, db: queries.Source) -> Choice:
    """The choice after a control moved. Touching the dates makes the period custom; every value is checked."""
    if trigger == "terminals-reset":
        return choice_from_url({}, known, db)[0]
    if given["period"] not in PERIODS or given["cmp"] not in COMPARES:
        raise BadRequest("not an option")
    if trigger == "terminals-dates" or given["period"] == "custom":
        if not isinstance(dates, list) or len(dates) != 2 or not all(isinstance(day, str) for day in dates):
            raise BadRequest("a range needs two dates")
        given |= {"period": "custom", "from": dates[0][:10], "to": dates[1][:10]}
    return choice_from_controls(given, known, db)


@callback(
    Output("terminals-head", "children"),
    Output("terminals-left", "children"),
    Output("terminals-right", "children"),
    Output("terminals-findings", "children"),
    Output("terminals-calls", "children"),
    Output("terminals-league", "children"),
    Output("terminals-below", "children"),
    Output("terminals-period", "value"),
    Output("terminals-dates", "value"),
    Output("terminals-compare", "value"),
    Output("terminals-county", "value"),
    Output("terminals-level", "value"),
    Output("terminals-part", "value"),
    Output("terminals-rank", "value"),
    Output("terminals-chip-period", "children"),
    Output("terminals-chip-place", "children"),
    Output("terminals-query", "data"),
    Output("terminals-live", "children"),
    Input("terminals-period", "value"),
    Input("terminals-dates", "value"),
    Input("terminals-compare", "value"),
    Input("terminals-county", "value"),
    Input("terminals-level", "value"),
    Input("terminals-part", "value"),
    Input("terminals-rank", "value"),
    Input("terminals-reset", "n_clicks"),
    State("terminals-view", "data"),
    prevent_initial_call=True,
)
def show(
    period: Any, dates: Any, compare: Any, county: Any, level: Any, part: Any, rank: Any, _reset: Any, view_data: Any
) -> tuple[Any, ...]:
    view = shell.view_from(view_data)
    t = view.text
    trigger = ctx.triggered_id
    # While a range is being picked its second end is empty: nothing to show yet.
    if trigger == "terminals-dates" and isinstance(dates, list) and None in dates:
        raise dash.exceptions.PreventUpdate
    db = queries.source()
    known = queries.known(db)
    if known is None:
        raise BadRequest("no day of data")
    given = {"period": period, "cmp": compare, "county": county, "level": level, "part": part, "rank": rank}
    choice = chosen(trigger, given, dates, known, db)
    facts = Facts(db, choice, known)
    selection = choice.selection
    calls = 0 if facts.call_counts is None else facts.call_counts["call_count"]
    live = t("terminals.live", rate=fmt.indicator(facts.now.value("online_rate")), calls=fmt.count(calls))
    return (
        *parts(facts, view),
        selection.period,
        [selection.start.isoformat(), selection.end.isoformat()],
        selection.compare,
        selection.county,
        choice.level,
        choice.part,
        facts.rank,
        fmt.day_range(selection.start, selection.end, t.lang),
        controls.chip_place(selection, known, t),
        links_of(choice),
        live,
    )


clientside_callback(ClientsideFunction("heng", "followQuery"), *FOLLOWED, Input("terminals-query", "data"))
# A day of the line opens the vehicles of that day.
clientside_callback(
    ClientsideFunction("heng", "openVehicles"),
    Output("terminals-go", "href"),
    Input("terminals-trend", "clickData"),
    State("terminals-query", "data"),
    prevent_initial_call=True,
)
