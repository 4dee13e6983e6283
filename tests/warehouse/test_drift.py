"""Scales that drift are found, those that do not are left alone, and the days behind it are those of the passages."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse import drift
from warehouse.drift import Rule, lane_of

RULE = Rule(30, 14, 200, 0.2, 0.03, 0.05, 3, 3.0, 5.0, 90)
FIRST = date(2026, 1, 1)
MPE = 0.05  # class 5 in service


def days(
    rng: np.random.Generator, count: int, trucks: float, shift: Callable[[int], float] = lambda day: 0.0,
    spread: float = 0.08, tests: bool = False, certificate: Callable[[int], str] = lambda day: "C1",
) -> list[dict[str, Any]]:  # fmt: skip
    """Days of a lane that weighs ``1 + shift(day)`` of what is there: trucks of 6,200 kg on the steering axle."""
    rows = []
    for day in range(count):
        loads = 6_200 * (1 + spread * rng.normal(size=rng.poisson(trucks))) * (1 + shift(day))
        rows.append({
            "passed_date": FIRST + timedelta(days=day), "site_code": "S", "county_code": "431102", "lane_code": "11",
            "device_no": "D", "certificate_no": certificate(day), "certificate_valid_to": FIRST + timedelta(days=365),
            "accuracy_class": "5", "max_error_ratio": MPE, "reference_count": len(loads),
            "steering_load_sum_kg": float(loads.sum()), "steering_load_square_sum": float((loads**2).sum()),
            "recheck_count": 0, "recheck_error_sum_ppm": 0, "recheck_error_square_sum": 0,
            "reference_deviation_ratio": shift(day) + 0.003 * rng.normal() if tests else None,
        })  # fmt: skip
    return rows


def judged(rows: list[dict[str, Any]], rule: Rule = RULE) -> drift.Lane:
    return lane_of(rows, rule, rows[-1]["passed_date"])


def after(day: int, size: float) -> Callable[[int], float]:
    return lambda at: size if at >= day else 0.0


def test_a_scale_that_does_not_drift_is_left_alone() -> None:
    """200 lanes of 250 days each, asked every week: how often a warning comes by chance."""
    rng, asked, warned, watched = np.random.default_rng(1), 0, 0, 0
    for _ in range(200):
        rows = days(rng, 250, trucks=float(rng.choice([4, 12, 60])))
        for last in range(60, 250, 7):
            state = judged(rows[:last]).state
            asked, warned, watched = asked + 1, warned + (state in ("warn", "stop")), watched + (state == "watch")
    print(f"{asked} questions of scales that do not drift: {warned} warnings, {watched} to look at")
    assert warned <= asked * 0.002
    assert watched <= asked * 0.002


@pytest.mark.parametrize(("size", "state", "within"), [(0.04, "warn", 30), (-0.04, "warn", 30), (0.07, "stop", 20),
                                                      (-0.07, "stop", 20)])  # fmt: skip
def test_a_step_is_found_with_the_day_on_which_it_began(size: float, state: str, within: int) -> None:
    found, since = [], []
    for seed in range(40):
        rows = days(np.random.default_rng([seed, 7]), 140, trucks=60, shift=after(80, size))
        delay = next((day for day in range(81, 141) if judged(rows[:day]).state in (state, "stop")), None)
        found.append(delay and delay - 80)
        lane = judged(rows)
        assert lane.witness == "trucks"
        assert lane.since is not None
        since.append((lane.since - FIRST).days - 80)
    seen = [delay for delay in found if delay]
    print(f"step of {size:+.0%}: {len(seen)} of 40 found, after {sorted(seen)[len(seen) // 2]} days; begins "
          f"{min(since)} to {max(since)} days off")  # fmt: skip
    assert len(seen) == 40
    assert sorted(seen)[len(seen) // 2] <= within
    assert max(since) <= 3, "rather early than late"
    assert sorted(since)[10] >= -10


def test_a_small_lasting_shift_is_worth_a_look_and_no_warning() -> None:
    states = [judged(days(np.random.default_rng([10, seed]), 200, 60, after(80, 0.015))).state for seed in range(20)]
    assert set(states) == {"watch"}


def test_a_lane_that_sees_too_little_says_so_and_not_that_all_is_well() -> None:
    quiet = judged(days(np.random.default_rng(2), 300, trucks=1, spread=0.25))
    assert quiet.state == "few"
    assert quiet.detectable is None or quiet.detectable > RULE.stop_ratio
    assert judged(days(np.random.default_rng(2), 10, trucks=60)).state == "few", "no baseline yet"
    assert judged(days(np.random.default_rng(2), 60, trucks=0)).baseline is None


def test_days_of_few_trucks_make_a_point_together_and_no_truck_is_lost() -> None:
    rows = days(np.random.default_rng(3), 120, trucks=11)
    lane = judged(rows)
    assert lane.baseline is not None
    behind = [row for row in rows if row["passed_date"] > lane.baseline.last]
    assert all(point.weighed >= RULE.reference_count for point in lane.trucks)
    assert all(before.last < point.first for before, point in zip(lane.trucks, lane.trucks[1:], strict=False))
    waiting = sum(row["reference_count"] for row in behind if row["passed_date"] > lane.trucks[-1].last)
    assert lane.baseline.truck_count >= RULE.baseline_count
    assert lane.baseline.truck_count + sum(point.weighed for point in lane.trucks) + waiting == sum(
        row["reference_count"] for row in rows
    )
    assert waiting < RULE.reference_count


def test_a_new_certificate_begins_anew() -> None:
    rows = days(np.random.default_rng(4), 160, 60, after(60, 0.07), certificate=lambda day: "C1" if day < 100 else "C2")
    assert judged(rows[:100]).state == "stop"
    lane = judged(rows)
    assert (lane.state, lane.certificate_no, lane.run_from) == ("steady", "C2", FIRST + timedelta(days=100))


def test_what_another_certificate_said_in_between_does_not_come_back() -> None:
    """C1, C2, C1: the last run begins after C2, not with the first C1."""
    named = lambda day: "C2" if 50 <= day < 60 else "C1"  # noqa: E731
    assert judged(days(np.random.default_rng(5), 120, 60, certificate=named)).run_from == FIRST + timedelta(days=60)


def test_a_certificate_that_lapses_and_a_gap_of_the_register_end_no_run() -> None:
    rows = days(np.random.default_rng(11), 160, 60, after(80, 0.07))
    assert judged(rows).state == "stop"
    for row in rows[140:]:
        row |= {"certificate_no": None, "certificate_valid_to": None, "accuracy_class": None, "max_error_ratio": None}
    rows[100] |= {"device_no": None, "certificate_no": None}
    lane = judged(rows)
    assert (lane.state, lane.run_from) == ("stop", FIRST)
    assert lane.certificate_no is None, "what is told of the certificate is of the last day"
    assert lane.max_error_ratio == MPE, "what re-weighings are held against is what was told last"


def test_since_is_the_earliest_day_that_any_witness_tells() -> None:
    rows = days(np.random.default_rng(12), 160, 60, after(80, 0.04))
    alone = judged(rows)
    for row in rows[130:]:
        row["reference_deviation_ratio"] = 0.08
    for row in rows[:130]:
        row["reference_deviation_ratio"] = 0.0
    both = judged(rows)
    assert (alone.state, both.state, both.witness) == ("warn", "stop", "self_test")
    assert both.since == alone.since


def test_the_own_test_tells_where_trucks_are_too_few() -> None:
    rows = days(np.random.default_rng(6), 60, trucks=0.5, shift=after(40, 0.065), tests=True)
    lane = judged(rows)
    assert (lane.state, lane.witness) == ("stop", "self_test")
    assert lane.since is not None
    assert abs((lane.since - FIRST).days - 40) <= 1
    assert judged(rows[:40]).state == "steady"


def test_re_weighings_beyond_the_class_are_a_warning() -> None:
    rows = days(np.random.default_rng(7), 60, trucks=60)
    errors = [0.061, 0.066, 0.07, 0.058, 0.064]
    rows[-1] |= {"recheck_count": 5, "recheck_error_sum_ppm": sum(errors) * 1e6,
                 "recheck_error_square_sum": sum(error**2 for error in errors) * 1e12}  # fmt: skip
    lane = judged(rows)
    # By hand: deviation 0.0046043, of the mean 0.0020591, t(4) = 2.77645
    assert lane.rechecks.total == 5
    assert lane.rechecks.mean == pytest.approx(0.0638)
    assert lane.rechecks.low == pytest.approx(0.0638 - 0.005717, abs=2e-6)
    assert (lane.state, lane.witness, lane.rechecks_say) == ("warn", "rechecks", "beyond")
    assert lane.since == rows[-1]["passed_date"], "of the first that was weighed again"
    old = lane_of(rows, RULE, rows[-1]["passed_date"] + timedelta(days=RULE.recheck_days))
    assert old.rechecks.total == 0


def test_the_interval_of_re_weighings_holds_the_truth_as_often_as_it_says() -> None:
    rng, inside, tries = np.random.default_rng(8), 0, 4_000
    for _ in range(tries):
        errors = rng.normal(0.02, 0.03, size=int(rng.integers(2, 12)))
        found = drift.rechecks_of([{
            "passed_date": FIRST, "recheck_count": len(errors), "recheck_error_sum_ppm": errors.sum() * 1e6,
            "recheck_error_square_sum": (errors**2).sum() * 1e12,
        }])  # fmt: skip
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 0.02 <= found.high
    print(f"95 % intervals of re-weighings: {inside / tries:.1%} of {tries} hold the truth")
    assert abs(inside / tries - 0.95) < 0.012


@settings(max_examples=60, deadline=None)
@given(st.floats(0.2, 5), st.integers(0, 2**32 - 1))
def test_the_unit_of_mass_does_not_matter(scale: float, seed: int) -> None:
    rows = days(np.random.default_rng(seed), 80, 40, after(50, 0.06))
    scaled = [
        row | {"steering_load_sum_kg": row["steering_load_sum_kg"] * scale,
               "steering_load_square_sum": row["steering_load_square_sum"] * scale**2} for row in rows
    ]  # fmt: skip
    one, other = judged(rows), judged(scaled)
    assert (one.state, one.since) == (other.state, other.since)


def test_a_lower_line_never_says_less() -> None:
    order = {state: at for at, state in enumerate(drift.STATES)}
    for seed in range(20):
        rows = days(np.random.default_rng([9, seed]), 120, 60, after(70, 0.035))
        strict = judged(rows, replace(RULE, warn_ratio=0.02, stop_ratio=0.03))
        assert order[strict.state] <= order[judged(rows).state]


# --- the days behind it --------------------------------------------------------------------------------
def test_the_days_of_a_lane_are_those_of_its_passages(published: Any) -> None:
    """Sums of the model against a plain walk over the delivered rows."""
    from warehouse.connection import snapshot

    db = snapshot()
    told = {
        (row["site_code"], row["lane_code"], row["passed_date"]): row for row in db.rows("select * from mart.scale_day")
    }
    least = drift.parameters(db, date(2026, 3, 3))["drift_loaded_kg"].value
    count: dict[Any, int] = defaultdict(int)
    load: dict[Any, float] = defaultdict(float)
    for row in db.rows("select * from core.passage where lane_code is not null"):
        flags = (row["flags"] or "").split(",")
        loads = row["axle_loads_kg"]
        if (
            row["axle_count"] == 6 and (row["axle_type_code"] or "157") == "157" and loads
            and (row["gross_vehicle_weight_kg"] or 0) >= least and 2_000 <= loads[0] <= 12_000
            and not {"E-ACCEL", "E-CLOSE", "E-CROSS"} & set(flags)
        ):  # fmt: skip
            key = row["site_code"], row["lane_code"], row["passed_date"]
            count[key] += 1
            load[key] += loads[0]
    assert sum(count.values()) > 20
    assert {key: row["reference_count"] for key, row in told.items() if row["reference_count"]} == dict(count)
    assert {key: told[key]["steering_load_sum_kg"] for key in count} == dict(load)


class _Days:
    """A source with the days of some lanes and the parameters of a published one."""

    def __init__(self, db: Any, rows: list[dict[str, Any]]) -> None:
        self._db, self._rows = db, rows

    def rows(self, sql: str, params: Any = None) -> list[dict[str, Any]]:
        if sql == drift._LAST:
            return [{"last_on": max(row["passed_date"] for row in self._rows)}]
        assert sql == drift._DAYS
        return self._rows

    def constant(self, sql: str, params: Any = None) -> list[dict[str, Any]]:
        return self._db.constant(sql, params)


def test_a_lane_out_of_service_is_nobodys_to_look_at(published: Any) -> None:
    from warehouse.connection import snapshot

    gone = days(np.random.default_rng(13), 160, 60, after(80, 0.07))
    there = [row | {"lane_code": "12"} for row in days(np.random.default_rng(14), 160 + drift.GONE_DAYS, 60)]
    for last, lanes in ((-1, ["11", "12"]), (len(there), ["12"])):
        source = _Days(snapshot(), [*gone, *there[:last]])
        found = drift.lanes(source, drift.Asked(FIRST + timedelta(days=400)))  # type: ignore[arg-type]
        assert sorted(one.lane_code for one in found) == lanes
