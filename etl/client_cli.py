"""``heng client``: programs that ask the API, made by whoever may run commands on this host."""

import json
import sys
from typing import Annotated

import typer

from etl.user_cli import AsJson, Counties, checked_counties, told_at
from warehouse import clients
from warehouse.access_log import record
from warehouse.clients import DATA_ROLES, MOST_DAYS, USUAL_DAYS, USUAL_PER_MINUTE, Client
from warehouse.control import Control
from warehouse.home import home

app = typer.Typer(no_args_is_help=True, help="Programs that ask the API: add, list, renew, revoke.")
Name = Annotated[str, typer.Argument(help="The client's name.")]
Days = Annotated[int, typer.Option("--days", help=f"Days the token lasts, {MOST_DAYS} at most.")]


def _say_token(client: Client, token: str) -> None:
    typer.echo(f"Token of {client.name}, until {told_at(client.expires_at)}; it is shown this once:")
    typer.echo(token)


@app.command("add")
def add(
    name: Name,
    role: Annotated[str, typer.Option("--role", help=f"{', '.join(DATA_ROLES)}.")],
    county: Counties = None,
    days: Days = USUAL_DAYS,
    per_minute: Annotated[int, typer.Option("--per-minute", help="Requests it may make a minute.")] = USUAL_PER_MINUTE,
) -> None:
    """A new client and its token."""
    with Control(home()) as control:
        with control.transaction():
            client, token = clients.add(control, name, role, checked_counties(county), days, per_minute)
            record("client_added", client.client_id, by="command", role=role)
        _say_token(client, token)


@app.command("list")
def list_clients(as_json: AsJson = False) -> None:
    """Every client: role, counties, until when, last request, requests a minute."""
    with Control(home()) as control:
        rows = [
            {
                "name": client.name,
                "role": client.role_name,
                "counties": "every" if client.counties is None else " ".join(client.counties),
                "state": client.state,
                "expires_at": told_at(client.expires_at),
                "seen_at": None if client.seen_at is None else told_at(client.seen_at),
                "per_minute": client.per_minute,
                "id": client.client_id,
            }
            for client in clients.clients(control)
        ]
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
        return
    if not rows:
        typer.echo("There are no clients. Next: heng client add NAME --role analyst")
    for row in rows:
        typer.echo(
            f"{row['name']:<24} {row['role']:<10} {row['state']:<8} until {row['expires_at']}  "
            f"last request {row['seen_at'] or 'never'}  {row['per_minute']} a minute  counties: {row['counties']}"
        )


@app.command("renew")
def renew(name: Name, days: Days = USUAL_DAYS) -> None:
    """A new token; the one before is void at once."""
    with Control(home()) as control:
        with control.transaction():
            client, token = clients.renew(control, clients.known_client(control, name), days)
            record("client_renewed", client.client_id, by="command", role=client.role_name)
        _say_token(client, token)


@app.command("revoke")
def revoke(name: Name) -> None:
    """The client's token opens nothing from now on."""
    with Control(home()) as control:
        client = clients.known_client(control, name)
        clients.revoke(control, client)
        record("client_revoked", client.client_id, by="command")
    typer.echo("Revoked")
