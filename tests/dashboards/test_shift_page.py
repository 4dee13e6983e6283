"""The shift sheet as pages and files have it: numbers of the answer, masks, scope, both languages, and its states."""

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import fixture
import pytest
import shift_fixture
from driving import HOST, Callbacks, by_class, by_id, components, locale, text_of
from python_calamine import CalamineWorkbook
from repeat_fixture import WHO, plate
from werkzeug.test import Client

from dashboards import queries, shift_facts
from dashboards.shift_facts import HERE
from warehouse import shift, shift_text, watch
from warehouse.plate import masked
from warehouse.shift import Asked

LAST, NEXT = fixture.LAST_DAY, fixture.NEXT_DAY


@pytest.fixture(scope="module", autouse=True)
def _passing(db: fixture.Fixture) -> Iterator[None]:
    with shift_fixture.passing(db):
        yield


def words(node: Any) -> str:
    return " ".join(text_of(node).split())


def links(layout: Any) -> list[str]:
    return [str(one["props"]["href"]) for one in components(layout) if one["props"].get("href")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_tells_the_blocks_of_the_answer_in_their_order(
    callbacks: Callbacks, db: fixture.Fixture, lang: str
) -> None:
    page = callbacks.page(HERE, f"?lang={lang}")
    sheet = shift.sheet(db, Asked(NEXT, LAST))
    first = sheet.top[0]
    assert (first.site_code, first.first_hour) == (shift_fixture.SITE, shift_fixture.FIRST_HOUR)
    rows = components(by_id(page, "shift-top"))
    told = [words(one) for one in rows if one["type"] == "Th" and one["props"].get("scope") == "row"]
    assert told == [
        f"{place}. {one.site_code} {shift_text.span(one.first_hour, one.until_hour)}"
        for place, one in enumerate(sheet.top, 1)
    ]
    w = shift_text.Words(lang)
    text = words(page)
    assert shift_text.number(first.expected) in words(by_id(page, "shift-top"))
    assert f"({first.low}–{first.high})" in text
    assert f"{first.site_code} {shift_text.span(6, 8)}" in words(by_class(page, "lead")[0])
    assert w("counted.of", days=sheet.site(first.site_code).days, count=first.found) in text
    assert w("decides.not") in text, "what it is not for"
    assert ("行政处罚法" if lang == "zh" else "Administrative Penalties Law, art. 74") in text
    assert ("2026-11-23" if lang == "zh" else "23 Nov 2026") in text
    assert locale(lang)["shift.question"] in text


def test_the_table_of_hours_adds_up_and_marks_what_it_does_not_know(callbacks: Callbacks, db: fixture.Fixture) -> None:
    page = callbacks.page(HERE, "?lang=en")
    card = by_id(page, "shift-sites")
    sheet = shift.sheet(db, Asked(NEXT, LAST))
    cells = [words(one) for one in components(card) if one["type"] == "Td"]
    width = 24 // 2 + 1
    assert len(cells) == len(sheet.sites) * width
    for at, one in enumerate(sheet.sites):
        assert cells[at * width] == shift_text.number(one.expected)
        assert cells[at * width + 1 : (at + 1) * width] == [shift_text.number(b.expected) for b in one.blocks]
    said = {str(item["props"]["children"][0]["props"]["children"]): words(item) for item in components(card)
            if item["type"] == "Li"}  # fmt: skip
    assert set(said) == {"YZ02", "YZ03", "YZ04", "YZ05", "YZ22"}
    assert "silent on the last day" in said["YZ05"]
    assert "scale beyond the stop line, since" in said["YZ02"]
    shades = {int(one["props"]["className"].split("-")[1]) for one in components(card)
              if str(one["props"].get("className", "")).startswith("heat-")}  # fmt: skip
    assert max(shades) == 5


def test_vehicles_near_the_line_that_passed_are_told_with_where_they_usually_do(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    asked = Asked(NEXT, LAST)
    found = watch.watch(db, asked, shift.rule_of(shift.parameters(db, LAST)))
    told = {one.plate_no: one for one in found.vehicles}
    assert set(told) == {plate("four"), plate("three")}, "who is near no line, and who did not pass, is left out"
    four, three = told[plate("four")], told[plate("three")]
    assert [one.reason for one in found.vehicles] == ["statutory", "warning"]
    assert (four.acts, four.passages) == (4, 5)
    assert four.places == (("YZ18", 6, 8, 5),)
    assert (four.last_at.date(), four.last_site) == (LAST, "YZ18")
    assert three.places == (("YZ01", 22, 24, 2),)
    assert found.named > len(found.vehicles)
    page = callbacks.page(HERE, "?lang=en")
    card = words(by_id(page, "shift-watch"))
    assert masked(plate("four")) in card
    assert "YZ18 06:00–08:00, 5 of 5" in card
    assert "4 acts, above the statute's number" in card
    assert f"of {found.named} that qualify" in card
    assert [one for one in WHO if plate(one) in json.dumps(page, ensure_ascii=False)] == [], "no plate whole"


def test_a_vehicle_leads_to_its_look_up_by_a_token(callbacks: Callbacks) -> None:
    found = [link for link in links(by_id(callbacks.page(HERE), "shift-watch")) if link.startswith("/lookup?")]
    assert len(found) == 2
    assert all(re.search(r"vehicle=[0-9a-f]{24}&as_of=2026-11-22&window=ROLLING_12M", link) for link in found)
    page = callbacks.page("/lookup", found[0].removeprefix("/lookup"))
    assert masked(plate("four")) in words(page)


@pytest.mark.parametrize("county", ["431124", "431103"])
def test_a_county_has_its_own_sites_and_who_passed_there(
    callbacks: Callbacks, db: fixture.Fixture, county: str
) -> None:
    page = callbacks.page(HERE, f"?county={county}&lang=en")
    own = {f"YZ{at:02d}" for at, code in enumerate(fixture.SITE_COUNTY, 1) if code == county}
    rows = [words(one).split()[0].rstrip("*") for one in components(by_id(page, "shift-sites"))
            if one["type"] == "Th" and one["props"].get("scope") == "row"]  # fmt: skip
    assert set(rows) == own
    assert (masked(plate("four")) in words(page)) == (county == shift_fixture.COUNTY)


def test_another_day_is_of_its_kind_and_a_past_day_knows_what_was_known(db: fixture.Fixture) -> None:
    known = queries.known(db)
    assert known is not None
    choice, bad = shift_facts.choice_of({"on": "2026-11-28"}, known, db)
    assert bad == []
    assert choice.asked == Asked(date(2026, 11, 28), LAST)
    saturday = shift.sheet(db, choice.asked)
    assert not saturday.is_working_day
    past = shift_facts.choice_of({"on": "2026-11-10"}, known, db)[0].asked
    assert past == Asked(date(2026, 11, 10), date(2026, 11, 9))
    assert choice.query(on=NEXT) == ""
    assert choice.query() == "?on=2026-11-28"
    assert choice.query(on=NEXT, absolute=True, county="431124") == "?on=2026-11-23&county=431124"


@pytest.mark.parametrize("query", ["on=2026-13-01", "on=2030-01-01", "on=2000-01-01", "county=999999"])
def test_what_cannot_be_asked_is_told_on_the_page_and_refused_by_the_files(
    callbacks: Callbacks, client: Client, query: str
) -> None:
    page = callbacks.page(HERE, f"?{query}&lang=en")
    assert by_class(page, "note")
    assert "Day of the shift" in words(page)
    for form in ("csv", "xlsx", "html"):
        answer = client.get(f"/export/shift.{form}?{query}", headers=HOST)
        assert answer.status_code == 400
        assert query.split("=")[0] in answer.text


def test_a_version_from_before_says_so(callbacks: Callbacks, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift_facts, "is_built", lambda db: False)
    assert locale("en")["shift.old"] in words(callbacks.page(HERE, "?lang=en"))
    assert client.get("/export/shift.csv", headers=HOST).status_code == 400


def test_without_whole_days_nothing_is_ranked(callbacks: Callbacks, db: fixture.Fixture) -> None:
    """Of a day so early that no site has enough days: no block, and said so."""
    early = shift_facts.days(db, queries.known(db))[0] + timedelta(days=2)  # type: ignore[arg-type]
    page = callbacks.page(HERE, f"?on={early}&lang=en")
    assert locale("en")["shift.none"] in words(page)
    assert "too little data" in words(by_id(page, "shift-sites"))
    assert shift.sheet(db, Asked(early, early - timedelta(days=1))).top == ()


def test_the_files_hold_every_block_and_vehicle(client: Client, db: fixture.Fixture) -> None:
    answer = client.get("/export/shift.csv?lang=en", headers=HOST)
    head, *rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    sheet = shift.sheet(db, Asked(NEXT, LAST))
    blocks = [one for site in sheet.sites for one in site.blocks]
    assert len(rows) == len(blocks)
    at = {name: place for place, name in enumerate(head)}
    for row, one in zip(rows, blocks, strict=True):
        assert row[0] == one.site_code
        assert float(row[at["Serious findings expected"]]) == pytest.approx(one.expected, abs=0.0006)
        assert [int(row[at[name]]) for name in ("Interval from", "Interval to", "Found on days of the kind")] == [
            one.low, one.high, one.found,
        ]  # fmt: skip
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(client.get("/export/shift.xlsx?lang=en", headers=HOST).data)
    )  # fmt: skip
    first, vehicles, notes = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert len(first) == len(blocks) + 1
    assert [row[0] for row in vehicles[1:]] == [masked(plate("four")), masked(plate("three"))]
    said = {str(row[0]): str(row[1]) for row in notes}
    assert "art. 74" in said["Not to be used for"]
    assert said["shift_weeks"].startswith("8")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_offline_sheet_needs_nothing_outside_itself(client: Client, db: fixture.Fixture, lang: str) -> None:
    answer = client.get(f"/export/shift.html?lang={lang}", headers=HOST)
    text = html.unescape(answer.get_data(as_text=True))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert re.findall(r"<script|src=|href=|url\(|https?:|@import", text) == []
    assert text.startswith("<!DOCTYPE html>")
    w = shift_text.Words(lang)
    for said in (w("decides.not"), w("watch.reason"), masked(plate("four")), "SHA-256", shift_fixture.SITE):
        assert said in text
    assert len(answer.data) < 150_000
    assert [one for one in WHO if plate(one) in text] == []
    sheet = shift.sheet(db, Asked(NEXT, LAST))
    assert text.count('<tr><th class="n">') == len(sheet.top) + 1
    assert answer.data == client.get(f"/export/shift.html?lang={lang}", headers=HOST).data, (
        "the same facts, the same bytes"
    )


def test_the_page_asks_for_no_chart_and_no_list(callbacks: Callbacks) -> None:
    kinds = {one["type"] for one in components(callbacks.page(HERE))}
    assert not kinds & {"Graph", "AgGrid"}


def test_the_style_sheet_leaves_off_the_paper_what_the_page_says() -> None:
    css = (Path(queries.__file__).parent / "assets" / "app.css").read_text(encoding="utf-8")
    hidden = {of: int(first) - 1 for of, first in re.findall(r"#shift-(\w+) tbody tr:nth-child\(n\+(\d+)\)", css)}
    assert hidden == {"watch": shift_text.ON_PAPER["vehicles"], "sites": shift_text.ON_PAPER["sites"]}
