"""Vehicles of the made warehouse with enough checks for a rank, weighed on days before the sixty of the pages.

``OFTEN`` is over the limit in every third check, ``ONCE`` once, the others never; ``OFTEN`` is over again in the days
after the one as of which the page tests its scores. A permit, a void look and an excess within the allowance stand
beside.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

import duckdb
from vehicle_fixture import create_missing, fill

OFTEN, ONCE = "湘MS0011", "湘MS0022"
FIRM = "示例运输九公司"
PLATES = (OFTEN, ONCE, *(f"湘MS01{at:02d}" for at in range(40)))
CHECKS = 21
YELLOW = 2


def add(con: duckdb.DuckDBPyConnection, last_day: date) -> None:
    """Fill the tables, and create those that are not there."""
    create_missing(con, ("mart.screening",))
    passages, findings = [], []
    for number, plate in enumerate(PLATES):
        for back in range(CHECKS):
            over = (plate == OFTEN and back % 3 == 0) or (plate == ONCE and back == 5)
            ratio = 0.12 if over else None
            _weighed(passages, findings, plate, last_day - timedelta(days=100 + 4 * back), number, ratio)
    _weighed(passages, findings, OFTEN, last_day - timedelta(days=80), 7, 0.31)
    for back, (ratio, changes) in enumerate([(0.2, {"is_permitted": True}), (0.0, {}), (0.4, {})]):
        _weighed(passages, findings, OFTEN, last_day - timedelta(days=95 + back), 9, ratio, **changes)
    fill(con, "core.passage", passages)
    fill(con, "mart.finding", findings)
    void = findings[-1]
    fill(con, "mart.screening", [{
        "screened_date": void["passed_date"], "site_code": void["site_code"], "check_no": void["check_no"],
        "passed_date": void["passed_date"], "screened_at": void["passed_at"], "screening_result": "void",
        "void_code": "plate_misread",
    }])  # fmt: skip
    # Of no county, so that no list of a county has one more.
    fill(con, "staging.enterprise", [{
        "record_id": "risk-enterprise", "uscc": "91431100TEST00900X", "enterprise_name": FIRM,
        "enterprise_kind": "freight", "valid_from": date(2020, 1, 1),
    }])  # fmt: skip
    fill(con, "staging.vehicle", [
        {"record_id": f"risk-{at}", "plate_no": plate, "plate_color_code": YELLOW, "vehicle_kind": "combination",
         "axle_count": 6, "enterprise_name": FIRM, "valid_from": date(2020, 1, 1), "delivery_id": "0" * 64,
         "source_line": at}
        for at, plate in enumerate(PLATES)
    ])  # fmt: skip


def _weighed(
    passages: list[Any], findings: list[Any], plate: str, day: date, number: int, ratio: float | None, **more: Any
) -> None:
    record = f"f{len(passages):015x}beef"
    at = datetime.combine(day, time(9, number % 60))
    place = {
        "record_id": record, "feed": "wim_passage", "passed_at": at, "passed_date": day, "site_code": "YZ01",
        "county_code": "431122", "plate_no": plate, "plate_color_code": YELLOW, "axle_count": 6, "limit_kg": 49_000,
        "limit_low_kg": 49_000, "rule_id": "M6C", "evidence_ok": True, "flags": "",
    }  # fmt: skip
    gross = 40_000 if ratio is None else round(49_000 * (1.06 + ratio))
    verdict = "within" if ratio is None else "over"
    passages.append({
        **place, "lane_code": "1", "verdict": verdict, "axle_loads_kg": [gross // 6] * 6,
        "gross_vehicle_weight_kg": gross, "delivery_id": "0" * 64,
        "source_line": 1, "excess_ratio": None if ratio is None else gross / 49_000 - 1, "vehicle_kind": "combination",
    })  # fmt: skip
    if ratio is not None:
        findings.append({
            **place, "check_no": f"S-{record}", "gross_vehicle_weight_kg": gross, "excess_kg": gross - 49_000,
            "accuracy_class": "5",
            "excess_ratio": gross / 49_000 - 1, "excess_ratio_after_allowance": ratio, "counted_ratio": 0.1,
            "is_above_counted_ratio": ratio > 0.1, "is_permitted": False, **more,
        })  # fmt: skip
