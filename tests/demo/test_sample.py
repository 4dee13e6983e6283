"""The demo's deliveries: the same each time, written once, with the faults a night really has."""

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from etl.deliveries import receive
from etl.demo import deliver, history
from etl.feeds import FEEDS
from etl.land import LandingResult, land
from warehouse.ledger import Ledger
from warehouse.night import freshness
from warehouse.publish import published_manifest

LAST_NIGHT = date(2026, 11, 22)
NIGHTS = [LAST_NIGHT - timedelta(days=2), LAST_NIGHT - timedelta(days=1), LAST_NIGHT]


def _files(home: Path) -> dict[str, tuple[str, float]]:
    return {
        str(path.relative_to(home)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime)
        for path in sorted((home / "inbox").rglob("*"))
        if path.is_file()
    }


ANEW = """
import sys
from datetime import date
from pathlib import Path
from etl.demo import deliver

deliver(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), scale=0.05)
"""


def test_the_demo_is_the_same_each_time_and_is_delivered_once(tmp_path: Path, elsewhere: Callable[..., str]) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    assert deliver(first, LAST_NIGHT, scale=0.05) == NIGHTS
    elsewhere(ANEW, second, LAST_NIGHT)
    files = _files(first)
    assert files == _files(second)
    assert deliver(first, LAST_NIGHT, scale=0.05) == NIGHTS
    assert deliver(first, LAST_NIGHT + timedelta(days=9)) == NIGHTS
    assert _files(first) == files
    told = json.loads((first / "demo.json").read_text())
    assert told["demo"] is True
    assert told["nights"] == [str(night) for night in NIGHTS]


def test_every_demo_file_belongs_to_a_feed_and_a_night(tmp_path: Path) -> None:
    deliver(tmp_path, LAST_NIGHT, scale=0.05)
    feeds = {path.name for path in (tmp_path / "inbox").iterdir()}
    assert feeds == set(FEEDS)
    for path in (tmp_path / "inbox").rglob("*.*"):
        feed = FEEDS[path.parent.name]
        assert feed.takes(path.name)
        issued = feed.issue_date(path.name)
        assert issued is None or issued <= LAST_NIGHT
    monthly = sorted((tmp_path / "inbox" / "wim_passage").glob("*_month.csv.gz"))
    assert len(monthly) == 13


def test_no_sender_is_missed_after_the_last_night(tmp_path: Path) -> None:
    """A Sunday, on which offices have nothing to report: a file without rows says so."""
    assert LAST_NIGHT.weekday() == 6
    deliver(tmp_path, LAST_NIGHT, scale=0.05)
    told = {}
    for feed in FEEDS.values():
        issued = [feed.issue_date(path.name) for path in (tmp_path / "inbox" / feed.name).iterdir()]
        last = max((day for day in issued if day), default=None)
        told[feed.name] = freshness(feed.expected_every_days, last and str(last), LAST_NIGHT)
    assert {name: state for name, state in told.items() if state not in ("", "on time")} == {}
    assert {name for name, state in told.items() if not state} == {
        name for name, feed in FEEDS.items() if feed.expected_every_days is None
    }


def test_a_demo_without_nights_has_only_history(tmp_path: Path) -> None:
    assert deliver(tmp_path, LAST_NIGHT, nights=0, scale=0.02) == []
    names = {path.name for path in (tmp_path / "inbox" / "wim_passage").iterdir()}
    monthly = {name for name in names if name.endswith("_month.csv.gz")}
    assert len(monthly) == 13
    assert "wim_passage_20261122_month.csv.gz" in monthly
    assert all(name.endswith("_late.csv") for name in names - monthly)


def test_demo_nights_have_the_faults_of_real_ones(home: Path, accepted: Any) -> None:
    deliver(home, LAST_NIGHT, scale=0.2)
    for monthly in (home / "inbox" / "wim_passage").glob("*_*_*_*"):
        monthly.unlink()
    landed: list[LandingResult] = []
    for night in NIGHTS:
        deliver(home, LAST_NIGHT)
        landed += [land(one) for one in receive("wim_passage", night)]
    assert [result.name[12:20] for result in landed] == ["20261120", "20261120", "20261121", "20261122"]
    for result in (landed[0], landed[2], landed[3]):
        assert {"R-AXLES", "R-CODE", "R-FIELDS", "R-NUMBER", "R-RANGE", "R-TIME"} <= set(result.reasons["quarantine"])
        assert {"R-PLATE", "R-UNREAD"} <= set(result.reasons["flag"])
        assert result.delivered == result.accepted + result.quarantined
    assert landed[3].days[0] == LAST_NIGHT - timedelta(days=5)
    with Ledger(home) as ledger:
        assert [receipt["outcome"] for receipt in ledger.receipts()] == ["new", "D-REISSUE", "new", "new"]
    rows = accepted("wim_passage", "record_id, row_digest, version_rank")
    versions: dict[str, set[str]] = {}
    for kept in rows:
        versions.setdefault(kept["record_id"], set()).add(kept["row_digest"])
    assert len(rows) > len({(kept["record_id"], kept["row_digest"]) for kept in rows}) > len(versions)


def test_the_demo_registers_land_without_a_fault(home: Path) -> None:
    deliver(home, LAST_NIGHT, scale=0.02)
    for feed in ("wim_site", "wim_lane", "wim_device", "verification_certificate", "vehicle"):
        results = [land(one) for one in receive(feed, LAST_NIGHT)]
        assert len(results) == (3 if feed in ("verification_certificate", "vehicle") else 2)
        assert all(result.quarantined == result.flagged == 0 for result in results)


def test_the_history_is_landed_and_published_before_the_first_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HENG_HOME", str(tmp_path))
    first, last = deliver(tmp_path, LAST_NIGHT, nights=2, scale=0.05)
    history.land_history()
    left = [path for path in (tmp_path / "inbox").rglob("*.*") if path.is_file()]
    issued = {FEEDS[path.parent.name].issue_date(path.name) for path in left}
    assert {first, last} <= issued
    assert not {day for day in issued if day and day < first}
    history.publish_history()
    manifest = published_manifest()
    assert manifest is not None
    assert manifest["business_date"] == str(first - timedelta(days=1))
    history.publish_history()
    assert published_manifest() == manifest, "once anything is published, the nights go on from there"
