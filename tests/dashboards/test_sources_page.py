"""The page of loading firms and its files: what ``warehouse.sources`` tells, plates masked, firms by a token."""

import csv
import io
from typing import Any

import fixture
import pytest
from driving import HOST, Callbacks, by_id, components, locale, text_of
from python_calamine import CalamineWorkbook
from source_fixture import FIRMS
from werkzeug.test import Client

from dashboards import format as fmt
from dashboards import queries, source_facts
from warehouse import sources


@pytest.fixture
def choice(db: fixture.Fixture) -> source_facts.Choice:
    known = queries.known(db)
    assert known is not None
    chosen, bad = source_facts.choice_of({}, known, db)
    assert bad == []
    return chosen


@pytest.fixture
def token(db: fixture.Fixture, choice: source_facts.Choice) -> str:
    """Of the firm with most trips over the limit."""
    return next(iter(source_facts.by_token(source_facts.told(db, choice.asked))))


def words(layout: Any) -> str:
    return " ".join(text_of(layout).split())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_tells_what_the_engine_does(
    callbacks: Callbacks, db: fixture.Fixture, choice: source_facts.Choice, lang: str
) -> None:
    told = sources.told(db, choice.asked)
    assert told.every.over
    assert told.traced
    page = callbacks.page("/sources", f"?lang={lang}")
    said = words(page)
    for one in told.firms:
        assert (one.firm_name or one.firm_no) in said
        if one.told.judged:
            assert f"{fmt.count(one.told.over)} / {fmt.count(one.told.judged)}" in said
    assert f"{fmt.rate(told.every.rate)}" in said
    assert fmt.count(told.traced) in said
    links = locale(lang)
    assert links["sources.linked"] in said
    missing = "接入省级" if lang == "zh" else "link to the province"
    assert missing in said, "YT-3 must be linked and is not"
    assert links["sources.not_bound"] in said, "YT-4 need not be"


def test_a_firm_is_opened_by_a_token_and_its_trips_lead_to_their_evidence(
    callbacks: Callbacks, db: fixture.Fixture, choice: source_facts.Choice, token: str
) -> None:
    firm = source_facts.by_token(source_facts.told(db, choice.asked))[token]
    listed = sources.trips(db, choice.asked, firm.firm_no)
    page = callbacks.page("/sources", f"?firm={token}")
    card = by_id(page, "sources-trips")
    assert len([one for one in components(card) if one["type"] == "Tr"]) == min(len(listed), 200) + 1
    hrefs = {one["props"].get("href") for one in components(card) if one["type"] == "Link"}
    assert f"/overload/rows?record={listed[0].record_id}&metric=passages" in hrefs
    assert firm.firm_no not in "".join(str(href) for href in hrefs)
    plates = {row["plate_no"] for row in db.rows("select distinct plate_no from mart.loaded_trip")}
    assert not plates & set(words(page).split())


def test_a_county_has_its_firms_alone_and_a_bad_address_says_so(callbacks: Callbacks) -> None:
    said = words(callbacks.page("/sources", "?county=431124"))
    assert FIRMS["YT-2"][0] in said
    assert FIRMS["YT-3"][0] not in said
    said = words(callbacks.page("/sources", "?firm=nobody&months=7"))
    assert "firm" in said
    assert "months" in said


def test_files_hold_what_the_page_shows(
    client: Client, db: fixture.Fixture, choice: source_facts.Choice, token: str
) -> None:
    told = sources.told(db, choice.asked)
    answer = client.get("/export/sources.csv?lang=en", headers=HOST)
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [(row["Number"], row["Trips"], row["Over on the road"]) for row in rows] == [
        (one.firm_no, str(one.told.trips), str(one.told.over)) for one in told.firms
    ]
    answer = client.get(f"/export/sources.xlsx?lang=en&firm={token}", headers=HOST)
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data()))
    assert book.sheet_names[0] == "Data"
    assert len(book.get_sheet_by_index(0).to_python()) == len(told.firms) + 1
    firm = source_facts.by_token(told)[token]
    trips = book.get_sheet_by_index(2).to_python()
    assert len(trips) == len(sources.trips(db, choice.asked, firm.firm_no)) + 1
    assert all("***" in str(row[2]) for row in trips[1:])
    assert client.get("/export/sources.csv?months=5", headers=HOST).status_code == 400


def test_a_version_from_before_says_so(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_facts, "is_built", lambda db: False)
    assert "轴数" in words(callbacks.page("/sources", ""))
