"""One delivery to typed rows: every line accepted, quarantined with its reason, or the delivery stops.

The heavy work is done by Arrow (lines, fields) and DuckDB (types, ranges, codes, rules), chunk by
chunk in a private database, so memory does not grow with the delivery. Nothing here touches the
ledger: landing and the dry runs ``heng feeds check`` and ``heng verdicts`` share this code.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from etl.contract import CONTENT, Csv, Feed, FixedWidth, Read
from etl.errors import DeliveryStopped
from etl.readers import lines
from warehouse.columns import Column

_UNREAD = (
    "-",
    "--",
    "无牌",
    "无车牌",
    "未识别",
    "未知",
    "00000",
    "0000000",
    "车牌",
    "遮挡",
    "无",
    "NULL",
    "UNKNOWN",
)
_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_S = "[A-HJ-NP-Z0-9]"
_PLATE = "|".join(
    (
        f"[{_PROVINCE}][A-Z]{_S}{{5}}",
        f"[{_PROVINCE}][A-Z][A-HJK]{_S}\\d{{4}}",
        f"[{_PROVINCE}][A-Z]\\d{{5}}[A-HJK]",
        f"[{_PROVINCE}][A-Z]{_S}{{4}}[挂学警超使领]",
        f"粤Z{_S}{{4}}[港澳]",
        "[A-Z]{2}\\d{5}",
        "WJ[0-9A-Z京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]{5,7}",
    )
)
_NUMBER = {"INTEGER": r"-?\d{1,18}", "BIGINT": r"-?\d{1,18}", "DOUBLE": r"-?\d{1,15}(\.\d{1,9})?"}
_ISO = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-](0\d|1[0-4]):?[0-5]\d)?"
# The hour is spelled out: the engine's cast reads 24:00:00 as the next day's midnight.
_PLAIN_INSTANT = r"\d{4}-\d{2}-\d{2} ([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,6})?"
_TRUTH = {
    "1": True, "0": False, "true": True, "false": False, "TRUE": True, "FALSE": False, "是": True, "否": False,
}  # fmt: skip
_TOTALS = ("合计", "总计", "小计", "TOTAL", "Total")
SAMPLE_FOR_SHAPE = 50
BATCH_ROWS = 16_384


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
    delivered: int = 0
    accepted: int = 0
    repeated: int = 0
    superseded: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    flagged_rows: int = 0
    warning: str = ""

    def close(self) -> None:
        self.connection.close()


def connect(work: Path, memory: str = "768MB") -> duckdb.DuckDBPyConnection:
    """A private database for one piece of work. ``type_pushdown`` is off: it turns TRY_CAST into a
    hard cast over some scans, and rows vanish (docs/decisions/0001)."""
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = duckdb.connect(
        str(work / "landing.duckdb"),
        config={
            "threads": 2,
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


def parse(feed: Feed, path: Path, name: str, delivery_id: str, issued_at: str, received_at: str, work: Path) -> Parsed:
    """Read a delivery into ``Parsed``.

    ``issued_at`` orders versions of a record between deliveries, ``received_at`` is "now" for the
    rule against instants in the future; both come from the receipt, so a replay gives the same rows.
    Raises ``DeliveryStopped`` when the delivery as a whole cannot be trusted.
    """
    parsed = Parsed(feed, connect(work), delivery_id)
    connection = parsed.connection
    connection.execute(_create_tables(feed))
    query = _typed_query(feed, issued_at, received_at, delivery_id)
    encoding = feed.format.encoding
    header_seen = isinstance(feed.format, FixedWidth)
    positions: list[int] = []
    width = 0
    try:
        with lines.open_delivery(path, name) as stream:
            for chunk in lines.chunks(stream, name, encoding):
                if not header_seen:
                    positions, width = _heading(feed, chunk, name)
                    header_seen = True
                    chunk = _without_first(chunk)
                    if not len(chunk.source_line):
                        continue
                _take(parsed, chunk, query, positions, width, name)
        if not header_seen:
            raise DeliveryStopped("D-EMPTY", f"{feed.name}: {name} holds no line. Ask the sender for it again.")
        _conflicts(parsed, path, name)
        _as_a_whole(parsed, name)
    except DeliveryStopped as stop:
        parsed.close()
        if stop.message.startswith(f"{feed.name}: "):
            raise
        raise DeliveryStopped(stop.reason, f"{feed.name}: {stop.message}") from stop
    except BaseException:
        parsed.close()
        raise
    _count(parsed)
    if parsed.delivered == 0:
        parsed.warning = "D-NOROWS"
    return parsed


# --- headings ------------------------------------------------------------------------------------
def _heading(feed: Feed, chunk: lines.Chunk, name: str) -> tuple[list[int], int]:
    """Positions of the declared headings, in declaration order, and the number of fields of a line."""
    assert isinstance(feed.format, Csv)
    if chunk.bad.get(0) == "R-ENCODING":
        raise DeliveryStopped(
            "D-ENCODING",
            f"{feed.name}: the heading of {name} is not {feed.format.encoding}. Declare the encoding in "
            f"etl/feeds/{feed.name}.py or ask for the file in the declared one.",
        )
    raw = chunk.raw_line(0).rstrip(b"\r\n")
    found = lines.split_line(raw.decode(feed.format.encoding), feed.format.delimiter) or []
    if len(found) > 500:
        raise DeliveryStopped(
            "D-OVERSIZE", f"{feed.name}: {name} has {len(found)} columns, more than 500. Ask for the declared layout."
        )
    keys = [lines.heading_key(heading) for heading in found]
    wanted = [lines.heading_key(heading) for heading in feed.headings]
    ignored = {lines.heading_key(heading) for heading in feed.ignore}
    unknown = [found[at] for at, key in enumerate(keys) if key not in wanted and key not in ignored]
    missing = [feed.headings[at] for at, key in enumerate(wanted) if key not in keys]
    doubled = sorted({found[at] for at, key in enumerate(keys) if keys.count(key) > 1})
    if unknown or missing or doubled:
        _explain_heading(feed, raw, name, wanted, len(set(wanted) & set(keys)))
        if len(missing) == len(wanted):
            # The first line is probably a row: its values may be personal and are not told.
            raise DeliveryStopped(
                "D-COLUMNS",
                f"{feed.name}: the first line of {name} holds none of the declared headings. "
                "Ask for the file with its heading line.",
            )
        told = "; ".join(
            f"{what} {values}"
            for what, values in (
                ("unknown columns", unknown), ("missing columns", missing), ("doubled columns", doubled),
            )
            if values
        )  # fmt: skip
        raise DeliveryStopped(
            "D-COLUMNS",
            f"{feed.name}: {name} has {told}. Map or ignore them in etl/feeds/{feed.name}.py, "
            "or ask for the declared layout.",
        )
    return [keys.index(key) for key in wanted], len(keys)


def _explain_heading(feed: Feed, raw: bytes, name: str, wanted: list[str], found: int) -> None:
    """Tell a wrong encoding or delimiter apart from a changed layout, in which ``found`` headings were
    read as declared. Only the message differs: nothing is read on suspicion."""
    assert isinstance(feed.format, Csv)
    for encoding in ("utf-8", "gb18030"):
        for delimiter in (",", "\t", ";", "|"):
            if (encoding, delimiter) == (feed.format.encoding, feed.format.delimiter):
                continue
            try:
                text = raw.removeprefix(b"\xef\xbb\xbf").decode(encoding)
            except UnicodeDecodeError:
                continue
            keys = [lines.heading_key(heading) for heading in lines.split_line(text, delimiter) or []]
            if len(set(wanted) & set(keys)) <= max(found, len(wanted) // 2):
                continue
            if delimiter != feed.format.delimiter:
                raise DeliveryStopped(
                    "D-FORMAT",
                    f"{feed.name}: {name} is delimited by {delimiter!r}, declared is {feed.format.delimiter!r}. "
                    f"Change the declaration in etl/feeds/{feed.name}.py or ask for the declared form.",
                )
            raise DeliveryStopped(
                "D-ENCODING",
                f"{feed.name}: {name} reads as {encoding}, declared is {feed.format.encoding}. "
                f"Change the declaration in etl/feeds/{feed.name}.py or ask for the declared encoding.",
            )


def _without_first(chunk: lines.Chunk) -> lines.Chunk:
    skipped = int(chunk.ends[0])
    return lines.Chunk(
        chunk.source_line[1:],
        chunk.byte_offset[1:],
        chunk.raw[skipped:],
        chunk.ends[1:] - skipped,
        chunk.text.slice(1),
        {index - 1: reason for index, reason in chunk.bad.items() if index > 0},
    )


# --- one chunk -----------------------------------------------------------------------------------
def _take(parsed: Parsed, chunk: lines.Chunk, query: str, positions: list[int], width: int, name: str) -> None:
    feed = parsed.feed
    if isinstance(feed.format, FixedWidth):
        spans, numbers = _spans(feed)
        at, columns = lines.slices(chunk, spans, numbers, feed.format.width, feed.format.starts_with)
    else:
        at, found = lines.split(chunk, feed.format.delimiter, width, name)
        columns = [found[position] for position in positions]
    refused = [(index, reason, "") for index, reason in chunk.bad.items()]
    if len(at):
        table = pa.table(
            {
                "row_index": pa.array(at),
                "source_line": pa.array(chunk.source_line[at]),
                "byte_offset": pa.array(chunk.byte_offset[at]),
                **{f"t{number}": column for number, column in enumerate(columns)},
            }
        )
        connection = parsed.connection
        # The engine reads record batches in parallel, so one batch would mean one core.
        connection.register("chunk_text", pa.Table.from_batches(table.to_batches(max_chunksize=BATCH_ROWS)))
        connection.execute(f"insert into typed {query}")
        connection.unregister("chunk_text")
        refused += [
            (index, *problem.split("|", 1))
            for index, problem in connection.execute(
                "select row_index, problem from typed where problem is not null and source_line >= ?"
                " order by row_index",
                [int(chunk.source_line[0])],
            ).fetchall()
        ]
    if refused:
        refused.sort()
        rows = pa.table(
            {
                "source_line": pa.array([int(chunk.source_line[index]) for index, _, _ in refused]),
                "byte_offset": pa.array([int(chunk.byte_offset[index]) for index, _, _ in refused]),
                "raw": pa.array([chunk.raw_line(index).rstrip(b"\r\n") for index, _, _ in refused], pa.binary()),
                "reason": [reason for _, reason, _ in refused],
                "detail": [detail for _, _, detail in refused],
            }
        )
        parsed.connection.register("refused_rows", rows)
        parsed.connection.execute("insert into refused select * from refused_rows")
        parsed.connection.unregister("refused_rows")
    parsed.delivered += len(chunk.bad) + len(at)


def _spans(feed: Feed) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Positions of a fixed-width feed's fields, and of those that are numbers."""
    spans, numbers = [], []
    for heading, how in feed.reads.items():
        for text in (heading,) if isinstance(heading, str) else heading:
            first, last = (int(position) for position in text.split("-"))
            spans.append((first, last))
            if how.column.type.removesuffix("[]") in _NUMBER:
                numbers.append((first, last))
    return spans, numbers


def _landed_columns(feed: Feed) -> list[str]:
    return [
        *feed.raw_columns,
        "record_id", "row_digest", "version_rank", "source_line", "byte_offset", "flags", "event_date",
    ]  # fmt: skip


def _create_tables(feed: Feed) -> str:
    """``typed`` holds every row that has its fields, ``landed`` shows those without a problem.

    Both are temporary: such a table spills to disk beyond the memory limit, and costs no write-ahead log.
    """
    types = {name: column.type for name, column in feed.raw_columns.items()}
    types |= {
        "record_id": "VARCHAR", "row_digest": "VARCHAR", "version_rank": "VARCHAR", "source_line": "BIGINT",
        "byte_offset": "BIGINT", "flags": "VARCHAR", "event_date": "DATE", "problem": "VARCHAR", "row_index": "BIGINT",
    }  # fmt: skip
    columns = ", ".join(f"{name} {type}" for name, type in types.items())
    landed = ", ".join(_landed_columns(feed))
    return f"""
        create table refused
            (source_line bigint, byte_offset bigint, raw blob, reason varchar, detail varchar);
        create temp table typed ({columns});
        create temp view landed as select {landed} from typed where problem is null;
    """


def _typed_query(feed: Feed, issued_at: str, received_at: str, delivery_id: str) -> str:
    """The landing query: typed values, the first problem of each row, and its flags.

    Four levels: values of the texts, columns derived from them, the first problem, then flags of rows without
    one (a value out of range must not reach their arithmetic).
    """
    values: list[str] = []
    problems: list[str] = []
    flags: dict[str, list[str]] = {}
    number = 0
    first_texts = []
    for heading, how in feed.reads.items():
        column = how.column
        if isinstance(heading, tuple):
            texts = [f"t{number + position}" for position in range(len(heading))]
            number += len(heading)
            values.append(f"{_list_value(column, how, texts)} as {column.name}")
            problems += [
                _text_problem(column.optional(), how, text, label) for text, label in zip(texts, heading, strict=True)
            ]
            if column.each:
                told = f"{quote(f'R-RANGE|{column.name}=')} || cast({column.name} as varchar)"
                least, most = (f"{of}({column.name}) {column.each}" for of in ("list_min", "list_max"))
                problems.append(f"case when not ({least} and {most}) then {told} end")
            continue
        text = f"t{number}"
        number += 1
        first_texts.append((text, heading))
        values.append(f"{_value(column, how, text)} as {column.name}")
        problems.append(_text_problem(column, how, text, heading))
        if column.valid:
            problems.append(
                f"case when not ({column.name} {column.valid}) then {quote('R-RANGE|' + heading + '=')} || {text} end"
            )
        if column.type == "TIMESTAMP":
            problems.append(_time_problem(column.name, heading, text, received_at))
        for code, condition in _flag_conditions(column, how, text):
            flags.setdefault(code, []).append(condition)
    for column, value in feed.constants.values():
        values.append(f"{_literal(value)}::{column.type} as {column.name}")
    # Computed before the problems are known, so it may be out of range: never a hard cast.
    derived = [f"try_cast({how} as {column.type}) as {column.name}" for column, how in feed.derived.items()]
    for rule in feed.quarantine:
        problems.append(f"case when {rule.when} then {quote(f'{rule.code}|{rule.doc}')} end")
    for rule in feed.flag:
        flags.setdefault(rule.code, []).append(rule.when)
    if isinstance(feed.format, Csv):
        (first, heading), (second, other) = first_texts[0], first_texts[1]
        repeated = f"{first} = {quote(heading)} and {second} = {quote(other)}"
        total = " or ".join(f"starts_with({first}, {quote(word)})" for word in _TOTALS)
        problems.insert(0, f"case when {repeated} or {total} then 'R-FIELDS|heading or total among the rows' end")
    content = [name for name in feed.raw_columns if name != feed.version]
    identity = content if feed.key == CONTENT else list(feed.key)
    if feed.kind == "event":
        # A record belongs to its day: days are built one by one, and versions of a record meet within one.
        identity = [f"cast({feed.event_time} as date)", *identity]
    version = f"strftime({feed.version}, '%Y-%m-%dT%H:%M:%S.%f') || " if feed.version else ""
    event = f"cast({feed.event_time} as date)" if feed.kind == "event" else f"date {quote(issued_at[:10])}"
    flag_text = ", ".join(
        f"case when {' or '.join(f'coalesce({condition}, false)' for condition in conditions)} then {quote(code)} end"
        for code, conditions in sorted(flags.items())
    )
    return f"""
        with read as (
            select row_index, source_line, byte_offset, {", ".join(f"t{n}" for n in range(number))}, {", ".join(values)}
            from chunk_text
        ),
        whole as (select *, {", ".join(derived) if derived else "null as no_derived"} from read),
        judged as (select *, coalesce({", ".join(problems)}) as problem from whole)
        select
            {", ".join(feed.raw_columns)},
            {_digest(identity, feed.name)} as record_id,
            {_digest(content, feed.name)} as row_digest,
            {version}{quote("|" + issued_at + "|" + delivery_id[:16])} as version_rank,
            source_line,
            byte_offset,
            {f"case when problem is null then concat_ws(',', {flag_text}) else '' end" if flag_text else "''"} as flags,
            {event} as event_date,
            problem,
            row_index
        from judged
    """


def _digest(columns: list[str], feed: str) -> str:
    parts = ", ".join(f"coalesce(cast({column} as varchar), chr(30))" for column in columns)
    return f"left(md5(concat_ws(chr(31), {quote(feed)}, {parts})), 20)"


def _value(column: Column, how: Read, text: str) -> str:
    """SQL for the value; null where the text is empty, "not measured" or a problem."""
    empty = f"{text} = ''"
    if how.missing:
        empty += f" or {text} in ({', '.join(quote(word) for word in how.missing)})"
    if how.plate:
        plain = f"upper(regexp_replace({text}, '[\\s·•・.\\-]', '', 'g'))"
        unread = ", ".join(quote(word) for word in _UNREAD)
        return f"case when {empty} or {plain} in ({unread}, '') then null else {plain} end"
    codes = how.codes if how.codes is not None else (_TRUTH if column.type == "BOOLEAN" else None)
    if codes is not None:
        arms = " ".join(f"when {text} = {quote(word)} then {_literal(value)}" for word, value in codes.items())
        return f"(case when {empty} then null {arms} end)::{column.type}"
    if column.type in _NUMBER:
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
    return f"case when {empty} then null else {text} end"


def _instant(how: Read, text: str) -> str:
    """An instant at +08:00. A zone in the text is converted, none means +08:00."""
    if how.form:
        return f"try_strptime({text}, {quote(how.form)})"
    clock = f"replace(regexp_extract({text}, '^[0-9-]+[ T][0-9:]+'), 'T', ' ')"
    seconds = f"coalesce(try_strptime({clock}, '%Y-%m-%d %H:%M:%S'), try_strptime({clock}, '%Y-%m-%d %H:%M'))"
    digits = f"rpad(regexp_extract({text}, '\\.([0-9]{{1,6}})', 1), 6, '0')"
    zone = f"regexp_extract({text}, '(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$')"
    offset = (
        f"(60 * coalesce(try_cast({zone}[2:3] as integer), 0) + coalesce(try_cast(right({zone}, 2) as integer), 0))"
    )
    minutes = (
        f"case when {zone} = '' then 0 when {zone} = 'Z' then 480 "
        f"when {zone}[1] = '-' then 480 + {offset} else 480 - {offset} end"
    )
    # Nearly all instants have the plain form, where the engine's cast is exact.
    return (
        f"case when regexp_full_match({text}, {quote(_PLAIN_INSTANT)}) then try_cast({text} as timestamp) "
        f"when regexp_full_match({text}, {quote(_ISO)}) then "
        f"{seconds} + to_microseconds(coalesce(try_cast({digits} as bigint), 0)) + to_minutes({minutes}) end"
    )


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
    codes = how.codes if how.codes is not None else (_TRUTH if column.type == "BOOLEAN" else None)
    if codes is not None:
        if how.unknown == "quarantine":
            known = ", ".join(quote(word) for word in codes)
            arms.append(f"when {text} not in ({known}) then 'R-CODE|' || {told}")
    elif column.type.removesuffix("[]") in _NUMBER:
        kind = column.type.removesuffix("[]")
        arms.append(f"when not regexp_full_match({text}, {quote(_NUMBER[kind])}) then 'R-NUMBER|' || {told}")
        told_null = f"try_cast({text} as {kind})" if column.type.endswith("[]") else column.name
        arms.append(f"when {told_null} is null then 'R-NUMBER|' || {told}")
    elif column.type == "TIMESTAMP":
        form = _form_pattern(how.form) if how.form else _ISO
        arms.append(f"when not regexp_full_match({text}, {quote(form)}) then 'R-DATEFORM|' || {told}")
        arms.append(f"when {column.name} is null then 'R-TIME|' || {told}")
    elif column.type == "DATE":
        form = _form_pattern(how.form or "%Y-%m-%d")
        arms.append(f"when not regexp_full_match({text}, {quote(form)}) then 'R-DATEFORM|' || {told}")
        arms.append(f"when {column.name} is null then 'R-TIME|' || {told}")
    elif how.pattern:
        arms.append(f"when not regexp_full_match({text}, {quote(how.pattern)}) then 'R-CODE|' || {told}")
    return f"case {' '.join(arm for arm in arms if arm)} end"


def _form_pattern(form: str) -> str:
    pattern = re.escape(form)
    for directive, digits in (("Y", 4), ("m", 2), ("d", 2), ("H", 2), ("M", 2), ("S", 2)):
        pattern = pattern.replace(f"%{directive}", f"\\d{{{digits}}}")
    return pattern.replace("%f", "\\d{1,6}")


def _time_problem(name: str, heading: str, text: str, received_at: str) -> str:
    """Instants more than five minutes after the receipt, or the defaults of a clock that was never set."""
    told = f"{quote('R-TIME|' + heading + '=')} || {text}"
    return (
        f"case when {name} > timestamp {quote(received_at)} + interval 5 minutes then {told} "
        f"when {name} < timestamp '1990-01-01' or cast({name} as date) = date '2000-01-01' then {told} end"
    )


def _flag_conditions(column: Column, how: Read, text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if how.plate:
        found.append(("R-UNREAD", f"{column.name} is null"))
        found.append(("R-PLATE", f"not regexp_full_match({column.name}, {quote(_PLATE)})"))
    if how.codes is not None and how.unknown == "flag":
        found.append(("R-CODE", f"{text} <> '' and {column.name} is null"))
    if how.missing and how.missing_flag:
        found.append((how.missing_flag, f"{text} in ({', '.join(quote(word) for word in how.missing)})"))
    return found


def _list_value(column: Column, how: Read, texts: list[str]) -> str:
    """A list of the values up to the last one that is there: trailing empties and zeros are no axles."""
    kind = column.type.removesuffix("[]")
    one = [_value(Column(column.name, kind, "", ""), how, text) for text in texts]
    arms = " ".join(
        f"when coalesce({one[last]}, 0) <> 0 then [{', '.join(one[: last + 1])}]" for last in reversed(range(len(one)))
    )
    return f"(case {arms} else [] end)::{column.type}"


# --- the delivery as a whole ---------------------------------------------------------------------
def _conflicts(parsed: Parsed, path: Path, name: str) -> None:
    """Same key, other content, and nothing that says which is newer: both are quarantined (R-CONFLICT)."""
    if parsed.feed.key == CONTENT:
        return
    version = "version_rank" if parsed.feed.version else "''"
    connection = parsed.connection
    connection.execute(
        f"""create or replace temp table conflict as
        select source_line, byte_offset from landed where (record_id, {version}) in (
            select (record_id, {version}) from landed group by record_id, {version}
            having count(distinct row_digest) > 1)"""
    )
    found = dict(connection.execute("select source_line, byte_offset from conflict").fetchall())
    if not found:
        return
    raw = lines.raw_lines(path, name, parsed.feed.format.encoding, set(found))
    connection.executemany(
        "insert into refused values (?, ?, ?, 'R-CONFLICT', 'same key, other content in one delivery')",
        [(line, found[line], raw[line].rstrip(b"\r\n")) for line in sorted(found)],
    )
    connection.execute("delete from typed where source_line in (select source_line from conflict)")


def _as_a_whole(parsed: Parsed, name: str) -> None:
    """Stop a delivery that does not look like itself: too many bad rows, or a column in another unit."""
    feed, connection = parsed.feed, parsed.connection
    refused = connection.execute("select reason, count(*) from refused group by reason order by 2 desc, 1").fetchall()
    bad = sum(count for _, count in refused)
    if (
        bad
        and bad > feed.quarantine_share_stop * parsed.delivered
        and (parsed.delivered >= 20 or bad == parsed.delivered)
    ):
        told = ", ".join(f"{reason} {count}" for reason, count in refused[:4])
        only_encoding = refused[0][0] == "R-ENCODING"
        _in_tonnes(parsed, name, bad)
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
                f"{feed.name}: the median {column} of {name} is {median:g}, expected {low:g} to {high:g}. "
                "Another unit? Values are never converted on suspicion: ask the sender.",
            )
    plates = [how.column.name for how in feed.reads.values() if how.plate]
    for column in plates:
        count, bad_plates = _row(
            connection, f"select count({column}), count(*) filter (flags like '%R-PLATE%') from landed"
        )
        if count >= SAMPLE_FOR_SHAPE and bad_plates > 0.5 * count:
            raise DeliveryStopped(
                "D-SHAPE",
                f"{feed.name}: {bad_plates} of {count} plates of {name} are no plates. Another column under this "
                "heading? Ask the sender.",
            )


def _in_tonnes(parsed: Parsed, name: str, bad: int) -> None:
    """Tell a delivery in another unit (D-UNIT) apart from one with many bad rows. Only the message differs."""
    feed = parsed.feed
    for heading, how in feed.reads.items():
        if how.column.name not in feed.plausible_median:
            continue
        pattern = quote(re.escape(f"{heading}=") + r"\d{1,3}(\.\d+)?")
        (small,) = _row(
            parsed.connection,
            "select count(*) from refused where reason in ('R-RANGE', 'R-NUMBER')"
            f" and regexp_full_match(detail, {pattern})",
        )
        if small > 0.5 * bad:
            raise DeliveryStopped(
                "D-UNIT",
                f"{feed.name}: {small} of {parsed.delivered} rows of {name} have a {heading} as small as tonnes. "
                "Another unit? Values are never converted on suspicion: ask the sender.",
            )


def _count(parsed: Parsed) -> None:
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
    parsed.repeated, parsed.superseded = _row(
        connection,
        """select coalesce(sum(fate = 'repeated'), 0), coalesce(sum(fate = 'superseded'), 0) from (
            select case
                when row_number() over latest = 1 then 'current'
                when row_digest = first_value(row_digest) over latest then 'repeated'
                else 'superseded' end as fate
            from landed
            window latest as (partition by record_id order by version_rank desc, source_line))""",
    )
    difference = parsed.delivered - parsed.accepted - sum(parsed.quarantined.values())
    if difference:
        raise AssertionError(f"{parsed.feed.name}: {difference} rows unaccounted for; nothing was landed")
