"""What the terminals of the tracked vehicles send, as frames of JT/T 808, and what each frame holds.

A terminal registers, authenticates and reports a position every 30 s; between its drives it sends a heartbeat an hour.
Terminals of the 2013 and the 2019 edition are mixed, as the register says. Points after a gap in coverage come as
0x0704 of type 1; the first thirty of a long gap are one message in sub-packages. After a reconnect some reports come
again, every second one under a new serial. Active-safety alarms (T/JSATL 12, items 0x64 and 0x65) have a begin and an
end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from etl.demo import invent
from etl.demo.tracks import NEVER, Track, position_days, roles, track, tracked
from etl.demo.world import World
from etl.jt808 import encode

_HOUR_S, _DAY_S = 3_600, 86_400
_RESENT_S, _RESENT_SHARE = 660, 0.005
_BATCH_POINTS, _LONG_POINTS, _PACKAGE_BYTES, _PACKAGES = 10, 30, 400, 4
_ALARMS_A_DAY = 3
_ADAS, _DSM = 0x64, 0x65
_ALARM_TYPES = ((_ADAS, 1), (_ADAS, 2), (_ADAS, 3), (_DSM, 1), (_DSM, 2), (_DSM, 3), (_DSM, 4))
"""Item and type: collision, lane departure, headway; fatigue, phone, smoking, distraction."""
_UNSET_POINTS, _EPOCH_POINTS, _MONTH_POINTS = 40, 20, 15
_UNSET, _EPOCH = datetime(2000, 1, 1), datetime(2070, 1, 1)
"""A clock that was never set, and one at 1970: the wire has two digits for the year."""


@dataclass(frozen=True)
class Terminal:
    """A terminal as it presents itself; ``number``: of the vehicle it is in, among ``tracked``."""

    number: int
    phone: str
    version: int
    terminal_no: str
    model: str
    plate_no: str
    plate_color_code: int

    @property
    def short_no(self) -> str:
        """The number in seven bytes (2013, and the identity of alarms)."""
        return self.terminal_no[-7:]


class Point(NamedTuple):
    """A position that a frame holds: its place in the track of its day, and whether its wire time can be used."""

    at: int
    is_timely: bool


@dataclass(frozen=True)
class Alarm:
    """A safety item that a frame holds."""

    item: int
    type: int
    level: int
    flag: int
    alarmed_at: datetime
    identity: str


@dataclass(frozen=True, slots=True)
class Message:
    """One frame. ``received``: seconds from midnight of ``day``, the day its points are of.

    ``kind``: ``terminal_record_kind`` of what it holds beside safety alarms. ``reason`` and ``detail``: why it must be
    refused, or empty. ``is_plain``: a report that nothing else depends on. ``borrows``: bytes of the frame before it
    that belong to it (the flag that ends one begins the other).
    """

    day: date
    received: int
    terminal: Terminal
    data: bytes
    kind: str
    origin: str = ""
    points: tuple[Point, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    reason: str = ""
    detail: str = ""
    fault: str = ""
    is_plain: bool = False
    borrows: int = 0

    @property
    def outcome(self) -> str:
        if self.reason:
            return "quarantined"
        return "other" if self.kind == "other" else "decoded"


def terminal_of(world: World, number: int) -> Terminal:
    """A clone presents itself as the original: phone, number and plate."""
    role = roles(world).get(number)
    if role == "clone":
        original = next(at for at, of in roles(world).items() if of == "original")
        return replace(terminal_of(world, original), number=number)
    row = tracked(world)[number]
    return Terminal(
        number, row["terminal_phone"], int(row["protocol_version"]), row["terminal_no"], row["terminal_model"],
        row["plate_no"], row["plate_color_code"],
    )  # fmt: skip


def wire_times(world: World, number: int, day: date) -> tuple[list[str], list[datetime], np.ndarray]:
    """The time of each point as the terminal writes it, the instant its clock shows, and whether it can be used."""
    points, role = track(world, number, day), roles(world).get(number)
    midnight = datetime.combine(day, time())
    shown = [midnight + timedelta(seconds=at) for at in points.second.tolist()]
    is_timely = np.ones(len(points), bool)
    if role == "clock_ahead" and position_days(world).index(day) == min(1, len(position_days(world)) - 1):
        shown = [at + timedelta(days=365) for at in shown]
        is_timely[:] = False
    if role == "clock_unset":
        for first, count, start in ((0, _UNSET_POINTS, _UNSET), (_UNSET_POINTS, _EPOCH_POINTS, _EPOCH)):
            behind = shown[first] - start
            shown[first : first + count] = [at - behind for at in shown[first : first + count]]
            is_timely[first : first + count] = False
    written = [encode.wire_time(at) for at in shown]
    if role == "clock_month":
        for at in range(100, min(100 + _MONTH_POINTS, len(written))):
            written[at] = f"{written[at][:2]}00{written[at][4:]}"
            is_timely[at] = False
    return written, shown, is_timely


def sent(world: World, day: date) -> list[Message]:
    """Every frame about a day, vehicle by vehicle, each in the order in which it came."""
    return [each for number in range(len(tracked(world))) for each in _Sender(world, number, day).messages()]


def safety_alarms(world: World, number: int, day: date) -> list[Alarm]:
    """Safety alarms that a terminal begins on a day."""
    return _Sender(world, number, day).begun()


Make = Callable[[int], list[Message]]


class _Sender:
    """A terminal on a day. Events are collected, then sent in order under ascending serials."""

    def __init__(self, world: World, number: int, day: date) -> None:
        self._rng = world.rng("sent", number, str(day))
        self._day, self._number = day, number
        self._role = roles(world).get(number, "")
        self._day_no = position_days(world).index(day)
        self._terminal = terminal_of(world, number)
        self._track: Track = track(world, number, day)
        self._times, self._shown, is_timely = wire_times(world, number, day)
        self._points = [Point(*each) for each in enumerate(is_timely.tolist())]
        count = len(self._track)
        self._radio = self._rng.integers(12, 32, count)
        self._satellites = np.where(self._track.has_fix, self._rng.integers(9, 21, count), 0)
        self._events: list[tuple[int, Make]] = []

    def begun(self) -> list[Alarm]:
        came = np.flatnonzero((self._track.received != NEVER) & ~self._track.is_late).tolist()
        return [alarm for _, alarms in self._safety_items(came).values() for alarm in alarms if alarm.flag == 1]

    def messages(self) -> list[Message]:
        came = np.flatnonzero((self._track.received != NEVER) & ~self._track.is_late).tolist()
        items = self._safety_items(came)
        batched = set(came[30:50]) if self._is_batching() else set()
        plain = []
        for at in came:
            if at in items or not self._is_calendar(at):
                self._add(int(self._track.received[at]), self._single(at, *items.get(at, (b"", ()))))
            elif at not in batched:
                plain.append(at)
        batched -= set(items)
        self._batches(sorted(batched), "batch", _BATCH_POINTS // 2)
        self._batches(np.flatnonzero(self._track.is_late).tolist(), "backfill", _BATCH_POINTS)
        self._rest(came)
        order = sorted(
            [(int(self._track.received[at]), 0, at) for at in plain]
            + [(int(self._track.received[at]) + _RESENT_S, 1, at) for at in self._again(plain)]
            + [(when, 2, at) for at, (when, _) in enumerate(self._events)]
        )
        return self._sent_in(order)

    def _sent_in(self, order: list[tuple[int, int, int]]) -> list[Message]:
        """In this order: when, what (0 a plain report, 1 one that comes again, 2 an event), and which."""
        found: list[Message | None] = []
        reports: list[tuple[int, int, bool, str]] = []
        serials: list[int] = []
        near_alarm = np.convolve(self._track.alarm_flags != 0, np.ones(3), "same") > 0
        serial_of: dict[int, int] = {}
        serial = 0
        for when, what, at in order:
            if what == 2:
                made = self._events[at][1](serial)
                found += made
                serial += _PACKAGES if len(made) > 1 else 1
                continue
            again = "" if what == 0 else "resent_new_serial" if at % 2 else "resent_same_serial"
            if again != "resent_same_serial":
                serial_of[at], serial = serial & 0xFFFF, serial + 1
            is_plain = what == 0 and self._role == "" and not near_alarm[at]
            serials.append(serial_of[at])
            reports.append((when, at, is_plain, again))
            found.append(None)
        frames = zip(reports, self._frames([at for _, at, *_ in reports], serials), strict=True)
        return [each or self._report(*next(frames)) for each in found]

    def _report(self, what: tuple[int, int, bool, str], data: bytes) -> Message:
        when, at, is_plain, again = what
        return self._message(when, data, "location", "report", (at,), is_plain=is_plain, fault=again)

    # --- positions ---
    def _is_calendar(self, at: int) -> bool:
        """Whether the wire time is an instant: numpy writes no other."""
        return self._times[at][2:4] != "00"

    def _is_batching(self) -> bool:
        return self._role == "" and self._number % 3 == 1

    def _frames(self, chosen: list[int], serials: list[int]) -> list[bytes]:
        """Reports of many points at once."""
        points, at = self._track, np.array(chosen, int)
        data, begins = encode.location_frames(
            encode.Locations(
                phone=np.full(len(at), int(self._terminal.phone)), serial=np.array(serials, int),
                alarm_flags=points.alarm_flags[at], status_flags=_status(points)[at],
                latitude=points.latitude[at], longitude=points.longitude[at], altitude_m=points.altitude_m[at],
                speed_kmh=points.speed_kmh[at], direction_deg=points.heading_deg[at],
                positioned_at=np.array([self._shown[which] for which in chosen], "datetime64[s]"),
                odometer_km=points.odometer_km[at], recorder_speed_kmh=points.recorder_speed_kmh[at],
                radio_strength=self._radio[at], satellite_count=self._satellites[at],
            ),
            self._terminal.version,
        )  # fmt: skip
        whole, ends = data.tobytes(), begins.tolist()
        return [whole[first:last] for first, last in pairwise(ends)]

    def _body(self, at: int, safety: bytes = b"") -> bytes:
        points = self._track
        return encode.location(
            float(points.latitude[at]), float(points.longitude[at]), self._times[at],
            alarm_flags=int(points.alarm_flags[at]), status_flags=int(_status(points)[at]),
            altitude_m=int(points.altitude_m[at]), speed_kmh=float(points.speed_kmh[at]),
            direction_deg=int(points.heading_deg[at]),
            items=encode.odometer(float(points.odometer_km[at]))
            + encode.recorder_speed(float(points.recorder_speed_kmh[at]))
            + encode.radio_strength(int(self._radio[at])) + encode.satellite_count(int(self._satellites[at])) + safety,
        )  # fmt: skip

    def _single(self, at: int, safety: bytes, alarms: tuple[Alarm, ...]) -> Make:
        def make(serial: int) -> list[Message]:
            data = self._frame(0x0200, serial, self._body(at, safety))
            return [self._message(int(self._track.received[at]), data, "location", "report", (at,), alarms=alarms)]

        return make

    def _again(self, plain: list[int]) -> list[int]:
        """Reports that come again after a reconnect: of an odd number under a new serial."""
        return [at for at, drawn in zip(plain, self._rng.random(len(plain)), strict=True) if drawn < _RESENT_SHARE]

    def _batches(self, chosen: list[int], origin: str, of: int) -> None:
        """0x0704. The first thirty points of a backfill in sub-packages; what happens to those changes by the day."""
        spoiling = ("doubled", "missing", "")[self._day_no] if self._role == "backfill" else ""
        if origin == "backfill" and len(chosen) > _LONG_POINTS:
            first, chosen = chosen[:_LONG_POINTS], chosen[_LONG_POINTS:]
            self._add(int(self._track.received[first[-1]]), self._packages(first, spoiling))
        for at in range(0, len(chosen), of):
            part = chosen[at : at + of]
            self._add(int(self._track.received[part[-1]]), self._batch(part, origin))

    def _batch(self, part: list[int], origin: str) -> Make:
        def make(serial: int) -> list[Message]:
            body = encode.batch([self._body(at) for at in part], int(origin == "backfill"))
            data = self._frame(0x0704, serial, body)
            return [self._message(int(self._track.received[part[-1]]), data, "location", origin, tuple(part))]

        return make

    def _packages(self, part: list[int], spoiling: str) -> Make:
        """``doubled``: disordered, one of them twice; ``missing``: one never came, so the others hold nothing."""

        def make(serial: int) -> list[Message]:
            body = encode.batch([self._body(at) for at in part], 1)
            terminal = self._terminal
            frames = encode.packages(0x0704, terminal.phone, serial, body, terminal.version, _PACKAGE_BYTES)
            if spoiling == "doubled":
                frames = [frames[1], frames[0], frames[1], *frames[2:]]
            elif spoiling == "missing":
                frames = [frames[0], *frames[2:]]
            received = int(self._track.received[part[-1]])
            found = [self._message(received, data, "part") for data in frames]
            if spoiling == "missing":
                return [
                    replace(each, reason="R-SUBPACKAGE", detail="unfinished", fault="package_missing") for each in found
                ]
            found[-1] = self._message(received, frames[-1], "location", "backfill", tuple(part))
            return [replace(each, fault="package_doubled") for each in found] if spoiling else found

        return make

    # --- safety alarms ---
    def _safety_items(self, came: list[int]) -> dict[int, tuple[bytes, tuple[Alarm, ...]]]:
        """Points with a safety item: the bytes, and what they say. An alarm ends some points after it began."""
        if self._role in ("clone", "original") or self._role.startswith("clock"):
            return {}
        found: dict[int, tuple[bytes, tuple[Alarm, ...]]] = {}
        here = set(came)
        moving = [at for at in came if self._track.speed_kmh[at] > 20 and not self._track.alarm_flags[at]]
        if not moving:
            return {}
        for count in range(int(self._rng.poisson(_ALARMS_A_DAY))):
            begin = moving[int(self._rng.integers(0, len(moving)))]
            end = begin + int(self._rng.integers(1, 5))
            item, kind = _ALARM_TYPES[int(self._rng.integers(0, len(_ALARM_TYPES)))]
            level = int(self._rng.integers(1, 3))
            if not {begin, end} <= here or {begin, end} & set(found):
                continue
            for at, flag in ((begin, 1), (end, 2)):
                found[at] = self._safety_item(at, begin, count, item, kind, level, flag)
        return found

    def _safety_item(
        self, at: int, begin: int, count: int, item: int, kind: int, level: int, flag: int
    ) -> tuple[bytes, tuple[Alarm, ...]]:
        points, midnight = self._track, datetime.combine(self._day, time())
        alarmed_at, began_at = (midnight + timedelta(seconds=int(points.second[which])) for which in (at, begin))
        alarm = encode.SafetyAlarm(
            alarm_id=count + 1, latitude=float(points.latitude[at]), longitude=float(points.longitude[at]),
            time=self._times[at], flag=flag, type=kind, level=level, speed_kmh=round(float(points.speed_kmh[at])),
            altitude_m=int(points.altitude_m[at]), vehicle_state=0x0401, terminal_no=self._terminal.short_no,
            identity_time=self._times[begin], identity_serial=count, attachment_count=2 if flag == 1 else 0,
        )  # fmt: skip
        written = encode.adas_item(alarm, 40, 12) if item == _ADAS else encode.dsm_item(alarm, 6 if kind == 1 else 0)
        identity = f"{self._terminal.short_no}-{began_at:%Y%m%d%H%M%S}-{count}"
        return written, (Alarm(item, kind, level, flag, alarmed_at, identity),)

    # --- everything else ---
    def _rest(self, came: list[int]) -> None:
        terminal, version = self._terminal, self._terminal.version
        first, last = int(self._track.second[came[0]]), int(self._track.second[came[-1]])
        number = terminal.terminal_no if version == 2019 else terminal.short_no
        registration = encode.registration(
            "SL808", terminal.model, number, terminal.plate_no, plate_color_code=terminal.plate_color_code,
            version=version,
        )  # fmt: skip
        name = invent.people(self._rng, 1)[0]
        card = {"driver_name": name, "certificate_no": f"4311{900_000_000 + self._number:09d}", "authority": "示例市"}
        put, taken = (encode.wire_time(datetime.combine(self._day, time()) + timedelta(seconds=at)) for at in (
            first - 10, last + 40
        ))  # fmt: skip
        self._other(first - 20, 0x0100, registration, "registration")
        code = f"SECRET{self._number:04d}"
        imei = f"8660000{self._number:08d}"
        self._other(first - 15, 0x0102, encode.authentication(code, imei, "V3.1", version), "authentication")
        self._other(first - 14, 0x0001, bytes.fromhex("0001810000"), "other")
        self._other(first - 10, 0x0702, encode.driver_card(1, put, 0, **card, expires_on="20351231"), "driver_card")
        self._other(last + 40, 0x0702, encode.driver_card(2, taken), "driver_card")
        if self._number % 3 == 0:
            self._other(last + 45, 0x0900, b"\xf7\x01\x65\x00", "other")
        leaves = self._number % 7 == 2
        if leaves:
            self._other(last + 60, 0x0003, b"", "logout")
        for hour in range(24):
            at = hour * _HOUR_S + self._number * 37 % _HOUR_S
            if at < first - 60 or (at > last + 60 and not leaves):
                self._other(at, 0x0002, b"", "heartbeat")
        if self._role == "" and self._number % 4 == 1:
            asked = came[len(came) // 2]
            self._add(int(self._track.received[asked]) + 7, self._reply(asked))

    def _reply(self, at: int) -> Make:
        def make(serial: int) -> list[Message]:
            data = self._frame(0x0201, serial, encode.reply(7, self._body(at)))
            return [self._message(int(self._track.received[at]) + 7, data, "location", "reply", (at,))]

        return make

    def _other(self, received: int, msg_id: int, body: bytes, kind: str) -> None:
        self._add(received, lambda serial: [self._message(received, self._frame(msg_id, serial, body), kind)])

    def _add(self, received: int, make: Make) -> None:
        self._events.append((received, make))

    def _frame(self, msg_id: int, serial: int, body: bytes) -> bytes:
        return encode.frame(msg_id, self._terminal.phone, serial & 0xFFFF, body, self._terminal.version)

    def _message(
        self, received: int, data: bytes, kind: str, origin: str = "", points: tuple[int, ...] = (), **more: Any
    ) -> Message:
        held = tuple(self._points[at] for at in points)
        return Message(self._day, received, self._terminal, data, kind, origin, held, **more)


def _status(points: Track) -> np.ndarray:
    """Ignition on, and positioned where there is a fix."""
    return np.where(points.has_fix, 3, 1)
