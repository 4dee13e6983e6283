"""The dbt project as a build runs it, and what it says about itself: severities, headers, columns.

A build works on a copy. Two things are generated into it, so that nobody writes them twice: the severity
of each check, from its first line, and sources and column descriptions, from the dictionary.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from warehouse import sql
from warehouse.columns import dictionary
from warehouse.errors import BuildFailed, CheckFailed
from warehouse.layout import DATED, dated_models, head_checks, head_models
from warehouse.raw import RawTable

Columns = dict[str, list[list[str]]]
"""Tables with their columns and types in order."""


def check_severities() -> dict[str, str]:
    """``stop`` or ``warn`` of every check, from its first line."""
    found = {}
    for path in sql.check_paths().values():
        first = path.read_text(encoding="utf-8").splitlines()[0]
        severity = first.removeprefix("-- Severity: ").strip()
        if severity not in ("stop", "warn"):
            raise BuildFailed(
                f"warehouse/checks/{path.name} begins with {first!r}. Write '-- Severity: stop' or 'warn'."
            )
        found[path.stem] = severity
    return found


def check_meaning(name: str) -> str:
    """What a finding of this check means, from its header."""
    told = _header(sql.check_paths()[name])
    return told.removeprefix(f"Severity: {check_severities()[name]}").strip()


def model_header(name: str) -> str:
    """What a model says about itself: its grain, what it decides and what it leaves to others."""
    return _header(sql.model_paths()[name])


def _header(path: Path) -> str:
    told = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("--"):
            break
        told.append(line.removeprefix("--").strip())
    return " ".join(told)


def published_columns(raw_tables: Sequence[RawTable]) -> Columns:
    """Columns and types of every table a snapshot shows, found by running the models on nothing: once a process."""
    declared = json.dumps({table.name: table.told() for table in raw_tables})
    found: Columns = json.loads(_published_columns(declared))
    return found


@cache
def _published_columns(declared: str) -> str:
    raw_tables = [RawTable.read(name, told) for name, told in json.loads(declared).items()]
    connection = duckdb.connect()
    sql.run_models(connection, raw_tables)
    shown = [*DATED, *sql.seed_columns(), *head_models(raw_tables)]
    found = {table: columns_of(connection, table) for table in shown}
    connection.close()
    return json.dumps(found)


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[list[str]]:
    return [[row[0], row[1]] for row in connection.execute(f"describe {table}").fetchall()]


def copy_project(folder: Path, raw_tables: Sequence[RawTable], columns: Columns, everything: bool = False) -> Path:
    """Write the project into ``folder`` as dbt is to run it on days; ``everything``: with what the head alone needs."""
    models = list(sql.model_paths()) if everything else dated_models()
    folder.mkdir()
    for name in ("macros", "seeds"):
        shutil.copytree(sql.PROJECT / name, folder / name)
    for name in models:
        layer, model = name.split(".")
        (folder / "models" / layer).mkdir(parents=True, exist_ok=True)
        shutil.copy(sql.model_paths()[name], folder / "models" / layer / f"{model}.sql")
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(sql.PROJECT / name, folder / name)
    (folder / "checks").mkdir()
    left_out = [] if everything else head_checks(raw_tables)
    for name, severity in check_severities().items():
        if name in left_out:
            continue
        text = (sql.check_paths()[name]).read_text(encoding="utf-8")
        config = "{{ config(severity='" + ("error" if severity == "stop" else "warn") + "') }}\n"
        (folder / "checks" / f"{name}.sql").write_text(config + text, encoding="utf-8")
    # JSON is YAML, and writes without a second library.
    described = json.dumps(_descriptions(raw_tables, columns, models), ensure_ascii=False)
    (folder / "models" / "_dictionary.yml").write_text(described, encoding="utf-8")
    return folder


def _descriptions(raw_tables: Sequence[RawTable], columns: Columns, names: Iterable[str]) -> dict[str, Any]:
    known = dictionary()

    def described(names: Iterable[str]) -> list[dict[str, str]]:
        return [{"name": name, "description": known[name].doc if name in known else ""} for name in names]

    tables: list[dict[str, Any]] = [
        {"name": table.name, "columns": described(table.all_columns())} for table in raw_tables
    ]
    tables.append({"name": "build_day", "description": "The days of this build and whether their night is over."})
    tables.append({"name": "arrived", "description": "Every accepted row of every feed and what became of it."})
    tables.append({"name": "undated", "description": "The same of registers and lists alone."})
    models = [
        {
            "name": name.split(".")[1],
            "description": model_header(name),
            "columns": described(column for column, _ in columns.get(name, [])),
        }
        for name in names
    ]
    return {"version": 2, "sources": [{"name": "raw", "tables": tables}], "models": models}


def dbt(command: str, project: Path, database: Path, settings: Mapping[str, str]) -> list[dict[str, Any]]:
    """Run dbt on ``database`` and return its results; raises ``BuildFailed`` if a node could not be run.

    A process of its own: inside ours dbt would keep the database open. It asks nobody for updates and
    reports to nobody.
    """
    target = database.parent / "target"
    finished = subprocess.run(  # nosec B603  # dbt by its interpreter, no shell
        [
            sys.executable, "-c", "from dbt.cli.main import cli; cli()",
            "--no-version-check", "--no-use-colors", "--quiet", "--log-path", str(database.parent / "logs"),
            command, "--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target),
        ],
        env={
            **os.environ,
            "DO_NOT_TRACK": "1",
            "PYTHONWARNINGS": "ignore",
            "HENG_BUILD_DATABASE": str(database),
            **settings,
        },
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    results = target / "run_results.json"
    output = "\n".join((finished.stdout + finished.stderr).strip().splitlines()[-12:])
    if not results.is_file():
        raise BuildFailed(f"dbt did not run: {output}")
    told = json.loads(results.read_text(encoding="utf-8"))["results"]
    for result in told:
        if result["status"] in ("error", "runtime error"):
            name = result["unique_id"].split(".")[2]
            raise BuildFailed(f"{name} could not be run: {result['message']}")
    if finished.returncode and not any(result["status"] == "fail" for result in told):
        raise BuildFailed(f"dbt ended with {finished.returncode}: {output}")
    return told


def findings(results: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Checks of a run by name: ``name``, ``severity`` and how many ``rows`` they found."""
    severities = check_severities()
    found = {}
    for result in results:
        if result["unique_id"].startswith("test."):
            name = result["unique_id"].split(".")[2]
            found[name] = {"name": name, "severity": severities[name], "rows": int(result["failures"] or 0)}
    return found


def run_checks(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What ``findings`` tells, of checks run on an open database without dbt."""
    severities = check_severities()
    found = {}
    for name in names:
        text, _ = sql.render_text(sql.check_paths()[name].read_text(encoding="utf-8"))
        rows = connection.execute(f"select count(*) from ({text})").fetchall()[0][0]
        found[name] = {"name": name, "severity": severities[name], "rows": rows}
    return found


def refuse_findings(found: Mapping[str, dict[str, Any]], connection: duckdb.DuckDBPyConnection) -> None:
    """Raise ``CheckFailed`` if a stop check found rows, and name the first of them."""
    failed = {name: check["rows"] for name, check in found.items() if check["severity"] == "stop" and check["rows"]}
    if not failed:
        return
    first = min(failed)
    text, _ = sql.render_text(sql.check_paths()[first].read_text(encoding="utf-8"))
    rows = connection.execute(f"select * from ({text}) order by all limit 3").fetchall()
    raise CheckFailed(
        f"Checks found rows: {failed}. {check_meaning(first)} Nothing was published. "
        f"See warehouse/checks/{first}.sql; the first rows: {rows}"
    )
