"""Faults that only succession shows: which rows they mark, which they only count, and that both are kept."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from etl.contract import CONTENT, Feed, Series
from etl.deliveries import take
from etl.feeds import FEEDS
from etl.land import land
from etl.parse import Parsed, parse
from etl.series import counter, dead, gap, jump, nothing_measured, out_of_order
from warehouse import columns as c
from warehouse.columns import Column
from warehouse.ledger import Ledger

LANE = ("lane_code",)
COUNT = Column("device_count", "INTEGER", "The device's own number.", "计数", valid="between 0 and 65535")
WEIGHT = Column("weight_kg", "INTEGER", "Weight; 0 is none.", "重量")
FEED = Feed(
    name="counted_passage",
    doc="Passages with the device's own count.",
    title_zh="计数",
    title_en="Counted",
    grain="one passage",
    owner="tests",
    files=r"[^/]*\.csv",
    columns={
        "no": COUNT.optional(),
        "lane": c.lane_code,
        "at": c.passed_at,
        "kg": WEIGHT.optional(),
        "lat": c.latitude.optional(),
        "lon": c.longitude.optional(),
    },
    key=CONTENT,
    quarantine_share_stop=1.0,
    schedule=None,
    expected_every_days=None,
)


def rows(*told: str) -> bytes:
    """``no lane minute kg lat lon`` by blanks, ``-`` for empty, as a delivery of one hour."""
    lines = ["no,lane,at,kg,lat,lon"]
    for one in told:
        fields = [*one.split(), "-", "-", "-"][:6]
        number, lane, minute, *rest = ("" if field == "-" else field for field in fields)
        lines.append(",".join((number, lane, f"2026-11-23 10:{minute}:00", *rest)))
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture
def marked(tmp_path: Path) -> Callable[..., tuple[dict[int, str], Parsed]]:
    """``marked(data, *series)``: the flags of the rows that have any, by line, and the reading."""

    def marked(data: bytes, *series: Series, **rest: object) -> tuple[dict[int, str], Parsed]:
        feed = replace(FEED, series=series, **rest)  # type: ignore[arg-type]
        path = tmp_path / "passages.csv"
        path.write_bytes(data)
        work = Path(tempfile.mkdtemp(dir=tmp_path))
        parsed = parse(feed, path, path.name, "0" * 64, "2026-11-23|", "2026-11-24 02:00:00", work)
        flags = dict(parsed.connection.execute("select source_line, flags from landed where flags <> ''").fetchall())
        parsed.close()
        return flags, parsed

    return marked


Marked = Callable[..., tuple[dict[int, str], Parsed]]


def test_a_counter_that_began_again_is_told_and_marks_nothing(marked: Marked) -> None:
    flags, parsed = marked(rows("65534 1 00", "65535 1 01", "0 1 02", "1 1 03"), *counter("device_count"))
    assert flags == {}
    assert parsed.warned == {"R-WRAP": 1}


def test_numbers_that_are_missing_are_told_also_over_the_wrap(marked: Marked) -> None:
    _, parsed = marked(rows("65530 1 00", "65532 1 01", "65533 1 02", "1 1 03", "2 1 04"), *counter("device_count"))
    assert parsed.warned == {"R-LOST": 2, "R-WRAP": 1}


def test_a_counter_that_is_set_back_lost_nothing(marked: Marked) -> None:
    _, parsed = marked(rows("700 1 00", "1 1 01", "2 1 02"), *counter("device_count"))
    assert parsed.warned == {"R-WRAP": 1}


def test_a_row_in_quarantine_was_delivered_and_its_number_is_not_missing(marked: Marked) -> None:
    _, parsed = marked(rows("10 1 00", "11 - 01", "12 1 02"), *counter("device_count"))
    assert parsed.quarantined == {"R-EMPTY": 1}
    assert parsed.warned == {}


def test_lanes_that_interleave_are_in_order_each(marked: Marked) -> None:
    data = rows("1 1 05", "2 2 03", "3 1 06", "4 2 04")
    assert marked(data, out_of_order("passed_at"))[1].warned == {"R-SEQUENCE": 2}
    assert marked(data, out_of_order("passed_at", LANE))[1].warned == {}


def test_a_gap_is_measured_in_time_not_in_the_order_of_the_file(marked: Marked) -> None:
    _, parsed = marked(rows("1 1 20", "2 1 00", "3 1 01", "4 1 02"), gap("passed_at", 300))
    assert parsed.warned == {"R-GAP": 1}


def test_a_dead_scale_marks_its_whole_run_and_no_other_zero(marked: Marked) -> None:
    data = rows("1 1 00 0", "2 1 01 900", "3 1 02 0", "4 1 03 0", "5 1 04 0", "6 1 05 900", "7 1 06 0", "8 1 07 0")
    flags, _ = marked(data, dead("weight_kg = 0", 3))
    assert flags == dict.fromkeys((4, 5, 6), "R-DEAD")


def test_rows_that_say_nothing_neither_end_a_run_nor_belong_to_it(marked: Marked) -> None:
    data = rows("1 1 00 0", "2 1 01 -", "3 1 02 0", "4 2 03 900", "5 1 04 0")
    flags, _ = marked(data, dead("weight_kg = 0", 3, LANE))
    assert flags == dict.fromkeys((2, 4, 6), "R-DEAD")


def test_a_run_is_counted_in_the_declared_order(marked: Marked) -> None:
    data = rows("1 1 00 0", "2 1 09 900", "3 1 01 0", "4 1 02 0")
    assert set(marked(data, dead("weight_kg = 0", 3, order=("passed_at",)))[0]) == {2, 4, 5}
    assert marked(data, dead("weight_kg = 0", 3))[0] == {}


def test_a_mark_joins_the_other_flags_in_their_order_once(marked: Marked) -> None:
    data = rows("1 1 00 0", "2 1 01 0", "3 1 02 - 25.5 111.6", "4 1 03 - 26.5 111.6")
    flags, parsed = marked(
        data,
        dead("weight_kg = 0", 2),
        dead("weight_kg = 0", 1),
        jump("passed_at", 300),
        flag=(nothing_measured("weight_kg"),),
    )
    assert flags == {2: "R-DEAD", 3: "R-DEAD", 4: "R-ABSENT", 5: "R-ABSENT,R-JUMP"}
    assert parsed.flagged == {"R-DEAD": 2, "R-ABSENT": 2, "R-JUMP": 1}


def test_a_receiver_without_a_fix_did_not_jump(marked: Marked) -> None:
    wide = {"lat": replace(c.latitude.optional(), valid=""), "lon": replace(c.longitude.optional(), valid="")}
    data = rows("1 1 00 - 25.5 111.6", "2 1 01 - 0 0", "3 1 02 - 25.5 111.6", "4 1 02 - 25.5 111.61")
    flags, _ = marked(data, jump("passed_at", 300), columns={**FEED.columns, **wide})
    assert flags == {5: "R-JUMP"}


def test_a_warning_counts_a_row_once_by_code(marked: Marked) -> None:
    _, parsed = marked(rows("1 1 05", "2 1 03"), out_of_order("passed_at"), out_of_order("passed_at", LANE))
    assert parsed.warned == {"R-SEQUENCE": 1}


def test_warnings_and_marks_are_landed(
    put: Callable[[str, str, bytes], Path],
    accepted: Callable[..., list[dict[str, object]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    feed = replace(FEED, series=(*counter("device_count"), dead("weight_kg = 0", 2)))
    monkeypatch.setitem(FEEDS, feed.name, feed)
    source = put(feed.name, "passages.csv", rows("65535 1 00 0", "0 1 01 0", "1 1 02 900"))
    result = land(take(feed, source, source.name))
    assert result.reasons["warning"] == {"R-WRAP": 1}
    assert result.reasons["flag"] == {"R-DEAD": 2}
    assert result.delivered == result.accepted + result.quarantined == 3
    assert [row["flags"] for row in accepted(feed.name, "flags")] == ["R-DEAD", "R-DEAD", ""]
    assert land(result.delivery_id, again=True) == result


def test_a_ledger_of_an_older_version_takes_warnings(home: Path) -> None:
    with Ledger(home) as ledger, ledger.transaction() as connection:
        connection.execute("drop table reason")
        connection.execute(
            "create table reason (delivery_id text not null, outcome text not null"
            " check (outcome in ('quarantine', 'flag', 'normalise')), reason text not null,"
            " row_count integer not null, primary key (delivery_id, outcome, reason)) strict"
        )
        connection.execute("insert into reason values ('a', 'flag', 'R-ZERO', 7)")
        connection.execute("pragma user_version = 2")
    with Ledger(home) as ledger:
        with ledger.transaction() as connection:
            connection.execute("insert into reason values ('a', 'warning', 'R-WRAP', 1)")
        assert [(row["outcome"], row["reason"], row["row_count"]) for row in ledger.reasons()] == [
            ("flag", "R-ZERO", 7),
            ("warning", "R-WRAP", 1),
        ]


@pytest.mark.parametrize(
    ("series", "word"),
    [
        (Series("R-DEAD", "true", "", outcome="stop"), "a series flags or is a warning"),
        (Series("R-DEAD", "true", "", least=0), "of at least one row"),
        (Series("dead", "true", ""), "is not a reason code"),
        (Series("R-DEAD", "true", "", by=("lane",)), "series column 'lane'"),
        (Series("R-DEAD", "before_speed > 0", ""), "series column 'speed'"),
    ],
)
def test_a_series_that_means_nothing_is_refused(series: Series, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        replace(FEED, series=(series,))


def test_a_changed_series_is_a_changed_declaration() -> None:
    assert replace(FEED, series=(gap("passed_at", 60),)).digest != replace(FEED, series=(gap("passed_at", 61),)).digest
