"""``heng compliance``: the same numbers in three formats, nobody's plate or certificate, and what is refused."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from compliance_rows import Registers
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from warehouse import connection
from warehouse.compliance import MEASURES, TABLES, Asked, Facts, year_before
from warehouse.errors import WarehouseError

DAY = date(2026, 6, 30)
PLATE, DRIVER, PERMIT = "湘M54321", "431100123456", "431100009876"


@pytest.fixture(scope="module")
def tables() -> Iterator[Registers]:
    made = Registers(TABLES)
    made.given(
        "staging.enterprise",
        """uscc | enterprise_name | enterprise_kind | county_code | valid_from
           A    | 示例客运        | passenger       | 431102      | 2020-01-01
           B    | =示例危货       | dangerous_goods | 431103      | 2020-01-01""",
    )
    made.given(
        "staging.safety_standard",
        "uscc | standard_certificate_no | valid_from | valid_to \n A | DB1 | 2025-01-01 | 2026-07-10",
    )
    made.given(
        "staging.driver_certificate",
        f"""driver_certificate_no | driver_class | uscc | valid_from | valid_to
            {DRIVER}              | passenger    | A    | 2020-01-01 | 2026-06-29""",
    )
    made.given(
        "staging.vehicle",
        f"""plate_no | plate_color_code | enterprise_name | operating_permit_no | valid_from | valid_to
            {PLATE}  | 2                | 示例客运        | {PERMIT}            | 2020-01-01 | 2026-07-01""",
    )
    made.given(
        "staging.monitored_vehicle",
        f"""plate_no | plate_color_code | monitored_class | seat_count | uscc | county_code | valid_from
            {PLATE}  | 2                | line_coach      | 57         | A    | 431102      | 2020-01-01""",
    )
    yield made
    made.connection.close()


@pytest.fixture
def served(tables: Registers, monkeypatch: pytest.MonkeyPatch) -> Registers:
    monkeypatch.setattr(connection, "snapshot", lambda: tables)
    return tables


def run(*arguments: str) -> str:
    told = CliRunner().invoke(app, ["compliance", *arguments], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


def document(*arguments: str) -> Any:
    return json.loads(run("--format", "json", *arguments))


def lines(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("--format", "csv", *arguments))))


def test_document_and_lines_tell_what_the_measures_are(served: Registers) -> None:
    facts = Facts(served, Asked(DAY, year_before(DAY)))
    told, rows = document(), lines()
    assert [one["measure"] for one in told["measures"]] == [row["measure"] for row in rows] == list(MEASURES)
    for one, row in zip(told["measures"], rows, strict=True):
        rate = facts.whole(one["measure"]).rate
        assert (one["part"], one["of"], one["rate"]) == (rate.part, rate.of, rate.ratio)
        assert (int(row["part"]), int(row["of"])) == (rate.part, rate.of)
        assert sum(one["states"].values()) == len(facts.items(one["measure"]))
    assert (told["as_of"], told["first"], told["version"]) == ("2026-06-30", "2025-07-01", 7)
    assert {one["confidence"] for one in told["parameters"] if one["name"] == "certificate_soon_days"} == {"P"}


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("by", ["county", "kind"])
def test_groups_add_up_to_the_whole(by: str) -> None:
    whole = {one["measure"]: one["of"] for one in document()["measures"]}
    for measure in MEASURES:
        parts = document("--measure", measure, "--by", by)["measures"]
        assert sum(one["of"] for one in parts) == whole[measure]


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("measure", ["driver_certificate", "vehicle_permit", "large_coach"])
def test_nobodys_plate_or_certificate_leaves(form: str, measure: str) -> None:
    told = run("--measure", measure, "--list", "--format", form)
    assert "***" in told
    assert [number for number in (PLATE, DRIVER, PERMIT) if number in told] == []


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("标准化达标率", "50.00 %", "即将到期 1", "未见记录 1", "截至 2026-06-30", "版本 7", "无数据", "F27",
                "未核实", "承运人责任险无数据来源")),
        ("en", ("enterprises meeting the standard", "50.00 %", "about to expire 1", "none on record 1", "version 7",
                "no data", "F27", "unverified", "no feed tells of it")),
    ],
)  # fmt: skip
def test_the_table_tells_rates_states_and_definitions(lang: str, words: tuple[str, ...]) -> None:
    text = run("--lang", lang)
    assert [word for word in words if word not in text] == []


@pytest.mark.usefixtures("served")
def test_a_list_of_one_state_and_an_empty_one() -> None:
    assert [row["subject_no"] for row in lines("--measure", "standard", "--list", "--state", "soon")] == ["A"]
    every = {state: [row["state"] for row in lines("--measure", "standard", "--list", "--state", state)]
             for state in ("open", "unheld")}  # fmt: skip
    assert every == {"open": ["soon", "never"], "unheld": ["never"]}
    assert lines("--measure", "standard", "--list", "--county", "431103")[0]["name"] == "'=示例危货"
    assert "没有符合条件的记录" in run("--measure", "relay_inspection", "--list", "--lang", "zh")
    assert "Data end on 2026-06-30" in run("--as-of", "2026-07-31")


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--measure", "fines"], "standard, insurance"),
        (["--list"], "--measure with one of"),
        (["--state", "soon"], "add --list"),
        (["--measure", "standard", "--list", "--state", "drove"], "valid, soon"),
        (["--measure", "dawn_driving", "--list", "--state", "unheld"], "open, drove, kept"),
        (["--measure", "standard", "--list", "--by", "county"], "--by groups rates"),
        (["--by", "month"], "all, county, kind"),
        (["--format", "xml"], "table, csv, json"),
        (["--lang", "fr"], "zh, en"),
        (["--county", "430000"], "seeds.county"),
        (["--as-of", "2026-6-1"], "YYYY-MM-DD"),
        (["--from", "2026-07-01"], "after the day asked for"),
    ],
)
def test_what_cannot_be_asked_says_what_can(arguments: list[str], words: str) -> None:
    with pytest.raises((HengError, WarehouseError), match=words):
        CliRunner().invoke(app, ["compliance", *arguments], catch_exceptions=False)
