"""What strict, conserving landing costs beside the engine's plain conversion of the same bytes, and by format.

The floor: DuckDB reads the CSV, every column as text, and writes Parquet; no type, no check, no
reason, no line number. Ours: archive with fsync, split, types, ranges, rules, digests, Parquet per
day, ledger commit. One delivery at a time, and two as a night lands them (its pool has two slots), on either side.
Run: ``make bench``. ``HENG_BENCH_ROWS`` and ``HENG_BENCH_FORMAT_ROWS`` make it shorter.
"""

import gzip
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import passages
import xlsxwriter

from etl.contract import Csv, Feed, FixedWidth, Ndjson, ParquetFile, Workbook
from etl.feeds import FEEDS

ROWS = int(os.environ.get("HENG_BENCH_ROWS", "1000000"))
FORMAT_ROWS = int(os.environ.get("HENG_BENCH_FORMAT_ROWS", "200000"))
SHEET_ROWS = 50_000
WIDTH = 20


@dataclass(frozen=True)
class Run:
    """What a process of its own took: seconds on the clock, seconds of processor, peak MiB, accepted rows."""

    seconds: float
    processor: float
    peak: float
    rows: int


def measured(*what: str, **environment: str) -> Run:
    done = subprocess.run(
        [sys.executable, __file__, *what],
        env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, processor, peak, rows = done.stdout.split()
    return Run(float(seconds), float(processor), float(peak), int(rows))


def _report(work: Callable[[], int]) -> None:
    """In the measured process: do the work and print what it took."""
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    rows = work()
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # Not ru_maxrss: it begins with what the process that started this one had.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(seconds, processor, int(peak.split()[1]) / 1024, rows)


def _floor(source: str, target: str) -> int:
    with duckdb.connect(config={"threads": 2}) as connection:
        found = connection.execute(
            f"copy (select * from read_csv('{source}', all_varchar = true, header = true, delim = ','))"
            f" to '{target}' (format parquet, compression zstd)"
        ).fetchall()
    return int(found[0][0])


# --- the same passages in every format -----------------------------------------------------------
def _copy(source: Path, target: Path, form: str, select: str = "*", read: str = "") -> None:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"copy (select {select} from read_csv('{source}'{read})) to '{target}' ({form})")


def _packed(source: Path, target: Path) -> None:
    target.write_bytes(gzip.compress(source.read_bytes(), 1))


def _gb18030(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes().decode().encode("gb18030"))


def _fixed_width(source: Path, target: Path) -> None:
    columns = " || ".join(f"lpad(coalesce({name}, ''), {WIDTH}, ' ')" for name in FEEDS["wim_passage"].headings)
    _copy(source, target, "format csv, header false, quote '', delimiter '\t'", columns, ", all_varchar = true")


def _sheet(source: Path, target: Path) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(f"select * from read_csv('{source}') limit {SHEET_ROWS}")
        names = [description[0] for description in found.description]
        book = xlsxwriter.Workbook(str(target), {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, names)
        for number, values in enumerate(found.fetchall(), start=1):
            for column, value in enumerate(values):
                if value is not None:
                    sheet.write(number, column, value)
        book.close()


def _fixed_width_feed(feed: Feed) -> Feed:
    places = {heading: f"{1 + WIDTH * at}-{WIDTH * (at + 1)}" for at, heading in enumerate(feed.headings)}
    columns = {
        places[heading] if isinstance(heading, str) else tuple(places[one] for one in heading): how
        for heading, how in feed.columns.items()
    }
    form = FixedWidth(width=WIDTH * len(places), encoding="utf-8")
    return replace(feed, columns=columns, format=form)


FORMATS: dict[str, tuple[str, Callable[[Feed], Feed], Callable[[Path, Path], None], int]] = {
    "CSV": (".csv", lambda feed: feed, lambda source, target: target.write_bytes(source.read_bytes()), FORMAT_ROWS),  # type: ignore[dict-item, return-value]
    "CSV.gz": (".csv.gz", lambda feed: feed, _packed, FORMAT_ROWS),
    "GB18030": (".csv", lambda feed: replace(feed, format=Csv("gb18030")), _gb18030, FORMAT_ROWS),
    "NDJSON": (
        ".ndjson", lambda feed: replace(feed, format=Ndjson()),
        lambda source, target: _copy(source, target, "format json"), FORMAT_ROWS,
    ),
    "Parquet": (
        ".parquet", lambda feed: replace(feed, format=ParquetFile()),
        lambda source, target: _copy(source, target, "format parquet"), FORMAT_ROWS,
    ),
    "XLSX": (".xlsx", lambda feed: replace(feed, format=Workbook()), _sheet, min(SHEET_ROWS, FORMAT_ROWS)),
    "fixed width": (".txt", _fixed_width_feed, _fixed_width, FORMAT_ROWS),
}  # fmt: skip


def at_once(run: Callable[[int], Run]) -> float:
    """Seconds of the longer of two runs begun together."""
    with ThreadPoolExecutor(2) as pool:
        return max(each.seconds for each in pool.map(run, range(2)))


def ours(source: Path, home: Path, form: str = "CSV") -> Run:
    """What ``heng land``'s functions take."""
    return measured("--land", str(source), form, HENG_HOME=str(home))


def _land(source: Path, form: str) -> None:
    from etl.deliveries import take
    from etl.land import land

    FEEDS["wim_passage"] = replace(FORMATS[form][1](FEEDS["wim_passage"]), files=r"(?P<date>\d{8}).*")

    def work() -> int:
        result = land(take(FEEDS["wim_passage"], source, source.name))
        assert result.delivered == result.accepted + result.quarantined
        return result.accepted

    _report(work)


def _ratio(folder: Path) -> None:
    source = folder / "20261101.csv"
    passages.write_csv(source, ROWS, date(2026, 11, 1))
    ours(source, folder / "warm")
    floors, runs, pairs = [], [], []
    for attempt in range(3):  # by turns, so that what else the machine does burdens both
        floors.append(_plain(source, folder / f"plain{attempt}.parquet"))
        runs.append(ours(source, folder / f"home{attempt}"))
        pairs.append((
            at_once(lambda slot: _plain(source, folder / f"plain-{slot}.parquet")),
            at_once(lambda slot, attempt=attempt: ours(source, folder / f"home{attempt}-{slot}")),  # type: ignore[misc]
        ))  # fmt: skip
    plain, strict = (min(run.seconds for run in each) for each in (floors, runs))
    work = min(run.processor for run in runs) / min(run.processor for run in floors)
    print(f"rows {ROWS:,}, {source.stat().st_size / 2**20:.0f} MiB of CSV")
    print(f"plain CSV to Parquet    {plain:6.2f} s  {ROWS / plain / 1e3:8.0f} thousand rows/s")
    peak = max(run.peak for run in runs)
    print(f"strict landing          {strict:6.2f} s  {ROWS / strict / 1e3:8.0f} thousand rows/s  peak {peak:,.0f} MiB")
    print(f"ratio                   {strict / plain:6.2f} x the floor, {work:.2f} x its processor time")
    plain, strict = (min(each) for each in zip(*pairs, strict=True))
    print(f"two at a time           {strict:6.2f} s, plain {plain:.2f} s: {strict / plain:.2f} x the floor")


def _plain(source: Path, target: Path) -> Run:
    return measured("--floor", str(source), str(target))


def _by_format(folder: Path) -> None:
    source = folder / "20261102.csv"
    passages.write_csv(source, FORMAT_ROWS, date(2026, 11, 2))
    for form, (ending, _, write, rows) in FORMATS.items():
        (folder / form).mkdir()
        delivery = folder / form / f"20261102{ending}"
        write(source, delivery)
        run = ours(delivery, folder / form / "home", form)
        assert run.rows == rows, f"{form}: {run.rows} of {rows} rows accepted"
        size = delivery.stat().st_size / 2**20
        print(
            f"{form:12} {rows:9,} rows {size:6.0f} MiB  {run.seconds:6.2f} s  {rows / run.seconds / 1e3:8.0f} thousand"
            f" rows/s  processor {run.processor:6.2f} s  peak {run.peak:,.0f} MiB"
        )


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="heng-bench-") as folder:
        _ratio(Path(folder))
        _by_format(Path(folder))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--land"]:
        _land(Path(sys.argv[2]), sys.argv[3])
    elif sys.argv[1:2] == ["--floor"]:
        _report(lambda: _floor(sys.argv[2], sys.argv[3]))
    else:
        main()
