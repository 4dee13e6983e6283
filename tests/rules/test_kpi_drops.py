"""KPIs that got worse: at the edges of basis, change, chance and days; and never of a part told as the whole."""

from collections.abc import Iterator
from datetime import date, timedelta
from math import comb

import pytest
from compliance_rows import Registers

from warehouse import kpi_drops
from warehouse.alerts import TABLES, Asked, alerts, detail_words, subject_words
from warehouse.kpi_drops import drops, last_day_of, last_month, lowest_rise

LAST = date(2026, 4, 15)
"""March is the last month that is over."""


@pytest.fixture
def tables() -> Iterator[Registers]:
    made = Registers(TABLES, LAST)
    yield made
    made.connection.close()


def fleet(made: Registers, county: str, first: date, last: date, online: int, size: int, begin: int = 0) -> None:
    """``size`` vehicles of a county that sent records before, of which ``online`` are on line in the days asked."""
    made.connection.execute(
        """
        insert into mart.vehicle_day by name
        select cast($first as date) + cast(day as integer) as event_date,
            '湘M' || lpad(cast($begin + who as varchar), 5, '0') as plate_no,
            2 as plate_color_code, 'line_coach' as monitored_class, $county as county_code, true as is_registered,
            who < $online as is_online, 1 as valid_point_count, false as has_drift, false as is_dawn_driving
        from range(cast($days as bigint)) as days(day), range(cast($size as bigint)) as vehicles(who)
        """,
        {"first": first, "days": (last - first).days + 1, "county": county, "online": online, "size": size,
         "begin": begin},
    )  # fmt: skip


def months(made: Registers, before: int, now: int, size: int = 200, county: str = "431102", begin: int = 0) -> None:
    fleet(made, county, date(2026, 2, 1), date(2026, 2, 28), before, size, begin)
    fleet(made, county, date(2026, 3, 1), date(2026, 3, 31), now, size, begin)


def told(made: Registers, county: str | None = None) -> set[tuple[str, str | None]]:
    return {(one.kpi, one.county_code) for one in drops(made, LAST, county)}


def test_a_month_that_is_clearly_worse_is_told_of_its_county_and_of_the_whole(tables: Registers) -> None:
    months(tables, 190, 150)
    months(tables, 190, 189, county="431103", begin=1_000)
    assert told(tables) == {("online_rate", "431102"), ("online_rate", None)}
    assert told(tables, "431102") == {("online_rate", "431102")}
    assert told(tables, "431103") == set()
    (found, whole) = sorted(
        (one for one in alerts(tables, Asked(LAST)) if one.rule == "kpi_drop"), key=lambda one: one.county_code is None
    )
    assert (found.severity, found.since, found.due_on, found.county_code) == ("look", date(2026, 4, 1), None, "431102")
    assert (subject_words(found, "zh"), subject_words(found, "en")) == ("上线率", "Online rate")
    assert detail_words(found, "zh") == "2026年3月：95.00% → 75.00%"
    assert detail_words(found, "en") == "Mar 2026: 95.00% → 75.00%"
    assert found.key != whole.key


@pytest.mark.parametrize(("now", "is_told"), [(190, False), (181, False), (180, False), (150, True), (200, False)])
def test_a_change_of_less_than_five_points_or_for_the_better_is_none(
    tables: Registers, now: int, is_told: bool
) -> None:
    """Of 200 a fall from 190 to 180 is 5 points, which may be chance."""
    months(tables, 190, now)
    assert (("online_rate", "431102") in told(tables)) is is_told


def test_the_same_fall_of_a_large_fleet_is_no_chance(tables: Registers) -> None:
    months(tables, 1_900, 1_800, size=2_000)
    assert ("online_rate", "431102") in told(tables)
    tables.connection.execute(
        "update seeds.parameter set parameter_value = 0.0501 where parameter = 'alert_kpi_change'"
    )
    assert told(tables) == set()


@pytest.mark.parametrize(("size", "is_told"), [(29, False), (30, True)])
def test_too_few_vehicles_tell_nothing(tables: Registers, size: int, is_told: bool) -> None:
    months(tables, size, 0, size=size)
    assert (("online_rate", "431102") in told(tables)) is is_told


@pytest.mark.parametrize(("begins", "is_told"), [(1, True), (3, False)])
def test_a_month_of_few_days_is_not_held_against_a_whole_one(tables: Registers, begins: int, is_told: bool) -> None:
    """28 of 31 days are 0.903, 26 are 0.839."""
    fleet(tables, "431102", date(2026, 2, begins), date(2026, 2, 28), 190, 200)
    fleet(tables, "431102", date(2026, 3, 1), date(2026, 3, 31), 100, 200)
    assert (("online_rate", "431102") in told(tables)) is is_told


def test_who_reads_some_counties_is_not_told_their_sum_as_the_prefecture(tables: Registers) -> None:
    months(tables, 190, 150)
    tables.districts = ("431102",)  # type: ignore[attr-defined]
    assert told(tables) == {("online_rate", "431102")}


def test_less_is_better_of_some(tables: Registers) -> None:
    """Vehicles with drift: more of them is worse, fewer is not."""
    months(tables, 200, 200)
    tables.connection.execute("update mart.vehicle_day set has_drift = true"
                              " where event_date >= date '2026-03-01' and plate_no < '湘M00100'")  # fmt: skip
    assert told(tables) == {("drift_rate", "431102"), ("drift_rate", None)}
    tables.connection.execute("update mart.vehicle_day set has_drift = event_date < date '2026-03-01'")
    assert told(tables) == set()


def test_neither_fines_nor_numbers_of_cases_are_looked_at() -> None:
    assert not [name for name in kpi_drops.WATCHED if "fine" in name or "case" in name or "penalt" in name]
    assert not [name for name in kpi_drops.TABLES if "case" in name or "penalty" in name or "payment" in name]


def test_the_month_is_the_last_one_that_is_over() -> None:
    assert last_month(date(2026, 3, 30)) == date(2026, 2, 1)
    assert last_month(date(2026, 3, 31)) == date(2026, 3, 1)
    assert last_month(date(2026, 1, 5)) == date(2025, 12, 1)
    for month in (1, 2, 4, 12):
        assert (last_day_of(date(2026, month, 1)) + timedelta(days=1)).day == 1


def test_the_interval_leaves_out_no_change_as_rarely_as_it_says() -> None:
    """Both months with the same true share: the chance that the lower end is above 0 is at most half of what is left,
    counted over every outcome."""
    size, confidence = 40, 0.95
    for share in (0.05, 0.3, 0.5, 0.9):
        chance = [comb(size, k) * share**k * (1 - share) ** (size - k) for k in range(size + 1)]
        wrong = sum(
            chance[before] * chance[now]
            for before in range(size + 1)
            for now in range(size + 1)
            if lowest_rise((before, size), (now, size), confidence) > 0
        )
        assert 0 < wrong < 0.03
