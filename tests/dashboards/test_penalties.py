"""The page of cases: each number opens as many rows, three amounts stay apart, refused steps are told, no plate is
whole, and nothing is a target."""

import csv
import io
import json
import re
import shlex
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import case_fixture
import fixture
import pytest
from case_fixture import WHO
from driving import Callbacks, by_class, by_id, components, locale, text_of
from fined_rows import fined, forecast_of, told_of
from typer.testing import CliRunner

from dashboards import case_facts, queries
from dashboards.case_facts import Choice
from dashboards.pages import penalties
from dashboards.selection import ALL, Known
from etl.cli import app
from etl.consistency import _numbers
from warehouse import case_terms, cases, connection, consistency, fates, funnel, queue
from warehouse.funnel import Part
from warehouse.home import REPOSITORY

HERE = "/penalties"


def _choice() -> Choice:
    return Choice(fixture.LAST_DAY, fixture.LAST_DAY)


def _known(db: fixture.Fixture) -> Known:
    known = queries.known(db)
    assert known is not None
    return known


def _links(layout: Any) -> list[dict[str, Any]]:
    return [one["props"] for one in components(layout) if "#rows" in str(one["props"].get("href", ""))]


def _open(callbacks: Callbacks, href: str, lang: str = "en") -> Any:
    return by_id(callbacks.page(HERE, href.split("#")[0].removeprefix(HERE) + f"&lang={lang}"), "rows")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_of_the_four_series_says_which_day_counts_and_what_is_left_out(callbacks: Callbacks, lang: str) -> None:
    lines = by_class(callbacks.page(HERE, f"?lang={lang}"), "formula-lines")
    (listed,) = [one for one in lines if len(by_class(one, "explain")) == len(cases.SERIES)]
    texts = locale(lang)
    for name, one in zip(cases.SERIES, by_class(listed, "explain"), strict=True):
        said = text_of(one)
        assert texts[f"penalties.series.says.{name}"] in said
        assert texts[f"penalties.series.leaves_out.{name}"] in said
        (href,) = [part["props"]["href"] for part in components(one) if "series=" in str(part["props"].get("href"))]
        assert f"series={name}" in href


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_number_opens_as_many_rows_and_none_tells_a_whole_plate(callbacks: Callbacks, lang: str) -> None:
    layout = callbacks.page(HERE, f"?lang={lang}")
    numbers = [one for one in _links(layout) if re.fullmatch(r"[\d,]+", text_of({"props": one}))]
    assert len(numbers) > 25
    for one in numbers:
        card = _open(callbacks, one["href"], lang)
        rows = [part for part in components(card) if part.get("type") == "Tr"][1:]
        assert len(rows) == int(text_of({"props": one}).replace(",", "")), one["href"]
        assert "rows=cases" not in one["href"] or "·***21" in text_of(card), one["href"]
        assert "54321" not in json.dumps(card, ensure_ascii=False), one["href"]


def test_the_sums_of_clocks_and_ages_are_those_of_the_engine(callbacks: Callbacks, db: fixture.Fixture) -> None:
    every = cases.clocks(db, fixture.LAST_DAY)
    assert sum(one.clock_count for one in case_facts.clock_counts(db, _choice())) == len(every) > 40
    soon = case_facts.clock_rows(db, Choice(fixture.LAST_DAY, fixture.LAST_DAY, rows="clocks", soon="1"))
    assert [one.case_no for one in soon if one.clock == "decision"] == [WHO["near"]]
    assert all(
        one.due_on and one.due_on < fixture.LAST_DAY + timedelta(days=cases.SOON_DAYS) and not one.is_party_time
        for one in soon
    )
    told = text_of(callbacks.page(HERE, "?lang=en"))
    is_open = sum(one.case_count for one in case_facts.open_counts(db, _choice()))
    assert re.search(rf"{is_open}\s+cases are open", told)
    assert is_open == 6


def test_the_page_says_that_nothing_of_it_is_a_target(callbacks: Callbacks) -> None:
    assert "第七十四条" in text_of(callbacks.page(HERE, "?lang=zh"))
    assert "art. 74" in text_of(callbacks.page(HERE, "?lang=en"))


def test_what_was_decided_is_held_against_the_articles(db: fixture.Fixture) -> None:
    """500 yuan a whole tonne over (art. 43): 10 t are 5,000, 2 t are 1,000, 5 t are 2,500."""
    found = {one.case_no: one for one in case_facts.compared(db, _choice())}
    told = {
        who: (found[no].verdict, found[no].low_fen, found[no].high_fen, found[no].decided_fen)
        for who, no in WHO.items()
        if no in found and who in case_fixture.EXCESS_KG
    }
    assert told == {
        "paid": ("within", 500_000, 500_000, 500_000),
        "over": ("above", 100_000, 100_000, 300_000),
        "owing": ("below", 250_000, 250_000, 50_050),
    }
    assert found[WHO["appeal"]].reason == "no_passage"
    assert WHO["no_penalty"] not in found


def test_a_refused_step_and_a_late_surcharge_are_told(callbacks: Callbacks, db: fixture.Fixture) -> None:
    rows = text_of(_open(callbacks, HERE + _choice().opened("cases", state="filed")))
    assert WHO["refused"] in rows
    assert "1 step refused" in rows
    fees = {one.case_no: one for one in cases.clocks(db, fixture.LAST_DAY) if one.clock == "late_surcharge"}
    days = fees[WHO["owing"]].days_late
    assert days is not None
    assert fees[WHO["owing"]].surcharge_fen == min(50_050, round(50_050 * 0.03 * days + 1e-9))
    paused = fees[WHO["appeal"]]
    assert paused.days_late == days - 16, "the days since the appeal do not count"
    shown = text_of(_open(callbacks, HERE + _choice().opened("clocks", clock="late_surcharge")))
    assert penalties.amount(fees[WHO["owing"]].surcharge_fen) in shown


def test_the_command_of_rows_that_are_cut_writes_the_same_rows(
    callbacks: Callbacks, db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_facts, "ROWS_SHOWN", 0)
    monkeypatch.setattr(penalties, "ROWS_SHOWN", 0)
    monkeypatch.setattr(connection, "snapshot", lambda: db)
    links = [one for one in _links(callbacks.page(HERE, "?lang=en&county=431103")) if one["href"].startswith(HERE)]
    assert len(links) > 25
    for one in links:
        choice, bad = case_facts.choice_of(dict(parse_qsl(urlsplit(one["href"]).query)), _known(db))
        assert not bad
        said = penalties.command(choice)
        assert said.startswith("heng cases ")
        done = CliRunner().invoke(app, shlex.split(said)[1:])
        assert done.exception is None, said
        told = list(csv.DictReader(io.StringIO(done.stdout)))
        words = text_of({"props": one}).replace(",", "")
        assert not words.isdigit() or len(told) == int(words), said
    shown = by_id(callbacks.page(HERE, "?rows=cases&state=filed&lang=en"), "rows")
    assert f"heng cases list --as-of {fixture.LAST_DAY} --state filed --format csv" in text_of(shown)


def test_the_link_that_is_copied_names_the_day_and_another_day_is_another_address(callbacks: Callbacks) -> None:
    layout = callbacks.page(HERE, "?kind=over_limit")
    told = by_id(layout, "penalties-query")["props"]["data"]
    assert told["query"] == "?kind=over_limit"
    assert told["absolute"] == f"?as_of={fixture.LAST_DAY}&kind=over_limit"
    day = by_id(layout, "penalties-day")["props"]
    assert (day["value"], day["maxDate"]) == (fixture.LAST_DAY.isoformat(),) * 2
    script = (REPOSITORY / "dashboards" / "assets" / "heng.js").read_text(encoding="utf-8")
    (carrying,) = re.findall(r"absolute !== null && /\^\\/\(([a-z|]+)\)/", script)
    assert set(carrying.split("|")) >= {"repeat", "hazards", "penalties"}


def test_a_day_a_kind_and_a_county_are_in_the_address_and_what_means_nothing_is_told(callbacks: Callbacks) -> None:
    earlier = text_of(callbacks.page(HERE, f"?as_of={fixture.LAST_DAY - timedelta(days=70)}&lang=en"))
    assert re.search(r"\b5\s+cases are open", earlier), "six on the last day"
    none = text_of(callbacks.page(HERE, "?kind=illegal_operation&lang=en"))
    assert "Nothing answers these conditions." in none
    layout = callbacks.page(HERE, "?as_of=2099-01-01&county=99&rows=all&clock=tea&month=x&verdict=good&lang=en")
    (note,) = by_class(layout, "note")
    for name in ("as_of", "county", "rows", "clock", "month", "verdict"):
        assert name in text_of(note)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_funnel_tells_every_stage_with_its_share_and_what_was_left(
    callbacks: Callbacks, db: fixture.Fixture, lang: str
) -> None:
    told = case_facts.funnel_stages(db, _choice())
    assert told[1].count > 100
    card = by_id(callbacks.page(HERE, f"?lang={lang}"), "penalties-funnel")
    lines = by_class(card, "step-line")
    assert len(lines) == len(told)
    before = None
    for stage, line in zip(told, lines, strict=True):
        words = text_of(line)
        assert funnel.STAGE_WORDS[stage.stage][lang == "en"] in words
        assert f"{stage.count:,}" in words
        if before is not None and before.count:
            percent = 100 * stage.through / before.count
            assert (f"{percent:.2f}%" if percent < 10 else f"{percent:.1f}%") in words
        before = stage
    folds = by_class(card, "fold")
    assert len(folds) == sum(bool(stage.left or stage.beside) for stage in told)
    shown = [text_of(row) for fold in folds for row in components(fold) if row.get("type") == "Tr"]
    details = fates.detail_words(db)
    for stage in told:
        for part in stage.left:
            words = funnel.reason_words(part, details, lang)
            assert any(words in row and f"{part.count:,}" in row for row in shown), part


def test_who_came_without_the_stage_before_is_in_the_count_and_named(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [
        funnel.Stage("passed", 40, (), ()),
        funnel.Stage("filed", 10, (funnel.Part("void", "image_unclear", 30),), ()),
        funnel.Stage("decided", 5, (funnel.Part("in_state", "hearing", 5),), (funnel.Part("on_the_spot", "", 3),)),
        funnel.Stage("closed", 2, (funnel.Part("case_ended", "withdrawn", 6),), ()),
    ]
    monkeypatch.setattr(case_facts, "funnel_stages", lambda *_: told)
    card = by_id(callbacks.page(HERE, "?lang=en"), "penalties-funnel")
    decided, closed = by_class(card, "step-line")[2:]
    assert re.search(r"\b8\b.*50\.0%", text_of(decided), re.DOTALL), "8 decided, half of the filed among them"
    assert re.search(r"\b2\b.*25\.0%", text_of(closed), re.DOTALL)
    fold = text_of(by_class(card, "fold")[1])
    for words in ("left out 5", "without the stage before 3", "in procedure: hearing", "decided on the spot", "+3"):
        assert words in fold, words


def test_a_reason_of_the_funnel_opens_the_passages_of_its_fate(callbacks: Callbacks) -> None:
    card = by_id(callbacks.page(HERE, "?lang=en"), "penalties-funnel")
    links = [str(one["props"]["href"]) for one in components(card) if "fate=" in str(one["props"].get("href", ""))]
    assert len(links) > 5
    for link in links:
        opened = callbacks.page("/overload/findings", "?" + link.split("?")[1].split("#")[0] + "&lang=en")
        card = by_id(opened, "rows")
        assert [one for one in components(card) if "record=" in str(one["props"].get("href", ""))], link
    earlier = by_id(callbacks.page(HERE, f"?as_of={fixture.LAST_DAY - timedelta(days=3)}&lang=en"), "penalties-funnel")
    assert not [one for one in components(earlier) if "fate=" in str(one["props"].get("href", ""))], (
        "that page knows of later days"
    )


# --- consistency and the queue ---------------------------------------------------------------------
@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> consistency.Told:
    """Cases of three counties: one decides more, one has few; one decision is far off."""
    told = told_of(
        [
            *(fined(f"C{at:02d}", 0.2 + at % 5 / 100, county_code=f"43110{2 + at % 2}") for at in range(60)),
            *(fined(f"H{at:02d}", 0.4 + at % 5 / 100, county_code="431181") for at in range(20)),
            *(fined(f"F{at}", 0.2, county_code="431122") for at in range(3)),
            fined("FAR", 1.5, county_code="431103"),
        ],
        [fined("W1", county_code="431122")],
        [Part("undecided", "filed", 4), Part("no_statutory", "no_passage", 2), Part("warned", "", 1)],
    )  # fmt: skip
    monkeypatch.setattr(case_facts, "consistency_told", lambda *_: told)
    monkeypatch.setattr(case_facts, "consistency_groups", lambda _, __, by: consistency.groups(told, by))
    return told


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("by", consistency.BY)
def test_the_card_of_consistency_tells_what_the_engine_tells(
    callbacks: Callbacks, many: consistency.Told, by: str, lang: str
) -> None:
    card = by_id(callbacks.page(HERE, f"?by={by}&lang={lang}"), "penalties-consistency")
    rows = [text_of(row) for row in components(card) if row.get("type") == "Tr"]
    for group in consistency.groups(many, by):
        if by != "county":
            words = consistency.group_words(many.parameters, by, group.name, lang)
            assert any(row.startswith(words) and f"{group.count}" in row for row in rows), words
        if group.difference:
            said = consistency.JUDGEMENTS[group.difference.judgement][lang == "en"]
            assert any(said in row for row in rows)
    told = text_of(card)
    assert (consistency.INNOCENT[lang == "en"] in told) == (by in consistency.TESTED)
    for part in many.remainders:
        assert any(consistency.remainder_words(part, lang) in row for row in rows)
    assert re.search(rf"\b{many.count}\b", told)
    assert str(consistency.SEED) in told
    assert ("样本少" if lang == "zh" else "Small sample") in text_of(
        by_id(callbacks.page(HERE, f"?lang={lang}"), "penalties-consistency")
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_card_tells_decisions_below_the_range_apart_as_the_command_does(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    wide = {"low_fen": 300_000, "high_fen": 3_000_000, "is_by_tonne": False}
    told = told_of([fined("B1", 0.05, **wide), fined("B2", 0.02, **wide), fined("IN", 0.55, **wide)])
    monkeypatch.setattr(case_facts, "consistency_told", lambda *_: told)
    monkeypatch.setattr(case_facts, "consistency_groups", lambda _, __, by: consistency.groups(told, by))
    card = by_id(callbacks.page(HERE, f"?by=act&lang={lang}"), "penalties-consistency")
    (row,) = [text_of(one) for one in components(card) if one.get("type") == "Tr" and "(2)" in text_of(one)]
    (group,) = consistency.groups(told, "act")
    for words in ("50.0% (1)", *consistency.outside_words(group, lang)):
        assert words in row, words
    answer = SimpleNamespace(lang=lang, words=str)
    assert _numbers(group, cast(Any, answer))[-1] == "; ".join(["50.0 % (1)", *consistency.outside_words(group, lang)])


def test_an_outlier_folds_out_to_its_twins(callbacks: Callbacks, many: consistency.Told) -> None:
    card = by_id(callbacks.page(HERE, "?lang=en"), "penalties-consistency")
    fold = next(text_of(one) for one in by_class(card, "fold") if "FAR" in text_of(one))
    twins = consistency.nearest(next(one for one in many.fined if one.case.case_no == "FAR"), many)
    assert len(twins.nearest) == consistency.TWINS
    for twin in twins.nearest:
        assert twin.one.case.case_no in fold
    for words in ("150.0%", "this case", "never which is right"):
        assert words in text_of(card), words


def test_the_card_of_consistency_adds_up_on_what_is_served(callbacks: Callbacks, db: fixture.Fixture) -> None:
    told = case_facts.consistency_told(db, _choice())
    assert {one.case.case_no for one in told.fined} == {WHO["paid"], WHO["over"], WHO["owing"]}
    found = {one.case_no for one in case_facts.compared(db, _choice())}
    assert told.count >= len(found)
    card = text_of(by_id(callbacks.page(HERE, "?lang=en"), "penalties-consistency"))
    assert re.search(rf"{told.count}\s+cases,\s+{len(told.fined)}\s+of them compared", card)
    county = by_id(callbacks.page(HERE, "?county=431103&lang=en"), "penalties-consistency")
    assert "County" not in text_of(by_class(county, "kinds")[0]), "one county has none to be compared with"


def test_the_queue_is_forecast_when_its_weeks_are_chosen(callbacks: Callbacks, db: fixture.Fixture) -> None:
    asked = queue.Asked(fixture.LAST_DAY, 4)
    told = case_facts.forecast(db, asked)
    before = text_of(by_id(callbacks.page(HERE, "?lang=en"), "penalties-forecast"))
    assert "Computed once the weeks are chosen" in before
    card = text_of(by_id(callbacks.page(HERE, "?ahead=4&lang=en"), "penalties-forecast"))
    assert told.states[0].weeks == (), "ten cases are too few"
    assert f"{told.states[0].now_count} cases are open; there is too little data" in card
    assert "no forecast can be tested" in card
    other = text_of(by_id(callbacks.page(HERE, "?kind=illegal_operation&lang=en"), "penalties-forecast"))
    assert "no steps" in other


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_forecast_shows_intervals_and_what_came_of_earlier_ones(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(case_facts, "forecast", lambda db, asked: forecast_of(asked.weeks))
    card = by_id(callbacks.page(HERE, f"?ahead=4&lang={lang}"), "penalties-forecast")
    shown = text_of(card)
    for words in ("1,234", "1,200", "1,400", "90%", "82%", str(queue.SEED), "177"):
        assert words in shown, words
    rows = [text_of(row) for row in components(card) if row.get("type") == "Tr"]
    for name, is_flow in (("open", False), ("served", False), ("closed", True)):
        assert any(row.startswith(case_terms.queue_name(name, is_flow, lang)) for row in rows), name


def test_of_the_stages_only_what_was_found_leads_to_passages_and_to_as_many(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    def links(search: str) -> list[list[str]]:
        card = by_id(callbacks.page(HERE, f"{search}&lang=en"), "penalties-funnel")
        popovers = [by_class(line, "explain-links") for line in by_class(card, "step-line")]
        hrefs = [[str(one["props"].get("href", "")) for one in components(each)] for each in popovers]
        return [[href for href in each if href.startswith("/overload")] for each in hrefs]

    for search, county in (("?", None), ("?county=431103", "431103")):
        stages = case_facts.funnel_stages(db, replace(_choice(), county=county or ALL))
        found = dict(zip((stage.stage for stage in stages), links(search), strict=True))
        (link,) = found.pop("found")
        assert set(map(tuple, found.values())) == {()}
        opened = callbacks.page("/overload/findings", "?" + link.split("?")[1] + "&lang=en")
        assert re.search(rf"\b{stages[1].count:,}\s+passages", text_of(by_class(opened, "lead"))), county
    earlier = links(f"?as_of={fixture.LAST_DAY - timedelta(days=3)}")
    assert earlier == [[]] * len(earlier), "that page knows of later days"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_funnel_of_illegal_operation_begins_with_what_was_found(
    callbacks: Callbacks, db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    search = f"?kind=illegal_operation&lang={lang}"
    assert [stage.stage for stage in case_facts.funnel_stages(db, replace(_choice(), kind="illegal_operation"))] == [
        "found", "filed", "decided", "paid", "closed",
    ]  # fmt: skip
    told = [
        funnel.Stage("found", 40, (), ()),
        funnel.Stage("filed", 30, (Part("case_ended", "withdrawn", 10),), ()),
        funnel.Stage("paid", 5, (Part("payment_untold", "", 25),), ()),
    ]
    monkeypatch.setattr(case_facts, "funnel_stages", lambda *_: told)
    card = by_id(callbacks.page(HERE, search), "penalties-funnel")
    shown = text_of(card)
    for words in {"zh": ("从查获到结案", "没有过车", "查获"), "en": ("From discovery", "no passages", "found")}[lang]:
        assert words in shown
    for stage in told:
        for part in stage.left:
            assert funnel.reason_words(part, fates.detail_words(db), lang) in shown
    assert not [one for one in components(card) if str(one["props"].get("href", "")).startswith("/overload")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_times_in_each_state_are_those_of_the_funnel(
    callbacks: Callbacks, db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    """The cases of the fixture rest on no passage by their number: here they do, on a day nobody else asks for."""
    over = fates.over_fated

    def own(source: Any, asked: fates.Asked, query: str, **given: Any) -> list[dict[str, Any]]:
        if query.startswith("select distinct case_no"):
            return [{"case_no": number} for number in WHO.values()]
        return over(source, asked, query, **given)

    monkeypatch.setattr(fates, "over_fated", own)
    day = fixture.LAST_DAY - timedelta(days=1)
    told = funnel.times(db, funnel.Asked(Choice(day, day).first_month, day, day))
    assert len(told) > 5
    assert any(one.median_days is not None for one in told)
    assert any(one.still_share for one in told)
    card = by_id(callbacks.page(HERE, f"?lang={lang}&as_of={day}"), "penalties-times")
    _shows(card, told, lang)
    assert ("删失" if lang == "zh" else "censored") in text_of(card)


def _shows(card: Any, told: list[funnel.StateTime], lang: str) -> None:
    """Whether the card has a row for each state, in their order, and no other."""
    rows = [text_of(row) for row in components(card) if row.get("type") == "Tr"][1:]
    assert len(rows) == len(told)
    for one, row in zip(told, rows, strict=True):
        assert row.startswith(case_terms.state_name(one.case_state, lang))
        assert f"{one.now_count:,}" in row
        if one.is_final or not one.spell_count:
            continue
        still = 100 * (one.spell_count - one.ended_count) / one.spell_count
        assert f" {still:.2f}%" in row if still < 10 else f" {still:.1f}%" in row
        assert one.median_days is None or f"{one.median_days:,}" in row
        assert not one.has_interval or f"{one.low_days}–{one.high_days}" in row


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_state_that_few_left_has_no_median_and_a_final_one_no_time(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    told = [
        funnel.StateTime("filed", 3, 1, 40, 38, 12, 9, 15, False),
        funnel.StateTime("served", 9, 0, 10, 1, None, None, None, False),
        funnel.StateTime("closed", 7, 0, 7, 0, None, None, None, True),
    ]
    monkeypatch.setattr(case_facts, "state_times", lambda *_: told)
    card = by_id(callbacks.page(HERE, f"?lang={lang}"), "penalties-times")
    _shows(card, told, lang)
    filed, served, closed = [text_of(row) for row in components(card) if row.get("type") == "Tr"][1:]
    assert "5.00%" in filed, "two of forty entries; one more case is there without a step"
    assert "9–15" in filed
    assert "90.0%" in served
    for words, row in zip({"zh": ("过半未离开", "程序已结束"), "en": ("more than half", "not open any more")}[lang],
                          (served, closed), strict=True):  # fmt: skip
        assert words in row
    other = text_of(by_id(callbacks.page(HERE, f"?kind=illegal_operation&lang={lang}"), "penalties-times"))
    assert ("没有环节记录" if lang == "zh" else "no steps") in other


def test_a_version_from_before_says_so(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "TABLES", ("core.not_built",))
    assert "no course of cases" in text_of(callbacks.page(HERE, "?lang=en"))
