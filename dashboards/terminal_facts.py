"""What the pages about terminals know about one choice: KPIs of two periods, days, league, calls and alarms.

Frames in, frames out; how they look is the page's business. Days without captures are kept apart from silence here,
and a KPI without a source from one that is zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from werkzeug.exceptions import BadRequest

from dashboards import format as fmt
from dashboards import queries, terminal_queries, words
from dashboards.access.vault import vault
from dashboards.facts import COVERAGE
from dashboards.selection import ALL, Known, Selection, from_controls, from_url, option
from dashboards.terminal_queries import Place
from warehouse import league, masks
from warehouse.kpi import KPIS

LEVELS = ("county", "enterprise")
PARTS = ("network", "smart")
"""The two parts of the monthly list (handbook 6.5): 联网联控 and 智能监管."""
NETWORK = (
    "network_rate", "online_rate", "data_validity", "track_completeness", "overspeed_per_vehicle", "fatigue_hours",
    "dawn_driving", "offline_displacement",
)  # fmt: skip
SMART = ("alarm_disposal_in_time", "alarm_handling_rate", "supervision_rate", "appeal_rejection_rate")
SMART_KINDS = (
    "driver_abnormal", "fatigue", "phone", "smoking", "no_seat_belt", "distraction", "overcrowding", "driver_identity",
    "escort_identity", "off_monitoring",
)  # fmt: skip
"""Kinds of alarm that the list names, in its order."""
CARDS = ("online_rate", "network_rate", "track_completeness", "data_validity", "alarm_disposal_in_time")
DAILY = CARDS[:4]
VEHICLE_KPIS = tuple(name for name, kpi in KPIS.items() if kpi.table == "mart.vehicle_day")
"""KPIs over the days of vehicles: their rows are vehicles."""
ALARM_KPIS = tuple(name for name, kpi in KPIS.items() if kpi.table == "mart.alarm_handling")
"""KPIs over alarms: their rows are alarms."""
SHOWS = ("calls", "vehicles", "findings", "alarms")
UNIT_COLUMN = {"county": "county_code", "enterprise": "uscc"}


def told(names: tuple[str, ...]) -> list[str]:
    """Those of a list of KPIs that are defined."""
    return [name for name in names if name in KPIS]


def token(uscc: str) -> str:
    """An enterprise in an address: its code stays out of it, since that of a one-man business leads to a person. A
    keyed digest, which nobody without the key of this instance can try codes against."""
    return next(iter(by_token([uscc])))


def by_token(codes: Iterable[str]) -> dict[str, str]:
    """Enterprises by their ``token``, in the order given."""
    keyed = vault().keyer("enterprise of an address")
    return {keyed(str(masks.whole_of([code])[0]))[:24]: code for code in codes}


# --- what the reader chose ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class Choice:
    """Period, comparison and county as on the other pages, how the league is told, and which rows are listed."""

    selection: Selection
    level: str = "county"
    part: str = "network"
    rank: str = ""
    show: str = "calls"
    kpi: str = "online_rate"
    kind: str = ALL
    fate: str = "open"
    enterprise: str = ALL

    def query(self, *, absolute: bool = False, rows: bool = False, **changes: Any) -> str:
        """The query string; what is at its default is left out. ``county`` and the dates are those of the selection."""
        of_selection = {name: changes.pop(name) for name in ("county", "period", "start", "end") if name in changes}
        chosen = replace(self, selection=replace(self.selection, **of_selection), **changes)
        text = chosen.selection.query(absolute=absolute)
        pairs = {}
        default = Choice(self.selection)
        names = ("level", "part", "rank")
        if rows:
            extra = {"vehicles": "kpi", "findings": "kind", "alarms": "fate"}.get(chosen.show)
            names += ("show", "enterprise", *((extra,) if extra else ()))
        for name in names:
            if getattr(chosen, name) != getattr(default, name):
                pairs[name] = getattr(chosen, name)
        return text + (("&" if text else "?") + urlencode(pairs) if pairs else "")


def options(db: queries.Source) -> dict[str, tuple[str, ...]]:
    """What each choice beside those of all pages can be."""
    return {
        "level": LEVELS,
        "part": PARTS,
        "rank": (*terminal_queries.schemes(db), *told(NETWORK), *told(SMART)),
        "show": SHOWS,
        "kpi": VEHICLE_KPIS,
        "kind": (ALL, *words.CHECKED),
        "fate": terminal_queries.FATES,
        "enterprise": (ALL, *by_token(terminal_queries.enterprises(db))),
    }


def first_rank(db: queries.Source) -> str:
    """What the league is ranked by without a choice: the first scheme that weighs KPIs, else the online rate."""
    return next(iter(terminal_queries.schemes(db)), "online_rate")


def _chosen(selection: Selection, given: Mapping[str, Any], db: queries.Source, bad: list[str]) -> Choice:
    # Sites and axles are of scales: other pages carry them, no read here knows them.
    selection = replace(selection, site=ALL, axle=ALL, metric="over", band=ALL, left_out="")
    default = Choice(selection)
    allowed = options(db)
    taken = {name: option(given.get(name), allowed[name], getattr(default, name), bad, name) for name in allowed}
    if taken["rank"] == first_rank(db):
        taken["rank"] = ""
    if taken["enterprise"] != ALL:  # an enterprise is the narrower choice, and has vehicles in more than one county
        selection = replace(selection, county=ALL)
    return Choice(selection, **taken)


def choice_from_url(query: Mapping[str, Any], known: Known, db: queries.Source) -> tuple[Choice, list[str]]:
    """What a link asks for, and which of its values were not usable."""
    selection, bad = from_url({name: query.get(name) for name in ("period", "from", "to", "cmp", "county")}, known)
    return _chosen(selection, query, db, bad), bad


def choice_from_controls(given: Mapping[str, Any], known: Known, db: queries.Source) -> Choice:
    """What the controls say; a value no control offers is a bad request."""
    selection = from_controls({name: given.get(name) for name in ("period", "from", "to", "cmp", "county")}, known)
    for name, value in given.items():
        if value is not None and not isinstance(value, str):
            raise BadRequest(f"{name} must be text")
    bad: list[str] = []
    chosen = _chosen(selection, given, db, bad)
    if bad:
        raise BadRequest(f"not an option: {', '.join(bad)}")
    return chosen


# --- what it is ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Span:
    """One of the two periods: its KPIs for the chosen place, and the days of it that have captures."""

    first: date
    last: date
    kpis: dict[str, dict[str, Any]]
    captured: list[date]

    def value(self, name: str) -> float | None:
        found = self.kpis.get(name, {}).get("value")
        return None if fmt.missing(found) else float(found)

    def count(self, name: str, side: str) -> int | None:
        found = self.kpis.get(name, {}).get(side)
        return None if fmt.missing(found) else int(found)


class Facts:
    """Everything one state of the page shows; a part that is not shown is not read."""

    def __init__(self, db: queries.Source, choice: Choice, known: Known) -> None:
        self.db, self.choice, self.known = db, choice, known
        self.selection = choice.selection
        self.uscc = by_token(terminal_queries.enterprises(db)).get(choice.enterprise)
        self.place = Place(None if self.selection.county == ALL else self.selection.county, self.uscc)

    @cached_property
    def now(self) -> Span:
        return self._span((self.selection.start, self.selection.end))

    @cached_property
    def compared(self) -> Span:
        return self._span(self.selection.compared())

    def _span(self, span: queries.Span) -> Span:
        return Span(*span, kpis_of(self.db, span, self.place), terminal_queries.captured_days(self.db, span))

    @cached_property
    def empty(self) -> bool:
        """Neither captures nor alarms in the period: nothing can be said."""
        alarms = self.now.count("alarm_handling_rate", "denominator")
        return not self.now.captured and not alarms

    @cached_property
    def vehicle_count(self) -> int:
        return self.now.count("network_rate", "denominator") or 0

    @cached_property
    def as_of(self) -> date | None:
        """The day for which calls are listed: the last one of the period, or before it, that has captures."""
        return terminal_queries.last_captured(self.db, self.selection.end)

    @cached_property
    def parameters(self) -> dict[str, float]:
        return terminal_queries.parameters(self.db, self.selection.end)

    @cached_property
    def days(self) -> pd.DataFrame:
        """Every day of the period with its KPIs; ``known`` is False where no captures came."""
        found = terminal_queries.daily(self.db, DAILY, (self.selection.start, self.selection.end), self.place)
        of_day = {row["event_date"]: row for row in found.to_dict("records")}
        rows = []
        for offset in range(self.selection.days):
            day = self.selection.start + timedelta(days=offset)
            told_row = of_day.get(day)
            row: dict[str, Any] = {"day": day, "known": told_row is not None}
            for name in DAILY:
                above, below = (
                    (int(told_row[f"{name}_{side}"]) if told_row else None) for side in ("numerator", "denominator")
                )
                row |= {name: fmt.mean_or_none(above, below), f"{name}_numerator": above, f"{name}_denominator": below}
            rows.append(row)
        return pd.DataFrame(rows)

    @cached_property
    def gaps(self) -> list[tuple[date, date]]:
        """Runs of days without captures inside the period."""
        found: list[tuple[date, date]] = []
        for day in self.days.loc[~self.days["known"].astype(bool), "day"]:
            if found and found[-1][1] == day - timedelta(days=1):
                found[-1] = (found[-1][0], day)
            else:
                found.append((day, day))
        return found

    @cached_property
    def calls(self) -> pd.DataFrame:
        if self.as_of is None:
            return pd.DataFrame()
        return terminal_queries.calls(self.db, self.as_of, self.place)

    @cached_property
    def call_counts(self) -> pd.Series | None:
        return None if self.as_of is None else terminal_queries.call_counts(self.db, self.as_of, self.place)

    @cached_property
    def funnel(self) -> pd.Series:
        return terminal_queries.funnel(self.db, (self.selection.start, self.selection.end), self.place)

    @cached_property
    def handling(self) -> pd.DataFrame:
        """What became of the alarms of each enterprise, with how often it closed many within seconds."""
        span = (self.selection.start, self.selection.end)
        frame = terminal_queries.handling_by_enterprise(self.db, span, self.place)
        of_enterprise = {
            row.uscc: int(row.burst_count) for row in terminal_queries.bursts(self.db, span, self.place).itertuples()
        }
        return frame.assign(burst_count=[of_enterprise.get(uscc, 0) for uscc in frame["uscc"]])

    @cached_property
    def reach(self) -> pd.Series:
        return terminal_queries.reach(self.db, (self.selection.start, self.selection.end), self.place)

    @cached_property
    def findings(self) -> pd.DataFrame:
        return terminal_queries.finding_kinds(self.db, (self.selection.start, self.selection.end), self.place)

    @cached_property
    def rank(self) -> str:
        """The scheme or KPI that the league is ranked by."""
        return self.choice.rank or first_rank(self.db)

    @cached_property
    def league(self) -> "League":
        return read_league(self)


def kpis_of(db: queries.Source, span: queries.Span, place: Place) -> dict[str, dict[str, Any]]:
    """The KPIs of the city, a county or an enterprise, by name."""
    level = "enterprise" if place.uscc else "county" if place.county else "city"
    frame = terminal_queries.kpis(db, level, span)
    if level != "city":
        frame = frame[frame[UNIT_COLUMN[level]] == (place.uscc or place.county)]
    return {row["kpi"]: row for row in frame.to_dict("records")}


def comparable(facts: Facts) -> bool:
    """Whether the other period has captures on enough days to be compared with."""
    return bool(facts.now.captured) and len(facts.compared.captured) >= COVERAGE * len(facts.now.captured)


# --- the league --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class League:
    """Units with every value of the list. ``rows`` are ranked first, then those too small, then those without a value.

    A row: ``unit``, ``name``, ``vehicle_count``, ``place``, ``end`` (top, bottom or empty), ``why`` (small, no_value or
    empty), ``score`` and, by KPI, ``values`` with ``numerator``, ``denominator`` and ``value``. ``missing`` are the
    weighed KPIs nobody has a value of.
    """

    rows: list[dict[str, Any]]
    by_score: bool
    possible: float
    total: float
    missing: list[str]


def read_league(facts: Facts) -> League:
    db, level = facts.db, facts.choice.level
    span = (facts.selection.start, facts.selection.end)
    column = UNIT_COLUMN[level]
    units: dict[Any, dict[str, Any]] = {}
    for row in terminal_queries.kpis(db, level, span).to_dict("records"):
        if isinstance(row[column], str):
            units.setdefault(row[column], {})[row["kpi"]] = row
    if level == "enterprise" and facts.place.county:
        home = terminal_queries.enterprises(db)
        units = {unit: of for unit, of in units.items() if home.get(unit, ("", ""))[1] == facts.place.county}
    kinds: dict[Any, dict[str, int]] = {}
    if facts.choice.part == "smart":
        for row in terminal_queries.alarm_kinds(db, level, span).to_dict("records"):
            kinds.setdefault(row[column], {})[row["alarm_kind"]] = int(row["alarm_count"])

    def value(unit: Any, name: str) -> float | None:
        found = units[unit].get(name, {}).get("value")
        return None if fmt.missing(found) else float(found)

    def vehicles(unit: Any) -> int:
        return int(units[unit].get("network_rate", {}).get("denominator") or 0)

    by_score = facts.rank not in KPIS
    scored: dict[Any, league.Score] = {}
    if by_score:
        values = {unit: {name: value(unit, name) for name in KPIS} for unit in units}
        scored = league.scores(db, facts.selection.end, values, facts.rank)
    ranked_by = {unit: scored[unit].reached if by_score else value(unit, facts.rank) for unit in units}
    large = {unit: vehicles(unit) >= facts.parameters["league_min_vehicles"] for unit in units}
    good = "up" if by_score else KPIS[facts.rank].good
    places = league.ranks({unit: ranked_by[unit] if large[unit] else None for unit in units}, good)
    ends = league.ends(places)
    rows = [
        {
            "unit": unit,
            "vehicle_count": vehicles(unit),
            "place": places.get(unit),
            "end": ends.get(unit, ""),
            # Without captures the number of vehicles is not known, which is not few.
            "why": "" if unit in places else "small" if facts.now.captured and not large[unit] else "no_value",
            "score": scored.get(unit),
            "values": units[unit],
            "kinds": kinds.get(unit, {}),
            "online_count": int(units[unit].get("online_rate", {}).get("numerator") or 0),
        }
        for unit in units
    ]
    rows.sort(
        key=lambda row: (row["place"] or len(units) + 1, row["why"] != "small", -row["vehicle_count"], row["unit"])
    )
    any_score = next(iter(scored.values()), None)
    missing = []
    if any_score:
        missing = [name for name in any_score.parts if all(one.parts[name][1] is None for one in scored.values())]
    return League(rows, by_score, any_score.possible if any_score else 0, any_score.total if any_score else 0, missing)
