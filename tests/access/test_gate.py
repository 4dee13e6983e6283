"""What comes to the gate from elsewhere: other sites, no token, forged bodies, odd paths; and what stops the start."""

import json
import re
from html import unescape as html_unescape
from pathlib import Path
from typing import Any

import flask
import pytest
from dash import Dash, Input, Output, html
from forms import fill
from one_app import HOST, PASSWORD, Signed, account_of, client_of
from test_matrix import callback_body, router_key, routes

from dashboards.access import gate, session
from dashboards.app import create_app, trust_proxy
from warehouse import access_key

CALLBACK = "/_dash-update-component"
KEY = "definitions-found.children"
GRID = "rows-grid.getRowsResponse"


@pytest.fixture
def inspector(app: Dash) -> Signed:
    return client_of("inspector", app=app)


def post(client: Signed, body: Any, **headers: str) -> Any:
    return client.post(CALLBACK, json=body, headers={**HOST, **headers})


# --- start --------------------------------------------------------------------------------------------
def small_app(ids: dict[str, str] | str) -> Dash:
    app = Dash("small", server=flask.Flask("small", static_folder=None))
    app.callback(Output(ids, "children"), Input("overload-go", "n_clicks"))(lambda _: html.Div())
    app.layout = html.Div()
    app._setup_server()
    return app


def test_a_callback_whose_output_names_no_page_stops_the_start(app: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    for ids in ("something", "nopage-thing", {"type": "something", "code": "x"}, "overloadthing", "shell-anything"):
        small = small_app(ids)  # type: ignore[arg-type]
        monkeypatch.setattr(gate, "ENDPOINTS", {rule.endpoint: "open" for rule in small.server.url_map.iter_rules()})
        with pytest.raises(gate.UnclassedEndpoint, match="names no page"):
            gate.check_start(small)
    gate.check_start(small_app("overload-thing"))


def test_a_route_nobody_classed_stops_the_start_and_is_closed(app: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(gate.ENDPOINTS, "export.rows_csv")
    with pytest.raises(gate.UnclassedEndpoint, match=r"export\.rows_csv"):
        gate.check_start(app)
    assert client_of("analyst", app=app).get("/export/overload-rows.csv", headers=HOST).status_code == 404


def test_every_route_has_a_class_and_every_class_a_route(app: Dash) -> None:
    assert not set(gate.ENDPOINTS) & set(gate.CLIENTS)
    assert {*gate.ENDPOINTS, *gate.CLIENTS} == {rule.endpoint for rule in app.server.url_map.iter_rules()}


@pytest.mark.parametrize("text", ["", "short", "x" * 64, "changeme" + "abcdefghijklmnopqrstuvwxyz" * 2])
def test_a_short_or_well_known_key_stops_the_start(home: Path, text: str) -> None:
    access_key.write(access_key.path_of(home), text)
    with pytest.raises(access_key.BadKey):
        create_app()


def test_a_key_others_can_read_or_that_is_missing_stops_the_start(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENG_KEY_REQUIRED", "1")
    with pytest.raises(access_key.BadKey, match="missing"):
        create_app()
    path = access_key.make(home)
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(access_key.BadKey, match="read by others"):
        create_app()


# --- nobody -------------------------------------------------------------------------------------------
def test_nobody_gets_a_page_a_file_or_a_callback(app: Dash, nobody: Signed) -> None:
    page = nobody.get("/overload?county=431124&lang=en", headers=HOST)
    assert page.status_code == 303
    assert page.location == "/login?next=/overload?county%3D431124%26lang%3Den"
    file = nobody.get("/export/overload-rows.csv", headers={**HOST, "Accept-Language": "zh"})
    assert (file.status_code, file.mimetype) == (401, "text/plain")
    answer = post(nobody, callback_body(app, GRID))
    assert answer.status_code == 401
    assert set(answer.json) == {"message", "action", "href"}


def test_before_anybody_is_known_no_data_are_read(app: Dash, nobody: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboards import queries

    def never() -> None:
        raise AssertionError("data were read")

    monkeypatch.setattr(queries, "source", never)
    for rule, method in routes(app):
        nobody.open(rule.replace("<path:filename>", "logo.svg"), method=method, headers=HOST).close()


# --- other sites and hosts ----------------------------------------------------------------------------
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1.evil.example"},
    {"Origin": "https://127.0.0.1"},
    {"Origin": "http://127.0.0.1:8051"},
    {"Origin": "null"},
    {"Origin": ""},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_change_from_another_site_is_refused(app: Dash, inspector: Signed, headers: dict[str, str]) -> None:
    assert post(inspector, callback_body(app, KEY), **headers).status_code == 403
    assert inspector.post("/logout", headers={**HOST, **headers}).status_code == 403
    assert inspector.get("/overload", headers=HOST).status_code == 200, "still signed in"
    account_of("analyst")
    client = client_of(None)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login", headers=HOST).get_data(as_text=True))
    assert token
    data = {"csrf_token": token[1], "name": "test.analyst", "password": PASSWORD}
    assert client.post("/login", data=data, headers={**HOST, **headers}).status_code == 403


def test_our_own_pages_are_no_other_site(app: Dash, inspector: Signed) -> None:
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1"}
    assert post(inspector, callback_body(app, GRID), **own).status_code == 204


def test_a_change_without_its_token_is_refused(app: Dash, inspector: Signed) -> None:
    other = client_of("analyst", app=app)
    held = other.get_cookie(session.TOKEN_COOKIE, domain="127.0.0.1")
    assert held is not None
    body = callback_body(app, GRID)
    for token in (None, "", "x", held.value, "\u7801"):
        headers = dict(HOST) if token is None else {**HOST, session.TOKEN_HEADER: token.encode().decode("latin-1")}
        assert inspector.post(CALLBACK, json=body, headers=headers, without_token=True).status_code == 403, token
    for path in ("/logout", "/account/password", "/account/second", "/account/end-others"):
        assert (
            inspector.post(path, data={"csrf_token": held.value}, headers=HOST, without_token=True).status_code == 403
        )
    # A token planted in the cookie as well fits no session.
    inspector.set_cookie(session.TOKEN_COOKIE, held.value, domain="127.0.0.1")
    assert inspector.post(CALLBACK, json=body, headers={**HOST, session.TOKEN_HEADER: held.value}).status_code == 403


def test_a_form_of_signing_in_needs_its_token(app: Dash) -> None:
    account_of("analyst")
    client = client_of(None)
    values = {"name": "test.analyst", "password": PASSWORD}
    assert client.post("/login", data=values, headers=HOST).status_code == 403
    client.set_cookie(session.TOKEN_COOKIE, "made.up", domain="127.0.0.1")
    assert client.post("/login", data={**values, "csrf_token": "made.up"}, headers=HOST).status_code == 403
    assert fill(client_of(None), "/login", **values).status_code == 303


@pytest.mark.parametrize(
    "host",
    ["heng.example.com", "10.0.0.5:8050", "127.0.0.1.example.com", "localhost.example", "127.0.0.1@evil.example",
     "evil.example#127.0.0.1", "127.0.0.2", "0.0.0.0", "[::]", "", "127.0.0.1:8050:x"],
)  # fmt: skip
def test_a_host_that_is_not_ours_is_refused_everywhere(app: Dash, host: str) -> None:
    client = client_of("inspector", app=app)
    for path in ("/overload", "/login", "/healthz", "/assets/logo.svg", "/export/overload-rows.csv"):
        assert client.get(path, headers={"Host": host}).status_code in (400, 403), path


def test_a_bureau_names_its_hosts(app: Dash, nobody: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENG_HOSTS", "heng.example.gov.cn, other.example.gov.cn")
    for host, status in (("heng.example.gov.cn", 200), ("HENG.example.gov.cn:443", 200), ("evil.example", 403)):
        assert nobody.get("/login", headers={"Host": host}).status_code == status


def test_headers_of_a_proxy_count_only_where_one_is_told_of(app: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENG_HOSTS", "heng.example.gov.cn")
    account_of("analyst")
    forwarded = {
        "X-Forwarded-Host": "heng.example.gov.cn", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1",
    }  # fmt: skip

    def sign_in(origin: str) -> int:
        client = client_of(None, app=app)
        page = client.get("/login", headers={**HOST, **forwarded}).get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        data = {"csrf_token": token[1], "name": "test.analyst", "password": PASSWORD}
        return client.post("/login", data=data, headers={**HOST, **forwarded, "Origin": origin}).status_code

    assert sign_in("https://heng.example.gov.cn") == 403, "nobody said that there is a proxy"
    monkeypatch.setenv("HENG_PROXY", "1")
    monkeypatch.setattr(app.server, "wsgi_app", app.server.wsgi_app)  # taken back after the test
    trust_proxy(app.server)
    assert sign_in("https://heng.example.gov.cn") == 303
    assert sign_in("http://heng.example.gov.cn") == 403
    assert sign_in("http://127.0.0.1") == 403
    forwarded["X-Forwarded-Host"] = "evil.example"
    assert client_of(None, app=app).get("/login", headers={**HOST, **forwarded}).status_code == 403


def test_a_refused_form_of_the_account_can_be_read_in_the_other_language(app: Dash) -> None:
    client = client_of("analyst", app=app)
    page = client.get("/account", headers=HOST).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    data = {"csrf_token": token[1], "current": "wrong", "password": PASSWORD, "again": PASSWORD}
    refused = client.post("/account/password", data=data, headers=HOST)
    assert refused.status_code == 401
    link = re.search(r'href="([^"]*lang=en[^"]*)"', refused.get_data(as_text=True))
    assert link
    assert client.get(html_unescape(link[1]), headers=HOST).status_code == 200


# --- odd paths ----------------------------------------------------------------------------------------
ODD_PATHS = [
    "//overload", "/./overload", "/assets/../overload", "/assets/..%2foverload", "/assets/%2e%2e/overload",
    "/assets/..;/overload", "/assets//overload", "/OVERLOAD", "/Export/overload-rows.csv", "/export/overload-rows.csv/",
    "/export//overload-rows.csv", "/export/%2e/overload-rows.csv", "/assets/../export/overload-rows.csv",
    "/assets/..\\export\\overload-rows.csv", "/login/../overload", "/login/..;/overload", "/login;/overload",
    "/login/../export/overload-rows.csv", "/healthz/../export/overload-rows.csv", "/healthz/", "/%2foverload",
    "/overload%00", "/overload%0a", "/_dash-layout/", "/_dash-layout%2f", "//_dash-layout", "/_DASH-LAYOUT",
    "/_dash-update-component", "/_dash-component-suites/../_dash-layout",
    "/_dash-component-suites/dash/../../_dash-layout",
    "/_dash-component-suites/..%2f..%2f_dash-layout", "/link/../overload", "/link/..%2foverload", "/_reload-hash",
    "/assets/%252e%252e/overload", "/\u202eoverload", "/%ff", "/account/", "/account/../login",
]  # fmt: skip


@pytest.mark.parametrize("path", ODD_PATHS)
def test_no_written_otherwise_path_leads_past_the_gate(nobody: Signed, path: str) -> None:
    raw = path.encode().decode("latin-1")  # as a server hands it on
    answer = nobody.get("/", headers=HOST, environ_overrides={"PATH_INFO": raw})
    answer.get_data()
    for _ in range(3):
        assert answer.status_code in (301, 303, 308, 400, 401, 404, 405), (path, answer.status_code)
        if answer.location is None:
            break
        assert answer.location.startswith(("/", "http://127.0.0.1/"))
        assert not answer.location.startswith("//")
        if answer.location.startswith(("/login", "http://127.0.0.1/login")):
            break
        answer = nobody.get(answer.location, headers=HOST)
    assert b"react-entry-point" not in answer.data
    direct = nobody.get(path, headers=HOST)
    direct.close()
    assert direct.status_code != 200, path


# --- bodies -------------------------------------------------------------------------------------------
def test_bodies_that_are_no_callback_are_refused_not_an_error(app: Dash, inspector: Signed) -> None:
    good = callback_body(app, GRID)
    deep = "[" * 100_000
    raw = [b"", b"{", b"null", b"[]", b'"x"', b"1", deep.encode(), b"\xff\xfe", b'{"output": 1e999999}',
           b'{"output": ' + b"1" * 6000 + b"}", b'{"output":"' + b"x" * 300_000 + b'"}']  # fmt: skip
    for data in raw:
        answer = inspector.post(CALLBACK, data=data, headers=HOST, content_type="application/json")
        assert 400 <= answer.status_code < 500, (data[:20], answer.status_code)
    assert inspector.post(CALLBACK, data=json.dumps(good), headers=HOST, content_type="text/plain").status_code == 415
    wrong: list[Any] = [
        {**good, "output": value}
        for value in (None, 1, [], {}, "", "no-such.children", "..", "rows-followed.data", GRID + "@x")
    ]
    for name in ("inputs", "state", "outputs", "changedPropIds"):
        wrong += [{**good, name: value} for value in (None, 1, "x", [], [None], [1], [[]], ["x"], {}, [{}], [{"id": 1}])
                  if not (name == "changedPropIds" and value == [])]  # fmt: skip
        wrong.append({key: value for key, value in good.items() if key != name} if name != "changedPropIds" else None)
    part = good["inputs"][0]
    wrong += [{**good, "inputs": [{**part, **change}]} for change in (
        {"id": "overload-grid"}, {"id": {"type": "rows-grid"}}, {"id": None}, {"property": "data"}, {"property": None},
        {"id": "rows-grid", "property": "getRowsRequest@x" * 2},
    )]  # fmt: skip
    wrong.append({**good, "inputs": [part, part]})
    wrong.append({**good, "changedPropIds": ["rows-grid.cellClicked"] * 100})
    wrong.append({**good, "changedPropIds": ["lookup-plate.value"]})
    wrong.append({**good, "outputs": {"id": "lookup-result", "property": "children"}})
    wrong.append({**good, "outputs": [good["outputs"]]})
    refused = 0
    for body in wrong:
        status = post(inspector, body).status_code
        assert 400 <= status < 500, (body, status)
        refused += 1
    assert refused > 50
    assert post(inspector, good).status_code == 204  # nothing was asked for


HOSTILE: list[Any] = [
    None, True, -1, 0, 1e308, 10**40, "", "x" * 100_000, "'; drop table x; --", "<script>alert(1)</script>", "=1+1",
    "\x00", "../../etc/passwd", [], [[]], [None], {}, {"a": {"b": []}}, {"lang": "zh"}, {"startRow": -5, "endRow": "x"},
    {"startRow": 0, "endRow": 10**9, "sortModel": [{"colId": "x; --", "sort": "asc"}], "filterModel": {}},
    "2026-99-99",
]  # fmt: skip


def test_hostile_values_in_every_part_of_every_callback_are_no_server_error(app: Dash, inspector: Signed) -> None:
    asked = 0
    for key, entry in app.callback_map.items():
        if not entry.get("callback"):
            continue
        names = [f"{part['id']}.{part['property']}" for part in (*entry["inputs"], *entry["state"])]
        view = {name: {"lang": "zh", "theme": "light"} for name in names if name.endswith("-view.data")}
        for name in names:
            for value in HOSTILE[:: 3 if len(names) > 8 else 1]:
                status = post(inspector, callback_body(app, key, {**view, name: value})).status_code
                assert status < 500, (key, name, value, status)
                asked += 1
    assert asked > 300


def test_ids_of_a_pattern_are_checked_key_by_key() -> None:
    registered = {"code": ["ALL"], "type": "overload-pick"}
    assert gate._fits(registered, {"code": "431124", "type": "overload-pick"})
    for forged in (
        {"code": "431124", "type": "lookup-pick"}, {"code": "431124"}, {"type": "overload-pick"}, "overload-pick", None,
        {"code": "431124", "type": "overload-pick", "more": 1}, {"code": {"x": 1}, "type": "overload-pick"},
        {"code": "x" * 101, "type": "overload-pick"}, {"code": None, "type": "overload-pick"},
    ):  # fmt: skip
        assert not gate._fits(registered, forged), forged
    assert gate.page_of_output({"type": "lookup-result", "code": "x"}) == "lookup"
    for component_id in ("lookup-download", {"type": "lookup-download", "code": "x"}):
        assert gate._permissions([(component_id, "data")], {}) == ["lookup", "personal", "export"]
    assert gate._permissions([("repeat-download", "data")], {}) == ["repeat", "export"]
    assert gate.page_of_output({"type": "unknown-result", "page": "lookup-x"}) is None
    with pytest.raises(Exception, match="other parts"):
        gate._check_parts(
            [(registered, "n_clicks")], [{"id": {"type": "overload-pick", "code": "1"}, "property": "n_clicks"}]
        )


@pytest.mark.parametrize("path", ["/lookup", "lookup", "/lookup/", "//lookup", "///lookup//"])
def test_the_router_hands_out_no_page_by_another_spelling(app: Dash, path: str) -> None:
    values = {"_pages_location.pathname": path, "_pages_location.search": ""}
    body = callback_body(app, router_key(app), values)
    assert post(client_of("inspector", app=app), body).status_code == 200
    assert post(client_of("analyst", app=app), body).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/LOOKUP", "/lookup%20", "/look%75p", "/lookup?x", "/./lookup", "/overload/../lookup", "/lookup\x00", "/lookup\n",
     "\u2215lookup"],
)  # fmt: skip
def test_what_is_no_page_shows_none(app: Dash, path: str) -> None:
    values = {"_pages_location.pathname": path, "_pages_location.search": ""}
    answer = post(client_of("analyst", app=app), callback_body(app, router_key(app), values))
    assert answer.status_code == 200
    assert "lookup-plate" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("value", [None, 1, [], {}, ["/lookup"], True])
def test_an_address_of_another_type_is_refused(app: Dash, inspector: Signed, value: Any) -> None:
    body = callback_body(app, router_key(app), {"_pages_location.pathname": value})
    assert post(inspector, body).status_code == 400


# --- answers ------------------------------------------------------------------------------------------
def test_forms_go_here_only_and_run_no_script(app: Dash, nobody: Signed, inspector: Signed) -> None:
    for client, path in ((nobody, "/login"), (inspector, "/account"), (client_of("leader"), "/lookup")):
        answer = client.get(path, headers=HOST)
        policy = answer.headers["Content-Security-Policy"]
        assert "form-action 'self'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<script" not in answer.get_data(as_text=True)
        assert " style=" not in answer.get_data(as_text=True)
    assert nobody.get("/login", headers=HOST).headers["Referrer-Policy"] == "strict-origin"
    assert "form-action 'none'" in inspector.get("/overload", headers=HOST).headers["Content-Security-Policy"]


def test_who_may_not_is_told_whom_to_ask(app: Dash) -> None:
    client = client_of("leader", app=app)
    page = client.get("/lookup?lang=en", headers=HOST)
    assert page.status_code == 403
    assert "security administrator" in page.get_data(as_text=True)
    answer = post(client, callback_body(app, "lookup-download.data"))
    assert (answer.status_code, list(answer.json)) == (403, ["message"])


def test_administrators_see_no_data(app: Dash) -> None:
    client = client_of("audit", app=app)
    assert client.get("/", headers=HOST).location == "/audit"
    page = client.get("/account?lang=en", headers=HOST)
    assert page.status_code == 200
    assert "No data" in page.get_data(as_text=True)
