"""The page of one passage: the same evidence as the drawer of the rows, and nothing for a record that is not there."""

from typing import Any

import fixture
import pytest
from driving import Callbacks, by_class, components, locale, text_of

from dashboards import format as fmt


def words(layout: Any) -> str:
    return " ".join(text_of(layout).split())


@pytest.fixture
def over(db: fixture.Fixture) -> dict[str, Any]:
    (row,) = db.rows(
        "select record_id, plate_no, gross_vehicle_weight_kg, limit_kg, excess_kg, source_line from core.passage"
        " where verdict = 'over' and plate_no is not null and passed_date = ? order by record_id limit 1",
        [fixture.LAST_DAY],
    )
    return row


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_passage_stands_with_all_its_drawer_tells(callbacks: Callbacks, over: dict[str, Any], lang: str) -> None:
    page = callbacks.page("/record", f"?id={over['record_id']}&lang={lang}")
    said = words(page)
    for told in (over["gross_vehicle_weight_kg"], over["limit_kg"], over["excess_kg"]):
        assert fmt.kilograms(told) in said
    assert over["record_id"] in said
    assert over["plate_no"] not in said
    assert locale(lang)["record.lead.decides"].strip() in said
    drawer = callbacks.page("/overload/rows", f"?record={over['record_id']}&lang={lang}")
    (facts,) = [one for one in by_class(drawer, "facts")]
    (own,) = [one for one in by_class(page, "facts")]
    assert text_of(own) == text_of(facts)
    hrefs = [one["props"].get("href") for one in components(drawer) if one["type"] == "Link"]
    assert f"/record?id={over['record_id']}" in hrefs


@pytest.mark.parametrize("asked", ["?id=0123456789abcdef0123", "?id=%27or+1", "?id="])
def test_what_is_not_there_is_said(callbacks: Callbacks, asked: str) -> None:
    said = words(callbacks.page("/record", asked))
    assert locale("zh")["record.none" if asked == "?id=" else "record.unknown"] in said
