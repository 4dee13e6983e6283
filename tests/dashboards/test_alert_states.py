"""The page of alerts as people say something of them: the form, what it writes, who may, both languages, overview."""

import csv
import io
from collections import OrderedDict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import fixture
import pytest
from dash import Dash
from driving import HOST, Callbacks, by_class, by_id, components, locale, text_of
from one_app import account_of, client_of
from werkzeug.test import TestResponse

from dashboards import alert_facts, queries
from dashboards.access import gate
from warehouse import alert_store, audit
from warehouse.alert_store import Days, Saying
from warehouse.alerts import Alert
from warehouse.control import Account, Control
from warehouse.principal import Principal

LAST, NEXT = fixture.LAST_DAY, fixture.NEXT_DAY
BY = NEXT + timedelta(days=3)
VIEW = {"lang": "zh", "theme": "light"}


@pytest.fixture(autouse=True)
def _instance(app: Dash, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: fixture.Fixture) -> Iterator[None]:
    """States of an instance of its own; keys of alerts are made by its secret, so none is kept from another."""
    monkeypatch.setenv("HENG_HOME", str(tmp_path))
    queries.kept(db, "alerts", OrderedDict).clear()
    yield
    queries.kept(db, "alerts", OrderedDict).clear()


@pytest.fixture
def callbacks(app: Dash) -> Callbacks:
    return Callbacks(app, "analyst")


def words(layout: Any) -> str:
    return " ".join(text_of(layout).split())


def facts(db: fixture.Fixture, **query: str) -> alert_facts.Facts:
    known = queries.known(db)
    assert known is not None
    choice, bad = alert_facts.choice_of(query, known, db)
    assert bad == []
    return alert_facts.Facts(db, choice)


def first(db: fixture.Fixture, rule: str, county: str | None = None) -> Alert:
    return next(one for one in facts(db).found if one.rule == rule and county in (None, one.county_code))


def posted(
    callbacks: Callbacks, one: Alert, action: Any, seen: Any = "0", query: str = "", **typed: Any
) -> TestResponse:
    values = {
        "alerts-say.n_clicks": 1, "alerts-seen.data": {"alert": one.key, "seen": seen}, "alerts-action.value": action,
        "alerts-owner.value": typed.get("owner"), "alerts-until.value": typed.get("until", BY.isoformat()),
        "alerts-reason.value": typed.get("reason", ""), "alerts-view.data": typed.get("view", VIEW),
        "alerts-query.data": {"here": "/alerts", "query": query or f"?alert={one.key}"},
    }  # fmt: skip
    return callbacks.post("alerts-drawer.children", values, "alerts-say.n_clicks")


def said(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.text
    return words(answer.json["response"]["alerts-drawer"]["children"])


def put(db: fixture.Fixture, one: Alert, account: Account, saying: Saying) -> None:
    who = Principal(account.account_id, account.role_name, account.counties)
    alert_store.say(db, one, saying, who, Days(LAST, NEXT))


# --- the form ------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_alert_opens_beside_the_list_and_is_taken(callbacks: Callbacks, db: fixture.Fixture, lang: str) -> None:
    one, texts = first(db, "site_silent"), locale(lang)
    layout = callbacks.page("/alerts", f"?alert={one.key}&lang={lang}")
    drawer = by_id(layout, "alerts-drawer")
    assert "open" in drawer["props"]["className"]
    assert by_id(drawer, "alerts-action")["props"]["value"] == "take"
    assert texts["alerts.history.none"] in words(drawer)
    hrefs = [c["props"].get("href", "") for c in components(by_id(layout, "alerts-list"))]
    assert f"/alerts?alert={one.key}#alerts-rows" in hrefs
    answer = posted(callbacks, one, "take", view={"lang": lang, "theme": "light"})
    told = said(answer)
    assert texts["alerts.said.take"] in told
    assert "test.analyst" in told
    rows = words(answer.json["response"]["alerts-list"]["children"])
    assert "test.analyst" in rows
    (step,) = alert_store.history(one.key, LAST)
    assert (step.to_state, step.until, step.on_date) == ("taken", BY, LAST)
    (row,) = audit.records(action="alert.take")
    assert row["actor"] == account_of("analyst").account_id
    again = callbacks.page("/alerts", f"?state=mine&lang={lang}")
    assert "test.analyst" in words(by_id(again, "alerts-list"))
    assert len(by_class(by_id(again, "alerts-list"), "stackable")) == 1


def test_the_count_stays_and_the_lead_tells_how_many_are_open(callbacks: Callbacks, db: fixture.Fixture) -> None:
    me = account_of("analyst")
    before = facts(db)
    urgent = [one for one in before.found if one.severity == "act"][:4]
    put(db, urgent[0], me, Saying("take", 0, BY))
    put(db, urgent[1], me, Saying("aside", 0, BY, reason="等待配件"))
    put(db, urgent[2], me, Saying("done", 0))
    now = facts(db)
    assert [one.key for one in now.found] == [one.key for one in before.found]
    assert now.counted() == {"open": len(before.found) - 3, "taken": 1, "aside": 1, "done": 1}
    lead = words(by_id(callbacks.page("/alerts"), "alerts-lead"))
    count = sum(one.severity == "act" for one in before.found)
    assert f"立即办理 {count} 项" in lead
    assert f"其中待办 {len(before.found) - 3} 项，已承办 1 项，已搁置 1 项，报称办结 1 项" in lead
    overview = callbacks.page("/")
    waiting = now.waiting("act")
    assert waiting == count - 3
    assert f"须立即办理 {count} 项（待办 {waiting} ）" in words(by_class(overview, "lead"))
    card = words(by_class(overview, "kpi")[4])
    assert f"{count} 项" in card
    assert f"待办 {waiting} 项" in card


@pytest.mark.parametrize("state", ["open", "taken", "aside", "done", "mine"])
def test_the_list_and_its_file_are_narrowed_by_state(callbacks: Callbacks, db: fixture.Fixture, state: str) -> None:
    me, other = account_of("analyst"), account_of("inspector")
    chosen = facts(db).found[:4]
    put(db, chosen[0], me, Saying("take", 0, BY))
    put(db, chosen[1], other, Saying("take", 0, BY))
    put(db, chosen[2], me, Saying("aside", 0, BY, reason="等待配件"))
    put(db, chosen[3], me, Saying("done", 0))
    expected = {"open": len(facts(db).found) - 4, "taken": 2, "aside": 1, "done": 1, "mine": 1}[state]
    assert f"预警清单：{expected} 项" in words(by_id(callbacks.page("/alerts", f"?state={state}"), "alerts-list"))
    answer = client_of("analyst").get(f"/export/alerts.csv?state={state}&lang=en", headers=HOST)
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(rows) == expected
    owners = {row["Owner"] for row in rows}
    assert owners == {"open": {""}, "taken": {"test.analyst", "test.inspector"}, "mine": {"test.analyst"}}.get(
        state, {""}
    )


def test_open_again_is_said(callbacks: Callbacks, db: fixture.Fixture) -> None:
    one, me = first(db, "hazard_overdue"), account_of("analyst")
    early = LAST - timedelta(days=5)
    who = Principal(me.account_id, "analyst", None)
    alert_store.say(db, one, Saying("done", 0), who, Days(early, early))
    told = words(by_id(callbacks.page("/alerts", f"?alert={one.key}"), "alerts-drawer"))
    assert "重新待办" in told
    assert "报称办结" in told, "the record of what was said"


# --- what is refused -----------------------------------------------------------------------------
def test_who_comes_second_is_told_and_nothing_is_overwritten(
    app: Dash, callbacks: Callbacks, db: fixture.Fixture
) -> None:
    one = first(db, "site_silent")
    assert "已承办" in said(posted(Callbacks(app, "inspector"), one, "take"))
    told = said(posted(callbacks, one, "take"))
    assert locale("zh")["alerts.overtaken"] in told
    assert "test.inspector" in told
    assert len(alert_store.history(one.key, LAST)) == 1


@pytest.mark.parametrize(
    ("action", "typed", "key"),
    [
        ("take", {"until": "2020-01-01"}, "day"), ("take", {"until": "tomorrow"}, "day"),
        ("take", {"until": None}, "day"),
        ("aside", {"reason": ""}, "reason"), ("aside", {"reason": "湘M12345 停运"}, "personal"),
        ("hand", {}, "owner"), ("hand", {"owner": "nobody"}, "owner"), ("reopen", {}, "same"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_told_with_the_reason_and_what_was_typed_stays(
    callbacks: Callbacks, db: fixture.Fixture, action: str, typed: dict[str, Any], key: str
) -> None:
    one = first(db, "site_silent")
    answer = posted(callbacks, one, action, **typed)
    assert locale("zh")[f"alerts.bad.{key}"].split("{")[0][:8] in said(answer)
    drawer = answer.json["response"]["alerts-drawer"]["children"]
    if action in ("take", "hand", "aside", "done"):
        assert by_id(drawer, "alerts-action")["props"]["value"] == action
        assert by_id(drawer, "alerts-reason")["props"]["value"] == typed.get("reason", "")
    assert alert_store.history(one.key, LAST) == []


@pytest.mark.parametrize(
    "values",
    [
        {"action": "delete"}, {"action": None}, {"action": ["take"]}, {"seen": "-1"}, {"seen": None}, {"seen": "x"},
        {"reason": ["a"]}, {"reason": "长" * 1_001}, {"owner": {"a": 1}}, {"until": 5},
        {"query": "?state=none"}, {"query": "?alert=0000000000000000"},
    ],
)  # fmt: skip
def test_what_no_form_sends_is_a_bad_request(callbacks: Callbacks, db: fixture.Fixture, values: dict[str, Any]) -> None:
    one = first(db, "site_silent")
    assert posted(callbacks, one, **{"action": "take", **values}).status_code == 400
    assert alert_store.history(one.key, LAST) == []


def test_an_earlier_day_is_only_read(callbacks: Callbacks, db: fixture.Fixture) -> None:
    one, day = first(db, "site_silent"), LAST - timedelta(days=1)
    query = f"?alert={one.key}&as_of={day}"
    assert "alerts-say" not in str(callbacks.page("/alerts", query))
    assert posted(callbacks, one, "take", query=query).status_code == 400


def test_a_leader_reads_states_and_says_nothing(app: Dash, db: fixture.Fixture) -> None:
    one = first(db, "site_silent")
    put(db, one, account_of("analyst"), Saying("aside", 0, BY, reason="等待配件"))
    leader = Callbacks(app, "leader")
    told = leader.page("/alerts", f"?alert={one.key}")
    assert "等待配件" in words(by_id(told, "alerts-drawer"))
    assert "alerts-say" not in str(told)
    assert posted(leader, one, "done", "1").status_code == 403
    assert len(alert_store.history(one.key, LAST)) == 1


def test_a_district_says_something_of_its_own_county_alone(app: Dash, db: fixture.Fixture) -> None:
    """The made warehouse is read whole by everybody here: the store is what refuses."""
    district = Callbacks(app, "district")
    other = next(one for one in facts(db).found if one.county_code not in (None, "431124"))
    feed = next(one for one in facts(db).found if one.county_code is None)
    own = next(one for one in facts(db).found if one.county_code == "431124")
    for one in (other, feed):
        told = district.page("/alerts", f"?alert={one.key}")
        assert locale("zh")["alerts.not_yours"] in words(by_id(told, "alerts-drawer"))
        answer = posted(district, one, "take")
        assert by_class(answer.json["response"]["alerts-drawer"]["children"], "note")
        assert "已承办" not in said(answer)
        assert alert_store.history(one.key, LAST) == []
    assert [row["outcome"] for row in audit.records(action="access.refused")] == ["refused", "refused"]
    assert "已承办" in said(posted(district, own, "take"))
    offered = by_id(district.page("/alerts", f"?alert={own.key}"), "alerts-owner")["props"]["data"]
    assert [one["label"] for one in offered] == []
    elsewhere = account_of("district", ["431103"], name="test.elsewhere")
    assert elsewhere.account_id not in str(district.page("/alerts", f"?alert={own.key}"))


def test_a_change_without_the_token_of_the_session_is_refused(app: Dash, db: fixture.Fixture) -> None:
    one, client = first(db, "site_silent"), client_of("analyst")
    body = {"output": "..alerts-drawer.children...alerts-lead.children..", "inputs": [], "state": []}
    answer = client.post("/_dash-update-component", json=body, headers=HOST, without_token=True)
    assert answer.status_code == 403
    assert client.post("/_dash-update-component", json=body, headers=HOST).status_code == 400
    assert gate.MORE_OF_CALLBACKS["alerts-drawer"] == ("handle",)
    assert alert_store.history(one.key, LAST) == []


def test_an_alert_that_no_longer_holds_is_gone_whatever_was_said(callbacks: Callbacks, db: fixture.Fixture) -> None:
    one = first(db, "site_silent")._replace(key="0123456789abcdef")
    told = said(posted(callbacks, one, "take"))
    assert locale("zh")["alerts.gone"] in told
    assert alert_store.history(one.key, LAST) == []


# --- the overview --------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_overview_shows_the_first_alerts_with_their_owner(
    callbacks: Callbacks, db: fixture.Fixture, lang: str
) -> None:
    told = facts(db)
    put(db, told.found[0], account_of("analyst"), Saying("take", 0, BY))
    put(db, told.found[1], account_of("analyst"), Saying("done", 0))
    card = by_id(callbacks.page("/", f"?lang={lang}"), "overview-attention")
    table = by_class(card, "stackable")[1]
    hrefs = [c["props"]["href"] for c in components(table) if c["type"] == "Link"]
    shown = [told.found[0], *told.found[2:6]]
    assert hrefs == [f"/alerts?alert={one.key}#alerts-rows" for one in shown]
    assert words(table).count("test.analyst") == 1
    page = callbacks.page("/alerts", f"?alert={told.found[0].key}&lang={lang}")
    assert "test.analyst" in words(by_id(page, "alerts-drawer"))


def test_numbers_of_the_overview_are_those_of_the_page(callbacks: Callbacks, db: fixture.Fixture) -> None:
    put(db, facts(db).found[0], account_of("analyst"), Saying("take", 0, BY))
    of_page = by_class(callbacks.page("/alerts"), "stackable")[0]
    of_overview = by_class(by_id(callbacks.page("/"), "overview-attention"), "stackable")[0]

    def rows(table: Any) -> list[tuple[str, ...]]:
        found = []
        for row in [c for c in components(table) if c["type"] == "Tr"][1:]:
            cells = {c["props"].get("data-head"): words(c) for c in components(row) if c["type"] == "Td"}
            found.append((cells["紧急程度"], cells["数量"], cells["待办"], cells["办理者"]))
        return found

    shown = rows(of_overview)
    assert len(shown) == 6
    assert rows(of_page)[:6] == shown


def test_nobodys_name_is_in_an_address(callbacks: Callbacks, db: fixture.Fixture) -> None:
    put(db, facts(db).found[0], account_of("analyst"), Saying("take", 0, BY))
    layout = callbacks.page("/alerts", f"?alert={facts(db).found[0].key}")
    hrefs = " ".join(str(c["props"].get("href")) for c in components(layout))
    with Control(alert_store.home()) as control:
        for account in control.accounts():
            assert account.name not in hrefs
            assert account.account_id not in hrefs


def test_the_day_is_of_the_clock_where_it_is_later(db: fixture.Fixture) -> None:
    assert facts(db).days == Days(LAST, NEXT)
    early = LAST - timedelta(days=3)
    assert facts(db, as_of=early.isoformat()).days == Days(early, early)
    assert Days.of(LAST, LAST, date(2020, 1, 1)).day == LAST
