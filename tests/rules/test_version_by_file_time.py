"""Where only the times of two files say which of them holds, somebody is told."""

import duckdb
import pytest

from warehouse import sql
from warehouse.columns import Column
from warehouse.project import run_checks
from warehouse.raw import RawTable

VALUE = {"value": Column("value", "INTEGER", "", "")}
CHECKS = {"event": "version_by_file_time", "register": "undated_version_by_file_time",
          "list": "undated_version_by_file_time"}  # fmt: skip


@pytest.mark.parametrize("kind", CHECKS)
@pytest.mark.parametrize(
    ("older", "newer", "found"),
    [
        pytest.param(("x", "|2026-03-01|t1|d1"), ("y", "|2026-03-01|t2|d2"), 1, id="same issue date"),
        pytest.param(("x", "|2026-03-01|t1|d1"), ("y", "|2026-03-02|t2|d2"), 0, id="dated correction"),
        pytest.param(("x", "|2026-03-01|t1|d1"), ("x", "|2026-03-01|t2|d2"), 0, id="same content"),
        pytest.param(("x", "08:00|2026-03-01|t1|d1"), ("y", "09:00|2026-03-01|t2|d2"), 0, id="upload time"),
    ],
)
def test_versions_ordered_by_the_times_of_their_files_are_counted(
    kind: str, older: tuple[str, str], newer: tuple[str, str], found: int
) -> None:
    tables = [RawTable("thing", kind, VALUE), RawTable("other", "event", VALUE)]
    with duckdb.connect() as connection:
        connection.execute(
            "create table arriving (record_id varchar, row_digest varchar, version_rank varchar, delivery_id varchar,"
            " source_line bigint, byte_offset bigint, flags varchar, event_date date, value integer)"
        )
        connection.executemany(
            "insert into arriving values ('a', ?, ?, ?, 2, 0, '', date '2026-03-01', 1)",
            [(*older, "d1"), (*newer, "d2")],
        )
        sql.create_raw(connection, tables[0], "arriving")
        sql.complete_raw(connection, tables)
        told = {name: check["rows"] for name, check in run_checks(connection, set(CHECKS.values())).items()}
    assert told == dict.fromkeys(CHECKS.values(), 0) | {CHECKS[kind]: found}
