"""One made warehouse and one application for all tests of the pages."""

from collections.abc import Iterator

import fixture
import pytest
from dash import Dash
from driving import Callbacks
from one_app import client_of, one_app
from werkzeug.test import Client

from dashboards import freshness, queries


@pytest.fixture(scope="session")
def db() -> fixture.Fixture:
    return fixture.make()


@pytest.fixture(scope="session")
def app(db: fixture.Fixture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    """The application over the made warehouse, on the day after its last day."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HENG_HOME", str(tmp_path_factory.mktemp("home")))
    patch.setattr(queries, "source", lambda: db)
    patch.setattr(freshness, "today", lambda: fixture.NEXT_DAY)
    yield one_app()
    patch.undo()


@pytest.fixture
def client(app: Dash) -> Client:
    return client_of(app=app)


@pytest.fixture
def callbacks(app: Dash) -> Callbacks:
    return Callbacks(app)
