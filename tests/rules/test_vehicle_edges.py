# ruff: noqa: E501  (tables)
"""Vehicle monitoring at its edges: exact thresholds, midnight, gaps, doubled points, wrong places, bits set before.

Points are 30 seconds apart along a meridian unless a test says otherwise: 0.001 degrees are about 111 m. Speeds are
what the terminal says, places are where it says it is. The day that is built is 2 March 2026; 1 March is looked back on.
"""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from warehouse import sql

BUILT = """
    event_date | is_closed
    2026-03-02 | true
"""
REGISTER = """
    plate_no | plate_color_code | monitored_class | uscc | county_code | terminal_phone | valid_from | valid_to
    湘M00001 | 2                | line_coach      | A    | 431103      | 1              | 2025-01-01 |
    湘M00002 | 2                | dangerous_goods | B    | 431122      | 2              | 2025-01-01 |
"""
HEADING = (
    "terminal_phone | recorded_at | positioned_date | report_origin | latitude | longitude | altitude_m |"
    " terminal_speed_kmh | heading_deg | alarm_flags | status_flags | flags"
)


def point(
    at: str, *, phone: int = 1, speed: Any = 0, latitude: Any = 26.0, longitude: Any = 111.0, origin: str = "report",
    altitude: Any = 100, heading: Any = 0, flags: int = 0, status: int = 3,
) -> str:  # fmt: skip
    """One line of a table of points. ``at`` is a time of 2 March, or a whole instant."""
    instant = at if "-" in at else f"2026-03-02 {at}"
    cells = (phone, instant, instant[:10], origin, latitude, longitude, altitude, speed, heading, flags, status, "''")
    return " | ".join(str(cell) for cell in cells)


def table(*lines: str) -> str:
    return "\n".join([HEADING, *lines])


def every(seconds: int, begin: str, end: str, **told: Any) -> Iterator[str]:
    """Points from ``begin`` up to, without, ``end``."""
    at, until = (datetime.fromisoformat(text if "-" in text else f"2026-03-02 {text}") for text in (begin, end))
    while at < until:
        yield point(at.isoformat(" "), **told)
        at += timedelta(seconds=seconds)


def given(*lines: str, **more: str) -> dict[str, str]:
    return {
        "raw.build_day": BUILT,
        "staging.monitored_vehicle": REGISTER,
        "staging.terminal_fix": table(*lines),
        **{name.replace("__", "."): text for name, text in more.items()},
    }


# Points ---------------------------------------------------------------------------------------------------------------


def test_bounds_of_a_valid_point_are_inclusive_and_the_first_fault_is_named(model):
    model(
        "core.vehicle_point",
        given=given(
            point("08:00:00", speed=160, altitude=6000, heading=359),
            point("08:00:01", speed=160.1),
            point("08:00:02", speed=160.1, altitude=6001, latitude=2.999999),
            point("08:00:03", altitude=-200, latitude=3, longitude=136),
            point("08:00:04", altitude=-201),
            point("08:00:05", heading=360, altitude=-201),
            point("08:00:06", speed=""),
            point("08:00:07", status=1),
            point("08:00:08", longitude=136.1, status=1),
            point("08:00:09", phone=3, speed=200),
        ),
        expect="""
            recorded_at         | plate_no | point_fault | has_fix
            2026-03-02 08:00:00 | 湘M00001 |             | true
            2026-03-02 08:00:01 | 湘M00001 | speed       | true
            2026-03-02 08:00:02 | 湘M00001 | position    | true
            2026-03-02 08:00:03 | 湘M00001 |             | true
            2026-03-02 08:00:04 | 湘M00001 | altitude    | true
            2026-03-02 08:00:05 | 湘M00001 | heading     | true
            2026-03-02 08:00:06 | 湘M00001 | speed       | true
            2026-03-02 08:00:07 | 湘M00001 |             | false
            2026-03-02 08:00:08 | 湘M00001 | position    | false
            2026-03-02 08:00:09 |          | plate       | true
        """,
    )


def test_a_point_that_came_several_ways_counts_once_as_the_most_direct_says_it(model):
    model(
        "core.vehicle_point",
        given=given(
            point("08:00:00", origin="backfill", speed=1),
            point("08:00:00", origin="batch", speed=2),
            point("08:00:00", origin="reply", speed=3),
            point("08:00:00", origin="report", speed=4),
            point("08:00:30", origin="backfill", speed=5),
            point("08:00:30", origin="batch", speed=6),
            point("08:00:00", phone=2, origin="backfill", speed=7),
        ),
        expect="""
            plate_no | recorded_at         | terminal_speed_kmh
            湘M00001 | 2026-03-02 08:00:00 | 4
            湘M00001 | 2026-03-02 08:00:30 | 6
            湘M00002 | 2026-03-02 08:00:00 | 7
        """,
    )


def test_a_terminal_belongs_to_the_vehicle_that_has_it_on_the_day(model):
    model(
        "core.vehicle_point",
        given={
            "raw.build_day": BUILT,
            "staging.monitored_vehicle": """
                plate_no | plate_color_code | monitored_class | terminal_phone | valid_from | valid_to
                湘M00001 | 2                | line_coach      | 1              | 2025-01-01 | 2026-03-01
                湘M00009 | 2                | line_coach      | 1              | 2026-03-02 |
            """,
            "staging.terminal_fix": table(point("2026-03-01 23:59:59"), point("2026-03-02 00:00:00")),
        },
        expect="""
            plate_no | recorded_at         | built_date
            湘M00001 | 2026-03-01 23:59:59 | 2026-03-02
            湘M00009 | 2026-03-02 00:00:00 | 2026-03-02
        """,
    )


def test_of_overlapping_spans_the_later_holds_and_a_terminal_has_one_vehicle(model):
    """A vehicle whose owner changed without an end to the span before; a terminal that two vehicles name."""
    model(
        "core.vehicle_service",
        given={
            "raw.build_day": BUILT,
            "staging.monitored_vehicle": """
                plate_no | plate_color_code | uscc | terminal_phone | valid_from | valid_to
                湘M00001 | 2                | old  | 1              | 2025-01-01 |
                湘M00001 | 2                | new  | 9              | 2026-03-02 |
                湘M00003 | 2                | C    | 1              | 2025-06-01 | 2026-03-01
                湘M00004 | 2                | D    |                | 2025-06-01 |
                湘M00005 | 2                | E    |                | 2026-03-02 |
            """,
        },
        expect="""
            service_date | plate_no | uscc | terminal_phone
            2026-03-01   | 湘M00001 | old  |
            2026-03-01   | 湘M00003 | C    | 1
            2026-03-01   | 湘M00004 | D    |
            2026-03-02   | 湘M00001 | new  | 9
            2026-03-02   | 湘M00004 | D    |
            2026-03-02   | 湘M00005 | E    |
        """,
    )


def test_thresholds_are_those_of_the_day(model):
    """A scheme row ends and another begins: each day is judged by its own."""
    rows = "\n".join(
        f"local | {kind} | {begin} | {end} | {name} | {value}"
        for name, kind, begin, end, value in (
            ("latitude_min_deg", "", "", "", 3), ("latitude_max_deg", "", "", "", 54),
            ("longitude_min_deg", "", "", "", 73), ("longitude_max_deg", "", "", "", 136),
            ("altitude_min_m", "", "", "", -200), ("altitude_max_m", "", "", "", 6000),
            ("valid_speed_max_kmh", "", "", "2026-03-01", 160), ("valid_speed_max_kmh", "", "2026-03-02", "", 120),
            ("drift_kmh", "", "", "", 160), ("drift_kmh", "line_coach", "", "", 170),
            ("drift_kmh", "dangerous_goods", "", "2026-03-01", 150),
        )
    )  # fmt: skip
    scheme = f"kpi_scheme | monitored_class | valid_from | valid_to | parameter | parameter_value\n{rows}"
    built = "event_date | is_closed\n2026-03-01 | true\n2026-03-02 | true"
    others = {"raw.build_day": built, "staging.monitored_vehicle": REGISTER, "seeds.kpi_scheme": scheme}
    model(
        "core.kpi_threshold",
        given=others,
        expect="""
            built_date | monitored_class | valid_speed_max_kmh | drift_kmh
            2026-03-01 | ''              | 160                 | 160
            2026-03-01 | line_coach      | 160                 | 170
            2026-03-01 | dangerous_goods | 160                 | 150
            2026-03-02 | ''              | 120                 | 160
            2026-03-02 | line_coach      | 120                 | 170
            2026-03-02 | dangerous_goods | 120                 | 160
        """,
    )


# Drift ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latitudes", "wrong"),
    [
        ("26 26 26 27 26 26 26", [3]),  # a single wrong point
        ("26 26 26 27 27 26 26 26", [3, 4]),  # a pair at the same wrong place
        ("26 26 26 27 28 26 26 26", [3, 4]),  # a pair at two places
        ("26 26 26 27 26 27 26 27 26", [3, 5, 7]),  # back and forth: single good points between stay good
        ("26 26 26 27 27 27 27", [3]),  # carried away while silent: the jump counts, what follows does not
        ("27 26 26 26 26", [0]),  # a wrong first point is not believed because it is the first
        ("26 27 26 26 26", [1]),  # nor doubted because nothing is settled yet
        ("27 26 27 26", [1, 2, 3]),  # nothing settled: each jump is one
        ("26 26 26 27", [3]),  # nobody knows what follows: it cannot have come there
        ("26", []),
    ],
)
def test_wrong_places_are_told_from_right_ones(model, latitudes, wrong):
    told = [(f"08:{number:02d}:00", latitude) for number, latitude in enumerate(latitudes.split())]
    expected = "\n".join(f"湘M00001 | 2026-03-02 {told[number][0]}" for number in wrong)
    model(
        "core.vehicle_drift",
        given=given(*(point(at, latitude=latitude) for at, latitude in told)),
        expect=f"plate_no | recorded_at\n{expected}",
    )


def test_exactly_the_drift_speed_is_no_drift(model):
    """0.04 degrees along a meridian are 4448 m: 160.128 km/h in 100 s, 158.543 km/h in 101 s. The clock adds one."""
    start = [point("08:00:00"), point("08:00:01"), point("08:00:02")]
    model("core.vehicle_drift", given=given(*start, point("08:01:42", latitude=26.04)), expect="recorded_at")
    model(
        "core.vehicle_drift",
        given=given(*start, point("08:01:41", latitude=26.04)),
        expect="recorded_at\n2026-03-02 08:01:41",
    )


@pytest.mark.parametrize(("degrees", "wrong"), [(0.000414, ""), (0.00079, ""), (0.00081, "2026-03-02 08:00:03")])
def test_a_step_of_one_second_may_have_taken_two(model, degrees, wrong):
    """46 m at a true 90 km/h take 1.8 s and may be told as one; 88 m are 158 km/h over two seconds, 90 m are 162."""
    track = [point(f"08:00:0{second}", speed=90) for second in range(3)]
    model(
        "core.vehicle_drift",
        given=given(*track, point("08:00:03", speed=90, latitude=26 + degrees)),
        expect=f"recorded_at\n{wrong}",
    )


def test_a_point_without_a_fix_or_out_of_bounds_makes_no_distance(model):
    model(
        "mart.vehicle_day",
        given=given(
            point("08:00:00"),
            point("08:00:30", latitude=26.005, status=1),
            point("08:01:00", latitude=0, longitude=0),
            point("08:01:30", latitude=26.001),
        ),
        expect="""
            plate_no | received_point_count | valid_point_count | fixed_point_count | drift_point_count | total_m | complete_m
            湘M00001 | 4                    | 3                 | 2                 | 1                 | 111     | 111
            湘M00002 | 0                    | 0                 | 0                 | 0                 | 0       | 0
        """,
    )


@pytest.mark.parametrize(
    ("gap_s", "degrees", "complete"),
    [(600, 0.1, 11120), (601, 0.1, 0), (601, 0.0179, 1990), (601, 0.018, 0)],
)
def test_a_segment_is_incomplete_if_it_is_both_long_and_far(model, gap_s, degrees, complete):
    """More than 10 min and more than 2 km: 0.018 degrees are 2002 m."""
    end = (datetime(2026, 3, 2, 8) + timedelta(seconds=gap_s)).time()
    total = {0.1: 11120, 0.0179: 1990, 0.018: 2002}[degrees]
    model(
        "mart.vehicle_day",
        given=given(point("08:00:00"), point(str(end), latitude=26 + degrees)),
        expect=f"plate_no | total_m | complete_m\n湘M00001 | {total} | {complete}\n湘M00002 | 0 | 0",
    )


def test_a_vehicle_moved_while_silent_is_told_with_both_places(model):
    """5 km are 0.04497 degrees; exactly ten minutes is not silent."""
    model(
        "core.offline_displacement",
        given=given(
            point("2026-03-01 23:55:00", phone=2),
            point("00:05:01", phone=2, latitude=26.045),
            point("00:15:01", phone=2, latitude=26.1),
            point("00:25:02", phone=2, latitude=26.1449),
        ),
        expect="""
            plate_no | silent_from         | silent_to           | from_latitude | to_latitude | displacement_m
            湘M00002 | 2026-03-01 23:55:00 | 2026-03-02 00:05:01 | 26.0          | 26.045      | 5004
        """,
    )


# Driving --------------------------------------------------------------------------------------------------------------


def drive(begin: str, end: str, phone: int = 2) -> list[str]:
    return list(every(60, begin, end, phone=phone, speed=60))


@pytest.mark.parametrize(("end", "fatigue_s"), [("12:00:00", 0), ("12:00:01", 1), ("12:10:00", 600)])
def test_exactly_four_hours_are_no_fatigue(model, end, fatigue_s):
    model(
        "core.driving_span",
        given=given(*drive("08:00:00", end), point(end, phone=2)),
        expect=f"plate_no | fatigue_certain_s | fatigue_possible_s\n湘M00002 | {fatigue_s} | {fatigue_s}",
    )


@pytest.mark.parametrize(
    ("moves_at", "spans"),
    [
        (
            "10:20:00",
            """
            湘M00002 | 2026-03-02 08:00:00 | 2026-03-02 10:00:00 | 7200 | 0
            湘M00002 | 2026-03-02 10:20:00 | 2026-03-02 12:50:00 | 9000 | 0
            """,
        ),
        ("10:19:59", "湘M00002 | 2026-03-02 08:00:00 | 2026-03-02 12:50:00 | 16201 | 3000"),
    ],
)
def test_exactly_twenty_minutes_are_a_rest(model, moves_at, spans):
    """Two hours, a stop, two and a half hours: without the rest between, 50 minutes are above the limit."""
    stop = every(60, "10:00:00", "10:19:30", phone=2)
    model(
        "core.driving_span",
        given=given(*drive("08:00:00", "10:00:00"), *stop, *drive(moves_at, "12:50:00"), point("12:50:00", phone=2)),
        expect=f"plate_no | driving_began_at | driving_ended_at | moving_day_s | fatigue_certain_s\n{spans}",
    )


def test_five_kmh_is_not_moving(model):
    model(
        "mart.vehicle_day",
        given=given(point("08:00:00", speed=5), point("08:01:00", speed=5.1), point("08:02:00", speed=5)),
        expect="plate_no | moving_s\n湘M00001 | 60\n湘M00002 | 0",
    )


def test_a_gap_is_a_rest_for_the_certain_clock_and_nothing_for_the_possible(model):
    """3 h, a gap of 20:01, 2 h: certainly 3 and 2 hours, possibly 5. A gap of 20:00 is driving."""
    model(
        "core.driving_span",
        given=given(
            *drive("06:00:00", "09:00:00"), point("09:00:00", phone=2, speed=60),
            *drive("09:20:01", "11:20:01"), point("11:20:01", phone=2),
        ),
        expect="""
            plate_no | driving_began_at    | clock_certain_s | clock_possible_s | fatigue_certain_s | fatigue_possible_s
            湘M00002 | 2026-03-02 06:00:00 | 10800           | 10800            | 0                 | 0
            湘M00002 | 2026-03-02 09:20:01 | 7200            | 18000            | 0                 | 3600
        """,
    )  # fmt: skip
    model(
        "core.driving_span",
        given=given(
            *drive("06:00:00", "09:00:00"), point("09:00:00", phone=2, speed=60),
            point("09:20:00", phone=2, latitude=26.05), *drive("09:25:00", "11:20:00"), point("11:20:00", phone=2),
        ),
        expect="""
            plate_no | driving_began_at    | clock_certain_s | fatigue_certain_s | fatigue_possible_s
            湘M00002 | 2026-03-02 06:00:00 | 19200           | 4800              | 4800
        """,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "degrees", "moving_s"), [(120, 0, 120), (121, 0, 0), (121, 0.00151, 0), (121, 0.00152, 121)]
)
def test_a_long_step_without_displacement_stands_whatever_its_first_point_said(model, seconds, degrees, moving_s):
    """Up to two minutes the point is believed; 5 km/h take 168 m in 121 s, and 0.00152 degrees are 169 m."""
    end = (datetime(2026, 3, 2, 8) + timedelta(seconds=seconds)).time()
    model(
        "mart.vehicle_day",
        given=given(point("08:00:00", speed=6), point(str(end), latitude=26 + degrees)),
        expect=f"plate_no | moving_s\n湘M00001 | {moving_s}\n湘M00002 | 0",
    )


def test_the_last_point_before_a_stop_takes_nothing_from_the_rest(model):
    """Still rolling at 11:00, then silent at the same place until 11:19: the stop until 11:38 is a rest of 38 min."""
    model(
        "core.driving_span",
        given=given(
            *drive("08:00:00", "11:00:00"), point("11:00:00", phone=2, speed=6),
            *every(60, "11:19:00", "11:38:00", phone=2), *drive("11:38:00", "13:30:00"), point("13:30:00", phone=2),
        ),
        expect="""
            plate_no | driving_began_at    | driving_ended_at    | moving_day_s | fatigue_certain_s | fatigue_possible_s
            湘M00002 | 2026-03-02 08:00:00 | 2026-03-02 11:00:00 | 10800        | 0                 | 0
            湘M00002 | 2026-03-02 11:38:00 | 2026-03-02 13:30:00 | 6720         | 0                 | 0
        """,
    )  # fmt: skip


def test_a_parked_vehicle_whose_points_all_say_it_creeps_has_one_rest(model):
    """Every ten minutes another 6 km/h at the same place: three steps of standing are one stop of half an hour."""
    model(
        "core.driving_span",
        given=given(
            *drive("08:00:00", "11:00:00"), *every(600, "11:00:00", "11:30:00", phone=2, speed=6),
            *drive("11:30:00", "13:30:00"), point("13:30:00", phone=2),
        ),
        expect="""
            plate_no | driving_began_at    | driving_ended_at    | moving_day_s | fatigue_possible_s
            湘M00002 | 2026-03-02 08:00:00 | 2026-03-02 11:00:00 | 10800        | 0
            湘M00002 | 2026-03-02 11:30:00 | 2026-03-02 13:30:00 | 7200         | 0
        """,
    )  # fmt: skip


@pytest.mark.parametrize(
    "track",
    [
        [("01:59:50", 6), ("02:14:50", 0)],
        [("02:40:00", 0), ("02:50:00", 0), ("03:00:00", 5.1), ("03:10:00", 0), ("03:20:00", 0)],
        [("03:00:00", 6), ("03:10:00", 6)],
    ],
)
def test_a_parked_coach_does_not_drive_at_dawn(model, track):
    model(
        "mart.vehicle_day",
        given=given(*(point(at, speed=speed) for at, speed in track)),
        expect="""
            plate_no | moving_s | dawn_driving_s | is_dawn_driving
            湘M00001 | 0        | 0              | false
            湘M00002 | 0        | 0              | false
        """,
    )


@pytest.mark.parametrize(("begin", "dawn_s", "is_dawn"), [("04:59:01", 59, "false"), ("04:59:00", 60, "true")])
def test_a_minute_at_dawn_is_driving_and_less_keeps_its_seconds(model, begin, dawn_s, is_dawn):
    model(
        "mart.vehicle_day",
        given=given(*every(30, begin, "05:10:00", speed=60), point("05:10:00")),
        expect=f"""
            plate_no | dawn_driving_s | is_dawn_driving
            湘M00001 | {dawn_s}       | {is_dawn}
            湘M00002 | 0              | false
        """,
    )


def test_days_add_up_to_the_track_but_for_the_piece_before_midnight(model):
    """22:00:37 to 01:00:37, last heard of before midnight at 23:59:37: 23 of 10 800 s are of no day."""
    track = [*drive("2026-03-01 22:00:37", "2026-03-02 01:00:37"), point("01:00:37", phone=2)]
    both = "event_date | is_closed\n2026-03-01 | true\n2026-03-02 | true"
    model(
        "core.driving_span",
        given=given(*track) | {"raw.build_day": both},
        expect=f"""
            event_date | driving_began_at    | driving_ended_at    | moving_day_s
            2026-03-01 | 2026-03-01 22:00:37 | 2026-03-01 23:59:37 | 7140
            2026-03-02 | 2026-03-01 22:00:37 | 2026-03-02 01:00:37 | {10800 - 7140 - 23}
        """,
    )


def test_the_clock_runs_over_midnight_and_each_day_has_its_own_seconds(model):
    """Dangerous goods from 21:00 to 02:00: the fifth hour, from 01:00 on, is above four."""
    model(
        "core.driving_span",
        given=given(*drive("2026-03-01 21:00:00", "2026-03-02 02:00:00"), point("02:00:00", phone=2)),
        expect="""
            plate_no | driving_began_at    | is_new | clock_certain_s | driving_day_s | fatigue_certain_s
            湘M00002 | 2026-03-01 21:00:00 | false  | 18000           | 7200          | 3600
        """,
    )


def test_a_coach_drives_two_hours_of_a_night(model):
    """From 20:30 to 00:40: two hours of the night are full at midnight. From 04:30 to 07:00 the night ends before two
    hours of it are full, and from 20:30 to 23:59 the hours before 22:00 are none of the night's: the day allows four."""
    model(
        "core.driving_span",
        given=given(
            *drive("2026-03-01 20:30:00", "2026-03-02 00:40:00", phone=1), *every(60, "00:40:00", "04:30:00"),
            *drive("04:30:00", "07:00:00", phone=1), *every(60, "07:00:00", "20:30:00"),
            *drive("20:30:00", "23:59:00", phone=1), point("23:59:00"),
        ),
        expect="""
            plate_no | driving_began_at    | driving_day_s | fatigue_certain_s | dawn_driving_s
            湘M00001 | 2026-03-01 20:30:00 | 2400          | 2400              | 0
            湘M00001 | 2026-03-02 04:30:00 | 9000          | 0                 | 1800
            湘M00001 | 2026-03-02 20:30:00 | 12540         | 0                 | 0
        """,
    )  # fmt: skip


def scheme(**changed: float) -> str:
    """The scheme ``local`` as delivered, with some values changed for all classes."""
    with (sql.PROJECT / "seeds" / "kpi_scheme.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kpi_scheme"] == "local"]
    names = ("kpi_scheme", "monitored_class", "valid_from", "valid_to", "parameter")
    lines = [
        " | ".join([*(row[name] for name in names), str(changed.get(row["parameter"], row["parameter_value"]))])
        for row in rows
    ]
    return "\n".join([" | ".join([*names, "parameter_value"]), *lines])


def test_a_night_that_begins_at_midnight_counts_once(model):
    """A coach from 22:30 to 06:00, the night from 0 to 5: two hours of it are full at 02:00, four of the day at 02:30."""
    model(
        "core.driving_span",
        given=given(
            *drive("2026-03-01 22:30:00", "2026-03-02 06:00:00", phone=1), point("06:00:00"),
            seeds__kpi_scheme=scheme(night_from_h=0, night_to_h=5),
        ),
        expect="""
            plate_no | driving_began_at    | clock_certain_s | driving_day_s | fatigue_certain_s | fatigue_possible_s
            湘M00001 | 2026-03-01 22:30:00 | 27000           | 21600         | 14400             | 14400
        """,
    )  # fmt: skip


CARDS = (
    "record_id | terminal_phone | card_date | recorded_at | card_state_code | card_result_code | driver_certificate_no"
)


def test_another_driver_begins_a_new_clock_and_the_same_one_does_not(model):
    """Six hours: the second driver's card at 11:00:30 parts them. Cards that are taken out, not read or the first seen
    say nothing."""
    model(
        "core.driving_span",
        given=given(
            *drive("08:00:00", "14:00:00"), point("14:00:00", phone=2),
            staging__terminal_driver_card=f"""{CARDS}
                a | 2 | 2026-03-02 | 2026-03-02 08:00:00 | 1 | 0 | A
                b | 2 | 2026-03-02 | 2026-03-02 09:00:00 | 1 | 0 | A
                c | 2 | 2026-03-02 | 2026-03-02 10:00:00 | 2 | 0 | B
                d | 2 | 2026-03-02 | 2026-03-02 10:30:00 | 1 | 4 | B
                e | 2 | 2026-03-02 | 2026-03-02 11:00:30 | 1 | 0 | B
                f | 2 | 2026-03-02 | 2026-03-02 15:00:00 | 1 | 0 | A
            """,
        ),
        expect="""
            plate_no | driving_began_at    | driving_ended_at    | clock_certain_s | clock_possible_s | fatigue_possible_s
            湘M00002 | 2026-03-02 08:00:00 | 2026-03-02 11:00:30 | 10830           | 10830            | 0
            湘M00002 | 2026-03-02 11:00:30 | 2026-03-02 14:00:00 | 10770           | 10770            | 0
        """,
    )  # fmt: skip


@pytest.mark.parametrize("back", ["09:30:20", "09:49:59"])
def test_a_card_in_passing_gives_the_driver_no_new_clock(model, back):
    """A drives from 06:00 to 13:00: another's card for less than the time of a rest is none."""
    model(
        "core.driving_span",
        given=given(
            *drive("06:00:00", "13:00:00"), point("13:00:00", phone=2),
            staging__terminal_driver_card=f"""{CARDS}
                a | 2 | 2026-03-02 | 2026-03-02 06:00:00 | 1 | 0 | A
                b | 2 | 2026-03-02 | 2026-03-02 09:30:00 | 1 | 0 | B
                c | 2 | 2026-03-02 | 2026-03-02 09:30:10 | 1 | 0 | C
                d | 2 | 2026-03-02 | 2026-03-02 {back}   | 1 | 0 | A
            """,
        ),
        expect="""
            plate_no | driving_began_at    | driving_ended_at    | clock_certain_s | fatigue_certain_s | fatigue_possible_s
            湘M00002 | 2026-03-02 06:00:00 | 2026-03-02 13:00:00 | 25200           | 10800             | 10800
        """,
    )  # fmt: skip


def test_a_driver_who_was_off_for_a_rest_begins_a_new_clock(model):
    """Off from 09:30 to 09:50; then A's card for a minute after B has taken over at 11:00 leaves B the driver."""
    model(
        "core.driving_span",
        given=given(
            *drive("06:00:00", "13:00:00"), point("13:00:00", phone=2),
            staging__terminal_driver_card=f"""{CARDS}
                a | 2 | 2026-03-02 | 2026-03-02 06:00:00 | 1 | 0 | A
                b | 2 | 2026-03-02 | 2026-03-02 09:30:00 | 1 | 0 | B
                c | 2 | 2026-03-02 | 2026-03-02 09:50:00 | 1 | 0 | A
                d | 2 | 2026-03-02 | 2026-03-02 11:00:00 | 1 | 0 | B
                e | 2 | 2026-03-02 | 2026-03-02 11:30:00 | 1 | 0 | A
                f | 2 | 2026-03-02 | 2026-03-02 11:31:00 | 1 | 0 | B
            """,
        ),
        expect="""
            plate_no | driving_began_at    | driving_ended_at    | clock_certain_s
            湘M00002 | 2026-03-02 06:00:00 | 2026-03-02 09:30:00 | 12600
            湘M00002 | 2026-03-02 09:30:00 | 2026-03-02 09:50:00 | 1200
            湘M00002 | 2026-03-02 09:50:00 | 2026-03-02 11:00:00 | 4200
            湘M00002 | 2026-03-02 11:00:00 | 2026-03-02 13:00:00 | 7200
        """,
    )  # fmt: skip


def test_a_driver_who_took_over_in_a_gap_begins_a_new_possible_clock(model):
    """Three hours, silence, two hours: without the card they might be five."""
    model(
        "core.driving_span",
        given=given(
            *drive("06:00:00", "09:00:00"), point("09:00:00", phone=2, speed=60),
            *drive("10:00:00", "12:00:00"), point("12:00:00", phone=2, speed=60),
            staging__terminal_driver_card=f"""{CARDS}
                a | 2 | 2026-03-01 | 2026-03-01 20:00:00 | 1 | 0 | A
                b | 2 | 2026-03-02 | 2026-03-02 09:30:00 | 1 | 0 | B
                c | 2 | 2026-03-02 | 2026-03-02 12:30:00 | 1 | 0 | A
            """,
        ),
        expect="""
            plate_no | driving_began_at    | driving_ended_at    | clock_possible_s | fatigue_possible_s
            湘M00002 | 2026-03-02 06:00:00 | 2026-03-02 09:00:00 | 10800            | 0
            湘M00002 | 2026-03-02 10:00:00 | 2026-03-02 12:00:00 | 7200             | 0
        """,
    )  # fmt: skip


def test_nobody_knows_what_follows_the_last_point(model):
    """It says 60 km/h; a card that is put in half an hour later makes no half hour of driving of it."""
    model(
        "core.driving_span",
        given=given(
            point("08:00:00", phone=2), point("08:00:30", phone=2, speed=60),
            staging__terminal_driver_card=f"""{CARDS}
                a | 2 | 2026-03-02 | 2026-03-02 07:00:00 | 1 | 0 | A
                b | 2 | 2026-03-02 | 2026-03-02 08:30:00 | 1 | 0 | B
            """,
        ),
        expect="plate_no",
    )  # fmt: skip


# Overspeed ------------------------------------------------------------------------------------------------------------


def speeds(*told: tuple[str, float], phone: int = 2) -> list[str]:
    return [point(at, phone=phone, speed=speed) for at, speed in told]


EVENT = "overspeed_began_at | overspeed_ended_at | is_new | max_speed_kmh | mean_speed_kmh | point_count"


def test_ten_seconds_above_the_limit_are_an_event_and_at_the_limit_none(model):
    model(
        "core.overspeed_event",
        given=given(
            *speeds(("08:00:00", 80.1), ("08:00:10", 90.1), ("08:00:20", 80)),
            *speeds(("09:00:00", 80.1), ("09:00:09", 90.1), ("09:00:20", 80)),
            *speeds(("10:00:00", 80), ("10:00:10", 80), ("10:00:20", 80)),
        ),
        expect=f"{EVENT}\n2026-03-02 08:00:00 | 2026-03-02 08:00:10 | true | 90.1 | 85.1 | 2",
    )


def test_a_short_fall_below_the_limit_ends_nothing_and_events_close_together_are_one(model):
    """Below for 29 s: the run goes on. Below for 30 s: it ends, and less than 60 s between ends and beginnings merge."""
    model(
        "core.overspeed_event",
        given=given(
            *speeds(("08:00:00", 90), ("08:00:05", 70), ("08:00:34", 90), ("08:00:40", 70)),
            *speeds(("09:00:00", 90), ("09:00:05", 70), ("09:00:35", 90), ("09:00:40", 70)),
            *speeds(("10:00:00", 90), ("10:00:10", 90), ("10:00:20", 70), ("10:01:09", 90), ("10:01:19", 92)),
            *speeds(("11:00:00", 90), ("11:00:10", 90), ("11:00:20", 70), ("11:01:10", 90), ("11:01:20", 92)),
        ),
        expect=f"""{EVENT}
            2026-03-02 08:00:00 | 2026-03-02 08:00:34 | true | 90 | 90   | 2
            2026-03-02 10:00:00 | 2026-03-02 10:01:19 | true | 92 | 90.5 | 4
            2026-03-02 11:00:00 | 2026-03-02 11:00:10 | true | 90 | 90   | 2
            2026-03-02 11:01:10 | 2026-03-02 11:01:20 | true | 92 | 91   | 2
        """,
    )


def test_an_event_over_midnight_counts_on_the_day_that_confirms_it(model):
    late = speeds(("2026-03-01 23:59:55", 90), ("2026-03-02 00:00:05", 91), ("2026-03-02 00:00:20", 70))
    model(
        "core.overspeed_event",
        given=given(*late),
        expect=f"{EVENT}\n2026-03-01 23:59:55 | 2026-03-02 00:00:05 | true | 91 | 90.5 | 2",
    )
    model("mart.vehicle_day", given=given(*late), expect="plate_no | overspeed_count\n湘M00001 | 0\n湘M00002 | 1")
    early = speeds(("2026-03-01 23:59:40", 90), ("2026-03-01 23:59:50", 90), ("2026-03-02 00:00:05", 91))
    model("mart.vehicle_day", given=given(*early), expect="plate_no | overspeed_count\n湘M00001 | 0\n湘M00002 | 0")
    model(
        "core.overspeed_event",
        given=given(*early),
        expect=f"{EVENT}\n2026-03-01 23:59:40 | 2026-03-02 00:00:05 | false | 91 | 90.333333333333333 | 3",
    )


def test_a_coach_has_four_fifths_of_its_limit_by_night(model):
    model(
        "core.overspeed_event",
        given=given(
            *speeds(("05:59:40", 80.1), ("05:59:50", 80.1), ("06:00:00", 80.1), phone=1),
            *speeds(("21:59:40", 100.1), ("21:59:50", 100.1), ("22:00:00", 80.0), phone=1),
        ),
        expect="""
            overspeed_began_at  | speed_limit_kmh | speed_limit_source | point_count
            2026-03-02 05:59:40 | 80              | class_night        | 2
            2026-03-02 21:59:40 | 100             | class              | 2
        """,
    )


# Alarms ---------------------------------------------------------------------------------------------------------------

ALARM = "alarm_code | alarm_kind | is_new | alarm_began_at | alarm_ended_at | last_reported_at | point_count"


def test_an_alarm_is_the_rising_edge_of_its_bit(model):
    """Bit 1 holds while it is true; bit 0 is cleared by the platform's answer and has no end."""
    model(
        "core.vehicle_alarm",
        given=given(*(point(f"08:00:{number:02d}", flags=flags) for number, flags in enumerate((0, 2, 3, 3, 1, 0, 2)))),
        expect=f"""{ALARM}
            1 | overspeed | true | 2026-03-02 08:00:01 | 2026-03-02 08:00:04 | 2026-03-02 08:00:03 | 3
            0 |           | true | 2026-03-02 08:00:02 |                     | 2026-03-02 08:00:04 | 3
            1 | overspeed | true | 2026-03-02 08:00:06 |                     | 2026-03-02 08:00:06 | 1
        """,
    )


def test_a_bit_set_at_the_first_report_began_before(model):
    """One that the platform's answer clears (bit 0) is an event of an unknown time: it has no row."""
    model(
        "core.vehicle_alarm",
        given=given(point("08:00:00", flags=7), point("08:00:30", flags=4), point("08:01:00", flags=0)),
        expect=f"""{ALARM}
            1 | overspeed    | false | | 2026-03-02 08:00:30 | 2026-03-02 08:00:00 | 1
            2 | long_driving | false | | 2026-03-02 08:01:00 | 2026-03-02 08:00:30 | 2
        """,
    )


def test_an_alarm_over_midnight_is_known_on_both_days_and_new_on_one(model):
    """One that the day before began and ended is the day before's alone."""
    model(
        "core.vehicle_alarm",
        given=given(
            point("2026-03-01 12:00:00"),
            point("2026-03-01 13:00:00", flags=2),
            point("2026-03-01 14:00:00"),
            point("2026-03-01 23:59:30", flags=2),
            point("2026-03-02 00:00:00", flags=2),
            point("2026-03-02 00:00:30"),
        ),
        expect=f"{ALARM}\n1 | overspeed | false | 2026-03-01 23:59:30 | 2026-03-02 00:00:30 | 2026-03-02 00:00:00 | 2",
    )


SAFETY = (
    "record_id | terminal_phone | alarm_date | recorded_at | safety_item | alarm_profile | alarm_type_code |"
    " alarm_level | alarm_state_code | alarm_identity"
)


def test_safety_alarms_are_one_per_identity_and_events_stand_apart(model):
    """Begin and end are one alarm; a repeated report none; code 10 is a seat belt only in the Guangdong dialect."""
    model(
        "core.vehicle_alarm",
        given=given(
            staging__terminal_safety_alarm=f"""{SAFETY}
                a | 1 | 2026-03-02 | 2026-03-02 08:00:00 | 101 | su  | 2  | 1 | 1 | X-1
                b | 1 | 2026-03-02 | 2026-03-02 08:00:20 | 101 | su  | 2  | 2 | 2 | X-1
                c | 1 | 2026-03-02 | 2026-03-02 08:00:00 | 101 | su  | 2  | 1 | 1 | X-1
                d | 1 | 2026-03-02 | 2026-03-02 08:00:00 | 101 | su  | 16 | 1 | 0 | X-2
                e | 2 | 2026-03-02 | 2026-03-02 08:00:00 | 101 | yue | 10 | 1 | 0 | Y-1
                f | 2 | 2026-03-02 | 2026-03-02 08:01:00 | 101 | su  | 10 | 1 | 0 | Y-2
                g | 2 | 2026-03-01 | 2026-03-01 23:59:50 | 100 | su  | 1  | 1 | 1 | Y-3
                h | 2 | 2026-03-02 | 2026-03-02 00:00:10 | 100 | su  | 1  | 1 | 2 | Y-3
                i | 2 | 2026-03-01 | 2026-03-01 09:00:00 | 100 | su  | 1  | 1 | 1 | Y-4
            """,
        ),
        expect="""
            plate_no | alarm_code | alarm_kind        | is_alarm | is_new | alarm_began_at      | alarm_ended_at      | alarm_level | point_count
            湘M00001 | 2          | phone             | true     | true   | 2026-03-02 08:00:00 | 2026-03-02 08:00:20 | 2           | 3
            湘M00001 | 16         |                   | false    | true   | 2026-03-02 08:00:00 |                     | 1           | 1
            湘M00002 | 10         | no_seat_belt      | true     | true   | 2026-03-02 08:00:00 |                     | 1           | 1
            湘M00002 | 10         |                   | true     | true   | 2026-03-02 08:01:00 |                     | 1           | 1
            湘M00002 | 1          | forward_collision | true     | false  | 2026-03-01 23:59:50 | 2026-03-02 00:00:10 | 1           | 2
        """,
    )


# The day of a vehicle -------------------------------------------------------------------------------------------------


def test_a_silent_vehicle_has_a_row_and_a_terminal_of_nobody_has_one_of_its_own(model):
    model(
        "mart.vehicle_day",
        given=given(point("08:00:00"), point("08:00:00", phone=7), point("08:00:30", phone=7)),
        expect="""
            plate_no | terminal_phone | county_code | is_registered | is_online | received_point_count | valid_point_count | last_recorded_at
            湘M00001 | 1              | 431103      | true          | true      | 1                    | 1                 | 2026-03-02 08:00:00
            湘M00002 | 2              | 431122      | true          | false     | 0                    | 0                 |
                     | 7              |             | false         | false     | 2                    | 0                 | 2026-03-02 08:00:30
        """,
    )


def test_a_day_without_captures_calls_no_vehicle_silent_nor_does_one_that_is_not_over(model):
    model("mart.vehicle_day", given=given(point("2026-03-01 08:00:00")), expect="plate_no")
    told = given(point("08:00:00"))
    told["raw.build_day"] = "event_date | is_closed\n2026-03-02 | false"
    model("mart.vehicle_day", given=told, expect="plate_no\n湘M00001")


def test_alarms_of_a_day_are_counted_by_kind(model):
    model(
        "mart.vehicle_alarm_day",
        given=given(
            *(point(f"08:00:{number:02d}", flags=flags) for number, flags in enumerate((0, 2, 0, 2, 0, 8))),
            point("08:00:00", phone=2, flags=2),
        ),
        expect="""
            plate_no | alarm_channel | alarm_code | alarm_kind | alarm_count
            湘M00001 | flag          | 1          | overspeed  | 2
            湘M00001 | flag          | 3          |            | 1
        """,
    )
