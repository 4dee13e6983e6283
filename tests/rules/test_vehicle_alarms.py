"""Which day counts an active-safety alarm, what is no alarm, and that checks of thresholds and registers fire.

The day that is built is 2 March 2026; 1 March is looked back on.
"""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from etl.feeds import raw_tables
from etl.jt808 import profiles
from warehouse import sql
from warehouse.project import run_checks

BUILT = "event_date | is_closed\n2026-03-02 | true"
BOTH_BUILT = "event_date | is_closed\n2026-03-01 | true\n2026-03-02 | true\n2026-03-03 | true"
REGISTER = """
    plate_no | plate_color_code | monitored_class | uscc | county_code | terminal_phone | valid_from | valid_to
    湘M00001 | 2                | line_coach      | A    | 431103      | 1              | 2025-01-01 |
"""
REPORTS = (
    "record_id | terminal_phone | alarm_date | recorded_at | safety_item | alarm_profile | alarm_type_code |"
    " alarm_level | alarm_state_code | alarm_identity"
)


def told(*reports: str, built: str = BUILT) -> dict[str, str]:
    lines = "\n".join(f"{at} | {report}" for at, report in enumerate(reports))
    return {
        "raw.build_day": built,
        "staging.monitored_vehicle": REGISTER,
        "staging.terminal_safety_alarm": f"{REPORTS}\n{lines}",
    }


def report(at: str, state: int, identity: str = "X-1", item: int = 100, code: Any = 1) -> str:
    return f"1 | {at[:10]} | {at} | {item} | su | {code} | 1 | {state} | {identity}"


# Alarms ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reports", "rows"),
    [
        pytest.param(
            [("2026-03-02 08:00:10", 2)],
            "2026-03-02 | true | | 2026-03-02 08:00:10 | 1",
            id="only the end arrived",
        ),
        pytest.param(
            [("2026-03-01 23:59:50", 1), ("2026-03-02 00:00:10", 2)],
            "2026-03-01 | true | 2026-03-01 23:59:50 | | 1\n"
            "2026-03-02 | false | 2026-03-01 23:59:50 | 2026-03-02 00:00:10 | 2",
            id="begin and end",
        ),
        pytest.param(
            [("2026-03-01 23:59:50", 2), ("2026-03-02 00:00:10", 2)],
            "2026-03-01 | true | | 2026-03-01 23:59:50 | 1\n2026-03-02 | false | | 2026-03-02 00:00:10 | 2",
            id="two ends",
        ),
        pytest.param(
            [("2026-03-01 23:59:50", 2), ("2026-03-02 00:00:10", 1)],
            "2026-03-01 | true | | 2026-03-01 23:59:50 | 1\n"
            "2026-03-02 | false | 2026-03-02 00:00:10 | 2026-03-01 23:59:50 | 2",
            id="the end before the beginning",
        ),
        pytest.param(
            [("2026-03-01 23:00:00", 1), ("2026-03-02 12:00:00", 0), ("2026-03-03 01:00:00", 2)],
            "2026-03-01 | true | 2026-03-01 23:00:00 | | 1\n"
            "2026-03-02 | false | 2026-03-01 23:00:00 | | 2\n"
            "2026-03-03 | false | 2026-03-02 12:00:00 | 2026-03-03 01:00:00 | 2",
            id="over two midnights",
        ),
    ],
)
def test_an_alarm_is_counted_on_the_day_of_its_first_report_and_never_twice(model, reports, rows):
    model(
        "core.vehicle_alarm",
        given=told(*(report(at, state) for at, state in reports), built=BOTH_BUILT),
        expect=f"event_date | is_new | alarm_began_at | alarm_ended_at | point_count\n{rows}",
    )


@pytest.mark.parametrize(
    ("identity", "again"),
    [
        pytest.param("ZD-1-20260301235950-3", "false", id="its identity is older than the day before"),
        pytest.param("ZD-1-20260302000010-3", "true", id="the day before would have told"),
        pytest.param("ZD-1-20000101000000-3", "true", id="a clock that was never set"),
        pytest.param("ZD-1-20260230000000-3", "true", id="no day"),
        pytest.param("ZD-1-?-3", "true", id="no time"),
    ],
)
def test_an_alarm_that_is_silent_for_a_day_is_counted_once_if_its_identity_tells_its_day(model, identity, again):
    model(
        "core.vehicle_alarm",
        given=told(
            report("2026-03-01 23:59:50", 1, identity), report("2026-03-03 00:00:10", 2, identity), built=BOTH_BUILT
        ),
        expect=f"""
            event_date | is_new  | alarm_began_at      | alarm_ended_at
            2026-03-01 | true    | 2026-03-01 23:59:50 |
            2026-03-03 | {again} |                     | 2026-03-03 00:00:10
        """,
    )


def test_the_same_identity_in_another_item_is_another_alarm(model):
    model(
        "core.vehicle_alarm",
        given=told(
            report("2026-03-02 08:00:00", 2), report("2026-03-02 08:00:00", 2, item=101),
            report("2026-03-02 08:00:00", 2, identity="X-2"),
        ),
        expect="""
            safety_item | alarm_identity | is_new
            100         | X-1            | true
            100         | X-2            | true
            101         | X-1            | true
        """,
    )  # fmt: skip


def test_a_tyre_report_without_a_type_code_is_no_alarm(model):
    """0x66 sends every wheel's pressure from time to time; its item has no type code."""
    reports = told(
        report("2026-03-02 08:00:00", 0, item=102, code=""), report("2026-03-02 08:00:05", 1, identity="X-2")
    )
    model(
        "mart.vehicle_alarm_day",
        given=reports,
        expect="safety_item | alarm_code | is_alarm | alarm_count\n102 | | false | 1\n100 | 1 | true | 1",
    )


def test_each_bit_of_any_wheel_is_an_alarm_and_a_periodic_report_is_none(model):
    heading = "record_id | terminal_phone | alarm_date | recorded_at | safety_item | alarm_profile | wheel_alarm_flags"
    lines = [
        f"{at} | 1 | 2026-03-02 | 2026-03-02 08:00:0{at} | 102 | su | {flags} | {state} | {identity}"
        for at, (flags, state, identity) in enumerate(
            [(0b1, 0, "A"), (0b0011_0001, 1, "B"), (0b0001_0001, 2, "B"), (0x8000, 0, "C")]
        )
    ]
    reports = told()
    reports["staging.terminal_safety_alarm"] = "\n".join([f"{heading} | alarm_state_code | alarm_identity", *lines])
    model(
        "core.vehicle_alarm",
        given=reports,
        expect="""
            alarm_identity | alarm_code | is_alarm | point_count | alarm_began_at      | alarm_ended_at
            A              |            | false    | 1           | 2026-03-02 08:00:00 |
            B              | 4          | true     | 2           | 2026-03-02 08:00:01 | 2026-03-02 08:00:02
            B              | 5          | true     | 1           | 2026-03-02 08:00:01 |
            C              |            | false    | 1           | 2026-03-02 08:00:03 |
        """,
    )


MODELS = """
    plate_no | plate_color_code | monitored_class | uscc | terminal_phone | terminal_model | valid_from
    湘M00001 | 2                | line_coach      | A    | 1              | HN-1           | 2025-01-01
    湘M00002 | 2                | line_coach      | A    | 2              | XX-9           | 2025-01-01
"""
TYPES = """
    alarm_channel | alarm_profile | terminal_model | safety_item | alarm_code | alarm_kind
    safety        |               |                | 101         | 2          | phone
    safety        | su            |                | 101         | 8          | no_seat_belt
    safety        |               | HN-1           | 101         | 8          | driver_identity
    safety        |               | HN-1           | 101         | 18         | escort_identity
    safety        |               | HN-1           | 101         | 2          |
    safety        |               | HN-1           | 101         | 17         |
"""


def test_a_code_means_what_the_model_of_the_terminal_says_before_profile_and_standard(model):
    """The kinds of Hunan's list that no published protocol has a code for come in as rows for a maker's models."""
    lines = [
        f"{phone}-{code} | {phone} | 2026-03-02 | 2026-03-02 08:00:00 | 101 | su | {code} | 1 | 1 | {phone}-{code}"
        for phone in (1, 2)
        for code in (2, 8, 17, 18)
    ]
    reports = told()
    reports |= {
        "staging.monitored_vehicle": MODELS,
        "seeds.alarm_type": TYPES,
        "seeds.kpi_scheme": "parameter",
        "staging.terminal_safety_alarm": "\n".join([REPORTS, *lines]),
    }
    model(
        "core.vehicle_alarm",
        given=reports,
        expect="""
            plate_no | alarm_code | alarm_kind      | is_alarm
            湘M00001 | 2          |                 | true
            湘M00001 | 8          | driver_identity | true
            湘M00001 | 17         |                 | false
            湘M00001 | 18         | escort_identity | true
            湘M00002 | 2          | phone           | true
            湘M00002 | 8          | no_seat_belt    | true
            湘M00002 | 17         |                 | false
            湘M00002 | 18         |                 | false
        """,
    )


def test_every_type_of_a_safety_alarm_is_one_that_can_be_read(seeds):
    """Profiles and items are those of the layouts: another row would match nothing and look as if it did."""
    rows = seeds.execute(
        "select alarm_profile, safety_item, alarm_code from seeds.alarm_type where alarm_channel = 'safety'"
    ).fetchall()
    assert len(rows) > 20
    for profile, item, code in rows:
        assert profile in (None, *profiles.PROFILES)
        assert item in profiles.ITEMS
        assert 1 <= code <= 255


def test_a_kind_that_is_the_products_reading_says_so(seeds):
    """A name of the bureau for what the standard calls otherwise is an assumption; two codes of one kind show it."""
    marks = seeds.execute(
        "select alarm_channel, alarm_code, confidence from seeds.alarm_type"
        " where alarm_kind in ('long_driving', 'fatigue', 'phone', 'smoking', 'distraction', 'driver_abnormal')"
    ).fetchall()
    assert len(marks) >= 10
    assert {mark for _, _, mark in marks} == {"P"}
    words = seeds.execute(
        "select zh, en from seeds.alarm_type where safety_item = 101 and alarm_code = 5 and alarm_profile is null"
    ).fetchall()
    assert [("未检测到驾驶员" in zh, "no driver detected" in en) for zh, en in words] == [(True, True)]


# Checks ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def seeds() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        sql.load_seeds(connection)
        yield connection


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        sql.run_models(connection, raw_tables(), names=["mart.vehicle_day", "core.vehicle_alarm"])
        yield connection


@pytest.fixture
def built(empty: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every model of vehicles on nothing; rows are added by hand and undone."""
    empty.execute("begin")
    empty.execute("insert into raw.build_day values (date '2026-03-02', true)")
    yield empty
    empty.execute("rollback")


def found(connection: duckdb.DuckDBPyConnection, check: str) -> int:
    return int(run_checks(connection, [check])[check]["rows"])


def judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Thresholds of the built day, computed anew."""
    connection.execute(f"create or replace table core.kpi_threshold as {sql.render('core.kpi_threshold').sql}")


def every_parameter() -> list[str]:
    """Thresholds of the built day; those of closing in bulk are of the day of handling and of another check."""
    with duckdb.connect() as connection:
        sql.load_seeds(connection)
        rows = connection.execute(
            "select distinct parameter from seeds.kpi_scheme"
            " where kpi_scheme = 'local' and not starts_with(parameter, 'burst_') order by 1"
        )
        return [name for (name,) in rows.fetchall()]


def test_a_day_before_the_scheme_has_a_row_without_thresholds_and_stops(built):
    judge(built)
    assert found(built, "kpi_threshold_missing") == 0
    built.execute("update seeds.kpi_scheme set valid_from = date '2026-03-03'")
    judge(built)
    row = "built_date = date '2026-03-02' and drift_kmh is null and rest_s is null and class_limit_kmh is null"
    assert built.execute(f"select count(*) from core.kpi_threshold where {row}").fetchall() == [(1,)]
    assert found(built, "kpi_threshold_missing") == 1


@pytest.mark.parametrize("parameter", every_parameter())
def test_each_threshold_that_is_missing_stops(built, parameter):
    built.execute("delete from seeds.kpi_scheme where parameter = ?", [parameter])
    judge(built)
    assert found(built, "kpi_threshold_missing") == 1


@pytest.mark.parametrize(
    ("parameter", "value", "rows"),
    [
        ("night_from_h", 6, 1), ("night_from_h", 6.5, 0), ("night_to_h", 22, 1), ("dawn_from_h", 5, 1),
        ("dawn_to_h", 2.5, 0), ("overspeed_gap_s", 29, 1), ("overspeed_gap_s", 30, 0), ("overspeed_end_s", 121, 1),
    ],
)  # fmt: skip
def test_thresholds_that_contradict_each_other_stop(built, parameter, value, rows):
    built.execute("update seeds.kpi_scheme set parameter_value = ? where parameter = ?", [value, parameter])
    judge(built)
    assert found(built, "kpi_scheme_order") == rows


def fixes(connection: duckdb.DuckDBPyConnection, *instants: str | None) -> None:
    connection.executemany(
        "insert into staging.terminal_fix (terminal_phone, positioned_date, recorded_at) values ('1', '2026-03-02', ?)",
        [[at] for at in instants],
    )


@pytest.mark.parametrize(("counted", "rows"), [(4, 0), (3, 1), (5, 1), (None, 1)])
def test_a_point_that_was_lost_or_doubled_on_the_way_stops(built, counted, rows):
    """Two instants, one of them twice, and two points without a time are four; the day before is another day's."""
    fixes(built, "2026-03-02 08:00:00", "2026-03-02 08:00:00", "2026-03-02 08:00:30", None, None)
    built.execute("insert into staging.terminal_fix (terminal_phone, positioned_date) values ('1', '2026-03-01')")
    if counted is not None:
        built.execute(
            "insert into mart.vehicle_day (event_date, terminal_phone, received_point_count)"
            " values ('2026-03-02', '1', ?)",
            [counted],
        )
    assert found(built, "vehicle_day_against_points") == rows


@pytest.mark.parametrize(
    ("first_to", "second_from", "rows"),
    [
        ("2026-03-01", "2026-03-02", 0),
        ("2026-03-02", "2026-03-02", 0),
        ("2026-03-03", "2026-03-02", 1),
        (None, "2026-03-02", 1),
    ],
)
def test_a_terminal_of_two_vehicles_is_told_but_for_the_day_of_a_hand_over(built, first_to, second_from, rows):
    built.executemany(
        "insert into staging.monitored_vehicle (plate_no, plate_color_code, terminal_phone, valid_from, valid_to)"
        " values (?, 2, '1', ?, ?)",
        [["湘M00001", "2025-01-01", first_to], ["湘M00002", second_from, None]],
    )
    assert found(built, "terminal_of_two_vehicles") == rows


def test_a_vehicle_is_silent_if_it_is_on_every_day(built):
    for plate, day, is_online, phone, is_registered in (
        ("湘M00001", 1, False, "1", True), ("湘M00001", 2, False, "1", True),
        ("湘M00002", 1, False, "2", True), ("湘M00002", 2, True, "2", True),
        ("湘M00003", 1, False, None, True), (None, 1, False, "4", False),
    ):  # fmt: skip
        built.execute(
            "insert into mart.vehicle_day (event_date, plate_no, plate_color_code, terminal_phone, is_online,"
            " is_registered) values (make_date(2026, 3, ?), ?, 2, ?, ?, ?)",
            [day, plate, phone, is_online, is_registered],
        )
    assert found(built, "vehicle_silent") == 1


def test_a_code_that_nobody_explained_is_told(built):
    built.execute(
        "insert into core.vehicle_alarm (event_date, alarm_channel, alarm_profile, safety_item, alarm_code) values"
        " ('2026-03-02', 'safety', 'su', 101, 6), ('2026-03-02', 'safety', 'yue', 101, 6),"
        " ('2026-03-02', 'safety', 'su', 101, 1), ('2026-03-02', 'safety', 'su', 102, null)"
    )
    assert found(built, "alarm_type_unknown") == 1
