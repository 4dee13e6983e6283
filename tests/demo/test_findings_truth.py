"""What is planted in the tracked vehicles of a tiny prefecture is found, and little else: recall and precision.

Landed and built without files of a warehouse; ``tests/benchmarks/bench_findings.py`` prints the same of a whole build.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from finding_truth import Compared, Truth, compared, tables_of

from etl.demo.generate import BEIJING, generate
from etl.demo.world import SCALES, World
from etl.feeds import feed, raw_tables
from etl.parse import parse
from warehouse import sql

Built = tuple[Truth, duckdb.DuckDBPyConnection]
LAST = date(2025, 12, 31)
TOPICS = ("captures", "passages", "registers", "sites")
MODELS = [
    "core.driving_span", "core.offline_displacement", "core.overspeed_event", "mart.terminal_finding",
    "mart.vehicle_day",
]  # fmt: skip


@pytest.fixture(scope="module")
def prefecture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The truth, and the models that find something, built from ten days' deliveries."""
    folder = tmp_path_factory.mktemp("prefecture")
    generate(World(7, SCALES["tiny"], LAST - timedelta(days=9), LAST, traffic=0.2), folder, TOPICS)
    connection, landed = duckdb.connect(), dict[str, list[pa.Table]]()
    for number, path in enumerate(sorted((folder / "inbox").glob("*/*"))):
        declared = feed(path.parent.name)
        came = datetime.fromtimestamp(path.stat().st_mtime, BEIJING)
        issued = f"{declared.issue_date(path.name) or came.date()}|{came:%Y-%m-%dT%H:%M:%S.%f}"
        parsed = parse(
            declared, path, path.name, f"{number:064d}", issued, f"{came:%Y-%m-%d %H:%M:%S}", folder / f"{number}.work"
        )
        query = f"select *, '{number:064d}' as delivery_id from landed"
        landed.setdefault(declared.name, []).append(parsed.connection.sql(query).to_arrow_table())
        parsed.close()
    for name, parts in landed.items():
        connection.register("arrived", pa.concat_tables(parts))
        sql.create_raw(connection, feed(name).raw_table, "arrived")
        connection.unregister("arrived")
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
