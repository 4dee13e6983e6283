"""What the reader asked for: period, comparison, place, axle class and kind of record.

The same choices arrive two ways. In a URL a bad value falls back with a notice, because links are
typed and shared. From a control it is refused with 400, because no control sends it.
"""

import calendar
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from werkzeug.exceptions import BadRequest

C = TypeVar("C")
ALL = "all"
PERIODS = ("month", "last_month", "quarter", "year", "custom")
COMPARES = ("prior", "year")
AXLES = ("2", "3", "4", "5", "6+")
BANDS = ("le5", "5-10", "10-30", "30-50", "50-100", "gt100")
METRICS = ("over", "severe", "review", "weighed", "passages")
RECORD = re.compile(r"[0-9a-f]{20}")
LONGEST_DAYS = 1100  # three years; nobody compares more on one page, and it bounds every read

# First day of the year by the lunar calendar. Traffic of freight falls for about two weeks around
# it, so a comparison in which only one side holds it is said to be one.
SPRING_FESTIVAL = tuple(
    date.fromisoformat(day)
    for day in [
        "2015-02-19",
        "2016-02-08",
        "2017-01-28",
        "2018-02-16",
        "2019-02-05",
        "2020-01-25",
        "2021-02-12",
        "2022-02-01",
        "2023-01-22",
        "2024-02-10",
        "2025-01-29",
        "2026-02-17",
        "2027-02-06",
        "2028-01-26",
        "2029-02-13",
        "2030-02-03",
    ]
)


@dataclass(frozen=True)
class Known:
    """What the snapshot holds, so that a choice can be checked against it."""

    first_day: date
    last_day: date
    counties: Mapping[str, tuple[str, str]]  # code -> (zh, en); former counties too, old rows carry their code
    current_counties: tuple[str, ...]
    sites: Mapping[str, str]  # code -> county code, or ""


@dataclass(frozen=True)
class Selection:
    """One set of choices. ``start`` and ``end`` are always set and both included."""

    start: date
    end: date
    period: str = "month"
    compare: str = "prior"
    county: str = ALL
    site: str = ALL
    axle: str = ALL
    metric: str = "over"
    band: str = ALL
    left_out: str = ""  # a site that was asked for but does not lie in the county; pages say so

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def place(self) -> dict[str, str | None]:
        """The bound parameters of the place and axle filters; None does not filter."""
        return {
            "county": None if self.county == ALL else self.county,
            "site": None if self.site == ALL else self.site,
            "axle": None if self.axle == ALL else self.axle,
        }

    def parameters(self) -> dict[str, Any]:
        return {"first_day": self.start, "last_day": self.end, **self.place()}

    def compared(self) -> tuple[date, date]:
        return prior(self) if self.compare == "prior" else last_year(self)

    def query(self, *, absolute: bool = False, rows: bool = False, **changes: Any) -> str:
        """The query string of this selection; what is at its default is left out.

        ``absolute`` writes dates in place of a preset, for links that must show the same tomorrow.
        """
        chosen = replace(self, **changes) if changes else self
        pairs: dict[str, str] = {}
        if chosen.period == "custom" or absolute:
            pairs |= {"period": "custom", "from": chosen.start.isoformat(), "to": chosen.end.isoformat()}
        elif chosen.period != "month":
            pairs["period"] = chosen.period
        if chosen.compare != "prior":
            pairs["cmp"] = chosen.compare
        for key in ("county", "site", "axle"):
            if getattr(chosen, key) != ALL:
                pairs[key] = getattr(chosen, key)
        if rows:
            if chosen.metric != "over":
                pairs["metric"] = chosen.metric
            if chosen.band != ALL:
                pairs["band"] = chosen.band
        return "?" + urlencode(pairs) if pairs else ""


def _month_start(day: date, back: int = 0) -> date:
    index = day.year * 12 + day.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def preset(period: str, last_day: date) -> tuple[date, date]:
    """First and last day of a preset, counted from the last complete day of data."""
    if period == "last_month":
        first = _month_start(last_day, 1)
        return first, _month_end(first)
    if period == "quarter":
        return _month_start(last_day, (last_day.month - 1) % 3), last_day
    if period == "year":
        return date(last_day.year, 1, 1), last_day
    return _month_start(last_day), last_day


def same_day_last_year(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


def last_year(selection: Selection) -> tuple[date, date]:
    """同比: the same dates a year before."""
    return same_day_last_year(selection.start), same_day_last_year(selection.end)


def prior(selection: Selection) -> tuple[date, date]:
    """环比: the same number of days of the period before; a whole month against the whole month before."""
    if selection.period == "last_month":
        first = _month_start(selection.start, 1)
        return first, _month_end(first)
    if selection.period in ("month", "quarter"):
        months = 1 if selection.period == "month" else 3
        first = _month_start(selection.start, months)
        return first, min(first + timedelta(days=selection.days - 1), selection.start - timedelta(days=1))
    if selection.period == "year":
        return last_year(selection)
    return selection.start - timedelta(days=selection.days), selection.start - timedelta(days=1)


def festival_in_one_only(one: tuple[date, date], other: tuple[date, date]) -> bool:
    """Whether Spring Festival (its day and the six after) touches exactly one of two periods."""

    def touched(period: tuple[date, date]) -> bool:
        return any(f <= period[1] and f + timedelta(days=6) >= period[0] for f in SPRING_FESTIVAL)

    return touched(one) != touched(other)


def plain_date(text: Any) -> date | None:
    """A date from exactly ``YYYY-MM-DD``; anything else is None."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def default(known: Known) -> Selection:
    start, end = preset("month", known.last_day)
    return Selection(start, end)


def option(value: Any, options: Any, fallback: str, bad: list[str], name: str) -> str:
    if value in (None, "", fallback):
        return fallback
    if isinstance(value, str) and value in options:
        return value
    bad.append(name)
    return fallback


# --- choices as of a day ---------------------------------------------------------------------------------------
class AsOf(Protocol):
    """A choice of a page as of a day, ``last_day`` unless its address says another; the rest is texts, days or None."""

    @property
    def as_of(self) -> date: ...

    @property
    def last_day(self) -> date: ...


def query_of(choice: AsOf, usual: Mapping[str, Any], *, absolute: bool = False) -> str:
    """The query string of a choice; ``usual``: its fields in order, each with the value that is left out.

    ``absolute`` names the last day of data, too, for links that must show the same tomorrow.
    """
    pairs = {"as_of": choice.as_of.isoformat()} if absolute or choice.as_of != choice.last_day else {}
    chosen = {name: getattr(choice, name) for name in usual}
    pairs |= {name: value for name, value in chosen.items() if value is not None and value != usual[name]}
    return "?" + urlencode(pairs) if pairs else ""


def day_asked(given: Mapping[str, Any], first: date, last: date, bad: list[str]) -> date:
    """The day of an address, from ``first`` to ``last``; the last without one."""
    if given.get("as_of") in (None, ""):
        return last
    day = plain_date(given["as_of"])
    if day is None or not first <= day <= last:
        bad.append("as_of")
        return last
    return day


def from_page(given: Any, read: Callable[[Mapping[str, Any]], tuple[C, list[str]]]) -> C:
    """The choice a page wrote into its own request; anything else is a bad request."""
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise BadRequest("unknown choice")
    choice, bad = read(given)
    if bad:
        raise BadRequest(f"not an option: {', '.join(bad)}")
    return choice


def _read(given: Mapping[str, Any], known: Known) -> tuple[Selection, list[str]]:
    """The selection and the names of the values that could not be taken."""
    bad: list[str] = []
    period = option(given.get("period"), PERIODS, "month", bad, "period")
    first, last = plain_date(given.get("from")), plain_date(given.get("to"))
    bad += [name for name, day in (("from", first), ("to", last)) if given.get(name) and day is None]
    if first and last and period in ("custom", "month") and (given.get("period") in (None, "", "custom")):
        if first > last or (last - first).days >= LONGEST_DAYS or first.year < 2000 or last > known.last_day:
            bad.append("from–to")
            period = "month"
        else:
            period = "custom"
    elif period == "custom":
        bad.append("from–to")
        period = "month"
    if period == "custom" and first and last:
        start, end = first, last
    else:
        start, end = preset(period, known.last_day)
    county = option(given.get("county"), known.counties, ALL, bad, "county")
    site = option(given.get("site"), known.sites, ALL, bad, "site")
    left_out = ""
    if site != ALL and county != ALL and known.sites[site] != county:
        # The county was changed after the site; the wider choice is the reader's last.
        left_out, site = site, ALL
    return (
        Selection(
            start,
            end,
            period,
            option(given.get("cmp"), COMPARES, "prior", bad, "cmp"),
            county,
            site,
            option(given.get("axle"), AXLES, ALL, bad, "axle"),
            option(given.get("metric"), METRICS, "over", bad, "metric"),
            option(given.get("band"), BANDS, ALL, bad, "band"),
            left_out,
        ),
        bad,
    )


def from_url(query: Mapping[str, Any], known: Known) -> tuple[Selection, list[str]]:
    """What a link asks for, and which of its values were not usable. Unknown keys are ignored."""
    return _read(query, known)


def from_controls(given: Mapping[str, Any], known: Known) -> Selection:
    """What the controls say. A value no control offers is a bad request."""
    for name, value in given.items():
        if value is not None and not isinstance(value, str):
            raise BadRequest(f"{name} must be text")
    selection, bad = _read(given, known)
    if bad:
        raise BadRequest(f"not an option: {', '.join(bad)}")
    return selection
