"""How is each metric computed, which rule is in force, and what does each column mean?"""

from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, callback, html
from werkzeug.exceptions import BadRequest

from dashboards import controls, explain, queries, shell, words
from dashboards import format as fmt
from dashboards.text import Text
from warehouse.columns import Column, dictionary

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
        cards.append(
            html.Section(
                [
                    html.H2([label, html.Code(name)]),
                    html.P(formula, className="formula"),
                    html.Dl([piece for head, text in facts for piece in (html.Dt(head), html.Dd(text))]),
                ],
                className="card metric-card",
                id=f"definitions-{name}",
            )
        )
    return cards


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
            confidence_pill(row.confidence, t),
        ]
        styles = {0: "nowrap", 2: "number", 3: "nowrap", 4: "words"}
        body.append(_row(html.Code(row.rule_id), cells, heads[1:], styles))
    return _table(t("definitions.rules"), heads, body, {3: "number"}) if body else None


def confidence_pill(mark: Any, t: Text) -> html.Span:
    """How far a citation was checked: in words when the pointer rests on it."""
    doubt = words.unverified(mark)
    told = t(f"confidence.{mark}") if t.has(f"confidence.{mark}") else None
    return shell.pill(
        f"{t('pill.unverified' if doubt else 'pill.verified')} {mark}", "warn" if doubt else "better", told
    )


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
            confidence_pill(row.confidence, t),
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


def _table(caption: str, heads: list[str], body: list[html.Tr], styles: dict[int, str]) -> html.Table:
    return html.Table(
        [
            html.Caption(caption, className="visually-hidden"),
            html.Thead(
                html.Tr([html.Th(head, scope="col", className=styles.get(i, "")) for i, head in enumerate(heads)])
            ),
            html.Tbody(body),
        ],
        className="stackable wrap",
    )


def column_texts(column: Column, t: Text) -> tuple[str, str]:
    """Label and meaning; where a meaning has no Chinese form yet, the English one stands."""
    label = column.zh if t.lang == "zh" else column.label
    return label, t.pick(getattr(column, "zh_doc", "") or column.doc, column.doc)


def columns_table(needle: str, t: Text) -> html.Table | None:
    heads = [
        t("definitions.column"),
        t("definitions.label"),
        t("definitions.type"),
        t("definitions.unit"),
        t("definitions.meaning"),
    ]
    body = []
    for name, column in sorted(dictionary().items()):
        label, meaning = column_texts(column, t)
        if not matches(needle, name, column.zh, label, column.unit, meaning, column.doc):
            continue
        personal = [" ", shell.pill(t("pill.personal"), "warn")] if column.personal else []
        cells = [[label, *personal], html.Code(column.type), column.unit, meaning]
        body.append(_row(html.Code(name), cells, heads[1:], {3: "words"}))
    return _table(t("definitions.columns"), heads, body, {}) if body else None


def found(db: queries.Source, needle: str, t: Text) -> list[Any]:
    """The parts of the page, each only with what the search leaves."""
    cards = metric_cards(needle, t)
    pieces: list[Any] = [html.Div(cards, className="metric-cards")] if cards else []
    tables = (
        ("rules", rules_table(db, needle, t)),
        ("modifiers", modifiers_table(db, needle, t)),
        ("columns", columns_table(needle, t)),
    )
    for name, table in tables:
        if table is not None:
            title, how = t(f"definitions.{name}"), t(f"definitions.{name}.how")
            pieces.append(controls.card(title, how, html.Div(table, className="table-scroll")))
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
