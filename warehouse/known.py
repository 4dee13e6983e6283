"""The warehouse as known on a day: tables as they were after that day's night, computed again from the raw rows.

Raw rows are never changed and name their delivery, the ledger numbers receipts and says which was the last before a
night closed. So what a night knew is the rows of the deliveries that had come by then; versions are chosen among those
rows alone, and registers and lists are those of that night. Nothing is stored twice (docs/decisions/0008-known-on.md).
"""

import contextlib
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from warehouse import sql
from warehouse.connection import Reader, snapshot
from warehouse.days import candidate_days, loaded
from warehouse.errors import BuildFailed, NoSnapshot, WarehouseError
from warehouse.head import META, create_filled, delivery_rows, feed_rows, night_rows
from warehouse.home import home, temporary
from warehouse.last_day import last_day
from warehouse.layout import ALSO_IN_HEAD, DATED, head_models
from warehouse.ledger import Ledger, Segment
from warehouse.night import Book, nights
from warehouse.publish import published_manifest
from warehouse.raw import RawTable, rows_of

MEMORY = "1GB"
THREADS = 2
BATCH_ROWS = 1_500_000
"""Event rows that are loaded at a time: memory and disk follow from it, not from the period."""


_META = ("meta.delivery", "meta.delivery_reason", "meta.feed", "meta.night_report")


@dataclass(frozen=True)
class Moment:
    """What a night knew. ``night``: the business date of its version; ``is_newest``: no later one is closed."""

    night: date
    is_newest: bool
    after_receipt: int
    deliveries: frozenset[str] = field(repr=False)
    segments: tuple[Segment, ...] = field(repr=False)
    """Accepted files with rows of these deliveries, perhaps beside rows of later ones."""
    book: Book = field(repr=False)


def closed_nights() -> tuple[date, date] | None:
    """The first and the last day that can be asked for; None where no night is closed, or there is no ledger."""
    if not (home() / "ledger.sqlite").is_file():
        return None
    with Ledger(home()) as ledger:
        dates = [date.fromisoformat(night["business_date"]) for night in ledger.nights()]
    return (dates[0], max(dates)) if dates else None


class Known(Reader):
    """Tables as known on ``day``; ``read`` as of a snapshot. ``night`` is the last one closed by then.

    ``is_newest``: no later night is closed, so this is what is served, but for what came since. ``data_until``: the
    last day up to that night there are rows of; None without any. ``version`` is None: computed, not published.
    """

    version = None

    def __init__(self, path: Path, day: date, moment: Moment, manifest: dict[str, Any]) -> None:
        self.path = path
        self.day = day
        self.night = moment.night
        self.is_newest = moment.is_newest
        self.data_until = last_day(manifest)
        self.after_receipt = moment.after_receipt
        self.manifest = manifest
        super().__init__(str(path), path.parent / "spill", read_only=True)
        self._lock()

    def close(self) -> None:
        self._connection.close()


def raw_tables() -> list[RawTable]:
    """Declarations of the feeds as the published version was built from them. Raises ``WarehouseError`` without."""
    manifest = published_manifest()
    if manifest is None:
        raise NoSnapshot("Nothing is published yet. Run 'heng nightly', or 'make run' for sample data.")
    if "raw" not in manifest:
        raise WarehouseError(
            f"Version {manifest['version']} does not say how its raw rows are declared, so no earlier day can be "
            "computed. Run 'heng build'."
        )
    return [RawTable.read(name, told) for name, told in manifest["raw"].items()]


def declared(tables: Iterable[RawTable]) -> list[RawTable]:
    """The declarations with their words, owner and schedule, which the manifest leaves out and the version has."""
    told = {row["feed"]: row for row in snapshot().constant("select * from meta.feed")}
    names = ("owner", "title_zh", "title_en", "expected_every_days")
    return [replace(table, **{name: told[table.name][name] for name in names}) for table in tables]


def manifest_known_on(day: date) -> dict[str, Any]:
    """What the night of ``day`` says of itself, told by the ledger alone: nothing is computed.

    Raises ``WarehouseError`` before the first night.
    """
    with Ledger(home()) as ledger, ledger.one_moment():
        night, _, after = _closed_by(ledger.nights(), day)
        return _manifest(ledger, night, after, raw_tables())


def _manifest(ledger: Ledger, night: date, after_receipt: int, tables: Iterable[RawTable]) -> dict[str, Any]:
    events = [table.name for table in tables if table.kind == "event"]
    until = ledger.last_day(events, night, after_receipt)
    return {
        "data_until": until and until.isoformat(),
        "business_date": night.isoformat(),
        "known_on": night.isoformat(),
    }


def _closed_by(closed: Sequence[Mapping[str, Any]], day: date) -> tuple[date, int, int]:
    """Of the last night that is closed by ``day`` the business date, its place among all, and its last receipt."""
    dates: list[date] = []
    for night in closed:
        own = date.fromisoformat(night["business_date"])
        dates.append(max(own, dates[-1]) if dates else own)
    if not dates:
        raise WarehouseError("No night is closed yet, so no day knows anything. Run 'heng nightly'.")
    if day < dates[0]:
        raise WarehouseError(
            f"Nothing was published by {day}: the first night is that of {dates[0]}. Ask for a day from then on."
        )
    number = max(number for number, date_of in enumerate(dates) if date_of <= day)
    return dates[number], number, closed[number]["after_receipt"]


def moment(day: date) -> Moment:
    """What the last version of a business date up to ``day`` was built from.

    An older night that is closed after a newer one makes no version older: its deliveries are known from the newer
    night's day on. Deliveries that came again count from their first receipt. Raises ``WarehouseError`` before the
    first night.
    """
    with Ledger(home()) as ledger, ledger.one_moment():
        closed = ledger.nights()
        night, number, after = _closed_by(closed, day)
        known = frozenset(ledger.received_by(after))
        book = Book(
            [row for row in ledger.deliveries() if row["delivery_id"] in known],
            [row for row in ledger.receipts() if row["receipt_no"] <= after],
            closed[: number + 1],
            [row for row in ledger.reasons() if row["delivery_id"] in known],
        )
        segments = tuple(segment for segment in ledger.segments() if not known.isdisjoint(segment.deliveries))
    return Moment(night, number == len(closed) - 1, after, known, segments, book)


@contextlib.contextmanager
def known_on(
    day: date,
    tables: Iterable[str],
    first: date | None = None,
    last: date | None = None,
    *,
    rules: sql.SeedRows | None = None,
    passage_days: Collection[date] | None = None,
    memory: str = MEMORY,
    threads: int = THREADS,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[Known]:
    """``tables`` as they were published after the night of ``day``, to be read within the ``with`` block.

    ``tables``: tables of a snapshot (core, mart, staging, seeds; of meta those of ``_META``, ``meta.night_report``
    without the counts of rows that count) and models of events behind them that need no days before. ``first``,
    ``last``: of dated tables only these days, both included; tables of the head that are computed from dated ones are
    computed from all days.

    The rules are those of today's seeds, or for the seeds it names those of ``rules``; the models and declarations
    those of today, each passage judged by the law of its own day; a delivery that was stopped then and is accepted by
    now counts from its first receipt, and one that came again under an earlier date has the rank of that date from the
    beginning on. What came after a night had closed belongs to the next, also if that night was built again.

    ``passage_days``: of passages, and of what weighs in on them, only rows of these days are loaded, also for tables of
    the head: for questions about acts of these days, which look no further.

    Nothing is kept: a private database holds the tables until the block ends. Raises ``WarehouseError`` for a day
    before the first night or an unknown table.
    """
    asked = list(dict.fromkeys(tables))
    folder = temporary("known")
    try:
        known = _computed(folder, day, asked, first, last, rules, passage_days, memory, threads, batch_rows)
        try:
            yield known
        finally:
            known.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _computed(folder: Path, day: date, asked: list[str], *rest: Any) -> Known:
    """Compute; files that housekeeping merges meanwhile have another name in the ledger then, so: again."""
    told: Moment | None = None
    while True:
        before, told = told, moment(day)
        work = folder / ("again" if before else "first")
        work.mkdir()
        try:
            return _Computation(work, day, asked, told, *rest).run()
        except (BuildFailed, OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
            if before is None and moment(day).segments != told.segments:
                continue
            if isinstance(error, BuildFailed):
                raise WarehouseError(str(error)) from error
            raise WarehouseError(
                f"What was known on {day} cannot be computed: {error}. If the disk is full, free space; else ask for "
                "fewer days."
            ) from error


class _Computation:
    def __init__(
        self,
        work: Path,
        day: date,
        asked: list[str],
        told: Moment,
        first: date | None,
        last: date | None,
        rules: sql.SeedRows | None,
        passage_days: Collection[date] | None,
        memory: str,
        threads: int,
        batch_rows: int,
    ) -> None:
        self.work, self.day, self.asked, self.moment = work, day, asked, told
        self.first, self.last = first or date.min, last or date.max
        self.rules = rules
        self.passage_days = passage_days
        self.memory, self.threads, self.batch_rows = memory, threads, batch_rows
        self.raw_tables = raw_tables()
        self._plan()

    def _plan(self) -> None:
        """Which models run once (``of_head``) and which day by day (``of_days``), and what each needs."""
        if self.last < self.first:
            raise WarehouseError(f"The period ends before it begins: {self.first} to {self.last}.")
        models = sql.model_paths()
        for name in self.asked:
            if name not in models and name not in sql.seed_columns() and name not in _META:
                raise WarehouseError(
                    f"{name!r} is no table that can be computed as of a day. docs/tables.md lists core, mart, staging "
                    f"and seeds; of meta there are {', '.join(_META)}."
                )
        head = set(head_models(self.raw_tables))
        order = sql.in_order(name for name in self.asked if name in models)
        self.of_head = [name for name in order if name in head]
        self.of_days = [name for name in order if name not in head]
        self.reads = {read for name in order for read in sql.render(name).reads}
        kinds = {table.name: table.kind for table in self.raw_tables}
        everything = "raw.arrived" in self.reads
        self.loaded_tables = [t for t in self.raw_tables if everything or f"raw.{t.name}" in self.reads]
        self.events = {name for name, kind in kinds.items() if kind == "event"}
        # What is kept of the days: what was asked for, and what the head's models read.
        self.kept = [
            name
            for name in self.of_days
            if name in self.asked or any(name in sql.render(other).reads for other in self.of_head)
        ]
        self.all_days = any(name in self.kept for other in self.of_head for name in sql.render(other).reads)
        for name in self.kept:
            if name not in DATED and any(table.context_days for table in self._behind(name)):
                raise WarehouseError(
                    f"{name} reads days before its own and is in no snapshot. Ask for a table that is: "
                    f"{', '.join(sorted(DATED))}."
                )

    def _behind(self, name: str) -> list[RawTable]:
        """Event feeds that a model is computed from."""
        reads = self._reads(name)
        return [
            t for t in self.raw_tables if t.kind == "event" and (f"raw.{t.name}" in reads or "raw.arrived" in reads)
        ]

    @staticmethod
    def _reads(name: str) -> set[str]:
        """Everything a model reads, by itself or by what it reads."""
        return {read for each in sql.in_order([name]) for read in sql.render(each).reads}

    def run(self) -> Known:
        answer = self.work / "answer.duckdb"
        self.connection = sql.private_database(
            self.work / "work.duckdb", self.work / "spill", self.threads, self.memory
        )
        try:
            self.connection.execute(f"attach '{answer}' as answer")
            for schema in (*sql.LAYERS, "seeds", "meta"):
                self.connection.execute(f"create schema if not exists {schema}; create schema answer.{schema}")
            known = [{"delivery_id": one} for one in sorted(self.moment.deliveries)]
            create_filled(self.connection, "known_delivery", {"delivery_id": "varchar"}, known)
            self._registers()
            of_events = [segment for segment in self.moment.segments if segment.feed in self.events]
            self._days(of_events)
            self._head()
            self._meta()
            self.connection.execute("detach answer")
        finally:
            self.connection.close()
        (self.work / "work.duckdb").unlink(missing_ok=True)
        with Ledger(home()) as ledger:
            told = _manifest(ledger, self.moment.night, self.moment.after_receipt, self.raw_tables)
        return Known(answer, self.day, self.moment, told)

    # --- loading -----------------------------------------------------------------------------
    def _known(self, segments: Sequence[Segment]) -> str | None:
        """SQL: the rows in ``segments`` that had come by then."""
        relation = rows_of(segments)
        if relation and any(not self.moment.deliveries.issuperset(segment.deliveries) for segment in segments):
            return f"(select * from {relation} where delivery_id in (select delivery_id from known_delivery))"
        return relation

    def _registers(self) -> None:
        for table in self.loaded_tables:
            if table.kind != "event":
                found = [segment for segment in self.moment.segments if segment.feed == table.name]
                sql.create_raw(self.connection, table, self._known(found))
        names = [name for name in sql.seed_columns() if name in self.reads or name in self.asked]
        sql.load_seeds(self.connection, names, self.rules)
        for name in self.asked:
            if name in sql.seed_columns():
                self.connection.execute(f"create table answer.{name} as from {name}")
        self._run(name for name in self.of_head if not self._reads_days(name))

    def _reads_days(self, name: str) -> bool:
        """Whether a model of the head is computed from dated tables, by itself or by what it reads."""
        return any(each in self.of_days for each in sql.in_order([name]))

    def _run(self, names: Iterable[str]) -> None:
        for name in names:
            self.connection.execute(f"create or replace table {name} as {sql.render(name).sql}")

    # --- days --------------------------------------------------------------------------------
    def _days(self, of_events: Sequence[Segment]) -> None:
        if not self.of_days:
            return
        of_day: dict[date, list[Segment]] = defaultdict(list)
        feeds = {table.name for table in self.loaded_tables}
        narrowed = {table.name for table in self._behind("core.passage")}
        for segment in of_events:
            is_wanted = (
                self.passage_days is None or segment.feed not in narrowed or segment.event_date in self.passage_days
            )
            if segment.feed in feeds and is_wanted:
                of_day[segment.event_date].append(segment)
        # All feeds say which days there are, also those that are not read here.
        days = candidate_days(of_events, self.moment.night)
        if not self.all_days:
            days = [day for day in days if self.first <= day <= self.last]
        for number, load in enumerate(self._loads(days, of_day)):
            self._load(load, loaded(load, of_day, self.loaded_tables))
            self._run(self.of_days)
            for name in self.kept:
                self._keep(name, is_first=number == 0)
            for name in self.of_days:
                self.connection.execute(f"drop table {name}")
        for name in self.kept:
            self.connection.execute(f"create view {name} as from answer.{name}")

    def _loads(self, days: Sequence[date], of_day: Mapping[date, Sequence[Segment]]) -> list[list[date]]:
        """The days in goes of about ``batch_rows`` rows; one go without a day where there is none."""
        loads: list[list[date]] = [[]]
        rows = 0
        for day in days:
            of_this = sum(segment.row_count for segment in loaded([day], of_day, self.loaded_tables))
            if loads[-1] and rows + of_this > self.batch_rows:
                loads.append([])
                rows = 0
            loads[-1].append(day)
            rows += of_this
        return loads

    def _load(self, days: Sequence[date], segments: Sequence[Segment]) -> None:
        for table in self.loaded_tables:
            if table.kind == "event":
                self.connection.execute(f"drop table if exists raw.{table.name}")
                found = [segment for segment in segments if segment.feed == table.name]
                sql.create_raw(self.connection, table, self._known(found))
        self.connection.execute("drop table if exists raw.build_day")
        closed = [{"event_date": day, "is_closed": day <= self.moment.night} for day in days]
        create_filled(self.connection, "raw.build_day", {"event_date": "date", "is_closed": "boolean"}, closed)
        sql.complete_raw(self.connection, self.loaded_tables)

    def _keep(self, name: str, is_first: bool) -> None:
        where = ""
        if not is_first and not self._behind(name) and not self._reads(name) & {"raw.build_day"}:
            return  # of registers alone: every go gives the same
        if name in DATED:
            where = f" where {DATED[name].day} in (select event_date from raw.build_day)"  # not of days before
            if name in ALSO_IN_HEAD:
                where += f" and feed in ({', '.join(f'{chr(39)}{feed}{chr(39)}' for feed in sorted(self.events))})"
        how = f"create table answer.{name} as" if is_first else f"insert into answer.{name}"
        self.connection.execute(f"{how} select * from {name}{where}")

    # --- head --------------------------------------------------------------------------------
    def _head(self) -> None:
        self._run(name for name in self.of_head if self._reads_days(name))
        for name in self.asked:
            if name in self.of_head:
                self.connection.execute(f"create table answer.{name} as from {name}")
        if "mart.row_fate" in self.asked:  # rows of registers and lists belong to the head
            undated = [table for table in self.raw_tables if table.kind != "event"]
            sql.show_arrived(self.connection, "arrived", undated)
            self.connection.execute(f"insert into answer.mart.row_fate {sql.render('mart.row_fate').sql}")
        for name in self.kept:
            if name not in self.asked:
                self.connection.execute(f"drop table answer.{name}")
            elif self.all_days and name in DATED:
                day = DATED[name].day
                self.connection.execute(
                    f"delete from answer.{name} where {day} not between ? and ?", [self.first, self.last]
                )

    def _meta(self) -> None:
        """What the ledger tells; which rows of a delivery count is not computed, so the reports do not tell it."""
        book = self.moment.book
        uncounted = dict.fromkeys(row["delivery_id"] for row in book.deliveries)
        rows = {
            "meta.delivery": lambda: delivery_rows(book, nights(self.raw_tables, book, {})),
            "meta.delivery_reason": lambda: book.reasons,
            "meta.feed": lambda: feed_rows(declared(self.raw_tables)),
            "meta.night_report": lambda: night_rows(nights(declared(self.raw_tables), book, uncounted)),
        }
        for name in self.asked:
            if name in rows:
                create_filled(self.connection, f"answer.{name}", META[name], rows[name]())
