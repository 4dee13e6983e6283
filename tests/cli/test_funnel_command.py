"""``heng funnel``: the same numbers as table, lines and document, times in each state, and what is refused."""

import csv
import io
import json
import random
from datetime import date, datetime
from typing import Any

import pytest
from case_reference import Case, Decision
from case_rows import MODELS, built_of
from landed import Tables
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from warehouse import connection
from warehouse.errors import WarehouseError

PERIOD = ["funnel", "--from", "2025-01-01", "--to", "2025-01-31"]
STEPS = [("2025-01-05", "clue"), ("2025-01-10", "filed"), ("2025-01-15", "investigating"), ("2025-02-01", "pre_notice"),
         ("2025-03-01", "decided")]  # fmt: skip


class Served(Tables):
    """Ten passages; two over the limit, one of them a case that was decided, as a published version is read."""

    version = 7
    manifest = {"business_date": "2025-04-01", "data_until": "2025-03-31"}  # noqa: RUF012

    def __init__(self) -> None:
        steps = tuple((datetime.fromisoformat(f"{day} 09:00"), at, state) for at, (day, state) in enumerate(STEPS))
        case = Case(
            number="ONE", plate="湘M54321", simple=False, off_site=False, violated_on=date(2025, 1, 5),
            found_on=date(2025, 1, 5), filed_on=date(2025, 1, 10), closed_on=None, state="decided", steps=steps,
            decisions=(Decision("D1", 500_000, date(2025, 3, 1), None, True, 600_000),), payments=(),
            handed_over_on=None,
        )  # fmt: skip
        models = (*MODELS, "core.violation", "mart.screening", "mart.overload_daily", "core.working_day")
        super().__init__(built_of([case], random.Random(1), models).connection)
        self.connection.execute(
            "insert into mart.overload_daily by name select date '2025-01-05' as passed_date, 'YZ01' as site_code,"
            " '431103' as county_code, 10 as passage_count, 10 as weighed_count, 8 as within_count, 0 as review_count"
        )
        for number, is_usable in (("A", True), ("B", False)):
            self.connection.execute(
                "insert into mart.finding by name select date '2025-01-05' as passed_date, $number as record_id,"
                " timestamp '2025-01-05 08:00:00' as passed_at, 'YZ01' as site_code, '431103' as county_code,"
                " concat('湘M1234', $number) as plate_no, 0.3 as excess_ratio, true as is_above_counted_ratio,"
                " $ok as evidence_ok, case when $ok then '' else 'E-SPEED' end as flags, false as is_permitted",
                {"number": number, "ok": is_usable},
            )
        for number, closed in (("F1", "null"), ("F2", "date '2025-02-20'"), ("LATER", "null")):
            found = "2025-02-01" if number == "LATER" else "2025-01-07"
            self.connection.execute(
                "insert into core.case_life by name select 'illegal_operation' as case_kind, $number as case_no,"
                f" 'ordinary' as procedure, '431103' as county_code, date '{found}' as found_on,"
                f" date '2025-02-03' as filed_on, date '2025-02-10' as decided_on, {closed} as closed_on,"
                f" 'decided' as case_state, case when {closed} is null then 'decided' else 'closed' end"
                " as reported_state, 300000 as decided_fen",
                {"number": number},
            )
        self.connection.execute(
            "create or replace table core.case_passage as select record_id, case_no, 'exact' as match_grade,"
            " 'check_no' as match_reason, 'A' as passage_record_id from staging.enforcement_case"
        )


@pytest.fixture(scope="module")
def tables() -> Served:
    return Served()


@pytest.fixture
def served(tables: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    monkeypatch.setattr(connection, "snapshot", lambda: tables)
    return tables


def run(*arguments: str) -> str:
    told = CliRunner().invoke(app, [*PERIOD, *arguments], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


def document(*arguments: str) -> Any:
    return json.loads(run("--format", "json", *arguments))


@pytest.mark.usefixtures("served")
def test_document_and_lines_tell_the_same_numbers() -> None:
    told = document()
    assert {stage["stage"]: stage["count"] for stage in told["stages"]} == {
        "passed": 10, "found": 2, "usable": 1, "filed": 1, "decided": 1, "paid": 0, "closed": 0,
    }  # fmt: skip
    assert (told["as_of"], told["version"], told["kind"]) == ("2025-03-31", 7, "over_limit")
    lines = list(csv.DictReader(io.StringIO(run("--format", "csv"))))
    for stage in told["stages"]:
        of_stage = [line for line in lines if line["stage"] == stage["stage"]]
        assert [int(line["passage_count"]) for line in of_stage if line["line"] == "through"] == [stage["through"]]
        for name in ("left", "beside"):
            assert [
                (line["reason"], line["detail"], int(line["passage_count"]))
                for line in of_stage
                if line["line"] == name
            ] == [(part["reason"], part["detail"], part["count"]) for part in stage[name]]


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("arguments", "decided"), [(["--as-of", "2025-02-28"], 0), (["--as-of", "2025-03-01"], 1), ([], 1)]
)
def test_a_day_before_the_decision_knows_of_none(arguments: list[str], decided: int) -> None:
    assert [stage["count"] for stage in document(*arguments)["stages"] if stage["stage"] == "decided"] == [decided]


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("证据可用", "−8", "未超限", "20.00 %", "截至 2025-03-31，版本 7", "第七十四条", "尺寸案件")),
        ("en", ("usable as evidence", "−8", "within the limit", "20.00 %", "as of 2025-03-31, version 7", "art. 74",
                "Mass only")),
    ],
)  # fmt: skip
def test_the_table_tells_reasons_shares_and_definitions(lang: str, words: tuple[str, ...]) -> None:
    text = run("--lang", lang)
    assert [word for word in words if word not in text] == []


@pytest.mark.usefixtures("served")
def test_illegal_operation_begins_with_what_was_found_and_says_that_it_has_no_passages() -> None:
    told = document("--kind", "illegal_operation")
    assert told["kind"] == "illegal_operation"
    assert [(stage["stage"], stage["count"], stage["beside_count"]) for stage in told["stages"]] == [
        ("found", 2, 0), ("filed", 2, 0), ("decided", 2, 0), ("paid", 0, 0), ("closed", 1, 1),
    ]  # fmt: skip
    assert run("--kind", "illegal_operation", "--format", "csv").startswith("stage,line,reason,detail,case_count\n")
    for lang, words in (("zh", ("查获", "没有过车", "缴款情况不明")), ("en", ("found", "no passages", "not known"))):
        text = run("--kind", "illegal_operation", "--lang", lang)
        assert [word for word in words if word not in text] == []
    assert "Cases found after 2025-01-06 were" in run("--kind", "illegal_operation", "--as-of", "2025-01-06")


@pytest.mark.usefixtures("served")
def test_times_tell_what_is_open_and_where_too_few_left(served: Served) -> None:
    states = {one["case_state"]: one for one in document("--times")["times"]}
    assert (states["filed"]["median_days"], states["filed"]["ended_count"]) == (5, 1)
    assert (states["decided"]["now_count"], states["decided"]["median_days"]) == (1, None)
    text = run("--times")
    assert "more than half still in it" in text
    assert "too few left it" in text
    assert run("--times", "--format", "csv").startswith("case_state,now_count")
    empty = run("--times", "--county", "431102", "--lang", "zh")
    assert "没有符合条件的案件" in empty


@pytest.mark.usefixtures("served")
def test_later_passages_are_told_to_be_left_out() -> None:
    assert "Passages after 2025-01-04 were not known" in run("--as-of", "2025-01-04")


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["funnel"], "Say the period"),
        ([*PERIOD, "--format", "xml"], "table, csv, json"),
        ([*PERIOD, "--lang", "fr"], "zh, en"),
        ([*PERIOD, "--county", "430000"], "seeds.county"),
        ([*PERIOD, "--site", "YZ99"], "staging.wim_site"),
        ([*PERIOD, "--as-of", "2024-12-31"], "Ask as of a later day"),
        ([*PERIOD, "--kind", "tea"], "over_limit, illegal_operation"),
        ([*PERIOD, "--kind", "illegal_operation", "--times"], "leave out --times"),
        (["funnel", "--forecast", "4", "--kind", "illegal_operation"], "leave out --times and --forecast"),
        ([*PERIOD, "--kind", "illegal_operation", "--site", "YZ01"], "no weighing site"),
        (["funnel", "--from", "2025-1-1", "--to", "2025-01-31"], "YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_asked_says_what_can(arguments: list[str], words: str) -> None:
    with pytest.raises((HengError, WarehouseError), match=words):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
