"""Counties that are alike but for chance, and one that is behind, through the ranking itself and over many seeds.

What is told of either stands in ``vectors/ranking_power.csv``, and so in ``docs/rules.md``.
"""

import csv
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from score_rows import COUNTIES, Rows

from warehouse import score
from warehouse.score import Asked, Unit

MONTH, LAST = date(2026, 6, 1), date(2026, 6, 30)
PLANTED = COUNTIES[3]
PAIRS = len(COUNTIES) * (len(COUNTIES) - 1) // 2
WITHIN = 0.1
"""Share by which a measured power may differ from the one that is told, which is of so many seeds only."""


def lines() -> list[dict[str, str]]:
    path = Path(__file__).parent / "vectors" / "ranking_power.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def made() -> Iterator[Rows]:
    tables = Rows(LAST)
    yield tables
    tables.connection.close()


def are_apart(one: Unit, other: Unit) -> bool:
    return set(one.groups).isdisjoint(other.groups)


def measured(made: Rows, points: int, seeds: int) -> Counter[str]:
    """Of so many seeds: rankings of one group, pairs of counties that are alike and told apart, and how often the one
    that is behind is told from some and from all of the others."""
    found: Counter[str] = Counter()
    for seed in range(seeds):
        with made.blank() as rows:
            rows.noisy(random.Random(seed), {PLANTED: points / 100}, MONTH)
            ranking = score.ranking(rows, Asked(LAST), is_compared=False)
        assert ranking.parameters["score_confidence"].value == 0.9
        assert all(one.has_place for one in ranking.units)
        others = [one for one in ranking.units if one.code != PLANTED]
        (behind,) = [one for one in ranking.units if one.code == PLANTED]
        told = [are_apart(behind, one) for one in others]
        found["one_group"] += len(ranking.groups) == 1
        found["some"] += any(told)
        found["all"] += all(told)
        found["alike"] += sum(are_apart(one, other) for one, other in combinations(others, 2))
        found["ahead"] += sum(apart and one.place > behind.place for apart, one in zip(told, others, strict=True))
    return found


Found = Callable[[int, int], Counter[str]]


@pytest.fixture(scope="module")
def found_of(made: Rows) -> Found:
    return cache(lambda points, seeds: measured(made, points, seeds))


@pytest.mark.parametrize("line", lines(), ids=[row["behind_points"] for row in lines()])
def test_how_often_a_county_is_told_apart_is_as_told(line: dict[str, str], found_of: Found) -> None:
    points, seeds = int(line["behind_points"]), int(line["seeds"])
    found = found_of(points, seeds)
    assert found["some"] / seeds == pytest.approx(float(line["told_from_some"]), abs=WITHIN)
    assert found["all"] / seeds == pytest.approx(float(line["told_from_all"]), abs=WITHIN)
    if points:
        assert found["ahead"] == 0, "a county that is behind is never told apart as the better one"


def test_counties_that_differ_by_chance_cannot_be_told_apart_at_the_stated_confidence(found_of: Found) -> None:
    (line,) = [row for row in lines() if row["behind_points"] == "0"]
    seeds = int(line["seeds"])
    found = found_of(0, seeds)
    assert found["one_group"] / seeds >= 0.9
    assert found["alike"] / (seeds * (PAIRS - len(COUNTIES) + 1)) <= 0.01


def test_the_further_behind_the_more_often_it_is_told_up_to_nearly_always() -> None:
    for name in ("told_from_some", "told_from_all"):
        powers = [float(row[name]) for row in lines()]
        assert powers == sorted(powers)
        assert powers[-1] >= 0.95
