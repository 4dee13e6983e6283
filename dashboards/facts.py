"""What the overview knows about one selection: three periods, places, sites and days, read once.

Frames in, frames out; how they look is the page's business. "No data" is kept apart from "none" here.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from dashboards import format as fmt
from dashboards import queries
from dashboards.selection import Known, Selection, last_year, prior
from dashboards.text import Text

SMALL_SAMPLE = 30  # below it a rate says nothing and is not shown
RANKING_MINIMUM = 200  # a site is ranked from this many weighed vehicles on
COVERAGE = 0.8  # a comparison needs data on this share of the days the period itself has data on


@dataclass(frozen=True)
class Period:
    """One of the three periods compared: its sums, its days, and how many of its days have any data."""

    first: date
    last: date
    totals: pd.Series
    days: pd.DataFrame
    covered: int


@dataclass(frozen=True)
class Facts:
    """Everything one state of the page shows, read once."""

    selection: Selection
    known: Known
    now: Period
    prior: Period
    year: Period
    counties: pd.DataFrame
    counties_before: pd.DataFrame
    sites: pd.DataFrame
    sites_before: pd.DataFrame
    registered: pd.DataFrame
    tiles: pd.DataFrame
    site_days: pd.DataFrame

    @property
    def compared(self) -> Period:
        return self.prior if self.selection.compare == "prior" else self.year

    @property
    def empty(self) -> bool:
        return self.now.covered == 0


def day_values(days: pd.DataFrame, site_days: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """Sums per day with ``known``: False where nothing reported, so that no data is not read as zero."""
    counted = {fmt.as_date(row.passed_date): row for row in days.itertuples()}
    live = {fmt.as_date(d) for d in site_days.loc[site_days["state"] != "silent", "passed_date"]}
    rows = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        row = counted.get(day)
        rows.append(
            {
                "day": day,
                "known": row is not None or day in live,
                "weighed_count": int(row.weighed_count) if row else 0,
                "over_count": int(row.over_count) if row else 0,
                "severe_count": int(row.severe_count) if row else 0,
                "review_count": int(row.review_count) if row else 0,
            }
        )
    return pd.DataFrame(rows)


def _period(db: queries.Source, selection: Selection, first: date, last: date, site_days: pd.DataFrame) -> Period:
    days = day_values(queries.by_day(db, selection, first, last), site_days, first, last)
    return Period(first, last, queries.totals(db, selection, first, last), days, int(days["known"].sum()))


def read(db: queries.Source, selection: Selection, known: Known) -> Facts:
    spans = [(selection.start, selection.end), prior(selection), last_year(selection)]
    site_days = [queries.site_days(db, selection, *span) for span in spans]
    periods = [_period(db, selection, *span, days) for span, days in zip(spans, site_days, strict=True)]
    wide = Selection(selection.start, selection.end, selection.period, selection.compare, axle=selection.axle)
    compared = selection.compared()
    places = queries.counties(db)
    return Facts(
        selection,
        known,
        *periods,
        # The county list stays whole when one county is chosen, so that the choice can be changed in it.
        counties=queries.by_county(db, wide, selection.start, selection.end),
        counties_before=queries.by_county(db, wide, *compared),
        sites=queries.by_site(db, selection, selection.start, selection.end),
        sites_before=queries.by_site(db, selection, *compared),
        registered=queries.sites(db),
        tiles=places[places["is_current"].astype(bool)],
        site_days=site_days[0],
    )


def comparable(facts: Facts, other: Period) -> bool:
    """Whether the other period has data on enough days to be compared with."""
    return facts.now.covered > 0 and other.covered >= COVERAGE * facts.now.covered


def rate_of(totals: pd.Series) -> float | None:
    return fmt.mean_or_none(totals["over_count"], totals["weighed_count"])


def county_rates(facts: Facts) -> pd.DataFrame:
    """Counties with rate now and before, the highest rate first; small samples carry no rate."""
    before = {row.county_code: row for row in facts.counties_before.itertuples()}
    allowed = comparable(facts, facts.compared)
    rows = []
    for row in facts.counties.itertuples():
        enough = int(row.weighed_count) >= SMALL_SAMPLE
        rate = fmt.mean_or_none(row.over_count, row.weighed_count) if enough else None
        old = before.get(row.county_code)
        old_rate = None
        if allowed and old is not None and int(old.weighed_count) >= SMALL_SAMPLE:
            old_rate = fmt.mean_or_none(old.over_count, old.weighed_count)
        rows.append(
            {
                "county_code": row.county_code if isinstance(row.county_code, str) else "",
                "weighed_count": int(row.weighed_count),
                "over_count": int(row.over_count),
                "rate": rate,
                "change": None if rate is None or old_rate is None else (rate - old_rate) * 100,
            }
        )
    frame = pd.DataFrame(rows, columns=["county_code", "weighed_count", "over_count", "rate", "change"]).astype(
        {"rate": "float64", "change": "float64"}
    )
    return frame.sort_values(["rate", "county_code"], ascending=[False, True], na_position="last")


def ranking_frame(facts: Facts) -> pd.DataFrame:
    """Sites, the highest rate first; those with too few weighed vehicles after them and without a rank."""
    before = {row.site_code: row for row in facts.sites_before.itertuples()}
    counted = {row.site_code: row for row in facts.sites.itertuples()}
    days = facts.site_days
    of_site = {code: frame for code, frame in days.groupby("site_code")}
    last_states = {
        row.site_code: row.state
        for row in days[days["passed_date"].map(fmt.as_date) == facts.selection.end].itertuples()
    }
    allowed = comparable(facts, facts.compared)
    rows = []
    for row in facts.registered.itertuples():
        code = row.site_code
        seen, service = counted.get(code), of_site.get(code)
        if seen is None and service is None:
            continue
        weighed = int(seen.weighed_count) if seen is not None else 0
        over = int(seen.over_count) if seen is not None else 0
        rate = fmt.mean_or_none(over, weighed) if weighed >= SMALL_SAMPLE else None
        old = before.get(code)
        old_rate = (
            fmt.mean_or_none(old.over_count, old.weighed_count)
            if allowed and old is not None and int(old.weighed_count) >= SMALL_SAMPLE
            else None
        )
        available = None if service is None else float((service["state"] == "reporting").mean())
        rows.append(
            {
                "site_code": code,
                "road": row.road_code if isinstance(row.road_code, str) else "",
                "chainage": fmt.chainage(row.chainage_km),
                "county_code": row.county_code,
                "weighed_count": weighed,
                "over_count": over,
                "rate": rate,
                "ranked": weighed >= RANKING_MINIMUM,
                "change": None if rate is None or old_rate is None else (rate - old_rate) * 100,
                "max_excess_ratio": None
                if seen is None or fmt.missing(seen.max_excess_ratio)
                else float(seen.max_excess_ratio),
                "available": available,
                "state": last_states.get(code, "not_in_service")
                if isinstance(row.county_code, str)
                else "unregistered",
                "silent_all": service is not None and bool((service["state"] == "silent").all()),
            }
        )
    columns = [
        "site_code",
        "road",
        "chainage",
        "county_code",
        "weighed_count",
        "over_count",
        "rate",
        "ranked",
        "change",
        "max_excess_ratio",
        "available",
        "state",
        "silent_all",
    ]
    frame = pd.DataFrame(rows, columns=columns).astype({"rate": "float64"})
    return frame.sort_values(
        ["ranked", "rate", "weighed_count", "site_code"], ascending=[False, False, False, True], na_position="last"
    ).reset_index(drop=True)


def trend_frame(facts: Facts) -> pd.DataFrame:
    """Day by day: this period, and the two others laid over it by position."""
    rows = []
    other = {"prior": facts.prior.days, "year": facts.year.days}
    for position, row in enumerate(facts.now.days.itertuples()):
        entry: dict[str, Any] = {"day": row.day, "now": row.over_count if row.known else None}
        for key, frame in other.items():
            old = frame.iloc[position] if position < len(frame) else None
            entry[key] = int(old["over_count"]) if old is not None and old["known"] else None
            entry[f"{key}_day"] = old["day"] if old is not None else None
        rows.append(entry)
    return pd.DataFrame(rows, columns=["day", "now", "prior", "prior_day", "year", "year_day"])


def outages(site_days: pd.DataFrame, t: Text, period_days: int) -> list[tuple[date, date, str]]:
    """Spans in which a site sent nothing, overlapping ones as one band.

    A site that was silent all the time is no event in it; the availability line names it.
    """
    spans: list[tuple[date, date, str]] = []
    silent = site_days[site_days["state"] == "silent"]
    for code, frame in silent.groupby("site_code", sort=True):
        days = sorted(fmt.as_date(d) for d in frame["passed_date"])
        if len(days) >= period_days:
            continue
        first = last = days[0]
        for day in days[1:]:
            if day - last > timedelta(days=1):
                spans.append((first, last, str(code)))
                first = day
            last = day
        spans.append((first, last, str(code)))
    spans.sort()
    merged: list[tuple[date, date, set[str]]] = []
    for first, last, code in spans:
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]), merged[-1][2] | {code})
        else:
            merged.append((first, last, {code}))
    bands = []
    for first, last, codes in merged:
        who = next(iter(codes)) if len(codes) == 1 else t("trend.sites", count=len(codes))
        bands.append((first, last, t("trend.outage", who=who, days=(last - first).days + 1)))
    return bands if len(bands) <= 6 else []


def map_frames(facts: Facts, t: Text) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counties and sites as the map draws them."""
    rates = {row.county_code: row for row in county_rates(facts).itertuples()}
    counties = []
    for tile in facts.tiles.itertuples():
        row = rates.get(tile.county_code)
        name = t.pick(tile.name_zh, tile.name_en)
        weighed, over = (row.weighed_count, row.over_count) if row else (0, 0)
        rate = None if row is None or fmt.missing(row.rate) else float(row.rate)
        text = t("map.county_hover", name=name, rate=fmt.rate(rate), over=fmt.count(over), weighed=fmt.count(weighed))
        counties.append(
            {
                "county_code": tile.county_code,
                "name": fmt.short_place(name),
                "tile_col": tile.tile_col,
                "tile_row": tile.tile_row,
                "rate": rate,
                "over_count": over,
                "weighed_count": weighed,
                "text": text,
            }
        )
    last = facts.site_days[facts.site_days["passed_date"].map(fmt.as_date) == facts.selection.end]
    silent = set(last.loc[last["state"] == "silent", "site_code"])
    in_service = set(facts.site_days["site_code"])
    counted = {row.site_code: row for row in facts.sites.itertuples()}
    sites = []
    for row in facts.registered.itertuples():
        if row.site_code not in in_service or not isinstance(row.county_code, str):
            continue
        seen = counted.get(row.site_code)
        over, weighed = (int(seen.over_count), int(seen.weighed_count)) if seen else (0, 0)
        online = row.site_code not in silent
        state = t("map.online" if online else "map.offline")
        label = t("map.site_hover", code=row.site_code, state=state, over=fmt.count(over), weighed=fmt.count(weighed))
        sites.append(
            {
                "site_code": row.site_code,
                "county_code": row.county_code,
                "longitude": getattr(row, "longitude", None),
                "latitude": getattr(row, "latitude", None),
                "online": online,
                "over_count": over,
                "label": label,
            }
        )
    columns = ["site_code", "county_code", "longitude", "latitude", "online", "over_count", "label"]
    return pd.DataFrame(counties), pd.DataFrame(sites, columns=columns)
