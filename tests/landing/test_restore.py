"""The archive gives back a lost ledger and lost rows, says what is damaged, and nothing runs on a lost ledger."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from passage_rows import NAME, delivery, good, row

from etl.deliveries import inbox, receive
from etl.errors import DeliveryStopped
from etl.housekeeping import compact
from etl.land import ArchiveDamaged, is_intact, land, stop
from etl.restore import restore
from warehouse.errors import LedgerBehind
from warehouse.failpoint import STEPS
from warehouse.home import REPOSITORY
from warehouse.journal import journal_path
from warehouse.ledger import Ledger

FIRST = delivery(*good(40), row(2, direction="north"), row(3, plate_no=""))
SECOND = delivery(*good(30), row(1000, passed_at="2026-11-20 10:00:00"))
NIGHT = date(2026, 11, 23)


def _arrive(name: str, data: bytes, seconds: int = 0) -> None:
    path = inbox("wim_passage") / name
    path.write_bytes(data)
    os.utime(path, (1_795_000_000 + seconds, 1_795_000_000 + seconds))
    for delivery_id in receive("wim_passage"):
        try:
            land(delivery_id)
        except DeliveryStopped:
            continue


@pytest.fixture
def lived(home: Path) -> Path:
    """An instance with a night, a repeat, a reissue with a late row, and a stopped delivery."""
    _arrive(NAME, FIRST)
    with Ledger(home) as ledger:
        ledger.close_night(NIGHT)
    _arrive("wim_passage_20261123_copy.csv", FIRST, 5)
    _arrive(NAME, SECOND, 10)
    _arrive("wim_passage_20261124.csv", b"no,heading\n1,2\n", 15)
    with Ledger(home) as ledger:
        ledger.close_night(date(2026, 11, 24))
    return home


def _told(home: Path, rows: Callable[..., list[dict[str, Any]]]) -> dict[str, Any]:
    """All that an instance knows, but for the time of the last landing."""
    with Ledger(home) as ledger:
        return {
            "deliveries": [{k: v for k, v in one.items() if k != "landed_at"} for one in ledger.deliveries()],
            "receipts": ledger.receipts(),
            "nights": ledger.nights(),
            "reasons": ledger.reasons(),
            "segments": ledger.segments(),
            "rows": rows("wim_passage"),
        }


def _lose(home: Path, *names: str) -> None:
    for name in names:
        for path in home.glob(name):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


EVERYTHING = ("ledger.sqlite*", "raw", "quarantine", "work", "parts", "snapshots")


@pytest.mark.parametrize(
    "lost",
    [
        EVERYTHING,
        ("ledger.sqlite*",),
        ("raw",),
        ("quarantine",),
        ("ledger.sqlite*", "archive/journal.ndjson"),
        ("archive/*/*.json", "archive/journal.ndjson"),
    ],
    ids=["everything", "ledger", "raw", "quarantine", "ledger and journal", "sidecars and journal"],
)
def test_what_is_lost_is_given_back(lived: Path, accepted: Any, lost: tuple[str, ...]) -> None:
    before = _told(lived, accepted)
    _lose(lived, *lost)
    done = restore()
    assert done.damaged == []
    after = _told(lived, accepted)
    if "archive/journal.ndjson" in lost and "ledger.sqlite*" in lost:  # repeats and nights stood in these two alone
        assert [one["outcome"] for one in after["receipts"]] == ["new"] * 3
        assert after["nights"] == []
        late = {"reason": None}
        before["deliveries"] = [one | late if one["reason"] == "D-LATE" else one for one in before["deliveries"]]
        for told in (before, after):
            del told["receipts"], told["nights"]
    assert after == before


def test_on_a_whole_instance_nothing_happens(lived: Path, accepted: Any) -> None:
    before = _told(lived, accepted), journal_path(lived).read_bytes()
    done = restore()
    assert (done.recorded, done.receipts, done.nights, done.landed, done.stopped, done.damaged) == (0, 0, 0, 0, 0, [])
    assert (_told(lived, accepted), journal_path(lived).read_bytes()) == before


RESTORING = [step for step in STEPS if step.startswith(("restore.", "land."))]


@pytest.mark.parametrize("step", RESTORING)
def test_a_killed_restoration_is_run_again(lived: Path, accepted: Any, step: str) -> None:
    before = _told(lived, accepted)
    _lose(lived, *EVERYTHING)
    killed = subprocess.run(
        [sys.executable, "-c", "from etl.restore import restore; restore()"],
        cwd=REPOSITORY,
        env=os.environ | {"HENG_FAILPOINT": step},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    restore()
    assert _told(lived, accepted) == before


def test_a_lost_compacted_day_is_given_back(lived: Path, accepted: Any) -> None:
    with Ledger(lived) as ledger:
        ledger.close_night(date(2026, 12, 10))
    assert compact() == 1
    before = accepted("wim_passage")
    _lose(lived, "raw")
    assert restore().landed == 2
    assert accepted("wim_passage") == before


def test_nothing_is_received_or_read_on_a_lost_or_old_ledger(lived: Path, put: Any) -> None:
    old = lived.parent / "old.sqlite"
    with Ledger(lived) as ledger:
        ledger.connection.execute("vacuum into ?", (str(old),))
    _arrive("wim_passage_20261125.csv", delivery(*good(3)), 20)
    _arrive("wim_passage_20261126.csv", delivery(*good(4)), 30)
    for replaced_by in (None, old):
        _lose(lived, "ledger.sqlite*")
        if replaced_by:
            shutil.copy(replaced_by, lived / "ledger.sqlite")
        put("wim_passage", "wim_passage_20261127.csv", delivery(*good(5)))
        with pytest.raises(LedgerBehind, match="heng restore"):
            receive("wim_passage")
    restore()
    assert len(receive("wim_passage")) == 1


def test_a_first_receipt_killed_before_its_commit_needs_no_restoration(home: Path, put: Any) -> None:
    put("wim_passage", NAME, FIRST)
    with Ledger(home) as ledger, contextlib.suppress(KeyboardInterrupt), ledger.transaction() as connection:
        ledger.add_receipt(connection, "0" * 64, "wim_passage", NAME, "2026-11-24 02:00:00", "new")
        raise KeyboardInterrupt
    receive("wim_passage")
    lines = [json.loads(line) for line in journal_path(home).read_text(encoding="utf-8").splitlines()]
    assert [line["receipt_no"] for line in lines] == [1, 1]
    with Ledger(home) as ledger:
        before = ledger.receipts()
    _lose(home, "ledger.sqlite*")
    restore()
    with Ledger(home) as ledger:
        assert ledger.receipts() == before


def test_a_line_cut_by_a_power_cut_is_no_line(lived: Path, accepted: Any) -> None:
    before = _told(lived, accepted)
    with journal_path(lived).open("ab") as stream:
        stream.write(b'{"receipt_no": 5, "deli')
    _lose(lived, "ledger.sqlite*")
    assert restore().damaged == []
    assert _told(lived, accepted) == before
    _arrive("wim_passage_20261125.csv", delivery(*good(3)), 20)
    assert restore().damaged == []


def test_a_damaged_journal_line_is_named_and_the_others_count(lived: Path, accepted: Any) -> None:
    before = _told(lived, accepted)
    lines = journal_path(lived).read_bytes().splitlines(keepends=True)
    journal_path(lived).write_bytes(b"".join([lines[0], b"\x00" * 20 + b"\n", *lines[2:]]))
    _lose(lived, "ledger.sqlite*")
    (fault,) = restore().damaged
    assert fault.startswith("archive/journal.ndjson line 2 ")
    after = _told(lived, accepted)
    assert after["receipts"] == before["receipts"]
    assert after["nights"] == before["nights"][1:]


def test_damaged_bytes_are_named_first_to_last_and_hold_up_no_other_delivery(lived: Path, accepted: Any) -> None:
    before = _told(lived, accepted)
    hurt, gone = before["deliveries"][0]["delivery_id"], before["deliveries"][1]["delivery_id"]
    kept = {one: (lived / "archive" / one[:2] / one).read_bytes() for one in (hurt, gone)}
    (lived / "archive" / hurt[:2] / hurt).write_bytes(kept[hurt][:-1] + b"x")
    (lived / "archive" / gone[:2] / gone).unlink()
    assert restore(check_only=True).damaged == restore().damaged != []
    assert _told(lived, accepted) == before, "rows that are there stay"
    with pytest.raises(ArchiveDamaged, match="heng restore"):
        land(hurt, again=True)
    _lose(lived, *EVERYTHING)
    done = restore()
    assert [fault.split()[0] for fault in done.damaged] == sorted(f"archive/{one[:2]}/{one}" for one in (hurt, gone))
    with Ledger(lived) as ledger:
        states = {one["delivery_id"]: (one["state"], one["reason"]) for one in ledger.deliveries()}
    assert states[hurt] == states[gone] == ("stopped", "D-DAMAGED")
    assert len(states) == len(before["deliveries"])
    for one, data in kept.items():  # brought back from a backup
        (lived / "archive" / one[:2] / one).write_bytes(data)
    assert restore().damaged == []
    assert _told(lived, accepted) == before


def test_damaged_bytes_sent_again_land(lived: Path, accepted: Any) -> None:
    before = accepted("wim_passage", "record_id, row_digest, source_line")
    with Ledger(lived) as ledger:
        (hurt,) = [one["delivery_id"] for one in ledger.deliveries() if one["name"] == NAME and one["reason"] is None]
    (lived / "archive" / hurt[:2] / hurt).write_bytes(b"rotten")
    _lose(lived, *EVERYTHING)
    restore()
    assert len(accepted("wim_passage")) < len(before)
    _arrive(NAME, FIRST)
    assert accepted("wim_passage", "record_id, row_digest, source_line") == before


def test_a_lost_archive_folder_is_told_and_the_ledger_and_the_others_are_given_back(lived: Path, accepted: Any) -> None:
    before = _told(lived, accepted)
    gone = before["deliveries"][0]["delivery_id"]
    kept = (lived / "archive" / gone[:2] / gone).read_bytes()
    folder = f"archive/{gone[:2]}"
    _lose(lived, folder)
    assert _told(lived, accepted) == before
    (fault,) = restore().damaged
    assert fault.startswith(f"{folder}/{gone} ")
    assert _told(lived, accepted) == before, "rows that are there stay"
    _lose(lived, *EVERYTHING)
    done = restore()
    assert (done.recorded, done.landed, done.stopped) == (3, 1, 2)
    (lived / "archive" / gone[:2] / gone).write_bytes(kept)
    assert restore().damaged == []
    assert _told(lived, accepted) == before


def test_verified_is_told_of_deliveries_whose_bytes_were_read(lived: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []

    def read(delivery_id: str) -> bool:
        happened.append("read")
        return is_intact(delivery_id)

    monkeypatch.setattr("etl.restore.is_intact", read)
    monkeypatch.setattr("etl.restore.TELL_EVERY", 2)
    restore(check_only=True, tell=happened.append)
    assert happened == ["read", "read", "2 of 3 archived deliveries verified", "read"]


def test_a_delivery_sent_again_while_it_is_stopped_as_damaged_lands(
    lived: Path, accepted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = accepted("wim_passage", "record_id, row_digest, source_line")
    with Ledger(lived) as ledger:
        hurt = next(one["delivery_id"] for one in ledger.deliveries() if one["name"] == NAME and not one["reason"])
    (lived / "archive" / hurt[:2] / hurt).write_bytes(b"rotten")
    _lose(lived, *EVERYTHING)

    def sent_again(delivery_id: str, *why: Any) -> bool:
        if delivery_id == hurt:
            monkeypatch.undo()
            monkeypatch.setenv("HENG_HOME", str(lived))
            monkeypatch.setenv("HENG_STABLE_SECONDS", "0")
            path = inbox("wim_passage") / "wim_passage_20261122.csv"  # dated earlier: it counts from then
            path.write_bytes(FIRST)
            receive("wim_passage")
        return stop(*why)

    monkeypatch.setattr("etl.restore.stop", lambda row, *why: sent_again(row["delivery_id"], row, *why))
    done = restore()
    assert done.stopped == 1
    assert accepted("wim_passage", "record_id, row_digest, source_line") == before


def test_a_late_delivery_is_late_and_no_other_however_often_it_lands(lived: Path) -> None:
    def late() -> list[str]:
        with Ledger(lived) as ledger:
            return [one["delivery_id"] for one in ledger.deliveries() if one["reason"] == "D-LATE"]

    before = late()
    assert len(before) == 1
    with Ledger(lived) as ledger:
        ids = [one["delivery_id"] for one in ledger.deliveries() if one["state"] == "landed"]
    for delivery_id in ids:
        land(delivery_id, again=True)
    assert late() == before


def test_a_ledger_from_before_the_journal_writes_it(lived: Path, accepted: Any) -> None:
    before = _told(lived, accepted)
    journal_path(lived).unlink()
    with Ledger(lived) as ledger:
        ledger.connection.executescript(
            "alter table delivery drop column told_sha256; alter table night drop column after_receipt;"
            "pragma user_version = 1"
        )
    assert _told(lived, accepted)["receipts"] == before["receipts"]
    _lose(lived, "ledger.sqlite*")
    restore()
    assert _told(lived, accepted)["receipts"] == before["receipts"]
