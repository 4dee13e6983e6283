"""Taking deliveries: wait until whole, regular files only, names are data, nothing is taken half."""

import errno
import gzip
import hashlib
import os
import struct
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from passage_rows import NAME, delivery, good

from etl import deliveries
from etl.deliveries import inbox, receive, receive_all, waiting
from etl.errors import DeliveryStopped, IntakeHeld
from etl.feeds import FEEDS
from etl.land import land
from etl.nightly import nightly
from etl.readers.lines import open_delivery
from etl.status import status
from warehouse.ledger import Ledger

FEED = FEEDS["wim_passage"]
GOOD = delivery(*good(5))


def _age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def _stays(home: Path, path: Path) -> bool:
    taken = receive("wim_passage")
    with Ledger(home) as ledger:
        assert [one["delivery_id"] for one in ledger.deliveries()] == taken
    return taken == [] and os.path.lexists(path)


def test_a_whole_file_leaves_the_inbox_and_lies_in_the_archive(home: Path, put: Any) -> None:
    path = put("wim_passage", NAME, GOOD)
    (taken,) = receive("wim_passage")
    assert taken == hashlib.sha256(GOOD).hexdigest()
    assert (home / "archive" / taken[:2] / taken).read_bytes() == GOOD
    assert not path.exists()
    assert not list((home / "archive" / "incoming").iterdir())


def test_a_file_without_its_last_line_end_waits_then_stops(home: Path, put: Any) -> None:
    path = put("wim_passage", NAME, GOOD[:-1])
    assert _stays(home, path)
    _age(path, deliveries.PATIENCE_SECONDS + 1)
    (taken,) = receive("wim_passage")
    with pytest.raises(DeliveryStopped, match="D-INCOMPLETE"):
        land(taken)


def test_a_file_that_grows_between_two_scans_waits(home: Path, put: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("wim_passage", NAME, GOOD)
    monkeypatch.setattr(time, "sleep", lambda _: path.write_bytes(GOOD + GOOD.split(b"\n")[1] + b"\n"))
    assert _stays(home, path)


def test_a_file_that_changes_while_it_is_copied_waits(home: Path, put: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("wim_passage", NAME, GOOD)
    copy = deliveries._copy

    def copy_then_grow(*told: Any) -> Any:
        with path.open("ab") as stream:
            stream.write(b"more\n")
        return copy(*told)

    monkeypatch.setattr(deliveries, "_copy", copy_then_grow)
    assert _stays(home, path)
    assert not list((home / "archive" / "incoming").iterdir())


def test_a_file_replaced_after_it_was_copied_is_not_removed(
    home: Path, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put("wim_passage", NAME, GOOD)
    second = delivery(*good(7))
    record = deliveries._record

    def record_then_replace(*told: Any) -> None:
        record(*told)
        path.unlink()
        path.write_bytes(second)

    monkeypatch.setattr(deliveries, "_record", record_then_replace)
    receive("wim_passage")
    monkeypatch.undo()
    monkeypatch.setenv("HENG_HOME", str(home))
    monkeypatch.setenv("HENG_STABLE_SECONDS", "0")
    assert path.read_bytes() == second
    assert hashlib.sha256(second).hexdigest() in receive("wim_passage")


def test_an_empty_file_waits_a_minute_then_stops(home: Path, put: Any) -> None:
    path = put("wim_passage", NAME, b"")
    assert _stays(home, path)
    _age(path, 61)
    (taken,) = receive("wim_passage")
    with pytest.raises(DeliveryStopped, match="D-EMPTY"):
        land(taken)


def test_a_packed_file_waits_for_its_end(home: Path, put: Any) -> None:
    packed = gzip.compress(GOOD)
    path = put("wim_passage", NAME + ".gz", packed[:-4])
    assert _stays(home, path)
    path.write_bytes(packed)
    (taken,) = receive("wim_passage")
    assert land(taken).accepted == 5


def test_a_done_marker_vouches_for_a_file(home: Path, put: Any) -> None:
    put("wim_passage", NAME, GOOD[:-1])
    put("wim_passage", NAME + ".done", b"")
    (taken,) = receive("wim_passage")
    assert taken == hashlib.sha256(GOOD[:-1]).hexdigest()
    assert list(inbox("wim_passage").iterdir()) == []


def test_a_digest_beside_the_file_decides(home: Path, put: Any) -> None:
    path = put("wim_passage", NAME, GOOD)
    sidecar = put("wim_passage", NAME + ".sha256", hashlib.sha256(GOOD + b"x").hexdigest().encode())
    put("wim_passage", NAME + ".done", b"")
    assert _stays(home, path)
    sidecar.write_text(f"{hashlib.sha256(GOOD).hexdigest()}  {NAME}\n")
    assert receive("wim_passage") == [hashlib.sha256(GOOD).hexdigest()]
    assert list(inbox("wim_passage").iterdir()) == []


def test_a_digest_that_never_matches_waits_is_told_then_stops(home: Path, put: Any, accepted: Any) -> None:
    path = put("wim_passage", NAME, GOOD)
    sidecar = put("wim_passage", NAME + ".sha256", b"0" * 64)
    assert _stays(home, path)
    assert [(one["file"], one["why"]) for one in status()["held"]] == [
        (NAME, f"its digest is not the one in {NAME}.sha256")
    ]
    _age(path, deliveries.PATIENCE_SECONDS + 1)
    assert _stays(home, path), "the digest came a moment ago"
    _age(sidecar, deliveries.PATIENCE_SECONDS + 1)
    (taken,) = receive("wim_passage")
    assert status()["held"] == []
    for _ in range(2):  # a replay takes no other bytes than the sender told of
        with pytest.raises(DeliveryStopped, match="D-DIGEST") as stop:
            land(taken, again=True)
    assert NAME in stop.value.message
    put("wim_passage", NAME, GOOD)
    put("wim_passage", NAME + ".sha256", taken.encode())
    assert receive("wim_passage") == [taken]
    assert land(taken).accepted == len(accepted("wim_passage")) == 5


def test_a_digest_file_without_a_digest_matches_nothing(home: Path, put: Any) -> None:
    path = put("wim_passage", NAME, GOOD)
    put("wim_passage", NAME + ".sha256", b"\xff\n")
    assert _stays(home, path)


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "it is empty"), (GOOD[:-1], "its end is missing")],
)
def test_status_says_why_a_file_waits(home: Path, put: Any, data: bytes, why: str) -> None:
    put("wim_passage", NAME, data)
    assert [(one["feed"], one["file"], one["why"]) for one in status()["held"]] == [("wim_passage", NAME, why)]


def test_young_files_of_all_feeds_wait_once_and_an_empty_inbox_does_not(
    home: Path, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    assert receive_all(FEEDS) == []
    assert waits == []
    put("wim_passage", NAME, GOOD)
    put("wim_site", "wim_site_20261123.csv", b"x\n")
    _age(put("wim_lane", "wim_lane_20261123.csv", b"y\n"), deliveries.SETTLED_SECONDS + 1)
    assert len(receive_all(FEEDS)) == 3
    assert len(waits) == 1
    _age(put("wim_lane", "wim_lane_20261124.csv", b"z\n"), deliveries.SETTLED_SECONDS + 1)
    put("wim_lane", "wim_lane_20261125.csv", b"a\n")
    put("wim_lane", "wim_lane_20261125.csv.done", b"")
    assert len(receive_all(["wim_lane"])) == 3
    assert len(waits) == 1, "old and vouched files need no second scan"


def test_a_symbolic_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.csv"
    target.write_bytes(GOOD)
    link = inbox("wim_passage") / NAME
    link.symlink_to(target)
    assert _stays(home, link)
    assert waiting(FEED) == ([], [NAME])
    assert target.read_bytes() == GOOD


def test_a_pipe_does_not_hold_the_intake(home: Path) -> None:
    pipe = inbox("wim_passage") / NAME
    os.mkfifo(pipe)
    assert _stays(home, pipe)
    assert waiting(FEED) == ([], [NAME])


def test_a_pipe_swapped_in_after_the_scan_does_not_hold_the_intake(home: Path, put: Any) -> None:
    path = put("wim_passage", NAME, GOOD)
    (seen,), _ = waiting(FEED)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(deliveries.NotWhole):
        deliveries.take(FEED, path, NAME, seen)
    with pytest.raises(deliveries.NotWhole):
        deliveries.take(FEED, path, NAME)


def test_a_folder_and_a_foreign_name_are_told_and_left(home: Path, put: Any) -> None:
    (inbox("wim_passage") / "wim_passage_20261123.csv").mkdir()
    path = put("wim_passage", "过车.xlsx", b"PK")
    assert _stays(home, path)
    assert waiting(FEED)[1] == ["wim_passage_20261123.csv", "过车.xlsx"]


def test_a_hidden_name_is_still_being_written(home: Path, put: Any) -> None:
    path = put("wim_passage", f".{NAME}.part", GOOD)
    assert _stays(home, path)
    assert waiting(FEED) == ([], [])


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param("it's", id="quote"),
        pytest.param('a"b', id="double quote"),
        pytest.param("a\nb", id="line end"),
        pytest.param("..%2f..\\..", id="dots and slashes"),
        pytest.param("$(x);`y`*?[z]", id="shell and glob"),
        pytest.param("' or 1=1 --", id="SQL"),
        pytest.param("\x1b[31m", id="terminal escape"),
        pytest.param("站点", id="Chinese"),
        pytest.param("x" * 200, id="long"),
    ],
)
def test_a_name_is_data(home: Path, put: Any, accepted: Any, tail: str) -> None:
    put("wim_passage", f"wim_passage_20261123_{tail}.csv", GOOD)
    (taken,) = receive("wim_passage")
    result = land(taken)
    assert result.accepted == len(accepted("wim_passage")) == 5
    assert result.name.isprintable()
    assert list(inbox("wim_passage").iterdir()) == []
    outside = [path for path in home.parent.rglob("*") if path.is_file() and home not in path.parents]
    assert outside == []


def test_a_name_in_another_encoding_is_taken_and_shown_escaped(home: Path) -> None:
    folder = os.fsencode(inbox("motorway_passage"))
    sample = (Path(__file__).parents[1] / "feeds" / "motorway_passage" / "sample.csv").read_bytes()
    with open(os.path.join(folder, "过车_20260601.csv".encode("gb18030")), "wb") as stream:
        stream.write(sample)
    (taken,) = receive("motorway_passage")
    with Ledger(home) as ledger:
        found = ledger.delivery(taken)
    assert found is not None
    assert found["name"] == "\\udcb9\\udcfd\\udcb3\\udcb5_20260601.csv"


def test_a_file_dated_after_the_night_waits_for_its_own(home: Path, put: Any) -> None:
    path = put("wim_passage", "wim_passage_20261124.csv", GOOD)
    assert receive("wim_passage", date(2026, 11, 23)) == []
    assert path.exists()
    assert len(receive("wim_passage", date(2026, 11, 24))) == 1


def test_a_full_disk_holds_the_intake_and_the_deliveries_wait(
    home: Path, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put("wim_passage", NAME, GOOD)
    monkeypatch.setattr(deliveries, "LEAST_FREE_BYTES", 1 << 62)
    with pytest.raises(IntakeHeld, match="Free space"):
        receive("wim_passage")
    assert path.exists()


@pytest.mark.parametrize(
    ("first", "then", "data"),
    [
        pytest.param(
            ("wim_passage", NAME), ("wim_passage", f"{NAME}.gz"), gzip.compress(GOOD), id="under its right name"
        ),
        pytest.param(("wim_site", "wim_site_20261123.csv"), ("wim_passage", NAME), GOOD, id="to its right feed"),
    ],
)
def test_a_stopped_delivery_sent_again_rightly_lands(
    home: Path, put: Any, accepted: Any, first: tuple[str, str], then: tuple[str, str], data: bytes
) -> None:
    put(*first, data)
    put(first[0], first[1] + ".done", b"")
    (taken,) = receive(first[0])
    with pytest.raises(DeliveryStopped):
        land(taken)
    put(*then, data)
    assert receive("wim_passage") == [taken]
    assert land(taken).accepted == len(accepted("wim_passage")) == 5
    with Ledger(home) as ledger:
        assert [(one["feed"], one["name"], one["state"]) for one in ledger.deliveries()] == [(*then, "landed")]


# --- one bad file keeps no other from being received, landed or told -----------------------------
_NO_ENTRIES = b"PK\x05\x06" + bytes(18)
_SEVERAL_DISKS = struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 5) + _NO_ENTRIES


def _others_go_on(home: Path, put: Any) -> None:
    """What comes before and after the bad file in a night is received, and the instance can be asked how it is."""
    put("bulletin", "bulletin_20261123.csv", b"first\n")
    put("wim_site", "wim_site_20261123.csv", b"last\n")
    status()
    receive_all(FEEDS)
    with Ledger(home) as ledger:
        names = {one["name"] for one in ledger.deliveries()}
    assert {"bulletin_20261123.csv", "wim_site_20261123.csv"} <= names
    status()


def _held() -> dict[str, str]:
    return {one["file"]: one["why"] for one in status()["held"]}


def test_a_workbook_on_several_disks_is_stopped_alone(home: Path, put: Any) -> None:
    put("hazard", "hazard_20261123.xlsx", _SEVERAL_DISKS)
    _others_go_on(home, put)
    (taken,) = receive("hazard")
    with pytest.raises(DeliveryStopped, match="D-INCOMPLETE"):
        land(taken)


@pytest.mark.parametrize(
    ("data", "why"), [(b"PK\x03\x04" + bytes(60), {"its end is missing"}), (_NO_ENTRIES, set())], ids=["cut", "whole"]
)
def test_a_workbook_waits_for_its_end_and_for_nothing_else(home: Path, put: Any, data: bytes, why: set[str]) -> None:
    put("hazard", "hazard_20261123.xlsx", data)
    assert set(_held().values()) == why
    assert bool(receive("hazard")) is not bool(why)


def _zip(tmp_path: Path) -> bytes:
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as book:
        book.writestr("rows.csv", GOOD)
    return (tmp_path / "one.zip").read_bytes()


def _other_name(packed: bytes) -> bytes:
    """The entry's own header calls it otherwise, in bytes that are no UTF-8 though it says so."""
    return packed[:6] + struct.pack("<H", 0x800) + packed[8:30] + b"\xff" + packed[31:]


def _header_at(offset: int) -> Callable[[bytes], bytes]:
    """The directory says that the entry lies at ``offset``, with the directory's own name for it left as it is."""

    def moved(packed: bytes) -> bytes:
        at = packed.rfind(b"PK\x01\x02") + 42
        return packed[:at] + struct.pack("<I", offset if offset >= 0 else len(packed) + offset) + packed[at + 4 :]

    return moved


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(_other_name, id="name that is not UTF-8"),
        pytest.param(_header_at(-10), id="entry at the end"),
        pytest.param(_header_at(1 << 31), id="entry beyond the end"),
        pytest.param(_header_at(5), id="entry elsewhere"),
    ],
)
def test_a_damaged_archive_is_stopped_and_no_other_error(tmp_path: Path, damaged: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "rows.csv.zip"
    path.write_bytes(damaged(_zip(tmp_path)))
    with pytest.raises(DeliveryStopped, match="D-INCOMPLETE"):
        open_delivery(path, path.name)


def test_a_damaged_archive_in_the_inbox_keeps_no_other_from_its_night(
    home: Path, put: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FEEDS, "meeting", replace(FEEDS["meeting"], files=r"meeting_(?P<date>\d{8})\.csv\.zip"))
    put("meeting", "meeting_20261123.csv.zip", _other_name(_zip(tmp_path)))
    _others_go_on(home, put)
    assert _held() == {"meeting_20261123.csv.zip": "its end is missing"}


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, int], None]:
    """Makes a file one that cannot be opened, whoever runs the test."""
    opened, opened_at = os.open, Path.open

    def refuse(path: Path, number: int) -> None:
        def at(self: Path, *how: Any, **more: Any) -> Any:
            if self == path:
                raise OSError(number, os.strerror(number), str(path))
            return opened_at(self, *how, **more)

        def plain(one: Any, *how: Any, **more: Any) -> Any:
            if one == path:
                raise OSError(number, os.strerror(number), str(path))
            return opened(one, *how, **more)

        monkeypatch.setattr(os, "open", plain)
        monkeypatch.setattr(Path, "open", at)

    return refuse


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
@pytest.mark.parametrize(
    ("feed", "name"),
    [("meeting", "meeting_20261123.csv"), ("hazard", "hazard_20261123.xlsx"), ("vehicle", "vehicle_20261123.csv.gz")],
)
def test_a_file_that_cannot_be_read_is_told_and_waits_alone(
    home: Path, put: Any, unreadable: Callable[[Path, int], None], feed: str, name: str, number: int
) -> None:
    path = put(feed, name, GOOD)
    unreadable(path, number)
    _others_go_on(home, put)
    assert _held() == {name: f"it cannot be read ({os.strerror(number)})"}
    with pytest.raises(deliveries.NotWhole, match="cannot be read"):
        deliveries.take(FEEDS[feed], path, name)
    _age(path, deliveries.PATIENCE_SECONDS + 1)  # without a look at its content
    assert receive(feed) == []
    assert path.exists()


@pytest.mark.parametrize("marker", deliveries.MARKERS)
@pytest.mark.parametrize("lay", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_a_folder_or_a_pipe_is_no_marker(home: Path, put: Any, lay: Callable[[Path], None], marker: str) -> None:
    lay(inbox("meeting") / f"meeting_20261123.csv{marker}")
    put("meeting", "meeting_20261123.csv", GOOD[:-1])
    _others_go_on(home, put)
    assert _held() == {"meeting_20261123.csv": "its end is missing"}
    put("meeting", "meeting_20261123.csv", GOOD)
    _others_go_on(home, put)
    assert len(receive("meeting")) == 1


def test_of_a_digest_file_only_the_start_is_read(home: Path, put: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put("meeting", "meeting_20261123.csv", GOOD)
    beside = put("meeting", "meeting_20261123.csv.sha256", hashlib.sha256(GOOD).hexdigest().encode() + b" ")
    os.truncate(beside, 1 << 40)  # sparse: no machine here reads so much
    _others_go_on(home, put)
    assert receive("meeting") == [hashlib.sha256(GOOD).hexdigest()]


def test_a_name_too_long_for_a_marker_beside_it_is_taken(home: Path, put: Any) -> None:
    name = "meeting_20261123_" + "x" * (255 - len("meeting_20261123_.csv")) + ".csv"
    put("meeting", name, GOOD)
    _others_go_on(home, put)
    with Ledger(home) as ledger:
        assert [one["name"] for one in ledger.deliveries("meeting")] == [name]
    assert list(inbox("meeting").iterdir()) == []


def test_a_link_swapped_in_after_the_scan_is_not_followed(
    home: Path, put: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = put("meeting", "meeting_20261123.csv", GOOD)
    copy = deliveries._copy

    def swap_then_copy(feed: Any, source: Path, target: Path) -> Any:
        if source == path:
            path.rename(tmp_path / "elsewhere.csv")
            path.symlink_to(tmp_path / "elsewhere.csv")
        return copy(feed, source, target)

    monkeypatch.setattr(deliveries, "_copy", swap_then_copy)
    _others_go_on(home, put)
    assert path.is_symlink()


def test_a_file_from_a_year_no_date_can_have_is_told_and_waits_alone(
    home: Path, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put("meeting", "meeting_20261123.csv", GOOD)
    scan = deliveries.waiting

    def far_off(feed: Any, business_date: date | None = None) -> Any:  # not every file system can keep such a time
        takes, others = scan(feed, business_date)
        return [replace(one, modified=1e14) if one.path == path else one for one in takes], others

    monkeypatch.setattr(deliveries, "waiting", far_off)
    monkeypatch.setattr("etl.status.waiting", far_off)
    _others_go_on(home, put)
    assert _held() == {path.name: "its time of change is no date; set it anew (touch)"}
    assert path.exists()


def test_a_file_that_cannot_leave_the_inbox_keeps_no_other_there(
    home: Path, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put("meeting", "meeting_20261123.csv", GOOD)
    unlink = Path.unlink

    def refuse(self: Path, missing_ok: bool = False) -> None:
        if self == path:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    _others_go_on(home, put)
    assert receive("meeting") == [hashlib.sha256(GOOD).hexdigest()]


def test_a_fault_of_the_archive_is_no_fault_of_a_file(home: Path, put: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put("meeting", "meeting_20261123.csv", GOOD)

    def refuse(*_: Any) -> None:
        raise PermissionError(errno.EACCES, "the archive")

    monkeypatch.setattr(deliveries, "settle", refuse)
    with pytest.raises(PermissionError, match="the archive"):
        receive("meeting")


def test_a_night_with_a_bad_file_is_a_night(home: Path, put: Any) -> None:
    put("hazard", "hazard_20261123.xlsx", _SEVERAL_DISKS)
    put("wim_passage", NAME, GOOD)
    done = nightly(date(2026, 11, 23))
    assert [stop.reason for stop in done.stopped] == ["D-INCOMPLETE"]
    assert [result.accepted for result in done.landed] == [5]
    assert done.version == 1
