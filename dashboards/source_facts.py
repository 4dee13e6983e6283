"""What the page of loading firms and its files read: ``warehouse.sources`` for one choice."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from dashboards import queries, terminal_facts
from dashboards.selection import ALL, Known, day_asked, option, query_of
from warehouse import sources
from warehouse.repeat import months_later
from warehouse.sources import Asked, Firm, Told, Trip

HERE = "/sources"
FIRST_DAY = date(2016, 9, 21)
"""The limits of trucks are those of GB 1589-2016 from here on."""
SPANS = ("1", "3", "12")
"""Months up to the day."""


@dataclass(frozen=True)
class Choice:
    """The months up to a day, the county of the firms, and the ``firm`` whose trips stand below, by its token."""

    as_of: date
    last_day: date
    months: str = "1"
    county: str = ALL
    firm: str = ""

    @property
    def asked(self) -> Asked:
        first = months_later(self.as_of + timedelta(days=1), -int(self.months))
        return Asked(first, self.as_of, None if self.county == ALL else self.county)

    @property
    def before(self) -> Asked:
        """As many days before."""
        asked = self.asked
        return replace(asked, first=asked.first - (asked.last - asked.first) - timedelta(days=1),
                       last=asked.first - timedelta(days=1))  # fmt: skip

    def query(self, *, absolute: bool = False, **changes: Any) -> str:
        """The address's query; what is at its default is left out. ``absolute`` names the last day of data, too."""
        return query_of(replace(self, **changes), USUAL, absolute=absolute)


USUAL = {field.name: field.default for field in fields(Choice) if field.name not in ("as_of", "last_day")}


def choice_of(given: Mapping[str, Any], known: Known, db: queries.Source) -> tuple[Choice, list[str]]:
    """What an address asks for, and the names of values that could not be taken."""
    bad: list[str] = []
    choice = Choice(
        day_asked(given, FIRST_DAY, known.last_day, bad),
        known.last_day,
        option(given.get("months"), SPANS, SPANS[0], bad, "months"),
        option(given.get("county"), (ALL, *known.counties), ALL, bad, "county"),
    )
    if firm := given.get("firm"):
        offered = tuple(by_token(told(db, choice.asked)))
        choice = replace(choice, firm=option(firm, ("", *offered), "", bad, "firm"))
    return choice, bad


@queries.once_per_snapshot
def is_built(db: queries.Source) -> bool:
    return sources.is_built(db)


@queries.once_per_choice
def told(db: queries.Source, asked: Asked) -> Told:
    return sources.told(db, asked)


def by_token(found: Told) -> dict[str, Firm]:
    """Firms by what names them in an address: their number is nothing to be handed on."""
    firms = {one.firm_no: one for one in found.firms}
    return {token: firms[number] for token, number in terminal_facts.by_token(firms).items()}


def firm_of(db: queries.Source, choice: Choice) -> Firm | None:
    return by_token(told(db, choice.asked)).get(choice.firm)


@queries.once_per_choice
def trips(db: queries.Source, asked: Asked, firm_no: str) -> list[Trip]:
    return sources.trips(db, asked, firm_no)


def evidence_of(one: Trip) -> str | None:
    """The address of the passage of a trip with its evidence."""
    return None if one.record_id is None else f"/overload/rows?record={one.record_id}&metric=passages"
