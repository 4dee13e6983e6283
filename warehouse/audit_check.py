"""Whether the audit log is whole; months of it as a file that verifies by itself; and what may be pruned.

``verify`` needs only the folder ``audit/`` and the public key, and names the first bad record. A head or a key that
was copied elsewhere makes it independent of who can write here.
"""

import csv
import fcntl
import hashlib
import json
import os
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from warehouse import sql
from warehouse.audit import (
    BEIJING,
    COLUMNS,
    HASHED,
    START,
    SYSTEM,
    TABLES,
    TRIGGERS,
    AuditUnwritable,
    Event,
    add_within,
    append,
    both_hashes,
    canonical,
    folder,
    is_signed,
    keys_of,
    log_path,
    move_tip,
    opened,
    read_key,
    read_tip,
    record_document,
    signed,
    write_private,
)
from warehouse.errors import WarehouseError
from warehouse.principal import Principal

EXPORT_FORMAT = "heng-audit-export/1"
RETENTION = "log_retention_months"


@dataclass(frozen=True)
class Fault:
    """What is wrong, at the record ``seq``; None where it is no record's."""

    seq: int | None
    what: str

    def __str__(self) -> str:
        return self.what if self.seq is None else f"record {self.seq}: {self.what}"


@dataclass
class Verified:
    """What was looked at. ``fault``: the first bad record, or what is wrong beside them; None: the log is whole."""

    first: int | None = None
    last: int = 0
    records: int = 0
    heads: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def fault(self) -> Fault | None:
        of_records = sorted((one for one in self.faults if one.seq is not None), key=lambda one: one.seq or 0)
        return next(iter([*of_records, *self.faults]), None)


@dataclass
class _End:
    """Where the chain stands while it is followed."""

    seq: int
    sha256: str
    sm3: str


def verify(root: Path | None = None, key: str | None = None, heads: Iterable[dict[str, Any]] = ()) -> Verified:
    """Check the whole log. ``key``: the public key as noted elsewhere, hexadecimal; ``heads``: as copied elsewhere."""
    at, told = folder(root), Verified()
    wrong = told.faults.append
    try:
        public = read_key(at / "keys" / "head.pub").hex()
    except WarehouseError as error:
        wrong(Fault(None, str(error)))
        return told
    if key is not None and public != key:
        wrong(Fault(None, "keys/head.pub is not the key that was noted: log and key may have been replaced."))
        public = key
    for path in [
        path for path in (at, at / "keys", *(at / "keys").glob("*.key"), *at.glob("log.sqlite*")) if path.exists()
    ]:
        if path.stat().st_mode & 0o077:
            wrong(Fault(None, f"{path.name} may be read by others."))
    if not log_path(root).is_file():
        wrong(Fault(None, "log.sqlite is missing."))
        return told
    marks: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for head in _heads(at, public, heads, told):
        marks[head["seq"]].append(head)
    tip = read_tip(at / "tip")
    if tip is None or not is_signed(tip, public):
        wrong(Fault(None, "tip is missing or not signed by this instance."))
    else:
        marks[tip["seq"]].append(tip)
    try:
        with opened(log_path(root)) as log:
            log.execute("begin")
            _schema(log, wrong)
            _follow(log, public, marks, at, told)
            for (problem,) in log.execute("pragma integrity_check"):
                if problem != "ok":
                    wrong(Fault(None, "log.sqlite is damaged: SQLite's own check of the file fails."))
                    break
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        why = getattr(error, "sqlite_errorname", None) or type(error).__name__
        wrong(Fault(told.last + 1, f"log.sqlite cannot be read here ({why})."))
    return told


def _heads(at: Path, public: str, others: Iterable[dict[str, Any]], told: Verified) -> Iterator[dict[str, Any]]:
    found = []
    for path in sorted((at / "heads").glob("*.json")):
        try:
            found.append((path.name, json.loads(path.read_text("utf-8"))))
        except (OSError, ValueError):
            told.faults.append(Fault(None, f"heads/{path.name} cannot be read."))
    for name, head in [*found, *(("the head given", head) for head in others)]:
        whole = (
            isinstance(head, dict) and head.get("format") == "heng-audit-head/1" and isinstance(head.get("seq"), int)
        )
        if not whole or not is_signed(head, public):
            told.faults.append(Fault(None, f"{name} is not signed by the key of this log."))
            continue
        told.heads += 1
        yield head


def _schema(log: sqlite3.Connection, wrong: Any) -> None:
    expected = {**TABLES, **TRIGGERS, "record_by_subject": TABLES["record_by_subject"]}
    there = {name: text for name, text in log.execute("select name, sql from sqlite_master where sql is not null")}
    for name in sorted({*expected, *there}):
        if expected.get(name, "").lower() != there.get(name, "").lower():  # SQLite writes its first words large
            state = "missing" if name not in there else "not ours" if name not in expected else "changed"
            wrong(Fault(None, f"'{name}' of the log is {state}: what keeps records from being changed was touched."))


def _follow(
    log: sqlite3.Connection, public: str, marks: dict[int, list[dict[str, Any]]], at: Path, told: Verified
) -> None:
    end = _base(log, public, told)
    left = {seq: told_there for seq, told_there in marks.items() if seq > end.seq}
    if _other(marks.get(end.seq, ()), end.sha256, end.sm3):
        told.faults.append(Fault(end.seq, "a signed head tells other hashes of the last record that was pruned."))
    told.last = end.seq
    for stored in log.execute(f"select {', '.join(COLUMNS)} from record order by seq"):
        row = dict(stored)
        if (what := fault_of(row, end, public)) is not None:
            told.faults.append(Fault(row["seq"] if row["seq"] <= end.seq + 1 else end.seq + 1, what))
            return
        if _other(left.pop(row["seq"], ()), row["sha256"], row["sm3"]):
            told.faults.append(Fault(row["seq"], "a signed head tells other hashes of it: the log was written anew."))
            return
        if row["action"] == "audit.head" and not _head_is_there(at, row["digest"]):
            told.faults.append(Fault(row["seq"], "the head it tells of is missing from heads/ or was changed."))
        end = _End(row["seq"], row["sha256"], row["sm3"])
        told.first, told.last, told.records = told.first or end.seq, end.seq, told.records + 1
    if left:
        told.faults.append(
            Fault(end.seq + 1, f"the log ends before it; a signed head tells of records up to {max(left)}.")
        )


def _other(marks: Iterable[dict[str, Any]], sha256: str, sm3: str) -> bool:
    return any((mark["sha256"], mark["sm3"]) != (sha256, sm3) for mark in marks)


def _head_is_there(at: Path, digest: str | None) -> bool:
    return any(hashlib.sha256(path.read_bytes()).hexdigest() == digest for path in (at / "heads").glob("*.json"))


def _base(log: sqlite3.Connection, public: str, told: Verified) -> _End:
    end = _End(0, START, START)
    for stored in log.execute("select seq, at, sha256, sm3, export_sha256, signature from base order by seq"):
        row = dict(stored)
        if not is_signed({"format": "heng-audit-base/1", **row}, public):
            told.faults.append(Fault(row["seq"], "the note of what was pruned is not signed by the key of this log."))
        end = _End(row["seq"], row["sha256"], row["sm3"])
    return end


def fault_of(row: dict[str, Any], end: Any, public: str) -> str | None:
    """What is wrong with a record that should follow ``end``."""
    if row["seq"] != end.seq + 1:
        return (
            f"it is missing; record {row['seq']} stands in its place." if row["seq"] > end.seq else "it is there twice."
        )
    if (row["previous_sha256"], row["previous_sm3"]) != (end.sha256, end.sm3):
        return "it does not follow the record before it."
    sha256, sm3 = both_hashes(canonical({name: row[name] for name in HASHED}))
    if row["sha256"] != sha256:
        return "its content was changed: SHA-256 differs."
    if row["sm3"] != sm3:
        return "its content was changed: SM3 differs."
    if not is_signed(record_document(row), public):
        return "it is not signed by the key of this log."
    return None


# --- what the last verification found --------------------------------------------------------------
class Verifying(WarehouseError):
    """Somebody verifies at this moment: wait for what is found."""


def verify_and_keep(
    by: Principal,
    root: Path | None = None,
    key: str | None = None,
    heads: Iterable[dict[str, Any]] = (),
    wait_seconds: float = 0,
) -> Verified:
    """``verify``, and note what was found in ``audit/verified.json``, signed. A whole log has a record of it too,
    unless the nightly housekeeping asked.

    A log that is not whole is left as it is. Raises ``Verifying`` if somebody else verifies still after
    ``wait_seconds``, and ``WarehouseError``.
    """
    with _alone(root, wait_seconds):
        began = datetime.now(BEIJING)
        told = verify(root, key, heads)
        found = {
            "format": "heng-audit-verified/1", "at": began.isoformat(timespec="seconds"), "by": by.account,
            "seconds": round((datetime.now(BEIJING) - began).total_seconds(), 1), "first": told.first,
            "last": told.last, "records": told.records, "heads": told.heads, "record": told.fault and told.fault.seq,
            "fault": told.fault and str(told.fault), "noted_key": key is not None,
        }  # fmt: skip
        write_private(folder(root) / "verified.json", canonical(signed(found, keys_of(root).head)).decode() + "\n")
    if told.fault is None and by != SYSTEM:
        append(Event(by, "audit.verified", "done", query="audit", row_count=told.records), root)
    return told


@contextmanager
def _alone(root: Path | None, wait_seconds: float = 0) -> Iterator[None]:
    """Held while somebody verifies; given back whatever becomes of the process. Raises ``Verifying``."""
    until = time.monotonic() + wait_seconds
    descriptor = os.open(folder(root) / "verifying", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= until:
                    raise Verifying("The log is being verified at this moment.") from None
            time.sleep(0.2)
        yield
    finally:
        os.close(descriptor)


def is_being_verified(root: Path | None = None) -> bool:
    if not folder(root).is_dir():
        return False
    try:
        with _alone(root):
            return False
    except Verifying:
        return True


def last_verified(root: Path | None = None) -> dict[str, Any] | None:
    """What the last verification found, as ``verify_and_keep`` wrote it; None if none did, or it is not signed."""
    try:
        found = json.loads((folder(root) / "verified.json").read_text("utf-8"))
        public = read_key(folder(root) / "keys" / "head.pub").hex()
    except (OSError, ValueError, WarehouseError):
        return None
    whole = isinstance(found, dict) and found.get("format") == "heng-audit-verified/1" and is_signed(found, public)
    return found if whole else None


# --- months as a file, and pruning ---------------------------------------------------------------
def retention_months(day: date) -> int:
    """How long records are kept (网络安全法 art. 21(3)), from the seed itself: the log has to do without a snapshot."""
    with (sql.PROJECT / "seeds" / "parameter.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            row for row in csv.DictReader(file)
            if row["parameter"] == RETENTION and (row["valid_from"] or "0") <= str(day) <= (row["valid_to"] or "9")
        ]  # fmt: skip
    if len(rows) != 1:
        raise WarehouseError(f"seeds/parameter.csv has not one row of {RETENTION} for {day}.")
    return int(rows[0]["parameter_value"])


def export_months(until: str, root: Path | None = None, today: date | None = None) -> Path:
    """Write the records up to the end of the month ``until`` (``2026-05``) to ``audit/exports/``, signed; returns the
    file. Raises ``WarehouseError`` for a month that is not over, or a log that is not whole."""
    today = today or datetime.now(BEIJING).date()
    if until >= f"{today:%Y-%m}":
        raise WarehouseError(f"{until} is not over yet. Export months up to the last one.")
    _need_whole(root)
    keys = keys_of(root)
    with opened(log_path(root)) as log:
        log.execute("begin")
        rows = list(_closed(log, until))
    if not rows:
        raise WarehouseError(f"The log has no records up to the end of {until}.")
    first, last = rows[0], rows[-1]
    head = {
        "format": EXPORT_FORMAT, "key": keys.public, "first": first["seq"],
        "previous_sha256": first["previous_sha256"], "previous_sm3": first["previous_sm3"],
    }  # fmt: skip
    foot = {
        "format": EXPORT_FORMAT, "at": datetime.now(BEIJING).isoformat(timespec="seconds"), "until": until,
        "first": first["seq"], "last": last["seq"], "sha256": last["sha256"], "sm3": last["sm3"],
    }  # fmt: skip
    path = folder(root) / "exports" / f"{first['at'][:7]}_{until}-{first['seq']:010d}-{last['seq']:010d}.ndjson"
    lines = [canonical(document).decode() for document in (head, *rows, signed(foot, keys.head))]
    write_private(path, "\n".join(lines) + "\n")
    return path


def _closed(log: sqlite3.Connection, until: str) -> Iterator[dict[str, Any]]:
    """Records up to the first one that is later than ``until``."""
    for stored in log.execute(f"select {', '.join(COLUMNS)} from record order by seq"):
        if stored["at"][:7] > until:
            return
        yield dict(stored)


def verify_export(path: Path, key: str | None = None) -> Verified:
    """Check an exported file by itself. ``key``: the public key as noted elsewhere; else the one the file names."""
    told = Verified()
    wrong = told.faults.append
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        head, rows, foot = lines[0], lines[1:-1], lines[-1]
        if head["format"] != EXPORT_FORMAT or foot["format"] != EXPORT_FORMAT or not rows:
            raise ValueError
        public = key or head["key"]
        if head["key"] != public:
            wrong(Fault(None, "the file names another key than the one noted."))
        end = _End(head["first"] - 1, head["previous_sha256"], head["previous_sm3"])
        for row in rows:
            if set(row) != set(COLUMNS):
                wrong(Fault(end.seq + 1, "it has other columns than a record."))
                return told
            if (what := fault_of(row, end, public)) is not None:
                wrong(Fault(end.seq + 1, what))
                return told
            end = _End(row["seq"], row["sha256"], row["sm3"])
            told.first, told.last, told.records = told.first or end.seq, end.seq, told.records + 1
        if not is_signed(foot, public):
            wrong(Fault(None, "its last line is not signed by its key."))
        elif (foot["first"], foot["last"], foot["sha256"], foot["sm3"]) != (told.first, end.seq, end.sha256, end.sm3):
            wrong(Fault(end.seq + 1, "the file ends elsewhere than its last line says."))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        wrong(Fault(told.last + 1 if told.records else None, "the file cannot be read as an export of the audit log."))
    return told


def prune_exported(path: Path, root: Path | None = None, today: date | None = None) -> int:
    """Remove from the log what an export holds; returns how many records. The chain goes on from a signed note.

    Raises ``WarehouseError`` if a record is younger than the parameter allows, or file and log do not agree.
    """
    today = today or datetime.now(BEIJING).date()
    _need_whole(root)
    keys = keys_of(root)
    told = verify_export(path, keys.public)
    if told.fault is not None:
        raise WarehouseError(f"{path.name} is not whole: {told.fault}. Nothing was pruned.")
    kept_from = _months_before(today, retention_months(today))
    try:
        with opened(log_path(root)) as log:
            log.execute("begin immediate")
            last = log.execute("select seq, at, sha256, sm3 from record where seq = ?", [told.last]).fetchone()
            first = log.execute("select min(seq) from record").fetchone()[0]
            exported = json.loads(path.read_text("utf-8").splitlines()[-2])
            if (
                last is None
                or first != told.first
                or (last["sha256"], last["sm3"]) != (exported["sha256"], exported["sm3"])
            ):
                raise WarehouseError(f"{path.name} does not begin where the log begins. Nothing was pruned.")
            youngest = log.execute("select max(at) from record where seq <= ?", [told.last]).fetchone()[0]
            if youngest[:10] >= str(kept_from):
                raise WarehouseError(
                    f"{path.name} holds records of {youngest[:10]}; those from {kept_from} on are kept "
                    f"({RETENTION}). Nothing was pruned."
                )
            note = signed(
                {
                    "format": "heng-audit-base/1", "seq": last["seq"],
                    "at": datetime.now(BEIJING).isoformat(timespec="seconds"), "sha256": last["sha256"],
                    "sm3": last["sm3"], "export_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                },
                keys.head,
            )  # fmt: skip
            for name in ("record_delete", "record_update"):
                log.execute(f"drop trigger {name}")
            log.execute("delete from record where seq <= ?", [told.last])
            for name in ("record_delete", "record_update"):
                log.execute(TRIGGERS[name])
            log.execute(
                "insert into base (seq, at, sha256, sm3, export_sha256, signature) values (?, ?, ?, ?, ?, ?)",
                [note[name] for name in ("seq", "at", "sha256", "sm3", "export_sha256", "signature")],
            )
            event = Event(SYSTEM, "audit.prune", "done", row_count=told.records, digest=note["export_sha256"])
            row = add_within(log, event, keys, root)
            log.execute("commit")
        move_tip(folder(root) / "tip", row, keys)
    except sqlite3.Error as error:
        raise AuditUnwritable(f"The audit log could not be pruned ({type(error).__name__}); it is as it was.") from None
    return told.records


def _need_whole(root: Path | None) -> None:
    if (fault := verify(root).fault) is not None:
        raise WarehouseError(f"The audit log is not whole: {fault} Nothing was done; see 'heng audit verify'.")


def _months_before(day: date, months: int) -> date:
    """The day so many months before; the first of the next month where that month is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year + month // 11, (month + 1) % 12 + 1, 1)
