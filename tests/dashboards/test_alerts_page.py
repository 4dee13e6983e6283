"""The pages of alerts, of compliance and the overview: their numbers are those of the pages they lead to."""

import csv
import io
import re
from collections import Counter
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import compliance_fixture
import fixture
import pytest
import vehicle_fixture
from driving import HOST, Callbacks, by_class, by_id, components, locale, text_of
from typer.testing import CliRunner
from werkzeug.test import Client

from dashboards import (
    alert_facts,
    case_facts,
    compliance_facts,
    freshness,
    hazard_queries,
    queries,
    ranking_facts,
    repeat_queries,
    site_days,
    site_facts,
    terminal_facts,
    terminal_queries,
)
from dashboards import format as fmt
from dashboards import words as words_of
from dashboards.pages import compliance, overview
from dashboards.selection import from_url
from dashboards.text import Text
from etl.cli import app
from warehouse import alerts, connection, funnel, hazards, supervision
from warehouse.compliance import MEASURES

LAST = fixture.LAST_DAY


def words(layout: Any) -> str:
    return " ".join(text_of(layout).split())


def choice_of(db: fixture.Fixture, **query: str) -> alert_facts.Choice:
    known = queries.known(db)
    assert known is not None
    choice, bad = alert_facts.choice_of(query, known, db)
    assert bad == []
    return choice


def opened(db: fixture.Fixture, href: str) -> int | None:
    """How many rows of the kind an address of an alert leads to; None where that page has no list of them."""
    known = queries.known(db)
    assert known is not None
    parts = urlsplit(href)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path == "/penalties":
        choice, bad = case_facts.choice_of(query, known)
        assert bad == []
        return sum(one.clock != "late_surcharge" for one in case_facts.clock_rows(db, choice))
    if parts.path == "/hazards":
        hazard_choice, bad = hazard_queries.choice_of(query, known)
        assert bad == []
        return None if hazard_choice.show == "listed" else len(hazard_queries.View(db, hazard_choice, known, db).listed)
    if parts.path == "/repeat":
        repeat_choice, bad = repeat_queries.choice_of(query, known, db)
        assert bad == []
        assert repeat_choice.low in ("warning", "statutory")
        return None  # the list holds everybody above the number, not only the news
    if parts.path == site_facts.HERE:
        assert from_url(query, known)[1] == []
        return None  # all lanes of the county, the worst first
    if parts.path == "/terminals/rows":
        terminal_choice, bad = terminal_facts.choice_from_url(query, known, db)
        assert bad == []
        assert terminal_choice.show == "calls"
        return None
    if parts.path == "/ranking":
        ranking_choice, bad = ranking_facts.choice_of(query, known)
        assert bad == []
        referrals = [one for one in supervision.measures(db, ranking_choice.as_of) if one.rung == "referral"]
        late = [one for one in alert_facts.every(db, choice_of(db).asked) if one.rule == "referral_overdue"]
        overdue = [one.number for one in referrals if one.state == "overdue"]
        assert sorted(one.subject for one in late) == sorted(overdue)
        return None  # the ladder holds every measure
    if parts.path == "/compliance":
        compliance_choice, bad = compliance_facts.choice_of(query, known)
        assert bad == []
        return len(compliance_facts.listed(compliance_facts.facts(db, compliance_choice), compliance_choice))
    if parts.path == "/terminals":
        assert terminal_facts.choice_from_url(query, known, db)[1] == []
        return None
    assert parts.path == "/quality"
    return None


# --- alerts ----------------------------------------------------------------------------------------------------
def test_every_rule_is_counted_and_leads_to_as_many_rows(callbacks: Callbacks, db: fixture.Fixture) -> None:
    choice = choice_of(db)
    found = alert_facts.every(db, choice.asked)
    counted = Counter(one.rule for one in found)
    layout = callbacks.page("/alerts")
    table = by_class(layout, "stackable")[0]
    assert {count for count in re.findall(r"\b\d+\b", words(table))} >= {str(count) for count in counted.values()}
    compared = 0
    for name, count in counted.items():
        href = alert_facts.rows_of(db, choice, name)
        assert href is not None
        # Certificates that lapsed and those never had are two states: the rule opens both, each alert its own.
        if name.endswith("_lapsed"):
            of_state = Counter(one.detail for one in found if one.rule == name)
            for one in found:
                if one.rule == name:
                    own = alert_facts.rows_of(db, choice, name, one)
                    assert own is not None
                    assert opened(db, own) == of_state[one.detail]
        rows = opened(db, href)
        if name == "dawn_long_line":  # news of a few days, of a list that holds a year
            assert rows is not None
            assert rows > count > 0
        elif rows is not None:
            assert rows == count, name
            compared += 1
    assert compared >= 4


@pytest.mark.parametrize("county", ["all", "431103", "431125"])
def test_sites_and_repeat_violators_open_in_the_county_of_the_choice(db: fixture.Fixture, county: str) -> None:
    known, choice = queries.known(db), choice_of(db, county=county)
    assert known is not None
    found = Counter(one.rule for one in alert_facts.every(db, choice.asked))
    assert found["site_silent"] == {"all": 2, "431103": 1, "431125": 1}[county]
    for state in ("silent", "partial"):
        href = alert_facts.rows_of(db, choice, f"site_{state}")
        assert href is not None
        bad: list[str] = []
        asked = site_days.site_days_of(
            {name: values[0] for name, values in parse_qs(urlsplit(href).query).items()}, known, bad
        )
        assert bad == []
        assert (site_days.site_states(db, asked)["state"] == state).sum() == found[f"site_{state}"]
    href = alert_facts.rows_of(db, choice, "repeat_warning")
    assert href is not None
    query = {name: values[0] for name, values in parse_qs(urlsplit(href).query).items()}
    assert repeat_queries.choice_of(query, known, db)[0].county == county


def test_terminals_sites_and_feeds_are_those_of_their_pages(db: fixture.Fixture) -> None:
    counted = Counter(one.rule for one in alert_facts.every(db, choice_of(db).asked))
    day = terminal_queries.last_captured(db, LAST)
    assert day is not None
    calls = terminal_queries.call_counts(db, day, terminal_queries.Place())
    assert (counted["terminal_silent"], counted["alarm_open"]) == (calls["silent_count"], calls["alarm_count"])
    state = freshness.of(db)
    assert state is not None
    assert (counted["site_silent"], counted["site_partial"]) == (state.silent, state.partial)
    feeds = queries.feeds(db)
    late = feeds["freshness"].value_counts()
    assert (counted["feed_missing"], counted["feed_late"]) == (late.get("missing", 0), late.get("late", 0))
    assert counted["feed_stopped"] == (feeds["last_state"] == "stopped").sum()
    assert counted["terminal_silent"] > 0
    assert counted["site_silent"] > 0


def test_the_list_names_what_where_since_when_and_who_acts(callbacks: Callbacks) -> None:
    told = words(callbacks.page("/alerts", "?rule=referral_overdue"))
    assert compliance_fixture.OVERDUE_REPLY in told
    assert f"逾期 4 天 {fmt.NONE}" in told or "逾期 4 天" in told
    assert "市局安全监督部门" in told
    overdue = words(by_id(callbacks.page("/alerts", "?rule=referral_overdue"), "alerts-rows"))
    assert compliance_fixture.DUE_REPLY not in overdue
    firms = words(by_id(callbacks.page("/alerts", "?severity=act"), "alerts-rows"))
    assert vehicle_fixture.enterprise_name(compliance_fixture.UNINSURED) in firms


@pytest.mark.parametrize("path", ["/alerts", "/compliance", "/"])
def test_nobodys_plate_or_certificate_is_on_the_page(callbacks: Callbacks, path: str) -> None:
    for search in ("", "?measure=driver_certificate&state=soon", "?measure=dawn_driving&state=drove"):
        told = str(callbacks.page(path, search))
        assert compliance_fixture.DRIVER not in told
        assert not re.search(r"湘MT\d{4}", told)


def test_a_county_narrows_and_an_earlier_day_is_told_as_it_stood(callbacks: Callbacks, db: fixture.Fixture) -> None:
    day = LAST - timedelta(days=10)
    choice = choice_of(db, county="431124", as_of=day.isoformat())
    found = alerts.alerts(db, choice.asked)
    told = words(by_class(callbacks.page("/alerts", f"?county=431124&as_of={day}"), "lead"))
    urgent = sum(one.severity == "act" for one in found)
    assert f"立即办理 {urgent} 项" in told
    assert {one.county_code for one in found} == {"431124"}


@pytest.mark.parametrize("search", ["?rule=fines", "?severity=red", "?county=430000", "?as_of=2999-01-01"])
def test_values_that_cannot_be_used_are_named(callbacks: Callbacks, search: str) -> None:
    assert search[1:].split("=")[0] in words(by_class(callbacks.page("/alerts", search), "note"))


def test_what_is_cut_names_the_command(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboards.pages import alerts as page

    monkeypatch.setattr(page, "ROWS_SHOWN", 2)
    told = words(by_id(callbacks.page("/alerts", "?severity=act"), "alerts-rows"))
    assert f"heng alerts --as-of {LAST} --severity act --format csv" in told


# --- compliance ------------------------------------------------------------------------------------------------
def test_every_number_of_compliance_opens_its_rows(callbacks: Callbacks, db: fixture.Fixture) -> None:
    known = queries.known(db)
    assert known is not None
    choice, _ = compliance_facts.choice_of({}, known)
    told = compliance_facts.facts(db, choice)
    layout = callbacks.page("/compliance")
    hrefs = {c["props"]["href"] for c in components(layout) if c["type"] == "Link"}
    opened_states = 0
    for spec in MEASURES.values():
        whole = told.whole(spec.name)
        for state in spec.open_states:
            if whole.states[state]:
                href = compliance_facts.HERE + choice.opened(spec.name, state)
                assert href in hrefs
                opened = urlsplit(href)
                rows = words(by_id(callbacks.page("/compliance", "?" + opened.query), opened.fragment))
                assert f"：{whole.states[state]} 条" in rows
                opened_states += 1
    assert opened_states >= 7
    assert fmt.indicator(told.whole("standard").rate.ratio) in words(by_class(layout, "lead"))


@pytest.mark.parametrize("state", ["open", "unheld", "lapsed", "all"])
def test_the_command_beneath_cut_rows_writes_the_rows_of_the_page(
    db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    known = queries.known(db)
    assert known is not None
    choice, bad = compliance_facts.choice_of({"measure": "insurance", "state": state}, known)
    assert bad == []
    monkeypatch.setattr(connection, "snapshot", lambda: db)
    heng, *arguments = compliance.command(choice).split()
    told = CliRunner().invoke(app, arguments, catch_exceptions=False)
    rows = list(csv.DictReader(io.StringIO(told.output)))
    shown = compliance_facts.listed(compliance_facts.facts(db, choice), choice)
    assert heng == "heng"
    assert [row["subject_no"] for row in rows] == [one.subject_no for one in shown] != []


def test_rows_of_compliance_say_whose_and_until_when(callbacks: Callbacks) -> None:
    soon = words(by_id(callbacks.page("/compliance", "?measure=standard&state=soon"), "compliance-rows"))
    assert vehicle_fixture.enterprise_name(compliance_fixture.SOON) in soon
    assert "剩 10 天" in soon
    dawn = words(by_id(callbacks.page("/compliance", "?measure=dawn_driving&state=drove"), "compliance-rows"))
    assert "线路达到长途里程" in dawn


def test_the_last_day_itself_is_today_and_not_none_left() -> None:
    told = [words_of.days_left(days, Text("zh")) for days in (1, 0, -1)]
    assert told == ["剩 1 天", "今日到期", "逾期 1 天"]
    assert words_of.days_left(0, Text("en")) == "due today"


@pytest.mark.parametrize("search", ["?measure=fines", "?state=drove", "?county=1", "?as_of=x"])
def test_what_compliance_cannot_be_asked_is_named(callbacks: Callbacks, search: str) -> None:
    assert search[1:].split("=")[0] in words(by_class(callbacks.page("/compliance", search), "note"))


# --- the overview ----------------------------------------------------------------------------------------------
def test_the_overview_tells_the_numbers_of_the_pages_it_leads_to(callbacks: Callbacks, db: fixture.Fixture) -> None:
    layout = callbacks.page("/")
    shown = [words(by_class(card, "kpi-value")) for card in by_class(layout, "kpi")]
    overload = [words(by_class(card, "kpi-value")) for card in by_class(callbacks.page("/overload"), "kpi")]
    hazards = words(by_class(by_class(callbacks.page("/hazards"), "kpi")[0], "kpi-value")).split(" ")[0]
    terminals = [words(by_class(card, "kpi-value")) for card in by_class(callbacks.page("/terminals"), "kpi")]
    urgent = sum(one.severity == "act" for one in alert_facts.every(db, choice_of(db).asked))
    assert shown[0] == overload[0]
    assert shown[1] == overload[2]
    assert shown[2].replace(" ", "") == hazards
    assert shown[3] in terminals
    assert shown[4] == f"{urgent} 项"
    assert f"须立即办理 {urgent} 项" in words(by_class(layout, "lead"))


@pytest.mark.parametrize("search", ["", "?county=431102"])
def test_the_rate_of_removal_stands_with_the_bound_of_the_page_of_hazards(callbacks: Callbacks, search: str) -> None:
    tile = by_class(callbacks.page("/hazards", search), "kpi")[5]
    card = words(by_class(callbacks.page("/", search), "kpi")[2])
    assert words(by_class(tile, "subtitle")).split("；")[0] in card
    most = words(by_class(tile, "kpi-value"))
    assert "≤" in most
    assert f"虚假销号 {most}；" in card


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_cards_of_hazards_and_of_what_is_urgent_say_how_they_are_made(
    callbacks: Callbacks, db: fixture.Fixture, lang: str
) -> None:
    cards = by_class(callbacks.page("/", f"?lang={lang}"), "kpi")
    removed, urgent = (words(by_class(cards[at], "explain")) for at in (2, 4))
    asked = hazard_queries.Choice(LAST, LAST).asked
    whole = hazards.standings(hazards.Facts(db, asked))[0]
    texts = locale(lang)
    assert f"({whole.closed.part:,} / {whole.closed.of:,})" in removed
    assert all(" ".join(texts[f"hazards.rate.{name}"].split()) in removed for name in ("how", "leaves_out"))
    assert all(" ".join(texts[f"overview.alerts.{name}"].split()) in urgent for name in ("how", "leaves_out"))
    counted = Counter(one.rule for one in alert_facts.every(db, alert_facts.Choice(LAST, LAST).asked)
                      if one.severity == "act")  # fmt: skip
    rules = alert_facts.rules(db, LAST)
    assert counted
    for name, count in counted.items():
        said = rules[name].zh if lang == "zh" else rules[name].en
        assert f"{said}{texts['app.colon']}{count:,}" in urgent.replace("： ", "：")


def test_the_strip_is_the_funnel_of_the_period(callbacks: Callbacks, db: fixture.Fixture) -> None:
    asked = funnel.Asked(LAST.replace(day=1), LAST, LAST)
    told = {one.stage: one for one in funnel.stages(db, asked)}
    strip = words(by_class(callbacks.page("/"), "strip"))
    assert tuple(told) == funnel.STAGES
    for name, one in told.items():
        assert f"{funnel.STAGE_WORDS[name][0]} {fmt.count(one.count)}" in strip
    over = words(by_class(by_class(callbacks.page("/"), "kpi")[1], "kpi-value")).split(" ")[0]
    assert fmt.count(told["found"].count) == over


def test_who_skips_a_stage_is_no_part_of_its_share(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten were filed and eight of them decided, beside four on the spot: 12, of which 8 ÷ 10 came that way."""
    beside = (funnel.Part("on_the_spot", "", 4),)
    made = [
        funnel.Stage(name, through, (), beside if name == "decided" else ())
        for name, through in zip(funnel.STAGES, (100, 40, 20, 10, 8, 0, 0), strict=True)
    ]
    monkeypatch.setattr(overview, "funnel_stages", lambda db, asked: made)
    strip = words(by_class(callbacks.page("/"), "strip"))
    names = [funnel.STAGE_WORDS[name][0] for name in funnel.STAGES]
    numbers = ("100", "40 40.0%", "20 50.0%", "10 50.0%", "12 80.0% 未经上一环节 4", "0 0.00%", "0 —")
    assert strip == " ".join(f"{name} {number}" for name, number in zip(names, numbers, strict=True))


def test_the_strip_leads_to_the_cases_of_its_county(callbacks: Callbacks) -> None:
    hrefs = {c["props"]["href"] for c in components(callbacks.page("/", "?county=431102")) if c["type"] == "Link"}
    assert "/penalties?county=431102#penalties-funnel" in hrefs


def test_links_of_the_overview_lead_to_pages_that_are_there(callbacks: Callbacks, client: Client) -> None:
    hrefs = {c["props"]["href"] for c in components(callbacks.page("/")) if c["type"] == "Link"}
    own = {urlsplit(href).path for href in hrefs}
    assert {"/alerts", "/overload", "/overload/rows", "/hazards", "/terminals", "/penalties", "/quality"} <= own | {
        "/terminals" if path.startswith("/terminals") else path for path in own
    }
    for path in own:
        assert client.get(path, headers=HOST).status_code == 200, path


@pytest.mark.parametrize("search", ["?county=431124", "?period=year", "?from=2026-11-02&to=2026-11-10", "?county=1"])
def test_the_overview_takes_the_filters_that_the_front_door_took(callbacks: Callbacks, search: str) -> None:
    front, overload = callbacks.page("/", search), callbacks.page("/overload", search)
    values = [words(by_class(by_class(one, "kpi")[0], "kpi-value")) for one in (front, overload)]
    assert values[0] == values[1]
    assert ("county" in words(by_class(front, "note"))) == (search == "?county=1")


def test_a_version_without_alerts_still_has_its_overview(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_facts, "is_built", lambda db: False)
    layout = callbacks.page("/")
    assert len(by_class(layout, "kpi")) == 4
    assert by_class(layout, "lead")
    assert Text("zh")("alerts.old") in words(callbacks.page("/alerts"))
