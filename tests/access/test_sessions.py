"""A session lives on the server: what ends it ends every copy of its cookie."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from dash import Dash
from forms import fill
from one_app import HOST, PASSWORD, Signed, account_of, client_of, sign_in
from test_matrix import callback_body

from dashboards.access import session
from dashboards.access.vault import vault
from warehouse.control import TOUCH_SECONDS, Control, idle_seconds, session_seconds


def cookie_of(client: Signed) -> str:
    held = client.get_cookie(session.COOKIE, domain="127.0.0.1")
    assert held is not None
    return held.value


def signed_in_by_form(role: str) -> Signed:
    account_of(role)
    client = client_of(None)
    assert fill(client, "/login", name=f"test.{role}", password=PASSWORD).status_code == 303
    return client


def opens(app: Dash, session_id: str) -> tuple[int, int, int]:
    """What a copied cookie opens, each time in a browser of its own: a page, a file, a callback."""

    def thief() -> Signed:
        client = client_of(None, app=app)
        client.set_cookie(session.COOKIE, session_id, domain="127.0.0.1")
        return client

    page = thief().get("/overload", headers=HOST).status_code
    file = thief().get("/export/night-report.csv", headers=HOST).status_code
    body = callback_body(app, "definitions-found.children", {"definitions-view.data": {"lang": "zh", "theme": "light"}})
    headers = {**HOST, session.TOKEN_HEADER: vault().keyed("change token", session_id)}
    return page, file, thief().post("/_dash-update-component", json=body, headers=headers).status_code


def test_the_cookie_is_for_this_host_for_https_and_for_no_script(app: Dash) -> None:
    account_of("analyst")
    client = client_of(None)
    answer = fill(client, "/login", name="test.analyst", password=PASSWORD)
    told = {line.split("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}
    assert set(told) == {"__Host-heng", "_csrf_token"}
    for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in told["__Host-heng"]
    assert "Domain" not in told["__Host-heng"]
    assert "HttpOnly" not in told["_csrf_token"], "the pages have to bring it back"
    assert "Expires" not in told["__Host-heng"]


def test_signing_in_gives_another_id_and_ends_the_one_before(app: Dash, store: Control) -> None:
    """Fixation: an id planted before, or of another account, is worth nothing after."""
    planted = "p" * 43
    client = client_of(None)
    client.set_cookie(session.COOKIE, planted, domain="127.0.0.1")
    account_of("analyst")
    fill(client, "/login", name="test.analyst", password=PASSWORD)
    first = cookie_of(client)
    assert first != planted
    assert opens(app, planted) == (303, 401, 401)
    assert opens(app, first) == (200, 200, 200)
    page = client.get("/account", headers=HOST).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    client.post("/login", data={"csrf_token": token[1], "name": "test.analyst", "password": PASSWORD}, headers=HOST)
    assert cookie_of(client) != first
    assert opens(app, first) == (303, 401, 401)
    assert opens(app, cookie_of(client)) == (200, 200, 200)


def logged_out(client: Signed, store: Control) -> None:
    assert client.post("/logout", headers=HOST).location == "/login"


def disabled(client: Signed, store: Control) -> None:
    store.set_enabled(store.known_account("test.analyst"), False)


def disabled_and_enabled(client: Signed, store: Control) -> None:
    store.set_enabled(store.known_account("test.analyst"), False)
    store.set_enabled(store.known_account("test.analyst"), True)


def another_role(client: Signed, store: Control) -> None:
    store.set_role(store.known_account("test.analyst"), "leader")


def other_counties(client: Signed, store: Control) -> None:
    store.set_role(store.known_account("test.analyst"), "district", ["431124"])


def password_changed(client: Signed, store: Control) -> None:
    page = client.get("/account", headers=HOST).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    data = {"csrf_token": token[1], "current": PASSWORD, "password": PASSWORD + "!", "again": PASSWORD + "!"}
    answer = client.post("/account/password", data=data, headers=HOST)
    assert answer.location == "/account?done=password"
    assert client.get("/overload", headers=HOST).status_code == 200, "who changed it goes on, under another id"


def revoked(client: Signed, store: Control) -> None:
    assert store.end_sessions(store.known_account("test.analyst")) == 1


def link_used(client: Signed, store: Control) -> None:
    path = f"/link/{store.make_link(store.known_account('test.analyst'))}"
    assert fill(client_of(None), path, password=PASSWORD, again=PASSWORD).status_code == 303


@pytest.mark.parametrize(
    "ended",
    [logged_out, disabled, disabled_and_enabled, another_role, other_counties, password_changed, revoked, link_used],
)
def test_a_copied_cookie_opens_nothing_after(
    app: Dash, store: Control, ended: Callable[[Signed, Control], None]
) -> None:
    client = signed_in_by_form("analyst")
    copied = cookie_of(client)
    assert opens(app, copied) == (200, 200, 200)
    ended(client, store)
    assert opens(app, copied) == (303, 401, 401)


def test_a_session_ends_when_idle_and_after_its_longest_time(app: Dash, store: Control, clock: Any) -> None:
    session_id = sign_in(client_of(None), account_of("analyst"))
    clock.at += idle_seconds() - 1
    assert store.session(session_id) is not None
    clock.at += idle_seconds() - 1
    assert store.session(session_id) is not None, "it was used"
    clock.at += idle_seconds()
    assert store.session(session_id) is None
    session_id = sign_in(client_of(None), account_of("analyst"))
    began = clock.at
    while clock.at - began < session_seconds() - 60:
        clock.at += 60
        assert store.session(session_id) is not None
    clock.at = began + session_seconds()
    assert store.session(session_id) is None
    assert opens(app, session_id) == (303, 401, 401)


def test_a_clock_set_back_makes_no_session_longer(store: Control, clock: Any) -> None:
    session_id = sign_in(client_of(None), account_of("analyst"))
    clock.at -= 3600
    assert store.session(session_id) is None


def test_the_last_use_is_written_now_and_then(store: Control, clock: Any) -> None:
    session_id = sign_in(client_of(None), account_of("analyst"))
    before = store.connection.total_changes
    for _ in range(TOUCH_SECONDS - 1):
        clock.at += 1
        store.session(session_id)
    assert store.connection.total_changes == before
    clock.at += 1
    store.session(session_id)
    assert store.connection.total_changes == before + 1


def test_my_other_sessions_end_and_this_one_goes_on(app: Dash, store: Control) -> None:
    mine, other = signed_in_by_form("analyst"), signed_in_by_form("analyst")
    page = mine.get("/account?lang=en", headers=HOST).get_data(as_text=True)
    assert page.count("last used") == 2
    assert page.count("this one") == 1
    assert mine.post("/account/end-others", headers=HOST).status_code == 303
    assert opens(app, cookie_of(mine)) == (200, 200, 200)
    assert opens(app, cookie_of(other)) == (303, 401, 401)


def test_half_a_sign_in_is_no_session(app: Dash, store: Control) -> None:
    session_id = store.begin_session(account_of("inspector"), "second")
    assert opens(app, session_id) == (303, 401, 401)
    assert store.sessions(account_of("inspector")) == []


def test_pages_of_an_account_are_kept_by_no_cache_and_after_signing_out_it_is_emptied(app: Dash) -> None:
    client = signed_in_by_form("analyst")
    for path in ("/overload", "/account", "/login", "/export/night-report.csv", "/_dash-layout"):
        assert client.get(path, headers=HOST).headers["Cache-Control"] == "no-store", path
    answer = client.post("/logout", headers=HOST)
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert "__Host-heng=;" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("value", ["", "x", "x" * 3000, "\u00e9" * 43, "' or 1=1 --" + "x" * 30, "../" * 14])
def test_a_made_up_cookie_is_nobodys(app: Dash, value: str) -> None:
    client = client_of(None)
    client.set_cookie(session.COOKIE, value, domain="127.0.0.1")
    assert client.get("/overload", headers=HOST).status_code == 303
    assert client.get("/export/night-report.csv", headers=HOST).status_code == 401
