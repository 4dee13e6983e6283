"""Counts by site and hours of the day, expected for a day to come: gamma-Poisson rates shrunk to site and hours.

``y[s, b]``: what was counted at site ``s`` within the block of hours ``b`` on the ``n[s]`` days on which its scale
reported. The rate of a block and day is a product, each factor an empirical Bayes estimate by moments:

    rate[s, b] = mean × site[s] × block[b] × (K + y/e) ÷ (K + E/e),   E = n × mean × site × block

``site`` and ``block`` are shrunk to 1 in the same way (strengths A and C), the cell to the product of both (strength
K): where units differ no more than chance would have it, the strength is infinite and they share one rate. So a block
with one lucky day stands near what its site and its hours have.

Days differ by more than chance, too (weather, a closed road). ``day_strength`` (kappa) is the moment estimate of that
from the days of each cell; ``e`` = 1 + E ÷ (n × kappa) says how much less a count tells because of it.

The prediction of one day is a negative binomial of mean ``rate`` and variance rate + v·rate² + (1 + v)·rate² ÷ kappa,
where v is the relative variance of the rate: 1 ÷ (K + y/e) of the cell and, weighted by how much it leans on them, of
site, block and mean. An interval holds at least its share: counts are whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, isinf, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


def strength(counted: Floats, expected: Floats, effect: Floats | float = 1.0) -> float:
    """How much a gamma prior of mean 1 weighs, in things expected, by the spread of counts around what was expected;
    ``effect``: variance over expected of a count without it. Infinite: no spread beyond chance."""
    total = float(expected.sum())
    if total <= 0:
        return inf
    squares = float((expected**2).sum())
    chance = float((expected * effect).sum()) * (1 - squares / total**2)
    beyond = float(((counted - expected) ** 2).sum()) - chance
    return squares / beyond if beyond > 0 else inf


def shrunk(counted: Floats, expected: Floats, prior: float) -> Floats:
    """Counted over expected, moved to 1 by a prior that weighs so many things expected."""
    return np.ones_like(expected) if isinf(prior) else (prior + counted) / (prior + expected)


@dataclass(frozen=True)
class Fit:
    """``rate[s, b]``: expected of a day; ``variance[s, b]``: of the count of that day; ``days[s]``: days that reported;
    ``counts[s, b]``. The strengths are those of the module."""

    rate: Floats
    variance: Floats
    days: Whole
    counts: Whole
    mean: float
    site_strength: float
    block_strength: float
    cell_strength: float
    day_strength: float

    def interval(self, share: float) -> tuple[Whole, Whole]:
        """Lowest and highest count of each cell that hold at least so large a share, as much left out on each side."""
        low, high = np.zeros(self.rate.shape, np.int64), np.zeros(self.rate.shape, np.int64)
        for at in np.ndindex(self.rate.shape):
            low[at], high[at] = quantiles(float(self.rate[at]), float(self.variance[at]), share)
        return low, high


def fit(counts: Whole, reported: Flags) -> Fit:
    """From ``counts[s, d, b]`` of the days on which ``reported[s, d]``; counts of other days are left out."""
    seen = counts * reported[:, :, None]
    days = reported.sum(axis=1).astype(np.int64)
    cells = seen.sum(axis=1).astype(np.float64)
    blocks = counts.shape[2]
    total, exposed = float(cells.sum()), float(days.sum()) * blocks
    mean = total / exposed if exposed else 0.0
    expected = days * blocks * mean
    of_site = strength(cells.sum(axis=1), expected)
    site = shrunk(cells.sum(axis=1), expected, of_site)
    hours = np.full(blocks, float((days * mean * site).sum()))
    of_block = strength(cells.sum(axis=0), hours)
    block = shrunk(cells.sum(axis=0), hours, of_block)
    product = site[:, None] * block[None, :]
    weight = float((days[:, None] * product).sum())
    base = (total / weight if weight else 0.0) * product
    of_day = _day_strength(seen, days)
    effect = 1 + base / of_day
    expected_cells = base * days[:, None]
    of_cell = strength(cells, expected_cells, effect)
    rate = base * shrunk(cells / effect, expected_cells / effect, of_cell)
    spread = _relative(cells, total, of_site, of_block)
    if not isinf(of_cell):
        lean = of_cell / (of_cell + expected_cells / effect)
        spread = 1 / (of_cell + cells / effect) + lean**2 * spread
    variance = rate + spread * rate**2 + (1 + spread) * rate**2 / of_day
    return Fit(
        rate, variance, days, cells.astype(np.int64), mean, of_site, of_block, of_cell, of_day
    )  # fmt: skip


def _day_strength(seen: Whole, days: Whole) -> float:
    """Kappa: within each cell the squares of its days beyond those of a Poisson count, over the square of its rate."""
    more = days > 1
    if not more.any():
        return inf
    n = days[more, None].astype(np.float64)
    total = seen[more].sum(axis=1).astype(np.float64)
    around = (seen[more].astype(np.float64) ** 2).sum(axis=1) - total**2 / n
    rate = total / n
    beyond = float((around - (n - 1) * rate).sum())
    square = float(((n - 1) * (rate**2 - around / (n * (n - 1)))).sum())
    return square / beyond if beyond > 0 and square > 0 else inf


def _relative(cells: Floats, total: float, of_site: float, of_block: float) -> Floats:
    """Relative variance of the product of mean, site and block, to first order."""
    found = np.full(cells.shape, 1 / total if total else 0.0)
    if not isinf(of_site):
        found = found + 1 / (of_site + cells.sum(axis=1))[:, None]
    if not isinf(of_block):
        found = found + 1 / (of_block + cells.sum(axis=0))[None, :]
    return found


def quantiles(mean: float, variance: float, share: float) -> tuple[int, int]:
    """Both ends of a negative binomial (a Poisson where the variance is the mean) that hold at least a share."""
    if mean <= 0:
        return 0, 0
    tail = (1 - share) / 2
    most = ceil(mean + 12 * sqrt(variance) + 30)
    at = np.arange(most, dtype=np.float64)
    beyond = variance - mean
    if beyond > 1e-12 * mean:
        size = mean**2 / beyond
        first = -size * np.log1p(mean / size)
        steps = np.log((at + size) / (at + 1)) + np.log(mean / (mean + size))
    else:
        first, steps = -mean, np.log(mean / (at + 1))
    below = np.cumsum(np.exp(first + np.concatenate([[0.0], np.cumsum(steps)])))
    low, high = np.searchsorted(below, [tail, 1 - tail])
    return int(low), int(min(high, most))
