"""The page of the system and the security administrator: who has an account, what each may, and what to change.

One answers for who somebody is (adds an account, hands out its link), the other for what somebody may (its role and
counties); either may shut somebody out. Nobody changes an administrator's account here, so neither can become the other
or the audit administrator: that takes a command on the machine itself. Which account is meant travels in the body.
"""

from typing import Any

import flask
from werkzeug.exceptions import BadRequest, Forbidden

from dashboards import shell
from dashboards.access import session
from dashboards.access.frame import counties, moment, page, whose_rows
from dashboards.text import Text
from warehouse import provider
from warehouse.access_log import record
from warehouse.address import is_behind_proxy
from warehouse.control import NAME, Account, account_name, link_seconds
from warehouse.roles import EVERY_COUNTY, GIVEN_COUNTIES, ROLES

routes = flask.Blueprint("accounts", __name__, url_prefix="/accounts", template_folder="templates")
GIVEN = tuple(name for name, role in ROLES.items() if not role.is_administrator)
"""Roles that this page gives."""
DONE = ("added", "granted", "enabled", "disabled", "ended", "bound", "unbound")
STATES = ("ready", "waits_for_link", "waits_for_role", "disabled")
_LONGEST = 256


def _text() -> Text:
    return shell.view_of(flask.request.args).text


def _by() -> Account:
    account = session.signed_in()
    assert account is not None  # the gate lets nobody else in
    return account


def _meant() -> Account:
    """The account a form is about. Raises ``BadRequest`` for none, ``Forbidden`` for an administrator's."""
    account = session.control().account_by_id(flask.request.form.get("account", "")[:_LONGEST])
    if account is None:
        raise BadRequest("no such account")
    if account.role.is_administrator and flask.request.endpoint != "accounts.opened":
        record("refused", _by().account_id, on=account.account_id, role=_by().role_name)
        raise Forbidden(_text()("account_list.administrator"))
    return account


def _note(action: str, account: Account, note: str = "") -> None:
    record(action, _by().account_id, on=account.account_id, note=note, role=_by().role_name)


# --- what is shown ------------------------------------------------------------------------------------
_TONE = {"waits_for_role": "warn", "disabled": "", "ready": "better", "waits_for_link": "warn"}


def _shown(account: Account, t: Text) -> dict[str, Any]:
    return {
        "id": account.account_id,
        "name": account.name,
        "role": t(f"access.role.{account.role_name}"),
        "role_name": account.role_name,
        "counties": whose_rows(account, t),
        "codes": account.counties or (),
        "state": t(f"account_list.state.{account.state}"),
        "state_name": account.state,
        "tone": _TONE[account.state],
        "second": t("account_list.yes" if account.second_factor else "account_list.no"),
        "sessions": len(session.control().sessions(account)),
        "last_sign_in": moment(account.last_sign_in_at, t.lang),
        "created": moment(account.created_at, t.lang),
        "is_administrator": account.role.is_administrator,
        "is_enabled": account.is_enabled,
    }


def _opened(account: Account, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The row of an account, with who it is for the bureau's provider."""
    issuer = provider.issuer()
    (row,) = (row for row in rows if row["id"] == account.account_id)
    return {**row, "subject": session.control().subject_of(account, issuer) if issuer else None}


def _page(status: int = 200, opened: Account | None = None, **values: Any) -> flask.Response:
    t, by = _text(), _by()
    accounts = session.control().accounts()
    rows = [_shown(account, t) for account in accounts]
    counts = {state: sum(row["state_name"] == state for row in rows) for state in STATES}
    done = flask.request.args.get("done", "") if flask.request.method == "GET" else ""
    values.setdefault("done", t(f"account_list.done.{done}") if done in DONE else None)
    return page(
        "accounts.html",
        status,
        lead=t("account_list.lead", count=len(rows), **counts),
        rows=rows,
        opened=opened and _opened(opened, rows),
        roles=[(name, t(f"access.role.{name}"), t(f"access.role.{name}.help")) for name in GIVEN],
        places=[(code, t.pick(*names)) for code, names in counties().items()],
        may={what: by.may(f"accounts.{what}") for what in ("identity", "grant", "stop")},
        duty=t(f"account_list.duty.{by.role_name}"),
        is_fresh=session.is_fresh(),
        airflow=by.may("airflow") and is_behind_proxy(),
        **values,
    )


@routes.get("")
def listed() -> Any:
    return _page()


@routes.post("/open")
def opened() -> Any:
    return _page(opened=_meant())


def _went(done: str) -> Any:
    return flask.redirect(flask.url_for("accounts.listed", done=done), 303)


# --- who somebody is ----------------------------------------------------------------------------------
def _asked_role() -> tuple[str, list[str], str | None]:
    """Role and counties of a form, and why they do not go together. Raises ``BadRequest`` for what no form offers."""
    role, codes = flask.request.form.get("role", ""), sorted(set(flask.request.form.getlist("county")))
    if role not in GIVEN or not set(codes) <= set(counties()):
        raise BadRequest("no such role or county")
    kind = ROLES[role].counties
    if kind == GIVEN_COUNTIES and not codes:
        return role, codes, "account_list.needs_county"
    if kind == EVERY_COUNTY and codes:
        return role, codes, "account_list.takes_no_county"
    return role, codes, None


@routes.post("/add")
def add() -> Any:
    t, control = _text(), session.control()
    name = account_name(flask.request.form.get("name", "")[:_LONGEST])
    role, codes, wrong = _asked_role()
    if not NAME.fullmatch(name):
        wrong = "account_list.bad_name"
    if wrong is None:
        with control.transaction():
            if control.account(name) is not None:
                wrong = "account_list.name_taken"
            else:
                _note("account_added", control.add(name, role, codes, is_enabled=False), _asked(role, codes))
    return _page(400, error=t(wrong)) if wrong else _went("added")


def _asked(role: str, codes: list[str]) -> str:
    return " ".join([role, *codes])


@routes.post("/link")
def link() -> Any:
    account = _meant()
    if not account.is_enabled:
        return _page(409, account, error=_text()("account_list.link.disabled"))
    with session.control().transaction():
        token = session.control().make_link(account)
        _note("link_made", account)
    address = flask.url_for("person.link", token=token, _external=True)
    return _page(opened=account, link=address, link_minutes=link_seconds() // 60)


@routes.post("/bind")
def bind() -> Any:
    account, issuer, control = _meant(), provider.issuer(), session.control()
    if issuer is None:
        raise BadRequest("there is no provider")
    try:
        subject = provider.checked_subject(flask.request.form.get("subject", "")[: 2 * provider.LONGEST_SUBJECT])
    except provider.BadProvider:
        return _page(400, account, error=_text()("account_list.bad_subject"))
    with control.transaction():
        bound = control.account_of_identity(issuer, subject)
        if is_free := bound is None or bound.account_id == account.account_id:
            control.bind_identity(account, issuer, subject)
            _note("identity_bound", account, f"{issuer} {subject}")
    return _went("bound") if is_free else _page(409, account, error=_text()("account_list.subject_taken"))


@routes.post("/unbind")
def unbind() -> Any:
    account, issuer = _meant(), provider.issuer()
    if issuer is None:
        raise BadRequest("there is no provider")
    session.control().unbind_identity(account, issuer)
    _note("identity_unbound", account)
    return _went("unbound")


# --- what somebody may --------------------------------------------------------------------------------
@routes.post("/grant")
def grant() -> Any:
    account, control = _meant(), session.control()
    role, codes, wrong = _asked_role()
    if wrong:
        return _page(400, account, error=_text()(wrong))
    with control.transaction():
        waits = (control.account_by_id(account.account_id) or account).waits_for_its_role
        control.set_role(account, role, codes)
        _note("role_changed", account, _asked(role, codes))
        if waits:
            control.set_enabled(account, True)
            _note("account_enabled", account)
    return _went("granted")


@routes.post("/enable")
def enable() -> Any:
    account = _meant()
    with session.control().transaction():
        session.control().set_enabled(account, True)
        _note("account_enabled", account)
    return _went("enabled")


# --- shut out: done whether or not it can be recorded --------------------------------------------------
@routes.post("/disable")
def disable() -> Any:
    account = _meant()
    session.control().set_enabled(account, False)
    _note("account_disabled", account)
    return _went("disabled")


@routes.post("/end-sessions")
def end_sessions() -> Any:
    account = _meant()
    session.control().end_sessions(account)
    _note("sessions_ended", account)
    return _went("ended")
