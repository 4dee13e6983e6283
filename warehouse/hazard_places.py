"""Hazards at the same place: a removal that did not last shows as another registration there.

The same place: the same road within so many metres by chainage, positions as near where the road does not tell, or of
an enterprise the same description. A position at 0/0 is none. Only hazards of one category are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warehouse.hazards import Hazard

_EARTH_M = 6_371_000


def same_place_since(hazards: Sequence[Hazard], days: int, distance_m: float) -> dict[str, str]:
    """Numbers of closed hazards, and of the first one registered at the same place within ``days`` of the closure."""
    found: dict[str, str] = {}
    alike: dict[tuple[Any, ...], list[Hazard]] = defaultdict(list)
    for one in hazards:
        for key in _neighbourhoods(one, distance_m):
            alike[key].append(one)
    for one in hazards:
        if one.first_closed_on is None:
            continue
        until = one.first_closed_on + timedelta(days=days)
        near = {other for key in _neighbourhoods(one, distance_m) for other in alike[key]}
        since = [
            (other.registered_on, other.hazard_no)
            for other in near
            if other.hazard_no != one.hazard_no
            and one.first_closed_on <= other.registered_on <= until
            and _is_same_place(one, other, distance_m)
        ]
        if since:
            found[one.hazard_no] = min(since)[1]
    return found


def _neighbourhoods(one: Hazard, distance_m: float) -> list[tuple[Any, ...]]:
    """Keys that hazards of one place share: cells at least as wide as the distance, with their neighbours."""
    keys: list[tuple[Any, ...]] = []
    if one.category == "ENT":
        return [("firm", one.uscc, one.description)] if one.uscc else []
    if one.road_code is not None and one.chainage_km is not None:
        cell = int(one.chainage_km * 1_000 // max(distance_m, 1))
        keys += [("road", one.category, one.road_code, cell + step) for step in (-1, 0, 1)]
    if one.latitude and one.longitude:
        width = max(distance_m, 1) / 50_000  # degrees; a degree is longer than 50 km up to latitude 63
        row, column = int(one.latitude // width), int(one.longitude // width)
        keys += [("place", one.category, row + up, column + along) for up in (-1, 0, 1) for along in (-1, 0, 1)]
    return keys


def _is_same_place(one: Hazard, other: Hazard, distance_m: float) -> bool:
    if one.category == "ENT":
        return (one.uscc, one.description) == (other.uscc, other.description)
    is_one_road = one.road_code is not None and one.road_code == other.road_code
    if is_one_road and one.chainage_km is not None and other.chainage_km is not None:
        return abs(one.chainage_km - other.chainage_km) * 1_000 <= distance_m + 1e-6
    if one.latitude and one.longitude and other.latitude and other.longitude:
        return _metres(one.latitude, one.longitude, other.latitude, other.longitude) <= distance_m
    return False


def _metres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance."""
    up, along = radians(other_latitude - latitude), radians(other_longitude - longitude)
    part = sin(up / 2) ** 2 + cos(radians(latitude)) * cos(radians(other_latitude)) * sin(along / 2) ** 2
    return 2 * _EARTH_M * asin(sqrt(part))
