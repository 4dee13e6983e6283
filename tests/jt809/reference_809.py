"""A second decoder, to hold the columnar one against: one frame after another, plain Python, from the domain notes.

``reference(data)`` gives the rows of each table of ``etl/jt809/schemas.py`` as dictionaries; columns that are null may
be left out. It shares no code with the decoder: not the layouts, not the CRC, not the splitting.
"""

from datetime import datetime, timedelta
from typing import Any

MAX_WIRE = 2 * 1024 * 1024
VEHICLE_IDS = {0x1200, 0x1400, 0x1500, 0x1600, 0x9200, 0x9400, 0x9500, 0x9600}
Row = dict[str, Any]


class Refused(Exception):
    """A frame is no good; the argument is the detail."""


def number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


def words_of(raw: bytes) -> str:
    return raw.decode("gb18030", "backslashreplace").rstrip("\0 ")


def utc(seconds: int) -> datetime | None:
    try:
        return datetime(1970, 1, 1) + timedelta(seconds=seconds, hours=8) if seconds else None
    except OverflowError:
        return None


def moment(*parts: int) -> datetime | None:
    try:
        return datetime(*parts)  # type: ignore[arg-type]
    except ValueError:
        return None


def stretches(data: bytes) -> list[tuple[int, int, str]]:
    """(begin, end, kind) of every row."""
    found: list[tuple[int, int, str]] = []
    at = 0
    while at < len(data):
        begin = data.find(b"\x5b", at)
        if begin != at:
            begin = len(data) if begin < 0 else begin
            found.append((at, begin, "outside"))
            at = begin
            continue
        next_begin = data.find(b"\x5b", at + 1)
        next_begin = len(data) if next_begin < 0 else next_begin
        end = data.find(b"\x5d", at, next_begin)
        stop, kind = (next_begin, "cut") if end < 0 else (end + 1, "frame")
        content = stop - at - 1 - (kind == "frame")
        found.append((at, stop, "length" if content > MAX_WIRE else kind))
        at = stop
    return found


def unescape(raw: bytes) -> bytes:
    plain = {b"\x5a\x01": 0x5B, b"\x5a\x02": 0x5A, b"\x5e\x01": 0x5D, b"\x5e\x02": 0x5E}
    out = bytearray()
    at = 0
    while at < len(raw):
        if raw[at] in b"\x5a\x5e":
            pair = raw[at : at + 2]
            if pair not in plain:
                raise Refused("escape")
            out.append(plain[pair])
            at += 2
        else:
            out.append(raw[at])
            at += 1
    return bytes(out)


def crc(data: bytes) -> int:
    register = 0xFFFF
    for byte in data:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1 ^ 0x1021 if register & 0x8000 else register << 1) & 0xFFFF
    return register


def reference(data: bytes) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {
        name: [] for name in ("frames", "locations", "alarms", "handlings", "supervisions", "replies")
    }
    for place, (begin, end, kind) in enumerate(stretches(data)):
        row: Row = {"number": place, "byte_offset": begin, "length": end - begin, "outcome": "quarantined"}
        tables["frames"].append(row)
        try:
            if kind != "frame":
                raise Refused(kind)
            found = one_frame(unescape(data[begin + 1 : end - 1]), row)
            row["outcome"] = "other" if found is None else "decoded"
            of_frame = {
                name: row.get(name)
                for name in ("number", "platform_code", "serial", "protocol_version", "plate_no", "plate_color_code")
            }
            for table, values in found or []:
                tables[table].append(of_frame | values)
        except Refused as refused:
            row["reason"], row["detail"] = "R-FRAME", str(refused)
    return tables


def one_frame(content: bytes, row: Row) -> list[tuple[str, Row]] | None:
    """Fill the header into ``row``; the records of a message that is decoded, None of any other."""
    if len(content) < 24:
        raise Refused("short")
    end = len(content) - 2
    msg_id = number(content, 8, 2)
    head_2011, head_2019 = fitting_head(content, end, msg_id, 22), fitting_head(content, end, msg_id, 30)
    if (head_2011 is None) != (head_2019 is None):
        is_2019 = head_2011 is None
    else:
        is_2019 = end >= 30 and 946684800 <= number(content, 22, 8) <= 4102444799
    at, head = (30, head_2019) if is_2019 else (22, head_2011)
    row |= {
        "msg_id": msg_id,
        "serial": number(content, 4, 4),
        "platform_code": number(content, 10, 4),
        "version": ".".join(str(part) for part in content[14:17]),
        "protocol_version": 2019 if is_2019 else 2011,
        "body_length": end - at,
    }
    if is_2019:
        row |= {"sent_s": number(content, 22, 8), "sent_at": utc(number(content, 22, 8))}
    if crc(content[:end]) != number(content, end, 2):
        raise Refused("checksum")
    if number(content, 0, 4) != len(content) + 2:
        raise Refused("length")
    if content[17] != 0:
        raise Refused("encrypted")
    if head is None:
        if msg_id in (0x1200, 0x1400, 0x9400):
            raise Refused("body")
        return None
    if head == 28:
        row |= {"plate_no": words_of(content[at : at + 21]), "plate_color_code": content[at + 21]}
    at += head
    row["sub_id"] = number(content, at - 6, 2)
    return records(msg_id, row["sub_id"], row["protocol_version"], content[at:end])


def fitting_head(content: bytes, end: int, msg_id: int, at: int) -> int | None:
    heads = []
    if msg_id in VEHICLE_IDS:
        heads.append(28)
    if msg_id in (0x1300, 0x9300) or (at == 30 and msg_id in (0x1400, 0x9400)):
        heads.append(6)
    for head in heads:
        if at + head <= end and number(content, at + head - 4, 4) == end - at - head:
            return head
    return None


def records(msg_id: int, sub_id: int, version: int, body: bytes) -> list[tuple[str, Row]] | None:
    if msg_id == 0x1200 and sub_id in (0x1202, 0x1203):
        reader = located_2019 if version == 2019 else located_2011
        return [("locations", row) for row in reader(sub_id, body)]
    if (msg_id, sub_id) in ((0x1400, 0x1401), (0x1400, 0x1402), (0x1400, 0x1403), (0x1400, 0x1411), (0x1400, 0x1412)):
        return [alarm_message(sub_id, version, body)]
    if (msg_id, sub_id) == (0x9400, 0x9401):
        return [alarm_message(sub_id, version, body)]
    return None


def located_2011(sub_id: int, body: bytes) -> list[Row]:
    if sub_id == 0x1202:
        count, at = 1, 0
    elif body:
        count, at = body[0], 1
    else:
        raise Refused("body")
    if at + 36 * count > len(body) or (count == 0 and len(body) > 1):
        raise Refused("body")
    rows = []
    for position in range(count):
        one = body[at : at + 36]
        at += 36
        status = number(one, 28, 4)
        rows.append(
            {
                "position": position,
                "origin": "report" if sub_id == 0x1202 else "backfill",
                "is_encrypted": {0: False, 1: True}.get(one[0]),
                "positioned_at": moment(number(one, 3, 2), one[2], one[1], one[5], one[6], one[7]),
                "time_hex": one[1:8].hex(),
                "longitude": number(one, 8, 4) / 1e6 * (-1 if status & 8 else 1),
                "latitude": number(one, 12, 4) / 1e6 * (-1 if status & 4 else 1),
                "speed_kmh": float(number(one, 16, 2)),
                "recorder_speed_kmh": float(number(one, 18, 2)),
                "odometer_km": float(number(one, 20, 4)),
                "direction_deg": number(one, 24, 2),
                "altitude_m": number(one, 26, 2),
                "status_flags": status,
                "alarm_flags": number(one, 32, 4),
            }
        )
    if rows:
        rows[-1]["rest"] = body[at:] or None
    return rows


def located_2019(sub_id: int, body: bytes) -> list[Row]:
    count, at = (1, 0) if sub_id == 0x1202 else (body[0] if body else -1, 1)
    if count < 0 or (count == 0 and len(body) > 1):
        raise Refused("body")
    rows: list[Row] = []
    has_no_time = False
    for position in range(count):
        length = number(body, at + 1, 4)
        stop = at + 5 + length
        if at + 5 > len(body) or length < 28 or stop > len(body):
            raise Refused("body")
        one = body[at + 5 : stop]
        row: Row = {
            "position": position,
            "origin": "report" if sub_id == 0x1202 else "backfill",
            "is_encrypted": {0: False, 1: True}.get(body[at]),
        }
        has_no_time |= not one[22:28].hex().isdecimal()
        row |= embedded(one)
        at = stop
        if at + 45 <= len(body):
            for name in ("enterprise", "city", "province"):
                row[f"{name}_platform"] = words_of(body[at : at + 11])
                row[f"{name}_alarm_flags"] = number(body, at + 11, 4)
                at += 15
        elif sub_id == 0x1203:
            raise Refused("body")
        rows.append(row)
    if has_no_time:
        raise Refused("time")
    if rows:
        rows[-1]["rest"] = body[at:] or None
    return rows


# The items that the streams of the tests use: id and length to column and divisor; None keeps the number as it is.
ITEMS: dict[tuple[int, int], tuple[str, int | None]] = {
    (0x01, 4): ("odometer_km", 10),
    (0x02, 2): ("fuel_l", 10),
    (0x03, 2): ("recorder_speed_kmh", 10),
    (0x14, 4): ("video_alarm_flags", None),
    (0x25, 4): ("signal_flags", None),
    (0x30, 1): ("radio_strength", None),
    (0x31, 1): ("satellite_count", None),
}


def embedded(one: bytes) -> Row:
    """The body of a JT/T 808 location."""
    status = number(one, 4, 4)
    digits = one[22:28].hex()
    row: Row = {
        "alarm_flags": number(one, 0, 4),
        "status_flags": status,
        "latitude": number(one, 8, 4) / 1e6 * (-1 if status & 4 else 1),
        "longitude": number(one, 12, 4) / 1e6 * (-1 if status & 8 else 1),
        "altitude_m": number(one, 16, 2),
        "speed_kmh": number(one, 18, 2) / 10,
        "direction_deg": number(one, 20, 2),
        "time_bcd": digits,
    }
    if digits.isdecimal():
        year, *parts = (int(digits[at : at + 2]) for at in range(0, 12, 2))
        row["positioned_at"] = moment(2000 + year, *parts)
    items = []
    at = 28
    while at + 2 <= len(one) and at + 2 + one[at + 1] <= len(one):
        items.append((one[at], one[at + 2 : at + 2 + one[at + 1]]))
        at += 2 + one[at + 1]
    row["cut_items"] = one[at:] or None
    last = {item: place for place, (item, value) in enumerate(items) if (item, len(value)) in ITEMS}
    other = b""
    for place, (item, value) in enumerate(items):
        if last.get(item) == place:
            column, divisor = ITEMS[item, len(value)]
            whole = int.from_bytes(value, "big")
            row[column] = whole / divisor if divisor else whole
        else:
            other += bytes([item, len(value)]) + value
    row["other_items"] = other or None
    return row


def alarm_message(sub_id: int, version: int, body: bytes) -> tuple[str, Row]:
    fits_2011 = {
        0x1401: len(body) == 5,
        0x1402: len(body) >= 19 and len(body) == 19 + number(body, 15, 4),
        0x1403: len(body) == 5,
        0x9401: len(body) == 92,
    }.get(sub_id, False)
    fits_2019 = {
        0x1401: len(body) == 7,
        0x1402: len(body) >= 78 and len(body) == 78 + number(body, 74, 4),
        0x1403: len(body) >= 78 and len(body) == 78 + number(body, 74, 4),
        0x9401: len(body) == 102,
    }.get(sub_id, False)
    is_2019 = fits_2019 if fits_2011 != fits_2019 else version == 2019
    reader = Reader(body)
    if sub_id in (0x1411, 0x1412) or (sub_id == 0x1401 and is_2019):
        return reader.answer("handlings" if sub_id == 0x1412 else "replies", sub_id)
    if sub_id == 0x1401:
        return reader.result("replies", sub_id, "supervision_id")
    if sub_id == 0x9401:
        return reader.supervision_2019() if is_2019 else reader.supervision_2011()
    if is_2019:
        return reader.alarm_2019(sub_id)
    return reader.alarm_2011(sub_id) if sub_id == 0x1402 else reader.result("handlings", sub_id, "info_id")


class Reader:
    """Takes fields off the front of a body; one that is not wholly there refuses the frame."""

    def __init__(self, body: bytes) -> None:
        self.left = body

    def raw(self, size: int) -> bytes:
        if len(self.left) < size:
            raise Refused("body")
        value, self.left = self.left[:size], self.left[size:]
        return value

    def whole(self, size: int) -> int:
        return int.from_bytes(self.raw(size), "big")

    def text(self, size: int) -> str:
        return words_of(self.raw(size))

    def time(self, name: str) -> Row:
        seconds = self.whole(8)
        return {f"{name}_s": seconds, f"{name}_at": utc(seconds)}

    def rest(self) -> Row:
        return {"rest": self.left or None}

    def info(self) -> Row:
        length = self.whole(4)
        if length > len(self.left):
            return {"info_length": length} | self.rest()
        return {"info_length": length, "info": self.text(length)} | self.rest()

    def alarm_2011(self, sub_id: int) -> tuple[str, Row]:
        row: Row = {"sub_id": sub_id, "source_code": self.whole(1), "type_code": self.whole(2)}
        row |= self.time("alarmed")
        row["info_id"] = self.whole(4)
        return "alarms", row | self.info()

    def alarm_2019(self, sub_id: int) -> tuple[str, Row]:
        row: Row = {"sub_id": sub_id, "source_platform": self.text(11), "type_code": self.whole(2)}
        row |= self.time("alarmed") | self.time("began") | self.time("ended")
        row |= {"plate_no": self.text(21), "plate_color_code": self.whole(1)}
        row |= {"target_platform": self.text(11), "route_id": self.whole(4)}
        return "alarms", row | self.info()

    def result(self, table: str, sub_id: int, name: str) -> tuple[str, Row]:
        return table, {"sub_id": sub_id, name: self.whole(4), "result_code": self.whole(1)} | self.rest()

    def answer(self, table: str, sub_id: int) -> tuple[str, Row]:
        row: Row = {"sub_id": sub_id, "source_sub_id": self.whole(2), "source_serial": self.whole(4)}
        return table, row | {"result_code": self.whole(1)} | self.rest()

    def supervision_2011(self) -> tuple[str, Row]:
        row: Row = {"sub_id": 0x9401, "source_code": self.whole(1), "type_code": self.whole(2)}
        row |= self.time("alarmed")
        row["supervision_id"] = self.whole(4)
        return "supervisions", row | self.supervisor()

    def supervision_2019(self) -> tuple[str, Row]:
        row: Row = {"sub_id": 0x9401, "source_platform": self.text(11)}
        row |= self.time("alarmed")
        row |= {"source_sub_id": self.whole(2), "source_serial": self.whole(4)}
        return "supervisions", row | self.supervisor()

    def supervisor(self) -> Row:
        row = self.time("due") | {"level_code": self.whole(1), "supervisor": self.text(16)}
        return row | {"supervisor_phone": self.text(20), "supervisor_email": self.text(32)} | self.rest()
