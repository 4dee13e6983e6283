"""``heng jt808 explain``: one frame field by field, as far as a damaged one can be read.

Offsets and lengths count the bytes as given, so an escaped byte takes two of them. Every byte stands in exactly one
field.
"""

import re

from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl.errors import HengError
from etl.jt808.walk import Check, Explanation, Walk, field_at

PIPE_WIDTH = 160


def explain(hex_text: str) -> Explanation:
    """Explain the first frame in ``hex_text``: blanks, 0x and either case are allowed, both flags may be missing.

    Raises ``HengError`` if the text is not hexadecimal or holds no byte.
    """
    data = bytes_of(hex_text)
    found = Explanation()
    if b"\x7e" not in data:
        Walk(data, 0, len(data), found).walk()
        return found
    flag = data.find(b"\x7e")
    if flag:
        found.fields.append(field_at(data, 0, flag, "before the frame", meaning="no flag before these bytes"))
    end = data.find(b"\x7e", flag + 1)
    while end == flag + 1:
        found.fields.append(field_at(data, flag, 1, "flag", meaning="an empty stretch follows"))
        flag, end = end, data.find(b"\x7e", end + 1)
    found.fields.append(field_at(data, flag, 1, "flag", meaning="begins the frame 标识位"))
    said = "a flag before and a flag behind" if end > 0 else "no flag behind the frame"
    found.checks.append(Check("cut", end > 0, said))
    content_end = end if end > 0 else len(data)
    if flag + 1 < content_end:
        Walk(data, flag + 1, content_end, found, end < 0).walk()
    if end > 0:
        found.fields.append(field_at(data, end, 1, "flag", meaning="ends the frame 标识位"))
    if 0 < end < len(data) - 1:
        rest = len(data) - end - 1
        found.fields.append(field_at(data, end + 1, rest, "behind the frame", meaning="to be explained on its own"))
    return found


def explain_command(hex_text: str) -> None:
    """Print the fields and the checks of a frame."""
    print_explanation(explain(hex_text))


def print_explanation(found: Explanation) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    table = Table("offset", "bytes", "field", "value", "meaning", box=None, pad_edge=False)
    for line in found.fields:
        cells = (str(line.offset), line.hex, line.name, line.value, line.meaning)
        table.add_row(*(Text(cell, overflow="fold") for cell in cells))
    console.print(table)
    for check in found.checks:
        console.print(Text(f"{'passed ' if check.passed else 'REFUSED'} {check.detail}: {check.said}"))
    if found.refused:
        console.print(Text(f"The decoder quarantines this frame: {found.refused}."))


def bytes_of(hex_text: str) -> bytes:
    """The bytes of a hexadecimal text. Raises ``HengError``, which says what is wrong with it."""
    written = re.sub(r"0[xX]|\s", "", hex_text)
    strange = re.sub(r"[0-9a-fA-F]", "", written)
    if strange:
        raise HengError(f"{strange[0]!r} is no hexadecimal digit. Give two digits for every byte of the frame.")
    if len(written) % 2:
        raise HengError(f"{len(written)} digits end in the middle of a byte. Give two digits for every byte.")
    if not written:
        raise HengError("There is no byte to explain. Give a frame in hexadecimal, flags included.")
    return bytes.fromhex(written)
