"""NDJSON: one JSON object a line, read strictly; numbers keep the digits they were written with.

Strict means: no NaN, no doubled member, no value of another shape than declared, nothing after the object.
A member that is absent is empty, as senders leave out what they do not know.
"""

import json
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.contract import Feed
from etl.errors import DeliveryStopped
from etl.readers import lines
from etl.readers.rows import Rows, called_keys, heading_key, invisible, plain, refuse_oversized, spelled, without


class _NotANumber(ValueError):
    """NaN or Infinity, which JSON does not have."""


def _refuse_constant(word: str) -> None:
    raise _NotANumber(word)


# An object becomes a tuple of its members (doubled ones included), an array stays a list, a number its text.
_decode = json.JSONDecoder(
    object_pairs_hook=tuple, parse_float=str, parse_int=str, parse_constant=_refuse_constant
).decode


def rows(feed: Feed, path: Path, name: str) -> Iterator[Rows]:
    """Records of an NDJSON file; an unknown member, or a required one that no record has, is D-COLUMNS."""
    members = _Members(feed, name)
    seen_line = False
    with lines.open_delivery(path, name) as stream:
        for chunk in lines.chunks(stream, name, feed.format.encoding):
            if not seen_line:
                _refuse_other_json(chunk, name)
                seen_line = True
            yield _chunk_rows(chunk, members, name)
    if not seen_line:
        raise DeliveryStopped("D-EMPTY", f"{name} holds no line. Ask the sender for it again.")
    members.refuse_missing()


def _refuse_other_json(chunk: lines.Chunk, name: str) -> None:
    first = chunk.raw.lstrip()[:1]
    if first and first != b"{":
        what = "one JSON array" if first == b"[" else "no JSON"
        raise DeliveryStopped(
            "D-FORMAT", f"{name}: this is {what}, declared is one JSON object a line. Export it again in that form."
        )


class _Members:
    """The declared members, and how the members of one record come into their order."""

    def __init__(self, feed: Feed, name: str) -> None:
        self.feed, self.name = feed, name
        self.place = {key: at for at, called in enumerate(called_keys(feed)) for key in called}
        self.known = {*self.place, *(heading_key(heading) for heading in feed.ignore)}
        self.width = len(feed.headings)
        self.is_list = [
            heading in feed.reads and how.column.type.endswith("[]")
            for heading, how in zip(feed.headings, spelled(feed), strict=True)
        ]
        self.required = [
            {heading_key(called) for called in (heading, *how.also_called)}
            for heading, how in feed.reads.items()
            if isinstance(heading, str) and how.column.required
        ]
        self.seen: set[str] = set()
        self.orders: dict[tuple[str, ...], Any] = {}

    def order(self, keys: tuple[str, ...], line: int) -> Any:
        """What puts the values of a record with these members into declared order; None if one is doubled."""
        plain_keys = [heading_key(key) for key in keys]
        unknown = [key for key, one in zip(keys, plain_keys, strict=True) if one not in self.known]
        if unknown:
            told = ", ".join(repr(key[:40]) for key in unknown[:5])
            raise DeliveryStopped(
                "D-COLUMNS",
                f"line {line} of {self.name} has unknown members {told}. Map or ignore them in "
                f"etl/feeds/{self.feed.name}.py, or ask for the declared layout.",
            )
        places = [self.place.get(key, key) for key in plain_keys]
        if len(set(places)) != len(places):
            return None
        self.seen.update(plain_keys)
        # One value more stands for members that are absent.
        at = [len(keys)] * self.width
        for position, key in enumerate(plain_keys):
            if key in self.place:
                at[self.place[key]] = position
        return itemgetter(*at) if self.width > 1 else (lambda values, only=at[0]: (values[only],))

    def refuse_missing(self) -> None:
        missing = sorted(min(called) for called in self.required if not called & self.seen)
        if missing and self.seen:
            raise DeliveryStopped(
                "D-COLUMNS",
                f"no record of {self.name} has the members {missing}. Correct etl/feeds/{self.feed.name}.py, "
                "or ask for the declared layout.",
            )


def _chunk_rows(chunk: lines.Chunk, members: _Members, name: str) -> Rows:
    bad = chunk.bad
    at: list[int] = []
    records: list[tuple[Any, ...]] = []
    orders, first = members.orders, int(chunk.source_line[0])
    for index, line in enumerate(chunk.text.to_pylist()):
        if index in bad or not line.strip():
            continue
        try:
            record = _decode(line)
        except _NotANumber as error:
            bad[index] = ("R-NUMBER", f"{error} is not JSON")
            continue
        except (ValueError, RecursionError) as error:
            told = (
                f"{error.msg} at character {error.pos + 1}"
                if isinstance(error, json.JSONDecodeError)
                else "nested too deep"
            )
            bad[index] = ("R-SYNTAX", f"no JSON object: {told}")
            continue
        if type(record) is not tuple:
            bad[index] = ("R-SYNTAX", "no JSON object")
            continue
        keys, values = zip(*record, strict=True) if record else ((), ())
        if keys not in orders:
            if len(orders) > 10_000:
                orders.clear()
            orders[keys] = members.order(keys, first + index)
        order = orders[keys]
        if order is None:
            bad[index] = ("R-FIELDS", "a member occurs twice")
            continue
        records.append(order((*values, None)))
        at.append(index)
    rows = Rows(chunk.source_line, chunk.byte_offset, chunk.raw_lines, bad, np.array(at, np.int64))
    problems: dict[int, tuple[str, str]] = {}
    headings = members.feed.headings
    columns = list(zip(*records, strict=True)) if records else [()] * members.width
    for position, values in enumerate(columns):
        texts = _lists if members.is_list[position] else _scalars
        rows.columns.append(plain(texts(values, headings[position], problems)))
    for place, (reason, detail) in problems.items():
        bad[at[place]] = (reason, detail)
    keep = np.ones(len(at), bool)
    keep[list(problems)] = False
    rows.at = rows.at[keep]
    rows.columns = [column.filter(pa.array(keep)) for column in rows.columns]
    if len(chunk.raw) and pc.max(pc.binary_length(chunk.text)).as_py() > lines.FIELD_BYTES:
        refuse_oversized(rows.columns, name, f"lines {chunk.source_line[0]} to {chunk.source_line[-1]}")
    if b"\\" in chunk.raw:  # escapes can hide what the line itself does not show
        without(rows, invisible(rows.columns), "R-CONTROL")
    return rows


def _scalars(values: tuple[Any, ...], heading: str, problems: dict[int, tuple[str, str]]) -> pa.Array:
    """Texts of one member's values."""
    if set(map(type, values)) <= {str}:
        texts = list(values)
    else:
        texts = [
            value if type(value) is str else _text(value, at, heading, problems) for at, value in enumerate(values)
        ]
    return _strings(texts, heading, problems)


def _lists(values: tuple[Any, ...], heading: str, problems: dict[int, tuple[str, str]]) -> pa.Array:
    """Lists of texts of one member's arrays."""
    offsets, texts = [0], []
    owner: list[int] = []
    for at, value in enumerate(values):
        if type(value) is list:
            texts += [one if type(one) is str else _text(one, at, heading, problems) for one in value]
        elif value is not None and value != "":
            problems.setdefault(at, ("R-FIELDS", f"{heading}: a single value where a list is expected"))
        owner += [at] * (len(texts) - len(owner))
        offsets.append(len(texts))
    found: dict[int, tuple[str, str]] = {}
    inner = _strings(texts, heading, found)
    for place, problem in found.items():
        problems.setdefault(owner[place], problem)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), inner)


def _text(value: Any, at: int, heading: str, problems: dict[int, tuple[str, str]]) -> str:
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if type(value) is str:
        return value
    what = "a list" if type(value) is list else "an object"
    problems.setdefault(at, ("R-FIELDS", f"{heading}: {what} where a value is expected"))
    return ""


def _strings(texts: list[str], heading: str, problems: dict[int, tuple[str, str]]) -> pa.Array:
    try:
        return pa.array(texts, pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid):
        for at, text in enumerate(texts):
            try:
                text.encode()
            except UnicodeEncodeError:
                problems.setdefault(at, ("R-ENCODING", f"{heading}: half a character (a lone surrogate)"))
                texts[at] = ""
        return pa.array(texts, pa.string())
