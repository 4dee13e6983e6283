"""What every reader hands on: records with position, bytes and texts, and the rules all formats share."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.contract import Feed, Read
from etl.errors import DeliveryStopped

FIELD_BYTES = 64 << 10
MAX_ROWS = 10_000_000
MAX_COLUMNS = 500

# Control characters but the tab, and characters a reader cannot see but a comparison can (zero width,
# direction, BOM). The carriage return of a line end is gone before this is asked.
INVISIBLE = r"[\x00-\x08\x0a-\x1f\x7f-\x{9f}\p{Cf}\p{Zl}\p{Zp}]"
TOTALS = ("合计", "总计", "小计", "TOTAL", "Total")
"""Words with which a total among the rows begins."""

Array: TypeAlias = "pa.Array | pa.ChunkedArray"


@dataclass
class Rows:
    """Consecutive records of a delivery.

    ``source_line`` and ``byte_offset`` (None: the format has no lines) are positions of all of them; ``bad`` maps
    an index among them to reason and detail; ``at`` are the indices of those that have their fields, ``columns``
    their texts (or lists of texts), one array per declared heading. Empty lines are in neither.
    """

    source_line: np.ndarray
    byte_offset: np.ndarray | None
    raw: Callable[[Sequence[int]], list[bytes]]
    """Original bytes of the records at these indices."""
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)
    at: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    columns: list[Array] = field(default_factory=list)
    capture: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of a capture: how many frames and bytes these are, by outcome."""


def numbers(values: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
    """Values that lie in an Arrow array as they lie in memory; those not ``known`` are null.

    ``pa.array`` looks for pandas, and importing that costs more than most deliveries.
    """
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [_bits(known), pa.py_buffer(np.ascontiguousarray(values))])


def texts(words: Sequence[str | None]) -> pa.StringArray:
    """A short array of texts, without ``pa.array`` (see ``numbers``)."""
    data = [(word or "").encode() for word in words]
    offsets = np.cumsum([0, *(len(one) for one in data)], dtype=np.int32)
    validity = _bits(np.array([word is not None for word in words], bool))
    return pa.StringArray.from_buffers(len(data), pa.py_buffer(offsets), pa.py_buffer(b"".join(data)), validity)


def those(column: pa.StringArray, there: np.ndarray) -> pa.StringArray:
    """The same texts, those that are not ``there`` null."""
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return pa.StringArray.from_buffers(len(column), pa.py_buffer(bounds), data, _bits(there))


def known(column: pa.Array) -> np.ndarray:
    """Which values of an array are not null."""
    if column.null_count == 0:
        return np.ones(len(column), bool)
    bits = np.frombuffer(column.buffers()[0], np.uint8)
    return np.unpackbits(bits, count=column.offset + len(column), bitorder="little")[column.offset :].astype(bool)


def _bits(known: np.ndarray | None) -> pa.Buffer | None:
    return None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))


def heading_key(heading: str) -> str:
    """Headings are compared after NFKC and without blanks: exports mix full- and half-width brackets."""
    if heading.isascii():  # asked of every cell of a workbook
        return "".join(heading.split())
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", heading))


def positions(feed: Feed, found: Sequence[str], name: str) -> list[int]:
    """Where the declared headings stand among those ``found``, in declaration order; -1 for one that is missing
    and may be. D-COLUMNS if they differ otherwise."""
    unknown, missing, doubled = differences(feed, found, name)
    if unknown or missing or doubled:
        told = "; ".join(
            f"{what} {values}"
            for what, values in (
                ("unknown columns", unknown), ("missing columns", missing), ("doubled columns", doubled),
            )
            if values
        )  # fmt: skip
        raise DeliveryStopped(
            "D-COLUMNS",
            f"{name} has {told}. Map or ignore them in etl/feeds/{feed.name}.py, or ask for the declared layout.",
        )
    keys = [heading_key(heading) for heading in found]
    return [next((keys.index(key) for key in called if key in keys), -1) for called in called_keys(feed)]


def called_keys(feed: Feed) -> list[list[str]]:
    """The keys under which each declared heading may stand, in declaration order."""
    others = {heading: how.also_called for heading, how in feed.reads.items()}
    return [[heading_key(called) for called in (heading, *others.get(heading, ()))] for heading in feed.headings]


def spelled(feed: Feed) -> list[Read]:
    """The reading of each declared heading, in the order of ``Feed.headings``."""
    return [
        how
        for heading, how in feed.reads.items()
        for _ in ((heading, *how.followed_by) if isinstance(heading, str) else heading)
    ]


def differences(feed: Feed, found: Sequence[str], name: str) -> tuple[list[str], list[str], list[str]]:
    """Headings that are unknown, missing and doubled. More than 500 columns are D-OVERSIZE."""
    if len(found) > MAX_COLUMNS:
        raise DeliveryStopped(
            "D-OVERSIZE", f"{name} has {len(found)} columns, more than {MAX_COLUMNS}. Ask for the declared layout."
        )
    keys = [heading_key(heading) for heading in found]
    wanted = called_keys(feed)
    known = {key for called in wanted for key in called} | {heading_key(heading) for heading in feed.ignore}
    unknown = [found[at] for at, key in enumerate(keys) if key not in known]
    there = set(keys)
    missing = [
        heading
        for heading, how, called in zip(feed.headings, spelled(feed), wanted, strict=True)
        if not there & set(called) and not how.may_lack
    ]
    doubled = {found[at] for at, key in enumerate(keys) if keys.count(key) > 1}
    doubled |= {feed.headings[at] for at, called in enumerate(wanted) if len(there & set(called)) > 1}
    return unknown, missing, sorted(doubled)


def too_many_rows(name: str) -> DeliveryStopped:
    return DeliveryStopped("D-OVERSIZE", f"{name}: more than {MAX_ROWS:,} rows. Ask for one file per day.")


def plain(column: Array, trim: bool = True) -> pa.Array:
    """NFKC where a value is not ASCII (full-width digits, letters, brackets), and no outer blanks.

    A column of lists keeps its lists and has this done to their values. ``trim=False``: no ASCII blank is at an
    edge, so a column of ASCII stays as it is.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if pa.types.is_list(column.type):
        return pa.ListArray.from_arrays(column.offsets, plain(column.values), mask=column.is_null())
    if _is_ascii(column):
        return pc.ascii_trim_whitespace(column) if trim else column
    return pc.utf8_trim_whitespace(pc.utf8_normalize(column, form="NFKC"))


def _is_ascii(column: pa.StringArray) -> bool:
    _, offsets, data = column.buffers()
    if data is None or not len(column):
        return True
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    used = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
    return not len(used) or int(used.max()) < 128


def refuse_oversized(columns: Sequence[Array], name: str, where: str) -> None:
    """A field longer than 64 KiB is D-OVERSIZE."""
    for column in columns:
        texts = column.values if pa.types.is_list(column.type) else column
        if (pc.max(pc.binary_length(texts)).as_py() or 0) > FIELD_BYTES:
            raise DeliveryStopped(
                "D-OVERSIZE", f"{name}: a field is longer than 64 KiB ({where}). Ask the sender what it is."
            )


def invisible(columns: Sequence[Array]) -> np.ndarray:
    """Indices of the rows with a control or invisible character in one of the columns."""
    bad: list[np.ndarray] = []
    for column in columns:
        is_list = pa.types.is_list(column.type)
        texts = column.values if is_list else column
        hits = np.flatnonzero(
            pc.fill_null(pc.match_substring_regex(texts, INVISIBLE), False).to_numpy(zero_copy_only=False)
        )
        if len(hits) and is_list:
            hits = np.searchsorted(column.offsets.to_numpy(), hits, side="right") - 1
        bad.append(hits)
    return np.unique(np.concatenate(bad)) if bad else np.empty(0, np.int64)


def without(rows: Rows, found: np.ndarray, reason: str, details: Sequence[str] | None = None) -> None:
    """Move the rows at these places of ``rows.at`` to ``rows.bad``."""
    if not len(found):
        return
    for place, index in enumerate(rows.at[found].tolist()):
        rows.bad[index] = (reason, details[place] if details else "")
    keep = np.ones(len(rows.at), bool)
    keep[found] = False
    rows.at = rows.at[keep]
    mask = pa.array(keep)
    rows.columns = [column.filter(mask) for column in rows.columns]
