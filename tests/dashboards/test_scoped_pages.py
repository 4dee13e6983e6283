"""Every page and every file as somebody of one district sees them: no row of another, no plate whole, and each text of
a query named by what it holds."""

import contextlib
import json
import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import dash
import fixture
import pytest
from driving import HOST, Callbacks
from query_lineage import QueryLineage

from dashboards import queries
from warehouse import connection
from warehouse.columns.levels import PERSONAL, SENSITIVE, is_declared, level_of
from warehouse.connection import Scoped, Snapshot
from warehouse.plate import masked_sql

DISTRICT = "431103"
NAMING = (
    "plate_no", "other_plate_no", "suggested_plate_no", "case_no", "hazard_no", "uscc", "record_id", "enterprise_name",
    "driver_certificate_no", "decision_no", "firm_name", "terminal_phone", "check_no", "place", "unit_name",
    "driver_no", "passage_record_id", "enterprise_uscc",
)  # fmt: skip
SEARCHES = {
    "/overload/rows": ("?show=over", "?metric=severe"),
    "/repeat": ("?window=ROLLING_12M&low=all", "?subject=driver&low=all", "?subject=enterprise&low=all"),
    "/terminals/rows": ("?show=alarms&fate=all", "?show=findings", "?show=vehicles"),
    "/hazards": ("?show=all",),
    "/risk": ("?of=enterprise",),
    "/ranking": ("?of=enterprise",),
}
FILES = (
    "overload-rows.csv", "dimensions.csv", "hazards.csv?show=all", "repeat.csv?low=all", "night-report.csv",
    "repeat.csv?subject=driver&low=all", "repeat.csv?subject=enterprise&low=all",
    "terminal-rows.csv?show=alarms&fate=all", "cases.csv?rows=clocks",
)  # fmt: skip


ONLY_WHETHER = {("fate", "mart.finding.plate_no"), ("fate_detail", "mart.finding.plate_no")}
"""Results that a personal column decides and does not reach: whether a plate was read."""


class Whole(Snapshot):
    """The made warehouse, as a snapshot whose scopes are made as those of a published one."""

    def __init__(self, db: fixture.Fixture) -> None:
        columns: dict[str, list[list[str]]] = {}
        for table, column, type in db.connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() where not internal "
            "and database_name = 'memory' and schema_name in ('core', 'mart', 'staging', 'seeds', 'meta') order by all"
        ).fetchall():
            columns.setdefault(table, []).append([column, type])
        self.manifest = {**db.manifest, "columns": columns, "parts": {}}
        self.version = db.version
        self._connection, self._constants, self._scoped = db.connection, {}, OrderedDict()

    def _parts(self, months: Any = None) -> list[tuple[str, dict[str, Any]]]:
        return []

    def _select(self, table: str, columns: str, parts: Any, where: str = "true") -> str:
        return f"select {columns} from memory.{table} where {where}"


@pytest.fixture(scope="module")
def whole(db: fixture.Fixture) -> Whole:
    return Whole(db)


def values(source: Any, names: tuple[str, ...] = NAMING) -> set[str]:
    found: set[str] = set()
    for table, columns in source.manifest["columns"].items():
        if not table.startswith(("seeds.", "meta.")):
            for name, _ in columns:
                if name in names:
                    told = source.rows(f"select distinct {name} as v from {table} where {name} is not null")
                    found |= {str(row["v"]) for row in told}
    return {value for value in found if len(value) >= 5}


Asked = dict[str, list[tuple[str, str]]]
"""Queries with the names and types of their results' columns."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    seen: Asked = {}
    real = connection.Reader._asked

    @contextlib.contextmanager
    def recording(self: connection.Reader, sql: str, params: Any, timeout: float) -> Iterator[Any]:
        with real(self, sql, params, timeout) as result:
            seen.setdefault(sql, [(name, str(type)) for name, type, *_ in result.description])
            yield result

    monkeypatch.setattr(connection.Reader, "_asked", recording)
    return seen


def everything(callbacks: Callbacks) -> dict[str, str]:
    """Pages and files by their address."""
    told = {}
    for page in dash.page_registry.values():
        for search in ("", *SEARCHES.get(page["path"], ())):
            layout = callbacks.page(page["path"], search)
            told[page["path"] + search] = json.dumps(layout, ensure_ascii=False)
    client = callbacks.app.server.test_client()
    for file in FILES:
        answer = client.get(f"/export/{file}", headers=HOST)
        assert answer.status_code == 200, (file, answer.text[:200])
        told[file] = answer.get_data(as_text=True)
    return told


_SIGNS = re.compile(r"[^\s,;|\"'\\（）()<>·/:]{5,}")


def hits(told: dict[str, str], canaries: set[str]) -> list[tuple[str, str]]:
    return [(where, word) for where, text in told.items() for word in set(_SIGNS.findall(text)) & canaries]


def use(monkeypatch: pytest.MonkeyPatch, source: Scoped) -> None:
    monkeypatch.setattr(queries, "source", lambda: source)


def test_no_page_and_no_file_holds_a_row_of_another_district(
    whole: Whole, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = whole.scoped((DISTRICT,), "whole")
    canaries = values(whole) - values(own)
    assert len(canaries) > 10_000
    use(monkeypatch, own)
    told = everything(callbacks)
    found = hits(told, canaries)
    print(f"canaries {len(canaries)}, pages and files {len(told)}, hits {len(found)}")
    assert found == []
    assert len(hits(told, values(own))) > 100, "its own rows it sees"
    use(monkeypatch, whole.scoped(None, "whole"))
    assert len({where for where, _ in hits(everything(callbacks), canaries)}) >= 8, "without a scope they are there"


@pytest.mark.parametrize("districts", [(DISTRICT,), None, ()])
def test_a_masked_reader_shows_no_plate_or_number_whole(
    whole: Whole, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, districts: Any
) -> None:
    canaries = values(whole, (*PERSONAL, *SENSITIVE))
    use(monkeypatch, whole.scoped(districts, "masked"))
    told = everything(callbacks)
    found = hits(told, canaries)
    print(f"personal values {len(canaries)}, pages and files {len(told)}, hits {len(found)}")
    assert found == []


def test_each_text_of_a_query_is_named_by_what_it_holds(
    whole: Whole, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, asked: Asked
) -> None:
    """An alias could carry a plate past its mask: each result is followed down to the columns of its tables."""
    use(monkeypatch, Scoped(whole, None, "masked"))  # with no answer kept from before
    everything(callbacks)
    lineage, types = QueryLineage(whole.manifest["columns"]), dict[str, str]()
    for table, columns in whole.manifest["columns"].items():
        types |= {f"{table}.{name}": type for name, type in columns}
    undeclared, wrong = set(), set()
    for sql, result in asked.items():
        undeclared |= {name for name, type in result if "VARCHAR" in type and not is_declared(name)}
        if "information_schema" in sql:
            continue
        texts = {name for name, type in result if "VARCHAR" in type}
        for name, sources in lineage.sources(sql).items():
            personal = {
                one for one in sources
                if "VARCHAR" in types.get(one, "") and level_of(one.rpartition(".")[2]) in ("personal", "sensitive")
            }  # fmt: skip
            if name == "plate_masked":
                assert masked_sql("plate_no") in sql
            elif name in texts and personal and level_of(name) not in ("personal", "sensitive"):
                wrong |= {(name, one) for one in personal}
    print(f"queries {len(asked)}, columns of another class than their sources: {len(wrong)}")
    assert len(asked) > 100
    assert wrong == ONLY_WHETHER
    assert undeclared == set(), "declare them in warehouse/columns/levels.py"
