"""The beta distribution: what is known of a share after so many hits and misses.

A library was weighed and left, as in ``warehouse.survival``: scipy would come for these two functions. The tests hold
them against sums of the binomial distribution and against simulation.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log

_TINY = 1e-300
_ENOUGH = 1e-14


def at_most(share: float, hits: float, misses: float) -> float:
    """Probability that a share with the distribution Beta(``hits``, ``misses``) is ``share`` or less."""
    if share <= 0.0 or share >= 1.0:
        return float(share >= 1.0)
    front = exp(
        lgamma(hits + misses) - lgamma(hits) - lgamma(misses) + hits * log(share) + misses * log(1 - share)
    )  # fmt: skip
    # The fraction converges fast on one side of the mean only.
    if share < (hits + 1) / (hits + misses + 2):
        return front * _fraction(share, hits, misses) / hits
    return 1 - front * _fraction(1 - share, misses, hits) / misses


def _fraction(share: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1 - (a + b) * share / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    found = d
    for step in range(1, 10_000):
        for term in (
            step * (b - step) * share / ((a + 2 * step - 1) * (a + 2 * step)),
            -(a + step) * (a + b + step) * share / ((a + 2 * step) * (a + 2 * step + 1)),
        ):
            d = 1 + term * d
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = 1 + term / c
            c = c if abs(c) > _TINY else _TINY
            found *= d * c
        if abs(d * c - 1) < _ENOUGH:
            break
    return found


@lru_cache(maxsize=50_000)
def quantile(probability: float, hits: float, misses: float) -> float:
    """The share that Beta(``hits``, ``misses``) is below with this probability: by Newton's method within a bracket."""
    low, high, share = 0.0, 1.0, hits / (hits + misses)
    front = lgamma(hits + misses) - lgamma(hits) - lgamma(misses)
    for _ in range(200):
        above = at_most(share, hits, misses) - probability
        low, high = (low, share) if above > 0 else (share, high)
        density = exp(front + (hits - 1) * log(share) + (misses - 1) * log(1 - share))
        step = above / density if density > _TINY else 1.0
        found = share - step if low < share - step < high else (low + high) / 2
        if abs(found - share) <= _ENOUGH * found:
            return found
        share = found
    return share
