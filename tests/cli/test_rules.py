"""``heng rules``: what holds on a day, what changed, what is wrong in a file and where, and what an act may cost."""

import csv
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from etl import rules as command
from etl.cli import app
from etl.errors import HengError
from warehouse import connection, penalty, repeat, rule_files
from warehouse.errors import WarehouseError
from warehouse.rules import book, named, sets, span

FILES = "--files"


class Published(rule_files.Files):
    """The rulebook as a version serves it."""

    version = 3

    def __init__(self) -> None:
        super().__init__()
        self.manifest: dict[str, Any] = {"columns": {"mart.rule": []}, "data_until": "2016-09-20"}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Published:
    published = Published()
    monkeypatch.setattr(connection, "snapshot", lambda: published)
    return published


def heng(*arguments: str, code: int = 0) -> str:
    found = CliRunner().invoke(app, ["rules", *arguments])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == code, found.output
    return found.output


def numbers(*arguments: str) -> set[str]:
    return {rule["rule_no"] for rule in json.loads(heng("list", "--format", "json", *arguments))["rules"]}


# --- list, show, diff ------------------------------------------------------------------------------
def test_the_list_is_of_the_last_day_with_data_unless_a_day_is_named(served: Published) -> None:
    assert "L2004-6" in numbers("--topic", "gross_weight")
    assert numbers("--topic", "gross_weight", "--on", "2016-09-21") >= {"M2R", "M6C", "M6C-1"}
    assert "L2004-6" not in numbers("--on", "2016-09-21")


def test_the_fine_of_an_act_that_is_not_measured_and_by_the_day_is_told_with_its_rules() -> None:
    act = ("--violated", "2026-01-01", "--act", "hazard_system_missing", "--subject", "enterprise")
    told = heng("fine", FILES, *act, "--tier", "2")
    assert "A fine of 100,000 to 200,000 yuan." in told
    assert "AQ101-OVERDUE" in told
    assert "罚款 0 至 200,000 元" in heng("fine", FILES, *act, "--lang", "zh")
    days = ("--original-yuan", "50000", "--ordered", "2026-01-01", "--until", "2026-01-11")
    told = heng("daily-fine", FILES, *days)
    assert "10 days from the day after the order, 50,000 yuan each: 500,000 yuan" in told
    assert "Rules of 2026-01-01: daily_fine_ratio@2021-09-01." in told
    assert "共 500,000 元" in heng("daily-fine", FILES, *days, "--lang", "zh")
    assert json.loads(heng("daily-fine", FILES, *days, "--json"))["amount_fen"] == 50_000_000


def test_unverified_rules_are_marked_and_can_be_asked_for_alone() -> None:
    told = heng("list", FILES, "--on", "2026-11-01", "--topic", "fine", "--unverified")
    assert "1 rules in force on 2026-11-01, 1 of them unverified" in told
    assert "M- unverified" in told
    only = json.loads(heng("list", FILES, "--on", "2026-11-01", "--unverified", "--format", "json"))["rules"]
    assert {rule["confidence"] for rule in only} <= {"M+", "M-", "P", "D"}
    assert "未核实" in heng("list", FILES, "--on", "2026-11-01", "--lang", "zh")


def test_a_list_as_csv_can_be_read_back() -> None:
    rows = list(csv.DictReader(io.StringIO(heng("list", FILES, "--on", "2026-11-01", "--format", "csv"))))
    assert tuple(rows[0]) == command.COLUMNS
    by_number = {row["rule_no"]: row for row in rows}
    assert by_number["D-W"]["value"] == "2550.0"
    assert by_number["C-PAY"]["valid_to"] == ""


def test_the_changes_around_a_list_are_those_of_its_topic() -> None:
    told = heng("list", FILES, "--on", "2018-01-01", "--topic", "clock")
    assert "Last change on or before: 2017-07-01" in told
    assert "Next change after: 2021-07-15" in told


def test_a_rule_is_shown_with_the_other_versions_of_its_subject() -> None:
    told = heng("show", "c-pay", FILES)
    assert told.index("C-PAY ") < told.index("C-PAY-OLD")
    assert "within 15 days" in told
    assert "M+ · unverified" in told
    versions = json.loads(heng("show", "repeat_excess_ratio", FILES, "--format", "json"))
    assert [rule["value"] for rule in versions] == [0, 0.1]


def test_a_diff_says_what_replaced_what() -> None:
    told = json.loads(heng("diff", FILES, "--from", "2023-07-19", "--to", "2023-07-20", "--format", "json"))
    freight = next(one for one in told["changes"] if one["subject"] == "fine illegal_operation freight")
    assert freight["change"] == "changed"
    assert {rule["rule_no"] for rule in freight["ended"]} == {"IO-OLD-FREIGHT", "IO-OLD-FREIGHT-GAIN"}
    assert {rule["rule_no"] for rule in freight["began"]} == {"IO-FREIGHT", "IO-FREIGHT-GAIN", "IO-FREIGHT-SERIOUS"}
    assert "changed: began" in heng("diff", FILES, "--from", "2023-07-19", "--to", "2023-07-20")
    sides = list(csv.DictReader(io.StringIO(
        heng("diff", FILES, "--from", "2016-09-20", "--to", "2016-09-21", "--topic", "gross_weight", "--format", "csv")
    )))  # fmt: skip
    assert {(row["side"], row["rule_no"]) for row in sides} >= {("ended", "L2004-2"), ("began", "M2R")}


def test_days_without_a_change_are_told_as_such() -> None:
    assert "no change" in heng("diff", FILES, "--from", "2025-01-01", "--to", "2026-01-01")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("list", FILES, "--on", "2026-13-01"), "Write YYYY-MM-DD"),
        (("list", FILES, "--topic", "weights"), "Choose one of gross_weight"),
        (("list", FILES, "--format", "xml"), "Choose one of table, json, csv"),
        (("list", FILES, "--lang", "fr"), "Choose one of zh, en"),
        (("show", FILES, "C-PA"), "Close to it: C-PAY"),
        (("show", FILES, "zzz"), "'heng rules list' shows every number"),
        (("diff", FILES, "--from", "2026-01-02", "--to", "2026-01-01"), "Exchange --from and --to"),
        (("check", "--folder", "nowhere"), "Name the one that holds gross_weight_limit.csv"),
        (("fine", FILES, "--violated", "2026-01-01"), "Say what was over"),
        (("fine", FILES, "--violated", "2026-01-01", "--sector", "ferry"), "Choose one of dangerous_goods"),
        (("fine", FILES, "--violated", "2026-01-01", "--sector", "freight", "--gain-yuan", "1.005"), "two decimals"),
        (("fine", FILES, "--violated", "2026-01-01", "--sector", "freight", "--excess-kg", "5"), "Say one"),
        (("fine", FILES, "--violated", "2026-01-01", "--height-mm", "4100", "--vehicle", "tank"), "Choose one of any"),
        (("fine", FILES, "--violated", "2026-01-01", "--excess-kg", "5", "--later-excess-kg", "9"), "another limit"),
        (("fine", FILES, "--violated", "2026-01-02", "--decided", "2026-01-01", "--excess-kg", "5"), "Exchange"),
        (("fine", FILES, "--violated", "2026-01-01", "--act", "over_mass"), "Choose one of evading_weighing"),
        (("fine", FILES, "--violated", "2026-01-01", "--act", "off_route", "--excess-kg", "5"), "Say one"),
        (("fine", FILES, "--violated", "2026-01-01", "--excess-kg", "5", "--tier", "1"), "Say which act"),
        (("fine", FILES, "--violated", "2026-01-01", "--act", "hazard_not_removed"), "Say which: enterprise, person"),
        (("fine", FILES, "--violated", "2026-01-01", "--act", "off_route", "--tier", "9"), "No rule on off_route"),
        (("daily-fine", FILES, "--original-yuan", "0", "--ordered", "2026-01-01", "--until", "2026-01-02"), "above 0"),
        (("daily-fine", FILES, "--original-yuan", "5", "--ordered", "2026-01-02", "--until", "2026-01-01"), "Exchange"),
    ],
)
def test_what_cannot_be_answered_names_the_next_step(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises((HengError, WarehouseError), match=says):
        heng(*arguments)


def test_without_a_version_the_files_are_offered(home: Path) -> None:
    with pytest.raises(HengError, match="add --files"):
        heng("list")


def test_a_version_from_before_the_rulebook_asks_for_a_build(served: Published) -> None:
    served.manifest["columns"] = {}
    with pytest.raises(WarehouseError, match="heng build"):
        heng("list")


def test_in_chinese_every_value_is_told_with_chinese_words_and_units() -> None:
    """Names of choices stand in brackets behind their words; degrees, ratios and the letters of plates are signs."""
    for rule in book(rule_files.Files()):
        told = re.sub(r" \(\w+\)$", "", sets(rule, "zh"))
        assert rule.rule_no == "local_plate_prefix" or not re.search("[A-Za-z]", told), f"{rule.rule_no}: {told}"
        assert not re.fullmatch("[A-Z][A-Z0-9_]{2,}", sets(rule, "en")), rule.rule_no
    by_number = {rule.rule_no: rule for rule in book(rule_files.Files())}
    assert sets(by_number["M6C"], "zh") == "49,000 千克"
    assert sets(by_number["F43-MASS-2"], "zh") == "每 1,000 千克 500 元，最高 30,000 元"
    assert sets(by_number["F43-DIM-2"], "zh") == "200–1,000 元"
    assert sets(by_number["IO-PASSENGER-GAIN"], "zh") == "2–10 倍"
    assert sets(by_number["loading_firm_tonnage_t"], "zh") == "200,000 吨"


@pytest.mark.parametrize("text", [*repeat.WINDOWS, *repeat.BASES, "DEDUCT", "THRESHOLD", "NONE", *penalty.ROUNDINGS,
                                  *penalty.LIGHTER_RULES, *penalty.CONFISCATIONS])  # fmt: skip
def test_every_choice_has_words(text: str) -> None:
    choice = replace(named(book(rule_files.Files()), "allowance_mode")[0], value_text=text)
    for lang in ("zh", "en"):
        assert sets(choice, lang).endswith(f" ({text})")


def test_a_rule_without_days_is_told_as_the_page_tells_it() -> None:
    rules = {rule.rule_no: rule for rule in book(rule_files.Files())}
    assert [span(rules["allowance_mode"], lang) for lang in ("zh", "en")] == ["未载明起止", "no days told"]
    assert span(rules["M6C"], "en") == "2016-09-21 – now"
    assert span(rules["L2004-6"], "zh") == "至 2016-09-20"
    assert "未载明起止" in heng("show", FILES, "allowance_mode", "--lang", "zh")


# --- fine ------------------------------------------------------------------------------------------
def test_a_fine_says_its_range_the_rules_and_what_is_unverified() -> None:
    told = heng("fine", FILES, "--violated", "2026-01-01", "--excess-kg", "2500", "--height-mm", "4300")
    assert "A fine of 1,200 to 2,000 yuan." in told
    assert "F43-MASS-2" in told
    assert "Unverified: fine_rounding" in told


def test_a_fine_across_a_change_of_law_says_which_rules_and_why() -> None:
    told = heng("fine", FILES, "--violated", "2023-07-19", "--decided", "2023-07-20", "--sector", "freight")
    assert "A fine of 3,000 to 10,000 yuan." in told
    assert "are lighter now, so those of the decision apply" in told
    assert "By the rules of 2023-07-19 (IO-OLD-FREIGHT): A fine of 30,000 to 100,000 yuan." in told
    act = ("--violated", "2023-07-20", "--sector", "passenger", "--gain-yuan", "20000.01")
    found = json.loads(heng("fine", FILES, *act, "--json"))
    assert (found["chosen"]["confiscated_fen"], found["is_verified"]) == (2_000_001, True)


def test_where_the_limit_changed_before_the_decision_the_later_excess_is_asked_for_and_taken() -> None:
    """A 55 t six-axle vehicle was within its limit of 2016-09-20; 57.5 t were 2.5 t over it, 8.5 t over the next."""
    act = ("--violated", "2016-09-20", "--decided", "2016-10-01", "--excess-kg", "2500")
    told = heng("fine", FILES, *act)
    assert "A fine of 1,000 yuan." in told
    assert "Give that of the day of the decision with --later-excess-kg" in told
    assert "--later-excess-kg 给出" in heng("fine", FILES, *act, "--lang", "zh")
    assert json.loads(heng("fine", FILES, *act, "--json"))["needs_later_excess_kg"] is True
    told = heng("fine", FILES, *act, "--later-excess-kg", "8500")
    assert "A fine of 4,000 yuan." in told
    assert "--later-excess-kg" not in told
    same = ("--violated", "2020-01-01", "--decided", "2020-02-01", "--excess-kg", "2500")
    assert "--later-excess-kg" not in heng("fine", FILES, *same)


def test_a_fine_is_told_in_chinese_too() -> None:
    act = ("--violated", "2023-07-19", "--decided", "2023-07-20", "--sector", "freight", "--lang", "zh")
    told = heng("fine", FILES, *act)
    assert "罚款 3,000 至 10,000 元。" in told
    assert "新规定较轻，适用决定之日的规定" in told
    assert "按 2023-07-19 的规则（IO-OLD-FREIGHT）：罚款 30,000 至 100,000 元。" in told
    assert set(command._FINE["zh"]) == set(command._FINE["en"])
    assert set(command._WORDS["zh"]) == set(command._WORDS["en"])


def test_a_warning_and_nothing_are_words_of_their_own() -> None:
    assert "A warning, no fine." in heng("fine", FILES, "--violated", "2026-01-01", "--excess-kg", "1000")
    assert "No penalty" in heng("fine", FILES, "--violated", "2026-01-01", "--height-mm", "4000")


# --- check -----------------------------------------------------------------------------------------
@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the rule files to spoil."""
    return Path(shutil.copytree(rule_files.SEEDS, tmp_path / "seeds"))


def spoil(folder: Path, file: str, old: str, new: str) -> int:
    """Replace a text that stands once in a file; returns its line."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_shipped_files_have_no_problem() -> None:
    assert "no problem" in heng("check")
    assert json.loads(heng("check", "--json")) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "says", "next_step"),
    [
        ("gross_weight_limit.csv", "18000", "18 000", "M2R", "limit_kg is '18 000', which is no integer", "like 18000"),
        ("procedure_clock.csv", "C-PAY,CN,2021-07-15", "C-PAY,CN,15.7.2021", "C-PAY", "which is no date", "2026-11-01"),
        ("fine_tier.csv", "freight,,1,true", "freight,,1,yes", "IO-FREIGHT-SERIOUS", "no boolean", "true or false"),
        ("void_code.csv", "VOID-STOLEN,", "VOID-OTHER,", "VOID-OTHER", "has the same number", "of its own"),
        ("void_code.csv", "VOID-STOLEN,", ",", "", "has no number", "no other row has"),
        ("licence_verb.csv", "V-WITHDRAWN,CN,", "V-WITHDRAWN,CN,,", "V-WITHDRAWN", "cells under", "Quote a text"),
        ("dimension_limit.csv", "D2000-H,CN,2000-04-01", "D2000-H,CN,2020-04-01",
         "D2000-H", "before it begins", "valid_to"),
        ("accuracy_class.csv", "rule_id,jurisdiction", "rule_id,where",
         "", "missing ['jurisdiction']", "Write rule_id"),
        ("accuracy_class.csv", "ACC-5-I,CN", "ACC-5-I,Hunan", "ACC-5-I", "no known place", "CN-43"),
        ("parameter.csv", "unladen_share,LOCAL,,,0.5", "unladen_share,LOCAL,,,",
         "unladen_share", "or neither", "what it sets"),
        ("procedure_clock.csv", "C-PAY-OLD,CN,1996-10-01,2021-07-14", "C-PAY-OLD,CN,1996-10-01,2021-07-10",
         "C-PAY-OLD", "none holds on the day after", "on the day after"),
        ("procedure_clock.csv", "C-PAY-OLD,CN,1996-10-01,2021-07-14", "C-PAY-OLD,CN,1996-10-01,2021-07-15",
         "C-PAY", "hold on the same day", "the day before"),
        ("parameter.csv", "allowance_mode,LOCAL,,,,DEDUCT", "allowance_mode,LOCAL,,,,DEDUCTED",
         "allowance_mode", "accepted_values DEDUCT, THRESHOLD, NONE", "one of the accepted values"),
        ("fine_tier.csv", "excess_kg,over,1000", "excess_kg,over,1001",
         "F43-MASS-2", "to none of them", "opposite word"),
        ("gross_weight_limit.csv", "M3R,CN,2016-09-21,,3,3", "M3R,CN,2016-09-21,,2,3", "M2R", "same day", "older row"),
        ("gross_weight_limit.csv", "M6C,CN,2016-09-21,,", "M6C,CN,2016-09-21,2020-01-01,",
         "M6C", "missing_from 2020-01-02", "the day after"),
        ("procedure_clock.csv", "C-DECISION,CN,2021-07-15,,", "C-DECISION,CN,2021-07-15,2026-01-01,",
         "C-DECISION", "none takes the place", "its citation says so"),
    ],
)  # fmt: skip
def test_a_spoilt_line_is_named_with_file_line_rule_and_what_to_do(
    folder: Path, file: str, old: str, new: str, rule: str, says: str, next_step: str
) -> None:
    line = spoil(folder, file, old, new)
    found = json.loads(heng("check", "--folder", str(folder), "--json", code=1))
    mine = [one for one in found if one["rule"] == rule and says in one["message"]]
    assert mine, found
    assert mine[0]["file"] == file
    assert next_step in mine[0]["next_step"]
    # Of two rows that contradict each other the first by number is named.
    if rule not in ("C-PAY", "M2R", "VOID-OTHER"):
        assert mine[0]["line"] == line
    told = heng("check", "--folder", str(folder), code=1)
    assert f"{file}:{mine[0]['line']} {rule}".rstrip() in told


@pytest.mark.parametrize(
    ("file", "number", "says"),
    [
        *(("gross_weight_limit.csv", number, f"missing_rule gross_weight {said},")
          for number, said in (("L2004-2", "2 rigid single"), ("L2004-6", "6 combination tandem"),
                               ("M3C", "3 combination tandem"), ("M5C", "5 combination single"),
                               ("M6C-1", "6 combination single"), ("REG", "1 agricultural single"))),
        ("gross_weight_modifier.csv", "AIR", "missing_rule AIR rigid)"),
        ("procedure_clock.csv", "C-HANDOVER", "missing_rule clock handover)"),
        ("fine_tier.csv", "F43-DIM-1", "missing_rule fine over_dimension any any 1 any)"),
        ("parameter.csv", "hazard_confidence", "missing_rule parameter hazard_confidence)"),
        ("kpi_scheme.csv", "local,bus,CN,,,speed_limit_kmh", "missing_rule monitoring local speed_limit_kmh bus)"),
    ],
)  # fmt: skip
def test_a_deleted_line_is_told_with_its_file_and_what_is_missing(
    folder: Path, file: str, number: str, says: str
) -> None:
    path = folder / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{number},")]
    assert len(kept) == len(lines) - 1
    path.write_text("".join(kept), encoding="utf-8")
    found = json.loads(heng("check", "--folder", str(folder), "--json", code=1))
    assert [(one["file"], one["line"]) for one in found if says in one["message"]] == [(file, 0)], found


def test_lines_are_counted_where_a_text_runs_over_several(folder: Path) -> None:
    spoil(folder, "void_code.csv", "图像不清，", '"图像不清\n"')
    # the quoted text ends early: what follows is no CSV any more
    found = json.loads(heng("check", "--folder", str(folder), "--json", code=1))
    assert found[0]["file"] == "void_code.csv"
    folder_again = folder / "void_code.csv"
    folder_again.write_bytes((rule_files.SEEDS / "void_code.csv").read_bytes())
    spoil(folder, "void_code.csv", "车辆被盗抢期间", '"车辆\n被盗抢期间"')
    line = spoil(folder, "void_code.csv", "VOID-OTHER,LOCAL", "VOID-OTHER,MOON")
    found = json.loads(heng("check", "--folder", str(folder), "--json", code=1))
    assert [(one["line"], one["rule"]) for one in found] == [(line, "VOID-OTHER")]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "missing"), ("规则".encode("gb18030"), "no UTF-8"), (b"\xef\xbb\xbfrule_id\n", "byte order mark"),
        (b"", "heading"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(folder: Path, data: bytes | None, says: str) -> None:
    path = folder / "licence_verb.csv"
    path.unlink() if data is None else path.write_bytes(data)
    found = json.loads(heng("check", "--folder", str(folder), "--json", code=1))
    assert [(one["file"], says in one["message"]) for one in found] == [("licence_verb.csv", True)]


def test_files_number_their_rules_as_the_rulebook_does() -> None:
    rows, wrong = rule_files._read(rule_files.SEEDS)
    assert wrong == []
    by_files = sorted(rule_files.rule_no(row) for told in rows.values() for _, row in told)
    assert by_files == sorted(rule_files.Files().read("select rule_no from mart.rule")["rule_no"])
