"""Working days counted one by one over the exceptions of the seed, without the product's code."""

import csv
from datetime import date, timedelta
from pathlib import Path

DAY = timedelta(days=1)
_SEED = Path(__file__).resolve().parents[1] / "warehouse" / "seeds" / "calendar_day.csv"


def _exceptions() -> dict[date, bool]:
    with _SEED.open(encoding="utf-8", newline="") as stream:
        return {
            date.fromisoformat(row["calendar_date"]): row["is_working_day"] == "true" for row in csv.DictReader(stream)
        }


CHANGED = _exceptions()
"""Days that depart from the working week: whether they are worked."""


def works(day: date) -> bool:
    return CHANGED.get(day, day.weekday() < 5)


def working_days_after(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``, which itself does not count."""
    while count:
        day += DAY
        count -= works(day)
    return day


def rolled(day: date) -> date:
    """The day itself, or the first working day after it."""
    while not works(day):
        day += DAY
    return day
