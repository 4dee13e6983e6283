"""Compacting a day's files changes no row, no build input and no later replay."""

import os
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from etl import housekeeping
from etl.deliveries import receive, take
from etl.feeds import FEEDS
from etl.land import land
from warehouse.home import home as state
from warehouse.home import temporary
from warehouse.ledger import Ledger

land_module = sys.modules[land.__module__]
DAY = date(2026, 11, 1)
HEAD = ",".join(FEEDS["wim_passage"].headings)


def row(number: int, gross: int = 12_000) -> str:
    values = dict.fromkeys(FEEDS["wim_passage"].headings, "")
    values |= {
        "check_no": f"YZ01-{number}", "site_code": "YZ01", "lane_code": "11", "passed_at": f"{DAY} 08:00:{number:02}",
        "uploaded_at": f"{DAY} 09:00:00", "axle_count": "2", "gross_vehicle_weight_kg": str(gross), "speed_kmh": "60",
    }  # fmt: skip
    return ",".join(values.values())


def deliver(tmp_path: Path, name: str, *rows: str) -> str:
    path = tmp_path / name
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return land(take(FEEDS["wim_passage"], path, name)).delivery_id


@pytest.fixture
def two_deliveries(home: Path, tmp_path: Path) -> list[str]:
    """Two files of one day, old enough to be compacted."""
    found = [
        deliver(tmp_path, "wim_passage_20261101_a.csv", row(1), row(2)),
        deliver(tmp_path, "wim_passage_20261101_b.csv", row(2), row(3)),
    ]
    with Ledger(home) as ledger:
        ledger.close_night(DAY + timedelta(10))
    return found


def rows(accepted) -> list[tuple[str, int, str]]:
    return [(r["delivery_id"], r["source_line"], r["row_digest"]) for r in accepted("wim_passage")]


def content_sum(home: Path) -> int:
    """The day's build input: sums of its files, half by half."""
    with Ledger(home) as ledger:
        sums = [segment.content_sum for segment in ledger.segments("wim_passage")]
    mask = (1 << 64) - 1
    return (sum(int(s[:16], 16) for s in sums) & mask) << 64 | sum(int(s[16:], 16) for s in sums) & mask


def test_compaction_keeps_rows_and_build_input(home: Path, two_deliveries: list[str], accepted) -> None:
    before, input_before = rows(accepted), content_sum(home)
    assert housekeeping.compact() == 1
    with Ledger(home) as ledger:
        assert [s.deliveries for s in ledger.segments("wim_passage")] == [tuple(sorted(two_deliveries))]
    assert rows(accepted) == before
    assert content_sum(home) == input_before
    assert housekeeping.compact() == 0


def test_recent_days_are_left_alone(home: Path, tmp_path: Path) -> None:
    deliver(tmp_path, "wim_passage_20261101_a.csv", row(1))
    deliver(tmp_path, "wim_passage_20261101_b.csv", row(2))
    with Ledger(home) as ledger:
        ledger.close_night(DAY + timedelta(1))
    assert housekeeping.compact() == 0


def test_a_delivery_in_a_compacted_day_can_be_replayed(home: Path, two_deliveries: list[str], accepted) -> None:
    before = rows(accepted)
    housekeeping.compact()
    land(two_deliveries[0], again=True)
    assert rows(accepted) == before
    housekeeping.sweep()
    assert rows(accepted) == before


def test_sweeping_removes_only_old_files_that_nothing_names(home: Path, two_deliveries: list[str], accepted) -> None:
    before = rows(accepted)
    stray = home / "raw" / "wim_passage" / "2026-11-01" / "stray.parquet"
    stray.write_bytes(b"left by a killed process")
    dead = home / "work" / "land-999999999-x"
    dead.mkdir(parents=True)
    housekeeping.sweep()
    assert stray.exists()  # a landing may be about to name it
    housekeeping.sweep(leave_seconds=0)
    assert not stray.exists()
    assert not dead.exists()
    assert rows(accepted) == before


@pytest.mark.parametrize("step", ["compact.written", "compact.committed"])
def test_a_killed_compaction_is_finished_by_the_next(
    home: Path, two_deliveries: list[str], accepted, step: str
) -> None:
    before, input_before = rows(accepted), content_sum(home)
    killed = subprocess.run(
        [sys.executable, "-c", "from etl.housekeeping import compact; compact()"],
        env={**os.environ, "HENG_HOME": str(state()), "HENG_FAILPOINT": step},
        check=False,
    )
    assert killed.returncode == -9
    assert rows(accepted) == before
    housekeeping.compact()
    housekeeping.sweep(leave_seconds=0)
    assert rows(accepted) == before
    assert content_sum(home) == input_before
    assert len(list((home / "raw" / "wim_passage" / "2026-11-01").iterdir())) == 1


def test_a_lost_compacted_file_is_made_again_by_replaying(home: Path, two_deliveries: list[str], accepted) -> None:
    before = rows(accepted)
    housekeeping.compact()
    with Ledger(home) as ledger:
        (home / ledger.segments("wim_passage")[0].path).unlink()
    land(two_deliveries[0], again=True)
    again = receive("wim_passage")
    assert again == [two_deliveries[1]]
    for delivery_id in again:
        land(delivery_id)
    assert rows(accepted) == before


def test_what_dead_processes_left_outside_the_home_is_removed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os; from warehouse.home import temporary as t; t('read'); t('dryrun'); os._exit(9)",
        ],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        check=False,
    )
    assert killed.returncode == 9
    foreign = tmp_path / "tmp" / "heng-read-mine"
    foreign.mkdir()
    ours = temporary("read")  # the next start sweeps too
    assert {ours, foreign} == set((tmp_path / "tmp").iterdir())
    housekeeping.sweep()
    assert {ours, foreign} == set((tmp_path / "tmp").iterdir())


def test_half_written_sidecars_of_dead_processes_are_removed(home: Path, two_deliveries: list[str]) -> None:
    folder = home / "archive" / two_deliveries[0][:2]
    left = folder / f"{two_deliveries[0]}.999999999.tmp"
    left.write_text("{")
    housekeeping.sweep()
    assert not left.exists()
    assert {path.suffix for path in folder.iterdir()} == {"", ".json"}


def test_other_landings_commit_while_a_compacted_day_is_merged_anew(
    home: Path, tmp_path: Path, two_deliveries: list[str], accepted, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(accepted)
    housekeeping.compact()
    merging = land_module.write_segment

    def merge_while_another_lands(*told, **how):
        monkeypatch.setattr(land_module, "write_segment", merging)
        deliver(tmp_path, "wim_passage_20261102.csv", row(9))
        # and the compacted day changes under the replay, which has to begin its preparation again
        land(two_deliveries[1], again=True)
        return merging(*told, **how)

    monkeypatch.setattr(land_module, "write_segment", merge_while_another_lands)
    land(two_deliveries[0], again=True)
    assert [one for one in rows(accepted) if one[0] in two_deliveries] == before
    assert len(rows(accepted)) == len(before) + 1
