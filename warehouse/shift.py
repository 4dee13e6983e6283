"""Where and when to stand on a day: sites and hours by the serious findings that their scales are expected to make.

A *serious finding* is a passage over the limit whose excess, the instrument's allowance taken off, reaches the step
``shift_severity`` of the risk scores, which no permit covers and no officer voided. It is counted where a scale weighs
every truck by itself, so that what is expected does not come from where somebody stood before (cases would). Counted
are the days of the same kind, working day or not, of the last ``shift_weeks`` weeks on which the scale reported without
a gap (``mart.site_day``): a silent or partial day is no zero. How the counts become a rate with an interval is
``warehouse.shift_model``.

A site with fewer such days than ``shift_least_days`` has too little data: nothing is expected of it, and it has no
rank. What else the number does not know stands beside it: a site that was silent or partial on the last day of data,
and a scale that drifts (``warehouse.drift``).

The order is one of danger on the road, for a person who decides. Fines, cases and quotas neither enter it nor follow
from it (行政处罚法 art. 74). ``backtest`` holds the order against the days that came after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import isinf
from typing import NamedTuple

import numpy as np

from warehouse import drift, shift_model
from warehouse.dossier import Source
from warehouse.errors import WarehouseError
from warehouse.last_day import usual_day
from warehouse.parameters import Codes, Parameter, numbers, texts
from warehouse.shift_model import Fit, Flags, Whole

TABLES = tuple(
    sorted({
        *drift.TABLES, "core.working_day", "mart.finding", "mart.screening", "mart.site_day", "seeds.county",
        "seeds.parameter", "staging.wim_site",
    })
)  # fmt: skip
"""What is read here."""
PARAMETERS = (
    "shift_block_hours", "shift_interval", "shift_least_days", "shift_test_days", "shift_top_blocks", "shift_weeks",
)  # fmt: skip
SEVERITY = "shift_severity"
"""The parameter that names the step of severity, and with it the row that has its ratio."""
GONE_DAYS = drift.GONE_DAYS
"""A site without a row on so many of the last days is no longer in service: nobody is sent there."""
AHEAD_DAYS = 14
"""The furthest day that can be asked: what is expected rests on the last weeks."""
STATES = ("reporting", "partial", "silent")
STATE_WORDS = {
    "reporting": ("在报", "reporting"),
    "partial": ("末日数据不全", "partial on the last day"),
    "silent": ("末日无数据", "silent on the last day"),
    "few": ("数据太少", "too little data"),
    "drift": ("称重漂移", "scale drifts"),
}

_COUNTS = """
with found as (
    select site_code, check_no, passed_date, hour(passed_at) // $hours as block
    from {findings} as finding
    where passed_date between $first and $last and not is_permitted and excess_ratio_after_allowance >= $ratio
        and (cast($county as varchar) is null or county_code = $county)
),
look as (
    select screening.site_code, screening.check_no, screening.passed_date, screening.screened_date,
        screening.screening_result
    from mart.screening as screening
    semi join found on found.site_code = screening.site_code and found.check_no = screening.check_no
        and found.passed_date = screening.passed_date
    where screening.screened_date <= $last
    qualify row_number() over (
        partition by screening.site_code, screening.check_no, screening.passed_date
        order by screening.screened_date desc, screening.screened_at desc
    ) = 1
)
select found.site_code, found.passed_date, found.block, look.screened_date as void_on, count(*) as found_count
from found
left join look on look.site_code = found.site_code and look.check_no = found.check_no
    and look.passed_date = found.passed_date and look.screening_result = 'void'
group by all
order by all
"""
_DAYS = """
select site_code, county_code, passed_date, state from mart.site_day
where passed_date between $first and $last and (cast($county as varchar) is null or county_code = $county)
order by site_code, passed_date
"""
_CALENDAR = """
select calendar_date, is_working_day, has_notice from core.working_day where calendar_date between $first and $last
"""
_PLACES = """
select site_code, road_code, chainage_km from staging.wim_site
qualify row_number() over (partition by site_code order by valid_from desc, valid_to desc nulls first) = 1
"""


@dataclass(frozen=True)
class Asked:
    """The day on which somebody stands, by what was known at the end of ``as_of`` before it; of a county or all."""

    on: date
    as_of: date
    county: str | None = None

    def __post_init__(self) -> None:
        if not self.as_of < self.on <= self.as_of + timedelta(days=AHEAD_DAYS):
            raise WarehouseError(
                f"{self.on} is not within {AHEAD_DAYS} days after {self.as_of}, the last day that is read. "
                "Ask for a day nearer to it."
            )


def asked_on(source: Source, on: date | None = None, county: str | None = None) -> Asked:
    """The question of a day; without one the day after the last day of data. A day of the past is asked as the day
    before it knew."""
    last = usual_day(source.manifest)
    day = on or last + timedelta(days=1)
    return Asked(day, min(last, day - timedelta(days=1)), county)


class Block(NamedTuple):
    """Hours of a site. ``expected``: serious findings, ``low`` to ``high``: its interval; ``found``: how many were
    counted, on the site's ``days``. None where there is too little data."""

    site_code: str
    first_hour: int
    until_hour: int
    found: int
    expected: float | None
    low: int | None
    high: int | None


@dataclass(frozen=True)
class Site:
    """A site in service. ``state``: of the last day of data; ``days``: those that reported; ``drifts``: the worst
    state of its scales where they drift (``stop``, ``warn``), since the earliest day of them."""

    site_code: str
    county_code: str | None
    road_code: str | None
    chainage_km: float | None
    state: str
    days: int
    is_few: bool
    drifts: str | None
    drifts_since: date | None
    blocks: tuple[Block, ...]

    @property
    def found(self) -> int:
        return sum(one.found for one in self.blocks)

    @property
    def expected(self) -> float | None:
        return None if self.is_few else sum(one.expected or 0.0 for one in self.blocks)

    @property
    def doubts(self) -> list[str]:
        """What speaks against its numbers: names in ``STATE_WORDS``."""
        found = ["few"] if self.is_few else []
        found += [self.state] if self.state != "reporting" else []
        return found + (["drift"] if self.drifts else [])


@dataclass(frozen=True)
class Sheet:
    """The answer. ``sites``: the most expected first, those of too little data at the end; ``top``: the first blocks of
    all sites. ``is_working_day``: the kind of the day; ``is_noticed``: its year's holidays are known. ``first`` to
    ``last``: the days read, ``days`` of them of the kind."""

    asked: Asked
    is_working_day: bool
    is_noticed: bool
    first: date
    last: date
    days: int
    sites: tuple[Site, ...]
    top: tuple[Block, ...]
    model: Fit

    @property
    def hours_differ(self) -> bool:
        """Whether hours of the day, or of a site, differ by more than chance."""
        return not (isinf(self.model.block_strength) and isinf(self.model.cell_strength))

    @property
    def expected(self) -> float:
        return sum(one.expected or 0.0 for one in self.sites)

    def site(self, code: str) -> Site:
        return next(one for one in self.sites if one.site_code == code)


class Rule(NamedTuple):
    """The parameters of the day, as the code takes them."""

    hours: int
    interval: float
    least_days: int
    ratio: float
    test_days: int
    top: int
    weeks: int

    @property
    def blocks(self) -> int:
        return 24 // self.hours

    def first(self, as_of: date) -> date:
        return as_of - timedelta(days=7 * self.weeks - 1)


def parameters(source: Source, as_of: date) -> dict[str, Parameter | Codes]:
    """What the sheet rests on, each with its source and how well it is known."""
    severity = texts(source, [SEVERITY], as_of)
    ratio = f"risk_{severity[SEVERITY].text}_ratio"
    return {**numbers(source, PARAMETERS, as_of), **severity, **numbers(source, [ratio], as_of)}


def rule_of(told: Mapping[str, Parameter | Codes]) -> Rule:
    """Raises ``WarehouseError`` for hours that do not divide a day."""
    of = {name.removeprefix("shift_"): one.value for name, one in told.items() if isinstance(one, Parameter)}
    ratio = next(value for name, value in of.items() if name.startswith("risk_"))
    hours = int(of["block_hours"])
    if hours < 1 or 24 % hours:
        raise WarehouseError(f"shift_block_hours is {hours}; it has to divide 24. See warehouse/seeds/parameter.csv.")
    return Rule(
        hours, of["interval"], int(of["least_days"]), ratio, int(of["test_days"]),
        int(of["top_blocks"]), int(of["weeks"]),
    )  # fmt: skip


class _History:
    """Counts and states of days, as arrays of sites, days and blocks."""

    def __init__(self, source: Source, rule: Rule, first: date, last: date, county: str | None) -> None:
        self.first, self.last = first, last
        span = {"first": first, "last": last}
        states = source.rows(_DAYS, {**span, "county": county})
        self.sites = sorted({row["site_code"] for row in states})
        self.county = {row["site_code"]: row["county_code"] for row in states}
        self._at = {code: at for at, code in enumerate(self.sites)}
        days = (last - first).days + 1
        shape = len(self.sites), days
        self.reported, self.told = np.zeros(shape, bool), np.zeros(shape, bool)
        self.state: dict[tuple[str, date], str] = {}
        for row in states:
            at = self._at[row["site_code"]], (row["passed_date"] - first).days
            self.told[at] = True
            self.reported[at] = row["state"] == "reporting"
            self.state[row["site_code"], row["passed_date"]] = row["state"]
        dates = [first + timedelta(days=at) for at in range(days)]
        findings = source.within(
            "mart.finding",
            "site_code, check_no, passed_date, passed_at, is_permitted, excess_ratio_after_allowance, county_code",
            dates,
        )
        given = {**span, "county": county, "hours": rule.hours, "ratio": rule.ratio}
        self.counts = np.zeros((*shape, rule.blocks), np.int64)
        self._voided: list[tuple[tuple[int, int, int], date, int]] = []
        for row in source.rows(_COUNTS.format(findings=findings), given):
            if row["site_code"] not in self._at:
                continue  # a site that no day of the register knows
            place = self._at[row["site_code"]], (row["passed_date"] - first).days, int(row["block"])
            if row["void_on"] is None:
                self.counts[place] += row["found_count"]
            else:
                self._voided.append((place, row["void_on"], row["found_count"]))
        self.calendar = calendar(source, first, last + timedelta(days=AHEAD_DAYS))
        self.is_working = np.array([self.calendar[day][0] for day in dates], bool)

    def at(self, day: date) -> int:
        return (day - self.first).days

    def known(self, as_of: date) -> Whole:
        """The counts as the end of a day knew them: what an officer voided later was a finding then."""
        counts = self.counts.copy()
        for place, void_on, count in self._voided:
            if void_on > as_of:
                counts[place] += count
        return counts

    def fit(self, on: date, as_of: date, rule: Rule) -> tuple[Fit, Flags]:
        """The model of a day from the days of its kind, and which of the days these are."""
        days = np.zeros(len(self.is_working), bool)
        begin = max(0, self.at(rule.first(as_of)))
        days[begin : self.at(as_of) + 1] = True
        days &= self.is_working == self.calendar[on][0]
        return shift_model.fit(self.known(as_of)[:, days], self.reported[:, days]), days

    def in_service(self, as_of: date) -> Flags:
        """Sites with a row on one of the last days."""
        at = self.at(as_of)
        return np.any(self.told[:, max(0, at - GONE_DAYS + 1) : at + 1], axis=1)


def calendar(source: Source, first: date, last: date) -> dict[date, tuple[bool, bool]]:
    """Whether each day is a working day, and whether the holidays of its year are known; beyond the calendar Monday to
    Friday are taken for working days."""
    rows = source.rows(_CALENDAR, {"first": first, "last": last})
    told = {row["calendar_date"]: (bool(row["is_working_day"]), bool(row["has_notice"])) for row in rows}
    days = (first + timedelta(days=at) for at in range((last - first).days + 1))
    return {day: told.get(day, (day.weekday() < 5, False)) for day in days}


def sheet(source: Source, asked: Asked) -> Sheet:
    """Sites and hours of a day by what is expected there."""
    rule = rule_of(parameters(source, asked.as_of))
    first = rule.first(asked.as_of)
    history = _History(source, rule, first, asked.as_of, asked.county)
    model, days = history.fit(asked.on, asked.as_of, rule)
    low, high = model.interval(rule.interval)
    shifted = _shifted(drift.lanes(source, drift.Asked(asked.as_of, asked.county)))
    places = {row["site_code"]: row for row in source.constant(_PLACES)}
    in_service = history.in_service(asked.as_of)
    sites = []
    for at, code in enumerate(history.sites):
        if not in_service[at]:
            continue
        is_few = int(model.days[at]) < rule.least_days
        blocks = tuple(
            Block(
                code, block * rule.hours, (block + 1) * rule.hours, int(model.counts[at, block]),
                *((None, None, None) if is_few else
                  (float(model.rate[at, block]), int(low[at, block]), int(high[at, block]))),
            )
            for block in range(rule.blocks)
        )  # fmt: skip
        place, lane = places.get(code, {}), shifted.get(code)
        sites.append(Site(
            code, history.county[code], place.get("road_code"), place.get("chainage_km"),
            history.state.get((code, asked.as_of), "silent"), int(model.days[at]), is_few,
            lane and lane[0], lane and lane[1], blocks,
        ))  # fmt: skip
    sites.sort(key=lambda one: (one.is_few, -(one.expected or 0.0), one.site_code))
    ranked = [block for one in sites if not one.is_few for block in one.blocks]
    ranked.sort(key=lambda one: (-(one.expected or 0.0), one.site_code, one.first_hour))
    is_working, is_noticed = history.calendar[asked.on]
    return Sheet(
        asked, is_working, is_noticed, first, asked.as_of, int(days.sum()), tuple(sites), tuple(ranked[: rule.top]),
        model,
    )  # fmt: skip


def _shifted(lanes: Iterable[drift.Lane]) -> dict[str, tuple[str, date | None]]:
    """Of each site with a lane that drifts the worst state, and the earliest day of these lanes."""
    found: dict[str, tuple[str, date | None]] = {}
    for lane in lanes:  # the worst first
        if lane.state not in ("stop", "warn"):
            continue
        state, since = found.get(lane.site_code, (lane.state, lane.since))
        days = [day for day in (since, lane.since) if day is not None]
        found[lane.site_code] = state, min(days, default=None)
    return found


# --- was it worth anything? --------------------------------------------------------------------------
class Top(NamedTuple):
    """So many blocks of each day: the share of that day's serious findings that fell into those the model put first,
    into as many by lot, and into those with the most of the day before."""

    size: int
    model: float
    uniform: float
    yesterday: float


@dataclass(frozen=True)
class BackTest:
    """Days from ``first`` to ``last``, each asked as the day before knew. ``found``: serious findings on these
    ``days``; of the blocks that could be ranked and reported on the day ``expected`` and ``came``, and ``covered``: the
    share whose count lay in its interval (of ``interval``)."""

    first: date
    last: date
    days: int
    found: int
    expected: float
    came: int
    interval: float
    covered: float | None
    tops: tuple[Top, ...]


def backtest(source: Source, as_of: date, county: str | None = None, days: int | None = None) -> BackTest | None:
    """The sheet of each of the last ``days`` days (``shift_test_days``) held against what came. None without a serious
    finding on days that could be ranked. Raises ``WarehouseError`` for less than a day."""
    rule = rule_of(parameters(source, as_of))
    count = rule.test_days if days is None else days
    if count < 1:
        raise WarehouseError("A back-test needs at least one day: --days 28.")
    first = as_of - timedelta(days=count - 1)
    history = _History(source, rule, rule.first(first - timedelta(days=1)), as_of, county)
    truth = history.known(as_of)
    sizes = sorted({max(1, rule.top // 2), rule.top, rule.top * 2})
    hits = {size: np.zeros(3) for size in sizes}
    found = came = tested = held = cells = 0
    expected = 0.0
    for on in (first + timedelta(days=at) for at in range(count)):
        eve, at = on - timedelta(days=1), history.at(on)
        model, _ = history.fit(on, eve, rule)
        ranked = (model.days >= rule.least_days) & history.in_service(eve)
        if not ranked.any() or not history.told[:, at].any():
            continue
        tested += 1
        own = truth[:, at]
        found += int(own.sum())
        order = np.where(ranked[:, None], model.rate, -1.0).ravel()
        before = history.known(eve)[:, at - 1].ravel().astype(np.float64)
        for size in sizes:
            size_here = min(size, int(ranked.sum()) * rule.blocks)
            hits[size] += [
                _caught(order, own.ravel(), size_here), own.sum() * size_here / own.size,
                _caught(before, own.ravel(), size_here),
            ]  # fmt: skip
        whole = ranked & history.reported[:, at]
        low, high = model.interval(rule.interval)
        within = (low <= own) & (own <= high)
        held, cells = held + int(within[whole].sum()), cells + int(whole.sum()) * rule.blocks
        expected, came = expected + float(model.rate[whole].sum()), came + int(own[whole].sum())
    if not found:
        return None
    return BackTest(
        first, as_of, tested, found, expected, came, rule.interval, held / cells if cells else None,
        tuple(Top(size, *(float(hit) / found for hit in hits[size])) for size in sizes),
    )  # fmt: skip


def _caught(scores: np.ndarray, counts: Whole, size: int) -> float:
    """What lies in the ``size`` highest scores; of equals at the edge their share."""
    last = np.sort(scores)[-size]
    above, beside = scores > last, scores == last
    share = (size - above.sum()) / beside.sum()
    return float(counts[above].sum() + share * counts[beside].sum())


def shown(value: float | None) -> float | None:
    """What is expected, as documents write it: the last digits of a machine would make other digests."""
    return None if value is None else round(value, 9)
