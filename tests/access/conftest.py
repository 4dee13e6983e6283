"""An application over the made warehouse, and an empty control store."""

from collections.abc import Iterator
from pathlib import Path

import fixture
import pytest
from dash import Dash
from one_app import Signed, client_of, one_app

from dashboards import freshness, queries
from warehouse.control import Control


@pytest.fixture(scope="session")
def db() -> fixture.Fixture:
    return fixture.make()


@pytest.fixture
def app(db: fixture.Fixture, home: Path, monkeypatch: pytest.MonkeyPatch) -> Dash:
    monkeypatch.setattr(queries, "source", lambda: db)
    monkeypatch.setattr(freshness, "today", lambda: fixture.NEXT_DAY)
    return one_app()


@pytest.fixture
def store(home: Path) -> Iterator[Control]:
    with Control(home) as opened:
        yield opened


@pytest.fixture
def nobody(app: Dash) -> Signed:
    return client_of(None, app=app)
