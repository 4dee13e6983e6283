"""``model(name, given, expect)``: run one model's SQL on small tables and compare.

Tables are text: columns parted by ``|``, one row a line, an empty cell is null and ``''`` an empty text.
Given tables stand in for the models of that name; models in between run as they are; seeds are the real
ones unless given. Columns nobody names are null, but for record_id (r1, r2, …), flags (empty) and
passed_date, which follows passed_at. Only the columns named in ``expect`` are compared, in any row order.
"""

from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import pytest

from etl.feeds import raw_tables
from warehouse import sql


@pytest.fixture(scope="session")
def column_types() -> dict[str, dict[str, str]]:
    """Columns and types of every table, models on the way included."""
    connection = duckdb.connect()
    sql.run_models(connection, raw_tables())
    found: dict[str, dict[str, str]] = {}
    for table, column, type in connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
        " where not internal order by schema_name, table_name, column_index"
    ).fetchall():
        found.setdefault(table, {})[column] = type
    return found


def rows_of(text: str) -> tuple[list[str], list[list[str | None]]]:
    """Heading and rows of a text table."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    heading, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    for row in rows:
        assert len(row) == len(heading), f"{len(row)} cells under {len(heading)} headings: {row}"
    return heading, [[None if cell == "" else "" if cell == "''" else cell for cell in row] for row in rows]


def _create(connection: duckdb.DuckDBPyConnection, table: str, types: Mapping[str, str], text: str) -> None:
    heading, rows = rows_of(text)
    unknown = set(heading) - set(types)
    assert not unknown, f"{table} has no columns {sorted(unknown)}"
    filled = []
    for number, row in enumerate(rows, 1):
        values: dict[str, Any] = dict(zip(heading, row, strict=True))
        if "record_id" in types:
            values.setdefault("record_id", f"r{number}")
        if "flags" in types:
            values.setdefault("flags", "")
        if "passed_date" in types and "passed_at" in values:
            values.setdefault("passed_date", values["passed_at"][:10])
        filled.append([values.get(column) for column in types])
    connection.execute(f"create schema if not exists {table.split('.')[0]}")
    connection.execute(f"create table {table} ({', '.join(f'{name} {type}' for name, type in types.items())})")
    if filled:
        casts = ", ".join(f"cast(? as {type})" for type in types.values())
        connection.executemany(f"insert into {table} values ({casts})", filled)


Model = Callable[..., None]


@pytest.fixture
def model(column_types: dict[str, dict[str, str]]) -> Model:
    def run(name: str, *, given: Mapping[str, str], expect: str, variables: Mapping[str, Any] | None = None) -> None:
        connection = duckdb.connect()
        for table, text in given.items():
            _create(connection, table, column_types[table], text)
        if not any(table.startswith("seeds.") for table in given):
            sql.load_seeds(connection)
        needed: list[str] = []

        def need(table: str) -> None:
            if table in given or table in needed or table.startswith("seeds."):
                return
            if table in sql.model_paths():
                for upstream in sorted(sql.render(table, variables).reads):
                    need(upstream)
            needed.append(table)

        need(name)
        for table in needed:
            if table in sql.model_paths():
                connection.execute(f"create schema if not exists {table.split('.')[0]}")
                connection.execute(f"create table {table} as {sql.render(table, variables).sql}")
            else:
                _create(
                    connection,
                    table,
                    column_types[table],
                    "event_date" if "event_date" in column_types[table] else "feed",
                )
        heading, rows = rows_of(expect)
        types = {column: type for column, type, *_ in connection.execute(f"describe {name}").fetchall()}
        casts = ", ".join(f"cast(cast(? as {types[column]}) as varchar)" for column in heading)
        wanted = [connection.execute(f"select {casts}", row).fetchall()[0] for row in rows]
        shown = ", ".join(f"cast({column} as varchar)" for column in heading)
        found = connection.execute(f"select {shown} from {name}").fetchall()
        key = lambda row: tuple((cell is not None, cell or "") for cell in row)  # noqa: E731
        assert sorted(found, key=key) == sorted(wanted, key=key)

    return run
