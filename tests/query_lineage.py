"""From which columns of published tables the result of a query takes each of its columns."""

import re
from collections.abc import Mapping, Sequence

from sqlglot import MappingSchema, parse_one
from sqlglot.lineage import lineage
from sqlglot.optimizer import build_scope
from sqlglot.optimizer.qualify import qualify

from warehouse.lineage import _ends


class QueryLineage:
    """``columns``: published tables with their columns and types, as a manifest has them."""

    def __init__(self, columns: Mapping[str, Sequence[Sequence[str]]]) -> None:
        tables: dict[str, dict[str, dict[str, str]]] = {}
        for table, listed in columns.items():
            schema, name = table.split(".")
            tables.setdefault(schema, {})[name] = {column: type for column, type in listed}
        self._schema = MappingSchema(tables, dialect="duckdb")
        self._names = {table.replace(".", "_"): table for table in columns}

    def sources(self, sql: str) -> dict[str, frozenset[str]]:
        """``schema.table.column`` by the name of the result's column."""
        # A day's view (``Scoped.within``) has the columns of its table.
        plain = re.sub(r'months\."([^"]+)"', lambda found: self._table(found[1]), sql)
        query = qualify(parse_one(plain, dialect="duckdb"), schema=self._schema, dialect="duckdb")
        nodes = lineage(
            None, query, schema=self._schema, dialect="duckdb", scope=build_scope(query), copy=False, trim_selects=False
        )
        known: dict[int, frozenset[str]] = {}
        return {column: _ends(node, known) for column, node in nodes.items()}

    def _table(self, view: str) -> str:
        return self._names[max((name for name in self._names if view.startswith(name)), key=len)]
