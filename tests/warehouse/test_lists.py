"""Cumulative lists: the newest version of each record holds, and what a newer list no longer has is told."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from etl.demo import rows, writer
from etl.feeds import FEEDS, raw_tables
from etl.parse import parse
from warehouse import sql

HAZARD = FEEDS["hazard"]


def hazard(county: str, no: str, closed: date | None = None, **other: Any) -> dict[str, Any]:
    return {
        "county_code": county, "hazard_no": no, "hazard_category_code": "RAIL", "place": "示例线K1",
        "registered_on": date(2026, 1, 5), "assigned_on": date(2026, 1, 6), "due_on": date(2026, 3, 6),
        "hazard_closed_on": closed, "hazard_state": "CLOSED" if closed else "RECTIFYING", **other,
    }  # fmt: skip


def landed(day: str, listed: list[dict[str, Any]], work: Path, version: int = 1) -> pa.Table:
    """The accepted rows of one list, as landing hands them on."""
    name = f"hazard_{day.replace('-', '')}_{version}.xlsx"
    path = work / name
    path.write_bytes(writer.write(HAZARD, rows.as_table("hazard", listed), name))
    delivery = f"{day}{version}".rjust(64, "0")
    issued = f"{day}|{day}T0{version}:00:00.000000"
    parsed = parse(HAZARD, path, name, delivery, issued, "2026-06-01 00:00:00", work / f"work-{day}-{version}")
    assert parsed.accepted == parsed.delivered == len(listed)
    table = parsed.connection.sql("select * from landed").to_arrow_table()
    parsed.close()
    return table.append_column("delivery_id", pa.array([delivery] * len(listed)))


@pytest.fixture
def warehouse(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """January and February of two counties: 431102 loses two hazards, one of which another county has now."""
    tables = [
        landed(
            "2026-01-31",
            [hazard("431102", "A1"), hazard("431102", "A2"), hazard("431102", "A3"), hazard("431102", "A4")],
            tmp_path,
        ),
        landed("2026-01-31", [hazard("431103", "B1"), hazard("431103", "B2")], tmp_path, 2),
        landed(
            "2026-02-28",
            [hazard("431102", "A1"), hazard("431102", "A2", date(2026, 2, 20), registered_on=date(2026, 1, 4))],
            tmp_path,
        ),
        landed("2026-02-28", [hazard("431103", "B1"), hazard("431103", "B2"), hazard("431103", "A4")], tmp_path, 2),
    ]
    connection = duckdb.connect()
    connection.register("delivered", pa.concat_tables(tables))
    for table in raw_tables():
        if FEEDS[table.name].cumulative_by:
            sql.create_raw(connection, table, "delivered" if table.name == "hazard" else None)
    return connection


def test_a_corrected_record_replaces_what_it_was_also_in_its_dates(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        f"select hazard_no, hazard_state, registered_on from ({sql.render('staging.hazard').sql}) order by hazard_no"
    ).fetchall()
    assert found == [
        ("A1", "RECTIFYING", date(2026, 1, 5)),
        ("A2", "CLOSED", date(2026, 1, 4)),
        ("A3", "RECTIFYING", date(2026, 1, 5)),
        ("A4", "RECTIFYING", date(2026, 1, 5)),
        ("B1", "RECTIFYING", date(2026, 1, 5)),
        ("B2", "RECTIFYING", date(2026, 1, 5)),
    ]


def test_a_record_that_the_newest_list_of_its_county_lacks_is_told(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A1 is repeated unchanged, A4 moved to 431103: neither is missing. A3 stays current all the same."""
    text, _ = sql.render_text(sql.check_paths()["record_missing_from_list"].read_text(encoding="utf-8"))
    assert warehouse.execute(text).fetchall() == [("hazard", "431102", "A3")]


def test_every_cumulative_feed_is_in_the_check(warehouse: duckdb.DuckDBPyConnection) -> None:
    _, reads = sql.render_text(sql.check_paths()["record_missing_from_list"].read_text(encoding="utf-8"))
    assert reads == {f"raw.{name}" for name, feed in FEEDS.items() if feed.cumulative_by}
    assert all(feed.cumulative_by == ("county_code",) for feed in FEEDS.values() if feed.cumulative_by)
