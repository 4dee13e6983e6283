"""Who looks somebody up has just proved who it is: a cookie that was copied, or a screen left open, shows nobody."""

import re
import sqlite3
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from forms import fill, said
from one_app import HOST, PASSWORD, Signed, account_of, client_of
from test_matrix import callback_body, whole_key
from test_sessions import cookie_of
from test_sign_in import code_for, key_of

from dashboards import queries
from dashboards.access import forms, session
from dashboards.access.vault import vault
from warehouse import audit, disclosure
from warehouse.control import _SCHEMA, SECOND_STEP_TRIES, Control, ControlError, fresh_seconds

OWN, CODES = "/account/fresh?lang=en", iter(range(1, 1000))


@pytest.fixture
def inspector(app: Dash, clock: Any) -> Signed:
    return client_of("inspector", app=app)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, db: Any) -> list[str]:
    """What was read whole; the made warehouse stands in for the served one."""
    read: list[str] = []

    def disclosed(principal: Any, purpose: Any, query: str, subject: Any) -> Any:
        assert principal.mask == "whole"
        read.append(query)
        return nullcontext(db)

    monkeypatch.setattr(disclosure, "disclosed", disclosed)
    return read


def code() -> str:
    """A code that was not used, whatever the clock of the test says."""
    account = account_of("inspector")
    with Control(Path(session.home())) as store:
        store.connection.execute("update account set second_counter = null")
    return vault().code_now(account.second_factor or "")


def look_up(client: Signed, output: str = "lookup-result.children", text: str = "湘M99999") -> Any:
    app = client.application.extensions["heng_dash"]
    last = str(queries.last_day(queries.source()))
    values = {
        "lookup-go.n_clicks": 1, "lookup-dossier.n_clicks": 1, "lookup-day.value": last, "lookup-province.data": "湘",
        "lookup-window.value": "ROLLING_12M", "lookup-view.data": {"lang": "en", "theme": "light"},
        "lookup-plate.value": text, "lookup-dossier.value": text, "lookup-purpose.value": "vehicle_check",
    }  # fmt: skip
    body = callback_body(app, whole_key(app, output), values)
    return client.post("/_dash-update-component", json=body, headers=HOST)


def test_whoever_just_signed_in_looks_up_and_is_asked_after_the_time(
    inspector: Signed, asked: list[str], clock: Any, store: Control
) -> None:
    client = inspector
    assert look_up(client).status_code == 200
    clock.at += fresh_seconds() - 1
    assert look_up(client).status_code == 200
    assert asked == ["look_up"] * 2
    clock.at += 1
    for output in ("lookup-result.children", "lookup-download.data"):
        answer = look_up(client, output)
        assert answer.status_code == 403
        assert set(answer.json) == {"message", "fresh"}
        assert answer.json["fresh"]["href"] == "/account/fresh"
        assert "99999" not in answer.text
    assert asked == ["look_up"] * 2
    told = [row for row in audit.records(limit=5) if row["action"] == "access.fresh_refused"]
    assert [row["outcome"] for row in told] == ["refused"] * 2
    assert told[0]["actor"] == account_of("inspector").account_id
    assert client.get("/lookup", headers=HOST).status_code == 200, "the page itself holds nobody"
    assert fill(client, OWN, password=PASSWORD, code=code()).status_code == 303
    assert look_up(client).status_code == 200
    assert asked[2:] == ["look_up"]


def test_who_is_not_fresh_is_a_masked_principal_whatever_asks(app: Dash, clock: Any) -> None:
    client = client_of("inspector", app=app)
    with app.server.test_request_context("/lookup"):
        session.flask.g.session = None
        with Control(session.home()) as store:
            held = store.session(cookie_of(client))
        session.flask.g.session = held
        assert session.principal().mask == "whole"
        clock.at += fresh_seconds()
        assert session.principal().mask == "masked"
        clock.at -= 2 * fresh_seconds()
        assert session.principal().mask == "masked", "a clock set back makes nobody fresh"


def test_files_hold_masked_plates_fresh_or_not(app: Dash, clock: Any) -> None:
    client = client_of("inspector", app=app)
    for _ in range(2):
        answer = client.get("/export/overload-rows.csv?lang=en", headers=HOST)
        assert answer.status_code == 200
        assert re.search(r"[\u4e00-\u9fff][A-Z]·\*\*\*\w\w", answer.text)
        assert not re.search(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{5}", answer.text)
        clock.at += fresh_seconds()


@pytest.mark.parametrize(
    "given",
    [
        {"password": "wrong password", "code": ""}, {"password": PASSWORD, "code": "000000"},
        {"password": PASSWORD, "code": ""}, {"password": PASSWORD}, {"code": "right"},
        {"password": "wrong password", "code": "right"},
    ],
    ids=["neither", "wrong code", "empty code", "no code", "no password", "wrong password"],
)  # fmt: skip
def test_one_of_both_is_not_enough(inspector: Signed, asked: list[str], clock: Any, given: dict[str, str]) -> None:
    clock.at += fresh_seconds()
    values = {name: code() if value == "right" else value for name, value in given.items()}
    answer = fill(inspector, OWN, **values)
    assert answer.status_code == 401
    assert "not right" in said(answer)
    assert look_up(inspector).status_code == 403
    assert asked == []


def test_a_code_counts_once_here_too(inspector: Signed, clock: Any) -> None:
    used = code()
    assert fill(inspector, OWN, password=PASSWORD, code=used).status_code == 303
    assert fill(inspector, OWN, password=PASSWORD, code=used).status_code == 401


def test_a_recovery_code_stands_in_once(inspector: Signed, store: Control) -> None:
    account = account_of("inspector")
    codes, digests = vault().new_codes()
    store._set_second_factor(account.account_id, account.second_factor, 0, digests)
    assert fill(inspector, OWN, password=PASSWORD, code=codes[0]).status_code == 303
    assert fill(inspector, OWN, password=PASSWORD, code=codes[0]).status_code == 401


def test_a_copied_cookie_does_not_become_fresh_with_its_owner(inspector: Signed, store: Control, clock: Any) -> None:
    owner = inspector
    copied = cookie_of(owner)
    began = store.sessions(account_of("inspector"))[0][1]
    clock.at += fresh_seconds()
    assert fill(owner, OWN, password=PASSWORD, code=code()).status_code == 303
    assert cookie_of(owner) != copied
    assert store.session(copied) is None
    going_on = store.session(cookie_of(owner))
    assert going_on is not None
    assert going_on.created_at == began, "it lasts no longer for that"


def test_too_many_wrong_ones_end_the_session(
    inspector: Signed, store: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "FREE_TRIES", 100)
    for _ in range(SECOND_STEP_TRIES):
        assert fill(inspector, OWN, password="wrong password", code="000000").status_code == 401
    assert inspector.get("/overload", headers=HOST).status_code == 303
    assert store.sessions(account_of("inspector")) == []


@pytest.mark.parametrize("given", [{"password": "wrong", "code": "000000"}, {"password": PASSWORD, "code": "000000"}])
def test_tries_wait_as_at_signing_in_over_all_sessions(app: Dash, clock: Any, given: dict[str, str]) -> None:
    answers = [fill(client_of("inspector", app=app), OWN, **given).status_code for _ in range(forms.FREE_TRIES + 1)]
    assert answers == [401] * forms.FREE_TRIES + [429]
    blocked = fill(client_of("inspector"), OWN, password=PASSWORD, code=code())
    assert blocked.status_code == 429
    assert blocked.headers["Retry-After"] == "30"
    clock.at += 30
    assert fill(client_of("inspector"), OWN, password=PASSWORD, code=code()).status_code == 303


def test_the_dialog_is_answered_in_json_and_takes_the_token_of_its_session(inspector: Signed, nobody: Signed) -> None:
    def send(client: Signed, **more: Any) -> Any:
        headers = {**HOST, "Accept": "application/json"}
        return client.post("/account/fresh", data={"password": PASSWORD, "code": code()}, headers=headers, **more)

    assert send(nobody).status_code in (303, 401)
    assert send(inspector, without_token=True).status_code == 403
    answer = send(inspector)
    assert (answer.status_code, answer.json) == (200, {"done": True})
    wrong = inspector.post("/account/fresh", data={"password": "no"}, headers={**HOST, "Accept": "application/json"})
    assert (wrong.status_code, list(wrong.json)) == (401, ["message"])


def test_nobody_becomes_fresh_without_a_record(
    inspector: Signed, asked: list[str], store: Control, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, digits = inspector, code()
    clock.at += fresh_seconds()

    def refuse(*_: Any, **__: Any) -> Any:
        raise audit.AuditUnwritable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(audit, "append", refuse)
        assert fill(client, OWN, password=PASSWORD, code=digits).status_code == 503
    held = store.session(cookie_of(client))
    assert held is not None
    assert not held.is_fresh
    assert look_up(client).status_code == 403


def test_after_the_form_nobody_is_led_elsewhere(inspector: Signed) -> None:
    answer = fill(inspector, "/account/fresh?next=//evil.example", password=PASSWORD, code=code())
    assert answer.location == "/"
    answer = fill(inspector, "/account/fresh?next=/lookup", password=PASSWORD, code=code())
    assert answer.location == "/lookup"


def test_an_account_without_a_second_factor_gives_its_password(app: Dash) -> None:
    client = client_of("analyst", app=app)
    assert 'name="code"' not in client.get(OWN, headers=HOST).get_data(as_text=True)
    assert fill(client, OWN, password="wrong password").status_code == 401
    assert fill(client, OWN, password=PASSWORD).status_code == 303


def test_the_time_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fresh_seconds() == 15 * 60
    monkeypatch.setenv("HENG_FRESH_MINUTES", "5")
    assert fresh_seconds() == 300
    for text in ("0", "121", "soon", "-1"):
        monkeypatch.setenv("HENG_FRESH_MINUTES", text)
        with pytest.raises(ControlError):
            fresh_seconds()


def test_a_store_of_before_goes_on_and_its_sessions_are_asked(home: Path) -> None:
    path = home / "control.sqlite"
    path.touch(0o600)
    with sqlite3.connect(path) as old:
        old.executescript(_SCHEMA)
        old.execute("pragma user_version = 1")
    old.close()
    with Control(home) as store:
        account = account_of("inspector")
        session_id = store.begin_session(account)
        store.connection.execute("update session set proved_at = 0")
        found = store.session(session_id)
        assert found is not None
        assert not found.is_fresh
    with Control(home) as store:
        assert store.session(session_id) is not None


# --- one's own password and second factor ---------------------------------------------------------------
def change(client: Signed, path: str, **values: str) -> Any:
    page = client.get("/account?lang=en&second=1", headers=HOST).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    return client.post(path + "?lang=en", data={"csrf_token": token[1], **values}, headers=HOST)


def new_code(client: Signed) -> str:
    return code_for(key_of(client.get("/account?second=1", headers=HOST).get_data(as_text=True)))


def test_a_password_alone_changes_nothing_where_there_is_a_second_factor(
    inspector: Signed, asked: list[str], clock: Any
) -> None:
    """A copied cookie and a password that was seen: neither a fresh session nor another password or authenticator."""
    clock.at += fresh_seconds()
    held = {"current": PASSWORD, "password": PASSWORD + "!", "again": PASSWORD + "!"}
    for own_code in ({}, {"own_code": "000000"}):
        assert change(inspector, "/account/password", **held, **own_code).status_code == 401
        answer = change(inspector, "/account/second", current=PASSWORD, code=new_code(inspector), **own_code)
        assert answer.status_code == 401
    assert look_up(inspector).status_code == 403
    assert asked == []
    assert change(inspector, "/account/password", **held, own_code=code()).status_code == 303
    assert look_up(inspector).status_code == 200, "both were given"


def test_wrong_tries_at_ones_own_forms_end_the_session(inspector: Signed, clock: Any) -> None:
    held = {"current": "wrong", "password": PASSWORD + "!", "again": PASSWORD + "!"}
    told = [change(inspector, "/account/password", **held, own_code="000000").status_code for _ in range(4)]
    assert told == [401] * 4
    change(inspector, "/account/password", **held, own_code="000000")
    assert inspector.get("/account", headers=HOST).status_code == 303, "it ended"


def test_wrong_sign_ins_by_others_shut_nobody_out_who_is_in(inspector: Signed, asked: list[str], clock: Any) -> None:
    for turn in range(9):
        fill(client_of(None), "/login", name="test.inspector", password="wrong", address=f"192.0.2.{turn}")
    clock.at += fresh_seconds()
    assert fill(inspector, OWN, password=PASSWORD, code=code()).status_code == 303
    assert look_up(inspector).status_code == 200


def test_a_block_is_on_record_once_however_often_it_is_tried(inspector: Signed, clock: Any) -> None:
    def blocked() -> int:
        return sum(row["action"] == "access.login_blocked" for row in audit.records(limit=200))

    before = blocked()
    for _ in range(40):
        fill(client_of(None), "/login", name="nobody.at.all", password="wrong", address="198.51.100.7")
    assert blocked() == before + 1
