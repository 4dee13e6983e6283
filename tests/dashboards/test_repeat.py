"""The page of repeat violators: its numbers are the engine's, a row is known by its place, and nobody by a plate."""

import csv
import hashlib
import io
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import fixture
import pytest
import repeat_fixture
from driving import HOST, Callbacks, by_class, by_id, components, text_of
from one_app import client_of
from plotly.utils import PlotlyJSONEncoder
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner
from vehicle_fixture import enterprise_name
from violation_rows import CLEAN, FIRM, FIRM_NAME, FOUR, LEAP, STRANGER, THREE, TWINS
from violation_rows import SUBJECTS as OTHERS
from werkzeug.test import Client

from dashboards import lists, queries
from dashboards.access.vault import Vault, vault
from dashboards.pages import repeat as repeat_page
from dashboards.repeat_queries import LOW, Facts, choice_of
from dashboards.selection import Known
from dashboards.text import Text
from etl.cli import app as cli
from warehouse import connection, dossier, repeat, safety_repeat
from warehouse.dossier_text import Words
from warehouse.repeat import SUBJECTS, WINDOWS, Question, Standing, first_day, standings
from warehouse.repeat_terms import WINDOW_TERMS
from warehouse.safety_repeat import TIER_WORDS

ZH, EN = Text("zh"), Text("en")
VIEW = {"lang": "zh", "theme": "light"}
LAST = fixture.LAST_DAY
ROLLING = "?window=ROLLING_12M"
STANDS = {repeat_fixture.plate(who): told for who, told in repeat_fixture.STANDS.items()} | {
    FOUR: (4, 1), THREE: (3, 0), TWINS: (1, 0), STRANGER: (1, 0), LEAP: (2, 0),
}  # fmt: skip
"""Every vehicle with an act: how many count in the twelve months up to the last day, how many want a decision."""
PERSONAL = [
    *STANDS, *(plate for plate, _ in OTHERS), *map(repeat_fixture.certificate, repeat_fixture.WHO), repeat_fixture.HASH
]  # fmt: skip
"""Plates, certificates and a hash of the fixture: none may reach a browser."""


def _known(db: fixture.Fixture) -> Known:
    known = queries.known(db)
    assert known is not None
    return known


def facts_of(db: fixture.Fixture, **query: str) -> Facts:
    known = _known(db)
    choice, bad = choice_of({"window": "ROLLING_12M"} | query, known, db)
    assert bad == []
    return Facts(db, choice, known)


def rows(callbacks: Callbacks, choice: dict[str, str], **request: Any) -> dict[str, Any]:
    asked = {"startRow": 0, "endRow": 100, "sortModel": [], "filterModel": {}, **request}
    values = {"repeat-grid.getRowsRequest": asked, "repeat-choice.data": choice, "repeat-view.data": VIEW}
    answer = callbacks.post("repeat-grid.getRowsResponse", values, "repeat-grid.getRowsRequest")
    assert answer.status_code == 200, answer.text
    return answer.json["response"]["repeat-grid"]["getRowsResponse"]


def open_drawer(callbacks: Callbacks, choice: dict[str, str], record: Any) -> Any:
    values = {"repeat-grid.selectedRows": [{"record": record}], "repeat-choice.data": choice, "repeat-view.data": VIEW}
    return callbacks.post("repeat-drawer.children", values, "repeat-grid.selectedRows")


def row_of(told: list[dict[str, Any]], plate: str) -> dict[str, Any]:
    """The one row of a vehicle, known by its masked plate."""
    (row,) = [row for row in told if row["who"].startswith(f"{plate[:2]}·***{plate[-2:]}")]
    return row


def as_listed(engine: list[Standing]) -> list[Standing]:
    """The engine's subjects as the page lists them: equal counts by trigger, then by a keyed digest."""
    keyed = vault().keyer("order of equals")
    equals = sorted(engine, key=lambda one: keyed("\x1f".join(map(str, one.key))))
    by_trigger = sorted(equals, key=lambda one: one.trigger_on or date.min, reverse=True)
    return sorted(by_trigger, key=lambda one: (-one.count, -(one.ratio or 0)))


def chosen(**changes: str) -> dict[str, str]:
    usual = {"window": "ROLLING_12M", "basis": "VIOLATION", "decisions": "required", "subject": "vehicle"}
    return {"as_of": LAST.isoformat(), "low": "warning", **usual} | changes


# --- numbers -------------------------------------------------------------------------------------------------
def test_every_vehicle_stands_where_it_was_planted(db: fixture.Fixture) -> None:
    assert {one.key[0]: (one.count, one.pending) for one in standings(db, Question(LAST))} == STANDS
    assert CLEAN not in STANDS


def test_tiles_show_what_was_planted(callbacks: Callbacks) -> None:
    layout = callbacks.page("/repeat", ROLLING)
    shown = {
        text_of(by_class(tile, "kpi-head")).split()[0]: text_of(by_class(tile, "kpi-value")).split()[0]
        for tile in by_class(layout, "kpi")
    }
    assert shown == {"差一次": "2", "超过3次": "2", "有计次": "10", "有待决定": "3"}
    assert "预警（累计3次）" in text_of(by_class(layout, "kpi"))
    words = text_of(by_class(layout, "lead"))
    assert "截至 2026-11-22" in words.replace("  ", " ")
    assert "由执法人员依法决定" in words


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_lead_tells_the_numbers_of_the_other_usual_window(
    callbacks: Callbacks, db: fixture.Fixture, subject: str, lang: str
) -> None:
    """The list opens on the one, the look-up on the other: neither is hidden behind a choice."""
    for shown, other in (("ANNIVERSARY", "ROLLING_12M"), ("ROLLING_12M", "ANNIVERSARY")):
        lead = by_class(callbacks.page("/repeat", f"?subject={subject}&window={shown}&lang={lang}"), "lead")[0]
        (link,) = [one for one in components(lead) if one["type"] == "Link"]
        engine = standings(db, Question(LAST, subject, other))
        wanted = [
            sum(one.tier == "statutory" for one in engine), sum(one.is_one_away and one.count > 0 for one in engine)
        ]  # fmt: skip
        told = text_of(link)
        assert WINDOW_TERMS[other].name(lang) in told
        over = repeat_page.named_tier(facts_of(db, subject=subject, window=other), "statutory", Text(lang))
        numbers = told.replace(WINDOW_TERMS[other].name(lang), "").replace(over, "")
        assert [int(part) for part in re.findall(r"\d+", numbers)] == wanted, told
        choice, bad = choice_of(dict(parse_qsl(link["props"]["href"].partition("?")[2])), _known(db), db)
        assert (choice.subject, choice.window, bad) == (subject, other, [])
    lead = by_class(callbacks.page("/repeat", f"?subject={subject}&window=CALENDAR"), "lead")[0]
    assert len([one for one in components(lead) if one["type"] == "Link"]) == 2


@pytest.mark.parametrize("window", WINDOWS)
def test_none_is_no_good_news_while_the_window_is_unverified(callbacks: Callbacks, window: str) -> None:
    """On a day without an act there is nobody above the threshold."""
    lead = by_class(callbacks.page("/repeat", f"?as_of=2012-01-01&window={window}"), "lead")
    assert "超过3次 0 个" in " ".join(text_of(lead).split())
    assert WINDOW_TERMS[window].confidence not in ("C1", "C2")
    assert by_class(lead, "better") == []


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_list_is_the_engines(callbacks: Callbacks, db: fixture.Fixture, subject: str, window: str) -> None:
    told = rows(callbacks, chosen(subject=subject, window=window, low="all"))
    engine = as_listed(standings(db, Question(LAST, subject, window)))
    assert told["rowCount"] == len(engine)
    field = "vehicles" if subject == "enterprise" else "count"
    assert [row[field].split(" ")[0] for row in told["rowData"]] == [str(one.count) for one in engine]
    assert [row["pending"] for row in told["rowData"]] == [str(one.pending) for one in engine]


def test_equals_stand_in_no_order_of_what_is_masked(
    db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By the day of their trigger, then as the key of the instance has it: the same every time."""
    monkeypatch.setattr(queries, "last_few", lambda db, name, key, read: read())
    orders = []
    for key in (b"a" * 32, b"b" * 32, b"c" * 32, b"a" * 32):
        of_instance = Vault(key, tmp_path)
        monkeypatch.setattr(lists, "vault", lambda of_instance=of_instance: of_instance)
        found = facts_of(db, low="all").everybody
        orders.append([one.key for one in found])
        stand = [(-one.count, -(one.trigger_on or date.min).toordinal()) for one in found]
        assert stand == sorted(stand)
        assert len(set(stand)) < len(stand), "equals there are"
    assert orders[0] == orders[-1]
    assert len({str(order) for order in orders}) == 3


def test_who_is_not_listed_is_not_opened(callbacks: Callbacks, db: fixture.Fixture) -> None:
    facts = facts_of(db, low="statutory")
    listed = {place for place, _ in facts.listed}
    for place in range(len(facts.everybody) + 1):
        answer = open_drawer(callbacks, chosen(low="statutory"), f"{db.version}-{place}")
        assert answer.status_code == (200 if place in listed else 400), place
    assert 0 < len(listed) < len(facts.everybody)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_list_page_drawer_file_command_and_dossier_tell_one_count(
    callbacks: Callbacks, client: Client, db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch, subject: str,
    window: str,
) -> None:  # fmt: skip
    """Of every vehicle, driver and enterprise with an act; what has no dossier (drivers) is told by all others."""
    monkeypatch.setattr(connection, "snapshot", lambda: db)
    engine = as_listed(standings(db, Question(LAST, subject, window)))
    counts = [one.count for one in engine]
    choice = chosen(subject=subject, window=window, low="all")
    # the query layer and the page's list, drawer and file
    facts = facts_of(db, subject=subject, window=window, low="all")
    assert [one.count for _, one in facts.listed] == counts
    assert [facts.of(one, window).count for _, one in facts.listed] == counts
    told = rows(callbacks, choice)["rowData"]
    field = "vehicles" if subject == "enterprise" else "count"
    assert [int(row[field].split(" ")[0]) for row in told] == counts
    for row, one in zip(told, engine, strict=True):
        drawer = open_drawer(callbacks, choice, row["record"]).json["response"]["repeat-drawer"]["children"]
        counted = {judged.act.case_no for judged in one.counted}
        heading = f"{ZH('repeat.counted')} {len(counted)}"
        assert heading in text_of(drawer)
        shown = text_of(drawer).split(heading)[1].split(ZH("repeat.not_counted"))[0]
        assert {judged.act.case_no for judged in one.acts if judged.act.case_no in shown} == counted
    file = client.get(f"/export/repeat.csv?subject={subject}&window={window}&low=all&lang=en", headers=HOST)
    of_file: dict[str, set[str]] = {}
    for line in csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))):
        of_file.setdefault(line[EN("repeat.subject")], set()).add(line[EN("repeat.count")])
    assert sorted(count for told_of in of_file.values() for count in told_of) == sorted(map(str, counts))
    # the command line, every act of it, and the dossier
    asked = ("--as-of", str(LAST), "--subject", subject, "--window", window, "--min-count", "0", "--format")
    document = json.loads(CliRunner().invoke(cli, ["repeat-violators", *asked, "json"]).stdout)
    engine = standings(db, Question(LAST, subject, window))  # whoever runs commands sees plates whole: by plate
    assert [(one["count"], one["tier"]) for one in document["subjects"]] == [(one.count, one.tier) for one in engine]
    for of_command, one in zip(document["subjects"], engine, strict=True):
        assert [act["case_no"] for act in of_command["counted"]] == [judged.act.case_no for judged in one.counted]
    lines = list(csv.DictReader(io.StringIO(CliRunner().invoke(cli, ["repeat-violators", *asked, "csv"]).stdout)))
    per_subject = [int(lines[at]["count"]) for at in _firsts(lines)]
    assert per_subject == counts
    if subject != "driver":
        names = ("plate_no", "plate_color_code") if subject == "vehicle" else ("uscc",)
        for one in engine:
            found = dossier.facts(db, subject, dict(zip(names, one.key, strict=True)), LAST, window)
            assert (dossier.main_standing(found)["count"], dossier.main_standing(found)["tier"]) == (
                one.count,
                one.tier,
            )
    assert len(set(counts)) > 1, "counts that are alike would compare nothing"


def _firsts(lines: list[dict[str, str]]) -> list[int]:
    """Where the acts of each subject begin: those of one follow each other."""
    own = [(line["subject"], line["plate colour code"]) for line in lines]
    return [at for at, one in enumerate(own) if at == 0 or one != own[at - 1]]


@pytest.mark.parametrize("low", LOW)
def test_every_choice_of_who_is_listed_counts_its_rows(callbacks: Callbacks, db: fixture.Fixture, low: str) -> None:
    facts = facts_of(db, low=low)
    assert rows(callbacks, chosen(low=low))["rowCount"] == facts.count(low) == len(facts.listed)
    words = text_of(by_class(callbacks.page("/repeat", f"{ROLLING}&low={low}"), "reconcile"))
    assert f"合计 {len(facts.listed)} 辆" in " ".join(words.split())


def test_a_county_has_those_with_a_case_of_it_in_the_window(
    callbacks: Callbacks, client: Client, db: fixture.Fixture
) -> None:
    everybody = facts_of(db, low="all").everybody
    found = {}
    for county in _known(db).current_counties:
        facts = facts_of(db, low="all", county=county)
        found[county] = {one.key for _, one in facts.listed}
        assert found[county] == {
            one.key for one in everybody
            if any(act.county_code == county and act.violated_on >= one.window_first for act, *_ in one.acts)
        }  # fmt: skip
        assert rows(callbacks, chosen(low="all", county=county))["rowCount"] == len(found[county])
        page = callbacks.page("/repeat", f"{ROLLING}&low=all&county={county}")
        assert f"合计 {len(found[county])} 辆" in " ".join(text_of(by_class(page, "reconcile")).split())
    two = repeat_fixture.plate("two"), repeat_fixture.YELLOW
    assert [county for county, who in found.items() if two in who] == ["431103", "431124"], "it stands with either"
    assert not found["431125"], "an act of before the window is in none"
    assert any(act.county_code == "431125" for one in everybody for act, *_ in one.acts)
    county = max(found, key=lambda code: len(found[code]))
    lines = client.get(f"/export/repeat.csv{ROLLING}&low=all&county={county}", headers=HOST).text.splitlines()
    assert "县" in lines[0]
    assert all(ZH.pick(*_known(db).counties[county]) in line for line in lines[1:])


def test_cases_of_the_ranking_are_of_vehicles_alone(callbacks: Callbacks, db: fixture.Fixture) -> None:
    for subject in SUBJECTS:
        _, bad = choice_of({"subject": subject, "low": "due"}, _known(db), db)
        assert bad == ([] if subject == "vehicle" else ["low"])
        page = callbacks.page("/repeat", f"?subject={subject}")
        assert ("案件已到期" in text_of(by_class(page, "chips"))) == (subject == "vehicle")
    assert "不论所选周期" in text_of(callbacks.page("/repeat", "?low=undone"))


def test_three_is_a_warning_and_no_page_says_what_follows(callbacks: Callbacks, client: Client) -> None:
    told = rows(callbacks, chosen())["rowData"]
    assert [(row["count"], row["tier"], row["tier_tone"]) for row in told] == [
        *[("4", "超过3次", "worse")] * 2, *[("3", "预警（累计3次）", "warn")] * 2,
    ]  # fmt: skip
    said = text_of(callbacks.page("/repeat", ROLLING)) + json.dumps(told, ensure_ascii=False)
    said += "".join(open_drawer(callbacks, chosen(), row["record"]).text for row in told)
    said += client.get(f"/export/repeat.csv{ROLLING}", headers=HOST).text
    assert "吊销" not in said
    assert "revoke" not in said


def test_an_enterprise_is_told_as_a_share_of_its_fleet(callbacks: Callbacks) -> None:
    told = rows(callbacks, chosen(subject="enterprise", low="statutory"))["rowData"]
    assert {row["who"]: (row["vehicles"], row["count"], row["tier"]) for row in told} == {
        enterprise_name(0): (f"4 / {repeat_fixture.FLEET} 辆", "44.44%", "超过10%"),
        FIRM_NAME: ("5 / 17 辆", "29.41%", "超过10%"),
    }, "a vehicle that no register knows counts for the enterprise that its case names, not in the fleet"


def test_enterprises_are_also_told_by_their_work_safety_penalties(callbacks: Callbacks, db: fixture.Fixture) -> None:
    """The planted one: three decisions in 180 days while a major hazard exists, each with its fate."""
    told = text_of(callbacks.page("/repeat", "?subject=enterprise"))
    (met,) = [one for one in safety_repeat.standings(db, LAST) if one.tier == "met"]
    card = told[told.index(ZH("safety.title")) :]
    for words in (str(met.enterprise_name), TIER_WORDS["met"][0], met.open_major[0].hazard_no, ZH("safety.falls")):
        assert words in card
    assert all(judged.penalty.decision_no in card for judged in met.penalties)
    assert "吊销" not in card
    assert ZH("safety.title") not in text_of(callbacks.page("/repeat"))


def test_before_the_rule_of_work_safety_penalties_the_page_says_since_when_it_is_in_force(callbacks: Callbacks) -> None:
    told = text_of(callbacks.page("/repeat", "?subject=enterprise&as_of=2021-08-31"))
    card = told[told.index(ZH("safety.title")) :]
    assert ZH("safety.before", day="2021-09-01") in card
    assert "Ask as of" not in card


def test_an_earlier_day_has_its_own_list(callbacks: Callbacks) -> None:
    before = (LAST - timedelta(days=35)).isoformat()
    told = rows(callbacks, chosen(as_of=before))["rowData"]
    late, three = map(repeat_fixture.plate, ("four", "three"))
    tiers = {who: row_of(told, who)["tier"] for who in (late, three, FOUR, THREE)}
    warned = "预警（累计3次）"
    assert tiers == {late: warned, three: warned, FOUR: "超过3次", THREE: warned}, "its fourth act was not decided yet"
    assert len(told) == len(tiers)


def test_a_list_is_sorted_by_what_it_may_be_sorted_by(callbacks: Callbacks, db: fixture.Fixture) -> None:
    by_lapse = rows(callbacks, chosen(low="all"), sortModel=[{"colId": "lapse", "sort": "asc"}])["rowData"]
    days = [row["lapse"] for row in by_lapse if row["lapse"] != "—"]
    assert days == sorted(days)
    assert by_lapse[-1]["lapse"] == "—", "those without a day come last"
    for wrong in ([{"colId": "who", "sort": "asc"}], [{"colId": "count", "sort": "x"}]):
        asked = {"startRow": 0, "endRow": 9, "sortModel": wrong}
        values = {"repeat-grid.getRowsRequest": asked, "repeat-choice.data": chosen(), "repeat-view.data": VIEW}
        assert callbacks.post("repeat-grid.getRowsResponse", values, "repeat-grid.getRowsRequest").status_code == 400


# --- the drawer ------------------------------------------------------------------------------------------------
def test_the_drawer_has_every_act_with_its_reason_and_its_evidence(callbacks: Callbacks, db: fixture.Fixture) -> None:
    record = row_of(rows(callbacks, chosen())["rowData"], repeat_fixture.plate("three"))["record"]
    layout = open_drawer(callbacks, chosen(), record).json["response"]["repeat-drawer"]["children"]
    words = " ".join(text_of(layout).split())
    assert "计次的违法 3" in words
    assert "未计次及原因 2" in words
    assert "未过计次门槛" in words
    assert "尚无决定" in words
    links = [c["props"]["href"] for c in components(layout) if c["type"] in ("A", "Link")]
    passages = [link for link in links if link.startswith("/overload/rows?record=")]
    assert len(passages) == 5
    assert "/lookup" in links
    assert "另查一个车牌" in words
    asked = passages[0].removeprefix("/overload/rows?record=")
    assert queries.record(db, asked) is not None
    assert words.count("永交执〔2026〕") == 5
    for name in ("近12个月", "证件周年", "自然年"):
        assert name in words, "counts of the other windows stand beside"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_act_on_doubtful_evidence_says_so_as_the_look_up_does(db: fixture.Fixture, lang: str) -> None:
    facts, t = facts_of(db), Text(lang)
    one = next(one for _, one in facts.listed if one.counted)
    judged = one.counted[0]
    said = {}
    for flags in ("E-NOCERT,V-TYPECODE", "V-TYPECODE", ""):
        act = judged.act._replace(flags=flags, decided_on=None)
        line = repeat_page.act_line(facts, judged._replace(act=act), one, t)
        said[flags] = text_of(json.loads(json.dumps(line, cls=PlotlyJSONEncoder)))
    says = Words(lang)("act.evidence.counts")
    assert [flags for flags, words in said.items() if says in words] == ["E-NOCERT,V-TYPECODE"]
    assert t.pick("没有有效的检定证书", "no valid certificate") in said["E-NOCERT,V-TYPECODE"]


def test_the_drawer_leads_to_the_look_up_of_its_vehicle_and_no_plate_is_in_the_address(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    """The page it leads to shows the vehicle masked, looks nothing up by itself, and asks for a purpose first."""
    plate_no = repeat_fixture.plate("three")
    record = row_of(rows(callbacks, chosen())["rowData"], plate_no)["record"]
    layout = open_drawer(callbacks, chosen(), record).json["response"]["repeat-drawer"]["children"]
    (link,) = [c["props"]["href"] for c in components(layout) if str(c["props"].get("href")).startswith("/lookup?")]
    given = dict(parse_qsl(urlsplit(link).query))
    assert given.keys() == {"vehicle", "as_of", "window"}
    assert re.fullmatch("[0-9a-f]{24}", given["vehicle"])
    assert not any(hashlib.sha256(f"{plate_no} {color}".encode()).hexdigest().startswith(given["vehicle"])
                   for color in range(100))  # fmt: skip
    led_to = callbacks.page("/lookup", f"?{urlsplit(link).query}")
    card = by_class(led_to, "lookup-handed")[0]
    assert not card["props"]["hidden"]
    assert f"{plate_no[:2]}·***{plate_no[-2:]}" in text_of(card)
    assert plate_no not in json.dumps(led_to, ensure_ascii=False)
    assert by_id(led_to, "lookup-purpose")["props"]["value"] == "repeat_list"
    assert not by_class(led_to, "count-now")
    values = {
        "lookup-row.n_clicks": 1, "lookup-vehicle.data": given["vehicle"], "lookup-day.value": given["as_of"],
        "lookup-window.value": given["window"], "lookup-province.data": "湘", "lookup-view.data": VIEW,
        "lookup-purpose.value": "repeat_list",
    }  # fmt: skip
    answer = callbacks.post("lookup-result.children", values, "lookup-row.n_clicks")
    assert answer.status_code == 200, answer.text
    (count,) = by_class(answer.json["response"]["lookup-result"]["children"], "count-now")
    assert text_of(count).split()[0] == "3"
    for wrong in ("0" * 24, None, ["x"]):
        refused = callbacks.post(
            "lookup-result.children", values | {"lookup-vehicle.data": wrong}, "lookup-row.n_clicks"
        )
        assert refused.status_code == 400
    strange = callbacks.page("/lookup", f"?vehicle={'0' * 24}")
    assert by_class(strange, "lookup-handed")[0]["props"]["hidden"]
    assert "vehicle" in text_of(strange)


def test_a_tier_that_falls_by_one_window_is_told_with_the_one_that_keeps_it(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    """A certificate year ends before some of its acts are twelve months old."""
    told = 0
    facts = facts_of(db, window="ANNIVERSARY")
    for one in standings(db, Question(LAST, window="ANNIVERSARY")):
        if one.lapses_on is None:
            continue
        drawer = json.loads(json.dumps(repeat_page.drawer(facts, one, ZH), cls=PlotlyJSONEncoder))
        words = " ".join(text_of(drawer).split())
        only = {"plate_no": one.key[0], "plate_color_code": one.key[1]}
        by_year, rolling = (standings(db, Question(one.lapses_on, window=window), only)[0]
                            for window in ("ANNIVERSARY", "ROLLING_12M"))  # fmt: skip
        if rolling.count > by_year.count and by_year.window != "ROLLING_12M":
            told += 1
            day = f"{one.lapses_on:%Y-%m-%d}"
            assert f"按证件周年 {day} 起为 {by_year.count} 次；按近12个月仍为 {rolling.count} 次" in words
        else:
            assert "仍为" not in words
    assert told


def test_a_row_of_another_version_and_one_that_is_not_there_are_told(callbacks: Callbacks, db: fixture.Fixture) -> None:
    old = open_drawer(callbacks, chosen(), f"{db.version + 1}-0")
    assert ZH("vehicles.drawer.old") in text_of(old.json["response"]["repeat-drawer"]["children"])
    for wrong in (f"{db.version}-999", repeat_fixture.plate("four"), 3, f"{db.version}-0 or 1"):
        assert open_drawer(callbacks, chosen(), wrong).status_code == 400


def test_nobody_is_named_by_plate_certificate_or_hash(callbacks: Callbacks, client: Client) -> None:
    for subject in SUBJECTS:
        choice = chosen(subject=subject, low="all")
        told = rows(callbacks, choice)["rowData"]
        said = json.dumps([callbacks.page("/repeat", f"?subject={subject}&low=all"), told], ensure_ascii=False)
        said += "".join(open_drawer(callbacks, choice, row["record"]).text for row in told)
        said += client.get(f"/export/repeat.csv?subject={subject}&low=all", headers=HOST).text
        assert [name for name in PERSONAL if name in said] == []


# --- the address -------------------------------------------------------------------------------------------------
def test_without_a_window_the_list_is_the_statutes_as_the_parameter_says(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    """repeat_window is in force since 2016-09-21; a list of an earlier day takes the window of a query."""
    known = queries.known(db)
    assert known is not None
    for day, window in (("2016-09-21", "ANNIVERSARY"), ("2016-09-20", "ROLLING_12M")):
        choice, bad = choice_of({"as_of": day}, known, db)
        assert (choice.window, choice.basis, choice.decisions, bad) == (window, "VIOLATION", "required", [])
        assert choice.query() == f"?as_of={day}"
        assert f"window={window}" in choice.query(absolute=True), "a copied link holds also under other parameters"
    (nav,) = [by_class(part, "current") for part in by_class(callbacks.page("/repeat"), "kinds")][1:2]
    assert "证件周年" in text_of(nav)


def test_the_first_day_that_can_be_asked_is_that_of_the_statute(callbacks: Callbacks, db: fixture.Fixture) -> None:
    assert first_day(db) == date(2011, 7, 1)
    picker = by_id(callbacks.page("/repeat"), "repeat-day")
    assert picker["props"]["minDate"] == "2011-07-01"
    assert standings(db, Question(date(2011, 7, 1))) == []


def test_a_choice_survives_its_address(db: fixture.Fixture) -> None:
    known = queries.known(db)
    assert known is not None
    for query in (
        {}, {"subject": "enterprise"}, {"subject": "driver", "window": "ANNIVERSARY", "low": "pending"},
        {"as_of": "2026-01-31", "basis": "DECISION", "decisions": "any", "low": "all"},
    ):  # fmt: skip
        choice, bad = choice_of(query, known, db)
        assert bad == []
        again = dict(part.split("=") for part in choice.query().lstrip("?").split("&") if part)
        assert choice_of(again, known, db)[0] == choice
        assert f"as_of={choice.as_of}" in choice.query(absolute=True)


def test_what_an_address_cannot_ask_is_told_and_a_file_is_refused(callbacks: Callbacks, client: Client) -> None:
    for bad in ("as_of=2027-01-01", "as_of=22.11.2026", "as_of=2011-06-30", "window=YEAR", "subject=plate", "low=3"):
        layout = callbacks.page("/repeat", f"?{bad}")
        assert bad.split("=")[0] in text_of(by_class(layout, "note"))
        assert client.get(f"/export/repeat.csv?{bad}", headers=HOST).status_code == 400
    values = {"repeat-grid.getRowsRequest": {"startRow": 0, "endRow": 9}, "repeat-choice.data": {"low": "3"}}
    answer = callbacks.post(
        "repeat-grid.getRowsResponse", values | {"repeat-view.data": VIEW}, "repeat-grid.getRowsRequest"
    )
    assert answer.status_code == 400


def test_an_empty_list_offers_everybody(callbacks: Callbacks) -> None:
    layout = callbacks.page("/repeat", f"{ROLLING}&as_of=2026-02-28&low=statutory")
    links = [c["props"]["href"] for c in components(by_class(layout, "blank")) if c["type"] == "Link"]
    assert links == ["/repeat?as_of=2026-02-28&window=ROLLING_12M&low=all"]
    assert ZH("repeat.none.acts") in text_of(by_class(callbacks.page("/repeat", "?as_of=2020-01-01"), "blank"))


def test_a_snapshot_from_before_an_upgrade_says_so(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeat, "TABLES", ("core.not_built",))
    assert ZH("state.no_violations.title") in text_of(callbacks.page("/repeat"))


def test_an_explanation_marks_what_nobody_verified(callbacks: Callbacks) -> None:
    words = " ".join(text_of(by_class(callbacks.page("/repeat", "?window=ANNIVERSARY"), "explain")).split())
    assert "未核实 M+" in words
    assert "第四十六条" in words
    assert "已核对 C1" in words


# --- files ---------------------------------------------------------------------------------------------------------
def test_files_hold_every_act_and_say_what_they_are(client: Client, db: fixture.Fixture) -> None:
    facts = facts_of(db, low="all")
    acts = sum(len(one.acts) for _, one in facts.listed)
    told = client.get(f"/export/repeat.csv{ROLLING}&low=all&lang=zh", headers=HOST)
    assert told.data.startswith(b"\xef\xbb\xbf")
    lines = told.data.decode("utf-8-sig").strip().split("\r\n")
    assert len(lines) == acts + 1
    for name in ("同一趟次 ", "计次", "repeat_statutory_over = 3 [C1]", "allowance_mode = DEDUCT [P]", "违法日期"):
        assert name in told.text
    book = client.get(f"/export/repeat.xlsx{ROLLING}&low=all&lang=zh", headers=HOST)
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book.data))
    assert sheets.sheet_names == ["数据", "违法明细", "说明"]
    listed, detailed, notes = [sheets.get_sheet_by_name(name).to_python() for name in sheets.sheet_names]
    assert (len(listed), len(detailed)) == (len(facts.listed) + 1, acts + 1)
    words = "\n".join(" ".join(map(str, row)) for row in notes)
    for name in ("近12个月", "未核实", "repeat_excess_ratio", "公路安全保护条例第六十六条", "数据快照"):
        assert name in words
    weighed = {row["违法车辆"]: row for row in (dict(zip(detailed[0], one, strict=True)) for one in detailed[1:])}
    assert {(row["允许误差 kg"], row["扣除误差后的超限量 kg"]) for row in weighed.values()} >= {(3_000, 8_000)}
    dates = [cell for row in listed[1:] for cell in row if isinstance(cell, date)]
    assert dates, "days are days"
    assert "多次超限" in book.headers["Content-Disposition"] or "%E5%A4%9A" in book.headers["Content-Disposition"]


def test_english_pages_have_english_words(callbacks: Callbacks) -> None:
    layout = callbacks.page("/repeat", "?lang=en")
    assert "More than 3" in text_of(by_class(layout, "kpi"))
    assert by_id(layout, "repeat-query")["props"]["data"]["here"] == "/repeat"


def test_acts_that_only_the_register_ties_to_an_enterprise_stand_in_its_list_drawer_and_file(
    db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An act of the firm loses the enterprise its case names."""
    changed = fixture.Fixture(db.connection, fixture.LAST_DAY)
    row = "select record_id from core.violation where case_no = 'A04'"
    db.connection.execute(f"update core.violation set uscc = null where record_id = ({row})")
    db.connection.execute(
        "update core.case_match set enterprise_reason = 'register_name', enterprise_grade = 'near',"
        f" enterprise_uscc = '{FIRM}' where case_no = 'A04'"
    )
    try:
        facts = facts_of(changed, subject="enterprise", low="all")
        (place,) = [at for at, one in facts.listed if one.key == (FIRM,)]
        drawer = repeat_page.drawer(facts, facts.at(place), EN)
        words = text_of(json.loads(json.dumps(drawer, cls=PlotlyJSONEncoder)))
        cells = repeat_page.cells(facts, place, facts.at(place), EN)
        monkeypatch.setattr(queries, "source", lambda: changed)
        client = client_of()
        text = client.get("/export/repeat.csv?subject=enterprise&low=all&lang=en", headers=HOST).data.decode(
            "utf-8-sig"
        )
    finally:
        db.connection.execute(f"update core.violation set uscc = '{FIRM}' where record_id = ({row})")
        db.connection.execute(
            "update core.case_match set enterprise_reason = 'credit_code', enterprise_grade = 'exact'"
            " where case_no = 'A04'"
        )
    assert "by the register only 1" in words
    assert "A04" in words
    assert "by the register only 1" in cells["why"]
    rows = list(csv.reader(io.StringIO(text)))
    (told,) = [row for row in rows if "A04" in row]
    assert "by the register only" in told
    assert "no" in told
