"""Taking deliveries: wait until whole, regular files only, names are data, nothing is taken half."""

import gzip
import hashlib
import os
import time
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

    def copy_then_grow(source: Path, target: Path) -> Any:
        with path.open("ab") as stream:
            stream.write(b"more\n")
        return copy(source, target)

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
