"""What the page of repeated over-limit acts reads: ``warehouse.repeat`` for one choice, with plates and people masked.

A list of a city holds every act of three years, so that only the last few choices are kept. A subject is known by its
place in the list of one version and choice, never by its plate, certificate or credit code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest

from dashboards import lists, queries
from dashboards.selection import ALL, Known, day_asked, option, query_of
from warehouse import matching, repeat, score
from warehouse.parameters import Codes, Parameter
from warehouse.plate import masked
from warehouse.repeat import BASES, SUBJECTS, WINDOWS, Act, Defaults, Judged, Question, Standing

OF_CASES = ("due", "undone")
"""Vehicles of the line of the ranking (``warehouse.score.repeat_offenders``): with cases that are due, and those of
them of which one is neither decided nor ended."""
LOW = ("counted", "warning", "statutory", "one_away", "pending", *OF_CASES, "all")
"""Who is listed: with a counted act, from the warning on, above the statute's threshold, one away from it, with acts
that want a decision, ``OF_CASES``, or everybody with an act."""
DECISIONS = ("required", "any")
SORTS = ("count", "trigger", "lapse", "pending")


@dataclass(frozen=True)
class Choice:
    """What the reader asked for; ``as_of`` is the last day of data unless a link says another. ``usual``: what is asked
    as of the day where nobody says otherwise. ``county``: only who has a case of it in the window."""

    as_of: date
    last_day: date
    usual: Defaults
    subject: str
    window: str
    basis: str
    decisions: str
    low: str
    county: str = ALL

    def query(self, *, absolute: bool = False, **changes: Any) -> str:
        """The query string; what is at its default is left out. ``absolute`` names the last day of data, too, and what
        the parameters of another version may say otherwise."""
        chosen = replace(self, **changes)
        if "subject" in changes and "low" not in changes:
            chosen = replace(chosen, low=first_low(chosen.subject))
        named = dict.fromkeys(_usual(self.usual)) if absolute else _usual(self.usual)
        usual = {"subject": "vehicle", **named, "low": first_low(chosen.subject), "county": ALL}
        return query_of(chosen, usual, absolute=absolute)

    def data(self) -> dict[str, str]:
        """The choice as the callbacks of the list get it back; it is checked again then."""
        names = ("subject", "window", "basis", "decisions", "low", "county")
        return {"as_of": self.as_of.isoformat(), **{name: getattr(self, name) for name in names}}

    @property
    def question(self) -> Question:
        return Question(self.as_of, self.subject, self.window, self.basis, self.decisions == "required")


def _usual(usual: Defaults) -> dict[str, str]:
    decisions = "required" if usual.require_decision else "any"
    return {"window": usual.list_window, "basis": usual.basis, "decisions": decisions}


def first_low(subject: str) -> str:
    """Enterprises have no warning: their list begins with the statute's share."""
    return "statutory" if subject == "enterprise" else "warning"


def choice_of(given: Mapping[str, Any], known: Known, db: queries.Source) -> tuple[Choice, list[str]]:
    """What is asked for, and the names of values that could not be taken."""
    bad: list[str] = []
    day = day_asked(given, repeat.first_day(db), known.last_day, bad)
    subject = option(given.get("subject"), SUBJECTS, "vehicle", bad, "subject")
    usual = repeat.defaults(db, day)
    named = _usual(usual)
    offered = tuple(low for low in LOW if subject == "vehicle" or low not in OF_CASES)
    return Choice(
        day,
        known.last_day,
        usual,
        subject,
        option(given.get("window"), WINDOWS, named["window"], bad, "window"),
        option(given.get("basis"), BASES, named["basis"], bad, "basis"),
        option(given.get("decisions"), DECISIONS, named["decisions"], bad, "decisions"),
        option(given.get("low"), offered, first_low(subject), bad, "low"),
        option(given.get("county"), (ALL, *known.counties), ALL, bad, "county"),
    ), bad


class Counts(NamedTuple):
    """Subjects above the statute's threshold, and those one away from it."""

    statutory: int
    one_away: int


class Facts:
    """The list of one choice, who of it is shown, and the thresholds of the day."""

    def __init__(self, db: queries.Source, choice: Choice, known: Known) -> None:
        self.db, self.choice, self.known = db, choice, known

    @cached_property
    def told(self) -> dict[str, Parameter | Codes]:
        return repeat.shown(self.db, self.choice.question)

    @cached_property
    def everybody(self) -> list[Standing]:
        """Whoever has an act, in any county: a row is known by its place here. Equal counts stand by the day of their
        trigger, the last first, and then in an order that tells nothing of the plate."""
        choice, question = self.choice, self.choice.question
        key = (choice.as_of, choice.subject, choice.window, choice.basis, choice.decisions)

        def read() -> list[Standing]:
            tie = lists.of_equals()

            def rank(one: Standing) -> tuple[Any, ...]:
                day = one.trigger_on.toordinal() if one.trigger_on else 0
                return -one.count, -(one.ratio or 0), -day, tie(one.key)

            return sorted(repeat.standings(self.db, question), key=rank)

        return queries.last_few(self.db, "repeat lists", key, read)

    @cached_property
    def of_county(self) -> list[Standing]:
        return [one for one in self.everybody if is_of_county(one, self.choice.county)]

    @cached_property
    def listed(self) -> list[tuple[int, Standing]]:
        """Who is shown, each with the place in the whole list."""
        return [(at, one) for at, one in enumerate(self.everybody) if self.is_listed(one, self.choice.low)]

    def is_listed(self, one: Standing, low: str) -> bool:
        """Whether somebody stands in a list of the county. A case is the ranking's by its act's year, and a window's by
        its own: the lists of cases do not ask for a window."""
        if low in OF_CASES:
            is_handled = self.handled.get(one.key)
            return is_handled is not None and (low == "due" or not is_handled)
        return is_of_county(one, self.choice.county) and is_listed(one, low)

    @cached_property
    def has_cases(self) -> bool:
        """Whether the lists ``OF_CASES`` can be told: of vehicles, by a version that ranks."""
        return self.choice.subject == "vehicle" and queries.tables(self.db) >= set(score.TABLES)

    @cached_property
    def handled(self) -> dict[tuple[Any, ...], bool]:
        """Vehicles of the line with cases of the county that are due: whether all of them were dealt with."""
        if not self.has_cases:
            return {}
        found: dict[tuple[Any, ...], bool] = {}
        for one in score.repeat_offenders(self.db, self.choice.as_of):
            if self.choice.county in (ALL, one.county_code):
                key = one.plate_no, one.plate_color_code
                found[key] = found.get(key, True) and one.is_handled
        return found

    @cached_property
    def by_register(self) -> dict[str, list[Act]]:
        """Of each enterprise that is shown the acts that only the register of vehicles ties to it."""
        if self.choice.subject != "enterprise" or not matching.is_built(self.db):
            return {}
        units = [one.key[0] for _, one in self.listed]
        return matching.by_register(self.db, self.choice.as_of, units)

    def register_only(self, one: Standing) -> list[Act]:
        return self.by_register.get(one.key[0], [])

    def count(self, low: str) -> int:
        return sum(self.is_listed(one, low) for one in self.everybody)

    @property
    def usual_elsewhere(self) -> list[str]:
        """The windows of lists and of look-ups that are not the one chosen."""
        usual = dict.fromkeys((self.choice.usual.list_window, self.choice.usual.query_window))
        return [window for window in usual if window != self.choice.window]

    @property
    def other_windows(self) -> list[tuple["Facts", Counts]]:
        """What the windows say that are usual elsewhere: which year the statute means is not settled. Only numbers are
        kept of them."""
        found = [Facts(self.db, replace(self.choice, window=window), self.known) for window in self.usual_elsewhere]
        return [(other, other.counts) for other in found]

    @property
    def counts(self) -> Counts:
        question = self.choice.question
        key = ("repeat counts", question.as_of, question.subject, question.window, question.basis,
               question.require_decision, self.choice.county)  # fmt: skip

        def read() -> Counts:
            everybody = [one for one in repeat.standings(self.db, question) if is_of_county(one, self.choice.county)]
            return Counts(*(sum(is_listed(one, low) for one in everybody) for low in ("statutory", "one_away")))

        return queries.kept(self.db, key, read)

    def at(self, place: int) -> Standing:
        if not 0 <= place < len(self.everybody) or not self.is_listed(self.everybody[place], self.choice.low):
            raise BadRequest("no such row in this list")
        return self.everybody[place]

    def of(self, one: Standing, window: str, day: date | None = None) -> Standing:
        """The same subject in another window, or on another day if nothing new comes."""
        names = {"vehicle": ("plate_no", "plate_color_code"), "driver": ("driver_no",), "enterprise": ("uscc",)}
        only = dict(zip(names[one.subject], one.key, strict=True))
        question = replace(self.choice.question, window=window, as_of=day or self.choice.as_of)
        return repeat.standings(self.db, question, only)[0]

    def after_lapse(self, one: Standing) -> tuple[Standing, list[Standing]]:
        """On the day the tier falls: the subject by its window, and by each other usual window that keeps more."""
        fallen = self.of(one, self.choice.window, one.lapses_on)
        others = [self.of(one, window, one.lapses_on) for window in self.usual_elsewhere]
        return fallen, [other for other in others if other.window != fallen.window and other.count > fallen.count]


def is_of_county(one: Standing, county: str) -> bool:
    """Whether a case of the county lies in the window, whether it counts or not."""
    return county == ALL or any(
        judged.act.county_code == county and one.window_first <= (judged.placed_on or judged.act.violated_on)
        for judged in one.acts
    )


def is_listed(one: Standing, low: str) -> bool:
    """Whether somebody stands in a list that asks for acts alone."""
    if low == "one_away":
        return one.is_one_away and one.count > 0
    if low == "pending":
        return one.pending > 0
    if low == "counted":
        return one.count > 0
    return low == "all" or one.tier == "statutory" or (low == "warning" and one.tier == "warning")


def in_order(facts: Facts, sort: lists.Sort) -> list[tuple[int, Standing]]:
    """The list by one of ``SORTS``; enterprises are counted by their share."""
    count = "ratio" if facts.choice.subject == "enterprise" else "count"
    names = {"count": count, "trigger": "trigger_on", "lapse": "lapses_on", "pending": "pending"}
    by = {field: lambda row, name=names[field]: getattr(row[1], name) for field in SORTS}
    return lists.in_order(facts.listed, sort, by)


# --- masks -----------------------------------------------------------------------------------------------------
def is_hash(one: Standing) -> bool:
    """Whether a driver is told by the hash of an id only: no act names a certificate."""
    return one.subject == "driver" and all(judged.act.driver_certificate_no is None for judged in one.acts)


def vehicle_of(judged: Judged) -> str:
    return masked(judged.act.plate_no)
