"""The card of the page of cases that tells what the queue comes to in the next weeks (``warehouse.queue``)."""

from typing import Any

from dash import html

from dashboards import as_known, as_of, case_facts, controls, explain, queries
from dashboards import format as fmt
from dashboards.case_facts import AHEAD, Choice
from dashboards.selection import ALL
from dashboards.text import Text
from warehouse import case_terms as terms
from warehouse import queue
from warehouse.queue import Asked, Expected, Forecast, Line

HERE = "/penalties"
ANCHOR = "penalties-forecast"


def card(db: queries.Source, choice: Choice, t: Text) -> html.Section:
    """What is expected for the weeks chosen, and what came of such forecasts; nothing is computed before they are."""
    options = [(weeks, t.plural("forecast.weeks", int(weeks)), _query(choice, weeks)) for weeks in AHEAD]
    switch = as_of.links(t("forecast.ahead"), choice.ahead or "", options)
    if choice.kind not in (ALL, "over_limit"):
        body: Any = html.P(t("forecast.no_steps"), className="quiet-line")
        return controls.card(t("forecast.title"), None, body, id=ANCHOR)
    if choice.ahead is None:
        body = html.P(t("forecast.choose"), className="quiet-line")
        return controls.card(t("forecast.title"), t("forecast.how"), body, extra=switch, id=ANCHOR)
    asked = Asked(choice.as_of, int(choice.ahead), choice.only.county)
    told = case_facts.forecast(db, asked)
    content = [
        html.P([html.Span(_lead(told, asked, t)), _info(told, db, t)], className="name-and-info"),
        _expected(told, asked, t), *_tested(told, t),
    ]  # fmt: skip
    if told.untimed_count:
        content.append(html.P(t("forecast.untimed", count=fmt.count(told.untimed_count)), className="subtitle"))
    return controls.card(t("forecast.title"), t("forecast.how"), content, extra=switch, id=ANCHOR)


def _query(choice: Choice, weeks: str) -> str:
    return f"{HERE}{choice.scope.query(ahead=weeks)}#{ANCHOR}"


def _lead(told: Forecast, asked: Asked, t: Text) -> str:
    whole = told.states[0]
    if not whole.weeks:
        return t("forecast.thin.lead", now=fmt.count(whole.now_count))
    last = whole.weeks[-1]
    return t(
        "forecast.lead", now=fmt.count(whole.now_count), weeks=t.plural("forecast.weeks", asked.weeks),
        mean=fmt.count(round(last.mean)), low=fmt.count(round(last.low)), high=fmt.count(round(last.high)),
        share=f"{told.share:.0%}",
    )  # fmt: skip


def _info(told: Forecast, db: queries.Source, t: Text) -> Any:
    """The (i): how a forecast is made, what it cannot know, its parameters, the version."""
    facts: list[tuple[str, Any]] = [
        ("explain.counts", t("forecast.runs", draws=fmt.count(queue.DRAWS), seed=str(queue.SEED))),
        ("explain.thresholds", html.Ul(explain.number_lines(told.parameters.values(), t), className="thresholds")),
        ("explain.leaves_out", t("forecast.leaves_out")),
        ("explain.version", as_known.words(db, t)),
    ]
    return explain.rule_popover(t("forecast.title"), t("forecast.formula"), facts, HERE, "state_after", t)


def _shown(one: Expected) -> html.Span:
    span = f"{fmt.count(round(one.low))}–{fmt.count(round(one.high))}"
    return html.Span([fmt.count(round(one.mean)), html.Span(span, className="under")])


def _expected(told: Forecast, asked: Asked, t: Text) -> html.Div:
    heads: list[tuple[str, bool]] = [(t("penalties.state"), False), (t("forecast.now"), True)]
    heads += [(t("forecast.to", day=fmt.short_day(end, t.lang)), True) for end in queue.week_ends(asked)]
    body = [
        _line(line, is_flow, heads, t)
        for is_flow, lines in ((False, told.states), (True, told.flows))
        for line in lines
    ]
    return controls.stack_table(t("forecast.title"), heads, body)


def _line(line: Line, is_flow: bool, heads: controls.Heads, t: Text) -> html.Tr:
    cells: list[Any] = [_shown(one) for one in line.weeks]
    if not cells:
        cells = [html.Span(t("forecast.thin", count=fmt.count(line.exit_count)))] + [fmt.NONE] * (len(heads) - 3)
    name = terms.queue_name(line.name, is_flow, t.lang)
    return controls.stack_row(name, [fmt.count(line.now_count), *cells], heads)


def _tested(told: Forecast, t: Text) -> list[Any]:
    """The newest forecast whose weeks are over, and how often intervals held what came."""
    past = told.back_test
    if past is None:
        return [html.P(t("forecast.untested"), className="subtitle")]
    heads: controls.Heads = [
        (t("penalties.state"), False), (t("forecast.expected"), True), (t("forecast.came"), True),
    ]  # fmt: skip
    body = [
        controls.stack_row(
            terms.queue_name(one.name, one.is_flow, t.lang), [_shown(one.expected), fmt.count(one.came)], heads
        )
        for one in past.lines
    ]
    said = t(
        "forecast.tested", day=fmt.day(past.made_on, t.lang), forecasts=str(past.forecast_count),
        count=fmt.count(past.count), inside=fmt.count(past.inside), share=f"{told.share:.0%}",
        rate=f"{past.inside / past.count:.0%}",
    )  # fmt: skip
    title = t("forecast.test")
    return [html.H3(title), html.P(said, className="subtitle"), controls.stack_table(title, heads, body)]
