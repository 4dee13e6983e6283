"""The shift sheet: the model against a plain reckoning, its intervals against invented days, and what is counted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from math import exp, factorial, inf, isinf, lgamma, log
from typing import Any

import numpy as np
import pytest
from compliance_rows import Registers

from warehouse import shift, shift_model, watch
from warehouse.errors import WarehouseError
from warehouse.parameters import Parameter
from warehouse.shift import TABLES, Asked
from warehouse.shift_model import fit, quantiles


# --- the model, reckoned by hand -----------------------------------------------------------------------------
def plain(counts: Any, reported: Any) -> dict[str, Any]:
    """The formulas of ``warehouse.shift_model`` once more, one number at a time."""
    sites, days, blocks = range(len(counts)), range(len(counts[0])), range(len(counts[0][0]))
    n = [sum(1 for d in days if reported[s][d]) for s in sites]
    y = [[sum(counts[s][d][b] for d in days if reported[s][d]) for b in blocks] for s in sites]
    total = sum(map(sum, y))
    mean = total / (sum(n) * len(blocks)) if sum(n) else 0.0

    def strength(pairs: list[tuple[float, float, float]]) -> float:
        whole = sum(e for _, e, _ in pairs)
        if whole <= 0:
            return inf
        squares = sum(e * e for _, e, _ in pairs)
        beyond = sum((k - e) ** 2 for k, e, _ in pairs)
        beyond -= sum(e * effect for _, e, effect in pairs) * (1 - squares / whole**2)
        return squares / beyond if beyond > 0 else inf

    def factor(k: float, e: float, prior: float) -> float:
        return 1.0 if isinf(prior) else (prior + k) / (prior + e)

    of_site = [(sum(y[s]), n[s] * len(blocks) * mean, 1.0) for s in sites]
    a = strength(of_site)
    site = [factor(k, e, a) for k, e, _ in of_site]
    hours = sum(n[s] * mean * site[s] for s in sites)
    of_block = [(sum(y[s][b] for s in sites), hours, 1.0) for b in blocks]
    c = strength(of_block)
    block = [factor(k, e, c) for k, e, _ in of_block]
    weight = sum(n[s] * site[s] * block[b] for s in sites for b in blocks)
    base = [[(total / weight if weight else 0.0) * site[s] * block[b] for b in blocks] for s in sites]
    top = bottom = 0.0
    for s in sites:
        if n[s] < 2:
            continue
        for b in blocks:
            own = [counts[s][d][b] for d in days if reported[s][d]]
            rate = sum(own) / n[s]
            around = sum((one - rate) ** 2 for one in own)
            top += around - (n[s] - 1) * rate
            bottom += (n[s] - 1) * (rate**2 - around / (n[s] * (n[s] - 1)))
    kappa = bottom / top if top > 0 and bottom > 0 else inf
    effect = [[1 + base[s][b] / kappa for b in blocks] for s in sites]
    k = strength([(y[s][b], n[s] * base[s][b], effect[s][b]) for s in sites for b in blocks])
    rate = [[0.0 for _ in blocks] for _ in sites]
    variance = [[0.0 for _ in blocks] for _ in sites]
    for s in sites:
        for b in blocks:
            e, count = n[s] * base[s][b] / effect[s][b], y[s][b] / effect[s][b]
            rate[s][b] = base[s][b] * factor(count, e, k)
            v = 1 / total if total else 0.0
            v += 0.0 if isinf(a) else 1 / (a + sum(y[s]))
            v += 0.0 if isinf(c) else 1 / (c + sum(y[one][b] for one in sites))
            if not isinf(k):
                v = 1 / (k + count) + (k / (k + e)) ** 2 * v
            variance[s][b] = rate[s][b] + v * rate[s][b] ** 2 + (1 + v) * rate[s][b] ** 2 / kappa
    return {"rate": rate, "variance": variance, "strengths": (a, c, k, kappa)}


@pytest.mark.parametrize("seed", range(60))
def test_the_model_is_what_a_plain_reckoning_says(seed: int) -> None:
    rng = np.random.default_rng([seed, 3])
    shape = int(rng.integers(1, 5)), int(rng.integers(1, 8)), int(rng.integers(1, 5))
    rates = rng.gamma(0.7, 2.0, (shape[0], 1, shape[2]))
    counts = rng.poisson(rates * rng.gamma(2, 0.5, shape))
    reported = rng.random(shape[:2]) < 0.8
    if seed == 0:
        counts[:] = 0
    if seed == 1:
        reported[:] = False
    found, told = fit(counts, reported), plain(counts.tolist(), reported.tolist())
    assert found.rate == pytest.approx(np.array(told["rate"]), rel=1e-9, abs=1e-12)
    assert found.variance == pytest.approx(np.array(told["variance"]), rel=1e-9, abs=1e-12)
    strengths = found.site_strength, found.block_strength, found.cell_strength, found.day_strength
    assert strengths == pytest.approx(told["strengths"], rel=1e-6)
    assert (found.counts == (counts * reported[:, :, None]).sum(axis=1)).all()


@pytest.mark.parametrize("mean", [0.02, 0.7, 3.0, 40.0, 900.0])
@pytest.mark.parametrize("beyond", [0.0, 0.4, 5.0])
def test_the_ends_of_an_interval_are_those_of_the_distribution(mean: float, beyond: float) -> None:
    def chance(k: int) -> float:
        if not beyond:
            return exp(-mean + k * log(mean) - lgamma(k + 1))
        size = mean / beyond  # variance = mean × (1 + beyond)
        whole = lgamma(k + size) - lgamma(size) - log(factorial(k)) if k < 150 else (
            lgamma(k + size) - lgamma(size) - lgamma(k + 1)
        )  # fmt: skip
        return exp(whole + size * log(size / (size + mean)) + k * log(mean / (size + mean)))

    low, high = quantiles(mean, mean * (1 + beyond), 0.9)
    below = sum(chance(k) for k in range(low))
    upto = sum(chance(k) for k in range(high + 1))
    assert below < 0.05 <= below + chance(low) + 1e-12
    assert upto >= 0.95 - 1e-9 > upto - chance(high) - 1e-9


def test_nothing_expected_has_no_interval() -> None:
    assert quantiles(0.0, 0.0, 0.9) == (0, 0)


@pytest.mark.parametrize(("busy", "alike"), [(0.3, 4.0), (3.0, 4.0), (12.0, 30.0), (3.0, inf)])
def test_intervals_hold_their_share_of_days_to_come(busy: float, alike: float) -> None:
    """Invented sites, hours and days whose truth is known: the next day's counts lie in 90 % intervals at least 90 % of
    the time, and not nearly always where counts are large enough for an interval to leave something out."""
    held = cells = 0
    for seed in range(40):
        rng = np.random.default_rng([seed, 11])
        sites, days, blocks = 12, 40, 12
        rate = busy * rng.gamma(2, 0.5, (sites, 1)) * np.exp(0.6 * np.sin(np.arange(blocks) / 2))[None, :]
        rate = rate * rng.gamma(6, 1 / 6, (sites, blocks))

        def day(rate: Any = rate, rng: Any = rng) -> Any:
            return rng.poisson(rate if isinf(alike) else rate * rng.gamma(alike, 1 / alike, rate.shape))

        counts = np.stack([day() for _ in range(days)], axis=1)
        low, high = fit(counts, rng.random((sites, days)) < 0.9).interval(0.9)
        after = day()
        held, cells = held + int(((low <= after) & (after <= high)).sum()), cells + after.size
    print(f"busy {busy}, days alike {alike}: {held / cells:.1%} of {cells} blocks in their 90 % interval")
    assert held / cells >= 0.89
    assert held / cells <= (0.99 if busy < 1 else 0.975 if busy < 10 else 0.95)


def test_chance_alone_puts_nobody_first() -> None:
    """Sites and hours that are alike get nearly one rate; a block with a lucky day stays near it."""
    rng = np.random.default_rng(5)
    counts = rng.poisson(0.05, (20, 40, 12))
    counts[7, 3, 4] = 4
    found = fit(counts, np.ones((20, 40), bool))
    raw = found.counts / 40
    assert raw.max() > 2 * raw.mean()
    assert found.rate.max() < 1.6 * found.rate.mean()


def test_what_lasts_comes_first_even_against_a_lucky_day() -> None:
    rng = np.random.default_rng(6)
    counts = rng.poisson(0.1, (20, 40, 12))
    counts[3, :, 6] += rng.poisson(1.0, 40)
    counts[9, 0, 2] += 12
    found = fit(counts, np.ones((20, 40), bool))
    assert np.unravel_index(found.rate.argmax(), found.rate.shape) == (3, 6)


# --- what is counted ---------------------------------------------------------------------------------------------
AS_OF = date(2026, 3, 31)  # a Tuesday
ON = date(2026, 4, 1)
FIRST = AS_OF - timedelta(days=90)


def lines(head: str, rows: list[tuple[Any, ...]]) -> str:
    return "\n".join([head, *(" | ".join("" if cell is None else str(cell) for cell in row) for row in rows)])


def working_days(tables: Registers) -> list[date]:
    rows = tables.rows("select calendar_date as day from core.working_day where is_working_day order by day")
    return [row["day"] for row in rows if FIRST <= row["day"] <= AS_OF]


def filled() -> Registers:
    """Three sites: A has two serious findings every working day at 07, B was silent for half of them, C is new."""
    made = Registers(tuple({*TABLES, *watch.TABLES}), AS_OF)
    days = [FIRST + timedelta(days=at) for at in range(91)]
    states, findings, working = [], [], working_days(made)
    for day in days:
        for site, county in (("A", "431102"), ("B", "431103"), ("C", "431103")):
            if site == "C" and day <= AS_OF - timedelta(days=4):
                continue
            is_silent = site == "B" and (day.day % 2 == 0)
            states.append((site, county, day, "silent" if is_silent else "reporting"))
            if day not in working or is_silent:
                continue
            for at in range(2 if site == "A" else 1):
                no = f"{site}{day:%m%d}{at}"
                findings.append((no, no, site, county, day, f"{day} 0{7 if site == 'A' else 3}:1{at}:00", 0.4, "false"))
    last = AS_OF
    findings += [  # what is not counted, all of the last day at 15
        ("small", "small", "A", "431102", last, f"{last} 15:00:00", 0.0999, "false"),
        ("permit", "permit", "A", "431102", last, f"{last} 15:00:00", 0.4, "true"),
        ("void", "void", "A", "431102", last, f"{last} 15:00:00", 0.4, "false"),
        ("edge", "edge", "A", "431102", last, f"{last} 17:00:00", 0.1, "false"),
    ]
    made.given("mart.site_day", lines("site_code | county_code | passed_date | state", states))
    head = "record_id | check_no | site_code | county_code | passed_date | passed_at | excess_ratio_after_allowance"
    made.given("mart.finding", lines(f"{head} | is_permitted", findings))
    made.given(
        "mart.screening",
        f"""site_code | check_no | passed_date | screened_date | screened_at         | screening_result
            A         | void     | {last}      | {last}        | {last} 18:00:00     | void
            A         | A03300   | 2026-03-30  | 2026-03-30    | 2026-03-30 10:00:00 | void
            A         | A03300   | 2026-03-30  | 2026-03-31    | 2026-03-31 10:00:00 | confirmed""",
    )
    return made


@pytest.fixture(scope="module")
def tables() -> Iterator[Registers]:
    made = filled()
    yield made
    made.connection.close()


def test_the_days_of_the_kind_are_counted_and_a_silent_day_is_no_zero(tables: Registers) -> None:
    found = shift.sheet(tables, Asked(ON, AS_OF))
    assert found.is_working_day
    assert (found.first, found.last) == (AS_OF - timedelta(days=55), AS_OF)
    working = [day for day in working_days(tables) if found.first <= day <= found.last]
    assert found.days == len(working) < 40, "Spring Festival lies among them"
    a, b, c = found.site("A"), found.site("B"), found.site("C")
    assert a.days == found.days
    assert 0 < b.days < found.days
    assert a.blocks[3].found == 2 * a.days
    assert b.blocks[1].found == b.days
    assert 0.6 < b.blocks[1].expected < 1, "one on each day that it reported, moved to the rest; with silent days ½"
    assert a.blocks[3].expected == pytest.approx(2.0, abs=0.2)
    assert (c.is_few, c.expected, {one.expected for one in c.blocks}) == (True, None, {None})
    assert found.sites[-1] is c, "too little data is never first"
    assert found.top[0] == a.blocks[3]
    assert found.top[1] == b.blocks[1]
    assert all(one.site_code != "C" for one in found.top)


def test_what_is_permitted_voided_or_small_is_left_out(tables: Registers) -> None:
    a = shift.sheet(tables, Asked(ON, AS_OF)).site("A")
    assert a.blocks[7].found == 0, "15:00: too small, permitted, voided"
    assert a.blocks[8].found == 1, "17:00: the step's own ratio belongs to it"


def test_a_look_counts_from_its_day(tables: Registers) -> None:
    """Voided on the day and confirmed on the next: the last look holds; what was voided later was a finding before."""
    rule = shift.rule_of(shift.parameters(tables, AS_OF))
    history = shift._History(tables, rule, FIRST, AS_OF, None)
    at = history.sites.index("A"), history.at(AS_OF), 7
    assert history.known(AS_OF)[at] == 0
    assert history.known(AS_OF - timedelta(days=1))[at] == 1


def test_the_future_changes_nothing(tables: Registers) -> None:
    before = AS_OF - timedelta(days=10)
    asked = Asked(before + timedelta(days=1), before)
    told = shift.sheet(tables, asked)
    made = filled()
    made.connection.execute(f"delete from mart.finding where passed_date > date '{before}'")
    made.connection.execute(f"delete from mart.site_day where passed_date > date '{before}'")
    made.connection.execute(f"delete from mart.screening where screened_date > date '{before}'")
    again = shift.sheet(made, asked)
    assert (again.sites, again.top) == (told.sites, told.top)
    made.connection.close()


def test_a_site_that_was_silent_on_the_last_day_says_so(tables: Registers) -> None:
    even = date(2026, 3, 30)
    found = shift.sheet(tables, Asked(AS_OF, even))
    assert found.site("B").state == "silent"
    assert found.site("B").doubts == ["silent"]
    assert found.site("A").doubts == []


def test_a_site_without_a_row_for_days_is_nowhere(tables: Registers) -> None:
    made = filled()
    made.connection.execute(f"delete from mart.site_day where site_code = 'B' and passed_date > date '{AS_OF}' - 7")
    assert {one.site_code for one in shift.sheet(made, Asked(ON, AS_OF)).sites} == {"A", "C"}
    made.connection.close()


def test_a_county_is_its_own(tables: Registers) -> None:
    found = shift.sheet(tables, Asked(ON, AS_OF, "431103"))
    assert {one.site_code for one in found.sites} == {"B", "C"}
    assert {one.county_code for one in found.sites} == {"431103"}


def test_a_day_off_counts_days_off(tables: Registers) -> None:
    found = shift.sheet(tables, Asked(date(2026, 4, 11), AS_OF))
    assert not found.is_working_day
    assert found.expected == 0.0, "nothing was planted on days off"


@pytest.mark.parametrize("days", [0, 15, -3])
def test_only_the_next_days_can_be_asked(days: int) -> None:
    with pytest.raises(WarehouseError, match="14 days"):
        Asked(AS_OF + timedelta(days=days), AS_OF)


def test_hours_have_to_divide_a_day(tables: Registers) -> None:
    told = shift.parameters(tables, AS_OF)
    hours = told["shift_block_hours"]
    assert isinstance(hours, Parameter)
    told["shift_block_hours"] = replace(hours, value=5.0)
    with pytest.raises(WarehouseError, match="divide 24"):
        shift.rule_of(told)


# --- was it worth anything? --------------------------------------------------------------------------------------
def test_a_back_test_finds_what_lasts(tables: Registers) -> None:
    """A's two a day come first whatever the size: of three a day (one of B on the days on which it reports)."""
    found = shift.backtest(tables, AS_OF)
    assert found is not None
    assert [top.size for top in found.tops] == [5, 10, 20]
    planted = tables.rows(
        "select count(*) as n from mart.finding where passed_date > $first and excess_ratio_after_allowance >= 0.1 "
        "and not is_permitted and check_no <> 'void'", {"first": AS_OF - timedelta(days=28)},
    )[0]["n"]  # fmt: skip
    assert found.found == planted
    for top in found.tops:
        assert top.model > 0.85, "all but C's and the one planted at 17:00"
        assert top.uniform == pytest.approx(top.size / 36, rel=0.5)
        assert top.yesterday < top.model
    assert found.covered is not None
    assert found.expected == pytest.approx(found.came, rel=0.2)


def test_a_back_test_asks_each_day_as_the_day_before_knew() -> None:
    """Counts by lot, of which the day itself would tell all: the order is that of the sheet made on the eve, which
    reads nothing later."""
    made = Registers(tuple({*TABLES, *watch.TABLES}), AS_OF)
    rng, days = np.random.default_rng(3), [FIRST + timedelta(days=at) for at in range(91)]
    states = [(site, "431102", day, "reporting") for day in days for site in "ABC"]
    findings = [
        (no := f"{site}{day}{hour}-{at}", no, site, "431102", day, f"{day} {hour:02d}:30:00", 0.4, "false")
        for day in days for site in "ABC" for hour in range(24) for at in range(rng.poisson(0.1))
    ]  # fmt: skip
    made.given("mart.site_day", lines("site_code | county_code | passed_date | state", states))
    head = "record_id | check_no | site_code | county_code | passed_date | passed_at | excess_ratio_after_allowance"
    made.given("mart.finding", lines(f"{head} | is_permitted", findings))
    found = shift.backtest(made, AS_OF, days=6)
    assert found is not None
    hits = came = 0.0
    for on in days[-6:]:
        rate = shift.sheet(made, Asked(on, on - timedelta(days=1))).model.rate
        own = np.zeros(rate.shape, np.int64)
        for _, _, site, _, day, moment, *_ in findings:
            if day == on:
                own["ABC".index(site), int(moment[11:13]) // 2] += 1
        hits, came = hits + shift._caught(rate.ravel(), own.ravel(), 10), came + int(own.sum())
    assert found.found == came
    assert next(top.model for top in found.tops if top.size == 10) == pytest.approx(hits / came)
    made.connection.close()


def test_a_back_test_of_equals_takes_their_share() -> None:
    assert shift._caught(np.array([3.0, 1, 1, 1, 0]), np.array([5, 1, 2, 3, 9]), 2) == pytest.approx(5 + 6 / 3)


def test_a_back_test_needs_a_day(tables: Registers) -> None:
    with pytest.raises(WarehouseError, match="at least one day"):
        shift.backtest(tables, AS_OF, days=0)


def test_without_findings_there_is_nothing_to_test() -> None:
    made = Registers(tuple({*TABLES, *watch.TABLES}), AS_OF)
    assert shift.backtest(made, AS_OF) is None
    empty = shift.sheet(made, Asked(ON, AS_OF))
    assert (empty.sites, empty.top, empty.expected) == ((), (), 0)
    made.connection.close()


def test_strength_is_infinite_without_spread() -> None:
    assert shift_model.strength(np.array([2.0, 2.0]), np.array([2.0, 2.0])) == inf
    assert shift_model.strength(np.zeros(3), np.zeros(3)) == inf
