"""One-time links, passwords, second factors, and what happens to who tries too often."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from forms import fill, said
from one_app import HOST, PASSWORD, Signed, account_of, client_of

from dashboards.access import forms, session, vault
from dashboards.access.vault import weakness
from warehouse import control as control_module
from warehouse.control import Control, wait

ENGLISH = "?lang=en"


def codes_of(page: str) -> list[str]:
    return re.findall(r"<li><code>([0-9a-f-]+)</code></li>", page)


def key_of(page: str) -> str:
    found = re.search(r"<code>([A-Z2-7-]+)</code>", page)
    assert found
    return found[1]


def code_for(key: str, steps: int = 0) -> str:
    """What an authenticator shows for a typed-in key, apart from the product: RFC 6238."""
    import base64
    import hashlib
    import hmac
    import struct
    import time

    counter = int(time.time()) // 30 + steps
    mac = hmac.new(base64.b32decode(key.replace("-", "")), struct.pack(">Q", counter), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def link_for(store: Control, name: str, role: str) -> str:
    return f"/link/{store.make_link(store.add(name, role))}"


def enrolled(nobody: Signed, store: Control, name: str = "li.na") -> tuple[str, list[str]]:
    """An inspector who used a link; the key of the authenticator and the recovery codes. The client is signed in."""
    path = link_for(store, name, "inspector")
    key = key_of(nobody.get(path, headers=HOST).get_data(as_text=True))
    answer = fill(nobody, path, password=PASSWORD, again=PASSWORD, code=code_for(key))
    assert answer.status_code == 303, said(answer)
    assert answer.location == "/account/codes"
    shown = nobody.get("/account/codes", headers=HOST).get_data(as_text=True)
    return key, codes_of(shown)


# --- links --------------------------------------------------------------------------------------------
def test_an_analyst_sets_a_password_by_the_link_and_is_signed_in(nobody: Signed, store: Control) -> None:
    path = link_for(store, "chen.bo", "analyst")
    answer = fill(nobody, path, password=PASSWORD, again=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    assert nobody.get("/overload", headers=HOST).status_code == 200
    other = client_of(None)
    assert fill(other, "/login", name=" Chen.Bo ", password=PASSWORD).status_code == 303
    assert other.get("/overload", headers=HOST).status_code == 200


def test_a_link_works_once_and_not_when_it_is_looked_at(nobody: Signed, store: Control) -> None:
    path = link_for(store, "chen.bo", "analyst")
    for _ in range(3):
        assert client_of(None).get(path, headers=HOST).status_code == 200
    fill(nobody, path, password=PASSWORD, again=PASSWORD)
    assert client_of(None).get(path, headers=HOST).status_code == 404
    late = client_of(None)
    token = re.search(r'value="([^"]+)"', late.get("/login", headers=HOST).get_data(as_text=True))
    assert token
    again = late.post(path, data={"csrf_token": token[1], "password": "x" * 20, "again": "x" * 20}, headers=HOST)
    assert again.status_code == 404
    assert late.get("/overload", headers=HOST).status_code == 303


def test_a_link_ends_by_time_by_a_newer_one_and_with_the_account(
    nobody: Signed, store: Control, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = store.add("chen.bo", "analyst")
    first = f"/link/{store.make_link(account)}"
    clock.at += control_module.link_seconds() - 1
    assert nobody.get(first, headers=HOST).status_code == 200
    clock.at += 1
    assert nobody.get(first, headers=HOST).status_code == 404
    monkeypatch.setenv("HENG_LINK_MINUTES", "5")
    second = f"/link/{store.make_link(account)}"
    third = f"/link/{store.make_link(account)}"
    assert nobody.get(second, headers=HOST).status_code == 404
    assert nobody.get(third, headers=HOST).status_code == 200
    store.set_enabled(account, False)
    store.set_enabled(account, True)
    assert nobody.get(third, headers=HOST).status_code == 404
    fourth = f"/link/{store.make_link(account)}"
    store.set_role(account, "system")
    assert nobody.get(fourth, headers=HOST).status_code == 404


def test_no_token_stands_in_the_store(store: Control, home: Path) -> None:
    token = store.make_link(store.add("chen.bo", "analyst"))
    session_id = store.begin_session(account_of("leader"))
    store.connection.execute("pragma wal_checkpoint(truncate)")
    held = (home / "control.sqlite").read_bytes()
    assert b"chen.bo" in held
    assert token.encode() not in held
    assert session_id.encode() not in held
    assert PASSWORD.encode() not in held


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "short"),
        ("x" * 300, "long"),
        ("Password1234", "common"),
        ("woaini1314520", "common"),
        ("qwertyuiop!!", "common"),
        ("aaaabbbbaaaa", "common"),
        ("chen.bo-chen.bo", "name"),
        ("\uff50\uff41ssword1234", "common"),
        ("seven plain grey herons", None),
        ("七只灰色苍鹭站在浅水里等鱼", None),
    ],
)
def test_what_a_password_must_be(password: str, why: str | None) -> None:
    assert weakness(password, "chen.bo") == why


def test_a_link_refuses_a_weak_or_mistyped_password_and_stays(nobody: Signed, store: Control) -> None:
    path = link_for(store, "chen.bo", "analyst")
    assert "12 characters" in said(fill(nobody, path + ENGLISH, password="short", again="short"))
    assert "differ" in said(fill(nobody, path + ENGLISH, password=PASSWORD, again=PASSWORD + "x"))
    assert fill(nobody, path, password=PASSWORD, again=PASSWORD).status_code == 303


# --- second factor ------------------------------------------------------------------------------------
def test_an_inspector_needs_the_second_factor_from_the_link_on(nobody: Signed, store: Control) -> None:
    path = link_for(store, "li.na", "inspector")
    page = nobody.get(path, headers=HOST).get_data(as_text=True)
    assert "<svg" in page
    wrong = fill(nobody, path, password=PASSWORD, again=PASSWORD, code="000000")
    assert wrong.status_code == 400
    assert not store.known_account("li.na").is_ready
    key = key_of(page)
    assert key == key_of(wrong.get_data(as_text=True)), "the picture stays the same after a wrong code"
    assert fill(nobody, path, password=PASSWORD, again=PASSWORD, code=code_for(key)).status_code == 303
    stored = store.known_account("li.na")
    assert stored.is_ready
    assert key.replace("-", "") not in str(stored.second_factor)


def test_signing_in_takes_password_and_code_and_a_code_counts_once(app: Dash, nobody: Signed, store: Control) -> None:
    key, _ = enrolled(nobody, store)
    late = client_of(None)
    first = fill(late, "/login?next=/overload", name="li.na", password=PASSWORD)
    assert first.location == "/login/second?next=/overload"
    assert late.get("/overload", headers=HOST).status_code == 303, "the password alone opens nothing"
    assert late.get("/account", headers=HOST).status_code in (303, 401)
    code = code_for(key, 1)
    assert fill(late, "/login/second?next=/overload", code=code).location == "/overload"
    assert late.get("/overload", headers=HOST).status_code == 200
    thief = client_of(None)
    fill(thief, "/login", name="li.na", password=PASSWORD)
    assert fill(thief, "/login/second", code=code).status_code == 401
    assert fill(thief, "/login/second", code=code_for(key)).status_code == 401, "nor an earlier one"


def test_a_recovery_code_works_once_and_is_shown_once(nobody: Signed, store: Control) -> None:
    _, codes = enrolled(nobody, store)
    assert len(set(codes)) == 10
    assert codes_of(nobody.get("/account/codes", headers=HOST).get_data(as_text=True)) == []
    for expected in (303, 401):
        late = client_of(None)
        fill(late, "/login", name="li.na", password=PASSWORD)
        assert fill(late, "/login/second", code=codes[0].upper()).status_code == expected
    assert store.recovery_code_count(store.known_account("li.na")) == 9


def test_five_wrong_codes_end_the_attempt_and_block_the_next(nobody: Signed, store: Control) -> None:
    key, _ = enrolled(nobody, store)
    late = client_of(None)
    fill(late, "/login", name="li.na", password=PASSWORD)
    answers = [fill(late, "/login/second", code="000000").status_code for _ in range(control_module.SECOND_STEP_TRIES)]
    assert answers == [401] * control_module.SECOND_STEP_TRIES
    assert late.get("/login/second", headers=HOST).status_code == 303, "the password has to be told again"
    fill(late, "/login", name="li.na", password=PASSWORD)
    assert fill(late, "/login/second", code=code_for(key, 1)).status_code == 429, (
        "a right password clears no wrong codes"
    )


def test_a_second_factor_can_be_added_and_replaced(app: Dash, store: Control) -> None:
    client = client_of("analyst", app=app)
    page = client.get("/account?second=1", headers=HOST).get_data(as_text=True)
    key = key_of(page)
    path = "/account/second"
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token

    def send(**values: str) -> Any:
        return client.post(path, data={"csrf_token": token[1], **values}, headers=HOST)

    assert send(code=code_for(key), current="wrong").status_code == 401
    assert send(code="000000", current=PASSWORD).status_code == 400
    assert send(code=code_for(key), current=PASSWORD).location == "/account/codes"
    assert store.known_account("test.analyst").second_factor is not None
    late = client_of(None)
    assert "/login/second" in fill(late, "/login", name="test.analyst", password=PASSWORD).location


# --- too many tries -----------------------------------------------------------------------------------
def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    assert [wait(count, 5) for count in (1, 4, 5, 6, 7, 9, 10, 1000)] == [0, 0, 30, 60, 120, 480, 900, 900]


@pytest.mark.parametrize("name", ["test.analyst", "nobody.of.that.name"])
def test_a_name_is_blocked_alike_whether_somebody_has_it_or_not(app: Dash, clock: Any, name: str) -> None:
    account_of("analyst")
    told = []
    for turn in range(7):
        client = client_of(None)
        answer = fill(client, "/login?lang=en", name=name, password="wrong", address=f"192.0.2.{turn}")
        told.append((answer.status_code, said(answer), answer.headers.get("Retry-After")))
    failed = (401, "The name or the password is not right.", None)
    blocked = (429, "Too many tries. Please wait one minute.", "30")
    assert told == [failed] * 5 + [blocked] * 2
    clock.at += 30
    right = fill(client_of(None), "/login", name=name, password=PASSWORD).status_code
    assert right == (303 if name == "test.analyst" else 401)


def test_an_address_is_blocked_whatever_names_it_tries(app: Dash, clock: Any) -> None:
    account_of("analyst")
    statuses = [
        fill(client_of(None), "/login", name=f"somebody.{turn}", password="wrong").status_code
        for turn in range(forms.FREE_TRIES_OF_ADDRESS + 1)
    ]
    assert statuses == [401] * forms.FREE_TRIES_OF_ADDRESS + [429]
    own = fill(client_of(None), "/login", name="test.analyst", password=PASSWORD)
    assert own.status_code == 429
    elsewhere = fill(client_of(None), "/login", name="test.analyst", password=PASSWORD, address="192.0.2.7")
    assert elsewhere.status_code == 303


def test_one_network_of_the_newer_protocol_is_one_address(app: Dash, clock: Any) -> None:
    assert forms._network("2001:db8::1") == forms._network("2001:db8::ffff:2") != forms._network("2001:db8:0:1::1")
    assert forms._network("192.0.2.1") == "192.0.2.1"


def test_signing_in_rightly_does_not_clear_the_address(app: Dash, clock: Any) -> None:
    """Else who has an account could try others' between two of his own."""
    account_of("analyst")
    for turn in range(forms.FREE_TRIES_OF_ADDRESS - 1):
        fill(client_of(None), "/login", name=f"somebody.{turn}", password="wrong")
        if turn % 4 == 0:
            assert fill(client_of(None), "/login", name="test.analyst", password=PASSWORD).status_code == 303
    fill(client_of(None), "/login", name="somebody.else", password="wrong")
    assert fill(client_of(None), "/login", name="test.analyst", password=PASSWORD).status_code == 429


def test_many_attempts_at_once_are_counted_before_they_are_tried(store: Control) -> None:
    counted = [store.begin_attempts([("one", 5)]) for _ in range(8)]
    assert counted[:5] == [0] * 5
    assert all(counted[5:])


def test_an_unknown_name_takes_as_long(app: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hashes once; counted, because a clock would measure the machine."""
    account_of("analyst")
    asked: list[str] = []
    real = vault.verify_password
    monkeypatch.setattr(vault, "verify_password", lambda given, known: asked.append(known[:10]) or real(given, known))
    for name in ("test.analyst", "nobody.of.that.name"):
        fill(client_of(None), "/login", name=name, password="wrong")
    assert asked == ["$argon2id$"] * 2


def test_no_more_hashes_at_once_than_places(app: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "SLOT_SECONDS", 0.05)
    safe = vault.vault()
    with safe._slot(), safe._slot():
        answer = fill(client_of(None), "/login", name="anybody", password="wrong")
    assert answer.status_code == 503
    assert fill(client_of(None), "/login", name="anybody", password="wrong").status_code == 401


# --- going on -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/overload?county=431124", "/overload?county=431124"),
        ("/account", "/account"),
        ("//evil.example", "/"),
        ("https://evil.example/overload", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/overload\r\nSet-Cookie: x=y", "/"),
        ("/logout", "/"),
        ("/link/abc", "/"),
        ("/export/overload-rows.csv", "/"),
        ("http:///evil.example", "/"),
        ("///evil.example/overload", "/"),
        ("/[", "/"),
        ("", "/"),
        ("/lookup", "/"),  # not for this role
    ],
)
def test_after_signing_in_nobody_is_led_elsewhere(app: Dash, target: str, leads_to: str) -> None:
    from urllib.parse import quote

    account_of("analyst")
    answer = fill(client_of(None), f"/login?next={quote(target)}", name="test.analyst", password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, leads_to)


def test_a_disabled_account_reads_like_a_wrong_password(app: Dash, store: Control) -> None:
    store.set_enabled(account_of("analyst"), False)
    answer = fill(client_of(None), "/login?lang=en", name="test.analyst", password=PASSWORD)
    assert (answer.status_code, said(answer)) == (401, "The name or the password is not right.")


def test_a_role_that_needs_a_second_factor_waits_for_it(app: Dash, store: Control) -> None:
    store.set_role(account_of("analyst"), "inspector")
    answer = fill(client_of(None), "/login?lang=en", name="test.analyst", password=PASSWORD)
    assert answer.status_code == 403
    assert "second factor" in said(answer)


# --- nothing is told ----------------------------------------------------------------------------------
def test_no_log_holds_a_name_a_password_a_token_or_a_code(
    nobody: Signed, store: Control, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    name = "zhuge.qiuyan"
    path = link_for(store, name, "inspector")
    page = nobody.get(path, headers=HOST).get_data(as_text=True)
    key, code = key_of(page), code_for(key_of(page))
    fill(nobody, path, password=PASSWORD, again=PASSWORD, code=code)
    codes = codes_of(nobody.get("/account/codes", headers=HOST).get_data(as_text=True))
    session_id = nobody.get_cookie(session.COOKIE, domain="127.0.0.1")
    assert session_id
    fill(client_of(None), "/login", name=name, password="my wrong password")
    fill(client_of(None), "/login", name=name, password=PASSWORD)
    nobody.post("/logout", headers=HOST)
    told = caplog.text
    assert "login" in told
    for secret in (name, PASSWORD, "my wrong password", path.rpartition("/")[2], key, session_id.value, *codes,
                   store.known_account(name).account_id):  # fmt: skip
        assert secret not in told
    assert code not in re.sub(r"[\w.]+\.py:\d+", "", told)


def test_an_error_names_no_link(
    nobody: Signed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(Control, "link", fail)
    assert nobody.get("/link/" + "t" * 43, headers=HOST).status_code == 500
    assert "incident" in caplog.text
    assert "t" * 43 not in caplog.text


def test_the_home_of_a_test_is_its_own(home: Path) -> None:
    from warehouse.home import home as now

    assert now() == home
