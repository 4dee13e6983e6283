"""The application over the made warehouse, on the day after its last day."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import fixture
import pytest
from dash import Dash
from one_app import one_app

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


@contextmanager
def made_app(db: fixture.Fixture, home: Path) -> Iterator[Dash]:
    """For as long as a block runs, with its state in ``home``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HENG_HOME", str(home))
        patch.setattr(queries, "source", lambda: db)
        patch.setattr(queries, "disclosed", lambda purpose, query, plate_no: nullcontext(Disclosed(db)))
        patch.setattr(freshness, "today", lambda: fixture.NEXT_DAY)
        yield one_app()
