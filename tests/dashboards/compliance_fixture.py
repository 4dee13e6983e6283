"""Compliance and what else alerts read, of the made warehouse, whose enterprises are those of ``vehicle_fixture``.

Planted: of the enterprises one has no certificate of standardisation (``NEVER``), one's lapsed (``LAPSED``), one's ends
within ten days (``SOON``), and one has let its insurance lapse; a reply of a county is overdue and one is due soon; a
driver's certificate ends soon; the first of the line coaches drove at dawn two days before, on a line of 900 km.
"""

from datetime import date, timedelta
from typing import Any

import duckdb
from vehicle_fixture import ENTERPRISES, create_missing, enterprise_name, fill, uscc

from warehouse.alerts import TABLES

NEVER, LAPSED, SOON, UNINSURED = 3, 5, 8, 11
DRIVER = "431199202601017777"
OVERDUE_REPLY, DUE_REPLY = "示例安函〔2026〕1号", "示例安函〔2026〕2号"


def add(con: duckdb.DuckDBPyConnection, last_day: date) -> None:
    """Create what is missing and fill it."""
    create_missing(con, [table for table in TABLES if table.split(".")[0] in ("staging", "core", "mart")])
    fill(con, "staging.safety_standard", [
        {"record_id": f"s{n:03d}", "standard_certificate_no": f"DB-{n:03d}", "uscc": uscc(n),
         "valid_from": last_day - timedelta(days=900), "valid_to": last_day + timedelta(days=_left(n))}
        for n in range(ENTERPRISES) if n != NEVER
    ])  # fmt: skip
    fill(con, "staging.liability_insurance", [
        {"record_id": f"p{n:03d}", "policy_no": f"AZX-{n:03d}", "uscc": uscc(n),
         "valid_from": last_day - timedelta(days=200),
         "valid_to": last_day + timedelta(days=-1 if n == UNINSURED else 164)}
        for n in range(ENTERPRISES)
    ])  # fmt: skip
    fill(con, "staging.training", [
        {"record_id": f"t{n:03d}", "training_no": "PX-01", "held_on": last_day - timedelta(days=40 + n),
         "uscc": uscc(n), "unit_name": enterprise_name(n), "staff_count": 20 + n, "trained_count": 20 + n - (n == 2)}
        for n in range(0, ENTERPRISES, 2)
    ])  # fmt: skip
    fill(con, "staging.driver_certificate", [
        {"record_id": "d900", "driver_certificate_no": DRIVER, "driver_class": "passenger", "uscc": uscc(1),
         "valid_from": date(2020, 1, 1), "valid_to": last_day + timedelta(days=20)},
    ])  # fmt: skip
    fill(con, "staging.coach_line", [
        {"record_id": f"l{number}", "line_no": f"BX{number}", "uscc": uscc(number), "line_origin": "甲示例站",
         "line_destination": "乙示例站", "line_distance_km": km, "line_class": 1, "valid_from": date(2020, 1, 1)}
        for number, km in enumerate((900.0, 300.0, 150.0))
    ])  # fmt: skip
    dawn = con.execute(
        "select min(plate_no) from mart.vehicle_day where monitored_class = 'line_coach' and is_online"
        " and event_date = ?",
        [last_day - timedelta(days=2)],
    ).fetchall()[0][0]
    fill(con, "staging.monitored_vehicle", _vehicles(con, last_day, dawn))
    fill(con, "staging.relay_point", [
        {"record_id": f"j{number}", "relay_point_no": f"JB-{number}", "place": "示例接驳点", "county_code": "431102",
         "inspected_on": last_day - timedelta(days=back), "valid_from": date(2022, 1, 1)}
        for number, back in enumerate((30, 500))
    ])  # fmt: skip
    fill(con, "staging.referral", [
        {"record_id": f"r{number}", "referral_no": name, "county_code": "431124", "supervision_cause": "overload",
         "sent_on": last_day - timedelta(days=30), "reply_due_on": last_day + timedelta(days=left)}
        for number, (name, left) in enumerate(((OVERDUE_REPLY, -4), (DUE_REPLY, 3)))
    ])  # fmt: skip
    con.execute(
        "update mart.vehicle_day set is_dawn_driving = true where plate_no = ? and event_date = ?",
        [dawn, last_day - timedelta(days=2)],
    )


def _left(number: int) -> int:
    return -3 if number == LAPSED else 10 if number == SOON else 300


def _vehicles(con: duckdb.DuckDBPyConnection, last_day: date, dawn: str) -> list[dict[str, Any]]:
    """The register of the vehicles as they were on the last day, every fifth coach on a line."""
    rows = con.execute(
        "select plate_no, plate_color_code, monitored_class, uscc, county_code from mart.vehicle_day"
        " where event_date = ? and is_registered order by plate_no",
        [last_day],
    ).fetchall()
    return [
        {"record_id": f"m{at:04d}", "plate_no": row[0], "plate_color_code": row[1], "monitored_class": row[2],
         "uscc": row[3], "county_code": row[4], "seat_count": 57 if at == 2 else 45,
         "line_no": "BX0" if row[0] == dawn else f"BX{at % 3}" if at % 5 == 0 else None,
         "has_smart_terminal": True, "valid_from": date(2020, 1, 1)}
        for at, row in enumerate(rows)
    ]  # fmt: skip
