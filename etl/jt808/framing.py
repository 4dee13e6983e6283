"""From a stretch of the stream to frames: flags, escapes, checksum and header of all frames at once.

The rules (which byte belongs to which row, the order of the checks) are written in :mod:`etl.jt808.schemas`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from etl.jt808 import faults
from etl.jt808.arrays import (
    LAST_SIX,
    Array,
    Bytes,
    Ints,
    above_nine,
    hexadecimal,
    hexadecimal_of,
    pairs,
    positions,
    rows,
    six,
    without,
    word,
)
from etl.jt808.locations import PADDING

FLAG = 0x7E
LONGEST = 2 * (21 + 1023 + 1)  # header of 2019 with sub-packages, body, checksum; every byte escaped
# Header bytes by bits 13 (sub-package) and 14 (2019) of the properties.
_HEADER_BYTES = np.array([12, 16, 17, 21])
_FLAG = np.uint8(FLAG)


@dataclass
class Rows:
    """The rows of a stretch: where each begins, and its content between the flags. All arrays have one entry a row."""

    begins: Ints
    content: Ints
    content_end: Ints
    is_cut: Array | None
    end: int  # of the last row


def split(wire: Bytes, used: int, final: bool) -> Rows | None:
    """The rows of ``wire[:used]`` that are complete; None where there are none.

    ``wire`` begins where a row begins and is zero from ``used`` to the next multiple of 8. A row is complete once the
    next one has begun, or (``final``) at the end.
    """
    flags = positions(wire[: -(-used // 8) * 8], FLAG)
    if not len(flags):
        return _cut_whole(used) if final else None
    before = np.flatnonzero(flags[1:] - flags[:-1] > 1)
    content, content_end = flags[before] + 1, flags[before + 1]
    begins = content - 1
    last = int(flags[-1])
    tail, garbage = last + 1 < used, int(flags[0]) > 0
    is_cut: Array | None = None
    if not (len(content) or tail or garbage):
        return _cut_whole(used) if final else None
    if garbage:
        content, content_end, begins = (
            np.append(first, rest) for first, rest in ((0, content), (flags[0], content_end), (0, begins))
        )
    elif len(begins):
        begins[0] = 0
    if garbage or (final and tail):
        if final and tail:
            begins, content, content_end = (
                np.append(rest, more)
                for rest, more in ((begins, last if len(begins) else 0), (content, last + 1), (content_end, used))
            )
        is_cut = np.zeros(len(begins), np.bool_)
        is_cut[0], is_cut[-1] = garbage, (final and tail) or (garbage and len(begins) == 1)
    if final:
        return Rows(begins, content, content_end, is_cut, used)
    if tail:
        return Rows(begins, content, content_end, is_cut, last) if len(begins) else None
    if len(begins) == 1:
        return None
    return Rows(begins[:-1], content[:-1], content_end[:-1], None if is_cut is None else is_cut[:-1], int(begins[-1]))


def _cut_whole(used: int) -> Rows | None:
    if not used:
        return None
    zero = np.zeros(1, np.int64)
    return Rows(zero, zero, zero + used, np.ones(1, np.bool_), used)


@dataclass
class Frames:
    """What the rows are. ``code`` is a fault (0: none); header columns count where ``code`` is above NO_HEADER or 0."""

    data: Bytes  # un-escaped, with PADDING bytes after the last frame
    body: Ints  # where the body begins in ``data``
    code: Array
    msg_id: Array
    is_2019: Array
    is_part: Array
    declared: Array
    serial: Array
    total: Array
    index: Array
    phone: pa.Array


def read(wire: Bytes, found: Rows) -> Frames:
    """Un-escape, check and read the headers. ``wire`` is written to; PADDING bytes follow ``found.end``."""
    content, end = found.content, found.end
    count = len(content)
    raw = found.content_end - content
    sums = np.bitwise_xor.reduceat(wire[:end], content)
    flags_in = np.empty(count, np.int64)
    np.subtract(content[1:], found.content_end[:-1], out=flags_in[:-1])
    flags_in[-1] = end - found.content_end[-1]
    sums ^= (flags_in & 1).astype(np.uint8) * _FLAG
    data, starts, lengths, sums, torn = _unescaped(wire, content, raw, sums, end)

    header = rows(data, starts, 24)
    msg_id = word(header, 0, ">u2").astype(np.uint16)
    properties = word(header, 2, ">u2").astype(np.uint16)
    kind = properties >> 13 & 3
    declared = (properties & 1023).astype(np.int32)
    size = _HEADER_BYTES.take(kind)
    is_part, is_2019 = (kind & 1).astype(np.bool_), kind > 1
    actual = lengths - size - 1

    some_2019 = bool(is_2019.any())
    short = actual < 0
    wrong_phone = above_nine(word(header, 2, "<u8"), LAST_SIX)
    serial = word(header, 10, ">u2").astype(np.uint16)
    if some_2019:
        wrong_2019 = above_nine(word(header, 5, "<u8")) | above_nine(word(header, 7, "<u8"))
        wrong_phone = np.where(is_2019, wrong_2019, wrong_phone)
        np.copyto(serial, word(header, 15, ">u2"), where=is_2019, casting="unsafe")
    encrypted = properties & 0x1C00 != 0

    code = np.zeros(count, np.uint8)
    wrong = (sums != 0) | (actual != declared) | wrong_phone | encrypted | (raw > LONGEST)
    if torn is not None:
        wrong |= torn
    if found.is_cut is not None:
        wrong |= found.is_cut
    if wrong.any():
        # The check that comes first is written last.
        code[encrypted] = faults.ENCRYPTED
        code[wrong_phone] = faults.PHONE
        code[actual != declared] = faults.LENGTH
        code[sums != 0] = faults.CHECKSUM
        code[short] = faults.SHORT
        if torn is not None:
            code[torn] = faults.ESCAPE
        code[raw > LONGEST] = faults.LONG
        if found.is_cut is not None:
            code[found.is_cut] = faults.CUT
    return Frames(
        data,
        starts + size,
        code,
        msg_id,
        is_2019,
        is_part,
        declared,
        serial,
        *_package(header, is_2019, is_part),
        _phones(header, is_2019, code, some_2019),
    )


def _unescaped(
    wire: Bytes, content: Ints, raw: Ints, sums: Bytes, end: int
) -> tuple[Bytes, Ints, Ints, Bytes, Array | None]:
    """Data, where each content begins in it, its length, the sums as of un-escaped bytes, who has wrong escapes."""
    escapes = positions(wire[: -(-end // 8) * 8], 0x7D)
    if not len(escapes):
        return wire, content, raw, sums, None
    escapes = escapes[escapes < end]
    after = wire[escapes + 1]
    fine = (after == 1) | (after == 2)
    torn: Array | None = None
    if not fine.all():
        torn = np.zeros(len(content), np.bool_)
        torn[np.searchsorted(content, escapes[~fine], "right") - 1] = True
        escapes, after = escapes[fine], after[fine]
    before = _how_many_before(escapes, content)
    escaped = np.append(before[1:], len(escapes)) - before
    # 7D 01 and 7D 02 both differ by 1 in their XOR from the byte they stand for.
    sums = sums ^ (escaped & 1).astype(np.uint8)
    wire[escapes + 1] = after ^ 0x7C
    return without(wire[: end + PADDING], escapes), content - before, raw - escaped, sums, torn


def _how_many_before(what: Ints, places: Ints) -> Ints:
    """How many of ``what`` lie before each of ``places``; both ascend."""
    count = len(places)
    # A stable sort finds the two runs and merges them, quicker than a binary search for each.
    order = np.argsort(np.concatenate((places, what)), kind="stable")
    return np.flatnonzero(order < count) - np.arange(count)


def _package(header: Bytes, is_2019: Array, is_part: Array) -> tuple[Array, Array]:
    """Total and index, 0 where the frame is no sub-package."""
    if not is_part.any():
        none = np.zeros(len(header), np.uint16)
        return none, none
    total, index = (np.where(is_2019, word(header, at + 5, ">u2"), word(header, at, ">u2")) for at in (12, 14))
    return (total * is_part).astype(np.uint16), (index * is_part).astype(np.uint16)


def _phones(header: Bytes, is_2019: Array, code: Array, some_2019: bool) -> pa.Array:
    readable = (code == 0) | (code > faults.NO_HEADER)
    if not some_2019:
        return hexadecimal(six(header, 4), None if readable.all() else readable)
    old, new = np.flatnonzero(readable & ~is_2019), np.flatnonzero(readable & is_2019)
    digits = [(old, six(header.take(old, axis=0), 4)), (new, pairs(header.take(new, axis=0), 5, 5))]
    return hexadecimal_of(digits, len(header))
