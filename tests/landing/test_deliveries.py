"""What happens to a delivery as a whole: stopped with a next step, or accepted as it is."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from passage_rows import HEADINGS, NAME, delivery, good, line, row

from etl.deliveries import take
from etl.errors import DeliveryStopped
from etl.feeds import FEEDS
from etl.land import LandingResult, land
from etl.readers import lines
from warehouse.ledger import Ledger

FEED = FEEDS["wim_passage"]
GOOD = delivery(*good(60))
TEXT = ",".join(HEADINGS)


def _with_columns(change: Callable[[list[str]], list[str]]) -> bytes:
    """The good delivery with its columns changed, in the heading and in every row."""
    split = [one.split(",") for one in GOOD.decode().splitlines()]
    return "".join(",".join(change(fields)) + "\n" for fields in split).encode()


def _weights(factor: float, form: str = "{:.0f}") -> bytes:
    return delivery(
        *(row(number, gross_vehicle_weight_kg=form.format(12_000 * factor + number)) for number in range(60))
    )


def _random_bytes(count: int) -> bytes:
    import random

    return random.Random(1).randbytes(count)


def _with(count: int, **changes: str) -> list[dict[str, str]]:
    return [row(number, **changes) for number in range(count)]


def _with_class(text: str) -> bytes:
    return line(row(99, vehicle_class_code=text)).encode() + b"\n"


STOPPED: list[tuple[str, str, bytes, str]] = [
    ("no final line end", NAME, GOOD[:-1], "D-INCOMPLETE"),
    ("last line cut", NAME, GOOD[:-30], "D-INCOMPLETE"),
    ("packed stream cut", NAME + ".gz", gzip.compress(GOOD)[:-20], "D-INCOMPLETE"),
    ("no bytes", NAME, b"", "D-EMPTY"),
    ("packed nothing", NAME + ".gz", gzip.compress(b""), "D-EMPTY"),
    ("unknown column", NAME, _with_columns(lambda fields: [*fields, "胎压"]), "D-COLUMNS"),
    ("missing column", NAME, _with_columns(lambda fields: fields[:-1]), "D-COLUMNS"),
    ("doubled column", NAME, _with_columns(lambda fields: [*fields, fields[0]]), "D-COLUMNS"),
    ("no heading", NAME, delivery(*good(60), heading=False), "D-COLUMNS"),
    ("semicolons", NAME, GOOD.replace(b",", b";"), "D-FORMAT"),
    ("tabs", NAME, GOOD.replace(b",", b"\t"), "D-FORMAT"),
    ("packed without saying so", NAME, gzip.compress(GOOD), "D-FORMAT"),
    ("not packed, though it says so", NAME + ".gz", GOOD, "D-FORMAT"),
    ("a workbook", NAME, b"PK\x03\x04" + _random_bytes(400) + b"\n", "D-FORMAT"),
    ("a Parquet file", NAME, b"PAR1" + _random_bytes(400) + b"PAR1", "D-FORMAT"),
    ("a PDF", NAME, b"%PDF-1.7\n" + _random_bytes(400) + b"\n", "D-FORMAT"),
    ("UTF-16", NAME, GOOD.decode().encode("utf-16"), "D-ENCODING"),
    ("GB18030 where UTF-8 is declared", NAME, GOOD.decode().encode("gb18030"), "D-ENCODING"),
    ("a line of 2 MiB", NAME, GOOD + b"x" * (2 << 20) + b"\n", "D-OVERSIZE"),
    ("a field of 65 KiB", NAME, GOOD + _with_class("x" * (65 << 10)), "D-OVERSIZE"),
    ("a quoted field of 300 KiB", NAME, GOOD + _with_class('"' + "x" * (300 << 10) + '"'), "D-OVERSIZE"),
    ("501 columns", NAME, (",".join(map(str, range(501))) + "\n").encode(), "D-OVERSIZE"),
    ("unpacks to a thousand times its size", NAME + ".gz", gzip.compress(GOOD + b"\n" * (32 << 20)), "D-ARCHIVE"),
    ("an archive in an archive", NAME + ".gz", gzip.compress(gzip.compress(GOOD)), "D-ARCHIVE"),
    ("tonnes", NAME, _weights(0.001), "D-UNIT"),
    ("tonnes with a fraction", NAME, _weights(0.001, "{:.2f}"), "D-UNIT"),
    ("grams", NAME, _weights(10), "D-UNIT"),
    ("more bad rows than declared", NAME, delivery(*good(60), *_with(20, speed_kmh="fast")), "D-QUARANTINE"),
    ("firms under the plate's heading", NAME, delivery(*_with(60, plate_no="示例公司")), "D-SHAPE"),
]


@pytest.mark.parametrize(("name", "data", "reason"), [pytest.param(*case[1:], id=case[0]) for case in STOPPED])
def test_a_delivery_that_cannot_be_trusted_stops_and_nothing_of_it_lands(
    home: Path, tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    source = tmp_path / name
    source.write_bytes(data)
    delivery_id = take(FEED, source, name)
    with pytest.raises(DeliveryStopped) as stop:
        land(delivery_id)
    assert stop.value.reason == reason
    assert stop.value.message.startswith("wim_passage: ")
    assert name in stop.value.message
    assert re.search(r"\b([Aa]sk|Wait|Map|Rename|Export|Declare|Change|Run)\b", stop.value.message), stop.value.message
    with Ledger(home) as ledger:
        recorded = ledger.delivery(delivery_id) or {}
        assert ledger.segments() == []
    assert (recorded["state"], recorded["reason"]) == ("stopped", reason)
    assert recorded["message"] == stop.value.message
    assert not list((home / "raw").rglob("*"))
    assert not list((home / "work").iterdir())
    assert (home / "archive" / delivery_id[:2] / delivery_id).read_bytes() == data


def test_a_stopped_delivery_stays_stopped_until_it_is_replayed(home: Path, tmp_path: Path) -> None:
    source = tmp_path / NAME
    source.write_bytes(GOOD[:-1])
    delivery_id = take(FEED, source, NAME)
    for _ in range(2):
        with pytest.raises(DeliveryStopped, match="D-INCOMPLETE"):
            land(delivery_id)


def test_a_message_about_a_missing_heading_tells_no_values(home: Path, tmp_path: Path) -> None:
    source = tmp_path / NAME
    source.write_bytes(delivery(*good(30), heading=False))
    with pytest.raises(DeliveryStopped) as stop:
        land(take(FEED, source, NAME))
    assert "湘" not in stop.value.message


def test_too_many_rows_stop(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_ROWS", 50)
    source = tmp_path / NAME
    source.write_bytes(GOOD)
    with pytest.raises(DeliveryStopped, match="D-OVERSIZE"):
        land(take(FEED, source, NAME))


ACCEPTED: list[tuple[str, str, bytes]] = [
    ("as declared", NAME, GOOD),
    ("byte order mark", NAME, b"\xef\xbb\xbf" + GOOD),
    ("carriage returns", NAME, GOOD.replace(b"\n", b"\r\n")),
    ("packed", NAME + ".gz", gzip.compress(GOOD)),
    ("packed in two members", NAME + ".gz", gzip.compress(GOOD[:5000]) + gzip.compress(GOOD[5000:])),
    ("columns in another order", NAME, _with_columns(lambda fields: fields[::-1])),
    ("headings in quotes", NAME, GOOD.replace(TEXT.encode(), ('"' + TEXT.replace(",", '","') + '"').encode())),
    ("full-width letters in the heading", NAME, GOOD.replace(b"check_no", "ｃｈｅｃｋ＿ｎｏ".encode())),
    ("every field in quotes", NAME, _with_columns(lambda fields: [f'"{field}"' for field in fields])),
]


@pytest.mark.parametrize(("name", "data"), [pytest.param(*case[1:], id=case[0]) for case in ACCEPTED])
def test_what_changes_no_content_changes_no_row(
    home: Path, tmp_path: Path, accepted: Any, name: str, data: bytes
) -> None:
    source = tmp_path / name
    source.write_bytes(data)
    result = land(take(FEED, source, name))
    assert (result.delivered, result.accepted, result.quarantined, result.flagged) == (60, 60, 0, 0)
    rows = accepted("wim_passage", "source_line, row_digest")
    assert [kept["source_line"] for kept in rows] == list(range(2, 62))
    assert [kept["row_digest"] for kept in rows] == _digests_as_declared(home, tmp_path)


def _digests_as_declared(home: Path, tmp_path: Path) -> list[str]:
    from etl.parse import parse

    source = tmp_path / ("plain_" + NAME)
    source.write_bytes(GOOD)
    parsed = parse(FEED, source, source.name, "0" * 64, "2026-11-23|", "2026-11-24 02:00:00", home / "work" / "plain")
    digests = parsed.connection.execute("select row_digest from landed order by source_line").fetchall()
    parsed.close()
    return [digest for (digest,) in digests]


def _landed(tmp_path: Path, name: str, data: bytes) -> LandingResult:
    source = tmp_path / name
    source.write_bytes(data)
    return land(take(FEED, source, name))


def test_a_heading_alone_lands_with_a_warning(home: Path, tmp_path: Path) -> None:
    result = _landed(tmp_path, NAME, delivery())
    assert (result.state, result.reason, result.delivered) == ("landed", "D-NOROWS", 0)


def test_the_same_bytes_again_are_a_recorded_no_op(home: Path, tmp_path: Path, accepted: Any) -> None:
    first = _landed(tmp_path, NAME, GOOD)
    again = _landed(tmp_path, NAME, GOOD)
    assert again == first
    with Ledger(home) as ledger:
        assert [receipt["outcome"] for receipt in ledger.receipts()] == ["new", "D-REPEAT"]
    assert len(accepted("wim_passage")) == 60


def test_the_same_name_with_other_bytes_is_a_new_version(home: Path, tmp_path: Path, accepted: Any) -> None:
    _landed(tmp_path, NAME, GOOD)
    changed = [one | {"speed_kmh": "60.0", "uploaded_at": "2026-11-24 00:10:00"} for one in good(60)]
    _landed(tmp_path, NAME, delivery(*changed))
    with Ledger(home) as ledger:
        assert [receipt["outcome"] for receipt in ledger.receipts()] == ["new", "D-REISSUE"]
    rows = accepted("wim_passage", "record_id, version_rank, speed_kmh, delivery_id, source_line")
    newest = {kept["record_id"]: kept["speed_kmh"] for kept in sorted(rows, key=lambda kept: kept["version_rank"])}
    assert len(rows) == 120
    assert list(newest.values()) == [60.0] * 60


def test_a_late_row_lands_on_its_own_day_and_is_told(home: Path, tmp_path: Path) -> None:
    from datetime import date

    with Ledger(home) as ledger:
        ledger.close_night(date(2026, 11, 22))
    late = row(5, passed_at="2026-11-18 09:31:27")
    result = _landed(tmp_path, NAME, delivery(late, *good(3)))
    assert result.reason == "D-LATE"
    assert result.days == (date(2026, 11, 18), date(2026, 11, 23))


def test_landing_twice_does_nothing_the_second_time(home: Path, tmp_path: Path) -> None:
    first = _landed(tmp_path, NAME, GOOD)
    with Ledger(home) as ledger:
        before = [dict(one) for one in ledger.deliveries()], ledger.segments()
    assert land(first.delivery_id) == first
    with Ledger(home) as ledger:
        assert ([dict(one) for one in ledger.deliveries()], ledger.segments()) == before


def test_landing_anew_gives_the_same_rows(home: Path, tmp_path: Path) -> None:
    first = _landed(tmp_path, NAME, delivery(*good(30), row(1, direction="north")))
    with Ledger(home) as ledger:
        before = ledger.segments()
    assert land(first.delivery_id, again=True) == first
    with Ledger(home) as ledger:
        assert ledger.segments() == before
