"""How long things take when some are not over yet: Kaplan–Meier with its interval, median and restricted mean.

A duration is whole days; ``is_over`` tells whether it ended or was still running when it was last looked at (censored).
Leaving the open ones out, or counting them as if they ended today, makes every removal look quicker than it is.

A library was weighed and left: lifelines brings scipy, matplotlib, autograd and more for these few sums. The tests hold
them equal to lifelines' results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, sqrt
from statistics import NormalDist


@dataclass(frozen=True)
class Step:
    """The curve from ``day`` on: share still open with its interval (log-log), and how many stood at risk and ended.

    Where nothing is open the log-log interval is not defined: its upper end is that of the step before, 1 without one.
    """

    day: int
    at_risk: int
    ended: int
    open_share: float
    low: float
    high: float


@dataclass(frozen=True)
class Mean:
    """Mean days open within the first ``within`` days, with its interval; None: too few ended to tell a spread."""

    within: int
    days: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Curve:
    """Steps at the days on which something ended. ``last_day``: nothing is known beyond it."""

    steps: tuple[Step, ...]
    count: int
    confidence: float
    last_day: int

    @property
    def median(self) -> int | None:
        """First day on which at most half are open; None: more than half are open as far as is known."""
        return self._first(0.5, lambda step: step.open_share)

    @property
    def median_interval(self) -> tuple[int | None, int | None]:
        """Where the interval of the curve crosses a half; None: it does not, as far as is known."""
        return self._first(0.5, lambda step: step.low), self._first(0.5, lambda step: step.high)

    def _first(self, share: float, of: Callable[[Step], float]) -> int | None:
        # Halves that are reached exactly are lost to rounding of products otherwise.
        return next((step.day for step in self.steps if of(step) <= share + 1e-12), None)

    def mean(self, within: int) -> Mean | None:
        """Restricted mean; None where the curve is not known that far: it ends open before ``within``."""
        still_open = self.steps[-1].open_share if self.steps else 1.0
        if not self.count or (self.last_day < within and still_open > 0):
            return None
        days = [0, *(step.day for step in self.steps if step.day < within), within]
        shares = [1.0, *(step.open_share for step in self.steps if step.day < within)]
        areas = [share * (end - begin) for share, begin, end in zip(shares, days, days[1:], strict=False)]
        variance = 0.0
        for place, step in enumerate([step for step in self.steps if step.day < within]):
            left = sum(areas[place + 1 :])
            if step.at_risk > step.ended:
                variance += left * left * step.ended / (step.at_risk * (step.at_risk - step.ended))
        mean = sum(areas)
        if not variance:
            return Mean(within, mean, None, None)
        half = _z(self.confidence) * sqrt(variance)
        return Mean(within, mean, max(0.0, mean - half), min(float(within), mean + half))


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def kaplan_meier(durations: Sequence[tuple[int, bool]], confidence: float) -> Curve:
    """The share still open by days since the beginning; ``durations``: days and whether they are over.

    Raises ``ValueError`` for a negative duration: a thing that ended before it began is a fault of its source.
    """
    if any(days < 0 for days, _ in durations):
        raise ValueError("A duration is negative: it ended before it began.")
    ended = Counter(days for days, is_over in durations if is_over)
    left = Counter(days for days, _ in durations)
    at_risk, share, greenwood = len(durations), 1.0, 0.0
    steps: list[Step] = []
    for day in sorted(left):
        if count := ended[day]:
            share *= 1 - count / at_risk
            if at_risk > count:
                greenwood += count / (at_risk * (at_risk - count))
            if at_risk > count:
                low, high = _interval(share, greenwood, confidence)
            else:
                low, high = 0.0, steps[-1].high if steps else 1.0
            steps.append(Step(day, at_risk, count, share, low, high))
        at_risk -= left[day]
    return Curve(tuple(steps), len(durations), confidence, max(left, default=0))


def _interval(share: float, greenwood: float, confidence: float) -> tuple[float, float]:
    """Of log(-log(share)), which stays between 0 and 1."""
    half = _z(confidence) * sqrt(greenwood) / abs(log(share))
    return share ** exp(half), share ** exp(-half)


def upper_bound(found: int, checked: int, confidence: float) -> float:
    """Clopper–Pearson, one-sided: the largest share with which ``found`` or fewer of ``checked`` are no rarer than
    ``1 - confidence``.

    Of nothing checked nothing is known: 1. It holds for a sample picked at random; of a finite number it errs
    on the safe side.
    """
    if not 0 <= found <= checked:
        raise ValueError(f"{found} of {checked} is no sample.")
    if found == checked:
        return 1.0
    low, high = found / checked, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(found, checked, middle) > 1 - confidence else (low, middle)
    return high


def _at_most(found: int, checked: int, share: float) -> float:
    """Probability of ``found`` or fewer of ``checked`` where ``share`` is true."""
    if share <= 0 or share >= 1:
        return float(share <= 0)
    terms = (
        lgamma(checked + 1) - lgamma(k + 1) - lgamma(checked - k + 1) + k * log(share) + (checked - k) * log(1 - share)
        for k in range(found + 1)
    )
    return sum(exp(term) for term in terms)
