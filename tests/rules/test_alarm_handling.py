"""Handling of alarms: what is in time, what the captures have, what is closed in bulk, and KPIs that add it up.

Random cases are computed a second time here, one alarm after the other and without SQL.
"""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from etl.feeds import raw_tables
from warehouse import kpi, sql

DAY = date(2026, 3, 2)
BUILT = "event_date | is_closed\n2026-03-02 | true"
REGISTER = """
    plate_no | plate_color_code | monitored_class | uscc | county_code | valid_from
    湘M00001 | 2                | line_coach      | A    | 431103      | 2025-01-01
"""
TOLD = (
    "record_id | alarm_date | alarm_no | plate_no | plate_color_code | alarm_kind | alarm_source | alarm_began_at |"
    " handle_within_min | handled_at | is_supervised"
)


def told(*alarms: str) -> str:
    rows = (f"r{at} | 2026-03-02 | BJ{at} | 湘M00001 | 2 | {alarm}" for at, alarm in enumerate(alarms))
    return "\n".join([TOLD, *rows])


SENT = "event_date | plate_no | plate_color_code | alarm_kind | alarm_level | is_alarm | is_new | alarm_began_at"


def sent(*alarms: str) -> str:
    return "\n".join([SENT, *(f"2026-03-0{alarm}" for alarm in alarms)])


# In time, and matched ---------------------------------------------------------------------------------------------


def test_what_is_handled_in_the_last_second_is_in_time(model):
    model(
        "mart.alarm_handling",
        given={
            "raw.build_day": BUILT,
            "staging.monitored_vehicle": REGISTER,
            "staging.terminal_alarm": told(
                "phone | terminal | 2026-03-02 08:00:00 | 10 | 2026-03-02 08:10:00 | false",
                "phone | terminal | 2026-03-02 09:00:00 | 10 | 2026-03-02 09:10:01 | false",
                "phone | terminal | 2026-03-02 10:00:00 | 10 | | true",
                "phone | terminal | 2026-03-02 23:55:00 | 10 | 2026-03-03 00:04:00 | false",
            ),
        },
        expect="""
            alarm_no | due_at              | response_s | is_in_time | told_until          | is_registered | uscc
            BJ0      | 2026-03-02 08:10:00 | 600        | true       | 2026-03-02 08:10:00 | true          | A
            BJ1      | 2026-03-02 09:10:00 | 601        | false      | 2026-03-02 09:10:01 | true          | A
            BJ2      | 2026-03-02 10:10:00 |            | false      | 2026-03-02 10:00:00 | true          | A
            BJ3      | 2026-03-03 00:05:00 | 540        | true       | 2026-03-03 00:04:00 | true          | A
        """,
    )


def test_an_alarm_is_found_in_the_captures_missing_or_cannot_be_looked_for(model):
    """61 s are too far. Without a report around the beginning nothing is known; a platform's alarm is on no wire."""
    model(
        "mart.alarm_handling",
        given={
            "raw.build_day": BUILT,
            "staging.monitored_vehicle": REGISTER,
            "staging.terminal_alarm": told(
                "phone | terminal | 2026-03-02 08:00:00 | 10 | | false",
                "phone | terminal | 2026-03-02 09:01:00 | 10 | | false",
                "phone | terminal | 2026-03-02 10:01:01 | 10 | | false",
                "smoking | terminal | 2026-03-02 08:00:00 | 10 | | false",
                "phone | terminal | 2026-03-02 15:00:00 | 10 | | false",
                "phone | government | 2026-03-02 08:00:00 | 10 | | false",
            ),
            "core.wire_alarm": """
                event_date | plate_no | plate_color_code | alarm_kind | wire_no | alarm_began_at
                2026-03-02 | 湘M00001 | 2                | phone      | 1       | 2026-03-02 08:00:00
                2026-03-02 | 湘M00001 | 2                | phone      | 2       | 2026-03-02 09:00:00
                2026-03-02 | 湘M00001 | 2                | phone      | 3       | 2026-03-02 10:00:00
                2026-03-02 | 湘M00001 | 1                | smoking    | 1       | 2026-03-02 08:00:00
            """,
            "core.vehicle_point": """
                built_date | positioned_date | plate_no | plate_color_code | recorded_at
                2026-03-02 | 2026-03-02      | 湘M00001 | 2                | 2026-03-02 08:01:00
                2026-03-02 | 2026-03-02      | 湘M00001 | 2                | 2026-03-02 10:00:30
                2026-03-02 | 2026-03-02      | 湘M00001 | 2                | 2026-03-02 14:58:59
                2026-03-02 | 2026-03-02      | 湘M00001 | 2                | 2026-03-02 15:01:01
                2026-03-02 | 2026-03-02      | 湘M00001 | 1                | 2026-03-02 15:00:00
            """,
        },
        expect="""
            alarm_no | alarm_match | wire_began_at       | match_gap_s
            BJ0      | exact       | 2026-03-02 08:00:00 | 0
            BJ1      | near        | 2026-03-02 09:00:00 | 60
            BJ2      | none        |                     |
            BJ3      | none        |                     |
            BJ4      | no_capture  |                     |
            BJ5      |             |                     |
        """,
    )


def test_what_a_terminal_sent_and_the_extract_lacks_is_counted_where_there_is_an_extract(model):
    model(
        "mart.alarm_reach_day",
        given={
            "raw.build_day": "event_date | is_closed\n2026-03-01 | true\n2026-03-02 | true",
            "staging.monitored_vehicle": REGISTER,
            "staging.terminal_alarm": told(
                "phone | terminal | 2026-03-02 08:00:10 | 10 | | false",
            ),
            "core.vehicle_alarm": sent(
                "1 | 湘M00001 | 2 | phone     | 1 | true  | true  | 2026-03-01 08:00:00",
                "2 | 湘M00001 | 2 | phone     | 1 | true  | true  | 2026-03-02 08:00:00",
                "2 | 湘M00001 | 2 | phone     | 1 | true  | true  | 2026-03-02 08:00:30",
                "2 | 湘M00001 | 2 | phone     | 2 | true  | true  | 2026-03-02 18:00:00",
                "2 | 湘M00001 | 2 | overspeed |   | true  | true  | 2026-03-02 12:00:00",
                "2 | 湘M00001 | 2 | overspeed |   | true  | false | 2026-03-01 23:00:00",
                "2 | 湘M00001 | 2 | smoking   | 1 | true  | true  |",
                "2 | 湘M00001 | 2 |           | 1 | true  | true  | 2026-03-02 12:00:00",
                "2 | 湘M00001 | 2 | fatigue   | 1 | false | true  | 2026-03-02 12:00:00",
                "2 |          |   | fatigue   | 1 | true  | true  | 2026-03-02 12:00:00",
            ),
        },
        expect="""
            event_date | alarm_kind | alarm_level | wire_alarm_count | reached_alarm_count | uscc | county_code
            2026-03-02 | phone      | 1           | 2                | 1                   | A    | 431103
            2026-03-02 | phone      | 2           | 1                | 0                   | A    | 431103
            2026-03-02 | overspeed  |             | 1                | 0                   | A    | 431103
        """,
    )


def nearest_first(told_at: dict[str, int], wire_at: dict[int, int], within: int) -> set[tuple[str, int, int]]:
    """Pairs of an alarm of the extract and one of the captures, the nearest taken first."""
    pairs = sorted(
        (abs(at - wire), at, record, number)
        for record, at in told_at.items()
        for number, wire in wire_at.items()
        if abs(at - wire) <= within
    )
    taken: set[Any] = set()
    found = set()
    for gap, _, record, number in pairs:
        if record not in taken and number not in taken:
            taken |= {record, number}
            found.add((record, number, gap))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_the_nearest_are_matched_first_and_one_to_one_in_whatever_order_they_come(seed: int) -> None:
    chance = random.Random(seed)
    midnight = datetime.combine(DAY, datetime.min.time())
    connection = duckdb.connect()
    sql.load_seeds(connection)
    connection.execute("create schema raw; create schema staging; create schema core")
    connection.execute("create table raw.build_day as select date '2026-03-02' as event_date, true as is_closed")
    groups = [(f"湘M{number:05d}", kind) for number in range(12) for kind in ("phone", "overspeed")]
    expected = set()
    told_rows, wire_rows = [], []
    for plate, kind in groups:
        told_at = {f"{plate}{kind}{at:03d}": chance.randrange(0, 900) for at in range(chance.randrange(0, 25))}
        wire_at = dict(enumerate(sorted(chance.randrange(0, 900) for _ in range(chance.randrange(0, 25))), 1))
        expected |= {(record, plate, kind, *rest) for record, *rest in nearest_first(told_at, wire_at, 60)}
        told_rows += [
            (at, DAY, plate, 2, kind, "terminal", midnight + timedelta(seconds=s)) for at, s in told_at.items()
        ]
        wire_rows += [(DAY, plate, 2, kind, at, midnight + timedelta(seconds=s)) for at, s in wire_at.items()]
    assert expected
    for _ in range(2):
        chance.shuffle(told_rows)
        chance.shuffle(wire_rows)
        connection.execute(
            """create or replace table staging.terminal_alarm (record_id varchar, alarm_date date, plate_no varchar,
                plate_color_code integer, alarm_kind varchar, alarm_source varchar, alarm_began_at timestamp);
            create or replace table core.wire_alarm (event_date date, plate_no varchar, plate_color_code integer,
                alarm_kind varchar, wire_no bigint, alarm_began_at timestamp);
            create or replace table core.kpi_threshold as
                select date '2026-03-02' as built_date, '' as monitored_class, 60 as alarm_match_s"""
        )
        connection.executemany("insert into staging.terminal_alarm values (?, ?, ?, ?, ?, ?, ?)", told_rows)
        connection.executemany("insert into core.wire_alarm values (?, ?, ?, ?, ?, ?)", wire_rows)
        found = connection.execute(
            f"select record_id, plate_no, alarm_kind, wire_no, match_gap_s from ({sql.render('core.alarm_match').sql})"
        ).fetchall()
        assert len(found) == len(expected)
        assert set(found) == expected


# Closed in bulk ---------------------------------------------------------------------------------------------------


class Tables:
    """An open database read as a snapshot is."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        sql.run_models(self.connection, raw_tables(), names=[*kpi.TABLES, "mart.alarm_burst"])

    def read(self, query: str, params: Any = None) -> pd.DataFrame:
        return self.connection.execute(query, params or []).df()

    def fill(self, rows: list[dict[str, Any]]) -> None:
        """``mart.alarm_handling`` of these rows; what nobody names is that of a coach of the register."""
        self.connection.execute("delete from mart.alarm_handling")
        usual = {
            "plate_color_code": 2, "monitored_class": "line_coach", "is_registered": True, "is_supervised": False,
            "alarm_kind": "phone", "county_code": "431103", "uscc": "A", "plate_no": "P1",
        }  # fmt: skip
        self.connection.register("rows", pa.Table.from_pylist([dict.fromkeys(rows[0]) | usual | row for row in rows]))
        self.connection.execute("insert into mart.alarm_handling by name select * from rows")
        self.connection.unregister("rows")

    def bursts(self) -> list[tuple[Any, ...]]:
        return self.connection.execute(
            "select uscc, handling, burst_began_at, burst_ended_at, closed_alarm_count, closed_vehicle_count, "
            f"closed_kind_count, first_alarm_began_at, last_alarm_began_at from ({sql.render('mart.alarm_burst').sql})"
            " order by all"
        ).fetchall()


@pytest.fixture(scope="module")
def opened() -> Tables:
    return Tables()


@pytest.fixture
def tables(opened: Tables) -> Iterator[Tables]:
    yield opened
    opened.connection.execute("delete from staging.enterprise")


NOON = datetime(2026, 3, 2, 12)


def closed(seconds: list[float], **row: Any) -> list[dict[str, Any]]:
    return [
        {"handled_at": NOON + timedelta(seconds=at), "handling": "called", "alarm_began_at": NOON - timedelta(days=1)}
        | row
        for at in seconds
    ]


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        pytest.param(closed([*range(9), 10]), [10], id="ten in ten seconds"),
        pytest.param(closed([*range(9), 10.5]), [], id="ten in more"),
        pytest.param(closed([0] * 9), [], id="nine"),
        pytest.param(closed([0] * 10), [10], id="at once"),
        pytest.param(closed([0] * 5) + closed([1] * 5, handling="message"), [], id="two ways"),
        pytest.param(closed([0] * 5) + closed([1] * 5, uscc="B"), [], id="two enterprises"),
        pytest.param(closed([0] * 20, uscc=None), [], id="of no known enterprise"),
        pytest.param(closed([0] * 10) + closed([10] * 10), [20], id="windows that touch"),
        pytest.param(closed([0] * 10) + closed([11] * 10), [10, 10], id="windows apart"),
        pytest.param(closed([0] * 10) + closed([12, 20]), [10], id="others after it"),
        pytest.param(
            closed([0] * 5, alarm_began_at=datetime(2026, 2, 1)) + closed([3] * 5), [10], id="begun on several days"
        ),
        pytest.param(
            closed([-43_200 - 3] * 5) + closed([-43_200 + 3] * 5), [10], id="over midnight, on the day it began"
        ),
    ],
)
def test_ten_alarms_in_ten_seconds_in_one_way_are_a_burst(
    tables: Tables, rows: list[dict[str, Any]], sizes: list[int]
) -> None:
    tables.fill(rows)
    assert [burst[4] for burst in tables.bursts()] == sizes


def test_a_row_of_the_scheme_for_one_class_doubles_no_burst(tables: Tables) -> None:
    tables.fill(closed([0] * 5))
    tables.connection.execute(
        "insert into seeds.kpi_scheme by name select * replace ('taxi' as monitored_class) from seeds.kpi_scheme"
        " where parameter in ('burst_alarms', 'burst_s')"
    )
    try:
        assert tables.bursts() == []
    finally:
        tables.connection.execute(
            "delete from seeds.kpi_scheme where monitored_class = 'taxi' and starts_with(parameter, 'burst_')"
        )


def plain_bursts(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Every window of ten seconds that begins with a handling; those with ten or more make bursts."""
    found = []
    for key in {(row["uscc"], row["handling"]) for row in rows if row["handled_at"]}:
        own = sorted(
            (row for row in rows if (row["uscc"], row["handling"]) == key and row["handled_at"]),
            key=lambda row: row["handled_at"],
        )
        inside = set()
        for first in own:
            window = [
                at
                for at, row in enumerate(own)
                if timedelta() <= row["handled_at"] - first["handled_at"] <= timedelta(0, 10)
            ]
            inside |= set(window) if len(window) >= 10 else set()
        runs: list[list[dict[str, Any]]] = []
        for at in sorted(inside):
            if not runs or own[at]["handled_at"] - runs[-1][-1]["handled_at"] > timedelta(0, 10):
                runs.append([])
            runs[-1].append(own[at])
        found += [
            (
                *key, run[0]["handled_at"], run[-1]["handled_at"], len(run), len({row["plate_no"] for row in run}),
                len({row["alarm_kind"] for row in run}),
                min(row["alarm_began_at"] for row in run), max(row["alarm_began_at"] for row in run),
            )
            for run in runs
        ]  # fmt: skip
    return sorted(found)


@pytest.mark.parametrize("seed", range(6))
def test_bursts_are_those_of_a_plain_computation_in_whatever_order_alarms_come(tables: Tables, seed: int) -> None:
    chance = random.Random(seed)
    rows = []
    for _ in range(1_200):
        began = NOON - timedelta(minutes=chance.randrange(0, 6_000))
        handled = NOON + timedelta(seconds=chance.randrange(0, chance.choice((60, 2_000))))
        is_open = chance.random() < 0.05
        rows.append({
            "uscc": chance.choice("AB"), "plate_no": f"P{chance.randrange(9)}", "alarm_began_at": began,
            "alarm_kind": chance.choice(("phone", "smoking")), "handled_at": None if is_open else handled,
            "handling": None if is_open else chance.choice(("called", "message", "recorded")),
        })  # fmt: skip
    tables.fill(rows)
    expected = plain_bursts(rows)
    assert len(expected) > 1
    assert tables.bursts() == expected
    chance.shuffle(rows)
    tables.fill(rows)
    assert tables.bursts() == expected


def test_a_burst_is_of_the_county_where_the_enterprise_was_registered_then(tables: Tables) -> None:
    tables.fill(closed([0] * 10))
    spans = [("431103", "2020-01-01", "2026-02-28"), ("431121", "2026-03-01", None)]
    for county, begins, ends in spans:
        tables.connection.execute(
            "insert into staging.enterprise (record_id, uscc, county_code, valid_from, valid_to)"
            " values (?, 'A', ?, ?, ?)",
            [county, county, begins, ends],
        )
    query = f"select event_date, county_code from ({sql.render('mart.alarm_burst').sql})"
    assert tables.connection.execute(query).fetchall() == [(DAY, "431121")]


# KPIs -------------------------------------------------------------------------------------------------------------

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


def alarm(began: datetime, within: int = 10, taken_s: int | None = 60, **more: Any) -> dict[str, Any]:
    handled = None if taken_s is None else began + timedelta(seconds=taken_s)
    due = began + timedelta(minutes=within)
    return {
        "event_date": began.date(), "alarm_began_at": began, "due_at": due, "handled_at": handled,
        "is_in_time": handled is not None and handled <= due, "told_until": handled or began, **more,
    }  # fmt: skip


def counted(tables: Tables, level: str = "city", **how: Any) -> dict[Any, tuple[Any, Any]]:
    """Numerator and denominator by KPI, and by unit where there is one."""
    unit = kpi.LEVELS[level]
    found = kpi.kpis(tables, FIRST, LAST, level, **how).to_dict("records")
    return {
        (row["kpi"], *(row[column] for column in unit)) if unit else row["kpi"]: (row["numerator"], row["denominator"])
        for row in found
    }


def test_what_may_still_be_handled_in_time_where_the_extract_ends_counts_for_nobody(tables: Tables) -> None:
    """The extract reaches to 12:10: an alarm due then counts, one due a second later does not, handled or not."""
    tables.fill([
        alarm(NOON, taken_s=600),
        alarm(NOON, taken_s=None),
        alarm(NOON + timedelta(seconds=1), taken_s=None),
        alarm(NOON + timedelta(seconds=1), taken_s=30),
    ])  # fmt: skip
    found = counted(tables)
    assert found["alarm_handling_rate"] == found["alarm_disposal_in_time"] == (1, 2)
    assert found["supervision_rate"] == (0, 1)
    # A month later everything is due: a later alarm moves the end of the extract, wherever it is.
    tables.fill([
        alarm(NOON, taken_s=600), alarm(NOON, taken_s=None), alarm(NOON + timedelta(seconds=1), taken_s=None),
        alarm(NOON + timedelta(days=40), taken_s=None, plate_no="P2"),
    ])  # fmt: skip
    assert counted(tables)["alarm_handling_rate"] == (1, 3)


def test_an_alarm_is_of_the_one_period_in_which_its_time_ends(tables: Tables) -> None:
    """Ten minutes allowed: of what begins in the last minutes of a month the next one is told, that which the extract
    leaves open apart, whose appeal belongs to the day it began."""
    night = datetime.combine(FIRST, datetime.min.time())
    tables.fill([
        alarm(night - timedelta(minutes=10), appeal_result=None),  # ends with the first instant of the period
        alarm(night - timedelta(minutes=10, seconds=1), taken_s=None),
        alarm(night - timedelta(minutes=5), taken_s=None, appeal_result="rejected"),
        alarm(night + timedelta(days=1), appeal_result="upheld"),
    ])  # fmt: skip
    before = kpi.kpis(tables, FIRST - timedelta(days=9), FIRST - timedelta(days=1)).set_index("kpi")
    for name, now, then in (
        ("alarm_handling_rate", (1, 2), (0, 1)), ("alarm_disposal_in_time", (1, 2), (0, 1)),
        ("appeal_rejection_rate", (1, 2), (0, 0)),
    ):  # fmt: skip
        assert counted(tables)[name] == now, name
        assert tuple(before.loc[name, ["numerator", "denominator"]]) == then, name


def test_a_late_handling_is_a_handling_and_only_late_alarms_ask_for_supervision(tables: Tables) -> None:
    tables.fill([
        alarm(NOON, taken_s=601), alarm(NOON, taken_s=9_000, is_supervised=True), alarm(NOON, taken_s=None),
        alarm(NOON, taken_s=60, is_supervised=True),
    ])  # fmt: skip
    found = counted(tables)
    assert found["alarm_handling_rate"] == (3, 4)
    assert found["alarm_disposal_in_time"] == (1, 4)
    assert found["supervision_rate"] == (1, 3)


def test_an_appeal_that_is_not_decided_is_in_no_rate(tables: Tables) -> None:
    results = ("rejected", "rejected", "upheld", "pending", None)
    tables.fill([alarm(NOON, appeal_result=result) for result in results])
    assert counted(tables)["appeal_rejection_rate"] == (2, 3)
    tables.fill([alarm(NOON, appeal_result="pending")])
    (row,) = kpi.kpis(tables, FIRST, LAST).query("kpi == 'appeal_rejection_rate'").to_dict("records")
    assert (row["denominator"], row["value"]) == (0, None)


def test_alarms_need_no_captures_and_follow_the_classes_asked_for(tables: Tables) -> None:
    tables.fill([
        alarm(NOON), alarm(NOON, plate_no="P2", monitored_class="taxi", taken_s=None),
        alarm(NOON, plate_no="P3", is_registered=False, monitored_class=None),
        alarm(NOON + timedelta(hours=1), plate_no="P4", uscc="B"),
    ])  # fmt: skip
    assert counted(tables)["alarm_handling_rate"] == (1, 1)
    assert counted(tables, classes=None)["alarm_handling_rate"] == (1, 2)
    assert counted(tables)["online_rate"] == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_kpis_of_alarms_are_those_of_a_plain_computation_at_every_level(tables: Tables, seed: int) -> None:
    chance = random.Random(seed)
    rows = []
    for _ in range(700):
        began = datetime(2026, 2, 25) + timedelta(seconds=chance.randrange(40 * 86_400))
        plate = chance.randrange(20)
        rows.append(
            alarm(
                began, chance.choice((10, 30)), chance.choice((None, 1, 599, 600, 601, 1_800, 90_000)),
                plate_no=f"P{plate}", uscc=f"U{plate % 5}", county_code=f"43110{plate % 3}",
                is_supervised=chance.random() < 0.3, is_registered=plate != 7,
                appeal_result=chance.choice((None, None, "upheld", "rejected", "pending")),
                monitored_class="bus" if plate == 3 else "line_coach",
            )
        )  # fmt: skip
    tables.fill(rows)
    known_until = max(row["told_until"] for row in rows)
    day_of = lambda row: row["due_at"].date() if row["due_at"] <= known_until else row["event_date"]  # noqa: E731
    mine = [
        row for row in rows
        if FIRST <= day_of(row) <= LAST and row["is_registered"] and row["monitored_class"] != "bus"
    ]  # fmt: skip
    for level, unit in kpi.LEVELS.items():
        expected: dict[Any, tuple[int, int]] = {}
        for key in {tuple({"plate_color_code": 2, **row}[column] for column in unit) for row in mine}:
            own = [row for row in mine if tuple({"plate_color_code": 2, **row}[column] for column in unit) == key]
            due = [row for row in own if row["due_at"] <= known_until]
            late = [row for row in due if not row["is_in_time"]]
            parts = {
                "alarm_handling_rate": (sum(row["handled_at"] is not None for row in due), len(due)),
                "alarm_disposal_in_time": (len(due) - len(late), len(due)),
                "supervision_rate": (sum(row["is_supervised"] for row in late), len(late)),
                "appeal_rejection_rate": (
                    sum(row["appeal_result"] == "rejected" for row in own),
                    sum(row["appeal_result"] in ("rejected", "upheld") for row in own),
                ),
            }
            expected |= {(name, *key) if unit else name: part for name, part in parts.items()}
        found = counted(tables, level)
        names = {name for name, of in kpi.KPIS.items() if of.table == "mart.alarm_handling"}
        assert {at: part for at, part in found.items() if (at[0] if unit else at) in names} == expected
