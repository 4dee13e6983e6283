"""Keeping the state small: compact old days, prune old snapshots, remove what dead runs left.

Nothing here changes a result: a compacted day has the same rows and the same content sum.
"""

import re
import shutil
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

from etl.land import write_segment
from warehouse.failpoint import failpoint
from warehouse.home import home
from warehouse.ledger import Ledger, Segment

COMPACT_FROM_FILES = 2
COMPACT_AFTER_DAYS = 3
KEEP_SNAPSHOTS = 7


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
            merged, size, rows_of = write_segment(feed, day, paths)
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


def sweep() -> int:
    """Remove files no ledger row or live process can want: unnamed Parquet and work of dead processes."""
    root = home()
    removed = 0
    for work in (root / "work").glob("*-*"):
        match = re.match(r"[a-z]+-(\d+)-", work.name)
        if match and not Path(f"/proc/{match[1]}").exists():
            shutil.rmtree(work, ignore_errors=True)
            removed += 1
    for incoming in (root / "archive" / "incoming").glob("*-*"):
        if not Path(f"/proc/{incoming.name.split('-')[0]}").exists():
            incoming.unlink(missing_ok=True)
            removed += 1
    with Ledger(root) as ledger:
        named = {segment.path for segment in ledger.segments()}
        named |= {row["quarantine_path"] for row in ledger.deliveries() if row["quarantine_path"]}
    busy = any((root / "work").glob("land-*")) or any((root / "work").glob("merge-*"))
    for folder in ("raw", "quarantine"):
        for path in (root / folder).rglob("*.parquet"):
            if not busy and str(path.relative_to(root)) not in named:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def run() -> dict[str, int]:
    """What the housekeeping DAG does; returns what was compacted, pruned and removed."""
    from warehouse.publish import prune

    compacted = compact()
    pruned = prune(KEEP_SNAPSHOTS)
    return {"compacted_days": compacted, "pruned_snapshots": pruned, "removed_files": sweep()}
