"""The models' SQL without dbt: rendered for rule tests, dry runs and lineage, in milliseconds.

dbt orders, runs and checks the models of a build. Their templating stops at ``ref``, ``source`` and
``var``, so a few lines of Jinja give the same SQL; a test holds the two equal. ``create_raw`` loads a
raw table the same way for a build and for a dry run.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pyarrow as pa
import yaml

from warehouse.raw import RawTable

PROJECT = Path(__file__).resolve().parent
LAYERS = ("staging", "core", "mart")
_ENVIRONMENT = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # nosec B701  # SQL of ours


@dataclass(frozen=True)
class Rendered:
    """A model's SQL with what it reads: other models and seeds as ``schema.name``, and raw tables."""

    name: str
    sql: str
    reads: frozenset[str]


@cache
def project() -> dict[str, Any]:
    """``dbt_project.yml``."""
    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))


@cache
def model_paths() -> dict[str, Path]:
    """Every model by its table name, ``layer.thing``."""
    return {
        f"{layer}.{path.stem}": path for layer in LAYERS for path in sorted((PROJECT / "models" / layer).glob("*.sql"))
    }


@cache
def check_paths() -> dict[str, Path]:
    """Every check by its name."""
    return {path.stem: path for path in sorted((PROJECT / "checks").glob("*.sql"))}


@cache
def seed_columns() -> dict[str, dict[str, str]]:
    """Columns and types of every seed, by table name."""
    return {
        f"seeds.{name}": dict(told["+column_types"])
        for name, told in project()["seeds"]["heng"].items()
        if not name.startswith("+")
    }


@cache
def _schemas() -> dict[str, str]:
    return {name.split(".")[1]: name.split(".")[0] for name in [*model_paths(), *seed_columns()]}


@cache
def _macros() -> dict[str, Any]:
    """The project's macros by name, as dbt finds them: one a file."""
    paths = sorted((PROJECT / "macros").glob("*.sql"))
    modules = [_ENVIRONMENT.from_string(path.read_text(encoding="utf-8")).module for path in paths]
    return {path.stem: getattr(module, path.stem) for path, module in zip(paths, modules, strict=True)}


@cache
def _template(text: str) -> jinja2.Template:
    return _ENVIRONMENT.from_string(text)


def render_text(text: str, variables: Mapping[str, Any] | None = None) -> tuple[str, frozenset[str]]:
    """A template's SQL and the tables it reads. ``variables`` replace those of ``dbt_project.yml``."""
    known = {**project()["vars"], **(variables or {})}
    reads: set[str] = set()

    def ref(name: str) -> str:
        reads.add(f"{_schemas()[name]}.{name}")
        return f"{_schemas()[name]}.{name}"

    def source(schema: str, name: str) -> str:
        reads.add(f"{schema}.{name}")
        return f"{schema}.{name}"

    sql = _template(text).render(ref=ref, source=source, var=lambda name: known[name], **_macros())
    return sql, frozenset(reads)


def law_variables(law_on: str | None) -> dict[str, str]:
    """Variables that judge every passage by the law of one day (ISO), or, with None, by that of its own."""
    return {"law_on": law_on or ""}


def render(name: str, variables: Mapping[str, Any] | None = None) -> Rendered:
    """The SQL of one model."""
    return _rendered(name, tuple(sorted((variables or {}).items())))


@cache
def _rendered(name: str, variables: tuple[tuple[str, Any], ...]) -> Rendered:
    sql, reads = render_text(model_paths()[name].read_text(encoding="utf-8"), dict(variables))
    return Rendered(name, sql, reads)


def in_order(names: Iterable[str] | None = None) -> list[str]:
    """Models with everything they read before them; all of them, or ``names`` with their ancestors."""
    found: list[str] = []

    def visit(name: str) -> None:
        if name in found or name not in model_paths():
            return
        for upstream in sorted(render(name).reads):
            visit(upstream)
        found.append(name)

    for name in names if names is not None else model_paths():
        visit(name)
    return found


def private_database(path: Path | str, spill: Path, threads: int, memory: str) -> duckdb.DuckDBPyConnection:
    """A database nobody else opens, with bounded memory; it spills into ``spill`` and loads nothing from outside."""
    return duckdb.connect(
        str(path),
        config={
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": str(spill),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


SeedRows = Mapping[str, Sequence[Mapping[str, str]]]
"""Rows of seeds by table name, each by column and written as in a file."""


def load_seeds(
    connection: duckdb.DuckDBPyConnection, names: Iterable[str] | None = None, instead: SeedRows | None = None
) -> None:
    """Create and fill ``seeds.*``, or only ``names``; an empty field is null.

    ``instead``: rows of seeds that are not to be those of the files.
    """
    connection.execute("create schema if not exists seeds")
    for name in seed_columns() if names is None else names:
        types = seed_columns()[name]
        if instead is not None and name in instead:
            rows = [[row[column] for column in types] for row in instead[name]]
        else:
            rows = _seed_file(name)
        fields = [pa.array([value or None for value in field], pa.string()) for field in zip(*rows, strict=True)]
        connection.register("fields", pa.table(fields or [pa.array([], pa.string())] * len(types), list(types)))
        typed = ", ".join(f"cast({column} as {type}) as {column}" for column, type in types.items())
        connection.execute(f"create table {name} as select {typed} from fields")
        connection.unregister("fields")


def _seed_file(name: str) -> list[list[str]]:
    with (PROJECT / "seeds" / f"{name.split('.')[1]}.csv").open(encoding="utf-8", newline="") as stream:
        heading, *rows = list(csv.reader(stream))
    declared = list(seed_columns()[name])
    if heading != declared:
        raise ValueError(f"{name}: its columns are {heading}, dbt_project.yml declares {declared}")
    return rows


def create_raw(connection: duckdb.DuckDBPyConnection, table: RawTable, relation: str | None = None) -> None:
    """Create ``raw.<feed>`` from a relation with its columns, or empty, and say what became of each row.

    ``row_fate``: of the versions of a record (same ``record_id``) the content with the greatest rank holds.
    Of the rows that say it the first by delivery and line is ``current``, the others are ``repeated``, so that
    it does not matter when a file was copied; rows with other content are ``superseded``.
    """
    connection.execute("create schema if not exists raw")
    columns = {column.name: column.type for column in table.all_columns().values()}
    typed = ", ".join(f"cast({name} as {type}) as {name}" for name, type in columns.items())
    if relation is None:
        empty = ", ".join(f"cast(null as {type}) as {name}" for name, type in columns.items())
        connection.execute(
            f"create table raw.{table.name} as select {empty}, cast(null as varchar) as row_fate where false"
        )
        return
    # Most records come once: only the others need the window, which has to sort.
    connection.execute(
        f"""create table raw.{table.name} as
        with arrived as (select {typed} from {relation}),
        more_than_one as (select record_id from arrived group by record_id having count(*) > 1),
        ranked as (
            select arrived.*,
                row_number() over (partition by record_id, row_digest order by delivery_id, source_line) as nth,
                first_value(row_digest) over (
                    partition by record_id order by version_rank desc, delivery_id, source_line
                ) as current_digest
            from arrived semi join more_than_one using (record_id)
        )
        select arrived.*, 'current' as row_fate from arrived anti join more_than_one using (record_id)
        union all
        select {", ".join(columns)},
            case when row_digest <> current_digest then 'superseded' when nth = 1 then 'current' else 'repeated' end
        from ranked"""
    )


def complete_raw(connection: duckdb.DuckDBPyConnection, tables: Iterable[RawTable]) -> None:
    """Add what models read beside delivered rows: empty tables of absent feeds, ``raw.build_day``,
    ``raw.arrived`` and, of registers and lists alone, ``raw.undated``.

    ``raw.build_day``: the days that are built and whether their night is over; where nobody made it,
    the days there are rows of, all of them over.
    """
    tables = list(tables)
    connection.execute("create schema if not exists raw")
    present = {name for (name,) in connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'raw' and database_name = current_database()"
    ).fetchall()}  # fmt: skip
    for table in tables:
        if table.name not in present:
            create_raw(connection, table)
    if "build_day" not in present:
        days = " union ".join(f"select event_date from raw.{table.name}" for table in tables if table.kind == "event")
        connection.execute(f"create table raw.build_day as select event_date, true as is_closed from ({days})")
    show_arrived(connection, "arrived", tables)
    show_arrived(connection, "undated", [table for table in tables if table.kind != "event"])


def show_arrived(connection: duckdb.DuckDBPyConnection, view: str, tables: Iterable[RawTable]) -> None:
    """Create the view ``raw.<view>``: every accepted row of these feeds, and what became of it."""
    selects = [
        "select cast(null as varchar) as feed, cast(null as varchar) as delivery_id, cast(null as date) as event_date,"
        " cast(null as varchar) as row_fate, cast(null as varchar) as record_id, cast(null as varchar) as version_rank"
        " where false"
    ]
    selects += [
        f"select '{table.name}' as feed, delivery_id, event_date, row_fate, record_id, version_rank"
        f" from raw.{table.name}"
        for table in tables
    ]
    connection.execute(f"create or replace view raw.{view} as {' union all '.join(selects)}")


def run_models(
    connection: duckdb.DuckDBPyConnection,
    raw_tables: Iterable[RawTable],
    variables: Mapping[str, Any] | None = None,
    names: Iterable[str] | None = None,
) -> None:
    """Seeds and models over the ``raw`` tables of an open database: what a build does, without dbt or files.

    ``variables``: see ``law_variables``. ``names``: only these models and what they read.
    """
    complete_raw(connection, raw_tables)
    load_seeds(connection)
    for layer in LAYERS:
        connection.execute(f"create schema if not exists {layer}")
    for name in in_order(names):
        connection.execute(f"create table {name} as {render(name, variables).sql}")
