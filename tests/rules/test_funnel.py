"""Stages of the funnel at their edges: days, parts, ends, several cases on one passage, one case of a trip."""

import random
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from case_reference import Case, Decision, Payment
from case_rows import MODELS, built_of

from warehouse import fates
from warehouse.errors import WarehouseError
from warehouse.funnel import CONFIDENCE, Asked, Part, Stage, reason_words, stages, times
from warehouse.survival import kaplan_meier

FILED = [("2025-01-05", "clue"), ("2025-01-10", "filed"), ("2025-01-15", "investigating"), ("2025-02-01", "pre_notice")]
DECIDED = [*FILED, ("2025-03-01", "decided"), ("2025-03-03", "served")]
FIRST, LAST = date(2025, 1, 1), date(2025, 1, 31)


def on(text: str) -> date:
    return date.fromisoformat(text)


def case_of(number: str, steps: list[tuple[str, str]], **told: Any) -> Case:
    given: dict[str, Any] = {
        "plate": "湘M54321", "simple": False, "off_site": False, "violated_on": on("2025-01-05"),
        "found_on": on("2025-01-05"), "filed_on": on("2025-01-10"), "closed_on": None, "state": "filed",
        "decisions": (), "payments": (), "handed_over_on": None,
    }  # fmt: skip
    numbered = tuple((datetime.fromisoformat(f"{day} 09:00"), at, state) for at, (day, state) in enumerate(steps, 1))
    return Case(number, steps=numbered, **(given | told))


def fine(number: str, fen: int = 500_000) -> Decision:
    return Decision(number, fen, on("2025-03-01"), on("2025-03-03"), True, 600_000)


FACTS = [
    case_of("OPEN", FILED),
    case_of("UNPAID", DECIDED, decisions=(fine("D1"),)),
    case_of("PART", DECIDED, decisions=(fine("D2"),), payments=(Payment("D2", on("2025-03-10"), 100_000),)),
    case_of("PAID", [*DECIDED, ("2025-03-10", "paid"), ("2025-03-20", "closed")], decisions=(fine("D3"),),
            payments=(Payment("D3", on("2025-03-10"), 500_000),), closed_on=on("2025-03-20")),
    case_of("WARNED", [*DECIDED, ("2025-03-20", "closed")], decisions=(fine("D4", 0),), closed_on=on("2025-03-20")),
    case_of("LET_OFF", [*FILED, ("2025-03-01", "no_penalty"), ("2025-03-20", "closed")], closed_on=on("2025-03-20")),
    case_of("REVOKED", [*DECIDED, ("2025-03-20", "revoked_by_review")], decisions=(fine("D5"),)),
    case_of("SPOT", [("2025-01-05", "clue"), ("2025-03-01", "decided_simple")], simple=True, filed_on=None,
            decisions=(fine("D6", 20_000),)),
]  # fmt: skip
NUMBERS = [one.number for one in FACTS]


class Built:
    """A passage over the limit for each case, and the daily table; ``tie`` rests a case on a passage."""

    def __init__(self, facts: list[Case]) -> None:
        self.tables = built_of(facts, random.Random(1), (*MODELS, "core.violation", "mart.finding", "mart.screening",
                                                         "mart.overload_daily", "core.working_day"))  # fmt: skip
        self.run = self.tables.connection.execute
        self.run("delete from core.case_passage")

    def passages(self, **counts: int) -> None:
        told = {"passage_count": 20, "weighed_count": 20, "within_count": 0, "review_count": 0} | counts
        self.run(
            f"insert into mart.overload_daily by name select date '2025-01-05' as passed_date, 'YZ01' as site_code,"
            f" '431103' as county_code, {', '.join(f'{n} as {name}' for name, n in told.items())}"
        )

    def finding(self, record: str, plate: str, is_usable: bool = True, hour: int = 8, site: str = "YZ01") -> None:
        self.run(
            "insert into mart.finding by name select date '2025-01-05' as passed_date, $record as record_id,"
            f" $record as check_no, timestamp '2025-01-05 {hour:02d}:00:00' as passed_at, $site as site_code,"
            " '431103' as county_code, $plate as plate_no, 2 as plate_color_code, 0.3 as excess_ratio,"
            " true as is_above_counted_ratio, $ok as evidence_ok, $flags as flags, false as is_permitted",
            {"record": record, "plate": plate, "ok": is_usable, "flags": "" if is_usable else "V-AIR,E-SPEED,R-TIME",
             "site": site},
        )  # fmt: skip

    def tie(self, case_no: str, record: str, grade: str = "exact") -> None:
        self.run(
            "insert into core.case_passage by name select record_id, case_no, $grade as match_grade,"
            " 'check_no' as match_reason, $record as passage_record_id from staging.enforcement_case"
            " where case_no = $case_no",
            {"case_no": case_no, "record": record, "grade": grade},
        )

    def told(self, day: str, **where: Any) -> dict[str, Stage]:
        return {stage.stage: stage for stage in stages(self.tables, Asked(FIRST, LAST, on(day), **where))}


@pytest.fixture(scope="module")
def every() -> Iterator[Built]:
    """All facts, each on a passage of its own; that of PART is no evidence."""
    built = Built(FACTS)
    built.passages(passage_count=len(FACTS) + 9, weighed_count=len(FACTS) + 7, within_count=6, review_count=3)
    for at, number in enumerate(NUMBERS):
        built.finding(number, f"湘M5000{at}", is_usable=number != "PART")
        built.tie(number, number)
    yield built
    built.tables.connection.close()


def parts(told: tuple[Part, ...]) -> dict[str, int]:
    return {f"{part.reason} {part.detail}".strip(): part.count for part in told}


def test_what_is_no_finding_says_why(every: Built) -> None:
    found = every.told("2025-12-31")["found"]
    assert (found.count, parts(found.left)) == (8, {"within_limit": 6, "not_weighed": 2, "limit_open": 1})


@pytest.mark.parametrize(
    ("day", "stage", "through", "left", "beside"),
    [
        ("2025-12-31", "usable", 7, {"unfit E-SPEED": 1}, {}),
        # A case on what is no evidence stands beside; one decided on the spot has no filing.
        ("2025-01-09", "filed", 0, {"case_noted": 7}, {}),
        ("2025-01-10", "filed", 6, {"case_noted": 1}, {"unfit E-SPEED": 1}),
        ("2025-12-31", "filed", 6, {"on_the_spot": 1}, {"unfit E-SPEED": 1}),
        # Decided on the day asked for, and on the day after it.
        ("2025-02-28", "decided", 0, {"in_state pre_notice": 7}, {}),
        ("2025-03-01", "decided", 5, {"in_state pre_notice": 1, "case_ended no_penalty": 1}, {"on_the_spot": 1}),
        ("2025-03-09", "paid", 0, {"unpaid": 5, "no_fine": 1}, {}),
        ("2025-03-10", "paid", 1, {"unpaid": 3, "no_fine": 1, "part_paid": 1}, {}),
        # Revoked: what was decided stays decided, and nothing is owed any more.
        ("2025-03-20", "decided", 5, {"in_state pre_notice": 1, "case_ended no_penalty": 1}, {"on_the_spot": 1}),
        ("2025-03-20", "paid", 1, {"unpaid": 2, "no_fine": 1, "part_paid": 1, "case_ended revoked_by_review": 1}, {}),
        # Closed without a fine, and without a penalty.
        ("2025-03-19", "closed", 0, {"in_state paid": 1}, {}),
        ("2025-03-20", "closed", 1, {}, {"no_fine": 1, "case_ended no_penalty": 1}),
    ],
)
def test_a_stage_tells_who_came_who_was_left_and_who_came_beside(
    every: Built, day: str, stage: str, through: int, left: dict[str, int], beside: dict[str, int]
) -> None:
    told = every.told(day)[stage]
    assert (told.through, parts(told.left), parts(told.beside)) == (through, left, beside)
    assert told.count == through + sum(beside.values())


def test_an_earlier_day_knows_of_no_later_passage_and_places_part_the_passages(every: Built) -> None:
    assert [stage.count for stage in every.told("2025-01-04").values()] == [0] * 7
    assert [stage.count for stage in every.told("2025-12-31", site="YZ02").values()] == [0] * 7
    for where in ({"site": "YZ01"}, {"county": "431103"}):
        assert every.told("2025-12-31", **where) == every.told("2025-12-31")


def test_of_two_findings_of_one_trip_one_carries_the_case() -> None:
    built = Built([case_of("ONE", FILED)])
    built.passages(passage_count=2, weighed_count=2)
    built.finding("A", "湘M54321", hour=8)
    built.finding("B", "湘M54321", hour=9)
    built.tie("ONE", "A")
    told = built.told("2025-12-31")
    assert (told["usable"].count, told["filed"].count, parts(told["filed"].left)) == (2, 1, {"same_trip": 1})
    assert sum(one.now_count for one in times(built.tables, Asked(FIRST, LAST, on("2025-12-31")))) == 1


def test_a_finding_with_several_cases_counts_once_with_the_one_that_went_furthest() -> None:
    built = Built([FACTS[NUMBERS.index(number)] for number in ("OPEN", "PAID", "LET_OFF")])
    built.passages(passage_count=1, weighed_count=1)
    built.finding("A", "湘M54321")
    for number in ("OPEN", "PAID", "LET_OFF"):
        built.tie(number, "A")
    told = built.told("2025-12-31")
    assert [stage.count for stage in told.values()] == [1] * 7
    assert not any((*stage.left, *stage.beside) for stage in told.values())


def test_a_case_that_no_number_ties_to_a_passage_is_for_a_person_to_confirm() -> None:
    built = Built([FACTS[NUMBERS.index("PAID")]])
    built.passages(passage_count=1, weighed_count=1)
    built.finding("A", "湘M54321")
    built.tie("PAID", "A", grade="near")
    told = built.told("2025-12-31")
    assert (told["filed"].count, parts(told["filed"].left), told["closed"].count) == (0, {"case_near": 1}, 0)
    assert times(built.tables, Asked(FIRST, LAST, on("2025-12-31"))) == []


def test_a_case_still_in_a_state_is_censored_and_too_few_have_no_interval(every: Built) -> None:
    """pre_notice from 1 February: seven cases enter it, on 2 March six have left it after 28 days."""
    asked = Asked(FIRST, LAST, on("2025-03-02"))
    told = {one.case_state: one for one in times(every.tables, asked)}
    notice = told["pre_notice"]
    curve = kaplan_meier([(28, True)] * 6 + [(29, False)], CONFIDENCE)
    assert (notice.now_count, notice.spell_count, notice.ended_count, notice.median_days) == (1, 7, 6, 28)
    assert (notice.low_days, notice.high_days) == curve.median_interval
    decided = told["decided"]
    assert (decided.now_count, decided.ended_count, decided.median_days, decided.has_interval) == (5, 0, None, False)
    assert told["no_penalty"].is_final
    assert told["no_penalty"].median_days is None
    assert sum(one.now_count for one in told.values()) == len(FACTS)


def test_a_case_without_steps_has_a_state_and_no_time() -> None:
    built = Built([case_of("LIST", [])])
    built.passages(passage_count=1, weighed_count=1)
    built.finding("A", "湘M54321")
    built.tie("LIST", "A")
    for day, state in (("2025-01-09", "clue"), ("2025-01-10", "filed")):
        (only,) = times(built.tables, Asked(FIRST, LAST, on(day)))
        assert (only.case_state, only.now_count, only.untimed_count, only.spell_count) == (state, 1, 1, 0)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"last": date(2024, 12, 31)}, "before it begins"),
        ({"as_of": date(2024, 12, 31)}, "Ask as of a later day"),
    ],
)
def test_what_cannot_be_asked_says_what_can(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(WarehouseError, match=words):
        Asked(**({"first": FIRST, "last": LAST, "as_of": LAST} | changed))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_reason_has_words(every: Built, lang: str) -> None:
    details = fates.detail_words(every.tables)
    for day in ("2025-02-28", "2025-03-20", "2025-12-31"):
        for stage in every.told(day).values():
            for part in (*stage.left, *stage.beside):
                told = reason_words(part, details, lang)
                assert part.reason not in told
                assert not part.detail or part.detail not in told
