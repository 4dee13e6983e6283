"""Which rule is in force on a day, where does it come from, who has read it, and what has changed?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import controls, explain, queries, shell
from dashboards import format as fmt
from dashboards.pages.definitions import LONGEST_SEARCH, folded, rule_matches, table_row
from dashboards.selection import plain_date
from dashboards.text import Text
from warehouse.last_day import usual_day
from warehouse.rules import TOPICS, Change, Rule, changes, in_force, neighbours, sets, span

OPEN = ("gross_weight",)
"""Topics that are unfolded before anything is chosen."""
SHOWN_CHANGES = 2
CHANGE_ORDER = ("changed", "ended", "began")
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True)
class Choice:
    """What the address or the controls ask for; ``topic`` all: every one."""

    day: date
    topic: str
    is_unverified_only: bool
    needle: str

    def query(self, **other: str) -> str:
        told = {"on": self.day.isoformat()}
        told |= {"topic": self.topic} if self.topic != "all" else {}
        told |= {"unverified": "1"} if self.is_unverified_only else {}
        told |= {"q": self.needle} if self.needle else {}
        return "?" + urlencode(told | other)


def choice_of(query: dict[str, str], db: queries.Source) -> tuple[Choice, list[str]]:
    """What an address asks for, and the values in it that mean nothing."""
    bad = []
    day = default = usual_day(db.manifest)
    if "on" in query:
        asked = _day(query["on"])
        bad += [f"on={query['on'][:20]}"] if asked is None else []
        day = asked or default
    topic = query.get("topic", "all")
    if topic not in ("all", *TOPICS):
        bad.append(f"topic={topic[:20]}")
        topic = "all"
    return Choice(day, topic, query.get("unverified") == "1", query.get("q", "")[:LONGEST_SEARCH]), bad


def _day(text: Any) -> date | None:
    found = plain_date(text)
    return found if found is not None and FIRST_DAY <= found <= LAST_DAY else None


# --- what is shown ---------------------------------------------------------------------------------
def shown_rules(rules: Sequence[Rule], choice: Choice, t: Text) -> list[Rule]:
    """Rules in force on the day that the topic, the search and the doubt leave."""
    return [
        rule
        for rule in in_force(rules, choice.day)
        if choice.topic in ("all", rule.topic)
        and not (choice.is_unverified_only and rule.is_verified)
        and rule_matches(choice.needle, rule, t)
    ]


def where_words(rule: Rule, t: Text) -> str:
    key = f"rules.where.{rule.jurisdiction}"
    return t(key) if t.has(key) else rule.jurisdiction


def topic_fold(topic: str, rules: Sequence[Rule], is_open: bool, t: Text) -> html.Details:
    """The rules of a topic behind a line with its name, their number and how many nobody has read."""
    heads = [
        t("rules.rule"), t("rules.sets"), t("rules.in_force"), t("rules.where"), t("rules.source"), t("rules.known"),
    ]  # fmt: skip
    body: list[Any] = []
    for rule in rules:
        told = t.pick(rule.condition_zh, rule.condition_en)
        value = sets(rule, t.lang)
        cells = [
            html.B(value), span(rule, t.lang, partial(fmt.day, lang=t.lang)), where_words(rule, t),
            t.pick(rule.citation_zh, rule.citation_en),
            explain.confidence_pill(rule.confidence, t),
        ]  # fmt: skip
        styles = {0: "" if value else "hollow", 3: "words"}
        body.append(table_row([html.Span(told), html.Code(rule.rule_no)], cells, heads[1:], styles))
    doubted = sum(not rule.is_verified for rule in rules)
    counted = t.plural("rules.count", len(rules))
    if doubted:
        counted += t("rules.count.join") + t("rules.count.doubt", count=f"{doubted:,}")
    return folded("rulebook", t(f"rules.topic.{topic}"), counted, heads, body, is_open)


def change_items(found: Sequence[Change], t: Text) -> html.Ul:
    return html.Ul(
        [
            html.Li(
                [
                    html.Div(
                        [
                            shell.pill(t(f"rules.change.{one.kind}")),
                            html.Span(t(f"rules.topic.{one.topic}"), className="subtitle"),
                        ]
                    ),
                    *[
                        _side(side, rules, one.kind == "changed", t)
                        for side, rules in (("ended", one.ended), ("began", one.began))
                        if rules
                    ],
                ]
            )
            for one in found
        ],
        className="rule-changes",
    )


def _side(side: str, rules: Sequence[Rule], has_two: bool, t: Text) -> html.Div:
    """Rules that ended or began; where others took their place each side has its word."""
    told: list[Any] = []
    for rule in rules:
        value = sets(rule, t.lang)
        pieces: list[Any] = [html.Code(rule.rule_no), " ", t.pick(rule.condition_zh, rule.condition_en)]
        told.append(html.Span([*pieces, t("app.colon"), html.B(value)] if value else pieces))
    word = [html.Span(t(f"rules.side.{side}"), className="side-word")] if has_two else []
    return html.Div([*word, html.Div(told)], className=f"change-side {side}" if has_two else "")


def change_card(rules: Sequence[Rule], choice: Choice, t: Text) -> html.Section:
    """What the law changed last before the day, and what it changes next."""
    of_topic = [rule for rule in rules if choice.topic in ("all", rule.topic)]
    columns: list[Any] = []
    for name, day in zip(("earlier", "later"), neighbours(of_topic, choice.day), strict=True):
        if day is None:
            columns.append(html.Div([html.H3(t(f"rules.{name}")), html.P(t(f"rules.{name}.none"))]))
            continue
        found = sorted(changes(of_topic, day - timedelta(days=1), day), key=lambda one: CHANGE_ORDER.index(one.kind))
        # From the last change one goes to the day before it, from the next one to the day itself.
        goal = day - timedelta(days=1) if name == "earlier" else day
        link = Choice(goal, choice.topic, choice.is_unverified_only, choice.needle).query()
        rest = found[SHOWN_CHANGES:]
        columns.append(
            html.Div(
                [
                    html.H3([t(f"rules.{name}"), t("app.colon"), fmt.day(day, t.lang)]),
                    change_items(found[:SHOWN_CHANGES], t),
                    html.Details(
                        [
                            html.Summary([shell.icon("right"), t.plural("rules.more", len(rest))]),
                            change_items(rest, t),
                        ],
                        className="fold plain-fold",
                    )
                    if rest
                    else None,
                    dcc.Link(
                        t(f"rules.{name}.go", day=fmt.day(goal, t.lang)), href=f"/rules{link}", className="text-link"
                    ),
                ]
            )
        )
    return controls.card(
        t("rules.changes"), t("rules.changes.how"), html.Div(columns, className="change-columns"), id="rules-changes"
    )


def found_parts(db: queries.Source, choice: Choice, t: Text) -> list[Any]:
    """The count, what changed, and the rules by topic."""
    rules = queries.rulebook(db)
    shown = shown_rules(rules, choice, t)
    day = fmt.day(choice.day, t.lang)
    doubted = sum(not rule.is_verified for rule in shown)
    if not shown:
        return [
            shell.state_card(
                "search",
                t("rules.nothing", day=day),
                [t("rules.nothing.hint")],
                dcc.Link(t("rules.nothing.all"), href=f"/rules?on={choice.day}", className="button"),
            )
        ]
    is_narrowed = bool(choice.topic != "all" or choice.needle or choice.is_unverified_only)
    folds = [
        topic_fold(topic, of_topic, is_narrowed or topic in OPEN, t)
        for topic in TOPICS
        if (of_topic := [rule for rule in shown if rule.topic == topic])
    ]
    told = t.plural("rules.in_force_on", len(shown), day=day)
    said = html.P(
        [html.B(told), t("rules.count.join"), t("rules.count.doubt", count=f"{doubted:,}")],
        className="subtitle", role="status",
    )  # fmt: skip
    return [
        change_card(rules, choice, t),
        controls.card(t("rules.book"), said, folds, id="rules-book"),
    ]


def links_of(choice: Choice) -> dict[str, Any]:
    """What the browser needs after a change: the address, and the links of the navigation to this page."""
    query = choice.query()
    return {"here": "/rules", "query": query, "absolute": query, "rows": "", "hrefs": [f"/rules{query}"] * 2}


@shell.page("rules")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    if not queries.has_rulebook(db):
        card = shell.state_card("database", t("state.no_rules.title"), [t("state.no_terminals.why")])
        return shell.frame(view, "rules", card, db=db)
    choice, bad = choice_of(query, db)
    dates: Any = {"locale": "zh-cn" if t.lang == "zh" else "en", "firstDayOfWeek": 1, "weekendDays": []}
    bar = html.Div(
        [
            _field(
                t("rules.on"),
                dmc.DatePickerInput(
                    id="rules-day",
                    value=choice.day.isoformat(),
                    valueFormat="YYYY-MM-DD",
                    minDate=FIRST_DAY.isoformat(),
                    maxDate=LAST_DAY.isoformat(),
                    size="sm",
                    firstDayOfWeek=1,
                    monthLabelFormat="YYYY年M月" if t.lang == "zh" else "MMMM YYYY",
                    popoverProps={"position": "bottom-start"},
                    **{"aria-label": t("rules.on")},
                ),
            ),
            _field(
                t("rules.topic"),
                dmc.Select(
                    id="rules-topic",
                    data=[
                        {"value": "all", "label": t("rules.topic.all")},
                        *({"value": topic, "label": t(f"rules.topic.{topic}")} for topic in TOPICS),
                    ],
                    value=choice.topic,
                    allowDeselect=False,
                    checkIconPosition="right",
                    size="sm",
                    maxDropdownHeight=380,
                    comboboxProps={"withinPortal": True, "width": 240, "position": "bottom-start"},
                    **{"aria-label": t("rules.topic")},
                ),
            ),
            _field(
                t("rules.search.label"),
                dmc.TextInput(
                    id="rules-search",
                    value=choice.needle,
                    debounce=300,
                    placeholder=t("rules.search"),
                    leftSection=shell.icon("search"),
                    className="search-field",
                    inputProps={"maxLength": LONGEST_SEARCH},
                    **{"aria-label": t("rules.search")},
                ),
                "wide",
            ),
            dmc.Switch(
                id="rules-unverified", checked=choice.is_unverified_only, label=t("rules.unverified_only"), size="sm"
            ),
        ],
        className="rule-bar card",
        role="search",
        **{"aria-label": t("filter.filters")},
    )
    separator = "、" if t.lang == "zh" else ", "
    return shell.frame(
        view,
        "rules",
        [
            html.Div(dmc.DatesProvider(bar, settings=dates), className="filters"),
            html.Div(found_parts(db, choice, t), id="rules-found", className="stack"),
            dcc.Store(id="rules-query", data=links_of(choice)),
        ],
        db=db,
        actions=[dcc.Link([shell.icon("book"), t("nav.definitions")], href="/definitions", className="button")],
        notices=[t("state.bad_values", values=separator.join(bad))] if bad else None,
    )


def _field(label: str, control: Any, extra: str = "") -> html.Div:
    return html.Div([html.Span(label, className="field-label"), control], className=f"field {extra}".strip())


PAGE = {"path": "/rules", "title": shell.title("rules"), "layout": layout}


@callback(
    Output("rules-found", "children"),
    Output("rules-query", "data"),
    Input("rules-day", "value"),
    Input("rules-topic", "value"),
    Input("rules-search", "value"),
    Input("rules-unverified", "checked"),
    State("rules-view", "data"),
    prevent_initial_call=True,
)
def choose(day: Any, topic: Any, needle: Any, unverified: Any, view_data: Any) -> tuple[list[Any], dict[str, Any]]:
    t = shell.view_from(view_data).text
    chosen = _day(day)
    if chosen is None:
        raise BadRequest("a day is YYYY-MM-DD, from 1990 to 2100")
    if topic not in ("all", *TOPICS):
        raise BadRequest("unknown topic")
    needle = "" if needle is None else needle
    if not isinstance(needle, str) or len(needle) > LONGEST_SEARCH:
        raise BadRequest("a search is at most 60 characters")
    if not isinstance(unverified, bool):
        raise BadRequest("the switch is on or off")
    choice = Choice(chosen, topic, unverified, needle)
    return found_parts(queries.source(), choice, t), links_of(choice)


clientside_callback(
    ClientsideFunction("heng", "followQuery"),
    Output("shell-nav-rules", "href"),
    Output("shell-bar-rules", "href"),
    Input("rules-query", "data"),
)
