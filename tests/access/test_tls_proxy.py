"""The pages behind ``docker/nginx.conf`` as it is, with other ports and a certificate made here."""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from browsing import missing
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from dash import Dash
from on_loopback import on_loopback
from one_app import PASSWORD, account_of

from dashboards.app import trust_proxy
from warehouse.control import SESSION_COOKIE, Control
from warehouse.home import REPOSITORY

NAME = "heng.example.gov.cn"
AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/heng.conf;
}}
"""


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


class Proxied:
    """Talks to the proxy as a browser that found the name at 127.0.0.1, and keeps cookies."""

    def __init__(self, folder: Path, port: int, plain_port: int) -> None:
        self.port, self.plain_port = port, plain_port
        self.context = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, name: str = NAME, data: Any = None, **headers: str) -> tuple[Any, str]:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        with plain, self.context.wrap_socket(plain, server_hostname=name) as wrapped:
            connection = http.client.HTTPConnection(f"{name}:{self.port}", timeout=20)
            connection.sock = wrapped
            sent = {"Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items()), **headers}
            if data is not None:
                sent["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, body=urlencode(data) if data is not None else None, headers=sent)
            answer = connection.getresponse()
            text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            key, _, value = line.partition(";")[0].partition("=")
            self.cookies[key] = value
        return answer, text

    def sign_in(self, password: str, **headers: str) -> int:
        _, page = self.ask("GET", "/login")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        data = {"csrf_token": token[1], "name": "test.analyst", "password": password}
        answer, _ = self.ask("POST", "/login", data=data, Origin=f"https://{NAME}:{self.port}", **headers)
        return answer.status


def _echo(environ: dict[str, Any], start: Any) -> list[bytes]:
    names = ("PATH_INFO", "HTTP_HOST", "HTTP_COOKIE", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({name: environ.get(name) for name in names}).encode()]


@pytest.fixture
def proxied(app: Dash, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxied]:
    places = [os.environ["PATH"], "/usr/sbin", str(REPOSITORY / ".tools" / "nginx" / "usr" / "sbin")]
    nginx = shutil.which("nginx", path=os.pathsep.join(places))
    if nginx is None:
        missing("nginx is missing: sh .ci/proxy")
    monkeypatch.setenv("HENG_PROXY", "1")
    monkeypatch.setenv("HENG_HOSTS", NAME)
    monkeypatch.setattr(app.server, "wsgi_app", app.server.wsgi_app)  # taken back after the test
    trust_proxy(app.server)
    # What stands in for Airflow tells what it was asked; its own sign-in is tested in tests/run.
    with on_loopback(app.server) as pages, on_loopback(_echo) as airflow:
        yield from _proxy(nginx, tmp_path, pages, airflow)


def _proxy(nginx: str, tmp_path: Path, pages: str, airflow: str) -> Iterator[Proxied]:
    folder = tmp_path / "nginx"
    folder.mkdir()
    make_certificate(folder)
    port, plain_port = free_port(), free_port()
    text = (REPOSITORY / "docker" / "nginx.conf").read_text("utf-8")
    for told, here, times in (
        ("listen 443", f"listen 127.0.0.1:{port}", 2),
        ("listen 80", f"listen 127.0.0.1:{plain_port}", 2),
        ("http://127.0.0.1:8050", pages, 4),
        ("http://127.0.0.1:8080", airflow, 1),
        ("/etc/ssl/heng/", f"{folder}/", 2),
        ("burst=60 ", "burst=20 ", 1),  # so that a slow machine asks fast enough
        ("burst=240 ", "burst=20 ", 1),
        ("rate=5r/s", "rate=1r/s", 1),
        ("rate=20r/s", "rate=1r/s", 1),
    ):
        assert text.count(told) == times, told
        text = text.replace(told, here)
    (folder / "heng.conf").write_text(text, "utf-8")
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder), "utf-8")
    process = subprocess.Popen(
        [nginx, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")],
        stderr=subprocess.PIPE,
    )
    try:
        for _ in range(100):
            assert process.poll() is None, process.communicate()[1].decode()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield Proxied(folder, port, plain_port)
    finally:
        process.terminate()
        process.wait(20)


def test_the_example_of_a_proxy_serves_the_pages_and_nobody_else(
    proxied: Proxied, store: Control, tmp_path: Path
) -> None:
    account = account_of("analyst")
    answer, _ = proxied.ask("GET", "/overload")
    assert (answer.status, answer.headers["Location"]) == (303, "/login?next=/overload")
    assert proxied.sign_in(PASSWORD) == 303
    answer, _ = proxied.ask("GET", "/overload")
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers["Server"] == "nginx"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]

    # What a reader says of its own address counts for nothing: all attempts are of one.
    proxied.cookies.clear()
    for turn in range(3):
        assert proxied.sign_in("wrong", **{"X-Forwarded-For": f"192.0.2.{turn}"}) == 401
    counts = [row[0] for row in store.connection.execute("select failed_count from attempt order by subject")]
    assert counts == [3, 3], "one name and one address"
    answer, _ = proxied.ask("GET", "/login", **{"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"})
    assert answer.status == 200

    # A one-time link leaves no line.
    token = store.make_link(account)
    assert proxied.ask("GET", f"/link/{token}")[0].status == 200
    logged = (tmp_path / "nginx" / "access.log").read_text("utf-8")
    assert "GET /overload" in logged
    assert token not in logged

    # Other names and plain HTTP.
    with pytest.raises(ssl.SSLError):
        proxied.ask("GET", "/login", name="evil.example")
    plain = http.client.HTTPConnection("127.0.0.1", proxied.plain_port, timeout=20)
    plain.request("GET", "/login", headers={"Host": NAME})
    moved = plain.getresponse()
    assert (moved.status, moved.headers["Location"]) == (301, f"https://{NAME}/login")
    other = http.client.HTTPConnection("127.0.0.1", proxied.plain_port, timeout=20)
    other.request("GET", "/login", headers={"Host": "evil.example"})
    with pytest.raises(http.client.RemoteDisconnected):
        other.getresponse()


@pytest.mark.parametrize("path", ["/login", "/login/provider/callback", "/api/v1/freshness"])
def test_who_asks_too_fast_waits_before_the_pages_are_asked(proxied: Proxied, path: str) -> None:
    statuses = [proxied.ask("GET", path)[0].status for _ in range(40)]
    assert 429 not in statuses[:20]
    assert 429 in statuses[20:]
    answer, _ = proxied.ask("GET", "/healthz")
    assert answer.status == 200, "nothing else waits"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_airflow_stands_behind_the_same_name_with_our_cookie_and_without_its_passwords(
    proxied: Proxied, store: Control
) -> None:
    account_of("analyst")
    assert proxied.sign_in(PASSWORD) == 303
    answer, text = proxied.ask("GET", "/airflow/api/v2/dags", **{"X-Forwarded-For": "192.0.2.7"})
    assert answer.status == 200
    told = json.loads(text)
    assert told["PATH_INFO"] == "/airflow/api/v2/dags"
    assert f"{SESSION_COOKIE}=" in told["HTTP_COOKIE"], "the sign-in of the pages is the sign-in there"
    assert (told["HTTP_HOST"], told["HTTP_X_FORWARDED_FOR"]) == (f"{NAME}:{proxied.port}", "127.0.0.1")
    assert told["HTTP_X_FORWARDED_PROTO"] == "https"
    assert answer.headers["X-Frame-Options"] == "DENY"
    for path in (
        "/airflow/auth/token", "/airflow/auth/token/cli", "/airflow/execution/health", "/airflow//auth/token",
        "/airflow/./auth/token", "/airflow/auth/%74oken", "/airflow/x/../auth/token", "/airflow/execution",
    ):  # fmt: skip
        assert proxied.ask("POST", path, data={})[0].status == 404, path
