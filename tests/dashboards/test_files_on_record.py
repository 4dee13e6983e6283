"""Every file that leaves by a page is in the audit log before it does, and is found there again by itself."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fixture
import flask
import pytest
from dash import Dash
from one_app import HOST, account_of, client_of
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from dashboards import bulletin_exports, exports
from dashboards.access import gate
from dashboards.bulletin_exports import pages_of
from dashboards.text import Text
from etl.cli import app as heng
from warehouse import audit, bulletin, bulletin_forms, bulletin_store
from warehouse.audit import Subject

ROWS = sorted(f"/export/{name}" for name in (
    "overload-rows", "night-report", "terminal-rows", "repeat", "hazards", "dimensions", "cases", "ranking", "risk",
    "alerts", "shift", "sources",
))  # fmt: skip

NEEDED = {"/export/cases": "rows=cases"}
"""What an address has to choose."""


def leave(app: Dash, address: str, role: str = "analyst") -> tuple[Any, list[dict[str, Any]]]:
    """The answer to an address, and what the log has more of after it."""
    client = client_of(role, app=app)
    last = audit.records(limit=1)[0]["seq"]
    answer = client.get(address, headers=HOST)
    return answer, [row for row in audit.records(limit=100) if row["seq"] > last]


def test_the_addresses_here_are_all_there_are(app: Dash) -> None:
    known = {f"{name}.{form}" for name in ROWS for form in ("csv", "xlsx")}
    known |= {"/export/bulletin/<name>/<int:revision>.<form>", "/export/shift.html"}
    assert {rule.rule for rule in app.server.url_map.iter_rules() if rule.rule.startswith("/export/")} == known


@pytest.mark.parametrize("address", ROWS)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_leaves_one_record_of_who_what_and_how_much(app: Dash, address: str, form: str) -> None:
    chosen = NEEDED.get(address, "")
    answer, told = leave(app, f"{address}.{form}?lang=en&{chosen}")
    assert answer.status_code == 200
    (row,) = told
    account = account_of("analyst").account_id
    assert (row["actor"], row["role"], row["action"]) == (account, "analyst", "export")
    assert row["outcome"] == "given_whole", "the made warehouse does not tell a mask, and is taken for whole"
    assert row["query"] == next(r.endpoint for r in app.server.url_map.iter_rules() if r.rule == f"{address}.{form}")
    assert row["digest"] == audit.digest_of(answer.data)
    assert audit.records(digest=row["digest"])[0]["seq"] == row["seq"]
    assert row["subject"] == audit.subject_key(Subject("filters", f"{address}.{form}?{chosen}"))
    assert row["version"] == 12
    if form == "csv":
        assert row["row_count"] == answer.text.count("\r\n") - 1
    else:
        sheets = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
        sizes = [len(sheets.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in sheets.sheet_names]
        assert row["row_count"] == sum(sizes[:-1]) - len(sizes[:-1])


def test_the_mask_that_is_told_is_the_readers(app: Dash, db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch) -> None:
    for mask in ("masked", "whole"):
        monkeypatch.setattr(db, "mask", mask, raising=False)
        _, (row,) = leave(app, "/export/night-report.csv")
        assert row["outcome"] == f"given_{mask}"


def test_the_same_filters_are_found_together_whatever_their_order_and_language(app: Dash) -> None:
    said = []
    for query in ("kind=over_limit&rows=cases", "rows=cases&lang=en&kind=over_limit", "rows=cases"):
        _, told = leave(app, f"/export/cases.csv?{query}")
        said.append([row["subject"] for row in told])
    assert said[0] == said[1]
    assert said[2] != said[0]


def test_a_refused_file_leaves_no_record_of_one(app: Dash) -> None:
    for role, address, status in (
        ("analyst", "/export/cases.csv?rows=nonsense", 400), ("leader", "/export/cases.csv", 403),
    ):  # fmt: skip
        answer, told = leave(app, address, role)
        assert answer.status_code == status
        assert [row for row in told if row["action"] == "export"] == []


def test_without_a_record_no_file_leaves(app: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of("analyst", app=app)
    client.get("/export/night-report.csv", headers=HOST)

    def unwritable(*_: Any, **__: Any) -> Any:
        raise audit.AuditUnwritable("the disk is full")

    monkeypatch.setattr(audit, "append", unwritable)
    for address in ROWS:
        for form in ("csv", "xlsx"):
            answer = client.get(f"{address}.{form}?lang=en&{NEEDED.get(address, '')}", headers=HOST)
            assert answer.status_code == 503, address
            assert "审计日志" in answer.text
            assert "Content-Disposition" not in answer.headers


def test_a_route_that_forgot_its_record_hands_out_nothing(app: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten = lambda: flask.Response("rows", headers=exports.download("rows.csv", "text/csv"))  # noqa: E731
    monkeypatch.setitem(app.server.view_functions, "case_export.cases_csv", forgotten)
    answer = client_of("analyst", app=app).get("/export/cases.csv", headers=HOST)
    assert answer.status_code == 500
    assert "rows" not in answer.text
    assert gate.ENDPOINTS["case_export.cases_csv"] == ("penalties", "export")


def test_the_offline_shift_sheet_is_on_record_with_its_rows(app: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, (row,) = leave(app, "/export/shift.html?county=431124&lang=en")
    assert answer.status_code == 200
    assert (row["query"], row["outcome"]) == ("shift_export.shift_html", "given_whole")
    assert row["digest"] == audit.digest_of(answer.data)
    assert row["row_count"] == 4 * 12, "the blocks of four sites; no vehicle that is looked out for passed there"
    assert leave(app, "/export/shift.html", "leader")[0].status_code == 403

    def unwritable(*_: Any, **__: Any) -> Any:
        raise audit.AuditUnwritable("the disk is full")

    client = client_of("analyst", app=app)
    client.get("/export/night-report.csv", headers=HOST)
    monkeypatch.setattr(audit, "append", unwritable)
    assert client.get("/export/shift.html", headers=HOST).status_code == 503


@pytest.mark.parametrize("form", ["html", "docx", "json"])
def test_a_bulletin_is_on_record_too(
    app: Dash, db: fixture.Fixture, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is read beside the pages leads to them."""
    issue = bulletin_store.Issue("2026-10", 1, bulletin.facts(db, bulletin.period("2026-10")), None)
    monkeypatch.setattr(bulletin_store, "find", lambda asked: issue)
    led: list[Any] = []

    def noted(issue: bulletin_store.Issue, t: Text) -> Any:
        led.append(pages_of(issue, t))
        return led[-1]

    monkeypatch.setattr(bulletin_exports, "pages_of", noted)
    answer, (row,) = leave(app, f"/export/bulletin/2026-10/1.{form}?language=en")
    assert answer.status_code == 200
    assert answer.data == bulletin_forms.made(issue, form, "en", *led)
    assert len(led) == (form == "html")
    assert (row["query"], row["outcome"]) == ("bulletin_export.bulletin", "given")
    assert row["digest"] == audit.digest_of(answer.data)
    assert row["subject"] == audit.subject_key(Subject("filters", f"/export/bulletin/2026-10/1.{form}?language=en"))


def test_who_took_a_file_that_was_found_is_told_by_the_command(app: Dash, tmp_path: Path) -> None:
    answer, (row,) = leave(app, "/export/cases.xlsx?rows=cases")
    file = tmp_path / "found.xlsx"
    file.write_bytes(answer.data)
    told = CliRunner().invoke(heng, ["audit", "show", "--left", str(file), "--format", "csv"])
    assert told.exit_code == 0
    assert row["actor"] in told.stdout
    assert "case_export.cases_xlsx" in told.stdout
    file.write_bytes(answer.data + b" ")
    other = CliRunner().invoke(heng, ["audit", "show", "--left", str(file), "--format", "csv"])
    assert row["actor"] not in other.stdout


def test_a_digest_read_in_pieces_is_the_digest_of_the_whole(app: Dash) -> None:
    client_of("analyst", app=app)
    data = bytes(range(256)) * 9000
    assert len(data) > 2 << 20
    assert audit.digest_of_file(io.BytesIO(data)) == audit.digest_of(data)
    assert audit.digest_of_file(io.BytesIO(b"")) == audit.digest_of(b"")


def test_one_file_at_a_time_is_made_for_an_account_and_two_for_a_process(
    app: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for another one meanwhile is told to come again; a file that failed holds nobody up."""
    analyst, again = client_of("analyst", app=app), client_of("analyst", app=app)
    others = [client_of(role, app=app) for role in ("inspector", "district")]
    told: list[int] = []

    def while_it_is_made(*_: Any, **__: Any) -> Any:
        if not told:
            told.append(0)
            for one in (again, *others):
                with ThreadPoolExecutor(1) as beside:  # a request of its own, not one within this
                    told.append(beside.submit(one.get, "/export/alerts.csv", headers=HOST).result().status_code)
        raise ZeroDivisionError

    monkeypatch.setattr(exports, "served", while_it_is_made)
    app.server.config["PROPAGATE_EXCEPTIONS"] = False
    assert analyst.get("/export/alerts.csv", headers=HOST).status_code == 500
    assert told[1:] == [429, 500, 500]
    monkeypatch.setattr(gate, "FILES_AT_ONCE", 1)
    told.clear()
    assert analyst.get("/export/alerts.csv", headers=HOST).status_code == 500
    assert told[1:] == [429, 429, 429]
    monkeypatch.undo()
    assert analyst.get("/export/alerts.csv?lang=en", headers=HOST).status_code == 200
