"""County names as people write them, and the codes they mean.

Counties fill in workbooks with names, not codes. The names are those of ``warehouse/seeds/county.csv``, with and
without what kind of county it is (零陵区, 零陵), where that leaves two characters or more. A name that no row has is
R-CODE: a misspelt county is never guessed.
"""

import csv

from warehouse.home import REPOSITORY

_KINDS = ("瑶族自治县", "县", "区", "市")


def county_words() -> dict[str, str]:
    """Every accepted name and its GB/T 2260 code. 祁阳 alone means the code in force (祁阳市)."""
    words: dict[str, str] = {}
    shorts: dict[str, str] = {}
    with (REPOSITORY / "warehouse" / "seeds" / "county.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            name, code = row["name_zh"], row["county_code"]
            words[name] = code
            short = next(name.removesuffix(kind) for kind in _KINDS if name.endswith(kind))
            if "自治" in name:
                shorts[f"{short}县"] = code
            if len(short) > 1 and not row["valid_to"]:
                shorts[short] = code
    return shorts | words


COUNTY_WORDS = county_words()
