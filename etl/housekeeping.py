"""Keeping the state small: compact old days, prune old snapshots, remove what dead runs left; a signed head of the
audit log, and whether the log is whole.

Nothing here changes a result: a compacted day has the same rows and the same content sum.
"""

import re
import shutil
import time
from collections import defaultdict
from datetime import date, timedelta

from etl.errors import HengError
from etl.land import sum_of, write_segment
from warehouse import access_key, audit_check
from warehouse.audit import SYSTEM, export_head, folder
from warehouse.failpoint import failpoint
from warehouse.home import home, is_running, sweep_temporary
from warehouse.ledger import Ledger, Segment
from warehouse.publish import prune, take_turn

COMPACT_FROM_FILES = 2
COMPACT_AFTER_DAYS = 3
KEEP_SNAPSHOTS = 7
LEAVE_SECONDS = 24 * 3600
"""Files younger than this are never swept: their landing may be about to name them."""
VERIFYING_SECONDS = 1800
"""How long a verification that somebody asked for on the page is waited for."""


def compact() -> int:
    """Merge the files of each event day that lies ``COMPACT_AFTER_DAYS`` before the last night; return how many."""
    with Ledger(home()) as ledger:
        last = ledger.last_night()
        of_day: dict[tuple[str, date], list[Segment]] = defaultdict(list)
        for segment in ledger.segments():
            of_day[segment.feed, segment.event_date].append(segment)
        done = 0
        for (feed, day), segments in of_day.items():
            if len(segments) < COMPACT_FROM_FILES or last is None or day > last - timedelta(COMPACT_AFTER_DAYS):
                continue
            paths = [segment.path for segment in segments]
            merged, size, rows_of = write_segment(segments)
            if (merged.row_count, merged.content_sum) != sum_of(segments):
                raise HengError(f"{feed}: merging {day} would change its rows; nothing was changed. Report this.")
            failpoint("compact.written")
            with ledger.transaction() as connection:
                still = connection.execute(
                    f"select count(*) from segment where path in ({', '.join('?' * len(paths))})", paths
                ).fetchone()[0]
                if still != len(paths):
                    continue  # a landing changed the day meanwhile; the next housekeeping takes it
                connection.executemany("delete from segment where path = ?", [(path,) for path in paths])
                ledger.add_segment(connection, merged, size, rows_of)
            failpoint("compact.committed")
            done += 1
    return done


def sweep(leave_seconds: float = LEAVE_SECONDS) -> int:
    """Remove files no ledger row or live process can want: unnamed Parquet and what dead processes worked in."""
    root = home()
    removed = sweep_temporary()
    for work in (root / "work").glob("*-*"):
        match = re.match(r"[a-z]+-(\d+)-", work.name)
        if match and not is_running(match[1]):
            shutil.rmtree(work, ignore_errors=True)
            removed += 1
    archive = root / "archive"
    for left, process in [
        *((path, path.name.split("-")[0]) for path in (archive / "incoming").glob("*-*")),
        *((path, path.name.split(".")[-2]) for path in archive.rglob("*.*.tmp")),  # half-written sidecars
    ]:
        if not is_running(process):
            left.unlink(missing_ok=True)
            removed += 1
    old = time.time() - leave_seconds
    with Ledger(root) as ledger:
        for path in [path for folder in ("raw", "quarantine") for path in (root / folder).rglob("*.parquet")]:
            # A landing writes its files minutes before it names them.
            if path.stat().st_mtime < old and not ledger.names(str(path.relative_to(root))):
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def run() -> dict[str, int]:
    """What the housekeeping DAG does; returns how much was pruned, compacted, removed. ``Busy`` during a build; raises
    ``HengError``, when all is done, if the audit log is not whole."""
    pruned = prune(KEEP_SNAPSHOTS)
    turn = take_turn(count=False)  # a build that has read the ledger must find the files it was told of
    try:
        done = {"pruned_snapshots": pruned, "compacted_days": compact(), "removed_files": sweep()}
    finally:
        turn.end()
    done["audit_heads"] = int(export_head() is not None)
    if folder().exists():
        if (fault := audit_check.verify_and_keep(SYSTEM, wait_seconds=VERIFYING_SECONDS).fault) is not None:
            raise HengError(f"The audit log is not whole: {fault} Keep the folder as it is; see docs/audit.md.")
    elif access_key.path_of(home()).exists():  # a log is begun with the key
        raise HengError(
            f"The audit log is gone: there is no {folder()}. Lay it back from a backup; where there never was one, "
            "`heng audit init` begins it. See docs/audit.md."
        )
    return done
