"""The rulebook page: what holds on a day, what is unverified, what changed, and what an address may ask for."""

from datetime import date
from typing import Any

import fixture
import pytest
from driving import Callbacks, by_class, by_id, components, text_of

from dashboards import queries
from warehouse.rules import TOPICS, book, in_force, neighbours, sets

VIEW = {"lang": "zh", "theme": "light"}


def rows_of(layout: Any) -> dict[str, str]:
    """Words of each rule shown in the table, by its number."""
    found = {}
    for table in by_class(layout, "rulebook"):
        for line in components(table):
            if line["type"] == "Tr" and (codes := [c for c in components(line) if c["type"] == "Code"]):
                found[text_of(codes[0])] = text_of(line)
    return found


def answer(callbacks: Callbacks, **changes: Any) -> Any:
    values = {
        "rules-day.value": "2026-11-22", "rules-topic.value": "all", "rules-search.value": "",
        "rules-unverified.checked": False, "rules-view.data": VIEW,
    }  # fmt: skip
    values |= {name.replace("__", "."): value for name, value in changes.items()}
    values |= {f"rules-{name}": values.pop(name) for name in list(values) if not name.startswith("rules-")}
    return callbacks.post("rules-found.children", values, "rules-day.value")


def test_the_page_shows_every_rule_of_the_last_day_with_data_and_no_other(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    shown = rows_of(callbacks.page("/rules"))
    assert set(shown) == {rule.rule_no for rule in in_force(book(db), fixture.LAST_DAY)}
    assert "L2004-6" not in shown


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_rule_shows_value_validity_place_source_and_how_far_it_was_read(
    callbacks: Callbacks, db: fixture.Fixture, lang: str
) -> None:
    shown = rows_of(callbacks.page("/rules", f"?lang={lang}"))
    for rule in in_force(book(db), fixture.LAST_DAY):
        words = shown[rule.rule_no]
        assert (rule.condition_zh if lang == "zh" else rule.condition_en) in words
        assert (rule.citation_zh if lang == "zh" else rule.citation_en) in words
        assert sets(rule, lang) in words
        assert rule.confidence in words
        doubt = {"zh": "未核实", "en": "Unverified"}[lang]
        pills = doubt + " " + rule.confidence
        assert (pills in words) == (not rule.is_verified), rule.rule_no
    assert "湖南省" in shown["repeat_excess_ratio@2021-10-01"] or lang == "en"


def test_the_day_decides_which_rules_hold(callbacks: Callbacks) -> None:
    before = rows_of(callbacks.page("/rules", "?on=2016-09-20&topic=gross_weight"))
    after = rows_of(callbacks.page("/rules", "?on=2016-09-21&topic=gross_weight"))
    assert "55,000 千克" in before["L2004-6"]
    assert "49,000 千克" in after["M6C"]
    assert before.keys() & after.keys() == set()


def test_only_unverified_rules_can_be_asked_for(callbacks: Callbacks, db: fixture.Fixture) -> None:
    shown = rows_of(callbacks.page("/rules", "?unverified=1"))
    held = in_force(book(db), fixture.LAST_DAY)
    assert set(shown) == {rule.rule_no for rule in held if not rule.is_verified}
    said = text_of(by_id(callbacks.page("/rules", "?unverified=1"), "rules-book"))
    assert f"有效的规则 {len(shown)} 条 ， {len(shown)} 条未核实" in said


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_shown_alone_and_open(callbacks: Callbacks, db: fixture.Fixture, topic: str) -> None:
    layout = callbacks.page("/rules", f"?topic={topic}")
    wanted = {rule.rule_no for rule in in_force(book(db), fixture.LAST_DAY) if rule.topic == topic}
    assert set(rows_of(layout)) == wanted != set()
    folds = [c for c in components(by_id(layout, "rules-book")) if c["type"] == "Details"]
    assert [fold["props"]["open"] for fold in folds] == [True]


def test_what_changed_stands_beside_the_day_with_both_values(callbacks: Callbacks) -> None:
    card = text_of(by_id(callbacks.page("/rules", "?on=2023-07-19&topic=fine"), "rules-changes"))
    assert "下一次变化 ： 2023-07-20" in card
    assert "最近一次变化 ： 2022-11-30" in card
    assert card.index("IO-OLD-FREIGHT") < card.index("IO-FREIGHT")
    assert "30,000–100,000 元" in card
    assert "3,000–10,000 元" in card


def test_the_links_of_a_change_lead_to_both_sides_of_it(callbacks: Callbacks, db: fixture.Fixture) -> None:
    earlier, later = neighbours(book(db), date(2018, 1, 1))
    card = by_id(callbacks.page("/rules", "?on=2018-01-01"), "rules-changes")
    links = [c["props"]["href"] for c in components(card) if c["type"] == "Link"]
    assert (earlier, later) == (date(2017, 7, 1), date(2019, 3, 2))
    assert links == ["/rules?on=2017-06-30", "/rules?on=2019-03-02"]
    first = text_of(by_id(callbacks.page("/rules", "?on=1990-01-02"), "rules-changes"))
    assert "此前没有已知的变化" in first


def test_controls_answer_with_the_rules_and_the_address(callbacks: Callbacks) -> None:
    found = answer(
        callbacks, topic__value="clock", day__value="2021-07-14", search__value="听证", unverified__checked=True
    )
    told = found.json["response"]
    assert set(rows_of(told["rules-found"]["children"])) == {"C-HEAR-ASK-OLD", "C-HEAR-TELL-OLD"}
    assert told["rules-query"]["data"]["query"] == "?on=2021-07-14&topic=clock&unverified=1&q=%E5%90%AC%E8%AF%81"
    same = callbacks.page("/rules", told["rules-query"]["data"]["query"])
    assert set(rows_of(same)) == {"C-HEAR-ASK-OLD", "C-HEAR-TELL-OLD"}


def test_nothing_found_says_so_and_offers_every_rule_of_the_day(callbacks: Callbacks) -> None:
    blank = by_class(callbacks.page("/rules", "?q=zzzz&on=2021-07-14"), "blank")
    assert "没有符合条件的规则" in text_of(blank)
    assert [c["props"]["href"] for c in components(blank) if c["type"] == "Link"] == ["/rules?on=2021-07-14"]


@pytest.mark.parametrize("query", ["?on=2026-13-01", "?on=yesterday", "?topic=weights", "?on=0001-01-01"])
def test_a_bad_value_in_the_address_falls_back_with_a_notice(callbacks: Callbacks, query: str) -> None:
    layout = callbacks.page("/rules", query)
    assert query[1:] in text_of(by_class(layout, "note"))
    assert rows_of(layout).keys() == rows_of(callbacks.page("/rules")).keys()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("day__value", None), ("day__value", "2026-02-30"), ("day__value", 5), ("topic__value", "x"),
        ("topic__value", ["fine"]), ("search__value", "x" * 61), ("search__value", ["a"]), ("unverified__checked", "1"),
        ("view__data", {"lang": "fr", "theme": "light"}),
    ],
)  # fmt: skip
def test_a_hostile_control_is_a_bad_request(callbacks: Callbacks, name: str, value: Any) -> None:
    assert answer(callbacks, **{name: value}).status_code == 400


def test_the_definitions_lead_to_the_rules_and_do_not_repeat_them(callbacks: Callbacks) -> None:
    words = text_of(callbacks.page("/definitions"))
    assert "F43-MASS-2" not in words
    found = callbacks.page("/definitions", "?q=M6C")
    links = [c["props"]["href"] for c in components(by_id(found, "definitions-found")) if c["type"] == "Link"]
    assert links == ["/rules?on=2026-11-22&q=M6C"]
    assert set(rows_of(callbacks.page("/rules", "?on=2026-11-22&q=M6C"))) == {"M6C", "M6C-1"}


def test_a_snapshot_from_before_the_rulebook_says_that_it_comes_with_the_next_night(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = fixture.make()
    old.connection.execute("drop table mart.rule")
    monkeypatch.setattr(queries, "source", lambda: old)
    assert "还没有规则表" in text_of(callbacks.page("/rules"))
    assert "在规则表中查看" not in text_of(callbacks.page("/definitions"))
