"""The audit log: who looked at what, when and why; kept so that a change of it is found, and nobody is named in it.

``audit/log.sqlite`` of the instance holds one record an event. A record carries SHA-256 and SM3 (GB/T 32905) over its
canonical text, which names those of the record before, and an Ed25519 signature over both. Subjects (plate, credit
code, person) stand there as a keyed HMAC-SHA-256, by which they are found again, and sealed by HPKE (RFC 9180) for the
audit administrator, whose key need not lie on this machine. ``audit/tip`` is the signed end of the log, so that a tail
cut off is found at once; ``audit/heads/`` holds a signed head a day, to be copied elsewhere: who can sign on this
machine can write a whole log anew, and only a copy tells.

``append`` returns when the record is on disk, or raises ``AuditUnwritable``: let it through, for what it was to
record must not happen then. ``warehouse.audit_check`` verifies, exports and prunes.
"""

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from warehouse import plate
from warehouse.errors import WarehouseError
from warehouse.failpoint import failpoint
from warehouse.home import fsync_directory, home, settle
from warehouse.principal import Principal

BEIJING = timezone(timedelta(hours=8))
WAIT_SECONDS = 5.0
"""How long an append waits for the appends of others."""
PURPOSES = (
    "case_handling", "repeat_list", "defence_or_review", "evidence_copy", "vehicle_check", "hazard_follow_up",
    "terminal_follow_up", "data_quality", "supervision", "audit",
)  # fmt: skip
"""What personal data may be looked at for (个人信息保护法 arts 6, 34: a definite purpose within statutory duty)."""
KINDS = ("plate", "enterprise", "person", "filters")
_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
_SEAL_INFO = b"heng-audit-subject/1"
_WORD = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_HEX = re.compile(r"[0-9a-f]{64}")

HASHED = (
    "seq", "at", "actor", "role", "action", "subject_kind", "subject", "sealed", "purpose", "query", "scope",
    "row_count", "digest", "version", "outcome", "previous_sha256", "previous_sm3",
)  # fmt: skip
COLUMNS = (*HASHED, "sha256", "sm3", "signature")
TABLES = {
    "record": """create table record (
    seq integer primary key,
    at text not null,                -- +08:00
    actor text not null,             -- opaque id of the account
    role text not null,
    action text not null,
    subject_kind text,
    subject text,                    -- HMAC-SHA-256, hexadecimal
    sealed text,                     -- HPKE, hexadecimal: subject and note
    purpose text,
    query text,
    scope text not null,             -- all, none, or county codes
    row_count integer,
    digest text,                     -- HMAC-SHA-256 of what left; of a head or an export: its SHA-256
    version integer,                 -- of the snapshot
    outcome text not null,
    previous_sha256 text not null,
    previous_sm3 text not null,
    sha256 text not null,
    sm3 text not null,
    signature text not null
) strict""",
    "base": """create table base (
    seq integer primary key,         -- the last record that was pruned
    at text not null,
    sha256 text not null,            -- of that record
    sm3 text not null,
    export_sha256 text not null,     -- of the file that holds what was pruned
    signature text not null
) strict""",
    "record_by_subject": "create index record_by_subject on record (subject)",
}
TRIGGERS = {
    f"{table}_{verb}": f"create trigger {table}_{verb} before {verb} on {table} "
    "begin select raise(abort, 'the audit log is append-only'); end"
    for table in ("record", "base")
    for verb in ("update", "delete")
}
START = "0" * 64
"""Stands for the hashes before the first record."""


class AuditUnwritable(WarehouseError):
    """The audit log could not be written: what was to be recorded must not happen."""


@dataclass(frozen=True)
class Subject:
    """Whom an event is about, or what was chosen. ``text``: a plate, a credit code, a certificate or id number, the
    filters of a file; never shown by ``repr``."""

    kind: str
    text: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"A subject is one of {', '.join(KINDS)}.")
        if not self.text.strip():
            raise ValueError("A subject has a number.")

    def __repr__(self) -> str:
        return f"Subject({self.kind!r}, …)"

    @property
    def normal(self) -> str:
        """As it is compared: what differs in width, case or blanks only is the same subject."""
        text = plate.normal(self.text) if self.kind == "plate" else unicodedata.normalize("NFKC", self.text).upper()
        return "".join(text.split())


@dataclass(frozen=True)
class Event:
    """What happened. Words are of small letters, digits, ``_``, ``.``, ``-``, so that nothing personal fits in;
    ``note`` is free text and only ever kept sealed. ``digest``: see ``digest_of``."""

    by: Principal
    action: str
    outcome: str
    subject: Subject | None = None
    note: str = ""
    purpose: str | None = None
    query: str | None = None
    row_count: int | None = None
    digest: str | None = None
    version: int | None = None

    def __post_init__(self) -> None:
        for name in ("action", "outcome", "query"):
            text = getattr(self, name)
            if text is not None and not _WORD.fullmatch(text):
                raise ValueError(f"{name} of an audit record is a word of small letters, digits, '_', '.', '-'.")
        if self.purpose is not None and self.purpose not in PURPOSES:
            raise ValueError(f"A purpose is one of {', '.join(PURPOSES)}.")
        if self.digest is not None and not _HEX.fullmatch(self.digest):
            raise ValueError("A digest has 64 hexadecimal signs.")


# --- files and keys ------------------------------------------------------------------------------
def folder(root: Path | None = None) -> Path:
    return (root or home()) / "audit"


def log_path(root: Path | None = None) -> Path:
    return folder(root) / "log.sqlite"


@dataclass(frozen=True)
class Keys:
    """What an append needs. Not in it: the key that opens what is sealed."""

    subject: bytes
    head: Ed25519PrivateKey
    seal: X25519PublicKey

    @property
    def public(self) -> str:
        return self.head.public_key().public_bytes_raw().hex()


def begin(root: Path | None = None) -> Path:
    """Make keys and an empty log; returns where the opening key lies (``audit/keys/open.key``), to be taken to the
    audit administrator. An instance that has a log or a key of one keeps it: raises ``WarehouseError``.
    """
    at = folder(root)
    if at.exists() and any(at.iterdir()):
        raise WarehouseError(f"There is an audit log already in {at}. Verify it with 'heng audit verify'.")
    keys = at / "keys"
    for path in (at, keys, at / "heads", at / "exports"):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    head, opening = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    for name, value in {
        "subject.key": secrets.token_bytes(32),
        "head.key": head.private_bytes_raw(),
        "head.pub": head.public_key().public_bytes_raw(),
        "open.key": opening.private_bytes_raw(),
        "seal.pub": opening.public_key().public_bytes_raw(),
    }.items():
        write_private(keys / name, value.hex() + "\n")
    os.close(os.open(log_path(root), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with opened(log_path(root)) as log:
        log.execute("pragma journal_mode = wal")
        log.execute("begin immediate")
        for text in (*TABLES.values(), *TRIGGERS.values()):
            log.execute(text)
        event = Event(
            SYSTEM, "audit.begun", "done", digest=hashlib.sha256(head.public_key().public_bytes_raw()).hexdigest()
        )
        last = _insert(log, event, keys_of(root), 0, START, START)
        log.execute("commit")
    write_private(at / "tip", "")
    move_tip(at / "tip", last, keys_of(root))
    for path in (keys, at, at.parent):
        fsync_directory(path)
    return keys / "open.key"


SYSTEM = Principal("system", "system", None)
"""Who acts where nobody asked: the nightly housekeeping, an operator at the command line."""


def write_private(path: Path, text: str) -> None:
    """A file that only its owner reads, there whole after any crash when this returns."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    settle(temporary, path)


def read_key(path: Path) -> bytes:
    """A key of 32 bytes. Raises ``WarehouseError`` if it is missing, short, all alike, or others may read it."""
    try:
        mode = path.stat().st_mode
        value = bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError:
        raise WarehouseError(f"{path} is missing. 'heng audit init' makes the keys of a new instance.") from None
    except (ValueError, OSError):
        raise WarehouseError(f"{path} cannot be read as a key. Bring it back from its copy.") from None
    if len(value) != 32 or len(set(value)) < 8:
        raise WarehouseError(f"{path} is no key: it is short or all alike. Bring it back from its copy.")
    if path.suffix == ".key" and mode & 0o077:
        raise WarehouseError(f"{path} may be read by others. Run: chmod 600 {path}")
    return value


def keys_of(root: Path | None = None) -> Keys:
    """The keys of the instance. Raises ``WarehouseError`` if one is missing or none."""
    at = folder(root) / "keys"
    stamps = tuple((path.stat().st_mtime_ns, path.stat().st_mode) if path.exists() else None
                   for path in (at / "subject.key", at / "head.key", at / "seal.pub"))  # fmt: skip
    return _keys_read(at, stamps)


@lru_cache(maxsize=8)
def _keys_read(at: Path, stamps: tuple[Any, ...]) -> Keys:
    return Keys(
        read_key(at / "subject.key"),
        Ed25519PrivateKey.from_private_bytes(read_key(at / "head.key")),
        X25519PublicKey.from_public_bytes(read_key(at / "seal.pub")),
    )


@contextmanager
def opened(path: Path, wait: float = WAIT_SECONDS) -> Iterator[sqlite3.Connection]:
    """The log as it is; never a new one in its place."""
    log = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=wait, isolation_level=None)
    try:
        log.row_factory = sqlite3.Row
        # Without recursive triggers an INSERT OR REPLACE deletes unseen.
        for pragma in ("recursive_triggers = on", "synchronous = full", "secure_delete = on", "trusted_schema = off"):
            log.execute(f"pragma {pragma}")
        yield log
    finally:
        log.close()


# --- what stands in the log ----------------------------------------------------------------------
def _keyed(key: bytes, what: str, data: bytes) -> str:
    return hmac.new(key, what.encode() + b"\0" + data, hashlib.sha256).hexdigest()


def subject_key(subject: Subject, root: Path | None = None) -> str:
    """What stands in the log for a subject: by it, and only with this instance's key, a person is found there."""
    return _keyed(keys_of(root).subject, subject.kind, subject.normal.encode())


def digest_of(data: bytes, root: Path | None = None) -> str:
    """Digest of what left. Keyed: the plain digest of one row could be matched with every plate there is."""
    return _keyed(keys_of(root).subject, "left", data)


def digest_of_file(file: IO[bytes], root: Path | None = None) -> str:
    """The same of a file from its beginning to its end, however large."""
    keyed = hmac.new(keys_of(root).subject, b"left\0", hashlib.sha256)
    file.seek(0)
    while piece := file.read(1 << 20):
        keyed.update(piece)
    return keyed.hexdigest()


def opened_seal(sealed: str, opening: bytes) -> dict[str, str]:
    """Subject and note of a record, by the opening key. Raises ``WarehouseError`` if the key is another one."""
    try:
        key = X25519PrivateKey.from_private_bytes(opening)
        told: dict[str, str] = json.loads(_SUITE.decrypt(bytes.fromhex(sealed), key, _SEAL_INFO))
    except Exception:  # noqa: BLE001 - whatever the reason, it is not told: it could carry the text
        raise WarehouseError("The opening key does not open this record. Is it the key of this instance?") from None
    return told


def canonical(document: dict[str, Any]) -> bytes:
    """JSON in UTF-8, keys sorted, without blanks: the one text of a document."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def both_hashes(data: bytes) -> tuple[str, str]:
    """SHA-256 and SM3, hexadecimal."""
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(data)
    return hashlib.sha256(data).hexdigest(), sm3.finalize().hex()


def signed(document: dict[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """A document with its signature; ``format`` keeps one kind from being taken for another."""
    return {**document, "signature": key.sign(canonical(document)).hex()}


def is_signed(document: dict[str, Any], public: str) -> bool:
    """Whether the holder of the key signed exactly this."""
    try:
        rest = {name: value for name, value in document.items() if name != "signature"}
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(document["signature"]), canonical(rest))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    return True


def record_document(row: dict[str, Any]) -> dict[str, Any]:
    """What the signature of a record is over, with it."""
    return {"format": "heng-audit-record/1", **{name: row[name] for name in ("seq", "sha256", "sm3", "signature")}}


def _insert(log: sqlite3.Connection, event: Event, keys: Keys, seq: int, sha256: str, sm3: str) -> dict[str, Any]:
    """Add the record after record ``seq`` with these hashes; the caller holds the write lock."""
    told = event.subject
    sealed = None
    if told is not None or event.note:
        inner = {"kind": told.kind, "text": told.text} if told else {}
        sealed = _SUITE.encrypt(canonical({**inner, "note": event.note}), keys.seal, _SEAL_INFO).hex()
    row: dict[str, Any] = {
        "seq": seq + 1, "at": datetime.now(BEIJING).isoformat(timespec="milliseconds"),
        "actor": event.by.account, "role": event.by.role, "action": event.action,
        "subject_kind": told.kind if told else None,
        "subject": _keyed(keys.subject, told.kind, told.normal.encode()) if told else None,
        "sealed": sealed, "purpose": event.purpose, "query": event.query, "scope": event.by.scope,
        "row_count": event.row_count, "digest": event.digest, "version": event.version, "outcome": event.outcome,
        "previous_sha256": sha256, "previous_sm3": sm3,
    }  # fmt: skip
    row["sha256"], row["sm3"] = both_hashes(canonical(row))
    document = {"format": "heng-audit-record/1", "seq": row["seq"], "sha256": row["sha256"], "sm3": row["sm3"]}
    row["signature"] = signed(document, keys.head)["signature"]
    log.execute(
        f"insert into record ({', '.join(COLUMNS)}) values ({', '.join('?' * len(COLUMNS))})",
        [row[name] for name in COLUMNS],
    )
    return row


def last_of(log: sqlite3.Connection) -> tuple[int, str, str]:
    """Number and hashes of the last record, or of the last one pruned."""
    for table in ("record", "base"):
        row = log.execute(f"select seq, sha256, sm3 from {table} order by seq desc limit 1").fetchone()
        if row is not None:
            return row["seq"], row["sha256"], row["sm3"]
    return 0, START, START


def append(event: Event, root: Path | None = None, wait: float = WAIT_SECONDS) -> int:
    """Add a record and return its number, when it is on disk. Raises ``AuditUnwritable``."""
    try:
        keys = keys_of(root)
        with opened(log_path(root), wait) as log:
            log.execute("begin immediate")
            row = add_within(log, event, keys, root)
            failpoint("audit.inserted")
            log.execute("commit")
            failpoint("audit.committed")
        move_tip(folder(root) / "tip", row, keys)
    except AuditUnwritable:
        raise
    except WarehouseError as error:
        raise AuditUnwritable(f"The audit log cannot be written, so nothing personal is shown. {error}") from None
    except (sqlite3.Error, OSError) as error:
        why = getattr(error, "sqlite_errorname", None) or type(error).__name__
        raise AuditUnwritable(
            f"The audit log cannot be written ({why}), so nothing personal is shown. See whether the disk of "
            f"{folder(root)} is full or read-only, and run 'heng audit verify'."
        ) from None
    return int(row["seq"])


def add_within(log: sqlite3.Connection, event: Event, keys: Keys, root: Path | None) -> dict[str, Any]:
    """Add a record to the transaction of who holds the write lock. Raises ``AuditUnwritable`` if the log was cut."""
    seq, sha256, sm3 = last_of(log)
    tip = read_tip(folder(root) / "tip")
    if tip is None or not is_signed(tip, keys.public) or tip["seq"] > seq or (
        tip["seq"] == seq and (tip["sha256"], tip["sm3"]) != (sha256, sm3)
    ):  # fmt: skip
        raise AuditUnwritable(
            "The audit log does not end where it ended, so nothing personal is shown. Run 'heng audit verify'."
        )
    return _insert(log, event, keys, seq, sha256, sm3)


# --- the end of the log --------------------------------------------------------------------------
_TIP_BYTES = 512


def read_tip(path: Path) -> dict[str, Any] | None:
    """The signed end of the log as it is told; None if nothing tells it."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(told, dict) and told.get("format") == "heng-audit-tip/1" and isinstance(told.get("seq"), int)
    return told if whole else None


def move_tip(path: Path, row: dict[str, Any], keys: Keys) -> None:
    """Let the tip tell ``row``, unless somebody told a later one meanwhile. One block, written in place: a crash
    leaves the old or the new one, and an old one only lacks records that are signed themselves."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        told = read_tip(path)
        if told is not None and told["seq"] >= row["seq"]:
            return
        document = {"format": "heng-audit-tip/1", **{name: row[name] for name in ("seq", "sha256", "sm3")}}
        text = canonical(signed(document, keys.head))
        os.pwrite(descriptor, text.ljust(_TIP_BYTES - 1) + b"\n", 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def head_now(root: Path | None = None) -> dict[str, Any]:
    """The signed head of the log as it stands: number and hashes of the last record."""
    keys = keys_of(root)
    with opened(log_path(root)) as log:
        seq, sha256, sm3 = last_of(log)
    at = datetime.now(BEIJING).isoformat(timespec="seconds")
    document = {"format": "heng-audit-head/1", "at": at, "seq": seq, "sha256": sha256, "sm3": sm3, "key": keys.public}
    return signed(document, keys.head)


def export_head(root: Path | None = None) -> Path | None:
    """Write the signed head to ``audit/heads/`` and record that; None if nothing was added since the last one, or
    no log was begun. Raises ``AuditUnwritable``."""
    if not folder(root).exists():
        return None
    with opened(log_path(root)) as log:
        last = log.execute("select action from record order by seq desc limit 1").fetchone()
    if last is None or last["action"] == "audit.head":
        return None
    head = head_now(root)
    text = json.dumps(head, sort_keys=True, indent=1) + "\n"
    path = folder(root) / "heads" / f"{head['at'][:10]}-{head['seq']:010d}.json"
    if path.exists():  # its record was never written: a crash between the two
        text = path.read_text("utf-8")
    else:
        write_private(path, text)
    append(Event(SYSTEM, "audit.head", "done", digest=hashlib.sha256(text.encode()).hexdigest()), root)
    return path


def records(
    first: date | None = None,
    last: date | None = None,
    actor: str | None = None,
    action: str | None = None,
    subject: Subject | None = None,
    digest: str | None = None,
    limit: int = 200,
    root: Path | None = None,
    *,
    purpose: str | None = None,
    same: str | None = None,
    before: int | None = None,
) -> list[dict[str, Any]]:
    """Records of these days (+08:00, both included), the latest first. ``same``: what stands in a record for its
    subject; ``before``: only records of a lower number. Raises ``WarehouseError``."""
    if not log_path(root).is_file():
        raise WarehouseError("No audit log was begun. Run 'heng audit init'.")
    wanted = {
        "substr(at, 1, 10) >= ?": first and str(first), "substr(at, 1, 10) <= ?": last and str(last),
        "actor = ?": actor, "action = ?": action, "digest = ?": digest,
        "subject = ?": subject_key(subject, root) if subject else same, "purpose = ?": purpose, "seq < ?": before,
    }  # fmt: skip
    given = {condition: value for condition, value in wanted.items() if value is not None}
    where = " and ".join(given) or "true"
    with opened(log_path(root)) as log:
        found = log.execute(f"select * from record where {where} order by seq desc limit ?", [*given.values(), limit])
        return [dict(row) for row in found]


def actions_and_months(root: Path | None = None) -> tuple[list[str], list[str]]:
    """Actions the log has, and its months (``2026-11``) from the first to the last."""
    with opened(log_path(root)) as log:
        actions = [action for (action,) in log.execute("select distinct action from record order by action")]
        months = [month for (month,) in log.execute("select distinct substr(at, 1, 7) from record order by 1")]
    return actions, months
