"""Rows of cases: files hold as many, the drawer tells the whole case, refused steps have their line, and a site or days
of filing narrow every number."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import case_fixture
import fixture
import pytest
from case_fixture import EXCESS_KG, WHO
from driving import HOST, Callbacks, by_class, by_id, components, text_of
from one_app import client_of
from python_calamine import CalamineWorkbook

from dashboards import case_drawer, case_facts, queries
from dashboards import format as fmt
from dashboards.case_facts import Choice
from dashboards.text import Text
from dashboards.words import days_left
from warehouse import cases, funnel, match_terms
from warehouse.cases import Filter

HERE = "/penalties"
DAY = fixture.LAST_DAY


@pytest.fixture
def client(db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(queries, "source", lambda: db)
    return client_of()


def _file(client: Any, query: str, kind: str = "csv") -> list[list[Any]]:
    answer = client.get(f"/export/cases.{kind}?{query}", headers=HOST)
    assert answer.status_code == 200, answer.text
    if kind == "csv":
        return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    return CalamineWorkbook.from_object(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()


def _rows(callbacks: Callbacks, query: str) -> list[Any]:
    card = by_id(callbacks.page(HERE, f"?{query}"), "rows")
    return [one for one in components(card) if one.get("type") == "Tr"][1:]


QUERIES = (
    "rows=cases", "rows=cases&state=served", "rows=cases&state=filed&county=431103", "rows=cases&kind=over_limit",
    "rows=cases&age=to_30", "rows=cases&site=YZ03&county=431103", "rows=cases&period=year", "rows=refused",
    "rows=refused&period=month", "rows=clocks", "rows=clocks&clock=service&state=overdue", "rows=clocks&soon=1",
    "rows=clocks&state=late&county=431103", "rows=amounts", "rows=amounts&verdict=within",
    "rows=cases&period=custom&since=2026-08-01&until=2026-09-30",
)  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_holds_as_many_rows_as_the_screen(callbacks: Callbacks, client: Any, query: str, kind: str) -> None:
    head, *told = _file(client, f"{query}&lang=en", kind)
    assert len(told) == len(_rows(callbacks, f"{query}&lang=en"))
    assert len(set(head)) == len(head)
    assert "54321" not in str(told)
    hrefs = [str(one["props"].get("href")) for one in components(by_id(callbacks.page(HERE, f"?{query}"), "rows"))]
    (link,) = [href for href in hrefs if href.startswith("/export/cases.csv")]
    assert len(_file(client, link.split("?")[1])) == len(told) + 1
    buttons = [one for one in components(callbacks.page(HERE, f"?{query}")) if one["type"] == "A"]
    named = [text_of(one) for one in buttons if str(one["props"].get("href")).startswith("/export/cases")]
    assert len(named) == len(set(named)) == 2, "the buttons of the rows, and no others beside them"
    assert all(f"（{len(told)} 行）" in "".join(one.split()).replace("行", " 行") for one in named)


def test_without_rows_the_files_of_the_page_hold_every_case_and_say_how_many(callbacks: Callbacks, client: Any) -> None:
    buttons = [one for one in components(callbacks.page(HERE, "?county=431103&lang=en")) if one["type"] == "A"]
    (csv_link,) = [one for one in buttons if str(one["props"].get("href")).startswith("/export/cases.csv")]
    rows = _file(client, csv_link["props"]["href"].split("?")[1])[1:]
    assert f"Cases, CSV ({len(rows)} rows)" in " ".join(text_of(csv_link).split())


def test_a_file_of_clocks_has_their_days_and_how_late_each_is(client: Any, db: fixture.Fixture) -> None:
    engine = cases.clocks(db, DAY)
    assert any(one.days_late for one in engine)
    for lang, heads in (
        ("zh", ("案件", "起算", "届满", "完成", "逾期天数")),
        ("en", ("Case", "From", "Due", "Done", "Days late")),
    ):  # fmt: skip
        head, *rows = _file(client, f"rows=clocks&lang={lang}")
        told = [tuple(row[head.index(name)] for name in heads) for row in rows]
        assert told == [
            (one.case_no, *("" if value is None else str(value)
                            for value in (one.started_on, one.due_on, one.ended_on, one.days_late)))
            for one in engine
        ]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_deadline_cites_its_law_and_article_on_the_page_and_in_files(
    callbacks: Callbacks, client: Any, db: fixture.Fixture, lang: str
) -> None:
    rules = {rule.rule_no: rule for rule in queries.rulebook(db) if rule.topic in ("clock", "parameter")}
    engine = cases.clocks(db, DAY)
    shown = _rows(callbacks, f"rows=clocks&lang={lang}")
    assert len(shown) == len(engine)
    head, *told = _file(client, f"rows=clocks&lang={lang}", "csv")
    at = head.index(Text(lang)("case.head.cited"))
    cited = 0
    for one, line, row in zip(engine, told, shown, strict=True):
        if one.rule_id is None:
            assert line[at] == ""
            continue
        wanted = Text(lang).pick(rules[one.rule_id].citation_zh, rules[one.rule_id].citation_en)
        assert line[at] == wanted
        assert wanted in text_of(row)
        cited += 1
    assert cited
    assert any("第六十条" in line[at] if lang == "zh" else "art. 60" in line[at] for line in told)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_rows_below_the_range_say_that_no_local_discretion_is_loaded(
    callbacks: Callbacks, client: Any, lang: str
) -> None:
    said = Text(lang)("penalties.rows.below")
    for query, is_told in (("rows=amounts&verdict=below", True), ("rows=amounts&verdict=within", False)):
        assert (said in text_of(by_id(callbacks.page(HERE, f"?{query}&lang={lang}"), "rows"))) == is_told
        answer = client.get(f"/export/cases.xlsx?{query}&lang={lang}", headers=HOST)
        sheet = CalamineWorkbook.from_object(io.BytesIO(answer.data)).get_sheet_by_index(1).to_python()
        assert any(said in str(row) for row in sheet) == is_told


def test_a_file_of_amounts_has_the_range_and_the_verdict(client: Any, db: fixture.Fixture) -> None:
    choice = replace(Choice(DAY, DAY), rows="amounts", verdict="within")
    engine = case_facts.compared_rows(db, choice)
    head, *rows = _file(client, "rows=amounts&verdict=within&lang=en")
    names = ("Case", "Least of the article, yuan", "Most of the article, yuan", "decided, yuan", "Verdict")
    told = [tuple(row[head.index(name)] for name in names) for row in rows]
    assert told == [
        (one.case_no, *(f"{(fen or 0) / 100:.2f}" for fen in (one.low_fen, one.high_fen, one.decided_fen)), "within")
        for one in engine
    ]  # fmt: skip
    assert engine


def test_the_notes_of_a_file_name_the_selection_and_no_filter_that_the_page_has_not(client: Any) -> None:
    def notes(query: str) -> dict[str, str]:
        answer = client.get(f"/export/cases.xlsx?{query}&lang=en", headers=HOST)
        return dict(CalamineWorkbook.from_object(io.BytesIO(answer.data)).get_sheet_by_index(1).to_python())

    told = notes("rows=clocks&clock=service&state=overdue")
    assert any("service" in value and "overdue" in value for value in told.values())
    assert Text("en")("filter.site") not in told
    assert Text("en")("filter.site") in notes("rows=clocks&county=431103")


def test_a_file_has_the_amounts_apart_and_what_belongs_to_each_case(client: Any) -> None:
    for lang in ("zh", "en"):
        head, *rows = _file(client, f"rows=cases&lang={lang}")
        of = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
        paid = of[WHO["paid"]]
        assert [cell for cell in paid.values() if cell in ("5000.00",)] == ["5000.00"] * 3, (
            "three amounts, each its own"
        )
        assert match_terms.basis("match", "exact", "check_no", lang) in paid.values()
        assert match_terms.basis("enterprise", "near", "register_name", lang) in paid.values()
        assert "示例采石场 YT-1" in paid.values()
        assert match_terms.basis("match", "near", "plate_time_county", lang) in of[WHO["slow"]].values()


@pytest.mark.parametrize("query", ["rows=cases&state=tea", "rows=none", "", "rows=cases&site=YZ99", "rows=cases&row=x"])
def test_a_file_of_what_no_link_asks_for_is_refused(client: Any, query: str) -> None:
    assert client.get(f"/export/cases.csv?{query}", headers=HOST).status_code == 400


# --- the drawer ------------------------------------------------------------------------------------------------
def _open(callbacks: Callbacks, query: str, who: str, lang: str = "en") -> str:
    """The words of the drawer that the number of a case opens."""
    card = by_id(callbacks.page(HERE, f"?{query}&lang={lang}"), "rows")
    links = [one["props"]["href"] for one in components(card) if text_of(one) == WHO[who] and "href" in one["props"]]
    assert all(WHO[who] not in link for link in links), "a number stands in no address"
    opened = callbacks.page(HERE, links[0].removeprefix(HERE).split("#")[0] + f"&lang={lang}")
    drawer = by_id(opened, "penalties-drawer")
    assert "open" in drawer["props"]["className"]
    assert len([one for one in components(by_id(opened, "rows")) if one["props"].get("className") == "current"]) == 1
    return text_of(drawer)


def test_the_drawer_tells_steps_clocks_three_amounts_and_the_match(callbacks: Callbacks, db: fixture.Fixture) -> None:
    told = cases.case_file(db, DAY, WHO["paid"])
    for query in ("rows=cases", "rows=clocks&clock=payment", "rows=amounts&verdict=within"):
        words = _open(callbacks, query, "paid")
        assert f"Steps {len(told.steps)}" in words
        assert f"Deadlines of the procedure {len(told.clocks)}" in words
        for part in ("statutory, yuan 5,000.00", "decided, yuan 5,000.00", "collected, yuan 5,000.00",
                     "exact: check number and plate agree", "示例采石场", "counts for none", "·***21"):  # fmt: skip
            assert part in words, part
        assert "54321" not in words
    zh = _open(callbacks, "rows=cases", "refused", "zh")
    assert "不生效" in zh
    assert "没有相符的过车" in zh
    assert "art. 74" in _open(callbacks, "rows=cases", "slow")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_drawer_begins_with_deadlines_the_overdue_first_and_names_rules_in_words(
    callbacks: Callbacks, db: fixture.Fixture, lang: str
) -> None:
    t = Text(lang)
    overdue = next(one for one in cases.clocks(db, DAY) if one.state == "overdue" and one.days_late)
    (who,) = [who for who, number in WHO.items() if number == overdue.case_no]
    card = by_id(callbacks.page(HERE, f"?rows=cases&lang={lang}"), "rows")
    (link,) = [
        one["props"]["href"] for one in components(card) if text_of(one) == WHO[who] and "href" in one["props"]
    ]  # fmt: skip
    drawer = by_id(
        callbacks.page(HERE, link.removeprefix(HERE).split("#")[0] + f"&lang={lang}"), "penalties-drawer"
    )  # fmt: skip
    words = text_of(drawer)
    assert words.index(t("penalties.clocks")) < words.index(t("case.steps"))
    deadlines = by_class(drawer, "proof")[0]["props"]["children"]
    told = cases.case_file(db, DAY, overdue.case_no).clocks
    late = [one for one in told if one.state == "overdue"]
    assert len(deadlines) == len(told)
    for at, line in enumerate(deadlines):
        assert bool(by_class(line, "worse")) == (at < len(late)), "the overdue first, in the tone of late"
    assert days_left(-max(one.days_late or 0 for one in late), t) in text_of(deadlines[0])
    codes = {text_of(one) for one in components(deadlines) if one["type"] == "Code"}
    assert codes == {one.rule_id for one in told if one.rule_id}
    for rule_id in codes:
        rule = case_facts.rule_of(db, rule_id)
        assert rule is not None, rule_id
        assert t.pick(rule.condition_zh, rule.condition_en) in text_of(deadlines)


def test_clocks_stand_in_the_order_of_their_urgency(db: fixture.Fixture) -> None:
    every = case_drawer.by_urgency(cases.clocks(db, DAY))
    states = [one.state for one in every]
    assert {"overdue", "running", "met"} <= set(states)
    late = [one.days_late or 0 for one in every if one.state == "overdue"]
    assert late == sorted(late, reverse=True)
    assert states[: len(late)] == ["overdue"] * len(late)
    assert states[len(late) : len(late) + states.count("running")] == ["running"] * states.count("running")


def test_a_row_of_another_version_or_place_is_said_to_be_one(callbacks: Callbacks) -> None:
    for row in ("11-0", "12-9999"):
        drawer = text_of(by_id(callbacks.page(HERE, f"?rows=cases&row={row}&lang=en"), "penalties-drawer"))
        assert "C0" not in drawer
        assert "version" in drawer
    (note,) = by_class(callbacks.page(HERE, "?rows=cases&row=%3Cb%3E&lang=en"), "note")
    assert "row" in text_of(note)


# --- refused steps ---------------------------------------------------------------------------------------------
def test_refused_steps_are_as_many_as_cases_count_and_have_their_reason_and_line(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    listed = cases.refused(db, DAY)
    assert len(listed) == sum(one.refused_count for one in cases.cases(db, DAY)) > 0
    for lang, words in (
        ("zh", ("未生效的环节", "不能由当时的环节进入", "核对案卷", "wim_site_20261101.csv")),
        ("en", ("without effect", "not from the state it was in", "compare with the file", "wim_site_20261101.csv")),
    ):
        page = callbacks.page(HERE, f"?lang={lang}")
        link = next(
            one["props"]["href"] for one in components(by_id(page, "penalties-ages"))
            if "rows=refused" in str(one["props"].get("href"))
        )  # fmt: skip
        card = by_id(callbacks.page(HERE, link.removeprefix(HERE).split("#")[0] + f"&lang={lang}"), "rows")
        shown = [one for one in components(card) if one.get("type") == "Tr"][1:]
        assert len(shown) == len(listed)
        for part in words:
            assert part in text_of(card), part
        assert WHO["refused"] in text_of(card)


# --- site and days of filing -----------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_site_narrows_every_number_to_cases_that_name_a_passage_of_it(
    callbacks: Callbacks, db: fixture.Fixture, lang: str
) -> None:
    told = {one.case_no for one in cases.cases(db, DAY, Filter(site=case_fixture.SITE))}
    assert told == {WHO[who] for who in EXCESS_KG}, "the one that is near it is for a person to look at"
    page = callbacks.page(HERE, f"?county=431103&site={case_fixture.SITE}&lang={lang}")
    assert by_id(page, "penalties-narrow")
    stages = funnel.stages(db, funnel.Asked(Choice(DAY, DAY).first_month, DAY, DAY, "431103", case_fixture.SITE))
    told_stages = text_of(by_id(page, "penalties-funnel"))
    assert all(f"{stage.count:,}" in told_stages for stage in stages)
    everywhere = funnel.stages(db, funnel.Asked(Choice(DAY, DAY).first_month, DAY, DAY, "431103"))
    assert 0 < stages[0].count < everywhere[0].count
    assert by_id(page, "penalties-times")
    of_illegal = callbacks.page(HERE, f"?county=431103&site={case_fixture.SITE}&kind=illegal_operation&lang={lang}")
    assert not [one for one in components(of_illegal) if one["props"].get("id") == "penalties-funnel"]
    rows = _rows(callbacks, f"county=431103&site={case_fixture.SITE}&rows=clocks&lang={lang}")
    assert len(rows) == len(cases.clocks(db, DAY, Filter(county="431103", site=case_fixture.SITE))) > 0
    links = [str(one["props"].get("href")) for one in components(page)]
    assert [link for link in links if "site=YZ04" in link], "the other sites of the county"
    assert not [link for link in links if "site=YZ01" in link]
    other = callbacks.page(HERE, f"?county=431122&site={case_fixture.SITE}&lang={lang}")
    assert [text_of(note) for note in by_class(other, "note") if "site" in text_of(note)]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("period=quarter", (date(2026, 10, 1), DAY)),
        ("period=custom&since=2026-11-02&until=2026-11-08", (date(2026, 11, 2), date(2026, 11, 8))),
        ("period=custom&since=2026-11-02&until=2027-01-01", (date(2026, 11, 2), DAY)),
        ("period=custom&since=2026-12-01&until=2027-01-01", None),
    ],
)  # fmt: skip
def test_the_funnel_is_of_the_passages_of_the_period(
    callbacks: Callbacks, db: fixture.Fixture, query: str, days: tuple[date, date] | None
) -> None:
    page = callbacks.page(HERE, f"?{query}&lang=en")
    cards = [one for one in components(page) if one["props"].get("id") == "penalties-funnel"]
    if days is None:
        assert not cards, "nothing has passed yet"
        return
    (card,) = cards
    stages = funnel.stages(db, funnel.Asked(*days, DAY))
    assert [fmt.count(stage.count) in text_of(card) for stage in stages] == [True] * len(stages)
    assert fmt.day_range(*days, "en") in text_of(card)
    links = [str(one["props"].get("href")) for one in components(card) if one["props"].get("href")]
    assert all(f"from={days[0]}&to={days[1]}" in link for link in links if link.startswith("/overload/findings"))
    assert any(link.startswith("/overload/findings") for link in links)


def test_days_of_filing_narrow_every_number(callbacks: Callbacks, db: fixture.Fixture) -> None:
    choice = replace(Choice(DAY, DAY), period="quarter")
    assert choice.span == (date(2026, 10, 1), DAY)
    wanted = {
        one.case_no for one in cases.cases(db, DAY) if date(2026, 10, 1) <= (one.filed_on or one.found_on or DAY) <= DAY
    }  # fmt: skip
    assert 0 < len(wanted) < len(cases.cases(db, DAY))
    assert {one.case_no for one in case_facts.case_rows(db, choice)} == wanted
    open_count = sum(one.case_count for one in case_facts.open_counts(db, choice))
    words = text_of(by_class(callbacks.page(HERE, "?period=quarter&lang=en"), "lead")[0])
    assert f"{open_count} cases are open" in " ".join(words.split())
    assert open_count < sum(one.case_count for one in case_facts.open_counts(db, Choice(DAY, DAY)))
    for bad in ("period=century", "period=custom&since=2026-09-01", "period=custom&since=2026-09-02&until=2026-09-01"):
        (note,) = by_class(callbacks.page(HERE, f"?{bad}&lang=en"), "note")
        assert "period" in text_of(note) or "since" in text_of(note)


def test_a_case_not_filed_by_the_day_lies_where_it_was_found(db: fixture.Fixture) -> None:
    """Found 130 days before the last and filed four days later."""
    found, filed = DAY - timedelta(130), DAY - timedelta(126)

    def has(as_of: date, day: date) -> bool:
        return WHO["paid"] in {one.case_no for one in cases.cases(db, as_of, Filter(first=day, last=day))}

    assert has(DAY, filed)
    assert not has(DAY, found)
    assert has(filed - timedelta(1), found)
