"""From which columns of published tables the result of a query takes each of its columns."""

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from sqlglot import MappingSchema, parse_one
from sqlglot.lineage import lineage
from sqlglot.optimizer import build_scope
from sqlglot.optimizer.qualify import qualify

from warehouse import connection
from warehouse.columns.levels import is_declared, level_of
from warehouse.lineage import _ends
from warehouse.plate import masked_sql


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


class Recorder:
    """Every query that readers are asked while it is in use, with the names of its result's text columns."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.asked: dict[str, set[str]] = {}
        real, seen = connection.Reader._asked, self.asked

        @contextlib.contextmanager
        def recording(reader: connection.Reader, sql: str, params: Any, timeout: float) -> Iterator[Any]:
            with real(reader, sql, params, timeout) as result:
                seen.setdefault(sql, {name for name, type, *_ in result.description if "VARCHAR" in str(type)})
                yield result

        patch.setattr(connection.Reader, "_asked", recording)

    def undeclared(self) -> set[str]:
        """Text columns of results whose class nobody said."""
        return {name for texts in self.asked.values() for name in texts if not is_declared(name)}

    def misnamed(self, columns: Mapping[str, Sequence[Sequence[str]]]) -> set[tuple[str, str]]:
        """Text columns of results that take from a personal column and are not named as personal, with that column."""
        lineage, wrong = QueryLineage(columns), set()
        types = {f"{table}.{name}": type for table, listed in columns.items() for name, type in listed}
        for sql, texts in self.asked.items():
            if "information_schema" in sql:
                continue
            for name, sources in lineage.sources(sql).items():
                if name == "plate_masked":
                    assert masked_sql("plate_no") in sql
                elif name in texts and not _is_personal(name):
                    personal = (one for one in sources if _is_personal(one.rpartition(".")[2]))
                    wrong |= {(name, one) for one in personal if "VARCHAR" in types.get(one, "").upper()}
        return wrong


def _is_personal(name: str) -> bool:
    return level_of(name) in ("personal", "sensitive")


ONLY_WHETHER = {("fate", "mart.finding.plate_no"), ("fate_detail", "mart.finding.plate_no")}
"""Results that a personal column decides and does not reach: whether a plate was read."""
