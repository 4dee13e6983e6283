"""The repeat rule over a tiny prefecture's year: the engine counts what was planted, and what a plain count over the
delivered facts says, for every subject, window and several days.

Cases, decisions, steps, registers and permits are taken as delivered in the end, masses from the truth.
"""

from collections import defaultdict
from datetime import date
from typing import Any

import duckdb
import landed
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import repeat_reference as reference
from repeat_reference import Case, Permit, Span, Weighed, World

from etl.demo import cases, passages
from etl.demo.generate import topics
from etl.demo.planted import accuracy_classes
from etl.demo.world import SCALES, Delivery, morning_after
from etl.demo.world import World as Prefecture
from etl.feeds import raw_tables
from warehouse import sql
from warehouse.repeat import BASES, SUBJECTS, WINDOWS, Question, Standing, standings

YEAR = (date(2025, 1, 1), date(2025, 12, 31))
DAYS = (date(2025, 4, 30), date(2025, 9, 1), date(2025, 12, 15), YEAR[1])
TOPICS = ("cases", "registers", "sites", "weighing")
MODELS = (
    "core.violation", "core.vehicle_violation_span", "staging.vehicle", "staging.driver_certificate",
    "staging.enterprise", "staging.enforcement_case", "staging.penalty_decision", "staging.case_event",
    "staging.oversize_permit", "core.lane_evidence",
)  # fmt: skip


class Built(landed.Tables):
    """The prefecture, its models as a ``Source``, and its facts."""

    def __init__(self, prefecture: Prefecture, over: pa.Table, connection: duckdb.DuckDBPyConnection) -> None:
        self.prefecture, self.over, self.connection = prefecture, over, connection
        self.kept: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def rows(self, query: str, params: Any = None) -> list[dict[str, Any]]:
        """Read once: every window and basis asks for the same rows."""
        key = (query, repr(params))
        if key not in self.kept:
            self.kept[key] = super().rows(query, params)
        return self.kept[key]

    def standings(self, question: Question) -> dict[tuple[object, ...], Standing]:
        return {one.key: one for one in standings(self, question)}


@pytest.fixture(scope="module")
def built() -> Built:
    """All but the passages of plates without a case: no model of the rule looks at those."""
    prefecture = Prefecture(20261122, SCALES["tiny"], *YEAR, nights=0, traffic=0.3)
    deliveries: dict[str, list[Delivery]] = defaultdict(list)
    needed = {table.removeprefix("raw.") for name in sql.in_order(MODELS) for table in sql.render(name).reads}
    for topic in TOPICS:
        for delivery in topics()[topic].deliveries(prefecture):
            if delivery.feed in needed:
                deliveries[delivery.feed].append(delivery)
    told = cases.truth(prefecture)["case"]
    over = passages.over_limit_passages(prefecture)
    plates = pc.unique(over.filter(pc.is_in(over["check_no"], pc.unique(told["check_no"])))["plate_no"])
    for days in prefecture.months:
        passed = passages.true(prefecture, days)
        for layout in passages.LAYOUTS:
            table = passages.as_sent(prefecture, passed, layout)
            plate = "plate_no" if "plate_no" in table.column_names else "plate_front_no"
            table = table.filter(pc.is_in(table[plate], plates))
            month = Delivery(layout, f"{layout}_{days[0]:%Y%m}", table, days[-1], morning_after(days[-1]))
            deliveries[layout].append(month)
    connection = duckdb.connect()
    for raw in raw_tables():
        if raw.name in deliveries:
            landed.without_bytes(connection, raw, deliveries[raw.name])
    sql.run_models(connection, raw_tables(), names=MODELS)
    return Built(prefecture, over, connection)


@pytest.fixture(scope="module")
def facts(built: Built) -> World:
    """The plain facts: what was decided and when, by whom; masses of the truth by check number."""
    over = {row["check_no"]: row for row in built.over.to_pylist()}
    lanes = built.rows("select site_code, lane_code, passed_date, certificate_no from core.lane_evidence")
    verified = {(row["site_code"], row["lane_code"], row["passed_date"]) for row in lanes if row["certificate_no"]}
    classes = {site: int(told) for site, told in accuracy_classes(built.prefecture).items()}
    decisions, steps = defaultdict(list), defaultdict(list)
    for row in built.rows("select * from staging.penalty_decision"):
        decisions[row["case_no"]].append((row["decided_on"], row["penalty_kind"], row["subject_kind"]))
    for row in built.rows("select * from staging.case_event"):
        steps[row["case_no"]].append((row["event_at"], row["event_no"], row["case_state"]))
    # The limit is the highest a vehicle may be judged by, which the truth of one that no register knows is not.
    limits = {row["check_no"]: row["limit_kg"] for row in built.rows("select check_no, limit_kg from mart.finding")}
    found, unladen = [], []
    for row in built.rows("select * from staging.enforcement_case"):
        passage, weighed = over.get(row["check_no"]), None
        if passage is not None and row["check_no"] in limits:
            lane = (passage["site_code"], passage["lane_code"], passage["passed_at"].date())
            weighed = Weighed(
                passage["gross_vehicle_weight_kg"], limits[row["check_no"]], lane in verified,
                classes[passage["site_code"]] if lane in verified else 0,
            )  # fmt: skip
        assert row["act_code"].startswith("over_mass")
        found.append(Case(
            row["case_no"], row["plate_no"], row["plate_color_code"], row["violated_at"], row["found_on"],
            row["filed_on"], row["case_state"], row["procedure"] == "simple", row["county_code"],
            row["driver_certificate_no"], row["driver_id_hash"], row["uscc"], weighed,
            tuple(steps[row["case_no"]]), tuple(told[:2] for told in decisions[row["case_no"]]),
            tuple(told[2] for told in decisions[row["case_no"]]),
        ))  # fmt: skip
    weighings = []
    for row in built.rows("select plate_no, plate_color_code, passed_at, gross_vehicle_weight_kg as gross,"
                          " limit_low_kg, verdict from core.passage where plate_no is not null"):  # fmt: skip
        weighings.append((row["plate_no"], row["passed_at"], row["verdict"] != "within"))
        if row["limit_low_kg"] and row["gross"] is not None and row["gross"] * 2 <= row["limit_low_kg"]:
            unladen.append((row["plate_no"], row["plate_color_code"], row["passed_at"]))
    permits = [
        Permit(row["plate_no"], row["plate_color_code"], row["permitted_mass_kg"], row["valid_from"], row["valid_to"])
        for row in built.rows("select * from staging.oversize_permit")
    ]

    def spans(table: str, *key: str) -> tuple[Span, ...]:
        return tuple(
            Span(tuple(row[name] for name in key), row["valid_from"], row["valid_to"], row["first_issue_date"],
                 row.get("enterprise_name"))
            for row in built.rows(f"select * from {table}")
        )  # fmt: skip

    acting, plates = {case.vehicle for case in found}, {case.plate for case in found}
    return World(
        tuple(found), tuple(permits), tuple(one for one in unladen if one[:2] in acting),
        tuple(one for one in weighings if one[0] in plates),
        spans("staging.vehicle", "plate_no", "plate_color_code"),
        spans("staging.driver_certificate", "driver_certificate_no"), spans("staging.enterprise", "uscc"),
    )  # fmt: skip


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_has_the_counts_of_a_plain_count(built: Built, facts: World, subject: str) -> None:
    seen = set()
    for day in DAYS:
        for window in WINDOWS:
            for basis in BASES:
                found = built.standings(Question(day, subject, window, basis))
                for key, told in reference.answers(facts, subject, window, basis, day).items():
                    one = found[key]
                    assert {judged.act.case_no: judged.reason for judged in one.acts} == told.reasons, (key, day)
                    assert (one.count, one.tier, one.window, one.has_no_first_issue) == (
                        told.count, told.tier, told.window, told.missing
                    ), (key, day, window, basis)  # fmt: skip
                    assert (one.trigger_on, one.lapses_on, one.pending, one.previous_count, one.fleet) == (
                        told.trigger, told.lapse, told.pending, told.previous, told.fleet
                    ), (key, day, window, basis)  # fmt: skip
                    seen.add(one.tier)
    assert seen >= {"none", "watch", "statutory"}


def test_vehicles_of_the_edge_stories_have_the_counts_that_were_planted(built: Built) -> None:
    """By each reading: the usual one, any excess, trips not merged, and the year of the permit."""
    truth = cases.truth(built.prefecture)["repeat_violator"].to_pylist()
    readings = {
        "counted": {}, "counted_any_excess": {"changed": {"repeat_excess_ratio": 0.0}},
        "counted_unmerged": {"changed": {"repeat_merge_hours": 0.0}}, "counted_cycle": {"window": "ANNIVERSARY"},
    }  # fmt: skip
    assert {row["counted"] for row in truth} >= {0, 2, 3, 4}
    for name, asked in readings.items():
        found = built.standings(Question(YEAR[1], **asked))  # type: ignore[arg-type]
        told = {(row["plate_no"], row["plate_color_code"]): row[name] for row in truth}
        assert {key: found[key].count for key in told} == told, name
        if name != "counted_unmerged":
            assert all(one.count <= 2 for key, one in found.items() if key not in told), name
    listed = built.standings(Question(YEAR[1]))
    assert sum(one.tier == "warning" for one in listed.values()) == built.prefecture.figure(400)


def test_planned_passages_of_decided_cases_are_among_the_acts(built: Built) -> None:
    planned: pa.Table = passages.truth(built.prefecture)["planned_passage"]
    moments = {(row["vehicle"], row["passed_at"]) for row in planned.to_pylist() if row["story"] == "four_in_year"}
    told = [
        row for row in cases.truth(built.prefecture)["repeat_violator"].to_pylist() if row["story"] == "four_in_year"
    ]
    found = built.standings(Question(YEAR[1]))
    for row in told:
        one = found[(row["plate_no"], row["plate_color_code"])]
        assert {judged.act.violated_at for judged in one.counted} <= {
            at for who, at in moments if who == row["vehicle"]
        }
        assert (one.tier, one.count) == ("statutory", 4)


def test_the_spans_of_the_report_card_are_the_engine_on_the_last_day(built: Built) -> None:
    spans = built.read(
        "select plate_no, plate_color_code, decided_count, case_count from core.vehicle_violation_span"
        " where $day between first_day and coalesce(last_day, $day)", {"day": YEAR[1]},
    )  # fmt: skip
    for column, require in (("decided_count", True), ("case_count", False)):
        found = built.standings(Question(YEAR[1], require_decision=require))
        counted = {(row.plate_no, row.plate_color_code): getattr(row, column) for row in spans.itertuples()}
        assert {key: n for key, n in counted.items() if n} == {
            key: one.count for key, one in found.items() if one.count
        }
