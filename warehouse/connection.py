"""The published snapshot, read-only: what pages, ``heng explain`` and ``heng sql`` read.

``snapshot()`` is the whole of it, for commands of who holds the files anyway. Whoever comes in by another way has a
``Principal``: ``snapshot(principal)`` holds the rows of the principal's districts alone (``warehouse.scope``), whatever
is asked of it, and hands personal text out masked (``warehouse.masks``); ``warehouse.disclosure`` hands it out whole.

A snapshot is an in-memory database with the version's files attached read-only and one view per table.
It can reach no other file, and no setting of it can be changed. A page takes one snapshot per request
and stays with it; the next request finds the next version.
"""

import atexit
import contextlib
import heapq
import itertools
import json
import os
import shutil
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, overload

import duckdb
import pandas as pd

from warehouse import keyed, masks, scope
from warehouse.errors import NoSnapshot, NotAllowed, SnapshotDamaged, WarehouseError
from warehouse.home import home, temporary
from warehouse.keyed import Passed
from warehouse.principal import Mask, Principal
from warehouse.publish import pointer, published_manifest, read_manifest

__all__ = [
    "NoSnapshot",
    "Reader",
    "Scoped",
    "Snapshot",
    "TooBusy",
    "TooMany",
    "TooSlow",
    "published_manifest",
    "snapshot",
]

MEMORY = "1GB"
TIMEOUT_SECONDS = 30.0
QUERIES_AT_ONCE = 8
"""Of one process; others wait."""
WAIT_SECONDS = 10.0
MOST_ROWS = 1_000_000
"""Rows that one query of a principal's reader hands out; lists and files are read in pieces far below it."""


class TooSlow(WarehouseError):
    """A query was stopped by the watchdog."""


class TooMany(TooSlow):
    """A result has more rows than a reader hands out at once."""


class TooBusy(WarehouseError):
    """Other queries took all the time that a query waits for its turn."""


_turns = threading.BoundedSemaphore(QUERIES_AT_ONCE)


def _all_turns() -> None:
    """A fork has none of the queries that its parent was at."""
    global _turns
    _turns = threading.BoundedSemaphore(QUERIES_AT_ONCE)


os.register_at_fork(after_in_child=_all_turns)


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    turns = _turns
    if not turns.acquire(timeout=WAIT_SECONDS):
        raise TooBusy(f"{QUERIES_AT_ONCE} queries are at work and none ended in {WAIT_SECONDS:g} seconds. Ask again.")
    try:
        yield
    finally:
        turns.release()


class _Watchdog:
    """Interrupts what is still running at its deadline. One thread for all: to start one costs as much as a query."""

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)  # a fork has no thread of its parent, nor what ran there
        atexit.register(self._end)  # a thread that lives on keeps the engine from being taken down in order

    def _reset(self) -> None:
        self._changed = threading.Condition()
        self._deadlines: list[tuple[float, int]] = []
        self._running: dict[int, Callable[[], None]] = {}
        self._numbers = count()
        self._watching: threading.Thread | None = None
        self._is_over = False

    @contextlib.contextmanager
    def over(self, interrupt: Callable[[], None], seconds: float) -> Iterator[None]:
        """Calls ``interrupt`` if the block takes longer than ``seconds``, and never after it."""
        number, deadline = next(self._numbers), time.monotonic() + seconds
        with self._changed:
            if self._watching is None:
                self._watching = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._watching.start()
            self._running[number] = interrupt
            heapq.heappush(self._deadlines, (deadline, number))
            if self._deadlines[0][1] == number:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                del self._running[number]
                if not self._running:
                    self._deadlines.clear()

    def _watch(self) -> None:
        with self._changed:
            while not self._is_over:
                now = time.monotonic()
                while self._deadlines and self._deadlines[0][0] <= now:
                    _, number = heapq.heappop(self._deadlines)
                    if number in self._running:
                        self._running[number]()
                self._changed.wait(self._deadlines[0][0] - now if self._deadlines else None)

    def _end(self) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify()
        if self._watching is not None:
            self._watching.join()


_watchdog = _Watchdog()


@lru_cache(512)
def _check_one_select(sql: str) -> None:
    """Raises ``WarehouseError`` for any other text; looked at once, as our texts are constant."""
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise WarehouseError("Only one SELECT at a time can be read from a snapshot.")


def dicts(result: duckdb.DuckDBPyConnection, most: int | None = None) -> list[dict[str, Any]]:
    """The rows of a result, a dict each, with the engine's own values. Raises ``TooMany`` above ``most``."""
    names = [column[0] for column in result.description or ()]
    rows = result.fetchall() if most is None else result.fetchmany(most + 1)
    _capped(len(rows), most)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _capped(count: int, most: int | None) -> None:
    if most is not None and count > most:
        raise TooMany(f"The result has more than {most:,} rows. Ask for a shorter period or fewer places.")


class Reader:
    """An open database that only SELECTs can reach. ``read`` may be called from many threads at once.

    ``scope``: the districts whose rows it holds, ``all``, or ``none``. ``mask``: how personal text leaves it.
    """

    scope: str = "all"
    districts: tuple[str, ...] | None = None
    mask: Mask = "whole"
    most_rows: int | None = None
    version: int | None = None
    manifest: dict[str, Any]

    def __init__(self, path: str, spill: Path, read_only: bool) -> None:
        """Open ``path``. The engine spills beside its database by default; ``spill`` keeps personal data private."""
        self._constants: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._connection = duckdb.connect(
            path,
            read_only=read_only,
            config={
                "threads": 2,
                "memory_limit": MEMORY,
                "temp_directory": str(spill),
                "max_temp_directory_size": "2GB",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )

    def within(self, table: str, columns: str, days: Iterable[date]) -> str:
        """``columns`` of a dated ``table``, for a FROM clause, with at least its rows of these days."""
        return f"(select {columns} from {table})"

    @property
    def kept(self) -> Mapping[str, Any]:
        """What was told of all together when the version was built: plain values by name, none of it personal."""
        return {}

    def keyed(
        self, table: str, columns: Sequence[str], key: str, values: Iterable[str], days: Iterable[date] | None = None
    ) -> list[dict[str, Any]]:
        """See ``warehouse.keyed.rows``."""
        return keyed.select(self, table, columns, key, values, days)

    def passed(self, plates: Iterable[str], days: Iterable[date] | None = None) -> dict[str, Passed]:
        """See ``warehouse.keyed.passed``."""
        return keyed.select_passed(self, plates, days)

    def weighed(self, columns: Sequence[str], records: Iterable[str]) -> list[dict[str, Any]] | None:
        """``columns`` of the passages that cases name by number, by their record; None: to be found in the months."""
        return None

    def _lock(self) -> None:
        self._connection.execute("set enable_external_access = false")
        self._connection.execute("set lock_configuration = true")

    def read(self, sql: str, params: Any = None, timeout: float = TIMEOUT_SECONDS) -> pd.DataFrame:
        """The result of one SELECT. Raises ``TooSlow`` after ``timeout`` seconds, ``TooMany`` above ``most_rows``."""
        with self._asked(sql, params, timeout) as result:
            frame = result.df()
        _capped(len(frame), self.most_rows)
        return frame

    def rows(self, sql: str, params: Any = None, timeout: float = TIMEOUT_SECONDS) -> list[dict[str, Any]]:
        """As ``read``, a dict a row with the engine's own values: a fifth of the cost for the few rows of a look-up."""
        with self._asked(sql, params, timeout) as result:
            return dicts(result, self.most_rows)

    def constant(self, sql: str, params: Any = None) -> list[dict[str, Any]]:
        """As ``rows``, asked once and kept while open: for rules, places and words, never for what names somebody."""
        key = (sql, repr(masks.whole_of(params)))
        if key not in self._constants:
            self._constants[key] = self.rows(sql, params)
        return self._constants[key]

    @contextlib.contextmanager
    def _asked(self, sql: str, params: Any, timeout: float) -> Iterator[duckdb.DuckDBPyConnection]:
        _check_one_select(sql)
        with _turn():
            cursor = self._cursor()
            try:
                with _watchdog.over(cursor.interrupt, timeout):
                    yield cursor.execute(sql, params if params is not None else [])
            except duckdb.InterruptException:
                raise TooSlow(f"The query was stopped after {timeout:g} seconds. Ask for a shorter period.") from None
            finally:
                with contextlib.suppress(duckdb.Error):
                    cursor.close()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        return self._connection.cursor()


class Snapshot(Reader):
    """One published version."""

    _store: keyed.Store | None = None

    def __init__(self, manifest: dict[str, Any]) -> None:
        self.manifest = manifest
        self.version: int = manifest["version"]
        self._scoped: OrderedDict[tuple[tuple[str, ...] | None, Mask], Scoped] = OrderedDict()
        spill = temporary("read")
        weakref.finalize(self, shutil.rmtree, str(spill), ignore_errors=True)
        super().__init__(":memory:", spill, read_only=False)
        self._attach()
        self._lock()
        self._store = self._keys()

    def _keys(self) -> keyed.Store | None:
        """The keys beside the files; None for a version from before there were any."""
        holders = {**self.manifest["parts"], "head": self.manifest["head"]}
        if self.manifest.get("keys") != keyed.FORMAT or not all("keyed" in told for told in holders.values()):
            return None
        paths = {name: self._found(told["keyed"]) for name, told in holders.items()}
        return keyed.Store(paths.pop("head"), paths)

    @property
    def kept(self) -> Mapping[str, Any]:
        return {} if self._store is None else self._store.kept

    def keyed(
        self, table: str, columns: Sequence[str], key: str, values: Iterable[str], days: Iterable[date] | None = None
    ) -> list[dict[str, Any]]:
        if self._store is None:
            return super().keyed(table, columns, key, values, days)
        return self._store.rows(table, columns, key, values, days)

    def passed(self, plates: Iterable[str], days: Iterable[date] | None = None) -> dict[str, Passed]:
        return super().passed(plates, days) if self._store is None else self._store.passed(plates, days)

    def weighed(self, columns: Sequence[str], records: Iterable[str]) -> list[dict[str, Any]] | None:
        if self._store is None:
            return None
        return self._store.rows(keyed.WEIGHED.table, columns, keyed.WEIGHED.key, records)

    def _found(self, told: Mapping[str, Any]) -> Path:
        """Where a file of the version lies. Raises ``SnapshotDamaged`` if it is not there, or not of its size."""
        path = home() / told["file"]
        # The manifest is verified by digest; a file of another size is not the one it names.
        if not path.is_file() or path.stat().st_size != told["size"]:
            raise SnapshotDamaged(f"{told['file']} of version {self.version} is missing or changed. Run 'heng build'.")
        return path

    def _attach(self) -> None:
        for name, told in [*self._parts(), ("head", self.manifest["head"])]:
            path = self._found(told)
            self._connection.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as {name} (read_only)")
        for table, columns in self.manifest["columns"].items():
            self._connection.execute(f"create schema if not exists {table.split('.')[0]}")
            listed = ", ".join(name for name, _ in columns)
            self._connection.execute(f"create view {table} as {self._select(table, listed, self._parts())}")

    def _parts(self, months: Container[str] | None = None) -> list[tuple[str, dict[str, Any]]]:
        """Name and manifest entry of the attached files of ``months`` (``2026-11``), or of all."""
        parts = enumerate(sorted(self.manifest["parts"].items()))
        return [(f"part_{number}", told) for number, (month, told) in parts if months is None or month in months]

    def _select(
        self, table: str, columns: str, parts: Iterable[tuple[str, dict[str, Any]]], where: str = "true"
    ) -> str:
        holders = [name for name, told in [*parts, ("head", self.manifest["head"])] if table in told["tables"]]
        typed = dict(self.manifest["columns"][table])
        nothing = ", ".join(f"cast(null as {typed[name]}) as {name}" for name in columns.split(", "))
        kept = "" if where == "true" else f" where {where}"
        selects = [f"select {columns} from {holder}.{table}{kept}" for holder in holders]
        return " union all ".join(selects) or f"select {nothing} where false"

    def within(self, table: str, columns: str, days: Iterable[date]) -> str:
        """As ``Reader.within``: from the files of their months alone. To plan a query on a file costs about as much as
        to find a plate in it, so a look-up of a year does not ask the files of ten."""
        return f"({self._select(table, columns, self._parts({f'{day:%Y-%m}' for day in days}))})"

    def scoped(self, districts: tuple[str, ...] | None, mask: Mask) -> "Scoped":
        """This version for a principal; the last ones asked for stay open, each with answers of its own."""
        with _guard:
            found = self._scoped.pop((districts, mask), None) or Scoped(self, districts, mask)
            self._scoped[districts, mask] = found
            while len(self._scoped) > SCOPES_KEPT:
                self._scoped.popitem(last=False)  # who still reads it holds it
        return found


SCOPES_KEPT = 32
_TABLES_OF_ENGINE = {("information_schema", "tables"), ("information_schema", "columns")}
_FUNCTIONS = {"unnest", "range", "generate_series"}
"""What a scoped query may read beside the tables: names of tables, and rows made of its own values."""


class Scoped(Reader):
    """One published version as far as a principal may see it, over the engine and the files of the whole one.

    A catalog of its own holds a view of each table with the condition of the districts, so a query that names
    ``core.passage`` cannot reach another row. One that names anything but the tables (a file of the snapshot, a
    function that reads by name) is refused. ``None`` as districts is all of them, masked all the same.
    """

    def __init__(self, whole: Snapshot, districts: tuple[str, ...] | None, mask: Mask) -> None:
        self.most_rows = MOST_ROWS
        asked = Principal("system", "system", districts, mask)
        self.scope, self.districts, self.mask = asked.scope, asked.districts, mask
        self.manifest, self.version = whole.manifest, whole.version
        self._whole = whole
        self._connection = whole._connection
        self._constants = {}
        self._allowed: set[str] = set()
        self._months: dict[str, str] = {}
        self._guard = threading.Lock()
        self._catalog = f"scope_{next(_numbers)}"
        self._conditions: dict[str, str] = {}
        self._make(asked.districts)
        weakref.finalize(self, _detach, self._connection, self._catalog)

    def _make(self, districts: tuple[str, ...] | None) -> None:
        connection = self._connection.cursor()
        connection.execute(f"attach ':memory:' as {self._catalog}")
        columns: Mapping[str, Any] = self.manifest["columns"]
        schemas = {table.split(".")[0] for table in columns}
        for schema in sorted(schemas | {"holder", "months"}):
            connection.execute(f"create schema {self._catalog}.{schema}")
        self._schemas = schemas | {"months"}
        own, made = f"{self._catalog}.holder", set[str]()
        if districts:
            for name, query in scope.holders(columns, districts, "memory", own).items():
                connection.execute(f'create table {own}."{name}" as {query}')
                made.add(name)
        for table, typed in columns.items():
            names = [name for name, _ in typed]
            kept = "true" if districts is None else scope.condition(
                table, names, districts, own, made.__contains__
            )  # fmt: skip
            self._conditions[table] = kept
            select = self._whole._select(table, ", ".join(names), self._whole._parts(), kept)
            connection.execute(f"create view {self._catalog}.{table} as {select}")
        connection.close()

    def within(self, table: str, columns: str, days: Iterable[date]) -> str:
        """As ``Snapshot.within``, of a view with the condition, made when it is first asked for."""
        months = sorted({f"{day:%Y-%m}" for day in days} & set(self.manifest.get("parts", ())))
        name = "_".join([table.replace(".", "_"), *(month.replace("-", "") for month in months)])
        with self._guard:
            if name not in self._months:
                listed = ", ".join(one for one, _ in self.manifest["columns"][table])
                select = self._whole._select(table, listed, self._whole._parts(months), self._conditions[table])
                view = f'months."{name}"' if len(name) < 200 else f'months."{table}_{len(self._months)}"'
                connection = self._connection.cursor()
                connection.execute(f"create view {self._catalog}.{view} as {select}")
                connection.close()
                self._months[name] = view
        return f"(select {columns} from {self._months[name]})"

    def read(self, sql: str, params: Any = None, timeout: float = TIMEOUT_SECONDS) -> pd.DataFrame:
        frame = super().read(sql, params, timeout)
        return frame if self.mask == "whole" else _masked_frame(frame)

    def rows(self, sql: str, params: Any = None, timeout: float = TIMEOUT_SECONDS) -> list[dict[str, Any]]:
        rows = super().rows(sql, params, timeout)
        return rows if self.mask == "whole" else _masked_rows(rows)

    @property
    def _reads_keys(self) -> bool:
        """Whether the whole version's keys tell what this reader may see: they know neither districts nor masks."""
        return self.districts is None and self.mask == "whole"

    @property
    def kept(self) -> Mapping[str, Any]:
        return self._whole.kept if self.districts is None else {}

    def keyed(
        self, table: str, columns: Sequence[str], key: str, values: Iterable[str], days: Iterable[date] | None = None
    ) -> list[dict[str, Any]]:
        of = self._whole.keyed if self._reads_keys else super().keyed
        return of(table, columns, key, values, days)

    def passed(self, plates: Iterable[str], days: Iterable[date] | None = None) -> dict[str, Passed]:
        return (self._whole.passed if self._reads_keys else super().passed)(plates, days)

    def weighed(self, columns: Sequence[str], records: Iterable[str]) -> list[dict[str, Any]] | None:
        return self._whole.weighed(columns, records) if self._reads_keys else None

    def of_all(self) -> "Scoped":
        """All districts, for what is told of one among all: a place, a city's rate. Whoever asks it hands out no figure
        of another district."""
        return self._whole.scoped(None, self.mask)

    @contextlib.contextmanager
    def _asked(self, sql: str, params: Any, timeout: float) -> Iterator[duckdb.DuckDBPyConnection]:
        self._check(sql)
        try:
            with super()._asked(sql, masks.whole_of(params), timeout) as result:
                yield result
        except duckdb.Error as error:  # its words quote values, which would stand in a log
            raise WarehouseError(f"The query failed: {type(error).__name__}.") from None

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        cursor = self._connection.cursor()
        cursor.execute(f"use {self._catalog}")
        return cursor

    def _check(self, sql: str) -> None:
        """Raises ``WarehouseError`` for a query that reads anything but the tables; each text is looked at once."""
        if sql in self._allowed:
            return
        cursor = self._connection.cursor()
        told = json.loads(cursor.execute("select json_serialize_sql($sql)", {"sql": sql}).fetchall()[0][0])
        cursor.close()
        if told.get("error") is not False or not _reads_only(told, self._schemas, _named(told)):
            raise WarehouseError("A query of this reader may read published tables alone, each by its schema.")
        if len(self._allowed) > 10_000:
            self._allowed.clear()
        self._allowed.add(sql)


class Veiled:
    """A reader of all districts that is no snapshot (what a night knew), masked."""

    scope = "all"
    mask: Mask = "masked"

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.version, self.manifest = reader.version, reader.manifest

    def read(self, sql: str, params: Any = None, timeout: float = TIMEOUT_SECONDS) -> pd.DataFrame:
        return _masked_frame(self._reader.read(sql, masks.whole_of(params), timeout))

    def rows(self, sql: str, params: Any = None, timeout: float = TIMEOUT_SECONDS) -> list[dict[str, Any]]:
        return _masked_rows(self._reader.rows(sql, masks.whole_of(params), timeout))

    def constant(self, sql: str, params: Any = None) -> list[dict[str, Any]]:
        return _masked_rows(self._reader.constant(sql, masks.whole_of(params)))

    def within(self, table: str, columns: str, days: Iterable[date]) -> str:
        return self._reader.within(table, columns, days)


def need_all_districts(source: Any, what: str) -> None:
    """Raises ``WarehouseError`` for a reader of some districts, where ``what`` is computed of all."""
    if getattr(source, "scope", "all") != "all":
        raise WarehouseError(f"{what} is computed for the whole prefecture alone, and this account sees its districts.")


def need_whole(source: Any) -> None:
    """Raises ``NotAllowed`` for a masked reader: who looks somebody up is on record (``warehouse.disclosure``)."""
    if getattr(source, "mask", "whole") != "whole":
        raise NotAllowed("To look somebody up, state a purpose: it is recorded. Nothing is shown without.")


def _masked_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: masks.out(name, value) for name, value in row.items()} for row in rows]


def _masked_frame(frame: pd.DataFrame) -> pd.DataFrame:
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[name]) or pd.api.types.is_datetime64_any_dtype(frame[name]):
            continue
        values = [masks.out(name, value) for value in frame[name]]
        if any(map(masks.is_masked, values)):
            # A frame compares and groups by what is shown: all texts of a hidden column would be one.
            if any(isinstance(value, masks.Masked) for value in values) and not masks.is_declared(name):
                raise WarehouseError(f"{name} is not declared in warehouse/columns/levels.py.")
            frame[name] = pd.Series(values, index=frame.index, dtype=object)
    return frame


_numbers = itertools.count(1)


def _detach(connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
    with contextlib.suppress(duckdb.Error):
        connection.cursor().execute(f"detach {catalog}")


def _named(node: Any) -> set[str]:
    """Names that a statement gives to queries of its own (WITH)."""
    if isinstance(node, list):
        return set().union(*map(_named, node))
    if not isinstance(node, dict):
        return set()
    own = {one["key"].lower() for one in (node.get("cte_map") or {}).get("map", ())}
    return own.union(*map(_named, node.values()))


def _reads_only(node: Any, schemas: set[str], named: set[str]) -> bool:
    """Whether everything a parsed statement reads is a table of ``schemas``, one of its own names, or harmless."""
    if isinstance(node, list):
        return all(_reads_only(one, schemas, named) for one in node)
    if not isinstance(node, dict):
        return True
    kind = node.get("type")
    if kind == "BASE_TABLE" or "catalog_name" in node:
        schema, table = node.get("schema_name", ""), node.get("table_name", "")
        is_known = table.lower() in named if not schema else schema in schemas or (schema, table) in _TABLES_OF_ENGINE
        if node.get("catalog_name") or kind != "BASE_TABLE" or not is_known:
            return False
    if kind == "TABLE_FUNCTION" and node["function"].get("function_name", "").lower() not in _FUNCTIONS:
        return False
    return all(_reads_only(one, schemas, named) for one in node.values())


_guard = threading.Lock()
_cached: dict[tuple[int, str, str], Snapshot] = {}


@overload
def snapshot() -> Snapshot: ...
@overload
def snapshot(principal: Principal) -> Scoped: ...


def snapshot(principal: Principal | None = None) -> Snapshot | Scoped:
    """The version that is served now, opened once per process: whole, or as a principal may see it, always masked.
    Raises ``NoSnapshot``."""
    served = _served()
    return served if principal is None else served.scoped(principal.districts, "masked")


def _served() -> Snapshot:
    for attempt in (1, 2):
        found = pointer()
        if found is None:
            raise NoSnapshot(
                "Nothing is published yet. If 'make run' is at work, its first night brings numbers within minutes; "
                "else run 'heng nightly', or 'make run' for sample data."
            )
        # A fork must not use its parent's connection; the manifest's digest tells versions apart.
        key = (os.getpid(), str(home()), found["manifest"])
        with _guard:
            if key not in _cached:
                try:
                    opened = Snapshot(read_manifest(found["version"], found["manifest"]))
                except SnapshotDamaged:
                    if attempt == 1 and pointer() != found:
                        continue  # published and pruned while we looked
                    raise
                _cached.clear()  # requests that still read an older version hold it themselves
                _cached[key] = opened
            return _cached[key]
    raise AssertionError
