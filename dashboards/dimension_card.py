"""The cards of the page of fates that tell passages longer, wider or higher than the general limit."""

from typing import Any

from dash import dcc, html

from dashboards import controls, explain, finding_facts, lists, queries, shell, words
from dashboards import format as fmt
from dashboards.finding_facts import ROWS_SHOWN, Choice
from dashboards.selection import Known
from dashboards.text import Text
from warehouse import dimensions
from warehouse.dimensions import DIMENSIONS, FINDINGS, STANDINGS

HERE = "/overload/findings"
TONE = {"over": "worse", "information": "warn", "permitted": "better"}


def name_of(code: str, t: Text) -> str:
    return t.pick(*dimensions.WORDS[code])


def is_unread(row: Any) -> bool:
    """Whether one of the two rules of a row was not read: the general limit or the greatest exception."""
    return words.unverified(row.confidence) or (
        isinstance(row.high_rule_id, str) and words.unverified(row.high_confidence)
    )


# --- the cards ---------------------------------------------------------------------------------------------
def card(db: queries.Source, choice: Choice, t: Text) -> html.Section:
    """Dimensions by standing; each number opens its rows. What a permit allows stands beside and is in no sum."""
    title = t("dimension.title")
    counts = finding_facts.dimension_counts(db, choice)
    if counts.empty:
        return controls.card(title, None, html.P(t("dimension.none"), className="quiet-line"), id="findings-dimensions")
    heads: controls.Heads = [
        (t("dimension.dimension"), False),
        *((name_of(standing, t), True) for standing in FINDINGS),
        (t("dimension.findings"), True),
        (name_of("permitted", t), True),
    ]
    told = {(row.dimension, row.standing): int(row.row_count) for row in counts.itertuples()}
    body = []
    for dimension in DIMENSIONS:
        of = {standing: told.get((dimension, standing), 0) for standing in STANDINGS}
        if not any(of.values()):
            continue
        cells = [_number(of[standing], choice, standing, dimension, t) for standing in FINDINGS]
        total = fmt.count(sum(of[standing] for standing in FINDINGS))
        permitted = _number(of["permitted"], choice, "permitted", dimension, t)
        body.append(controls.stack_row(name_of(dimension, t), [*cells, total, permitted], heads))
    sums = {standing: sum(told.get((one, standing), 0) for one in DIMENSIONS) for standing in STANDINGS}
    cells = [_number(sums[standing], choice, standing, None, t) for standing in FINDINGS]
    found = html.B(fmt.count(dimensions.finding_count(counts)))
    body.append(
        controls.stack_row(
            html.B(t("dimension.total")),
            [*cells, found, _number(sums["permitted"], choice, "permitted", None, t)],
            heads,
        )
    )
    table = controls.stack_table(title, heads, body)
    how = html.Span([t("dimension.how"), _info(db, choice, t)], className="name-and-info")
    return controls.card(title, how, table, extra=files(choice), id="findings-dimensions")


def _number(count: int, choice: Choice, standing: str, dimension: str | None, t: Text) -> Any:
    """A count that opens its rows."""
    if not count:
        return fmt.NONE
    href = HERE + choice.query(**_NO_ROWS | {"standing": standing, "dimension": dimension}) + "#rows"
    is_current = (standing, dimension) == (choice.standing, choice.dimension)
    what = name_of(standing, t)
    return dcc.Link(
        shell.pill(fmt.count(count), TONE[standing]), href=href, className="current" if is_current else "",
        title=t("action.rows_of", what=what),
    )  # fmt: skip


_NO_ROWS: dict[str, Any] = dict.fromkeys(("fate", "detail", "standing", "dimension"))


def _info(db: queries.Source, choice: Choice, t: Text) -> Any:
    """The (i): what is counted, what is left out, the limits of the period with how well each is known."""
    lines = []
    for rule in finding_facts.dimension_rules(db, choice):
        told = f"{t.pick(rule['zh'], rule['en'])}{t('app.colon')}{rule['limit_mm']:,} mm · "
        cited = t.pick(rule["citation_zh"], rule["citation_en"])
        lines.append(
            html.Li([html.Code(rule["rule_id"]), f" {told}{cited} ", explain.confidence_pill(rule["confidence"], t)])
        )
    facts: list[tuple[str, Any]] = [
        ("explain.thresholds", html.Ul(lines, className="thresholds")),
        ("explain.leaves_out", t("dimension.leaves_out")),
        ("explain.data", fmt.day_range(choice.selection.start, choice.selection.end, t.lang)),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    return explain.rule_popover(t("dimension.title"), t("dimension.says"), facts, None, "dimension_state", t)


def files(choice: Choice) -> list[html.A]:
    """The rows chosen, or every row of the period and place, as a file."""
    return lists.file_links("dimensions", choice.query(absolute=True, fate=None, detail=None))


def rows_card(db: queries.Source, choice: Choice, known: Known, t: Text) -> html.Section:
    """The dimensions of the chosen standing; each opens the evidence of its passage."""
    frame = finding_facts.dimension_rows(db, choice)
    counts = finding_facts.dimension_counts(db, choice)
    chosen = counts[counts["standing"] == choice.standing]
    if choice.dimension:
        chosen = chosen[chosen["dimension"] == choice.dimension]
    count = int(chosen["row_count"].sum())
    heads: controls.Heads = [
        (t("table.time"), False), (t("table.plate"), False), (t("filter.site"), False),
        (t("dimension.dimension"), False), (t("dimension.measured"), True), (t("dimension.limit"), True),
        (t("dimension.excess"), True), (t("dimension.rule"), False), (t("dimension.permit"), False),
        (t("findings.case"), False),
    ]  # fmt: skip
    back = choice.selection.query(rows=True, metric="passages")
    body = []
    for row in frame.itertuples():
        link = f"/overload/rows{back}&record={row.record_id}"
        plate = row.plate_no if isinstance(row.plate_no, str) else t("rows.unread")
        place = html.Span(controls.place_name(known, row.county_code, t), className="under")
        cells = [
            html.Span(plate, className="unbroken"), html.Div([str(row.site_code), place]),
            name_of(str(row.dimension), t), _mm(row.measured_mm), _limit(row, t), _mm(row.excess_mm), _rule(row, t),
            _permit(row, t), html.Span(row.case_no, lang="zh") if isinstance(row.case_no, str) else fmt.NONE,
        ]  # fmt: skip
        body.append(controls.stack_row(dcc.Link(fmt.moment(row.passed_at, t.lang), href=link), cells, heads))
    name = name_of(str(choice.standing), t)
    if choice.dimension:
        name = f"{name_of(choice.dimension, t)} · {name}"
    content: Any = (
        controls.stack_table(name, heads, body) if body else html.P(t("findings.rows.none"), className="quiet-line")
    )
    how = t("dimension.rows.first", shown=ROWS_SHOWN, count=fmt.count(count)) if count > ROWS_SHOWN else None
    close = dcc.Link(
        [shell.icon("x"), t("findings.rows.close")], href=HERE + choice.query(**_NO_ROWS), className="button"
    )
    return controls.card(t("findings.rows", fate=name, count=fmt.count(count)), how, content, extra=close, id="rows")


def _mm(value: Any) -> str:
    return fmt.NONE if fmt.missing(value) else f"{int(value):,} mm"


def _limit(row: Any, t: Text) -> Any:
    """The general limit, and the greatest that some vehicle has."""
    if row.limit_high_mm == row.limit_mm:
        return _mm(row.limit_mm)
    high = html.Span(t("dimension.high", high=_mm(row.limit_high_mm)), className="under")
    return html.Div([_mm(row.limit_mm), high])


def _rule(row: Any, t: Text) -> html.Div:
    """Which rule, since when, where it stands, and whether it and the exception were read."""
    codes = [str(row.rule_id), *([str(row.high_rule_id)] if isinstance(row.high_rule_id, str) else [])]
    cited = html.Span(t.pick(row.citation_zh, row.citation_en), className="under")
    pill: list[Any] = [" ", explain.unverified_pill(t, t("dimension.unread"))] if is_unread(row) else []
    since = html.Span(t("dimension.since", day=fmt.day(row.rule_valid_from, t.lang)), className="under")
    return html.Div([html.Code(", ".join(codes)), *pill, since, cited])


def _permit(row: Any, t: Text) -> Any:
    if not isinstance(row.permit_no, str):
        return fmt.NONE
    allowed = html.Span(t("dimension.allows", size=_mm(row.permitted_mm)), className="under")
    return html.Div([row.permit_no, allowed])
