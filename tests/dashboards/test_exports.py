"""Files hold exactly the rows their address asks for, and no cell of them can run as a formula."""

import csv
import io
from datetime import datetime
from typing import Any

import fixture
import pytest
from driving import HOST
from python_calamine import CalamineWorkbook
from werkzeug.test import Client

from dashboards import exports, queries, xlsx
from dashboards import format as fmt

WHERE = "?from=2026-11-03&to=2026-11-09&county=431124"


def expected(db: fixture.Fixture) -> Any:
    return db.read(
        "select record_id, passed_at, gross_vehicle_weight_kg, excess_ratio, speed_kmh, plate_no from core.passage "
        "where verdict = 'over' and county_code = '431124' "
        "and passed_date between date '2026-11-03' and date '2026-11-09' "
        "order by passed_at, record_id"
    )


def test_the_workbook_holds_the_rows_of_the_query(client: Client, db: fixture.Fixture) -> None:
    answer = client.get(f"/export/overload-rows.xlsx{WHERE}", headers=HOST)
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert book.sheet_names == ["数据", "说明"]
    heads, *rows = book.get_sheet_by_index(0).to_python()
    frame = expected(db)
    column = dict(zip(queries.EXPORT_FIELDS, range(len(heads)), strict=True))
    assert [row[column["record_id"]] for row in rows] == list(frame["record_id"])
    assert [row[column["passed_at"]] for row in rows] == [stamp.to_pydatetime() for stamp in frame["passed_at"]]
    assert [row[column["gross_vehicle_weight_kg"]] for row in rows] == list(frame["gross_vehicle_weight_kg"])
    assert [row[column["excess_ratio"]] for row in rows] == [round(ratio, 3) for ratio in frame["excess_ratio"]]
    assert heads[column["gross_vehicle_weight_kg"]] == "车货总质量 kg"


def test_the_notes_say_what_the_rows_are(client: Client, db: fixture.Fixture) -> None:
    answer = client.get(f"/export/overload-rows.xlsx{WHERE}", headers=HOST)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(1).to_python()
    told = {row[0]: row[1] for row in sheet}
    assert told["行数"] == f"{len(expected(db)):,}"
    assert told["县区"] == "道县"
    assert told["统计周期"] == "2026-11-03 至 11-09"
    assert told["数据截止"].startswith("2026-11-22")
    assert told["数据快照版本"] == str(db.version)
    here = "http://127.0.0.1/overload/rows?period=custom&from=2026-11-03&to=2026-11-09&county=431124"
    assert told["同一页面地址"] == here
    assert "称重台次" in told["超限率 (v1)"]
    assert "M+" not in told["规则 M6C"]
    assert "未核实" in told["规则 M6C-1"]


def test_the_csv_holds_the_same_rows_with_a_byte_order_mark(client: Client, db: fixture.Fixture) -> None:
    answer = client.get(f"/export/overload-rows.csv{WHERE}&lang=en", headers=HOST)
    assert answer.data.startswith(b"\xef\xbb\xbf")
    heads, *rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert heads[3] == "Plate"
    frame = expected(db)
    assert [row[0] for row in rows] == list(frame["record_id"])
    shares = [row[queries.EXPORT_FIELDS.index("excess_ratio")] for row in rows]
    assert [f"{float(share) * 100:.1f}%" for share in shares] == [fmt.share(ratio) for ratio in frame["excess_ratio"]]
    assert {len(share.split(".")[1]) for share in shares} == {3}
    speeds = [row[queries.EXPORT_FIELDS.index("speed_kmh")] for row in rows]
    assert speeds == [f"{speed:.1f}" for speed in frame["speed_kmh"]]
    masked = [f"{plate[:2]}·***{plate[-2:]}" if isinstance(plate, str) else "" for plate in frame["plate_no"]]
    assert [row[3] for row in rows] == masked


def test_the_names_of_files_say_kind_days_and_place(client: Client) -> None:
    from urllib.parse import unquote

    answer = client.get(f"/export/overload-rows.csv{WHERE}&metric=severe", headers=HOST)
    name = unquote(answer.headers["Content-Disposition"])
    assert name.endswith("超限明细_严重超限_20261103-20261109_道县.csv")


@pytest.mark.parametrize(
    "query",
    [
        "?county=431124&site=YZ01",
        "?county=nowhere",
        "?from=2026-11-09&to=2026-11-03",
        "?metric=money",
        "?axle=%3D1%2B1",
    ],
)
def test_an_address_that_cannot_be_kept_to_is_refused(client: Client, query: str) -> None:
    for kind in ("csv", "xlsx"):
        assert client.get(f"/export/overload-rows.{kind}{query}", headers=HOST).status_code == 400


def test_more_rows_than_a_sheet_holds_are_refused_not_cut(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MAX_XLSX_ROWS", 10)
    answer = client.get(f"/export/overload-rows.xlsx{WHERE}", headers=HOST)
    assert answer.status_code == 413
    assert "CSV" in answer.text
    assert client.get(f"/export/overload-rows.csv{WHERE}", headers=HOST).status_code == 200


def test_an_empty_choice_is_an_empty_file_that_says_so(client: Client) -> None:
    answer = client.get("/export/overload-rows.xlsx?from=2024-01-01&to=2024-01-31", headers=HOST)
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert len(book.get_sheet_by_index(0).to_python()) == 1
    assert ["行数", "0"] in book.get_sheet_by_index(1).to_python()


def test_a_night_leaves_as_a_file_with_a_row_for_each_feed_of_its_report(client: Client, db: fixture.Fixture) -> None:
    answer = client.get("/export/night-report.csv?night=2026-11-20&lang=en", headers=HOST)
    assert answer.data.startswith(b"\xef\xbb\xbf")
    heads, *rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    lines = db.read(
        "select feed, delivered_rows, accepted_rows, quarantined_rows, current_count, repeated_count, superseded_count "
        "from meta.night_report where business_date = date '2026-11-20' order by feed"
    )
    at = heads.index("Delivered")
    assert [(row[0], *map(int, row[at : at + 6])) for row in rows] == list(lines.itertuples(index=False, name=None))
    told = {row[0]: row for row in rows}
    assert told["vehicle"][heads.index("Reasons")].startswith("Refused [D-COLUMNS] vehicle_20261120.csv: vehicle:")
    assert told["wim_passage"][2:4] == ["On time", "2026-11-21"]


def test_the_workbook_of_a_night_says_what_it_is(client: Client, db: fixture.Fixture) -> None:
    answer = client.get("/export/night-report.xlsx", headers=HOST)
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    heads, *rows = book.get_sheet_by_index(0).to_python()
    of_feed = {row[0]: dict(zip(heads, row, strict=True)) for row in rows}
    assert of_feed["wim_passage"]["内容相同"] == 1
    assert of_feed["wim_passage"]["原因"] == "提示 7 [R-WRAP] 设备计数器重新计数"
    notes = [row[1] for row in book.get_sheet_by_index(1).to_python()]
    assert notes[0].startswith("2026-11-22 夜间")
    assert str(db.version) in notes


@pytest.mark.parametrize("asked", ["2026-11-30", "x", "2026-11-20'--"])
def test_a_night_without_a_report_is_no_file(client: Client, asked: str) -> None:
    for kind in ("csv", "xlsx"):
        assert client.get(f"/export/night-report.{kind}?night={asked}", headers=HOST).status_code == 400


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1"])
def test_text_that_looks_like_a_formula_stays_text(text: str) -> None:
    assert exports.safe(text) == "'" + text
    assert exports.safe("湘M·***22") == "湘M·***22"
    target = io.BytesIO()
    xlsx.write(target, [xlsx.Sheet("a", ["h"], [[text]], [10], {})])
    target.seek(0)
    cell = CalamineWorkbook.from_filelike(target).get_sheet_by_index(0).to_python()[1][0]
    assert cell.strip() == text.strip()


def test_the_csv_escapes_formulas_but_not_numbers() -> None:
    row = ("=cmd|x", -5, None, datetime(2026, 11, 1, 8, 0), 3.4000000000000004)
    lines = b"".join(exports.csv_bytes(iter([row]), ["+a", "b", "c", "d", "e"], [None] * 4 + [1]))
    assert lines.decode("utf-8-sig").splitlines() == ["'+a,b,c,d,e", "'=cmd|x,-5,,2026-11-01 08:00:00,3.4"]


def test_a_workbook_keeps_what_is_hard_to_write() -> None:
    moment = datetime(2026, 11, 22, 23, 59, 59)
    row = ["a<b>&\"'", " spaced ", "_x0041_", "bad\x00\x1f", "", 3.5, 49000, moment, moment.date(), None]
    target = io.BytesIO()
    xlsx.write(
        target, [xlsx.Sheet("数据 & <1>", [f"h{n}" for n in range(len(row))], [row], [10] * len(row), {6: xlsx.WHOLE})]
    )
    target.seek(0)
    book = CalamineWorkbook.from_filelike(target)
    assert book.sheet_names == ["数据 & <1>"]
    got = book.get_sheet_by_index(0).to_python()[1]
    assert got[:5] == ["a<b>&\"'", " spaced ", "_x0041_", "bad\x00\x1f", ""]
    assert (got[5], got[6], got[7], got[8]) == (3.5, 49000, moment, moment.date())
