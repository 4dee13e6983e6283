"""What would tell that a row of another district came through, from the rows' own county and not by what is tested."""

from collections.abc import Iterable
from typing import Any

SHORTEST = 5


def of_others(whole: Any, district: str, names: Iterable[str]) -> tuple[set[str], set[str]]:
    """Values of these columns that stand in rows of other counties alone, and those in rows of the district."""
    own, others = set[str](), set[str]()
    for table, columns in whole.manifest["columns"].items():
        listed = {name for name, _ in columns}
        if table.startswith(("seeds.", "meta.")) or "county_code" not in listed:
            continue
        for name in sorted(listed & set(names)):
            rows = whole.rows(
                f"select cast({name} as varchar) as v, bool_or(county_code is not distinct from $own) as here, "
                f"bool_or(county_code is distinct from $own) as there from {table} where {name} is not null group by 1",
                {"own": district},
            )
            own |= {row["v"] for row in rows if row["here"]}
            others |= {row["v"] for row in rows if row["there"]}
    return {value for value in others - own if len(value) >= SHORTEST}, own
