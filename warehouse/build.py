"""A build: the days whose inputs changed, rebuilt in private, checked, and laid out for publishing.

``warehouse.days`` says which days are touched. Only those are loaded and run through dbt, in a private
database; then each month with a touched day is written again, its other days taken from the published
file. The work of a night therefore follows from what was delivered, not from how much there is.

Nothing is visible before ``warehouse.publish.publish``. A killed build leaves a work directory that the
next one removes; recovery is a plain rerun.
"""

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from warehouse import keyed, sql
from warehouse.days import code_digest, day_digests, loaded, looked_up_days
from warehouse.digest import TableDigest, file_digest, table_digest, text_digest
from warehouse.errors import BuildFailed, SnapshotDamaged
from warehouse.failpoint import failpoint
from warehouse.head import kept_answers, write_head
from warehouse.home import home
from warehouse.layout import ALSO_IN_HEAD, CONTENT_SCHEMAS, DATED, head_checks
from warehouse.ledger import Ledger, Segment
from warehouse.night import Book
from warehouse.project import copy_project, dbt, findings, published_columns, refuse_findings, run_checks
from warehouse.publish import Turn, is_there, pointer, read_manifest, take_turn
from warehouse.raw import RawTable, rows_of

BATCH_ROWS = 5_000_000
MEMORY = "3GB"
THREADS = 2
STORAGE = "v1.5.0"  # DuckDB 1.5 can open it too: the way back
ROW_GROUP_ROWS = 16_384
"""Rows of a block in a month's file. A look-up of a plate reads the block that may hold it: the engine's usual 122,880
rows cost it twice as much, and smaller ones make files larger and their summing slower."""


@dataclass
class Build:
    """A finished build in ``work``, ready to be published."""

    work: Path
    turn: Turn
    base_version: int
    manifest: dict[str, Any]
    touched: list[date] = field(default_factory=list)
    night: list[dict[str, Any]] = field(default_factory=list)
    """The night's lines of ``meta.night_report``."""
    mended: bool = False
    """A damaged file of the published version was made anew: it has to be replaced, though nothing else changed."""

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """Checks of severity warn that found rows: a device needs a visit."""
        return [check for check in self.manifest["checks"] if check["severity"] == "warn" and check["rows"]]

    def discard(self) -> None:
        """Give up the build and its turn."""
        self.turn.end()
        shutil.rmtree(self.work, ignore_errors=True)


def build(
    business_date: date,
    raw_tables: Iterable[RawTable],
    *,
    full: bool = False,
    threads: int = THREADS,
    memory: str = MEMORY,
    batch_rows: int = BATCH_ROWS,
    wait_seconds: float = 0,
) -> Build:
    """Build what changed since the published version. ``full``: every day, as after losing ``parts/``.

    Raises ``CheckFailed`` if a stop check finds rows, ``BuildFailed`` if anything else keeps the build from
    its end (a full disk, a damaged raw file), ``Busy`` if another build still runs after ``wait_seconds``.
    """
    turn = take_turn(wait_seconds=wait_seconds)
    work_root = home() / "work"
    for left in work_root.glob("build-*"):  # we hold the lock: their processes are dead or have lost their turn
        shutil.rmtree(left, ignore_errors=True)
    work = work_root / f"build-{os.getpid()}-{turn.number}"
    try:
        work.mkdir(parents=True, mode=0o700)
        run = _Run(work, turn, business_date, list(raw_tables), full, threads, memory, batch_rows)
        return run.run()
    except BaseException as error:
        turn.end()
        shutil.rmtree(work, ignore_errors=True)
        if isinstance(error, OSError | duckdb.IOException | duckdb.OutOfMemoryException):
            raise BuildFailed(
                f"The build stopped: {error}. The published version is untouched. If the disk is full, free space; "
                "then run 'heng build' again."
            ) from error
        raise


@dataclass
class _Batch:
    """Months whose files are written together, and the loads of days their rows come from."""

    months: list[str]
    loads: list[list[date]]
    rows: int


@dataclass
class _Run:
    work: Path
    turn: Turn
    business_date: date
    raw_tables: list[RawTable]
    full: bool
    threads: int
    memory: str
    batch_rows: int
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    night: list[dict[str, Any]] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)
    """Published months that were found not to be what their manifest names."""

    def _base(self, found: dict[str, Any] | None) -> dict[str, Any]:
        """What can be kept of the published version: ``parts`` that are there, and the ``days`` in them."""
        nothing: dict[str, Any] = {"parts": {}, "days": {}, "head": None, "code": ""}
        if found is None or self.full:
            return nothing
        try:
            base = read_manifest(found["version"], found["manifest"])
        except SnapshotDamaged:
            return nothing
        if not is_there(base["head"]) or file_digest(home() / base["head"]["file"]) != base["head"]["sha256"]:
            return nothing  # what the registers said when its days were built is not known any more
        lost = {month for month, told in base["parts"].items() if month in self.damaged or not is_there(told)}
        for told in base["parts"].values():
            if "keyed" in told and (base.get("keys") != keyed.FORMAT or not is_there(told["keyed"])):
                del told["keyed"]  # it is made anew of the month's file
        return {
            "head": home() / base["head"]["file"],
            "code": base["code"],
            "parts": {month: told for month, told in base["parts"].items() if month not in lost},
            "days": {day: digest for day, digest in base["days"].items() if day[:7] not in lost},
        }

    def run(self) -> Build:
        """Build; a published month that turns out to be damaged on the way is made anew from its days."""
        try:
            return self._run()
        except duckdb.Error:
            # Reading every file of every night whole would cost what history costs, so only now.
            self.damaged = self._damaged_months()
            if not self.damaged:
                raise
            # Another folder: the engine would give back a database that is still open under its path.
            self.work /= "again"
            self.work.mkdir(mode=0o700)
            self.checks = {}
            return self._run()

    def _damaged_months(self) -> set[str]:
        found = pointer()
        parts = self._base(found)["parts"] if found else {}
        return {month for month, told in parts.items() if file_digest(home() / told["file"]) != told["sha256"]}

    def _run(self) -> Build:
        with Ledger(home()) as ledger, ledger.one_moment():
            segments = ledger.segments()
            self.last_night = ledger.last_night()
            book = Book.of(ledger)
        found = pointer()
        base = self._base(found)
        kinds = {table.name: table.kind for table in self.raw_tables}
        events = [segment for segment in segments if kinds.get(segment.feed) == "event"]
        self.of_day: dict[date, list[Segment]] = defaultdict(list)
        for segment in events:
            self.of_day[segment.event_date].append(segment)
        code = code_digest(self.raw_tables)
        registers = self._load_registers(segments)
        days = day_digests(registers, self.raw_tables, events, self.last_night, code)
        old_parts, before = dict(base["parts"]), dict(base["days"])
        looked_up: set[str] = set()
        if base["code"] == code:  # else every day is touched
            files = {month: home() / told["file"] for month, told in old_parts.items()}
            looked_up = {day.isoformat() for day in looked_up_days(registers, base["head"], files)}
        registers.close()
        touched = sorted({*_changed(days, before), *(looked_up & days.keys())})
        # Only files that are written again are read whole; a damaged one is made anew from all its days.
        damaged = {
            month
            for month in {day[:7] for day in touched} & set(old_parts)
            if file_digest(home() / old_parts[month]["file"]) != old_parts[month]["sha256"]
        }
        if damaged:
            old_parts = {month: told for month, told in old_parts.items() if month not in damaged}
            rest = {day: digest for day, digest in before.items() if day[:7] not in damaged}
            touched = sorted({*touched, *_changed(days, rest)})
        columns = published_columns(self.raw_tables)
        parts = self._write_parts(sorted(date.fromisoformat(day) for day in touched), days, old_parts, columns)
        lacking = self._complete_keys(parts, columns)
        # A night without a delivery does not move it: "data until" is a day there is data of.
        until = max((day for day in self.of_day if not self.last_night or day <= self.last_night), default=None)
        head = self._write_head(columns, book, parts, until)
        tables: dict[str, TableDigest] = defaultdict(TableDigest)
        for told in [*parts.values(), head]:
            for name, digest in told["tables"].items():
                tables[name] += TableDigest.read(digest)
        manifest = {
            "format": 1,
            "keys": keyed.FORMAT,
            # Building an older night again does not make the version older.
            "business_date": max(self.business_date, self.last_night or self.business_date).isoformat(),
            "data_until": until.isoformat() if until else None,
            "digest": text_digest(
                f"{name} {digest.told()}"
                for name, digest in sorted(tables.items())
                if name.split(".")[0] in CONTENT_SCHEMAS
            ),
            "code": code,
            "days": days,
            "parts": parts,
            "head": head,
            "tables": {name: digest.told() for name, digest in sorted(tables.items())},
            "columns": columns,
            "raw": {table.name: table.told() for table in self.raw_tables},
            "checks": sorted(self.checks.values(), key=lambda check: check["name"]),
            "touched": sorted(touched),
            "fence": self.turn.number,
            "segments": text_digest(f"{s.feed} {s.event_date} {s.sha256}" for s in segments),
            "engine": duckdb.__version__,
        }
        return Build(
            self.work,
            self.turn,
            found["version"] if found else 0,
            manifest,
            [date.fromisoformat(day) for day in sorted(touched)],
            self.night,
            bool(self.damaged or damaged or lacking),
        )

    # --- loading -----------------------------------------------------------------------------
    def _connect(self, path: Path | str) -> duckdb.DuckDBPyConnection:
        return sql.private_database(path, self.work / "spill", self.threads, self.memory)

    def _load_registers(self, segments: list[Segment]) -> duckdb.DuckDBPyConnection:
        """All rows of registers and lists, and the seeds: they are small, and any day may need any of them."""
        connection = self._connect(self.work / "registers.duckdb")
        for table in self.raw_tables:
            if table.kind != "event":
                sql.create_raw(connection, table, rows_of([s for s in segments if s.feed == table.name]))
        sql.load_seeds(connection)
        return connection

    def _run_models(self, project: Path, days: list[date], name: str, columns: dict[str, Any]) -> Path:
        """Load ``days`` and all registers into a private database and run dbt on it."""
        folder = self.work / f"load-{name}"
        folder.mkdir()
        database = folder / "build.duckdb"
        connection = self._connect(database)
        wanted = self._loaded(days)
        connection.execute(f"attach '{self.work / 'registers.duckdb'}' as registers (read_only)")
        for table in self.raw_tables:
            if table.kind == "event":
                sql.create_raw(connection, table, rows_of([s for s in wanted if s.feed == table.name]))
            else:
                connection.execute(
                    f"create schema if not exists raw; create table raw.{table.name} as from registers.raw.{table.name}"
                )
        connection.execute("detach registers")
        connection.execute("create table raw.build_day (event_date date, is_closed boolean)")
        closed = [(day, self.last_night is not None and day <= self.last_night) for day in days]
        connection.executemany("insert into raw.build_day values (?, ?)", closed)
        sql.complete_raw(connection, self.raw_tables)
        connection.close()
        failpoint("build.raw_loaded")
        settings = {
            "HENG_BUILD_THREADS": str(self.threads),
            "HENG_BUILD_MEMORY": self.memory,
            "HENG_BUILD_SPILL": str(self.work / "spill"),
        }
        found = findings(dbt("build", project, database, settings))
        with duckdb.connect(str(database), read_only=True) as built:
            refuse_findings(found, built)
        self._count(found)
        failpoint("build.models_run")
        return database

    def _loaded(self, days: Sequence[date]) -> list[Segment]:
        return loaded(days, self.of_day, self.raw_tables)

    def _count(self, found: dict[str, dict[str, Any]]) -> None:
        for check in found.values():
            known = self.checks.setdefault(check["name"], {**check, "rows": 0})
            known["rows"] += check["rows"]

    # --- months ------------------------------------------------------------------------------
    def _batches(self, touched: list[date], days: dict[str, str]) -> list[_Batch]:
        """Touched days by whole months, as many at once as stay below ``batch_rows`` rows.

        A month with more rows than that is loaded in several goes. A day that has no rows any more is not
        loaded; its month is written without it.
        """
        of_month: dict[str, list[date]] = defaultdict(list)
        for day in touched:
            of_month[day.isoformat()[:7]].append(day)
        batches: list[_Batch] = []
        for month, month_days in sorted(of_month.items()):
            loads: list[list[date]] = [[]]
            rows = of_load = 0
            for day in month_days:
                if day.isoformat() in days:
                    of_day = sum(segment.row_count for segment in self._loaded([day]))
                    if loads[-1] and of_load + of_day > self.batch_rows:
                        loads.append([])
                        of_load = 0
                    loads[-1].append(day)
                    of_load += of_day
                    rows += of_day
            last = batches[-1] if batches else None
            if last and last.rows + rows <= self.batch_rows:
                last.months.append(month)
                last.loads[0] += loads[0]
                last.rows += rows
            else:
                batches.append(_Batch([month], loads, rows))
        return batches

    def _write_parts(
        self, touched: list[date], days: dict[str, str], old_parts: dict[str, Any], columns: dict[str, Any]
    ) -> dict[str, Any]:
        parts = dict(old_parts)
        if not touched:
            return parts
        project = copy_project(self.work / "project", self.raw_tables, columns)
        for batch in self._batches(touched, days):
            databases = [
                self._run_models(project, load, f"{batch.months[0]}-{number}", columns)
                for number, load in enumerate(batch.loads)
                if load
            ]
            for month in batch.months:
                gone = {day for day in touched if day.isoformat()[:7] == month}
                kept = [day for day in days if day[:7] == month and date.fromisoformat(day) not in gone]
                old = home() / parts[month]["file"] if month in parts and kept else None
                parts.pop(month, None)
                written = self._write_part(month, databases, old, gone, columns)
                if written:
                    parts[month] = written
                failpoint("build.part_written")
            for database in databases:
                shutil.rmtree(database.parent)
        return dict(sorted(parts.items()))

    def _write_part(
        self, month: str, databases: list[Path], old: Path | None, touched: set[date], columns: dict[str, Any]
    ) -> dict[str, Any] | None:
        """One month's file: rows of touched days from ``databases``, of the others from the ``old`` file."""
        path = self.work / f"{month}.duckdb"
        first = date.fromisoformat(f"{month}-01")
        after = (first + timedelta(days=32)).replace(day=1)
        connection = self._connect(":memory:")
        connection.execute(f"attach '{path}' as part (storage_version '{STORAGE}', row_group_size {ROW_GROUP_ROWS})")
        for number, database in enumerate(databases):
            connection.execute(f"attach '{database}' as load_{number} (read_only)")
        if old is not None:
            connection.execute(f"attach '{old}' as old (read_only)")
        listed_days = ", ".join(f"date '{day}'" for day in sorted(touched))
        events = ", ".join(f"'{table.name}'" for table in self.raw_tables if table.kind == "event")
        tables = {}
        for table, layout in DATED.items():
            names = [name for name, _ in columns[table]]
            within = f"{layout.day} >= date '{first}' and {layout.day} < date '{after}'"
            if table in ALSO_IN_HEAD:
                within += f" and feed in ({events})"
            selects = [
                f"select {', '.join(names)} from load_{number}.{table} where {within}"
                f" and {layout.day} in (select event_date from load_{number}.raw.build_day)"  # not of days before
                for number in range(len(databases))
            ]
            if old is not None:
                selects.append(f"select {', '.join(names)} from old.{table} where {layout.day} not in ({listed_days})")
            if selects:
                connection.execute(f"create schema if not exists part.{table.split('.')[0]}")
                connection.execute(
                    f"create table part.{table} as select * from ({' union all '.join(selects)})"
                    f" order by {', '.join(layout.order)}"
                )
                tables[table] = table_digest(connection, f"part.{table}", names).told()
        has_rows = any(told["rows"] for told in tables.values())
        keys = self.work / f"{month}.keys"
        if has_rows:
            keyed.write_part(connection, "part", tables, columns, keys)
        _close_attached(connection, "part", path)
        if not has_rows:
            path.unlink()
            return None
        return {**self._named(month, path), "tables": tables, "keyed": self._named(month, keys)}

    def _named(self, month: str, path: Path) -> dict[str, Any]:
        """A finished file of a month, named by its content, as the manifest tells it."""
        sha256 = file_digest(path)
        named = path.rename(self.work / f"{month}-{sha256[:16]}{path.suffix}")
        return {"file": f"parts/{named.name}", "sha256": sha256, "size": named.stat().st_size}

    def _complete_keys(self, parts: dict[str, Any], columns: dict[str, Any]) -> bool:
        """Write the keys of kept months that lack them; whether there were such."""
        lacking = [month for month, told in parts.items() if "keyed" not in told]
        for month in lacking:
            connection = self._connect(":memory:")
            connection.execute(f"attach '{home() / parts[month]['file']}' as part (read_only)")
            path = self.work / f"{month}.keys"
            keyed.write_part(connection, "part", parts[month]["tables"], columns, path)
            connection.close()
            parts[month] = {**parts[month], "keyed": self._named(month, path)}
        return bool(lacking)

    def _write_head(
        self, columns: dict[str, Any], book: Book, parts: dict[str, Any], until: date | None
    ) -> dict[str, Any]:
        path = self.work / "head.duckdb"
        connection = self._connect(self.work / "registers.duckdb")
        connection.execute(f"attach '{path}' as head (storage_version '{STORAGE}')")
        months = {}
        for month, told in parts.items():
            written = self.work / Path(told["file"]).name
            months[month] = written if written.exists() else home() / told["file"]
        tables = write_head(connection, self.raw_tables, columns, book, months)
        found = run_checks(connection, head_checks(self.raw_tables))
        refuse_findings(found, connection)
        self._count(found)
        report = connection.execute(
            "select * from head.meta.night_report where business_date = ? order by feed", [self.business_date]
        )
        names = [description[0] for description in report.description or ()]
        self.night = [dict(zip(names, row, strict=True)) for row in report.fetchall()]
        keys = self.work / "head.keys"
        keyed.write_head(connection, "head", columns, keys, kept_answers(connection, until))
        _close_attached(connection, "head", path)
        failpoint("build.head_written")
        return {**_told(path), "tables": tables, "keyed": _told(keys)}


def _told(path: Path) -> dict[str, Any]:
    return {"file": path.name, "sha256": file_digest(path), "size": path.stat().st_size}


def _changed(days: dict[str, str], before: dict[str, str]) -> list[str]:
    """Days whose inputs are not those of ``before``, and days that are gone."""
    return [day for day, digest in days.items() if before.get(day) != digest] + [d for d in before if d not in days]


def _close_attached(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Checkpoint and let go of an attached file; it must stand alone, without a log beside it."""
    connection.execute(f"checkpoint {name}")
    connection.execute(f"detach {name}")
    connection.close()
    if path.with_name(path.name + ".wal").exists():
        raise BuildFailed(f"{path.name} was left with a write-ahead log. Run 'heng build' again.")
