"""``heng kpi``: indicators of a period with their parts, a league of units, and what is refused with the next step."""

import json
from typing import Any

import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from etl.feeds import raw_tables
from warehouse import connection, sql
from warehouse.kpi import TABLES

BUS = "湘MK1005"
DAYS = (
    # plate, day, county, received, valid, total_m, complete_m
    ("湘MK1001", "2026-11-01", "431103", 100, 98, 200_000, 200_000),
    ("湘MK1001", "2026-11-02", "431103", 100, 92, 100_000, 70_000),
    ("湘MK1002", "2026-11-01", "431121", 50, 50, 80_000, 80_000),
    ("湘MK1003", "2026-11-01", "431121", 0, 0, 0, 0),
    ("湘MK1004", "2026-12-01", "431122", 10, 10, 0, 0),
    (BUS, "2026-11-01", "431122", 60, 50, 10_000, 5_000),
)


class Served:
    """Some vehicle days, read as a published version is."""

    version = 7
    manifest: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        sql.run_models(self.connection, raw_tables(), names=[*TABLES, "mart.vehicle_alarm_day"])
        types = dict(
            self.connection.execute(
                "select column_name, data_type from duckdb_columns() where table_name = 'vehicle_day'"
            ).fetchall()
        )
        for plate, day, county, received, valid, total_m, complete_m in DAYS:
            row: dict[str, Any] = {name: 0 for name, kind in types.items() if kind == "BIGINT"}
            row |= {
                "plate_no": plate, "plate_color_code": 2, "event_date": day, "county_code": county, "uscc": "U1",
                "is_registered": True, "is_online": valid > 0, "has_drift": False,
                "monitored_class": "bus" if plate == BUS else "line_coach",
                "received_point_count": received, "valid_point_count": valid, "total_m": total_m,
                "complete_m": complete_m,
            }  # fmt: skip
            marks = ", ".join("?" * len(row))
            self.connection.execute(
                f"insert into mart.vehicle_day ({', '.join(row)}) values ({marks})", [*row.values()]
            )

        self.connection.execute(
            "insert into mart.alarm_handling by name select date '2025-02-03' as event_date, '湘MK1001' as plate_no,"
            " 2 as plate_color_code, '431103' as county_code, true as is_registered, 'line_coach' as monitored_class,"
            " timestamp '2025-02-03 08:10:00' as due_at, due_at as handled_at, true as is_in_time, due_at as told_until"
        )

    def read(self, query: str, params: Any = None) -> pd.DataFrame:
        return self.connection.execute(query, params or []).df()


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "snapshot", Served)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["kpi", *arguments])
    if done.exception:
        raise done.exception
    return done.stdout


def test_the_city_has_every_indicator_with_its_parts() -> None:
    told = json.loads(run("--month", "2026-11", "--json"))
    found = {row["kpi"]: (row["numerator"], row["denominator"], row["value"]) for row in told["kpis"]}
    assert found["network_rate"] == (2, 3, pytest.approx(2 / 3))
    assert found["online_rate"] == (2, 2, 1.0)
    assert found["data_validity"] == (240, 250, 0.96)
    assert found["track_completeness"] == (350_000, 380_000, pytest.approx(0.921053, abs=1e-6))
    assert found["platform_connectivity"] == (0, 0, None)
    assert (told["first"], told["last"], told["version"]) == ("2026-11-01", "2026-11-30", 7)
    assert told["classes"] == ["line_coach", "charter_coach", "tourist_coach", "dangerous_goods"]
    assert "bus" not in {row["monitored_class"] for row in told["thresholds"]}
    assert {row["confidence"] for row in told["thresholds"]} >= {"P", "C1"}


def test_buses_and_taxis_count_when_asked_for() -> None:
    told = json.loads(run("--month", "2026-11", "--json", "--all-classes"))
    found = {row["kpi"]: (row["numerator"], row["denominator"]) for row in told["kpis"]}
    assert found["network_rate"] == (3, 4)
    assert found["data_validity"] == (290, 310)
    assert told["classes"] == "all"
    assert "bus" in {row["monitored_class"] for row in told["thresholds"]}
    league = ("--month", "2026-11", "--level", "vehicle", "--kpi", "online_rate")
    assert BUS not in run(*league)
    assert "(两客一危); --all-classes adds buses and taxis" in run(*league)
    assert BUS in run(*league, "--all-classes", "--lang", "zh")
    assert "含公交车和出租车" in run(*league, "--all-classes", "--lang", "zh")


def test_a_league_ranks_units_from_the_best_and_leaves_those_without_data_unranked() -> None:
    lines = run("--month", "2026-11", "--level", "county", "--kpi", "track_completeness", "--lang", "zh").splitlines()
    ranks = [line for line in lines if "4311" in line]
    assert "祁阳县" in ranks[0]
    assert "100.00 %" in ranks[0]
    assert "90.00 %" in ranks[1]
    assert len(ranks) == 2
    vehicles = run("--month", "2026-11", "--level", "vehicle", "--kpi", "track_completeness")
    assert next(line for line in vehicles.splitlines() if "湘MK1003" in line).split("│")[1].strip() == "–"
    assert "unverified" in vehicles


def test_vehicles_of_no_known_county_count_and_take_no_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served()
    served.connection.execute(
        "update mart.vehicle_day set county_code = null, complete_m = total_m where plate_no = '湘MK1001'"
    )
    served.connection.execute("update mart.vehicle_day set complete_m = 0 where plate_no = '湘MK1002'")
    monkeypatch.setattr(connection, "snapshot", lambda: served)
    league = ("--month", "2026-11", "--level", "county", "--kpi", "track_completeness")
    lines = run(*league).splitlines()
    (named,) = (line for line in lines if "431121" in line)
    (nameless,) = (line for line in lines if "not told by the register" in line)
    assert named.split("│")[1].strip() == "1"
    assert nameless.split("│")[1].strip() == "–"
    assert "100.00 %" in nameless
    assert lines.index(named) < lines.index(nameless)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--month", "2026-13"), "Write YYYY-MM"),
        (("--month", "2026-11", "--from", "2026-12-01", "--to", "2026-12-31"), "Say one period"),
        (("--from", "2026-11-30", "--to", "2026-11-01"), "before it begins"),
        (("--from", "2026-11-01"), "two ends"),
        (("--month", "2026-11", "--level", "county"), "--kpi with one of"),
        (("--month", "2026-11", "--level", "town"), "Choose one of city, county"),
        (("--month", "2026-11", "--kpi", "speed"), "Choose one of network_rate"),
        (("--month", "2026-11", "--lang", "fr"), "Choose one of zh, en"),
    ],
)
def test_what_cannot_be_told_is_refused_with_what_can(arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(HengError, match=told):
        run(*arguments)


def test_a_period_without_captures_says_so() -> None:
    assert "No captures lie in this period" in run("--month", "2025-01")


def test_alarms_without_captures_have_a_figure_and_counties_have_no_platform() -> None:
    told = json.loads(run("--month", "2025-02", "--level", "county", "--json"))
    found = {row["kpi"]: (row["county_code"], row["numerator"], row["denominator"]) for row in told["kpis"]}
    assert found["alarm_disposal_in_time"] == ("431103", 1, 1)
    assert found["online_rate"] == ("431103", 0, 0)
    assert found["poll_response_rate"] == ("431103", None, None)
    assert "No captures lie in this period" in run("--month", "2025-02")
    league = run("--month", "2025-02", "--level", "county", "--kpi", "alarm_disposal_in_time", "--lang", "zh")
    assert "100.00 %" in league
    assert "没有终端报文" not in league
    assert "无数据" in run("--month", "2025-02", "--level", "county", "--kpi", "poll_response_rate", "--lang", "zh")
