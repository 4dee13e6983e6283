"""What the page of cases reads: ``warehouse.cases`` and ``warehouse.case_amounts`` for one choice, plates masked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from dashboards import as_known, finding_facts, queries
from dashboards.lists import KEY, place_of
from dashboards.selection import ALL, Known, Selection, day_asked, option, plain_date, preset, query_of
from dashboards.text import Text
from warehouse import case_amounts, cases, consistency, funnel, matching, queue, rules, score
from warehouse.case_amounts import VERDICTS, Compared
from warehouse.cases import AGES, CASE_STATES, CLOCKS, KINDS, SERIES, STATES, Filter, OfCases, OfClocks
from warehouse.consistency import BY

ROWS_SHOWN = 200
MONTHS_SHOWN = 12
FIRST_DAY = date(2016, 1, 1)
AHEAD = ("1", "4", "8")
"""Weeks of a forecast of the queue."""
ROWS = ("none", "clocks", "cases", "amounts", "refused")
PERIODS = (ALL, "month", "last_month", "quarter", "year", "custom")
"""Of the days of filing; the presets count from the day asked for."""


@dataclass(frozen=True)
class Choice:
    """Day, kind, place and days of filing; ``rows`` says which rows stand below, and the fields after it narrow them.

    ``ran_out``: of deadlines those that a ranking of this cadence counts. ``since``, ``until``: the days of a period of
    one's own. ``row``: the row whose case stands in the drawer, by its
    place (``lists.KEY``).
    ``known_on``: the night whose knowledge is asked for, None: what is served; ``last_day`` is no later than it.
    """

    as_of: date
    last_day: date
    kind: str = ALL
    county: str = ALL
    site: str = ALL
    period: str = ALL
    since: date | None = None
    until: date | None = None
    rows: str = "none"
    clock: str | None = None
    state: str | None = None
    soon: str | None = None
    ran_out: str | None = None
    series: str | None = None
    month: str | None = None
    age: str | None = None
    verdict: str | None = None
    by: str = "county"
    ahead: str | None = None
    row: str | None = None
    known_on: date | None = None

    @property
    def span(self) -> tuple[date, date] | None:
        """The days of filing, None: all."""
        if self.since is not None and self.until is not None:
            return self.since, self.until
        return None if self.period == ALL else preset(self.period, self.as_of)

    @property
    def is_narrow(self) -> bool:
        """Whether a site or days of filing are chosen, which not every card of the page knows."""
        return self.site != ALL or self.period != ALL

    @property
    def has_sites(self) -> bool:
        """Whether the page offers sites: those of a county, and none of a night."""
        return self.county != ALL and self.known_on is None

    @property
    def ran_out_from(self) -> date | None:
        """First day of the ranking's period that holds the day."""
        return None if self.ran_out is None else score.Asked(self.as_of, self.ran_out).first

    @property
    def only(self) -> Filter:
        first, last = self.span or (None, None)
        kind, county, site = (None if one == ALL else one for one in (self.kind, self.county, self.site))
        return Filter(kind, county, site=site, first=first, last=last)

    @property
    def first_month(self) -> date:
        """First day of the twelve months that are shown."""
        months = self.as_of.year * 12 + self.as_of.month - MONTHS_SHOWN
        return date(months // 12, months % 12 + 1, 1)

    @property
    def passed(self) -> tuple[date, date] | None:
        """The days whose passages, or cases found, the funnel tells: those of the period up to the day, or the twelve
        months. None: the period begins after the day, or illegal operation is asked for at a site, which has none."""
        first, last = self.span or (self.first_month, self.as_of)
        if first > self.as_of or (self.site != ALL and not begins_with_passage(self)):
            return None
        return first, min(last, self.as_of)

    @property
    def scope(self) -> "Choice":
        """The same day and place, without rows."""
        return Choice(
            self.as_of, self.last_day, self.kind, self.county, self.site, self.period, self.since, self.until,
            known_on=self.known_on,
        )  # fmt: skip

    def query(self, *, absolute: bool = False, **changes: Any) -> str:
        """The address's query; what is at its default is left out. ``absolute`` names the last day of data, too."""
        return query_of(replace(self, **changes), USUAL, absolute=absolute)

    def opened(self, rows: str, **which: str) -> str:
        """The query that opens rows, and where they stand."""
        return self.scope.query(rows=rows, **which) + "#rows"


USUAL = {field.name: field.default for field in fields(Choice) if field.name not in ("as_of", "last_day")}


def choice_of(given: Mapping[str, Any], known: Known) -> tuple[Choice, list[str]]:
    """What an address asks for, and the names of values that could not be taken."""
    bad: list[str] = []
    night = as_known.night_of(given, bad)
    last_day = as_known.last_day(known, night)
    day = day_asked(given, FIRST_DAY, last_day, bad)
    counties = tuple(known.counties)

    def one(name: str, allowed: tuple[str, ...]) -> str | None:
        found = option(given.get(name), (*allowed, ""), "", bad, name)
        return found or None

    county = option(given.get("county"), (ALL, *counties), ALL, bad, "county")
    month = given.get("month")
    if month is not None and (not isinstance(month, str) or plain_date(f"{month}-01") is None):
        bad.append("month")
        month = None
    choice = Choice(
        day, last_day,
        option(given.get("kind"), (ALL, *KINDS), ALL, bad, "kind"),
        county, _site(given, known, county, night, bad), *_period(given, bad),
        option(given.get("rows"), ROWS, "none", bad, "rows"),
        one("clock", CLOCKS), one("state", (*STATES, *CASE_STATES)), one("soon", ("1",)),
        one("ran_out", tuple(score.CADENCES)), one("series", SERIES), month,
        one("age", tuple(AGES)), one("verdict", VERDICTS), option(given.get("by"), BY, "county", bad, "by"),
        one("ahead", AHEAD), _row(given, bad), night,
    )  # fmt: skip
    if not (choice.series and choice.month):
        choice = replace(choice, series=None, month=None)
    if choice.rows == "amounts" and night is not None:
        choice = replace(choice, rows="none", verdict=None)
    return choice, bad


def _site(given: Mapping[str, Any], known: Known, county: str, night: date | None, bad: list[str]) -> str:
    """The site of an address: one of the county, and none of a night, whose lists know no passages."""
    site = option(given.get("site"), (ALL, *known.sites), ALL, bad, "site")
    if site != ALL and (night is not None or county not in (ALL, known.sites[site])):
        bad.append("site")
        return ALL
    return site


def _period(given: Mapping[str, Any], bad: list[str]) -> tuple[str, date | None, date | None]:
    """A preset, or the days of one's own; days without both ends, or in the wrong order, are told."""
    period = option(given.get("period"), PERIODS, ALL, bad, "period")
    if period != "custom":
        return period, None, None
    since, until = plain_date(given.get("since")), plain_date(given.get("until"))
    if since is None or until is None or since > until:
        bad.append("since–until")
        return ALL, None, None
    return period, since, until


def _row(given: Mapping[str, Any], bad: list[str]) -> str | None:
    row = given.get("row")
    if row in (None, ""):
        return None
    if not isinstance(row, str) or not KEY.fullmatch(row):
        bad.append("row")
        return None
    return row


def is_built(db: queries.Source) -> bool:
    """Whether the snapshot was made by a version that knows the course of cases."""
    return queries.tables(db) >= set(cases.TABLES)


@queries.once_per_choice
def clock_counts(db: queries.Source, choice: Choice) -> list[cases.ClockCount]:
    return cases.clock_counts(db, choice.as_of, choice.only)


@queries.once_per_choice
def open_counts(db: queries.Source, choice: Choice) -> list[cases.OpenCount]:
    return cases.open_counts(db, choice.as_of, choice.only)


@queries.once_per_choice
def months(db: queries.Source, choice: Choice) -> dict[str, dict[str, int]]:
    return cases.months(db, choice.first_month, choice.as_of, choice.only)


def begins_with_passage(choice: Choice) -> bool:
    """Whether the kind of case does; of all kinds those are told that do."""
    return choice.kind != "illegal_operation"


def has_funnel(db: queries.Source, choice: Choice) -> bool:
    """Whether the snapshot can tell the funnel of the kind."""
    return not begins_with_passage(choice) or finding_facts.is_built(db)


def _of_funnel(choice: Choice) -> funnel.Asked:
    """Passages, or cases of illegal operation, of the days ``passed``, as of the day."""
    kind = "over_limit" if begins_with_passage(choice) else choice.kind
    assert choice.passed is not None  # the page shows no funnel then
    return funnel.Asked(*choice.passed, choice.as_of, choice.only.county, choice.only.site, kind)


@queries.once_per_choice
def funnel_stages(db: queries.Source, choice: Choice) -> list[funnel.Stage]:
    return funnel.stages(db, _of_funnel(choice))


@queries.once_per_choice
def state_times(db: queries.Source, choice: Choice) -> list[funnel.StateTime]:
    """Of the cases of the same passages."""
    return funnel.times(db, _of_funnel(choice))


def findings_query(db: queries.Source, choice: Choice, fate: str | None, detail: str | None) -> str | None:
    """The query of the page of fates for the same passages; None where that page knows a later day than this one, or
    the kind has no passages."""
    if choice.passed is None or not begins_with_passage(choice) or choice.as_of < queries.last_night(db):
        return None
    selection = Selection(*choice.passed, "custom", county=choice.county, site=choice.site)
    return finding_facts.Choice(selection, fate, detail).query()


@queries.once_per_choice
def compared(db: queries.Source, choice: Choice) -> list[Compared]:
    """Cases decided within the months that are shown."""
    return case_amounts.compared(db, choice.as_of, choice.only, choice.first_month)


@queries.once_per_choice
def consistency_told(db: queries.Source, choice: Choice) -> consistency.Told:
    """Cases of the months that are shown, as of the day."""
    asked = consistency.Asked(
        choice.first_month, choice.as_of, choice.as_of, choice.only.county, choice.only.kind
    )  # fmt: skip
    return consistency.told(db, asked, compared(db, choice))


@queries.once_per_choice
def consistency_groups(db: queries.Source, choice: Choice, by: str) -> list[consistency.Group]:
    return consistency.groups(consistency_told(db, choice), by)


@queries.once_per_choice
def forecast(db: queries.Source, asked: queue.Asked) -> queue.Forecast:
    return queue.forecast(db, asked)


def clock_rows(db: queries.Source, choice: Choice, limit: int | None = None) -> list[cases.Clock]:
    state = choice.state if choice.state in STATES else None
    which = OfClocks(choice.clock, state, choice.soon is not None, choice.ran_out_from)
    return cases.clocks(db, choice.as_of, choice.only, which, limit)


def case_rows(db: queries.Source, choice: Choice, limit: int | None = None) -> list[cases.Case]:
    which = OfCases(choice.state if choice.state in CASE_STATES else None, choice.series, choice.month, choice.age)
    return cases.cases(db, choice.as_of, choice.only, which, limit)


def refused_rows(db: queries.Source, choice: Choice, limit: int | None = None) -> list[cases.Refused]:
    return cases.refused(db, choice.as_of, choice.only, limit=limit)


def compared_rows(db: queries.Source, choice: Choice, limit: int | None = None) -> list[Compared]:
    return [one for one in compared(db, choice.scope) if choice.verdict in (None, one.verdict)][:limit]


def rows(db: queries.Source, choice: Choice, limit: int | None = None) -> list[Any]:
    """The rows of the choice: the first ``limit``, None: all, as a file has them."""
    read: dict[str, Callable[[queries.Source, Choice, int | None], list[Any]]] = {
        "clocks": clock_rows,
        "cases": case_rows,
        "amounts": compared_rows,
        "refused": refused_rows,
    }
    return read[choice.rows](db, choice, limit)


@queries.once_per_choice
def case_count(db: queries.Source, choice: Choice) -> int:
    return cases.case_count(db, choice.as_of, choice.only)


@queries.once_per_choice
def refused_count(db: queries.Source, choice: Choice) -> int:
    """Steps without effect, of the cases of the choice."""
    return len(refused_rows(db, choice))


def case_at(db: queries.Source, source: queries.Source, choice: Choice) -> cases.CaseFile | None:
    """The case of the row that is open; None of a row of another version, or one that is not there.

    ``db``: the version served; ``source``: it or what a night knew, which has no matches."""
    place = place_of(choice.row or "", db.version)
    found = rows(source, choice, ROWS_SHOWN)
    if place is None or place >= len(found):
        return None
    one = found[place]
    with_match = choice.known_on is None and matching.is_built(db)
    try:
        return cases.case_file(
            source, choice.as_of, one.case_no, getattr(one, "case_kind", "over_limit"), with_match=with_match
        )
    except cases.NoCase:  # a step of a case that no list has
        return None


def rule_in_force(db: queries.Source, clock: str, day: date) -> list[rules.Rule]:
    """The rules of a clock that hold on the day: what a clock that begins that day runs by."""
    named = {
        "filing": ("parameter filing_sla_workdays",),
        "notice": ("parameter notice_sla_workdays",),
        "late_surcharge": ("parameter late_surcharge_ratio", "parameter late_surcharge_cap_ratio"),
        "payment": ("clock payment", "parameter deadline_roll_clocks"),
    }.get(clock, (f"clock {clock}",))
    return [rule for rule in queries.rulebook(db) if rule.subject in named and rule.holds_on(day)]


@queries.once_per_snapshot
def _rules_by_no(db: queries.Source) -> dict[str, rules.Rule]:
    return {rule.rule_no: rule for rule in queries.rulebook(db) if rule.topic in ("clock", "parameter")}


def rule_of(db: queries.Source, rule_id: str) -> rules.Rule | None:
    """The rule of a clock by the number the clock names."""
    return _rules_by_no(db).get(rule_id)


def citation(db: queries.Source, rule_id: str | None, t: Text) -> str | None:
    """Law and article of the rule of a clock; None: the clock has no rule, or the rulebook does not know it."""
    rule = None if rule_id is None else rule_of(db, rule_id)
    return None if rule is None else t.pick(rule.citation_zh, rule.citation_en)


def state_order(state: str) -> int:
    """The place of a state of a case in the order of the procedure."""
    return CASE_STATES.index(state)
