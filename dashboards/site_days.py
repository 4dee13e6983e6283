"""Which sites and days the page of data quality tells: what its strip and links of other pages ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from dashboards import queries
from dashboards.selection import ALL, Known, Selection, option, plain_date

HERE = "/quality"
STRIP = "quality-sites"
WINDOW_DAYS = 30
"""Days that the page looks back; an address may name others for the strip."""
MOST_DAYS = 366


@dataclass(frozen=True)
class SiteDays:
    """The days and the county whose sites the strip shows. ``is_usual``: the last days, which an address leaves out."""

    first: date
    last: date
    county: str = ALL
    is_usual: bool = True

    def query(self, **changes: Any) -> str:
        """The query of these days with another county, or of the usual days, and where the strip stands."""
        chosen = replace(self, **changes)
        pairs = {} if chosen.is_usual else {"from": chosen.first.isoformat(), "to": chosen.last.isoformat()}
        pairs |= {} if chosen.county == ALL else {"county": chosen.county}
        return f"?{urlencode(pairs)}#{STRIP}" if pairs else f"#{STRIP}"


def site_days_of(given: Mapping[str, Any], known: Known, bad: list[str]) -> SiteDays:
    """What an address asks of sites; values that could not be taken are named in ``bad``."""
    usual = SiteDays(known.last_day - timedelta(days=WINDOW_DAYS - 1), known.last_day)
    county = option(given.get("county"), known.counties, ALL, bad, "county")
    asked = [given.get(name) for name in ("from", "to")]
    if asked == [None, None]:
        return replace(usual, county=county)
    first, last = map(plain_date, asked)
    if first is None or last is None or not first <= last <= known.last_day or (last - first).days >= MOST_DAYS:
        bad.append("from–to")
        return replace(usual, county=county)
    return SiteDays(first, last, county, is_usual=False)


def site_states(db: queries.Source, asked: SiteDays) -> pd.DataFrame:
    """One row a site and day: ``passed_date``, ``site_code``, ``county_code``, ``state``."""
    span = asked.first, asked.last
    return queries.site_days(db, Selection(*span, county=asked.county), [span])
