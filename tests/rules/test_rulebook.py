"""The rulebook as data: the seeds hold what the checks demand, and each check finds what it is there for."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from etl.feeds import raw_tables
from warehouse import (
    cases,
    consistency,
    drift,
    fates,
    findings,
    hazards,
    penalty,
    queue,
    repeat,
    risk,
    safety_repeat,
    score,
    shift,
    sql,
    supervision,
    watch,
)
from warehouse.columns import dictionary
from warehouse.errors import CheckFailed
from warehouse.layout import head_checks, head_models
from warehouse.project import refuse_findings, run_checks

CHECKS = (
    "fine_tiers_apart", "parameter_kinds_unknown", "parameter_not_accepted", "rule_missing", "rule_sets_nothing",
    "rule_spans_gap", "rule_spans_overlap", "rule_without_source",
)  # fmt: skip
# Seeds that hold law or assumptions with a citation; the others are codes, words and places.
NOT_LAW = {
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


def found_by(book: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return {name: found["rows"] for name, found in run_checks(book, CHECKS).items() if found["rows"]}


def test_the_shipped_rules_pass_every_check(book: duckdb.DuckDBPyConnection) -> None:
    assert found_by(book) == {}


def test_every_kind_of_enterprise_of_the_dictionary_may_be_listed(book: duckdb.DuckDBPyConnection) -> None:
    kinds = [word for word in str(dictionary()["enterprise_kind"].valid).split("'") if word.isidentifier()]
    listed = [*kinds, ",".join(kinds), ",".join(reversed(kinds))]
    assert len(kinds) == 7
    for text in listed:
        book.execute("update seeds.parameter set parameter_text = ? where parameter like '%_kinds'", [text])
        assert found_by(book) == {}, text


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
        ("rule_spans_overlap", """
            insert into seeds.axle_type
                select * replace ('AXT-NEW' as rule_id, 'rigid' as vehicle_kind, date '2020-01-01' as valid_from)
                from seeds.axle_type where axle_type_code = '125'
        """),
        ("rule_spans_gap", """
            insert into seeds.axle_type
                select * replace ('AXT-NEW' as rule_id, date '2020-01-02' as valid_from)
                from seeds.axle_type where axle_type_code = '125';
            update seeds.axle_type set valid_to = '2019-12-31' where axle_type_code = '125' and valid_from is null
        """),
        # no source, no mark, no place
        ("rule_without_source", "update seeds.axle_type set citation_en = null where axle_type_code = '157'"),
        ("rule_without_source", "update seeds.fine_tier set citation_zh = null where rule_id = 'F67'"),
        ("rule_without_source", "update seeds.dimension_limit set citation_en = '' where rule_id = 'D-H'"),
        ("rule_without_source", "update seeds.licence_verb set confidence = 'sure' where licence_action = 'revoked'"),
        ("rule_without_source", "update seeds.accuracy_class set confidence = null where accuracy_class = '5'"),
        ("rule_without_source", "update seeds.axle_load_limit set jurisdiction = 'Hunan' where rule_id = 'AX3-A'"),
        ("parameter_not_accepted",
         "update seeds.parameter set parameter_value = 9 where parameter = 'min_plate_confidence'"),
        ("parameter_not_accepted", "delete from seeds.parameter where parameter = 'repeat_merge_hours'"),
        ("parameter_not_accepted", "update seeds.parameter set parameter_value = 0 where parameter = 'repeat_count'"),
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
    assert check in found_by(book)


def missing(book: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    text, _ = sql.render_text(sql.check_paths()["rule_missing"].read_text(encoding="utf-8"))
    found = book.execute(text)
    heads = [column[0] for column in found.description]
    return [dict(zip(heads, row, strict=True)) for row in found.fetchall()]


LIMITS = ("rule_id", "valid_from", "valid_to", "axle_count_min", "axle_count_max", "vehicle_kind", "drive_axle_kind")
TODAY = date(2026, 11, 27)


def uncovered(book: duckdb.DuckDBPyConnection) -> dict[str, date]:
    """Vehicles that have a limit today by the files as shipped, and the first day on which they have none now."""

    def told() -> list[tuple[Any, ...]]:
        return book.execute(f"select {', '.join(LIMITS)} from seeds.gross_weight_limit").fetchall()

    def covered(rows: list[tuple[Any, ...]], axles: int, kind: str, drive: str, day: date) -> bool:
        return any(
            least <= axles <= (most or 99) and of_kind in ("any", kind) and of_drive in ("any", drive)
            and (begins or date.min) <= day <= (ends or date.max)
            for _, begins, ends, least, most, of_kind, of_drive in rows
        )  # fmt: skip

    now = told()
    shipped = [
        (
            row[0],
            *(date.fromisoformat(day) if day else None for day in row[2:4]),
            int(row[4]),
            int(row[5] or 0),
            *row[6:8],
        )
        for row in sql._seed_file("seeds.gross_weight_limit")
    ]
    days = sorted({date.min, date(2016, 9, 21), TODAY, *(end + timedelta(1) for _, _, end, *_ in now if end)})
    found: dict[str, date] = {}
    vehicles = [(axles, kind) for axles in range(2, 7) for kind in ("rigid", "combination")] + [(1, "agricultural")]
    for axles, kind in vehicles:
        for drive in ("single", "tandem"):
            since = date(2016, 9, 21) if kind == "agricultural" else date.min
            gaps = [day for day in days if day >= since and not covered(now, axles, kind, drive, day)]
            if covered(shipped, axles, kind, drive, TODAY) and gaps:
                found[f"gross_weight {axles} {kind} {drive}"] = gaps[0]
    return found


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_limit_that_is_deleted_or_ended_is_missing_for_the_vehicles_it_was_for(
    book: duckdb.DuckDBPyConnection, is_deleted: bool
) -> None:
    limits = book.execute("select rule_id, valid_to from seeds.gross_weight_limit").fetchall()
    assert len(limits) == 14
    for number, ends in limits:
        earlier = "2015-01-01" if ends else "2020-01-01"
        change = "delete from" if is_deleted else "update"
        span = "" if is_deleted else f"set valid_to = '{earlier}'"
        book.execute(f"begin; {change} seeds.gross_weight_limit {span} where rule_id = '{number}'")
        found = missing(book)
        told = {row["missing_rule"]: row["missing_from"] for row in found if row["seed"] == "gross_weight_limit"}
        assert told, number
        assert told == uncovered(book), number
        named = [row["rule_no"] for row in found if row["rule_no"]]
        assert is_deleted or named == [number]
        book.execute("rollback")


def test_a_limit_without_an_upper_count_of_axles_that_gets_one_leaves_the_others_out(
    book: duckdb.DuckDBPyConnection,
) -> None:
    book.execute("update seeds.gross_weight_limit set axle_count_max = 8 where rule_id = 'M6C'")
    assert [(row["missing_rule"], row["missing_from"]) for row in missing(book)] == [
        ("gross_weight 9 combination tandem", date(2016, 9, 21))
    ]


def test_every_rule_that_ends_alone_is_named(book: duckdb.DuckDBPyConnection) -> None:
    for seed in sorted(sql.render("mart.rule").reads):
        still = "select rule_no from mart.rule where valid_to is null"
        before = {number for (number,) in book.execute(still).fetchall()}
        book.execute(f"begin; update {seed} set valid_to = '2027-12-31' where valid_to is null")
        ended = before - {number for (number,) in book.execute(still).fetchall()}
        assert ended
        assert {row["rule_no"] for row in missing(book) if row["rule_no"]} == ended, seed
        book.execute("rollback")


def test_every_limit_fine_clock_parameter_and_threshold_is_missed_when_it_is_deleted(
    book: duckdb.DuckDBPyConnection,
) -> None:
    """Together with the checks of parameters; so a new row of these has to be told there, or in rule_missing."""
    topics = "('weight_modifier', 'axle_type', 'dimension', 'fine', 'clock', 'parameter', 'monitoring')"
    query = f"select distinct trim(rule_key), rule_topic from mart.rule where rule_topic in {topics}"
    shipped = {key for key, _ in book.execute(query).fetchall()}
    for seed in (
        "gross_weight_modifier", "axle_type", "dimension_limit", "fine_tier", "procedure_clock", "parameter",
        "kpi_scheme",
    ):  # fmt: skip
        book.execute(f"delete from seeds.{seed}")
    found = missing(book)
    assert all(row["seed"] and not row["rule_no"] for row in found)
    here = {row["missing_rule"] for row in found}
    told = set(here)
    for check in ("parameter_not_accepted", "parameter_not_one_row", "parameter_kinds_unknown"):
        text, _ = sql.render_text(sql.check_paths()[check].read_text(encoding="utf-8"))
        of_check = {f"parameter {name}" for (name,) in book.execute(f"select parameter from ({text})").fetchall()}
        assert not here & of_check
        told |= of_check
    assert told == shipped
    named = {
        *consistency.PARAMETERS, *drift.PARAMETERS, *fates._PARAMETERS, *findings.TRIP_PARAMETERS, *hazards._PARAMETERS,
        *queue.PARAMETERS, *risk._NAMES_OF_PARAMETERS, *safety_repeat._PARAMETERS, *score.PARAMETERS,
        *shift.PARAMETERS, *supervision.PARAMETERS, *watch.PARAMETERS, shift.SEVERITY,
    }  # fmt: skip
    assert {f"parameter {name}" for name in named} <= told
    ours = {"filing", "notice", "late_surcharge"}  # parameters set these
    assert {f"clock {clock}" for clock in cases.CLOCKS if clock not in ours} <= told
    models = " ".join(path.read_text(encoding="utf-8") for path in sql.model_paths().values())
    by_name = re.findall(r"(?:parameter|modifier_id) = '([\w-]+)'", models)
    assert set(by_name) <= {word for key in told for word in key.split()}


@pytest.mark.parametrize(
    ("change", "is_missing"),
    [
        # the law ended it, and the citation says by what; nothing repeals what the product computes with
        ("update seeds.fine_tier set valid_to = '2027-12-31', citation_zh = '自2028年1月1日起废止',"
         " citation_en = 'repealed from 2028-01-01' where rule_id = 'F69'", False),
        ("update seeds.fine_tier set valid_to = '2027-12-31', citation_zh = '自2028年1月1日起废止'"
         " where rule_id = 'F69'", True),
        ("update seeds.parameter set valid_to = '2027-12-31', citation_zh = '废止', citation_en = 'repealed'"
         " where parameter = 'hazard_confidence'", True),
        # another law: a row of the same clock, and limits that tell the drive axles apart no more
        ("insert into seeds.procedure_clock select * replace ('C-PAY-NEW' as rule_id, date '2028-01-01' as valid_from)"
         " from seeds.procedure_clock where rule_id = 'C-PAY';"
         " update seeds.procedure_clock set valid_to = '2027-12-31' where rule_id = 'C-PAY'", False),
        ("insert into seeds.gross_weight_limit select * replace ('N6C' as rule_id, date '2028-01-01' as valid_from,"
         " 'any' as drive_axle_kind) from seeds.gross_weight_limit where rule_id = 'M6C';"
         " update seeds.gross_weight_limit set valid_to = '2027-12-31' where rule_id in ('M6C', 'M6C-1')", False),
        # the row in its place is for other vehicles
        ("insert into seeds.gross_weight_limit select * replace ('N6C' as rule_id, date '2028-01-01' as valid_from,"
         " 'rigid' as vehicle_kind) from seeds.gross_weight_limit where rule_id = 'M6C';"
         " update seeds.gross_weight_limit set valid_to = '2027-12-31' where rule_id = 'M6C'", True),
    ],
)  # fmt: skip
def test_a_rule_may_end_where_another_begins_or_the_law_repeals_it(
    book: duckdb.DuckDBPyConnection, change: str, is_missing: bool
) -> None:
    book.execute(change)
    assert bool(missing(book)) == is_missing


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
        assert found_by(book) == {}
    book.execute("update seeds.parameter set parameter_text = 'X' where parameter = ?", [parameter])
    with pytest.raises(CheckFailed, match=f"'{parameter}'.*'X'") as refused:
        refuse_findings(run_checks(book, CHECKS), book)
    assert all(text in str(refused.value) for text in accepted)
