"""One delivery to typed rows: every line accepted, quarantined with its reason, or the delivery stops.

The heavy work is done by Arrow (lines, fields) and DuckDB (types, ranges, codes, rules), chunk by
chunk in a private database, so memory does not grow with the delivery. Nothing here touches the
ledger: landing and the dry runs ``heng feeds check`` and ``heng verdicts`` share this code.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from etl import identity, readers, series
from etl.contract import CONTENT, Capture, Csv, Feed, Read, off_map
from etl.errors import DeliveryStopped, Refused
from etl.plain_values import BETWEEN, UNREAD, codes_of, plain_lists, plain_values, sound_columns
from etl.readers.rows import TOTALS, Rows, numbers
from warehouse.columns import Column
from warehouse.plate import PATTERN as _PLATE
from warehouse.plate import SEPARATORS

_REFUSED_BY_ENGINE = (
    duckdb.OutOfRangeException, duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfMemoryException,
)  # fmt: skip
_NUMBER = {"INTEGER": r"-?\d{1,18}", "BIGINT": r"-?\d{1,18}", "DOUBLE": r"-?\d{1,15}(\.\d{1,9})?"}
_ISO = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-](0\d|1[0-4]):?[0-5]\d)?"
# The hour is spelled out: the engine's cast reads 24:00:00 as the next day's midnight.
_PLAIN_INSTANT = r"\d{4}-\d{2}-\d{2} ([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,6})?"
_EPOCH = r"-?\d{1,11}"
SAMPLE_FOR_SHAPE = 50
FEWEST_POSITIONS = 3
THREADS = 2


def quote(text: str) -> str:
    """A SQL text literal."""
    return "'" + text.replace("'", "''") + "'"


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote(value) if isinstance(value, str) else str(value)


@dataclass
class Parsed:
    """A parsed delivery. ``connection`` holds ``landed`` (accepted) and ``refused`` (source_line,
    byte_offset, raw, reason, detail). ``delivered = accepted + sum(quarantined)`` by construction
    and checked in ``parse``."""

    feed: Feed
    connection: duckdb.DuckDBPyConnection
    delivery_id: str
    in_order: bool = True
    """``landed`` has the rows in the order of the delivery: the engine keeps the order in which it is given them."""
    delivered: int = 0
    accepted: int = 0
    repeated: int = 0
    superseded: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    warned: Counter[str] = field(default_factory=Counter)
    """Rows by code that a series of the feed tells of without marking them."""
    flagged_rows: int = 0
    warning: str = ""
    capture: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Frames and bytes of a capture by outcome."""

    def examples(self, of_each: int) -> list[Refused]:
        """The first ``of_each`` refused rows of each reason."""
        return self.connection.execute(
            "select source_line, reason, detail, raw from ("
            " select *, row_number() over (partition by reason order by source_line) as shown from refused)"
            f" where shown <= {int(of_each)} order by reason, source_line"
        ).fetchall()

    def close(self) -> None:
        self.connection.close()


def connect(work: Path, memory: str = "768MB") -> duckdb.DuckDBPyConnection:
    """A private database for one piece of work. ``type_pushdown`` is off: it turns TRY_CAST into a
    hard cast over some scans, and rows vanish (docs/decisions/0001)."""
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = duckdb.connect(
        str(work / "landing.duckdb"),
        config={
            "threads": THREADS,
            "memory_limit": memory,
            "temp_directory": str(work / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    connection.execute("set disabled_optimizers = 'type_pushdown'")
    connection.execute("set enable_progress_bar = false")
    return connection


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The one row of ``query``, read to the end: an unfinished result blocks the connection."""
    return connection.execute(query).fetchall()[0]


def parse(
    feed: Feed,
    path: Path,
    name: str,
    delivery_id: str,
    issued_at: str,
    received_at: str,
    work: Path,
    examples: int = 0,
) -> Parsed:
    """Read a delivery into ``Parsed``.

    ``issued_at`` orders versions of a record between deliveries, ``received_at`` is "now" for the
    rule against instants in the future; both come from the receipt, so a replay gives the same rows.
    Raises ``DeliveryStopped`` when the delivery as a whole cannot be trusted; it carries as many ``examples`` of each
    reason as are asked for.
    """
    parsed = Parsed(feed, connect(work), delivery_id)
    connection = parsed.connection
    connection.execute(_create_tables(feed, issued_at, delivery_id))
    by_name = _from_name(feed, name)

    @cache
    def query(plain: frozenset[int], sound: frozenset[str]) -> str:
        return _typed_query(feed, issued_at, received_at, by_name, plain, sound)

    where = ""
    try:
        # The reader works on the other core; with three threads on two, both take longer.
        connection.execute("set threads = 1")
        for piece in readers.ahead(_pieces(feed, path, name, received_at)):
            where = _between_lines(piece.rows)
            _take(parsed, piece, query)
            for outcome, counts in piece.rows.capture.items():
                before = parsed.capture.get(outcome, (0, 0))
                parsed.capture[outcome] = (before[0] + counts[0], before[1] + counts[1])
        where = ""
        connection.execute(f"set threads = {THREADS}")
        has_versions = _conflicts(parsed, path, name)
        parsed.warned = series.mark(feed, connection)
        _as_a_whole(parsed, name)
    except DeliveryStopped as stop:
        stop.examples = parsed.examples(examples) if examples else []
        parsed.close()
        if stop.message.startswith(f"{feed.name}: "):
            raise
        raise DeliveryStopped(stop.reason, f"{feed.name}: {stop.message}", stop.examples) from stop
    except _REFUSED_BY_ENGINE as error:
        parsed.close()
        # The engine's words can quote values of a row, so only their kind is told.
        raise DeliveryStopped(
            "D-ENGINE",
            f"{feed.name}: {name} has values{where} that the engine could not take ({type(error).__name__}). Report it "
            "with these lines; no other delivery waits for this one.",
        ) from None
    except BaseException:
        parsed.close()
        raise
    _count(parsed, has_versions)
    if parsed.delivered == 0:
        parsed.warning = "D-NOROWS"
    return parsed


def _between_lines(rows: Rows) -> str:
    return f" in lines {rows.source_line[0]} to {rows.source_line[-1]}" if len(rows.source_line) else ""


def _from_name(feed: Feed, name: str) -> dict[str, str | None]:
    """Values that the file's name delivers, by column; none where the name is not one the feed takes."""
    match = re.fullmatch(feed.files, name)
    return {column.name: match[group] if match else None for group, column in feed.from_name.items()}


# --- one chunk -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Piece:
    """Rows of a delivery as the landing query takes them: texts and plain values in ``table``, and which they are."""

    rows: Rows
    table: pa.Table
    plain: frozenset[int] = frozenset()
    sound: frozenset[str] = frozenset()


def _pieces(feed: Feed, path: Path, name: str, received_at: str) -> Iterator[_Piece]:
    for rows in readers.rows(feed, path, name):
        plain = plain_values(feed, rows.columns)
        lists = plain_lists(feed, plain)
        offset = rows.byte_offset
        table = pa.table(
            {
                "source_line": numbers(rows.source_line[rows.at]),
                "byte_offset": pa.nulls(len(rows.at), pa.int64()) if offset is None else numbers(offset[rows.at]),
                **{f"t{number}": column for number, column in enumerate(rows.columns)},
                **{f"v{number}": values for number, values in plain.items()},
                **{f"l_{column}": values for column, values in lists.items()},
            }
        )
        yield _Piece(rows, table, frozenset(plain), sound_columns(feed, plain, lists, received_at))


def _take(parsed: Parsed, piece: _Piece, query: Callable[[frozenset[int], frozenset[str]], str]) -> None:
    rows = piece.rows
    refused = [(index, reason, detail) for index, (reason, detail) in rows.bad.items()]
    offset = rows.byte_offset
    if len(rows.at):
        parsed.in_order = parsed.in_order and bool((np.diff(rows.at) > 0).all())
        connection = parsed.connection
        connection.register("chunk_text", piece.table)
        connection.execute(f"insert into typed {query(piece.plain, piece.sound)}")
        connection.unregister("chunk_text")
        refused += [
            (int(np.searchsorted(rows.source_line, line)), *problem.split("|", 1))
            for line, problem in connection.execute(
                "select source_line, problem from typed where problem is not null and source_line >= ? order by 1",
                [int(rows.source_line[0])],
            ).fetchall()
        ]
    if refused:
        refused.sort()
        indices = [index for index, _, _ in refused]
        _refuse(
            parsed,
            [int(rows.source_line[index]) for index in indices],
            [None if offset is None else int(offset[index]) for index in indices],
            rows.raw(indices),
            [reason for _, reason, _ in refused],
            [detail for _, _, detail in refused],
        )
    parsed.delivered += len(rows.bad) + len(rows.at)


def _refuse(
    parsed: Parsed,
    source_line: list[int],
    byte_offset: list[int | None],
    raw: list[bytes],
    reason: list[str],
    detail: list[str],
) -> None:
    """Put rows into ``refused``."""
    table = pa.table(
        {
            "source_line": pa.array(source_line, pa.int64()),
            "byte_offset": pa.array(byte_offset, pa.int64()),
            "raw": pa.array(raw, pa.binary()),
            "reason": pa.array(reason, pa.string()),
            "detail": pa.array(detail, pa.string()),
        }
    )
    parsed.connection.register("refused_rows", table)
    parsed.connection.execute("insert into refused select * from refused_rows")
    parsed.connection.unregister("refused_rows")


def _landed_columns(feed: Feed) -> list[str]:
    return [
        *feed.raw_columns,
        "record_id", "row_digest", "version_rank", "source_line", "byte_offset", "flags", "event_date",
    ]  # fmt: skip


def _event_date(feed: Feed, issued_at: str) -> str:
    """SQL for the day a row belongs to; the day of the issue where it has none."""
    issued = f"date {quote(issued_at[:10])}"
    if feed.kind != "event":
        return issued
    day = f"cast({feed.event_time} as date)"
    return day if feed.raw_columns[feed.event_time].required else f"coalesce({day}, {issued})"


def _create_tables(feed: Feed, issued_at: str, delivery_id: str) -> str:
    """``typed`` holds every row that has its fields, ``landed`` shows those without a problem.

    Both are temporary: such a table spills to disk beyond the memory limit, and costs no write-ahead log.
    A row's rank and day follow from its other values at little cost and are not kept in it.
    """
    version = f"strftime({feed.version}, '%Y-%m-%dT%H:%M:%S.%f') || " if feed.version else ""
    told = {
        "version_rank": f"{version}{quote('|' + issued_at + '|' + delivery_id[:16])} as version_rank",
        "event_date": f"{_event_date(feed, issued_at)} as event_date",
    }
    types = {name: column.type for name, column in feed.raw_columns.items()}
    types |= {
        "record_id": "VARCHAR", "row_digest": "VARCHAR", "source_line": "BIGINT", "byte_offset": "BIGINT",
        "flags": "VARCHAR", "problem": "VARCHAR",
    }  # fmt: skip
    columns = ", ".join(f"{name} {type}" for name, type in types.items())
    landed = ", ".join(told.get(name, name) for name in _landed_columns(feed))
    return f"""
        create table refused
            (source_line bigint, byte_offset bigint, raw blob, reason varchar, detail varchar);
        create temp table typed ({columns});
        create temp view landed as select {landed} from typed where problem is null;
    """


def _typed_query(
    feed: Feed,
    issued_at: str,
    received_at: str,
    by_name: Mapping[str, str | None],
    plain: Collection[int],
    sound: Collection[str],
) -> str:
    """The landing query: typed values, the first problem of each row, and its flags.

    Texts are columns ``t0``, ``t1`` … of ``chunk_text``; those numbered in ``plain`` have their values in ``v0`` …,
    lists of which all are have theirs in ``l_<column>``. In the columns named in ``sound`` there is no problem.
    Five levels: values of the texts, untimely ones emptied, columns derived from them, the first problem, then flags
    of rows without one (a value out of range must not reach their arithmetic).
    """
    values: list[str] = []
    problems: list[str] = []
    flags: dict[str, list[str]] = {}
    number = 0
    first_texts = []
    emptied: list[str] = []
    together: dict[str, str] = {}
    for heading, how in feed.reads.items():
        column = how.column
        if column.type.endswith("[]"):
            if isinstance(heading, tuple):
                numbers = range(number, number + len(heading))
                number += len(heading)
                one_by_one = [
                    f"v{at}" if at in plain else _value(replace(column, type=column.type[:-2]), how, f"t{at}")
                    for at in numbers
                ]
                given = all(at in plain for at in numbers) and column.type.removesuffix("[]") in _NUMBER
                value = f"l_{column.name}" if given else _list_value(column, one_by_one)
                values.append(f"{value} as {column.name}")
                problems += [
                    _text_problem(column.optional(), how, f"t{at}", label)
                    for at, label in zip(numbers, heading, strict=True)
                    if at not in plain
                ]
            else:
                text = f"t{number}"
                number += 1
                values.append(f"{_delivered_list(column, how, text)} as {column.name}")
                one = _text_problem(column.optional(), how, "one", heading)
                problems.append(f"list_filter(list_transform({text}, lambda one: {one}), lambda p: p is not null)[1]")
            if column.each and column.name not in sound:
                told = f"{quote(f'R-RANGE|{column.name}=')} || cast({column.name} as varchar)"
                least, most = (f"{of}({column.name}) {column.each}" for of in ("list_min", "list_max"))
                problems.append(f"case when not ({least} and {most}) then {told} end")
            continue
        assert isinstance(heading, str)
        text = f"t{number}"
        first_texts.append((text, (heading, *how.also_called)))
        number += 1 + len(how.followed_by)
        if how.followed_by or how.pad:
            parts = [f"t{part}" for part in range(number - 1 - len(how.followed_by), number)]
            text = f"{text}_whole"
            together[text] = _together(parts, how.pad)
        if text[1:] in {str(at) for at in plain}:
            values.append(f"v{text[1:]} as {column.name}")
            if column.required and column.name not in sound:
                problems.append(f"case when {column.name} is null then {quote('R-EMPTY|' + heading)} end")
        else:
            values.append(f"{_value(column, how, text)} as {column.name}")
            problems.append(_text_problem(column, how, text, heading))
        if column.valid and column.name not in sound:
            code = "R-AMOUNT" if column.unit == "fen" else "R-RANGE"
            told = f"{quote(f'{code}|{heading}=')} || left(cast({text} as varchar), 80)"
            problems.append(f"case when not ({column.name} {column.valid}) then {told} end")
        if column.type == "TIMESTAMP" and column.name not in sound:
            told = _time_problem(how, heading, text, received_at, issued_at)
            if how.untimely == "flag":
                emptied.append(f"case when {told} is null then {column.name} end as {column.name}")
                flags.setdefault("R-TIME", []).append(f"cast({text} as varchar) <> '' and {column.name} is null")
            else:
                problems.append(told)
        for code, condition in _flag_conditions(column, how, text):
            flags.setdefault(code, []).append(condition)
    for column, value in feed.constants.values():
        values.append(f"{_literal(value)}::{column.type} as {column.name}")
    for name, by_group in by_name.items():
        values.append(f"{_literal(by_group)}::VARCHAR as {name}")
    # Computed before the problems are known, so it may be out of range: no hard cast, and no hard arithmetic.
    derived = [f"try_cast(try({how}) as {column.type}) as {column.name}" for column, how in feed.derived.items()]
    for rule in feed.quarantine:
        judged = f"case when {rule.when} then {quote(f'{rule.code}|{rule.doc}')} end"
        problems.insert(0, judged) if rule.first else problems.append(judged)
    if feed.area:
        off = off_map(within=feed.area)
        flags.setdefault(off.code, []).append(off.when)
    for rule in feed.flag:
        flags.setdefault(rule.code, []).append(rule.when)
    if isinstance(feed.format, Csv) and first_texts:
        first = first_texts[0][0]
        repeated = " and ".join(
            f"{text} in ({', '.join(quote(heading) for heading in called)})" for text, called in first_texts[:2]
        )
        total = " or ".join(f"starts_with({first}, {quote(word)})" for word in TOTALS)
        problems.insert(0, f"case when {repeated} or {total} then 'R-FIELDS|heading or total among the rows' end")
    # What is derived or the same in every row makes no two rows differ.
    content = [how.column.name for how in feed.reads.values() if how.column.name != feed.version]
    content += [column.name for column in feed.from_name.values()]
    identity = content if feed.key == CONTENT else list(feed.key)
    if feed.kind == "event":
        # A record belongs to its day: days are built one by one, and versions of a record meet within one.
        identity = [_event_date(feed, issued_at), *identity]
    joined = [f"{how} as {text}" for text, how in together.items()]
    texts_read = [*(f"t{position}" for position in range(number)), *together]
    flag_text = ", ".join(
        f"case when {' or '.join(f'coalesce({condition}, false)' for condition in conditions)} then {quote(code)} end"
        for code, conditions in sorted(flags.items())
    )
    return f"""
        with read as (
            select source_line, byte_offset, {", ".join(texts_read)}, {", ".join(values)}
            from {f"(select *, {', '.join(joined)} from chunk_text)" if joined else "chunk_text"}
        ),
        timely as (select * {f"replace ({', '.join(emptied)})" if emptied else ""} from read),
        whole as (select *, {", ".join(derived) if derived else "null as no_derived"} from timely),
        judged as (select *, coalesce({", ".join([*problems, "null"])}) as problem from whole)
        select
            {", ".join(feed.raw_columns)},
            {_digest([quote(feed.name), *identity])} as record_id,
            {"record_id" if feed.key == CONTENT else _digest(content)} as row_digest,
            source_line,
            byte_offset,
            {f"case when problem is null then concat_ws(',', {flag_text}) else '' end" if flag_text else "''"} as flags,
            problem
        from judged
    """


def _together(parts: list[str], widths: tuple[int, ...]) -> str:
    """The parts of one value as one text; empty where all are."""
    padded = [
        f"case when length({part}) < {width} and regexp_full_match({part}, '\\d+')"
        f" then lpad({part}, {width}, '0') else {part} end"
        for part, width in zip(parts, widths or (0,) * len(parts), strict=True)
    ]
    joined = " || ' ' || ".join(padded)
    return f"trim({joined})"


def _digest(values: list[str]) -> str:
    # JSON is a text for values that does not depend on the engine, and costs half of casting each of them.
    return f"left(md5(cast(to_json(row({', '.join(values)})) as varchar)), 20)"


def _value(column: Column, how: Read, text: str) -> str:
    """SQL for the value; null where the text is empty, "not measured" or a problem."""
    empty = f"{text} = ''"
    if how.missing:
        empty += f" or {text} in ({', '.join(quote(word) for word in how.missing)})"
    if how.plate:
        plain = f"upper(translate({text}, {quote(SEPARATORS)}, ''))"
        unread = ", ".join(quote(word) for word in UNREAD)
        return f"case when {empty} or {plain} in ({unread}, '') then null else {plain} end"
    codes = codes_of(how)
    if codes is not None:
        arms = " ".join(f"when {text} = {quote(word)} then {_literal(value)}" for word, value in codes.items())
        return f"(case when {empty} then null {arms} end)::{column.type}"
    if column.type in _NUMBER:
        if column.unit == "fen":
            # 18 digits before the point, so that the product has room in 38; more are no amount.
            exact = f"try_cast({text} as decimal(27, 9)) * {int(how.scale)}"
            return f"case when {empty} then null when ({exact}) % 1 = 0 then try_cast({exact} as {column.type}) end"
        if how.scale != 1.0:
            scaled = f"try_cast({text} as double) * {how.scale!r}"
            scaled = f"round({scaled})" if column.type != "DOUBLE" else f"round({scaled}, 6)"
            return f"case when {empty} then null else try_cast({scaled} as {column.type}) end"
        return f"case when {empty} then null else try_cast({text} as {column.type}) end"
    if column.type == "TIMESTAMP":
        return f"case when {empty} then null else {_instant(how, text)} end"
    if column.type == "DATE":
        return (
            f"case when {empty} then null else cast(try_strptime({text}, {quote(how.form or '%Y-%m-%d')}) as date) end"
        )
    if how.check:
        return f"case when {empty} then null else upper({text}) end"
    return f"case when {empty} then null else {text} end"


def _instant(how: Read, text: str) -> str:
    """An instant at +08:00. A zone in the text is converted, none means +08:00."""
    east = 480 - _minutes(how.zone) if how.zone else 0
    shift = f" + to_minutes({east})" if east else ""
    if how.form == "epoch":
        seconds = f"case when regexp_full_match({text}, {quote(_EPOCH)}) then try_cast({text} as bigint) end"
        return f"(make_timestamp(1000000 * {seconds}){shift})"
    if how.form:
        return f"(try_strptime({text}, {quote(how.form)}){shift})"
    clock = f"replace(regexp_extract({text}, '^[0-9-]+[ T][0-9:]+'), 'T', ' ')"
    seconds = f"coalesce(try_strptime({clock}, '%Y-%m-%d %H:%M:%S'), try_strptime({clock}, '%Y-%m-%d %H:%M'))"
    digits = f"rpad(regexp_extract({text}, '\\.([0-9]{{1,6}})', 1), 6, '0')"
    zone = f"regexp_extract({text}, '(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$')"
    offset = (
        f"(60 * coalesce(try_cast({zone}[2:3] as integer), 0) + coalesce(try_cast(right({zone}, 2) as integer), 0))"
    )
    minutes = (
        f"case when {zone} = '' then {east} when {zone} = 'Z' then 480 "
        f"when {zone}[1] = '-' then 480 + {offset} else 480 - {offset} end"
    )
    # Nearly all instants have the plain form, where the engine's cast is exact.
    return (
        f"case when regexp_full_match({text}, {quote(_PLAIN_INSTANT)}) then try_cast({text} as timestamp){shift} "
        f"when regexp_full_match({text}, {quote(_ISO)}) then "
        f"{seconds} + to_microseconds(coalesce(try_cast({digits} as bigint), 0)) + to_minutes({minutes}) end"
    )


def _minutes(zone: str) -> int:
    """Minutes east of Greenwich of an offset like ``-05:00``."""
    hours, minutes = zone[1:].split(":")
    return (60 * int(hours) + int(minutes)) * (-1 if zone[0] == "-" else 1)


def _text_problem(column: Column, how: Read, text: str, heading: str) -> str:
    """SQL for the problem of one text, or null. The order is the order of the words in the reason table."""
    told = f"{quote(heading + '=')} || left({text}, 80)"
    arms: list[str] = []
    skip = f"{text} = ''"
    if how.missing:
        skip += f" or {text} in ({', '.join(quote(word) for word in how.missing)})"
    if column.required:
        arms.append(f"when {text} = '' then {quote('R-EMPTY|' + heading)}")
    arms.append(f"when {skip} then null")
    if how.plate:
        if column.required:
            arms.append(f"when {column.name} is null then 'R-EMPTY|' || {told}")
        return f"case {' '.join(arms)} end"
    codes = codes_of(how)
    if codes is not None:
        if how.unknown == "quarantine":
            known = ", ".join(quote(word) for word in codes)
            arms.append(f"when {text} not in ({known}) then 'R-CODE|' || {told}")
    elif column.type.removesuffix("[]") in _NUMBER:
        kind = column.type.removesuffix("[]")
        # A coarser unit (tonnes, yuan) has decimals where the column's own has none.
        plain = _NUMBER["DOUBLE" if how.scale > 1 else kind].replace("{1,9}", f"{{1,{how.decimals}}}")
        arms.append(f"when not regexp_full_match({text}, {quote(plain)}) then 'R-NUMBER|' || {told}")
        told_null = _value(replace(column, type=kind), how, text) if column.type.endswith("[]") else column.name
        arms.append(f"when {told_null} is null then 'R-NUMBER|' || {told}")
    elif column.type == "TIMESTAMP":
        form = _form_pattern(how.form) if how.form else _ISO
        arms.append(f"when not regexp_full_match({text}, {quote(form)}) then 'R-DATEFORM|' || {told}")
        arms.append(f"when {column.name} is null then 'R-TIME|' || {told}")
    elif column.type == "DATE":
        form = _form_pattern(how.form or "%Y-%m-%d")
        arms.append(f"when not regexp_full_match({text}, {quote(form)}) then 'R-DATEFORM|' || {told}")
        arms.append(f"when {column.name} is null then 'R-TIME|' || {told}")
    elif how.check:
        lost = (
            f"when {identity.lost_digits(text)} then 'R-IDNO|' || {quote(heading)} || '=digits lost by a spreadsheet'"
        )
        # An identity number is personal: the detail names the heading, the bytes stay in quarantine.
        arms += [
            lost,
            f"when not coalesce({identity.HOLDS[how.check](column.name)}, false) then 'R-IDNO|' || {quote(heading)}",
        ]
    elif how.pattern:
        arms.append(f"when not regexp_full_match({text}, {quote(how.pattern)}) then 'R-CODE|' || {told}")
    return f"case {' '.join(arm for arm in arms if arm)} end"


def _form_pattern(form: str) -> str:
    """The regular expression of texts in a form: ``strptime`` alone takes more than the form says."""
    if form == "epoch":
        return _EPOCH
    digits = {"Y": "4", "m": "2", "d": "2", "y": "2", "H": "2", "I": "2", "M": "2", "S": "2", "f": "1,6"}
    pattern = ""
    for directive, unpadded, letter, plain in re.findall(r"(%(-?)(\w))|(.)", form, re.DOTALL):
        if not directive:
            pattern += re.escape(plain)
        elif letter == "p":
            pattern += "[AaPp][Mm]"
        else:
            pattern += f"\\d{{{'1,' + digits[letter] if unpadded else digits[letter]}}}"
    return pattern


def _time_problem(how: Read, heading: str, text: str, received_at: str, issued_at: str) -> str:
    """Instants more than five minutes after the receipt, of a clock that was never set, or too long ago."""
    name = how.column.name
    told = f"{quote('R-TIME|' + heading + '=')} || {text}"
    old = f"{name} < timestamp '1990-01-01' or cast({name} as date) = date '2000-01-01'"
    ahead = f"{name} > timestamp {quote(received_at)} + interval 5 minutes"
    if how.most_days_old:
        # Whenever it is landed: what a file of a day holds is not of a day after it.
        day = quote(issued_at[:10])
        old += f" or {name} < date {day} - {how.most_days_old}"
        ahead = f"{name} > date {day} + interval '1 day 5 minutes'"
    return f"case when {ahead} then {told} when {old} then {told} end"


def _flag_conditions(column: Column, how: Read, text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if how.plate:
        if not how.may_be_absent:
            found.append(("R-UNREAD", f"{column.name} is null"))
        found.append(("R-PLATE", f"not regexp_full_match({column.name}, {quote(_PLATE)})"))
    if how.codes is not None and how.unknown == "flag":
        found.append(("R-CODE", f"{text} <> '' and {column.name} is null"))
    if how.missing and how.missing_flag:
        found.append((how.missing_flag, f"{text} in ({', '.join(quote(word) for word in how.missing)})"))
    return found


def _list_value(column: Column, one: list[str]) -> str:
    """A list of the values up to the last one that is there: trailing empties and zeros are no axles."""
    arms = " ".join(
        f"when coalesce({one[last]}, 0) <> 0 then [{', '.join(one[: last + 1])}]" for last in reversed(range(len(one)))
    )
    return f"(case {arms} else [] end)::{column.type}"


def _delivered_list(column: Column, how: Read, text: str) -> str:
    """The values of a delivered list, trailing empties and zeros left out as in ``_list_value``."""
    kind = column.type.removesuffix("[]")
    values = f"list_transform({text}, lambda one: {_value(replace(column, type=kind), how, 'one')})"
    there = "coalesce(one, 0) <> 0" if kind in _NUMBER else "one is not null"
    last = f"list_max(list_transform({values}, lambda one, place: case when {there} then place end))"
    return f"coalesce(list_slice({values}, 1, coalesce({last}, 0)), [])::{column.type}"


# --- the delivery as a whole ---------------------------------------------------------------------
def _conflicts(parsed: Parsed, path: Path, name: str) -> bool:
    """Same key, other content, and nothing that says which is newer: both are quarantined (R-CONFLICT).

    Returns whether a record may be there twice.
    """
    connection = parsed.connection
    if not _has_versions(connection):
        return False
    if parsed.feed.key == CONTENT:
        return True
    version = "version_rank" if parsed.feed.version else "''"
    connection.execute(
        f"""create or replace temp table conflict as
        select source_line, byte_offset from landed where (record_id, {version}) in (
            select (record_id, {version}) from landed group by record_id, {version}
            having count(distinct row_digest) > 1)"""
    )
    (left,) = _row(connection, "select count(*) from conflict")
    if not left:
        return True
    told = "same key, other content in one delivery"
    # Piece by piece: in a delivery of two systems every line may be here, and a line's bytes are read again.
    for rows in readers.rows(parsed.feed, path, name):
        if not len(rows.source_line):
            continue
        found = connection.execute(
            "select source_line, byte_offset from conflict where source_line between ? and ? order by source_line",
            [int(rows.source_line[0]), int(rows.source_line[-1])],
        ).fetchall()
        if not found:
            continue
        lines = [line for line, _ in found]
        raw = rows.raw(np.searchsorted(rows.source_line, lines).tolist())
        _refuse(parsed, lines, [at for _, at in found], raw, ["R-CONFLICT"] * len(found), [told] * len(found))
        left -= len(found)
        if not left:
            break
    connection.execute("delete from typed where source_line in (select source_line from conflict)")
    return True


def _as_a_whole(parsed: Parsed, name: str) -> None:
    """Stop a delivery that does not look like itself: too many bad rows, or a column in another unit."""
    feed, connection = parsed.feed, parsed.connection
    _exchanged(parsed, name)
    refused = connection.execute("select reason, count(*) from refused group by reason order by 2 desc, 1").fetchall()
    bad = sum(count for _, count in refused)
    if (
        bad
        and bad > feed.quarantine_share_stop * parsed.delivered
        and (parsed.delivered >= 20 or bad == parsed.delivered)
    ):
        told = ", ".join(f"{reason} {count}" for reason, count in refused[:4])
        _in_another_unit(parsed, name, bad)
        if refused[0] == ("R-SYNTAX", parsed.delivered):
            raise DeliveryStopped(
                "D-FORMAT",
                f"{feed.name}: no record of {name} is {feed.format.name}. Export it again in the declared format.",
            )
        only_encoding = refused[0][0] == "R-ENCODING"
        raise DeliveryStopped(
            "D-ENCODING" if only_encoding else "D-QUARANTINE",
            f"{feed.name}: {bad} of {parsed.delivered} rows of {name} cannot be accepted ({told}); the declared "
            f"share is {feed.quarantine_share_stop:.0%}. Run 'heng feeds check {feed.name} <file>' for examples, "
            "then ask the sender, or correct the declaration.",
        )
    for column, (low, high) in feed.plausible_median.items():
        count, median = _row(connection, f"select count({column}), median({column}) from landed")
        if count >= SAMPLE_FOR_SHAPE and not low <= median <= high:
            raise DeliveryStopped(
                "D-UNIT",
                f"{feed.name}: the median {column} of {name} is {median:g}, expected {low:g} to {high:g}. Another unit "
                f"({_units(feed.raw_columns[column].unit, 'small' if median < low else 'large')})? "
                "Values are never converted on suspicion: ask the sender.",
            )
    # Plates of a capture are what single terminals say of themselves: no heading can be mistaken.
    is_table = not isinstance(feed.format, Capture)
    plates = [how.column.name for how in feed.reads.values() if how.plate and is_table]
    for column in plates:
        # The flag is the row's: with two plates in a row it may be the other one's, and without it both are sound.
        is_bad = f"flags like '%R-PLATE%' and not regexp_full_match({column}, {quote(_PLATE)})"
        (count,) = _row(connection, f"select count({column}) from landed")
        (bad_plates,) = _row(connection, f"select count(*) from landed where {is_bad}")
        if count >= SAMPLE_FOR_SHAPE and bad_plates > 0.5 * count:
            raise DeliveryStopped(
                "D-SHAPE",
                f"{feed.name}: {bad_plates} of {count} plates of {name} are no plates. Another column under this "
                "heading? Ask the sender.",
            )


def _area(feed: Feed) -> tuple[float, ...] | None:
    """Where the feed's positions lie: as declared, else as the columns' own bounds say."""
    if feed.area or not {"latitude", "longitude"} <= set(feed.raw_columns):
        return feed.area
    found = [BETWEEN.fullmatch(feed.raw_columns[name].valid) for name in ("latitude", "longitude")]
    return tuple(float(bound) for match in found if match for bound in match.groups()) if all(found) else None


def _exchanged(parsed: Parsed, name: str) -> None:
    """Stop a delivery whose latitudes are its longitudes. It is never turned round on suspicion: which of the two
    systems is wrong, and since when, is known to the sender only."""
    area = _area(parsed.feed)
    if area is None:
        return
    south, north, west, east = area
    count, inside, exchanged = _row(
        parsed.connection,
        f"""select count(*),
            count(*) filter (latitude between {south} and {north} and longitude between {west} and {east}),
            count(*) filter (longitude between {south} and {north} and latitude between {west} and {east})
        from typed where latitude is not null and longitude is not null and not (latitude = 0 and longitude = 0)""",
    )
    if count >= FEWEST_POSITIONS and exchanged > 0.5 * count and exchanged > inside:
        raise DeliveryStopped(
            "D-SWAP",
            f"{parsed.feed.name}: {exchanged} of {count} positions of {name} lie where they belong only with latitude "
            "and longitude exchanged. Nothing is exchanged on suspicion: ask the sender to correct the headings.",
        )


def _in_another_unit(parsed: Parsed, name: str, bad: int) -> None:
    """Tell a delivery in another unit (D-UNIT) apart from one with many bad rows. Only the message differs."""
    feed = parsed.feed
    for heading, how in feed.reads.items():
        if how.column.name not in feed.plausible_median or not isinstance(heading, str):
            continue
        _, high = feed.plausible_median[how.column.name]
        told = f"substr(detail, {len(heading) + 2})"
        small, large = _row(
            parsed.connection,
            f"""select count(*) filter (abs(try_cast({told} as double)) * {how.scale!r} < {high / 50!r}),
                count(*) filter (try_cast({told} as double) * {how.scale!r} > {high!r})
            from refused
            where reason in ('R-RANGE', 'R-NUMBER', 'R-AMOUNT') and starts_with(detail, {quote(heading + "=")})""",
        )
        for count, what in ((small, "small"), (large, "large")):
            if count > 0.5 * bad:
                raise DeliveryStopped(
                    "D-UNIT",
                    f"{feed.name}: {count} of {parsed.delivered} rows of {name} have a {heading} too {what} for "
                    f"{how.column.unit or 'its unit'}. Another unit ({_units(how.column.unit, what)})? "
                    "Values are never converted on suspicion: ask the sender.",
                )


def _units(unit: str, what: str) -> str:
    """The usual confusions of a unit whose values are too small or too large."""
    told = {
        ("kg", "small"): "tonnes", ("kg", "large"): "pounds or newtons", ("fen", "small"): "yuan",
        ("fen", "large"): "fen read as yuan", ("m", "large"): "centimetres",
    }  # fmt: skip
    return told.get((unit, what), "a thousandth" if what == "small" else "a multiple")


def _has_versions(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a record may be there twice; most deliveries end the search here (equal hashes only cost time)."""
    rows, records = _row(connection, "select count(*), count(distinct hash(record_id)) from landed")
    return rows > records


def _fates(connection: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    """Rows that repeat a record's current version, and rows that it supersedes."""
    return _row(
        connection,
        """select coalesce(sum(fate = 'repeated'), 0), coalesce(sum(fate = 'superseded'), 0) from (
            select case
                when row_number() over latest = 1 then 'current'
                when row_digest = first_value(row_digest) over latest then 'repeated'
                else 'superseded' end as fate
            from landed
            window latest as (partition by record_id order by version_rank desc, source_line))""",
    )


def _count(parsed: Parsed, has_versions: bool) -> None:
    connection = parsed.connection
    parsed.accepted, parsed.flagged_rows = _row(
        connection, "select count(*), count(*) filter (flags <> '') from landed"
    )
    parsed.quarantined = Counter(dict(connection.execute("select reason, count(*) from refused group by 1").fetchall()))
    parsed.flagged = Counter(
        dict(
            connection.execute(
                "select unnest(string_split(flags, ',')) as code, count(*) from landed where flags <> '' group by 1"
            ).fetchall()
        )
    )
    if has_versions:
        parsed.repeated, parsed.superseded = _fates(connection)
    difference = parsed.delivered - parsed.accepted - sum(parsed.quarantined.values())
    if difference:
        raise AssertionError(f"{parsed.feed.name}: {difference} rows unaccounted for; nothing was landed")
