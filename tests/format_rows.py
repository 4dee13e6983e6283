"""One invented feed declared in every format, and writers that lay the same rows down in each of them."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import xlsxwriter
from pyarrow import parquet

from etl.contract import Csv, Feed, FixedWidth, Format, Ndjson, ParquetFile, Rule, Workbook, numbered, off_map, read
from etl.parse import Parsed, parse
from warehouse.columns import Column

ISSUED_AT = "2026-11-23|2026-11-24T00:40:00.000000"
RECEIVED_AT = "2026-11-24 02:00:00"
DAY = "2026-11-23"


def _column(name: str, type: str, **rest: object) -> Column:
    return Column(name, type, name, name, **rest)  # type: ignore[arg-type]


_COLUMNS = {
    "编号": _column("record_no", "VARCHAR"),
    "站点": read(_column("site_code", "VARCHAR"), codes={"永州北": "YZ01", "零陵南": "YZ02"}),
    "检测时间": _column("passed_at", "TIMESTAMP"),
    "上传时间": _column("uploaded_at", "TIMESTAMP", required=False),
    "登记日期": _column("filed_on", "DATE", required=False),
    "车牌": read(_column("plate_no", "VARCHAR", required=False), plate=True),
    "总重（kg）": _column("gross_kg", "INTEGER", valid="between 100 and 500000"),
    "车速": _column("speed_kmh", "DOUBLE", required=False, valid="between 0 and 350"),
    "车长": _column("length_m", "DOUBLE", required=False, valid="between 0 and 60"),
    "罚款（元）": read(
        _column("fine_fen", "BIGINT", required=False, unit="fen", valid="between 0 and 3000000"), scale=100
    ),
    "信用代码": read(_column("uscc", "VARCHAR", required=False), check="uscc"),
    "身份证号": read(_column("driver_id", "VARCHAR", required=False, personal=True), check="citizen_id"),
    "状态": read(_column("state", "VARCHAR", required=False), codes={"立案": "FILED", "结案": "CLOSED"}),
    "纬度": _column("latitude", "DOUBLE", required=False, valid="between -90 and 90"),
    "经度": _column("longitude", "DOUBLE", required=False, valid="between -180 and 180"),
    "轴数": _column("axle_count", "INTEGER"),
    "备注": _column("note", "VARCHAR", required=False),
}
_LOADS = _column("axle_loads_kg", "INTEGER[]", required=False, each=">= 0")
AXLES = numbered("轴{}（kg）", 3)
FIELDS = [*_COLUMNS, *AXLES]

GOOD = dict.fromkeys(FIELDS, "") | {
    "站点": "永州北",
    "检测时间": f"{DAY} 10:00:00",
    "上传时间": f"{DAY} 10:00:30",
    "登记日期": DAY,
    "车牌": "湘MA1234",
    "总重（kg）": "12000",
    "车速": "52.4",
    "罚款（元）": "757.25",
    "信用代码": "91431199MA4LTE114T",
    "身份证号": "431199199001011238",
    "状态": "立案",
    "纬度": "26.42",
    "经度": "111.61",
    "轴数": "2",
    "轴1（kg）": "4100",
    "轴2（kg）": "7900",
}


def row(number: int, **changes: str) -> dict[str, str]:
    """A good row with its own number, and what is changed in it."""
    return GOOD | {"编号": f"N{number:05d}"} | changes


def _feed(form: Format, columns: dict) -> Feed:  # type: ignore[type-arg]
    return Feed(
        name="trial",
        doc="A feed of the tests.",
        title_zh="试验",
        title_en="Trial",
        grain="one weighing with its case",
        owner="tests",
        files=r".*",
        format=form,
        columns=columns,
        key=("record_no",),
        quarantine=(
            Rule("R-ORDER", "uploaded_at < passed_at", "uploaded before the passage"),
            Rule("R-STATE", "state = 'CLOSED' and filed_on is null", "closed and never filed"),
            Rule("R-AXLES", "len(axle_loads_kg) > 0 and len(axle_loads_kg) <> axle_count", "loads and count disagree"),
        ),
        flag=(
            Rule("R-AXLES", "abs(list_sum(axle_loads_kg) - gross_kg) > 50 + gross_kg * 0.01", "sum and gross disagree"),
            off_map(),
        ),
        plausible_median={"gross_kg": (800, 60_000)},
    )


WIDTH = 28
_SPANS = {heading: f"{1 + WIDTH * at}-{WIDTH * (at + 1)}" for at, heading in enumerate(FIELDS)}
_FLAT = {**_COLUMNS, AXLES: _LOADS}
FEEDS = {
    "CSV": _feed(Csv(), _FLAT),
    "GB18030": _feed(Csv(encoding="gb18030"), _FLAT),
    "fixed width": _feed(
        FixedWidth(width=WIDTH * len(FIELDS), encoding="utf-8"),
        {_SPANS[heading]: how for heading, how in _COLUMNS.items()}
        | {tuple(_SPANS[heading] for heading in AXLES): _LOADS},
    ),
    "NDJSON": _feed(Ndjson(), {**_COLUMNS, "轴重": _LOADS}),
    "Parquet": _feed(ParquetFile(), {**_COLUMNS, "轴重": _LOADS}),
    "XLSX": _feed(Workbook(), _FLAT),
}
NAMES = {
    "CSV": "trial.csv", "GB18030": "trial.csv", "fixed width": "trial.txt", "NDJSON": "trial.ndjson",
    "Parquet": "trial.parquet", "XLSX": "trial.xlsx",
}  # fmt: skip
FIRST = {"CSV": 2, "GB18030": 2, "fixed width": 1, "NDJSON": 1, "Parquet": 1, "XLSX": 4}
"""Source line of the first record that the writers lay down."""


def _csv(rows: Sequence[dict[str, str]]) -> str:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"') else text

    lines = [FIELDS, *([one[heading] for heading in FIELDS] for one in rows)]
    return "".join(",".join(map(quoted, fields)) + "\n" for fields in lines)


def _record(one: dict[str, str]) -> dict[str, object]:
    return {heading: one[heading] for heading in _COLUMNS} | {"轴重": [one[heading] for heading in AXLES]}


def ndjson(rows: Sequence[dict[str, object]]) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows).encode()


def parquet_of(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    parquet.write_table(table, stream)
    return stream.getvalue()


def workbook(rows: Sequence[dict[str, object]], headings: Sequence[str] = tuple(FIELDS)) -> bytes:
    """A sheet with a merged title, a blank row, the headings and the rows; texts stay texts."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("台账")
    sheet.merge_range(0, 0, 0, len(headings) - 1, "永州市试验台账")
    sheet.write_row(2, 0, headings)
    for at, one in enumerate(rows, start=3):
        for column, heading in enumerate(headings):
            value = one[heading]
            if isinstance(value, str):
                sheet.write_string(at, column, value)
            elif value is not None:
                sheet.write(at, column, value)
    book.close()
    return stream.getvalue()


def write(form: str, rows: Sequence[dict[str, str]]) -> bytes:
    """The rows as a delivery in the format."""
    if form in ("CSV", "GB18030"):
        return _csv(rows).encode("utf-8" if form == "CSV" else "gb18030")
    if form == "fixed width":
        return "".join("".join(one[heading].rjust(WIDTH) for heading in FIELDS) + "\n" for one in rows).encode()
    if form == "NDJSON":
        return ndjson([_record(one) for one in rows])
    if form == "Parquet":
        records = [_record(one) for one in rows]
        return parquet_of(
            pa.table(
                {heading: pa.array([one[heading] for one in records], pa.string()) for heading in _COLUMNS}
                | {"轴重": pa.array([one["轴重"] for one in records], pa.list_(pa.string()))}
            )
        )
    return workbook(rows)  # type: ignore[arg-type]


def read_back(form: str, data: bytes, folder: Path, name: str = "", share: float = 1.0, **changes: object) -> Parsed:
    """The delivery, parsed under the declaration of its format."""
    feed = replace(FEEDS[form], quarantine_share_stop=share, **changes)  # type: ignore[arg-type]
    path = folder / "delivery"
    path.write_bytes(data)
    return parse(feed, path, name or NAMES[form], "0" * 64, ISSUED_AT, RECEIVED_AT, folder / "work")
