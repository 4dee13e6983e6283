"""Writes JT/T 809 messages for the tests: field by field from the domain notes, nothing shared with the decoder."""

import binascii
import struct

PLATE = "湘M12345"
UTC_2024 = 1_717_200_000  # 2024-06-01 00:00:00 UTC, 08:00 on the clock of +08:00


def escape(content: bytes) -> bytes:
    pairs = {0x5B: b"\x5a\x01", 0x5A: b"\x5a\x02", 0x5D: b"\x5e\x01", 0x5E: b"\x5e\x02"}
    return b"".join(pairs.get(byte, bytes([byte])) for byte in content)


def enclose(content: bytes) -> bytes:
    """Header and body as a frame."""
    return b"\x5b" + escape(content + struct.pack(">H", binascii.crc_hqx(content, 0xFFFF))) + b"\x5d"


def frame(
    msg_id: int,
    body: bytes,
    *,
    serial: int = 1,
    platform: int = 43110001,
    version: bytes = b"\x01\x00\x00",
    encryption: int = 0,
    sent_s: int | None = None,
    length_off: int = 0,
) -> bytes:
    """A whole frame; ``sent_s`` makes it one of 2019."""
    time = b"" if sent_s is None else struct.pack(">Q", sent_s)
    length = 22 + len(time) + len(body) + 4 + length_off
    head = struct.pack(">IIHI3sBI", length, serial, msg_id, platform, version, encryption, 0)
    return enclose(head + time + body)


def plate_bytes(plate: str) -> bytes:
    return plate.encode("gb18030")[:21].ljust(21, b"\0")


def vehicle(sub_id: int, body: bytes, *, plate: str = PLATE, color: int = 2, length_off: int = 0) -> bytes:
    """A sub-message behind the head that names a vehicle."""
    return plate_bytes(plate) + struct.pack(">BHI", color, sub_id, len(body) + length_off) + body


def short(sub_id: int, body: bytes) -> bytes:
    """A sub-message behind the head that names none."""
    return struct.pack(">HI", sub_id, len(body)) + body


def position_2011(
    *,
    encryption: int = 0,
    date: tuple[int, int, int, int, int, int] = (2022, 6, 15, 8, 30, 0),
    longitude: int = 111_613_445,
    latitude: int = 26_434_567,
    speed: int = 65,
    recorder_speed: int = 64,
    odometer: int = 123_456,
    direction: int = 90,
    altitude: int = 125,
    status: int = 3,
    alarm: int = 2,
) -> bytes:
    year, month, day, *clock = date
    return struct.pack(
        ">BBBHBBBIIHHIHHII",
        encryption, day, month, year, *clock, longitude, latitude, speed, recorder_speed, odometer, direction, altitude,
        status, alarm,
    )  # fmt: skip


def location_808(
    *, alarm: int = 2, status: int = 3, time: bytes = b"\x22\x06\x15\x08\x30\x00", items: bytes = b"", speed: int = 652
) -> bytes:
    """The body of a JT/T 808 location."""
    return struct.pack(">IIIIHHH6s", alarm, status, 26_434_567, 111_613_445, 125, speed, 90, time) + items


def platforms(enterprise: int = 1, city: int = 2, province: int = 4) -> bytes:
    return b"".join(
        struct.pack(">11sI", code, flags)
        for code, flags in ((b"43110000001", enterprise), (b"43110000002", city), (b"43000000003", province))
    )


def position_2019(location: bytes, *, encryption: int = 0, tail: bytes | None = None) -> bytes:
    return struct.pack(">BI", encryption, len(location)) + location + (platforms() if tail is None else tail)


def alarm_2011(info: bytes = b"", *, source: int = 1, kind: int = 1, at: int = UTC_2024, info_id: int = 7) -> bytes:
    return struct.pack(">BHQII", source, kind, at, info_id, len(info)) + info


def alarm_2019(info: bytes = b"", *, kind: int = 0x10, plate: str = PLATE, color: int = 2) -> bytes:
    return (
        struct.pack(">11sHQQQ", b"43110000001", kind, UTC_2024 + 5, UTC_2024, UTC_2024 + 9)
        + plate_bytes(plate)
        + struct.pack(">B11sII", color, b"43110000002", 99, len(info))
        + info
    )


def supervision_2011(*, supervision_id: int = 77, level: int = 1) -> bytes:
    return struct.pack(">BHQIQB", 3, 2, UTC_2024, supervision_id, UTC_2024 + 3600, level) + struct.pack(
        ">16s20s32s", "王某".encode("gbk"), b"07460000000", b"a@example.org"
    )


def supervision_2019() -> bytes:
    return struct.pack(">11sQHIQB", b"43000000003", UTC_2024, 0x1402, 55, UTC_2024 + 3600, 0) + struct.pack(
        ">16s20s32s", "李某".encode("gbk"), b"07460000001", b""
    )


V4 = bytes.fromhex(
    "5B 00 00 00 5A 02 00 00 00 01 12 00 02 91 CE 71 01 00 00 00 00 00 00 00 CF E6 4D 31 32 33 34 35 00 00 00 00 00 00"
    "00 00 00 00 00 00 00 02 12 02 00 00 00 24 00 0F 06 07 E6 08 1E 00 06 A7 16 05 01 93 5C 07 00 41 00 40 00 01 E2 40"
    "00 5A 02 00 7D 00 00 00 03 00 00 00 02 5A 01 4A 5D"
)
"""The frame of the domain notes, 5.6."""
