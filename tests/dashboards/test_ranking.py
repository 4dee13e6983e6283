"""The page of the ranking: the numbers of the engine, parts that sum to the difference of totals, ties and gaps in
words, measures with their deadlines, and nothing done by itself."""

import itertools
import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import fixture
import pytest
import ranking_rows
from driving import Callbacks, by_class, by_id, components, text_of
from plotly.utils import PlotlyJSONEncoder
from supervision_fixture import BEHIND, LATE, OVERDUE, SMALL

from dashboards import controls, queries, ranking_facts
from dashboards import format as fmt
from dashboards.pages import ranking as page
from dashboards.ranking_facts import Choice
from dashboards.text import Text
from warehouse import score, score_terms, shrinkage, supervision, supervision_terms

HERE = "/ranking"


@pytest.fixture(scope="module")
def told(db: fixture.Fixture) -> score.Ranking:
    return ranking_facts.ranking(db, Choice(fixture.LAST_DAY, fixture.LAST_DAY))


def _rows(card: Any) -> list[Any]:
    return [one for one in components(card) if one.get("type") == "Tr"][1:]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_has_every_county_with_its_places_total_and_groups(
    callbacks: Callbacks, told: score.Ranking, lang: str
) -> None:
    rows = _rows(by_id(callbacks.page(HERE, f"?lang={lang}"), "supervision-table"))
    assert len(rows) == len(told.units) == 11
    for row, unit in zip(rows, told.units, strict=True):
        words = text_of(row)
        assert f"{unit.total:.1f}" in words
        known = {"low": unit.low, "high": unit.high}
        places = Text(lang)("supervision.places", **known) if unit.has_place else Text(lang)("supervision.no_place")
        assert places in words
        assert (score_terms.letters(unit.groups) or fmt.NONE) in words.split()
        assert all(score_terms.gap_words(gap, lang) in words for gap in unit.gaps)


def test_what_is_far_behind_is_told_apart_and_named_once(callbacks: Callbacks, told: score.Ranking) -> None:
    assert [(one.code, one.place) for one in told.units[-2:]] == [(BEHIND, 10), (SMALL, None)]
    assert len(told.groups) > 1
    lead = text_of(by_class(callbacks.page(HERE, "?lang=zh"), "lead")[0])
    assert "道县" in lead
    assert "第七十四条" in lead
    assert re.search(r"督办措施中\s+\d+\s+项已逾期", lead)


@pytest.mark.parametrize(
    ("places", "pair"),
    [
        # The first by its total may stand anywhere; the second is surely before the last.
        ({"431102": (1, 4), "431103": (1, 2), "431124": (4, 4), "431122": (2, 4)}, ("431103", "431124")),
        ({"431102": (1, 2), "431103": (1, 3), "431124": (2, 4), "431122": (2, 4)}, None),
        ({"431102": (1, 1), "431103": (2, 2)}, ("431102", "431103")),
        ({"431102": (1, 1)}, None),
        ({}, None),
    ],
)
def test_two_are_told_apart_whose_places_do_not_overlap(
    db: fixture.Fixture, told: score.Ranking, places: dict[str, tuple[int, int]], pair: tuple[str, str] | None
) -> None:
    units = tuple(
        replace(told.units[0], code=code, place=place, low=low, high=high)
        for place, (code, (low, high)) in enumerate(places.items(), 1)
    )
    some = replace(told, units=(*units, told.units[-1]), groups=tuple(shrinkage.groups(places)))
    assert (len(some.groups) > 1) == (pair is not None), "no group holds all where some are told apart"
    found = ranking_facts.apart(some)
    assert (found and tuple(one.code for one in found)) == pair
    t, known = Text("zh"), queries.known(db)
    assert known is not None
    words = text_of(json.loads(json.dumps(page.lead(some, 0, 0, known, t), cls=PlotlyJSONEncoder)))
    names = [controls.place_name(known, code, t) for code in pair or ()]
    assert ("可以区分" in words) == bool(names)
    assert ("名次没有意义" in words) == (bool(places) and not names)
    assert all(name in words for name in names)


def test_the_parts_of_a_county_sum_to_what_its_total_differs_by(callbacks: Callbacks, told: score.Ranking) -> None:
    layout = callbacks.page(HERE, "?lang=en")
    for unit in told.units:
        fold = by_id(layout, f"supervision-of-{unit.code}")
        moved = unit.change.parts if unit.change else {}
        assert len(_rows(fold)) == len(told.parts) + (1 + len(moved) if moved else 0)  # two tables, two heads
        taken = sum(rate.against or 0 for rate in unit.parts.values())
        assert unit.total - told.total == pytest.approx(taken)
        assert fmt.signed(unit.total - told.total, 1) in text_of(fold)
        for rate in unit.parts.values():
            if rate.rate is not None:
                assert f"{rate.numerator:,} / {rate.denominator:,}" in text_of(fold)
    assert any(rate.points is None and rate.rate is not None for unit in told.units for rate in unit.parts.values())
    assert "small sample" in text_of(by_id(layout, "supervision-why"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_change_says_what_it_compares_and_why_it_is_not_sure(
    db: fixture.Fixture, told: score.Ranking, lang: str
) -> None:
    """The two numbers around the arrow differ by the change, whatever the two totals are."""
    t, known = Text(lang), queries.known(db)
    assert known is not None
    changed = next(one for one in told.units if one.change is not None)
    for doubt in (*score.DOUBTS, None):
        change = replace(changed.change, points=-1.3, then=95.9, now=94.6, weight=0.36, doubt=doubt)
        of = replace(told, units=(replace(changed, change=change),))
        card = page.ranking_card(db, of, {changed.code: replace(changed, place=2, low=1, high=3)}, known, t)
        row = text_of(_rows(json.loads(json.dumps(card, cls=PlotlyJSONEncoder)))[0])
        assert "95.9 → 94.6" in row
        assert "36" in row
        assert [says for says in score.DOUBTS if score_terms.doubt_words(says, lang) in row] == [doubt] * bool(doubt)
        assert t("supervision.places", low=1, high=3) in row


def test_a_unit_that_lost_its_place_says_so_and_its_total_is_not_compared(
    db: fixture.Fixture, told: score.Ranking
) -> None:
    t, known = Text("zh"), queries.known(db)
    assert known is not None
    at, lost = next((at, one) for at, one in enumerate(told.units) if one.code == SMALL)
    before = {SMALL: replace(lost, place=4, low=2, high=7)}
    card = json.loads(json.dumps(page.ranking_card(db, told, before, known, t), cls=PlotlyJSONEncoder))
    words = text_of(_rows(card)[at])
    assert "上期" in words
    assert t("supervision.places", low=2, high=7) in words
    assert t("supervision.total.unplaced") in words


def test_every_part_says_its_weight_sample_and_that_nobody_verified_it(
    callbacks: Callbacks, told: score.Ranking
) -> None:
    card = by_id(callbacks.page(HERE, "?lang=en"), "supervision-parts")
    rows = _rows(card)
    assert len(rows) == len(told.parts) == 12
    for row, city in zip(rows, told.parts, strict=True):
        words = text_of(row)
        assert f"{city.part.weight:g}" in words.split()
        assert f"scored from {city.part.sample_min} {city.part.sample_en} on" in words
        assert f"{Text('en')('pill.unverified')} P" in words


def test_measures_have_their_state_deadline_and_numbers(callbacks: Callbacks, db: fixture.Fixture) -> None:
    card = by_id(callbacks.page(HERE, "?lang=zh"), "supervision-ladder")
    rows = [text_of(row) for row in _rows(card)]
    taken = supervision.measures(db, fixture.LAST_DAY)
    assert len(rows) == min(len(taken), ranking_facts.MEASURES_SHOWN)
    (late,) = [row for row in rows if LATE in row]
    (overdue,) = [row for row in rows if OVERDUE in row]
    assert "逾期办结 8 天" in late
    assert "超限率" in late
    assert "已逾期 14 天" not in overdue
    assert "已逾期 6 天" in overdue
    assert "事故 1 起" in overdue
    states = [one.state == "overdue" for one, _ in ranking_facts.measures(db, fixture.LAST_DAY)]
    assert states == sorted(states, reverse=True), "what is overdue comes first"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_measure_without_numbers_says_that_there_are_none(lang: str) -> None:
    (said,) = page.numbers((), Text(lang))
    assert said.children == supervision_terms.NO_NUMBERS[lang == "en"]


def test_suggestions_are_those_of_the_engine_and_for_a_person(callbacks: Callbacks, db: fixture.Fixture) -> None:
    card = by_id(callbacks.page(HERE, "?lang=zh&cadence=quarter"), "supervision-suggestions")
    found = supervision.suggestions(db, fixture.LAST_DAY, "quarter")
    assert len(_rows(card)) == len(found)
    assert "不会自动采取任何措施" in text_of(card)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_rule_is_told_with_how_many_it_suggests(callbacks: Callbacks, db: fixture.Fixture, lang: str) -> None:
    choice = Choice(fixture.LAST_DAY, fixture.LAST_DAY)
    met = Counter(one.rule for one in supervision.suggestions(db, choice.as_of, choice.cadence))
    card = by_id(callbacks.page(HERE, f"?lang={lang}"), "supervision-suggestions")
    lines = [text_of(one) for one in components(card) if one["type"] == "Li"]
    rules = supervision.rules(db, choice.as_of)
    assert [one.rule for one in rules] == list(supervision.RULES)
    for line, one in zip(lines, rules, strict=True):
        assert supervision_terms.rule_words(one, lang) in line
        assert re.search(rf"· {met[one.rule]}\b", line), line
    assert 0 in {met[one.rule] for one in rules} != {0}, "some are met, and some are not"


@pytest.mark.parametrize("cadence", score.CADENCES)
def test_each_cadence_has_its_period_and_keeps_the_day(callbacks: Callbacks, cadence: str) -> None:
    layout = callbacks.page(HERE, f"?lang=zh&cadence={cadence}&as_of=2026-11-15")
    first = score.Asked(fixture.LAST_DAY, cadence).first
    assert f"{first} 至 11-15" in text_of(by_class(layout, "lead")[0])
    links = [one["props"]["href"] for one in components(layout) if "cadence=" in str(one["props"].get("href"))]
    assert links
    assert all("as_of=2026-11-15" in href for href in links)


# --- from a number to its rows -----------------------------------------------------------------------------
def test_every_rate_opens_the_rows_it_is_a_share_of(db: fixture.Fixture) -> None:
    """As ``tests/demo/test_ranking_rows.py`` over a prefecture, here with vehicles and their captures."""
    seen: Counter[tuple[str, str]] = Counter()
    for of, cadence in itertools.product(score.KEYS, score.CADENCES):
        told = ranking_facts.ranking(db, Choice(fixture.LAST_DAY, fixture.LAST_DAY, cadence, of))
        for unit in told.units:
            registered = unit.code in told.register
            for part, rate in unit.parts.items():
                href = ranking_facts.rows_of(told.asked, unit.code, part, is_registered=registered)
                if href is None:
                    assert of == "enterprise"
                    assert not registered
                    continue
                assert unit.code not in href or of == "county", "a code leads to a person"
                assert ranking_rows.behind(db, part, href) == (rate.numerator, rate.denominator), (cadence, part)
                seen[of, part] += rate.denominator
    for of in score.KEYS:
        parts = {one.name for one in score.parts(db, fixture.LAST_DAY, of)}
        assert {part for part in parts if seen[of, part]} == parts, "every part has rows somewhere"


def test_the_links_stand_in_the_parts_of_a_unit(callbacks: Callbacks, told: score.Ranking) -> None:
    layout = callbacks.page(HERE, "?lang=en")
    for unit in told.units:
        links = [one["props"]["href"] for one in components(by_id(layout, f"supervision-of-{unit.code}"))
                 if one["type"] == "Link"]  # fmt: skip
        wanted = [
            ranking_facts.rows_of(told.asked, unit.code, name, is_registered=False)
            for name, rate in unit.parts.items() if rate.rate is not None
        ]  # fmt: skip
        assert sorted(links) == sorted(href for href in wanted if href)
        assert any("/penalties?" in href for href in links)


# --- enterprises -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def of_enterprises(db: fixture.Fixture) -> score.Ranking:
    return ranking_facts.ranking(db, Choice(fixture.LAST_DAY, fixture.LAST_DAY, of="enterprise"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_enterprises_have_the_same_table_and_no_measures(
    callbacks: Callbacks, of_enterprises: score.Ranking, lang: str
) -> None:
    layout = callbacks.page(HERE, f"?lang={lang}&of=enterprise")
    rows = _rows(by_id(layout, "supervision-table"))
    assert len(rows) == len(of_enterprises.units) > 1
    assert any(one.has_place for one in of_enterprises.units)
    for row, unit in zip(rows, of_enterprises.units, strict=True):
        words = text_of(row)
        registered = of_enterprises.register.get(unit.code)
        assert (registered.name if registered else Text(lang)("terminals.enterprise.none")) in words
        assert f"{unit.total:.1f}" in words
        assert unit.code not in json.dumps(row, ensure_ascii=False), "a code leads to a person"
        assert all(score_terms.gap_words(gap, lang) in words for gap in unit.gaps)
    said = text_of(layout)
    assert Text(lang)("supervision.ladder") not in said
    assert Text(lang)("supervision.suggestions") not in said
    assert ("第七十四条" if lang == "zh" else "art. 74") in text_of(by_class(layout, "lead")[0])
    assert len(_rows(by_id(layout, "supervision-parts"))) == len(of_enterprises.parts) == 9


def test_the_parts_of_an_enterprise_sum_to_what_its_total_differs_by(
    callbacks: Callbacks, of_enterprises: score.Ranking
) -> None:
    layout = callbacks.page(HERE, "?lang=en&of=enterprise")
    for place, unit in enumerate(of_enterprises.units, 1):
        fold = by_id(layout, f"supervision-of-{place}")
        moved = unit.change.parts if unit.change else {}
        assert len(_rows(fold)) == 9 + (1 + len(moved) if moved else 0)
        taken = sum(rate.against or 0 for rate in unit.parts.values())
        assert unit.total - of_enterprises.total == pytest.approx(taken)
        assert fmt.signed(unit.total - of_enterprises.total, 1) in text_of(fold)


def test_a_long_ranking_shows_both_ends_and_says_what_it_leaves_out(told: score.Ranking) -> None:
    placed = [replace(told.units[0], code=f"E{at}", place=at) for at in range(1, 60)]
    without = [replace(told.units[0], code=f"N{at}", place=None) for at in range(7)]
    first, last, between, unplaced = score.shown([*placed, *without])
    assert [one.place for one in first] == list(range(1, 21))
    assert [one.place for one in last] == list(range(40, 60))
    assert (between, unplaced) == (19, 7)
    first, last, between, unplaced = score.shown([*placed[:25], *without, *without, *without])
    assert ([one.place for one in (*first, *last)], between, unplaced) == (list(range(1, 26)), 0, 21)
    assert score.shown(told.units) == (told.units, (), 0, 0)


def test_values_that_cannot_be_used_are_named(callbacks: Callbacks) -> None:
    words = text_of(callbacks.page(HERE, "?lang=en&cadence=week&as_of=2030-01-01&of=driver"))
    assert "cadence" in words
    assert "of" in words.split(":")[-1] or ", of" in words
    assert "as_of" in words


def test_a_version_from_before_says_so(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    known = queries.tables
    monkeypatch.setattr(queries, "tables", lambda db: known(db) - {"seeds.score_part"})
    assert "没有督导排名" in text_of(callbacks.page(HERE, "?lang=zh"))


def test_a_version_that_ranks_counties_only_says_so(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking_facts, "has_parts", lambda db, choice: choice.of == "county")
    layout = callbacks.page(HERE, "?lang=zh&of=enterprise")
    assert "没有督导排名" in text_of(layout)
    assert any("/ranking" in str(one["props"].get("href")) for one in components(layout))
    assert "没有督导排名" not in text_of(callbacks.page(HERE, "?lang=zh"))


def test_an_interval_lies_within_its_bar(told: score.Ranking) -> None:
    for unit in told.units[:-1]:
        bar = page.place_bar(unit, len(told.units)).children.style
        left, width = (float(bar[name].rstrip("%")) for name in ("marginLeft", "width"))
        assert left >= 0
        assert width > 0
        assert left + width <= 100.01
