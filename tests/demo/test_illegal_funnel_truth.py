"""The funnel of illegal operation against a plain loop over the generated cases, some of them spoilt, for several days
and counties."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import landed
import pytest

from etl.demo import illegal, rows
from etl.demo.world import Delivery, morning_after, world
from etl.feeds import raw_tables
from warehouse import funnel, sql
from warehouse.errors import WarehouseError

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
DAYS = (LAST, date(2025, 9, 30), date(2025, 3, 10))
ENDS = ("void", "withdrawn", "no_penalty")


@dataclass
class Plain:
    """A case as its county's newest list has it, its own decision, and what was booked for that: day and fen."""

    told: dict[str, Any]
    decision: dict[str, Any] | None
    booked: list[tuple[date, int]]

    @property
    def has_ended(self) -> bool:
        return self.told["case_state"] in ENDS

    @property
    def decided_on(self) -> date | None:
        on: date | None = (self.decision or self.told)["decided_on"]
        return on

    @property
    def paid_on(self) -> date | None:
        """From when the fine has stayed covered."""
        if self.decision is None or self.has_ended or not self.decision["decided_fen"]:
            return None
        days = sorted({on for on, _ in self.booked})
        covered = [sum(fen for on, fen in self.booked if on <= day) >= self.decision["decided_fen"] for day in days]
        return next((day for at, day in enumerate(days) if all(covered[at:])), None)

    def days(self) -> dict[str, date | None]:
        return {"filed": self.told["filed_on"], "decided": self.decided_on, "paid": self.paid_on,
                "closed": self.told["closed_on"]}  # fmt: skip

    def reached(self, day: date) -> dict[str, bool]:
        return {"found": True} | {name: on is not None and on <= day for name, on in self.days().items()}

    def state(self, day: date) -> str:
        """The list's word where nothing of the case lies after the day, else what its days by then say."""
        served = self.decision["served_on"] if self.decision and not self.has_ended else None
        if all(on is None or on <= day for on in (*self.days().values(), served)):
            return str(self.told["case_state"])
        reached = self.reached(day)
        return next((name for name in ("closed", "decided", "filed") if reached[name]), "clue")

    def why_not(self, stage: str, day: date) -> tuple[str, str]:
        state, reached = self.state(day), self.reached(day)
        if stage != "closed" and state in ENDS:
            return "case_ended", state
        if stage == "filed" and reached["decided"]:
            return "filing_untold", ""
        if stage == "paid":
            return self._money(day), ""
        return ("over" if state in (*ENDS, "closed") else "in_state"), state

    def _money(self, day: date) -> str:
        if not self.reached(day)["decided"]:
            return "undecided"
        if self.has_ended:
            return "amount_unknown"
        if not (self.decision or self.told)["decided_fen"]:
            return "no_fine"
        if self.decision is None:
            return "payment_untold"
        return "part_paid" if sum(fen for on, fen in self.booked if on <= day) > 0 else "unpaid"


def _spoilt(told: dict[str, Any], at: int, rng: random.Random) -> Plain:
    """One in ten ended, some without a day of filing, a third of the decided ones with a decision of their own: a
    warning, or a fine paid in full, in part, not at all, or in full and then taken back."""
    if rng.random() < 0.1:
        told["case_state"] = rng.choice(ENDS)
    if rng.random() < 0.05:
        told["filed_on"] = None
    if told["decided_on"] is None or rng.random() > 0.35:
        return Plain(told, None, [])
    on = told["decided_on"] + timedelta(days=rng.randrange(3))
    fen = rng.choice([0, 300_000, 500_000])
    decision = {
        "decision_no": f"示例罚{at:05d}", "case_no": told["case_no"], "subject_kind": "vehicle",
        "is_over_limit_case": False, "penalty_kind": "fine" if fen else "warning", "statutory_fen": 3_000_000,
        "decided_fen": fen, "decided_on": on, "served_on": on + timedelta(days=2),
    }  # fmt: skip
    day = on + timedelta(days=rng.randrange(1, 20))
    ways = [[], [(day, fen)], [(day, fen // 2)], [(day, fen), (day + timedelta(days=9), -fen)],
            [(day, fen // 2), (day + timedelta(days=30), fen - fen // 2)]]  # fmt: skip
    return Plain(told, decision, rng.choice(ways) if fen else [])


@pytest.fixture(scope="module")
def cases() -> list[Plain]:
    """The newest row of every case of a year of the city."""
    newest: dict[str, dict[str, Any]] = {}
    found = [one for one in illegal.deliveries(world(7, "city", FIRST, LAST)) if one.feed == "illegal_operation_case"]
    for one in sorted(found, key=lambda one: (one.at, one.name)):
        newest |= {row["case_no"]: row for row in one.table.to_pylist()}
    rng = random.Random(3)
    return [_spoilt(told, at, rng) for at, told in enumerate(newest.values())]


@pytest.fixture(scope="module")
def tables(cases: list[Plain]) -> Iterator[landed.Tables]:
    connection = duckdb.connect()
    payments = [
        {"payment_no": f"{at:08d}{part}", "decision_no": one.decision["decision_no"], "paid_on": on,
         "payment_channel": "counter", "paid_fen": fen, "surcharge_fen": 0}
        for at, one in enumerate(cases) if one.decision for part, (on, fen) in enumerate(one.booked)
    ]  # fmt: skip
    sent = {
        "illegal_operation_case": [one.told for one in cases],
        "penalty_decision": [one.decision for one in cases if one.decision],
        "penalty_payment": payments,
    }
    for raw in raw_tables():
        if raw.name in sent:
            table = rows.as_table(raw.name, sent[raw.name])
            landed.without_bytes(connection, raw, [Delivery(raw.name, raw.name, table, LAST, morning_after(LAST))])
    sql.run_models(connection, raw_tables(), names=["core.case_life", "staging.penalty_payment"])
    yield landed.Tables(connection)
    connection.close()


def _asked(cases: list[Plain]) -> list[funnel.Asked]:
    (county, _), *_ = Counter(one.told["county_code"] for one in cases).most_common(1)
    periods = [(FIRST, LAST), (date(2025, 2, 1), date(2025, 4, 30))]
    return [
        funnel.Asked(first, last, day, county=place, kind="illegal_operation")
        for first, last in periods for day in DAYS for place in (None, county)
    ]  # fmt: skip


def test_every_stage_is_what_a_plain_loop_over_the_cases_gives(cases: list[Plain], tables: landed.Tables) -> None:
    seen = Counter[str]()
    for asked in _asked(cases):
        own = [
            one for one in cases
            if asked.first <= one.told["found_on"] <= min(asked.last, asked.as_of)
            and asked.county in (None, one.told["county_code"])
        ]  # fmt: skip
        told = {stage.stage: stage for stage in funnel.stages(tables, asked)}
        assert tuple(told) == funnel.CASE_STAGES
        assert told["found"] == funnel.Stage("found", len(own), (), ())
        for before, name in pairwise(funnel.CASE_STAGES):
            through, left, beside = 0, Counter[tuple[str, str]](), Counter[tuple[str, str]]()
            for one in own:
                reached = one.reached(asked.as_of)
                if reached[name] and reached[before]:
                    through += 1
                elif reached[name]:
                    beside[one.why_not(before, asked.as_of)] += 1
                elif reached[before]:
                    left[one.why_not(name, asked.as_of)] += 1
            stage = told[name]
            assert stage.through == through, (asked, name)
            for parts, expected in ((stage.left, left), (stage.beside, beside)):
                assert {(part.reason, part.detail): part.count for part in parts} == expected, (asked, name)
            assert sum(part.count for part in stage.left) == told[before].count - stage.through
            seen.update({part.reason: part.count for part in (*stage.left, *stage.beside)})
    for word in ("case_ended", "filing_untold", "in_state", "no_fine", "part_paid", "payment_untold", "unpaid"):
        assert seen[word], f"no case is {word}"


def test_every_reason_has_words_and_what_is_found_is_no_passage(cases: list[Plain], tables: landed.Tables) -> None:
    for stage in funnel.stages(tables, _asked(cases)[0]):
        for part in (*stage.left, *stage.beside):
            for lang in ("zh", "en"):
                told = funnel.reason_words(part, {}, lang)
                assert part.reason not in told
                assert lang == "en" or not part.detail or part.detail not in told
    assert funnel.stage_words("found", "illegal_operation") != funnel.stage_words("found", "over_limit")


def test_sites_steps_and_other_kinds_are_refused(tables: landed.Tables) -> None:
    with pytest.raises(WarehouseError, match="no weighing site"):
        funnel.Asked(FIRST, LAST, LAST, site="YZ01", kind="illegal_operation")
    with pytest.raises(WarehouseError, match="over_limit, illegal_operation"):
        funnel.Asked(FIRST, LAST, LAST, kind="tea")
    with pytest.raises(WarehouseError, match="No steps of illegal operation"):
        funnel.times(tables, funnel.Asked(FIRST, LAST, LAST, kind="illegal_operation"))
