"""Byte buffers into numpy views, numpy arrays into Arrow arrays: what the bulk decoder repeats for every chunk."""

from binascii import hexlify
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Array = np.ndarray[Any, Any]

_nulls: dict[pa.DataType, pa.Array] = {}


def positions(data: Bytes, value: int) -> Ints:
    """Where ``data`` (its length a multiple of 8) holds ``value``, ascending.

    Looks for words of 8 with a hit first: numpy finds the few among 65,000 words faster than among 524,000 bytes.
    """
    hits = data == value
    words = np.flatnonzero(hits.view(np.uint64) != 0)
    inside = np.flatnonzero(hits.view("V8")[words].view(np.bool_))
    found: Ints = words[inside >> 3] * 8 + (inside & 7)
    return found


def rows(data: Bytes, starts: Ints, width: int) -> Bytes:
    """(n, width) bytes: the ``width`` bytes at each of ``starts``; ``data`` must reach that far."""
    # One void per start is one copy per row; a (n, width) index would cost eight bytes of index per byte.
    if not width:
        return np.empty((len(starts), 0), np.uint8)
    view: Array = np.ndarray((len(data) - width + 1,), f"V{width}", data, strides=(1,))
    return view[starts].view(np.uint8).reshape(-1, width)


def numbers(values: Array, kind: pa.DataType, mask: Array | None = None) -> pa.Array:
    """An Arrow array over the memory of ``values``; null where ``mask`` is False."""
    return pa.Array.from_buffers(kind, len(values), [_validity(mask), pa.py_buffer(np.ascontiguousarray(values))])


def _validity(mask: Array | None) -> pa.Buffer | None:
    return None if mask is None else pa.py_buffer(np.packbits(mask, bitorder="little"))


def nulls(count: int, kind: pa.DataType) -> pa.Array:
    """``count`` nulls, a slice of an array that is made once."""
    known = _nulls.get(kind)
    if known is None or len(known) < count:
        known = _nulls[kind] = pa.nulls(max(count, 1 << 14), kind)
    return known.slice(0, count)


def words(codes: Array, known: pa.Array) -> pa.DictionaryArray:
    """A dictionary column: ``codes`` index ``known``."""
    return pa.DictionaryArray.from_arrays(numbers(codes.astype(np.int8, copy=False), pa.int8()), known)


def word(values: Bytes, at: int, form: str) -> Array:
    """The number at byte ``at`` of each row of (n, w) bytes, a view."""
    width = values.shape[1]
    fields = np.dtype({"names": ["word"], "formats": [form], "offsets": [at], "itemsize": width})
    found: Array = values.reshape(-1).view(fields)["word"]
    return found


def six(values: Bytes, at: int) -> Bytes:
    """Bytes ``at`` to ``at + 6`` of each row, copied: by words, since a copy of short rows is slow."""
    out = np.empty((len(values), 3), np.uint16)
    for pair in range(3):
        out[:, pair] = word(values, at + 2 * pair, "<u2")
    return out.view(np.uint8)


def hexadecimal(values: Bytes, mask: Array | None = None) -> pa.Array:
    """(n, w) bytes as strings of 2 w lower-case digits; null where ``mask`` is False."""
    count, width = values.shape
    offsets = np.arange(0, (count + 1) * 2 * width, 2 * width, dtype=np.int32)
    digits = pa.py_buffer(hexlify(np.ascontiguousarray(values).data))
    return pa.Array.from_buffers(pa.string(), count, [_validity(mask), pa.py_buffer(offsets), digits])


def hexadecimal_of(kinds: list[tuple[Ints, Bytes]], count: int) -> pa.Array:
    """``count`` strings of digits of several widths: (rows, (n, w) bytes); null where no kind has the row."""
    lengths = np.zeros(count, np.int32)
    for index, values in kinds:
        lengths[index] = 2 * values.shape[1]
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    out = np.empty(offsets[-1], np.uint8)
    for index, values in kinds:
        if len(index):
            digits = np.frombuffer(hexlify(values.tobytes()), f"V{2 * values.shape[1]}")
            scatter(out, offsets[index], digits)
    mask = None if lengths.all() else lengths > 0
    return pa.Array.from_buffers(pa.string(), count, [_validity(mask), pa.py_buffer(offsets), pa.py_buffer(out)])


def few_texts(codes: Array, known: list[str]) -> pa.Array:
    """Strings where few rows have one: ``known[code]``, and null where the code is 0."""
    some = np.flatnonzero(codes)
    parts = [known[code].encode() for code in codes[some].tolist()]
    offsets = np.zeros(len(codes) + 1, np.int32)
    offsets[some + 1] = [len(part) for part in parts]
    np.cumsum(offsets, out=offsets)
    return pa.Array.from_buffers(
        pa.string(), len(codes), [_validity(codes != 0), pa.py_buffer(offsets), pa.py_buffer(b"".join(parts))]
    )


def scatter(out: Bytes, starts: Array, values: Array) -> None:
    """Write each of ``values`` (voids of one width) into ``out`` at its start; the targets must not overlap."""
    width = values.dtype.itemsize
    view: Array = np.ndarray((len(out) - width + 1,), f"V{width}", out, strides=(1,))
    view[starts] = values


def texts(values: Bytes) -> pa.Array | None:
    """(n, w) bytes of ASCII as strings without the NULs and blanks at their ends; None where a byte is not ASCII."""
    count, width = values.shape
    if (values >= 0x80).any():
        return None
    kept = (values != 0) & (values != 0x20)
    lengths = np.where(kept.any(axis=1), width - np.argmax(kept[:, ::-1], axis=1), 0) if not kept.all() else None
    if lengths is None or (lengths == width).all():
        offsets, out = np.arange(0, (count + 1) * width, width, dtype=np.int32), np.ascontiguousarray(values)
    else:
        offsets = np.zeros(count + 1, np.int32)
        np.cumsum(lengths, out=offsets[1:])
        out = values[np.arange(width) < lengths[:, None]]
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(out)])


class Stretches:
    """A binary column in the making: stretches of a buffer by row, several of a row joined in their order."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, Ints, Ints]] = []

    def add(self, index: Ints, starts: Ints, lengths: Ints | int) -> None:
        """The stretch of ``lengths`` bytes at ``starts`` belongs to row ``index``."""
        if len(index):
            self._parts.append((index, starts, np.broadcast_to(np.int64(lengths), index.shape)))

    def array(self, data: Bytes, count: int, kind: pa.DataType) -> pa.Array:
        if not self._parts:
            return nulls(count, kind)
        index, starts, lengths = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        # Within a body the order of the items is the order of their bytes.
        order = np.lexsort((starts, index))
        index, starts, lengths = index[order], starts[order], lengths[order]
        ends = np.cumsum(lengths)
        out = np.empty(ends[-1], np.uint8)
        for width, chosen in by_value(lengths):
            if width:
                view: Array = np.ndarray((len(data) - width + 1,), f"V{width}", data, strides=(1,))
                scatter(out, (ends - lengths)[chosen], view[starts[chosen]])
        of_row = np.zeros(count + 1, np.int64)
        np.add.at(of_row, index + 1, lengths)
        mask = np.zeros(count, np.bool_)
        mask[index] = True
        offsets = np.cumsum(of_row).astype(np.int32)
        return pa.Array.from_buffers(
            kind, count, [_validity(None if mask.all() else mask), pa.py_buffer(offsets), pa.py_buffer(out)]
        )


def by_value(values: Ints) -> Iterator[tuple[int, Ints]]:
    """Each distinct value with the rows that have it, ascending."""
    first = values[0] if len(values) else 0
    if (values == first).all():
        if len(values):
            yield int(first), np.arange(len(values))
        return
    # A stable sort of 16 bits is a radix sort.
    narrow = values.astype(np.uint16) if values.max() < 1 << 16 else values
    order = np.argsort(narrow, kind="stable")
    ordered = narrow[order]
    edges = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    for chosen in np.split(order, edges):
        yield int(values[chosen[0]]), chosen
