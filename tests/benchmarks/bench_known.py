"""What it costs to know what a night knew: lists and pages of lists, a month of passages, what is computed from all.

Reads a published instance (HENG_HOME) and changes nothing. Prints for its first, middle and last night the rows,
the seconds on the clock, the seconds of processor and the peak memory of a process that does nothing else.
Run: ``HENG_HOME=… python tests/benchmarks/bench_known.py``.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

from warehouse.known import Known, known_on
from warehouse.known_answers import (
    amounts_known_on,
    cases_known_on,
    findings_known_on,
    hazards_known_on,
    standings_known_on,
)

LISTS = ("staging.enforcement_case", "staging.penalty_decision", "staging.vehicle", "staging.enterprise")
MEASURES: dict[str, Callable[[date], AbstractContextManager[Known]]] = {
    "lists": lambda day: known_on(day, LISTS),
    "hazards": hazards_known_on,
    "cases": cases_known_on,
    "cases against the articles": amounts_known_on,
    "repeat violators": standings_known_on,
    "findings of a month": lambda day: findings_known_on(day, day.replace(day=1), day),
    "a month of passages": lambda day: known_on(day, ("core.passage", "mart.overload_daily"), day.replace(day=1), day),
    "facts of the report card": lambda day: known_on(day, ("mart.report_fact",)),
}
_TABLES = "select table_schema || '.' || table_name as name from information_schema.tables"


def measure(what: str, day: date) -> dict[str, Any]:
    began = time.perf_counter()
    with MEASURES[what](day) as db:
        tables = db.read(_TABLES + " where table_catalog = current_database()")["name"]
        rows = sum(int(db.read(f"select count(*) from {table}").iloc[0, 0]) for table in tables)
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"rows": rows, "seconds": seconds, "processor": used.ru_utime + used.ru_stime, "mib": used.ru_maxrss / 1024}


def main() -> None:
    from warehouse.home import home
    from warehouse.ledger import Ledger

    with Ledger(home()) as ledger:
        nights = [night["business_date"] for night in ledger.nights()]
    if not nights:
        raise SystemExit("No night is closed in HENG_HOME. Run 'heng nightly', or 'heng demo year'.")
    print(f"{'':26} {'known on':>10} {'rows':>10} {'clock s':>8} {'processor s':>12} {'peak MiB':>9}")
    for what in MEASURES:
        for day in dict.fromkeys((nights[0], nights[len(nights) // 2], nights[-1])):
            run = subprocess.run([sys.executable, __file__, what, day], stdout=subprocess.PIPE, text=True, check=True)
            told = json.loads(run.stdout)
            print(
                f"{what:26} {day:>10} {told['rows']:10,} {told['seconds']:8.1f} {told['processor']:12.1f}"
                f" {told['mib']:9.0f}"
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1], date.fromisoformat(sys.argv[2]))))
    else:
        main()
