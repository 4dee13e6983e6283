"""Faults that show only in succession: a dead scale, a wrapped counter, a missing hour, a row out of order.

Asked of the rows of one delivery, after their keys were compared. The order is total (the
source line decides between equals), so the same delivery gives the same marks whatever the threads.
"""

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from etl.contract import Feed, Rule, Series

if TYPE_CHECKING:  # declarations import this module, and the scheduler imports declarations again and again
    import duckdb

EARTH_KM_PER_DEGREE = 111.195
"""One degree of a great circle on the sphere of 6,371 km."""


# --- the usual faults, for declarations ----------------------------------------------------------
def counter(column: str, by: tuple[str, ...] = (), modulus: int = 65_536) -> tuple[Series, ...]:
    """Warnings of a device's own numbering: it began again (R-WRAP), or numbers are missing (R-LOST).

    Numbers are compared modulo ``modulus``; a step of half of it and more goes back, and loses nothing. A row in
    quarantine was delivered, so its number is not missing.
    """
    told: dict[str, Any] = {"outcome": "warning", "with_refused": True}
    step = f"({column} - before_{column} + {modulus}) % {modulus}"
    return (
        Series("R-WRAP", f"{column} < before_{column}", "the device's counter began again", by, **told),
        Series("R-LOST", f"{step} between 2 and {modulus // 2 - 1}", "numbers are missing before this one", by, **told),
    )


def out_of_order(time: str, by: tuple[str, ...] = ()) -> Series:
    """Warning R-SEQUENCE: earlier than the row before, as delivered."""
    return Series(
        "R-SEQUENCE", f"{time} < before_{time}", "earlier than the row before", by, outcome="warning", with_refused=True
    )


def gap(time: str, seconds: float, by: tuple[str, ...] = ()) -> Series:
    """Warning R-GAP: more than ``seconds`` after the row before it in time."""
    when = f"epoch({time}) - epoch(before_{time}) > {seconds}"
    return Series("R-GAP", when, f"more than {seconds:g} s after the row before", by, (time,), outcome="warning")


def dead(when: str, least: int, by: tuple[str, ...] = (), order: tuple[str, ...] = ()) -> Series:
    """Flag R-DEAD: ``when`` (traffic without a weight; null where no traffic) in ``least`` rows in succession."""
    return Series("R-DEAD", when, f"traffic without a weight in {least} rows in succession", by, order, least)


def jump(time: str, kmh: float, by: tuple[str, ...] = ()) -> Series:
    """Flag R-JUMP: farther from the position before than ``kmh`` allows in the time between (0/0 says nothing).

    Two positions at one instant are a jump where they lie more than 100 m apart.
    """
    east = "(longitude - before_longitude) * cos(radians((latitude + before_latitude) / 2))"
    kilometres = f"{EARTH_KM_PER_DEGREE} * sqrt(pow(latitude - before_latitude, 2) + pow({east}, 2))"
    hours = f"((epoch({time}) - epoch(before_{time})) / 3600)"
    when = (
        "case when (latitude = 0 and longitude = 0) or (before_latitude = 0 and before_longitude = 0) then null"
        f" else {kilometres} > greatest(0.1, {kmh} * {hours}) end"
    )
    return Series("R-JUMP", when, f"faster than {kmh:g} km/h since the position before", by, (time,))


def nothing_measured(*columns: str) -> Rule:
    """Flag R-ABSENT: the device delivered the interval and measured nothing in it."""
    return Rule("R-ABSENT", f"coalesce({', '.join(columns)}) is null", "no measured value in the interval")


# --- what a delivery shows -----------------------------------------------------------------------
def mark(feed: Feed, connection: "duckdb.DuckDBPyConnection") -> Counter[str]:
    """Flag the rows of ``typed`` that meet a ``Series`` of the feed; return the warnings and their rows."""
    warned: dict[str, list[str]] = {}
    for series in feed.series:
        found = _found(series)
        if series.outcome == "warning":
            warned.setdefault(series.code, []).append(found)
            continue
        connection.execute(f"create or replace temp table in_series as {found}")
        connection.execute(
            f"""update typed
            set flags = array_to_string(list_sort(list_distinct(
                list_append(list_filter(string_split(flags, ','), lambda code: code <> ''), '{series.code}'))), ',')
            where problem is null and source_line in (select source_line from in_series)"""
        )
    counts: Counter[str] = Counter()
    for code, queries in warned.items():
        rows = " union all ".join(f"({query})" for query in queries)
        (count,) = connection.execute(f"select count(distinct source_line) from ({rows})").fetchall()[0]
        if count:
            counts[code] = count
    return counts


def _found(series: Series) -> str:
    """SQL for the source lines of accepted rows that meet the series."""
    by = ", ".join(series.by)
    order = ", ".join((*series.order, "source_line"))
    window = f"{f'partition by {by} ' if by else ''}order by {order}"
    before = sorted(set(re.findall(r"\bbefore_(\w+)", series.when)))
    lagged = "".join(f", lag({column} ignore nulls) over ({window}) as before_{column}" for column in before)
    judged = f"""
        select *, cast(({series.when}) as boolean) as is_met
        from (select *{lagged} from {"typed" if series.with_refused else "landed"})"""
    if series.least == 1:
        return f"select source_line from ({judged}) where is_met"
    # A row that does not meet the condition ends a run, and the rows after it count from it.
    runs = f"""
        select *, count(*) filter (where not is_met) over ({window} rows unbounded preceding) as run_no
        from ({judged}) where is_met is not null"""
    within = f"partition by {f'{by}, ' if by else ''}run_no"
    return f"""
        select source_line
        from (select source_line, is_met, count(*) filter (where is_met) over ({within}) as run_rows from ({runs}))
        where is_met and run_rows >= {int(series.least)}"""
