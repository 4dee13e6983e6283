"""Trucks: kinds with masses and axles, and the fleet that drives through the prefecture.

Arrays, not rows: ten million passages draw their vehicle from here.

The limits here are numbers of the generator's own, on purpose: truth that read the platform's seeds would agree
with a wrong seed. ``tests/demo/test_passages.py`` compares the two through the platform's own models. They are those
of the rules in force since 2016-09-21; ``world.FIRST_DAY`` says from when on the generator makes days.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from etl.demo import invent
from etl.demo.places import COUNTIES


@dataclass(frozen=True)
class Kind:
    """A kind of truck: axle type code, share of the fleet, masses, and how load spreads over its axles.

    ``limit_kg``: of 令2016-62 art. 3, whoever knows the truck. The two unknown limits are the lowest and the highest
    that may be meant for a truck outside the register, by what a site can see of it: weights are drawn outside of
    the two, so that most verdicts need no more than that. The truth is ``limit_kg``.
    """

    code: str
    share: float
    tare_kg: int
    limit_kg: int
    unknown_low_kg: int
    unknown_high_kg: int
    loads: tuple[float, ...]
    spacings: tuple[float, ...]
    kind: str
    vehicle_type: str
    own_axles: int
    drive_axles: int

    @property
    def axles(self) -> int:
        return len(self.loads)


KINDS = (
    Kind("12", 0.12, 2400, 4495, 18000, 18000, (0.38, 0.62), (3.4,), "rigid", "H3", 2, 1),
    Kind("12", 0.17, 6200, 18000, 18000, 18000, (0.34, 0.66), (4.9,), "rigid", "H1", 2, 1),
    Kind("15", 0.08, 10200, 25000, 25000, 27000, (0.25, 0.375, 0.375), (4.3, 1.35), "rigid", "H1", 3, 2),
    Kind("122", 0.015, 10800, 27000, 25000, 27000, (0.2, 0.42, 0.38), (3.5, 6.2), "combination", "Q", 2, 1),
    Kind("115", 0.18, 13000, 31000, 31000, 36000, (0.17, 0.18, 0.325, 0.325), (1.95, 4.2, 1.35), "rigid", "H1", 4, 2),
    Kind(
        "125", 0.025, 12600, 36000, 31000, 36000, (0.16, 0.34, 0.25, 0.25), (3.6, 6.6, 1.31), "combination", "Q", 2, 1
    ),
    Kind(
        "155",
        0.04,
        15200,
        43000,
        43000,
        43000,
        (0.14, 0.21, 0.21, 0.22, 0.22),
        (3.4, 1.35, 6.8, 1.31),
        "combination",
        "Q",
        3,
        2,
    ),
    Kind(
        "127",
        0.03,
        14200,
        43000,
        43000,
        43000,
        (0.14, 0.26, 0.2, 0.2, 0.2),
        (3.6, 6.3, 1.31, 1.31),
        "combination",
        "Q",
        2,
        1,
    ),
    Kind(
        "157",
        0.31,
        15800,
        49000,
        46000,
        49000,
        (0.125, 0.175, 0.175, 0.175, 0.175, 0.175),
        (3.3, 1.35, 6.7, 1.31, 1.31),
        "combination",
        "Q",
        3,
        2,
    ),
    Kind(
        "1127",
        0.02,
        16400,
        46000,
        46000,
        49000,
        (0.1, 0.1, 0.24, 0.187, 0.187, 0.186),
        (1.85, 2.9, 6.3, 1.31, 1.31),
        "combination",
        "Q",
        3,
        1,
    ),
    Kind("12", 0.01, 1700, 3600, 18000, 18000, (0.4, 0.6), (3.1,), "agricultural", "T", 2, 1),
)
LIGHT, RIGID_2, RIGID_4, ARTICULATED_6, FARM = 0, 1, 4, 8, 10
SIX_AXLES = (8, 9)
"""Positions in ``KINDS`` that the generator asks for by name."""
MAX_AXLES = 8
SINGLE_TYRE_KG = 3_000
"""Each single-tyred axle of a group or of a trailer lowers the limit by this (令2016-62 art. 3, second paragraph)."""


def of_kinds(name: str) -> np.ndarray:
    """A property of every kind, as an array to index by kind."""
    return np.array([getattr(kind, name) for kind in KINDS])


@dataclass(frozen=True)
class Fleet:
    """Registered vehicles first (``registered`` of them), then trucks that no register of ours knows.

    ``kind``: position in ``KINDS``. ``popularity``: how often a truck is on the road. ``limit_kg``: by law.
    ``has_air``: air suspension, of six-axle articulated trucks only: it raises the limit of trucks with three or
    four axles, so not theirs. ``single_tyres``: axles with single tyres, each of which lowers the limit.
    ``propensity``: how readily it is loaded over the limit. ``enterprise``: position among the freight firms.
    """

    plate: np.ndarray
    color: np.ndarray
    kind: np.ndarray
    registered: int
    gross_mass_kg: np.ndarray
    limit_kg: np.ndarray
    home: np.ndarray
    popularity: np.ndarray
    propensity: np.ndarray
    is_tipper: np.ndarray
    has_air: np.ndarray
    single_tyres: np.ndarray
    stretch: np.ndarray
    enterprise: np.ndarray

    def of_type(self, name: str) -> Any:
        """A property of each truck's kind."""
        return of_kinds(name)[self.kind]

    def readings(self, vehicle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and the highest limit (kg) that may be meant for each vehicle; one where the register knows it."""
        kind, known = self.kind[vehicle], vehicle < self.registered
        less = SINGLE_TYRE_KG * self.single_tyres[vehicle]
        low, high = (of_kinds(name)[kind] - less for name in ("unknown_low_kg", "unknown_high_kg"))
        return np.where(known, self.limit_kg[vehicle], low), np.where(known, self.limit_kg[vehicle], high)

    @property
    def mean_propensity(self) -> float:
        own = slice(0, self.registered)
        registered = np.average(self.propensity[own], weights=self.popularity[own])
        return float(0.72 * registered + 0.28 * self.propensity[self.registered :].mean())


_ELSEWHERE = ("湘D", "湘L", "湘E", "湘A", "粤R", "粤A", "粤F", "桂C", "桂H", "桂J", "赣B", "鄂A", "豫R", "贵H")


def make_fleet(rng: np.random.Generator, registered: int, transit: int, firms: int) -> Fleet:
    """``firms``: number of freight enterprises the registered trucks belong to."""
    total = registered + transit
    kind = rng.choice(len(KINDS), total, p=of_kinds("share"))
    # The light and farm trucks of others would have no limit of their own without a register.
    kind[registered:][np.isin(kind[registered:], (LIGHT, FARM))] = RIGID_2
    local = np.concatenate([rng.random(registered) < 0.88, rng.random(transit) < 0.03])
    heads = np.where(local, "湘M", rng.choice(np.array(_ELSEWHERE), total))
    plate = _plates(rng, heads)
    color = np.where(kind == LIGHT, 1, np.where(kind == FARM, 91, 2))
    electric = np.flatnonzero((rng.random(total) < 0.02) & np.isin(kind, (RIGID_2, RIGID_4, ARTICULATED_6)))
    plate[electric] = [f"{heads[at]}{10_000 + at % 90_000:05d}{'DFAGBC'[at // 90_000]}" for at in electric.tolist()]
    color[electric] = 93
    limit = of_kinds("limit_kg")[kind]
    gross_mass = limit.copy()
    # Licences of two-axle trucks from elsewhere are taken to say 18 t: nobody here could know of less.
    two = np.flatnonzero(kind[:registered] == RIGID_2)
    gross_mass[two] = rng.choice([11_995, 15_990, 17_990, 18_000], len(two))
    single_tyres = np.where(np.isin(kind, SIX_AXLES) & (rng.random(total) < 0.006), 3, 0)
    limit = np.minimum(limit, gross_mass) - SINGLE_TYRE_KG * single_tyres
    tractor = np.isin(kind, (3, 5, 6, 7, 8, 9))
    gross_mass[tractor] = np.where(np.isin(kind[tractor], (6, 8, 9)), 25_000, 18_000)
    return Fleet(
        plate=plate,
        color=color,
        kind=kind,
        registered=registered,
        gross_mass_kg=gross_mass,
        limit_kg=limit,
        home=rng.choice(sorted(COUNTIES), total),
        popularity=np.minimum(rng.pareto(2.2, total) + 0.4, 3.0),
        # Most trucks keep to the limit; a few go over it again and again.
        propensity=rng.choice([0.2, 1.0, 3.0, 6.0], total, p=[0.66, 0.24, 0.08, 0.02]),
        is_tipper=(kind == RIGID_4) & (rng.random(total) < 0.45),
        has_air=(kind == ARTICULATED_6) & (rng.random(total) < 0.05),
        single_tyres=single_tyres,
        stretch=rng.uniform(0.94, 1.08, total),
        enterprise=rng.integers(0, firms, total),
    )


def _plates(rng: np.random.Generator, heads: np.ndarray) -> np.ndarray:
    """Plates, all different: drawn for each head on its own, since one head has only so many."""
    plate = np.empty(len(heads), "U9")
    for head in np.unique(heads):
        at = np.flatnonzero(heads == head)
        plate[at] = invent.plates(rng, heads[at])
    return plate
