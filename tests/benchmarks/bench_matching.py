"""What matching finds of what is planted in a prefecture, and what it costs.

Some days are generated, landed and built in memory. Prints precision of suggested plates by grade and recall of
misread ones; cases by grade with their check numbers, and as they would be matched without any, their clocks off by
0, 10 and 20 minutes; seconds of each model beside that of ``core.passage``, and of the fates of the whole period.
Run: ``python tests/benchmarks/bench_matching.py``. HENG_BENCH_SCALE, HENG_BENCH_DAYS, HENG_BENCH_SEED give another.
"""

import os
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

SCALE = os.environ.get("HENG_BENCH_SCALE", "tiny")
DAYS = int(os.environ.get("HENG_BENCH_DAYS", "90"))
SEED = int(os.environ.get("HENG_BENCH_SEED", "7"))
LAST = date(2025, 12, 31)
SHOWN = ("core.passage", "mart.finding", "core.case_passage", "core.case_match", "mart.plate_suggestion")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def main() -> None:
    import landed
    import match_truth

    from etl.demo.world import SCALES, World
    from etl.feeds import raw_tables
    from warehouse import fates, sql

    first = LAST - timedelta(days=DAYS - 1)
    with tempfile.TemporaryDirectory(prefix="heng-bench-matching-") as temporary:
        folder = Path(temporary)
        connection = match_truth.land(World(SEED, SCALES[SCALE], first, LAST), folder)
        sql.complete_raw(connection, raw_tables())
        sql.load_seeds(connection)
        for layer in sql.LAYERS:
            connection.execute(f"create schema if not exists {layer}")
        seconds = {}
        for name in sql.in_order(match_truth.MODELS):
            began = time.perf_counter()
            connection.execute(f"create table {name} as {sql.render(name).sql}")
            seconds[name] = time.perf_counter() - began
        (passages,) = connection.execute("select count(*) from core.passage").fetchall()[0]
        print(f"{SCALE}, {DAYS} days, seed {SEED}: {passages:,} passages")
        graded, misread = match_truth.suggestions(connection, folder)
        for row in graded:
            print(f"plate suggestions, {row.grade}: {row.count:,}, of these right {share(row.precision)}")
        print(
            f"misread plates: {misread.every:,}; of registered vehicles, read as an unregistered plate "
            f"{misread.findable:,}; of these suggested {share(misread.recall)}"
        )
        for row in match_truth.case_passages(connection, folder, "core.case_passage"):
            print(f"cases, {row.grade} by {row.reason}: {row.count:,}, right {row.right:,}")
        for shift_s in (0, 600, 1_200):
            match_truth.without_numbers(connection, shift_s)
            for row in match_truth.case_passages(connection, folder, "temp.unnumbered"):
                print(
                    f"cases without numbers, clock {shift_s // 60} min off, {row.grade} by {row.reason}: "
                    f"{row.count:,}, right {row.right:,}"
                )
        began = time.perf_counter()
        counts = fates.counts(landed.Tables(connection), fates.Asked(first, LAST, LAST))
        seconds["fates of the period"] = time.perf_counter() - began
        print(f"findings: {counts['finding_count'].sum():,} in {len(counts)} fates and details")
        whole = seconds["core.passage"]
        for name in (*SHOWN, "fates of the period"):
            print(f"{name}: {seconds[name]:.2f} s, {seconds[name] / whole:.2f} of core.passage")
        connection.close()


if __name__ == "__main__":
    main()
