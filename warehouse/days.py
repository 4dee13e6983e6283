"""Which days have to be built again: an input digest per event day, compared with the published one.

A day's digest covers its accepted rows (of a feed with context those of the days before as well), the register rows
and dated rules valid that day, whether its night is over, and the code. The end of a register row decides on which
days it counts, which the sums below know by themselves; so a certificate that begins today touches no day before today.

A register that passages are joined to by a column of their own (vehicles, by plate) is no part of these
digests: one truck would touch every day since its registration. ``looked_up_days`` compares it with the
published one instead and names the days on which a changed plate passed.
"""

import bisect
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

from warehouse import sql
from warehouse.digest import file_digest, row_text, text_digest
from warehouse.layout import dated_models, head_checks
from warehouse.ledger import Segment
from warehouse.raw import RawTable

# Silent days are looked for from the first day of this feed on: it is the one that reports every night.
NIGHTLY_FEED = "wim_passage"
# Registers whose end of validity a row of core.passage shows; for the others it is no content (a test holds this).
SHOWN_VALID_TO = ("verification_certificate",)
LOOKED_UP = {"vehicle": "plate_no"}
"""Registers that ``core.passage`` is joined to by this column of its own."""
READ_WITH = {"monitored_vehicle": ("terminal_capture", "terminal_alarm")}
"""Registers that a day reads only where rows of these feeds belong to it: as they hold on the day and on those before
it that a feed's context names."""
_ADD_MISREADINGS = """
insert into changed_span
select substr(looked_up, 1, nth - 1) || read_sign || substr(looked_up, nth + 1), first_day, next_day
from changed_span
cross join range(1, 9) as signs(nth)
inner join seeds.plate_confusion on true_sign = substr(looked_up, nth, 1)"""
"""Every reading of a changed plate with one other sign, as ``mart.plate_suggestion`` looks for them."""
_MASK = (1 << 64) - 1
# What decides how a day comes out, beside the models.
_CODE = ("build.py", "days.py", "digest.py", "layout.py", "sql.py", "dbt_project.yml")


def code_digest(raw_tables: Iterable[RawTable]) -> str:
    """Changes whenever a day could come out differently for the same inputs. Dated seeds are inputs."""
    raw_tables = sorted(raw_tables, key=lambda table: table.name)
    of_head = head_checks(raw_tables)
    paths = [sql.PROJECT / name for name in _CODE]
    paths += sorted((sql.PROJECT / "macros").glob("*.sql"))
    paths += [sql.model_paths()[name] for name in dated_models()]
    paths += [path for name, path in sql.check_paths().items() if name not in of_head]
    paths += [_seed_path(seed) for seed in _seeds_used() if "valid_to" not in sql.seed_columns()[seed]]
    texts = [duckdb.__version__, *(f"{path.name} {file_digest(path)}" for path in paths)]
    used = _read_by_days()
    for table in raw_tables:
        if f"raw.{table.name}" in used:
            texts.append(f"{table.name} {table.context_days}")
            texts += [f"{table.name} {table.kind} {name} {column.type}" for name, column in table.columns.items()]
    return text_digest(texts)


def _read_by_days() -> set[str]:
    """Raw tables and seeds that dated tables are computed from."""
    return {table for name in dated_models() for table in sql.render(name).reads}


def _seeds_used() -> list[str]:
    used = _read_by_days()
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


def loaded(
    days: Sequence[date], of_day: Mapping[date, Sequence[Segment]], raw_tables: Iterable[RawTable]
) -> list[Segment]:
    """The files that building these days reads: their own, and of feeds with context those of days before."""
    context = {table.name: table.context_days for table in raw_tables}
    wanted = set(days)
    back = max(context.values(), default=0)
    near = sorted({day - timedelta(before) for day in wanted for before in range(back + 1)})
    return [
        segment
        for day in near
        for segment in of_day.get(day, [])
        if any(day + timedelta(after) in wanted for after in range(context[segment.feed] + 1))
    ]


def day_digests(
    registers: duckdb.DuckDBPyConnection,
    raw_tables: Sequence[RawTable],
    events: Sequence[Segment],
    last_night: date | None,
    code: str,
) -> dict[str, str]:
    """The input digest of every candidate day. ``registers`` holds ``raw.<register>`` and the seeds."""
    days = candidate_days(events, last_night)
    context = {table.name: table.context_days for table in raw_tables}
    rows = _rows_of_days(events, context)
    dated = [(name, _DatedSums(registers, relation, columns)) for name, relation, columns in _dated_inputs(raw_tables)]
    digests = {}
    for day in days:
        of_day = rows.get(day, {})
        closed = last_night is not None and day <= last_night
        told = [code, str(closed), *(f"{feed} {sums}" for feed, sums in sorted(of_day.items()))]
        for name, sums in dated:
            if name not in READ_WITH:
                told.append(sums.on(day))
            elif feeds := [feed for feed in READ_WITH[name] if any(key.split()[0] == feed for key in of_day)]:
                furthest = max(context[feed] for feed in feeds)
                told += [sums.on(day - timedelta(back)) for back in range(furthest + 1)]
        digests[day.isoformat()] = text_digest(told)
    return digests


def _rows_of_days(
    events: Sequence[Segment], context_days: Mapping[str, int]
) -> dict[date, dict[str, tuple[int, int, int]]]:
    """Per day and feed the row count and content sum of its files: the same however a day is cut into files.

    Of a feed with context the files of days before count under a name of their own.
    """
    found: dict[date, dict[str, tuple[int, int, int]]] = {}
    for segment in events:
        content = int(segment.content_sum, 16)
        for back in range(context_days[segment.feed] + 1):
            of_day = found.setdefault(segment.event_date + timedelta(back), {})
            name = f"{segment.feed} -{back}" if back else segment.feed
            count, lower, upper = of_day.get(name, (0, 0, 0))
            of_day[name] = (
                count + segment.row_count,
                (lower + (content >> 64)) & _MASK,
                (upper + (content & _MASK)) & _MASK,
            )
    return found


def _dated_inputs(raw_tables: Sequence[RawTable]) -> list[tuple[str, str, list[str]]]:
    """Registers and seeds whose rows are valid from a day to a day: name, relation, columns whose change matters."""
    found = []
    used = _read_by_days()
    for table in raw_tables:
        if table.kind == "register" and table.name not in LOOKED_UP and f"raw.{table.name}" in used:
            left_out = () if table.name in SHOWN_VALID_TO else ("valid_to",)
            columns = ["record_id", *(name for name in table.columns if name not in left_out)]
            found.append((table.name, f"(select * from raw.{table.name} where row_fate = 'current')", columns))
    for seed in _seeds_used():
        types = sql.seed_columns()[seed]
        if "valid_to" in types:
            found.append((seed, seed, [name for name in types if name != "valid_to"]))
    return found


class _DatedSums:
    """Per day count and hash sum of the rows valid that day, from running sums over where rows begin and end."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, relation: str, columns: list[str]) -> None:
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
        self._starts: list[date] = []
        self._sums = [(0, 0, 0)]
        for day, count, lower, upper in changes:
            before = self._sums[-1]
            self._starts.append(day)
            self._sums.append((before[0] + count, (before[1] + lower) & _MASK, (before[2] + upper) & _MASK))

    def on(self, day: date) -> str:
        return str(self._sums[bisect.bisect_right(self._starts, day)])


def looked_up_days(connection: duckdb.DuckDBPyConnection, head: Path, parts: dict[str, Path]) -> set[date]:
    """Days on which a passage could be joined to another row of a ``LOOKED_UP`` register than in the published version.

    ``connection`` holds ``raw.<register>`` as it is now and the seeds, ``head`` the register as it was published,
    ``parts`` the published months (``YYYY-MM``). Only spans in which old and new rows of a plate differ count. A plate
    touches also the days of those that may be misreadings of it: they are compared with the register by it.
    """
    found: set[date] = set()
    for register, column in LOOKED_UP.items():
        model = sql.render(f"staging.{register}").sql
        names = [row[0] for row in connection.execute(f"describe {model}").fetchall()]
        line = row_text([name for name in names if name not in ("delivery_id", "source_line", "valid_to")])
        connection.execute(f"attach '{head}' as published (read_only)")
        connection.execute(
            f"""create or replace temp table changed_span as
            with line as (
                select {column} as looked_up, {line} as line, valid_from, valid_to, 1 as sign from ({model})
                union all
                select {column}, {line}, valid_from, valid_to, -1 from published.staging.{register}
            ),
            change as (
                select looked_up, line, valid_from as day, sign from line
                union all
                select looked_up, line, valid_to + 1 as day, -sign from line where valid_to is not null
            ),
            net as (select looked_up, line, day, sum(sign) as sign from change group by all having sum(sign) <> 0),
            running as (
                select looked_up, day as first_day,
                    lead(day) over (partition by looked_up, line order by day) as next_day,
                    sum(sign) over (partition by looked_up, line order by day) as difference
                from net
            )
            select looked_up, first_day, coalesce(next_day, date '9999-12-31') as next_day
            from running where difference <> 0"""
        )
        connection.execute("detach published")
        if column == "plate_no":
            connection.execute(_ADD_MISREADINGS)
        begin = connection.execute("select min(first_day) from changed_span").fetchall()[0][0]
        if begin is None:
            continue
        for month, path in parts.items():
            if month < begin.isoformat()[:7]:
                continue
            connection.execute(f"attach '{path}' as part (read_only)")
            found |= {
                day
                for (day,) in connection.execute(
                    f"""select distinct passage.passed_date
                    from part.core.passage as passage
                    inner join changed_span as span
                        on passage.{column} = span.looked_up
                        and passage.passed_date >= span.first_day
                        and passage.passed_date < span.next_day"""
                ).fetchall()
            }
            connection.execute("detach part")
    return found
