"""Whatever is delivered: nothing is lost, twice is once, chunks do not matter, a plain reading agrees."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from passage_rows import HEADINGS, NAME, delivery, row
from plain_reading import read

from etl.contract import Feed
from etl.deliveries import take
from etl.feeds import FEEDS
from etl.land import land
from etl.parse import Parsed, parse
from etl.readers import lines
from warehouse.ledger import Ledger

MANY = settings(max_examples=25, deadline=None, derandomize=True, database=None)
FEW = settings(MANY, max_examples=8)
# What vendors, spreadsheets and bad lines make of a value; none of it may be guessed at.
WORDS = st.sampled_from((
    "", "0", "1", "2", "-1", "12000", "１２０００", "49.2", "1e5", "0x1F", "1_000", "NaN", "infinity", "null",
    "12000kg", " 12000 ", "-0", "00012", "2147483648", "0.5", ".5", "5.", "up", "down", "north", "是", "否",
    "true", "True", "湘MA1234", "湘m·a1234", "湘MO1I23", "无牌", "-", "00000", "粤Z1234港", "2026-11-23 10:00:00",
    "2026-11-23T10:00Z", "2026-11-23 24:00:00", "2026-02-30 10:00:00", "2026-11-23 10:00:00.123456789+0530",
    "23/11/2026", "2000-01-01 08:00:00", "2999-01-01 00:00:00", "1969-12-31 23:59:59", "a,b", '"a,b"', '"a""b"',
    'a"b', '"a', "=1+1", "\u200b", "\x00", "\t1\t", "157", "1x7", "93", "7", "999999999999999999999",
))  # fmt: skip
LETTERS = st.text(st.sampled_from("0123456789.-+eE_xX ,\"'　０１湘M·Zz:T\u200b\r"), max_size=12)
CHANGES = st.dictionaries(st.sampled_from(HEADINGS), WORDS | LETTERS, max_size=2)
RAW_LINES = st.binary(max_size=40).map(lambda data: data.replace(b"\n", b" "))


@st.composite
def deliveries(draw: st.DrawFn) -> bytes:
    """A file of rows, most of them spoiled in one or two values, with repeats, key clashes and noise lines."""
    rows: list[Any] = []
    for number in range(draw(st.integers(1, 12))):
        base = row(draw(st.integers(0, 9)) if draw(st.booleans()) else 100 + number)
        rows.append(base | draw(CHANGES))
    rows += draw(st.lists(st.sampled_from(rows), max_size=3))
    rows += draw(st.lists(RAW_LINES, max_size=2))
    rows = draw(st.permutations(rows))
    return delivery(*rows, end=draw(st.sampled_from(["\n", "\r\n"])))


def _feed() -> Feed:
    # Random rows are mostly bad ones: the share at which a delivery stops has tests of its own.
    return replace(FEEDS["wim_passage"], quarantine_share_stop=1.0, plausible_median={})


def _parse(data: bytes, folder: Path) -> Parsed:
    source = folder / NAME
    source.write_bytes(data)
    return parse(_feed(), source, NAME, "0" * 64, "2026-11-23|", "2026-11-24 02:00:00", folder / "work")


def _rows(parsed: Parsed) -> dict[int, dict[str, Any]]:
    cursor = parsed.connection.execute("select * from landed order by source_line")
    names = [description[0] for description in cursor.description]
    return {found[names.index("source_line")]: dict(zip(names, found, strict=True)) for found in cursor.fetchall()}


@MANY
@given(data=deliveries())
def test_a_plain_reading_agrees_on_every_line(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parsed = _parse(data, Path(folder))
        accepted = _rows(parsed)
        refused = {
            line: reason
            for line, reason in parsed.connection.execute("select source_line, reason from refused").fetchall()
        }
        parsed.close()
    expected = read(data, list(FEEDS["wim_passage"].raw_columns))
    assert parsed.delivered == parsed.accepted + sum(parsed.quarantined.values()) == len(expected)
    assert {line for line, values in expected.items() if values is None} == set(refused), refused
    for line, values in expected.items():
        if values is not None:
            assert {name: accepted[line][name] for name in values} == values
    event(f"accepted {len(accepted) * 4 // (len(expected) + 1)} of 4 quarters")


@FEW
@given(data=deliveries(), chunk_bytes=st.integers(1, 900))
def test_the_size_of_a_chunk_changes_nothing(data: bytes, chunk_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        whole = _parse(data, Path(folder))
        rows, refused = _rows(whole), whole.connection.execute("select * from refused order by source_line").fetchall()
        whole.close()
        patch.setattr(lines, "CHUNK_BYTES", chunk_bytes)
        (Path(folder) / "second").mkdir()
        pieces = _parse(data, Path(folder) / "second")
        assert _rows(pieces) == rows
        assert pieces.connection.execute("select * from refused order by source_line").fetchall() == refused
        pieces.close()


@FEW
@given(data=deliveries())
def test_landing_twice_is_landing_once(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HENG_HOME", str(Path(folder) / "heng"))
        patch.setitem(FEEDS, "wim_passage", _feed())
        source = Path(folder) / NAME
        source.write_bytes(data)
        first = land(take(FEEDS["wim_passage"], source, NAME))
        with Ledger(Path(folder) / "heng") as ledger:
            before = ledger.segments(), ledger.deliveries(), ledger.reasons()
        assert land(take(FEEDS["wim_passage"], source, NAME)) == first
        assert land(first.delivery_id, again=True) == first
        with Ledger(Path(folder) / "heng") as ledger:
            assert (ledger.segments(), ledger.reasons()) == (before[0], before[2])
        assert first.delivered == first.accepted + first.quarantined
        assert sum(segment.row_count for segment in before[0]) == first.accepted
