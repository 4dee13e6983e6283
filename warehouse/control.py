"""The control store: accounts, one-time links, sessions, failed attempts and clients, in ``control.sqlite``.

Tokens, session ids and recovery codes stand in it as digests only. Times are seconds of the host's clock: nothing
here is data of a delivery. Whatever changes what somebody may do ends that account's sessions in the same
transaction.
"""

import hashlib
import json
import os
import re
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warehouse.errors import WarehouseError
from warehouse.roles import EVERY_COUNTY, GIVEN_COUNTIES, ROLES, RoleHolder, counties_of

_SCHEMA = """
create table account (
    account_id text primary key,           -- random; what logs and other tables know
    name text not null unique,             -- as typed, NFKC and lower case
    role text not null,
    is_enabled integer not null default 1,
    password_hash text,                    -- Argon2id; null until the first link is used
    second_factor text,                    -- TOTP secret, encrypted; null: none
    second_counter integer,                -- the last time step that was used: a code counts once
    created_at integer not null,
    changed_at integer not null
) strict;
create table account_county (              -- no row: every county the role may see
    account_id text not null references account(account_id) on delete cascade,
    county_code text not null,
    primary key (account_id, county_code)
) strict;
create table recovery_code (
    account_id text not null references account(account_id) on delete cascade,
    code_digest text not null,
    primary key (account_id, code_digest)
) strict;
create table link (
    token_digest text primary key,
    account_id text not null references account(account_id) on delete cascade,
    expires_at integer not null,
    second_factor text                     -- the TOTP secret its page shows, encrypted
) strict;
create table session (
    session_digest text primary key,
    account_id text not null references account(account_id) on delete cascade,
    stage text not null check (stage in ('second', 'full')),
    created_at integer not null,
    seen_at integer not null,
    failed_count integer not null default 0,
    second_factor text,                    -- a TOTP secret shown on the account page, not yet confirmed
    recovery_codes text                    -- shown once, then gone; encrypted
) strict;
create table attempt (
    subject text not null primary key,     -- keyed digest of a name or an address
    failed_count integer not null,
    last_at integer not null,
    blocked_until integer not null
) strict;
create index session_of_account on session (account_id);
create index link_of_account on link (account_id);
"""
_IDENTITIES = """
alter table account add column last_sign_in_at integer;
create table identity (                    -- who an account is for a provider of sign-in (OIDC)
    issuer text not null,
    subject text not null,
    account_id text not null references account(account_id) on delete cascade,
    primary key (issuer, subject),
    unique (issuer, account_id)
) strict;
"""
_CLIENTS = """
create table client (                      -- programs that ask the API (warehouse/clients.py)
    client_id text primary key,            -- random; what logs and other tables know
    name text not null unique,
    role text not null,
    token_digest text unique,              -- keyed
    per_minute integer not null,           -- requests
    created_at integer not null,
    issued_at integer not null,            -- of the token
    expires_at integer not null,           -- of the token
    revoked_at integer,
    seen_at integer,                       -- the last request
    free_at real not null default 0        -- when its requests so far are worked off at its rate
) strict;
create table client_county (               -- no row: every county the role may see
    client_id text not null references client(client_id) on delete cascade,
    county_code text not null,
    primary key (client_id, county_code)
) strict;
"""
_WAITING = """
alter table account add column waits_for_its_role integer not null default 0;
update account set waits_for_its_role = 1 where is_enabled = 0 and password_hash is null and changed_at = created_at;
"""
"""Who was added by one administrator and not touched since."""
_STEPS = (
    _SCHEMA,
    # When password and second factor were given last, in seconds; a session from before this is asked for them again.
    "alter table session add column proved_at integer not null default 0;",
    _IDENTITIES,
    _CLIENTS,
    _WAITING,
)
"""What makes the store of one version that of the next; a store says how many it has behind it."""
_VERSION = len(_STEPS)
SESSION_COOKIE = "__Host-heng"
"""Carries the id of a session, to the pages and, behind one proxy, to Airflow's."""
NAME = re.compile(r"[^\W_][\w.\-]{1,38}[^\W_]")
COUNTY = re.compile(r"[0-9]{6}")
TOUCH_SECONDS = 15
"""A session's last use is written at most so often."""
SECOND_STEP_SECONDS = 300
SECOND_STEP_TRIES = 5
FORGET_SECONDS = 24 * 3600


class ControlError(WarehouseError):
    """An account that is not there or cannot be made. The message says the next step."""


def _minutes(setting: str, default: int, most: int) -> int:
    """Seconds of a setting in minutes. Raises ``ControlError`` if it is no whole number from 1 to ``most``."""
    text = os.environ.get(setting, "").strip() or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise ControlError(f"{setting}={text!r} is not a number of minutes from 1 to {most}.")
    return int(text) * 60


def idle_seconds() -> int:
    return _minutes("HENG_IDLE_MINUTES", 20, 120)


def session_seconds() -> int:
    return _minutes("HENG_SESSION_MINUTES", 8 * 60, 24 * 60)


def fresh_seconds() -> int:
    """For how long what was given to sign in stands for looking somebody up."""
    return _minutes("HENG_FRESH_MINUTES", 15, 120)


def link_seconds() -> int:
    return _minutes("HENG_LINK_MINUTES", 60, 7 * 24 * 60)


def now() -> int:
    return int(time.time())


def digest(secret: str) -> str:
    """What stands for a random token; 256 random bits need no salt."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def account_name(text: str) -> str:
    """A name as it is stored and compared."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def checked_name(text: str) -> str:
    """A new name, as it is stored. Raises ``ControlError`` for what is none."""
    name = account_name(text)
    if not NAME.fullmatch(name):
        raise ControlError("A name has 3 to 40 letters, digits, dots, hyphens or underscores between its ends.")
    return name


@dataclass(frozen=True)
class Account(RoleHolder):
    """``counties``: the only ones whose rows may be seen; None: every one. ``waits_for_its_role``: added by one
    administrator, disabled until the other one gives it its role."""

    account_id: str
    name: str = field(repr=False)
    role_name: str
    is_enabled: bool
    password_hash: str | None = field(repr=False)
    second_factor: str | None = field(repr=False)
    second_counter: int | None
    created_at: int
    counties: tuple[str, ...] | None
    last_sign_in_at: int | None = None
    waits_for_its_role: bool = False

    @property
    def state(self) -> str:
        """Where it stands: ``waits_for_role``, ``disabled``, ``ready`` or ``waits_for_link``."""
        if self.waits_for_its_role:
            return "waits_for_role"
        if not self.is_enabled:
            return "disabled"
        return "ready" if self.is_ready else "waits_for_link"

    @property
    def is_ready(self) -> bool:
        """Whether it can sign in: enabled, with a password, and with the second factor its role needs."""
        has_second = self.second_factor is not None or not self.role.needs_second_factor
        return self.is_enabled and self.password_hash is not None and has_second


@dataclass(frozen=True)
class Session:
    session_digest: str = field(repr=False)
    account: Account
    stage: str
    created_at: int
    seen_at: int
    second_factor: str | None = field(repr=False)
    proved_at: int

    @property
    def is_fresh(self) -> bool:
        """Whether its holder proved who it is within ``fresh_seconds``; a clock set back makes nobody fresh."""
        return self.stage == "full" and 0 <= now() - self.proved_at < fresh_seconds()


class Control:
    """The control store of the instance whose state lies in ``home``, made on first use. Close after use.

    Raises ``ControlError`` if others can read its file, or a newer version wrote it.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / "control.sqlite"
        if not self.path.exists():
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        if self.path.stat().st_mode & 0o077:
            raise ControlError(f"{self.path} can be read by others. Run `chmod 600 {self.path}` and start again.")
        self.connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        if self.connection.execute("pragma user_version").fetchone()[0] != _VERSION:
            self._upgrade()
        self.connection.execute("pragma foreign_keys = on")
        self.connection.execute("pragma synchronous = full")

    def _upgrade(self) -> None:
        self.connection.execute("pragma journal_mode = wal")
        with self.transaction():
            version = self.connection.execute("pragma user_version").fetchone()[0]
            if version == _VERSION:
                return  # another process was first
            if not 0 <= version < _VERSION:
                raise ControlError(f"{self.path} was written by a newer version (schema {version}). Install that one.")
            for step in _STEPS[version:]:
                for statement in f"{step}\n".split(";\n"):
                    if statement.strip():
                        self.connection.execute(statement)
            self.connection.execute(f"pragma user_version = {_VERSION}")

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> "Control":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens in the block, or nothing; a block inside another is part of it."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def _one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        return self.connection.execute(sql, values).fetchone()

    # --- accounts ----------------------------------------------------------------------------------
    def accounts(self) -> list[Account]:
        rows = self.connection.execute("select * from account order by name").fetchall()
        return [self._account(row) for row in rows]

    def _account(self, row: sqlite3.Row) -> Account:
        return Account(
            account_id=row["account_id"],
            name=row["name"],
            role_name=row["role"],
            is_enabled=bool(row["is_enabled"]),
            password_hash=row["password_hash"],
            second_factor=row["second_factor"],
            second_counter=row["second_counter"],
            created_at=row["created_at"],
            counties=self.counties_of("account", row["account_id"], row["role"]),
            last_sign_in_at=row["last_sign_in_at"],
            waits_for_its_role=bool(row["waits_for_its_role"]),
        )

    def account(self, name: str) -> Account | None:
        row = self._one("select * from account where name = ?", account_name(name))
        return self._account(row) if row else None

    def account_by_id(self, account_id: str) -> Account | None:
        row = self._one("select * from account where account_id = ?", account_id)
        return self._account(row) if row else None

    def known_account(self, name: str) -> Account:
        """Raises ``ControlError`` for a name nobody has."""
        found = self.account(name)
        if found is None:
            raise ControlError("There is no such account. `heng user list` shows them.")
        return found

    def add(self, name: str, role: str, counties: Sequence[str] = (), is_enabled: bool = True) -> Account:
        """A new account; it can sign in once its link was used. Not ``is_enabled``: it waits for its role."""
        name = checked_name(name)
        check_role(role, counties)
        account_id, at = secrets.token_hex(16), now()
        with self.transaction():
            if self.account(name):
                raise ControlError("There is an account of that name. `heng user list` shows it.")
            self.connection.execute(
                "insert into account (account_id, name, role, is_enabled, waits_for_its_role, created_at, changed_at)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                (account_id, name, role, int(is_enabled), int(not is_enabled), at, at),
            )
            self.set_counties("account", account_id, counties)
        return self.known_account(name)

    def counties_of(self, kind: str, holder_id: str, role_name: str) -> tuple[str, ...] | None:
        """The counties of an ``account`` or a ``client`` (``kind``), as ``RoleHolder`` has them."""
        rows = self.connection.execute(
            f"select county_code from {kind}_county where {kind}_id = ? order by county_code", (holder_id,)
        )
        return counties_of(role_name, [county for (county,) in rows.fetchall()])

    def set_counties(self, kind: str, holder_id: str, counties: Sequence[str]) -> None:
        self.connection.execute(f"delete from {kind}_county where {kind}_id = ?", (holder_id,))
        self.connection.executemany(
            f"insert into {kind}_county values (?, ?)", [(holder_id, county) for county in sorted(set(counties))]
        )

    def set_role(self, account: Account, role: str, counties: Sequence[str] = ()) -> None:
        """Another role or other counties; its sessions and open links end."""
        check_role(role, counties)
        with self.transaction():
            self.connection.execute(
                "update account set role = ?, changed_at = ? where account_id = ?", (role, now(), account.account_id)
            )
            self.set_counties("account", account.account_id, counties)
            self._end_sessions(account.account_id)
            self.connection.execute("delete from link where account_id = ?", (account.account_id,))

    def set_enabled(self, account: Account, is_enabled: bool) -> None:
        """Disabling ends its sessions and its open links; either way it waits for no role any more."""
        with self.transaction():
            self.connection.execute(
                "update account set is_enabled = ?, waits_for_its_role = 0, changed_at = ? where account_id = ?",
                (int(is_enabled), now(), account.account_id),
            )
            self._end_sessions(account.account_id)
            self.connection.execute("delete from link where account_id = ?", (account.account_id,))

    def set_password(self, account: Account, password_hash: str) -> None:
        """Ends all its sessions."""
        with self.transaction():
            self._set_password(account.account_id, password_hash)

    def _set_password(self, account_id: str, password_hash: str) -> None:
        self.connection.execute(
            "update account set password_hash = ?, changed_at = ? where account_id = ?",
            (password_hash, now(), account_id),
        )
        self._end_sessions(account_id)

    def set_second_factor(self, account: Account, secret: str, counter: int, code_digests: Sequence[str]) -> None:
        """A confirmed second factor with its recovery codes; ends all its sessions."""
        with self.transaction():
            self._set_second_factor(account.account_id, secret, counter, code_digests)
            self._end_sessions(account.account_id)

    def _set_second_factor(
        self, account_id: str, secret: str | None, counter: int | None, code_digests: Sequence[str]
    ) -> None:
        self.connection.execute(
            "update account set second_factor = ?, second_counter = ?, changed_at = ? where account_id = ?",
            (secret, counter, now(), account_id),
        )
        self.connection.execute("delete from recovery_code where account_id = ?", (account_id,))
        self.connection.executemany(
            "insert into recovery_code values (?, ?)", [(account_id, each) for each in code_digests]
        )

    def use_counter(self, account: Account, counter: int) -> bool:
        """Note that the code of a time step was used; False if it, or a later one, was used before."""
        done = self.connection.execute(
            "update account set second_counter = ? where account_id = ? and coalesce(second_counter, -1) < ?",
            (counter, account.account_id, counter),
        )
        return done.rowcount == 1

    def use_recovery_code(self, account: Account, code_digest: str) -> bool:
        """Use up a recovery code; False if it is none."""
        done = self.connection.execute(
            "delete from recovery_code where account_id = ? and code_digest = ?", (account.account_id, code_digest)
        )
        return done.rowcount == 1

    def recovery_code_count(self, account: Account) -> int:
        row = self._one("select count(*) from recovery_code where account_id = ?", account.account_id)
        assert row is not None
        return row[0]

    # --- identities at a provider of sign-in ---------------------------------------------------------
    def bind_identity(self, account: Account, issuer: str, subject: str) -> None:
        """From now on the account is this subject of the issuer, and no other; its sessions end.

        Raises ``ControlError`` if another account is.
        """
        with self.transaction():
            bound = self.account_of_identity(issuer, subject)
            if bound is not None and bound.account_id != account.account_id:
                raise ControlError("Another account is bound to this subject. Unbind that one first.")
            self.unbind_identity(account, issuer)
            self.connection.execute(
                "insert into identity (issuer, subject, account_id) values (?, ?, ?)",
                (issuer, subject, account.account_id),
            )

    def unbind_identity(self, account: Account, issuer: str) -> int:
        """The account is no subject of the issuer any more; its sessions end. How many it was: 0 or 1."""
        with self.transaction():
            done = self.connection.execute(
                "delete from identity where issuer = ? and account_id = ?", (issuer, account.account_id)
            )
            self._end_sessions(account.account_id)
        return done.rowcount

    def account_of_identity(self, issuer: str, subject: str) -> Account | None:
        row = self._one("select account_id from identity where issuer = ? and subject = ?", issuer, subject)
        return self.account_by_id(row["account_id"]) if row else None

    def subject_of(self, account: Account, issuer: str) -> str | None:
        """Which subject of the issuer the account is."""
        row = self._one("select subject from identity where issuer = ? and account_id = ?", issuer, account.account_id)
        return row["subject"] if row else None

    # --- one-time links ----------------------------------------------------------------------------
    def make_link(self, account: Account) -> str:
        """The token of a new link; earlier ones of the account are void. Raises ``ControlError`` if disabled."""
        if not account.is_enabled:
            raise ControlError("The account is disabled: heng user enable NAME first.")
        token = secrets.token_urlsafe(32)
        with self.transaction():
            self.connection.execute(
                "delete from link where account_id = ? or expires_at < ?", (account.account_id, now())
            )
            self.connection.execute(
                "insert into link (token_digest, account_id, expires_at) values (?, ?, ?)",
                (digest(token), account.account_id, now() + link_seconds()),
            )
        return token

    def link(self, token: str) -> tuple[Account, str | None] | None:
        """Whose an open link is, and the TOTP secret its page shows."""
        row = self._one(
            "select account_id, second_factor from link where token_digest = ? and expires_at > ?", digest(token), now()
        )
        account = self.account_by_id(row["account_id"]) if row else None
        return (account, row["second_factor"]) if row and account and account.is_enabled else None

    def offer_on_link(self, token: str, secret: str) -> None:
        self.connection.execute(
            "update link set second_factor = ? where token_digest = ? and second_factor is null",
            (secret, digest(token)),
        )

    def use_link(
        self, token: str, password_hash: str, secret: str | None, counter: int | None, code_digests: Sequence[str]
    ) -> Account | None:
        """Use up a link: its account has this password and second factor, and no other session. None if it is void."""
        with self.transaction():
            found = self.link(token)
            if found is None:
                return None
            account, _ = found
            self.connection.execute("delete from link where account_id = ?", (account.account_id,))
            self._set_password(account.account_id, password_hash)
            self._set_second_factor(account.account_id, secret, counter, code_digests)
        return self.account_by_id(account.account_id)

    # --- sessions ----------------------------------------------------------------------------------
    def begin_session(
        self, account: Account, stage: str = "full", replaces: str | None = None, proved: bool = True
    ) -> str:
        """A new session; the random id only the browser knows. ``replaces``: the digest of the one it had; ``proved``:
        whether its holder has just given what proves who it is, so that it is fresh."""
        session_id, at = secrets.token_urlsafe(32), now()
        with self.transaction():
            self.connection.execute(
                "delete from session where session_digest = ? or seen_at < ? or created_at < ?",
                (replaces, at - idle_seconds(), at - session_seconds()),
            )
            self.connection.execute(
                "insert into session (session_digest, account_id, stage, created_at, seen_at, proved_at)"
                " values (?, ?, ?, ?, ?, ?)",
                (digest(session_id), account.account_id, stage, at, at, at if proved else 0),
            )
            if stage == "full":
                self.connection.execute(
                    "update account set last_sign_in_at = ? where account_id = ?", (at, account.account_id)
                )
        return session_id

    def prove_session(self, session: Session) -> str | None:
        """Its holder has just proved who it is: fresh, under another random id, so that a copy of the one before is
        worth nothing. It ends when it would have. None: it ended meanwhile."""
        session_id = secrets.token_urlsafe(32)
        done = self.connection.execute(
            "update session set session_digest = ?, proved_at = ?, failed_count = 0"
            " where session_digest = ? and stage = 'full'",
            (digest(session_id), now(), session.session_digest),
        )
        return session_id if done.rowcount == 1 else None

    def session(self, session_id: str) -> Session | None:
        """The session of an id, if it goes on; its last use is noted."""
        row = self._one("select * from session where session_digest = ?", digest(session_id))
        if row is None:
            return None
        at = now()
        account = self.account_by_id(row["account_id"])
        longest = session_seconds() if row["stage"] == "full" else SECOND_STEP_SECONDS
        # An instant ahead of the clock is no license: the clock was set back.
        ages = (at - row["seen_at"], at - row["created_at"])
        if (
            account is None
            or not account.is_ready
            or not 0 <= ages[0] < idle_seconds()
            or not 0 <= ages[1] < longest
            or row["failed_count"] >= SECOND_STEP_TRIES
        ):
            self.end_session(row["session_digest"])
            return None
        if ages[0] >= TOUCH_SECONDS:
            self.connection.execute(
                "update session set seen_at = ? where session_digest = ?", (at, row["session_digest"])
            )
        return Session(
            row["session_digest"],
            account,
            row["stage"],
            row["created_at"],
            row["seen_at"],
            row["second_factor"],
            row["proved_at"],
        )

    def signed_in(self, session_digest: str) -> Account | None:
        """Whose full session it is, if it goes on; unlike ``session``, asking is no use of it."""
        at = now()
        row = self._one(
            "select account_id from session where session_digest = ? and stage = 'full'"
            " and seen_at > ? and seen_at <= ? and created_at > ? and created_at <= ? and failed_count < ?",
            session_digest, at - idle_seconds(), at, at - session_seconds(), at, SECOND_STEP_TRIES,
        )  # fmt: skip
        account = self.account_by_id(row["account_id"]) if row else None
        return account if account is not None and account.is_ready else None

    def sessions(self, account: Account) -> list[tuple[str, int, int]]:
        """Digest, beginning and last use of the full sessions that go on, newest first."""
        rows = self.connection.execute(
            "select session_digest, created_at, seen_at from session"
            " where account_id = ? and stage = 'full' and seen_at > ? and created_at > ? order by created_at desc",
            (account.account_id, now() - idle_seconds(), now() - session_seconds()),
        )
        return [tuple(row) for row in rows.fetchall()]

    def count_failed_code(self, session: Session) -> None:
        self.connection.execute(
            "update session set failed_count = failed_count + 1 where session_digest = ?", (session.session_digest,)
        )

    def offer_on_session(self, session: Session, secret: str | None) -> None:
        self.connection.execute(
            "update session set second_factor = ? where session_digest = ?", (secret, session.session_digest)
        )

    def keep_codes(self, session_id: str, encrypted: str) -> None:
        self.connection.execute(
            "update session set recovery_codes = ? where session_digest = ?", (encrypted, digest(session_id))
        )

    def take_codes(self, session: Session) -> str | None:
        """The new recovery codes of a session, once."""
        with self.transaction():
            row = self._one("select recovery_codes from session where session_digest = ?", session.session_digest)
            self.connection.execute(
                "update session set recovery_codes = null where session_digest = ?", (session.session_digest,)
            )
        return row["recovery_codes"] if row else None

    def end_session(self, session_digest: str) -> None:
        self.connection.execute("delete from session where session_digest = ?", (session_digest,))

    def _end_sessions(self, account_id: str, but: str = "") -> int:
        done = self.connection.execute(
            "delete from session where account_id = ? and session_digest <> ?", (account_id, but)
        )
        return done.rowcount

    def end_sessions(self, account: Account, but: str = "") -> int:
        """End an account's sessions, except the one with digest ``but``; how many."""
        return self._end_sessions(account.account_id, but)

    # --- failed attempts ---------------------------------------------------------------------------
    def begin_attempts(self, subjects: Sequence[tuple[str, int]]) -> int:
        """Count an attempt of every ``(subject, free tries)`` before it is tried, so that many at once gain nothing.

        Returns 0, or for how many seconds one of them is blocked still; then nothing is counted.
        """
        at = now()
        with self.transaction():
            self.connection.execute("delete from attempt where last_at < ?", (at - FORGET_SECONDS,))
            waits = [0]
            for subject, _ in subjects:
                row = self._one("select blocked_until from attempt where subject = ?", subject)
                waits.append(row["blocked_until"] - at if row else 0)
            if max(waits) > 0:
                return max(waits)
            for subject, free in subjects:
                row = self._one("select failed_count from attempt where subject = ?", subject)
                count = (row["failed_count"] if row else 0) + 1
                self.connection.execute(
                    "insert or replace into attempt values (?, ?, ?, ?)", (subject, count, at, at + wait(count, free))
                )
        return 0

    def begins_block(self, subject: str, seconds: int) -> bool:
        """Whether this refusal is the first of a block of ``subject`` that goes on for ``seconds``: it is told once."""
        at = now()
        with self.transaction():
            row = self._one("select blocked_until from attempt where subject = ?", subject)
            if row is not None and row["blocked_until"] > at:
                return False
            self.connection.execute("insert or replace into attempt values (?, 0, ?, ?)", (subject, at, at + seconds))
        return True

    def clear_attempts(self, subject: str) -> None:
        """The attempt was right: its subject starts anew."""
        self.connection.execute("delete from attempt where subject = ?", (subject,))

    def refund_attempt(self, subject: str, count: int = 1) -> None:
        """The attempt was right, and its subject may be shared: only what was counted for that one is taken back."""
        self.connection.execute(
            "update attempt set failed_count = max(failed_count - ?, 0), blocked_until = 0 where subject = ?",
            (count, subject),
        )


def wait(failed: int, free: int) -> int:
    """Seconds until the next attempt after ``failed`` in a row: none for the first, then 30 s doubling to 15 min."""
    return 0 if failed < free else min(900, 30 * 2 ** min(failed - free, 10))


def check_role(role: str, counties: Sequence[str]) -> None:
    """Raises ``ControlError`` unless the role is known and takes these counties."""
    if role not in ROLES:
        raise ControlError(f"No role is called {json.dumps(role)}. Roles: {', '.join(ROLES)}.")
    kind = ROLES[role].counties
    if any(not COUNTY.fullmatch(county) for county in counties):
        raise ControlError("A county is a code of six digits, such as 431124.")
    if counties and kind == EVERY_COUNTY:
        raise ControlError(f"The role {role} takes no county.")
    if not counties and kind == GIVEN_COUNTIES:
        raise ControlError(f"The role {role} needs at least one county: --county 431124.")
