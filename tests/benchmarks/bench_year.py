"""A year of a prefecture at city scale: generated, landed, built; and the same year in another order.

Prints passages, seconds, conservation differences, peak memory (all processes of a step together), which figures of
the report card are not the published ones (other scales than city have their share of them), and whether a shuffled
order gives the same logical digest. Run: ``python tests/benchmarks/bench_year.py``. HENG_BENCH_SCALE=tiny and
HENG_BENCH_DAYS=60 make it short; HENG_BENCH_SHUFFLES=2 adds two more orders.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

SCALE = os.environ.get("HENG_BENCH_SCALE", "city")
DAYS = int(os.environ.get("HENG_BENCH_DAYS", "365"))
SHUFFLES = int(os.environ.get("HENG_BENCH_SHUFFLES", "0"))
SEED = 20261122
LAST = date(2025, 12, 31)
BATCHES = 12


def generate(folder: Path) -> dict[str, Any]:
    from etl.demo.generate import generate as write
    from etl.demo.world import SCALES, World

    world = World(SEED, SCALES[SCALE], LAST - timedelta(days=DAYS - 1), LAST)
    began = time.perf_counter()
    files, rows = write(world, folder)
    return {"files": files, "rows": rows, "seconds": time.perf_counter() - began}


def load(folder: Path, order: str) -> dict[str, Any]:
    """Load by month and build each month; in another order, build once at the end."""
    from etl.demo import load as loading
    from warehouse.publish import published_manifest
    from warehouse.report_card import report_card

    waiting = loading.staged(folder)
    if order:
        random.Random(order).shuffle(waiting)
        done = loading.load([waiting[at::BATCHES] for at in range(BATCHES)], build_at_end=True)
    else:
        done = loading.load(loading.by_month(waiting), lambda text: print(text, file=sys.stderr, flush=True))
    manifest = published_manifest()
    assert manifest is not None
    card = report_card(LAST.replace(month=1, day=1), LAST, compare=True)
    missed = [figure.figure_id for figure in card.figures if not figure.holds]
    return {
        **asdict(done),
        "seen": len(done.seen),
        "digest": manifest["digest"],
        "card": f"{len(card.figures)} figures of the report card, "
        + (f"not as published: {', '.join(missed)}" if missed else "all as published"),
    }


def step(home: Path, *arguments: str) -> dict[str, Any]:
    """One step in a process of its own; its answer, and the peak of what it and its children hold."""
    import psutil

    environment = {**os.environ, "HENG_HOME": str(home), "HENG_STABLE_SECONDS": "0"}
    child = subprocess.Popen([sys.executable, __file__, *arguments], env=environment, stdout=subprocess.PIPE, text=True)
    peak, watched = 0, psutil.Process(child.pid)
    while child.poll() is None:
        total = 0
        for process in (watched, *_children(watched)):
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        peak = max(peak, total)
        time.sleep(0.5)
    assert child.stdout is not None
    answer = child.stdout.read()
    if child.returncode:
        raise SystemExit(f"{arguments[0]} ended with {child.returncode}")
    return {**json.loads(answer.splitlines()[-1]), "peak_mib": peak >> 20}


def _children(process: Any) -> list[Any]:
    import psutil

    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def _linked(folder: Path, copy: Path) -> Path:
    """The deliveries again, as links: loading moves them away."""
    for path in (folder / "inbox").glob("*/*"):
        target = copy / "inbox" / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, target)
    return copy


def main() -> None:
    if len(sys.argv) > 1:
        told = generate(Path(sys.argv[2])) if sys.argv[1] == "generate" else load(Path(sys.argv[2]), sys.argv[3])
        print(json.dumps(told, default=str))
        return
    with tempfile.TemporaryDirectory(prefix="heng-bench-year-") as temporary:
        root = Path(temporary)
        made = step(root, "generate", str(root / "year"))
        print(
            f"{SCALE}, {DAYS} days: {made['files']} deliveries, {made['rows']:,} rows generated in "
            f"{made['seconds']:.0f} s, peak {made['peak_mib']} MiB"
        )
        copies = [_linked(root / "year", root / f"copy{number}") for number in range(SHUFFLES)]
        digests = []
        for number, folder in enumerate([root / "year", *copies]):
            home = root / f"home{number}"
            home.mkdir()
            done = step(home, "load", str(folder), str(number or ""))
            digests.append(done["digest"])
            print(
                f"{'shuffled' if number else 'in order'}: {done['passages']:,} passages; {done['delivered']:,} rows = "
                f"{done['accepted']:,} accepted + {done['quarantined']:,} quarantined; "
                f"{len(done['differences'])} differences, {len(done['stopped'])} stopped; landed in "
                f"{done['land_seconds']:.0f} s, built in {done['build_seconds']:.0f} s, peak {done['peak_mib']} MiB; "
                f"digest {str(done['digest'])[:16]}; {done['card']}"
            )
            assert not done["differences"], done["differences"]
        assert len(set(digests)) == 1, "another order gave another digest"


if __name__ == "__main__":
    main()
