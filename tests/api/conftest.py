"""The application over the made warehouse, asked by programs: a client of every role, with its token."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fixture
import pytest
from dash import Dash
from on_loopback import on_loopback
from one_app import one_app
from programs import Asking, program, token_of
from test_scoped_pages import Whole

from dashboards import freshness
from warehouse import connection
from warehouse.control import Control

REPORT_FACTS = """
create table mart.report_fact as select * from (values
    ('F01a', 'value', null, 1, 1, date '2026-03-01', date '2026-03-01'),
    ('F01a', 'value', null, 1, 1, date '2026-09-01', date '2026-09-01'),
    ('F01b', 'value', null, 1, 1, date '2025-12-31', date '2025-12-31')
) as fact (figure_id, part, subject_no, row_count, amount, first_day, last_day)
"""
"""Two regular meetings within the year and one of the Party group before it."""


@pytest.fixture(scope="session")
def whole() -> Whole:
    db = fixture.make()
    fixture._real_seeds(db.connection, "seeds.report_figure")
    db.connection.execute(REPORT_FACTS)
    return Whole(db)


@pytest.fixture
def served(whole: Whole, home: Path, monkeypatch: pytest.MonkeyPatch) -> Whole:
    """What readers of every principal are made of, in place of the published version."""
    monkeypatch.setattr(connection, "_served", lambda: whole)
    monkeypatch.setattr(freshness, "today", lambda: fixture.NEXT_DAY)
    return whole


@pytest.fixture
def app(served: Whole) -> Dash:
    return one_app()


@pytest.fixture
def live(app: Dash) -> Iterator[str]:
    """The address of the application on a port of loopback, until the test ends."""
    with on_loopback(app.server) as address:
        yield address


@pytest.fixture
def store(home: Path) -> Iterator[Control]:
    with Control(home) as opened:
        yield opened


@pytest.fixture
def ask(app: Dash) -> Callable[..., Asking]:
    """``ask("analyst")``: a program of a new client of a role; ``ask(None)``: one without a token."""

    def made(role: str | None, counties: tuple[str, ...] = (), **more: Any) -> Asking:
        return program(app, None if role is None else token_of(role, counties, **more))

    return made
