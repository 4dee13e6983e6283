"""KPIs of vehicle monitoring that got worse in the last month that is over: by how much, and whether it may be chance.

What a KPI counts is ``warehouse.kpi``. Looked at are shares whose pieces (vehicles, alarms) can be taken for separate
ones; shares of kilometres or records, and what only the city has, are not. A county's month is held against its month
before: worse is news when both have ``alert_kpi_basis`` pieces, the share moved by ``alert_kpi_change`` or more, and
the interval of the difference (Newcombe 1998, method 10: of two Wilson intervals) at ``alert_kpi_confidence`` leaves
out 0. A vehicle counts in both months, which makes the interval too wide rather than too narrow. A share of vehicles of
which something was seen on any day grows with the days: months are compared only if one has at least
``alert_kpi_days`` of the other's days with captures. Neither fines nor numbers of cases are among them (行政处罚法 art.
74).

The prefecture as a whole is told to who reads all of it; the sum of some counties is not its number.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from warehouse.kpi import KPIS, kpis
from warehouse.metrics import Source, percent
from warehouse.parameters import numbers

WATCHED = (
    "network_rate", "online_rate", "drift_rate", "dawn_driving", "alarm_handling_rate", "alarm_disposal_in_time",
    "supervision_rate",
)  # fmt: skip
PARAMETERS = ("alert_kpi_basis", "alert_kpi_change", "alert_kpi_confidence", "alert_kpi_days")
TABLES = tuple(sorted({"seeds.parameter", *(KPIS[name].table for name in WATCHED)}))


_DAYS = """
select count(distinct case when event_date < $month then event_date end) as days_before,
    count(distinct case when event_date >= $month then event_date end) as days_now
from mart.vehicle_day
where event_date between $first and $last
"""


class Drop(NamedTuple):
    """A KPI of a county (None: the prefecture) that got worse. ``before``, ``now``: shares of the month before and of
    the month; ``since``: the first day after it, from which on it is known."""

    kpi: str
    county_code: str | None
    month: date
    before: float
    now: float
    since: date

    @property
    def code(self) -> str:
        """``2026-10 0.9512 0.8800``: the month and both shares."""
        return f"{self.month:%Y-%m} {self.before:.4f} {self.now:.4f}"


def last_month(as_of: date) -> date:
    """The first day of the last month that is over at the end of ``as_of``."""
    following = as_of + timedelta(days=1)
    return (following.replace(day=1) - timedelta(days=1)).replace(day=1)


def last_day_of(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def drops(source: Source, as_of: date, county: str | None = None) -> Iterator[Drop]:
    """What got worse, by county and KPI; of one county or (None) of all and the prefecture."""
    told = numbers(source, PARAMETERS, as_of)
    basis, least, confidence, whole = (told[name].value for name in PARAMETERS)
    month = last_month(as_of)
    until = last_day_of(month) + timedelta(days=1)
    before = (month - timedelta(days=1)).replace(day=1)
    days = source.rows(_DAYS, {"month": month, "first": before, "last": last_day_of(month)})[0]
    fewer, more = sorted((int(days["days_before"]), int(days["days_now"])))
    if not fewer or fewer < whole * more:
        return
    levels = ["county"]
    if county is None and getattr(source, "districts", None) is None:
        levels.insert(0, "city")
    for level in levels:
        counted: list[dict[tuple[str, str | None], tuple[int, int]]] = []
        for first, end in ((before, month), (month, until)):
            frame = kpis(source, first, end - timedelta(days=1), level, names=WATCHED)
            counted.append({
                (row["kpi"], row.get("county_code")): (int(row["numerator"]), int(row["denominator"]))
                for row in frame.to_dict("records")
            })  # fmt: skip
        for (name, place), now in counted[1].items():
            then = counted[0].get((name, place), (0, 0))
            if min(then[1], now[1]) < basis or county not in (None, place) or (level == "county" and place is None):
                continue
            # Both sides as what is bad: 1 - share where more is better.
            bad = [(part if KPIS[name].good == "down" else of - part, of) for part, of in (then, now)]
            worse = bad[1][0] / bad[1][1] - bad[0][0] / bad[0][1]
            if round(worse, 9) >= least and lowest_rise(bad[0], bad[1], confidence) > 0:
                yield Drop(name, place, month, then[0] / then[1], now[0] / now[1], until)


def _wilson(part: int, of: int, z: float) -> tuple[float, float]:
    """The Wilson interval of a share."""
    middle, spread = part + z * z / 2, z * sqrt(part * (of - part) / of + z * z / 4)
    return (middle - spread) / (of + z * z), (middle + spread) / (of + z * z)


def lowest_rise(before: tuple[int, int], now: tuple[int, int], confidence: float) -> float:
    """The lower end of the two-sided interval of ``now`` less ``before``, each a part and of how many (Newcombe)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    then, later = before[0] / before[1], now[0] / now[1]
    high, low = _wilson(*before, z)[1], _wilson(*now, z)[0]
    return later - then - sqrt((later - low) ** 2 + (high - then) ** 2)


def words(code: str, lang: str) -> str:
    """A drop in words: 2026年10月：95.12% → 88.00%."""
    month, before, now = code.split(" ")
    first = date.fromisoformat(f"{month}-01")
    when = f"{first.year}年{first.month}月：" if lang == "zh" else f"{first:%b %Y}: "
    return f"{when}{percent(float(before))}% → {percent(float(now))}%"
