"""The vocabulary in which a feed is declared, once.

From one ``Feed`` follow the raw table, the landing query with its quarantine reasons and flags,
the ingest DAG, the basic checks, the freshness expectation and the feed's page in the docs.
A declaration maps the source's headings to entries of ``warehouse/columns/``; the headings
appear there and nowhere else. How a heading is read is said by wrapping the entry in ``read``.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from warehouse.columns import Column
from warehouse.raw import RawTable

CONTENT = ("*",)
"""Key of a feed whose source gives its records no identity: the whole content is the identity."""


@dataclass(frozen=True)
class Read:
    """How the text under a heading becomes a value of ``column``.

    ``scale``: factor from the source's unit to the column's (lengths in cm: 0.01).
    ``codes``: the source's words and their values; another word is R-CODE
    (``unknown="quarantine"``), or keeps the row with the value empty and the flag R-CODE.
    ``form``: ``strptime`` form of an instant or day; empty means ISO 8601 with optional fraction and zone.
    ``%-d`` and the like may lack the leading zero, ``%I`` and ``%p`` are the 12-hour clock, and ``"epoch"`` counts
    the seconds of a clock since its 1970-01-01 (true epoch seconds: ``zone="+00:00"``).
    ``zone``: offset of instants whose text has none, as ``"+00:00"``; empty means +08:00.
    ``followed_by``: headings of further parts of one value (day, hour, minute apart); the texts are joined by blanks.
    ``pad``: leading zeros that the source leaves away: the width of each part's digits, in the same order.
    ``also_called``: other headings under which the source delivers the same column, of which one is there.
    ``may_lack``: the heading may be missing in CSV (a site with fewer lanes); the value is then empty.
    ``decimals``: most digits after the point of a DOUBLE; one that has more is R-NUMBER.
    ``missing``: texts that mean "not measured"; the value is empty and, if given, ``missing_flag`` is set.
    ``may_be_absent``: a plate that many vehicles rightly do not have (a trailer's): none is no R-UNREAD.
    ``check``: the check digit of an identity number, ``"uscc"`` (GB 32100) or ``"citizen_id"`` (GB 11643);
    a number that fails it, or lost its digits in a spreadsheet, is R-IDNO.
    ``untimely``: an instant in the future or of a clock that was never set is R-TIME (``"quarantine"``), or keeps the
    row with the value empty and the flag R-TIME (``"flag"``). ``most_days_old``: so many days before the issue an
    instant is untimely too, and after the day of the issue; 0: neither.
    ``serial``: a plain number in a workbook is a spreadsheet's date serial; without it that is R-DATEFORM.

    Money is whole fen: a column ``…_fen`` (BIGINT, unit fen) is read from yuan with ``scale=100``, exactly;
    what is not a whole number of fen is R-NUMBER.
    """

    column: Column
    scale: float = 1.0
    codes: Mapping[str, Any] | None = None
    unknown: str = "quarantine"
    form: str = ""
    missing: tuple[str, ...] = ()
    missing_flag: str = ""
    pattern: str = ""
    plate: bool = False
    may_be_absent: bool = False
    check: str = ""
    serial: bool = False
    zone: str = ""
    followed_by: tuple[str, ...] = ()
    pad: tuple[int, ...] = ()
    also_called: tuple[str, ...] = ()
    decimals: int = 9
    may_lack: bool = False
    untimely: str = "quarantine"
    most_days_old: int = 0


def read(column: Column, **how: Any) -> Read:
    return Read(column, **how)


PREFECTURE = (24.5, 27.0, 110.8, 112.6)
"""Least and greatest latitude, least and greatest longitude (degrees, WGS 84) of a box around Yongzhou: its
boundary with a margin of 0.1 to 0.2 degrees, so that GCJ-02 positions lie inside as well."""


@dataclass(frozen=True)
class Rule:
    """A condition over the feed's columns (SQL) and the code given to rows that meet it.

    ``first``: asked before the texts are judged, so that a line that is no record at all (the remains of a
    heading) is told as such and not as a bad value.
    """

    code: str
    when: str
    doc: str
    first: bool = False


@dataclass(frozen=True)
class Series:
    """A fault that shows only against other rows of the delivery. ``etl/series.py`` has the usual ones.

    ``when``: SQL over the feed's columns; ``before_<column>`` is the last value before the row's. Where it is null
    the row says nothing: an hour without trucks neither shows a dead scale nor a working one.
    ``by``: columns whose values name a series, such as the lane; empty: the delivery is one.
    ``order``: columns that order it; empty: as delivered.
    ``least``: so many rows in succession have to meet ``when``; then all of them are marked.
    ``outcome``: ``"flag"`` marks the rows (not evidence until reviewed); ``"warning"`` counts them with the
    delivery, for what a person should know of the device and what takes nothing from the rows (a counter that wraps).
    ``with_refused``: rows in quarantine are seen too, with the values that could be read.
    """

    code: str
    when: str
    doc: str
    by: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    least: int = 1
    outcome: str = "flag"
    with_refused: bool = False


def off_map(latitude: str = "latitude", longitude: str = "longitude", within: tuple[float, ...] = PREFECTURE) -> Rule:
    """The flag R-POSITION: half a position, 0/0 (a receiver without a fix), or outside the box ``within``."""
    south, north, west, east = within
    return Rule(
        "R-POSITION",
        f"({latitude} is null) <> ({longitude} is null) or ({latitude} = 0 and {longitude} = 0)"
        f" or not ({latitude} between {south} and {north} and {longitude} between {west} and {east})",
        "half a position, 0/0, or outside the prefecture",
    )


@dataclass(frozen=True)
class Csv:
    """Delimited text, one record a line. The encoding is decoded strictly, never guessed."""

    encoding: str = "utf-8"
    delimiter: str = ","
    name: str = "CSV"


@dataclass(frozen=True)
class FixedWidth:
    """Fixed columns, one record a line. Keys of ``Feed.columns`` are positions ``"first-last"``, from 1."""

    width: int
    starts_with: str = ""
    encoding: str = "ascii"
    name: str = "fixed width"


@dataclass(frozen=True)
class Ndjson:
    """One JSON object a line. Keys of ``Feed.columns`` are member names.

    A member that is absent or null is empty; one that no heading declares stops the delivery. An array is
    read by a list column under that one heading. Numbers keep the digits they were written with.
    """

    encoding: str = "utf-8"
    name: str = "NDJSON"


@dataclass(frozen=True)
class ParquetFile:
    """Parquet. Keys of ``Feed.columns`` are its column names; list columns under one heading each."""

    encoding: str = ""
    name: str = "Parquet"


@dataclass(frozen=True)
class Workbook:
    """XLSX as people fill it in: title rows above the headings, merged cells, date cells.

    ``sheet``: name of the sheet; empty: the workbook has one sheet, and a second is D-WORKBOOK.
    ``fill_down``: columns (dictionary names) whose vertically merged cells carry their value to each row.
    The heading row is the first of the first ten rows that holds every required heading; what stands above
    is a title. A date cell becomes ISO text (or text in the declared ``form``).
    """

    sheet: str = ""
    fill_down: tuple[str, ...] = ()
    encoding: str = ""
    name: str = "XLSX"


@dataclass(frozen=True)
class Capture:
    """JT/T 808 frames as they were on the wire. Keys of ``Feed.columns`` are those of ``etl/readers/captures.py``.

    Values come typed from the decoder: a declaration gives them names, and neither scales nor codes them.
    """

    encoding: str = ""
    name: str = "JT/T 808"


Format = Csv | FixedWidth | Ndjson | ParquetFile | Workbook | Capture
KINDS = ("event", "register", "list")
CHECKS = ("uscc", "citizen_id")


def numbered(heading: str, count: int) -> tuple[str, ...]:
    """Headings that differ by a number: ``numbered("轴重{}（kg）", 10)`` is one list column."""
    return tuple(heading.format(number) for number in range(1, count + 1))


@dataclass(frozen=True)
class Feed:
    """One feed. See ``docs/add-a-feed.md`` for a walk through a declaration."""

    name: str
    doc: str
    grain: str
    owner: str
    files: str
    """Regular expression of file names in ``inbox/<feed>/``; a group ``date`` (YYYYMMDD) dates the issue."""
    columns: Mapping[str | tuple[str, ...], Column | Read]
    key: tuple[str, ...]
    title_zh: str
    title_en: str
    kind: str = "event"
    """``event``: a row belongs to the day of ``event_time``. ``register``: a row is valid from–to, its key names
    ``valid_from``. ``list``: keyed records of no day, read whole; the key alone is the identity, so that a
    correction of any other field, also of a date, replaces the record."""
    format: Format = field(default_factory=Csv)
    event_time: str = "passed_at"
    """Column whose day an event belongs to; where it may be empty, such a row belongs to the day of the issue."""
    version: str = ""
    """Column that orders versions of one record (the site's upload time); else the issue decides."""
    constants: Mapping[str, tuple[Column, Any]] = field(default_factory=dict)
    derived: Mapping[Column, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    """Headings that may be there and are not read."""
    quarantine: tuple[Rule, ...] = ()
    flag: tuple[Rule, ...] = ()
    daily_rows: tuple[int, int] | None = None
    schedule: str | None = "30 1 * * *"
    """Cron in Asia/Shanghai at which the night takes this feed; None: when somebody delivers."""
    expected_every_days: int | None = 1
    """A delivery is missed after this many days; None: no expectation."""
    quarantine_share_stop: float = 0.2
    plausible_median: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Whole-delivery check against tonnes for kilograms and the like; never a conversion (D-UNIT)."""
    cumulative_by: tuple[str, ...] = ()
    """Each delivery is its sender's whole list (a county sends all its hazards every month); these columns say
    whose list. A record that the newest list no longer has is reported, never removed."""

    series: tuple[Series, ...] = ()
    """Faults of succession: dead scales, wrapped counters, missing hours, rows out of order."""
    area: tuple[float, float, float, float] | None = None
    """South, north, west and east of the feed's ``latitude`` and ``longitude``. Outside, and at 0/0: R-POSITION
    (flag). A delivery whose positions lie there, or where the columns' own ``valid`` says, only with the two
    exchanged is stopped (D-SWAP)."""
    context_days: int = 0
    """Events only: a day is built with the rows of so many days before it, and anew when one of those changes."""
    from_name: Mapping[str, Column] = field(default_factory=dict)
    """Groups of ``files`` that deliver a column: the site that only the file's name tells. VARCHAR columns."""

    def __post_init__(self) -> None:
        names = list(self.raw_columns)
        if self.kind not in KINDS:
            raise ValueError(f"{self.name}: kind is one of {', '.join(KINDS)}, not {self.kind!r}")
        if self.kind == "list" and self.key == CONTENT:
            raise ValueError(f"{self.name}: a list needs a key; its records are corrected by it")
        if self.cumulative_by and self.kind == "event":
            raise ValueError(f"{self.name}: events are not delivered as a whole list (cumulative_by)")
        for needed in self.cumulative_by:
            if needed not in names:
                raise ValueError(f"{self.name}: cumulative_by column {needed!r} is not declared")
        if self.context_days and self.kind != "event":
            raise ValueError(f"{self.name}: only events are read with days before (context_days)")
        for heading, how in self.reads.items():
            self._check_read(heading, how)
        if isinstance(self.format, Workbook):
            for needed in self.format.fill_down:
                if needed not in {how.column.name for how in self.reads.values()}:
                    raise ValueError(f"{self.name}: fill_down column {needed!r} is not declared")
        for needed in self.key if self.key != CONTENT else ():
            if needed not in names:
                raise ValueError(f"{self.name}: key column {needed!r} is not declared")
        if self.kind == "event" and self.event_time not in names:
            raise ValueError(f"{self.name}: event_time {self.event_time!r} is not declared")
        if self.kind == "register" and "valid_from" not in names:
            raise ValueError(f"{self.name}: a register needs valid_from")
        for group, column in self.from_name.items():
            if group not in re.compile(self.files).groupindex or column.type != "VARCHAR":
                raise ValueError(f"{self.name}: from_name {group!r} is no group of files, or no VARCHAR column")
        for each in self.series:
            if each.outcome not in ("flag", "warning") or each.least < 1:
                raise ValueError(f"{self.name}: a series flags or is a warning, of at least one row: {each.code}")
            for needed in (*each.by, *each.order, *re.findall(r"\bbefore_(\w+)", each.when)):
                if needed not in names:
                    raise ValueError(f"{self.name}: series column {needed!r} is not declared")
        if self.area and not {"latitude", "longitude"} <= set(names):
            raise ValueError(f"{self.name}: an area needs latitude and longitude")
        rules = (*self.quarantine, *self.flag)
        for code in (*(rule.code for rule in rules), *(each.code for each in self.series)):
            if not re.fullmatch(r"[A-Z]-[A-Z]+", code):
                raise ValueError(f"{self.name}: {code!r} is not a reason code")

    def _check_read(self, heading: str | tuple[str, ...], how: Read) -> None:
        """Refuse a reading that would mean nothing, or something else than it says."""
        column = how.column
        where = f"{self.name}: {column.name}"
        is_list = column.type.endswith("[]")
        if isinstance(heading, tuple) and not is_list:
            raise ValueError(f"{where} has several headings and is no list column")
        if isinstance(heading, str) and is_list and not isinstance(self.format, Ndjson | ParquetFile):
            raise ValueError(f"{where} is a list; in {self.format.name} its headings are spelled out (numbered)")
        if how.check and (how.check not in CHECKS or column.type != "VARCHAR"):
            raise ValueError(f"{where}: check is one of {', '.join(CHECKS)}, for a VARCHAR column")
        if how.serial and not (isinstance(self.format, Workbook) and column.type in ("DATE", "TIMESTAMP")):
            raise ValueError(f"{where}: only a date in a workbook can be a serial")
        if how.followed_by and (isinstance(heading, tuple) or isinstance(self.format, Ndjson | ParquetFile)):
            raise ValueError(f"{where}: followed_by joins texts of single headings of a table")
        if how.pad and len(how.pad) != 1 + len(how.followed_by):
            raise ValueError(f"{where}: pad has one width for each part")
        if how.may_lack and (isinstance(heading, tuple) or column.required or not isinstance(self.format, Csv)):
            raise ValueError(f"{where}: only an optional column of a CSV may lack its heading")
        if how.zone and not re.fullmatch(r"[+-](0\d|1[0-4]):[0-5]\d", how.zone):
            raise ValueError(f"{where}: {how.zone!r} is no offset like '+08:00'")
        if how.untimely not in ("quarantine", "flag") or (how.untimely == "flag" and column.required):
            raise ValueError(f"{where}: an untimely instant is quarantined, or flagged in a column that may be empty")
        if (how.untimely == "flag" or how.most_days_old) and column.type != "TIMESTAMP":
            raise ValueError(f"{where}: only an instant can be untimely")
        if column.name.endswith("_fen") and (column.type, column.unit) != ("BIGINT", "fen"):
            raise ValueError(f"{where}: money is BIGINT with the unit fen")
        if column.unit == "fen" and how.scale != int(how.scale):
            raise ValueError(f"{where}: money is read exactly, so its scale is a whole number")

    @cached_property
    def reads(self) -> dict[str | tuple[str, ...], Read]:
        return {heading: entry if isinstance(entry, Read) else Read(entry) for heading, entry in self.columns.items()}

    @cached_property
    def raw_columns(self) -> dict[str, Column]:
        """The raw table's source columns by name, in declaration order."""
        found = {reading.column.name: reading.column for reading in self.reads.values()}
        found.update({column.name: column for column, _ in self.constants.values()})
        found.update({column.name: column for column in self.derived})
        found.update({column.name: column for column in self.from_name.values()})
        return found

    @property
    def raw_table(self) -> RawTable:
        return RawTable(
            self.name, self.kind, dict(self.raw_columns), self.title_zh, self.title_en, self.expected_every_days,
            self.owner, self.context_days,
        )  # fmt: skip

    @property
    def headings(self) -> list[str]:
        """The source's headings in declaration order, lists spelled out."""
        flat: list[str] = []
        for heading, how in self.reads.items():
            flat.extend([heading, *how.followed_by] if isinstance(heading, str) else heading)
        return flat

    @cached_property
    def digest(self) -> str:
        """Changes whenever rows could be read differently."""
        told = repr((self.name, self.kind, self.format, self.event_time, self.version, self.key))
        told += repr((self.cumulative_by, self.series, self.area, self.from_name))
        told += repr([(heading, reading) for heading, reading in self.reads.items()])
        told += repr((self.constants, self.derived, self.quarantine, self.flag, self.plausible_median))
        return hashlib.sha256(told.encode()).hexdigest()

    def issue_date(self, file_name: str) -> date | None:
        """The day a file name says it was issued, if the declaration finds one in it."""
        match = re.fullmatch(self.files, file_name)
        if match and "date" in match.groupdict() and match["date"]:
            try:
                return date.fromisoformat(match["date"].replace("-", ""))
            except ValueError:
                return None
        return None

    def takes(self, file_name: str) -> bool:
        return re.fullmatch(self.files, file_name) is not None
