"""What the page of hazards reads: ``warehouse.hazards`` for one choice. A unit stands in an address as a token of its
name, an enterprise as one of its code: both are a person's where the business is one man's."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

from werkzeug.exceptions import BadRequest

from dashboards import as_known, lists, queries
from dashboards.selection import ALL, Known, day_asked, option, query_of
from dashboards.terminal_facts import by_token
from warehouse import hazards, score
from warehouse.hazards import CATEGORIES, LISTS, Asked, Hazard, Standing, year_before

COHORTS = ("months12", *reversed(score.CADENCES))
GROUPS = ("category", "county", "grade", "month")
SORTS = ("registered", "due", "closed")
FIRST_DAY = date(2000, 1, 1)
MOST_OFFERED = 12
TOKEN = re.compile(r"[0-9a-f]{24}")
_ENTERPRISES = """
select uscc, max_by(responsible_unit, (registered_on, hazard_no)) as unit from core.hazard_life
where uscc is not null group by uscc order by uscc
"""


@dataclass(frozen=True)
class Choice:
    """What the reader asked for; ``as_of`` is the last day of data unless a link says another.

    ``known_on``: the night whose knowledge is asked for, None: what is served; ``last_day`` is no later than it.
    ``cohort``: registered in the twelve months to the day, or in the period of a ranking that holds it.
    ``show``: the list. ``by``: the groups. ``unit``, ``enterprise``: tokens.
    """

    as_of: date
    last_day: date
    cohort: str = "months12"
    category: str = ALL
    county: str = ALL
    by: str = "category"
    show: str = "open"
    unit: str = ""
    enterprise: str = ALL
    known_on: date | None = None

    def query(self, *, absolute: bool = False, **changes: Any) -> str:
        """The query string; what is at its default is left out. ``absolute`` names the last day of data, too."""
        return query_of(replace(self, **changes), USUAL, absolute=absolute)

    def data(self) -> dict[str, str]:
        """The choice as the callbacks of the list get it back; it is checked again then."""
        chosen = {name: getattr(self, name) for name in ("as_of", *USUAL)}
        return {name: str(value) for name, value in chosen.items() if value is not None}

    @property
    def asked(self) -> Asked:
        """What is asked of everybody's hazards: whose token the enterprise is, only a source can tell."""
        first = year_before(self.as_of)
        if self.cohort != COHORTS[0]:
            first = score.Asked(self.as_of, self.cohort).first
        county = None if self.county == ALL else self.county
        return Asked(self.as_of, first, self.as_of, county, None if self.category == ALL else self.category)


USUAL = {field.name: field.default for field in fields(Choice) if field.name not in ("as_of", "last_day")}


def _token(given: Mapping[str, Any], name: str, fallback: str, bad: list[str]) -> str:
    found = given.get(name)
    if found in (None, "", fallback):
        return fallback
    if not isinstance(found, str) or not TOKEN.fullmatch(found):
        bad.append(name)
        return fallback
    return found


def choice_of(given: Mapping[str, Any], known: Known) -> tuple[Choice, list[str]]:
    """What is asked for, and the names of values that could not be taken."""
    bad: list[str] = []
    night = as_known.night_of(given, bad)
    last_day = as_known.last_day(known, night)
    day = day_asked(given, FIRST_DAY, last_day, bad)
    return Choice(
        day,
        last_day,
        option(given.get("cohort"), COHORTS, "months12", bad, "cohort"),
        option(given.get("category"), (ALL, *CATEGORIES), ALL, bad, "category"),
        option(given.get("county"), (ALL, *known.counties), ALL, bad, "county"),
        option(given.get("by"), GROUPS, "category", bad, "by"),
        option(given.get("show"), LISTS, "open", bad, "show"),
        _token(given, "unit", "", bad),
        _token(given, "enterprise", ALL, bad),
        night,
    ), bad


def is_built(db: queries.Source) -> bool:
    """Whether the snapshot was made by a version that judges hazards."""
    return queries.tables(db) >= set(hazards.TABLES)


@contextmanager
def view(db: queries.Source, choice: Choice, known: Known) -> Iterator["View"]:
    """The hazards of a choice, to be read within the ``with`` block."""
    with as_known.source(db, "hazards", choice.known_on) as source:
        yield View(db, choice, known, source)


class View:
    """The hazards of one choice: how they stand as a whole, by group and by unit, and the list that is shown.

    ``db``: the version served; ``source``: it or what the night of the choice knew.
    """

    def __init__(self, db: queries.Source, choice: Choice, known: Known, source: queries.Source) -> None:
        self.db, self.choice, self.known = db, choice, known
        self.source = source
        self.asked = asked = replace(choice.asked, uscc=self.uscc)
        self.facts = queries.last_few(self.source, "hazard facts", asked, lambda: hazards.Facts(self.source, asked))

    @cached_property
    def enterprises(self) -> dict[str, str | None]:
        """Enterprises that hazards name, by code, each with the name its newest hazard has."""
        return {row["uscc"]: row["unit"] for row in self.source.rows(_ENTERPRISES)}

    @property
    def uscc(self) -> str | None:
        """Whose hazards are asked for, None: everybody's; an enterprise that no hazard names has none."""
        if self.choice.enterprise == ALL:
            return None
        return by_token(self.enterprises).get(self.choice.enterprise, "")

    @cached_property
    def offered(self) -> list[str]:
        """Enterprises to choose from: the chosen one, or those with the most overdue, else with the most hazards."""
        if self.choice.enterprise != ALL:
            return [self.uscc] if self.uscc else []
        every, overdue = Counter[str](), Counter[str]()
        for one in self.facts.hazards:
            if one.uscc is not None:
                every[one.uscc] += 1
                overdue[one.uscc] += one.is_overdue(self.choice.as_of)
        return sorted(every, key=lambda code: (-overdue[code], -every[code], code))[:MOST_OFFERED]

    @cached_property
    def whole(self) -> Standing:
        return hazards.standings(self.facts)[0]

    @cached_property
    def groups(self) -> list[Standing]:
        return hazards.standings(self.facts, self.choice.by)

    @cached_property
    def units(self) -> list[Standing]:
        """Units with something overdue or due soon, the most overdue first."""
        found = [one for one in hazards.standings(self.facts, "unit") if one.overdue or one.due_soon]
        return sorted(found, key=lambda one: (-one.overdue, -one.due_soon, one.group or ""))

    @cached_property
    def listed(self) -> list[Hazard]:
        found = hazards.listed(self.facts, self.choice.show)
        if not self.choice.unit:
            return found
        unit = by_token({one.unit or "" for one in found}).get(self.choice.unit)
        return [one for one in found if (one.unit or "") == unit]

    @cached_property
    def ladder(self) -> list[dict[str, Any]]:
        return hazards.ladder(self.source, self.asked)

    @cached_property
    def works(self) -> list[dict[str, Any]]:
        return hazards.works(self.source, self.asked)

    @cached_property
    def unfinished(self) -> list[dict[str, Any]]:
        return hazards.unfinished(self.source, self.asked)

    def count(self, show: str) -> int:
        return len(hazards.listed(self.facts, show))

    def at(self, place: int) -> Hazard:
        if not 0 <= place < len(self.listed):
            raise BadRequest("no such row in this list")
        return self.listed[place]


def in_order(view: View, sort: lists.Sort) -> list[tuple[int, Hazard]]:
    """The list with the place of each in it, by one of ``SORTS``."""
    by = {field: lambda row, name=f"{field}_on": getattr(row[1], name) for field in SORTS}
    return lists.in_order(list(enumerate(view.listed)), sort, by)
