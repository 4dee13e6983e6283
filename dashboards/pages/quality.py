"""Can today's numbers be used? What came, what is missing, what was refused, and why."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboards import as_of, charts, controls, explain, freshness, night, queries, shell, words
from dashboards import format as fmt
from dashboards.selection import ALL, Known
from dashboards.site_days import HERE, STRIP, WINDOW_DAYS, SiteDays, site_days_of, site_states
from dashboards.text import Text

SITE_STATES = ("reporting", "partial", "silent")
"""States of a site that is in service."""
DELIVERIES_READ = 60
DELIVERIES_SHOWN = 10

SHOWN_METRICS = ("site_reporting_rate", "quarantined_share")
ATTENTION = ("stopped", "missing", "late")
"""States of a feed that somebody has to look at, the gravest first."""
GROUPS = ("measured", "cases", "vehicle-monitoring", "road-safety", "supervision", "registers", "other")
"""What feeds are, in the order of the page."""


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
            html.Div(
                t.parts(f"quality.answer.{grade}", day=_unbroken(fmt.day(state.until, t.lang))), className="verdict"
            ),
            html.P(line),
        ],
        className=f"card answer {grade}",
    )


def _unbroken(days: str) -> html.Span:
    """Days that stay on one line: a date would break at its hyphens."""
    return html.Span(days, className="unbroken")


def small_card(label: str, value: str, under: list[Any], tone: str = "") -> html.Section:
    return html.Section(
        [
            html.Div(html.H2(label), className="kpi-head"),
            html.Div(value, className=f"kpi-value {tone}".strip()),
            html.Div(under, className="subtitle"),
        ],
        className="card",
    )


def metric_card(name: str, counted: dict[str, Any], span: str, t: Text) -> html.Section:
    """A metric under the name it has everywhere, with both counts and the days they are of."""
    above, below = fmt.count(counted["numerator"]), fmt.count(counted["denominator"])
    return small_card(
        explain.label(name, t),
        fmt.rate(counted["value"]),
        t.parts("quality.card.counted", above=above, below=below, days=_unbroken(span)),
    )


def numbers(
    state: freshness.Freshness, metrics: dict[str, dict[str, Any]], stopped: int, first: date, t: Text
) -> html.Div:
    live = state.sites - state.silent
    span = fmt.day_range(first, state.until, t.lang)
    return html.Div(
        [
            small_card(
                t("quality.card.sites"),
                f"{live} / {state.sites}" if state.sites else fmt.NONE,
                t.parts("quality.card.sites.under", day=_unbroken(fmt.day(state.until, t.lang))),
                "worse" if state.silent else "",
            ),
            *(metric_card(name, counted, span, t) for name, counted in metrics.items()),
            small_card(
                t("quality.card.stopped"),
                fmt.count(stopped),
                t.parts("quality.since", day=_unbroken(fmt.day(first, t.lang))),
                "worse" if stopped else "",
            ),
        ],
        className="small-kpis",
    )


def feed_state(every_days: Any, freshness: Any, last_state: Any) -> str:
    """The last night's word on a feed; one whose last delivery was refused as a whole is stopped."""
    return "stopped" if last_state == "stopped" else night.state_of(freshness, every_days)


def feed_group(owner: str, kind: str) -> str:
    """What a feed is, by its declaration: the enforcement departments own what is measured and the cases alike."""
    if owner.endswith("-enforcement"):
        return "measured" if kind == "event" else "cases"
    return owner if owner in GROUPS else "other"


def feeds_table(rows: list[tuple[Any, str]], caption: str, t: Text) -> html.Table:
    """Feeds with their states."""
    heads = [
        t("quality.feed"),
        t("quality.last_delivery"),
        t("quality.last_issue"),
        t("quality.data_to"),
        t("quality.expected"),
        t("table.state"),
    ]
    body = []
    for row, state in rows:
        last: Any = fmt.NONE
        if not fmt.missing(row.name):
            received = t("quality.received_at", at=fmt.short_moment(row.received_at, t.lang))
            last = html.Div([html.Span(row.name, className="file"), html.Span(received, className="under")])
        cells = [
            last,
            *(
                fmt.NONE if fmt.missing(day) else _unbroken(fmt.day(day, t.lang))
                for day in (row.last_issue, row.last_event_date if row.kind == "event" else None)
            ),
            night.rhythm(row.expected_every_days, t),
            shell.pill(t(f"quality.state.{state}"), night.STATE_TONE[state]),
        ]
        name = [night.title(row, t), html.Span(row.feed, className="under")]
        body.append(
            html.Tr(
                [
                    html.Th(name, scope="row"),
                    *[
                        html.Td(cell, className="hollow" if cell == fmt.NONE else "", **{"data-head": head})
                        for cell, head in zip(cells, heads[1:], strict=True)
                    ],
                ]
            )
        )
    return html.Table(
        [
            html.Caption(caption, className="visually-hidden"),
            html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
            html.Tbody(body),
        ],
        className="stackable feeds",
    )


def feeds_card(db: queries.Source, last_night: date | None, t: Text) -> html.Section:
    """Feeds that need attention first; the others folded by what they are."""
    stated = [
        (row, feed_state(row.expected_every_days, row.freshness, row.last_state))
        for row in queries.feeds(db).itertuples()
    ]
    urgent = sorted((one for one in stated if one[1] in ATTENTION), key=lambda one: ATTENTION.index(one[1]))
    body: list[Any] = []
    if urgent:
        body.append(controls.scrolled(feeds_table(urgent, t("quality.feeds.urgent"), t)))
    else:
        body.append(html.P(t("quality.feeds.all_well"), className="quiet-line"))
    for group in GROUPS:
        of_group = [one for one in stated if feed_group(one[0].owner, one[0].kind) == group]
        calm = [one for one in of_group if one[1] not in ATTENTION]
        if not of_group:
            continue
        name = t(f"quality.group.{group}")
        above = len(of_group) - len(calm)
        counted = t.plural("quality.group.feeds", len(of_group))
        pill = shell.pill(t.plural("quality.group.above", above), "warn") if above else None
        head = [shell.icon("right"), html.B(name), html.Span(counted, className="subtitle"), pill]
        if calm:
            table = controls.scrolled(feeds_table(calm, name, t))
            body.append(html.Details([html.Summary(head), table], className="fold"))
        else:
            body.append(html.Div(head[1:], className="fold empty"))
    how = t("quality.feeds.how", day=fmt.day(last_night, t.lang)) if last_night else t("night.no_reports")
    return controls.card(t("quality.feeds"), how, body, id="quality-feeds")


def site_label(code: str, known: Known, t: Text) -> str:
    county = known.sites.get(code)
    return f"{code} {fmt.short_place(controls.place_name(known, county, t))}" if county else code


def strip_card(db: queries.Source, asked: SiteDays, known: Known, view: shell.View) -> html.Section:
    """Sites by days: reporting, partial, silent, not in service; of one county, or of all."""
    t, strip = view.text, site_states(db, asked)
    span = fmt.day_range(asked.first, asked.last, t.lang)
    days = [asked.first + timedelta(days=at) for at in range((asked.last - asked.first).days + 1)]
    how = t("quality.strip.how" if asked.is_usual else "quality.strip.how.chosen", days=len(days), span=span)
    counties = [
        (code, controls.county_words(code, known, t), HERE + asked.query(county=code))
        for code in (ALL, *known.current_counties)
    ]
    choice = as_of.links(t("filter.county"), asked.county, counties, many=True)
    usual = None
    if not asked.is_usual:
        href = HERE + asked.query(is_usual=True)
        usual = dcc.Link(t("quality.strip.usual", days=WINDOW_DAYS), href=href, className="button")
    # Sites that no register places come last.
    codes = sorted(strip["site_code"].unique(), key=lambda code: (not known.sites.get(code), code))
    if not codes:
        nothing = html.P(t("availability.none"), className="quiet-line")
        return controls.card(t("quality.strip"), how, [choice, nothing], extra=usual, id=STRIP)
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
    reading = t("quality.strip.reading", sites=len(codes), days=len(days), silent=silent)
    return controls.card(
        t("quality.strip"),
        how,
        [
            choice,
            _site_sums(strip, t),
            keys,
            controls.chart("quality-strip", figure, reading, t.lang, height),
            controls.data_table(t, t("quality.strip.sites"), *_by_site(strip, labels, t)),
            controls.data_table(t, t("quality.strip"), heads, rows),
        ],
        extra=usual,
        id=STRIP,
    )


def _site_sums(strip: pd.DataFrame, t: Text) -> html.P:
    """Site-days with complete data of those in service: the sums of the sites below."""
    of_state = Counter(strip["state"])
    good, every = of_state["reporting"], of_state.total()
    told = t.parts(
        "quality.strip.sums", good=html.B(fmt.count(good)), every=html.B(fmt.count(every)),
        share=html.B(fmt.rate(good / every)), partial=fmt.count(of_state["partial"]),
        silent=fmt.count(of_state["silent"]),
    )  # fmt: skip
    return html.P(told, className="subtitle", id="quality-site-sums")


def _by_site(strip: pd.DataFrame, labels: dict[str, str], t: Text) -> tuple[list[str], list[list[str]]]:
    """Heads and rows: of each site its days in service by state."""
    counts = {code: Counter(of_site["state"]) for code, of_site in strip.groupby("site_code")}
    heads = [t("filter.site"), t("quality.strip.in_service"), *(t(f"state.{state}") for state in SITE_STATES)]
    rows = [
        [name, fmt.count(counts[code].total()), *(fmt.count(counts[code][state]) for state in SITE_STATES)]
        for code, name in labels.items()
    ]
    return heads, rows


def deliveries_card(
    latest: pd.DataFrame, reasons: night.Words, titles: dict[str, tuple[str, str]], t: Text
) -> html.Section:
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
            told = [words.reason_of(reasons, row.reason), " ", html.Code(row.reason)]
            status.append(html.Span(told, className="message" if row.state == "stopped" else "under"))
            if isinstance(row.message, str):
                status.append(html.Span(row.message, className="under said", lang="en"))
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
                        [
                            html.Span(row.name, className="file"),
                            html.Span(words.feed(row.feed, titles, t), className="under"),
                        ],
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
        [controls.scrolled(table), more],
        id="quality-deliveries",
    )


def reasons_card(frame: pd.DataFrame, reasons: night.Words, first: date, t: Text) -> html.Section:
    heads = [
        t("quality.reason"),
        t("quality.outcome"),
        t("quality.rows"),
        t("quality.deliveries.count"),
        t("quality.next_step"),
    ]
    since = t("quality.since", day=fmt.day(first, t.lang))
    if frame.empty:
        return controls.card(t("quality.reasons"), since, html.P(t("quality.reasons.none"), className="quiet-line"))
    tones = {"quarantine": "worse", "flag": "warn", "warning": "warn"}

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
    return controls.card(t("quality.reasons"), since, controls.scrolled(table))


@shell.page("quality")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    state = freshness.of(db)
    if known is None or state is None:
        return shell.no_days(view, "quality", db)
    first = known.last_day - timedelta(days=WINDOW_DAYS - 1)
    metrics = {name: queries.metric(db, name, first, known.last_day) for name in SHOWN_METRICS}
    stopped = queries.stopped_deliveries(db, first)
    latest = queries.deliveries(db, DELIVERIES_READ)
    reasons = words.reason_words(queries.reasons(db), t)
    nights = queries.nights(db)
    chosen, usable = night.chosen(query.get("night"), nights)
    bad: list[str] = []
    sites = site_days_of(query, known, bad)
    notices = [] if usable else [t("night.not_known", night=query["night"][:40])]
    notices += [t("state.bad_values", values=t("availability.join").join(bad))] if bad else []
    return shell.frame(
        view,
        "quality",
        [
            answer(state, metrics["quarantined_share"]["value"], stopped, t),
            numbers(state, metrics, stopped, first, t),
            night.card(db, chosen, nights, reasons, t),
            feeds_card(db, next(iter(nights), None), t),
            strip_card(db, sites, known, view),
            deliveries_card(latest, reasons, queries.feed_titles(db), t),
            reasons_card(queries.delivery_reasons(db, first), reasons, first, t),
        ],
        actions=[dcc.Link([shell.icon("book"), t("nav.definitions")], href="/definitions", className="button")],
        db=db,
        notices=notices or None,
    )


PAGE = {"path": HERE, "title": shell.title("quality"), "layout": layout}
