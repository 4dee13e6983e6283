"""Programs that ask the API: their tokens, roles and rates, rows of the control store.

A token is shown once, when it is made; what is kept is a keyed digest of it (HMAC-SHA-256 by the instance's key), so a
copy of the store holds none, and a new key voids all. Times are seconds of the host's clock.
"""

import hashlib
import hmac
import math
import re
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from warehouse import access_key, control
from warehouse.control import Control, ControlError, account_name, check_role, checked_name
from warehouse.home import home
from warehouse.roles import ROLES, RoleHolder

PREFIX = "heng_"
TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
USUAL_DAYS, MOST_DAYS = 90, 366
USUAL_PER_MINUTE, MOST_PER_MINUTE = 120, 6000
DAY_SECONDS = 86_400
_ROUNDING = 1e-6
DATA_ROLES = tuple(name for name, role in ROLES.items() if role.pages)
"""Roles a client may have: those that read."""


@dataclass(frozen=True)
class Client(RoleHolder):
    """``counties``: the only ones whose rows it reads; None: every one. ``per_minute``: requests."""

    client_id: str
    name: str = field(repr=False)
    role_name: str
    counties: tuple[str, ...] | None
    per_minute: int
    created_at: int
    issued_at: int
    expires_at: int
    revoked_at: int | None
    seen_at: int | None

    @property
    def state(self) -> str:
        """active, expired or revoked; a clock set back before the token was made makes none active."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if self.issued_at <= control.now() < self.expires_at else "expired"


def clients(store: Control) -> list[Client]:
    rows = store.connection.execute("select * from client order by name").fetchall()
    return [_client(store, row) for row in rows]


def _client(store: Control, row: sqlite3.Row) -> Client:
    counties = store.counties_of("client", row["client_id"], row["role"])
    return Client(
        row["client_id"], row["name"], row["role"], counties, row["per_minute"], row["created_at"], row["issued_at"],
        row["expires_at"], row["revoked_at"], row["seen_at"],
    )  # fmt: skip


def known_client(store: Control, name: str) -> Client:
    """Raises ``ControlError`` for a name no client has."""
    row = store.connection.execute("select * from client where name = ?", (account_name(name),)).fetchone()
    if row is None:
        raise ControlError("There is no such client. `heng client list` shows them.")
    return _client(store, row)


def add(
    store: Control,
    name: str,
    role: str,
    counties: Sequence[str] = (),
    days: int = USUAL_DAYS,
    per_minute: int = USUAL_PER_MINUTE,
) -> tuple[Client, str]:
    """A new client and its token, for so many days. Raises ``ControlError`` for what cannot be made."""
    name = checked_name(name)
    check_role(role, counties)
    if role not in DATA_ROLES:
        raise ControlError(f"A client reads; the role {role} does not. Roles: {', '.join(DATA_ROLES)}.")
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        raise ControlError(f"A client makes 1 to {MOST_PER_MINUTE} requests a minute.")
    client_id, at = f"client.{secrets.token_hex(16)}", control.now()
    token, digest, expires_at = _new_token(at, days)
    with store.transaction():
        if store.connection.execute("select 1 from client where name = ?", (name,)).fetchone():
            raise ControlError("There is a client of that name. `heng client list` shows it.")
        store.connection.execute(
            "insert into client (client_id, name, role, token_digest, per_minute, created_at, issued_at, expires_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            (client_id, name, role, digest, per_minute, at, at, expires_at),
        )
        store.set_counties("client", client_id, counties)
    return known_client(store, name), token


def renew(store: Control, client: Client, days: int = USUAL_DAYS) -> tuple[Client, str]:
    """A new token in place of the one it has, which is void at once. Raises ``ControlError`` for a revoked client."""
    at = control.now()
    token, digest, expires_at = _new_token(at, days)
    done = store.connection.execute(
        "update client set token_digest = ?, issued_at = ?, expires_at = ? where client_id = ? and revoked_at is null",
        (digest, at, expires_at, client.client_id),
    )
    if done.rowcount != 1:
        raise ControlError("The client is revoked. Make another one: heng client add.")
    return known_client(store, client.name), token


def revoke(store: Control, client: Client) -> None:
    """Its token opens nothing from now on, in every process; it is kept, so that who still brings it is on record."""
    store.connection.execute(
        "update client set revoked_at = coalesce(revoked_at, ?) where client_id = ?",
        (control.now(), client.client_id),
    )


def of_token(store: Control, token: str) -> Client | None:
    """Whose a token is, be it expired or revoked; None: nobody's."""
    if not TOKEN.fullmatch(token):
        return None
    row = store.connection.execute("select * from client where token_digest = ?", (_digest(token),)).fetchone()
    return _client(store, row) if row else None


def take_turn(store: Control, client: Client) -> int:
    """Count a request: 0, or for how many seconds the client has to wait; then nothing is counted.

    The rate is kept in the store, so it holds for all processes of an instance together: each request takes a minute
    divided by the rate, and who is ahead of that by a minute waits. Who was quiet may make a minute's at once.
    """
    at = control.now()
    store.connection.execute("pragma synchronous = normal")  # a count lost with the power matters to nobody
    try:
        with store.transaction():
            (free_at,) = store.connection.execute(
                "select free_at from client where client_id = ?", (client.client_id,)
            ).fetchone()
            if not at <= free_at <= at + 60 + _ROUNDING:  # idle since; or the clock was set back
                free_at = at
            free_at += 60 / client.per_minute
            if free_at > at + 60 + _ROUNDING:
                return max(1, math.ceil(free_at - at - 60))
            store.connection.execute(
                "update client set free_at = ?, seen_at = ? where client_id = ?", (free_at, at, client.client_id)
            )
    finally:
        store.connection.execute("pragma synchronous = full")
    return 0


def _new_token(at: int, days: int) -> tuple[str, str, int]:
    """A token, its digest, and when it expires."""
    if not 1 <= days <= MOST_DAYS:
        raise ControlError(f"A token lasts 1 to {MOST_DAYS} days.")
    token = PREFIX + secrets.token_urlsafe(32)
    return token, _digest(token), at + days * DAY_SECONDS


def _digest(token: str) -> str:
    key = access_key.derived(access_key.read(home()), "client token")
    return hmac.new(key, token.encode(), hashlib.sha256).hexdigest()
