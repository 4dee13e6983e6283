"""A past day is told with what had happened by then: states, open cases, amounts and clocks."""

import random
from datetime import date, datetime
from typing import Any

import pytest
from case_reference import Case, Decision, Payment
from case_rows import built_of
from landed import Tables

from warehouse.cases import Case as Told
from warehouse.cases import Clock, Filter, OfCases, cases, clocks, months, open_counts

STEPS = [("2025-01-05", "clue"), ("2025-01-10", "filed"), ("2025-01-15", "investigating"), ("2025-02-01", "pre_notice"),
         ("2025-03-01", "decided"), ("2025-03-03", "served")]  # fmt: skip
FINE = Decision("D1", 500_000, date(2025, 3, 1), date(2025, 3, 3), True, 600_000)


def case_of(number: str, steps: list[tuple[str, str]], **told: Any) -> Case:
    given: dict[str, Any] = {
        "plate": "湘M54321", "simple": False, "off_site": False, "violated_on": date(2025, 1, 5),
        "found_on": date(2025, 1, 5), "filed_on": date(2025, 1, 10), "closed_on": None, "state": "closed",
        "decisions": (), "payments": (), "handed_over_on": None,
    }  # fmt: skip
    numbered = tuple((datetime.fromisoformat(f"{day} 09:00"), at, state) for at, (day, state) in enumerate(steps, 1))
    return Case(number, steps=numbered, **(given | told))


@pytest.fixture(scope="module")
def built() -> Tables:
    facts = [
        case_of("LIST", [], closed_on=date(2025, 6, 1)),
        case_of("ANNULLED", [*STEPS, ("2025-06-01", "revoked_by_review")], decisions=(FINE,)),
        case_of("REFUSED", [*STEPS, ("2025-05-01", "closed")], closed_on=date(2025, 5, 1),
                decisions=(Decision("D2", 500_000, date(2025, 3, 1), date(2025, 3, 3), True, 600_000),),
                payments=(Payment("D2", date(2025, 4, 1), 100_000),)),
        case_of("APPEAL", [*STEPS, ("2025-03-20", "appeal"), ("2025-03-25", "overdue"), ("2025-03-30", "appeal"),
                           ("2025-04-01", "part_paid"), ("2025-04-11", "amended")],
                decisions=(Decision("D4", 500_000, date(2025, 3, 1), date(2025, 3, 3), True, 600_000),),
                payments=(Payment("D4", date(2025, 4, 1), 100_000),)),
        case_of("UNTOLD", [("2025-01-06", "evidence_review"), ("2025-02-01", "notified")], off_site=True,
                filed_on=None, decisions=(Decision("D5", 0, date(2025, 1, 8), None),)),
        case_of("AWAY", STEPS, plate="粤A54321", closed_on=date(2025, 3, 10), decisions=(
            Decision("D6", 0, date(2025, 3, 1), date(2025, 3, 3)),)),
        case_of("TWO", STEPS, decisions=(
            Decision("D7", 500_000, date(2025, 3, 1), date(2025, 3, 3)),
            Decision("D8", 100_000, date(2025, 3, 1), date(2025, 3, 20)))),
        case_of("UNNOTICED", [
            ("2025-01-05", "clue"), ("2025-01-06", "evidence_review"), ("2025-01-07", "notified"),
            ("2025-01-08", "void"), ("2025-01-20", "pre_notice"), ("2025-02-01", "closed"),
            ("2025-02-05", "revoked_by_review"), ("2025-02-10", "decided"),
        ], decisions=(Decision("D9", 0, date(2025, 2, 10), None),)),
    ]  # fmt: skip
    return built_of(facts, random.Random(1))


def told(built: Tables, number: str, day: str) -> Told:
    (found,) = cases(built, date.fromisoformat(day), Filter(case_no=number))
    return found


def clock(built: Tables, number: str, name: str, day: str) -> Clock:
    (found,) = [one for one in clocks(built, date.fromisoformat(day), Filter(case_no=number)) if one.clock == name]
    return found


@pytest.mark.parametrize(
    ("day", "state", "is_open"),
    [("2025-01-10", "filed", True), ("2025-05-31", "filed", True), ("2025-06-01", "closed", False)],
)  # fmt: skip
def test_a_list_tells_its_last_state_only_from_the_day_of_it(
    built: Tables, day: str, state: str, is_open: bool
) -> None:
    found = told(built, "LIST", day)
    assert (found.case_state, found.age_days is not None, found.is_state_reported) == (state, is_open, True)
    on = date.fromisoformat(day)
    assert sum(one.case_count for one in open_counts(built, on, Filter(case_no="LIST"))) == is_open


@pytest.mark.parametrize("number", ["LIST", "ANNULLED"])
def test_a_case_is_open_from_the_day_it_was_found_and_ages_anew_from_its_filing(built: Tables, number: str) -> None:
    """Found on 5 January and filed on the 10th: a day between knows of no filing to come."""
    assert cases(built, date(2025, 1, 4), Filter(case_no=number)) == []
    for day, state, filed_on, age_days in (
        ("2025-01-05", "clue", None, 0), ("2025-01-09", "clue", None, 4), ("2025-01-10", "filed", date(2025, 1, 10), 0),
    ):  # fmt: skip
        found = told(built, number, day)
        assert (found.case_state, found.filed_on, found.age_days) == (state, filed_on, age_days), day
        counts = open_counts(built, date.fromisoformat(day), Filter(case_no=number))
        assert [(one.case_state, one.case_count) for one in counts] == [(state, 1)]


def test_a_fine_counts_until_it_is_annulled(built: Tables) -> None:
    before, after = told(built, "ANNULLED", "2025-05-31"), told(built, "ANNULLED", "2025-06-01")
    assert (before.statutory_fen, before.decided_fen, before.served_on) == (600_000, 500_000, date(2025, 3, 3))
    assert (after.statutory_fen, after.decided_fen, after.served_on) == (None, None, None)
    assert clock(built, "ANNULLED", "payment", "2025-05-31").state == "overdue"
    fee = clock(built, "ANNULLED", "late_surcharge", "2025-05-31")
    # Due on Tuesday 18 March: 74 days, more than the principal at 3 % a day.
    assert (fee.days_late, fee.surcharge_fen) == (74, 500_000)
    for name in ("payment", "late_surcharge"):
        gone = clock(built, "ANNULLED", name, "2025-06-01")
        assert (gone.state, gone.why_not, gone.days_late, gone.surcharge_fen) == (
            "not_applicable", "case_ended", None, None,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "served_on"),
    [("2025-03-02", None), ("2025-03-03", "2025-03-03"), ("2025-03-19", "2025-03-03"), ("2025-03-20", "2025-03-20")],
)
def test_a_service_that_is_still_to_come_does_not_hide_one_that_was_made(
    built: Tables, day: str, served_on: str | None
) -> None:
    """Two parties of one case, served on different days."""
    assert told(built, "TWO", day).served_on == (date.fromisoformat(served_on) if served_on else None)


def test_a_penalty_notice_that_was_refused_is_no_notice(built: Tables) -> None:
    """The notice came when the case was void; the decision that needs one is refused as well."""
    found = told(built, "UNNOTICED", "2025-02-28")
    assert (found.case_state, found.refused_count) == ("revoked_by_review", 2)
    refused = built.rows(
        "select case_state, refusal_reason, missing_guards from core.case_state"
        " where case_no = 'UNNOTICED' and not is_accepted order by step_no"
    )
    assert [tuple(row.values()) for row in refused] == [
        ("pre_notice", "R-STEP", None), ("decided", "R-GUARD", "pre_notice"),
    ]  # fmt: skip


def test_a_case_whose_closing_was_refused_is_open_and_says_that_its_list_has_it_closed(built: Tables) -> None:
    found = told(built, "REFUSED", "2025-05-02")
    assert (found.case_state, found.refused_count, found.closed_on) == ("served", 1, date(2025, 5, 1))
    assert found.age_days == (date(2025, 5, 2) - date(2025, 1, 10)).days
    assert found.is_closed_on_list_only
    assert not told(built, "REFUSED", "2025-04-30").is_closed_on_list_only
    assert sum(one.case_count for one in open_counts(built, date(2025, 5, 2), Filter(case_no="REFUSED"))) == 1


def test_months_count_the_rows_they_open(built: Tables) -> None:
    for day in (date(2025, 5, 31), date(2025, 6, 30)):
        for month, of_month in months(built, date(2025, 1, 1), day).items():
            for series, count in of_month.items():
                assert len(cases(built, day, which=OfCases(series=series, month=month))) == count


def test_only_what_tells_the_outcome_of_an_appeal_ends_its_pause(built: Tables) -> None:
    # Due on 18 March: 19 March counts, the appeals stand from the 20th, and the surcharge runs again on 11 April.
    for day, days in (("2025-03-19", 1), ("2025-03-25", 1), ("2025-04-10", 1), ("2025-04-12", 3)):
        assert clock(built, "APPEAL", "late_surcharge", day).days_late == days, day


def test_a_decision_is_neither_a_filing_nor_a_notice(built: Tables) -> None:
    for name in ("filing", "notice"):
        assert clock(built, "UNTOLD", name, "2025-01-07").state == "running"
        found = clock(built, "UNTOLD", name, "2025-03-01")
        assert (found.state, found.ended_on, found.days_late) == ("omitted", date(2025, 1, 8), None), name
    assert clock(built, "LIST", "filing", "2025-03-01").state == "met"


def test_what_rests_on_facts_nobody_read_is_unverified(built: Tables) -> None:
    """The signs of the prefecture's plates are from memory, and from which amount a hearing is owed is not loaded."""
    for name in ("handover", "hearing_request"):
        assert not clock(built, "AWAY", name, "2025-03-20").has_verified_rule
    assert clock(built, "AWAY", "service", "2025-03-20").has_verified_rule
