"""The published snapshot, read-only: what pages, ``heng explain`` and ``heng sql`` read.

A snapshot is an in-memory database with the version's files attached read-only and one view per table.
It can reach no other file, and no setting of it can be changed. A page takes one snapshot per request
and stays with it; the next request finds the next version.
"""

import atexit
import contextlib
import heapq
import os
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Container, Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from warehouse.errors import NoSnapshot, SnapshotDamaged, WarehouseError
from warehouse.home import home, temporary
from warehouse.publish import pointer, published_manifest, read_manifest

__all__ = ["NoSnapshot", "Reader", "Snapshot", "TooSlow", "published_manifest", "snapshot"]

MEMORY = "1GB"
TIMEOUT_SECONDS = 30.0


class TooSlow(WarehouseError):
    """A query was stopped by the watchdog."""


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


def dicts(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a result, a dict each, with the engine's own values."""
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


class Reader:
    """An open database that only SELECTs can reach. ``read`` may be called from many threads at once."""

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

    def _lock(self) -> None:
        self._connection.execute("set enable_external_access = false")
        self._connection.execute("set lock_configuration = true")

    def read(self, sql: str, params: Any = None, timeout: float = TIMEOUT_SECONDS) -> pd.DataFrame:
        """The result of one SELECT. Raises ``TooSlow`` after ``timeout`` seconds."""
        with self._asked(sql, params, timeout) as result:
            return result.df()

    def rows(self, sql: str, params: Any = None, timeout: float = TIMEOUT_SECONDS) -> list[dict[str, Any]]:
        """As ``read``, a dict a row with the engine's own values: a fifth of the cost for the few rows of a look-up."""
        with self._asked(sql, params, timeout) as result:
            return dicts(result)

    def constant(self, sql: str, params: Any = None) -> list[dict[str, Any]]:
        """As ``rows``, asked once and kept while open: for rules, places and words, never for what names somebody."""
        key = (sql, repr(params))
        if key not in self._constants:
            self._constants[key] = self.rows(sql, params)
        return self._constants[key]

    @contextlib.contextmanager
    def _asked(self, sql: str, params: Any, timeout: float) -> Iterator[duckdb.DuckDBPyConnection]:
        _check_one_select(sql)
        cursor = self._connection.cursor()
        try:
            with _watchdog.over(cursor.interrupt, timeout):
                yield cursor.execute(sql, params if params is not None else [])
        except duckdb.InterruptException:
            raise TooSlow(f"The query was stopped after {timeout:g} seconds. Ask for a shorter period.") from None
        finally:
            with contextlib.suppress(duckdb.Error):
                cursor.close()


class Snapshot(Reader):
    """One published version."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self.manifest = manifest
        self.version: int = manifest["version"]
        spill = temporary("read")
        weakref.finalize(self, shutil.rmtree, str(spill), ignore_errors=True)
        super().__init__(":memory:", spill, read_only=False)
        self._attach()
        self._lock()

    def _attach(self) -> None:
        root = home()
        for name, told in [*self._parts(), ("head", self.manifest["head"])]:
            path = root / told["file"]
            # The manifest is verified by digest; a file of another size is not the one it names.
            if not path.is_file() or path.stat().st_size != told["size"]:
                raise SnapshotDamaged(
                    f"{told['file']} of version {self.version} is missing or changed. Run 'heng build'."
                )
            self._connection.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as {name} (read_only)")
        for table, columns in self.manifest["columns"].items():
            self._connection.execute(f"create schema if not exists {table.split('.')[0]}")
            listed = ", ".join(name for name, _ in columns)
            self._connection.execute(f"create view {table} as {self._select(table, listed, self._parts())}")

    def _parts(self, months: Container[str] | None = None) -> list[tuple[str, dict[str, Any]]]:
        """Name and manifest entry of the attached files of ``months`` (``2026-11``), or of all."""
        parts = enumerate(sorted(self.manifest["parts"].items()))
        return [(f"part_{number}", told) for number, (month, told) in parts if months is None or month in months]

    def _select(self, table: str, columns: str, parts: Iterable[tuple[str, dict[str, Any]]]) -> str:
        holders = [name for name, told in [*parts, ("head", self.manifest["head"])] if table in told["tables"]]
        typed = dict(self.manifest["columns"][table])
        nothing = ", ".join(f"cast(null as {typed[name]}) as {name}" for name in columns.split(", "))
        selects = [f"select {columns} from {holder}.{table}" for holder in holders]
        return " union all ".join(selects) or f"select {nothing} where false"

    def within(self, table: str, columns: str, days: Iterable[date]) -> str:
        """As ``Reader.within``: from the files of their months alone. To plan a query on a file costs about as much as
        to find a plate in it, so a look-up of a year does not ask the files of ten."""
        return f"({self._select(table, columns, self._parts({f'{day:%Y-%m}' for day in days}))})"


_guard = threading.Lock()
_cached: dict[tuple[int, str, str], Snapshot] = {}


def snapshot() -> Snapshot:
    """The version that is served now, opened once per process. Raises ``NoSnapshot``."""
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
