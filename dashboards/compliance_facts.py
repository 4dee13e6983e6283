"""What the page of compliance and the front pages read of it: ``warehouse.compliance`` for one choice, masked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from dashboards import lists, queries
from dashboards.selection import ALL, Known, day_asked, option, query_of
from warehouse import compliance
from warehouse.compliance import MEASURES, OPEN, Asked, Facts, year_before

HERE = "/compliance"
FIRST_DAY = date(2016, 1, 1)


@dataclass(frozen=True)
class Choice:
    """Day and county; ``measure``: whose groups and rows stand below, ``state``: which of its rows."""

    as_of: date
    last_day: date
    county: str = ALL
    measure: str = "standard"
    state: str = OPEN

    @property
    def asked(self) -> Asked:
        return Asked(self.as_of, year_before(self.as_of), None if self.county == ALL else self.county)

    def query(self, *, absolute: bool = False, **changes: Any) -> str:
        """The address's query; what is at its default is left out. ``absolute`` names the last day of data, too."""
        return query_of(replace(self, **changes), USUAL, absolute=absolute)

    def opened(self, measure: str, state: str = OPEN) -> str:
        """The query that opens rows of a measure, and where they stand."""
        return self.query(measure=measure, state=state) + "#compliance-rows"


USUAL = {field.name: field.default for field in fields(Choice) if field.name not in ("as_of", "last_day")}


def choice_of(given: Mapping[str, Any], known: Known) -> tuple[Choice, list[str]]:
    """What an address asks for, and the names of values that could not be taken."""
    bad: list[str] = []
    day = day_asked(given, FIRST_DAY, known.last_day, bad)
    county = option(given.get("county"), (ALL, *known.counties), ALL, bad, "county")
    measure = option(given.get("measure"), tuple(MEASURES), "standard", bad, "measure")
    state = option(given.get("state"), (ALL, *MEASURES[measure].lists), OPEN, bad, "state")
    return Choice(day, known.last_day, county, measure, state), bad


def is_built(db: queries.Source) -> bool:
    """Whether the snapshot has what compliance is told from."""
    return queries.tables(db) >= set(compliance.TABLES)


def facts(db: queries.Source, choice: Choice) -> Facts:
    return queries.last_few(db, "compliance", choice.asked, lambda: Facts(db, choice.asked))


def listed(told: Facts, choice: Choice) -> list[compliance.Item]:
    """The rows of the choice, plates and certificates masked."""
    is_masked = choice.measure in compliance.MASKED
    every = told.listed(
        choice.measure, None if choice.state == ALL else choice.state, lists.of_equals() if is_masked else None
    )
    return [compliance.masked_item(one) for one in every]
