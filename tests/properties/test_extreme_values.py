"""The ends of every type, in every format and under every declaration: an outcome or a stop, never a crash."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import format_rows as trial
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import parse as parsing
from etl.contract import Feed
from etl.errors import DeliveryStopped
from etl.feeds import FEEDS
from etl.readers.rows import Rows, spelled

MANY = settings(max_examples=20, deadline=None, derandomize=True, database=None)
LEAST, MOST = -(2**63), 2**63 - 1
TEXTS = (
    "", "0", "-1", "9" * 11, "9" * 13, "9" * 15, "9" * 18, "9" * 19, "9" * 29, "9" * 38, "9" * 400, "-" + "9" * 18,
    "999999999999999.999999999", "-999999999999999.999999999", "0." + "9" * 40, "2147483647", "-2147483648", str(MOST),
    str(LEAST), "9223372036854", "9223372036855", "1e308", "1e309", "-1e309", "nan", "inf", "-infinity", "epoch",
    "0000-01-01 00:00:00", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "9999-12-31T23:59:59.999999999-14:59",
    "0000-01-01T00:00:00+14:59", "294247-01-10 04:00:54", "290000-01-01", "-290308-12-22", "9999-12-31", "0000-01-01",
    "9999-12-31 24:00:00", "\x00", "\ufffd", "=1/0", "湘" * 90,
)  # fmt: skip


def _unless_stopped(read: Callable[[], parsing.Parsed]) -> parsing.Parsed | DeliveryStopped:
    try:
        return read()
    except DeliveryStopped as stop:
        return stop


def _outcome(form: str, data: bytes) -> None:
    """Every record of the delivery has an outcome and its bytes, or the delivery stops for a reason of its own."""
    with tempfile.TemporaryDirectory() as folder:
        parsed = _unless_stopped(lambda: trial.read_back(form, data, Path(folder), plausible_median={}))
        if isinstance(parsed, DeliveryStopped):
            assert parsed.reason != "D-ENGINE", parsed.message
            return
        raw = [raw for (raw,) in parsed.connection.execute("select raw from refused").fetchall()]
        parsed.close()
        assert parsed.delivered == parsed.accepted + len(raw) > 0
        assert all(raw)


@pytest.mark.parametrize("form", sorted(set(trial.FEEDS) - {"fixed width"}))
@MANY
@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(trial.FIELDS[1:]), st.sampled_from(TEXTS), max_size=3), min_size=1, max_size=4
    )
)
def test_the_longest_texts_are_read_or_stop(form: str, rows: list[dict[str, str]]) -> None:
    kept = [
        {name: text for name, text in one.items() if form != "XLSX" or ("\x00" not in text and "\ufffd" not in text)}
        for one in rows
    ]
    _outcome(form, trial.write(form, [trial.row(at) | changes for at, changes in enumerate(kept)]))


ENDS = [
    *(pa.array([MOST, LEAST, 0], pa.int64()).cast(pa.timestamp(unit, zone))
      for unit in ("ms", "us", "ns") for zone in (None, "UTC", "Asia/Shanghai", "Mars/Base")),
    pa.array([2**31 - 1, -(2**31), 0], pa.int32()).cast(pa.date32()),
    pa.array([900_000_000_000_000_000] * 3, pa.int64()).cast(pa.timestamp("us")),
    pa.array([MOST, LEAST, 0], pa.int64()).cast(pa.duration("us")),
    pa.array([0, 86_399_999_999_999, 1], pa.int64()).cast(pa.time64("ns")),
    pa.array([2**64 - 1, 0, None], pa.uint64()),
    pa.array([LEAST, MOST, None]),
    pa.array([float("nan"), float("inf"), -1.8e308 / 1.1]),
    pa.array([5e-324, 1.7976931348623157e308, None]),
    pa.array(np.array([np.nan, np.inf, 65504], np.float16)),
    pa.array([Decimal("9" * 38), Decimal("-" + "9" * 38), None], pa.decimal128(38, 0)),
    pa.array([Decimal(f"{'9' * 60}.{'9' * 9}"), Decimal("0E-9"), None], pa.decimal256(69, 9)),
    pa.array([b"\xff\xfe", b"", None]),
    pa.array([b"\xff\xfe", b"ab", None], pa.binary(2)),
    pa.array([b"\xcf\xe6", b"a", None], pa.large_binary()),
    pa.Array.from_buffers(
        pa.string(), 3, [None, pa.py_buffer(np.array([0, 1, 2, 2], np.int32)), pa.py_buffer(b"\xff\xfe")]
    ),
    pa.array(["9" * 400, "", None], pa.string_view()),
    pa.array([b"\xff", b"", None], pa.binary_view()),
    pa.array([True, None, False]),
    pa.nulls(3),
    pa.array([{"a": float("nan"), "b": [b"\xff"]}, None, {"a": 1.0, "b": []}]),
    pa.array([[("a", MOST)], None, []], pa.map_(pa.string(), pa.int64())),
    pa.array(["9" * 30, "inf", None]).dictionary_encode(),
]  # fmt: skip
ENDS += [pa.ListArray.from_arrays(pa.array([0, 2, 2, 3], pa.int32()), ends) for ends in ENDS]


def _parquet(at: int, heading: str) -> bytes:
    """Three rows with these values under the heading, refused at the latest for a gross weight in words."""
    rows = [trial._record(trial.row(number)) for number in range(3)]
    columns: dict[str, Any] = {name: pa.array([one[name] for one in rows]) for name in rows[0]}
    columns["总重（kg）"] = pa.array(["x", "x", "x"])
    return trial.parquet_of(pa.table(columns | {heading: ENDS[at]}))


@pytest.mark.parametrize("at", range(len(ENDS)), ids=[str(ends.type) for ends in ENDS])
def test_the_ends_of_every_type_of_parquet_are_read_or_stop(at: int) -> None:
    is_list = pa.types.is_list(ENDS[at].type)
    for heading in ("轴重",) if is_list else ("备注", "检测时间", "登记日期", "罚款（元）", "轴数"):
        _outcome("Parquet", _parquet(at, heading))


@pytest.mark.parametrize("at", range(len(ENDS)), ids=[str(ends.type) for ends in ENDS])
def test_a_column_that_is_not_read_is_kept_in_quarantine_whatever_it_holds(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(trial.FEEDS, "Parquet", replace(trial.FEEDS["Parquet"], ignore=("别的",)))
    parsed = trial.read_back("Parquet", _parquet(at, "别的"), tmp_path)
    raw = [raw for (raw,) in parsed.connection.execute("select raw from refused order by source_line").fetchall()]
    parsed.close()
    assert len(raw) == 3
    for one in raw:
        cells = json.loads(one, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
        assert len(cells) == len(trial._COLUMNS) + 2


NUMBERS = ("1e999", "-1e999", "9" * 400, "1" + "0" * 5000, "-0", "0.1e-400", "[[[]]]", "{}", "[1e999]", '"\\ud800"')


@pytest.mark.parametrize("value", NUMBERS)
def test_the_ends_of_json_are_read_or_stop(value: str) -> None:
    records = [trial._record(trial.row(at)) | {heading: "@"} for at, heading in enumerate((*trial._COLUMNS, "轴重"))]
    _outcome("NDJSON", trial.ndjson(records).replace(b'"@"', value.encode()))


@pytest.mark.parametrize(
    "value", [0.0, -1e308, 1.7e308, 5e-324, 60.0, 60.5, 2_958_465.9999999, 2_958_466.0, 1e15, 2**53]
)
def test_the_ends_of_a_number_cell_are_read_or_stop(value: float) -> None:
    rows = [trial.row(at) | {heading: value} for at, heading in enumerate(trial.FIELDS)]
    _outcome("XLSX", trial.workbook(rows))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_no_declaration_s_arithmetic_ends_at_the_ends_of_its_types(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules, derived columns and series of every feed over rows of extreme texts, alone and together."""
    feed = replace(FEEDS[name], quarantine_share_stop=1.0, plausible_median={})
    monkeypatch.setattr(parsing.readers, "rows", lambda *_: _rows_of(feed))
    monkeypatch.setattr(parsing, "_exchanged", lambda *_: None)
    parsed = _unless_stopped(
        lambda: parsing.parse(feed, tmp_path / "none", "none", "0" * 64, trial.ISSUED_AT, trial.RECEIVED_AT, tmp_path)
    )
    if isinstance(parsed, DeliveryStopped):
        assert parsed.reason == "D-SHAPE", parsed.message
        return
    parsed.close()
    assert parsed.delivered == parsed.accepted + sum(parsed.quarantined.values()) > len(TEXTS)


def _rows_of(feed: Feed) -> Iterator[Rows]:
    """A text under every heading of which its reading can make a value, and extreme ones under one half and all."""
    readings = spelled(feed)
    count = 3 * len(TEXTS)
    columns = []
    for place, how in enumerate(readings):
        chosen = [_usual(how)] * len(TEXTS) + list(TEXTS) * 2
        if place % 2:
            chosen[len(TEXTS) : 2 * len(TEXTS)] = [_usual(how)] * len(TEXTS)
        columns.append(chosen)
    arrays: list[Any] = []
    for heading, how, chosen in zip(feed.headings, readings, columns, strict=True):
        is_list = heading in feed.reads and how.column.type.endswith("[]")
        texts = pa.array([[one, one] for one in chosen] if is_list else chosen)
        arrays.append(texts)
    yield Rows(
        np.arange(1, count + 1), None, lambda indices: [b"row"] * len(indices), at=np.arange(count), columns=arrays
    )


def _usual(how: Any) -> str:
    """The largest number that the type has and the pattern lets pass; else a text of the kind."""
    kind = how.column.type.removesuffix("[]")
    if how.codes:
        return str(next(iter(how.codes)))
    return {
        "INTEGER": str((2**31 - 1) // max(1, int(how.scale))), "BIGINT": "9" * 15, "DOUBLE": "9" * 15,
        "TIMESTAMP": "2026-11-23 10:00:00", "DATE": "2026-11-23", "BOOLEAN": "1",
    }.get(kind, "湘MA1234")  # fmt: skip
