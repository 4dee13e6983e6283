"""Overloaded vehicles: where, by how much, and is it better or worse than before?"""

import logging
from typing import Any

import dash
import dash_mantine_components as dmc
import pandas as pd
from dash import ALL as EVERY
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, ctx, dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import charts, controls, explain, freshness, queries, shell, site_facts
from dashboards import format as fmt
from dashboards.facts import (
    RANKING_MINIMUM,
    SMALL_SAMPLE,
    Facts,
    Period,
    comparable,
    county_rates,
    map_frames,
    outages,
    ranking_frame,
    rate_of,
    read,
    trend_frame,
)
from dashboards.selection import (
    ALL,
    COMPARES,
    PERIODS,
    Known,
    Selection,
    default,
    festival_in_one_only,
    from_controls,
    from_url,
)
from dashboards.text import Text
from warehouse import geometry
from warehouse.geometry import Geometry

log = logging.getLogger("heng.dashboards")
MAP_VALUES = ("rate", "count")
RANKING_SHOWN = 10


# --- lead sentence and number cards ------------------------------------------------------------------------
def _with_unit(number: Any, t: Text) -> list[Any]:
    value, multiplier = fmt.kpi(number, t.lang)
    return [
        html.B(f"{value} {multiplier}{t('unit.vehicles.short')}".strip() if t.lang == "zh" else f"{value}{multiplier}")
    ]


def lead(facts: Facts, t: Text) -> html.P:
    """The page in one or two sentences, made by rule from the same numbers as the cards."""
    totals = facts.now.totals
    rate = rate_of(totals)
    spoken = fmt.spoken_range(facts.selection.start, facts.selection.end, t.lang, facts.known.last_day.year)
    if rate is None:
        return html.P(t("lead.none", period=spoken), className="lead")
    parts = t.parts(
        "lead.main",
        period=spoken,
        weighed=_with_unit(totals["weighed_count"], t),
        over=_with_unit(totals["over_count"], t),
        rate=html.B(fmt.rate(rate)),
    )
    before = rate_of(facts.compared.totals) if comparable(facts, facts.compared) else None
    against = t(f"lead.against.{facts.selection.compare}")
    if before is None:
        parts += t.parts("lead.no_comparison", against=against)
    else:
        moved = round((rate - before) * 100, 2)
        key = "lead.same" if moved == 0 else "lead.down" if moved < 0 else "lead.up"
        word = html.B(t(f"{key}.words", size=fmt.size(moved, 2)), className=controls.tone(moved, "down"))
        parts += t.parts("lead.change", against=against, change=word)
    # What stands out in the whole city; under a choice of place there is no whole to speak of.
    if facts.selection.county == ALL and facts.selection.site == ALL:
        findings = [found for found in (_hot_counties(facts, rate, t), _hot_road(facts, t)) if found]
        for position, found in enumerate(findings, start=1):
            parts += [*found, t("lead.end" if position == len(findings) else "lead.join")]
    return html.P(parts, className="lead")


def _hot_counties(facts: Facts, rate: float, t: Text) -> list[Any]:
    """At most two counties above the mean and rising."""
    found = [
        controls.place_name(facts.known, row.county_code, t)
        for row in county_rates(facts).itertuples()
        if row.county_code
        and not fmt.missing(row.change)
        and row.rate > rate
        and round(row.change, 2) > 0
        and row.weighed_count >= RANKING_MINIMUM
    ][:2]
    if not found:
        return []
    names = t("lead.and").join(fmt.short_place(name) for name in found)
    return t.parts("lead.hot", places=html.B(names, className="worse"))


def _hot_road(facts: Facts, t: Text) -> list[Any]:
    """The road whose sites (two or more) hold the largest part of all violations, from a quarter on."""
    road_of = {row.site_code: row.road_code for row in facts.registered.itertuples() if isinstance(row.road_code, str)}
    frame = facts.sites[facts.sites["site_code"].isin(list(road_of))]
    total = int(facts.now.totals["over_count"])
    if frame.empty or total < SMALL_SAMPLE:
        return []
    grouped = frame.assign(road=frame["site_code"].map(road_of)).groupby("road")["over_count"].agg(["sum", "size"])
    grouped = grouped[grouped["size"] >= 2].sort_values("sum", ascending=False)
    if grouped.empty or grouped["sum"].iloc[0] / total < 0.25:
        return []
    share = html.B(fmt.share(grouped["sum"].iloc[0] / total))
    return t.parts("lead.road", road=str(grouped.index[0]), sites=str(int(grouped["size"].iloc[0])), share=share)


CARDS = (  # metric, kind of records behind it, daily column of the small line
    ("overload_rate", "over", None),
    ("weighed_count", "weighed", "weighed_count"),
    ("over_count", "over", "over_count"),
    ("severe_count", "severe", "severe_count"),
    ("review_count", "review", "review_count"),
)


def _card_value(totals: pd.Series, metric: str) -> float | None:
    return rate_of(totals) if metric == "overload_rate" else float(totals[metric])


def kpi_card(facts: Facts, metric: str, rows_metric: str, column: str | None, view: shell.View) -> html.Section:
    t = view.text
    spec = explain.METRICS[metric]
    now = None if facts.empty else _card_value(facts.now.totals, metric)
    of_rate = metric == "overload_rate"
    hero = metric == "overload_rate"
    if of_rate:
        shown: list[Any] = (
            [fmt.rate(now).rstrip("%"), html.Span("%", className="unit")] if now is not None else [fmt.NONE]
        )
    else:
        value, multiplier = fmt.kpi(now, t.lang)
        shown = [value, html.Span(f"{multiplier}{t('unit.vehicles')}", className="unit")]
    days = facts.now.days
    if of_rate:
        line = [fmt.mean_or_none(r.over_count, r.weighed_count) if r.known else None for r in days.itertuples()]
    else:
        line = [float(getattr(r, str(column))) if r.known else None for r in days.itertuples()]
    tokens = charts.TOKENS[view.theme]
    image = charts.sparkline(line, tokens["brand"] if hero else tokens["ink-3"])
    label = explain.label(metric, t)
    return html.Section(
        [
            html.Div(
                [
                    html.H2(label),
                    explain.popover(metric, explanation(facts, metric, t), t, rows_link(facts, rows_metric)),
                    dcc.Link(
                        [t("action.rows"), shell.icon("right")],
                        href=rows_link(facts, rows_metric),
                        className="rows-link",
                        title=t("action.rows_of", what=label),
                    ),
                ],
                className="kpi-head",
            ),
            html.Div(
                [
                    html.Div(shown, className="kpi-value", title=None if of_rate else fmt.count(now)),
                    html.Img(src=image, alt="", className="spark") if image else None,
                ],
                className="kpi-body",
            ),
            *[
                _delta(facts, metric, now, other, name, spec.good, t)
                for other, name in ((facts.prior, "prior"), (facts.year, "year"))
            ],
        ],
        className="card kpi hero" if hero else "card kpi",
    )


def _delta(facts: Facts, metric: str, now: float | None, other: Period, name: str, good: str, t: Text) -> html.Div:
    dates = fmt.day_range(other.first, other.last, t.lang)
    if comparable(facts, other):
        before, why = _card_value(other.totals, metric), t("change.against_dates", dates=dates)
        if festival_in_one_only((facts.now.first, facts.now.last), (other.first, other.last)):
            why += t("change.festival")
    else:
        before, why = None, t("change.no_days", dates=dates, days=other.covered, of=facts.now.covered)
    return controls.change(
        now, before, good, t, of_rate=metric == "overload_rate", against=t(f"change.{name}"), why=why
    )


def rows_link(facts: Facts, metric: str, **changes: Any) -> str:
    return "/overload/rows" + facts.selection.query(rows=True, metric=metric, **changes)


def explanation(facts: Facts, metric: str, t: Text) -> dict[str, str]:
    """This value's own numbers for the explain popover."""
    totals = facts.now.totals
    over, weighed = fmt.count(totals["over_count"]), fmt.count(totals["weighed_count"])
    if metric == "overload_rate":
        value = f"{over} ÷ {weighed} = {fmt.rate(rate_of(totals))}"
    else:
        value = fmt.count(totals[metric])
    unweighed = int(totals["passage_count"]) - int(totals["weighed_count"])
    left_out = t("explain.left_out_counts", unweighed=fmt.count(unweighed), review=fmt.count(totals["review_count"]))
    expected, silent = len(facts.site_days), int((facts.site_days["state"] == "silent").sum())
    scope = t(
        "explain.scope",
        period=fmt.day_range(facts.now.first, facts.now.last, t.lang),
        sites=facts.sites["site_code"].nunique(),
        silent=fmt.count(silent),
        expected=fmt.count(expected),
    )
    return {"value": value, "left_out": left_out, "scope": scope}


# --- map ---------------------------------------------------------------------------------------------------
def base_map(t: Text) -> tuple[Geometry | None, html.P]:
    """The outlines this instance configured, and what is said under the map: whose they are, or why there are tiles."""
    try:
        outlines = geometry.configured_geometry(freshness.today())
    except geometry.BadGeometry as error:
        log.error("%s", error)
        return None, html.P(t("map.outline_fault"), className="subtitle")
    if outlines is None:
        return None, html.P(t("map.tile_note"), className="subtitle")
    number = outlines.map_approval_no
    return outlines, html.P(
        t("map.outline_note") if number is None else t("map.outline_note.approved", number=number), className="subtitle"
    )


def map_box(facts: Facts, value: str, view: shell.View) -> list[Any]:
    t = view.text
    if facts.tiles.empty:
        return [html.P(t("map.no_counties"), className="quiet-line")]
    outlines, note = base_map(t)
    counties, sites = map_frames(facts, t)
    figure = charts.county_map(
        counties, sites, t, view.theme, value=value, selected=facts.selection.county, outlines=outlines
    )
    offline = int((~sites["online"].astype(bool)).sum()) if len(sites) else 0
    table = county_rates(facts)
    heads = [t("filter.county"), t("table.weighed"), t("table.over"), t("table.rate"), t("table.change_points")]
    data = [
        [
            controls.place_name(facts.known, row.county_code, t),
            fmt.count(row.weighed_count),
            fmt.count(row.over_count),
            fmt.rate(row.rate),
            fmt.NONE if fmt.missing(row.change) else fmt.signed(row.change, 2),
        ]
        for row in table.itertuples()
    ]
    reading = t("map.reading", counties=len(table), rate=fmt.rate(rate_of(facts.now.totals)))
    return [
        html.Div(
            [
                controls.chart("overload-map", figure, reading, t.lang, 500),
                county_list(facts, value, t),
            ],
            className="map-and-list",
        ),
        _legend(counties, value, offline, view, note),
        controls.data_table(t, t("overload.map.title"), heads, data),
    ]


def _legend(counties: pd.DataFrame, value: str, offline: int, view: shell.View, note: html.P) -> html.Div:
    t = view.text
    steps: list[Any] = []
    if value == "rate":
        limits = charts.class_limits([float(r) for r in counties["rate"] if not fmt.missing(r)])
        texts = [f"< {limits[0]:g}", *[f"{limit:g}" for limit in limits[:-1]], f"≥ {limits[-1]:g}%"]
    else:
        texts = [t("map.fewer"), "", "", "", t("map.more")]
    for position, text in enumerate(texts, start=1):
        steps.append(html.Span([html.I(className=f"swatch seq{position}"), text], className="step"))
    return html.Div(
        [
            html.Div(steps, className="classes"),
            html.Span([html.I(className="dot on"), t("map.online")], className="key"),
            html.Span([html.I(className="dot off"), t("map.offline_count", count=offline)], className="key"),
            note,
        ],
        className="legend",
    )


def county_list(facts: Facts, value: str, t: Text) -> html.Div:
    """The exact values beside the map, and the way to choose a county by keyboard."""
    frame = county_rates(facts)
    if value == "count":
        frame = frame.sort_values(["over_count", "county_code"], ascending=[False, True])
    measure = "over_count" if value == "count" else "rate"
    greatest = frame[measure].max()
    rows: list[Any] = []
    for row in frame.itertuples():
        amount = getattr(row, measure)
        width = 0 if fmt.missing(amount) or not greatest else amount / greatest * 100
        name = controls.place_name(facts.known, row.county_code, t)
        moved = fmt.NONE if fmt.missing(row.change) else fmt.signed(row.change, 2)
        kind = "neutral" if fmt.missing(row.change) else controls.tone(round(row.change, 2), "down")
        shown = fmt.count(row.over_count) if value == "count" else fmt.rate(row.rate)
        cells = [
            html.Span(fmt.short_place(name), className="name"),
            html.Span(
                shown if value == "count" or not fmt.missing(row.rate) else shell.pill(t("pill.small_sample")),
                className="amount",
            ),
            html.Span(moved, className=f"moved {kind}"),
            html.Span(html.I(style={"width": f"{width:.1f}%"}), className="bar"),
        ]
        chosen = row.county_code and row.county_code == facts.selection.county
        if row.county_code:
            rows.append(
                html.Button(
                    cells,
                    id={"type": "overload-pick", "code": row.county_code},
                    className="county chosen" if chosen else "county",
                    title=t("map.pick", name=name),
                    **{"aria-pressed": "true" if chosen else "false"},
                )
            )
        else:
            rows.append(html.Div(cells, className="county fixed", title=t("county.none.help")))
    against = t(f"table.change_{facts.selection.compare}")
    head = html.Div(
        [
            html.Span(t("filter.county")),
            html.Span(t("table.over" if value == "count" else "table.rate"), className="amount"),
            html.Span(against, className="moved", title=t("table.change_points")),
        ],
        className="county head",
    )
    return html.Div([head, *rows], className="county-list", role="group", **{"aria-label": t("overload.map.list")})


# --- trend -------------------------------------------------------------------------------------------------
def trend_card(facts: Facts, view: shell.View, page: str = "overload") -> html.Section:
    """The violations of each day; ``page``: whose chart it is."""
    t = view.text
    days = trend_frame(facts)
    names = {key: t(f"trend.{key}") for key in ("now", "prior", "year")}
    bands = outages(facts.site_days, t, facts.selection.days)
    figure = charts.trend(days, names, bands, t, view.theme, unit=t("unit.vehicles.short"))
    total = int(facts.now.totals["over_count"])
    reading = t("trend.reading", total=fmt.count(total), days=facts.selection.days, known=facts.now.covered)
    key = html.Div(
        [html.Span([html.I(className=f"line {name}"), names[name]]) for name in ("now", "prior", "year")],
        className="line-key",
    )
    gap = facts.selection.days - facts.now.covered
    notes = [shell.note(t("trend.gap", days=gap), "soft")] if gap else []
    heads = [t("table.day"), names["now"], names["prior"], names["year"]]
    rows = [
        [
            dcc.Link(
                fmt.day(row.day, t.lang), href=rows_link(facts, "over", period="custom", start=row.day, end=row.day)
            ),
            *[t("state.no_data") if fmt.missing(v) else fmt.count(v) for v in (row.now, row.prior, row.year)],
        ]
        for row in days.itertuples()
    ]
    return controls.card(
        t("trend.title"),
        t("trend.unit"),
        [
            controls.chart(f"{page}-trend", figure, reading, t.lang, 246),
            controls.data_table(t, t("trend.title"), heads, rows),
        ],
        extra=key,
        className="trend",
        notes=notes,
    )


# --- distribution --------------------------------------------------------------------------------------------
def distribution_card(facts: Facts, view: shell.View) -> html.Section:
    t = view.text
    totals = facts.now.totals
    over = int(totals["over_count"])
    figure = charts.distribution(totals, t, view.theme)
    severe = int(totals["severe_count"])
    reading = t("distribution.reading", over=fmt.count(over), severe=fmt.count(severe))
    heads = [t("distribution.band"), t("table.over"), t("distribution.share")]
    rows = [
        [
            dcc.Link(t(f"band.{band}"), href=rows_link(facts, "over", band=band)),
            fmt.count(totals[band]),
            fmt.share(int(totals[band]) / over) if over else fmt.NONE,
        ]
        for band in charts.BANDS
    ]
    extra = dcc.Link(
        t("distribution.rows", count=fmt.count(over)), href=rows_link(facts, "over"), className="text-link"
    )
    body: list[Any] = [
        controls.chart("overload-bands", figure, reading, t.lang, 236),
        controls.data_table(t, t("distribution.title"), heads, rows),
    ]
    if not over:
        words = "distribution.none" if facts.now.covered else "state.no_data.period"
        body = [html.P(t(words), className="quiet-line")]
    return controls.card(
        t("distribution.title"), t("distribution.subtitle", count=fmt.count(over)), body, extra=extra, className="bands"
    )


# --- availability and ranking --------------------------------------------------------------------------------
def availability(facts: Facts, view: shell.View) -> html.Section:
    """How much of the data there should be is there: site-days reporting, partial and silent."""
    t = view.text
    frame = facts.site_days
    expected = len(frame)
    if not expected:
        return controls.card(t("availability.title"), None, html.P(t("availability.none"), className="quiet-line"))
    counts = {state: int((frame["state"] == state).sum()) for state in ("reporting", "partial", "silent")}
    silent = frame[frame["state"] == "silent"].groupby("site_code").size().sort_values(ascending=False, kind="stable")
    named = t("availability.join").join(
        t("availability.site", site=code, days=n) for code, n in list(silent.items())[:4]
    )
    more = len(silent) - 4
    if len(silent):
        line = t("availability.silent", sites=named) + (t("availability.more", count=more) if more > 0 else "")
    elif counts["partial"]:
        line = t("availability.partial", days=fmt.count(counts["partial"]))
    else:
        line = t("availability.all")
    bars = [
        html.I(
            className=f"part {state}", style={"width": f"{n / expected * 100:.2f}%"}, title=f"{t('state.' + state)} {n}"
        )
        for state, n in counts.items()
        if n
    ]
    keys = [
        html.Span(
            [
                html.I(className=f"swatch {state}"),
                t("state." + state),
                html.B(fmt.count(n)),
                html.Span(fmt.share(n / expected)),
            ],
            className="key",
        )
        for state, n in counts.items()
    ]
    return controls.card(
        t("availability.title"),
        t("availability.subtitle", expected=fmt.count(expected)),
        [
            html.Div(bars, className="parts", **{"aria-hidden": "true"}),
            html.Div(keys, className="keys"),
            html.P(line, className="quiet-line"),
        ],
        extra=dcc.Link(t("availability.link"), href="/quality", className="text-link"),
        className="availability",
    )


STATE_TONE = {"reporting": "better", "partial": "warn", "silent": "worse", "not_in_service": "", "unregistered": "warn"}


def _rate_cell(row: Any, mean: float | None, greatest: float, t: Text) -> html.Div:
    """Rate, bar and the mark of the mean; words where there are too few vehicles or none."""
    if fmt.missing(row.rate):
        words = "state.no_data" if row.weighed_count == 0 else "pill.small_sample"
        return html.Div(shell.pill(t(words), "warn", t("pill.small_sample.help", minimum=SMALL_SAMPLE)))
    scale = 100 / greatest if greatest else 0
    mark = None
    if mean and mean * scale <= 100:
        mark = html.Em(style={"left": f"{mean * scale:.2f}%"}, title=t("table.mean", rate=fmt.rate(mean)))
    pieces: list[Any] = [
        html.B(fmt.rate(row.rate)),
        html.Span([html.I(style={"width": f"{row.rate * scale:.1f}%"}), mark], className="cell-bar"),
    ]
    if not row.ranked:
        pieces.append(shell.pill(t("pill.small_sample"), "", t("pill.small_sample.rank", minimum=RANKING_MINIMUM)))
    return html.Div(pieces, className="rate-cell")


def _ranking_row(facts: Facts, position: int, row: Any, mean: float | None, greatest: float, t: Text) -> html.Tr:
    moved = fmt.NONE if fmt.missing(row.change) else fmt.signed(row.change, 2)
    kind = "neutral" if fmt.missing(row.change) else controls.tone(round(row.change, 2), "down")
    most = fmt.NONE if fmt.missing(row.max_excess_ratio) else f"{row.max_excess_ratio * 100:.0f}%"
    rows = rows_link(facts, "over", site=row.site_code, county=ALL)
    link = site_facts.HERE + facts.selection.query(site=row.site_code, county=ALL)
    name = f"{row.site_code} {row.road}".strip()
    return html.Tr(
        [
            html.Td(str(position + 1) if row.ranked else fmt.NONE, className="number narrow rank"),
            html.Th(
                [dcc.Link(name, href=link, className="site-link"), html.Span(row.chainage, className="under")],
                scope="row",
            ),
            html.Td(controls.place_name(facts.known, row.county_code, t), className="place"),
            html.Td(fmt.count(row.weighed_count), className="number weighed"),
            html.Td(
                dcc.Link(fmt.count(row.over_count), href=rows, title=t("site.who.rows")) if row.over_count else "0",
                className="number over",
            ),
            html.Td(_rate_cell(row, mean, greatest, t), className="rate"),
            html.Td(moved, className=f"number moved {kind}"),
            html.Td(most, className="number most"),
            html.Td(fmt.share(row.available), className="number available"),
            html.Td(shell.pill(t(f"state.{row.state}"), STATE_TONE[row.state]), className="state"),
        ],
        className="beyond" if position >= RANKING_SHOWN else None,
    )


def ranking_card(facts: Facts, view: shell.View) -> html.Section:
    t = view.text
    frame = ranking_frame(facts)
    if frame.empty:
        return controls.card(t("ranking.title"), None, html.P(t("state.no_data.period"), className="quiet-line"))
    mean = rate_of(facts.now.totals)
    greatest = float(frame["rate"].max())
    heads = (
        ("#", "number narrow"),
        (t("filter.site"), ""),
        (t("filter.county"), ""),
        (t("table.weighed"), "number"),
        (t("table.over"), "number"),
        (t("table.rate"), ""),
        (t(f"table.change_{facts.selection.compare}"), "number"),
        (t("table.max_excess"), "number"),
        (t("table.available"), "number"),
        (t("table.state"), ""),
    )
    table = html.Table(
        [
            html.Caption(t("ranking.title"), className="visually-hidden"),
            html.Thead(html.Tr([html.Th(text, scope="col", className=name or None) for text, name in heads])),
            html.Tbody(
                [_ranking_row(facts, i, row, mean, greatest, t) for i, row in enumerate(frame.itertuples())],
            ),
        ],
        className="ranking",
    )
    more = html.Button(
        t("ranking.all", count=len(frame)),
        className="button more",
        **{"data-expand": ".ranking", "data-less": t("ranking.fewer", count=RANKING_SHOWN)},
    )
    return controls.card(
        t("ranking.title"),
        t("ranking.subtitle", minimum=RANKING_MINIMUM),
        [controls.scrolled(table), more if len(frame) > RANKING_SHOWN else None],
        extra=dcc.Link(
            t("ranking.scales"), href=site_facts.HERE + facts.selection.query(site=ALL), className="text-link"
        ),
        className="ranking-card",
    )


# --- the states of the page ------------------------------------------------------------------------------------
def empty_state(facts: Facts, t: Text) -> html.Section:
    """Nothing reported under these filters: which filter, and one step to a wider choice."""
    chosen = facts.selection
    elsewhere = not facts.counties.empty  # other places have data in the period
    if elsewhere and chosen.site != ALL:
        which, wider = "site", chosen.query(site=ALL)
    elif elsewhere and chosen.county != ALL:
        which, wider = "county", chosen.query(county=ALL)
    elif chosen.axle != ALL:
        which, wider = "axle", chosen.query(axle=ALL)
    else:
        which, wider = "period", "?"
    span = fmt.day_range(chosen.start, chosen.end, t.lang)
    until = fmt.day_range(facts.known.first_day, facts.known.last_day, t.lang)
    return shell.state_card(
        "filter",
        t("state.empty.title"),
        [t(f"state.empty.{which}", period=span, available=until), t("state.empty.not_zero")],
        html.A(t(f"state.empty.widen.{which}"), href="/overload" + wider, className="button primary"),
    )


def head(facts: Facts, view: shell.View) -> list[Any]:
    t = view.text
    pieces: list[Any] = [lead(facts, t)]
    silent = facts.site_days.loc[facts.site_days["state"] == "silent", "site_code"].nunique()
    if silent and not facts.empty:
        days = int((facts.site_days["state"] == "silent").sum())
        pieces.append(
            shell.note(
                t.parts(
                    "overload.partial",
                    sites=str(silent),
                    days=str(days),
                    link=dcc.Link(t("availability.link"), href="/quality"),
                )
            )
        )
    pieces.append(html.Div([kpi_card(facts, *card, view) for card in CARDS], className="kpis"))
    return pieces


def rest(facts: Facts, view: shell.View) -> list[Any]:
    return [availability(facts, view), ranking_card(facts, view)]


def parts(facts: Facts, value: str, view: shell.View) -> tuple[Any, Any, Any, Any]:
    """The four regions a filter changes: head, map box, the two charts at its right, what is below."""
    told = [
        controls.printed_filters(facts.selection, facts.known, view.text),
        controls.left_out_note(facts.selection, facts.known, view.text, "/overload"),
    ]
    if facts.empty:
        return (
            [*told, empty_state(facts, view.text)],
            [html.P(view.text("state.no_data.period"), className="quiet-line")],
            None,
            None,
        )
    return (
        [*told, *head(facts, view)],
        map_box(facts, value, view),
        [trend_card(facts, view), distribution_card(facts, view)],
        rest(facts, view),
    )


@shell.page("overload")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "overload", db)
    selection, bad = from_url(query, known)
    value = query.get("value") if query.get("value") in MAP_VALUES else "rate"
    facts = read(db, selection, known)
    top, mapped, right, below = parts(facts, str(value), view)
    toggle = dmc.SegmentedControl(
        id="overload-value",
        data=[{"value": v, "label": t(f"map.value.{v}")} for v in MAP_VALUES],
        value=str(value),
        size="xs",
        className="segments",
        withItemsBorders=False,
        **{"aria-label": t("map.value")},
    )
    shown = selection.query()
    return shell.frame(
        view,
        "overload",
        [
            controls.filter_bar("overload", selection, known, t),
            html.Div(top, id="overload-head"),
            html.Div(
                [
                    controls.card(
                        t("overload.map.title"),
                        t("overload.map.subtitle"),
                        html.Div(mapped, id="overload-mapbox"),
                        extra=toggle,
                        className="map-card",
                    ),
                    html.Div(right, id="overload-right", className="right-side"),
                ],
                className="two-sides",
            ),
            html.Div(below, id="overload-below", className="stack"),
            html.Div(id="overload-live", className="visually-hidden", role="status", **{"aria-live": "polite"}),
            dcc.Store(id="overload-query", data=links_of(selection)),
            dcc.Location(id="overload-go", refresh="callback-nav"),
        ],
        actions=[
            fates_link(selection, t),
            controls.copy_link("overload", t),
            controls.export_menu("overload", selection.query(rows=True, metric="over"), "export.what", t),
        ],
        db=db,
        query=shown,
        notices=[t("state.bad_values", values="、".join(bad) if t.lang == "zh" else ", ".join(bad))] if bad else None,
        crumbs=[html.B(t("nav.overload"))],
    )


def links_of(selection: Selection) -> dict[str, Any]:
    """What the browser needs after a change: the address, the address with absolute dates, the rows' query, and the
    links that follow, in the order of ``FOLLOWED``."""
    query, rows = selection.query(), selection.query(rows=True)
    files = [f"/export/overload-rows.{kind}{rows}" for kind in ("xlsx", "csv")]
    return {
        "here": "/overload",
        "query": query,
        "absolute": selection.query(absolute=True),
        "rows": rows,
        "hrefs": [
            *[path + (rows if key == "rows" else query) for _ in range(2) for key, path in shell.CARRYING.items()],
            *files,
            "/overload/findings" + query,
        ],
    }


def fates_link(selection: Selection, t: Text) -> dcc.Link:
    """To what became of these passages, with the same filters."""
    return dcc.Link(
        [
            shell.icon("list"),
            html.Span(t("findings.link"), className="wide-only"),
            html.Span(t("nav.findings.short"), className="narrow-only"),
        ],
        id="overload-fates",
        href="/overload/findings" + selection.query(),
        className="button",
        title=t("findings.title"),
    )


FOLLOWED = (
    *(Output(f"shell-{where}-{key}", "href") for where in ("nav", "bar") for key in shell.CARRYING),
    Output("overload-export-xlsx", "href"),
    Output("overload-export-csv", "href"),
    Output("overload-fates", "href"),
)


PAGE = {"path": "/overload", "title": shell.title("overload"), "layout": layout}


def chosen(
    trigger: str | None, period: Any, dates: Any, compare: Any, county: Any, site: Any, axle: Any, known: Known
) -> Selection:
    """The selection after a control moved. Touching the dates makes the period custom; every value is checked."""
    if trigger == "overload-reset":
        return default(known)
    given = {"period": period, "cmp": compare, "county": county, "site": site, "axle": axle}
    if period not in PERIODS or compare not in COMPARES:
        raise BadRequest("not an option")
    if trigger == "overload-dates" or period == "custom":
        if not isinstance(dates, list) or len(dates) != 2 or not all(isinstance(d, str) for d in dates):
            raise BadRequest("a range needs two dates")
        given |= {"period": "custom", "from": dates[0][:10], "to": dates[1][:10]}
    return from_controls(given, known)


@callback(
    Output("overload-head", "children"),
    Output("overload-mapbox", "children"),
    Output("overload-right", "children"),
    Output("overload-below", "children"),
    Output("overload-period", "value"),
    Output("overload-dates", "value"),
    Output("overload-compare", "value"),
    Output("overload-county", "value"),
    Output("overload-site", "data"),
    Output("overload-site", "value"),
    Output("overload-axle", "value"),
    Output("overload-chip-period", "children"),
    Output("overload-chip-place", "children"),
    Output("overload-query", "data"),
    Output("overload-live", "children"),
    Input("overload-period", "value"),
    Input("overload-dates", "value"),
    Input("overload-compare", "value"),
    Input("overload-county", "value"),
    Input("overload-site", "value"),
    Input("overload-axle", "value"),
    Input("overload-reset", "n_clicks"),
    Input("overload-value", "value"),
    State("overload-view", "data"),
    prevent_initial_call=True,
)
def show(
    period: Any, dates: Any, compare: Any, county: Any, site: Any, axle: Any, _reset: Any, value: Any, view_data: Any
) -> tuple[Any, ...]:
    view = shell.view_from(view_data)
    t = view.text
    if value not in MAP_VALUES:
        raise BadRequest("not an option")
    trigger = ctx.triggered_id
    # While a range is being picked its second end is empty: nothing to show yet.
    if trigger == "overload-dates" and isinstance(dates, list) and None in dates:
        raise dash.exceptions.PreventUpdate
    db = queries.source()
    known = queries.known(db)
    if known is None:
        raise BadRequest("no day of data")
    selection = chosen(trigger, period, dates, compare, county, site, axle, known)
    facts = read(db, selection, known)
    totals = facts.now.totals
    live = t("overload.live", over=fmt.count(totals["over_count"]), weighed=fmt.count(totals["weighed_count"]))
    return (
        *parts(facts, value, view),
        selection.period,
        [selection.start.isoformat(), selection.end.isoformat()],
        selection.compare,
        selection.county,
        controls.site_options(known, selection.county, t),
        selection.site,
        selection.axle,
        fmt.day_range(selection.start, selection.end, t.lang),
        controls.chip_place(selection, known, t),
        links_of(selection),
        live,
    )


# In the browser: the address follows the filters without a new entry in its history, and the links
# that carry the filters follow too. A click on a county sets the county filter.
clientside_callback(ClientsideFunction("heng", "followQuery"), *FOLLOWED, Input("overload-query", "data"))
clientside_callback(
    ClientsideFunction("heng", "pickCounty"),
    Output("overload-county", "value", allow_duplicate=True),
    Input({"type": "overload-pick", "code": EVERY}, "n_clicks"),
    State("overload-county", "value"),
    prevent_initial_call=True,
)
# A bar opens the rows of its band, a day of the line the rows of that day.
for chart, opens in (("overload-bands", "openBand"), ("overload-trend", "openDay")):
    clientside_callback(
        ClientsideFunction("heng", opens),
        Output("overload-go", "href", allow_duplicate=True),
        Input(chart, "clickData"),
        State("overload-query", "data"),
        prevent_initial_call=True,
    )
clientside_callback(
    ClientsideFunction("heng", "clickMap"),
    Output("overload-county", "value", allow_duplicate=True),
    Input("overload-map", "clickData"),
    State("overload-county", "value"),
    prevent_initial_call=True,
)
