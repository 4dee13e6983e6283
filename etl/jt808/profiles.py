"""How the items of active-safety alarms lie, by profile: the one table of their offsets and lengths.

``su``: T/JSATL 12-2017 (苏标), with DB32/T 3610. ``yue``: the Guangdong variant (粤标): a terminal number of 30 bytes,
two reserved bytes after the attachment count and a wheel position of two bytes, as published fixtures have them.
0x70 (激烈驾驶) is in ``su`` only: two public decoders and a frame of a terminal agree on its 47 bytes (C2), of a longer
one none is known. An item whose id and length are not here has no profile and stays among the location's other items.
Speeds are whole km/h per count, unlike those of a 0x0200.
"""

from functools import cache
from typing import NamedTuple


class Field(NamedTuple):
    """A column, its offset in the item's value, its form on the wire, what to divide by."""

    column: str
    offset: int
    form: str
    divisor: int = 1


class Layout(NamedTuple):
    """The parts of one item id in one length."""

    profile: str
    common_at: int  # own speed, altitude, place, time, state and identity follow from here
    fields: tuple[Field, ...]
    times: tuple[tuple[str, int], ...]  # BCD[6]: column, offset
    terminal_at: int
    terminal_length: int
    wheels_at: int  # 0: none
    wheel_count: int
    wheel_length: int
    length: int


PROFILES = ("su", "yue")
ITEMS = (0x64, 0x65, 0x66, 0x67, 0x70)
# Where the common part begins (own speed, altitude, place, time, state, identity), and the fields before it.
_ADAS = (
    Field("type", 5, "u1"), Field("level", 6, "u1"), Field("front_speed_kmh", 7, "u1"),
    Field("front_distance_ds", 8, "u1"), Field("deviation", 9, "u1"), Field("sign_type", 10, "u1"),
    Field("sign_value", 11, "u1"),
)  # fmt: skip
_DSM = (Field("type", 5, "u1"), Field("level", 6, "u1"), Field("fatigue_degree", 7, "u1"))
_BSD = (Field("type", 5, "u1"),)
# What threshold_1 and threshold_2 are depends on the type: see etl/jt808/schemas.py.
_AGGRESSIVE = (
    Field("type", 5, "u1"), Field("threshold_s", 6, ">u2"), Field("threshold_1", 8, ">u2"),
    Field("threshold_2", 10, ">u2"),
)  # fmt: skip
_SPECIFIC: dict[int, tuple[int, tuple[Field, ...]]] = {
    0x64: (12, _ADAS),
    0x65: (12, _DSM),
    0x66: (5, ()),
    0x67: (6, _BSD),
    0x70: (12, _AGGRESSIVE),
}
_ONLY = {0x70: ("su",)}
_COMMON = 19  # own speed 1, altitude 2, latitude 4, longitude 4, time 6, state 2
_TERMINAL = {"su": 7, "yue": 30}
_RESERVED = {"su": 1, "yue": 2}
_WHEEL = {"su": 9, "yue": 10}


@cache
def layouts(item: int, length: int) -> tuple[Layout, ...]:
    """How an item of this id and length can lie.

    Two only for some 0x66: there, and for every 0x66, the wheel count at ``wheels_at`` decides.
    """
    if item not in _SPECIFIC:
        return ()
    at, specific = _SPECIFIC[item]
    identity = at + _COMMON
    found = []
    for profile in _ONLY.get(item, PROFILES):
        terminal = _TERMINAL[profile]
        end = identity + terminal + 8 + _RESERVED[profile]
        wheels, left = divmod(length - end - 1, _WHEEL[profile]) if item == 0x66 else (0, length - end)
        if left or wheels < 0:
            continue
        fields = (
            Field("alarm_id", 0, ">u4"), Field("flag", 4, "u1"), *specific,
            Field("own_speed_kmh", at, "u1"), Field("altitude_m", at + 1, ">u2"),
            Field("latitude", at + 3, ">u4", 1_000_000), Field("longitude", at + 7, ">u4", 1_000_000),
            Field("vehicle_state", at + 17, ">u2"),
            Field("identity_serial", identity + terminal + 6, "u1"),
            Field("attachment_count", identity + terminal + 7, "u1"),
        )  # fmt: skip
        times = (("alarmed_at", at + 11), ("identity_at", identity + terminal))
        wheels_at = end if item == 0x66 else 0
        found.append(Layout(profile, at, fields, times, identity, terminal, wheels_at, wheels, _WHEEL[profile], length))
    return tuple(found)


def layout(item: int, value: bytes) -> Layout | None:
    """How this item lies, or None."""
    for found in layouts(item, len(value)):
        if not found.wheels_at or value[found.wheels_at] == found.wheel_count:
            return found
    return None


def wheels(value: bytes, layout: Layout) -> list[dict[str, int]]:
    """Per wheel of a 0x66: position (1 byte, 2 in yue), then type, kPa, °C and battery % as WORDs."""
    width = layout.wheel_length - 8
    found = []
    for at in range(layout.wheels_at + 1, layout.length, layout.wheel_length):
        wheel = value[at : at + layout.wheel_length]
        words = (int.from_bytes(wheel[begin : begin + 2], "big") for begin in range(width, layout.wheel_length, 2))
        names = ("type_flags", "pressure_kpa", "temperature_c", "battery_percent")
        found.append({"position": int.from_bytes(wheel[:width], "big"), **dict(zip(names, words, strict=True))})
    return found
