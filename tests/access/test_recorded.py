"""What gives somebody more is not done where it cannot be recorded; what takes away is."""

from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from forms import fill
from one_app import PASSWORD, account_of, client_of
from typer.testing import CliRunner

from dashboards.access import session
from etl.cli import app as commands
from warehouse import audit
from warehouse.control import Control


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise audit.AuditUnwritable("the disk is full")

    monkeypatch.setattr(audit, "append", refuse)


def heng(*words: str) -> Any:
    return CliRunner().invoke(commands, ["user", *words])


def test_nobody_signs_in_without_a_record(app: Dash, store: Control, unwritable: None) -> None:
    account = account_of("analyst")
    client = client_of(None, app=app)
    answer = fill(client, "/login", name=account.name, password=PASSWORD)
    assert answer.status_code == 503
    assert store.connection.execute("select count(*) from session").fetchone()[0] == 0
    held = client.get_cookie(session.COOKIE, domain="127.0.0.1")
    assert held is None or client.get("/overload", headers={"Host": "127.0.0.1"}).status_code == 303


def test_no_account_role_or_link_without_a_record(home: Path, store: Control, unwritable: None) -> None:
    account = account_of("leader")
    for words in (
        ("add", "li.na", "--role", "analyst"), ("role", account.name, "--role", "analyst"), ("link", account.name),
    ):  # fmt: skip
        assert isinstance(heng(*words).exception, audit.AuditUnwritable), words
    assert [(one.name, one.role_name) for one in store.accounts()] == [(account.name, "leader")]
    assert store.connection.execute("select count(*) from link").fetchone()[0] == 0


def test_who_is_shut_out_is_out_whether_or_not_it_is_recorded(home: Path, store: Control, unwritable: None) -> None:
    account = account_of("leader")
    store.begin_session(account)
    heng("disable", account.name)
    assert not store.known_account(account.name).is_enabled
    assert store.connection.execute("select count(*) from session").fetchone()[0] == 0
    heng("enable", account.name)
    assert not store.known_account(account.name).is_enabled
