# ruff: noqa: E501  (tables)
"""Cross-checks of terminals: each kind at its edges, what must not be found, and random tracks beside plain Python.

The day that is built is 2 March 2026; 1 March is looked back on. The scale S1 stands at 26° N 111° E; 0.001 degrees of
latitude are about 111 m. Vehicle 湘M00002 is heard every minute, so that captures are there.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from test_vehicle_edges import BUILT, REGISTER, every, point, table

from warehouse import cross_checks, kpi, sql
from warehouse.columns import dictionary

SITES = """
    site_code | latitude | longitude | valid_from
    S1        | 26       | 111       | 2025-01-01
    S2        |          |           | 2025-01-01
"""
SCALE = "finding_kind | plate_no | finding_grade | weakened_by | began_at | ended_at | point_count | distance_m | evidence_speed_kmh | site_code | passage_record_id | passed_at"
STRETCH = "finding_kind | plate_no | finding_grade | weakened_by | began_at | ended_at | point_count"


def others(begin: str = "07:00:00", end: str = "09:00:00") -> list[str]:
    return list(every(60, begin, end, phone=2, latitude=25.0))


def passages(*rows: str) -> str:
    return "\n".join(["passed_at | plate_no | plate_color_code | site_code | speed_kmh | flags", *rows])


def passage(at: str = "08:00:00", plate: str = "湘M00001", color: int = 2, site: str = "S1", flags: str = "''") -> str:
    return f"2026-03-02 {at} | {plate} | {color} | {site} | 62.5 | {flags}"


def given(lines: Iterable[str], *weighed: str, register: str = REGISTER) -> dict[str, str]:
    return {
        "raw.build_day": BUILT,
        "staging.monitored_vehicle": register,
        "staging.wim_site": SITES,
        "staging.terminal_fix": table(*lines),
        "core.passage": passages(*weighed),
    }


def expected(*rows: str, heading: str = SCALE) -> str:
    return "\n".join([heading, *rows])


# The scale ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "weighed", "row"),
    [
        pytest.param(
            [*others(), point("07:45:00", speed=60), point("09:00:00", latitude=26.3)], passage(), "",
            id="a point 15 minutes before is heard",
        ),
        pytest.param(
            [*others(), point("08:15:00", speed=60)], passage(), "", id="a point 15 minutes behind is heard"
        ),
        pytest.param(
            [*others(), point("07:44:59", latitude=26.01), point("08:15:01", latitude=26.02)], passage(),
            "strong | | 2026-03-02 07:44:59 | 2026-03-02 08:15:01 | 0 | 1112 | 62.5 | S1 | r1 | 2026-03-02 08:00:00",
            id="a second more is silence",
        ),
        pytest.param(
            others(), passage(),
            "strong | | 2026-03-02 08:00:00 | 2026-03-02 08:00:00 | 0 | | 62.5 | S1 | r1 | 2026-03-02 08:00:00",
            id="never heard that day",
        ),
        pytest.param(
            others(), passage(site="S2"),
            "strong | | 2026-03-02 08:00:00 | 2026-03-02 08:00:00 | 0 | | 62.5 | S2 | r1 | 2026-03-02 08:00:00",
            id="a site whose place nobody knows",
        ),
        pytest.param(
            [*others("07:00:00", "07:44:30"), *others("08:16:00", "09:00:00")], passage(), "",
            id="nobody was heard: the capture is missing",
        ),
        pytest.param(
            [*others("07:00:00", "07:50:00"), *others("09:00:00", "09:30:00")], passage(),
            "weak | capture_gap | 2026-03-02 08:00:00 | 2026-03-02 08:00:00 | 0 | | 62.5 | S1 | r1 | 2026-03-02 08:00:00",
            id="others were heard on one side only",
        ),
        pytest.param(
            [*others(), point("08:15:00", status=1)], passage(),
            "weak | no_position | 2026-03-02 08:00:00 | 2026-03-02 08:00:00 | 0 | | 62.5 | S1 | r1 | 2026-03-02 08:00:00",
            id="it sent without a fix, as in a tunnel",
        ),
        pytest.param(
            [*others(), point("07:40:00", latitude=26.01, origin="backfill"), point("08:20:00", latitude=26.02)], passage(),
            "weak | backfill | 2026-03-02 07:40:00 | 2026-03-02 08:20:00 | 0 | 1112 | 62.5 | S1 | r1 | 2026-03-02 08:00:00",
            id="next to points that came late",
        ),
        pytest.param(
            others("23:20:00", "23:59:59"), passage("23:45:00"),
            "weak | midnight | 2026-03-02 23:45:00 | 2026-03-02 23:45:00 | 0 | | 62.5 | S1 | r1 | 2026-03-02 23:45:00",
            id="the day ends within the window",
        ),
        pytest.param(
            others("23:20:00", "23:59:59"), passage("23:44:59"),
            "strong | | 2026-03-02 23:44:59 | 2026-03-02 23:44:59 | 0 | | 62.5 | S1 | r1 | 2026-03-02 23:44:59",
            id="or just not",
        ),
        pytest.param(
            others(), passage(flags="E-CLOSE,E-SPEED"),
            "weak | plate_doubtful | 2026-03-02 08:00:00 | 2026-03-02 08:00:00 | 0 | | 62.5 | S1 | r1 | 2026-03-02 08:00:00",
            id="the plate may be of the vehicle behind",
        ),
        pytest.param(others(), passage(color=1), "", id="a plate of another colour is another vehicle"),
        pytest.param(others(), passage(plate="湘M77777"), "", id="no vehicle of the register"),
        pytest.param(others(), passage(plate=""), "", id="no plate"),
    ],
)  # fmt: skip
def test_silent_at_the_scale(model, lines, weighed, row):
    rows = [f"scale_silent | 湘M00001 | {row}"] if row else []
    model("mart.terminal_finding", given=given(lines, weighed), expect=expected(*rows))


def test_a_vehicle_without_a_terminal_cannot_be_silent(model):
    register = """
        plate_no | plate_color_code | monitored_class | terminal_phone | valid_from
        湘M00001 | 2                | line_coach      |                | 2025-01-01
        湘M00002 | 2                | line_coach      | 2              | 2025-01-01
    """
    model("mart.terminal_finding", given=given(others(), passage(), register=register), expect=expected())


def standing(
    latitude: float, *, speed: Any = 0, begin: str = "07:50:00", end: str = "08:10:00", step: float = 0.0
) -> list[str]:
    lines = []
    for number, line in enumerate(every(60, begin, end, speed=speed)):
        lines.append(line.replace("| 26.0 |", f"| {latitude + step * number:.6f} |"))
    return lines


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        pytest.param(standing(26.0450), "20 | 5004 | 62.5", id="further than 5 km"),
        pytest.param(standing(26.0449), "", id="no further than that"),
        pytest.param(standing(26.0470, speed=5), "20 | 5226 | 62.5", id="5 km/h stands"),
        pytest.param(standing(26.0470, speed=5.1), "", id="faster moves"),
        pytest.param(standing(26.0460, step=0.000094), "20 | 5219 | 62.5", id="within 200 m"),
        pytest.param(standing(26.0460, step=0.000096), "", id="not within 200 m"),
        pytest.param(standing(26.0470, end="08:00:00"), "", id="nothing behind the passage"),
        pytest.param(standing(26.0470, begin="08:01:00"), "", id="nothing before it"),
    ],
)
def test_parked_at_the_scale(model, lines, row):
    rows = (
        [
            f"scale_parked | 湘M00001 | strong | | 2026-03-02 08:00:00 | 2026-03-02 08:01:00 | {row} | S1 | r1 | 2026-03-02 08:00:00"
        ]
        if row
        else []
    )
    model("mart.terminal_finding", given=given([*others(), *lines], passage()), expect=expected(*rows))


@pytest.mark.parametrize(("behind", "grade"), [("08:01:59", "strong |"), ("08:02:00", "weak | time_between")])
def test_who_could_have_gone_to_the_scale_and_back_may_not_have_stood(model, behind, grade):
    """Twice 5226 m are 235.2 s at 160 km/h; the points are 235 s apart and 236 s, with the second allowed."""
    lines = [point("07:58:05", latitude=26.047), point(behind, latitude=26.047)]
    model(
        "mart.terminal_finding",
        given=given([*others(), *lines], passage()),
        expect=expected(
            f"scale_parked | 湘M00001 | {grade}", heading="finding_kind | plate_no | finding_grade | weakened_by"
        ),
    )


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        pytest.param([point("07:59:00", speed=60, latitude=26.0723)], "", id="to be reached in 181 s at 160 km/h"),
        pytest.param(
            [point("07:59:00", speed=60, latitude=26.0724)],
            "2026-03-02 07:59:00 | 2026-03-02 08:00:00 | 1 | 8051 | 160.1", id="not to be reached",
        ),
        pytest.param(
            [point("08:01:00", speed=60, latitude=26.0724)],
            "2026-03-02 08:00:00 | 2026-03-02 08:01:00 | 1 | 8051 | 160.1", id="nor from there",
        ),
        pytest.param(
            [point("07:30:00", speed=60, latitude=26.01), point("08:30:00", speed=60, latitude=26.8)],
            "2026-03-02 07:30:00 | 2026-03-02 08:30:00 | 0 | 88956 | 166.7", id="further than a silence explains",
        ),
        pytest.param(
            [point("07:30:00", speed=60, latitude=26.01), point("08:31:00", speed=60, latitude=26.9)],
            "2026-03-02 07:30:00 | 2026-03-02 08:31:00 | 0 | 100076 | 181.9", id="from the side that cannot be",
        ),
    ],
)  # fmt: skip
def test_elsewhere_at_the_scale(model, lines, row):
    rows = [f"scale_elsewhere | 湘M00001 | strong | | {row} | S1 | r1 | 2026-03-02 08:00:00"] if row else []
    model("mart.terminal_finding", given=given([*others(), *lines], passage()), expect=expected(*rows))


@pytest.mark.parametrize(("late", "rows"), [(-120, 0), (120, 0), (-330, 1), (330, 1)])
def test_a_clock_that_is_two_minutes_wrong_accuses_nobody(model, late, rows):
    """At 90 km/h past the scale, by a terminal whose clock is wrong."""
    lines = others()
    for number in range(-40, 41):
        at = datetime(2026, 3, 2, 8) + timedelta(seconds=30 * number + late)
        lines.append(point(at.isoformat(" "), speed=90 + number % 2 / 10, latitude=26 + number * 0.00675))
    found = ["scale_elsewhere | 湘M00001"] * rows
    model(
        "mart.terminal_finding",
        given=given(lines, passage()),
        expect=expected(*found, heading="finding_kind | plate_no"),
    )


@pytest.mark.parametrize(("vehicles", "agree", "weak"), [(3, 2, True), (3, 3, False), (2, 0, False)])
def test_a_site_that_most_vehicles_contradict_may_stand_elsewhere(model, vehicles, agree, weak):
    plates = [f"湘M1000{number}" for number in range(vehicles + agree)]
    register = "plate_no | plate_color_code | terminal_phone | valid_from\n" + "\n".join(
        f"{plate} | 2 | {number} | 2025-01-01" for number, plate in enumerate(plates)
    )
    lines = [
        line
        for number in range(len(plates))
        for line in every(60, "07:50:00", "08:10:00", phone=number, latitude=26.2 if number < vehicles else 26.0)
    ]
    grade = "weak | site_doubtful" if weak else "strong | "
    model(
        "mart.terminal_finding",
        given=given(lines, *(passage(plate=plate) for plate in plates), register=register),
        expect=expected(
            *(f"scale_parked | {plate} | {grade}" for plate in plates[:vehicles]),
            heading="finding_kind | plate_no | finding_grade | weakened_by",
        ),
    )


def test_vehicles_whose_terminals_were_silent_do_not_vouch_for_a_site(model):
    """One plate in two colours is two vehicles."""
    vehicles = [("湘M10000", 1), ("湘M10000", 2), ("湘M10001", 2), *((f"湘M2000{number}", 2) for number in range(4))]
    register = "plate_no | plate_color_code | terminal_phone | valid_from\n" + "\n".join(
        f"{plate} | {color} | {number} | 2025-01-01" for number, (plate, color) in enumerate(vehicles)
    )
    lines = [line for number in range(3) for line in every(60, "07:50:00", "08:10:00", phone=number, latitude=26.2)]
    model(
        "mart.terminal_finding",
        given=given(lines, *(passage(plate=plate, color=color) for plate, color in vehicles), register=register),
        expect=expected(
            *(f"scale_parked | {plate} | {color} | weak | site_doubtful" for plate, color in vehicles[:3]),
            *(f"scale_silent | {plate} | {color} | strong |" for plate, color in vehicles[3:]),
            heading="finding_kind | plate_no | plate_color_code | finding_grade | weakened_by",
        ),
    )


# Copied tracks --------------------------------------------------------------------------------------------------------


def driven(begin: str, numbers: Iterable[int], *, phone: int = 1, step_s: int = 30, north: float = 0.0) -> list[str]:
    """Points along a road that is never the same twice: places and speeds follow from the numbers."""
    at = datetime.fromisoformat(begin if "-" in begin else f"2026-03-02 {begin}")
    return [
        point(
            (at + timedelta(seconds=step_s * order)).isoformat(" "), phone=phone,
            latitude=round(26 + 0.003 * number + 0.00007 * (number * number % 11) + north, 6),
            longitude=round(111 + 0.00011 * (number * 5 % 13), 6), speed=40 + number * 7 % 13 / 10,
        )
        for order, number in enumerate(numbers)
    ]  # fmt: skip


COPIED = "finding_kind | plate_no | finding_grade | weakened_by | began_at | ended_at | point_count | other_plate_no | other_plate_color_code | other_began_at"


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        pytest.param(
            [*driven("08:00:00", range(20)), *driven("10:00:00", range(20))],
            ["copied_track | 湘M00001 | strong | | 2026-03-02 10:00:00 | 2026-03-02 10:09:30 | 20 | 湘M00001 | 2 | 2026-03-02 08:00:00"],
            id="twenty points again",
        ),
        pytest.param([*driven("08:00:00", range(19)), *driven("10:00:00", range(19))], [], id="nineteen are none"),
        pytest.param([*driven("08:00:00", range(20)), *driven("10:00:00", range(20), step_s=31)], [], id="at another pace"),
        pytest.param([*driven("08:00:00", range(20)), *driven("10:00:00", range(19, -1, -1))], [], id="the same road back"),
        pytest.param(
            [*driven("08:00:00", range(20)), *driven("10:00:00", range(20), north=0.000001)], [], id="the same road again",
        ),
        pytest.param(
            [*driven("2026-03-01 23:00:00", range(20)), *driven("10:00:00", range(20))],
            ["copied_track | 湘M00001 | strong | | 2026-03-02 10:00:00 | 2026-03-02 10:09:30 | 20 | 湘M00001 | 2 | 2026-03-01 23:00:00"],
            id="from the day before",
        ),
        pytest.param([*driven("2026-03-01 08:00:00", range(20)), *driven("2026-03-01 10:00:00", range(20))], [], id="of the day before"),
        pytest.param(
            [*driven("08:00:00", range(20)), *driven("16:00:00", range(20))],
            ["copied_track | 湘M00001 | weak | time_zone | 2026-03-02 16:00:00 | 2026-03-02 16:09:30 | 20 | 湘M00001 | 2 | 2026-03-02 08:00:00"],
            id="eight hours later",
        ),
        pytest.param(
            [*driven("08:00:00", range(20)), *driven("16:00:00", range(20), phone=2)],
            ["copied_track | 湘M00002 | strong | | 2026-03-02 16:00:00 | 2026-03-02 16:09:30 | 20 | 湘M00001 | 2 | 2026-03-02 08:00:00"],
            id="of another vehicle",
        ),
        pytest.param(
            [*driven("08:00:00", range(20)), *driven("08:00:00", range(20), phone=2)],
            [
                "copied_track | 湘M00001 | strong | | 2026-03-02 08:00:00 | 2026-03-02 08:09:30 | 20 | 湘M00002 | 2 | 2026-03-02 08:00:00",
                "copied_track | 湘M00002 | strong | | 2026-03-02 08:00:00 | 2026-03-02 08:09:30 | 20 | 湘M00001 | 2 | 2026-03-02 08:00:00",
            ],
            id="two terminals in one cabin",
        ),
        pytest.param(
            [line for hour in range(8, 12) for line in driven(f"{hour:02}:00:00", range(30))],
            ["copied_track | 湘M00001 | strong | | 2026-03-02 09:00:00 | 2026-03-02 11:14:30 | 90 | 湘M00001 | 2 | 2026-03-02 08:00:00"],
            id="again and again is one finding",
        ),
        pytest.param(
            [*driven("08:00:00", range(50)), *driven("10:00:00", range(22)), *driven("10:11:30", range(23, 45))],
            ["copied_track | 湘M00001 | strong | | 2026-03-02 10:00:00 | 2026-03-02 10:22:00 | 44 | 湘M00001 | 2 | 2026-03-02 08:00:00"],
            id="a frame of the copy was lost",
        ),
        pytest.param(
            [*driven("08:00:00", range(22)), *driven("08:11:30", range(23, 45)), *driven("10:00:00", range(50))],
            ["copied_track | 湘M00001 | strong | | 2026-03-02 10:00:00 | 2026-03-02 10:22:00 | 44 | 湘M00001 | 2 | 2026-03-02 08:00:00"],
            id="a frame of the source was lost: two runs with one shift",
        ),
        pytest.param(
            [*driven("08:00:00", range(19)), *driven("08:10:30", range(21, 40)), *driven("10:00:00", range(40))], [],
            id="short runs alone are none",
        ),
        pytest.param(
            [*driven("08:00:00", range(7)), *driven("08:04:00", range(8, 45)), *driven("10:00:00", range(50))],
            ["copied_track | 湘M00001 | strong | | 2026-03-02 10:00:00 | 2026-03-02 10:22:00 | 44 | 湘M00001 | 2 | 2026-03-02 08:00:00"],
            id="short runs beside a long one count",
        ),
        pytest.param(
            [*every(30, "08:00:00", "08:20:00"), *every(30, "08:00:00", "08:20:00", phone=2)], [],
            id="two stand at one depot",
        ),
        pytest.param([*every(30, "08:00:00", "08:40:00", speed=40)], [], id="a receiver that froze"),
        pytest.param(
            [*driven("08:00:00", range(12)), *every(60, "08:06:00", "08:10:00"), *driven("08:10:00", range(12, 24)),
             *driven("10:00:00", range(12)), *every(60, "10:06:00", "10:10:00"), *driven("10:10:00", range(12, 24))],
            ["copied_track | 湘M00001 | strong | | 2026-03-02 10:00:00 | 2026-03-02 10:15:30 | 24 | 湘M00001 | 2 | 2026-03-02 08:00:00"],
            id="with the stop in between",
        ),
    ],
)  # fmt: skip
def test_copied_tracks(model, lines, rows):
    """The jumps onto a copied stretch and off it are no teleports."""
    model("mart.terminal_finding", given=given(lines), expect=expected(*rows, heading=COPIED))


# Constant speed -------------------------------------------------------------------------------------------------------


def even(
    count: int, *, speed: Any = 80.1, step_s: int = 30, north: float = 0.006, bend: int | None = None, off: float = 0.0
) -> list[str]:
    at = datetime(2026, 3, 2, 8)
    return [
        point(
            (at + timedelta(seconds=step_s * number)).isoformat(" "), speed=speed,
            latitude=round(26 + north * number, 6), longitude=round(111 + (off if number == bend else 0.0), 6),
        )
        for number in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        pytest.param(even(20), "strong | | 2026-03-02 08:00:00 | 2026-03-02 08:09:30 | 20", id="twenty points"),
        pytest.param(even(19), "", id="nineteen are none"),
        pytest.param([*even(10), *even(20, speed=80.2)[10:]], "", id="the speed changes by 0.1 km/h"),
        pytest.param(
            even(20, speed=80), "weak | whole_kmh | 2026-03-02 08:00:00 | 2026-03-02 08:09:30 | 20", id="whole km/h"
        ),
        pytest.param(
            even(20, bend=10, off=0.00002),
            "strong | | 2026-03-02 08:00:00 | 2026-03-02 08:09:30 | 20",
            id="two metres off",
        ),
        pytest.param(even(20, bend=10, off=0.00003), "", id="three metres off"),
        pytest.param(even(20, north=0.0), "", id="a receiver that froze"),
        pytest.param(even(300, step_s=1, north=0.0002), "", id="299 seconds"),
        pytest.param(
            even(301, step_s=1, north=0.0002),
            "strong | | 2026-03-02 08:00:00 | 2026-03-02 08:05:00 | 301",
            id="five minutes",
        ),
        pytest.param(
            [*even(12), *even(30)[13:]],
            "strong | | 2026-03-02 08:00:00 | 2026-03-02 08:14:30 | 29",
            id="a frame was lost",
        ),
        pytest.param(driven("08:00:00", range(40)), "", id="a road"),
    ],
)
def test_constant_speed(model, lines, row):
    rows = [f"constant_speed | 湘M00001 | {row}"] if row else []
    model("mart.terminal_finding", given=given(lines), expect=expected(*rows, heading=STRETCH))


def test_even_points_on_a_bend_are_none(model):
    """Each point is within two metres of where the one before points, the whole is no straight line."""
    lines, latitude, longitude = [], 26.0, 111.0
    for number in range(40):
        at = datetime(2026, 3, 2, 8) + timedelta(seconds=30 * number)
        lines.append(point(at.isoformat(" "), speed=60.1, latitude=round(latitude, 6), longitude=round(longitude, 6)))
        latitude, longitude = latitude + 0.0045, longitude + 0.000018 * number
    model("mart.terminal_finding", given=given(lines), expect=expected(heading=STRETCH))


# Jumps ----------------------------------------------------------------------------------------------------------------


def visits(*counts: int, moving: Sequence[bool] = (True, True), apart: float = 0.5) -> list[str]:
    """Points every 30 s that change between two roads ``apart`` degrees from each other: so many here, so many there."""
    lines, number = [], 0
    for side, count in enumerate(counts):
        for _ in range(count):
            at = datetime(2026, 3, 2, 8) + timedelta(seconds=30 * number)
            drives = 0.003 * number + 0.00007 * (number * number % 11) if moving[side % 2] else 0.0
            speed = 40 + number * 7 % 13 / 10 if moving[side % 2] else 0
            lines.append(point(at.isoformat(" "), speed=speed, latitude=round(26 + drives + apart * (side % 2), 6)))
            number += 1
    return lines


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        pytest.param(
            visits(5, 5), ["teleport | 湘M00001 | strong | | 2026-03-02 08:02:00 | 2026-03-02 08:02:30 | 5"], id="five and five",
        ),
        pytest.param(visits(5, 5, apart=0.04), [], id="five and five, not 5 km apart"),
        pytest.param(visits(5, 4), [], id="four there are drift"),
        pytest.param(visits(4, 5), [], id="or four here"),
        pytest.param(visits(9, 4, 9), [], id="drift that comes back"),
        pytest.param(
            visits(5, 2, 3, 4, 5, 5),
            ["teleport | 湘M00001 | strong | | 2026-03-02 08:09:00 | 2026-03-02 08:09:30 | 5"],
            id="drift before a jump that stays",
        ),
        pytest.param(
            visits(6, 6, moving=(True, False)),
            ["teleport | 湘M00001 | weak | fixed_place | 2026-03-02 08:02:30 | 2026-03-02 08:03:00 | 6"],
            id="the far side stands",
        ),
        pytest.param(
            [*visits(6), *every(30, "08:30:00", "08:40:00", speed=60, latitude=26.5)], [], id="silent long enough to drive there",
        ),
        pytest.param(visits(*[1] * 11), [], id="nine changes"),
        pytest.param(
            visits(*[1] * 12), ["shared_phone | 湘M00001 | strong | | 2026-03-02 08:00:30 | 2026-03-02 08:05:30 | 10"],
            id="ten changes between two tracks",
        ),
        pytest.param(
            visits(*[5] * 12), ["shared_phone | 湘M00001 | strong | | 2026-03-02 08:04:30 | 2026-03-02 08:27:30 | 10"],
            id="no teleports beside",
        ),
        pytest.param(
            visits(*[1] * 12, moving=(True, False)),
            ["shared_phone | 湘M00001 | weak | fixed_place | 2026-03-02 08:00:30 | 2026-03-02 08:05:30 | 10"],
            id="one of them stands",
        ),
        pytest.param(visits(*[1] * 30, apart=0.03), [], id="tracks less than 5 km apart"),
        pytest.param(visits(*[25, 1] * 10), [], id="longer than ten minutes from one drift to the next is no track"),
    ],
)  # fmt: skip
def test_jumps(model, lines, rows):
    model("mart.terminal_finding", given=given(lines), expect=expected(*rows, heading=STRETCH))


def test_what_a_scale_says_of_a_shared_phone_is_weak(model):
    model(
        "mart.terminal_finding",
        given=given(visits(*[1] * 40), passage("08:16:00", flags="E-PLATECONF")),
        expect=expected(
            "shared_phone | 湘M00001 | strong | | 38",
            "scale_silent | 湘M00001 | weak | no_position,plate_doubtful,two_tracks | 0",
            heading="finding_kind | plate_no | finding_grade | weakened_by | point_count",
        ),
    )


# The registry ---------------------------------------------------------------------------------------------------------


def test_every_kind_has_its_words_and_its_parameters_are_rows_of_the_scheme():
    with (sql.PROJECT / "seeds" / "kpi_scheme.csv").open(encoding="utf-8", newline="") as stream:
        parameters = {row["parameter"] for row in csv.DictReader(stream) if row["kpi_scheme"] == "local"}
    for check in cross_checks.CHECKS.values():
        assert all(
            (
                check.zh,
                check.en,
                check.says_zh,
                check.says_en,
                check.innocent_zh,
                check.innocent_en,
                check.next_zh,
                check.next_en,
            )
        )
        assert set(check.parameters) <= parameters, check.name
        assert check.table in sql.model_paths()
    kinds = dictionary()["finding_kind"].doc.replace(",", " ").replace(".", " ").split()
    assert {check.name for check in cross_checks.CHECKS.values() if check.table == "mart.terminal_finding"} == {
        *kinds
    } - {"or"}


def test_every_code_that_weakens_has_its_words():
    text = "".join(sql.model_paths()[f"{layer}.{name}"].read_text(encoding="utf-8") for layer, name in (
        ("core", "scale_finding"), ("core", "track_jump"), ("mart", "terminal_finding"),
    ))  # fmt: skip
    for code in cross_checks.WEAKENED:
        assert f"'{code}'" in text, code


def test_a_class_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="There is no class lorry"):
        cross_checks.findings(None, datetime(2026, 3, 1).date(), datetime(2026, 3, 2).date(), ["lorry"])  # type: ignore[arg-type]
    assert kpi.MONITORED
