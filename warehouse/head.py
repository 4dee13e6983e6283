"""The head of a version: registers, lists and seeds as they are now, what is computed from them and from dated
marts, what the ledger tells, and the dictionary."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse import risk, sql
from warehouse.columns import dictionary
from warehouse.connection import dicts
from warehouse.digest import table_digest
from warehouse.layout import DATED, head_models
from warehouse.metrics import METRICS
from warehouse.night import REPORTED_NIGHTS, Book, Fates, Night, nights, refuse_difference
from warehouse.project import Columns
from warehouse.raw import RawTable

KEPT_OF = ("core.passage", "mart.finding", "mart.screening")
"""Dated tables that ``kept_answers`` reads beside those of the models."""
META = {
    "meta.feed": {
        "feed": "varchar",
        "kind": "varchar",
        "owner": "varchar",
        "title_zh": "varchar",
        "title_en": "varchar",
        "expected_every_days": "integer",
    },
    "meta.delivery": {
        "delivery_id": "varchar",
        "feed": "varchar",
        "name": "varchar",
        "size_bytes": "bigint",
        "issued_at": "timestamp",
        "received_at": "timestamp",
        "landed_at": "timestamp",
        "state": "varchar",
        "reason": "varchar",
        "message": "varchar",
        "delivered_rows": "bigint",
        "accepted_rows": "bigint",
        "quarantined_rows": "bigint",
        "flagged_rows": "bigint",
        "first_event_date": "date",
        "last_event_date": "date",
        "business_date": "date",
    },
    "meta.delivery_reason": {
        "delivery_id": "varchar",
        "outcome": "varchar",
        "reason": "varchar",
        "row_count": "bigint",
    },
    "meta.night_report": {
        "business_date": "date",
        "feed": "varchar",
        "freshness": "varchar",
        "last_issue": "date",
        "received_count": "integer",
        "repeat_count": "integer",
        "reissue_count": "integer",
        "late_count": "integer",
        "stopped_count": "integer",
        "delivered_rows": "bigint",
        "accepted_rows": "bigint",
        "quarantined_rows": "bigint",
        "flagged_rows": "bigint",
        "current_count": "bigint",
        "repeated_count": "bigint",
        "superseded_count": "bigint",
        "difference_rows": "bigint",
        "reason_counts": "varchar",
    },
    "meta.column": {
        "table_name": "varchar",
        "position": "integer",
        "column_name": "varchar",
        "type": "varchar",
        "unit": "varchar",
        "label_zh": "varchar",
        "label_en": "varchar",
        "meaning_zh": "varchar",
        "meaning_en": "varchar",
        "is_personal": "boolean",
    },
    "meta.metric": {
        "metric": "varchar",
        "numerator": "varchar",
        "denominator": "varchar",
        "good": "varchar",
        "label_zh": "varchar",
        "label_en": "varchar",
        "definition_zh": "varchar",
        "definition_en": "varchar",
        "excludes_zh": "varchar",
        "excludes_en": "varchar",
        "version": "integer",
    },
}


def write_head(
    connection: duckdb.DuckDBPyConnection,
    raw_tables: Sequence[RawTable],
    columns: Columns,
    book: Book,
    parts: Mapping[str, Path],
) -> dict[str, Any]:
    """Fill the attached database ``head``; returns the digest of each table and adds meta's to ``columns``.

    ``connection`` holds ``raw.<register or list>`` and the seeds; ``parts`` are the months of this version.
    Raises ``CheckFailed`` if the rows of a delivery are not all accounted for.
    """
    models = head_models(raw_tables)
    for schema in (*sql.LAYERS, "seeds", "meta"):
        connection.execute(f"create schema head.{schema}")
    for layer in sql.LAYERS:
        connection.execute(f"create schema if not exists {layer}")
    _show_dated(connection, models, columns, parts)
    for name in models:
        connection.execute(f"create table {name} as {sql.render(name).sql}")
    queries = {name: f"from {name}" for name in [*sql.seed_columns(), *models]}
    undated = [table for table in raw_tables if table.kind != "event"]
    for view in ("arrived", "undated"):
        sql.show_arrived(connection, view, undated)
    queries["mart.row_fate"] = sql.render("mart.row_fate").sql
    for table, query in queries.items():
        connection.execute(f"create table head.{table} as {query} order by all")
    reports = nights(raw_tables, book, _fates(connection))
    refuse_difference(reports)
    for table, rows in _meta_rows(raw_tables, columns, book, reports).items():
        types = META[table]
        create_filled(connection, f"head.{table}", types, rows)
        columns[table] = [[name, type] for name, type in types.items()]
    return {
        table: table_digest(connection, f"head.{table}", [name for name, _ in columns[table]]).told()
        for table in [*queries, *META]
    }


class _Filled:
    """The head's connection, once filled, as a reader."""

    version = None

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.manifest: dict[str, Any] = {}

    def rows(self, query: str, params: Any = None) -> list[dict[str, Any]]:
        return dicts(self._connection.execute(query, params if params is not None else []))

    constant = rows

    def read(self, query: str, params: Any = None) -> Any:
        return self._connection.execute(query, params if params is not None else []).df()

    def within(self, table: str, columns: str, days: Iterable[date]) -> str:
        return f"(select {columns} from {table})"


def kept_answers(connection: duckdb.DuckDBPyConnection, until: date | None) -> dict[str, Any]:
    """What is told of all together on the last day with data, where its rules are in force, as plain values: each
    process would else read the city for its first look-up. ``write_head`` has filled the head from ``connection``."""
    if until is None or until < risk.first_day(_Filled(connection)):
        return {}
    return {"risk_priors": risk.priors_to_keep(_Filled(connection), until)}


def create_filled(
    connection: duckdb.DuckDBPyConnection, table: str, types: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Create a table and fill it; what ``rows`` have beside its columns is left out."""
    connection.execute(f"create table {table} ({', '.join(f'{name} {type}' for name, type in types.items())})")
    if rows:
        # executemany would take seconds for a year of deliveries
        connection.register("rows", pa.table({name: [row[name] for row in rows] for name in types}))
        connection.execute(f"insert into {table} from rows")
        connection.unregister("rows")


def delivery_rows(book: Book, reports: Sequence[Night]) -> list[dict[str, Any]]:
    """``meta.delivery``: every delivery of ``book`` with the night that took it."""
    # The receipt that says what became of a delivery's rows puts it into a night; its repeats bring none.
    night_of = {
        line["delivery_id"]: night.business_date for night in reports for line in night.deliveries if line["state"]
    }
    # The ledger's issued_at orders versions ("day|instant of the file"); its day is what a page shows.
    return [
        row | {"issued_at": row["issued_at"][:10], "business_date": night_of.get(row["delivery_id"])}
        for row in book.deliveries
    ]


def feed_rows(raw_tables: Sequence[RawTable]) -> list[dict[str, Any]]:
    """``meta.feed``: every declared feed."""
    return [vars(table) | {"feed": table.name} for table in raw_tables]


def night_rows(reports: Sequence[Night]) -> list[dict[str, Any]]:
    """``meta.night_report``: the lines of the last nights."""
    return [line for night in reports[-REPORTED_NIGHTS - 1 :] if night.business_date for line in night.feeds]


def _fates(connection: duckdb.DuckDBPyConnection) -> dict[str, Fates | None]:
    """What became of the accepted rows of each delivery: those of events lie in the months, the others here."""
    found = connection.execute(
        "select delivery_id, sum(current_count)::bigint, sum(repeated_count)::bigint, sum(superseded_count)::bigint"
        " from (from mart.row_fate union all from head.mart.row_fate) group by delivery_id"
    ).fetchall()
    return {delivery_id: (current, repeated, superseded) for delivery_id, current, repeated, superseded in found}


def _show_dated(
    connection: duckdb.DuckDBPyConnection, models: Sequence[str], columns: Columns, parts: Mapping[str, Path]
) -> None:
    """A view of each dated table that a model of the head reads, and of ``mart.row_fate``, over all months."""
    wanted = sorted(
        {"mart.row_fate", *KEPT_OF, *(table for name in models for table in sql.render(name).reads if table in DATED)}
    )
    for number, path in enumerate(parts.values()):
        connection.execute(f"attach '{path}' as part_{number} (read_only)")
    for table in wanted:
        typed = columns[table]
        selects = ["select " + ", ".join(f"cast(null as {type}) as {name}" for name, type in typed) + " where false"]
        listed = ", ".join(name for name, _ in typed)
        for number in range(len(parts)):
            held = connection.execute(
                "select count(*) from duckdb_tables() where database_name = ? and schema_name || '.' || table_name = ?",
                [f"part_{number}", table],
            ).fetchall()[0][0]
            if held:
                selects.append(f"select {listed} from part_{number}.{table}")
        connection.execute(f"create view {table} as {' union all '.join(selects)}")


def _meta_rows(
    raw_tables: Sequence[RawTable],
    columns: Columns,
    book: Book,
    reports: Sequence[Night],
) -> dict[str, list[dict[str, Any]]]:
    known = dictionary()
    described = [
        {
            "table_name": table,
            "position": position,
            "column_name": name,
            "type": type,
            "unit": known[name].unit,
            "label_zh": known[name].zh,
            "label_en": known[name].label,
            "meaning_zh": known[name].zh_doc or known[name].zh,
            "meaning_en": known[name].doc,
            "is_personal": known[name].personal,
        }
        for table, listed in sorted(columns.items())
        for position, (name, type) in enumerate(listed, 1)
        if name in known
    ]
    return {
        "meta.feed": feed_rows(raw_tables),
        "meta.delivery": delivery_rows(book, reports),
        "meta.delivery_reason": book.reasons,
        "meta.night_report": night_rows(reports),
        "meta.column": described,
        "meta.metric": [vars(metric) | {"metric": metric.name} for metric in METRICS.values()],
    }
