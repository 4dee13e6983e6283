"""Airflow's pages where the instance serves a bureau: by the sign-in of ours, as long as it goes on; no password."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from one_app import account_of

from etl import supervise
from etl.errors import HengError
from warehouse import audit
from warehouse.address import BadAddress
from warehouse.control import SECOND_STEP_TRIES, SESSION_COOKIE, Control, digest

URL = "https://heng.example.gov.cn"
FORWARDED = {
    "Host": "heng.example.gov.cn", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "heng.example.gov.cn",
}  # fmt: skip
DAGS = "/airflow/api/v2/dags"


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


class Browser:
    """Asks Airflow as the proxy does for a browser that keeps cookies."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: Any = None, forwarded: bool = True, **headers: str) -> tuple[Any, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Content-Type": "application/json", **(FORWARDED if forwarded else {}), **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body=None if body is None else json.dumps(body), headers=sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer, text

    def status(self, path: str = DAGS) -> int:
        return self.ask("GET", path)[0].status


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("bureau") / "heng"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HENG_HOME", str(home))
        patched.setenv("HENG_PROXY", "1")
        patched.setenv("HENG_URL", URL)
        yield home


@pytest.fixture(scope="module")
def port(state: Path) -> Iterator[int]:
    supervise.make_secrets(state)
    found = free_port()
    environment = supervise.airflow_environment(state, found)
    supervise.begin_migration(state, environment).finish()
    supervisor = supervise.Supervisor(state)
    supervisor.add_airflow(environment, free_port())
    server = next(one for one in supervisor.components if one.name == "api-server")
    assert server.command[:3] == [sys.executable, "-m", "airflow"]
    process = subprocess.Popen(
        server.command, env=dict(server.environment), stdin=subprocess.DEVNULL, start_new_session=True,
        stdout=(state / "api.log").open("wb"), stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        until = time.monotonic() + 120
        while supervise.get(f"http://127.0.0.1:{found}/airflow/api/v2/monitor/health")[0] != 200:
            assert process.poll() is None, (state / "api.log").read_text(errors="replace")[-3000:]
            assert time.monotonic() < until
            time.sleep(0.3)
        yield found
    finally:
        process.terminate()
        process.wait(30)


def signed_in(state: Path, port: int, role: str) -> Browser:
    with Control(state) as control:
        session_id = control.begin_session(account_of(role))
    browser = Browser(port)
    browser.cookies[SESSION_COOKIE] = session_id
    return browser


def test_nobody_comes_in_and_is_led_to_our_sign_in(port: int) -> None:
    browser = Browser(port)
    assert browser.status() == 401
    answer, _ = browser.ask("GET", "/airflow/auth/login")
    assert (answer.status, answer.headers["Location"]) == (303, f"{URL}/login")
    assert browser.cookies == {}
    browser.cookies[SESSION_COOKIE] = "x" * 43
    assert browser.ask("GET", "/airflow/auth/login")[0].headers["Location"] == f"{URL}/login"
    browser.cookies = {"_token": "x.y.z"}
    assert browser.status() in (401, 403)


@pytest.mark.parametrize("role", ["analyst", "inspector", "district", "leader", "security", "audit"])
def test_other_roles_do_not_come_in(state: Path, port: int, role: str) -> None:
    browser = signed_in(state, port, role)
    answer, _ = browser.ask("GET", "/airflow/auth/login")
    assert (answer.status, answer.headers["Location"]) == (303, f"{URL}/account")
    assert "_token" not in browser.cookies
    assert browser.status() == 401
    last = audit.records(action="access.refused", limit=1, root=state)[0]
    assert (last["actor"], last["role"]) == (account_of(role).account_id, role)


def test_half_a_sign_in_does_not_come_in(state: Path, port: int) -> None:
    with Control(state) as control:
        session_id = control.begin_session(account_of("system"), "second")
    browser = Browser(port)
    browser.cookies[SESSION_COOKIE] = session_id
    assert browser.ask("GET", "/airflow/auth/login")[0].headers["Location"] == f"{URL}/login"
    assert browser.status() == 401


def test_to_come_in_is_no_use_of_the_session(state: Path, port: int) -> None:
    browser = signed_in(state, port, "system")
    held = digest(browser.cookies[SESSION_COOKIE])
    with Control(state) as control:
        control.connection.execute("update session set seen_at = seen_at - 60 where session_digest = ?", (held,))
        seen = "select seen_at from session where session_digest = ?"
        before = control.connection.execute(seen, (held,)).fetchone()[0]
        assert browser.ask("GET", "/airflow/auth/login")[0].headers["Location"] == f"{URL}/airflow/"
        assert browser.status() == 200
        assert control.connection.execute(seen, (held,)).fetchone()[0] == before


def test_a_system_administrator_comes_in_until_the_session_ends(state: Path, port: int) -> None:
    browser = signed_in(state, port, "system")
    answer, _ = browser.ask("GET", "/airflow/auth/login?next=/airflow/dags")
    assert (answer.status, answer.headers["Location"]) == (303, "/airflow/dags")
    cookie = next(line for line in answer.headers.get_all("Set-Cookie") if line.startswith("_token="))
    for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/airflow"):
        assert part in cookie
    assert browser.status() == 200
    assert audit.records(action="access.airflow", limit=1, root=state)[0]["actor"] == account_of("system").account_id

    copied = Browser(port)
    copied.cookies["_token"] = browser.cookies["_token"]
    assert copied.status() == 200
    with Control(state) as control:
        control.end_sessions(account_of("system"))
    assert copied.status() == 401
    assert browser.status() == 401
    assert browser.ask("GET", "/airflow/auth/login")[0].headers["Location"] == f"{URL}/login"


def test_a_session_that_wrong_codes_ended_does_not_come_in(state: Path, port: int) -> None:
    browser = signed_in(state, port, "system")
    assert browser.ask("GET", "/airflow/auth/login")[0].headers["Location"] == f"{URL}/airflow/"
    with Control(state) as control:
        control.connection.execute(
            "update session set failed_count = ? where session_digest = ?",
            (SECOND_STEP_TRIES, digest(browser.cookies[SESSION_COOKIE])),
        )
    assert browser.status() == 401
    assert browser.ask("GET", "/airflow/auth/login")[0].headers["Location"] == f"{URL}/login"


def test_another_role_or_a_disabled_account_is_out_at_once(state: Path, port: int) -> None:
    browser = signed_in(state, port, "system")
    browser.ask("GET", "/airflow/auth/login")
    assert browser.status() == 200
    with Control(state) as control:
        account = account_of("system")
        control.set_role(account, "security")
        moved = control.begin_session(account)
        assert browser.status() == 401
        assert control.session(moved) is not None
        control.set_role(account, "system")
        control.set_enabled(account, False)
        assert browser.status() == 401
        control.set_enabled(account, True)


def test_to_no_other_site(state: Path, port: int) -> None:
    browser = signed_in(state, port, "system")
    for target in (
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "/overload",
        "https:\\\\evil.example",
    ):
        answer, _ = browser.ask("GET", "/airflow/auth/login?next=" + target)
        assert answer.headers["Location"] == f"{URL}/airflow/", target


def test_signing_out_of_airflow_leads_to_where_the_session_ends(state: Path, port: int) -> None:
    browser = signed_in(state, port, "system")
    browser.ask("GET", "/airflow/auth/login")
    answer, _ = browser.ask("GET", "/airflow/api/v2/auth/logout")
    assert answer.headers["Location"] == f"{URL}/account"
    assert browser.status() in (401, 403), "its token is revoked"


def test_the_password_of_the_supervisor_works_on_this_machine_alone(state: Path, port: int) -> None:
    login = {"username": supervise.AIRFLOW_USER, "password": supervise.airflow_password(state)}
    browser = Browser(port)
    assert browser.ask("POST", "/airflow/auth/token", login)[0].status == 404
    for wrong in ({**login, "password": "x"}, {**login, "username": "root"}, {"username": "", "password": ""}):
        assert browser.ask("POST", "/airflow/auth/token", wrong, forwarded=False)[0].status == 401
    _, text = browser.ask("POST", "/airflow/auth/token", login, forwarded=False)
    bearer = {"Authorization": f"Bearer {json.loads(text)['access_token']}"}
    assert browser.ask("GET", DAGS, forwarded=False, **bearer)[0].status == 200
    for path in ("/airflow/auth/token", "/airflow/auth/token/cli", "/airflow/auth/token/login"):
        assert browser.ask("GET", path, forwarded=False)[0].status in (404, 405), path


def test_no_secret_of_the_instance_can_be_read_by_others(state: Path, port: int) -> None:
    found = [path for folder in ("secrets", "airflow") for path in (state / folder).rglob("*") if path.is_file()]
    named = {path.name for path in found}
    assert "airflow_passwords.json" in named
    assert not [name for name in named if name.endswith(".generated")]
    password = supervise.airflow_password(state).encode()
    assert [path.name for path in found if password in path.read_bytes()] == ["airflow_passwords.json"]
    for path in (state / "secrets").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    assert password not in (state / "api.log").read_bytes()


def test_behind_a_proxy_its_address_has_to_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENG_PROXY", "1")
    monkeypatch.delenv("HENG_URL", raising=False)
    with pytest.raises(HengError, match="HENG_URL"):
        supervise.airflow_url(8080)
    monkeypatch.setenv("HENG_URL", "heng.example.gov.cn")
    with pytest.raises(BadAddress, match="https://"):
        supervise.airflow_url(8080)
    monkeypatch.setenv("HENG_URL", f"{URL}/")
    assert supervise.airflow_url(8080) == f"{URL}/airflow"
    monkeypatch.delenv("HENG_PROXY")
    assert supervise.airflow_url(8080) == "http://127.0.0.1:8080"
