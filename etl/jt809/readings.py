"""How the fields of JT/T 809 read for people: a value with its unit, and what it means."""

from datetime import datetime

from etl.jt808 import words as words_808
from etl.jt808.readings import Reader, Reading, code, coded, degrees, direction, flags, plain, raw, scaled, status, text
from etl.jt808.words import Word
from etl.jt809 import words
from etl.jt809.layouts import Field, instant, wall_clock


def hex_coded(meanings: dict[int, Word]) -> Reader:
    """One of a list of codes that are usually written in hexadecimal."""
    said = coded(meanings)
    return lambda value: (code(value)[0], said(value)[1])


def utc(value: bytes) -> Reading:
    """Seconds since 1970 UTC, shown as wall clock."""
    seconds = int.from_bytes(value, "big")
    at = wall_clock(seconds)
    return str(seconds), f"{at} +08:00" if at else "not given" if seconds == 0 else "past the year 9999"


def date(value: bytes) -> Reading:
    """Day, month, year, hour, minute, second as numbers."""
    day, month, hour, minute, second = value[0], value[1], value[4], value[5], value[6]
    year = int.from_bytes(value[2:4], "big")
    shown = f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}"
    return shown, "+08:00" if instant(value) else "no instant"


def version(value: bytes) -> Reading:
    """Three numbers; both versions of the standard are sent as 1.0.0."""
    return ".".join(str(part) for part in value), ""


_READERS: dict[str, Reader] = {
    "msg_id": hex_coded(words.MESSAGES),
    "sub_id": hex_coded(words.SUB_MESSAGES),
    "source_sub_id": hex_coded(words.SUB_MESSAGES),
    "version": version,
    "encryption": coded({0: Word("none", "未加密"), 1: Word("encrypted", "已加密")}),
    "is_encrypted": coded({0: Word("coordinates as they are", "未加密"), 1: Word("coordinates shifted", "已加密")}),
    "plate_color_code": coded(words_808.PLATE_COLORS),
    "source_code": coded(words.ALARM_SOURCES),
    "type_code": hex_coded(words.ALARM_TYPES),
    "result_code": coded(words.HANDLING_RESULTS),
    "level_code": coded(words.SUPERVISION_LEVELS),
    "direction_deg": direction,
    "status_flags": status(2011),
    "alarm_flags": flags(words_808.ALARM_BITS, 2011),
    "enterprise_alarm_flags": code,
    "city_alarm_flags": code,
    "province_alarm_flags": code,
}
_UNITS = ("_kmh", "_km", "_deg", "_m", "_at", "_code")


def reader_of(field: Field, status_flags: int = 0) -> Reader:
    """``status_flags`` sign the coordinates."""
    if field.name in _READERS:
        return _READERS[field.name]
    if field.name == "latitude":
        return degrees(90, ("N", "S"), bool(status_flags >> 2 & 1))
    if field.name == "longitude":
        return degrees(180, ("E", "W"), bool(status_flags >> 3 & 1))
    by_kind: dict[str, Reader] = {"text": text, "utc": utc, "date": date, "plain": raw}
    return by_kind.get(field.kind) or (scaled(field.unit) if field.unit else plain)


def name_of(field: Field) -> str:
    """The name as words, in both languages."""
    name = next((field.name.removesuffix(end) for end in _UNITS if field.name.endswith(end)), field.name)
    return f"{name.replace('_', ' ')} {field.zh}"


def moment(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%d %H:%M:%S}"
