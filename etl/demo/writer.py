"""Tables to deliveries: any declaration read backwards.

``write`` takes a table by dictionary column names and gives the bytes a sender would have sent: the declared
headings, words for codes, units, forms of instants, words for "not measured", encoding and format. What it
writes, ``etl/parse.py`` reads back to the same values; a test holds that for every feed. Columns work as
arrays, so a million passages take seconds.
"""

import gzip
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xlsxwriter

from etl.contract import Csv, Feed, FixedWidth, Ndjson, ParquetFile, Read, Workbook

CHUNK_ROWS = 65_536
_CREATED = datetime(2024, 1, 1)
_NUMBERS = ("INTEGER", "BIGINT", "DOUBLE")


def write(feed: Feed, table: pa.Table, name: str = "", titles: Sequence[str] = ()) -> bytes:
    """The delivery that holds ``table``; compressed when ``name`` ends in .gz.

    ``titles``: lines above the headings of a workbook; empty means one with the feed's Chinese title.
    Raises ``ValueError`` for a column that the feed does not have, or a required one that is not given.
    """
    _check(feed, table)
    if isinstance(feed.format, Workbook):
        data = _workbook(feed, feed.format, table, titles or (feed.title_zh,))
    elif isinstance(feed.format, ParquetFile):
        data = _parquet(feed, table)
    else:
        # Nothing to report is a file all the same; without a heading to hold it is an empty line.
        data = head(feed) + b"".join(lines(feed, table)) or b"\n"
    return gzip.compress(data, 1, mtime=0) if name.endswith(".gz") else data


def head(feed: Feed) -> bytes:
    """The heading line of a feed of lines; empty where it has none."""
    if not isinstance(feed.format, Csv):
        return b""
    headings = pa.array([feed.headings]).flatten()
    text = feed.format.delimiter.join(_quoted(headings, feed.format.delimiter).to_pylist()) + "\n"
    return text.encode(feed.format.encoding)


def lines(feed: Feed, table: pa.Table) -> Iterator[bytes]:
    """The rows of a feed of lines, one ``bytes`` for ``CHUNK_ROWS`` rows or what is left, without heading."""
    for start in range(0, table.num_rows, CHUNK_ROWS):
        chunk = table.slice(start, CHUNK_ROWS).combine_chunks()
        if isinstance(feed.format, FixedWidth):
            text = _fixed(feed, feed.format, chunk)
        elif isinstance(feed.format, Ndjson):
            text = _objects(feed, chunk)
        else:
            assert isinstance(feed.format, Csv)
            by = feed.format.delimiter
            text = _join([_quoted(each, by) for each in _flat(feed, chunk)], by)
        yield _bytes(pc.binary_join_element_wise(text, "", "\n"), feed.format.encoding)


def _check(feed: Feed, table: pa.Table) -> None:
    unknown = [name for name in table.column_names if name not in feed.raw_columns]
    if unknown:
        raise ValueError(f"{feed.name}: the table has columns {unknown} that the feed does not declare")
    needed = [how.column for how in feed.reads.values()]
    missing = [c.name for c in needed if c.required and not c.type.endswith("[]") and c.name not in table.column_names]
    if missing:
        raise ValueError(f"{feed.name}: the table lacks the required columns {missing}")


def _bytes(text: pa.StringArray, encoding: str) -> bytes:
    """The texts one after the other: they lie like that in memory."""
    offsets = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1]
    raw = text.buffers()[2].to_pybytes()[offsets[0] : offsets[-1]] if len(text) else b""
    return raw if encoding in ("utf-8", "ascii") else raw.decode().encode(encoding)


def _join(columns: Sequence[pa.Array], by: str) -> pa.Array:
    return pc.binary_join_element_wise(*columns, by)


# --- values to texts -----------------------------------------------------------------------------
def texts(how: Read, values: pa.Array) -> pa.StringArray:
    """Each value as the source writes it; null where there is none."""
    kind = how.column.type.removesuffix("[]")
    codes: Mapping[str, Any] | None = how.codes
    if codes is None and kind == "BOOLEAN":
        codes = {"1": True, "0": False}
    if codes is not None:
        return _words(how, codes, values)
    if kind in _NUMBERS:
        return _scaled(how, values) if how.scale != 1 else _plain(values)
    if kind == "TIMESTAMP":
        return _instants(how.form or "%Y-%m-%d %H:%M:%S", values)
    if kind == "DATE":
        return pc.strftime(values.cast(pa.date32()), how.form or "%Y-%m-%d")
    return values.cast(pa.string())


def _words(how: Read, codes: Mapping[str, Any], values: pa.Array) -> pa.StringArray:
    """The first word of each value."""
    word_of: dict[Any, str] = {}
    for word, value in codes.items():
        word_of.setdefault(value, word)
    known = pa.array(list(word_of), values.type if not pa.types.is_null(values.type) else None)
    at = pc.index_in(values, known)
    lost = pc.and_(pc.is_valid(values), pc.is_null(at))
    if pc.any(lost).as_py():
        raise ValueError(f"{how.column.name}: no word means {values.filter(lost)[0].as_py()!r}")
    return pa.array(list(word_of.values()), pa.string()).take(at)


def _plain(values: pa.Array) -> pa.StringArray:
    text = values.cast(pa.string())
    if pa.types.is_floating(values.type) and pc.any(pc.match_substring(text, "e")).as_py():
        decimals = [None if value is None else _decimal(value) for value in values.to_pylist()]
        return pa.array(decimals, pa.string())
    return text


def _decimal(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _scaled(how: Read, values: pa.Array) -> pa.StringArray:
    """The value in the source's unit: 49,000 kg as 49 t, 12.5 m as 1250 cm."""
    factor = round(how.scale)
    whole = how.column.type.removesuffix("[]") != "DOUBLE"
    if whole and factor > 1 and factor == how.scale and str(factor).strip("0") == "1":
        # Exact: the digits of the integer with a point among them.
        numbers = values.cast(pa.int64())
        size = pc.abs(numbers)
        units = pc.divide(size, factor)
        rest = pc.subtract(size, pc.multiply(units, factor))
        fraction = pc.utf8_rtrim(pc.utf8_lpad(rest.cast(pa.string()), len(str(factor)) - 1, "0"), "0")
        point = pc.if_else(pc.equal(rest, 0), "", pc.binary_join_element_wise(".", fraction, ""))
        sign = pc.if_else(pc.less(numbers, 0), "-", "")
        return pc.binary_join_element_wise(sign, units.cast(pa.string()), point, "")
    missing = np.asarray(pc.is_null(values))
    raw = np.asarray(pc.fill_null(values.cast(pa.float64()), 0.0)) / how.scale
    if whole and how.scale < 1:
        return pa.array(np.rint(raw).astype(np.int64), mask=missing).cast(pa.string())
    return _plain(pa.array(np.round(raw, 6), mask=missing))


def _instants(form: str, values: pa.Array) -> pa.StringArray:
    seconds = values.cast(pa.timestamp("s"), safe=False)
    if "%f" in form or not pc.all(pc.equal(seconds.cast(pa.timestamp("us")), values.cast(pa.timestamp("us")))).as_py():
        form = form if "%f" in form else form.replace("%S", "%S.%f")
        return pa.array([None if at is None else at.strftime(form) for at in values.to_pylist()], pa.string())
    return pc.strftime(seconds, form)


def _absent(how: Read) -> str:
    """How the source leaves a value out: by its own word for "not measured", else by nothing."""
    return how.missing[0] if how.missing and not how.plate else ""


def _elements(values: pa.Array, count: int) -> list[pa.Array]:
    """The first ``count`` elements of each list; null where a list is shorter. A longer list is an error."""
    length = np.asarray(pc.fill_null(pc.list_value_length(values), 0))
    if len(length) and length.max() > count:
        raise ValueError(f"a list has {length.max()} elements, the layout has room for {count}")
    start = np.concatenate([[0], np.cumsum(length)])[:-1]
    flat = pc.list_flatten(values)
    return [flat.take(pa.array(start + at, pa.int64(), mask=length <= at)) for at in range(count)]


def _flat(feed: Feed, chunk: pa.Table) -> list[pa.Array]:
    """One array of texts a heading, in declaration order."""
    found: list[pa.Array] = []
    for heading, how in feed.reads.items():
        name = how.column.name
        count = 1 if isinstance(heading, str) else len(heading)
        if name not in chunk.column_names:
            found += [pa.array([_absent(how)] * chunk.num_rows, pa.string())] * count
        elif isinstance(heading, str):
            found.append(pc.fill_null(texts(how, _array(chunk, name)), _absent(how)))
        else:
            found += [pc.fill_null(texts(how, each), "") for each in _elements(_array(chunk, name), count)]
    return found


def _array(chunk: pa.Table, name: str) -> pa.Array:
    column = chunk[name]
    found = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return found.dictionary_decode() if pa.types.is_dictionary(found.type) else found


def _quoted(text: pa.Array, delimiter: str) -> pa.Array:
    special = pc.match_substring_regex(text, f'[{delimiter}"\\r\\n]')
    if not pc.any(special).as_py():
        return text
    inner = pc.replace_substring(text, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', inner, '"', ""), text)


# --- formats -------------------------------------------------------------------------------------
def _fixed(feed: Feed, form: FixedWidth, chunk: pa.Table) -> pa.Array:
    places = []
    flat = iter(_flat(feed, chunk))
    for heading, how in feed.reads.items():
        number = how.column.type.removesuffix("[]") in _NUMBERS
        for place in (heading,) if isinstance(heading, str) else heading:
            first, last = (int(position) for position in place.split("-"))
            width = last - first + 1
            text = next(flat)
            filled = pc.utf8_lpad(text, width, "0") if number else pc.utf8_rpad(text, width, " ")
            places.append((first, last, pc.if_else(pc.equal(text, ""), " " * width, filled)))
    parts: list[Any] = []
    position = 1
    for first, last, text in sorted(places, key=lambda place: place[0]):
        if first > position:
            gap = form.starts_with if position == 1 else ""
            parts.append(gap.ljust(first - position))
        parts.append(text)
        position = last + 1
    parts.append(" " * (form.width - position + 1))
    return _join(parts, "")


def _objects(feed: Feed, chunk: pa.Table) -> pa.Array:
    members: list[Any] = []
    for heading, how in feed.reads.items():
        name = how.column.name
        for number, key in enumerate((heading,) if isinstance(heading, str) else heading):
            if name not in chunk.column_names:
                continue
            values = _array(chunk, name)
            if isinstance(heading, tuple):
                values = _elements(values, len(heading))[number]
            start = ("," if members else "{") + json.dumps(key, ensure_ascii=False) + ":"
            if pa.types.is_list(values.type):
                inner = _json_values(how, pc.list_flatten(values))
                length = pc.fill_null(pc.list_value_length(values), 0)
                offsets = np.concatenate([[0], np.cumsum(np.asarray(length))]).astype(np.int32)
                joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), inner), ",")
                members += [start, pc.binary_join_element_wise("[", joined, "]", "")]
            else:
                members += [start, _json_values(how, values)]
    return _join([*members, "}"], "")


def _json_values(how: Read, values: pa.Array) -> pa.Array:
    kind = how.column.type.removesuffix("[]")
    text = texts(how, values)
    if how.codes is None and kind == "BOOLEAN":
        text = pc.if_else(pc.equal(text, "1"), "true", "false")
    elif how.codes is not None or kind not in _NUMBERS:
        text = pc.replace_substring(pc.replace_substring(text, "\\", "\\\\"), '"', '\\"')
        text = pc.replace_substring(pc.replace_substring(text, "\n", "\\n"), "\t", "\\t")
        text = pc.binary_join_element_wise('"', text, '"', "")
    return pc.fill_null(text, "null")


def _typed(how: Read, values: pa.Array) -> pa.Array:
    """A column as a typed file holds it: words for codes, the source's unit, own types for the rest."""
    kind = how.column.type.removesuffix("[]")
    if pa.types.is_list(values.type):
        offsets = np.concatenate([[0], np.cumsum(np.asarray(pc.fill_null(pc.list_value_length(values), 0)))])
        inner = _typed(how, pc.list_flatten(values))
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), inner)
    if how.codes is not None or how.form or kind == "VARCHAR":
        return texts(how, values)
    if kind in _NUMBERS and how.scale != 1:
        text = texts(how, values)
        whole = not pc.any(pc.match_substring(text, ".")).as_py()
        return text.cast(pa.int64() if whole else pa.float64())
    return values


def _parquet(feed: Feed, table: pa.Table) -> bytes:
    whole = table.combine_chunks()
    columns = {}
    for heading, how in feed.reads.items():
        if how.column.name not in whole.column_names:
            continue
        values = _array(whole, how.column.name) if whole.num_rows else pa.nulls(0)
        if isinstance(heading, str):
            columns[heading] = _typed(how, values)
        else:
            columns |= dict(zip(heading, (_typed(how, e) for e in _elements(values, len(heading))), strict=True))
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    return sink.getvalue()


def _workbook(feed: Feed, form: Workbook, table: pa.Table, titles: Sequence[str]) -> bytes:
    """A sheet as people fill it in: title rows merged across, runs of equal words merged, days as days.

    Where the declaration takes date serials, every third day is one: a cell typed into a column of numbers.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": _CREATED})
    sheet = book.add_worksheet(form.sheet or "Sheet1")
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    middle = book.add_format({"valign": "vcenter"})
    width = len(feed.headings)
    for line, title in enumerate(titles):
        if width > 1:
            sheet.merge_range(line, 0, line, width - 1, title, bold)
        else:
            sheet.write_string(line, 0, title, bold)
    first = len(titles)
    for position, text in enumerate(feed.headings):
        sheet.write_string(first, position, text, bold)
    whole = table.combine_chunks()
    position = 0
    for heading, how in feed.reads.items():
        count = 1 if isinstance(heading, str) else len(heading)
        if how.column.name in whole.column_names and whole.num_rows:
            values = _array(whole, how.column.name)
            for step, each in enumerate([values] if isinstance(heading, str) else _elements(values, count)):
                cells = _typed(how, each).to_pylist()
                if how.column.name in form.fill_down:
                    _merge_runs(sheet, first + 1, position + step, cells, middle)
                    continue
                for line, cell in enumerate(cells, first + 1):
                    _cell(sheet, line, position + step, cell, how, instant if isinstance(cell, datetime) else day)
        position += count
    book.close()
    return target.getvalue()


def _cell(sheet: Any, line: int, position: int, cell: Any, how: Read, day: Any) -> None:
    if cell is None:
        if word := _absent(how):
            sheet.write_string(line, position, word)
    elif isinstance(cell, bool):
        sheet.write_string(line, position, "是" if cell else "否")
    elif isinstance(cell, str):
        sheet.write_string(line, position, cell)
    elif isinstance(cell, date):
        if how.serial and line % 3 == 0 and not isinstance(cell, datetime):
            sheet.write_number(line, position, (cell - date(1899, 12, 30)).days)
        else:
            sheet.write_datetime(line, position, cell, day)
    else:
        sheet.write_number(line, position, cell)


def _merge_runs(sheet: Any, first: int, position: int, cells: list[Any], look: Any) -> None:
    start = 0
    for at in range(1, len(cells) + 1):
        if at < len(cells) and cells[at] == cells[start]:
            continue
        if cells[start] is not None:
            if at - start > 1:
                sheet.merge_range(first + start, position, first + at - 1, position, str(cells[start]), look)
            else:
                sheet.write(first + start, position, cells[start])
        start = at
