"""``heng dossier`` and ``heng verify``: the facts of one vehicle or enterprise as a file, and the check of such a file.

The file shows the plate it was asked for, and is written readable for its owner only. Its name holds the start of its
digest and no plate. Plates of an enterprise's vehicles are masked.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from etl import known_on, private_file
from etl.arguments import LANGUAGES, Lang, day_of, day_or_last, one_of
from etl.errors import HengError
from etl.known_on import KnownOn
from warehouse.pdf import printed
from warehouse.repeat import BASES, WINDOWS


def pdf(html: bytes) -> bytes:
    """The PDF of a dossier, its digest on every page. Errors as ``printed``."""
    from warehouse.dossier_file import digest_of

    said = digest_of(html)
    return printed(html, bytes.fromhex(said[:32]), f"dossier_{said[:12]}.html")


def dossier_command(
    subject: Annotated[str, typer.Argument(help="A plate, or an enterprise's credit code (18 characters).")],
    color: Annotated[int | None, typer.Option("--color", help="Plate colour (JT/T 697.7), if it has several.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Day of the count; default: last day of data.")] = None,
    window: Annotated[
        str | None,
        typer.Option(
            "--window",
            help="Window of the leading count: rolling_12m, anniversary, calendar; default: parameter "
            "repeat_window_query.",
        ),
    ] = None,
    basis: Annotated[
        str | None,
        typer.Option(
            "--basis", help="Day that places an act: violation, decision; default: parameter repeat_date_basis."
        ),
    ] = None,
    lang: Lang = "zh",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; default: dossier_<digest>.html.")] = None,
    as_pdf: Annotated[bool, typer.Option("--pdf", help="Write a PDF beside the HTML file.")] = False,
    known: KnownOn = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the facts as one JSON document; write no file.")
    ] = False,
) -> None:
    """How often a vehicle or enterprise was over the limit as of a day, why so often, and what would change it."""
    from warehouse import connection, dossier, dossier_file, dossier_text
    from warehouse.known_answers import facts_known_on

    one_of("language", lang, LANGUAGES)
    window, basis = window and window.upper(), basis and basis.upper()
    one_of("window", window, WINDOWS)
    one_of("basis", basis, BASES)
    day = day_of(as_of) if as_of else None
    kind, key = dossier.subject_of(connection.snapshot(), subject, color)
    with known_on.asked(known, lambda night: facts_known_on(night, kind, key)) as source:
        told = dossier.facts(source, kind, key, day_or_last(source, day), window, basis)
    if as_json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return
    data = dossier_file.html(told, lang)
    said = dossier_file.digest_of(data)
    path = out or Path(f"dossier_{said[:12]}.html")
    printed = pdf(data) if as_pdf else None
    private_file.write(path, data)
    w = dossier_text.Words(lang)
    sys.stdout.write(f"{dossier_text.lead(told, w)}\n{dossier_text.equation(told, w)}\n{path}  SHA-256 {said}\n")
    if printed is not None:
        beside = path.with_suffix(".pdf")
        private_file.write(beside, printed)
        sys.stdout.write(f"{beside}  SHA-256 {hashlib.sha256(printed).hexdigest()}\n")


def verify_command(
    file: Annotated[Path, typer.Argument(help="A dossier, the HTML file.")],
    noted: Annotated[str | None, typer.Option("--digest", help="The SHA-256 noted elsewhere, to compare with.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Whether a dossier is unchanged and, if not, which of its parts were changed. Needs no data."""
    from warehouse import dossier_file

    if not file.is_file():
        raise HengError(f"There is no file {file}.")
    data = file.read_bytes()
    if data.startswith(b"%PDF"):
        raise HengError(
            f"{file} is a PDF. Save the HTML file attached to it and verify that one; its pages carry the same digest."
        )
    found = dossier_file.verify(data)
    is_another = noted is not None and noted.strip().lower() != found.digest
    is_known = not found.written_in or noted is not None  # words of another version: only a noted digest tells
    good = found.is_intact and not found.text and not is_another and is_known
    if as_json:
        told = {**vars(found), "is_noted": None if noted is None else not is_another}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        lines = found.lines()
        if is_another:
            lines.append(f"another dossier: noted was {noted}, it carries {found.digest}")
        sys.stdout.write("\n".join(lines) + "\n")
    if not good:
        raise typer.Exit(1)
