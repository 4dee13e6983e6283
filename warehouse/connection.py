"""The published snapshot, read-only: what pages, ``heng explain`` and ``heng sql`` read.

A snapshot is an in-memory database with the version's files attached read-only and one view per table.
It can reach no other file, and no setting of it can be changed. A page takes one snapshot per request
and stays with it; the next request finds the next version.
"""

import contextlib
import os
import shutil
import threading
import weakref
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


class Reader:
    """An open database that only SELECTs can reach. ``read`` may be called from many threads at once."""

    def __init__(self, path: str, spill: Path, read_only: bool) -> None:
        """Open ``path``. The engine spills beside its database by default; ``spill`` keeps personal data private."""
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

    def _lock(self) -> None:
        self._connection.execute("set enable_external_access = false")
        self._connection.execute("set lock_configuration = true")

    def read(self, sql: str, params: Any = None, timeout: float = TIMEOUT_SECONDS) -> pd.DataFrame:
        """The result of one SELECT. Raises ``TooSlow`` after ``timeout`` seconds."""
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise WarehouseError("Only one SELECT at a time can be read from a snapshot.")
        cursor = self._connection.cursor()
        watchdog = threading.Timer(timeout, cursor.interrupt)
        watchdog.daemon = True
        watchdog.start()
        try:
            return cursor.execute(sql, params if params is not None else []).df()
        except duckdb.InterruptException:
            raise TooSlow(f"The query was stopped after {timeout:g} seconds. Ask for a shorter period.") from None
        finally:
            watchdog.cancel()
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
        names = []
        for number, (_, told) in enumerate(sorted(self.manifest["parts"].items())):
            names.append((f"part_{number}", told))
        for name, told in [*names, ("head", self.manifest["head"])]:
            path = root / told["file"]
            # The manifest is verified by digest; a file of another size is not the one it names.
            if not path.is_file() or path.stat().st_size != told["size"]:
                raise SnapshotDamaged(
                    f"{told['file']} of version {self.version} is missing or changed. Run 'heng build'."
                )
            self._connection.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as {name} (read_only)")
        for table, columns in self.manifest["columns"].items():
            schema = table.split(".")[0]
            holders = [name for name, told in names if table in told["tables"]]
            if table in self.manifest["head"]["tables"]:
                holders.append("head")
            listed = ", ".join(name for name, _ in columns)
            selects = [f"select {listed} from {holder}.{table}" for holder in holders] or [
                "select " + ", ".join(f"cast(null as {type}) as {name}" for name, type in columns) + " where false"
            ]
            self._connection.execute(f"create schema if not exists {schema}")
            self._connection.execute(f"create view {table} as {' union all '.join(selects)}")


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
