"""Column lineage: from which delivered columns a column of a table is computed.

Read from the models' own SQL (sqlglot), model by model, down to raw tables and seeds. It follows values;
a column that only filters or joins (such as a validity date) is not a source of the values it lets through.
"""

from functools import cache
from typing import Any

import duckdb
from sqlglot import MappingSchema, exp, parse_one
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer import build_scope
from sqlglot.optimizer.qualify import qualify

from warehouse import sql
from warehouse.raw import RawTable

Sources = frozenset[str]
"""``schema.table.column``."""


class Lineage:
    """Lineage of every model over the given raw tables."""

    def __init__(self, raw_tables: list[RawTable]) -> None:
        connection = duckdb.connect()
        sql.run_models(connection, raw_tables)
        self._types: dict[str, Any] = {}  # schema → table → column → type
        for schema, table, column, type in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns()"
            " where not internal order by schema_name, table_name, column_index"
        ).fetchall():
            self._types.setdefault(schema, {}).setdefault(table, {})[column] = type
        connection.close()
        self._schema = MappingSchema(self._types, dialect="duckdb")
        self._direct = cache(self._direct_of)

    def columns(self, table: str) -> dict[str, list[str]]:
        """Every column of a table with the raw and seed columns its values come from."""
        schema, name = table.split(".")
        return {column: sorted(self._sources(table, column)) for column in self._types[schema][name]}

    def direct(self, table: str) -> dict[str, list[str]]:
        """The same one step down: columns of the tables the model reads."""
        return {column: sorted(sources) for column, sources in self._direct(table).items()}

    def _sources(self, table: str, column: str) -> set[str]:
        if table not in sql.model_paths():
            return {f"{table}.{column}"}
        found: set[str] = set()
        for source in self._direct(table)[column]:
            upstream, _, name = source.rpartition(".")
            found |= self._sources(upstream, name)
        return found

    def _direct_of(self, table: str) -> dict[str, Sources]:
        query = qualify(parse_one(sql.render(table).sql, dialect="duckdb"), schema=self._schema, dialect="duckdb")
        # All columns at once share what they have in common; a select trimmed to one column is only to be looked at.
        nodes = lineage(
            None, query, schema=self._schema, dialect="duckdb", scope=build_scope(query), copy=False, trim_selects=False
        )
        known: dict[int, Sources] = {}
        return {column: _ends(node, known) for column, node in nodes.items()}


def _ends(node: Node, known: dict[int, Sources]) -> Sources:
    """The columns of tables at the ends of a node's paths; ``known``: those of nodes met before, as paths join."""
    if id(node) not in known:
        if node.downstream:
            known[id(node)] = frozenset().union(*(_ends(one, known) for one in node.downstream))
        elif isinstance(node.source, exp.Table):
            column = node.name.rpartition(".")[2].strip('"')
            known[id(node)] = frozenset({f"{node.source.db}.{node.source.name}.{column}"})
        else:
            known[id(node)] = frozenset()
    return known[id(node)]


def columns(table: str, raw_tables: list[RawTable]) -> dict[str, list[str]]:
    """Every column of ``table`` with the raw and seed columns its values come from."""
    return Lineage(raw_tables).columns(table)
