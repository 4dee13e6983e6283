"""The forecast of the queue: exact where nothing is left to chance, intervals that hold what comes of planted queues,
nothing known of later days, and what there is too little data for."""

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from case_reference import Case
from case_rows import built_of
from landed import Tables

from warehouse import queue
from warehouse.errors import WarehouseError
from warehouse.queue import Asked, History, Line, _Settings

DAY = date(2025, 6, 29)
SETTINGS = _Settings(history_days=365, arrival_weeks=12, least=20, share=0.9)
Course = list[tuple[date, str]]


def history(courses: list[Course]) -> History:
    """Spells of cases, each a list of days and the states they then come into."""
    rows = []
    for course in courses:
        for at, (entered, state) in enumerate(course):
            left, after = course[at + 1] if at + 1 < len(course) else (None, None)
            rows.append({
                "entered_on": entered, "case_state": state, "left_on": left, "next_state": after, "is_first": at == 0,
            })  # fmt: skip
    return queue.history_of(rows, min(course[0][0] for course in courses))


def ahead(past: History, weeks: int, day: date = DAY, draws: int = 100) -> dict[str, Line]:
    states, flows = queue.lines(past, day.toordinal(), weeks, SETTINGS, draws)
    return {line.name: line for line in states} | {f"flow {line.name}": line for line in flows}


def steady(day: date = DAY) -> list[Course]:
    """Five cases on every Monday, each filed for 10 days, decided for 4 and then closed."""
    first = day - timedelta(days=363)
    filed = [first + timedelta(days=7 * week) for week in range(60)]
    return [
        [(on, "filed"), (on + timedelta(days=10), "decided"), (on + timedelta(days=14), "closed")]
        for on in filed for _ in range(5)
    ]  # fmt: skip


# --- exact -------------------------------------------------------------------------------------------
def test_a_queue_without_chance_is_told_exactly() -> None:
    """DAY is a Sunday. At the end of a Sunday the last Monday's cases and those of the Monday before (13 days: decided
    on the Thursday) are there."""
    past = history(steady())
    assert DAY.weekday() == 6
    told = ahead(past, 3)
    assert set(told) == {"open", "filed", "decided", "flow filed", "flow decided", "flow paid", "flow closed"}
    assert (told["open"].now_count, told["open"].weeks[-1]) == (10, queue.Expected(10, 10, 10))
    for name in ("filed", "decided", "flow filed", "flow decided", "flow closed"):
        assert told[name].now_count == 5, name
        assert [(one.mean, one.low, one.high) for one in told[name].weeks] == [(5, 5, 5)] * 3, name
    assert (told["flow paid"].weeks, told["flow paid"].exit_count) == ((), 0)


def test_a_wider_share_makes_a_wider_interval() -> None:
    past = history(random_courses(random.Random(4)))
    narrow, wide = (
        queue.lines(past, DAY.toordinal(), 2, SETTINGS._replace(share=share), 50)[0][0].weeks[-1]
        for share in (0.5, 0.98)
    )
    assert wide.low < narrow.low < narrow.high < wide.high


@pytest.mark.parametrize("weeks", [4, 5, 11, 12])
def test_a_week_before_the_data_is_not_one_without_cases(weeks: int) -> None:
    """Six cases every Monday since so many weeks, closed at once: six come in each week to come, too."""
    first = DAY - timedelta(days=7 * weeks - 1)
    assert first.weekday() == 0
    days = [first + timedelta(days=7 * week) for week in range(weeks + 1)]
    past = history([[(on, "filed"), (on, "closed")] for on in days for _ in range(6)])
    assert ahead(past, 2)["flow filed"].weeks == (queue.Expected(6, 6, 6),) * 2
    # Of the days of a week that is not whole nothing is drawn, and of less than a week nothing is forecast.
    assert ahead(past, 2, DAY + timedelta(days=3))["flow filed"].weeks == (queue.Expected(6, 6, 6),) * 2
    states, flows = queue.lines(past, first.toordinal(), 2, _Settings(365, 12, 1, 0.9), 10)
    assert [line.weeks for line in (*states, *flows)] == [()] * 5


def test_nothing_of_a_later_day_is_known() -> None:
    """What comes after the day is another world: arrivals double and all take thrice as long."""
    before = [course for course in steady() if course[0][0] <= DAY]
    later = [
        [(on, "filed"), (on + timedelta(days=30), "decided")]
        for week in range(8) for _ in range(10) for on in [DAY + timedelta(days=1 + 7 * week)]
    ]  # fmt: skip
    cut = [[step for step in course if step[0] <= DAY] for course in before]
    assert ahead(history(cut), 4) == ahead(history(before + later), 4)


def test_who_has_waited_longer_than_anybody_stays_and_a_case_goes_on_by_how_long_it_waited() -> None:
    """Half of the cases leave on the second day for paid, half on the twentieth for overdue: after five days only the
    second way is open."""
    courses: list[Course] = []
    for at in range(40):
        on = DAY - timedelta(days=100 + at)
        courses.append([(on, "served"), (on + timedelta(days=2 if at % 2 else 20), "paid" if at % 2 else "overdue")])
    courses += [[(DAY - timedelta(days=5), "served")]] * 7 + [[(DAY - timedelta(days=400), "served")]] * 3
    past = history(courses)
    # Nothing has come into the queue for so long that arrivals are told: those of a past window are.
    settings = _Settings(365, 30, 20, 0.9)
    standing, coming = queue.simulated(past, DAY.toordinal(), 3, settings, 50)
    own = {state: at for at, state in enumerate(queue.STATES)}
    arrivals = coming[:, own["served"]].sum(axis=1)
    assert (standing[:, own["served"], 2] >= 3).all(), "longer than any has been known to"
    assert (coming[:, own["overdue"], 2] >= 7).all(), "fifteen days ahead: in the third week"
    assert (coming[:, own["overdue"], :2] == 0).all()
    assert (coming[:, own["paid"]].sum(axis=1) <= arrivals).all()


def test_a_state_left_and_entered_on_one_day_ends() -> None:
    """To and fro within a day: runs that do not draw the one that stayed end, too."""
    to_and_fro: Course = [(DAY - timedelta(days=3), state) for state in ("appeal", "overdue") * 15]
    courses = [to_and_fro, *steady()]
    told = ahead(history([course for course in courses if course[0][0] <= DAY]), 2)
    assert told["filed"].weeks[0].mean == pytest.approx(5)


def test_too_little_data_is_said() -> None:
    few = [course for course in steady() if DAY - timedelta(days=20) < course[0][0] <= DAY]
    told = ahead(history(few), 2)
    assert told["filed"].now_count == 5
    assert [line.weeks for line in told.values()] == [()] * len(told), "too few came to draw arrivals from"
    rare = [*steady(), [(DAY - timedelta(days=3), "hearing")]]
    told = ahead(history([course for course in rare if course[0][0] <= DAY]), 2)
    assert (told["hearing"].now_count, told["hearing"].exit_count, told["hearing"].weeks) == (1, 0, ())
    assert len(told["filed"].weeks) == 2
    assert queue.back_test(history(few), DAY.toordinal(), 2, SETTINGS) is None


@pytest.mark.parametrize("weeks", [0, 27])
def test_what_cannot_be_asked_says_what_can(weeks: int) -> None:
    with pytest.raises(WarehouseError, match="1 to 26 weeks"):
        Asked(DAY, weeks)


# --- against a plain telling ---------------------------------------------------------------------------
def random_courses(rng: random.Random, days: int = 500, a_week: float = 14.0) -> list[Course]:
    """A queue that does not change: cases come by chance, wait by chance, a tenth are heard, some never pay."""
    first = DAY - timedelta(days=days)
    courses = []
    waits: dict[str, Callable[[], float]] = {
        "filed": lambda: rng.expovariate(1 / 6), "hearing": lambda: rng.uniform(5, 15),
        "decided": lambda: rng.choice((2, 3, 4, 30)), "served": lambda: rng.gammavariate(2, 6),
        "paid": lambda: rng.expovariate(1 / 5), "overdue": lambda: rng.expovariate(1 / 60),
    }  # fmt: skip
    for offset in range(days + 120):
        for _ in range(int(rng.random() < a_week / 14) + int(rng.random() < a_week / 14)):
            on, state, course = first + timedelta(days=offset), "filed", []
            while True:
                course.append((on, state))
                if state == "closed":
                    break
                on += timedelta(days=int(waits[state]()))
                state = {
                    "filed": "hearing" if rng.random() < 0.1 else "decided", "hearing": "decided", "decided": "served",
                    "served": "overdue" if rng.random() < 0.15 else "paid", "overdue": "paid", "paid": "closed",
                }[state]  # fmt: skip
            courses.append(course)
    return courses


def plain(courses: list[Course], day: date, weeks: int) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Cases standing in each state at the end of each week, and coming into it, counted one by one."""
    standing: dict[str, list[int]] = defaultdict(lambda: [0] * weeks)
    coming: dict[str, list[int]] = defaultdict(lambda: [0] * weeks)
    for course in courses:
        for week in range(weeks):
            end = day + timedelta(days=7 * (week + 1))
            entered = [state for on, state in course if on <= end]
            if entered:
                standing[entered[-1]][week] += 1
            for on, state in course:
                coming[state][week] += end - timedelta(days=7) < on <= end
    return standing, coming


def test_what_came_is_what_a_plain_count_says() -> None:
    courses = random_courses(random.Random(1))
    standing, coming = plain(courses, DAY, 4)
    past, day = history(courses), DAY.toordinal()
    came = queue.came(past, day, 4)
    for at, state in enumerate(queue.STATES):
        assert came[at].tolist() == coming[state], state
        here = [queue.present(past, day + 7 * (week + 1))[at] for week in range(4)]
        assert here == standing[state], state


def test_intervals_hold_what_comes_of_queues_that_do_not_change() -> None:
    """Of 24 queues: about nine in ten numbers, and the mean of the forecasts is that of what comes."""
    inside = count = 0
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for seed in range(24):
        courses = random_courses(random.Random(seed))
        past = history(courses)
        standing, coming = plain(courses, DAY, 4)
        for name, line in ahead(past, 4).items():
            if name == queue.OPEN:
                standing[name] = [sum(standing[state][week] for state in queue.OPEN_STATES) for week in range(4)]
            into = queue.FLOWS[name.removeprefix("flow ")] if name.startswith("flow ") else None
            for week, one in enumerate(line.weeks):
                number = standing[name][week] if into is None else sum(coming[state][week] for state in into)
                inside += one.low <= number <= one.high
                count += 1
                sums[name][0] += one.mean
                sums[name][1] += number
    assert count > 800
    assert 0.84 < inside / count < 0.97
    for name, (expected, came) in sums.items():
        assert expected == pytest.approx(came, rel=0.12, abs=30), name


def test_the_back_test_is_the_forecast_of_that_day_against_what_came() -> None:
    courses = random_courses(random.Random(5))
    past, weeks = history(courses), 3
    told = queue.back_test(past, DAY.toordinal(), weeks, SETTINGS)
    assert told is not None
    made_on = DAY - timedelta(days=21)
    assert (told.made_on, told.forecast_count) == (made_on, queue.BACK_TESTS)
    known = history([course for course in courses if course[0][0] <= made_on])
    then = ahead(known, weeks, made_on)
    standing, coming = plain(courses, made_on, weeks)
    assert {one.name for one in told.lines if not one.is_flow} <= set(then)
    for one in told.lines:
        assert one.expected == then[f"flow {one.name}" if one.is_flow else one.name].weeks[-1], one.name
        if one.is_flow:
            came = sum(coming[state][-1] for state in queue.FLOWS[one.name])
        else:
            own = queue.OPEN_STATES if one.name == queue.OPEN else (one.name,)
            came = sum(standing[state][-1] for state in own)
        assert one.came == came, one.name
    assert 0.7 < told.inside / told.count <= 1


# --- from the tables -----------------------------------------------------------------------------------
def case_of(number: str, *steps: tuple[str, str], county: str = "431103") -> Case:
    at = tuple((datetime.fromisoformat(f"{day} 09:00"), no, state) for no, (day, state) in enumerate(steps, 1))
    return Case(
        number=number, plate="湘M54321", simple=False, off_site=False, violated_on=date(2025, 1, 5),
        found_on=date(2025, 1, 5), filed_on=date(2025, 1, 10), closed_on=None, state="filed", steps=at, decisions=(),
        payments=(), handed_over_on=None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def tables() -> Tables:
    return built_of(
        [
            case_of("CLUE", ("2025-01-05", "clue")),
            case_of("FILED", ("2025-01-05", "clue"), ("2025-01-10", "filed")),
            case_of("HEARD", ("2025-01-05", "clue"), ("2025-01-10", "filed"), ("2025-01-15", "investigating"),
                    ("2025-01-20", "investigating"), ("2025-02-01", "pre_notice"), ("2025-02-01", "hearing")),
            case_of("REFUSED", ("2025-01-05", "clue"), ("2025-01-10", "filed"), ("2025-01-15", "decided")),
            case_of("LIST"),
        ],
        random.Random(1),
    )  # fmt: skip


def spells(past: History) -> list[tuple[Any, ...]]:
    found = [
        (queue.STATES[state], str(date.fromordinal(int(entered))), int(left - entered) if after >= 0 else None,
         queue.STATES[after] if after >= 0 else None, bool(first))
        for entered, left, state, after, first in zip(*past[:5], strict=True)
    ]  # fmt: skip
    return sorted(found, key=str)


def test_the_queue_begins_with_the_filing_and_refused_steps_move_nothing(tables: Tables) -> None:
    asked = Asked(date(2025, 12, 31), 2)
    assert spells(queue.read(tables, asked)) == [
        ("filed", "2025-01-10", 5, "investigating", True),
        ("filed", "2025-01-10", None, None, True),
        ("filed", "2025-01-10", None, None, True),
        ("hearing", "2025-02-01", None, None, False),
        ("investigating", "2025-01-15", 17, "pre_notice", False),
        ("pre_notice", "2025-02-01", 0, "hearing", False),
    ]
    told = queue.forecast(tables, asked)
    assert {line.name: line.now_count for line in told.states} == {"open": 3, "filed": 2, "hearing": 1}
    assert (told.untimed_count, told.back_test) == (1, None), "the list's case has no step, the clue is no case yet"


def test_a_day_before_and_another_county_know_less(tables: Tables) -> None:
    assert {one[0] for one in spells(queue.read(tables, Asked(date(2025, 1, 20), 2)))} == {"filed", "investigating"}
    nothing = queue.forecast(tables, Asked(date(2025, 12, 31), 2, "431102"))
    assert ([line.name for line in nothing.states], nothing.untimed_count) == (["open"], 0)
    assert all(line.now_count == 0 and not line.weeks for line in (*nothing.states, *nothing.flows))
    assert isinstance(queue.read(tables, Asked(date(2025, 1, 1), 1)).entered, np.ndarray)
