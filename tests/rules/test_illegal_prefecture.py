"""Every case of illegal operation of a prefecture's year, and of many more around the days and amounts at which the
articles turn, told twice: by the models and the rulebook, and by plain Python (``illegal_reference``)."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import duckdb
import illegal_reference as reference
import landed
import numpy as np
import pandas as pd
import pytest
from case_reference import Clock, Decision
from illegal_reference import Held, Listed
from landed import Tables

from etl.demo import illegal
from etl.demo.world import SCALES, Delivery, World
from etl.feeds import raw_tables
from warehouse import sql
from warehouse.case_amounts import compared
from warehouse.cases import Filter, cases, clocks

YEAR = (date(2025, 1, 1), date(2025, 12, 31))
DAYS = (date(2025, 3, 31), date(2025, 10, 8), date(2025, 12, 31))
MODELS = ("core.case_pause", "core.case_life", "core.case_measure", "mart.case_clock")
KIND = Filter(kind="illegal_operation")


@pytest.fixture(scope="module")
def prefecture() -> World:
    return World(20261122, SCALES["city"], *YEAR, nights=0, traffic=0.3)


@pytest.fixture(scope="module")
def truth(prefecture: World) -> list[Listed]:
    """What the generator knows, up to the last day."""
    told, last = illegal.truth(prefecture)["illegal_operation"].to_pylist(), prefecture.last_day

    def known(day: Any) -> date | None:
        return None if day is None or np.isnat(np.datetime64(day)) or day > last else day

    found = []
    for row in told:
        filed, decided, closed = (known(row[name]) for name in ("filed_on", "decided_on", "closed_on"))
        state = "closed" if closed else "decided" if decided else "filed" if filed else "clue"
        found.append(Listed(
            row["case_no"], row["sector"], row["found_on"], filed, decided, closed, state, row["gain_yuan"] * 100,
            row["decided_yuan"] * 100 if decided else None,
        ))  # fmt: skip
    return found


@pytest.fixture(scope="module")
def delivered(prefecture: World) -> Tables:
    """The counties' workbooks: whole lists, sent again and again, one of which loses a row."""
    connection = duckdb.connect()
    deliveries: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in illegal.deliveries(prefecture):
        if delivery.feed == "illegal_operation_case":
            deliveries[delivery.feed].append(delivery)
    for raw in raw_tables():
        if raw.name in deliveries:
            landed.without_bytes(connection, raw, deliveries[raw.name])
    sql.run_models(connection, raw_tables(), names=MODELS)
    return Tables(connection)


# --- both tellings ---------------------------------------------------------------------------------------------------
Told = dict[Any, Any]


def told_states(source: Tables, day: date) -> Told:
    return {
        one.case_no: (one.case_state, one.statutory_fen, one.decided_fen, one.collected_fen)
        for one in cases(source, day, KIND)
    }


def told_clocks(source: Tables, day: date) -> Told:
    return {
        (one.case_no, one.decision_no, one.clock): Clock(
            one.started_on, one.due_on, one.ended_on, one.state, one.days_late, one.days_left, one.surcharge_fen
        )
        for one in clocks(source, day, KIND)
    }


def told_amounts(source: Tables, day: date) -> Told:
    return {
        one.case_no: Held(one.low_fen, one.high_fen, one.confiscated_fen, one.verdict, one.reason)
        for one in compared(source, day, KIND)
    }


def plain(facts: Iterable[Listed], day: date) -> tuple[Told, Told, Told]:
    known = [case for case in facts if case.found_on <= day]
    held = {case.number: reference.held_against(case, day) for case in known}
    return (
        {case.number: reference.state_on(case, day) for case in known},
        {(case.number, *key): clock for case in known for key, clock in reference.clocks_on(case, day).items()},
        {number: one for number, one in held.items() if one},
    )


def differences(told: Told, wanted: Told) -> list[Any]:
    return [
        (key, told.get(key), wanted.get(key))
        for key in sorted(told.keys() | wanted.keys(), key=str)
        if told.get(key) != wanted.get(key)
    ][:3]


def agree(source: Tables, facts: list[Listed], day: date) -> None:
    states, running, amounts = plain(facts, day)
    assert differences(told_states(source, day), states) == []
    assert differences(told_clocks(source, day), running) == []
    assert differences(told_amounts(source, day), amounts) == []


@pytest.mark.parametrize("day", DAYS)
def test_the_truth_and_the_lists_tell_the_same_cases_clocks_and_amounts(
    delivered: Tables, truth: list[Listed], day: date
) -> None:
    agree(delivered, truth, day)


def test_the_year_has_every_trade_and_what_there_is_to_judge(delivered: Tables, truth: list[Listed]) -> None:
    assert {case.sector for case in truth} >= {"taxi", "ride_hailing", "freight", "passenger"}
    assert len(truth) > 1_000
    verdicts = Counter(one.verdict for one in told_amounts(delivered, DAYS[-1]).values())
    assert verdicts["below"] > 0
    assert verdicts["within"] > 0
    seen = {(name, clock.state) for (_, _, name), clock in told_clocks(delivered, DAYS[-1]).items()}
    assert {("filing", "met"), ("decision", "met"), ("decision", "running")} <= seen


# --- around the days and amounts at which the articles turn --------------------------------------------------------
TURNS = (date(2004, 7, 1), date(2019, 3, 2), date(2021, 7, 15), date(2022, 11, 30), date(2023, 7, 20))
GAINS = (0, 999_999, 1_000_000, 1_000_001, 1_540_000, 1_999_999, 2_000_000, 2_000_001, 7_000_000)
SECTORS = ("taxi", "ride_hailing", "freight", "passenger", "dangerous_goods")
FINES = (0, 20_000, 299_999, 300_000, 500_000, 1_000_000, 3_000_000, 5_000_000, 5_000_001, 10_000_000, 12_000_000)


def made(rng: random.Random, at: int) -> Listed:
    """A case whose days lie around a turn of the law, with an amount at a bound of some article or beside it."""
    sector, gain = rng.choice(SECTORS), rng.choice(GAINS)
    # Working days are numbered from 2016 on: earlier days are asked of amounts alone.
    found = rng.choice(TURNS) + timedelta(days=rng.choice((-200, -40, -9, -1, 0, 1, 9)))
    filed = rng.choice((None, *(found + timedelta(days=days) for days in (0, 5, 9, 14))))
    decided = None
    if rng.random() < 0.85:
        decided = (filed or found) + timedelta(days=rng.choice((0, 1, 30, 89, 90, 91, 300)))
    closed = decided + timedelta(days=rng.choice((0, 20))) if decided and rng.random() < 0.5 else None
    state = "closed" if closed else "decided" if decided else "filed" if filed else "clue"
    bounds = [
        amount + beside
        for day in (found, decided or found)
        for told in [reference.article(sector, "vehicle", gain, rng.random() < 0.5, day)]
        for amount in (told[:2] if told else FINES)
        for beside in (-1, 0, 1)
    ]
    yuan = max(0, rng.choice((*bounds, *FINES)))
    if not decided and rng.random() < 0.4:
        return Listed(f"Q{at}", sector, found, filed, None, None, rng.choice(reference.ENDED_WORDS), gain, None)
    if decided and rng.random() < 0.4:
        subjects = rng.choice(
            (("vehicle",), ("driver",), ("enterprise",), ("vehicle", "vehicle"), ("driver", "vehicle"))
        )
        decisions = tuple(
            Decision(f"Q{at}罚{no}", yuan // len(subjects), decided,
                     rng.choice((None, decided + timedelta(days=rng.choice((0, 7, 12))))), True, 5)
            for no in range(len(subjects))
        )  # fmt: skip
        return Listed(
            f"Q{at}", sector, found, filed, decided, closed, state, gain, yuan, decisions, subjects
        )  # fmt: skip
    return Listed(f"Q{at}", sector, found, filed, decided, closed, state, gain, yuan if decided else None)


def built(facts: list[Listed], rng: random.Random) -> Tables:
    """The models over rows of these facts, in any order."""
    connection = duckdb.connect()
    sql.complete_raw(connection, raw_tables())
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for case in facts:
        rows["illegal_operation_case"].append({
            "county_code": "431103", "case_no": case.number, "sector": case.sector, "plate_no": "湘M10000",
            "plate_color_code": 2, "found_on": case.found_on, "filed_on": case.filed_on,
            "decided_on": case.decided_on, "gain_fen": case.gain_fen or None, "decided_fen": case.decided_fen,
            "case_state": case.state, "closed_on": case.closed_on,
        })  # fmt: skip
        for one, subject in zip(case.decisions, case.subjects, strict=True):
            rows["penalty_decision"].append({
                "decision_no": one.number, "case_no": case.number, "subject_kind": subject,
                "is_over_limit_case": False, "penalty_kind": "fine" if one.fen else "warning",
                "statutory_fen": one.statutory_fen, "decided_fen": one.fen, "decided_on": one.decided_on,
                "served_on": one.served_on,
            })  # fmt: skip
    for feed, told in rows.items():
        rng.shuffle(told)
        connection.register("told", pd.DataFrame([
            {**row, "record_id": f"{feed}{at}", "row_fate": "current", "flags": ""} for at, row in enumerate(told)
        ]))  # fmt: skip
        connection.execute(f"insert into raw.{feed} by name select * from told")
        connection.unregister("told")
    sql.run_models(connection, raw_tables(), names=MODELS)
    return Tables(connection)


@pytest.mark.parametrize("seed", range(3))
def test_cases_around_every_turn_of_the_law_are_told_the_same(seed: int) -> None:
    rng = random.Random(seed)
    facts = [made(rng, at) for at in range(900)]
    source = built(facts, rng)
    numbered = [case for case in facts if case.found_on.year >= 2016]
    for on in (date(2021, 7, 20), date(2023, 8, 1), date(2026, 9, 30)):
        states, running, _ = plain(numbered, on)
        kept = {case.number for case in numbered}
        assert differences({k: v for k, v in told_states(source, on).items() if k in kept}, states) == []
        assert differences({k: v for k, v in told_clocks(source, on).items() if k[0] in kept}, running) == []
        assert differences(told_amounts(source, on), plain(facts, on)[2]) == []
    seen = Counter(one.reason for one in plain(facts, date(2026, 9, 30))[2].values())
    assert set(seen) == {
        "in_range", "seriousness_unknown", "reduced", "warning_instead", "more_than_allowed", "several_subjects",
        "no_rule",
    }  # fmt: skip
    states = {(name, clock.state) for (_, _, name), clock in plain(facts, date(2023, 8, 1))[1].items()}
    assert {("filing", state) for state in ("met", "late", "omitted", "overdue", "running", "not_applicable")} <= states
    assert {("decision", state) for state in ("met", "late", "overdue", "running", "not_applicable")} <= states
    assert {("service", "late"), ("service", "met"), ("service", "overdue")} <= states
