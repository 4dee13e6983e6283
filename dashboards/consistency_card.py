"""The card of the page of cases that asks whether like cases are decided alike (``warehouse.consistency``)."""

from collections import Counter
from typing import Any

from dash import html

from dashboards import as_of, case_facts, controls, explain, queries, shell
from dashboards import format as fmt
from dashboards.case_facts import Choice
from dashboards.selection import ALL, Known
from dashboards.text import Text
from warehouse import case_terms as terms
from warehouse import consistency
from warehouse.consistency import BY, JUDGEMENTS, TESTED, Fined, Group, Outlier, Told, Twin
from warehouse.money import yuan

HERE = "/penalties"
OUTLIERS_SHOWN = 10
TONE = {"lower": "warn", "higher": "warn"}
ANCHOR = "penalties-consistency"
COLUMNS = ("count", "warned", "median", "quartiles", "position")


def card(db: queries.Source, choice: Choice, known: Known, t: Text) -> html.Section:
    """Groups with their ratios against like cases, what has no ratio, and outliers with their twins."""
    if not consistency.is_built(db):
        return controls.card(t("consistency.title"), None, html.P(t("consistency.none"), className="quiet-line"))
    told = case_facts.consistency_told(db, choice.scope)
    ways = [by for by in BY if by != "county" or choice.county == ALL]
    by = choice.by if choice.by in ways else "severity"
    found = case_facts.consistency_groups(db, choice.scope, by)
    switch = as_of.links(
        t("consistency.by"), by,
        [(way, t(f"consistency.by.{way}"), f"{HERE}{choice.scope.query(by=way)}#{ANCHOR}") for way in ways], many=True,
    )  # fmt: skip
    body: list[Any] = [_lead(told, found, by, db, choice, t)]
    if found:
        body.append(_groups(told, found, by, known, t))
    if told.remainders:
        body.append(_remainders(told, t))
    if listed := consistency.outliers(told):
        body.append(_outliers(listed, told, known, t))
    return controls.card(t("consistency.title"), t("consistency.how"), body, extra=switch, id=ANCHOR)


def _lead(told: Told, found: list[Group], by: str, db: queries.Source, choice: Choice, t: Text) -> html.P:
    """How many cases are compared, their median, and how many groups differ."""
    _, median, _ = consistency.quartiles([one.ratio for one in told.fined])
    said: list[Any] = t.parts(
        "consistency.lead",
        span=html.Span(fmt.day_range(choice.first_month, choice.as_of, t.lang), className="unbroken"),
        count=fmt.count(told.count),
        fined=html.B(fmt.count(len(told.fined))),
        median=html.B(fmt.rate(median)),
    )
    judged = Counter(group.difference.judgement for group in found if group.difference)
    if judged:
        parts = [
            t("consistency.lead.judged", what=t.pick(*words), count=fmt.count(judged[name]))
            for name, words in JUDGEMENTS.items()
            if judged[name]
        ]
        said.append(t("consistency.lead.groups", parts=t("availability.join").join(parts)))
    return html.P([html.Span(said), _info(told, by, db, choice, t)], className="name-and-info")


def _info(told: Told, by: str, db: queries.Source, choice: Choice, t: Text) -> Any:
    """The (i): the formula, who is like whom, what is left out, how chance was asked, the parameters, the version."""
    unread = sum(not one.case.is_verified for one in told.fined)
    facts: list[tuple[str, Any]] = [
        ("explain.counts", t("consistency.like", draws=fmt.count(consistency.DRAWS), seed=str(consistency.SEED))),
        ("explain.thresholds", html.Ul(explain.number_lines(told.parameters.values(), t), className="thresholds")),
        ("explain.known_from", t("consistency.unverified", count=fmt.count(unread))),
        ("explain.leaves_out", t("consistency.leaves_out")),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    link = HERE + choice.opened("amounts")
    return explain.rule_popover(t("consistency.title"), t("consistency.formula"), facts, link, "decided_fen", t)


def _groups(told: Told, found: list[Group], by: str, known: Known, t: Text) -> html.Div:
    heads: list[tuple[str, bool]] = [(t(f"consistency.by.{by}"), False)]
    heads += [(t(f"consistency.{name}"), True) for name in COLUMNS]
    if by in TESTED:
        heads += [(t("consistency.difference"), True), (t("consistency.judgement"), False)]
    body = []
    for group in found:
        name = (
            controls.place_name(known, group.name, t) if by == "county"
            else consistency.group_words(told.parameters, by, group.name, t.lang)
        )  # fmt: skip
        count: Any = fmt.count(group.count)
        if group.is_few:
            why = t("consistency.few.help", least=str(told.least))
            count = html.Span([count, " ", shell.pill(t("pill.small_sample"), "", why)])
        quartiles = f"{fmt.rate(group.quartile_low)} – {fmt.rate(group.quartile_high)}" if group.count else fmt.NONE
        position: list[Any] = []
        if group.position_count:
            position.append(f"{fmt.rate(group.position_median)} ({fmt.count(group.position_count)})")
        position += [html.Span(words, className="under") for words in consistency.outside_words(group, t.lang)]
        cells = [
            count, fmt.count(group.warned_count) if group.warned_count else fmt.NONE, fmt.rate(group.median), quartiles,
            html.Span(position) if position else fmt.NONE, *(_tested(group, told, t) if by in TESTED else []),
        ]  # fmt: skip
        body.append(controls.stack_row(name, cells, heads))
    table = controls.stack_table(t("consistency.title"), heads, body)
    note = html.P(t.pick(*consistency.INNOCENT), className="subtitle") if by in TESTED else None
    return html.Div([table, note])


def _tested(group: Group, told: Told, t: Text) -> list[Any]:
    """The difference from like cases with its interval, and what is said of it."""
    apart = group.difference
    if apart is None:
        return [fmt.NONE, fmt.NONE]
    said = shell.pill(t.pick(*consistency.JUDGEMENTS[apart.judgement]), TONE.get(apart.judgement, ""))
    if apart.mean is None:
        return [fmt.NONE, said]
    span = t(
        "consistency.interval", share=f"{told.confidence:.0%}", low=points(apart.low), high=points(apart.high),
        p=f"{apart.p:.3f}",
    )  # fmt: skip
    return [html.Span([points(apart.mean), html.Span(span, className="under")]), said]


def points(value: float | None) -> str:
    """A difference of ratios in percentage points."""
    return fmt.NONE if value is None else fmt.signed(value * 100, 1)


def _remainders(told: Told, t: Text) -> html.Details:
    """Every case without a ratio, by its reason: with those compared they are all of the period."""
    heads: controls.Heads = [(t("penalties.why"), False), (t("penalties.cases"), True)]
    body = [
        controls.stack_row(consistency.remainder_words(part, t.lang), [fmt.count(part.count)], heads)
        for part in told.remainders
    ]
    left = told.count - len(told.fined)
    summary = html.Summary([shell.icon("right"), html.Span(t("consistency.left", count=fmt.count(left)))])
    table = controls.stack_table(t("consistency.remainders"), heads, body)
    return html.Details([summary, table], className="fold plain-fold")


# --- outliers ----------------------------------------------------------------------------------------
def _outliers(listed: list[Outlier], told: Told, known: Known, t: Text) -> html.Div:
    """The outliers furthest from their like cases, each with its twins beside it."""
    shown = listed[:OUTLIERS_SHOWN]
    said = t("consistency.outliers.how", count=fmt.count(len(listed)), shown=str(len(shown)))
    return html.Div([
        html.H3(t("consistency.outliers")), html.P(said, className="subtitle"),
        *(_outlier(each, told, known, t) for each in shown),
    ])  # fmt: skip


def _outlier(each: Outlier, told: Told, known: Known, t: Text) -> html.Details:
    one, twins = each.one, consistency.nearest(each.one, told)
    beside = t("consistency.outlier", median=fmt.rate(each.median), count=fmt.count(each.like_count))
    summary = html.Summary([
        shell.icon("right"), html.B(one.case.case_no, lang="zh"), html.Span(fmt.rate(one.ratio)),
        html.Span(beside, className="subtitle"),
    ])  # fmt: skip
    heads: controls.Heads = [
        (t("penalties.case"), False), (t("penalties.series.decided"), False), (t("table.excess"), True),
        (t("penalties.range"), True), (t("penalties.decided"), True), (t("consistency.ratio"), True),
        (t("consistency.apart"), False),
    ]  # fmt: skip
    body = [_side(one, None, heads, known, t), *(_side(twin.one, twin, heads, known, t) for twin in twins.nearest)]
    like = t(
        "consistency.twins", like=consistency.like_words(told.parameters, one.like, t.lang),
        origin=terms.ORIGIN_TERMS[one.origin].name(t.lang), earlier=str(one.earlier_count), days=str(twins.days),
        count=fmt.count(twins.among),
    )  # fmt: skip
    note = html.P(like, className="subtitle")
    return html.Details(
        [summary, html.Div([note, controls.stack_table(t("consistency.outliers"), heads, body)])], className="fold"
    )


def _side(one: Fined, twin: Twin | None, heads: controls.Heads, known: Known, t: Text) -> html.Tr:
    """A case of a comparison; a twin tells how far it is from the one it is compared with."""
    case, apart = one.case, t("consistency.itself")
    if twin is not None:
        told = [t("consistency.ratio_less", points=points(twin.ratio_less))]
        if twin.excess_apart_kg is not None:
            told.append(fmt.kilograms(twin.excess_apart_kg))
        told.append(t.plural("consistency.days", twin.days_apart))
        apart = t("availability.join").join(told)
    low, high = yuan(case.low_fen or 0), yuan(case.high_fen or 0)
    range_cell: list[Any] = [low if low == high else f"{low} – {high}"]
    if not case.is_verified:
        range_cell += [" ", explain.unverified_pill(t, t("penalties.rule.unverified"))]
    place = html.Span(controls.place_name(known, case.county_code, t), className="under")
    cells = [
        fmt.day(case.decided_on, t.lang), fmt.NONE if case.excess_kg is None else fmt.kilograms(case.excess_kg),
        html.Span(range_cell), yuan(case.decided_fen), fmt.rate(one.ratio), apart,
    ]  # fmt: skip
    return controls.stack_row(html.Span([html.Span(case.case_no, lang="zh"), place]), cells, heads)
