"""``heng repeat-violators``: lists with their window, basis, thresholds and acts, and what is refused with the next
step."""

import csv
import io
import json
import stat
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from landed import Tables
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from etl.feeds import raw_tables
from warehouse import connection, sql
from warehouse.errors import WarehouseError

DAYS = ("2025-02-01", "2025-05-01", "2025-08-01", "2025-11-01")
ACTS = (
    # plate, day, decided, ratio, ended
    *(("湘MR0001", day, True, 0.2, None) for day in DAYS),
    *(("湘MR0002", day, True, 0.2, None) for day in DAYS[:3]),
    ("湘MR0002", "2025-12-01", False, 0.2, None),
    ("湘MR0002", "2025-12-02", True, 0.1, None),
    ("=湘MR03", "2025-06-01", True, 0.2, None),
    ("湘MR0004", "2025-06-01", True, 0.2, "withdrawn"),
)


def _driver(plate: str) -> str:
    return f"43110000{plate[-2:]}"


DRIVERS = (_driver("湘MR0001"), _driver("湘MR0002"))


class Served(Tables):
    """Some acts, read as a published version is."""

    version = 7
    manifest = {"data_until": "2025-12-31"}  # noqa: RUF012

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        names = ["core.violation", "staging.vehicle", "staging.driver_certificate", "staging.enterprise"]
        sql.run_models(self.connection, raw_tables(), names=names)
        for number, (plate, day, decided, ratio, ended) in enumerate(ACTS):
            row: dict[str, Any] = {
                "plate_no": plate, "plate_color_code": 2, "violated_at": f"{day} 08:00:00", "violated_on": day,
                "case_no": f"A{number}", "county_code": "431103", "is_elsewhere": False, "driver_no": _driver(plate),
                "driver_certificate_no": _driver(plate), "uscc": "U1", "filed_on": day, "case_state": "closed",
                "decided_on": day if decided else None, "excess_ratio": ratio,
                "excess_ratio_after_allowance": ratio, "counted_ratio": 0.1, "accuracy_class": "5",
                "allowance_kg": 2_500, "excess_after_allowance_kg": 900,
                "ended_state": ended, "flags": "", "is_permitted": False, "record_id": f"r{number}",
                "delivery_id": "d", "source_line": number + 2, "act_code": "over_mass",
            }  # fmt: skip
            marks = ", ".join("?" * len(row))
            self.connection.execute(f"insert into core.violation ({', '.join(row)}) values ({marks})", [*row.values()])
        self.connection.execute(
            "insert into staging.enterprise by name select 'U1' as uscc, '示例一运' as enterprise_name,"
            " date '2020-01-01' as valid_from, 'e1' as record_id"
        )
        self.connection.execute(
            "insert into staging.vehicle by name select 'V' || n as plate_no, 2 as plate_color_code,"
            " '示例一运' as enterprise_name, date '2020-01-01' as valid_from, 'v' || n as record_id"
            " from range(40) as t(n)"
        )


@pytest.fixture(scope="module")
def served() -> Served:
    return Served()


@pytest.fixture(autouse=True)
def snapshot(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "snapshot", lambda: served)


def run(*arguments: str) -> str:
    rolling = () if "--window" in arguments else ("--window", "ROLLING_12M")
    done = CliRunner().invoke(app, ["repeat-violators", *arguments, *rolling])
    if done.exception:
        raise done.exception
    return done.stdout


def document(*arguments: str) -> dict[str, Any]:
    return json.loads(run("--format", "json", *arguments))


def test_the_list_begins_with_the_warning_and_says_how_it_is_counted() -> None:
    told = run("--lang", "zh")
    assert "多次超限名单：车辆，截至 2025-12-31，版本 7" in told
    assert "湘MR0001" in told
    assert "湘MR0002" in told
    assert "=湘MR03" not in told
    assert "预警（累计3次）" in told
    assert "超过3次" in told
    assert "2 个车辆，其中超过法定门槛 1 个，差一次 1 个。" in told
    for name in ("近12个月 ROLLING_12M", "违法日期 VIOLATION", "repeat_statutory_over = 3", "[C1]", "[M-] · 未核实"):
        assert name in told
    assert "吊销" not in told
    assert "revoke" not in run()


def test_a_document_has_counted_and_not_counted_acts_with_their_reasons() -> None:
    told = document()
    assert (told["as_of"], told["subject"], told["version"]) == ("2025-12-31", "vehicle", 7)
    assert (told["window"]["code"], told["window"]["is_unverified"]) == ("ROLLING_12M", True)
    over, warned = told["subjects"]
    assert (over["count"], over["tier"], over["trigger_on"], over["lapses_on"]) == (
        4, "statutory", "2025-11-01", "2026-02-01",
    )  # fmt: skip
    assert (warned["count"], warned["tier"], warned["is_one_away"], warned["pending"]) == (3, "warning", True, 1)
    assert [act["case_no"] for act in warned["counted"]] == ["A4", "A5", "A6"]
    assert {act["case_no"]: act["reason"] for act in warned["not_counted"]} == {"A7": "undecided", "A8": "ratio"}
    confidence = {row["parameter"]: row["is_unverified"] for row in told["thresholds"]}
    assert confidence["repeat_statutory_over"] is False
    assert confidence["repeat_excess_ratio"] is True
    (allowance,) = [row for row in told["thresholds"] if row["parameter"] == "allowance_mode"]
    assert (allowance["value"], allowance["unit"], allowance["is_unverified"]) == ("DEDUCT", None, True)
    assert any("allowance_mode = DEDUCT" in note and "[P] · unverified" in note for note in told["notes"])
    below = next(act for act in warned["not_counted"] if act["case_no"] == "A8")
    assert (below["accuracy_class"], below["allowance_kg"], below["excess_after_allowance_kg"]) == ("5", 2_500, 900)


def test_without_a_window_the_list_is_the_statutes_as_the_parameter_says() -> None:
    done = CliRunner().invoke(app, ["repeat-violators", "--format", "json"])
    told = json.loads(done.stdout)
    assert (told["window"]["code"], told["basis"]["code"], told["decisions_required"]) == (
        "ANNIVERSARY", "VIOLATION", True,
    )  # fmt: skip


def test_a_list_of_vehicles_names_no_driver_and_no_owner() -> None:
    told = document("--min-count", "0")
    acts = [act for one in told["subjects"] for act in (*one["counted"], *one["not_counted"])]
    assert acts
    assert not {"driver_no", "driver_certificate_no", "uscc", "case_state"} & set().union(*acts)
    assert not any(number in json.dumps(told) for number in DRIVERS)


def test_a_day_before_the_statute_is_refused_with_the_first_one() -> None:
    with pytest.raises(WarehouseError, match="as of days from 2011-07-01 on"):
        run("--as-of", "2011-06-30")
    assert document("--as-of", "2011-07-01")["subjects"] == []


def test_another_window_day_and_count() -> None:
    assert [one["count"] for one in document("--as-of", "2025-10-31")["subjects"]] == [3, 3]
    assert [one["count"] for one in document("--min-count", "1")["subjects"]] == [4, 3, 1]
    assert [one["count"] for one in document("--min-count", "0", "--as-of", "2025-12-31")["subjects"]] == [4, 3, 1, 0]
    assert [one["count"] for one in document("--undecided")["subjects"]] == [4, 4]
    assert [one["key"]["plate_no"] for one in document("--one-away")["subjects"]] == ["湘MR0002"]
    cycle = document("--window", "ANNIVERSARY")["subjects"][0]
    assert (cycle["window"], cycle["has_no_first_issue"]) == ("ROLLING_12M", True)
    assert document("--as-of", "2026-06-30")["notes"][-2].startswith("Data end on 2025-12-31, before the day")


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_drivers_are_masked_where_they_are_printed_and_whole_in_a_file_of_its_owner(form: str, tmp_path: Path) -> None:
    asked = ("--subject", "driver", "--format", form)
    printed = run(*asked)
    assert "4311·***001" in printed
    assert not any(number in printed for number in DRIVERS)
    kept = tmp_path / "drivers"
    run(*asked, "--out", str(kept))
    assert all(number in kept.read_text(encoding="utf-8") for number in DRIVERS)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_an_enterprise_is_told_by_its_share() -> None:
    (one,) = document("--subject", "enterprise")["subjects"]
    assert (one["count"], one["fleet"], one["ratio"], one["tier"], one["is_one_away"]) == (3, 40, 0.075, "watch", False)
    told = run("--subject", "enterprise", "--window", "CALENDAR")
    assert "repeat_enterprise_ratio = 0.1" in told
    assert "7.50 %" in told
    assert "repeat_count" not in told


def test_a_csv_has_one_row_an_act_and_no_formula() -> None:
    told = run("--format", "csv", "--min-count", "1")
    rows = list(csv.DictReader(io.StringIO(told)))
    assert len(rows) == len(ACTS) - 1, "the vehicle whose only act was withdrawn has no count"
    assert {row["subject"] for row in rows} == {"湘MR0001", "湘MR0002", "'=湘MR03"}
    assert {(row["case"], row["counts"], row["why"]) for row in rows} >= {
        ("A0", "yes", "counts"), ("A7", "no", "no decision yet"), ("A8", "no", "not above the ratio"),
    }  # fmt: skip
    assert {row["as of"] for row in rows} == {"2025-12-31"}
    assert all("repeat_statutory_over = 3 [C1]" in row["thresholds"] for row in rows)
    assert all("allowance_mode = DEDUCT [P]; repeat_merge_hours = 24 h [P]" in row["thresholds"] for row in rows)
    assert {(row["allowance (kg)"], row["excess after the allowance (kg)"]) for row in rows} == {("2500", "900")}


def test_files_say_what_they_are(tmp_path: Path) -> None:
    book = tmp_path / "repeat.xlsx"
    assert run("--format", "xlsx", "--out", str(book), "--lang", "zh") == ""
    opened = CalamineWorkbook.from_path(str(book))
    assert opened.sheet_names == ["名单", "违法", "说明"]
    listed, acts, notes = [opened.get_sheet_by_name(name).to_python() for name in opened.sheet_names]
    assert (len(listed), len(acts)) == (3, 10)
    assert any(isinstance(cell, date) for cell in listed[1])
    assert "未核实" in "\n".join(" ".join(map(str, row)) for row in notes)
    assert notes[0][0] == "多次超限名单：车辆，截至 2025-12-31，版本 7"
    plain = tmp_path / "repeat.csv"
    run("--format", "csv", "--out", str(plain))
    assert plain.read_bytes().startswith(b"\xef\xbb\xbf")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (book, plain)} == {0o600}, "plates are for the owner only"
    assert {path.name for path in tmp_path.iterdir()} == {"repeat.xlsx", "repeat.csv"}
    table = tmp_path / "repeat.txt"
    run("--out", str(table))
    assert "\x1b[" not in table.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--subject", "plate"), "vehicle, driver, enterprise"),
        (("--window", "YEAR"), "ROLLING_12M, ANNIVERSARY, CALENDAR"),
        (("--basis", "FILING"), "VIOLATION, DECISION"),
        (("--format", "pdf"), "table, csv, json, xlsx"),
        (("--lang", "fr"), "zh, en"),
        (("--as-of", "31.12.2025"), "Write YYYY-MM-DD"),
        (("--as-of", "2025-02-30"), "Write YYYY-MM-DD"),
        (("--format", "xlsx"), "--out repeat.xlsx"),
        (("--out", "/no/such/folder/list.txt"), "in a folder that exists"),
        (("--format", "xlsx", "--out", "/no/such/folder/list.xlsx"), "in a folder that exists"),
    ],
)
def test_what_cannot_be_done_names_what_can(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(HengError, match=says):
        run(*arguments)


def test_a_version_from_before_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Served()
    old.connection.execute("alter table core.violation drop column ended_state")
    empty = Tables(duckdb.connect())
    empty.manifest = Served.manifest  # type: ignore[attr-defined]
    for version in (old, empty):
        monkeypatch.setattr(connection, "snapshot", lambda version=version: version)
        with pytest.raises(HengError, match=r"before repeated acts were counted\. Run 'heng build'"):
            run()


def test_an_empty_list_says_so_with_its_conditions() -> None:
    told = run("--min-count", "9")
    assert "Nobody answers these conditions." in told
    assert "as of 2025-12-31, version 7" in told
    assert "repeat_statutory_over" in told
