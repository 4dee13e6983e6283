"""The shift sheet of one day and place for pages and files (``warehouse.shift``, ``warehouse.watch``)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from dashboards import lists, lookup_facts, queries
from dashboards.selection import ALL, Known, option, plain_date
from warehouse import repeat, shift, shift_text, watch
from warehouse.shift import Asked

HERE = "/shift"


@dataclass(frozen=True)
class Choice:
    """The day of the shift, the day after ``last_day`` of data unless a link says another, and the county."""

    on: date
    last_day: date
    county: str = ALL

    @property
    def asked(self) -> Asked:
        county = None if self.county == ALL else self.county
        return Asked(self.on, min(self.last_day, self.on - timedelta(days=1)), county)

    def query(self, *, absolute: bool = False, **changes: Any) -> str:
        """The address's query; what is at its default is left out. ``absolute`` names the day even then."""
        one = replace(self, **changes)
        pairs = {"on": one.on.isoformat()} if absolute or one.on != one.last_day + timedelta(days=1) else {}
        pairs |= {"county": one.county} if one.county != ALL else {}
        return "?" + urlencode(pairs) if pairs else ""


def days(db: queries.Source, known: Known) -> tuple[date, date]:
    """First and last day that can be asked: the repeat rule was in force, and data are there to tell from."""
    first = max(repeat.first_day(db), known.first_day)
    return first + timedelta(days=1), known.last_day + timedelta(days=shift.AHEAD_DAYS)


def choice_of(given: Mapping[str, Any], known: Known, db: queries.Source) -> tuple[Choice, list[str]]:
    """What an address asks for, and the names of values that could not be taken."""
    bad: list[str] = []
    first, last = days(db, known)
    usual = known.last_day + timedelta(days=1)
    on = plain_date(given["on"]) if given.get("on") not in (None, "") else usual
    if on is None or not first <= on <= last:
        bad.append("on")
        on = usual
    return Choice(on, known.last_day, option(given.get("county"), (ALL, *known.counties), ALL, bad, "county")), bad


def is_built(db: queries.Source) -> bool:
    """Whether the snapshot has what a sheet is made of."""
    return queries.tables(db) >= {*shift.TABLES, *watch.TABLES} and repeat.is_built(db)


@queries.once_per_choice
def parameters(db: queries.Source, asked: Asked) -> list[Any]:
    """Of the sheet, then of the watch list."""
    of_watch = watch.parameters(db, watch.question_of(db, asked.as_of))
    return [*shift.parameters(db, asked.as_of).values(), *of_watch]


@queries.once_per_choice
def sheet(db: queries.Source, asked: Asked) -> shift.Sheet:
    return shift.sheet(db, asked)


@queries.once_per_choice
def tested(db: queries.Source, as_of: date, county: str | None) -> shift.BackTest | None:
    return shift.backtest(db, as_of, county)


@queries.once_per_choice
def watched(db: queries.Source, asked: Asked) -> watch.Watch:
    """The list; equals stand in an order that tells nothing of a plate."""
    rule = shift.rule_of(shift.parameters(db, asked.as_of))
    return watch.watch(db, asked, rule, lists.of_equals())


def document(db: queries.Source, asked: Asked, most: int | None = shift_text.MOST_WATCHED) -> dict[str, Any]:
    """Everything as plain values, plates masked (``shift_text.document``)."""
    counties = {row.county_code: (row.name_zh, row.name_en) for row in queries.counties(db).itertuples()}
    return shift_text.document(
        sheet(db, asked), watched(db, asked), tested(db, asked.as_of, asked.county), parameters(db, asked), db.version,
        counties, most,
    )  # fmt: skip


def token(db: queries.Source, one: watch.Watched) -> str | None:
    """What leads to the look-up of a vehicle; None where no act is known of it, so that it would find none."""
    handed = lookup_facts.token(one.plate_no, one.plate_color_code)
    return handed if lookup_facts.vehicle_of(db, handed) else None
