"""The table of locations: the 28 fixed bytes of every 0x0200 body by gather, its items as ``layouts`` found them."""

import numpy as np
import pyarrow as pa

from etl.jt808.arrays import LAST_SIX, Array, Bytes, Ints, above_nine, hexadecimal, numbers, six, word, words
from etl.jt808.instants import seconds
from etl.jt808.layouts import Bodies
from etl.jt808.schemas import ITEM_COLUMNS, LOCATIONS, ORIGINS
from etl.jt808.sink import Sink

# What may be read past a body's last byte: a gather takes whole rows.
PADDING = 2048
_BASE = np.dtype(
    [
        ("alarm", ">u4"), ("status", ">u4"), ("latitude", ">u4"), ("longitude", ">u4"), ("altitude", ">u2"),
        ("speed", ">u2"), ("direction", ">u2"), ("year_month", "<u2"), ("day_hour", "<u2"), ("minute_second", "<u2"),
    ]
)  # fmt: skip
_TIME = 22
_ORIGIN_WORDS = pa.array(ORIGINS)
_SOUTH, _WEST = 4, 8


def not_decimal(base: Bytes) -> Array:
    """Which (n, 28) bodies have a time with a digit above 9."""
    return above_nine(word(base, _TIME - 2, "<u8"), LAST_SIX)


def _degrees(wire: Array, status: Array, negative: int) -> Array:
    degrees: Array = wire.astype(np.uint32) / 1e6
    is_negative = status & negative != 0
    if is_negative.any():
        np.negative(degrees, out=degrees, where=is_negative)
    return degrees


def locations(
    bodies: Bodies,
    base: Bytes,
    sink: Sink,
    number: Ints,
    position: Array,
    origin: Array,
    head: dict[str, pa.Array],
) -> pa.Table:
    """The table of ``bodies``. ``head`` has the columns that are their frames': phone, protocol_version, serial."""
    count = len(number)
    record: Array = base.view(_BASE)[:, 0]
    status = record["status"].astype(np.uint32)
    at, fine = seconds(record["year_month"], record["day_hour"], record["minute_second"])
    arrays: dict[str, pa.Array] = {
        "number": numbers(number, pa.int64()),
        "position": numbers(position, pa.int32()),
        "origin": words(origin, _ORIGIN_WORDS),
        **head,
        "alarm_flags": numbers(record["alarm"].astype(np.uint32), pa.uint32()),
        "status_flags": numbers(status, pa.uint32()),
        "latitude": numbers(_degrees(record["latitude"], status, _SOUTH), pa.float64()),
        "longitude": numbers(_degrees(record["longitude"], status, _WEST), pa.float64()),
        "altitude_m": numbers(record["altitude"].astype(np.int32), pa.int32()),
        "speed_kmh": numbers(record["speed"].astype(np.uint16) / 10.0, pa.float64()),
        "direction_deg": numbers(record["direction"].astype(np.int32), pa.int32()),
        "positioned_at": numbers(at, pa.timestamp("s"), fine),
        "time_bcd": hexadecimal(six(base, _TIME)),
    }
    for name, kind in ITEM_COLUMNS.items():
        stretches = sink.stretches.get(name)
        arrays[name] = stretches.array(bodies.data, count, kind) if stretches else sink.columns.array(name, kind)
    for name in ("other_items", "cut_items"):
        arrays[name] = sink.stretches[name].array(bodies.data, count, pa.binary())
    return pa.Table.from_arrays([arrays[name] for name in LOCATIONS.names], schema=LOCATIONS)
