"""How the bytes of a JT/T 808 field read for people: a value with its unit, and what it means.

The meanings come from :mod:`etl.jt808.words`; where the fields lie is written in :mod:`etl.jt808.items` and
:mod:`etl.jt808.profiles`, whose column names choose the reading here.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime

from etl.jt808 import words
from etl.jt808.texts import text as read_text
from etl.jt808.words import Bit, Word

FULL_CIRCLE_DEG = 360
Reading = tuple[str, str]
Reader = Callable[[bytes], Reading]


def plain(value: bytes) -> Reading:
    """A whole number."""
    return str(int.from_bytes(value, "big")), ""


def code(value: bytes) -> Reading:
    """A number usually written in hexadecimal."""
    return f"0x{value.hex().upper()}", ""


def bytes_said(value: bytes) -> str:
    """How many bytes."""
    return f"{len(value)} byte" + ("" if len(value) == 1 else "s")


def raw(value: bytes) -> Reading:
    """Bytes without a meaning here."""
    return bytes_said(value), ""


def digits(value: bytes) -> Reading:
    """BCD as it stands."""
    return value.hex(), "" if value.hex().isdecimal() else "not decimal"


def text(value: bytes) -> Reading:
    """GBK text without its padding."""
    return read_text(value), ""


def secret(value: bytes) -> Reading:
    """A secret: only its length and the start of its digest."""
    return bytes_said(value), f"SHA-256 {hashlib.sha256(value).hexdigest()[:16]}…"


def clock(value: bytes) -> Reading:
    """BCD YYMMDDhhmmss, the terminal's wall clock at +08:00."""
    written = value.hex()
    pairs = [written[at : at + 2] for at in range(0, len(written), 2)]
    shown = "20" + "-".join(pairs[:3]) + " " + ":".join(pairs[3:])
    if not written.isdecimal():
        return written, "not decimal"
    try:
        datetime.strptime(shown, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return shown, "no instant"
    return shown, "+08:00"


def expiry(value: bytes) -> Reading:
    """BCD YYYYMMDD."""
    written = value.hex()
    return f"{written[:4]}-{written[4:6]}-{written[6:]}", "" if written.isdecimal() else "not decimal"


def scaled(unit: str, divisor: int = 1, signed: bool = False) -> Reader:
    """A number in a unit; ``divisor``: how many counts of the wire make one of it."""

    def read(value: bytes) -> Reading:
        count = int.from_bytes(value, "big", signed=signed)
        return f"{count / divisor if divisor > 1 else count} {unit}".rstrip(), ""

    return read


def told(meaning: str) -> Reader:
    """A whole number of which only ``meaning`` says in what unit."""
    return lambda value: (str(int.from_bytes(value, "big")), meaning)


def coded(meanings: dict[int, Word], otherwise: str = "not in the standard") -> Reader:
    """One of a list of codes."""

    def read(value: bytes) -> Reading:
        number = int.from_bytes(value, "big")
        return str(number), both(meanings[number]) if number in meanings else otherwise

    return read


def flags(bits: tuple[Bit, ...], version: int = 2019) -> Reader:
    """A field of bits; those that are set, in words."""

    def read(value: bytes) -> Reading:
        number = int.from_bytes(value, "big")
        said = [f"{bit.bit} {bit.en} {bit.zh}{_since(bit, version)}" for bit in words.set_bits(number, bits)]
        said += [f"{bit} has no meaning" for bit in words.unknown_bits(number, bits)]
        return f"0x{value.hex().upper()}", "; ".join(f"bit {one}" for one in said)

    return read


def _since(bit: Bit, version: int) -> str:
    if version == 2019 and bit.until < version:
        return f" (until {bit.until})"
    if version != 2019 and bit.since > 2013:
        return f" (since {bit.since})"
    return ""


def both(word: Word) -> str:
    """A word in both languages."""
    return f"{word.en} {word.zh}"


def status(version: int) -> Reader:
    """The status field: bits, and the load in two of them."""

    def read(value: bytes) -> Reading:
        number = int.from_bytes(value, "big")
        load = number >> words.LOAD_SHIFT & 3
        _, meaning = flags(words.STATUS_BITS, version)((number & ~(3 << words.LOAD_SHIFT)).to_bytes(4, "big"))
        loaded = f"bits 8-9 load {both(words.LOAD_STATES[load])}"
        return f"0x{value.hex().upper()}", f"{meaning}; {loaded}" if meaning else loaded

    return read


def degrees(limit: int, sides: tuple[str, str], negative: bool | None) -> Reader:
    """A coordinate; ``negative``: what the status bit says, None where there is none."""

    def read(value: bytes) -> Reading:
        count = int.from_bytes(value, "big") / 1e6
        side = "" if negative is None else f" {sides[negative]}"
        return f"{count:.6f}°{side}", f"beyond {limit}°" if count > limit else ""

    return read


def direction(value: bytes) -> Reading:
    """Degrees clockwise from north."""
    count = int.from_bytes(value, "big")
    return f"{count}°", "beyond 359°" if count >= FULL_CIRCLE_DEG else ""


def storage_faults(value: bytes) -> Reading:
    """Item 0x17: which storage units are faulty."""
    number = int.from_bytes(value, "big")
    units = [bit for bit in range(16) if number >> bit & 1]
    backup = words.STORAGE_BACKUP_SHIFT
    said = [f"main {bit + 1}" if bit < backup else f"backup {bit - backup + 1}" for bit in units]
    return f"0x{value.hex().upper()}", ", ".join(said) + " faulty" if said else "none faulty"


def channels(value: bytes) -> Reading:
    """A bitmap of video channels, counted from 1."""
    number = int.from_bytes(value, "big")
    return f"0x{value.hex().upper()}", "channels " + ", ".join(str(b + 1) for b in range(32) if number >> b & 1)


# Columns of the items, read by name; the tables say where they lie.
ITEM_READERS: dict[str, Reader] = {
    "tyre_pressures": raw,
    "cabin_temperature_c": scaled("°C", signed=True),
    "overspeed_place_type": coded(words.PLACE_TYPES),
    "area_place_type": coded(words.PLACE_TYPES),
    "area_direction": coded(words.AREA_DIRECTIONS),
    "segment_seconds": scaled("s"),
    "segment_result": coded(words.SEGMENT_RESULTS),
    "video_alarm_flags": flags(words.VIDEO_ALARM_BITS),
    "video_loss_channels": channels,
    "video_occlusion_channels": channels,
    "storage_fault_flags": storage_faults,
    "driving_alarm_flags": flags(words.DRIVING_ALARM_BITS),
    "signal_flags": flags(words.SIGNAL_BITS),
    "io_flags": flags(words.IO_BITS),
    "flag": coded(words.SAFETY_FLAGS),
    "deviation": coded({0: Word("none", "无")} | words.DEVIATIONS),
    "sign_type": coded({0: Word("none", "无")} | words.SIGN_TYPES),
    "front_speed_kmh": scaled("km/h"),
    "front_distance_ds": scaled("s", 10),
    "threshold_s": scaled("s"),
    "threshold_1": told("0.01 g for types 1 to 3, km/h for types 4 to 7"),
    "threshold_2": told("r/min for types 4 to 7"),
    "own_speed_kmh": scaled("km/h"),
    "altitude_m": scaled("m"),
    "latitude": degrees(90, ("N", "S"), None),
    "longitude": degrees(180, ("E", "W"), None),
    "vehicle_state": flags(words.VEHICLE_STATE_BITS),
    "type_flags": flags(words.WHEEL_BITS),
    "pressure_kpa": scaled("kPa"),
    "temperature_c": scaled("°C"),
    "battery_percent": scaled("%"),
}
UNITS = {"_km": "km", "_l": "L", "_kmh": "km/h"}
WHEEL_COLUMNS = ("type_flags", "pressure_kpa", "temperature_c", "battery_percent")


def reader_of(column: str, divisor: int = 1) -> Reader:
    """How the bytes of a column read; its unit stands in its name."""
    if column in ITEM_READERS:
        return ITEM_READERS[column]
    unit = next((unit for end, unit in UNITS.items() if column.endswith(end)), "")
    return scaled(unit, divisor)


def name_of(column: str) -> str:
    """A column's name as words, without its unit."""
    return re.sub(r"_(km|l|kmh|c|m|s|ds|kpa|percent)$", "", column).replace("_", " ")
