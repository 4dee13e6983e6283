"""What one more night costs when the history is 1, 10 or 100 million passages.

Each instance gets its history as accepted Parquet (one landed day, copied under other dates and record ids),
is built once, and then takes one more night: land, build, check, publish. The promise is that the
night does not grow with the history. Run: ``make bench``; HENG_BENCH_HISTORY="1000000 10000000 100000000".
"""

import os
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

HISTORY = [int(rows) for rows in os.environ.get("HENG_BENCH_HISTORY", "1000000 10000000").split()]
PER_DAY = 90_000
LAST = date(2026, 11, 19)


def fill(home: Path, rows: int) -> float:
    """Give an instance ``rows`` passages of history up to ``LAST``; seconds of its first build."""
    import duckdb
    import passages

    from etl.deliveries import take
    from etl.feeds import feed
    from etl.land import land, write_day
    from etl.nightly import build, publish
    from warehouse.ledger import Ledger

    source = home / f"wim_passage_{LAST:%Y%m%d}.csv"
    passages.write_csv(source, PER_DAY, LAST)
    land(take(feed("wim_passage"), source, source.name))
    with Ledger(home) as ledger:
        first = ledger.segments("wim_passage")[0]
        columns = list(feed("wim_passage").raw_table.all_columns())
        flagged = ledger.deliveries("wim_passage")[0]["flagged_rows"]
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.execute(f"create table day as select * from read_parquet('{home / first.path}')")
            for back in range(1, max(1, rows // PER_DAY)):
                day = LAST - timedelta(back)
                moved = {
                    "passed_at": f"passed_at - interval {back} days",
                    "uploaded_at": f"uploaded_at - interval {back} days",
                    "event_date": f"date '{day}'",
                    "record_id": f"left(md5(record_id || '{back}'), 20)",
                    "check_no": f"check_no || '-{back}'",
                }
                selected = ", ".join(f"{moved.get(name, name)} as {name}" for name in columns)
                segment, size, rows_of = write_day(
                    connection, f"select {selected} from day", "wim_passage", day, f"history{back}", home
                )
                with ledger.transaction() as transaction:
                    ledger.add_segment(transaction, segment, size, rows_of)
                    # The copies are of the one delivery: it has to account for them.
                    transaction.execute(
                        "update delivery set delivered_rows = delivered_rows + ?, accepted_rows = accepted_rows + ?,"
                        " flagged_rows = flagged_rows + ?, first_event_date = ?",
                        (PER_DAY, PER_DAY, flagged, str(day)),
                    )
    started = time.perf_counter()
    publish(build(LAST))
    return time.perf_counter() - started


def night(home: Path) -> float:
    """Seconds of one more night: one delivery of ``PER_DAY`` passages to the published snapshot."""
    import passages

    from etl.nightly import nightly

    day = LAST + timedelta(1)
    inbox = home / "inbox" / "wim_passage"
    inbox.mkdir(parents=True, exist_ok=True)
    name = f"wim_passage_{day:%Y%m%d}.csv"
    passages.write_csv(inbox / name, PER_DAY, day, seed=2)
    (inbox / f"{name}.done").touch()
    started = time.perf_counter()
    done = nightly(day)
    seconds = time.perf_counter() - started
    assert sum(result.accepted for result in done.landed) == PER_DAY
    return seconds


def main() -> None:
    if len(sys.argv) == 3:  # a child: one step of one instance, one process, so that its peak memory is its own
        import resource

        home = Path(os.environ["HENG_HOME"])
        seconds = fill(home, int(sys.argv[2])) if sys.argv[1] == "fill" else night(home)
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(seconds, own, children)
        return
    with tempfile.TemporaryDirectory(prefix="heng-bench-") as folder:
        for rows in HISTORY:
            seconds, own, children = child("fill", rows, folder)
            print(
                f"{rows:>12,}  first build {seconds:7.1f} s   peak {own:,.0f} MiB, dbt {children:,.0f} MiB", flush=True
            )
        # The nights run one after the other, so that the machine is the same for all of them.
        base = None
        print(f"one more night of {PER_DAY:,} passages on a history of …")
        for rows in HISTORY:
            seconds, own, children = child("night", rows, folder)
            base = base or seconds
            print(
                f"{rows:>12,}  night {seconds:6.1f} s  ratio {seconds / base:5.2f}"
                f"   peak {own:,.0f} MiB, dbt {children:,.0f} MiB",
                flush=True,
            )


def child(step: str, rows: int, folder: str) -> tuple[float, ...]:
    """Run one step on the instance with ``rows`` of history; its seconds and peaks (own, children; MiB)."""
    home = Path(folder) / str(rows)
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, __file__, step, str(rows)],
        env={**os.environ, "HENG_HOME": str(home)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return tuple(float(word) for word in done.stdout.split()[-3:])


if __name__ == "__main__":
    main()
