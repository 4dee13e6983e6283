"""Captures of terminal traffic land like any delivery: every byte and every record has one fate, and can be found."""

import gzip
import json
import os
import time
from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from etl.deliveries import inbox, receive
from etl.errors import DeliveryStopped
from etl.feeds import FEEDS
from etl.jt808 import encode
from etl.land import land
from etl.parse import Parsed, parse
from etl.readers import captures
from etl.status import as_text, quarantined
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


@pytest.mark.parametrize("size", [7, 100, 1000])
def test_the_pieces_in_which_a_capture_is_read_change_no_row(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "select * exclude (version_rank, source_line) from landed order by all"
    lines = "select source_line from landed union all select source_line from refused order by 1"
    whole = read(SAMPLE, tmp_path / "whole")
    rows, refused = (whole.connection.execute(q).fetchall() for q in (query, "select raw from refused order by 1"))
    whole.close()
    monkeypatch.setattr(captures, "PIECE_BYTES", size)
    parts = read(SAMPLE, tmp_path / "parts")
    assert parts.connection.execute(query).fetchall() == rows
    assert parts.connection.execute("select raw from refused order by 1").fetchall() == refused
    assert parts.capture == whole.capture
    numbers = [line for (line,) in parts.connection.execute(lines).fetchall()]
    assert numbers == list(range(1, parts.delivered + 1)), "each record has a number of its own"
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
    data = SAMPLE.read_bytes() + b"\x7e"
    put("terminal_capture", NAME, data)
    put("terminal_capture", f"{NAME}.sha256", sha256(data).hexdigest().encode())
    (delivery_id,) = receive("terminal_capture")
    result = land(delivery_id)
    assert result.delivered == result.accepted + result.quarantined
    assert sum(size for _, size in result.capture.values()) == len(data)
    assert len(accepted("terminal_capture")) == result.accepted
    rows, total = quarantined("terminal_capture", delivery_id, None, 100)
    assert total == result.quarantined
    assert all(bytes.fromhex(row["raw"].split(" ")[0]) in data for row in rows)
    with Ledger(home) as ledger:
        assert ledger.capture(delivery_id) == result.capture
    assert land(delivery_id, again=True).capture == result.capture


def test_a_capture_waits_until_nobody_writes_it_any_more(home: Path, put: Callable[[str, str, bytes], Path]) -> None:
    """Every frame ends as the file would: a pause of the gateway is no end, a marker is, and an hour of quiet."""
    still, done, quiet, cut = (f"terminal_capture_20261123-{hour:02d}.jt808" for hour in range(8, 12))
    for name in (still, done, quiet):
        put("terminal_capture", name, fixes(3, f"0139000000{name[26:28]}"))
    put("terminal_capture", f"{done}.done", b"")
    put("terminal_capture", cut, fixes(3, second=10)[:-1])
    for name, seconds in ((still, 900), (quiet, 3_700), (cut, 3_700)):
        then = time.time() - seconds
        os.utime(inbox("terminal_capture") / name, (then, then))
    assert len(receive("terminal_capture")) == 2
    assert sorted(path.name for path in inbox("terminal_capture").iterdir()) == [still, cut]


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


def test_positions_without_a_usable_time_are_rows_of_their_own(tmp_path: Path) -> None:
    """A terminal whose clock was never set: each position was received, none can be told from another by its time."""
    path = tmp_path / NAME
    path.write_bytes(
        b"".join(
            encode.frame(0x0200, "013900000001", number, encode.location(0, 0, time))
            for number in range(40)
            for time in ("000101000000", "000000000000", "261123080000")
        )
    )
    parsed = read(path, tmp_path / "work")
    assert (parsed.accepted, parsed.repeated) == (120, 39)
    parsed.close()


def test_whether_a_time_can_be_follows_from_the_file_and_not_from_the_hour_of_receipt(tmp_path: Path) -> None:
    path = tmp_path / NAME
    later = [
        encode.frame(0x0200, "013900000001", 1, encode.location(26.4, 111.6, time))
        for time in ("261123200000", "261124080000")
    ]
    path.write_bytes(fixes(2) + b"".join(later))
    told = []
    for number, received in enumerate(("2026-11-23 09:05:00", "2026-11-24 02:00:00")):
        parsed = parse(
            FEED, path, NAME, "0" * 64, "2026-11-23|2026-11-23T09:00:00.000000", received, tmp_path / str(number)
        )
        told.append(parsed.connection.execute("select recorded_at, flags from landed order by source_line").fetchall())
        parsed.close()
    assert told[0] == told[1]
    assert [flags for _, flags in told[0]] == ["", "", "", "R-TIME"]


def test_one_badly_set_up_terminal_stops_no_capture(tmp_path: Path) -> None:
    path = tmp_path / NAME
    register = encode.registration("70111", "SL-900", "ZD00001", "TEST")
    path.write_bytes(b"".join(encode.frame(0x0100, "013900000001", at, register) for at in range(60)) + fixes(100))
    parsed = read(path, tmp_path / "work")
    assert (parsed.accepted, parsed.flagged["R-PLATE"]) == (160, 60)
    parsed.close()


def test_what_no_reader_can_see_is_replaced_in_a_text_that_a_terminal_sent(tmp_path: Path) -> None:
    path = tmp_path / NAME
    register = encode.registration("70111", "SL\x1b[1m", "ZD1", "湘M\u200b\n1001")
    path.write_bytes(encode.frame(0x0100, "013900000001", 1, register) + fixes(1))
    parsed = read(path, tmp_path / "work")
    sent = "select plate_no, terminal_model from landed where plate_no is not null"
    assert parsed.connection.execute(sent).fetchall() == [("湘M\ufffd\ufffd1001", "SL\ufffd[1m")]
    parsed.close()


@pytest.mark.parametrize("start", [b"\xff\xfe", b"\x1f\x8b", b"PAR1", b"PK\x03\x04"])
def test_noise_before_the_first_frame_costs_that_stretch_alone(start: bytes, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(start + fixes(5))
    parsed = read(path, tmp_path / "work")
    assert (parsed.accepted, dict(parsed.quarantined)) == (5, {"R-FRAME": 1})
    parsed.close()


def test_a_long_stretch_without_a_frame_keeps_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(fixes(1) + bytes(1 << 20) + fixes(1, second=5))
    parsed = read(path, tmp_path / "work")
    ((raw, detail),) = parsed.connection.execute("select raw, detail from refused").fetchall()
    assert len(raw) == captures.RAW_BYTES
    assert "of its 1,048,5" in detail
    assert sum(size for _, size in parsed.capture.values()) == path.stat().st_size
    parsed.close()


def test_records_of_a_frame_stand_in_the_order_in_which_it_holds_them(tmp_path: Path) -> None:
    alarm = encode.dsm_item(encode.SafetyAlarm(7, 26.4, 111.6, "261123080001", terminal_no="ZD1", type=2))
    bodies = [encode.location(26.4, 111.6, f"26112308000{at}", items=alarm) for at in range(3)]
    path = tmp_path / NAME
    path.write_bytes(encode.frame(0x0704, "013900000001", 1, encode.batch(bodies)) + fixes(1))
    parsed = read(path, tmp_path / "work")
    kinds = parsed.connection.execute("select terminal_record_kind from landed order by source_line").fetchall()
    assert [kind for (kind,) in kinds] == ["location", "safety_alarm"] * 3 + ["location"]
    parsed.close()


def test_codes_and_names_of_refused_frames_are_not_shown() -> None:
    secret = encode.frame(0x0102, "013900000001", 1, encode.authentication("SECRETCODE"))
    card = encode.frame(0x0702, "013900000001", 1, encode.driver_card(1, "261123080000", 0, driver_name="示例甲"))
    for raw, hidden in ((secret, b"SECRETCODE"), (card, "示例甲".encode("gbk"))):
        told = as_text("terminal_capture", raw)
        assert hidden.hex() not in told
        assert told.startswith(raw[:12].hex())
        assert "which may hold codes or names" in told
    assert as_text("terminal_capture", fixes(1)) == fixes(1).hex()


def test_the_real_frames_land_with_every_byte_told(real: Callable[[str], Path], tmp_path: Path) -> None:
    source = real("jt808/frames.jsonl")
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
