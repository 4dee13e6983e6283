"""``heng user``: accounts of the pages. ``heng init``: what they need before the first one.

No password and no second factor is ever typed here: a command makes an account and prints a link that works once and
expires, and its holder sets both in the browser.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import typer

from etl.counties import COUNTY_WORDS
from etl.errors import HengError
from warehouse import access_key, provider
from warehouse.access_log import record
from warehouse.address import base_url
from warehouse.control import Account, Control, link_seconds
from warehouse.home import home
from warehouse.roles import ROLES

app = typer.Typer(help="Accounts of the pages: add, list, link, role, disable, sessions, revoke.", no_args_is_help=True)
_CHINA = timezone(timedelta(hours=8))

Name = Annotated[str, typer.Argument(help="The user name.")]
RoleName = Annotated[str, typer.Option("--role", help=f"{', '.join(ROLES)}.")]
Counties = Annotated[
    list[str] | None, typer.Option("--county", help="Code of a county whose rows may be seen; again for more.")
]
Url = Annotated[str | None, typer.Option("--url", help="Where the pages are; default: HENG_URL, else this machine.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def link_of(control: Control, account: Account, url: str | None = None) -> str:
    """A new one-time link of an account."""
    return f"{base_url(url)}/link/{control.make_link(account)}"


def checked_counties(counties: list[str] | None) -> list[str]:
    unknown = sorted(set(counties or ()) - set(COUNTY_WORDS.values()))
    if unknown:
        raise HengError(f"No county has the code {', '.join(unknown)}. Codes: warehouse/seeds/county.csv.")
    return list(counties or ())


_STATES = {
    "waits_for_role": "waits for its role", "disabled": "disabled", "ready": "ready",
    "waits_for_link": "waits for its link",
}  # fmt: skip


def told_at(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC).astimezone(_CHINA):%Y-%m-%d %H:%M:%S}"


def _say_link(control: Control, account: Account, url: str | None) -> None:
    with control.transaction():
        made = link_of(control, account, url)
        record("link_made", account.account_id, by="command")
    typer.echo(f"One-time link of {account.name}, for {link_seconds() // 60} minutes; hand it over in person:")
    typer.echo(made)


def init_command() -> None:
    """Make what is missing of the secrets and of the store of accounts; what is there is checked."""
    made = access_key.make(home())
    access_key.read(home())
    with Control(home()) as control:
        count = len(control.accounts())
    typer.echo(f"{'Made' if made else 'Found'} {access_key.path_of(home())}; {count} accounts")
    if not count:
        typer.echo("Next: heng user add NAME --role system")


@app.command("add")
def add(name: Name, role: RoleName, county: Counties = None, url: Url = None) -> None:
    """A new account and its one-time link, in whose page the password and the second factor are set."""
    base_url(url)
    with Control(home()) as control:
        with control.transaction():
            account = control.add(name, role, checked_counties(county))
            record("account_added", account.account_id, by="command", role=role)
        _say_link(control, account, url)


@app.command("link")
def link(name: Name, url: Url = None) -> None:
    """A new one-time link: for who forgot the password or lost the second factor. Earlier links are void."""
    base_url(url)
    with Control(home()) as control:
        _say_link(control, control.known_account(name), url)


@app.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """Every account: role, counties, whether it can sign in, open sessions."""
    with Control(home()) as control:
        rows: list[dict[str, Any]] = [
            {
                "name": account.name,
                "id": account.account_id,
                "role": account.role_name,
                "counties": "every" if account.counties is None else " ".join(account.counties),
                "state": _STATES[account.state],
                "second_factor": account.second_factor is not None,
                "sessions": len(control.sessions(account)),
                "created_at": told_at(account.created_at),
            }
            for account in control.accounts()
        ]
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
        return
    if not rows:
        typer.echo("There are no accounts. Next: heng user add NAME --role system")
    for row in rows:
        second = "second factor" if row["second_factor"] else "password only"
        typer.echo(
            f"{row['name']:<24} {row['role']:<10} {row['state']:<19} {second:<14} "
            f"{row['sessions']} sessions  counties: {row['counties']}"
        )


@app.command("role")
def role(name: Name, role: RoleName, county: Counties = None, url: Url = None) -> None:
    """Another role or other counties. Its sessions end; a link is printed where the role needs a second factor."""
    base_url(url)
    with Control(home()) as control:
        with control.transaction():
            control.set_role(control.known_account(name), role, checked_counties(county))
            account = control.known_account(name)
            record("role_changed", account.account_id, by="command", role=role)
        typer.echo(f"{account.name} is {account.role_name}; its sessions are ended")
        if account.is_enabled and not account.is_ready:
            _say_link(control, account, url)


@app.command("disable")
def disable(name: Name) -> None:
    """The account cannot sign in; its sessions and links end now."""
    with Control(home()) as control:
        account = control.known_account(name)
        control.set_enabled(account, False)
        record("account_disabled", account.account_id, by="command")
    typer.echo("Disabled; its sessions and links are ended")


@app.command("enable")
def enable(name: Name) -> None:
    """The account may sign in again, with the password and second factor it had."""
    with Control(home()) as control:
        account = control.known_account(name)
        with control.transaction():
            control.set_enabled(account, True)
            record("account_enabled", account.account_id, by="command")
    typer.echo("Enabled")


@app.command("bind")
def bind(
    name: Name, subject: Annotated[str, typer.Option("--subject", help="Who the account is for the provider.")]
) -> None:
    """The account may sign in by the bureau's provider (HENG_OIDC_ISSUER) as this subject. Its sessions end."""
    issuer, subject = provider.needed_issuer(), provider.checked_subject(subject)
    with Control(home()) as control:
        account = control.known_account(name)
        with control.transaction():
            control.bind_identity(account, issuer, subject)
            record("identity_bound", account.account_id, note=f"{issuer} {subject}", by="command")
    typer.echo("Bound; its sessions are ended")


@app.command("unbind")
def unbind(name: Name) -> None:
    """The account signs in with its password alone. Its sessions end."""
    issuer = provider.needed_issuer()
    with Control(home()) as control:
        account = control.known_account(name)
        bound = control.unbind_identity(account, issuer)
        record("identity_unbound", account.account_id, by="command")
    typer.echo("Unbound; its sessions are ended" if bound else "It was not bound; its sessions are ended")


@app.command("sessions")
def sessions(name: Name, as_json: AsJson = False) -> None:
    """Sessions of an account that go on. Their ids are known to its browsers alone."""
    with Control(home()) as control:
        rows = [
            {"began_at": told_at(began), "seen_at": told_at(seen)}
            for _, began, seen in control.sessions(control.known_account(name))
        ]
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    for row in rows:
        typer.echo(f"since {row['began_at']}, last used {row['seen_at']}")
    typer.echo(f"{len(rows)} sessions")


@app.command("revoke")
def revoke(name: Name) -> None:
    """End every session of an account; it may sign in again."""
    with Control(home()) as control:
        account = control.known_account(name)
        ended = control.end_sessions(account)
        record("sessions_ended", account.account_id, by="command", ended=ended)
    typer.echo(f"{ended} sessions ended")
