"""Rows as a topic thinks of them, to a table of a feed's columns and types."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from etl.feeds import feed

_TYPES = {
    "VARCHAR": pa.string(), "INTEGER": pa.int32(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(), "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us"),
}  # fmt: skip


def schema(feed_name: str) -> pa.Schema:
    """The columns that deliveries of a feed have, by dictionary name."""
    reads = feed(feed_name).reads.values()
    return pa.schema([(how.column.name, _TYPES[how.column.type]) for how in reads])


def as_table(feed_name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """A table of ``rows`` (by dictionary name); what a row does not name is empty.

    Raises ``ValueError`` for a name that the feed does not have: a figure that nobody delivers is a mistake.
    """
    wanted = schema(feed_name)
    rows = list(rows)
    unknown = {name for row in rows for name in row} - set(wanted.names)
    if unknown:
        raise ValueError(f"{feed_name}: the feed has no columns {sorted(unknown)}")
    return pa.table({name: pa.array([row.get(name) for row in rows], wanted.field(name).type) for name in wanted.names})


FAULT = pa.schema([
    ("feed", pa.string()), ("delivery", pa.string()), ("record", pa.string()), ("kind", pa.string()),
    ("outcome", pa.string()), ("detail", pa.string()),
])  # fmt: skip
"""What is planted in rows rather than in bytes: which record, what is false about it, the reason code expected."""


def faults(found: Iterable[tuple[str, str, str, str, str, str]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(FAULT.names, row, strict=True)) for row in found], FAULT)
