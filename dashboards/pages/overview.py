"""What needs attention first today? What has to be done, how the month goes, and whether the numbers are in. Every
number is one of another page, of the same function, and leads to it."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from dash import ClientsideFunction, Input, Output, clientside_callback, dcc, html

from dashboards import (
    alert_drawer,
    alert_facts,
    case_facts,
    charts,
    controls,
    explain,
    facts,
    finding_facts,
    freshness,
    hazard_queries,
    queries,
    shell,
    terminal_facts,
    terminal_queries,
)
from dashboards import format as fmt
from dashboards.access import session
from dashboards.facts import Facts, county_rates, map_frames, rate_of
from dashboards.pages import alerts as alerts_page
from dashboards.pages import overload as overload_page
from dashboards.pages import terminals as terminals_page
from dashboards.selection import ALL, Known, Selection, from_url
from dashboards.text import Text
from warehouse import funnel, hazards
from warehouse.alerts import Alert

TOP_RULES, TOP_ALERTS = 6, 5
"""Rules of alerts, and alerts, that are shown."""
MONTHS = 5
"""Ends of months behind the small line of hazards."""


# --- lead ----------------------------------------------------------------------------------------------------
def lead(of_alerts: alert_facts.Facts | None, told: Facts, t: Text) -> html.P:
    """What to do first, then how the period goes: the same numbers as the cards."""
    said: list[Any] = []
    if of_alerts is not None:
        counted = Counter(one.severity for one in of_alerts.found)
        said += t.parts(
            "overview.lead.alerts",
            day=html.Span(fmt.day(told.known.last_day, t.lang), className="unbroken"),
            act=html.B(fmt.count(counted["act"]), className="worse" if counted["act"] else "better"),
            act_waiting=fmt.count(of_alerts.waiting("act")),
            soon=html.B(fmt.count(counted["soon"])),
            soon_waiting=fmt.count(of_alerts.waiting("soon")),
        )
    return html.P([*said, *overload_page.lead(told, t).children], className="lead")


# --- cards ---------------------------------------------------------------------------------------------------
def _card(label: str, info: Any, number: list[Any], image: str, under: list[Any], href: str, t: Text) -> html.Section:
    """A number of another page: its name, how it is made, its way there, a small line, and what stands under it."""
    link = dcc.Link(
        [t("action.rows"), shell.icon("right")], href=href, className="rows-link", title=t("action.rows_of", what=label)
    )
    spark = html.Img(src=image, alt="", className="spark") if image else None
    return html.Section(
        [
            html.Div([html.H2(label), info, link], className="kpi-head"),
            html.Div([html.Div(number, className="kpi-value"), spark], className="kpi-body"),
            *under,
        ],
        className="card kpi",
    )


def alerts_info(db: queries.Source, found: list[Alert], choice: alert_facts.Choice, t: Text) -> Any:
    """The (i) of what is urgent: the rules that say so, what is left out, the day, the rows."""
    urgent = Counter(one.rule for one in found if one.severity == "act")
    rules = alert_facts.rules(db, choice.as_of)
    named = [
        html.Li(f"{t.pick(rules[name].zh, rules[name].en)}{t('app.colon')}{fmt.count(count)}")
        for name, count in urgent.most_common()
    ]
    told: list[tuple[str, Any]] = [
        ("explain.now", html.Ul(named, className="thresholds") if named else fmt.count(0)),
        ("explain.leaves_out", t("overview.alerts.leaves_out")),
        ("explain.data", fmt.day(choice.as_of, t.lang)),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    href = alert_facts.HERE + choice.query(severity="act")
    return explain.rule_popover(t("overview.alerts"), t("overview.alerts.how"), told, href, "alert", t)


def alerts_card(db: queries.Source, of_alerts: alert_facts.Facts, t: Text) -> html.Section:
    """What is urgent, how much of it nobody has taken, how much began today, and the oldest."""
    found, choice = of_alerts.found, of_alerts.choice
    urgent = [one for one in found if one.severity == "act"]
    ages = [one.age_days for one in urgent if one.age_days is not None]
    under = [
        html.Div(t("overview.alerts.waiting", count=fmt.count(of_alerts.waiting("act"))), className="subtitle"),
        html.Div(t("overview.alerts.new", count=fmt.count(ages.count(0))), className="subtitle"),
        html.Div(t.plural("overview.alerts.oldest", max(ages)) if ages else t("alerts.none"), className="subtitle"),
    ]
    number = [fmt.count(len(urgent)), html.Span(t("alerts.piece"), className="unit")]
    info = alerts_info(db, found, choice, t)
    return _card(t("overview.alerts"), info, number, "", under, alert_facts.HERE + choice.query(severity="act"), t)


def hazards_card(db: queries.Source, told: Facts, view: shell.View) -> html.Section:
    """The rate of removal of twelve months, with how many closures may be false, against the end of the period before
    and of last year's."""
    t, known = view.text, told.known

    def removed(day: date) -> tuple[hazards.Rate, hazards.Bound]:
        return removal(db, _hazard_choice(told.selection, known, day))

    choice = _hazard_choice(told.selection, known, told.selection.end)
    closed, bound = removed(choice.as_of)
    ratio = closed.ratio
    line = [removed(day)[0].ratio for day in _month_ends(choice.as_of)]
    under: list[Any] = [] if ratio is None else [html.Div(_doubt(bound, t), className="subtitle")]
    for other, name in ((told.prior, "prior"), (told.year, "year")):
        before, _ = removed(other.last)
        why = t("overview.hazards.against", day=fmt.day(other.last, t.lang))
        under.append(controls.change(ratio, before.ratio, "up", t, of_rate=True, against=t(f"change.{name}"), why=why))
    number: list[Any] = [fmt.NONE]
    if ratio is not None:
        number = [fmt.indicator(ratio).rstrip("%"), html.Span("%", className="unit")]
    image = charts.sparkline([*line, ratio], charts.TOKENS[view.theme]["ink-3"])
    info = hazards_info(db, choice, closed, t)
    return _card(t("hazards.rate"), info, number, image, under, "/hazards" + choice.query(), t)


def hazards_info(db: queries.Source, choice: hazard_queries.Choice, closed: hazards.Rate, t: Text) -> Any:
    """The (i) of the rate of removal: the same words as on its page, with this value and its days."""
    now = fmt.NONE if closed.ratio is None else f"{fmt.indicator(closed.ratio)} ({closed.part:,} / {closed.of:,})"
    told: list[tuple[str, Any]] = [
        ("explain.now", now),
        ("explain.leaves_out", t("hazards.rate.leaves_out")),
        ("explain.data", fmt.day_range(choice.asked.first, choice.asked.last, t.lang)),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    href = "/hazards" + choice.query(show="all")
    return explain.rule_popover(t("hazards.rate"), t("hazards.rate.how"), told, href, "hazard", t)


def _hazard_choice(selection: Selection, known: Known, day: date) -> hazard_queries.Choice:
    return hazard_queries.Choice(day, known.last_day, county=selection.county)


def _month_ends(day: date) -> list[date]:
    """The last days of the months before the day's, the oldest first."""
    ends = [day.replace(day=1) - timedelta(days=1)]
    while len(ends) < MONTHS:
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    return ends[::-1]


def _doubt(bound: hazards.Bound, t: Text) -> str:
    """How many closures may be false, and the checks by lot that say so."""
    if not bound.checked:
        return t("hazards.tile.unchecked")
    checked = t("hazards.tile.bound", checked=fmt.count(bound.checked), false=fmt.count(bound.false))
    return t("overview.hazards.bound", most=fmt.share(bound.upper), checked=checked)


@queries.once_per_choice
def removal(db: queries.Source, choice: hazard_queries.Choice) -> tuple[hazards.Rate, hazards.Bound]:
    """The rate of the twelve months to a day and its false closures."""
    whole = hazards.standings(hazards.Facts(db, choice.asked))[0]
    return whole.closed, whole.bound


# --- places --------------------------------------------------------------------------------------------------
def counties_card(told: Facts, found: list[Alert] | None, choice: alert_facts.Choice, view: shell.View) -> html.Section:
    """The counties by overload rate, and beside them rate, change and what is urgent."""
    t = view.text
    urgent = Counter(one.county_code for one in found or () if one.severity == "act")
    table = county_rates(told)
    counties, sites = map_frames(told, t)
    outlines, note = overload_page.base_map(t)
    figure = charts.county_map(
        counties, sites, t, view.theme, value="rate", selected=told.selection.county, outlines=outlines
    )
    heads: controls.Heads = [
        (t("filter.county"), False), (t("table.rate"), True), (t(f"table.change_{told.selection.compare}"), True),
        (t("overview.urgent"), True),
    ]  # fmt: skip
    body = []
    seen = {row.county_code for row in table.itertuples()}
    rest = [code for code in told.known.current_counties if code not in seen]
    told_rows = [(row.county_code, row.rate, row.change, row.weighed_count) for row in table.itertuples()]
    for code, rate, change, weighed in [*told_rows, *((code, None, None, 0) for code in rest)]:
        name = controls.place_name(told.known, code, t)
        small = shell.pill(t("pill.small_sample")) if weighed else fmt.NONE
        moved: Any = fmt.NONE
        if not fmt.missing(change):
            tone = controls.tone(round(change, 2), "down")
            moved = html.Span(fmt.signed(change, 2), className=f"moved {tone}")
        many = urgent[code]
        alerts = dcc.Link(fmt.count(many), href=alert_facts.HERE + choice.query(county=code, severity="act"),
                          className="text-link") if many and code else fmt.NONE  # fmt: skip
        link = overload_page.rows_link(told, "over", county=code, site=ALL).replace("/overload/rows", "/overload")
        head = dcc.Link(name, href=link, className="text-link") if code else name
        body.append(controls.stack_row(head, [small if fmt.missing(rate) else fmt.rate(rate), moved, alerts], heads))
    reading = t("map.reading", counties=len(table), rate=fmt.rate(rate_of(told.now.totals)))
    tiles = [
        controls.chart("overview-map", figure, reading, t.lang, 420),
        note,
    ]
    listed = controls.stack_table(t("overview.counties"), heads, body)
    content = html.Div([html.Div(tiles), listed], className="two-cards")
    return controls.card(t("overview.counties"), t("overview.counties.how"), content)


# --- the way to closing --------------------------------------------------------------------------------------
def strip_card(db: queries.Source, told: Facts, t: Text) -> html.Section:
    """How far the passages of the period came by the last day of data."""
    selection, last = told.selection, told.known.last_day
    cases = case_facts.Choice(last, last, county=selection.county)
    link = dcc.Link(
        [t("overview.strip.all"), shell.icon("right")], href=f"/penalties{cases.query()}#penalties-funnel",
        className="rows-link",
    )  # fmt: skip
    if not finding_facts.is_built(db):
        body: Any = html.P(t("penalties.funnel.none"), className="quiet-line")
        return controls.card(t("penalties.funnel"), None, body, extra=link)
    place = {name: None if value == ALL else value for name, value in
             (("county", selection.county), ("site", selection.site))}  # fmt: skip
    asked = funnel.Asked(selection.start, selection.end, last, **place)
    steps: list[Any] = []
    before: funnel.Stage | None = None
    for stage in funnel_stages(db, asked):
        share = funnel.share(stage, before) if before is not None else None
        width = 100 * (share or 0.0) if before is not None else 100
        number: list[Any] = [html.B(fmt.count(stage.count))]
        if before is not None:
            number.append(html.Span(fmt.rate(share), className="subtitle"))
        if stage.beside:
            skipped = t("penalties.funnel.beside", count=fmt.count(stage.beside_count))
            number.append(html.Span(skipped, className="under"))
        bar = html.Span(html.I(style={"width": f"{width:.2f}%"}), className="way", **{"aria-hidden": "true"})
        label = t.pick(*funnel.STAGE_WORDS[stage.stage])
        steps.append(html.Li([html.Span(label, className="name"), html.Span(number, className="amount"), bar]))
        before = stage
    how = t("overview.strip.how", span=fmt.day_range(selection.start, selection.end, t.lang))
    return controls.card(t("penalties.funnel"), how, html.Ol(steps, className="strip"), extra=link)


@queries.once_per_choice
def funnel_stages(db: queries.Source, asked: funnel.Asked) -> list[funnel.Stage]:
    return funnel.stages(db, asked)


# --- what needs a hand ---------------------------------------------------------------------------------------
def attention_card(db: queries.Source, of_alerts: alert_facts.Facts, known: Known, t: Text) -> html.Section:
    """The rules with the most of what is urgent, then of what is due soon: how many, how many open, who acts; and the
    first alerts, each with who has it."""
    found, choice, rules = of_alerts.found, of_alerts.choice, of_alerts.rules
    counted = alert_facts.by_urgency(found, rules)
    heads: controls.Heads = [
        (t("alerts.rule"), False), (t("alerts.severity"), False), (t("alerts.count"), True),
        (t("alerts.waiting"), True), (t("alerts.new"), True), (t("alerts.acts"), False),
    ]  # fmt: skip
    body = []
    for name, count in list(counted.items())[:TOP_RULES]:
        rule = rules[name]
        waiting = of_alerts.waiting(rule=name)
        new = sum(one.rule == name and one.age_days == 0 for one in found)
        says = t.pick(rule.zh, rule.en)
        many = dcc.Link(
            fmt.count(count), href=f"{alert_facts.HERE}{choice.query(rule=name)}#alerts-rows",
            className="text-link", title=t("action.rows_of", what=says),
        )  # fmt: skip
        cells = [
            alerts_page.severity_pill(rule.alert_severity, t), many, fmt.count(waiting) if waiting else fmt.NONE,
            fmt.count(new) if new else fmt.NONE, t.pick(rule.acts_zh, rule.acts_en),
        ]  # fmt: skip
        body.append(controls.stack_row(says, cells, heads))
    content: list[Any] = [controls.stack_table(t("overview.attention"), heads, body), *_first(db, of_alerts, known, t)]
    if not body:
        content = [html.P(t("alerts.none"), className="quiet-line")]
    link = dcc.Link(
        [t("overview.attention.all", count=fmt.count(len(found))), shell.icon("right")],
        href=alert_facts.HERE + choice.query(), className="rows-link",
    )  # fmt: skip
    title, how = t("overview.attention"), t("overview.attention.how")
    return controls.card(title, how, content, extra=link, id="overview-attention")


def _first(db: queries.Source, of_alerts: alert_facts.Facts, known: Known, t: Text) -> list[Any]:
    """The first few alerts that are open or taken, in the order of their page."""
    first = [one for one in of_alerts.found if of_alerts.of(one).state in ("open", "taken")][:TOP_ALERTS]
    heads: controls.Heads = [
        (t("alerts.subject"), False), (t("alerts.rule"), False), (t("filter.county"), False), (t("alerts.due"), False),
        (t("alerts.state"), False), (t("alerts.owner"), False),
    ]  # fmt: skip
    titles, body = queries.feed_titles(db), []
    for one in first:
        told, rule = of_alerts.of(one), of_alerts.rules[one.rule]
        href = alert_facts.HERE + of_alerts.choice.query(alert=one.key) + "#alerts-rows"
        subject = html.Span(alerts_page.subject_words(one, titles, t), className="said")
        cells = [
            t.pick(rule.zh, rule.en), controls.place_name(known, one.county_code, t) if one.county_code else fmt.NONE,
            alerts_page.due_words(one, t), alert_drawer.state_pill(told, t),
            alert_drawer.standing_words(of_alerts, told, t),
        ]  # fmt: skip
        body.append(controls.stack_row(dcc.Link(subject, href=href, className="text-link"), cells, heads))
    return [html.H3(t("overview.attention.first")), controls.stack_table(t("overview.attention.first"), heads, body)]


def fresh_card(db: queries.Source, state: freshness.Freshness | None, t: Text) -> html.Section:
    """Whether the numbers are in: the last day of data, silent sites, feeds that are late."""
    lines: list[Any] = []
    if state is not None:
        lines.append(t(f"quality.answer.{state.state}", day=fmt.day(state.until, t.lang)))
        live = state.sites - state.silent
        lines.append(t("overview.fresh.sites", live=fmt.count(live), sites=fmt.count(state.sites)))
    listed = queries.feeds(db)
    late = [row.freshness for row in listed.itertuples() if row.freshness in ("late", "missing")]
    stopped = int((listed["last_state"] == "stopped").sum())
    lines.append(t("overview.fresh.feeds", all=fmt.count(len(listed)), late=fmt.count(late.count("late")),
                   missing=fmt.count(late.count("missing")), stopped=fmt.count(stopped)))  # fmt: skip
    link = dcc.Link([t("availability.link"), shell.icon("right")], href="/quality", className="rows-link")
    told = [html.P(line, className="quiet-line") for line in lines]
    return controls.card(t("overview.fresh"), None, told, extra=link)


# --- the page ------------------------------------------------------------------------------------------------
def cards(db: queries.Source, told: Facts, of_alerts: alert_facts.Facts | None, view: shell.View) -> html.Div:
    """Five numbers, each of its own page."""
    shown = [
        overload_page.kpi_card(told, "overload_rate", "over", None, view),
        overload_page.kpi_card(told, "over_count", "over", "over_count", view),
    ]
    if hazard_queries.is_built(db):
        shown.append(hazards_card(db, told, view))
    if terminal_queries.is_built(db):
        of_terminals = terminal_facts.Choice(Selection(
            told.selection.start, told.selection.end, told.selection.period, told.selection.compare,
            told.selection.county,
        ))  # fmt: skip
        of_period = terminal_facts.Facts(db, of_terminals, told.known)
        shown.append(terminals_page.kpi_card(of_period, "online_rate", view, first="overload_rate"))
    if of_alerts is not None:
        shown.append(alerts_card(db, of_alerts, view.text))
    return html.Div(shown, className="kpis")


@shell.page("overview")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "overview", db)
    selection, bad = from_url(query, known)
    told = facts.read(db, selection, known)
    choice = alert_facts.Choice(known.last_day, known.last_day, selection.county)
    of_alerts = alert_facts.Facts(db, choice, session.signed_in()) if alert_facts.is_built(db) else None
    found = of_alerts.found if of_alerts is not None else None
    body: list[Any] = [
        controls.printed_filters(selection, known, t),
        controls.left_out_note(selection, known, t, "/"),
        lead(of_alerts, told, t),
        cards(db, told, of_alerts, view),
    ]
    if of_alerts is not None:
        body.append(attention_card(db, of_alerts, known, t))
    body += [
        counties_card(told, found, choice, view),
        html.Div(
            [overload_page.trend_card(told, view, "overview"),
             html.Div([strip_card(db, told, t), fresh_card(db, freshness.of(db), t)], className="stack")],
            className="two-cards",
        ),
        dcc.Store(id="overview-followed"),
        dcc.Store(id="overview-query", data=_address(selection)),
    ]  # fmt: skip
    return shell.frame(
        view,
        "overview",
        body,
        actions=[controls.copy_link("overview", t)],
        db=db,
        query=selection.query(),
        notices=[t("state.bad_values", values=t("availability.join").join(bad))] if bad else None,
    )


def _address(selection: Selection) -> dict[str, Any]:
    """The address, and the one with absolute dates that is copied."""
    return {"here": "/", "query": selection.query(), "absolute": selection.query(absolute=True), "hrefs": [None]}


PAGE = {"path": "/", "title": shell.title("overview"), "layout": layout}
clientside_callback(
    ClientsideFunction("heng", "followQuery"), Output("overview-followed", "data"), Input("overview-query", "data")
)
