"""Messages in sub-packages, collected until they are whole.

Frames of one message share phone, message id, total and first serial (serial - index + 1 modulo 65536), domain 5.1.
They may come in any order and more than once; of a doubled one the first counts. What waits is bounded: of too much
the oldest message is given up.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from etl.jt808 import faults

Row = dict[str, Any]
FRAMES_WAITING = 1 << 16
BYTES_WAITING = 16 << 20


class Settled(NamedTuple):
    """Frames whose fate is known: refused with ``code``, or (0) the frames of a whole message with this body."""

    rows: list[Row]
    code: int
    body: bytes


@dataclass
class _Message:
    total: int
    rows: list[Row] = field(default_factory=list)
    bodies: dict[int, bytes] = field(default_factory=dict)
    size: int = 0


class Packages:
    """What waits. ``row`` is a row of ``frames`` with its header columns filled."""

    def __init__(self, most_frames: int = FRAMES_WAITING, most_bytes: int = BYTES_WAITING) -> None:
        self._most_frames, self._most_bytes = most_frames, most_bytes
        self._waiting: dict[tuple[str, int, int], _Message] = {}
        self._frames = self._bytes = 0

    def add(self, row: Row, body: bytes) -> list[Settled]:
        """Take in one frame. ``body`` may be empty where nobody will read the whole."""
        total, index = row["package_total"], row["package_index"]
        if not 1 <= index <= total:
            return [Settled([row], faults.INDEX, b"")]
        key = (row["phone"], row["msg_id"], (row["serial"] - index + 1) & 0xFFFF)
        message = self._waiting.setdefault(key, _Message(total))
        if message.total != total:
            return [Settled([row], faults.TOTAL, b"")]
        message.rows.append(row)
        self._frames += 1
        if index not in message.bodies:
            message.bodies[index] = body
            message.size += len(body)
            self._bytes += len(body)
        if len(message.bodies) == total:
            self._forget(key)
            return [Settled(message.rows, faults.FINE, b"".join(message.bodies[i] for i in range(1, total + 1)))]
        dropped = []
        while self._frames > self._most_frames or self._bytes > self._most_bytes:
            dropped.append(Settled(self._forget(next(iter(self._waiting))).rows, faults.UNFINISHED, b""))
        return dropped

    def give_up(self) -> list[Settled]:
        """Everything that still waits."""
        return [Settled(self._forget(key).rows, faults.UNFINISHED, b"") for key in list(self._waiting)]

    def needed_from(self, end: int) -> int:
        """Where the first frame that waits begins; ``end`` if none does."""
        return min((message.rows[0]["byte_offset"] for message in self._waiting.values()), default=end)

    def _forget(self, key: tuple[str, int, int]) -> _Message:
        message = self._waiting.pop(key)
        self._frames -= len(message.rows)
        self._bytes -= message.size
        return message
