"""Which days have to be built again: an input digest per event day, compared with the published one.

A day's digest covers its accepted rows, the register rows and dated rules valid that day, whether its
night is over, and the code. The end of a register row decides on which days it counts, which the sums
below know by themselves; so a vehicle sold today touches no day before today.
"""

import bisect
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

from warehouse import sql
from warehouse.digest import file_digest, row_text, text_digest
from warehouse.ledger import Segment
from warehouse.raw import RawTable

# Silent days are looked for from the first day of this feed on: it is the one that reports every night.
NIGHTLY_FEED = "wim_passage"
# Registers whose end of validity a row of core.passage shows; for the others it is no content (a test holds this).
SHOWN_VALID_TO = ("verification_certificate",)
_MASK = (1 << 64) - 1
# What decides how a day comes out, beside the models.
_CODE = ("build.py", "days.py", "digest.py", "layout.py", "sql.py", "dbt_project.yml")


def code_digest(raw_tables: Iterable[RawTable]) -> str:
    """Changes whenever a day could come out differently for the same inputs. Dated seeds are inputs."""
    paths = [sql.PROJECT / name for name in _CODE]
    for folder in ("models", "macros", "checks"):
        paths += sorted((sql.PROJECT / folder).rglob("*.sql"))
    paths += [_seed_path(seed) for seed in _seeds_used() if "valid_to" not in sql.seed_columns()[seed]]
    texts = [duckdb.__version__, *(f"{path.name} {file_digest(path)}" for path in paths)]
    for table in sorted(raw_tables, key=lambda table: table.name):
        texts += [f"{table.name} {table.kind} {name} {column.type}" for name, column in table.columns.items()]
    return text_digest(texts)


def _seeds_used() -> list[str]:
    used = {table for name in sql.model_paths() for table in sql.render(name).reads}
    return [seed for seed in sql.seed_columns() if seed in used]


def _seed_path(seed: str) -> Path:
    return sql.PROJECT / "seeds" / f"{seed.split('.')[1]}.csv"


def candidate_days(events: Sequence[Segment], last_night: date | None) -> list[date]:
    """Days with rows, and every day up to the last night on which a site could have been silent."""
    days = {segment.event_date for segment in events}
    nightly = [segment.event_date for segment in events if segment.feed == NIGHTLY_FEED]
    if nightly and last_night:
        first = min(nightly)
        days.update(first + timedelta(number) for number in range((last_night - first).days + 1))
    return sorted(days)


def day_digests(
    registers: duckdb.DuckDBPyConnection,
    raw_tables: Sequence[RawTable],
    events: Sequence[Segment],
    last_night: date | None,
    code: str,
) -> dict[str, str]:
    """The input digest of every candidate day. ``registers`` holds ``raw.<register>`` and the seeds."""
    days = candidate_days(events, last_night)
    dated = [_dated_sums(registers, relation, columns, days) for relation, columns in _dated_inputs(raw_tables)]
    rows = _rows_of_days(events)
    digests = {}
    for at, day in enumerate(days):
        closed = last_night is not None and day <= last_night
        arrived = [f"{feed} {sums}" for feed, sums in sorted(rows.get(day, {}).items())]
        digests[day.isoformat()] = text_digest([code, str(closed), *arrived, *(sums[at] for sums in dated)])
    return digests


def _rows_of_days(events: Sequence[Segment]) -> dict[date, dict[str, tuple[int, int, int]]]:
    """Per day and feed the row count and content sum of its files: the same however a day is cut into files."""
    found: dict[date, dict[str, tuple[int, int, int]]] = {}
    for segment in events:
        of_day = found.setdefault(segment.event_date, {})
        count, lower, upper = of_day.get(segment.feed, (0, 0, 0))
        content = int(segment.content_sum, 16)
        of_day[segment.feed] = (
            count + segment.row_count,
            (lower + (content >> 64)) & _MASK,
            (upper + (content & _MASK)) & _MASK,
        )
    return found


def _dated_inputs(raw_tables: Sequence[RawTable]) -> list[tuple[str, list[str]]]:
    """Relations whose rows are valid from a day to a day, with the columns whose change matters."""
    found = []
    for table in raw_tables:
        if table.kind == "register":
            left_out = () if table.name in SHOWN_VALID_TO else ("valid_to",)
            columns = ["record_id", *(name for name in table.columns if name not in left_out)]
            found.append((f"(select * from raw.{table.name} where row_fate = 'current')", columns))
    for seed in _seeds_used():
        types = sql.seed_columns()[seed]
        if "valid_to" in types:
            found.append((seed, [name for name in types if name != "valid_to"]))
    return found


def _dated_sums(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: list[str], days: list[date]
) -> list[str]:
    """Per day count and hash sum of the rows valid that day, from running sums over where rows begin and end."""
    changes = connection.execute(
        f"""
        with hashed as (
            select coalesce(valid_from, date '0001-01-01') as first_day, valid_to, {row_text(columns)} as line
            from {relation}
        ),
        change as (
            select first_day as day, line, 1 as sign from hashed
            union all
            select valid_to + 1 as day, line, -1 as sign from hashed where valid_to is not null
        )
        select day, sum(sign), sum(sign * cast(md5_number_lower(line) as hugeint)),
            sum(sign * cast(md5_number_upper(line) as hugeint))
        from change group by day order by day"""
    ).fetchall()
    starts: list[date] = []
    sums = [(0, 0, 0)]
    for day, count, lower, upper in changes:
        before = sums[-1]
        starts.append(day)
        sums.append((before[0] + count, (before[1] + lower) & _MASK, (before[2] + upper) & _MASK))
    return [str(sums[bisect.bisect_right(starts, day)]) for day in days]
