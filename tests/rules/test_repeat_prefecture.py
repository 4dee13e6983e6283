"""The repeat rule over a tiny prefecture's year: the engine counts what was planted, and what a plain count over the
delivered facts says, for every subject, window and several days.

Cases, decisions, steps, registers and permits are taken as delivered in the end; masses, limits, certificates and what
was unladen from the generator's truth, never from a model. What a year of the prefecture does not have, so that every
reason and tier occurs, is planted in its deliveries (``plant``).
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import duckdb
import landed
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import repeat_reference as reference
from repeat_reference import Case, Permit, Span, Weighed, World

from etl.demo import cases, passages, sites
from etl.demo.fleet import KINDS, SINGLE_TYRE_KG
from etl.demo.generate import topics
from etl.demo.world import SCALES, Delivery, morning_after
from etl.demo.world import World as Prefecture
from etl.feeds import raw_tables
from warehouse import sql
from warehouse.repeat import BASES, REASONS, SUBJECTS, TIERS, WINDOWS, Question, Standing, standings

YEAR = (date(2025, 1, 1), date(2025, 12, 31))
DAYS = (date(2025, 4, 30), date(2025, 9, 1), date(2025, 12, 15), YEAR[1])
READINGS = [*((window, basis, False) for window in WINDOWS for basis in BASES), ("ROLLING_12M", "DECISION", True)]
"""Window, basis, and whether only a decision against the subject itself counts."""
TOPICS = ("cases", "registers", "sites", "weighing")
MODELS = (
    "core.violation", "core.vehicle_violation_span", "staging.vehicle", "staging.driver_certificate",
    "staging.enterprise", "staging.enforcement_case", "staging.penalty_decision", "staging.case_event",
    "staging.oversize_permit",
)  # fmt: skip


@dataclass(frozen=True)
class Passed:
    """A passage as it was sent, with the limits (kg) that may be meant for its vehicle by what was sent and registered:
    the numbers are the generator's own (``etl.demo.fleet``)."""

    check_no: str
    plate: str
    color: int
    site: str
    lane: str
    at: datetime
    gross: int
    low: int
    high: int


class Built(landed.Tables):
    """The prefecture, its models as a ``Source``, and its passages of plates in cases as the truth has them."""

    def __init__(self, prefecture: Prefecture, passed: list[Passed], connection: duckdb.DuckDBPyConnection) -> None:
        self.prefecture, self.passed, self.connection = prefecture, passed, connection
        self.kept: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def rows(self, query: str, params: Any = None) -> list[dict[str, Any]]:
        """Read once: every window and basis asks for the same rows."""
        key = (query, repr(params))
        if key not in self.kept:
            self.kept[key] = super().rows(query, params)
        return self.kept[key]

    def standings(self, question: Question) -> dict[tuple[object, ...], Standing]:
        return {one.key: one for one in standings(self, question)}


CODES = ("12", "15", "115", "125", "127", "155", "157")
"""Axle type codes that tell the kind of a vehicle that no register knows (``docs/rules.md``)."""


class Scales:
    """The truth of passages, limits and certificates."""

    def __init__(self, prefecture: Prefecture) -> None:
        self.fleet = prefecture.fleet
        self.registered: dict[tuple[str, int], list[tuple[date, date]]] = defaultdict(list)
        for row in sites.vehicle_spans(prefecture).to_pylist():
            vehicle = row["plate_no"], row["plate_color_code"]
            self.registered[vehicle].append((row["valid_from"], row["valid_to"] or date.max))
        self.device = {(row["site_code"], row["lane_code"]): row for row in prefecture.lanes.to_pylist()}
        self.known = {row["device_no"]: row for row in prefecture.devices.to_pylist()}
        self.verified: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in sites.certificates(prefecture, prefecture.last_day).to_pylist():
            self.verified[row["device_no"]].append(row)

    def limits(self, row: dict[str, Any]) -> tuple[int, int]:
        """The lowest and the highest limit of a passage. Two layouts do not tell which axles have single tyres, one of
        them no axle type either."""
        vehicle, day = row["vehicle"], row["passed_at"].date()
        kind = KINDS[self.fleet.kind[vehicle]]
        single = row["single_tyre_axle_count"] if row["layout"] == "wim_passage" else None
        less = SINGLE_TYRE_KG * (single or 0)
        spans = self.registered.get((row["plate_no"], row["plate_color_code"]), ())
        if any(first <= day <= last for first, last in spans):
            whole = int(self.fleet.limit_kg[vehicle]) + SINGLE_TYRE_KG * int(self.fleet.single_tyres[vehicle])
            return whole - less, whole - less
        code = None if row["layout"] == "wim_passage_preview" else row["axle_type_code"]
        if code in CODES:
            return kind.limit_kg - less, kind.limit_kg - less
        return kind.unknown_low_kg - less, kind.unknown_high_kg - less

    def certificate(self, site: str, lane: str, day: date) -> dict[str, Any] | None:
        """That of the lane's device on a day on which the lane and the device were in service."""
        placed = self.device[site, lane]
        device = self.known[placed["device_no"]]
        if not all(one["valid_from"] <= day <= (one.get("valid_to") or day) for one in (placed, device)):
            return None
        held = [one for one in self.verified[device["device_no"]] if one["valid_from"] <= day <= one["valid_to"]]
        return max(held, key=lambda one: one["valid_from"], default=None)

    def passed(self, table: pa.Table) -> list[Passed]:
        """Of rows of ``passages.true`` those that were sent with a plate and a weight."""
        found = []
        for row in table.filter(pc.and_(table["is_sent"], pc.invert(table["is_dead"]))).to_pylist():
            # One layout has no word for a farm vehicle's plate.
            color = 9 if row["layout"] == "wim_passage_preview" and row["plate_color_code"] == 91 else None
            low, high = self.limits(row)
            found.append(Passed(
                row["check_no"], row["plate_no"], color or row["plate_color_code"], row["site_code"], row["lane_code"],
                row["passed_at"], row["gross_vehicle_weight_kg"], low, high,
            ))  # fmt: skip
        return found


PLANTED_AT = datetime(2021, 9, 20, 10)


def plant(connection: duckdb.DuckDBPyConnection, passed: list[Passed], spared: set[str]) -> list[Passed]:
    """One case of each fate that the year does not have, of vehicles that play no part; passages that were added.

    Each is a case that would count: closed, of more than 10 % without the allowance.
    """
    weighed = {one.check_no: one for one in passed}
    rows = connection.execute(
        "select filed.case_no, filed.check_no, filed.plate_no, decision.decided_on from raw.enforcement_case as filed"
        " inner join raw.penalty_decision as decision using (case_no) where filed.row_fate = 'current'"
        " and filed.case_state = 'closed' and decision.row_fate = 'current' and decision.penalty_kind = 'fine'"
        " and filed.uscc is not null order by filed.case_no, decision.decision_no"
    ).fetchall()
    picked, used = [], set(spared)
    for case_no, check_no, plate, decided in rows:
        one = weighed.get(check_no)
        if one is not None and one.gross * 0.9 - one.high > one.high * 0.1 and plate not in used:
            used.add(plate)
            picked.append((case_no, one, decided))
    turns, added = iter(picked), list[Passed]()

    def case(**changes: str) -> tuple[str, Passed, date]:
        """The next case, with some of its columns changed; values are SQL."""
        number, one, decided = next(turns)
        sets = ", ".join(f"{name} = {value}" for name, value in changes.items())
        if sets:
            connection.execute(f"update raw.enforcement_case set {sets} where case_no = '{number}'")
        return number, one, decided

    def add(table: str, where: str, **changes: str) -> None:
        """A copy of a row, with other values."""
        replaced = ", ".join(f"{value} as {name}" for name, value in changes.items())
        connection.execute(
            f"insert into raw.{table} select * replace ({replaced}) from raw.{table}"
            f" where row_fate = 'current' and {where} limit 1"
        )

    case(act_code="'over_dimension'")
    case(county_code="'430102'")
    case(case_state="'void'")
    case(check_no="null")
    case(uscc="'91431100MA00000000'")
    number, one, decided = case()
    add("case_event", f"case_no = '{number}'", event_no="99", case_state="'revoked_by_review'",
        event_at=f"timestamp '{decided} 10:00:00' + interval 30 day", record_id=f"'{number}|99'")  # fmt: skip
    number, one, _ = case()
    add("oversize_permit", "true", permit_no="'P1'", record_id="'P1'", plate_no=f"'{one.plate}'",
        plate_color_code=str(one.color), permitted_mass_kg=str(one.gross), permitted_length_m="30.0",
        permitted_width_m="5.0", permitted_height_m="6.0", route="'全市道路'", valid_from=f"date '{one.at.date()}'",
        valid_to=f"date '{one.at.date()}'")  # fmt: skip
    number, one, _ = case()
    add("enforcement_case", f"case_no = '{number}'", case_no="'PLANTED-TRIP'", record_id="'PLANTED-TRIP'",
        violated_at=f"timestamp '{one.at}' + interval 1 minute")  # fmt: skip
    add("penalty_decision", f"case_no = '{number}' and penalty_kind = 'fine'", case_no="'PLANTED-TRIP'",
        decision_no="'PLANTED-TRIP'", record_id="'PLANTED-TRIP'")  # fmt: skip
    number, one, _ = next(
        told for told in turns
        if any(other.plate == told[1].plate and other.gross <= other.low and other.at < told[1].at for other in passed)
    )  # fmt: skip
    light = max((other for other in passed if other.plate == one.plate and other.gross <= other.low
                 and other.at < one.at), key=lambda other: other.at)  # fmt: skip
    connection.execute(
        f"update raw.enforcement_case set check_no = '{light.check_no}', violated_at = timestamp '{light.at}'"
        f" where case_no = '{number}'"
    )

    def as_sent() -> Passed:
        """The next case whose passage was sent in the layout with axle types."""
        return next(
            told[1] for told in turns
            if connection.execute(
                "select count(*) from raw.wim_passage where check_no = ? and axle_type_code = '157'"
                " and single_tyre_axle_count = 0", [told[1].check_no]
            ).fetchall() == [(1,)]
        )  # fmt: skip

    def copied(one: Passed, name: str, at: datetime, gross: int, site: str, lane: str, decided: date | None) -> None:
        """The passage again, at another time and place, and, where it was decided, its case."""
        add("wim_passage", f"check_no = '{one.check_no}'", check_no=f"'{name}'", record_id=f"'{name}'",
            passed_at=f"timestamp '{at}'", event_date=f"date '{at.date()}'", gross_vehicle_weight_kg=str(gross),
            site_code=f"'{site}'", lane_code=f"'{lane}'")  # fmt: skip
        added.append(Passed(name, one.plate, one.color, site, lane, at, gross, 49_000, 49_000))
        if decided is not None:
            filed = f"date '{at.date()}' + 2"
            of_case = f"check_no = '{one.check_no}'"
            add("enforcement_case", of_case, case_no=f"'{name}'", record_id=f"'{name}'", check_no=f"'{name}'",
                violated_at=f"timestamp '{at}'", found_on=filed, filed_on=filed)  # fmt: skip
            of_case = f"case_no in (select case_no from raw.enforcement_case where {of_case})"
            add("penalty_decision", f"{of_case} and penalty_kind = 'fine'", case_no=f"'{name}'",
                decision_no=f"'{name}'", record_id=f"'{name}'", decided_on=f"date '{decided}'")  # fmt: skip

    # An act of 6 % from before Hunan's 10 %, decided since.
    one = as_sent()
    copied(one, "PLANTED-2021", PLANTED_AT, 52_000, one.site, one.lane, date(2021, 10, 20))
    # Unladen between two acts of an evening: two trips.
    one = as_sent()
    for name, hours, gross in (("EMPTY", 2, 16_000), ("AGAIN", 4, 60_000)):
        at = one.at + timedelta(hours=hours)
        copied(one, f"PLANTED-{name}", at, gross, one.site, one.lane, YEAR[1] if name == "AGAIN" else None)
    # Days after the certificate of its device has run out.
    copied(as_sent(), "PLANTED-DEVICE", datetime(2025, 12, 20, 10), 60_000, "YZ11", "11", date(2025, 12, 28))
    return added


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
    told = cases.truth(prefecture)
    over = passages.over_limit_passages(prefecture)
    plates = pc.unique(over.filter(pc.is_in(over["check_no"], pc.unique(told["case"]["check_no"])))["plate_no"])
    scales, passed = Scales(prefecture), []
    for days in prefecture.months:
        truth = passages.true(prefecture, days)
        passed += scales.passed(truth.filter(pc.is_in(truth["plate_no"], plates)))
        for layout in passages.LAYOUTS:
            table = passages.as_sent(prefecture, truth, layout)
            plate = "plate_no" if "plate_no" in table.column_names else "plate_front_no"
            table = table.filter(pc.is_in(table[plate], plates))
            month = Delivery(layout, f"{layout}_{days[0]:%Y%m}", table, days[-1], morning_after(days[-1]))
            deliveries[layout].append(month)
    connection = duckdb.connect()
    for raw in raw_tables():
        if raw.name in deliveries:
            landed.without_bytes(connection, raw, deliveries[raw.name])
    passed += plant(connection, passed, set(told["repeat_violator"]["plate_no"].to_pylist()))
    sql.run_models(connection, raw_tables(), names=MODELS)
    return Built(prefecture, passed, connection)


@pytest.fixture(scope="module")
def facts(built: Built) -> World:
    """The plain facts: what was decided and when, by whom; masses, limits and certificates of the truth."""
    scales, by_number = Scales(built.prefecture), {one.check_no: one for one in built.passed}
    decisions, steps = defaultdict(list), defaultdict(list)
    for row in built.rows("select * from staging.penalty_decision"):
        decisions[row["case_no"]].append((row["decided_on"], row["penalty_kind"], row["subject_kind"]))
    for row in built.rows("select * from staging.case_event"):
        steps[row["case_no"]].append((row["event_at"], row["event_no"], row["case_state"]))
    found = []
    for row in built.rows("select * from staging.enforcement_case"):
        passage, weighed = by_number.get(row["check_no"]), None
        # Between two limits that may be meant nobody knows whether it is over.
        if passage is not None and not passage.low < passage.gross <= passage.high:
            certificate = scales.certificate(passage.site, passage.lane, passage.at.date())
            error = int(certificate["accuracy_class"]) if certificate else 0
            weighed = Weighed(passage.gross, passage.high, certificate is not None, error)
        found.append(Case(
            row["case_no"], row["plate_no"], row["plate_color_code"], row["violated_at"], row["found_on"],
            row["filed_on"], row["case_state"], row["procedure"] == "simple", row["county_code"],
            row["driver_certificate_no"], row["driver_id_hash"], row["uscc"], weighed,
            tuple(steps[row["case_no"]]), tuple(told[:2] for told in decisions[row["case_no"]]),
            tuple(told[2] for told in decisions[row["case_no"]]), row["act_code"].startswith("over_mass"),
        ))  # fmt: skip
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

    acting = {case.vehicle for case in found}
    unladen = [(one.plate, one.color, one.at) for one in built.passed
               if one.gross * 2 <= one.low and (one.plate, one.color) in acting]  # fmt: skip
    return World(
        tuple(found), tuple(permits), tuple(unladen),
        tuple((one.plate, one.at, one.gross > one.low) for one in built.passed),
        spans("staging.vehicle", "plate_no", "plate_color_code"),
        spans("staging.driver_certificate", "driver_certificate_no"), spans("staging.enterprise", "uscc"),
    )  # fmt: skip


def test_the_facts_are_taken_from_no_model() -> None:
    """Rows as delivered and the truth: nothing of core or mart, where the rule's own tables are made."""
    text = open(__file__, encoding="utf-8").read()  # noqa: SIM115
    body = text[text.index("def facts(") : text.index("def test_the_facts_are_taken")]
    assert set(re.findall(r"\b(staging|core|mart|seeds)\.", body)) == {"staging"}


@pytest.fixture(scope="module")
def compared(built: Built, facts: World) -> Callable[[str], tuple[set[str], set[str]]]:
    """Holds every standing of a subject to the plain count, once: the tiers and reasons that were among them."""

    @cache
    def compare(subject: str) -> tuple[set[str], set[str]]:
        tiers, reasons = set[str](), set[str]()
        for day in DAYS:
            for window, basis, own in READINGS:
                changed = {"repeat_own_decision": 1.0} if own else {}
                found = built.standings(Question(day, subject, window, basis, changed=changed))
                wanted = reference.answers(facts, subject, window, basis, day, own=own)
                assert set(found) <= set(wanted)
                for key, told in wanted.items():
                    asked = (key, day, window, basis, own)
                    if key not in found:  # its acts are too old for the list
                        assert (told.count, told.pending, told.previous or 0) == (0, 0, 0), asked
                        continue
                    one = found[key]
                    assert {judged.act.case_no: judged.reason for judged in one.acts} == told.reasons, asked
                    assert (one.count, one.tier, one.window, one.has_no_first_issue) == (
                        told.count, told.tier, told.window, told.missing
                    ), asked  # fmt: skip
                    assert (one.trigger_on, one.lapses_on, one.pending, one.previous_count, one.fleet) == (
                        told.trigger, told.lapse, told.pending, told.previous, told.fleet
                    ), asked  # fmt: skip
                    tiers.add(one.tier)
                    reasons |= {reason for reason in told.reasons.values() if reason is not None}
        return tiers, reasons

    return compare


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_has_the_counts_of_a_plain_count(
    compared: Callable[[str], tuple[set[str], set[str]]], subject: str
) -> None:
    tiers, _ = compared(subject)
    assert tiers >= {"none", "watch", "statutory"}


def test_every_tier_and_every_reason_is_among_those_compared(
    compared: Callable[[str], tuple[set[str], set[str]]],
) -> None:
    tiers, reasons = (set().union(*sets) for sets in zip(*map(compared, SUBJECTS), strict=True))
    assert tiers == set(TIERS)
    assert reasons == set(REASONS)


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
