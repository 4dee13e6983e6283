"""``heng jt809 explain``: one frame field by field, as far as a damaged one can be read.

Offsets and lengths count the bytes as given, so an escaped byte takes two of them. Every byte stands in exactly one
field. The checks and their words are those of the decoder (:mod:`etl.jt809.schemas`).
"""

from etl.jt808.explain import bytes_of, print_explanation
from etl.jt808.walk import Check, Explanation, field_at
from etl.jt809.walk import FrameWalk

BEGIN, END = b"\x5b", b"\x5d"


def explain(hex_text: str) -> Explanation:
    """Explain the first frame in ``hex_text``: blanks, 0x and either case are allowed, both flags may be missing.

    Raises ``HengError`` if the text is not hexadecimal or holds no byte.
    """
    data = bytes_of(hex_text)
    found = Explanation()
    first = data.find(BEGIN)
    if first < 0 and END not in data:
        FrameWalk(data, 0, len(data), found).walk()
        return found
    begin = first + 1
    if first > 0:
        found.fields.append(field_at(data, 0, first, "outside", meaning="no frame begins here"))
    if first >= 0:
        found.fields.append(field_at(data, first, 1, "flag", meaning="begins the frame 头标识"))
    following = data.find(BEGIN, begin)
    stop = len(data) if following < 0 else following
    end = data.find(END, begin, stop)
    content_end = stop if end < 0 else end
    said = "no 5B before the frame" if first < 0 else "a 5B before and a 5D behind"
    found.checks.append(Check("cut", first >= 0 and end >= 0, said if end >= 0 else "no 5D behind the frame"))
    if begin < content_end:
        FrameWalk(data, begin, content_end, found).walk()
    elif end >= 0:
        found.checks.append(Check("short", False, "there is nothing between the flags"))
    if end >= 0:
        found.fields.append(field_at(data, end, 1, "flag", meaning="ends the frame 尾标识"))
    behind = content_end + (end >= 0)
    if behind < len(data):
        rest = len(data) - behind
        found.fields.append(field_at(data, behind, rest, "behind the frame", meaning="to be explained on its own"))
    return found


def explain_command(hex_text: str) -> None:
    """Print the fields and the checks of a frame."""
    print_explanation(explain(hex_text))
