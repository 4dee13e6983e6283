"""Two small files in foreign layouts: a motorway's export and an American station's weight records."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa

from etl.demo import faults
from etl.demo.faults import CUT_LINE
from etl.demo.world import Delivery, World, morning_after
from etl.feeds import feed


def deliveries(world: World) -> Iterator[Delivery]:
    day = world.history_end
    yield _motorway(world, day)
    yield _fhwa(world, day)


def truth(world: World) -> dict[str, pa.Table]:
    """Nothing beside the spoiled lines, which come with their deliveries."""
    return {}


def _motorway(world: World, day: date) -> Delivery:
    """A motorway export with its habits: repeats, zero weights, loop errors, an axle count that is wrong."""
    rng = world.rng("motorway")
    rows = []
    for number in range(160):
        axles = int(rng.choice([2, 2, 3, 4, 5, 6]))
        loads = (rng.integers(90, 1_150, axles) * 10).tolist()
        gross = sum(loads)
        limit = {2: 20_000, 3: 30_000, 4: 40_000, 5: 50_000, 6: 55_000}[axles]
        speed = int(rng.integers(38, 112))
        goods = {2: "goods_medium", 3: "goods_large"}.get(axles, "goods_extra_large")
        minute, second = rng.integers(0, 60, 2).tolist()
        rows.append({
            "lane_code": f"SDW2{rng.integers(1, 3)}0{rng.integers(1, 4)}",
            "passed_at": datetime(day.year, day.month, day.day, number // 14, minute, second),
            "vehicle_class_code": "passenger_small" if axles == 2 and gross < 6_000 else goods,
            "speed_kmh": float(speed), "vehicle_length_m": (axles * 260 + 90) / 100, "axle_count": axles,
            "gross_vehicle_weight_kg": None if number % 40 == 7 else gross, "axle_loads_kg": loads,
            "reported_is_over_limit": gross > limit, "reported_is_speeding": speed > 100,
            "device_status_code": "loop_error" if number % 30 == 3 else "ok",
        })  # fmt: skip
    rows[70]["axle_count"] = 2 if rows[70]["axle_count"] != 2 else 3
    declared, name = feed("motorway_passage"), f"sdw_{day:%Y-%m-%d}.csv"
    table = pa.Table.from_pylist([*rows, *rows[:25]])
    empty = [(f"axle_loads_kg.{axle}", "0") for axle in range(1, 11)]
    bad = faults.Fault("text", "R-RANGE", (("axle_count", "0"), ("gross_vehicle_weight_kg", "0"), *empty))
    data, damaged = faults.damage(declared, table, [bad], rng, name)
    return Delivery(declared.name, name, table, day, morning_after(day), data, {"damaged_line": damaged})


def _fhwa(world: World, day: date) -> Delivery:
    """Weight records of an invented American station: trucks, an hour missing, an hour without trucks."""
    rng = world.rng("fhwa")
    declared, name = feed("fhwa_weight"), "station_99000042.wgt"
    rows = []
    for number in range(60):
        gone = {17: "0m", 41: "0d"}.get(number)
        axles = 5 if number == 22 else int(rng.choice([2, 3, 5, 5, 5]))
        loads = [] if gone else np.rint(rng.integers(7_000, 16_500, axles) * 0.45359237).astype(int).tolist()
        spacings = [] if gone else [round(int(rng.integers(120, 180)) * 0.03048, 6), 1.34112, 10.0584, 1.28016]
        rows.append({
            "site_code": "99000042", "direction": "up" if number % 2 else "down", "lane_code": str(number % 2 + 1),
            "passed_at": datetime(day.year, day.month, day.day) + timedelta(hours=number // 3),
            "vehicle_class_code": gone or {2: "05", 3: "06", 5: "09"}[axles],
            "gross_vehicle_weight_kg": None if gone else sum(loads), "axle_count": None if gone else axles,
            "axle_loads_kg": loads, "axle_spacings_m": spacings[: max(0, axles - 1)],
        })  # fmt: skip
    table = pa.Table.from_pylist(rows)
    data, damaged = faults.damage(declared, table, [CUT_LINE], rng, name)
    return Delivery(declared.name, name, table, day, morning_after(day), data, {"damaged_line": damaged})
