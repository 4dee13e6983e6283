"""Working days: the model against a plain count over the notices, the notices against the sky and the holidays act, and
days everybody can look up."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
from calendar_notices import NOTICES, festivals
from working_days import CHANGED, DAY, working_days_after, works

from warehouse import sql


@pytest.fixture(scope="module")
def calendar() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    sql.load_seeds(connection)
    connection.execute("create schema core")
    connection.execute(f"create table core.working_day as {sql.render('core.working_day').sql}")
    yield connection
    connection.close()


def test_every_exception_departs_from_the_week_and_lies_in_a_year_with_a_notice(
    calendar: duckdb.DuckDBPyConnection,
) -> None:
    assert all((day.weekday() < 5) != is_working for day, is_working in CHANGED.items())
    found = calendar.execute(
        "select year.has_notice, count(*), count(distinct day.calendar_date) from seeds.calendar_day as day"
        " left join seeds.calendar_year as year on year.rule_id = day.calendar_rule_id"
        " and year.calendar_year = extract(year from day.calendar_date) group by all"
    ).fetchall()
    assert found == [(True, len(CHANGED), len(CHANGED))]


def test_the_seed_has_the_days_of_the_notices(calendar: duckdb.DuckDBPyConnection) -> None:
    found = dict(calendar.execute("select calendar_date, is_working_day from seeds.calendar_day").fetchall())
    assert {day: (found.get(day), CHANGED.get(day)) for day in found.keys() | CHANGED.keys()
            if found.get(day) != CHANGED.get(day)} == {}  # fmt: skip
    noticed = "select calendar_year from seeds.calendar_year where has_notice order by 1"
    assert [year for (year,) in calendar.execute(noticed).fetchall()] == list(NOTICES)


@pytest.mark.parametrize("year", NOTICES)
def test_the_festivals_of_the_sky_are_off_and_no_day_more_than_the_act_gives(year: int) -> None:
    """Every other day off is worked on a weekend; but the Spring Festival of 2020 was longer by two working days."""
    given = [day for days in festivals(year).values() for day in days]
    assert [day for day in given if works(day)] == []
    of_year = [is_working for day, is_working in CHANGED.items() if day.year == year]
    net = of_year.count(False) - of_year.count(True)
    assert net == (13 if year >= 2025 else 11) + (2 if year == 2020 else 0)
    assert all((day.weekday() >= 5) == is_working for day, is_working in CHANGED.items())


@pytest.mark.parametrize(
    ("year", "spring", "dragon_boat", "mid_autumn"),
    [
        (2017, "01-28", "05-30", "10-04"),  # a leap sixth month
        (2020, "01-25", "06-25", "10-01"),  # a leap fourth month
        (2023, "01-22", "06-22", "09-29"),  # a leap second month
        (2026, "02-17", "06-19", "09-25"),
        (2027, "02-06", "06-09", "09-15"),
    ],
)
def test_festivals_are_on_the_days_of_the_almanac(year: int, spring: str, dragon_boat: str, mid_autumn: str) -> None:
    told = festivals(year)
    first = told["spring"][1 if year >= 2025 else 0]
    assert [f"{day:%m-%d}" for day in (first, told["dragon_boat"][0], told["mid_autumn"][0])] == [
        spring, dragon_boat, mid_autumn
    ]  # fmt: skip


def test_days_are_numbered_as_a_plain_count_numbers_them(calendar: duckdb.DuckDBPyConnection) -> None:
    found = calendar.execute(
        "select calendar_date, is_working_day, working_day_no, next_working_date from core.working_day order by 1"
    ).fetchall()
    day, number = date(2016, 1, 1), 0
    for calendar_date, is_working, working_day_no, following in found:
        number += works(day)
        assert (calendar_date, is_working, working_day_no) == (day, works(day), number)
        if following is not None:
            assert following == (day if works(day) else working_days_after(day, 1))
        day += DAY
    assert day == date(2028, 1, 1)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 7, 10])
def test_so_many_working_days_after_any_day(calendar: duckdb.DuckDBPyConnection, count: int) -> None:
    """Also from a holiday and from a weekend day worked instead; with 0, from working days only."""
    found = calendar.execute(
        "select started.calendar_date, due.calendar_date from core.working_day as started"
        " inner join core.working_day as due on due.is_working_day"
        " and due.working_day_no = started.working_day_no + ? where started.is_working_day or ? > 0",
        [count, count],
    ).fetchall()
    assert len(found) > 2900
    assert [row for row in found if row[1] != working_days_after(row[0], count)] == []


@pytest.mark.parametrize(
    ("started", "count", "due"),
    [
        (date(2025, 9, 26), 7, date(2025, 10, 13)),  # 2025-09-28 and 10-11 are worked, 1 to 8 October are off
        (date(2026, 2, 13), 2, date(2026, 2, 24)),  # 2026-02-14 is worked, 15 to 23 February are off
        (date(2026, 9, 18), 1, date(2026, 9, 20)),  # a Sunday that is worked
        (date(2026, 1, 2), 1, date(2026, 1, 4)),  # from a holiday
        (date(2020, 1, 23), 1, date(2020, 2, 3)),  # the holiday that was prolonged
    ],
)
def test_well_known_spans(calendar: duckdb.DuckDBPyConnection, started: date, count: int, due: date) -> None:
    assert working_days_after(started, count) == due
    assert calendar.execute(
        "select due.calendar_date from core.working_day as started inner join core.working_day as due"
        " on due.is_working_day and due.working_day_no = started.working_day_no + ? where started.calendar_date = ?",
        [count, started],
    ).fetchall() == [(due,)]


def test_a_year_without_a_notice_says_so(calendar: duckdb.DuckDBPyConnection) -> None:
    found = calendar.execute(
        "select distinct extract(year from calendar_date) from core.working_day where not has_notice order by 1"
    ).fetchall()
    assert found == [(2027,)]
