"""What cross-checks must find: scales and terminals that contradict each other, tracks that are not the vehicle's own.

Told from the points that come to the platform at all, by plain reckoning, with thresholds of the generator's own: how
long before and after a passage the next points are, and how far from the scale. A finding near a threshold is not
certain: neither to find it nor to miss it is a mistake.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from etl.demo import passages
from etl.demo.crossings import PLACES, Crossing, crossings
from etl.demo.messages import wire_times
from etl.demo.tracks import NEVER, Track, distance_km, lent, position_days, roles, track, tracked
from etl.demo.world import World

_SILENT_S, _AWAY_KM, _FASTEST_KMH, _CLOCK_S = 15 * 60, 5.0, 160.0, 120
_SURE_S, _SURE_KM = 60, 8.0
"""So far beyond a threshold a finding is certain: a frame may be lost, and clocks may differ by minutes."""
_DAY_S = 86_400
_SECONDS = pa.timestamp("s")
TABLE = pa.schema([
    ("plate_no", pa.string()), ("plate_color_code", pa.int32()), ("finding_kind", pa.string()), ("cause", pa.string()),
    ("from_at", _SECONDS), ("to_at", _SECONDS), ("site_code", pa.string()), ("check_no", pa.string()),
    ("other_plate_no", pa.string()), ("is_certain", pa.bool_()),
])  # fmt: skip
"""``cause``: what is planted in the vehicle's track, or ``misread``. ``check_no``: the passage of a ``scale_`` finding.
``other_plate_no``: whose points were sent (``copied_track``), or who sends under the same phone (``shared_phone``)."""


def findings(world: World) -> pa.Table:
    """Every finding of every day, by vehicle and time."""
    found = [each for day in position_days(world) for each in (*_at_scales(world, day), *_of_tracks(world, day))]
    rows = [dict(zip(TABLE.names, each, strict=True)) for each in found]
    return pa.Table.from_pylist(rows, TABLE).sort_by([(name, "ascending") for name in (
        "plate_no", "from_at", "finding_kind", "to_at", "check_no"
    )])  # fmt: skip


# --- scales --------------------------------------------------------------------------------------
def _at_scales(world: World, day: date) -> Iterator[tuple[Any, ...]]:
    """Passages that were delivered with a plate, and contradict the terminal of that plate."""
    table = passages.tracked_passages(world, day)
    names = ("plate_no", "plate_color_code", "passed_at", "site_code", "check_no", "is_sent", "is_dead")
    for crossing, row in zip(crossings(world, day), table.select(names).to_pylist(), strict=True):
        if row["plate_no"] is None or not row["is_sent"] or row["is_dead"]:
            continue
        kind, is_certain = contradiction(world, crossing, day)
        if crossing.cause == "original":
            # Two vehicles send as this one: whether one of them was here depends on how the two are told apart.
            kind = kind or "scale_elsewhere"
        if kind:
            yield (
                row["plate_no"], row["plate_color_code"], kind, crossing.cause, row["passed_at"], row["passed_at"],
                row["site_code"], row["check_no"], None, is_certain,
            )  # fmt: skip


@lru_cache(maxsize=256)
def _told(world: World, number: int, day: date, is_late: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Second, place and speed of the points that the platform can use for a vehicle; ``is_late``: also late ones."""
    of_role = {role: at for at, role in roles(world).items()}
    if number == of_role.get("clone"):
        return np.empty(0), np.empty((0, 2)), np.empty(0)
    parts = []
    for each in (number, *([of_role["clone"]] if number == of_role.get("original") and "clone" in of_role else [])):
        points = track(world, each, day)
        behind = (position_days(world)[-1] - day).days
        came = (points.received != NEVER) & (points.received < (behind + 1) * _DAY_S) & (is_late | ~points.is_late)
        _, _, is_timely = wire_times(world, each, day)
        usable = came & is_timely & points.has_fix & (points.latitude < 30) & (points.longitude < 120)
        parts.append(np.column_stack([points.second, points.latitude, points.longitude, points.speed_kmh])[usable])
    told = np.concatenate(parts)
    told = told[np.argsort(told[:, 0], kind="stable")]
    return told[:, 0], told[:, 1:3], told[:, 3]


def _said(world: World, crossing: Crossing, day: date, is_late: bool) -> tuple[str, bool]:
    """What a scale and a terminal contradict each other in, and whether that is beyond doubt."""
    second, places, speed = _told(world, crossing.number, day, is_late)
    gap = np.abs(second - crossing.second)
    nearest = float(gap.min()) if len(gap) else float(_DAY_S)
    if nearest > _SILENT_S:
        return "scale_silent", nearest > _SILENT_S + _SURE_S
    here = np.repeat(PLACES[[crossing.site]], len(second), axis=0)
    km = distance_km(places, here)
    around = gap <= _SILENT_S
    still = bool((speed[around] == 0).all() and np.ptp(places[around], axis=0).max() < 0.001)
    still &= bool(second[around].min() <= crossing.second <= second[around].max())
    if still and km[around].min() > _AWAY_KM:
        return "scale_parked", float(km[around].min()) > _AWAY_KM + 1
    # How much further than it could have come, or from the other side can go, in the time between.
    behind = int(np.searchsorted(second, crossing.second, "right"))
    beside = [at for at in (behind - 1, behind) if 0 <= at < len(second) and km[at] > _AWAY_KM]
    too_far = max(
        (float(km[at]) - _FASTEST_KMH * (float(gap[at]) + _CLOCK_S) / 3_600 for at in beside), default=-np.inf
    )
    if too_far > 0:
        return "scale_elsewhere", too_far > _SURE_KM
    return "", too_far < -1 and nearest < _SILENT_S - _SURE_S


def contradiction(world: World, crossing: Crossing, day: date) -> tuple[str, bool]:
    """The finding that a crossing must lead to (empty: none), and whether it is certain.

    Not certain: near a threshold, when points came late, and where two vehicles send as one.
    """
    kind, is_sure = _said(world, crossing, day, True)
    is_same = _said(world, crossing, day, False)[0] == kind
    return kind, is_sure and is_same and crossing.cause != "original"


# --- tracks --------------------------------------------------------------------------------------
def _of_tracks(world: World, day: date) -> Iterator[tuple[Any, ...]]:
    """Padded and copied stretches, jumps after which the vehicle stays, and the phone of two vehicles.

    The jumps at the ends of a copied stretch are part of it.
    """
    plates = [row["plate_no"] for row in tracked(world)]
    clone = next((number for number, role in roles(world).items() if role == "clone"), None)
    for number, row in enumerate(tracked(world)):
        points = track(world, number, day)
        vehicle = (row["plate_no"], row["plate_color_code"])
        for stretch in points.planted:
            span = (_at(day, points, stretch.first), _at(day, points, stretch.last), None, None)
            if stretch.kind == "constant_speed":
                yield (*vehicle, "constant_speed", stretch.kind, *span, None, True)
            if stretch.kind in ("copied", "borrowed"):
                whose = number if stretch.kind == "copied" else lent(world, day)[0]
                yield (*vehicle, "copied_track", stretch.kind, *span, plates[whose], True)
            if stretch.kind == "stuck":
                yield (*vehicle, "teleport", stretch.kind, *_jump(points, day, stretch.last))
        if roles(world).get(number) == "original" and clone is not None:
            span = (_at(day, points, 0), _at(day, points, -1), None, None)
            yield (*vehicle, "shared_phone", "clone", *span, plates[clone], True)


def _jump(points: Track, day: date, at: int) -> tuple[Any, ...]:
    """From a point to the next one; certain where nothing drives as fast."""
    places = np.column_stack([points.latitude, points.longitude])[at : at + 2]
    km = float(distance_km(places[:1], places[1:])[0])
    return _at(day, points, at), _at(day, points, at + 1), None, None, None, km > _SURE_KM


def _at(day: date, points: Track, at: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(seconds=int(points.second[at]))
