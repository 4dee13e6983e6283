"""Which hazards are removed, which are overdue and whose, how long does it take, and how far can 100 % be trusted? Each
rate stands with its cohort, each 100 % with the bound that spot checks leave."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dash_ag_grid as dag
from dash import dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import as_known, as_of, charts, controls, explain, hazard_queries, lists, queries, shell, words
from dashboards import format as fmt
from dashboards.hazard_queries import COHORTS, FIRST_DAY, GROUPS, View, choice_of
from dashboards.selection import ALL, from_page
from dashboards.terminal_facts import token
from dashboards.text import Text
from warehouse import hazard_terms as terms
from warehouse import hazards
from warehouse.hazards import CATEGORIES, LISTS, Hazard, Rate, Standing

HERE = "/hazards"
TILES = ("rate", "on_time", "overdue", "due_soon", "days", "bound")
ROWS_OF = {
    "rate": "all",
    "on_time": "due",
    "overdue": "overdue",
    "due_soon": "due_soon",
    "days": "closed",
    "bound": "checked",
    "came_back": "came_back",
}
"""The list behind each number that is explained."""
THRESHOLDS = {
    "due_soon": ("hazard_due_soon_days",),
    "days": ("hazard_confidence", "hazard_restricted_days"),
    "bound": ("hazard_confidence",),
    "came_back": ("hazard_recurrence_days", "hazard_recurrence_m"),
}
DEFINED = {
    "due_soon": "hazard_due_soon",
    "days": "hazard_restricted",
    "bound": "hazard_confidence",
    "came_back": "hazard_recurrence",
}
"""What the definitions are searched for, where it is not all of hazards."""
CHOICES = ("cohort", "category", "county", "enterprise")
MOST_UNITS = 12
MOST_WORKS = 100
CURVE_DAYS = 180

# field, text key, width, whether the list can be sorted by it
COLUMNS = (
    ("no", "hazards.no", 176, False),
    ("category", "hazards.category", 108, False),
    ("place", "hazards.place", 132, False),
    ("unit", "hazards.unit", 156, False),
    ("registered", "hazards.registered_on", 104, True),
    ("due", "hazards.due_on", 104, True),
    ("state", "hazards.state", 112, False),
    ("left", "hazards.left", 108, False),
    ("closed", "hazards.closed_on", 104, True),
    ("reported", "hazards.reported_state", 108, False),
)
NOT_BESIDE_DRAWER = ("place", "unit", "registered", "closed", "reported")


# --- words ---------------------------------------------------------------------------------------------------
def percent(rate: Rate) -> str:
    return fmt.indicator(rate.ratio)


def parts(rate: Rate) -> str:
    return f"{fmt.count(rate.part)} / {fmt.count(rate.of)}"


def said(text: str | None) -> html.Span:
    """A name or place as the source has it, in the source's language."""
    return html.Span(text or fmt.NONE, className="said")


def bounded(one: Standing) -> str:
    """The bound on false closures, and the checks by lot it rests on."""
    bound = one.bound
    return f"≤ {fmt.share(bound.upper)} ({bound.false} / {bound.checked})" if bound.checked else fmt.NONE


def days_of(one: Standing, t: Text) -> str:
    return fmt.NONE if one.curve.median is None else t.plural("hazards.span", one.curve.median)


def interval(low: float | None, high: float | None, decimals: int = 0) -> str:
    return " – ".join(fmt.NONE if end is None else f"{end:.{decimals}f}" for end in (low, high))


def left(view: View, one: Hazard, t: Text) -> str:
    """Days left or overdue of an open hazard."""
    if one.is_closed:
        return t("hazards.left.late") if one.due_on is not None and not one.is_on_time else ""
    if one.due_on is None:
        return t("hazards.left.none")
    return words.days_left((one.due_on - view.choice.as_of).days, t)


def group_name(view: View, one: Standing, t: Text) -> str:
    if not one.group:
        return t("hazards.ungrouped")
    if view.choice.by == "county":
        return controls.place_name(view.known, one.group, t)
    return terms.word(terms.CATEGORIES | terms.GRADES, one.group, t.lang)


# --- above ---------------------------------------------------------------------------------------------------
def lead(view: View, t: Text) -> html.P:
    whole, choice = view.whole, view.choice
    said: list[Any] = t.parts(
        "hazards.lead",
        first=html.Span(fmt.day(choice.asked.first, t.lang), className="unbroken"),
        last=html.Span(fmt.day(choice.as_of, t.lang), className="unbroken"),
        registered=html.B(fmt.count(whole.registered)),
        closed=html.B(fmt.count(whole.closed.part)),
        rate=html.B(percent(whole.closed)),
        overdue=html.B(fmt.count(whole.overdue), className="worse" if whole.overdue else "better"),
    )
    if whole.reported.part != whole.closed.part:
        said += t.parts("hazards.lead.reported", reported=html.B(percent(whole.reported)))
    if whole.bound.checked:
        said += t.parts(
            "hazards.lead.bound",
            checked=fmt.count(whole.bound.checked),
            false=fmt.count(whole.bound.false),
            most=html.B(fmt.count(whole.bound.upper_count)),
            confidence=fmt.share(whole.bound.confidence),
        )
    elif whole.bound.closed:
        said.append(t("hazards.lead.unchecked"))
    if more := _found_besides(whole):
        said += t.parts("hazards.lead.chosen", false=html.B(fmt.count(more), className="worse"))
    return html.P(said, className="lead")


def _found_besides(one: Standing) -> int:
    """Closures found false by chosen checks that none picked by lot found so."""
    return one.bound.known_false - one.bound.false


def rule(view: View, name: str, value: str, label: str, t: Text) -> Any:
    """The (i): how the number is made, this value, and its thresholds with how well each is known."""
    lines = explain.number_lines((view.facts.told[parameter] for parameter in THRESHOLDS.get(name, ())), t)
    told: list[tuple[str, Any]] = [
        ("explain.now", value),
        *([("explain.thresholds", html.Ul(lines, className="thresholds"))] if lines else []),
        ("explain.leaves_out", t(f"hazards.{name}.leaves_out")),
        ("explain.version", as_known.words(view.source, t)),
    ]
    link = HERE + view.choice.query(show=ROWS_OF[name], unit="")
    return explain.rule_popover(label, t(f"hazards.{name}.how"), told, link, DEFINED.get(name, "hazard"), t)


def tile_values(view: View, t: Text) -> dict[str, tuple[str, str, str]]:
    """Of each tile the number, its unit, and what it is taken from."""
    whole = view.whole
    mean, bound = whole.mean, whole.bound
    low, high = whole.curve.median_interval
    within = {} if mean is None else {"mean": f"{mean.days:.1f}", "interval": interval(mean.low, mean.high, 1)}
    return {
        "rate": (percent(whole.closed), "", t("hazards.tile.of_cohort", parts=parts(whole.closed))),
        "on_time": (percent(whole.on_time), "", t("hazards.tile.of_due", parts=parts(whole.on_time))),
        "overdue": (
            fmt.count(whole.overdue),
            t("hazards.piece"),
            t("hazards.tile.of_open", open=fmt.count(whole.open)),
        ),
        "due_soon": (
            fmt.count(whole.due_soon),
            t("hazards.piece"),
            t("hazards.tile.within", days=f"{view.facts.value('hazard_due_soon_days'):g}"),
        ),
        "days": (
            fmt.NONE if whole.curve.median is None else fmt.count(whole.curve.median),
            t("hazards.day"),
            t("hazards.tile.median", interval=interval(low, high))
            + (t("hazards.tile.mean", within=whole.mean_within, **within) if within else ""),
        ),
        "bound": (
            f"≤ {fmt.share(bound.upper)}" if bound.checked else fmt.NONE,
            "",
            (
                t("hazards.tile.bound", checked=fmt.count(bound.checked), false=fmt.count(bound.false))
                if bound.checked
                else t("hazards.tile.unchecked")
            )
            + (t("hazards.tile.chosen", false=fmt.count(more)) if (more := _found_besides(whole)) else ""),
        ),
    }  # fmt: skip


def tile(view: View, name: str, value: tuple[str, str, str], t: Text) -> html.Section:
    number, unit, under = value
    label = t(f"hazards.{name}")
    href = HERE + view.choice.query(show=ROWS_OF[name], unit="")
    link = dcc.Link([t("action.rows"), shell.icon("right")], href=href, className="rows-link",
                    title=t("action.rows_of", what=label))  # fmt: skip
    shown = [number, html.Span(unit, className="unit")] if unit else [number]
    return html.Section(
        [
            html.Div(
                [html.H2(label), rule(view, name, f"{number} {unit} · {under}", label, t), link], className="kpi-head"
            ),
            html.Div(html.Div(shown, className="kpi-value"), className="kpi-body"),
            html.Div(under, className="subtitle"),
        ],
        className="card kpi hero" if name == "rate" else "card kpi",
    )


def _options(view: View, name: str, t: Text) -> list[tuple[str, str]]:
    if name == "category":
        return [(ALL, t("hazards.all")), *((code, terms.word(terms.CATEGORIES, code, t.lang)) for code in CATEGORIES)]
    if name == "county":
        current = view.known.current_counties
        return [(ALL, t("hazards.all")), *((code, controls.place_name(view.known, code, t)) for code in current)]
    if name == "enterprise":
        offered = [(token(code), view.enterprises[code] or t("hazards.ungrouped")) for code in view.offered]
        return [(ALL, t("hazards.all")), *offered]
    return [(value, t(f"hazards.cohort.{value}")) for value in COHORTS]


def filters(view: View, t: Text) -> html.Div:
    """Cohort, category, county, enterprise and day; all of them are in the address."""
    choice = view.choice
    choices = [
        (
            t(f"hazards.{name}"),
            getattr(choice, name),
            [
                (value, said(words) if name == "enterprise" and value != ALL else words,
                 HERE + choice.query(**{name: value}))
                for value, words in _options(view, name, t)
            ],
        )
        for name in CHOICES
    ]  # fmt: skip
    chosen = " · ".join(_chosen(view, name, t) for name in ("category", "county"))
    days, night = (FIRST_DAY, choice.last_day), as_known.field("hazards", choice.known_on, t)
    return as_of.filters("hazards", choices, chosen, choice.as_of, days, t, night, many=True)


def _chosen(view: View, name: str, t: Text) -> str:
    return dict(_options(view, name, t)).get(getattr(view.choice, name), t("hazards.enterprise.none"))


def printed(view: View, t: Text) -> html.P:
    told = [(t(f"hazards.{name}"), _chosen(view, name, t)) for name in CHOICES]
    told.append((t("repeat.as_of"), fmt.day(view.choice.as_of, t.lang)))
    return as_of.printed(told, t, as_known.words(view.source, t))


# --- groups and units ----------------------------------------------------------------------------------------
def _narrowed(view: View, one: Standing) -> dict[str, str]:
    """What an address says of a group; grades and months are no filter."""
    return {view.choice.by: one.group} if view.choice.by in ("category", "county") and one.group else {}


def groups_card(view: View, t: Text) -> html.Section:
    """The rate of each group with what it is a rate of; counts of a category and of a county lead to their rows."""
    heads = [
        "group",
        "registered",
        "closed",
        "rate",
        "reported_rate",
        "on_time_rate",
        "overdue",
        "due_soon",
        "median",
        "bound",
    ]
    rows = []
    for one in view.groups:
        where = _narrowed(view, one)

        def to(count: int, show: str, where: dict[str, str] = where) -> Any:
            if not where:
                return fmt.count(count)
            href = HERE + view.choice.query(show=show, unit="", **where)
            return dcc.Link(fmt.count(count), href=href, className="text-link")

        rows.append([
            group_name(view, one, t),
            to(one.registered, "all"),
            to(one.closed.part, "closed"),
            percent(one.closed),
            percent(one.reported),
            f"{percent(one.on_time)} ({parts(one.on_time)})" if one.on_time.of else fmt.NONE,
            to(one.overdue, "overdue"),
            to(one.due_soon, "due_soon"),
            days_of(one, t),
            bounded(one),
        ])  # fmt: skip
    options = [(by, t(f"hazards.by.{by}"), HERE + view.choice.query(by=by)) for by in GROUPS]
    switch = as_of.links(t("hazards.by"), view.choice.by, options, many=True)
    table = controls.plain_table(t("hazards.groups"), [t(f"hazards.head.{head}") for head in heads], rows)
    body = controls.scrolled(table)
    return controls.card(t("hazards.groups"), t("hazards.groups.how"), body, extra=switch)


def units_card(view: View, t: Text) -> html.Section:
    """Whose hazards are overdue or due soon."""
    if not view.units:
        return controls.card(
            t("hazards.units"), t("hazards.units.how"), html.P(t("hazards.units.none"), className="quiet-line")
        )
    rows = []
    for one in view.units[:MOST_UNITS]:
        links = {
            show: dcc.Link(fmt.count(count), href=HERE + view.choice.query(show=show, unit=token(one.group or "")),
                           className="text-link")
            for show, count in (("overdue", one.overdue), ("due_soon", one.due_soon), ("open", one.open))
        }  # fmt: skip
        rows.append(
            [
                said(one.group) if one.group else t("hazards.ungrouped"),
                links["overdue"],
                links["due_soon"],
                links["open"],
            ]
        )
    heads = [t(f"hazards.head.{head}") for head in ("unit", "overdue", "due_soon", "open")]
    body: list[Any] = [controls.scrolled(controls.plain_table(t("hazards.units"), heads, rows))]
    if len(view.units) > MOST_UNITS:
        body.append(
            html.P(t("hazards.units.more", shown=MOST_UNITS, all=fmt.count(len(view.units))), className="quiet-line")
        )
    return controls.card(t("hazards.units"), t("hazards.units.how"), body)


# --- how long ------------------------------------------------------------------------------------------------
def curve_card(view: View, theme: str, t: Text) -> html.Section:
    whole = view.whole
    if not whole.curve.count:
        return controls.card(t("hazards.curve"), "", html.P(t("hazards.none"), className="quiet-line"))
    figure = charts.open_share(whole.curve, CURVE_DAYS, t, theme)
    low, high = whole.curve.median_interval
    label = t("hazards.curve.label", median=days_of(whole, t), interval=interval(low, high))
    heads = [t(f"hazards.curve.head.{head}") for head in ("day", "at_risk", "ended", "share", "low", "high")]
    rows = [
        [fmt.count(step.day), fmt.count(step.at_risk), fmt.count(step.ended), fmt.share(step.open_share),
         fmt.share(step.low), fmt.share(step.high)]
        for step in whole.curve.steps
    ]  # fmt: skip
    again = whole.recurred
    body = [
        controls.chart("hazards-curve", figure, label, t.lang, 246),
        html.P(
            [
                t(
                    "hazards.curve.more",
                    extended=parts(whole.extended),
                    late=fmt.count(whole.late_extended),
                    changed=fmt.count(whole.due_changed),
                    reopened=parts(whole.reopened),
                ),
                dcc.Link(
                    t("hazards.curve.came_back", parts=parts(again)),
                    href=HERE + view.choice.query(show="came_back", unit=""),
                    className="text-link",
                ),
            ],
            className="subtitle",
        ),
        controls.data_table(t, t("hazards.curve"), heads, rows),
    ]
    info = rule(view, "came_back", parts(again), t("hazards.came_back"), t)
    return controls.card(t("hazards.curve"), t("hazards.curve.how"), body, extra=info)


# --- listings and works --------------------------------------------------------------------------------------
def ladder_card(view: View, t: Text) -> html.Section:
    counts = {rung: sum(row["rung"] == rung for row in view.ladder) for rung in terms.RUNGS}
    heads = [t("hazards.head.rung"), t("hazards.head.count")]
    rows = [[terms.word(terms.RUNGS, rung, t.lang), fmt.count(count)] for rung, count in counts.items()]
    body: list[Any] = [controls.plain_table(t("hazards.ladder"), heads, rows)]
    standing = [row for row in view.ladder if row["delisted_on"] is None]
    shown = standing or view.ladder[-MOST_UNITS:]
    if shown:
        lines = [
            [row["hazard_no"], said(row["responsible_unit"]), terms.word(terms.RUNGS, row["rung"], t.lang),
             *(fmt.day(row[name], t.lang) for name in ("listed_on", "due_on", "rechecked_on", "delisted_on"))]
            for row in shown
        ]  # fmt: skip
        names = ("no", "unit", "rung", "listed_on", "due_on", "rechecked_on", "delisted_on")
        body.append(controls.data_table(t, t("hazards.ladder"), [t(f"hazards.head.{name}") for name in names], lines))
    return controls.card(t("hazards.ladder"), t("hazards.ladder.how"), body)


def works_card(view: View, t: Text) -> html.Section:
    """Kilometres, bridges and junctions against the plan of the year; what is missing is told project by project."""
    heads = [t(f"hazards.head.{head}") for head in ("works", "planned", "finished", "share", "underway", "projects")]
    rows = []
    for row in view.works:
        unit = terms.word(terms.UNITS, row["works_unit"], t.lang)
        planned, finished = row["planned_quantity"], row["finished_quantity"]
        rows.append([
            f"{terms.word(terms.WORKS, row['works_kind'], t.lang)} ({unit})", f"{planned:,g}", f"{finished:,g}",
            fmt.share(finished / planned) if planned else fmt.NONE, f"{row['underway_quantity']:,g}",
            parts(Rate(row["finished_count"], row["project_count"])),
        ])  # fmt: skip
    if not rows:
        return controls.card(t("hazards.works"), "", html.P(t("hazards.works.none"), className="quiet-line"))
    body: list[Any] = [controls.scrolled(controls.plain_table(t("hazards.works"), heads, rows))]
    names = [t(f"hazards.head.{name}") for name in ("works_no", "works", "county", "place", "planned", "underway")]
    lines = [
        [row["works_no"], terms.word(terms.WORKS, row["works_kind"], t.lang),
         controls.place_name(view.known, row["county_code"], t), said(row["place"]), f"{row['planned_quantity']:,g}",
         f"{row['done_quantity']:,g}"]
        for row in view.unfinished[:MOST_WORKS]
    ]  # fmt: skip
    count = fmt.count(len(view.unfinished))
    body.append(html.P(t("hazards.works.unfinished", shown=fmt.count(len(lines)), all=count), className="subtitle"))
    body.append(controls.data_table(t, t("hazards.works"), names, lines))
    return controls.card(t("hazards.works"), t("hazards.works.how", year=view.choice.as_of.year), body)


# --- the list ------------------------------------------------------------------------------------------------
def cells(view: View, place: int, one: Hazard, t: Text) -> dict[str, Any]:
    """A row as the grid shows it, and the lines of its card on a phone."""
    as_of = view.choice.as_of
    tone = "worse" if one.is_overdue(as_of) else "better" if one.is_closed else ""
    state = terms.word(terms.STATES, one.state, t.lang) or t("hazards.no_steps")
    where = controls.place_name(view.known, one.county_code, t) if one.county_code else fmt.NONE
    category = terms.word(terms.CATEGORIES, one.category, t.lang)
    due, registered = fmt.day(one.due_on, t.lang), fmt.day(one.registered_on, t.lang)
    return {
        "record": f"{view.db.version}-{place}",
        "no": one.hazard_no,
        "category": category + (f" · {terms.word(terms.GRADES, 'major', t.lang)}" if one.grade == "major" else ""),
        "place": one.place or fmt.NONE,
        "unit": one.unit or fmt.NONE,
        "registered": registered,
        "due": due,
        "state": state,
        "state_tone": tone,
        "left": left(view, one, t),
        "closed": fmt.day(one.closed_on, t.lang),
        "reported": terms.word(terms.STATES, one.reported_state, t.lang) or fmt.NONE,
        "pill": state,
        "pill_tone": tone,
        "head": one.hazard_no,
        "right": left(view, one, t),
        "line": f"{category} · {one.place or fmt.NONE}",
        "where": f"{where} · {one.unit or fmt.NONE}",
        "under": t("hazards.line.days", registered=registered, due=due),
    }


def column_defs(t: Text) -> list[dict[str, Any]]:
    """The columns of the list, and the card that stands for all of them on a phone."""
    card = {"field": "card", "headerName": "", "flex": 1, "hide": True, "sortable": False, "cellRenderer": "HengLines"}
    found: list[dict[str, Any]] = [card]
    for field, key, width, sortable in COLUMNS:
        definition: dict[str, Any] = {
            "field": field,
            "headerName": t(key),
            "minWidth": round(width * 0.86),
            "flex": width,
            "sortable": sortable,
            "sortingOrder": ["desc", "asc"],
            "suppressMovable": True,
            "resizable": True,
            "tooltipField": field,
            "context": {"besideDrawer": field not in NOT_BESIDE_DRAWER},
        }
        if field == "state":
            definition["cellRenderer"] = "HengPill"
        found.append(definition)
    return found


def grid(count: int, t: Text) -> dag.AgGrid:
    return controls.record_grid("hazards", column_defs(t), count, t)


def shows(view: View, t: Text) -> html.Nav:
    """What the list may hold, with how many each holds."""
    links = [
        (name, f"{terms.word(terms.LISTS, name, t.lang)} · {fmt.count(view.count(name))}",
         HERE + view.choice.query(show=name, unit=""))
        for name in LISTS
    ]  # fmt: skip
    return as_of.links(t("hazards.show"), view.choice.show, links, many=True)


# --- the drawer ----------------------------------------------------------------------------------------------
def step_line(step: dict[str, Any], t: Text) -> html.Div:
    """A step: when, from what to what, by whom; a refused one with its reason and the rule it lacks."""
    before, after = (terms.word(terms.STATES, step[name], t.lang) for name in ("state_before", "hazard_state"))
    details = [fmt.moment(step["event_at"], t.lang), step["handling_unit"]]
    if step["officer_no"]:
        details.append(t("hazards.step.officer", officer=step["officer_no"]))
    if step["new_due_on"]:
        details.append(t("hazards.step.until", day=fmt.day(step["new_due_on"], t.lang)))
    if step["step_note"]:
        details.append(step["step_note"])
    reason: list[Any] = []
    if step["refusal"]:
        reason = [html.Span([html.B(t("hazards.step.refused")), t("app.colon"),
                             terms.word(terms.REFUSALS, step["refusal"], t.lang)], className="under")]  # fmt: skip
    rule_link: list[Any] = []
    if step["rule_id"]:
        rule_link = [" ", dcc.Link(step["rule_id"], href=f"/rules?q={step['rule_id']}", className="text-link")]
    body = [html.B(f"{before} → {after}"), *rule_link, html.Br(), t("availability.join").join(details), *reason]
    return html.Div([shell.icon("check" if step["is_accepted"] else "x"), html.Span(body)])


def _evidence(told: dict[str, Any], t: Text) -> list[Any]:
    """Photos, listings and spot checks of a hazard."""
    found: list[Any] = []
    for photo in told["photos"]:
        words = [
            t(f"hazards.photo.{photo['photo_stage']}"),
            fmt.moment(photo["taken_at"], t.lang),
            photo["photo_token"],
        ]
        if photo["is_shared"]:
            words.append(t("hazards.photo.shared"))
        found.append(html.Li(t("availability.join").join(words)))
    for listing in told["listings"]:
        days = {name: fmt.day(listing[f"{name}_on"], t.lang) for name in ("listed", "rechecked", "delisted")}
        found.append(html.Li(t("hazards.listing", no=listing["listing_no"], **days)))
    for check in told["checks"]:
        how = t("hazards.check.lot" if check["is_random"] else "hazards.check.chosen")
        result = terms.word(terms.RESULTS, check["result"], t.lang)
        found.append(html.Li(t("hazards.check", day=fmt.day(check["checked_on"], t.lang), how=how, result=result)))
    return found


def _source(view: View, row: dict[str, Any], record_id: str, t: Text) -> Any:
    """The record of the list, with the file and line it was delivered in where the ledger names them."""
    delivery = queries.delivery(view.db, row["delivery_id"])
    if delivery is None:
        return record_id
    return [record_id, html.Br(), t("hazards.source", file=delivery["name"], line=fmt.count(row["source_line"]))]


def drawer(view: View, one: Hazard, t: Text) -> list[Any]:
    told = hazards.one_hazard(view.source, one.hazard_no, view.choice.as_of)
    shown = [
        *lists.fact(t("hazards.state"), terms.word(terms.STATES, one.state, t.lang) or t("hazards.no_steps")),
        *lists.fact(t("hazards.reported_state"), terms.word(terms.STATES, one.reported_state, t.lang) or fmt.NONE),
        *lists.fact(t("hazards.category"), terms.word(terms.CATEGORIES, one.category, t.lang)),
        *lists.fact(t("hazards.grade"), terms.word(terms.GRADES, one.grade, t.lang) or fmt.NONE),
        *lists.fact(t("hazards.place"), one.place or fmt.NONE),
        *lists.fact(t("hazards.unit"), one.unit or fmt.NONE),
        *lists.fact(t("hazards.registered_on"), fmt.day(one.registered_on, t.lang)),
        *lists.fact(t("hazards.due_on"), [fmt.day(one.due_on, t.lang), html.Br(), left(view, one, t)]),
        *lists.fact(t("hazards.extensions"), fmt.count(one.extension_count)),
        *lists.fact(t("hazards.closed_on"), fmt.day(one.closed_on, t.lang)),
    ]
    if (again := view.facts.recurred.get(one.hazard_no)) is not None:
        shown += lists.fact(
            t("hazards.came_back"), again if again != one.hazard_no else fmt.day(one.reopened_on, t.lang)
        )
    if one.record_id is not None:
        shown += lists.fact(t("hazards.record"), _source(view, told["list_row"], one.record_id, t))
    evidence = _evidence(told, t)
    steps = [step_line(step, t) for step in told["steps"]]
    return [
        lists.drawer_head("hazards", one.hazard_no, t("repeat.as_of.day", day=fmt.day(view.choice.as_of, t.lang)), t),
        html.Dl(shown, className="facts"),
        html.P(one.description or "", className="subtitle"),
        html.H3(f"{t('hazards.steps')} {fmt.count(len(steps))}"),
        html.Div(steps or [html.P(t("hazards.no_steps"), className="quiet-line")], className="proof acts"),
        html.H3(f"{t('hazards.evidence')} {fmt.count(len(evidence))}"),
        html.Ul(evidence or [html.Li(t("hazards.evidence.none"))], className="thresholds"),
    ]


def drawer_of(view: View, record: str, t: Text) -> list[Any]:
    """What stands behind one row; a row of another version is said to be one."""
    place = lists.place_of(record, view.db.version)
    return lists.old_drawer("hazards", t) if place is None else drawer(view, view.at(place), t)


# --- the page ------------------------------------------------------------------------------------------------
def rows_card(view: View, t: Text) -> html.Div:
    count = len(view.listed)
    if count:
        body: list[Any] = [grid(count, t), html.P(t("rows.printed"), className="print-only")]
    else:
        widen = dcc.Link(
            t("hazards.none.widen"), href=HERE + view.choice.query(show="all", unit=""), className="button"
        )
        body = [shell.state_card("filter", t("rows.none"), [t("hazards.none.list")], widen)]
    total = html.Div(
        [
            html.Span(t.parts("vehicles.total", count=html.B(fmt.count(count)), unit=t("hazards.piece"))),
            html.Span(terms.word(terms.LISTS, view.choice.show, t.lang)),
            explain.unverified_pill(t, t("hazards.unverified")),
        ],
        className="reconcile",
        role="status",
    )
    return lists.beside_drawer("hazards", [total, *body], t)


@shell.page("hazards")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "hazards", db)
    if not hazard_queries.is_built(db):
        card = shell.state_card("database", t("state.no_hazards.title"), [t("state.no_terminals.why")])
        return shell.frame(view, "hazards", card, db=db)
    choice, bad = choice_of(query, known)
    with hazard_queries.view(db, choice, known) as told:
        return _page(told, bad, view)


def _page(told: View, bad: list[str], view: shell.View) -> html.Div:
    t, choice, values = view.text, told.choice, tile_values(told, view.text)
    return shell.frame(
        view,
        "hazards",
        [
            as_known.line(told.source, t("hazards.known.how"), t),
            lead(told, t),
            printed(told, t),
            filters(told, t),
            html.Div([tile(told, name, values[name], t) for name in TILES], className="kpis hazard-tiles"),
            groups_card(told, t),
            html.Div([units_card(told, t), curve_card(told, view.theme, t)], className="two-cards"),
            html.Div(
                [ladder_card(told, t), *([works_card(told, t)] if told.uscc is None else [])], className="two-cards"
            ),
            html.Div(shows(told, t), className="chips"),
            rows_card(told, t),
            dcc.Store(id="hazards-choice", data=choice.data()),
            *lists.stores("hazards"),
            *as_of.stores("hazards", HERE, choice.query(), choice.query(absolute=True), choice.as_of, choice.known_on),
        ],
        actions=[controls.copy_link("hazards", t), *lists.file_links("hazards", choice.query(absolute=True))],
        db=told.db,
        notices=[t("state.bad_values", values=t("availability.join").join(bad))] if bad else None,
    )


PAGE = {"path": HERE, "title": shell.title("hazards"), "layout": layout}


@contextmanager
def view_of(data: Any) -> Iterator[View]:
    """What the page shows, to be read within the ``with`` block."""
    db = queries.source()
    known = queries.known(db)
    if known is None:
        raise BadRequest("no day of data")
    with hazard_queries.view(db, from_page(data, lambda given: choice_of(given, known)), known) as view:
        yield view


def _rows(chosen: Any, start: int, number: int, sort: lists.Sort, t: Text) -> tuple[list[dict[str, Any]], int]:
    with view_of(chosen) as view:
        rows = hazard_queries.in_order(view, sort)
        return [cells(view, place, one, t) for place, one in rows[start : start + number]], len(rows)


def _drawer(chosen: Any, record: str, t: Text) -> list[Any]:
    with view_of(chosen) as view:
        return drawer_of(view, record, t)


lists.list_with_drawer("hazards", "choice", _rows, _drawer)
as_of.follow("hazards", with_night=True)
