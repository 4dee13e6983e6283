"""Messages in sub-packages, collected until they are whole.

Frames of one message share phone, message id, total and first serial (serial - index + 1 modulo 65536), domain 5.1.
They may come in any order and more than once; a copy adds nothing. Where an index comes again with other bytes, the
terminal has begun its serials anew: the message that waits will not be finished, and another one begins. The same
where only late copies of a whole message wait and a frame comes that is none: it must not be joined to the old ones.
A terminal that registers or authenticates (``SESSION_STARTS``) has connected anew, perhaps with serials it has used
before: nothing that waits of it will be finished. What waits is bounded: of too much the oldest message is given up.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import takewhile
from typing import Any, NamedTuple

from etl.jt808 import faults

Row = dict[str, Any]
Key = tuple[str, int, int]
FRAMES_WAITING = 1 << 16
BYTES_WAITING = 16 << 20
SESSION_STARTS = (0x0100, 0x0102)
_DIGEST_BYTES = 16


class Settled(NamedTuple):
    """Frames whose fate is known: refused with ``code``, or (0) the frames of a whole message with this body."""

    rows: list[Row]
    code: int
    body: bytes


@dataclass
class _Message:
    total: int
    is_copy: bool  # all its frames have come before, in a message that was whole
    rows: list[Row] = field(default_factory=list)
    bodies: dict[int, bytes] = field(default_factory=dict)
    digests: dict[int, bytes] = field(default_factory=dict)
    size: int = 0


class Packages:
    """What waits. ``row`` is a row of ``frames`` with its header columns filled.

    ``keeps_all``: also the bodies that nobody will read; ``most_frames`` bounds those.
    """

    def __init__(
        self, most_frames: int = FRAMES_WAITING, most_bytes: int = BYTES_WAITING, keeps_all: bool = False
    ) -> None:
        self._most_frames, self._most_bytes, self._keeps_all = most_frames, most_bytes, keeps_all
        self._waiting: dict[Key, _Message] = {}
        self._of_phone: dict[str, dict[Key, None]] = {}  # what waits of each, in the order of its first frames
        self._whole: dict[Key, dict[int, bytes]] = {}  # digests by index, of the latest of each key
        self._frames = self._bytes = self._digests = 0

    def add(self, row: Row, body: bytes, is_read: bool = True) -> list[Settled]:
        """Take in one frame. Unless ``is_read`` (or ``keeps_all``) the body of the whole is empty."""
        total, index = row["package_total"], row["package_index"]
        if not 1 <= index <= total:
            return [Settled([row], faults.INDEX, b"")]
        key = (row["phone"], row["msg_id"], (row["serial"] - index + 1) & 0xFFFF)
        is_kept = is_read or self._keeps_all
        digest = blake2b(body, digest_size=_DIGEST_BYTES).digest()
        part = body if is_kept else digest
        whole_before = self._whole.get(key, {})
        is_copy = len(whole_before) == total and whole_before[index] == digest
        dropped = []
        if key in self._waiting and self._waiting[key].is_copy and not is_copy:
            dropped.append(Settled(self._forget(key).rows, faults.UNFINISHED, b""))
        message = self._waiting.get(key) or self._begin(key, total, is_copy)
        if message.total != total:
            return [Settled([row], faults.TOTAL, b"")]
        if message.bodies.get(index, part) != part:
            dropped.append(Settled(self._forget(key).rows, faults.UNFINISHED, b""))
            message = self._begin(key, total, is_copy)
        message.rows.append(row)
        self._frames += 1
        if index not in message.bodies:
            message.bodies[index], message.digests[index] = part, digest
            # The bounds must not depend on ``keeps_all``: what is refused would.
            size = len(body) if is_read else 0
            message.size += size
            self._bytes += size
        if len(message.bodies) == total:
            self._forget(key)
            self._remember(key, message.digests)
            whole = b"".join(message.bodies[i] for i in range(1, total + 1)) if is_kept else b""
            return [*dropped, Settled(message.rows, faults.FINE, whole)]
        while self._frames > self._most_frames or self._bytes > self._most_bytes:
            dropped.append(Settled(self._forget(next(iter(self._waiting))).rows, faults.UNFINISHED, b""))
        return dropped

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def start_session(self, phone: str) -> list[Settled]:
        """Give up what waits of a terminal."""
        given_up = list(self._of_phone.get(phone, ()))
        return [Settled(self._forget(key).rows, faults.UNFINISHED, b"") for key in given_up]

    def give_up(self, before: int | None = None) -> list[Settled]:
        """Everything that still waits, or what has waited since a frame whose number is less than ``before``."""
        # What waits stands in the order of its first frames: those that stay are not looked at.
        given_up = takewhile(lambda one: before is None or one[1].rows[0]["number"] < before, self._waiting.items())
        return [Settled(self._forget(key).rows, faults.UNFINISHED, b"") for key, _ in list(given_up)]

    def _begin(self, key: Key, total: int, is_copy: bool) -> _Message:
        message = self._waiting[key] = _Message(total, is_copy)
        self._of_phone.setdefault(key[0], {})[key] = None
        return message

    def _remember(self, key: Key, digests: dict[int, bytes]) -> None:
        self._digests += len(digests) - len(self._whole.pop(key, ()))
        self._whole[key] = digests
        while self._digests > FRAMES_WAITING:
            self._digests -= len(self._whole.pop(next(iter(self._whole))))

    def _forget(self, key: Key) -> _Message:
        message = self._waiting.pop(key)
        del self._of_phone[key[0]][key]
        if not self._of_phone[key[0]]:
            del self._of_phone[key[0]]
        self._frames -= len(message.rows)
        self._bytes -= message.size
        return message
