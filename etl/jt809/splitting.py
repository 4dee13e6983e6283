"""From a stream in pieces to rows of bytes: where frames begin and end, before anything is read in them.

The rule is in :mod:`etl.jt809.schemas`. What a row holds in memory is bounded: of a row that can no longer become a
frame (``outside``, over-long) only its length is kept.
"""

from dataclasses import dataclass

import numpy as np

from etl.jt808.arrays import Array, Bytes, Ints
from etl.jt809.schemas import MAX_WIRE_BYTES

BEGIN, END = 0x5B, 0x5D
FRAME, CUT, OUTSIDE, LONG = range(4)


@dataclass
class Rows:
    """Rows that have ended, in stream order; the first three arrays have an element each, the others one a FRAME.

    ``buffer[start[i]:end[i]]`` stands between the flags of the frame. ``escapes``: where 5A and 5E stand in the buffer;
    so many of them before the start and before the end of each frame.
    """

    byte_offset: Ints
    length: Ints
    kind: Array
    buffer: Bytes
    start: Ints
    end: Ints
    escapes: Ints
    escapes_before_start: Ints
    escapes_before_end: Ints


@dataclass
class _Marks:
    """Where flags and escapes stand in a piece; ``_before``: so many escapes before each flag."""

    begins: Ints
    begins_before: Ints
    ends: Ints
    ends_before: Ints
    escapes: Ints


def _marks(piece: Bytes) -> _Marks:
    # All four lie in 58 to 5F: one pass over the bytes, and few places to look at again.
    places = np.flatnonzero((piece & 0xF8) == 0x58)
    value = piece[places]
    is_escape = (value & 0xFB) == 0x5A
    begin, end, escape = np.flatnonzero(value == BEGIN), np.flatnonzero(value == END), np.flatnonzero(is_escape)
    before = np.cumsum(is_escape)
    return _Marks(places[begin], before[begin], places[end], before[end], places[escape])


class Splitter:
    """Holds the row that has not ended: its bytes while it may become a frame, else its kind and length."""

    def __init__(self) -> None:
        self._at = 0  # stream offset where the open row begins, or the next byte if none is open
        self._bytes = bytearray()
        self._kind = FRAME  # OUTSIDE or LONG while the open row's bytes are not kept
        self._length = 0

    def feed(self, data: bytes | bytearray | memoryview) -> Rows:
        """The rows that end within ``data``."""
        piece: Bytes = np.frombuffer(data, np.uint8)
        if self._bytes:
            if not ((piece == BEGIN) | (piece == END)).any():
                self._keep(piece)
                return _without_frames([])
            piece = np.concatenate([np.frombuffer(bytes(self._bytes), np.uint8), piece])
            self._bytes.clear()
        marks = _marks(piece)
        leading = self._lead(piece, marks.begins, marks.ends)
        return self._candidates(piece, marks, leading) if len(marks.begins) else _without_frames(leading)

    def finish(self) -> Rows:
        """The row that the end of the stream ends, if any."""
        if self._bytes:
            self._kind, self._length = CUT, len(self._bytes)
            self._bytes.clear()
        return _without_frames([] if self._kind == FRAME else [self._close()])

    def _keep(self, piece: Bytes) -> None:
        """More of an open candidate, which has no flag in it."""
        self._bytes += piece.tobytes()
        if len(self._bytes) - 1 > MAX_WIRE_BYTES:
            self._kind, self._length = LONG, len(self._bytes)
            self._bytes.clear()

    def _lead(self, piece: Bytes, begins: Ints, ends: Ints) -> list[tuple[int, int, int]]:
        """The rows that end before the first 5B of the piece."""
        first = int(begins[0]) if len(begins) else len(piece)
        rows: list[tuple[int, int, int]] = []
        at = 0
        if self._kind == LONG:
            is_ended = bool(len(ends)) and int(ends[0]) < first
            at = int(ends[0]) + 1 if is_ended else first
            self._length += at
            if not is_ended and not len(begins):
                return rows
            rows.append(self._close())
        if at < first:
            self._kind = OUTSIDE
            self._length += first - at
        if self._kind == OUTSIDE and len(begins):
            rows.append(self._close())
        return rows

    def _close(self) -> tuple[int, int, int]:
        row = (self._at, self._length, self._kind)
        self._at += self._length
        self._kind, self._length = FRAME, 0
        return row

    def _candidates(self, piece: Bytes, marks: _Marks, leading: list[tuple[int, int, int]]) -> Rows:
        """Every row from the first 5B on; the last stays open if nothing ends it here."""
        begins, ends = marks.begins, marks.ends
        base = self._at - int(begins[0])
        following = np.append(begins[1:], len(piece))
        is_paired = len(begins) == len(ends) and bool((begins < ends).all()) and bool((ends < following).all())
        which = slice(None) if is_paired else np.searchsorted(ends, begins)
        ended = ends if is_paired else np.append(ends, len(piece))[which]
        ended_before = marks.ends_before if is_paired else np.append(marks.ends_before, 0)[which]
        is_whole = ended < following
        stop = np.where(is_whole, ended, following)
        length = stop + is_whole - begins
        kind = np.where(is_whole, FRAME, CUT).astype(np.int8)
        kind[stop - begins - 1 > MAX_WIRE_BYTES] = LONG
        gap = following - begins - length
        gap[-1] = 0  # what follows the last row is still open

        last = int(begins[-1])
        count = len(begins)
        self._at = base + last
        if is_whole[-1]:
            self._at += int(length[-1])
            trailing = len(piece) - last - int(length[-1])
            self._kind, self._length = (OUTSIDE, trailing) if trailing else (FRAME, 0)
        else:
            count -= 1
            if kind[-1] == LONG:
                self._kind, self._length = LONG, len(piece) - last
            else:
                self._bytes += piece[last:].tobytes()

        begins, length, kind, gap = begins[:count], length[:count], kind[:count], gap[:count]
        frame = kind == FRAME
        of_frames = (
            piece,
            begins[frame] + 1,
            stop[:count][frame],
            marks.escapes,
            marks.begins_before[:count][frame],
            ended_before[:count][frame],
        )
        has_gap = np.flatnonzero(gap)
        if not len(has_gap) and not leading:
            return Rows(begins + base, length, kind, *of_frames)
        lead = np.array(leading, np.int64).reshape(-1, 3)
        offset = np.concatenate([lead[:, 0], base + (begins + length)[has_gap], begins + base])
        order = np.argsort(offset)
        return Rows(
            offset[order],
            np.concatenate([lead[:, 1], gap[has_gap], length])[order],
            np.concatenate([lead[:, 2], np.full(len(has_gap), OUTSIDE), kind]).astype(np.int8)[order],
            *of_frames,
        )


def _without_frames(rows: list[tuple[int, int, int]]) -> Rows:
    table, nowhere = np.array(rows, np.int64).reshape(-1, 3), np.empty(0, np.int64)
    nothing: Bytes = np.empty(0, np.uint8)
    return Rows(table[:, 0], table[:, 1], table[:, 2].astype(np.int8), nothing, *[nowhere] * 5)
