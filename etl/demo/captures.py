"""Captures of the terminals' port: JT/T 808 frames of the tracked vehicles, a file every six hours.

The same tracks as the positions in text, and what only the wire has: registrations, heartbeats, cards, safety alarms,
alarm words, clocks that are wrong, a terminal that was cloned, frames that were damaged. What a file holds is told
beside it, frame by frame and point by point; what was planted in the tracks is told once.
"""

import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from etl.demo import cross_findings
from etl.demo.capture_faults import spoiled
from etl.demo.messages import Message, sent, terminal_of, wire_times
from etl.demo.tracks import NEVER, Track, distance_km, position_days, roles, track, tracked
from etl.demo.world import Delivery, World, morning_after
from etl.jt808.words import ALARM_BITS

FEED = "terminal_capture"
_HOURS = (0, 6, 12, 18)
_HOUR_S, _DAY_S = 3_600, 86_400
_SECONDS = pa.timestamp("s")
_VEHICLE = [("plate_no", pa.string()), ("plate_color_code", pa.int32()), ("terminal_phone", pa.string())]

FRAMES = pa.schema([
    ("delivery", pa.string()), ("outcome", pa.string()), ("reason", pa.string()), ("detail", pa.string()),
    ("frames", pa.int64()), ("bytes", pa.int64()),
])  # fmt: skip
"""Truth of a file: frames and their bytes by what must become of them."""
RECORDS = pa.schema([
    ("delivery", pa.string()), ("terminal_record_kind", pa.string()), ("records", pa.int64()),
])  # fmt: skip
"""Truth of a file: records that must be accepted."""
DAMAGED = pa.schema([
    ("delivery", pa.string()), ("byte_offset", pa.int64()), ("length", pa.int64()), ("fault", pa.string()),
    ("reason", pa.string()), ("detail", pa.string()), ("terminal_phone", pa.string()),
])  # fmt: skip
"""Truth of a file: every frame that something happened to, also those that are read all the same (no reason)."""
POSITIONS = pa.schema([
    ("delivery", pa.string()), ("byte_offset", pa.int64()), *_VEHICLE, ("positioned_at", _SECONDS),
    ("recorded_at", _SECONDS), ("wire_time", pa.string()), ("report_origin", pa.string()),
    ("latitude", pa.float64()), ("longitude", pa.float64()),
    ("altitude_m", pa.int32()), ("terminal_speed_kmh", pa.float64()), ("heading_deg", pa.int32()),
    ("alarm_flags", pa.int64()), ("status_flags", pa.int64()), ("odometer_km", pa.float64()),
    ("recorder_speed_kmh", pa.float64()),
])  # fmt: skip
"""Truth of a file: positions by frame. The plate is of the vehicle that was there (a clone's phone is another's);
``positioned_at`` is true, ``wire_time`` what the terminal's clock shows, ``recorded_at`` what the platform must make of
it."""
SAFETY = pa.schema([
    ("delivery", pa.string()), ("byte_offset", pa.int64()), ("terminal_phone", pa.string()),
    ("safety_item", pa.int32()), ("alarm_type_code", pa.int32()), ("alarm_level", pa.int32()),
    ("alarm_state_code", pa.int32()), ("recorded_at", _SECONDS), ("alarm_identity", pa.string()),
])  # fmt: skip
STRETCHES = pa.schema([
    *_VEHICLE, ("kind", pa.string()), ("from_at", _SECONDS), ("to_at", _SECONDS), ("points", pa.int64()),
    ("distance_km", pa.float64()), ("max_speed_kmh", pa.float64()), ("longest_stop_s", pa.int64()),
    ("received_at", _SECONDS),
])  # fmt: skip
"""Truth of the tracks: what was planted, from its first to its last point. Points of ``backfill`` came at
``received_at`` or soon after, those of ``lost`` never. ``distance_km``: from the first point to the last as the crow
flies (of ``backfill`` and ``lost`` from the point before to the point behind)."""
CLOCKS = pa.schema([
    *_VEHICLE, ("kind", pa.string()), ("from_at", _SECONDS), ("to_at", _SECONDS), ("points", pa.int64()),
])  # fmt: skip
ALARM_RUNS = pa.schema([
    *_VEHICLE, ("alarm_bit", pa.int32()), ("alarm", pa.string()), ("from_at", _SECONDS), ("to_at", _SECONDS),
    ("points", pa.int64()),
])  # fmt: skip
CLONES = pa.schema([
    *_VEHICLE, ("clone_plate_no", pa.string()), ("clone_plate_color_code", pa.int32()), ("nearest_km", pa.float64()),
])  # fmt: skip


# --- files ---------------------------------------------------------------------------------------
def deliveries(world: World) -> Iterator[Delivery]:
    """Four files a day; what came after midnight is in the next day's, after the last midnight in none."""
    waiting: list[Message] = []
    for day in position_days(world):
        known = [*waiting, *sent(world, day)]
        when = np.array([each.received + (each.day - day).days * _DAY_S for each in known])
        waiting = [known[at] for at in np.flatnonzero(when >= _DAY_S).tolist()]
        order = np.argsort(when, kind="stable")
        for hour in _HOURS:
            is_now = (when[order] >= hour * _HOUR_S) & (when[order] < (hour + 6) * _HOUR_S)
            part = [known[at] for at in order[is_now].tolist()]
            name = f"{FEED}_{day:%Y%m%d}-{hour:02d}.jt808.gz"
            told = spoiled(part, world.rng("capture_faults", name), edges=hour == 12)
            data = b"".join(each.data for each in told)
            at = morning_after(day, 1)
            yield Delivery(FEED, name, None, day, at, gzip.compress(data, 1, mtime=0), _of_file(world, name, told))


def _of_file(world: World, name: str, told: list[Message]) -> dict[str, pa.Table]:
    ends = np.cumsum([len(each.data) for each in told])
    starts = [int(end) - len(each.data) - each.borrows for end, each in zip(ends, told, strict=True)]
    lengths = np.diff([*starts, int(ends[-1])]).tolist()
    frames: Counter[tuple[str, str, str]] = Counter()
    sizes: Counter[tuple[str, str, str]] = Counter()
    records: Counter[str] = Counter()
    damaged = []
    for message, start, length in zip(told, starts, lengths, strict=True):
        key = (message.outcome, message.reason, message.detail)
        frames[key] += 1
        sizes[key] += length
        if not message.reason:
            records[message.kind] += max(1, len(message.points))
            records["safety_alarm"] += len(message.alarms)
        if message.fault:
            damaged.append((
                name, start, length, message.fault, message.reason, message.detail, message.terminal.phone,
            ))  # fmt: skip
    return {
        "capture_frames": _table(FRAMES, [(name, *key, frames[key], sizes[key]) for key in sorted(frames)]),
        "capture_records": _table(RECORDS, [(name, *each) for each in sorted(records.items()) if each[1]]),
        "capture_damaged": _table(DAMAGED, damaged),
        "capture_position": _positions(world, name, told, starts),
        "capture_safety_alarm": _table(SAFETY, [
            (
                name, start, message.terminal.phone, alarm.item, alarm.type, alarm.level, alarm.flag,
                alarm.alarmed_at, alarm.identity,
            )
            for message, start in zip(told, starts, strict=True)
            for alarm in message.alarms
        ]),
    }  # fmt: skip


def _positions(world: World, name: str, told: list[Message], starts: list[int]) -> pa.Table:
    """Gathered a track at a time: a file holds points of one vehicle on two days at most."""
    held = [
        (message.terminal.number, message.day, point.at, point.is_timely, start, message.origin)
        for message, start in zip(told, starts, strict=True)
        for point in message.points
    ]
    parts = []
    for (number, day), group in groupby(sorted(held, key=lambda each: each[:2]), key=lambda each: each[:2]):
        points, vehicle = track(world, number, day), tracked(world)[number]
        written, _, _ = wire_times(world, number, day)
        _, _, ats, timely, offsets, origins = zip(*group, strict=True)
        at, is_timely = np.array(ats, int), np.array(timely, bool)
        when = np.datetime64(day, "s") + points.second[at]
        parts.append(pa.table([
            [name] * len(at), pa.array(offsets, pa.int64()), [vehicle["plate_no"]] * len(at),
            pa.array([vehicle["plate_color_code"]] * len(at), pa.int32()),
            [terminal_of(world, number).phone] * len(at), when, pa.array(when, mask=~is_timely),
            [written[which] for which in ats], list(origins),
            points.latitude[at], points.longitude[at], pa.array(points.altitude_m[at], pa.int32()),
            points.speed_kmh[at], pa.array(points.heading_deg[at], pa.int32()), points.alarm_flags[at],
            np.where(points.has_fix[at], 3, 1), points.odometer_km[at], points.recorder_speed_kmh[at],
        ], schema=POSITIONS))  # fmt: skip
    return pa.concat_tables(parts) if parts else POSITIONS.empty_table()


# --- what is planted in the tracks ---------------------------------------------------------------
def truth(world: World) -> dict[str, pa.Table]:
    """Stretches, clocks, alarms by the alarm word, the clone, and what cross-checks must find, of all days."""
    stretches, clocks, alarms = [], [], []
    for day in position_days(world):
        for number, row in enumerate(tracked(world)):
            points = track(world, number, day)
            phone = terminal_of(world, number).phone
            vehicle = (row["plate_no"], row["plate_color_code"], phone)
            stretches += [(*vehicle, *_told(points, day, number)) for number in range(len(points.planted))]
            clocks += [(*vehicle, *each) for each in _clock_errors(world, number, day)]
            alarms += [(*vehicle, *each) for each in _alarm_runs(points, day)]
    return {
        "track_stretch": _table(STRETCHES, stretches), "clock_error": _table(CLOCKS, clocks),
        "terminal_alarm_run": _table(ALARM_RUNS, alarms), "cloned_terminal": _table(CLONES, _clones(world)),
        "cross_finding": cross_findings.findings(world),
    }  # fmt: skip


def _at(day: date, second: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(seconds=int(second))


def _told(points: Track, day: date, which: int) -> tuple[Any, ...]:
    """A row of ``STRETCHES`` after the vehicle."""
    stretch = points.planted[which]
    first, last = stretch.first, stretch.last
    is_away = stretch.kind in ("backfill", "lost")
    ends = [first - is_away, last + is_away]
    places = np.column_stack([points.latitude[ends], points.longitude[ends]])
    return (
        stretch.kind, _at(day, points.second[first]), _at(day, points.second[last]), last - first + 1,
        round(float(distance_km(places[:1], places[1:])[0]), 3), float(points.speed_kmh[first : last + 1].max()),
        stretch.stop_s, _at(day, points.received[first]) if stretch.kind == "backfill" else None,
    )  # fmt: skip


def _clock_errors(world: World, number: int, day: date) -> Iterator[tuple[Any, ...]]:
    points, role = track(world, number, day), roles(world).get(number, "")
    _, shown, is_timely = wire_times(world, number, day)
    wrong = [
        (role if role != "clock_unset" else f"clock_{'1970' if shown[at].year > 2000 else '2000'}", at)
        for at in np.flatnonzero(~is_timely).tolist()
    ]
    for kind, group in groupby(wrong, key=lambda each: each[0]):
        at = [each for _, each in group]
        yield kind, _at(day, points.second[at[0]]), _at(day, points.second[at[-1]]), len(at)


def _alarm_runs(points: Track, day: date) -> Iterator[tuple[Any, ...]]:
    """Alarms of the alarm word: from the first to the last point that has the bit."""
    for bit in ALARM_BITS:
        has = np.flatnonzero((points.alarm_flags >> bit.bit & 1) & (points.received != NEVER))
        for run in np.split(has, np.flatnonzero(np.diff(has) > 1) + 1):
            if len(run):
                yield bit.bit, bit.en, _at(day, points.second[run[0]]), _at(day, points.second[run[-1]]), len(run)


def _clones(world: World) -> list[tuple[Any, ...]]:
    """The terminal, the vehicle it belongs to, the vehicle that sends as it, and how near the two ever were."""
    number_of = {role: number for number, role in roles(world).items()}
    if "clone" not in number_of:
        return []
    original, clone = (tracked(world)[number_of[role]] for role in ("original", "clone"))
    nearest = min(
        _nearest_km(track(world, number_of["original"], day), track(world, number_of["clone"], day))
        for day in position_days(world)
    )
    return [(
        original["plate_no"], original["plate_color_code"], original["terminal_phone"], clone["plate_no"],
        clone["plate_color_code"], round(nearest, 3),
    )]  # fmt: skip


def _nearest_km(one: Track, other: Track) -> float:
    a, b = (np.column_stack([each.latitude, each.longitude]) for each in (one, other))
    return min(float(distance_km(np.repeat(place[None], len(b), axis=0), b).min()) for place in a)


def _table(schema: pa.Schema, rows: list[tuple[Any, ...]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
