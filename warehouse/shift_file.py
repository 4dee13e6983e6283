"""A shift sheet as one HTML file that needs nothing outside itself: for a phone without a network, and for one sheet of
paper. No script, no address. The same facts give the same bytes; their digest stands at the foot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from warehouse import shift_text
from warehouse.dossier import digest
from warehouse.errors import WarehouseError
from warehouse.shift_text import LANGUAGES, Words

_HTML_LANG = {"zh": "zh-CN", "en": "en"}
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined,
    trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
)  # fmt: skip


def html(told: Mapping[str, Any], lang: str) -> bytes:
    """The file of ``shift_text.document`` in one language."""
    if lang not in LANGUAGES:
        raise WarehouseError(f"There is no language {lang!r}. Choose zh or en.")
    template = _ENVIRONMENT.get_template("shift.html.j2")
    site_of = {site["site_code"]: site for site in told["sites"]}
    text = template.render(
        told=told, w=Words(lang), text=shift_text, site_of=site_of, html_lang=_HTML_LANG[lang],
        bounds=shift_text.classes(told), digest=digest(told),
    )  # fmt: skip
    return text.encode()
