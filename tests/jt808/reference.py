"""A second JT/T 808 decoder, plain and slow, written from the standard's tables and not from the product's code.

``reference(data)`` gives the product's tables as lists of rows. Where the standard is silent it follows the rules that
the product states:

- A row of ``frames`` begins at the flag before its candidate, the stretch between two flags that is not empty (the
  first row at byte 0), and ends where the next row begins. A stretch with a flag missing is refused ("cut").
- Checks in order: cut, over-long, escape, short, checksum, length, phone, encrypted, sub-packages, body, time. The
  header columns are filled wherever there is a header, whether its checksum holds or not.
- Sub-packages belong together by phone, message id, serial - index + 1 and total. A second copy adds nothing. While
  they wait, the same first serial with another total is a contradiction, and the later frame is refused; the same index
  with another body is another message, and the one that waits stays unfinished. So does what waits if all of it are
  copies of the last whole message and a frame comes that is none. A terminal that registers or authenticates begins
  anew: what waits of it stays unfinished.
"""

import hashlib
import struct
from collections.abc import Iterator
from datetime import date, datetime
from functools import reduce
from operator import xor
from typing import Any

Row = dict[str, Any]
LONGEST = 2 * (21 + 1023 + 1)  # header of 2019 in sub-packages, body, checksum; every byte escaped
DECODED = {0x0200, 0x0201, 0x0704, 0x0100, 0x0102, 0x0002, 0x0003, 0x0702}
TABLES = ("frames", "locations", "safety_alarms", "registrations", "authentications", "driver_cards")
HEADER = (
    "msg_id", "protocol_version", "phone", "serial", "package_total", "package_index", "body_length",
)  # fmt: skip


class Refused(Exception):
    """The arguments are the reason and the detail word."""


def reference(data: bytes) -> dict[str, list[Row]]:
    """All tables of a whole capture, ``frames`` in stream order."""
    return Reference().read(data)


# Framing ------------------------------------------------------------------------------------------------------------


def stretches(data: bytes) -> Iterator[tuple[int, int, bytes | None]]:
    """Begin and end of each row and the bytes between its flags, or None where a flag is missing."""
    found: list[tuple[int, bytes | None]] = []
    at = 0
    for part in data.split(b"\x7e"):
        enclosed = at > 0 and at + len(part) < len(data)
        if part:
            found.append((max(0, at - 1), part if enclosed else None))
        at += len(part) + 1
    if data and not found:
        found.append((0, None))
    ends = [*(begin for begin, _ in found[1:]), len(data)]
    for number, (begin, content) in enumerate(found):
        yield begin if number else 0, ends[number], content


def unescape(content: bytes) -> bytes:
    written, rest = bytearray(), iter(content)
    for byte in rest:
        if byte == 0x7D:
            second = next(rest, None)
            if second not in (1, 2):
                raise Refused("R-FRAME", "escape")
            byte = 0x7C + second
        written.append(byte)
    return bytes(written)


def header(content: bytes) -> tuple[Row, bytes, int]:
    """Header columns, the bytes behind the header (the checksum among them) and the encryption of a candidate."""
    if len(content) < 13:
        raise Refused("R-FRAME", "short")
    msg_id, properties = struct.unpack_from(">HH", content)
    is_2019, is_part = properties >> 14 & 1, properties >> 13 & 1
    phone_at, phone_length = (5, 10) if is_2019 else (4, 6)
    size = phone_at + phone_length + 2 + 4 * is_part
    if len(content) < size + 1:
        raise Refused("R-FRAME", "short")
    row: Row = {"msg_id": msg_id, "protocol_version": 2019 if is_2019 else 2013, "body_length": properties & 0x3FF}
    row["phone"] = content[phone_at : phone_at + phone_length].hex()
    (row["serial"],) = struct.unpack_from(">H", content, phone_at + phone_length)
    row["package_total"], row["package_index"] = (
        struct.unpack_from(">HH", content, size - 4) if is_part else (None, None)
    )
    return row, content[size:], properties >> 10 & 7


# Values -------------------------------------------------------------------------------------------------------------


def bcd(value: bytes) -> str:
    """The digits of a time field."""
    if not value.hex().isdecimal():
        raise Refused("R-FRAME", "time")
    return value.hex()


def instant(digits: str) -> datetime | None:
    try:
        year, month, day_of_month, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, 12, 2))
        return datetime(2000 + year, month, day_of_month, hour, minute, second)
    except ValueError:
        return None


def text(value: bytes) -> str:
    return value.decode("gb18030", "backslashreplace").rstrip("\0 ")


class Cursor:
    """Reads a body from the front; too few bytes refuse the frame."""

    def __init__(self, body: bytes) -> None:
        self.rest = body

    def take(self, length: int) -> bytes:
        if len(self.rest) < length:
            raise Refused("R-FRAME", "body")
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "big")


# Locations ----------------------------------------------------------------------------------------------------------

ITEM_COLUMNS = (
    "odometer_km", "fuel_l", "recorder_speed_kmh", "manual_event_id", "tyre_pressures", "cabin_temperature_c",
    "overspeed_place_type", "overspeed_place_id", "area_place_type", "area_place_id", "area_direction", "segment_id",
    "segment_seconds", "segment_result", "video_alarm_flags", "video_loss_channels", "video_occlusion_channels",
    "storage_fault_flags", "driving_alarm_flags", "fatigue_level", "signal_flags", "io_flags", "analog_0", "analog_1",
    "radio_strength", "satellite_count",
)  # fmt: skip


def item_values(item_id: int, value: bytes) -> Row | None:
    """The columns of one item, or None for an item the standard does not know in this length."""

    def names(layout: str, *columns: str) -> Row:
        return dict(zip(columns, struct.unpack(">" + layout, value), strict=True))

    match item_id, len(value):
        case 0x01, 4:
            return {"odometer_km": int.from_bytes(value, "big") / 10}
        case 0x02, 2:
            return {"fuel_l": int.from_bytes(value, "big") / 10}
        case 0x03, 2:
            return {"recorder_speed_kmh": int.from_bytes(value, "big") / 10}
        case 0x04, 2:
            return names("H", "manual_event_id")
        case 0x05, 30:
            return {"tyre_pressures": value}
        case 0x06, 2:
            return names("h", "cabin_temperature_c")
        case 0x11, 1:
            return {"overspeed_place_type": value[0], "overspeed_place_id": None}
        case 0x11, 5:
            return names("BI", "overspeed_place_type", "overspeed_place_id")
        case 0x12, 6:
            return names("BIB", "area_place_type", "area_place_id", "area_direction")
        case 0x13, 7:
            return names("IHB", "segment_id", "segment_seconds", "segment_result")
        case 0x14, 4:
            return names("I", "video_alarm_flags")
        case 0x15, 4:
            return names("I", "video_loss_channels")
        case 0x16, 4:
            return names("I", "video_occlusion_channels")
        case 0x17, 2:
            return names("H", "storage_fault_flags")
        case 0x18, 3:
            return names("HB", "driving_alarm_flags", "fatigue_level")
        case 0x25, 4:
            return names("I", "signal_flags")
        case 0x2A, 2:
            return names("H", "io_flags")
        case 0x2B, 4:
            return names("HH", "analog_1", "analog_0")
        case 0x30, 1:
            return names("B", "radio_strength")
        case 0x31, 1:
            return names("B", "satellite_count")
    return None


def split_items(rest: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """(id, value) of every whole item, and what is left from the first that is cut."""
    found = []
    while len(rest) >= 2 and len(rest) >= 2 + rest[1]:
        found.append((rest[0], rest[2 : 2 + rest[1]]))
        rest = rest[2 + rest[1] :]
    return found, rest


def location(body: bytes) -> tuple[Row, list[Row]]:
    """The location of one 0x0200 body and its safety alarms."""
    if len(body) < 28:
        raise Refused("R-FRAME", "body")
    alarm, status, latitude, longitude, altitude, speed, direction = struct.unpack_from(">IIIIHHH", body)
    digits = bcd(body[22:28])
    row: Row = {
        "alarm_flags": alarm, "status_flags": status,
        "latitude": latitude / 1e6 * (-1 if status & 4 else 1),
        "longitude": longitude / 1e6 * (-1 if status & 8 else 1),
        "altitude_m": altitude, "speed_kmh": speed / 10, "direction_deg": direction,
        "time_bcd": digits, "positioned_at": instant(digits), **dict.fromkeys(ITEM_COLUMNS),
    }  # fmt: skip
    items, cut = split_items(body[28:])
    last = {item_id: at for at, (item_id, value) in enumerate(items) if item_values(item_id, value)}
    others, alarms, ordinals = b"", [], dict.fromkeys(range(256), 0)
    for at, (item_id, value) in enumerate(items):
        alarm_row = safety_alarm(item_id, value)
        if last.get(item_id) == at:
            row |= item_values(item_id, value) or {}
        elif alarm_row:
            alarms.append({"item": item_id, "ordinal": ordinals[item_id], **alarm_row})
            ordinals[item_id] += 1
        else:
            others += bytes([item_id, len(value)]) + value
    return row | {"other_items": others or None, "cut_items": cut or None}, alarms


# Safety items: T/JSATL 12-2017 ("su") and its Guangdong variant ("yue") ----------------------------------------------

PROFILES = {
    # item, length: profile, bytes of the terminal number, bytes of a wheel position
    (0x64, 47): ("su", 7), (0x65, 47): ("su", 7), (0x67, 41): ("su", 7), (0x70, 47): ("su", 7),
    (0x64, 71): ("yue", 30), (0x65, 71): ("yue", 30), (0x67, 65): ("yue", 30),
}  # fmt: skip
ALARM_COLUMNS = (
    "level", "fatigue_degree", "front_speed_kmh", "front_distance_ds", "deviation", "sign_type", "sign_value",
    "threshold_s", "threshold_1", "threshold_2", "wheels",
)  # fmt: skip


def safety_alarm(item_id: int, value: bytes) -> Row | None:
    """One safety alarm, or None where no profile has this item in this length."""
    if item_id == 0x66:
        if len(value) > 40 and len(value) == 41 + 9 * value[40]:
            profile, terminal_length = "su", 7
        elif len(value) > 64 and len(value) == 65 + 10 * value[64]:
            profile, terminal_length = "yue", 30
        else:
            return None
    elif (item_id, len(value)) in PROFILES:
        profile, terminal_length = PROFILES[item_id, len(value)]
    else:
        return None
    body = Cursor(value)
    row: Row = dict.fromkeys(ALARM_COLUMNS) | {"profile": profile, "alarm_id": body.number(4), "flag": body.number(1)}
    row["type"] = body.number(1) if item_id != 0x66 else None
    if item_id in (0x64, 0x65):
        row["level"] = body.number(1)
    if item_id == 0x64:
        columns = ("front_speed_kmh", "front_distance_ds", "deviation", "sign_type", "sign_value")
        row |= {column: body.number(1) for column in columns}
    if item_id == 0x65:
        row["fatigue_degree"] = body.number(1)
        body.take(4)
    if item_id == 0x70:
        row |= {column: body.number(2) for column in ("threshold_s", "threshold_1", "threshold_2")}
    row["own_speed_kmh"], row["altitude_m"] = body.number(1), body.number(2)
    row["latitude"], row["longitude"] = body.number(4) / 1e6, body.number(4) / 1e6
    row["alarmed_at"] = instant(body.take(6).hex())
    row["vehicle_state"] = body.number(2)
    row["terminal_no"] = text(body.take(terminal_length))
    row["identity_at"] = instant(body.take(6).hex())
    row["identity_serial"], row["attachment_count"] = body.number(1), body.number(1)
    body.take(1 if profile == "su" else 2)
    if item_id == 0x66:
        fields = ("type_flags", "pressure_kpa", "temperature_c", "battery_percent")
        width = 1 if profile == "su" else 2
        row["wheels"] = [
            {"position": body.number(width)} | {field: body.number(2) for field in fields}
            for _ in range(body.number(1))
        ]
    return row | {"rest": body.rest}


# Messages -----------------------------------------------------------------------------------------------------------


def registration(body: bytes, version: int) -> Row:
    layout = "2019" if version == 2019 else "2013" if len(body) >= 37 else "2011"
    vin = body[25:].rstrip(b"\0")
    if (
        layout == "2013"
        and body[24] == 0
        and len(vin) == 17
        and all(48 <= byte <= 57 or 65 <= byte <= 90 for byte in vin)
    ):
        layout = "2011"  # colour 0 and a VIN where 2013 has its model
    maker, model, terminal = {"2011": (5, 8, 7), "2013": (5, 20, 7), "2019": (11, 30, 30)}[layout]
    cursor = Cursor(body)
    row: Row = {"protocol_version": int(layout), "province_code": cursor.number(2), "city_code": cursor.number(2)}
    row["maker"], row["terminal_model"] = text(cursor.take(maker)), text(cursor.take(model))
    row["terminal_no"], row["plate_color_code"] = text(cursor.take(terminal)), cursor.number(1)
    plate = text(cursor.rest)
    return row | ({"plate_no": plate, "vin": None} if row["plate_color_code"] else {"plate_no": None, "vin": plate})


def authentication(body: bytes, version: int) -> Row:
    row: Row = {"imei": None, "software": None}
    code = body
    if version == 2019:
        cursor = Cursor(body)
        code = cursor.take(cursor.number(1))
        fields = {"imei": text(cursor.take(15)), "software": text(cursor.take(20))}
        row = row if cursor.rest else fields  # bytes behind them: the code is longer than the message says
    return row | {"auth_code_length": len(code), "auth_code_digest": hashlib.sha256(code).hexdigest()[:16]}


def identity_of_2011(body: bytes) -> Row | None:
    """Name, citizen id, certificate and authority, if these four and nothing else fill the body."""
    cursor = Cursor(body)
    try:
        name, citizen, certificate = (text(cursor.take(length)) for length in (cursor.number(1), 20, 40))
        authority = text(cursor.take(cursor.number(1)))
    except Refused:
        return None
    looks_like_2013 = body[0] in (1, 2) and body[1:7].hex().isdecimal()
    if cursor.rest or looks_like_2013:
        return None
    empty = dict.fromkeys(("status", "card_at", "result", "expires_on"))
    return empty | {
        "driver_name": name, "citizen_id": citizen, "certificate_no": certificate, "authority": authority
    }  # fmt: skip


def driver_card(body: bytes, version: int) -> Row:
    if version != 2019 and (old := identity_of_2011(body)):
        return old
    cursor = Cursor(body)
    row: Row = dict.fromkeys(("result", "driver_name", "certificate_no", "authority", "expires_on", "citizen_id"))
    row["status"], digits = cursor.number(1), cursor.take(6)
    if cursor.rest:
        row["result"] = cursor.number(1)
    if cursor.rest:
        row["driver_name"], row["certificate_no"] = text(cursor.take(cursor.number(1))), text(cursor.take(20))
        row["authority"] = text(cursor.take(cursor.number(1)))
        expiry = cursor.take(4).hex()
        try:
            row["expires_on"] = date(int(expiry[:4]), int(expiry[4:6]), int(expiry[6:]))
        except ValueError:
            pass
        if version == 2019 and len(cursor.rest) >= 20:
            row["citizen_id"] = text(cursor.take(20))
    return row | {"card_at": instant(bcd(digits))}


def batch(body: bytes) -> tuple[str, list[bytes]]:
    """Origin and bodies of a 0x0704."""
    cursor = Cursor(body)
    count, batch_type = cursor.number(2), cursor.number(1)
    bodies = [cursor.take(cursor.number(2)) for _ in range(count)]
    if cursor.rest or any(len(found) < 28 for found in bodies):
        raise Refused("R-FRAME", "body")
    return "backfill" if batch_type == 1 else "batch", bodies


class Reference:
    """The tables while a capture is read."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {name: [] for name in TABLES}
        # (phone, message id, first serial, total): the rows of the frames that wait and their bodies by index
        self.waiting: dict[tuple[str, int, int, int], tuple[list[Row], dict[int, bytes]]] = {}
        self.whole: dict[tuple[str, int, int], list[bytes]] = {}

    def read(self, data: bytes) -> dict[str, list[Row]]:
        for number, (begin, end, content) in enumerate(stretches(data)):
            row: Row = {"number": number, "byte_offset": begin, "length": end - begin, **dict.fromkeys(HEADER)}
            self.tables["frames"].append(row | {"outcome": "decoded", "reason": None, "detail": None})
            self.candidate(self.tables["frames"][-1], content)
        for rows, _ in self.waiting.values():
            settle(rows, Refused("R-SUBPACKAGE", "unfinished"))
        return self.tables

    def candidate(self, row: Row, content: bytes | None) -> None:
        rows = [row]
        try:
            if content is None:
                raise Refused("R-FRAME", "cut")
            if len(content) > LONGEST:
                raise Refused("R-FRAME", "length")
            content = unescape(content)
            found, rest, encryption = header(content)
            row |= found
            if reduce(xor, content):
                raise Refused("R-FRAME", "checksum")
            body = rest[:-1]
            if len(body) != row["body_length"]:
                raise Refused("R-FRAME", "length")
            if not row["phone"].isdecimal():
                raise Refused("R-FRAME", "phone")
            if encryption:
                raise Refused("R-FRAME", "encrypted")
            if row["package_total"] is not None:
                whole = self.part(row, body)
                if whole is None:
                    return
                rows, body = whole
            elif row["msg_id"] in (0x0100, 0x0102):
                self.begins_anew(row["phone"])
            self.message(row, body)
            settle(rows, None)
        except Refused as refused:
            settle(rows, refused)

    def begins_anew(self, phone: str) -> None:
        for key in [key for key in self.waiting if key[0] == phone]:
            settle(self.waiting.pop(key)[0], Refused("R-SUBPACKAGE", "unfinished"))

    def part(self, row: Row, body: bytes) -> tuple[list[Row], bytes] | None:
        """The frames and the body of the message this sub-package completes, or None while it waits."""
        total, index = row["package_total"], row["package_index"]
        if not 1 <= index <= total:
            raise Refused("R-SUBPACKAGE", "index")
        key = (row["phone"], row["msg_id"], (row["serial"] - index + 1) % 65536)
        before = self.whole.get(key, [])
        if len(before) != total or before[index - 1] != body:  # no copy: what waits must not be copies only
            for other, (rows, bodies) in list(self.waiting.items()):
                if other[:3] == key and len(before) == other[3] and all(before[i - 1] == bodies[i] for i in bodies):
                    settle(rows, Refused("R-SUBPACKAGE", "unfinished"))
                    del self.waiting[other]
        if any(other[:3] == key and other[3] != total for other in self.waiting):
            raise Refused("R-SUBPACKAGE", "total")
        rows, bodies = self.waiting.setdefault((*key, total), ([], {}))
        if index in bodies and bodies[index] != body:
            settle(rows, Refused("R-SUBPACKAGE", "unfinished"))
            rows, bodies = self.waiting[*key, total] = [], {}
        rows.append(row)
        bodies.setdefault(index, body)
        if len(bodies) < total:
            return None
        del self.waiting[*key, total]
        self.whole[key] = [bodies[at] for at in range(1, total + 1)]
        return rows, b"".join(self.whole[key])

    def message(self, row: Row, body: bytes) -> None:
        head = {"number": row["number"], "phone": row["phone"]}
        version = row["protocol_version"]
        match row["msg_id"]:
            case 0x0200:
                self.locations(row, "report", [body])
            case 0x0201:
                self.locations(row, "reply", [body[2:]])
            case 0x0704:
                self.locations(row, *batch(body))
            case 0x0100:
                self.tables["registrations"].append(head | registration(body, version))
            case 0x0102:
                self.tables["authentications"].append(head | authentication(body, version))
            case 0x0702:
                self.tables["driver_cards"].append(head | driver_card(body, version))

    def locations(self, row: Row, origin: str, bodies: list[bytes]) -> None:
        read = [location(body) for body in bodies]
        head = {key: row[key] for key in ("number", "phone", "protocol_version", "serial")}
        for position, (found, alarms) in enumerate(read):
            place = {"number": row["number"], "position": position}
            self.tables["locations"].append(head | place | {"origin": origin} | found)
            self.tables["safety_alarms"].extend(place | alarm for alarm in alarms)


def settle(rows: list[Row], refused: Refused | None) -> None:
    """Give the frames of one message their common outcome."""
    for row in rows:
        if refused:
            row["outcome"], row["reason"], row["detail"] = "quarantined", *refused.args
        else:
            row["outcome"] = "decoded" if row["msg_id"] in DECODED else "other"
