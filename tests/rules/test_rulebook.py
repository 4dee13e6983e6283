"""The rulebook as data: the seeds hold what the checks demand, and each check finds what it is there for."""

from collections.abc import Iterator

import duckdb
import pytest

from etl.feeds import raw_tables
from warehouse import sql
from warehouse.layout import head_checks, head_models
from warehouse.project import run_checks

CHECKS = ("rule_sets_nothing", "rule_spans_gap", "rule_spans_overlap", "rule_without_source")
# Seeds that hold law or assumptions with a citation; the others are codes, words and places.
NOT_LAW = {
    "axle_type",
    "alarm_type",
    "calendar_day",
    "cited_article",
    "county",
    "plate_confusion",
    "reason",
    "report_figure",
}


@pytest.fixture
def book() -> Iterator[duckdb.DuckDBPyConnection]:
    """The seeds, and ``mart.rule`` as a view of them."""
    connection = duckdb.connect()
    sql.load_seeds(connection)
    connection.execute("create schema mart")
    connection.execute(f"create view mart.rule as {sql.render('mart.rule').sql}")
    yield connection
    connection.close()


def findings(book: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return {name: found["rows"] for name, found in run_checks(book, CHECKS).items() if found["rows"]}


def test_the_shipped_rules_pass_every_check(book: duckdb.DuckDBPyConnection) -> None:
    assert findings(book) == {}


def test_the_checks_stop_a_version() -> None:
    assert set(CHECKS) <= set(head_checks(raw_tables()))
    assert "mart.rule" in head_models(raw_tables())


def test_every_law_seed_is_in_the_rulebook_row_for_row(book: duckdb.DuckDBPyConnection) -> None:
    laws = [name for name in sql.seed_columns() if name.split(".")[1] not in NOT_LAW]
    for name in laws:
        assert {"jurisdiction", "valid_from", "valid_to", "citation_zh", "citation_en", "confidence"} <= set(
            sql.seed_columns()[name]
        ), name
    assert sql.render("mart.rule").reads == set(laws)
    rows = sum(book.execute(f"select count(*) from {name}").fetchall()[0][0] for name in laws)
    assert book.execute("select count(*), count(distinct rule_no) from mart.rule").fetchall() == [(rows, rows)]


@pytest.mark.parametrize(
    ("check", "change"),
    [
        # two rows of one key on one day
        ("rule_spans_overlap", "update seeds.procedure_clock set valid_to = '2021-07-15' where rule_id = 'C-PAY-OLD'"),
        ("rule_spans_overlap", "update seeds.parameter set valid_to = null where parameter = 'repeat_excess_ratio'"),
        ("rule_spans_overlap", "update seeds.void_code set rule_id = 'VOID-OTHER' where void_code = 'stolen'"),
        ("rule_spans_overlap", "update seeds.fine_tier set valid_to = '2010-01-01' where rule_id = 'F68'"),
        # a day between two rows of one subject
        ("rule_spans_gap", "update seeds.procedure_clock set valid_to = '2021-07-13' where rule_id = 'C-PAY-OLD'"),
        ("rule_spans_gap", "update seeds.parameter set valid_from = '2021-10-02' where valid_from = '2021-10-01'"),
        ("rule_spans_gap", "update seeds.gross_weight_limit set valid_to = '2016-09-19' where rule_id = 'L2004-5'"),
        ("rule_spans_gap", "update seeds.fine_tier set valid_from = '2023-07-21' where valid_from = '2023-07-20'"),
        # no source, no mark, no place
        ("rule_without_source", "update seeds.fine_tier set citation_zh = null where rule_id = 'F67'"),
        ("rule_without_source", "update seeds.dimension_limit set citation_en = '' where rule_id = 'D-H'"),
        ("rule_without_source", "update seeds.licence_verb set confidence = 'sure' where licence_action = 'revoked'"),
        ("rule_without_source", "update seeds.accuracy_class set confidence = null where accuracy_class = '5'"),
        ("rule_without_source", "update seeds.axle_load_limit set jurisdiction = 'Hunan' where rule_id = 'AX3-A'"),
        # nothing that can be applied
        ("rule_sets_nothing", "update seeds.parameter set parameter_value = null where parameter = 'repeat_count'"),
        ("rule_sets_nothing", "update seeds.parameter set parameter_value = 1 where parameter = 'repeat_window'"),
        ("rule_sets_nothing", "update seeds.fine_tier set lower_word = null where rule_id = 'F43-MASS-2'"),
        ("rule_sets_nothing", "update seeds.fine_tier set lower_word = 'more' where rule_id = 'F43-MASS-2'"),
        ("rule_sets_nothing", "update seeds.fine_tier set fine_high_fen = 1 where rule_id = 'F43-DIM-2'"),
        ("rule_sets_nothing", "update seeds.axle_load_limit set spacing_upper_word = null where rule_id = 'AX3-A'"),
    ],
)  # fmt: skip
def test_a_check_finds_a_rule_that_is_wrong(book: duckdb.DuckDBPyConnection, check: str, change: str) -> None:
    book.execute(change)
    assert check in findings(book)


def test_the_last_day_of_one_law_and_the_first_of_the_next_leave_no_day_out(book: duckdb.DuckDBPyConnection) -> None:
    """2016-09-21 limits, 2021-07-15 procedure, 2021-10-01 Hunan, 2023-07-20 road transport."""
    ends = book.execute(
        "select distinct cast(valid_to as varchar) from mart.rule where valid_to is not null order by 1"
    )
    assert [day for (day,) in ends.fetchall()] == ["2016-09-20", "2021-07-14", "2021-09-30", "2023-07-19"]
