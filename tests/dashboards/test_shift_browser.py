"""The shift sheet in a browser: it fits, prints on one sheet, stays within its bytes, and a lost network is said.

Pages for the road stay light: what they send after the first visit is counted here for each of them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fixture
import pytest
import shift_fixture
from browsing import SCREENS, SIZES, until
from dash import Dash
from on_loopback import on_loopback
from one_app import browser_cookies

from dashboards import shift_facts
from warehouse import shift_file
from warehouse.shift import Asked

LIGHT = {"lookup": "/lookup", "repeat": "/repeat?window=ROLLING_12M", "shift": "/shift"}
MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def address(app: Dash, db: fixture.Fixture) -> Iterator[str]:
    with shift_fixture.passing(db), on_loopback(app.server) as address:
        yield address


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("lang", "theme"), [("zh", "light"), ("en", "light"), ("en", "dark")])
def test_the_sheet_fits_and_is_accessible(watched: Any, lang: str, theme: str, size: str) -> None:
    one = watched(size)
    one.open(f"/shift?lang={lang}&theme={theme}")
    one.page.screenshot(path=SCREENS / f"shift-{lang}-{theme}-{size}.png", full_page=True)
    wide = one.page.evaluate(
        "[...document.querySelectorAll('body *')].filter(n => n.getBoundingClientRect().right > innerWidth + .4 && "
        "!n.closest('.table-scroll')).map(n => n.outerHTML.slice(0, 120))"
    )
    assert wide == []
    one.check()
    assert one.against_accessibility() == []
    for card in ("shift-top", "shift-watch", "shift-sites"):
        inside = one.page.locator(f"#{card}").evaluate("n => [n.scrollWidth, n.clientWidth]")
        assert inside[0] <= inside[1], f"{card} is wider than its place: {inside}"
    assert not [url for url in one.requests if "plotly-basic" in url], "no chart"
    one.page.locator("#shift-top .info").click()
    one.page.wait_for_selector(".explain .thresholds")
    one.page.keyboard.press("Escape")


@pytest.mark.parametrize("name", LIGHT)
def test_a_page_for_the_road_stays_light_after_the_first_visit(browser: Any, address: str, name: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies(browser_cookies(address))
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sent: set[str] = set()
    sizes: list[int] = []
    session.on("Network.requestWillBeSent", lambda told: sent.add(told["requestId"])
               if told["request"]["url"].startswith("http") else None)  # fmt: skip
    session.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"])
               if told["requestId"] in sent else None)  # fmt: skip

    def visit() -> int:
        sizes.clear()
        page.goto(address + LIGHT[name])
        page.wait_for_selector("h1")
        page.wait_for_load_state("networkidle")
        return int(sum(sizes))

    first, again = visit(), visit()
    print(f"{name}: first visit {first:,} bytes, after it {again:,}")
    assert again <= MOST_BYTES
    assert again > 1000, "the answer itself was counted"
    context.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_lost_network_is_said_and_what_was_typed_stays(watched: Any, lang: str) -> None:
    one = watched("phone")
    page = one.page
    one.open(f"/lookup?lang={lang}")
    page.fill("#lookup-plate", "M10001")
    one.context.set_offline(True)
    page.click("#lookup-go")
    page.wait_for_selector("#refused")
    said = page.locator("#refused").inner_text()
    assert ("网络不通" if lang == "zh" else "No connection") in said
    assert page.input_value("#lookup-plate") == "M10001"
    page.screenshot(path=SCREENS / f"offline-{lang}.png")
    page.click("#refused button")
    assert page.locator("#refused").count() == 0
    page.click("#lookup-go")
    page.wait_for_selector("#refused")
    one.context.set_offline(False)
    assert until(page, "!document.querySelector('#refused')"), "the way is there again"
    page.click("#lookup-go")
    page.wait_for_selector(".verdict-block.passed")


def test_a_page_that_is_left_says_nothing_of_the_network(watched: Any) -> None:
    """A request that ends because its page does is no lost network."""
    one = watched()
    one.open("/shift")
    told = one.page.evaluate(
        """() => { window.dispatchEvent(new Event("pagehide"));
        return fetch("http://127.0.0.1:9/_dash-update-component").catch(() => document.querySelector("#refused")); }"""
    )
    assert told is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_offline_sheet_opens_without_a_network_and_prints_on_one_sheet(
    watched: Any, tmp_path: Path, lang: str
) -> None:
    one = watched("phone")
    page = one.page
    one.open(f"/shift?lang={lang}")
    with page.expect_download() as given:
        page.locator("a[href^='/export/shift.html']").click()
    file = tmp_path / "sheet.html"
    given.value.save_as(file)
    assert given.value.suggested_filename.endswith(".html")
    one.context.set_offline(True)
    paper = one.context.new_page()
    asked: list[str] = []
    paper.on("request", lambda request: asked.append(request.url))
    paper.goto(file.as_uri())
    assert asked == [file.as_uri()]
    width = paper.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width[0] <= width[1]
    paper.screenshot(path=SCREENS / f"shift-file-{lang}.png", full_page=True)
    pdf = paper.pdf(format="A4", print_background=True, prefer_css_page_size=True)
    (SCREENS / f"shift-file-{lang}.pdf").write_bytes(pdf)
    assert sheets_of(pdf) == 1
    one.context.set_offline(False)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_paper_has_room_for_a_large_prefecture(watched: Any, db: fixture.Fixture, lang: str) -> None:
    """Twice the sites and a full list of vehicles: still one sheet, which says what it leaves out."""
    told = shift_facts.document(db, Asked(fixture.NEXT_DAY, fixture.LAST_DAY))
    told["sites"] *= 2
    told["watch"]["vehicles"] = [
        {**told["watch"]["vehicles"][0], "unpaid": 2, "places": told["watch"]["vehicles"][0]["places"] * 2}
    ] * 40
    paper = watched().context.new_page()
    paper.set_content(shift_file.html(told, lang).decode())
    pdf = paper.pdf(format="A4", print_background=True, prefer_css_page_size=True)
    (SCREENS / f"shift-large-{lang}.pdf").write_bytes(pdf)
    assert sheets_of(pdf) == 1
    paper.emulate_media(media="print")
    assert paper.locator(".paper").is_visible()


def sheets_of(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_prints_without_its_controls(watched: Any, lang: str) -> None:
    one = watched()
    one.open(f"/shift?lang={lang}")
    one.page.emulate_media(media="print")
    assert one.page.locator(".print-only").first.is_visible()
    assert one.page.locator(".filters, .sidebar, .actions").locator("visible=true").count() == 0
    pdf = one.page.pdf(format="A4", print_background=True)
    (SCREENS / f"shift-page-{lang}.pdf").write_bytes(pdf)
    assert sheets_of(pdf) == 1
