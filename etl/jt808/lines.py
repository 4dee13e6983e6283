"""One object a line where frames come as hexadecimal, one a line: what a line holds beside its frame goes with it."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

Object = dict[str, Any]


def one_a_line(told: Iterable[Object]) -> Iterator[Object]:
    """``told`` with one object for each ``line``.

    A line with one sound frame is that frame; ``left_out`` are the stretches around it. A line with none or several is
    an object with ``error`` and its ``stretches``.
    """
    for line, group in groupby(told, key=lambda one: one["line"]):
        of_line = list(group)
        sound = [one for one in of_line if "error" not in one]
        if len(of_line) == 1:
            yield of_line[0]
        elif len(sound) == 1:
            yield {**sound[0], "left_out": [one for one in of_line if "error" in one]}
        else:
            yield {
                "line": line,
                "error": f"R-FRAME: this line is no single frame: of its {len(of_line)} stretches {len(sound)} are "
                "frames. Write one frame a line.",
                "stretches": of_line,
            }
