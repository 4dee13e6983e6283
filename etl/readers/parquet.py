"""Parquet: typed columns back to the texts they would have in a file of text, then typed by the declaration.

One way of typing for all formats: a float in a column of whole numbers is told by its digits, as in text.
"""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from etl.contract import Feed, Read
from etl.errors import DeliveryStopped
from etl.readers.archive import FREE_BYTES, MAX_RATIO, MAX_UNPACKED
from etl.readers.rows import (
    MAX_ROWS,
    Rows,
    invisible,
    plain,
    positions,
    refuse_oversized,
    spelled,
    too_many_rows,
    without,
)  # fmt: skip

MAGIC = b"PAR1"
BATCH_ROWS = 65_536


def has_end(path: Path) -> bool:
    """Whether the file ends as a whole Parquet file does."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 4))
        return size >= 12 and stream.read() == MAGIC


def rows(feed: Feed, path: Path, name: str) -> Iterator[Rows]:
    """Records of a Parquet file, row groups streamed. Row numbers count from 1; there are no byte offsets."""
    _refuse_other_formats(path, name)
    try:
        with parquet.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
            _refuse_oversized_file(file, path, name)
            order = positions(feed, file.schema_arrow.names, name)
            readings = spelled(feed)
            _refuse_other_types(feed, [file.schema_arrow.field(at) for at in order], readings, name)
            first = 1
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                yield _batch_rows(batch, order, readings, first, feed, name)
                first += batch.num_rows
    except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
        raise DeliveryStopped(
            "D-FORMAT",
            f"{name}: the Parquet file is damaged ({type(error).__name__}). Ask the sender for it again.",
        ) from error


def _refuse_other_formats(path: Path, name: str) -> None:
    with path.open("rb") as stream:
        start = stream.read(4)
    if not start:
        raise DeliveryStopped("D-EMPTY", f"{name}: the file has 0 bytes. Ask the sender for it again.")
    if start == b"PARE":
        raise DeliveryStopped("D-FORMAT", f"{name}: an encrypted Parquet file. Ask for it without encryption.")
    if start != MAGIC:
        raise DeliveryStopped("D-FORMAT", f"{name}: this is no Parquet file. Export it again in the declared format.")
    if not has_end(path):
        raise DeliveryStopped(
            "D-INCOMPLETE", f"{name}: the file has no end, so it is cut. Ask the sender for it again."
        )


def _refuse_oversized_file(file: parquet.ParquetFile, path: Path, name: str) -> None:
    told = file.metadata
    if told.num_rows > MAX_ROWS:
        raise too_many_rows(name)
    unpacked = sum(told.row_group(at).total_byte_size for at in range(told.num_row_groups))
    if unpacked > MAX_UNPACKED or (unpacked > FREE_BYTES and unpacked > MAX_RATIO * path.stat().st_size):
        raise DeliveryStopped(
            "D-ARCHIVE",
            f"{name}: unpacks to more than {MAX_RATIO} times its size or 2 GiB. Ask the sender for smaller files.",
        )


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _is_scalar(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return any(
        is_kind(kind)
        for is_kind in (
            pa.types.is_null, pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal,
            pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_binary,
            pa.types.is_large_binary, pa.types.is_date, pa.types.is_timestamp,
        )
    )  # fmt: skip


def _refuse_other_types(feed: Feed, fields: list[pa.Field], readings: list[Read], name: str) -> None:
    """A column of another shape than declared is a changed layout (D-COLUMNS), not a matter of single rows."""
    wrong = []
    for heading, field, how in zip(feed.headings, fields, readings, strict=True):
        wants_list = heading in feed.reads and how.column.type.endswith("[]")
        shape = field.type.value_type if wants_list and _is_list(field.type) else field.type
        is_time = pa.types.is_date(shape) or pa.types.is_timestamp(shape)
        if wants_list != _is_list(field.type) or not _is_scalar(shape) or (is_time and how.form):
            expected = (
                "a list" if wants_list else f"text in the form {how.form}" if is_time and how.form else "one value"
            )
            wrong.append(f"{heading!r} is {field.type}, expected is {expected}")
    if wrong:
        raise DeliveryStopped(
            "D-COLUMNS",
            f"{name}: {'; '.join(wrong[:5])}. Change the declaration in etl/feeds/{feed.name}.py, "
            "or ask for the declared layout.",
        )


def _batch_rows(
    batch: pa.RecordBatch, order: list[int], readings: list[Read], first: int, feed: Feed, name: str
) -> Rows:
    def raw(indices: Sequence[int]) -> list[bytes]:
        cells = [_cells_at(column, indices) for column in batch.columns]
        return [json.dumps(one, ensure_ascii=False).encode("utf-8", "replace") for one in zip(*cells, strict=True)]

    count = batch.num_rows
    rows = Rows(np.arange(first, first + count), None, raw, at=np.arange(count))
    undecodable: set[int] = set()
    for position, how in zip(order, readings, strict=True):
        column = batch.column(position)
        if _is_list(column.type):
            whole = column.cast(pa.list_(column.type.value_type))
            inner, bad = _texts(whole.values, how)
            undecodable.update((np.searchsorted(whole.offsets.to_numpy(), sorted(bad), side="right") - 1).tolist())
            rows.columns.append(plain(pa.ListArray.from_arrays(whole.offsets, inner, mask=whole.is_null())))
        else:
            texts, bad = _texts(column, how)
            undecodable |= bad
            rows.columns.append(plain(texts))
    without(rows, np.array(sorted(undecodable), np.int64), "R-ENCODING")
    refuse_oversized(rows.columns, name, f"rows {first} to {first + count - 1}")
    without(rows, invisible(rows.columns), "R-CONTROL")
    return rows


def _cells_at(column: pa.Array, indices: Sequence[int]) -> list[Any]:
    try:
        return _cells(column.take(pa.array(indices, pa.int64())))
    except pa.ArrowNotImplementedError:  # a type from which Arrow takes only ranges, such as string_view
        return [cell for at in indices for cell in _cells(column.slice(at, 1))]


def _cells(column: pa.Array) -> list[Any]:
    """Any values of any type as JSON has them. What JSON has no word for is the text that Arrow shows.

    Never by way of Python's own instants and durations, which end where Parquet's do not.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _cells(column.dictionary_decode())
    if _is_list(kind):
        whole = column.cast(pa.list_(kind.value_type))
        inner, bounds = _cells(whole.values), whole.offsets.to_pylist()
        there = column.is_valid().to_pylist()
        return [inner[bounds[at] : bounds[at + 1]] if there[at] else None for at in range(len(column))]
    if pa.types.is_struct(kind):
        members = [_cells(column.field(at)) for at in range(kind.num_fields)]
        names, there = [kind.field(at).name for at in range(kind.num_fields)], column.is_valid().to_pylist()
        return [
            {name: values[at] for name, values in zip(names, members, strict=True)} if there[at] else None
            for at in range(len(column))
        ]
    if _is_text(kind):
        return [
            None if value is None else value.decode("utf-8", "backslashreplace")
            for value in column.cast(pa.large_binary() if pa.types.is_large_string(kind) else pa.binary()).to_pylist()
        ]
    if pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    if pa.types.is_floating(kind):
        return [str(value) if value is not None and not math.isfinite(value) else value for value in column.to_pylist()]
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind):
        return list(column.to_pylist())
    if pa.types.is_timestamp(kind):
        return list(_instants(column).to_pylist())
    if pa.types.is_decimal(kind) or pa.types.is_date(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind):
        return list(column.cast(pa.string()).to_pylist())
    return [
        " ".join(column.slice(at, 1).to_string(window=1 << 20, container_window=1 << 20).split())
        for at in range(len(column))
    ]


def _is_text(kind: pa.DataType) -> bool:
    """Text or bytes of any length; Parquet promises UTF-8 for text and no reader checks it."""
    types = pa.types
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_binary(kind)
        or types.is_large_binary(kind) or types.is_binary_view(kind) or types.is_fixed_size_binary(kind)
    )  # fmt: skip


def _instants(column: pa.Array) -> pa.Array:
    """Instants as text, those with a zone in UTC with a Z; what lies beyond the calendar is told as that.

    Only nanoseconds change their unit, which cannot overflow: seconds made microseconds would wrap round unseen.
    """
    kind = column.type
    texts = column.cast(pa.timestamp(kind.unit))
    if kind.unit == "ns":
        texts = texts.cast(pa.timestamp("us"), safe=False)
    texts = texts.cast(pa.string())
    # Without its zone the value is the instant in UTC; the text then says so.
    return pc.binary_join_element_wise(texts, "Z", "") if kind.tz else texts


def _texts(column: pa.Array, how: Read) -> tuple[pa.Array, set[int]]:
    """The values as text (empty where null), and the places of those that are no UTF-8."""
    kind = column.type
    bad: set[int] = set()
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_null(kind):
        return pa.array([""] * len(column), pa.string()), bad
    if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
        column = column.cast(pa.large_binary() if pa.types.is_large_string(kind) else pa.binary())
        kind = column.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _decoded(column)
    if pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    elif pa.types.is_timestamp(kind):
        texts = _instants(column)
        if how.column.type == "DATE":
            texts = pc.replace_substring_regex(texts, r" 00:00:00(\.0+)?$", "")
        return pc.fill_null(texts, ""), bad
    elif pa.types.is_date64(kind):
        column = column.cast(pa.date32())
    return pc.fill_null(column.cast(pa.string()), ""), bad


def _decoded(column: pa.Array) -> tuple[pa.Array, set[int]]:
    """Bytes as text. Parquet promises UTF-8 for text and no reader checks it."""
    raw = column.cast(pa.binary()) if not pa.types.is_binary(column.type) else column
    try:
        return pc.fill_null(raw.cast(pa.string()), ""), set()
    except pa.ArrowInvalid:
        texts: list[str] = []
        bad: set[int] = set()
        for at, value in enumerate(raw.to_pylist()):
            try:
                texts.append((value or b"").decode())
            except UnicodeDecodeError:
                texts.append("")
                bad.add(at)
        return pa.array(texts, pa.string()), bad
