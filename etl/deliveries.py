"""Taking deliveries from the inbox: wait until whole, archive by digest, record.

A delivery counts as received only when its bytes lie in the archive, flushed to disk, and the
ledger names them (P01). File names are data: they are compared, recorded and shown, never globbed
and never used as a path.
"""

import hashlib
import json
import os
import shutil
import stat
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

from etl.contract import Feed
from etl.errors import IntakeHeld, NotWhole
from etl.feeds import feed as declared
from warehouse.failpoint import failpoint
from warehouse.home import fsync_directory, home, settle
from warehouse.ledger import Ledger

BEIJING = timezone(timedelta(hours=8))
MARKERS = (".done", ".ok", ".sha256")
SETTLED_SECONDS = 60
"""A file untouched for so long has a stable size without a second scan."""
PATIENCE_SECONDS = 6 * 3600
"""A file without a line end at its end waits so long before it is taken and stopped (D-INCOMPLETE)."""
LEAST_FREE_BYTES = int(os.environ.get("HENG_LEAST_FREE_BYTES", 512 << 20))


@dataclass(frozen=True)
class Waiting:
    """A file in the inbox that a feed takes."""

    name: str
    path: Path
    size: int
    modified: float


def now() -> datetime:
    """The moment of a receipt. The only clock of the delivery path; rules use what the ledger kept of it."""
    return datetime.now(BEIJING).replace(tzinfo=None)


def inbox(feed_name: str) -> Path:
    folder = home() / "inbox" / feed_name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def waiting(feed: Feed, business_date: date | None = None) -> tuple[list[Waiting], list[str]]:
    """Regular files a feed takes, by name, and the names it does not. Links are not followed.

    A file whose name dates it after ``business_date`` waits for its own night.
    """
    takes: list[Waiting] = []
    others: list[str] = []
    for entry in sorted(os.scandir(inbox(feed.name)), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.name.endswith(MARKERS):
            continue
        status = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode) or not feed.takes(entry.name):
            others.append(entry.name)
            continue
        issued = feed.issue_date(entry.name)
        if business_date and issued and issued > business_date:
            continue
        takes.append(Waiting(entry.name, Path(entry.path), status.st_size, status.st_mtime))
    return takes, others


def receive(feed_name: str, business_date: date | None = None) -> list[str]:
    """Archive every whole file of the feed's inbox; return the deliveries that still have to land.

    Files that are not whole yet stay where they are. Safe to run again at any point.
    """
    feed = declared(feed_name)
    _hold_if_full()
    takes, _ = waiting(feed, business_date)
    young = [file for file in takes if time.time() - file.modified < SETTLED_SECONDS and not _vouched(file)]
    if young:
        time.sleep(float(os.environ.get("HENG_STABLE_SECONDS", "1")))
    for file in takes:
        try:
            take(feed, file.path, file.name, file)
        except NotWhole:
            continue
    with Ledger(home()) as ledger:
        return [delivery["delivery_id"] for delivery in ledger.deliveries(feed_name) if delivery["state"] == "archived"]


def _hold_if_full() -> None:
    free = shutil.disk_usage(home()).free
    if free < LEAST_FREE_BYTES:
        raise IntakeHeld(
            f"Only {free >> 20} MiB are free under HENG_HOME; intake needs {LEAST_FREE_BYTES >> 20} MiB. "
            "Deliveries wait in the inbox. Free space, then run again."
        )


def _vouched(file: Waiting) -> bool:
    """The sender says the file is whole: a marker beside it, or a sidecar with its digest (and size)."""
    if any((file.path.parent / (file.name + marker)).is_file() for marker in (".done", ".ok")):
        return True
    sidecar = file.path.parent / (file.name + ".sha256")
    if not sidecar.is_file():
        return False
    told = sidecar.read_text(encoding="ascii", errors="replace").split()
    with file.path.open("rb") as stream:
        return bool(told) and hashlib.file_digest(stream, "sha256").hexdigest() == told[0].lower()


def _is_whole(file: Waiting) -> bool:
    if _vouched(file):
        return True
    if (file.path.parent / (file.name + ".sha256")).exists():
        return False
    status = file.path.lstat()
    if (status.st_size, status.st_mtime) != (file.size, file.modified):
        return False
    if time.time() - file.modified > PATIENCE_SECONDS or file.size == 0:
        return True
    if file.name.endswith(".gz"):
        return True
    with file.path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def take(feed: Feed, path: Path, name: str, seen: Waiting | None = None, remove: bool = True) -> str:
    """Archive one file and record its receipt; return its delivery id (SHA-256 of its bytes).

    With ``seen`` the file must be whole (``NotWhole`` otherwise) and leaves the inbox at the end.
    """
    if seen and not _is_whole(seen):
        raise NotWhole(f"{feed.name}: {name} is still arriving; it stays in the inbox.")
    root = home()
    incoming = root / "archive" / "incoming"
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = incoming / f"{os.getpid()}-{time.monotonic_ns()}"
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as source, temporary.open("wb") as copy:
        modified = os.fstat(source.fileno()).st_mtime
        while block := source.read(1 << 20):
            digest.update(block)
            copy.write(block)
    failpoint("receive.copied")
    delivery_id = digest.hexdigest()
    size = temporary.stat().st_size
    archived = archive_path(delivery_id)
    settle(temporary, archived)
    failpoint("receive.archived")
    received = now()
    issued = feed.issue_date(name)
    stamp = datetime.fromtimestamp(modified, UTC).astimezone(BEIJING).replace(tzinfo=None)
    issued_at = f"{issued or stamp.date()}|{stamp.isoformat(timespec='microseconds')}"
    _record(feed, name, delivery_id, size, issued_at, received)
    failpoint("receive.recorded")
    if seen and remove:
        for gone in (path, *(path.parent / (name + marker) for marker in MARKERS)):
            gone.unlink(missing_ok=True)
        fsync_directory(path.parent)
        failpoint("receive.removed")
    return delivery_id


def _record(feed: Feed, name: str, delivery_id: str, size: int, issued_at: str, received: datetime) -> None:
    received_at = received.isoformat(sep=" ", timespec="seconds")
    sidecar = archive_path(delivery_id).with_suffix(".json")
    told = {
        "feed": feed.name,
        "name": name,
        "size_bytes": size,
        "issued_at": issued_at,
        "received_at": received_at,
    }
    if not sidecar.exists():
        temporary = sidecar.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        settle(temporary, sidecar)
    with Ledger(home()) as ledger, ledger.transaction() as connection:
        known = connection.execute(
            "select feed, name, issued_at, state from delivery where delivery_id = ?", (delivery_id,)
        ).fetchone()
        same_name = connection.execute(
            "select count(*) from delivery where feed = ? and name = ? and delivery_id <> ?",
            (feed.name, name, delivery_id),
        ).fetchone()[0]
        outcome = "D-REPEAT" if known else ("D-REISSUE" if same_name else "new")
        connection.execute(
            "insert into receipt (delivery_id, feed, name, received_at, outcome) values (?, ?, ?, ?, ?)",
            (delivery_id, feed.name, name, received_at, outcome),
        )
        if not known:
            connection.execute(
                "insert into delivery (delivery_id, feed, name, size_bytes, issued_at, received_at, state)"
                " values (?, ?, ?, ?, ?, ?, 'archived')",
                (delivery_id, feed.name, name, size, issued_at, received_at),
            )
        elif known["state"] == "archived" and issued_at < known["issued_at"]:
            # The same bytes under two times: the earlier counts, whichever came first.
            connection.execute("update delivery set issued_at = ? where delivery_id = ?", (issued_at, delivery_id))


def archive_path(delivery_id: str) -> Path:
    return home() / "archive" / delivery_id[:2] / delivery_id
