"""Shrunk rates and intervals of places: by hand, at their edges, and over many seeds of units that are alike or not."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest

from warehouse import shrinkage
from warehouse.shrinkage import Counts, design_effect, fit, groups, of_singles

UNITS = 11
CONFIDENCE = 0.9


def by_hand(rates: list[Fraction], sizes: list[int]) -> tuple[Fraction, Fraction | None]:
    """Mean and strength of the prior, exactly (Kleinman); None: no difference beyond chance."""
    whole = sum(sizes)
    mean = sum(rate * size for rate, size in zip(rates, sizes, strict=True)) / whole
    spread = sum(size * (rate - mean) ** 2 for rate, size in zip(rates, sizes, strict=True))
    free = len(sizes) - 1
    room = whole - Fraction(sum(size * size for size in sizes), whole) - free
    rho = (spread / (mean * (1 - mean)) - free) / room
    return mean, (1 - rho) / rho if rho > 0 else None


def test_rates_are_shrunk_as_the_formula_says_in_exact_numbers() -> None:
    counted = [(40, 38), (60, 30), (20, 11), (100, 70)]
    told = fit([of_singles(size, good) for size, good in counted])
    rates, sizes = [Fraction(good, size) for size, good in counted], [size for size, _ in counted]
    mean, strength = by_hand(rates, sizes)
    assert strength is not None
    assert (told.mean, told.strength) == (pytest.approx(float(mean)), pytest.approx(float(strength)))
    for at, (rate, size) in enumerate(zip(rates, sizes, strict=True)):
        assert told.shrunk[at] == pytest.approx(float(mean + size / (size + strength) * (rate - mean)))
    small, large = abs(told.shrunk[2] - told.rates[2]), abs(told.shrunk[3] - told.rates[3])
    assert small > large * 0.9
    assert all(abs(told.shrunk - told.mean) <= abs(told.rates - told.mean))


def test_units_that_differ_no_more_than_by_chance_have_the_rate_of_all() -> None:
    told = fit([of_singles(50, 40), of_singles(50, 41), of_singles(50, 39)])
    assert told.strength == math.inf
    assert set(told.shrunk) == {told.mean}


@pytest.mark.parametrize("good", [0, 10])
def test_all_or_nothing_of_everybody_is_no_difference(good: int) -> None:
    told = fit([of_singles(10, good), of_singles(10, good)])
    city, drawn = told.draws(np.random.default_rng(1), 20)
    assert set(drawn.ravel()) == set(city) == {good / 10}


def test_one_unit_alone_has_its_own_rate() -> None:
    told = fit([of_singles(10, 4)])
    assert list(told.shrunk) == [0.4]
    assert np.isfinite(told.draws(np.random.default_rng(1), 20)[1]).all()


def test_things_that_come_together_are_worth_less() -> None:
    """Ten clusters of ten that are all good or all bad tell as much as ten things."""
    alike = Counts(10, 50, 100, 500, 500, 1_000)
    assert design_effect([alike, alike]) == pytest.approx(10 * 20 / 18)
    assert design_effect([of_singles(100, 50), of_singles(30, 3)]) == 1.0
    assert design_effect([Counts(1, 5, 10, 25, 50, 100)]) == 10.0, "a cluster a unit: each is one thing looked at"
    assert fit([alike, Counts(10, 80, 100, 800, 800, 1_000)]).sizes[0] < 12


def _intervals(seed: int, shares: list[list[float]]) -> dict[str, tuple[int, int]]:
    """Places of units whose true rates of several parts are ``shares``, counted in samples of 20 to 200."""
    rng = random.Random(seed)
    total = np.zeros((500, UNITS))
    for at, of_part in enumerate(shares):
        sizes = [rng.randrange(20, 200) for _ in of_part]
        counts = [
            of_singles(size, sum(rng.random() < share for _ in range(size)))
            for size, share in zip(sizes, of_part, strict=True)
        ]
        total += fit(counts).draws(np.random.default_rng([shrinkage.SEED, at]), 500)[1]
    low, high = shrinkage.interval(shrinkage.places(total, np.random.default_rng(shrinkage.SEED)), CONFIDENCE)
    return {str(unit): (int(low[unit]), int(high[unit])) for unit in range(UNITS)}


def test_equal_units_cannot_be_told_apart_over_many_seeds() -> None:
    equal = [[0.8] * UNITS, [0.6] * UNITS, [0.9] * UNITS, [0.5] * UNITS, [0.75] * UNITS, [0.95] * UNITS]
    together = [len(groups(_intervals(seed, equal))) == 1 for seed in range(40)]
    assert sum(together) >= 38


def test_clearly_different_units_are_told_apart_over_many_seeds() -> None:
    """The first is far behind, the second far ahead in every part; the others are alike."""
    apart = 0
    for seed in range(20):
        told = _intervals(
            seed, [[share - 0.25, share + 0.17, *[share] * (UNITS - 2)] for share in (0.8, 0.6, 0.7, 0.75)]
        )
        others = [told[str(unit)] for unit in range(2, UNITS)]
        assert told["1"][1] < told["0"][0]
        apart += all(high < told["0"][0] for _, high in others)
    assert apart >= 18


def test_the_same_counts_give_the_same_intervals() -> None:
    shares = [[0.8 - 0.02 * unit for unit in range(UNITS)]]
    assert _intervals(3, shares) == _intervals(3, shares)


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ({"a": (1, 1), "b": (2, 3), "c": (2, 3)}, [("a",), ("b", "c")]),
        ({"a": (1, 2), "b": (1, 3), "c": (3, 4), "d": (4, 4)}, [("a", "b"), ("b", "c"), ("c", "d")]),
        ({"a": (1, 3), "b": (1, 3), "c": (1, 3)}, [("a", "b", "c")]),
        ({"a": (1, 1)}, [("a",)]),
        ({}, []),
    ],
)
def test_groups_are_those_who_may_hold_one_place(
    intervals: dict[str, tuple[int, int]], expected: list[tuple[str, ...]]
) -> None:
    assert groups(intervals) == expected


@pytest.mark.parametrize("seed", range(30))
def test_groups_are_the_largest_sets_of_those_who_may_hold_one_place(seed: int) -> None:
    """By trying every place and keeping the sets that lie in no other."""
    rng = random.Random(seed)
    count = rng.randrange(1, 14)
    told = {}
    for unit in range(count):
        low = rng.randrange(1, count + 1)
        told[str(unit)] = (low, rng.randrange(low, count + 1))
    held = [{unit for unit, (low, high) in told.items() if low <= place <= high} for place in range(1, count + 1)]
    largest = [one for one in held if one and not any(one < other for other in held)]
    assert [set(one) for one in groups(told)] == [one for at, one in enumerate(largest) if one not in largest[:at]]
