"""Captures of terminal traffic land like any delivery: every byte and every record has one fate, and can be found."""

import gzip
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from etl.deliveries import receive
from etl.errors import DeliveryStopped
from etl.feeds import FEEDS
from etl.jt808 import encode
from etl.land import land
from etl.parse import Parsed, parse
from etl.readers import captures
from etl.status import quarantined
from warehouse.ledger import Ledger

FEED = FEEDS["terminal_capture"]
SAMPLE = Path(__file__).parents[1] / "feeds" / "terminal_capture" / "sample.jt808"
NAME = "terminal_capture_20261123-08.jt808"
LANDED = "select * exclude (version_rank) from landed order by source_line"


def read(path: Path, work: Path, name: str = NAME) -> Parsed:
    return parse(FEED, path, name, "0" * 64, "2026-11-23|2026-11-24T00:40:00.000000", "2026-11-24 02:00:00", work)


def fixes(count: int, phone: str = "013900000001", second: int = 0) -> bytes:
    return b"".join(
        encode.frame(0x0200, phone, number, encode.location(26.4, 111.6, f"26112308{at // 60:02d}{at % 60:02d}"))
        for number, at in enumerate(range(second, second + count))
    )


def test_every_byte_is_in_an_accepted_or_a_refused_frame(tmp_path: Path) -> None:
    data = SAMPLE.read_bytes()
    parsed = read(SAMPLE, tmp_path)
    refused = dict(parsed.connection.execute("select byte_offset, raw from refused").fetchall())
    starts = sorted({row[0] for row in parsed.connection.execute("select byte_offset from landed").fetchall()})
    parsed.close()
    begins = sorted({*starts, *refused, len(data)})
    assert begins[0] == 0
    stretches = [(begin, data[begin:end]) for begin, end in pairwise(begins)]
    for begin, stretch in stretches:
        assert stretch == refused.get(begin, stretch), begin
        assert begin in refused or (stretch[0], stretch[-1]) == (0x7E, 0x7E)
    counts = list(parsed.capture.values())
    assert sum(size for _, size in counts) == len(data)
    assert sum(frames for frames, _ in counts) == len(stretches)
    assert parsed.capture["quarantined"] == (len(refused), sum(map(len, refused.values())))


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_the_pieces_in_which_a_capture_is_read_change_no_row(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "select * exclude (version_rank, source_line) from landed order by all"
    whole = read(SAMPLE, tmp_path / "whole")
    rows, refused = (whole.connection.execute(q).fetchall() for q in (query, "select raw from refused order by 1"))
    whole.close()
    monkeypatch.setattr(captures, "PIECE_BYTES", size)
    parts = read(SAMPLE, tmp_path / "parts")
    assert parts.connection.execute(query).fetchall() == rows
    assert parts.connection.execute("select raw from refused order by 1").fetchall() == refused
    assert parts.capture == whole.capture
    parts.close()


def test_a_packed_capture_has_the_same_rows(tmp_path: Path) -> None:
    packed = tmp_path / f"{NAME}.gz"
    packed.write_bytes(gzip.compress(SAMPLE.read_bytes()))
    one, other = read(SAMPLE, tmp_path / "a"), read(packed, tmp_path / "b", packed.name)
    assert one.connection.execute(LANDED).fetchall() == other.connection.execute(LANDED).fetchall()
    raw = "select source_line, raw, reason, detail from refused order by source_line"
    assert one.connection.execute(raw).fetchall() == other.connection.execute(raw).fetchall()
    one.close()
    other.close()


def test_a_capture_goes_through_the_ledger(
    home: Path, put: Callable[[str, str, bytes], Path], accepted: Callable[..., list[dict[str, Any]]]
) -> None:
    put("terminal_capture", NAME, SAMPLE.read_bytes() + b"\x7e")
    (delivery_id,) = receive("terminal_capture")
    result = land(delivery_id)
    assert result.delivered == result.accepted + result.quarantined
    assert sum(size for _, size in result.capture.values()) == len(SAMPLE.read_bytes()) + 1
    assert len(accepted("terminal_capture")) == result.accepted
    rows, total = quarantined("terminal_capture", delivery_id, None, 100)
    assert total == result.quarantined
    assert all(bytes.fromhex(row["raw"]) in SAMPLE.read_bytes() + b"\x7e" for row in rows)
    with Ledger(home) as ledger:
        assert ledger.capture(delivery_id) == result.capture
    assert land(delivery_id, again=True).capture == result.capture


def test_a_capture_without_its_last_flag_waits(home: Path, put: Callable[[str, str, bytes], Path]) -> None:
    whole, cut = fixes(3), fixes(3, second=10)[:-1]
    put("terminal_capture", "terminal_capture_20261123-08.jt808", whole)
    waiting = put("terminal_capture", "terminal_capture_20261123-09.jt808", cut)
    assert len(receive("terminal_capture")) == 1
    assert waiting.exists()


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "D-EMPTY"), (b"time,plate\n2026,x\n", "D-FORMAT"), (b"~" * 50, "D-FORMAT"), (b"PK\x03\x04~", "D-FORMAT")],
    ids=["empty", "text", "flags", "archive"],
)  # fmt: skip
def test_a_file_that_is_no_capture_is_stopped(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(data)
    with pytest.raises(DeliveryStopped) as told:
        read(path, tmp_path / "work")
    assert told.value.reason == reason


def test_a_row_without_a_usable_time_belongs_to_the_day_of_the_capture(tmp_path: Path) -> None:
    times = {
        "261123080000": "2026-11-23", "261101235959": "2026-11-01", "261124000400": "2026-11-24",
        "261022000000": "2026-11-23", "261124000600": "2026-11-23", "271123080000": "2026-11-23",
        "700101000000": "2026-11-23", "260023080000": "2026-11-23",
    }  # fmt: skip
    path = tmp_path / NAME
    path.write_bytes(
        b"".join(
            encode.frame(0x0200, "013900000001", number, encode.location(26.4, 111.6, time))
            for number, time in enumerate(times)
        )
    )
    parsed = read(path, tmp_path / "work")
    found = parsed.connection.execute("select wire_time, cast(event_date as varchar), recorded_at, flags from landed")
    rows = {time: (day, at, flags) for time, day, at, flags in found.fetchall()}
    parsed.close()
    assert {time: day for time, (day, _, _) in rows.items()} == times
    for at, flags in [(at, flags) for _, at, flags in rows.values()]:
        assert (at is None) == (flags == "R-TIME")
    assert parsed.repeated == 0


def test_the_real_frames_land_with_every_byte_told(realdata: Path, tmp_path: Path) -> None:
    source = realdata / "jt808" / "frames.jsonl"
    if not source.is_file():
        pytest.skip("jt808/frames.jsonl is not beside the checkout (../shared/realdata)")
    records = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    frames = [record for record in records if record["kind"] == "frame"]
    data = b"".join(bytes.fromhex(record["hex"]) for record in frames)
    path = tmp_path / NAME
    path.write_bytes(data)
    parsed = read(path, tmp_path / "work")
    sound = sum(record["framing"]["ok"] for record in frames)
    assert sum(size for _, size in parsed.capture.values()) == len(data)
    read_frames = parsed.capture["decoded"][0] + parsed.capture["other"][0]
    assert sound - 10 < read_frames <= sound, "a message whose other packages are not in the file is refused"
    (kinds,) = parsed.connection.execute("select count(distinct terminal_record_kind) from landed").fetchall()[0]
    assert kinds >= 7
    parsed.close()
