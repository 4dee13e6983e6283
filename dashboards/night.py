"""The report of a night in words, for the quality page and for files: what came, what is missing, and what
became of every delivered row. The figures are those of ``meta.night_report``; nothing is judged here."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboards import controls, queries, shell, words
from dashboards import format as fmt
from dashboards.text import Text

FRESHNESS = {"on time": "on_time", "late": "late", "missing": "missing"}
"""Words of ``freshness`` and the ends of their keys in the catalogues."""
STATE_TONE = {
    "on_time": "better",
    "late": "warn",
    "missing": "worse",
    "stopped": "worse",
    "no_rhythm": "",
    "unknown": "",
}
ROWS = ("delivered", "accepted", "quarantined", "current", "repeated", "superseded")
"""Columns of counted rows as the page shows them, in the order of the two sums."""
FILES = ("repeat", "reissue", "late", "stopped")
"""Of the deliveries that came, those that are more than new rows; in words only where there are any."""
SHOWN_OUTCOMES = {"stop": "worse", "quarantine": "worse", "warning": "warn"}
"""Reasons told one by one, with their tone. Flags are a count: a record carries its own."""
ABSENT_SHOWN = 8
FEEDS_SHOWN = 10

Words = dict[tuple[str, str], tuple[str, str]]


def column_of(name: str) -> str:
    """The column of ``meta.night_report`` behind a name of ``ROWS``."""
    return f"{name}_rows" if name in ("delivered", "accepted", "quarantined") else f"{name}_count"


def chosen(asked: str | None, nights: list[date]) -> tuple[date | None, bool]:
    """The night an address asks for, and whether it has a report; the last one in place of one that has none."""
    last = next(iter(nights), None)
    if not asked:
        return last, True
    known = {night.isoformat(): night for night in nights}
    return known.get(asked, last), asked in known


def state_of(freshness: Any, every_days: Any) -> str:
    """The end of the key of a freshness: ``no_rhythm`` where nothing is expected, ``unknown`` without a report."""
    return "no_rhythm" if fmt.missing(every_days) else FRESHNESS.get(str(freshness), "unknown")


def title(row: Any, t: Text) -> str:
    """A feed's declared name; one that is not declared any more stands for itself."""
    return row.feed if fmt.missing(row.title_zh) else t.pick(row.title_zh, row.title_en)


def rhythm(every_days: Any, t: Text) -> str:
    return t("quality.when_changed") if fmt.missing(every_days) else t("quality.every_days", count=int(every_days))


def sums(lines: pd.DataFrame) -> dict[str, int | None]:
    """Every count of the night over all feeds; None where one part of it is not known."""
    counted = [name for name in lines.columns if name.endswith(("_count", "_rows"))]
    return {name: None if lines[name].isna().any() else int(lines[name].sum()) for name in counted}


def reason_texts(told: pd.DataFrame, feed: str, reasons: Words) -> Iterator[tuple[str, str, str, Any, Any]]:
    """Of one feed: outcome, code, words, rows (None for a refused delivery) and the message of a refused one."""
    of_feed = told[(told["feed"] == feed) & told["outcome"].isin(list(SHOWN_OUTCOMES))]
    order = of_feed["outcome"].map(list(SHOWN_OUTCOMES).index)
    for row in of_feed.assign(order=order).sort_values("order", kind="stable").itertuples():
        text, _ = reasons.get((row.reason, row.outcome), (words.reason_of(reasons, row.reason), ""))
        message = None if fmt.missing(row.message) else f"{row.name}: {row.message}"
        yield row.outcome, row.reason, text, None if fmt.missing(row.rows) else int(row.rows), message


def reason_cell(told: pd.DataFrame, line: Any, reasons: Words, t: Text) -> html.Div | None:
    """A line for each outcome with its reasons, and what was said of each delivery refused as a whole."""
    of_outcome: dict[str, list[Any]] = {}
    for outcome, code, text, rows, message in reason_texts(told, line.feed, reasons):
        pieces = of_outcome.setdefault(outcome, [])
        if pieces:
            pieces.append(t("quality.limits.join"))
        pieces += [text, " ", *([html.B(fmt.count(rows)), " "] if rows is not None else []), html.Code(code)]
        if message:
            pieces.append(html.Span(message, className="under said", lang="en"))
    told_lines = [
        html.Div([shell.pill(t(f"quality.outcome.{outcome}"), SHOWN_OUTCOMES[outcome]), " ", *pieces])
        for outcome, pieces in of_outcome.items()
    ]
    if line.flagged_rows:
        told_lines.append(html.Div([shell.pill(t("quality.outcome.flag")), " ", html.B(fmt.count(line.flagged_rows))]))
    return html.Div(told_lines, className="night-reasons") if told_lines else None


def files_words(line: Any, t: Text) -> list[str]:
    """Of the deliveries that came: how many are repeats, reissues, late, refused."""
    found = {name: getattr(line, f"{name}_count") for name in FILES}
    return [t.plural(f"night.{name}", int(count)) for name, count in found.items() if count]


def totals(lines: pd.DataFrame, t: Text) -> html.Div:
    """What came and the two sums, whose sides are equal or are said not to be."""
    total = sums(lines)
    came = [t.plural("night.came", total["received_count"] or 0), *files_words(pd.Series(total), t)]

    def equation(key: str, *names: str) -> html.P:
        return html.P(t.parts(key, **{name: html.B(fmt.count(total[column_of(name)])) for name in names}))

    fate = ("accepted", "current", "repeated", "superseded")
    known = all(total[column_of(name)] is not None for name in fate)
    difference = total["difference_rows"]
    accounted = shell.pill(t("night.accounted"), "better")
    if difference:
        accounted = shell.pill(t.plural("night.difference", difference), "worse")
    return html.Div(
        [
            html.P(t("app.list").join(came)),
            equation("night.delivered", "delivered", "accepted", "quarantined"),
            equation("night.fate", *fate) if known else html.P(t("night.fate.unknown")),
            html.P(accounted),
        ],
        className="night-sums",
    )


def absent(lines: pd.DataFrame, t: Text) -> html.Div:
    """The feeds that were due by that night and had not come, the longest overdue kind first."""
    found = lines[lines["freshness"].isin(["missing", "late"])]
    found = found.sort_values(["freshness", "feed"], ascending=[False, True])
    quiet = int(((lines["received_count"] == 0) & ~lines.index.isin(found.index)).sum())
    under = html.P(t.plural("night.quiet", quiet), className="quiet-line") if quiet else None
    if found.empty:
        return html.Div([html.P(t("night.missing.none"), className="quiet-line"), under])
    items = []
    for row in found.itertuples():
        state = state_of(row.freshness, row.expected_every_days)
        since = (
            t("night.never") if fmt.missing(row.last_issue) else t("night.since", day=fmt.day(row.last_issue, t.lang))
        )
        told = f"{since}{t('app.list')}{rhythm(row.expected_every_days, t)}"
        items.append(
            html.Li(
                [shell.pill(t(f"quality.state.{state}"), STATE_TONE[state]), html.B(title(row, t)), html.Span(told)]
            )
        )
    listed: Any = html.Ul(items, className="night-absent")
    if len(items) > ABSENT_SHOWN:
        listed = html.Details(
            [html.Summary(t("night.missing.all", count=len(items))), listed], className="fold plain-fold"
        )
    return html.Div([html.H3(t("night.missing")), listed, under])


def news(lines: pd.DataFrame) -> pd.DataFrame:
    """The feeds that brought more than the same bytes again: refused ones first, then those with refused rows."""
    found = lines[lines["received_count"] > lines["repeat_count"]]
    order = found.assign(stopped=found["stopped_count"] > 0, refused=found["quarantined_rows"] > 0)
    by = ["stopped", "refused", "delivered_rows", "feed"]
    return found.loc[order.sort_values(by, ascending=[False, False, False, True]).index]


def table(lines: pd.DataFrame, told: pd.DataFrame, reasons: Words, t: Text) -> html.Table:
    """The feeds that brought news, with a line of totals under them."""
    heads = [t("quality.feed"), t("night.files"), *(t(f"quality.{name}") for name in ROWS), t("night.reasons")]

    def cells(row: Any, files: list[Any], what: html.Div | None) -> list[Any]:
        values = [
            [fmt.count(row.received_count), *files],
            *(fmt.count(getattr(row, column_of(name))) for name in ROWS),
            what,
        ]
        looks = [*["number"] * (len(values) - 1), "" if what else "hollow"]
        return [
            html.Td(value, className=look, **{"data-head": head})
            for value, look, head in zip(values, looks, heads[1:], strict=True)
        ]

    body = [
        html.Tr(
            [
                html.Th([title(row, t), html.Span(row.feed, className="under")], scope="row"),
                *cells(
                    row,
                    [html.Span(text, className="under") for text in files_words(row, t)],
                    reason_cell(told, row, reasons, t),
                ),
            ],
            className="beyond" if position >= FEEDS_SHOWN else None,
        )
        for position, row in enumerate(news(lines).itertuples())
    ]
    total = pd.Series(sums(lines))
    body.append(html.Tr([html.Th(t("night.total"), scope="row"), *cells(total, [], None)], className="total"))
    return html.Table(
        [
            html.Caption(t("night.title"), className="visually-hidden"),
            html.Thead(
                html.Tr(
                    [
                        html.Th(head, scope="col", className="number" if 0 < i < len(heads) - 1 else "")
                        for i, head in enumerate(heads)
                    ]
                )
            ),
            html.Tbody(body),
        ],
        className="stackable night",
    )


def address(day: date, nights: list[date]) -> str:
    """The page with this night; the last one is the page itself, so that its address stays the last night."""
    return "/quality" if day == nights[0] else f"/quality?night={day.isoformat()}"


def ways(day: date, nights: list[date], t: Text) -> list[Any]:
    """The night before, the one after, and the files of this one."""
    at = nights.index(day)
    links = []
    for name, position in (("earlier", at + 1), ("later", at - 1)):
        if 0 <= position < len(nights):
            href, hint = address(nights[position], nights), fmt.day(nights[position], t.lang)
            links.append(dcc.Link(t(f"night.{name}"), href=href, className="button small", title=hint))
    files = [
        html.A(
            [shell.icon("download"), kind.upper()],
            href=f"/export/night-report.{kind}?night={day.isoformat()}",
            className="button small",
            download="",
            **{"aria-label": t("night.export", kind=kind.upper())},
        )
        for kind in ("csv", "xlsx")
    ]
    return [*links, *files]


def card(db: queries.Source, day: date | None, nights: list[date], reasons: Words, t: Text) -> html.Section:
    if day is None:
        body = html.P(t("night.no_reports"), className="quiet-line")
        return controls.card(t("night.title"), None, body, id="quality-night")
    lines, told = queries.night(db, day), queries.night_reasons(db, day)
    brought = len(news(lines))
    by_feed = controls.scrolled(table(lines, told, reasons, t)) if brought else None
    more = None
    if brought > FEEDS_SHOWN:
        more = html.Button(
            t("night.all", count=brought),
            className="button more",
            **{"data-expand": "#quality-night table", "data-less": t("night.fewer", count=FEEDS_SHOWN)},
        )
    again = lines[(lines["received_count"] > 0) & (lines["received_count"] == lines["repeat_count"])]
    names = t("night.names.join").join(title(row, t) for row in again.itertuples())
    same = html.P(t.plural("night.again", len(again), names=names), className="quiet-line") if names else None
    return controls.card(
        t("night.title"),
        t("night.how", day=fmt.day(day, t.lang)),
        [html.Div([totals(lines, t), absent(lines, t)], className="night-top"), by_feed, more, same],
        extra=ways(day, nights, t),
        id="quality-night",
    )


# --- files -------------------------------------------------------------------------------------------
def file_heads(t: Text) -> list[str]:
    return [
        *(t(name) for name in ("quality.feed", "export.feed_name", "table.state", "quality.last_issue", "night.files")),
        *(t(f"night.head.{name}") for name in FILES),
        *(t(f"quality.{name}") for name in ROWS),
        t("quality.flagged"),
        t("night.head.difference"),
        t("night.reasons"),
    ]


def file_rows(lines: pd.DataFrame, told: pd.DataFrame, reasons: Words, t: Text) -> Iterator[tuple[Any, ...]]:
    """One row a feed of the report, also those that delivered nothing; its reasons in one cell."""
    for row in lines.itertuples():
        texts = []
        for outcome, code, text, rows, message in reason_texts(told, row.feed, reasons):
            count = "" if rows is None else f" {rows}"
            texts.append(f"{t(f'quality.outcome.{outcome}')}{count} [{code}] {message or text}")
        counts = [
            getattr(row, name)
            for name in (
                *("received_count", *(f"{name}_count" for name in FILES)),
                *(column_of(name) for name in ROWS),
                *("flagged_rows", "difference_rows"),
            )
        ]
        yield (
            row.feed,
            title(row, t),
            t(f"quality.state.{state_of(row.freshness, row.expected_every_days)}"),
            None if fmt.missing(row.last_issue) else fmt.as_date(row.last_issue),
            *(None if fmt.missing(count) else int(count) for count in counts),
            "; ".join(texts),
        )


def file_notes(db: queries.Source, day: date, lines: pd.DataFrame, t: Text) -> list[tuple[str, str]]:
    """What the rows are: the night, the sums, the version they are of."""
    total = sums(lines)
    counted = {name: fmt.count(total[column_of(name)]) for name in ROWS}
    return [
        (t("export.title"), t("night.how", day=fmt.day(day, t.lang))),
        (t("night.files"), fmt.count(total["received_count"])),
        (t("night.rows"), t("night.delivered", **counted)),
        (t("night.rows"), t("night.fate", **counted)),
        (t("night.head.difference"), fmt.count(total["difference_rows"])),
        (t("export.snapshot"), str(db.version)),
        (t("export.demo"), t("word.yes" if queries.is_demo() else "word.no")),
    ]
