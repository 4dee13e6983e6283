"""Hazards of the made warehouse: those of a tiny prefecture in the year to the last day of the fixture, and an old one.

Planted: ``OLD`` was registered before the year and is long overdue; ``SOON`` is due four days after the last day, and
somebody closed it before it was accepted.
"""

from datetime import date, datetime, time, timedelta

import duckdb
import hazard_truth

from etl.demo import rows
from etl.demo.world import Delivery, world

OLD, SOON = "YH2409-431103-ENT9001", "YH2611-431103-HWY9002"
TABLES = (
    "core.hazard_life", "core.hazard_state", "staging.hazard_check", "staging.hazard_photo", "staging.listing",
    "staging.road_works", "staging.safety_penalty", "staging.small_works",
)  # fmt: skip


def add(con: duckdb.DuckDBPyConnection, last_day: date) -> None:
    """The tables of the models, filled."""
    year = world(7, "tiny", last_day - timedelta(days=364), last_day)
    built = hazard_truth.build([*hazard_truth.deliveries(year), *_planted(last_day)])
    for table in TABLES:
        con.register("told", built.sql(f"from {table}").to_arrow_table())
        con.execute(f"create table {table} as from told")
        con.unregister("told")
    built.close()


def _planted(last_day: date) -> list[Delivery]:
    """A list and steps of two hazards that are being removed."""
    found = []
    listed, steps = [], []
    for number, registered, due in (
        (OLD, last_day - timedelta(days=800), last_day - timedelta(days=700)),
        (SOON, last_day - timedelta(days=20), last_day + timedelta(days=4)),
    ):
        listed.append({
            "county_code": "431103", "hazard_no": number, "hazard_category_code": number[14:17],
            "road_class": "X" if "HWY" in number else None, "hazard_grade": "general", "place": "示例地点",
            "responsible_unit": "示例养护中心", "registered_on": registered, "assigned_on": registered, "due_on": due,
            "hazard_state": "RECTIFYING",
        })  # fmt: skip
        path = ("REGISTERED", "GRADED", "ASSIGNED", "RECTIFYING")
        steps += [
            {"hazard_no": number, "event_no": at, "previous_hazard_state": before, "hazard_state": state,
             "event_at": datetime.combine(registered, time(9, at)), "handling_unit": "示例县交通运输局"}
            for at, (before, state) in enumerate(zip((None, *path), path, strict=False), 1)
        ]  # fmt: skip
    steps.append({
        "hazard_no": SOON, "event_no": 5, "previous_hazard_state": "ACCEPTED", "hazard_state": "CLOSED",
        "event_at": datetime.combine(last_day, time(9)), "handling_unit": "示例县交通运输局",
    })  # fmt: skip
    at = datetime.combine(last_day + timedelta(days=1), time(3))
    for feed, made in (("hazard", listed), ("hazard_event", steps)):
        table = rows.as_table(feed, made)
        found.append(Delivery(feed, f"{feed}_planted", table, last_day, at))
    return found
