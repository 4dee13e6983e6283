"""Registers as small tables of an open database, as a published version serves them."""

from datetime import date
from typing import Any

import duckdb
from landed import Tables

from etl.feeds import raw_tables
from warehouse import sql
from warehouse.head import META


class Registers(Tables):
    """Empty tables to be filled; ``given`` adds rows of a table as text, columns parted by ``|``, empty cells null."""

    version = 7

    def __init__(self, models: tuple[str, ...], until: date = date(2026, 6, 30)) -> None:
        super().__init__(duckdb.connect())
        self.manifest: dict[str, Any] = {"data_until": str(until), "business_date": str(until)}
        sql.run_models(self.connection, raw_tables(), names=[name for name in models if name in sql.model_paths()])
        self.connection.execute("create schema meta")
        for table, types in META.items():
            self.connection.execute(f"create table {table} ({', '.join(f'{n} {kind}' for n, kind in types.items())})")

    def given(self, table: str, text: str) -> None:
        heading, *rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
        types = {
            name: kind for name, kind, *_ in self.connection.execute(f"describe {table}").fetchall()
        }  # fmt: skip
        (count,) = self.connection.execute(f"select count(*) from {table}").fetchall()[0]
        for at, row in enumerate(rows, int(count)):
            assert len(row) == len(heading), row
            told: dict[str, Any] = {name: cell or None for name, cell in zip(heading, row, strict=True)}
            if "record_id" in types:
                told.setdefault("record_id", f"{table}{at}")
            casts = ", ".join(f"cast(${name} as {types[name]}) as {name}" for name in told)
            self.connection.execute(f"insert into {table} by name select {casts}", told)
