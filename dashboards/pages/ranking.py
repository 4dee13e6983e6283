"""Who ranks where, and why? Counties or enterprises by rates of what they have to keep, each place with its interval
and each total with its parts; then what was done toward those behind. No fine and no number of cases is read
(行政处罚法 art. 74)."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from dashboards import as_of, controls, explain, lists, queries, ranking_facts, shell
from dashboards import format as fmt
from dashboards.ranking_facts import FIRST_DAY, MEASURES_SHOWN, Choice
from dashboards.selection import Known
from dashboards.text import Text
from warehouse import score, score_terms, supervision_terms
from warehouse.score import CityPart, Rate, Unit
from warehouse.supervision import Measure, Number

HERE = "/ranking"
TONE = {"overdue": "worse", "done_late": "warn", "untold": "warn"}
COLUMNS = {"interval": False, "total": True, "group": False, "weight": True, "change": True, "gaps": False}
"""Columns of the table after the unit, and which are numbers."""
ROWS_OF = {
    "hazard_closed": "/hazards", "hazard_on_time": "/hazards", "major_overdue": "/hazards", "repeat_handled": "/repeat",
    "clocks_kept": "/penalties", "scale_reporting": "/quality",
}  # fmt: skip
"""The page that has the rows of a part; of the others the page of terminals has them."""


# --- small parts -------------------------------------------------------------------------------------------
def points(value: float) -> str:
    return f"{value:.1f}"


def of_hundred(value: float | None) -> str:
    return fmt.NONE if value is None else points(value)


def of_unit(key: str, told: score.Ranking | Choice) -> str:
    """The key of words that speak of who is ranked."""
    of = told.of if isinstance(told, Choice) else told.asked.of
    return key if of == "county" else f"{key}.{of}"


def unit_name(one: Unit, told: score.Ranking, known: Known, t: Text) -> str:
    """A county's name, or an enterprise's as registered, which exists in Chinese only."""
    if told.asked.of == "county":
        return controls.place_name(known, one.code, t)
    registered = told.register.get(one.code)
    return (registered and registered.name) or t("terminals.enterprise.none")


def unit_head(one: Unit, told: score.Ranking, known: Known, t: Text) -> Any:
    name = unit_name(one, told, known, t)
    if told.asked.of == "county":
        return name
    registered = told.register.get(one.code)
    home = controls.place_name(known, registered.county_code if registered else None, t)
    return html.Span([html.Span(name, lang="zh-CN"), html.Span(home, className="under")])


def cadence_words(cadence: str, t: Text) -> str:
    return t.pick(*score_terms.CADENCES[cadence])


def places(one: Unit, t: Text) -> Any:
    """The interval of a place as words and as a bar over all places."""
    if one.low is None or one.high is None:
        return html.Span(t("supervision.no_place"), className="neutral")
    return html.Span(t("supervision.places", low=one.low, high=one.high), className="unbroken")


def places_before(one: Unit, before: Mapping[str, Unit], t: Text) -> Any:
    """The interval of the place in the period before, or that there was none."""
    then = before.get(one.code)
    told = t("supervision.no_place") if then is None or not then.has_place else places(then, t)
    return html.Span([t("supervision.before"), " ", told], className="under")


def total_cell(one: Unit, t: Text) -> Any:
    """A total without a place is mostly the city's, and stands apart from those that are compared."""
    if one.has_place or one.total is None:
        return of_hundred(one.total)
    return html.Span(
        [points(one.total), html.Span(t("supervision.total.unplaced"), className="under")], className="neutral"
    )


def place_bar(one: Unit, ranked: int) -> Any:
    if one.low is None or one.high is None:
        return None
    left, width = 100 * (one.low - 1) / ranked, 100 * (one.high - one.low + 1) / ranked
    bar = html.I(style={"marginLeft": f"{left:.2f}%", "width": f"{width:.2f}%"})
    return html.Span(bar, className="way", **{"aria-hidden": "true"})


def change_words(one: Unit, t: Text) -> Any:
    if one.change is None:
        return fmt.NONE
    told = fmt.signed(one.change.points, 1)
    compared = html.Span(then_and_now(one.change, t), className="under")
    if one.change.doubt is not None:
        doubt = html.Span(score_terms.doubt_words(one.change.doubt, t.lang), className="under")
        return html.Span([told, doubt, compared])
    return html.Span([html.Span(told, className="better" if one.change.points > 0 else "worse"), compared])


def then_and_now(change: score.Change, t: Text) -> str:
    """What a change compares: the points of both periods over the parts that both have, and their weight."""
    return t(
        "supervision.change.compared", count=fmt.count(len(change.parts)), then=points(change.then),
        now=points(change.now), weight=fmt.share(change.weight),
    )  # fmt: skip


def gap_list(gaps: tuple[score.Gap, ...], t: Text) -> Any:
    return html.Div([html.Span(score_terms.gap_words(gap, t.lang), className="under") for gap in gaps]) or fmt.NONE


# --- above -------------------------------------------------------------------------------------------------
def filters(choice: Choice, t: Text) -> html.Div:
    """Who is ranked, cadence and day; all are in the address."""
    units = [(one, t(f"supervision.of.{one}"), HERE + choice.query(of=one)) for one in score.KEYS]
    cadences = [(one, cadence_words(one, t), HERE + choice.query(cadence=one)) for one in score.CADENCES]
    choices = [(t("supervision.of"), choice.of, units), (t("supervision.cadence"), choice.cadence, cadences)]
    days = FIRST_DAY, choice.last_day
    return as_of.filters("supervision", choices, cadence_words(choice.cadence, t), choice.as_of, days, t)


def lead(told: score.Ranking, overdue: int, untold: int, known: Known, t: Text) -> html.P:
    """How many are ranked, whether any can be told apart, and what is overdue."""
    ranked = [one for one in told.units if one.has_place]
    said: list[Any] = t.parts(
        of_unit("supervision.lead", told) if ranked else "supervision.lead.none",
        span=html.Span(fmt.day_range(told.asked.first, told.asked.as_of, t.lang), className="unbroken"),
        count=html.B(fmt.count(len(ranked))),
        total=html.B(of_hundred(told.total)),
    )
    pair = ranking_facts.apart(told)
    if pair is not None:
        best, worst = pair
        said += t.parts(
            "supervision.lead.apart",
            best=html.B(unit_name(best, told, known, t)),
            best_low=str(best.low),
            best_high=str(best.high),
            worst=html.B(unit_name(worst, told, known, t)),
            worst_low=str(worst.low),
            worst_high=str(worst.high),
        )
    elif ranked:
        said.append(t(of_unit("supervision.lead.alike", told)))
    if told.asked.of == "county":
        said += t.parts(
            "supervision.lead.overdue",
            count=html.B(fmt.count(overdue), className="worse" if overdue else "better"),
            untold=html.B(fmt.count(untold), className="worse" if untold else "better"),
        )
    return html.P([*said, t("supervision.no_target")], className="lead")


# --- the table ---------------------------------------------------------------------------------------------
def total_info(db: queries.Source, told: score.Ranking, t: Text) -> Any:
    """The (i) of the total: formula, what is left out, parameters, days compared, version."""
    before = told.asked.before
    facts: list[tuple[str, Any]] = [
        ("explain.now", t("supervision.city", total=of_hundred(told.total))),
        ("explain.counts", t("supervision.counts")),
        ("explain.leaves_out", t(of_unit("supervision.leaves_out", told))),
        ("explain.thresholds", html.Ul(explain.number_lines(told.parameters.values(), t), className="thresholds")),
        ("explain.data", t("supervision.compared", span=fmt.day_range(before.first, before.as_of, t.lang))),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    return explain.rule_popover(
        t("supervision.total"), t("supervision.formula"), facts, HERE + "#supervision-parts", "score", t
    )


def ranking_card(
    db: queries.Source, told: score.Ranking, before: Mapping[str, Unit], known: Known, t: Text
) -> html.Section:
    heads: controls.Heads = [
        (t(of_unit("supervision.county", told)), False),
        *((t(f"supervision.{name}"), is_number) for name, is_number in COLUMNS.items()),
    ]
    ranked = sum(one.has_place for one in told.units)
    first, last, between, unplaced = score.shown(told.units)
    body = [
        controls.stack_row(
            unit_head(one, told, known, t),
            [
                html.Div(
                    [places(one, t), place_bar(one, ranked), places_before(one, before, t)],
                    className="place-cell",
                ),
                total_cell(one, t), score_terms.letters(one.groups) or fmt.NONE, fmt.share(one.weight),
                change_words(one, t), gap_list(one.gaps, t),
            ],
            heads,
        )
        for one in (*first, *last)
    ]  # fmt: skip
    title = t(of_unit("supervision.table", told))
    content: Any = controls.stack_table(title, heads, body)
    if not ranked:
        content = html.P(t("supervision.none"), className="quiet-line")
    extra = html.Span(
        [explain.unverified_pill(t, t("supervision.assumed")), total_info(db, told, t)], className="name-and-info"
    )
    notes = [shell.note(score_terms.gap_words(gap, t.lang)) for gap in told.gaps]
    how: list[Any] = [
        t(of_unit("supervision.how", told), confidence=fmt.share(told.parameters["score_confidence"].value)),
        " ",
        t(
            "supervision.how.weight", least=fmt.share(told.parameters["score_min_weight"].value),
            span=fmt.day_range(told.asked.before.first, told.asked.before.as_of, t.lang),
        ),
    ]  # fmt: skip
    if between or unplaced:
        command = f"heng ranking --of {told.asked.of} --as-of {told.asked.as_of} --cadence {told.asked.cadence}"
        cut = t("supervision.cut", between=fmt.count(between), unplaced=fmt.count(unplaced))
        how += [" ", cut, " ", html.Code(f"{command} --format csv")]
    return controls.card(title, how, content, extra=extra, id="supervision-table", notes=notes)


# --- the parts ---------------------------------------------------------------------------------------------
def part_info(db: queries.Source, told_of: score.Ranking, city: CityPart, t: Text) -> Any:
    part = city.part
    told: list[tuple[str, Any]] = [
        ("explain.now", rate_words(city.rate, city.numerator, city.denominator, t)),
        ("explain.counts", t(f"supervision.better.{part.better_way}")),
        ("explain.leaves_out", t(of_unit("supervision.part.leaves_out", told_of), count=fmt.count(city.unplaced))),
        (
            "explain.thresholds",
            t("supervision.part.sample", count=part.sample_min, of=t.pick(part.sample_zh, part.sample_en)),
        ),
        (
            "explain.known_from",
            [t.pick(part.citation_zh, part.citation_en), " ", explain.confidence_pill(part.confidence, t)],
        ),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    link = ROWS_OF.get(part.name, "/terminals")
    return explain.rule_popover(
        score_terms.part_name(part.name, t.lang), t.pick(part.zh, part.en), told, link, "score_part", t
    )  # fmt: skip


def part_head(part: score.Part, t: Text) -> Any:
    """The name of a part, and that less of it is better where it is."""
    name = score_terms.part_name(part.name, t.lang)
    if part.better_way == "up":
        return name
    return [name, html.Span(t("supervision.better.down"), className="under")]


def rate_words(rate: float | None, numerator: int, denominator: int, t: Text) -> str:
    return t("supervision.no_data") if rate is None else f"{fmt.indicator(rate)} ({numerator:,} / {denominator:,})"


def parts_card(db: queries.Source, told: score.Ranking, t: Text) -> html.Section:
    """The parts over the whole city: weight, direction, rate, and whether counties differ beyond chance."""
    heads: controls.Heads = [
        (t("supervision.part"), False), (t("supervision.most"), True), (t("supervision.city_rate"), True),
        (t(of_unit("supervision.scored", told)), True), (t(of_unit("supervision.spread", told)), False),
    ]  # fmt: skip
    body = []
    for city in told.parts:
        head = html.Div(
            [html.Span(part_head(city.part, t)), part_info(db, told, city, t)],
            className="name-and-info",
        )
        cells = [
            f"{city.part.weight:g}", rate_words(city.rate, city.numerator, city.denominator, t), fmt.count(city.scored),
            spread_words(city, t),
        ]  # fmt: skip
        body.append(controls.stack_row(head, cells, heads))
    content = controls.stack_table(t("supervision.parts"), heads, body)
    return controls.card(
        t("supervision.parts"), t(of_unit("supervision.parts.how", told)), content, id="supervision-parts"
    )


def spread_words(city: CityPart, t: Text) -> str:
    if city.strength is None:
        return fmt.NONE
    if not city.scored:
        return t("supervision.spread.small")
    return t("supervision.spread.none" if city.strength == float("inf") else "supervision.spread.some")


def why_card(told: score.Ranking, known: Known, t: Text) -> html.Section:
    """Of each county what its parts give or take against the city: from the city's total to its own."""
    first, last, _, _ = score.shown(told.units)
    folds = [_why(told, one, place, known, t) for place, one in enumerate((*first, *last), 1)]
    return controls.card(t("supervision.why"), t(of_unit("supervision.why.how", told)), folds, id="supervision-why")


def _why(told: score.Ranking, one: Unit, place: int, known: Known, t: Text) -> html.Details:
    assert one.total is not None  # where nobody is scored there is nothing to explain
    differs = one.total - (told.total or 0)
    summed = t(
        "supervision.why.line", county=unit_name(one, told, known, t), total=points(one.total),
        differs=fmt.signed(differs, 1),
    )  # fmt: skip
    heads: controls.Heads = [
        (t("supervision.part"), False), (t("supervision.sample"), True), (t("supervision.rate"), True),
        (t("supervision.shrunk"), True),
        (t("supervision.city_rate"), True), (t("supervision.points"), True), (t("supervision.against"), False),
    ]  # fmt: skip
    widest = max(
        (abs(rate.against) for unit in told.units for rate in unit.parts.values() if rate.against), default=1.0
    )
    body = []
    for city in told.parts:
        part, rate = city.part, one.parts[city.part.name]
        cells = [
            f"{fmt.count(rate.sample)} {t.pick(part.sample_zh, part.sample_en)}",
            _rows_of_rate(told, one, part.name, t), fmt.indicator(rate.shrunk),
            fmt.indicator(city.rate),
            t("supervision.points.of", points=f"{rate.points:.2f}", most=f"{part.weight:g}") if rate.points is not None
            else shell.pill(t("supervision.no_data" if rate.rate is None else "supervision.few")),
            _against(rate, widest),
        ]  # fmt: skip
        body.append(controls.stack_row(part_head(part, t), cells, heads))
    table = controls.stack_table(summed, heads, body)
    return html.Details(
        [html.Summary([shell.icon("right"), html.Span(summed)]), table, *_why_changed(told, one, t)],
        className="fold",
        # An enterprise's code may lead to a person, and stays out of the page.
        id=f"supervision-of-{one.code if told.asked.of == 'county' else place}",
    )


def _why_changed(told: score.Ranking, one: Unit, t: Text) -> list[Any]:
    """Part by part what the change since the period before is made of."""
    if one.change is None:
        return [html.P(t("supervision.moved.none"), className="quiet-line")]
    before = told.asked.before
    title = t(
        "supervision.moved", span=fmt.day_range(before.first, before.as_of, t.lang),
        change=fmt.signed(one.change.points, 1), compared=then_and_now(one.change, t),
    )  # fmt: skip
    heads: controls.Heads = [
        (t("supervision.part"), False), (t("supervision.moved.then"), True), (t("supervision.moved.now"), True),
        (t("supervision.moved.shrunk"), True), (t("supervision.moved.points"), True),
    ]  # fmt: skip
    body = []
    for name, moved in one.change.parts.items():
        now = one.parts[name]
        cells = [
            rate_words(moved.numerator / moved.denominator, moved.numerator, moved.denominator, t),
            rate_words(now.rate, now.numerator, now.denominator, t),
            f"{fmt.indicator(moved.shrunk)} → {fmt.indicator(now.shrunk)}", fmt.signed(moved.points, 2),
        ]  # fmt: skip
        body.append(controls.stack_row(score_terms.part_name(name, t.lang), cells, heads))
    doubt = score_terms.doubt_words(one.change.doubt, t.lang) if one.change.doubt else ""
    return [
        html.P(" · ".join(filter(None, (title, doubt))), className="quiet-line"),
        controls.stack_table(title, heads, body),
    ]


def _rows_of_rate(told: score.Ranking, one: Unit, part: str, t: Text) -> Any:
    """A unit's rate, which opens the rows behind it where a page can narrow to them."""
    rate = one.parts[part]
    words = rate_words(rate.rate, rate.numerator, rate.denominator, t)
    href = ranking_facts.rows_of(told.asked, one.code, part, is_registered=one.code in told.register)
    if href is None or rate.rate is None:
        return words
    what = score_terms.part_name(part, t.lang)
    return dcc.Link(words, href=href, className="text-link", title=t("action.rows_of", what=what))


def _against(rate: Rate, widest: float) -> Any:
    """Points won or lost against the city: a number, and a bar to the right or to the left of the middle."""
    if rate.against is None:
        return fmt.NONE
    width = 50 * abs(rate.against) / widest
    left = 50.0 if rate.against >= 0 else 50 - width
    tone = "better" if rate.against > 0 else "worse"
    bar = html.I(style={"marginLeft": f"{left:.2f}%", "width": f"{width:.2f}%"}, className=tone)
    return html.Div(
        [fmt.signed(rate.against, 2), html.Span(bar, className="way", **{"aria-hidden": "true"})],
        className="place-cell",
    )


# --- the ladder --------------------------------------------------------------------------------------------
def numbers(found: tuple[Number, ...], t: Text) -> list[Any]:
    told = [
        supervision_terms.number_words(one, t.lang, fmt.day_range(one.first, one.last, t.lang)) for one in found
    ]  # fmt: skip
    return [html.Span(words, className="under") for words in told or [t.pick(*supervision_terms.NO_NUMBERS)]]


def ladder_card(db: queries.Source, choice: Choice, known: Known, t: Text) -> html.Section:
    heads: controls.Heads = [
        (t("supervision.measure"), False), (t("supervision.taken"), False), (t("supervision.toward"), False),
        (t("supervision.cause"), False), (t("supervision.due"), False), (t("supervision.state"), False),
    ]  # fmt: skip
    body = [
        _measure_row(one, found, heads, known, t) for one, found in ranking_facts.measures(db, choice.as_of)
    ]  # fmt: skip
    content: Any = controls.stack_table(t("supervision.ladder"), heads, body)
    if not body:
        content = html.P(t("supervision.ladder.none"), className="quiet-line")
    how: list[Any] = [t("supervision.ladder.how")]
    if ranking_facts.measure_counts(db, choice.as_of)[0] > MEASURES_SHOWN:
        command = f"heng supervision --as-of {choice.as_of} --format csv"
        how += [" ", t("supervision.ladder.first", shown=MEASURES_SHOWN), " ", html.Code(command)]
    return controls.card(t("supervision.ladder"), how, content, id="supervision-ladder")


def _measure_row(
    one: Measure, found: tuple[Number, ...], heads: controls.Heads, known: Known, t: Text
) -> html.Tr:  # fmt: skip
    place = controls.place_name(known, one.county, t) if one.county else t("supervision.everybody")
    unit = [html.Span(one.unit, className="said under")] if one.unit else []
    rung = t.pick(*supervision_terms.RUNGS[one.rung])
    number = html.Span(one.number, className="said under")
    hazard: list[Any] = [html.Span(one.hazard_no, className="under")] if one.hazard_no else []
    cause = supervision_terms.cause_words(one, t.lang)
    return controls.stack_row(
        html.Span([rung, number]),
        [
            fmt.day(one.taken_on, t.lang), html.Span([place, *unit, *hazard]),
            html.Div([cause, *numbers(found, t)]),
            fmt.day(one.due_on, t.lang),
            shell.pill(supervision_terms.state_words(one, t.lang), TONE.get(one.state, "")),
        ],
        heads,
    )  # fmt: skip


def suggestions_card(db: queries.Source, choice: Choice, known: Known, t: Text) -> html.Section:
    heads: controls.Heads = [
        (t("supervision.measure"), False), (t("supervision.toward"), False), (t("supervision.rule"), False),
        (t("supervision.numbers"), False),
    ]  # fmt: skip
    body = []
    for one in ranking_facts.suggestions(db, choice):
        hazard = [html.Span(one.hazard_no, className="under")] if one.hazard_no else []
        place = html.Span([controls.place_name(known, one.county, t), *hazard])
        rule = html.Span(
            [supervision_terms.rule_words(one, t.lang), " ", explain.unverified_pill(t, t("supervision.assumed"))]
        )
        rung = t.pick(*supervision_terms.RUNGS[one.rung])
        body.append(controls.stack_row(rung, [place, rule, html.Div(numbers(one.numbers, t))], heads))
    content: Any = controls.stack_table(t("supervision.suggestions"), heads, body)
    if not body:
        content = html.P(t("supervision.suggestions.none"), className="quiet-line")
    return controls.card(
        t("supervision.suggestions"), t("supervision.suggestions.how"), [content, *_rules_looked_at(db, choice, t)],
        id="supervision-suggestions",
    )  # fmt: skip


def _rules_looked_at(db: queries.Source, choice: Choice, t: Text) -> list[Any]:
    """Every rule with how often it suggests something: what is not suggested was looked at as well."""
    met = Counter(one.rule for one in ranking_facts.suggestions(db, choice))
    rules, again = ranking_facts.rules(db, choice)
    lines = [
        t("supervision.rules.line", rung=t.pick(*supervision_terms.RUNGS[one.rung]),
          rule=supervision_terms.rule_words(one, t.lang), count=fmt.count(met[one.rule]))
        for one in rules
    ]  # fmt: skip
    return [
        html.P(t("supervision.rules", again=str(again)), className="quiet-line"),
        html.Ul([html.Li(line) for line in lines], className="lines"),
    ]


# --- the page ------------------------------------------------------------------------------------------------
@shell.page("supervision")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "supervision", db)
    if not ranking_facts.is_built(db):
        card = shell.state_card("database", t("supervision.old.title"), [t("state.no_terminals.why")])
        return shell.frame(view, "supervision", card, db=db)
    choice, bad = ranking_facts.choice_of(query, known)
    if not ranking_facts.has_parts(db, choice):
        card = shell.state_card("database", t("supervision.old.title"), [t("state.no_terminals.why")])
        return shell.frame(view, "supervision", [filters(choice, t), card], db=db)
    told = ranking_facts.ranking(db, choice)
    _, overdue, untold = ranking_facts.measure_counts(db, choice.as_of)
    printed = [
        (t("supervision.of"), t(f"supervision.of.{choice.of}")),
        (t("supervision.cadence"), cadence_words(choice.cadence, t)),
        (t("repeat.as_of"), fmt.day(choice.as_of, t.lang)),
    ]
    body = [
        lead(told, overdue, untold, known, t),
        as_of.printed(printed, t),
        filters(choice, t),
        ranking_card(db, told, ranking_facts.before(db, choice), known, t),
        *([why_card(told, known, t)] if told.total is not None else []),
        parts_card(db, told, t),
        *([ladder_card(db, choice, known, t), suggestions_card(db, choice, known, t)] if choice.of == "county" else []),
        *as_of.stores("supervision", HERE, choice.query(), choice.query(absolute=True), choice.as_of),
    ]
    return shell.frame(
        view,
        "supervision",
        body,
        actions=[controls.copy_link("supervision", t), *lists.file_links("ranking", choice.query(absolute=True))],
        db=db,
        notices=[t("state.bad_values", values=t("availability.join").join(bad))] if bad else None,
    )


PAGE = {"path": HERE, "title": shell.title("supervision"), "layout": layout}
as_of.follow("supervision")
