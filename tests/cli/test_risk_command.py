"""``heng risk``: list, one subject and back-test as table, rows and document; masked plates, and what is refused."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from risk_reference import Check
from risk_rows import Served
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from warehouse import connection, risk
from warehouse.errors import WarehouseError

DAY = date(2026, 8, 31)
OFTEN, SELDOM, NEW = "湘M70011", "湘M70022", "湘M70033"
USCC = "91431100TEST00001X"


@pytest.fixture(scope="module")
def tables() -> Iterator[Served]:
    """One vehicle often over the limit, one never, one just seen; all of one enterprise. The last is over again."""
    made = Served(DAY + timedelta(days=30))
    made.connection.execute("create table if not exists core.violation (plate_no varchar, plate_color_code integer)")
    made.enterprises([(USCC, "示例运输1公司")])
    made.vehicles([(plate, 2, "rigid", "示例运输1公司") for plate in (OFTEN, SELDOM, NEW)])
    made.checks([
        *(Check(OFTEN, 2, DAY - timedelta(days=at), 0.25 if at % 4 == 0 else None) for at in range(20)),
        Check(OFTEN, 2, DAY - timedelta(days=30), 0.3, is_permitted=True),
        *(Check(SELDOM, 2, DAY - timedelta(days=at)) for at in range(20)),
        Check(NEW, 2, DAY, 0.4),
        Check(OFTEN, 2, DAY + timedelta(days=9), 0.3),
    ])  # fmt: skip
    yield made
    made.connection.close()


@pytest.fixture
def served(tables: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    monkeypatch.setattr(connection, "snapshot", lambda: tables)
    return tables


def run(*arguments: str) -> str:
    told = CliRunner().invoke(app, ["risk", *arguments, "--as-of", "2026-08-31"], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


def document(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--format", "json"))


def rows(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run(*arguments, "--format", "csv"))))


def test_a_list_says_the_same_in_every_form_and_no_plate_is_whole(served: Served) -> None:
    told, listed = document("list"), rows("list")
    assert [one["rank"] for one in told["subjects"]] == [1, 2, None]
    assert [one["subject"] for one in told["subjects"]] == ["湘M·***11", "湘M·***22", "湘M·***33"]
    for one, row in zip(told["subjects"], listed, strict=True):
        assert (row["subject"], row["rank"]) == (one["subject"], "" if one["rank"] is None else str(one["rank"]))
        for name in risk.RANKINGS:
            assert float(row[name]) == one["scores"][name]
        assert (float(row["low"]), float(row["high"])) == (one["low"], one["high"])
    printed = run("list")
    best = told["subjects"][0]["scores"]
    for shown in (f"{best['chance']:.1%}", f"{best['ocrs']:.2f} red", f"{best['sms']:.3f}"):
        assert shown in printed
    assert "1 more have fewer than 10 checks" in printed
    for form in ("table", "csv", "json"):
        for plate in (OFTEN, SELDOM, NEW):
            assert plate not in run("list", "--format", form)


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(("lang", "words"), [("en", "so it is too narrow"), ("zh", "区间偏窄")])
def test_the_interval_of_an_enterprise_is_said_to_be_too_narrow(lang: str, words: str) -> None:
    for subject, is_said in (("enterprise", True), ("vehicle", False)):
        told = "".join(run("list", "--subject", subject, "--lang", lang).split())
        assert ("".join(words.split()) in told) == is_said
    told = run("show", USCC, "--lang", lang)
    assert "".join(words.split()) in "".join(told.split())


def test_an_enterprise_is_its_vehicles_together(served: Served) -> None:
    (one,) = document("list", "--subject", "enterprise")["subjects"]
    assert (one["subject"], one["name"], one["check_count"], one["event_count"]) == (USCC, "示例运输1公司", 42, 6)
    shown = document("show", USCC)
    assert shown["scores"] == one["scores"]
    assert {reason["vehicle"] for reason in shown["reasons"]} == {"湘M·***11", "湘M·***33"}


def test_every_reason_is_told_with_its_part_and_they_add_up(served: Served) -> None:
    told, listed = document("show", OFTEN), rows("show", OFTEN)
    assert len(told["reasons"]) == len(listed) == 6
    assert [row["left_out"] for row in listed] == [""] * 5 + ["permit"]
    for name in risk.SCALES:
        begin = told["prior_part"] if name == "model" else 0
        assert begin + sum(float(row[name] or 0) for row in listed) == pytest.approx(told["scores"][name])
    printed = run("show", OFTEN)
    assert "not counted: covered by a permit" in printed
    assert told["clear_counts"] == dict.fromkeys(risk.SCALES, 16)
    assert f"OCRS-style score {told['without_clear']['ocrs']:.2f} (16)" in printed


def test_parameters_are_told_with_how_well_they_are_known(served: Served) -> None:
    told = {one["parameter"]: one for one in document("list")["parameters"]}
    assert (told["risk_eu_most_serious"]["value"], told["risk_eu_most_serious"]["is_unverified"]) == (90, False)
    assert (told["risk_sms_minor"]["confidence"], told["risk_sms_minor"]["is_unverified"]) == ("P", True)
    assert "2022/695" in told["risk_eu_most_serious"]["citation"]
    printed = run("list", "--lang", "zh")
    told = {line.split(" = ")[0]: line for line in printed.splitlines() if line.startswith("risk_")}
    assert told["risk_sms_minor"].startswith("risk_sms_minor = 1: SMS")
    assert told["risk_sms_minor"].endswith("[P] · 未核实")
    assert told["risk_eu_most_serious"].endswith("[C2]")
    assert "不是处罚依据" in printed


def test_a_back_test_prints_its_seed_and_intervals(served: Served) -> None:
    told = document("backtest", "--horizon", "30", "--seed", "5")
    assert (told["subject_count"], told["scant_count"], told["hit_count"], told["seed"]) == (2, 1, 1, 5)
    tops = {one["ranking"]: one for one in told["tops"]}
    assert set(tops) == {"random", "count", *risk.RANKINGS}
    assert {one["size"] for one in told["tops"]} == {1}
    assert (tops["model"]["precision"], tops["model"]["lift"]) == (1.0, 2.0)
    listed = rows("backtest", "--horizon", "30", "--seed", "5")
    assert [row["part"] for row in listed] == ["top"] * len(told["tops"]) + ["bin"] * len(told["bins"])
    printed = run("backtest", "--horizon", "30", "--seed", "5")
    assert "seed 5" in printed
    assert "Clopper–Pearson" in printed
    assert "2 took part; 1 (50.0%) had an event within 30 days" in printed
    without_day = CliRunner().invoke(app, ["risk", "backtest", "--horizon", "30"], catch_exceptions=False)
    assert "scores of 2026-08-31 against events up to 2026-09-30" in without_day.output
    assert "种子 5" in run("backtest", "--horizon", "30", "--seed", "5", "--lang", "zh")


def test_days_that_a_parameter_changed_since_are_those_of_the_last_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty days until late September, thirty since: the last thirty days are tested as a whole."""
    made = Served(DAY + timedelta(days=30))
    made.checks(Check(OFTEN, 2, DAY - timedelta(days=at), 0.25 if at % 4 == 0 else None) for at in range(20))
    made.connection.execute(
        "insert into seeds.parameter select * replace (date '2026-09-25' as valid_from, 30 as parameter_value)"
        " from seeds.parameter where parameter = 'risk_horizon_days'"
    )
    made.connection.execute(
        "update seeds.parameter set valid_to = date '2026-09-24', parameter_value = 20"
        " where parameter = 'risk_horizon_days' and valid_from is null"
    )
    monkeypatch.setattr(connection, "snapshot", lambda: made)
    told = CliRunner().invoke(app, ["risk", "backtest"], catch_exceptions=False).output
    made.connection.close()
    assert "scores of 2026-08-31 against events up to 2026-09-30" in told
    assert "risk_horizon_days = 20" in told, "that of the list on the day"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("list", "--by", "fines"), "chance, model"),
        (("list", "--subject", "driver"), "vehicle, enterprise"),
        (("list", "--format", "xlsx"), "table, csv, json"),
        (("list", "--county", "110101"), "No county"),
        (("show", "湘M99999"), "No delivery names"),
        (("backtest", "--horizon", "90"), "Ask as of 2026-07-02"),
    ],
)
def test_what_cannot_be_asked_says_what_can(served: Served, arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises((HengError, WarehouseError), match=says):
        run(*arguments)


def test_a_version_from_before_says_so(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(risk, "TABLES", (*risk.TABLES, "mart.of_tomorrow"))
    with pytest.raises(HengError, match="heng build"):
        run("list")
