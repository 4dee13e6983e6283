"""One alert beside its row: what the rule says, how it stands and by whose word, and the form to say more of it."""

from datetime import date, timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboards import controls, lists, shell
from dashboards import format as fmt
from dashboards.access import session
from dashboards.access.frame import moment
from dashboards.alert_facts import HERE, Facts
from dashboards.selection import Known
from dashboards.text import Text
from warehouse import alert_store
from warehouse.alert_store import ACTIONS, LONGEST_REASON, STATE_WORDS, BadSaying, Standing, Step
from warehouse.alerts import Alert

USUAL_DAYS = 7
"""Days ahead that the form offers."""
TONE = {"open": "worse", "taken": "better", "aside": "warn", "done": ""}
TYPED = ("action", "owner", "until", "reason")
"""What the form holds, by the ends of its fields' ids."""


def state_pill(told: Standing, t: Text) -> html.Span:
    """How an alert stands; taken and late, or open again, is said."""
    says = t.pick(*STATE_WORDS[told.state])
    if told.is_late:
        return shell.pill(t("alerts.state.late", state=says), "warn")
    if told.is_again:
        return shell.pill(t("alerts.state.again"), TONE["open"])
    return shell.pill(says, TONE[told.state])


def standing_words(facts: Facts, told: Standing, t: Text) -> Any:
    """Whose it is and until when; of one put aside until when, of one that nobody has, nothing."""
    if told.state == "taken":
        until = t("alerts.until.by", day=fmt.day(told.until, t.lang))
        look = "under worse" if told.is_late else "under"
        return html.Span([facts.name_of(told.owner), html.Span(until, className=look)])
    if told.state == "aside":
        return html.Span(t("alerts.until.aside", day=fmt.day(told.until, t.lang)), className="under")
    return fmt.NONE


def offered(told: Standing, facts: Facts) -> list[str]:
    """What can be said of an alert as it stands, the usual thing first."""
    mine = told.state == "taken" and told.owner == facts.me
    if told.state == "open":
        return ["take", "hand", "aside", "done"]
    if told.state == "taken":
        return ["done" if mine else "take", "hand", "aside", "reopen", "take" if mine else "done"]
    return ["reopen", "take", "hand", "done" if told.state == "aside" else "aside"]


def owners(facts: Facts, one: Alert) -> list[dict[str, str]]:
    """Accounts that an alert may be handed to, by name."""
    found = [account for account in facts.accounts.values() if alert_store.may_own(account, one.county_code)]
    return [{"value": account.account_id, "label": account.name} for account in found if account.account_id != facts.me]


def drawer(
    facts: Facts,
    head: str,
    rows: str | None,
    known: Known,
    t: Text,
    said: Any = None,
    typed: dict[str, Any] | None = None,
) -> list[Any]:
    """What stands beside the list. ``head``: the alert's subject in words; ``said``: what came of the last saying;
    ``typed``: what the form held then."""
    one = facts.opened()
    close = dcc.Link(
        shell.icon("x"), href=HERE + facts.choice.query() + "#alerts-rows", className="icon-button",
        id="alerts-drawer-close", title=t("evidence.close"),
    )  # fmt: skip
    if one is None:
        gone = html.Div([html.H2(t("alerts.gone")), html.Span(t("alerts.gone.why"), className="under")])
        return [html.Div([gone, close], className="drawer-head"), said]
    rule, told = facts.rules[one.rule], facts.of(one)
    title = html.Div([html.H2(head, className="said"), html.Span(t.pick(rule.zh, rule.en), className="under")])
    place = controls.place_name(known, one.county_code, t) if one.county_code else fmt.NONE
    shown = [
        *lists.fact(t("alerts.state"), state_pill(told, t)),
        *lists.fact(t("alerts.owner"), standing_words(facts, told, t)),
        *(lists.fact(t("alerts.reason"), told.reason) if told.reason else []),
        *lists.fact(t("alerts.acts"), t.pick(rule.acts_zh, rule.acts_en)),
        *lists.fact(t("filter.county"), place),
        *lists.fact(t("alerts.since"), fmt.day(one.since, t.lang) if one.since else fmt.NONE),
        *lists.fact(t("alerts.due"), fmt.day(one.due_on, t.lang) if one.due_on else fmt.NONE),
    ]  # fmt: skip
    steps = alert_store.history(one.key, facts.choice.as_of)
    link = dcc.Link([t("action.rows"), shell.icon("right")], href=rows, className="rows-link") if rows else None
    return [
        html.Div([title, close], className="drawer-head"),
        html.Dl(shown, className="facts"),
        html.P(link),
        html.Div(said, role="status"),
        *_form(facts, one, told, t, typed or {}),
        html.H3(f"{t('alerts.history')} {fmt.count(len(steps))}"),
        html.Div([_step(facts, step, t) for step in steps] or html.P(t("alerts.history.none"), className="quiet-line"),
                 className="proof"),
    ]  # fmt: skip


def _step(facts: Facts, step: Step, t: Text) -> html.Div:
    states = [t.pick(*STATE_WORDS[name]) for name in (step.from_state, step.to_state)]
    told: list[Any] = [html.B(f"{t(f'alerts.action.{step.action}')}{t('app.colon')}{' → '.join(states)}"), html.Br()]
    who = facts.name_of(step.account) or t("alerts.account.gone")
    told.append(f"{who} · {moment(step.at, t.lang)} · {t('alerts.on', day=fmt.day(step.on_date, t.lang))}")
    if step.owner and step.owner != step.account:
        told.append(
            html.Span(t("alerts.to", name=facts.name_of(step.owner) or t("alerts.account.gone")), className="under")
        )
    if step.until:
        told.append(html.Span(t("alerts.until", day=fmt.day(step.until, t.lang)), className="under"))
    if step.reason:
        told.append(html.Span(step.reason, className="under said"))
    return html.Div([shell.icon("user"), html.Span(told)])


def _form(facts: Facts, one: Alert, told: Standing, t: Text, typed: dict[str, Any]) -> list[Any]:
    """Fields to say something of the alert; for who may not, or of an earlier day, why there are none."""
    if facts.choice.as_of != facts.choice.last_day:
        return [html.P(t("alerts.only_last"), className="quiet-line")]
    if session.signed_in() is None or not alert_store.may_say(session.principal(), one.county_code):
        return [html.P(t("alerts.not_yours"), className="quiet-line")]
    most = int(alert_store.limits(facts.db, facts.choice.as_of)["alert_aside_days"].value)
    first, last = facts.days.day, facts.days.day + timedelta(days=most)
    usual = min(max(one.due_on or first, first + timedelta(days=USUAL_DAYS)), last)
    actions = offered(told, facts)
    field = {"className": "bulletin-field"}
    picker = dmc.DatePickerInput(
        id="alerts-until", label=t("alerts.field.until"), value=typed.get("until") or usual.isoformat(),
        minDate=first.isoformat(), maxDate=last.isoformat(), valueFormat="YYYY-MM-DD", size="sm", firstDayOfWeek=1,
        monthLabelFormat="YYYY年M月" if t.lang == "zh" else "MMMM YYYY", **field,
    )  # fmt: skip
    dates: Any = {"locale": "zh-cn" if t.lang == "zh" else "en", "firstDayOfWeek": 1, "weekendDays": []}
    return [
        html.H3(t("alerts.form")),
        html.Div(
            [
                dmc.Select(
                    id="alerts-action", label=t("alerts.field.action"), allowDeselect=False,
                    data=[{"value": name, "label": t(f"alerts.action.{name}")} for name in actions],
                    value=typed["action"] if typed.get("action") in actions else actions[0], **field,
                ),
                dmc.Select(
                    id="alerts-owner", label=t("alerts.field.owner"), data=owners(facts, one), clearable=True,
                    value=typed.get("owner"), placeholder=t("alerts.field.owner.none"), **field,
                ),
                dmc.DatesProvider(picker, settings=dates),
                dmc.TextInput(
                    id="alerts-reason", label=t("alerts.field.reason"), description=t("alerts.field.reason.help"),
                    value=typed.get("reason") or "", persistence=False,
                    inputProps={"maxLength": LONGEST_REASON, "autoComplete": "off"}, **field,
                ),
                html.Button(t("alerts.say"), id="alerts-say", className="button primary", n_clicks=0),
            ],
            className="alert-form",
        ),
        dcc.Store(id="alerts-seen", data={"alert": one.key, "seen": str(told.seq)}),
    ]  # fmt: skip


def bad_words(error: BadSaying, last: date, t: Text) -> str:
    """Why a saying was not taken, in the reader's words."""
    return t(f"alerts.bad.{error.which}", most=LONGEST_REASON, last=fmt.day(last, t.lang))


def is_saying(action: Any) -> bool:
    return isinstance(action, str) and action in ACTIONS
