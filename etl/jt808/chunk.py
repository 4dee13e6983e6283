"""One chunk of a stream on its way from frames to tables."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from etl.jt808 import faults, messages
from etl.jt808.arrays import Array, Bytes, Ints, few_texts, nulls, numbers, rows, texts_at, words
from etl.jt808.faults import Refused
from etl.jt808.framing import Frames, Rows
from etl.jt808.layouts import BASE_BYTES, Bodies, Layouts
from etl.jt808.locations import PADDING, locations, not_decimal
from etl.jt808.packages import SESSION_STARTS, Packages, Row, Settled
from etl.jt808.places import REPLY, REPORT, Found, batches
from etl.jt808.safety import safety_alarms
from etl.jt808.schemas import AUTHENTICATIONS, DRIVER_CARDS, EMPTY, FRAMES, OUTCOMES, REGISTRATIONS, Decoded

_DECODED, _OTHER, _QUARANTINED = range(3)
_OUTCOME_WORDS = pa.array(OUTCOMES)
_REASON_WORDS = [reason or "" for reason, _ in faults.REASONS]
_DETAIL_WORDS = [detail or "" for _, detail in faults.REASONS]
# What is done with a message, by its id.
_IGNORED, _REPORT, _REPLY, _BATCH, _RARE, _BLANK = range(6)
_WAYS = np.zeros(1 << 16, np.int8)
_WAYS[0x0200], _WAYS[0x0201], _WAYS[0x0704] = _REPORT, _REPLY, _BATCH
_WAYS[list(messages.READERS)] = _RARE
_WAYS[list(messages.EMPTY)] = _BLANK
_STARTS = np.zeros(1 << 16, np.bool_)
_STARTS[list(SESSION_STARTS)] = True
_REPLY_BYTES = 2  # the serial of the question stands before the location
_RARE_TABLES = {0x0100: "registrations", 0x0102: "authentications", 0x0702: "driver_cards"}
_RARE_SCHEMAS = {"registrations": REGISTRATIONS, "authentications": AUTHENTICATIONS, "driver_cards": DRIVER_CARDS}


@dataclass
class Shared:
    """What the chunks of a stream share."""

    packages: Packages = field(default_factory=Packages)
    layouts: Layouts = field(default_factory=Layouts)
    # Where somebody wants them, the bodies of the messages, by the number of the frame (the last, where several).
    bodies: dict[int, bytes] | None = None


class Chunk:
    """Some rows of the stream on their way to tables. Owners of bodies: the rows, then the whole messages."""

    def __init__(self, shared: Shared, found: Rows, frames: Frames, number: int, offset: int, left_out: int) -> None:
        self.shared = shared
        self.frames = frames
        self.count = len(found.begins)
        self.number: Ints = number + np.arange(self.count)
        self.offset = offset + found.begins
        self.length = np.append(found.begins[1:], found.end) - found.begins
        self.version = np.where(frames.is_2019, np.int16(2019), np.int16(2013))
        if left_out:
            self.offset[1:] += left_out
            self.length[0] += left_out
        self.rare: dict[str, list[Row]] = {}
        self.settled: list[Settled] = []
        self.whole: list[Settled] = []

    def decoded(self) -> Decoded:
        """The tables. Rows of frames that wait for sub-packages come with a later chunk."""
        here = self.frames.code == faults.FINE
        waiting: Array | None = None
        has_parts = bool(self.frames.is_part.any())
        if has_parts or self.shared.packages.is_waiting:
            starts = here & ~self.frames.is_part & _STARTS.take(self.frames.msg_id)
            waiting = here & self.frames.is_part if has_parts else None
            self._collect(starts, waiting)
            if waiting is not None:
                here &= ~waiting
        if self.shared.bodies is not None:
            self.shared.bodies |= {int(self.number[at]): self._body(at) for at in np.flatnonzero(here).tolist()}
            self.shared.bodies |= {whole.rows[-1]["number"]: whole.body for whole in self.whole}
        way = _WAYS.take(self.frames.msg_id)
        if not here.all():
            way = np.where(here, way, np.int8(_IGNORED))
        self._rare(np.flatnonzero(way == _RARE))
        self._rare_wholes()
        places, alarms = self._locations(way)
        return Decoded(
            frames=self._frames(way, waiting),
            locations=places,
            safety_alarms=alarms,
            **{
                name: pa.Table.from_pylist(sorted(self.rare[name], key=_number_of), schema=schema)
                if name in self.rare
                else getattr(EMPTY, name)
                for name, schema in _RARE_SCHEMAS.items()
            },
        )

    # --- sub-packages ---
    def _row(self, at: int) -> Row:
        frames = self.frames
        is_part = bool(frames.is_part[at])
        return {
            "number": int(self.number[at]),
            "byte_offset": int(self.offset[at]),
            "length": int(self.length[at]),
            "msg_id": int(frames.msg_id[at]),
            "protocol_version": int(self.version[at]),
            "phone": frames.phone[at].as_py(),
            "serial": int(frames.serial[at]),
            "package_total": int(frames.total[at]) if is_part else None,
            "package_index": int(frames.index[at]) if is_part else None,
            "body_length": int(frames.declared[at]),
        }

    def _body(self, at: int) -> bytes:
        begin = int(self.frames.body[at])
        return self.frames.data[begin : begin + int(self.frames.declared[at])].tobytes()

    def _collect(self, starts: Array, parts: Array | None) -> None:
        """Sub-packages and the terminals that begin a session, in the order of the stream."""
        for at in np.flatnonzero(starts if parts is None else starts | parts).tolist():
            if starts[at]:
                self.settled += self.shared.packages.start_session(self.frames.phone[at].as_py())
                continue
            is_read = _WAYS[self.frames.msg_id[at]] not in (_IGNORED, _BLANK)
            for settled in self.shared.packages.add(self._row(at), self._body(at), is_read):
                (self.settled if settled.code else self.whole).append(settled)

    # --- messages read one at a time ---
    def _rare(self, chosen: Ints) -> None:
        for at in chosen.tolist():
            code = self._read_rare(self._row(at), self._body(at))
            self.frames.code[at] = code

    def _rare_wholes(self) -> None:
        for at, (completed, _, body) in enumerate(self.whole):
            if completed[-1]["msg_id"] in messages.READERS:
                self.whole[at] = Settled(completed, self._read_rare(completed[-1], body), body)

    def _read_rare(self, row: Row, body: bytes) -> int:
        msg_id = row["msg_id"]
        try:
            read = messages.READERS[msg_id](body, row["protocol_version"])
        except Refused as refused:
            return refused.code
        head = {"number": row["number"], "phone": row["phone"]}
        self.rare.setdefault(_RARE_TABLES[msg_id], []).append(head | read)
        return faults.FINE

    # --- locations ---
    def _locations(self, way: Array) -> tuple[pa.Table, pa.Table]:
        frames = self.frames
        code = np.append(frames.code, np.zeros(len(self.whole), np.uint8))
        data, begins, lengths, ways = self._with_wholes(way)
        bodies = Found()
        report = ways == _REPORT
        if report.all():
            bodies.add(np.arange(len(ways)), begins, lengths, REPORT)
        else:
            chosen = np.flatnonzero(report)
            bodies.add(chosen, begins[chosen], lengths[chosen], REPORT)
            chosen = np.flatnonzero(ways == _REPLY)
            bodies.add(chosen, begins[chosen] + _REPLY_BYTES, lengths[chosen] - _REPLY_BYTES, REPLY)
            chosen = np.flatnonzero(ways == _BATCH)
            if len(chosen):
                batches(bodies, code, data, chosen, begins[chosen], lengths[chosen])
        places = bodies.joined()
        short = places.sizes < BASE_BYTES
        if short.any():
            code[places.owner[short]] = faults.BODY
        if code.any():
            places = places.where(code[places.owner] == faults.FINE)
        base = rows(data, places.starts, BASE_BYTES)
        wrong = not_decimal(base)
        if wrong.any():
            code[places.owner[wrong]] = faults.TIME
            fine = code[places.owner] == faults.FINE
            places, base = places.where(fine), base[fine]
        frames.code[:] = code[: self.count]
        for at in range(len(self.whole)):
            if code[self.count + at]:
                self.whole[at] = self.whole[at]._replace(code=int(code[self.count + at]))
        if not len(places.owner):
            return EMPTY.locations, EMPTY.safety_alarms
        number, head = self._heads(places.owner)
        if self.whole:
            # A whole message stands where the frame stands that completed it.
            order = np.lexsort((places.position, number))
            number, places, base = number[order], places.where(order), base[order]
            head = {name: column.take(numbers(order, pa.int64())) for name, column in head.items()}
        found = Bodies(data, places.starts, places.sizes)
        sink = self.shared.layouts.read(found)
        return (
            locations(found, base, sink, number, places.position, places.origin, head),
            safety_alarms(data, sink.safety, number, places.position),
        )

    def _with_wholes(self, way: Array) -> tuple[Bytes, Ints, Array, Array]:
        """Data, begins, lengths and ways of all bodies: of the rows, then of the whole messages."""
        frames = self.frames
        if not self.whole:
            return frames.data, frames.body, frames.declared, way
        joined_bodies = b"".join(whole.body for whole in self.whole)
        lengths = np.array([len(whole.body) for whole in self.whole])
        begins = len(frames.data) + np.cumsum(lengths) - lengths
        return (
            np.concatenate((frames.data, np.frombuffer(joined_bodies, np.uint8), np.zeros(PADDING, np.uint8))),
            np.append(frames.body, begins),
            np.append(frames.declared, lengths),
            np.append(way, [_WAYS[whole.rows[-1]["msg_id"]] for whole in self.whole]),
        )

    def _heads(self, owner: Ints) -> tuple[Ints, dict[str, pa.Array]]:
        """Frame numbers of the owners, and the columns that locations have from their frames."""
        frames = self.frames
        number, version, serial, phone = self.number, self.version, frames.serial, frames.phone
        if self.whole:
            lasts = [whole.rows[-1] for whole in self.whole]
            number = np.append(number, [row["number"] for row in lasts])
            serial = np.append(serial, np.array([row["serial"] for row in lasts], np.uint16))
            version = np.append(version, np.array([row["protocol_version"] for row in lasts], np.int16))
            phone = pa.concat_arrays([phone, pa.array([row["phone"] for row in lasts], pa.string())])
        if len(owner) != len(number) or (owner[1:] == owner[:-1]).any():
            number, serial, version = number[owner], serial[owner], version[owner]
            phone = texts_at(phone, owner)
        return number, {
            "phone": phone,
            "protocol_version": numbers(version, pa.int16()),
            "serial": numbers(serial, pa.uint16()),
        }

    # --- frames ---
    def _frames(self, way: Array, waiting: Array | None) -> pa.Table:
        frames = self.frames
        code = frames.code
        none, fine = nulls(self.count, pa.string()), not code.any()
        headed = None if fine else (code == 0) | (code > faults.NO_HEADER)
        if headed is not None and headed.all():
            headed = None
        outcome = (way == _IGNORED).view(np.int8) if fine else np.where(code, np.int8(_QUARANTINED), way == _IGNORED)
        parts = frames.is_part if headed is None else frames.is_part & headed
        some_parts = bool(parts.any())
        arrays = [
            numbers(self.number, pa.int64()),
            numbers(self.offset, pa.int64()),
            numbers(self.length.astype(np.int32), pa.int32()),
            words(outcome, _OUTCOME_WORDS),
            none if fine else few_texts(code, _REASON_WORDS),
            none if fine else few_texts(code, _DETAIL_WORDS),
            numbers(frames.msg_id, pa.uint16(), headed),
            numbers(self.version, pa.int16(), headed),
            frames.phone,
            numbers(frames.serial, pa.uint16(), headed),
            numbers(frames.total, pa.uint16(), parts) if some_parts else nulls(self.count, pa.uint16()),
            numbers(frames.index, pa.uint16(), parts) if some_parts else nulls(self.count, pa.uint16()),
            numbers(frames.declared, pa.int32(), headed),
        ]
        table = pa.Table.from_arrays(arrays, schema=FRAMES)
        if waiting is not None and waiting.any():
            table = table.filter(pa.array(~waiting))
        settled = [*self.settled, *self.whole]
        return pa.concat_tables([table, waited(settled)]).sort_by("number") if settled else table


def _number_of(row: Row) -> int:
    return int(row["number"])


def waited(settled: list[Settled]) -> pa.Table:
    """Rows of ``frames`` whose fate was open."""
    found: list[dict[str, Any]] = []
    for completed, code, _ in settled:
        reason, detail = faults.REASONS[code]
        for row in completed:
            ignored = _WAYS[row["msg_id"]] == _IGNORED
            outcome = OUTCOMES[_QUARANTINED if code else _OTHER if ignored else _DECODED]
            found.append(row | {"outcome": outcome, "reason": reason, "detail": detail})
    return pa.Table.from_pylist(found, schema=FRAMES)
