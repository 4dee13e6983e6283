"""Days off and days worked instead as the State Council's notices state them, and the festivals by the sky.

Independent of ``warehouse/seeds``: spans are written as a notice writes them, weekends included. The notices, all
国办发明电, by their year: 2016 〔2015〕18号, 2017 〔2016〕17号, 2018 〔2017〕12号, 2019 〔2018〕15号 (Labour Day
changed later), 2020 〔2019〕16号 (Spring Festival prolonged later), 2021 〔2020〕27号, 2022 〔2021〕11号, 2023
〔2022〕16号, 2024 〔2023〕7号, 2025 〔2024〕12号, and that of 2026. No notice of 2027 is known.

Festivals are computed: the new moon and the sun's longitude (Meeus, Astronomical Algorithms, chapters 25 and 49, their
largest terms: minutes off, which is far less than a day but near midnight), by the rules of GB/T 33661: the month that
holds 330° is the first, 90° the fifth, 180° the eighth.
"""

from datetime import date, datetime, timedelta
from functools import cache
from math import radians, sin

DAY = timedelta(days=1)
# Of each year: spans off, and days worked instead.
NOTICES = {
    2016: ("1.1-1.3 2.7-2.13 4.2-4.4 4.30-5.2 6.9-6.11 9.15-9.17 10.1-10.7", "2.6 2.14 6.12 9.18 10.8 10.9"),
    2017: ("1.1-1.2 1.27-2.2 4.2-4.4 4.29-5.1 5.28-5.30 10.1-10.8", "1.22 2.4 4.1 5.27 9.30"),
    2018: ("1.1-1.1 2.15-2.21 4.5-4.7 4.29-5.1 6.16-6.18 9.22-9.24 10.1-10.7 12.30-12.31",
           "2.11 2.24 4.8 4.28 9.29 9.30 12.29"),
    2019: ("1.1-1.1 2.4-2.10 4.5-4.7 5.1-5.4 6.7-6.9 9.13-9.15 10.1-10.7", "2.2 2.3 4.28 5.5 9.29 10.12"),
    2020: ("1.1-1.1 1.24-2.2 4.4-4.6 5.1-5.5 6.25-6.27 10.1-10.8", "1.19 4.26 5.9 6.28 9.27 10.10"),
    2021: ("1.1-1.3 2.11-2.17 4.3-4.5 5.1-5.5 6.12-6.14 9.19-9.21 10.1-10.7", "2.7 2.20 4.25 5.8 9.18 9.26 10.9"),
    2022: ("1.1-1.3 1.31-2.6 4.3-4.5 4.30-5.4 6.3-6.5 9.10-9.12 10.1-10.7 12.31-12.31",
           "1.29 1.30 4.2 4.24 5.7 10.8 10.9"),
    2023: ("1.1-1.2 1.21-1.27 4.5-4.5 4.29-5.3 6.22-6.24 9.29-10.6 12.30-12.31", "1.28 1.29 4.23 5.6 6.25 10.7 10.8"),
    2024: ("1.1-1.1 2.10-2.17 4.4-4.6 5.1-5.5 6.8-6.10 9.15-9.17 10.1-10.7", "2.4 2.18 4.7 4.28 5.11 9.14 9.29 10.12"),
    2025: ("1.1-1.1 1.28-2.4 4.4-4.6 5.1-5.5 5.31-6.2 10.1-10.8", "1.26 2.8 4.27 9.28 10.11"),
    2026: ("1.1-1.3 2.15-2.23 4.4-4.6 5.1-5.5 6.19-6.21 9.25-9.27 10.1-10.7", "1.4 2.14 2.28 5.9 9.20 10.10"),
}  # fmt: skip


def _day(year: int, text: str) -> date:
    month, day = map(int, text.split("."))
    return date(year, month, day)


def changed() -> dict[date, bool]:
    """Days that depart from Monday to Friday: whether they are worked."""
    found = {}
    for year, (spans, worked) in NOTICES.items():
        for span in spans.split():
            day, last = (_day(year, text) for text in span.split("-"))
            while day <= last:
                if day.weekday() < 5:
                    found[day] = False
                day += DAY
        found |= {_day(year, text): True for text in worked.split()}
    return found


# --- festivals -----------------------------------------------------------------------------------------------------
_BEIJING = timedelta(hours=8)
_J2000 = datetime(2000, 1, 1, 12)
_BEHIND = timedelta(seconds=70)
"""Terrestrial less universal time in these years, within seconds."""


def _longitude(at: datetime) -> float:
    """Apparent longitude of the sun in degrees, at a terrestrial time."""
    century = (at - _J2000) / timedelta(days=36525)
    anomaly = radians(357.52911 + 35999.05029 * century)
    centre = 1.914602 * sin(anomaly) + 0.019993 * sin(2 * anomaly) + 0.000289 * sin(3 * anomaly)
    node = radians(125.04 - 1934.136 * century)
    return (280.46646 + 36000.76983 * century + centre - 0.00569 - 0.00478 * sin(node)) % 360


def sun_at(degrees: float, year: int) -> date:
    """The day in Beijing on which the sun reaches a longitude."""
    at = datetime(year, 3, 20) + timedelta(days=(degrees if degrees < 285 else degrees - 360) / 360 * 365.25)
    for _ in range(6):
        at += timedelta(days=((degrees - _longitude(at) + 180) % 360 - 180) / 360 * 365.25)
    return (at - _BEHIND + _BEIJING).date()


def _new_moon(number: int) -> date:
    """The day in Beijing of a new moon, counted from that of 2000-01-06."""
    century = number / 1236.85
    sun, moon = radians(2.5534 + 29.10535670 * number), radians(201.5643 + 385.81693528 * number)
    node, latitude = radians(124.7746 - 1.56375588 * number), radians(160.7108 + 390.67050284 * number)
    shrinks = 1 - 0.002516 * century
    days = (
        5.59766 + 29.530588861 * number + 0.00015437 * century**2 - 0.40720 * sin(moon) + 0.17241 * shrinks * sin(sun)
        + 0.01608 * sin(2 * moon) + 0.01039 * sin(2 * latitude) + 0.00739 * shrinks * sin(moon - sun)
        - 0.00514 * shrinks * sin(moon + sun) + 0.00208 * sin(2 * sun) - 0.00111 * sin(moon - 2 * latitude)
        - 0.00057 * sin(moon + 2 * latitude) + 0.00056 * sin(2 * moon + sun) - 0.00042 * sin(3 * moon)
        + 0.00042 * sin(sun + 2 * latitude) + 0.00038 * sin(sun - 2 * latitude) - 0.00024 * sin(2 * moon - sun)
        - 0.00017 * sin(node)
    )  # fmt: skip
    return (datetime(2000, 1, 1) + timedelta(days=days) - _BEHIND + _BEIJING).date()


def _month_of(day: date) -> date:
    """The first day of the lunar month that holds a day."""
    number = int((day - date(2000, 1, 6)).days / 29.530588861) - 1
    while _new_moon(number + 1) <= day:
        number += 1
    return _new_moon(number)


@cache
def festivals(year: int) -> dict[str, tuple[date, ...]]:
    """Days off by 全国年节及纪念日放假办法: 11 a year, since 2025 13."""
    new_year = _month_of(sun_at(330, year))
    since_2025 = year >= 2025
    return {
        "new_year": (date(year, 1, 1),),
        "spring": tuple(new_year + at * DAY for at in range(-1 if since_2025 else 0, 3)),
        "qingming": (sun_at(15, year),),
        "labour": (date(year, 5, 1), *([date(year, 5, 2)] if since_2025 else [])),
        "dragon_boat": (_month_of(sun_at(90, year)) + 4 * DAY,),
        "mid_autumn": (_month_of(sun_at(180, year)) + 14 * DAY,),
        "national": tuple(date(year, 10, at) for at in (1, 2, 3)),
    }
