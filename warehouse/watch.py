"""Which vehicles to look out for on a shift: those near or above the repeat rule's line, or with an overdue fine, that
passed a scale lately, with the sites and hours where they usually do.

Counts are those of ``warehouse.repeat`` in the window of a question about one vehicle, deadlines those of
``warehouse.cases``: nothing is counted a second time here. A vehicle that passed no scale within ``shift_seen_days`` is
not listed. Being listed is a reason to look, none to stop somebody: an act is proved by a weighing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from warehouse import cases, repeat
from warehouse.dossier import Source
from warehouse.parameters import Codes, Parameter, numbers
from warehouse.repeat import Question, Standing
from warehouse.shift import Asked, Rule

TABLES = tuple(sorted({*repeat.TABLES, *cases.COURSE_TABLES, "core.passage"}))
"""What is read here."""
PARAMETERS = ("shift_seen_days",)
REASONS = ("statutory", "warning", "unpaid")
"""Why a vehicle is listed, the first that holds: above the statute's number of acts, at the warning or one act away
from that number, a fine past its last day."""
PLACES, LEAST_AT_PLACE = 2, 2
"""Places that are told of a vehicle at most, and how often it passed there at least: once is no habit."""
_LINE = ("statutory", "warning")

_PLATES = """
select case_kind, case_no, plate_no, plate_color_code from core.case_life
where list_contains($numbers, case_no) and plate_no is not null
"""
_PASSED = """
select plate_no, plate_color_code, site_code, hour(passed_at) // $hours as block, count(*) as passage_count,
    max(passed_at) as last_at
from {passages} as passage
semi join (select unnest($plates) as plate_no) as wanted using (plate_no)
where passed_date between $first and $last and (cast($county as varchar) is null or county_code = $county)
group by all
order by site_code, block, last_at
"""


class Place(NamedTuple):
    """Hours of a site at which a vehicle passed so often."""

    site_code: str
    first_hour: int
    until_hour: int
    passages: int


@dataclass(frozen=True)
class Watched:
    """A vehicle. ``acts``: those that count; ``unpaid``: decisions whose payment is overdue; ``passages`` of the last
    days, ``last_at`` the last of them at ``last_site``; ``places``: where it passed most often, none where it passed
    nowhere twice in the same hours."""

    plate_no: str
    plate_color_code: int | None
    reason: str
    acts: int
    unpaid: int
    passages: int
    last_at: datetime
    last_site: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Watch:
    """The list. ``question``: how acts are counted; ``named``: vehicles with a reason, whether or not they passed;
    passages are those from ``first`` to ``last``."""

    question: Question
    first: date
    last: date
    named: int
    vehicles: tuple[Watched, ...]


def question_of(source: Source, as_of: date) -> Question:
    usual = repeat.defaults(source, as_of)
    return Question(as_of, "vehicle", usual.query_window, usual.basis, usual.require_decision)


def is_near(one: Standing) -> bool:
    """Above the statute's number, at the warning, or one act away."""
    return one.count > 0 and (one.tier in _LINE or one.is_one_away)


def watch(source: Source, asked: Asked, rule: Rule, tie: Callable[[tuple[Any, ...]], Any] | None = None) -> Watch:
    """The vehicles of a shift: the most acts first, then who passed most often. ``tie``: an order of equals that tells
    nothing of a masked plate; without one they stand by their plate."""
    question = question_of(source, asked.as_of)
    days = int(numbers(source, PARAMETERS, asked.as_of)["shift_seen_days"].value)
    first = asked.as_of - timedelta(days=days - 1)
    near = {one.key: one for one in repeat.standings(source, question) if is_near(one)}
    unpaid = _unpaid(source, asked)
    named = list(dict.fromkeys([*near, *unpaid]))
    passed = _passed(source, asked, rule, first, [key[0] for key in named])
    found = []
    for key in named:
        rows = passed.get(key)
        if not rows:
            continue
        one = near.get(key)
        places: Counter[tuple[str, int]] = Counter()
        for row in rows:
            places[row["site_code"], int(row["block"])] += row["passage_count"]
        last = max(rows, key=lambda row: (row["last_at"], row["site_code"]))
        usual = (item for item in places.items() if item[1] >= LEAST_AT_PLACE)
        most = sorted(usual, key=lambda item: (-item[1], item[0]))[:PLACES]
        found.append(Watched(
            key[0], key[1], "unpaid" if one is None else "statutory" if one.tier == "statutory" else "warning",
            one.count if one else 0, unpaid.get(key, 0), sum(places.values()), last["last_at"], last["site_code"],
            tuple(Place(site, block * rule.hours, (block + 1) * rule.hours, count) for (site, block), count in most),
        ))  # fmt: skip
    order = tie or (lambda key: tuple(str(part) for part in key))
    found.sort(key=lambda one: (
        REASONS.index(one.reason), -one.acts, -one.unpaid, -one.passages, order((one.plate_no, one.plate_color_code)),
    ))  # fmt: skip
    return Watch(question, first, asked.as_of, len(named), tuple(found))


def _unpaid(source: Source, asked: Asked) -> Counter[tuple[Any, ...]]:
    """Of each vehicle the decisions on over-limit cases whose payment is overdue."""
    late = cases.clocks(
        source, asked.as_of, cases.Filter(kind="over_limit", county=asked.county),
        cases.OfClocks(clock="payment", state="overdue"),
    )  # fmt: skip
    of_case = Counter((one.case_kind, one.case_no) for one in late)
    found: Counter[tuple[Any, ...]] = Counter()
    if of_case:
        numbers_of = sorted({number for _, number in of_case})
        for row in source.rows(_PLATES, {"numbers": numbers_of}):
            found[row["plate_no"], row["plate_color_code"]] += of_case[row["case_kind"], row["case_no"]]
    return Counter({key: count for key, count in found.items() if count})


def _passed(
    source: Source, asked: Asked, rule: Rule, first: date, plates: list[str]
) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Passages of these plates by vehicle, site and hours. A passage whose colour was not read is of none of them."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    if not plates:
        return found
    days = [first + timedelta(days=at) for at in range((asked.as_of - first).days + 1)]
    passages = source.within(
        "core.passage", "plate_no, plate_color_code, site_code, county_code, passed_at, passed_date", days
    )
    given = {"hours": rule.hours, "plates": list(dict.fromkeys(plates)), "first": first, "last": asked.as_of,
             "county": asked.county}  # fmt: skip
    for row in source.rows(_PASSED.format(passages=passages), given):
        found[row["plate_no"], row["plate_color_code"]].append(row)
    return found


def parameters(source: Source, question: Question) -> list[Parameter | Codes]:
    """What the list rests on beside the hours of a block: its own, and those of the counts."""
    own = numbers(source, PARAMETERS, question.as_of)
    return [*own.values(), *repeat.shown(source, question).values()]
