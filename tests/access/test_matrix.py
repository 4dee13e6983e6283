"""Every role against every route, page and callback: what a role may is written here once more, apart from the product.

A new page, route or callback has no line here and fails until somebody decides who may see it.
"""

import json
from typing import Any

import pytest
from dash import Dash
from one_app import HOST, Signed, account_of, client_of, sign_in

from dashboards import shell
from dashboards.access import gate
from warehouse.roles import ROLES

EVERYBODY = ("analyst", "inspector", "leader")
ALSO_DISTRICTS = (*EVERYBODY, "district")
"""Who has given counties sees only pages that keep to them, or have none."""
ADMINISTRATORS = ("system", "security", "audit")
PAGES = {
    "/": ALSO_DISTRICTS,
    "/alerts": ALSO_DISTRICTS,
    "/shift": ALSO_DISTRICTS,
    "/overload": ALSO_DISTRICTS,
    "/overload/rows": ALSO_DISTRICTS,
    "/repeat": ALSO_DISTRICTS,
    "/risk": ALSO_DISTRICTS,
    "/overload/findings": ALSO_DISTRICTS,
    "/overload/site": ALSO_DISTRICTS,
    "/sources": ALSO_DISTRICTS,
    "/record": ALSO_DISTRICTS,
    "/penalties": ALSO_DISTRICTS,
    "/hazards": ALSO_DISTRICTS,
    "/terminals": ALSO_DISTRICTS,
    "/compliance": ALSO_DISTRICTS,
    "/ranking": ALSO_DISTRICTS,
    "/terminals/rows": ALSO_DISTRICTS,
    "/lookup": ("inspector",),
    "/quality": ALSO_DISTRICTS,
    "/rules": ALSO_DISTRICTS,
    "/definitions": ALSO_DISTRICTS,
    "/bulletins": EVERYBODY,
}
PREFIXES = {"supervision": "/ranking", "rows": "/overload/rows", "vehicles": "/terminals/rows"}
"""Pages whose ids do not begin with their address."""
FILES = ("analyst", "inspector", "district")
WRITES = {
    "lookup-download": ("inspector",), "bulletins-lead": ("analyst",), "bulletins-signed": ("leader",),
    "alerts-drawer": ("analyst", "inspector", "district"),
}  # fmt: skip
"""Callbacks that take more than their page, by their first output: a file, a draft, a signature, a word on
an alert."""
OPEN_ROUTES = {
    "/healthz": 200,
    "/assets/<path:filename>": 200,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": 200,
    "/_favicon.ico": 200,
    "/login": 200,
    "/login/second": 303,
    "/link/<token>": 404,
    "/login/provider": 404,
    "/login/provider/callback": 404,
}
"""Routes for everybody, and what they answer to somebody who brings nothing."""
OWN_ROUTES = {
    "/account", "/account/codes", "/account/password", "/account/second", "/account/fresh", "/account/end-others",
    "/logout",
}  # fmt: skip
ADMINISTRATORS_ROUTES = {
    **dict.fromkeys(
        ("/accounts", "/accounts/open", "/accounts/disable", "/accounts/end-sessions"), ("system", "security")
    ),
    **dict.fromkeys(("/accounts/add", "/accounts/link", "/accounts/bind", "/accounts/unbind"), ("system",)),
    **dict.fromkeys(("/accounts/grant", "/accounts/enable"), ("security",)),
    **dict.fromkeys(("/audit", "/audit/verify", "/audit/export"), ("audit",)),
}
"""Pages without data, and their forms."""
FRAME_ROUTES = {"/_dash-layout", "/_dash-dependencies"}
CLOSED_ROUTES = {"/_reload-hash"}
PROGRAM_ROUTES = {
    "/api/v1/openapi.json", "/api/v1/freshness", "/api/v1/metrics", "/api/v1/metrics/<metric>", "/api/v1/report-card",
    "/api/v1/sites", "/api/v1/findings", "/api/v1/repeat-violators", "/api/v1/hazards", "/api/v1/vehicles/look-up",
}  # fmt: skip
"""Routes of programs, which no session opens; what each role's clients may is in tests/api."""
FILLED = {
    "/assets/<path:filename>": "/assets/logo.svg",
    "/link/<token>": "/link/" + "x" * 43,
    "/export/bulletin/<name>/<int:revision>.<form>": "/export/bulletin/2026-10/1.html",
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>":
        "/_dash-component-suites/dash/deps/react@18.3.1.min.js",
}  # fmt: skip
SUBJECTS = (None, *ALSO_DISTRICTS, *ADMINISTRATORS)


def routes(app: Dash) -> list[tuple[str, str]]:
    return sorted((rule.rule, method) for rule in app.server.url_map.iter_rules()
                  for method in rule.methods - {"HEAD", "OPTIONS"})  # fmt: skip


def callback_body(app: Dash, key: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    entry = app.callback_map[key]
    names = key[2:-2].split("...") if key.startswith("..") else [key]
    outputs = [{"id": name.rpartition(".")[0], "property": name.rpartition(".")[2]} for name in names]
    parts = {
        name: [{**part, "value": (values or {}).get(f"{part['id']}.{part['property']}")} for part in entry[name]]
        for name in ("inputs", "state")
    }
    changed = [f"{part['id']}.{part['property']}" for part in entry["inputs"][:1]]
    return {
        "output": key,
        "outputs": outputs if key.startswith("..") else outputs[0],
        **parts,
        "changedPropIds": changed,
    }


def page_of(key: str) -> str:
    """The address of the page of a callback, from the beginning of its first output's name."""
    prefix = key.strip(".").partition(".")[0].partition("-")[0]
    path = PREFIXES.get(prefix) or ("/" if prefix == "overview" else f"/{prefix}")
    assert path in PAGES, key
    return path


def router_key(app: Dash) -> str:
    return next(key for key in app.callback_map if "_pages_content" in key)


def whole_key(app: Dash, output: str) -> str:
    return next(key for key in app.callback_map if output in key)


class Cells:
    """What was asked, and what was answered otherwise than it should."""

    def __init__(self) -> None:
        self.count = 0
        self.denied = 0
        self.violations: list[tuple[Any, ...]] = []

    def add(self, allowed: bool, refusals: tuple[int, ...], status: int, *what: Any) -> None:
        self.count += 1
        self.denied += not allowed
        if (status in refusals) == allowed or status >= 500:
            self.violations.append((*what, status))


def ask(client: Signed, path: str, method: str = "GET", body: Any = None) -> int:
    answer = client.open(path, method=method, json=body, headers=HOST)
    answer.get_data()
    answer.close()
    return answer.status_code


def test_the_table_here_knows_every_page_role_and_route(app: Dash) -> None:
    assert set(PAGES) == {path for _, path, *_ in shell.PAGES}
    assert set(ROLES) == set(ALSO_DISTRICTS) | set(ADMINISTRATORS)
    files = {rule for rule, _ in routes(app) if rule.startswith("/export/")}
    rest = {"/", "/<path:path>", "/_dash-update-component"}
    known = set(OPEN_ROUTES) | OWN_ROUTES | FRAME_ROUTES | CLOSED_ROUTES | PROGRAM_ROUTES | rest | files
    known |= set(ADMINISTRATORS_ROUTES)
    assert {rule for rule, _ in routes(app)} == known


FILES_PAGE = {
    "overload-rows": "/overload/rows", "night-report": "/quality", "terminal-rows": "/terminals/rows",
    "repeat": "/repeat", "hazards": "/hazards", "dimensions": "/overload/findings", "cases": "/penalties",
    "ranking": "/ranking", "risk": "/risk", "alerts": "/alerts", "sources": "/sources", "shift": "/shift",
}  # fmt: skip


@pytest.mark.parametrize("role", SUBJECTS)
def test_role_by_route_page_and_callback(app: Dash, role: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    client = client_of(role, app=app)
    refused = (401, 403) if role else (401, 303)
    cells = Cells()
    for rule, method in routes(app):
        if rule in ("/", "/<path:path>", "/_dash-update-component", "/logout"):
            continue
        status = ask(client, FILLED.get(rule, rule), method)
        if rule in OPEN_ROUTES and method == "GET":
            shown = 303 if role and rule == "/login" else OPEN_ROUTES[rule]
            cells.add(True, () if status == shown else (status,), status, role, rule, method)
        elif rule in OPEN_ROUTES:  # a form without anything in it, and for nobody without a token
            cells.add(True, () if status in (303, 400, 401, 403, 404) else (status,), status, role, rule, method)
        elif rule.startswith("/export/bulletin/"):
            cells.add(role in PAGES["/bulletins"], refused, status, role, rule, method)
        elif rule.startswith("/export/"):
            page = FILES_PAGE[rule.removeprefix("/export/").partition(".")[0]]
            cells.add(role in FILES and role in PAGES[page], refused, status, role, rule, method)
        elif rule in ADMINISTRATORS_ROUTES:
            cells.add(role in ADMINISTRATORS_ROUTES[rule], refused, status, role, rule, method)
        elif rule in PROGRAM_ROUTES:
            cells.add(False, (401,), status, role, rule, method)
        elif rule in CLOSED_ROUTES:
            cells.add(False, (401, 404), status, role, rule, method)
        else:
            # Without a second factor offered the form of one leads back; a wrong current password is told by 401.
            cells.add(role is not None, (403,) if role else refused, status, role, rule, method)
    for path, roles in PAGES.items():
        status = ask(client, path)
        is_start = path == "/" and role in ADMINISTRATORS
        cells.add(role in roles, (303,) if is_start else refused, status, role, path, "page")
        values = {"_pages_location.pathname": path, "_pages_location.search": ""}
        for written in (path, path.rstrip("/") + "/", "/" + path):
            body = callback_body(app, router_key(app), {**values, "_pages_location.pathname": written})
            cells.add(
                role in roles, (401, 403), ask(client, "/_dash-update-component", "POST", body), role, written, "router"
            )
    callbacks = [key for key, entry in app.callback_map.items() if entry.get("callback") and "_pages_" not in key]
    assert len(callbacks) > 15
    for key in callbacks:
        allowed = role in WRITES.get(key.strip(".").partition(".")[0], PAGES[page_of(key)])
        status = ask(client, "/_dash-update-component", "POST", callback_body(app, key))
        cells.add(allowed, (401, 403), status, role, key)
    with capsys.disabled():
        print(f"\naccess of {role or 'nobody'}: {cells.count} cells, {cells.denied} to refuse, "
              f"{len(cells.violations)} violated")  # fmt: skip
    assert cells.denied >= (2 if role == "inspector" else 7)
    assert cells.violations == []


def test_an_inspector_of_given_counties_sees_what_keeps_to_them(app: Dash) -> None:
    account = account_of("inspector", ["431124"], name="test.of.counties")
    client = client_of(None, app=app)
    sign_in(client, account)
    for path, roles in PAGES.items():
        expected = 200 if "district" in roles else 303 if path == "/" else 403
        assert ask(client, path) == expected, path
    for key, status in (
        ("rows-grid.getRowsResponse", 204),
        ("lookup-result.children", 403),
        ("lookup-download.data", 403),
    ):
        assert ask(client, "/_dash-update-component", "POST", callback_body(app, whole_key(app, key))) == status, key
    assert ask(client, "/export/hazards.csv") == 200
    assert ask(client, "/export/bulletin/2026-10/1.html") == 403


def test_a_callback_and_its_file_need_their_permissions(app: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrix would see it: with a gate that lets everything through, cells are violated."""
    monkeypatch.setattr(gate, "_need", lambda *_: None)
    client = client_of("audit", app=app)
    body = callback_body(app, "rows-grid.getRowsResponse")
    assert ask(client, "/_dash-update-component", "POST", body) not in (401, 403)
    assert ask(client, "/export/overload-rows.csv") == 200


def test_the_navigation_shows_what_the_role_may_see(app: Dash) -> None:
    for role, without in (("inspector", ()), ("leader", ("/lookup",))):
        client = client_of(role, app=app)
        body = callback_body(app, router_key(app), {"_pages_location.pathname": "/", "_pages_location.search": ""})
        told = client.post("/_dash-update-component", json=body, headers=HOST).get_data(as_text=True)
        links = {
            node["props"]["href"].partition("?")[0]
            for node in _nodes(json.loads(told))
            if "nav-link" in str(node["props"].get("className", "")) and "href" in node["props"]
        }
        listed = {path for _, path, *_, is_listed in shell.PAGES if is_listed}
        assert links == listed - set(without)


def _nodes(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        own = [value] if isinstance(value.get("props"), dict) else []
        return own + [node for child in value.values() for node in _nodes(child)]
    if isinstance(value, list):
        return [node for child in value for node in _nodes(child)]
    return []
