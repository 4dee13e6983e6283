"""The ledger: what was received and what was accepted. Its commit is the one commit point.

Files in ``archive/``, ``raw/`` and ``quarantine/`` count only when the ledger names them, so a
killed process leaves at most files nobody looks at. SQLite with WAL and full synchronisation:
several landings may run at once, each commits in one short transaction. Receipts and nights also stand
in the journal beside the archive (``warehouse/journal.py``), from which ``heng restore`` makes a lost ledger anew.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from warehouse import journal
from warehouse.errors import LedgerBehind

_VERSION = 4
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
    quarantine_path text,
    told_sha256 text                       -- what the sender's digest file says, if the bytes have another
) strict;
create table if not exists receipt (       -- every arrival, also of bytes that were here before
    receipt_no integer primary key,
    delivery_id text not null,
    feed text not null,
    name text not null,
    received_at text not null,
    outcome text not null                  -- new, D-REPEAT, D-REISSUE
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
    outcome text not null check (outcome in ('quarantine', 'flag', 'warning', 'normalise')),
    reason text not null,
    row_count integer not null,
    primary key (delivery_id, outcome, reason)
) strict;
create table if not exists capture (       -- what became of the frames and bytes of a capture
    delivery_id text not null,
    outcome text not null check (outcome in ('decoded', 'other', 'quarantined')),
    frame_count integer not null,
    byte_count integer not null,
    primary key (delivery_id, outcome)
) strict;
create table if not exists night (         -- in the order in which they were closed
    business_date text primary key,
    after_receipt integer not null         -- the last receipt before: later ones belong to the next night
) strict;
create index if not exists segment_of_delivery on segment_delivery (delivery_id);
create index if not exists delivery_by_quarantine on delivery (quarantine_path);
create index if not exists receipt_of_delivery on receipt (delivery_id);
"""
_FROM_VERSION_1 = (
    "alter table delivery add column told_sha256 text",
    "alter table night add column after_receipt integer not null default 0",
)


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
    """The ledger of the instance whose state lies in ``home``.

    Raises ``LedgerBehind`` if the journal beside the archive knows more receipts: the ledger was lost or is an
    old copy, and what it does not name would vanish from every number. ``behind``: open it all the same, to mend it.
    """

    def __init__(self, home: Path, behind: bool = False) -> None:
        self.home = home
        self.path = home / "ledger.sqlite"
        self.connection = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self._use_wal()
        self.connection.execute("pragma synchronous = full")
        self.connection.execute("pragma foreign_keys = on")
        if self.connection.execute("pragma user_version").fetchone()[0] != _VERSION:
            with self.transaction():
                self._upgrade()
        expected = journal.committed(home)  # read first: others may be recording
        if not behind and self.last_receipt() < expected:
            self.close()
            raise LedgerBehind(
                f"The archive knows {expected} receipts and the ledger fewer: it was lost, or is an old copy. "
                "Run 'heng restore'; nothing is received or built until then."
            )

    def _upgrade(self) -> None:
        """Create what is not there, inside the caller's transaction. A ledger of version 1 had no journal."""
        version = self.connection.execute("pragma user_version").fetchone()[0]
        for statement in _FROM_VERSION_1 if version == 1 else ():
            self.connection.execute(statement)
        if without_warnings := version in (1, 2):  # its check cannot be altered, so the table is made anew
            self.connection.execute("alter table reason rename to reason_without_warnings")
        for statement in _SCHEMA.split(";\n"):
            if statement.strip():
                self.connection.execute(statement)
        if without_warnings:
            self.connection.execute("insert into reason select * from reason_without_warnings")
            self.connection.execute("drop table reason_without_warnings")
        if version == 1:
            self.mend_journal()
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

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """What is read within belongs together: no commit of another process comes between."""
        self.connection.execute("begin")
        try:
            yield
        finally:
            self.connection.execute("rollback")

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

    def last_receipt(self) -> int:
        """The number of the last receipt; 0 before the first."""
        return self.connection.execute("select coalesce(max(receipt_no), 0) from receipt").fetchone()[0]

    def reasons(self, delivery_id: str | None = None) -> list[dict[str, Any]]:
        chosen = "delivery_id = ?" if delivery_id else "? is null"
        return self._rows(f"select * from reason where {chosen} order by delivery_id, outcome, reason", delivery_id)

    def capture(self, delivery_id: str) -> dict[str, tuple[int, int]]:
        """Frames and bytes of a capture by what became of them; empty for other deliveries."""
        found = self._rows("select * from capture where delivery_id = ? order by outcome", delivery_id)
        return {row["outcome"]: (row["frame_count"], row["byte_count"]) for row in found}

    def segments(self, feed: str | None = None, delivery_id: str | None = None) -> list[Segment]:
        """Accepted files in a total order (feed, day, digest): of a feed, or with rows of a delivery."""
        of_delivery = (
            "path in (select path from segment_delivery where delivery_id = ?)" if delivery_id else "? is null"
        )
        of_path: dict[str, list[str]] = {}
        for row in self.connection.execute(
            f"select path, delivery_id from segment_delivery where {of_delivery} order by path, delivery_id",
            (delivery_id,),
        ):
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
                f"select * from segment where feed = coalesce(?, feed) and {of_delivery}"
                " order by feed, event_date, sha256, path",
                feed,
                delivery_id,
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
            "select 1 from segment where path = ? union all select 1 from delivery where quarantine_path = ? limit 1",
            path,
            path,
        )
        return bool(found)

    def last_night(self) -> date | None:
        """The latest business date a night was run for."""
        found = self._rows("select max(business_date) as last from night")[0]["last"]
        return date.fromisoformat(found) if found else None

    def last_night_before(self, delivery_id: str) -> date | None:
        """The latest night closed before the delivery came as what it is now: rows of earlier days are late.

        Told by the order of receipts, so that landing it again later gives the same answer.
        """
        found = self._rows(
            "select max(business_date) as last from night where after_receipt < ("
            " select min(receipt_no) from receipt join delivery using (delivery_id, feed, name) where delivery_id = ?)",
            delivery_id,
        )[0]["last"]
        return date.fromisoformat(found) if found else None

    def nights(self) -> list[dict[str, Any]]:
        """Closed nights in the order of their closing: ``business_date``, ``after_receipt``."""
        return self._rows("select * from night order by rowid")

    def last_day(self, feeds: Sequence[str], last: date, receipt_no: int) -> date | None:
        """The last day up to ``last`` with rows of ``feeds`` whose delivery had come as ``received_by`` tells it."""
        of_feeds = f"feed in ({', '.join('?' * len(feeds))})"
        days = f"select distinct event_date from segment where {of_feeds} and event_date <= ? order by event_date desc"
        had_come = (
            "select 1 from segment join segment_delivery using (path) join delivery using (delivery_id)"
            f" where segment.{of_feeds} and event_date = ? and (select min(receipt_no) from receipt where"
            " receipt.delivery_id = delivery.delivery_id and receipt.feed = delivery.feed"
            " and receipt.name = delivery.name) <= ? limit 1"
        )
        for row in self._rows(days, *feeds, last.isoformat()):
            if self._rows(had_come, *feeds, row["event_date"], receipt_no):
                return date.fromisoformat(row["event_date"])
        return None

    def received_by(self, receipt_no: int) -> set[str]:
        """Deliveries that had come, as what they are now, with this receipt or before."""
        return {
            row["delivery_id"]
            for row in self._rows(
                "select delivery_id from receipt join delivery using (delivery_id, feed, name)"
                " group by delivery_id having min(receipt_no) <= ?",
                receipt_no,
            )
        }

    # --- recording --------------------------------------------------------------------------
    def add_receipt(
        self, connection: sqlite3.Connection, delivery_id: str, feed: str, name: str, received_at: str, outcome: str
    ) -> None:
        """Record an arrival inside the caller's transaction, which must commit it at once."""
        line = {
            "receipt_no": self.last_receipt() + 1,
            "delivery_id": delivery_id,
            "feed": feed,
            "name": name,
            "received_at": received_at,
            "outcome": outcome,
        }
        journal.append(self.home, line)
        connection.execute("insert into receipt values (?, ?, ?, ?, ?, ?)", tuple(line.values()))

    def mend_journal(self) -> None:
        """Write the journal anew if it lacks something, inside the caller's transaction."""
        found = journal.read(self.home)
        receipts, nights = self.receipts(), self.nights()
        known = {row["receipt_no"] for row in receipts}, {row["business_date"] for row in nights}
        if found.damaged or not (known[0] <= found.receipts.keys() and known[1] <= found.nights.keys()):
            lines: list[tuple[int, dict[str, Any]]] = [(row["receipt_no"], row) for row in receipts]
            lines += [
                (row["after_receipt"], {"night": row["business_date"], "after_receipt": row["after_receipt"]})
                for row in nights
            ]
            journal.replace(self.home, (line for _, line in sorted(lines, key=lambda line: line[0])))

    def close_night(self, business_date: date) -> None:
        """Record that this night is being built: days up to it are expected to have data."""
        with self.transaction() as connection:
            day, last = business_date.isoformat(), self.last_receipt()
            if connection.execute("select 1 from night where business_date = ?", (day,)).fetchone() is None:
                journal.append(self.home, {"night": day, "after_receipt": last})
                connection.execute("insert into night values (?, ?)", (day, last))
