"""What a scheduled run asks: its date, whether it restates a night, what it reports when something is not landed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from etl import nightly, scheduled
from etl.deliveries import receive
from etl.errors import HengError
from warehouse.home import home as state
from warehouse.ledger import Ledger

DAY = date(2026, 11, 24)


@dataclass
class Run:
    """The two attributes of a run that matter."""

    partition_key: str | None = None
    conf: dict[str, Any] | None = None


def test_the_partition_key_is_the_date_of_a_run() -> None:
    assert scheduled.business_date(Run("2026-11-24", {"business_date": "2026-01-01"})) == DAY


def test_a_run_without_key_takes_the_date_it_was_given() -> None:
    assert scheduled.business_date(Run(None, {"business_date": "2026-11-24"})) == DAY


def test_a_run_with_neither_is_about_yesterday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "yesterday", lambda: DAY)
    assert scheduled.business_date(Run()) == DAY


def test_what_is_no_date_is_an_error() -> None:
    with pytest.raises(HengError, match="not a date"):
        scheduled.business_date(Run("../../etc"))


def close(day: date) -> None:
    with Ledger(state()) as ledger:
        ledger.close_night(day)


@pytest.mark.parametrize(
    ("feed", "closed", "landed", "restates"),
    [
        ("wim_passage", None, ["a"], False),  # the night itself will build it
        ("wim_passage", DAY, ["a"], True),  # late: the night was built
        ("wim_passage", DAY, [], False),  # nothing landed, nothing changes
        ("wim_passage", date(2026, 11, 25), ["a"], False),  # another night was built, not this one
        ("motorway_passage", None, ["a"], False),  # the first night takes it along
        ("motorway_passage", date(2026, 11, 20), ["a"], True),  # no night waits for a feed without schedule
    ],
)
def test_a_run_restates_a_night_that_was_built(
    home: Path, feed: str, closed: date | None, landed: list[str], restates: bool
) -> None:
    if closed:
        close(closed)
    assert scheduled.restates(feed, DAY, landed) is restates


def test_a_feed_that_could_not_be_received_is_not_reported(home: Path) -> None:
    with pytest.raises(scheduled.NotReceived):
        scheduled.restates("wim_passage", DAY, None)


def test_restating_opens_no_new_night(home: Path) -> None:
    assert scheduled.last_night(Run("2026-11-24")) == DAY
    close(date(2026, 11, 22))
    assert scheduled.last_night(Run("2027-01-01")) == date(2026, 11, 22)


def test_a_delivery_that_is_not_landed_is_named_with_its_next_step(put: Callable[[str, str, bytes], Path]) -> None:
    put("wim_site", "wim_site_20261101.csv", b"a,b\n1,2\n")
    (delivery_id,) = receive("wim_site")
    with pytest.raises(scheduled.LandingFailed, match=r"1 of 1 .*wim_site_20261101\.csv.*heng quarantine replay"):
        scheduled.fail_for_stopped("wim_site", [delivery_id])


def test_a_missed_deadline_leaves_a_line_for_the_operator(home: Path) -> None:
    scheduled.deadline_missed("warehouse_build", {"dag_run": {"run_id": "scheduled__1"}})
    (line,) = (home / "logs" / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["what"] == "warehouse_build"
    assert json.loads(line)["run"] == "scheduled__1"
