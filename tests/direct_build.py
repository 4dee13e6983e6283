"""A build's models and checks in this process. Most of a small build is dbt's start and its reading of the project;
what only asks what a build does with rows need not wait for them. The same tables come of both:
``tests/warehouse/test_digests.py`` builds by dbt and compares."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from warehouse import sql
from warehouse.layout import dated_models
from warehouse.project import run_checks


def run_here(command: str, project: Path, database: Path, settings: Mapping[str, str]) -> list[dict[str, Any]]:
    """As ``warehouse.project.dbt``: the results of the checks, as dbt reports them."""
    assert command == "build"
    with sql.private_database(
        database, Path(settings["HENG_BUILD_SPILL"]), int(settings["HENG_BUILD_THREADS"]), settings["HENG_BUILD_MEMORY"]
    ) as connection:
        sql.load_seeds(connection)
        for layer in sql.LAYERS:
            connection.execute(f"create schema if not exists {layer}")
        for name in sql.in_order(dated_models()):
            connection.execute(f"create table {name} as {sql.render(name).sql}")
        found = run_checks(connection, [path.stem for path in sorted((project / "checks").glob("*.sql"))])
    return [{"unique_id": f"test.heng.{name}.0", "failures": check["rows"]} for name, check in found.items()]


@contextmanager
def models_here() -> Iterator[None]:
    """Builds begun inside run their models in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warehouse.build.dbt", run_here)
        yield
