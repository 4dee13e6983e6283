"""A build: the days whose inputs changed, rebuilt in private, checked, and laid out for publishing.

For every event day an *input digest* is taken over its accepted rows, the register rows and dated rules
valid that day, whether its night is over, and the code. A day whose digest differs from the published
one is *touched*. Only touched days are loaded and run through dbt, in a private database; then each
month with a touched day is written again: its other days come from the published file. The work of a
night therefore follows from what was delivered, not from how much there is.

Nothing is visible before ``warehouse.publish.publish``. A killed build leaves a work directory that the
next one removes; recovery is a plain rerun.
"""

import bisect
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from warehouse import sql
from warehouse.columns import dictionary
from warehouse.digest import TableDigest, file_digest, row_text, table_digest, text_digest
from warehouse.errors import BuildFailed, CheckFailed
from warehouse.failpoint import failpoint
from warehouse.home import home
from warehouse.layout import ALSO_IN_HEAD, CONTENT_SCHEMAS, DATED
from warehouse.ledger import Ledger, Segment
from warehouse.metrics import METRICS
from warehouse.publish import Turn, pointer, read_manifest, take_turn
from warehouse.raw import RawTable

BATCH_ROWS = 5_000_000
MEMORY = "3GB"
THREADS = 2
STORAGE = "v1.5.0"  # readable by DuckDB 1.5 too: the way back
# Silent days are looked for from the first day of this feed on: it is the one that reports every night.
NIGHTLY_FEED = "wim_passage"
# The end of validity decides on which days a register row counts, which the digest knows by itself. Only
# certificates show it in a row of core.passage; a change of another row's end touches only the days between.
SHOWN_VALID_TO = ("verification_certificate",)
_MASK = (1 << 64) - 1


@dataclass
class Build:
    """A finished build in ``work``, ready to be published by the process or by one that takes the next turn."""

    work: Path
    turn: Turn
    base_version: int
    manifest: dict[str, Any]
    touched: list[date] = field(default_factory=list)

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
) -> Build:
    """Build what changed since the published version. ``full``: every day, as after losing ``parts/``.

    Raises ``CheckFailed`` if a stop check finds rows, ``BuildFailed`` if anything else keeps the build from
    its end (a full disk, a damaged raw file), ``Busy`` if another build runs.
    """
    turn = take_turn()
    work_root = home() / "work"
    for left in work_root.glob("build-*"):  # we hold the lock: their processes are dead or have lost their turn
        shutil.rmtree(left, ignore_errors=True)
    work = work_root / f"build-{os.getpid()}-{turn.number}"
    try:
        work.mkdir(parents=True, mode=0o700)
        return _Run(work, turn, business_date, list(raw_tables), full, threads, memory, batch_rows).run()
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise BuildFailed(
            f"The build stopped: {error}. The published version is untouched; free space if the disk is full, "
            "then run 'heng build' again."
        ) from error
    except BaseException:
        raise
    finally:
        if sys.exc_info()[0] is not None:
            turn.end()
            shutil.rmtree(work, ignore_errors=True)


@dataclass
class _Batch:
    """Months whose files are written together, and the loads of days their rows come from."""

    months: list[str]
    loads: list[list[date]]


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

    def run(self) -> Build:
        root = home()
        with Ledger(root) as ledger:
            self.segments = ledger.segments()
            self.last_night = ledger.last_night()
            self.deliveries, self.reasons = ledger.deliveries(), ledger.reasons()
        found = pointer()
        base = read_manifest(found["version"], found["manifest"]) if found else None
        self.events = {table.name: table for table in self.raw_tables if table.kind == "event"}
        self.registers = {table.name: table for table in self.raw_tables if table.kind == "register"}
        self.of_day: dict[date, list[Segment]] = defaultdict(list)
        for segment in self.segments:
            if segment.feed in self.events:
                self.of_day[segment.event_date].append(segment)
        registers = self._connect(self.work / "registers.duckdb")
        self._load_registers(registers)
        code = code_digest(self.raw_tables)
        days = self._day_digests(registers, code)
        registers.close()
        before = base["days"] if base and not self.full else {}
        touched = sorted(
            [date.fromisoformat(day) for day, digest in days.items() if before.get(day) != digest]
            + [date.fromisoformat(day) for day in before if day not in days]
        )
        columns = _columns_of_models(self.raw_tables)
        parts = self._build_parts(touched, days, base, columns)
        head = self._build_head(columns)
        tables: dict[str, TableDigest] = defaultdict(TableDigest)
        for told in [*parts.values(), head]:
            for name, digest in told["tables"].items():
                tables[name] += TableDigest.read(digest)
        content = [f"{n} {d.told()}" for n, d in sorted(tables.items()) if n.split(".")[0] in CONTENT_SCHEMAS]
        last_event = max(self.of_day, default=None)
        manifest = {
            "format": 1,
            "business_date": self.business_date.isoformat(),
            "data_until": str(self.last_night or last_event) if self.last_night or last_event else None,
            "digest": text_digest(content),
            "code": code,
            "days": days,
            "parts": parts,
            "head": head,
            "tables": {name: digest.told() for name, digest in sorted(tables.items())},
            "columns": columns,
            "checks": sorted(self.checks.values(), key=lambda check: check["name"]),
            "touched": [day.isoformat() for day in touched],
            "fence": self.turn.number,
            "segments": text_digest(f"{s.feed} {s.event_date} {s.sha256}" for s in self.segments),
            "engine": duckdb.__version__,
        }
        return Build(self.work, self.turn, base["version"] if base else 0, manifest, touched)

    # --- inputs ------------------------------------------------------------------------------
    def _connect(self, path: Path | str) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(
            str(path),
            config={
                "threads": self.threads,
                "memory_limit": self.memory,
                "temp_directory": str(self.work / "spill"),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )

    def _relation(self, table: RawTable, segments: list[Segment]) -> str | None:
        """The accepted rows in ``segments``. Every file is the one the ledger names, to the byte."""
        paths = []
        for segment in segments:
            path = home() / segment.path
            if not path.is_file() or file_digest(path) != segment.sha256:
                raise BuildFailed(
                    f"{table.name}: {segment.path} is missing or changed. Restore it from a backup, or land its "
                    f"deliveries again: heng quarantine replay {segment.deliveries[0][:12] if segment.deliveries else ''}"
                )
            paths.append("'" + str(path).replace("'", "''") + "'")
        return f"read_parquet([{', '.join(paths)}], union_by_name = true)" if paths else None

    def _load_registers(self, connection: duckdb.DuckDBPyConnection) -> None:
        for table in self.registers.values():
            sql.create_raw(connection, table, self._relation(table, [s for s in self.segments if s.feed == table.name]))
        sql.load_seeds(connection)

    def _candidate_days(self) -> list[date]:
        """Days with rows, and every day on which a site could have been silent."""
        days = set(self.of_day)
        nightly = [s.event_date for s in self.segments if s.feed == NIGHTLY_FEED]
        if nightly and self.last_night:
            first = min(nightly)
            days.update(first + timedelta(n) for n in range((self.last_night - first).days + 1))
        return sorted(days)

    def _day_digests(self, registers: duckdb.DuckDBPyConnection, code: str) -> dict[str, str]:
        days = self._candidate_days()
        dated = [self._dated_sums(registers, name, days) for name in self._dated_inputs(registers)]
        digests = {}
        for at, day in enumerate(days):
            rows: dict[str, tuple[int, int, int]] = {}
            for segment in self.of_day.get(day, []):
                count, lower, upper = rows.get(segment.feed, (0, 0, 0))
                content = int(segment.content_sum, 16)
                rows[segment.feed] = (
                    count + segment.row_count,
                    (lower + (content >> 64)) & _MASK,
                    (upper + (content & _MASK)) & _MASK,
                )
            told = [f"{feed} {sums}" for feed, sums in sorted(rows.items())]
            closed = self.last_night is not None and day <= self.last_night
            digests[day.isoformat()] = text_digest([code, str(closed), *told, *(sums[at] for sums in dated)])
        return digests

    def _dated_inputs(self, registers: duckdb.DuckDBPyConnection) -> list[tuple[str, list[str]]]:
        """Relations whose rows are valid from a day to a day, with the columns whose change matters."""
        found = []
        for table in self.registers.values():
            left_out = () if table.name in SHOWN_VALID_TO else ("valid_to",)
            columns = ["record_id", *(name for name in table.columns if name not in left_out)]
            found.append((f"(select * from raw.{table.name} where row_fate = 'current')", columns))
        used = set().union(*(sql.render(name).reads for name in sql.model_paths()))
        for seed, types in sql.seed_columns().items():
            if seed in used and "valid_to" in types:
                found.append((seed, [name for name in types if name != "valid_to"]))
        return found

    def _dated_sums(
        self, connection: duckdb.DuckDBPyConnection, source: tuple[str, list[str]], days: list[date]
    ) -> list[str]:
        """Per day the sum of the hashes of the rows valid that day, from running sums over their ends."""
        relation, columns = source
        changes = connection.execute(
            f"""
            with hashed as (
                select coalesce(valid_from, date '0001-01-01') as first_day, valid_to,
                    {row_text(columns)} as line
                from {relation}
            ),
            change as (
                select first_day as day, line, 1 as sign from hashed
                union all
                select valid_to + 1 as day, line, -1 as sign from hashed where valid_to is not null
            )
            select day, sum(sign), sum(sign * cast(md5_number_lower(line) as hugeint)),
                sum(sign * cast(md5_number_upper(line) as hugeint))
            from change group by day order by day"""
        ).fetchall()
        at_change, running = [], (0, 0, 0)
        for _, count, lower, upper in changes:
            running = (running[0] + count, (running[1] + lower) & _MASK, (running[2] + upper) & _MASK)
            at_change.append(running)
        change_days = [change[0] for change in changes]
        found = [bisect.bisect_right(change_days, day) - 1 for day in days]
        return [f"{at_change[at] if at >= 0 else (0, 0, 0)}" for at in found]

    # --- months ------------------------------------------------------------------------------
    def _batches(self, touched: list[date], days: dict[str, str]) -> list[_Batch]:
        """Touched days by whole months, so many at once that a batch stays below ``batch_rows`` rows."""
        of_month: dict[str, list[date]] = defaultdict(list)
        for day in touched:
            of_month[day.isoformat()[:7]].append(day)
        batches: list[_Batch] = []
        size = 0
        for month, month_days in sorted(of_month.items()):
            loads, rows = [[]], 0  # type: list[list[date]], int
            for day in month_days:
                if day.isoformat() not in days:
                    continue  # the day has no rows any more; its month is written without it
                of_day = sum(segment.row_count for segment in self.of_day.get(day, []))
                if loads[-1] and rows + of_day > self.batch_rows:
                    loads.append([])
                    rows = 0
                loads[-1].append(day)
                rows += of_day
            loads = [load for load in loads if load]
            if batches and len(loads) <= 1 and size + rows <= self.batch_rows and len(batches[-1].loads) <= 1:
                batches[-1].months.append(month)
                batches[-1].loads = [[*sum(batches[-1].loads, []), *sum(loads, [])]]
                size += rows
            else:
                batches.append(_Batch([month], loads))
                size = rows
        return batches

    def _build_parts(
        self, touched: list[date], days: dict[str, str], base: dict[str, Any] | None, columns: dict[str, Any]
    ) -> dict[str, Any]:
        parts = dict(base["parts"]) if base and not self.full else {}
        touched_set = set(touched)
        project = _copy_project(self.work, self.raw_tables, columns) if touched else self.work
        for batch in self._batches(touched, days):
            databases = []
            for number, load in enumerate(batch.loads):
                if load:
                    databases.append(self._run_models(project, load, f"{batch.months[0]}-{number}"))
            for month in batch.months:
                kept = [day for day in days if day[:7] == month and date.fromisoformat(day) not in touched_set]
                old = home() / parts[month]["file"] if month in parts and kept else None
                written = self._write_part(month, databases, old, touched_set, columns)
                parts.pop(month, None)
                if written:
                    parts[month] = written
                failpoint("build.part_written")
            for database in databases:
                shutil.rmtree(database.parent)
        return dict(sorted(parts.items()))

    def _run_models(self, project: Path, days: list[date], name: str) -> Path:
        """Load ``days`` and all registers into a private database and run dbt on it."""
        folder = self.work / f"load-{name}"
        folder.mkdir()
        database = folder / "build.duckdb"
        connection = self._connect(database)
        wanted = [segment for day in days for segment in self.of_day.get(day, [])]
        for table in self.events.values():
            sql.create_raw(connection, table, self._relation(table, [s for s in wanted if s.feed == table.name]))
        connection.execute(f"attach '{self.work / 'registers.duckdb'}' as registers (read_only)")
        for table in self.registers.values():
            connection.execute(f"create table raw.{table.name} as from registers.raw.{table.name}")
        connection.execute("detach registers")
        connection.execute("create table raw.build_day (event_date date, is_closed boolean)")
        connection.executemany(
            "insert into raw.build_day values (?, ?)",
            [(day, self.last_night is not None and day <= self.last_night) for day in days],
        )
        sql.complete_raw(connection, self.raw_tables)
        connection.close()
        failpoint("build.raw_loaded")
        self._dbt(project, database)
        failpoint("build.models_run")
        return database

    def _dbt(self, project: Path, database: Path) -> None:
        """``dbt build`` as a process of its own: in ours it would keep the database open."""
        target = database.parent / "target"
        finished = subprocess.run(
            [
                sys.executable, "-c", "from dbt.cli.main import cli; cli()",
                "--no-version-check", "--no-use-colors", "--log-path", str(database.parent / "logs"), "--quiet",
                "build", "--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target),
            ],
            env={
                **os.environ,
                "DO_NOT_TRACK": "1",
                "PYTHONWARNINGS": "ignore",
                "HENG_BUILD_DATABASE": str(database),
                "HENG_BUILD_THREADS": str(self.threads),
                "HENG_BUILD_MEMORY": self.memory,
                "HENG_BUILD_SPILL": str(self.work / "spill"),
            },
            cwd=project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        results = target / "run_results.json"
        if not results.is_file():
            raise BuildFailed(f"dbt did not run: {_last_lines(finished.stdout + finished.stderr)}")
        told = json.loads(results.read_text(encoding="utf-8"))["results"]
        wrong = [r for r in told if r["status"] in ("error", "runtime error")]
        if wrong:
            raise BuildFailed(f"{wrong[0]['unique_id'].split('.')[-1]} could not be run: {_last_lines(wrong[0]['message'])}")
        severities = check_severities()
        for result in told:
            if result["unique_id"].startswith("test."):
                name = result["unique_id"].split(".")[2]
                check = self.checks.setdefault(name, {"name": name, "severity": severities[name], "rows": 0})
                check["rows"] += result["failures"] or 0
        failed = {name: check["rows"] for name, check in self.checks.items() if check["severity"] == "stop" and check["rows"]}
        if failed:
            first = next(iter(failed))
            raise CheckFailed(
                f"Checks found rows: {failed}. {check_meaning(first)} "
                f"Nothing was published. The check is warehouse/checks/{first}.sql; it names the records: {self._found_by(first, database)}"
            )
        if finished.returncode:
            raise BuildFailed(f"dbt ended with {finished.returncode}: {_last_lines(finished.stdout + finished.stderr)}")

    def _found_by(self, check: str, database: Path) -> list[tuple[Any, ...]]:
        text, _ = sql.render_text((sql.PROJECT / "checks" / f"{check}.sql").read_text(encoding="utf-8"))
        connection = self._connect(database)
        try:
            return connection.execute(f"select * from ({text}) order by all limit 3").fetchall()
        finally:
            connection.close()

    def _write_part(
        self, month: str, databases: list[Path], old: Path | None, touched: set[date], columns: dict[str, Any]
    ) -> dict[str, Any] | None:
        """One month's file: rows of touched days from ``databases``, of the others from the ``old`` file."""
        path = self.work / f"{month}.duckdb"
        first = date.fromisoformat(f"{month}-01")
        after = (first + timedelta(days=32)).replace(day=1)
        connection = self._connect(":memory:")
        connection.execute(f"attach '{path}' as part (storage_version '{STORAGE}')")
        for number, database in enumerate(databases):
            connection.execute(f"attach '{database}' as load_{number} (read_only)")
        if old is not None:
            connection.execute(f"attach '{old}' as old (read_only)")
            connection.execute("create temp table touched (day date)")
            connection.executemany(
                "insert into touched values (?)", [(day,) for day in sorted(touched) if first <= day < after] or [(None,)]
            )
        events = ", ".join(f"'{name}'" for name in self.events)
        tables = {}
        for table, layout in DATED.items():
            listed = ", ".join(name for name, _ in columns[table])
            within = f"{layout.day} >= date '{first}' and {layout.day} < date '{after}'"
            if table in ALSO_IN_HEAD:
                within += f" and feed in ({events})"
            selects = [f"select {listed} from load_{n}.{table} where {within}" for n in range(len(databases))]
            if old is not None:
                selects.append(f"select {listed} from old.{table} where {layout.day} not in (select day from touched where day is not null)")
            if not selects:
                continue
            connection.execute(f"create schema if not exists part.{table.split('.')[0]}")
            order = ", ".join(layout.order)
            connection.execute(f"create table part.{table} as select * from ({' union all '.join(selects)}) order by {order}")
            tables[table] = table_digest(connection, f"part.{table}", [name for name, _ in columns[table]]).told()
        _close_database(connection, "part", path)
        if not any(told["rows"] for told in tables.values()):
            path.unlink()
            return None
        sha256 = file_digest(path)
        name = f"{month}-{sha256[:16]}.duckdb"
        path.rename(self.work / name)
        return {"file": f"parts/{name}", "sha256": sha256, "size": (self.work / name).stat().st_size, "tables": tables}

    # --- head --------------------------------------------------------------------------------
    def _build_head(self, columns: dict[str, Any]) -> dict[str, Any]:
        """Registers, seeds and what the ledger and the dictionary say."""
        registers = self._connect(self.work / "registers.duckdb")
        path = self.work / "head.duckdb"
        arrived = " union all ".join(
            f"select '{name}' as feed, delivery_id, event_date, row_fate from raw.{name}" for name in self.registers
        )
        registers.execute(f"attach '{path}' as head (storage_version '{STORAGE}')")
        for schema in ("staging", "mart", "seeds", "meta"):
            registers.execute(f"create schema head.{schema}")
        written = []
        for name in self.registers:
            if f"staging.{name}" in sql.model_paths():
                registers.execute(f"create table head.staging.{name} as {sql.render(f'staging.{name}').sql} order by all")
                written.append(f"staging.{name}")
        if arrived:
            registers.execute(f"create view raw.arrived as {arrived}")
            registers.execute(f"create table head.mart.row_fate as {sql.render('mart.row_fate').sql} order by all")
            written.append("mart.row_fate")
        for seed in sql.seed_columns():
            registers.execute(f"create table head.{seed} as from {seed} order by all")
            written.append(seed)
        for table, (types, rows) in self._meta(columns).items():
            registers.execute(f"create table head.{table} ({', '.join(f'{n} {t}' for n, t in types.items())})")
            if rows:
                _insert(registers, f"head.{table}", list(types), rows)
            written.append(table)
            columns[table] = [[name, type] for name, type in types.items()]
        tables = {}
        for table in written:
            listed = [name for name, _ in columns[table]]
            tables[table] = table_digest(registers, f"head.{table}", listed).told()
        _close_database(registers, "head", path)
        failpoint("build.head_written")
        sha256 = file_digest(path)
        return {"file": "head.duckdb", "sha256": sha256, "size": path.stat().st_size, "tables": tables}

    def _meta(self, columns: dict[str, Any]) -> dict[str, tuple[dict[str, str], list[tuple[Any, ...]]]]:
        delivery = {
            "delivery_id": "varchar", "feed": "varchar", "name": "varchar", "size_bytes": "bigint",
            "issued_at": "timestamp", "received_at": "timestamp", "landed_at": "timestamp", "state": "varchar",
            "reason": "varchar", "message": "varchar", "delivered_rows": "bigint", "accepted_rows": "bigint",
            "quarantined_rows": "bigint", "flagged_rows": "bigint", "first_event_date": "date",
            "last_event_date": "date",
        }  # fmt: skip
        reason = {"delivery_id": "varchar", "outcome": "varchar", "reason": "varchar", "row_count": "bigint"}
        column = {
            "table_name": "varchar", "position": "integer", "column_name": "varchar", "type": "varchar",
            "unit": "varchar", "label_zh": "varchar", "label_en": "varchar", "meaning_zh": "varchar",
            "meaning_en": "varchar", "is_personal": "boolean",
        }  # fmt: skip
        metric = {
            "metric": "varchar", "numerator": "varchar", "denominator": "varchar", "good": "varchar",
            "label_zh": "varchar", "label_en": "varchar", "definition_zh": "varchar", "definition_en": "varchar",
            "excludes_zh": "varchar", "excludes_en": "varchar", "version": "integer",
        }  # fmt: skip
        known = dictionary()
        described = []
        for table, listed in sorted(columns.items()):
            for position, (name, type) in enumerate(listed, 1):
                entry = known.get(name)
                if entry is not None:
                    described.append(
                        (table, position, name, type, entry.unit, entry.zh, entry.label, entry.zh_doc, entry.doc, entry.personal)
                    )
        return {
            # The ledger's issued_at orders versions ("day|instant of the file"); its day is what a page shows.
            "meta.delivery": (
                delivery,
                [tuple((row | {"issued_at": row["issued_at"][:10]})[name] for name in delivery) for row in self.deliveries],
            ),
            "meta.delivery_reason": (reason, [tuple(row[name] for name in reason) for row in self.reasons]),
            "meta.column": (column, described),
            "meta.metric": (
                metric,
                [
                    (m.name, m.numerator, m.denominator, m.good, m.label_zh, m.label_en, m.definition_zh, m.definition_en,
                     m.excludes_zh, m.excludes_en, m.version)
                    for m in METRICS.values()
                ],
            ),
        }  # fmt: skip


# --- pieces ----------------------------------------------------------------------------------------
def code_digest(raw_tables: Iterable[RawTable]) -> str:
    """Changes whenever a day could come out differently for the same inputs. Dated seeds are inputs."""
    texts = [duckdb.__version__]
    paths = [Path(__file__), Path(sql.__file__), Path(__file__).with_name("layout.py"), sql.PROJECT / "dbt_project.yml"]
    for folder in ("models", "macros", "checks"):
        paths += sorted((sql.PROJECT / folder).rglob("*.sql"))
    used = set().union(*(sql.render(name).reads for name in sql.model_paths()))
    for seed, types in sql.seed_columns().items():
        if seed in used and "valid_to" not in types:
            paths.append(sql.PROJECT / "seeds" / f"{seed.split('.')[1]}.csv")
    texts += [f"{path.name} {file_digest(path)}" for path in paths]
    for table in sorted(raw_tables, key=lambda table: table.name):
        texts += [f"{table.name} {table.kind} {name} {column.type}" for name, column in table.columns.items()]
    return text_digest(texts)


def check_severities() -> dict[str, str]:
    """``stop`` or ``warn`` of every check, from its first line."""
    found = {}
    for path in sorted((sql.PROJECT / "checks").glob("*.sql")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        severity = first.removeprefix("-- Severity: ").strip()
        if severity not in ("stop", "warn"):
            raise BuildFailed(f"warehouse/checks/{path.name} begins with {first!r}; write '-- Severity: stop' or 'warn'.")
        found[path.stem] = severity
    return found


def check_meaning(name: str) -> str:
    """What a finding of this check means, from its header."""
    lines = (sql.PROJECT / "checks" / f"{name}.sql").read_text(encoding="utf-8").splitlines()[1:]
    told = []
    for line in lines:
        if not line.startswith("--"):
            break
        told.append(line.removeprefix("--").strip())
    return " ".join(told)


def header_of(name: str) -> str:
    """The header comment of a model."""
    told = []
    for line in sql.model_paths()[name].read_text(encoding="utf-8").splitlines():
        if not line.startswith("--"):
            break
        told.append(line.removeprefix("--").strip())
    return " ".join(told)


def _columns_of_models(raw_tables: list[RawTable]) -> dict[str, list[list[str]]]:
    """Columns and types of every table a snapshot shows, found by running the models on nothing."""
    connection = duckdb.connect()
    sql.run_models(connection, raw_tables)
    registers = {f"staging.{table.name}" for table in raw_tables if table.kind == "register"}
    shown = [*DATED, *sql.seed_columns(), *(name for name in sql.model_paths() if name in registers)]
    found = {}
    for table in shown:
        found[table] = [[row[0], row[1]] for row in connection.execute(f"describe {table}").fetchall()]
    connection.close()
    return found


def _copy_project(work: Path, raw_tables: list[RawTable], columns: dict[str, Any]) -> Path:
    """The dbt project as this build runs it: severities as dbt wants them, sources and descriptions from
    the dictionary."""
    project = work / "project"
    project.mkdir()
    for name in ("models", "macros", "seeds"):
        shutil.copytree(sql.PROJECT / name, project / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(sql.PROJECT / name, project / name)
    (project / "checks").mkdir()
    for name, severity in check_severities().items():
        text = (sql.PROJECT / "checks" / f"{name}.sql").read_text(encoding="utf-8")
        config = "{{ config(severity='" + ("error" if severity == "stop" else "warn") + "') }}\n"
        (project / "checks" / f"{name}.sql").write_text(config + text, encoding="utf-8")
    known = dictionary()

    def described(names: Iterable[str]) -> list[dict[str, str]]:
        return [{"name": name, "description": known[name].doc if name in known else ""} for name in names]

    told = {
        "version": 2,
        "sources": [
            {
                "name": "raw",
                "tables": [
                    *({"name": table.name, "columns": described(table.all_columns())} for table in raw_tables),
                    {"name": "build_day", "description": "The days of this build and whether their night is over."},
                    {"name": "arrived", "description": "Every accepted row of every feed and what became of it."},
                ],
            }
        ],
        "models": [
            {
                "name": name.split(".")[1],
                "description": header_of(name),
                "columns": described(column for column, _ in columns.get(name, [])),
            }
            for name in sql.model_paths()
        ],
    }
    # JSON is YAML, and needs no second library.
    (project / "models" / "_dictionary.yml").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return project


def _insert(connection: duckdb.DuckDBPyConnection, table: str, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Many rows at once: executemany would take seconds for a year of deliveries."""
    import pyarrow as pa

    frame = pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)})
    connection.register("frame_to_insert", frame)
    connection.execute(f"insert into {table} select * from frame_to_insert")
    connection.unregister("frame_to_insert")


def _close_database(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Checkpoint and let go of an attached file; it must stand alone, without a log beside it."""
    connection.execute(f"checkpoint {name}")
    connection.execute(f"detach {name}")
    connection.close()
    if path.with_name(path.name + ".wal").exists():
        raise BuildFailed(f"{path.name} was left with a write-ahead log. Run 'heng build' again.")


def _last_lines(text: str, count: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-count:])
