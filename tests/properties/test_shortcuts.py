"""Shortcuts of landing give what the long way gives: values by Arrow, lines without a second look, invisible bytes."""

import re
import sys
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

import format_rows as trial
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from etl import parse as parsing
from etl import plain_values as values_by_column
from etl.plain_values import plain_values
from etl.readers import lines

MANY = settings(max_examples=25, deadline=None, derandomize=True, database=None)
NUMBERS = st.sampled_from((
    "", "0", "-0", "7", "007", "-12", "120.5", "12.", ".5", "1.2.3", "-1.5", "--1", "1-", "-", ".", "1e3", "0x10",
    "nan",
    "2147483647", "2147483648", "-2147483648", "9" * 15, "9" * 16, "9" * 18, "9" * 19, "0" * 20 + "1", "0.123456789",
    "0.1234567891", "123456789012345.5", "1234567890123456.5", "１２", " 12", "52.4 ", "1_000", "+5", "1,5",
))  # fmt: skip
TIMES = st.sampled_from((
    "", "2026-11-23 10:00:00", "2026-11-23 23:59:59", "2026-11-23 24:00:00", "2026-02-29 10:00:00",
    "2024-02-29 10:00:00",
    "2026-11-23 10:60:00", "2026-11-23 10:00:60", "2026-11-23T10:00:00", "2026-11-23 10:00", "2026-11-23 10:00:00.5",
    "2026-13-01 10:00:00", "0000-01-01 00:00:00", "9999-12-31 23:59:59", "1969-12-31 23:59:59", "2026-11-23",
))  # fmt: skip
DAYS = st.sampled_from(
    ("", "2026-11-23", "2026-02-30", "2024-02-29", "2026-1-1", "0001-01-01", "9999-12-31", "20261123")
)
PLATES = st.sampled_from((
    "湘MA1234", "湘M12345", "湘ma1234", "湘M·A1234", "湘M A1234", "粤Z1234港", "", "-", "无牌", "未识别", "00000",
    "UNKNOWN", "unknown", "湘Ｍ12345", "ǆ湘M1234", "12345",
))  # fmt: skip
WORDS = st.sampled_from(("永州北", "零陵南", "立案", "结案", "", "別", "永州北 "))
ROWS = st.lists(
    st.fixed_dictionaries({
        "总重（kg）": st.just("12000") | NUMBERS, "车速": NUMBERS, "纬度": NUMBERS, "轴1（kg）": NUMBERS,
        "轴2（kg）": st.just("") | NUMBERS, "检测时间": st.just("2026-11-23 10:00:00") | TIMES, "登记日期": DAYS,
        "车牌": PLATES, "站点": st.just("永州北") | WORDS, "状态": WORDS,
    }),
    min_size=1,
    max_size=4,
)  # fmt: skip


def _found(rows: list[dict[str, str]], folder: Path) -> tuple[list[Any], list[Any]]:
    folder.mkdir()
    data = trial.write("CSV", [trial.row(number) | changes for number, changes in enumerate(rows)])
    parsed = trial.read_back("CSV", data, folder, plausible_median={})
    found = tuple(
        parsed.connection.execute(f"select * from {table} order by source_line").fetchall()
        for table in ("landed", "refused")
    )
    parsed.close()
    return found  # type: ignore[return-value]


@MANY
@given(rows=ROWS)
def test_values_by_the_column_are_the_values_by_the_row(rows: list[dict[str, str]]) -> None:
    taken: list[int] = []

    def counted(*given: Any) -> dict[int, pa.Array]:
        values = plain_values(*given)
        taken.append(len(values))
        return values

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parsing, "plain_values", counted)
        short = _found(rows, Path(folder) / "short")
        patch.setattr(parsing, "plain_values", lambda *given: {})
        assert short == _found(rows, Path(folder) / "long")
    event(f"columns taken: {min(taken)}")


@MANY
@given(texts=st.lists(st.text(st.sampled_from("0123456789.-"), max_size=19), min_size=1, max_size=6), place=st.data())
def test_a_plain_number_is_what_the_pattern_says(texts: list[str], place: Any) -> None:
    feed = trial.FEEDS["CSV"]
    at = feed.headings.index(place.draw(st.sampled_from(("总重（kg）", "车速"))))
    columns = [pa.array([""] * len(texts), pa.string())] * len(feed.headings)
    columns[at] = pa.array(texts, pa.string())
    values = plain_values(feed, columns).get(at)
    whole = feed.headings[at] == "总重（kg）"
    pattern = r"-?\d{1,18}" if whole else r"-?\d{1,15}(\.\d{1,9})?"
    plain = all(text == "" or re.fullmatch(pattern, text) for text in texts)
    fits = plain and all(not whole or text == "" or -(2**31) <= int(text) < 2**31 for text in texts)
    assert (values is not None) == fits
    if values is not None:
        read = int if whole else float
        assert values.to_pylist() == [read(text) if text else None for text in texts]


def test_every_invisible_character_begins_with_a_byte_that_is_looked_for() -> None:
    invisible = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
    missed = []
    for point in range(sys.maxunicode + 1):
        character = chr(point)
        if unicodedata.category(character) in ("Cf", "Zl", "Zp") or invisible.match(character):
            first = character.encode()[0]
            if not lines._MAY_BE_INVISIBLE[first] and character not in "\r\n":
                missed.append(hex(point))
    assert missed == []


def test_counting_bytes_finds_what_looking_at_each_finds() -> None:
    for byte in range(256):
        piece = "湘M\t1,か,힣\r\n".encode() + bytes([byte]) + b",2\n"
        looked_for = [at for at, one in enumerate(piece) if lines._MAY_BE_INVISIBLE[one]]
        found = lines._may_be_invisible(memoryview(piece))
        assert found.nonzero()[0].tolist() == looked_for, hex(byte)


def test_a_blank_at_an_edge_is_found_wherever_a_piece_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = (b"a b,c\n", b"a,b\tc\r\n", b"a,b\n")
    at_an_edge = (b" a,b\n", b"a ,b\n", b"a,\tb\n", b"a,b \n", b"a,b\t\r\n", b"a,b\n c,d\n", b"abc,d\n\te,f\n")
    for piece_bytes in range(1, 9):
        monkeypatch.setattr(lines, "PIECE_BYTES", piece_bytes)
        assert [text for text in (*inside, *at_an_edge) if lines._blank_edges(text, ",")] == list(at_an_edge)


@MANY
@given(
    rows=st.lists(st.lists(st.none() | st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=9),
    rows_at_a_time=st.integers(1, 4),
)
def test_a_list_ends_with_its_last_value(rows: list[list[int | None]], rows_at_a_time: int) -> None:
    expected = []
    for row in rows:
        there = [place for place, value in enumerate(row, start=1) if value]
        expected.append(row[: there[-1]] if there else [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values_by_column, "_LIST_ROWS", rows_at_a_time)
        found = values_by_column._list([pa.array(list(column), pa.int32()) for column in zip(*rows, strict=True)])
    found.validate(full=True)
    assert found.to_pylist() == expected


LINES = st.lists(
    st.sampled_from((
        "a,b,c", "a,b", "a,b,c,d", "", ",,", " a,b ,c", "a,\tb,c", '"a",b,c', '"a,b",c,d', 'a"b,c,d', "湘,Ａ,\u3000c",
        "a\rb,c,d",
        "a,b,c\r", "a,b\u200b,c", "\x00,b,c", "a,b,c\r\r",
    )),
    min_size=1,
    max_size=5,
)  # fmt: skip


@MANY
@given(text=LINES, piece_bytes=st.integers(1, 9))
def test_a_chunk_read_at_once_is_read_as_its_lines_are(text: list[str], piece_bytes: int) -> None:
    data = "".join(line + "\n" for line in text).encode()

    def read() -> tuple[list[int], list[list[str]], dict[int, tuple[str, str]]]:
        chunk = lines._decoded(data, 0, 1, "utf-8", "a.csv")
        at, columns = lines.split(chunk, ",", 3, "a.csv")
        order = sorted(range(len(at)), key=lambda place: at[place])
        return (
            [int(at[place]) for place in order],
            [[column[place].as_py() for place in order] for column in columns],
            chunk.bad,
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "PIECE_BYTES", piece_bytes)
        patch.setattr(lines, "BLOCK_BYTES", 64)
        short = read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_undisturbed", lambda *given: None)
        assert read() == short
