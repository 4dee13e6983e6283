"""``heng supervision``: measures in three forms with their deadlines and numbers, and suggestions naming their rule."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date

import pytest
from score_rows import Rows
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from warehouse import connection

DAY = date(2026, 7, 15)
HERE = "431103"


@pytest.fixture(scope="module")
def made() -> Iterator[Rows]:
    rows = Rows(DAY)
    rows.hazard("A", HERE, date(2026, 5, 1), date(2026, 5, 20), is_major=True)
    rows.put("staging.interview", {
        "record_id": "Y1", "interview_no": "Y1", "held_on": date(2026, 6, 1), "county_code": HERE,
        "unit_name": "示例交通运输局", "unit_kind": "county_bureau", "supervision_cause": "overdue_hazard",
        "rectify_by": date(2026, 6, 30),
    })  # fmt: skip
    rows.put("staging.referral", {
        "record_id": "F1", "referral_no": "F1", "county_code": HERE, "supervision_cause": "overload", "topic": "示例",
        "sent_on": date(2026, 6, 2), "reply_due_on": date(2026, 7, 10),
    })  # fmt: skip
    yield rows
    rows.connection.close()


@pytest.fixture(autouse=True)
def served(made: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "snapshot", lambda: made)


def run(*arguments: str) -> str:
    told = CliRunner().invoke(app, ["supervision", *arguments], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


def test_document_lines_and_table_tell_the_same_measures() -> None:
    told = json.loads(run("--format", "json"))["measures"]
    assert [(one["number"], one["state"], one["days_late"]) for one in told] == [
        ("F1", "overdue", 5),
        ("Y1", "untold", None),
    ]
    assert [(one["name"], one["value"], one["denominator"]) for one in told[1]["numbers"]] == [
        ("hazards_overdue", 1, 1)
    ]
    lines = list(csv.DictReader(io.StringIO(run("--format", "csv"))))
    assert [(line["number"], line["state"]) for line in lines] == [("F1", "overdue"), ("Y1", "untold")]
    assert "1 hazards overdue of 1 open (2026-06-01)" in lines[1]["numbers"]
    text = run("--lang", "zh")
    for word in ("抄送属地政府", "已逾期 5 天", "逾期未销号隐患 1 处", "期限已过，结果未报", "并非随措施报送"):
        assert word in text


def test_measures_are_chosen_by_kind_state_and_day() -> None:
    assert [one["number"] for one in json.loads(run("--format", "json", "--rung", "interview"))["measures"]] == ["Y1"]
    assert [one["number"] for one in json.loads(run("--format", "json", "--state", "overdue"))["measures"]] == ["F1"]
    assert "No measure" in run("--as-of", "2026-05-31")


def test_suggestions_name_rule_numbers_and_that_a_person_decides() -> None:
    (one,) = json.loads(run("--suggest", "--format", "json"))["suggestions"]
    assert (one["rung"], one["hazard_no"], one["numbers"][0]["value"]) == ("listing", "A", 56)
    assert [line["rule"] for line in csv.DictReader(io.StringIO(run("--suggest", "--format", "csv")))] == [
        "major_overdue"
    ]
    text = run("--suggest", "--lang", "zh")
    for word in ("重大隐患逾期达到 15 天且未挂牌", "隐患逾期 56 天", "须由人决定", "均未核实"):
        assert word in text
    assert "The rule suggests nothing." in run("--suggest", "--county", "431124")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rung", "fine"], "bulletin, interview, listing, referral"),
        (["--state", "late"], "overdue, open"),
        (["--cadence", "week"], "month, quarter"),
        (["--county", "430000"], "seeds.county"),
    ],
)
def test_what_cannot_be_asked_says_what_can(arguments: list[str], words: str) -> None:
    with pytest.raises(HengError, match=words):
        CliRunner().invoke(app, ["supervision", *arguments], catch_exceptions=False)


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "当时没有该对象自己的数字"), ("en", "no number of its own at that time")]
)
def test_what_has_no_number_of_its_own_says_so(made: Rows, lang: str, words: str) -> None:
    with made.blank():
        made.put("staging.interview", {
            "record_id": "Y2", "interview_no": "Y2", "held_on": date(2026, 6, 3), "county_code": HERE, "uscc": "U1",
            "unit_name": "示例运输1号有限公司", "unit_kind": "enterprise", "supervision_cause": "low_score",
            "rectify_by": date(2026, 6, 30),
        })  # fmt: skip
        lines = list(csv.DictReader(io.StringIO(run("--format", "csv", "--lang", lang))))
    assert [line["number"] for line in lines if line["numbers"] == words] == ["Y2"]
