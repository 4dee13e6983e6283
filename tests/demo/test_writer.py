"""Every declaration can be read backwards: what the writer writes, the parser reads to the same values."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from etl.contract import Capture, Csv, Feed, FixedWidth, Ndjson, ParquetFile, Workbook, numbered, read
from etl.demo.writer import write
from etl.feeds import FEEDS
from etl.parse import parse
from warehouse.columns.entry import Column

SAMPLES = Path(__file__).parents[1] / "feeds"
ISSUED_AT = "2026-11-23|2026-11-24T00:40:00.000000"
RECEIVED_AT = "2026-11-24 02:00:00"
ENDING = {Csv: ".csv", FixedWidth: ".wgt", Ndjson: ".ndjson", ParquetFile: ".parquet", Workbook: ".xlsx"}


def _landed(feed: Feed, path: Path, work: Path) -> pa.Table:
    """Values of the accepted rows, in the order of the file."""
    parsed = parse(feed, path, path.name, "0" * 64, ISSUED_AT, RECEIVED_AT, work)
    names = ", ".join(feed.raw_columns)
    try:
        assert parsed.accepted, f"{path.name} has no row that is accepted"
        return parsed.connection.execute(f"select {names} from landed order by source_line").to_arrow_table()
    finally:
        parsed.close()


# The bytes of a capture are written by ``etl.demo.messages``, which the tests of the decoder read back.
@pytest.mark.parametrize("name", sorted(name for name, feed in FEEDS.items() if not isinstance(feed.format, Capture)))
def test_what_the_writer_writes_is_read_back_to_the_same_values(name: str, tmp_path: Path) -> None:
    feed = replace(FEEDS[name], quarantine_share_stop=1.0)
    sample = next((SAMPLES / name).glob("sample.*"))
    given = _landed(feed, sample, tmp_path / "sample")
    data = write(feed, given)
    path = tmp_path / f"written{ENDING[type(feed.format)]}"
    path.write_bytes(data)
    found = _landed(feed, path, tmp_path / "written")
    # A missing value may be told by a word that means so; either way the value is none.
    assert found.to_pylist() == given.to_pylist()
    assert write(feed, given) == data
    zipped = tmp_path / f"{path.name}.gz"
    if not isinstance(feed.format, ParquetFile | Workbook):
        zipped.write_bytes(write(feed, given, zipped.name))
        assert _landed(feed, zipped, tmp_path / "zipped").to_pylist() == given.to_pylist()


def _column(name: str, type: str, required: bool = True, unit: str = "") -> Column:
    return Column(name, type, "", "", required=required, unit=unit)


HARD = {
    "no": ["A,1", 'B"2', "C3"],
    "mass_kg": [49_001, None, 12_000],
    "length_m": [12.345678, 0.00001, None],
    "price_fen": [1_234_500, 7, None],
    "kind": ["rigid", None, "combination"],
    "is_seen": [True, None, False],
    "seen_at": [datetime(2026, 1, 2, 3, 4, 5), None, datetime(2026, 1, 2, 23, 59, 59)],
    "seen_on": [date(2026, 1, 2), None, date(2024, 2, 29)],
    "loads_kg": [[1, 2, 3], [], [70]],
}


@pytest.mark.parametrize("format", [Csv(), Csv("gb18030", "|"), Ndjson(), ParquetFile(), Workbook()], ids=str)
def test_units_codes_forms_and_quotes_survive_every_format(format: Any, tmp_path: Path) -> None:
    nested = isinstance(format, Ndjson | ParquetFile)
    loads = read(_column("loads_kg", "INTEGER[]"))
    feed = Feed(
        name="invented", doc="", grain="", owner="", files=r".*", title_zh="示例表", title_en="Sample", kind="list",
        columns={
            "编号": _column("no", "VARCHAR"),
            "质量": read(_column("mass_kg", "INTEGER", False), scale=1000, missing=("-",)),
            "长": read(_column("length_m", "DOUBLE", False), scale=0.01),
            "金额": read(_column("price_fen", "BIGINT", False, "fen"), scale=100),
            "类别": read(_column("kind", "VARCHAR", False), codes={"货车": "rigid", "列车": "combination"}),
            "见": _column("is_seen", "BOOLEAN", False),
            "时间": read(_column("seen_at", "TIMESTAMP", False), form="%Y/%m/%d %H:%M:%S"),
            "日期": _column("seen_on", "DATE", False),
            **({"轴": loads} if nested else {numbered("轴{}", 3): loads}),
        },
        key=("no",), format=format,
    )  # fmt: skip
    types = {"mass_kg": pa.int32(), "price_fen": pa.int64(), "loads_kg": pa.list_(pa.int32())}
    table = pa.table({name: pa.array(values, types.get(name)) for name, values in HARD.items()})
    path = tmp_path / f"written{ENDING[type(format)]}"
    path.write_bytes(write(feed, table))
    expected = [dict(row) for row in table.to_pylist()]
    expected[1]["length_m"] = 0.00001
    assert _landed(feed, path, tmp_path / "work").to_pylist() == expected


def test_a_column_the_feed_does_not_have_and_a_missing_required_one_are_refused() -> None:
    feed = FEEDS["wim_site"]
    with pytest.raises(ValueError, match="barometer"):
        write(feed, pa.table({"site_code": ["YZ01"], "barometer": [1013]}))
    with pytest.raises(ValueError, match="valid_from"):
        write(feed, pa.table({"site_code": ["YZ01"], "county_code": ["431102"], "road_code": ["G207"]}))
