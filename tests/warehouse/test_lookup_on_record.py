"""A look-up through the application of a published instance: on record before anything is shown, nothing without."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from one_app import HOST, account_of, client_of, one_app
from prefecture import NIGHTS, OLD, REGISTERS, build_night, close_night, deliver
from werkzeug.test import TestResponse

from dashboards import lookup_facts, queries
from warehouse import access_key, audit, dossier
from warehouse.connection import snapshot
from warehouse.publish import publish

LAST, PLATE = "2026-03-03", "湘M10001"
VIEW = {"lang": "zh", "theme": "light"}
ROWS = "/export/overload-rows.csv?period=custom&from=2026-02-26&to=2026-03-03&lang=en&metric=over"
READERS = {"source": queries.source, "disclosed": queries.disclosed}
"""As the product has them: tests of the pages put a made warehouse in their place for as long as they run."""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    state = tmp_path_factory.mktemp("looked") / "heng"
    state.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HENG_HOME", str(state))
        for feed, name in [*REGISTERS, *OLD, *NIGHTS]:
            deliver(state, feed, name)
        publish(build_night(state))
        for name, reader in READERS.items():
            patch.setattr(queries, name, reader)
        access_key.make(state)  # as the first start of the pages does
        yield state


def post(role: str, output: str, triggered: str = "", **values: Any) -> TestResponse:
    app = one_app()
    key = next(key for key in app.callback_map if output in key)
    entry, names = app.callback_map[key], key.strip(".").split("...")
    given = {
        "lookup-go.n_clicks": 1, "lookup-dossier.n_clicks": 1, "lookup-day.value": LAST, "lookup-province.data": "湘",
        "lookup-window.value": "ROLLING_12M", "lookup-view.data": VIEW, "lookup-plate.value": PLATE,
        "lookup-dossier.value": PLATE, "lookup-purpose.value": "vehicle_check",
    } | {name.replace("__", ".").replace("_", "-"): value for name, value in values.items()}  # fmt: skip
    outputs = [dict(zip(("id", "property"), name.rsplit(".", 1), strict=True)) for name in names]
    body = {
        "output": key, "outputs": outputs if key.startswith("..") else outputs[0],
        "inputs": [{**one, "value": given.get(f"{one['id']}.{one['property']}")} for one in entry["inputs"]],
        "state": [{**one, "value": given.get(f"{one['id']}.{one['property']}")} for one in entry["state"]],
        "changedPropIds": [triggered or ("lookup-go.n_clicks" if "result" in output else "lookup-dossier.n_clicks")],
    }  # fmt: skip
    return client_of(role).post("/_dash-update-component", json=body, headers=HOST)


def everything() -> list[dict[str, Any]]:
    """Records, the first one first."""
    return audit.records(limit=10_000)[::-1]


def disclosures() -> list[dict[str, Any]]:
    return [row for row in everything() if row["action"] == "disclosure"]


def test_a_look_up_is_on_record_with_its_purpose_before_and_after(state: Path) -> None:
    before = len(disclosures())
    answer = post("inspector", "lookup-result.children")
    assert answer.status_code == 200
    assert PLATE[2:] in answer.text
    asked, given = disclosures()[before:]
    assert (asked["outcome"], given["outcome"]) == ("asked", "given")
    account = account_of("inspector").account_id
    for row in (asked, given):
        assert (row["actor"], row["purpose"], row["query"]) == (account, "vehicle_check", "look_up")
        assert row["subject"] == audit.subject_key(audit.Subject("plate", PLATE))
    assert given["row_count"] > 0
    assert PLATE not in (state / "audit" / "log.sqlite").read_bytes().decode("utf-8", "replace")


def test_a_vehicle_that_a_list_hands_over_is_on_record_with_its_plate(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a token in place of a plate, which no other instance's key makes."""
    token = lookup_facts.token(PLATE, None)
    monkeypatch.setattr(lookup_facts, "_vehicles", lambda db: {token: (PLATE, None)})  # nobody has a case here
    handed = {"lookup_vehicle__data": token, "lookup_row__n_clicks": 1, "lookup_plate__value": "",
              "lookup_purpose__value": "repeat_list"}  # fmt: skip
    before = len(disclosures())
    answer = post("inspector", "lookup-result.children", "lookup-row.n_clicks", **handed)
    assert answer.status_code == 200
    assert PLATE[2:] in answer.text
    asked, given = disclosures()[before:]
    for row in (asked, given):
        assert (row["purpose"], row["query"]) == ("repeat_list", "look_up")
        assert row["subject"] == audit.subject_key(audit.Subject("plate", PLATE))
    assert post("inspector", "lookup-result.children", "lookup-row.n_clicks",
                **handed | {"lookup_purpose__value": None}).status_code == 400  # fmt: skip
    assert post("leader", "lookup-result.children", "lookup-row.n_clicks", **handed).status_code == 403


def test_the_file_that_leaves_is_found_by_its_digest(state: Path) -> None:
    answer = post("inspector", "lookup-download.data", lookup_purpose__value="evidence_copy")
    assert answer.status_code == 200
    data = base64.b64decode(answer.json["response"]["lookup-download"]["data"]["content"])
    last = disclosures()[-1]
    assert (last["outcome"], last["purpose"], last["query"]) == ("given", "evidence_copy", "look_up_file")
    assert last["digest"] == audit.digest_of(data)


def test_a_plate_nobody_knows_is_on_record_too(state: Path) -> None:
    before = len(disclosures())
    assert post("inspector", "lookup-result.children", lookup_plate__value="湘M99999").status_code == 200
    assert [row["outcome"] for row in disclosures()[before:]] == ["asked", "given"]


def test_every_plate_shown_in_place_of_one_nobody_knows_is_on_record(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One record of each before the answer, and no answer where one cannot be written."""
    asked, near = "湘M1000I", dossier.near(snapshot(), "湘M1000I")
    assert len(near) > 1
    before = len(disclosures())
    answer = post("inspector", "lookup-result.children", lookup_plate__value=asked)
    assert answer.status_code == 200
    assert all(one[2:] in answer.text for one in near), "they are shown whole"
    told = disclosures()[before:]
    for outcome in ("asked", "given"):
        subjects = [row["subject"] for row in told if row["outcome"] == outcome]
        assert subjects == [audit.subject_key(audit.Subject("plate", one)) for one in (asked, *near)]
    assert {(row["purpose"], row["query"]) for row in told} == {("vehicle_check", "look_up")}

    real = audit.append

    def unwritable(event: audit.Event, *more: Any, **named: Any) -> int:
        if event.subject == audit.Subject("plate", near[-1]):
            raise audit.AuditUnwritable("the disk is full")
        return real(event, *more, **named)

    monkeypatch.setattr(audit, "append", unwritable)
    answer = post("inspector", "lookup-result.children", lookup_plate__value=asked)
    assert not [one for one in near if one[2:] in answer.text]
    assert "审计" in json.dumps(answer.json, ensure_ascii=False)


@pytest.mark.parametrize("purpose", [None, "", "curiosity", ["vehicle_check"], 7])
def test_without_a_purpose_nothing_is_shown(state: Path, purpose: Any) -> None:
    answer = post("inspector", "lookup-result.children", lookup_purpose__value=purpose)
    assert answer.status_code == 400
    assert PLATE[2:] not in answer.text


def test_without_a_record_nothing_is_shown(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account_of("inspector")

    def unwritable(*_: Any, **__: Any) -> Any:
        raise audit.AuditUnwritable("the disk is full")

    monkeypatch.setattr(audit, "append", unwritable)
    answer = post("inspector", "lookup-result.children")
    assert PLATE[2:] not in answer.text
    told = json.dumps(answer.json, ensure_ascii=False) if answer.is_json else answer.text
    assert "审计" in told


def test_pages_read_masked_and_hold_the_same_numbers(state: Path) -> None:
    """The rows an analyst gets are those of the whole, with plates masked; a district gets its own."""
    count = "select count(*) as n from core.passage where verdict = 'over' and passed_date >= date '2026-02-26'"
    whole = snapshot().read(count)["n"][0]
    own = snapshot().read(f"{count} and county_code = '431102'")["n"][0]

    def rows(role: str, counties: list[str]) -> str:
        answer = client_of(role, counties).get(ROWS, headers=HOST)
        assert answer.status_code == 200
        assert PLATE not in answer.text
        return str(answer.text)

    assert 0 < own < whole
    assert rows("analyst", []).count("\n") - 1 == whole
    assert rows("district", ["431102"]).count("\n") - 1 == own
    assert "YZ01" not in rows("district", ["431102"])


def test_who_signs_in_and_who_is_refused_is_in_the_same_log(state: Path) -> None:
    before = len(everything())
    assert post("analyst", "lookup-result.children").status_code == 403
    (row,) = everything()[before:]
    assert (row["action"], row["outcome"]) == ("access.refused", "refused")
    assert row["actor"] == account_of("analyst").account_id
    with sqlite3.connect(f"file:{state / 'audit' / 'log.sqlite'}?mode=ro", uri=True) as log:
        assert "test.analyst" not in str(log.execute("select * from record").fetchall())


def test_a_file_of_rows_is_on_record_as_masked_and_whose_counties_it_holds(state: Path) -> None:
    answer = client_of("district", ["431102"]).get(ROWS, headers=HOST)
    assert answer.status_code == 200
    row = everything()[-1]
    assert (row["action"], row["outcome"], row["query"]) == ("export", "given_masked", "export.rows_csv")
    assert (row["actor"], row["scope"]) == (account_of("district").account_id, "431102")
    assert row["digest"] == audit.digest_of(answer.data)
    assert row["row_count"] == answer.text.count("\r\n") - 1
    assert row["version"] == snapshot().version


def test_the_night_whose_knowledge_was_shown_is_in_the_digest(state: Path) -> None:
    def given(night: str | None) -> dict[str, Any]:
        before = len(disclosures())
        answer = post("inspector", "lookup-result.children", lookup_known__value=night)
        assert answer.status_code == 200
        assert PLATE[2:] in answer.text, answer.text[:500]
        return disclosures()[before:][1]

    close_night(state, date(2026, 3, 4))
    first, again, other, served = given("2026-03-03"), given("2026-03-03"), given("2026-03-04"), given(None)
    assert first["digest"] == again["digest"]
    assert len({first["digest"], other["digest"], served["digest"]}) == 3
    assert first["outcome"] == "given"
