"""What the warehouse knows of a feed: the shape of its raw table, nothing of its source."""

from dataclasses import dataclass, field

from warehouse.columns import LINEAGE, Column


@dataclass(frozen=True)
class RawTable:
    """The raw table of one feed. ``kind``: ``event`` (rows belong to a day), ``register`` (rows are valid from
    a day to a day, both included; an empty end is open) or ``list`` (keyed records that belong to no day)."""

    name: str
    kind: str
    columns: dict[str, Column] = field(hash=False)
    title_zh: str = field(default="", hash=False)
    title_en: str = field(default="", hash=False)
    expected_every_days: int | None = field(default=None, hash=False)
    """The feed is late when its newest delivery is older; None: nobody expects it."""
    owner: str = field(default="", hash=False)
    """The department whose business the feed is, as its declaration names it."""
    context_days: int = field(default=0, hash=False)
    """So many days before a day its rows are loaded too when it is built: what lasts over midnight began there."""

    def all_columns(self) -> dict[str, Column]:
        """Source columns first, then the lineage columns every raw table has."""
        return {**self.columns, **{column.name: column for column in LINEAGE}}
