"""The funnel of a tiny prefecture against plain loops over its truth, for several days, counties and sites."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from handled import FIRST, LAST, Handled

from etl.demo import cases
from etl.demo.screening import over_limit
from etl.demo.world import World
from warehouse import fates, funnel
from warehouse.survival import kaplan_meier

DAYS = (FIRST, LAST - timedelta(days=45), LAST - timedelta(days=10), LAST)
ENDS = ("no_penalty", "withdrawn", "transferred_other")


@dataclass(frozen=True)
class Truth:
    """Days of one case; None: never, as far as the world goes. ``booked``: day and fen of every payment."""

    is_simple: bool
    filed: date | None
    decided: date | None
    ended: date | None
    end: str
    closed: date | None
    fen: int
    booked: tuple[tuple[date, int], ...]

    def paid_by(self, day: date) -> bool:
        """Whether the fine was covered by the day and has stayed so."""
        if not self.fen:
            return False
        days = sorted({on for on, _ in self.booked})
        covered = [sum(fen for on, fen in self.booked if on <= each) >= self.fen for each in days]
        still = [each for at, each in enumerate(days) if all(covered[at:])]
        return bool(still) and still[0] <= day


def _truths(world: World, folder: Path) -> dict[str, Truth]:
    """By check number."""
    found, numbers = cases.cases(world), over_limit(world)["check_no"].tolist()
    booked: dict[str, list[tuple[date, int]]] = {}
    for row in pq.read_table(folder / "truth" / "payment.parquet").to_pylist():
        booked.setdefault(row["decision_no"], []).append((row["paid_on"], row["paid_fen"]))

    def day(values: Any, at: int) -> date | None:
        told: date | None = values[at].astype("M8[D]").astype(object)
        return told

    columns = {state: found.day(state) for state in (*ENDS, "filed", "closed")}
    truths = {}
    for at, row in enumerate(found.row.tolist()):
        ends = [(on, state) for state in ENDS if (on := day(columns[state], at)) is not None]
        ended, end = ends[0] if ends else (None, "")
        truths[numbers[row]] = Truth(
            bool(found.simple[at]), day(columns["filed"], at), day(found.decided, at), ended, end,
            day(columns["closed"], at), int(found.fen[at]),
            tuple(booked.get(str(found.number[at]).replace("执", "罚"), [])),
        )  # fmt: skip
    return truths


class Prefecture:
    def __init__(self, handled: Handled) -> None:
        self.tables, self.truths = handled.tables, _truths(handled.world, handled.folder)
        self.passages = self.tables.rows(
            "select passage.passed_date, passage.county_code, passage.site_code, passage.verdict, passage.flags,"
            " passage.evidence_ok, passage.gross_vehicle_weight_kg as gross_kg, finding.check_no"
            " from core.passage as passage left join mart.finding as finding using (record_id)"
        )

    def plain(self, asked: funnel.Asked) -> tuple[dict[str, Counter[str]], dict[str, Counter[tuple[str, str]]]]:
        """Per stage how many came through and beside, and per stage reason and detail of who was left; of those not
        filed and not closed that they are left alone."""
        counts = {stage: Counter[str]() for stage in funnel.STAGES}
        left = {stage: Counter[tuple[str, str]]() for stage in funnel.STAGES}
        for row in self.passages:
            if (
                not asked.first <= row["passed_date"] <= min(asked.last, asked.as_of)
                or asked.county not in (None, row["county_code"])
                or asked.site not in (None, row["site_code"])
            ):
                continue
            truth = self.truths.get(row["check_no"]) if row["verdict"] == "over" else None
            reached = {"passed": True, "found": row["verdict"] == "over"}
            reached["usable"] = reached["found"] and row["evidence_ok"]
            for stage in ("filed", "decided", "closed"):
                on = getattr(truth, stage) if truth else None
                reached[stage] = on is not None and on <= asked.as_of
            reached["paid"] = truth is not None and truth.paid_by(asked.as_of)
            counts["passed"]["through"] += 1
            for before, stage in pairwise(funnel.STAGES):
                if reached[stage]:
                    counts[stage]["through" if reached[before] else "beside"] += 1
                elif reached[before]:
                    left[stage][self._why(stage, row, truth, asked.as_of)] += 1
        return counts, left

    def _why(self, stage: str, row: dict[str, Any], truth: Truth | None, day: date) -> tuple[str, str]:
        if stage == "found":
            return {
                "within": ("within_limit", ""),
                "review": ("limit_open" if row["gross_kg"] is not None else "not_weighed", ""),
            }[row["verdict"]]
        if stage == "usable":
            codes = [code for code in row["flags"].split(",") if code[:2] in ("E-", "R-")]
            return "unfit", codes[0]
        if truth and truth.ended and truth.ended <= day and stage in ("decided", "paid"):
            return "case_ended", truth.end
        if truth and stage == "paid":
            booked = sum(fen for on, fen in truth.booked if on <= day)
            return ("no_fine" if not truth.fen else "part_paid" if booked > 0 else "unpaid"), ""
        return "any", ""


@pytest.fixture(scope="module")
def prefecture(handled: Handled) -> Prefecture:
    return Prefecture(handled)


def _asked(prefecture: Prefecture) -> list[funnel.Asked]:
    """Every day for the whole, and the last two for the busiest county and the two busiest sites of findings."""
    over = [row for row in prefecture.passages if row["verdict"] == "over"]
    (county, _), *_ = Counter(row["county_code"] for row in over if row["county_code"]).most_common(1)
    sites = [site for site, _ in Counter(row["site_code"] for row in over).most_common(2)]
    places: list[dict[str, str]] = [{}, {"county": county}, *({"site": site} for site in sites)]
    found = [funnel.Asked(FIRST, LAST, day) for day in DAYS]
    found += [funnel.Asked(FIRST, LAST, day, **place) for day in DAYS[2:] for place in places[1:]]
    return [*found, funnel.Asked(FIRST + timedelta(days=20), FIRST + timedelta(days=50), LAST)]


def test_every_stage_is_what_a_plain_computation_over_the_truth_gives(prefecture: Prefecture) -> None:
    seen = Counter[str]()
    for asked in _asked(prefecture):
        counts, left = prefecture.plain(asked)
        told = funnel.stages(prefecture.tables, asked)
        assert [stage.stage for stage in told] == list(funnel.STAGES)
        for stage in told:
            assert (stage.through, stage.beside_count) == (
                counts[stage.stage]["through"], counts[stage.stage]["beside"],
            ), (asked, stage.stage)  # fmt: skip
            reasons = Counter({(part.reason, part.detail): part.count for part in stage.left})
            if stage.stage in ("filed", "closed"):
                assert reasons.total() == left[stage.stage].total()
            elif stage.stage == "decided":
                expected = left["decided"]
                assert reasons.total() == expected.total()
                assert {key: n for key, n in reasons.items() if key[0] == "case_ended"} == {
                    key: n for key, n in expected.items() if key[0] == "case_ended"
                }
            else:
                assert reasons == left[stage.stage], (asked, stage.stage)
            seen[f"{stage.stage} through"] += stage.through
            seen[f"{stage.stage} beside"] += stage.beside_count
            seen.update({part.reason: part.count for part in (*stage.left, *stage.beside)})
    assert all(seen[f"{stage} through"] for stage in funnel.STAGES)
    for word in ("decided beside", "closed beside", "on_the_spot", "no_fine", "unpaid", "unfit", "in_state"):
        assert seen[word], f"the prefecture has no {word}"


def test_the_reasons_of_a_stage_are_what_is_missing_from_the_one_before(prefecture: Prefecture) -> None:
    for asked in _asked(prefecture):
        for before, stage in pairwise(funnel.stages(prefecture.tables, asked)):
            assert sum(part.count for part in stage.left) == before.count - stage.through, (asked, stage.stage)


def test_the_findings_are_those_of_the_daily_table(prefecture: Prefecture) -> None:
    told = {stage.stage: stage.count for stage in funnel.stages(prefecture.tables, funnel.Asked(FIRST, LAST, LAST))}
    (daily,) = prefecture.tables.rows(
        "select sum(over_count) as found, sum(evidence_ok_over_count) as usable from mart.overload_daily"
    )
    assert (told["found"], told["usable"]) == (daily["found"], daily["usable"])


def test_times_are_those_of_a_plain_walk_over_the_steps(prefecture: Prefecture) -> None:
    """Every case of the cohort is in one state; the stays that nothing ended are the ones that are still open."""
    steps = prefecture.tables.rows("select * from core.case_state order by case_no, step_no")
    for day in DAYS[1:]:
        known = fates.rows(prefecture.tables, fates.Asked(FIRST, LAST, day))
        own = set(known.loc[known["case_tie"] == "check_no", "case_no"])
        stays: dict[str, list[tuple[int, bool]]] = {}
        for case_no in own:
            taken = [
                (one["event_on"], one["state_after"])
                for one in steps
                if one["case_no"] == case_no and one["is_accepted"] and one["event_on"] <= day
            ]
            entered = [taken[at] for at in range(len(taken)) if at == 0 or taken[at][1] != taken[at - 1][1]]
            for at, (on, state) in enumerate(entered):
                until = entered[at + 1][0] if at + 1 < len(entered) else day
                stays.setdefault(state, []).append(((until - on).days, at + 1 < len(entered)))
        told = {one.case_state: one for one in funnel.times(prefecture.tables, funnel.Asked(FIRST, LAST, day))}
        assert sum(one.now_count for one in told.values()) == len(own) > 10
        assert set(told) == set(stays), "every case of the prefecture has steps"
        for state, one in told.items():
            open_count = sum(not is_over for _, is_over in stays[state])
            assert (one.now_count, one.untimed_count, one.spell_count) == (open_count, 0, len(stays[state])), state
            if not one.is_final:
                assert one.median_days == kaplan_meier(stays[state], 0.95).median, state
    assert any(one.has_interval and one.spell_count > one.ended_count for one in told.values()), "some are still open"
