"""The signed-in person of a request: a random id in a cookie, everything else in the control store.

The cookie is ``__Host-``, Secure, HttpOnly and SameSite=Strict; Chromium and Firefox keep it on loopback without TLS
too. Another cookie, readable by scripts, holds the token every change must bring back: a keyed digest of the session's
id, so that a token planted from elsewhere fits no session.
"""

import hmac
import secrets

import flask
from werkzeug.exceptions import Forbidden, Unauthorized

from dashboards.access.vault import vault
from warehouse.access_log import record
from warehouse.clients import Client
from warehouse.control import SESSION_COOKIE, Account, Control, Session
from warehouse.home import home
from warehouse.principal import Mask, Principal

COOKIE = SESSION_COOKIE
TOKEN_COOKIE, TOKEN_FIELD, TOKEN_HEADER = "_csrf_token", "csrf_token", "X-CSRFToken"


def control() -> Control:
    """The control store, open for the rest of the request."""
    if "control" not in flask.g:
        flask.g.control = Control(home())
    return flask.g.control


def close_control(error: BaseException | None = None) -> None:
    opened = flask.g.pop("control", None)
    if opened is not None:
        opened.close()


def load() -> None:
    """Find the session of the request's cookie; the gate calls it before anything else can ask."""
    session_id = flask.request.cookies.get(COOKIE, "")
    flask.g.session = control().session(session_id) if 20 <= len(session_id) <= 100 else None


def session() -> Session | None:
    """The session of the request, also one that waits for its second factor."""
    return flask.g.get("session")


def signed_in() -> Account | None:
    """Who asks, fully signed in. None: nobody; then nothing with data may be answered."""
    found = session()
    return found.account if found is not None and found.stage == "full" else None


def principal() -> Principal:
    """Who asks, as readers know them: masked unless the role may see more and is fresh. Raises ``Unauthorized`` where
    nobody is signed in: no scope, no rows."""
    asks: Account | Client | None = client() or signed_in()
    if asks is None:
        raise Unauthorized("Sign in first.")
    mask: Mask = "whole" if asks.may("personal") and is_fresh() else "masked"
    name = asks.client_id if isinstance(asks, Client) else asks.account_id
    return Principal(name, asks.role_name, asks.counties, mask)


def set_client(found: Client) -> None:
    """The request is a program's (``dashboards/access/bearer.py``); it has no session then."""
    flask.g.client = found


def client() -> Client | None:
    """The program that asks the API. None: it is no request of one."""
    return flask.g.get("client")


class NotFresh(Forbidden):
    """Password and second factor were given too long ago for this: they are asked for again."""


def is_fresh() -> bool:
    """Whether the signed-in person gave password and second factor within ``HENG_FRESH_MINUTES``. A program is always:
    its token stands for both."""
    if client() is not None:
        return True
    found = session()
    return found is not None and found.is_fresh


def need_fresh() -> None:
    """Raises ``NotFresh`` unless ``is_fresh``. A callback that lets it through is asked anew, with all it brought,
    once they were given (heng.js); who opens a page is led to the form and back."""
    if not is_fresh():
        account = signed_in()
        record("fresh_refused", account.account_id if account else None)
        raise NotFresh("Password and second factor are asked for again.")


def prove() -> bool:
    """The signed-in person has just proved who it is, which is recorded: the session is fresh, under another id. False:
    it has ended. Raises ``AuditUnwritable``; then it goes on as it was."""
    had = session()
    if had is None:
        return False
    with control().transaction():
        session_id = control().prove_session(had)
        record("fresh" if session_id else "fresh_refused", had.account.account_id)
    if session_id is None:
        return False
    flask.g.session = control().session(session_id)
    flask.g.new_session_id = session_id
    flask.g.pop("token", None)
    return True


def begin(account: Account, stage: str = "full", proved: bool = True) -> str:
    """A new session in place of the one the request has, if any; its id, which the answer carries as a cookie.
    ``proved``: whether its holder has just given the password here."""
    had = session()
    session_id = control().begin_session(account, stage, had.session_digest if had else None, proved)
    flask.g.session = control().session(session_id)
    flask.g.new_session_id = session_id
    flask.g.pop("token", None)
    return session_id


def end() -> None:
    """End the session on the server and take the cookie away."""
    had = session()
    if had is not None:
        control().end_session(had.session_digest)
    flask.g.session = None
    flask.g.new_session_id = ""
    flask.g.pop("token", None)


# --- the token of a change ----------------------------------------------------------------------------
def _of_session(session_id: str) -> str:
    return vault().keyed("change token", session_id)


def _of_nobody(random: str) -> str:
    return f"{random}.{vault().keyed('change token of nobody', random)}"


def token() -> str:
    """The token the page of this answer has to bring back."""
    if "token" not in flask.g:
        session_id = flask.g.get("new_session_id", flask.request.cookies.get(COOKIE, ""))
        held = flask.request.cookies.get(TOKEN_COOKIE, "")
        if session() is not None:
            flask.g.token = _of_session(session_id)
        elif _is_of_nobody(held):
            flask.g.token = held
        else:
            flask.g.token = _of_nobody(secrets.token_urlsafe(16))
    return flask.g.token


def _is_of_nobody(held: str) -> bool:
    random = held.partition(".")[0]
    return bool(random) and hmac.compare_digest(held.encode(), _of_nobody(random).encode())


def token_fits(brought: str) -> bool:
    """Whether a request brought the token of its session; without a session, the one of its cookie."""
    if session() is not None:
        expected = _of_session(flask.request.cookies.get(COOKIE, ""))
        return hmac.compare_digest(brought.encode("utf-8", "replace"), expected.encode())
    held = flask.request.cookies.get(TOKEN_COOKIE, "")
    return _is_of_nobody(held) and hmac.compare_digest(brought.encode("utf-8", "replace"), held.encode())


def cookies(response: flask.Response) -> flask.Response:
    """Set or take away the session's cookie, and give pages their token."""
    new = flask.g.get("new_session_id")
    if new:
        response.set_cookie(COOKIE, new, secure=True, httponly=True, samesite="Strict", path="/")
    is_page = response.mimetype == "text/html" and flask.request.method == "GET"
    # Taken away by pages only: a late answer to a callback must not take the cookie of the next session with it.
    if new == "" or (is_page and COOKIE in flask.request.cookies and "session" in flask.g and session() is None):
        response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Strict", path="/")
    if new or (is_page and "session" in flask.g and flask.request.cookies.get(TOKEN_COOKIE) != token()):
        response.set_cookie(TOKEN_COOKIE, token(), secure=True, samesite="Strict", path="/")
    return response
