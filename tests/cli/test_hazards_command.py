"""``heng hazards``: rates, lists, one hazard, the bound; as table, CSV and JSON; what cannot be answered is refused."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import duckdb
import hazard_truth
import pytest
from typer.testing import CliRunner

from etl.cli import app
from etl.demo import rows
from etl.demo.world import Delivery, world
from etl.errors import HengError
from warehouse import connection
from warehouse.errors import WarehouseError
from warehouse.hazards import LISTS

LAST = date(2025, 12, 31)


@pytest.fixture(scope="module")
def built() -> Iterator[hazard_truth.Served]:
    found = hazard_truth.deliveries(world(7, "city", LAST - timedelta(days=364), LAST))
    with hazard_truth.build(found) as tables:
        yield hazard_truth.Served(tables, LAST)


@pytest.fixture(autouse=True)
def _served(built: hazard_truth.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "snapshot", lambda: built)


def heng(*arguments: str) -> str:
    found = CliRunner().invoke(app, ["hazards", *arguments])
    if found.exception is not None:
        raise found.exception
    return found.output


def test_the_table_says_the_rate_with_its_cohort_and_its_assumptions() -> None:
    told = heng("rate")
    assert "Hazards registered 2025-01-01 to 2025-12-31, as of 2025-12-31, version 3" in told
    highway = next(line for line in told.splitlines() if "highway" in line)
    assert [cell.strip() for cell in highway.split("│")[2:5]] == ["531", "531", "100.00 %"]
    assert "it cannot exceed 100 %" in told
    assert "hazard_due_soon_days = 7 d: " in told
    assert "hazard_confidence = 0.95: " in told, "a share has no unit"
    assert "[P] · unverified" in told
    assert "rural-road safety works" in told


def test_an_enterprise_has_its_own_hazards_and_no_works() -> None:
    every = list(csv.DictReader(io.StringIO(heng("list", "--list", "all", "--format", "csv"))))
    code = next(row["uscc"] for row in every if row["uscc"])
    of_one = list(csv.DictReader(io.StringIO(heng("list", "--list", "all", "--enterprise", code, "--format", "csv"))))
    assert of_one == [row for row in every if row["uscc"] == code]
    (whole,) = json.loads(heng("rate", "--by", "all", "--enterprise", code, "--format", "json"))["rates"]
    assert whole["registered"] == len(of_one) > 0
    assert "rural-road safety works" not in heng("rate", "--enterprise", code)
    with pytest.raises(HengError, match="No hazard names the enterprise 'X'"):
        heng("list", "--enterprise", "X")


def test_chinese_words() -> None:
    told = heng("rate", "--lang", "zh", "--by", "grade")
    assert "整改率 = 同期登记的隐患中已销号且其后无复发环节的" in told
    assert "重大" in told


@pytest.mark.parametrize("by", ["all", "county", "category", "grade", "unit", "month"])
def test_files_tell_what_the_table_tells(by: str) -> None:
    told = list(csv.DictReader(io.StringIO(heng("rate", "--by", by, "--format", "csv"))))
    document = json.loads(heng("rate", "--by", by, "--format", "json"))
    assert [row["closed"] for row in told] == [str(row["closed"]) for row in document["rates"]]
    whole = told[-1]
    assert (whole["registered"], whole["closed"], whole["reported_closed"]) == ("2531", "2505", "2506")
    assert sum(int(row["registered"]) for row in told[:-1] or told) == 2_531
    assert {one["name"] for one in document["thresholds"]} >= {"hazard_confidence", "hazard_due_soon_days"}


@pytest.mark.parametrize(("lang", "untold", "total"), [("en", "not told", "all"), ("zh", "未载明", "全部")])
@pytest.mark.parametrize("command", ["rate", "bound"])
@pytest.mark.parametrize("by", ["grade", "unit"])
def test_hazards_that_tell_no_group_are_not_named_like_the_total(
    by: str, command: str, lang: str, untold: str, total: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ungraded = {
        "county_code": "431103", "hazard_no": "YH-1", "hazard_category_code": "HWY", "road_class": "X", "place": "-",
        "registered_on": LAST, "hazard_state": "REGISTERED",
    }  # fmt: skip
    graded = ungraded | {"hazard_no": "YH-2", "hazard_grade": "major", "responsible_unit": "甲站"}
    listed = Delivery("hazard", "hazard", rows.as_table("hazard", [ungraded, graded]), LAST, datetime(2026, 1, 1))
    with hazard_truth.build([listed]) as tables:
        monkeypatch.setattr(connection, "snapshot", lambda: hazard_truth.Served(tables, LAST))
        told = heng(command, "--by", by, "--lang", lang)
        names = [line.split("│")[1].strip() for line in told.splitlines() if line.startswith("│")]
        assert names[1:3] == [untold, total]
        written = csv.DictReader(io.StringIO(heng(command, "--by", by, "--lang", lang, "--format", "csv")))
        assert [row["group"] for row in written][1:] == [untold, ""]
        document = json.loads(heng(command, "--by", by, "--format", "json"))
        assert [row["group"] for row in document["rates" if command == "rate" else "bounds"]][1:] == [None, ""]


@pytest.mark.parametrize("which", LISTS)
def test_every_list_can_be_written_and_holds_what_its_heading_says(which: str) -> None:
    told = list(csv.DictReader(io.StringIO(heng("list", "--list", which, "--format", "csv"))))
    assert len(told) == len(json.loads(heng("list", "--list", which, "--format", "json"))["hazards"])
    if which == "overdue":
        assert told
        assert all(row["due_on"] < "2025-12-31" and row["closed_on"] == "" for row in told)
        assert [row["days_left"] for row in told] == sorted((row["days_left"] for row in told), key=int)


def test_place_category_and_day_narrow_what_is_told() -> None:
    told = json.loads(heng("list", "--list", "all", "--county", "431124", "--category", "RAIL", "--format", "json"))
    assert told["hazards"]
    assert {(one["county_code"], one["category"]) for one in told["hazards"]} == {("431124", "RAIL")}
    early = json.loads(heng("rate", "--as-of", "2025-06-30", "--from", "2025-01-01", "--format", "json"))
    assert early["rates"][-1]["registered"] < 2_531
    assert early["as_of"] == "2025-06-30"


def test_a_hazard_shows_the_step_that_was_refused_and_why() -> None:
    (number,) = [
        one["hazard_no"] for one in json.loads(heng("list", "--list", "differs", "--format", "json"))["hazards"]
    ]
    told = json.loads(heng("show", number, "--format", "json"))
    assert [step["refusal"] for step in told["steps"] if not step["is_accepted"]] == ["no_photo_after"]
    assert [photo["photo_stage"] for photo in told["photos"]] == ["before", "after"]
    assert "no photo after the removal" in heng("show", number)


def test_chinese_prints_no_identifier_and_no_code() -> None:
    (number,) = [
        one["hazard_no"] for one in json.loads(heng("list", "--list", "differs", "--format", "json"))["hazards"]
    ]
    for command in (["rate"], ["bound"], ["list", "--list", "differs"], ["show", number]):
        told = heng(*command, "--lang", "zh")
        lines = [line for line in told.splitlines() if not line.startswith("hazard_")]  # a parameter has its own name
        assert not re.findall(
            r"\b[a-z]+_[a-z_]+\b|(?<![-\w])(?:CLOSED|REGISTERED|RECTIFYING|HWY)\b", "\n".join(lines)
        ), command


def test_the_bound_stands_behind_every_hundred_per_cent() -> None:
    told = {row["group"]: row for row in csv.DictReader(io.StringIO(heng("bound", "--format", "csv")))}
    highway = told["HWY"]
    assert (highway["rate"], highway["checked"], highway["false"]) == ("1.0", "60", "0")
    assert 0.04 < float(highway["bound"]) < 0.06
    assert "picked by lot" in heng("bound")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("rate", "--as-of", "31.12.2025"), "is not a date"),
        (("rate", "--from", "2025-12-31", "--to", "2025-12-01"), "Exchange the two"),
        (("rate", "--from", "2026-01-05", "--to", "2026-01-09"), "after the day asked for"),
        (("rate", "--category", "ROAD"), "There is no category"),
        (("rate", "--by", "plate"), "There is no group"),
        (("rate", "--format", "xml"), "There is no format"),
        (("rate", "--lang", "fr"), "There is no language"),
        (("list", "--county", "999999"), "No county has the code"),
        (("list", "--list", "old"), "There is no list"),
        (("show", "YH-0", "--format", "csv"), "table or json"),
        (("show", "YH-0"), "No hazard 'YH-0' was registered"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_next_step(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises((HengError, WarehouseError), match=says):
        heng(*arguments)


def test_a_version_of_before_is_told_apart_from_one_without_hazards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "snapshot", lambda: hazard_truth.Served(duckdb.connect(), LAST))
    for command in (["rate"], ["list"], ["show", "YH-0"], ["bound"]):
        with pytest.raises(HengError, match=r"before hazards were judged\. Run 'heng build'"):
            heng(*command)


def test_data_that_end_before_the_day_asked_for_are_said_to() -> None:
    assert "Data end on 2025-12-31, before the day asked for, 2026-01-10" in heng("rate", "--as-of", "2026-01-10")


def test_works_against_plan_are_those_of_the_report_and_what_is_missing_adds_up() -> None:
    told = json.loads(heng("works", "--format", "json"))
    by_kind = {row["works_kind"]: row for row in told["works"]}
    assert set(by_kind) == {"safety", "bridge", "refinement", "small_works"}
    for kind, row in by_kind.items():
        missing = [one for one in told["unfinished"] if one["works_kind"] == kind]
        assert row["project_count"] - row["finished_count"] == len(missing)
        assert row["share"] == row["finished_quantity"] / row["planned_quantity"]
        planned = row["finished_quantity"] + sum(one["planned_quantity"] for one in missing)
        assert row["planned_quantity"] == pytest.approx(planned)
    lines = list(csv.DictReader(io.StringIO(heng("works", "--format", "csv"))))
    assert {line["works_kind"]: float(line["planned_quantity"]) for line in lines} == {
        kind: float(row["planned_quantity"]) for kind, row in by_kind.items()
    }
    missing = list(csv.DictReader(io.StringIO(heng("works", "--unfinished", "--format", "csv"))))
    assert [line["works_no"] for line in missing] == [one["works_no"] for one in told["unfinished"]]


@pytest.mark.parametrize(("lang", "words"), [
    ("zh", ("农村公路安防工程", "占计划", "公里、座、处不相加", "2025-12-31")),
    ("en", ("rural-road safety works", "of the plan", "do not add up", "2025-12-31")),
])  # fmt: skip
def test_works_are_told_in_words(lang: str, words: tuple[str, ...]) -> None:
    told = heng("works", "--lang", lang)
    assert [word for word in words if word not in told] == []
    assert "safety │" not in told
    county = json.loads(heng("works", "--county", "431103", "--format", "json"))
    assert {one["county_code"] for one in county["unfinished"]} <= {"431103"}
