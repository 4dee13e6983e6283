"""Where and when to stand today, and which vehicles to look out for? Sites and hours by expected serious findings, with
basis and interval; an order of danger on the road, which decides nothing. Light: no chart, no list that asks for more.
"""

from typing import Any
from urllib.parse import urlencode

from dash import dcc, html

from dashboards import as_of, controls, explain, lists, queries, shell, shift_facts, site_facts
from dashboards import format as fmt
from dashboards.selection import ALL, Known
from dashboards.shift_facts import HERE, Choice
from dashboards.text import Text
from warehouse import shift_text
from warehouse.shift_text import Words
from warehouse.watch import Watch

FIRST_SHOWN = 10
"""Rows of a list before the others are asked for."""
SHADES = ("", "heat-1", "heat-2", "heat-3", "heat-4", "heat-5")


# --- above ---------------------------------------------------------------------------------------------------
def lead(facts: dict[str, Any], w: Words) -> html.P:
    same = [] if facts["hours_differ"] or not facts["top"] else [" ", w("hours.same")]
    return html.P([shift_text.lead(facts, w), *same], className="lead")


def filters(choice: Choice, known: Known, db: queries.Source, t: Text) -> html.Div:
    """County and day; both are in the address."""
    counties = [
        (code, controls.county_words(code, known, t), HERE + choice.query(county=code))
        for code in (ALL, *known.current_counties)
    ]
    chosen = controls.county_words(choice.county, known, t)
    return as_of.filters(
        "shift", [(t("filter.county"), choice.county, counties)], chosen, choice.on, shift_facts.days(db, known), t,
        many=True, label=t("shift.on"),
    )  # fmt: skip


def printed(choice: Choice, known: Known, db: queries.Source, t: Text) -> html.P:
    told = [
        (t("shift.on"), fmt.day(choice.on, t.lang)),
        (t("filter.county"), controls.county_words(choice.county, known, t)),
    ]  # fmt: skip
    return as_of.printed(told, t, t("app.snapshot", version=db.version))


# --- where and when ------------------------------------------------------------------------------------------
def info(db: queries.Source, facts: dict[str, Any], choice: Choice, t: Text) -> Any:
    """The (i): how what is expected is made, what it was worth, by which parameters."""
    w = Words(t.lang)
    lines = explain.number_lines(shift_facts.parameters(db, choice.asked), t)
    told: list[tuple[str, Any]] = [
        ("explain.now", t("shift.now", expected=shift_text.number(facts["expected"]))),
        ("explain.counts", shift_text.basis(facts, w)),
        ("shift.tested", shift_text.tested(facts, w)),
        ("explain.leaves_out", t("shift.leaves_out")),
        ("explain.thresholds", html.Ul(lines, className="thresholds")),
        ("explain.data", html.Code("mart.finding, mart.site_day, mart.screening")),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    return explain.rule_popover(w("expected"), t("shift.says"), told, None, "finding", t)


def _site(site: dict[str, Any], choice: Choice) -> dcc.Link:
    """A site, and the way to its page over the days that were read."""
    href = site_facts.address(choice.asked.as_of, site["site_code"])
    return dcc.Link(site["site_code"], href=href, className="text-link")


def doubt_pills(site: dict[str, Any], w: Words) -> Any:
    pills = [shell.pill(said, "warn") for said in shift_text.doubts(site, w)]
    return html.Span(pills, className="pills") if pills else fmt.NONE


def _more(of: str, count: int, shown: int, t: Text) -> list[Any]:
    if count <= shown:
        return []
    less = {"data-expand": f"#{of} table", "data-less": t("alerts.fewer", count=shown)}
    return [html.Button(t("alerts.more", count=fmt.count(count)), className="button more", **less)]


def top_card(db: queries.Source, facts: dict[str, Any], choice: Choice, t: Text) -> html.Section:
    w = Words(t.lang)
    sites = {site["site_code"]: site for site in facts["sites"]}
    heads: controls.Heads = [
        (w("site"), False), (w("expected.of"), True), (w("counted"), False), (w("place"), False), (w("notes"), False),
    ]  # fmt: skip
    body = []
    for place, one in enumerate(facts["top"]):
        site = sites[one["site_code"]]
        when = html.B(shift_text.span(one["first_hour"], one["until_hour"]), className="unbroken")
        cells = [
            html.B(shift_text.expected(one)),
            w("counted.of", days=one["days"], count=one["found"]), shift_text.place(facts, site, w) or fmt.NONE,
            doubt_pills(site, w),
        ]  # fmt: skip
        head = html.Span([f"{place + 1}. ", _site(site, choice), " ", when])
        body.append(controls.stack_row(head, cells, heads, "beyond" if place >= FIRST_SHOWN else None))
    content: list[Any] = [html.P(t("shift.none"), className="quiet-line")]
    if body:
        content = [controls.stack_table(w("top"), heads, body), *_more("shift-top", len(body), FIRST_SHOWN, t)]
        content.append(html.P(shift_text.tested(facts, w), className="subtitle"))
    extra = html.Div([explain.unverified_pill(t, t("shift.unverified")), info(db, facts, choice, t)], className="row")
    how = [shift_text.basis(facts, w), " ", html.B(w("decides.not"))]
    return controls.card(w("top"), how, content, extra=extra, id="shift-top")


def heat_card(facts: dict[str, Any], choice: Choice, t: Text) -> html.Section | None:
    """Sites and blocks of hours as a table whose shades say the same as its numbers."""
    if not facts["sites"]:
        return None
    w, bounds = Words(t.lang), shift_text.classes(facts)
    hours = [
        html.Th(f"{one['first_hour']:02d}–{one['until_hour']:02d}", scope="col") for one in facts["sites"][0]["blocks"]
    ]
    body = []
    for site in facts["sites"]:
        cells = [
            html.Td(shift_text.number(one["expected"]), className=SHADES[shift_text.shade(one["expected"], bounds)])
            for one in site["blocks"]
        ]
        said = shift_text.doubts(site, w)
        mark = html.Span("*", title=w("list").join(said)) if said else None
        total = html.Td(html.B(shift_text.number(site["expected"])))
        body.append(html.Tr([html.Th([_site(site, choice), mark], scope="row"), total, *cells]))
    table = html.Table(
        [
            html.Caption(w("sites"), className="visually-hidden"),
            html.Thead(html.Tr([html.Th(w("site"), scope="col"), html.Th(w("sum"), scope="col"), *hours])),
            html.Tbody(body),
        ],
        className="heat",
    )
    marked = [
        html.Li([html.B(site["site_code"]), t("app.colon"), w("list").join(said)])
        for site in facts["sites"]
        if (said := shift_text.doubts(site, w))
    ]
    notes: list[Any] = [html.Ul(marked, className="thresholds")] if marked else []
    if paper := shift_text.paper_line(facts, w):
        notes.append(html.P(paper, className="print-only"))
    return controls.card(w("sites"), t("shift.sites.how"), [controls.scrolled(table), *notes], id="shift-sites")


# --- whom to look out for ------------------------------------------------------------------------------------
def watch_card(db: queries.Source, watched: Watch, facts: dict[str, Any], t: Text) -> html.Section:
    w = Words(t.lang)
    heads: controls.Heads = [
        (w("plate"), False), (w("why"), False), (w("usual"), False), (w("last"), False), (t("shift.look_up"), False)
    ]  # fmt: skip
    body = []
    vehicles = zip(facts["watch"]["vehicles"], watched.vehicles, strict=False)
    for place, (one, vehicle) in enumerate(vehicles):
        look: Any = fmt.NONE
        if handed := shift_facts.token(db, vehicle):
            pairs = {"vehicle": handed, "as_of": facts["as_of"], "window": facts["watch"]["window"]}
            look = dcc.Link(t("shift.look_up.go"), href=f"/lookup?{urlencode(pairs)}", className="text-link")
        tone = "worse" if one["reason"] == "statutory" else "warn" if one["reason"] == "warning" else ""
        cells = [
            shell.pill(shift_text.reasons(one, w), tone),
            html.Span([html.Span(said) for said in shift_text.usual(one, w)], className="stacked"),
            html.Span(f"{w.moment(one['last_at'])} {one['last_site']}", className="unbroken"), look,
        ]  # fmt: skip
        body.append(controls.stack_row(one["plate"], cells, heads, "beyond" if place >= FIRST_SHOWN else None))
    content: list[Any] = []
    if body:
        content = [controls.stack_table(w("watch"), heads, body), *_more("shift-watch", len(body), FIRST_SHOWN, t)]
    how = [shift_text.watch_line(facts, w), " ", w("watch.reason")]
    return controls.card(w("watch"), how, content, id="shift-watch")


# --- the page ------------------------------------------------------------------------------------------------
def offline(choice: Choice, t: Text) -> html.A:
    return html.A(
        [shell.icon("file"), html.Span(t("shift.offline"))],
        href=f"/export/shift.html{choice.query(absolute=True)}",
        className="button",
        title=t("shift.offline.help"),
        download="",
    )


@shell.page("shift")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "shift", db)
    if not shift_facts.is_built(db):
        card = shell.state_card("database", t("shift.old"), [t("state.no_terminals.why")])
        return shell.frame(view, "shift", card, db=db)
    choice, bad = shift_facts.choice_of(query, known, db)
    facts = shift_facts.document(db, choice.asked)
    watched = shift_facts.watched(db, choice.asked)
    body: list[Any] = [
        lead(facts, Words(t.lang)), printed(choice, known, db, t), filters(choice, known, db, t),
        top_card(db, facts, choice, t), watch_card(db, watched, facts, t), heat_card(facts, choice, t),
        *as_of.stores("shift", HERE, choice.query(), choice.query(absolute=True), choice.on, name="on"),
    ]  # fmt: skip
    return shell.frame(
        view, "shift", [one for one in body if one is not None],
        actions=[
            controls.copy_link("shift", t), offline(choice, t),
            html.Span(lists.file_links("shift", choice.query(absolute=True)), className="wide-only"),
        ],
        db=db, notices=[t("state.bad_values", values=t("availability.join").join(bad))] if bad else None,
    )  # fmt: skip


PAGE = {"path": HERE, "title": shell.title("shift"), "layout": layout}
as_of.follow("shift")
