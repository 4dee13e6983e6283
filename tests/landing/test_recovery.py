"""Kills, full disks, two landings at once, another order: a plain rerun gives the undisturbed result."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from passage_rows import NAME, delivery, good, row

from etl.contract import Feed
from etl.deliveries import inbox, receive
from etl.errors import DeliveryStopped
from etl.housekeeping import sweep
from etl.land import land
from etl.parse import parse
from warehouse.failpoint import STEPS
from warehouse.home import REPOSITORY
from warehouse.ledger import Ledger

# Two event days and bad rows, so that every step of a landing is reached.
TWO_DAYS = delivery(
    row(1, passed_at="2026-11-22 23:59:58"), row(2, direction="north"), *good(40), row(3, plate_no=""), "cut,line"
)
LANDING = [step for step in STEPS if step.startswith(("receive.", "land."))]
ALL = "from etl.deliveries import receive\nfrom etl.land import land\nfor one in receive('wim_passage'): land(one)\n"


def _deliver(*files: tuple[str, bytes]) -> None:
    for number, (name, data) in enumerate(files):
        path = inbox("wim_passage") / name
        path.write_bytes(data)
        os.utime(path, (1_795_000_000 + number, 1_795_000_000 + number))


def _receive_and_land() -> None:
    for one in receive("wim_passage"):
        land(one)


def _run(home: Path, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", ALL],
        cwd=REPOSITORY,
        env=os.environ | {"HENG_HOME": str(home), "HENG_STABLE_SECONDS": "0"} | environment,
        stderr=subprocess.PIPE,
    )


def _facts(home: Path) -> dict[str, Any]:
    """What an instance holds, without the times at which it came to hold it."""
    with Ledger(home) as ledger:
        deliveries = [
            {name: value for name, value in one.items() if name not in ("received_at", "landed_at", "quarantine_path")}
            for one in ledger.deliveries()
        ]
        segments = [
            (one.feed, one.event_date, one.row_count, one.content_sum, one.deliveries) for one in ledger.segments()
        ]
        quarantine = [str(home / one["quarantine_path"]) for one in ledger.deliveries() if one["quarantine_path"]]
        paths = [str(home / one.path) for one in ledger.segments()]
        reasons = ledger.reasons()
    with duckdb.connect() as connection:
        rows = connection.execute("select * from read_parquet(?) order by delivery_id, source_line", [paths]).fetchall()
        bad = [
            connection.execute("select * from read_parquet(?) order by source_line", [one]).fetchall()
            for one in quarantine
        ]
    return {
        "deliveries": deliveries,
        "segments": sorted(segments),
        "reasons": reasons,
        "rows": rows,
        "bad": sorted(bad),
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    home = tmp_path_factory.mktemp("undisturbed") / "heng"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HENG_HOME", str(home))
        patch.setenv("HENG_STABLE_SECONDS", "0")
        _deliver((NAME, TWO_DAYS))
        _receive_and_land()
        yield _facts(home)


def _assert_whole(home: Path, expected: dict[str, Any]) -> None:
    assert _facts(home) == expected
    assert list(inbox("wim_passage").iterdir()) == []
    for one in expected["deliveries"]:
        archived = home / "archive" / one["delivery_id"][:2] / one["delivery_id"]
        assert hashlib.sha256(archived.read_bytes()).hexdigest() == one["delivery_id"]


def _assert_swept(home: Path) -> None:
    """Housekeeping leaves the files the ledger names and no others."""
    sweep(leave_seconds=0)
    with Ledger(home) as ledger:
        named = {one.path for one in ledger.segments()}
        named |= {one["quarantine_path"] for one in ledger.deliveries() if one["quarantine_path"]}
    there = {
        str(path.relative_to(home)) for folder in ("raw", "quarantine") for path in (home / folder).rglob("*.parquet")
    }
    assert there == named
    assert not list((home / "work").iterdir())
    assert not list((home / "archive" / "incoming").iterdir())


@pytest.mark.parametrize("step", LANDING)
def test_a_kill_loses_nothing_and_a_rerun_finishes(home: Path, undisturbed: dict[str, Any], step: str) -> None:
    _deliver((NAME, TWO_DAYS))
    killed = _run(home, HENG_FAILPOINT=step)
    killed.communicate(timeout=300)
    assert killed.returncode == -signal.SIGKILL
    _receive_and_land()
    _assert_whole(home, undisturbed)
    _assert_swept(home)


@pytest.mark.parametrize("step", LANDING)
def test_a_full_disk_fails_cleanly_and_a_rerun_finishes(
    home: Path, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    _deliver((NAME, TWO_DAYS))
    monkeypatch.setenv("HENG_FAILPOINT", f"{step}=full")
    with pytest.raises(OSError, match="No space left"):
        _receive_and_land()
    assert not list((home / "archive" / "incoming").iterdir())
    assert not (home / "work").exists() or not list((home / "work").iterdir())
    monkeypatch.delenv("HENG_FAILPOINT")
    _receive_and_land()
    _assert_whole(home, undisturbed)
    _assert_swept(home)


def _three() -> list[tuple[str, bytes]]:
    """Three deliveries that say different things of the same records, with and without a later upload."""
    same = [row(number, speed_kmh="40.0") for number in range(1000, 1010)]
    later = [one | {"speed_kmh": "41.0", "uploaded_at": "2026-11-24 00:30:00"} for one in same[:5]]
    return [
        ("wim_passage_20261123.csv", TWO_DAYS),
        ("wim_passage_20261124.csv", delivery(*same, *later)),
        ("wim_passage_20261125.csv", delivery(*same[2:8], row(4, passed_at="2026-11-20 10:00:00"))),
    ]


def test_two_landings_at_the_same_time_give_the_result_of_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _deliver(*_three())
    together = [_run(home), _run(home)]
    for one in together:
        _, errors = one.communicate(timeout=300)
        assert one.returncode == 0, errors.decode()
    found = _facts(home)
    assert list(inbox("wim_passage").iterdir()) == []
    _assert_swept(home)
    alone = home.parent / "alone"
    monkeypatch.setenv("HENG_HOME", str(alone))
    _deliver(*_three())
    _receive_and_land()
    assert found == _facts(alone)


def test_processes_may_open_a_new_instance_at_the_same_time(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from warehouse.ledger import Ledger\n"
        "while time.time() < float(sys.argv[2]): pass\n"
        "Ledger(Path(sys.argv[1])).close()"
    )
    for number in range(3):
        home = tmp_path / str(number)
        home.mkdir()
        command = [sys.executable, "-c", code, str(home), str(time.time() + 0.4)]
        together = [subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE) for _ in range(4)]
        assert [one.communicate(timeout=300)[1] for one in together] == [b""] * 4


def test_the_order_of_arrival_changes_no_row(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for number, order in enumerate(((0, 1, 2), (2, 1, 0), (1, 2, 0))):
        state = home.parent / f"order{number}"
        monkeypatch.setenv("HENG_HOME", str(state))
        _deliver(*_three())
        waiting = {path.name: path.rename(home / path.name) for path in sorted(inbox("wim_passage").iterdir())}
        for at in order:
            name = _three()[at][0]
            waiting[name].rename(inbox("wim_passage") / name)
            _receive_and_land()
        facts = _facts(state)
        seen.append((facts["segments"], facts["rows"], facts["bad"]))
    assert all(one == seen[0] for one in seen)


def test_the_same_bytes_under_two_dates_count_from_the_earlier_in_either_order(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["wim_passage_20261123.csv", "wim_passage_20261125.csv"]
    seen = []
    for number, order in enumerate((names, names[::-1])):
        monkeypatch.setenv("HENG_HOME", str(home.parent / f"dates{number}"))
        for name in order:
            _deliver((name, TWO_DAYS))
            _receive_and_land()
        facts = _facts(home.parent / f"dates{number}")
        seen.append((facts["segments"], facts["rows"], [one["issued_at"][:10] for one in facts["deliveries"]]))
    assert seen[0] == seen[1]
    assert seen[0][2] == ["2026-11-23"]


@pytest.mark.parametrize("again", [False, True], ids=["landing", "replay"])
def test_a_delivery_sent_again_rightly_while_it_is_refused_is_not_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    wrongly = inbox("wim_site") / "wim_site_20261123.csv"
    wrongly.write_bytes(TWO_DAYS)
    (delivery_id,) = receive("wim_site")
    if again:
        with pytest.raises(DeliveryStopped):
            land(delivery_id)

    def refused_late(feed: Feed, *rest: Any) -> Any:
        if feed.name == "wim_site":
            _deliver((NAME, TWO_DAYS))
            assert receive("wim_passage") == [delivery_id]
        return parse(feed, *rest)

    monkeypatch.setattr("etl.land.parse", refused_late)
    result = land(delivery_id, again=again)
    assert (result.feed, result.name, result.state, result.accepted) == ("wim_passage", NAME, "landed", 42)
    with Ledger(home) as ledger:
        assert [(one["feed"], one["state"], one["reason"]) for one in ledger.deliveries()] == [
            ("wim_passage", "landed", None)
        ]
    assert not list((home / "work").iterdir())
