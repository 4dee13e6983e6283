"""A week of a prefecture's terminals: JT/T 808 captures by the hour, landed, built and published as a night does.

2,470 vehicles report every 30 s, which makes about 50 million positions; half the terminals speak the 2013 edition,
half the 2019 one; all are in the register. A few frames are damaged, a few hold nothing that is read. Prints frames,
positions, bytes in = decoded + other + quarantined, seconds of writing, landing and building, positions a second, bytes
of raw Parquet a position, the peak memory of the processes together, and which share of landing decoding is.
Run: ``python tests/benchmarks/bench_capture.py``. HENG_BENCH_DAYS=1 and HENG_BENCH_VEHICLES=300 make it short;
HENG_BENCH_PROCESSES sets how many captures land at a time; HENG_BENCH_NIGHTS=0 builds once, after the last day, as one
does with a week that comes at once, and not every night.
"""

import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import psutil
import pyarrow as pa

from etl.jt808 import Decoder, encode

DAYS = int(os.environ.get("HENG_BENCH_DAYS", "7"))
VEHICLES = int(os.environ.get("HENG_BENCH_VEHICLES", "2470"))
PROCESSES = int(os.environ.get("HENG_BENCH_PROCESSES", "2"))
NIGHTLY = os.environ.get("HENG_BENCH_NIGHTS", "1") == "1"
FIRST = date(2026, 11, 9)
EVERY_S, HOUR_S, DAY_S = 30, 3_600, 86_400
FIRST_PHONE = 243_110_000_001
DAMAGED_SHARE = 0.0005
FEED = "terminal_capture"
OUTCOMES = ("decoded", "other", "quarantined")


# --- writing -------------------------------------------------------------------------------------
def positions(day: date, hour: int, vehicles: np.ndarray) -> encode.Locations:
    """An hour of some vehicles, by time: on the road 14 hours a day, at rest at one place the rest of it."""
    rng = np.random.default_rng((day.toordinal(), hour, int(vehicles[0])))
    second, vehicle = (part.ravel() for part in np.meshgrid(
        np.arange(hour * HOUR_S, (hour + 1) * HOUR_S, EVERY_S), vehicles, indexing="ij"
    ))  # fmt: skip
    begin = 5 * HOUR_S + vehicle * 7 % (4 * HOUR_S)
    driven = np.clip(second - begin, 0, 14 * HOUR_S)
    is_moving = (driven > 0) & (driven < 14 * HOUR_S)
    speed = np.where(is_moving, np.round(np.clip(rng.normal(55, 12, len(second)), 6, 95), 1), 0.0)
    turn = driven / 2_400 + vehicle
    return encode.Locations(
        phone=FIRST_PHONE + vehicle, serial=(second // EVERY_S + 1) & 0xFFFF,
        alarm_flags=np.where(speed > 80, 2, 0), status_flags=np.where(is_moving, 3, 2),
        latitude=np.round(25.9 + 0.5 * np.sin(turn) + (vehicle % 97) * 1e-3, 6),
        longitude=np.round(111.7 + 0.4 * np.cos(turn * 0.9) + (vehicle % 89) * 1e-3, 6),
        altitude_m=150 + (60 * np.sin(turn * 3) + 60).astype(int), speed_kmh=speed,
        direction_deg=np.mod(np.degrees(turn), 360).astype(int),
        positioned_at=np.datetime64(day, "s") + second,
        odometer_km=np.round(40_000 + vehicle * 31.7 + driven / HOUR_S * 55 + (day - FIRST).days * 770, 1),
        recorder_speed_kmh=speed, radio_strength=rng.integers(12, 32, len(second)),
        satellite_count=rng.integers(8, 20, len(second)),
    )  # fmt: skip


def capture(day: date, hour: int) -> tuple[bytes, Counter[str]]:
    """The bytes of an hour, and its frames by outcome as they are planted."""
    rng = np.random.default_rng((day.toordinal(), hour))
    parts, frames = [], Counter[str]()
    for version, first in ((2013, 0), (2019, 1)):
        vehicles = np.arange(first, VEHICLES, 2)
        data, begins = encode.location_frames(positions(day, hour, vehicles), version)
        count = len(begins) - 1
        # A bit of the phone turned over, where that makes no other escape: the checksum is wrong.
        at = begins[:-1][rng.random(count) < DAMAGED_SHARE] + 9
        at = at[~np.isin(data[at], (0x7C, 0x7D, 0x7E, 0x7F)) & (data[at - 1] != encode.ESCAPE)]
        data[at] ^= 1
        parts.append(data.tobytes())
        few = vehicles[:: max(1, len(vehicles) // 20)].tolist()
        parts += [encode.frame(0x0002, str(FIRST_PHONE + number), 7, b"", version) for number in few]
        parts += [encode.frame(0x0900, str(FIRST_PHONE + number), 8, b"\xf7\x00", version) for number in few]
        frames.update(decoded=count - len(at) + len(few), other=len(few), quarantined=len(at), heartbeats=len(few))
    return b"".join(parts), frames


def register() -> bytes:
    """The register of the vehicles: each with the phone of its terminal, in eleven counties."""
    from etl.demo.invent import uscc
    from etl.demo.writer import write as written
    from etl.feeds import feed

    numbers = range(VEHICLES)
    return written(feed("monitored_vehicle"), pa.table({
        "plate_no": [f"湘M{number:05d}" for number in numbers],
        "plate_color_code": pa.array([2] * VEHICLES, pa.int32()),
        "monitored_class": ["line_coach" if number % 3 else "dangerous_goods" for number in numbers],
        "uscc": [uscc(1 + number // 20) for number in numbers],
        "county_code": [f"4311{2 + number % 11:02d}" for number in numbers],
        "terminal_no": [f"{number:07d}" for number in numbers],
        "terminal_phone": [str(FIRST_PHONE + number) for number in numbers],
        "has_smart_terminal": [True] * VEHICLES,
        "seat_count": pa.nulls(VEHICLES, pa.int32()),
        **{name: pa.nulls(VEHICLES, pa.string()) for name in ("line_no", "terminal_model", "protocol_version")},
        "carries_slogan": pa.nulls(VEHICLES, pa.bool_()),
        "valid_to": pa.nulls(VEHICLES, pa.date32()),
        "valid_from": [FIRST - timedelta(days=365)] * VEHICLES,
    }))  # fmt: skip


def write(day: date) -> dict[str, Any]:
    """A day's captures into the inbox, one in memory at a time; with the first, the register."""
    from etl.deliveries import inbox

    if day == FIRST:
        (inbox("monitored_vehicle") / f"monitored_vehicle_{day:%Y%m%d}.parquet").write_bytes(register())
    began, frames, size, packed, decoding = time.perf_counter(), Counter[str](), 0, 0, 0.0
    for hour in range(24):
        data, of = capture(day, hour)
        decoding += decoded_in(data)
        frames += of
        size += len(data)
        path = inbox(FEED) / f"{FEED}_{day:%Y%m%d}-{hour:02d}.jt808.gz"
        path.write_bytes(gzip.compress(data, 1, mtime=0))
        packed += path.stat().st_size
        at = datetime.combine(day + timedelta(days=1), datetime.min.time()).timestamp()
        os.utime(path, (at, at))
    seconds = time.perf_counter() - began - decoding
    return {**frames, "bytes": size, "packed": packed, "seconds": seconds, "decoding": decoding}


def decoded_in(data: bytes) -> float:
    """Seconds of processor that decoding takes, without the rest of landing."""
    decoder, began = Decoder(), time.process_time()
    for _ in decoder.pieces(data):
        pass
    decoder.finish()
    return time.process_time() - began


# --- landing -------------------------------------------------------------------------------------
def land_all() -> dict[str, Any]:
    """What waits in the inbox; frames and bytes by outcome as the ledger has them."""
    from etl.deliveries import receive
    from etl.land import land

    for delivery_id in receive("monitored_vehicle"):
        land(delivery_id)
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    waiting = receive(FEED)
    frames, sizes, rows = Counter[str](), Counter[str](), Counter[str]()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as workers:
        for result in workers.map(land, waiting):
            for outcome, (count, size) in result.capture.items():
                frames[outcome] += count
                sizes[outcome] += size
            rows.update(delivered=result.delivered, accepted=result.accepted, quarantined=result.quarantined)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "files": len(waiting), "frames": frames, "bytes": sizes, "rows": rows,
        "seconds": time.perf_counter() - began,
        "processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    }  # fmt: skip


def step(home: Path, *arguments: str) -> dict[str, Any]:
    """One step in a process of its own; its answer, and the peak of what it and its children hold."""
    environment = {**os.environ, "HENG_HOME": str(home), "HENG_STABLE_SECONDS": "0"}
    child = subprocess.Popen([sys.executable, __file__, *arguments], env=environment, stdout=subprocess.PIPE, text=True)
    peak, watched = 0, psutil.Process(child.pid)
    while child.poll() is None:
        peak = max(peak, sum(_held(watched)))
        time.sleep(0.2)
    assert child.stdout is not None
    answer = child.stdout.read()
    if child.returncode:
        raise SystemExit(f"{arguments[0]} ended with {child.returncode}")
    return {**json.loads(answer.splitlines()[-1]), "peak_mib": peak >> 20}


def build(day: date) -> dict[str, Any]:
    """The night of a day, built and published; its vehicle days as they are read from the snapshot."""
    from etl import nightly
    from warehouse.connection import snapshot

    began = time.perf_counter()
    nightly.publish(nightly.build(day))
    seconds = time.perf_counter() - began
    found = snapshot().read(
        "select count(*) as vehicles, sum(valid_point_count) as points from mart.vehicle_day where event_date = $day",
        {"day": day},
    )
    return {"vehicles": int(found["vehicles"][0]), "points": int(found["points"][0]), "seconds": seconds}


def _held(watched: psutil.Process) -> Iterator[int]:
    try:
        processes = [watched, *watched.children(recursive=True)]
    except psutil.Error:
        return
    for process in processes:
        try:
            yield process.memory_info().rss
        except psutil.Error:
            continue


def _raw(home: Path) -> tuple[int, int]:
    """Bytes of raw Parquet, and positions in it."""
    files = [str(path) for path in (home / "raw" / FEED).rglob("*.parquet")]
    with duckdb.connect() as connection:
        row = connection.execute(
            "select count(*) from read_parquet($1) where terminal_record_kind = 'location'", [files]
        ).fetchall()[0]
    return sum(Path(path).stat().st_size for path in files), row[0]


def main() -> None:
    if len(sys.argv) > 1:
        day = date.fromisoformat(sys.argv[2])
        print(json.dumps({"write": write, "land": lambda _: land_all(), "build": build}[sys.argv[1]](day)))
        return
    written, landed = Counter[str](), Counter[str]()
    frames, sizes = Counter[str](), Counter[str]()
    peak = 0
    with tempfile.TemporaryDirectory(prefix="heng-bench-capture-") as folder:
        home = Path(folder)
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            made = step(home, "write", str(day))
            written.update({name: value for name, value in made.items() if name != "peak_mib"})
            done = step(home, "land", str(day))
            peak = max(peak, done["peak_mib"])
            frames.update(done["frames"])
            sizes.update(done["bytes"])
            landed.update(done["rows"])
            landed.update(seconds=done["seconds"], files=done["files"], processor=done["processor"])
            told = (
                f"{day}: {done['files']} captures, {done['rows']['accepted']:,} rows, written in {made['seconds']:.0f} "
                f"s, landed in {done['seconds']:.0f} s, peak {done['peak_mib']} MiB"
            )
            if NIGHTLY or number == DAYS - 1:
                built = step(home, "build", str(day))
                peak = max(peak, built["peak_mib"])
                landed.update(build_seconds=built["seconds"])
                told += (
                    f"; built in {built['seconds']:.0f} s, peak {built['peak_mib']} MiB: {built['points']:,} valid "
                    f"points of {built['vehicles']:,} vehicles"
                )
                # At midnight some points are of the day before; terminals of no vehicle there are none.
                assert built["vehicles"] == VEHICLES
            print(told, flush=True)
        raw_bytes, count = _raw(home)
    difference = written["bytes"] - sum(sizes.values())
    print(
        f"{VEHICLES:,} vehicles, {DAYS} days: {landed['files']} captures, {sum(frames.values()):,} frames, "
        f"{count:,} positions; {PROCESSES} at a time"
    )
    print(
        f"bytes {written['bytes']:,} ({written['packed']:,} packed) = "
        + " + ".join(f"{sizes[outcome]:,} {outcome}" for outcome in OUTCOMES)
        + f"; difference {difference}"
    )
    print(
        f"rows {landed['delivered']:,} = {landed['accepted']:,} accepted + {landed['quarantined']:,} quarantined; "
        f"frames {', '.join(f'{frames[outcome]:,} {outcome}' for outcome in OUTCOMES)}"
    )
    print(
        f"written in {written['seconds']:.0f} s, landed in {landed['seconds']:.0f} s "
        f"({count / landed['seconds']:,.0f} positions/s), built in {landed['build_seconds']:.0f} s; raw Parquet "
        f"{raw_bytes:,} bytes, {raw_bytes / count:.1f} a position; peak {peak} MiB"
    )
    print(
        f"processor: landing {landed['processor']:.0f} s, decoding alone {written['decoding']:.1f} s "
        f"({written['decoding'] / landed['processor']:.1%})"
    )
    assert difference == 0, "bytes are missing"
    assert landed["delivered"] == landed["accepted"] + landed["quarantined"]
    assert all(frames[outcome] == written[outcome] for outcome in OUTCOMES), "another fate than was planted"
    assert count == written["decoded"] - written["heartbeats"]


if __name__ == "__main__":
    main()
