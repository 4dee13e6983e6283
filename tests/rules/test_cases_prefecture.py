"""Every case and clock of a prefecture's year, and of many more that went wrong, told twice: by the models and by plain
Python.

First the truth beside the deliveries: dates that were corrected, lists that came twice, money that came late. Then the
same cases with steps left out, exchanged and added: appeals, annulments, decisions made anew or against several
subjects, instalments, reversals, filings on both sides of 2021-07-15; their rows arrive in any order.
"""

import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import case_reference as reference
import case_truth
import duckdb
import landed
import pytest
from case_reference import Case, Decision, Payment
from case_rows import MODELS, built_of
from landed import Tables

from etl.demo.generate import topics
from etl.demo.world import SCALES, Delivery
from etl.demo.world import World as Prefecture
from etl.feeds import raw_tables
from warehouse import sql
from warehouse.cases import cases, clocks

YEAR = (date(2025, 1, 1), date(2025, 12, 31))
DAYS = (date(2025, 3, 31), date(2025, 10, 8), date(2025, 12, 31))
LATER = (*DAYS, date(2026, 9, 30))
"""With a day on which the time to ask a court for enforcement has passed."""
SHIFT = (date(2025, 5, 15) - date(2021, 7, 15)).days
"""So many days earlier the year lies on both sides of the new procedure, and its late surcharges too."""


@pytest.fixture(scope="module")
def prefecture() -> Prefecture:
    return Prefecture(20261122, SCALES["tiny"], *YEAR, nights=0, traffic=0.3)


@pytest.fixture(scope="module")
def truth(prefecture: Prefecture) -> list[Case]:
    return list(case_truth.facts(prefecture))


@pytest.fixture(scope="module")
def delivered(prefecture: Prefecture) -> Tables:
    """The prefecture's deliveries, with their corrections and repeats."""
    connection = duckdb.connect()
    deliveries: dict[str, list[Delivery]] = defaultdict(list)
    needed = {table.removeprefix("raw.") for name in sql.in_order(MODELS) for table in sql.render(name).reads}
    for topic in ("cases", "illegal"):
        for delivery in topics()[topic].deliveries(prefecture):
            if delivery.feed in needed:
                deliveries[delivery.feed].append(delivery)
    for raw in raw_tables():
        if raw.name in deliveries:
            landed.without_bytes(connection, raw, deliveries[raw.name])
    sql.run_models(connection, raw_tables(), names=MODELS)
    return Tables(connection)


# --- both tellings -----------------------------------------------------------------------------------------------
def told_cases(source: Tables, day: date) -> dict[str, tuple[Any, ...]]:
    return {
        one.case_no: (
            one.case_state, one.state_since, one.refused_count, one.statutory_fen, one.decided_fen, one.collected_fen,
        )
        for one in cases(source, day)
        if one.case_kind == "over_limit"
    }  # fmt: skip


def plain_cases(facts: list[Case], day: date) -> dict[str, tuple[Any, ...]]:
    return {
        case.number: (*reference.state_on(case, day), *reference.amounts_on(case, day))
        for case in facts
        if case.found_on <= day
    }


def told_clocks(source: Tables, day: date) -> dict[tuple[str, str | None, str], reference.Clock]:
    return {
        (one.case_no, one.decision_no, one.clock): reference.Clock(
            one.started_on, one.due_on, one.ended_on, one.state, one.days_late, one.days_left, one.surcharge_fen
        )
        for one in clocks(source, day)
        if one.case_kind == "over_limit"
    }


def plain_clocks(facts: list[Case], day: date) -> dict[tuple[str, str | None, str], reference.Clock]:
    return {(case.number, *key): clock for case in facts for key, clock in reference.clocks_on(case, day).items()}


def differences(told: dict[Any, Any], plain: dict[Any, Any]) -> list[Any]:
    return [
        (key, told.get(key), plain.get(key))
        for key in sorted(told.keys() | plain.keys(), key=str)
        if told.get(key) != plain.get(key)
    ]


@pytest.mark.parametrize("day", LATER)
def test_the_truth_and_the_deliveries_tell_the_same_cases_and_clocks(
    delivered: Tables, truth: list[Case], day: date
) -> None:
    assert differences(told_cases(delivered, day), plain_cases(truth, day)) == []
    assert differences(told_clocks(delivered, day), plain_clocks(truth, day)) == []


def test_the_year_has_every_kind_of_clock_and_end(delivered: Tables) -> None:
    seen = Counter((one.clock, one.state) for one in clocks(delivered, DAYS[-1]))
    assert {
        ("decision", "late"), ("decision", "met"), ("decision", "running"), ("filing", "late"), ("filing", "met"),
        ("notice", "met"), ("service", "late"), ("service", "met"), ("service", "overdue"), ("payment", "late"),
        ("payment", "met"), ("payment", "overdue"), ("payment", "running"), ("late_surcharge", "late"),
        ("late_surcharge", "overdue"), ("handover", "late"), ("handover", "met"), ("handover", "overdue"),
        ("hearing_request", "used"), ("hearing_request", "unknown"), ("limitation", "met"),
        ("reconsideration_request", "running"), ("reconsideration_request", "unknown"), ("litigation", "running"),
        ("litigation", "unknown"), ("court_enforcement", "running"), ("court_enforcement", "not_applicable"),
    } <= set(seen)  # fmt: skip
    assert any(one.is_rolled for one in clocks(delivered, DAYS[-1]))


def test_illegal_operation_cases_have_the_clocks_of_their_lists(delivered: Tables) -> None:
    found = [one for one in clocks(delivered, DAYS[-1]) if one.case_kind == "illegal_operation"]
    assert {one.clock for one in found} == {"filing", "decision"}
    listed = delivered.connection.execute(
        "select count(*), count(filed_on) from staging.illegal_operation_case"
    ).fetchall()
    assert [(sum(one.clock == name for one in found)) for name in ("filing", "decision")] == list(listed[0])


# --- cases that went wrong -----------------------------------------------------------------------------------------
def shifted(case: Case, days: int) -> Case:
    by = timedelta(days=days)

    def on(day: date | None) -> date | None:
        return day + by if day else None

    return replace(
        case, violated_on=case.violated_on + by, found_on=case.found_on + by, filed_on=on(case.filed_on),
        closed_on=on(case.closed_on), handed_over_on=on(case.handed_over_on),
        steps=tuple((at + by, number, state) for at, number, state in case.steps),
        decisions=tuple(
            replace(one, decided_on=one.decided_on + by, served_on=on(one.served_on)) for one in case.decisions
        ),
        payments=tuple(replace(one, on=one.on + by) for one in case.payments),
    )  # fmt: skip


def _with_step(case: Case, state: str, at: datetime) -> Case:
    number = max((number for _, number, _ in case.steps), default=0) + 1
    return replace(case, steps=(*case.steps, (at, number, state)))


def spoiled(case: Case, rng: random.Random) -> Case:
    """The case with one to three things that happen to cases."""
    for _ in range(rng.randint(1, 3)):
        last = max(at for at, _, _ in case.steps) if case.steps else datetime.combine(case.found_on, time(9))
        first = min(at for at, _, _ in case.steps) if case.steps else last
        some = first + (last - first) * rng.random()
        some = some.replace(microsecond=0)
        kind = rng.choice(
            (
                "lost",
                "appeal",
                "annulled",
                "anew",
                "second",
                "instalments",
                "reversed",
                "void",
                "again",
                "none",
                "court",
            )
        )
        if kind == "lost" and case.steps:
            gone = rng.randrange(len(case.steps))
            case = replace(case, steps=case.steps[:gone] + case.steps[gone + 1 :])
        elif kind in ("appeal", "annulled", "void"):
            state = {"appeal": "appeal", "annulled": "revoked_by_review", "void": "void"}[kind]
            case = _with_step(case, state, rng.choice((some, last + timedelta(days=rng.randint(0, 40)))))
        elif kind == "court":
            case = _with_step(case, "enforcement", last + timedelta(days=rng.choice((9, 170, 185, 200, 230, 330))))
        elif kind == "anew" and case.decisions:
            at, later = last + timedelta(days=3), timedelta(days=rng.choice((0, 9)))
            case = _with_step(_with_step(case, "revoked_by_review", at), "decided", at + later)
            new = (at + later).date()
            case = replace(case, decisions=(*case.decisions, Decision(
                f"{case.decisions[0].number}再{len(case.decisions)}", rng.choice((0, 30_000)), new,
                rng.choice((None, new + timedelta(days=rng.randint(0, 15)))), rng.random() < 0.8, 90_000,
            )))  # fmt: skip
        elif kind == "second" and case.decisions:
            on = case.decisions[0].decided_on + timedelta(days=rng.randint(-5, 5))
            served = on + timedelta(days=rng.randint(0, 12))
            number = f"{case.decisions[0].number}二{len(case.decisions)}"
            second = Decision(number, 50_050, on, served, True, 100_000)
            paid = Payment(number, served + timedelta(days=rng.randint(0, 60)), rng.choice((50_050, 20_000)))
            case = replace(case, decisions=(*case.decisions, second), payments=(*case.payments, paid))
        elif kind == "instalments" and case.payments:
            one = case.payments[0]
            part = one.fen // 3
            rest = replace(one, fen=one.fen - part, on=one.on + timedelta(days=rng.randint(1, 60)))
            case = replace(case, payments=(replace(one, fen=part), rest, *case.payments[1:]))
        elif kind == "reversed" and case.payments:
            one = case.payments[-1]
            back = replace(one, fen=-one.fen, on=one.on + timedelta(days=rng.randint(0, 5)))
            case = replace(case, payments=(*case.payments, back))
        elif kind == "again" and case.steps:
            _, _, state = rng.choice(case.steps)
            case = _with_step(case, state, some)
        elif kind == "none":
            case = replace(case, steps=())
    return case


@pytest.mark.parametrize("seed", range(4))
def test_cases_that_went_wrong_are_told_the_same(truth: list[Case], seed: int) -> None:
    rng = random.Random(seed)
    days = -SHIFT if seed % 2 else 0
    facts = [shifted(spoiled(case, rng), days) for case in truth]
    source = built_of(facts, rng)
    seen = set[tuple[str, str]]()
    for day in LATER:
        on = day + timedelta(days=days + 40)
        assert differences(told_cases(source, on), plain_cases(facts, on))[:3] == []
        plain = plain_clocks(facts, on)
        assert differences(told_clocks(source, on), plain)[:3] == []
        seen |= {(name, clock.state) for (_, _, name), clock in plain.items()}
    states = ("running", "overdue", "met", "late", "not_applicable")
    assert {("court_enforcement", state) for state in states} <= seen
    refused = Counter(step.refused for case in facts for step in reference.walk(case))
    assert refused["R-STEP"] > 20
    assert refused["R-GUARD"] > 20


def test_the_order_of_arrival_tells_nothing(truth: list[Case]) -> None:
    rng = random.Random(9)
    facts = [spoiled(case, rng) for case in truth]
    one, other = built_of(facts, random.Random(1)), built_of(facts, random.Random(2))
    for day in DAYS:
        assert told_cases(one, day) == told_cases(other, day)
        assert told_clocks(one, day) == told_clocks(other, day)


def test_the_steps_a_case_may_take_are_those_of_the_seed() -> None:
    connection = duckdb.connect()
    sql.load_seeds(connection, ["seeds.case_transition"])
    for simple in (False, True):
        procedure = "simple" if simple else "ordinary"
        rows = connection.execute(
            "select from_state, to_state from seeds.case_transition where coalesce(procedure, $it) = $it",
            {"it": procedure},
        ).fetchall()
        assert len(rows) == len(set(rows))
        states = {state for row in rows for state in row}
        assert {(one, to) for one in states for to in reference._allowed(one, simple)} == set(rows)
