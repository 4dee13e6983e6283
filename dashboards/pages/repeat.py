"""Who was over the limit repeatedly within a year? Counts with their window, basis and thresholds, and every act that
counts or does not, with its reason. Three is a warning; above the statute's number stand facts, never a decision."""

from typing import Any
from urllib.parse import urlencode

import dash_ag_grid as dag
from dash import dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import as_of, controls, explain, lists, queries, repeat_queries, shell, words
from dashboards import format as fmt
from dashboards.lookup_facts import token
from dashboards.pages import repeat_safety
from dashboards.repeat_queries import DECISIONS, LOW, OF_CASES, Choice, Counts, Facts, choice_of
from dashboards.selection import ALL, from_page
from dashboards.text import Text
from dashboards.words import unverified
from warehouse import plate, repeat
from warehouse import repeat_terms as terms
from warehouse.dossier_text import Words
from warehouse.repeat import BASES, SUBJECTS, WINDOWS, Judged, Standing

HERE = "/repeat"
TILES = ("one_away", "statutory", "counted", "pending")
TIER_TONE = {"statutory": "worse", "warning": "warn", "watch": "", "none": "", "unknown": ""}
MOST_ACTS = 60
"""Acts of each list that the drawer shows; the file has all."""

# field, text key, width, number, whether the list can be sorted by it
Column = tuple[str, str, int, bool, bool]
_SHARED: tuple[Column, ...] = (
    ("tier", "repeat.tier", 152, False, False),
    ("window", "repeat.window.days", 204, False, False),
    ("trigger", "repeat.trigger", 112, False, True),
    ("lapse", "repeat.lapse", 112, False, True),
    ("pending", "repeat.pending", 84, True, True),
    ("previous", "repeat.previous", 92, True, False),
    ("why", "repeat.not_counted", 180, False, False),
)
COLUMNS: dict[str, tuple[Column, ...]] = {
    "vehicle": (("who", "table.plate", 112, False, False), ("count", "repeat.count", 76, True, True), *_SHARED),
    "driver": (("who", "repeat.driver", 132, False, False), ("count", "repeat.count", 76, True, True), *_SHARED),
    "enterprise": (
        ("who", "terminals.enterprise", 170, False, False),
        ("vehicles", "repeat.vehicles", 96, True, False),
        ("count", "repeat.share", 84, True, True),
        *_SHARED,
    ),
}
NOT_BESIDE_DRAWER = ("window", "lapse", "pending", "previous", "why")


# --- words ---------------------------------------------------------------------------------------------------
def name_of(one: Standing, t: Text) -> str:
    """A subject as pages may show it: plates and certificates masked."""
    if one.subject == "vehicle":
        return plate.masked(str(one.key[0]))
    if one.subject == "driver":
        masked = terms.masked_driver(str(one.key[0]))
        return t("repeat.driver.hash", hash=masked) if repeat_queries.is_hash(one) else masked
    return one.enterprise_name or t("terminals.enterprise.none")


def tier_of(facts: Facts, one: Standing, t: Text) -> str:
    return terms.tier_of(one, facts.choice.question, facts.told, t.lang)[0]


def named_tier(facts: Facts, of: str, t: Text) -> str:
    """A tier of the list, whoever stands in it."""
    return terms.tier(of, facts.choice.question, terms.values_of(facts.told), t.lang)[0]


def count_of(one: Standing, t: Text) -> str:
    """4 acts, or of an enterprise 10 of 95 vehicles."""
    if one.subject != "enterprise":
        return t.plural("repeat.acts", one.count)
    fleet = fmt.NONE if one.fleet is None else fmt.count(one.fleet)
    return t("repeat.vehicles.of", count=fmt.count(one.count), fleet=fleet)


def _span(one: Standing, t: Text) -> str:
    return fmt.day_range(one.window_first, one.window_last, t.lang)


def why_not(facts: Facts, one: Standing, t: Text) -> str:
    """Acts that do not count, by reason."""
    counts: dict[str, int] = {}
    for judged in one.not_counted:
        counts[str(judged.reason)] = counts.get(str(judged.reason), 0) + 1
    if by_register := facts.register_only(one):
        counts[terms.REGISTER_ONLY] = len(by_register)
    told = [f"{terms.REASON_TERMS[code].name(t.lang)} {number}" for code, number in counts.items()]
    return t("availability.join").join(told)


def previous_of(one: Standing) -> str:
    return fmt.NONE if one.previous_count is None else fmt.count(one.previous_count)


# --- above the list --------------------------------------------------------------------------------------------
def lead(facts: Facts, t: Text) -> html.P:
    choice = facts.choice
    statutory, away = facts.count("statutory"), facts.count("one_away")
    parts: list[Any] = t.parts(
        f"repeat.lead.{'enterprise' if choice.subject == 'enterprise' else 'people'}",
        day=html.Span(fmt.day(choice.as_of, t.lang), className="unbroken"),
        window=terms.WINDOW_TERMS[choice.window].name(t.lang),
        subject=terms.SUBJECT_TERMS[choice.subject].name(t.lang),
        counted=html.B(fmt.count(facts.count("counted"))),
        statutory=html.B(fmt.count(statutory), className=_tone(statutory, choice.window)),
        over=named_tier(facts, "statutory", t),
        away=html.B(fmt.count(away)),
    )
    for other, counts in facts.other_windows:
        parts += [" ", _by_other_window(other, counts, t)]
    pending = sum(one.pending for one in facts.of_county)
    if pending and choice.decisions == "required":
        parts += t.parts("repeat.lead.pending", pending=fmt.count(pending))
    missing = sum(one.has_no_first_issue for one in facts.of_county)
    if missing:
        parts += t.parts("repeat.lead.no_first_issue", missing=fmt.count(missing))
    return html.P([*parts, t("repeat.lead.facts")], className="lead")


def _tone(statutory: int, window: str) -> str:
    """None is good news only where the window is read in the law."""
    if statutory:
        return "worse"
    return "" if unverified(terms.WINDOW_TERMS[window].confidence) else "better"


def _by_other_window(other: Facts, counts: Counts, t: Text) -> dcc.Link:
    """The same numbers by another usual window, and the list that has them."""
    is_fleet = other.choice.subject == "enterprise"
    told = t(
        "repeat.lead.other.enterprise" if is_fleet else "repeat.lead.other.people",
        window=terms.WINDOW_TERMS[other.choice.window].name(t.lang),
        statutory=fmt.count(counts.statutory),
        over=named_tier(other, "statutory", t),
        away=fmt.count(counts.one_away),
    )
    return dcc.Link(told, href=HERE + other.choice.query(), className="text-link")


def rule(facts: Facts, name: str, value: str, low: str, t: Text) -> Any:
    """The (i): how the number is made, by which window, basis and thresholds, and how well each is known."""
    choice = facts.choice
    readings = [
        html.Li([t("repeat.reading", what=t(f"repeat.{kind}"), name=term.name(t.lang), says=term.says(t.lang)), " ",
                 explain.confidence_pill(term.confidence, t)])
        for kind, term in (("window", terms.WINDOW_TERMS[choice.window]), ("basis", terms.BASIS_TERMS[choice.basis]))
    ]  # fmt: skip
    thresholds = explain.number_lines((facts.told[name] for name in terms.parameters_of(choice.question)), t)
    told: list[tuple[str, Any]] = [
        ("explain.now", value),
        ("repeat.readings", html.Ul(readings, className="thresholds")),
        ("explain.thresholds", html.Ul(thresholds, className="thresholds")),
        ("explain.leaves_out", t("repeat.leaves_out")),
        ("explain.version", t("app.snapshot", version=facts.db.version)),
    ]
    says = terms.SUBJECT_TERMS[choice.subject].says(t.lang)
    return explain.rule_popover(name, says, told, HERE + choice.query(low=low), "repeat", t)


def _tile(facts: Facts, name: str, t: Text) -> html.Section:
    choice = facts.choice
    number = facts.count(name)
    label = low_words(facts, name, t)
    under = {
        "one_away": t("repeat.tile.one_away.enterprise")
        if choice.subject == "enterprise"
        else named_tier(facts, "warning", t),
        "statutory": t("repeat.tile.statutory"),
        "counted": t("repeat.tile.counted"),
        "pending": t("repeat.tile.pending"),
    }[name]
    unit = t(f"repeat.unit.{choice.subject}")
    link = dcc.Link([t("action.rows"), shell.icon("right")], href=HERE + choice.query(low=name), className="rows-link",
                    title=t("action.rows_of", what=label))  # fmt: skip
    info = rule(facts, label, f"{fmt.count(number)} {unit}", name, t)
    return html.Section(
        [
            html.Div([html.H2(label), info, link], className="kpi-head"),
            html.Div(html.Div([fmt.count(number), html.Span(unit, className="unit")], className="kpi-value"),
                     className="kpi-body"),
            html.Div(under, className="subtitle"),
            *_elsewhere(facts, name, t),
        ],
        className="card kpi hero" if name == "one_away" else "card kpi",
    )  # fmt: skip


def _elsewhere(facts: Facts, name: str, t: Text) -> list[Any]:
    """The number of a tile in the windows that are usual elsewhere, each with its list: none here is not none there."""
    if name not in Counts._fields:
        return []
    links = [
        dcc.Link(
            t("repeat.tile.elsewhere", window=terms.WINDOW_TERMS[other.choice.window].name(t.lang),
              count=fmt.count(getattr(counts, name))),
            href=HERE + other.choice.query(low=name), className="text-link",
        )
        for other, counts in facts.other_windows
    ]  # fmt: skip
    return [html.Div(links, className="subtitle file-links")]


def filters(facts: Facts, t: Text) -> html.Div:
    """Subject, window, basis, decisions, county and day; all of them are in the address."""
    choice = facts.choice
    named = {
        "subject": [(value, terms.SUBJECT_TERMS[value].name(t.lang)) for value in SUBJECTS],
        "window": [(value, terms.WINDOW_TERMS[value].name(t.lang)) for value in WINDOWS],
        "basis": [(value, terms.BASIS_TERMS[value].name(t.lang)) for value in BASES],
        "decisions": [(value, t(f"repeat.decisions.{value}")) for value in DECISIONS],
    }
    choices = [
        (
            t(f"repeat.{name}"),
            getattr(choice, name),
            [(value, words, HERE + choice.query(**{name: value})) for value, words in options],
        )
        for name, options in named.items()
    ]
    counties = [
        (code, controls.county_words(code, facts.known, t), HERE + choice.query(county=code))
        for code in (ALL, *facts.known.current_counties)
    ]
    choices.append((t("filter.county"), choice.county, counties))
    chosen = f"{terms.SUBJECT_TERMS[choice.subject].name(t.lang)} · {terms.WINDOW_TERMS[choice.window].name(t.lang)}"
    days = repeat.first_day(facts.db), facts.known.last_day
    return as_of.filters("repeat", choices, chosen, choice.as_of, days, t, many=True)


def printed(facts: Facts, t: Text) -> html.P:
    choice = facts.choice
    chosen = {
        "as_of": fmt.day(choice.as_of, t.lang),
        "subject": terms.SUBJECT_TERMS[choice.subject].name(t.lang),
        "window": terms.WINDOW_TERMS[choice.window].name(t.lang),
        "basis": terms.BASIS_TERMS[choice.basis].name(t.lang),
        "decisions": t(f"repeat.decisions.{choice.decisions}"),
    }
    told = [(t(f"repeat.{name}"), value) for name, value in chosen.items()]
    return as_of.printed([*told, (t("filter.county"), controls.county_words(choice.county, facts.known, t))], t)


def low_words(facts: Facts, low: str, t: Text) -> str:
    """Who a list holds, as the head of a tile or link."""
    if low == "statutory":
        name = named_tier(facts, "statutory", t)
        return name[:1].upper() + name[1:]
    return (
        t("repeat.low.warning", count=f"{facts.told['repeat_count'].value:g}")
        if low == "warning"
        else t(f"repeat.low.{low}")
    )


def lows(facts: Facts, t: Text) -> html.Nav:
    """Who is listed; enterprises have no warning, and cases of the ranking's line are of vehicles."""
    choice = facts.choice
    left_out = (*(("warning",) if choice.subject == "enterprise" else ()), *(() if facts.has_cases else OF_CASES))
    offered = [low for low in LOW if low not in left_out]
    links = [
        (low, f"{low_words(facts, low, t)} · {fmt.count(facts.count(low))}", HERE + choice.query(low=low))
        for low in offered
    ]
    return as_of.links(t("repeat.low"), choice.low, links, many=True)


# --- the list ------------------------------------------------------------------------------------------------------
def cells(facts: Facts, place: int, one: Standing, t: Text) -> dict[str, Any]:
    """A row as the grid shows it, and the lines of its card on a phone."""
    tier = tier_of(facts, one, t)
    share = fmt.NONE if one.ratio is None else f"{one.ratio * 100:.2f}%"
    lapse, trigger = fmt.day(one.lapses_on, t.lang), fmt.day(one.trigger_on, t.lang)
    span, why = _span(one, t), why_not(facts, one, t)
    if one.has_no_first_issue:
        span = f"{span} · {t('repeat.no_first_issue')}"
    dates = [t("repeat.line.trigger", day=trigger)] if one.trigger_on else []
    dates += [t("repeat.line.lapse", day=lapse)] if one.lapses_on else []
    return {
        "record": f"{facts.db.version}-{place}",
        "who": name_of(one, t),
        "vehicles": count_of(one, t),
        "count": share if one.subject == "enterprise" else fmt.count(one.count),
        "tier": tier,
        "tier_tone": TIER_TONE[one.tier],
        "window": span,
        "trigger": trigger,
        "lapse": lapse,
        "pending": fmt.count(one.pending),
        "previous": previous_of(one),
        "why": why,
        "pill": tier,
        "pill_tone": TIER_TONE[one.tier],
        "head": name_of(one, t),
        "right": count_of(one, t),
        "line": span,
        "where": t("availability.join").join(dates),
        "under": t("repeat.line.why", why=why) if why else "",
    }


def column_defs(choice: Choice, t: Text) -> list[dict[str, Any]]:
    """The columns of a list, and the card that stands for all of them on a phone."""
    card = {"field": "card", "headerName": "", "flex": 1, "hide": True, "sortable": False, "cellRenderer": "HengLines"}
    found: list[dict[str, Any]] = [card]
    for field, key, width, is_number, sortable in COLUMNS[choice.subject]:
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
        if is_number:
            definition["type"] = "rightAligned"
        if field == "tier":
            definition["cellRenderer"] = "HengPill"
        if field == "count":
            definition["sort"] = "desc"
        found.append(definition)
    return found


def grid(choice: Choice, count: int, t: Text) -> dag.AgGrid:
    return controls.record_grid("repeat", column_defs(choice, t), count, t)


# --- the drawer ------------------------------------------------------------------------------------------
def doubts(facts: Facts, judged: Judged, t: Text) -> list[Any]:
    """What speaks against the weighing of an act as evidence, and that it counts all the same, as the look-up says."""
    reasons = queries.reasons(facts.db)
    against = words.flag_words(reasons[reasons["outcome"] == "evidence"], t)
    told = [says for code, says in words.flag_list(judged.act.flags, against) if code in against]
    if told and judged.counts:
        told.append(Words(t.lang)("act.evidence.decided" if judged.act.decided_on else "act.evidence.counts"))
    return [html.Span(t("availability.join").join(told), className="under act-doubts")] if told else []


def act_line(facts: Facts, judged: Judged, one: Standing, t: Text) -> html.Div:
    """An act: when and where, its case, what it weighed, what speaks against its evidence, and why it does not count or
    until when it does."""
    act = judged.act
    what = [fmt.moment(act.violated_at, t.lang)]
    if one.subject != "vehicle":
        what.append(repeat_queries.vehicle_of(judged))
    details = [t("repeat.act.case", case=act.case_no)]
    if act.excess_ratio is not None:
        share, after = fmt.share(act.excess_ratio), fmt.share(act.excess_ratio_after_allowance)
        if act.allowance_kg is None:
            details.append(t("repeat.act.excess.measured", share=share))
        else:
            allowance, left = fmt.kilograms(act.allowance_kg), fmt.kilograms(act.excess_after_allowance_kg)
            details.append(t("repeat.act.excess", share=share, allowance=allowance, left=left, after=after))
    if act.decided_on is not None:
        details.append(t("repeat.act.decided", day=fmt.day(act.decided_on, t.lang)))
    if judged.counts:
        details.append(
            t("repeat.act.counts", first=fmt.day(judged.counts_from, t.lang), last=fmt.day(judged.lapses_on, t.lang))
        )
    reason: list[Any] = []
    if judged.reason is not None:
        says = terms.REASON_TERMS[judged.reason].says(t.lang)
        reason = [html.Span([html.B(terms.reason(judged, t.lang)), t("app.colon"), says], className="under")]
    evidence: Any = html.Span(t("repeat.act.no_passage"), className="neutral")
    if act.passage_record_id is not None:
        says = t("repeat.act.passage", site=act.site_code)
        evidence = html.A(  # the list and its open row stay where they are
            says,
            href=f"/overload/rows?record={act.passage_record_id}",
            target="_blank",
            rel="noopener",
            className="text-link",
            **{"aria-label": t("link.new_tab", what=says)},
        )
    weak = doubts(facts, judged, t)
    body = [html.B(" · ".join(what)), html.Br(), t("availability.join").join(details), " ", evidence, *weak, *reason]
    mark = ("flag", "warn") if weak and judged.counts else ("check" if judged.counts else "x",)
    return html.Div([shell.icon(*mark), html.Span(body)])


def _act_list(facts: Facts, title: str, acts: list[Judged], one: Standing, nothing: str, t: Text) -> list[Any]:
    shown = [act_line(facts, judged, one, t) for judged in acts[-MOST_ACTS:][::-1]]
    more = [html.P(t("repeat.drawer.more", shown=MOST_ACTS, all=fmt.count(len(acts))), className="quiet-line")]
    return [
        html.H3(f"{title} {fmt.count(len(acts))}"),
        html.Div(shown or [html.P(nothing, className="quiet-line")], className="proof acts"),
        *(more if len(acts) > MOST_ACTS else []),
    ]


def _register_only(facts: Facts, one: Standing, t: Text) -> list[Any]:
    """Acts that name no enterprise and whose vehicle the register gives this one: told, and counted for nobody."""
    acts, term = facts.register_only(one), terms.REASON_TERMS[terms.REGISTER_ONLY]
    if not acts:
        return []
    lines = []
    for act in acts[-MOST_ACTS:][::-1]:
        head = f"{fmt.moment(act.violated_at, t.lang)} · {plate.masked(act.plate_no)}"
        told = t("repeat.act.case", case=act.case_no)
        lines.append(html.Div([shell.icon("x"), html.Span([html.B(head), html.Br(), told])]))
    more = [html.P(t("repeat.drawer.more", shown=MOST_ACTS, all=fmt.count(len(acts))), className="quiet-line")]
    return [
        html.H3(f"{term.name(t.lang)} {fmt.count(len(acts))}"),
        html.P(term.says(t.lang), className="subtitle"),
        html.Div(lines, className="proof acts"),
        *(more if len(acts) > MOST_ACTS else []),
    ]


def _by_window(facts: Facts, one: Standing, t: Text) -> html.Div:
    """The counts of the other windows beside this one: which year the statute means is not settled."""
    rows = []
    for window_name in WINDOWS:
        other = one if window_name == facts.choice.window else facts.of(one, window_name)
        term = terms.WINDOW_TERMS[window_name]
        name: Any = [term.name(t.lang), " ", explain.confidence_pill(term.confidence, t)]
        if other.has_no_first_issue:
            name += [html.Span(t("repeat.no_first_issue"), className="under")]
        rows.append([html.Span(name), html.Span(_span(other, t), className="unbroken"), count_of(other, t)])
    heads = [t("repeat.window"), t("repeat.window.days"), t("repeat.count")]
    table = controls.plain_table(t("repeat.drawer.windows"), heads, rows, text_columns=2)
    return controls.scrolled(table, "story")


def _kept_elsewhere(facts: Facts, one: Standing, t: Text) -> list[Any]:
    """What the count is from the day the tier falls, where another usual window then still counts more."""
    if one.lapses_on is None:
        return []
    fallen, kept = facts.after_lapse(one)
    if not kept:
        return []
    day, name = fmt.day(one.lapses_on, t.lang), terms.WINDOW_TERMS[fallen.window].name(t.lang)
    told = t("repeat.lapse.falls", window=name, day=day, count=count_of(fallen, t))
    for other in kept:
        told += t("repeat.lapse.kept", window=terms.WINDOW_TERMS[other.window].name(t.lang), count=count_of(other, t))
    return [html.Span(told, className="under")]


def look_up(choice: Choice, one: Standing, t: Text) -> list[Any]:
    """The way to the look-up: of this vehicle, by a token, on the day and in the window of the list; else of any."""
    if one.subject != "vehicle":
        return [dcc.Link(t("repeat.lookup"), href="/lookup", className="button")]
    pairs = {"vehicle": token(*one.key), "as_of": choice.as_of.isoformat(), "window": choice.window}
    return [
        dcc.Link(t("repeat.lookup.row"), href=f"/lookup?{urlencode(pairs)}", className="button primary"),
        dcc.Link(t("repeat.lookup"), href="/lookup", className="button"),
    ]


def drawer(facts: Facts, one: Standing, t: Text) -> list[Any]:
    name, says = terms.tier_of(one, facts.choice.question, facts.told, t.lang)
    shown = [
        *lists.fact(t("repeat.tier"), shell.pill(name, TIER_TONE[one.tier])),
        *lists.fact(t("repeat.count"), count_of(one, t)),
        *lists.fact(t("repeat.window"), [terms.WINDOW_TERMS[one.window].name(t.lang), html.Br(), _span(one, t)]),
    ]
    if one.ratio is not None:
        shown += lists.fact(t("repeat.share"), f"{one.ratio * 100:.2f}%")
    if one.has_no_first_issue:
        shown += lists.fact(t("repeat.first_issue"), t("repeat.no_first_issue"))
    elif one.first_issue_date is not None:
        shown += lists.fact(t("repeat.first_issue"), fmt.day(one.first_issue_date, t.lang))
    shown += lists.fact(t("repeat.trigger"), fmt.day(one.trigger_on, t.lang))
    shown += lists.fact(t("repeat.lapse"), [fmt.day(one.lapses_on, t.lang), *_kept_elsewhere(facts, one, t)])
    shown += lists.fact(t("repeat.pending"), fmt.count(one.pending))
    if one.previous_count is not None:
        assert one.previous_first is not None
        assert one.previous_last is not None
        days = fmt.day_range(one.previous_first, one.previous_last, t.lang)
        shown += lists.fact(t("repeat.previous"), [fmt.count(one.previous_count), html.Br(), days])
    return [
        lists.drawer_head("repeat", name_of(one, t), t("repeat.as_of.day", day=fmt.day(facts.choice.as_of, t.lang)), t),
        html.Dl(shown, className="facts"),
        html.P(says, className="subtitle"),
        *_act_list(facts, t("repeat.counted"), one.counted, one, t("repeat.counted.none"), t),
        *_act_list(facts, t("repeat.not_counted"), one.not_counted, one, t("repeat.not_counted.none"), t),
        *_register_only(facts, one, t),
        html.H3(t("repeat.drawer.windows")),
        _by_window(facts, one, t),
        html.P(t("repeat.lead.facts"), className="subtitle"),
        html.Div(look_up(facts.choice, one, t), className="drawer-actions"),
    ]


def drawer_of(facts: Facts, record: str, t: Text) -> list[Any]:
    """What stands behind one row; a row of another version is said to be one."""
    place = lists.place_of(record, facts.db.version)
    return lists.old_drawer("repeat", t) if place is None else drawer(facts, facts.at(place), t)


# --- the page ------------------------------------------------------------------------------------------
@shell.page("repeat")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "repeat", db)
    if not repeat.is_built(db):
        card = shell.state_card("database", t("state.no_violations.title"), [t("state.no_terminals.why")])
        return shell.frame(view, "repeat", card, db=db)
    choice, bad = choice_of(query, known, db)
    facts = Facts(db, choice, known)
    count = len(facts.listed)
    if count:
        body: list[Any] = [grid(choice, count, t), html.P(t("rows.printed"), className="print-only")]
    else:
        widen = dcc.Link(t("repeat.none.widen"), href=HERE + choice.query(low="all"), className="button")
        why = t("repeat.none.why" if facts.of_county else "repeat.none.acts")
        body = [shell.state_card("filter", t("rows.none"), [why], widen if facts.of_county else None)]
    total = html.Div(
        [
            html.Span(
                t.parts("vehicles.total", count=html.B(fmt.count(count)), unit=t(f"repeat.unit.{choice.subject}"))
            ),
            html.Span(t("repeat.of", all=fmt.count(len(facts.of_county)))),
            explain.unverified_pill(t, t("repeat.unverified")),
        ],
        className="reconcile",
        role="status",
    )
    return shell.frame(
        view,
        "repeat",
        [
            lead(facts, t),
            printed(facts, t),
            filters(facts, t),
            html.Div([_tile(facts, name, t) for name in TILES], className="kpis repeat-tiles"),
            html.Div(lows(facts, t), className="chips"),
            html.P(t("repeat.low.cases"), className="note") if choice.low in OF_CASES else None,
            lists.beside_drawer("repeat", [total, *body], t),
            repeat_safety.card(db, choice.as_of, t) if choice.subject == "enterprise" else None,
            dcc.Store(id="repeat-choice", data=choice.data()),
            *lists.stores("repeat"),
            *as_of.stores("repeat", HERE, choice.query(), choice.query(absolute=True), choice.as_of),
        ],
        actions=[controls.copy_link("repeat", t), *lists.file_links("repeat", choice.query(absolute=True))],
        db=db,
        notices=[t("state.bad_values", values=t("availability.join").join(bad))] if bad else None,
    )  # fmt: skip


PAGE = {"path": HERE, "title": shell.title("repeat"), "layout": layout}


def facts_of(data: Any) -> Facts:
    db = queries.source()
    known = queries.known(db)
    if known is None:
        raise BadRequest("no day of data")
    return Facts(db, from_page(data, lambda given: choice_of(given, known, db)), known)


def _rows(chosen: Any, start: int, number: int, sort: lists.Sort, t: Text) -> tuple[list[dict[str, Any]], int]:
    facts = facts_of(chosen)
    rows = repeat_queries.in_order(facts, sort)
    return [cells(facts, place, one, t) for place, one in rows[start : start + number]], len(rows)


lists.list_with_drawer("repeat", "choice", _rows, lambda chosen, record, t: drawer_of(facts_of(chosen), record, t))
as_of.follow("repeat")
