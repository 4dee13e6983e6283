"""What each format can say beside text: lists, native types, merged cells, dates that are numbers."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import format_rows as trial
import pyarrow as pa
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from etl.contract import Csv, Feed, Ndjson, ParquetFile, Workbook, read
from etl.parse import parse
from etl.readers.workbook import _digits
from warehouse.columns import Column

ISSUED = "2026-11-23|2026-11-24T00:40:00.000000"
RECEIVED = "2026-11-24 02:00:00"


def _column(name: str, type: str, **rest: Any) -> Column:
    return Column(name, type, name, name, **rest)


NO = _column("hazard_no", "VARCHAR")
COUNTY = _column("county", "VARCHAR")
FOUND = _column("found_on", "DATE", required=False)
AT = _column("seen_at", "TIMESTAMP", required=False)
COST = _column("cost_fen", "BIGINT", required=False, unit="fen")
LENGTH = _column("length_m", "DOUBLE", required=False)
COUNT = _column("count", "INTEGER", required=False)


def _feed(form: Any, columns: dict[Any, Any], **more: Any) -> Feed:
    kept = {
        "name": "hazards", "doc": "", "title_zh": "", "title_en": "", "grain": "a hazard", "owner": "tests",
        "files": ".*", "kind": "list", "key": ("hazard_no",), "quarantine_share_stop": 1.0,
    }  # fmt: skip
    return Feed(**(kept | more), format=form, columns=columns)


def _read(feed: Feed, data: bytes, folder: Path, issued: str = ISSUED, name: str = "") -> tuple[list[Any], list[Any]]:
    """Accepted rows (line, then the feed's columns) and refused ones (line, reason, bytes)."""
    folder.mkdir(exist_ok=True)
    endings = {Csv: "a.csv", Ndjson: "a.ndjson", ParquetFile: "a.parquet", Workbook: "a.xlsx"}
    path = folder / "delivery"
    path.write_bytes(data)
    parsed = parse(feed, path, name or endings[type(feed.format)], "0" * 64, issued, RECEIVED, folder / "work")
    names = ", ".join(feed.raw_columns)
    landed = parsed.connection.execute(f"select source_line, {names} from landed order by source_line").fetchall()
    refused = parsed.connection.execute("select source_line, reason, raw from refused order by source_line").fetchall()
    parsed.close()
    assert parsed.delivered == len(landed) + len(refused)
    return landed, refused


def _book(fill: Callable[[Any, Any], Any], **options: Any) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, **options})
    fill(book, book.add_worksheet("台账"))
    book.close()
    return stream.getvalue()


COLUMNS = {
    "县区": COUNTY, "编号": NO, "发现日期": read(FOUND, serial=True), "时间": AT, "投资（元）": read(COST, scale=100),
    "长度": LENGTH, "数量": COUNT,
}  # fmt: skip


def _merged(book: Any, sheet: Any) -> None:
    day = book.add_format({"num_format": "yyyy年m月d日"})
    sheet.merge_range("A1:G1", "隐患排查治理台账")
    sheet.write("A2", "填报单位：示例县")
    sheet.write_row("A3", list(COLUMNS))
    sheet.merge_range("A4:A6", "甲县")
    sheet.merge_range("A7:A8", "乙县")
    for row, number in enumerate(("H1", "H2", "H3", "H4", "H5"), start=3):
        sheet.write(row, 1, number)
    sheet.write_datetime("C4", datetime(2026, 3, 4), day)
    sheet.write("C5", 46085)
    sheet.write("C6", "2026-03-04")
    sheet.write_datetime("D4", datetime(2026, 3, 4, 10, 20, 30), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}))
    sheet.write("E4", 65556.97)
    sheet.write("E5", "65556.97")
    sheet.write("F4", 12.1 * 3)
    sheet.write("G4", 12)
    sheet.write("A9", "乙县")
    sheet.write("B9", "H6")


def test_merged_cells_carry_their_value_down_and_titles_are_no_rows(tmp_path: Path) -> None:
    landed, refused = _read(_feed(Workbook(fill_down=("county",)), COLUMNS), _book(_merged), tmp_path)
    day = date(2026, 3, 4)
    assert refused == []
    assert landed == [
        (4, "甲县", "H1", day, datetime(2026, 3, 4, 10, 20, 30), 6_555_697, 36.3, 12),
        (5, "甲县", "H2", day, None, 6_555_697, None, None),
        (6, "甲县", "H3", day, None, None, None, None),
        (7, "乙县", "H4", None, None, None, None, None),
        (8, "乙县", "H5", None, None, None, None, None),
        (9, "乙县", "H6", None, None, None, None, None),
    ]


def test_merged_cells_that_nobody_declared_leave_their_rows_empty(tmp_path: Path) -> None:
    landed, refused = _read(_feed(Workbook(), COLUMNS), _book(_merged), tmp_path)
    assert [row[0] for row in landed] == [4, 7, 9]
    assert [(line, reason) for line, reason, _ in refused] == [(5, "R-EMPTY"), (6, "R-EMPTY"), (8, "R-EMPTY")]


def test_a_value_hidden_under_merged_cells_is_not_chosen_from(tmp_path: Path) -> None:
    def fill(book: Any, sheet: Any) -> None:
        _merged(book, sheet)
        sheet.write("A5", "丙县")

    _, refused = _read(_feed(Workbook(fill_down=("county",)), COLUMNS), _book(fill), tmp_path)
    assert [(line, reason) for line, reason, _ in refused] == [(5, "R-FIELDS")]


def test_days_count_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    landed, _ = _read(_feed(Workbook(fill_down=("county",)), COLUMNS), _book(_merged, date_1904=True), tmp_path)
    assert landed[0][3:5] == (date(2026, 3, 4), datetime(2026, 3, 4, 10, 20, 30))
    assert landed[1][3] == date(2030, 3, 5)  # the same serial counts from another day


def test_a_date_cell_is_read_where_text_has_another_form(tmp_path: Path) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row("A1", ["县区", "编号", "发现日期"])
        sheet.write_row("A2", ["甲县", "H1", "2026/03/04"])
        sheet.write_row("A3", ["甲县", "H2"])
        sheet.write_datetime("C3", datetime(2026, 3, 4), book.add_format({"num_format": 14}))
        sheet.write_row("A4", ["甲县", "H3", "2026-03-04"])

    columns = {"县区": COUNTY, "编号": NO, "发现日期": read(FOUND, form="%Y/%m/%d")}
    landed, refused = _read(_feed(Workbook(), columns), _book(fill), tmp_path)
    assert [row[3] for row in landed] == [date(2026, 3, 4)] * 2
    assert [(line, reason) for line, reason, _ in refused] == [(4, "R-DATEFORM")]


def test_an_identity_number_kept_as_a_number_has_lost_its_digits(tmp_path: Path) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row("A1", ["编号", "身份证号"])
        sheet.write_row("A2", ["H1", int(trial.GOOD["身份证号"])])
        sheet.write_string("A3", "H2")
        sheet.write_string("B3", trial.GOOD["身份证号"])

    columns = {"编号": NO, "身份证号": read(_column("person", "VARCHAR", required=False), check="citizen_id")}
    landed, refused = _read(_feed(Workbook(), columns), _book(fill), tmp_path)
    assert [row[2] for row in landed] == [trial.GOOD["身份证号"]]
    assert [(line, reason) for line, reason, _ in refused] == [(2, "R-IDNO")]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("12", "12"), ("-12.5", "-12.5"), ("36.300000000000004", "36.3"), ("65556.969999999994", "65556.97"),
        ("65556.9699999999", "65556.9699999999"), ("1E-5", "0.00001"), ("1.2E3", "1200"), ("0", "0"),
        ("999999999999999", "999999999999999"), ("4.3119919900101101E+17", "4.31199199001011E+17"),
        ("431199199001011238", "4.31199199001011E+17"), ("1E400", "inf"),
    ],
)  # fmt: skip
def test_a_number_cell_has_the_digits_a_person_sees(stored: str, shown: str) -> None:
    assert _digits(stored) == shown


def test_a_named_sheet_is_read_and_the_others_are_not(tmp_path: Path) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write("A1", "说明")
        other = book.add_worksheet("数据")
        other.write_row("A1", ["编号", "县区"])
        other.write_row("A2", ["H1", "甲县"])

    landed, _ = _read(_feed(Workbook(sheet="数据"), {"编号": NO, "县区": COUNTY}), _book(fill), tmp_path)
    assert landed == [(2, "H1", "甲县")]


def test_prefixes_and_inline_texts_of_other_programs_are_read(tmp_path: Path) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row("A1", ["编号", "县区"])
        sheet.write_row("A2", ["H1", "甲县"])

    with zipfile.ZipFile(io.BytesIO(_book(fill))) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cells = '<x:c t="inlineStr"><x:is><x:r><x:t>{}</x:t></x:r><x:r><x:t>{}</x:t></x:r></x:is></x:c>'
    rows = "".join(
        f"<x:row>{cells.format(*first)}{cells.format(*second)}</x:row>"
        for first, second in ((("编", "号"), ("县", "区")), (("H", "1"), ("甲", "县")))
    )
    parts["xl/worksheets/sheet1.xml"] = (
        b'<x:worksheet xmlns:x="' + main + b'"><x:sheetData>' + rows.encode() + b"</x:sheetData></x:worksheet>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as book:
        for name, part in parts.items():
            book.writestr(name, part)
    landed, _ = _read(_feed(Workbook(), {"编号": NO, "县区": COUNTY}), stream.getvalue(), tmp_path)
    assert landed == [(2, "H1", "甲县")]


def test_another_reader_of_workbooks_agrees(tmp_path: Path) -> None:
    data = _book(_merged)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("台账").to_python()
    landed, _ = _read(_feed(Workbook(fill_down=("county",)), COLUMNS), data, tmp_path)
    for line, _, number, *_ in landed:
        assert sheet[line - 1][1] == number
    first = sheet[3]
    assert (landed[0][3], landed[0][4], landed[0][7]) == (first[2], first[3], first[6])
    assert landed[0][6] == pytest.approx(first[5], rel=1e-15)
    assert Decimal(landed[0][5]) / 100 == Decimal(str(first[4]))


PHOTOS = _column("photos", "VARCHAR[]", required=False)
LOADS = _column("axle_loads_kg", "INTEGER[]", required=False, each=">= 0")
NATIVE = {
    "no": NO, "found": FOUND, "seen": AT, "cost": read(COST, scale=100), "length": LENGTH, "count": COUNT,
    "ok": _column("is_ok", "BOOLEAN", required=False), "photos": PHOTOS, "loads": LOADS,
}  # fmt: skip


def test_types_of_parquet_come_back_as_they_were(tmp_path: Path) -> None:
    table = pa.table(
        {
            "no": pa.array(["H1", "H2"]).dictionary_encode(),
            "found": pa.array([datetime(2026, 3, 4), None], pa.timestamp("ns")),
            "seen": pa.array([datetime(2026, 3, 4, 2, 20, 30, 250_000, tzinfo=UTC), None]),
            "cost": pa.array([Decimal("65556.97"), None], pa.decimal128(12, 2)),
            "length": pa.array([12.1, None], pa.float32()),
            "count": pa.array([3.0, None]),
            "ok": pa.array([True, None]),
            "photos": pa.array([["a", "b", ""], None], pa.large_list(pa.string())),
            "loads": pa.array([[4100, 0, 7900, 0, None], []], pa.list_(pa.int64())),
        }
    )
    landed, refused = _read(_feed(ParquetFile(), NATIVE), trial.parquet_of(table), tmp_path)
    assert refused == []
    seen = datetime(2026, 3, 4, 10, 20, 30, 250_000)
    assert landed == [
        (1, "H1", date(2026, 3, 4), seen, 6_555_697, 12.1, 3, True, ["a", "b"], [4100, 0, 7900]),
        (2, "H2", None, None, None, None, None, None, [], []),
    ]


def test_types_of_json_come_back_as_they_were(tmp_path: Path) -> None:
    data = (
        b'{"no": "H1", "found": "2026-03-04", "seen": "2026-03-04T02:20:30.25Z", "cost": 65556.97, "length": 12.10,'
        b' "count": 3, "ok": true, "photos": ["a", "b", ""], "loads": [4100, 0, "7900", 0, null]}\n'
        b'{"no": 20261123000000000001, "ok": null}\n'
    )
    landed, refused = _read(_feed(Ndjson(), NATIVE), data, tmp_path)
    assert refused == []
    seen = datetime(2026, 3, 4, 10, 20, 30, 250_000)
    assert landed == [
        (1, "H1", date(2026, 3, 4), seen, 6_555_697, 12.1, 3, True, ["a", "b"], [4100, 0, 7900]),
        (2, "20261123000000000001", None, None, None, None, None, None, [], []),
    ]


def test_a_quarantined_row_of_parquet_keeps_its_cells(tmp_path: Path) -> None:
    table = pa.table({"no": ["H1", "H2"], "count": [1.5, 2.0], "photos": [["a"], []]})
    columns = {"no": NO, "count": COUNT, "photos": PHOTOS}
    _, refused = _read(_feed(ParquetFile(), columns), trial.parquet_of(table), tmp_path)
    assert refused == [(1, "R-NUMBER", b'["H1", 1.5, ["a"]]')]


def test_bytes_that_are_no_text_are_quarantined_in_parquet(tmp_path: Path) -> None:
    table = pa.table({"no": pa.array([b"H1", b"\xcf\xe6", b"H3"]), "county": ["a", "b", "c"]})
    landed, refused = _read(_feed(ParquetFile(), {"no": NO, "county": COUNTY}), trial.parquet_of(table), tmp_path)
    assert [row[1] for row in landed] == ["H1", "H3"]
    assert [(line, reason) for line, reason, _ in refused] == [(2, "R-ENCODING")]


@pytest.mark.parametrize(("kind", "same"), [("list", True), ("event", False)])
def test_a_corrected_date_replaces_a_record_of_a_list(kind: str, same: bool, tmp_path: Path) -> None:
    columns = {"编号": NO, "时间": replace(AT, required=True), "县区": COUNTY}
    feed = _feed(Csv(), columns, kind=kind, event_time="seen_at")

    def identity(text: str, issued: str, work: str) -> tuple[Any, ...]:
        (tmp_path / work).mkdir()
        path = tmp_path / work / "a.csv"
        path.write_text(f"编号,时间,县区\nH1,{text},甲县\n", encoding="utf-8")
        parsed = parse(feed, path, "a.csv", "0" * 64, issued, RECEIVED, tmp_path / work)
        found = parsed.connection.execute("select record_id, event_date from landed").fetchall()[0]
        parsed.close()
        return found

    first = identity("2026-03-04 10:00:00", "2026-03-31|", "first")
    second = identity("2026-03-05 10:00:00", "2026-04-30|", "second")
    assert (first[0] == second[0]) is same
    assert first[1] == (date(2026, 3, 31) if kind == "list" else date(2026, 3, 4))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "letter"}, "kind is one of"),
        ({"cumulative_by": ("nobody",)}, "cumulative_by column"),
        ({"format": Workbook(fill_down=("nobody",))}, "fill_down column"),
        ({"columns": {"no": NO, "loads": LOADS}}, "is a list"),
        ({"columns": {"no": NO, "found": read(FOUND, serial=True)}}, "only a date in a workbook"),
        ({"columns": {"no": NO, "count": read(COUNT, check="uscc")}}, "check is one of"),
        ({"columns": {"no": NO, "cost": _column("cost_fen", "DOUBLE", unit="fen")}}, "money is BIGINT"),
        ({"columns": {"no": NO, "cost": read(COST, scale=0.5)}}, "its scale is a whole number"),
    ],
)
def test_a_declaration_that_means_nothing_is_refused(change: dict[str, Any], told: str) -> None:
    whole = _feed(Csv(), {"no": NO, "count": COUNT})
    with pytest.raises(ValueError, match=told):
        replace(whole, **change)
