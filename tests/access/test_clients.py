"""``heng client``: a token is shown once, ends, and is not made without a record."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from clock import Clock
from typer.testing import CliRunner

from etl.cli import app as commands
from warehouse import access_key, audit, clients, control
from warehouse.clients import PREFIX
from warehouse.control import Control, ControlError

TOKEN = re.compile(rf"^{PREFIX}\S{{43}}$", re.M)


def heng(*words: str) -> str:
    result = CliRunner().invoke(commands, ["client", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def shown(output: str) -> str:
    (token,) = TOKEN.findall(output)
    return token


def test_a_token_is_kept_as_a_keyed_digest_alone(home: Path) -> None:
    token = shown(heng("add", "bureau.portal", "--role", "district", "--county", "431124", "--days", "30"))
    with Control(home) as store:
        client = clients.of_token(store, token)
        assert client is not None
        assert (client.role_name, client.counties, client.state) == ("district", ("431124",), "active")
        assert client.expires_at - client.issued_at == 30 * 86_400
        (kept,) = store.connection.execute("select token_digest from client").fetchone()
        assert kept != control.digest(token), "a digest without a key could be tried against a stolen token"
    for file in home.glob("control.sqlite*"):
        assert token.encode() not in file.read_bytes()
    assert token not in heng("list")
    (row,) = json.loads(heng("list", "--json"))
    assert (row["name"], row["role"], row["counties"], row["state"]) == (
        "bureau.portal", "district", "431124", "active",
    )  # fmt: skip
    access_key.path_of(home).unlink()
    with Control(home) as store:
        assert clients.of_token(store, token) is None, "another key knows no token"


def test_a_renewed_token_voids_the_one_before_and_a_revoked_client_has_none(home: Path) -> None:
    first = shown(heng("add", "portal", "--role", "analyst"))
    second = shown(heng("renew", "portal", "--days", "366"))
    with Control(home) as store:
        assert clients.of_token(store, first) is None
        assert clients.of_token(store, second) is not None
        heng("revoke", "portal")
        found = clients.of_token(store, second)
        assert found == clients.known_client(store, "portal")
        assert found.state == "revoked"
    with pytest.raises(ControlError, match="revoked"):
        heng("renew", "portal")
    assert "revoked" in heng("list")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--role", "system"), "does not"),
        (("--role", "audit"), "does not"),
        (("--role", "nobody"), "No role"),
        (("--role", "district"), "at least one county"),
        (("--role", "analyst", "--county", "431124"), "takes no county"),
        (("--role", "analyst", "--days", "367"), "1 to 366"),
        (("--role", "analyst", "--days", "0"), "1 to 366"),
        (("--role", "analyst", "--per-minute", "0"), "requests a minute"),
    ],
)
def test_what_cannot_be_made_is_told(home: Path, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(ControlError, match=said):
        heng("add", "portal", *words)
    assert "no clients" in heng("list")


def test_a_name_is_taken_once(home: Path) -> None:
    heng("add", "portal", "--role", "leader")
    with pytest.raises(ControlError, match="of that name"):
        heng("add", "Portal", "--role", "leader")
    with pytest.raises(ControlError, match="no such client"):
        heng("revoke", "other")


def test_a_token_ends(home: Path, clock: Clock) -> None:
    token = shown(heng("add", "portal", "--role", "analyst", "--days", "1"))
    with Control(home) as store:
        clock.at += 86_399
        found = clients.of_token(store, token)
        assert found is not None
        assert found.state == "active"
        clock.at += 1
        assert found.state == "expired"
        clock.at -= 86_401
        assert found.state == "expired", "a clock set back is no licence"


def test_the_rate_is_one_for_every_process(home: Path, clock: Clock) -> None:
    token = shown(heng("add", "portal", "--role", "analyst", "--per-minute", "3"))
    stores = [Control(home), Control(home)]
    client = clients.of_token(stores[0], token)
    assert client is not None
    turns = [clients.take_turn(stores[number % 2], client) for number in range(4)]
    assert turns == [0, 0, 0, 20], "a minute's worth at once, then one every 20 seconds"
    clock.at += 19
    assert clients.take_turn(stores[0], client) == 1
    clock.at += 1
    assert [clients.take_turn(stores[1], client) for _ in range(2)] == [0, 20]
    clock.at -= 3600
    assert clients.take_turn(stores[0], client) == 0, "a clock set back locks nobody out"
    for store in stores:
        store.close()


def test_no_token_without_a_record_and_who_is_shut_out_is_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = shown(heng("add", "portal", "--role", "analyst"))

    def refuse(*_: Any, **__: Any) -> Any:
        raise audit.AuditUnwritable("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(audit, "append", refuse)
        for words in (("add", "other", "--role", "analyst"), ("renew", "portal")):
            with pytest.raises(audit.AuditUnwritable):
                heng(*words)
        with Control(home) as store:
            assert [one.name for one in clients.clients(store)] == ["portal"]
            assert clients.of_token(store, token) is not None, "the token before stays"
        with pytest.raises(audit.AuditUnwritable):
            heng("revoke", "portal")
    with Control(home) as store:
        found = clients.of_token(store, token)
        assert found is not None
        assert found.state == "revoked", "void all the same, and known to be it"


def test_making_renewing_and_revoking_are_on_record(home: Path) -> None:
    heng("add", "portal", "--role", "analyst")
    heng("renew", "portal")
    heng("revoke", "portal")
    with sqlite3.connect(audit.log_path(home)) as log:
        told = log.execute(
            "select actor, action from record where action like 'access.client%' order by seq"
        ).fetchall()
    assert [action for _, action in told] == [
        "access.client_added", "access.client_renewed", "access.client_revoked",
    ]  # fmt: skip
    assert {actor.partition(".")[0] for actor, _ in told} == {"client"}


def test_a_store_from_before_clients_gets_them(home: Path) -> None:
    with Control(home) as store:
        account = store.add("li.na", "analyst")
        store.connection.executescript(
            "drop table client_county; drop table client; alter table account drop column waits_for_its_role;"
            "pragma user_version = 3"
        )
    heng("add", "portal", "--role", "analyst")
    with Control(home) as store:
        assert store.account_by_id(account.account_id) is not None
