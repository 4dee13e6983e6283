"""Repeated work-safety penalties of an enterprise with a major hazard (安全生产法 art. 113 (1)), as of any day.

The statute: where a major hazard exists and the enterprise was penalised under that law three times within 180 days or
four times within a year, the authority proposes to the government to close it. The numbers themselves suffice, unlike
art. 66 of the 公路安全保护条例 (more than three). What is counted are the decisions of ``staging.safety_penalty``: one
decision is one penalty, on the day it was decided. It counts on ``safety_repeat_days``, its own the first, and up to
the day before the same day ``safety_repeat_months`` later; fields are named by the 180 days and the year that these
are. Not counted: decisions not to penalise, annulled ones from the day they were annulled on, and those from before the
rule was in force. How the days are counted, and that an earlier decision does not count, are readings of the text and
no part of it.

A major hazard exists from its registration until it is closed by an accepted step (``core.hazard_state``), and again
when it is reopened. Hazards of roads have no enterprise; those of the list that name none cannot be told here.

Tiers: ``met`` (a number is reached and a major hazard exists), ``no_major`` (a number is reached, no major hazard is
known), ``one_away`` (a major hazard exists, one more penalty reaches a number), ``below``. It is a fact for a person to
look at: who proposes a closure decides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from warehouse.errors import WarehouseError
from warehouse.metrics import Source, tables
from warehouse.parameters import Parameter, numbers
from warehouse.repeat import months_later

TABLES = ("core.hazard_life", "core.hazard_state", "staging.safety_penalty", "seeds.parameter")
"""What is read here."""
TIERS = ("met", "no_major", "one_away", "below")
REASONS = ("no_penalty", "annulled", "before_rule", "outside_year")
TIER_WORDS = {
    "met": ("达到次数，且存在重大事故隐患", "the number is reached and a major hazard exists"),
    "no_major": ("达到次数，未见重大事故隐患", "the number is reached; no major hazard is known"),
    "one_away": ("存在重大事故隐患，差一次", "a major hazard exists; one penalty away"),
    "below": ("未达到次数", "below the number"),
}
REASON_WORDS = {
    "no_penalty": ("决定不予处罚", "decided not to penalise"),
    "annulled": ("决定已撤销", "decision annulled"),
    "before_rule": ("在该条施行之前", "before the rule was in force"),
    "outside_year": ("超出一年", "more than a year ago"),
}
_PARAMETERS = (
    "safety_repeat_days", "safety_repeat_count_180d", "safety_repeat_months", "safety_repeat_count_1y",
)  # fmt: skip


class Penalty(NamedTuple):
    """A decision as known on the day: an annulment after it is not told."""

    record_id: str
    decision_no: str
    uscc: str
    enterprise_name: str | None
    county_code: str | None
    as_reported: str | None
    penalty_kind: str
    decided_fen: int | None
    decided_on: date
    annulled_on: date | None
    hazard_no: str | None
    delivery_id: str
    source_line: int


class Judged(NamedTuple):
    """A decision and what became of it; ``reason`` None: it counts, within 180 days too where ``is_in_180d``.

    ``leaves_180d_on``, ``leaves_1y_on``: the first days on which it does not count any more.
    """

    penalty: Penalty
    reason: str | None
    is_in_180d: bool
    leaves_180d_on: date
    leaves_1y_on: date


class MajorHazard(NamedTuple):
    """A major hazard of an enterprise that exists on the day, or existed within the year before it."""

    hazard_no: str
    description: str | None
    registered_on: date
    closed_on: date | None


@dataclass(frozen=True)
class Standing:
    """An enterprise as of a day.

    ``met_on``: since when tier ``met`` has held without a break; ``lapses_on``: the first day on which a number that is
    reached is not any more, if no penalty is added. None: it does not hold.
    """

    uscc: str
    enterprise_name: str | None
    county_code: str | None
    tier: str
    count_180d: int
    count_1y: int
    open_major: tuple[MajorHazard, ...]
    closed_major: tuple[MajorHazard, ...]
    met_on: date | None
    lapses_on: date | None
    penalties: tuple[Judged, ...]

    @property
    def counted(self) -> list[Judged]:
        return [one for one in self.penalties if one.reason is None]


_PENALTIES = """
select record_id, decision_no, uscc, enterprise_name, county_code, as_reported, penalty_kind, decided_fen, decided_on,
    case when annulled_on <= $as_of then annulled_on end as annulled_on, hazard_no, delivery_id, source_line
from staging.safety_penalty
where decided_on <= $as_of and (cast($uscc as varchar) is null or uscc = $uscc)
order by decided_on, decision_no
"""
_FIRST_DAY = """
select max(began) as first_day, count(*) as parameter_count from (
    select min(valid_from) as began from seeds.parameter where list_contains($names, parameter) group by parameter
) as of_each
"""
_HAZARDS = """
select life.uscc, life.hazard_no, life.hazard_description as description, life.registered_on, step.step_on,
    step.hazard_closed_on is not null as is_closed
from core.hazard_life as life
left join core.hazard_state as step on step.hazard_no = life.hazard_no and step.step_on <= $as_of
where life.hazard_grade = 'major' and life.uscc is not null and life.registered_on <= $as_of
    and (cast($uscc as varchar) is null or life.uscc = $uscc)
order by life.hazard_no, step.step_no
"""


def is_built(source: Source) -> bool:
    """Whether the snapshot has the decisions and what they are counted by; one from before an upgrade has not."""
    if not tables(source) >= set(TABLES):
        return False
    (row,) = source.constant(_FIRST_DAY, {"names": list(_PARAMETERS)})
    return bool(row["parameter_count"] == len(_PARAMETERS))


def first_day(source: Source) -> date:
    """The first day as of which the rule can be asked: all of its numbers are in force."""
    (row,) = source.constant(_FIRST_DAY, {"names": list(_PARAMETERS)})
    first: date = row["first_day"]
    return first


def parameters(source: Source, as_of: date) -> dict[str, Parameter]:
    """The numbers of the day. Raises ``WarehouseError`` for a day before the rule was in force."""
    if as_of < (first := first_day(source)):
        raise WarehouseError(
            f"Art. 113 of the Work Safety Law sets these numbers since {first}. Ask as of that day or later."
        )
    return numbers(source, _PARAMETERS, as_of)


@dataclass(frozen=True)
class _Rule:
    """The spans of the day asked, the numbers of penalties within them, and since when the rule is in force."""

    days: int
    count_180d: float
    months: int
    count_1y: float
    first: date

    def leaves_180d_on(self, one: Penalty) -> date:
        return one.decided_on + timedelta(self.days)

    def leaves_1y_on(self, one: Penalty) -> date:
        return months_later(one.decided_on, self.months)


def standings(source: Source, as_of: date, uscc: str | None = None) -> list[Standing]:
    """Every enterprise with a decision up to the day, the highest tier first; or only that of ``uscc``.

    Raises ``WarehouseError`` as ``parameters`` does.
    """
    told = parameters(source, as_of)
    days, count_180d, months, count_1y = (told[name].value for name in _PARAMETERS)
    rule = _Rule(int(days), count_180d, int(months), count_1y, first_day(source))
    bound = {"as_of": as_of, "uscc": uscc}
    by_enterprise: dict[str, list[Penalty]] = defaultdict(list)
    for row in source.rows(_PENALTIES, bound):
        by_enterprise[row["uscc"]].append(Penalty(**row))
    majors = _majors(source.rows(_HAZARDS, bound))
    found = [_standing(penalties, majors.get(of, {}), as_of, rule) for of, penalties in by_enterprise.items()]
    return sorted(found, key=lambda one: (TIERS.index(one.tier), -one.count_180d, -one.count_1y, one.uscc))


class _Major(NamedTuple):
    """A major hazard with the days on which it began and ceased to exist, in turn and in order."""

    hazard: MajorHazard
    turns: tuple[date, ...]

    def exists(self, day: date) -> bool:
        return bisect_right(self.turns, day) % 2 == 1

    def seen(self, day: date) -> MajorHazard:
        gone = None if self.exists(day) else max(turn for turn in self.turns if turn <= day)
        return self.hazard._replace(closed_on=gone)


def _majors(rows: Iterable[Mapping[str, object]]) -> dict[str, dict[str, _Major]]:
    """Major hazards by enterprise and number. A hazard that closes and opens again on one day has not ceased."""
    found: dict[str, dict[str, _Major]] = defaultdict(dict)
    for row in rows:
        of, number = str(row["uscc"]), str(row["hazard_no"])
        registered_on, step_on = row["registered_on"], row["step_on"]
        assert isinstance(registered_on, date)
        one = found[of].get(number)
        if one is None:
            description = row["description"]
            hazard = MajorHazard(number, None if description is None else str(description), registered_on, None)
            one = _Major(hazard, (registered_on,))
        if isinstance(step_on, date) and bool(row["is_closed"]) == (len(one.turns) % 2 == 1):
            day = max(step_on, registered_on)
            turns = one.turns[:-1] if len(one.turns) > 1 and one.turns[-1] == day else (*one.turns, day)
            one = one._replace(turns=turns)
        found[of][number] = one
    return found


def _standing(penalties: Sequence[Penalty], majors: Mapping[str, _Major], as_of: date, rule: _Rule) -> Standing:
    def reason(one: Penalty, day: date) -> str | None:
        if one.penalty_kind == "no_penalty":
            return "no_penalty"
        if one.annulled_on is not None and one.annulled_on <= day:
            return "annulled"
        if one.decided_on < rule.first:
            return "before_rule"
        return "outside_year" if rule.leaves_1y_on(one) <= day else None

    def counts(day: date) -> tuple[int, int]:
        left = [one for one in penalties if one.decided_on <= day and reason(one, day) is None]
        return sum(day < rule.leaves_180d_on(one) for one in left), len(left)

    def is_reached(day: date, more: int = 0) -> bool:
        near, year = counts(day)
        return near + more >= rule.count_180d or year + more >= rule.count_1y

    def is_met(day: date) -> bool:
        return is_reached(day) and any(one.exists(day) for one in majors.values())

    has_major = any(one.exists(as_of) for one in majors.values())
    if is_reached(as_of):
        tier = "met" if has_major else "no_major"
    else:
        tier = "one_away" if has_major and is_reached(as_of, 1) else "below"
    leaving = {day for one in penalties for day in (rule.leaves_180d_on(one), rule.leaves_1y_on(one))}
    changes = sorted(
        day
        for day in {
            *leaving, *(one.decided_on for one in penalties), *(turn for one in majors.values() for turn in one.turns),
            *(one.annulled_on for one in penalties if one.annulled_on),
        }
        if day <= as_of
    )  # fmt: skip
    met_on = None
    for day in reversed(changes if tier == "met" else []):
        if not is_met(day):
            break
        met_on = day
    ahead = sorted(day for day in leaving if day > as_of) if tier in ("met", "no_major") else []
    seen = [one.seen(as_of) for one in majors.values()]
    newest = penalties[-1]
    near, year = counts(as_of)

    def judged(one: Penalty) -> Judged:
        why, leaves = reason(one, as_of), rule.leaves_180d_on(one)
        return Judged(one, why, why is None and as_of < leaves, leaves, rule.leaves_1y_on(one))

    return Standing(
        newest.uscc, newest.enterprise_name, newest.county_code, tier, near, year,
        tuple(one for one in seen if one.closed_on is None),
        tuple(one for one in seen if one.closed_on and as_of < months_later(one.closed_on, rule.months)),
        met_on, next((day for day in ahead if not is_reached(day)), None),
        tuple(judged(one) for one in penalties),
    )  # fmt: skip
