"""The application, once a process: Dash hands the callbacks of the pages to the first one made. And who asks it."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from dash import Dash
from flask.testing import FlaskClient

from dashboards.access import session
from dashboards.access.vault import vault
from dashboards.app import create_app
from warehouse.control import Account, Control
from warehouse.home import home

HOST = {"Host": "127.0.0.1"}
PASSWORD = "seven plain grey herons"


@cache
def one_app() -> Dash:
    return create_app()


def account_of(role: str, counties: Sequence[str] = (), name: str = "") -> Account:
    """An account of a role that can sign in with ``PASSWORD``, in the store of ``HENG_HOME``; made on first use."""
    name = name or f"test.{role}"
    with Control(home()) as control:
        found = control.account(name)
        if found is None:
            added = control.add(name, role, counties or (("431124",) if role == "district" else ()))
            needs = added.role.needs_second_factor
            secret = vault().new_secret() if needs else None
            control.use_link(control.make_link(added), vault().hash(PASSWORD), secret, 0 if needs else None, [])
            found = control.known_account(name)
    return found


class Signed(FlaskClient):
    """A client whose changes carry the token of its session, as the browser does."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        without = kwargs.pop("without_token", False)
        held = self.get_cookie(session.TOKEN_COOKIE, domain="127.0.0.1")
        if held is not None and not without:
            kwargs["headers"] = {session.TOKEN_HEADER: held.value, **dict(kwargs.get("headers") or {})}
        return super().open(*args, **kwargs)


def client_of(role: str | None = "inspector", counties: Sequence[str] = (), app: Dash | None = None) -> Signed:
    """A client signed in with a role by a real session of the control store; None: nobody."""
    server = (app or one_app()).server
    client = Signed(server, server.response_class)
    if role is not None:
        sign_in(client, account_of(role, counties))
    return client


def sign_in(client: FlaskClient, account: Account) -> str:
    """Give a client a new session of an account; the id of it."""
    with Control(home()) as control:
        session_id = control.begin_session(account)
    client.set_cookie(session.COOKIE, session_id, domain="127.0.0.1")
    client.set_cookie(session.TOKEN_COOKIE, vault().keyed("change token", session_id), domain="127.0.0.1")
    return session_id


def browser_cookies(address: str, role: str = "inspector") -> list[dict[str, Any]]:
    """The cookies of a new session, for a browser."""
    client = client_of(role)
    # A browser keeps them on loopback without TLS; the driver takes them for an address with it only.
    kept = {"url": address.replace("http://", "https://"), "secure": True, "sameSite": "Strict"}
    held = {name: client.get_cookie(name, domain="127.0.0.1") for name in (session.COOKIE, session.TOKEN_COOKIE)}
    return [{"name": name, "value": one.value, **kept} for name, one in held.items() if one is not None]
