"""From the bytes of a capture to its tables: see :mod:`etl.jt809.schemas` for what they hold."""

import numpy as np
import pyarrow as pa

from etl.jt808.arrays import Array, Ints, nulls, numbers, rows, words
from etl.jt808.schemas import joined
from etl.jt809 import positions as positions_of
from etl.jt809 import records
from etl.jt809.columns import PLATE_ROW_BYTES, plates, wall_clocks
from etl.jt809.framing import BODY, CUT_OFF, DETAILS, LENGTH, NO_SUB_MESSAGE, STRAY, Frames, among, read_frames
from etl.jt809.layouts import ALARM_SUB_IDS, VEHICLE_HEAD
from etl.jt809.positions import BACKFILL, REPORT, Embedded, find_2011, find_2019
from etl.jt809.schemas import EMPTY, FRAMES, LOCATIONS, OUTCOMES, SCHEMAS, Decoded
from etl.jt809.splitting import CUT, FRAME, LONG, OUTSIDE, Rows, Splitter

DECODED, OTHER, QUARANTINED = range(3)
# NO_SUB_MESSAGE, -1, looks up 0xFFFF, which is no id.
_IS_ALARM, _IS_DECODED = among(*ALARM_SUB_IDS), among(REPORT, BACKFILL, *ALARM_SUB_IDS)
_OUTCOME_WORDS = pa.array(OUTCOMES)
_DETAIL_WORDS = pa.array((None, *DETAILS), pa.string())
_REASON_WORDS = pa.array((None, "R-FRAME"), pa.string())
_DETAIL_OF_KIND = {CUT: CUT_OFF, OUTSIDE: STRAY, LONG: LENGTH}


def decode(data: bytes | bytearray | memoryview) -> Decoded:
    """A whole capture."""
    decoder = Decoder()
    return joined([decoder.feed(data), decoder.finish()])


class Decoder:
    """A stream in pieces of any size; together the pieces' tables are those of the whole, whatever the pieces.

    Memory is bounded by ``chunk_bytes`` and the longest frame that is allowed, besides the tables themselves. A feed
    costs about a millisecond whatever its size: give it what arrived in a while, not every packet.
    """

    def __init__(self, chunk_bytes: int = 512 << 10) -> None:
        self._chunk_bytes = max(1, chunk_bytes)
        self._splitter = Splitter()
        self._embedded = Embedded()
        self._number = 0

    def feed(self, data: bytes | bytearray | memoryview) -> Decoded:
        """What becomes complete with ``data``."""
        view = memoryview(data).cast("B")
        pieces = [
            self._decoded(self._splitter.feed(view[at : at + self._chunk_bytes]))
            for at in range(0, len(view), self._chunk_bytes)
        ]
        return joined(pieces or [EMPTY])

    def finish(self) -> Decoded:
        """What the end of the stream completes: at most one row, quarantined."""
        return self._decoded(self._splitter.finish())

    def _decoded(self, split: Rows) -> Decoded:
        if not len(split.kind):
            return EMPTY
        number = np.arange(self._number, self._number + len(split.kind))
        self._number += len(split.kind)
        place = np.flatnonzero(split.kind == FRAME)
        frames = read_frames(split)
        header = _header(frames)
        of_number = number[place]
        found = [("report", find_2011(frames)), ("embedded", find_2019(frames))]
        recorded = _records(frames, of_number, header)

        located, safety = [], [EMPTY.safety_alarms]
        for form, positions in found:
            if not len(positions.frame):
                continue
            of_frame = {name: header[name] for name in _OF_FRAME}
            if len(positions.frame) != len(place) or positions.position.any():
                of_frame = {name: column.take(pa.array(positions.frame)) for name, column in of_frame.items()}
            here = of_number[positions.frame]
            of_frame["number"] = numbers(here, pa.int64())
            if form == "report":
                located.append(positions_of.table_2011(frames, positions, of_frame))
            else:
                table, alarms = self._embedded.tables(frames, positions, here, of_frame)
                located.append(table)
                safety.append(alarms)
        tables = {name: getattr(EMPTY, name) for name in SCHEMAS} | recorded
        tables["locations"] = _in_order(located)
        tables["safety_alarms"] = safety[-1]
        tables["frames"] = _frames(split, number, place, frames, header)
        return Decoded(**tables)


_OF_FRAME = ("platform_code", "serial", "protocol_version", "plate_no", "plate_color_code")


def _header(frames: Frames) -> dict[str, pa.Array]:
    """The columns of ``frames`` that the header and the head of the sub-message give, one element a candidate."""
    there = frames.has_header
    has_sub = frames.sub_id != NO_SUB_MESSAGE
    has_vehicle = frames.vehicle_start >= 0
    is_2019 = there & (frames.protocol_version == 2019)

    vehicle = np.maximum(frames.vehicle_start, 0)
    sent = frames.head["sent_at"].astype(np.uint64)
    body_length = np.where(there, frames.end - 2 - frames.body_start, 0).astype(np.int32)
    return {
        "msg_id": numbers(frames.msg_id, pa.uint16(), there),
        "sub_id": numbers(frames.sub_id.astype(np.uint16), pa.uint16(), has_sub),
        "platform_code": numbers(frames.head["platform_code"].astype(np.int64), pa.int64(), there),
        "serial": numbers(frames.head["serial"].astype(np.int64), pa.int64(), there),
        "protocol_version": numbers(frames.protocol_version, pa.int16(), there),
        "version": _versions(frames.head["version"].astype(np.uint32) >> 8, there),
        "sent_s": numbers(sent, pa.uint64(), is_2019),
        "sent_at": wall_clocks(sent, is_2019),
        "plate_no": plates(rows(frames.content, vehicle, PLATE_ROW_BYTES), has_vehicle),
        "plate_color_code": numbers(
            frames.content[vehicle + VEHICLE_HEAD.offset("plate_color_code")].astype(np.int16), pa.int16(), has_vehicle
        ),
        "body_length": numbers(body_length, pa.int32(), there),
    }


def _versions(version: Array, there: Array) -> pa.Array:
    """Numbers of three bytes as "1.0.0"; most often all are the same."""
    if len(version) and there.all() and (version == version[0]).all():
        return pa.repeat(_version(int(version[0])), len(version))
    different, place = np.unique(version, return_inverse=True)
    names = [_version(one) for one in different.tolist()]
    return pa.array(names, pa.string()).take(pa.array(place, mask=~there))


def _version(number: int) -> str:
    return f"{number >> 16}.{number >> 8 & 255}.{number & 255}"


def _records(frames: Frames, number: Ints, header: dict[str, pa.Array]) -> dict[str, pa.Table]:
    """The tables of the rare messages; a frame whose body is too short for its id is refused."""
    is_rare = (frames.detail == 0) & _IS_ALARM[frames.sub_id]
    is_rare &= (frames.sub_id & 0xFF00) == frames.msg_id
    found = []
    for place in np.flatnonzero(is_rare).tolist():
        start = int(frames.sub_start[place])
        body = frames.content[start : start + int(frames.sub_length[place])].tobytes()
        read = records.record(int(frames.sub_id[place]), int(frames.protocol_version[place]), body)
        if read is None:
            frames.detail[place] = BODY
            continue
        table, values = read
        of_frame = {name: header[name][place].as_py() for name in _OF_FRAME}
        found.append((table, {"number": int(number[place]), **of_frame, **values}))
    return records.tables(found)


def _in_order(tables: list[pa.Table]) -> pa.Table:
    if not tables:
        return LOCATIONS.empty_table()
    if len(tables) == 1:
        return tables[0]
    return pa.concat_tables(tables).sort_by([("number", "ascending"), ("position", "ascending")])


def _frames(split: Rows, number: Ints, place: Ints, frames: Frames, header: dict[str, pa.Array]) -> pa.Table:
    count = len(number)
    is_decoded = _IS_DECODED[frames.sub_id] & ((frames.sub_id & 0xFF00) == frames.msg_id)
    detail, outcome = np.zeros(count, np.int8), np.full(count, QUARANTINED, np.int8)
    for kind, word in _DETAIL_OF_KIND.items():
        detail[split.kind == kind] = word
    detail[place] = frames.detail
    outcome[place] = np.where(frames.detail > 0, QUARANTINED, np.where(is_decoded, DECODED, OTHER))
    columns = {
        "number": numbers(number, pa.int64()),
        "byte_offset": numbers(split.byte_offset, pa.int64()),
        "length": numbers(split.length, pa.int64()),
        "outcome": words(outcome, _OUTCOME_WORDS),
        "reason": _words(detail > 0, _REASON_WORDS),
        "detail": _words(detail, _DETAIL_WORDS),
    }
    if len(place) == count:
        columns |= header
    else:
        candidate = np.zeros(count, np.int64)
        candidate[place] = np.arange(len(place))
        index = pa.array(candidate, mask=split.kind != FRAME)
        columns |= {name: column.take(index) for name, column in header.items()}
    return pa.Table.from_arrays([columns[field.name] for field in FRAMES], schema=FRAMES)


def _words(places: Array, known: pa.Array) -> pa.Array:
    """The words at these places; most often all are at 0, which is null."""
    return known.take(pa.array(places.astype(np.int8))) if places.any() else nulls(len(places), pa.string())
