"""``--known-on``: the option, what is asked with and without it, and how an answer says so. One for every command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from etl.arguments import day_of

if TYPE_CHECKING:
    from warehouse.dossier import Source

KnownOn = Annotated[str | None, typer.Option("--known-on", help="As known on this day, by today's rules.")]
_WORDS = {
    "zh": {"served": "版本 {version}", "known": "按 {known_on} 当夜已知的数据"},
    "en": {"served": "version {version}", "known": "as known on {known_on}"},
}


def latest(day: date | None, known: str | None) -> date:
    """No answer is as of a later day than this: what is typed is held against it before a night is computed."""
    return day or (date.max if known is None else day_of(known, "--known-on"))


@contextmanager
def asked(known: str | None, opened: Callable[[date], AbstractContextManager[Source]]) -> Iterator[Source]:
    """What is served or, where a day is named, what ``opened`` makes of it, to be read within the ``with`` block."""
    if known is None:
        from warehouse import connection

        yield connection.snapshot()
        return
    with opened(day_of(known, "--known-on")) as source:
        yield source


def told(source: Source) -> dict[str, Any]:
    """``version`` of what is served, or ``known_on`` the night that is asked for; the other is None."""
    return {"version": source.version, "known_on": source.manifest.get("known_on")}


def column(source: Source) -> dict[str, Any]:
    """``known_on`` beside rows that else tell no source; nothing beside rows of what is served."""
    night = source.manifest.get("known_on")
    return {} if night is None else {"known_on": night}


def words(version: int | None, known_on: date | str | None, lang: str) -> str:
    """The end of a heading: by which version, or as known on which night."""
    name = "served" if known_on is None else "known"
    return _WORDS[lang][name].format(version=version, known_on=known_on)
