"""KPIs over a period: how days of a vehicle, vehicles of a unit and units of the city add up; official figures."""

import re
from datetime import date
from typing import Any

import duckdb
import pandas as pd
import pytest

from etl.feeds import raw_tables
from warehouse import kpi, league, sql
from warehouse.columns import dictionary

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


class Tables:
    """An open database read as a snapshot is."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        sql.run_models(self.connection, raw_tables(), names=[*kpi.TABLES, "mart.vehicle_alarm_day"])

    def read(self, query: str, params: Any = None) -> pd.DataFrame:
        return self.connection.execute(query, params or []).df()

    def add_days(self, select: str) -> None:
        """Add rows of ``mart.vehicle_day``; counts nobody names are 0, and the vehicle is a coach of the register."""
        counts = {
            name: "0" if type == "BIGINT" else "false"
            for name, type in self.connection.execute(
                "select column_name, data_type from duckdb_columns() where table_name = 'vehicle_day'"
            ).fetchall()
            if type in ("BIGINT", "BOOLEAN")
        }
        usual = {**counts, "is_registered": "true", "monitored_class": "'line_coach'", "plate_color_code": "2"}
        given = [row[0] for row in self.connection.execute(f"describe {select}").fetchall()]
        rest = {name: value for name, value in usual.items() if name not in given}
        self.connection.execute(
            f"insert into mart.vehicle_day by name select *, {', '.join(f'{v} as {n}' for n, v in rest.items())}"
            f" from ({select}) as told"
        )

    def value(self, name: str, level: str = "city", first: date = FIRST, last: date = LAST) -> Any:
        found = kpi.kpis(self, first, last, level)
        return found[found["kpi"] == name].drop(columns="kpi").to_dict("records")


@pytest.fixture
def tables() -> Tables:
    return Tables()


def test_the_online_rate_of_an_official_report_comes_out(tables: Tables) -> None:
    """42 293 of 42 489 networked vehicles online are 99.54 % (Sichuan, report of 2025-04-15)."""
    tables.add_days(
        "select date '2026-02-01' as event_date, 'P' || range as plate_no, 5 as valid_point_count, true as is_online"
        " from range(42489)"
    )
    tables.add_days(
        "select date '2026-03-05' as event_date, 'P' || range as plate_no, 5 as valid_point_count, true as is_online"
        " from range(42293)"
    )
    tables.add_days("select date '2026-03-05' as event_date, 'P' || range as plate_no from range(42293, 42489)")
    (city,) = tables.value("online_rate")
    assert (city["numerator"], city["denominator"]) == (42293, 42489)
    assert f"{city['value']:.2%}" == "99.54%"


def test_the_track_completeness_of_an_official_assessment_comes_out(tables: Tables) -> None:
    """278 890.63 of 283 116.51 km are 98.51 % (Huangshi): kilometres add up over vehicles and days, ratios do not."""
    tables.add_days(
        "select date '2026-03-05' as event_date, 'A' as plate_no, 200000630 as complete_m, 200000630 as total_m"
    )
    tables.add_days("select date '2026-03-06' as event_date, 'A' as plate_no, 0 as complete_m, 4225880 as total_m")
    tables.add_days(
        "select date '2026-03-06' as event_date, 'B' as plate_no, 78890000 as complete_m, 78890000 as total_m"
    )
    (city,) = tables.value("track_completeness")
    assert (city["numerator"], city["denominator"]) == (278_890_630, 283_116_510)
    assert f"{city['value']:.2%}" == "98.51%"


def test_the_score_of_an_official_assessment_comes_out(tables: Tables) -> None:
    """Huangshi: 15 × online rate + 30 × track completeness, nothing under 70 %, + 15 × connectivity (99.99 %)."""
    values = {
        "online_rate": 42293 / 42489,
        "track_completeness": 278890.63 / 283116.51,
        "platform_connectivity": 133909.49 / 133920,
    }
    assert f"{values['platform_connectivity']:.2%}" == "99.99%"
    points = kpi.score(tables, LAST, values, "huangshi")
    assert {name: most for name, (most, _) in points.items()} == {
        "online_rate": 15, "track_completeness": 30, "platform_connectivity": 15,
    }  # fmt: skip
    assert sum(reached or 0 for _, reached in points.values()) == pytest.approx(14.9308 + 29.5522 + 14.9988, abs=1e-3)


@pytest.mark.parametrize(("completeness", "points"), [(0.7, 21.0), (0.6999, 0.0), (None, None)])
def test_below_its_floor_a_kpi_scores_nothing_and_without_a_source_is_not_scored(
    tables: Tables, completeness: float | None, points: float | None
) -> None:
    found = kpi.score(tables, LAST, {"track_completeness": completeness}, "huangshi")
    assert found["track_completeness"] == (30, pytest.approx(points) if points is not None else None)
    assert found["online_rate"] == (15, None)


def test_a_row_of_a_scheme_for_one_class_changes_no_score_and_no_league(tables: Tables) -> None:
    before = kpi.score(tables, LAST, {"online_rate": 1.0}, "huangshi"), league.parameters(tables, LAST)
    tables.connection.execute(
        "insert into seeds.kpi_scheme by name select * replace ('taxi' as monitored_class, 1 as parameter_value)"
        " from seeds.kpi_scheme where kpi_scheme in ('huangshi', 'page')"
    )
    assert (kpi.score(tables, LAST, {"online_rate": 1.0}, "huangshi"), league.parameters(tables, LAST)) == before


def test_units_that_lack_a_part_have_no_score_and_equal_ones_share_a_place(tables: Tables) -> None:
    values = {
        "A": {"online_rate": 0.9, "track_completeness": 0.7}, "B": {"online_rate": 0.9, "track_completeness": 0.7},
        "C": {"online_rate": 1.0, "track_completeness": None}, "D": {"online_rate": 1.0, "track_completeness": 0.69},
    }  # fmt: skip
    found = league.scores(tables, LAST, values, "huangshi")
    assert {unit: score.reached for unit, score in found.items()} == {"A": 34.5, "B": 34.5, "C": None, "D": 15.0}
    assert {(score.possible, score.total) for score in found.values()} == {(45, 60)}
    assert league.ranks({unit: score.reached for unit, score in found.items()}, "up") == {"A": 1, "B": 1, "D": 3}


def test_equal_hours_a_vehicle_are_equal() -> None:
    """3 s of one vehicle and 15 s of five share a rank."""
    hours = kpi.KPIS["fatigue_hours"]
    assert kpi.ratio(hours, 3, 1) == kpi.ratio(hours, 15, 5)


def test_a_vehicle_online_on_any_day_is_one_vehicle_online(tables: Tables) -> None:
    for day in (1, 2, 3):
        tables.add_days(
            f"select date '2026-03-0{day}' as event_date, 'A' as plate_no, 'X' as uscc, {day} as valid_point_count,"
            " true as is_online, 2 as overspeed_count, 1800 as fatigue_certain_s"
        )
        tables.add_days(f"select date '2026-03-0{day}' as event_date, 'B' as plate_no, 'X' as uscc")
    assert tables.value("network_rate")[0]["value"] == 0.5
    assert tables.value("online_rate")[0] == {"numerator": 1, "denominator": 1, "value": 1.0}
    assert tables.value("overspeed_per_vehicle")[0] == {"numerator": 6, "denominator": 1, "value": 6.0}
    assert tables.value("fatigue_hours")[0] == {"numerator": 5400, "denominator": 1, "value": 1.5}
    assert tables.value("online_rate", first=date(2026, 3, 4)) == [{"numerator": 0, "denominator": 0, "value": None}]


def test_a_vehicle_once_networked_stays_so_and_is_not_before(tables: Tables) -> None:
    tables.add_days(
        "select date '2026-03-02' as event_date, 'A' as plate_no, 1 as valid_point_count, true as is_online"
    )
    tables.add_days("select unnest([date '2026-03-01', date '2026-03-03']) as event_date, 'A' as plate_no")
    assert tables.value("network_rate", last=date(2026, 3, 1))[0]["value"] == 0
    assert tables.value("network_rate", first=date(2026, 3, 3))[0]["value"] == 1
    assert tables.value("online_rate", first=date(2026, 3, 3))[0]["value"] == 0


def test_units_add_up_and_a_vehicle_that_changed_hands_counts_with_either(tables: Tables) -> None:
    tables.add_days(
        "select date '2026-03-01' as event_date, 'A' as plate_no, 'X' as uscc, '431103' as county_code,"
        " 10 as received_point_count, 9 as valid_point_count, true as is_online"
    )
    tables.add_days(
        "select date '2026-03-02' as event_date, 'A' as plate_no, 'Y' as uscc, '431103' as county_code,"
        " 10 as received_point_count, 6 as valid_point_count, true as is_online"
    )
    tables.add_days(
        "select date '2026-03-02' as event_date, 'B' as plate_no, 'Y' as uscc, '431122' as county_code,"
        " 20 as received_point_count, 20 as valid_point_count, true as is_online"
    )
    assert tables.value("data_validity", "enterprise") == [
        {"uscc": "X", "numerator": 9, "denominator": 10, "value": 0.9},
        {"uscc": "Y", "numerator": 26, "denominator": 30, "value": 26 / 30},
    ]
    assert [(row["county_code"], row["value"]) for row in tables.value("data_validity", "county")] == [
        ("431103", 0.75), ("431122", 1.0),
    ]  # fmt: skip
    assert [row["numerator"] for row in tables.value("online_rate", "enterprise")] == [1, 2]
    assert tables.value("online_rate")[0]["numerator"] == 2
    assert [row["plate_no"] for row in tables.value("online_rate", "vehicle")] == ["A", "B"]


def test_the_same_plate_in_two_colours_is_two_vehicles(tables: Tables) -> None:
    for colour in (1, 2):
        tables.add_days(
            f"select date '2026-03-01' as event_date, 'A' as plate_no, {colour} as plate_color_code,"
            " 1 as valid_point_count, true as is_online"
        )
    assert tables.value("online_rate")[0]["numerator"] == 2


def test_lists_of_a_class_count_that_class(tables: Tables) -> None:
    tables.add_days(
        "select date '2026-03-01' as event_date, 'A' as plate_no, 'dangerous_goods' as monitored_class,"
        " true as is_online, 1 as valid_point_count, 3 as offline_displacement_count, true as is_dawn_driving"
    )
    tables.add_days(
        "select date '2026-03-01' as event_date, 'B' as plate_no, 'line_coach' as monitored_class, true as is_online,"
        " 1 as valid_point_count, 5 as offline_displacement_count, true as is_dawn_driving"
    )
    tables.add_days(
        "select date '2026-03-01' as event_date, 'C' as plate_no, 'tourist_coach' as monitored_class,"
        " true as is_online, 1 as valid_point_count, 59 as dawn_driving_s"
    )
    assert tables.value("offline_displacement")[0] == {"numerator": 3, "denominator": 1, "value": 3.0}
    assert tables.value("dawn_driving")[0] == {"numerator": 1, "denominator": 2, "value": 0.5}


def test_buses_and_taxis_count_only_when_asked_for(tables: Tables) -> None:
    for plate, of_class in (("A", "'line_coach'"), ("B", "'bus'"), ("C", "'taxi'"), ("D", "cast(null as varchar)")):
        tables.add_days(
            f"select date '2026-03-01' as event_date, '{plate}' as plate_no, {of_class} as monitored_class,"
            " true as is_online, 1 as valid_point_count"
        )
        tables.connection.execute(
            "insert into mart.vehicle_alarm_day by name select date '2026-03-01' as event_date, ? as plate_no,"
            " 2 as plate_color_code, 'phone' as alarm_kind, true as is_alarm, 1 as alarm_count",
            [plate],
        )

    def online(**asked: Any) -> int:
        found = kpi.kpis(tables, FIRST, LAST, **asked)
        return int(found[found["kpi"] == "online_rate"]["numerator"].iloc[0])

    def told(**asked: Any) -> int:
        return int(kpi.alarms(tables, FIRST, LAST, **asked)["alarm_count"].sum())

    for count in (online, told):
        assert count() == 1
        assert count(classes=("bus", "taxi")) == 2
        assert count(classes=kpi.CLASSES) == 3
        assert count(classes=None) == 4
        for wrong in (("tram",), ()):
            with pytest.raises(ValueError, match="Use some of line_coach"):
                count(classes=wrong)


def test_classes_are_those_of_the_register(tables: Tables) -> None:
    assert set(re.findall(r"'(\w+)'", dictionary()["monitored_class"].valid)) == set(kpi.CLASSES)
    named = tables.connection.execute(
        "select distinct monitored_class from seeds.kpi_scheme where monitored_class is not null"
    ).fetchall()
    assert {name for (name,) in named} <= set(kpi.CLASSES)


def test_terminals_of_no_vehicle_and_platforms_without_records_make_no_figure(tables: Tables) -> None:
    tables.add_days(
        "select date '2026-03-01' as event_date, '7' as terminal_phone, false as is_registered,"
        " 10 as received_point_count"
    )
    assert tables.value("data_validity")[0] == {"numerator": 0, "denominator": 0, "value": None}
    assert tables.value("platform_connectivity")[0] == {"numerator": 0, "denominator": 0, "value": None}
    with pytest.raises(ValueError, match="Use one of city, county, enterprise, vehicle"):
        kpi.kpis(tables, FIRST, LAST, "province")


def test_alarms_are_summed_by_kind_and_unit(tables: Tables) -> None:
    tables.add_days("select date '2026-03-01' as event_date, 'A' as plate_no, '431103' as county_code")
    for kind, is_alarm, count in (("phone", True, 2), ("phone", True, 3), (None, True, 4), ("phone", False, 5)):
        tables.connection.execute(
            "insert into mart.vehicle_alarm_day by name select date '2026-03-01' as event_date, 'A' as plate_no,"
            " 2 as plate_color_code, ? as alarm_kind, ? as is_alarm, ? as alarm_count",
            [kind, is_alarm, count],
        )
    found = kpi.alarms(tables, FIRST, LAST, "county")
    assert found["alarm_count"].to_list() == [5, 4]
    assert found["alarm_kind"].to_list()[0] == "phone"


def test_every_threshold_a_kpi_names_has_a_source_and_a_mark(tables: Tables) -> None:
    told = kpi.thresholds(tables, LAST)
    known = set(told["parameter"])
    for each in kpi.KPIS.values():
        assert set(each.parameters) <= known, each.name
        assert each.confidence in {"C1", "C2", "M+", "M-", "P"}
    assert set(told["confidence"]) <= {"C1", "C2", "M+", "M-", "P"}
    assert told["citation_zh"].notna().all()
    assert told["citation_en"].notna().all()
    marks = tables.connection.execute("select distinct confidence from seeds.alarm_type").fetchall()
    assert {mark for (mark,) in marks} <= {"C1", "C2", "M+", "M-", "P"}


MODELS = {
    "network_rate": ("core.vehicle_point",),
    "online_rate": ("core.vehicle_point",),
    "track_completeness": ("core.vehicle_step",),
    "data_validity": ("core.vehicle_point",),
    "drift_rate": ("core.vehicle_drift",),
    "overspeed_per_vehicle": ("core.overspeed_event",),
    "fatigue_hours": ("core.driving_span",),
    "fatigue_hours_possible": ("core.driving_span",),
    "dawn_driving": ("core.driving_block",),
    "offline_displacement": ("core.offline_displacement",),
}
"""Models that a KPI's columns of ``mart.vehicle_day`` come from; those that these read count as well."""
IN_THE_DAY = {"track_completeness": {"track_gap_s", "track_gap_m"}, "dawn_driving": {"dawn_min_s"}}
"""Thresholds that ``mart.vehicle_day`` itself reads for a KPI."""
NOT_OF = {"fatigue_hours": {"dawn_from_h", "dawn_to_h"}, "fatigue_hours_possible": {"dawn_from_h", "dawn_to_h"}}
"""Thresholds that a model reads for another KPI's column."""


def thresholds_read(model: str, columns: set[str]) -> set[str]:
    """Those of the columns of ``core.kpi_threshold`` that a model names, if it reads that table."""
    rendered = sql.render(model)
    if "core.kpi_threshold" not in rendered.reads:
        return set()
    return columns & set(re.findall(r"\w+", re.sub(r"--[^\n]*", "", rendered.sql)))


def test_every_threshold_that_a_kpi_is_judged_by_is_listed_and_no_other(tables: Tables) -> None:
    """Both ways: what the models read for a KPI is among its parameters, and every parameter is read for a KPI.

    Thresholds that no KPI is judged by (of findings and of matching alarms) are read by some model.
    """
    parameter_of = {
        column: parameter
        for parameter, column in re.findall(
            r"parameter = '(\w+)' then parameter_value end\)[^\n]*? as (\w+)[,\n]", sql.render("core.kpi_threshold").sql
        )
    }
    columns = {row[0] for row in tables.connection.execute("describe core.kpi_threshold").fetchall()}
    columns -= {"built_date", "monitored_class"}
    assert set(parameter_of) == columns
    listed: set[str] = set()
    for each in kpi.KPIS.values():
        read = {column for name in sql.in_order(MODELS.get(each.name, ())) for column in thresholds_read(name, columns)}
        read |= IN_THE_DAY.get(each.name, set())
        assert {parameter_of[column] for column in read} - NOT_OF.get(each.name, set()) == set(each.parameters), (
            each.name
        )
        listed |= set(each.parameters)
    assert {parameter_of[column] for column in thresholds_read("mart.vehicle_day", columns)} <= listed
    assert set().union(*IN_THE_DAY.values()) == thresholds_read("mart.vehicle_day", columns)
    told = set(kpi.thresholds(tables, LAST)["parameter"])
    models = [name for name in sql.model_paths() if name != "core.kpi_threshold"]
    used = {parameter_of[column] for name in models for column in thresholds_read(name, columns)}
    used |= {parameter for parameter in told for name in models if f"'{parameter}'" in sql.render(name).sql}
    assert listed <= told == used


def test_a_kpi_says_what_it_leaves_out() -> None:
    """Words that a reader needs to judge the figure, in either language."""
    needed = {
        "dawn_driving": (
            "接驳运输和豁免的短途线路未扣除",
            "relay transport (接驳运输) and exempt short lines are not taken out",
        ),
        "track_completeness": ("前一日之前开始的中断看不到", "began before the day before is not seen"),
        "offline_displacement": ("前一日之前开始的离线看不到", "began before the day before is not seen"),
        "overspeed_per_vehicle": ("既不计超速也不计行驶", "enters neither overspeed nor driving"),
        "data_validity": ("方向0至359", "heading 0 to 359"),
        "fatigue_hours": ("换人看不到", "a hand-over in less than rest_min without reading a card is not seen"),
        "fatigue_hours_possible": ("既不算休息也不算驾驶", "neither rest nor driving"),
    }
    for name, (zh, en) in needed.items():
        assert zh in kpi.KPIS[name].formula_zh
        assert en in kpi.KPIS[name].formula_en


def test_alarm_kinds_are_those_of_the_dictionary(tables: Tables) -> None:
    kinds = {row[0] for row in tables.connection.execute("select distinct alarm_kind from seeds.alarm_type").fetchall()}
    words = dictionary()["alarm_kind"].doc.replace(",", " ").replace(".", " ").split()
    assert kinds - {None} <= set(words)
