"""What the platform finds of what is planted in a prefecture's terminals: precision and recall by kind.

Some days are generated, landed and built in a folder of their own; the published version is compared with the truth.
Prints for every kind of finding how many stretches were planted that must be found, how many more that may be (unsure:
near a threshold, come late, or a consequence of something else that is planted), how many findings there are, precision
and recall, then each miss and each false alarm: kind, vehicle, time and what was planted there.
Run: ``python tests/benchmarks/bench_findings.py``. HENG_BENCH_SCALE=city is about sixty tracked vehicles instead of
25; HENG_BENCH_DAYS (of which the last three have positions) and HENG_BENCH_SEED give another prefecture.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

SCALE = os.environ.get("HENG_BENCH_SCALE", "tiny")
DAYS = int(os.environ.get("HENG_BENCH_DAYS", "6"))
SEED = int(os.environ.get("HENG_BENCH_SEED", "7"))
LAST = date(2025, 12, 31)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def generate(folder: Path) -> dict[str, Any]:
    from etl.demo.generate import generate as write
    from etl.demo.world import SCALES, World

    began = time.perf_counter()
    files, rows = write(World(SEED, SCALES[SCALE], LAST - timedelta(days=DAYS - 1), LAST), folder)
    return {"files": files, "rows": rows, "seconds": time.perf_counter() - began}


def load(folder: Path) -> dict[str, Any]:
    """Land and build everything at once; what was compared."""
    from finding_truth import Truth, compared

    from etl.demo import load as loading
    from warehouse.connection import snapshot

    done = loading.load([loading.staged(folder)])
    read = snapshot()
    rows = [
        {
            "kind": each.kind, "planted": len(each.wanted), "unsure": len(each.planted) - len(each.wanted),
            "found": len(each.found),
            "precision": each.precision, "recall": each.recall,
            "missed": [str(span) for span in each.missed], "false": [str(span) for span in each.false],
        }
        for each in compared(
            Truth(folder / "truth"),
            lambda query: list(read.read(query).itertuples(index=False, name=None)),
            set(read.manifest["columns"]),
        )
    ]  # fmt: skip
    return {
        "rows": rows, "differences": done.differences, "stopped": done.stopped, "accepted": done.accepted,
        "land_seconds": done.land_seconds, "build_seconds": done.build_seconds,
    }  # fmt: skip


def step(home: Path, *arguments: str) -> dict[str, Any]:
    """One step in a process of its own, with its own home."""
    environment = {**os.environ, "HENG_HOME": str(home), "HENG_STABLE_SECONDS": "0"}
    answer = subprocess.run(
        [sys.executable, __file__, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if answer.returncode:
        raise SystemExit(f"{arguments[0]} ended with {answer.returncode}")
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def main() -> None:
    if len(sys.argv) > 1:
        told = generate(Path(sys.argv[2])) if sys.argv[1] == "generate" else load(Path(sys.argv[2]))
        print(json.dumps(told))
        return
    with tempfile.TemporaryDirectory(prefix="heng-bench-findings-") as temporary:
        home = Path(temporary) / "home"
        home.mkdir()
        made = step(home, "generate", str(Path(temporary) / "prefecture"))
        done = step(home, "load", str(Path(temporary) / "prefecture"))
    print(
        f"{SCALE}, {DAYS} days, seed {SEED}: {made['files']} deliveries generated in {made['seconds']:.0f} s; "
        f"{done['accepted']:,} rows landed in {done['land_seconds']:.0f} s, built in {done['build_seconds']:.0f} s"
    )
    print(f"{'kind':22}{'planted':>8}{'unsure':>8}{'found':>7}{'precision':>11}{'recall':>8}")
    for row in done["rows"]:
        print(
            f"{row['kind']:22}{row['planted']:>8}{row['unsure']:>8}{row['found']:>7}"
            f"{share(row['precision']):>11}{share(row['recall']):>8}"
        )
    for row in done["rows"]:
        for word in ("missed", "false"):
            for span in row[word]:
                print(f"{word}: {row['kind']}, {span}")
    assert [*done["differences"], *done["stopped"]] == []


if __name__ == "__main__":
    main()
