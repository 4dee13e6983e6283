"""When tracked vehicles passed a scale.

A vehicle passes a scale where its way comes within 600 m of a site; most take the lane beside it. One plate a day is
misread, far from the vehicle it belongs to.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from etl.demo import planted
from etl.demo.places import SITES
from etl.demo.tracks import EVERY_S, distance_km, position_days, roles, track, tracked, way
from etl.demo.world import World

_NEAR_KM, _FAR_KM = 0.6, 40.0
PLACES = np.array([(site.latitude, site.longitude) for site in SITES])
"""Of the sites, in the order of ``world.sites``."""
_KM_A_DEGREE = 6_371.0 * np.pi / 180
SURELY_READ = ("switched_off", "left_behind", "misread")
"""Crossings that are planted: their plates are read well."""
_ALWAYS_WEIGHED = (*SURELY_READ, "lost", "borrowed", "stuck")
_WEIGHED_SHARE = 0.25
"""Of all other vehicles."""


@dataclass(frozen=True)
class Crossing:
    """A vehicle (by its number among ``tracked``) at a site (by its place in ``world.sites``), or its plate alone.

    ``cause``: what is planted in the vehicle's track, or ``misread``; empty for most.
    """

    number: int
    site: int
    second: int
    speed_kmh: float
    cause: str


@lru_cache(maxsize=8)
def crossings(world: World, day: date) -> tuple[Crossing, ...]:
    """The crossings of a day that are weighed, by time; only days of positions have some."""
    if day not in position_days(world):
        return ()
    rng = world.rng("crossings", str(day))
    found = [
        Crossing(number, site, second, speed, roles(world).get(number, ""))
        for number in range(len(tracked(world)))
        for site, second, speed in _near_sites(world, number, day)
        if rng.random() < _WEIGHED_SHARE or roles(world).get(number) in _ALWAYS_WEIGHED
    ]
    return tuple(sorted([*found, *_misread(world, day)], key=lambda each: (each.second, each.number, each.site)))


def _near_sites(world: World, number: int, day: date) -> list[tuple[int, int, float]]:
    """Site, second and speed of each crossing: where a drive is nearest to a site, on the way between two points."""
    made = way(world, number, day)
    north = np.subtract.outer(made.latitude, PLACES[:, 0]) * _KM_A_DEGREE
    east = np.subtract.outer(made.longitude, PLACES[:, 1]) * _KM_A_DEGREE * np.cos(np.radians(PLACES[:, 0]))
    opened = np.array(world.sites["valid_from"].to_pylist()[: len(SITES)], "datetime64[D]") <= np.datetime64(day)
    # Two points are never further apart than a kilometre.
    near = np.flatnonzero(((north**2 + east**2).min(axis=0) < (_NEAR_KM + 1) ** 2) & opened)
    north, east = north[:, near], east[:, near]
    along_n, along_e = np.diff(north, axis=0), np.diff(east, axis=0)
    length = along_n**2 + along_e**2
    is_moving = (length > 1e-6) & (made.speed_kmh[:-1, None] > 0)
    share = np.clip(-(north[:-1] * along_n + east[:-1] * along_e) / np.where(is_moving, length, 1.0), 0, 1)
    km = np.where(is_moving, np.hypot(north[:-1] + share * along_n, east[:-1] + share * along_e), np.inf)
    drive = np.cumsum(np.concatenate([[0], np.diff(is_moving.any(axis=1).astype(int)) > 0]))
    found = []
    for column, site in enumerate(near.tolist()):
        for one in np.unique(drive[km[:, column] < _NEAR_KM]).tolist():
            at = int(np.argmin(np.where(drive == one, km[:, column], np.inf)))
            second = int(made.second[at]) + round(float(share[at, column]) * EVERY_S)
            found.append((site, second, float(made.speed_kmh[at])))
    return found


def _misread(world: World, day: date) -> list[Crossing]:
    """The plate of a vehicle that does nothing else, read at a sound site far away in the first drive of the day."""
    number = next((at for at in range(len(tracked(world))) if at not in roles(world)), None)
    if number is None:
        return []
    made, rng = track(world, number, day), world.rng("misread_crossing", str(day))
    at = int(np.flatnonzero(made.speed_kmh > 0)[0]) + int(rng.integers(8, 24))
    here = np.array([[made.latitude[at], made.longitude[at]]])
    km = distance_km(np.repeat(here, len(SITES), axis=0), PLACES)
    rows, exact = world.sites.select(["site_code", "layout"]).to_pylist()[: len(SITES)], planted.exact_sites(world)
    sound = [
        site for site, row in enumerate(rows)
        if km[site] > _FAR_KM and row["layout"] != "wim_passage_preview" and row["site_code"] in exact
    ]  # fmt: skip
    site = sound[int(rng.integers(0, len(sound)))]
    return [Crossing(number, site, int(made.second[at]) + 11, float(rng.uniform(42, 66)), "misread")]
