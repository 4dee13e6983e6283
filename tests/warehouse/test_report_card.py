"""The report card: what counts for a figure and when, that no data is never 0, and that claims are judged as made.

Tables are text: columns parted by ``|``, an empty cell is null; columns nobody names are null.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import landed
import pandas as pd
import pytest
from typer.testing import CliRunner

from etl.cli import app
from etl.demo import passages
from etl.demo.generate import topics
from etl.demo.world import SCALES, Delivery, World, morning_after
from etl.errors import HengError
from etl.feeds import FEEDS, raw_tables
from etl.report_card import details_of, notes_of, number, period, shown_value, table_of
from warehouse import cases, sql
from warehouse.columns import dictionary
from warehouse.connection import dicts
from warehouse.errors import CheckFailed, WarehouseError
from warehouse.layout import head_checks
from warehouse.project import refuse_findings, run_checks
from warehouse.report_card import Card, Figure, card, document

YEAR = (date(2025, 1, 1), date(2025, 12, 31))


class Prefecture:
    """Raw tables of one test; ``read`` makes it a source of ``card``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, models: dict[str, str]) -> None:
        self.connection, self.models = connection, models

    def given(self, feed: str, text: str) -> None:
        """Current rows of a feed."""
        heading, *rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
        raw = next(table for table in raw_tables() if table.name == feed).all_columns()
        known = [*heading, "record_id", "flags", "row_fate"]
        casts = ", ".join(f"cast(? as {raw[name].type})" if name in raw else "?" for name in known)
        for at, row in enumerate(rows):
            assert len(row) == len(heading), row
            values = [cell or None for cell in row] + [f"{feed}-{at}", "", "current"]
            self.connection.execute(f"insert into raw.{feed} ({', '.join(known)}) select {casts}", values)

    def read(self, query: str, params: Any = None) -> pd.DataFrame:
        return self.connection.execute(query, params if params is not None else []).df()

    def rows(self, query: str, params: Any = None) -> list[dict[str, Any]]:
        return dicts(self.connection.execute(query, params if params is not None else []))

    constant = rows

    def card(self, first: date = YEAR[0], last: date = YEAR[1], **how: Any) -> Card:
        for name, query in self.models.items():
            self.connection.execute(f"create table {name} as {query}")
        return self.again(first, last, **how)

    def again(self, first: date, last: date, night: date = date(2026, 6, 30), compare: bool | None = True) -> Card:
        return card(self, first, last, night, 7, compare)


@pytest.fixture(scope="module")
def empty() -> Prefecture:
    """Empty raw tables and the seeds, and the SQL of what leads to the card."""
    connection = duckdb.connect()
    sql.complete_raw(connection, raw_tables())
    sql.load_seeds(connection)
    for schema in (*sql.LAYERS, "meta"):
        connection.execute(f"create schema {schema}")
    connection.execute("create table meta.delivery (feed varchar, issued_at timestamp, state varchar)")
    names = sql.in_order(["mart.report_fact", "staging.enterprise"])
    return Prefecture(connection, {name: sql.render(name).sql for name in names})


@pytest.fixture
def prefecture(empty: Prefecture) -> Iterator[Prefecture]:
    """What a test does to the tables is undone after it."""
    empty.connection.begin()
    yield empty
    empty.connection.rollback()


def figures(told: Card) -> dict[str, Figure]:
    return {figure.figure_id: figure for figure in told.figures}


def values(told: Card, *ids: str) -> list[Any]:
    found = figures(told)
    return [found[figure_id].value for figure_id in ids]


# --- the seed ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def seed() -> list[dict[str, Any]]:
    connection = duckdb.connect()
    sql.load_seeds(connection)
    rows = connection.execute("select * from seeds.report_figure").df()
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


def test_the_seed_has_all_32_figures_of_the_source_report(seed: list[dict[str, Any]]) -> None:
    ids = [row["figure_id"] for row in seed]
    assert {figure_id[:3] for figure_id in ids} == {f"F{at:02d}" for at in range(1, 33)}
    assert len(ids) == len(set(ids)) == 38
    computed = set(re.findall(r"'(F\d\d[abc]?)'", sql.model_paths()["mart.report_fact"].read_text(encoding="utf-8")))
    assert computed == set(ids)
    for row in seed:
        told = ("label", "unit", "definition", "citation")
        assert all(row[f"{name}_{lang}"] for name in told for lang in ("zh", "en")), row["figure_id"]
        assert row["relation"] in ("exact", "at_least", "all", "none")
        assert (row["published"] is None) == (row["relation"] == "all"), row["figure_id"]
        assert row["period_kind"] in ("flow", "state")


def test_figures_name_the_parameters_and_feeds_they_are_computed_from(seed: list[dict[str, Any]]) -> None:
    """Every raw table that leads to ``mart.report_fact`` is named by a figure, but for what limits and evidence are
    decided by, and payments, which only stand beside the decisions."""
    connection = duckdb.connect()
    sql.load_seeds(connection)
    parameters = {row[0] for row in connection.execute("select parameter from seeds.parameter").fetchall()}
    read = {name for row in seed for name in (row["parameters"] or "").split(",") if name}
    assert read
    assert read <= parameters
    named = {feed for row in seed for feed in row["source_feeds"].split(",")}
    assert named <= set(FEEDS)
    read = {table for name in sql.in_order(["mart.report_fact"]) for table in sql.render(name).reads}
    raw = {table.removeprefix("raw.") for table in read if table.startswith("raw.")}
    assert raw - named == {
        "build_day", "penalty_payment", "static_recheck", "vehicle", "verification_certificate", "wim_device",
        "wim_lane", "wim_self_test",
    }  # fmt: skip
    assert named - raw == set()


def test_dictionary_names_the_words_that_the_seed_uses(seed: list[dict[str, Any]]) -> None:
    for name in ("relation", "period_kind"):
        allowed = dictionary()[name].valid
        assert {row[name] for row in seed} <= {word for word in allowed.split("'") if word.isidentifier()}


def test_a_parameter_that_is_read_without_a_day_has_one_row(prefecture: Prefecture) -> None:
    """The check stops a version whose figures would take the largest of several values, or none."""
    check = "parameter_not_one_row"
    assert check in head_checks(raw_tables())

    def findings() -> int:
        return int(run_checks(prefecture.connection, [check])[check]["rows"])

    texts = [path.read_text(encoding="utf-8") for path in sql.model_paths().values()]
    readers = [text for text in texts if "ref('parameter')" in text]
    undated = {name for text in readers for name in re.findall(r"parameter = '(\w+)' then", text)}
    assert len(undated) == 18
    assert findings() == 0
    for name in sorted(undated):
        row = f"from seeds.parameter where parameter = '{name}'"
        prefecture.connection.execute(f"insert into seeds.parameter select * {row}")
        assert findings() == 1, f"{name} has two rows"
        with pytest.raises(CheckFailed, match=rf"{check}.*'{name}', 2, 2"):
            refuse_findings(run_checks(prefecture.connection, [check]), prefecture.connection)
        prefecture.connection.execute(f"delete {row}")
        assert findings() == 1, f"{name} has no row"
        prefecture.connection.execute(
            f"insert into seeds.parameter (parameter, parameter_value) values ('{name}', null)"
        )
        assert findings() == 1, f"{name} has no value"
        prefecture.connection.execute(f"update seeds.parameter set parameter_value = 1 where parameter = '{name}'")
        assert findings() == 0
    dated = "select * from seeds.parameter where parameter = 'repeat_excess_ratio'"
    assert len(prefecture.read(dated)) == 2, "one that is read by its validity may have several"


# --- no data -------------------------------------------------------------------------------------
def test_a_figure_without_rows_has_no_data_and_never_0(prefecture: Prefecture) -> None:
    told = prefecture.card()
    assert [figure for figure in told.figures if figure.has_data or figure.holds is not None or figure.rows] == []
    assert {shown_value(figure, "en") for figure in told.figures} == {"no data"}
    assert {shown_value(figure, "zh") for figure in told.figures} == {"无数据"}
    assert all(figure["value"] is None and not figure["has_data"] for figure in document(told)["figures"])


def test_0_is_a_value_where_the_source_told_of_the_period(prefecture: Prefecture) -> None:
    prefecture.given("meeting", "meeting_kind | held_on \n regular | 2025-03-01")
    prefecture.given(
        "licence_action",
        """licence_kind | licence_action | as_reported | decided_on
           driver_certificate | suspended | 暂扣 | 2025-03-01 """,
    )
    told = prefecture.card()
    assert values(told, "F01a", "F01b", "F16", "F15") == [1, 0, 0, None]
    assert figures(told)["F01b"].holds is False
    assert figures(told)["F15"].holds is None
    assert values(prefecture.again(date(2024, 1, 1), date(2024, 12, 31)), "F01b", "F16") == [None, None]


# --- when something counts -----------------------------------------------------------------------
def test_a_flow_counts_from_the_first_to_the_last_day_of_the_period(prefecture: Prefecture) -> None:
    prefecture.given("bulletin", "issued_on \n 2024-12-31 \n 2025-01-01 \n 2025-12-31 \n 2026-01-01")
    told = prefecture.card()
    assert values(told, "F02") == [2]
    assert (figures(told)["F02"].first_day, figures(told)["F02"].last_day) == YEAR
    assert values(prefecture.again(date(2025, 6, 1), date(2026, 6, 1)), "F02") == [2]


def test_a_state_counts_what_holds_on_the_last_day_of_the_period(prefecture: Prefecture) -> None:
    prefecture.given(
        "coach_line",
        """line_no | line_distance_km | valid_from | valid_to
           ended   | 900   | 2020-01-01 | 2025-12-30
           today   | 800   | 2020-01-01 | 2025-12-31
           open    | 800.1 | 2025-12-31 |
           later   | 900   | 2026-01-01 |
           short   | 799.9 | 2020-01-01 | """,
    )
    told = prefecture.card()
    found = figures(told)["F05"]
    assert (found.value, found.of, found.holds) == (2, 3, False)
    assert shown_value(found, "en") == "2 of 3"
    found = figures(prefecture.again(date(2019, 1, 1), date(2020, 1, 1)))["F05"]
    assert (found.value, found.of) == (2, 3)
    found = figures(prefecture.again(date(2018, 1, 1), date(2019, 1, 1)))["F05"]
    assert (found.value, found.holds) == (None, None)


def test_nothing_left_holds_only_where_there_is_something_it_could_be_left_of(prefecture: Prefecture) -> None:
    prefecture.given(
        "monitored_vehicle",
        """plate_no | monitored_class | seat_count | county_code | has_smart_terminal | valid_from | valid_to
           湘M10001 | line_coach      | 57 | 431102 | true | 2020-01-01 | 2025-06-30
           湘M10002 | charter_coach   | 56 | 431102 | true | 2020-01-01 |
           湘M10003 | bus             | 80 | 431102 | true | 2020-01-01 | """,
    )
    found = figures(prefecture.card())["F06"]
    assert (found.value, found.of, found.holds) == (0, 1, True)
    found = figures(prefecture.again(date(2025, 1, 1), date(2025, 6, 30)))["F06"]
    assert (found.value, found.of, found.holds) == (1, 2, False)


def test_of_spans_that_overlap_the_one_that_began_last_holds_and_counts_once(prefecture: Prefecture) -> None:
    """A line cut to 700 km whose first span was never ended; one that ended within another; a coach, an enterprise, a
    site and a loading firm alike."""
    prefecture.given(
        "coach_line",
        """line_no | line_distance_km | valid_from | valid_to
           CUT     | 900 | 2020-01-01 |
           CUT     | 700 | 2025-06-01 |
           WITHIN  | 700 | 2020-01-01 |
           WITHIN  | 900 | 2025-02-01 | 2025-08-31 """,
    )
    prefecture.given(
        "monitored_vehicle",
        """plate_no | plate_color_code | monitored_class | seat_count | county_code | has_smart_terminal | valid_from
           湘M10001 | 2 | line_coach | 57 | 431102 | true  | 2020-01-01
           湘M10001 | 2 | line_coach | 45 | 431102 | true  | 2025-06-01
           湘M10001 | 1 | line_coach | 57 | 431102 | true  | 2025-06-01
           湘M10002 | 2 | line_coach | 57 | 431102 | true  | 2020-01-01
           湘M10002 | 2 | bus        | 57 | 431102 | true  | 2025-06-01 """,
    )
    prefecture.given(
        "enterprise",
        """uscc | enterprise_kind | valid_from
           A    | passenger       | 2020-01-01
           A    | freight         | 2025-06-01 """,
    )
    prefecture.given(
        "safety_standard",
        "uscc | passed_standard_on | valid_from | valid_to \n A | 2024-01-01 | 2024-01-01 | 2027-01-01",
    )
    prefecture.given(
        "wim_site",
        """site_code | road_code | valid_from
           YZ01      | G207      | 2020-01-01
           YZ01      | G207      | 2025-02-01
           YZ01      | X051      | 2025-06-01
           YZ02      | S322      | 2020-01-01 """,
    )
    prefecture.given(
        "loading_firm",
        """firm_no | annual_tonnage_t | linked_to_city | linked_to_province | linked_on  | valid_from | valid_to
           S1      | 300000           | true           | true               | 2024-05-01 | 2020-01-01 |
           S1      | 300000           | true           | true               | 2024-05-01 | 2025-02-01 |
           S2      | 300000           | true           | true               | 2025-07-01 | 2025-01-01 |
           S2      | 100000           | true           | true               | 2025-07-01 | 2025-06-01 | """,
    )

    def told(last: str) -> dict[str, tuple[Any, Any]]:
        found = figures(prefecture.again(date(2025, 1, 1), date.fromisoformat(last)))
        return {name: (found[name].value, found[name].of) for name in ("F05", "F06", "F20", "F21", "F27")}

    prefecture.card()
    sites = {"F20": (2, None), "F21": (1, 2)}
    assert told("2025-01-31") == {"F05": (1, 2), "F06": (2, 2), "F27": (1, 1)} | sites
    assert told("2025-05-31") == {"F05": (2, 2), "F06": (2, 2), "F27": (1, 1)} | sites
    later = {"F20": (1, None), "F21": (1, 1)}
    assert told("2025-06-01") == {"F05": (1, 2), "F06": (1, 2), "F27": (None, None)} | later
    assert told("2025-09-01") == {"F05": (0, 2), "F06": (1, 2), "F27": (None, None)} | later


def test_a_rate_is_of_one_cohort_by_registration(prefecture: Prefecture) -> None:
    """Closed in the period but registered before, closed after it, open and reopened ones are no part of the value."""
    prefecture.given(
        "hazard",
        """hazard_category_code | registered_on | hazard_closed_on | hazard_state
           HWY | 2025-01-01 | 2025-12-31 | CLOSED
           HWY | 2025-05-01 | 2026-01-01 | CLOSED
           HWY | 2025-05-01 |            | RECTIFYING
           HWY | 2025-05-01 | 2025-06-01 | REOPENED
           HWY | 2024-12-31 | 2025-06-01 | CLOSED
           RAIL | 2024-12-31 | 2025-06-01 | CLOSED
           RAIL | 2025-05-01 | 2025-06-01 | REOPENED
           SIGN | 2025-05-01 | 2025-06-01 | CLOSED
           ENT | 2025-05-01 | 2025-06-01 | CLOSED """,
    )
    told = prefecture.card()
    assert values(told, "F09a", "F09b", "F11", "F12", "F13") == [4, 1, 1, None, 1]
    assert [figures(told)[name].holds for name in ("F09b", "F11")] == [False, True]
    assert shown_value(figures(told)["F09b"], "en") == "1 of 4 (25 %)"
    assert values(prefecture.again(date(2025, 1, 1), date(2026, 1, 1)), "F09b") == [2]


def test_a_share_just_below_all_is_never_shown_as_100_per_cent(prefecture: Prefecture) -> None:
    prefecture.given("training", "uscc | held_on | staff_count | trained_count \n A | 2025-03-01 | 100000 | 99999")
    told = prefecture.card()
    assert figures(told)["F31c"].holds is False
    assert shown_value(figures(told)["F31c"], "zh") == "99,999 / 100,000（99.9 %）"


# --- what counts ---------------------------------------------------------------------------------
def test_works_count_when_all_that_is_planned_is_there(prefecture: Prefecture) -> None:
    parts = ("warning_post", "warning_sign", "speed_hump", "convex_mirror", "flashing_light")
    heading = " | ".join(f"is_{part}_planned | is_{part}_done" for part in parts)
    rest = " | false | false" * 4
    prefecture.given(
        "small_works",
        f"""finished_on | {heading}
            2025-02-01 | true | true{rest}
            2025-02-01 | true | false{rest}
            2025-02-01 | false | true{rest}
                       | true | true{rest}""",
    )
    prefecture.given(
        "road_works",
        """works_kind | works_unit | done_quantity | finished_on
           safety     | km     | 1.25 | 2025-02-01
           safety     | km     | 0.1  | 2025-02-01
           safety     | km     | 0.2  | 2025-02-01
           safety     | km     | 7.5  |
           bridge     | bridge | 1    | 2025-02-01
           refinement | km     | 2    | 2025-02-01 """,
    )
    assert values(prefecture.card(), "F10", "F28", "F29", "F30") == [2, 1.55, 1, 2]


def test_verbs_of_licence_loss_are_not_merged_and_f16_goes_by_the_word(prefecture: Prefecture) -> None:
    prefecture.given(
        "licence_action",
        """licence_kind | licence_action | as_reported | decided_on
           operating_permit   | deregistered | 注销营运证 | 2025-02-01
           operating_permit   | revoked      | 吊销道路运输证 | 2025-02-01
           operating_permit   | annulled     | 撤销道路运输证 | 2025-02-01
           operating_permit   | withdrawn    | 撤回 | 2025-02-01
           driver_certificate | annulled     | 撤销从业资格证 | 2025-02-01
           driver_certificate | revoked      | 撤销其从业资格证 | 2025-02-01
           driver_certificate | revoked      | 吊销从业资格证 | 2025-02-01
           driver_certificate | deregistered | 撤销后注销 | 2025-02-01
           enterprise_licence | annulled     | 撤销 | 2025-02-01 """,
    )
    assert values(prefecture.card(), "F15", "F16") == [1, 2]


def test_cases_count_by_filing_and_money_by_what_was_decided(prefecture: Prefecture) -> None:
    prefecture.given(
        "enforcement_case",
        """case_no | found_on | filed_on | procedure | case_state | act_code
           A1 | 2024-12-20 | 2025-01-01 | ordinary | withdrawn | over_mass
           A2 | 2025-12-20 | 2026-01-02 | ordinary | filed | over_mass
           A3 | 2025-03-01 |            | simple | closed | over_mass
           A4 | 2024-12-01 | 2024-12-02 | ordinary | closed | over_mass """,
    )
    prefecture.given(
        "case_event",
        """case_no | event_no | case_state | event_at
           A4 | 1 | decided           | 2025-06-01 09:00:00
           A4 | 2 | revoked_by_review | 2026-02-01 09:00:00 """,
    )
    prefecture.given(
        "illegal_operation_case",
        """case_no | found_on | decided_on | decided_fen | case_state
           B1 | 2025-03-01 | 2025-04-01 | 300050 | closed
           B2 | 2025-03-01 | 2025-04-01 | 200000 | decided
           B3 | 2025-03-01 |            |        | void
           B4 | 2025-12-30 | 2026-02-01 | 900000 | decided
           B5 | 2025-03-01 | 2025-04-01 | 70000  | void
           B6 | 2025-03-01 | 2025-04-01 | 80000  | withdrawn
           B7 | 2025-03-01 | 2025-04-01 | 90000  | withdrawn """,
    )
    prefecture.given(
        "penalty_decision",
        """decision_no | case_no | penalty_kind | statutory_fen | decided_fen | decided_on
           D1 | A1 | fine       | 1000000 | 100 | 2025-02-01
           D2 | A3 | warning    | 0       | 0   | 2025-03-01
           D3 | B2 | fine       | 3000000 | 200000 | 2025-04-01
           D4 | B7 | fine       | 3000000 | 90000  | 2025-04-01
           D5 | A4 | fine       | 3000000 | 40000  | 2025-06-01
           D6 | Z9 | fine       | 3000000 | 70000  | 2025-06-01 """,
    )
    told = prefecture.card()
    assert values(told, "F17", "F18", "F19") == [1, 3, 5400.5]
    assert [figures(told)[name].rows for name in ("F17", "F18", "F19")] == [2, 7, 4]
    assert number(5400.5) == "5,400.5"
    # B4 is decided on the day on which A4 loses its effect.
    for last, yuan in ((date(2026, 1, 31), 5400.5), (date(2026, 2, 1), 14_000.5)):
        assert values(prefecture.again(YEAR[0], last), "F19") == [yuan]
    assert any("art. 74" in line for line in notes_of(told, "en"))


def test_systems_stand_on_national_and_provincial_roads_not_on_motorways(prefecture: Prefecture) -> None:
    roads = ("G207", "S216", "G55", "G0422", "S81", "X034", "", "S999")
    rows = "\n".join(f"{at} | {road} | 2024-01-01" for at, road in enumerate(roads))
    prefecture.given("wim_site", f"site_code | road_code | valid_from\n{rows}")
    told = prefecture.card()
    assert values(told, "F20") == [3]
    assert figures(told)["F20"].rows == 8


def test_firms_of_the_threshold_have_to_be_linked_to_both_platforms(prefecture: Prefecture) -> None:
    prefecture.given(
        "loading_firm",
        """firm_no | annual_tonnage_t | linked_to_city | linked_to_province | linked_on | valid_from
           1 | 200000 | true | true  | 2025-12-31 | 2024-01-01
           2 | 900000 | true | false | 2024-01-01 | 2024-01-01
           3 | 199999 | false | false |           | 2024-01-01
           4 | 200001 | true | true  |            | 2024-01-01 """,
    )
    found = figures(prefecture.card())["F21"]
    assert (found.value, found.of, found.holds) == (2, 3, False)
    assert figures(prefecture.again(date(2025, 1, 1), date(2025, 12, 30)))["F21"].value == 1


def test_terminals_count_by_class_and_in_the_districts_that_the_seed_names(prefecture: Prefecture) -> None:
    prefecture.given(
        "monitored_vehicle",
        """plate_no | monitored_class | county_code | has_smart_terminal | carries_slogan | valid_from
           湘M10001 | tourist_coach   | 431124 | true  |       | 2024-01-01
           湘M10002 | dangerous_goods | 431124 | true  |       | 2024-01-01
           湘M10003 | line_coach      | 431124 | false |       | 2024-01-01
           湘M10004 | bus             | 431102 | true  | true  | 2024-01-01
           湘M10005 | bus             | 431124 | true  | true  | 2024-01-01
           湘M10006 | taxi            | 431103 | true  |       | 2024-01-01
           湘M10007 | taxi            | 431103 | false | false | 2024-01-01 """,
    )
    told = prefecture.card()
    assert values(told, "F22", "F23", "F24") == [2, 1, 1]
    assert (figures(told)["F32"].value, figures(told)["F32"].of, figures(told)["F32"].holds) == (2, 4, False)


def test_an_enterprise_counts_once(prefecture: Prefecture) -> None:
    """Whatever its spans, its certificates, and how often it took part."""
    prefecture.given(
        "enterprise",
        """uscc | enterprise_name | enterprise_kind | valid_from | valid_to
           A | 甲 | bus     | 2020-01-01 | 2025-05-31
           A | 甲集团 | bus | 2025-06-01 |
           B | 乙 | station | 2020-01-01 |
           C | 丙 | freight | 2020-01-01 | """,
    )
    prefecture.given(
        "safety_standard",
        """uscc | passed_standard_on | valid_from | valid_to
           A | 2022-02-01 | 2022-02-01 | 2025-12-31
           A | 2025-02-01 | 2025-02-01 | 2028-01-31
           A | 2025-08-01 | 2025-08-01 | 2028-07-31
           B | 2022-12-30 | 2022-12-31 | 2025-12-30 """,
    )
    prefecture.given(
        "training",
        """uscc | held_on | staff_count | trained_count
           A | 2025-02-01 | 40 | 30
           A | 2025-08-01 | 45 | 44
           B | 2025-02-01 | 9  | 9 """,
    )
    told = prefecture.card()
    assert values(told, "F26", "F31a", "F31b", "F31c") == [1, 2, 53, 53]
    assert [(figures(told)[name].of, figures(told)[name].holds) for name in ("F27", "F31c")] == [
        (2, False),
        (54, False),
    ]
    found = figures(prefecture.again(date(2025, 1, 1), date(2025, 12, 30)))["F27"]
    assert (found.value, found.of, found.holds) == (2, 2, True)


def test_a_relay_point_counts_once_though_its_register_row_was_renewed(prefecture: Prefecture) -> None:
    prefecture.given(
        "relay_point",
        """relay_point_no | inspected_on | valid_from
           J1 | 2025-03-01 | 2022-01-01
           J1 | 2025-03-01 | 2025-06-01
           J2 | 2025-04-01 | 2022-01-01
           J3 |            | 2022-01-01 """,
    )
    assert values(prefecture.card(), "F07") == [2]


def test_the_last_inspection_of_a_relay_point_counts(prefecture: Prefecture) -> None:
    """Each span keeps the inspection it was told of; the year of an earlier one does not have the point."""
    prefecture.given(
        "relay_point",
        """relay_point_no | inspected_on | valid_from | valid_to
           J1 | 2025-03-01 | 2022-01-01 | 2026-01-31
           J1 | 2026-03-01 | 2026-02-01 |
           J2 | 2025-04-01 | 2022-01-01 | 2025-05-31
           J2 |            | 2025-06-01 | """,
    )
    told = prefecture.card()
    assert values(told, "F07") == [1]
    assert figures(told)["F07"].rows == 1
    told = prefecture.again(date(2026, 1, 1), date(2026, 6, 30))
    assert values(told, "F07") == [1]
    assert (figures(told)["F07"].rows, figures(told)["F07"].first_day) == (2, date(2026, 3, 1))
    assert values(prefecture.again(date(2025, 1, 1), date(2026, 6, 30)), "F07") == [2]


def test_every_passage_is_a_row_its_figure_was_computed_from(prefecture: Prefecture) -> None:
    """Days, sites and classes of the mart stand for many; those that were not weighed were looked at too."""
    prefecture.given(
        "wim_passage",
        """check_no | event_date | passed_at           | site_code | axle_count | gross_vehicle_weight_kg
           K1 | 2025-03-01 | 2025-03-01 08:00:00 | YZ01 | 6 | 30000
           K2 | 2025-03-01 | 2025-03-01 09:00:00 | YZ01 | 6 | 50000
           K3 | 2025-03-01 | 2025-03-01 10:00:00 | YZ01 | 6 |
           K4 | 2025-03-01 | 2025-03-01 08:00:00 | YZ02 | 2 | 12000
           K5 | 2025-03-02 | 2025-03-02 08:00:00 | YZ02 | 2 | 12000
           K6 | 2026-01-01 | 2026-01-01 08:00:00 | YZ02 | 2 | 12000 """,
    )
    found = figures(prefecture.card())["F08"]
    assert (found.value, found.rows, found.first_day, found.last_day) == (4, 5, date(2025, 3, 1), date(2025, 3, 2))


def test_the_last_look_at_a_passage_holds(prefecture: Prefecture) -> None:
    prefecture.given(
        "violation_screening",
        """check_no | screened_at | event_date | screening_result
           K1 | 2025-03-01 09:00:00 | 2025-03-01 | pending
           K1 | 2025-03-01 10:00:00 | 2025-03-01 | confirmed
           K2 | 2025-03-01 09:00:00 | 2025-03-01 | confirmed
           K2 | 2025-04-01 09:00:00 | 2025-04-01 | void
           K3 | 2025-03-01 09:00:00 | 2025-03-01 | pending
           K3 | 2025-03-04 09:00:00 | 2025-03-04 | confirmed
           K4 | 2025-03-04 09:00:00 | 2025-03-04 | void """,
    )
    told = prefecture.card()
    assert values(told, "F14") == [2]
    assert figures(told)["F14"].rows == 4


# --- three violations ----------------------------------------------------------------------------
def _violations(prefecture: Prefecture, text: str) -> None:
    """plate | act | filed | decided | over (per cent of 49,000 kg; empty: no passage known) [| state]."""
    cases, decisions, weighed = [], [], []
    for at, line in enumerate(text.strip().splitlines()):
        plate, act, filed, decided, over, *rest = [cell.strip() for cell in line.split("|")]
        check = f"K{at}" if over else ""
        state = rest[0] if rest else "closed"
        cases.append(
            f"A{at} | {plate} | 2 | over_mass | {check} | {act} | {filed} | {filed} | 431103 | ordinary | {state}"
        )
        if decided:
            decisions.append(f"A{at} | fine | {decided}")
        if over:
            gross = 49_000 + round(float(over) * 490)
            weighed.append(f"{check} | {act[:10]} | {act} | {plate} | 2 | YZ01 | 1 | 6 | 157 | {gross}")
    heading = "case_no | plate_no | plate_color_code | act_code | check_no | violated_at | found_on | filed_on"
    prefecture.given("enforcement_case", f"{heading} | county_code | procedure | case_state\n" + "\n".join(cases))
    prefecture.given("penalty_decision", "case_no | penalty_kind | decided_on\n" + "\n".join(decisions))
    _device(prefecture, "YZ01")
    prefecture.connection.execute(
        "insert into raw.build_day select distinct cast(violated_at as date), true from raw.enforcement_case"
    )
    heading = "check_no | event_date | passed_at | plate_no | plate_color_code | site_code | lane_code | axle_count"
    prefecture.given("wim_passage", f"{heading} | axle_type_code | gross_vehicle_weight_kg\n" + "\n".join(weighed))


def _device(prefecture: Prefecture, *sites: str) -> None:
    """A verified device on lane 1 of each site: without one a passage is no evidence and its case does not count."""
    lanes = [f"{site} | 1 | D-{site} | 2020-01-01" for site in sites]
    prefecture.given("wim_lane", "site_code | lane_code | device_no | valid_from\n" + "\n".join(lanes))
    devices = [f"D-{site} | {site} | 2020-01-01" for site in sites]
    prefecture.given("wim_device", "device_no | site_code | valid_from\n" + "\n".join(devices))
    heading = "certificate_no | device_no | speed_min_kmh | speed_max_kmh | valid_from | valid_to"
    certificates = [f"C-{site} | D-{site} | 5 | 100 | 2020-01-01 | 2027-12-31" for site in sites]
    prefecture.given("verification_certificate", heading + "\n" + "\n".join(certificates))


def test_vehicles_with_exactly_three_decided_violations_of_twelve_months(prefecture: Prefecture) -> None:
    _violations(
        prefecture,
        """three   | 2025-01-01 00:00:00 | 2025-01-05 | 2025-02-01 | 12
           three   | 2025-05-01 08:00:00 | 2025-05-05 | 2025-06-01 | 12
           three   | 2025-12-20 08:00:00 | 2025-12-22 | 2025-12-31 | 12
           early   | 2024-12-31 23:59:00 | 2025-01-05 | 2025-02-01 | 12
           early   | 2025-05-01 08:00:00 | 2025-05-05 | 2025-06-01 | 12
           early   | 2025-12-20 08:00:00 | 2025-12-22 | 2025-12-31 | 12
           four    | 2025-02-01 08:00:00 | 2025-02-05 | 2025-02-07 | 12
           four    | 2025-03-01 08:00:00 | 2025-03-05 | 2025-03-07 | 12
           four    | 2025-04-01 08:00:00 | 2025-04-05 | 2025-04-07 | 12
           four    | 2025-05-01 08:00:00 | 2025-05-05 | 2025-05-07 | 12
           tenth   | 2025-02-01 08:00:00 | 2025-02-05 | 2025-02-07 | 12
           tenth   | 2025-03-01 08:00:00 | 2025-03-05 | 2025-03-07 | 10
           tenth   | 2025-04-01 08:00:00 | 2025-04-05 | 2025-04-07 | 10.1
           unknown | 2025-02-01 08:00:00 | 2025-02-05 | 2025-02-07 | 12
           unknown | 2025-03-01 08:00:00 | 2025-03-05 | 2025-03-07 |
           unknown | 2025-04-01 08:00:00 | 2025-04-05 | 2025-04-07 | 12
           trip    | 2025-02-01 08:00:00 | 2025-02-05 | 2025-02-07 | 12
           trip    | 2025-03-01 08:00:00 | 2025-03-05 | 2025-03-07 | 12
           trip    | 2025-03-02 08:00:00 | 2025-03-05 | 2025-03-07 | 12
           trips   | 2025-02-01 08:00:00 | 2025-02-05 | 2025-02-07 | 12
           trips   | 2025-03-01 08:00:00 | 2025-03-05 | 2025-03-07 | 12
           trips   | 2025-03-02 08:00:01 | 2025-03-05 | 2025-03-07 | 12
           void    | 2025-02-01 08:00:00 | 2025-02-05 | 2025-02-07 | 12
           void    | 2025-03-01 08:00:00 | 2025-03-05 | 2025-03-07 | 12
           void    | 2025-04-01 08:00:00 | 2025-04-05 | 2025-04-07 | 12 | revoked_by_review """,
    )
    told = prefecture.card()
    assert values(told, "F25a", "F25b") == [2, 2]  # three, trips
    # Cases that count on the last day: of every vehicle in the order above, and of those with three.
    assert [figures(told)[name].rows for name in ("F25a", "F25b")] == [3 + 2 + 4 + 2 + 2 + 2 + 3 + 2, 6]
    assert figures(told)["F25b"].holds is True
    # A day before: the third decision of "three" is not there yet, "early" has three acts and two decisions.
    told = prefecture.again(date(2025, 1, 1), date(2025, 12, 30))
    assert values(told, "F25a") == [1]  # trips
    assert (figures(told)["F25b"].value, figures(told)["F25b"].of, figures(told)["F25b"].holds) == (1, 3, False)
    # With the year's end of the first of four, three of them are left.
    told = prefecture.again(date(2025, 3, 1), date(2026, 2, 1))
    assert values(told, "F25a") == [1]  # four


def test_the_number_of_repeats_is_that_of_the_last_day_of_the_period(prefecture: Prefecture) -> None:
    _violations(
        prefecture,
        """two     | 2025-02-01 08:00:00 | 2025-02-05 | 2025-02-07 | 12
           two     | 2025-03-01 08:00:00 | 2025-03-05 | 2025-03-07 | 12
           three   | 2025-02-01 08:00:00 | 2025-02-05 | 2025-02-07 | 12
           three   | 2025-03-01 08:00:00 | 2025-03-05 | 2025-03-07 | 12
           three   | 2025-04-01 08:00:00 | 2025-04-05 | 2025-04-07 | 12
           threes  | 2025-02-01 08:00:00 | 2025-02-05 | 2025-02-07 | 12
           threes  | 2025-03-01 08:00:00 | 2025-03-05 | 2025-03-07 | 12
           threes  | 2025-04-01 08:00:00 | 2025-04-05 | 2025-04-07 | 12 """,
    )
    prefecture.connection.execute(
        "insert into seeds.parameter select * replace (date '2025-09-01' as valid_from, 2 as parameter_value)"
        " from seeds.parameter where parameter = 'repeat_count'"
    )
    prefecture.connection.execute(
        "update seeds.parameter set valid_to = date '2025-08-31'"
        " where parameter = 'repeat_count' and valid_from is null"
    )
    assert values(prefecture.card(), "F25a") == [1]  # two
    assert values(prefecture.again(date(2025, 1, 1), date(2025, 8, 31)), "F25a") == [2]  # three, threes


def test_a_check_number_that_two_vendors_gave_is_the_passage_of_its_day(prefecture: Prefecture) -> None:
    """Else a case would count by the excess of a truck that another vendor weighed on another day."""
    _violations(
        prefecture,
        """below | 2025-02-01 08:00:00 | 2025-02-05 | 2025-02-07 | 12
           below | 2025-03-01 08:00:00 | 2025-03-05 | 2025-03-07 | 12
           below | 2025-04-01 08:00:00 | 2025-04-05 | 2025-04-07 | 3
           above | 2025-02-01 08:00:00 | 2025-02-05 | 2025-02-07 | 12
           above | 2025-03-01 08:00:00 | 2025-03-05 | 2025-03-07 | 12
           above | 2025-04-01 08:00:00 | 2025-04-05 | 2025-04-07 | 12 """,
    )
    prefecture.given(
        "wim_passage_wheel",
        """check_no | event_date | passed_at | site_code | axle_count | axle_type_code | gross_vehicle_weight_kg
           K2 | 2025-04-02 | 2025-04-02 08:00:00 | YZ09 | 6 | 157 | 60000
           K5 | 2025-04-02 | 2025-04-02 08:00:00 | YZ09 | 6 | 157 | 50000 """,
    )
    told = prefecture.card()
    numbers = prefecture.read("select check_no, is_above_counted_ratio as is_counted from mart.finding")
    told_of = sorted(numbers[numbers["check_no"].isin(["K2", "K5"])].itertuples(index=False, name=None))
    assert told_of == [("K2", False), ("K2", True), ("K5", False), ("K5", True)], "both vendors weighed under both"
    assert values(told, "F25a", "F25b") == [1, 1]  # above
    assert prefecture.read("select distinct plate_no from core.vehicle_violation_span where case_count = 3")[
        "plate_no"
    ].tolist() == ["above"]


def test_below_the_day_of_the_ratio_any_excess_counts(prefecture: Prefecture) -> None:
    _violations(
        prefecture,
        """before | 2021-08-01 08:00:00 | 2021-08-05 | 2021-08-07 | 3
           before | 2021-09-01 08:00:00 | 2021-09-05 | 2021-09-07 |
           before | 2021-09-29 08:00:00 | 2021-09-30 | 2021-09-30 | 3
           before | 2021-09-30 08:00:00 | 2021-10-05 | 2021-10-07 | 3
           before | 2021-10-01 08:00:00 | 2021-10-05 | 2021-10-07 | 3 """,
    )
    told = prefecture.card(date(2021, 1, 1), date(2021, 12, 31))
    assert values(told, "F25a") == [1]
    ratio = [row["parameter_value"] for row in told.parameters if row["parameter"] == "repeat_excess_ratio"]
    assert ratio == [0.1]
    assert [
        row["is_unverified"] for row in document(told)["parameters"] if row["parameter"] == "repeat_merge_hours"
    ] == [True]
    told_of = next(line for line in notes_of(told, "en") if line.startswith("repeat_window_months = 12 months"))
    assert "(F25a, F25b)" in told_of
    assert told_of.endswith("[P] · unverified")


# --- the card ------------------------------------------------------------------------------------
def test_claims_are_judged_as_they_were_made(prefecture: Prefecture) -> None:
    prefecture.given("interview", "held_on\n" + "\n".join(["2025-02-01"] * 4))
    prefecture.given("referral", "sent_on\n" + "\n".join(["2025-02-01"] * 7))
    prefecture.given("training", "uscc | held_on | staff_count | trained_count \n A | 2025-02-01 | 3000 | 3000")
    told = prefecture.card()
    judged = {figure.figure_id: figure.holds for figure in told.figures if figure.has_data}
    assert judged == {"F03": True, "F04": False, "F31a": False, "F31b": True, "F31c": True}


def test_published_values_are_shown_on_invented_data_and_where_asked_for(prefecture: Prefecture) -> None:
    prefecture.given("interview", "held_on \n 2025-02-01")
    prefecture.given("enterprise", "uscc | enterprise_name | valid_from \n A | 示例运输1号 | 2020-01-01")
    told = prefecture.card(compare=None)
    assert (told.is_compared, figures(told)["F03"].published, figures(told)["F03"].holds) == (True, 4, False)
    hidden = prefecture.again(*YEAR, compare=False)
    assert (hidden.is_compared, figures(hidden)["F03"].published, figures(hidden)["F03"].holds) == (False, None, None)
    assert "published" not in [column.header for column in table_of(hidden, "en").columns]


def test_published_values_are_hidden_on_real_data_unless_asked_for(prefecture: Prefecture) -> None:
    prefecture.given("training", "uscc | held_on | staff_count | trained_count \n A | 2025-02-01 | 30 | 30")
    names = "uscc | enterprise_name | valid_from \n A | 示例1号 | 2020-01-01 \n B | 某公司 | 2020-01-01"
    prefecture.given("enterprise", names)
    told = prefecture.card(compare=None)
    assert not told.is_compared
    assert {figure.published for figure in told.figures} == {None}
    assert figures(told)["F31c"].holds is True, "a claim about all of something needs no published number"
    assert figures(told)["F31a"].holds is None
    assert prefecture.again(*YEAR, compare=True).is_compared


def test_a_period_ends_with_the_published_night(prefecture: Prefecture) -> None:
    prefecture.given("bulletin", "issued_on \n 2025-03-01 \n 2025-09-01")
    prefecture.card()
    told = prefecture.again(*YEAR, night=date(2025, 6, 30))
    assert (told.last, told.asked, values(told, "F02")) == (date(2025, 6, 30), date(2025, 12, 31), [1])
    assert any("2025-06-30" in line for line in notes_of(told, "zh"))
    with pytest.raises(WarehouseError, match="end with the night of 2024-12-31"):
        prefecture.again(*YEAR, night=date(2024, 12, 31))
    with pytest.raises(WarehouseError, match="ends before it begins"):
        prefecture.again(YEAR[1], YEAR[0])


def test_a_period_is_a_year_or_two_days() -> None:
    assert period(2025, None, None) == YEAR
    assert period(None, "2025-02-01", "2025-02-28") == (date(2025, 2, 1), date(2025, 2, 28))
    for wrong in ((None, None, None), (2025, "2025-01-01", None), (None, "2025-01-01", None), (None, "1.1.25", "x")):
        with pytest.raises(HengError):
            period(*wrong)


def test_a_figure_tells_the_newest_delivery_of_its_feeds(prefecture: Prefecture) -> None:
    prefecture.connection.execute(
        "insert into meta.delivery values ('enterprise', '2025-02-01', 'landed'), ('safety_standard', '2025-04-01',"
        " 'landed'), ('safety_standard', '2025-05-01', 'stopped'), ('meeting', '2025-06-01', 'landed')"
    )
    told = prefecture.card()
    assert [figures(told)[name].last_issue for name in ("F27", "F01a", "F02")] == [
        date(2025, 4, 1), date(2025, 6, 1), None,
    ]  # fmt: skip


def test_the_card_is_a_table_in_both_languages(prefecture: Prefecture) -> None:
    prefecture.given("bulletin", "issued_on \n 2025-03-01")
    told = prefecture.card()
    for lang, words in (("zh", ["公布值", "通报"]), ("en", ["published", "Bulletins"])):
        table = table_of(told, lang)
        assert table.row_count == 38
        shown = [str(column.header) for column in table.columns] + [cell for c in table.columns for cell in c.cells]
        assert set(words) <= {str(cell) for cell in shown}
    assert "published" not in [
        column.header for column in table_of(prefecture.again(*YEAR, compare=False), "en").columns
    ]


def test_a_figure_says_how_it_is_computed_and_from_what(prefecture: Prefecture) -> None:
    prefecture.given("hazard", "hazard_category_code | registered_on | hazard_state \n HWY | 2025-05-01 | RECTIFYING")
    told = prefecture.card()
    lines = details_of(told, "f09b", "en")
    assert "F09b Highway hazards rectified, as the counties report: 0 of 1 (0 %) hazards" in lines[0]
    assert any("one cohort" in line for line in lines)
    assert any("hazard" in line and "1 rows" in line and "2025-05-01" in line for line in lines)
    assert any("431102, 431103" in line for line in details_of(told, "F23", "zh"))
    assert any("repeat_merge_hours" in line for line in details_of(told, "F25a", "zh"))
    with pytest.raises(HengError, match="F01a, F01b"):
        details_of(told, "F33", "en")


# --- the open prefecture -------------------------------------------------------------------------
TOPICS = ("cases", "hazards", "illegal", "registers", "sites", "supervision", "weighing")


def _landed(found: list[Delivery]) -> duckdb.DuckDBPyConnection:
    """Raw tables of what leads to the card, and an empty book of deliveries."""
    deliveries: dict[str, list[Delivery]] = {}
    for delivery in found:
        deliveries.setdefault(delivery.feed, []).append(delivery)
    named = {table for name in sql.in_order(["mart.report_fact"]) for table in sql.render(name).reads}
    connection = duckdb.connect()
    connection.execute(
        "create schema meta; create table meta.delivery (feed varchar, issued_at timestamp, state varchar)"
    )
    for raw in raw_tables():
        if raw.name in deliveries and f"raw.{raw.name}" in named:
            landed.without_bytes(connection, raw, deliveries[raw.name])
    return connection


def test_the_open_prefecture_has_its_share_of_every_published_figure() -> None:
    """A year at the smallest scale: exact figures in proportion, claims about all or none as they stand."""
    world = World(20261122, SCALES["tiny"], *YEAR, nights=0)
    found = [delivery for topic in TOPICS for delivery in topics()[topic].deliveries(world)]
    for days in world.months:
        passed = passages.true(world, days)
        for layout in passages.LAYOUTS:
            table = passages.as_sent(world, passed, layout)
            found.append(Delivery(layout, f"{layout}_{days[0]:%Y%m}", table, days[-1], morning_after(days[-1])))
    connection = _landed(found)
    sql.run_models(connection, raw_tables(), names=["mart.report_fact", "staging.enterprise"])
    told = Prefecture(connection, {}).again(*YEAR, compare=None)
    assert told.is_compared
    assert [figure.figure_id for figure in told.figures if not figure.has_data] == []
    for figure in told.figures:
        if figure.relation in ("all", "none"):
            assert figure.holds, figure
    whole = {"F08": 300_000, "F20": 30, "F31a": 60}  # traffic, sites and enterprises do not shrink with the scale
    for figure in told.figures:
        if figure.relation == "exact" and figure.figure_id not in whole:
            assert figure.value == world.figure(figure.published or 0), figure
        elif figure.relation in ("exact", "at_least"):
            assert (figure.value or 0) >= whole.get(figure.figure_id, world.figure(figure.published or 0)), figure


def test_cases_filed_and_money_decided_are_plain_sums_over_the_cases_also_where_some_ended_since() -> None:
    """Every seventh fine is revoked forty days later, every ninth case of illegal operation withdrawn."""
    world = World(20261122, SCALES["tiny"], *YEAR, nights=0)
    connection = _landed([one for topic in ("cases", "illegal") for one in topics()[topic].deliveries(world)])
    connection.execute("""
        insert into raw.case_event by name
        select case_no, 900 as event_no, 'revoked_by_review' as case_state, concat('R', decision_no) as record_id,
            cast(decided_on + interval 40 day as timestamp) as event_at, 'current' as row_fate, '' as flags
        from (select *, row_number() over (order by decision_no) as nth from raw.penalty_decision) where nth % 7 = 0
    """)
    connection.execute("""
        update raw.illegal_operation_case set case_state = 'withdrawn' where case_no in (
            select case_no from (select distinct case_no from raw.illegal_operation_case)
            qualify row_number() over (order by case_no) % 9 = 0
        )
    """)
    names = ["core.case_life", "core.case_state", "mart.report_fact", "staging.enterprise", "staging.penalty_payment"]
    sql.run_models(connection, raw_tables(), names=names)
    shown = Prefecture(connection, {})
    first, sums = YEAR[0], list[int]()
    for last in (date(2025, 6, 30), date(2025, 9, 30), YEAR[1]):
        known = cases.cases(landed.Tables(connection), last)
        filed = [one for one in known if one.case_kind == "over_limit" and one.filed_on and one.filed_on >= first]
        decided = [one for one in known if one.decided_on and one.decided_on >= first]
        fen = sum(one.decided_fen or 0 for one in decided)
        told = shown.again(first, last)
        assert values(told, "F17", "F19") == [len(filed), fen / 100]
        sums.append(fen)
    assert {one.case_kind for one in decided if one.decided_fen} == {"over_limit", "illegal_operation"}
    assert any(one.decided_fen is None for one in decided), "some lost their effect"
    assert 0 < sums[0] < sums[1] < sums[2]


# --- through a build -----------------------------------------------------------------------------
def test_a_build_gives_the_card_of_what_was_delivered(published: Path) -> None:
    """The prefecture's week: passages and sites are there, everything else has no data."""
    result = CliRunner().invoke(app, ["report-card", "--year", "2026", "--json"])
    assert result.exit_code == 0, result.exception
    told = json.loads(result.stdout)
    found = {figure["figure_id"]: figure for figure in told["figures"] if figure["has_data"]}
    counted = CliRunner().invoke(app, ["sql", "select sum(weighed_count) as n from mart.overload_daily", "--json"])
    weighed = CliRunner().invoke(
        app, ["sql", "select sum(weighed_count) as n from mart.overload_daily where year(passed_date) = 2026", "--json"]
    )
    assert json.loads(counted.stdout)[0]["n"] > json.loads(weighed.stdout)[0]["n"] == found["F08"]["value"] > 0
    assert set(found) == {"F08", "F20"}
    assert found["F20"]["value"] == 3
    assert (told["to"], told["asked_to"], told["is_compared"]) == ("2026-03-03", "2026-12-31", False)
    words = CliRunner().invoke(app, ["report-card", "--from", "2026-03-01", "--to", "2026-03-03", "--lang", "zh"])
    assert words.exit_code == 0, words.exception
    assert "无数据" in words.stdout
    assert "科技检测货车" in words.stdout
