"""The second rule of repeats, on the page of enterprises: work-safety penalties with a major hazard (art. 113)."""

from datetime import date
from typing import Any

from dash import html

from dashboards import controls, explain, queries, shell
from dashboards import format as fmt
from dashboards.text import Text
from warehouse import safety_repeat
from warehouse.safety_repeat import REASON_WORDS, TIER_WORDS, TIERS, MajorHazard, Standing

TONES = {"met": "worse", "no_major": "warn", "one_away": "warn", "below": ""}


def card(db: queries.Source, as_of: date, t: Text) -> html.Section:
    """Enterprises that reached a number or are one away, with every decision that counts or does not."""
    title = t("safety.title")
    if not safety_repeat.is_built(db):
        return controls.card(title, None, html.P(t("safety.old"), className="quiet-line"))
    if as_of < (first := safety_repeat.first_day(db)):
        return controls.card(
            title, None, html.P(t("safety.before", day=fmt.day(first, t.lang)), className="quiet-line")
        )
    told = safety_repeat.parameters(db, as_of)
    everybody = safety_repeat.standings(db, as_of)
    shown = [one for one in everybody if one.tier != "below"]
    heads: controls.Heads = [
        (t("terminals.enterprise"), False), (t("repeat.tier"), False), (t("safety.180d"), True), (t("safety.1y"), True),
        (t("safety.major"), False), (t("safety.since"), False), (t("safety.falls"), False),
    ]  # fmt: skip
    body = [controls.stack_row(_who(one, t), _cells(one, t), heads) for one in shown]
    counts = {tier: sum(one.tier == tier for one in everybody) for tier in TIERS}
    how = t("safety.how", all=fmt.count(len(everybody)), **{tier: fmt.count(counts[tier]) for tier in TIERS})
    thresholds = explain.number_lines(told.values(), t)
    facts: list[tuple[str, Any]] = [
        ("explain.now", t("safety.now", met=fmt.count(counts["met"]))),
        ("repeat.readings", [t("safety.counting"), " ", explain.unverified_pill(t, t("safety.counting"))]),
        ("explain.thresholds", html.Ul(thresholds, className="thresholds")),
        ("explain.leaves_out", t("safety.leaves_out")),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    info = explain.rule_popover(title, t("safety.rule"), facts, "", "safety_penalty", t)
    content = controls.stack_table(title, heads, body) if body else html.P(t("safety.none"), className="quiet-line")
    return controls.card(title, how, content, extra=info, id="repeat-safety")


def _who(one: Standing, t: Text) -> html.Div:
    """The enterprise, and its decisions on demand."""
    lines = [html.Li(_decision(judged, t)) for judged in one.penalties]
    name = one.enterprise_name or t("terminals.enterprise.none")
    summed = t("safety.decisions", count=fmt.count(len(lines)), counted=fmt.count(len(one.counted)))
    return html.Div([
        html.Span(name),
        html.Details(
            [html.Summary([shell.icon("right"), html.Span(summed)]), html.Ul(lines, className="thresholds")],
            className="fold plain-fold",
        ),
    ])  # fmt: skip


def _decision(judged: safety_repeat.Judged, t: Text) -> str:
    of = judged.penalty
    if judged.reason is not None:
        fate = t.pick(*REASON_WORDS[judged.reason])
        fate += t("safety.on", day=fmt.day(of.annulled_on, t.lang)) if judged.reason == "annulled" else ""
    else:
        until = judged.leaves_180d_on if judged.is_in_180d else judged.leaves_1y_on
        fate = t("safety.counts.180d" if judged.is_in_180d else "safety.counts.1y", until=fmt.day(until, t.lang))
    day, basis = fmt.day(of.decided_on, t.lang), of.as_reported or ""
    return t("safety.decision", day=day, number=of.decision_no, basis=basis, fate=fate)


def _cells(one: Standing, t: Text) -> list[Any]:
    return [
        shell.pill(t.pick(*TIER_WORDS[one.tier]), TONES[one.tier]), fmt.count(one.count_180d), fmt.count(one.count_1y),
        _majors(one.open_major, t) or fmt.NONE, _day(one.met_on, t), _day(one.lapses_on, t),
    ]  # fmt: skip


def _majors(hazards: tuple[MajorHazard, ...], t: Text) -> str:
    return t("availability.join").join(
        t("safety.hazard", number=one.hazard_no, day=fmt.day(one.registered_on, t.lang)) for one in hazards
    )


def _day(day: date | None, t: Text) -> str:
    return fmt.NONE if day is None else fmt.day(day, t.lang)
