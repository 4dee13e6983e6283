"""The walk through one frame of JT/T 809, from its header to its CRC, field by field.

It reads on where the decoder would stop, so that a damaged frame shows what is left of it. Which layouts apply is asked
of the decoder's own functions.
"""

from typing import NamedTuple

from etl.jt808.readings import Reading, bytes_said, code, raw, text
from etl.jt808.walk import End, Explanation, Walk
from etl.jt809 import layouts, words
from etl.jt809.crc import crc
from etl.jt809.framing import CRC_BYTES, DECODED_FAMILIES, PLATFORM_FAMILIES, VEHICLE_FAMILIES, layout_of_frame
from etl.jt809.layouts import HEADER_2011, HEADER_2019, SHORT_HEAD, VEHICLE_HEAD, Layout
from etl.jt809.positions import BACKFILL, REPORT
from etl.jt809.readings import name_of, reader_of
from etl.jt809.schemas import MAX_WIRE_BYTES

_PLAIN = {b"\x5a\x01": 0x5B, b"\x5a\x02": 0x5A, b"\x5e\x01": 0x5D, b"\x5e\x02": 0x5E}
_LOCATION_BYTES = 28


class Content(NamedTuple):
    """What stands between the flags, un-escaped: the offset of each byte and of the end, and of the first bad escape.

    A bad escape is read as it stands.
    """

    data: bytes
    offsets: list[int]
    bad_escape: int | None


def unescaped(data: bytes, begin: int, end: int) -> Content:
    content, offsets, bad = bytearray(), [], None
    at = begin
    while at < end:
        offsets.append(at)
        plain = _PLAIN.get(data[at : min(at + 2, end)])
        if plain is None and data[at] in (0x5A, 0x5E) and bad is None:
            bad = at
        content.append(data[at] if plain is None else plain)
        at += 1 if plain is None else 2
    return Content(bytes(content), [*offsets, end], bad)


def _withheld(value: bytes) -> Reading:
    return bytes_said(value), "withheld: a password or check code"


class FrameWalk(Walk):
    """Reads the un-escaped bytes of a frame from the front and writes a field for each part."""

    def __init__(self, data: bytes, begin: int, end: int, found: Explanation) -> None:
        self.data, self.found = data, found
        self.content, self.offsets, self.bad_escape = unescaped(data, begin, end)
        self.wire_length = end - begin
        # The last two bytes are the CRC, whatever is missing before them.
        self.at, self.limit = 0, max(0, len(self.content) - CRC_BYTES)
        self.version = 2019  # of the location that a position of 2019 embeds
        self.faults: dict[str, str] = {}

    def walk(self) -> None:
        if self.wire_length > MAX_WIRE_BYTES:
            self.check("length", False, f"{self.wire_length} bytes between the flags, more than is read")
        bad = self.bad_escape
        said = "every 5A and 5E is followed by 01 or 02" if bad is None else f"{bad} is a 5A or 5E without 01 or 02"
        self.check("escape", bad is None, said)
        is_short = len(self.content) < HEADER_2011.size + CRC_BYTES
        if is_short:
            self.check("short", False, f"{len(self.content)} bytes hold no header and CRC")
        sent = int.from_bytes(self.content[self.limit :], "big")
        computed = crc(self.content[: self.limit])
        said = f"computed {computed:04X}, sent {sent:04X}"
        self.check("checksum", computed == sent and len(self.content) >= CRC_BYTES, said)
        try:
            self.frame()
        except End:
            self.faults.setdefault("body", "the body ends before its fields do")
        if self.at < self.limit:
            self.write("rest", self.content[self.at : self.limit], raw)
        if self.limit < len(self.content):
            self.write("CRC 校验码", self.content[self.limit :], lambda value: (code(value)[0], said))
        if not is_short:
            for detail in ("length", "encrypted", "body", "time"):
                if detail in self.faults:
                    self.check(detail, False, self.faults[detail])
                elif detail == "length":
                    self.check(detail, True, f"the header declares {len(self.content) + 2} bytes, as there are")

    def fields(self, layout: Layout, of: str = "", status_flags: int = 0) -> dict[str, int]:
        """Write every field of the layout; their numbers by name."""
        found = {}
        for field in layout.fields:
            value = self.take(of + name_of(field), field.size, reader_of(field, status_flags))
            found[field.name] = int.from_bytes(value, "big")
        return found

    def frame(self) -> None:
        version, head = layout_of_frame(self.content)
        header = self.fields(HEADER_2019 if version == 2019 else HEADER_2011)
        length = len(self.content) + 2
        if header["frame_length"] != length:
            self.faults["length"] = f"the header declares {header['frame_length']} bytes, there are {length}"
        msg_id = header["msg_id"]
        body_length = self.limit - self.at
        if header["encryption"]:
            self.faults["encrypted"] = "the body is encrypted and cannot be read"
        if header["encryption"] or msg_id in words.SECRET_BODIES:
            if body_length:
                is_secret = msg_id in words.SECRET_BODIES
                self.take("body", body_length, _withheld if is_secret else raw, hidden=is_secret)
            return
        if head is None:
            if msg_id not in (*VEHICLE_FAMILIES, *PLATFORM_FAMILIES):
                return
            head = SHORT_HEAD if msg_id in PLATFORM_FAMILIES else VEHICLE_HEAD
        sub = self.fields(head)
        left = self.limit - self.at
        if sub["sub_length"] != left and msg_id in DECODED_FAMILIES:
            self.faults["body"] = f"the sub-message declares {sub['sub_length']} bytes, there are {left}"
        self.sub_message(sub["sub_id"], version, msg_id)

    def sub_message(self, sub_id: int, version: int, msg_id: int) -> None:
        if sub_id in words.SECRET_SUB_MESSAGES and self.at < self.limit:
            self.take("sub-message", self.limit - self.at, _withheld, hidden=True)
        if sub_id & 0xFF00 != msg_id:
            return
        if sub_id == REPORT:
            self.position("", version)
        elif sub_id == BACKFILL:
            count = self.number("count 卫星定位数据个数", 1)
            for position in range(count):
                self.position(f"position {position}: ", version)
            if count == 0 and self.at < self.limit:
                self.faults["body"] = f"{self.limit - self.at} bytes follow a count of 0"
        elif sub_id in layouts.ALARM_SUB_IDS:
            self.alarm_message(sub_id, version)

    def position(self, of: str, version: int) -> None:
        if version == 2011:
            status_at = self.at + layouts.POSITION_2011.offset("status_flags")
            status_flags = int.from_bytes(self.content[status_at : min(status_at + 4, self.limit)], "big")
            self.fields(layouts.POSITION_2011, of, status_flags)
            return
        length, whole = self.fields(layouts.POSITION_2019, of)["location_length"], self.limit
        if not _LOCATION_BYTES <= length <= whole - self.at:
            self.faults.setdefault("body", f"{of}a location of {length} bytes, {whole - self.at} are left")
            raise End
        self.limit = self.at + length
        self.location(of)
        self.limit = whole
        if of or whole - self.at >= layouts.PLATFORM_ALARMS.size:
            self.fields(layouts.PLATFORM_ALARMS, of)

    def alarm_message(self, sub_id: int, version: int) -> None:
        layout = layouts.layout_of(sub_id, version, self.content[self.at : self.limit])
        if layout is None:
            self.faults.setdefault("body", f"{self.limit - self.at} bytes are too few for its fields")
            return
        length = self.fields(layout).get("info_length", 0)
        if 0 < length <= self.limit - self.at:
            self.take("text 信息内容", length, text)
