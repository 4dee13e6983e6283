"""The issues of bulletins: drafted trees, one file each, never changed, and who signed which of them off.

``bulletins/<name>/<revision>.json`` holds the canonical tree of one drafting. ``<revision>.drafted.json`` tells which
account drafted it, ``<revision>.signed.json`` who signed it off, when, and its digest. Drafting again without a change
gives the revision there is. A signed revision is what was issued: a later one is a correction and says so by its
number.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from warehouse import access_key, audit, bulletin
from warehouse.errors import NotAllowed, WarehouseError
from warehouse.home import home, settle
from warehouse.last_day import last_day
from warehouse.principal import Principal

_FILE = re.compile(r"([1-9]\d{0,3})\.json", re.ASCII)
_CODE = re.compile(r"[0-9A-F]{4}(?:-?[0-9A-F]{4}){2}", re.ASCII)
LONGEST_NAME = 60
"""Letters of who signs off."""


@dataclass(frozen=True)
class Issue:
    """One revision of a period's bulletin. ``told``: its tree; ``signed``: ``by`` as printed, ``account``, ``role``,
    ``at`` and ``digest``, or None; ``drafted``: ``account``, ``role`` and ``at``, None where nobody noted it."""

    name: str
    revision: int
    told: Mapping[str, Any]
    signed: Mapping[str, str] | None
    drafted: Mapping[str, str] | None = None

    @property
    def kind(self) -> str:
        return str(self.told["kind"])

    @property
    def code(self) -> str:
        return bulletin.check_code(self.told)

    @property
    def night(self) -> date:
        return date.fromisoformat(self.told["night"])

    @property
    def asked(self) -> bulletin.Asked:
        return bulletin.Asked(date.fromisoformat(self.told["spans"]["now"]["last"]), self.kind)


def _folder() -> Path:
    return home() / "bulletins"


def issues() -> list[Issue]:
    """Every revision, the latest period first, of a period the last revision first."""
    found = []
    for folder in _folder().glob("[0-9]*"):
        numbers = [int(match[1]) for path in folder.iterdir() if (match := _FILE.fullmatch(path.name))]
        found += [_read(folder.name, number) for number in numbers]
    return sorted(found, key=lambda one: (one.told["spans"]["now"]["last"], one.name, one.revision), reverse=True)


def _read(name: str, revision: int) -> Issue:
    path = _folder() / name / f"{revision}.json"
    try:
        told = json.loads(path.read_text("utf-8"))
        by, drafted = (
            json.loads(beside.read_text("utf-8")) if beside.is_file() else None
            for beside in (path.with_suffix(".signed.json"), path.with_suffix(".drafted.json"))
        )
    except (OSError, ValueError) as error:
        raise WarehouseError(f"{path} cannot be read: {error}. Restore it from the backup, or remove it.") from None
    if by is not None and by["digest"] != bulletin.digest(told):
        raise WarehouseError(
            f"{path} is not what {by['by']} signed off on {by['at']}: its digest is another. Restore both files from "
            "the backup."
        )
    return Issue(name, revision, told, by, drafted)


def find(asked: str) -> Issue:
    """The issue of a name (``2026-06``, its last revision; ``2026-06/1``) or a check code, however it is typed.

    Raises ``WarehouseError`` for what there is none of.
    """
    typed = asked.strip()
    every = issues()
    if _CODE.fullmatch(typed.upper()):
        code = typed.upper().replace("-", "")
        found = [one for one in every if one.code.replace("-", "") == code]
    else:
        name, _, revision = typed.partition("/")
        found = [one for one in every if one.name == name and revision in ("", str(one.revision))]
    if not found:
        raise WarehouseError(
            f"There is no bulletin {typed!r}. 'heng bulletin list' names those there are, 'heng bulletin draft' makes "
            "one."
        )
    return found[0]


def issued_before(asked: bulletin.Asked) -> Issue | None:
    """The issue that the figures of a period are held against: of the period before the last one signed off, else the
    last one drafted."""
    name = bulletin.Asked(asked.before[1], asked.kind).name
    found = [one for one in issues() if one.name == name and one.told["format"] == bulletin.FORMAT]
    return next((one for one in found if one.signed), found[0] if found else None)


def draft(source: bulletin.Source, asked: bulletin.Asked, who: Principal) -> tuple[Issue, bool]:
    """The issue of a period by what ``source`` knows, and whether it is new, drafted by ``who``. Errors as
    ``bulletin.facts``."""
    before = issued_before(asked)
    told = bulletin.facts(source, asked, before.told if before else None)
    with _turn():
        of_period = [one for one in issues() if one.name == asked.name]
        if of_period and bulletin.digest(of_period[0].told) == bulletin.digest(told):
            return of_period[0], False
        revision = of_period[0].revision + 1 if of_period else 1
        drafted = {"account": who.account, "role": who.role, "at": _now()}
        _write(_folder() / asked.name / f"{revision}.drafted.json", json.dumps(drafted))
        _write(_folder() / asked.name / f"{revision}.json", bulletin.canonical(told))
    return _read(asked.name, revision), True


def recomputed(issue: Issue, source: bulletin.Source) -> dict[str, Any]:
    """The tree of an issue's period computed again from ``source``, held against the same issue before.

    Raises ``WarehouseError`` where that one is gone, or the issue is of another version's format.
    """
    if issue.told["format"] != bulletin.FORMAT:
        raise WarehouseError(
            f"{issue.name} was drafted by another version of heng ({issue.told['format']}; this one writes "
            f"{bulletin.FORMAT}). Its file tells its figures; they cannot be computed again by today's definitions."
        )
    restated = issue.told["restated"]
    return bulletin.facts(source, issue.asked, find(restated["code"]).told if restated else None)


class Settled(WarehouseError):
    """A revision cannot be signed off any more: it is, or a later one was drafted."""


class SelfSigned(NotAllowed):
    """Who drafted a bulletin does not sign it off: four eyes."""


def is_name(by: str) -> bool:
    """Whether it can stand on a bulletin: a name or an office."""
    return len(by.strip()) > 0 and len(by) <= LONGEST_NAME and by.isprintable()


def sign(issue: Issue, by: str, who: Principal) -> Issue:
    """Sign a revision off, once, on record before it is: ``by`` stands on it, ``who`` does it.

    Raises ``Settled``, ``SelfSigned``, ``AuditUnwritable``, ``WarehouseError`` if ``by`` is no name.
    """
    by = " ".join(by.split())
    if not is_name(by):
        raise WarehouseError("Say who signs it off: --by with a name or an office.")
    with _turn():
        now = _read(issue.name, issue.revision)
        if now.signed:
            raise Settled(
                f"{now.name}/{now.revision} is signed off by {now.signed['by']}. Draft it again if figures changed."
            )
        last = next(one for one in issues() if one.name == now.name)
        if last.revision != now.revision:
            raise Settled(f"{now.name}/{now.revision} was drafted anew: read {now.name}/{last.revision}.")
        if now.drafted is not None and now.drafted["account"] == who.account:
            raise SelfSigned(
                f"{now.name}/{now.revision} was drafted by the same account. Somebody else reads it and signs it off: "
                "on the page /bulletins, or as another user of this machine."
            )
        digest = bulletin.digest(now.told)
        told = {"by": by, "account": who.account, "role": who.role, "at": _now(), "digest": digest}
        text = json.dumps(told, ensure_ascii=False)
        query = f"bulletin.{now.name}.{now.revision}".lower()
        drafter = now.drafted["account"] if now.drafted else "unknown"
        access_key.make(home())
        audit.append(
            audit.Event(
                who, "bulletin.signed", "done", query=query, digest=digest, note=f"by {by}; drafted by {drafter}"
            )
        )
        _write(_folder() / now.name / f"{now.revision}.signed.json", text)
    return _read(issue.name, issue.revision)


def undrafted(source: bulletin.Source) -> list[bulletin.Asked]:
    """Of every kind the last period that is over by the last day of data, if there are data of it and no issue."""
    until, first = last_day(source.manifest), bulletin.first_day(source)
    if until is None or first is None:
        return []
    drafted = {one.name for one in issues()}
    found = [bulletin.last_whole(until, kind) for kind in bulletin.KINDS]
    return [asked for asked in found if asked.name not in drafted and asked.last >= first]


def _now() -> str:
    return datetime.now(ZoneInfo("Asia/Shanghai")).isoformat(" ", "minutes")[:16]


@contextmanager
def _turn() -> Iterator[None]:
    """One writer at a time."""
    _folder().mkdir(mode=0o700, exist_ok=True)
    with open(_folder() / ".lock", "w", opener=_private) as lock:
        flock(lock, LOCK_EX)
        yield


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with open(beside, "w", encoding="utf-8", opener=_private) as stream:
        stream.write(text)
    settle(beside, path)
