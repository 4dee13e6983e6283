"""``heng audit``: begin, verify, read, export and prune the audit log; for the audit administrator."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from etl.arguments import day_of, month_of, one_of
from etl.errors import HengError
from etl.output import FORMATS, say, write_csv, write_json

app = typer.Typer(help="The audit log: who looked at what, when and why.", no_args_is_help=True)
_SHOWN = (
    "seq", "at", "actor", "role", "action", "outcome", "purpose", "query", "scope", "row_count", "version",
    "subject_kind",
)  # fmt: skip
Key = Annotated[str | None, typer.Option("--key", help="Public key as noted when the log was begun.")]


@app.command("init")
def init_command() -> None:
    """Make the keys and an empty log, once per instance."""
    from warehouse import audit

    opening = audit.begin()
    say(
        f"The audit log is begun. Note its public key elsewhere: {audit.keys_of().public}",
        f"Take {opening} to the audit administrator and remove it here: it opens whom a record is about.",
    )


@app.command("verify")
def verify_command(
    file: Annotated[Path | None, typer.Argument(help="An exported file; none: the log of this instance.")] = None,
    key: Key = None,
    head: Annotated[list[Path] | None, typer.Option("--head", help="A head that was copied elsewhere.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check chain, numbers, triggers, signatures and heads; names the first bad record. Exit code 1 if there is one."""
    from warehouse import audit_check

    if key is not None and not re.fullmatch(r"[0-9a-f]{64}", key):
        raise HengError("--key takes the public key: 64 hexadecimal signs.")
    if file is not None:
        if head:
            raise HengError("A head is compared with the log itself: leave out the file.")
        told = audit_check.verify_export(file, key)
    else:
        told = audit_check.verify(key=key, heads=[_head(path) for path in head or ()])
    fault = told.fault
    if as_json:
        write_json({
            "whole": fault is None, "first": told.first, "last": told.last, "records": told.records,
            "heads": told.heads, "record": fault and fault.seq, "fault": fault and str(fault),
        })  # fmt: skip
    elif fault is None:
        say(f"Whole: {told.records:,} records, {told.first}–{told.last}; {told.heads:,} signed heads.")
    else:
        say(f"Not whole: {fault}")
    if fault is not None:
        raise typer.Exit(1)


def _head(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise HengError(f"{path} cannot be read as a head.") from None
    return told if isinstance(told, dict) else {}


@app.command("head")
def head_command() -> None:
    """Write the signed head to audit/heads/ and print it: copy it elsewhere. Nothing new: the last one again."""
    from warehouse import audit

    path = audit.export_head() or max((audit.folder() / "heads").glob("*.json"), default=None)
    if path is None:
        raise HengError("No audit log was begun. Run 'heng audit init'.")
    sys.stdout.write(path.read_text("utf-8"))


@app.command("show")
def show_command(
    first: Annotated[str | None, typer.Option("--from", help="First day.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Id of an account or a client.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="An action, such as disclosure.")] = None,
    about: Annotated[
        str | None,
        typer.Option("--about", help="plate, enterprise, person: asks for the number, not echoed; filters: of a file."),
    ] = None,
    left: Annotated[
        Path | None, typer.Option("--left", help="A file that was found: which record gave it out.")
    ] = None,
    opening: Annotated[
        Path | None, typer.Option("--open", help="The opening key: shows whom each record is about, and the note.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1)] = 200,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
) -> None:
    """Records, the latest first. Looking is recorded too, before anything is shown."""
    from rich.table import Table
    from rich.text import Text

    from warehouse import audit

    one_of("format", form, FORMATS)
    one_of("subject", about, audit.KINDS)
    days: tuple[date | None, date | None] = (day_of(first) if first else None, day_of(last) if last else None)
    subject = audit.Subject(about, _typed(about)) if about else None
    digest = _digest_of(left) if left else None
    key = audit.read_key(opening) if opening else None
    rows = audit.records(*days, actor=actor, action=action, subject=subject, digest=digest, limit=limit)
    by = audit.Principal(f"os:{os.getuid()}", "audit_administrator", None)
    audit.append(
        audit.Event(by, "audit.opened" if key else "audit.read", "done", subject, "", "audit", row_count=len(rows))
    )
    shown = list(_SHOWN)
    if key is not None:
        shown += ["subject", "note"]
        for row in rows:
            told = audit.opened_seal(row["sealed"], key) if row["sealed"] else {}
            row["subject"], row["note"] = told.get("text"), told.get("note")
    if form == "json":
        write_json({"records": [{name: row[name] for name in shown} for row in rows]})
    elif form == "csv":
        write_csv(shown, [[row[name] for name in shown] for row in rows])
    else:
        table = Table()
        for name in shown:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(Text("" if row[name] is None else str(row[name])) for name in shown))
        say(table)


def _digest_of(path: Path) -> str:
    from warehouse import audit

    try:
        with path.open("rb") as file:
            return audit.digest_of_file(file)
    except OSError as error:
        raise HengError(f"{path} cannot be read: {error.strerror}.") from None


def _typed(what: str) -> str:
    """A number typed unseen, or piped in; as an argument it would stand in the list of processes and the history."""
    text = getpass.getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not text.strip():
        raise HengError(f"Type the {what}, or pipe it in.")
    return text.strip()


@app.command("export")
def export_command(until: Annotated[str, typer.Option("--until", help="Last month, YYYY-MM.")]) -> None:
    """Write months that are over to a file that verifies by itself."""
    from warehouse import audit_check

    month_of(until)
    path = audit_check.export_months(until)
    say(f"{path}", f"SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


@app.command("prune")
def prune_command(file: Annotated[Path, typer.Argument(help="An exported file, kept elsewhere by now.")]) -> None:
    """Remove from the log what an exported file holds, once it is old enough to go."""
    from warehouse import audit_check

    say(f"{audit_check.prune_exported(file):,} records pruned; the chain goes on from a signed note.")
