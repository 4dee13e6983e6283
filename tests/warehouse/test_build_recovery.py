"""A process may die, or the disk fill up, at any step: the published version stays whole, a plain rerun recovers."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from prefecture import LAST_NIGHT, build_night, close_night, deliver, passages

from etl.feeds import raw_tables
from warehouse import sql
from warehouse.connection import snapshot
from warehouse.errors import BuildFailed, CheckFailed
from warehouse.failpoint import STEPS
from warehouse.ledger import Ledger
from warehouse.project import copy_project, dbt, published_columns
from warehouse.publish import publish, published_manifest, verify

OURS = [step for step in STEPS if step.startswith(("build.", "publish."))]
NIGHT = """
import sys
from datetime import date
from pathlib import Path
from prefecture import build_night
from warehouse.publish import publish
publish(build_night(Path(sys.argv[1]), date(2026, 3, 4), by_dbt=sys.argv[2] == "by dbt"))
"""


def run_night(state: Path, step: str = "", *, by_dbt: bool = False) -> int:
    told = {"HENG_HOME": str(state), "HENG_FAILPOINT": step, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", NIGHT, str(state), "by dbt" if by_dbt else "here"]
    return subprocess.run(command, env={**os.environ, **told}, timeout=900, check=False).returncode


@pytest.fixture
def next_night(published: Path) -> Path:
    deliver(published, "wim_passage", "wim_passage_20260304.csv", passages("2026-03-04"))
    close_night(published, LAST_NIGHT.replace(day=4))
    return published


def test_killed_at_every_step_then_run_again(next_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One instance dies at each step in turn and every next run starts from what the last one left.

    dbt runs once, in the night killed right after it: what it leaves beside the tables is there to be removed."""
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(next_night, undisturbed)
    monkeypatch.setenv("HENG_HOME", str(undisturbed))
    assert run_night(undisturbed) == 0
    expected = published_manifest()
    assert expected is not None

    monkeypatch.setenv("HENG_HOME", str(next_night))
    before = published_manifest()
    assert before is not None
    for step in OURS:
        assert run_night(next_night, step, by_dbt=step == "build.models_run") == -signal.SIGKILL, step
        served = published_manifest()
        assert served is not None
        assert verify() == [], step
        assert served["digest"] == (expected if step == "publish.pointer_replaced" else before)["digest"], step
        assert (
            snapshot().read("select count(*) as n from core.passage")["n"][0]
            == served["tables"]["core.passage"]["rows"]
        )
    assert run_night(next_night) == 0
    after = published_manifest()
    assert after is not None
    assert (after["version"], after["digest"]) == (expected["version"], expected["digest"])
    assert after["parts"].keys() == expected["parts"].keys()
    assert not list((next_night / "work").glob("build-*")), "nothing is left to clean by hand"
    print(f"killed at {len(OURS)} steps; differences 0")


def test_a_full_disk_fails_cleanly_and_the_next_run_succeeds(next_night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for step in ("build.raw_loaded", "build.head_written"):
        monkeypatch.setenv("HENG_FAILPOINT", f"{step}=full")
        with pytest.raises(BuildFailed, match=r"free space.*heng build"):
            build_night(next_night, LAST_NIGHT.replace(day=4))
        assert not list((next_night / "work").glob("build-*"))
    for step in ("publish.manifest_written", "publish.before_pointer"):
        monkeypatch.delenv("HENG_FAILPOINT")
        built = build_night(next_night, LAST_NIGHT.replace(day=4))
        monkeypatch.setenv("HENG_FAILPOINT", f"{step}=full")
        with pytest.raises(OSError, match="No space left"):
            publish(built)
        assert snapshot().version == 1
        assert verify() == []
    monkeypatch.delenv("HENG_FAILPOINT")
    assert publish(build_night(next_night, LAST_NIGHT.replace(day=4))) == 2


def test_a_changed_raw_file_stops_the_build_and_is_named(next_night: Path) -> None:
    with Ledger(next_night) as ledger:
        segment = next(s for s in ledger.segments("wim_passage") if s.event_date == LAST_NIGHT.replace(day=4))
    data = bytearray((next_night / segment.path).read_bytes())
    data[len(data) // 2] ^= 1
    (next_night / segment.path).write_bytes(data)
    with pytest.raises(BuildFailed, match=segment.path.replace(".", r"\.")):
        build_night(next_night, LAST_NIGHT.replace(day=4))
    assert snapshot().version == 1


def test_a_stop_check_that_finds_rows_publishes_nothing(
    next_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    shutil.copytree(sql.PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "checks" / "heavy_truck.sql").write_text(
        "-- Severity: stop\n-- A truck weighs more than this test likes.\n"
        "select record_id from {{ ref('passage') }} where gross_vehicle_weight_kg > 50000\n"
    )
    cached: list[Any] = [sql.project, sql.model_paths, sql.check_paths, sql.seed_columns, sql._schemas, sql._rendered]
    monkeypatch.setattr(sql, "PROJECT", project)
    try:
        for function in cached:
            function.cache_clear()
        with pytest.raises(CheckFailed, match=r"heavy_truck.*A truck weighs more than this test likes"):
            build_night(next_night, LAST_NIGHT.replace(day=4))
    finally:
        monkeypatch.undo()
        for function in cached:
            function.cache_clear()
    monkeypatch.setenv("HENG_HOME", str(next_night))
    assert snapshot().version == 1


def test_a_load_larger_than_its_memory_spills_and_ends(tmp_path: Path) -> None:
    """150,000 passages in 100 MB: the engine spills between models. dbt may then not set its directory again."""
    tables = raw_tables()
    made = {
        "record_id": "left(md5(cast(i as varchar)), 20)", "row_digest": "md5(cast(i as varchar))",
        "version_rank": "'1'", "delivery_id": "'d'", "source_line": "i", "flags": "''",
        "event_date": "date '2026-03-01'",
        "passed_at": "timestamp '2026-03-01' + to_seconds(i % 86400)", "site_code": "'YZ01'", "lane_code": "'1'",
        "axle_count": "2 + i % 5", "gross_vehicle_weight_kg": "i % 60000", "plate_no": "'湘M' || i % 90000",
        "axle_loads_kg": "[1, 2, 3]",
    }  # fmt: skip
    passages_table = next(table for table in tables if table.name == "wim_passage")
    columns = ", ".join(f"{made.get(name, 'null')} as {name}" for name in passages_table.all_columns())
    database = tmp_path / "build.duckdb"
    with duckdb.connect(str(database)) as connection:
        sql.create_raw(connection, passages_table, f"(select {columns} from range(150000) as numbers(i))")
        sql.complete_raw(connection, tables)
    project = copy_project(tmp_path / "project", tables, published_columns(tables))
    dbt("build", project, database, {"HENG_BUILD_SPILL": str(tmp_path / "spill"), "HENG_BUILD_MEMORY": "100MB"})
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select count(*) from core.passage").fetchall() == [(150_000,)]
