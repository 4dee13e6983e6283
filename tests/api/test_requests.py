"""How the API is asked, and what it refuses: tokens, rates, cursors, bodies, addresses, and whatever may stand in
them."""

import base64
import json
import logging
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fixture
import programs
import pytest
from clock import Clock
from dash import Dash
from one_app import HOST, account_of, client_of
from programs import Asking
from test_scoped_pages import Whole
from violation_rows import FOUR

from dashboards.access import gate, session
from dashboards.api import answers, cursors, operations, problems
from dashboards.api.operations import PREFIX
from warehouse import access_key, audit, clients, connection
from warehouse.control import Control
from warehouse.roles import ROLES

Ask = Callable[..., Asking]
LISTS = ("sites", "findings", "repeat-violators", "hazards")
LOOK_UP = "/api/v1/vehicles/look-up"
BODY = {"plate_no": FOUR, "purpose": "vehicle_check"}


def problem(answer: Any, status: int, kind: str) -> dict[str, Any]:
    """A refusal as RFC 9457 has it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == problems.MEDIA
    assert answer.headers["Cache-Control"] == "no-store"
    told = json.loads(answer.get_data())
    assert {"type", "title", "status", "detail"} <= set(told)
    assert (told["type"], told["status"]) == (f"urn:heng:problem:{kind}", status)
    assert "Set-Cookie" not in answer.headers
    return told


# --- who asks --------------------------------------------------------------------------------------------
def test_each_operation_takes_what_the_gate_says(app: Dash, ask: Ask) -> None:
    """Written here once more, apart from the product."""
    readers = {"analyst", "inspector", "district", "leader"}
    may = {
        "document": readers, "freshness": readers, "metrics": readers, "metric": readers, "sites": readers,
        "report_card": readers - {"district"}, "findings": readers - {"leader"},
        "repeat_violators": readers - {"leader"}, "hazards": readers - {"leader"}, "look_up": {"inspector"},
    }  # fmt: skip
    assert {f"api.{name}" for name in may} == set(gate.CLIENTS)
    assert set(may) == {"document", *(one.name for one in answers.OPERATIONS)}
    programs = {role: ask(role) for role in readers}
    for operation in answers.OPERATIONS:
        path = PREFIX + operation.path.replace("{metric}", "over_count")
        for role, client in programs.items():
            answer = client.open(path, method=operation.method, json=BODY if operation.has_body else None)
            assert answer.status_code == (200 if role in may[operation.name] else 403), (operation.name, role)
            if role not in may[operation.name]:
                problem(answer, 403, "forbidden")
    assert {rule.rule for rule in app.server.url_map.iter_rules() if rule.rule.startswith("/api")} == {
        f"{PREFIX}/openapi.json", *(re.sub(r"\{(\w+)\}", r"<\1>", PREFIX + one.path) for one in answers.OPERATIONS),
    }  # fmt: skip


def test_a_refusal_of_a_client_is_on_record(ask: Ask, home: Path) -> None:
    problem(ask("leader").get("/api/v1/findings"), 403, "forbidden")
    with sqlite3.connect(audit.log_path(home)) as log:
        told = log.execute("select actor, action, outcome from record order by seq desc limit 1").fetchone()
    assert told[0].startswith("client.")
    assert told[1:] == ("access.client_refused", "refused")


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x", "Basic {token}", "{token}", "Bearer {token}x",
     "Bearer {token},Bearer {token}", "Bearer {token} {token}", "Bearer heng_' or 1=1 --", "Bearer \xff",
     "Digest username={token}",
     "Bearer heng_" + "A" * 43, "Bearer heng_" + "A" * 5000],
)  # fmt: skip
def test_nothing_but_a_token_of_a_client_opens(app: Dash, header: str) -> None:
    token = programs.token_of("analyst")
    client = programs.program(app, None)
    answer = client.get("/api/v1/freshness", headers={"Authorization": header.format(token=token)} if header else {})
    problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert client.get("/api/v1/freshness", headers={"Authorization": f"bearer {token}"}).status_code == 200


def test_a_token_stands_in_the_header_alone(app: Dash, ask: Ask) -> None:
    token = programs.token_of("analyst")
    nobody = programs.program(app, None)
    for path in (f"/api/v1/freshness?access_token={token}", f"/api/v1/freshness?token={token}"):
        problem(nobody.get(path), 401, "unauthorized")
    with_cookie = app.server.test_client()
    with_cookie.set_cookie(session.COOKIE, token, domain="127.0.0.1")
    problem(with_cookie.get("/api/v1/freshness", headers=HOST), 401, "unauthorized")
    told = problem(ask("leader").get(f"/api/v1/freshness?access_token={token}"), 422, "not_usable")
    assert token not in json.dumps(told)


def test_a_session_is_no_token_and_a_token_no_session(app: Dash) -> None:
    person = client_of("inspector", app=app)
    problem(person.get("/api/v1/freshness", headers=HOST), 401, "unauthorized")
    problem(person.post(LOOK_UP, json=BODY, headers=HOST), 401, "unauthorized")
    program = programs.program(app, programs.token_of("inspector"))
    for path in ("/overload", "/lookup", "/export/repeat.csv", "/_dash-layout", "/account"):
        assert program.get(path).status_code in (303, 401), path
    assert program.post("/_dash-update-component", json={"output": "lookup-result.children"}).status_code == 401
    # Both at once: each for its own.
    held = person.get_cookie(session.COOKIE, domain="127.0.0.1")
    assert held is not None
    leader = programs.program(app, programs.token_of("leader"))
    both = {"Cookie": f"{session.COOKIE}={held.value}"}
    problem(leader.get("/api/v1/findings", headers=both), 403, "forbidden")


def test_an_account_of_the_same_role_lends_a_client_nothing(app: Dash, ask: Ask) -> None:
    account_of("inspector")
    problem(ask("analyst").post(LOOK_UP, json=BODY), 403, "forbidden")


def test_an_expired_token_says_so_and_a_revoked_one_is_nobodys(app: Dash, store: Control, clock: Clock) -> None:
    client = programs.program(app, programs.token_of("analyst", days=1))
    clock.at += 86_399
    assert client.get("/api/v1/freshness").status_code == 200
    clock.at += 1
    answer = client.get("/api/v1/freshness")
    problem(answer, 401, "expired")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    held = clients.known_client(store, "test.analyst")
    client.token = clients.renew(store, held)[1]
    assert client.get("/api/v1/freshness").status_code == 200
    clients.revoke(store, held)
    problem(client.get("/api/v1/freshness"), 401, "unauthorized")


def test_a_client_that_asks_too_often_waits(app: Dash, store: Control, clock: Clock) -> None:
    _, token = clients.add(store, "often", "analyst", per_minute=6)
    client = programs.program(app, token)
    assert [client.get("/api/v1/metrics").status_code for _ in range(6)] == [200] * 6
    answer = client.get("/api/v1/metrics")
    problem(answer, 429, "too_many_requests")
    assert answer.headers["Retry-After"] == "10"
    assert programs.program(app, programs.token_of("leader")).get("/api/v1/metrics").status_code == 200
    clock.at += 10
    assert client.get("/api/v1/metrics").status_code == 200
    problem(client.get("/api/v1/nowhere"), 429, "too_many_requests")


def test_a_client_of_another_instance_is_nobody(ask: Ask, home: Path) -> None:
    client = ask("analyst")
    assert client.get("/api/v1/metrics").status_code == 200
    access_key.path_of(home).unlink()
    problem(client.get("/api/v1/metrics"), 401, "unauthorized")


# --- addresses and methods -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/sites", "/api/v1/sites/", "/api/v1/nowhere", "/api/v1/Sites",
     "/api/v1/metrics/", "/api/v1/metrics/nothing", "/api/v1/metrics/over_count'--", "/api/v1/metrics/..%2fsites",
     "/api/v1/../../overload", "/api/v1/%2e%2e/%2e%2e/overload", "/api/v1/sites%00", "/api/v1/sites;x=1",
     "/api/v1/sites/../findings", "/api/v1/\u6e58M12345"],
)  # fmt: skip
def test_there_is_nothing_elsewhere(app: Dash, ask: Ask, path: str) -> None:
    problem(programs.program(app, None).get(path), 401, "unauthorized")
    problem(ask("analyst").get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["//api/v1/sites", "/API/v1/sites", "/overload/../api/v1/sites"])
def test_another_spelling_is_not_a_way_around_the_gate(app: Dash, ask: Ask, path: str) -> None:
    for client in (programs.program(app, None), ask("analyst")):
        answer = client.get(path)
        assert answer.status_code in (303, 308, 401, 404), path
        assert b"site_code" not in answer.get_data()
    problem(programs.program(app, None).get("/api%2Fv1%2Fsites"), 401, "unauthorized")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_only_the_methods_of_an_address_are_taken(ask: Ask, method: str) -> None:
    client = ask("inspector")
    answer = client.open("/api/v1/sites", method=method)
    problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}
    problem(client.open("/api/v1/nowhere", method=method), 404, "not_found")
    if method != "POST":
        answer = client.open(LOOK_UP, method=method)
        problem(answer, 405, "method_not_allowed")
        assert answer.headers["Allow"] == "POST"


def test_a_plate_in_an_address_is_refused_and_not_repeated(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    client = ask("inspector")
    told = problem(client.post(f"{LOOK_UP}?plate_no={FOUR}", json=BODY), 422, "not_usable")
    assert FOUR not in json.dumps(told, ensure_ascii=False)
    told = problem(client.get(f"/api/v1/findings?{FOUR}={FOUR}&county={FOUR}"), 422, "not_usable")
    assert FOUR not in json.dumps(told, ensure_ascii=False)
    assert told["parameters"] == ["unknown", "county"]
    problem(client.get(LOOK_UP), 405, "method_not_allowed")


def test_no_plate_or_token_is_logged(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    client = ask("inspector")
    with caplog.at_level(logging.DEBUG):
        assert client.post(LOOK_UP, json=BODY).status_code == 200
        client.get(f"/api/v1/findings?county={FOUR}")
        client.post(LOOK_UP, json={**BODY, "window": FOUR})
    assert client.token is not None
    for secret in (FOUR, client.token):
        assert secret not in caplog.text


def test_another_host_and_another_site_are_refused(ask: Ask) -> None:
    client = ask("inspector")
    problem(client.get("/api/v1/sites", headers={"Host": "evil.example"}), 403, "forbidden")
    problem(client.post(LOOK_UP, json=BODY, headers={"Origin": "https://evil.example"}), 403, "forbidden")


# --- parameters ------------------------------------------------------------------------------------------
CORPUS = (
    "' or '1'='1", "1; drop table core.passage --", '" union select plate_no from core.passage --', "$county",
    "${jndi:ldap://x}", "{{7*7}}", "<script>alert(1)</script>", "../../../../etc/passwd", "%00", "\x00",
    "\r\nSet-Cookie: a=b",
    "٢٠٢٦-١١-٠١", "2026-11-01T00:00:00", "2026-02-30", "0000-00-00", "9999-12-31", "1e309", "NaN", "-1", "0x10", "1_0",
    "true", "null", "[]", "{}", "\u202e", "\ufeff", "😀" * 50, "A" * 4000, "all", "None", "*", "湘M·***22", " ",
    "431102,431124",
)  # fmt: skip


@pytest.mark.parametrize("operation", answers.OPERATIONS, ids=lambda one: one.name)
def test_no_parameter_takes_what_it_is_not(ask: Ask, operation: operations.Operation) -> None:
    """Whatever is written into any of them: refused by name, or taken for what it is, and never a fault."""
    client = ask("inspector")
    path = PREFIX + operation.path.replace("{metric}", "over_count")
    refused = 0
    for one in operation.asked:
        for text in CORPUS:
            if operation.has_body:
                answer = client.post(path, json={**BODY, one.name: text})
            else:
                answer = client.get(path, query_string={one.name: text})
            assert answer.status_code in (200, 400, 422), (one.name, text, answer.text)
            if answer.status_code == 200:
                is_text = one.name in ("plate_no", "purpose")
                assert is_text or text in _schema_words(one) or text == "null", (one.name, text)
            else:
                refused += 1
                assert text.strip() in ("", "all", "true") or len(text) < 3 or text not in answer.get_data(as_text=True)
    assert refused >= len(CORPUS) * len(operation.asked) * 0.7


def _schema_words(one: Any) -> list[str]:
    return [str(word) for word in one.kind.schema.get("enum", ())]


@pytest.mark.parametrize(
    "query",
    ["sites?limit=0", "sites?limit=201", "sites?limit=1.0", "sites?limit=01", "sites?limit=%2B1", "sites?limit=١",
     "sites?county=431124&county=431102", "sites?county=", "sites?as_of=2030-01-01", "sites?as_of=1999-12-31",
     "findings?from=2026-11-01", "findings?to=2026-11-01", "findings?from=2026-11-20&to=2026-11-01",
     "findings?from=2016-01-01&to=2026-11-01", "findings?from=2026-11-10&to=2026-11-20&as_of=2026-11-01",
     "findings?as_of=2027-01-01", "findings?detail=a", "findings?county=431102&site=YZ01", "findings?site=nothing",
     "metrics/over_count?from=2026-11-01&to=2099-01-01", "report-card?from=2030-01-01&to=2030-12-31",
     "report-card?from=1000-01-01&to=2026-11-01", "report-card?from=2026-01-01",
     "repeat-violators?as_of=2099-01-01", "repeat-violators?subject=driver&low=due", "repeat-violators?low=nothing",
     "hazards?as_of=1990-01-01", "hazards?known_on=2099-01-01", "hazards?category=X"],
)  # fmt: skip
def test_a_value_that_cannot_be_asked_is_named(ask: Ask, query: str) -> None:
    answer = ask("analyst").get(f"/api/v1/{query}")
    told = problem(answer, 422, "not_usable")
    asked = {pair.partition("=")[0] for pair in query.partition("?")[2].split("&")}
    assert set(told["parameters"]) & (asked | {"from", "to", "as_of"})


# --- bodies ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"", 400, "malformed"),
        (b"{", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b'"x"', 400, "malformed"),
        (b"null", 400, "malformed"),
        (b'{"plate_no": NaN, "purpose": "vehicle_check"}', 400, "malformed"),
        (b'{"plate_no": "x", "plate_no": "y", "purpose": "vehicle_check"}', 400, "malformed"),
        (b"\xff\xfe{}", 400, "malformed"),
        (b"[" * 4000, 400, "malformed"),
        (b'{"plate_no": "\\ud800", "purpose": "vehicle_check"}', 422, "not_usable"),
        (b'{"plate_no": "\\u0000", "purpose": "vehicle_check"}', 422, "not_usable"),
        (b'{"plate_no": " - . ", "purpose": "vehicle_check"}', 422, "not_usable"),
        (b'{"plate_no": ["x"], "purpose": "vehicle_check"}', 422, "not_usable"),
        (b'{"plate_no": "x", "purpose": "curiosity"}', 422, "not_usable"),
        (b'{"plate_no": "x"}', 422, "not_usable"),
        (b'{"plate_no": "x", "purpose": "vehicle_check", "plate_color_code": "2"}', 422, "not_usable"),
        (b'{"plate_no": "x", "purpose": "vehicle_check", "plate_color_code": true}', 422, "not_usable"),
        (b'{"plate_no": "x", "purpose": "vehicle_check", "as_of": null}', 422, "not_usable"),
        (b'{"plate_no": "x", "purpose": "vehicle_check", "__proto__": {}}', 422, "not_usable"),
        (b'{"plate_no": "' + b"x" * 4096 + b'", "purpose": "vehicle_check"}', 413, "too_large"),
    ],
)
def test_a_body_is_what_is_described_or_refused(ask: Ask, home: Path, body: bytes, status: int, kind: str) -> None:
    client = ask("inspector")
    problem(client.post(LOOK_UP, data=body, content_type="application/json"), status, kind)
    with sqlite3.connect(audit.log_path(home)) as log:
        assert log.execute("select count(*) from record where action = 'disclosure'").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("media", "headers"),
    [("", {}), ("text/plain", {}), ("application/x-www-form-urlencoded", {}), ("application/xml", {}),
     ("application/json; charset=utf-16", {}), ("application/json", {"Content-Encoding": "gzip"})],
)  # fmt: skip
def test_a_body_is_json(ask: Ask, media: str, headers: dict[str, str]) -> None:
    answer = ask("inspector").post(LOOK_UP, data=json.dumps(BODY), content_type=media, headers=headers)
    problem(answer, 415, "wrong_media_type")


def test_a_body_without_a_length_is_not_read_on_and_on(ask: Ask) -> None:
    answer = ask("inspector").post(
        LOOK_UP, content_type="application/json",
        environ_overrides={
            "wsgi.input": _Endless(), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked",
            "CONTENT_LENGTH": "",
        },
    )  # fmt: skip
    problem(answer, 413, "too_large")


class _Endless:
    taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "all of it at once"
        self.taken += size
        assert self.taken < 1_000_000
        return b"x" * size

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def test_a_question_has_no_body(ask: Ask) -> None:
    client = ask("analyst")
    problem(client.get("/api/v1/sites", data=b"x" * 10), 400, "malformed")
    problem(client.get("/api/v1/sites", data=b"x" * 5000), 413, "too_large")


# --- cursors ---------------------------------------------------------------------------------------------
def first_cursor(client: Asking, path: str = "findings?limit=5") -> str:
    return client.get(f"/api/v1/{path}").json["next"]


def test_pages_add_up_whatever_their_size(ask: Ask) -> None:
    client = ask("analyst")
    told: list[list[str]] = []
    for sizes in ((7,), (3, 50, 11), (200,)):
        rows, cursor, number = [], "", 0
        while True:
            page = client.get(f"/api/v1/sites?limit={sizes[number % len(sizes)]}{cursor and '&cursor=' + cursor}").json
            rows += [row["site_code"] for row in page["items"]]
            number += 1
            if page["next"] is None:
                break
            cursor = page["next"]
        told.append(rows)
    assert told[0] == told[1] == told[2]
    assert len(told[0]) == len(set(told[0])) == page["total"] > 25


def test_a_cursor_fits_its_client_question_and_operation_alone(app: Dash, ask: Ask) -> None:
    client = ask("analyst")
    cursor = first_cursor(client)
    assert client.get(f"/api/v1/findings?limit=9&cursor={cursor}").status_code == 200, "the size of a page is free"
    for path in ("findings?county=431124&cursor=", "findings?fate=void&cursor=", "hazards?cursor=", "sites?cursor="):
        problem(client.get(f"/api/v1/{path}{cursor}"), 400, "bad_cursor")
    other = programs.program(app, programs.token_of("analyst", name="another"))
    problem(other.get(f"/api/v1/findings?cursor={cursor}"), 400, "bad_cursor")


def test_a_changed_cursor_is_none(ask: Ask) -> None:
    client = ask("analyst")
    cursor = first_cursor(client)
    told = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    version, offset, signature = told.split(" ")
    assert (offset, len(signature)) == ("5", 64)

    def packed(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    tried = [
        packed(f"{version} 0 {signature}"), packed(f"{version} 10 {signature}"), packed(f"{version} -5 {signature}"),
        packed(f"{version} 5 {'0' * 64}"), packed(f"{version} 5 "), packed(f"{version} 5"), packed(f"{told} "),
        packed(f"{version}  5 {signature}"), packed(f"{version} 05 {signature}"), packed(f"{version} ５ {signature}"),
        cursor[:-1], cursor + "A", cursor + "AAAA", "A", "AAAA", "_" * 399,
        *(cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(0, len(cursor), 7)),
    ]  # fmt: skip
    for changed in tried:
        problem(client.get(f"/api/v1/findings?limit=5&cursor={changed}"), 400, "bad_cursor")
    for changed in (cursor + "=", cursor + "+", " " + cursor, "A" * 401):
        problem(client.get("/api/v1/findings", query_string={"cursor": changed}), 422, "not_usable")


def test_a_cursor_of_another_version_says_so(ask: Ask, whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ask("analyst")
    cursor = first_cursor(client)
    later = Whole(fixture.make())
    later.version = whole.version + 1
    monkeypatch.setattr(connection, "_served", lambda: later)
    problem(client.get(f"/api/v1/findings?limit=5&cursor={cursor}"), 410, "old_cursor")
    monkeypatch.setattr(connection, "_served", lambda: whole)
    assert client.get(f"/api/v1/findings?limit=5&cursor={cursor}").status_code == 200


def test_a_cursor_holds_no_value_of_a_row(ask: Ask) -> None:
    cursor = first_cursor(ask("inspector"), "repeat-violators?low=all&limit=1")
    told = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    assert re.fullmatch(r"12\.\w+ 1 [0-9a-f]{64}", told)
    assert len(cursor) < cursors.LONGEST


# --- faults of ours --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (connection.NoSnapshot("nothing"), 503, "not_ready"),
        (connection.TooBusy("busy"), 503, "too_busy"),
        (connection.TooSlow("slow"), 503, "too_slow"),
        (RuntimeError(f"a fault at {FOUR}"), 500, "fault"),
    ],
)
def test_a_fault_of_ours_is_a_problem_too(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, kind: str
) -> None:
    client = ask("analyst")

    def fail() -> Any:
        raise error

    monkeypatch.setattr(connection, "_served", fail)
    answer = client.get("/api/v1/sites")
    told = problem(answer, status, kind)
    assert FOUR not in json.dumps(told, ensure_ascii=False)
    assert ("incident" in told) == (kind == "fault")
    assert ("Retry-After" in answer.headers) == (kind in ("not_ready", "too_busy"))


def test_problems_and_the_description_are_in_the_language_asked_for(ask: Ask) -> None:
    client = ask("analyst")
    zh = client.get("/api/v1/nowhere", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert zh.json["title"] == "没有这个地址"
    assert zh.headers["Content-Language"] == "zh"
    assert client.get("/api/v1/nowhere").json["title"] == "There is nothing at this address"
    described = [client.get("/api/v1/openapi.json", headers={"Accept-Language": lang}).json for lang in ("zh", "en")]
    summaries = [one["paths"]["/sites"]["get"]["summary"] for one in described]
    assert "站点" in summaries[0]
    assert "sites" in summaries[1]


def test_every_field_of_the_description_is_told_in_words(ask: Ask) -> None:
    from dashboards.api.document import document, meaning
    from dashboards.text import Text

    told = document(Text("zh"))
    assert told["openapi"] == "3.1.0"
    missing = set[str]()

    def follow(schema: Any) -> None:
        for name, inner in schema.get("properties", {}).items():
            missing.update([] if meaning(name, Text("zh")) and meaning(name, Text("en")) else [name])
            follow(inner)
        for inner in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
            follow(inner)

    for one in answers.OPERATIONS:
        follow(one.schema.schema)
        assert all(meaning(each.name, Text("en")) for each in (*one.asked, *one.in_path))
    assert missing == set()
    assert set(clients.DATA_ROLES) == {name for name, role in ROLES.items() if role.pages}
