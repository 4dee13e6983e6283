"""The page of fates: every passage over the limit once, rows behind each fate, suggestions with their evidence."""

import re
from typing import Any

import finding_fixture
import fixture
import pytest
from driving import Callbacks, by_class, by_id, components, text_of

from dashboards import finding_facts, queries
from dashboards.pages import findings
from dashboards.selection import Selection
from warehouse import fates

HERE = "/overload/findings"


def _selection() -> Selection:
    return Selection(fixture.LAST_DAY.replace(day=1), fixture.LAST_DAY)


def _links(layout: Any, part: str) -> list[str]:
    """Addresses of a layout's links that hold a text."""
    found = [str(one["props"].get("href", "")) for one in components(layout)]
    return [link for link in found if part in link]


def test_the_counts_are_all_passages_over_the_limit_and_every_planted_fate_is_there(db: fixture.Fixture) -> None:
    counts = finding_facts.fate_counts(db, finding_facts.Choice(_selection()))
    over = queries.totals(db, _selection())["over_count"]
    assert counts["finding_count"].sum() == over > 100
    by_fate = counts.groupby("fate")["finding_count"].sum()
    made = db.read("select passed_date, is_permitted from mart.finding")
    permitted = made.loc[made["passed_date"].dt.date >= _selection().start, "is_permitted"].sum()
    planted = dict.fromkeys(finding_fixture.PLANTED, 1) | {"permitted": permitted}
    assert {fate: by_fate[fate] for fate in planted} == planted
    assert permitted > 1
    assert [fate for fate in fates.FATES if fate in by_fate.index] == list(dict.fromkeys(counts["fate"]))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_fate_opens_its_rows_and_the_rows_are_as_many_as_its_count(callbacks: Callbacks, lang: str) -> None:
    layout = callbacks.page(HERE, f"?lang={lang}")
    links = _links(layout, "fate=")
    assert len(links) > len(finding_fixture.PLANTED)
    for link in links:
        opened = callbacks.page(HERE, "?" + link.split("?")[1].split("#")[0] + f"&lang={lang}")
        card = by_id(opened, "rows")
        (current,) = [one for one in by_class(opened, "current") if one["props"].get("href") == link]
        assert text_of(current) in text_of(card)
        counted = int(re.findall(r"[:：] ?([\d,]+)", text_of(card))[0].replace(",", ""))
        assert len(_links(card, "record=")) == min(counted, finding_facts.ROWS_SHOWN) > 0


def test_no_whole_plate_is_on_the_page(callbacks: Callbacks, db: fixture.Fixture) -> None:
    plates = set(db.read("select distinct plate_no from mart.finding where plate_no is not null")["plate_no"])
    for fate in fates.FATES:
        words = text_of(callbacks.page(HERE, f"?fate={fate}"))
        assert not [plate for plate in plates if plate in words]
    assert "·***" in text_of(callbacks.page(HERE, "?fate=confirmed_overdue"))


def test_a_suggestion_says_what_was_read_what_it_may_be_and_why(callbacks: Callbacks) -> None:
    card = by_id(callbacks.page(HERE, "?lang=en"), "findings-plates")
    words = text_of(card)
    assert "2 suggestions" in words, "one that is contradicted is not shown"
    assert re.search(r"no\. 7: . → B", words)
    assert "the camera was unsure" in words
    assert "it passed 2 more times that day, the nearest 25 min away" in words
    assert "elsewhere" not in words


def test_a_link_that_asks_for_an_unknown_fate_says_so_and_shows_the_table(callbacks: Callbacks) -> None:
    layout = callbacks.page(HERE, "?fate=hanged&lang=en")
    assert any("fate" in text_of(note) for note in by_class(layout, "note"))
    assert not [one for one in components(layout) if one["props"].get("id") == "rows"]
    assert callbacks.page(HERE, "?fate=void&detail=%3Cb%3E&lang=en")


def test_the_overview_leads_here_with_its_filters(callbacks: Callbacks) -> None:
    link = by_id(callbacks.page("/overload", "?county=431103"), "overload-fates")
    assert link["props"]["href"] == "/overload/findings?county=431103"


def test_a_version_from_before_fates_says_that_they_follow(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding_facts, "is_built", lambda db: False)
    assert "come with the next night" in text_of(callbacks.page(HERE, "?lang=en"))


def test_what_ended_a_case_and_what_voided_a_look_are_told_in_words(callbacks: Callbacks) -> None:
    words = text_of(callbacks.page(HERE, "?lang=en"))
    assert "withdrawn" in words
    assert "Type, plate, appearance, time or place cannot be made out" in words
    assert "no permit, and no case of its trip" in words
    assert findings.detail_words("E-NEW", {}, None) == "E-NEW"  # type: ignore[arg-type]
