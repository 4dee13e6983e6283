"""Work-safety penalties of a prefecture: each planted story has its tier (安全生产法 art. 113)."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import hazard_truth
import pytest
from landed import Tables

from etl.demo import hazards, safety
from etl.demo.world import World, world
from warehouse.safety_repeat import Standing, standings

LAST = date(2025, 12, 31)


@pytest.fixture(scope="module")
def city() -> World:
    return world(7, "city", LAST - timedelta(days=364), LAST)


@pytest.fixture(scope="module")
def found(city: World) -> Iterator[dict[str, Standing]]:
    with hazard_truth.build(hazard_truth.deliveries(city)) as connection:
        yield {one.uscc: one for one in standings(Tables(connection), LAST)}


def test_every_story_has_its_tier_and_its_counts(city: World, found: dict[str, Standing]) -> None:
    stories = {row["story"]: row["uscc"] for row in safety.penalties(city)}
    told = {story: found[uscc] for story, uscc in stories.items() if story != "one"}
    assert {story: (one.tier, one.count_180d, one.count_1y) for story, one in told.items()} == {
        "met": ("met", 3, 3), "no_major": ("no_major", 2, 4), "annulled": ("below", 2, 2), "apart": ("below", 2, 3),
        "let_off": ("below", 2, 2),
    }  # fmt: skip
    assert told["met"].met_on == LAST - timedelta(9)
    assert [one.reason for one in told["annulled"].penalties] == [None, "annulled", None]


@pytest.mark.parametrize(("seed", "scale"), [(2, "tiny"), (7, "tiny"), (7, "city")])
def test_a_decision_cites_a_hazard_that_is_registered(seed: int, scale: str) -> None:
    told = world(seed, scale, LAST - timedelta(days=364), LAST)
    registered = {one.no: one.record["registered_on"] for one in hazards.hazards(told)}
    met = [row for row in safety.penalties(told) if row["story"] == "met"]
    (number,) = {row["hazard_no"] for row in met} - {None}
    assert [row["hazard_no"] == number for row in met] == [registered[number] <= row["decided_on"] for row in met]
    assert {row["hazard_no"] for row in safety.penalties(told) if row["story"] != "met"} == {None}


def test_every_decision_is_of_one_standing_and_none_is_lost(city: World, found: dict[str, Standing]) -> None:
    decided = Counter(row["uscc"] for row in safety.penalties(city))
    assert {uscc: len(one.penalties) for uscc, one in found.items()} == decided
    assert len(decided) >= 40
