"""One made warehouse and one application for all tests of the pages."""

from collections.abc import Iterator
from pathlib import Path

import fixture
import pytest
from dash import Dash
from driving import Callbacks
from made_app import made_app
from one_app import client_of
from werkzeug.test import Client


@pytest.fixture(scope="session")
def db() -> fixture.Fixture:
    return fixture.make()


@pytest.fixture(scope="session")
def home_of_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def app(db: fixture.Fixture, home_of_pages: Path) -> Iterator[Dash]:
    """Until the module's last test."""
    with made_app(db, home_of_pages) as app:
        yield app


@pytest.fixture
def client(app: Dash) -> Client:
    return client_of(app=app)


@pytest.fixture
def callbacks(app: Dash) -> Callbacks:
    return Callbacks(app)
