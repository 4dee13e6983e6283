"""Scores of counties and of enterprises: how well each keeps what it has to keep, part by part, and who can be told
apart from whom.

The unit is a county of the day, or an enterprise that something of the period can be counted of; a part is a rate over
one period, as it stood at the end of its last day. An enterprise has the parts that are its own doing: its hazards, the
handling of its alarms, and the monitoring of its vehicles. No part reads
an amount of a penalty or a number of cases (行政处罚法 art. 74): of cases only the share of the office's own deadlines
that were kept, and of repeat offenders the share whose cases that are due were dealt with, whatever the outcome. More
cases, other fines or a penalty in place of none move no rate; ending a case without a penalty deals with it as well.

- ``hazard_closed``, ``hazard_on_time``: 整改率 and 按期整改率 of ``warehouse.hazards`` (closed ÷ registered of one
  cohort; closed by the last day ÷ due in the period).
- ``major_overdue``: major hazards overdue at the end ÷ major hazards in hand (open at the end, or closed in the
  period).
- ``repeat_handled``: vehicles that reach ``repeat_count`` in the rolling window (``core.vehicle_violation_span``), by
  the county of their cases: all of its cases of the vehicle that are due were decided or ended ÷ those with a case due.
  A case whose time for a decision still runs is not due.
- ``clocks_kept``: ``warehouse.cases.run_out``: deadlines of the office that were kept ÷ those that ran out in the
  period.
- ``alarm_disposal_in_time``, ``alarm_handling_rate``: 处置率 and 处理率 of alarms whose time allowed ended in the
  period (``warehouse.kpi.ALARM_DAY``), as the league counts them; what was handled after the day is not yet handled.
- other indicators of monitoring (``warehouse.kpi``, handbook 6.5) that are shares of something: both sums are those of
  ``heng kpi --level county``. Events per vehicle (超速, 超时驾驶, 离线位移) have no bound and are not scored.
- ``scale_reporting``: site-days with complete data ÷ site-days in service (``mart.site_day``): scale health.

Weights, directions and minimum samples are dated rows of ``seeds.score_part``, all of them assumptions. Points of a
part = weight × shrunk rate (1 − rate where less is better); ``warehouse.shrinkage`` says how a rate is shrunk toward
that of all. A unit with a smaller sample than the minimum has no score of that part: its total takes the rate of all
there, which is neither gain nor loss, and says on which weight it rests. A part that no unit has a large enough sample
of is no part of any total.

A change is told against the period before, each as known at its own end, with the weights of today, over the parts that
the county has in both: a whole period against a whole one (a month of 31 days against one of 28), a part of one against
as many days of the one before, or all of it where it is shorter. What was corrected since is corrected in both. It is
sure only if its interval leaves out 0, these parts weigh enough for a place (``score_min_weight``), and over all units
no part counts less than ``score_min_basis`` of what the other period counts: one of the two was not whole then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from warehouse import cases, hazards, kpi, shrinkage
from warehouse.errors import WarehouseError
from warehouse.league import ranks
from warehouse.metrics import Source
from warehouse.parameters import Parameter, numbers
from warehouse.repeat import months_later, rolling
from warehouse.shrinkage import Counts, Fit, Floats

TABLES = (
    "core.case_pause", "core.hazard_life", "core.hazard_state", "core.vehicle_violation_span", "core.violation",
    "mart.alarm_handling", "mart.case_clock", "mart.site_day", "mart.vehicle_day", "seeds.county", "seeds.parameter",
    "seeds.score_part", "staging.enterprise", "staging.hazard_check",
)  # fmt: skip
"""What is read here."""
KEYS = {"county": "county_code", "enterprise": "uscc"}
"""What may be ranked, and the column that names it."""
_REPLICATES = {"county": shrinkage.REPLICATES, "enterprise": 400}
"""Enterprises are many, and so are their draws: fewer replicates give the ends of an interval well enough."""
CADENCES = {"month": 1, "quarter": 3, "half": 6, "year": 12}
"""Months of a period: 一月一调度, 一季一通报, 半年一考评, 年终一总结 (handbook 9.1)."""
PARAMETERS = ("score_confidence", "score_min_weight", "score_min_basis")
_HUNDRED = 100


@dataclass(frozen=True)
class Asked:
    """The period of a cadence that holds ``as_of``, up to that day. ``of``: who is ranked, one of ``KEYS``.

    Raises ``WarehouseError`` for an unknown cadence or unit.
    """

    as_of: date
    cadence: str = "month"
    of: str = "county"

    def __post_init__(self) -> None:
        if self.of not in KEYS:
            raise WarehouseError(f"There is no ranking of {self.of!r}. Choose one of {', '.join(KEYS)}.")
        if self.cadence not in CADENCES:
            raise WarehouseError(f"There is no cadence {self.cadence!r}. Choose one of {', '.join(CADENCES)}.")

    @property
    def first(self) -> date:
        months = CADENCES[self.cadence]
        return date(self.as_of.year, (self.as_of.month - 1) // months * months + 1, 1)

    @property
    def is_complete(self) -> bool:
        """Whether the period ends on the day."""
        return self.as_of + timedelta(days=1) == months_later(self.first, CADENCES[self.cadence])

    @property
    def before(self) -> Asked:
        """The whole period before of a whole one; else its first days, as many as there are so far, if it has them."""
        last = self.first - timedelta(days=1)
        if self.is_complete:
            return replace(self, as_of=last)
        return replace(self, as_of=min(last, replace(self, as_of=last).first + (self.as_of - self.first)))


@dataclass(frozen=True)
class Part:
    """A row of ``seeds.score_part`` in force on the day."""

    name: str
    weight: float
    better_way: str
    source_metric: str
    sample_min: int
    sample_zh: str
    sample_en: str
    zh: str
    en: str
    citation_zh: str
    citation_en: str
    confidence: str

    def quality(self, rate: Any) -> Any:
        """1 is best, whichever way the rate goes."""
        return rate if self.better_way == "up" else 1 - rate


@dataclass(frozen=True)
class Rate:
    """A part of a unit: ``numerator`` of ``denominator``, found in ``sample`` things looked at (hazards, vehicles, …).

    ``points``: None where the sample is too small, and ``shrunk`` with it; ``rate`` None: nothing to divide by.
    ``against``: points of a hundred above or below the city's; over all parts they are what the totals differ by.
    """

    sample: int
    numerator: int
    denominator: int
    rate: float | None
    shrunk: float | None
    points: float | None
    against: float | None


@dataclass(frozen=True)
class CityPart:
    """A part over all units: ``rate`` of all (None: no source), and what ``warehouse.shrinkage`` fitted.

    ``scored``: how many units have a large enough sample; a part that none has is in no total. ``unplaced``: of the
    denominator what no unit can be charged with.
    """

    part: Part
    numerator: int
    denominator: int
    rate: float | None
    strength: float | None
    effect: float | None
    scored: int
    unplaced: int

    @property
    def points(self) -> float | None:
        return None if self.rate is None else self.part.weight * self.part.quality(self.rate)


@dataclass(frozen=True)
class Moved:
    """A part of a unit in the period before: as counted (``numerator`` of ``denominator``) and ``shrunk`` as the score
    took it; ``points``: what it gives to the change. ``basis``: what all units counted of it, the smaller of both
    periods ÷ the larger."""

    numerator: int
    denominator: int
    shrunk: float
    points: float
    basis: float


@dataclass(frozen=True)
class Change:
    """Points of a hundred over ``parts`` alone, which both periods have: ``then``, ``now`` and their difference
    ``points`` with its interval. The total of either period has other parts as well and may differ by something else.

    ``weight``: share of the weights of this period that these parts have. ``doubt``: why the change is not sure, one of
    ``DOUBTS``; None: it is."""

    points: float
    low: float
    high: float
    then: float
    now: float
    weight: float
    parts: Mapping[str, Moved]
    doubt: str | None

    @property
    def is_told(self) -> bool:
        return self.doubt is None


DOUBTS = ("basis", "weight", "chance")
"""One of the two periods is not whole, the parts weigh too little, or the interval holds 0."""


@dataclass(frozen=True)
class Gap:
    """Data that are missing: ``kind`` scale_days, capture_days, alarm_days, hazards_without_steps, silent_vehicles or
    enterprises_without_data, and how many."""

    kind: str
    count: int


@dataclass(frozen=True)
class Unit:
    """A county or an enterprise in the order of places. ``total``: of a hundred, None where nobody is scored; it rests
    on ``weight`` (share of all weights with data) and is the city's for the rest. ``place``, ``low``, ``high`` None:
    scored on less weight than ``score_min_weight``. ``groups``: numbers of those it belongs to (``Ranking.groups``),
    from 1."""

    code: str
    parts: Mapping[str, Rate]
    total: float | None
    weight: float
    place: int | None
    low: int | None
    high: int | None
    groups: tuple[int, ...]
    change: Change | None
    gaps: tuple[Gap, ...]

    @property
    def has_place(self) -> bool:
        return self.place is not None


@dataclass(frozen=True)
class Registered:
    """An enterprise as the register of the day has it."""

    name: str | None
    county_code: str | None


@dataclass(frozen=True)
class Ranking:
    """The answer: units by place, those without one last; ``groups`` of units that cannot be told apart."""

    asked: Asked
    parts: tuple[CityPart, ...]
    units: tuple[Unit, ...]
    groups: tuple[tuple[str, ...], ...]
    total: float | None
    """Of the city."""
    gaps: tuple[Gap, ...]
    """Of the whole city."""
    parameters: Mapping[str, Parameter]
    register: Mapping[str, Registered]
    """Enterprises by their credit code; of counties none."""


# --- reading -----------------------------------------------------------------------------------------------
Clusters = Iterable[tuple[str | None, int, int]]
"""Unit, numerator and denominator of each vehicle, case, site or hazard."""

_PARTS = """
select score_part as name, part_weight as weight, better_way, source_metric, sample_min, sample_zh, sample_en, zh, en,
    citation_zh, citation_en, confidence
from seeds.score_part
where score_kind = $kind and $as_of between coalesce(valid_from, $as_of) and coalesce(valid_to, $as_of)
"""
_COUNTIES = """
select county_code as code from seeds.county
where $as_of between coalesce(valid_from, $as_of) and coalesce(valid_to, $as_of)
order by county_code
"""
_SITES = """
select county_code, site_code, count(*) filter (state = 'reporting')::bigint as good, count(*)::bigint as every
from mart.site_day where passed_date between $first and $last and county_code is not null
group by all
"""
# A vehicle of the list stands with every county that has a case of it in the window. A case that was decided anew was
# dealt with since its first round.
_REPEAT = """
with listed as (
    select span.plate_no, span.plate_color_code
    from core.vehicle_violation_span as span
    inner join seeds.parameter as least on least.parameter = 'repeat_count'
        and $as_of between coalesce(least.valid_from, $as_of) and coalesce(least.valid_to, $as_of)
    where $as_of between span.first_day and coalesce(span.last_day, $as_of)
        and span.case_count >= least.parameter_value
),
act as (
    select act.county_code, act.plate_no, act.plate_color_code,
        coalesce(least(act.decided_on, act.earlier_decided_on, act.earlier_ended_on) <= $as_of, false)
            or (act.ended_state is not null and coalesce(act.ended_on, $as_of) <= $as_of) as is_handled,
        coalesce(clock.clock_due_on < $as_of, false) as is_due
    from core.violation as act
    inner join listed using (plate_no, plate_color_code)
    left join mart.case_clock as clock
        on clock.case_kind = 'over_limit' and clock.case_no = act.case_no and clock.clock = 'decision'
    where act.filed_on <= $as_of and act.violated_on >= $since
        and act.act_code in ('over_mass', 'over_mass_and_dimension')
)
select county_code, plate_no, plate_color_code, bool_and(is_handled) as is_handled
from act where is_handled or is_due
group by all
order by county_code, plate_no, plate_color_code
"""
# As heng kpi counts, and nothing that happened after the day: an earlier period has had no more time than this one.
_ALARMS = """
select alarm.{unit} as unit, alarm.plate_no, alarm.plate_color_code,
    count(*) filter (alarm.is_in_time)::bigint as in_time,
    count(*) filter (cast(alarm.handled_at as date) <= $last)::bigint as handled, count(*)::bigint as every
from mart.alarm_handling as alarm
cross join (select max(told_until) as known_until from mart.alarm_handling) as extract
where alarm.is_registered and {counted_on} between $first and $last
    and list_contains($classes, alarm.monitored_class) and alarm.due_at <= extract.known_until
    and (cast($uscc as varchar) is null or alarm.uscc = $uscc)
group by all
"""
_OF_VEHICLES = """
select day.{unit} as unit, day.plate_no, day.plate_color_code, cast({numerator} as bigint) as good,
    cast({denominator} as bigint) as every
{rows}
group by day.{unit}, day.plate_no, day.plate_color_code
"""


def _of_alarms(unit: str) -> str:
    return _ALARMS.format(unit=unit, counted_on=kpi.ALARM_DAY.format(alarm="alarm", until="extract.known_until"))


class Offender(NamedTuple):
    """A vehicle that reached ``repeat_count`` in the rolling window, with a county that has cases of it which are due.
    ``is_handled``: all of these were decided or ended."""

    county_code: str | None
    plate_no: str
    plate_color_code: int
    is_handled: bool


def repeat_offenders(source: Source, as_of: date) -> list[Offender]:
    """What ``repeat_handled`` counts, in the order of counties and plates."""
    months = numbers(source, ["repeat_window_months"], as_of)["repeat_window_months"].value
    since, _ = rolling(as_of, int(months))
    return [Offender(**row) for row in source.rows(_REPEAT, {"as_of": as_of, "since": since})]


class _Read:
    """Clusters of every part over one period; hazards are read once."""

    def __init__(self, source: Source, asked: Asked) -> None:
        self.source, self.asked, self.key = source, asked, KEYS[asked.of]
        self.facts = hazards.Facts(source, hazards.Asked(asked.as_of, asked.first, asked.as_of))

    def clusters(self, name: str) -> Clusters:
        if name in _READERS:
            return _READERS[name](self)
        return self._of_vehicles(name)

    def is_charged(self, one: hazards.Hazard) -> bool:
        """A county has every hazard in it; an enterprise those that name it, and one of an enterprise that names none
        is placed nowhere."""
        return self.asked.of == "county" or one.uscc is not None or one.category == "ENT"

    @cached_property
    def cohort(self) -> list[hazards.Hazard]:
        return list(filter(self.is_charged, self.facts.cohort))

    def hazard_closed(self) -> Clusters:
        return [(self.unit_of(one), one.is_closed, 1) for one in self.cohort]

    def unit_of(self, one: hazards.Hazard) -> str | None:
        return one.county_code if self.asked.of == "county" else one.uscc

    def hazard_on_time(self) -> Clusters:
        due = [one for one in self.facts.hazards if self.facts.is_due_in_period(one) and self.is_charged(one)]
        return [(self.unit_of(one), one.is_on_time, 1) for one in due]

    def major_overdue(self) -> Clusters:
        in_hand = [one for one in self.facts.hazards if self.facts.is_major_in_hand(one) and self.is_charged(one)]
        return [(self.unit_of(one), one.is_overdue(self.asked.as_of), 1) for one in in_hand]

    def repeat_handled(self) -> Clusters:
        return [(one.county_code, one.is_handled, 1) for one in repeat_offenders(self.source, self.asked.as_of)]

    def clocks_kept(self) -> Clusters:
        rows = cases.run_out(self.source, self.asked.first, self.asked.as_of)
        return [(row["county_code"], row["kept_count"], row["clock_count"]) for row in rows]

    def alarms_in_time(self) -> Clusters:
        return [(row["unit"], row["in_time"], row["every"]) for row in self._alarms]

    def alarms_handled(self) -> Clusters:
        return [(row["unit"], row["handled"], row["every"]) for row in self._alarms]

    @cached_property
    def _alarms(self) -> list[dict[str, Any]]:
        return self.source.rows(_of_alarms(self.key), self._monitored | {"uscc": None})

    def scale_reporting(self) -> Clusters:
        rows = self.source.rows(_SITES, {"first": self.asked.first, "last": self.asked.as_of})
        return [(row["county_code"], row["good"], row["every"]) for row in rows]

    def _of_vehicles(self, name: str) -> Clusters:
        one = kpi.KPIS[name]
        of_classes = " and list_contains($classes, day.monitored_class)"
        query = _OF_VEHICLES.format(
            unit=self.key, numerator=one.numerator, denominator=one.denominator,
            rows=kpi.TABLES[one.table].rows.format(of_classes=of_classes),
        )  # fmt: skip
        return [(row["unit"], row["good"], row["every"]) for row in self.source.rows(query, self._monitored)]

    @property
    def _monitored(self) -> dict[str, Any]:
        return {"first": self.asked.first, "last": self.asked.as_of, "classes": list(kpi.MONITORED)}


_READERS: dict[str, Callable[[_Read], Clusters]] = {
    "hazard_closed": _Read.hazard_closed,
    "hazard_on_time": _Read.hazard_on_time,
    "major_overdue": _Read.major_overdue,
    "repeat_handled": _Read.repeat_handled,
    "clocks_kept": _Read.clocks_kept,
    "alarm_disposal_in_time": _Read.alarms_in_time,
    "alarm_handling_rate": _Read.alarms_handled,
    "scale_reporting": _Read.scale_reporting,
}
_OF_MONITORING = ("network_rate", "online_rate", "track_completeness", "data_validity", "dawn_driving", "drift_rate")
NAMES = (*_READERS, *_OF_MONITORING)
"""Parts that can be scored: every one a share of something."""
_OF_COUNTIES = ("repeat_handled", "clocks_kept", "scale_reporting")
"""Parts that are the office's doing, and no enterprise's."""


def parts(source: Source, as_of: date, of: str = "county") -> list[Part]:
    """The parts in force on the day, by weight. Raises ``WarehouseError`` for a part that is not known here."""
    names = NAMES if of == "county" else tuple(name for name in NAMES if name not in _OF_COUNTIES)
    found = [Part(**row) for row in source.constant(_PARTS, {"as_of": as_of, "kind": of})]
    unknown = sorted({one.name for one in found} - set(names))
    if unknown or not found:
        raise WarehouseError(
            f"seeds.score_part names {', '.join(unknown) or 'no part'} as of {as_of}; known are {', '.join(names)}. "
            "Correct warehouse/seeds/score_part.csv and run 'heng build'."
        )
    return sorted(found, key=lambda one: (-one.weight, NAMES.index(one.name)))


def counted(clusters: Clusters) -> dict[str | None, Counts]:
    """Sums by unit; what has nothing to divide by was not looked at."""
    sums: dict[str | None, list[int]] = defaultdict(lambda: [0] * 6)
    for unit, good, every in clusters:
        if every:
            for at, value in enumerate((1, good, every, good * good, good * every, every * every)):
                sums[unit][at] += int(value)
    return {unit: Counts(*of_unit) for unit, of_unit in sums.items()}


def shown(units: Sequence[Unit], each: int = 20) -> tuple[Sequence[Unit], Sequence[Unit], int, int]:
    """Of a long ranking the first and the last with a place, how many lie between them, and how many have no place and
    are left out. Short ones are whole."""
    if len(units) <= 2 * each:
        return units, (), 0, 0
    placed = [one for one in units if one.has_place]
    first, last = placed[:each], placed[max(each, len(placed) - each) :]
    return first, last, len(placed) - len(first) - len(last), len(units) - len(placed)


def alarms_in_time(
    source: Source, first: date, last: date, county: str | None = None, uscc: str | None = None
) -> tuple[int, int]:
    """Alarms of vehicles of a county or an enterprise (None: of all) whose time ended in these days: handled in time,
    and all."""
    query = _of_alarms(KEYS["county"])
    rows = source.rows(query, {"first": first, "last": last, "classes": list(kpi.MONITORED), "uscc": uscc})
    chosen = [row for row in rows if county in (None, row["unit"])]
    return sum(row["in_time"] for row in chosen), sum(row["every"] for row in chosen)


# --- one period --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Scored:
    """A part of a period: the units that have a rate (``at`` their places in ``fit``), and draws of both."""

    part: Part
    counts: Mapping[str, Counts]
    at: Mapping[str, int]
    fit: Fit | None
    drawn_city: Floats
    drawn: Floats
    unplaced: int

    @property
    def city(self) -> float:
        assert self.fit is not None
        return self.fit.mean

    @property
    def every(self) -> int:
        """What was counted of all units."""
        return sum(one.denominator for one in self.counts.values())

    def is_scored(self, unit: str) -> bool:
        return unit in self.at and self.counts[unit].clusters >= self.part.sample_min

    def drawn_of(self, unit: str) -> Floats:
        """Draws of the rate that the total takes: the unit's own, or the rate of all."""
        return self.drawn[:, self.at[unit]] if self.is_scored(unit) else self.drawn_city

    def rate_of(self, unit: str) -> float:
        """The rate that the total takes."""
        if self.fit is None or not self.is_scored(unit):
            return self.city
        return float(self.fit.shrunk[self.at[unit]])


def _scored(
    part: Part, found: Mapping[str | None, Counts], units: Sequence[str], rng: np.random.Generator, replicates: int
) -> _Scored:
    counts = {unit: found[unit] for unit in units if unit in found}
    unplaced = sum(one.denominator for unit, one in found.items() if unit not in counts)
    if not counts:
        return _Scored(part, {}, {}, None, np.empty(0), np.empty((0, 0)), unplaced)
    fit = shrinkage.fit(list(counts.values()))
    city, drawn = fit.draws(rng, replicates)
    return _Scored(part, counts, {unit: at for at, unit in enumerate(counts)}, fit, city, drawn, unplaced)


def _of_period(read: _Read, told: Sequence[Part], units: Sequence[str] | None, salt: int) -> list[_Scored]:
    """``units`` None: whoever something was counted of."""
    found = [counted(read.clusters(part.name)) for part in told]
    if units is None:
        units = sorted({unit for of_part in found for unit in of_part if unit is not None})
    replicates = _REPLICATES[read.asked.of]
    return [
        _scored(part, of_part, units, np.random.default_rng([shrinkage.SEED, salt, at]), replicates)
        for at, (part, of_part) in enumerate(zip(told, found, strict=True))
    ]


# --- gaps --------------------------------------------------------------------------------------------------
_SILENT_DAYS = """
select county_code, count(*)::bigint as day_count from mart.site_day
where passed_date between $first and $last and state <> 'reporting' and county_code is not null
group by all
"""
_CAPTURED = """
select count(distinct event_date)::bigint as day_count from mart.vehicle_day where event_date between $first and $last
"""
_TOLD_UNTIL = "select cast(max(told_until) as date) as until from mart.alarm_handling"


# Of a vehicle that sent nothing the day may still tell that it was in service.
_SILENT_VEHICLES = """
with vehicle as (
    select uscc, plate_no, plate_color_code, max(case when valid_point_count > 0 then 1 else 0 end) as is_heard
    from mart.vehicle_day
    where is_registered and event_date between $first and $last and list_contains($classes, monitored_class)
        and uscc is not null
    group by all
)
select uscc, count(*)::bigint as vehicle_count from vehicle where is_heard = 0 group by uscc
"""
_REGISTERED = """
select uscc, enterprise_name as name, county_code from staging.enterprise
where $as_of between valid_from and coalesce(valid_to, $as_of)
qualify row_number() over (partition by uscc order by valid_from desc, record_id) = 1
"""


def _register(source: Source, asked: Asked) -> dict[str, Registered]:
    if asked.of == "county":
        return {}
    rows = source.rows(_REGISTERED, {"as_of": asked.as_of})
    return {row["uscc"]: Registered(row["name"], row["county_code"]) for row in rows if row["uscc"] is not None}


def _city_gaps(source: Source, asked: Asked, without_data: int) -> tuple[Gap, ...]:
    """Days of the period without any captures, days after the extract of alarms ends, and enterprises of the register
    that nothing could be counted of."""
    days = (asked.as_of - asked.first).days + 1
    (captured,) = source.rows(_CAPTURED, {"first": asked.first, "last": asked.as_of})
    (alarms,) = source.rows(_TOLD_UNTIL)
    told = 0 if alarms["until"] is None else (min(alarms["until"], asked.as_of) - asked.first).days + 1
    found = [Gap("capture_days", days - captured["day_count"]), Gap("alarm_days", days - max(0, told))]
    found.append(Gap("enterprises_without_data", without_data))
    return tuple(gap for gap in found if gap.count)


def _gaps(read: _Read) -> dict[str | None, tuple[Gap, ...]]:
    """By unit: site-days that are silent or partial, vehicles that sent nothing, hazards without a step."""
    days = {"first": read.asked.first, "last": read.asked.as_of}
    found: dict[str | None, tuple[Gap, ...]] = defaultdict(tuple)
    if read.asked.of == "county":
        for row in read.source.rows(_SILENT_DAYS, days):
            found[row["county_code"]] += (Gap("scale_days", row["day_count"]),)
    else:
        for row in read.source.rows(_SILENT_VEHICLES, days | {"classes": list(kpi.MONITORED)}):
            found[row["uscc"]] += (Gap("silent_vehicles", row["vehicle_count"]),)
    for unit, count in Counter(read.unit_of(one) for one in read.cohort if one.state is None).items():
        found[unit] += (Gap("hazards_without_steps", count),)
    return found


# --- the answer --------------------------------------------------------------------------------------------
def ranking(source: Source, asked: Asked, *, is_compared: bool = True) -> Ranking:
    """Counties of the day, or enterprises, by the total of their parts, each with the interval of its place.

    ``is_compared``: with the change since the period before. A reader of some districts is told their places among all
    and the city's rates, and no figure of another unit.
    """
    districts = getattr(source, "districts", None)
    if districts is None:
        return _ranked(source, asked, is_compared)
    of_all: Source = source.of_all()  # type: ignore[attr-defined]
    told = _ranked(of_all, asked, is_compared)
    register = {code: one for code, one in told.register.items() if one.county_code in districts}
    own = set(districts if asked.of == "county" else register)
    return replace(
        told,
        units=tuple(one for one in told.units if one.code in own),
        groups=tuple(tuple(code for code in group if code in own) for group in told.groups),
        register=register,
    )


def _ranked(source: Source, asked: Asked, is_compared: bool) -> Ranking:
    told, limits = parts(source, asked.as_of, asked.of), numbers(source, PARAMETERS, asked.as_of)
    of_day = None
    if asked.of == "county":
        of_day = [row["code"] for row in source.constant(_COUNTIES, {"as_of": asked.as_of})]
    read = _Read(source, asked)
    now = _of_period(read, told, of_day, 0)
    codes = sorted({unit for one in now for unit in one.counts}) if of_day is None else of_day
    before = _of_period(_Read(source, asked.before), told, codes, 1) if is_compared else []
    sourced = [one for one in now if any(map(one.is_scored, codes))]
    whole = sum(one.part.weight for one in sourced)
    confidence = limits["score_confidence"].value
    weights = {
        unit: sum(one.part.weight for one in sourced if one.is_scored(unit)) / whole if whole else 0.0 for unit in codes
    }
    totals = {unit: _points(sourced, [one.rate_of(unit) for one in sourced]) for unit in codes}
    ranked = [unit for unit in codes if weights[unit] >= limits["score_min_weight"].value and whole]
    spans = _spans(sourced, ranked, confidence)
    at = ranks({unit: round(totals[unit], 9) for unit in ranked}, "up")
    order = sorted(codes, key=lambda unit: (at.get(unit, len(codes)), -totals[unit], unit))
    groups = shrinkage.groups({unit: spans[unit] for unit in order if unit in spans})
    member_of, register = _members(groups), _register(source, asked)
    gaps = _gaps(read)
    units = tuple(
        Unit(
            unit,
            {one.part.name: _rate(one, unit, whole) for one in now},
            totals[unit] if sourced else None,
            weights[unit],
            at.get(unit),
            spans[unit][0] if unit in spans else None,
            spans[unit][1] if unit in spans else None,
            member_of[unit],
            _change(now, before, unit, limits) if is_compared else None,
            gaps[unit],
        )
        for unit in order
    )
    return Ranking(
        asked, tuple(map(_of_city, now)), units, tuple(groups),
        _points(sourced, [one.city for one in sourced]) if sourced else None,
        _city_gaps(source, asked, len(register.keys() - set(codes))), limits, register,
    )  # fmt: skip


def _members(groups: Sequence[Sequence[str]]) -> dict[str, tuple[int, ...]]:
    """Of each unit the numbers of its groups, from 1."""
    found: dict[str, tuple[int, ...]] = defaultdict(tuple)
    for number, group in enumerate(groups, 1):
        for unit in group:
            found[unit] += (number,)
    return found


def _points(scored: Sequence[_Scored], rates: Sequence[Any]) -> Any:
    """Points of a hundred over these parts, of one rate each or of draws of it."""
    whole = sum(one.part.weight for one in scored)
    if not whole:
        return 0.0
    found = (one.part.weight * one.part.quality(rate) for one, rate in zip(scored, rates, strict=True))
    return _HUNDRED * sum(found) / whole


def _spans(sourced: Sequence[_Scored], ranked: Sequence[str], confidence: float) -> dict[str, tuple[int, int]]:
    """The interval of the place of each unit."""
    if not ranked:
        return {}
    drawn = np.stack([_points(sourced, [one.drawn_of(unit) for one in sourced]) for unit in ranked], axis=-1)
    low, high = shrinkage.interval(shrinkage.places(drawn, np.random.default_rng(shrinkage.SEED)), confidence)
    return {unit: (int(low[at]), int(high[at])) for at, unit in enumerate(ranked)}


def _rate(one: _Scored, unit: str, whole: float) -> Rate:
    if unit not in one.at:
        return Rate(0, 0, 0, None, None, None, None)
    counts, is_scored = one.counts[unit], one.is_scored(unit)
    shrunk = one.rate_of(unit) if is_scored else None
    points = None if shrunk is None else one.part.weight * one.part.quality(shrunk)
    against = None
    if points is not None:
        against = _HUNDRED * (points - one.part.weight * one.part.quality(one.city)) / whole
    return Rate(
        counts.clusters, counts.numerator, counts.denominator, counts.rate, shrunk, points, against
    )  # fmt: skip


def _of_city(one: _Scored) -> CityPart:
    numerator = sum(counts.numerator for counts in one.counts.values())
    denominator = sum(counts.denominator for counts in one.counts.values())
    if one.fit is None:
        return CityPart(one.part, 0, 0, None, None, None, 0, one.unplaced)
    scored = sum(map(one.is_scored, one.counts))
    return CityPart(
        one.part, numerator, denominator, one.fit.mean, one.fit.strength, one.fit.effect, scored, one.unplaced
    )


def _change(
    now: Sequence[_Scored], before: Sequence[_Scored], unit: str, limits: Mapping[str, Parameter]
) -> Change | None:
    """None: no part that both periods have."""
    pairs = [pair for pair in zip(before, now, strict=True) if all(one.is_scored(unit) for one in pair)]
    if not pairs:
        return None
    (then, drawn_then), (point, drawn) = (
        (_points(told, [one.rate_of(unit) for one in told]), _points(told, [one.drawn_of(unit) for one in told]))
        for told in zip(*pairs, strict=True)
    )
    low, high = shrinkage.interval((drawn - drawn_then)[:, None], limits["score_confidence"].value)
    compared = sum(one.part.weight for _, one in pairs)
    parts = {}
    for was, one in pairs:
        counts, rates = was.counts[unit], (was.rate_of(unit), one.rate_of(unit))
        earned = [one.part.weight * one.part.quality(rate) * _HUNDRED / compared for rate in rates]
        counted = sorted((was.every, one.every))
        parts[one.part.name] = Moved(
            counts.numerator, counts.denominator, rates[0], earned[1] - earned[0], counted[0] / counted[1]
        )
    weight = compared / sum(one.part.weight for one in now if any(map(one.is_scored, one.counts)))
    doubt = None
    if min(part.basis for part in parts.values()) < limits["score_min_basis"].value:
        doubt = "basis"
    elif weight < limits["score_min_weight"].value:
        doubt = "weight"
    elif low[0] <= 0 <= high[0]:
        doubt = "chance"
    return Change(point - then, float(low[0]), float(high[0]), then, point, weight, parts, doubt)
