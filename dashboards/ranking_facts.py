"""What the page of the ranking reads: ``warehouse.score`` and ``warehouse.supervision`` for one choice."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from dashboards import queries, terminal_facts
from dashboards.selection import Known, day_asked, option, query_of
from dashboards.site_days import SiteDays
from warehouse import parameters, score, supervision
from warehouse.score import Unit
from warehouse.supervision import Measure, Number, Suggestion

FIRST_DAY = date(2016, 1, 1)
HAZARD_LISTS = {"hazard_closed": "all", "hazard_on_time": "due", "major_overdue": "major"}
"""Lists of the page of hazards that hold what a part is a share of."""
MEASURES_SHOWN = 40


@dataclass(frozen=True)
class Choice:
    """Day, cadence and who is ranked; ``last_day`` is the last of data."""

    as_of: date
    last_day: date
    cadence: str = "month"
    of: str = "county"

    @property
    def asked(self) -> score.Asked:
        return score.Asked(self.as_of, self.cadence, self.of)

    def query(self, *, absolute: bool = False, **changes: Any) -> str:
        """The address's query; what is at its default is left out. ``absolute`` names the last day of data, too."""
        return query_of(replace(self, **changes), USUAL, absolute=absolute)


USUAL = {field.name: field.default for field in fields(Choice) if field.name not in ("as_of", "last_day")}


def choice_of(given: Mapping[str, Any], known: Known) -> tuple[Choice, list[str]]:
    """What an address asks for, and the names of values that could not be taken."""
    bad: list[str] = []
    day = day_asked(given, FIRST_DAY, known.last_day, bad)
    cadence = option(given.get("cadence"), tuple(score.CADENCES), "month", bad, "cadence")
    return Choice(day, known.last_day, cadence, option(given.get("of"), tuple(score.KEYS), "county", bad, "of")), bad


def is_built(db: queries.Source) -> bool:
    """Whether the snapshot was made by a version that ranks."""
    return queries.tables(db) >= set(supervision.TABLES)


def has_parts(db: queries.Source, choice: Choice) -> bool:
    """Whether the version scores them: one from before enterprises were ranked has parts of counties only."""
    query = "select count(*)::bigint as part_count from seeds.score_part where score_kind = $kind"
    return bool(db.constant(query, {"kind": choice.of})[0]["part_count"])


@queries.once_per_choice
def ranking(db: queries.Source, choice: Choice) -> score.Ranking:
    return score.ranking(db, choice.asked)


@queries.once_per_choice
def before(db: queries.Source, choice: Choice) -> dict[str, Unit]:
    """The units of the period that changes are told against, as its own page ranks them."""
    return {one.code: one for one in score.ranking(db, choice.asked.before, is_compared=False).units}


def rows_of(asked: score.Asked, code: str, part: str, *, is_registered: bool) -> str | None:
    """The address of the rows that a part of a unit is a share of; None: no page knows the enterprise."""
    if part in HAZARD_LISTS:
        whose = {"county": code} if asked.of == "county" else {"enterprise": terminal_facts.token(code)}
        pairs = {"as_of": asked.as_of, **whose, "cohort": asked.cadence, "show": HAZARD_LISTS[part]}
        return f"/hazards?{urlencode(pairs)}"
    if part == "clocks_kept":
        pairs = {"as_of": asked.as_of, "county": code, "rows": "clocks", "ran_out": asked.cadence}
        return f"/penalties?{urlencode(pairs)}#rows"
    if part == "repeat_handled":
        return f"/repeat?{urlencode({'as_of': asked.as_of, 'window': 'ROLLING_12M', 'county': code, 'low': 'due'})}"
    if part == "scale_reporting":
        return "/quality" + SiteDays(asked.first, asked.as_of, code, is_usual=False).query()
    if asked.of == "enterprise" and not is_registered:
        return None
    place = {"county": code} if asked.of == "county" else {"enterprise": terminal_facts.token(code)}
    days = {"period": "custom", "from": asked.first, "to": asked.as_of}
    of_alarms = part in ("alarm_disposal_in_time", "alarm_handling_rate")
    which = {"show": "alarms", "fate": "due"} if of_alarms else {"show": "vehicles", "kpi": part}
    return f"/terminals/rows?{urlencode({**days, **place, **which})}"


def apart(told: score.Ranking) -> tuple[Unit, Unit] | None:
    """Who is surely ahead of whom: the county whose last place is highest, and the one whose first place is lowest.
    None where even their places overlap, as then those of any two do."""
    spans = [(one.low, one.high, one) for one in told.units if one.low is not None and one.high is not None]
    if not spans:
        return None
    _, best_high, best = min(spans, key=lambda span: span[1])
    worst_low, _, worst = max(spans, key=lambda span: span[0])
    return (best, worst) if best_high < worst_low else None


@queries.once_per_choice
def measures(db: queries.Source, day: date) -> list[tuple[Measure, tuple[Number, ...]]]:
    """Measures by the day with the numbers behind them: what is overdue first, then the newest, at most so many."""
    return list(itertools.islice(every_measure(db, day), MEASURES_SHOWN))


def every_measure(db: queries.Source, day: date) -> Iterator[tuple[Measure, tuple[Number, ...]]]:
    """All of them in the same order, each with its numbers as it is taken."""
    told = supervision.measures(db, day)
    told.sort(key=lambda one: one.state != "overdue")
    behind = supervision.Behind(db, day)
    for one in told:
        yield one, behind.of(one)


@queries.once_per_choice
def measure_counts(db: queries.Source, day: date) -> tuple[int, int, int]:
    """All measures by the day, those that are overdue, and those whose day is over and whose outcome no feed tells."""
    told = supervision.measures(db, day)
    return len(told), sum(one.state == "overdue" for one in told), sum(one.state == "untold" for one in told)


@queries.once_per_choice
def rules(db: queries.Source, choice: Choice) -> tuple[list[Suggestion], int]:
    """The rules that suggestions come from, of no county; and the days for which a measure taken is not suggested
    again."""
    again = parameters.numbers(db, ["supervision_again_days"], choice.as_of)["supervision_again_days"]
    return supervision.rules(db, choice.as_of), int(again.value)


@queries.once_per_choice
def suggestions(db: queries.Source, choice: Choice) -> list[Suggestion]:
    return supervision.suggestions(db, choice.as_of, choice.cadence)
