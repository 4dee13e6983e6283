"""The page of scores: the list, drawer and back-test tell what the engine tells, no plate is whole, and nothing is a
penalty; the look-up tells the same of a vehicle."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import fixture
import pytest
from driving import Callbacks, by_class, by_id, components, locale, text_of
from plotly.utils import PlotlyJSONEncoder
from risk_fixture import CHECKS, FIRM, OFTEN, ONCE, PLATES
from werkzeug.test import TestResponse

from dashboards import lists, risk_facts
from dashboards.text import Text
from warehouse import risk
from warehouse.backtest import backtest
from warehouse.plate import masked
from warehouse.risk import RANKINGS, Asked, shown

HERE = "/risk"
VIEW = {"lang": "en", "theme": "light"}
CHOICE = {"as_of": fixture.LAST_DAY.isoformat(), "subject": "vehicle", "by": "chance"}


@pytest.fixture(scope="module")
def told(db: fixture.Fixture) -> risk.Everybody:
    return risk.everybody(db, Asked(fixture.LAST_DAY))


def grid(callbacks: Callbacks, start: int = 0, end: int = 50, **changes: Any) -> TestResponse:
    request = {"startRow": start, "endRow": end, "sortModel": changes.pop("sort", []), "filterModel": {}}
    values = {"risk-grid.getRowsRequest": request, "risk-choice.data": CHOICE | changes, "risk-view.data": VIEW}
    return callbacks.post("risk-grid.getRowsResponse", values, "risk-grid.getRowsRequest")


def listed(callbacks: Callbacks, **changes: Any) -> list[dict[str, Any]]:
    answer = grid(callbacks, **changes)
    assert answer.status_code == 200, answer.text
    return answer.json["response"]["risk-grid"]["getRowsResponse"]["rowData"]


def drawer(callbacks: Callbacks, record: str, **changes: Any) -> Any:
    values = {"risk-grid.selectedRows": [{"record": record}], "risk-choice.data": CHOICE | changes,
              "risk-view.data": VIEW}  # fmt: skip
    answer = callbacks.post("risk-drawer.children", values, "risk-grid.selectedRows")
    assert answer.status_code == 200, answer.text
    return answer.json["response"]["risk-drawer"]["children"]


@pytest.mark.parametrize("by", RANKINGS)
def test_the_list_is_the_engines_and_no_plate_is_whole(callbacks: Callbacks, told: risk.Everybody, by: str) -> None:
    rows = listed(callbacks, by=by)
    assert len(rows) == len(PLATES) == told.ranked_count
    for rank, (row, place) in enumerate(zip(rows, told.order(by, lists.of_equals()), strict=True), 1):
        one = told.at(place)
        assert (row["rank"], row["who"], row["checks"]) == (str(rank), masked(one.key[0]), str(one.check_count))
        for name in RANKINGS:
            assert row[name].startswith(shown(name, one.scores[name]))
    assert rows[0]["who"] == masked(OFTEN)
    said = json.dumps([rows, callbacks.page(HERE, f"?lang=en&by={by}")], ensure_ascii=False)
    assert not [plate for plate in PLATES if plate in said]


@pytest.mark.parametrize("by", RANKINGS)
def test_neither_a_row_nor_its_name_tells_where_the_whole_plate_stands(
    callbacks: Callbacks, told: risk.Everybody, db: fixture.Fixture, by: str
) -> None:
    """Rows are named by their place in the list that is shown, and equals stand in no order of plates."""
    rows = listed(callbacks, by=by)
    assert [row["record"] for row in rows] == [f"{db.version}-{at}" for at in range(len(rows))]
    equals = [row["who"] for row in rows if row["events"] == "0"]
    by_plate = [masked(plate) for plate in sorted(PLATES) if plate not in (OFTEN, ONCE)]
    assert sorted(equals) == sorted(by_plate)
    assert equals not in (by_plate, by_plate[::-1])
    assert equals == [row["who"] for row in listed(callbacks, by=by) if row["events"] == "0"]
    for row in (rows[0], rows[7], rows[-1]):
        assert row["who"] in text_of(drawer(callbacks, row["record"], by=by)), "the drawer is of the row"


def test_who_is_not_listed_is_not_opened(callbacks: Callbacks, told: risk.Everybody, db: fixture.Fixture) -> None:
    """Who has too little data for a rank has no row, whatever a request names."""
    assert len(told.keys) > told.ranked_count
    for place in (told.ranked_count, len(told.keys) - 1, len(told.keys)):
        values = {"risk-grid.selectedRows": [{"record": f"{db.version}-{place}"}], "risk-choice.data": CHOICE,
                  "risk-view.data": VIEW}  # fmt: skip
        answer = callbacks.post("risk-drawer.children", values, "risk-grid.selectedRows")
        assert answer.status_code == 400, place


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_says_what_a_score_is_not_and_what_it_was_worth(
    callbacks: Callbacks, db: fixture.Fixture, lang: str
) -> None:
    layout = callbacks.page(HERE, f"?lang={lang}")
    words = text_of(by_class(layout, "lead"))
    assert locale(lang)["risk.lead.look"].strip() in words
    tested = backtest(db, Asked(fixture.LAST_DAY - timedelta(days=90)), 90)
    assert (tested.subject_count, tested.hit_count) == (len(PLATES), 1)
    card = by_id(layout, "risk-tested")
    rows = [part for part in components(card) if part["type"] == "Tr"]
    assert len(rows) == 1 + 2 + len(RANKINGS) + 1 + len(tested.bins)
    said = text_of(card)
    for one in tested.tops:
        assert f"{one.precision * 100:.1f}%" in said.replace(" ", "") or f"{one.precision * 100:.2f}%" in said
    assert str(tested.seed) in said


def test_every_ranking_has_its_formula_weights_and_sources(callbacks: Callbacks, told: risk.Everybody) -> None:
    layout = callbacks.page(HERE, "?lang=en")
    words = " ".join(text_of(by_class(layout, "explain")).split())
    assert len(by_class(layout, "explain")) == len(RANKINGS)
    names = {name for ranking in RANKINGS for name in risk.parameters_of(ranking)}
    assert names == set(told.rules.told)
    for one in told.rules.told.values():
        assert one.en in words
        assert one.citation_en in words
    en = locale("en")
    assert f"{en['pill.unverified']} P" in words
    assert f"{en['pill.verified']} C2" in words


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_interval_of_an_enterprise_is_said_to_be_too_narrow(callbacks: Callbacks, lang: str) -> None:
    said = locale(lang)["risk.too_narrow"]
    assert said in text_of(callbacks.page(HERE, f"?lang={lang}&subject=enterprise"))
    assert said not in text_of(callbacks.page(HERE, f"?lang={lang}"))


def test_the_drawer_tells_the_parts_of_a_score_and_what_does_not_count(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    key = {"plate_no": OFTEN, "plate_color_code": 2}
    found = risk.explained(db, Asked(fixture.LAST_DAY), key)
    assert [one.left_out for one in found.reasons if one.left_out] == ["permit", "allowance", "void"]
    for by in ("model", "ocrs"):
        told = drawer(callbacks, listed(callbacks, by=by)[0]["record"], by=by)
        said = " ".join(text_of(told).split())
        for name in RANKINGS:
            assert shown(name, found.risk.scores[name]) in said
        counted = [one for one in found.reasons if one.left_out is None]
        assert said.count(f"+{shown(by, counted[0].parts[by])}") >= 1
        assert "covered by a permit" in said
        assert "voided by an officer" in said
        links = [one["props"]["href"] for one in components(told) if "record=" in str(one["props"].get("href", ""))]
        assert len(links) == len(found.reasons)
        assert OFTEN not in json.dumps(told, ensure_ascii=False)
    assert locale("en")["vehicles.drawer.old"] in text_of(drawer(callbacks, "11-0"))


def test_what_clear_checks_did_is_said_in_words_and_no_list_stops_unsaid(
    callbacks: Callbacks, db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for by in ("sms", "ocrs", "eu"):
        said = " ".join(text_of(drawer(callbacks, listed(callbacks, by=by)[-1]["record"], by=by)).split())
        assert f"{CHECKS} clear checks and no event that counts: 0.00" in said
        assert said.count("no event that counts") == 1 + 3, "the sentence, and a line a published score"
        assert "—" not in said
    found = risk.explained(db, Asked(fixture.LAST_DAY), {"plate_no": OFTEN, "plate_color_code": 2})
    old = replace(found.risk, clear_counts=dict.fromkeys(risk.SCALES, 0))
    assert "No clear check lowers it." in text_of(
        sent(risk_facts.reasons(replace(found, risk=old), "sms", Text("en"), with_vehicle=False))
    )
    monkeypatch.setattr(risk_facts, "MOST_REASONS", 1)
    said = text_of(sent(risk_facts.reasons(found, "sms", Text("en"), with_vehicle=False)))
    counted = sum(one.left_out is None for one in found.reasons)
    assert f"{counted - 1} more events" in said
    assert re.search(r"\b2 more(?! events)", said)


def sent(parts: list[Any]) -> Any:
    return json.loads(json.dumps(parts, cls=PlotlyJSONEncoder))


def test_an_enterprise_is_listed_with_its_name(callbacks: Callbacks, db: fixture.Fixture) -> None:
    (row,) = [row for row in listed(callbacks, subject="enterprise") if row["who"] == FIRM]
    said = " ".join(text_of(drawer(callbacks, row["record"], subject="enterprise")).split())
    assert masked(OFTEN) in said
    assert OFTEN not in said


@pytest.mark.parametrize("bad", ["by=fines", "subject=driver", "as_of=2026-02-30"])
def test_what_an_address_may_not_ask_is_said(callbacks: Callbacks, bad: str) -> None:
    assert bad.split("=")[0] in text_of(by_class(callbacks.page(HERE, f"?lang=en&{bad}"), "note"))


def test_what_no_control_of_the_page_sends_is_refused(callbacks: Callbacks) -> None:
    assert grid(callbacks, by="fines").status_code == 400
    assert grid(callbacks, sort=[{"colId": "model", "sort": "asc"}]).status_code == 400
    values = {"risk-grid.selectedRows": [{"record": "12-99999999"}], "risk-choice.data": CHOICE, "risk-view.data": VIEW}
    assert callbacks.post("risk-drawer.children", values, "risk-grid.selectedRows").status_code == 400


def test_a_day_without_checks_says_so(callbacks: Callbacks) -> None:
    words = text_of(callbacks.page(HERE, "?lang=en&as_of=2016-03-01"))
    assert locale("en")["risk.none.why"] in words
    assert locale("en")["risk.tested.none"] in words


def test_a_version_from_before_says_so(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.pages.risk.is_built", lambda db: False)
    assert locale("en")["state.no_violations.title"] in text_of(callbacks.page(HERE, "?lang=en"))


# --- the look-up -------------------------------------------------------------------------------------------
def looked_up(callbacks: Callbacks, plate: str) -> Any:
    values = {
        "lookup-go.n_clicks": 1, "lookup-day.value": fixture.LAST_DAY.isoformat(),
        "lookup-window.value": "ROLLING_12M", "lookup-plate.value": plate, "lookup-province.data": "湘",
        "lookup-view.data": VIEW, "lookup-purpose.value": "vehicle_check",
    }  # fmt: skip
    answer = callbacks.post("lookup-result.children", values, "lookup-go.n_clicks")
    assert answer.status_code == 200, answer.text
    return answer.json["response"]["lookup-result"]["children"]


def test_the_look_up_tells_the_scores_of_the_list(
    callbacks: Callbacks, db: fixture.Fixture, told: risk.Everybody
) -> None:
    for plate in (OFTEN, ONCE):
        said = " ".join(text_of(by_id(looked_up(callbacks, plate), "lookup-risk")).split())
        one = told.at(told.keys.index((plate, 2)))
        for name in RANKINGS:
            assert shown(name, one.scores[name]) in said, (plate, name)
        assert "no ground of a penalty" in said


def test_a_look_up_reads_the_passages_of_its_plate_alone(db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The priors of the day are read once a version; after that no query is without the plate."""
    key = {"plate_no": ONCE, "plate_color_code": 2}
    risk_facts.of_vehicle(db, key, fixture.LAST_DAY)
    asked: list[Any] = []

    def noted(answer: Any) -> Any:
        def ask(sql: str, params: Any = None) -> Any:
            asked.append((sql, params))
            return answer(sql, params)

        return ask

    for name in ("read", "rows"):
        monkeypatch.setattr(db, name, noted(getattr(db, name)))
    found = risk_facts.of_vehicle(db, key, fixture.LAST_DAY)
    assert found is not None
    of_passages = [params for sql, params in asked if "core.passage" in sql or "mart.finding" in sql]
    assert [[*params.values()] for params in of_passages] == [[ONCE], [ONCE]]
