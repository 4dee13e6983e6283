"""The application over the made warehouse, asked by programs: a client of every role, with its token."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fixture
import pytest
from dash import Dash
from flask.testing import FlaskClient
from one_app import HOST, one_app
from test_scoped_pages import Whole
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from dashboards import freshness
from warehouse import clients, connection
from warehouse.control import Control
from warehouse.home import home as home_folder

DISTRICT = "431102"
"""Another than that of the planted acts, which would tell."""
ROLES = ("analyst", "inspector", "district", "leader")


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
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def store(home: Path) -> Iterator[Control]:
    with Control(home) as opened:
        yield opened


def token_of(role: str, counties: tuple[str, ...] = (), name: str = "", **more: Any) -> str:
    with Control(home_folder()) as control:
        return clients.add(
            control, name or f"test.{role}", role, counties or ((DISTRICT,) if role == "district" else ()),
            per_minute=clients.MOST_PER_MINUTE, **more,
        )[1]  # fmt: skip


class Asking(FlaskClient):
    """A program with a token; None: without one."""

    token: str | None = None

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        held = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        kwargs["headers"] = {**HOST, **held, **dict(kwargs.get("headers") or {})}
        return super().open(*args, **kwargs)


def program(app: Dash, token: str | None) -> Asking:
    made = Asking(app.server, app.server.response_class, use_cookies=False)
    made.token = token
    return made


@pytest.fixture
def ask(app: Dash) -> Callable[..., Asking]:
    """``ask("analyst")``: a program of a new client of a role; ``ask(None)``: one without a token."""

    def made(role: str | None, counties: tuple[str, ...] = (), **more: Any) -> Asking:
        return program(app, None if role is None else token_of(role, counties, **more))

    return made
