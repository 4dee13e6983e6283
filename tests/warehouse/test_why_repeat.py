"""Why the count of a repeat violator changed: the effects of the named rows add up to the difference, and each names
the row that moved it with its delivery."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prefecture import build_night, deliver, lines, passage
from typer.testing import CliRunner

from etl.cli import app
from etl.feeds import FEEDS
from etl.identity import uscc
from warehouse.connection import snapshot
from warehouse.errors import WarehouseError
from warehouse.publish import publish
from warehouse.repeat import Question, Standing, standings
from warehouse.why_repeat import CASE, DECISION, FLEET, REGISTER, STEP, TRIP, WEIGHING, ActEffect, WhyRepeat, why_repeat

AS_OF = date(2026, 3, 3)
FIRST, SECOND = date(2026, 3, 4), date(2026, 3, 5)
PLATE, USCC, NAME = "湘M10001", uscc("91431100MA4L0000"), "示例运输1号"
KEY = {"plate_no": PLATE, "plate_color_code": 2}
DRIVER = "431100000000012345"
MISNAMED, IDLE = "431100000000054321", "431100000000067890"
"""A driver whom only the first night's row of a case names, and one of the register without a case."""


def _weighing(number: int, day: str, hour: int, gross: int = 60_000, **changes: Any) -> str:
    """A passage of the vehicle, 22 % over the limit of its six axles unless told otherwise."""
    loads = {f"axle_{axle}_load_kg": gross // 6 for axle in range(1, 7)}
    told = {"plate_no": PLATE, "gross_vehicle_weight_kg": gross}
    return passage(number, day, hour, **(told | loads | changes))


def _check(number: int, day: str, hour: int) -> str:
    return passage(number, day, hour).split(",")[FEEDS["wim_passage"].headings.index("check_no")]


def _case(name: str, number: int, day: str, hour: int, **more: str) -> dict[str, str]:
    at = f"{day} {hour:02d}:{number % 60:02d}:00"
    return {
        "案号": name, "案由": "车货总质量超限", "发现方式": "非现场", "检测单号": _check(number, day, hour),
        "车牌号": PLATE, "车牌颜色": "黄色", "从业资格证号": DRIVER, "企业信用代码": USCC, "县区代码": "431103",
        "违法时间": at,
        "发现日期": day, "立案日期": day, "程序": "普通程序", "状态": "已决定", **more,
    }  # fmt: skip


def _decision(case_no: str, day: str) -> str:
    return json.dumps({
        "decisionNo": f"J{case_no}", "caseNo": case_no, "subject": "车辆", "isOverLimit": True, "penalty": "罚款",
        "statutoryYuan": 5000, "decidedYuan": 5000, "decidedOn": day,
    }) + "\n"  # fmt: skip


def _step(case_no: str, number: int, state: str, day: str) -> dict[str, str]:
    return {"案号": case_no, "环节序号": str(number), "环节": state, "环节时间": f"{day} 10:00:00"}


def _vehicle(plate: str, name: str = NAME, first_issue: str = "2019-05-20") -> dict[str, str]:
    return {
        "车牌号": plate, "车牌颜色": "2", "车辆类型": "Q", "车辆组成": "汽车列车", "轴数": "3", "驱动轴数": "2",
        "空气悬架": "0", "自卸车": "0", "业户名称": name, "道路运输证号": "431100", "初次领证日期": first_issue,
        "有效期起": "2019-05-20",
    }  # fmt: skip


CERTIFICATE = {
    "从业资格证号": IDLE, "姓名": "示例", "身份证号": "431199199001010219", "资格类别": "道路货物运输",
    "初次领证日期": "20190201", "有效期起": "20190201", "有效期止": "长期",
}  # fmt: skip
ACTS = {
    # case: number, day and hour of its passage
    "steady": (6000, "2026-02-24", 1),
    "decided late": (6002, "2026-02-26", 1),
    "annulled late": (6004, "2026-02-27", 3),
    "weighed wrongly": (6006, "2026-02-28", 5),
    "came late": (6008, "2026-03-01", 7),
    "head": (6010, "2026-03-02", 10),
    "same trip": (6012, "2026-03-02", 14),
}
"""Acts of one vehicle: all but the last two further apart than a trip lasts."""
OTHER, OTHER_CASE = (6020, "2026-02-25", 9), "C-other"
"""An act of the enterprise's second vehicle; its plate is corrected to that of a third."""
OWN = {name: f"C-{at}" for at, name in enumerate(ACTS)}


KEYS = {"vehicle": KEY, "driver": {"driver_no": DRIVER}, "enterprise": {"uscc": USCC}}
QUESTIONS = (
    Question(AS_OF, "vehicle", "CALENDAR", "DECISION"),
    Question(AS_OF, "vehicle", "ANNIVERSARY", "VIOLATION", require_decision=False),
    Question(date(2026, 3, 1), "vehicle", "ROLLING_12M", "VIOLATION"),
    Question(AS_OF, "enterprise", "ROLLING_12M", "DECISION"),
    Question(AS_OF, "driver", "ROLLING_12M", "DECISION"),
)


@dataclass(frozen=True)
class Made:
    """An instance after both nights, its deliveries by name, and what its versions answered after each night."""

    home: Path
    deliveries: dict[str, str]
    served: dict[date, list[Standing]]


def answers() -> list[Standing]:
    return [standings(snapshot(), question, KEYS[question.subject])[0] for question in QUESTIONS]


@pytest.fixture(scope="module")
def made(reference: Any, tmp_path_factory: pytest.TempPathFactory, instance: Callable[[Path], Path]) -> Made:
    """Two nights: on the second one a decision, an annulment, a corrected weighing, a case, the withdrawal of the head
    of a trip and a register of vehicles come that are about days before."""
    home = tmp_path_factory.mktemp("why-repeat") / "heng"
    shutil.copytree(reference.home, home)
    instance(home)
    sent = {}

    def send(feed: str, night: str, data: list[str] | bytes, suffix: str = "csv") -> None:
        name = f"{feed}_{night}.{suffix}"
        sent[name] = deliver(home, feed, name, data)

    early = [name for name in ACTS if name != "came late"]
    cases = {name: _case(OWN[name], *ACTS[name]) for name in ACTS}
    steps = [
        _step(OWN[name], at, state, ACTS[name][1]) for name in early for at, state in enumerate(("线索", "已决定"), 1)
        if name != "decided late"
    ]  # fmt: skip
    decided = [_decision(OWN[name], ACTS[name][1]) for name in early if name != "decided late"]
    enterprise = {
        "统一社会信用代码": USCC, "业户名称": NAME, "业户类别": "普通货运", "区划代码": "431103", "经营许可证号": "X1",
        "初次许可日期": "2015-01-01", "有效期起": "2015-01-01",
    }  # fmt: skip
    other = _case(OTHER_CASE, *OTHER)
    decided.append(_decision(OTHER_CASE, OTHER[1]))
    send(
        "wim_passage", "20260304", [*(_weighing(*act) for act in ACTS.values()), _weighing(*OTHER, plate_no="湘M10009")]
    )
    filed = [*(cases[name] for name in early), other | {"车牌号": "湘M10009", "从业资格证号": MISNAMED}]
    send("enforcement_case", "20260304", lines("enforcement_case", *filed))
    send("penalty_decision", "20260304", "".join(decided).encode(), "ndjson")
    send("case_event", "20260304", lines("case_event", *steps))
    send("enterprise", "20260304", lines("enterprise", enterprise))
    send("driver_certificate", "20260304", lines("driver_certificate", CERTIFICATE))
    send("vehicle", "20260304", lines("vehicle", _vehicle(PLATE), _vehicle("湘M10009")))
    publish(build_night(home, FIRST))
    served = {FIRST: answers()}
    number, day, hour = ACTS["weighed wrongly"]
    light = _weighing(number, day, hour, gross=40_000, uploaded_at="2026-03-05 05:00:00")
    send("wim_passage", "20260305", [light])
    corrected = other | {"车牌号": "湘M10008"}
    send("enforcement_case", "20260305", lines("enforcement_case", *cases.values(), corrected))
    late = [*decided, _decision(OWN["decided late"], "2026-02-27"), _decision(OWN["came late"], "2026-03-02")]
    send("penalty_decision", "20260305", "".join(late).encode(), "ndjson")
    more = (_step(OWN["annulled late"], 3, "复议撤销", "2026-03-02"), _step(OWN["head"], 3, "撤案", "2026-03-03"))
    send("case_event", "20260305", lines("case_event", *steps, *more))
    send("vehicle", "20260305", lines("vehicle", _vehicle(PLATE, first_issue="2026-03-01"), _vehicle("湘M10008")))
    publish(build_night(home, SECOND))
    served[SECOND] = answers()
    return Made(home, sent, served)


@pytest.fixture
def nights(made: Made, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setenv("HENG_HOME", str(made.home))
    return made


def changed(subject: str = "vehicle", key: dict[str, Any] = KEY, **how: Any) -> WhyRepeat:
    return why_repeat(subject, key, FIRST, SECOND, **({"as_of": AS_OF, "window": "ROLLING_12M"} | how))


def by_case(told: WhyRepeat) -> dict[str | None, ActEffect]:
    return {effect.case_no: effect for effect in told.effects}


def test_each_act_that_moved_the_count_names_its_row_and_delivery(nights: Made) -> None:
    told = changed()
    assert (told.before.count, told.after.count, told.difference) == (4, 4, (0, 0))
    found = {
        effect.case_no: (
            effect.kind, effect.numerator, effect.changes[0].old, effect.changes[0].new,
            [(cause.table, cause.name, cause.source_line) for cause in effect.causes],
        )
        for effect in told.effects
    }  # fmt: skip
    case = "staging.enforcement_case"
    decision, step = "staging.penalty_decision", "staging.case_event"
    assert found == {
        OWN["decided late"]: (
            DECISION, 1, "undecided", "counts", [(decision, "penalty_decision_20260305.ndjson", 7)],
        ),
        OWN["annulled late"]: (STEP, -1, "counts", "annulled", [(step, "case_event_20260305.csv", 12)]),
        OWN["weighed wrongly"]: (
            WEIGHING, -1, "counts", "within_limit", [("core.measured_passage", "wim_passage_20260305.csv", 2)],
        ),
        OWN["came late"]: (
            CASE, 1, None, "counts",
            [(decision, "penalty_decision_20260305.ndjson", 8), (case, "enforcement_case_20260305.csv", 6)],
        ),
        OWN["head"]: (STEP, -1, "counts", "withdrawn", [(step, "case_event_20260305.csv", 13)]),
        OWN["same trip"]: (TRIP, 1, "same_trip", "counts", [(step, "case_event_20260305.csv", 13)]),
    }  # fmt: skip
    for effect in told.effects:
        for cause in effect.causes:
            assert cause.delivery_id == nights.deliveries[cause.name]
    assert told.notes == ["Version 2, published for the night of 2026-03-04, says the same as the first value above."]


def test_the_register_that_moves_the_window_is_named(nights: Made) -> None:
    """The certificate is said to be first issued on 1 March: the year begins there, and acts before lie outside it."""
    told = changed(window="ANNIVERSARY")
    assert sum(effect.numerator for effect in told.effects) == told.difference[0]
    assert OWN["decided late"] not in by_case(told), "undecided before, outside the window now: it never counts"
    (moved,) = [effect for effect in told.effects if effect.kind == REGISTER]
    assert moved.case_no == OWN["steady"]
    assert moved.changes[0].new == "outside_window"
    (cause,) = moved.causes
    assert (cause.table, cause.name) == ("staging.vehicle", "vehicle_20260305.csv")
    assert "first_issue_date" in {change.column for change in cause.changes}


def test_of_an_enterprise_vehicles_move_the_count_and_registers_the_fleet(nights: Made) -> None:
    told = changed("enterprise", {"uscc": USCC})
    assert (told.before.fleet, told.after.fleet, told.difference) == (2, 3, (0, 1))
    assert (told.before.count, told.after.count) == (2, 2)
    fleet = told.effects[-1]
    assert (fleet.kind, fleet.numerator, fleet.denominator, fleet.row_count) == (FLEET, 0, 1, 1)
    assert [(cause.table, cause.name, cause.is_new) for cause in fleet.causes] == [
        ("staging.vehicle", "vehicle_20260305.csv", True)
    ]
    moved = told.effects[:-1]
    assert sorted((one.kind, one.case_no, one.numerator) for one in moved) == [
        (CASE, OTHER_CASE, -1),
        (CASE, OTHER_CASE, 1),
    ]
    for one in moved:
        (cause,) = one.causes
        assert [(change.column, change.old, change.new) for change in cause.changes] == [
            ("plate_no", "湘M·***09", "湘M·***08"),
            ("driver_certificate_no", "***", "***"),
        ]


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_effects_add_up_to_the_difference_of_what_was_served_and_name_their_cause(nights: Made, number: int) -> None:
    """Each side is what the version of its night answered, when nothing later had come."""
    question = QUESTIONS[number]
    told = changed(
        question.subject, KEYS[question.subject], as_of=question.as_of, window=question.window, basis=question.basis,
        require_decision=question.require_decision,
    )  # fmt: skip
    assert told.question == question
    assert (told.before, told.after) == (nights.served[FIRST][number], nights.served[SECOND][number])
    sums = sum(one.numerator for one in told.effects), sum(one.denominator for one in told.effects)
    assert sums == told.difference
    assert told.effects
    for effect in told.effects:
        assert effect.numerator or effect.denominator
        assert effect.causes, effect
        assert all(nights.deliveries[cause.name] == cause.delivery_id for cause in effect.causes)
        assert all(cause.name.partition("_2026")[2].startswith("0305") for cause in effect.causes)


def test_the_command_prints_table_json_and_csv(nights: Made) -> None:
    asked = ["why-changed", "repeat", "--plate", PLATE, "--window", "ROLLING_12M", "--from", str(FIRST), "--as-of",
             str(AS_OF)]  # fmt: skip

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments])
        assert result.exit_code == 0, result.exception
        return result.stdout

    said = run(*asked)
    assert "Difference: count +0, by these rows:" in said
    assert f"known on {FIRST}: 4" in said
    assert PLATE not in said, "plates are masked"
    assert "repeat_merge_hours" in said, "a count stands with its thresholds"
    told = json.loads(run(*asked, "--format", "json"))
    assert (told["before"]["count"], told["after"]["count"], len(told["effects"])) == (4, 4, 6)
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv"))))
    assert {row["case_no"] for row in rows} == set(OWN.values()) - {OWN["steady"]}
    assert "0 of 6 lines" in run(*asked, "--limit", "0")
    same = run("why-changed", "repeat", "--uscc", USCC, "--from", str(SECOND), "--to", "2026-04-01")
    assert f"Both days know what the night of {SECOND} knew" in same
    for form in ("table", "json"):
        driven = run("why-changed", "repeat", "--driver", DRIVER, "--from", str(FIRST), "--format", form)
        assert DRIVER not in driven
        assert "4311·***345" in driven, "numbers of drivers are masked"
    none = run("why-changed", "repeat", "--driver", IDLE, "--from", str(FIRST))
    assert f"Nothing changed: no act counts otherwise than on {FIRST}." in none
    gone = json.loads(run("why-changed", "repeat", "--driver", MISNAMED, "--from", str(FIRST), "--format", "json"))
    assert (gone["before"]["count"], gone["after"]["count"]) == (1, 0), "no row that is served names the driver"
    by_driver = ["why-changed", "repeat", "--from", str(FIRST), "--driver"]
    unknown = str(CliRunner().invoke(app, [*by_driver, "431100000000011111"]).exception)
    assert "431100000000011111" not in unknown
    for wrong, says in (
        ([*by_driver, "431100000000011111"], "names a driver 4311·***111. Give the number"),
        ([*by_driver, "4311·***345"], "is masked, as lists print it"),
        ([*by_driver, "***45"], "heng repeat-violators --subject driver"),
        (["why-changed", "repeat", "--from", str(FIRST)], "Say whose count is asked for: --plate"),
        ([*asked, "--subject", "enterprise"], "Say whose count is asked for: --uscc"),
        ([*asked, "--subject", "ship"], "There is no subject 'ship'. Choose one of vehicle"),
        ([*asked, "--month", "2026-02"], "--month goes with a metric, not with repeat"),
        (["why-changed", "overload_rate", "--from", str(FIRST), "--plate", PLATE], "--plate goes with repeat"),
        ([*asked[:2], "--plate", USCC, "--from", str(FIRST)], "it goes with --uscc"),
    ):
        assert says in str(CliRunner().invoke(app, wrong).exception)
    with pytest.raises(WarehouseError, match="Exchange them"):
        why_repeat("vehicle", KEY, SECOND, FIRST)
