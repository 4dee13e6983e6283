"""Landing: one archived delivery becomes immutable Parquet and one ledger commit.

Files are written under their own digest and count only once the ledger names them; the commit is
one short transaction, so two deliveries can land at the same time and a killed landing is simply
run again. A landed delivery is never landed twice: the ledger is asked first.
"""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from etl.contract import Feed
from etl.deliveries import archive_path, now
from etl.errors import DeliveryStopped, HengError
from etl.feeds import feed as declared
from etl.parse import Parsed, connect, parse, quote
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
    """Rows by reason code, under ``quarantine`` and ``flag``."""


def land(delivery_id: str, again: bool = False) -> LandingResult:
    """Land one delivery. A no-op if it is landed; ``again`` lands it anew under today's declaration.

    Raises ``DeliveryStopped`` (recorded in the ledger first) if the delivery is refused as a whole.
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
    work_root = home() / "work"
    work_root.mkdir(parents=True, exist_ok=True, mode=0o700)
    work = Path(tempfile.mkdtemp(prefix=f"land-{os.getpid()}-", dir=work_root))
    try:
        try:
            parsed = parse(
                feed,
                archive_path(delivery_id),
                delivery["name"],
                delivery_id,
                delivery["issued_at"],
                delivery["received_at"],
                work,
            )
        except DeliveryStopped as stop:
            _stop(delivery_id, feed, stop)
            raise
        except (duckdb.OutOfRangeException, duckdb.ConversionException, duckdb.InvalidInputException) as error:
            # The engine's words can quote values of a row, so only their kind is told.
            refused = DeliveryStopped(
                "D-ENGINE",
                f"{feed.name}: {delivery['name']} could not be typed ({type(error).__name__}). Run 'heng feeds check "
                f"{feed.name} <file>' and report it; no other delivery waits for this one.",
            )
            _stop(delivery_id, feed, refused)
            raise refused from None
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
        reasons: dict[str, dict[str, int]] = {"quarantine": {}, "flag": {}}
        for row in ledger.reasons():
            if row["delivery_id"] == delivery_id:
                reasons[row["outcome"]][row["reason"]] = row["row_count"]
        days = ledger.days_of(delivery_id)
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
    )


def _stop(delivery_id: str, feed: Feed, stop: DeliveryStopped) -> None:
    with Ledger(home()) as ledger, ledger.transaction() as connection:
        _forget(ledger, connection, delivery_id)
        connection.execute(
            "update delivery set state = 'stopped', reason = ?, message = ?, contract = ?, landed_at = ?,"
            " delivered_rows = null, accepted_rows = null, quarantined_rows = null, flagged_rows = null,"
            " first_event_date = null, last_event_date = null, quarantine_path = null where delivery_id = ?",
            (stop.reason, stop.message, feed.digest, str(now()), delivery_id),
        )


def _forget(ledger: Ledger, connection: Any, delivery_id: str) -> None:
    """Take back what an earlier landing accepted of this delivery; a compacted day keeps its other rows.

    If such a day's file is lost or damaged, its other deliveries have to land again too.
    """
    for segment in ledger.segments():
        if delivery_id not in segment.deliveries:
            continue
        connection.execute("delete from segment where path = ?", (segment.path,))
        others = [other for other in segment.deliveries if other != delivery_id]
        if others:
            try:
                rest, size, rows_of = write_segment([segment], without=delivery_id)
                ledger.add_segment(connection, rest, size, rows_of)
            except SegmentDamaged:
                connection.executemany(
                    "update delivery set state = 'archived' where delivery_id = ?", [(other,) for other in others]
                )
    connection.execute("delete from reason where delivery_id = ?", (delivery_id,))


def _settled(temporary: Path, folder: str, stem: str) -> tuple[str, str, int]:
    """Name a finished Parquet file by its digest; return its path under the home, digest and size."""
    with temporary.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    size = temporary.stat().st_size
    relative = f"{folder}/{stem}-{sha256[:16]}.parquet"
    settle(temporary, home() / relative)
    return relative, sha256, size


CONTENT_SUM = """
    printf('%016x', (sum(md5_number_lower(hashed)) % 18446744073709551616)::ubigint)
    || printf('%016x', (sum(md5_number_upper(hashed)) % 18446744073709551616)::ubigint)
"""
HASHED = "concat_ws('|', record_id, row_digest, version_rank, delivery_id, source_line, flags)"


def write_day(
    connection: duckdb.DuckDBPyConnection, rows: str, feed_name: str, day: date, stem: str, work: Path
) -> tuple[Segment, int, dict[str, int]]:
    """Write one day's accepted ``rows`` (a query) as a Parquet file; return its segment, size and rows by delivery."""
    temporary = work / "day.parquet"
    connection.execute(
        f"copy ({rows} order by delivery_id, source_line) to {quote(str(temporary))} (format parquet, compression zstd)"
    )
    rows_of = dict(connection.execute(f"select delivery_id, count(*) from ({rows}) group by 1 order by 1").fetchall())
    content_sum = connection.execute(f"select {CONTENT_SUM} from (select {HASHED} as hashed from ({rows}))").fetchall()[
        0
    ][0]
    path, sha256, size = _settled(temporary, f"raw/{feed_name}/{day}", stem)
    segment = Segment(feed_name, day, path, sha256, sum(rows_of.values()), content_sum, tuple(rows_of))
    return segment, size, rows_of


class SegmentDamaged(HengError):
    """An accepted file is not the one the ledger names."""


def sum_of(segments: list[Segment]) -> tuple[int, str]:
    """Rows and content sum that files of one day have together."""
    lower = sum(int(segment.content_sum[:16], 16) for segment in segments) % (1 << 64)
    upper = sum(int(segment.content_sum[16:], 16) for segment in segments) % (1 << 64)
    return sum(segment.row_count for segment in segments), f"{lower:016x}{upper:016x}"


def write_segment(segments: list[Segment], without: str = "") -> tuple[Segment, int, dict[str, int]]:
    """Merge files of one feed and day into a new one (compaction), leaving out one delivery's rows (replay)."""
    for segment in segments:
        path = home() / segment.path
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != segment.sha256:
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
        written = write_day(connection, rows, segments[0].feed, segments[0].event_date, stem, work)
        connection.close()
        return written
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _commit(parsed: Parsed, feed: Feed, work: Path, read: dict[str, Any]) -> bool:
    """Write what was parsed and name it in the ledger; False if the delivery is not the one that was ``read``."""
    connection, delivery_id = parsed.connection, parsed.delivery_id
    names = ", ".join([*feed.raw_table.all_columns()])
    written = []
    days = connection.execute("select event_date, count(*) from landed group by 1 order by 1").fetchall()
    for day, _ in days:
        rows = (
            f"select {names} from (select *, {quote(delivery_id)} as delivery_id from landed)"
            f" where event_date = date '{day}'"
        )
        written.append(write_day(connection, rows, feed.name, day, delivery_id[:16], work))
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
    with Ledger(home()) as ledger:
        last_night = ledger.last_night()
        late = bool(last_night and feed.kind == "event" and feed.schedule and days and days[0][0] < last_night)
        with ledger.transaction() as db:
            found = ledger.delivery(delivery_id)
            if found is None or any(found[key] != read[key] for key in ("feed", "name", "issued_at")):
                return False
            _forget(ledger, db, delivery_id)
            for segment, size, rows_of in written:
                ledger.add_segment(db, segment, size, rows_of)
            db.executemany(
                "insert into reason values (?, ?, ?, ?)",
                [(delivery_id, "quarantine", reason, count) for reason, count in sorted(parsed.quarantined.items())]
                + [(delivery_id, "flag", reason, count) for reason, count in sorted(parsed.flagged.items())],
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
    failpoint("land.committed")
    return True
