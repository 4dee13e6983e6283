"""Landing: one archived delivery becomes immutable Parquet and one ledger commit.

Files are written under their own digest and count only once the ledger names them; the commit is
one short transaction, so two deliveries can land at the same time and a killed landing is simply
run again. A landed delivery is never landed twice: the ledger is asked first.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from etl.contract import Feed
from etl.deliveries import archive_path, now
from etl.errors import DeliveryStopped, HengError
from etl.feeds import feed as declared
from etl.parse import THREADS, Parsed, connect, parse, quote
from warehouse.digest import file_digest
from warehouse.failpoint import failpoint
from warehouse.home import home, settle
from warehouse.ledger import Ledger, Segment


@dataclass(frozen=True)
class LandingResult:
    """What became of a delivery. ``delivered = accepted + quarantined``."""

    delivery_id: str
    feed: str
    name: str
    state: str
    delivered: int = 0
    accepted: int = 0
    quarantined: int = 0
    flagged: int = 0
    reason: str = ""
    days: tuple[date, ...] = ()
    reasons: dict[str, dict[str, int]] = field(default_factory=dict)
    """Rows by reason code, under ``quarantine``, ``flag`` and ``warning``."""
    capture: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Frames and bytes of a capture: decoded, other (counted and not read) and quarantined."""


def land(delivery_id: str, again: bool = False) -> LandingResult:
    """Land one delivery. A no-op if it is landed; ``again`` lands it anew under today's declaration.

    Raises ``DeliveryStopped`` (recorded in the ledger first) if the delivery is refused as a whole, and
    ``ArchiveDamaged`` if it would be landed anew from other bytes than were delivered.
    """
    with Ledger(home()) as ledger:
        delivery = ledger.delivery(delivery_id)
    if delivery is None:
        raise HengError(f"No delivery {delivery_id[:12]} in the ledger. 'heng status' lists what there is.")
    feed = declared(delivery["feed"])
    if delivery["state"] == "landed" and not again:
        return result_of(delivery_id)
    if delivery["state"] == "stopped" and not again:
        raise DeliveryStopped(delivery["reason"], delivery["message"])
    if again and not is_intact(delivery_id):
        raise ArchiveDamaged(delivery)
    work_root = home() / "work"
    work_root.mkdir(parents=True, exist_ok=True, mode=0o700)
    work = Path(tempfile.mkdtemp(prefix=f"land-{os.getpid()}-", dir=work_root))
    try:
        try:
            _refuse_other_digest(feed, delivery)
            parsed = parse(
                feed,
                archive_path(delivery_id),
                delivery["name"],
                delivery_id,
                delivery["issued_at"],
                delivery["received_at"],
                work,
            )
        except DeliveryStopped as refusal:
            if stop(delivery, feed, refusal):
                raise
            changed = True
        else:
            try:
                failpoint("land.parsed")
                changed = not _commit(parsed, feed, work, delivery)
            finally:
                parsed.close()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if changed:  # the same bytes came again meanwhile, under another date or feed
        return land(delivery_id)
    return result_of(delivery_id)


def result_of(delivery_id: str) -> LandingResult:
    """The ledger's account of a delivery."""
    with Ledger(home()) as ledger:
        delivery = ledger.delivery(delivery_id)
        assert delivery is not None
        reasons: dict[str, dict[str, int]] = {"quarantine": {}, "flag": {}, "warning": {}}
        for row in ledger.reasons(delivery_id):
            reasons[row["outcome"]][row["reason"]] = row["row_count"]
        days = ledger.days_of(delivery_id)
        capture = ledger.capture(delivery_id)
    return LandingResult(
        delivery_id,
        delivery["feed"],
        delivery["name"],
        delivery["state"],
        delivery["delivered_rows"] or 0,
        delivery["accepted_rows"] or 0,
        delivery["quarantined_rows"] or 0,
        delivery["flagged_rows"] or 0,
        delivery["reason"] or "",
        tuple(days),
        reasons,
        capture,
    )


class ArchiveDamaged(HengError):
    """The archived bytes of a delivery are not those that were delivered. Nothing was changed."""

    def __init__(self, delivery: dict[str, Any]) -> None:
        super().__init__(
            f"{delivery['feed']}: the archived bytes of {delivery['name']} "
            f"({archive_path(delivery['delivery_id']).relative_to(home())}) are missing or damaged. Bring them back "
            "from a backup, or have the file sent again; then run 'heng restore'."
        )


def is_intact(delivery_id: str) -> bool:
    """Whether the archive still has the delivered bytes: a file is named by its SHA-256."""
    path = archive_path(delivery_id)
    return path.is_file() and file_digest(path) == delivery_id


def _refuse_other_digest(feed: Feed, delivery: dict[str, Any]) -> None:
    if delivery["told_sha256"]:
        raise DeliveryStopped(
            "D-DIGEST",
            f"{feed.name}: {delivery['name']} has the SHA-256 {delivery['delivery_id'][:12]}…, its sender told "
            f"{delivery['told_sha256'][:12]}…. Ask for the file and its digest again; if these bytes are the right "
            "ones, deliver them without the digest.",
        )


def stop(read: dict[str, Any], feed: Feed, why: DeliveryStopped) -> bool:
    """Record that a delivery is refused as a whole; what an earlier landing accepted of it is taken back.

    False, and nothing is changed, if the delivery is no longer the one that was ``read``: sent again meanwhile, it is
    tried as what it is called now.
    """
    delivery_id = read["delivery_id"]
    while True:
        forgetting = _prepare_to_forget(delivery_id)
        with Ledger(home()) as ledger, ledger.transaction() as connection:
            if not _is_as_read(ledger, read):
                return False
            if not _forget(ledger, connection, delivery_id, forgetting):
                continue
            connection.execute(
                "update delivery set state = 'stopped', reason = ?, message = ?, contract = ?, landed_at = ?,"
                " delivered_rows = null, accepted_rows = null, quarantined_rows = null, flagged_rows = null,"
                " first_event_date = null, last_event_date = null, quarantine_path = null where delivery_id = ?",
                (why.reason, why.message, feed.digest, str(now()), delivery_id),
            )
            return True


_Rest = tuple[Segment, int, dict[str, int]]
"""A file that keeps the other deliveries' rows of a compacted day, as ``write_segment`` returns it."""


def _prepare_to_forget(delivery_id: str) -> list[tuple[Segment, _Rest | None]]:
    """Files with rows of a delivery, and what replaces each: nothing where no other delivery has rows in it, or
    where the file is lost. Written before the ledger is locked; unnamed files are swept if they are not needed."""
    with Ledger(home()) as ledger:
        segments = ledger.segments(delivery_id=delivery_id)
    prepared: list[tuple[Segment, _Rest | None]] = []
    for segment in segments:
        rest = None
        if len(segment.deliveries) > 1:
            with contextlib.suppress(SegmentDamaged):
                rest = write_segment([segment], without=delivery_id)
        prepared.append((segment, rest))
    return prepared


def _forget(ledger: Ledger, connection: Any, delivery_id: str, prepared: list[tuple[Segment, _Rest | None]]) -> bool:
    """Take back what an earlier landing accepted of this delivery; a compacted day keeps its other rows.

    If such a day's file is lost or damaged, its other deliveries have to land again too. False, and nothing is
    changed, if the ledger names other files by now than were ``prepared``.
    """
    if ledger.segments(delivery_id=delivery_id) != [segment for segment, _ in prepared]:
        return False
    for segment, rest in prepared:
        connection.execute("delete from segment where path = ?", (segment.path,))
        if rest:
            ledger.add_segment(connection, *rest)
        else:
            connection.executemany(
                "update delivery set state = 'archived' where delivery_id = ?",
                [(other,) for other in segment.deliveries if other != delivery_id],
            )
    for table in ("reason", "capture"):
        connection.execute(f"delete from {table} where delivery_id = ?", (delivery_id,))
    return True


def _settled(temporary: Path, folder: str, stem: str) -> tuple[str, str, int]:
    """Name a finished Parquet file by its digest; return its path under the home, digest and size."""
    sha256 = file_digest(temporary)
    size = temporary.stat().st_size
    relative = f"{folder}/{stem}-{sha256[:16]}.parquet"
    settle(temporary, home() / relative)
    return relative, sha256, size


# Delta encodings and small dictionaries are written and read a fifth faster than the engine's defaults, in less room.
PARQUET = "format parquet, compression zstd, compression_level 1, parquet_version 'V2', dictionary_size_limit 2000"
# The two halves of md5_number_lower and md5_number_upper, from one hash.
CONTENT_SUM = """
    printf('%016x', (sum((md5_number(hashed) >> 64)::ubigint) % 18446744073709551616)::ubigint)
    || printf('%016x', (sum((md5_number(hashed) & 18446744073709551615::uhugeint)::ubigint)
        % 18446744073709551616)::ubigint)
"""
# The version's rank ends with the delivery.
HASHED = "concat_ws('|', record_id, row_digest, version_rank, source_line, flags)"


def write_day(
    connection: duckdb.DuckDBPyConnection, rows: str, feed_name: str, day: date, stem: str, work: Path, order: str = ""
) -> tuple[Segment, int, dict[str, int]]:
    """Write one day's accepted ``rows`` (a query) as Parquet in the ``order`` of the file (none: as they come); return
    its segment, size and rows by delivery."""
    temporary = work / "day.parquet"
    # Two threads that have to keep the order hold back half of the rows; one costs less time and 200 MiB less.
    connection.execute("set threads = 1")
    connection.execute(f"copy ({rows} {order}) to {quote(str(temporary))} ({PARQUET})")
    connection.execute(f"set threads = {THREADS}")
    found = connection.execute(
        f"select delivery_id, count(*), {CONTENT_SUM} from (select delivery_id, {HASHED} as hashed from ({rows}))"
        " group by 1 order by 1"
    ).fetchall()
    rows_of = {delivery_id: count for delivery_id, count, _ in found}
    path, sha256, size = _settled(temporary, f"raw/{feed_name}/{day}", stem)
    content_sum = _added(part for _, _, part in found)
    segment = Segment(feed_name, day, path, sha256, sum(rows_of.values()), content_sum, tuple(rows_of))
    return segment, size, rows_of


class SegmentDamaged(HengError):
    """An accepted file is not the one the ledger names."""


def sum_of(segments: list[Segment]) -> tuple[int, str]:
    """Rows and content sum that files of one day have together."""
    return sum(segment.row_count for segment in segments), _added(segment.content_sum for segment in segments)


def _added(content_sums: Iterable[str]) -> str:
    """Content sums of parts as that of the whole: two halves of 16 digits, each modulo 2^64."""
    parts = list(content_sums)
    first = sum(int(one[:16], 16) for one in parts) % (1 << 64)
    second = sum(int(one[16:], 16) for one in parts) % (1 << 64)
    return f"{first:016x}{second:016x}"


def write_segment(segments: list[Segment], without: str = "") -> tuple[Segment, int, dict[str, int]]:
    """Merge files of one feed and day into a new one (compaction), leaving out one delivery's rows (replay)."""
    for segment in segments:
        path = home() / segment.path
        if not path.is_file() or file_digest(path) != segment.sha256:
            raise SegmentDamaged(
                f"{segment.feed}: {segment.path} is missing or changed. Land its deliveries again: "
                f"heng quarantine replay {segment.deliveries[0][:12]}"
            )
    work_root = home() / "work"
    work_root.mkdir(parents=True, exist_ok=True, mode=0o700)
    work = Path(tempfile.mkdtemp(prefix=f"merge-{os.getpid()}-", dir=work_root))
    try:
        connection = connect(work)
        files = ", ".join(quote(str(home() / segment.path)) for segment in segments)
        rows = f"select * from read_parquet([{files}], union_by_name = true) where delivery_id <> {quote(without)}"
        stem = hashlib.sha256("|".join(sorted(segment.path for segment in segments)).encode()).hexdigest()[:16]
        written = write_day(
            connection, rows, segments[0].feed, segments[0].event_date, stem, work, "order by delivery_id, source_line"
        )
        connection.close()
        return written
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _commit(parsed: Parsed, feed: Feed, work: Path, read: dict[str, Any]) -> bool:
    """Write what was parsed and name it in the ledger; False if the delivery is not the one that was ``read``."""
    connection, delivery_id = parsed.connection, parsed.delivery_id
    names = ", ".join([*feed.raw_table.all_columns()])
    # Sorting costs a fifth of the writing; most deliveries are sorted as they come.
    order = "" if parsed.in_order and not feed.series else "order by source_line"
    written = []
    days = connection.execute("select event_date, count(*) from landed group by 1 order by 1").fetchall()
    for day, _ in days:
        rows = (
            f"select {names} from (select *, {quote(delivery_id)} as delivery_id from landed)"
            f" where event_date = date '{day}'"
        )
        written.append(write_day(connection, rows, feed.name, day, delivery_id[:16], work, order))
        failpoint("land.day_written")
    quarantine_path = None
    if parsed.quarantined:
        temporary = work / "quarantine.parquet"
        connection.execute(
            f"copy (select {quote(delivery_id)} as delivery_id, * from refused order by source_line)"
            f" to {quote(str(temporary))} (format parquet, compression zstd)"
        )
        quarantine_path, _, _ = _settled(temporary, f"quarantine/{feed.name}", delivery_id[:16])
        failpoint("land.quarantine_written")
    parsed.close()
    failpoint("land.before_commit")
    while not _name(parsed, feed, read, written, days, quarantine_path):
        with Ledger(home()) as ledger:
            if not _is_as_read(ledger, read):
                return False
    failpoint("land.committed")
    return True


def _is_as_read(ledger: Ledger, read: dict[str, Any]) -> bool:
    """Whether the ledger still says of a delivery what its landing began with."""
    found = ledger.delivery(read["delivery_id"])
    return found is not None and all(found[key] == read[key] for key in ("feed", "name", "issued_at", "told_sha256"))


def _name(
    parsed: Parsed,
    feed: Feed,
    read: dict[str, Any],
    written: list[tuple[Segment, int, dict[str, int]]],
    days: list[tuple[date, int]],
    quarantine_path: str | None,
) -> bool:
    """The commit: name the written files. False, and nothing is changed, if the ledger says something else now."""
    delivery_id = parsed.delivery_id
    forgetting = _prepare_to_forget(delivery_id)
    with Ledger(home()) as ledger, ledger.transaction() as db:
        if not _is_as_read(ledger, read) or not _forget(ledger, db, delivery_id, forgetting):
            return False
        last_night = ledger.last_night_before(delivery_id)
        late = bool(last_night and feed.kind == "event" and feed.schedule and days and days[0][0] < last_night)
        for segment, size, rows_of in written:
            ledger.add_segment(db, segment, size, rows_of)
        db.executemany(
            "insert into reason values (?, ?, ?, ?)",
            [(delivery_id, "quarantine", reason, count) for reason, count in sorted(parsed.quarantined.items())]
            + [(delivery_id, "flag", reason, count) for reason, count in sorted(parsed.flagged.items())]
            + [(delivery_id, "warning", reason, count) for reason, count in sorted(parsed.warned.items())],
        )
        db.executemany(
            "insert into capture values (?, ?, ?, ?)",
            [(delivery_id, outcome, *counts) for outcome, counts in sorted(parsed.capture.items())],
        )
        db.execute(
            "update delivery set state = 'landed', reason = ?, message = null, contract = ?, landed_at = ?,"
            " delivered_rows = ?, accepted_rows = ?, quarantined_rows = ?, flagged_rows = ?,"
            " first_event_date = ?, last_event_date = ?, quarantine_path = ? where delivery_id = ?",
            (
                parsed.warning or ("D-LATE" if late else None),
                feed.digest,
                str(now()),
                parsed.delivered,
                parsed.accepted,
                sum(parsed.quarantined.values()),
                parsed.flagged_rows,
                str(days[0][0]) if days else None,
                str(days[-1][0]) if days else None,
                quarantine_path,
                delivery_id,
            ),
        )
    return True
