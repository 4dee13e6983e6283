"""Chromium opens every page in both languages, themes and widths, and uses it.

It fails on a request to another host, on anything the console reports, and on a page wider than its
window. Pictures are left under ``build/screens`` as build output.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import made_outlines
import pytest
from browsing import SCREENS, SIZES, until
from dash import Dash
from fined_rows import fined, forecast_of, told_of
from on_loopback import on_loopback
from one_app import browser_cookies

from dashboards import case_facts, shell
from warehouse import consistency, dossier_file
from warehouse.funnel import Part

PATHS = {key: path for key, path, *_ in shell.PAGES}


@pytest.fixture(scope="module")
def address(app: Dash) -> Iterator[str]:
    """The application on a free port of the loopback interface, for as long as the tests of this file run."""
    with on_loopback(app.server) as address:
        yield address


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", shell.THEMES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_quiet_local_and_fits(watched: Any, lang: str, theme: str, size: str) -> None:
    one = watched(size)
    for key, path in PATHS.items():
        # In the certificate's year, with which the list begins, nobody is listed here.
        one.open(f"{path}?lang={lang}&theme={theme}" + ("&window=ROLLING_12M" if key == "repeat" else ""))
        if key == "overload":
            one.page.wait_for_selector("#overload-bands .main-svg")
        if key == "terminals":
            one.page.wait_for_selector("#terminals-trend .main-svg")
        if key == "hazards":
            one.page.wait_for_selector("#hazards-curve .main-svg")
            one.page.locator("#hazards-grid").scroll_into_view_if_needed()  # a list out of sight is not laid out
        if key in ("rows", "vehicles", "repeat", "risk", "hazards"):
            one.page.wait_for_selector(".ag-row .ag-cell")
        assert one.page.evaluate("document.documentElement.lang") == ("zh-CN" if lang == "zh" else "en")
        one.page.screenshot(
            path=SCREENS / f"{key}-{lang}-{theme}-{size}.png", full_page=key not in ("rows", "vehicles")
        )
        one.check()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("lang", "theme"), [("zh", "light"), ("en", "dark")])
def test_every_page_passes_the_rules_of_accessibility(watched: Any, lang: str, theme: str, size: str) -> None:
    """axe-core, all its rules of WCAG 2.2 A and AA and its best practices: nothing serious or critical."""
    one, found = watched(size), []
    for key, path in PATHS.items():
        one.open(f"{path}?lang={lang}&theme={theme}" + ("&window=ROLLING_12M" if key == "repeat" else ""))
        found += [f"{key}: {told}" for told in one.against_accessibility()]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("lang", "theme"), [("zh", "dark"), ("en", "light")])
def test_consistency_and_forecast_fit_with_everything_folded_out(
    watched: Any, monkeypatch: pytest.MonkeyPatch, lang: str, theme: str, size: str
) -> None:
    cases = [
        fined(f"永交执〔2026〕{at:06d}号", 0.2 + at % 7 / 100 + (at % 3 == 0) / 9,
              county_code=("431102", "431103")[at % 2], origin=("local", "elsewhere")[at % 3 == 0],
              decided_on=date(2026, 11, 1 + at % 20))
        for at in range(60)
    ]  # fmt: skip
    told = told_of(
        [*cases, fined("永交执〔2026〕000999号", 1.4, decided_on=date(2026, 11, 9))],
        (),
        [Part("no_statutory", "several_subjects", 3)],
    )
    monkeypatch.setattr(case_facts, "consistency_told", lambda *_: told)
    monkeypatch.setattr(case_facts, "consistency_groups", lambda _, __, by: consistency.groups(told, by))
    monkeypatch.setattr(case_facts, "forecast", lambda _, asked: forecast_of(asked.weeks))
    one = watched(size)
    one.open(f"{PATHS['penalties']}?lang={lang}&theme={theme}&by=origin&ahead=4")
    for name in ("consistency", "forecast"):
        card = one.page.locator(f"#penalties-{name}")
        folds = card.locator(".fold")
        for at in range(folds.count()):
            folds.nth(at).locator("summary").click()
        card.screenshot(path=SCREENS / f"{name}-{lang}-{theme}-{size}.png")
        inside = card.evaluate("n => [n.scrollWidth, n.clientWidth]")
        assert inside[0] <= inside[1], f"the card of {name} is wider than its place: {inside}"
        card.locator("button.info").click()
        one.page.wait_for_selector(".explain .thresholds")
        one.page.keyboard.press("Escape")
    assert one.page.locator("#penalties-consistency .fold[open] tbody tr").last.is_visible()
    one.check()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_remainders_of_the_funnel_fold_out_and_fit(watched: Any, lang: str, size: str) -> None:
    one = watched(size)
    one.open(f"{PATHS['penalties']}?lang={lang}")
    folds = one.page.locator("#penalties-funnel .fold")
    assert folds.count() > 1
    for at in range(folds.count()):
        folds.nth(at).locator("summary").click()
    assert one.page.locator("#penalties-funnel .fold[open] tbody tr").last.is_visible()
    card = one.page.locator("#penalties-funnel")
    card.screenshot(path=SCREENS / f"funnel-{lang}-{size}.png")
    inside = card.evaluate("n => [n.scrollWidth, n.clientWidth]")
    assert inside[0] <= inside[1], f"the card is wider than its place: {inside}"
    one.check()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_row_of_a_case_opens_beside_it_and_closes(watched: Any, lang: str, size: str) -> None:
    one = watched(size)
    for rows in ("cases", "refused", "clocks"):
        one.open(f"{PATHS['penalties']}?lang={lang}&rows={rows}")
        one.page.locator("#rows tbody a").first.click()
        drawer = one.page.locator("#penalties-drawer.open")
        drawer.wait_for()
        assert drawer.locator("h3").count() > 3
        one.page.wait_for_load_state("networkidle")
        one.page.screenshot(path=SCREENS / f"case-{rows}-{lang}-{size}.png")
        assert one.against_accessibility() == []
        inside = drawer.evaluate("n => [n.scrollWidth, n.clientWidth]")
        assert inside[0] <= inside[1], f"the drawer is wider than its place: {inside}"
        one.check()
        drawer.locator(".drawer-head a").click()
        one.page.wait_for_selector("#penalties-drawer:not(.open)", state="attached")
    one.check()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_number_of_dimensions_opens_its_rows_and_fits(watched: Any, lang: str, size: str) -> None:
    one = watched(size)
    one.open(f"{PATHS['findings']}?lang={lang}")
    one.page.locator("#findings-dimensions tbody a").first.click()
    one.page.wait_for_selector("#rows tbody tr")
    one.page.wait_for_load_state("networkidle")
    for name in ("#rows", "#findings-dimensions"):
        card = one.page.locator(name)
        card.screenshot(path=SCREENS / f"dimension{name.strip('#')}-{lang}-{size}.png")
        inside = card.evaluate("n => [n.scrollWidth, n.clientWidth]")
        assert inside[0] <= inside[1], f"the card is wider than its place: {inside}"
    one.check()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_parts_of_a_county_fold_out_and_fit(watched: Any, lang: str, size: str) -> None:
    one = watched(size)
    one.open(f"{PATHS['supervision']}?lang={lang}&theme={'dark' if lang == 'en' else 'light'}")
    assert one.page.locator("#supervision-table tbody tr").count() == 11
    folds = one.page.locator("#supervision-why .fold")
    folds.nth(0).locator("summary").click()
    folds.nth(9).locator("summary").click()
    assert one.page.locator("#supervision-why .fold[open] tbody tr").last.is_visible()
    one.page.locator("#supervision-table .info").click()
    assert one.page.locator(".explain .formula").is_visible()
    one.page.keyboard.press("Escape")
    for card in ("table", "why", "parts", "ladder", "suggestions"):
        found = one.page.locator(f"#supervision-{card}")
        found.screenshot(path=SCREENS / f"supervision-{card}-{lang}-{size}.png")
        inside = found.evaluate("n => [n.scrollWidth, n.clientWidth]")
        assert inside[0] <= inside[1], f"the card {card} is wider than its place: {inside}"
    one.check()


@pytest.mark.parametrize("size", SIZES)
def test_enterprises_are_ranked_on_the_same_page_and_fit(watched: Any, size: str) -> None:
    one = watched(size)
    one.open(f"{PATHS['supervision']}?lang=en&of=enterprise")
    assert one.page.locator("#supervision-table tbody tr").count() > 1
    assert one.page.locator("#supervision-ladder").count() == 0
    fold = one.page.locator("#supervision-why .fold").first
    fold.locator("summary").click()
    assert fold.locator("tbody tr").last.is_visible()
    one.page.screenshot(path=SCREENS / f"supervision-enterprise-{size}.png", full_page=True)
    one.check()


@pytest.mark.parametrize("width", [1366, 1280, 1000, 780])
def test_pages_fit_between_the_widths(watched: Any, width: int) -> None:
    one = watched()
    one.page.set_viewport_size({"width": width, "height": 768})
    for path in PATHS.values():
        one.open(f"{path}?lang=en")
        one.check()


def test_from_a_number_to_its_rows_to_its_evidence_and_back(watched: Any) -> None:
    one = watched()
    one.open("/overload")
    page = one.page
    page.click("button.county >> text=道县")
    page.wait_for_url("**/overload?county=431124")
    assert until(page, "document.querySelector('#overload-live').textContent !== ''")
    number = page.locator(".kpi").nth(2).locator(".kpi-value").inner_text().split()[0].removesuffix("台次")
    page.locator(".kpi").nth(2).locator(".rows-link").click()
    page.wait_for_selector(".reconcile")
    assert page.locator(".reconcile b").first.inner_text() == number
    assert "与总览一致" in page.locator(".reconcile").inner_text()
    assert page.locator(".removable").nth(1).inner_text().endswith("道县")
    # A row is there before its record is; only a record has a mark in its last column.
    page.wait_for_selector(".ag-row[row-index='1'] .pill")
    page.locator(".ag-row[row-index='1'] .ag-cell").first.click()
    page.wait_for_selector(".drawer.open .facts")
    assert "SHA-256" in page.locator(".drawer").inner_text()
    record = page.locator(".drawer-head .under").inner_text()
    assert until(page, "location.search.includes('record=')")
    page.locator(".drawer [data-copy]").click()
    assert until(page, "document.querySelector('.drawer [data-copy]').textContent.includes('已复制')")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.endswith(f"record={record}")
    assert "from=2026-11-01&to=2026-11-22" in link
    page.screenshot(path=SCREENS / "evidence.png")
    assert one.against_accessibility() == []
    page.keyboard.press("Escape")
    assert until(page, "!document.querySelector('.drawer.open')")
    page.go_back()
    page.wait_for_selector(".kpis")
    assert "county=431124" in page.url
    one.check()


@pytest.mark.parametrize("size", SIZES)
def test_from_a_rate_of_terminals_to_its_vehicles_and_from_a_finding_to_its_passage(watched: Any, size: str) -> None:
    one = watched(size)
    one.open("/terminals")
    page = one.page
    sums = page.locator(".kpi.hero > .subtitle").inner_text().split("未核实")[0].strip()
    page.locator(".kpi.hero .rows-link").click()
    page.wait_for_selector(".reconcile .better")
    assert sums in page.locator(".reconcile b").nth(1).inner_text()
    open_row(page, 1)
    page.screenshot(path=SCREENS / f"vehicle-{size}.png")
    assert one.against_accessibility() == []
    assert "record" not in page.url
    page.keyboard.press("Escape")
    assert until(page, "!document.querySelector('.drawer.open')")
    page.locator(".kinds >> text=疑点").click()
    page.wait_for_url("**/terminals/rows?show=findings")
    one.open("/terminals/rows?show=findings&kind=scale_parked")
    open_row(page, 0)
    page.screenshot(path=SCREENS / f"finding-{size}.png")
    page.locator(".drawer a >> text=检测证据").click()
    page.wait_for_url("**/overload/rows?record=*")
    page.wait_for_selector("#rows-drawer.open .facts")  # the address is there before the page is
    assert "SHA-256" in page.locator("#rows-drawer").inner_text()
    one.check()


@pytest.mark.parametrize("size", SIZES)
def test_from_a_tier_to_its_vehicle_to_the_evidence_of_an_act(watched: Any, size: str) -> None:
    one = watched(size)
    page = one.page
    one.open("/repeat?lang=zh&window=ROLLING_12M")
    page.locator(".kpi .rows-link").nth(1).click()
    page.wait_for_url("**/repeat?window=ROLLING_12M&low=statutory")
    assert until(page, "() => document.querySelector('.reconcile')?.textContent.includes('合计 2 辆')")
    open_row(page, 0)
    words = page.locator(".drawer.open").inner_text()
    assert [word for word in ("超过3次", "计次的违法 4", "案号", "不同窗口的次数") if word not in words] == []
    page.screenshot(path=SCREENS / f"repeat-drawer-{size}.png")
    assert page.evaluate("location.search") == "?window=ROLLING_12M&low=statutory", (
        "which row is open stays out of the address"
    )
    with one.context.expect_page() as evidence:
        page.locator(".drawer.open a[href^='/overload/rows?record=']").first.click()
    evidence.value.wait_for_selector(".drawer.open .facts")
    assert page.locator(".drawer.open").inner_text() == words, "the list and its row stay where they are"
    one.check()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_whom_to_look_at_first_tells_what_made_its_scores(watched: Any, lang: str, size: str) -> None:
    one = watched(size)
    page = one.page
    one.open(f"/risk?lang={lang}&by=ocrs")
    open_row(page, 0)
    page.wait_for_selector("#risk-drawer.open .step-line")
    hidden = "() => !document.querySelector(\".ag-header-cell[col-id='kind']\")"
    assert until(page, hidden), "beside the drawer there is room for the columns that tell rows apart only"
    words = page.locator("#risk-drawer").inner_text()
    assert "2026-08-14" in words or "14 Aug" in words
    assert ("有通行证" if lang == "zh" else "covered by a permit") in words
    for box in ("#risk-drawer", "#risk-tested"):
        inside = page.locator(box).evaluate("n => [n.scrollWidth, n.clientWidth]")
        assert inside[0] <= inside[1], f"{box} is wider than its place: {inside}"
    page.screenshot(path=SCREENS / f"risk-drawer-{lang}-{size}.png", full_page=True)
    one.check()


@pytest.mark.parametrize(("lang", "width"), [("zh", 390), ("en", 768)])
def test_a_drawer_over_its_page_can_be_scrolled_to_its_end(watched: Any, lang: str, width: int) -> None:
    """By the wheel, and what lies behind it stays where it is."""
    one = watched()
    page = one.page
    page.set_viewport_size({"width": width, "height": 640})
    for key in ("rows", "vehicles", "repeat", "risk", "hazards", "penalties"):
        named = "?window=ROLLING_12M&" if key == "repeat" else "?rows=cases&" if key == "penalties" else "?"
        one.open(f"{PATHS[key]}{named}lang={lang}")
        if key == "penalties":
            page.locator("#rows tbody a").first.click()
            page.wait_for_selector(".drawer.open h3")
        else:
            page.locator(f"#{key}-grid").scroll_into_view_if_needed()  # a list out of sight is not laid out
            page.wait_for_selector(".ag-row[row-index='0'] .ag-cell")
            page.locator(".ag-row[row-index='0'] .ag-cell").first.click()
            page.wait_for_selector(".drawer.open .facts")
        page.wait_for_load_state("networkidle")
        behind = page.evaluate("scrollY")
        page.mouse.move(width - 150, 320)
        for _ in range(12):
            page.mouse.wheel(0, 900)
        at_its_end = """() => {
            const drawer = document.querySelector('.drawer.open');
            const end = drawer.lastElementChild.getBoundingClientRect();
            return drawer.getBoundingClientRect().bottom <= innerHeight + 1 && end.bottom <= innerHeight + 1;
        }"""
        assert until(page, at_its_end, seconds=15), f"{key}: the end of its drawer cannot be reached"
        assert page.evaluate("scrollY") == behind, f"{key}: the wheel moves the page behind its drawer"
        one.check()


def test_another_day_of_the_repeat_lists_is_another_address(watched: Any) -> None:
    one = watched()
    page = one.page
    one.open("/repeat?lang=zh&low=all")
    page.click("#repeat-day")
    page.locator(".mantine-DatePickerInput-day:not([data-outside])").nth(19).click()
    page.wait_for_url("**as_of=2026-11-20*")
    assert until(page, "() => document.querySelector('.lead')?.textContent.includes('2026-11-20')")
    page.get_by_role("link", name="近12个月", exact=True).click()
    page.wait_for_url("**window=ROLLING_12M*")
    assert "as_of=2026-11-20" in page.url
    assert "low=all" in page.url
    one.check()


@pytest.mark.parametrize("name", ["hazards", "penalties"])
def test_another_day_of_a_page_as_of_a_day_is_another_address(watched: Any, name: str) -> None:
    one = watched()
    page = one.page
    one.open(f"/{name}?lang=zh&county=431103")
    page.click(f"#{name}-day")
    page.locator(".mantine-DatePickerInput-day:not([data-outside])").nth(19).click()
    page.wait_for_url("**as_of=2026-11-20*")
    assert until(page, "() => document.querySelector('.lead')?.textContent.includes('2026-11-20')")
    assert "county=431103" in page.url
    one.check()


def test_the_league_follows_its_controls_into_the_address(watched: Any) -> None:
    one = watched()
    one.open("/terminals")
    page = one.page
    page.click("#terminals-level >> text=企业")
    page.wait_for_url("**/terminals?level=enterprise")
    page.click("#terminals-part >> text=智能监管")
    page.wait_for_url("**/terminals?level=enterprise&part=smart")
    assert until(page, "document.querySelector('#terminals-league-table thead').textContent.includes('报警处置率')")
    more = page.locator("[data-expand='#terminals-league-table']")
    shown = page.locator("#terminals-league-table tbody tr").locator("visible=true").count()
    more.click()
    assert page.locator("#terminals-league-table tbody tr").locator("visible=true").count() > shown
    page.click("#terminals-level >> text=县区")
    page.locator("#terminals-league-table a >> text=道县").first.click()
    page.wait_for_url("**/terminals?county=431124&part=smart")
    # The address is there before the page is.
    assert until(
        page, "document.querySelector('#shell-nav-overload').getAttribute('href') === '/overload?county=431124'"
    )
    page.click("#terminals-copy")
    assert until(page, "document.querySelector('#terminals-copy').textContent.includes('已复制')")
    assert "from=2026-11-01&to=2026-11-22" in page.evaluate("navigator.clipboard.readText()")
    one.check()


def test_a_day_of_the_line_of_terminals_opens_its_vehicles(watched: Any) -> None:
    one = watched()
    one.open("/terminals")
    page = one.page
    days = "**/terminals/rows?show=vehicles&period=custom&from=2026-11-1*"
    open_by(page, "terminals-trend", ".nsewdrag", 0, days)
    page.wait_for_selector(".reconcile .better")
    one.check()


def test_a_threshold_of_terminals_opens_by_keyboard_with_its_doubt(watched: Any) -> None:
    one = watched()
    one.open("/terminals")
    page = one.page
    page.locator(".kpi .info").nth(2).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".explain .thresholds")
    assert "未核实" in page.locator(".explain").inner_text()
    assert until(page, "getComputedStyle(document.querySelector('.mantine-Popover-dropdown')).opacity === '1'")
    page.screenshot(path=SCREENS / "terminals-explain.png")
    page.keyboard.press("Escape")
    page.wait_for_selector(".explain", state="detached")
    one.check()


def test_filters_follow_into_the_address_and_the_links(watched: Any) -> None:
    one = watched()
    one.open("/overload")
    page = one.page
    page.click("text=上月")
    page.wait_for_url("**/overload?period=last_month")
    assert page.locator("#shell-nav-rows").get_attribute("href") == "/overload/rows?period=last_month"
    assert page.locator("#overload-dates").inner_text().startswith("2026-10-01")
    page.click("#overload-reset")
    page.wait_for_url("**/overload")
    page.click("#overload-copy")
    assert until(page, "document.querySelector('#overload-copy').textContent.includes('已复制')")
    assert page.evaluate("navigator.clipboard.readText()").endswith("?period=custom&from=2026-11-01&to=2026-11-22")
    page.click("[data-switch=lang]")
    page.wait_for_selector("text=Overloading overview")
    one.check()


@pytest.mark.parametrize("size", SIZES)
def test_the_rules_follow_their_controls_into_the_address(watched: Any, size: str) -> None:
    one = watched(size)
    one.open("/rules?on=2023-07-19&topic=fine&lang=en")
    assert until(one.page, "document.querySelector('#rules-book').innerText.includes('IO-OLD-FREIGHT')")
    one.page.click("#rules-changes .change-columns > div:last-child a.text-link")
    one.page.wait_for_url("**/rules?on=2023-07-20&topic=fine")
    assert until(one.page, "document.querySelector('#rules-book').innerText.includes('IO-FREIGHT-SERIOUS')")
    assert not one.page.evaluate("document.querySelector('#rules-book').innerText.includes('IO-OLD-FREIGHT')")
    one.page.click(".rule-bar .mantine-Switch-track")
    one.page.wait_for_url("**/rules?on=2023-07-20&topic=fine&unverified=1")
    assert until(one.page, "document.querySelectorAll('.rulebook tbody tr').length === 1")
    one.page.click("#rules-topic")
    one.page.click("[role=option] >> text=Deadlines of the procedure")
    one.page.wait_for_url("**/rules?on=2023-07-20&topic=clock&unverified=1")
    one.page.fill("#rules-search", "extension")
    one.page.wait_for_url("**&q=extension")
    assert until(one.page, "document.querySelector('#rules-book').innerText.includes('C-EXTENSION')")
    one.page.click("#rules-day")
    one.page.click(".mantine-DatePickerInput-day >> text=15")
    one.page.wait_for_url("**/rules?on=2023-07-15&topic=clock&unverified=1&q=extension")
    href = one.page.get_attribute("#shell-nav-rules", "href")
    assert href == "/rules?on=2023-07-15&topic=clock&unverified=1&q=extension"
    one.page.reload()
    one.page.wait_for_selector("#rules-book")
    assert one.page.input_value("#rules-search") == "extension"
    one.check()


@pytest.mark.parametrize("size", SIZES)
def test_the_night_before_and_a_group_of_feeds_open(watched: Any, size: str) -> None:
    one = watched(size)
    one.open("/quality")
    page = one.page
    told = "night => document.querySelector('#quality-night .subtitle')?.textContent.startsWith(night)"
    page.click("#quality-night >> text=前一夜")
    page.wait_for_url("**/quality?night=2026-11-21")
    assert until(page, told, "2026-11-21")
    page.click("#quality-night >> text=后一夜")
    page.wait_for_url("**/quality")
    assert until(page, told, "2026-11-22")
    group = page.locator("#quality-feeds details").first
    assert not group.locator("table").is_visible()
    group.locator("summary").click()
    assert group.locator("table").is_visible()
    page.locator("#quality-night .fold summary").click()
    assert page.locator(".night-absent li").first.is_visible()
    one.check()


@pytest.mark.parametrize("size", SIZES)
def test_from_a_plate_to_why_it_is_four_and_to_its_dossier(watched: Any, size: str, tmp_path: Path) -> None:
    """The plate stands in no address, no storage of the browser and no name of a file."""
    one = watched(size)
    one.open("/lookup")
    page = one.page
    if size == "phone":
        page.click(".province-picker summary")
        page.screenshot(path=SCREENS / "lookup-provinces.png")
        assert page.locator(".province").first.bounding_box()["height"] >= 48
        page.click("[data-lookup-province='粤']")
        assert page.locator("#lookup-province-shown").inner_text() == "粤"
    page.fill("#lookup-plate", "湘m·10o01" if size == "phone" else "mio001")
    received = 0

    def weigh(response: Any) -> None:
        nonlocal received
        if response.status != 204:  # of which there is no body to ask for
            received += int(response.headers.get("content-length") or len(response.body()))

    page.on("response", weigh)
    page.click("#lookup-go")
    page.wait_for_selector(".near-plates")
    page.screenshot(path=SCREENS / f"lookup-unknown-{size}.png")
    assert one.against_accessibility() == []
    page.click("[data-lookup-plate='湘M10001']")
    page.wait_for_selector(".verdict-block.passed")
    assert page.locator("#lookup-province-shown").inner_text() == "湘"
    assert page.locator(".count-now b").inner_text() == "4"
    assert page.locator(".acts .counted").count() == 4
    assert "同一趟次" in page.locator(".sum-line").inner_text()
    assert "相隔不超过 24 小时" in page.locator(".act-why >> text=A06").inner_text()
    assert received < 150_000
    page.screenshot(path=SCREENS / f"lookup-{size}.png", full_page=True)
    assert one.against_accessibility() == []
    page.click("#lookup-window >> text=证件周年")
    assert until(page, "document.querySelector('.count-now b').textContent === '1'")
    page.click("#lookup-window >> text=近12个月")
    assert until(page, "document.querySelector('.count-now b').textContent === '4'")
    with page.expect_download() as given:
        page.click("#lookup-dossier")
    file = tmp_path / "dossier.html"
    given.value.save_as(file)
    assert dossier_file.verify(file.read_bytes()).lines()[0].startswith("intact")
    for place in (page.url, given.value.suggested_filename, *one.requests):
        assert "10001" not in place
    assert page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])").count("10001") == 0
    one.check()
    with one.context.expect_page() as paper:
        page.evaluate("window.open('about:blank')")
    paper.value.set_content(file.read_text(encoding="utf-8"))
    width = paper.value.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width[0] <= width[1]
    paper.value.screenshot(path=SCREENS / f"dossier-{size}.png", full_page=True)
    with one.context.expect_page() as evidence:
        page.locator(".acts .evidence").first.click()
    evidence.value.wait_for_selector("#rows-drawer.open .facts")
    assert "湘M·***01" in evidence.value.locator("#rows-drawer").inner_text()
    assert page.locator(".count-now b").inner_text() == "4"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("theme", shell.THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_a_vehicle_fits_in_every_language_theme_and_width(watched: Any, size: str, theme: str, lang: str) -> None:
    one = watched(size)
    one.open(f"/lookup?lang={lang}&theme={theme}")
    one.page.fill("#lookup-plate", "M10001")
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector(".verdict-block.passed")
    if size == "phone":  # the count stands above the bar at the foot without scrolling
        count = one.page.locator(".count-now b").bounding_box()
        bar = one.page.locator(".lookup-actions").bounding_box()
        assert count["y"] + count["height"] <= bar["y"]
    one.page.screenshot(path=SCREENS / f"lookup-found-{lang}-{theme}-{size}.png", full_page=True)
    one.check()


def open_row(page: Any, number: int) -> None:
    """Clicks a row of a list once its record is there: the row is, before."""
    assert until(page, "n => document.querySelector(`.ag-row[row-index='${n}']`)?.textContent.includes('湘')", number)
    page.locator(f".ag-row[row-index='{number}'] .ag-cell").first.click()
    page.wait_for_selector(".drawer.open .facts")


# A chart is drawn before it listens, and takes its click from what the pointer is over.
LISTENS = "id => Boolean(document.querySelector(`#${id} .js-plotly-plot`)?._ev?._events?.plotly_click)"
POINTED_AT = "id => document.querySelector(`#${id} .js-plotly-plot`)?._hoverdata?.length"


def open_by(page: Any, chart: str, mark: str, number: int, address: str) -> None:
    """Clicks the middle of a mark once the chart listens and knows that the pointer is there."""
    for patience in (2, 5, 10, 20, 60):
        assert until(page, LISTENS, chart)
        found = page.locator(f"#{chart} {mark}").nth(number)
        found.scroll_into_view_if_needed()
        box = found.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x - 2, y - 2)
        page.mouse.move(x, y)
        if until(page, POINTED_AT, chart, patience):  # else it was drawn again under the pointer
            page.mouse.click(x, y)
            break
    page.wait_for_url(address)


def test_marks_of_the_charts_open_their_rows(watched: Any) -> None:
    one = watched()
    one.open("/overload?county=431124")
    page = one.page
    open_by(page, "overload-bands", ".point path", 3, "**/overload/rows?county=431124&band=30-50")
    page.wait_for_selector(".reconcile .better")
    page.go_back()
    days = "**/overload/rows?county=431124&period=custom&from=2026-11-1*"
    open_by(page, "overload-trend", ".nsewdrag", 0, days)
    page.wait_for_selector(".reconcile .better")  # the address is there before the page is
    page.go_back()
    page.wait_for_selector("#overload-trend .main-svg")
    page.locator("#overload-right .trend .data-table summary").click()
    page.locator("#overload-right .trend .data-table a").nth(2).click()
    page.wait_for_url("**/overload/rows?period=custom&from=2026-11-03&to=2026-11-03&county=431124")
    page.wait_for_selector(".reconcile .better")
    page.go_back()
    open_by(page, "overload-map", ".scatterlayer .trace", 0, "**/overload?county=431102")
    one.check()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("lang", "theme"), [("zh", "light"), ("en", "dark")])
def test_a_configured_map_is_drawn_and_chosen_from(
    watched: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lang: str, theme: str, size: str
) -> None:
    told = made_outlines.write(tmp_path / "counties.geojson", made_outlines.collection(steps=400))
    monkeypatch.setenv("HENG_GEOMETRY", str(told))
    one = watched(size)
    one.open(f"/?lang={lang}&theme={theme}")
    one.page.wait_for_selector("#overview-map .main-svg")
    one.page.locator("#overview-map").screenshot(path=SCREENS / f"map-overview-{lang}-{theme}-{size}.png")
    one.check()
    one.open(f"/overload?lang={lang}&theme={theme}")
    one.page.wait_for_selector("#overload-map .main-svg")
    assert one.page.locator("#overload-map .scatterlayer .js-fill").count() == len(made_outlines.CODES)
    one.page.locator("#overload-mapbox").screenshot(path=SCREENS / f"map-{lang}-{theme}-{size}.png")
    assert one.against_accessibility() == []
    open_by(one.page, "overload-map", ".scatterlayer .js-fill", 1, "**/overload?*county=4311*")
    one.page.locator(".county-list button.county").nth(2).focus()
    one.page.keyboard.press("Enter")
    assert until(one.page, "document.querySelectorAll('.county-list .chosen').length === 1")
    one.check()


def test_an_explanation_opens_closes_and_gives_the_focus_back_by_keyboard(watched: Any) -> None:
    one = watched()
    one.open("/overload")
    page = one.page
    page.locator(".kpi.hero .info").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".explain .formula")
    assert "÷" in page.locator(".explain .formula").inner_text()
    assert until(page, "getComputedStyle(document.querySelector('.mantine-Popover-dropdown')).opacity === '1'")
    page.screenshot(path=SCREENS / "explain.png")
    page.keyboard.press("Escape")
    page.wait_for_selector(".explain", state="detached")
    assert page.evaluate("document.activeElement.className").startswith("info")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    one.check()


def test_the_filters_of_a_phone_are_a_sheet(watched: Any) -> None:
    one = watched("phone")
    one.open("/overload")
    page = one.page
    assert not page.locator(".filter-bar").is_visible()
    page.click("#overload-open-filters")
    assert page.locator(".filter-bar").is_visible()
    page.screenshot(path=SCREENS / "phone-filters.png")
    page.click("#overload-close")
    assert not page.locator(".filter-bar").is_visible()
    one.check()


def test_the_menu_of_a_chart_sends_nothing_to_its_maker(watched: Any) -> None:
    one = watched()
    one.open("/overload")
    page = one.page
    page.wait_for_selector("#overload-trend .modebar-btn", state="attached")
    titles = page.locator("#overload-trend .modebar-btn").evaluate_all("nodes => nodes.map(n => n.dataset.title)")
    assert titles
    assert not [
        title for title in titles if any(word in title for word in ("Share", "Cloud", "Chart Studio", "Plotly"))
    ]
    one.check()


def test_a_failed_filter_keeps_the_numbers_and_shows_the_incident(
    watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = watched()
    one.open("/overload")
    page = one.page
    before = page.locator(".kpi-value").first.inner_text()

    def broken(*_: Any) -> Any:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("dashboards.pages.overload.read", broken)
    page.click("text=上月")
    page.wait_for_selector(".incident:not(:empty)")
    assert "编号" in page.locator(".incident").inner_text()
    assert page.locator(".incident [data-reload]").is_visible()
    assert page.locator(".kpi-value").first.inner_text() == before
    # The next answer tells that it is over.
    monkeypatch.undo()
    page.click("text=本季")
    page.wait_for_selector(".incident", state="hidden")
    one.check()


@pytest.mark.parametrize("size", SIZES)
def test_a_page_says_that_it_loads_until_it_is_there(watched: Any, size: str) -> None:
    """Scripts, and then the first answer, are held back as a busy host does; the frame does not move."""
    one = watched(size)
    page = one.page
    held: dict[str, list[Any] | None] = {".js": [], "/_dash-update-component": []}

    def hold(route: Any) -> None:
        for kind, routes in held.items():
            if routes is not None and kind in route.request.url:
                routes.append(route)
                return
        route.continue_()

    def release(kind: str) -> None:
        routes, held[kind] = held[kind] or [], None
        for route in routes:
            route.continue_()

    page.route("**/*", hold)
    page.goto(f"{one.address}/overload?lang=en", wait_until="commit")

    def waiting() -> Any:
        page.wait_for_selector(".first-paint [role=status]")
        assert page.locator(".first-paint [role=status]").inner_text() == "Loading…"
        assert not page.locator("._dash-loading").is_visible()
        return page.locator(".first-paint .logo").locator("visible=true").bounding_box()

    before = waiting()
    with page.expect_request("**/_dash-update-component*"):
        release(".js")
    assert waiting() == before
    release("/_dash-update-component")
    page.wait_for_selector("h1")
    assert not page.locator(".first-paint").is_visible()
    after = page.locator("#shell-page .logo").locator("visible=true").bounding_box()
    assert after == pytest.approx(before, abs=0.5), "nothing moves by a pixel"
    one.check()


def test_the_rows_of_a_phone_are_cards_that_need_no_swipe(watched: Any) -> None:
    one = watched("phone")
    one.open("/overload/rows")
    page = one.page
    first = page.locator(".ag-row[row-index='0'] .row-card")
    first.wait_for()
    words = first.inner_text()
    assert [word for word in ("超限", "总重 kg", "限值 kg", "超限幅度", "轴数") if word not in words] == []
    sides = first.locator("b").evaluate_all("nodes => nodes.map(n => n.getBoundingClientRect().right)")
    assert max(sides) <= SIZES["phone"][0]
    assert page.locator(".ag-header").is_hidden()
    inside = page.locator(".ag-center-cols-viewport").evaluate("n => [n.scrollWidth, n.clientWidth]")
    assert inside[0] <= inside[1]
    shown = "parseFloat(document.querySelector(\".ag-row[row-index='0'] .row-facts span:nth-child(3) b\")?.textContent)"
    page.click("[data-sort=excess]")
    assert until(page, f"{shown} > 100")
    page.screenshot(path=SCREENS / "phone-rows.png")
    first.click()
    page.wait_for_selector(".drawer.open .facts")
    page.screenshot(path=SCREENS / "phone-evidence.png")
    # Turned or widened, the same list has its columns again.
    page.click("#rows-drawer-close")
    page.set_viewport_size({"width": 1200, "height": 800})
    page.wait_for_selector(".ag-cell[col-id=limit]")
    assert page.locator(".row-card").count() == 0
    one.check()


def test_a_row_opens_by_keyboard(watched: Any) -> None:
    one = watched()
    one.open("/overload/rows")
    page = one.page
    page.wait_for_selector(".ag-row[row-index='0'] .pill")
    page.locator(".ag-row[row-index='0'] .ag-cell").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".drawer.open .facts")
    assert page.locator(".ag-row-selected").first.get_attribute("row-index") == "1"
    one.check()


def test_paper_is_light_and_names_the_filters(watched: Any) -> None:
    one = watched()
    one.open("/overload?county=431124&theme=dark")
    page = one.page
    page.wait_for_selector("#overload-bands .main-svg")
    page.emulate_media(media="print")
    page.screenshot(path=SCREENS / "print.png", full_page=True)
    assert page.locator(".print-only").is_visible()
    assert page.locator(".filters, .sidebar, .actions").locator("visible=true").count() == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(244, 246, 249)"
    one.check()


def test_the_first_visit_stays_in_its_budget(browser: Any, address: str) -> None:
    """1.6 MB and 30 requests for a first visit, 60 KB and few requests for the next."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies(browser_cookies(address))
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sent: set[str] = set()
    sizes: list[int] = []

    def begun(event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):  # icons and small lines are data addresses
            sent.add(event["requestId"])

    def finished(event: dict[str, Any]) -> None:
        if event["requestId"] in sent:
            sizes.append(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", begun)
    session.on("Network.loadingFinished", finished)

    def visit() -> tuple[int, int]:
        sizes.clear()
        page.goto(f"{address}/overload")
        page.wait_for_selector("#overload-bands .main-svg")
        page.wait_for_load_state("networkidle")
        return sum(sizes), len(sizes)

    first, requests = visit()
    again, _ = visit()
    print(f"first visit {first:,} bytes in {requests} requests, next visit {again:,} bytes")
    context.close()
    assert first <= 1_600_000
    assert requests <= 30
    assert again <= 60_000


@pytest.mark.parametrize("path", ["/penalties", "/hazards", "/repeat"])
def test_the_sheet_of_filters_is_one_column_however_low_the_window(watched: Any, path: str) -> None:
    one = watched("phone")
    one.page.set_viewport_size({"width": 390, "height": 480})
    one.open(path)
    page = path.removeprefix("/")
    one.page.click(f"#{page}-open-filters")
    one.page.wait_for_selector(f"#{page}-filters.open")
    lefts = one.page.eval_on_selector_all(
        f"#{page}-filters.open > .field", "fields => fields.map(one => Math.round(one.getBoundingClientRect().left))"
    )
    assert len(lefts) > 3
    assert len(set(lefts)) == 1, lefts


@pytest.mark.parametrize(("size", "lang"), [("desktop", "zh"), ("phone", "zh"), ("phone", "en")])
def test_an_alert_is_put_aside_and_taken_beside_the_list(watched: Any, size: str, lang: str) -> None:
    """By the form in the drawer; what is refused keeps what was typed, and the list says it without another load."""
    seen = watched(size)
    seen.open(f"/alerts?rule=site_silent&lang={lang}")
    seen.page.click("#alerts-list tbody tr:first-child th a")
    seen.page.wait_for_selector("#alerts-drawer.open #alerts-say")
    seen.page.wait_for_load_state("networkidle")
    assert "alert=" in seen.page.url
    assert seen.against_accessibility() == []

    def choose(words: dict[str, str]) -> None:
        seen.page.click("#alerts-action")
        seen.page.click(f"[role=option]:has-text('{words[lang]}')")

    choose({"zh": "搁置", "en": "Put aside"})
    seen.page.click("#alerts-say")
    seen.page.wait_for_selector("#alerts-drawer .note")
    seen.page.fill("#alerts-reason", "等待设备到货")
    seen.page.click("#alerts-say")
    seen.page.wait_for_selector("#alerts-drawer .proof .said:has-text('等待设备到货')")
    seen.page.wait_for_selector(f"#alerts-list .pill:has-text('{ {'zh': '已搁置', 'en': 'put aside'}[lang] }')")
    choose({"zh": "承办", "en": "Take"})
    seen.page.click("#alerts-say")
    seen.page.wait_for_selector(f"#alerts-list :text('{ {'zh': '已承办', 'en': 'taken'}[lang] }')")
    assert "test.inspector" in seen.page.inner_text("#alerts-list")
    choose({"zh": "退回待办", "en": "Give back"})
    seen.page.click("#alerts-say")
    seen.page.wait_for_selector(f"#alerts-drawer .note:has-text('{ {'zh': '已退回', 'en': 'Given back'}[lang] }')")
    seen.page.wait_for_selector("#alerts-list :text('test.inspector')", state="detached")
    seen.page.screenshot(path=SCREENS / f"alert-drawer-{size}-{lang}.png")
    seen.check()
