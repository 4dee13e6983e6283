"""``heng bulletin``: draft, read, sign off and check the bulletin of a month, quarter, half-year or year."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from etl import known_on, private_file
from etl.arguments import LANGUAGES, Lang, day_of, need, one_of
from etl.errors import HengError
from etl.known_on import KnownOn
from etl.output import say, write_json

app = typer.Typer(help="Bulletins: draft, list, write to a file, sign off, check.", no_args_is_help=True)
_WORDS = {
    "zh": {
        "title": "通报", "name": "期", "revision": "稿次", "period": "统计期", "night": "数据截至当夜",
        "code": "核对码", "signed": "签发", "not": "未签发", "nothing": "尚无通报。heng bulletin draft 起草一期。",
    },
    "en": {
        "title": "Bulletins", "name": "issue", "revision": "revision", "period": "period", "night": "as known on",
        "code": "check code", "signed": "signed off", "not": "not signed",
        "nothing": "There is no bulletin yet. 'heng bulletin draft' makes one.",
    },
}  # fmt: skip
Name = Annotated[
    str, typer.Argument(help="A period (2026-06, 2026-Q2, 2026-H1, 2026), with /1 its first revision; or a check code.")
]


@app.command("draft")
def draft_command(
    name: Annotated[
        str | None, typer.Argument(help="A period: 2026-06, 2026-Q2, 2026-H1, 2026; default: the last whole month.")
    ] = None,
    through: Annotated[
        str | None, typer.Option("--through", help="A part of a period, up to this day, of --kind.")
    ] = None,
    kind: Annotated[str, typer.Option("--kind", help="With --through: month, quarter, half, year.")] = "month",
    known: KnownOn = None,
) -> None:
    """Compute the figures of a period and keep them as a draft; the same figures again are the same draft."""
    from warehouse import bulletin, bulletin_store, connection
    from warehouse.last_day import usual_day
    from warehouse.principal import operator

    one_of("kind", kind, bulletin.KINDS)
    if name and through:
        raise HengError("Say a period or --through, not both.")
    served = connection.snapshot()
    need(served, bulletin.TABLES, "bulletins were told")
    with known_on.asked(known, bulletin.known_on_night) as source:
        if name:
            asked = bulletin.period(name)
        elif through:
            asked = bulletin.Asked(day_of(through, "--through"), kind)
        else:
            asked = bulletin.last_whole(usual_day(source.manifest))
        issue, is_new = bulletin_store.draft(source, asked, operator())
    say(f"{issue.name}/{issue.revision}  {issue.code}  {'drafted' if is_new else 'unchanged'}")


@app.command("list")
def list_command(
    lang: Lang = "en", as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
) -> None:
    """Every issue and revision, with its check code and who signed it off."""
    from warehouse import bulletin_store

    one_of("language", lang, LANGUAGES)
    found = bulletin_store.issues()
    if as_json:
        rows = [
            {
                "name": one.name, "revision": one.revision, "kind": one.kind, "night": one.night, "code": one.code,
                "period": one.told["spans"]["now"], "signed": one.signed,
            }
            for one in found
        ]  # fmt: skip
        write_json({"bulletins": rows})
        return
    words = _WORDS[lang]
    if not found:
        say(words["nothing"])
        return
    table = Table(title=words["title"], title_justify="left")
    for head in ("name", "revision", "period", "night", "code", "signed"):
        table.add_column(words[head], overflow="fold")
    for one in found:
        span = one.told["spans"]["now"]
        signed = f"{one.signed['by']} {one.signed['at']}" if one.signed else words["not"]
        table.add_row(
            one.name, str(one.revision), f"{span['first']}–{span['last']}", str(one.night), one.code, Text(signed)
        )
    say(table)


@app.command("write")
def write_command(
    name: Name,
    form: Annotated[str, typer.Option("--format", help="html, pdf, docx, json.")] = "html",
    lang: Lang = "zh",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; default: bulletin_<period>_<lang>.")] = None,
) -> None:
    """Write an issue as HTML, PDF, DOCX to edit, or its figures as JSON."""
    from warehouse import bulletin_forms, bulletin_store

    one_of("language", lang, LANGUAGES)
    one_of("format", form, bulletin_forms.FORMS)
    issue = bulletin_store.find(name)
    path = out or Path(bulletin_forms.file_name(issue, form, lang))
    private_file.write(path, bulletin_forms.made(issue, form, lang))
    sys.stdout.write(f"{path}  {issue.code}\n")


@app.command("sign")
def sign_command(name: Name, by: Annotated[str, typer.Option("--by", help="Who signs it off.")]) -> None:
    """Sign a revision off: from then on it is what was issued. Not by the user who drafted it; it is on record."""
    from warehouse import bulletin_store
    from warehouse.principal import operator

    issue = bulletin_store.sign(bulletin_store.find(name), by, operator())
    assert issue.signed is not None
    say(f"{issue.name}/{issue.revision}  {issue.code}  signed off by {issue.signed['by']}, {issue.signed['at']}")


@app.command("check")
def check_command(name: Name) -> None:
    """Compute an issue again as known on its night and say whether every figure is the same."""
    from warehouse import bulletin, bulletin_store

    issue = bulletin_store.find(name)
    with bulletin.known_on_night(issue.night) as source:
        again = bulletin_store.recomputed(issue, source)
    if bulletin.digest(again) == bulletin.digest(issue.told):
        say(f"{issue.name}/{issue.revision}  {issue.code}  the same: every figure as known on {issue.night}")
        return
    moved = [part for part in again if again[part] != issue.told.get(part)]
    say(
        f"{issue.name}/{issue.revision}  {issue.code}  other now: {', '.join(moved)}. Rules or models changed since, "
        "or its file did; 'heng why-changed' tells which rows move a metric."
    )
    raise typer.Exit(1)


def draft_closed() -> list[str]:
    """Draft the last whole period of each kind that no one was drafted of; returns their names."""
    from warehouse import audit, bulletin_store, connection

    source = connection.snapshot()
    return [bulletin_store.draft(source, asked, audit.SYSTEM)[0].name for asked in bulletin_store.undrafted(source)]
