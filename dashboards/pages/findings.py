"""What became of each passage over the limit? A case, or exactly one reason why not; passages beyond a dimension; and
plates that may be misread."""

from typing import Any

import pandas as pd
from dash import dcc, html

from dashboards import controls, dimension_card, finding_facts, queries, shell, words
from dashboards import format as fmt
from dashboards.finding_facts import ROWS_SHOWN, SUGGESTIONS_SHOWN, Choice
from dashboards.selection import ALL, Known, from_url
from dashboards.text import Text
from warehouse import fates
from warehouse.suggestions import EVIDENCE

HERE = "/overload/findings"
TONE = {"confirmed_overdue": "worse", "confirmed_waiting": "warn", "pending": "warn", "case_near": "warn"}
"""Fates somebody has to act on."""


def fate_words(code: str, t: Text) -> str:
    return t.pick(*fates.WORDS[code])


Details = dict[str, tuple[str, str]]


def detail_words(code: Any, details: Details, t: Text) -> str:
    """Words of a void code, the end of a case or a reason of evidence; a code without words stands for itself."""
    if not isinstance(code, str) or not code:
        return ""
    return t.pick(*details[code]) if code in details else code


def chips(choice: Choice, known: Known, t: Text) -> html.Div:
    """Period and place, each place with a cross that takes it away."""
    selection = choice.selection
    found: list[Any] = []

    def chip(name: str, value: str, without: str | None) -> None:
        cross = None
        if without is not None:
            cross = dcc.Link(shell.icon("x"), href=HERE + without, title=t("rows.remove", what=name))
        pieces = [f"{name}{t('app.colon')}", html.B(value), cross]
        found.append(html.Span(pieces, className="removable" if cross else "removable fixed"))

    chip(t("filter.period"), fmt.day_range(selection.start, selection.end, t.lang), None)
    if selection.county != ALL:
        chip(t("filter.county"), controls.place_name(known, selection.county, t), selection.query(county=ALL))
    if selection.site != ALL:
        chip(t("filter.site"), controls.site_name(known, selection.site, t), selection.query(site=ALL))
    other = dcc.Link(t("findings.other_period"), href="/overload" + selection.query(), className="button")
    return html.Div([*found, other], className="chips")


def lead(counts: pd.DataFrame, t: Text) -> html.P:
    """The page in a sentence: how many became a case, and what waits for somebody."""
    by_fate = counts.groupby("fate")["finding_count"].sum()
    total = int(by_fate.sum())
    filed = int(sum(by_fate.get(fate, 0) for fate in fates.FILED))
    parts = t.parts(
        "findings.lead",
        total=html.B(fmt.count(total)),
        filed=html.B(fmt.count(filed)),
        share=html.B(fmt.rate(filed / total if total else None)),
    )
    overdue, waiting = int(by_fate.get("confirmed_overdue", 0)), int(by_fate.get("confirmed_waiting", 0))
    parts += t.parts(
        "findings.lead.confirmed",
        overdue=html.B(fmt.count(overdue), className="worse" if overdue else ""),
        waiting=html.B(fmt.count(waiting)),
    )
    return html.P(parts, className="lead")


def fates_card(counts: pd.DataFrame, choice: Choice, details: Details, t: Text) -> html.Section:
    """Every fate with its count; each opens its rows. Together they are all passages over the limit."""
    total = int(counts["finding_count"].sum())
    heads = [
        (t("findings.fate"), False),
        (t("findings.count"), True),
        (t("findings.share"), True),
        (t("findings.confirmed"), True),
        (t("findings.void"), True),
    ]
    body = []
    for row in counts.itertuples():
        detail = row.fate_detail if isinstance(row.fate_detail, str) else None
        chosen = (row.fate, detail) == (choice.fate, choice.detail)
        name: list[Any] = [
            dcc.Link(
                fate_words(row.fate, t),
                href=HERE + choice.query(fate=row.fate, detail=detail, standing=None, dimension=None) + "#rows",
                className="current" if chosen else "",
            )
        ]
        if detail:
            code = html.Code(detail) if detail.isupper() else None
            name.append(html.Span([detail_words(detail, details, t), " ", code], className="under"))
        count: Any = fmt.count(row.finding_count)
        if row.fate in TONE:
            count = shell.pill(count, TONE[row.fate])
        share = fmt.rate(row.finding_count / total)
        seen = [fmt.count(row.confirmed_count), fmt.count(row.void_count)]
        body.append(controls.stack_row(name, [count, share, *(one if one != "0" else fmt.NONE for one in seen)], heads))
    summed = [fmt.count(total), fmt.rate(1.0), fmt.count(counts["confirmed_count"].sum()),
              fmt.count(counts["void_count"].sum())]  # fmt: skip
    body.append(controls.stack_row(html.B(t("findings.total")), [html.B(one) for one in summed], heads))
    return controls.card(
        t("findings.table"), t("findings.table.how"), controls.stack_table(t("findings.table"), heads, body)
    )


def thresholds_note(db: queries.Source, choice: Choice, t: Text) -> html.Details:
    """The thresholds the fates depend on, with where they stand and whether that was read."""
    lines: list[Any] = []
    for row in finding_facts.thresholds(db, choice).itertuples():
        unit = row.unit if isinstance(row.unit, str) else ""
        pieces: list[Any] = [
            html.Code(row.parameter), f" = {row.parameter_value:g} {unit}".rstrip(), t("app.colon"),
            t.pick(row.zh, row.en), " · ", t.pick(row.citation_zh, row.citation_en), " ",
        ]  # fmt: skip
        if words.unverified(row.confidence):
            pieces.append(shell.pill(t("pill.unverified"), "warn", t("pill.unverified.help")))
        lines.append(html.P(pieces))
    return html.Details(
        [html.Summary([shell.icon("right"), html.Span(t("findings.thresholds"))]), *lines], className="fold plain-fold"
    )


def _screening(row: Any, details: Details, t: Text) -> Any:
    """The officer's last look, its day and, where confirmed, until when to file."""
    if row.screening_result == "none":
        return fmt.NONE
    pieces: list[Any] = [t(f"screening.{row.screening_result}")]
    if isinstance(row.void_code, str):
        pieces.append(f" {detail_words(row.void_code, details, t)}")
    pieces.append(html.Span(fmt.day(row.screened_date, t.lang), className="under"))
    if not fmt.missing(row.due_on) and row.fate.startswith("confirmed"):
        pieces.append(html.Span(t("findings.due", day=fmt.day(row.due_on, t.lang)), className="under"))
    return html.Div(pieces)


def rows_card(db: queries.Source, choice: Choice, count: int, known: Known, details: Details, t: Text) -> html.Section:
    """The passages of the chosen fate; each opens its evidence."""
    frame = finding_facts.fate_rows(db, choice)
    reasons = words.flag_words(queries.reasons(db), t)
    heads = [
        (t("table.time"), False),
        (t("table.plate"), False),
        (t("filter.site"), False),
        (t("table.gross"), True),
        (t("table.limit"), True),
        (t("table.excess"), True),
        (t("findings.screening"), False),
        (t("findings.case"), False),
        (t("findings.flags"), False),
    ]
    body = []
    back = choice.selection.query(rows=True)
    for row in frame.itertuples():
        link = "/overload/rows" + back + ("&" if back else "?") + f"record={row.record_id}"
        flags = words.flag_list(row.flags, reasons)
        site = [row.site_code, html.Span(controls.place_name(known, row.county_code, t), className="under")]
        case: Any = fmt.NONE
        if isinstance(row.case_no, str):
            case = html.Div([html.Span(row.case_no, lang="zh"), _of_case(row, t)])
        cells = [
            html.Span(row.plate_no, className="unbroken") if isinstance(row.plate_no, str) else t("rows.unread"),
            html.Div(site),
            fmt.count(row.gross_vehicle_weight_kg),
            fmt.count(row.limit_kg),
            fmt.share(row.excess_ratio),
            _screening(row, details, t),
            case,
            html.Div([html.Span(text, className="under") for _, text in flags]) if flags else fmt.NONE,
        ]
        body.append(controls.stack_row(dcc.Link(fmt.moment(row.passed_at, t.lang), href=link), cells, heads))
    name = fate_words(str(choice.fate), t)
    if choice.detail:
        name += t("app.colon") + detail_words(choice.detail, details, t)
    how = t("findings.rows.first", shown=ROWS_SHOWN, count=fmt.count(count)) if count > ROWS_SHOWN else None
    close = dcc.Link(
        [shell.icon("x"), t("findings.rows.close")],
        href=HERE + choice.query(fate=None, detail=None),
        className="button",
    )
    content: Any = (
        controls.stack_table(name, heads, body) if body else html.P(t("findings.rows.none"), className="quiet-line")
    )
    title = t("findings.rows", fate=name, count=fmt.count(count))
    return controls.card(title, how, content, extra=close, id="rows")


def _of_case(row: Any, t: Text) -> html.Span | None:
    """How the case belongs to the passage, where its number does not name it."""
    if row.case_tie == "same_trip":
        return html.Span(t("findings.case.same_trip"), className="under")
    return html.Span(t("findings.case.near"), className="under") if row.case_tie == "near" else None


def evidence(row: Any, t: Text) -> html.Div:
    """What speaks for the suggestion in one line, then what speaks against it; what is not known is left out."""
    told = {name: getattr(row, f"{name}_evidence") for name in EVIDENCE}
    join = t("suggestion.join")
    pieces = [t(f"suggestion.{name}.for") for name, how in told.items() if how == "for"]
    if told["sequence"] == "for":
        pieces.append(t.plural("suggestion.seen", int(row.seen_count), minutes=fmt.count(int(row.nearest_gap_s) // 60)))
    doubts = [t(f"suggestion.{name}.against") for name, how in told.items() if how == "against"]
    if row.other_day_count:
        doubts.append(t.plural("suggestion.other_days", int(row.other_day_count)))
    if row.candidate_count > 1:
        doubts.append(t("suggestion.several", count=fmt.count(row.candidate_count)))
    return html.Div(
        [
            html.Span(join.join(pieces), className="under"),
            html.Span(join.join(doubts), className="under worse") if doubts else None,
        ]
    )


def suggestions_card(db: queries.Source, choice: Choice, known: Known, t: Text) -> html.Section:
    """Plates to look at: what was read, what it may be, and why."""
    counts = finding_facts.suggestion_counts(db, choice)
    total = int(counts["suggestion_count"].sum())
    title = t("suggestion.title", count=fmt.count(total))
    if not total:
        return controls.card(title, None, html.P(t("suggestion.none"), className="quiet-line"), id="findings-plates")
    frame = finding_facts.suggestion_rows(db, choice)
    heads = [
        (t("table.time"), False),
        (t("filter.site"), False),
        (t("suggestion.read"), False),
        (t("suggestion.may_be"), False),
        (t("suggestion.sign"), False),
        (t("table.verdict"), False),
        (t("suggestion.grade"), False),
        (t("suggestion.why"), False),
    ]
    back = choice.selection.query(rows=True, metric="passages")
    body = []
    for row in frame.itertuples():
        link = "/overload/rows" + back + f"&record={row.record_id}"
        sign = t("suggestion.sign.one", place=int(row.sign_position), read=row.read_sign, true=row.true_sign)
        tone = "better" if row.suggestion_grade == "strong" else ""
        cells = [
            html.Div(
                [str(row.site_code), html.Span(controls.place_name(known, row.county_code, t), className="under")]
            ),
            html.Span(row.plate_no, className="unbroken"),
            html.Span(row.suggested_plate_no, className="unbroken"),
            html.Span(sign, className="unbroken"),
            words.verdict(row.verdict, t),
            shell.pill(t(f"suggestion.{row.suggestion_grade}"), tone),
            evidence(row, t),
        ]
        body.append(controls.stack_row(dcc.Link(fmt.moment(row.passed_at, t.lang), href=link), cells, heads))
    how = t("suggestion.how")
    if total > SUGGESTIONS_SHOWN:
        how += " " + t("suggestion.first", shown=SUGGESTIONS_SHOWN, count=fmt.count(total))
    return controls.card(title, how, controls.stack_table(title, heads, body), id="findings-plates")


@shell.page("findings")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "findings", db)
    if not finding_facts.is_built(db):
        return shell.frame(
            view, "findings", shell.state_card("database", t("findings.old.title"), [t("findings.old.why")]), db=db
        )
    selection, bad = from_url(query, known)
    choice = finding_facts.choice_of(selection, query, bad)
    notices = [t("state.bad_values", values="、".join(bad) if t.lang == "zh" else ", ".join(bad))] if bad else []
    details = finding_facts.detail_words(db)
    counts = finding_facts.fate_counts(db, choice)
    body: list[Any] = [chips(choice, known, t)]
    if counts.empty:
        body.append(shell.state_card("filter", t("findings.none"), [t("findings.none.why")]))
    else:
        body += [lead(counts, t), fates_card(counts, choice, details, t), thresholds_note(db, choice, t)]
        if choice.fate:
            of_fate = counts[counts["fate"] == choice.fate]
            if choice.detail:
                of_fate = of_fate[of_fate["fate_detail"] == choice.detail]
            body.append(rows_card(db, choice, int(of_fate["finding_count"].sum()), known, details, t))
    if choice.standing:
        body.append(dimension_card.rows_card(db, choice, known, t))
    body.append(dimension_card.card(db, choice, t))
    body.append(suggestions_card(db, choice, known, t))
    return shell.frame(
        view,
        "findings",
        body,
        actions=[controls.copy_link("findings", t)],
        db=db,
        query=selection.query(),
        notices=notices,
        crumbs=[dcc.Link(t("nav.overload"), href="/overload" + selection.query()), html.B(t("nav.findings"))],
    )


PAGE = {"path": HERE, "title": shell.title("findings"), "layout": layout}
