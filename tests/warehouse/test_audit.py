"""The audit log: every change of it is found, nothing personal stands in it, and what cannot be written lets nothing
out."""

import fcntl
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from etl import housekeeping
from etl.cli import app
from etl.errors import HengError
from warehouse import access_key, audit, audit_check
from warehouse.audit import AuditUnwritable, Event, Subject, append
from warehouse.audit_check import Verifying
from warehouse.errors import WarehouseError
from warehouse.principal import Principal

PLATE, PERSON, CREDIT = "湘M9Z7Q2", "431199198001019990", "91431199MA9CANARYX"
NAME = "王某某金丝雀"
OFFICER = Principal("acc-0001", "inspector", ("431102",), "whole")
CANARIES = (PLATE, PERSON, CREDIT, NAME, "9Z7Q2")


@pytest.fixture
def begun(home: Path) -> Path:
    """An instance with a log of twelve records and one exported head, then four more."""
    audit.begin()
    for number in range(10):
        subject = (Subject("plate", PLATE), Subject("person", PERSON), Subject("enterprise", CREDIT), None)[number % 4]
        purpose, note = ("case_handling", f"复核 {NAME}") if subject else (None, "")
        append(
            Event(OFFICER, "lookup", "asked", subject, note, purpose, "lookup.acts", number, audit.digest_of(b"x"), 7)
        )
    assert audit.export_head() is not None
    for _ in range(4):
        append(Event(OFFICER, "export", "given", query="repeat.list", row_count=3))
    return home


def raw(home: Path) -> sqlite3.Connection:
    """The log as somebody opens it who minds no rule: triggers dropped."""
    log = sqlite3.connect(audit.log_path(home), isolation_level=None)
    for name in audit.TRIGGERS:
        log.execute(f"drop trigger if exists {name}")
    return log


def mend(log: sqlite3.Connection) -> None:
    for text in audit.TRIGGERS.values():
        log.execute(text)
    log.execute("pragma wal_checkpoint(truncate)")
    log.close()


def rechain(log: sqlite3.Connection, start: int) -> None:
    """Let hashes be right again from a record on; signatures need a key that the changer lacks."""
    log.row_factory = sqlite3.Row
    before = log.execute("select sha256, sm3 from record where seq = ?", [start - 1]).fetchone()
    sha256, sm3 = tuple(before) if before else (audit.START, audit.START)
    for stored in log.execute("select * from record where seq >= ? order by seq", [start]).fetchall():
        row = dict(stored) | {"previous_sha256": sha256, "previous_sm3": sm3}
        sha256, sm3 = audit.both_hashes(audit.canonical({name: row[name] for name in audit.HASHED}))
        log.execute(
            "update record set previous_sha256 = ?, previous_sm3 = ?, sha256 = ?, sm3 = ? where seq = ?",
            [row["previous_sha256"], row["previous_sm3"], sha256, sm3, row["seq"]],
        )
    log.row_factory = None


# --- it is whole -------------------------------------------------------------------------------------
def test_a_log_that_nobody_touched_is_whole(begun: Path) -> None:
    told = audit_check.verify()
    assert (told.faults, told.first, told.last, told.records, told.heads) == ([], 1, 16, 16, 1)
    assert audit_check.verify(key=audit.keys_of().public, heads=[audit.head_now()]).fault is None
    assert audit.export_head() is not None
    assert audit.export_head() is None, "nothing was added since"
    assert audit_check.verify().fault is None


def test_sm3_is_the_hash_of_the_standard() -> None:
    """GB/T 32905-2016, example 1."""
    _, sm3 = audit.both_hashes(b"abc")
    assert sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_files_are_private_and_a_second_beginning_is_refused(begun: Path) -> None:
    for path in audit.folder().rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    with pytest.raises(WarehouseError, match="already"):
        audit.begin()


def test_the_database_itself_refuses_changes(begun: Path) -> None:
    with audit.opened(audit.log_path()) as log:
        row = dict(log.execute("select * from record where seq = 3").fetchone())
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        for statement, values in [
            ("update record set actor = 'other'", []),
            ("delete from record where seq = 3", []),
            (f"insert or replace into record ({names}) values ({marks})", list(row.values())),
        ]:
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                log.execute(statement, values)
    assert audit_check.verify().fault is None


# --- every change is found ---------------------------------------------------------------------------
Mutation = Callable[[Path, random.Random], int | None]
"""Changes the log; returns the record that has to be named, None where it is none's."""


def flip_value(home: Path, chance: random.Random) -> int | None:
    seq, name = chance.randint(1, 16), chance.choice(audit.COLUMNS[1:])
    log = raw(home)
    (value,) = log.execute(f"select {name} from record where seq = ?", [seq]).fetchone()
    if isinstance(value, int) or (value is None and name in ("row_count", "version")):
        other: Any = (value or 0) + chance.choice((-1, 1, 1000))
    elif not value:
        other = "x"
    else:
        at = chance.randrange(len(value))
        other = value[:at] + chance.choice([sign for sign in "0123abcz" if sign != value[at]]) + value[at + 1 :]
    log.execute(f"update record set {name} = ? where seq = ?", [other, seq])
    mend(log)
    return seq


def empty_value(home: Path, chance: random.Random) -> int | None:
    log = raw(home)
    seq = chance.choice([2, 3, 4, 6, 7, 8])
    log.execute(f"update record set {chance.choice(('subject', 'sealed', 'purpose'))} = null where seq = ?", [seq])
    mend(log)
    return seq


def change_time(home: Path, chance: random.Random) -> int | None:
    log, seq = raw(home), chance.randint(1, 16)
    log.execute("update record set at = '2026-01-01T00:00:00.000+08:00' where seq = ?", [seq])
    mend(log)
    return seq


def delete_one(home: Path, chance: random.Random) -> int | None:
    log, seq = raw(home), chance.randint(1, 16)
    log.execute("delete from record where seq = ?", [seq])
    mend(log)
    return seq


def delete_and_close_up(home: Path, chance: random.Random) -> int | None:
    """The later ones are numbered and hashed anew."""
    log, seq = raw(home), chance.randint(1, 15)
    log.execute("delete from record where seq = ?", [seq])
    for later in range(seq + 1, 17):
        log.execute("update record set seq = ? where seq = ?", [later - 1, later])
    rechain(log, seq)
    mend(log)
    return seq


def insert_one(home: Path, chance: random.Random) -> int | None:
    """A copy of a record between two others, hashed rightly."""
    log, seq = raw(home), chance.randint(2, 16)
    for later in range(16, seq - 1, -1):
        log.execute("update record set seq = ? where seq = ?", [later + 1, later])
    names = ", ".join(audit.COLUMNS[1:])
    log.execute(f"insert into record (seq, {names}) select {seq}, {names} from record where seq = {seq - 1}")
    rechain(log, seq)
    mend(log)
    return seq


def add_at_the_end(home: Path, chance: random.Random) -> int | None:
    log, names = raw(home), ", ".join(audit.COLUMNS[1:])
    log.execute(f"insert into record (seq, {names}) select 17, {names} from record where seq = {chance.randint(1, 16)}")
    rechain(log, 17)
    mend(log)
    return 17


def swap(home: Path, chance: random.Random) -> int | None:
    log = raw(home)
    one, other = sorted(chance.sample(range(1, 17), 2))
    for was, becomes in ((one, 99), (other, one), (99, other)):
        log.execute("update record set seq = ? where seq = ?", [becomes, was])
    mend(log)
    return one


def renumber(home: Path, chance: random.Random) -> int | None:
    log, seq = raw(home), chance.randint(1, 16)
    log.execute("update record set seq = ? where seq = ?", [chance.choice((0, -3, 40)), seq])
    mend(log)
    return None


def cut_the_tail(home: Path, chance: random.Random) -> int | None:
    log, seq = raw(home), chance.randint(2, 16)
    log.execute("delete from record where seq >= ?", [seq])
    mend(log)
    return seq


def cut_the_tail_and_the_tip(home: Path, chance: random.Random) -> int | None:
    """The tip of an earlier moment laid back: the heads tell."""
    log = raw(home)
    log.execute("delete from record where seq >= 11")
    mend(log)
    shutil.copy(home / "tip_of_10", audit.folder(home) / "tip")
    return 11


def write_the_chain_anew(home: Path, chance: random.Random) -> int | None:
    log, seq = raw(home), chance.randint(1, 16)
    log.execute("update record set actor = 'acc-0002' where seq = ?", [seq])
    rechain(log, seq)
    mend(log)
    return seq


def write_anew_with_the_key(home: Path, chance: random.Random) -> int | None:
    """Somebody with the signing key makes chain, signatures and tip right; the head copied elsewhere tells."""
    log, seq, keys = raw(home), chance.randint(1, 11), audit.keys_of()
    log.execute("update record set actor = 'acc-0002' where seq = ?", [seq])
    rechain(log, seq)
    for number, sha256, sm3 in log.execute("select seq, sha256, sm3 from record").fetchall():
        document = {"format": "heng-audit-record/1", "seq": number, "sha256": sha256, "sm3": sm3}
        log.execute(
            "update record set signature = ? where seq = ?", [audit.signed(document, keys.head)["signature"], number]
        )
    log.row_factory = sqlite3.Row
    last = dict(log.execute("select * from record where seq = 16").fetchone())
    mend(log)
    (audit.folder(home) / "tip").write_text("")
    audit.move_tip(audit.folder(home) / "tip", last, keys)
    return 11


def another_file(home: Path, chance: random.Random) -> int | None:
    """The file of an earlier moment laid back."""
    for path in audit.folder(home).glob("log.sqlite-*"):
        path.unlink()
    shutil.copy(home / "log_of_10", audit.log_path(home))
    return 12


def flip_byte(home: Path, chance: random.Random) -> int | None:
    """In the text of a stored record, past the engine."""
    with sqlite3.connect(audit.log_path(home)) as log:
        log.execute("pragma wal_checkpoint(truncate)")
        texts = [text for (text,) in log.execute("select sha256 from record where seq > 1")]
    log.close()
    data = bytearray(audit.log_path(home).read_bytes())
    at = data.find(chance.choice(texts).encode()) + chance.randrange(64)
    data[at] ^= 1 << chance.randrange(3)
    audit.log_path(home).write_bytes(data)
    return None


def drop_a_trigger(home: Path, chance: random.Random) -> int | None:
    with sqlite3.connect(audit.log_path(home)) as log:
        log.execute(f"drop trigger {chance.choice(list(audit.TRIGGERS))}")
    log.close()
    return None


def pretend_pruned(home: Path, chance: random.Random) -> int | None:
    log, seq = raw(home), chance.randint(1, 15)
    log.execute("insert into base select seq, at, sha256, sm3, sha256, signature from record where seq = ?", [seq])
    log.execute("delete from record where seq <= ?", [seq])
    mend(log)
    return seq


def touch_a_head(home: Path, chance: random.Random) -> int | None:
    (head,) = (audit.folder(home) / "heads").glob("*.json")
    if chance.random() < 0.5:
        head.unlink()
    else:
        head.write_text(head.read_text().replace('"seq": 11', '"seq": 10'))
    return 12


def touch_the_tip(home: Path, chance: random.Random) -> int | None:
    tip = audit.folder(home) / "tip"
    if chance.random() < 0.5:
        tip.unlink()
    else:
        tip.write_text(tip.read_text().replace('"seq":16', '"seq":15'))
    return None


def another_key(home: Path, chance: random.Random) -> int | None:
    key = audit.folder(home) / "keys" / "head.pub"
    key.write_text(bytes(chance.randrange(256) for _ in range(32)).hex())
    return None


MUTATIONS: tuple[tuple[Mutation, int], ...] = (
    (flip_value, 60), (empty_value, 10), (change_time, 10), (delete_one, 16), (delete_and_close_up, 14),
    (insert_one, 14), (add_at_the_end, 8), (swap, 16), (renumber, 10), (cut_the_tail, 14),
    (cut_the_tail_and_the_tip, 1), (write_the_chain_anew, 16), (write_anew_with_the_key, 8), (another_file, 1),
    (flip_byte, 20), (drop_a_trigger, 4), (pretend_pruned, 8), (touch_a_head, 4), (touch_the_tip, 4), (another_key, 2),
)  # fmt: skip


def test_every_tamper_mutation_is_found_and_the_first_bad_record_named(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit.begin()
    for number in range(10):
        subject = (Subject("plate", PLATE), Subject("person", PERSON), Subject("enterprise", CREDIT))[number % 3]
        append(Event(OFFICER, "lookup", "asked", subject if number % 4 < 3 else None, "", "case_handling", "q", number))
        if number == 9:
            with sqlite3.connect(audit.log_path()) as log:
                log.execute("pragma wal_checkpoint(truncate)")
            log.close()
            shutil.copy(audit.log_path(), home / "log_of_10")
            shutil.copy(audit.folder() / "tip", home / "tip_of_10")
    assert audit.export_head() is not None
    for _ in range(4):
        append(Event(OFFICER, "export", "given", query="repeat.list", row_count=3))
    assert audit_check.verify().fault is None

    chance, found, made, unnamed = random.Random(20261128), Counter[str](), Counter[str](), []
    for mutate, times in MUTATIONS:
        for number in range(times):
            copy = tmp_path / f"{mutate.__name__}_{number}"
            shutil.copytree(home, copy)
            monkeypatch.setenv("HENG_HOME", str(copy))
            expected = mutate(copy, chance)
            fault = audit_check.verify().fault
            made[mutate.__name__] += 1
            found[mutate.__name__] += fault is not None
            if fault is None or (expected is not None and fault.seq != expected):
                unnamed.append((mutate.__name__, expected, str(fault)))
            shutil.rmtree(copy)
    for name in made:
        print(f"{name}: {found[name]} of {made[name]} found")
    print(f"tamper mutations found: {found.total()} of {made.total()}")
    assert made.total() >= 200
    assert found == made
    assert unnamed == []


def test_what_is_cut_here_is_told_by_a_head_copied_elsewhere(begun: Path) -> None:
    """Log, tip and heads of an earlier moment laid back: nothing here tells; the copy does, and so does the key."""
    copy = audit.head_now()
    key = audit.keys_of().public
    shutil.rmtree(audit.folder())
    audit.begin()
    assert audit_check.verify().fault is None
    assert "signed" in str(audit_check.verify(heads=[copy]).fault)
    assert "key" in str(audit_check.verify(key=key).fault)


def test_an_append_refuses_a_log_that_was_cut(begun: Path) -> None:
    cut_the_tail(begun, random.Random(1))
    with pytest.raises(AuditUnwritable, match="does not end where it ended"):
        append(Event(OFFICER, "lookup", "asked"))


# --- what cannot be written --------------------------------------------------------------------------
APPEND = """
import sys
from warehouse.audit import AuditUnwritable, Event, append
from warehouse.principal import Principal
{before}
try:
    print(append(Event(Principal('acc-0001', 'inspector', None), 'lookup', 'asked', note='x' * 20000)))
except AuditUnwritable as error:
    print('refused:', error)
"""


def in_a_process(before: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", APPEND.format(before=before)],
        env=os.environ | environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("step", ["audit.inserted", "audit.committed"])
def test_a_crash_in_the_middle_of_an_append_leaves_a_whole_log(begun: Path, step: str) -> None:
    assert in_a_process(HENG_FAILPOINT=step).returncode == -9
    told = audit_check.verify()
    assert (told.fault, told.last) == (None, 16 if step == "audit.inserted" else 17)
    append(Event(OFFICER, "lookup", "asked"))
    told = audit_check.verify()
    assert (told.fault, told.last) == (None, 17 if step == "audit.inserted" else 18)


def test_a_full_disk_refuses_and_the_log_stays_whole(begun: Path) -> None:
    size = max(path.stat().st_size for path in audit.folder().glob("log.sqlite*"))
    limit = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""
    done = in_a_process(limit)
    assert done.stdout.startswith("refused: The audit log cannot be written"), done
    assert audit_check.verify().fault is None
    assert append(Event(OFFICER, "lookup", "asked")) == 17


def test_a_log_of_somebody_else_refuses(begun: Path) -> None:
    """Read-only for this process: by the rights of the files as another user, root being above them."""
    if os.geteuid() == 0:
        done = in_a_process("import os; os.setresuid(65534, 65534, 65534)")
        assert "refused:" in done.stdout or "PermissionError" in done.stderr, done
        assert not done.stdout.strip().isdigit()
    else:
        audit.log_path().chmod(0o400)
        (audit.folder() / "tip").chmod(0o400)
        with pytest.raises(AuditUnwritable):
            append(Event(OFFICER, "lookup", "asked"))


def test_a_locked_log_refuses_after_waiting(begun: Path) -> None:
    with audit.opened(audit.log_path()) as other:
        other.execute("begin immediate")
        with pytest.raises(AuditUnwritable, match="SQLITE_BUSY"):
            append(Event(OFFICER, "lookup", "asked"), wait=0.2)
        other.execute("rollback")
    assert append(Event(OFFICER, "lookup", "asked")) == 17


@pytest.mark.parametrize("gone", ["log.sqlite", "tip", "keys/subject.key", "keys/head.key", "keys/seal.pub"])
def test_a_log_or_key_that_is_gone_is_never_made_anew(begun: Path, gone: str) -> None:
    for path in audit.folder().glob(f"{gone}*"):
        path.unlink()
    with pytest.raises(AuditUnwritable):
        append(Event(OFFICER, "lookup", "asked"))
    assert not (audit.folder() / gone).exists()


@pytest.mark.parametrize("value", ["", "00" * 32, "ab" * 16, "zz"])
def test_a_short_or_well_known_key_refuses(begun: Path, value: str) -> None:
    (audit.folder() / "keys" / "subject.key").write_text(value)
    with pytest.raises(AuditUnwritable, match="key"):
        append(Event(OFFICER, "lookup", "asked"))


def test_without_a_log_nothing_is_appended(home: Path) -> None:
    with pytest.raises(AuditUnwritable, match="heng audit init"):
        append(Event(OFFICER, "lookup", "asked"))


def test_appends_of_several_processes_are_serial(begun: Path) -> None:
    program = (
        APPEND.format(before="")
        + "\nfor _ in range(9): append(Event(Principal('acc-0002', 'analyst', ()), 'lookup', 'asked'))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) for _ in range(4)]
    assert [process.wait(timeout=120) for process in running] == [0] * 4
    for process in running:
        assert process.stdout is not None
        process.stdout.close()
    told = audit_check.verify()
    assert (told.fault, told.records) == (None, 16 + 4 * 10)


# --- nothing personal --------------------------------------------------------------------------------
def test_plates_names_and_ids_are_nowhere_in_clear(begun: Path, capfd: pytest.CaptureFixture[str]) -> None:
    audit_check.export_months("2026-12", today=date(2027, 2, 1))
    with sqlite3.connect(audit.log_path()) as log:
        log.execute("pragma wal_autocheckpoint = 0")
    log.close()
    files = [path for path in begun.rglob("*") if path.is_file()]
    assert any(path.name.endswith(".ndjson") for path in files)
    hits = []
    for canary in CANARIES:
        for form in (
            canary.encode(),
            canary.encode("utf-16-le"),
            canary.encode().hex().encode(),
            json.dumps(canary)[1:-1].encode(),
        ):
            hits += [(canary, path.name) for path in files if form in path.read_bytes()]
    event = Event(OFFICER, "lookup", "asked", Subject("plate", PLATE), NAME, "case_handling")
    with audit.opened(audit.log_path()) as other:
        other.execute("begin immediate")
        with pytest.raises(AuditUnwritable) as refused:
            append(event, wait=0.1)
    told = repr(refused.value) + repr(Subject("plate", PLATE)) + "".join(capfd.readouterr())
    hits += [(canary, "error") for canary in CANARIES if canary in told]
    print(f"canary hits: {len(hits)} in {len(files)} files")
    assert hits == []


@pytest.mark.parametrize("field", ["action", "outcome", "query", "purpose"])
def test_words_of_a_record_take_nothing_personal(field: str) -> None:
    for text in (PLATE, NAME, "AB12345", "a b"):
        words = {"action": "lookup", "outcome": "asked", field: text}
        with pytest.raises(ValueError, match=r"word|purpose"):
            Event(OFFICER, **words)  # type: ignore[arg-type]


@pytest.mark.parametrize("account", [PLATE, NAME, PERSON, "13912345678", "", "A1", "a b"])
def test_an_account_is_no_name_and_no_number_of_a_person(account: str) -> None:
    with pytest.raises(ValueError, match="opaque"):
        Principal(account, "inspector", None)


@pytest.mark.parametrize("districts", ["431102", ["431102"], ("4311",), (None,), (431102,)])
def test_a_misspelt_scope_is_refused(districts: Any) -> None:
    with pytest.raises(ValueError, match="Districts"):
        Principal("acc-0001", "inspector", districts)


def test_a_subject_is_found_again_however_it_was_typed(begun: Path) -> None:
    assert len(audit.records(subject=Subject("plate", "湘m·9z7q2"))) == 3
    assert audit.records(subject=Subject("person", PLATE)) == []
    assert audit.records(subject=Subject("plate", "湘M00000")) == []


def test_only_the_opening_key_tells_whom_a_record_is_about(begun: Path) -> None:
    (row, *_) = audit.records(subject=Subject("plate", PLATE))
    opening = audit.read_key(audit.folder() / "keys" / "open.key")
    assert audit.opened_seal(row["sealed"], opening) == {"kind": "plate", "text": PLATE, "note": f"复核 {NAME}"}
    for name in ("subject.key", "head.key"):
        with pytest.raises(WarehouseError, match="does not open"):
            audit.opened_seal(row["sealed"], audit.read_key(audit.folder() / "keys" / name))
    twice = {one["sealed"] for one in audit.records(subject=Subject("plate", PLATE))}
    assert len(twice) == 3, "the same plate seals differently each time"


# --- months, pruning ---------------------------------------------------------------------------------
def aged(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log whose first records are of January, made at that time."""
    real = audit.datetime

    class January(real):  # type: ignore[valid-type, misc]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real(2026, 1, 15, 9, tzinfo=tz)

    with monkeypatch.context() as then:
        then.setattr(audit, "datetime", January)
        audit.begin()
        for _ in range(5):
            append(Event(OFFICER, "lookup", "asked", Subject("plate", PLATE), "", "case_handling"))
        audit.export_head()
    append(Event(OFFICER, "lookup", "asked"))


def test_pruning_keeps_the_chain_and_never_takes_what_is_younger_than_the_parameter(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged(home, monkeypatch)
    whole = audit_check.verify()
    assert (whole.fault, whole.records) == (None, 8)
    path = audit_check.export_months("2026-01")
    told = audit_check.verify_export(path, audit.keys_of().public)
    assert (told.fault, told.first, told.last) == (None, 1, 7)
    for young in (date(2026, 2, 1), date(2026, 7, 15)):
        with pytest.raises(WarehouseError, match="log_retention_months"):
            audit_check.prune_exported(path, today=young)
    assert audit_check.verify().records == 8
    assert audit_check.prune_exported(path, today=date(2026, 7, 16)) == 7
    after = audit_check.verify()
    assert (after.fault, after.first, after.last) == (None, 8, 9)
    with pytest.raises(WarehouseError, match="begins"):
        audit_check.prune_exported(path, today=date(2027, 7, 16))
    with audit.opened(audit.log_path()) as log, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        log.execute("delete from base")
    assert audit.export_head() is not None
    assert audit_check.verify().fault is None


def test_an_export_verifies_by_itself_and_every_change_of_it_is_found(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    aged(home, monkeypatch)
    path = audit_check.export_months("2026-01")
    with pytest.raises(WarehouseError, match="not over"):
        audit_check.export_months("2026-11", today=date(2026, 11, 30))
    lines = path.read_text().splitlines()
    chance, changed = random.Random(5), tmp_path / "changed.ndjson"
    mutations = [lines[:at] + lines[at + 1 :] for at in range(len(lines))]
    mutations += [[*lines[:3], lines[4], lines[3], *lines[5:]], [*lines, lines[-1]], lines[:-2], [], ["{}"] * 4]
    for _ in range(60):
        at = chance.randrange(1, len(lines))
        place = chance.randrange(len(lines[at]))
        other = chance.choice([sign for sign in "07afz" if sign != lines[at][place]])
        mutations.append([*lines[:at], lines[at][:place] + other + lines[at][place + 1 :], *lines[at + 1 :]])
    found = 0
    for mutation in mutations:
        changed.write_text("\n".join(mutation) + "\n")
        found += audit_check.verify_export(changed, audit.keys_of().public).fault is not None
    print(f"mutations of an export found: {found} of {len(mutations)}")
    assert found == len(mutations)
    assert audit_check.verify_export(path, "ab" * 32).fault is not None


# --- commands ----------------------------------------------------------------------------------------
def test_commands(home: Path) -> None:
    run = CliRunner().invoke
    assert run(app, ["audit", "init"]).exit_code == 0
    append(Event(OFFICER, "lookup", "asked", Subject("plate", PLATE), NAME, "case_handling"))
    head = run(app, ["audit", "head"])
    assert json.loads(head.stdout)["seq"] == 2
    assert run(app, ["audit", "head"]).stdout == head.stdout, "nothing new"
    shown = run(app, ["audit", "show", "--about", "plate", "--format", "json"], input=f"{PLATE}\n")
    assert [row["seq"] for row in json.loads(shown.stdout)["records"]] == [2]
    assert PLATE not in shown.stdout
    key = str(audit.folder() / "keys" / "open.key")
    opened = run(app, ["audit", "show", "--action", "lookup", "--open", key, "--format", "json"])
    assert json.loads(opened.stdout)["records"][0]["subject"] == PLATE
    assert [row["action"] for row in audit.records()][:2] == ["audit.opened", "audit.read"]
    assert "Whole" in run(app, ["audit", "verify", "--key", audit.keys_of().public]).stdout
    log = raw(home)
    log.execute("update record set actor = 'acc-0002' where seq = 2")
    mend(log)
    done = run(app, ["audit", "verify"])
    assert (done.exit_code, "record 2" in done.stdout) == (1, True)


def test_housekeeping_writes_a_head(begun: Path) -> None:
    assert housekeeping.run()["audit_heads"] == 1
    assert housekeeping.run()["audit_heads"] == 0
    assert audit_check.verify().heads == 2


def test_housekeeping_verifies_and_stops_at_a_log_that_is_not_whole(begun: Path) -> None:
    housekeeping.run()
    found = audit_check.last_verified()
    assert found is not None
    assert (found["by"], found["fault"]) == ("system", None)
    log = raw(begun)
    log.execute("update record set actor = 'acc-0002' where seq = 1")
    mend(log)
    with pytest.raises(HengError, match="record 1"):
        housekeeping.run()
    found = audit_check.last_verified()
    assert found is not None
    assert found["record"] == 1


def test_housekeeping_does_without_a_log_where_none_was_begun(home: Path) -> None:
    assert housekeeping.run()["audit_heads"] == 0


def test_housekeeping_stops_where_the_whole_log_is_gone(home: Path) -> None:
    access_key.make(home)
    housekeeping.run()
    shutil.rmtree(audit.folder(home))
    with pytest.raises(HengError, match="is gone"):
        housekeeping.run()


def test_housekeeping_waits_for_a_verification_somebody_asked_for(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, waits = os.open(begun / "audit" / "verifying", os.O_RDWR | os.O_CREAT, 0o600), list[float]()
    fcntl.flock(held, fcntl.LOCK_EX)

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        fcntl.flock(held, fcntl.LOCK_UN)

    monkeypatch.setattr("warehouse.audit_check.time.sleep", sleep)
    housekeeping.run()
    assert len(waits) == 1
    assert audit_check.last_verified() is not None
    fcntl.flock(held, fcntl.LOCK_EX)
    monkeypatch.setattr(housekeeping, "VERIFYING_SECONDS", 0)
    with pytest.raises(Verifying):
        housekeeping.run()
    os.close(held)
