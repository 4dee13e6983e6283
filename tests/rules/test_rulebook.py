"""The rulebook as data: the seeds hold what the checks demand, and each check finds what it is there for."""

import re
from collections.abc import Iterator

import duckdb
import pytest

from etl.feeds import raw_tables
from warehouse import penalty, repeat, risk, score, sql, supervision
from warehouse.columns import dictionary
from warehouse.errors import CheckFailed
from warehouse.layout import head_checks, head_models
from warehouse.project import refuse_findings, run_checks

CHECKS = (
    "fine_tiers_apart", "parameter_kinds_unknown", "parameter_not_accepted", "rule_sets_nothing", "rule_spans_gap",
    "rule_spans_overlap", "rule_without_source",
)  # fmt: skip
# Seeds that hold law or assumptions with a citation; the others are codes, words and places.
NOT_LAW = {
    "axle_type",
    "alert_rule",
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


def test_every_kind_of_enterprise_of_the_dictionary_may_be_listed(book: duckdb.DuckDBPyConnection) -> None:
    kinds = [word for word in str(dictionary()["enterprise_kind"].valid).split("'") if word.isidentifier()]
    listed = [*kinds, ",".join(kinds), ",".join(reversed(kinds))]
    assert len(kinds) == 7
    for text in listed:
        book.execute("update seeds.parameter set parameter_text = ? where parameter like '%_kinds'", [text])
        assert findings(book) == {}, text


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
        # a day between two rows of one key, while a row beside them goes on: a six-axle vehicle whose drive axles are
        # unknown would be judged as one with a single drive axle, and 47 t would be over the limit
        ("rule_spans_gap", """
            insert into seeds.gross_weight_limit
                select * replace ('M6C-A' as rule_id, date '2020-01-02' as valid_from)
                from seeds.gross_weight_limit where rule_id = 'M6C';
            update seeds.gross_weight_limit set valid_to = '2019-12-31' where rule_id = 'M6C'
        """),
        # no source, no mark, no place
        ("rule_without_source", "update seeds.fine_tier set citation_zh = null where rule_id = 'F67'"),
        ("rule_without_source", "update seeds.dimension_limit set citation_en = '' where rule_id = 'D-H'"),
        ("rule_without_source", "update seeds.licence_verb set confidence = 'sure' where licence_action = 'revoked'"),
        ("rule_without_source", "update seeds.accuracy_class set confidence = null where accuracy_class = '5'"),
        ("rule_without_source", "update seeds.axle_load_limit set jurisdiction = 'Hunan' where rule_id = 'AX3-A'"),
        # a misspelt choice, a number beyond reason, and a parameter nobody finds
        ("parameter_not_accepted",
         "update seeds.parameter set parameter_text = 'DEDUCTED' where parameter = 'allowance_mode'"),
        ("parameter_not_accepted",
         "update seeds.parameter set parameter_text = 'FLOOR' where parameter = 'fine_rounding'"),
        ("parameter_not_accepted",
         "update seeds.parameter set parameter_text = 'lighter' where valid_to = '2021-07-14'"),
        ("parameter_not_accepted", "update seeds.parameter set parameter_text = '%' where parameter = 'repeat_window'"),
        ("parameter_not_accepted",
         "update seeds.parameter set parameter_text = 'VIOLATION, DECISION' where parameter = 'repeat_date_basis'"),
        ("parameter_not_accepted",
         "update seeds.parameter set parameter_value = 10 where valid_from = '2021-10-01'"),
        ("parameter_not_accepted",
         "update seeds.parameter set parameter = 'repeat_windows' where parameter = 'repeat_window_query'"),
        ("parameter_not_accepted",
         "update seeds.parameter set valid_to = '2020-01-01' where parameter = 'fine_rounding'"),
        ("parameter_not_accepted", "delete from seeds.parameter where parameter = 'gain_confiscation'"),
        ("parameter_not_accepted",
         "update seeds.parameter set parameter_value = null where parameter = 'repeat_excess_ratio'"),
        ("parameter_not_accepted",
         "update seeds.parameter set parameter_value = 0 where parameter = 'risk_horizon_days'"),
        ("parameter_not_accepted",
         "update seeds.parameter set parameter_value = 2.5 where parameter = 'risk_minimum_checks'"),
        ("parameter_not_accepted",
         "update seeds.parameter set parameter_value = 1 where parameter = 'score_confidence'"),
        ("parameter_not_accepted",
         "update seeds.parameter set valid_to = '2020-01-01' where parameter = 'supervision_bottom_places'"),
        ("parameter_not_accepted", "delete from seeds.parameter where parameter = 'supervision_again_days'"),
        # a kind of enterprise that no register knows, one twice, none, and a list nobody finds
        *(
            ("parameter_kinds_unknown",
             f"update seeds.parameter set parameter_text = '{listed}' where parameter = '{name}_kinds'")
            for name in ("standard", "insurance", "training")
            for listed in ("passenger,busses", "passenger, bus", "bus,passenger,bus", "Bus", ",bus", "passenger;bus")
        ),
        ("parameter_kinds_unknown", "delete from seeds.parameter where parameter = 'insurance_kinds'"),
        # tiers that leave an amount to none or to two
        ("fine_tiers_apart", "update seeds.fine_tier set lower_bound = 1001 where rule_id = 'F43-MASS-2'"),
        ("fine_tiers_apart", "update seeds.fine_tier set lower_bound = 999 where rule_id = 'F43-MASS-2'"),
        ("fine_tiers_apart", "update seeds.fine_tier set lower_word = 'at_least' where rule_id = 'F43-MASS-2'"),
        ("fine_tiers_apart", "update seeds.fine_tier set upper_word = 'below' where rule_id = 'F43-MASS-1'"),
        ("fine_tiers_apart", "update seeds.fine_tier set lower_bound = 500 where rule_id = 'F43-MASS-1'"),
        ("fine_tiers_apart",
         "update seeds.fine_tier set upper_word = 'at_most', upper_bound = 90000 where rule_id = 'F43-MASS-2'"),
        ("fine_tiers_apart", "update seeds.fine_tier set upper_bound = 900000 where rule_id = 'IO-FREIGHT-SERIOUS'"),
        ("fine_tiers_apart", "delete from seeds.fine_tier where rule_id = 'IO-FREIGHT-SERIOUS'"),
        ("fine_tiers_apart", "delete from seeds.fine_tier where rule_id = 'IO-PASSENGER-GAIN'"),
        ("fine_tiers_apart", "update seeds.fine_tier set valid_to = '2022-01-01' where rule_id = 'IO-OLD-DG'"),
        ("fine_tiers_apart", "delete from seeds.fine_tier where rule_id = 'F43-DIM-3'"),
        ("fine_tiers_apart", "update seeds.fine_tier set width_up_to_mm = 2900 where rule_id = 'F43-DIM-2'"),
        # nothing that can be applied
        ("rule_sets_nothing", "update seeds.score_part set part_weight = 0 where score_part = 'online_rate'"),
        ("rule_sets_nothing", "update seeds.score_part set better_way = 'upp' where score_part = 'online_rate'"),
        ("rule_sets_nothing", "update seeds.score_part set sample_min = null where score_part = 'online_rate'"),
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


def test_every_parameter_of_scores_and_suggestions_has_its_bounds() -> None:
    text = (sql.PROJECT / "checks" / "parameter_not_accepted.sql").read_text(encoding="utf-8")
    told = set(re.findall(r"'((?:risk|score|supervision)_\w+)'", text))
    assert told == {*risk._NAMES_OF_PARAMETERS, *score.PARAMETERS, *supervision.PARAMETERS}


def test_the_last_day_of_one_law_and_the_first_of_the_next_leave_no_day_out(book: duckdb.DuckDBPyConnection) -> None:
    """2015-05-01 and 2017-07-01 court action, 2016-09-21 limits, 2019-03-02 and 2023-07-20 road transport, 2021-07-15
    procedure, 2021-10-01 Hunan, 2023-01-01 coaches at dawn, 2024-01-01 reconsideration."""
    ends = book.execute(
        "select distinct cast(valid_to as varchar) from mart.rule where valid_to is not null order by 1"
    )
    assert [day for (day,) in ends.fetchall()] == [
        "2015-04-30", "2016-09-20", "2017-06-30", "2019-03-01", "2021-07-14", "2021-09-30", "2022-12-31",
        "2023-07-19", "2023-12-31",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "day"),
    [
        ("licence revoked ", "2021-07-14"), ("licence suspended ", "2021-07-14"),
        ("parameter late_surcharge_ratio ", "2021-07-14"), ("clock reconsideration_request ", "2023-12-31"),
        ("clock reconsideration_decision ", "2023-12-31"), ("clock litigation ", "2017-06-30"),
        ("clock litigation_after_reconsideration ", "2017-06-30"),
    ],
)  # fmt: skip
def test_the_last_day_before_an_act_is_answered_by_the_act_before_it(
    book: duckdb.DuckDBPyConnection, key: str, day: str
) -> None:
    found = book.execute(
        "select confidence from mart.rule where rule_key = ?"
        " and cast(? as date) between coalesce(valid_from, date '0001-01-01') and valid_to",
        [key, day],
    ).fetchall()
    assert found == [("M+",)]


def test_misusing_a_permit_costs_the_permit_and_not_the_gain(book: duckdb.DuckDBPyConnection) -> None:
    """公路安全保护条例 art. 65."""
    found = book.execute(
        "select distinct penalty_kind, zh like '%没收%通行证%' and zh not like '%违法所得%' from seeds.fine_tier"
        " where act_code = 'permit_misuse'"
    ).fetchall()
    assert found == [("fine", True)]


@pytest.mark.parametrize(
    ("parameter", "accepted"),
    [
        ("allowance_mode", ("DEDUCT", "THRESHOLD", "NONE")), ("fine_rounding", penalty.ROUNDINGS),
        ("lighter_rule", penalty.LIGHTER_RULES), ("gain_confiscation", penalty.CONFISCATIONS),
        ("repeat_window", repeat.WINDOWS), ("repeat_window_query", repeat.WINDOWS), ("repeat_date_basis", repeat.BASES),
    ],
)  # fmt: skip
def test_every_choice_the_code_knows_is_accepted_and_a_refusal_names_them(
    book: duckdb.DuckDBPyConnection, parameter: str, accepted: tuple[str, ...]
) -> None:
    for text in accepted:
        book.execute("update seeds.parameter set parameter_text = ? where parameter = ?", [text, parameter])
        assert findings(book) == {}
    book.execute("update seeds.parameter set parameter_text = 'X' where parameter = ?", [parameter])
    with pytest.raises(CheckFailed, match=f"'{parameter}'.*'X'") as refused:
        refuse_findings(run_checks(book, CHECKS), book)
    assert all(text in str(refused.value) for text in accepted)
