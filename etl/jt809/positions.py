"""Positions (0x1202) and backfilled positions (0x1203), all of a block at once.

Of a position of 2011 the longitude comes before the latitude, speeds are in km/h and the odometer in km (5.4); the
state word is that of JT/T 808, so its bits 2 and 3 sign the coordinates. A position of 2019 embeds the body of a
JT/T 808 location and is read by its decoder.
"""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from etl.jt808.arrays import Array, Ints, Stretches, hexadecimal, nulls, numbers, rows, words
from etl.jt808.layouts import BASE_BYTES, Bodies, Layouts
from etl.jt808.locations import locations as embedded_locations
from etl.jt808.locations import not_decimal
from etl.jt808.safety import safety_alarms as embedded_alarms
from etl.jt809.columns import instants, texts
from etl.jt809.framing import BODY, TIME, Frames
from etl.jt809.layouts import PLATFORM_ALARMS, POSITION_2011, POSITION_2019
from etl.jt809.schemas import LOCATIONS, ORIGINS

REPORT, BACKFILL = 0x1202, 0x1203
SOUTH, WEST = 1 << 2, 1 << 3
_FORMS = {1: "u1", 2: ">u2", 4: ">u4", 7: "V7"}
_POSITION = np.dtype([(field.name, _FORMS[field.size]) for field in POSITION_2011.fields])
_YEAR = slice(2, 4)
_ORIGIN_WORDS = pa.array(ORIGINS)


@dataclass
class Positions:
    """Where the positions of a block stand, one element each (n,), in the order of the stream.

    ``frame`` is the place of the frame in ``Frames``, ``position`` counts within it. ``length`` bytes from ``start``
    are the position (2011) or the location it embeds (2019); ``platforms`` is where the platforms' alarm words begin,
    -1 where there are none. ``rest`` bytes from ``rest_start`` belong to nothing the standard knows.
    """

    frame: Ints
    position: Ints
    start: Ints
    length: Ints
    platforms: Ints
    rest_start: Ints
    rest: Ints

    def only(self, chosen: Array) -> "Positions":
        return Positions(*(part[chosen] for part in _parts(self)))


def find_2011(frames: Frames) -> Positions:
    """The positions of the 2011 frames. A frame that is too short, or contradicts itself, is refused."""
    is_report, is_backfill = _of_version(frames, 2011)
    count, prefix = _counts(frames, is_report), is_backfill.astype(np.int64)
    size = POSITION_2011.size
    left = frames.sub_length - prefix - count * size
    # A count of 0 with something after it contradicts itself.
    is_bad = (left < 0) | ((count == 0) & (left > 0))
    frames.refuse((is_report | is_backfill) & is_bad, BODY)
    frame = np.flatnonzero((is_report | is_backfill) & ~is_bad)
    of = np.repeat(np.arange(len(frame)), count[frame])
    position = np.arange(len(of)) - (np.cumsum(count[frame]) - count[frame])[of]
    frame = frame[of]
    start = frames.sub_start[frame] + prefix[frame] + position * size
    return Positions(
        frame,
        position,
        start,
        np.full(len(of), size),
        np.full(len(of), -1),
        start + size,
        np.where(position == count[frame] - 1, left[frame], 0),
    )


def find_2019(frames: Frames) -> Positions:
    """The positions of the 2019 frames: encryption, length and body of a location, alarm words of three platforms.

    A report may end without the alarm words; in a backfill each position has them, or the next could not be found.
    """
    is_report, is_backfill = _of_version(frames, 2019)
    count, sub_end = _counts(frames, is_report), frames.sub_start + frames.sub_length
    # A count of 0 with something after it contradicts itself.
    is_empty = is_backfill & (frames.sub_length == 1) & (count == 0)
    frames.refuse(is_backfill & ((frames.sub_length == 0) | ((count == 0) & ~is_empty)), BODY)
    frame = np.flatnonzero((is_report | is_backfill) & (frames.detail == 0) & ~is_empty)
    at, end = frames.sub_start[frame] + is_backfill[frame], sub_end[frame]
    found: list[Positions] = []
    while len(frame):
        start = at + POSITION_2019.size
        length = frames.number(at + POSITION_2019.offset("location_length"), 4)
        left = end - start - length
        has_platforms = left >= PLATFORM_ALARMS.size
        fits = (start <= end) & (length >= BASE_BYTES) & (left >= 0) & (is_report[frame] | has_platforms)
        frames.detail[frame[~fits]] = BODY
        frame, end, start, length = frame[fits], end[fits], start[fits], length[fits]
        has_platforms = has_platforms[fits]
        platforms = np.where(has_platforms, start + length, -1)
        stop = start + length + has_platforms * PLATFORM_ALARMS.size
        is_last = count[frame] == len(found) + 1
        place = np.full(len(frame), len(found))
        found.append(Positions(frame, place, start, length, platforms, stop, np.where(is_last, end - stop, 0)))
        frame, at, end = frame[~is_last], stop[~is_last], end[~is_last]
    return _whole(frames, found)


def _whole(frames: Frames, found: list[Positions]) -> Positions:
    """The positions of frames that stand, in order; a time whose digits are no digits refuses its frame."""
    if not found:
        return Positions(*(np.empty(0, np.int64) for _ in fields(Positions)))
    every = (
        found[0]
        if len(found) == 1
        else Positions(*(np.concatenate(part) for part in zip(*map(_parts, found), strict=True)))
    )
    is_no_time = not_decimal(rows(frames.content, every.start, BASE_BYTES))
    frames.detail[every.frame[is_no_time & (frames.detail[every.frame] == 0)]] = TIME
    order = np.lexsort((every.position, every.frame))
    return every.only(order[frames.detail[every.frame[order]] == 0])


def _parts(positions: Positions) -> tuple[Ints, ...]:
    return tuple(getattr(positions, field.name) for field in fields(positions))


def _counts(frames: Frames, is_report: Array) -> Ints:
    return np.where(is_report, 1, frames.content[frames.sub_start].astype(np.int64))


def _of_version(frames: Frames, version: int) -> tuple[Array, Array]:
    is_whole = (frames.detail == 0) & (frames.protocol_version == version) & (frames.msg_id == 0x1200)
    return is_whole & (frames.sub_id == REPORT), is_whole & (frames.sub_id == BACKFILL)


def table_2011(frames: Frames, positions: Positions, of_frame: dict[str, pa.Array]) -> pa.Table:
    """The locations of 2011. ``of_frame``: the columns that are their frames', one element a position."""
    values = rows(frames.content, positions.start, POSITION_2011.size)
    wire = values.view(_POSITION)[:, 0]
    date_at = POSITION_2011.offset("positioned_at")
    date = values[:, date_at : date_at + 7]
    status = wire["status_flags"].astype(np.uint32)
    year = np.ascontiguousarray(date[:, _YEAR]).view(">u2")[:, 0]

    columns = {
        "alarm_flags": numbers(wire["alarm_flags"].astype(np.uint32), pa.uint32()),
        "status_flags": numbers(status, pa.uint32()),
        "latitude": numbers(_degrees(wire["latitude"], status & SOUTH), pa.float64()),
        "longitude": numbers(_degrees(wire["longitude"], status & WEST), pa.float64()),
        "altitude_m": numbers(wire["altitude_m"].astype(np.int32), pa.int32()),
        "speed_kmh": numbers(wire["speed_kmh"].astype(np.float64), pa.float64()),
        "direction_deg": numbers(wire["direction_deg"].astype(np.int32), pa.int32()),
        "positioned_at": instants(year, *(date[:, place] for place in (1, 0, 4, 5, 6))),
        "time_hex": hexadecimal(date),
        "odometer_km": numbers(wire["odometer_km"].astype(np.float64), pa.float64()),
        "recorder_speed_kmh": numbers(wire["recorder_speed_kmh"].astype(np.float64), pa.float64()),
    }
    return _table(columns | _common(frames, positions, positions.start, of_frame), len(positions.start))


def _degrees(wire: Array, is_negative: Array) -> Array:
    degrees = wire.astype(np.uint32) / 1e6
    return np.where(is_negative != 0, -degrees, degrees)


class Embedded:
    """Reads the locations of 2019. What it remembers between blocks only makes it faster."""

    def __init__(self) -> None:
        self._layouts = Layouts()

    def tables(
        self, frames: Frames, positions: Positions, number: Ints, of_frame: dict[str, pa.Array]
    ) -> tuple[pa.Table, pa.Table]:
        """The locations, and the safety alarms in their items. ``number`` (n,): of each position's frame."""
        count = len(positions.start)
        bodies = Bodies(frames.content, positions.start, positions.length)
        base = rows(frames.content, positions.start, BASE_BYTES)
        sink = self._layouts.read(bodies)
        head = {name: nulls(count, kind) for name, kind in _HEAD_808.items()}
        position, origin = positions.position.astype(np.int32), np.zeros(count, np.int8)
        read = embedded_locations(bodies, base, sink, number, position, origin, head)
        columns = {name: read[name] for name in read.column_names if name in LOCATIONS.names}
        encrypted_at = positions.start - POSITION_2019.size
        columns |= self._platforms(frames, positions) | _common(frames, positions, encrypted_at, of_frame)
        alarms = embedded_alarms(frames.content, sink.safety, number, position)
        return _table(columns, count), alarms

    def _platforms(self, frames: Frames, positions: Positions) -> dict[str, pa.Array]:
        """The platforms' codes and alarm words, null where the message ends before them."""
        is_there = positions.platforms >= 0
        at = np.where(is_there, positions.platforms, 0)
        columns: dict[str, pa.Array] = {}
        for field in PLATFORM_ALARMS.fields:
            start = at + PLATFORM_ALARMS.offset(field.name)
            if field.kind == "text":
                columns[field.name] = _masked(texts(rows(frames.content, start, field.size)), is_there)
            else:
                columns[field.name] = numbers(frames.number(start, 4).astype(np.uint32), pa.uint32(), is_there)
        return columns


_HEAD_808 = {"phone": pa.string(), "protocol_version": pa.int16(), "serial": pa.uint16()}


def _masked(column: pa.Array, is_there: Array) -> pa.Array:
    if is_there.all():
        return column
    return column.take(pa.array(np.arange(len(column)), mask=~is_there))


def _common(
    frames: Frames, positions: Positions, encrypted_at: Ints, of_frame: dict[str, pa.Array]
) -> dict[str, pa.Array]:
    encryption = frames.content[encrypted_at]
    count = len(positions.start)
    rest = Stretches()
    has_rest = np.flatnonzero(positions.rest)
    rest.add(has_rest, positions.rest_start[has_rest], positions.rest[has_rest])
    is_backfill = frames.sub_id[positions.frame] == BACKFILL
    return of_frame | {
        "position": numbers(positions.position.astype(np.int32), pa.int32()),
        "origin": words(is_backfill.astype(np.int8), _ORIGIN_WORDS),
        "is_encrypted": pa.array(encryption == 1, mask=encryption > 1),
        "rest": rest.array(frames.content, count, pa.binary()),
    }


def _table(columns: dict[str, pa.Array], count: int) -> pa.Table:
    arrays = [columns[field.name] if field.name in columns else nulls(count, field.type) for field in LOCATIONS]
    return pa.Table.from_arrays(arrays, schema=LOCATIONS)
