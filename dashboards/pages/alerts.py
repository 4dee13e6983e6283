"""What needs a hand today? One list by written rules: what, whose, since when, due when, who has it, and the rows
behind it. An alert is the same tomorrow, with its age; it decides nothing. What people say of it takes it out of no
count."""

from collections import Counter
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl

from dash import Input, Output, State, callback, dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import alert_drawer, alert_facts, as_of, controls, explain, lists, queries, shell, words
from dashboards import format as fmt
from dashboards.access import session
from dashboards.alert_facts import HERE, MINE, SHOWN_STATES, Choice, Facts
from dashboards.selection import ALL, Known, from_page, plain_date
from dashboards.text import Text
from warehouse import alert_store
from warehouse.access_log import record
from warehouse.alert_store import STATE_WORDS, BadSaying, Overtaken, Saying
from warehouse.alerts import SEVERITIES, SEVERITY_WORDS, Alert, Rule, detail_words, parameters
from warehouse.alerts import subject_words as told_subject
from warehouse.errors import NotAllowed

ROWS_SHOWN = 100
FIRST_SHOWN = 20
"""Rows before the others are asked for."""
NAMED = 3
"""Rules that the lead sentence names at most."""
TONE = {"act": "worse", "soon": "warn", "look": ""}


# --- words ---------------------------------------------------------------------------------------------------
def rule_words(rule: Rule, t: Text) -> str:
    return t.pick(rule.zh, rule.en)


def severity_pill(severity: str, t: Text) -> html.Span:
    return shell.pill(t.pick(*SEVERITY_WORDS[severity]), TONE[severity])


def subject_words(one: Alert, titles: dict[str, tuple[str, str]], t: Text) -> str:
    """What an alert is about: a feed by its name, all else as it is told."""
    return words.feed(one.subject, titles, t) if one.rule.startswith("feed_") else told_subject(one, t.lang)


def detail_of(one: Alert, reasons: dict[tuple[str, str], tuple[str, str]], t: Text) -> str:
    """The detail in words; classes of vehicles and reasons of refused deliveries have theirs on the pages."""
    if one.detail is None:
        return ""
    if one.rule in ("terminal_silent", "alarm_open"):
        return t(f"class.{one.detail}")
    if one.rule == "feed_stopped":
        return words.reason_of(reasons, one.detail)
    return detail_words(one, t.lang)


# --- above ---------------------------------------------------------------------------------------------------
def state_words(state: str, t: Text) -> str:
    """A state that the list is narrowed to."""
    return t(f"alerts.state.{state}") if state in (ALL, MINE) else t.pick(*STATE_WORDS[state])


def lead(facts: Facts, t: Text) -> html.P:
    """How many are urgent and due soon, how many are new today, how many nobody has taken, and the rules with the most
    of what is urgent."""
    found, rules, choice = facts.found, facts.rules, facts.choice
    counted = Counter(one.severity for one in found)
    new = sum(one.age_days == 0 for one in found)
    said = t.parts(
        "alerts.lead",
        day=html.Span(fmt.day(choice.as_of, t.lang), className="unbroken"),
        act=html.B(fmt.count(counted["act"]), className="worse" if counted["act"] else "better"),
        soon=html.B(fmt.count(counted["soon"])),
        look=html.B(fmt.count(counted["look"])),
        new=html.B(fmt.count(new)),
    )
    stands = facts.counted()
    said += t.parts(
        "alerts.lead.states",
        open=html.B(fmt.count(stands["open"]), className="worse" if stands["open"] else "better"),
        **{name: fmt.count(stands[name]) for name in ("taken", "aside", "done")},
    )
    late = sum(one.is_late for one in facts.standings.values())
    if late:
        said.append(t("alerts.lead.late", count=fmt.count(late)))
    most = Counter(one.rule for one in found if one.severity == "act").most_common(NAMED)
    if most:
        named = [t("alerts.lead.rule", rule=rule_words(rules[name], t), count=fmt.count(many)) for name, many in most]
        said.append(t("alerts.lead.most", rules=t("alerts.lead.join").join(named)))
    return html.P(said, className="lead")


def filters(choice: Choice, known: Known, first: Any, t: Text) -> html.Div:
    """Urgency, county and day; all of them are in the address."""
    severities = [
        (name, t("alerts.severity.all") if name == ALL else t.pick(*SEVERITY_WORDS[name]),
         HERE + choice.query(severity=name, rule=ALL))
        for name in (ALL, *SEVERITIES)
    ]  # fmt: skip
    counties = [
        (code, controls.county_words(code, known, t), HERE + choice.query(county=code))
        for code in (ALL, *known.current_counties)
    ]
    states = [
        (name, state_words(name, t), HERE + choice.query(state=name))
        for name in (ALL, *SHOWN_STATES)
        if name != MINE or shell.sees("handle")
    ]
    choices = [
        (t("alerts.severity"), choice.severity, severities), (t("alerts.state"), choice.state, states),
        (t("filter.county"), choice.county, counties),
    ]  # fmt: skip
    chosen = controls.county_words(choice.county, known, t)
    return as_of.filters("alerts", choices, chosen, choice.as_of, (first, choice.last_day), t, many=True)


def printed(choice: Choice, known: Known, db: queries.Source, t: Text) -> html.P:
    told = [
        (t("filter.county"), controls.county_words(choice.county, known, t)),
        (t("repeat.as_of"), fmt.day(choice.as_of, t.lang)),
    ]
    return as_of.printed(told, t, t("app.snapshot", version=db.version))


# --- rules ---------------------------------------------------------------------------------------------------
def info(db: queries.Source, rule: Rule, count: int, choice: Choice, t: Text) -> Any:
    """The (i) of a rule: what it says, who acts, from which table, by which parameters."""
    lines = explain.number_lines(parameters(db, rule.parameter_names, choice.as_of), t)
    told: list[tuple[str, Any]] = [
        ("explain.now", fmt.count(count)),
        ("explain.known_from", explain.confidence_pill(rule.confidence, t)),
        *([("explain.thresholds", html.Ul(lines, className="thresholds"))] if lines else []),
        ("alerts.acts", t.pick(rule.acts_zh, rule.acts_en)),
        ("explain.data", html.Code(rule.source_table)),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    link = HERE + choice.query(rule=rule.alert_rule) + "#alerts-rows"
    says = rule_words(rule, t)
    return explain.rule_popover(says, says, told, link, rule.source_table.split(".")[1], t)


def rules_card(db: queries.Source, facts: Facts, t: Text) -> html.Section:
    """How many alerts each rule has, how many of them are open, how old the oldest is, and where the rows behind it
    are."""
    found, rules, choice = facts.found, facts.rules, facts.choice
    heads: controls.Heads = [
        (t("alerts.rule"), False), (t("alerts.severity"), False), (t("alerts.count"), True),
        (t("alerts.waiting"), True), (t("alerts.new"), True), (t("alerts.oldest"), True), (t("alerts.acts"), False),
        (t("alerts.rows_at"), False),
    ]  # fmt: skip
    body = []
    for name, count in alert_facts.by_urgency(found, rules).items():
        rule, waiting = rules[name], facts.waiting(rule=name)
        ages = [one.age_days for one in found if one.rule == name and one.age_days is not None]
        link = dcc.Link(
            fmt.count(count), href=HERE + choice.query(rule=name, severity=ALL, state=ALL) + "#alerts-rows",
            title=t("action.rows_of", what=rule_words(rule, t)), className="text-link",
        )  # fmt: skip
        href = alert_facts.rows_of(db, choice, name)
        at: Any = fmt.NONE
        if href:
            at = dcc.Link([t("action.rows"), shell.icon("right")], href=href, className="rows-link")
        head = html.Div([html.Span(rule_words(rule, t)), info(db, rule, count, choice, t)], className="name-and-info")
        cells = [
            severity_pill(rule.alert_severity, t), link,
            fmt.count(waiting) if waiting else fmt.NONE, fmt.count(ages.count(0)) if ages.count(0) else fmt.NONE,
            t.plural("alerts.days", max(ages)) if ages else fmt.NONE, t.pick(rule.acts_zh, rule.acts_en), at,
        ]  # fmt: skip
        body.append(controls.stack_row(head, cells, heads))
    content: Any = controls.stack_table(t("alerts.rules"), heads, body)
    if not body:
        content = html.P(t("alerts.none"), className="quiet-line")
    pill = explain.unverified_pill(t, t("alerts.unverified"))
    return controls.card(t("alerts.rules"), t("alerts.rules.how"), content, extra=pill)


# --- the list ------------------------------------------------------------------------------------------------
def due_words(one: Alert, t: Text) -> Any:
    """The last day, and how far off it is."""
    if one.due_on is None or one.days_late is None:
        return fmt.NONE
    under = "under worse" if one.days_late > 0 else "under"
    return html.Span([_day(one.due_on, t), html.Span(words.days_left(-one.days_late, t), className=under)])


def _day(day: date, t: Text) -> html.Span:
    return html.Span(fmt.day(day, t.lang), className="unbroken")


def rows(db: queries.Source, facts: Facts, found: list[Alert], known: Known, t: Text) -> html.Div:
    """Alerts one by one, each with how it stands and the way to the rows behind it."""
    rules, choice = facts.rules, facts.choice
    heads: controls.Heads = [
        (t("alerts.subject"), False), (t("alerts.severity"), False), (t("alerts.rule"), False),
        (t("filter.county"), False), (t("alerts.unit"), False), (t("alerts.since"), False), (t("alerts.due"), False),
        (t("alerts.state"), False), (t("alerts.owner"), False), (t("alerts.rows_at"), False),
    ]  # fmt: skip
    titles, reasons = queries.feed_titles(db), words.reason_words(queries.reasons(db), t)
    body = []
    for position, one in enumerate(found):
        rule = rules[one.rule]
        href = alert_facts.rows_of(db, choice, one.rule, one)
        since: Any = fmt.NONE
        if one.since is not None and one.age_days is not None:
            age = t("alerts.today") if one.age_days == 0 else t.plural("alerts.days", one.age_days)
            since = html.Span([_day(one.since, t), html.Span(age, className="under")])
        cells = [
            severity_pill(one.severity, t),
            html.Span([rule_words(rule, t), html.Span(detail_of(one, reasons, t), className="under")]),
            controls.place_name(known, one.county_code, t) if one.county_code else fmt.NONE,
            html.Span(unit, className="said") if (unit := one.unit or one.uscc) else fmt.NONE,
            since, due_words(one, t), alert_drawer.state_pill(facts.of(one), t),
            alert_drawer.standing_words(facts, facts.of(one), t),
            dcc.Link(t("action.rows"), href=href, className="text-link") if href else fmt.NONE,
        ]  # fmt: skip
        head = dcc.Link(
            html.Span(subject_words(one, titles, t), className="said"),
            href=HERE + choice.query(alert=one.key) + "#alerts-rows", className="text-link", title=t("alerts.open"),
        )  # fmt: skip
        body.append(controls.stack_row(head, cells, heads, "beyond" if position >= FIRST_SHOWN else None))
    return controls.stack_table(t("alerts.list"), heads, body)


def rows_card(db: queries.Source, facts: Facts, known: Known, t: Text) -> html.Section:
    choice, shown = facts.choice, facts.listed
    content: list[Any] = [rows(db, facts, shown[:ROWS_SHOWN], known, t)]
    if not shown:
        content = [html.P(t("alerts.none"), className="quiet-line")]
    if len(shown) > FIRST_SHOWN:
        less = {"data-expand": "#alerts-rows table", "data-less": t("alerts.fewer", count=FIRST_SHOWN)}
        more = t("alerts.more", count=fmt.count(min(len(shown), ROWS_SHOWN)))
        content.append(html.Button(more, className="button more", **less))
    how = None
    if len(shown) > ROWS_SHOWN:
        how = [t("penalties.rows.first", shown=ROWS_SHOWN), html.Code(command(choice))]
    told = t("alerts.list.of", count=fmt.count(len(shown)))
    if choice.rule != ALL:
        told = f"{rule_words(facts.rules[choice.rule], t)} · {told}"
    if choice.state != ALL:
        told = f"{state_words(choice.state, t)} · {told}"
    close = None
    if (choice.rule, choice.severity, choice.state) != (ALL, ALL, ALL):
        every = HERE + choice.query(rule=ALL, severity=ALL, state=ALL)
        close = dcc.Link([shell.icon("x"), t("alerts.show_all")], href=every, className="button")
    return controls.card(told, how, content, extra=close, id="alerts-rows")


def beside(
    db: queries.Source, facts: Facts, known: Known, t: Text, said: Any = None, typed: dict[str, Any] | None = None
) -> list[Any] | None:
    """What the drawer holds; None: no alert is open."""
    if facts.choice.alert is None:
        return None
    one = facts.opened()
    head = "" if one is None else subject_words(one, queries.feed_titles(db), t)
    where = None if one is None else alert_facts.rows_of(db, facts.choice, one.rule, one)
    return alert_drawer.drawer(facts, head, where, known, t, said, typed)


def command(choice: Choice) -> str:
    """What writes every alert of the choice on the command line."""
    told = {"as-of": choice.as_of.isoformat()}
    told |= {name: value for name in ("county", "severity", "rule", "state") if (value := getattr(choice, name)) != ALL}
    return " ".join(["heng alerts", *(f"--{name} {value}" for name, value in told.items()), "--format csv"])


# --- the page ------------------------------------------------------------------------------------------------
@shell.page("alerts")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "alerts", db)
    if not alert_facts.is_built(db):
        card = shell.state_card("database", t("alerts.old"), [t("state.no_terminals.why")])
        return shell.frame(view, "alerts", card, db=db)
    choice, bad = alert_facts.choice_of(query, known, db)
    facts = Facts(db, choice, session.signed_in())
    opened = beside(db, facts, known, t)
    look = "card drawer open" if opened else "card drawer"
    words_of_drawer = {"aria-label": t("alerts.open")}
    return shell.frame(
        view,
        "alerts",
        [
            html.Div(lead(facts, t), id="alerts-lead"),
            printed(choice, known, db, t),
            filters(choice, known, alert_facts.first_day(db), t),
            html.Div(rules_card(db, facts, t), id="alerts-by-rule"),
            html.Div(
                [
                    html.Div(rows_card(db, facts, known, t), id="alerts-list"),
                    html.Aside(opened, id="alerts-drawer", className=look, **words_of_drawer),
                ],
                className="rows-and-drawer",
            ),
            *as_of.stores(
                "alerts",
                HERE,
                choice.query(alert=choice.alert),
                choice.query(absolute=True, alert=choice.alert),
                choice.as_of,
            ),
        ],
        actions=[controls.copy_link("alerts", t), *lists.file_links("alerts", choice.query(absolute=True))],
        db=db,
        notices=[t("state.bad_values", values=t("availability.join").join(bad))] if bad else None,
    )


PAGE = {"path": HERE, "title": shell.title("alerts"), "layout": layout}
as_of.follow("alerts")


@callback(
    Output("alerts-drawer", "children"),
    Output("alerts-lead", "children"),
    Output("alerts-by-rule", "children"),
    Output("alerts-list", "children"),
    Input("alerts-say", "n_clicks"),
    State("alerts-seen", "data"),
    State("alerts-action", "value"),
    State("alerts-owner", "value"),
    State("alerts-until", "value"),
    State("alerts-reason", "value"),
    State("alerts-query", "data"),
    State("alerts-view", "data"),
    prevent_initial_call=True,
)
def say(
    clicks: Any, seen: Any, action: Any, owner: Any, until: Any, reason: Any, asked: Any, view_data: Any
) -> list[Any]:  # fmt: skip
    """Says something of the open alert, as the form has it, and tells the page anew."""
    t = shell.view_from(view_data).text
    db = queries.source()
    known = queries.known(db)
    query = asked.get("query") if isinstance(asked, dict) else None
    if known is None or not isinstance(query, str) or not isinstance(seen, dict):
        raise BadRequest("no alert")
    choice = from_page(dict(parse_qsl(query.removeprefix("?"))), lambda told: alert_facts.choice_of(told, known, db))
    number = str(seen.get("seen"))
    if not alert_drawer.is_saying(action) or seen.get("alert") != choice.alert or not number.isdecimal():
        raise BadRequest("no saying")
    if not all(one is None or (isinstance(one, str) and len(one) <= 1_000) for one in (owner, until, reason)):
        raise BadRequest("no texts")
    if choice.as_of != known.last_day:
        raise BadRequest("an alert of an earlier day")
    facts = Facts(db, choice, session.signed_in())
    one = facts.opened()
    typed: dict[str, Any] | None = {"action": action, "owner": owner, "until": until, "reason": reason}
    said: Any = None
    if one is not None:
        try:
            told = Saying(action, int(number[:12]), plain_date(until), owner, reason or "")
            alert_store.say(db, one, told, session.principal(), facts.days)
            said, typed = shell.note(t(f"alerts.said.{action}"), "soft"), None
        except NotAllowed:
            record("refused", facts.me, endpoint="alerts-drawer", permission="handle")
            said = shell.note(t("alerts.not_yours"))
        except Overtaken:
            said = shell.note(t("alerts.overtaken"))
        except BadSaying as error:
            most = int(alert_store.limits(db, choice.as_of)["alert_aside_days"].value)
            said = shell.note(alert_drawer.bad_words(error, facts.days.day + timedelta(days=most), t))
        facts = Facts(db, choice, session.signed_in())
    drawer = beside(db, facts, known, t, said, typed)
    return [drawer, lead(facts, t), rules_card(db, facts, t), rows_card(db, facts, known, t)]
