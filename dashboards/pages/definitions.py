"""How is each metric computed, which rule is in force, and what does each column mean?"""

from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import Input, Output, State, callback, html
from werkzeug.exceptions import BadRequest

from dashboards import controls, explain, night, queries, shell, terminal_queries, words
from dashboards import format as fmt
from dashboards.pages.quality import GROUPS, feed_group
from dashboards.text import Text
from warehouse.columns import Column, dictionary, topics
from warehouse.league import PAGE_SCHEME

LONGEST_SEARCH = 60


def matches(needle: str, *texts: Any) -> bool:
    """Every word of the search occurs somewhere."""
    hay = " ".join(str(text) for text in texts if not fmt.missing(text)).lower()
    return all(word in hay for word in needle.lower().split())


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


def schemes_table(db: queries.Source, needle: str, t: Text) -> html.Table | None:
    """Weights, floors and what the league and the list of calls go by."""
    day = queries.last_day(db) or queries.last_night(db)
    heads = [
        t("definitions.parameter"),
        t("definitions.meaning"),
        t("vehicles.value.set"),
        t("definitions.citation"),
        t("definitions.confidence"),
    ]
    body = []
    for scheme in (*terminal_queries.schemes(db), PAGE_SCHEME):
        for row in terminal_queries.thresholds(db, day, scheme).itertuples():
            told, cited = t.pick(row.zh, row.en), t.pick(row.citation_zh, row.citation_en)
            if not matches(needle, row.parameter, told, cited, scheme):
                continue
            unit = f" {row.unit}" if isinstance(row.unit, str) else ""
            cells = [told, f"{row.parameter_value:g}{unit}", cited, explain.confidence_pill(row.confidence, t)]
            body.append(_row(html.Code(row.parameter), cells, heads[1:], {0: "words", 1: "number", 2: "words"}))
    return _table(t("definitions.schemes"), heads, body, {2: "number"}) if body else None


def _limits(db: queries.Source) -> pd.DataFrame:
    """The thresholds in force on the last day the snapshot answers for, or on its last night."""
    return terminal_queries.thresholds(db, queries.last_day(db) or queries.last_night(db), "local")


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


def in_force_words(first: Any, last: Any, t: Text) -> str:
    if fmt.missing(first):
        return t("definitions.until", day=fmt.day(last, t.lang))
    ends = t("definitions.open") if fmt.missing(last) else fmt.day(last, t.lang)
    return f"{fmt.day(first, t.lang)} – {ends}"


def rules_table(db: queries.Source, needle: str, t: Text) -> html.Table | None:
    heads = [
        t("definitions.rule"),
        t("table.axles"),
        t("definitions.kind"),
        t("definitions.limit"),
        t("definitions.in_force"),
        t("definitions.citation"),
        t("definitions.confidence"),
    ]
    body = []
    for row in queries.rules(db).itertuples():
        cited = t.pick(row.citation_zh, row.citation_en)
        kind, drive = words.kind("kind", row.vehicle_kind, t), words.kind("drive", row.drive_axle_kind, t)
        if not matches(needle, row.rule_id, cited, kind, drive, row.limit_kg, row.confidence):
            continue
        in_force = in_force_words(row.valid_from, row.valid_to, t)
        cells = [
            words.axles_of(row.axle_count_min, row.axle_count_max),
            f"{kind}{t('app.list')}{drive}" if drive else kind,
            fmt.kilograms(row.limit_kg),
            in_force,
            cited,
            explain.confidence_pill(row.confidence, t),
        ]
        styles = {0: "nowrap", 2: "number", 3: "nowrap", 4: "words"}
        body.append(_row(html.Code(row.rule_id), cells, heads[1:], styles))
    return _table(t("definitions.rules"), heads, body, {3: "number"}) if body else None


def modifiers_table(db: queries.Source, needle: str, t: Text) -> html.Table | None:
    heads = [
        t("definitions.modifier"),
        t("definitions.meaning"),
        t("table.axles"),
        t("definitions.kind"),
        t("definitions.in_force"),
        t("definitions.citation"),
        t("definitions.confidence"),
    ]
    body = []
    for row in queries.modifiers(db).itertuples():
        told, cited = t.pick(row.zh, row.en), t.pick(row.citation_zh, row.citation_en)
        if not matches(needle, row.modifier_id, told, cited, row.amount_kg):
            continue
        amount = "" if fmt.missing(row.amount_kg) else f" ({fmt.count(row.amount_kg)} kg)"
        cells = [
            told + amount,
            words.axles_of(row.axle_count_min, row.axle_count_max),
            words.kind("kind", row.vehicle_kind, t),
            in_force_words(row.valid_from, row.valid_to, t),
            cited,
            explain.confidence_pill(row.confidence, t),
        ]
        styles = {0: "words", 1: "nowrap", 2: "nowrap", 3: "nowrap", 4: "words"}
        body.append(_row(html.Code(row.modifier_id), cells, heads[1:], styles))
    return _table(t("definitions.modifiers"), heads, body, {}) if body else None


def _row(head: Any, cells: list[Any], heads: list[str], styles: dict[int, str]) -> html.Tr:
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
        of_group.setdefault(group, []).append(_row(html.Code(row.feed), cells, heads[1:], {0: "words", 1: "words"}))
    return [
        _folded(
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
            body.append(_row(html.Code(name), cells, heads[1:], {2: "" if column.unit else "hollow", 3: "words"}))
        if body:
            counted = t.plural("definitions.columns.count", len(body))
            folds.append(_folded("dictionary", title, counted, heads, body, bool(needle)))
    return folds


def _folded(name: str, title: str, counted: str, heads: list[str], body: list[html.Tr], is_open: bool) -> html.Details:
    """A table behind a line with its name and number; what a search found is open."""
    table = html.Div(_table(title, heads, body, {}, name), className="table-scroll")
    head = [shell.icon("right"), html.B(title), html.Span(counted, className="subtitle")]
    return html.Details([html.Summary(head), table], className="fold", open=is_open)


def found(db: queries.Source, needle: str, t: Text) -> list[Any]:
    """The parts of the page, each only with what the search leaves."""
    cards = metric_cards(needle, t)
    pieces: list[Any] = [html.Div(cards, className="metric-cards")] if cards else []
    tables: tuple[tuple[str, list[Any]], ...] = (
        ("kpis", kpi_cards(db, needle, t)),
        ("checks", check_cards(db, needle, t)),
        ("schemes", [schemes_table(db, needle, t)]),
        ("rules", [rules_table(db, needle, t)]),
        ("modifiers", [modifiers_table(db, needle, t)]),
        ("feeds", feeds_tables(db, needle, t)),
        ("columns", columns_tables(needle, t)),
    )
    for name, told in tables:
        shown = [html.Div(one, className="table-scroll") if isinstance(one, html.Table) else one for one in told if one]
        if shown:
            pieces.append(controls.card(t(f"definitions.{name}"), t(f"definitions.{name}.how"), shown))
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
