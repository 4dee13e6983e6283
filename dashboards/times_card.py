"""The card of the page of cases that tells how long they stay in each state (``warehouse.funnel.times``)."""

from typing import Any

from dash import html

from dashboards import case_facts, controls, finding_facts, queries
from dashboards import format as fmt
from dashboards.case_facts import Choice
from dashboards.text import Text
from warehouse import case_terms as terms
from warehouse.funnel import CONFIDENCE, StateTime

ANCHOR = "penalties-times"
COLUMNS = ("now", "entered", "still", "median")


def card(db: queries.Source, choice: Choice, t: Text) -> html.Section:
    """Of each state the cases in it, the share of those who entered it that is still there, and the median of days."""
    assert choice.passed is not None
    title = t("penalties.times")
    if not case_facts.begins_with_passage(choice):
        return controls.card(title, None, html.P(t("penalties.times.no_steps"), className="quiet-line"), id=ANCHOR)
    if not finding_facts.is_built(db):
        return controls.card(title, None, html.P(t("penalties.funnel.none"), className="quiet-line"), id=ANCHOR)
    heads: controls.Heads = [
        (t("penalties.state"), False),
        *((t(f"penalties.times.{name}"), True) for name in COLUMNS),
        (t("penalties.times.interval", share=f"{CONFIDENCE:.0%}"), True),
    ]
    body = [_row(one, heads, t) for one in case_facts.state_times(db, choice.scope)]
    content: Any = html.P(t("penalties.none"), className="quiet-line")
    if body:
        left_out = f"{t('explain.leaves_out')}{t('app.colon')}{t('penalties.funnel.leaves_out')}"
        content = [controls.stack_table(title, heads, body), html.P(left_out, className="subtitle")]
    how = t("penalties.times.how", span=fmt.day_range(*choice.passed, t.lang))
    return controls.card(title, how, content, id=ANCHOR)


def _row(one: StateTime, heads: controls.Heads, t: Text) -> html.Tr:
    """A state that ends the procedure is left by nobody: no time is told of it."""
    name: list[Any] = [terms.state_name(one.case_state, t.lang)]
    if one.untimed_count:
        name.append(html.Span(t("penalties.times.untimed", count=fmt.count(one.untimed_count)), className="under"))
    still, median, interval = fmt.NONE, fmt.NONE, fmt.NONE
    if one.is_final:
        median = t("penalties.times.final")
    elif one.spell_count:
        still = fmt.rate(one.still_share)
        median = t("penalties.times.more_than_half") if one.median_days is None else fmt.count(one.median_days)
        interval = f"{one.low_days}–{one.high_days}" if one.has_interval else t("penalties.times.too_few")
    cells = [fmt.count(one.now_count), fmt.count(one.spell_count), still, median, interval]
    return controls.stack_row(html.Div(name), cells, heads)
