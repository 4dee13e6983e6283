"""Consistency of penalties in a tiny prefecture against plain loops over its truth; and its queue against its steps."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from statistics import mean, median
from typing import Any, NamedTuple

import numpy as np
import pytest
from handled import FIRST, LAST, Handled

from etl.demo import cases
from etl.demo.screening import over_limit
from etl.demo.world import World
from warehouse import consistency, queue

DAYS = (LAST - timedelta(days=40), LAST)
ENDS = ("no_penalty", "withdrawn", "transferred_other")


class Truth(NamedTuple):
    """One case of the world; None: never. ``high``: fen by the article."""

    number: str
    plate: tuple[str, int]
    county: str
    simple: bool
    acted: date
    found: date
    decided: date | None
    ended: date | None
    fen: int
    excess: int
    high: int

    @property
    def band(self) -> str:
        return next((str(kg) for kg in (5_000, 10_000, 20_000, 30_000, 40_000) if self.excess <= kg), "above")


def _truths(world: World) -> list[Truth]:
    found, over = cases.cases(world), over_limit(world)

    def day(values: Any) -> date | None:
        told: date | None = values.astype("M8[D]").astype(object)
        return told

    ends = np.stack([found.day(state) for state in ENDS])
    truths = []
    for at, row in enumerate(found.row.tolist()):
        excess = int(over["excess_kg"][row])
        ended = [told for told in (day(one) for one in ends[:, at]) if told]
        acted, seen = day(over["passed_at"][row]), day(found.found[at])
        assert acted is not None
        assert seen is not None
        truths.append(Truth(
            str(found.number[at]), (over["plate_no"][row], int(over["plate_color_code"][row])),
            over["county_code"][row], bool(found.simple[at]), acted, seen, day(found.decided[at]),
            ended[0] if ended else None, int(found.fen[at]), excess,
            min(excess // 1_000 * 50_000, 3_000_000) if excess > 1_000 else 0,
        ))  # fmt: skip
    return truths


class Prefecture:
    def __init__(self, handled: Handled) -> None:
        self.tables, self.truths = handled.tables, _truths(handled.world)
        tied = "select case_no from core.case_passage where match_grade = 'exact' and verdict = 'over'"
        self.tied = {row["case_no"] for row in self.tables.rows(tied)}
        assert len(self.truths) > len(self.tied) > 100

    def plain(self, first: date, last: date, day: date) -> tuple[dict[str, Truth], Counter[str]]:
        """The fined cases of a period by their numbers, and how many are left out by which reason."""
        fined, left = {}, Counter[str]()
        for one in self.truths:
            decided = one.decided if one.decided and one.decided <= day else None
            if not first <= (decided or one.found) <= min(last, day):
                continue
            if decided is None:
                left["ended" if one.ended and one.ended <= day else "undecided"] += 1
            elif one.number not in self.tied:
                left["no_statutory"] += 1
            elif not one.high:
                left["article_warns"] += 1
            elif not one.fen:
                left["warned"] += 1
            else:
                fined[one.number] = one
        return fined, left

    def earlier(self, asked: Truth) -> int:
        """Cases of the plate decided by then, of acts of the twelve months before."""
        acted, decided = asked.acted, asked.decided
        begins = acted.replace(year=acted.year - 1)
        return sum(
            one.plate == asked.plate and begins < one.acted < acted and one.decided is not None
            and decided is not None and one.decided <= decided
            for one in self.truths
        )  # fmt: skip


@pytest.fixture(scope="module")
def prefecture(handled: Handled) -> Prefecture:
    return Prefecture(handled)


PERIODS = [
    (FIRST, LAST, DAYS[1]), (FIRST, LAST, DAYS[0]),
    (FIRST + timedelta(days=20), FIRST + timedelta(days=60), LAST),
]  # fmt: skip


@pytest.mark.parametrize(("first", "last", "day"), PERIODS)
def test_every_case_is_where_a_plain_telling_puts_it(
    prefecture: Prefecture, first: date, last: date, day: date
) -> None:
    told = consistency.told(prefecture.tables, consistency.Asked(first, last, day))
    fined, left = prefecture.plain(first, last, day)
    assert {one.case.case_no for one in told.fined} == set(fined)
    reasons = Counter[str]()
    for part in told.remainders:
        reasons[part.reason] += part.count
    assert reasons == left
    assert told.count == len(fined) + left.total() > 30
    for one in told.fined:
        truth = fined[one.case.case_no]
        assert one.ratio == pytest.approx(truth.fen / truth.high), truth
        assert one.like == ("over_mass", truth.band, "simple" if truth.simple else "ordinary")
        assert one.origin == ("local" if truth.plate[0].startswith("湘M") else "elsewhere")
        assert one.earlier_count == prefecture.earlier(truth), truth
        assert one.case.county_code == truth.county


def test_groups_are_those_of_plain_sums(prefecture: Prefecture) -> None:
    told = consistency.told(prefecture.tables, consistency.Asked(FIRST, LAST, LAST))
    fined, _ = prefecture.plain(FIRST, LAST, LAST)
    for by, key in (
        ("county", lambda one: one.county), ("month", lambda one: f"{one.decided:%Y-%m}"),
        ("severity", lambda one: one.band),
    ):  # fmt: skip
        ratios = defaultdict(list)
        for one in fined.values():
            ratios[key(one)].append(one.fen / one.high)
        groups = {group.name: group for group in consistency.groups(told, by) if group.count}
        assert set(groups) == set(ratios)
        for name, group in groups.items():
            assert (group.count, group.is_few) == (len(ratios[name]), len(ratios[name]) < 10)
            assert group.median == pytest.approx(median(ratios[name]))
    assert any(not group.is_few for group in groups.values())


def test_plates_from_elsewhere_are_decided_alike_as_they_were_made(prefecture: Prefecture) -> None:
    """The generator knows no origin: the difference is that of plain sums, and is not told apart."""
    told = consistency.told(prefecture.tables, consistency.Asked(FIRST, LAST, LAST))
    fined, _ = prefecture.plain(FIRST, LAST, LAST)
    strata: dict[Any, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for one in fined.values():
        strata[one.band, one.simple][one.plate[0].startswith("湘M")].append(one.fen / one.high)
    both = [sides for sides in strata.values() if all(sides)]
    weights = [len(away) * len(local) / (len(away) + len(local)) for away, local in both]
    apart = [mean(away) - mean(local) for away, local in both]
    (difference,) = consistency.differences(told, "origin").values()
    assert difference.mean == pytest.approx(sum(w * d for w, d in zip(weights, apart, strict=True)) / sum(weights))
    assert difference.judgement == "alike"


def test_a_twin_is_no_further_than_any_other_like_case(prefecture: Prefecture) -> None:
    fined, _ = prefecture.plain(FIRST, LAST, LAST)
    seen = 0
    for asked in list(fined.values())[::7]:
        told = consistency.twins(prefecture.tables, LAST, asked.number)
        alike = [
            one for one in fined.values()
            if one is not asked and (one.band, one.simple) == (asked.band, asked.simple)
            and one.plate[0].startswith("湘M") == asked.plate[0].startswith("湘M")
            and prefecture.earlier(one) == prefecture.earlier(asked)
            and one.decided and asked.decided and abs((one.decided - asked.decided).days) <= 60
        ]  # fmt: skip
        assert told.among == len(alike)
        nearest = sorted(abs(one.excess - asked.excess) for one in alike)[: consistency.TWINS]
        assert [twin.excess_apart_kg for twin in told.nearest] == nearest
        seen += len(nearest)
    assert seen > 10


def test_the_queue_is_what_the_steps_of_the_truth_say(handled: Handled) -> None:
    """Cases by the state of their last step from filing on."""
    found = cases.cases(handled.world)
    for day in DAYS:
        counts = Counter[str]()
        for steps in found.steps:
            known = [
                state
                for state, at in zip(cases.STATES, steps, strict=True)
                if state in queue.STATES and not np.isnat(at) and at.astype("M8[D]").astype(object) <= day
            ]
            if known:
                counts[known[-1]] += 1
        told = queue.forecast(handled.tables, queue.Asked(day, 2))
        standing = {state: count for state, count in counts.items() if state in queue.OPEN_STATES}
        assert {line.name: line.now_count for line in told.states if line.now_count} == standing | {
            queue.OPEN: sum(standing.values())
        }
        assert told.untimed_count == 0
