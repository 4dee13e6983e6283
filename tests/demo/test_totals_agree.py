"""One number wherever it is told: funnel, page, rows, files, command line and report card, over a tiny prefecture."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import handled as built
import pytest
from landed import Tables
from typer.testing import CliRunner

from dashboards import case_exports, case_facts, queries
from dashboards.case_facts import Choice
from dashboards.selection import Selection
from dashboards.text import Text
from etl.cli import app
from warehouse import cases, connection, funnel, report_card, sql
from warehouse.cases import SERIES, Filter

FIRST, LAST = built.FIRST, built.LAST


class Served(Tables):
    """What a published version answers."""

    version = 3

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables.connection)
        self.manifest = {"version": 3, "data_until": LAST.isoformat(), "business_date": LAST.isoformat()}


@pytest.fixture(scope="module")
def served(handled: built.Handled) -> Iterator[Served]:
    """With the rows of the report card beside what the fixture has."""
    con = handled.tables.connection
    there = {f"{schema}.{name}" for schema, name in con.execute(
        "select table_schema, table_name from information_schema.tables"
    ).fetchall()}  # fmt: skip
    for name in sql.in_order(["mart.report_fact", "mart.site_day"]):
        if name not in there:
            con.execute(f"create table {name} as {sql.render(name).sql}")
    con.execute("create schema if not exists meta")
    con.execute("create table meta.delivery (feed varchar, issued_at timestamp, state varchar)")
    yield Served(handled.tables)
    con.execute("drop schema meta cascade")


@pytest.fixture(autouse=True)
def _published(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "snapshot", lambda: served)


def heng(*arguments: str) -> str:
    found = CliRunner().invoke(app, list(arguments))
    if found.exception is not None:
        raise found.exception
    return found.output


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def figure(served: Served, figure_id: str) -> Any:
    card = report_card.card(served, FIRST, LAST, LAST, served.version)
    return next(one for one in card.figures if one.figure_id == figure_id).value


def test_cases_filed_are_one_number(served: Served) -> None:
    """The year's filings of over-limit cases: months of the page, its rows, its file, the command, the report card, and
    those of the funnel, which begins with passages, with the cases it can tie to none."""
    choice = replace(Choice(LAST, LAST), kind="over_limit", period="custom", since=FIRST, until=LAST, rows="cases")
    of_days = [one for one in case_facts.rows(served, choice) if one.filed_on]
    count = len(of_days)
    assert count > 0
    by_month = case_facts.months(served, replace(Choice(LAST, LAST), kind="over_limit"))
    filings = {month: of_month.get("filed", 0) for month, of_month in by_month.items()}
    assert sum(filings.values()) == count
    opened = 0
    for month, many in filings.items():
        rows = case_facts.rows(served, replace(choice.scope, period="all", since=None, until=None, rows="cases",
                                               series="filed", month=month))  # fmt: skip
        assert len(rows) == many, month
        told = heng("cases", "list", "--kind", "over_limit", "--series", "filed", "--month", month, "--format", "csv")
        assert len(lines(told)) == many
        opened += many
    assert opened == count
    known = queries.known(served)
    assert known is not None
    written = list(case_exports.Told(served, served, choice, known).rows(Text("en")))
    assert sum(row[case_exports.CASE.index("filed")] is not None for row in written) == count
    whole = ("cases", "list", "--kind", "over_limit", "--filed-from", f"{FIRST}", "--filed-to", f"{LAST}")
    assert sum(bool(row["filed_on"]) for row in lines(heng(*whole, "--format", "csv"))) == count
    assert figure(served, "F17") == count
    filed = next(one for one in stages(served) if one.stage == "filed")
    tied = {row["case_no"] for row in served.rows("select case_no from core.case_match where passage_record_id <> ''")}
    assert filed.count == len({one.case_no for one in of_days if one.case_no in tied}) > 0


def stages(served: Served) -> list[funnel.Stage]:
    return funnel.stages(served, funnel.Asked(FIRST, LAST, LAST))


def test_the_funnel_of_the_page_is_that_of_the_command(served: Served) -> None:
    document = json.loads(heng("funnel", "--from", f"{FIRST}", "--to", f"{LAST}", "--format", "json"))
    assert [(one["stage"], one["count"]) for one in document["stages"]] == [
        (one.stage, one.count) for one in stages(served)
    ]
    page = case_facts.funnel_stages(served, Choice(LAST, LAST, kind="over_limit"))
    of_page = {one.stage: one.count for one in page}
    assert Choice(LAST, LAST).first_month <= FIRST, "the page tells twelve months, which hold every day of data"
    assert of_page == {one.stage: one.count for one in stages(served)}


def test_weighed_and_over_the_limit_are_one_number(served: Served) -> None:
    """Cards of /overload, their rows, the first stages of the funnel, and the report card."""
    selection = Selection(FIRST, LAST, "custom")
    totals = queries.totals(served, selection)
    by_stage = {one.stage: one for one in stages(served)}
    assert int(totals["passage_count"]) == by_stage["passed"].count
    assert int(totals["over_count"]) == by_stage["found"].count
    for metric, name in (("over", "over_count"), ("weighed", "weighed_count"), ("passages", "passage_count")):
        rows = queries.row_count(served, replace(selection, metric=metric))
        assert rows == int(totals[name]) > 0, metric
    assert figure(served, "F08") == int(totals["weighed_count"])


def test_money_decided_is_one_number(served: Served) -> None:
    """The sum of amounts of decisions in effect: rows of the page, the command, and the report card."""
    rows = cases.cases(served, LAST, Filter())
    fen = sum(one.decided_fen or 0 for one in rows if one.decided_on and one.decided_on >= FIRST)
    told = lines(heng("cases", "list", "--format", "csv"))
    of_command = sum(int(row["decided_fen"] or 0) for row in told if row["decided_on"] >= f"{FIRST}")
    assert fen == of_command > 0
    assert figure(served, "F19") == fen / 100
    assert set(SERIES) == {"filed", "decided", "paid", "closed"}, "four series, none of which is money"
