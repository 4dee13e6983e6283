"""What transmissions and senders do to deliveries, in declared ways, each written to the truth.

``damage`` spoils lines of a delivery in a text format and tells which; ``replaced`` is about whole rows. What must
become of a spoiled line is known from its kind: that is what they are for.
"""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.contract import Csv, Feed, FixedWidth, Ndjson
from etl.demo import writer


@dataclass(frozen=True)
class Fault:
    """One way to spoil a line. ``kind``: ``cut_line`` (the end is lost) or ``text`` (the texts under some columns
    become others).

    ``texts``: dictionary name → text as delivered. ``outcome``: the reason code expected, "" where the line
    is accepted all the same.
    """

    kind: str
    outcome: str
    texts: tuple[tuple[str, str], ...] = ()


CUT_LINE = Fault("cut_line", "R-FIELDS")


def text(outcome: str, **texts: object) -> Fault:
    """The text under some columns becomes another: ``text("R-NUMBER", speed_kmh="fast")``."""
    return Fault("text", outcome, tuple((name, str(value)) for name, value in texts.items()))


TRUTH = pa.schema([
    ("feed", pa.string()), ("delivery", pa.string()), ("source_line", pa.int64()), ("kind", pa.string()),
    ("outcome", pa.string()), ("column", pa.string()), ("text", pa.string()),
])  # fmt: skip


def damage(
    feed: Feed,
    table: pa.Table,
    faults: Sequence[Fault],
    rng: np.random.Generator,
    name: str,
    more: pa.Table | None = None,
) -> tuple[bytes, pa.Table]:
    """The delivery ``name`` of ``table`` with each fault on a line of its own, and the truth about it.

    Rows of ``more`` stand behind, as they are. For feeds of lines (CSV, fixed width, NDJSON). Raises ``ValueError``
    when there are fewer rows than faults.
    """
    head = writer.head(feed)
    body, truth = damage_rows(feed, table, faults, rng, name, after=1 if head else 0)
    rest = [] if more is None else writer.lines(feed, more)
    return _zipped(b"".join([head, body, *rest]), name), truth


def damage_rows(
    feed: Feed, table: pa.Table, faults: Sequence[Fault], rng: np.random.Generator, name: str, after: int
) -> tuple[bytes, pa.Table]:
    """The rows of ``damage`` alone; ``after``: lines of the delivery ahead of them."""
    if len(faults) > table.num_rows:
        raise ValueError(f"{name}: {len(faults)} faults for {table.num_rows} rows")
    places = rng.choice(table.num_rows, len(faults), replace=False).tolist()
    fault_at = dict(zip(places, faults, strict=True))
    out: list[bytes] = []
    told = []
    start, line = 0, after
    for chunk in writer.lines(feed, table):
        inside = sorted(place - start for place in fault_at if start <= place < start + writer.CHUNK_ROWS)
        if not inside:
            out.append(chunk)
            line += min(writer.CHUNK_ROWS, table.num_rows - start)
            start += writer.CHUNK_ROWS
            continue
        rows = chunk.split(b"\n")[:-1]
        done = 0
        for place in inside:
            fault = fault_at[start + place]
            out += [b"\n".join(rows[done:place]), b"\n"] if place > done else []
            line += place - done + 1
            outcome = "R-SYNTAX" if fault == CUT_LINE and isinstance(feed.format, Ndjson) else fault.outcome
            shown = fault.texts or (("", ""),)
            told += [(feed.name, name, line, fault.kind, outcome, column, value) for column, value in shown]
            out.append(_spoiled(feed, fault, rows[place]))
            done = place + 1
        out += [b"\n".join(rows[done:]), b"\n"] if done < len(rows) else []
        line += len(rows) - done
        start += len(rows)
    truth = pa.Table.from_pylist([dict(zip(TRUTH.names, row, strict=True)) for row in told], TRUTH)
    return b"".join(out), truth


def around(feed: Feed, first: pa.Table, body: bytes, last: pa.Table, name: str = "") -> bytes:
    """A delivery of rows, then ``body`` (lines that ``damage_rows`` spoiled), then rows."""
    parts = [writer.head(feed), *writer.lines(feed, first), body, *writer.lines(feed, last)]
    return _zipped(b"".join(parts), name)


def _zipped(data: bytes, name: str) -> bytes:
    return gzip.compress(data, 1, mtime=0) if name.endswith(".gz") else data


def _spoiled(feed: Feed, fault: Fault, row: bytes) -> bytes:
    if fault.kind == "cut_line":
        return _cut(feed, row) + b"\n"
    encoding = feed.format.encoding
    return _with_texts(feed, row.decode(encoding), dict(fault.texts)).encode(encoding) + b"\n"


def _cut(feed: Feed, row: bytes) -> bytes:
    """A line whose second half never came; never cut inside a character."""
    encoding = feed.format.encoding
    content = row.decode(encoding)
    if isinstance(feed.format, Csv):
        fields = content.split(feed.format.delimiter)
        return feed.format.delimiter.join(fields[: max(1, len(fields) // 2)]).encode(encoding)
    return content[: len(content) // 2].encode(encoding)


def _with_texts(feed: Feed, row: str, texts: dict[str, str]) -> str:
    """The line with other texts under some columns; ``KeyError`` for a column that is not there."""
    headings = {_name(feed, heading, at): heading for heading, at in _positions(feed)}
    if isinstance(feed.format, Ndjson):
        members: dict[str, Any] = json.loads(row)
        for name, value in texts.items():
            members[str(headings[name])] = value
        return json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    if isinstance(feed.format, FixedWidth):
        for name, value in texts.items():
            first, last = (int(position) for position in str(headings[name]).split("-"))
            row = row[: first - 1] + value.ljust(last - first + 1)[: last - first + 1] + row[last:]
        return row
    assert isinstance(feed.format, Csv)
    fields = next(csv.reader([row], delimiter=feed.format.delimiter))
    for name, value in texts.items():
        fields[feed.headings.index(str(headings[name]))] = value
    stream = io.StringIO()
    csv.writer(stream, delimiter=feed.format.delimiter, lineterminator="").writerow(fields)
    return stream.getvalue()


def _positions(feed: Feed) -> list[tuple[str, int]]:
    """Each heading and its place within its list column (0 for a plain one)."""
    return [
        (heading, at)
        for key in feed.columns
        for at, heading in enumerate((key,) if isinstance(key, str) else key)
    ]  # fmt: skip


def _name(feed: Feed, heading: str, at: int) -> str:
    """The dictionary name under a heading; elements of a list are ``axle_loads_kg.2`` and so on, from 1."""
    for key, how in feed.reads.items():
        if key == heading:
            return how.column.name
        if isinstance(key, tuple) and heading in key:
            return f"{how.column.name}.{at + 1}"
    raise KeyError(heading)


def replaced(table: pa.Table, column: str, rows: np.ndarray, values: pa.Array) -> pa.Table:
    """``table`` with ``values`` in ``column`` at the positions ``rows`` (ascending): a correction."""
    mask = np.zeros(table.num_rows, bool)
    mask[rows] = True
    old = table[column].combine_chunks()
    at = table.column_names.index(column)
    return table.set_column(at, column, pc.replace_with_mask(old, pa.array(mask), values.cast(old.type)))
