"""Days until things end, with some not ended, and bounds on a share: equal to what lifelines and scipy give."""

import random
from math import exp, sqrt

import pytest

from warehouse.survival import Mean, kaplan_meier, upper_bound

# Remission of 6-MP patients (Freireich 1963), the textbook example; the second list has ends on day 0 and ties.
REMISSION = [*((day, True) for day in (6, 6, 6, 7, 10, 13, 16, 22, 23)),
             *((day, False) for day in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35))]  # fmt: skip
TIED = [
    (0, True),
    (0, True),
    (2, True),
    (2, False),
    (3, True),
    (5, True),
    (5, True),
    (8, True),
    (13, True),
    (13, False),
]


def test_the_curve_and_its_interval_are_those_of_lifelines() -> None:
    """lifelines 0.30.3, KaplanMeierFitter().fit(durations, ended)."""
    told = {step.day: (step.open_share, step.low, step.high) for step in kaplan_meier(REMISSION, 0.95).steps}
    assert told[6] == pytest.approx((0.857143, 0.619718, 0.951552), abs=1e-6)
    assert told[13] == pytest.approx((0.690196, 0.431610, 0.849066), abs=1e-6)
    assert told[23] == pytest.approx((0.448179, 0.188052, 0.680143), abs=1e-6)
    assert sorted(told) == [6, 7, 10, 13, 16, 22, 23]
    told = {step.day: (step.open_share, step.low, step.high) for step in kaplan_meier(TIED, 0.9).steps}
    assert told[0] == pytest.approx((0.8, 0.488830, 0.932796), abs=1e-6)
    assert told[13] == pytest.approx((0.116667, 0.012289, 0.350194), abs=1e-6)


def test_median_and_restricted_mean_are_those_of_lifelines() -> None:
    found = kaplan_meier(REMISSION, 0.95)
    assert (found.median, found.median_interval) == (23, (13, None))
    ten, thirty = found.mean(10), found.mean(30)
    assert ten is not None
    assert thirty is not None
    assert (ten.days, thirty.days) == pytest.approx((9.277310924369745, 21.04649859943977))
    tied = kaplan_meier(TIED, 0.9)
    assert (tied.median, tied.median_interval) == (5, (0, 8))
    mean = tied.mean(10)
    assert mean is not None
    assert mean.days == pytest.approx(4.983333333333333)


def test_without_censoring_the_restricted_mean_is_the_mean_and_its_error_that_of_a_mean() -> None:
    days = [7, *range(0, 90, 3)]
    found = kaplan_meier([(day, True) for day in days], 0.95).mean(200)
    assert found is not None
    mean = sum(days) / len(days)
    spread = sqrt(sum((day - mean) ** 2 for day in days)) / len(days)
    assert found.days == pytest.approx(mean)
    assert (found.high - found.days) / 1.959964 == pytest.approx(spread, rel=1e-6)


def test_what_is_not_known_is_not_told() -> None:
    assert kaplan_meier([], 0.95).median is None
    assert kaplan_meier([], 0.95).mean(30) is None
    still_open = kaplan_meier([(5, False), (9, False)], 0.95)
    assert (still_open.median, still_open.steps) == (None, ())
    assert kaplan_meier([(5, True), (9, False)], 0.95).mean(30) is None, "nobody was watched for 30 days"
    watched = kaplan_meier([(40, False), (50, False)], 0.95).mean(30)
    assert watched is not None
    assert (watched.days, watched.low, watched.high) == (30, None, None), "nothing ended: no spread"


def test_where_nothing_is_open_any_more_the_upper_end_is_not_pretended_to_be_known() -> None:
    one = kaplan_meier([(10, True)], 0.95)
    assert (one.median, one.median_interval) == (10, (10, None))
    assert one.mean(30) == Mean(30, 10, None, None)
    two = kaplan_meier([(3, True), (10, True)], 0.95)
    assert (two.median, two.median_interval) == (3, (3, None))
    assert (two.steps[1].low, two.steps[1].high) == (0, two.steps[0].high), "what was possible before still is"
    many = kaplan_meier([(day, True) for day in range(60)], 0.95)
    low, high = many.median_interval
    assert low is not None
    assert high is not None
    assert low < many.median < high < 59  # type: ignore[operator]


def test_a_curve_that_is_not_known_as_far_as_asked_has_no_mean() -> None:
    assert kaplan_meier([(20, False)], 0.95).mean(30) is None


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        kaplan_meier([(-1, True)], 0.95)


@pytest.mark.parametrize("within", [30, 60])
def test_the_interval_of_the_mean_covers_it_as_often_as_it_says(within: int) -> None:
    """400 samples of 80 exponential durations, each watched for a time of its own."""
    # Whole days: of a geometric duration the chance to outlast day d is (e^-1/25)^(d+1).
    truth = sum(exp(-day / 25) for day in range(1, within + 1))
    covered = 0
    for seed in range(400):
        rng = random.Random(seed)
        sample = []
        for _ in range(80):
            length, watched = int(rng.expovariate(1 / 25)), rng.randrange(61, 200)
            sample.append((min(length, watched), length <= watched))
        mean = kaplan_meier(sample, 0.9).mean(within)
        assert mean is not None
        covered += mean.low <= truth <= mean.high
    print(f"restricted mean of {within} days: covered {covered} of 400 at 90 %")
    assert 0.85 <= covered / 400 <= 0.95


@pytest.mark.parametrize(
    ("found", "checked", "confidence", "bound"),
    [
        (0, 60, 0.95, 0.04870291331009749), (0, 1, 0.95, 0.95), (1, 60, 0.95, 0.07663999493450441),
        (3, 100, 0.9, 0.06558575150289181), (20, 20, 0.95, 1.0), (19, 20, 0.95, 0.9974386212234697),
        (40, 3000, 0.99, 0.01906047605504302), (0, 0, 0.95, 1.0),
    ],
)  # fmt: skip
def test_the_bound_is_the_quantile_of_the_beta_distribution(
    found: int, checked: int, confidence: float, bound: float
) -> None:
    """scipy 1.17.1, beta.ppf(confidence, found + 1, checked - found)."""
    assert upper_bound(found, checked, confidence) == pytest.approx(bound, rel=1e-12)


@pytest.mark.parametrize(("found", "checked"), [(-1, 5), (6, 5)])
def test_more_found_than_checked_is_refused(found: int, checked: int) -> None:
    with pytest.raises(ValueError, match="no sample"):
        upper_bound(found, checked, 0.95)
