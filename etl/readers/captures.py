"""Captures of terminal traffic (JT/T 808): bytes to records, every byte accounted for.

A record is a position, an active-safety alarm, or a message that holds neither. One frame can hold many (a batch of
positions) or none that can be read; a frame that is refused is one record in quarantine, its bytes kept. Records are
numbered from 1 in the order of their frames, where one that waits for other packages of its message is told with the
last of them, and stand at the byte where their frame begins.
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.contract import Feed
from etl.errors import DeliveryStopped
from etl.jt808 import Decoded, Decoder
from etl.jt808.faults import WHAT
from etl.jt808.schemas import OUTCOMES
from etl.readers.lines import open_delivery
from etl.readers.rows import INVISIBLE, MAX_ROWS, Rows, positions, too_many_rows
from warehouse.home import home

PIECE_BYTES = 4 << 20
RAW_BYTES = 64 << 10
"""So much of a refused stretch goes into quarantine: no frame is longer, and what is no frame may be of any length."""
KINDS = {"registrations": "registration", "authentications": "authentication", "driver_cards": "driver_card"}
"""Tables of the decoder that hold one record a frame, and what their records are called."""
MESSAGES = {0x0002: "heartbeat", 0x0003: "logout"}
"""Messages that are read and hold nothing."""

_ITEMS = {
    "odometer_km": pa.float64(), "fuel_l": pa.float64(), "recorder_speed_kmh": pa.float64(),
    "manual_event_id": pa.int32(), "cabin_temperature_c": pa.int32(), "overspeed_place_type": pa.int32(),
    "overspeed_place_id": pa.int64(), "area_place_type": pa.int32(), "area_place_id": pa.int64(),
    "area_direction": pa.int32(), "segment_id": pa.int64(), "segment_seconds": pa.int32(),
    "segment_result": pa.int32(), "video_alarm_flags": pa.int64(), "driving_alarm_flags": pa.int32(),
    "fatigue_level": pa.int32(), "signal_flags": pa.int64(), "radio_strength": pa.int32(),
    "satellite_count": pa.int32(),
}  # fmt: skip
FIELDS = {
    "kind": pa.string(), "phone": pa.string(), "msg_id": pa.int32(), "edition": pa.string(), "serial": pa.int32(),
    "origin": pa.string(), "time": pa.timestamp("us"), "wire_time": pa.string(), "latitude": pa.float64(),
    "longitude": pa.float64(),
    "altitude_m": pa.int32(), "speed_kmh": pa.float64(), "direction_deg": pa.int32(), "alarm_flags": pa.int64(),
    "status_flags": pa.int64(), **_ITEMS,
    "safety_item": pa.int32(), "profile": pa.string(), "type": pa.int32(), "level": pa.int32(), "flag": pa.int32(),
    "identity": pa.string(), "attachment_count": pa.int32(), "front_speed_kmh": pa.int32(),
    "front_distance_ds": pa.int32(), "vehicle_state": pa.int32(), "wheel_flags": pa.int32(), "wheels": pa.string(),
    "maker": pa.string(), "terminal_model": pa.string(), "terminal_no": pa.string(), "plate_no": pa.string(),
    "plate_color_code": pa.int32(), "vin": pa.string(), "province_code": pa.int32(), "city_code": pa.int32(),
    "certificate_no": pa.string(), "card_status": pa.int32(), "card_result": pa.int32(),
}  # fmt: skip
"""What a record can hold, by the key under which a feed declares it; most records leave most of it empty."""
_SENT_TEXTS = ("maker", "terminal_model", "terminal_no", "plate_no", "vin", "certificate_no", "identity")
_PLACE = ("latitude", "longitude", "altitude_m", "speed_kmh", "direction_deg")
_COLUMNS = {**FIELDS, "number": pa.int64(), "rank": pa.int64()}


def rows(feed: Feed, path: Path, name: str) -> Iterator[Rows]:
    """Records of a capture, packed or not, some thousands at a time. D-FORMAT if no frame of it can be read."""
    order = positions(feed, list(FIELDS), name)
    days = _days(feed, name)
    frames: Counter[str] = Counter()
    told, first = 0, 1
    with open_delivery(path, name, is_text=False) as stream:
        kept = _kept(path, name)
        for decoded in _decoded(stream, kept if name.lower().endswith(".gz") else None):
            piece = _piece(decoded, kept, order, first, days)
            first += len(piece.source_line)
            if first > MAX_ROWS + 1:
                raise too_many_rows(name)
            frames.update({outcome: count for outcome, (count, _) in piece.capture.items()})
            told += sum(size for _, size in piece.capture.values())
            yield piece
    _refuse_difference(frames, kept.seek(0, os.SEEK_END), told, name)


def _days(feed: Feed, name: str) -> tuple[date, date] | None:
    """First and last day on which a position of this file can be; None where its name has no date."""
    issued, oldest = feed.issue_date(name), feed.reads["time"].most_days_old
    return (issued - timedelta(oldest), issued) if issued and oldest else None


def _kept(path: Path, name: str) -> IO[bytes]:
    """Where refused bytes are read again, also after the last piece: the file itself, or what it unpacks to."""
    if not name.lower().endswith(".gz"):
        return path.open("rb")
    work = home() / "work"
    return tempfile.TemporaryFile(dir=work if work.is_dir() else None)


def _decoded(stream: IO[bytes], kept: IO[bytes] | None) -> Iterator[Decoded]:
    decoder = Decoder()
    while data := stream.read(PIECE_BYTES):
        if kept:
            kept.write(data)
        yield decoder.feed(data)
    yield decoder.finish()


def _refuse_difference(frames: Counter[str], size: int, told: int, name: str) -> None:
    if told != size:
        raise DeliveryStopped(
            "D-ENGINE",
            f"{name}: {told:,} of {size:,} bytes are accounted for. Report the file; no other delivery waits for this "
            "one.",
        )
    if frames.total() == frames["quarantined"]:
        raise DeliveryStopped(
            "D-FORMAT", f"{name}: no frame of JT/T 808 is in it. Ask for the capture of the terminals' port."
        )


def _piece(decoded: Decoded, kept: IO[bytes], order: list[int], first: int, days: tuple[date, date] | None) -> Rows:
    """The records of the frames of ``decoded``, numbered from ``first``."""
    frames = decoded.frames.combine_chunks().sort_by("number")
    number, offset, length = (frames[column].to_numpy() for column in ("number", "byte_offset", "length"))
    is_bad = pc.equal(frames["outcome"].cast(pa.string()), "quarantined").to_numpy(zero_copy_only=False)
    records = _records(decoded, frames, is_bad, days)
    place, rank = records["number"].to_numpy(), records["rank"].to_numpy()
    all_numbers = np.concatenate([place, number[is_bad]])
    sequence = np.lexsort((np.concatenate([rank, np.zeros(int(is_bad.sum()), np.int64)]), all_numbers))
    good = sequence < len(place)
    at_frame = np.searchsorted(number, all_numbers[sequence])
    starts, sizes = offset[at_frame], length[at_frame]
    taken = records.take(pa.array(sequence[good]))
    columns = [taken.column(at).combine_chunks() for at in range(len(FIELDS))]
    details = frames.select(["reason", "detail", "msg_id"]).take(pa.array(at_frame[~good])).to_pylist()
    return Rows(
        np.arange(first, first + len(sequence)),
        starts,
        partial(_bytes_at, kept, starts, sizes),
        bad={
            index: (told["reason"], _words(told["detail"], told["msg_id"], int(sizes[index])))
            for index, told in zip(np.flatnonzero(~good).tolist(), details, strict=True)
        },
        at=np.flatnonzero(good),
        columns=[columns[at] for at in order],
        capture=_counted(frames),
    )


def _counted(frames: pa.Table) -> dict[str, tuple[int, int]]:
    outcome = frames["outcome"].cast(pa.string())
    lengths = {word: frames["length"].filter(pc.equal(outcome, word)) for word in OUTCOMES}
    return {word: (len(found), pc.sum(found, min_count=0).as_py()) for word, found in lengths.items()}


def _records(decoded: Decoded, frames: pa.Table, is_bad: np.ndarray, days: tuple[date, date] | None) -> pa.Table:
    """Every record that can be read, with ``FIELDS``, the ``number`` of its frame and its ``rank`` within it."""
    locations = decoded.locations
    parts = [
        _table(
            locations, "location", rank=_rank(locations), time=locations["positioned_at"],
            wire_time=locations["time_bcd"],
            **{name: locations[name] for name in ("number", "origin", *_PLACE, "alarm_flags", "status_flags", *_ITEMS)},
        ),
        _safety(decoded.safety_alarms),
    ]  # fmt: skip
    for table, kind in KINDS.items():
        found = getattr(decoded, table)
        values = {name: found[name] for name in found.column_names if name in _COLUMNS and name != "phone"}
        if table == "driver_cards":
            values |= {"time": found["card_at"], "card_status": found["status"], "card_result": found["result"]}
        parts.append(_table(found, kind, **values))
    parts.append(_others(frames, is_bad, parts))
    return _with_header(_visible(pa.concat_tables(parts)), frames, days)


def _table(found: pa.Table, kind: str, **values: pa.ChunkedArray) -> pa.Table:
    """A table of all fields; those without ``values`` are empty."""
    count = found.num_rows
    columns = {"kind": pa.repeat(kind, count), **values}
    return pa.table(
        {
            name: columns[name].cast(type) if name in columns else pa.nulls(count, type)
            for name, type in _COLUMNS.items()
        }
    )


def _rank(found: pa.Table) -> pa.ChunkedArray:
    """A record's place in its frame: by position, then the position itself, then what hangs on it."""
    return pc.shift_left(found["position"].cast(pa.int64()), 20)


def _safety(alarms: pa.Table) -> pa.Table:
    place = pc.add(pc.multiply(alarms["item"].cast(pa.int64()), 256), pc.add(alarms["ordinal"].cast(pa.int64()), 1))
    identity = pc.binary_join_element_wise(
        alarms["terminal_no"], pc.strftime(alarms["identity_at"], "%Y%m%d%H%M%S"),
        alarms["identity_serial"].cast(pa.string()), "-", null_handling="replace", null_replacement="?",
    )  # fmt: skip
    return _table(
        alarms, "safety_alarm", rank=pc.add(_rank(alarms), place), time=alarms["alarmed_at"], identity=identity,
        safety_item=alarms["item"], speed_kmh=alarms["own_speed_kmh"], fatigue_level=alarms["fatigue_degree"],
        **{name: alarms[name] for name in (
            "number", "profile", "type", "level", "flag", "altitude_m", "latitude", "longitude", "attachment_count",
            "front_speed_kmh", "front_distance_ds", "vehicle_state", "terminal_no",
        )},
        **_wheels(alarms["wheels"]),
    )  # fmt: skip


def _wheels(sent: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
    """The wheels of tyre reports as JSON, and the bits that any wheel of a report has."""
    if sent.null_count == len(sent):
        return {}
    told = [
        (None, None)
        if wheels is None
        else (reduce(or_, (wheel["type_flags"] for wheel in wheels), 0), json.dumps(wheels, separators=(",", ":")))
        for wheels in sent.to_pylist()
    ]
    flags, texts = zip(*told, strict=True)
    return {
        "wheel_flags": pa.chunked_array([pa.array(flags, pa.int32())]),
        "wheels": pa.chunked_array([pa.array(texts, pa.string())]),
    }


def _others(frames: pa.Table, is_bad: np.ndarray, parts: list[pa.Table]) -> pa.Table:
    """Frames that are in no other table: heartbeats, messages that are counted and not read, packages of a whole."""
    number = frames["number"].to_numpy()
    told = np.concatenate([part["number"].to_numpy() for part in parts])
    rest = frames.filter(pa.array(~is_bad & ~np.isin(number, told)))
    message = rest["msg_id"].cast(pa.int32())
    kind = pc.if_else(pc.is_valid(rest["package_total"]), "part", "other")
    for code, word in MESSAGES.items():
        kind = pc.if_else(pc.equal(message, code), word, kind)
    table = _table(rest, "other", number=rest["number"])
    return table.set_column(table.column_names.index("kind"), "kind", kind)


def _visible(records: pa.Table) -> pa.Table:
    """``records`` with a replacement character for what no reader can see: terminals send any bytes as text."""
    for name in _SENT_TEXTS:
        if pc.any(pc.match_substring_regex(records[name], INVISIBLE)).as_py():
            shown = pc.replace_substring_regex(records[name], INVISIBLE, "\ufffd")
            records = records.set_column(records.column_names.index(name), name, shown)
    return records


def _with_header(records: pa.Table, frames: pa.Table, days: tuple[date, date] | None) -> pa.Table:
    """``records`` with what the header of their frame says: who sent it, as what and under which number."""
    at = pa.array(np.searchsorted(frames["number"].to_numpy(), records["number"].to_numpy()))
    header = frames.select(["phone", "msg_id", "protocol_version", "serial"]).take(at)
    phone = pc.utf8_ltrim(header["phone"], characters="0")
    edition = pc.coalesce(records["edition"], header["protocol_version"].cast(pa.string()))
    serial = pc.if_else(_comes_again(records, days), pa.scalar(None, pa.int32()), header["serial"].cast(pa.int32()))
    for name, values in (
        ("phone", pc.if_else(pc.equal(phone, ""), "0", phone)),
        ("msg_id", header["msg_id"].cast(pa.int32())),
        ("edition", edition),
        ("serial", serial),
    ):
        records = records.set_column(records.column_names.index(name), name, values)
    return records


def _comes_again(records: pa.Table, days: tuple[date, date] | None) -> pa.Array:
    """Positions and alarms that are known by their time: sent again they have another serial number, and are the same.

    One without a time that can be is known by its number alone.
    """
    known = pc.and_(
        pc.is_in(records["kind"], value_set=pa.array(["location", "safety_alarm"])), pc.is_valid(records["time"])
    )
    if days is None:
        return known
    day = records["time"].cast(pa.date32())
    within = pc.and_(pc.greater_equal(day, pa.scalar(days[0])), pc.less_equal(day, pa.scalar(days[1] + timedelta(1))))
    return pc.and_(known, pc.fill_null(within, False))


def _words(detail: str, message: int | None, size: int) -> str:
    of = f" (message 0x{message:04X})" if message is not None else ""
    cut = (
        f"; of its {size:,} bytes the first {RAW_BYTES:,} are kept here, all in the archive" if size > RAW_BYTES else ""
    )
    return f"{detail}: {WHAT[detail]}{of}{cut}"


def _bytes_at(kept: IO[bytes], starts: np.ndarray, sizes: np.ndarray, indices: Sequence[int]) -> list[bytes]:
    if kept.writable():
        kept.flush()
    return [os.pread(kept.fileno(), min(int(sizes[index]), RAW_BYTES), int(starts[index])) for index in indices]
