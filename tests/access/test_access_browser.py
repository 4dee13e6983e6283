"""In Chromium: a link, a password, a second factor, a page, and nothing left after signing out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import SCREENS, SIZES, against_accessibility
from dash import Dash
from oidc_fake import CLIENT, SECRET, FakeProvider, serving
from on_loopback import on_loopback
from one_app import PASSWORD
from test_sign_in import code_for

from warehouse import access_key, audit
from warehouse.audit import Event, Principal, Subject
from warehouse.control import Control

PERSONAL = ".ag-row .ag-cell"


@pytest.fixture
def address(app: Dash) -> Iterator[str]:
    with on_loopback(app.server) as address:
        yield address


def fits(page: Any) -> bool:
    wide, shown = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return wide <= shown


@pytest.mark.parametrize(("size", "lang", "theme"), [("phone", "zh", "light"), ("desktop", "en", "dark")])
def test_from_the_link_to_signing_out(
    browser: Any,
    address: str,
    store: Control,
    size: str,
    lang: str,
    theme: str,
) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    token = store.make_link(store.add("li.na", "inspector"))
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(60_000)
    requests: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda m: messages.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: messages.append(str(error)))

    def picture(name: str) -> None:
        assert fits(page), f"{name} is wider than its window"
        page.screenshot(path=SCREENS / f"access-{name}-{lang}-{theme}-{size}.png", full_page=True)

    page.goto(f"{address}/link/{token}?lang={lang}&theme={theme}")
    assert page.evaluate("document.documentElement.lang") == ("zh-CN" if lang == "zh" else "en")
    picture("link")
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=again]", PASSWORD)
    key = page.inner_text(".qr code")
    page.fill("input[name=code]", code_for(key))
    page.click("button.primary")
    page.wait_for_selector(".codes li")
    assert page.locator(".codes li").count() == 10
    picture("codes")
    page.click("a.button.primary")
    page.wait_for_selector("#shell-page .shell")
    assert page.context.cookies()[0]["httpOnly"] or len(page.context.cookies()) > 1

    # Out and in again, now with name, password and code.
    page.goto(f"{address}/account")
    picture("account")
    page.click(".row form button")
    page.wait_for_selector("input[name=name]")
    picture("login")
    page.goto(f"{address}/overload/rows?lang={lang}")
    page.wait_for_selector("input[name=name]")
    page.fill("input[name=name]", "li.na")
    page.fill("input[name=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_selector("input[name=code]")
    picture("second")
    page.fill("input[name=code]", code_for(key, 1))
    page.click("button.primary")
    page.wait_for_selector(PERSONAL)
    assert "/overload/rows" in page.url
    assert fits(page)

    # Signed out elsewhere: the open page says so and leads back.
    store.end_sessions(store.known_account("li.na"))
    page.goto(f"{address}/overload/rows")
    page.wait_for_selector("input[name=name]")
    page.go_back()
    page.wait_for_selector("input[name=name]")
    assert page.locator(PERSONAL).count() == 0
    assert messages == []
    assert {url.split("/")[2] for url in requests if url.startswith("http")} == {address.split("/")[2]}
    context.close()


def test_an_open_page_says_that_its_session_ended_and_the_way_back_shows_nothing(
    browser: Any,
    address: str,
    app: Dash,
    store: Control,
) -> None:
    from one_app import account_of, browser_cookies

    context = browser.new_context(locale="zh-CN")
    context.add_cookies(browser_cookies(address))
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/overload/rows?lang=en")
    page.wait_for_selector(PERSONAL)
    page.click("a.quiet[href='/account']")
    page.click(".row form button")
    page.wait_for_selector("input[name=name]")
    for _ in range(2):
        page.go_back()
        page.wait_for_selector("input[name=name]")
        assert page.locator(PERSONAL).count() == 0
        assert "湘" not in page.inner_text("body")

    context.clear_cookies()
    context.add_cookies(browser_cookies(address))
    page.goto(f"{address}/definitions?lang=en")
    page.wait_for_selector("#definitions-search")
    store.end_sessions(account_of("inspector"))
    page.fill("#definitions-search", "axle")
    page.wait_for_selector("#refused")
    assert "signed out" in page.inner_text("#refused")
    page.click("#refused a")
    page.wait_for_selector("input[name=name]")
    context.close()


@pytest.mark.parametrize(("size", "lang", "theme"), [("phone", "zh", "light"), ("desktop", "en", "dark")])
def test_administrators_work_by_keyboard_at_every_width(
    browser: Any,
    address: str,
    app: Dash,
    store: Control,
    size: str,
    lang: str,
    theme: str,
) -> None:
    from one_app import account_of, browser_cookies

    SCREENS.mkdir(parents=True, exist_ok=True)
    for role in ("analyst", "inspector", "district"):
        account_of(role)
    by = Principal(account_of("inspector").account_id, "inspector", None, "whole")
    subject = Subject("plate", "湘M12345")
    audit.append(Event(by, "disclosure", "given", subject, purpose="vehicle_check", query="look_up", row_count=3))
    width, height = SIZES[size]
    for role, name in (("system", "accounts"), ("security", "accounts"), ("audit", "audit")):
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        context.add_cookies(browser_cookies(address, role))
        page = context.new_page()
        page.set_default_timeout(60_000)
        requests: list[str] = []
        messages: list[str] = []
        page.on("request", lambda request, seen=requests: seen.append(request.url))
        page.on("console", lambda m, seen=messages: seen.append(m.text) if m.type in ("error", "warning") else None)
        page.goto(f"{address}/{name}?lang={lang}&theme={theme}")
        assert fits(page)
        if name == "accounts":
            page.locator(f"tr:has(th:text-is('test.{'analyst' if role == 'system' else 'district'}')) button").focus()
            page.keyboard.press("Enter")
            page.wait_for_selector("#opened")
            if role == "system":
                page.locator("#opened button.primary").focus()
                page.keyboard.press("Enter")
                page.wait_for_selector("#opened .note code")
                assert "/link/" in page.inner_text("#opened .note code")
            else:
                assert page.locator("#opened input:checked").count() == 1
        else:
            page.locator("form[action='/audit/verify'] button").focus()
            page.keyboard.press("Enter")
            page.wait_for_selector(".pill.better")
            page.select_option("select[name=kind]", "plate")
            page.fill("input[name=number]", "湘M12345")
            page.keyboard.press("Enter")
            page.wait_for_selector("p.soft[role=status] .icon-filter")
            assert page.locator("tbody tr").count() == 1
            assert "湘" not in page.url
            assert "湘M12345" not in page.content()
        assert fits(page)
        assert against_accessibility(page) == []
        page.screenshot(path=SCREENS / f"access-{role}-{lang}-{theme}-{size}.png", full_page=True)
        assert messages == []
        assert {url.split("/")[2] for url in requests if url.startswith("http")} == {address.split("/")[2]}
        context.close()


def test_from_another_site_a_browser_comes_in_with_the_strict_cookie(
    browser: Any,
    address: str,
    store: Control,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The provider is another site, so the cookie that is set when it sends the browser back is not sent on at once."""
    from one_app import account_of

    with serving(FakeProvider("localhost")) as fake:
        monkeypatch.setenv("HENG_OIDC_ISSUER", fake.issuer)
        monkeypatch.setenv("HENG_OIDC_CLIENT", CLIENT)
        access_key.make(home)
        access_key.write(home / "secrets" / "oidc_client_secret", SECRET)
        store.bind_identity(account_of("analyst"), fake.issuer, fake.subject)
        context = browser.new_context(locale="zh-CN")
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{address}/overload/rows?lang=en")
        page.click("a[href^='/login/provider']")
        page.wait_for_selector(PERSONAL)
        assert page.url == f"{address}/overload/rows?lang=en"
        assert [cookie["name"] for cookie in context.cookies() if "provider" in cookie["name"]] == []
        context.close()


@pytest.mark.parametrize(("size", "lang", "theme"), [("phone", "zh", "light"), ("desktop", "en", "dark")])
def test_a_look_up_asks_for_password_and_code_and_keeps_what_was_typed(
    browser: Any,
    address: str,
    store: Control,
    monkeypatch: pytest.MonkeyPatch,
    db: Any,
    size: str,
    lang: str,
    theme: str,
) -> None:
    from contextlib import nullcontext

    from one_app import account_of, browser_cookies

    from dashboards.access.vault import vault
    from warehouse import disclosure

    asked: list[str] = []
    monkeypatch.setattr(disclosure, "disclosed", lambda *told: asked.append(told[2]) or nullcontext(db))
    account = account_of("inspector")
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    context.add_cookies(browser_cookies(address))
    page = context.new_page()
    page.set_default_timeout(60_000)
    addresses: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("console", lambda m: messages.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(f"{address}/lookup?lang={lang}&theme={theme}")
    store.connection.execute("update session set proved_at = 0")
    page.fill("#lookup-plate", "M99999")
    page.press("#lookup-plate", "Enter")
    page.wait_for_selector("#fresh input[name=password]")
    assert page.evaluate("document.activeElement.name") == "password"
    assert fits(page)
    box = page.locator("#fresh").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    page.screenshot(path=SCREENS / f"access-fresh-{lang}-{theme}-{size}.png")

    # Not now: nothing is shown, and nothing is lost.
    page.keyboard.press("Escape")
    page.wait_for_selector("#fresh", state="detached")
    assert page.input_value("#lookup-plate") == "M99999"
    assert "99999" not in page.inner_text("#lookup-result")
    page.click("#lookup-go")

    # Wrong, then right; the question that waited is answered by itself.
    page.fill("#fresh input[name=password]", "wrong password")
    page.fill("#fresh input[name=code]", "000000")
    page.click("#fresh .primary")
    page.wait_for_selector("#fresh .error:not(:empty)")
    assert page.input_value("#fresh input[name=password]") == ""
    assert asked == []
    page.fill("#fresh input[name=password]", PASSWORD)
    page.fill("#fresh input[name=code]", vault().code_now(account.second_factor or ""))
    page.press("#fresh input[name=code]", "Enter")
    page.wait_for_selector("#fresh", state="detached")
    page.wait_for_selector("#lookup-result :text('99999')")
    assert asked == ["look_up"]
    assert page.input_value("#lookup-plate") == "M99999"
    assert not any("99999" in url or "password" in url for url in addresses)
    kept = page.evaluate("JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])")
    assert "99999" not in kept
    assert PASSWORD not in kept
    refused = ("status of 403", "status of 401", "Callback error updating ..lookup-result")
    assert [one for one in messages if not any(told in one for told in refused)] == []
    context.close()


def test_a_leader_signs_a_bulletin_off_on_a_phone(
    browser: Any,
    address: str,
    store: Control,
    db: Any,
) -> None:
    from one_app import browser_cookies

    from warehouse import audit, bulletin, bulletin_store

    bulletin_store.draft(db, bulletin.period("2026-10"), audit.SYSTEM)
    width, height = SIZES["phone"]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    context.add_cookies(browser_cookies(address, "leader"))
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/bulletins?lang=zh")
    page.wait_for_selector("#bulletins-sign")
    store.connection.execute("update session set proved_at = 0")
    page.fill("#bulletins-by", "示例局")
    page.click("#bulletins-sign")
    page.fill("#fresh input[name=password]", PASSWORD)
    page.press("#fresh input[name=password]", "Enter")
    page.wait_for_selector("#bulletins-signed .note")
    assert fits(page)
    signed = bulletin_store.find("2026-10").signed
    assert signed is not None
    assert signed["by"] == "示例局"
    context.close()
