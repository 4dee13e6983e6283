"""Which firm loaded the vehicles that were over the limit? By the firm's own weighbridge, and by the scales on the
road; a rate with its interval, and what a firm has to be linked with."""

from typing import Any

from dash import dcc, html

from dashboards import as_of, controls, explain, lists, queries, shell, source_facts
from dashboards import format as fmt
from dashboards.selection import ALL, Known
from dashboards.source_facts import FIRST_DAY, HERE, SPANS, Choice
from dashboards.text import Text
from warehouse.hazard_terms import word
from warehouse.source_terms import KINDS, LINKS, STANDINGS, TRACES
from warehouse.sources import Firm, Told, Trip, Trips

TRIPS_SHOWN, FIRST_SHOWN = 200, 20
"""Trips on the page, and those before the others are asked for."""
LEAST_EFFECT = 1.05
TONE = {"above": "worse", "below": "better", "few": "", "alike": ""}


# --- words ---------------------------------------------------------------------------------------------------
def span_words(choice: Choice, t: Text) -> str:
    return t(f"sources.months.{choice.months}")


def parts(part: int, of: int) -> str:
    return f"{fmt.count(part)} / {fmt.count(of)}"


def name_of(firm: Firm, t: Text) -> str:
    return firm.firm_name or t("sources.unregistered", number=firm.firm_no)


def points(now: float | None, then: float | None, t: Text) -> Any:
    """What a share moved by, in percentage points; fewer are better."""
    if now is None or then is None:
        return fmt.NONE
    moved = (now - then) * 100
    look = "" if round(moved, 1) == 0 else "worse" if moved > 0 else "better"
    return html.B(t("sources.points", points=fmt.signed(moved, 1)), className=look)


# --- above ---------------------------------------------------------------------------------------------------
def lead(told: Told, before: Trips, choice: Choice, t: Text) -> list[Any]:
    """Trips over the limit on the road and by the firms' own scales, who stands above the rest, who lacks a link."""
    every, open_links = told.every, sum(one.is_open for one in told.firms)
    above = sum(one.standing == "above" for one in told.firms)
    said = t.parts(
        "sources.lead",
        span=html.Span(fmt.day_range(told.asked.first, told.asked.last, t.lang), className="unbroken"),
        judged=html.B(fmt.count(every.judged)),
        over=html.B(fmt.count(every.over)),
        rate=html.B(fmt.rate(every.rate)),
        change=points(every.rate, before.rate, t),
        own_known=html.B(fmt.count(every.own_known)),
        own_over=html.B(fmt.count(every.own_over), className="worse" if every.own_over else "better"),
    )
    said += t.parts(
        "sources.lead.firms",
        above=html.B(fmt.count(above), className="worse" if above else "better"),
        open=html.B(fmt.count(open_links), className="worse" if open_links else "better"),
    )
    return [html.P(said, className="lead")]


def filters(choice: Choice, known: Known, t: Text) -> html.Div:
    """Months, county and day; all are in the address."""
    spans = [(one, t(f"sources.months.{one}"), HERE + choice.query(months=one, firm="")) for one in SPANS]
    counties = [
        (code, controls.county_words(code, known, t), HERE + choice.query(county=code, firm=""))
        for code in (ALL, *known.current_counties)
    ]
    chosen = f"{span_words(choice, t)} · {controls.county_words(choice.county, known, t)}"
    choices = [(t("filter.period"), choice.months, spans), (t("filter.county"), choice.county, counties)]
    return as_of.filters("sources", choices, chosen, choice.as_of, (FIRST_DAY, choice.last_day), t, many=True)


def printed(choice: Choice, known: Known, db: queries.Source, t: Text) -> html.P:
    said = [
        (t("filter.county"), controls.county_words(choice.county, known, t)),
        (t("filter.period"), fmt.day_range(choice.asked.first, choice.asked.last, t.lang)),
    ]
    return as_of.printed(said, t, t("app.snapshot", version=db.version))


# --- firms ---------------------------------------------------------------------------------------------------
def interval_bar(one: Firm, most: float, every: float | None) -> Any:
    """The interval of a rate over 0 to the largest end of all, and a line where the rate of all is."""
    if one.low is None or one.high is None or not most:
        return None
    left, width = 100 * one.low / most, max(1.5, 100 * (one.high - one.low) / most)
    pieces = [html.I(className=TONE[one.standing], style={"marginLeft": f"{left:.2f}%", "width": f"{width:.2f}%"})]
    if every is not None:
        pieces.append(html.B(style={"left": f"{100 * every / most:.2f}%"}))
    return html.Span(pieces, className="way marked", **{"aria-hidden": "true"})


def links_cell(one: Firm, t: Text) -> Any:
    """What a firm that is bound to be linked lacks; of another that it is not bound."""
    if one.links_missing is None:
        return html.Span(t("sources.unregistered.short"), className="neutral")
    if not one.is_bound:
        return html.Span(t("sources.not_bound" if one.is_bound is False else "sources.tonnage_untold"),
                         className="neutral")  # fmt: skip
    if not one.links_missing:
        return shell.pill(t("sources.linked"), "better")
    return html.Span([piece for name in one.links_missing
                      for piece in (shell.pill(word(LINKS, name, t.lang), "warn"), " ")])  # fmt: skip


def info(told: Told, name: str, t: Text, db: queries.Source) -> Any:
    """The (i) of a column: what is counted, what is left out, the parameters and how well each is known."""
    used = {
        "own": ("seeds.gross_weight_limit",),
        "rate": ("match_loading_hours", "match_mass_ratio", "unladen_share", "source_confidence",
                 "source_least_judged"),
        "links": ("loading_firm_tonnage_t",),
    }[name]  # fmt: skip
    lines = explain.number_lines([told.parameters[one] for one in used if one in told.parameters], t)
    every = told.every
    now = {
        "own": f"{parts(every.own_over, every.own_known)} = {fmt.rate(every.own_rate)}",
        "rate": f"{parts(every.over, every.judged)} = {fmt.rate(every.rate)}",
        "links": fmt.count(sum(one.is_open for one in told.firms)),
    }[name]
    facts: list[tuple[str, Any]] = [
        ("explain.now", now),
        *([("explain.thresholds", html.Ul(lines, className="thresholds"))] if lines else []),
        ("explain.leaves_out", t(f"sources.{name}.leaves_out")),
        ("explain.data", fmt.day_range(told.asked.first, told.asked.last, t.lang)),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    term = {"own": "gross_vehicle_weight_kg", "rate": "match_loading_hours", "links": "loading_firm_tonnage_t"}[name]
    return explain.rule_popover(t(f"sources.{name}"), t(f"sources.{name}.says"), facts, None, term, t)


def firms_card(db: queries.Source, told: Told, choice: Choice, known: Known, t: Text) -> html.Section:
    """Every firm with its trips, what its own scale said, what the road's said, and its links."""
    heads: controls.Heads = [
        (t("sources.firm"), False), (t("sources.own"), True), (t("sources.rate"), True),
        (t("sources.interval"), False), (t("sources.seen"), True), (t("sources.excess"), True),
        (t("sources.links"), False),
    ]  # fmt: skip
    tokens = {one.firm_no: token for token, one in source_facts.by_token(told).items()}
    most = max((one.high for one in told.firms if one.high is not None and one.standing != "few"), default=0.0)
    most = most or max((one.high for one in told.firms if one.high is not None), default=0.0)
    body = []
    for one in told.firms:
        count, token = one.told, tokens[one.firm_no]
        place = controls.place_name(known, one.county_code, t) if one.county_code else t("sources.no_county")
        under = f"{word(KINDS, one.firm_kind, t.lang)} · {place}" if one.firm_kind else place
        name: Any = html.Span(name_of(one, t), className="said", lang="zh-CN")
        if count.over or count.own_over:
            name = dcc.Link(
                name, href=HERE + choice.query(firm=token) + "#sources-trips",
                className="text-link current" if token == choice.firm else "text-link",
                title=t("action.rows_of", what=name_of(one, t)),
            )  # fmt: skip
        standing = shell.pill(word(STANDINGS, one.standing, t.lang), TONE[one.standing])
        bar: Any = fmt.NONE
        if one.low is not None and one.high is not None:
            ends = f"{fmt.rate(one.low)}–{fmt.rate(one.high)}"
            shown = None if one.standing == "few" else interval_bar(one, most, told.every.rate)
            bar = html.Div([standing, html.Span(ends, className="under unbroken"), shown])
        body.append(
            controls.stack_row(
                html.Div([name, html.Span(under, className="under")]),
                [
                    two_lines(fmt.rate(count.own_rate), parts(count.own_over, count.own_known), count.own_known),
                    two_lines(fmt.rate(count.rate), parts(count.over, count.judged), count.judged),
                    bar,
                    two_lines(fmt.rate(count.seen / count.trips if count.trips else None),
                              parts(count.seen, count.trips), count.trips),
                    fmt.tonnes(count.excess_kg) if count.excess_kg else fmt.NONE,
                    links_cell(one, t),
                ],
                heads,
            )
        )  # fmt: skip
    content: Any = html.P(t("sources.none"), className="quiet-line")
    if body:
        content = controls.stack_table(t("sources.firms"), heads, body)
    explained = html.Div(
        [piece for name in ("own", "rate", "links") for piece in (html.Span(t(f"sources.{name}")),
                                                                  info(told, name, t, db))],
        className="name-and-info",
    )  # fmt: skip
    effect = t("sources.effect", count=f"{told.effect:.1f}") if told.effect >= LEAST_EFFECT else ""
    confidence = f"{told.parameters['source_confidence'].value:.0%}"
    how = t("sources.firms.how", confidence=confidence, effect=effect)
    title = t("sources.firms.of", count=fmt.count(len(told.firms)))
    return controls.card(title, how, [explained, content], extra=explain.unverified_pill(t, t("sources.unverified")))


def two_lines(rate: str, under: str, of: int) -> Any:
    return html.Span([rate, html.Span(under, className="under")]) if of else fmt.NONE


# --- how passages come to firms --------------------------------------------------------------------------------
def traces_card(told: Told, choice: Choice, t: Text) -> html.Section:
    """Every passage over the limit of the period by how it comes to a firm, or why it comes to none."""
    total = sum(told.traces.values())
    heads: controls.Heads = [(t("sources.trace"), False), (t("sources.findings"), True), (t("sources.share"), True)]
    body = [
        controls.stack_row(
            word(TRACES, name, t.lang), [fmt.count(count), fmt.rate(count / total)], heads,
        )
        for name, count in told.traces.items() if count
    ]  # fmt: skip
    content: Any = html.P(t("sources.traces.none"), className="quiet-line")
    if body:
        content = controls.stack_table(t("sources.traces"), heads, body)
    how = t("sources.traces.how", traced=fmt.count(told.traced), total=fmt.count(total))
    if choice.county != ALL:
        how += t("sources.traces.county")
    return controls.card(t("sources.traces"), how, content)


# --- trips of a firm -------------------------------------------------------------------------------------------
def trips_card(db: queries.Source, firm: Firm, choice: Choice, known: Known, t: Text) -> html.Section:
    """The trips of a firm over the limit by its own ticket or by a scale, each with its evidence."""
    found = source_facts.trips(db, choice.asked, firm.firm_no)
    heads: controls.Heads = [
        (t("sources.left"), False), (t("table.plate"), False), (t("sources.ticket_mass"), True),
        (t("sources.highest"), True), (t("sources.road"), False), (t("table.gross"), True), (t("table.limit"), True),
        (t("table.excess"), True), (t("sources.tie"), False),
    ]  # fmt: skip
    body = []
    for position, one in enumerate(found[:TRIPS_SHOWN]):
        at: Any = fmt.NONE
        if one.passed_at is not None:
            at = html.Span([one.site_code, html.Span(fmt.moment(one.passed_at, t.lang), className="under unbroken")])
            if href := source_facts.evidence_of(one):
                at = dcc.Link(at, href=href, className="text-link", title=t("sources.evidence"))
        mass: Any = fmt.count(one.loaded_mass_kg) if one.loaded_mass_kg is not None else fmt.NONE
        if one.is_own_over:
            mass = html.B(mass, className="worse")
        body.append(
            controls.stack_row(
                html.Span([fmt.moment(one.left_at, t.lang), html.Span(one.ticket_no, className="under")]),
                [
                    html.Span(one.plate_no, className="unbroken"),
                    mass,
                    fmt.count(one.highest_limit_kg) if one.highest_limit_kg is not None else fmt.NONE,
                    at,
                    *_weighed(one),
                    tie_words(one, t),
                ],
                heads,
                "beyond" if position >= FIRST_SHOWN else None,
            )
        )
    content: list[Any] = [html.P(t("sources.trips.none"), className="quiet-line")]
    if body:
        content = [controls.stack_table(t("sources.trips"), heads, body)]
    if len(body) > FIRST_SHOWN:
        less = {"data-expand": "#sources-trips table", "data-less": t("alerts.fewer", count=FIRST_SHOWN)}
        content.append(html.Button(t("alerts.more", count=fmt.count(len(body))), className="button more", **less))
    how = t("sources.trips.how")
    if len(found) > TRIPS_SHOWN:
        how += t("sources.trips.first", shown=TRIPS_SHOWN, count=fmt.count(len(found)))
    close = dcc.Link([shell.icon("x"), t("findings.rows.close")], href=HERE + choice.query(firm=""),
                     className="button")  # fmt: skip
    title = t("sources.trips.of", name=name_of(firm, t), count=fmt.count(len(found)))
    return controls.card(title, how, content, extra=close, id="sources-trips")


def _weighed(one: Trip) -> list[Any]:
    """Weight, limit and excess of the passage."""
    if one.gross_vehicle_weight_kg is None:
        return [fmt.NONE] * 3
    limit = fmt.count(one.limit_kg) if one.limit_kg is not None else fmt.NONE
    excess = fmt.share(one.excess_ratio) if one.excess_ratio else fmt.NONE
    return [fmt.count(one.gross_vehicle_weight_kg), limit, excess]


def tie_words(one: Trip, t: Text) -> str:
    """How surely the passage is of the trip, and a permit."""
    said = t("sources.tie.none") if one.grade is None else t(f"sources.tie.{one.grade}")
    return said + (t("sources.tie.permitted") if one.is_permitted else "")


# --- the page ------------------------------------------------------------------------------------------------
@shell.page("sources")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "sources", db)
    if not source_facts.is_built(db):
        card = shell.state_card("database", t("sources.old"), [t("state.no_terminals.why")])
        return shell.frame(view, "sources", card, db=db)
    choice, bad = source_facts.choice_of(query, known, db)
    told, firm = source_facts.told(db, choice.asked), source_facts.firm_of(db, choice) if choice.firm else None
    notices = [t("state.bad_values", values=t("availability.join").join(bad))] if bad else []
    if getattr(db, "scope", "all") != "all":
        notices.append(t("sources.scoped"))
    body = [
        *lead(told, source_facts.told(db, choice.before).every, choice, t),
        printed(choice, known, db, t),
        filters(choice, known, t),
        firms_card(db, told, choice, known, t),
        *([trips_card(db, firm, choice, known, t)] if firm else []),
        traces_card(told, choice, t),
        *as_of.stores("sources", HERE, choice.query(), choice.query(absolute=True), choice.as_of),
    ]
    return shell.frame(
        view,
        "sources",
        body,
        actions=[controls.copy_link("sources", t), *lists.file_links("sources", choice.query(absolute=True))],
        db=db,
        notices=notices or None,
    )


PAGE = {"path": HERE, "title": shell.title("sources"), "layout": layout}
as_of.follow("sources")
