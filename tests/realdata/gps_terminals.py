"""The real GPS traces as terminals of invented vehicles would have sent them: points, and hourly captures of JT/T 808.

What the traces do not tell is made up plainly. Their days with data, one after the other, become those of the calendar
here, some of them a vehicle each. A trace from abroad is moved to Hunan; one that stays where and when it was is a
terminal that sends just that. A speed that is missing is the way from the point before.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import kpi_reference as reference
from kpi_reference import Point

from etl.jt808 import encode

Rows = list[dict[str, str]]
FIRST = date(2026, 1, 5)
DAYS = 4
STREET = FIRST + timedelta(DAYS)
"""The day of the short traces: those of the drone, and the one without times."""
MORNING = timedelta(hours=8)  # the drone's clocks begin at 00:00 of 1970
FASTEST_KMH = 160
"""What a receiver tells at most; a jump in its places is not one in its speed, which it measures by itself."""


class Fix(NamedTuple):
    """A point of a trace. Its time is cut to whole seconds: the wire has no others."""

    at: datetime
    latitude: float
    longitude: float
    speed: float | None = None


@dataclass(frozen=True)
class Vehicle:
    """``is_untimed``: its clock was never set and counts from 1970."""

    plate: str
    phone: str
    points: list[Point]
    is_untimed: bool = False


def vehicles(rows: Callable[[str], Rows]) -> list[Vehicle]:
    """Every vehicle; no two of them share a plate or a phone."""
    beijing = [
        Fix(datetime.fromisoformat(row["datetime"]), float(row["lat"]), float(row["lng"]))
        for row in rows("gps/geolife_beijing_user001.csv.gz")
    ]
    austin = [
        Fix(datetime.fromisoformat(row["timestamp"]), float(row["lat"]), float(row["lon"]))
        for row in rows("gps/austin_vehicle_trips.csv.gz")
    ]
    drone: dict[str, list[Fix]] = defaultdict(list)
    for row in rows("gps/athens_pneuma_drone_tracks.csv.gz"):
        clock = datetime.fromisoformat(row["time"]).replace(microsecond=0)
        at = datetime.combine(STREET, clock.time()) + MORNING
        drone[row["track_id"]].append(Fix(at, float(row["lat"]), float(row["lon"]), float(row["speed"])))
    area = [
        Fix(datetime.combine(STREET, datetime.min.time()) + n * timedelta(seconds=30), *(float(v) for v in one))
        for n, row in enumerate(rows("gps/jt808_area_test_track.csv"))
        for one in [(row["lat"], row["lon"], row["speed"])]
    ]
    told = [
        *(("1", told_by(part)) for part in parts(beijing)),
        *(("2", told_by(part, -3.8, 209.3)) for part in parts(austin)),
        ("3", told_by(next(parts(austin)))),
        ("4", told_by(area)),
        *(("5", told_by(track, -11.5, 87.9)) for track in drone.values()),
        *(("6", told_by(track)) for track in drone.values()),
        ("7", told_by(next(parts(austin)), -3.8, 209.3)),  # sends what the first of "2" sends
    ]
    return [
        Vehicle(f"湘MG{kind}{n:03d}", f"1390001{n:04d}", points, kind == "6") for n, (kind, points) in enumerate(told)
    ]


def parts(fixes: list[Fix]) -> Iterator[list[Fix]]:
    """The trace cut after every ``DAYS`` days with data, each part on the same calendar."""
    days = sorted({fix.at.date() for fix in fixes})
    for first in range(0, len(days), DAYS):
        calendar = {day: FIRST + timedelta(at) for at, day in enumerate(days[first : first + DAYS])}
        yield [
            fix._replace(at=datetime.combine(calendar[fix.at.date()], fix.at.time()))
            for fix in fixes
            if fix.at.date() in calendar
        ]


def told_by(fixes: Iterable[Fix], north: float = 0, east: float = 0) -> list[Point]:
    """The points as a terminal sends them, moved north and east: what the wire can say.

    Of two points of one instant the second comes as backfill.
    """
    told: list[Point] = []
    before: Point | None = None
    for fix in sorted(fixes, key=lambda one: one.at):
        at = fix.at.replace(microsecond=0)
        latitude, longitude = wire(fix.latitude + north, 6), wire(fix.longitude + east, 6)
        place = Point(at, latitude, longitude, 0)
        seconds = reference.seconds(before, place) if before else None
        speed = fix.speed
        if speed is None:
            speed = reference.metres(before, place) * 3.6 / seconds if before and seconds and seconds <= 60 else 0
        told.append(
            Point(
                at, latitude, longitude, wire(min(speed, FASTEST_KMH), 1), bearing(before, place), 50,
                origin="backfill" if seconds == 0 else "report", day=at.date(),
            )
        )  # fmt: skip
        before = told[-1]
    return told


def wire(value: float, digits: int) -> float:
    """``value`` as the wire has it, whole counts of a power of ten."""
    return round(value * 10**digits) / 10**digits


def bearing(one: Point | None, other: Point) -> int:
    if one is None:
        return 0
    east = (other.longitude - one.longitude) * math.cos(math.radians(one.latitude))
    return round(math.degrees(math.atan2(east, other.latitude - one.latitude))) % 360


def captures(fleet: list[Vehicle]) -> dict[str, bytes]:
    """The capture of every hour in which one of them sent, by its name; frames in the order of their times."""
    sent: dict[datetime, list[tuple[datetime, str, int, bytes]]] = defaultdict(list)
    for vehicle in fleet:
        for serial, point in enumerate(vehicle.points):
            assert point.at is not None
            hour = point.at.replace(minute=0, second=0)
            sent[hour].append((point.at, vehicle.phone, serial, frame(vehicle, serial, point, point.at)))
    return {
        f"terminal_capture_{hour:%Y%m%d-%H}.jt808": b"".join(data for *_, data in sorted(sent[hour]))
        for hour in sorted(sent)
    }


def frame(vehicle: Vehicle, serial: int, point: Point, at: datetime) -> bytes:
    clock = encode.wire_time(at)
    if vehicle.is_untimed:
        clock = f"700101{at - MORNING:%H%M%S}"
    body = encode.location(
        point.latitude, point.longitude, clock, speed_kmh=point.speed or 0, altitude_m=point.altitude or 0,
        direction_deg=point.heading or 0,
    )  # fmt: skip
    if point.origin == "backfill":
        return encode.frame(0x0704, vehicle.phone, serial % 65536, encode.batch([body], 1))
    return encode.frame(0x0200, vehicle.phone, serial % 65536, body)
