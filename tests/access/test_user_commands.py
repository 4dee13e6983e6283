"""``heng user`` and ``heng init``: accounts by command, without a password on any command line."""

import json
import re
import stat
from pathlib import Path

import pytest
from forms import fill
from one_app import PASSWORD, client_of
from typer.testing import CliRunner

from etl.cli import app as commands
from etl.errors import HengError
from etl.run import serve
from warehouse import access_key
from warehouse.control import Control, ControlError
from warehouse.errors import WarehouseError

LINK = re.compile(r"^(https?://\S+?)(/link/\S{43})$", re.M)


def heng(*words: str) -> str:
    """What a command prints; its errors are raised."""
    result = CliRunner().invoke(commands, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_init_makes_a_key_and_an_empty_store_once(home: Path) -> None:
    assert "Made" in heng("init")
    key = access_key.read(home)
    assert "Found" in heng("init")
    assert access_key.read(home) == key
    with Control(home) as control:
        assert control.accounts() == []
    for name in ("control.sqlite", "secrets/access_key"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600, name


def test_a_store_others_can_read_is_refused(home: Path) -> None:
    heng("init")
    for file in home.glob("control.sqlite*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    (home / "control.sqlite").chmod(0o644)
    with pytest.raises(ControlError, match="read by others"):
        heng("user", "list")


def test_a_store_of_a_newer_version_is_left_alone(home: Path) -> None:
    heng("init")
    with Control(home) as control:
        control.connection.execute("pragma user_version = 99")
    with pytest.raises(ControlError, match="newer version"):
        heng("user", "list")


def test_the_list_says_what_an_account_waits_for(home: Path) -> None:
    with Control(home) as control:
        account = control.add("li.na", "analyst", is_enabled=False)
        assert "waits for its role" in heng("user", "list")
        control.set_enabled(account, True)
        assert "waits for its link" in heng("user", "list")
        control.set_enabled(account, False)
        assert "disabled" in heng("user", "list")


def test_an_account_is_made_by_command_and_used_by_its_link(
    home: Path, app: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HENG_URL", raising=False)
    monkeypatch.setenv("HENG_DASH_PORT", "8051")
    told = heng("user", "add", "Chen.Bo", "--role", "district", "--county", "431124", "--county", "431103")
    found = LINK.search(told)
    assert found
    assert found[1] == "http://127.0.0.1:8051"
    assert "waits for its link" in heng("user", "list")
    client = client_of(None)
    assert fill(client, found[2], password=PASSWORD, again=PASSWORD).status_code == 303
    (row,) = json.loads(heng("user", "list", "--json"))
    assert row == {
        "name": "chen.bo", "id": row["id"], "role": "district", "counties": "431103 431124", "state": "ready",
        "second_factor": False, "sessions": 1, "created_at": row["created_at"],
    }  # fmt: skip
    with Control(home) as control:
        assert control.known_account("chen.bo").account_id == row["id"]
    assert len(json.loads(heng("user", "sessions", "chen.bo", "--json"))) == 1
    assert "1 sessions ended" in heng("user", "revoke", "chen.bo")
    assert "0 sessions" in heng("user", "sessions", "chen.bo")
    told = heng("user", "role", "chen.bo", "--role", "inspector", "--url", "https://heng.example/")
    found = LINK.search(told)
    assert found
    assert found[1] == "https://heng.example"
    heng("user", "disable", "chen.bo")
    with pytest.raises(ControlError, match="disabled"):
        heng("user", "link", "chen.bo")
    heng("user", "enable", "chen.bo")
    assert LINK.search(heng("user", "link", "chen.bo"))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "x", "--role", "analyst"), "3 to 40"),
        (("add", "a b c", "--role", "analyst"), "3 to 40"),
        (("add", "../../etc", "--role", "analyst"), "3 to 40"),
        (("add", "chen.bo", "--role", "root"), "No role"),
        (("add", "chen.bo", "--role", "district"), "at least one county"),
        (("add", "chen.bo", "--role", "analyst", "--county", "431124"), "takes no county"),
        (("add", "chen.bo", "--role", "district", "--county", "110000"), "No county"),
        (("add", "chen.bo", "--role", "analyst", "--url", "heng.example"), "no address"),
        (("link", "nobody"), "no such account"),
        (("role", "nobody", "--role", "leader"), "no such account"),
        (("revoke", "nobody"), "no such account"),
    ],
)
def test_a_command_that_makes_no_sense_says_the_next_step(home: Path, words: tuple[str, ...], why: str) -> None:
    with pytest.raises((HengError, WarehouseError), match=why):
        heng("user", *words)
    with Control(home) as control:
        assert control.accounts() == []


def test_two_accounts_have_no_name_in_common(home: Path) -> None:
    heng("user", "add", "Chen.Bo", "--role", "analyst")
    for name in ("chen.bo", "CHEN.BO", "\uff23hen.bo"):
        with pytest.raises(ControlError, match="account of that name"):
            heng("user", "add", name, "--role", "leader")


@pytest.mark.parametrize("value", ["0", "-1", "x", "1e3", "100000000"])
@pytest.mark.parametrize("setting", ["HENG_LINK_MINUTES", "HENG_IDLE_MINUTES", "HENG_SESSION_MINUTES"])
def test_a_setting_out_of_its_bounds_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    from warehouse import control

    monkeypatch.setenv(setting, value)
    with pytest.raises(ControlError, match=setting):
        (control.link_seconds(), control.idle_seconds(), control.session_seconds())


def test_what_commands_do_to_accounts_is_recorded_without_a_name(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "heng.access")
    told = heng("user", "add", "zhuge.qiuyan", "--role", "analyst")
    for words in (("link",), ("role", "--role", "leader"), ("disable",), ("enable",), ("revoke",)):
        told += heng("user", words[0], "zhuge.qiuyan", *words[1:])
    actions = [line.message.split(" ")[0] for line in caplog.records]
    assert actions == ["account_added", "link_made", "link_made", "role_changed", "link_made", "account_disabled",
                       "account_enabled", "sessions_ended"]  # fmt: skip
    assert all("by=command" in line.message for line in caplog.records)
    assert "zhuge" not in caplog.text
    assert not any(token in caplog.text for token in re.findall(r"/link/(\S+)", told))


def test_no_command_takes_a_password(home: Path) -> None:
    for name in ("add", "link", "role"):
        assert "--password" not in heng("user", name, "--help")


def test_the_pages_are_served_on_loopback_only() -> None:
    with pytest.raises(HengError, match="proxy"):
        serve(host="0.0.0.0")
