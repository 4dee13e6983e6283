"""Writes JT/T 808 frames: what the tests decode and what invented terminals send.

Frame (JT/T 808-2013 §4.4, -2019 §4.4): ``7E header body checksum 7E``, all numbers big-endian, text in GBK. Between the
flags 7E is written 7D 02 and 7D is written 7D 01. The checksum is the XOR of header and body. Version 2013 stands for
2011 too: their headers are the same.

A value that does not fit its field raises ``ValueError`` naming the field.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import reduce
from operator import xor

import numpy as np

from etl.jt808.words import REGISTRATION_WIDTHS

FLAG = 0x7E
ESCAPE = 0x7D
BODY_LIMIT = 1023
SOUTH, WEST = 1 << 2, 1 << 3
CITIZEN_ID_BYTES = 20
# Phone: BCD bytes.
PHONE_BYTES = {2013: 6, 2019: 10}
# T/JSATL 12 and its Guangdong variant: bytes of the terminal number, of the reserved end, of a wheel position.
IDENTITY_WIDTHS = {"su": (7, 1, 1), "yue": (30, 2, 2)}


# Fields -------------------------------------------------------------------------------------------------------------


def number(name: str, value: float, width: int) -> bytes:
    """``value`` rounded to a whole number, unsigned, in ``width`` bytes."""
    whole = round(value)
    if not 0 <= whole < 1 << 8 * width:
        raise ValueError(f"{name} {value} does not fit {width} bytes. Give 0 to {(1 << 8 * width) - 1}.")
    return whole.to_bytes(width, "big")


def text(name: str, value: str, width: int) -> bytes:
    """``value`` in GBK, filled with NUL on the right to ``width`` bytes."""
    written = value.encode("gb18030")
    if len(written) > width:
        raise ValueError(f"{name} {value!r} is {len(written)} bytes in GBK. Shorten it to {width}.")
    return written.ljust(width, b"\0")


def long_text(name: str, value: str) -> bytes:
    """Text with its length before it, one byte."""
    written = value.encode("gb18030")
    return number(f"length of {name}", len(written), 1) + written


def digits(name: str, value: str, width: int) -> bytes:
    """Decimal digits as BCD, zeros before them up to ``width`` bytes. A to F pass, to write faulty fields."""
    if len(value) > 2 * width:
        raise ValueError(f"{name} {value!r} has {len(value)} digits. Shorten it to {2 * width}.")
    try:
        return bytes.fromhex(value.rjust(2 * width, "0"))
    except ValueError:
        raise ValueError(f"{name} {value!r} is not made of digits.") from None


def wire_time(at: datetime) -> str:
    """A wall-clock time at +08:00 as the 12 digits YYMMDDhhmmss of the wire."""
    if not 2000 <= at.year <= 2099:
        raise ValueError(f"The wire has no year {at.year}. Give a time of 2000 to 2099.")
    return at.strftime("%y%m%d%H%M%S")


# Frames -------------------------------------------------------------------------------------------------------------


def checksum(content: bytes) -> int:
    """XOR of all bytes."""
    return reduce(xor, content, 0)


def escape(content: bytes) -> bytes:
    """Header, body and checksum as they stand between the flags."""
    return content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def enclose(content: bytes) -> bytes:
    """Header and body, checksum added, escaped, between flags."""
    return b"\x7e" + escape(content + bytes([checksum(content)])) + b"\x7e"


def header(
    msg_id: int,
    phone: str,
    serial: int,
    body_length: int,
    version: int = 2013,
    package: tuple[int, int] | None = None,
    encryption: int = 0,
) -> bytes:
    """The message header: 12 bytes (2013) or 17 (2019), and 4 more with ``package`` (total, index from 1)."""
    if not 0 <= body_length <= BODY_LIMIT:
        raise ValueError(f"A body of {body_length} bytes does not fit one frame. Send it by packages().")
    properties = body_length | encryption << 10 | (package is not None) << 13 | (version == 2019) << 14
    written = number("message id", msg_id, 2) + number("properties", properties, 2)
    written += b"\x01" if version == 2019 else b""
    written += digits("phone", phone, PHONE_BYTES[version]) + number("serial", serial, 2)
    for part in package or ():
        written += number("package number", part, 2)
    return written


def frame(
    msg_id: int,
    phone: str,
    serial: int,
    body: bytes = b"",
    version: int = 2013,
    package: tuple[int, int] | None = None,
    encryption: int = 0,
) -> bytes:
    """A whole frame, flags included."""
    return enclose(header(msg_id, phone, serial, len(body), version, package, encryption) + body)


def packages(
    msg_id: int, phone: str, serial: int, body: bytes, version: int = 2013, size: int = BODY_LIMIT
) -> list[bytes]:
    """A message as sub-packages of at most ``size`` body bytes each; the serial counts up from ``serial``."""
    parts = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
    return [
        frame(msg_id, phone, (serial + at) % 65536, part, version, (len(parts), at + 1))
        for at, part in enumerate(parts)
    ]


# Message bodies -----------------------------------------------------------------------------------------------------


def location(
    latitude: float,
    longitude: float,
    time: str,
    *,
    alarm_flags: int = 0,
    status_flags: int = 3,
    altitude_m: float = 0,
    speed_kmh: float = 0.0,
    direction_deg: float = 0,
    items: bytes = b"",
) -> bytes:
    """Body of 0x0200. ``time``: 12 digits of the wire. A negative coordinate sets its status bit (2 south, 3 west)."""
    status_flags |= SOUTH * (latitude < 0) | WEST * (longitude < 0)
    return (
        number("alarm flags", alarm_flags, 4)
        + number("status flags", status_flags, 4)
        + number("latitude", abs(latitude) * 1e6, 4)
        + number("longitude", abs(longitude) * 1e6, 4)
        + number("altitude", altitude_m, 2)
        + number("speed", speed_kmh * 10, 2)
        + number("direction", direction_deg, 2)
        + digits("time", time, 6)
        + items
    )


def item(item_id: int, value: bytes) -> bytes:
    """One additional item: id, length, value."""
    return number("item id", item_id, 1) + number("item length", len(value), 1) + value


def odometer(odometer_km: float) -> bytes:
    """Item 0x01."""
    return item(0x01, number("odometer", odometer_km * 10, 4))


def recorder_speed(recorder_speed_kmh: float) -> bytes:
    """Item 0x03."""
    return item(0x03, number("recorder speed", recorder_speed_kmh * 10, 2))


def radio_strength(strength: int) -> bytes:
    """Item 0x30."""
    return item(0x30, number("radio strength", strength, 1))


def satellite_count(count: int) -> bytes:
    """Item 0x31."""
    return item(0x31, number("satellite count", count, 1))


def reply(answered_serial: int, body: bytes) -> bytes:
    """Body of 0x0201: the serial it answers, then a body of 0x0200."""
    return number("answered serial", answered_serial, 2) + body


def batch(bodies: Sequence[bytes], batch_type: int = 0) -> bytes:
    """Body of 0x0704 from bodies of 0x0200. ``batch_type``: 0 normal, 1 backfill of a blind area."""
    written = number("location count", len(bodies), 2) + number("batch type", batch_type, 1)
    return written + b"".join(number("location length", len(body), 2) + body for body in bodies)


def registration(
    maker: str,
    model: str,
    terminal_no: str,
    plate_no: str,
    *,
    plate_color_code: int = 2,
    province_code: int = 43,
    city_code: int = 1100,
    version: int = 2013,
) -> bytes:
    """Body of 0x0100, of 2011, 2013 or 2019. With colour 0 (unplated) ``plate_no`` is the VIN."""
    maker_width, model_width, terminal_width = REGISTRATION_WIDTHS[version]
    return (
        number("province code", province_code, 2)
        + number("city code", city_code, 2)
        + text("maker", maker, maker_width)
        + text("terminal model", model, model_width)
        + text("terminal number", terminal_no, terminal_width)
        + number("plate colour", plate_color_code, 1)
        + plate_no.encode("gb18030")
    )


def authentication(code: str, imei: str = "", software: str = "", version: int = 2013) -> bytes:
    """Body of 0x0102; ``imei`` and ``software`` are written in the 2019 form only."""
    if version != 2019:
        return code.encode("gb18030")
    return long_text("authentication code", code) + text("IMEI", imei, 15) + text("software", software, 20)


def driver_card(
    status: int,
    time: str,
    result: int | None = None,
    *,
    driver_name: str = "",
    certificate_no: str = "",
    authority: str = "",
    expires_on: str = "00000000",
    citizen_id: str | None = None,
) -> bytes:
    """Body of 0x0702. Without ``result`` it ends after the time, as on removal. ``citizen_id`` is the 2019 field."""
    written = number("card status", status, 1) + digits("time", time, 6)
    if result is None:
        return written
    written += number("card result", result, 1)
    if result != 0:
        return written
    written += long_text("driver name", driver_name) + text("certificate number", certificate_no, 20)
    written += long_text("authority", authority) + digits("expiry date", expires_on, 4)
    return written + (b"" if citizen_id is None else text("citizen id", citizen_id, CITIZEN_ID_BYTES))


def identity_of_2011(driver_name: str, citizen_id: str, certificate_no: str, authority: str) -> bytes:
    """Body of 0x0702 as the 2011 edition has it: no status, no time."""
    written = long_text("driver name", driver_name) + text("citizen id", citizen_id, CITIZEN_ID_BYTES)
    return written + text("certificate number", certificate_no, 40) + long_text("authority", authority)


# Safety items of T/JSATL 12-2017 ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SafetyAlarm:
    """What the items 0x64 to 0x67 and 0x70 have in common. Speed is in whole km/h; ``time``: 12 digits."""

    alarm_id: int
    latitude: float
    longitude: float
    time: str
    flag: int = 0
    type: int = 1
    level: int = 1
    speed_kmh: int = 0
    altitude_m: int = 0
    vehicle_state: int = 0
    terminal_no: str = ""
    identity_time: str = "000000000000"
    identity_serial: int = 0
    attachment_count: int = 0
    profile: str = "su"

    def start(self) -> bytes:
        """Alarm id and flag."""
        return number("alarm id", self.alarm_id, 4) + number("flag", self.flag, 1)

    def place(self) -> bytes:
        """Speed to vehicle state: 19 bytes."""
        return (
            number("speed", self.speed_kmh, 1)
            + number("altitude", self.altitude_m, 2)
            + number("latitude", abs(self.latitude) * 1e6, 4)
            + number("longitude", abs(self.longitude) * 1e6, 4)
            + digits("time", self.time, 6)
            + number("vehicle state", self.vehicle_state, 2)
        )

    def identity(self) -> bytes:
        """The alarm identity: 16 bytes, 40 in the Guangdong variant."""
        terminal_width, reserved, _ = IDENTITY_WIDTHS[self.profile]
        return (
            text("terminal number", self.terminal_no, terminal_width)
            + digits("identity time", self.identity_time, 6)
            + number("identity serial", self.identity_serial, 1)
            + number("attachment count", self.attachment_count, 1)
            + bytes(reserved)
        )

    def end(self) -> bytes:
        """Everything from the speed on."""
        return self.place() + self.identity()


def adas_item(
    alarm: SafetyAlarm,
    front_speed_kmh: int = 0,
    front_distance_ds: int = 0,
    deviation: int = 0,
    sign_type: int = 0,
    sign_value: int = 0,
) -> bytes:
    """Item 0x64: driving assistance."""
    detail = (alarm.type, alarm.level, front_speed_kmh, front_distance_ds, deviation, sign_type, sign_value)
    return item(0x64, alarm.start() + b"".join(number("driving assistance", part, 1) for part in detail) + alarm.end())


def dsm_item(alarm: SafetyAlarm, fatigue_degree: int = 0) -> bytes:
    """Item 0x65: driver state."""
    detail = (alarm.type, alarm.level, fatigue_degree)
    written = b"".join(number("driver state", part, 1) for part in detail) + bytes(4)
    return item(0x65, alarm.start() + written + alarm.end())


def bsd_item(alarm: SafetyAlarm) -> bytes:
    """Item 0x67: blind spot."""
    return item(0x67, alarm.start() + number("type", alarm.type, 1) + alarm.end())


def aggressive_item(alarm: SafetyAlarm, threshold_s: int = 0, threshold_1: int = 0, threshold_2: int = 0) -> bytes:
    """Item 0x70: aggressive driving, of the profile ``su``."""
    written = b"".join(number("threshold", part, 2) for part in (threshold_s, threshold_1, threshold_2))
    return item(0x70, alarm.start() + number("type", alarm.type, 1) + written + alarm.end())


@dataclass(frozen=True)
class Wheel:
    """One wheel of item 0x66."""

    position: int
    type_flags: int = 0
    pressure_kpa: int = 0
    temperature_c: int = 0
    battery_percent: int = 0


def tpms_item(alarm: SafetyAlarm, wheels: Iterable[Wheel]) -> bytes:
    """Item 0x66: tyre pressure."""
    position_width = IDENTITY_WIDTHS[alarm.profile][2]
    written = [
        number("wheel position", wheel.position, position_width)
        + number("wheel type", wheel.type_flags, 2)
        + number("wheel pressure", wheel.pressure_kpa, 2)
        + number("wheel temperature", wheel.temperature_c, 2)
        + number("wheel battery", wheel.battery_percent, 2)
        for wheel in wheels
    ]
    return item(0x66, alarm.start() + alarm.end() + number("wheel count", len(written), 1) + b"".join(written))


# Many locations at once ---------------------------------------------------------------------------------------------

_FRAMES_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Locations:
    """Columns of n locations, one row a frame of 0x0200; arrays of length n.

    ``phone``: its digits as a whole number. ``positioned_at``: datetime64, wall clock at +08:00, years 2000 to 2099.
    A negative coordinate sets its status bit. The other columns become the items 0x01, 0x03, 0x30 and 0x31.
    """

    phone: np.ndarray
    serial: np.ndarray
    alarm_flags: np.ndarray
    status_flags: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    altitude_m: np.ndarray
    speed_kmh: np.ndarray
    direction_deg: np.ndarray
    positioned_at: np.ndarray
    odometer_km: np.ndarray
    recorder_speed_kmh: np.ndarray
    radio_strength: np.ndarray
    satellite_count: np.ndarray

    def __len__(self) -> int:
        return len(self.phone)

    def part(self, first: int, last: int) -> "Locations":
        """The rows from ``first`` to before ``last``."""
        return Locations(**{field.name: getattr(self, field.name)[first:last] for field in fields(self)})


def location_frames(locations: Locations, version: int = 2013) -> tuple[np.ndarray, np.ndarray]:
    """The frames one behind the other as uint8, and where each begins: int64 of length n + 1, the last is the end.

    The same bytes as ``frame(0x0200, …, location(…))`` with the four items.
    """
    pieces, begins, written = [], [np.zeros(1, np.int64)], 0
    for first in range(0, len(locations), _FRAMES_AT_ONCE):
        matrix = _location_matrix(locations.part(first, first + _FRAMES_AT_ONCE), version)
        piece, lengths = _escaped(matrix)
        pieces.append(piece)
        begins.append(written + np.cumsum(lengths))
        written += len(piece)
    return np.concatenate(pieces or [np.zeros(0, np.uint8)]), np.concatenate(begins)


def _location_matrix(rows: Locations, version: int) -> np.ndarray:
    """One row of bytes for each frame, flags and checksum in place, not yet escaped."""
    south, west = rows.latitude < 0, rows.longitude < 0
    status = rows.status_flags.astype(np.int64) | south * SOUTH | west * WEST
    calendar = rows.positioned_at.astype("datetime64[s]")
    body = [
        _numbers("alarm flags", rows.alarm_flags, 4),
        _numbers("status flags", status, 4),
        _numbers("latitude", np.abs(rows.latitude) * 1e6, 4),
        _numbers("longitude", np.abs(rows.longitude) * 1e6, 4),
        _numbers("altitude", rows.altitude_m, 2),
        _numbers("speed", rows.speed_kmh * 10, 2),
        _numbers("direction", rows.direction_deg, 2),
        _wire_times(calendar),
        *_item_column(0x01, _numbers("odometer", rows.odometer_km * 10, 4)),
        *_item_column(0x03, _numbers("recorder speed", rows.recorder_speed_kmh * 10, 2)),
        *_item_column(0x30, _numbers("radio strength", rows.radio_strength, 1)),
        *_item_column(0x31, _numbers("satellite count", rows.satellite_count, 1)),
    ]
    body_length = sum(column.shape[1] for column in body)
    start = np.frombuffer(
        b"\x7e" + header(0x0200, "0", 0, body_length, version)[: 5 if version == 2019 else 4], np.uint8
    )
    columns = [
        np.broadcast_to(start, (len(rows), len(start))),
        _decimals("phone", rows.phone, PHONE_BYTES[version]),
        _numbers("serial", rows.serial, 2),
        *body,
    ]
    width = sum(column.shape[1] for column in columns)
    matrix = np.empty((len(rows), width + 2), np.uint8)
    np.concatenate(columns, axis=1, out=matrix[:, :width])
    matrix[:, width] = np.bitwise_xor.reduce(matrix[:, 1:width], axis=1)
    matrix[:, width + 1] = FLAG
    return matrix


def _item_column(item_id: int, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    head = np.frombuffer(bytes([item_id, values.shape[1]]), np.uint8)
    return np.broadcast_to(head, (len(values), 2)), values


def _numbers(name: str, values: np.ndarray, width: int) -> np.ndarray:
    """Rounded to whole numbers, big-endian: uint8 of shape (n, width)."""
    whole = np.rint(values).astype(np.int64)
    if len(whole) and (whole.min() < 0 or whole.max() >= 1 << 8 * width):
        raise ValueError(f"{name} from {whole.min()} to {whole.max()} do not fit {width} bytes. Correct the column.")
    written: np.ndarray = whole.astype(">i8").view(np.uint8).reshape(-1, 8)
    return written[:, 8 - width :]


def _decimals(name: str, values: np.ndarray, width: int) -> np.ndarray:
    """The last 2 x ``width`` decimal digits as BCD: uint8 of shape (n, width)."""
    left = np.asarray(values, np.int64)
    if len(left) and (left.min() < 0 or left.max() >= 10 ** min(2 * width, 18)):
        raise ValueError(f"{name} from {left.min()} to {left.max()} do not fit {2 * width} digits. Correct the column.")
    written = np.zeros((len(left), width), np.uint8)
    for at in range(width - 1, -1, -1):
        left, pair = np.divmod(left, 100)
        written[:, at] = pair // 10 * 16 + pair % 10
    return written


def _wire_times(calendar: np.ndarray) -> np.ndarray:
    """datetime64[s] as BCD YYMMDDhhmmss: uint8 of shape (n, 6)."""
    days = calendar.astype("datetime64[D]")
    months = calendar.astype("datetime64[M]")
    month_number = months.astype(np.int64) + 1970 * 12
    seconds = (calendar - days).astype(np.int64)
    year = month_number // 12
    if len(year) and (year.min() < 2000 or year.max() > 2099):
        raise ValueError(f"The wire has no years from {year.min()} to {year.max()}. Give times of 2000 to 2099.")
    fields_of_time = (year - 2000, month_number % 12 + 1, (days - months.astype("datetime64[D]")).astype(np.int64) + 1)
    value = np.zeros(len(calendar), np.int64)
    for part in (*fields_of_time, seconds // 3600, seconds // 60 % 60, seconds % 60):
        value = value * 100 + part
    return _decimals("time", value, 6)


def _escaped(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows as they go over the wire, one behind the other, and the length of each."""
    special = (matrix == FLAG) | (matrix == ESCAPE)
    special[:, 0] = special[:, -1] = False
    values = matrix.reshape(-1).copy()
    at = np.flatnonzero(special)
    second = np.where(values[at] == FLAG, 2, 1)
    values[at] = ESCAPE
    return np.insert(values, at + 1, second), matrix.shape[1] + special.sum(axis=1)
