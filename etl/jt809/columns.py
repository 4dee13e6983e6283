"""Bytes of many rows to the Arrow columns that only JT/T 809 needs: plates and dates."""

import numpy as np
import pyarrow as pa

from etl.jt808.arrays import Array, Bytes, numbers
from etl.jt808.arrays import texts as ascii_texts
from etl.jt808.texts import text
from etl.jt809.layouts import LAST_SECOND, WALL_CLOCK

_DAYS_IN_MONTH = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_DAYS_BEFORE_MONTH = np.concatenate([[0], np.cumsum(_DAYS_IN_MONTH)[:-1]])
_DAYS_BEFORE_1970 = 719_162  # from 0001-01-01


# Plates are read as three words of eight bytes; of the last, five are the plate's.
PLATE_BYTES, PLATE_ROW_BYTES = 21, 24


def _utf8_of_gbk() -> Array:
    """By two bytes of GBK as a little-endian word: the character's three bytes of UTF-8, 0 if it has not three."""
    table = np.zeros(1 << 16, np.uint64)
    for low in range(0x81, 0xFF):
        for high in range(0x40, 0xFF):
            encoded = bytes([low, high]).decode("gb18030", "replace").encode()
            if len(encoded) == 3 and encoded != b"\xef\xbf\xbd":
                table[low | high << 8] = int.from_bytes(encoded, "little")
    return table


_tables: list[Array] = []


def plates(rows: Bytes, is_there: Array) -> pa.Array:
    """Plates, which are the first 21 of these bytes (n, 24), as strings; null where none is there.

    Nearly all are one Chinese character, then six or seven ASCII characters, then zeros. Those are put together from
    words without a Python object a plate; any other is decoded as a text.
    """
    if not _tables:
        _tables.append(_utf8_of_gbk())
    word = rows.view(np.uint64)
    first, second, third = word[:, 0], word[:, 1], word[:, 2]
    character = _tables[0][first & np.uint64(0xFFFF)]
    ascii_part = first >> np.uint64(16)
    last = second & np.uint64(0xFF)
    is_common = (character > 0) & (second < 0x80) & (third & np.uint64(0xFF_FFFF_FFFF) == 0)
    is_common &= (ascii_part & np.uint64(0x8080_8080_8080) == 0) & _has_no_zero(ascii_part)
    is_common &= np.where(last > 0, last, ascii_part >> np.uint64(40)) != 0x20
    is_common &= is_there
    index = np.flatnonzero(is_common)
    is_all = len(index) == len(rows)
    plain = _assembled(
        *((character, ascii_part, last) if is_all else (character[index], ascii_part[index], last[index]))
    )
    if is_all:
        return plain
    odd = np.flatnonzero(is_there & ~is_common)
    place = np.zeros(len(rows), np.int64)
    place[index] = np.arange(len(index))
    place[odd] = len(index) + np.arange(len(odd))
    both = pa.concat_arrays([plain, texts(rows[odd, :PLATE_BYTES])])
    return both.take(pa.array(place, mask=~is_there))


def _has_no_zero(six_bytes: Array) -> Array:
    """Which words have none of their lower six bytes 0, if none of these is above 0x7F."""
    high_bits = np.uint64(0x8080_8080_8080)
    found: Array = ((six_bytes + np.uint64(0x7F7F_7F7F_7F7F)) & high_bits) == high_bits
    return found


def _assembled(character: Array, ascii_part: Array, last: Array) -> pa.Array:
    """Three bytes of UTF-8, six of ASCII, and one more unless it is 0."""
    count = len(character)
    made = np.empty((count, 10), np.uint8)
    made[:, :8] = (character | ascii_part << np.uint64(24)).view(np.uint8).reshape(-1, 8)
    made[:, 8], made[:, 9] = ascii_part >> np.uint64(40), last
    has_last = last > 0
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(9 + has_last, out=offsets[1:])
    is_kept = np.ones((count, 10), np.bool_)
    is_kept[:, 9] = has_last
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(made[is_kept])])


def texts(rows: Bytes) -> pa.Array:
    """GBK texts of a fixed width (n, width) as strings: each different one is decoded once."""
    count, width = rows.shape
    if (plain := ascii_texts(rows)) is not None:
        return plain
    raw = pa.Array.from_buffers(pa.binary(width), count, [None, pa.py_buffer(np.ascontiguousarray(rows))])
    encoded = raw.dictionary_encode()
    return pa.array(_decoded(encoded.dictionary.to_pylist()), pa.string()).take(encoded.indices)


def _decoded(raw: list[bytes]) -> list[str]:
    """All in one go where every one is text; a line end between two of them is never part of a GBK character."""
    try:
        lines = b"\n".join(raw).decode("gb18030").split("\n")
    except UnicodeDecodeError:
        lines = []
    return [line.rstrip("\0 ") for line in lines] if len(lines) == len(raw) else [text(one) for one in raw]


def instants(year: Array, month: Array, day: Array, hour: Array, minute: Array, second: Array) -> pa.Array:
    """Seconds since 1970 on the same clock; null where the numbers are no instant of the years 1 to 9999."""
    year, day = year.astype(np.int64), day.astype(np.int64)
    month_index = np.where((month >= 1) & (month <= 12), month, 0).astype(np.intp)
    is_leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    last_day = _DAYS_IN_MONTH[month_index] + (is_leap & (month_index == 2))
    is_instant = (
        (year >= 1) & (year <= 9999) & (month_index > 0) & (day >= 1) & (day <= last_day)
        & (hour < 24) & (minute < 60) & (second < 60)
    )  # fmt: skip
    past = year - 1
    days = 365 * past + past // 4 - past // 100 + past // 400 - _DAYS_BEFORE_1970
    days += _DAYS_BEFORE_MONTH[month_index] + (is_leap & (month_index > 2)) + day - 1
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    return numbers(seconds, pa.timestamp("s"), is_instant)


def wall_clocks(seconds: Array, is_given: Array) -> pa.Array:
    """Seconds since 1970 UTC on the clock of +08:00; null where not given, 0, or past the year 9999."""
    is_instant = is_given & (seconds > 0) & (seconds <= LAST_SECOND)
    shifted = np.where(is_instant, seconds, np.uint64(0)).astype(np.int64) + int(WALL_CLOCK.total_seconds())
    return numbers(shifted, pa.timestamp("s"), is_instant)
