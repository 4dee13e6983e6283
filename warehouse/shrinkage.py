"""Rates of small units told fairly: shrunk toward the rate of all, places with intervals, and who cannot be told apart.

A unit's true rate is taken for one draw of a beta distribution around the rate of all (its prior), and what was counted
for a binomial draw of it. How far units differ beyond chance (``rho``) is estimated by moments (Kleinman, 1973); where
they differ no more than chance would have it, every unit has the rate of all. Shrunk = rate of all + n ÷ (n + strength)
× (own rate − rate of all): a unit with few things looked at is moved most.

Things that come together (alarms of one vehicle, deadlines of one case) tell less than as many independent ones. The
design effect says how much less: n is the denominator divided by it.

Intervals come from a parametric bootstrap (Laird and Louis, 1987, type III): of each replicate the prior is fitted
anew to counts drawn from the fitted model, and the units' rates are drawn given what was counted. Leaving the prior as
it is would call units apart that differ by chance. The draws are seeded: equal counts give equal intervals.

Two units cannot be told apart if some place lies in the interval of both. A group is all units that may hold one and
the same place, and no group lies within another; a unit may be in two groups next to each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
REPLICATES = 2_000
SEED = 74
_LARGEST_RHO = 0.99
"""Keeps a prior from having no strength at all, where every unit has all or nothing."""


@dataclass(frozen=True)
class Counts:
    """What was counted of one unit, in ``clusters`` that come together: sums of numerators and denominators, of their
    squares and of their products."""

    clusters: int
    numerator: int
    denominator: int
    numerator_squares: int
    products: int
    denominator_squares: int

    @property
    def rate(self) -> float:
        return self.numerator / self.denominator


def of_singles(count: int, good: int) -> Counts:
    """Things that are looked at one by one."""
    return Counts(count, good, count, good, good, count)


def design_effect(counts: Sequence[Counts]) -> float:
    """How many times the variance of independent things the rates have, at least 1.

    Estimated within units around their own rates; where that cannot be (one cluster a unit, or no variance), a cluster
    is taken for one thing looked at.
    """
    clusters = sum(one.clusters for one in counts)
    denominator = sum(one.denominator for one in counts)
    if sum(one.denominator_squares for one in counts) == denominator == clusters:
        return 1.0
    free = clusters - len(counts)
    expected = sum(one.rate * (1 - one.rate) * one.denominator for one in counts)
    if free <= 0 or expected <= 0:
        return max(1.0, denominator / clusters)
    residual = sum(
        one.numerator_squares - 2 * one.rate * one.products + one.rate**2 * one.denominator_squares for one in counts
    )
    return max(1.0, residual / expected * clusters / free)


def prior(rates: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Mean and strength of the prior, of units along the last axis; infinite strength: no difference beyond chance."""
    whole = sizes.sum()
    mean = (rates * sizes).sum(axis=-1) / whole
    spread = ((rates - mean[..., None]) ** 2 * sizes).sum(axis=-1)
    free = sizes.size - 1
    room = whole - (sizes**2).sum() / whole - free
    variance = mean * (1 - mean)
    rho = np.zeros_like(mean)
    if room > 0:
        np.divide(spread, variance, out=rho, where=variance > 0)
        rho = np.where(variance > 0, np.clip((rho - free) / room, 0, _LARGEST_RHO), 0)
    strength = np.full_like(mean, np.inf)
    np.divide(1 - rho, rho, out=strength, where=rho > 0)
    return mean, strength


@dataclass(frozen=True)
class Fit:
    """The rates of the units of one part: ``rates`` as counted, ``shrunk`` toward ``mean``.

    ``sizes``: things looked at that are worth an independent one each. ``strength``: so many of them the rate of all
    weighs beside the unit's own; infinite: units do not differ beyond chance.
    """

    rates: Floats
    sizes: Floats
    mean: float
    strength: float
    effect: float

    @cached_property
    def shrunk(self) -> Floats:
        return self.mean + self.sizes / (self.sizes + self.strength) * (self.rates - self.mean)

    def draws(self, rng: np.random.Generator, replicates: int) -> tuple[Floats, Floats]:
        """Of each replicate the rate of all, and along the last axis that of every unit."""
        shape = (replicates, self.sizes.size)
        if not 0 < self.mean < 1:
            return np.full(replicates, self.mean), np.full(shape, self.mean)
        sizes = np.maximum(1, np.round(self.sizes)).astype(np.int64)
        alike = np.full(shape, self.mean)
        if np.isfinite(self.strength):
            alike = rng.beta(self.mean * self.strength, (1 - self.mean) * self.strength, shape)
        mean, strength = prior(rng.binomial(sizes, alike) / sizes, sizes.astype(np.float64))
        lost = (mean <= 0) | (mean >= 1)  # nothing can be drawn around all or nothing
        mean, strength = np.where(lost, self.mean, mean), np.where(lost, self.strength, strength)
        finite = np.where(np.isfinite(strength), strength, 1.0)[:, None]
        good = self.sizes * self.rates + finite * mean[:, None]
        bad = self.sizes * (1 - self.rates) + finite * (1 - mean[:, None])
        drawn = np.where(np.isfinite(strength)[:, None], rng.beta(good, bad), mean[:, None])
        return mean, drawn


def fit(counts: Sequence[Counts]) -> Fit:
    """Rates of units that were all counted: none has a denominator of 0."""
    effect = design_effect(counts)
    rates = np.array([one.rate for one in counts])
    sizes = np.array([max(1.0, one.denominator / effect) for one in counts])
    _, strength = prior(rates, sizes)
    mean = sum(one.numerator for one in counts) / sum(one.denominator for one in counts)
    return Fit(rates, sizes, mean, float(strength), effect)


def places(totals: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """The place of each unit in each replicate, 1 the highest total; equal totals are put in order by lot."""
    lots = rng.random(totals.shape)
    order = np.lexsort((lots, -totals), axis=-1)
    return np.argsort(order, axis=-1) + 1


def interval(values: NDArray[np.number], confidence: float) -> tuple[NDArray[np.number], NDArray[np.number]]:
    """Both ends that hold so large a share of the replicates, of units along the last axis."""
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(values, ends, axis=0, method="inverted_cdf")
    return low, high


def groups(intervals: Mapping[str, tuple[int, int]]) -> list[tuple[str, ...]]:
    """Units that cannot be told apart, as the heading says, the best first; units in the order given."""
    begin, end = {low for low, _ in intervals.values()}, {high for _, high in intervals.values()}
    found: list[tuple[str, ...]] = []
    has_begun = False
    # Who may hold a place is in no larger group where someone has come since the last one and someone goes after it.
    for place in range(1, max(end, default=0) + 1):
        has_begun = has_begun or place in begin
        if has_begun and place in end:
            found.append(tuple(unit for unit, (low, high) in intervals.items() if low <= place <= high))
            has_begun = False
    return found
