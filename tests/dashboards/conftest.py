"""One made warehouse and one application for all tests of the pages."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import fixture
import pytest
from dash import Dash
from driving import Callbacks
from one_app import client_of, one_app
from werkzeug.test import Client

from dashboards import freshness, queries


class Disclosed:
    """The made warehouse, as it is read for a purpose."""

    def __init__(self, db: fixture.Fixture) -> None:
        self._db = db

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def also(self, text: str, rows: int) -> None:
        pass

    def left(self, file: bytes) -> bytes:
        return file


@pytest.fixture(scope="session")
def db() -> fixture.Fixture:
    return fixture.make()


@pytest.fixture(scope="session")
def home_of_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def app(db: fixture.Fixture, home_of_pages: Path) -> Iterator[Dash]:
    """The application over the made warehouse, on the day after its last day, until the module's last test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HENG_HOME", str(home_of_pages))
        patch.setattr(queries, "source", lambda: db)
        patch.setattr(queries, "disclosed", lambda purpose, query, plate_no: nullcontext(Disclosed(db)))
        patch.setattr(freshness, "today", lambda: fixture.NEXT_DAY)
        yield one_app()


@pytest.fixture
def client(app: Dash) -> Client:
    return client_of(app=app)


@pytest.fixture
def callbacks(app: Dash) -> Callbacks:
    return Callbacks(app)
