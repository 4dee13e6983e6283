"""The walk through one frame, from its message id to its checksum, field by field.

It reads on where the decoder would stop, so that a damaged frame shows what is left of it. The checks and their words
are those of the decoder (:mod:`etl.jt808.schemas`).
"""

from dataclasses import dataclass, field
from functools import reduce
from operator import xor

from etl.jt808 import messages, profiles, words
from etl.jt808.items import ITEMS
from etl.jt808.readings import (
    WHEEL_COLUMNS,
    Reader,
    bytes_said,
    clock,
    code,
    coded,
    degrees,
    digits,
    direction,
    expiry,
    flags,
    name_of,
    plain,
    raw,
    reader_of,
    scaled,
    secret,
    status,
    text,
)

LONGEST_ON_THE_WIRE = 2 * (21 + 1023 + 1)
LOCATION_BYTES = 28
GENERAL_REPLY_BYTES = 5


@dataclass(frozen=True)
class Field:
    """``length`` bytes from ``offset``: what they are, their value with its unit, what it means."""

    offset: int
    length: int
    hex: str
    name: str
    value: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Check:
    """One check of the decoder on this frame, by its detail word."""

    detail: str
    passed: bool
    said: str


@dataclass
class Explanation:
    """The fields in the order of the bytes, and the checks in the order the decoder makes them."""

    fields: list[Field] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def refused(self) -> str | None:
        """The detail word of the first check that failed, which is the decoder's; None where it decodes the frame."""
        return next((check.detail for check in self.checks if not check.passed), None)


def field_at(data: bytes, offset: int, length: int, name: str, value: str = "", meaning: str = "") -> Field:
    """The field of these bytes of ``data``."""
    return Field(offset, length, data[offset : offset + length].hex(" ").upper(), name, value, meaning)


def unescaped(data: bytes, begin: int, end: int) -> tuple[bytes, list[int], int | None]:
    """Content between flags, the offset of each of its bytes and of the end, the offset of the first bad escape.

    A bad escape is read as it stands.
    """
    content, offsets, bad = bytearray(), [], None
    at = begin
    while at < end:
        offsets.append(at)
        if data[at] == 0x7D and at + 1 < end and data[at + 1] in (1, 2):
            content.append(0x7C + data[at + 1])
            at += 2
            continue
        if data[at] == 0x7D and bad is None:
            bad = at
        content.append(data[at])
        at += 1
    return bytes(content), [*offsets, end], bad


class End(Exception):
    """There are no bytes for the next field; those that were left stand in a field."""


class Walk:
    """Reads the un-escaped bytes of a frame from the front and writes a field for each part.

    ``is_cut``: its end is missing, so that its last byte is the checksum only if the declared length says so.
    """

    def __init__(self, data: bytes, begin: int, end: int, found: Explanation, is_cut: bool = False) -> None:
        self.data, self.found = data, found
        self.content, self.offsets, self.bad_escape = unescaped(data, begin, end)
        self.wire_length = end - begin
        self.at, self.limit = 0, len(self.content)
        if not is_cut or len(self.content) >= _declared_length(self.content):
            self.limit -= 1
        self.version = 2013
        self.length_said = ""
        self.is_secret = False  # the body is not shown
        self.faults: dict[str, str] = {}

    # Fields

    def take(self, name: str, length: int, read: Reader = plain, hidden: bool = False) -> bytes:
        """The next field. Raises ``End`` where the frame or the body ends before it does."""
        value = self.content[self.at : min(self.at + length, self.limit)]
        if len(value) < length:
            if value:
                self.write(f"{name} (cut)", value, raw, hidden)
            raise End
        if length:
            self.write(name, value, read, hidden)
        return value

    def write(self, name: str, value: bytes, read: Reader, hidden: bool = False) -> None:
        """A field for the bytes from here on; ``hidden``: without the bytes themselves."""
        first, last = self.offsets[self.at], self.offsets[self.at + len(value)]
        shown, meaning = read(value)
        line = field_at(self.data, first, last - first, name, shown, meaning)
        if hidden:
            line = Field(first, last - first, "**", name, shown, meaning)
        self.found.fields.append(line)
        self.at += len(value)

    def number(self, name: str, length: int, read: Reader = plain) -> int:
        return int.from_bytes(self.take(name, length, read), "big")

    def time(self, name: str) -> None:
        """A time the decoder wants in decimal digits."""
        if not self.take(name, 6, clock).hex().isdecimal():
            self.faults.setdefault("time", f"{name} has a digit above 9")

    # The frame

    def walk(self) -> None:
        if self.wire_length > LONGEST_ON_THE_WIRE:
            self.check("length", False, f"{self.wire_length} bytes between the flags, more than any frame has")
        bad = self.bad_escape
        said = "every 7D is followed by 01 or 02" if bad is None else f"the 7D at {bad} is not followed by 01 or 02"
        self.check("escape", bad is None, said)
        try:
            self.header()
            short = False
        except End:
            short = True
        if short:
            self.check("short", False, f"{len(self.content)} bytes hold no header and checksum")
        if self.at < self.limit:
            name = "rest" if short else "withheld: a secret" if self.is_secret else "rest of the body"
            self.write(name, self.content[self.at : self.limit], raw, self.is_secret)
        computed, sent = reduce(xor, self.content[: self.limit], 0), self.content[self.limit :]
        said = f"computed {computed:02X}, sent {sent.hex().upper() or 'none'}"
        self.check("checksum", sent == bytes([computed]), said)
        if sent:
            self.write("checksum", sent, lambda value: (code(value)[0], said))
        if self.length_said and "length" not in self.faults:
            self.check("length", True, self.length_said)
        for detail in ("length", "phone", "encrypted", "index", "body", "time"):
            if detail in self.faults:
                self.check(detail, False, self.faults[detail])

    def check(self, detail: str, passed: bool, said: str) -> None:
        self.found.checks.append(Check(detail, passed, said))

    def header(self) -> None:
        """Header and body. Raises ``End`` where the frame is shorter than its header."""
        msg_id = self.number("message id 消息ID", 2, lambda value: (code(value)[0], _message(value)))
        self.is_secret = msg_id in words.SECRET_MESSAGES
        properties = self.number("properties 消息体属性", 2, _properties)
        if properties >> 14 & 1:
            self.version = 2019
            self.take("protocol version 协议版本号", 1)
        phone = self.take("phone 终端手机号", 10 if self.version == 2019 else 6, digits).hex()
        if not phone.isdecimal():
            self.faults["phone"] = f"{phone} has a digit above 9"
        self.take("serial 消息流水号", 2)
        total = index = 1
        if properties >> 13 & 1:
            total, index = self.number("package total 消息包总数", 2), self.number("package index 包序号", 2)
            if not 1 <= index <= total:
                self.faults["index"] = f"package {index} of {total}"
        declared, actual = properties & 0x3FF, self.limit - self.at
        self.length_said = f"declared {declared} body bytes, there are {actual}"
        if declared != actual:
            self.faults["length"] = self.length_said
        if encryption := properties >> 10 & 7:
            self.faults["encrypted"] = f"encryption {encryption}: the body cannot be read"
        if encryption or (total, index) != (1, 1):
            name = "encrypted body" if encryption else f"part {index} of {total} of the body"
            if self.at < self.limit:
                self.write(name, self.content[self.at : self.limit], raw, self.is_secret)
            return
        try:
            self.body(msg_id)
        except End:
            self.faults.setdefault("body", "the body ends before its fields do")

    # Bodies

    def body(self, msg_id: int) -> None:
        match msg_id:
            case 0x0200:
                self.location()
            case 0x0201:
                self.take("answered serial 应答流水号", 2)
                self.location()
            case 0x0704:
                self.batch()
            case 0x0100:
                self.registration()
            case 0x0102:
                self.authentication()
            case 0x0702:
                self.driver_card()
            case 0x0001 | 0x8001 if self.limit - self.at >= GENERAL_REPLY_BYTES:
                self.take("answered serial 应答流水号", 2)
                self.take("answered message id 应答ID", 2, lambda value: (code(value)[0], _message(value)))
                self.take("result 结果", 1, coded(words.REPLY_RESULTS))

    def registration(self) -> None:
        version = self.version
        if version != 2019:
            version = messages.edition_of(self.content[self.at : self.limit])
        maker, model, terminal = words.REGISTRATION_WIDTHS[version]
        self.take("province code 省域ID", 2)
        self.take("city code 市县域ID", 2)
        self.take("maker 制造商ID", maker, text)
        self.take(f"terminal model 终端型号 ({version})", model, text)
        self.take("terminal number 终端ID", terminal, text)
        color = self.number("plate colour 车牌颜色", 1, coded(words.PLATE_COLORS))
        if self.at < self.limit:
            self.take("plate number 车牌" if color else "VIN 车辆识别码", self.limit - self.at, text)

    def authentication(self) -> None:
        if self.version != 2019:
            if self.at < self.limit:
                self.take("authentication code 鉴权码", self.limit - self.at, secret, hidden=True)
            return
        length = self.number("length of the code", 1)
        self.take("authentication code 鉴权码", length, secret, hidden=True)
        # Where the length of the code is wrong these are the rest of it.
        self.take("IMEI", 15, raw, hidden=True)
        self.take("software version 软件版本号", 20, raw, hidden=True)

    def driver_card(self) -> None:
        if self.version != 2019 and messages.is_identity_of_2011(self.content[self.at : self.limit]):
            self.take("driver name 驾驶员姓名", self.number("length of the name", 1), text)
            self.take("citizen id 身份证号 (2011)", messages.CITIZEN_2011_BYTES, text)
            self.take("certificate number 从业资格证编码 (2011)", messages.CERTIFICATE_2011_BYTES, text)
            self.take("authority 发证机构", self.number("length of the authority", 1), text)
            return
        self.take("card status 状态", 1, coded(words.CARD_STATUS))
        self.time("card time 时间")
        if self.at == self.limit:
            return
        self.take("card result IC卡读取结果", 1, coded(words.CARD_RESULTS))
        if self.at == self.limit:
            return
        self.take("driver name 驾驶员姓名", self.number("length of the name", 1), text)
        self.take("certificate number 从业资格证编码", 20, text)
        self.take("authority 发证机构", self.number("length of the authority", 1), text)
        self.take("expiry date 证件有效期", 4, expiry)
        if self.version == 2019 and self.limit - self.at >= 20:
            self.take("citizen id 身份证号", 20, text)

    def batch(self) -> None:
        count = self.number("location count 数据项个数", 2)
        self.take("batch type 位置数据类型", 1, coded(words.BATCH_TYPES))
        whole = self.limit
        for position in range(count):
            length = self.number(f"position {position}: length", 2)
            if length > whole - self.at or length < LOCATION_BYTES:
                said = f"position {position} declares {length} bytes, {whole - self.at} are left"
                self.faults.setdefault("body", said)
                return
            self.limit = self.at + length
            self.location(f"position {position}: ")
            self.limit = whole
        if self.at < whole:
            self.faults["body"] = f"{whole - self.at} bytes follow the last of {count} positions"

    def location(self, of: str = "") -> None:
        self.take(of + "alarm flags 报警标志", 4, flags(words.ALARM_BITS, self.version))
        state = self.number(of + "status flags 状态", 4, status(self.version))
        self.take(of + "latitude 纬度", 4, degrees(90, ("N", "S"), bool(state >> 2 & 1)))
        self.take(of + "longitude 经度", 4, degrees(180, ("E", "W"), bool(state >> 3 & 1)))
        self.take(of + "altitude 高程", 2, scaled("m"))
        self.take(of + "speed 速度", 2, scaled("km/h", 10))
        self.take(of + "direction 方向", 2, direction)
        self.time(of + "time 时间")
        while self.at < self.limit:
            rest = self.content[self.at : self.limit]
            if len(rest) < 2 or len(rest) < 2 + rest[1]:
                declared = f"declares {rest[1]} bytes, {len(rest) - 2} are left" if len(rest) > 1 else "has no length"
                cut = f"item 0x{rest[0]:02X} {declared}; the location stays"
                self.write(of + "cut item", rest, lambda value, cut=cut: (raw(value)[0], cut))  # type: ignore[misc]
                return
            self.item(of, rest[0], rest[2 : 2 + rest[1]])

    def item(self, of: str, item_id: int, value: bytes) -> None:
        """One additional item: a field for its id and length, then one for each part of its value."""
        parts = _item_parts(item_id, value)
        head = (f"0x{item_id:02X}, {bytes_said(value)}", _item_said(item_id, bool(parts)))
        self.write(f"{of}item", self.content[self.at : self.at + 2], lambda _: head)
        for name, length, read in parts or [("item value", len(value), raw)]:
            self.take(of + name, length, read)


Part = tuple[str, int, Reader]


def _item_said(item_id: int, is_known: bool) -> str:
    item = words.ITEMS.get(item_id)
    if item is None:
        return "a maker's own item 厂商自定义" if item_id >= words.FIRST_VENDOR_ITEM else "not in the standard"
    return f"{item.en} {item.zh}" + ("" if is_known else "; unknown in this length, kept as bytes")


def _item_parts(item_id: int, value: bytes) -> list[Part]:
    """Name, length and reading of each part of an item's value; none where nothing says how it lies."""
    if parts := ITEMS.get((item_id, len(value))):
        return [
            (name_of(part.column), _width(part.form, value), reader_of(part.column, part.divisor)) for part in parts
        ]
    layout = profiles.layout(item_id, value)
    if layout is None:
        return []
    lying: dict[int, Part] = {
        part.offset: (name_of(part.column), _width(part.form, value), reader_of(part.column, part.divisor))
        for part in layout.fields
    }
    if 5 in lying and lying[5][0] == "type":
        kinds = words.SAFETY_TYPES[layout.profile][item_id]
        lying[5] = (f"type ({layout.profile})", 1, coded(kinds, "left to the maker"))
    lying |= {at: (name_of(column), 6, clock) for column, at in layout.times}
    lying[layout.terminal_at] = ("terminal number 终端ID", layout.terminal_length, text)
    if layout.wheels_at:
        lying[layout.wheels_at] = ("wheel count", 1, plain)
        for wheel in range(layout.wheel_count):
            at = layout.wheels_at + 1 + wheel * layout.wheel_length
            width = layout.wheel_length - 8
            lying[at] = (f"wheel {wheel}: position", width, plain)
            for number, column in enumerate(WHEEL_COLUMNS):
                lying[at + width + 2 * number] = (f"wheel {wheel}: {name_of(column)}", 2, reader_of(column))
    return _without_gaps(lying, len(value))


def _width(form: str, value: bytes) -> int:
    """Bytes of a form such as ``>u4``."""
    return len(value) if form == "bytes" else int(form[-1])


def _without_gaps(lying: dict[int, Part], length: int) -> list[Part]:
    """The parts in order of their offsets, reserved bytes between them."""
    found: list[Part] = []
    at = 0
    for offset in [*sorted(lying), length]:
        if offset > at:
            found.append(("reserved", offset - at, raw))
        if offset < length:
            found.append(lying[offset])
            at = offset + lying[offset][1]
    return found


def _declared_length(content: bytes) -> int:
    """Bytes of the whole content by its own header: header, body and checksum."""
    properties = int.from_bytes(content[2:4], "big")
    return 13 + (properties & 0x3FF) + 4 * (properties >> 13 & 1) + 5 * (properties >> 14 & 1)


def _message(value: bytes) -> str:
    word = words.MESSAGES.get(int.from_bytes(value, "big"))
    return f"{word.en} {word.zh}" if word else "not decoded here"


def _properties(value: bytes) -> tuple[str, str]:
    """Body length and the bits beside it."""
    properties = int.from_bytes(value, "big")
    said = [f"body {properties & 0x3FF} bytes", "version 2019" if properties >> 14 & 1 else "version 2011 or 2013"]
    if properties >> 10 & 7:
        said.append(f"encryption {properties >> 10 & 7}" + (" (RSA)" if properties >> 10 & 1 else ""))
    if properties >> 13 & 1:
        said.append("sub-package 分包")
    return code(value)[0], ", ".join(said)
