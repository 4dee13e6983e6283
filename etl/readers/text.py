"""Delimited and fixed-width text: the heading line, then one record a line."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from etl.contract import Csv, Feed, FixedWidth
from etl.errors import DeliveryStopped
from etl.readers import lines
from etl.readers.rows import Rows, differences, heading_key, positions


def delimited(feed: Feed, path: Path, name: str) -> Iterator[Rows]:
    """Records of a CSV whose first line holds the headings."""
    assert isinstance(feed.format, Csv)
    order: list[int] | None = None
    width = 0
    with lines.open_delivery(path, name) as stream:
        for chunk in lines.chunks(stream, name, feed.format.encoding):
            if order is None:
                order, width = _heading(feed, feed.format, chunk, name)
                chunk = chunk.without_first()
                if not len(chunk):
                    continue
            at, columns = lines.split(chunk, feed.format.delimiter, width, name)
            empty = pa.array([""] * len(at), pa.string()) if -1 in order else None
            yield _rows(chunk, at, [empty if position < 0 else columns[position] for position in order])
    if order is None:
        raise DeliveryStopped("D-EMPTY", f"{name} holds no line. Ask the sender for it again.")


def fixed_width(feed: Feed, path: Path, name: str) -> Iterator[Rows]:
    """Records of a file whose fields stand at declared positions; there is no heading."""
    assert isinstance(feed.format, FixedWidth)
    spans, numbers = _spans(feed)
    with lines.open_delivery(path, name) as stream:
        for chunk in lines.chunks(stream, name, feed.format.encoding):
            yield _rows(chunk, *lines.slices(chunk, spans, numbers, feed.format.width, feed.format.starts_with))


def _rows(chunk: lines.Chunk, at: np.ndarray, columns: lines.Columns) -> Rows:
    return Rows(chunk.source_line, chunk.byte_offset, chunk.raw_lines, chunk.bad, at, columns)


def _heading(feed: Feed, form: Csv, chunk: lines.Chunk, name: str) -> tuple[list[int], int]:
    """Positions of the declared headings, in declaration order, and the number of fields of a line."""
    if chunk.bad.get(0, ("",))[0] == "R-ENCODING":
        raise DeliveryStopped(
            "D-ENCODING",
            f"the heading of {name} is not {form.encoding}. Declare the encoding in "
            f"etl/feeds/{feed.name}.py or ask for the file in the declared one.",
        )
    raw = chunk.raw_line(0)
    found = lines.split_line(raw.decode(form.encoding), form.delimiter) or []
    unknown, missing, doubled = differences(feed, found, name)
    if unknown or missing or doubled:
        wanted = [heading_key(heading) for heading in feed.headings]
        _explain_heading(feed, form, raw, name, wanted, len(wanted) - len(missing))
        if len(missing) == len(wanted):
            # The first line is probably a row: its values may be personal and are not told.
            raise DeliveryStopped(
                "D-COLUMNS",
                f"the first line of {name} holds none of the declared headings. "
                "Ask for the file with its heading line.",
            )
    return positions(feed, found, name), len(found)


def _explain_heading(feed: Feed, form: Csv, raw: bytes, name: str, wanted: list[str], found: int) -> None:
    """Tell a wrong encoding or delimiter apart from a changed layout, in which ``found`` headings were
    read as declared. Only the message differs: nothing is read on suspicion."""
    for encoding in ("utf-8", "gb18030"):
        for delimiter in (",", "\t", ";", "|"):
            if (encoding, delimiter) == (form.encoding, form.delimiter):
                continue
            try:
                text = raw.removeprefix(b"\xef\xbb\xbf").decode(encoding)
            except UnicodeDecodeError:
                continue
            keys = [heading_key(heading) for heading in lines.split_line(text, delimiter) or []]
            if len(set(wanted) & set(keys)) <= max(found, len(wanted) // 2):
                continue
            if delimiter != form.delimiter:
                raise DeliveryStopped(
                    "D-FORMAT",
                    f"{name} is delimited by {delimiter!r}, declared is {form.delimiter!r}. "
                    f"Change the declaration in etl/feeds/{feed.name}.py or ask for the declared form.",
                )
            raise DeliveryStopped(
                "D-ENCODING",
                f"{name} reads as {encoding}, declared is {form.encoding}. "
                f"Change the declaration in etl/feeds/{feed.name}.py or ask for the declared encoding.",
            )


def _spans(feed: Feed) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Positions of a fixed-width feed's fields, and of those that are numbers."""
    spans, numbers = [], []
    for heading, how in feed.reads.items():
        for text in (heading, *how.followed_by) if isinstance(heading, str) else heading:
            first, last = (int(position) for position in text.split("-"))
            spans.append((first, last))
            if how.column.type.removesuffix("[]") in ("INTEGER", "BIGINT", "DOUBLE"):
                numbers.append((first, last))
    return spans, numbers
