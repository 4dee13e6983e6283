"""Files of the records behind a number: XLSX with a notes sheet, CSV for everything else.

Same filters and masks as the page. A file is complete or refused with the reason: nothing is cut
off silently. Rows are read one day at a time, so a year needs no more memory than a day.
"""

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import flask
import pandas as pd
import xlsxwriter
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from dashboards import controls, explain, freshness, queries, shell, words
from dashboards import format as fmt
from dashboards.selection import ALL, Known, Selection, from_url
from dashboards.text import Text
from warehouse.columns import dictionary

routes = flask.Blueprint("export", __name__)
FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBERS = ("axle_count", "gross_vehicle_weight_kg", "limit_kg", "excess_kg", "excess_ratio", "speed_kmh", "source_line")


def safe(text: str) -> str:
    """Text that a spreadsheet could run as a formula gets a leading apostrophe."""
    return "'" + text if text.startswith(FORMULA_START) else text


def heading(field: str, t: Text) -> str:
    """A column's name in the reader's language with its unit."""
    own = {"plate_masked": "table.plate", "excess_kg": "export.excess_kg", "excess_ratio": "export.excess_ratio",
           "verdict": "table.verdict", "rule_id": "export.rule", "limit_kg": "export.limit", "feed": "export.feed",
           "evidence_ok": "export.evidence_ok"}  # fmt: skip
    if field in own:
        return t(own[field])
    column = dictionary()[field]
    name = column.zh if t.lang == "zh" else column.label
    return f"{name} {column.unit}".strip() if field != "passed_at" else name


class Wording:
    """Turns one record's values into cells. Numbers stay numbers, codes become words, instants stay instants."""

    def __init__(self, db: queries.Source, known: Known, t: Text) -> None:
        self.known = known
        self.t = t
        self.reasons = words.reason_words(queries.reasons(db), t)

    def cell(self, field: str, value: Any) -> Any:
        if field == "flags":
            return "; ".join(f"{text} [{code}]" for code, text in words.flag_list(value, self.reasons))
        if field == "county_code":
            return controls.place_name(self.known, value, self.t)
        if fmt.missing(value):
            return None
        if field == "verdict":
            return words.verdict(value, self.t)
        if field == "direction":
            return words.direction(value, self.t)
        if field == "feed":
            return words.feed(value, self.t)
        if field == "evidence_ok":
            return self.t("word.yes" if bool(value) else "word.no")
        if field in NUMBERS:
            number = float(value)
            return int(number) if number.is_integer() and field != "excess_ratio" else number
        if field == "passed_at":
            return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
        if field == "certificate_valid_to":
            return fmt.as_date(value)
        return str(value)

    def rows(self, db: queries.Source, selection: Selection) -> Iterator[list[Any]]:
        for day in queries.export_days(db, selection)["passed_date"]:
            frame = queries.export_day(db, selection, fmt.as_date(day))
            for record in frame[list(queries.EXPORT_FIELDS)].itertuples(index=False):
                yield [self.cell(field, value) for field, value in zip(queries.EXPORT_FIELDS, record, strict=True)]


def file_name(selection: Selection, known: Known, t: Text, suffix: str) -> str:
    """超限明细_20261101-20261122_道县.xlsx: never a plate, a name or an id."""
    place = ""
    if selection.site != ALL:
        place = "_" + selection.site
    elif selection.county != ALL:
        place = "_" + controls.place_name(known, selection.county, t)
    kind = t(f"rows.kind.{selection.metric}")
    return f"{t('export.file')}_{kind}_{selection.start:%Y%m%d}-{selection.end:%Y%m%d}{place}.{suffix}".replace(" ", "-")


def notes(db: queries.Source, selection: Selection, known: Known, count: int, t: Text) -> list[tuple[str, str]]:
    """The sheet that says what the rows are: filters, definitions, cut-off, version, number of rows."""
    until = queries.last_day(db)
    everything = t("export.everything")
    lines = [
        (t("export.title"), t(f"rows.kind.{selection.metric}")),
        (t("filter.period"), fmt.day_range(selection.start, selection.end, t.lang)),
        (t("filter.county"), everything if selection.county == ALL else controls.place_name(known, selection.county, t)),
        (t("filter.site"), everything if selection.site == ALL else selection.site),
        (t("filter.axle"), everything if selection.axle == ALL else selection.axle),
        (t("distribution.band"), everything if selection.band == ALL else t(f"band.{selection.band}")),
        (t("export.rows"), fmt.count(count)),
        (t("export.cut_off"), f"{fmt.day(until, t.lang)} 24:00 (+08:00)"),
        (t("export.snapshot"), str(db.version)),
        (t("export.made"), f"{datetime.now(freshness.CHINA):%Y-%m-%d %H:%M} (+08:00)"),
        (t("export.link"), "/overload/rows" + selection.query(absolute=True, rows=True)),
        (t("export.masked"), t("export.masked.why")),
        (t("export.demo"), t("word.yes" if queries.is_demo(db) else "word.no")),
    ]
    for name, spec in explain.METRICS.items():
        words_of = f"{explain.formula(name, t)}. {explain.definition(name, t)} {explain.excludes(name, t)}".strip()
        lines.append((f"{explain.label(name, t)} (v{spec.version})", words_of))
    for rule in queries.rules(db).itertuples():
        doubt = t("pill.unverified") if words.unverified(rule.confidence) else ""
        cited = t.pick(rule.citation_zh, rule.citation_en)
        lines.append((f"{t('export.rule')} {rule.rule_id}", f"{fmt.kilograms(rule.limit_kg)} · {cited} {doubt}".strip()))
    return lines


def _asked() -> tuple[queries.Source, Selection, Known, Text]:
    """The snapshot, the selection in the address, and the language. A bad value is refused, not replaced:
    a file must hold what its address says."""
    db = queries.source()
    known = queries.known(db)
    if known is None:
        raise BadRequest("The snapshot holds no day of data.")
    selection, bad = from_url(flask.request.args.to_dict(), known)
    if bad:
        raise BadRequest(f"Not usable in the address: {', '.join(bad)}.")
    return db, selection, known, shell.view_of(flask.request.args).text


def _download(name: str, mimetype: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Content-Type": mimetype}


def csv_bytes(rows: Iterator[list[Any]], heads: list[str]) -> Iterator[bytes]:
    """CSV with a byte-order mark, in pieces of about a thousand rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"
    writer.writerow([safe(head) for head in heads])
    for number, row in enumerate(rows, start=1):
        writer.writerow(
            [
                ("" if cell is None else safe(cell) if isinstance(cell, str) else f"{cell:%Y-%m-%d %H:%M:%S}" if isinstance(cell, datetime) else cell)
                for cell in row
            ]
        )
        if number % 1000 == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_xlsx(
    target: Any, rows: Iterator[list[Any]], heads: list[str], lines: list[tuple[str, str]], sheets: tuple[str, str]
) -> None:
    """Sheet 1 the rows, sheet 2 the notes. Text is written as text, whatever it starts with."""
    book = xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True, "bottom": 1})
    instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    percent = book.add_format({"num_format": "0.0%"})
    whole = book.add_format({"num_format": "#,##0"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(sheets[0])
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(heads) - 1, 16)
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    ratio_column = queries.EXPORT_FIELDS.index("excess_ratio")
    number = 0
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if cell is None or cell == "":
                continue
            if isinstance(cell, datetime):
                sheet.write_datetime(number, column, cell, instant)
            elif isinstance(cell, date):
                sheet.write_datetime(number, column, datetime(cell.year, cell.month, cell.day), day)
            elif isinstance(cell, (int, float)):
                sheet.write_number(number, column, cell, percent if column == ratio_column else whole)
            else:
                sheet.write_string(number, column, cell)
    if number:
        sheet.autofilter(0, 0, number, len(heads) - 1)
    described = book.add_worksheet(sheets[1])
    described.set_column(0, 0, 26)
    described.set_column(1, 1, 96)
    for position, (name, text) in enumerate(lines):
        described.write_string(position, 0, name, bold)
        described.write_string(position, 1, text, wrapped)
    book.close()


@routes.get("/export/overload-rows.csv")
def rows_csv() -> flask.Response:
    db, selection, known, t = _asked()
    heads = [heading(field, t) for field in queries.EXPORT_FIELDS]
    rows = Wording(db, known, t).rows(db, selection)
    name = file_name(selection, known, t, "csv")
    return flask.Response(csv_bytes(rows, heads), headers=_download(name, "text/csv; charset=utf-8"))


@routes.get("/export/overload-rows.xlsx")
def rows_xlsx() -> flask.Response:
    db, selection, known, t = _asked()
    count = queries.row_count(db, selection)
    if count > queries.MAX_XLSX_ROWS:
        raise RequestEntityTooLarge(t("export.too_many", rows=fmt.count(count), most=fmt.count(queries.MAX_XLSX_ROWS)))
    heads = [heading(field, t) for field in queries.EXPORT_FIELDS]
    lines = notes(db, selection, known, count, t)
    # A file on disk, removed when it has been sent: a year of records does not fit a worker's memory twice.
    target = tempfile.TemporaryFile()
    write_xlsx(target, Wording(db, known, t).rows(db, selection), heads, lines, (t("export.sheet"), t("export.notes")))
    target.seek(0)
    mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return flask.send_file(
        target, mimetype=mimetype, as_attachment=True, download_name=file_name(selection, known, t, "xlsx"), max_age=0
    )
