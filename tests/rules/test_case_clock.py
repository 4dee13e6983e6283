# ruff: noqa: E501  (tables)
"""Every clock and amount of a case, both sides of each day: tables as in law."""

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest
from case_reference import Case, Decision, Payment
from case_rows import built_of
from landed import Tables

from warehouse import sql
from warehouse.case_amounts import compared
from warehouse.cases import Clock, Filter, OfClocks, clocks

# clock | starts | ends | due | state on the day after the due one or the end | rule
CLOCKS = """
limitation | 2024-02-29 | 2026-02-28 | 2026-02-28 | met | C-LIMIT
limitation | 2024-03-01 | 2026-03-02 | 2026-03-01 | late | C-LIMIT
limitation | 2021-07-14 | 2023-07-14 | 2023-07-14 | met | C-LIMIT-OLD
filing | 2025-09-26 | 2025-10-13 | 2025-10-13 | met | filing_sla_workdays
filing | 2025-09-26 | 2025-10-14 | 2025-10-13 | late | filing_sla_workdays
filing | 2026-03-02 | | 2026-03-11 | overdue | filing_sla_workdays
notice | 2026-02-13 | 2026-03-02 | 2026-03-02 | met | notice_sla_workdays
notice | 2026-02-13 | 2026-03-03 | 2026-03-02 | late | notice_sla_workdays
decision | 2026-01-06 | 2026-04-06 | 2026-04-06 | met | C-DECISION
decision | 2026-01-06 | 2026-04-07 | 2026-04-06 | late | C-DECISION
decision | 2021-07-15 | 2021-10-13 | 2021-10-13 | met | C-DECISION
decision | 2021-07-14 | 2021-12-31 | | not_applicable |
hearing_request | 2026-09-17 | | 2026-09-23 | unknown | C-HEAR-ASK
hearing_request | 2026-09-17 | 2026-10-12 | 2026-09-23 | used | C-HEAR-ASK
hearing_request | 2021-07-14 | | 2021-07-17 | unknown | C-HEAR-ASK-OLD
hearing_request | 2021-07-15 | | 2021-07-22 | unknown | C-HEAR-ASK
service | 2026-01-30 | 2026-02-10 | 2026-02-10 | met | C-SERVE
service | 2026-01-30 | 2026-02-11 | 2026-02-10 | late | C-SERVE
service | 2021-07-14 | 2021-07-22 | 2021-07-21 | late | C-SERVE-OLD
service | 2021-07-15 | 2021-07-26 | 2021-07-26 | met | C-SERVE
payment | 2022-06-01 | 2022-06-16 | 2022-06-16 | met | C-PAY
payment | 2022-06-01 | 2022-06-17 | 2022-06-16 | late | C-PAY
payment | 2026-02-03 | 2026-02-24 | 2026-02-24 | met | C-PAY
payment | 2026-02-03 | 2026-02-25 | 2026-02-24 | late | C-PAY
payment | 2026-09-05 | 2026-09-20 | 2026-09-20 | met | C-PAY
payment | 2026-09-05 | 2026-09-21 | 2026-09-20 | late | C-PAY
payment | 2021-07-14 | | 2021-07-29 | overdue | C-PAY-OLD
handover | 2026-04-28 | 2026-05-11 | 2026-05-11 | met | C-HANDOVER
handover | 2026-04-28 | 2026-05-12 | 2026-05-11 | late | C-HANDOVER
reconsideration_request | 2024-01-01 | 2024-03-01 | 2024-03-01 | used | C-REVIEW-ASK
reconsideration_request | 2024-01-01 | | 2024-03-01 | unknown | C-REVIEW-ASK
reconsideration_request | 2023-12-31 | | 2024-02-29 | unknown | C-REVIEW-ASK-OLD
litigation | 2025-08-31 | | 2026-02-28 | unknown | C-SUE
litigation | 2025-03-05 | 2025-09-05 | 2025-09-05 | used | C-SUE
litigation | 2017-07-01 | | 2018-01-01 | unknown | C-SUE
litigation | 2017-06-30 | | 2017-12-30 | unknown | C-SUE-OLD
litigation | 2015-04-30 | | 2015-07-30 | unknown | C-SUE-1989
"""


def rows_of(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


def day_of(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def case_of(number: str, clock: str, start: date, end: date | None) -> Case:
    """A case in which the clock begins and ends on these days, and nothing else is asked."""
    early = start - timedelta(days=1)
    given: dict[str, Any] = {
        "plate": "粤A54321" if clock == "handover" else "湘M54321", "simple": False, "off_site": clock == "notice",
        "violated_on": start, "found_on": start, "filed_on": early, "closed_on": None, "state": "filed",
        "decisions": (), "payments": (), "handed_over_on": None,
    }  # fmt: skip
    steps: list[tuple[date, str]] = []
    if clock == "limitation":
        given |= {"found_on": end}
    elif clock == "filing":
        given |= {"filed_on": end}
    elif clock == "notice":
        steps = [(start, "evidence_review"), *([(end, "notified")] if end else [])]
        given |= {"filed_on": None}
    elif clock == "decision":
        given |= {"filed_on": start, "decisions": (Decision(f"D{number}", 0, end, None),) if end else ()}
    elif clock == "hearing_request":
        steps = [(start, "filed"), (start, "pre_notice"), *([(end, "hearing")] if end else [])]
    elif clock == "service":
        given |= {"decisions": (Decision(f"D{number}", 0, start, end),)}
    elif clock == "payment":
        paid = (Payment(f"D{number}", end, 100_000),) if end else ()
        given |= {"decisions": (Decision(f"D{number}", 100_000, start, start),), "payments": paid}
    elif clock == "handover":
        given |= {"closed_on": start, "handed_over_on": end, "decisions": (Decision(f"D{number}", 0, start, start),)}
    else:
        steps = [(start, "filed"), (start, "pre_notice"), (start, "decided"), *([(end, "appeal")] if end else [])]
        given |= {"decisions": (Decision(f"D{number}", 0, start, start),)}
    numbered = tuple((datetime.combine(day, time(9)), at, state) for at, (day, state) in enumerate(steps, 1))
    return Case(number, steps=numbered, **given)


@pytest.fixture(scope="module")
def built() -> Tables:
    facts = [
        case_of(f"C{at}", clock, date.fromisoformat(start), day_of(end))
        for at, (clock, start, end, *_) in enumerate(rows_of(CLOCKS))
    ]
    return built_of(facts, random.Random(5))


@pytest.mark.parametrize("at", range(len(rows_of(CLOCKS))), ids=[" ".join(row[:3]) for row in rows_of(CLOCKS)])
def test_a_clock_is_due_by_the_rule_of_the_day_it_began(built: Tables, at: int) -> None:
    clock, start, end, due, state, rule_id = rows_of(CLOCKS)[at]
    on = max(day for day in (day_of(end), day_of(due), date.fromisoformat(start)) if day) + timedelta(days=1)
    (found,) = [one for one in clocks(built, on, Filter(case_no=f"C{at}")) if one.clock == clock]
    assert (found.started_on, found.due_on, found.state, found.rule_id or "") == (
        date.fromisoformat(start), day_of(due), state, rule_id,
    )  # fmt: skip
    if due and state != "not_applicable":
        (before,) = [
            one for one in clocks(built, date.fromisoformat(due), Filter(case_no=f"C{at}")) if one.clock == clock
        ]
        assert before.state == (state if state in ("met", "used") and before.ended_on else "running")
        assert before.days_left == (None if before.ended_on else 0)


# ended | asked on | state | days late | why not
STOPPED = """
by a step | 2025-01-08 | running | |
by a step | 2025-01-17 | overdue | 2 |
by a step | 2025-01-19 | overdue | 4 |
by a step | 2025-01-20 | not_applicable | | case_ended
by a step | 2025-01-25 | not_applicable | | case_ended
by the list alone | 2025-01-08 | not_applicable | | case_ended
by the list alone | 2025-01-25 | not_applicable | | case_ended
"""


def test_a_clock_runs_until_the_day_its_case_lost_its_effect_and_not_before_a_day_nobody_tells() -> None:
    """Evidence accepted on Monday 6 January 2025: filing and notice are due on the 15th. Void on the 20th, or by the
    list's word alone."""
    review = (datetime(2025, 1, 6, 9), 1, "evidence_review")
    steps = {"by a step": (review, (datetime(2025, 1, 20, 9), 2, "void")), "by the list alone": (review,)}
    day = date(2025, 1, 6)
    facts = [
        Case(number, "湘M54321", False, True, day, day, None, None, "void", told, (), (), None)
        for number, told in steps.items()
    ]
    source = built_of(facts, random.Random(7))
    for number, asked, state, late, why_not in rows_of(STOPPED):
        of_case = {one.clock: one for one in clocks(source, date.fromisoformat(asked), Filter(case_no=number))}
        for name in ("filing", "notice"):
            found = of_case[name]
            assert found.due_on == date(2025, 1, 15)
            wanted = (state, int(late) if late else None, why_not or None)
            assert (found.state, found.days_late, found.why_not) == wanted, (number, name, asked)


# received | paid | appeal | annulled | enforcement | asked on | state | days late | days left | why not
ENFORCED = """
2025-01-10 | | | | | 2025-07-09 | | | |
2025-01-10 | | | | | 2025-07-10 | running | | 92 |
2025-01-10 | | | | | 2025-10-10 | running | | 0 |
2025-01-10 | | | | | 2025-10-11 | overdue | 1 | |
2025-01-10 | | | | 2025-10-10 | 2025-10-09 | running | | 1 |
2025-01-10 | | | | 2025-10-10 | 2025-10-11 | met | | |
2025-01-10 | | | | 2025-10-11 | 2025-10-12 | late | 1 | |
2025-01-10 | 2025-02-01 | | | | 2025-07-10 | not_applicable | | | paid
2025-01-10 | 2025-07-10 | | | | 2025-07-10 | not_applicable | | | paid
2025-01-10 | 2025-08-01 | | | | 2025-07-31 | running | | 71 |
2025-01-10 | 2025-08-01 | | | | 2025-08-01 | not_applicable | | | paid
2025-01-10 | 2025-11-01 | | | | 2025-10-31 | overdue | 21 | |
2025-01-10 | 2025-11-01 | | | | 2025-11-01 | not_applicable | | | paid
2025-01-10 | 2025-11-01 | | | 2025-10-01 | 2025-12-01 | met | | |
2025-01-10 | 2025-09-01 | | | 2025-10-01 | 2025-12-01 | not_applicable | | | paid
2025-01-10 | | 2025-03-01 | | | 2025-07-10 | not_applicable | | | appealed
2025-01-10 | | 2025-09-01 | | | 2025-08-31 | running | | 40 |
2025-01-10 | | 2025-09-01 | | | 2025-09-01 | not_applicable | | | appealed
2025-01-10 | | 2025-09-01 | | 2025-12-01 | 2025-12-31 | not_applicable | | | appealed
2025-01-10 | | | 2025-08-15 | | 2025-08-14 | running | | 57 |
2025-01-10 | | | 2025-08-15 | | 2025-08-15 | not_applicable | | | case_ended
2025-08-31 | | | | | 2026-05-28 | running | | 0 |
2025-08-31 | | | | | 2026-05-29 | overdue | 1 | |
"""


def enforceable(number: str, row: list[str], fen: int = 500_000) -> Case:
    """A case whose decision was served on a day, and what came of it."""
    received, paid, appeal, annulled, enforced = (day_of(cell) for cell in row[:5])
    assert received
    steps = [(received, "filed"), (received, "pre_notice"), (received, "decided"), (received, "served")]
    steps += sorted(
        (day, state)
        for day, state in ((appeal, "appeal"), (annulled, "revoked_by_review"), (enforced, "enforcement")) if day
    )  # fmt: skip
    return Case(
        number, "湘M54321", False, False, received, received, received, None, "served",
        tuple((datetime.combine(day, time(9)), no, state) for no, (day, state) in enumerate(steps, 1)),
        (Decision(f"D{number}", fen, received, received),),
        (Payment(f"D{number}", paid, fen),) if paid else (), None,
    )  # fmt: skip


def test_a_court_is_asked_for_enforcement_within_three_months_after_the_remedies_lapse() -> None:
    every = rows_of(ENFORCED)
    facts = [enforceable(f"E{at}", row) for at, row in enumerate(every)]
    source = built_of(facts, random.Random(8))
    for at, (*_, asked, state, late, left, why_not) in enumerate(every):
        found = clocks(source, date.fromisoformat(asked), Filter(case_no=f"E{at}"))
        told = [
            (one.state, one.days_late, one.days_left, one.why_not) for one in found if one.clock == "court_enforcement"
        ]
        number = {cell: int(cell) for cell in (late, left) if cell}
        wanted = [(state, number.get(late), number.get(left), why_not or None)] if state else []
        assert told == wanted, every[at]


def test_enforcement_is_asked_for_only_of_a_fine_of_a_case_whose_steps_are_told() -> None:
    row = ["2025-01-10", "", "", "", ""]
    facts = [
        enforceable("FINE", row), enforceable("WARNING", row, fen=0),
        replace(enforceable("LIST", row), steps=()),
        replace(enforceable("PART", row), payments=(Payment("DPART", date(2025, 2, 1), 499_999),)),
        enforceable("OLD", ["2023-12-31", "", "", "", ""]),
    ]  # fmt: skip
    source = built_of(facts, random.Random(9))
    found = {one.case_no: one for one in clocks(source, date(2025, 8, 1)) if one.clock == "court_enforcement"}
    assert {number: one.state for number, one in found.items()} == {
        "FINE": "running", "PART": "running", "OLD": "overdue",
    }  # fmt: skip
    assert {number: (one.rule_id, one.has_verified_rule) for number, one in found.items()} == {
        "FINE": ("C-ENFORCE", True), "PART": ("C-ENFORCE", True), "OLD": ("C-ENFORCE", False),
    }, "of reconsideration before 2024 no text was read"  # fmt: skip
    assert [one.case_no for one in clocks(source, date(2025, 10, 4), which=OfClocks(is_soon=True))] == ["FINE", "PART"]


# received | remedies over | due | rolled | verified: where a bureau lets these clocks move past a day off, as from memory
ROLLED = """
2025-01-10 | 2025-07-10 | 2025-10-10 | false | true
2025-01-12 | 2025-07-14 | 2025-10-14 | false | false
2025-01-02 | 2025-07-02 | 2025-10-09 | true | false
"""


def test_enforcement_begins_and_ends_on_working_days_where_the_parameter_says_so() -> None:
    every = rows_of(ROLLED)
    source = built_of(
        [enforceable(f"R{at}", [row[0], "", "", "", ""]) for at, row in enumerate(every)], random.Random(11)
    )
    source.connection.execute(
        "update seeds.parameter set parameter_text = 'payment,litigation,court_enforcement'"
        " where parameter = 'deadline_roll_clocks'"
    )
    source.connection.execute(f"create or replace table mart.case_clock as {sql.render('mart.case_clock').sql}")
    found = {one.case_no: one for one in clocks(source, date(2025, 12, 1)) if one.clock == "court_enforcement"}
    for at, row in enumerate(every):
        one = found[f"R{at}"]
        told = [one.started_on, one.due_on, str(one.is_rolled).lower(), str(one.has_verified_rule).lower()]
        assert [str(cell) for cell in told] == row[1:], row


# steps after service on 10 January 2025 (a Friday) | the last one's day | refused for
EARLY = """
overdue | 2025-01-10 | payment_due
overdue | 2025-01-25 | payment_due
overdue | 2025-01-26 |
part_paid overdue | 2025-01-25 | payment_due
appeal overdue | 2025-01-25 | payment_due
enforcement | 2025-01-10 | remedies_lapsed
enforcement | 2025-07-10 | remedies_lapsed
enforcement | 2025-07-11 |
overdue enforcement | 2025-07-10 | remedies_lapsed
overdue enforcement | 2025-07-11 |
appeal enforcement | 2025-03-01 |
"""


def test_a_fine_is_not_overdue_before_its_time_is_over_nor_enforced_before_the_remedies_lapse() -> None:
    facts, served = [], date(2025, 1, 10)
    days = {"part_paid": date(2025, 1, 20), "overdue": date(2025, 2, 1), "appeal": date(2025, 1, 21)}
    for at, (states, last, _) in enumerate(rows_of(EARLY)):
        case, names = enforceable(f"T{at}", [str(served), "", "", "", ""]), states.split()
        taken = [*((days[name], name) for name in names[:-1]), (date.fromisoformat(last), names[-1])]
        steps = [(datetime.combine(day, time(10)), 5 + no, state) for no, (day, state) in enumerate(taken)]
        paid = (Payment(f"DT{at}", days["part_paid"], 100),)
        facts.append(replace(case, steps=(*case.steps, *steps), payments=paid))
    source = built_of(facts, random.Random(10))
    found = {
        row["case_no"]: (row["case_state"], row["missing_guards"])
        for row in source.rows("select * from core.case_state order by case_no, step_no")
    }
    for at, (states, _, missing) in enumerate(rows_of(EARLY)):
        assert found[f"T{at}"] == (states.split()[-1], missing or None), rows_of(EARLY)[at]


# fine | received | paid | appeal from | until | asked on | days | surcharge, all in yuan
SURCHARGES = """
5000 | 2022-06-01 | | | | 2022-06-16 | |
5000 | 2022-06-01 | | | | 2022-06-17 | 1 | 150
5000 | 2022-06-01 | | | | 2022-06-20 | 4 | 600
5000 | 2022-06-01 | | | | 2022-07-19 | 33 | 4950
5000 | 2022-06-01 | | | | 2022-07-20 | 34 | 5000
5000 | 2022-06-01 | | | | 2023-07-20 | 399 | 5000
5000 | 2022-06-01 | 2022-06-20 | | | 2023-07-20 | 4 | 600
5000 | 2022-06-01 | | 2022-06-18 | | 2022-07-20 | 1 | 150
5000 | 2022-06-01 | | 2022-06-18 | 2022-06-28 | 2022-06-30 | 4 | 600
5000 | 2022-06-01 | | 2022-06-10 | 2022-06-17 | 2022-06-20 | 4 | 600
0.50 | 2022-06-01 | | | | 2022-06-17 | 1 | 0.02
1.50 | 2022-06-01 | | | | 2022-06-17 | 1 | 0.05
5000 | 2026-02-03 | | | | 2026-02-25 | 1 | 150
5000 | 2021-06-28 | | | | 2021-07-14 | 1 | 150
5000 | 2021-06-29 | | | | 2021-07-15 | 1 | 150
"""


def _fen(yuan: str) -> int:
    return round(float(yuan) * 100)


def test_the_late_surcharge_counts_from_the_day_after_and_pauses_in_an_appeal_and_stops_at_the_principal() -> None:
    facts = []
    for at, (fine, received, paid, start, until, *_) in enumerate(rows_of(SURCHARGES)):
        on = date.fromisoformat(received)
        steps = [(on, "filed"), (on, "pre_notice"), (on, "decided"), (on, "served")]
        steps += [(day, state) for day, state in ((day_of(start), "appeal"), (day_of(until), "amended")) if day]
        facts.append(Case(
            f"S{at}", "湘M54321", False, False, on, on, on, None, "served",
            tuple((datetime.combine(day, time(9)), no, state) for no, (day, state) in enumerate(steps, 1)),
            (Decision(f"D{at}", _fen(fine), on, on),),
            (Payment(f"D{at}", date.fromisoformat(paid), _fen(fine)),) if paid else (), None,
        ))  # fmt: skip
    source = built_of(facts, random.Random(6))
    for at, (*_, asked, days, fee) in enumerate(rows_of(SURCHARGES)):
        every = clocks(source, date.fromisoformat(asked), Filter(case_no=f"S{at}"))
        found: list[Clock] = [one for one in every if one.clock == "late_surcharge"]
        if not fee:
            assert found == [], at
        else:
            assert [(one.days_late, one.surcharge_fen) for one in found] == [(int(days), _fen(fee))], at


# kind | act | trade | act on | decided | kg over | height mm | gain | decided yuan | verdict | reason | low | high
AMOUNTS = """
over_limit | over_mass | | 2026-03-01 | 2026-03-20 | 1000 | | | 0 | within | warning | 0 | 0
over_limit | over_mass | | 2026-03-01 | 2026-03-20 | 1000 | | | 1 | above | more_than_allowed | 0 | 0
over_limit | over_mass | | 2026-03-01 | 2026-03-20 | 1001 | | | 500 | within | in_range | 500 | 500
over_limit | over_mass | | 2026-03-01 | 2026-03-20 | 1001 | | | 499.99 | below | reduced | 500 | 500
over_limit | over_mass | | 2026-03-01 | 2026-03-20 | 1999 | | | 500.01 | above | more_than_allowed | 500 | 500
over_limit | over_mass | | 2026-03-01 | 2026-03-20 | 10000 | | | 0 | below | warning_instead | 5000 | 5000
over_limit | over_mass | | 2026-03-01 | 2026-03-20 | 75000 | | | 30000 | within | in_range | 30000 | 30000
over_limit | over_mass | | 2016-09-20 | 2016-09-20 | 10000 | | | 30000 | within | in_range | 0 | 30000
over_limit | over_dimension | | 2026-03-01 | 2026-03-20 | | 4200 | | 200 | within | in_range | 0 | 200
over_limit | over_dimension | | 2026-03-01 | 2026-03-20 | | 4201 | | 199 | below | reduced | 200 | 1000
over_limit | over_mass_and_dimension | | 2026-03-01 | 2026-03-20 | 2500 | 4501 | | 4000 | within | in_range | 2000 | 4000
over_limit | over_mass | | 2026-03-01 | 2026-03-20 | 2500 | 4501 | | 1000 | within | in_range | 1000 | 1000
over_limit | evading_weighing | | 2026-03-01 | 2026-03-20 | 2500 | | | 1000 | within | in_range | 0 | 30000
over_limit | evading_weighing | | 2026-03-01 | 2026-03-20 | | | | 30000.01 | above | more_than_allowed | 0 | 30000
over_limit | evading_weighing | | 2011-06-30 | 2011-06-30 | | | | 1000 | unexplained | no_rule | |
over_limit | ordering_overload | | 2026-03-01 | 2026-03-20 | | | | 30000 | within | in_range | 0 | 30000
over_limit | permit_misuse | | 2026-03-01 | 2026-03-20 | | | | 500 | within | sentence_unknown | 0 | 30000
over_limit | permit_misuse | | 2026-03-01 | 2026-03-20 | | | | 30001 | above | more_than_allowed | 0 | 30000
over_limit | loading_overload | | 2026-03-01 | 2026-03-20 | 2500 | | | 10000 | unexplained | act_not_computed | |
over_limit | over_mass | | 2026-03-02 | 2026-03-01 | 2500 | | | 1000 | unexplained | days_exchanged | |
illegal_operation | illegal_operation | freight | 2023-07-19 | 2023-07-19 | | | | 30000 | within | in_range | 30000 | 100000
illegal_operation | illegal_operation | freight | 2023-07-19 | 2023-07-20 | | | | 30000 | within | seriousness_unknown | 3000 | 50000
illegal_operation | illegal_operation | freight | 2023-07-20 | 2023-07-20 | | | | 50000.01 | above | more_than_allowed | 3000 | 50000
illegal_operation | illegal_operation | freight | 2023-07-20 | 2023-07-20 | | | 10000 | 2999 | below | reduced | 3000 | 50000
illegal_operation | illegal_operation | freight | 2023-07-20 | 2023-07-20 | | | 10000.01 | 60000 | within | in_range | 10000.01 | 50000.05
illegal_operation | illegal_operation | passenger | 2023-07-20 | 2023-07-20 | | | | 10000 | within | in_range | 10000 | 100000
illegal_operation | illegal_operation | ride_hailing | 2022-11-30 | 2022-12-20 | | | | 10000 | within | in_range | 3000 | 10000
illegal_operation | illegal_operation | ride_hailing | 2022-11-29 | 2022-11-29 | | | | 10000 | unexplained | no_rule | |
"""


DECISIONS = """
create table core.case_decision (
    case_kind varchar, case_no varchar, decision_no varchar, subject_kind varchar, statutory_fen bigint,
    decided_fen bigint, decided_on date, is_in_effect boolean, effect_ended_on date, served_on date,
    paid_in_full_on date
);
create schema staging;
create table staging.penalty_payment (decision_no varchar, paid_on date, paid_fen bigint, surcharge_fen bigint);
"""


def test_the_amount_decided_is_held_against_the_range_of_the_day() -> None:
    connection = duckdb.connect()
    sql.load_seeds(connection)
    lives, measures = [], []
    for at, (kind, act, trade, acted, decided, over, height, gain, yuan, *_) in enumerate(rows_of(AMOUNTS)):
        lives.append({
            "case_kind": kind, "case_no": f"A{at:02d}", "county_code": "431103", "act_code": act, "sector": trade or None,
            "violated_on": day_of(acted) if kind == "over_limit" else None, "found_on": day_of(acted),
            "decided_on": day_of(decided), "decided_fen": _fen(yuan),
            "gain_fen": _fen(gain) if gain else None,
        })  # fmt: skip
        if kind == "over_limit":
            measures.append({
                "case_no": f"A{at:02d}", "passage_record_id": f"p{at}", "excess_kg": int(over) if over else None,
                "is_permitted": False, "height_mm": int(height) if height else None, "width_mm": None,
                "length_mm": None, "excess_after_allowance_kg": None,
            })  # fmt: skip
    connection.execute("create schema core")
    for name, rows, types in (
        ("case_life", lives, {"violated_on": "date", "found_on": "date", "decided_on": "date", "gain_fen": "bigint"}),
        ("case_measure", measures, {"width_mm": "integer", "length_mm": "integer", "height_mm": "integer",
                                    "excess_kg": "integer", "excess_after_allowance_kg": "integer"}),
    ):  # fmt: skip
        connection.register("told", pd.DataFrame(rows).astype(object))
        casts = ", ".join(f"cast({c} as {types[c]}) as {c}" if c in types else c for c in rows[0])
        connection.execute(f"create table core.{name} as select {casts} from told")
        connection.unregister("told")
    connection.execute(DECISIONS)
    found = {one.case_no: one for one in compared(Tables(connection), date(2026, 12, 31))}
    assert len(found) == len(lives)
    for at, (*_, verdict, reason, low, high) in enumerate(rows_of(AMOUNTS)):
        one = found[f"A{at:02d}"]
        wanted = (verdict, reason, _fen(low) if low else None, _fen(high) if high else None)
        assert (one.verdict, one.reason, one.low_fen, one.high_fen) == wanted, rows_of(AMOUNTS)[at]


# kind, or the act | trade | kg over | less allowance | gain | subjects and yuan each | verdict | reason | low | high
HELD = """
over_limit | | 10000 | | | vehicle 5000, driver 1000 | unexplained | several_subjects | |
over_limit | | 10000 | | | vehicle 3000, vehicle 2000 | within | in_range | 5000 | 5000
over_limit | | 10000 | | | source 10000 | unexplained | other_article | |
ordering_overload | | | | | source 10000 | within | in_range | 0 | 30000
ordering_overload | | | | | source 10000, driver 1000 | unexplained | several_subjects | |
loading_overload | | | | | source 10000 | unexplained | act_not_computed | |
over_limit | | 10000 | 8700 | | vehicle 4000 | within | in_range | 4000 | 5000
over_limit | | 10000 | 8700 | | vehicle 3999 | below | reduced | 4000 | 5000
over_limit | | 2000 | 900 | | vehicle 0 | within | in_range | 0 | 1000
over_limit | | 900 | 0 | | vehicle 0 | within | in_range | 0 | 0
illegal_operation | freight | | | 5000 | vehicle 50000 | within | seriousness_unknown | 3000 | 50000
illegal_operation | freight | | | 5000 | vehicle 55000 | above | more_than_allowed | 3000 | 50000
illegal_operation | ride_hailing | | | | driver 2000 | within | in_range | 200 | 2000
illegal_operation | ride_hailing | | | | enterprise 30000 | within | in_range | 10000 | 30000
"""


def test_a_decision_is_held_against_the_article_of_its_subject_and_the_facts_that_are_open() -> None:
    connection, day = duckdb.connect(), date(2026, 3, 1)
    sql.load_seeds(connection)
    connection.execute("create schema core")
    connection.execute(DECISIONS)
    connection.execute(
        "create table core.case_life (case_kind varchar, case_no varchar, county_code varchar, act_code varchar,"
        " sector varchar, violated_on date, found_on date, decided_on date, decided_fen bigint, gain_fen bigint)"
    )
    connection.execute(
        "create table core.case_measure (case_no varchar, passage_record_id varchar, excess_kg integer,"
        " excess_after_allowance_kg integer, is_permitted boolean, height_mm integer, width_mm integer,"
        " length_mm integer)"
    )
    for at, (kind, trade, over, after, gain, fines, *_) in enumerate(rows_of(HELD)):
        act = "over_mass" if kind == "over_limit" else kind
        kind = kind if kind == "illegal_operation" else "over_limit"
        connection.execute(
            "insert into core.case_life values (?, ?, '431103', ?, ?, ?, ?, ?, null, ?)",
            [kind, f"H{at:02d}", act, trade or None, None if kind == act else day, day, day,
             _fen(gain) if gain else None],
        )  # fmt: skip
        if over:
            connection.execute(
                "insert into core.case_measure values (?, 'p', ?, ?, false, null, null, null)",
                [f"H{at:02d}", int(over), int(after) if after else None],
            )
        for fine in fines.split(", "):
            subject, yuan = fine.split()
            connection.execute(
                "insert into core.case_decision values (?, ?, ?, ?, 0, ?, ?, true, null, null, null)",
                [kind, f"H{at:02d}", f"D{at}{fine}", subject, _fen(yuan), day],
            )
    found = {one.case_no: one for one in compared(Tables(connection), day)}
    for at, (kind, *_, verdict, reason, low, high) in enumerate(rows_of(HELD)):
        one = found[f"H{at:02d}"]
        wanted = (verdict, reason, _fen(low) if low else None, _fen(high) if high else None)
        assert (one.verdict, one.reason, one.low_fen, one.high_fen) == wanted, rows_of(HELD)[at]
        assert not (one.is_verified and kind == "illegal_operation"), "the day of the act is not told"
