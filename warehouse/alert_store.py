"""What people say of alerts: who took one, until when it is put aside and why, that it is done; and which mails left.

``alerts.sqlite`` of the instance holds one step a change (who, when, from what, to what, why) and is only ever added
to. What a rule says and what people say stay apart: an alert that no longer holds is gone whatever was said of it, and
nothing said takes one out of a count. An alert stands there by its key (``warehouse.alerts``), which tells nothing; a
reason that holds a plate or a long number is refused.

A saying is about the trouble that was there. It holds until

- the trouble ended and another one of the same alert began (``since`` lies after the day it was said on),
- it was told done and its rule still holds ``alert_reopen_days`` later,
- the day until which it was put aside has come,
- its owner can no longer sign in, handle alerts, or see its county.

Then it is open again. Days of data count: as of an earlier day an alert stands as it stood. Only for the last day of
data a reader's clock counts as well (``day``), so that nothing stays put aside because no night ran.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from warehouse import access_key, audit
from warehouse.alerts import Alert
from warehouse.control import Account, Control
from warehouse.errors import NotAllowed, WarehouseError
from warehouse.home import home
from warehouse.metrics import Source
from warehouse.parameters import Parameter, numbers
from warehouse.plate import PROVINCES, normal
from warehouse.principal import Principal
from warehouse.roles import ROLES

STATES = ("open", "taken", "aside", "done")
STATE_WORDS = {
    "open": ("待办", "open"),
    "taken": ("已承办", "taken"),
    "aside": ("已搁置", "put aside"),
    "done": ("报称办结", "told done"),
}
ACTIONS = {"take": "taken", "hand": "taken", "aside": "aside", "done": "done", "reopen": "open"}
"""What can be said, and the state it leads to: take it oneself, hand it to somebody, put it aside, tell it done, give
it back."""
PARAMETERS = ("alert_aside_days", "alert_reopen_days")
LONGEST_REASON = 200
_SCHEMA = (
    """create table step (
    seq integer primary key,
    alert text not null,               -- key of the alert
    rule text not null,
    county_code text,
    at integer not null,               -- seconds of the host's clock
    on_date text not null,             -- the last day of data it was said on
    account text not null,             -- opaque id of who said it
    role text not null,
    action text not null,
    from_state text not null,
    to_state text not null,
    owner text,                        -- account id, of one taken
    until_date text,                   -- taken: by when; put aside: until when
    reason text not null
) strict""",
    "create index step_of_alert on step (alert, seq)",
    """create table mail (
    recipient text not null,           -- keyed digest of the address
    night text not null,               -- business date of the version
    digest text not null,              -- of what was sent
    at integer not null,
    primary key (recipient, night)
) strict""",
    *(
        f"create trigger step_{verb} before {verb} on step begin select raise(abort, 'steps are append-only'); end"
        for verb in ("update", "delete")
    ),
)
_VERSION = 1
_PERSONAL = re.compile(rf"[{PROVINCES}][A-Z][A-Z0-9]{{4,6}}|\d{{11,}}|\d{{17}}X")


class Overtaken(WarehouseError):
    """Somebody else said something of the alert meanwhile: it is read again before more is said."""


class BadSaying(WarehouseError):
    """What cannot be said of an alert. ``which``: a word for the reason: same, day, reason, personal, owner."""

    def __init__(self, which: str, message: str) -> None:
        super().__init__(message)
        self.which = which


class Step(NamedTuple):
    """One thing that was said. ``at``: seconds; ``account``, ``owner``: account ids; ``until``: see ``step``."""

    seq: int
    alert: str
    at: int
    on_date: date
    account: str
    role: str
    action: str
    from_state: str
    to_state: str
    owner: str | None
    until: date | None
    reason: str


class Standing(NamedTuple):
    """How an alert stands. ``owner``: account id of one taken; ``until``: of one taken or put aside; ``is_again``: open
    though something else was said before; ``is_late``: taken, and its day is over; ``seq``: of the last step, 0: none.
    """

    state: str
    owner: str | None = None
    until: date | None = None
    is_again: bool = False
    is_late: bool = False
    seq: int = 0
    reason: str = ""


OPEN = Standing("open")


@dataclass(frozen=True)
class Days:
    """``as_of``: the day that alerts are told of, the end of its data; ``day``: the day on which that is read."""

    as_of: date
    day: date

    @classmethod
    def of(cls, as_of: date, last_day: date, today: date) -> Days:
        """An earlier day is read as it stood; the last one by the reader's clock too."""
        return cls(as_of, max(as_of, today) if as_of >= last_day else as_of)


@dataclass(frozen=True)
class Saying:
    """What somebody says of an alert. ``seen``: ``Standing.seq`` of what they saw when they said it."""

    action: str
    seen: int
    until: date | None = None
    owner: str | None = None
    reason: str = ""


# --- the file ------------------------------------------------------------------------------------
def path_of() -> Path:
    return home() / "alerts.sqlite"


@contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    """The store, made on first use. Raises ``WarehouseError`` if others can read it or a newer version wrote it."""
    path = path_of()
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if path.stat().st_mode & 0o077:
        raise WarehouseError(f"{path} can be read by others. Run `chmod 600 {path}` and start again.")
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as store:
        store.row_factory = sqlite3.Row
        store.execute("pragma synchronous = full")
        if _version(store) != _VERSION:
            store.execute("pragma journal_mode = wal")
            with _turn(store):
                if not 0 <= _version(store) <= _VERSION:
                    raise WarehouseError(f"{path} was written by a newer version of heng. Install that one.")
                if _version(store) == 0:
                    for statement in _SCHEMA:
                        store.execute(statement)
                    store.execute(f"pragma user_version = {_VERSION}")
        yield store


def _version(store: sqlite3.Connection) -> int:
    return int(store.execute("pragma user_version").fetchone()[0])


@contextmanager
def _turn(store: sqlite3.Connection) -> Iterator[None]:
    """All that happens in the block, or nothing; one writer at a time."""
    store.execute("begin immediate")
    try:
        yield
    except BaseException:
        store.execute("rollback")
        raise
    store.execute("commit")


def _step(row: sqlite3.Row) -> Step:
    until = row["until_date"]
    return Step(
        row["seq"], row["alert"], row["at"], date.fromisoformat(row["on_date"]), row["account"], row["role"],
        row["action"], row["from_state"], row["to_state"], row["owner"], until and date.fromisoformat(until),
        row["reason"],
    )  # fmt: skip


_LAST = """
select * from step where seq in (select max(seq) from step where on_date <= ? group by alert) order by seq
"""


def last_steps(as_of: date) -> dict[str, Step]:
    """The last thing that was said of each alert by the end of a day of data."""
    if not path_of().exists():
        return {}
    with _opened() as store:
        return {row["alert"]: _step(row) for row in store.execute(_LAST, (as_of.isoformat(),))}


def history(key: str, as_of: date) -> list[Step]:
    """Everything that was said of an alert by the end of a day of data, the latest first."""
    if not path_of().exists():
        return []
    with _opened() as store:
        asked = (key, as_of.isoformat())
        found = store.execute("select * from step where alert = ? and on_date <= ? order by seq desc", asked)
        return [_step(row) for row in found.fetchall()]


# --- how alerts stand ----------------------------------------------------------------------------
def accounts() -> dict[str, Account]:
    """Every account of the instance by its id."""
    with Control(home()) as control:
        return {account.account_id: account for account in control.accounts()}


def may_own(account: Account | None, county: str | None) -> bool:
    """Whether an account can sign in, handle alerts, and see those of a county; what is of no county is for who sees
    all."""
    if account is None or not account.is_ready or not account.may("handle"):
        return False
    return account.counties is None or county in account.counties


def limits(source: Source, as_of: date) -> dict[str, Parameter]:
    return numbers(source, PARAMETERS, as_of)


def standings(source: Source, found: Iterable[Alert], days: Days) -> dict[str, Standing]:
    """How each alert of a day stands, by its key."""
    steps = last_steps(days.as_of)
    if not steps:
        return {one.key: OPEN for one in found}
    reopen = int(limits(source, days.as_of)["alert_reopen_days"].value)
    known = accounts()
    return {one.key: standing(one, steps.get(one.key), days, reopen, known) for one in found}


def standing(
    one: Alert, last: Step | None, days: Days, reopen_days: int, known: Mapping[str, Account]
) -> Standing:  # fmt: skip
    """How an alert stands after the last thing that was said of it."""
    if last is None:
        return OPEN
    began_anew = one.since is not None and one.since > last.on_date
    is_over = {
        "open": True,
        "taken": not may_own(known.get(last.owner or ""), one.county_code),
        "aside": last.until is not None and days.day >= last.until,
        "done": days.as_of >= last.on_date + timedelta(days=reopen_days),
    }[last.to_state]
    if is_over or began_anew:
        return Standing("open", is_again=last.to_state != "open", seq=last.seq)
    is_late = last.to_state == "taken" and last.until is not None and days.day > last.until
    return Standing(last.to_state, last.owner, last.until, False, is_late, last.seq, last.reason)


# --- saying something ----------------------------------------------------------------------------
def may_say(who: Principal, county: str | None) -> bool:
    """Whether somebody may say something of the alerts of a county (None: of no county)."""
    role = ROLES.get(who.role)
    if role is None or not role.may("handle", who.districts):
        return False
    return who.districts is None or county in who.districts


def clean_reason(text: str) -> str:
    """A reason as it is kept. Raises ``BadSaying`` for one that is too long, or holds a plate or a long number."""
    told = " ".join(unicodedata.normalize("NFC", text).split())
    if len(told) > LONGEST_REASON or not told.isprintable():
        raise BadSaying("reason", f"A reason has at most {LONGEST_REASON} letters.")
    if _PERSONAL.search(normal(told)):
        raise BadSaying("personal", "Leave out plates and numbers of people: a reason is read by others.")
    return told


def say(source: Source, one: Alert, saying: Saying, who: Principal, days: Days) -> Standing:
    """Say something of an alert that holds on the last day of data; on record before it is kept.

    ``one``: as ``who`` sees it. Raises ``NotAllowed`` for whom it is no business, ``Overtaken``, ``BadSaying``,
    ``AuditUnwritable``.
    """
    if not may_say(who, one.county_code):
        raise NotAllowed("This alert is handled by who may handle alerts of its county.")
    told = limits(source, days.as_of)
    reopen, most = int(told["alert_reopen_days"].value), int(told["alert_aside_days"].value)
    reason = clean_reason(saying.reason)
    known = accounts()
    to_state = ACTIONS[saying.action]
    owner = {"take": who.account, "hand": saying.owner}.get(saying.action)
    until = saying.until if to_state in ("taken", "aside") else None
    with _opened() as store, _turn(store):
        row = store.execute("select * from step where alert = ? order by seq desc limit 1", (one.key,)).fetchone()
        last = None if row is None else _step(row)
        if (0 if last is None else last.seq) != saying.seen:
            raise Overtaken("Somebody else said something of this alert meanwhile. Read it again.")
        now = standing(one, last, days, reopen, known)
        if to_state == now.state and (owner, until) == (now.owner, now.until):
            raise BadSaying("same", "The alert stands like that already.")
        if to_state == "taken" and not may_own(known.get(owner or ""), one.county_code):
            raise BadSaying("owner", "An alert is taken by an account that handles alerts and sees its county.")
        if to_state in ("taken", "aside"):
            first = days.day + timedelta(days=1 if to_state == "aside" else 0)
            if until is None or not first <= until <= days.day + timedelta(days=most):
                raise BadSaying("day", f"Say until when: a day from {first} on, at most {most} days ahead.")
        if to_state == "aside" and not reason:
            raise BadSaying("reason", "Say why it is put aside.")
        access_key.make(home())
        note = " ".join(part for part in (f"{now.state} to {to_state}", owner, until and str(until), reason) if part)
        word = f"alert.{one.key}"
        audit.append(audit.Event(who, f"alert.{saying.action}", "done", query=word, note=note, version=_number(source)))
        at = int(datetime.now(ZoneInfo("Asia/Shanghai")).timestamp())
        seq = store.execute("select coalesce(max(seq), 0) + 1 from step").fetchone()[0]
        step = (
            seq, one.key, one.rule, one.county_code, at, days.as_of.isoformat(), who.account, who.role, saying.action,
            now.state, to_state, owner, until and until.isoformat(), reason,
        )  # fmt: skip
        store.execute(f"insert into step values ({', '.join('?' * len(step))})", step)
    return standing(one, Step(seq, one.key, at, days.as_of, who.account, who.role, saying.action, now.state, to_state,
                              owner, until, reason), days, reopen, known)  # fmt: skip


def _number(source: Source) -> int | None:
    version = getattr(source, "version", None)
    return version if isinstance(version, int) else None


# --- mails ---------------------------------------------------------------------------------------
def recipient_key(address: str) -> str:
    """What stands for an address where it is noted that a mail left."""
    key = access_key.derived(access_key.read(home()), "recipient of alerts")
    return hmac.digest(key, address.strip().casefold().encode(), "sha256").hex()


def is_mailed(address: str, night: date) -> bool:
    """Whether the mail of a night went to an address."""
    with _opened() as store:
        asked = (recipient_key(address), night.isoformat())
        return store.execute("select 1 from mail where recipient = ? and night = ?", asked).fetchone() is not None


def note_mailed(address: str, night: date, text: str) -> None:
    """Note that it went."""
    at = int(datetime.now(ZoneInfo("Asia/Shanghai")).timestamp())
    with _opened() as store:
        told = (recipient_key(address), night.isoformat(), hashlib.sha256(text.encode()).hexdigest(), at)
        store.execute("insert or ignore into mail values (?, ?, ?, ?)", told)
