"""Publishing is one instant, has one writer at a time, and whatever is changed afterwards is found."""

import json
import os
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from direct_build import models_here
from prefecture import LAST_NIGHT, REGISTERS, build_night, deliver

from etl.feeds import raw_tables
from warehouse import connection
from warehouse.build import build
from warehouse.connection import NoSnapshot, TooSlow, snapshot
from warehouse.errors import Busy, LostTurn, SnapshotDamaged, WarehouseError
from warehouse.publish import (
    files_of,
    manifest_path,
    prune,
    publish,
    published_manifest,
    serve_version,
    take_turn,
    verify,
    versions,
)

VEHICLE = "湘M{number},2,Q,汽车列车,3,40000,2,0,0,示例运输,4311{number},2030-01-01,2030-01-01,"


def one_more_vehicle(state: Path, number: int) -> None:
    """A change that touches no day yet: the register has one more row, valid from 2030 on."""
    deliver(state, "vehicle", f"vehicle_20260301_{number}.csv", [VEHICLE.format(number=number)])


def test_nothing_published_says_what_to_do(home: Path) -> None:
    with pytest.raises(NoSnapshot, match="heng nightly"):
        snapshot()
    assert published_manifest() is None
    assert versions() == []
    assert prune(1) == 0


def test_an_empty_warehouse_can_be_published_and_read(home: Path) -> None:
    with models_here():
        assert publish(build(date(2026, 3, 3), raw_tables())) == 1
    db = snapshot()
    for table in db.manifest["columns"]:
        frame = db.read(f"select * from {table}")
        assert list(frame.columns) == [name for name, _ in db.manifest["columns"][table]]
    assert db.read("select count(*) as n from core.passage")["n"][0] == 0
    assert db.manifest["data_until"] is None


def test_a_version_names_everything_it_holds(published: Path) -> None:
    manifest = snapshot().manifest
    assert manifest["data_until"] == str(LAST_NIGHT)
    assert {check["name"] for check in manifest["checks"]} > {"verdict_against_its_limit", "passage_lost_or_doubled"}
    assert not [check for check in manifest["checks"] if check["severity"] == "stop" and check["rows"]]
    assert len(files_of(manifest)) == 2 * (len(manifest["parts"]) + 1), "each with its keys"
    for told in files_of(manifest):
        assert (published / told["file"]).stat().st_size == told["size"]
        assert not (published / (told["file"] + ".wal")).exists()
    assert len(manifest["days"]) == 7
    assert snapshot().read("select table_name from meta.column where column_name = 'limit_kg'")[
        "table_name"
    ].tolist() == [
        "core.passage",
        "core.violation",
        "mart.finding",
        "seeds.gross_weight_limit",
    ]


def test_readers_see_the_old_or_the_new_version_whole_and_never_go_back(published: Path) -> None:
    """Six versions are published while three readers read again and again. Each version adds one register row,
    in two tables: a torn read would show them apart."""
    torn: list[Any] = []
    seen: set[int] = set()
    stop = threading.Event()

    def read() -> None:
        latest = 0
        while not stop.is_set():
            db = snapshot()
            vehicles = int(db.read("select count(*) as n from staging.vehicle")["n"][0])
            fates = int(db.read("select sum(current_count) as n from mart.row_fate where feed = 'vehicle'")["n"][0])
            if not vehicles == fates == db.version + 2 or db.version < latest:
                torn.append((db.version, latest, vehicles, fates))
            latest = db.version
            seen.add(latest)
            stop.wait(0.005)  # or the build, which is of this process, waits for the readers

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for number in range(6):
            one_more_vehicle(published, 90_000 + number)
            built = build_night(published)
            assert built.touched == []
            assert publish(built) == number + 2
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert torn == []
    assert len(seen) > 3
    print(f"versions seen {len(seen)}, torn reads {len(torn)}")


def test_one_writer_at_a_time(published: Path) -> None:
    turn = take_turn()
    with pytest.raises(Busy):
        build(LAST_NIGHT, raw_tables())
    assert prune(1) == 0, "housekeeping does nothing meanwhile"
    turn.end()
    build_night(published).discard()


def test_a_build_that_may_wait_takes_its_turn_when_the_other_ends(published: Path) -> None:
    turn = take_turn()
    threading.Timer(0.5, turn.end).start()
    build_night(published, wait_seconds=60).discard()


def test_a_writer_that_lost_its_turn_publishes_nothing(published: Path) -> None:
    one_more_vehicle(published, 90_001)
    slow = build_night(published)
    slow.turn.end()  # as if its process had been stopped and its lock broken
    one_more_vehicle(published, 90_002)
    quick = build_night(published)
    assert publish(quick) == 2
    with pytest.raises(LostTurn, match="heng build"):
        publish(slow)
    assert snapshot().version == 2
    assert snapshot().read("select count(*) as n from staging.vehicle")["n"][0] == 5


def test_a_build_finished_elsewhere_can_be_published_if_nobody_came_between(published: Path) -> None:
    one_more_vehicle(published, 90_001)
    built = build_night(published)
    built.turn.end()
    assert publish(built) == 2


def test_every_change_after_publishing_is_found(published: Path) -> None:
    """One byte in the manifest, in each file, a file gone, a file longer: the first bad one is named."""
    manifest = snapshot().manifest
    files = [told["file"] for told in files_of(manifest)]
    found = 0
    for name in [str(manifest_path(1).relative_to(published)), *files]:
        path = published / name
        good = path.read_bytes()
        for bad in (
            good[: len(good) // 2] + bytes([good[len(good) // 2] ^ 1]) + good[len(good) // 2 + 1 :],
            good + b" ",
            None,
        ):
            if bad is None:
                path.unlink()
            else:
                path.write_bytes(bad)
            assert verify()[0] == name
            found += 1
            path.write_bytes(good)
        assert verify() == []
    print(f"mutations found {found} of {3 * (len(files) + 1)}")


def test_a_reader_refuses_a_changed_manifest_and_a_file_of_another_size(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_cached", {})
    path = manifest_path(1)
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace('"rows": 0', '"rows": 1', 1), encoding="utf-8")
    with pytest.raises(SnapshotDamaged, match="changed after it was published"):
        snapshot()
    path.write_text(good, encoding="utf-8")
    for name in ("head.keys", "head.duckdb"):
        with (published / "snapshots" / "1" / name).open("ab") as head:
            head.write(b"x")
        with pytest.raises(SnapshotDamaged, match=re.escape(name)):
            snapshot()


def test_earlier_versions_can_be_served_again_until_they_are_pruned(published: Path) -> None:
    for number in range(3):
        one_more_vehicle(published, 90_000 + number)
        publish(build_night(published))
    assert [row["version"] for row in versions()] == [4, 3, 2, 1]
    serve_version(2)
    assert snapshot().version == 2
    assert [row["version"] for row in versions() if row["current"]] == [2]
    one_more_vehicle(published, 90_009)
    assert publish(build_night(published)) == 5, "versions are a counter"
    reader = snapshot()
    assert prune(2) == 3
    assert [row["version"] for row in versions()] == [5, 4]
    assert verify() == []
    assert reader.read("select count(*) as n from core.passage")["n"][0] > 0
    with pytest.raises(WarehouseError, match="not kept"):
        serve_version(1)
    assert prune(2) == 0


def test_orphans_of_a_dead_publication_are_not_versions(published: Path) -> None:
    shutil.copytree(published / "snapshots" / "1", published / "snapshots" / "2")
    for suffix in ("duckdb", "keys"):
        (published / "parts" / f"2020-01-0123456789abcdef.{suffix}").write_bytes(b"left behind")
    assert [row["version"] for row in versions()] == [1]
    assert prune(7) == 1
    assert not list((published / "parts").glob("2020-*"))
    one_more_vehicle(published, 90_000)
    assert publish(build_night(published)) == 2


def test_a_snapshot_reads_and_does_nothing_else(published: Path) -> None:
    db = snapshot()
    assert db.read("with one as (select 1 as n) select n from one")["n"][0] == 1
    assert db.read("select $day as day", {"day": LAST_NIGHT})["day"].astype(str)[0] == str(LAST_NIGHT)
    for statement in (
        "create table stolen as select 1",
        "drop view core.passage",
        "detach head",
        "attach '/tmp/other.duckdb'",
        "copy core.passage to '/tmp/stolen.csv'",
        "set memory_limit = '100GB'",
        "pragma database_list",
        "select 1; select 2",
        "install httpfs",
        "",
    ):
        with pytest.raises(Exception, match=r"Only one SELECT|No statement|syntax"):
            db.read(statement)
    for reading in (
        f"select * from read_text('{published / 'ledger.sqlite'}')",
        "select * from read_csv('/etc/passwd')",
        f"select * from '{published / 'snapshots' / 'CURRENT'}'",
    ):
        with pytest.raises(Exception, match=r"Permission|disabled|does not exist"):
            db.read(reading)


def test_a_query_that_takes_too_long_is_stopped_and_others_go_on(published: Path) -> None:
    db = snapshot()
    with pytest.raises(TooSlow):
        db.read("select sum(a.range * b.range) from range(1000000) as a, range(1000000) as b", timeout=0.3)
    assert db.read("select count(*) as n from mart.site_day")["n"][0] > 0


def test_each_query_has_its_own_time_whatever_runs_beside_it(published: Path) -> None:
    """The second of two is over its time first; the first goes on to its own."""
    db, long = snapshot(), "select sum(a.range * b.range) as s from range({0}) as a, range({0}) as b"
    with ThreadPoolExecutor() as beside:
        first = beside.submit(db.read, long.format(6_000), None, 60.0)
        with pytest.raises(TooSlow, match=r"0\.2 seconds"):
            db.read(long.format(1_000_000), timeout=0.2)
        assert first.result()["s"][0] == (6_000 * 5_999 // 2) ** 2


def test_a_query_that_was_in_time_interrupts_nobody_later(published: Path) -> None:
    db = snapshot()
    db.read("select 1 as one", timeout=0.2)
    assert db.read("select sum(a.range * b.range) as s from range(20000) as a, range(20000) as b")["s"][0] > 0


def test_a_forked_process_opens_its_own_connection(published: Path) -> None:
    mine = snapshot()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        other = snapshot()
        told = {"own": other is not mine, "rows": int(other.read("select count(*) as n from core.passage")["n"][0])}
        os.write(writing, json.dumps(told).encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = json.loads(os.read(reading, 1000))
    assert told == {"own": True, "rows": int(mine.read("select count(*) as n from core.passage")["n"][0])}


def test_the_registers_of_the_reference_are_whole(published: Path) -> None:
    db = snapshot()
    for feed, _ in REGISTERS:
        assert db.read(f"select count(*) as n from staging.{feed}")["n"][0] >= 2
