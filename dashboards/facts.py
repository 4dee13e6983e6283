"""What the overview knows about one selection: three periods, places, sites and days, read once.

Frames in, frames out; how they look is the page's business. "No data" is kept apart from "none" here.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from dashboards import format as fmt
from dashboards import queries
from dashboards.selection import ALL, Known, Selection, last_year, prior
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


DAILY = ("weighed_count", "over_count", "severe_count", "review_count")


def day_values(days: pd.DataFrame, site_days: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """Sums per day with ``known``: False where nothing reported, so that no data is not read as zero."""
    live = set(site_days.loc[site_days["state"] != "silent", "passed_date"]) | set(days["passed_date"])
    span = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    counted = {name: dict(zip(days["passed_date"], days[name], strict=True)) for name in DAILY}
    sums = {name: [int(of_day.get(day, 0)) for day in span] for name, of_day in counted.items()}
    return pd.DataFrame({"day": span, "known": [day in live for day in span], **sums})


def _within(frame: pd.DataFrame, span: queries.Span) -> pd.DataFrame:
    return frame[(frame["passed_date"] >= span[0]) & (frame["passed_date"] <= span[1])] if len(frame) else frame


def _sums(frame: pd.DataFrame) -> pd.Series:
    """One row for all: counts add up, the greatest excess is the greatest."""
    added = frame.drop(columns=["passed_date", "max_excess_ratio"]).sum()
    return pd.concat([added, pd.Series({"max_excess_ratio": frame["max_excess_ratio"].max()})])


def _period(days: pd.DataFrame, site_days: pd.DataFrame, span: queries.Span) -> Period:
    inside = _within(days, span)
    values = day_values(inside, _within(site_days, span), *span)
    return Period(*span, _sums(inside), values, int(values["known"].sum()))


def read(db: queries.Source, selection: Selection, known: Known) -> Facts:
    """All of it in four reads."""
    spans = [(selection.start, selection.end), prior(selection), last_year(selection)]
    days = queries.by_day(db, selection, spans)
    site_days = queries.site_days(db, selection, spans)
    places = queries.by_place(db, selection, spans[0])
    places_before = queries.by_place(db, selection, selection.compared())
    tiles = queries.counties(db)
    return Facts(
        selection,
        known,
        *(_period(days, site_days, span) for span in spans),
        # The county list stays whole when one county is chosen, so that the choice can be changed in it.
        counties=_grouped(places, "county_code"),
        counties_before=_grouped(places_before, "county_code"),
        sites=_grouped(_chosen(places, selection), "site_code"),
        sites_before=_grouped(_chosen(places_before, selection), "site_code"),
        registered=queries.sites(db),
        tiles=tiles[tiles["is_current"].astype(bool)],
        site_days=_within(site_days, spans[0]),
    )


def _chosen(places: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    for column, code in (("county_code", selection.county), ("site_code", selection.site)):
        if code != ALL:
            places = places[places[column] == code]
    return places


def _grouped(places: pd.DataFrame, column: str) -> pd.DataFrame:
    counts = ["passage_count", "weighed_count", "over_count"]
    how = {**dict.fromkeys(counts, "sum"), "max_excess_ratio": "max"}
    return places.groupby(column, dropna=False, sort=True).agg(how).reset_index()


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
    available_of = days["state"].eq("reporting").groupby(days["site_code"]).mean().to_dict()
    last_states = {row.site_code: row.state for row in days[days["passed_date"] == facts.selection.end].itertuples()}
    allowed = comparable(facts, facts.compared)
    rows = []
    for row in facts.registered.itertuples():
        code = row.site_code
        seen, available = counted.get(code), available_of.get(code)
        if seen is None and available is None:
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
    ]
    frame = pd.DataFrame(rows, columns=columns).astype({"rate": "float64"})
    return frame.sort_values(
        ["ranked", "rate", "weighed_count", "site_code"], ascending=[False, False, False, True], na_position="last"
    ).reset_index(drop=True)


def trend_frame(facts: Facts) -> pd.DataFrame:
    """Day by day: this period, and the two others laid over it by position."""
    columns: dict[str, list[Any]] = {}
    length = len(facts.now.days)
    for key, frame in (("now", facts.now.days), ("prior", facts.prior.days), ("year", facts.year.days)):
        values = [n if known else None for n, known in zip(frame["over_count"], frame["known"], strict=True)]
        missing = [None] * (length - len(frame))
        columns["day" if key == "now" else f"{key}_day"] = [*frame["day"], *missing][:length]
        columns[key] = [*values, *missing][:length]
    return pd.DataFrame(columns)


def outages(site_days: pd.DataFrame, t: Text, period_days: int) -> list[tuple[date, date, str]]:
    """Spans in which a site sent nothing, overlapping ones as one band.

    A site that was silent all the time is no event in it; the availability line names it.
    """
    spans: list[tuple[date, date, str]] = []
    silent = site_days[site_days["state"] == "silent"]
    for code, frame in silent.groupby("site_code", sort=True):
        days = sorted(frame["passed_date"])
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
    last = facts.site_days[facts.site_days["passed_date"] == facts.selection.end]
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
                "longitude": row.longitude,
                "latitude": row.latitude,
                "online": online,
                "over_count": over,
                "label": label,
            }
        )
    columns = ["site_code", "county_code", "longitude", "latitude", "online", "over_count", "label"]
    return pd.DataFrame(counties), pd.DataFrame(sites, columns=columns)
