"""Sign-in by the bureau's own provider: only whom an administrator bound, only what is signed for this sign-in."""

import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from dash import Dash
from forms import fill, said
from joserfc.jwk import RSAKey
from oidc_fake import CLIENT, SECRET, FakeProvider, serving
from one_app import HOST, Signed, account_of, client_of
from test_user_commands import heng

from dashboards.access import provider as protocol
from dashboards.access import session
from dashboards.app import create_app
from warehouse import access_key, audit, provider
from warehouse.control import Control, ControlError
from warehouse.provider import BadProvider


@pytest.fixture
def fake(app: Dash, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    with serving(FakeProvider()) as found:
        monkeypatch.setenv("HENG_OIDC_ISSUER", found.issuer)
        monkeypatch.setenv("HENG_OIDC_CLIENT", CLIENT)
        access_key.write(home / "secrets" / "oidc_client_secret", SECRET)
        yield found


def at_provider(url: str) -> str:
    """What the provider sends a browser back to."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    assert answer.status == 302
    back = urlsplit(answer.headers["Location"])
    assert (back.scheme, back.netloc, back.path) == ("http", "127.0.0.1", "/login/provider/callback")
    return f"{back.path}?{back.query}"


def begun(client: Signed, target: str = "/overload") -> str:
    """Begin a sign-in and sign in at the provider; the address it sends back to."""
    answer = client.get(f"/login/provider?next={target}", headers=HOST)
    assert answer.status_code == 303, said(answer)
    return at_provider(answer.location)


def came_back(client: Signed, address: str) -> Any:
    return client.get(address + "&lang=en", headers=HOST)


def onward(answer: Any) -> str:
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', answer.get_data(as_text=True))
    assert found, said(answer)
    return found[1]


def bound(fake: FakeProvider, store: Control, role: str = "analyst") -> None:
    store.bind_identity(account_of(role), fake.issuer, fake.subject)


# --- off ----------------------------------------------------------------------------------------------
def test_when_off_nobody_is_asked_and_nothing_answers(
    app: Dash, nobody: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HENG_OIDC_ISSUER", raising=False)

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(socket.socket, "connect", never)
    monkeypatch.setattr(socket, "getaddrinfo", never)
    assert provider.settings(Path("/nowhere")) is None
    for path in ("/login/provider", "/login/provider/callback?code=x&state=y"):
        assert nobody.get(path, headers=HOST).status_code == 404
    assert "/login/provider" not in nobody.get("/login", headers=HOST).get_data(as_text=True)
    account_of("analyst")
    assert fill(nobody, "/login", name="test.analyst", password="wrong").status_code == 401
    page = client_of("system", app=app).post(
        "/accounts/open", data={"account": account_of("analyst").account_id}, headers=HOST
    )
    assert "/accounts/bind" not in page.get_data(as_text=True)


def test_the_sign_in_page_asks_nobody_either(fake: FakeProvider, nobody: Signed) -> None:
    assert "/login/provider" in nobody.get("/login", headers=HOST).get_data(as_text=True)
    assert fake.asked == []


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("HENG_OIDC_ISSUER", "http://sso.example.gov.cn", "https"),
        ("HENG_OIDC_ISSUER", "sso.example.gov.cn", "https"),
        ("HENG_OIDC_ISSUER", "https://sso.example.gov.cn/?x=1", "no address"),
        ("HENG_OIDC_CLIENT", "", "HENG_OIDC_CLIENT"),
        ("HENG_OIDC_CA", "nowhere.pem", "HENG_OIDC_CA"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(
    fake: FakeProvider, monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadProvider, match=why):
        create_app()


def test_a_secret_others_can_read_or_that_is_missing_stops_the_start(fake: FakeProvider, home: Path) -> None:
    path = home / "secrets" / "oidc_client_secret"
    path.chmod(0o644)
    with pytest.raises(BadProvider, match="read by others"):
        create_app()
    path.unlink()
    with pytest.raises(BadProvider, match="missing"):
        create_app()


# --- who comes in -------------------------------------------------------------------------------------
def test_who_is_bound_comes_in_with_the_role_of_the_account(fake: FakeProvider, nobody: Signed, store: Control) -> None:
    bound(fake, store)
    address = begun(nobody)
    answer = came_back(nobody, address)
    assert (answer.status_code, onward(answer)) == (200, "/overload")
    assert "Location" not in answer.headers, "a redirection would come without the strict cookie"
    assert nobody.get("/overload", headers=HOST).status_code == 200
    assert nobody.get("/lookup", headers=HOST).status_code == 403, "what the provider says of groups means nothing"
    assert nobody.get("/accounts", headers=HOST).status_code == 403
    last = audit.records(action="access.login", limit=1)[0]
    assert last["actor"] == account_of("analyst").account_id
    line = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(session.COOKIE + "="))
    assert "SameSite=Strict" in line


def test_nobody_gets_an_account_by_signing_in_elsewhere(fake: FakeProvider, nobody: Signed, store: Control) -> None:
    account_of("analyst", name="subject-0001")  # the same words as a name are no binding
    before = [account.name for account in store.accounts()]
    answer = came_back(nobody, begun(nobody))
    assert answer.status_code == 403
    assert "subject-0001" in said(answer)
    assert [account.name for account in store.accounts()] == before
    assert nobody.get("/overload", headers=HOST).status_code == 303
    assert audit.records(action="access.provider_refused", limit=1)[0]["outcome"] == "refused"


def test_another_issuer_of_the_same_subject_is_another_person(
    fake: FakeProvider, nobody: Signed, store: Control
) -> None:
    store.bind_identity(account_of("analyst"), "https://other.example", fake.subject)
    assert came_back(nobody, begun(nobody)).status_code == 403
    store.bind_identity(account_of("analyst"), fake.issuer, fake.subject.upper())
    assert came_back(nobody, begun(nobody)).status_code == 403, "subjects are told apart by case"


def test_the_second_factor_is_asked_for_here_as_ever(fake: FakeProvider, nobody: Signed, store: Control) -> None:
    from dashboards.access.vault import vault

    bound(fake, store, "inspector")
    answer = came_back(nobody, begun(nobody, "/lookup"))
    assert onward(answer) == "/login/second?next=/lookup"
    assert nobody.get("/overload", headers=HOST).status_code == 303, "half a sign-in opens nothing"
    secret = account_of("inspector").second_factor
    assert secret is not None
    assert fill(nobody, "/login/second?next=/lookup", code="000000").status_code == 401
    done = fill(nobody, "/login/second?next=/lookup", code=vault().code_now(secret))
    assert done.location == "/lookup"
    assert nobody.get("/lookup", headers=HOST).status_code == 200
    assert store.connection.execute("select proved_at from session").fetchall()[0][0] == 0, (
        "who signed in elsewhere is asked for the password before a look-up"
    )


def test_a_disabled_account_or_one_that_is_not_ready_stays_out(
    fake: FakeProvider, nobody: Signed, store: Control
) -> None:
    bound(fake, store)
    account = account_of("analyst")
    store.set_enabled(account, False)
    assert came_back(nobody, begun(nobody)).status_code == 403
    store.set_enabled(account, True)
    store.set_role(account, "inspector")
    assert came_back(nobody, begun(nobody)).status_code == 403, "the role needs a second factor"
    fresh = store.add("li.na", "leader")
    store.unbind_identity(account, fake.issuer)
    store.bind_identity(fresh, fake.issuer, fake.subject)
    assert came_back(nobody, begun(nobody)).status_code == 403, "its link was not used yet"
    assert nobody.get("/account", headers=HOST).status_code == 303


# --- what comes back ----------------------------------------------------------------------------------
def forged(name: str, fake: FakeProvider) -> None:
    """Let the provider, or who stands in its place, tell something that is not to be trusted."""
    other = RSAKey.generate_key(2048, {"kid": "one"})
    public = fake.key.as_pem(private=False).decode()
    changes: dict[str, Any] = {
        "other nonce": {"nonce": "x"}, "no nonce": {"nonce": None}, "other audience": {"aud": "another"},
        "audiences without a party": {"aud": [CLIENT, "another"]}, "other party": {"azp": "another"},
        "other issuer": {"iss": "https://evil.example"}, "expired": {"exp": 1_000_000_000}, "no end": {"exp": None},
        "from tomorrow": {"iat": 9_000_000_000, "nbf": 9_000_000_000}, "no subject": {"sub": None},
        "empty subject": {"sub": ""}, "subject with a blank": {"sub": "subject-0001 "}, "half": {"at_hash": "x"},
    }  # fmt: skip
    if name in changes:
        fake.claims = lambda claims: {
            key: value for key, value in {**claims, **changes[name]}.items() if value is not None
        }
        return
    fake.sign = {
        "other key": lambda claims: fake.signed(claims, key=other),
        "unsigned": fake.unsigned,
        "signed by the secret": lambda claims: fake.signed_by_secret(claims, SECRET),
        "signed by the public key": lambda claims: fake.signed_by_secret(claims, public),
        "no token": lambda claims: "",
        "broken": lambda claims: "a.b.c",
        "changed": lambda claims: fake.signed(claims)[:-6] + "AAAAAA",
    }[name]


@pytest.mark.parametrize(
    "name",
    ["other nonce", "no nonce", "other audience", "other party", "other issuer", "expired", "no end", "from tomorrow",
     "no subject", "empty subject", "subject with a blank", "half", "other key", "unsigned", "signed by the secret",
     "signed by the public key", "no token", "broken", "changed"],
)  # fmt: skip
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(
    fake: FakeProvider, nobody: Signed, store: Control, name: str
) -> None:
    bound(fake, store)
    forged(name, fake)
    answer = came_back(nobody, begun(nobody))
    assert answer.status_code == 401
    assert "did not confirm" in said(answer)
    assert store.connection.execute("select count(*) from session").fetchone()[0] == 0
    assert nobody.get("/overload", headers=HOST).status_code == 303


def test_state_binds_what_comes_back_to_the_browser_that_began(
    fake: FakeProvider, app: Dash, nobody: Signed, store: Control
) -> None:
    bound(fake, store)
    address = begun(nobody)
    victim = client_of(None, app=app)
    assert came_back(victim, address).status_code == 400, "a sign-in begun by another"
    begun(victim)
    assert came_back(victim, address).status_code == 400, "nor in place of one's own"
    state = parse_qs(urlsplit(address).query)["state"][0]
    mine = begun(nobody)
    for wrong in (mine.replace("state=", "state=x"), re.sub(r"&state=[^&]*", "", mine), "/login/provider/callback?x=1",
                  re.sub(r"state=[^&]*", f"state={state}", mine)):  # fmt: skip
        assert came_back(nobody, wrong).status_code == 400, wrong
        mine = begun(nobody)
    assert store.connection.execute("select count(*) from session").fetchone()[0] == 0


def test_a_sign_in_works_once_and_not_for_long(
    fake: FakeProvider, app: Dash, nobody: Signed, store: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound(fake, store)
    address = begun(nobody)
    held = nobody.get_cookie(protocol.COOKIE, domain="127.0.0.1")
    assert held is not None
    assert came_back(nobody, address).status_code == 200
    assert nobody.get_cookie(protocol.COOKIE, domain="127.0.0.1") is None
    thief = client_of(None, app=app)
    thief.set_cookie(protocol.COOKIE, held.value, domain="127.0.0.1")
    assert came_back(thief, address).status_code == 401, "the code was used"
    monkeypatch.setattr(protocol, "TRY_SECONDS", -1)
    late = client_of(None, app=app)
    assert came_back(late, begun(late)).status_code == 400


def test_a_code_of_another_sign_in_fits_no_verifier(
    fake: FakeProvider, app: Dash, nobody: Signed, store: Control
) -> None:
    """PKCE: a code that was caught on the way is worth nothing with a sign-in of one's own."""
    bound(fake, store)
    caught = parse_qs(urlsplit(begun(client_of(None, app=app))).query)["code"][0]
    mine = begun(nobody)
    assert came_back(nobody, re.sub(r"code=[^&]*", f"code={caught}", mine)).status_code == 401


def test_the_cookie_of_a_sign_in_tells_nothing_and_is_not_made_elsewhere(
    fake: FakeProvider, nobody: Signed, store: Control
) -> None:
    bound(fake, store)
    answer = nobody.get("/login/provider", headers=HOST)
    (line,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(protocol.COOKIE)]
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in line
    asked = parse_qs(urlsplit(answer.location).query)
    assert asked["nonce"][0] not in line
    assert asked["state"][0] not in line
    assert "code_verifier" not in asked
    address = at_provider(answer.location)
    for value in ("", "x", "x" * 500, "\u00e9"):
        nobody.set_cookie(protocol.COOKIE, value, domain="127.0.0.1")
        assert came_back(nobody, address).status_code == 400


@pytest.mark.parametrize(
    "discovery",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://sso.example.gov.cn/token"}, {"jwks_uri": None},
     {"authorization_endpoint": "javascript:alert(1)"}],
)  # fmt: skip
def test_a_provider_that_describes_itself_as_another_is_not_asked(
    fake: FakeProvider, nobody: Signed, discovery: dict[str, Any]
) -> None:
    fake.discovery = discovery
    answer = nobody.get("/login/provider?lang=en", headers=HOST)
    assert answer.status_code == 502
    assert "name and password" in said(answer)
    assert fake.asked == ["/.well-known/openid-configuration"]


def test_a_provider_that_does_not_answer_is_told_of(
    fake: FakeProvider, nobody: Signed, store: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound(fake, store)
    address = begun(nobody)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HENG_OIDC_ISSUER", f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert came_back(nobody, re.sub(r"&iss=[^&]*", "", address)).status_code == 401
        assert nobody.get("/login/provider", headers=HOST).status_code == 502
    assert nobody.get("/login", headers=HOST).status_code == 200


def test_a_refusal_of_the_provider_is_told_in_our_words(fake: FakeProvider, nobody: Signed) -> None:
    state = parse_qs(urlsplit(begun(nobody)).query)["state"][0]
    answer = came_back(nobody, f"/login/provider/callback?error=<b>denied&error_description=x&state={state}")
    assert answer.status_code == 401
    assert "denied" not in answer.get_data(as_text=True)


def test_an_issuer_told_in_the_answer_has_to_be_ours(fake: FakeProvider, nobody: Signed, store: Control) -> None:
    bound(fake, store)
    address = re.sub(r"iss=[^&]*", "iss=https%3A%2F%2Fevil.example", begun(nobody))
    assert came_back(nobody, address).status_code == 401


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/login", "javascript:alert(1)"])
def test_from_the_provider_only_to_our_own_pages(
    fake: FakeProvider, nobody: Signed, store: Control, target: str
) -> None:
    bound(fake, store)
    assert onward(came_back(nobody, begun(nobody, target))) == "/"


def test_who_begins_again_and_again_has_to_wait(fake: FakeProvider, nobody: Signed) -> None:
    statuses = [nobody.get("/login/provider", headers=HOST).status_code for _ in range(21)]
    assert statuses == [303] * 20 + [429]
    assert len(fake.asked) == 20


def test_who_comes_back_without_having_begun_fills_no_log_and_asks_nobody(
    fake: FakeProvider, nobody: Signed, store: Control
) -> None:
    audit.begin()
    before = audit.records(limit=1)[0]["seq"]
    for value in ("", "x" * 200):
        if value:
            nobody.set_cookie(protocol.COOKIE, value, domain="127.0.0.1")
        assert came_back(nobody, "/login/provider/callback?code=x&state=y").status_code == 400
    assert audit.records(limit=1)[0]["seq"] == before
    assert fake.asked == []
    assert store.connection.execute("select count(*) from attempt").fetchone()[0] == 0


def test_who_comes_back_with_code_after_code_has_to_wait(fake: FakeProvider, nobody: Signed, store: Control) -> None:
    bound(fake, store)
    address = begun(nobody)
    held = nobody.get_cookie(protocol.COOKIE, domain="127.0.0.1")
    assert held is not None
    statuses = []
    for turn in range(23):
        nobody.set_cookie(protocol.COOKIE, held.value, domain="127.0.0.1")
        if turn == 19:
            fake.asked.clear()
        statuses.append(came_back(nobody, re.sub("code=[^&]*", f"code=x{turn}", address)).status_code)
    assert statuses == [401] * 19 + [429] * 4, "to begin was the first of twenty"
    assert fake.asked == []
    assert len(audit.records(action="access.provider_failed")) == 19
    assert len(audit.records(action="access.login_blocked")) == 1


def test_who_comes_in_by_the_provider_leaves_no_attempt(fake: FakeProvider, nobody: Signed, store: Control) -> None:
    bound(fake, store)
    for _ in range(12):
        assert came_back(nobody, begun(nobody)).status_code == 200
        nobody.delete_cookie(session.COOKIE, domain="127.0.0.1")
    assert [row[0] for row in store.connection.execute("select failed_count from attempt")] == [0]


# --- binding ------------------------------------------------------------------------------------------
def test_an_administrator_binds_and_unbinds_by_page(fake: FakeProvider, app: Dash, home: Path, store: Control) -> None:
    system = client_of("system", app=app)
    account, other = account_of("analyst"), account_of("leader")

    def send(path: str, **values: str) -> Any:
        return system.post(f"/accounts/{path}?lang=en", data=values, headers=HOST)

    store.begin_session(account)
    assert send("bind", account=account.account_id, subject="s-1").location == "/accounts?done=bound"
    assert store.sessions(account) == [], "its sessions end"
    assert store.account_of_identity(fake.issuer, "s-1") == store.known_account(account.name)
    assert "subject s-1" in send("open", account=account.account_id).get_data(as_text=True)
    taken = send("bind", account=other.account_id, subject="s-1")
    assert (taken.status_code, "Another account" in said(taken)) == (409, True)
    for subject in ("", " s", "x" * 256, "\u7532", "a\nb"):
        assert send("bind", account=other.account_id, subject=subject).status_code == 400, subject
    assert send("bind", account=account.account_id, subject="s-2").status_code == 303
    assert store.account_of_identity(fake.issuer, "s-1") is None, "one subject to an account"
    assert send("unbind", account=account.account_id).status_code == 303
    assert store.subject_of(account, fake.issuer) is None
    actions = [row["action"] for row in reversed(audit.records()) if "identity" in row["action"]]
    assert actions == ["access.identity_bound"] * 2 + ["access.identity_unbound"]
    note = audit.opened_seal(
        audit.records(action="access.identity_bound", limit=1)[0]["sealed"],
        audit.read_key(home / "audit" / "keys" / "open.key"),
    )["note"]
    assert note == f"{fake.issuer} s-2"


def test_an_account_is_bound_by_command(fake: FakeProvider, store: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    account = account_of("system")
    assert "Bound" in heng("user", "bind", account.name, "--subject", "s-9")
    assert store.account_of_identity(fake.issuer, "s-9") == account
    with pytest.raises(ControlError, match="Another account"):
        heng("user", "bind", account_of("audit").name, "--subject", "s-9")
    assert "Unbound" in heng("user", "unbind", account.name)
    assert "was not bound" in heng("user", "unbind", account.name)
    monkeypatch.delenv("HENG_OIDC_ISSUER")
    with pytest.raises(BadProvider, match="HENG_OIDC_ISSUER"):
        heng("user", "bind", account.name, "--subject", "s-9")


def test_nobody_is_bound_without_a_record(
    fake: FakeProvider, app: Dash, store: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise audit.AuditUnwritable("the disk is full")

    system, account = client_of("system", app=app), account_of("analyst")
    monkeypatch.setattr(audit, "append", refuse)
    data = {"account": account.account_id, "subject": "s-1"}
    assert system.post("/accounts/bind", data=data, headers=HOST).status_code == 503
    assert store.account_of_identity(fake.issuer, "s-1") is None


def test_a_store_from_before_identities_gets_them(home: Path) -> None:
    with Control(home) as control:
        account = control.add("li.na", "analyst")
        control.connection.executescript(
            "drop table client_county; drop table client; drop table identity;"
            "alter table account drop column last_sign_in_at; alter table account drop column waits_for_its_role;"
            "alter table session drop column proved_at; pragma user_version = 1"
        )
    with Control(home) as control:
        control.bind_identity(account, "https://sso.example", "s-1")
        found = control.account_of_identity("https://sso.example", "s-1")
        assert found is not None
        assert (found.name, found.last_sign_in_at) == ("li.na", None)
