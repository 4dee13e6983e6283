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
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from etl.contract import Feed, ParquetFile, Workbook
from etl.errors import DeliveryStopped, IntakeHeld, NotWhole
from etl.feeds import feed as declared
from etl.readers.lines import open_delivery
from warehouse.failpoint import failpoint
from warehouse.home import fsync_directory, home, settle
from warehouse.ledger import Ledger

BEIJING = timezone(timedelta(hours=8))
MARKERS = (".done", ".ok", ".sha256")
SETTLED_SECONDS = 60
"""A file untouched for so long has a stable size without a second scan."""
PATIENCE_SECONDS = 6 * 3600
"""A file that is not whole, or has another digest than its sender told, waits so long; then it is taken and
stopped (D-INCOMPLETE, D-DIGEST)."""
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
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # another process took it meanwhile
        name = shown(entry.name)
        if not stat.S_ISREG(status.st_mode) or not feed.takes(name):
            others.append(name)
            continue
        issued = feed.issue_date(name)
        if business_date and issued and issued > business_date:
            continue
        takes.append(Waiting(name, Path(entry.path), status.st_size, status.st_mtime))
    return takes, others


def shown(name: str) -> str:
    """A file name as it is recorded: what is not printable (line ends, bytes that are not UTF-8) escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in name
    )


def receive(feed_name: str, business_date: date | None = None) -> list[str]:
    """Archive every whole file of the feed's inbox; return the deliveries that still have to land.

    Files that are not whole yet stay where they are. Safe to run again at any point.
    """
    return receive_all([feed_name], business_date)


def receive_all(feed_names: Iterable[str], business_date: date | None = None) -> list[str]:
    """``receive`` for several feeds, with one wait for all their young files; without any there is no wait."""
    feeds = [declared(name) for name in feed_names]
    _hold_if_full()
    takes = [(feed, file) for feed in feeds for file in waiting(feed, business_date)[0]]
    if any(time.time() - file.modified < SETTLED_SECONDS and not _is_marked(file) for _, file in takes):
        # The second scan. A sender that pauses longer needs a done-marker or a digest beside the file.
        time.sleep(float(os.environ.get("HENG_STABLE_SECONDS", "15")))
    for feed, file in takes:
        try:
            take(feed, file.path, file.name, file)
        except (NotWhole, PermissionError):
            continue  # it stays in the inbox, where 'heng status' says what it waits for
    with Ledger(home()) as ledger:
        return [
            delivery["delivery_id"]
            for feed in feeds
            for delivery in ledger.deliveries(feed.name)
            if delivery["state"] == "archived"
        ]


def _hold_if_full() -> None:
    free = shutil.disk_usage(home()).free
    if free < LEAST_FREE_BYTES:
        raise IntakeHeld(
            f"Only {free >> 20} MiB are free under HENG_HOME; intake needs {LEAST_FREE_BYTES >> 20} MiB. "
            "Deliveries wait in the inbox. Free space, then run again."
        )


def _markers(path: Path) -> dict[str, Path]:
    return {marker: path.parent / (path.name + marker) for marker in MARKERS}


def _is_marked(file: Waiting) -> bool:
    return any(marker.is_file() for marker in _markers(file.path).values())


def _told_digest(path: Path) -> str | None:
    """The SHA-256 in the digest file beside a delivery (``?`` if it holds no word); None where there is none."""
    try:
        text = _markers(path)[".sha256"].read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, IsADirectoryError):
        return None
    return shown((text.split() or ["?"])[0].lower())[:64]


def waits_for(feed: Feed, file: Waiting) -> str:
    """Why a file is not taken yet, in words; empty if it is whole, or has waited for ``PATIENCE_SECONDS``.

    A digest beside the file decides; then a done-marker; then its end and its size since it was ``seen``.
    """
    beside = _markers(file.path)
    try:
        told = _told_digest(file.path)
        if told is not None:
            age = time.time() - max(file.modified, beside[".sha256"].lstat().st_mtime)
            with file.path.open("rb") as stream:
                matches = hashlib.file_digest(stream, "sha256").hexdigest() == told
            return "" if matches or age > PATIENCE_SECONDS else f"its digest is not the one in {file.name}.sha256"
        if beside[".done"].is_file() or beside[".ok"].is_file():
            return ""
        status = file.path.lstat()
        if (status.st_size, status.st_mtime) != (file.size, file.modified):
            return "it is still growing"
        age = time.time() - file.modified
        if age > PATIENCE_SECONDS:
            return ""
        if file.size == 0:
            return "" if age > SETTLED_SECONDS else "it is empty"
        return "" if _has_its_end(feed, file) else "its end is missing"
    except FileNotFoundError:
        return "another process took it"


def _has_its_end(feed: Feed, file: Waiting) -> bool:
    """Whether a file ends as its format ends; what else is wrong with it is told when it lands."""
    if file.name.endswith((".gz", ".zip")):
        return _gzip_ends(file)
    with file.path.open("rb") as stream:
        if isinstance(feed.format, Workbook):
            return zipfile.is_zipfile(stream)
        end = b"PAR1" if isinstance(feed.format, ParquetFile) else b"\n"
        stream.seek(-min(len(end), file.size), os.SEEK_END)
        return stream.read() == end


def _gzip_ends(file: Waiting) -> bool:
    """Whether the packed stream (gzip, ZIP) has its end; any other fault is told when the delivery lands."""
    try:
        with open_delivery(file.path, file.name) as stream:
            while stream.read(1 << 20):
                pass
    except DeliveryStopped as stop:
        return stop.reason != "D-INCOMPLETE"
    return True


def take(feed: Feed, path: Path, name: str, seen: Waiting | None = None, remove: bool = True) -> str:
    """Archive one file and record its receipt; return its delivery id (SHA-256 of its bytes).

    With ``seen`` the file must be whole and stay as it was seen (``NotWhole`` otherwise), and leaves
    the inbox at the end.
    """
    name = shown(name)
    if seen and (why := waits_for(feed, seen)):
        raise NotWhole(f"{feed.name}: {name} stays in the inbox: {why}.")
    root = home()
    incoming = root / "archive" / "incoming"
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = incoming / f"{os.getpid()}-{time.monotonic_ns()}"
    try:
        delivery_id, status = _copy(path, temporary)
        if seen and (status.st_size, status.st_mtime) != (seen.size, seen.modified):
            raise NotWhole(f"{feed.name}: {name} changed while it was read; it stays in the inbox.")
        failpoint("receive.copied")
        settle(temporary, archive_path(delivery_id))
    finally:
        temporary.unlink(missing_ok=True)
    failpoint("receive.archived")
    received = now()
    issued = feed.issue_date(name)
    stamp = datetime.fromtimestamp(status.st_mtime, UTC).astimezone(BEIJING).replace(tzinfo=None)
    issued_at = f"{issued or stamp.date()}|{stamp.isoformat(timespec='microseconds')}"
    told = _told_digest(path) if seen else None
    _record(feed, name, delivery_id, status.st_size, issued_at, received, None if told == delivery_id else told)
    failpoint("receive.recorded")
    if seen and remove:
        _remove(path, status)
        failpoint("receive.removed")
    return delivery_id


def _copy(path: Path, target: Path) -> tuple[str, os.stat_result]:
    """Copy a regular file, no link and no pipe; return its SHA-256 and its state after the last byte."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise NotWhole(f"{shown(path.name)} is gone; another process took it.") from error
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "rb") as source, target.open("wb") as copy:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotWhole(f"{shown(path.name)} is not a regular file; it stays in the inbox.")
        while block := source.read(1 << 20):
            digest.update(block)
            copy.write(block)
        return digest.hexdigest(), os.fstat(descriptor)


def _remove(path: Path, copied: os.stat_result) -> None:
    """Take a file out of the inbox, unless another was put there under its name since it was copied."""
    try:
        there = path.lstat()
    except FileNotFoundError:
        return
    if (there.st_ino, there.st_size, there.st_mtime_ns) != (copied.st_ino, copied.st_size, copied.st_mtime_ns):
        return
    for gone in (path, *_markers(path).values()):
        gone.unlink(missing_ok=True)
    fsync_directory(path.parent)


def _record(
    feed: Feed, name: str, delivery_id: str, size: int, issued_at: str, received: datetime, told: str | None
) -> None:
    """Record a receipt. ``told``: the sender's digest, if the bytes have another.

    The sidecar beside the bytes and the journal say the same, so that a lost ledger can be restored.
    """
    received_at = received.isoformat(sep=" ", timespec="seconds")
    with Ledger(home()) as ledger, ledger.transaction() as connection:
        known = ledger.delivery(delivery_id)
        same_name = connection.execute(
            "select count(*) from delivery where feed = ? and name = ? and delivery_id <> ?",
            (feed.name, name, delivery_id),
        ).fetchone()[0]
        outcome = "D-REPEAT" if known else ("D-REISSUE" if same_name else "new")
        if not known:
            connection.execute(
                "insert into delivery (delivery_id, feed, name, size_bytes, issued_at, received_at, state, told_sha256)"
                " values (?, ?, ?, ?, ?, ?, 'archived', ?)",
                (delivery_id, feed.name, name, size, issued_at, received_at, told),
            )
        elif known["state"] == "stopped" or (
            known["state"] == "archived" and (known["feed"] != feed.name or known["told_sha256"])
        ):
            # Sent again after a stop: under another name, to another feed, with its right digest, or once the
            # declaration is repaired. It is tried again as what it is called now.
            connection.execute(
                "update delivery set feed = ?, name = ?, issued_at = ?, told_sha256 = ?, state = 'archived',"
                " reason = null, message = null where delivery_id = ?",
                (feed.name, name, issued_at, told, delivery_id),
            )
        elif known["feed"] == feed.name and issued_at < known["issued_at"]:
            # The same bytes under two times: the earlier counts, whichever came first, so that the
            # order of arrival changes no row. What has landed under the later time lands again.
            connection.execute(
                "update delivery set issued_at = ?, state = 'archived' where delivery_id = ?", (issued_at, delivery_id)
            )
        row = connection.execute(
            "select feed, name, size_bytes, issued_at, received_at, told_sha256 from delivery where delivery_id = ?",
            (delivery_id,),
        ).fetchone()
        write_sidecar(delivery_id, dict(row))
        ledger.add_receipt(connection, delivery_id, feed.name, name, received_at, outcome)


def sidecar_path(delivery_id: str) -> Path:
    return archive_path(delivery_id).with_suffix(".json")


def write_sidecar(delivery_id: str, told: dict[str, Any]) -> None:
    """Say beside the archived bytes what they are."""
    sidecar = sidecar_path(delivery_id)
    text = json.dumps(told, ensure_ascii=False)
    if sidecar.exists() and sidecar.read_bytes() == text.encode():
        return
    temporary = sidecar.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    settle(temporary, sidecar)


def archive_path(delivery_id: str) -> Path:
    return home() / "archive" / delivery_id[:2] / delivery_id
