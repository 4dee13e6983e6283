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
    ``missing``: texts that mean "not measured"; the value is empty and, if given, ``missing_flag`` is set.
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


def read(column: Column, **how: Any) -> Read:
    return Read(column, **how)


@dataclass(frozen=True)
class Rule:
    """A condition over the feed's columns (SQL) and the code given to rows that meet it."""

    code: str
    when: str
    doc: str


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
    format: Csv | FixedWidth = field(default_factory=Csv)
    event_time: str = "passed_at"
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

    def __post_init__(self) -> None:
        names = list(self.raw_columns)
        if self.kind not in ("event", "register"):
            raise ValueError(f"{self.name}: kind is event or register, not {self.kind!r}")
        for needed in self.key if self.key != CONTENT else ():
            if needed not in names:
                raise ValueError(f"{self.name}: key column {needed!r} is not declared")
        if self.kind == "event" and self.event_time not in names:
            raise ValueError(f"{self.name}: event_time {self.event_time!r} is not declared")
        if self.kind == "register" and "valid_from" not in names:
            raise ValueError(f"{self.name}: a register needs valid_from")
        for rule in (*self.quarantine, *self.flag):
            if not re.fullmatch(r"[A-Z]-[A-Z]+", rule.code):
                raise ValueError(f"{self.name}: {rule.code!r} is not a reason code")

    @cached_property
    def reads(self) -> dict[str | tuple[str, ...], Read]:
        return {heading: entry if isinstance(entry, Read) else Read(entry) for heading, entry in self.columns.items()}

    @cached_property
    def raw_columns(self) -> dict[str, Column]:
        """The raw table's source columns by name, in declaration order."""
        found = {reading.column.name: reading.column for reading in self.reads.values()}
        found.update({column.name: column for column, _ in self.constants.values()})
        found.update({column.name: column for column in self.derived})
        return found

    @property
    def raw_table(self) -> RawTable:
        return RawTable(
            self.name, self.kind, dict(self.raw_columns), self.title_zh, self.title_en, self.expected_every_days
        )

    @property
    def headings(self) -> list[str]:
        """The source's headings in declaration order, lists spelled out."""
        flat: list[str] = []
        for heading in self.columns:
            flat.extend([heading] if isinstance(heading, str) else heading)
        return flat

    @cached_property
    def digest(self) -> str:
        """Changes whenever rows could be read differently."""
        told = repr((self.name, self.kind, self.format, self.event_time, self.version, self.key))
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
