"""Workbooks: rows in, one file out, in constant memory.

Text goes through ``write_string`` only, so nothing a cell starts with can run as a formula; numbers and
days stay numbers and days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter

PLAIN, HEAD, INSTANT, DAY, PERCENT, WHOLE, TENTH, WRAPPED = range(8)
_FORMATS: dict[int, dict[str, Any]] = {
    PLAIN: {},
    HEAD: {"bold": True},
    INSTANT: {"num_format": "yyyy-mm-dd hh:mm:ss"},
    DAY: {"num_format": "yyyy-mm-dd"},
    PERCENT: {"num_format": "0.0%"},
    WHOLE: {"num_format": "#,##0"},
    TENTH: {"num_format": "0.0"},
    WRAPPED: {"text_wrap": True, "valign": "top"},
}


@dataclass(frozen=True)
class Sheet:
    """``heads`` may be empty. ``number_styles``: style of the numbers of a column, by position."""

    name: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Any]]
    widths: Sequence[float]
    number_styles: dict[int, int]
    text_style: int = PLAIN


def write(target: IO[bytes], sheets: Sequence[Sheet]) -> None:
    """The whole workbook into ``target``; the rows of each sheet are taken as they come."""
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    formats = {style: book.add_format(look) for style, look in _FORMATS.items()}
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        for position, width in enumerate(sheet.widths):
            page.set_column(position, position, width)
        for position, head in enumerate(sheet.heads):
            page.write_string(0, position, head, formats[HEAD])
        first = 1 if sheet.heads else 0
        line = first
        for line, row in enumerate(sheet.rows, first):
            for position, value in enumerate(row):
                if value is None or value == "":
                    continue
                if isinstance(value, str):
                    page.write_string(line, position, value, formats[sheet.text_style])
                elif isinstance(value, datetime):
                    page.write_datetime(line, position, value, formats[INSTANT])
                elif isinstance(value, date):
                    page.write_datetime(line, position, value, formats[DAY])
                else:
                    page.write_number(line, position, value, formats[sheet.number_styles.get(position, PLAIN)])
        if sheet.heads:
            page.freeze_panes(1, 0)
            page.autofilter(0, 0, line, len(sheet.heads) - 1)
    book.close()
