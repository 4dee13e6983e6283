"""XLSX as people fill it in: title rows, merged cells, dates as numbers, formulas, totals.

Read as a stream of XML events, because what decides here is what spreadsheet libraries hide: whether a cell
is a formula, which cells are merged, whether a number is shown as a date. Entities, macros, links to other
files and sheets nobody declared are refused before a row is read (D-WORKBOOK).
"""

import json
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
import pyarrow as pa

from etl.contract import Feed, Read, Workbook
from etl.errors import DeliveryStopped
from etl.readers import archive
from etl.readers.rows import (
    FIELD_BYTES,
    MAX_ROWS,
    TOTALS,
    Rows,
    called_keys,
    differences,
    heading_key,
    invisible,
    plain,
    positions,
    spelled,
    too_many_rows,
    without,
)  # fmt: skip

HEADING_WITHIN = 10
PIECE_ROWS = 4096
MAX_SHARED_CHARACTERS = 64 << 20
MAX_SHEET_ROWS = 1_048_576
MAX_SHEET_COLUMNS = 16_384
MAX_FORMULA_RANGES = 1000
MAX_ENTRIES = 1 << 20
"""Most merged cells, cell formats, sheets, or relations of one part."""
ROW_CHARACTERS = 1 << 20
"""Most characters of one row, as of a line of text."""
PIECE_CHARACTERS = 8 << 20
"""A piece ends where its rows have as many: any number of cells may name the same long text."""
TOKEN_BYTES = 1 << 20
"""Most bytes of one tag, with its attributes, or comment: the parser keeps one until it has it whole."""
_BLOCK = 1 << 16
# Formats that show a number as a date or time: the built-in ones, Chinese ones included (ECMA-376 part 1, 18.8.30).
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_REFUSED_PARTS = {
    "vbaproject": "macros", "/macrosheets/": "macros", "/externallinks/": "links to other files",
    "/connections.xml": "links to data elsewhere", "/querytables/": "links to data elsewhere",
    "/embeddings/": "embedded files", "/activex/": "active content",
}  # fmt: skip


@dataclass(slots=True)
class Cell:
    """A cell as delivered. ``kind``: text, number, date, truth, error or formula; ``value`` its text in the file."""

    kind: str
    value: str


def rows(feed: Feed, path: Path, name: str) -> Iterator[Rows]:
    """Records below the heading row. ``source_line`` is the sheet's row number; there are no byte offsets."""
    assert isinstance(feed.format, Workbook)
    _refuse_other_formats(path, name)
    try:
        with archive.opened(path, name) as book:
            yield from _Reading(feed, feed.format, book, name).pieces()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise _damaged(name, type(error).__name__) from error


def _refuse_other_formats(path: Path, name: str) -> None:
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        raise DeliveryStopped("D-EMPTY", f"{name}: the file has 0 bytes. Ask the sender for it again.")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise DeliveryStopped(
            "D-FORMAT", f"{name}: an old or a password-protected workbook. Save it as .xlsx without a password."
        )
    if not start.startswith(b"PK"):
        raise DeliveryStopped("D-FORMAT", f"{name}: this is no XLSX workbook. Export it again in the declared format.")
    if name.lower().endswith((".xlsm", ".xltm", ".xlsb")):
        raise _refused(name, "its type can hold macros")


def _damaged(name: str, why: str) -> DeliveryStopped:
    return DeliveryStopped(
        "D-FORMAT", f"{name}: the workbook is damaged ({why}). Save it again as .xlsx and send that."
    )


def _refused(name: str, why: str) -> DeliveryStopped:
    return DeliveryStopped(
        "D-WORKBOOK", f"{name}: {why}. Ask for a plain workbook: one sheet, values only, no macros and no links."
    )


def _oversized(name: str, why: str) -> DeliveryStopped:
    return DeliveryStopped("D-OVERSIZE", f"{name}: {why}. Ask the sender what it is, or for smaller files.")


@lru_cache(4096)
def _local(tag: str) -> str:
    """A tag or attribute without its namespace: transitional and strict workbooks differ only there."""
    return tag.rsplit("}", 1)[-1]


class _Reading:
    """One workbook being read."""

    def __init__(self, feed: Feed, form: Workbook, book: zipfile.ZipFile, name: str) -> None:
        self.feed, self.form, self.book, self.name = feed, form, book, name
        self.parts = {info.filename.lower(): info.filename for info in book.infolist()}
        self.shared: list[str] = []
        self.date_styles: list[bool] = []
        self.from_1904 = False
        self.readings = spelled(feed)

    # --- parts of the file ---------------------------------------------------------------------
    def xml(self, part: str, start: Callable[..., None], end: Any = None, text: Any = None) -> Iterator[None]:
        """Parse one part, giving way after each block. A DOCTYPE is refused: entities are defined in one."""
        actual = self.parts.get(part.lower().lstrip("/"))
        if actual is None:
            raise _damaged(self.name, f"{part} is missing")
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = lambda tag, attributes: start(_local(tag), attributes)
        parser.EndElementHandler = (lambda tag: end(_local(tag))) if end else None
        parser.CharacterDataHandler = text

        def refuse(*_: Any) -> None:
            raise _refused(self.name, "its XML defines a document type or entities")

        parser.StartDoctypeDeclHandler = refuse
        parser.EntityDeclHandler = refuse
        try:
            with self.book.open(actual) as stream:
                fed = 0
                while block := stream.read(_BLOCK):
                    parser.Parse(block, False)
                    fed += len(block)
                    if fed - parser.CurrentByteIndex > TOKEN_BYTES:
                        raise _oversized(self.name, "a tag or comment in its XML is longer than 1 MiB")
                    yield
                parser.Parse(b"", True)
        except (expat.ExpatError, UnicodeDecodeError, LookupError, ValueError) as error:
            raise _damaged(self.name, f"{posixpath.basename(part)} is no valid XML") from error
        yield

    def read_all(self, part: str, start: Callable[..., None], end: Any = None, text: Any = None) -> None:
        for _ in self.xml(part, start, end, text):
            pass

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Relation id → type's last word and target part. A target outside the file is refused, hyperlinks aside."""
        folder, base = posixpath.split(part)
        where = f"{folder}/_rels/{base}.rels".lstrip("/")
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag != "Relationship":
                return
            kind = attributes.get("Type", "").rsplit("/", 1)[-1]
            target = attributes.get("Target", "")
            if attributes.get("TargetMode") == "External":
                if kind != "hyperlink":
                    raise _refused(self.name, "it links to another file")
                return
            whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", "")] = (kind, whole)
            self.refuse_many(found)

        if where.lower() in self.parts:
            self.read_all(where, start)
        return found

    def refuse_many(self, found: Sized) -> None:
        """What is kept of a part stays small: no workbook that a person fills in has a million of it."""
        if len(found) > MAX_ENTRIES:
            raise _oversized(self.name, "it has more than a million sheets, relations, formats or merged cells")

    def refuse_harmful_parts(self) -> None:
        for part in self.parts:
            for word, what in _REFUSED_PARTS.items():
                if word in f"/{part}":
                    raise _refused(self.name, f"it has {what}")

    # --- what rows need ------------------------------------------------------------------------
    def sheet_part(self) -> str:
        """The part of the declared sheet, or of the only one that holds anything."""
        self.refuse_harmful_parts()
        if "[content_types].xml" not in self.parts:
            raise DeliveryStopped("D-FORMAT", f"{self.name}: a ZIP archive and no workbook. Export it again as .xlsx.")

        def content_type(tag: str, attributes: dict[str, str]) -> None:
            if "macroenabled" in attributes.get("ContentType", "").lower():
                raise _refused(self.name, "it has macros")

        self.read_all("[Content_Types].xml", content_type)
        main = [target for kind, target in self.relations("").values() if kind == "officeDocument"]
        if len(main) != 1:
            raise _damaged(self.name, "it does not say which part is the workbook")
        sheets: list[tuple[str, str]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "sheet":
                relation = next((value for key, value in attributes.items() if _local(key) == "id"), "")
                sheets.append((attributes.get("name", ""), relation))
                self.refuse_many(sheets)
            elif tag == "workbookPr":
                self.from_1904 = attributes.get("date1904", "0") in ("1", "true")

        self.read_all(main[0], start)
        relations = self.relations(main[0])
        for kind, target in relations.values():
            if kind == "sharedStrings":
                self.read_shared(target)
            elif kind == "styles":
                self.read_styles(target)
        known = [(title, relations.get(relation, ("", ""))) for title, relation in sheets]
        if self.form.sheet:
            chosen = [place for title, place in known if title == self.form.sheet]
            if len(chosen) != 1:
                raise _refused(self.name, f"it has no sheet {self.form.sheet!r}, which is declared")
        else:
            chosen = [place for _, place in known if place[0] != "worksheet" or self.holds_anything(place[1])]
            if len(chosen) > 1:
                raise _refused(self.name, f"{len(chosen)} of its sheets hold something, and none is declared")
        if not chosen:
            raise DeliveryStopped("D-EMPTY", f"{self.name}: no sheet holds anything. Ask the sender for it again.")
        kind, target = chosen[0]
        if kind != "worksheet":
            raise _damaged(self.name, "the sheet is no worksheet")
        self.relations(target)
        return target

    def holds_anything(self, part: str) -> bool:
        """Whether a sheet has a cell with content: new workbooks come with empty second and third sheets."""
        found = [False]

        def start(tag: str, attributes: dict[str, str]) -> None:
            found[0] |= tag in ("v", "is", "f")

        return any(found[0] for _ in self.xml(part, start))

    def read_shared(self, part: str) -> None:
        text: list[str] = []
        state = {"inside": False, "phonetic": False, "characters": 0}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "si":
                text.clear()
            elif tag == "rPh":
                state["phonetic"] = True
            elif tag == "t":
                state["inside"] = not state["phonetic"]

        def end(tag: str) -> None:
            if tag == "t":
                state["inside"] = False
            elif tag == "rPh":
                state["phonetic"] = False
            elif tag == "si":
                self.shared.append(_unescaped("".join(text)))
                count(8)

        def characters(data: str) -> None:
            if state["inside"]:
                text.append(data)
                count(len(data))

        def count(more: int) -> None:
            state["characters"] += more
            if state["characters"] > MAX_SHARED_CHARACTERS:
                raise _oversized(self.name, "it has more than 64 million characters of text")

        self.read_all(part, start, end, characters)

    def read_styles(self, part: str) -> None:
        custom: dict[int, str] = {}
        state = {"inside": False}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "numFmt" and attributes.get("numFmtId", "").isdigit():
                custom[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            elif tag == "cellXfs":
                state["inside"] = True
            elif tag == "xf" and state["inside"]:
                number = int(attributes.get("numFmtId", "0") or 0)
                self.date_styles.append(_shows_date(custom[number]) if number in custom else number in _DATE_FORMATS)
            self.refuse_many(custom)
            self.refuse_many(self.date_styles)

        def end(tag: str) -> None:
            if tag == "cellXfs":
                state["inside"] = False

        self.read_all(part, start, end)

    def merged(self, part: str) -> dict[int, list[tuple[int, int]]]:
        """Column (from 0) → first and last row of cells merged downwards."""
        places: list[tuple[int, int, int]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "mergeCell":
                first, _, last = attributes.get("ref", "").partition(":")
                top, bottom = _place(first), _place(last or first)
                if top is None or bottom is None:
                    raise _damaged(self.name, "merged cells without a place")
                if bottom[0] > top[0]:
                    places.append((top[1], top[0], bottom[0]))
                    self.refuse_many(places)

        self.read_all(part, start)
        found: dict[int, list[tuple[int, int]]] = {}
        for column, first_row, last_row in places:
            found.setdefault(column, []).append((first_row, last_row))
        return found

    def sheet_rows(self, part: str) -> Iterator[tuple[int, dict[int, Cell]]]:
        """Rows with content, streamed."""
        sheet = _SheetHandler(self)
        for _ in self.xml(part, sheet.start, sheet.end, sheet.characters):
            yield from sheet.rows
            sheet.rows.clear()

    # --- records -------------------------------------------------------------------------------
    def pieces(self) -> Iterator[Rows]:
        part = self.sheet_part()
        merged = self.merged(part) if self.form.fill_down else {}
        source = self.sheet_rows(part)
        heading = self.heading(source)
        if heading is None:
            return
        headings, columns, ignored = heading
        fills = {
            column: _Fill(merged.get(column, []))
            for column, how in zip(columns, self.readings, strict=True)
            if how.column.name in self.form.fill_down
        }
        piece: list[tuple[int, dict[int, Cell], str]] = []
        characters = 0
        for count, (number, cells) in enumerate(source, start=1):
            hidden = ""
            for column, fill in fills.items():
                value = fill.value(number, cells.get(column))
                if value is not None and column not in cells:
                    cells = {**cells, column: value}
                elif value is not None and value != cells[column]:
                    hidden = f"a value hidden under merged cells in column {_letters(column)}"
            if count > MAX_ROWS:
                raise too_many_rows(self.name)
            piece.append((number, cells, hidden))
            characters += sum([len(cell.value) for cell in cells.values()])
            if len(piece) == PIECE_ROWS or characters > PIECE_CHARACTERS:
                yield self.piece(piece, headings, columns, ignored)
                piece = []
                characters = 0
        if piece:
            yield self.piece(piece, headings, columns, ignored)

    def heading(
        self, source: Iterator[tuple[int, dict[int, Cell]]]
    ) -> tuple[dict[int, str], list[int], set[int]] | None:
        """Headings by column, the declared ones' columns in declaration order, and columns that are ignored."""
        required = [
            {heading_key(called) for called in (heading, *how.also_called)}
            for heading, how in self.feed.reads.items()
            if how.column.required and isinstance(heading, str)
        ]
        nearest: dict[int, str] = {}
        wanted = {key for called in called_keys(self.feed) for key in called}
        for number, cells in source:
            if number > HEADING_WITHIN:
                break
            found = {column: cell.value for column, cell in cells.items() if cell.kind == "text" and cell.value.strip()}
            keys = {heading_key(text) for text in found.values()}
            if len(keys & wanted) > len({heading_key(text) for text in nearest.values()} & wanted):
                nearest = found
            if keys & wanted and all(called & keys for called in required):
                order = positions(self.feed, list(found.values()), self.name)
                places = list(found)
                ignored = {heading_key(heading) for heading in self.feed.ignore}
                return (
                    found,
                    [places[at] for at in order],
                    {column for column, text in found.items() if heading_key(text) in ignored},
                )
        if not nearest:
            raise DeliveryStopped(
                "D-COLUMNS",
                f"the first {HEADING_WITHIN} rows of {self.name} hold none of the declared headings. "
                "Ask for the sheet with its heading row.",
            )
        # Title cells may stand in the nearest row, so only what is missing can be told for sure.
        _, missing, _ = differences(self.feed, list(nearest.values()), self.name)
        raise DeliveryStopped(
            "D-COLUMNS",
            f"{self.name} has missing columns {missing} within its first {HEADING_WITHIN} rows. Map or ignore columns "
            f"in etl/feeds/{self.feed.name}.py, or ask for the declared layout.",
        )

    def piece(
        self,
        piece: list[tuple[int, dict[int, Cell], str]],
        headings: dict[int, str],
        columns: list[int],
        ignored: set[int],
    ) -> Rows:
        def raw(indices: Sequence[int]) -> list[bytes]:
            return [_as_json(piece[index][1]) for index in indices]

        rows = Rows(np.array([number for number, _, _ in piece], np.int64), None, raw)
        own = [heading_key(headings[column]) for column in columns]
        texts: list[list[str]] = [[] for _ in columns]
        at: list[int] = []
        for index, (_, cells, hidden) in enumerate(piece):
            problem = self.problem(cells, headings, columns, ignored, own) or (("R-FIELDS", hidden) if hidden else None)
            if problem:
                rows.bad[index] = problem
                continue
            at.append(index)
            for place, (column, how) in enumerate(zip(columns, self.readings, strict=True)):
                cell = cells.get(column)
                texts[place].append(self.text(cell, how) if cell else "")
        rows.at = np.array(at, np.int64)
        rows.columns = [plain(pa.array(column, pa.string())) for column in texts]
        without(rows, invisible(rows.columns), "R-CONTROL")
        return rows

    def problem(
        self, cells: dict[int, Cell], headings: dict[int, str], columns: list[int], ignored: set[int], own: list[str]
    ) -> tuple[str, str] | None:
        """Why a row is no record: a total, the heading again, a value without heading, a formula, an error."""
        first = re.sub(r"\s+", "", cells[min(cells)].value)
        if first.startswith(TOTALS) and cells[min(cells)].kind == "text":
            return "R-FIELDS", "heading or total among the rows"
        if sum(cells[column].value != "" and heading_key(cells[column].value) == key
               for column, key in zip(columns, own, strict=True) if column in cells) >= min(2, len(own)):  # fmt: skip
            return "R-FIELDS", "heading or total among the rows"
        for column, cell in cells.items():
            if column not in headings and cell.value.strip():
                return "R-FIELDS", f"a value in column {_letters(column)}, which has no heading"
            if column in headings and column not in ignored and cell.kind in ("formula", "error"):
                return "R-FORMULA", f"{headings[column]} is {'a formula' if cell.kind == 'formula' else cell.value}"
        return None

    def text(self, cell: Cell, how: Read) -> str:
        """What the cell would say in a file of text."""
        if len(cell.value) > FIELD_BYTES:
            raise DeliveryStopped(
                "D-OVERSIZE", f"{self.name}: a cell is longer than 64 KiB. Ask the sender what it is."
            )
        if cell.kind == "truth":
            return "true" if cell.value == "1" else "false"
        if cell.kind == "isodate":
            return _in_form(_from_iso(cell.value), how) or cell.value
        if cell.kind == "date" or (cell.kind == "number" and how.serial):
            return _in_form(_from_serial(cell.value, self.from_1904), how) or _digits(cell.value)
        return _digits(cell.value) if cell.kind == "number" else cell.value


class _SheetHandler:
    """XML events of a worksheet to rows of cells."""

    def __init__(self, reading: _Reading) -> None:
        self.reading = reading
        self.rows: list[tuple[int, dict[int, Cell]]] = []
        self.row = 0
        self.column = -1
        self.cells: dict[int, Cell] = {}
        self.type = ""
        self.style = 0
        self.formula: str | None = None
        self.value: list[str] = []
        self.characters_of_row = 0
        self.collect = False
        self.phonetic = False
        self.in_data = False
        self.ranges: list[tuple[int, int, int, int]] = []
        """First row, first column, last row, last column of cells filled by a formula elsewhere."""

    def damaged(self, why: str) -> DeliveryStopped:
        return _damaged(self.reading.name, why)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheetData":
            self.in_data = True
        if not self.in_data:
            return
        if tag == "c":
            self.open_cell(attributes)
        elif tag == "v" or (tag == "t" and not self.phonetic):
            self.collect = True
        elif tag == "rPh":
            self.phonetic = True
        elif tag == "f":
            self.formula = ""
            self.collect = True
            if attributes.get("t") in ("array", "dataTable"):
                first, _, last = attributes.get("ref", "").partition(":")
                top, bottom = _place(first), _place(last or first)
                if top and bottom:
                    self.ranges.append((*top, *bottom))
                if len(self.ranges) > MAX_FORMULA_RANGES:
                    raise _refused(self.reading.name, "it has thousands of array formulas")
        elif tag == "row":
            told = attributes.get("r", "")
            number = int(told) if told.isascii() and told.isdigit() and len(told) < 9 else self.row + 1
            if number <= self.row or number > MAX_SHEET_ROWS:
                raise self.damaged("its rows are not in order")
            self.row, self.column, self.cells, self.characters_of_row = number, -1, {}, 0

    def open_cell(self, attributes: dict[str, str]) -> None:
        place = _place(attributes["r"]) if "r" in attributes else (self.row, self.column + 1)
        if place is None or place[0] != self.row or place[1] <= self.column or place[1] >= MAX_SHEET_COLUMNS:
            raise self.damaged("its cells are not in order")
        self.column = place[1]
        self.type = attributes.get("t", "n")
        style = attributes.get("s", "0")
        self.style = int(style) if style.isascii() and style.isdigit() and len(style) < 9 else 0
        self.formula = None
        self.value = []

    def characters(self, data: str) -> None:
        if self.collect:
            self.value.append(data)
            self.count(len(data))

    def count(self, more: int) -> None:
        self.characters_of_row += more
        if self.characters_of_row > ROW_CHARACTERS:
            raise _oversized(self.reading.name, f"row {self.row} of its sheet is longer than a million characters")

    def end(self, tag: str) -> None:
        if not self.in_data:
            return
        if tag == "f":
            self.formula = "=" + "".join(self.value)
            self.value = []
            self.collect = False
        elif tag in ("v", "t"):
            self.collect = False
        elif tag == "rPh":
            self.phonetic = False
        elif tag == "c":
            self.close_cell()
        elif tag == "row":
            if any(cell.value.strip() for cell in self.cells.values()):
                self.rows.append((self.row, self.cells))
        elif tag == "sheetData":
            self.in_data = False

    def close_cell(self) -> None:
        value = "".join(self.value)
        if self.formula is not None:
            cell = Cell("formula", self.formula)
        elif self.type == "s":
            index = int(value) if value.strip().isascii() and value.strip().isdigit() and len(value) < 12 else -1
            if not 0 <= index < len(self.reading.shared):
                raise self.damaged("a cell names a text that is not there")
            cell = Cell("text", self.reading.shared[index])
            self.count(len(cell.value))
        elif self.type in ("inlineStr", "str"):
            cell = Cell("text", _unescaped(value))
        elif self.type == "b":
            cell = Cell("truth", value.strip())
        elif self.type == "e":
            cell = Cell("error", value.strip())
        elif self.type == "d":
            cell = Cell("isodate", value.strip())
        elif _NUMBER.fullmatch(value.strip()):
            styles = self.reading.date_styles
            cell = Cell("date" if self.style < len(styles) and styles[self.style] else "number", value.strip())
        elif value.strip():
            raise self.damaged("a number cell holds no number")
        else:
            return
        if self.ranges and cell.kind != "formula" and self.filled():
            cell = Cell("formula", "=" + cell.value)
        if cell.value != "":
            self.cells[self.column] = cell

    def filled(self) -> bool:
        """Whether a formula elsewhere fills this cell."""
        return any(
            top <= self.row <= bottom and left <= self.column <= right for top, left, bottom, right in self.ranges
        )


class _Fill:
    """The value that merged cells carry down one column."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self.spans = sorted(spans, reverse=True)
        self.until = 0
        self.carried: Cell | None = None

    def value(self, row: int, own: Cell | None) -> Cell | None:
        """What the merged cell around ``row`` shows; None outside one. Rows come in order."""
        while self.spans and self.spans[-1][0] <= row:
            first, last = self.spans.pop()
            self.until = last
            self.carried = own if first == row else None
        return self.carried if row <= self.until else None


def _shows_date(code: str) -> bool:
    """Whether a number format shows a date: letters of one outside quotes, escapes and brackets."""
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", code.split(";")[0]).lower()
    return bare != "general" and re.search(r"[ymd]|h|ss", bare) is not None


def _place(reference: str) -> tuple[int, int] | None:
    """Row (from 1) and column (from 0) of a reference such as B5."""
    match = _REFERENCE.fullmatch(reference.replace("$", ""))
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column - 1


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _unescaped(text: str) -> str:
    """Characters that XML cannot hold are written _xHHHH_ (ECMA-376 part 1, 22.9.2.19)."""
    if "_x" not in text:
        return text
    whole = re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)
    # Two halves of one character become it; a lone half is a control character (R-CONTROL).
    joined = whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return re.sub("[\ud800-\udfff]", "\0", joined)


_SHORT = re.compile(r"-?\d{1,15}")


def _digits(number: str) -> str:
    """A number as the spreadsheet shows it: with 15 digits, of the 17 that it stores.

    So 65556.969999999994 is 65556.97. A number of more than 15 digits was rounded when it was typed; it keeps
    its exponent, which no identity number and no integer has.
    """
    if _SHORT.fullmatch(number):
        return number
    value = float(number)
    shown = f"{value:.15g}"
    if "e" not in shown:
        return shown
    return f"{value:.14E}" if abs(value) >= 1 else np.format_float_positional(float(shown), trim="-")


def _from_serial(number: str, from_1904: bool) -> datetime | None:
    """The instant of a date serial, to the millisecond; None where there is none (1900-02-29, before 1900)."""
    serial = float(number)
    if from_1904:
        base = datetime(1904, 1, 1)
        if not 0 <= serial < 2_957_004:
            return None
    else:
        # Day 60 is 1900-02-29, which never was: the days before it count from one day later.
        if not 1 <= serial < 2_958_466 or int(serial) == 60:
            return None
        base = datetime(1899, 12, 31) if serial < 60 else datetime(1899, 12, 30)
    try:
        return base + timedelta(milliseconds=round(serial * 86_400_000))
    except OverflowError:
        return None


def _from_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _in_form(instant: datetime | None, how: Read) -> str:
    """The instant as text in the declared form, or ISO 8601 where that form would lose a part of it."""
    if instant is None:
        return ""
    day_only = (instant.hour, instant.minute, instant.second, instant.microsecond) == (0, 0, 0, 0)
    if how.form and (day_only or "%S" in how.form) and not instant.microsecond:
        return instant.strftime(how.form)
    if day_only and how.column.type != "TIMESTAMP":
        return f"{instant:%Y-%m-%d}"
    return instant.isoformat(sep=" ", timespec="milliseconds" if instant.microsecond else "seconds")


def _as_json(cells: dict[int, Cell]) -> bytes:
    """A row's cells as delivered, as a JSON array; numbers keep their digits."""
    told = []
    for column in range(max(cells) + 1):
        cell = cells.get(column)
        if cell is None:
            told.append("null")
        elif cell.kind in ("number", "date") and _JSON_NUMBER.fullmatch(cell.value):
            told.append(cell.value)
        elif cell.kind == "truth":
            told.append("true" if cell.value == "1" else "false")
        else:
            told.append(json.dumps(cell.value, ensure_ascii=False))
    return f"[{', '.join(told)}]".encode("utf-8", "replace")
