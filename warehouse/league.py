"""The league of vehicle monitoring: KPIs by day, by vehicle and as a table of ranked units (handbook 6.5).

What a KPI counts is said in ``warehouse.kpi`` alone; here its numerators and denominators are only grouped in other
ways. How many vehicles make a unit worth a rank is a row of ``seeds.kpi_scheme`` (scheme ``page``), as are the weights
of a composite score: the bureau publishes neither.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from warehouse.kpi import KPIS, MONITORED, TABLES, of_every_class, points

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.kpi import Kpi
    from warehouse.metrics import Source

PAGE_SCHEME = "page"
"""Scheme whose rows say what the league and the list of calls look at."""
MARKED = 3
"""Units named at either end of the league, as in the monthly list of the province."""

_OF_PLACE = """ and list_contains($classes, day.monitored_class)
    and (cast($county as varchar) is null or day.county_code = $county)
    and (cast($uscc as varchar) is null or day.uscc = $uscc)"""


def _asked(
    first: date, last: date, county: str | None, uscc: str | None, classes: Sequence[str]
) -> dict[str, date | str | list[str] | None]:
    return {"first": first, "last": last, "county": county, "uscc": uscc, "classes": list(classes)}


def daily(
    source: Source,
    names: Sequence[str],
    first: date,
    last: date,
    county: str | None = None,
    uscc: str | None = None,
    classes: Sequence[str] = MONITORED,
) -> pd.DataFrame:
    """KPIs of each day that has captures: ``event_date``, ``vehicle_count`` and ``<kpi>_numerator``, ``_denominator``.

    Networked on a day is who has sent a valid record up to it. A day without a row had no captures: nothing is known.
    """
    parts = ", ".join(
        f"{KPIS[name].numerator} as {name}_numerator, {KPIS[name].denominator} as {name}_denominator" for name in names
    )
    sums = ", ".join(
        f"cast(sum({name}_{side}) as bigint) as {name}_{side}"
        for name in names
        for side in ("numerator", "denominator")
    )
    frame = source.read(
        f"""with networked_from as (
            select plate_no, plate_color_code, min(event_date) as first_date
            from mart.vehicle_day
            where is_registered and valid_point_count > 0 and event_date <= $last
            group by plate_no, plate_color_code
        ),
        vehicle as (
            select day.event_date, day.plate_no, day.plate_color_code, {parts}
            from mart.vehicle_day as day
            left join networked_from as networked
                on networked.plate_no = day.plate_no
                and networked.plate_color_code = day.plate_color_code
                and networked.first_date <= day.event_date
            where day.is_registered and day.event_date between $first and $last{_OF_PLACE}
            group by day.event_date, day.plate_no, day.plate_color_code
        )
        select event_date, count(*) as vehicle_count, {sums} from vehicle group by event_date order by event_date""",
        _asked(first, last, county, uscc, classes),
    )
    return frame.assign(event_date=frame["event_date"].dt.date) if len(frame) else frame


def of_vehicles(
    source: Source,
    kpi: Kpi,
    first: date,
    last: date,
    county: str | None = None,
    uscc: str | None = None,
    classes: Sequence[str] = MONITORED,
) -> pd.DataFrame:
    """What each vehicle of a place brings to a KPI: its sums are those of ``warehouse.kpi.kpis`` for that place.

    ``plate_no``, ``plate_color_code``, ``numerator``, ``denominator``, ``day_count`` (days with captures on which it
    was in service) and ``online_day_count``, in the order of plates. Owner and county are those of its last day.
    """
    return source.read(
        f"""select day.plate_no, day.plate_color_code,
            cast({kpi.numerator} as bigint) as numerator, cast({kpi.denominator} as bigint) as denominator,
            count(*) as day_count, cast(sum(case when day.is_online then 1 else 0 end) as bigint) as online_day_count,
            max_by(day.uscc, day.event_date) as uscc, max_by(day.county_code, day.event_date) as county_code,
            max_by(day.monitored_class, day.event_date) as monitored_class,
            max(day.last_recorded_at) as last_recorded_at
        {TABLES["mart.vehicle_day"].rows.format(of_classes=_OF_PLACE)}
        group by day.plate_no, day.plate_color_code
        order by day.plate_no, day.plate_color_code""",
        _asked(first, last, county, uscc, classes),
    )


def parameters(source: Source, day: date) -> dict[str, float]:
    """What the league and the list of calls go by on a day."""
    return of_every_class(source, day, PAGE_SCHEME)


def schemes(source: Source) -> list[str]:
    """Schemes that weigh KPIs, in the order of their names."""
    frame = source.read(
        "select distinct kpi_scheme from seeds.kpi_scheme where starts_with(parameter, 'weight_') order by kpi_scheme"
    )
    return list(frame["kpi_scheme"])


@dataclass(frozen=True)
class Score:
    """Points of one unit: ``parts`` by KPI as the most there are and those reached, None without a value.

    ``reached`` is their sum and ``possible`` the most that can be reached by KPIs that have a source; ``total`` is that
    of the scheme. ``reached`` is None where the unit lacks a value that others have: it cannot be compared with them.
    """

    parts: dict[str, tuple[float, float | None]]
    reached: float | None
    possible: float
    total: float


def scores(
    source: Source, day: date, values: Mapping[Hashable, Mapping[str, float | None]], scheme: str
) -> dict[Hashable, Score]:
    """The composite score of each unit by a scheme; a KPI that no unit has a value of is a missing source."""
    told = of_every_class(source, day, scheme)
    parts = {unit: points(told, of_unit) for unit, of_unit in values.items()}
    sourced = {name for of_unit in parts.values() for name, (_, reached) in of_unit.items() if reached is not None}
    found = {}
    for unit, of_unit in parts.items():
        taken = [of_unit[name][1] for name in sorted(sourced)]
        found[unit] = Score(
            of_unit,
            None if not taken or None in taken else sum(point for point in taken if point is not None),
            sum(most for name, (most, _) in of_unit.items() if name in sourced),
            sum(most for most, _ in of_unit.values()),
        )
    return found


def ranks(values: Mapping[Hashable, float | None], good: str) -> dict[Hashable, int]:
    """The place of each unit that has a value: equal values share one, and the next place is as far down as counted."""
    known = [value for value in values.values() if value is not None]
    return {
        unit: 1 + sum(other > value if good == "up" else other < value for other in known)
        for unit, value in values.items()
        if value is not None
    }


def ends(places: Mapping[Hashable, int]) -> dict[Hashable, str]:
    """``top`` and ``bottom`` units of a league; none where both ends would be the same units."""
    if len(places) < 2 * MARKED:
        return {}
    behind = {unit: sum(other >= place for other in places.values()) for unit, place in places.items()}
    top = {unit: "top" for unit, place in places.items() if place <= MARKED}
    return top | {unit: "bottom" for unit, count in behind.items() if count <= MARKED and unit not in top}
