"""Days of the fictional prefecture: holidays, Spring Festival, seasons, working days, the hours of a day.

The dates of the lunar new year are astronomy; the length of the holidays follows recent years. The days
worked instead (调休) are left out: nothing here is evidence for a legal clock.
"""

from datetime import date, timedelta
from functools import cache

import numpy as np

LUNAR_NEW_YEAR = {
    2020: date(2020, 1, 25), 2021: date(2021, 2, 12), 2022: date(2022, 2, 1), 2023: date(2023, 1, 22),
    2024: date(2024, 2, 10), 2025: date(2025, 1, 29), 2026: date(2026, 2, 17), 2027: date(2027, 2, 6),
    2028: date(2028, 1, 26), 2029: date(2029, 2, 13), 2030: date(2030, 2, 3),
}  # fmt: skip
DRAGON_BOAT = {
    2020: date(2020, 6, 25), 2021: date(2021, 6, 14), 2022: date(2022, 6, 3), 2023: date(2023, 6, 22),
    2024: date(2024, 6, 10), 2025: date(2025, 5, 31), 2026: date(2026, 6, 19), 2027: date(2027, 6, 9),
    2028: date(2028, 5, 28), 2029: date(2029, 6, 16), 2030: date(2030, 6, 5),
}  # fmt: skip
# Traffic of an hour, of all trucks: two day peaks, and more heavy trucks by night.
HOURS = np.array(
    [6, 5.6, 5, 4, 3, 2.6, 2.8, 3.2, 3.8, 4.2, 4.4, 4.2, 3.6, 3.8, 4.2, 4.4, 4.3, 4, 3.6, 3.8, 4.6, 5.6, 6.2, 6.4]
)
HOURS /= HOURS.sum()


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def months(first: date, last: date) -> list[list[date]]:
    """The days from ``first`` to ``last``, by calendar month."""
    found: dict[tuple[int, int], list[date]] = {}
    for day in days_between(first, last):
        found.setdefault((day.year, day.month), []).append(day)
    return list(found.values())


@cache
def holidays(year: int) -> dict[date, str]:
    """Public holidays of a year: day → name."""
    spans = [
        ("元旦", date(year, 1, 1), 1),
        ("清明节", date(year, 4, 4), 3),
        ("劳动节", date(year, 5, 1), 5),
        ("国庆节", date(year, 10, 1), 7),
    ]
    if year in LUNAR_NEW_YEAR:
        spans += [("春节", LUNAR_NEW_YEAR[year] - timedelta(days=1), 8), ("端午节", DRAGON_BOAT[year], 1)]
    return {first + timedelta(days=step): name for name, first, length in spans for step in range(length)}


def is_workday(day: date) -> bool:
    return day.weekday() < 5 and day not in holidays(day.year)


def add_workdays(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``; ``day`` itself does not count."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_workday(day)
    return day


def traffic(day: date) -> float:
    """Truck traffic of a day against the mean of a year: weekday, season, holidays, Spring Festival."""
    level = 0.86 if day.weekday() == 6 else 1.02
    level *= 1 + 0.05 * np.cos(2 * np.pi * (day.month - 10.5) / 12)
    new_year = LUNAR_NEW_YEAR.get(day.year)
    if new_year:
        # Freight dies away over a week and is back after the lantern festival, fifteen days later.
        distance = (day - new_year).days
        if -7 <= distance < 0:
            return float(level * (0.30 + 0.65 * (-distance - 1) / 6))
        if 0 <= distance < 15:
            return float(level * (0.22 + 0.052 * distance))
    return float(level * (0.72 if day in holidays(day.year) else 1.0))
