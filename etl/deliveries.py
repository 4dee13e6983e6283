"""Taking deliveries from the inbox: wait until whole, archive by digest, record.

A delivery counts as received only when its bytes lie in the archive, flushed to disk, and the
ledger names them (P01). File names are data: they are compared, recorded and shown, never globbed
and never used as a path.
"""

import errno
import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from io import BufferedReader
from pathlib import Path
from typing import Any

from etl.contract import Capture, Feed, ParquetFile, Workbook
from etl.errors import DeliveryStopped, IntakeHeld, NotWhole
from etl.feeds import feed as declared
from etl.readers import archive
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
CAPTURE_QUIET_SECONDS = 3600
"""A gateway may pause within the hour it writes: every frame ends as the file would."""
_DIGEST_FILE_BYTES = 4096
"""Of a digest file only the start is read: a digest and a name."""
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
        except NotWhole:
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
    """The markers that are there beside a file; a folder, a pipe, and a name longer than a name can be is none."""
    beside = {marker: path.parent / (path.name + marker) for marker in MARKERS}
    return {marker: there for marker, there in beside.items() if os.path.isfile(there)}


def _is_marked(file: Waiting) -> bool:
    return bool(_markers(file.path))


def _told_digest(beside: dict[str, Path]) -> str | None:
    """The SHA-256 in the digest file beside a delivery (``?`` if it holds no word); None where there is none."""
    if ".sha256" not in beside:
        return None
    try:
        with beside[".sha256"].open("rb") as stream:
            text = stream.read(_DIGEST_FILE_BYTES).decode("ascii", "replace")
    except FileNotFoundError:
        return None
    return shown((text.split() or ["?"])[0].lower())[:64]


def waits_for(feed: Feed, file: Waiting) -> str:
    """Why a file is not taken yet, in words; empty if it is whole, or has waited for ``PATIENCE_SECONDS``.

    A digest beside the file decides; then a done-marker; then its end and its size since it was ``seen``. What is
    wrong with a file is told, never raised: no other waits for it.
    """
    if _changed_at(file.modified) is None:
        return "its time of change is no date; set it anew (touch)"
    beside = _markers(file.path)
    try:
        _opened(file.path).close()  # also of a file that is vouched for, or old enough to be taken as it is
        told = _told_digest(beside)
        if told is not None:
            age = time.time() - max(file.modified, beside[".sha256"].lstat().st_mtime)
            with _opened(file.path) as stream:
                matches = hashlib.file_digest(stream, "sha256").hexdigest() == told
            return "" if matches or age > PATIENCE_SECONDS else f"its digest is not the one in {file.name}.sha256"
        if ".done" in beside or ".ok" in beside:
            return ""
        status = file.path.lstat()
        if (status.st_size, status.st_mtime) != (file.size, file.modified):
            return "it is still growing"
        age = time.time() - file.modified
        if age > PATIENCE_SECONDS:
            return ""
        if file.size == 0:
            return "" if age > SETTLED_SECONDS else "it is empty"
        if isinstance(feed.format, Capture) and age < CAPTURE_QUIET_SECONDS:
            return "a capture shows no end; it is taken an hour after its last change, or with a .done beside it"
        return "" if _has_its_end(feed, file) else "its end is missing"
    except OSError as error:
        return _unreadable(error)


def _changed_at(modified: float) -> datetime | None:
    """A file's time of change; None if no calendar has it, as a sender's broken clock and some file systems allow."""
    try:
        return datetime.fromtimestamp(modified, UTC).astimezone(BEIJING).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


def _opened(path: Path) -> BufferedReader:
    """A regular file, no link and no pipe. Raises ``OSError`` otherwise."""
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "no regular file")
    return stream


def _unreadable(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "another process took it"
    return f"it cannot be read ({error.strerror or type(error).__name__})"


@contextmanager
def _reading(feed: Feed, name: str) -> Iterator[None]:
    """A file of the inbox that cannot be read stays there; a fault of the archive is another matter."""
    try:
        yield
    except OSError as error:
        raise NotWhole(f"{feed.name}: {name} stays where it is: {_unreadable(error)}.") from error


def _has_its_end(feed: Feed, file: Waiting) -> bool:
    """Whether a file ends as its format ends; what else is wrong with it is told when it lands."""
    if file.name.endswith((".gz", ".zip")):
        return _gzip_ends(file)
    if isinstance(feed.format, Workbook):
        return archive.has_end(file.path)
    with _opened(file.path) as stream:
        end = {ParquetFile: b"PAR1", Capture: b"\x7e"}.get(type(feed.format), b"\n")
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


def take(feed: Feed, path: Path, name: str, seen: Waiting | None = None) -> str:
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
        delivery_id, status = _copy(feed, path, temporary)
        stamp = _changed_at(status.st_mtime)
        if stamp is None:
            raise NotWhole(f"{feed.name}: the time of change of {name} is no date; set it anew (touch {name}).")
        if seen and (status.st_size, status.st_mtime) != (seen.size, seen.modified):
            raise NotWhole(f"{feed.name}: {name} changed while it was read; it stays in the inbox.")
        failpoint("receive.copied")
        settle(temporary, archive_path(delivery_id))
    finally:
        temporary.unlink(missing_ok=True)
    failpoint("receive.archived")
    received = now()
    issued = feed.issue_date(name)
    issued_at = f"{issued or stamp.date()}|{stamp.isoformat(timespec='microseconds')}"
    with _reading(feed, name):
        told = _told_digest(_markers(path)) if seen else None
    _record(feed, name, delivery_id, status.st_size, issued_at, received, None if told == delivery_id else told)
    failpoint("receive.recorded")
    if seen:
        _remove(feed, path, status)
        failpoint("receive.removed")
    return delivery_id


def _copy(feed: Feed, path: Path, target: Path) -> tuple[str, os.stat_result]:
    """Copy a regular file, no link and no pipe; return its SHA-256 and its state after the last byte."""
    name = shown(path.name)
    digest = hashlib.sha256()
    with _reading(feed, name):
        source = _opened(path)
    with source, target.open("wb") as copy:
        while True:
            with _reading(feed, name):
                block = source.read(1 << 20)
            if not block:
                return digest.hexdigest(), os.fstat(source.fileno())
            digest.update(block)
            copy.write(block)


def _remove(feed: Feed, path: Path, copied: os.stat_result) -> None:
    """Take a file out of the inbox, unless another was put there under its name since it was copied."""
    try:
        there = path.lstat()
    except FileNotFoundError:
        return
    if (there.st_ino, there.st_size, there.st_mtime_ns) != (copied.st_ino, copied.st_size, copied.st_mtime_ns):
        return
    try:
        for gone in (path, *_markers(path).values()):
            gone.unlink(missing_ok=True)
    except OSError as error:
        raise NotWhole(
            f"{feed.name}: {shown(path.name)} is received, but cannot be taken out of the inbox ({error.strerror})."
        ) from error
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
    sidecar.parent.mkdir(parents=True, exist_ok=True)  # it can be lost together with the bytes
    temporary = sidecar.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    settle(temporary, sidecar)


def archive_path(delivery_id: str) -> Path:
    return home() / "archive" / delivery_id[:2] / delivery_id
