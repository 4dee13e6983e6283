"""A dossier as one HTML file that needs nothing outside itself, and the check that it is unchanged.

The file holds its facts as canonical JSON. Its digest is the SHA-256 of its bytes with 64 zeros wherever the digest
itself stands; ``heng-parts`` names the digest of every part between ``<!--part:name-->`` and ``<!--end:name-->``, in
order, so that a check can say what was changed. The same facts give the same bytes: no clock, no chance.

A digest anybody can compute shows that a file is unchanged since it was noted elsewhere, not who made it. ``verify``
therefore also renders the facts anew: a text that says something else than the facts is told even if every digest fits.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from warehouse import dossier_text
from warehouse.dossier import FORMAT, canonical, digest, main_standing, outcome
from warehouse.dossier_text import LANGUAGES, Words
from warehouse.errors import WarehouseError

_HTML_LANG = {"zh": "zh-CN", "en": "en"}
_ZEROS = "0" * 64
_BLANK = "PARTS"
_PART = re.compile(rb"<!--part:([a-z0-9-]+)-->(.*?)<!--end:\1-->", re.DOTALL)
_DIGEST = re.compile(rb'<meta name="heng-digest" content="([0-9a-f]{64})">')
_PARTS = re.compile(rb'<meta name="heng-parts" content="([a-z0-9= -]*)">')
_FACTS = re.compile(rb'<script type="application/json" id="facts">(.*?)</script>', re.DOTALL)
_MARKS = (b'<meta name="heng-digest"', b'<meta name="heng-parts"', b"<!--part:")
_FORMAT = re.compile(r"heng-dossier/[0-9]{1,4}")
_LANG = re.compile(rb'<html lang="([a-zA-Z-]+)">')
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined,
    trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
)  # fmt: skip


def html(told: Mapping[str, Any], lang: str) -> bytes:
    """The file of a tree of facts in one language."""
    if lang not in LANGUAGES:
        raise WarehouseError(f"There is no language {lang!r}. Choose zh or en.")
    w = Words(lang)
    # Part marks are comments; a text of a delivery is escaped and can hold none.
    text = _ENVIRONMENT.get_template("dossier.html.j2").render(
        told=told, w=w, text=dossier_text, main=main_standing(told), outcome=outcome, html_lang=_HTML_LANG[lang],
        enterprise=told["subject"]["kind"] == "enterprise", acts=dossier_text.numbered(told),
        differences=dossier_text.differences(told, w), changes=dossier_text.changes(told, w),
        facts=Markup(canonical(told)), facts_digest=digest(told),  # nosec B704  # JSON in which < is escaped
        zeros=_ZEROS, blank=_BLANK,
    )  # fmt: skip
    data = text.encode()
    parts = " ".join(f"{name.decode()}={hashlib.sha256(body).hexdigest()}" for name, body in _PART.findall(data))
    data = data.replace(f'content="{_BLANK}"'.encode(), f'content="{parts}"'.encode(), 1)
    return data.replace(_ZEROS.encode(), hashlib.sha256(data).hexdigest().encode())


def digest_of(data: bytes) -> str:
    """The digest a file carries. Raises ``WarehouseError`` where it carries none."""
    found = _DIGEST.findall(data)
    if len(found) != 1:
        raise WarehouseError("This is no dossier: it carries no digest. Give the HTML file that 'heng dossier' wrote.")
    return found[0].decode()


@dataclass(frozen=True)
class Verified:
    """What a check found. ``digest``: the one carried, "" where it was blanked or there are several. ``changed``: parts
    whose bytes differ, are missing or too many; ``frame``: what lies outside the parts; ``order``: parts stand in
    another order; ``text``: the words do not follow from the facts; ``written_in``: the format of another version of
    heng, whose words cannot be checked here."""

    digest: str
    is_intact: bool
    changed: tuple[str, ...] = ()
    frame: bool = False
    order: bool = False
    text: bool = False
    written_in: str = ""

    def lines(self) -> list[str]:
        if self.written_in:
            return [
                f"its digests fit: SHA-256 {self.digest}",
                f"its words were not checked: it is of {self.written_in}, this version writes {FORMAT}. Compare its "
                "digest with the one noted when it was written (--digest), or ask the version that wrote it.",
            ]
        if self.is_intact and not self.text:
            return [f"intact: SHA-256 {self.digest}"]
        if not self.digest:
            return ["changed: the digest it carries was blanked, or another one added"]
        found = [f"changed: {name}" for name in self.changed]
        found += ["changed: the order of its parts"] if self.order else []
        found += ["changed: outside its parts (head, style, digests or the space between)"] if self.frame else []
        found += ["its words do not follow from its facts, though every digest fits"] if self.text else []
        return found


def verify(data: bytes) -> Verified:
    """Check a file against the digests it carries, and its words against its facts.

    Raises ``WarehouseError`` if it is no dossier.
    """
    if len(_DIGEST.findall(data)) != 1 and any(mark in data for mark in _MARKS):
        return Verified("", False, frame=True)
    said = digest_of(data)
    is_intact = hashlib.sha256(data.replace(said.encode(), _ZEROS.encode())).hexdigest() == said
    if is_intact and (other := _other_format(data)):
        return Verified(said, True, written_in=other)
    if is_intact:
        return Verified(said, True, text=not _follows(data))
    told = _PARTS.search(data)
    listed = [pair.split("=") for pair in told[1].decode().split()] if told else []
    if any(len(pair) != 2 for pair in listed):
        return Verified(said, False, frame=True)
    wanted = dict(listed)
    found = [(name.decode(), hashlib.sha256(body.replace(said.encode(), _ZEROS.encode())).hexdigest())
             for name, body in _PART.findall(data)]  # fmt: skip
    changed = [name for name, body in found if wanted.get(name) != body]
    changed += [name for name in wanted if name not in dict(found)]
    order = sorted(name for name, _ in found) == sorted(wanted) and [name for name, _ in found] != list(wanted)
    return Verified(said, False, tuple(dict.fromkeys(changed)), not changed and not order, order)


def _told(data: bytes) -> Any:
    found = _FACTS.findall(data)
    try:
        return json.loads(found[0]) if len(found) == 1 else None
    except ValueError:
        return None


def _other_format(data: bytes) -> str:
    """The format of a dossier that another version wrote, "" for one of this."""
    told = _told(data)
    written_in = told.get("format") if isinstance(told, dict) else None
    is_other = isinstance(written_in, str) and _FORMAT.fullmatch(written_in) and written_in != FORMAT
    return str(written_in) if is_other else ""


def facts_of(data: bytes) -> dict[str, Any]:
    """The facts a file holds. Raises ``WarehouseError`` where it holds none that can be read."""
    told = _told(data)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise WarehouseError(f"The file holds no facts of {FORMAT}. It was written by another version of heng.")
    return told


def _follows(data: bytes) -> bool:
    """Whether the facts give exactly this file."""
    lang = _LANG.search(data)
    try:
        spoken = {value: key for key, value in _HTML_LANG.items()}[lang[1].decode()] if lang else "zh"
        return html(facts_of(data), spoken) == data
    except (KeyError, TypeError, ValueError, jinja2.TemplateError, WarehouseError):
        return False
