"""Risk scores by plain loops over checks, sharing no code and no row with the product: weights are written out here."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import comb, exp, log
from typing import Any

KINDS = ("rigid", "combination", "agricultural", "unknown", "unregistered", "enterprise")
LEAST_CHECKS, LEAST_UNITS, MOST, PRIOR_DAYS, HORIZON = 10, 30, 1_000.0, 90, 90
SMS_SEVERITY, OCRS_POINTS, EU_POINTS = (1, 4, 7, 10), (25, 50, 100, 300), (1, 10, 30, 90)


@dataclass(frozen=True)
class Check:
    """A passage that was judged. ``ratio``: its excess without the allowance; None: within the limit. ``looks``: days
    and results, in order of time.
    """

    plate: str
    color: int | None
    day: date
    ratio: float | None = None
    is_permitted: bool = False
    looks: tuple[tuple[date, str], ...] = ()
    county: str = "431103"

    def is_event(self, as_of: date) -> bool:
        known = [result for day, result in self.looks if day <= as_of]
        is_void = bool(known) and known[-1] == "void"
        return self.ratio is not None and self.ratio > 0 and not self.is_permitted and not is_void

    @property
    def severity(self) -> int:
        assert self.ratio is not None
        return 3 if self.ratio >= 0.2 else 2 if self.ratio >= 0.1 else 1 if self.ratio >= 0.05 else 0


def months_before(day: date, months: int) -> date:
    """The last day before the months up to a day: they begin on the day of an earlier month that the day after it is
    of, or on the first of the month after that one, where there is none."""
    after = day + timedelta(days=1)
    year, month = after.year, after.month - months
    while month < 1:
        year, month = year - 1, month + 12
    try:
        first = date(year, month, after.day)
    except ValueError:
        first = date(year + month // 12, month % 12 + 1, 1)
    return first - timedelta(days=1)


def age(day: date, as_of: date) -> int | None:
    """0: up to 6 months old, 1: up to 12, 2: up to 24, 3: up to 36; None: older."""
    return next((at for at, months in enumerate((6, 12, 24, 36)) if day > months_before(as_of, months)), None)


@dataclass
class Told:
    """What a unit's checks say: ``events`` by age and severity."""

    checks: dict[int, int]
    events: dict[tuple[int, int], int]

    def over(self, time: Mapping[int, float], severity: Iterable[float]) -> float:
        points = list(severity)
        return sum(time.get(old, 0) * points[heavy] * count for (old, heavy), count in self.events.items())

    def weighed(self, time: Mapping[int, float]) -> float:
        return sum(time.get(old, 0) * count for old, count in self.checks.items())

    def scores(self, prior: tuple[float, float], six_months: int, days: int) -> dict[str, float | None]:
        two_years, three_years = {0: 1, 1: 1, 2: 1}, {0: 1, 1: 1, 2: 1, 3: 1}
        found: dict[str, float | None] = {}
        for name, time, points, below in (
            ("sms", {0: 3, 1: 2, 2: 1}, SMS_SEVERITY, {0: 3, 1: 2, 2: 1}),
            ("ocrs", {0: 1, 1: 1, 2: 0.75, 3: 0.5}, OCRS_POINTS, three_years),
            ("eu", two_years, EU_POINTS, two_years),
        ):
            weight = self.weighed(below)
            found[name] = self.over(time, points) / weight if weight else None
        mean, strength = prior
        hits = self.over(two_years, (1, 1, 1, 1))
        checks = self.weighed(two_years)
        a, b = mean * strength + hits, (1 - mean) * strength + checks - hits
        found["model"] = a / (a + b)
        found["chance"] = 1 - none_of(a, b, self.checks.get(0, 0) * days / six_months)
        found["count"] = sum(count for (old, _), count in self.events.items() if old < 2)
        return found

    @property
    def is_scant(self) -> bool:
        return sum(count for old, count in self.checks.items() if old < 3) < LEAST_CHECKS


def none_of(a: float, b: float, checks: float) -> float:
    """The mean of (1 - p) to the ``checks`` over Beta(a, b), by adding up; of a whole number of checks a product."""
    if checks == int(checks):
        found = 1.0
        for step in range(int(checks)):
            found *= (b + step) / (a + b + step)
        return found
    return exp(_log_ratio_of_gammas(b, checks) - _log_ratio_of_gammas(a + b, checks))


def _log_ratio_of_gammas(start: float, more: float) -> float:
    """Of Gamma(start + more) / Gamma(start), from far out, where Stirling's series is exact to the last digits."""
    far = 40
    found = sum(log((start + step) / (start + more + step)) for step in range(far))

    def log_gamma(x: float) -> float:
        return (x - 0.5) * log(x) - x + 1 / (12 * x) - 1 / (360 * x**3) + 1 / (1260 * x**5)

    return found + log_gamma(start + more + far) - log_gamma(start + far)


def told_of(checks: Iterable[Check], as_of: date, unit_of: Any) -> dict[Any, Told]:
    """What the checks up to the day say of each unit; ``unit_of``: the units of a vehicle."""
    found: dict[Any, Told] = {}
    for check in checks:
        old = age(check.day, as_of) if check.day <= as_of else None
        if old is None:
            continue
        for unit in unit_of((check.plate, check.color)):
            told = found.setdefault(unit, Told(defaultdict(int), defaultdict(int)))
            told.checks[old] += 1
            if check.is_event(as_of):
                told.events[old, check.severity] += 1
    return found


def prior_of(units: Iterable[tuple[int, int]]) -> tuple[float, float]:
    """Mean and strength from checks and events of each unit; it weighs no more than those checks."""
    rows = list(units)
    checks, events = sum(n for n, _ in rows), sum(x for _, x in rows)
    mean = (events + 0.5) / (checks + 1)
    pairs, both = sum(2 * comb(n, 2) for n, _ in rows), sum(2 * comb(x, 2) for _, x in rows)
    most = min(MOST, max(1.0, checks))
    if not pairs or both / pairs <= mean * mean:
        return mean, most
    return mean, min(most, max(1.0, (mean - both / pairs) / (both / pairs - mean * mean)))


def priors(checks: Iterable[Check], as_of: date, unit_of: Any, kind_of: Any) -> dict[str, tuple[float, float]]:
    """Of every kind; one with too few units has that of all."""
    counts: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for check in checks:
        if as_of - timedelta(days=PRIOR_DAYS) < check.day <= as_of:
            for unit in unit_of((check.plate, check.color)):
                counts[unit][0] += 1
                counts[unit][1] += check.is_event(as_of)
    every = prior_of((n, x) for n, x in counts.values())
    found = {}
    for kind in KINDS:
        own = [(n, x) for unit, (n, x) in counts.items() if kind_of(unit) == kind]
        found[kind] = prior_of(own) if len(own) >= LEAST_UNITS else every
    return found


def scored(
    checks: list[Check], as_of: date, kind_of: Any, unit_of: Any = lambda vehicle: [vehicle], days: int = HORIZON
) -> dict[Any, tuple[dict[str, float | None], bool]]:
    """Scores of each unit, with its chance of an event within ``days``, and whether it has too little data."""
    known = priors(checks, as_of, unit_of, kind_of)
    six_months = (as_of - months_before(as_of, 6)).days
    return {
        unit: (told.scores(known[kind_of(unit)], six_months, days), told.is_scant)
        for unit, told in told_of(checks, as_of, unit_of).items()
    }


def hits_among(scores: Mapping[Any, float], hit: set[Any], size: int) -> float:
    """Hits among the first ``size``; who shares the last place counts in proportion."""
    ranked = sorted(scores.values(), reverse=True)
    last = ranked[size - 1]
    above = [unit for unit, score in scores.items() if score > last]
    beside = [unit for unit, score in scores.items() if score == last]
    share = (size - len(above)) / len(beside)
    return sum(unit in hit for unit in above) + share * sum(unit in hit for unit in beside)
