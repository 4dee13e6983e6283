"""What the bureau did toward units that fall behind, step by step: bulletin 通报, interview 约谈, listing 挂牌督办,
copy to the county government 抄送; with deadlines, what is overdue, and the numbers behind each (handbook 9.1).

A measure is told as of a day: a reply or a delisting after it has not come. Only listings and copies have an answer in
the feeds: an interview has a day for correction, and whether it was met nobody tells (``untold`` once it is over). A
bulletin asks for nothing and names no unit.

The numbers of a measure are computed, not delivered: what its cause (``supervision_cause``) meant for that unit at that
time, by the definitions of the pages of today. ``low_score``: total and places of the last complete quarter before it.
``overdue_hazard``: hazards overdue on the day. ``overload``, ``alarms``, ``crash``: over ``supervision_lookback_days``
before it. A listing has its hazard: grade, and days overdue when it was listed. A bulletin has the city's rates over
the days it covers. An enterprise has its own numbers, never those of its county: weighed passages of what the register
says was its vehicle on their day, alarms of its vehicles; none of a score, which is a county's, nor of crashes, whose
vehicles no feed tells. No number is a fine or a number of cases (行政处罚法 art. 74).

Suggestions follow a written rule, each with the numbers that met it; all thresholds are dated rows of
``seeds.parameter``, assumptions that nobody verified. Nothing is done by itself: whether a measure is taken is for a
person to decide, and what was done within ``supervision_again_days`` toward the county (its bureau or its government,
not one of its enterprises) or toward all is not suggested again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from warehouse import hazards, metrics, repeat, score
from warehouse.metrics import Source
from warehouse.parameters import Parameter, numbers

TABLES = (
    *score.TABLES, "core.passage", "mart.overload_daily", "staging.bulletin", "staging.enterprise",
    "staging.interview", "staging.listing", "staging.referral", "staging.road_crash", "staging.vehicle",
)  # fmt: skip
"""What is read here."""
RUNGS = ("bulletin", "interview", "listing", "referral")
RULES = {
    "bottom": ("bulletin", ("supervision_bottom_places",)),
    "bottom_again": ("interview", ("supervision_bottom_places", "supervision_interview_periods")),
    "many_overdue": ("interview", ("supervision_interview_overdue",)),
    "major_overdue": ("listing", ("supervision_listing_days",)),
    "listed_overdue": ("referral", ("supervision_referral_days",)),
}
"""Rules of suggestions: the rung they suggest, and the parameters they read."""
STATES = ("overdue", "open", "untold", "done_late", "done", "none")
"""``untold``: the day is over, and no feed tells whether it was met; ``none``: nothing is asked for."""
CAUSES = ("low_score", "overdue_hazard", "crash", "overload", "alarms")
PARAMETERS = (
    "supervision_lookback_days", "supervision_bottom_places", "supervision_interview_periods",
    "supervision_interview_overdue", "supervision_listing_days", "supervision_referral_days", "supervision_again_days",
)  # fmt: skip
CADENCE_OF_SCORE = "quarter"
"""一季一通报: the score behind a measure is that of a quarter."""


@dataclass(frozen=True)
class Number:
    """One number behind a measure or a suggestion: a count (``denominator`` None), a share of ``denominator``, or
    places (``low`` to ``high``) of a score. ``first``, ``last``: the days it is of."""

    name: str
    value: float
    denominator: int | None
    first: date
    last: date
    low: int | None = None
    high: int | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.denominator if self.denominator else None


@dataclass(frozen=True)
class Measure:
    """One measure as of a day. ``due_on``: last day for the reply, the correction or the removal; ``done_on``: when it
    came; ``days_late``: days after the last day, of what is open until today; ``days_left``: of what is open in time.
    """

    rung: str
    number: str
    taken_on: date
    county: str | None
    unit: str | None
    unit_kind: str | None
    uscc: str | None
    cause: str | None
    due_on: date | None
    done_on: date | None
    state: str
    days_late: int | None
    days_left: int | None
    hazard_no: str | None
    grade: str | None
    due_then: date | None
    covers_from: date | None
    covers_to: date | None


@dataclass(frozen=True)
class Suggestion:
    """What a rule suggests for a county, or for one hazard of it, with the numbers that met the rule and the parameters
    that set it."""

    rung: str
    county: str
    rule: str
    numbers: tuple[Number, ...]
    parameters: tuple[Parameter, ...]
    hazard_no: str | None = None


# --- measures ----------------------------------------------------------------------------------------------
# due_then: the last day of the hazard as it stood when it was listed.
_MEASURES = """
with stood as (
    select listing.listing_no, step.due_on from staging.listing as listing
    inner join core.hazard_state as step on step.hazard_no = listing.hazard_no and step.step_on <= listing.listed_on
    qualify row_number() over (partition by listing.listing_no order by step.step_no desc) = 1
),
taken as (
    select 'bulletin' as rung, bulletin_no as number, issued_on as taken_on, cast(null as varchar) as county,
        title as unit, cast(null as varchar) as unit_kind, cast(null as varchar) as uscc,
        cast(null as varchar) as cause, cast(null as date) as due_on, cast(null as date) as done_on,
        cast(null as varchar) as hazard_no, cast(null as varchar) as grade, cast(null as date) as due_then,
        period_from as covers_from, period_to as covers_to
    from staging.bulletin
    union all
    select 'interview', interview_no, held_on, county_code, unit_name, unit_kind, uscc, supervision_cause, rectify_by,
        null, null, null, null, null, null
    from staging.interview
    union all
    select 'listing', listing.listing_no, listing.listed_on, listing.county_code, listing.responsible_unit, null,
        life.uscc, null, listing.due_on, listing.delisted_on, listing.hazard_no, life.hazard_grade,
        coalesce(stood.due_on, life.first_due_on), null, null
    from staging.listing as listing
    left join core.hazard_life as life on life.hazard_no = listing.hazard_no
    left join stood on stood.listing_no = listing.listing_no
    union all
    select 'referral', referral_no, sent_on, county_code, null, 'government', null, supervision_cause, reply_due_on,
        replied_on, null, null, null, null, null
    from staging.referral
)
select * replace (case when done_on <= $as_of then done_on end as done_on)
from taken
where taken_on <= $as_of and (cast($county as varchar) is null or county is null or county = $county)
order by taken_on desc, rung, number
"""


def measures(source: Source, as_of: date, county: str | None = None) -> list[Measure]:
    """What was done by the day, newest first; of a county what was done toward it, and the bulletins, which are to
    all."""
    return [
        Measure(**row, **_standing(row, as_of))
        for row in source.rows(_MEASURES, {"as_of": as_of, "county": county})
    ]  # fmt: skip


def _standing(row: Mapping[str, Any], as_of: date) -> dict[str, Any]:
    """State, and days late or left."""
    due, done = row["due_on"], row["done_on"]
    if due is None:
        return {"state": "none", "days_late": None, "days_left": None}
    late = ((done or as_of) - due).days
    if done is not None:
        return {"state": "done_late" if late > 0 else "done", "days_late": late if late > 0 else None,
                "days_left": None}  # fmt: skip
    if late <= 0:
        return {"state": "open", "days_late": None, "days_left": -late}
    if row["rung"] == "interview":
        return {"state": "untold", "days_late": None, "days_left": None}
    return {"state": "overdue", "days_late": late, "days_left": None}


# --- the numbers behind ------------------------------------------------------------------------------------
_CRASHES = """
select count(*)::bigint as crash_count, coalesce(sum(death_count), 0)::bigint as death_count
from staging.road_crash
where cast(occurred_at as date) between $first and $last
    and (cast($county as varchar) is null or county_code = $county)
"""
_OF_CRASHES = {"crashes": "crash_count", "deaths": "death_count"}
# As overload_rate counts. A passage without plate or colour is nobody's.
_OF_FLEET = f"""{repeat.OWNERS},
fleet as (
    select on_day, vehicle.plate_no, vehicle.plate_color_code
    from owner
    inner join staging.vehicle as vehicle using (enterprise_name)
    where on_day between vehicle.valid_from and coalesce(vehicle.valid_to, on_day)
)
select count(*) filter (passage.verdict = 'over')::bigint as over_count,
    count(passage.gross_vehicle_weight_kg)::bigint as weighed_count
from core.passage as passage
semi join fleet on fleet.on_day = passage.passed_date and fleet.plate_no = passage.plate_no
    and fleet.plate_color_code = passage.plate_color_code
where passage.passed_date between $first and $last
"""


class Behind:
    """The numbers behind measures of one version; a score is computed once for all that ask for it."""

    def __init__(self, source: Source, as_of: date) -> None:
        self.source = source
        self.told = numbers(source, PARAMETERS, as_of)
        self.ranking = cache(lambda asked: score.ranking(source, asked, is_compared=False))

    def of(self, measure: Measure) -> tuple[Number, ...]:
        if measure.rung == "bulletin":
            assert measure.covers_from is not None
            assert measure.covers_to is not None
            return self._of_days("overload", measure.covers_from, measure.covers_to, None) + self._of_days(
                "alarms", measure.covers_from, measure.covers_to, None
            )
        if measure.rung == "listing":
            if measure.due_then is None:
                return ()
            late = (measure.taken_on - measure.due_then).days
            return (Number("hazard_overdue_days", max(0, late), None, measure.taken_on, measure.taken_on),)
        is_enterprise = measure.unit_kind == "enterprise"
        if measure.cause == "low_score" and not is_enterprise:
            return self.scored(measure.county, last_complete(measure.taken_on, CADENCE_OF_SCORE))
        if measure.cause == "overdue_hazard":
            return self.overdue(measure)
        last = measure.taken_on - timedelta(days=1)
        first = measure.taken_on - timedelta(days=int(self.told["supervision_lookback_days"].value))
        if is_enterprise:
            return self._of_enterprise(measure, first, last)
        return self._of_days(str(measure.cause), first, last, measure.county)

    def scored(self, county: str | None, asked: score.Asked) -> tuple[Number, ...]:
        """Total and places of a county; nothing for one without a place."""
        found = [one for one in self.ranking(asked).units if one.code == county and one.has_place]
        return tuple(
            Number("score", round(one.total, 6), None, asked.first, asked.as_of, one.low, one.high)
            for one in found
            if one.total is not None
        )

    def overdue(self, measure: Measure) -> tuple[Number, ...]:
        """Hazards of the county or, wherever they are, of the enterprise that are overdue on the day, of those that are
        open; nothing for an enterprise without a credit code."""
        day, uscc = measure.taken_on, measure.uscc
        is_enterprise = measure.unit_kind == "enterprise"
        if is_enterprise and not uscc:
            return ()
        asked = hazards.Asked(day, day, day, None if is_enterprise else measure.county)
        found = [one for one in hazards.Facts(self.source, asked).hazards if not is_enterprise or one.uscc == uscc]
        still = [one for one in found if not one.is_closed]
        return (Number("hazards_overdue", sum(one.is_overdue(day) for one in still), len(still), day, day),)

    def _of_days(self, cause: str, first: date, last: date, county: str | None) -> tuple[Number, ...]:
        if cause == "crash":
            (row,) = self.source.rows(_CRASHES, {"first": first, "last": last, "county": county})
            return tuple(Number(name, row[column], None, first, last) for name, column in _OF_CRASHES.items())
        if cause == "overload":
            found = metrics.compute(self.source, "overload_rate", first, last, county)
            counts = found["numerator"], found["denominator"]
        else:
            counts = score.alarms_in_time(self.source, first, last, county)
        return (Number(cause, counts[0] or 0, counts[1] or 0, first, last),)

    def _of_enterprise(self, measure: Measure, first: date, last: date) -> tuple[Number, ...]:
        """Nothing where nothing of its own was counted."""
        cause, uscc = str(measure.cause), measure.uscc
        good, every = 0, 0
        if uscc and cause == "alarms":
            good, every = score.alarms_in_time(self.source, first, last, uscc=uscc)
        elif uscc and cause == "overload":
            days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
            asked = {"days": days, "units": [uscc], "first": first, "last": last}
            (row,) = self.source.rows(_OF_FLEET, asked)
            good, every = row["over_count"], row["weighed_count"]
        return (Number(cause, good, every, first, last),) if every else ()


def last_complete(before: date, cadence: str) -> score.Asked:
    """The last period of a cadence that was over before the day."""
    return score.Asked(score.Asked(before, cadence).first - timedelta(days=1), cadence)


# --- suggestions -------------------------------------------------------------------------------------------
def suggestions(source: Source, as_of: date, cadence: str = CADENCE_OF_SCORE) -> list[Suggestion]:
    """What the rule suggests on a day, from the lowest step to the highest; nothing is done by it.

    ``bottom``: all places that a county may have lie among the last; nobody's do where fewer than twice as many
    counties have a place. ``bottom_again``: so in several periods in a row.
    ``many_overdue``: hazards overdue. ``major_overdue``: a major hazard overdue and not listed. ``listed_overdue``: a
    hazard listed and not delisted so many days after its last day.
    """
    behind = Behind(source, as_of)
    told = {name: one.value for name, one in behind.told.items()}
    taken = measures(source, as_of)
    since = as_of - timedelta(days=int(told["supervision_again_days"]))
    recent = {(one.rung, one.county) for one in taken if one.taken_on > since and one.unit_kind != "enterprise"}
    found = [
        *_by_score(behind, as_of, cadence, told),
        *_by_hazards(behind, as_of, told),
        *_by_listings(behind, taken, as_of, told),
    ]
    return [
        one
        for one in sorted(found, key=lambda one: (RUNGS.index(one.rung), one.county, one.rule, one.hazard_no or ""))
        if one.rung == "listing" or not {(one.rung, one.county), (one.rung, None)} & recent
    ]


def rules(source: Source, as_of: date) -> list[Suggestion]:
    """Every rule that is looked at, with its parameters of the day, of no county."""
    behind = Behind(source, as_of)
    return [_suggested(behind, rule, "", ()) for rule in RULES]


def _by_score(behind: Behind, as_of: date, cadence: str, told: Mapping[str, float]) -> Iterable[Suggestion]:
    """Bulletin and interview by the places of the last complete periods."""
    asked = last_complete(as_of + timedelta(days=1), cadence)
    periods = [asked]
    while len(periods) < told["supervision_interview_periods"]:
        periods.append(periods[-1].before)
    bottom = [_bottom(behind.ranking(one), int(told["supervision_bottom_places"])) for one in periods]
    for county in sorted(bottom[0]):
        yield _suggested(behind, "bottom", county, behind.scored(county, asked))
    for county in sorted(set.intersection(*bottom)):
        every = tuple(number for one in periods for number in behind.scored(county, one))
        yield _suggested(behind, "bottom_again", county, every)


def _bottom(ranking: score.Ranking, places: int) -> set[str]:
    lows = {one.code: one.low for one in ranking.units if one.low is not None}
    return {county for county, low in lows.items() if low > len(lows) - places} if len(lows) >= 2 * places else set()


def _by_hazards(behind: Behind, as_of: date, told: Mapping[str, float]) -> Iterable[Suggestion]:
    """Interview by hazards overdue, listing by a major one."""
    facts = hazards.Facts(behind.source, hazards.Asked(as_of, as_of, as_of))
    of_county: dict[str, list[hazards.Hazard]] = defaultdict(list)
    for one in facts.hazards:
        if not one.is_closed and one.county_code is not None:
            of_county[one.county_code].append(one)
    for county, still in sorted(of_county.items()):
        overdue = [one for one in still if one.is_overdue(as_of)]
        if len(overdue) >= told["supervision_interview_overdue"]:
            number = Number("hazards_overdue", len(overdue), len(still), as_of, as_of)
            yield _suggested(behind, "many_overdue", county, (number,))
        for one in overdue:
            assert one.due_on is not None
            late = (as_of - one.due_on).days
            if one.grade == "major" and not one.is_listed and late >= told["supervision_listing_days"]:
                number = Number("hazard_overdue_days", late, None, one.due_on, as_of)
                yield _suggested(behind, "major_overdue", county, (number,), one.hazard_no)


def _by_listings(
    behind: Behind, taken: Iterable[Measure], as_of: date, told: Mapping[str, float]
) -> Iterable[Suggestion]:
    """A copy to the government by listings that are overdue."""
    for one in taken:
        late = one.days_late or 0
        if (
            one.rung == "listing"
            and one.state == "overdue"
            and late >= told["supervision_referral_days"]
            and one.county
        ):
            assert one.due_on is not None
            number = Number("listing_overdue_days", late, None, one.due_on, as_of)
            yield _suggested(behind, "listed_overdue", one.county, (number,), one.hazard_no)


def _suggested(
    behind: Behind, rule: str, county: str, found: tuple[Number, ...], hazard_no: str | None = None
) -> Suggestion:
    rung, names = RULES[rule]
    return Suggestion(rung, county, rule, found, tuple(behind.told[name] for name in names), hazard_no)
