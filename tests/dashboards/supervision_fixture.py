"""What the ranking of the made warehouse reads beside the other fixtures: vehicles that reach the line of repeat
offenders, deadlines of cases in every county, and measures of each kind.

Planted: ``BEHIND`` keeps one deadline of the last month, ``AHEAD`` every one; ``SMALL`` has few vehicles and no place;
one copy to a government is answered late and one is overdue.
"""

from datetime import date, datetime, timedelta
from typing import Any

import duckdb
from vehicle_fixture import create_missing, fill

from warehouse import sql

BEHIND, AHEAD, SMALL = "431124", "431102", "431128"
OVERDUE, LATE = "示例函〔2026〕2号", "示例函〔2026〕1号"
TABLES = (
    "core.vehicle_violation_span", "staging.bulletin", "staging.interview", "staging.referral", "staging.road_crash",
)  # fmt: skip
CASES = 12
"""A county."""


def add(con: duckdb.DuckDBPyConnection, last_day: date, counties: list[str]) -> None:
    create_missing(con, TABLES)
    types = sql.seed_columns()["seeds.score_part"]
    path = sql.PROJECT / "seeds" / "score_part.csv"
    casts = ", ".join(f"cast({column} as {type}) as {column}" for column, type in types.items())
    con.execute(f"create table seeds.score_part as select {casts} from read_csv('{path}', all_varchar = true)")
    fill(con, "mart.case_clock", [
        _clock(county, last_day - timedelta(days=12), number) for county in counties for number in range(CASES)
    ])  # fmt: skip
    _measures(con, last_day)


def _clock(county: str, due: date, number: int) -> dict[str, Any]:
    kept = {BEHIND: 1, AHEAD: CASES}.get(county, 9)
    ended = due if number < kept else due + timedelta(days=3)
    return {
        "case_kind": "illegal_operation", "case_no": f"S{county}{number:02d}", "county_code": county,
        "clock": "filing", "clock_started_on": due - timedelta(days=9), "clock_due_on": due, "clock_ended_on": ended,
        "clock_result": "met" if ended <= due else "late", "is_party_time": False, "is_rolled": False,
        "has_verified_rule": False,
    }  # fmt: skip


def _measures(con: duckdb.DuckDBPyConnection, last_day: date) -> None:
    def day(back: int) -> date:
        return last_day - timedelta(days=back)

    first = last_day.replace(day=1)
    fill(con, "staging.bulletin", [
        {"record_id": "b1", "bulletin_no": "2026年第1期", "title": "示例通报", "issued_on": day(40),
         "period_from": (first - timedelta(days=40)).replace(day=1), "period_to": day(45)}
    ])  # fmt: skip
    fill(con, "staging.interview", [
        {"record_id": f"y{at}", "interview_no": f"YT-{at}", "held_on": day(back), "county_code": BEHIND,
         "unit_name": "示例交通运输局", "unit_kind": "county_bureau", "supervision_cause": cause,
         "rectify_by": day(back - 30)}
        for at, (back, cause) in enumerate(((70, "overdue_hazard"), (10, "low_score")))
    ])  # fmt: skip
    fill(con, "staging.referral", [
        {"record_id": number, "referral_no": number, "county_code": BEHIND, "supervision_cause": cause, "topic": "示例",
         "sent_on": day(sent), "reply_due_on": day(sent - 20), "replied_on": replied}
        for number, sent, replied, cause in (
            (LATE, 80, day(52), "overload"), (OVERDUE, 26, None, "crash"), ("示例函〔2026〕3号", 5, None, "alarms"),
        )
    ])  # fmt: skip
    crashed = day(30)
    fill(con, "staging.road_crash", [
        {"record_id": "c1", "crash_no": "SG1", "county_code": BEHIND, "death_count": 1,
         "occurred_at": datetime(crashed.year, crashed.month, crashed.day, 7)}
    ])  # fmt: skip
