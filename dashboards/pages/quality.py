"""Can today's numbers be used? What came, what is missing, what was refused, and why."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboards import charts, controls, freshness, queries, shell, words
from dashboards import format as fmt
from dashboards.selection import Known
from dashboards.text import Text

STRIP_DAYS = 30
DELIVERIES_READ = 60
DELIVERIES_SHOWN = 10
WINDOW_DAYS = 30  # deliveries counted in the shares and reasons

FEED_TONE = {"on_time": "better", "late": "warn", "missing": "worse", "stopped": "worse", "no_rhythm": ""}


def answer(state: freshness.Freshness, quarantined: float | None, stopped: int, t: Text) -> html.Section:
    """The question of the page, answered by rule in one line, with what limits the answer."""
    grade = "stale" if state.state == "stale" else "late" if state.state == "late" or stopped else "fresh"
    limits = []
    if state.behind:
        limits.append(t.plural("quality.limit.behind", state.behind))
    if state.silent:
        limits.append(t.plural("quality.limit.silent", state.silent, sites=state.sites))
    if state.partial:
        limits.append(t.plural("quality.limit.partial", state.partial))
    if stopped:
        limits.append(t.plural("quality.limit.stopped", stopped))
    if quarantined is not None and quarantined >= 0.01:
        limits.append(t("quality.limit.quarantined", share=fmt.share(quarantined)))
    line = t("quality.limits.join").join(limits) if limits else t("quality.limits.none")
    return html.Section(
        [
            html.Span(className="mark", **{"aria-hidden": "true"}),
            html.Div(t(f"quality.answer.{grade}", day=fmt.day(state.until, t.lang)), className="verdict"),
            html.P(line),
        ],
        className=f"card answer {grade}",
    )


def small_card(label: str, value: str, under: str, tone: str = "") -> html.Section:
    return html.Section(
        [
            html.Div(html.H2(label), className="kpi-head"),
            html.Div(value, className=f"kpi-value {tone}".strip()),
            html.Div(under, className="subtitle"),
        ],
        className="card",
    )


def numbers(
    db: queries.Source, state: freshness.Freshness, totals: pd.Series, strip: pd.DataFrame, t: Text
) -> html.Div:
    expected = len(strip)
    reporting = int((strip["state"] == "reporting").sum())
    delivered, quarantined = int(totals["delivered_rows"]), int(totals["quarantined_rows"])
    live = state.sites - state.silent
    return html.Div(
        [
            small_card(
                t("quality.card.sites"),
                f"{live} / {state.sites}" if state.sites else fmt.NONE,
                t("quality.card.sites.under", day=fmt.day(state.until, t.lang)),
                "worse" if state.silent else "",
            ),
            small_card(
                t("quality.card.site_days"),
                fmt.share(reporting / expected) if expected else fmt.NONE,
                t(
                    "quality.card.site_days.under",
                    reporting=fmt.count(reporting),
                    expected=fmt.count(expected),
                    days=STRIP_DAYS,
                ),
            ),
            small_card(
                t("quality.card.quarantined"),
                fmt.rate(fmt.mean_or_none(quarantined, delivered)),
                t("quality.card.quarantined.under", quarantined=fmt.count(quarantined), delivered=fmt.count(delivered)),
            ),
            small_card(
                t("quality.card.stopped"),
                fmt.count(totals["stopped"]),
                t("quality.card.stopped.under", days=WINDOW_DAYS),
                "worse" if int(totals["stopped"]) else "",
            ),
        ],
        className="small-kpis",
    )


def feed_state(every_days: Any, reached: Any, last_state: Any, night: date) -> str:
    """A feed is late when the day it reached is older than its declaration allows at the last night."""
    if last_state == "stopped":
        return "stopped"
    if fmt.missing(every_days):
        return "no_rhythm"
    if fmt.missing(reached):
        return "missing"
    age = (night - fmt.as_date(reached)).days
    return "on_time" if age < every_days else "late" if age < 2 * every_days else "missing"


def feeds_card(db: queries.Source, t: Text) -> html.Section:
    night = queries.last_night(db)
    heads = [
        t("quality.feed"),
        t("quality.last_delivery"),
        t("quality.received"),
        t("quality.data_to"),
        t("quality.expected"),
        t("table.state"),
    ]
    body = []
    for row in queries.feeds(db).itertuples():
        # A register reaches the day it was issued, passages the day of the last one.
        reached = row.issued_at if row.kind == "register" else row.last_event_date
        state = feed_state(row.expected_every_days, reached, row.last_state, night)
        rhythm = row.expected_every_days
        expected = t("quality.when_changed") if fmt.missing(rhythm) else t("quality.every_days", count=int(rhythm))
        cells = [
            fmt.NONE if fmt.missing(row.name) else html.Span(row.name, className="file"),
            fmt.short_moment(row.received_at, t.lang),
            fmt.day(reached, t.lang),
            expected,
            shell.pill(t(f"quality.state.{state}"), FEED_TONE[state]),
        ]
        body.append(
            html.Tr(
                [
                    html.Th([t.pick(row.title_zh, row.title_en), html.Span(row.feed, className="under")], scope="row"),
                    *[html.Td(cell, **{"data-head": head}) for cell, head in zip(cells, heads[1:], strict=True)],
                ]
            )
        )
    table = html.Table(
        [
            html.Caption(t("quality.feeds"), className="visually-hidden"),
            html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
            html.Tbody(body),
        ],
        className="stackable",
    )
    return controls.card(t("quality.feeds"), t("quality.feeds.how"), html.Div(table, className="table-scroll"))


def site_label(code: str, known: Known, t: Text) -> str:
    county = known.sites.get(code)
    return f"{code} {fmt.short_place(controls.place_name(known, county, t))}" if county else code


def strip_card(strip: pd.DataFrame, until: date, known: Known, view: shell.View) -> html.Section:
    """Sites by days: reporting, partial, silent, not in service."""
    t = view.text
    days = [until - timedelta(days=back) for back in range(STRIP_DAYS - 1, -1, -1)]
    # Sites that no register places come last.
    codes = sorted(strip["site_code"].unique(), key=lambda code: (not known.sites.get(code), code))
    if not codes:
        return controls.card(t("quality.strip"), None, html.P(t("availability.none"), className="quiet-line"))
    segments = charts.runs(strip, days, codes)
    labels = {code: site_label(code, known, t) for code in codes}
    figure = charts.site_day_strip(segments, days, labels, t, view.theme)
    height = figure["layout"]["height"]
    keys = html.Div(
        [
            html.Span([html.I(className=f"swatch {state}"), t("state." + state)], className="key")
            for state in charts.STATE_TOKEN
        ],
        className="keys",
    )
    bad = segments[segments["state"].isin(["partial", "silent"])]
    rows = [
        [
            labels[row.site_code],
            fmt.day_range(row.first, row.first + timedelta(days=row.days - 1), t.lang),
            str(row.days),
            t("state." + row.state),
        ]
        for row in bad.itertuples()
    ]
    heads = [t("filter.site"), t("table.day"), t("quality.days"), t("table.state")]
    silent = int((strip["state"] == "silent").sum())
    reading = t("quality.strip.reading", sites=len(codes), days=STRIP_DAYS, silent=silent)
    return controls.card(
        t("quality.strip"),
        t("quality.strip.how", days=STRIP_DAYS),
        [
            keys,
            controls.chart("quality-strip", figure, reading, t.lang, height),
            controls.data_table(t, t("quality.strip"), heads, rows),
        ],
    )


def deliveries_card(latest: pd.DataFrame, reasons: dict[tuple[str, str], tuple[str, str]], t: Text) -> html.Section:
    heads = [
        t("quality.delivery"),
        t("quality.issued"),
        t("quality.delivered"),
        t("quality.accepted"),
        t("quality.quarantined"),
        t("quality.repeated"),
        t("quality.superseded"),
        t("quality.flagged"),
        t("table.state"),
    ]
    body = []
    for position, row in enumerate(latest.itertuples()):
        tone = {"landed": "better", "archived": "", "stopped": "worse"}.get(row.state, "")
        status: list[Any] = [shell.pill(t(f"quality.delivery.{row.state}"), tone)]
        if isinstance(row.reason, str):
            said = row.message if isinstance(row.message, str) else ""
            told = f"{words.reason_of(reasons, row.reason)} [{row.reason}]"
            status.append(
                html.Span(told, className="message" if row.state == "stopped" else "under", title=said or None)
            )
        cells = [
            fmt.day(row.issued_at, t.lang),
            fmt.count(row.delivered_rows),
            fmt.count(row.accepted_rows),
            fmt.count(row.quarantined_rows),
            fmt.count(row.repeated_count),
            fmt.count(row.superseded_count),
            fmt.count(row.flagged_rows),
            html.Div(status),
        ]
        body.append(
            html.Tr(
                [
                    html.Th(
                        [html.Span(row.name, className="file"), html.Span(words.feed(row.feed, t), className="under")],
                        scope="row",
                    ),
                    *[
                        html.Td(cell, className="number" if 0 < i < 7 else "", **{"data-head": head})
                        for i, (cell, head) in enumerate(zip(cells, heads[1:], strict=True))
                    ],
                ],
                className="beyond" if position >= DELIVERIES_SHOWN else None,
            )
        )
    more = None
    if len(latest) > DELIVERIES_SHOWN:
        more = html.Button(
            t("quality.deliveries.all", count=len(latest)),
            className="button more",
            **{
                "data-expand": "#quality-deliveries table",
                "data-less": t("quality.deliveries.fewer", count=DELIVERIES_SHOWN),
            },
        )
    table = html.Table(
        [
            html.Caption(t("quality.deliveries"), className="visually-hidden"),
            html.Thead(
                html.Tr(
                    [
                        html.Th(head, scope="col", className="number" if 1 < i < 8 else "")
                        for i, head in enumerate(heads)
                    ]
                )
            ),
            html.Tbody(body),
        ],
        className="stackable",
    )
    return controls.card(
        t("quality.deliveries"),
        t("quality.deliveries.how", count=len(latest)),
        [html.Div(table, className="table-scroll"), more],
        id="quality-deliveries",
    )


def reasons_card(frame: pd.DataFrame, reasons: dict[tuple[str, str], tuple[str, str]], t: Text) -> html.Section:
    heads = [
        t("quality.reason"),
        t("quality.outcome"),
        t("quality.rows"),
        t("quality.deliveries.count"),
        t("quality.next_step"),
    ]
    if frame.empty:
        return controls.card(t("quality.reasons"), None, html.P(t("quality.reasons.none"), className="quiet-line"))
    tones = {"quarantine": "worse", "flag": "warn"}

    def told(row: Any) -> tuple[str, str]:
        return reasons.get((row.reason, row.outcome), (words.reason_of(reasons, row.reason), ""))

    body = [
        html.Tr(
            [
                html.Th([told(row)[0], html.Span(row.reason, className="under")], scope="row"),
                html.Td(
                    shell.pill(t(f"quality.outcome.{row.outcome}"), tones.get(row.outcome, "")),
                    **{"data-head": heads[1]},
                ),
                html.Td(fmt.count(row.rows), className="number", **{"data-head": heads[2]}),
                html.Td(fmt.count(row.deliveries), className="number", **{"data-head": heads[3]}),
                html.Td(told(row)[1], **{"data-head": heads[4]}),
            ]
        )
        for row in frame.itertuples()
    ]
    table = html.Table(
        [
            html.Caption(t("quality.reasons"), className="visually-hidden"),
            html.Thead(
                html.Tr(
                    [
                        html.Th(head, scope="col", className="number" if i in (2, 3) else "")
                        for i, head in enumerate(heads)
                    ]
                )
            ),
            html.Tbody(body),
        ],
        className="stackable",
    )
    return controls.card(
        t("quality.reasons"), t("quality.reasons.how", days=WINDOW_DAYS), html.Div(table, className="table-scroll")
    )


@shell.page("quality")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    state = freshness.of(db)
    if known is None or state is None:
        return shell.no_days(view, "quality", db)
    since = known.last_day - timedelta(days=WINDOW_DAYS)
    totals = queries.delivery_totals(db, since)
    strip = queries.recent_site_days(db, known.last_day, STRIP_DAYS)
    latest = queries.deliveries(db, DELIVERIES_READ)
    reasons = words.reason_words(queries.reasons(db), t)
    quarantined = fmt.mean_or_none(totals["quarantined_rows"], totals["delivered_rows"])
    return shell.frame(
        view,
        "quality",
        [
            answer(state, quarantined, int(totals["stopped"]), t),
            numbers(db, state, totals, strip, t),
            feeds_card(db, t),
            strip_card(strip, known.last_day, known, view),
            deliveries_card(latest, reasons, t),
            reasons_card(queries.delivery_reasons(db, since), reasons, t),
        ],
        actions=[dcc.Link([shell.icon("book"), t("nav.definitions")], href="/definitions", className="button")],
        db=db,
    )


PAGE = {"path": "/quality", "title": shell.title("quality"), "layout": layout}
