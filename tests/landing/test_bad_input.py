"""What happens to a bad thing: the table of bad input, one row after the other, in every format it can occur in.

The ids of the cases begin with the row of ``TABLE``. ``VALUES`` are faults of single values and hold in every
format alike; ``LINES`` and ``CELLS`` are faults a format has of its own; ``DELIVERIES`` stop as a whole. What
happens before a file is read (waiting, repeats, late data) is in the last part.
"""

# ruff: noqa: E501 - a case a line, however long

import ast
import gzip
import io
import json
import re
import stat
import struct
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import format_rows as trial
import pyarrow as pa
import pytest
import xlsxwriter
from pyarrow import parquet

from etl import identity
from etl.deliveries import receive
from etl.errors import DeliveryStopped
from etl.feeds import FEEDS
from etl.land import land
from etl.readers import lines

DAY = trial.DAY
ALL = tuple(trial.FEEDS)

TABLE: dict[str, set[str]] = {
    "not whole": {"D-INCOMPLETE"},
    "again": {"D-REPEAT", "D-REISSUE"},
    "late": {"D-LATE"},
    "nothing": {"D-EMPTY", "D-NOROWS"},
    "columns": {"D-COLUMNS"},
    "format": {"D-FORMAT"},
    "encoding": {"D-ENCODING", "R-ENCODING"},
    "marks of encoding": set(),
    "control characters": {"R-CONTROL"},
    "full width": set(),
    "quotes": {"R-QUOTE"},
    "fields": {"R-FIELDS"},
    "oversize": {"D-OVERSIZE"},
    "archive": {"D-ARCHIVE"},
    "workbook": {"D-WORKBOOK", "R-FORMULA"},
    "number": {"R-NUMBER"},
    "range": {"R-RANGE"},
    "unit": {"D-UNIT"},
    "axles": {"R-AXLES"},
    "time": {"R-TIME"},
    "date form": {"R-DATEFORM"},
    "zone": set(),
    "order": {"R-ORDER"},
    "plate spelling": set(),
    "plate unread": {"R-UNREAD"},
    "plate pattern": {"R-PLATE"},
    "id number": {"R-IDNO"},
    "codes": {"R-CODE", "R-STATE"},
    "same key": {"R-CONFLICT"},
    "position": {"R-POSITION"},
    "fine": {"R-AMOUNT"},
    "inert text": set(),
}
"""The rows of the table that concern text deliveries, and the reasons each one names."""

LETTERED = identity.uscc("91431199MAEA0028")
"""An invented credit code, both of whose check digits are letters."""

# Row of the table, the case, what is wrong with the row, what becomes of it: a reason (quarantined), a flag
# behind "+", or the value that is kept.
VALUES: list[tuple[str, str, dict[str, str], str]] = [
    ("control characters", "NUL", {"备注": "a\x00b"}, "R-CONTROL"),
    ("control characters", "vertical tab", {"备注": "a\x0bb"}, "R-CONTROL"),
    ("control characters", "zero width space", {"车牌": "湘MA\u200b1234"}, "R-CONTROL"),
    ("control characters", "direction override", {"备注": "a\u202eb"}, "R-CONTROL"),
    ("full width", "digits", {"总重（kg）": "１２０００"}, "gross_kg=12000"),
    ("full width", "letters and dash in a plate", {"车牌": "湘Ｍ－Ａ１２３４"}, "plate_no=湘MA1234"),
    ("full width", "ideographic blanks", {"车速": "\u300052.4\u3000"}, "speed_kmh=52.4"),
    ("full width", "a code", {"状态": "立案 "}, "state=FILED"),
    ("number", "NaN", {"总重（kg）": "NaN"}, "R-NUMBER"),
    ("number", "exponent", {"总重（kg）": "1e5"}, "R-NUMBER"),
    ("number", "underscore", {"总重（kg）": "1_000"}, "R-NUMBER"),
    ("number", "hexadecimal", {"总重（kg）": "0x1F"}, "R-NUMBER"),
    ("number", "thousands separator", {"总重（kg）": "49,000"}, "R-NUMBER"),
    ("number", "unit behind it", {"总重（kg）": "49000kg"}, "R-NUMBER"),
    ("number", "fraction in an integer", {"总重（kg）": "12000.5"}, "R-NUMBER"),
    ("number", "overflow", {"总重（kg）": "99999999999"}, "R-NUMBER"),
    ("number", "a list's value", {"轴2（kg）": "79OO"}, "R-NUMBER"),
    ("number", "money finer than a fen", {"罚款（元）": "757.255"}, "R-NUMBER"),
    ("number", "money with a float's traces", {"罚款（元）": "656.9699999999"}, "R-NUMBER"),
    ("range", "weight zero", {"总重（kg）": "0"}, "R-RANGE"),
    ("range", "weight below zero", {"总重（kg）": "-12000"}, "R-RANGE"),
    ("range", "weight beyond the dictionary", {"总重（kg）": "500001"}, "R-RANGE"),
    ("range", "speed", {"车速": "350.1"}, "R-RANGE"),
    ("range", "length", {"车长": "60.5"}, "R-RANGE"),
    ("range", "axle load below zero", {"轴2（kg）": "-7900"}, "R-RANGE"),
    ("axles", "sum and gross disagree", {"总重（kg）": "13000"}, "+R-AXLES"),
    ("axles", "loads and count disagree", {"轴数": "3"}, "R-AXLES"),
    ("time", "six minutes ahead", {"检测时间": "2026-11-24 02:06:00", "上传时间": ""}, "R-TIME"),
    ("time", "four minutes ahead", {"检测时间": "2026-11-24 02:04:00", "上传时间": ""}, "plate_no=湘MA1234"),
    ("time", "1970", {"检测时间": "1970-01-01 08:00:00"}, "R-TIME"),
    ("time", "2000", {"检测时间": "2000-01-01 00:03:10"}, "R-TIME"),
    ("time", "impossible day", {"检测时间": "2026-02-30 10:00:00"}, "R-TIME"),
    ("time", "impossible date", {"登记日期": "2026-02-30"}, "R-TIME"),
    ("date form", "slashes", {"检测时间": "03/04/2026 10:00:00"}, "R-DATEFORM"),
    ("date form", "two-digit year", {"登记日期": "26-11-23"}, "R-DATEFORM"),
    ("date form", "spreadsheet serial", {"登记日期": "46349"}, "R-DATEFORM"),
    ("date form", "serial with a fraction", {"检测时间": "46349.417"}, "R-DATEFORM"),
    ("zone", "given", {"检测时间": f"{DAY}T02:00:00Z"}, f"passed_at={DAY} 10:00:00"),
    ("zone", "another", {"检测时间": f"{DAY} 11:30:00+09:30"}, f"passed_at={DAY} 10:00:00"),
    ("zone", "none", {"检测时间": f"{DAY} 10:00"}, f"passed_at={DAY} 10:00:00"),
    ("order", "uploaded before the passage", {"上传时间": f"{DAY} 09:59:59"}, "R-ORDER"),
    ("plate spelling", "lower case", {"车牌": "湘ma1234"}, "plate_no=湘MA1234"),
    ("plate spelling", "spaced and dotted", {"车牌": "湘M·A1 234"}, "plate_no=湘MA1234"),
    ("plate unread", "无牌", {"车牌": "无牌"}, "+R-UNREAD"),
    ("plate unread", "未识别", {"车牌": "未识别"}, "+R-UNREAD"),
    ("plate unread", "dash", {"车牌": "-"}, "+R-UNREAD"),
    ("plate unread", "zeros", {"车牌": "00000"}, "+R-UNREAD"),
    ("plate pattern", "the letter O", {"车牌": "湘MAO123"}, "+R-PLATE"),
    ("plate pattern", "the letter I", {"车牌": "湘MAI123"}, "+R-PLATE"),
    ("plate pattern", "no province", {"车牌": "MA1234"}, "+R-PLATE"),
    ("id number", "citizen id, another digit", {"身份证号": trial.GOOD["身份证号"][:-2] + "99"}, "R-IDNO"),
    ("id number", "citizen id, 4.31E+17", {"身份证号": "4.31E+17"}, "R-IDNO"),
    ("id number", "citizen id, rounded", {"身份证号": "431199199001011000"}, "R-IDNO"),
    ("id number", "citizen id, no such day of birth", {"身份证号": "431199199013011239"}, "R-IDNO"),
    ("id number", "citizen id of 15 digits", {"身份证号": "431199900101123"}, "R-IDNO"),
    ("id number", "citizen id in lower case", {"身份证号": "11010519491231002x"}, "driver_id=11010519491231002X"),
    ("id number", "credit code, another letter", {"信用代码": "A" + trial.GOOD["信用代码"][1:]}, "R-IDNO"),
    ("id number", "credit code with an O", {"信用代码": trial.GOOD["信用代码"][:-1] + "O"}, "R-IDNO"),
    ("id number", "credit code with letters for check digits", {"信用代码": LETTERED}, f"uscc={LETTERED}"),
    ("codes", "unknown station", {"站点": "永州东"}, "R-CODE"),
    ("codes", "unknown state", {"状态": "审理"}, "R-CODE"),
    ("codes", "illegal state step", {"状态": "结案", "登记日期": ""}, "R-STATE"),
    ("same key", "same content: one", {"编号": "REPEAT"}, "record_no=REPEAT"),
    ("same key", "same content: two", {"编号": "REPEAT"}, "record_no=REPEAT"),
    ("same key", "other content: one", {"编号": "CONFLICT", "车速": "50"}, "R-CONFLICT"),
    ("same key", "other content: two", {"编号": "CONFLICT", "车速": "51"}, "R-CONFLICT"),
    ("position", "0,0", {"纬度": "0", "经度": "0"}, "+R-POSITION"),
    ("position", "outside the district", {"纬度": "28.2", "经度": "112.9"}, "+R-POSITION"),
    ("position", "half of it", {"经度": ""}, "+R-POSITION"),
    ("fine", "negative", {"罚款（元）": "-1"}, "R-AMOUNT"),
    ("fine", "above the cap", {"罚款（元）": "30000.01"}, "R-AMOUNT"),
    ("fine", "as much as the cap", {"罚款（元）": "30000"}, "fine_fen=3000000"),
    ("inert text", "formula", {"备注": "=SUM(A1)"}, "note==SUM(A1)"),
    ("inert text", "markup", {"备注": "<script>x</script>"}, "note=<script>x</script>"),
    ("inert text", "SQL", {"备注": "'; drop table --"}, "note='; drop table --"),
    ("marks of encoding", "four-byte characters", {"备注": "𠮷㐂䶮"}, "note=𠮷㐂䶮"),
]  # fmt: skip


def _rows() -> list[dict[str, str]]:
    return [trial.row(number) | changes for number, (_, _, changes, _) in enumerate(VALUES)]


@pytest.fixture(scope="module")
def outcomes() -> Callable[[str], dict[int, tuple[str, dict[str, Any]]]]:
    """``outcomes(format)``: by row, the reason of a quarantined one, or its flags behind "+" and its values."""
    known: dict[str, dict[int, tuple[str, dict[str, Any]]]] = {}

    def found(form: str) -> dict[int, tuple[str, dict[str, Any]]]:
        if form not in known:
            with tempfile.TemporaryDirectory() as folder:
                parsed = trial.read_back(form, trial.write(form, _rows()), Path(folder))
                assert parsed.delivered == len(VALUES) == parsed.accepted + sum(parsed.quarantined.values())
                known[form] = _outcomes(parsed, form)
                parsed.close()
        return known[form]

    return found


def _outcomes(parsed: Any, form: str) -> dict[int, tuple[str, dict[str, Any]]]:
    first = trial.FIRST[form]
    found = {
        line - first: (reason, {"detail": detail, "raw": raw})
        for line, reason, detail, raw in parsed.connection.execute(
            "select source_line, reason, detail, raw from refused"
        ).fetchall()
    }
    cursor = parsed.connection.execute("select * from landed")
    names = [description[0] for description in cursor.description]
    for values in cursor.fetchall():
        kept = dict(zip(names, values, strict=True))
        found[kept["source_line"] - first] = (f"+{kept['flags']}", kept)
    return found


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize("index", [pytest.param(at, id=f"{case[0]}: {case[1]}") for at, case in enumerate(VALUES)])
def test_a_bad_value_has_one_outcome_whatever_the_format(outcomes: Any, index: int, form: str) -> None:
    _, _, _, expected = VALUES[index]
    outcome, told = outcomes(form)[index]
    if expected.startswith(("R-", "+R-")):
        assert outcome == expected, told
        assert outcome.startswith("+") or told["raw"]
    else:
        column, value = expected.split("=", 1)
        assert outcome == "+", told
        assert str(told[column]) == value


def test_a_personal_number_is_not_told_in_a_reason(outcomes: Any) -> None:
    for form in ALL:
        told = [told for reason, told in outcomes(form).values() if reason == "R-IDNO"]
        assert len(told) >= 6
        assert not [one for one in told if re.search(r"\d{6}", one["detail"])]


# --- faults that one format has ------------------------------------------------------------------
# Row of the table, the case, the format, how the second of three good lines is spoiled, reasons of what it becomes.
_line = Callable[[bytes], bytes]
LINES: list[tuple[str, str, str, _line, list[str]]] = [
    ("encoding", "in one row", "CSV", lambda line: line.replace("湘".encode(), b"\xcf\xe6"), ["R-ENCODING"]),
    ("encoding", "in one row", "GB18030", lambda line: line.replace("湘".encode("gb18030"), b"\xff\xff"), ["R-ENCODING"]),
    ("encoding", "in one row", "NDJSON", lambda line: line.replace("湘".encode(), b"\xcf\xe6"), ["R-ENCODING"]),
    ("encoding", "half a character escaped", "NDJSON", lambda line: line.replace("湘".encode(), b"\\ud800"), ["R-ENCODING"]),
    ("control characters", "escaped", "NDJSON", lambda line: line.replace("湘".encode(), b"\\u0000"), ["R-CONTROL"]),
    ("quotes", "unclosed", "CSV", lambda line: line.replace("湘".encode(), '"湘'.encode()), ["R-QUOTE"]),
    ("quotes", "stray", "CSV", lambda line: line.replace(b"A1234", b'A"1234'), ["R-QUOTE"]),
    ("quotes", "embedded line end", "CSV", lambda line: line.replace("湘MA1234".encode(), '"湘MA\n1234"'.encode()), ["R-QUOTE", "R-QUOTE"]),
    ("quotes", "embedded line end", "NDJSON", lambda line: line.replace("湘MA1234".encode(), "湘MA\n1234".encode()), ["R-SYNTAX", "R-SYNTAX"]),
    ("fields", "too few", "CSV", lambda line: line.rsplit(b",", 1)[0], ["R-FIELDS"]),
    ("fields", "too many", "CSV", lambda line: line + b",1", ["R-FIELDS"]),
    ("fields", "total", "CSV", lambda line: "合计".encode() + b"," * line.count(b","), ["R-FIELDS"]),
    ("fields", "heading again", "CSV", lambda line: ",".join(trial.FIELDS).encode(), ["R-FIELDS"]),
    ("fields", "too long", "fixed width", lambda line: line + b"1", ["R-FIELDS"]),
    ("fields", "cut inside a number", "fixed width", lambda line: line.rstrip() + b" " * (trial.WIDTH - 3) + b"1", ["R-FIELDS"]),
    ("fields", "a member twice", "NDJSON", lambda line: line.replace(b"{", '{"编号": "X", '.encode()), ["R-FIELDS"]),
    ("fields", "an object for a value", "NDJSON", lambda line: line.replace(b'"12000"', b'{"kg": 12000}'), ["R-FIELDS"]),
    ("fields", "a list for a value", "NDJSON", lambda line: line.replace(b'"12000"', b"[12000]"), ["R-FIELDS"]),
    ("fields", "a value for a list", "NDJSON", lambda line: re.sub(rb"\[.*?\]", b"4100", line), ["R-FIELDS"]),
    ("fields", "an array for a record", "NDJSON", lambda line: b"[1, 2]", ["R-SYNTAX"]),
    ("fields", "a cut record", "NDJSON", lambda line: line[:-9], ["R-SYNTAX"]),
    ("fields", "two records in a line", "NDJSON", lambda line: line + line, ["R-SYNTAX"]),
    ("fields", "nested without end", "NDJSON", lambda line: b"[" * 50_000, ["R-SYNTAX"]),
    ("number", "NaN without quotes", "NDJSON", lambda line: line.replace(b'"52.4"', b"NaN"), ["R-NUMBER"]),
    ("number", "exponent without quotes", "NDJSON", lambda line: line.replace(b'"12000"', b"1.2e4"), ["R-NUMBER"]),
    ("number", "fraction without quotes", "NDJSON", lambda line: line.replace(b'"12000"', b"12000.5"), ["R-NUMBER"]),
    ("number", "a float's traces", "NDJSON", lambda line: line.replace(b'"757.25"', b"65556.9699999999"), ["R-NUMBER"]),
    ("number", "truth for a number", "NDJSON", lambda line: line.replace(b'"12000"', b"true"), ["R-NUMBER"]),
    ("number", "without quotes, plain", "NDJSON", lambda line: line.replace(b'"12000"', b"12000").replace(b'"757.25"', b"757.25"), []),
    ("marks of encoding", "CRLF", "CSV", lambda line: line + b"\r", []),
    ("marks of encoding", "CRLF", "NDJSON", lambda line: line + b"\r", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "spoil", "reasons"), [pytest.param(*case[2:], id=f"{case[0]}: {case[1]} ({case[2]})") for case in LINES]
)
def test_a_bad_line_breaks_itself_and_no_other(tmp_path: Path, form: str, spoil: _line, reasons: list[str]) -> None:
    lines_ = trial.write(form, [trial.row(number) for number in range(3)]).split(b"\n")
    middle = trial.FIRST[form]
    spoiled = spoil(lines_[middle])
    assert spoiled != lines_[middle]
    lines_[middle] = spoiled
    data = b"\n".join(lines_)
    parsed = trial.read_back(form, data, tmp_path)
    refused = parsed.connection.execute("select * from refused order by source_line").fetchall()
    numbers = parsed.connection.execute("select record_no from landed order by source_line").fetchall()
    parsed.close()
    assert [(line, reason) for line, _, _, reason, _ in refused] == [
        (middle + 1 + at, reason) for at, reason in enumerate(reasons)
    ]
    for _, offset, raw, _, _ in refused:
        assert data[offset : offset + len(raw)] == raw
    assert b"\n".join(raw for _, _, raw, _, _ in refused) == (spoiled.rstrip(b"\r") if reasons else b"")
    assert [number for (number,) in numbers] == ["N00000", *(["N00001"] if not reasons else []), "N00002"]
    assert parsed.delivered == len(refused) + len(numbers)


def test_the_same_record_twice_counts_once(tmp_path: Path) -> None:
    for form in ALL:
        (tmp_path / form).mkdir()
        parsed = trial.read_back(form, trial.write(form, [trial.row(1), trial.row(2), trial.row(1)]), tmp_path / form)
        parsed.close()
        assert (parsed.accepted, parsed.repeated, parsed.superseded) == (3, 1, 0)


def test_wrong_numbers_of_fields_are_told(tmp_path: Path) -> None:
    data = trial.write("CSV", [trial.row(1), trial.row(2)]) + b"1,2,3\n"
    parsed = trial.read_back("CSV", data, tmp_path)
    detail = parsed.connection.execute("select detail from refused").fetchall()
    parsed.close()
    assert detail == [(f"found 3 fields, expected {len(trial.FIELDS)}",)]


# Row of the table, the case, what happens to the sheet (xlsxwriter's book and sheet), reasons by row of the sheet.
Cells = Callable[[Any, Any], Any]
_GROSS, _NOTE, _FILED, _FINE = (
    trial.FIELDS.index(heading) for heading in ("总重（kg）", "备注", "登记日期", "罚款（元）")
)
CELLS: list[tuple[str, str, Cells, dict[int, str]]] = [
    ("workbook", "formula", lambda book, sheet: sheet.write_formula(4, _GROSS, "=1+1", None, 12000), {5: "R-FORMULA"}),
    ("workbook", "error", lambda book, sheet: sheet.write_formula(4, _GROSS, "=1/0", None, "#DIV/0!"), {5: "R-FORMULA"}),
    ("workbook", "array formula over two rows", lambda book, sheet: sheet.write_array_formula(3, _GROSS, 4, _GROSS, "{=A1:A2}", None, 12000), {4: "R-FORMULA", 5: "R-FORMULA"}),
    ("workbook", "a number as number", lambda book, sheet: sheet.write_number(4, _GROSS, 12000), {}),
    ("workbook", "money as number", lambda book, sheet: sheet.write_number(4, _FINE, 65556.97 / 10), {5: "R-NUMBER"}),
    ("workbook", "truth for a number", lambda book, sheet: sheet.write_boolean(4, _GROSS, True), {5: "R-NUMBER"}),
    ("date form", "serial not declared", lambda book, sheet: sheet.write_number(4, _FILED, 46349), {5: "R-DATEFORM"}),
    ("date form", "date cell", lambda book, sheet: sheet.write_datetime(4, _FILED, datetime(2026, 11, 23), book.add_format({"num_format": "yyyy年m月d日"})), {}),
    ("control characters", "line end in a cell", lambda book, sheet: sheet.write_string(4, _NOTE, "a\nb"), {5: "R-CONTROL"}),
    ("fields", "total", lambda book, sheet: sheet.write_row(4, 0, ["合 计", *[""] * 30]), {5: "R-FIELDS"}),
    ("fields", "heading again", lambda book, sheet: sheet.write_row(4, 0, trial.FIELDS), {5: "R-FIELDS"}),
    ("fields", "value without heading", lambda book, sheet: sheet.write_string(4, 40, "x"), {5: "R-FIELDS"}),
]  # fmt: skip


def _sheet(change: Cells, more: Callable[[Any], Any] = lambda book: None) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("台账")
    sheet.write_row(2, 0, trial.FIELDS)
    for at in range(3):
        for column, text in enumerate(trial.row(at).values()):
            sheet.write_string(3 + at, [*trial.row(at)].index([*trial.row(at)][column]), text)
    change(book, sheet)
    more(book)
    book.close()
    return stream.getvalue()


@pytest.mark.parametrize(("change", "reasons"), [pytest.param(*case[2:], id=f"{case[0]}: {case[1]}") for case in CELLS])
def test_a_bad_cell_breaks_its_row_and_no_other(tmp_path: Path, change: Cells, reasons: dict[int, str]) -> None:
    parsed = trial.read_back("XLSX", _sheet(change), tmp_path)
    refused = parsed.connection.execute("select source_line, reason, raw from refused order by 1").fetchall()
    accepted = parsed.connection.execute("select source_line from landed order by 1").fetchall()
    parsed.close()
    assert {line: reason for line, reason, _ in refused} == reasons
    assert {line for (line,) in accepted} == {4, 5, 6} - set(reasons)
    for _, _, raw in refused:
        assert isinstance(json.loads(raw), list)


# --- deliveries that stop ------------------------------------------------------------------------
GOOD_ROWS = [trial.row(number) for number in range(60)]
GOOD = {form: trial.write(form, GOOD_ROWS) for form in ALL}
_PARQUET = parquet.read_table(io.BytesIO(GOOD["Parquet"]))


def _packed(entries: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda info: None) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            packed.writestr(info, data)
    return stream.getvalue()


def _link(info: zipfile.ZipInfo) -> None:
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16


def _flagged(data: bytes, flag: int) -> bytes:
    """The archive with a flag set in every header."""
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while start >= 0:
            flags = struct.unpack_from("<H", data, start + at)[0] | flag
            data = data[: start + at] + struct.pack("<H", flags) + data[start + at + 2 :]
            start = data.find(mark, start + 4)
    return data


def _claims(data: bytes, size: int) -> bytes:
    """The archive whose directory claims another unpacked size of its first entry."""
    start = data.find(b"PK\x01\x02")
    return data[: start + 24] + struct.pack("<I", size) + data[start + 28 :]


def _rebuilt(data: bytes, change: Callable[[str, bytes], bytes] = lambda name, part: part, **added: bytes) -> bytes:
    """The workbook with its parts changed, and parts added (``__`` for a slash)."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        parts = {info.filename: change(info.filename, book.read(info)) for info in book.infolist()}
    return _packed(parts | {name.replace("__", "/"): part for name, part in added.items()})


def _in_part(name: str, old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    def change(part: str, data: bytes) -> bytes:
        if part != name:
            return data
        assert old in data
        return data.replace(old, new, 1)

    return change


def _second_sheet(text: str) -> Callable[[Any], None]:
    def more(book: Any) -> None:
        sheet = book.add_worksheet("Sheet2")
        if text:
            sheet.write_string(0, 0, text)

    return more


def _nothing(book: Any, sheet: Any) -> None:
    """A sheet left as it is."""


def _without_member(member: str) -> bytes:
    rows_ = [json.loads(line) for line in GOOD["NDJSON"].splitlines()]
    return trial.ndjson([{key: value for key, value in one.items() if key != member} for one in rows_])


def _weights(factor: float) -> list[dict[str, str]]:
    return [
        trial.row(number, **{"总重（kg）": f"{12_000 * factor:g}", "轴1（kg）": "", "轴2（kg）": ""})
        for number in range(60)
    ]


_SHEET = "xl/worksheets/sheet1.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_EXTERNAL = (
    b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/oleObject"'
    b' Target="file:///C:/a.xlsx" TargetMode="External"/></Relationships>'
)
DELIVERIES: list[tuple[str, str, str, str, Callable[[], bytes], str]] = [
    ("not whole", "last line cut", "CSV", "", lambda: GOOD["CSV"][:-9], "D-INCOMPLETE"),
    ("not whole", "last line cut", "NDJSON", "", lambda: GOOD["NDJSON"][:-9], "D-INCOMPLETE"),
    ("not whole", "last line cut", "fixed width", "", lambda: GOOD["fixed width"][:-9], "D-INCOMPLETE"),
    ("not whole", "gzip cut", "NDJSON", "a.ndjson.gz", lambda: gzip.compress(GOOD["NDJSON"])[:-9], "D-INCOMPLETE"),
    ("not whole", "ZIP cut", "CSV", "a.csv.zip", lambda: _packed({"a.csv": GOOD["CSV"]})[:-30], "D-INCOMPLETE"),
    ("not whole", "ZIP damaged", "CSV", "a.csv.zip", lambda: _packed({"a.csv": GOOD["CSV"]})[:60] + b"\0" * 30 + _packed({"a.csv": GOOD["CSV"]})[90:], "D-INCOMPLETE"),
    ("not whole", "Parquet cut", "Parquet", "", lambda: GOOD["Parquet"][:-9], "D-INCOMPLETE"),
    ("not whole", "workbook cut", "XLSX", "", lambda: GOOD["XLSX"][:-90], "D-INCOMPLETE"),
    *(("nothing", "0 bytes", form, "", lambda: b"", "D-EMPTY") for form in ALL),
    ("nothing", "a workbook of empty sheets", "XLSX", "", lambda: _workbook_of_nothing(), "D-EMPTY"),
    ("columns", "unknown", "CSV", "", lambda: GOOD["CSV"].replace("备注".encode(), "胎压".encode()), "D-COLUMNS"),
    ("columns", "unknown member", "NDJSON", "", lambda: GOOD["NDJSON"].replace("备注".encode(), "胎压".encode(), 1), "D-COLUMNS"),
    ("columns", "a required member nowhere", "NDJSON", "", lambda: _without_member("总重（kg）"), "D-COLUMNS"),
    ("columns", "unknown", "Parquet", "", lambda: trial.parquet_of(_PARQUET.append_column("胎压", [["1"] * 60])), "D-COLUMNS"),
    ("columns", "missing", "Parquet", "", lambda: trial.parquet_of(_PARQUET.drop_columns(["备注"])), "D-COLUMNS"),
    ("columns", "doubled", "Parquet", "", lambda: trial.parquet_of(_PARQUET.append_column("备注", [["1"] * 60])), "D-COLUMNS"),
    ("columns", "a list for a value", "Parquet", "", lambda: trial.parquet_of(_PARQUET.set_column(0, "编号", [[["1"]] * 60])), "D-COLUMNS"),
    ("columns", "a structure for a value", "Parquet", "", lambda: trial.parquet_of(_PARQUET.set_column(0, "编号", [[{"a": "1"}] * 60])), "D-COLUMNS"),
    ("columns", "a value for a list", "Parquet", "", lambda: trial.parquet_of(_PARQUET.set_column(_PARQUET.num_columns - 1, "轴重", [["1"] * 60])), "D-COLUMNS"),
    ("columns", "unknown", "XLSX", "", lambda: trial.workbook([{**one, "胎压": "1"} for one in GOOD_ROWS], [*trial.FIELDS, "胎压"]), "D-COLUMNS"),
    ("columns", "missing", "XLSX", "", lambda: trial.workbook(GOOD_ROWS, [name for name in trial.FIELDS if name != "备注"]), "D-COLUMNS"),
    ("columns", "a required one missing", "XLSX", "", lambda: trial.workbook(GOOD_ROWS, trial.FIELDS[1:]), "D-COLUMNS"),
    ("columns", "doubled", "XLSX", "", lambda: trial.workbook(GOOD_ROWS, [*trial.FIELDS, "备注"]), "D-COLUMNS"),
    ("columns", "no heading within ten rows", "XLSX", "", lambda: _sheet(lambda book, sheet: [sheet.write_row(row, 0, ["x"] * 30) for row in range(11)]), "D-COLUMNS"),
    ("format", "semicolons", "CSV", "", lambda: GOOD["CSV"].replace(b",", b";"), "D-FORMAT"),
    ("format", "a workbook named CSV", "CSV", "", lambda: GOOD["XLSX"] + b"\n", "D-FORMAT"),
    ("format", "Parquet named NDJSON", "NDJSON", "", lambda: GOOD["Parquet"], "D-FORMAT"),
    ("format", "one JSON array", "NDJSON", "", lambda: b"[" + GOOD["NDJSON"].replace(b"\n", b",\n") + b"{}]\n", "D-FORMAT"),
    ("format", "CSV named NDJSON", "NDJSON", "", lambda: GOOD["CSV"], "D-FORMAT"),
    ("format", "JSON over several lines", "NDJSON", "", lambda: json.dumps(json.loads(GOOD["NDJSON"].split(b"\n")[0]), indent=1).encode() + b"\n", "D-FORMAT"),
    ("format", "CSV named Parquet", "Parquet", "", lambda: GOOD["CSV"], "D-FORMAT"),
    ("format", "Parquet of zeros", "Parquet", "", lambda: b"PAR1" + bytes(400) + b"PAR1", "D-FORMAT"),
    ("format", "encrypted Parquet", "Parquet", "", lambda: b"PARE" + bytes(400) + b"PARE", "D-FORMAT"),
    ("format", "CSV named XLSX", "XLSX", "", lambda: GOOD["CSV"], "D-FORMAT"),
    ("format", "an old workbook", "XLSX", "", lambda: b"\xd0\xcf\x11\xe0" + bytes(600), "D-FORMAT"),
    ("format", "a ZIP of something else", "XLSX", "", lambda: _packed({"a.csv": GOOD["CSV"]}), "D-FORMAT"),
    ("format", "a sheet that is no XML", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], _in_part(_SHEET, b"</row>", b"</rwo>")), "D-FORMAT"),
    ("format", "rows out of order", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], _in_part(_SHEET, b'<row r="9"', b'<row r="5"')), "D-FORMAT"),
    ("format", "not gzip", "NDJSON", "a.ndjson.gz", lambda: GOOD["NDJSON"], "D-FORMAT"),
    ("format", "gzip without saying so", "NDJSON", "", lambda: gzip.compress(GOOD["NDJSON"]), "D-FORMAT"),
    ("format", "not ZIP", "CSV", "a.csv.zip", lambda: GOOD["CSV"], "D-FORMAT"),
    ("encoding", "GB18030 where UTF-8 is declared", "CSV", "", lambda: GOOD["GB18030"], "D-ENCODING"),
    ("encoding", "UTF-8 where GB18030 is declared", "GB18030", "", lambda: GOOD["CSV"], "D-ENCODING"),
    ("encoding", "GB18030 where UTF-8 is declared", "NDJSON", "", lambda: GOOD["NDJSON"].decode().encode("gb18030"), "D-ENCODING"),
    ("encoding", "UTF-16", "NDJSON", "", lambda: GOOD["NDJSON"].decode().encode("utf-16"), "D-ENCODING"),
    ("oversize", "a line of 2 MiB", "NDJSON", "", lambda: GOOD["NDJSON"] + b'{"' + b"x" * (2 << 20) + b'": 1}\n', "D-OVERSIZE"),
    ("oversize", "a field of 65 KiB", "NDJSON", "", lambda: trial.write("NDJSON", [trial.row(1, 备注="x" * (65 << 10))]), "D-OVERSIZE"),
    ("oversize", "a field of 65 KiB", "Parquet", "", lambda: trial.write("Parquet", [trial.row(1, 备注="x" * (65 << 10))]), "D-OVERSIZE"),
    ("oversize", "a field of 65 KiB", "XLSX", "", lambda: _rebuilt(trial.write("XLSX", [trial.row(1, 备注="xyz")]), _in_part("xl/sharedStrings.xml", b">xyz<", b">" + b"x" * (65 << 10) + b"<")), "D-OVERSIZE"),
    ("oversize", "501 columns", "CSV", "", lambda: (",".join(map(str, range(501))) + "\n").encode(), "D-OVERSIZE"),
    ("oversize", "501 columns", "Parquet", "", lambda: trial.parquet_of(pa.table({str(at): ["1"] for at in range(501)})), "D-OVERSIZE"),
    ("oversize", "501 columns", "XLSX", "", lambda: trial.workbook([], [*trial.FIELDS, *map(str, range(501))]), "D-OVERSIZE"),
    ("archive", "ratio", "CSV", "a.csv.gz", lambda: gzip.compress(GOOD["CSV"] + b"\n" * (32 << 20)), "D-ARCHIVE"),
    ("archive", "ratio", "CSV", "a.csv.zip", lambda: _packed({"a.csv": GOOD["CSV"] + b"\n" * (32 << 20)}), "D-ARCHIVE"),
    ("archive", "ratio", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], xl__media__a=b"\n" * (32 << 20)), "D-ARCHIVE"),
    ("archive", "claims more than 2 GiB", "CSV", "a.csv.zip", lambda: _claims(_packed({"a.csv": GOOD["CSV"]}), 3 << 30), "D-ARCHIVE"),
    ("archive", "1,001 entries", "CSV", "a.csv.zip", lambda: _packed({f"{at}.csv": b"" for at in range(1001)}), "D-ARCHIVE"),
    ("archive", "1,001 entries", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], **{f"xl__media__{at}": b"" for at in range(1001)}), "D-ARCHIVE"),
    ("archive", "two files", "CSV", "a.csv.zip", lambda: _packed({"a.csv": GOOD["CSV"], "b.csv": GOOD["CSV"]}), "D-ARCHIVE"),
    ("archive", "nested by name", "CSV", "a.csv.zip", lambda: _packed({"a.zip": _packed({"a.csv": GOOD["CSV"]})}), "D-ARCHIVE"),
    ("archive", "nested by content", "CSV", "a.csv.zip", lambda: _packed({"a.csv": _packed({"a.csv": GOOD["CSV"]})}), "D-ARCHIVE"),
    ("archive", "gzip in gzip", "NDJSON", "a.ndjson.gz", lambda: gzip.compress(gzip.compress(GOOD["NDJSON"])), "D-ARCHIVE"),
    ("archive", "encrypted", "CSV", "a.csv.zip", lambda: _flagged(_packed({"a.csv": GOOD["CSV"]}), 1), "D-ARCHIVE"),
    ("archive", "a path upwards", "CSV", "a.csv.zip", lambda: _packed({"../a.csv": GOOD["CSV"]}), "D-ARCHIVE"),
    ("archive", "a path from the root", "CSV", "a.csv.zip", lambda: _packed({"/etc/a.csv": GOOD["CSV"]}), "D-ARCHIVE"),
    ("archive", "a path upwards", "XLSX", "", lambda: _packed({"..\\xl": b""} | {"a": b""}), "D-ARCHIVE"),
    ("archive", "a link", "CSV", "a.csv.zip", lambda: _packed({"a.csv": b"/etc/passwd"}, _link), "D-ARCHIVE"),
    ("workbook", "macros", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], **{"xl__vbaProject.bin": b"x"}), "D-WORKBOOK"),
    ("workbook", "a type with macros", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], _in_part("[Content_Types].xml", b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")), "D-WORKBOOK"),
    ("workbook", "an entity", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], _in_part(_SHEET, b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet')), "D-WORKBOOK"),
    ("workbook", "an entity among the texts", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], _in_part("xl/sharedStrings.xml", b"<sst", b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><sst')), "D-WORKBOOK"),
    ("workbook", "an external link", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], **{"xl__externalLinks__externalLink1.xml": b"<a/>"}), "D-WORKBOOK"),
    ("workbook", "an external relation", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], _in_part(_RELATIONS, b"</Relationships>", _EXTERNAL)), "D-WORKBOOK"),
    ("workbook", "an embedded file", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], **{"xl__embeddings__a.bin": b"x"}), "D-WORKBOOK"),
    ("workbook", "a second sheet with content", "XLSX", "", lambda: _sheet(_nothing, _second_sheet("x")), "D-WORKBOOK"),
    ("unit", "tonnes for kilograms", "CSV", "", lambda: trial.write("CSV", _weights(0.001)), "D-UNIT"),
    ("unit", "tonnes with a fraction", "NDJSON", "", lambda: trial.write("NDJSON", _weights(0.001037)), "D-UNIT"),
    ("unit", "tens of kilograms too many", "Parquet", "", lambda: trial.write("Parquet", _weights(10)), "D-UNIT"),
    ("unit", "pounds for kilograms", "XLSX", "", lambda: trial.write("XLSX", _weights(2.2045)), "D-UNIT"),
    ("unit", "fen for yuan", "CSV", "", lambda: trial.write("CSV", [trial.row(number, **{"罚款（元）": "75725"}) for number in range(60)]), "D-UNIT"),
]  # fmt: skip


def _workbook_of_nothing() -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.add_worksheet("a")
    book.add_worksheet("b")
    book.close()
    return stream.getvalue()


@pytest.mark.parametrize(
    ("form", "name", "data", "reason"),
    [pytest.param(*case[2:], id=f"{case[0]}: {case[1]} ({case[2]})") for case in DELIVERIES],
)
def test_a_delivery_that_cannot_be_trusted_stops_with_a_next_step(
    tmp_path: Path, form: str, name: str, data: Callable[[], bytes], reason: str
) -> None:
    medians = {"gross_kg": (8_000, 24_000), "fine_fen": (10_000, 500_000)}
    with pytest.raises(DeliveryStopped) as stop:
        trial.read_back(form, data(), tmp_path, name, share=0.2, plausible_median=medians)
    assert stop.value.reason == reason, stop.value
    assert stop.value.message.startswith("trial: ")
    assert (name or trial.NAMES[form]) in stop.value.message
    assert re.search(r"\b([Aa]sk|Wait|Map|Rename|Export|Save|Correct|Declare|Change|Run)\b", stop.value.message)
    assert not re.search(r"湘M|4311991990", stop.value.message)


@pytest.mark.parametrize("form", ALL)
def test_more_rows_than_the_ceiling_stop(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from etl.readers import parquet as parquet_reader
    from etl.readers import workbook as workbook_reader

    for module in (lines, parquet_reader, workbook_reader):
        monkeypatch.setattr(module, "MAX_ROWS", 50)
    with pytest.raises(DeliveryStopped, match="D-OVERSIZE"):
        trial.read_back(form, GOOD[form], tmp_path)


# Row of the table, the case, the format, its name, what is delivered: all of it lands, whole.
TAKEN: list[tuple[str, str, str, str, Callable[[], bytes]]] = [
    *(("marks of encoding", "as declared", form, "", lambda form=form: GOOD[form]) for form in ALL),  # type: ignore[misc]
    ("marks of encoding", "byte order mark", "CSV", "", lambda: b"\xef\xbb\xbf" + GOOD["CSV"]),
    ("marks of encoding", "byte order mark", "NDJSON", "", lambda: b"\xef\xbb\xbf" + GOOD["NDJSON"]),
    ("marks of encoding", "CRLF", "GB18030", "", lambda: GOOD["GB18030"].replace(b"\n", b"\r\n")),
    ("archive", "gzip", "NDJSON", "a.ndjson.gz", lambda: gzip.compress(GOOD["NDJSON"])),
    ("archive", "ZIP of one file", "CSV", "a.csv.zip", lambda: _packed({"folder/a.csv": GOOD["CSV"]})),
    ("columns", "another order", "NDJSON", "", lambda: trial.ndjson([dict(reversed(json.loads(line).items())) for line in GOOD["NDJSON"].splitlines()])),
    ("columns", "another order", "Parquet", "", lambda: trial.parquet_of(_PARQUET.select(_PARQUET.column_names[::-1]))),
    ("columns", "another order", "XLSX", "", lambda: trial.workbook(GOOD_ROWS, trial.FIELDS[::-1])),  # type: ignore[arg-type]
    ("columns", "an optional member left out", "NDJSON", "", lambda: _without_member("备注")),
    ("columns", "full- for half-width brackets", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], lambda name, part: part.replace("（".encode(), b"(").replace("）".encode(), b")"))),
    ("columns", "a line end in a heading", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], _in_part("xl/sharedStrings.xml", "检测时间".encode(), "检测\n时间".encode()))),
    ("workbook", "an empty second sheet", "XLSX", "", lambda: _rebuilt(_with_empty_sheet())),
    ("workbook", "a hyperlink", "XLSX", "", lambda: _rebuilt(GOOD["XLSX"], **{"xl__worksheets___rels__sheet1.xml.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="https://example.org" TargetMode="External"/></Relationships>'})),
]  # fmt: skip


def _with_empty_sheet() -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("台账")
    sheet.write_row(0, 0, trial.FIELDS)
    for at, one in enumerate(GOOD_ROWS, start=1):
        for column, heading in enumerate(trial.FIELDS):
            sheet.write_string(at, column, one[heading])
    book.add_worksheet("Sheet2")
    book.close()
    return stream.getvalue()


@pytest.mark.parametrize(
    ("form", "name", "data"), [pytest.param(*case[2:], id=f"{case[0]}: {case[1]} ({case[2]})") for case in TAKEN]
)
def test_what_changes_no_content_changes_no_row_in_any_format(
    tmp_path: Path, form: str, name: str, data: Callable[[], bytes]
) -> None:
    parsed = trial.read_back(form, data(), tmp_path, name, share=0.0)
    digests = parsed.connection.execute("select row_digest, flags from landed order by source_line").fetchall()
    parsed.close()
    assert (parsed.delivered, parsed.accepted) == (60, 60)
    assert digests == _as_csv(tmp_path)


def _as_csv(tmp_path: Path) -> list[tuple[str, str]]:
    """Digests of the same rows in plain CSV: the format leaves no trace in a row."""
    (tmp_path / "csv").mkdir()
    parsed = trial.read_back("CSV", GOOD["CSV"], tmp_path / "csv")
    digests = parsed.connection.execute("select row_digest, flags from landed order by source_line").fetchall()
    parsed.close()
    return digests


NOROWS = "D-NOROWS"
NOTHING = {
    "CSV": GOOD["CSV"].split(b"\n")[0] + b"\n",
    "NDJSON": b"\n",
    "Parquet": trial.parquet_of(_PARQUET.slice(0, 0)),
    "XLSX": trial.workbook([]),
}


@pytest.mark.parametrize("form", NOTHING)
def test_a_delivery_of_no_rows_is_accepted_with_a_warning(form: str, tmp_path: Path) -> None:
    parsed = trial.read_back(form, NOTHING[form], tmp_path)
    parsed.close()
    assert (parsed.delivered, parsed.warning) == (0, NOROWS)


# --- before a file is read -----------------------------------------------------------------------
ELSEWHERE = (
    ("not whole", "test_inbox.py", "test_a_file_without_its_last_line_end_waits_then_stops"),
    ("again", "test_deliveries.py", "test_the_same_bytes_again_are_a_recorded_no_op"),
    ("again", "test_deliveries.py", "test_the_same_name_with_other_bytes_is_a_new_version"),
    ("late", "test_deliveries.py", "test_a_late_row_lands_on_its_own_day_and_is_told"),
)
"""Rows of the table whose outcome is held by a test of its own: file beside this one and test."""


def _strings_of(path: Path, test: str) -> list[str]:
    """The strings in the code of a test: neither its comments nor its docstring."""
    (found,) = (
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == test
    )
    code = found.body[1:] if ast.get_docstring(found) else found.body
    return [
        node.value
        for line in code
        for node in ast.walk(line)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def test_every_row_of_the_table_has_a_case_for_each_of_its_reasons() -> None:
    held: dict[str, set[str]] = {row: set() for row in TABLE}
    for row, _, _, outcome in VALUES:
        held[row].add(outcome.removeprefix("+"))
    for row, _, _, _, reasons in LINES:
        held[row].update(reasons)
    for row, _, _, by_line in CELLS:
        held[row].update(by_line.values())
    for row, _, _, _, _, reason in DELIVERIES:
        held[row].add(reason)
    for row, *_ in TAKEN:
        held[row].add("taken")
    held["nothing"].add(NOROWS)
    for row, file, test in ELSEWHERE:
        told = _strings_of(Path(__file__).parent / file, test)
        held[row].update(reason for reason in TABLE[row] if any(reason in text for text in told))
    assert {row: missing for row in TABLE if (missing := TABLE[row] - held[row])} == {}
    assert not [row for row in TABLE if not held[row]]


def test_a_sheet_that_is_still_written_waits_until_it_is_whole(
    home: Path, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for form, cut in (("XLSX", -90), ("Parquet", -9), ("NDJSON", -9)):
        name = trial.NAMES[form]
        monkeypatch.setitem(FEEDS, "trial", replace(trial.FEEDS[form], files=re.escape(name)))
        put("trial", name, GOOD[form][:cut])
        assert receive("trial") == []
        put("trial", name, GOOD[form])
        (taken,) = receive("trial")
        assert land(taken).accepted == 60
