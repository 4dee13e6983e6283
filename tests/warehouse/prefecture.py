"""A small prefecture for tests: two sites, registers, six days with repeats, a correction and a late row, and
one old day of another feed. Plates and firms are invented."""

import os
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

from direct_build import models_here

from etl.deliveries import take
from etl.feeds import FEEDS, raw_tables
from etl.land import land
from warehouse.build import Build, build
from warehouse.ledger import Ledger

LAST_NIGHT = date(2026, 3, 3)


def passage(number: int, day: str, hour: int, site: str = "YZ01", **changes: Any) -> str:
    """One row of the platform's own layout: a six-axle articulated truck, sound, unless told otherwise."""
    gross = 30_000 + (number * 977) % 30_000
    loads = [gross - 5 * (gross // 6)] + [gross // 6] * 5
    row = dict.fromkeys(FEEDS["wim_passage"].headings, "")
    row |= {
        "check_no": f"{site}{day.replace('-', '')}{hour:02d}{number:04d}",
        "site_code": site, "lane_code": str(1 + number % 2), "direction": "up",
        "passed_at": f"{day} {hour:02d}:{number % 60:02d}:00", "uploaded_at": f"{day} {hour:02d}:59:59",
        "plate_no": f"湘M{10_000 + number % 7}", "plate_color_code": "2", "plate_confidence": "0.98",
        "axle_count": "6", "axle_type_code": "157" if number % 3 else "", "gross_vehicle_weight_kg": str(gross),
        "speed_kmh": "61.5", "vehicle_length_m": "16.1", "cross_lane": "0", "close_following": "0",
    }  # fmt: skip
    row |= {f"axle_{axle}_load_kg": str(load) for axle, load in enumerate(loads, 1)}
    row |= {f"axle_{axle}_spacing_m": spacing for axle, spacing in enumerate(["3.3", "1.35", "6.7", "1.31", "1.31"], 1)}
    row |= {name: str(value) for name, value in changes.items()}
    return ",".join(row.values())


def passages(*days: str, sites: tuple[str, ...] = ("YZ01", "YZ02")) -> list[str]:
    return [
        passage(number, day, hour, site)
        for day in days
        for site in sites
        for number, hour in enumerate(range(0, 24, 3), int(day[-2:]) * 100)
    ]


def csv(feed: str, rows: list[str]) -> bytes:
    return ("\n".join([",".join(FEEDS[feed].headings), *rows]) + "\n").encode(FEEDS[feed].format.encoding)


def lines(feed: str, *rows: dict[str, str]) -> bytes:
    """A file of a text feed: rows by heading, what a row does not name is empty."""
    how = FEEDS[feed].format
    told = [FEEDS[feed].headings, *([row.get(name, "") for name in FEEDS[feed].headings] for row in rows)]
    separator = getattr(how, "delimiter", ",")
    return "".join(separator.join(line) + "\n" for line in told).encode(getattr(how, "encoding", "utf-8"))


WEEK = ("2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01")
REGISTERS = {
    ("wim_site", "wim_site_20260226.csv"): [
        "YZ01,甲站,Site one,431103,G207,12.5,26.4,111.6,2024-01-01,",
        "YZ02,乙站,Site two,431102,G322,20,26.2,111.6,2024-01-01,",
        "YZ03,丙站,Site three,431181,G322,40,26.5,111.9,2026-03-02,",
    ],
    ("wim_lane", "wim_lane_20260226.csv"): [
        f"{site},{lane},上行,{lane},{site}-{lane},2024-01-01," for site in ("YZ01", "YZ02") for lane in (1, 2)
    ],
    ("wim_device", "wim_device_20260226.csv"): [
        f"{site}-{lane},{site},示例厂,M1,5,2024-01-01," for site in ("YZ01", "YZ02") for lane in (1, 2)
    ],
    ("verification_certificate", "verification_certificate_20260226.csv"): [
        f"JL-{number},{device},5,5,100,2025-03-10,2025-03-10,{end},示例计量院"
        for number, (device, end) in enumerate(
            [("YZ01-1", "2026-03-09"), ("YZ01-2", "2026-02-27"), ("YZ02-1", "2026-03-09")]
        )
    ],
    ("vehicle", "vehicle_20260226.csv"): [
        f"湘M{10_000 + number},2,Q,汽车列车,3,40000,{1 + number % 2},0,0,示例运输{number}号,4311{number},"
        "2019-05-20,2019-05-20,"
        for number in range(3)
    ],
}
CORRECTED = passage(2600, "2026-02-26", 0, gross_vehicle_weight_kg=52_006, axle_1_load_kg=8_666,
                    axle_2_load_kg=8_668, axle_3_load_kg=8_668, axle_4_load_kg=8_668, axle_5_load_kg=8_668,
                    axle_6_load_kg=8_668, uploaded_at="2026-03-02 04:00:00")  # fmt: skip
OLD = {
    ("motorway_passage", "sdw_2016-06-01.csv"): [
        f"SDW2101,2016-06-01 0{hour}:00:00.0,大货车,60,1200,{axles},{gross},{','.join(loads)},超重,正常,正常"
        for hour, axles, gross, loads in (
            (1, 2, 20_010, ["10010", "10000"] + ["0"] * 8),
            (1, 2, 20_010, ["10010", "10000"] + ["0"] * 8),
            (2, 3, 30_010, ["10010", "10000", "10000"] + ["0"] * 7),
        )
    ],
    ("wim_passage", "wim_passage_20260301_month.csv"): passages(*WEEK),
}
NIGHTS = {
    ("wim_passage", "wim_passage_20260302.csv"): [
        *[row for row in passages("2026-03-01") if " 21:" in row],
        *passages("2026-03-02", sites=("YZ01",)),
        CORRECTED,
    ],
    ("wim_passage", "wim_passage_20260303.csv"): [
        *passages("2026-03-03"),
        passage(77, "2026-02-28", 5, uploaded_at="2026-03-03 06:00:00"),
    ],
}
DELIVERIES = {**REGISTERS, **OLD, **NIGHTS}


def deliver(state: Path, feed: str, name: str, rows: list[str] | bytes | None = None) -> str:
    """Receive and land one delivery, of rows or of bytes, as if its file had always had the same time."""
    path = state / name
    path.write_bytes(rows if isinstance(rows, bytes) else csv(feed, DELIVERIES[feed, name] if rows is None else rows))
    os.utime(path, (1_770_000_000, 1_770_000_000))
    delivery_id = take(FEEDS[feed], path, name)
    path.unlink()
    land(delivery_id)
    return delivery_id


def close_night(state: Path, day: date = LAST_NIGHT) -> None:
    with Ledger(state) as ledger:
        ledger.close_night(day)


def build_night(state: Path, day: date = LAST_NIGHT, *, by_dbt: bool = False, **how: Any) -> Build:
    """Close the night and build; the models run in this process unless ``by_dbt``, as every instance runs them."""
    close_night(state, day)
    with nullcontext() if by_dbt else models_here():
        return build(day, raw_tables(), **how)
