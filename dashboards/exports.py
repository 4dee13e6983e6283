"""Files of the records behind a number, and of a night's report: XLSX with a notes sheet, CSV for everything else.

Same filters and masks as the page. A file is complete or refused with the reason: nothing is cut
off silently. Rows are read one day at a time, so a year needs no more memory than a day. Each file that
leaves is on record before it does, whatever page it is of.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import IO, Any
from urllib.parse import quote, urlencode

import flask
import pandas as pd
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.wsgi import FileWrapper

from dashboards import controls, explain, freshness, night, queries, shell, words, xlsx
from dashboards import format as fmt
from dashboards.access import session
from dashboards.selection import ALL, Known, Selection, from_url
from dashboards.text import Text
from warehouse import disclosure
from warehouse.columns import dictionary
from warehouse.parameters import Codes, Parameter
from warehouse.principal import Mask
from warehouse.spreadsheet import safe

routes = flask.Blueprint("export", __name__)
WHOLE = ("axle_count", "gross_vehicle_weight_kg", "limit_kg", "excess_kg", "source_line")
_DECIMALS_OF_UNIT = {"": fmt.SHARE_DECIMALS, "km/h": 1}  # as the pages round
DECIMALS = {
    field: _DECIMALS_OF_UNIT[dictionary()[field].unit]
    for field in queries.EXPORT_FIELDS
    if field in dictionary() and dictionary()[field].type == "DOUBLE"
}


HEADINGS = {
    "plate_masked": "table.plate",
    "county_code": "filter.county",
    "excess_kg": "export.excess_kg",
    "excess_ratio": "export.excess_ratio",
    "verdict": "table.verdict",
    "rule_id": "export.rule",
    "limit_kg": "export.limit",
    "feed": "export.feed",
    "evidence_ok": "export.evidence_ok",
}


def heading(field: str, t: Text) -> str:
    """A column's name in the reader's language with its unit: the dictionary's, or ours where a cell holds
    words in place of the column's code."""
    if field in HEADINGS:
        return t(HEADINGS[field])
    column = dictionary()[field]
    unit = column.unit if column.unit and column.unit[0] != "+" else ""
    name = (
        column.zh
        if t.lang == "zh"
        else (column.en or field.removesuffix(f"_{unit.replace('/', '')}").replace("_", " "))
    )
    return f"{name[:1].upper()}{name[1:]} {unit}".strip()


def _rounded(decimals: int, value: Any) -> float:
    return round(float(value), decimals)


class Wording:
    """Turns records into cells, a column at a time: numbers stay numbers, codes become words, instants stay
    instants, and a missing value is None."""

    def __init__(self, db: queries.Source, known: Known, t: Text) -> None:
        reasons = words.flag_words(queries.reasons(db), t)
        titles = queries.feed_titles(db)
        self._turn: dict[str, Callable[[Any], Any]] = {
            "county_code": lambda value: controls.place_name(known, value, t),
            "flags": lambda value: "; ".join(f"{text} [{code}]" for code, text in words.flag_list(value, reasons)),
            "verdict": lambda value: words.verdict(value, t),
            "direction": lambda value: words.direction(value, t),
            "feed": lambda value: words.feed(value, titles, t),
            "evidence_ok": lambda value: t("word.yes" if bool(value) else "word.no"),
            "passed_at": lambda value: value.to_pydatetime(),
            "certificate_valid_to": fmt.as_date,
            **dict.fromkeys(WHOLE, int),
            **{field: partial(_rounded, places) for field, places in DECIMALS.items()},
        }

    def column(self, field: str, values: pd.Series) -> list[Any]:
        """One column's cells. A value that occurs often is turned once."""
        turn = self._turn.get(field, str)
        empty = turn(None) if field == "county_code" else None
        turned: dict[Any, Any] = {}
        cells = []
        for value in values.astype(object):
            if fmt.missing(value):
                cells.append(empty)
                continue
            if value not in turned:
                turned[value] = turn(value)
            cells.append(turned[value])
        return cells

    def rows(self, db: queries.Source, selection: Selection) -> Iterator[tuple[Any, ...]]:
        for day in queries.export_days(db, selection)["passed_date"]:
            frame = queries.export_day(db, selection, fmt.as_date(day))
            yield from zip(*(self.column(field, frame[field]) for field in queries.EXPORT_FIELDS), strict=True)


def file_name(selection: Selection, known: Known, t: Text, suffix: str) -> str:
    """超限明细_20261101-20261122_道县.xlsx: never a plate, a name or an id."""
    place = ""
    if selection.site != ALL:
        place = "_" + selection.site
    elif selection.county != ALL:
        place = "_" + controls.place_name(known, selection.county, t)
    kind = t(f"rows.kind.{selection.metric}")
    return f"{t('export.file')}_{kind}_{selection.start:%Y%m%d}-{selection.end:%Y%m%d}{place}.{suffix}".replace(
        " ", "-"
    )


def made_of(
    db: queries.Source, link: str, t: Text, *, version: str | None = None, masked: str | None = "export.masked.why"
) -> list[tuple[str, str]]:
    """The lines of every sheet of notes: cut-off, version (of a night, ``version`` says it), when it was made, the page
    of the same choice, why plates are masked (None: there are none), whether it is a demonstration."""
    return [
        (t("export.cut_off"), f"{fmt.day(queries.last_day(db), t.lang)} 24:00 (+08:00)"),
        (t("export.snapshot"), version or str(db.version)),
        (t("export.made"), f"{datetime.now(freshness.CHINA):%Y-%m-%d %H:%M} (+08:00)"),
        (t("export.link"), flask.request.host_url.removesuffix("/") + link),
        *([] if masked is None else [(t("export.masked"), t(masked))]),
        (t("export.demo"), t("word.yes" if queries.is_demo() else "word.no")),
    ]


def known_from(confidence: str, t: Text) -> str:
    """How well something is known, and that it is unverified where it is."""
    return f"[{confidence}]{' ' + t('pill.unverified') if words.unverified(confidence) else ''}"


def parameter_note(one: Parameter | Codes, t: Text) -> tuple[str, str]:
    """A parameter in a sheet of notes: value, what it is, source, how well it is known."""
    cited = f"{one.amount} · {t.pick(one.zh, one.en)} · {t.pick(one.citation_zh, one.citation_en)}"
    return one.name, f"{cited} {known_from(one.confidence, t)}"


def served() -> tuple[queries.Source, Known]:
    """What a file is made of. Raises ``BadRequest`` for a version without a day of data."""
    db = queries.source()
    known = queries.known(db)
    if known is None:
        raise BadRequest("The snapshot holds no day of data.")
    return db, known


def notes_sheet(lines: list[tuple[str, str]], t: Text) -> xlsx.Sheet:
    return xlsx.Sheet(t("export.notes"), [], lines, [28, 100], {}, xlsx.WRAPPED)


def refuse_too_many(count: int, t: Text) -> None:
    """Raises ``RequestEntityTooLarge`` for more rows than a sheet has lines: nothing is cut off."""
    if count > queries.MAX_XLSX_ROWS:
        raise RequestEntityTooLarge(t("export.too_many", rows=fmt.count(count), most=fmt.count(queries.MAX_XLSX_ROWS)))


def notes(db: queries.Source, selection: Selection, known: Known, count: int, t: Text) -> list[tuple[str, str]]:
    """The sheet that says what the rows are: filters, definitions, cut-off, version, number of rows."""
    everything = t("export.everything")
    lines = [
        (t("export.title"), t(f"rows.kind.{selection.metric}")),
        (t("filter.period"), fmt.day_range(selection.start, selection.end, t.lang)),
        (
            t("filter.county"),
            everything if selection.county == ALL else controls.place_name(known, selection.county, t),
        ),
        (t("filter.site"), everything if selection.site == ALL else selection.site),
        (t("filter.axle"), everything if selection.axle == ALL else selection.axle),
        (t("distribution.band"), everything if selection.band == ALL else t(f"band.{selection.band}")),
        (t("export.rows"), fmt.count(count)),
        *made_of(db, "/overload/rows" + selection.query(absolute=True, rows=True), t),
    ]
    for name, spec in explain.METRICS.items():
        told = f"{explain.formula(name, t)}; {t('explain.counts')}{t('app.colon')}{explain.definition(name, t)} "
        told += f"{t('explain.leaves_out')}{t('app.colon')}{explain.excludes(name, t)}"
        lines.append((f"{explain.label(name, t)} (v{spec.version})", told))
    for rule in queries.rules(db).itertuples():
        doubt = t("pill.unverified") if words.unverified(rule.confidence) else ""
        cited = t.pick(rule.citation_zh, rule.citation_en)
        lines.append(
            (f"{t('export.rule')} {rule.rule_id}", f"{fmt.kilograms(rule.limit_kg)} · {cited} {doubt}".strip())
        )
    for row in queries.modifiers(db).itertuples():
        told = f"{t.pick(row.zh, row.en)} · {t.pick(row.citation_zh, row.citation_en)}"
        lines.append((f"{heading('limit_modifiers', t)} {row.modifier_id}", told))
    return lines


def _asked() -> tuple[queries.Source, Selection, Known, Text]:
    """The snapshot, the selection in the address, and the language. A bad value is refused, not replaced:
    a file must hold what its address says."""
    db, known = served()
    selection, bad = from_url(flask.request.args.to_dict(), known)
    if selection.left_out:
        bad.append("site")
    if bad:
        raise BadRequest(f"Not usable in the address: {', '.join(bad)}.")
    return db, selection, known, shell.view_of(flask.request.args).text


def download(name: str, mimetype: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Content-Type": mimetype}


def _leaves(file: IO[bytes], row_count: int | None, mask: Mask | None, version: Any) -> None:
    """The file is on record before a byte of it leaves. Raises ``AuditUnwritable``."""
    asked = flask.request.args.items(multi=True)
    chosen = urlencode(sorted((name, value) for name, value in asked if name not in ("lang", "theme")))
    disclosure.leaves(
        session.principal(), flask.request.endpoint or "", f"{flask.request.path}?{chosen}", file, row_count, mask,
        version if isinstance(version, int) else None,
    )  # fmt: skip
    flask.g.is_on_record = True


def bytes_answer(data: bytes, headers: dict[str, str]) -> flask.Response:
    """A file without rows and names, on record."""
    _leaves(io.BytesIO(data), None, None, None)
    return flask.Response(data, headers=headers)


def file_answer(db: queries.Source, file: IO[bytes], row_count: int, headers: dict[str, str]) -> flask.Response:
    """A file of rows that is no table, on record with how many they are."""
    _leaves(file, row_count, mask_of(db), db.version)
    file.seek(0)
    return flask.Response(file.read(), headers=headers)


class _Counted:
    """Rows as they are, and how many went by."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.count = 0
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            self.count += 1
            yield row


def csv_answer(
    db: queries.Source,
    rows: Iterable[Sequence[Any]],
    heads: list[str],
    decimals: Sequence[int | None],
    name: str,
) -> flask.Response:
    """A CSV, on record. Made whole first, on disk: what is told of it is told before it leaves."""
    counted = _Counted(rows)
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    target.writelines(csv_bytes(iter(counted), heads, decimals))
    _leaves(target, counted.count, mask_of(db), db.version)
    length = target.tell()
    target.seek(0)
    answer = flask.Response(FileWrapper(target, 1 << 16), headers=download(name, "text/csv; charset=utf-8"))
    answer.content_length = length
    answer.call_on_close(target.close)
    return answer


def mask_of(db: queries.Source) -> Mask:
    """How a reader hands out personal text; one that does not tell hands it out whole."""
    return getattr(db, "mask", "whole")


def csv_cell(cell: Any, decimals: int | None) -> Any:
    """A cell of the CSV; fractions have as many decimals as their column."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return safe(cell)
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return cell if decimals is None else f"{cell:.{decimals}f}"


def csv_bytes(rows: Iterator[tuple[Any, ...]], heads: list[str], decimals: Sequence[int | None]) -> Iterator[bytes]:
    """CSV with a byte-order mark, in pieces of about a thousand rows. ``decimals``: of each column, None for others."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"
    writer.writerow([safe(head) for head in heads])
    for number, row in enumerate(rows, start=1):
        writer.writerow([csv_cell(cell, places) for cell, places in zip(row, decimals, strict=True)])
        if number % 1000 == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


WIDTHS = {"record_id": 22, "feed": 20, "passed_at": 19, "flags": 34, "delivery_id": 20}


def workbook(rows: Iterator[tuple[Any, ...]], lines: list[tuple[str, str]], t: Text) -> list[xlsx.Sheet]:
    """Sheet 1 the rows, sheet 2 what they are."""
    looks = {**dict.fromkeys(WHOLE, xlsx.WHOLE), "excess_ratio": xlsx.PERCENT, "speed_kmh": xlsx.TENTH}
    styles = {position: looks.get(field, xlsx.PLAIN) for position, field in enumerate(queries.EXPORT_FIELDS)}
    heads = [heading(field, t) for field in queries.EXPORT_FIELDS]
    widths = [WIDTHS.get(field, 13) for field in queries.EXPORT_FIELDS]
    return [
        xlsx.Sheet(t("export.sheet"), heads, rows, widths, styles),
        notes_sheet(lines, t),
    ]


@routes.get("/export/overload-rows.csv")
def rows_csv() -> flask.Response:
    db, selection, known, t = _asked()
    heads = [heading(field, t) for field in queries.EXPORT_FIELDS]
    rows = Wording(db, known, t).rows(db, selection)
    decimals = [DECIMALS.get(field) for field in queries.EXPORT_FIELDS]
    return csv_answer(db, rows, heads, decimals, file_name(selection, known, t, "csv"))


@routes.get("/export/overload-rows.xlsx")
def rows_xlsx() -> flask.Response:
    db, selection, known, t = _asked()
    count = queries.row_count(db, selection)
    refuse_too_many(count, t)
    lines = notes(db, selection, known, count, t)
    sheets = workbook(Wording(db, known, t).rows(db, selection), lines, t)
    return workbook_answer(db, sheets, file_name(selection, known, t, "xlsx"))


def workbook_answer(db: queries.Source, sheets: list[xlsx.Sheet], name: str) -> flask.Response:
    """A workbook, on record with the rows of all its sheets but the notes."""
    counted = [(sheet, _Counted(sheet.rows)) for sheet in sheets]
    # A file on disk, removed when it has been sent: a year of records does not fit a worker's memory twice.
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    xlsx.write(target, [replace(sheet, rows=rows) for sheet, rows in counted])
    _leaves(target, sum(rows.count for sheet, rows in counted if sheet.heads), mask_of(db), db.version)
    target.seek(0)
    mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return flask.send_file(target, mimetype=mimetype, as_attachment=True, download_name=name, max_age=0)


def _asked_night() -> tuple[queries.Source, date, Text]:
    """The snapshot, the night in the address (the last one without), and the language."""
    db = queries.source()
    day, usable = night.chosen(flask.request.args.get("night"), queries.nights(db))
    if day is None or not usable:
        raise BadRequest("This snapshot has no report of that night.")
    return db, day, shell.view_of(flask.request.args).text


def _night_rows(db: queries.Source, day: date, t: Text) -> Iterator[tuple[Any, ...]]:
    reasons = words.reason_words(queries.reasons(db), t)
    return night.file_rows(queries.night(db, day), queries.night_reasons(db, day), reasons, t)


def _night_name(day: date, t: Text, suffix: str) -> str:
    return f"{t('night.title')}_{day:%Y%m%d}.{suffix}".replace(" ", "-")


@routes.get("/export/night-report.csv")
def night_csv() -> flask.Response:
    db, day, t = _asked_night()
    heads = night.file_heads(t)
    return csv_answer(db, _night_rows(db, day, t), heads, [None] * len(heads), _night_name(day, t, "csv"))


@routes.get("/export/night-report.xlsx")
def night_xlsx() -> flask.Response:
    db, day, t = _asked_night()
    heads = night.file_heads(t)
    widths = [26, 30, *[13] * (len(heads) - 3), 80]
    lines = night.file_notes(db, day, queries.night(db, day), t)
    sheets = [
        xlsx.Sheet(
            t("export.sheet"), heads, _night_rows(db, day, t), widths, dict.fromkeys(range(len(heads)), xlsx.WHOLE)
        ),
        notes_sheet(lines, t),
    ]
    return workbook_answer(db, sheets, _night_name(day, t, "xlsx"))
