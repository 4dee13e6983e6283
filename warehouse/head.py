"""The head of a version: registers and seeds as they are now, what the ledger tells, and the dictionary."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from warehouse import sql
from warehouse.columns import dictionary
from warehouse.digest import table_digest
from warehouse.metrics import METRICS
from warehouse.project import Columns
from warehouse.raw import RawTable

META = {
    "meta.feed": {
        "feed": "varchar",
        "kind": "varchar",
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
    },
    "meta.delivery_reason": {
        "delivery_id": "varchar",
        "outcome": "varchar",
        "reason": "varchar",
        "row_count": "bigint",
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
    deliveries: list[dict[str, Any]],
    reasons: list[dict[str, Any]],
) -> dict[str, Any]:
    """Fill the attached database ``head``; returns the digest of each table and adds meta's to ``columns``.

    ``connection`` holds ``raw.<register>`` and the seeds.
    """
    registers = [table.name for table in raw_tables if table.kind == "register"]
    for schema in ("staging", "mart", "seeds", "meta"):
        connection.execute(f"create schema head.{schema}")
    queries = {seed: f"from {seed}" for seed in sql.seed_columns()}
    for name in registers:
        if f"staging.{name}" in sql.model_paths():
            queries[f"staging.{name}"] = sql.render(f"staging.{name}").sql
    arrived = " union all ".join(
        f"select '{name}' as feed, delivery_id, event_date, row_fate from raw.{name}" for name in registers
    )
    if arrived:
        connection.execute(f"create view raw.arrived as {arrived}")
        queries["mart.row_fate"] = sql.render("mart.row_fate").sql
    for table, query in queries.items():
        connection.execute(f"create table head.{table} as {query} order by all")
    for table, rows in _meta_rows(raw_tables, columns, deliveries, reasons).items():
        types = META[table]
        connection.execute(f"create table head.{table} ({', '.join(f'{name} {type}' for name, type in types.items())})")
        if rows:
            # executemany would take seconds for a year of deliveries
            connection.register("rows", pa.table({name: [row[name] for row in rows] for name in types}))
            connection.execute(f"insert into head.{table} from rows")
            connection.unregister("rows")
        columns[table] = [[name, type] for name, type in types.items()]
    return {
        table: table_digest(connection, f"head.{table}", [name for name, _ in columns[table]]).told()
        for table in [*queries, *META]
    }


def _meta_rows(
    raw_tables: Sequence[RawTable],
    columns: Columns,
    deliveries: list[dict[str, Any]],
    reasons: list[dict[str, Any]],
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
        "meta.feed": [vars(table) | {"feed": table.name} for table in raw_tables],
        # The ledger's issued_at orders versions ("day|instant of the file"); its day is what a page shows.
        "meta.delivery": [row | {"issued_at": row["issued_at"][:10]} for row in deliveries],
        "meta.delivery_reason": reasons,
        "meta.column": described,
        "meta.metric": [vars(metric) | {"metric": metric.name} for metric in METRICS.values()],
    }
