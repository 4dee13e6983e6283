"""The bulk decoder: a stream of bytes to tables, a chunk at a time, in bounded memory."""

import numpy as np
import pyarrow as pa

from etl.jt808 import framing
from etl.jt808.arrays import Bytes
from etl.jt808.chunk import Chunk, Shared, waited
from etl.jt808.locations import PADDING
from etl.jt808.packages import Packages
from etl.jt808.schemas import EMPTY, Decoded, joined

__all__ = ["Decoded", "Decoder", "decode"]

# Hundreds of numpy calls a chunk want long chunks, the processor cache short ones; measured: tests/benchmarks.
CHUNK_BYTES = 3 << 19
# A row of garbage without a flag, or of idle flags, ends here: its length is an int32.
_LONGEST_ROW_BYTES = 1 << 30


def decode(data: bytes | memoryview) -> Decoded:
    """All tables of a whole capture."""
    decoder = Decoder()
    whole = joined([*decoder.pieces(data), decoder.finish()])
    if decoder.has_waited:
        whole.frames = whole.frames.sort_by("number")
    return whole


class Decoder:
    """Decodes a stream fed in pieces of any size.

    What ``feed`` and ``finish`` give concatenates to what ``decode`` gives of the whole, but for the order of frames
    that waited for others of their message: their rows come when their fate is known. A frame is told once the next
    one begins, or by ``finish``. ``bodies``, if given, receives the un-escaped bodies of the messages by the number of
    their frame, of several frames the one that completed them; whoever gives it takes them out.
    """

    def __init__(self, chunk_bytes: int = CHUNK_BYTES, bodies: dict[int, bytes] | None = None) -> None:
        self._chunk_bytes = max(chunk_bytes, 1)
        self.has_waited = False  # some frames were told after frames behind them
        self._shared = Shared(Packages(keeps_all=bodies is not None), bodies=bodies)
        self._wire: Bytes = np.zeros(0, np.uint8)
        self._carry = b""  # begins where the next row begins
        self._left_out = 0  # bytes of that row that nobody needs to keep
        self._offset = 0
        self._number = 0

    def feed(self, data: bytes | memoryview) -> Decoded:
        """What is complete so far."""
        return joined(self.pieces(data) or [EMPTY])

    def pieces(self, data: bytes | memoryview) -> list[Decoded]:
        """The same, a table for each chunk."""
        view = memoryview(data).cast("B")
        found = []
        for begin in range(0, len(view), self._chunk_bytes):
            if self._left_out > _LONGEST_ROW_BYTES:
                found.append(self.end_of_line())
            if piece := self._take(view[begin : begin + self._chunk_bytes], False):
                found.append(piece)
        return found

    def end_of_line(self) -> Decoded:
        """The stream breaks here: what is no whole frame will not become one. Sub-packages go on waiting."""
        return self._take(memoryview(b""), True) or EMPTY

    def finish(self) -> Decoded:
        """The stream has ended: the rest of it, and sub-packages that still wait."""
        last = self.end_of_line()
        waiting = self._shared.packages.give_up()
        return joined([last, Decoded(**{**vars(EMPTY), "frames": waited(waiting)})]) if waiting else last

    def give_up(self, before: int) -> pa.Table:
        """The frames of messages in sub-packages that have waited since a row of a number less than ``before``."""
        return waited(self._shared.packages.give_up(before))

    @property
    def row_count(self) -> int:
        """How many rows of ``frames`` the stream has so far, those that wait among them."""
        return self._number

    def _take(self, data: memoryview, final: bool) -> Decoded | None:
        used = len(self._carry) + len(data)
        wire = self._room(used)
        wire[: len(self._carry)] = np.frombuffer(self._carry, np.uint8)
        wire[len(self._carry) : used] = np.frombuffer(data, np.uint8)
        wire[used : used + PADDING] = 0
        found = framing.split(wire, used, final)
        end = found.end if found else 0
        left_out, self._left_out = self._left_out, 0 if found else self._left_out
        self._keep(wire[end:used].tobytes())
        if not found:
            return None
        frames = framing.read(wire, found)
        piece = Chunk(self._shared, found, frames, self._number, self._offset, left_out).decoded()
        self.has_waited |= bool(frames.is_part.any())
        self._offset += end + left_out
        self._number += len(found.begins)
        return piece

    def _room(self, used: int) -> Bytes:
        if len(self._wire) < used + PADDING:
            self._wire = np.zeros(-(-(used + PADDING) // 8) * 8, np.uint8)
        return self._wire

    def _keep(self, rest: bytes) -> None:
        """Carry the incomplete row, without content past the longest frame and without idle flags.

        Idle flags stand before the content of the first row and behind that of any.
        """
        if len(rest) > framing.LONGEST:
            content = rest.strip(b"\x7e")
            head = b"\x7e" if rest[0] == framing.FLAG else b""
            tail = b"\x7e" if content and rest[-1] == framing.FLAG else b""
            kept = head + content[: framing.LONGEST + 1] + tail
            self._left_out += len(rest) - len(kept)
            rest = kept
        self._carry = rest
