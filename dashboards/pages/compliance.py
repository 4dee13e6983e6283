"""Who meets the safety standard, is insured and trained, which certificates end soon, and where are coach rules broken?
Every rate opens the rows it is made of. The registers are counted whole: no rate here is a sample."""

from typing import Any

from dash import dcc, html

from dashboards import as_of, compliance_facts, controls, explain, queries, shell, words
from dashboards import format as fmt
from dashboards.compliance_facts import FIRST_DAY, HERE, Choice
from dashboards.selection import ALL, Known
from dashboards.text import Text
from warehouse import compliance_terms as terms
from warehouse.compliance import MEASURES, OPEN, UNHELD, Facts, Item, Part
from warehouse.hazard_terms import word

ROWS_SHOWN = 200
LEAD = ("standard", "insurance", "training_staff")
"""Measures of the lead sentence."""
TONE = {
    "lapsed": "worse", "never": "worse", "reaches": "worse", "soon": "warn", "untrained": "warn", "partial": "warn",
    "not_inspected": "warn", "drove": "warn", "untold": "warn",
}  # fmt: skip
TERM = {"training_staff": "trained_count", "relay_inspection": "inspected_on"}
"""What the definitions are searched for, where a measure has no parameter of its own."""


# --- words ---------------------------------------------------------------------------------------------------
def name_of(measure: str, t: Text) -> str:
    return terms.MEASURES[measure].name(t.lang)


def state_words(state: str, t: Text) -> str:
    return t(f"compliance.state.{state}") if state in (OPEN, UNHELD, ALL) else word(terms.STATES, state, t.lang)


def parts(one: Part) -> str:
    return f"{fmt.count(one.rate.part)} / {fmt.count(one.rate.of)}"


# --- above ---------------------------------------------------------------------------------------------------
def lead(told: Facts, choice: Choice, t: Text) -> html.P:
    """The rates of the year's report, and how much has to be looked at."""
    said = [t("compliance.lead.day", day=fmt.day(choice.as_of, t.lang))]
    for measure in LEAD:
        whole = told.whole(measure)
        rate = html.B(fmt.indicator(whole.rate.ratio))
        said += t.parts("compliance.lead.rate", name=name_of(measure, t), rate=rate, parts=parts(whole))
    expiring = {state: sum(told.whole(name).states.get(state, 0) for name in MEASURES) for state in ("lapsed", "soon")}
    said += t.parts(
        "compliance.lead.expiring",
        lapsed=html.B(fmt.count(expiring["lapsed"]), className="worse" if expiring["lapsed"] else "better"),
        soon=html.B(fmt.count(expiring["soon"])),
        days=f"{told.told['certificate_soon_days'].value:g}",
    )
    return html.P(said, className="lead")


def filters(choice: Choice, known: Known, t: Text) -> html.Div:
    """County and day; both are in the address."""
    counties = [
        (code, controls.county_words(code, known, t), HERE + choice.query(county=code))
        for code in (ALL, *known.current_counties)
    ]
    chosen = controls.county_words(choice.county, known, t)
    days = (FIRST_DAY, choice.last_day)
    choices = [(t("filter.county"), choice.county, counties)]
    return as_of.filters("compliance", choices, chosen, choice.as_of, days, t, many=True)


def printed(choice: Choice, known: Known, db: queries.Source, t: Text) -> html.P:
    told = [
        (t("filter.county"), controls.county_words(choice.county, known, t)),
        (t("repeat.as_of"), fmt.day(choice.as_of, t.lang)),
        (t("compliance.measure"), f"{name_of(choice.measure, t)} · {state_words(choice.state, t)}"),
    ]
    return as_of.printed(told, t, t("app.snapshot", version=db.version))


# --- measures ------------------------------------------------------------------------------------------------
def info(db: queries.Source, told: Facts, one: Part, choice: Choice, t: Text) -> Any:
    """The (i) of a measure: what is divided by what, what is left out, its parameters and how well each is known."""
    spec, said = MEASURES[one.measure], terms.MEASURES[one.measure]
    lines = explain.number_lines(told.used([one.measure]), t)
    span = fmt.day_range(choice.asked.first, choice.as_of, t.lang)
    facts: list[tuple[str, Any]] = [
        ("explain.now", f"{parts(one)} = {fmt.indicator(one.rate.ratio)}"),
        *([("explain.thresholds", html.Ul(lines, className="thresholds"))] if lines else []),
        ("explain.leaves_out", said.leaves_out(t.lang)),
        ("explain.data", span if spec.of_period else fmt.day(choice.as_of, t.lang)),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    term = spec.parameters[0] if spec.parameters else TERM[one.measure]
    link = HERE + choice.opened(one.measure, ALL)
    return explain.rule_popover(said.name(t.lang), said.says(t.lang), facts, link, term, t)


def measures_card(db: queries.Source, told: Facts, choice: Choice, t: Text) -> html.Section:
    """Every measure with its rate, what it is taken from, and what has to be looked at."""
    heads: controls.Heads = [
        (t("compliance.measure"), False), (t("compliance.rate"), True), (t("compliance.parts"), True),
        (t("compliance.open"), False), (t("compliance.groups"), False),
    ]  # fmt: skip
    body = []
    for spec in MEASURES.values():
        one = told.whole(spec.name)
        head: list[Any] = [html.Span(name_of(spec.name, t)), info(db, told, one, choice, t)]
        if any(words.unverified(used.confidence) for used in told.used([spec.name])):
            head.append(explain.unverified_pill(t, t("compliance.unverified")))
        under = word(terms.TOPICS, spec.topic, t.lang) + (f" · {spec.figure}" if spec.figure else "")
        states: list[Any] = []
        for state in spec.open_states:
            if one.states[state]:
                pill = shell.pill(f"{state_words(state, t)} {fmt.count(one.states[state])}", TONE.get(state, ""))
                states += [dcc.Link(pill, href=HERE + choice.opened(spec.name, state)), " "]
        by = dcc.Link(
            t("compliance.by_county"), href=HERE + choice.query(measure=spec.name, state=OPEN) + "#compliance-groups",
            className="text-link",
        )  # fmt: skip
        cells = [fmt.indicator(one.rate.ratio), parts(one) if one.rate.of else fmt.NONE, html.Span(states), by]
        name = html.Div([html.Div(head, className="name-and-info"), html.Span(under, className="under")])
        body.append(controls.stack_row(name, cells, heads))
    content = controls.stack_table(t("compliance.measures"), heads, body)
    how = t("compliance.measures.how", span=fmt.day_range(choice.asked.first, choice.as_of, t.lang))
    return controls.card(t("compliance.measures"), how, content)


def groups_card(told: Facts, choice: Choice, known: Known, t: Text) -> html.Section:
    """The chosen measure by county and by kind."""
    tables = []
    for by in ("county", "kind"):
        rows = []
        for one in told.parts(choice.measure, by):
            group = one.group
            if by == "county":
                name = controls.place_name(known, group, t) if group else t("compliance.untold")
            else:
                name = terms.of_kind(group, t.lang) or t("compliance.untold")
            rows.append([name, fmt.indicator(one.rate.ratio), parts(one), fmt.count(one.open_count)])
        heads = [t(f"compliance.by.{by}"), t("compliance.rate"), t("compliance.parts"), t("compliance.open")]
        table: Any = html.P(t("compliance.none"), className="quiet-line")
        if rows:
            caption = f"{name_of(choice.measure, t)} · {t(f'compliance.by.{by}')}"
            table = controls.scrolled(controls.plain_table(caption, heads, rows))
        tables.append(table)
    title, content = t("compliance.groups.of", name=name_of(choice.measure, t)), html.Div(tables, className="two-cards")
    return controls.card(title, t("compliance.groups.how"), content, id="compliance-groups")


# --- rows ----------------------------------------------------------------------------------------------------
def columns_of(measure: str) -> tuple[str, ...]:
    """Fields of the rows of a measure, beside its number and state."""
    if measure.startswith("training"):
        return ("name", "kind", "county", "document", "since", "amount")
    if measure == "dawn_driving":
        return ("name", "kind", "county", "document", "since", "amount", "reading")
    if measure in ("long_line", "large_coach"):
        return ("name", "kind", "county", "since", "until", "amount")
    if measure == "relay_inspection":
        return ("name", "county", "since")
    return ("name", "kind", "county", "document", "until", "left")


def _cell(one: Item, field: str, known: Known, t: Text) -> Any:
    if field == "kind":
        return terms.of_kind(one.kind, t.lang) or fmt.NONE
    if field == "county":
        return controls.place_name(known, one.county_code, t) if one.county_code else fmt.NONE
    if field == "left":
        return fmt.NONE if one.days_left is None else words.days_left(one.days_left, t)
    if field == "amount":
        if one.amount is None:
            return fmt.NONE
        return f"{one.amount:,g}" + ("" if one.amount_of is None else f" / {one.amount_of:,g}")
    if field == "reading":
        return word(terms.READINGS, one.reading, t.lang) or fmt.NONE
    if field in ("since", "until"):
        return fmt.day(getattr(one, field), t.lang)
    told = one.document_no if field == "document" else one.name
    return html.Span(told, className="said") if told else fmt.NONE


def rows_card(told: Facts, choice: Choice, known: Known, t: Text) -> html.Section:
    """The rows behind the chosen measure, the first to expire first; the command line writes all."""
    found = compliance_facts.listed(told, choice)
    fields = columns_of(choice.measure)
    heads: controls.Heads = [
        (t("compliance.head.no"), False), (t("compliance.head.state"), False),
        *((t(f"compliance.head.{field}"), field in ("left", "amount")) for field in fields),
    ]  # fmt: skip
    body = [
        controls.stack_row(
            html.Span(one.subject_no, className="unbroken"),
            [shell.pill(state_words(one.state, t), TONE.get(one.state, "")),
             *(_cell(one, field, known, t) for field in fields)],
            heads,
        )
        for one in found[:ROWS_SHOWN]
    ]  # fmt: skip
    spec = MEASURES[choice.measure]
    options = [
        (state, f"{state_words(state, t)}", HERE + choice.opened(choice.measure, state))
        for state in dict.fromkeys((OPEN, ALL, *spec.lists))
    ]
    name = name_of(choice.measure, t)
    content: list[Any] = [as_of.links(t("compliance.head.state"), choice.state, options, many=True)]
    content.append(
        controls.stack_table(name, heads, body) if body else html.P(t("compliance.none"), className="quiet-line")
    )
    how = None
    if len(found) > ROWS_SHOWN:
        how = [t("penalties.rows.first", shown=ROWS_SHOWN), html.Code(command(choice))]
    title = t("compliance.rows", name=name, state=state_words(choice.state, t), count=fmt.count(len(found)))
    return controls.card(title, how, content, id="compliance-rows")


def command(choice: Choice) -> str:
    """What writes every row of the choice on the command line."""
    told = {"measure": choice.measure, "as-of": choice.as_of.isoformat()}
    told |= {} if choice.county == ALL else {"county": choice.county}
    told |= {} if choice.state == ALL else {"state": choice.state}
    return " ".join(["heng compliance --list", *(f"--{name} {value}" for name, value in told.items()), "--format csv"])


# --- the page ------------------------------------------------------------------------------------------------
@shell.page("compliance")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "compliance", db)
    if not compliance_facts.is_built(db):
        card = shell.state_card("database", t("compliance.old"), [t("state.no_terminals.why")])
        return shell.frame(view, "compliance", card, db=db)
    choice, bad = compliance_facts.choice_of(query, known)
    told = compliance_facts.facts(db, choice)
    return shell.frame(
        view,
        "compliance",
        [
            lead(told, choice, t),
            printed(choice, known, db, t),
            filters(choice, known, t),
            measures_card(db, told, choice, t),
            groups_card(told, choice, known, t),
            rows_card(told, choice, known, t),
            *as_of.stores("compliance", HERE, choice.query(), choice.query(absolute=True), choice.as_of),
        ],
        actions=[controls.copy_link("compliance", t)],
        db=db,
        notices=[t("state.bad_values", values=t("availability.join").join(bad))] if bad else None,
    )


PAGE = {"path": HERE, "title": shell.title("compliance"), "layout": layout}
as_of.follow("compliance")
