"""Milliseconds to look a plate up among 10 or 100 million passages.

A tiny prefecture's year is generated, landed and published; then the files of its months, and of months before it, get
invented passages until there are as many as asked for. Prints, for plates of vehicles with acts and plates only seen by
scales, the 50th and 99th percentile of the whole look-up and of its parts, the processor's time and the statements of
one; the floors are one SELECT that reads nothing, and the plate in all months' files. Cold: the first look-up of a new
process, files in the system's cache, and with none of them there. What a night pays for the keys of a month is printed
as they are written. Run: ``python tests/benchmarks/bench_lookup.py``. HENG_BENCH_PASSAGES="100000000 100000000" and
HENG_BENCH_MONTHS="12 120" lay a hundred million out in one year and in ten. HENG_BENCH_HOME: a folder that is kept, and
taken as it is where it holds as many already.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

PASSAGES = [int(rows) for rows in os.environ.get("HENG_BENCH_PASSAGES", "10000000").split()]
MONTHS = [int(months) for months in os.environ.get("HENG_BENCH_MONTHS", "12").split()]
LAST = date(2025, 12, 31)
SEED = 20261122
LOOK_UPS = 300
COLD = 12
# One in ten passages is of a vehicle of the prefecture, the others are of 450,000 plates of five cities.
DRAWN = """
with own as (
    select *, row_number() over (order by record_id) - 1 as n from old.core.passage where plate_no is not null
),
fleet as (select plate_no, row_number() over (order by plate_no) - 1 as n from own group by plate_no),
counts as (select (select count(*) from own) as rows_of, (select count(*) from fleet) as plates),
numbers as (
    select i, cast(hash(i, $seed) % counts.rows_of as bigint) as of_row,
        case when hash(i, $seed, 2) % 10 = 0 then cast(hash(i, $seed, 3) % counts.plates as bigint) end as of_plate,
        cast($month as timestamp) + to_seconds(cast(hash(i, $seed, 4) % 2419200 as bigint)) as at_time
    from range($passages) as t(i), counts
)
select own.* exclude (n) replace (
        coalesce(
            fleet.plate_no,
            ['湘M', '湘A', '湘D', '粤A', '桂C'][cast(1 + hash(i, 5) % 5 as integer)]
                || cast(10000 + hash(i, 6) % 89999 as varchar)
        ) as plate_no,
        at_time as passed_at, cast(at_time as date) as passed_date, md5(i || '-' || $seed)[1:20] as record_id
    )
from numbers
inner join own on own.n = numbers.of_row
left join fleet on fleet.n = numbers.of_plate
"""


# --- the instance ------------------------------------------------------------------------------------------
def prefecture(home: Path) -> None:
    """A published year of the tiny prefecture."""
    from etl.demo import load
    from etl.demo.generate import generate
    from etl.demo.world import SCALES, World

    folder = home / "deliveries"
    generate(World(SEED, SCALES["tiny"], date(LAST.year, 1, 1), LAST), folder)
    load.load([load.staged(folder)], build_at_end=True)


def widen(passages: int, months: int) -> None:
    """Publish the same with ``passages`` passages in ``months`` months up to ``LAST``, and keys beside them."""
    from warehouse import keyed
    from warehouse.build import Build
    from warehouse.connection import snapshot
    from warehouse.home import home, temporary
    from warehouse.publish import publish, published_manifest, take_turn

    manifest = published_manifest()
    assert manifest is not None
    (row,) = snapshot().rows("select count(*) as n from core.passage")
    is_wide = row["n"] >= passages and len(manifest["parts"]) == months
    if is_wide and manifest.get("keys") == keyed.FORMAT:
        return
    turn, work = take_turn(), temporary("bench")
    wanted = [f"{year:04d}-{month + 1:02d}" for year, month in _months(months)]
    parts = dict(manifest["parts"])
    for month in wanted:
        source = month if month in parts else wanted[-1]
        told = manifest["parts"][source]
        own = told["tables"] if source == month else {}
        if not is_wide:
            parts[month] = _part(work, home() / told["file"], month, passages // months, own)
        written = work / Path(parts[month]["file"]).name
        path = written if written.exists() else home() / parts[month]["file"]
        parts[month] = {**parts[month], "keyed": _keys(work, path, month, parts[month]["tables"], manifest["columns"])}
    parts = {month: parts[month] for month in wanted}
    shutil.copy(home() / manifest["head"]["file"], work / "head.duckdb")
    head = {**manifest["head"], "file": "head.duckdb", "keyed": _head_keys(work, parts, manifest)}
    wide = {**manifest, "parts": parts, "head": head, "fence": turn.number, "keys": keyed.FORMAT}
    publish(Build(work, turn, manifest["version"], wide, mended=True))


def _told(path: Path, file: str) -> dict[str, Any]:
    from warehouse.digest import file_digest

    return {"file": file, "sha256": file_digest(path), "size": path.stat().st_size}


def _keys(work: Path, part: Path, month: str, tables: Any, columns: Any) -> dict[str, Any]:
    """The keys of a month, and what they cost."""
    from warehouse import keyed, sql

    path, began, used = work / f"{month}.keys", time.perf_counter(), time.process_time()
    with sql.private_database(":memory:", work / "spill", 2, "3GB") as connection:
        connection.execute(f"attach '{part}' as part (read_only)")
        keyed.write_part(connection, "part", tables, columns, path)
    print(
        f"  keys of {month}: {time.perf_counter() - began:.1f} s, {time.process_time() - used:.1f} s of processor,"
        f" {path.stat().st_size / 1e6:,.0f} MB beside {part.stat().st_size / 1e6:,.0f} MB",
        flush=True,
    )
    told = _told(path, "")
    named = path.rename(work / f"{month}-{told['sha256'][:16]}.keys")
    return {**told, "file": f"parts/{named.name}"}


def _head_keys(work: Path, parts: dict[str, Any], manifest: dict[str, Any]) -> dict[str, Any]:
    """The keys of the head, as a build writes them."""
    from warehouse import keyed, sql
    from warehouse.head import KEPT_OF, kept_answers
    from warehouse.home import home

    path, began = work / "head.keys", time.perf_counter()
    with sql.private_database(":memory:", work / "spill", 2, "3GB") as connection:
        connection.execute(f"attach '{work / 'head.duckdb'}' as head (read_only)")
        for schema in ("core", "mart", "staging", "seeds"):
            connection.execute(f"create schema {schema}")
        for number, told in enumerate(parts.values()):
            written = work / Path(told["file"]).name
            connection.execute(
                f"attach '{written if written.exists() else home() / told['file']}' as part_{number} (read_only)"
            )
        for table in KEPT_OF:
            listed = ", ".join(name for name, _ in manifest["columns"][table])
            held = [f"part_{number}" for number, told in enumerate(parts.values()) if table in told["tables"]]
            selects = " union all ".join(f"select {listed} from {name}.{table}" for name in held)
            connection.execute(f"create view {table} as {selects}")
        for table in ("staging.vehicle", "seeds.parameter"):
            connection.execute(f"create view {table} as from head.{table}")
        kept = kept_answers(connection, date.fromisoformat(manifest["data_until"]))
        keyed.write_head(connection, "head", manifest["columns"], path, kept)
    print(f"  keys of the head, with what is told of all: {time.perf_counter() - began:.1f} s", flush=True)
    return _told(path, "head.keys")


def _months(count: int) -> list[tuple[int, int]]:
    """Years and months, counted from 0, of ``count`` months up to ``LAST``."""
    last = LAST.year * 12 + LAST.month - 1
    return [divmod(number, 12) for number in range(last - count + 1, last + 1)]


def _part(work: Path, old: Path, month: str, passages: int, tables: dict[str, Any]) -> dict[str, Any]:
    """One month's file: the prefecture's own tables where the month has them, and invented passages."""
    from warehouse import sql
    from warehouse.build import ROW_GROUP_ROWS, STORAGE
    from warehouse.layout import DATED

    path = work / f"{month}.duckdb"
    with sql.private_database(":memory:", work / "spill", 2, "10GB") as connection:
        connection.execute(f"attach '{old}' as old (read_only)")
        connection.execute(f"attach '{path}' as part (storage_version '{STORAGE}', row_group_size {ROW_GROUP_ROWS})")
        for table in tables:
            connection.execute(f"create schema if not exists part.{table.split('.')[0]}")
            if table != "core.passage":
                connection.execute(f"create table part.{table} as from old.{table}")
        connection.execute("create schema if not exists part.core")
        asked = {"month": f"{month}-01", "passages": passages, "seed": int(month.replace("-", ""))}
        kept = "select * from old.core.passage union all" if tables else ""
        order = ", ".join(DATED["core.passage"].order)
        connection.execute(f"create table part.core.passage as {kept} ({DRAWN}) order by {order}", asked)
        connection.execute("checkpoint part")
        connection.execute("detach part")
    told = _told(path, "")
    named = path.rename(work / f"{month}-{told['sha256'][:16]}.duckdb")
    shown = tables or {"core.passage": {"rows": passages, "digest": "0"}}
    return {**told, "file": f"parts/{named.name}", "tables": shown}


# --- looking up --------------------------------------------------------------------------------------------
def plates() -> list[tuple[str, bool]]:
    """Plates to look up and whether their vehicles have acts, in turn."""
    from warehouse.connection import snapshot

    db = snapshot()
    acting = db.read("select distinct plate_no from core.violation where plate_no is not null order by plate_no")
    drawn = random.Random(SEED)
    found = []
    for number in range(LOOK_UPS):
        found.append((drawn.choice(list(acting["plate_no"])), True))
        found.append((f"湘{drawn.choice('MAD')}{drawn.randrange(10_000, 99_999)}" if number else "湘M10000", False))
    return found


def ask(plate_no: str, color: int | None = 2) -> None:
    """What the page does with a plate that was typed."""
    from dashboards import lookup_facts
    from warehouse.connection import snapshot

    lookup_facts.find(snapshot(), lookup_facts.Asked(plate_no, plate_no[0], color, LAST, "ROLLING_12M"))


def milliseconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def told(name: str, taken: list[float], floor: float) -> str:
    """``name``, 50th and 99th percentile, and the first of them in floors."""
    ordered = sorted(taken)
    half, most = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"  {name:<44} p50 {half:7.2f} ms   p99 {most:7.2f} ms   p50 {half / floor:6.1f} x the floor"


def warm() -> None:
    """Print the times of this process, the first look-ups left out."""
    from dashboards import risk_facts
    from warehouse import dossier, keyed, repeat
    from warehouse.connection import Reader, snapshot

    db, asked = snapshot(), plates()
    for plate_no, _ in asked[:20]:
        ask(plate_no)
    floor = sorted(milliseconds(lambda: db.read("select 1 as one")) for _ in range(LOOK_UPS))[LOOK_UPS // 2]
    print(f"  {'floor: one SELECT of nothing':<44} p50 {floor:7.2f} ms")
    for acts, name in ((True, "a vehicle with acts, whole"), (False, "a plate only scales have seen, whole")):
        those = [plate_no for plate_no, has in asked if has is acts]
        used = time.process_time()
        print(told(name, [milliseconds(lambda: ask(p)) for p in those], floor))  # noqa: B023
        used = (time.process_time() - used) * 1000 / len(those)
        print(f"    of it {used:.2f} ms of processor, {_statements(Reader, those):.1f} statements, on average")
    keys = [{"plate_no": plate_no, "plate_color_code": 2} for plate_no, _ in asked]
    question = repeat.Question(LAST, "vehicle", "ROLLING_12M")
    parts: dict[str, Callable[[dict[str, Any]], Any]] = {
        "of it: colours it is known under": lambda key: dossier.colors(db, key["plate_no"]),
        "of it: its last passages": lambda key: dossier.recent(db, key, LAST),
        "of it: its acts and their count": lambda key: repeat.standings(db, question, key),
        "of it: its facts, all a dossier tells": lambda key: dossier.facts(db, "vehicle", key, LAST, "ROLLING_12M"),
        "beside it: its risk score": lambda key: risk_facts.of_vehicle(db, key, LAST),
        "floor: the plate in all months' keys": lambda key: keyed.passed(db, [key["plate_no"]]),
        "floor: the plate in all months' files": lambda key: db.rows(
            "select plate_no from core.passage where plate_no = $plate_no limit 1", {"plate_no": key["plate_no"]},
        ),
        "peer: its passages in all months' files": lambda key: db.read(
            "select record_id, passed_at, site_code, gross_vehicle_weight_kg, verdict from core.passage"
            " where plate_no = $plate_no", {"plate_no": key["plate_no"]},
        ),
    }  # fmt: skip
    for name, part in parts.items():
        print(told(name, [milliseconds(lambda: part(key)) for key in keys], floor))  # noqa: B023


def _statements(reader: Any, plates: list[str]) -> float:
    """What a look-up asks the engine, on average."""
    asked = [0]
    kept = reader._asked

    def counted(*how: Any) -> Any:
        asked[0] += 1
        return kept(*how)

    reader._asked = counted
    for plate_no in plates:
        ask(plate_no)
    reader._asked = kept
    return asked[0] / len(plates)


def _forget(home: Path) -> None:
    """Drop the version's files from the system's cache, as a machine that has just started."""
    for path in [*(home / "parts").iterdir(), *(home / "snapshots").rglob("*.*")]:
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def _cold(home: Path, name: str, *, is_forgotten: bool) -> None:
    found = []
    for number in range(COLD):
        if is_forgotten:
            _forget(home)
        found.append(json.loads(_child(home, "cold", str(number))))
    opened, first = (sorted(times) for times in zip(*found, strict=True))
    print(
        f"  {name}, {COLD} processes: opening {opened[-1]:.0f} ms at most, first look-up p50 {first[COLD // 2]:.0f} ms,"
        f" {first[-1]:.0f} ms at most",
        flush=True,
    )


def main() -> None:
    if len(sys.argv) > 1:
        return _step(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="heng-bench-") as folder:
        home = Path(os.environ.get("HENG_BENCH_HOME") or folder)
        if not (home / "snapshots" / "CURRENT").is_file():
            _child(home, "prefecture")
        for passages, months in zip(PASSAGES, MONTHS, strict=True):  # a year first: a wider instance is not made narrow
            print(f"{passages:,} passages in {months} months", flush=True)
            print(_child(home, "widen", str(passages), str(months)), end="", flush=True)
            _cold(home, "cold, files in the cache", is_forgotten=False)
            _cold(home, "cold, no file in the cache", is_forgotten=True)
            print(_child(home, "warm"), end="", flush=True)


def _step(arguments: list[str]) -> None:
    from warehouse.connection import snapshot

    if arguments[0] == "prefecture":
        prefecture(Path(os.environ["HENG_HOME"]))
    elif arguments[0] == "widen":
        widen(int(arguments[1]), int(arguments[2]))
    elif arguments[0] == "warm":
        warm()
    else:
        import dashboards.lookup_facts  # noqa: F401, a server has it long before the first look-up

        opened = milliseconds(snapshot)
        plate_no = plates()[int(arguments[1])][0]
        print(json.dumps([opened, milliseconds(lambda: ask(plate_no))]))


def _child(home: Path, *arguments: str) -> str:
    environment = {**os.environ, "HENG_HOME": str(home), "HENG_STABLE_SECONDS": "0"}
    command = [sys.executable, __file__, *arguments]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    main()
