"""The one gate: before every request, deny by default, by the endpoint's name.

A page protected in its layout alone is not protected: its callbacks answer anybody. So a callback's permission comes
from the page of every output (``<page>-<thing>``), what it brings must be what is registered, and whatever has no class
in ``ENDPOINTS`` stops the start.
"""

import json
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import flask
from dash import Dash
from flask.globals import request_ctx
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, MethodNotAllowed, NotFound, Unauthorized

from dashboards import shell
from dashboards.access import bearer, session
from dashboards.api import problems
from dashboards.api.problems import Problem
from dashboards.text import Text
from warehouse.access_log import record
from warehouse.control import Account, fresh_seconds

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
OPEN, SIGNED_IN, PAGE, CALLBACK, CLOSED = "open", "signed in", "page", "callback", "closed"

FILES = {
    "export": {"rows": "rows", "night": "quality"},
    "terminal_export": {"terminal": "vehicles"},
    "repeat_export": {"repeat": "repeat"},
    "hazard_export": {"hazards": "hazards"},
    "dimension_export": {"dimensions": "findings"},
    "case_export": {"cases": "penalties"},
    "ranking_export": {"ranking": "supervision"},
    "risk_export": {"risk": "risk"},
    "alert_export": {"alerts": "alerts"},
}
"""The page of every file that is handed out, by the routes it comes from."""
ENDPOINTS: dict[str, str | tuple[str, ...] | frozenset[str]] = {
    # Open to everybody: no data are behind them.
    "/healthz": OPEN,
    "_dash_assets.static": OPEN,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": OPEN,
    "/_favicon.ico": OPEN,
    "person.login": OPEN,
    "person.second": OPEN,
    "person.link": OPEN,
    "provider.begin": OPEN,
    "provider.came_back": OPEN,
    # The frame of the pages, and what belongs to the account itself.
    "/_dash-layout": SIGNED_IN,
    "/_dash-dependencies": SIGNED_IN,
    "person.account": SIGNED_IN,
    "person.codes": SIGNED_IN,
    "person.fresh": SIGNED_IN,
    "person.change_password": SIGNED_IN,
    "person.add_second": SIGNED_IN,
    "person.end_others": SIGNED_IN,
    "person.logout": SIGNED_IN,
    # Pages of administrators and their forms.
    **dict.fromkeys(("accounts.listed", "accounts.opened"), frozenset({"accounts"})),
    **dict.fromkeys(
        ("accounts.add", "accounts.link", "accounts.bind", "accounts.unbind"), frozenset({"accounts.identity"})
    ),
    **dict.fromkeys(("accounts.grant", "accounts.enable"), frozenset({"accounts.grant"})),
    **dict.fromkeys(("accounts.disable", "accounts.end_sessions"), frozenset({"accounts.stop"})),
    **dict.fromkeys(("audit.log", "audit.verify", "audit.export"), frozenset({"audit"})),
    # Pages and their callbacks, each by its page.
    "/": PAGE,
    "/<path:path>": PAGE,
    "/_dash-update-component": CALLBACK,
    # Files: the page they belong to, and the permission for files.
    **{
        f"{blueprint}.{name}_{kind}": (page, "export")
        for blueprint, files in FILES.items()
        for name, page in files.items()
        for kind in ("csv", "xlsx")
    },
    # A bulletin is a page of print: figures of the bureau, no rows.
    "bulletin_export.bulletin": ("bulletins",),
    # Of the development server only.
    "/_reload-hash": CLOSED,
}
"""Every endpoint's class, or what it takes: permissions that all have to be there; in a tuple those of a file."""
CLIENTS: dict[str, tuple[str, ...]] = {
    "api.document": (),
    "api.freshness": ("quality",),
    "api.metrics": ("definitions",),
    "api.metric": ("overload",),
    "api.report_card": ("bulletins",),
    "api.sites": ("overload",),
    # Page by page a list is a file.
    "api.findings": ("findings", "export"),
    "api.repeat_violators": ("repeat", "export"),
    "api.hazards": ("hazards", "export"),
    "api.look_up": ("lookup", "personal"),
}
"""Endpoints of programs, which bring a token, each with what it takes, likewise."""

FRESH = frozenset(
    {name for name in ENDPOINTS if name.startswith("accounts.")} - {"accounts.listed", "accounts.opened"}
) | {"audit.export"}
"""Endpoints that ask for password and second factor again where they were given too long ago."""
DRAWN = ("person", "provider", "accounts", "audit")
"""Blueprints of forms and pages that the server draws without a script."""
STARTS = {"accounts": "/accounts", "audit": "/audit"}
"""Where an administrator begins, by permission."""
PAGE_OF_PATH = {path: key for key, path, *_ in shell.PAGES}
PAGES = frozenset(PAGE_OF_PATH.values())
MORE_OF_CALLBACKS = {
    "lookup-download": ("personal",),
    "bulletins-said": ("draft",),
    "bulletins-signed": ("sign",),
    "alerts-drawer": ("handle",),
}
"""Outputs that take more than their page. One called ``<page>-download`` hands out a file and takes that too."""
ROUTER = ("_pages_content", "_pages_store")
MOST_CHANGES = 64
READS = ("GET", "HEAD", "OPTIONS")
FILES_AT_ONCE = 2
"""Files that a process makes at once, one for an account: most of its threads stay free for pages."""
_making: set[str] = set()
_making_guard = threading.Lock()


class UnclassedEndpoint(Exception):
    """A route or callback nobody decided about: the application does not start."""


class Unrecorded(Exception):
    """A file that is not in the audit log (``exports.csv_answer``, ``workbook_answer``, ``bytes_answer``)."""


# --- permissions --------------------------------------------------------------------------------------
def name_of(component_id: Any) -> str:
    """What an id is called by: itself, in a pattern its ``type``."""
    name = component_id.get("type") if isinstance(component_id, dict) else component_id
    return name if isinstance(name, str) else ""


def page_of_output(component_id: Any) -> str | None:
    """The page of a component's id, ``<page>-<thing>``. None: it names none."""
    name = name_of(component_id)
    page = name.split("-", 1)[0]
    return page if "-" in name and page in PAGES else None


def page_of_address(path: str) -> str | None:
    """The page the router shows for an address, which it takes without slashes around."""
    return PAGE_OF_PATH.get("/" + path.strip("/"))


def spec_id(text: str) -> Any:
    """A registered id as it is asked for: a pattern is written as JSON."""
    return json.loads(text) if text.startswith("{") else text


def outputs_of(key: str) -> list[tuple[Any, str]]:
    """Id and property of the outputs of a registered callback."""
    names = key[2:-2].split("...") if key.startswith("..") else [key]
    return [(spec_id(name.rpartition(".")[0]), name.rpartition(".")[2].split("@")[0]) for name in names]


def check_start(app: Dash) -> None:
    """Raises ``UnclassedEndpoint`` for a route without a class or a callback whose output names no page."""
    routes = {rule.endpoint for rule in app.server.url_map.iter_rules()}
    if unknown := sorted(routes - set(ENDPOINTS) - set(CLIENTS)):
        raise UnclassedEndpoint(f"No permission is declared for {unknown}. Class them in dashboards/access/gate.py.")
    for key, entry in app.callback_map.items():
        for component_id, _ in outputs_of(key):
            name = name_of(component_id)
            if page_of_output(component_id) or name in ROUTER:
                continue
            if not entry.get("callback") and (name.startswith("shell-") or name == "_pages_dummy"):
                continue  # drawn in the browser alone
            raise UnclassedEndpoint(f"The output {name!r} of a callback names no page: call it <page>-<thing>.")


# --- the request --------------------------------------------------------------------------------------
def _hosts() -> set[str]:
    """Names this service answers to: loopback, and those of ``HENG_HOSTS``."""
    return {*LOOPBACK, *(name.strip().lower() for name in os.environ.get("HENG_HOSTS", "").split(",") if name.strip())}


def _check_origin() -> None:
    """Raises ``Forbidden`` for another Host, and for a change from another site's page."""
    host = flask.request.host.lower()
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    if name not in _hosts():
        raise Forbidden("This service is not called by that name (HENG_HOSTS).")
    if flask.request.method in READS:
        return
    if flask.request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("This request comes from another site.")
    origin = flask.request.headers.get("Origin")
    if origin is not None:
        told = urlsplit(origin)
        if (told.scheme, told.netloc.lower()) != (flask.request.scheme, host):
            raise Forbidden("This request comes from another site.")


def _check_token() -> None:
    """Raises ``Forbidden`` for a change that does not bring its token."""
    if flask.request.method in READS:
        return
    brought = flask.request.headers.get(session.TOKEN_HEADER, "")
    if not brought and flask.request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        brought = flask.request.form.get(session.TOKEN_FIELD, "")
    if not session.token_fits(brought):
        if account := session.signed_in():
            record("refused", account.account_id, endpoint=flask.request.endpoint or "", permission="token")
        raise Forbidden(shell.view_of().text("access.stale_form"))


def local(target: str) -> str:
    """An address of ours to go on to, else the first page: never another host, never a form of ours."""
    plain = target if target.isprintable() and "\\" not in target else ""
    try:
        parts = urlsplit(plain)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or not plain.startswith("/") or plain.startswith("//"):
        return "/"
    return plain if page_of_address(parts.path) or parts.path in ("/account", *STARTS.values()) else "/"


def first_page(account: Account) -> str:
    """Where somebody begins: the first page the role may see, else the account."""
    listed = ((key, path) for key, path, *_ in shell.PAGES)
    return next((path for key, path in (*listed, *STARTS.items()) if account.may(key)), "/account")


def fits(account: Account, target: str) -> bool:
    """Whether somebody may open an address that ``local`` gave."""
    path = target.partition("?")[0]
    needed = page_of_address(path) or next((key for key, start in STARTS.items() if start == path), None)
    return path == "/account" or (needed is not None and account.may(needed))


def is_drawn(endpoint: str) -> bool:
    return endpoint.split(".")[0] in DRAWN


def is_api() -> bool:
    """Whether a request is one for programs, by its address; also where there is nothing at it."""
    return flask.request.path == "/api" or flask.request.path.startswith("/api/")


def _program() -> None:
    """The gate of programs: a token, and what its client's role takes. No session opens anything here."""
    try:
        client = bearer.load()
    except bearer.Refused as refused:
        raise Problem(refused.kind, headers={"Retry-After": str(refused.wait)} if refused.wait else {}) from None
    endpoint = flask.request.endpoint or ""
    if endpoint not in CLIENTS:
        if methods := _methods():
            raise MethodNotAllowed(methods)
        raise NotFound
    for permission in CLIENTS[endpoint]:
        if not client.may(permission):
            record("client_refused", client.client_id, endpoint=endpoint, permission=permission)
            raise Forbidden


def _methods() -> list[str]:
    """The methods by which a program may ask at the address."""
    found, adapter = [], request_ctx.url_adapter
    for method in ("GET", "HEAD", "POST"):
        with suppress(HTTPException):
            if adapter is not None and adapter.match(method=method)[0] in CLIENTS:
                found.append(method)
    return found


def gate() -> Any:
    """Answers what may not go on; None lets it. The first of all functions before a request."""
    _check_origin()
    if is_api() or (flask.request.endpoint or "") in CLIENTS:
        return _program()
    kind = ENDPOINTS.get(flask.request.endpoint or "", CLOSED)
    if kind == OPEN and not is_drawn(flask.request.endpoint or ""):
        return None
    session.load()
    account = session.signed_in()
    if account is None and kind != OPEN:
        if is_drawn(flask.request.endpoint or "") or (kind == PAGE and flask.request.method in ("GET", "HEAD")):
            target = flask.request.full_path.rstrip("?")
            return flask.redirect(flask.url_for("person.login", next=local(target)), 303)
        raise Unauthorized("Sign in first.")
    _check_token()
    if kind in (OPEN, SIGNED_IN):
        return None
    assert account is not None
    if kind == CLOSED:
        raise flask.request.routing_exception or NotFound()
    if kind == PAGE:
        return _page(account)
    for permission in _asked_of_callback() if kind == CALLBACK else kind:
        _need(account, permission)
    if flask.request.endpoint in FRESH:
        session.need_fresh()
    return _turn_for_file(account) if isinstance(kind, tuple) else None


def _turn_for_file(account: Account) -> flask.Response | None:
    """None: the file may be made now. Else what to say to who comes too early."""
    with _making_guard:
        if account.account_id not in _making and len(_making) < FILES_AT_ONCE:
            _making.add(account.account_id)
            flask.g.making = account.account_id
            return None
    says = shell.view_of(flask.request.args).text("export.busy")
    return flask.Response(says + "\n", 429, {"Retry-After": "20"}, mimetype="text/plain")


def end_file(_: BaseException | None = None) -> None:
    """A request is over: whatever became of its file, the next one may be made."""
    if (made_for := flask.g.pop("making", None)) is not None:
        with _making_guard:
            _making.discard(made_for)


def _need(account: Account, permission: str) -> None:
    if not account.may(permission):
        record("refused", account.account_id, endpoint=flask.request.endpoint or "", permission=permission)
        raise Forbidden(shell.view_of().text("access.forbidden.line"))


def _page(account: Account) -> Any:
    if flask.request.path == "/" and not account.may("overview"):
        return flask.redirect(first_page(account), 303)
    page = page_of_address(flask.request.path)
    if page is not None:
        _need(account, page)
    return None


# --- callbacks ----------------------------------------------------------------------------------------
def _asked_of_callback() -> list[str]:
    """Permissions of the callback a request names. Raises ``BadRequest`` for one that is not registered, or brings
    outputs or inputs that are not its own."""
    try:
        body = flask.request.get_json()
    except RecursionError:
        raise BadRequest("nested too deeply") from None
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        raise BadRequest("no callback")
    app: Dash = flask.current_app.extensions["heng_dash"]
    entry = app.callback_map.get(body["output"])
    if entry is None or not entry.get("callback"):
        raise BadRequest("unknown callback")
    outputs = outputs_of(body["output"])
    given = body.get("outputs")
    given = given if isinstance(given, list) and body["output"].startswith("..") else [given]
    _check_parts(outputs, given)
    seen: set[str] = set()
    for name in ("inputs", "state"):
        registered = [(spec_id(part["id"]), part["property"]) for part in entry[name]]
        brought = body.get(name, [])
        if not isinstance(brought, list):
            raise BadRequest(f"{name} is no list")
        seen |= _check_parts(registered, brought)
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or len(changed) > MOST_CHANGES:
        raise BadRequest("changedPropIds is no short list")
    if not all(isinstance(name, str) and name in seen for name in changed):
        raise BadRequest("what changed is no input of this callback")
    return _permissions(outputs, body)


def _permissions(outputs: Sequence[tuple[Any, str]], body: Mapping[str, Any]) -> list[str]:
    needed: list[str] = []
    for component_id, _ in outputs:
        page = page_of_output(component_id)
        if page:
            needed.append(page)
            name = name_of(component_id)
            needed += [*MORE_OF_CALLBACKS.get(name, ()), *(["export"] if name.endswith("-download") else [])]
        elif component_id in ROUTER:
            values = {f"{part['id']}.{part['property']}": part.get("value") for part in body["inputs"]}
            path, search = (values.get(f"_pages_location.{name}") for name in ("pathname", "search"))
            if not isinstance(path, str) or not isinstance(search or "", str):
                raise BadRequest("no address")
            routed = page_of_address(path)
            if routed:  # an address without a page shows that there is none
                needed.append(routed)
        else:
            raise BadRequest("an output without a page")
    return needed


def _check_parts(registered: Sequence[tuple[Any, str]], given: Sequence[Any]) -> set[str]:
    """Names of the given parts, as a browser writes them. Raises ``BadRequest`` unless each is the registered one."""
    if len(registered) != len(given):
        raise BadRequest("other parts than registered")
    names: set[str] = set()
    for (component_id, prop), part in zip(registered, given, strict=True):
        is_many = isinstance(component_id, dict) and any(
            value in (["ALL"], ["ALLSMALLER"]) for value in component_id.values()
        )
        if is_many != isinstance(part, list):
            raise BadRequest("other parts than registered")
        for one in part if is_many else [part]:
            if not isinstance(one, dict) or not isinstance(one.get("property"), str):
                raise BadRequest("a part without a property")
            if one["property"].split("@")[0] != prop or not _fits(component_id, one.get("id")):
                raise BadRequest("other parts than registered")
            written = one["id"]
            if isinstance(written, dict):
                written = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            names.add(f"{written}.{one['property']}")
    return names


def _fits(registered: Any, given: Any) -> bool:
    """Whether an id is the registered one, or one its pattern means."""
    if not isinstance(registered, dict):
        return isinstance(given, str) and given == registered
    if not isinstance(given, dict) or set(given) != set(registered):
        return False
    return all(
        (isinstance(given[key], (str, int)) and len(str(given[key])) <= 100)
        if isinstance(value, list)
        else given[key] == value
        for key, value in registered.items()
    )


# --- files --------------------------------------------------------------------------------------------
def only_on_record(response: flask.Response) -> flask.Response:
    """No file leaves that is not in the audit log: a route that forgot to say so answers an error."""
    endpoint = flask.request.endpoint or ""
    is_file = isinstance(ENDPOINTS.get(endpoint), tuple) or "export" in CLIENTS.get(endpoint, ())
    if is_file and response.status_code < 300 and not flask.g.get("is_on_record"):
        error = Unrecorded(f"{endpoint} hands out a file without a record.")
        if endpoint in CLIENTS:
            return problems.answer(error)
        incident = shell.incident(error)
        return flask.Response(shell.view_of().text("state.error.line", incident=incident) + "\n", 500)
    return response


# --- refusals -----------------------------------------------------------------------------------------
def fresh_words(t: Text) -> dict[str, str]:
    """What the dialog of heng.js says and where it sends password and code."""
    account = session.signed_in()
    words = {name: t(f"access.fresh.{name}") for name in ("title", "cancel", "confirm")}
    words |= {"why": t("access.fresh.why", minutes=fresh_seconds() // 60)}
    words |= {"password": t("access.password"), "unreachable": t("access.fresh.unreachable")}
    if account is not None and account.second_factor is not None:
        words |= {"code": t("access.second.code"), "help": t("access.second.or_recovery")}
    return {**words, "href": flask.url_for("person.fresh")}


def answer(error: HTTPException) -> Any:
    """A refusal in the reader's words: a page for who opens one, a short text for callbacks and files."""
    view = shell.view_of(flask.request.args)
    t = view.text
    is_callback = flask.request.endpoint == "/_dash-update-component"
    if isinstance(error, Unauthorized):
        if is_callback:
            return flask.jsonify(message=t("access.signed_out"), action=t("access.sign_in"), href="/login"), 401
        return flask.Response(t("access.signed_out") + "\n", 401, mimetype="text/plain")
    if isinstance(error, session.NotFresh):
        if is_callback:
            return flask.jsonify(message=t("access.fresh.title"), fresh=fresh_words(t)), 403
        if ENDPOINTS.get(flask.request.endpoint or "") == PAGE:
            return flask.redirect(flask.url_for("person.fresh", next=local(flask.request.full_path.rstrip("?"))), 303)
        if is_drawn(flask.request.endpoint or ""):  # a form of ours: back to the page it stands on
            return flask.redirect(flask.url_for("person.fresh", next="/" + flask.request.path.split("/")[1]), 303)
        return flask.Response(t("access.fresh.title") + "\n", 403, mimetype="text/plain")
    if isinstance(error, Forbidden) and is_callback:
        return flask.jsonify(message=error.description), 403
    endpoint = flask.request.endpoint or ""
    is_page = ENDPOINTS.get(endpoint) == PAGE or endpoint in ("accounts.listed", "audit.log")
    if isinstance(error, Forbidden) and is_page and session.signed_in():
        from dashboards.access.forms import forbidden_page

        return forbidden_page(view), 403
    return None
