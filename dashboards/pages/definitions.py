"""How is each metric computed, and what does each column mean? The rules have a page of their own."""

from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
import pandas as pd
from dash import Input, Output, State, callback, dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import controls, explain, night, queries, shell, terminal_queries, words
from dashboards import format as fmt
from dashboards.pages.quality import GROUPS, feed_group
from dashboards.text import Text
from warehouse.columns import Column, dictionary, topics
from warehouse.last_day import usual_day
from warehouse.rules import Rule, in_force, sets

LONGEST_SEARCH = 60


def matches(needle: str, *texts: Any) -> bool:
    """Every word of the search occurs somewhere."""
    hay = " ".join(str(text) for text in texts if not fmt.missing(text)).lower()
    return all(word in hay for word in needle.lower().split())


def rule_matches(needle: str, rule: Rule, t: Text) -> bool:
    """Whether a search finds a rule: by its number, words or source in either language, value, confidence or topic."""
    return matches(
        needle, rule.rule_no, rule.condition_zh, rule.condition_en, rule.citation_zh, rule.citation_en,
        rule.confidence, sets(rule, t.lang), t(f"rules.topic.{rule.topic}"),
    )  # fmt: skip


def metric_cards(needle: str, t: Text) -> list[Any]:
    cards = []
    for name, spec in explain.METRICS.items():
        label, formula = explain.label(name, t), explain.formula(name, t)
        counted, left_out = explain.definition(name, t), explain.excludes(name, t)
        if not matches(needle, name, label, formula, counted, left_out):
            continue
        facts = [
            (t("explain.counts"), counted),
            (t("explain.leaves_out"), left_out or fmt.NONE),
            (t("definitions.good"), t(f"definitions.good.{spec.good or 'none'}")),
            (t("explain.version"), f"v{spec.version}"),
        ]
        cards.append(_card(name, label, formula, facts))
    return cards


def kpi_cards(db: queries.Source, needle: str, t: Text) -> list[Any]:
    """Indicators of vehicle monitoring: formula and how well it is known, and every threshold with the same."""
    limits = _limits(db)
    cards = []
    for name, kpi in explain.KPIS.items():
        label, formula = explain.kpi_label(name, t), words.filled(explain.kpi_formula(name, t), limits)
        if not matches(needle, name, label, formula, *kpi.parameters):
            continue
        lines = explain.parameter_lines(kpi.parameters, limits, t)
        facts = [
            (t("explain.known_from"), explain.confidence_pill(kpi.confidence, t)),
            (t("definitions.good"), t(f"definitions.good.{kpi.good}")),
            (t("definitions.unit"), t.pick(kpi.unit_zh, kpi.unit_en) or "%"),
            *([(t("explain.thresholds"), html.Ul(lines, className="thresholds"))] if lines else []),
        ]
        cards.append(_card(name, label, formula, facts))
    return [html.Div(cards, className="metric-cards")] if cards else []


def check_cards(db: queries.Source, needle: str, t: Text) -> list[Any]:
    """Findings: what each says, the innocent explanation beside it, what to do, and its thresholds."""
    limits = _limits(db)
    cards = []
    for name, check in words.checks(t).items():
        if not matches(needle, name, check.name, check.says, check.innocent):
            continue
        facts = [
            (t("definitions.innocent"), check.innocent),
            (t("definitions.next"), check.next_step),
            (t("explain.known_from"), explain.confidence_pill(words.CHECKS[name].confidence, t)),
            (
                t("explain.thresholds"),
                html.Ul(explain.parameter_lines(words.CHECKS[name].parameters, limits, t), className="thresholds"),
            ),
        ]
        cards.append(_card(name, check.name, words.filled(check.says, limits), facts))
    return [html.Div(cards, className="metric-cards")] if cards else []


def _limits(db: queries.Source) -> pd.DataFrame:
    """The thresholds in force on the last day the snapshot answers for, or on its last night."""
    return terminal_queries.thresholds(db, usual_day(db.manifest), "local")


def _card(name: str, label: str, formula: str, facts: list[tuple[str, Any]]) -> html.Section:
    return html.Section(
        [
            html.H2([label, html.Code(name)]),
            html.P(formula, className="formula"),
            html.Dl([piece for head, text in facts for piece in (html.Dt(head), html.Dd(text))]),
        ],
        className="card metric-card",
        id=f"definitions-{name}",
    )


def table_row(head: Any, cells: list[Any], heads: list[str], styles: dict[int, str]) -> html.Tr:
    """A row whose cells know their heading, because on phones the heading stands beside each of them."""
    return html.Tr(
        [
            html.Th(head, scope="row"),
            *[
                html.Td(cell, className=styles.get(i, ""), **{"data-head": text})
                for i, (cell, text) in enumerate(zip(cells, heads, strict=True))
            ],
        ]
    )


def _table(
    caption: str, heads: list[str], body: list[html.Tr], styles: dict[int, str], className: str = ""
) -> html.Table:
    return html.Table(
        [
            html.Caption(caption, className="visually-hidden"),
            html.Thead(
                html.Tr([html.Th(head, scope="col", className=styles.get(i, "")) for i, head in enumerate(heads)])
            ),
            html.Tbody(body),
        ],
        className=f"stackable wrap {className}".strip(),
    )


def column_texts(column: Column, t: Text) -> tuple[str, str]:
    """Label and meaning."""
    return t.pick(column.zh, column.label), t.pick(column.zh_doc, column.doc)


def rules_card(db: queries.Source, needle: str, t: Text) -> html.Section | None:
    """Where the rules are, and how many of those in force on the last day the search finds there."""
    if not queries.has_rulebook(db):
        return None
    day = usual_day(db.manifest)
    count = sum(rule_matches(needle, rule, t) for rule in in_force(queries.rulebook(db), day))
    if not count:
        return None
    query = urlencode({"on": day.isoformat()} | ({"q": needle} if needle else {}))
    link = dcc.Link(t.plural("definitions.rules.open", count), href=f"/rules?{query}", className="text-link")
    return controls.card(t("definitions.rules"), t("definitions.rules.how"), link)


def feeds_tables(db: queries.Source, needle: str, t: Text) -> list[Any]:
    """The declared feeds with their names in both languages, by what they are."""
    heads = [
        t("definitions.feed"),
        t("definitions.name.zh"),
        t("definitions.name.en"),
        t("definitions.feed_kind"),
        t("quality.expected"),
    ]
    of_group: dict[str, list[html.Tr]] = {}
    for row in queries.feeds(db).itertuples():
        group, kind = feed_group(row.owner, row.kind), t(f"definitions.kind.{row.kind}")
        if not matches(needle, row.feed, row.title_zh, row.title_en, kind, t(f"quality.group.{group}")):
            continue
        cells = [
            html.Span(row.title_zh, lang="zh-CN"),
            html.Span(row.title_en, lang="en"),
            kind,
            night.rhythm(row.expected_every_days, t),
        ]
        of_group.setdefault(group, []).append(
            table_row(html.Code(row.feed), cells, heads[1:], {0: "words", 1: "words"})
        )
    return [
        folded(
            "declared",
            t(f"quality.group.{group}"),
            t.plural("quality.group.feeds", len(rows)),
            heads,
            rows,
            bool(needle),
        )
        for group in GROUPS
        if (rows := of_group.get(group))
    ]


def columns_tables(needle: str, t: Text) -> list[Any]:
    """The dictionary, by topic."""
    heads = [
        t("definitions.column"),
        t("definitions.label"),
        t("definitions.type"),
        t("definitions.unit"),
        t("definitions.meaning"),
    ]
    known = dictionary()
    folds = []
    for topic, names in topics().items():
        title = t(f"definitions.topic.{topic}") if t.has(f"definitions.topic.{topic}") else topic
        body = []
        for name in sorted(names):
            column = known[name]
            label, meaning = column_texts(column, t)
            if not matches(needle, name, column.zh, label, column.unit, meaning, column.doc):
                continue
            personal = [" ", shell.pill(t("pill.personal"), "warn")] if column.personal else []
            cells = [[label, *personal], html.Code(column.type), column.unit, meaning]
            body.append(table_row(html.Code(name), cells, heads[1:], {2: "" if column.unit else "hollow", 3: "words"}))
        if body:
            counted = t.plural("definitions.columns.count", len(body))
            folds.append(folded("dictionary", title, counted, heads, body, bool(needle)))
    return folds


def folded(name: str, title: str, counted: str, heads: list[str], body: list[html.Tr], is_open: bool) -> html.Details:
    """A table behind a line with its name and number; what a search found is open."""
    table = controls.scrolled(_table(title, heads, body, {}, name))
    head = [shell.icon("right"), html.B(title), html.Span(counted, className="subtitle")]
    return html.Details([html.Summary(head), table], className="fold", open=is_open)


def found(db: queries.Source, needle: str, t: Text) -> list[Any]:
    """The parts of the page, each only with what the search leaves."""
    cards = metric_cards(needle, t)
    pieces: list[Any] = [html.Div(cards, className="metric-cards")] if cards else []
    tables: tuple[tuple[str, list[Any]], ...] = (
        ("kpis", kpi_cards(db, needle, t)),
        ("checks", check_cards(db, needle, t)),
        ("feeds", feeds_tables(db, needle, t)),
        ("columns", columns_tables(needle, t)),
    )
    for name, told in tables:
        shown = [controls.scrolled(one) if isinstance(one, html.Table) else one for one in told if one]
        if shown:
            pieces.append(controls.card(t(f"definitions.{name}"), t(f"definitions.{name}.how"), shown))
    rules = rules_card(db, needle, t)
    pieces += [rules] if rules else []
    return pieces or [
        shell.state_card("search", t("definitions.nothing", words=needle), [t("definitions.nothing.hint")])
    ]


@shell.page("definitions")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    needle = query.get("q", "")[:LONGEST_SEARCH]
    search = dmc.TextInput(
        id="definitions-search",
        value=needle,
        debounce=300,
        placeholder=t("definitions.search"),
        leftSection=shell.icon("search"),
        className="search-field",
        inputProps={"maxLength": LONGEST_SEARCH},
        **{"aria-label": t("definitions.search")},
    )
    return shell.frame(
        view,
        "definitions",
        [search, html.Div(found(db, needle, t), id="definitions-found", className="stack")],
        db=db,
    )


PAGE = {"path": "/definitions", "title": shell.title("definitions"), "layout": layout}


@callback(
    Output("definitions-found", "children"),
    Input("definitions-search", "value"),
    State("definitions-view", "data"),
    prevent_initial_call=True,
)
def search(needle: Any, view_data: Any) -> list[Any]:
    t = shell.view_from(view_data).text
    if needle is None:
        needle = ""
    if not isinstance(needle, str) or len(needle) > LONGEST_SEARCH:
        raise BadRequest("a search is at most 60 characters")
    return found(queries.source(), needle, t)
