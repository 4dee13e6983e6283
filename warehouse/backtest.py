"""What the risk scores of a past day were worth: who of the first in each ranking was over the limit in the days after.

Scores hold nothing from after the day (``warehouse.risk``); what came then is read apart, only to compare. Rankings
stand beside two that need no formula: by lot, with the band in which chance alone leaves it, and by the number of
events of the last twelve months. An interval says how far a share of so few can be told; rankings whose intervals
overlap are not told apart. The table of chances holds what the model told against what came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

import numpy as np

from warehouse import risk
from warehouse.dossier import Source
from warehouse.errors import WarehouseError
from warehouse.last_day import usual_day
from warehouse.risk import AGE_COUNT, BASELINE, RANKINGS, Asked, counted, fleets
from warehouse.survival import upper_bound

TOPS = (20, 50, 100)
TOP_SHARE = 0.01
"""Of how many first places the precision is told: these numbers, and this share of all."""
BINS = 10
ROUNDS = 1_000
"""Rankings by lot from which the band of chance is taken."""


class Untested(WarehouseError):
    """Nobody had enough data for a rank on the day."""


@dataclass(frozen=True)
class Top:
    """The first ``size`` of a ranking: ``hits`` of them had an event in the days after. Where the last place is shared,
    those who share it count in proportion, so ``hits`` may be broken.

    ``low``, ``high``: interval of ``precision``; of ``random`` the band in which rankings by lot lie.
    """

    ranking: str
    size: int
    hits: float
    precision: float
    low: float
    high: float
    lift: float | None


@dataclass(frozen=True)
class Bin:
    """Subjects with about the same chance, never only a part of those with one chance: how many had an event, and
    how many events their rates and their checks in the days after make expect."""

    size: int
    chance: float
    hit_count: int
    observed: float
    low: float
    high: float
    expected_events: float
    event_count: int

    @property
    def is_within(self) -> bool:
        """Whether the interval of what was observed holds what was told."""
        return self.low <= self.chance <= self.high


@dataclass(frozen=True)
class BackTest:
    """What the scores of a day were worth in the days after it, of the subjects with enough data.

    ``scant_count``: left out. ``hit_count``: had an event by ``until``; ``unseen_count``: were not checked at all, and
    count as without.
    """

    asked: Asked
    until: date
    seed: int
    rounds: int
    confidence: float
    subject_count: int
    scant_count: int
    hit_count: int
    unseen_count: int
    tops: tuple[Top, ...]
    bins: tuple[Bin, ...]

    @property
    def days(self) -> int:
        return (self.until - self.asked.as_of).days

    @property
    def base(self) -> float:
        return self.hit_count / self.subject_count


def backtest(source: Source, asked: Asked, days: int, seed: int = 1) -> BackTest:
    """Scores as of the day, and the chance of an event within so many ``days``, against the events of those days.

    Raises ``WarehouseError`` where these days are not over in the data, and ``Untested`` where nobody has enough data
    for a rank.
    """
    of = risk.rules(source, asked.as_of)
    if days < 1:
        raise WarehouseError(f"A back-test needs at least one day after {asked.as_of}: --horizon 90.")
    until, last = asked.as_of + timedelta(days=days), usual_day(source.manifest)
    if until > last:
        raise WarehouseError(
            f"Data end on {last}: {days} days after {asked.as_of} are not over. Ask as of "
            f"{last - timedelta(days=days)} or before, or for a shorter --horizon."
        )
    told = risk.everybody(source, asked)
    vehicles, after = counted(source, (asked.as_of,) * AGE_COUNT, until, asked.county, of)
    keys: Sequence[tuple[Any, ...]] = vehicles
    if asked.subject == "enterprise":
        units, after = fleets(source, asked.as_of, vehicles, after)
        keys = [(uscc,) for uscc in units]
    place = {key: at for at, key in enumerate(keys)}
    ranked = np.flatnonzero(~told.is_scant)
    if not len(ranked):
        raise Untested(
            f"As of {asked.as_of} nobody has {of.value('minimum_checks'):g} checks, so there is nothing to test. "
            "Ask as of a later day."
        )
    checks, events = np.zeros(len(ranked)), np.zeros(len(ranked))
    for row, at in enumerate(ranked.tolist()):
        if (found := place.get(told.keys[at])) is not None:
            checks[row], events[row] = after[found, 0], after[found, AGE_COUNT:].sum()
    hit = events > 0
    sizes = sorted({size for size in (*TOPS, ceil(TOP_SHARE * len(ranked))) if size <= len(ranked)})
    confidence = of.value("interval")
    tops = [_by_lot(hit, size, confidence, seed) for size in sizes]
    every = told.scores | {"chance": told.chances(days)}
    for ranking in (BASELINE, *RANKINGS):
        scores = np.nan_to_num(every[ranking][ranked], nan=-1.0)
        tops += [_top(ranking, scores, hit, size, confidence) for size in sizes]
    return BackTest(
        asked, until, seed, ROUNDS, confidence, len(ranked), int(told.is_scant.sum()), int(hit.sum()),
        int((checks == 0).sum()), tuple(tops),
        tuple(_bins(every["chance"][ranked], every["model"][ranked], checks, events, confidence)),
    )  # fmt: skip


def _top(ranking: str, scores: np.ndarray, hit: np.ndarray, size: int, confidence: float) -> Top:
    last = np.sort(scores)[-size]
    above, beside = scores > last, scores == last
    share = (size - above.sum()) / beside.sum()
    hits = float(hit[above].sum() + share * hit[beside].sum())
    low, high = interval(round(hits), size, confidence)
    base = hit.mean()
    return Top(ranking, size, hits, hits / size, low, high, hits / size / base if base else None)


def _by_lot(hit: np.ndarray, size: int, confidence: float, seed: int) -> Top:
    """What rankings by lot give: mostly the base rate, within a band."""
    hits = np.random.default_rng(seed).hypergeometric(hit.sum(), (~hit).sum(), size, ROUNDS)
    found, base = np.sort(hits) / size, float(hit.mean())
    low, high = (float(found[round(part * (ROUNDS - 1))]) for part in ((1 - confidence) / 2, (1 + confidence) / 2))
    return Top("random", size, base * size, base, low, high, 1.0 if base else None)


def _bins(
    chances: np.ndarray, rates: np.ndarray, checks: np.ndarray, events: np.ndarray, confidence: float
) -> Iterable[Bin]:  # fmt: skip
    order = np.argsort(chances, kind="stable")
    # Who was told the same chance is in one group, however large.
    cuts = [at for at in range(1, len(order)) if chances[order[at - 1]] < chances[order[at]]]
    wanted = (len(order) * np.arange(1, BINS) / BINS).round()
    ends = sorted({min(cuts, key=lambda at: abs(at - one)) for one in wanted}) if cuts else []
    for own in np.split(order, ends):
        hits = int((events[own] > 0).sum())
        low, high = interval(hits, len(own), confidence)
        yield Bin(
            len(own), float(chances[own].mean()), hits, hits / len(own), low, high,
            float((rates[own] * checks[own]).sum()), int(events[own].sum()),
        )  # fmt: skip


def interval(hits: int, size: int, confidence: float) -> tuple[float, float]:
    """Clopper–Pearson, both sides, of a share."""
    one_sided = (1 + confidence) / 2
    return 1 - upper_bound(size - hits, size, one_sided), upper_bound(hits, size, one_sided)
