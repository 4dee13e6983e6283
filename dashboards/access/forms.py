"""The forms of an account, drawn on the server without a script: sign in, second factor, one-time link, one's account.

Nothing tells whether a name exists: a wrong name, a wrong password and a disabled account read alike and take as long.
"""

from ipaddress import ip_address, ip_network
from typing import Any

import flask
from markupsafe import Markup
from werkzeug.exceptions import NotFound, Unauthorized

from dashboards import shell
from dashboards.access import gate, session
from dashboards.access.frame import moment, whose_rows
from dashboards.access.frame import page as _page
from dashboards.access.vault import LONGEST, SHORTEST, vault, weakness
from warehouse.access_log import record
from warehouse.control import Account, account_name, fresh_seconds, idle_seconds, session_seconds

routes = flask.Blueprint("person", __name__, template_folder="templates")
FREE_TRIES = 5
"""Wrong passwords of one name, or codes of one account, before the first wait."""
FREE_TRIES_OF_ADDRESS = 20


def _field(name: str) -> str:
    """A field of the form, no longer than any right value."""
    return flask.request.form.get(name, "")[: 4 * LONGEST]


def waits(seconds: int, template: str, **values: Any) -> flask.Response:
    """A form that was tried too often."""
    t = shell.view_of(flask.request.args).text
    answer = _page(template, 429, error=t.plural("access.wait", -(-seconds // 60)), **values)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _subject(kind: str, text: str) -> str:
    return vault().keyed(f"attempts of {kind}", text)


def _tried(name: str) -> tuple[list[tuple[str, int]], str, str]:
    """What an attempt at a password counts for: the name as typed, known or not, and the address it came from."""
    of_name = _subject("name", account_name(name))
    of_address = _address()
    return [(of_name, FREE_TRIES), (of_address, FREE_TRIES_OF_ADDRESS)], of_name, of_address


def _network(address: str) -> str:
    """Whom an address stands for: in IPv6 one subscriber has at least a /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


def count_address() -> int:
    """Count an attempt of the address a request came from; the seconds it has to wait, or 0."""
    return session.control().begin_attempts([(_address(), FREE_TRIES_OF_ADDRESS)])


def record_block(seconds: int) -> None:
    """On record once a block and address: nobody fills the log by trying on."""
    if session.control().begins_block(_subject("told address", _network(flask.request.remote_addr or "")), seconds):
        record("login_blocked", seconds=seconds)


def refund_address(count: int = 1) -> None:
    """The attempt was right: all that was counted for it is taken back."""
    session.control().refund_attempt(_address(), count)


def _address() -> str:
    return _subject("address", _network(flask.request.remote_addr or ""))


def _right_password(name: str, password: str) -> tuple[Account | None, int]:
    """Whose name and password these are, counted as an attempt; and the seconds to wait before the next one."""
    subjects, of_name, of_address = _tried(name)
    if seconds := session.control().begin_attempts(subjects):
        return None, seconds
    account = session.control().account(name)
    if not vault().verify(account, password[: LONGEST + 1]) or account is None or not account.is_enabled:
        return None, 0
    session.control().clear_attempts(of_name)
    session.control().refund_attempt(of_address)
    return account, 0


def _is_oneself(own: Account, password: str, code_field: str) -> tuple[bool, int]:
    """Whether a signed-in person gave the password and, where there is one, a code of the second factor in use; and the
    seconds to wait before the next attempt. Counted by themselves, so that wrong sign-ins under a name shut nobody out
    who is in; after as many wrong ones the session ends, and who has only its cookie is out."""
    subject = _subject("own password", own.account_id)
    if seconds := session.control().begin_attempts([(subject, FREE_TRIES)]):
        return False, seconds
    is_right = vault().verify(own, password[: LONGEST + 1])
    if is_right and own.second_factor is not None:
        how, seconds = _right_code(own, code_field)
        is_right = how is not None
        if seconds:
            return False, seconds
    if not is_right:
        session.control().count_failed_code(_session())
        return False, 0
    session.control().clear_attempts(subject)
    return True, 0


# --- sign in ------------------------------------------------------------------------------------------
@routes.route("/login", methods=["GET", "POST"])
def login() -> Any:
    target = gate.local(flask.request.args.get("next", ""))
    account = session.signed_in()
    if flask.request.method == "GET":
        return flask.redirect(gate.first_page(account), 303) if account else _page("login.html", target=target)
    t = shell.view_of(flask.request.args).text
    found, seconds = _right_password(_field("name"), _field("password"))
    if seconds:
        record_block(seconds)
        return waits(seconds, "login.html", target=target)
    if found is None:
        record("login_failed")
        return _page("login.html", 401, target=target, error=t("access.login.failed"))
    if not found.is_ready:
        record("login_not_ready", found.account_id)
        return _page("login.html", 403, target=target, error=t("access.login.not_ready"))
    if found.second_factor is not None:
        session.begin(found, "second")
        return flask.redirect(flask.url_for("person.second", next=target), 303)
    return _signed_in(found, target, "password")


def _signed_in(account: Account, target: str, how: str) -> Any:
    waiting = session.session()
    # A provider's word for the password may be hours old: what takes a fresh session asks for it here.
    proved = waiting is None or waiting.stage != "second" or waiting.proved_at > 0
    with session.control().transaction():
        session.begin(account, proved=proved)
        record("login", account.account_id, how=how, role=account.role_name)
    return flask.redirect(target if gate.fits(account, target) else gate.first_page(account), 303)


@routes.route("/login/second", methods=["GET", "POST"])
def second() -> Any:
    waiting = session.session()
    target = gate.local(flask.request.args.get("next", ""))
    if waiting is None or waiting.stage != "second" or waiting.account.second_factor is None:
        return flask.redirect(flask.url_for("person.login", next=target), 303)
    if flask.request.method == "GET":
        return _page("second.html", target=target)
    account = waiting.account
    how, seconds = _right_code(account)
    if seconds:
        record("second_blocked", account.account_id, seconds=seconds)
        return waits(seconds, "second.html", target=target)
    if how is None:
        session.control().count_failed_code(waiting)
        record("second_failed", account.account_id)
        t = shell.view_of(flask.request.args).text
        return _page("second.html", 401, target=target, error=t("access.second.failed"))
    return _signed_in(account, target, how)


def _right_code(account: Account, field: str = "code") -> tuple[str | None, int]:
    """How the code of a request was right, counted as an attempt; and the seconds to wait before the next one."""
    control = session.control()
    subject = _subject("second factor", account.account_id)
    if seconds := control.begin_attempts([(subject, FREE_TRIES)]):
        return None, seconds
    code = _field(field)
    step = vault().step_of(account.second_factor or "", code)
    if step is not None:
        how = "second factor" if control.use_counter(account, step) else None
    else:
        how = "recovery code" if control.use_recovery_code(account, vault().code_digest(code)) else None
    if how is not None:
        control.clear_attempts(subject)
    return how, 0


# --- fresh again --------------------------------------------------------------------------------------
@routes.route("/account/fresh", methods=["GET", "POST"])
def fresh() -> Any:
    """Password and second factor once more, for a session that goes on: from the dialog of a page (JSON), or as a form.

    Both: the page is used on the phone that holds the authenticator, so that a code alone would prove no more than that
    the phone is there, and a password alone no more than that a browser keeps it.
    """
    own, target = _own(), gate.local(flask.request.args.get("next", ""))
    has_second = own.second_factor is not None
    shown = {"target": target, "has_second": has_second, "minutes": fresh_seconds() // 60}
    if flask.request.method == "GET":
        return _page("fresh.html", **shown)
    t = shell.view_of(flask.request.args).text
    right, seconds = _is_oneself(own, _field("password"), "code")
    if seconds:
        record("fresh_blocked", own.account_id, seconds=seconds)
        return _not_fresh(429, t.plural("access.wait", -(-seconds // 60)), shown, seconds)
    if not right:
        record("fresh_failed", own.account_id)
        return _not_fresh(401, t("access.fresh.failed"), shown)
    if not session.prove():
        raise Unauthorized("Sign in first.")
    return flask.jsonify(done=True) if _wants_json() else flask.redirect(target, 303)


def _wants_json() -> bool:
    return flask.request.headers.get("Accept") == "application/json"


def _not_fresh(status: int, error: str, shown: dict[str, Any], seconds: int = 0) -> flask.Response:
    if _wants_json():
        answer = flask.jsonify(message=error)
        answer.status_code = status
    else:
        answer = _page("fresh.html", status, error=error, **shown)
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    return answer


# --- one-time link ------------------------------------------------------------------------------------
@routes.route("/link/<token>", methods=["GET", "POST"])
def link(token: str) -> Any:
    control = session.control()
    found = control.link(token) if len(token) <= 100 else None
    if found is None:
        return _page("void_link.html", 404)
    account, secret = found
    shown: dict[str, Any] = {"name": account.name, "shortest": SHORTEST}
    if account.role.needs_second_factor:
        if secret is None:
            control.offer_on_link(token, vault().new_secret())
            again = control.link(token)
            secret = again[1] if again else None
            if secret is None:
                return _page("void_link.html", 404)
        shown |= _drawn(account, secret)
    else:
        secret = None
    if flask.request.method == "GET":
        return _page("link.html", **shown)
    t = shell.view_of(flask.request.args).text
    password = _field("password")
    if wrong := _refused(t, password, account):
        return _page("link.html", 400, error=wrong, **shown)
    step = vault().step_of(secret, _field("code")) if secret else None
    if secret and step is None:
        return _page("link.html", 400, error=t("access.second.failed"), **shown)
    codes, digests = vault().new_codes() if secret else ([], [])
    hashed = vault().hash(password)
    with control.transaction():
        ready = control.use_link(token, hashed, secret, step, digests)
        if ready is not None:
            record("link_used", ready.account_id, role=ready.role_name)
    if ready is None:
        return _page("void_link.html", 404)
    control.clear_attempts(_subject("name", ready.name))
    control.clear_attempts(_subject("second factor", ready.account_id))
    return _begin_with_codes(ready, codes)


def _drawn(account: Account, secret: str) -> dict[str, Any]:
    drawing, key = vault().shown(account, secret)
    return {"drawing": Markup(drawing), "key": key}  # nosec B704  # drawn here, of letters and digits


def _refused(t: Any, password: str, account: Account) -> str | None:
    """Why a new password is not taken."""
    if password != _field("again"):
        return t("access.password.differ")
    weak = weakness(password, account.name)
    return t(f"access.password.{weak}", shortest=SHORTEST, longest=LONGEST) if weak else None


def _begin_with_codes(account: Account, codes: list[str]) -> Any:
    """A new session; new recovery codes are shown first."""
    session_id = session.begin(account)
    if not codes:
        return flask.redirect(gate.first_page(account), 303)
    session.control().keep_codes(session_id, vault().sealed(codes))
    return flask.redirect(flask.url_for("person.codes"), 303)


@routes.get("/account/codes")
def codes() -> Any:
    """The new recovery codes, once."""
    account, sealed = _own(), session.control().take_codes(_session())
    shown = vault().opened(sealed) if sealed else []
    return _page("codes.html", codes=shown, onward=gate.first_page(account))


# --- one's account ------------------------------------------------------------------------------------
def _own() -> Account:
    account = session.signed_in()
    if account is None:
        raise NotFound
    return account


def _session() -> Any:
    found = session.session()
    if found is None:
        raise NotFound
    return found


def _account_page(status: int = 200, **values: Any) -> flask.Response:
    account, own = _own(), _session()
    view = shell.view_of(flask.request.args)
    t = view.text
    wants_second = "second" in flask.request.args
    if wants_second:
        if own.second_factor is None:
            session.control().offer_on_session(own, vault().new_secret())
            own = _reloaded(own)
        values |= _drawn(account, own.second_factor or "")
    done = flask.request.args.get("done", "")
    begun = [
        (moment(began, view.lang), moment(seen, view.lang), digest == own.session_digest)
        for digest, began, seen in session.control().sessions(account)
    ]
    return _page(
        "account.html",
        status,
        name=account.name,
        role=t(f"access.role.{account.role_name}"),
        role_help=t(f"access.role.{account.role_name}.help"),
        places=whose_rows(account, t),
        has_second=account.second_factor is not None,
        needs_second=account.role.needs_second_factor,
        code_count=session.control().recovery_code_count(account),
        wants_second=wants_second,
        sessions=begun,
        idle=idle_seconds() // 60,
        hours=f"{session_seconds() / 3600:g}",
        shortest=SHORTEST,
        onward=gate.first_page(account),
        done=t(f"access.done.{done}") if done in ("password", "others") else None,
        **values,
    )


def _reloaded(own: Any) -> Any:
    """The session again, with the secret that was just offered to it."""
    session.load()
    return session.session() or own


@routes.get("/account")
def account() -> Any:
    return _account_page()


@routes.post("/account/password")
def change_password() -> Any:
    own = _own()
    t = shell.view_of(flask.request.args).text
    password = _field("password")
    if wrong := _refused(t, password, own):
        return _account_page(400, error=wrong)
    right, seconds = _is_oneself(own, _field("current"), "own_code")
    if seconds:
        return _account_page(429, error=t.plural("access.wait", -(-seconds // 60)))
    if not right:
        record("password_refused", own.account_id)
        return _account_page(401, error=t("access.fresh.failed" if own.second_factor else "access.password.wrong"))
    hashed = vault().hash(password)
    with session.control().transaction():
        session.control().set_password(own, hashed)
        record("password_changed", own.account_id)
    session.begin(own)
    return flask.redirect(flask.url_for("person.account", done="password"), 303)


@routes.post("/account/second")
def add_second() -> Any:
    own, secret = _own(), _session().second_factor
    t = shell.view_of(flask.request.args).text
    if secret is None:
        return flask.redirect(flask.url_for("person.account", second=1), 303)
    step = vault().step_of(secret, _field("code"))
    if step is None:
        return _account_page(400, error=t("access.second.failed"))
    right, seconds = _is_oneself(own, _field("current"), "own_code")
    if seconds:
        return _account_page(429, error=t.plural("access.wait", -(-seconds // 60)))
    if not right:
        record("second_refused", own.account_id)
        return _account_page(401, error=t("access.fresh.failed" if own.second_factor else "access.password.wrong"))
    codes, digests = vault().new_codes()
    with session.control().transaction():
        session.control().set_second_factor(own, secret, step, digests)
        record("second_changed", own.account_id)
    return _begin_with_codes(own, codes)


@routes.post("/account/end-others")
def end_others() -> Any:
    own = _own()
    ended = session.control().end_sessions(own, but=_session().session_digest)
    record("sessions_ended", own.account_id, ended=ended)
    return flask.redirect(flask.url_for("person.account", done="others"), 303)


@routes.post("/logout")
def logout() -> Any:
    own = _own()
    session.end()
    record("logout", own.account_id)
    answer = flask.redirect(flask.url_for("person.login"), 303)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def forbidden_page(view: shell.View) -> flask.Response:
    """No permission: what it takes and whom to ask."""
    account = session.signed_in()
    assert account is not None
    return _page(
        "forbidden.html", 403, role=view.text(f"access.role.{account.role_name}"), onward=gate.first_page(account)
    )
