"""What strict, conserving landing costs beside the engine's plain conversion of the same bytes.

The floor: DuckDB reads the CSV, every column as text, and writes Parquet; no type, no check, no
reason, no line number. Ours: archive with fsync, split, types, ranges, rules, digests, Parquet per
day, ledger commit. Run: ``make bench``.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb
import passages

ROWS = int(os.environ.get("HENG_BENCH_ROWS", "1000000"))


def floor(source: Path, target: Path) -> float:
    started = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            f"copy (select * from read_csv('{source}', all_varchar = true, header = true, delim = ','))"
            f" to '{target}' (format parquet, compression zstd)"
        )
    return time.perf_counter() - started


def ours(source: Path, home: Path) -> tuple[float, float]:
    """Seconds and peak MiB of ``heng land``'s functions in a process of their own."""
    code = (
        "import resource, sys, time; from pathlib import Path\n"
        "from etl.deliveries import take; from etl.feeds import feed; from etl.land import land\n"
        "source = Path(sys.argv[1]); started = time.perf_counter()\n"
        "result = land(take(feed('wim_passage'), source, source.name))\n"
        "assert result.delivered == result.accepted + result.quarantined\n"
        "print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(source)],
        env={**os.environ, "HENG_HOME": str(home)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="heng-bench-") as folder:
        source = Path(folder) / "wim_passage_20261101.csv"
        passages.write_csv(source, ROWS, date(2026, 11, 1))
        size = source.stat().st_size / 2**20
        ours(source, Path(folder) / "warm")
        plain = min(floor(source, Path(folder) / f"plain{attempt}.parquet") for attempt in range(3))
        runs = [ours(source, Path(folder) / f"home{attempt}") for attempt in range(3)]
        seconds, peak = min(run[0] for run in runs), max(run[1] for run in runs)
        print(f"rows {ROWS:,}, {size:.0f} MiB of CSV")
        print(f"plain CSV to Parquet    {plain:6.2f} s  {ROWS / plain / 1e3:8.0f} thousand rows/s")
        speed = f"{ROWS / seconds / 1e3:8.0f} thousand rows/s"
        print(f"strict landing          {seconds:6.2f} s  {speed}  peak {peak:,.0f} MiB")
        print(f"ratio                   {seconds / plain:6.2f} x the floor")
        print(f"this process            {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
