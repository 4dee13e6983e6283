"""A few vehicles with every fate an over-limit case can have, run through the models in memory.

``Violations`` answers as a published version does. Plates and firms are invented. As of ``LAST_DAY``:

* ``FOUR`` has four that count in twelve months, one in its certificate year, and one act of each kind that does not;
* ``THREE`` has three, one of them under appeal; ``TWINS`` is two vehicles, a yellow and a blue plate;
* ``STRANGER`` is in no register: one case has no weighing, one a device without a certificate, one is not filed;
* ``CLEAN`` is registered and has no case; ``LEAP`` lies on the edges of the spans;
* ``FIRM`` owns them, with eleven more that have no case.
"""

from datetime import date, datetime, timedelta
from typing import Any
from zlib import crc32

import duckdb
from landed import Tables

from etl.feeds import raw_tables
from warehouse import sql

LAST_DAY = date(2026, 9, 20)
FOUR, THREE, TWINS, STRANGER, CLEAN, LEAP = "湘M10001", "湘M10002", "湘M10003", "湘M10004", "湘M10005", "湘M10008"
OWN = (FOUR, THREE, TWINS, CLEAN, LEAP)
FIRM, FIRM_NAME = "91431100MAE600008E", "示例运输1号公司"
SUBJECTS = ((FOUR, 2), (THREE, 2), (TWINS, 1), (TWINS, 2), (STRANGER, 2), (CLEAN, 2), (LEAP, 2))
DAYS = (date(2025, 12, 31), date(2026, 2, 28), date(2026, 6, 30), date(2026, 7, 1), date(2026, 8, 15), LAST_DAY)

# plate | colour | act | filed | decided | per cent over 49,000 kg | state | found by
_CASES = f"""
{FOUR} | 2 | 2025-08-01 08:00 | 2025-08-03 | 2025-08-20 | 31   | closed     | off_site
{FOUR} | 2 | 2025-12-01 09:15 | 2025-12-03 | 2025-12-20 | 24.4 | closed     | off_site
{FOUR} | 2 | 2026-02-01 10:00 | 2026-02-03 |            | 18   | void       | off_site
{FOUR} | 2 | 2026-03-01 11:30 | 2026-03-04 | 2026-03-20 | 19.5 | closed     | off_site
{FOUR} | 2 | 2026-04-01 12:00 | 2026-04-03 | 2026-04-20 | 10   | closed     | off_site
{FOUR} | 2 | 2026-06-01 02:00 | 2026-06-03 | 2026-06-25 | 41.7 | closed     | off_site
{FOUR} | 2 | 2026-06-01 07:30 | 2026-06-03 | 2026-06-25 | 39   | closed     | off_site
{FOUR} | 2 | 2026-08-01 13:45 | 2026-08-04 | 2026-08-20 | 55   | served     | fixed_station
{FOUR} | 2 | 2026-09-01 15:00 | 2026-09-03 |            | 22   | pre_notice | off_site
{THREE} | 2 | 2026-01-10 08:00 | 2026-01-12 | 2026-01-30 | 17 | closed | off_site
{THREE} | 2 | 2026-04-10 08:00 | 2026-04-12 | 2026-04-30 | 18 | appeal | off_site
{THREE} | 2 | 2026-07-10 08:00 | 2026-07-12 | 2026-07-30 | 19 | closed | off_site
{THREE} | 2 | 2026-08-10 08:00 | 2026-08-12 | 2026-08-30 | 18 | transferred_other | off_site
{TWINS} | 2 | 2026-05-05 08:00 | 2026-05-07 | 2026-05-20 | 20 | closed | off_site
{STRANGER} | 2 | 2026-05-06 08:00 | 2026-05-08 | 2026-05-20 |    | closed | mobile
{STRANGER} | 2 | 2026-05-16 08:00 | 2026-05-18 | 2026-05-30 | 33 | closed | off_site
{STRANGER} | 2 | 2026-06-16 08:00 |            |            | 27 | notified | off_site
{STRANGER} | 2 | 2026-07-16 08:00 | 2026-07-18 | 2026-07-30 | 26 | closed | off_site
{LEAP} | 2 | 2025-09-20 08:00 | 2025-09-22 | 2025-10-10 | 17 | closed | off_site
{LEAP} | 2 | 2025-09-21 08:00 | 2025-09-23 | 2025-10-10 | 17 | closed | off_site
{LEAP} | 2 | 2025-12-31 23:59 | 2026-01-04 | 2026-01-10 | 17 | closed | off_site
{LEAP} | 2 | 2026-06-30 23:00 | 2026-07-02 | 2026-07-10 | 17 | closed | off_site
"""
_NO_CERTIFICATE = (STRANGER, "2026-05-16")
_TABLES = (
    "core.case_passage", "core.violation", "mart.finding", "mart.screening", "core.passage", "staging.vehicle",
    "staging.enterprise", "staging.driver_certificate", "staging.penalty_decision", "staging.case_event",
    "staging.verification_certificate", "staging.wim_device", "staging.wim_site", "mart.dimension_finding",
    "core.case_match", "staging.loading_firm",
)  # fmt: skip


class Violations(Tables):
    """The tables a dossier reads. ``manifest`` and ``version`` as of a published snapshot."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        self.version = 7
        self.manifest: dict[str, Any] = {
            "version": 7, "digest": "ab" * 32, "data_until": LAST_DAY.isoformat(),
            "business_date": LAST_DAY.isoformat(),
        }  # fmt: skip
        sql.complete_raw(self.connection, raw_tables())
        sql.load_seeds(self.connection)
        for schema in (*sql.LAYERS, "meta"):
            self.connection.execute(f"create schema {schema}")
        self.connection.execute("create table meta.delivery (delivery_id varchar, feed varchar, name varchar)")
        _fill(self)
        self.build()

    def build(self) -> None:
        """Run the models, again where rows were given since."""
        for name in sql.in_order(_TABLES):
            self.connection.execute(f"create or replace table {name} as {sql.render(name).sql}")

    def given(self, feed: str, rows: list[dict[str, Any]]) -> None:
        """Current rows of a feed, of one delivery; what a row does not tell is null."""
        raw = next(table for table in raw_tables() if table.name == feed).all_columns()
        delivery = f"{feed.encode().hex():f<64}"[:64]
        self.connection.execute("insert into meta.delivery values (?, ?, ?)", [delivery, feed, f"{feed}_20260920.csv"])
        for at, row in enumerate(rows, 1):
            told = {
                "record_id": f"{crc32(feed.encode()):08x}{at:012x}", "flags": "", "row_fate": "current",
                "delivery_id": delivery, "source_line": at + 1, "byte_offset": at * 200, **row,
            }  # fmt: skip
            casts = ", ".join(f"cast(? as {raw[name].type})" if name in raw else "?" for name in told)
            self.connection.execute(f"insert into raw.{feed} ({', '.join(told)}) select {casts}", [*told.values()])

    def copy_to(self, other: duckdb.DuckDBPyConnection) -> None:
        """Give another database these tables: those it has take the rows, by name; those it lacks are made. Seeds that
        it has stay as they are."""
        for table in (*_TABLES, "seeds.parameter", "seeds.cited_article"):
            schema, name = table.split(".")
            types = dict(
                self.connection.execute(
                    "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?"
                    " order by column_index",
                    [schema, name],
                ).fetchall()
            )
            has = {
                row[0]
                for row in other.execute(
                    "select column_name from duckdb_columns() where schema_name = ? and table_name = ?", [schema, name]
                ).fetchall()
            }
            if has and schema == "seeds":
                continue
            if not has:
                other.execute(f"create table {table} ({', '.join(f'{c} {kind}' for c, kind in types.items())})")
            listed = [column for column in types if not has or column in has]
            other.register("copied", self.read(f"select {', '.join(listed)} from {table}"))
            casts = ", ".join(f"cast({column} as {types[column]}) as {column}" for column in listed)
            other.execute(f"insert into {table} by name select {casts} from copied")
            other.unregister("copied")


def _cases() -> list[dict[str, str]]:
    names = ("plate_no", "color", "violated_at", "filed_on", "decided_on", "over", "state", "mode")
    rows = [[cell.strip() for cell in line.split("|")] for line in _CASES.strip().splitlines()]
    return [dict(zip(names, row, strict=True)) | {"case_no": f"A{at:02d}"} for at, row in enumerate(rows, 1)]


def _later(day: str, days: int) -> str:
    return (datetime.fromisoformat(day[:10]) + timedelta(days=days)).date().isoformat()


def _fill(source: Violations) -> None:
    cases, decisions, steps, weighed, looks = [], [], [], [], []
    days = set()
    for one in _cases():
        act, day = one["violated_at"], one["violated_at"][:10]
        check = f"K-{one['case_no']}" if one["over"] else None
        days.add(day)
        cases.append(
            {
                "case_no": one["case_no"], "plate_no": one["plate_no"], "plate_color_code": one["color"],
                "act_code": "over_mass", "detection_mode": one["mode"], "check_no": check, "violated_at": f"{act}:00",
                "found_on": day, "filed_on": one["filed_on"] or None, "county_code": "431103", "uscc": FIRM,
                "procedure": "ordinary", "case_state": one["state"],
            }
        )  # fmt: skip
        for state, on in (("filed", one["filed_on"]), ("decided", one["decided_on"])):
            if on:
                steps.append((one["case_no"], state, on))
        if one["state"] not in ("pre_notice", "notified"):
            steps.append((one["case_no"], one["state"], _later(one["decided_on"] or one["filed_on"], 6)))
        if one["decided_on"]:
            decisions.append(
                {
                    "decision_no": f"D-{one['case_no']}", "case_no": one["case_no"], "subject_kind": "vehicle",
                    "penalty_kind": "fine", "statutory_fen": 550000, "decided_fen": 50000,
                    "decided_on": one["decided_on"], "served_on": _later(one["decided_on"], 2),
                }
            )  # fmt: skip
        if one["over"]:
            gross = 49_000 + round(float(one["over"]) * 490)
            lane = "2" if (one["plate_no"], day) == _NO_CERTIFICATE else "1"
            weighed.append(
                {
                    "check_no": check, "event_date": day, "passed_at": f"{act}:00", "site_code": "YZ01",
                    "lane_code": lane, "plate_no": one["plate_no"], "plate_color_code": one["color"],
                    "plate_confidence": 0.98, "axle_count": 6, "axle_type_code": "157", "speed_kmh": 55.5,
                    "gross_vehicle_weight_kg": gross, "cross_lane": False, "close_following": False,
                    "axle_loads_kg": [gross - 5 * (gross // 6)] + [gross // 6] * 5,
                }
            )  # fmt: skip
            looks.append(
                {"check_no": check, "site_code": "YZ01", "passed_at": f"{act}:00", "passed_date": day,
                 "screened_at": f"{_later(day, 1)} 09:00:00", "event_date": _later(day, 1),
                 "screened_date": _later(day, 1), "screening_result": "confirmed"}
            )  # fmt: skip
    source.given("enforcement_case", cases)
    source.given("penalty_decision", decisions)
    source.given(
        "case_event",
        [
            {"case_no": case_no, "event_no": at, "case_state": state, "event_at": f"{on} 10:00:00"}
            for at, (case_no, state, on) in enumerate(steps, 1)
        ],
    )
    source.given("wim_passage", weighed)
    raw = next(table for table in raw_tables() if table.name == "violation_screening").all_columns()
    source.given("violation_screening", [{k: v for k, v in look.items() if k in raw} for look in looks])
    source.given("wim_lane", [
        {"site_code": "YZ01", "lane_code": lane, "device_no": f"D-{lane}", "valid_from": "2024-01-01"} for lane in "12"
    ])  # fmt: skip
    source.given("wim_site", [
        {"site_code": "YZ01", "site_name": "YZ01 示例站", "site_name_en": "YZ01 sample site", "county_code": "431103",
         "road_code": "G207", "valid_from": "2024-01-01"}
    ])  # fmt: skip
    source.given("wim_device", [
        {"device_no": f"D-{lane}", "site_code": "YZ01", "manufacturer": "示例厂", "model": "M1", "accuracy_class": "5",
         "valid_from": "2024-01-01"} for lane in "12"
    ])  # fmt: skip
    source.given("verification_certificate", [
        {"certificate_no": f"C-{lane}", "device_no": f"D-{lane}", "accuracy_class": "5", "speed_min_kmh": 5,
         "speed_max_kmh": 100, "verified_on": "2025-01-01", "valid_from": "2025-01-01", "valid_to": until,
         "issued_by": "示例计量院"} for lane, until in (("1", "2026-12-31"), ("2", "2026-04-30"))
    ])  # fmt: skip
    vehicles = [
        {"plate_no": plate, "plate_color_code": color, "vehicle_type_code": "Q", "vehicle_kind": "combination",
         "axle_count": 6, "drive_axle_count": 2, "has_air_suspension": False, "is_tipper": False,
         "enterprise_name": FIRM_NAME, "first_issue_date": "2024-07-01", "valid_from": "2024-07-01"}
        for plate, color in [*((plate, 2) for plate in OWN), (TWINS, 1),
                             *((f"湘M2{number:04d}", 2) for number in range(11))]
    ]  # fmt: skip
    source.given("vehicle", vehicles)
    source.given("enterprise", [
        {"uscc": FIRM, "enterprise_name": FIRM_NAME, "enterprise_kind": "freight", "county_code": "431103",
         "first_issue_date": "2020-03-01", "valid_from": "2020-03-01"}
    ])  # fmt: skip
    for day in sorted(days):
        source.connection.execute("insert into raw.build_day values (?, true)", [day])
