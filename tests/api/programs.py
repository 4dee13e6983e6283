"""Programs that ask the API: a client of a role, its token, and requests that carry it."""

from typing import Any

from dash import Dash
from flask.testing import FlaskClient
from one_app import HOST
from werkzeug.test import TestResponse

from warehouse import clients
from warehouse.control import Control
from warehouse.home import home

DISTRICT = "431102"
"""Another than that of the planted acts, which would tell."""
ROLES = ("analyst", "inspector", "district", "leader")


def token_of(role: str, counties: tuple[str, ...] = (), name: str = "", **more: Any) -> str:
    with Control(home()) as control:
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
