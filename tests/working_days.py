"""Working days counted one by one over the notices (``calendar_notices``), without the product's code or its seed."""

from datetime import date

from calendar_notices import DAY, changed

CHANGED = changed()
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
