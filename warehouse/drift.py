"""Does a scale still weigh as it was verified to? Each lane followed from day to day by three witnesses.

- **Trucks.** The steering axle of a loaded truck carries about the same wherever it is weighed (the method of the FHWA
  for class 9 trucks). ``drift_reference_count`` reference trucks (``mart.scale_day``) make a point, of one day or of
  several together; its mean steering load over that of the baseline, less one, is the shift. The baseline is the first
  ``drift_baseline_days`` days with this device and certificate, more until ``drift_baseline_count`` trucks are in it.
  The shift knows its standard error: how trucks differ, over how many there are, in the point and in the baseline.
- **Own test.** The deviation of the reference that the device tells of itself every night.
- **Re-weighings** at a static scale: the mean error with its 95 % interval against what the certificate's class may
  err by in service.

Trucks and own test are judged by a moving average (EWMA, weight ``drift_smoothing`` of a point): further off than
``drift_warn_ratio`` at ``drift_points`` points in a row is a warning, than ``drift_stop_ratio`` says that passages
should not serve as evidence until the scale was looked at. A shift of trucks has to be ``drift_sigmas`` of its standard
errors as well. A lane on which that is more than the stop line sees too little to be called steady (``few``): where
no other witness tells something, nothing is said of it. Re-weighings whose whole interval lies beyond the class are a
warning.

Where a shift began is the split of the points that tells most between before and behind it (likelihood ratio of a
change of the mean, the baseline being before). A split of ``drift_lasting_sigmas`` standard errors is a lasting shift
too small for a warning, worth a look (``watch``). ``since`` is the earliest day whose split is not told from the best
one at 95 %: rather early than late, and the earliest of all witnesses; of re-weighings the day of the first. It is an
estimate, so a drift found later changes no passage and no reason of evidence by itself: ``affected`` lists what rests
on the lane since then, for a person to look at.

All thresholds are assumptions of ``seeds.parameter``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from math import sqrt
from statistics import NormalDist, median
from typing import Any, NamedTuple

from warehouse.beta import quantile
from warehouse.metrics import Source
from warehouse.parameters import Parameter, numbers
from warehouse.plate import masked_sql

TABLES = ("core.case_passage", "core.passage", "mart.finding", "mart.scale_day", "seeds.parameter")
"""What is read here."""
PARAMETERS = (
    "drift_baseline_count", "drift_baseline_days", "drift_lasting_sigmas", "drift_loaded_kg", "drift_points",
    "drift_recheck_days", "drift_reference_count", "drift_sigmas", "drift_smoothing", "drift_stop_ratio",
    "drift_warn_ratio",
)  # fmt: skip
STATES = ("stop", "warn", "watch", "steady", "few")
"""The worst first."""
STATE_WORDS = {
    "stop": ("偏移超过停用线", "beyond the stop line"),
    "warn": ("漂移预警", "drift warning"),
    "watch": ("持续小幅偏移", "small lasting shift"),
    "steady": ("稳定", "steady"),
    "few": ("数据不足，无法判断", "too little to say"),
}
WITNESS_WORDS = {
    "trucks": ("参照车辆", "reference trucks"),
    "self_test": ("设备自检", "own test"),
    "rechecks": ("静态复检", "re-weighings"),
}
LOOKBACK_DAYS = 800
"""A certificate holds a year; what is older than two and a bit says nothing of the scale of today."""
GONE_DAYS = 7
"""A lane without a row on so many of the last days is no longer in service: nobody can look at it."""
_PPM = 1_000_000
_CHI = NormalDist().inv_cdf(0.975) ** 2
"""95 % of chi-square with one degree of freedom."""

_DAYS = """
select passed_date, site_code, county_code, lane_code, device_no, certificate_no, certificate_valid_to,
    accuracy_class, max_error_ratio, reference_count, steering_load_sum_kg, steering_load_square_sum, recheck_count,
    recheck_error_sum_ppm, recheck_error_square_sum, reference_deviation_ratio
from mart.scale_day
where passed_date <= $as_of and passed_date > $after
    and (cast($county as varchar) is null or county_code = $county)
    and (cast($site as varchar) is null or site_code = $site)
    and (cast($lane as varchar) is null or lane_code = $lane)
order by site_code, lane_code, passed_date
"""
_LAST = "select max(passed_date) as last_on from mart.scale_day where passed_date <= $as_of"
_AFFECTED = """
select finding.record_id, finding.check_no, finding.passed_at, {plate} as plate_no, finding.gross_vehicle_weight_kg,
    passage.limit_kg, passage.excess_kg, passage.excess_ratio, min(of_case.case_no) as case_no
from mart.finding as finding
inner join core.passage as passage
    on passage.record_id = finding.record_id and passage.passed_date = finding.passed_date
left join core.case_passage as of_case
    on of_case.passage_record_id = finding.record_id and of_case.match_grade in ('exact', 'near')
where finding.passed_date between $first and $last and finding.site_code = $site and passage.lane_code = $lane
group by all
order by finding.passed_at, finding.record_id
"""


@dataclass(frozen=True)
class Asked:
    """Lanes at the end of ``as_of``: of a county, a site, a lane of it, or (None) of all."""

    as_of: date
    county: str | None = None
    site: str | None = None
    lane: str | None = None


@dataclass(frozen=True)
class Rule:
    """The thresholds of the day."""

    reference_count: int
    baseline_days: int
    baseline_count: int
    smoothing: float
    warn_ratio: float
    stop_ratio: float
    points: int
    sigmas: float
    lasting_sigmas: float
    recheck_days: int


class Point(NamedTuple):
    """What one observation says: its days, how many trucks (or tests) it rests on, ``shift`` (0.03: reads 3 % too
    much), and the moving average after it with its standard error (0: not told)."""

    first: date
    last: date
    weighed: int
    shift: float
    average: float
    error: float


@dataclass(frozen=True)
class Baseline:
    """The trucks that a lane's own are compared with: ``spread`` is the deviation of a truck's load over their mean."""

    first: date
    last: date
    truck_count: int
    steering_load_kg: float
    spread: float


@dataclass(frozen=True)
class Rechecks:
    """Re-weighed passages: how many, the day of the first, mean of (weighed - static) ÷ static, and its 95 % interval
    (None below two)."""

    total: int
    first: date | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None

    def verdict(self, allowed: float | None) -> str:
        """``beyond``: the whole interval lies outside what the class allows; ``within``: inside; ``open``."""
        if allowed is None or self.low is None or self.high is None:
            return "open"
        if self.low > allowed or self.high < -allowed:
            return "beyond"
        return "within" if -allowed <= self.low and self.high <= allowed else "open"


@dataclass(frozen=True)
class Lane:
    """A lane and what its scale does with the device and certificate of its last day, from ``run_from`` on.

    ``state`` is that of the worst witness, ``witness``; ``since`` the earliest day that any of them tells;
    ``detectable``: the smallest shift that its trucks could tell
    from chance now (None without a baseline).
    """

    site_code: str
    county_code: str | None
    lane_code: str
    device_no: str | None
    certificate_no: str | None
    certificate_valid_to: date | None
    accuracy_class: str | None
    max_error_ratio: float | None
    run_from: date
    state: str
    witness: str | None
    since: date | None
    baseline: Baseline | None
    detectable: float | None
    trucks: tuple[Point, ...]
    self_tests: tuple[Point, ...]
    rechecks: Rechecks
    rechecks_say: str


class _Verdict(NamedTuple):
    state: str
    witness: str | None
    since: date | None


def parameters(source: Source, as_of: date) -> dict[str, Parameter]:
    """What the judgement rests on, each with its source and how well it is known."""
    return numbers(source, PARAMETERS, as_of)


def rule_of(told: dict[str, Parameter]) -> Rule:
    value = {name.removeprefix("drift_"): one.value for name, one in told.items()}
    whole = ("reference_count", "baseline_days", "baseline_count", "points", "recheck_days")
    return Rule(
        **{name: int(value[name]) for name in whole}, smoothing=value["smoothing"], warn_ratio=value["warn_ratio"],
        stop_ratio=value["stop_ratio"], sigmas=value["sigmas"], lasting_sigmas=value["lasting_sigmas"],
    )  # fmt: skip


def lanes(source: Source, asked: Asked) -> list[Lane]:
    """Every lane with a day until ``as_of``, the worst first."""
    rule = rule_of(parameters(source, asked.as_of))
    bound = {
        "as_of": asked.as_of, "after": asked.as_of - timedelta(days=LOOKBACK_DAYS), "county": asked.county,
        "site": asked.site, "lane": asked.lane,
    }  # fmt: skip
    (last,) = source.rows(_LAST, {"as_of": asked.as_of})
    of_lanes = groupby(source.rows(_DAYS, bound), key=lambda row: (row["site_code"], row["lane_code"]))
    each = (list(days) for _, days in of_lanes)
    found = [
        lane_of(days, rule, asked.as_of)
        for days in each
        if (last["last_on"] - days[-1]["passed_date"]).days < GONE_DAYS
    ]
    return sorted(found, key=lambda one: (STATES.index(one.state), one.site_code, one.lane_code))


def lane_of(rows: Sequence[dict[str, Any]], rule: Rule, as_of: date) -> Lane:
    """A lane from its days (rows of ``mart.scale_day``, in order, one at least)."""
    run, known = _run_of(rows)
    last = rows[-1]
    baseline, behind = baseline_of(run, rule)
    trucks = truck_points(behind, baseline, rule) if baseline else ()
    self_tests = own_test_points(run, rule)
    rechecks = rechecks_of(row for row in run if (as_of - row["passed_date"]).days < rule.recheck_days)
    say = rechecks.verdict(known["max_error_ratio"])
    # The average starts at 0: after few points it holds only a share of a shift.
    moved = 1 - (1 - rule.smoothing) ** len(trucks)
    detectable = rule.sigmas * trucks[-1].error / moved if trucks else None
    verdicts = [
        _of_trucks(trucks, baseline, detectable, rule),
        _of_tests(self_tests, rule),
        _Verdict("warn", "rechecks", rechecks.first) if say == "beyond" else _Verdict("few", None, None),
    ]
    worst = min(verdicts, key=lambda one: STATES.index(one.state))
    since = min((one.since for one in verdicts if one.since is not None), default=None)
    kept = ("site_code", "county_code", "lane_code", "device_no", "certificate_no", "certificate_valid_to")
    return Lane(
        **{name: last[name] for name in kept},
        **{name: known[name] for name in _OF_CLASS},
        run_from=run[0]["passed_date"],
        state=worst.state,
        witness=worst.witness,
        since=since,
        baseline=baseline,
        detectable=detectable,
        trucks=trucks,
        self_tests=self_tests,
        rechecks=rechecks,
        rechecks_say=say,
    )


_OF_CLASS = ("accuracy_class", "max_error_ratio")


def _run_of(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The last days with one device and certificate, and what was told of these last. Another device, or a certificate
    after a repair, begins anew; a day on which none is told (it lapsed, the register has a gap) does not."""
    identity = ("device_no", "certificate_no")
    known: dict[str, Any] = dict.fromkeys((*identity, *_OF_CLASS))
    run: list[dict[str, Any]] = []
    for row in reversed(rows):
        if any(None not in (row[name], known[name]) and row[name] != known[name] for name in identity):
            break
        for name in known:
            known[name] = row[name] if known[name] is None else known[name]
        run.append(row)
    return run[::-1], known


def baseline_of(run: Sequence[dict[str, Any]], rule: Rule) -> tuple[Baseline | None, Sequence[dict[str, Any]]]:
    """The baseline and the days behind it; None while there are too few days or trucks."""
    count, total, squares = 0, 0.0, 0.0
    for at, row in enumerate(run):
        count += row["reference_count"]
        total += row["steering_load_sum_kg"]
        squares += row["steering_load_square_sum"]
        days = (row["passed_date"] - run[0]["passed_date"]).days + 1
        if days >= rule.baseline_days and count >= rule.baseline_count:
            mean = total / count
            spread = sqrt(max(0.0, squares - count * mean * mean) / (count - 1)) / mean
            return Baseline(run[0]["passed_date"], row["passed_date"], count, mean, spread), run[at + 1 :]
    return None, ()


def truck_points(days: Sequence[dict[str, Any]], baseline: Baseline, rule: Rule) -> tuple[Point, ...]:
    """Days pooled until each point has its trucks; what is left at the end waits for more."""
    points: list[Point] = []
    first, count, total = None, 0, 0.0
    average = variance = 0.0
    for row in days:
        if not row["reference_count"]:
            continue
        first = first or row["passed_date"]
        count += row["reference_count"]
        total += row["steering_load_sum_kg"]
        if count < rule.reference_count:
            continue
        shift = total / count / baseline.steering_load_kg - 1
        own, of_baseline = baseline.spread**2 / count, baseline.spread**2 / baseline.truck_count
        average = rule.smoothing * shift + (1 - rule.smoothing) * average
        variance = rule.smoothing**2 * own + (1 - rule.smoothing) ** 2 * variance
        share = 1 - (1 - rule.smoothing) ** (len(points) + 1)  # of the average that is no longer its start at 0
        error = sqrt(variance + share**2 * of_baseline)
        points.append(Point(first, row["passed_date"], count, shift, average, error))
        first, count, total = None, 0, 0.0
    return tuple(points)


def own_test_points(run: Sequence[dict[str, Any]], rule: Rule) -> tuple[Point, ...]:
    """The device's own test, a point a day."""
    points: list[Point] = []
    average = 0.0
    for row in run:
        shift = row["reference_deviation_ratio"]
        if shift is None:
            continue
        average = rule.smoothing * shift + (1 - rule.smoothing) * average
        points.append(Point(row["passed_date"], row["passed_date"], 1, shift, average, 0.0))
    return tuple(points)


def _beyond(points: Sequence[Point], line: float, rule: Rule) -> bool:
    """Whether the average of the last points is beyond a line, all to one side and none by chance."""
    last = points[-rule.points :]
    return (
        len(last) == rule.points
        and len({point.average > 0 for point in last}) == 1
        and all(abs(point.average) > max(line, rule.sigmas * point.error) for point in last)
    )


def _of_trucks(
    points: Sequence[Point], baseline: Baseline | None, detectable: float | None, rule: Rule
) -> _Verdict:  # fmt: skip
    if baseline is None or detectable is None:
        return _Verdict("few", None, None)
    change = change_of(points, baseline.truck_count, baseline.spread)
    for state, line in (("stop", rule.stop_ratio), ("warn", rule.warn_ratio)):
        if _beyond(points, line, rule):
            return _Verdict(state, "trucks", change.since)
    if change.sigmas > rule.lasting_sigmas:
        return _Verdict("watch", "trucks", change.since)
    return _Verdict("few", None, None) if detectable > rule.stop_ratio else _Verdict("steady", "trucks", None)


def _of_tests(points: Sequence[Point], rule: Rule) -> _Verdict:
    for state, line in (("stop", rule.stop_ratio), ("warn", rule.warn_ratio)):
        if points and _beyond(points, line, rule):
            return _Verdict(state, "self_test", change_of(points, rule.baseline_days, _between(points)).since)
    return _Verdict("few", None, None) if len(points) < rule.points else _Verdict("steady", "self_test", None)


def _between(points: Sequence[Point]) -> float:
    """How much a test differs from the next by chance: robust, so that a step in between does not count."""
    steps = [abs(after.shift - before.shift) for before, after in pairwise(points)]
    return max(median(steps) / 0.6745 / sqrt(2), 0.001) if steps else 0.001


class Change(NamedTuple):
    """The split of points that tells most: how many standard errors lie between the means before and behind it, and
    the earliest day whose split is not told from it at 95 %."""

    sigmas: float
    since: date


def change_of(points: Sequence[Point], before: int, spread: float) -> Change:
    """Where the mean changed, by likelihood ratio. ``before``: what the baseline, whose shift is 0, weighs; ``spread``:
    deviation of one truck or test."""
    total, moment = (
        before + sum(point.weighed for point in points),
        sum(point.weighed * point.shift for point in points),
    )
    weight, behind = before, 0.0
    told = []
    for point in points:
        rest = total - weight
        apart = (moment - behind) / rest - behind / weight
        told.append(apart**2 / (spread**2 * (1 / rest + 1 / weight)) if spread else 0.0)
        weight, behind = weight + point.weighed, behind + point.weighed * point.shift
    best = max(told)
    return Change(sqrt(best), next(point.first for point, one in zip(points, told, strict=True) if one >= best - _CHI))


def rechecks_of(rows: Iterable[dict[str, Any]]) -> Rechecks:
    """Mean error and its interval from the sums of days."""
    kept = [row for row in rows if row["recheck_count"]]
    count = sum(row["recheck_count"] for row in kept)
    if not count:
        return Rechecks(0)
    mean = sum(row["recheck_error_sum_ppm"] for row in kept) / count / _PPM
    first = kept[0]["passed_date"]
    if count < 2:
        return Rechecks(count, first, mean)
    squares = sum(row["recheck_error_square_sum"] for row in kept) / _PPM**2
    half = student(count - 1) * sqrt(max(0.0, squares - count * mean * mean) / (count - 1) / count)
    return Rechecks(count, first, mean, mean - half, mean + half)


def student(degrees: int) -> float:
    """The 97.5 % quantile of Student's t: n ÷ (n + t²) has the distribution Beta(n/2, 1/2)."""
    share = quantile(0.05, degrees / 2, 0.5)
    return sqrt(degrees * (1 - share) / share)


def affected(source: Source, lane: Lane, as_of: date, plate: str | None = None) -> list[dict[str, Any]]:
    """Findings that rest on the lane since the shift began, with the case each became; none while nothing shifted.
    ``plate``: how a plate is told, masked unless the caller may see it."""
    if lane.since is None:
        return []
    return source.rows(
        _AFFECTED.format(plate=plate or masked_sql("finding.plate_no")),
        {"first": lane.since, "last": as_of, "site": lane.site_code, "lane": lane.lane_code},
    )
