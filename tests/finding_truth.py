"""What was planted in the tracked vehicles, and what the platform found of it: planted, found, precision, recall.

A stretch counts as found when a finding of the same vehicle and kind overlaps it, give or take ``SLACK``. What is
planted near a threshold may be found or missed: it is neither a miss nor a false alarm.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet as pq

SLACK = timedelta(minutes=1)
Read = Callable[[str], list[tuple[Any, ...]]]
"""Rows of a query on what was built."""


class Span(NamedTuple):
    """``subject``: a plate, or an enterprise. ``is_certain``: it must be found."""

    subject: str
    began_at: datetime
    ended_at: datetime
    is_certain: bool = True
    cause: str = ""

    def meets(self, other: "Span") -> bool:
        is_near = self.began_at <= other.ended_at + SLACK and other.began_at <= self.ended_at + SLACK
        return self.subject == other.subject and is_near

    def __str__(self) -> str:
        return f"{self.subject} {self.began_at:%m-%d %H:%M}" + (f" ({self.cause})" if self.cause else "")


@dataclass(frozen=True)
class Compared:
    """A kind of finding. ``wanted``: what is planted and certain."""

    kind: str
    planted: list[Span]
    found: list[Span]

    @property
    def wanted(self) -> list[Span]:
        return [each for each in self.planted if each.is_certain]

    @property
    def missed(self) -> list[Span]:
        return [each for each in self.wanted if not any(each.meets(other) for other in self.found)]

    @property
    def false(self) -> list[Span]:
        return [each for each in self.found if not any(each.meets(other) for other in self.planted)]

    @property
    def recall(self) -> float | None:
        return 1 - len(self.missed) / len(self.wanted) if self.wanted else None

    @property
    def precision(self) -> float | None:
        return 1 - len(self.false) / len(self.found) if self.found else None


class Truth:
    """Tables of a prefecture's ``truth`` folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, name: str) -> list[dict[str, Any]]:
        return pq.read_table(self.folder / f"{name}.parquet").to_pylist()

    def stretches(self, *kinds: str) -> list[dict[str, Any]]:
        return [row for row in self.rows("track_stretch") if row["kind"] in kinds]


def spans(rows: list[dict[str, Any]]) -> list[Span]:
    """One for each stretch of the truth."""
    return [
        Span(
            row["plate_no"],
            row["from_at"],
            row["to_at"],
            row.get("is_certain", True),
            row.get("cause", row.get("kind", "")),
        )
        for row in rows
    ]


def days(rows: list[Span]) -> list[Span]:
    """The vehicle's day of each, once: for what is counted by the day."""
    found: dict[tuple[str, date], Span] = {}
    for row in sorted(rows, key=lambda each: not each.is_certain):
        day = row.began_at.date()
        found.setdefault((row.subject, day), whole_day(row.subject, day, row.is_certain, row.cause))
    return list(found.values())


def whole_day(plate: str, day: date, is_certain: bool = True, cause: str = "") -> Span:
    noon = datetime.combine(day, time(12))
    return Span(plate, noon, noon, is_certain, cause)


def compared(truth: Truth, read: Read, tables: set[str]) -> Iterator[Compared]:
    """Every kind that is built: ``tables`` are those that can be read."""
    for kind, (table, query, planted) in _KINDS.items():
        if table in tables:
            yield Compared(kind, planted(truth), [Span(*row) for row in read(query)])
    if "mart.terminal_finding" in tables:
        rows = truth.rows("cross_finding")
        query = (
            "select plate_no, coalesce(passed_at, began_at), coalesce(passed_at, ended_at) from mart.terminal_finding"
        )
        for kind in sorted({row["finding_kind"] for row in rows}):
            planted_here = spans([row for row in rows if row["finding_kind"] == kind])
            yield Compared(kind, planted_here, [Span(*row) for row in read(f"{query} where finding_kind = '{kind}'")])


# --- kinds with tables of their own --------------------------------------------------------------
def _gaps(truth: Truth) -> list[Span]:
    """Silences in which the vehicle went on: never sent, or not in time for the last night."""
    told = truth.stretches("lost", "silent_move", "switched_off")
    late = [row | {"is_certain": False} for row in truth.stretches("backfill")]
    clocks = [row | {"is_certain": False} for row in truth.rows("clock_error")]
    return spans([*told, *late, *clocks])


def _drift(truth: Truth) -> list[Span]:
    """Days with jumps and back. Where a track goes on elsewhere, the first point there may be taken for one."""
    told = spans(truth.stretches("drift", "abroad"))
    elsewhere = spans([row | {"is_certain": False} for row in truth.stretches("copied", "borrowed", "stuck")])
    phones = {row["terminal_phone"]: row["plate_no"] for row in truth.rows("cloned_terminal")}
    drove = {row["from_at"].date() for row in truth.stretches("copied")}
    return days([*told, *elsewhere, *(whole_day(plate, day, False) for plate in phones.values() for day in drove)])


def _overspeed(truth: Truth) -> list[Span]:
    """A single point is no event: how long it lasted is not known."""
    return spans([row for row in truth.stretches("overspeed") if row["points"] > 1])


def _dawn(truth: Truth) -> list[Span]:
    return days(spans(truth.stretches("night_drive")))


def _bursts(truth: Truth) -> list[Span]:
    return [Span(row["uscc"], row["from_at"], row["to_at"]) for row in truth.rows("alarm_burst")]


def _day_query(condition: str) -> str:
    at = "event_date + interval 12 hour"
    return f"select plate_no, {at}, {at} from mart.vehicle_day where plate_no is not null and {condition}"


_KINDS: Mapping[str, tuple[str, str, Callable[[Truth], list[Span]]]] = {
    "gap, 5 km away": (
        "core.offline_displacement",
        "select plate_no, silent_from, silent_to from core.offline_displacement", _gaps,
    ),
    "gap, by day": ("mart.vehicle_day", _day_query("complete_m < total_m"), lambda truth: days(_gaps(truth))),
    "drift, by day": ("mart.vehicle_day", _day_query("has_drift"), _drift),
    "overspeed": (
        "core.overspeed_event",
        "select plate_no, overspeed_began_at, overspeed_ended_at from core.overspeed_event where is_new", _overspeed,
    ),
    "fatigue": (
        "core.driving_span",
        "select plate_no, driving_began_at, driving_ended_at from core.driving_span where fatigue_certain_s > 0",
        lambda truth: spans(truth.stretches("long_drive")),
    ),
    "dawn driving, by day": ("mart.vehicle_day", _day_query("is_dawn_driving"), _dawn),
    "bulk closing": (
        "mart.alarm_burst", "select uscc, burst_began_at, burst_ended_at from mart.alarm_burst", _bursts,
    ),
}  # fmt: skip
"""Kind of finding: the table it needs, what was found (subject, from, to), and what was planted."""


def tables_of(connection: duckdb.DuckDBPyConnection) -> set[str]:
    query = "select schema_name || '.' || table_name from duckdb_tables() where not internal"
    return {name for (name,) in connection.execute(query).fetchall()}
