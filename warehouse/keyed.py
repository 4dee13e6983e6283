"""Rows by their key: a small file beside each month of a version and beside its head, read where it lies.

A look-up reads a few rows of many tables. To plan a statement costs the engine more than to read them, and the more the
more months there are; here a row is found by a hash of its key in a mapped file, without a statement. The tables
stay where they are and are the only source: a file is made of them when a version is built, and answers as a SELECT
does. Readers of some districts, of masked text or of what a night knew have no such file; ``rows`` and ``passed``
ask their views instead.

A file is entries, a directory and a footer. An entry is all rows of one key, with its key and a checksum. The directory
is sorted by hash and cut into buckets, each with a checksum, so that a damaged file is told from a key that is not
there: both would else be a vehicle without acts. Raises ``SnapshotDamaged`` for it.
"""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

import duckdb
import numpy as np
import pyarrow as pa

from warehouse.errors import SnapshotDamaged, WarehouseError

FORMAT = 1
"""Raised whenever what a file holds, or how, changes: files of another format are made anew."""
_MAGIC = b"HENGKEYS"
_TRAILER = struct.Struct("<QII8s")
_ENTRY = struct.Struct("<IH")
_PLACE = struct.Struct("<QI")
_SLOT = np.dtype([("hash", "<u8"), ("offset", "<u8"), ("length", "<u4")])
_PER_BUCKET = 16
_EPOCH = datetime(1970, 1, 1)
_NO_COLOR = -1


@dataclass(frozen=True)
class Index:
    """Rows of ``table`` found by ``key``; ``columns``: those that are kept, None: all."""

    table: str
    key: str
    columns: tuple[str, ...] | None = None


OF_HEAD = (
    Index("core.case_match", "case_no"),
    Index("core.case_passage", "passage_record_id"),
    Index("core.violation", "driver_no"),
    Index("core.violation", "plate_no"),
    Index("core.violation", "uscc"),
    Index("meta.delivery", "delivery_id", ("delivery_id", "feed", "name")),
    Index("staging.case_event", "case_no"),
    Index("staging.driver_certificate", "driver_certificate_no"),
    Index("staging.driver_certificate", "record_id"),
    Index("staging.enterprise", "record_id"),
    Index("staging.enterprise", "uscc"),
    Index("staging.loading_firm", "record_id"),
    Index("staging.penalty_decision", "case_no"),
    Index("staging.vehicle", "plate_no"),
    Index("staging.verification_certificate", "device_no"),
    Index("staging.wim_device", "device_no"),
)
"""Of the head. Beside them the passages that cases name by number, by record: ``WEIGHED``."""
WEIGHED = Index("core.passage", "record_id")
OF_PART = (
    Index("mart.dimension_finding", "record_id"),
    Index(
        "mart.finding",
        "plate_no",
        ("record_id", "passed_at", "passed_date", "site_code", "check_no", "county_code", "plate_no",
         "plate_color_code", "is_permitted", "excess_ratio_after_allowance"),
    ),
    Index("mart.screening", "check_no"),
)  # fmt: skip
"""Of a month. Beside them, of ``core.passage`` by plate, what ``Passed`` tells."""
INDEXES = frozenset((index.table, index.key) for index in (*OF_HEAD, *OF_PART))
_PASSED = ("core.passage", "plate_no")
_FIELDS = ("day", "color", "verdict", "county")
_PASSAGE = np.dtype(list(zip(_FIELDS, ("u1", "<i2", "u1", "<u2"), strict=True)))
# The passages that an exact match names: its day, and the plate as read there.
_WEIGHED = """
select passage.* from core.passage as passage
semi join (
    select distinct passage_record_id, violated_on, read_plate_no from {head}.core.case_passage
    where match_grade = 'exact'
) as matched
    on matched.passage_record_id = passage.record_id and matched.violated_on = passage.passed_date
    and matched.read_plate_no is not distinct from passage.plate_no
"""


# --- values ----------------------------------------------------------------------------------------------
_STORED: dict[str, str] = {
    "DATE": "cast({name} - date '0001-01-01' as bigint) + 1",
    "TIMESTAMP": "epoch_us({name})",
    **dict.fromkeys(
        ("VARCHAR", "INTEGER", "BIGINT", "DOUBLE", "BOOLEAN", "INTEGER[]", "DOUBLE[]"), "{name}"
    ),
}  # fmt: skip
"""How a column's type is written as JSON; a type that is not here is refused, not guessed."""
_READ: dict[str, Callable[[Any], Any]] = {
    "DATE": date.fromordinal,
    "TIMESTAMP": lambda microseconds: _EPOCH + timedelta(microseconds=microseconds),
}


class Wanted:
    """A key of a table, by which every file is asked: its name and the hash of it."""

    def __init__(self, table: str, key: str, value: str) -> None:
        self.name = f"{table}\x1f{key}\x1f{value}".encode()
        self.hash = blake2b(self.name, digest_size=8).digest()
        self.number = int.from_bytes(self.hash, "little")


# --- writing ---------------------------------------------------------------------------------------------
class _Writer:
    """Entries go to the file as they come; the directory is kept until the end."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._at = stream, stream.write(_MAGIC)
        self._slots: list[tuple[int, int, int]] = []
        self.told: dict[str, Any] = {"indexes": {}}

    def add(self, table: str, key: str, value: str, data: bytes) -> None:
        wanted = Wanted(table, key, value)
        body = wanted.name + data
        self._slots.append((wanted.number, self._at, _ENTRY.size + len(body)))
        self._at += self._stream.write(_ENTRY.pack(crc32(body), len(wanted.name)))
        self._at += self._stream.write(body)

    def end(self) -> None:
        slots = np.array(self._slots, dtype=_SLOT)
        slots.sort(order=["hash", "offset"])
        buckets = max(1, len(slots) // _PER_BUCKET)
        of_slot = [int(number) * buckets >> 64 for number in slots["hash"]]
        begins = np.searchsorted(of_slot, np.arange(buckets + 1)).astype("<u4") if of_slot else np.zeros(2, "<u4")
        sums = np.empty(buckets, "<u4")
        for number in range(buckets):
            sums[number] = crc32(slots[begins[number] : begins[number + 1]].tobytes(), number)
        self.told |= {"format": FORMAT, "buckets": buckets, "slots": self._at}
        self._at += self._stream.write(slots.tobytes())
        self.told["begins"] = self._at
        self._at += self._stream.write(begins.tobytes())
        self.told["sums"] = self._at
        self._at += self._stream.write(sums.tobytes())
        footer = json.dumps(self.told, ensure_ascii=False).encode()
        self._stream.write(footer)
        self._stream.write(_TRAILER.pack(self._at, len(footer), crc32(footer), _MAGIC))


def write_part(
    connection: duckdb.DuckDBPyConnection, holder: str, tables: Iterable[str], columns: Mapping[str, Any], path: Path
) -> None:
    """Write to ``path`` the keys of a month that is attached as ``holder`` and has ``tables``."""
    held = set(tables)
    with path.open("wb") as stream:
        writer = _Writer(stream)
        for index in OF_PART:
            if index.table in held:
                _add_rows(connection, writer, index, f"from {holder}.{index.table}", columns[index.table])
        if "core.passage" in held:
            _add_passages(connection, writer, f"{holder}.core.passage")
        writer.end()


def write_head(
    connection: duckdb.DuckDBPyConnection,
    holder: str,
    columns: Mapping[str, Any],
    path: Path,
    kept: Mapping[str, Any] | None = None,
) -> None:
    """As ``write_part``, of the head. ``core.passage`` of the connection shows all months. ``kept``: answers about all
    together that are told with the version (``Store.kept``), as plain values."""
    with path.open("wb") as stream:
        writer = _Writer(stream)
        for index in OF_HEAD:
            _add_rows(connection, writer, index, f"from {holder}.{index.table}", columns[index.table])
        _add_rows(
            connection, writer, WEIGHED, f"from ({_WEIGHED.format(head=holder)})", columns["core.passage"]
        )  # fmt: skip
        writer.told["kept"] = dict(kept or {})
        writer.end()


def _add_rows(
    connection: duckdb.DuckDBPyConnection, writer: _Writer, index: Index, rows: str, columns: Sequence[Sequence[str]]
) -> None:
    typed = [(name, type.upper()) for name, type in columns if index.columns is None or name in index.columns]
    if unknown := sorted({type for _, type in typed} - _STORED.keys()):
        raise WarehouseError(f"{index.table}: warehouse/keyed.py does not know how to keep {', '.join(unknown)}.")
    listed = ", ".join(_STORED[type].format(name=name) for name, type in typed)
    cursor = connection.execute(
        f"select {index.key}, {listed} {rows} where {index.key} is not null order by all"
    )  # fmt: skip
    for key, group in groupby(_fetched(cursor), itemgetter(0)):
        data = json.dumps([row[1:] for row in group], ensure_ascii=False, separators=(",", ":")).encode()
        writer.add(index.table, index.key, key, data)
    writer.told["indexes"][f"{index.table} {index.key}"] = typed


def _fetched(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(20_000):
        yield from rows


def _add_passages(connection: duckdb.DuckDBPyConnection, writer: _Writer, table: str) -> None:
    """Of each plate its passages, six bytes each; a verdict or county is told by its place in a list, 0: none."""
    words = {
        name: [
            value
            for (value,) in connection.execute(
                f"select distinct {name} from {table} where {name} is not null order by {name}"
            ).fetchall()
        ]
        for name in ("verdict", "county_code")
    }
    month = connection.execute(f"select date_trunc('month', min(passed_date))::date from {table}").fetchall()[0][0]
    writer.told["passed"] = {**words, "month": month.isoformat() if month else None}
    plates = connection.execute(
        f"select plate_no, count(*) from {table} where plate_no is not null group by plate_no order by plate_no"
    ).fetchall()
    batches: pa.RecordBatchReader = connection.sql(
        "select cast(day(passed_date) as utinyint) as day,"
        f" cast(coalesce(plate_color_code, {_NO_COLOR}) as smallint) as color,"
        " cast(coalesce(list_position($verdicts, verdict), 0) as utinyint) as verdict,"
        " cast(coalesce(list_position($counties, county_code), 0) as usmallint) as county"
        f" from {table} where plate_no is not null order by plate_no",
        params={"verdicts": words["verdict"], "counties": words["county_code"]},
    ).to_arrow_reader(500_000)
    left, at = np.empty(0, _PASSAGE), iter(plates)
    plate_no, missing = next(at, ("", 0))
    for batch in batches:
        read = np.empty(len(batch), _PASSAGE)
        for name in _FIELDS:
            read[name] = batch.column(name).to_numpy(zero_copy_only=False)
        left, begun = np.concatenate([left, read]), 0
        while missing and begun + missing <= len(left):
            writer.add(*_PASSED, plate_no, left[begun : begun + missing].tobytes())
            begun += missing
            plate_no, missing = next(at, ("", 0))
        left = left[begun:]
    if missing or len(left):
        raise WarehouseError(f"{table}: the passages of {plate_no or 'no plate'} were not read to their end.")


# --- reading ---------------------------------------------------------------------------------------------
class File:
    """One file, mapped. May be read by many threads at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as stream:
            self._data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        at, length, told, magic = _TRAILER.unpack(self._data[-_TRAILER.size :])
        footer = self._data[at : at + length]
        if magic != _MAGIC or crc32(footer) != told:
            raise self._damaged()
        self.told: dict[str, Any] = json.loads(footer)
        if self.told["format"] != FORMAT:
            raise SnapshotDamaged(f"{path.name} has another format. Run 'heng build'.")
        self._buckets: int = self.told["buckets"]
        whole = memoryview(self._data)
        begins, sums = self.told["begins"], self.told["sums"]
        self._begins = whole[begins : begins + 4 * (self._buckets + 1)].cast("I")
        self._sums = whole[sums : sums + 4 * self._buckets].cast("I")
        self._slots: int = self.told["slots"]
        self.columns = {
            tuple(name.split(" ")): {column: (at, _READ.get(type)) for at, (column, type) in enumerate(typed)}
            for name, typed in self.told["indexes"].items()
        }
        if "passed" in self.told:
            told = self.told["passed"]
            self._first = date.fromisoformat(told["month"]).toordinal() - 1 if told["month"] else 0
            self._words = {name: np.array([None, *told[name]], object) for name in ("verdict", "county_code")}

    def _damaged(self) -> SnapshotDamaged:
        return SnapshotDamaged(f"{self._path.name} is damaged. Run 'heng build --full'.")

    def entry(self, wanted: Wanted) -> bytes | None:
        """The rows of a key as they were written; None: there are none. Raises ``SnapshotDamaged``."""
        bucket = wanted.number * self._buckets >> 64
        begin, size = self._slots, _SLOT.itemsize
        slots = self._data[begin + size * self._begins[bucket] : begin + size * self._begins[bucket + 1]]
        if crc32(slots, bucket) != self._sums[bucket]:
            raise self._damaged()
        at = slots.find(wanted.hash)
        while at >= 0:
            if at % size == 0:
                offset, length = _PLACE.unpack_from(slots, at + 8)
                told, named = _ENTRY.unpack_from(self._data, offset)
                body = self._data[offset + _ENTRY.size : offset + length]
                if crc32(body) != told:
                    raise self._damaged()
                if body[:named] == wanted.name:
                    return body[named:]
            at = slots.find(wanted.hash, at + 1)
        return None

    def rows(self, table: str, columns: Sequence[str], key: str, wanted: Wanted) -> Iterator[dict[str, Any]]:
        data = self.entry(wanted)
        if data is None:
            return
        held = self.columns[table, key]
        asked = [(name, *held[name]) for name in columns]
        for row in json.loads(data):
            yield {name: row[at] if read is None or row[at] is None else read(row[at]) for name, at, read in asked}

    def passed(self, wanted: Wanted) -> Passed | None:
        data = self.entry(wanted) if "passed" in self.told else None
        if data is None:
            return None
        read = np.frombuffer(data, _PASSAGE)
        return Passed(
            read["day"].astype(np.int64) + self._first, read["color"], self._words["verdict"][read["verdict"]],
            self._words["county_code"][read["county"]], np.ones(len(read), np.int64),
        )  # fmt: skip


@dataclass(frozen=True)
class Passed:
    """Passages of one plate, arrays of one length: ``days`` as ordinals of ``passed_date``, ``colors`` (-1: not read),
    ``verdicts``, ``counties``, and how many are alike (``counts``)."""

    days: np.ndarray
    colors: np.ndarray
    verdicts: np.ndarray
    counties: np.ndarray
    counts: np.ndarray

    @staticmethod
    def together(parts: Sequence[Passed]) -> Passed:
        """Of one part or more."""
        if len(parts) == 1:
            return parts[0]
        return Passed(*(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("days", "colors", "verdicts", "counties", "counts")
        ))  # fmt: skip

    def only(self, those: np.ndarray) -> Passed:
        return Passed(
            self.days[those], self.colors[those], self.verdicts[those], self.counties[those], self.counts[those]
        )

    def of_color(self, color: int | None) -> np.ndarray:
        """Which were read under the colour, or with None without one."""
        return np.asarray(self.colors == (_NO_COLOR if color is None else color))

    @property
    def colors_seen(self) -> set[int | None]:
        return {None if color == _NO_COLOR else color for color in np.unique(self.colors).tolist()}


class Store:
    """The files of one version: of its head, and of its months by month (``2026-11``)."""

    def __init__(self, head: Path, parts: Mapping[str, Path]) -> None:
        self._head = File(head)
        self._parts = {month: File(path) for month, path in sorted(parts.items())}
        self.kept: Mapping[str, Any] = self._head.told["kept"]

    def rows(
        self, table: str, columns: Sequence[str], key: str, values: Iterable[str], days: Iterable[date] | None = None
    ) -> list[dict[str, Any]]:
        files: Iterable[File] = [self._head]
        if (table, key) not in self._head.columns:
            files = [one for one in self._of(days) if (table, key) in one.columns]
        asked = [Wanted(table, key, value) for value in dict.fromkeys(values) if value is not None]
        return [row for wanted in asked for file in files for row in file.rows(table, columns, key, wanted)]

    def passed(self, plates: Iterable[str], days: Iterable[date] | None = None) -> dict[str, Passed]:
        files, found = self._of(days), {}
        for plate_no in plates:
            wanted = Wanted(*_PASSED, plate_no)
            parts = [part for file in files if (part := file.passed(wanted)) is not None]
            if parts:
                found[plate_no] = Passed.together(parts)
        return found

    def _of(self, days: Iterable[date] | None) -> list[File]:
        if days is None:
            return list(self._parts.values())
        months = sorted({f"{day:%Y-%m}" for day in days})
        return [self._parts[month] for month in months if month in self._parts]


# --- asking ----------------------------------------------------------------------------------------------
def rows(
    source: Any, table: str, columns: Sequence[str], key: str, values: Iterable[str], days: Iterable[date] | None = None
) -> list[dict[str, Any]]:
    """``columns`` of the rows of ``table`` whose ``key`` is one of ``values``, in no order; of a dated table at least
    those of ``days``. By the version's files where ``source`` has them, else by a SELECT."""
    if (table, key) not in INDEXES:
        raise WarehouseError(f"{table} has no rows by {key}: name it in warehouse/keyed.py.")
    find = getattr(source, "keyed", None)
    return (
        select(source, table, columns, key, values, days) if find is None else find(table, columns, key, values, days)
    )


def select(
    source: Any, table: str, columns: Sequence[str], key: str, values: Iterable[str], days: Iterable[date] | None = None
) -> list[dict[str, Any]]:
    """As ``rows``, by a SELECT."""
    wanted = sorted({value for value in values if value is not None})
    if not wanted:
        return []
    listed = ", ".join(columns)
    read = table if days is None else source.within(table, ", ".join(dict.fromkeys([*columns, key])), days)
    bound = {f"value_{at}": value for at, value in enumerate(wanted)}
    named = ", ".join(f"${name}" for name in bound)
    found: list[dict[str, Any]] = source.rows(f"select {listed} from {read} as told where {key} in ({named})", bound)
    return found


_SEEN = """
select plate_no, passed_date, plate_color_code, verdict, county_code, count(*) as passage_count
from {passages} as passage where plate_no in ({plates}) group by all
"""


def passed(source: Any, plates: Iterable[str], days: Iterable[date] | None = None) -> dict[str, Passed]:
    """The passages of each plate that has some, at least those of ``days`` (None: all)."""
    find = getattr(source, "passed", None)
    return select_passed(source, plates, days) if find is None else find(plates, days)


def select_passed(source: Any, plates: Iterable[str], days: Iterable[date] | None = None) -> dict[str, Passed]:
    """As ``passed``, by a SELECT."""
    wanted = sorted(set(plates))
    if not wanted:
        return {}
    columns = "plate_no, passed_date, plate_color_code, verdict, county_code"
    read = "core.passage" if days is None else source.within("core.passage", columns, days)
    bound = {f"plate_{at}": plate_no for at, plate_no in enumerate(wanted)}
    told = source.rows(_SEEN.format(passages=read, plates=", ".join(f"${name}" for name in bound)), bound)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in told:
        found.setdefault(row["plate_no"], []).append(row)
    return {plate_no: _passed(of_plate) for plate_no, of_plate in found.items()}


def _passed(told: Sequence[Mapping[str, Any]]) -> Passed:
    colors = [_NO_COLOR if row["plate_color_code"] is None else row["plate_color_code"] for row in told]
    return Passed(
        np.array([row["passed_date"].toordinal() for row in told], np.int64),
        np.array(colors, np.int64),
        np.array([row["verdict"] for row in told], object),
        np.array([row["county_code"] for row in told], object),
        np.array([row["passage_count"] for row in told], np.int64),
    )


def weighed(source: Any, columns: Sequence[str], records: Iterable[str]) -> list[dict[str, Any]] | None:
    """``columns`` of the passages that cases name by number, by record; None: ``source`` has to look in the months."""
    find = getattr(source, "weighed", None)
    found: list[dict[str, Any]] | None = None if find is None else find(columns, records)
    return found
