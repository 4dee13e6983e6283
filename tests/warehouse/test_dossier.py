"""The dossier: what it holds, that it knows nothing after its day, that its suppositions are true, and its check."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import sqlglot
from typer.testing import CliRunner
from violation_rows import CLEAN, DAYS, FIRM, FOUR, LAST_DAY, LEAP, STRANGER, SUBJECTS, THREE, TWINS, Violations

from etl.cli import app
from warehouse import dossier, dossier_file, dossier_text, keyed, plate, repeat
from warehouse.dossier_text import LANGUAGES, Words
from warehouse.errors import WarehouseError
from warehouse.home import REPOSITORY

SCRIPT = REPOSITORY / "docs" / "verify_dossier.py"


@pytest.fixture(scope="module")
def source() -> Violations:
    return Violations()


def vehicle(plate_no: str, color: int = 2) -> dict[str, Any]:
    return {"plate_no": plate_no, "plate_color_code": color}


def told_of(source: Violations, plate_no: str, as_of: date = LAST_DAY, **how: Any) -> dict[str, Any]:
    return dossier.facts(source, "vehicle", vehicle(plate_no), as_of, **how)


@pytest.fixture(scope="module")
def four(source: Violations) -> dict[str, Any]:
    return told_of(source, FOUR)


@pytest.fixture(scope="module")
def files(source: Violations) -> dict[tuple[str, str], bytes]:
    """The file of every subject in both languages."""
    told = {f"{name}-{color}": dossier.facts(source, "vehicle", vehicle(name, color), LAST_DAY)
            for name, color in SUBJECTS}  # fmt: skip
    told["firm"] = dossier.facts(source, "enterprise", {"uscc": FIRM}, LAST_DAY)
    return {(name, lang): dossier_file.html(one, lang) for name, one in told.items() for lang in LANGUAGES}


# --- the facts -------------------------------------------------------------------------------------------
def test_the_tables_named_are_those_a_dossier_reads(source: Violations) -> None:
    """What is known on a night is computed of the named tables alone; counts of drivers read what lists of them do."""
    asked: set[str] = set()
    by_key: set[str] = set()

    class Noted(Violations):
        def __init__(self) -> None:
            vars(self).update(vars(source))

        def rows(self, query: str, params: Any = None) -> Any:
            asked.add(query)
            return super().rows(query, params)

        def read(self, query: str, params: Any = None) -> Any:
            asked.add(query)
            return super().read(query, params)

        def keyed(self, table: str, *how: Any) -> Any:
            by_key.add(table)
            return keyed.select(self, table, *how)

    noted = Noted()
    for subject in SUBJECTS:
        dossier.facts(noted, "vehicle", vehicle(*subject), LAST_DAY)
    dossier.facts(noted, "enterprise", {"uscc": FIRM}, LAST_DAY)
    repeat.standings(noted, repeat.Question(LAST_DAY, "driver", "ANNIVERSARY"))
    read = {
        f"{table.db}.{table.name}"
        for query in asked
        for table in sqlglot.parse_one(query, dialect="duckdb").find_all(sqlglot.exp.Table)
        if table.db
    }
    assert read | by_key == {*dossier.TABLES}


def test_each_act_says_what_belongs_to_it_and_its_dimensions_stand_beside_it() -> None:
    """A ticket two hours before the act; the passage is 19 m long, which some vehicles may be."""
    source = Violations()
    source.given("weighbridge_ticket", [
        {"firm_no": "YT-1", "ticket_no": "T1", "plate_no": FOUR, "plate_color_code": 2,
         "left_at": "2025-12-01 07:15:00", "event_date": "2025-12-01",
         "loaded_mass_kg": 61_000}
    ])  # fmt: skip
    source.given("loading_firm", [{"firm_no": "YT-1", "firm_name": "示例采石场", "valid_from": "2020-01-01"}])
    source.connection.execute("update raw.wim_passage set vehicle_length_m = 19 where check_no = 'K-A02'")
    source.build()
    told = told_of(source, FOUR)
    acts = {act["case_no"]: act for act in told["acts"]}
    ties = {tie["kind"]: tie for tie in acts["A02"]["match"]}
    assert {kind: (tie["grade"], tie["reason"]) for kind, tie in ties.items()} == {
        "match": ("exact", "check_no"), "vehicle": ("exact", "plate_color"), "driver": ("none", "not_told"),
        "enterprise": ("exact", "credit_code"), "loading": ("near", "last_ticket"),
    }  # fmt: skip
    (size,) = acts["A02"]["passage"]["dimensions"]
    assert (size["dimension"], size["measured_mm"], size["standing"]) == ("length", 19_000, "information")
    assert acts["A04"]["passage"]["dimensions"] == []
    for lang, words in (
        (
            "zh",
            ("基本相符：过车前最近磅单，质量相符 · 示例采石场 YT-1", "长度实测 19,000 mm，一般限值 18,100 mm（D-L）"),
        ),
        (
            "en",
            ("near: the last ticket before the passage", "length measured 19,000 mm, general limit 18,100 mm (D-L)"),
        ),
    ):
        data = dossier_file.html(told, lang)
        assert [text for text in words if text.encode() not in data] == []
        assert dossier_file.verify(data).is_intact


def test_acts_that_only_the_register_ties_to_an_enterprise_are_told_and_count_for_nobody() -> None:
    source = Violations()
    before = dossier.facts(source, "enterprise", {"uscc": FIRM}, LAST_DAY)
    assert before["by_register"] == []
    source.connection.execute("update raw.enforcement_case set uscc = null where case_no in ('A02', 'A15', 'A14')")
    source.build()
    told = dossier.facts(source, "enterprise", {"uscc": FIRM}, LAST_DAY)
    cases = {act["case_no"] for act in told["acts"]}
    # A15 is of a vehicle that no register knows: nothing ties it to anybody.
    assert [row["case_no"] for row in told["by_register"]] == ["A02", "A14"]
    assert cases == {act["case_no"] for act in before["acts"]} - {"A02", "A14", "A15"}
    early = dossier.facts(source, "enterprise", {"uscc": FIRM}, date(2026, 2, 28))
    assert [row["case_no"] for row in early["by_register"]] == ["A02"], "nothing after the day"
    for lang, words in (
        ("zh", "仅由车辆登记对应本企业的案件 2 起"),
        ("en", "2 acts tied to this enterprise by the vehicle"),
    ):
        data = dossier_file.html(told, lang)
        assert words.encode() in data
        assert FOUR.encode() not in data
    tie = next(one for one in told_of(source, FOUR)["acts"] if one["case_no"] == "A02")["match"][3]
    assert (tie["reason"], tie["number"]) == ("register_name", FIRM)


@pytest.mark.parametrize("as_of", DAYS, ids=str)
def test_every_standing_of_a_dossier_is_that_of_the_list(source: Violations, as_of: date) -> None:
    told = {subject: dossier.facts(source, "vehicle", vehicle(*subject), as_of) for subject in SUBJECTS}
    compared = 0
    for window in repeat.WINDOWS:
        for basis in repeat.BASES:
            listed = repeat.standings(source, repeat.Question(as_of, "vehicle", window, basis))
            counts = {one.key: (one.count, one.tier, str(one.trigger_on)) for one in listed}
            for subject, facts in told.items():
                mine = next(o for o in facts["standings"] if (o["asked"], o["basis"]) == (window, basis))
                found = (mine["count"], mine["tier"], str(mine["trigger_on"]))
                assert found == counts.get(subject, (0, "none", "None")), (subject, window, basis)
                compared += 1
    assert compared == 6 * len(SUBJECTS)


def test_why_it_is_four_and_not_three(four: dict[str, Any]) -> None:
    """Nine cases; each that does not count says why, with the figures that decide."""
    w = Words("zh")
    assert dossier_text.lead(four, w) == (
        "截至 2026-09-20，近12个月（2025-09-21 至 2026-09-20，按违法日期）计 4 次，超过 3 次；自 2026-08-20 起。"
    )
    assert dossier_text.equation(four, w) == (
        "截至当日有 9 起超限案件：计次 4 起；1 起已作废；1 起未过计次门槛；1 起尚无决定；1 起同一趟次；1 起不在窗口内。"
    )
    why = {act["case_no"]: dossier_text.main_why(four, act, w) for act in four["acts"]}
    assert [case for case, reason in why.items() if not reason] == ["A02", "A04", "A06", "A08"]
    assert why["A05"] == "超限率 10%，扣除称重设备允许误差后 4.50%，不高于当日的计次门槛 10%"
    assert why["A07"] == "与案件 A06 为同一趟次：相隔不超过 24 小时，其间未见空车"
    assert why["A01"] == "2025-08-01 不在 2025-09-21 至 2026-09-20 之内"
    assert (why["A09"], why["A03"]) == ("截至当日尚无处罚决定", "已作废（2026-02-09）")
    assert dossier_text.differences(four, w)[0].startswith("案件 A02：近12个月计次；证件周年、自然年不计次")


def test_a_look_at_a_passage_of_another_day_with_the_same_number_is_none_at_this_one() -> None:
    source = Violations()
    source.connection.execute("update mart.screening set passed_date = passed_date + 30 where check_no = 'K-A02'")
    told = told_of(source, FOUR)
    looks = {act["case_no"]: act["screening"] for act in told["acts"]}
    assert looks["A02"] is None
    assert looks["A04"]["screening_result"] == "confirmed"
    (unknown,) = [one for one in told["unknown"] if one["code"] == "no_review"]
    assert unknown["cases"] == ["A02"]


def test_three_say_how_far_the_statute_is(source: Violations) -> None:
    assert "计 3 次，距“超过 3 次”还差 1 次" in dossier_text.lead(told_of(source, THREE), Words("zh"))
    assert "3 count in the last 12 months" in dossier_text.lead(told_of(source, THREE), Words("en"))


def test_a_share_that_rounds_to_the_threshold_shows_on_which_side_it_lies() -> None:
    w = Words("en")
    assert (w.share(0.1, 0.1), w.share(0.10004, 0.1), w.share(0.0999999, 0.1)) == ("10%", "10.004%", "9.99999%")


def test_what_stands_behind_an_act_is_told(four: dict[str, Any]) -> None:
    act = four["acts"][1]
    passage = act["passage"]
    assert (act["accuracy_class"], act["allowance_kg"], act["excess_after_allowance_kg"]) == ("5", 3_048, 8_908)
    assert dossier_text.allowance(act, Words("en")) == (
        "3,048 kg (class 5, maximum permissible error in service); excess left 8,908 kg · 18.18%"
    )
    assert "3,048 kg（5 级，使用中最大允许误差）；扣除后超出 8,908 kg" in dossier_file.html(four, "zh").decode()
    assert dossier_text.allowance(act | {"allowance_kg": None}, Words("en")) == (
        "class 5; by the rule of the day no allowance is made"
    )
    assert dossier_text.allowance(act | {"accuracy_class": None}, Words("en")).startswith("Not computed")
    assert (passage["gross_vehicle_weight_kg"], passage["limit_kg"], passage["rule_id"]) == (60_956, 49_000, "M6C")
    assert passage["rule"]["valid_from"] == "2016-09-21"
    assert passage["rule"]["confidence"] == "C2"
    assert dossier_text.certificate(passage, Words("en")) == (
        "C-1, 1 Jan 2025 to 31 Dec 2026: valid on the day; verified for 5–100 km/h"
    )
    assert dossier_text.source(four, passage, Words("en")) == "wim_passage_20260920.csv, line 3"
    assert dossier_text.decisions(act, Words("zh")) == [
        "2025-12-20，对车辆，罚款 500 元，法定 5,500 元，2025-12-22 送达，D-A02"
    ]
    assert [step["case_state"] for step in act["steps"]] == ["filed", "decided", "closed"]


def test_a_device_without_a_certificate_tells_when_the_last_one_ended(source: Violations) -> None:
    told = told_of(source, STRANGER)
    act = next(act for act in told["acts"] if dossier.outcome(told, act)["reason"] == "device")
    assert dossier_text.certificate(act["passage"], Words("zh")) == "过车当日没有有效证书；上一份至 2026-04-30"


def test_a_weighing_within_the_limit_is_shown_as_such_and_not_as_none() -> None:
    source = Violations()
    number = told_of(source, FOUR)["acts"][1]["passage"]["record_id"]
    source.connection.execute(
        "update core.passage set verdict = 'within', excess_kg = 0, excess_ratio = null where record_id = ?", [number]
    )
    source.connection.execute("delete from mart.finding where record_id = ?", [number])
    told = told_of(source, FOUR)
    assert told["acts"][1]["passage"]["verdict"] == "within"
    assert "与案件不一致" in dossier_file.html(told, "zh").decode()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("", "confirmed"),
        ("update mart.screening set site_code = 'YZ02'", None),
        ("update mart.screening set passed_date = passed_date - 1", None),
        ("update mart.screening set site_code = 'YZ02'; update core.violation set site_code = null", "confirmed"),
        (
            "insert into mart.screening by name select * replace ('YZ02' as site_code) from mart.screening;"
            " update core.violation set site_code = null",
            None,
        ),
    ],
)
def test_a_look_is_of_the_site_and_day_of_the_act(change: str, expected: str | None) -> None:
    """Where no passage is known the number tells it, unless two sites gave it that day."""
    source = Violations()
    source.connection.execute(change or "select 1")
    look = told_of(source, FOUR)["acts"][1]["screening"]
    assert (look and look["screening_result"]) == expected


def _days_in(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _days_in(value, f"{path}.{name}")
    elif isinstance(node, list):
        for value in node:
            yield from _days_in(value, path)
    elif isinstance(node, str) and re.match(r"\d{4}-\d{2}-\d{2}", node):
        yield path, node[:10]


@pytest.mark.parametrize("as_of", [date(2026, 6, 26), date(2026, 8, 10)], ids=str)
def test_nothing_after_the_day_is_told(source: Violations, as_of: date) -> None:
    """But ends of spans and validities, and when an act lapses."""
    ahead = re.compile(r"(valid_to|window_last|lapses_on|lapses\.on|snapshot\.(data_until|night))$")
    checked = 0
    for plate_no, color in SUBJECTS:
        told = dossier.facts(source, "vehicle", vehicle(plate_no, color), as_of)
        for path, day in _days_in(told):
            if not ahead.search(path):
                assert day <= as_of.isoformat(), (plate_no, path, day)
                checked += 1
    assert checked > 200


@pytest.mark.parametrize(("plate_no", "left"), [(THREE, 1), (LEAP, 2)])
def test_so_many_more_acts_pass_the_threshold_and_one_less_does_not(plate_no: str, left: int) -> None:
    told = told_of(Violations(), plate_no)
    one = told["changes"][0]
    assert (one["kind"], one["difference"], one["count"], one["tier"]) == ("more_acts", left, 4, "statutory")
    text, count = dossier_text.change(told, one, Words("zh"))
    assert text == f"若再有 {left} 起已作处罚决定的案件（超限率高于 10%），且现有的仍计次：超过 3 次"
    assert count == "计 4 次"
    for more in (left - 1, left):
        source = Violations()
        source.connection.execute(
            "insert into core.violation by name select act.* replace ('N' || nth as case_no, 'n' || nth as record_id,"
            " violated_on + cast(3 * nth as integer) as violated_on, violated_at + to_days(cast(3 * nth as integer))"
            " as violated_at, null as last_unladen_at) from core.violation as act, range(1, ? + 1) as more(nth)"
            " where case_no = (select max(case_no) from core.violation where plate_no = ? and ended_state is null)",
            [more, plate_no],
        )
        now = dossier.main_standing(told_of(source, plate_no))
        assert (now["count"], now["tier"] == "statutory") == (4 - left + more, more == left)


def test_nothing_more_is_wanted_above_the_threshold_and_the_act_that_passed_it_is_named(four: dict[str, Any]) -> None:
    assert "more_acts" not in {one["kind"] for one in four["changes"]}
    assert dossier_text.triggers(four, Words("zh")) == ["案件 A08：2026-08-01 违法，2026-08-20 作出决定，当日起计次。"]
    act = next(act for act in four["acts"] if act["case_no"] == "A08")
    assert dossier_text.counted_span(four, act, Words("en")) == ("counts from 20 Aug 2026; no more from 1 Aug 2027 on")
    filed = four | {"acts": [act | {"decided_on": "2026-08-01", "filed_on": "2026-08-20"}]}
    assert dossier_text.triggers(filed, Words("zh")) == ["案件 A08：2026-08-01 违法，2026-08-20 立案，当日起计次。"]
    assert dossier_text.triggers(four | {"acts": [act | {"decided_on": None}]}, Words("zh")) == [
        "案件 A08：2026-08-01 违法，2026-08-20 起计次。"
    ]


def test_what_leaves_the_count_as_it_is_stands_apart(four: dict[str, Any]) -> None:
    others, same = dossier_text.changes(four, Words("zh"))
    assert len(others) + len(same) == len(four["changes"])
    assert "计 4 次" not in {count for _, count in others}
    assert len(same) == 2
    assert "2 项不改变次数" in dossier_file.html(four, "zh").decode()


def test_acts_whose_weighing_is_doubtful_are_left_out_by_way_of_trial(source: Violations, four: dict[str, Any]) -> None:
    """With their trips: another act of one that is left out would count in its place."""
    assert "without_weak" not in {one["kind"] for one in four["changes"]}
    weak = Violations()
    weak.connection.execute(
        "update core.passage set evidence_ok = false where record_id in"
        " (select passage_record_id from core.violation where case_no in ('A05', 'A06', 'A07', 'A08'))"
    )
    told = told_of(weak, FOUR)
    (one,) = [one for one in told["changes"] if one["kind"] == "without_weak"]
    assert (one["case_count"], one["count"], one["tier"], one["difference"]) == (2, 2, "watch", -2)
    said = {act["case_no"]: dossier_text.weak_but_counted(told, act, Words("zh")) for act in told["acts"]}
    assert [case for case, text in said.items() if text] == ["A06", "A08"]
    assert said["A08"] == "已有处罚决定，故计次；称重证据请复核"
    assert said["A08"] in dossier_file.html(told, "zh").decode()
    weak.connection.execute("delete from core.violation where case_no in ('A05', 'A06', 'A07', 'A08')")
    assert dossier.main_standing(told_of(weak, FOUR))["count"] == one["count"]


@pytest.mark.parametrize(
    ("kind", "plate_no", "change"),
    [
        ("decided", FOUR, "decided_on = date '2026-09-20'"),
        ("annulled", THREE, "ended_state = 'revoked_by_review', ended_on = date '2026-09-20'"),
        ("weighed_above", STRANGER, "excess_ratio = 0.5, excess_ratio_after_allowance = 0.5"),
        ("certified", STRANGER, "flags = ''"),
        ("filed_and_decided", STRANGER, "filed_on = date '2026-09-20', decided_on = date '2026-09-20'"),
    ],
)
def test_a_supposition_comes_true_when_it_is_delivered(kind: str, plate_no: str, change: str) -> None:
    source = Violations()
    one = next(one for one in told_of(source, plate_no)["changes"] if one["kind"] == kind)
    source.connection.execute(f"update core.violation set {change} where case_no = ?", [one["case_no"]])
    now = dossier.main_standing(told_of(source, plate_no))
    assert (now["count"], now["tier"]) == (one["count"], one["tier"])
    assert one["difference"] != 0


def test_the_count_falls_on_the_days_that_are_told(source: Violations) -> None:
    for plate_no in (FOUR, THREE, LEAP):
        for window in repeat.WINDOWS:
            for lapse in told_of(source, plate_no, window=window)["lapses"]:
                day = date.fromisoformat(lapse["on"])
                later = dossier.main_standing(told_of(source, plate_no, day, window=window))
                assert later["count"] == lapse["count"], (plate_no, window, day)


@pytest.mark.parametrize(
    ("lang", "ratio", "said"),
    [
        ("zh", 0.1, "超限率高于 10%（未核实）；称重设备的允许误差先从实测值扣除（未核实）"),
        ("zh", 0.0, "凡超限即计"),
        (
            "en",
            0.1,
            "above 10% (unverified); what the scale may err by taken off the weight first (unverified)",
        ),
        ("en", 0.0, "any excess counts"),
    ],
)
def test_a_ratio_of_nothing_is_told_as_any_excess(four: dict[str, Any], lang: str, ratio: float, said: str) -> None:
    rows = [
        row | {"parameter_value": ratio} if row["parameter"] == "repeat_excess_ratio" else row
        for row in four["parameters"]
    ]
    words = dossier_text.thresholds(four | {"parameters": rows}, Words(lang))
    assert said in words
    assert ("误" in words or "err by" in words) == bool(ratio)
    assert "0%" not in words.replace("10%", "")


def test_unverified_thresholds_are_counted_anew_and_shown_as_such(four: dict[str, Any]) -> None:
    recounted = {one["parameter"]: one["count"] for one in four["changes"] if one["kind"] == "parameter"}
    assert recounted == {
        "repeat_excess_ratio": 5, "allowance_mode": 4, "repeat_merge_hours": 5, "repeat_own_decision": 4
    }  # fmt: skip
    within = Violations()
    within.connection.execute("update core.violation set excess_ratio = 0.11 where case_no = 'A05'")
    (without,) = [one for one in told_of(within, FOUR)["changes"] if one.get("parameter") == "allowance_mode"]
    assert (without["count"], without["value"], without["other"]) == (5, "DEDUCT", "NONE")
    html = dossier_file.html(four, "zh").decode()
    shown = {row["parameter"]: row["confidence"] for row in four["parameters"]}
    assert set(shown) >= {
        *recounted,
        "repeat_statutory_over",
        "repeat_window_months",
        "allowance_mode",
        "unladen_share",
    }
    assert html.count('<span class="mark">未核实 P</span>') == sum(mark == "P" for mark in shown.values())


def test_what_is_not_known_is_told_with_its_cases(source: Violations) -> None:
    told = {one["code"]: one.get("cases") for one in told_of(source, STRANGER)["unknown"]}
    assert told["no_register"] is None
    assert told["no_first_issue"] is None
    assert told["no_passage"] == ["A15"]
    assert "opinion" in told
    counted = [one for one in told_of(source, FOUR)["unknown"] if one["code"] == "conditions"]
    assert [one["cases"] for one in counted] == [["A02", "A04", "A06", "A08"]]
    codes = [condition["code"] for condition in counted[0]["conditions"]]
    assert codes == ["U-ACCEL", "U-CLOCK", "U-EXEMPT", "U-IMAGE", "U-POLICE", "U-REPAIR", "U-SITE", "U-STOPGO"]
    for lang, said in (("zh", "没有送达图像和视频，是否齐全清晰未知"), ("en", "No pictures or video are delivered")):
        assert said in dossier_text.unknown({}, counted[0], Words(lang))
        assert said in dossier_file.html(told_of(source, FOUR), lang).decode()
    assert "conditions" not in {one["code"] for one in told_of(source, CLEAN)["unknown"]}
    later = dossier.facts(source, "vehicle", vehicle(CLEAN), date(2026, 12, 31))
    assert later["unknown"][0] == {"code": "after_data", "until": "2026-09-20"}
    assert not [one for one in told_of(source, CLEAN)["unknown"] if one["code"] == "no_register"]


def test_the_tree_is_plain_and_has_one_text(source: Violations, four: dict[str, Any]) -> None:
    text = dossier.canonical(four)
    assert json.loads(text) == four
    assert dossier.canonical(json.loads(text)) == text
    assert dossier.digest(four) == hashlib.sha256(text.encode()).hexdigest() == dossier.digest(told_of(source, FOUR))
    assert "<" not in text


# --- who is meant -----------------------------------------------------------------------------------------
def test_a_plate_is_found_however_it_is_typed(source: Violations) -> None:
    for typed in ("湘M10001", "湘m·10001", " 湘M 1000１ ", "湘Ｍ-10001"):
        assert dossier.subject_of(source, typed) == ("vehicle", vehicle(FOUR)), typed
    assert dossier.subject_of(source, TWINS, 1) == ("vehicle", vehicle(TWINS, 1))
    assert dossier.subject_of(source, FIRM.lower()) == ("enterprise", {"uscc": FIRM})


@pytest.mark.parametrize(
    ("typed", "color", "says"),
    [
        ("湘MIOO01", None, "Did you mean 湘M10001"),
        ("湘M99999", None, "No delivery names a vehicle"),
        ("hello", None, "not the form of a plate"),
        (TWINS, None, "--color 2"),
        (FOUR, 1, "Known: 2"),
        ("91431100MAE600009E", None, "No delivery names an enterprise"),
    ],
)
def test_what_cannot_be_meant_names_the_next_step(source: Violations, typed: str, color: int | None, says: str) -> None:
    with pytest.raises(WarehouseError, match=re.escape(says)):
        dossier.subject_of(source, typed, color)


def test_plates_that_eyes_take_for_each_other_are_near_and_others_are_not() -> None:
    assert plate.near("湘MO2345")[0] == "湘M02345"
    assert "湘M12348" in plate.near("湘M1234B")
    assert "鄂M12345" in plate.near("湘M12345")
    assert "湘M12346" not in plate.near("湘M12345")
    assert all(plate.is_plate(one) for one in plate.near("湘MI0B5S"))
    assert plate.near("1" * 40) == []
    assert all(plate.is_plate(one) for one in plate.EXAMPLES.values())


def test_known_plates_that_differ_in_one_sign_or_have_one_more_are_near(source: Violations) -> None:
    assert FOUR in dossier.near(source, "湘M1001")
    assert dossier.near(source, "京M10001")[0] == FOUR
    for odd in ("", "湘M1", "湘M1000.", "湘M100|1", ".......", "湘" * 40):
        assert dossier.near(source, odd) == []
    many = Violations()
    many.connection.execute(
        "insert into staging.vehicle by name select one.* replace ('湘M2000' || nth as plate_no) from"
        " (select * from staging.vehicle limit 1) as one, range(9) as more(nth)"
    )
    assert dossier.near(many, "湘M20009") == []
    assert dossier.near(many, "湘M2000Z") == ["湘M20002"]


# --- the file ---------------------------------------------------------------------------------------------
def test_a_file_needs_nothing_outside_itself_and_holds_its_facts(files: dict[tuple[str, str], bytes]) -> None:
    for (name, lang), data in files.items():
        text = data.decode()
        page, _, facts = text.partition('<script type="application/json" id="facts">')
        assert not re.search(r"(?:src|href|action)\s*=|@import|url\(|<link|<iframe|https?:", page), name
        assert text.count("<script") == 1
        assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in text
        assert dossier.canonical(dossier_file.facts_of(data)) == facts.split("</script>")[0]


def test_the_number_that_leads_is_the_number_of_acts_that_are_counted(files: dict[tuple[str, str], bytes]) -> None:
    for (name, _), data in files.items():
        told = dossier_file.facts_of(data)
        counted = data.decode().count('<section class="act">')
        one = dossier.main_standing(told)
        assert counted == one["counted_act_count"]
        if name != "firm":
            shown = re.search(r"计 (\d+) 次|, (\d+) count in", data.decode())
            assert shown
            assert counted == one["count"] == int(shown[1] or shown[2])


def test_the_same_facts_give_the_same_bytes(source: Violations, files: dict[tuple[str, str], bytes]) -> None:
    again = Violations()
    for lang in LANGUAGES:
        assert dossier_file.html(told_of(again, FOUR), lang) == files[f"{FOUR}-2", lang]
    assert files[f"{FOUR}-2", "zh"] != files[f"{FOUR}-2", "en"]


def test_english_files_hold_no_chinese_words_of_ours(files: dict[tuple[str, str], bytes]) -> None:
    """Names from the data stay as delivered."""
    for (name, lang), data in files.items():
        if lang == "en":
            page = data.decode().split('<script type="application/json"')[0].split("</style>")[1]
            page = re.sub(r"湘|示例\w+|示例|令2016-62|公路安全保护条例|行政处罚法|累计3次", "", page)
            assert not re.search(r"[\u4e00-\u9fff]", page), (name, re.findall(r"[\u4e00-\u9fff]+", page)[:5])


def test_a_dossier_of_a_firm_shows_no_whole_plate(files: dict[tuple[str, str], bytes]) -> None:
    for lang in LANGUAGES:
        text = files["firm", lang].decode()
        assert "湘M·***01" in text
        assert not re.search(r"湘M\d{5}", text)


def test_no_file_decides_what_follows(files: dict[tuple[str, str], bytes]) -> None:
    verdicts = (
        "应吊销",
        "应当吊销",
        "应予",
        "建议吊销",
        "should be revoked",
        "must be revoked",
        "guilty",
        "innocent",
        "有罪",
    )
    for data in files.values():
        assert [word for word in verdicts if word in data.decode()] == []


def test_a_text_of_a_delivery_is_inert(source: Violations, four: dict[str, Any]) -> None:
    evil = '</script><script>alert(1)</script><!--end:head--><img src=x onerror="1">'
    told = json.loads(json.dumps(four).replace("wim_passage_20260920.csv", json.dumps(evil)[1:-1]))
    data = dossier_file.html(told, "en")
    assert data.count(b"<script") == 1
    assert b"<img" not in data
    assert dossier_file.verify(data).lines() == [f"intact: SHA-256 {dossier_file.digest_of(data)}"]


# --- the check --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def script() -> Any:
    """``check`` of the offline script."""
    spoken: dict[str, Any] = {"__name__": "verify_dossier"}
    exec(compile(SCRIPT.read_text(encoding="utf-8"), str(SCRIPT), "exec"), spoken)
    return spoken["check"]


def test_the_offline_script_is_short_old_and_alone() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert set(re.findall(r"^import (\w+)|^from (\w+)", text, re.MULTILINE)) == {
        ("hashlib", ""),
        ("re", ""),
        ("sys", ""),
    }
    assert not re.search(r":=|match |removeprefix|\bint \| |list\[", text)  # Python 3.8 knows none of them in this use


BLANKED = "changed: the digest it carries was blanked, or another one added"


def changed_in(data: bytes) -> dict[str, tuple[bytes, list[str]]]:
    """Changed files, and what a check says of each."""
    said = dossier_file.digest_of(data)
    first = re.search(rb"<!--part:act-1-->.*?<!--end:act-1-->\n", data, re.DOTALL)
    second = re.search(rb"<!--part:act-2-->.*?<!--end:act-2-->\n", data, re.DOTALL)
    assert first
    assert second
    swapped = data.replace(first[0], b"@1@").replace(second[0], first[0]).replace(b"@1@", second[0])
    return {
        "text": (data.replace("计 4 次".encode(), "计 3 次".encode(), 1), ["changed: lead"]),
        "json": (data.replace(b'"count":4', b'"count":3', 1), ["changed: facts"]),
        "order": (swapped, ["changed: the order of its parts"]),
        "missing": (data.replace(second[0], b""), ["changed: act-2"]),
        "style": (data.replace(b"max-width:820px", b"max-width:821px"), ["changed: outside its parts"]),
        "digest": (data.replace(said.encode(), said[::-1].encode()), ["changed: outside its parts"]),
        "cut": (data[:-8], ["changed: outside its parts"]),
        "zeros": (data.replace(said.encode(), b"0" * 64), ["changed: outside its parts"]),
        "blanked": (data.replace(said.encode(), b""), [BLANKED]),
        "added": (data.replace(b"<title>", b'<meta name="heng-digest" content="%s"><title>' % (b"0" * 64)), [BLANKED]),
        "two": (
            data.replace("1 起尚无决定".encode(), "2 起尚无决定".encode()).replace(b"60,956", b"50,956"),
            ["changed: lead", "changed: act-2"],
        ),
    }


@pytest.mark.parametrize(
    "how", ["text", "json", "order", "missing", "style", "digest", "cut", "zeros", "blanked", "added", "two"]
)
def test_a_changed_file_is_told_with_what_was_changed(
    files: dict[tuple[str, str], bytes], script: Any, how: str
) -> None:
    data, says = changed_in(files[f"{FOUR}-2", "zh"])[how]
    assert data != files[f"{FOUR}-2", "zh"]
    code, lines = script(data)
    ours = dossier_file.verify(data)
    assert code == 1
    assert not ours.is_intact
    assert [line.split(" (")[0] for line in lines] == says
    assert [line.split(" (")[0] for line in ours.lines()] == says


def test_one_byte_anywhere_is_noticed(files: dict[tuple[str, str], bytes], script: Any) -> None:
    data = files[f"{FOUR}-2", "en"]
    step = len(data) // 400
    flips = range(0, len(data), step)
    for at in flips:
        spoiled = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        code, _ = script(spoiled)
        assert code != 0, at
        try:
            assert not dossier_file.verify(spoiled).is_intact, at
        except WarehouseError:
            assert code == 2, at
    assert len(flips) > 390


def test_good_files_pass_both_checks(files: dict[tuple[str, str], bytes], script: Any) -> None:
    for data in files.values():
        said = dossier_file.digest_of(data)
        assert script(data) == (0, [f"intact: SHA-256 {said}"])
        assert dossier_file.verify(data).lines() == [f"intact: SHA-256 {said}"]
    assert script(data, "ab" * 32)[0] == 1
    assert script(b"<html></html>")[0] == 2


def test_the_script_runs_from_a_shell(files: dict[tuple[str, str], bytes], tmp_path: Any) -> None:
    file = tmp_path / "d.html"
    file.write_bytes(files[f"{FOUR}-2", "zh"])
    ran = subprocess.run([sys.executable, "-I", str(SCRIPT), str(file)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.split(":")[0]) == (0, "intact")
    file.write_bytes(files[f"{FOUR}-2", "zh"].replace(b"60,956", b"50,956"))
    ran = subprocess.run([sys.executable, "-I", str(SCRIPT), str(file)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "changed: act-2\n")


def _forged(data: bytes, was: str = "计 4 次", told: str = "计 3 次") -> bytes:
    """The file with another count, or any other words, and every digest made to fit."""
    said = dossier_file.digest_of(data).encode()
    assert was.encode() in data
    zeroed = data.replace(said, b"0" * 64).replace(was.encode(), told.encode(), 1)
    parts = re.findall(rb"<!--part:([a-z0-9-]+)-->(.*?)<!--end:\1-->", zeroed, re.DOTALL)
    listed = b" ".join(name + b"=" + hashlib.sha256(body).hexdigest().encode() for name, body in parts)
    zeroed = re.sub(rb'(<meta name="heng-parts" content=")[^"]*', lambda found: found[1] + listed, zeroed)
    return zeroed.replace(b"0" * 64, hashlib.sha256(zeroed).hexdigest().encode())


def test_words_that_do_not_follow_from_the_facts_are_noticed_though_every_digest_fits(
    files: dict[tuple[str, str], bytes], script: Any
) -> None:
    forged = _forged(files[f"{FOUR}-2", "zh"])
    assert script(forged)[0] == 0  # the digests fit; only the noted one tells
    assert script(forged, dossier_file.digest_of(files[f"{FOUR}-2", "zh"]))[0] == 1
    found = dossier_file.verify(forged)
    assert (found.is_intact, found.text) == (True, True)


def test_of_a_dossier_of_another_version_only_the_noted_digest_tells(
    files: dict[tuple[str, str], bytes], tmp_path: Path
) -> None:
    older = _forged(files[f"{FOUR}-2", "zh"], f'"format":"{dossier.FORMAT}"', '"format":"heng-dossier/1"')
    found = dossier_file.verify(older)
    assert (found.is_intact, found.text, found.written_in) == (True, False, "heng-dossier/1")
    file = tmp_path / "older.html"
    file.write_bytes(older)
    ran = CliRunner().invoke(app, ["verify", str(file)])
    assert ran.exit_code == 1
    assert "its words were not checked: it is of heng-dossier/1" in ran.output
    assert CliRunner().invoke(app, ["verify", str(file), "--digest", found.digest]).exit_code == 0
    assert CliRunner().invoke(app, ["verify", str(file), "--digest", "0" * 64]).exit_code == 1
    file.write_bytes(older.replace(b"60,956", b"50,956"))
    assert "changed: act-2" in CliRunner().invoke(app, ["verify", str(file)]).output


# --- the words ---------------------------------------------------------------------------------------------
def test_every_word_has_both_forms_with_the_same_values() -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    han = re.compile(r"[\u4e00-\u9fff]")
    for key, (zh, en) in dossier_text.catalogue().items():
        assert names(zh) == names(en), key
        assert zh, key
        assert not han.search(en), key


def test_every_word_is_used() -> None:
    folder = REPOSITORY
    paths = [*(folder / "warehouse").glob("dossier*"), folder / "dashboards" / "pages" / "lookup.py"]
    used = "".join(path.read_text(encoding="utf-8") for path in paths if path.suffix in (".py", ".j2"))
    quoted = set(re.findall(r"[\"']([a-z_]+(?:\.[a-zA-Z0-9_.]+)?)[\"']", used))
    families = set(re.findall(r'"([a-z_]+\.(?:[a-z_]+\.)*)(?:\{| ~|")', used)) | {
        f"{kind}." for kind in re.findall(r'\.of\(\s*"([a-z_]+)"', used)
    }
    families |= {"why.", "unknown.", "change."}
    unused = [key for key in dossier_text.catalogue() if key not in quoted
              and not any(key.startswith(family) for family in families)]  # fmt: skip
    assert unused == []
