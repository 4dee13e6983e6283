"""The journal beside the archive: what the delivered bytes and their sidecars cannot tell of a lost ledger.

``archive/journal.ndjson`` holds one line per receipt, with its number, and one per closed night, in order.
A line is appended and flushed inside the ledger's transaction, before its commit. So the journal is at most
one line ahead of the ledger: a line whose commit never came is followed by another of the same number, and
the later one counts.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warehouse.home import fsync_directory, settle

TAIL_BYTES = 64 << 10
"""More than the longest line: a file name of 255 bytes, every one of them escaped."""


@dataclass
class Journal:
    """What the journal says. ``nights``: business date and the number of the last receipt before it was closed."""

    receipts: dict[int, dict[str, Any]] = field(default_factory=dict)
    nights: dict[str, int] = field(default_factory=dict)
    damaged: list[int] = field(default_factory=list)
    """Lines, from 1, that cannot be read."""


def journal_path(home: Path) -> Path:
    return home / "archive" / "journal.ndjson"


def append(home: Path, line: dict[str, Any]) -> None:
    """Add one line, on disk when this returns. The caller holds the ledger's write lock, so lines do not mix."""
    path = journal_path(home)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # What a power cut left of a line was never committed.
        end = _whole_end(descriptor)
        os.ftruncate(descriptor, end)
        os.pwrite(descriptor, (json.dumps(line, ensure_ascii=False) + "\n").encode(), end)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        fsync_directory(path.parent)


def replace(home: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Write the whole journal anew. The caller holds the ledger's write lock."""
    path = journal_path(home)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    settle(temporary, path)


def _whole_end(descriptor: int) -> int:
    size = os.fstat(descriptor).st_size
    start = max(0, size - TAIL_BYTES)
    tail = os.pread(descriptor, size - start, start)
    return start + tail.rfind(b"\n") + 1


def committed(home: Path) -> int:
    """A receipt number that a whole ledger knows at least; 0 without a journal."""
    try:
        descriptor = os.open(journal_path(home), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        end = _whole_end(descriptor)
        start = max(0, end - TAIL_BYTES)
        lines = os.pread(descriptor, end - start, start).splitlines()
    finally:
        os.close(descriptor)
    try:
        last = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return 0
    # The last receipt itself may have been killed before its commit; a night came after the receipt it names.
    return last["after_receipt"] if "night" in last else max(0, last.get("receipt_no", 0) - 1)


def read(home: Path) -> Journal:
    """The whole journal; lines that cannot be read are named, and the others count."""
    found = Journal()
    try:
        data = journal_path(home).read_bytes()
    except FileNotFoundError:
        return found
    for number, text in enumerate(data.split(b"\n")[:-1], 1):  # what follows the last line end is no line
        try:
            line = json.loads(text)
            if "night" in line:
                found.nights.pop(line["night"], None)  # an earlier line of it was never committed
                found.nights[line["night"]] = int(line["after_receipt"])
            else:
                found.receipts[int(line["receipt_no"])] = {
                    name: line[name] for name in ("receipt_no", "delivery_id", "feed", "name", "received_at", "outcome")
                }
        except (ValueError, KeyError, TypeError):
            found.damaged.append(number)
    return found
