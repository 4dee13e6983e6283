"""What is planted in the tracked vehicles of a tiny prefecture is found, and little else: recall and precision. The
indicators are those of a plain computation over the true points.

Landed and built without files of a warehouse; ``tests/benchmarks/bench_findings.py`` prints the same of a whole build.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import kpi_reference as reference
import landed
import pandas as pd
import pyarrow.parquet as pq
import pytest
from finding_truth import Compared, Truth, compared, tables_of

from etl.demo.generate import generate
from etl.demo.world import SCALES, World
from etl.feeds import raw_tables
from warehouse import sql
from warehouse.kpi import KPIS, MONITORED, kpis

Built = tuple[Truth, duckdb.DuckDBPyConnection]
LAST = date(2025, 12, 31)
TOPICS = ("captures", "passages", "registers", "sites")
MODELS = [
    "core.driving_span", "core.offline_displacement", "core.overspeed_event", "mart.alarm_handling",
    "mart.platform_link_day", "mart.post_check", "mart.terminal_finding", "mart.vehicle_day",
]  # fmt: skip


@pytest.fixture(scope="module")
def prefecture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The truth, and the models that find something, built from ten days' deliveries."""
    folder = tmp_path_factory.mktemp("prefecture")
    generate(World(7, SCALES["tiny"], LAST - timedelta(days=9), LAST, traffic=0.2), folder, TOPICS)
    connection = landed.inbox(folder)
    sql.run_models(connection, raw_tables(), names=MODELS)
    yield Truth(folder / "truth"), connection
    connection.close()


@pytest.fixture(scope="module")
def told(prefecture: Built) -> dict[str, Compared]:
    truth, connection = prefecture
    return {
        each.kind: each
        for each in compared(truth, lambda query: connection.execute(query).fetchall(), tables_of(connection))
    }


def test_every_kind_is_planted_and_nothing_planted_is_missed(told: dict[str, Compared]) -> None:
    planted = {kind: len(each.wanted) for kind, each in told.items()}
    assert planted == {
        "gap, 5 km away": 9, "gap, by day": 9, "drift, by day": 3, "overspeed": 6, "fatigue": 3,
        "dawn driving, by day": 3, "copied_track": 12, "constant_speed": 3, "teleport": 3, "shared_phone": 3,
        "scale_silent": 13, "scale_parked": 26, "scale_elsewhere": 5,
    }  # fmt: skip
    assert {kind: [str(span) for span in each.missed] for kind, each in told.items() if each.missed} == {}


def test_no_vehicle_is_accused_but_one_whose_phone_is_shared(told: dict[str, Compared], prefecture: Built) -> None:
    """Of two tracks under one phone the longer says where the vehicle is: where it pauses, a gap is seen."""
    (shared,) = prefecture[0].rows("cloned_terminal")
    false = {kind: {span.subject for span in each.false} for kind, each in told.items() if each.false}
    assert false == {kind: {shared["plate_no"]} for kind in ("gap, 5 km away", "gap, by day")}
    found = [len(each.found) for each in told.values()]
    assert sum(len(each.false) for each in told.values()) < 0.05 * sum(found)


def test_points_that_drift_are_those_that_were_moved(prefecture: Built) -> None:
    """Of a jump for three points the first counts, and the first behind it: three points may be where it was."""
    truth, connection = prefecture
    expected = Counter[tuple[str, date]]()
    for row in truth.stretches("drift", "abroad"):
        expected[row["plate_no"], row["from_at"].date()] += min(row["points"], 2)
    plates = sorted({plate for plate, _ in expected})
    query = "select plate_no, event_date, drift_point_count from mart.vehicle_day where has_drift and plate_no in ?"
    found = connection.execute(query, [plates]).fetchall()
    assert {(plate, day): count for plate, day, count in found} == expected
    assert set(expected.values()) == {6}


def test_a_copied_track_names_whose_it_was(prefecture: Built) -> None:
    truth, connection = prefecture
    told = {
        (row["plate_no"], row["from_at"].date(), row["other_plate_no"])
        for row in truth.rows("cross_finding")
        if row["finding_kind"] == "copied_track"
    }
    query = "select plate_no, event_date, other_plate_no from mart.terminal_finding where finding_kind = 'copied_track'"
    assert set(connection.execute(query).fetchall()) == told
    assert sum(plate != other for plate, _, other in told) == 3


def test_passages_and_short_silences_that_contradict_nothing_are_no_findings(prefecture: Built) -> None:
    """A tunnel of four minutes, and the passages of all other tracked vehicles."""
    truth, connection = prefecture
    found = connection.execute("select plate_no, passage_record_id from mart.terminal_finding").fetchall()
    accused = {plate for plate, _ in found}
    tunnels = {row["plate_no"] for row in truth.stretches("tunnel")}
    assert len(tunnels) == 1
    assert not tunnels & accused
    seen = connection.execute(
        """select count(*), count(distinct passage.plate_no) from core.passage as passage
        inner join mart.vehicle_day as day
            on day.event_date = passage.passed_date and day.plate_no = passage.plate_no
            and day.plate_color_code = passage.plate_color_code"""
    ).fetchall()
    assert seen[0][0] > 5 * sum(record is not None for _, record in found) > 0
    assert seen[0][1] > 20


class _Source:
    """The built tables as ``warehouse.kpi`` reads them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def read(self, query: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        return self.connection.execute(query, dict(parameters or {})).df()


def _true_points(truth: Truth) -> dict[str, list[reference.Point]]:
    """Points by phone as they reach the platform. One without a time is of the day of its capture: sent again under its
    serial it is the same record, under another nobody can tell."""
    again = {
        (row["delivery"], row["byte_offset"])
        for row in pq.read_table(truth.folder / "capture_damaged").to_pylist()
        if row["fault"] == "resent_same_serial"
    }
    found = defaultdict(list)
    for row in pq.read_table(truth.folder / "capture_position").to_pylist():
        at = row["recorded_at"]
        sent = datetime.strptime(row["delivery"].split("_")[2][:8], "%Y%m%d").date()
        if at is None and (row["delivery"], row["byte_offset"]) in again:
            continue
        found[row["terminal_phone"]].append(reference.Point(
            at, row["latitude"], row["longitude"], row["terminal_speed_kmh"], row["heading_deg"], row["altitude_m"],
            bool(row["status_flags"] & 2), origin=row["report_origin"], day=at.date() if at else sent,
        ))  # fmt: skip
    return found


def test_the_indicators_are_those_of_a_plain_computation_over_the_truth(prefecture: Built) -> None:
    truth, connection = prefecture
    points = _true_points(truth)
    days = sorted({point.day for each in points.values() for point in each if point.at})
    register = connection.execute(
        "select plate_no, plate_color_code, monitored_class, terminal_phone, valid_from, coalesce(valid_to, $last)"
        " from staging.monitored_vehicle where valid_from <= $last and coalesce(valid_to, $last) >= $first",
        {"first": days[0], "last": days[-1]},
    ).fetchall()
    above: Counter[str] = Counter()
    below: Counter[str] = Counter()
    vehicles = {(plate, color) for plate, color, kind, *_ in register if kind in MONITORED}
    for vehicle in vehicles:
        spans = [row[2:] for row in register if row[:2] == vehicle]
        counted: Counter[str] = Counter()
        for day in days:
            spans_then = [span for span in spans if span[2] <= day <= span[3]]
            if not spans_then:
                continue
            kind, phone, *_ = max(spans_then, key=lambda span: span[2])
            rules = reference.DANGEROUS if kind == "dangerous_goods" else reference.COACH
            seen = [point for point in points.get(phone, []) if day - timedelta(1) <= point.day <= day]
            own = [point for point in reference.once(seen) if point.day == day]
            valid = sum(reference.fault(point) is None for point in own)
            drift = sum(point.day == day for point in reference.drifting(reference.usable(seen), rules))
            drift += sum(reference.fault(point) == "position" and point.has_fix for point in own)
            total, complete, moved = reference.distances(seen, day, rules)
            drive = reference.driving(seen, day, rules)
            events = reference.overspeeds(seen, rules)
            counted.update(
                days=1, received=len(own), valid=valid, drifted=bool(valid and drift), total=total, complete=complete,
                certain=drive.certain, possible=drive.possible, dawn=kind != "dangerous_goods" and drive.dawn >= 60,
                over=sum(run.confirmed is not None and run.confirmed.date() == day for run in events),
                moved=moved if kind == "dangerous_goods" else 0,
            )  # fmt: skip
        if not counted["days"]:
            continue
        online, is_coach = bool(counted["valid"]), any(span[0] != "dangerous_goods" for span in spans)
        above.update(
            network_rate=online, online_rate=online, track_completeness=counted["complete"],
            data_validity=counted["valid"], drift_rate=bool(counted["drifted"]),
            overspeed_per_vehicle=counted["over"], fatigue_hours=counted["certain"],
            fatigue_hours_possible=counted["possible"], dawn_driving=bool(counted["dawn"]),
            offline_displacement=counted["moved"],
        )  # fmt: skip
        below.update(
            network_rate=1, online_rate=online, track_completeness=counted["total"], data_validity=counted["received"],
            drift_rate=online, overspeed_per_vehicle=online, fatigue_hours=online, fatigue_hours_possible=online,
            dawn_driving=online and is_coach, offline_displacement=online and not is_coach,
        )  # fmt: skip
    frame = kpis(_Source(connection), days[0], days[-1])
    told = {row.kpi: (row.numerator, row.denominator) for row in frame.itertuples()}
    wanted = {kpi.name for kpi in KPIS.values() if kpi.table == "mart.vehicle_day"}
    assert {name: told[name] for name in wanted} == {name: (above[name], below[name]) for name in wanted}
    assert all(above[name] for name in wanted), "each indicator has something to count"
