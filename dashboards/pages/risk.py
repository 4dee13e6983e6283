"""Whom to look at first, and why? Published scores beside a rate of our own, what made each, and what the scores of
three months ago were worth. A score is no ground of a penalty."""

from typing import Any

import dash_ag_grid as dag
from dash import dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import as_of, controls, explain, lists, queries, risk_facts, shell
from dashboards import format as fmt
from dashboards.risk_facts import Choice, Facts, choice_of, info, name_of, rate_span, scores, who
from dashboards.selection import from_page
from dashboards.text import Text
from dashboards.words import unverified
from warehouse.backtest import BackTest, Top
from warehouse.risk import BASELINE, PUBLISHED, RANKINGS, SUBJECTS, is_built, parameters_of, shown_with_band

HERE = "/risk"
# field, width, number, whether it stays beside the drawer
COLUMNS = (
    ("rank", 60, True, True),
    ("who", 130, False, True),
    ("kind", 100, False, False),
    ("checks", 80, True, False),
    ("events", 80, True, True),
    ("chance", 100, True, True),
    ("model", 90, True, True),
    ("interval", 130, True, False),
    ("sms", 90, True, False),
    ("ocrs", 110, True, False),
    ("eu", 110, True, False),
)


# --- above the list ----------------------------------------------------------------------------------------
def lead(facts: Facts, t: Text) -> html.P:
    told, choice = facts.everybody, facts.choice
    parts: list[Any] = t.parts(
        "risk.lead",
        day=html.Span(fmt.day(choice.as_of, t.lang), className="unbroken"),
        ranked=html.B(fmt.count(told.ranked_count)),
        subject=t(f"repeat.unit.{choice.subject}"),
        scant=html.B(fmt.count(len(told.keys) - told.ranked_count)),
        least=f"{told.rules.value('minimum_checks'):g}",
    )
    tested = facts.tested
    if tested is not None:
        best = _largest(tested, choice.by)
        parts += t.parts(
            "risk.lead.tested",
            size=fmt.count(best.size),
            by=name_of(choice.by, t),
            began=html.Span(fmt.day(tested.asked.as_of, t.lang), className="unbroken"),
            days=tested.days,
            precision=html.B(fmt.rate(best.precision)),
            base=fmt.rate(tested.base),
        )
    return html.P([*parts, t("risk.lead.look")], className="lead")


def _largest(tested: BackTest, by: str) -> Top:
    """The ranking's first fifty, or the most there are."""
    own = [one for one in tested.tops if one.ranking == by]
    return next((one for one in own if one.size == 50), own[-1])


def filters(facts: Facts, t: Text) -> html.Div:
    choice = facts.choice
    choices = [
        (
            t("repeat.subject"),
            choice.subject,
            [(value, name_of(value, t), HERE + choice.query(subject=value)) for value in SUBJECTS],
        ),
        (t("risk.by"), choice.by, [(value, name_of(value, t), HERE + choice.query(by=value)) for value in RANKINGS]),
    ]
    chosen = f"{name_of(choice.subject, t)} · {name_of(choice.by, t)}"
    days = risk_facts.FIRST_DAY, choice.last_day
    return as_of.filters("risk", choices, chosen, choice.as_of, days, t, many=True)


def printed(choice: Choice, t: Text) -> html.P:
    told = [
        (t("repeat.as_of"), fmt.day(choice.as_of, t.lang)),
        (t("repeat.subject"), name_of(choice.subject, t)),
        (t("risk.by"), name_of(choice.by, t)),
    ]
    return as_of.printed(told, t)


def formulas(facts: Facts, t: Text) -> html.Section:
    """The rankings, a line each, with their (i)."""
    choice, of = facts.choice, facts.everybody.rules
    lines = []
    for name in RANKINGS:
        head = [html.Span(name_of(name, t)), info(name, of, facts.db, choice.as_of, HERE + choice.query(by=name), t)]
        doubt = any(unverified(of.told[one].confidence) for one in parameters_of(name))
        mark = explain.unverified_pill(t, t("risk.unverified")) if doubt else None
        says = html.Span(t(f"risk.says.{name}"), className="subtitle")
        lines.append(html.Li([html.Span(head, className="name-and-info"), mark, says]))
    notes = [shell.note(t("risk.too_narrow"))] if choice.subject == "enterprise" else []
    content = html.Ul(lines, className="formula-lines")
    return controls.card(t("risk.formulas"), t("risk.formulas.how"), content, notes=notes)


# --- the list ----------------------------------------------------------------------------------------------
def cells(facts: Facts, rank: int, place: int, t: Text) -> dict[str, Any]:
    """A row as the grid shows it, and the lines of its card on a phone."""
    one = facts.everybody.at(place)
    told = {name: shown_with_band(name, one, t.lang) for name in RANKINGS}
    counts = t("risk.counts", events=fmt.count(one.event_count), checks=fmt.count(one.check_count))
    published = [f"{name_of(name, t)} {told[name]}" for name in PUBLISHED]
    return {
        "record": f"{facts.db.version}-{rank - 1}",
        "rank": fmt.count(rank),
        "who": who(one, t),
        "kind": name_of(one.kind, t),
        "checks": fmt.count(one.check_count),
        "events": fmt.count(one.event_count),
        **told,
        "interval": rate_span(one),
        "pill": told[facts.choice.by],
        "pill_tone": "",
        "head": f"{fmt.count(rank)} · {who(one, t)}",
        "right": told["chance"],
        "line": f"{name_of('model', t)} {told['model']} ({rate_span(one)})",
        "where": counts,
        "under": t("availability.join").join(published),
    }


def grid(facts: Facts, t: Text) -> dag.AgGrid:
    card = {"field": "card", "headerName": "", "flex": 1, "hide": True, "sortable": False, "cellRenderer": "HengLines"}
    found: list[dict[str, Any]] = [card]
    for field, width, is_number, beside in COLUMNS:
        found.append({
            "field": field,
            "headerName": name_of(field, t) if field in RANKINGS else t(f"risk.column.{field}"),
            "headerTooltip": name_of(field, t) if field in RANKINGS else t(f"risk.column.{field}"),
            "minWidth": round(width * 0.86),
            "flex": width,
            "sortable": False,
            "suppressMovable": True,
            "resizable": True,
            "tooltipField": field,
            "context": {"besideDrawer": beside},
            **({"type": "rightAligned"} if is_number else {}),
        })  # fmt: skip
    return controls.record_grid("risk", found, facts.everybody.ranked_count, t)


def drawer_of(facts: Facts, record: str, t: Text) -> list[Any]:
    """What made the scores of one row; a row of another version is said to be one."""
    row = lists.place_of(record, facts.db.version)
    if row is None:
        return lists.old_drawer("risk", t)
    told, choice = facts.at(row), facts.choice
    under = t("repeat.as_of.day", day=fmt.day(choice.as_of, t.lang))
    shown_facts = [
        *lists.fact(t("risk.column.kind"), name_of(told.risk.kind, t)),
        *lists.fact(t("risk.column.checks"), fmt.count(told.risk.check_count)),
        *lists.fact(t("risk.column.events"), fmt.count(told.risk.event_count)),
    ]
    return [
        lists.drawer_head("risk", who(told.risk, t), under, t),
        html.Dl(shown_facts, className="facts"),
        scores(told, facts.everybody.rules, facts.db, choice.as_of, HERE + choice.query(), t),
        *([html.P(t("risk.too_narrow"), className="subtitle")] if choice.subject == "enterprise" else []),
        *risk_facts.reasons(told, choice.by, t, with_vehicle=choice.subject == "enterprise"),
        html.P(t("risk.lead.look"), className="subtitle"),
        html.Div(dcc.Link(t("repeat.lookup"), href="/lookup", className="button"), className="drawer-actions"),
    ]


# --- what the scores were worth ----------------------------------------------------------------------------
def tested_card(facts: Facts, t: Text) -> html.Section:
    """Precision of the first of each ranking against chance, and the chances that were told against what came."""
    tested = facts.tested
    if tested is None:
        return controls.card(t("risk.tested"), None, html.P(t("risk.tested.none"), className="quiet-line"))
    how = risk_facts.tested_words(tested, t)
    sizes = sorted({one.size for one in tested.tops})
    heads: controls.Heads = [
        (t("risk.ranking"), False), *((t("risk.first", size=fmt.count(size)), True) for size in sizes),
    ]  # fmt: skip
    body = []
    for ranking in ("random", BASELINE, *RANKINGS):
        own = {one.size: one for one in tested.tops if one.ranking == ranking}
        body.append(controls.stack_row(name_of(ranking, t), [_precision(own[size], t) for size in sizes], heads))
    bins: controls.Heads = [
        (t("risk.told"), False), (t("risk.observed"), True), (t("risk.interval.head"), True),
        (t("risk.column.subjects"), True), (t("risk.expected_events"), True), (t("risk.event_count"), True),
    ]  # fmt: skip
    groups = []
    for one in tested.bins:
        span = f"{fmt.rate(one.low)} – {fmt.rate(one.high)}"
        outside = None if one.is_within else shell.pill(t("risk.outside"), "warn")
        told = [fmt.rate(one.observed), [span, outside], fmt.count(one.size), f"{one.expected_events:.1f}",
                fmt.count(one.event_count)]  # fmt: skip
        groups.append(controls.stack_row(fmt.rate(one.chance), told, bins))
    share = f"{tested.confidence:.0%}"
    band = risk_facts.band_words(tested, t)
    content = [
        controls.stack_table(t("risk.tested"), heads, body),
        html.P(band, className="quiet-line"),
        html.H3(t("risk.bins")),
        controls.stack_table(t("risk.bins"), bins, groups),
        html.P(t("risk.bins.how", share=share), className="quiet-line"),
    ]
    return controls.card(t("risk.tested"), how, content, id="risk-tested")


def _precision(one: Top, t: Text) -> Any:
    lift = "" if one.lift is None else f" ×{one.lift:.1f}"
    return [
        html.B(fmt.rate(one.precision)), lift,
        html.Span(f"{fmt.rate(one.low)} – {fmt.rate(one.high)}", className="under"),
    ]  # fmt: skip


# --- the page ----------------------------------------------------------------------------------------------
@shell.page("risk")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "risk", db)
    if not is_built(db):
        card = shell.state_card("database", t("state.no_violations.title"), [t("state.no_terminals.why")])
        return shell.frame(view, "risk", card, db=db)
    choice, bad = choice_of(query, known)
    facts = Facts(db, choice)
    ranked = facts.everybody.ranked_count
    body: list[Any] = [shell.state_card("filter", t("rows.none"), [t("risk.none.why")])]
    if ranked:
        body = [grid(facts, t), html.P(t("rows.printed"), className="print-only")]
    total = html.Div(
        [
            html.Span(
                t.parts("vehicles.total", count=html.B(fmt.count(ranked)), unit=t(f"repeat.unit.{choice.subject}"))
            ),
            html.Span(t("risk.order", by=name_of(choice.by, t))),
            explain.unverified_pill(t, t("risk.unverified")),
        ],
        className="reconcile",
        role="status",
    )
    return shell.frame(
        view,
        "risk",
        [
            lead(facts, t),
            printed(choice, t),
            filters(facts, t),
            lists.beside_drawer("risk", [total, *body], t),
            tested_card(facts, t),
            formulas(facts, t),
            dcc.Store(id="risk-choice", data=choice.data()),
            *lists.stores("risk"),
            *as_of.stores("risk", HERE, choice.query(), choice.query(absolute=True), choice.as_of),
        ],
        actions=[controls.copy_link("risk", t), *lists.file_links("risk", choice.query(absolute=True))],
        db=db,
        notices=[t("state.bad_values", values=t("availability.join").join(bad))] if bad else None,
    )  # fmt: skip


PAGE = {"path": HERE, "title": shell.title("risk"), "layout": layout}


def facts_of(data: Any) -> Facts:
    db = queries.source()
    known = queries.known(db)
    if known is None:
        raise BadRequest("no day of data")
    return Facts(db, from_page(data, lambda given: choice_of(given, known)))


def _rows(chosen: Any, start: int, number: int, sort: lists.Sort, t: Text) -> tuple[list[dict[str, Any]], int]:
    if sort is not None:
        raise BadRequest("this column cannot be sorted by")
    facts = facts_of(chosen)
    some = facts.order[start : start + number]
    return [cells(facts, rank, place, t) for rank, place in enumerate(some, start + 1)], len(facts.order)


lists.list_with_drawer("risk", "choice", _rows, lambda chosen, record, t: drawer_of(facts_of(chosen), record, t))
as_of.follow("risk")
