"""The application over the made warehouse, each walk with a control store of its own."""

import copy
from collections.abc import Iterator
from pathlib import Path

import fixture
import pytest
from dash import Dash
from made_app import made_app


@pytest.fixture(scope="session")
def made() -> fixture.Fixture:
    return fixture.make()


@pytest.fixture
def db(made: fixture.Fixture) -> fixture.Fixture:
    """Tokens of vehicles are kept with what they were read from, and each instance has a key of its own."""
    return copy.copy(made)


@pytest.fixture
def app(db: fixture.Fixture, home: Path) -> Iterator[Dash]:
    with made_app(db, home) as app:
        yield app
