"""Checks of ``risk_reference`` as tables of an open database, read as a published version is."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

import duckdb
import pandas as pd
from landed import Tables
from risk_reference import Check

from warehouse import sql

_TABLES = {
    "core.passage": "record_id varchar, plate_no varchar, plate_color_code integer, passed_date date, verdict varchar,"
    " county_code varchar",
    "mart.finding": "record_id varchar, passed_at timestamp, passed_date date, site_code varchar, check_no varchar,"
    " county_code varchar, plate_no varchar, plate_color_code integer, is_permitted boolean,"
    " excess_ratio_after_allowance double",
    "mart.screening": "screened_date date, site_code varchar, check_no varchar, passed_date date,"
    " screened_at timestamp, screening_result varchar, void_code varchar",
    "staging.vehicle": "plate_no varchar, plate_color_code integer, vehicle_kind varchar, enterprise_name varchar,"
    " valid_from date, valid_to date",
    "staging.enterprise": "uscc varchar, enterprise_name varchar, valid_from date, valid_to date, record_id varchar",
}


class Served(Tables):
    """A published version with nothing in it but seeds; data reach to ``last``."""

    version = 7

    def __init__(self, last: date) -> None:
        super().__init__(duckdb.connect())
        sql.load_seeds(self.connection)
        for schema in ("core", "mart", "staging"):
            self.connection.execute(f"create schema {schema}")
        for table, columns in _TABLES.items():
            self.connection.execute(f"create table {table} ({columns})")
        self.manifest = {"data_until": last.isoformat(), "business_date": last.isoformat()}
        self.number = 0

    def add(self, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.connection.register("told", pd.DataFrame(rows, dtype=object))
            self.connection.execute(f"insert into {table} by name select * from told")
            self.connection.unregister("told")

    def checks(self, checks: Iterable[Check]) -> None:
        passages, findings, looks = [], [], []
        for one in checks:
            self.number += 1
            record = f"R{self.number:06d}"
            place = {"plate_no": one.plate, "plate_color_code": one.color, "passed_date": one.day,
                     "county_code": one.county, "record_id": record}  # fmt: skip
            passages.append({**place, "verdict": "within" if one.ratio is None else "over"})
            if one.ratio is None:
                continue
            key = {"site_code": "YZ01", "check_no": record, "passed_date": one.day}
            findings.append({
                **place, **key, "passed_at": datetime.combine(one.day, time(8)), "is_permitted": one.is_permitted,
                "excess_ratio_after_allowance": one.ratio,
            })  # fmt: skip
            looks += [
                {**key, "screened_date": on, "screened_at": datetime.combine(on, time(9)), "screening_result": result}
                for on, result in one.looks
            ]
        self.add("core.passage", passages)
        self.add("mart.finding", findings)
        self.add("mart.screening", looks)

    def vehicles(self, rows: Iterable[tuple[str, int, str | None, str | None]], first: date = date(2015, 1, 1)) -> None:
        """Plate, colour, kind and owner of each."""
        self.add("staging.vehicle", [
            {"plate_no": plate, "plate_color_code": color, "vehicle_kind": kind, "enterprise_name": owner,
             "valid_from": first}
            for plate, color, kind, owner in rows
        ])  # fmt: skip

    def enterprises(self, rows: Iterable[tuple[str, str]]) -> None:
        self.add("staging.enterprise", [
            {"uscc": uscc, "enterprise_name": name, "valid_from": date(2015, 1, 1), "record_id": uscc}
            for uscc, name in rows
        ])  # fmt: skip
