"""A delivery to records with their positions, bytes and texts, one module a format; every record accounted for.

A reader is a generator ``rows(feed, path, name)`` of ``Rows``; it types nothing and guesses nothing. A delivery
that cannot be read as a whole is ``DeliveryStopped``.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from etl.contract import Capture, Csv, Feed, FixedWidth, Ndjson, ParquetFile, Workbook
from etl.readers import captures, ndjson, parquet, text, workbook
from etl.readers.rows import Rows

Piece = TypeVar("Piece")
_READERS: dict[type, Callable[[Feed, Path, str], Iterator[Rows]]] = {
    Capture: captures.rows,
    Csv: text.delimited,
    FixedWidth: text.fixed_width,
    Ndjson: ndjson.rows,
    ParquetFile: parquet.rows,
    Workbook: workbook.rows,
}


def rows(feed: Feed, path: Path, name: str) -> Iterator[Rows]:
    """The records of a delivery in its declared format, some thousands at a time."""
    return _READERS[type(feed.format)](feed, path, name)


def ahead(source: Iterator[Piece]) -> Iterator[Piece]:
    """The same pieces, the next one being made while the caller works on the one before; never more than one ahead."""
    with ThreadPoolExecutor(1, thread_name_prefix="reader") as reader:
        coming = reader.submit(next, source, None)
        while (piece := coming.result()) is not None:
            coming = reader.submit(next, source, None)
            yield piece


def raw_of(feed: Feed, path: Path, name: str, wanted: set[int]) -> dict[int, bytes]:
    """Original bytes of the wanted records, by source line, read again from the archive."""
    found: dict[int, bytes] = {}
    for piece in rows(feed, path, name):
        at = [index for index, line in enumerate(piece.source_line.tolist()) if line in wanted]
        found.update(zip((int(piece.source_line[index]) for index in at), piece.raw(at), strict=True))
        if len(found) == len(wanted):
            break
    return found
