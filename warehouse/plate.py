"""Number plates: how they are written, and which ones a reader may have meant.

Landing (``etl.parse``) and the look-up share what a plate is. Letters I and O stand in no serial: where one was typed,
1 or 0 is a suggestion, never a silent change. Signs that eyes and cameras take for each other are those of
``seeds/plate_confusion.csv``. Where a plate is shown to somebody who did not name it, it is masked here.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from itertools import combinations, product
from pathlib import Path

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
HOME = "湘"
"""Of the reference bureau; where a look-up begins."""
SEPARATORS = " \t·•・.-"
_SERIAL = "[A-HJ-NP-Z0-9]"
PATTERN = "|".join(
    (
        f"[{PROVINCES}][A-Z]{_SERIAL}{{5}}",
        f"[{PROVINCES}][A-Z][A-HJK]{_SERIAL}\\d{{4}}",
        f"[{PROVINCES}][A-Z]\\d{{5}}[A-HJK]",
        f"[{PROVINCES}][A-Z]{_SERIAL}{{4}}[挂学警超使领]",
        f"粤Z{_SERIAL}{{4}}[港澳]",
        "[A-Z]{2}\\d{5}",
        f"WJ[0-9A-Z{PROVINCES}]{{5,7}}",
    )
)
"""Standard, small and large new-energy, trailer and special plates, military and armed police."""
EXAMPLES = {"plate": f"{HOME}M12345", "energy": f"{HOME}MD12345", "trailer": f"{HOME}M1234挂"}
"""What is shown where somebody types something else; invented."""
MOST_CHANGES = 2
MOST_LETTERS = 12
"""More than a plate has; what is longer is no plate and is not searched for."""
_CONFUSION = Path(__file__).parent / "seeds" / "plate_confusion.csv"
_OUT = str.maketrans("", "", SEPARATORS)


def normal(text: str) -> str:
    """A plate as it is stored: NFKC, upper case, without blanks, points and hyphens."""
    return unicodedata.normalize("NFKC", text).translate(_OUT).upper().translate(_OUT)


def is_plate(text: str) -> bool:
    """Whether a normal text has the form of a plate."""
    return re.fullmatch(PATTERN, text, re.ASCII) is not None


def masked(plate_no: str) -> str:
    """湘M·***22: the region of the plate and its last two signs."""
    return f"{plate_no[:2]}·***{plate_no[-2:]}"


def masked_sql(column: str) -> str:
    """``masked`` as an expression of a query, null where there is no plate."""
    return f"case when {column} is null then null else left({column}, 2) || '·***' || right({column}, 2) end"


@cache
def alike() -> dict[str, list[str]]:
    """Signs that each sign may be a misreading of."""
    found: dict[str, list[str]] = {}
    with _CONFUSION.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["read_sign"], []).append(row["true_sign"])
    return found


def near(text: str) -> list[str]:
    """Plates that differ from a normal text in one or two letters taken for another, nearest first; not the text."""
    if len(text) > MOST_LETTERS:
        return []
    places = [at for at, letter in enumerate(text) if letter in alike()]
    found: dict[str, None] = {}
    # An O or I of a serial is wrong wherever it stands, so it changes beside the others.
    wrong = [at for at in places if at > 1 and text[at] in "OI"]
    for count in range(MOST_CHANGES + 1):
        for chosen in combinations([at for at in places if at not in wrong], count):
            changed = sorted({*chosen, *wrong})
            for letters in product(*(alike()[text[at]] for at in changed)):
                spelled = list(text)
                for at, letter in zip(changed, letters, strict=True):
                    spelled[at] = letter
                if is_plate(plate := "".join(spelled)):
                    found[plate] = None
    found.pop(text, None)
    return list(found)
