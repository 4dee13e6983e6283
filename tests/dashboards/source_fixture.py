"""Tickets of the made warehouse: of passages with six axles in the last forty days. YT-2 lets go what is over."""

from datetime import date, timedelta

import duckdb
from vehicle_fixture import create_missing, fill

FIRMS = {"YT-2": ("示例石料厂", "431124", 900_000), "YT-3": ("示例水泥厂", "431122", 400_000),
         "YT-4": ("示例物流园", "431124", 50_000)}  # fmt: skip
"""Name, county and yearly tonnage; YT-3 lacks its link to the province."""


def add(con: duckdb.DuckDBPyConnection, last_day: date) -> None:
    create_missing(con, ["mart.loaded_trip"])
    fill(con, "staging.loading_firm", [
        {"record_id": f"firm-{number}", "firm_no": number, "firm_name": name, "county_code": county,
         "firm_kind": "quarry", "annual_tonnage_t": tonnage, "has_weighbridge": True, "has_video": number != "YT-4",
         "linked_to_city": number != "YT-4", "linked_to_province": number == "YT-2", "valid_from": date(2024, 1, 1)}
        for number, (name, county, tonnage) in FIRMS.items()
    ])  # fmt: skip
    con.execute(
        """
        insert into mart.loaded_trip by name
        select cast(left_at as date) as left_date, 't-' || record_id as record_id, firm_no,
            'N-' || left(record_id, 6) as ticket_no, plate_no, plate_color_code, axle_count, loaded_mass_kg, left_at
        from (
            select *, passed_at - interval 50 minute as left_at, gross_vehicle_weight_kg as loaded_mass_kg,
                case when verdict = 'over' or hash(record_id) % 3 = 0 then 'YT-2'
                    when hash(record_id) % 3 = 1 then 'YT-3' else 'YT-4' end as firm_no
            from core.passage
            where passed_date > ? and plate_no is not null and axle_count = 6
                and gross_vehicle_weight_kg is not null and hash(record_id) % 5 = 0
        ) as seen
        """,
        [last_day - timedelta(days=40)],
    )
