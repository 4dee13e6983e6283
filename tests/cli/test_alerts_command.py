"""``heng alerts``: the same alerts in three formats, nobody's plate, and what is refused."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import alert_rows
import pytest
from alert_rows import DAY, DRIVER, EXPECTED, PERMIT, PLATE, SECOND
from compliance_rows import Registers
from typer.testing import CliRunner

from etl import nightly
from etl.cli import app
from etl.errors import HengError
from warehouse import access_key, connection
from warehouse.alert_store import Days, Saying, say
from warehouse.alerts import Asked, alerts
from warehouse.control import Control
from warehouse.principal import Principal


@pytest.fixture(scope="module")
def tables() -> Iterator[Registers]:
    made = alert_rows.filled()
    yield made
    made.connection.close()


@pytest.fixture
def served(tables: Registers, monkeypatch: pytest.MonkeyPatch) -> Registers:
    monkeypatch.setattr(nightly, "now", lambda: datetime(2026, 4, 1, 8, tzinfo=UTC))
    monkeypatch.setattr(connection, "snapshot", lambda: tables)
    return tables


def run(*arguments: str) -> str:
    told = CliRunner().invoke(app, ["alerts", *arguments], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


@pytest.mark.usefixtures("served")
def test_document_and_lines_tell_the_same_alerts() -> None:
    told = json.loads(run("--format", "json"))
    lines = list(csv.DictReader(io.StringIO(run("--format", "csv"))))
    assert Counter(one["rule"] for one in told["alerts"]) == Counter(rule for rule, *_ in EXPECTED)
    for one, line in zip(told["alerts"], lines, strict=True):
        assert line == {name: "" if value is None else str(value) for name, value in one.items()}
    assert {one["alert_rule"] for one in told["rules"]} == {rule for rule, *_ in EXPECTED}
    assert {one["name"] for one in told["parameters"]} >= {"alert_news_days", "certificate_soon_days"}
    assert (told["as_of"], told["version"]) == (str(DAY), 7)


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_nobodys_plate_or_certificate_leaves(form: str) -> None:
    told = run("--format", form)
    assert "湘M·***21" in told
    assert [number for number in (PLATE, SECOND, DRIVER, PERMIT) if number in told] == []


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("立即办理", "隐患整改逾期", "公路隐患", "零陵区", "截至 2026-03-31", "版本 7", "承办机构", "未核实",
                f"合计 {len(EXPECTED)} 项")),
        ("en", ("act now", "A hazard is overdue", "highway", "Lingling District", "as of 2026-03-31", "version 7",
                "the office that handles the case", "unverified", f"{len(EXPECTED)} in all")),
    ],
)  # fmt: skip
def test_the_table_tells_what_where_since_when_and_who(lang: str, words: tuple[str, ...]) -> None:
    text = run("--lang", lang)
    assert [word for word in words if word not in text] == []


@pytest.mark.usefixtures("served")
def test_the_list_is_narrowed_and_can_be_empty() -> None:
    def rules(*arguments: str) -> set[Any]:
        return {one["rule"] for one in json.loads(run("--format", "json", *arguments))["alerts"]}

    assert rules("--rule", "hazard_soon") == {"hazard_soon"}
    assert rules("--severity", "soon") == {rule for rule, *_ in EXPECTED if rule.endswith("_soon")}
    assert not {rule for rule in rules("--county", "431102") if rule.startswith("feed_")}
    assert "没有符合条件的预警" in run("--rule", "repeat_statutory", "--lang", "zh")
    assert "alerts of feeds are left out" in run("--county", "431103")


@pytest.mark.usefixtures("served")
def test_what_people_said_stands_beside_each_and_narrows(tables: Registers, home: Path) -> None:
    access_key.make(home)
    with Control(home) as control:
        added = control.add("zhou.min", "analyst")
        control.use_link(control.make_link(added), "hash", None, None, [])
    who, until = Principal(added.account_id, "analyst", None), DAY + timedelta(days=9)
    found = {one.rule: one for one in alerts(tables, Asked(DAY))}
    days = Days(DAY, DAY)
    say(tables, found["feed_late"], Saying("take", 0, until), who, days)
    say(tables, found["site_partial"], Saying("aside", 0, until, reason="停电"), who, days)
    told = json.loads(run("--format", "json", "--as-of", str(DAY)))["alerts"]
    of_rule = {one["rule"]: one for one in told}
    assert (of_rule["feed_late"]["state"], of_rule["feed_late"]["until"]) == ("taken", str(until))
    assert of_rule["feed_late"]["owner"] == "zhou.min"
    assert Counter(one["state"] for one in told) == {"open": len(told) - 2, "taken": 1, "aside": 1}
    lines = list(csv.DictReader(io.StringIO(run("--format", "csv", "--state", "taken"))))
    assert [(one["rule"], one["owner"], one["is_again"]) for one in lines] == [("feed_late", "zhou.min", "False")]
    assert f"{len(told) - 2} open, 1 taken, 1 put aside, 0 told done" in run()
    assert "已搁置" in run("--lang", "zh", "--state", "aside")


@pytest.mark.usefixtures("served")
def test_reading_makes_no_store(home: Path) -> None:
    run()
    assert not (home / "alerts.sqlite").exists()


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--severity", "red"], "act, soon, look"),
        (["--rule", "fines"], "case_overdue"),
        (["--state", "gone"], "open, taken, aside, done"),
        (["--format", "xml"], "table, csv, json"),
        (["--lang", "fr"], "zh, en"),
        (["--county", "430000"], "seeds.county"),
        (["--as-of", "2026-3-1"], "YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_asked_says_what_can(arguments: list[str], words: str) -> None:
    with pytest.raises(HengError, match=words):
        CliRunner().invoke(app, ["alerts", *arguments], catch_exceptions=False)
