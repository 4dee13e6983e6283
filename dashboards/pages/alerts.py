"""What needs a hand today? One list by written rules: what, whose, since when, due when, and the rows behind it. An
alert is the same tomorrow, with its age; it decides nothing."""

from collections import Counter
from datetime import date
from typing import Any

from dash import dcc, html

from dashboards import alert_facts, as_of, controls, explain, lists, queries, shell, words
from dashboards import format as fmt
from dashboards.alert_facts import HERE, Choice
from dashboards.selection import ALL, Known
from dashboards.text import Text
from warehouse.alerts import SEVERITIES, SEVERITY_WORDS, Alert, Rule, detail_words, parameters

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
    return words.feed(one.subject, titles, t) if one.rule.startswith("feed_") else one.subject


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
def lead(found: list[Alert], rules: dict[str, Rule], choice: Choice, t: Text) -> html.P:
    """How many are urgent and due soon, how many are new today, and the rules with the most of what is urgent."""
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
    choices = [
        (t("alerts.severity"), choice.severity, severities), (t("filter.county"), choice.county, counties)
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


def rules_card(
    db: queries.Source, found: list[Alert], rules: dict[str, Rule], choice: Choice, t: Text
) -> html.Section:  # fmt: skip
    """How many alerts each rule has, how old the oldest is, and where the rows behind it are."""
    heads: controls.Heads = [
        (t("alerts.rule"), False), (t("alerts.severity"), False), (t("alerts.count"), True), (t("alerts.new"), True),
        (t("alerts.oldest"), True), (t("alerts.acts"), False), (t("alerts.rows_at"), False),
    ]  # fmt: skip
    body = []
    for name, count in alert_facts.by_urgency(found, rules).items():
        rule = rules[name]
        ages = [one.age_days for one in found if one.rule == name and one.age_days is not None]
        link = dcc.Link(
            fmt.count(count), href=HERE + choice.query(rule=name, severity=ALL) + "#alerts-rows",
            title=t("action.rows_of", what=rule_words(rule, t)), className="text-link",
        )  # fmt: skip
        href = alert_facts.rows_of(db, choice, name)
        at: Any = fmt.NONE
        if href:
            at = dcc.Link([t("action.rows"), shell.icon("right")], href=href, className="rows-link")
        head = html.Div([html.Span(rule_words(rule, t)), info(db, rule, count, choice, t)], className="name-and-info")
        cells = [
            severity_pill(rule.alert_severity, t), link, fmt.count(ages.count(0)) if ages.count(0) else fmt.NONE,
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


def rows(
    db: queries.Source, found: list[Alert], rules: dict[str, Rule], choice: Choice, known: Known, t: Text
) -> html.Div:  # fmt: skip
    """Alerts one by one, each with the way to the rows behind it."""
    heads: controls.Heads = [
        (t("alerts.subject"), False), (t("alerts.severity"), False), (t("alerts.rule"), False),
        (t("filter.county"), False), (t("alerts.unit"), False), (t("alerts.since"), False), (t("alerts.due"), False),
        (t("alerts.rows_at"), False),
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
            since, due_words(one, t),
            dcc.Link(t("action.rows"), href=href, className="text-link") if href else fmt.NONE,
        ]  # fmt: skip
        head = html.Span(subject_words(one, titles, t), className="said")
        body.append(controls.stack_row(head, cells, heads, "beyond" if position >= FIRST_SHOWN else None))
    return controls.stack_table(t("alerts.list"), heads, body)


def rows_card(
    db: queries.Source, found: list[Alert], rules: dict[str, Rule], choice: Choice, known: Known, t: Text
) -> html.Section:  # fmt: skip
    shown = [one for one in found if choice.holds(one)]
    content: list[Any] = [rows(db, shown[:ROWS_SHOWN], rules, choice, known, t)]
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
        told = f"{rule_words(rules[choice.rule], t)} · {told}"
    close = None
    if choice.rule != ALL or choice.severity != ALL:
        every = HERE + choice.query(rule=ALL, severity=ALL)
        close = dcc.Link([shell.icon("x"), t("alerts.show_all")], href=every, className="button")
    return controls.card(told, how, content, extra=close, id="alerts-rows")


def command(choice: Choice) -> str:
    """What writes every alert of the choice on the command line."""
    told = {"as-of": choice.as_of.isoformat()}
    told |= {name: value for name in ("county", "severity", "rule") if (value := getattr(choice, name)) != ALL}
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
    rules, found = alert_facts.rules(db, choice.as_of), alert_facts.every(db, choice.asked)
    return shell.frame(
        view,
        "alerts",
        [
            lead(found, rules, choice, t),
            printed(choice, known, db, t),
            filters(choice, known, alert_facts.first_day(db), t),
            rules_card(db, found, rules, choice, t),
            rows_card(db, found, rules, choice, known, t),
            *as_of.stores("alerts", HERE, choice.query(), choice.query(absolute=True), choice.as_of),
        ],
        actions=[controls.copy_link("alerts", t), *lists.file_links("alerts", choice.query(absolute=True))],
        db=db,
        notices=[t("state.bad_values", values=t("availability.join").join(bad))] if bad else None,
    )


PAGE = {"path": HERE, "title": shell.title("alerts"), "layout": layout}
as_of.follow("alerts")
