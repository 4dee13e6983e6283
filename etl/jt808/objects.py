"""Frames as plain objects, for people and for ``heng jt808 decode --json``: one for each row of ``frames``.

What is a frame and what is refused the bulk decoder says; here the bodies of its messages are read once more, field by
field, with the same tables of items and profiles. No body that holds a secret is shown (``words.SECRET_MESSAGES``).
"""

import struct
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import accumulate, repeat
from typing import Any

import pyarrow as pa

from etl.jt808 import faults, framing, messages, profiles
from etl.jt808.bulk import Decoder
from etl.jt808.item_walk import walk_one
from etl.jt808.items import ITEMS
from etl.jt808.layouts import BASE_BYTES
from etl.jt808.schemas import EMPTY
from etl.jt808.texts import text
from etl.jt808.words import SECRET_MESSAGES

Object = dict[str, Any]
_SOUTH, _WEST = 4, 8
_ANSWERED = 2  # 0x0201 and 0x0500 (reply to a control command): the serial of the question, then a location
MOST_BEHIND = 10_000
"""So many frames are told late at most for a message whose other sub-packages have not come."""
_FORMS = {"u1": "B", ">u2": "H", ">u4": "I", ">i2": "h"}


class Teller:
    """Objects of a stream in the order of its rows; those behind a frame that waits for sub-packages wait with it.

    When more than ``MOST_BEHIND`` wait, the message is given up.
    """

    def __init__(self) -> None:
        self._bodies: dict[int, bytes] = {}
        self._decoder = Decoder(bodies=self._bodies)
        self._end = 0
        # Rows that are told but not due, with the bodies of their messages: smaller than their objects.
        self._told: dict[int, tuple[Object, bytes | None]] = {}
        # The next objects: the number of a row and what to add to its object, or an object.
        self._queue: deque[tuple[int, Object] | Object] = deque()
        self._queued = 0

    def feed(self, data: bytes | memoryview) -> Iterator[Object]:
        """The objects of a stretch of a capture."""
        return self._tell(self._fed(data), repeat({}))

    def line(self, data: bytes, number: int) -> Iterator[Object]:
        """The objects of a line: a stream of its own for framing, part of this one for sub-packages.

        Offsets count from the line's first byte.
        """
        extra = {"line": number, "byte_offset": self._end}
        return self._tell(self._line(data), repeat(extra))

    def lines(self, found: list[tuple[int, bytes]]) -> Iterator[Object]:
        """The same of numbered lines that are one frame each (``is_one_frame``), quicker than one by one."""
        if not found:
            return iter(())
        ends = accumulate((len(data) for _, data in found), initial=self._end)
        extras = [{"line": number, "byte_offset": begin} for (number, _), begin in zip(found, ends, strict=False)]
        return self._tell(self._line(b"".join(data for _, data in found)), extras)

    def note(self, one: Object) -> Iterator[Object]:
        """An object that is no row, in its place."""
        self._queue.append(one)
        return self._tell(EMPTY.frames, ())

    def finish(self) -> Iterator[Object]:
        return self._tell(self._decoder.finish().frames, repeat({}))

    def _line(self, data: bytes) -> pa.Table:
        return pa.concat_tables([self._fed(data), self._decoder.end_of_line().frames])

    def _fed(self, data: bytes | memoryview) -> pa.Table:
        self._end += len(data)
        return self._decoder.feed(data).frames

    def _tell(self, frames: pa.Table, extras: Iterable[Object]) -> Iterator[Object]:
        """``extras``: for each new row, what to add to its object."""
        self._take_in(frames)
        self._queue.extend(zip(range(self._queued, self._decoder.row_count), extras, strict=False))
        self._queued = self._decoder.row_count
        while self._queue:
            ahead = self._queue[0]
            if isinstance(ahead, dict):
                yield ahead
            elif ahead[0] in self._told:
                told, more = _object(*self._told.pop(ahead[0])), ahead[1]
                yield {**more, **told, "byte_offset": told["byte_offset"] - more.get("byte_offset", 0)}
            elif len(self._queue) > MOST_BEHIND:
                self._take_in(self._decoder.give_up(ahead[0] + 1))
                continue
            else:
                break
            self._queue.popleft()

    def _take_in(self, frames: pa.Table) -> None:
        for row in frames.to_pylist():
            self._told[row["number"]] = row, self._bodies.pop(row["number"], None)


def is_one_frame(data: bytes) -> bool:
    """Whether these bytes are one row whatever stands before and behind them: a flag at either end, none inside."""
    return 2 < len(data) <= framing.LONGEST + 2 and data[0] == framing.FLAG and data.find(b"\x7e", 1) == len(data) - 1


def _object(row: Object, body: bytes | None) -> Object:
    """``body``: of the message that this row is or completes; None where it is neither."""
    told: Object = {"byte_offset": row["byte_offset"], "length": row["length"]}
    if row["msg_id"] is not None:
        told["msg_id"] = f"0x{row['msg_id']:04X}"
    for name, column in _HEADER.items():
        if row[column] is not None:
            told[name] = row[column]
    if row["outcome"] == "quarantined":
        return told | {"error": f"{row['reason']}: {row['detail']} ({faults.WHAT[row['detail']]})"}
    return told if body is None else told | message(row["msg_id"], row["protocol_version"], body)


_HEADER = {
    "phone": "phone",
    "serial": "serial",
    "version": "protocol_version",
    "package_total": "package_total",
    "package_index": "package_index",
    "body_length": "body_length",
}


def message(msg_id: int, version: int, body: bytes) -> Object:
    """The fields of a message that was not refused."""
    if msg_id == 0x0200:
        return location(body)
    if msg_id == 0x0201 or (msg_id == 0x0500 and len(body) >= _ANSWERED + BASE_BYTES):
        return {"answered_serial": int.from_bytes(body[:_ANSWERED], "big"), **location(body[_ANSWERED:])}
    if msg_id == 0x0704:
        return batch(body)
    if reader := messages.READERS.get(msg_id):
        read = reader(body, version)
        if msg_id in SECRET_MESSAGES:
            # Where the length of the code is wrong, what follows it is the rest of it.
            read = {name: value for name, value in read.items() if name.startswith("auth_code")}
        if "protocol_version" in read:
            read["version"] = read.pop("protocol_version")
        return {name: _shown(value) for name, value in read.items()}
    if msg_id in SECRET_MESSAGES:
        return {"withheld_bytes": len(body)}
    return {"body_hex": body.hex()} if body or msg_id not in messages.EMPTY else {}


def batch(body: bytes) -> Object:
    """0x0704."""
    positions, at = [], 3
    while at < len(body):
        length = int.from_bytes(body[at : at + 2], "big")
        positions.append(location(body[at + 2 : at + 2 + length]))
        at += 2 + length
    return {"batch_type": body[2], "positions": positions}


def location(body: bytes) -> Object:
    """A 0x0200 body."""
    alarm, status, latitude, longitude, altitude, speed, direction = struct.unpack_from(">IIIIHHH", body)
    items, rest = body[BASE_BYTES:], {}
    found, cut = walk_one(items)
    if cut < len(items):
        rest["cut_items"] = items[cut:].hex()
    shown: dict[str, Any] = {}
    for item, at, length in found:
        key, read = f"0x{item:02X}", _item(item, items[at : at + length])
        if key in shown:
            shown[key] = [*(shown[key] if isinstance(shown[key], list) else [shown[key]]), read]
        else:
            shown[key] = read
    return {
        "alarm": alarm, "status": status, "lat": latitude / (-1e6 if status & _SOUTH else 1e6),
        "lon": longitude / (-1e6 if status & _WEST else 1e6), "altitude_m": altitude, "speed_kmh": speed / 10,
        "direction_deg": direction, "time": _wire_time(body[22:28]), "items": shown, **rest,
    }  # fmt: skip


def _wire_time(bcd: bytes) -> str:
    digits = bcd.hex()
    year, month, day, hour, minute, second = (digits[at : at + 2] for at in range(0, 12, 2))
    return f"20{year}-{month}-{day} {hour}:{minute}:{second}"


def _number(value: bytes, offset: int, form: str, divisor: int) -> float:
    (number,) = struct.unpack_from(">" + _FORMS[form], value, offset)
    return float(number / divisor) if divisor > 1 else int(number)


def _item(item: int, value: bytes) -> Object:
    read: Object = {"hex": value.hex()}
    for part in ITEMS.get((item, len(value)), ()):
        if part.form != "bytes":
            read[part.column] = _number(value, part.offset, part.form, part.divisor)
    if layout := profiles.layout(item, value):
        read["profile"] = layout.profile
        read |= {one.column: _number(value, one.offset, one.form, one.divisor) for one in layout.fields}
        read |= {column: _wire_time(value[at : at + 6]) for column, at in layout.times}
        read["terminal_no"] = text(value[layout.terminal_at : layout.terminal_at + layout.terminal_length])
        if layout.wheels_at:
            read["wheels"] = profiles.wheels(value, layout)
    return read


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else value
