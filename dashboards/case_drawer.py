"""One case beside its row: days, three amounts, deadlines, steps with what was refused, decisions, its match."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboards import case_facts, controls, lists, queries, shell, words
from dashboards import format as fmt
from dashboards.case_facts import Choice
from dashboards.match_lines import match_ties
from dashboards.selection import Known
from dashboards.text import Text
from warehouse import case_terms as terms
from warehouse.cases import Case, CaseFile, Clock, Decision, Refused, Step
from warehouse.dossier_text import Words
from warehouse.money import yuan
from warehouse.plate import masked

HERE = "/penalties"
DAYS = ("found_on", "filed_on", "decided_on", "served_on", "paid_on", "closed_on")
AMOUNTS = ("statutory_fen", "decided_fen", "collected_fen", "surcharge_fen")
"""Three amounts that stay apart, and the surcharge that was collected."""


def drawer(db: queries.Source, source: queries.Source, choice: Choice, known: Known, t: Text) -> list[Any]:
    """What stands behind the row that is open; a row of another version, or none, is said to be one."""
    told = case_facts.case_at(db, source, choice)
    close = dcc.Link(
        shell.icon("x"),
        href=HERE + choice.query(row=None) + "#rows",
        className="icon-button",
        title=t("evidence.close"),
    )
    if told is None:
        return [_head(t("vehicles.drawer.old"), t("vehicles.drawer.old.why"), close)]
    case = told.case
    return [
        _head(html.Span(case.case_no, lang="zh"), t("repeat.as_of.day", day=fmt.day(choice.as_of, t.lang)), close),
        html.Dl(_facts(case, known, t), className="facts"),
        html.P(t("penalties.no_target").strip(), className="subtitle"),
        *_section(
            t("penalties.clocks"), [_clock(db, one, t) for one in by_urgency(told.clocks)], t("penalties.none"), t
        ),
        *_section(t("case.steps"), [_step(step, t) for step in told.steps], t("case.steps.none"), t),
        *_section(t("case.decisions"), [_decision(one, t) for one in told.decisions], t("case.decisions.none"), t),
        *_match(told, choice, t),
    ]


def _head(title: Any, under: str, close: Any) -> html.Div:
    return html.Div(
        [html.Div([html.H2(title), html.Span(under, className="under")]), close], className="drawer-head"
    )  # fmt: skip


def _facts(case: Case, known: Known, t: Text) -> list[Any]:
    state: list[Any] = [terms.state_name(case.case_state, t.lang)]
    if case.is_state_reported:
        state.append(html.Span(t("penalties.reported"), className="under"))
    if case.is_closed_on_list_only:
        state.append(html.Span(t("penalties.closed_on_list"), className="under worse"))
    found = [
        *lists.fact(t("penalties.state"), state),
        *lists.fact(t("case.head.act"), terms.act_name(case.act_code, case.sector, t.lang)),
        *lists.fact(t("filter.county"), controls.place_name(known, case.county_code, t)),
        *lists.fact(t("table.plate"), html.Span(masked(case.plate_no), className="unbroken")),
    ]
    for name in DAYS:
        found += lists.fact(t(f"case.{name}"), fmt.day(getattr(case, name), t.lang))
    for name in AMOUNTS:
        fen = getattr(case, name)
        found += lists.fact(t(f"case.{name}"), fmt.NONE if fen is None else yuan(fen))
    return found


def _section(title: str, rows: list[Any], none: str, t: Text) -> list[Any]:
    body = rows or [html.P(none, className="quiet-line")]
    return [html.H3(f"{title} {fmt.count(len(rows))}"), html.Div(body, className="proof acts")]


def step_words(one: Step | Refused, t: Text) -> str:
    """From which state to which."""
    before = t("case.begin") if one.from_state == "none" else terms.state_name(one.from_state, t.lang)
    return f"{before} → {terms.state_name(one.case_state, t.lang)}"


def _step(one: Step, t: Text) -> html.Div:
    told: list[Any] = [html.B(step_words(one, t)), html.Br(), fmt.moment(one.event_at, t.lang)]
    if not one.is_accepted:
        missing = terms.guards(one.missing_guards, t.lang)
        why = t("case.missing", what=missing) if missing else t("case.not_from_there")
        told.append(html.Span([html.B(t("case.refused")), t("app.colon"), why], className="under worse"))
    return html.Div([shell.icon("check" if one.is_accepted else "x"), html.Span(told)])


def _decision(one: Decision, t: Text) -> html.Div:
    w = Words(t.lang)
    told: list[Any] = [html.B(f"{w.of('penalty', one.penalty_kind)} · {w.of('against', one.subject_kind)}"), html.Br()]
    days = [fmt.day(one.decided_on, t.lang)]
    if one.served_on is not None:
        days.append(f"{t('case.served_on')} {fmt.day(one.served_on, t.lang)}")
    amounts = [
        f"{t(f'case.{name}')} {yuan(getattr(one, name))}" for name in ("statutory_fen", "decided_fen", "collected_fen")
    ]
    told += [t("availability.join").join([*days, *amounts]), html.Span(one.decision_no, className="under")]
    if not one.is_in_effect:
        told.append(html.Span(t("case.not_in_effect"), className="under worse"))
    return html.Div([shell.icon("check" if one.is_in_effect else "x"), html.Span(told)])


def by_urgency(clocks: Sequence[Clock]) -> list[Clock]:
    """Overdue ones first, the longest overdue before the others, then what is running; the rest by their last day."""
    places = {"overdue": 0, "running": 1}
    return sorted(
        clocks, key=lambda one: (places.get(one.state, 2), -(one.days_late or 0) if one.state == "overdue" else 0)
    )  # fmt: skip


def _clock(db: queries.Source, one: Clock, t: Text) -> html.Div:
    """A deadline: how late, its days, and its rule in words with the number of the rule at the end."""
    told: list[Any] = [
        html.B(f"{terms.CLOCK_TERMS[one.clock].name(t.lang)} · {terms.STATE_TERMS[one.state].name(t.lang)}")
    ]
    if one.days_late:
        told += [" ", shell.pill(words.days_left(-one.days_late, t), "worse" if one.state == "overdue" else "warn")]
    elif one.state == "running" and one.days_left is not None:
        told += [" ", words.days_left(one.days_left, t)]
    told += [html.Br(), f"{fmt.day(one.started_on, t.lang)} → {fmt.day(one.due_on, t.lang)}"]
    if one.ended_on is not None:
        told.append(t("case.clock.done", day=fmt.day(one.ended_on, t.lang)))
    if one.surcharge_fen is not None:
        told.append(html.Span(t("penalties.clocks.surcharge", yuan=yuan(one.surcharge_fen)), className="under"))
    if one.rule_id:
        told.append(rule_words(db, one.rule_id, t))
    if not one.has_verified_rule:
        told.append(html.Span(t("penalties.clock.unverified"), className="under"))
    look = {"overdue": "x", "met": "check"}.get(one.state, "clock")
    return html.Div([shell.icon(look), html.Span(told, className="worse" if one.state == "overdue" else "")])


def rule_words(db: queries.Source, rule_id: str, t: Text) -> html.Span:
    """A rule as the rulebook words it, its source, and small at the end its number."""
    rule = case_facts.rule_of(db, rule_id)
    said = [] if rule is None else [
        t.pick(rule.condition_zh, rule.condition_en), t("app.colon"), t.pick(rule.citation_zh, rule.citation_en), " ",
    ]  # fmt: skip
    return html.Span([*said, html.Code(rule_id)], className="under")


def _match(told: CaseFile, choice: Choice, t: Text) -> list[Any]:
    """What belongs to the case. A night's lists have no passages, and illegal operation is matched to none."""
    if told.match is not None:
        return [html.H3(t("match.title")), match_ties(told.match, t), *_passage(told, t)]
    if choice.known_on is not None:
        return [html.H3(t("match.title")), html.P(t("match.of_night"), className="quiet-line")]
    return []


def _passage(told: CaseFile, t: Text) -> list[Any]:
    if told.match is None or told.match.passage_record_id is None:
        return []
    href = f"/overload/rows?record={told.match.passage_record_id}&metric=passages"
    return [html.Div(dcc.Link(t("lookup.evidence"), href=href, className="button"), className="drawer-actions")]


def source_of(db: queries.Source, one: Refused, t: Text) -> Any:
    """The file and line a step was delivered in; its record where no delivery is known."""
    delivery = queries.delivery(db, one.delivery_id)
    if delivery is None:
        return one.record_id
    return t("hazards.source", file=delivery["name"], line=fmt.count(one.source_line))
