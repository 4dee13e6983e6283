"""A world of ``repeat_reference`` as raw rows, and the models of the repeat rule run on them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
from landed import Tables
from repeat_reference import World

from etl.feeds import raw_tables
from warehouse import sql

MODELS = (
    "core.violation", "core.vehicle_violation_span", "staging.vehicle", "staging.driver_certificate",
    "staging.enterprise",
)  # fmt: skip
FEEDS = (
    "enforcement_case", "penalty_decision", "case_event", "wim_passage", "oversize_permit", "vehicle",
    "driver_certificate", "enterprise",
)  # fmt: skip
VERIFIED, UNVERIFIED = "YZ01", "YZ02"
LIMIT_KG, UNLADEN_KG = 49_000, 10_000
ERROR_PER_CENT = 5
"""What a verified scale may err by in service: its class."""
_OPEN = {"valid_from": date(2018, 1, 1)}
_KIND = {"axle_count": 6, "axle_type_code": "157", "single_tyre_axle_count": 0, "lane_code": "1"}


class Rows(Tables):
    """The raw tables of a world; a ``Source`` after ``built``."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        sql.complete_raw(self.connection, raw_tables())
        sql.load_seeds(self.connection)
        for schema in sql.LAYERS:
            self.connection.execute(f"create schema {schema}")
        self.models = {name: sql.render(name).sql for name in sql.in_order(MODELS)}
        self.types = {table.name: {c.name: c.type for c in table.all_columns().values()} for table in raw_tables()}
        self.given("wim_lane", [{"site_code": site, "lane_code": "1", "device_no": site, **_OPEN}
                                for site in (VERIFIED, UNVERIFIED)])  # fmt: skip
        self.given("wim_device", [{"device_no": site, "site_code": site, **_OPEN} for site in (VERIFIED, UNVERIFIED)])
        certificate = {
            "certificate_no": "C",
            "speed_min_kmh": 5,
            "speed_max_kmh": 100,
            "valid_to": date(2030, 1, 1),
            "accuracy_class": str(ERROR_PER_CENT),
        }
        self.given("verification_certificate", [certificate | {"device_no": VERIFIED, **_OPEN}])

    def given(self, feed: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Current rows of a feed; columns a row does not name are null."""
        if not rows:
            return
        types = self.types[feed] | {"row_fate": "VARCHAR"}
        filled = [
            {"record_id": f"{feed}-{at:03d}", "flags": "", "row_fate": "current", "source_line": at + 1} | row
            for at, row in enumerate(rows)
        ]
        names = sorted({name for row in filled for name in row})
        casts = ", ".join(f"cast(? as {types[name]})" for name in names)
        self.connection.executemany(
            f"insert into raw.{feed} ({', '.join(names)}) values ({casts})",
            [[row.get(name) for name in names] for row in filled],
        )

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.connection  # a world is in a transaction that is never committed

    def built(self, world: World) -> "Rows":
        """The models over the world's rows and no others; the caller undoes them with the transaction it began."""
        for feed in FEEDS:
            self.connection.execute(f"delete from raw.{feed}")
        self.given("enforcement_case", [
            {"case_no": case.number, "act_code": "over_mass" if case.is_mass else "over_dimension",
             "detection_mode": "off_site", "check_no": case.weighed and f"K-{case.number}",
             "plate_no": case.plate, "plate_color_code": case.color,
             "driver_id_hash": case.id_hash, "driver_certificate_no": case.certificate, "uscc": case.uscc,
             "county_code": case.county, "violated_at": case.at, "found_on": case.found_on, "filed_on": case.filed_on,
             "procedure": "simple" if case.simple else "ordinary", "case_state": case.state}
            for case in world.cases
        ])  # fmt: skip
        self.given("penalty_decision", [
            {"decision_no": f"{case.number}-{at}", "case_no": case.number, "penalty_kind": kind, "decided_on": day,
             "subject_kind": case.parties[at]}
            for case in world.cases for at, (day, kind) in enumerate(case.decisions)
        ])  # fmt: skip
        self.given("case_event", [
            {"case_no": case.number, "event_no": number, "case_state": state, "event_at": at}
            for case in world.cases for at, number, state in case.steps
        ])  # fmt: skip
        passages: list[dict[str, Any]] = [
            {"check_no": f"K-{case.number}", "passed_at": case.at, "event_date": case.day, "plate_no": case.plate,
             "plate_color_code": case.color, "gross_vehicle_weight_kg": case.weighed.gross,
             "site_code": VERIFIED if case.weighed.verified else UNVERIFIED, **_KIND}
            for case in world.cases if case.weighed is not None
        ]  # fmt: skip
        assert {case.weighed.limit for case in world.cases if case.weighed is not None} <= {LIMIT_KG}
        passages += [
            {"check_no": f"U-{at}", "passed_at": moment, "event_date": moment.date(), "plate_no": plate,
             "plate_color_code": color, "gross_vehicle_weight_kg": UNLADEN_KG, "site_code": VERIFIED, **_KIND}
            for at, (plate, color, moment) in enumerate(world.unladen)
        ]  # fmt: skip
        self.given("wim_passage", passages)
        self.given("oversize_permit", [
            {"permit_no": f"P{at}", "plate_no": permit.plate, "plate_color_code": permit.color,
             "permitted_mass_kg": permit.mass, "valid_from": permit.first, "valid_to": permit.last}
            for at, permit in enumerate(world.permits)
        ])  # fmt: skip
        self.given("vehicle", [
            {"plate_no": span.key[0], "plate_color_code": span.key[1], "enterprise_name": span.name,
             "first_issue_date": span.issued, "valid_from": span.first, "valid_to": span.last}
            for span in world.vehicles
        ])  # fmt: skip
        self.given("driver_certificate", [
            {"driver_certificate_no": span.key[0], "first_issue_date": span.issued, "valid_from": span.first,
             "valid_to": span.last} for span in world.drivers
        ])  # fmt: skip
        self.given("enterprise", [
            {"uscc": span.key[0], "enterprise_name": span.name, "first_issue_date": span.issued,
             "valid_from": span.first, "valid_to": span.last} for span in world.enterprises
        ])  # fmt: skip
        self.connection.execute(
            "create or replace table raw.build_day as"
            " select distinct event_date, true as is_closed from raw.wim_passage"
        )
        for name, query in self.models.items():
            self.connection.execute(f"create or replace table {name} as {query}")
        return self


def days_of(world: World) -> list[date]:
    """Days on which something begins or ends to hold, and those beside them, from the first act on."""
    marks = {case.day for case in world.cases}
    for case in world.cases:
        marks |= {day for day, _ in case.decisions} | {step[0].date() for step in case.steps}
        marks |= {case.filed_on or case.found_on}
        marks |= {
            day + timedelta(days=365 + more) for day in [case.day, *(d for d, _ in case.decisions)] for more in (0, 1)
        }
    for span in (*world.vehicles, *world.drivers, *world.enterprises):
        if span.issued is not None:
            marks |= {span.issued + timedelta(days=round(365.25 * years)) for years in range(1, 7)}
        marks |= {span.first}
    first, last = min(case.day for case in world.cases), max(case.day for case in world.cases) + timedelta(days=800)
    near = {day + timedelta(days=beside) for day in marks for beside in (-1, 0, 1)}
    return sorted(day for day in near if first <= day <= last)
