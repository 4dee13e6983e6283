"""What the page of a site reads: its scales (``warehouse.drift``), its days, and who was over the limit there."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from dashboards import queries
from dashboards.format import as_date
from dashboards.selection import ALL, Selection
from warehouse import drift

HERE = "/overload/site"
LANES = "site-lanes"
AFFECTED_SHOWN = 20
DRIFT_DAYS = 180
"""Days that the lines of shifts look back."""

_IN = "passed_date between $first_day and $last_day and site_code = $site"
_HOURS = f"""
select hour(passed_at) as hour_of_day, count(gross_vehicle_weight_kg) as weighed_count,
    count(*) filter (verdict = 'over') as over_count
from core.passage where {_IN} group by hour_of_day order by hour_of_day
"""
_CLASSES = f"""
select axle_class, sum(weighed_count) as weighed_count, sum(over_count) as over_count
from mart.overload_daily where {_IN} group by axle_class order by over_count desc, axle_class
"""
ORIGINS = ("local", "province", "elsewhere", "unread")
_ORIGINS = f"""
select case when plate_no is null then 3 when starts_with(plate_no, $local) then 0
        when left(plate_no, 1) = left($local, 1) then 1 else 2 end as plate_origin,
    count(gross_vehicle_weight_kg) as weighed_count, count(*) filter (verdict = 'over') as over_count
from core.passage where {_IN} group by plate_origin order by over_count desc, plate_origin
"""
_AGAIN = f"""
select {queries.PLATE} as plate_masked, over_count, last_at, max_excess_ratio
from (
    select plate_no, plate_color_code, count(*) as over_count, max(passed_at) as last_at,
        max(excess_ratio) as max_excess_ratio
    from core.passage where {_IN} and verdict = 'over' and plate_no is not null
    group by plate_no, plate_color_code having count(*) > 1
) as seen
order by over_count desc, max_excess_ratio desc, plate_masked limit 10
"""
_FLAGS = f"""
select flags, count(*) as over_count from core.passage where {_IN} and verdict = 'over' group by flags
"""


def address(as_of: date, site: str) -> str:
    """The page of a site over the days up to ``as_of``."""
    return HERE + Selection(as_of.replace(day=1), as_of, "custom", site=site).query()


def at(record: Mapping[str, Any]) -> str:
    """The page of a passage's site, over the month up to its day."""
    return address(as_date(record["passed_date"]), record["site_code"])


def lanes_address(as_of: date, county: str) -> str:
    """The scales of a county."""
    return HERE + Selection(as_of.replace(day=1), as_of, "custom", county=county).query() + f"#{LANES}"


def is_built(db: queries.Source) -> bool:
    """Whether the snapshot holds what the page needs: one built by an older version does not."""
    return queries.tables(db) >= set(drift.TABLES)


def asked(selection: Selection) -> drift.Asked:
    place = selection.place()
    return drift.Asked(selection.end, place["county"] if selection.site == ALL else None, place["site"])


@queries.once_per_choice
def lanes(db: queries.Source, of: drift.Asked) -> list[drift.Lane]:
    return drift.lanes(db, of)


def _of_site(selection: Selection) -> dict[str, Any]:
    return {"first_day": selection.start, "last_day": selection.end, "site": selection.site}


def hours(db: queries.Source, selection: Selection) -> pd.DataFrame:
    """Weighed and over the limit by hour of the day."""
    return db.read(_HOURS, _of_site(selection))


def classes(db: queries.Source, selection: Selection) -> pd.DataFrame:
    """The same by axle class, that with the most first."""
    return db.read(_CLASSES, _of_site(selection))


def origins(db: queries.Source, selection: Selection, local: str) -> pd.DataFrame:
    """The same by where the plate is from, a place in ``ORIGINS``; ``local`` begins the plates of the prefecture."""
    return db.read(_ORIGINS, _of_site(selection) | {"local": local})


def again(db: queries.Source, selection: Selection) -> pd.DataFrame:
    """Vehicles over the limit more than once at the site, plates masked."""
    return db.read(_AGAIN, _of_site(selection))


def reasons(db: queries.Source, selection: Selection) -> Counter[str]:
    """How many passages over the limit carry each reason of evidence (``E-``)."""
    counted: Counter[str] = Counter()
    for row in db.rows(_FLAGS, _of_site(selection)):
        for code in (row["flags"] or "").split(","):
            if code.startswith("E-"):
                counted[code] += row["over_count"]
    return counted


def by_state(found: list[drift.Lane]) -> Mapping[str, int]:
    counted = Counter(one.state for one in found)
    return {state: counted[state] for state in drift.STATES if counted[state]}
