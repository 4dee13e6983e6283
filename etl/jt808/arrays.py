"""Byte buffers into numpy views, numpy arrays into Arrow arrays: what the bulk decoder repeats for every chunk."""

from binascii import hexlify
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Array = np.ndarray[Any, Any]

_ALL_NIBBLES = np.uint64(0x8888888888888888)
LAST_SIX = np.uint64(0x8888888888880000)  # of the last six bytes of a little-endian word
_BITS = np.left_shift(1, np.arange(8)).astype(np.uint8)
_LOW_BITS, _SIXES = np.uint64(0x7777777777777777), np.uint64(0x6666666666666666)
_nulls: dict[pa.DataType, pa.Array] = {}


def positions(data: Bytes, value: int) -> Ints:
    """Where ``data`` (its length a multiple of 8) holds ``value``, ascending.

    Looks for words of 8 with a hit first: numpy finds the few among 65,000 words faster than among 524,000 bytes.
    """
    words = np.flatnonzero((data == value).view(np.uint64) != 0)
    inside = np.flatnonzero(data.view(np.uint64).take(words).view(np.uint8) == value)
    found: Ints = words.take(inside >> 3) * 8 + (inside & 7)
    return found


def without(data: Bytes, left_out: Ints) -> Bytes:
    """``data`` without the bytes at ``left_out``, each there once."""
    # Arrow copies the runs between them; a mask of numpy takes the time of thousands of bytes for each.
    kept_bits = np.full(-(-len(data) // 8), 255, np.uint8)
    np.subtract.at(kept_bits, left_out >> 3, _BITS.take(left_out & 7))
    mask = pa.Array.from_buffers(pa.bool_(), len(data), [None, pa.py_buffer(kept_bits)])
    kept: Bytes = pc.array_filter(numbers(data, pa.uint8()), mask).to_numpy()
    return kept


def rows(data: Bytes, starts: Ints, width: int) -> Bytes:
    """(n, width) bytes: the ``width`` bytes at each of ``starts``; ``data`` must reach that far."""
    # One void per start is one copy per row; a (n, width) index would cost eight bytes of index per byte.
    if not width:
        return np.empty((len(starts), 0), np.uint8)
    view: Array = np.ndarray((len(data) - width + 1,), f"V{width}", data, strides=(1,))
    return view[starts].view(np.uint8).reshape(-1, width)


def numbers(values: Array, kind: pa.DataType, mask: Array | None = None) -> pa.Array:
    """An Arrow array over the memory of ``values``; null where ``mask`` is False."""
    return pa.Array.from_buffers(kind, len(values), [validity(mask), pa.py_buffer(np.ascontiguousarray(values))])


def validity(mask: Array | None) -> pa.Buffer | None:
    return None if mask is None else pa.py_buffer(np.packbits(mask, bitorder="little"))


def nulls(count: int, kind: pa.DataType) -> pa.Array:
    """``count`` nulls, a slice of an array that is made once."""
    known = _nulls.get(kind)
    if known is None or len(known) < count:
        known = _nulls[kind] = pa.nulls(max(count, 1 << 14), kind)
    return known.slice(0, count)


def words(codes: Array, known: pa.Array) -> pa.DictionaryArray:
    """A dictionary column: ``codes`` index ``known``."""
    return pa.DictionaryArray.from_arrays(numbers(codes.astype(np.int8, copy=False), pa.int8()), known, safe=False)


def word(values: Bytes, at: int, form: str) -> Array:
    """The number at byte ``at`` of each row of (n, w) bytes, a view."""
    found: Array = values.reshape(-1).view(_field(at, form, values.shape[1]))["word"]
    return found


@lru_cache(1024)
def _field(at: int, form: str, width: int) -> np.dtype[Any]:
    return np.dtype({"names": ["word"], "formats": [form], "offsets": [at], "itemsize": width})


def above_nine(words: Array, nibbles: np.uint64 = _ALL_NIBBLES) -> Array:
    """Which words of eight bytes have a digit above 9 among their ``nibbles`` (a mask of the nibbles' bits 3)."""
    words = words.copy()  # of words far apart each pass is slow
    # A nibble above 9 has its bit 3, and its three others make 2 or more: with 6 added they reach bit 3.
    bits = words & _LOW_BITS
    bits += _SIXES
    bits &= words
    bits &= nibbles
    wrong: Array = bits != 0
    return wrong


def pairs(values: Bytes, at: int, count: int) -> Bytes:
    """``2 * count`` bytes from ``at`` of each row, copied: by words, since a copy of short rows is slow."""
    out = np.empty((len(values), count), np.uint16)
    for pair in range(count):
        out[:, pair] = word(values, at + 2 * pair, "<u2")
    return out.view(np.uint8)


def six(values: Bytes, at: int) -> Bytes:
    """Bytes ``at`` to ``at + 6`` of each row."""
    return pairs(values, at, 3)


def hexadecimal(values: Bytes, mask: Array | None = None) -> pa.Array:
    """(n, w) bytes as strings of 2 w lower-case digits; null where ``mask`` is False."""
    count, width = values.shape
    offsets = np.arange(0, (count + 1) * 2 * width, 2 * width, dtype=np.int32)
    digits = hexlify(np.ascontiguousarray(values).data)
    return pa.Array.from_buffers(pa.string(), count, [validity(mask), pa.py_buffer(offsets), pa.py_buffer(digits)])


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
            digits = hexlify(np.ascontiguousarray(values).data)
            scatter(out, offsets[index], np.frombuffer(digits, f"V{2 * values.shape[1]}"))
    mask = None if lengths.all() else lengths > 0
    return pa.Array.from_buffers(pa.string(), count, [validity(mask), pa.py_buffer(offsets), pa.py_buffer(out)])


def texts_at(values: pa.Array, index: Ints) -> pa.Array:
    """Strings at ``index``, none of them null."""
    ends = np.frombuffer(values.buffers()[1], np.int32)[: len(values) + 1]
    width = int(ends[1] - ends[0])
    if not width or (ends[1:] - ends[:-1] != width).any():
        return values.take(numbers(index, pa.int64()))
    chosen = np.frombuffer(values.buffers()[2], f"V{width}", len(values)).take(index)
    offsets = np.arange(0, (len(index) + 1) * width, width, dtype=np.int32)
    return pa.Array.from_buffers(values.type, len(index), [None, pa.py_buffer(offsets), pa.py_buffer(chosen)])


def few_texts(codes: Array, known: list[str]) -> pa.Array:
    """Strings where few rows have one: ``known[code]``, and null where the code is 0."""
    some = np.flatnonzero(codes)
    parts = [known[code].encode() for code in codes[some].tolist()]
    offsets = np.zeros(len(codes) + 1, np.int32)
    offsets[some + 1] = [len(part) for part in parts]
    np.cumsum(offsets, out=offsets)
    return pa.Array.from_buffers(
        pa.string(), len(codes), [validity(codes != 0), pa.py_buffer(offsets), pa.py_buffer(b"".join(parts))]
    )


def scatter(out: Bytes, starts: Array, values: Array) -> None:
    """Write each of ``values`` (voids of one width) into ``out`` at its start; the targets must not overlap."""
    width = values.dtype.itemsize
    view: Array = np.ndarray((len(out) - width + 1,), f"V{width}", out, strides=(1,))
    view[starts] = values


def texts(values: Bytes) -> pa.Array | None:
    """(n, w) bytes of ASCII as strings without the NULs and blanks at their ends; None where a byte is not ASCII."""
    count, width = values.shape
    values = np.ascontiguousarray(values)
    if (values >= 0x80).any():
        return None
    kept = (values != 0) & (values != 0x20)
    lengths = np.where(kept.any(axis=1), width - np.argmax(kept[:, ::-1], axis=1), 0) if not kept.all() else None
    if lengths is None or (lengths == width).all():
        offsets, out = np.arange(0, (count + 1) * width, width, dtype=np.int32), values
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
        """The stretch of ``lengths`` bytes at ``starts`` belongs to row ``index``; those of a row come in its order."""
        if len(index):
            sizes = lengths if isinstance(lengths, np.ndarray) else np.full(len(index), lengths)
            self._parts.append((index, starts, sizes))

    def array(self, data: Bytes, count: int, kind: pa.DataType) -> pa.Array:
        if not self._parts:
            return nulls(count, kind)
        index, starts, lengths = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        by_row = _sorted(index, count)
        index, starts, ends = index[by_row], starts[by_row], (starts + lengths)[by_row]
        # Items side by side are one stretch.
        fresh = np.ones(len(index) + 1, np.bool_)
        np.logical_or(index[1:] != index[:-1], starts[1:] != ends[:-1], out=fresh[1:-1])
        index, starts, ends = index[fresh[:-1]], starts[fresh[:-1]], ends[fresh[1:]]
        of_row = np.bincount(index, minlength=count)
        offsets = np.zeros(count + 1, np.int64)
        offsets[1:] = np.append(0, np.cumsum(ends - starts))[np.cumsum(of_row)]
        mask = validity(None if of_row.all() else of_row > 0)
        values = _joined(data, starts, ends)
        return pa.Array.from_buffers(kind, count, [mask, pa.py_buffer(offsets.astype(np.int32)), values])


def _joined(data: Bytes, starts: Ints, ends: Ints) -> pa.Buffer:
    """Stretches of ``data`` that do not overlap, one after the other."""
    # Arrow copies binary values fast, and such are stretches and the gaps between them in the order of their bytes.
    order = None if (starts[1:] >= ends[:-1]).all() else np.argsort(starts, kind="stable")
    edges = np.empty(2 * len(starts), np.int32)
    edges[::2], edges[1::2] = (starts, ends) if order is None else (starts[order], ends[order])
    lying = pa.Array.from_buffers(pa.binary(), len(edges) - 1, [None, pa.py_buffer(edges), pa.py_buffer(data)])
    place = np.arange(len(starts)) if order is None else np.argsort(order)
    return lying.take(numbers(2 * place, pa.int64())).buffers()[2]


def _sorted(values: Ints, end: int) -> Ints:
    """The stable order of ``values``, all below ``end``."""
    # A stable sort of 16 bits is a radix sort.
    return np.argsort(values.astype(np.uint16) if end <= 1 << 16 else values, kind="stable")


def by_value(values: Ints) -> Iterator[tuple[int, Ints]]:
    """Each distinct value with the rows that have it, ascending."""
    first = values[0] if len(values) else 0
    if (values == first).all():
        if len(values):
            yield int(first), np.arange(len(values))
        return
    order = _sorted(values, int(values.max()) + 1)
    ordered = values[order]
    edges = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    for chosen in np.split(order, edges):
        yield int(values[chosen[0]]), chosen
