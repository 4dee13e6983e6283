"""Deliveries of the open prefecture as raw tables of an open database, without an instance."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from etl.demo.generate import BEIJING
from etl.demo.world import Delivery
from etl.feeds import FEEDS, feed
from etl.parse import parse
from warehouse import sql
from warehouse.connection import dicts
from warehouse.raw import RawTable


class Tables:
    """What a published snapshot answers (``warehouse.connection.Reader``), of an open database."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.connection.cursor()

    def read(self, query: str, params: Any = None) -> pd.DataFrame:
        return self.cursor().execute(query, params if params is not None else []).df()

    def rows(self, query: str, params: Any = None) -> list[dict[str, Any]]:
        return dicts(self.cursor().execute(query, params if params is not None else []))

    def constant(self, query: str, params: Any = None) -> list[dict[str, Any]]:
        return self.rows(query, params)  # kept by a version, whose rules stand; here a test changes them

    def within(self, table: str, columns: str, days: Iterable[date]) -> str:
        return f"(select {columns} from {table})"


def inbox(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database with every file of ``folder/inbox`` parsed as it is declared and issued at its own time."""
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
    return connection


def without_bytes(connection: duckdb.DuckDBPyConnection, raw: RawTable, deliveries: list[Delivery]) -> None:
    """The rows of a feed as landing would keep them, without the way through bytes: key and content tell versions."""
    types = {name: column.type for name, column in raw.all_columns().items()}
    connection.execute(f"create table landed ({', '.join(f'{name} {type}' for name, type in types.items())})")
    for rank, delivery in enumerate(sorted(deliveries, key=lambda delivery: (delivery.at, delivery.name))):
        connection.register("delivered", delivery.table)
        connection.execute(
            f"insert into landed by name select *, '{rank:06d}' as version_rank, '{delivery.name}' as delivery_id,"
            " row_number() over () as source_line, '' as flags from delivered"
        )
    declared = FEEDS[raw.name]
    content = ", ".join(f"cast({name} as varchar)" for name in raw.columns)
    key = ", ".join(f"cast({name} as varchar)" for name in declared.key)
    day = declared.event_time if raw.kind == "event" else "null"
    connection.execute(
        f"create table with_identity as select * replace (concat_ws('|', {key}) as record_id,"
        f" md5(concat_ws('|', {content})) as row_digest, cast({day} as date) as event_date) from landed"
    )
    sql.create_raw(connection, raw, "with_identity")
    connection.execute("drop table landed; drop table with_identity")
