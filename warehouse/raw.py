"""What the warehouse knows of a feed: the shape of its raw table, nothing of its source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from warehouse.columns import LINEAGE, Column
from warehouse.errors import BuildFailed
from warehouse.home import home
from warehouse.ledger import Segment


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

    def told(self) -> dict[str, Any]:
        """What a manifest keeps of the declaration: enough to read the raw rows again."""
        return {
            "kind": self.kind,
            "context_days": self.context_days,
            "columns": [[column.name, column.type] for column in self.columns.values()],
        }

    @staticmethod
    def read(name: str, told: Mapping[str, Any]) -> "RawTable":
        """The raw table that ``told`` tells of; words, owner and schedule are not kept."""
        columns = {column: Column(column, type, "", "") for column, type in told["columns"]}
        return RawTable(name, told["kind"], columns, context_days=told["context_days"])


def rows_of(segments: Sequence[Segment]) -> str | None:
    """SQL: the accepted rows in ``segments``; each must be the file the ledger names, to the byte."""
    from warehouse.digest import file_digest  # the engine: declarations are read without it

    paths = []
    for segment in segments:
        path = home() / segment.path
        if not path.is_file() or file_digest(path) != segment.sha256:
            again = f"heng quarantine replay {segment.deliveries[0][:12]}" if segment.deliveries else "heng status"
            raise BuildFailed(
                f"{segment.feed}: {segment.path} is missing or changed. Restore it from a backup, or land its "
                f"deliveries again: {again}"
            )
        paths.append("'" + str(path).replace("'", "''") + "'")
    return f"read_parquet([{', '.join(paths)}], union_by_name = true)" if paths else None
