"""Over-limit cases of the made warehouse, so that every tier, reason and window of the repeat lists has somebody.

Plates are 湘MR, drivers 4311 and a number; the last day is that of the fixture. ``WHO`` names the vehicles, ``STANDS``
says how many of their acts count and how many wait for a decision, in the twelve months up to the last day. Masked
plates are like nobody else's.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

import duckdb
from vehicle_fixture import create_missing, enterprise_name, fill, uscc

TABLES = ("core.violation", "staging.vehicle", "staging.driver_certificate")
FIRST = 31
WHO = {"four": 31, "three": 32, "two": 33, "pending": 34, "annulled": 35, "trip": 36, "hash": 37}
STANDS = {"four": (4, 0), "three": (3, 1), "two": (2, 0), "pending": (0, 1), "annulled": (0, 0), "trip": (1, 0),
          "hash": (1, 0)}  # fmt: skip
HASH = "ab" * 20
YELLOW = 2
FLEET = 9


def plate(who: str) -> str:
    return f"湘MR{WHO[who]:04d}"


def certificate(who: str) -> str:
    return f"43110000{WHO[who]:05d}"


def add(con: duckdb.DuckDBPyConnection, last_day: date) -> None:
    """Fill the tables, and create those that are not there."""
    create_missing(con, TABLES)
    fill(con, "core.violation", _acts(last_day, _a_passage(con)))
    fill(con, "staging.vehicle", [
        {"record_id": f"v{number:03d}", "plate_no": f"湘MR{number:04d}", "plate_color_code": YELLOW,
         "enterprise_name": enterprise_name(0), "first_issue_date": last_day - timedelta(days=400),
         "valid_from": date(2020, 1, 1), "delivery_id": "0" * 64, "source_line": number}
        for number in range(FIRST, FIRST + FLEET)
    ])  # fmt: skip
    fill(con, "staging.driver_certificate", [
        {"record_id": f"d{number:03d}", "driver_certificate_no": certificate(who), "valid_from": date(2020, 1, 1),
         "first_issue_date": last_day - timedelta(days=100)}
        for number, who in enumerate(("four", "three"))
    ])  # fmt: skip


def _a_passage(con: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    row = con.execute(
        "select record_id, site_code from core.passage where verdict = 'over' order by passed_at, record_id limit 1"
    ).fetchall()
    return row[0]


def _acts(last_day: date, passage: tuple[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def act(who: str, back: int, **changes: Any) -> None:
        day = last_day - timedelta(days=back)
        number = len(found)
        found.append({
            "plate_no": plate(who), "plate_color_code": YELLOW,
            "violated_at": datetime.combine(day, time(8, number % 60)), "violated_on": day,
            "case_no": f"永交执〔2026〕{number:06d}号", "act_code": "over_mass", "detection_mode": "off_site",
            "county_code": "431103", "is_elsewhere": False, "driver_no": certificate(who),
            "driver_certificate_no": certificate(who), "uscc": uscc(0), "filed_on": day + timedelta(days=2),
            "decided_on": day + timedelta(days=9), "case_state": "closed", "check_no": f"K{number}",
            "passage_record_id": passage[0], "site_code": passage[1], "gross_vehicle_weight_kg": 60_000,
            "limit_kg": 49_000, "excess_ratio": 11 / 49,
            "accuracy_class": "5", "allowance_kg": 3_000, "excess_after_allowance_kg": 8_000,
            "excess_ratio_after_allowance": 8 / 49, "counted_ratio": 0.1, "flags": "", "is_permitted": False,
            "record_id": f"{number:020x}", "delivery_id": "0" * 64, "source_line": number + 2, **changes,
        })  # fmt: skip

    for back in (300, 200, 120, 40):
        act("four", back)
    act("four", 500, county_code="431125")
    for back in (250, 150, 60):
        act("three", back)
    act("three", 30, excess_ratio=0.15, excess_ratio_after_allowance=0.0925)
    act("three", 2, decided_on=None, case_state="filed")
    act("two", 180)
    act("two", 90, county_code="431124")
    act("pending", 5, decided_on=None, case_state="filed")
    act("annulled", 100, ended_state="revoked_by_review", ended_on=last_day - timedelta(days=20))
    act("annulled", 80, passage_record_id=None, site_code=None, excess_ratio=None, excess_ratio_after_allowance=None)
    act("trip", 70)
    act("trip", 70)
    act("hash", 50, driver_certificate_no=None, driver_no=HASH, uscc=None)
    return found
