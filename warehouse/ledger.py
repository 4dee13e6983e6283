"""The ledger: what was received and what was accepted. Its commit is the one commit point.

Files in ``archive/``, ``raw/`` and ``quarantine/`` count only when the ledger names them, so a
killed process leaves at most files nobody looks at. SQLite with WAL and full synchronisation:
several landings may run at once, each commits in one short transaction.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

_VERSION = 1
_SCHEMA = """
create table if not exists delivery (
    delivery_id text primary key,          -- SHA-256 of the delivered bytes
    feed text not null,
    name text not null,                    -- as it lay in the inbox
    size_bytes integer not null,
    issued_at text not null,               -- orders versions: date in the name, else time of the file
    received_at text not null,             -- first receipt, +08:00; "now" for every rule that needs one
    landed_at text,
    state text not null check (state in ('archived', 'landed', 'stopped')),
    reason text,                           -- D-… when stopped, or a warning
    message text,
    contract text,                         -- digest of the declaration it was landed under
    delivered_rows integer, accepted_rows integer, quarantined_rows integer, flagged_rows integer,
    first_event_date text, last_event_date text,
    quarantine_path text
) strict;
create table if not exists receipt (       -- every arrival, also of bytes that were here before
    receipt_no integer primary key,
    delivery_id text not null,
    feed text not null,
    name text not null,
    received_at text not null,
    outcome text not null                  -- new, D-REPEAT, D-REISSUE, D-LATE
) strict;
create table if not exists segment (       -- one accepted Parquet file
    feed text not null,
    event_date text not null,
    path text not null primary key,
    sha256 text not null,
    row_count integer not null,
    size_bytes integer not null,
    content_sum text not null              -- sum of row hashes: the same rows in other files sum the same
) strict;
create table if not exists segment_delivery (
    path text not null references segment(path) on delete cascade,
    delivery_id text not null,
    row_count integer not null,
    primary key (path, delivery_id)
) strict;
create table if not exists reason (
    delivery_id text not null,
    outcome text not null check (outcome in ('quarantine', 'flag', 'normalise')),
    reason text not null,
    row_count integer not null,
    primary key (delivery_id, outcome, reason)
) strict;
create table if not exists night (business_date text primary key) strict;
"""


@dataclass(frozen=True)
class Segment:
    """One immutable Parquet file of accepted rows: of one delivery and day, or of one compacted day."""

    feed: str
    event_date: date
    path: str
    sha256: str
    row_count: int
    content_sum: str
    deliveries: tuple[str, ...]


class Ledger:
    """The ledger of the instance whose state lies in ``home``."""

    def __init__(self, home: Path) -> None:
        self.path = home / "ledger.sqlite"
        self.connection = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self._use_wal()
        self.connection.execute("pragma synchronous = full")
        self.connection.execute("pragma foreign_keys = on")
        if self.connection.execute("pragma user_version").fetchone()[0] != _VERSION:
            with self.transaction():
                for statement in _SCHEMA.split(";\n"):
                    if statement.strip():
                        self.connection.execute(statement)
                self.connection.execute(f"pragma user_version = {_VERSION}")

    def _use_wal(self) -> None:
        """Switch to WAL. On a new file this fails at once while another process does the same: try again."""
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connection.execute("pragma journal_mode = wal")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; taken at once so that two writers queue instead of failing half-way."""
        self.connection.execute("begin immediate")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def _rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self.connection.execute(query, parameters)]

    # --- reading ----------------------------------------------------------------------------
    def delivery(self, delivery_id: str) -> dict[str, Any] | None:
        rows = self._rows("select * from delivery where delivery_id = ?", delivery_id)
        return rows[0] if rows else None

    def deliveries(self, feed: str | None = None) -> list[dict[str, Any]]:
        """Every delivery, oldest issue first."""
        return self._rows("select * from delivery where feed = coalesce(?, feed) order by issued_at, delivery_id", feed)

    def find(self, prefix: str) -> list[dict[str, Any]]:
        """Deliveries whose digest starts with ``prefix``."""
        return self._rows(
            "select * from delivery where substr(delivery_id, 1, ?) = ? order by delivery_id",
            len(prefix),
            prefix,
        )

    def receipts(self) -> list[dict[str, Any]]:
        return self._rows("select * from receipt order by receipt_no")

    def reasons(self) -> list[dict[str, Any]]:
        return self._rows("select * from reason order by delivery_id, outcome, reason")

    def segments(self, feed: str | None = None) -> list[Segment]:
        """Accepted files in a total order (feed, day, digest)."""
        of_path: dict[str, list[str]] = {}
        for row in self.connection.execute("select path, delivery_id from segment_delivery order by path, delivery_id"):
            of_path.setdefault(row["path"], []).append(row["delivery_id"])
        return [
            Segment(
                row["feed"],
                date.fromisoformat(row["event_date"]),
                row["path"],
                row["sha256"],
                row["row_count"],
                row["content_sum"],
                tuple(of_path.get(row["path"], ())),
            )
            for row in self._rows(
                "select * from segment where feed = coalesce(?, feed) order by feed, event_date, sha256, path",
                feed,
            )
        ]

    def days_of(self, delivery_id: str) -> list[date]:
        """Days to which the delivery's accepted rows belong."""
        return [
            date.fromisoformat(row["event_date"])
            for row in self._rows(
                "select distinct event_date from segment join segment_delivery using (path)"
                " where delivery_id = ? order by event_date",
                delivery_id,
            )
        ]

    def add_segment(
        self, connection: sqlite3.Connection, segment: Segment, size_bytes: int, rows_of: dict[str, int]
    ) -> None:
        """Name a file as accepted, inside the caller's transaction. ``rows_of``: rows by delivery."""
        connection.execute(
            "insert into segment values (?, ?, ?, ?, ?, ?, ?)",
            (
                segment.feed,
                segment.event_date.isoformat(),
                segment.path,
                segment.sha256,
                segment.row_count,
                size_bytes,
                segment.content_sum,
            ),
        )
        connection.executemany(
            "insert into segment_delivery values (?, ?, ?)",
            [(segment.path, delivery_id, count) for delivery_id, count in rows_of.items()],
        )

    def names(self, path: str) -> bool:
        """Whether a file under the home is accepted rows, or the quarantine of a delivery."""
        found = self._rows(
            "select 1 from segment where path = ? union all select 1 from delivery where quarantine_path = ?",
            path,
            path,
        )
        return bool(found)

    def last_night(self) -> date | None:
        """The latest business date a night was run for."""
        found = self._rows("select max(business_date) as last from night")[0]["last"]
        return date.fromisoformat(found) if found else None

    def close_night(self, business_date: date) -> None:
        """Record that this night is being built: days up to it are expected to have data."""
        with self.transaction() as connection:
            connection.execute("insert or ignore into night values (?)", (business_date.isoformat(),))
