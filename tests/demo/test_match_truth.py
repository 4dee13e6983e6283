"""Fates, matches and suggestions of a tiny prefecture against its truth: equal where a plain computation tells them."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import landed
import match_truth
import numpy as np
import pytest

from etl.demo import cases, weighing
from etl.demo.planted import accuracy_classes
from etl.demo.screening import day64, over_limit, screened
from etl.demo.world import SCALES, World
from warehouse import fates
from warehouse import suggestions as plates

LAST = date(2025, 12, 31)
FIRST = LAST - timedelta(days=59)
Built = tuple[World, duckdb.DuckDBPyConnection, Path]


@pytest.fixture(scope="module")
def prefecture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("matched")
    world = World(7, SCALES["tiny"], FIRST, LAST, traffic=0.5)
    connection = match_truth.land(world, folder)
    match_truth.build(connection)
    yield world, connection, folder
    connection.close()


# --- what became of each finding -----------------------------------------------------------------
def _stage(found: cases.Cases, at: int) -> str:
    """How far a case came by the last day, by its true steps."""
    last = day64(LAST)
    if any(found.day(state)[at] <= last for state in ("no_penalty", "withdrawn", "transferred_other")):
        return "case_ended"
    if found.day("closed")[at] <= last:
        return "case_closed"
    return "case_decided" if found.decided[at] <= last else "case_filed"


def _overdue(looked: date) -> bool:
    """Whether seven days from Monday to Friday after the look are over."""
    day = looked
    while day.weekday() > 4:
        day -= timedelta(days=1)
    left = 7
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day < LAST


class Plain:
    """Fates by plain loops over what the generator knows; of the platform only what is over, and its flags."""

    def __init__(self, world: World, connection: duckdb.DuckDBPyConnection) -> None:
        over, looks, found = over_limit(world), screened(world), cases.cases(world)
        numbers = over["check_no"].tolist()
        self.case = {numbers[row]: _stage(found, at) for at, row in enumerate(found.row.tolist())}
        self.look = {
            numbers[row]: (looks.result[at], looks.void[at], looks.at[at].astype("M8[D]").astype(object))
            for at, row in enumerate(looks.row.tolist())
        }
        self.registered = dict(
            zip(world.vehicles["plate_no"].to_pylist(), world.vehicles["valid_from"].to_pylist(), strict=True)
        )
        self.classes = accuracy_classes(world)
        self.permits = weighing.permits(world).to_pylist()
        self.roads = {site["site_code"]: site["road_code"] for site in world.sites.to_pylist()}
        columns = (
            "check_no, record_id, site_code, plate_no, plate_color_code, passed_at, limit_kg, evidence_ok, flags,"
            " gross_vehicle_weight_kg"
        )
        rows = connection.execute(f"select {columns} from mart.finding").fetchall()
        self.findings = [dict(zip(columns.replace(" ", "").split(","), row, strict=True)) for row in rows]
        light = connection.execute(
            "select plate_no, plate_color_code, passed_at from core.passage where plate_no is not null"
            " and gross_vehicle_weight_kg <= limit_low_kg * 0.5"
        ).fetchall()
        self.light: dict[tuple[str, int], list[datetime]] = {}
        for plate, color, at in light:
            self.light.setdefault((plate, color), []).append(at)

    def _permitted(self, row: dict[str, Any]) -> bool:
        return any(
            permit["plate_no"] == row["plate_no"]
            and permit["plate_color_code"] == row["plate_color_code"]
            and permit["valid_from"] <= row["passed_at"].date() <= permit["valid_to"]
            and permit["permitted_mass_kg"] is not None
            and permit["permitted_mass_kg"] >= row["gross_vehicle_weight_kg"]
            and self.roads[row["site_code"]] in re.findall("[A-Z][0-9]+", permit["route"])
            for permit in self.permits
        )

    def _same_trip(self, row: dict[str, Any]) -> bool:
        for other in self.findings:
            if (
                other is row or row["plate_no"] is None or self.case.get(other["check_no"]) not in fates.FILED
                or (other["plate_no"], other["plate_color_code"]) != (row["plate_no"], row["plate_color_code"])
                or abs((other["passed_at"] - row["passed_at"]).total_seconds()) > 24 * 3_600
            ):  # fmt: skip
                continue
            begin, end = sorted((other["passed_at"], row["passed_at"]))
            if not any(begin < at < end for at in self.light.get((row["plate_no"], row["plate_color_code"]), [])):
                return True
        return False

    def fate(self, row: dict[str, Any]) -> tuple[str, str]:
        """Fate, and the void code of a void one."""
        result, void, looked = self.look.get(row["check_no"], ("none", None, None))
        if row["check_no"] in self.case:
            return self.case[row["check_no"]], ""
        if result == "void":
            return "void", void
        if result == "confirmed":
            return ("confirmed_overdue" if _overdue(looked) else "confirmed_waiting"), ""
        if self._permitted(row):
            return "permitted", ""
        if self._same_trip(row):
            return "same_trip", ""
        if row["plate_no"] is None:
            return "plate_unread", ""
        if not row["evidence_ok"]:
            return "not_evidence", ""
        issued = self.registered.get(row["plate_no"])
        if issued is None or issued > row["passed_at"].date():
            return "not_registered", ""
        # What the scale may err by: 5 or 10 % of the weight by its class, in whole kilograms, rounded up.
        gross, limit = row["gross_vehicle_weight_kg"], row["limit_kg"]
        left = gross + -gross * int(self.classes[row["site_code"]]) // 100 - limit
        return ("below_counted_ratio" if left * 10 <= limit else "nothing_recorded"), ""


ASKED = fates.Asked(FIRST, LAST, LAST)


def test_each_finding_has_the_fate_a_plain_computation_over_the_truth_gives_it(prefecture: Built) -> None:
    world, connection, _ = prefecture
    plain = Plain(world, connection)
    expected = {row["record_id"]: plain.fate(row) for row in plain.findings}
    told = fates.rows(landed.Tables(connection), ASKED)
    found = {
        row.record_id: (row.fate, row.fate_detail if row.fate == "void" else "") for row in told.itertuples()
    }  # fmt: skip
    assert {key: (found.get(key), fate) for key, fate in expected.items() if found.get(key) != fate} == {}
    assert len(found) == len(expected) == len(told)
    seen = Counter(fate for fate, _ in expected.values())
    absent = {"case_noted", "case_near", "below_case_threshold", "pending"}
    assert set(fates.FATES) - set(seen) <= absent | {"case_ended", "permitted"}, "the prefecture has every other fate"


@pytest.mark.parametrize("by", fates.BY)
def test_the_counts_add_up_to_the_findings_whatever_they_are_grouped_by(prefecture: Built, by: str) -> None:
    _, connection, _ = prefecture
    memory = landed.Tables(connection)
    (total,) = connection.execute("select count(*) from mart.finding").fetchall()[0]
    counts = fates.counts(memory, ASKED, by)
    assert counts["finding_count"].sum() == total
    assert set(counts["fate"]) <= set(fates.FATES)


def test_periods_and_places_part_the_findings(prefecture: Built) -> None:
    """Two halves and all counties give the whole, fate by fate, but for findings of sites no register places."""
    _, connection, _ = prefecture
    memory = landed.Tables(connection)

    def by_fate(**changed: Any) -> Counter[str]:
        asked = {"first": FIRST, "last": LAST, "as_of": LAST} | changed
        frame = fates.counts(memory, fates.Asked(**asked))
        return Counter(dict(frame.groupby("fate")["finding_count"].sum()))

    half = FIRST + timedelta(days=29)
    assert by_fate(last=half) + by_fate(first=half + timedelta(days=1)) == by_fate()
    places = connection.execute("select distinct county_code from mart.finding").fetchall()
    parts = Counter[str]()
    for (county,) in places:
        parts += by_fate(county=county) if county else Counter()
    (lost,) = connection.execute("select count(*) from mart.finding where county_code is null").fetchall()[0]
    assert sum(by_fate().values()) - sum(parts.values()) == lost


# --- cases and their passages --------------------------------------------------------------------
def test_every_case_rests_on_the_passage_its_number_names(prefecture: Built) -> None:
    _, connection, folder = prefecture
    found = match_truth.case_passages(connection, folder, "core.case_passage")
    assert [(row.grade, row.reason) for row in found] == [("exact", "check_no")]
    assert found[0].right == found[0].count > 30
    registers = connection.execute(
        "select count(*) filter (vehicle_grade = 'exact'), count(*) filter (driver_grade = 'exact'),"
        " count(*) filter (enterprise_grade = 'exact'), count(*) from core.case_match"
    ).fetchall()[0]
    assert min(registers[:3]) > 0.3 * registers[3]


@pytest.mark.parametrize("shift_s", [0, 600, -1_200])
def test_without_numbers_no_near_match_is_wrong_and_most_cases_have_one(prefecture: Built, shift_s: int) -> None:
    _, connection, folder = prefecture
    match_truth.without_numbers(connection, shift_s)
    found = match_truth.case_passages(connection, folder, "temp.unnumbered")
    near = [row for row in found if row.grade == "near"]
    assert sum(row.right for row in near) == sum(row.count for row in near) > 0.9 * sum(row.count for row in found)


# --- plates that may be misread ------------------------------------------------------------------
def test_strong_suggestions_are_right_and_nearly_every_misread_plate_is_suggested(prefecture: Built) -> None:
    _, connection, folder = prefecture
    graded, misread = match_truth.suggestions(connection, folder)
    by_grade = {row.grade: row for row in graded}
    assert by_grade["strong"].count > 20
    assert by_grade["strong"].precision is not None
    assert by_grade["strong"].precision >= 0.98
    shown = [by_grade[grade] for grade in ("strong", "possible") if grade in by_grade]
    assert sum(row.right for row in shown) >= 0.85 * sum(row.count for row in shown)
    assert misread.findable > 40
    assert misread.recall is not None
    assert misread.recall >= 0.95


def test_no_plate_is_changed_by_a_suggestion(prefecture: Built) -> None:
    """Where suggestions lead nowhere: no model reads them."""
    from warehouse import sql

    readers = [name for name in sql.model_paths() if "mart.plate_suggestion" in sql.render(name).reads]
    assert readers == []


def test_a_plate_that_passed_on_other_days_too_is_told_so_and_monitored_vehicles_are_left_out(
    prefecture: Built,
) -> None:
    _, connection, _ = prefecture
    memory = landed.Tables(connection)
    asked = plates.Asked(FIRST, LAST, grades=plates.GRADES)
    rows = plates.rows(memory, asked, 10_000)
    assert len(rows) == plates.counts(memory, asked)["suggestion_count"].sum() > 40
    days = connection.execute("select plate_no, count(distinct passed_date) from core.passage group by 1").fetchall()
    counted = dict(days)
    assert [row.other_day_count for row in rows.itertuples()] == [
        counted[row.plate_no] - 1 for row in rows.itertuples()
    ]
    doubted = rows["plate_no"].iloc[0]
    connection.execute(
        "insert into staging.monitored_vehicle by name select ? as plate_no, ?::date as valid_from", [doubted, FIRST]
    )
    try:
        left = plates.rows(memory, asked, 10_000)
    finally:
        connection.execute(
            "delete from staging.monitored_vehicle where plate_no = ? and valid_from = ?", [doubted, FIRST]
        )
    assert doubted not in set(left["plate_no"])
    assert len(left) == len(rows) - int(np.sum(rows["plate_no"] == doubted))
