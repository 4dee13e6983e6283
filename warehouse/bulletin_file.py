"""A bulletin as one HTML file that needs nothing outside itself: laid out for A4 as GB/T 9704 asks, for print and PDF.

Margins, type sizes and lines follow GB/T 9704-2012 as the design guide gives them; where a font of the standard
(小标宋, 仿宋, 黑体) is not on the machine, Noto stands in. The same figures give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from warehouse import bulletin_chart, bulletin_text
from warehouse.bulletin import check_code
from warehouse.bulletin_text import LANGUAGES, Figure, Words
from warehouse.errors import WarehouseError

_HTML_LANG = {"zh": "zh-CN", "en": "en"}
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined,
    trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
)  # fmt: skip


def dated(told: Mapping[str, Any], w: Words) -> str:
    """The day under the text: the day after the night whose knowledge it has."""
    return w.day((date.fromisoformat(told["night"]) + timedelta(days=1)).isoformat())


Pages = Mapping[str, Sequence[tuple[str, str]]]
"""By the topic of a section the pages that have its figures: words and address. They are not printed."""


def html(
    told: Mapping[str, Any], lang: str, signed: Mapping[str, Any] | None = None, pages: Pages | None = None
) -> bytes:
    """The file of a tree in one language. ``signed``: by whom and when it was signed off, if it was. ``pages``: of a
    file that is read beside the pages; one that leaves has none."""
    if lang not in LANGUAGES:
        raise WarehouseError(f"There is no language {lang!r}. Choose zh or en.")
    w = Words(lang)
    blocks = []
    for block in bulletin_text.blocks(told, lang):
        laid = {"kind": type(block).__name__, **vars(block)}
        if isinstance(block, Figure):
            laid["svg"] = Markup(bulletin_chart.draw(block.chart, told, w, block.caption))  # nosec B704  # it escapes
        blocks.append(laid)
    return (
        _ENVIRONMENT.get_template("bulletin.html.j2")
        .render(
            told=told, w=w, blocks=blocks, signed=signed, html_lang=_HTML_LANG[lang], code=check_code(told),
            title=bulletin_text.title(told, w), issue=bulletin_text.issue(told, w), cut=bulletin_text.cut(told, w),
            dated=dated(told, w), pages=pages or {},
        )
        .encode()
    )  # fmt: skip
