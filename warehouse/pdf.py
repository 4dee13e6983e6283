"""A self-contained HTML file as a PDF: the same words, the HTML file attached. The same file gives the same bytes."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

from warehouse.errors import WarehouseError

NO_PANGO = (
    "A PDF needs Pango, which is not on this machine: apt-get install libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk. "
    "Or open the HTML file in a browser and print it: its pages are laid out for A4."
)
NO_WEASYPRINT = (
    "A PDF needs WeasyPrint, which is not installed: run 'make run' or install requirements.lock. "
    "Or open the HTML file in a browser and print it: its pages are laid out for A4."
)


def printed(html: bytes, identifier: bytes, attached_as: str) -> bytes:
    """The PDF. ``identifier``: 16 bytes that name it; ``attached_as``: the file name of the HTML inside.

    Raises ``WarehouseError`` where WeasyPrint or the library it draws text with is missing.
    """
    # The instant of making would differ in every copy of one file; fonts take theirs from here.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    try:
        from weasyprint import HTML, Attachment
    except ModuleNotFoundError:
        raise WarehouseError(NO_WEASYPRINT) from None
    except OSError:
        raise WarehouseError(NO_PANGO) from None
    when = date(1970, 1, 1)
    attached = Attachment(string=html, name=attached_as, created=when, modified=when)
    drawn = HTML(string=html.decode(), url_fetcher=_nothing_outside).render()
    drawn.metadata.attachments = [attached]
    made: bytes = drawn.write_pdf(pdf_identifier=identifier)
    return made


def _nothing_outside(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    raise ValueError(f"a document refers to nothing outside itself, but to {url}")
