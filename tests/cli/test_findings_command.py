"""``heng findings``: counts that add up, rows behind them, thresholds with their doubts, and what is refused."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from landed import Tables
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from etl.feeds import raw_tables
from warehouse import connection, sql
from warehouse.errors import WarehouseError
from warehouse.fates import FATES

PERIOD = ["findings", "--from", "2026-03-01", "--to", "2026-03-31"]
FOUND = (
    # check number, day, excess ratio, evidence, flags, permitted
    ("A1", "2026-03-02", 0.3, True, "", False),
    ("A2", "2026-03-02", 0.3, True, "", False),
    ("A3", "2026-03-09", 0.3, True, "", False),
    ("A4", "2026-03-10", 0.3, False, "E-SPEED", False),
    ("A5", "2026-03-11", 0.05, True, "", False),
    ("A6", "2026-03-12", 0.3, True, "", True),
    ("A7", "2026-03-13", 0.3, True, "", False),
    ("A8", "2026-04-01", 0.3, True, "", False),
)
LOOKS = (
    ("A2", "2026-03-02", "void", "image_unclear", "2026-03-03"),
    ("A3", "2026-03-09", "confirmed", None, "2026-03-13"),
)


class Served(Tables):
    """Some findings, read as a published version is. A look of Friday the 13th is overdue from the 25th on."""

    version = 7

    def __init__(self, business_date: str = "2026-03-25") -> None:
        self.manifest = {"business_date": business_date}
        super().__init__(duckdb.connect())
        sql.run_models(
            self.connection,
            raw_tables(),
            names=[
                "core.case_passage",
                "core.violation",
                "core.working_day",
                "mart.dimension_finding",
                "mart.finding",
                "mart.screening",
                "staging.wim_site",
            ],
        )
        self.insert(
            "mart.finding",
            [
                {
                    "passed_date": day, "record_id": f"r{check}", "check_no": check, "passed_at": f"{day} 08:00:00",
                    "site_code": "YZ01", "county_code": "431103", "plate_no": f"湘M1234{check[1]}",
                    "plate_color_code": 2, "gross_vehicle_weight_kg": 60_000, "limit_kg": 49_000, "excess_kg": 11_000,
                    "excess_ratio": ratio, "is_above_counted_ratio": ratio > 0.1, "evidence_ok": ok, "flags": flags,
                    "is_permitted": permitted,
                }
                for check, day, ratio, ok, flags, permitted in FOUND
            ],
        )  # fmt: skip
        self.insert(
            "mart.screening",
            [
                {
                    "site_code": "YZ01", "check_no": check, "passed_date": day, "screening_result": result,
                    "void_code": void,
                    "screened_date": looked, "screened_at": f"{looked} 10:00:00",
                }
                for check, day, result, void, looked in LOOKS
            ],
        )  # fmt: skip
        self.add_case("1", "rA1", filed_on="2026-03-05")
        registered = [f"湘M1234{check[1]}" for check, *_ in FOUND if check != "A7"]
        self.insert(
            "staging.vehicle",
            [{"plate_no": plate, "plate_color_code": 2, "valid_from": "2020-01-01"} for plate in registered],
        )

    def add_case(self, number: str, passage: str, **filed: Any) -> None:
        """An act about mass on this passage, by its check number unless ``match_grade`` says otherwise."""
        case = {"record_id": f"c{number}", "case_no": number, "check_no": passage[1:]}
        of_act = ("ended_state", "ended_on", "decided_on", "earlier_ended_state", "earlier_ended_on")
        act = {"act_code": filed.pop("act_code", "over_mass")} | {
            name: filed.pop(name) for name in of_act if name in filed
        }
        grade = filed.pop("match_grade", "exact")
        self.insert("core.case_passage", [case | {"match_grade": grade, "passage_record_id": passage}])
        self.insert("staging.enforcement_case", [case | {"found_on": "2026-03-03", "case_state": "filed"} | filed])
        self.insert("core.violation", [{"record_id": case["record_id"], "case_no": number} | act])

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            marks = ", ".join("?" * len(row))
            self.connection.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", [*row.values()])


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    made = Served()
    monkeypatch.setattr(connection, "snapshot", lambda: made)
    return made


def run(*arguments: str) -> str:
    told = CliRunner().invoke(app, [*PERIOD, *arguments], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


def told(*arguments: str) -> Any:
    return json.loads(run("--format", "json", *arguments))


def test_every_finding_of_the_period_has_one_fate_in_the_stated_order(served: Served) -> None:
    document = told()
    assert document["fates"] == list(FATES)
    assert [(row["fate"], row["fate_detail"], row["finding_count"]) for row in document["counts"]] == [
        ("case_filed", None, 1), ("void", "image_unclear", 1), ("confirmed_overdue", "unhindered", 1),
        ("permitted", None, 1),
        ("not_evidence", "E-SPEED", 1), ("not_registered", None, 1), ("below_counted_ratio", None, 1),
    ]  # fmt: skip
    assert document["as_of"] == "2026-03-25", "the last night of the version"
    doubts = {row["parameter"]: row["confidence"] for row in document["thresholds"]}
    assert doubts["filing_sla_workdays"] == doubts["case_threshold_ratio"] == "P"


def test_seven_working_days_after_the_look_are_time_to_file(served: Served) -> None:
    def waiting(day: str) -> str:
        return next(row for row in told("--as-of", day, "--rows")["rows"] if row["record_id"] == "rA3")["fate"]

    assert [waiting(f"2026-03-{day}") for day in (13, 24, 25)] == [
        "confirmed_waiting", "confirmed_waiting", "confirmed_overdue",
    ]  # fmt: skip
    (row,) = told("--rows", "--fate", "confirmed_overdue")["rows"]
    assert row["due_on"] == "2026-03-24"
    served.connection.execute("update mart.screening set screened_date = '2026-03-14' where check_no = 'A3'")
    assert waiting("2026-03-24") == "confirmed_waiting", "a look on Saturday counts as of Friday"
    assert waiting("2026-03-25") == "confirmed_overdue"
    served.connection.execute("update mart.screening set screened_date = '2026-09-30' where check_no = 'A3'")
    (row,) = told("--as-of", "2026-10-16", "--rows", "--fate", "confirmed_overdue")["rows"]
    assert row["due_on"] == "2026-10-15", "after the National Day, with the Saturday worked instead"


def test_a_day_after_the_calendar_is_refused_only_where_the_time_to_file_would_lie_there(served: Served) -> None:
    def looked(day: str) -> None:
        served.connection.execute(f"update mart.screening set screened_date = '{day}' where check_no = 'A3'")

    (last,) = served.connection.execute("select max(calendar_date) from core.working_day").fetchall()[0]
    after = str(last + timedelta(days=30))
    looked(str(last - timedelta(days=30)))
    assert [row["record_id"] for row in told("--as-of", after, "--rows", "--fate", "confirmed_overdue")["rows"]] == [
        "rA3"
    ]
    looked(str(last - timedelta(days=3)))
    assert told("--as-of", str(last), "--rows", "--fate", "confirmed_waiting")["rows"][0]["due_on"] is None
    with pytest.raises(WarehouseError, match=f"1 confirmed findings .* ends on {last}.*calendar_year.csv.*heng build"):
        CliRunner().invoke(app, [*PERIOD, "--as-of", after], catch_exceptions=False)


def test_rows_are_masked_and_one_a_finding(served: Served) -> None:
    lines = list(csv.DictReader(io.StringIO(run("--rows", "--format", "csv"))))
    assert [line["record_id"] for line in lines] == [f"rA{number}" for number in range(1, 8)]
    assert lines[0]["plate_no"] == "湘M·***41"
    assert lines[0]["case_no"] == "1"
    assert "湘M12341" not in run("--rows")


def test_groups_sum_to_the_same_and_an_empty_period_has_none(served: Served) -> None:
    for by in ("reason", "county", "month", "site"):
        assert sum(row["finding_count"] for row in told("--by", by)["counts"]) == 7
    assert told("--county", "431102")["counts"] == []
    assert "0, –" in run("--county", "431102")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_says_order_and_what_is_unverified(served: Served, lang: str) -> None:
    text = run("--lang", lang)
    for words in {"zh": ("未核实", "14.29 %", "图像不清"),
                  "en": ("unverified", "14.29 %", "Type, plate, appearance")}[lang]:  # fmt: skip
        assert words in text


def test_an_excess_up_to_the_ratio_of_cases_is_below_it_and_a_vehicle_weighed_unladen_began_another_trip(
    served: Served,
) -> None:
    served.insert("mart.finding", [{
        "passed_date": "2026-03-03", "record_id": "rB1", "check_no": "B1", "passed_at": "2026-03-03 08:00:00",
        "plate_no": "湘M12341", "plate_color_code": 2, "excess_ratio": 0.3, "is_above_counted_ratio": True,
        "evidence_ok": True, "flags": "", "is_permitted": False,
    }])  # fmt: skip

    def fate() -> str:
        return next(row["fate"] for row in told("--rows")["rows"] if row["record_id"] == "rB1")

    assert fate() == "same_trip"
    served.connection.execute("update mart.finding set passed_at = passed_at + interval 1 second where check_no = 'B1'")
    assert fate() == "nothing_recorded", "24 hours and a second"
    served.connection.execute("update mart.finding set passed_at = passed_at - interval 1 second where check_no = 'B1'")
    served.insert("core.passage", [{
        "passed_date": "2026-03-02", "passed_at": "2026-03-02 20:00:00", "plate_no": "湘M12341", "record_id": "u1",
        "plate_color_code": 1, "gross_vehicle_weight_kg": 20_000, "limit_low_kg": 49_000,
    }])  # fmt: skip
    assert fate() == "same_trip", "another vehicle, with that number on a plate of another colour, was unladen"
    served.connection.execute("update core.passage set plate_color_code = 2")
    assert fate() == "nothing_recorded", "unladen in between"
    served.connection.execute(
        "update seeds.parameter set parameter_value = 0.3 where parameter = 'case_threshold_ratio'"
    )
    assert fate() == "below_case_threshold"


def test_what_is_recorded_comes_before_what_is_computed_and_the_case_of_the_trip_stands_beside_it(
    served: Served,
) -> None:
    """A load under a permit that an officer confirmed is confirmed; a passage of a trip that has a case, once voided,
    is void, and its row says whose case it is."""
    served.connection.execute("update mart.finding set is_permitted = true where check_no = 'A3'")
    served.connection.execute("update mart.finding set plate_no = '湘M12341' where check_no = 'A2'")
    rows = {row["record_id"]: row for row in told("--rows")["rows"]}
    assert (rows["rA3"]["fate"], rows["rA3"]["fate_detail"]) == ("confirmed_overdue", "permitted")
    assert (rows["rA2"]["fate"], rows["rA2"]["case_no"], rows["rA2"]["case_tie"]) == ("void", "1", "same_trip")
    assert (rows["rA1"]["case_no"], rows["rA1"]["case_tie"]) == ("1", "check_no")
    assert (rows["rA4"]["case_no"], rows["rA4"]["case_tie"]) == (None, None)
    served.connection.execute("update mart.screening set screening_result = 'confirmed' where check_no = 'A2'")
    (row,) = [row for row in told("--rows")["rows"] if row["record_id"] == "rA2"]
    assert (row["fate"], row["fate_detail"]) == ("confirmed_overdue", "same_trip")


def test_a_case_about_dimensions_is_not_the_case_of_a_mass(served: Served) -> None:
    before = {row["record_id"]: row["fate"] for row in told("--rows")["rows"]}
    served.add_case("2", "rA4", filed_on="2026-03-05", act_code="over_dimension")
    assert {row["record_id"]: row["fate"] for row in told("--rows")["rows"]} == before


@pytest.mark.parametrize(("day", "fate"), [("2026-03-12", "case_ended"), ("2026-03-20", "case_decided")])
def test_between_annulment_and_another_decision_a_case_has_ended(served: Served, day: str, fate: str) -> None:
    served.add_case("2", "rA4", filed_on="2026-03-05", decided_on="2026-03-15",
                    earlier_ended_state="revoked_by_review", earlier_ended_on="2026-03-11")  # fmt: skip
    for decided in ("2026-03-10", "2026-03-15"):
        served.insert("staging.penalty_decision", [{"case_no": "2", "penalty_kind": "fine", "decided_on": decided}])
    rows = {row["record_id"]: row for row in told("--rows", "--as-of", day)["rows"]}
    assert rows["rA4"]["fate"] == fate


@pytest.mark.parametrize(
    ("day", "fate"),
    [
        ("2026-03-02", "nothing_recorded"),
        ("2026-03-03", "case_noted"),
        ("2026-03-05", "case_filed"),
        ("2026-03-07", "case_decided"),
        ("2026-03-09", "case_closed"),
        ("2026-03-12", "case_ended"),
    ],
)
def test_nothing_after_the_day_is_known(served: Served, day: str, fate: str) -> None:
    served.connection.execute("update staging.enforcement_case set closed_on = '2026-03-09'")
    served.connection.execute("update core.violation set ended_state = 'revoked_by_review', ended_on = '2026-03-12'")
    served.insert("staging.penalty_decision", [{"case_no": "1", "penalty_kind": "fine", "decided_on": "2026-03-07"}])
    document = told("--rows", "--as-of", day)
    rows = {row["record_id"]: row for row in document["rows"]}
    assert rows["rA1"]["fate"] == fate
    assert max(row["passed_at"][:10] for row in document["rows"]) <= day, "later passages are not known"
    assert (document["last"], document["as_of"]) == (day, day)
    assert all((row["screened_date"] or day) <= day for row in document["rows"])
    assert rows["rA2"]["fate"] == ("nothing_recorded" if day == "2026-03-02" else "void")
    assert f"Passages after {day} were not known" in run("--as-of", day)


def test_a_case_of_another_kind_is_none_of_a_load_over_the_limit(served: Served) -> None:
    """core.violation holds the acts about mass: a case about dimensions has no row there."""
    served.connection.execute("delete from core.violation")
    assert {row["fate"] for row in told("--rows")["rows"]}.isdisjoint({"case_filed", "same_trip"})


def test_a_file_holds_every_row_of_a_long_period_in_order(served: Served) -> None:
    """Written month by month: all months under one heading, and as one document."""
    columns = (
        "record_id, check_no, site_code, plate_color_code, excess_ratio, is_above_counted_ratio, evidence_ok, flags"
    )
    served.connection.execute(
        f"insert into mart.finding by name select {columns}, false as is_permitted,"
        " cast(passed_at + interval 31 day * n as date) as passed_date, passed_at + interval 31 day * n as passed_at"
        " from mart.finding, range(1, 30) as later(n)"
        " where check_no = 'A4'"
    )
    period = ["--from", "2026-03-01", "--to", "2028-12-31", "--as-of", "2028-12-31"]
    lines = list(csv.DictReader(io.StringIO(run(*period, "--rows", "--format", "csv"))))
    rows = told(*period, "--rows")["rows"]
    assert len(lines) == len(rows) == len(FOUND) + 29
    assert [line["passed_at"] for line in lines] == sorted(line["passed_at"] for line in lines)
    assert [line["fate"] for line in lines] == [row["fate"] for row in rows]
    (total,) = {sum(row["finding_count"] for row in told(*period, "--by", by)["counts"]) for by in ("reason", "month")}
    assert total == len(rows)


def test_a_look_later_than_another_holds(served: Served) -> None:
    served.insert("mart.screening", [{
        "site_code": "YZ01", "check_no": "A2", "passed_date": "2026-03-02", "screening_result": "pending",
        "screened_date": "2026-03-20", "screened_at": "2026-03-20 10:00:00",
    }])  # fmt: skip
    assert told("--rows", "--fate", "pending")["rows"][0]["record_id"] == "rA2"


def test_a_look_at_another_site_s_passage_of_that_number_is_none_at_this(served: Served) -> None:
    served.connection.execute("update mart.screening set site_code = 'YZ02'")
    assert {row["screening_result"] for row in told("--rows")["rows"]} == {"none"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["findings"], "Say the period"),
        ([*PERIOD, "--by", "plate"], "reason, county, month, site"),
        ([*PERIOD, "--format", "xml"], "table, csv, json"),
        ([*PERIOD, "--county", "430000"], "seeds.county"),
        ([*PERIOD, "--site", "YZ99"], "staging.wim_site"),
        ([*PERIOD, "--rows", "--fate", "hanged"], "case_closed"),
        ([*PERIOD, "--fate", "void"], "--rows"),
        ([*PERIOD, "--rows", "--by", "month"], "leave it out"),
        ([*PERIOD, "--kind", "axle"], "mass, dimension"),
        ([*PERIOD, "--kind", "dimension", "--rows", "--fate", "void"], "over, information, permitted"),
        ([*PERIOD, "--as-of", "tomorrow"], "YYYY-MM-DD"),
        ([*PERIOD, "--lang", "fr"], "zh, en"),
        (["findings", "--from", "2026-04-01", "--to", "2026-03-01"], "Exchange"),
        ([*PERIOD, "--as-of", "2026-02-28"], "later day"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_next_step(
    served: Served, arguments: list[str], words: str
) -> None:
    with pytest.raises((HengError, WarehouseError), match=words):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_a_version_without_a_threshold_is_refused(served: Served) -> None:
    served.connection.execute("delete from seeds.parameter where parameter = 'filing_sla_workdays'")
    with pytest.raises(WarehouseError, match="filing_sla_workdays"):
        CliRunner().invoke(app, PERIOD, catch_exceptions=False)


# --- dimensions ------------------------------------------------------------------------------------------------
SIZES = (
    # check number, day, dimension, measured, limit, greatest limit, state, permitted, is permitted
    ("A1", "2026-03-02", "length", 22_001, 18_100, 22_000, "over", None, False),
    ("A1", "2026-03-02", "width", 2_600, 2_550, 2_600, "information", None, False),
    ("A2", "2026-03-02", "height", 4_200, 4_000, 4_000, "over", 4_200, True),
    ("A3", "2026-03-09", "height", 4_201, 4_000, 4_000, "over", 4_200, False),
    ("A8", "2026-04-01", "height", 4_300, 4_000, 4_000, "over", None, False),
)
LIMITS = {"length": "D-L", "width": "D-W", "height": "D-H"}


@pytest.fixture
def sized(served: Served) -> Served:
    for check, day, dimension, measured, limit, high, state, permitted, is_permitted in SIZES:
        served.insert("mart.dimension_finding", [{
            "passed_date": day, "passed_at": f"{day} 08:00:00", "record_id": f"r{check}", "dimension": dimension,
            "site_code": "YZ01", "county_code": "431103", "plate_no": f"湘M1234{check[1]}", "plate_color_code": 2,
            "axle_count": 6, "measured_mm": measured, "rule_id": LIMITS[dimension], "limit_mm": limit,
            "limit_high_mm": high, "excess_mm": measured - limit, "dimension_state": state,
            "permit_no": None if permitted is None else "P-1", "permitted_mm": permitted, "is_permitted": is_permitted,
        }])  # fmt: skip
    return served


def test_a_permitted_dimension_is_no_finding_and_every_row_has_its_rule(sized: Served) -> None:
    counts = told("--kind", "dimension")["counts"]
    assert [(row["dimension"], row["standing"], row["row_count"]) for row in counts] == [
        ("length", "over", 1), ("width", "information", 1), ("height", "over", 1), ("height", "permitted", 1),
    ]  # fmt: skip
    assert "3 findings; 1 more are allowed by a permit" in run("--kind", "dimension")
    assert "发现 3 项次；另有通行证许可 1 项次" in run("--kind", "dimension", "--lang", "zh")
    rows = told("--kind", "dimension", "--rows")["rows"]
    assert [(row["record_id"], row["dimension"], row["standing"]) for row in rows] == [
        ("rA1", "length", "over"), ("rA1", "width", "information"), ("rA2", "height", "permitted"),
        ("rA3", "height", "over"),
    ]  # fmt: skip
    assert [(row["rule_id"], row["confidence"], row["high_rule_id"], row["high_confidence"]) for row in rows] == [
        ("D-L", "C2", "D-L-CARCARRIER", "M+"), ("D-W", "C2", "D-W-COLD", "M+"), ("D-H", "C2", None, None),
        ("D-H", "C2", None, None),
    ]  # fmt: skip
    assert {row["rule_valid_from"] for row in rows} == {"2016-09-21"}
    assert [row["plate_no"] for row in rows][-1] == "湘M·***43"
    for by in ("county", "site", "month"):
        assert sum(row["row_count"] for row in told("--kind", "dimension", "--by", by)["counts"]) == 4
    assert told("--kind", "dimension", "--county", "431102")["counts"] == []


def test_only_a_case_about_dimensions_known_by_the_day_stands_beside_one(sized: Served) -> None:
    def cases(*more: str) -> list[str | None]:
        return [row["case_no"] for row in told("--kind", "dimension", "--rows", "--fate", "over", *more)["rows"]]

    sized.connection.execute("update core.case_passage set act_code = 'over_mass'")
    assert cases() == [None, None]
    sized.connection.execute("update core.case_passage set act_code = 'over_mass_and_dimension'")
    assert cases() == ["1", None]
    assert cases("--as-of", "2026-03-02") == [None], "found a day later"
    sized.connection.execute("update core.case_passage set match_grade = 'near'")
    assert cases() == [None, None], "what a number does not name is for a person to look at"


def test_the_file_of_dimensions_holds_every_row_of_a_long_period(sized: Served) -> None:
    period = ["--from", "2026-03-01", "--to", "2026-04-30", "--as-of", "2026-04-30"]
    lines = list(csv.DictReader(io.StringIO(run("--kind", "dimension", *period, "--rows", "--format", "csv"))))
    assert len(lines) == len(SIZES)
    assert [line["passed_at"] for line in lines] == sorted(line["passed_at"] for line in lines)
