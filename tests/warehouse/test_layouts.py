"""One passage, three layouts: who sends it and in which units must not matter to the verdict."""

from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from etl.demo.writer import write
from etl.feeds import FEEDS, raw_tables
from etl.parse import parse
from warehouse import sql

LAYOUTS = {
    "wim_passage": "wim_passage_20261123.csv",
    "wim_passage_preview": "preview_20261123.csv",
    "wim_passage_wheel": "wheel_20261123.ndjson.gz",
}
# plate, axles, type, loads: at the limit, one step over it, far over it, far below it, and trucks no register knows.
PASSAGES = (
    ("湘MA0001", 6, "157", [5_000, 8_800, 8_800, 8_800, 8_800, 8_800]),
    ("湘MA0001", 6, "157", [5_020, 8_800, 8_800, 8_800, 8_800, 8_800]),
    ("湘MA0001", 6, "157", [7_000, 14_000, 14_000, 14_000, 14_000, 14_000]),
    ("湘MA0002", 4, "115", [5_000, 5_000, 10_500, 10_500]),
    ("湘MA0002", 4, "115", [5_000, 5_020, 10_500, 10_500]),
    ("湘MA0003", 2, "12", [4_000, 8_000]),
    ("桂CA0004", 2, "12", [6_000, 12_020]),
    ("桂CA0005", 6, "157", [6_000, 9_000, 9_000, 9_000, 9_000, 9_000]),
)


def passages() -> pa.Table:
    """Every column that one of the layouts has; each layout takes its own."""
    rows = []
    for number, (plate, axles, kind, loads) in enumerate(PASSAGES):
        passed = datetime(2026, 11, 23, 8, number)
        rows.append({
            "check_no": f"YZ19-{number:04d}", "site_code": "YZ19", "lane_code": "11", "direction": "up",
            "passed_at": passed, "uploaded_at": passed, "snapshot_at": passed, "plate_no": plate,
            "plate_front_no": plate, "plate_rear_no": f"{plate[:6]}挂", "plate_color_code": 2, "plate_confidence": 0.98,
            "axle_count": axles, "axle_type_code": kind, "gross_vehicle_weight_kg": sum(loads), "axle_loads_kg": loads,
            "left_wheel_loads_kg": [load // 20 * 10 for load in loads],
            "right_wheel_loads_kg": [load - load // 20 * 10 for load in loads],
            "axle_spacings_m": [1.9, 4.2, 1.35][: axles - 1] if axles < 5 else [3.3, 1.35, 6.7, 1.31, 1.31],
            "speed_kmh": 52.4,
        })  # fmt: skip
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """Plate, weight and verdict of each passage in order of time, by layout."""
    connection = duckdb.connect()
    connection.execute("create schema raw")
    folder = tmp_path_factory.mktemp("layouts")
    for feed, name in LAYOUTS.items():
        declared, table = FEEDS[feed], passages()
        (folder / name).write_bytes(write(declared, table.select(_of(feed, table)), name))
        parsed = parse(
            declared, folder / name, name, feed.ljust(64, "0"), "2026-11-23|2026-11-24T00:40:00", "2026-11-24 02:00:00",
            folder / feed,
        )  # fmt: skip
        assert (parsed.accepted, parsed.flagged_rows) == (len(PASSAGES), 0), parsed.quarantined
        query = f"select *, rpad('{feed}', 64, '0') as delivery_id from landed"
        landed = parsed.connection.sql(query).to_arrow_table()
        parsed.close()
        connection.register("landed", landed)
        sql.create_raw(connection, next(raw for raw in raw_tables() if raw.name == feed), "landed")
        connection.unregister("landed")
    vehicle = next(raw for raw in raw_tables() if raw.name == "vehicle")
    sql.create_raw(connection, vehicle)
    connection.execute(
        "insert into raw.vehicle (record_id, plate_no, plate_color_code, vehicle_kind, axle_count, drive_axle_count,"
        " registered_gross_mass_kg, has_air_suspension, is_tipper, valid_from, row_fate) values"
        " ('a', '湘MA0001', 2, 'combination', 3, 2, 25000, false, false, date '2020-01-01', 'current'),"
        " ('b', '湘MA0002', 2, 'rigid', 4, 2, 31000, false, true, date '2020-01-01', 'current'),"
        " ('c', '湘MA0003', 2, 'rigid', 2, 1, 11995, false, false, date '2020-01-01', 'current')"
    )
    sql.run_models(connection, raw_tables(), names=["core.passage"])
    return {
        feed: connection.execute(
            "select plate_no, gross_vehicle_weight_kg, verdict, limit_kg, excess_kg, rule_id from core.passage"
            " where feed = ? order by passed_at",
            [feed],
        ).fetchall()
        for feed in LAYOUTS
    }


def _of(feed: str, table: pa.Table) -> list[str]:
    return [name for name in table.column_names if name in {how.column.name for how in FEEDS[feed].reads.values()}]


def test_a_passage_has_the_same_verdict_in_every_layout(judged: dict[str, list[tuple[Any, ...]]]) -> None:
    """Registered trucks, whose limit the register gives, and one that is over whatever the register would say."""
    own = judged["wim_passage"]
    assert [row[2] for row in own] == ["within", "over", "over", "within", "over", "over", "over", "over"]
    assert [row[4] for row in own[:7]] == [0, 20, 28_000, 0, 20, 5, 20]
    assert judged["wim_passage_wheel"] == own
    assert judged["wim_passage_preview"] == own
