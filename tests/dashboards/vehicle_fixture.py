"""Monitored vehicles of the made warehouse: their days, findings and alarms, in tables of the models' own columns.

Two hundred and sixty vehicles of twenty-four enterprises over the sixty days of the fixture. Planted:

* no captures on 8 and 9 November: those days have no rows, and nobody was silent on them;
* Xintian has four vehicles, fewer than a rank asks for; two counties are alike and share a place;
* ``SILENT`` vehicles fall silent before the last day, ``NEVER`` have never sent a valid record;
* one coach changes its owner and county on 11 November; buses are registered and no KPI is about them;
* two terminals of no vehicle send every day;
* findings of every kind lie in the last ten days, strong and weak, and alarms of the last thirty days are
  handled in time, late, not at all, or are not due.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from etl.feeds import raw_tables
from warehouse import sql

TABLES = (
    "staging.enterprise", "mart.vehicle_day", "mart.vehicle_alarm_day", "core.vehicle_alarm", "core.driving_span",
    "core.offline_displacement", "core.overspeed_event", "mart.terminal_finding", "mart.alarm_handling",
    "mart.alarm_reach_day", "mart.alarm_burst", "mart.platform_link_day", "mart.post_check",
)  # fmt: skip
ENTERPRISES = 24
SILENT = {
    3: 2,
    17: 5,
    40: 9,
    88: 2,
    121: 14,
    133: 30,
    201: 44,
    230: 25,
}  # number → days with captures it is silent at the end
NEVER = (60, 150)
MOVED = 7  # this coach changes its owner and county
NO_CAPTURES = (date(2026, 11, 8), date(2026, 11, 9))
CLASSES = ("line_coach", "charter_coach", "tourist_coach", "dangerous_goods")
KINDS = ("overspeed", "long_driving", "phone", "smoking", "distraction", "no_seat_belt")


def uscc(number: int) -> str:
    return f"91431100TEST{number:05d}X"


def plate(number: int) -> str:
    return f"湘MT{number:04d}"


def enterprise_name(number: int) -> str:
    return f"示例运输{number}公司"


def create(con: duckdb.DuckDBPyConnection) -> None:
    """The tables as the models make them, without rows, and the seeds that pages of vehicles read."""
    with duckdb.connect() as made:
        sql.run_models(made, raw_tables(), names=TABLES)
        for table in TABLES:
            schema, name = table.split(".")
            columns = made.execute(
                "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?"
                " order by column_index",
                [schema, name],
            ).fetchall()
            con.execute(f"create table {table} ({', '.join(f'{column} {type}' for column, type in columns)})")
        for seed in ("seeds.kpi_scheme", "seeds.alarm_type"):
            frame = made.execute(f"select * from {seed}").df()
            con.register("seed_frame", frame)
            types = sql.seed_columns()[seed]
            con.execute(
                f"create table {seed} as select {', '.join(f'cast({c} as {t}) as {c}' for c, t in types.items())}"
                " from seed_frame"
            )
            con.unregister("seed_frame")


def create_missing(con: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Create tables of models that the warehouse has not yet, empty."""
    held = {
        f"{schema}.{name}"
        for schema, name in con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    }
    with duckdb.connect() as made:
        sql.run_models(made, raw_tables(), names=list(tables))
        for table in {*tables} - held:
            described = made.execute(f"describe {table}").fetchall()
            con.execute(f"create table {table} ({', '.join(f'{name} {type}' for name, type, *_ in described)})")


def fill(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Rows by name; what a row does not tell is null."""
    schema, name = table.split(".")
    types = dict(
        con.execute(
            "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?",
            [schema, name],
        ).fetchall()
    )
    told = list(dict.fromkeys(column for row in rows for column in row))
    unknown = [column for column in told if column not in types]
    assert not unknown, f"{table} has no columns {unknown}"
    con.register("made_frame", pd.DataFrame({c: pd.Series([r.get(c) for r in rows], dtype=object) for c in told}))
    casts = ", ".join(f"cast({column} as {types[column]}) as {column}" for column in told)
    con.execute(f"insert into {table} by name select {casts} from made_frame")
    con.unregister("made_frame")


def add(con: duckdb.DuckDBPyConnection, last_day: date, counties: list[str]) -> None:
    """Create the tables and fill them; everything is drawn from one seed."""
    rng = np.random.default_rng(431102)
    create(con)
    fill(
        con,
        "staging.enterprise",
        [
            {
                "record_id": f"{n:020x}", "uscc": uscc(n), "enterprise_name": enterprise_name(n),
                "enterprise_kind": "passenger", "county_code": counties[n % len(counties)],
                "valid_from": date(2020, 1, 1),
            }
            for n in range(ENTERPRISES)
        ],
    )  # fmt: skip
    vehicles = _vehicles(rng, counties)
    days = [last_day - timedelta(days=back) for back in range(59, -1, -1)]
    captured = [day for day in days if day not in NO_CAPTURES]
    made = _days(rng, vehicles, captured, counties)
    fill(con, "mart.vehicle_day", made)
    _driving(con, made)
    _wire_alarms(con, rng, made)
    _findings(con, rng, vehicles, last_day)
    _handling(con, rng, vehicles, last_day)
    _platforms(con, rng, days)


def _vehicles(rng: np.random.Generator, counties: list[str]) -> list[dict[str, Any]]:
    small = "431128"
    others = [county for county in counties if county != small]
    found = []
    for n in range(280):
        county = small if n % 65 == 64 else others[n % len(others)]
        of_county = [e for e in range(ENTERPRISES) if counties[e % len(counties)] == county]
        found.append(
            {
                "number": n, "plate_no": plate(n), "plate_color_code": 2, "terminal_phone": f"1390000{n:04d}",
                "monitored_class": "bus" if n >= 260 else CLASSES[int(rng.integers(0, 4))],
                "uscc": uscc(of_county[n // len(others) % len(of_county)]), "county_code": county,
            }
        )  # fmt: skip
    return found


def _days(
    rng: np.random.Generator, vehicles: list[dict[str, Any]], captured: list[date], counties: list[str]
) -> list[dict[str, Any]]:
    good = {county: 0.9 + 0.008 * at for at, county in enumerate(counties)}
    rows = []
    for vehicle in vehicles:
        n = vehicle["number"]
        own = {name: value for name, value in vehicle.items() if name != "number"}
        for at, day in enumerate(captured):
            if n == MOVED and day >= date(2026, 11, 11):
                own |= {"uscc": uscc(1), "county_code": counties[1]}
            silent = n in NEVER or len(captured) - at <= SILENT.get(n, 0)
            # The last day belongs to everybody who is not planted as silent, so that their number is known.
            online = not silent and (day == captured[-1] or rng.random() < good[own["county_code"]])
            row = {**own, "event_date": day, "is_registered": True, "is_online": online}
            counts = dict.fromkeys(
                (
                    "received_point_count", "valid_point_count", "fixed_point_count", "drift_point_count", "total_m",
                    "complete_m", "overspeed_count", "moving_s", "fatigue_certain_s", "fatigue_possible_s",
                    "dawn_driving_s", "offline_displacement_count",
                ),
                0,
            )  # fmt: skip
            row |= counts | {"has_drift": False, "is_dawn_driving": False}
            if online:
                received = int(rng.integers(400, 900))
                total = int(rng.integers(60_000, 380_000))
                gap = int(rng.integers(2_000, 30_000)) if rng.random() < 0.4 else 0
                ended = datetime(day.year, day.month, day.day, 21) + timedelta(minutes=int(rng.integers(0, 170)))
                row |= {
                    "received_point_count": received, "valid_point_count": received - int(rng.integers(0, 12)),
                    "fixed_point_count": received - 12, "total_m": total, "complete_m": total - gap,
                    "overspeed_count": int(rng.poisson(0.15)), "moving_s": int(total / 13),
                    "fatigue_certain_s": int(rng.integers(0, 3600)) if rng.random() < 0.02 else 0,
                    "has_drift": bool(rng.random() < 0.01), "is_dawn_driving": bool(rng.random() < 0.004),
                    "offline_displacement_count": int(gap > 20_000 and rng.random() < 0.1),
                    "first_recorded_at": datetime(day.year, day.month, day.day, 5), "last_recorded_at": ended,
                }  # fmt: skip
                row["fatigue_possible_s"] = row["fatigue_certain_s"]
            rows.append(row)
    for day in captured:
        for phone in ("14900000001", "14900000002"):
            rows.append(
                {
                    "event_date": day, "terminal_phone": phone, "is_registered": False, "is_online": True,
                    "has_drift": False, "received_point_count": 50, "valid_point_count": 50, "total_m": 0,
                    "complete_m": 0,
                }
            )  # fmt: skip
    return rows


def _vehicle(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("plate_no", "plate_color_code")}


def _driving(con: duckdb.DuckDBPyConnection, days: list[dict[str, Any]]) -> None:
    recent = [row for row in days if row["is_registered"] and row["is_online"] and row["event_date"].day >= 12]
    spans, silences, overspeeds = [], [], []
    for row in recent:
        began = row["first_recorded_at"] + timedelta(hours=1)
        mine = {"event_date": row["event_date"], **_vehicle(row)}
        spans.append(
            {**mine, "driving_began_at": began, "driving_ended_at": began + timedelta(hours=3), "is_new": True,
             "driving_day_s": 10_800, "moving_day_s": 9_000, "fatigue_certain_s": 0}
        )  # fmt: skip
        if row["offline_displacement_count"]:
            silences.append(
                {**mine, "silent_from": began + timedelta(hours=4), "silent_to": began + timedelta(hours=6),
                 "displacement_m": 21_000, "from_latitude": 25.5, "from_longitude": 111.6,
                 "to_latitude": 25.6, "to_longitude": 111.7}
            )  # fmt: skip
        if row["overspeed_count"]:
            overspeeds.append(
                {**mine, "overspeed_began_at": began + timedelta(hours=1), "is_new": True,
                 "overspeed_ended_at": began + timedelta(hours=1, minutes=1), "max_speed_kmh": 118,
                 "speed_limit_kmh": 100, "point_count": 3}
            )  # fmt: skip
    fill(con, "core.driving_span", spans)
    fill(con, "core.offline_displacement", silences)
    fill(con, "core.overspeed_event", overspeeds)


def _wire_alarms(con: duckdb.DuckDBPyConnection, rng: np.random.Generator, days: list[dict[str, Any]]) -> None:
    rows = []
    for row in days:
        if not row["is_online"] or not row["is_registered"]:
            continue
        for kind in KINDS:
            count = int(rng.poisson(0.08))
            if count:
                rows.append(
                    {"event_date": row["event_date"], **_vehicle(row), "terminal_phone": row["terminal_phone"],
                     "alarm_channel": "flag", "alarm_code": KINDS.index(kind), "alarm_kind": kind, "is_alarm": True,
                     "alarm_count": count}
                )  # fmt: skip
    fill(con, "mart.vehicle_alarm_day", rows)


FINDINGS = (
    "scale_silent",
    "scale_parked",
    "scale_elsewhere",
    "copied_track",
    "constant_speed",
    "teleport",
    "shared_phone",
)


def _findings(
    con: duckdb.DuckDBPyConnection, rng: np.random.Generator, vehicles: list[dict[str, Any]], last: date
) -> None:
    passages = con.execute(
        "select record_id, site_code from core.passage where feed = 'wim_passage' order by record_id limit 40"
    ).fetchall()
    rows = []
    for at in range(28):
        vehicle = vehicles[(at * 9 + 5) % 260]
        kind = FINDINGS[at % len(FINDINGS)]
        day = last - timedelta(days=at % 10)
        began = datetime(day.year, day.month, day.day, 8, 10) + timedelta(minutes=17 * at)
        row = {
            name: vehicle[name] for name in ("plate_no", "plate_color_code", "terminal_phone", "uscc", "county_code")
        }
        row |= {
            "event_date": day, "finding_kind": kind, "monitored_class": vehicle["monitored_class"],
            "finding_grade": "weak" if at % 3 == 2 else "strong", "began_at": began,
            "ended_at": began + timedelta(minutes=35), "latitude": 25.41 + at / 100, "longitude": 111.6 + at / 100,
            "point_count": 24 + at,
        }  # fmt: skip
        if kind.startswith("scale_"):
            record, site = passages[at]
            row |= {"passage_record_id": record, "site_code": site, "distance_m": 18_000 + 700 * at}
        if kind == "copied_track":
            other = vehicles[(at * 9 + 50) % 260]
            row |= {"other_plate_no": other["plate_no"], "other_plate_color_code": 2, "other_began_at": began}
        rows.append(row)
    fill(con, "mart.terminal_finding", rows)


HANDLINGS = ("called", "message", "stopped")


def _handling(
    con: duckdb.DuckDBPyConnection, rng: np.random.Generator, vehicles: list[dict[str, Any]], last: date
) -> None:
    told_until = datetime(last.year, last.month, last.day, 23, 59)
    rows = []
    for at in range(900):
        vehicle = vehicles[int(rng.integers(0, 260))]
        day = last - timedelta(days=int(rng.integers(0, 50)))
        began = datetime(day.year, day.month, day.day) + timedelta(seconds=int(rng.integers(0, 86_000)))
        level = 1 if rng.random() < 0.3 else 2
        within = 10 if level == 1 else 60
        fate = rng.random()
        wait = (
            int(rng.integers(30, within * 60)) if fate < 0.82 else int(rng.integers(within * 60 + 60, within * 60 * 9))
        )
        handled = None if fate > 0.93 else began + timedelta(seconds=wait)
        if handled is not None and handled > told_until:
            handled = None
        due = began + timedelta(minutes=within)
        in_time = handled is not None and handled <= due
        appeal = None
        if rng.random() < 0.05:
            appeal = ("upheld", "rejected", "pending")[int(rng.integers(0, 3))]
        rows.append(
            {
                "event_date": day, "record_id": f"{at + 1:020x}", "delivery_id": f"{at % 30:064x}",
                "source_line": at + 2, "alarm_no": f"BJ{at:06d}", **_vehicle(vehicle),
                "monitored_class": vehicle["monitored_class"], "uscc": vehicle["uscc"],
                "county_code": vehicle["county_code"], "is_registered": True,
                "alarm_kind": KINDS[int(rng.integers(0, len(KINDS)))], "alarm_level": level,
                "alarm_source": "terminal", "alarm_began_at": began, "handle_within_min": within, "due_at": due,
                "handled_at": handled, "handling": HANDLINGS[at % 3] if handled else None,
                "response_s": None if handled is None else wait, "is_in_time": in_time,
                "is_supervised": bool(not in_time and rng.random() < 0.5), "appeal_result": appeal,
                "appealed_at": began + timedelta(hours=5) if appeal else None, "told_until": told_until,
                "alarm_match": ("exact", "near", "none", "no_capture")[at % 4],
                "match_gap_s": at % 40 if at % 4 < 2 else None,
                "wire_began_at": began if at % 4 < 2 else None,
            }
        )  # fmt: skip
    fill(con, "mart.alarm_handling", rows)
    bursts = [
        {"event_date": last - timedelta(days=at), "uscc": uscc(at), "handling": "message",
         "burst_began_at": told_until - timedelta(days=at, hours=3),
         "burst_ended_at": told_until - timedelta(days=at, hours=3) + timedelta(seconds=6),
         "closed_alarm_count": 12 + at, "closed_vehicle_count": 7}
        for at in range(3)
    ]  # fmt: skip
    fill(con, "mart.alarm_burst", bursts)


def _platforms(con: duckdb.DuckDBPyConnection, rng: np.random.Generator, days: list[date]) -> None:
    links = []
    for day in days:
        for n in range(6):
            links.append(
                {"event_date": day, "platform_no": f"P{n:02d}", "platform_name": f"示例平台{n}",
                 "platform_kind": "enterprise", "uscc": uscc(n), "link_total_ms": 86_400_000,
                 "link_down_ms": int(rng.integers(0, 900_000)), "outage_count": 1}
            )  # fmt: skip
    fill(con, "mart.platform_link_day", links)
