"""One JSON object a row of ``frames``: what ``heng jt809 decode --json`` prints."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from etl.jt808 import objects as jt808
from etl.jt808.words import Word
from etl.jt809 import words
from etl.jt809.decoder import Decoder
from etl.jt809.framing import CRC_BYTES, layout_of_frame
from etl.jt809.layouts import HEADER_2011, HEADER_2019, PLATFORM_ALARMS, POSITION_2019, SHORT_HEAD
from etl.jt809.positions import BACKFILL, REPORT
from etl.jt809.readings import moment
from etl.jt809.schemas import LOCATIONS, MAX_WIRE_BYTES, SCHEMAS, Decoded
from etl.jt809.walk import unescaped

Object = dict[str, Any]
_CHUNK_BYTES = 512 << 10
_LONGEST_FRAME_BYTES = MAX_WIRE_BYTES + 2  # with its flags
_FRAME_KEYS = (
    "serial", "platform_code", "protocol_version", "version", "sent_at", "plate_no", "plate_color_code"
)  # fmt: skip
_POSITION_KEYS = {
    "alarm_flags": "alarm",
    "status_flags": "status",
    "latitude": "lat",
    "longitude": "lon",
    "positioned_at": "time",
}
_OF_FRAME = frozenset(("number", *_FRAME_KEYS, "position", "origin", "sub_id", "time_hex"))
_CODES: dict[str, dict[int, Word]] = {
    "source_code": words.ALARM_SOURCES,
    "type_code": words.ALARM_TYPES,
    "result_code": words.HANDLING_RESULTS,
    "level_code": words.SUPERVISION_LEVELS,
}
_FAULTS = {
    "cut": "no 5D ends the frame; look whether the capture was cut",
    "outside": "bytes between the frames; look what else the port receives",
    "escape": "a 5A or 5E is not followed by 01 or 02",
    "short": "there is no room for a header and a CRC",
    "checksum": "the CRC is not that of the bytes",
    "length": "the length in the header is not that of the frame, or the frame is longer than is read",
    "encrypted": "the body is encrypted; ask the sender for plain frames",
    "body": "the body is too short for its message, or contradicts itself",
    "time": "a time has a digit above 9",
}


def objects(pieces: Iterable[bytes]) -> Iterator[Object]:
    """The objects of a capture that comes in pieces of any size, in its order, a chunk at a time.

    Of what was read only the bytes are kept that a frame not yet told may begin with.
    """
    decoder = Decoder(_CHUNK_BYTES)
    window = _Window(0, b"")
    for piece in pieces:
        view = memoryview(piece)
        for at in range(0, len(view), _CHUNK_BYTES):
            chunk = view[at : at + _CHUNK_BYTES]
            window = _Window(window.begin, window.data + chunk)
            found = decoder.feed(chunk)
            yield from _of_chunk(window, found)
            window = window.open_row(found)
    yield from _of_chunk(window, decoder.finish())


class _Window(NamedTuple):
    """Bytes of the stream from offset ``begin`` on."""

    begin: int
    data: bytes

    def open_row(self, told: Decoded) -> "_Window":
        """Without the rows that are told, and without what is too long for a frame."""
        drop = max(0, len(self.data) - _LONGEST_FRAME_BYTES)
        if count := told.frames.num_rows:
            last = told.frames.slice(count - 1).to_pylist()[0]
            drop = max(drop, last["byte_offset"] + last["length"] - self.begin)
        return _Window(self.begin + drop, self.data[drop:])


def _of_chunk(window: _Window, piece: Decoded) -> Iterator[Object]:
    records: dict[int, list[Object]] = {}
    for table in SCHEMAS:
        # Safety alarms are told with the items of their locations.
        if table not in ("frames", "safety_alarms"):
            for row in getattr(piece, table).to_pylist():
                records.setdefault(row["number"], []).append(row)
    for frame in piece.frames.to_pylist():
        yield _object(window, frame, records.get(frame["number"], []))


def _object(window: _Window, frame: Object, records: list[Object]) -> Object:
    told: Object = {"byte_offset": frame["byte_offset"], "length": frame["length"]}
    if frame["outcome"] == "quarantined":
        told["error"] = f"{frame['reason']}: {frame['detail']} ({_FAULTS[frame['detail']]})"
    if frame["msg_id"] is not None:
        told |= _named("msg", frame["msg_id"], words.MESSAGES)
    if frame["sub_id"] is not None:
        told |= _named("sub", frame["sub_id"], words.SUB_MESSAGES)
    told |= {key: _plain(frame[key]) for key in _FRAME_KEYS if frame[key] is not None}
    if frame["outcome"] == "quarantined":
        return told
    if frame["outcome"] == "other":
        return told | _body(_content(window, frame), frame)
    if frame["sub_id"] not in (REPORT, BACKFILL):
        return told | _record(records[0])
    bodies = _embedded(_content(window, frame), len(records)) if frame["protocol_version"] == 2019 else []
    positions = [_position(row, bodies) for row in records]
    return told | (positions[0] if frame["sub_id"] == REPORT else {"positions": positions})


def _content(window: _Window, frame: Object) -> bytes:
    """What stands between the flags, un-escaped."""
    begin = frame["byte_offset"] - window.begin + 1
    return unescaped(window.data, begin, begin + frame["length"] - 2).data


def _embedded(content: bytes, count: int) -> list[bytes]:
    """The bodies of the locations that a frame of 2019 embeds."""
    _, head = layout_of_frame(content)
    at = HEADER_2019.size + (head.size if head else 0)
    at += int.from_bytes(content[at - SHORT_HEAD.size : at - 4], "big") == BACKFILL
    bodies = []
    for _ in range(count):
        start = at + POSITION_2019.size
        stop = start + int.from_bytes(content[start - 4 : start], "big")
        bodies.append(content[start:stop])
        at = stop + PLATFORM_ALARMS.size
    return bodies


def _named(name: str, code: int, meanings: dict[int, Word]) -> Object:
    told = {f"{name}_id": f"0x{code:04X}"}
    return told | {name: _said(meanings[code])} if code in meanings else told


def _said(word: Word) -> str:
    return f"{word.en} {word.zh}"


def _position(row: Object, bodies: list[bytes]) -> Object:
    """``bodies``: in 2019 the embedded locations of the frame, which are told as those of JT/T 808 are."""
    names = LOCATIONS.names
    if bodies:
        own = names[names.index("enterprise_platform") :]
        location = jt808.location(bodies[row["position"]])
        return {
            "is_encrypted": row["is_encrypted"],
            **location,
            **{name: _plain(row[name]) for name in own if row[name] is not None},
        }
    told = {
        _POSITION_KEYS.get(name, name): _plain(value)
        for name, value in row.items()
        if value is not None and name not in _OF_FRAME
    }
    if row["positioned_at"] is None:
        day, month, century, year, hour, minute, second = bytes.fromhex(row["time_hex"])
        told["time"] = f"{century << 8 | year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}"
    return told


def _record(row: Object) -> Object:
    told: Object = {}
    for key, value in row.items():
        if value is None or key in _OF_FRAME - {"plate_no", "plate_color_code"}:
            continue
        told[key] = _plain(value)
        if value in _CODES.get(key, {}):
            told[key.removesuffix("_code")] = _said(_CODES[key][value])
    return told


def _body(content: bytes, frame: Object) -> Object:
    """The un-escaped body in hexadecimal; of a body with a password only its length."""
    header = HEADER_2019 if frame["protocol_version"] == 2019 else HEADER_2011
    body = content[header.size : -CRC_BYTES]
    is_secret = frame["msg_id"] in words.SECRET_BODIES or frame["sub_id"] in words.SECRET_SUB_MESSAGES
    return {"body_length": len(body)} if is_secret else {"body_hex": body.hex()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    return value.hex() if isinstance(value, bytes) else value
