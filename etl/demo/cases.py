"""The enforcement chain of the prefecture: cases, their steps, decisions, payments and hand-overs.

A case is a row of arrays; its steps are a matrix of instants, one column a state, NaT where a step never
happened. What a delivery says of a case is its state on the delivery's last day, so the same case comes again
with every night that moves it on. Delays, missed clocks, late and missing payments, amended decisions, corrected
dates are drawn and kept as the truth, and so is who is a repeat violator by which reading.

At city scale a year has exactly 10,522 cases filed, 1,362 vehicles in illegal operation (``illegal``) and
penalties of a little more than nine million yuan; 400 vehicles have exactly three counted violations.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from etl.demo import illegal
from etl.demo.faults import CUT_LINE, TRUTH, Fault, around, damage_rows, text
from etl.demo.planted import anniversary
from etl.demo.screening import (
    COUNTED_RATIO,
    NAT_D,
    NAT_S,
    by_the_road,
    day64,
    in_office,
    of_span,
    of_year,
    officers,
    over_limit,
    same_trip,
    screened,
    texts,
    to_days,
    workdays_after,
    year_opens,
)
from etl.demo.world import Delivery, World, morning_after
from etl.demo.writer import head
from etl.feeds import feed

CASES, SIMPLE_CASES = 10_522, 1_450
PENALTY_YUAN = 9_003_200
"""Published figures of a year of the reference case; simple cases come on top of the cases filed, not of the sum."""
MOST_PER_PLATE = 2
"""Cases of a vehicle that no story makes a repeat violator: only planned ones reach three."""
EDGE_DAYS = 80
"""A planned violation of so many last days is settled on the spot: an ordinary case would not be decided in time."""
STATES = (
    "clue", "evidence_review", "notified", "decided_simple", "filed", "investigating", "pre_notice", "hearing",
    "legal_review", "no_penalty", "withdrawn", "transferred_other", "decided", "served", "amended", "part_paid",
    "overdue", "paid", "closed", "archived",
)  # fmt: skip
"""Columns of the matrix of steps, in the order in which the steps of a case follow each other."""
AT = {state: number for number, state in enumerate(STATES)}
# 令2016-62 art. 43, read in a secondary source: 500 yuan a whole tonne over, at most 30,000; up to 1 t a warning.
PER_TONNE_YUAN, MOST_YUAN = 500, 30_000
_HOMES = {
    "湘D": "衡阳", "湘L": "郴州", "湘E": "邵阳", "湘A": "长沙", "粤R": "清远", "粤A": "广州", "粤F": "韶关",
    "桂C": "桂林", "桂H": "桂林", "桂J": "贺州", "赣B": "赣州", "鄂A": "武汉", "豫R": "南阳", "贵H": "黔东南",
}  # fmt: skip


@dataclass(frozen=True)
class Cases:
    """Over-limit cases in order of filing. ``row``: position in ``over_limit_passages``.

    ``steps``: instant of each state (``STATES``) by case. ``wrong_until``: day up to which deliveries tell a wrong
    day of filing. ``first_fen``: the amount decided before it was amended; ``fen`` holds in the end.
    """

    row: np.ndarray
    number: np.ndarray
    simple: np.ndarray
    mode: np.ndarray
    steps: np.ndarray
    found: np.ndarray
    kind: np.ndarray
    statutory_fen: np.ndarray
    first_fen: np.ndarray
    fen: np.ndarray
    wrong_until: np.ndarray

    def day(self, state: str) -> np.ndarray:
        """Day of a step; NaT where it never happened."""
        return to_days(self.steps[:, AT[state]])

    @property
    def decided(self) -> np.ndarray:
        """Day of the decision, ordinary or simple."""
        simple = self.day("decided_simple")
        return np.where(np.isnat(simple), self.day("decided"), simple)

    @property
    def visible(self) -> np.ndarray:
        """Day from which the case-handling system knows the case."""
        return np.where(self.simple, self.day("decided_simple"), self.day("filed"))


# --- which passages become cases -----------------------------------------------------------------
@cache
def cases(world: World) -> Cases:
    """Every case of the world's days."""
    rng, over, looks = world.rng("cases"), over_limit(world), screened(world)
    confirmed = np.flatnonzero(looks.result == "confirmed")
    row, review = looks.row[confirmed], looks.at[confirmed]
    edge = over["is_edge"][row]
    last = day64(world.last_day)
    late_edge = edge & (to_days(over["passed_at"][row]) > last - EDGE_DAYS)
    mode = rng.choice(np.array(["off_site", "fixed_station", "mobile"], object), len(row), p=[0.82, 0.13, 0.05])
    mode[late_edge] = "fixed_station"
    steps = np.full((len(row), len(STATES)), NAT_S)
    steps[:, AT["clue"]] = over["passed_at"][row]
    steps[:, AT["evidence_review"]] = review
    filing = np.where(rng.random(len(row)) < 0.94, rng.integers(0, 8, len(row)), rng.integers(8, 26, len(row)))
    filing[edge] = np.minimum(filing[edge], 7)
    steps[:, AT["filed"]] = in_office(rng, workdays_after(world, to_days(review), filing))
    told = in_office(rng, workdays_after(world, to_days(review), np.minimum(filing, 1)))
    steps[:, AT["notified"]] = np.where(mode == "off_site", told, NAT_S)
    chosen = _chosen(world, rng, row, to_days(steps[:, AT["filed"]]), edge & ~late_edge)
    ordinary = np.flatnonzero(chosen)
    on_the_spot = np.flatnonzero(late_edge)
    taken = row[np.concatenate([ordinary, on_the_spot])]
    spot_row, spot_steps = _on_the_spot(world, rng, taken)
    steps[on_the_spot, AT["decided_simple"]] = by_the_road(rng, review[on_the_spot])
    steps[on_the_spot[:, None], [AT["filed"], AT["notified"]]] = NAT_S
    _proceed(world, rng, steps, ordinary, edge)
    every = np.concatenate([ordinary, on_the_spot])
    all_steps = np.concatenate([steps[every], spot_steps])
    all_row = np.concatenate([row[every], spot_row])
    all_mode = np.concatenate([mode[every], np.full(len(spot_row), "fixed_station", object)])
    simple = ~np.isnat(all_steps[:, AT["decided_simple"]])
    return _penalised(world, rng, all_row, all_steps, all_mode, simple)


def _chosen(world: World, rng: np.random.Generator, row: np.ndarray, filed: np.ndarray, must: np.ndarray) -> np.ndarray:
    """Marks the confirmed passages that are filed: the published number in the last year, its rate before."""
    over = over_limit(world)
    opens, last = day64(year_opens(world)), day64(world.last_day)
    ratio = max(0, len(world.days) - 365) / 365
    room = {True: of_year(world, CASES) - int((must & (filed >= opens)).sum()), False: 0}
    room[False] = round(world.figure(CASES) * ratio) - int((must & (filed < opens)).sum())
    chosen = must.copy()
    used: dict[str, int] = {}
    weight = 0.1 + over["excess_ratio"][row]
    for at in np.argsort(-(rng.random(len(row)) ** (1 / weight)), kind="stable").tolist():
        if over["is_edge"][row[at]] or filed[at] > last:
            continue
        plate, within = str(over["plate_no"][row[at]]), bool(filed[at] >= opens)
        if room[within] > 0 and used.get(plate, 0) < MOST_PER_PLATE:
            chosen[at] = True
            used[plate] = used.get(plate, 0) + 1
            room[within] -= 1
    return chosen


def _on_the_spot(world: World, rng: np.random.Generator, taken: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Small excesses settled by the road, without an off-site review: their rows and steps."""
    over = over_limit(world)
    busy = {str(plate) for plate in over["plate_no"][taken]} | {str(p) for p in over["plate_no"][screened(world).row]}
    small = np.flatnonzero((over["excess_kg"] <= 2_000) & ~over["is_edge"] & (over["confidence"] >= 0.9))
    chosen: list[int] = []
    for at in rng.permutation(small).tolist():
        plate = str(over["plate_no"][at])
        if len(chosen) < of_span(world, SIMPLE_CASES) and plate not in busy:
            chosen.append(at)
            busy.add(plate)
    rows = np.array(sorted(chosen), int)
    steps = np.full((len(rows), len(STATES)), NAT_S)
    steps[:, AT["clue"]] = over["passed_at"][rows]
    steps[:, AT["decided_simple"]] = by_the_road(rng, over["passed_at"][rows])
    return rows, steps


def _proceed(world: World, rng: np.random.Generator, steps: np.ndarray, at: np.ndarray, edge: np.ndarray) -> None:
    """Steps of ordinary cases from filing to decision; some end without one, some take more than 90 days."""
    count, sure = len(at), edge[at]
    filed = to_days(steps[at, AT["filed"]])

    def later(days: np.ndarray, low: int, high: int, share: float = 1.0) -> np.ndarray:
        found = workdays_after(world, days, rng.integers(low, high, count))
        return np.where(rng.random(count) < share, found, NAT_D)

    looked = later(filed, 0, 4)
    notice = looked + np.minimum(2 + rng.lognormal(1.9, 0.7, count).astype(int), 60).astype("m8[D]")
    notice = np.where(sure, np.minimum(notice, filed + 14), notice)
    hearing = np.where(sure, NAT_D, later(notice, 8, 15, 0.012))
    review = np.where(sure, NAT_D, later(np.fmax(notice, hearing), 1, 6, 0.04))
    before = np.fmax(np.fmax(notice, hearing), review)
    decided = later(before, 5, 13)
    slow = (rng.random(count) < 0.016) & ~sure
    decided = np.where(slow, filed + rng.integers(91, 140, count).astype("m8[D]"), decided)
    end = rng.random(count)
    ends = {"no_penalty": (end < 0.030), "withdrawn": (end >= 0.030) & (end < 0.037),
            "transferred_other": (end >= 0.037) & (end < 0.046)}  # fmt: skip
    for state, days in (
        ("investigating", looked), ("pre_notice", notice), ("hearing", hearing), ("legal_review", review),
    ):  # fmt: skip
        steps[at, AT[state]] = in_office(rng, days)
    instant = in_office(rng, decided)
    penal = np.ones(count, bool)
    for state, marked in ends.items():
        marked &= ~sure
        penal &= ~marked
        steps[at, AT[state]] = np.where(marked, instant, NAT_S)
    steps[at, AT["decided"]] = np.where(penal, instant, NAT_S)


# --- money and what follows a decision -----------------------------------------------------------
def _penalised(
    world: World, rng: np.random.Generator, row: np.ndarray, steps: np.ndarray, mode: np.ndarray, simple: np.ndarray
) -> Cases:
    over = over_limit(world)
    count, last = len(row), day64(world.last_day)
    excess = over["excess_kg"][row]
    statutory = np.minimum(excess // 1_000 * PER_TONNE_YUAN, MOST_YUAN) * (excess > 1_000)
    decided = to_days(np.where(simple, steps[:, AT["decided_simple"]], steps[:, AT["decided"]]))
    # A first small excess that was unloaded at once is let off with a warning.
    lenient = (excess <= 2_500) & (rng.random(count) < 0.5)
    fined = ~np.isnat(decided) & (statutory > 0) & ~lenient
    # Local discretion (invented): heavier loads get less off.
    factor = np.select([excess <= 5_000, excess <= 10_000, excess <= 20_000], [0.2, 0.24, 0.27], 0.3)
    drawn = np.rint(statutory * factor * rng.uniform(0.6, 1.5, count) / 50).astype(int) * 50
    yuan = np.where(fined, np.clip(drawn, 50, statutory), 0)
    yuan = np.where(simple & fined, np.minimum(yuan, np.where(excess > 2_000, 3_000, 200)), yuan)
    adjustable = fined & ~simple & (decided >= day64(year_opens(world))) & (decided <= last)
    if len(world.days) >= 300:
        rest = fined & ~adjustable & (decided >= day64(year_opens(world))) & (decided <= last)
        _adjust(rng, yuan, statutory, adjustable, _money(world) - int(yuan[rest].sum()))
    served = _served(world, rng, steps, decided, simple)
    able = fined & ~simple & ~np.isnat(served) & ~over["is_edge"][row] & (yuan * 2 <= statutory)
    amended_on = np.where(able, served + rng.integers(5, 40, count).astype("m8[D]"), NAT_D)
    amended = _some(rng, able & (amended_on <= last))
    steps[:, AT["amended"]] = in_office(rng, np.where(amended, amended_on, NAT_D))
    _close(rng, steps, fined, served)
    # Steps never go back: an instant drawn earlier than the one before it becomes that one.
    known = np.where(np.isnat(steps), np.iinfo(np.int64).min, steps.astype("M8[s]").astype(np.int64))
    steps = np.where(np.isnat(steps), NAT_S, np.maximum.accumulate(known, axis=1).astype("M8[s]"))
    review = steps[:, AT["evidence_review"]]
    found = to_days(np.where(np.isnat(review), steps[:, AT["clue"]], review))
    visible = np.where(simple, steps[:, AT["decided_simple"]], steps[:, AT["filed"]])
    order = np.lexsort((row, visible))
    order = order[to_days(visible[order]) <= last]
    filed = to_days(steps[:, AT["filed"]])
    until = filed + rng.integers(8, 60, count).astype("m8[D]")
    wrong = _some(rng, ~simple & (filed > found) & (until < last))
    wrong_until = np.where(wrong, until, NAT_D)
    return Cases(
        row=row[order], number=_numbers(to_days(visible[order]), simple[order]), simple=simple[order],
        mode=mode[order], steps=steps[order], found=found[order],
        kind=np.where(fined, "fine", "warning").astype(object)[order], statutory_fen=statutory[order] * 100,
        first_fen=(np.where(amended, yuan * 2, yuan) * 100)[order], fen=(yuan * 100)[order],
        wrong_until=wrong_until[order],
    )  # fmt: skip


def _some(rng: np.random.Generator, able: np.ndarray) -> np.ndarray:
    """Marks six in a thousand of all, at least one, among those that ``able`` allows."""
    marked = np.zeros(len(able), bool)
    marked[rng.permutation(np.flatnonzero(able))[: max(1, round(len(able) * 0.006))]] = True
    return marked


def _money(world: World) -> int:
    """Yuan that the last year's over-limit decisions must come to: the published sum less that of ``illegal``."""
    return round(of_year(world, PENALTY_YUAN) / 50) * 50 - illegal.decided_yuan(world)


def _adjust(rng: np.random.Generator, yuan: np.ndarray, most: np.ndarray, among: np.ndarray, target: int) -> None:
    """Scale fines and move them in steps of 50 yuan until they come to ``target``; none leaves 50 … ``most``."""
    at = np.flatnonzero(among)
    if not len(at):
        return
    scaled = np.rint(yuan[at] * target / max(1, yuan[at].sum()) / 50).astype(int) * 50
    yuan[at] = np.clip(scaled, 50, most[at])
    while difference := (target - int(yuan[at].sum())) // 50:
        step = 50 if difference > 0 else -50
        able = at[yuan[at] + step <= most[at]] if step > 0 else at[yuan[at] + step >= 50]
        if not len(able):
            return
        yuan[rng.permutation(able)[: abs(difference)]] += step


def _served(
    world: World, rng: np.random.Generator, steps: np.ndarray, decided: np.ndarray, simple: np.ndarray
) -> np.ndarray:
    """Day of receipt: mostly within seven working days, some later, some never."""
    count = len(decided)
    draw = rng.random(count)
    lag = np.where(draw < 0.93, rng.integers(0, 8, count), rng.integers(8, 26, count))
    served = workdays_after(world, decided, lag)
    served = np.where(simple, decided, np.where(draw > 0.98, NAT_D, served))
    steps[:, AT["served"]] = np.where(simple, steps[:, AT["decided_simple"]], in_office(rng, served))
    return served


def _close(rng: np.random.Generator, steps: np.ndarray, fined: np.ndarray, served: np.ndarray) -> None:
    """Payment in time, late, in parts or never; then closing, then the archive."""
    count = len(served)
    draw = rng.random(count)
    after = np.where(draw < 0.80, rng.integers(0, 16, count), rng.integers(16, 121, count)).astype("m8[D]")
    parts = fined & (draw >= 0.93) & (draw < 0.96)
    from_day = np.fmax(served, to_days(steps[:, AT["amended"]]))
    paid = np.where(fined & (draw < 0.96), from_day + after, NAT_D)
    half = np.where(parts, from_day + np.minimum(after, np.timedelta64(14, "D")), NAT_D)
    paid = np.where(parts, half + 30, paid)
    overdue = np.where(fined & ~(paid <= served + 15), served + 16, NAT_D)
    for state, days in (("part_paid", half), ("overdue", overdue), ("paid", paid)):
        steps[:, AT[state]] = in_office(rng, days)
    ended = paid.copy()
    for state in ("no_penalty", "withdrawn", "transferred_other"):
        ended = np.fmax(ended, to_days(steps[:, AT[state]]))
    ended = np.where(~fined & ~np.isnat(served), served, ended)
    closed = ended + rng.integers(0, 11, count).astype("m8[D]")
    steps[:, AT["closed"]] = in_office(rng, closed)
    filed_away = closed + rng.integers(30, 91, count).astype("m8[D]")
    steps[:, AT["archived"]] = in_office(rng, np.where(rng.random(count) < 0.9, filed_away, NAT_D))


def _numbers(visible: np.ndarray, simple: np.ndarray) -> np.ndarray:
    """Case numbers, counted by year and procedure."""
    counted: dict[tuple[int, bool], int] = {}
    found = []
    for day, is_simple in zip(visible.tolist(), simple.tolist(), strict=True):
        key = (day.year, is_simple)
        counted[key] = counted.get(key, 0) + 1
        found.append(f"永交{'简' if is_simple else ''}执〔{day.year}〕{counted[key]:06d}号")
    return np.array(found, object)


# --- what is delivered ---------------------------------------------------------------------------
@dataclass(frozen=True)
class Period:
    """The days a delivery tells of, and its file's day."""

    first: date
    last: date

    def has(self, days: np.ndarray) -> np.ndarray:
        return (days >= day64(self.first)) & (days <= day64(self.last))


def periods(world: World) -> list[Period]:
    """A month a delivery, then a night a delivery, as the world's passages come."""
    return [Period(days[0], days[-1]) for days in (*world.months, *([night] for night in world.own_nights))]


def _dates(days: np.ndarray, until: date) -> pa.Array:
    """Days as dates; what lies after ``until`` has not happened yet."""
    known = ~np.isnat(days) & (days <= day64(until))
    return pa.array(days.astype("datetime64[D]"), pa.date32(), mask=~known)


def _case_rows(world: World, period: Period) -> pa.Table:
    """Cases that moved in the period, as the system knows them on its last day."""
    found, over = cases(world), over_limit(world)
    until = day64(period.last)
    moved = (to_days(found.steps) >= day64(period.first)) & (to_days(found.steps) <= until)
    at = np.flatnonzero((moved.any(axis=1) | period.has(found.wrong_until)) & (found.visible <= until))
    row = found.row[at]
    steps = found.steps[at]
    happened = to_days(steps) <= until
    state = len(STATES) - 1 - np.argmax(happened[:, ::-1], axis=1)
    filed = found.day("filed")[at]
    filed = np.where(found.wrong_until[at] > until, np.maximum(found.found[at], filed - 1), filed)
    tonnes = over["gross_vehicle_weight_kg"][row] / 1_000
    facts = [
        f"{axles} 轴货车，车货总质量 {gross:g} 吨，超限 {excess / 1_000:g} 吨"
        for axles, gross, excess in zip(over["axle_count"][row], tonnes, over["excess_kg"][row], strict=True)
    ]
    who = _drivers(world, over["vehicle"][row])
    return pa.table({
        "case_no": texts(found.number[at]),
        "act_code": pa.array(["over_mass"] * len(at)),
        "detection_mode": texts(found.mode[at]),
        "check_no": texts(over["check_no"][row]),
        "plate_no": texts(over["plate_no"][row]),
        "plate_color_code": pa.array(over["plate_color_code"][row], pa.int32()),
        "driver_id_hash": pa.array([one[0] for one in who], pa.string()),
        "driver_certificate_no": pa.array([one[1] for one in who], pa.string()),
        "uscc": pa.array([one[2] for one in who], pa.string()),
        "county_code": texts(over["county_code"][row]),
        "violated_at": pa.array(over["passed_at"][row]),
        "found_on": _dates(found.found[at], period.last),
        "filed_on": _dates(filed, period.last),
        "procedure": texts(np.where(found.simple[at], "simple", "ordinary")),
        "case_state": texts(np.array(STATES, object)[state]),
        "closed_on": _dates(found.day("closed")[at], period.last),
        "as_reported": pa.array(facts, pa.string()),
    })  # fmt: skip


def _drivers(world: World, vehicles: np.ndarray) -> list[tuple[str | None, str | None, str | None]]:
    """Of each vehicle: its driver's hash or certificate, and its enterprise's code. Drivers from elsewhere: a hash."""
    certificates, ids, firms = _registered_drivers(world)
    found: list[tuple[str | None, str | None, str | None]] = []
    for vehicle in vehicles.tolist():
        if vehicle >= len(certificates):
            found.append((_hash(f"elsewhere {vehicle}"), None, None))
        elif vehicle % 10 < 7:
            found.append((None, certificates[vehicle], firms[vehicle]))
        else:
            found.append((_hash(ids[vehicle]), None, firms[vehicle]))
    return found


@cache
def _registered_drivers(world: World) -> tuple[list[str], list[str], list[str]]:
    table = world.drivers
    return (
        table["driver_certificate_no"].to_pylist(), table["citizen_id"].to_pylist(), world.vehicles["uscc"].to_pylist()
    )  # fmt: skip


def _hash(identity: str) -> str:
    """What the case system sends for a citizen id: keyed with its own secret, here an invented one."""
    return hashlib.blake2b(identity.encode(), key=b"fictional prefecture", digest_size=20).hexdigest()


def _event_rows(world: World, period: Period) -> pa.Table:
    """Steps that the system came to know in the period."""
    found = cases(world)
    days = to_days(found.steps)
    known = np.fmax(days, found.visible[:, None])
    case, state = np.nonzero(~np.isnat(days) & period.has(known))
    number = np.cumsum(~np.isnat(found.steps), axis=1)[case, state]
    officer = officers(world.rng("event_officers", period.last), len(case))
    return pa.table({
        "case_no": texts(found.number[case]),
        "event_no": pa.array(number, pa.int32()),
        "case_state": texts(np.array(STATES, object)[state]),
        "event_at": pa.array(found.steps[case, state]),
        "officer_no": pa.array(officer.tolist(), pa.string(), mask=state == AT["clue"]),
    })  # fmt: skip


def _decision_rows(world: World, period: Period) -> pa.Table:
    """Decisions made, served or amended in the period, as they stand on its last day."""
    found = cases(world)
    at = np.flatnonzero(
        ~np.isnat(found.decided)
        & (found.decided <= day64(period.last))
        & (period.has(found.decided) | period.has(found.day("served")) | period.has(found.day("amended")))
    )
    over = over_limit(world)
    is_registered = over["is_registered"][found.row[at]]
    subject = np.where(is_registered & (at % 9 < 4), "enterprise", np.where(at % 9 < 7, "driver", "vehicle"))
    still_first = ~(found.day("amended")[at] <= day64(period.last))
    return pa.table({
        "decision_no": texts(_decision_no(found.number[at])),
        "case_no": texts(found.number[at]),
        "subject_kind": texts(subject),
        "is_over_limit_case": pa.array(np.ones(len(at), bool)),
        "penalty_kind": texts(found.kind[at]),
        "statutory_fen": pa.array(found.statutory_fen[at]),
        "decided_fen": pa.array(np.where(still_first, found.first_fen[at], found.fen[at])),
        "decided_on": _dates(found.decided[at], period.last),
        "served_on": _dates(found.day("served")[at], period.last),
        "as_reported": pa.array(["《超限运输车辆行驶公路管理规定》第四十三条"] * len(at)),
    })  # fmt: skip


def _decision_no(numbers: np.ndarray) -> np.ndarray:
    return np.array([number.replace("执", "罚") for number in numbers.tolist()], object)


@cache
def _payments(world: World) -> pa.Table:
    """Every payment: principal and surcharge in fen, with the days it is late; and the case it belongs to.

    Surcharge is 3 % of the principal for each day after the fifteenth, at most the principal (行政处罚法 art. 72);
    three in ten late payers are let off. A few payments are reversed and made anew.
    """
    found, rng = cases(world), world.rng("payments")
    rows: list[tuple[int, np.datetime64, int, int, int]] = []
    paid, half, served = found.day("paid"), found.day("part_paid"), found.day("served")
    for at in np.flatnonzero(~np.isnat(paid) & (found.fen > 0)).tolist():
        fen = int(found.fen[at])
        late = int(((paid[at] - served[at]) / np.timedelta64(1, "D")) - 15)
        first = fen // 2 // 100 * 100 if not np.isnat(half[at]) else 0
        if first:
            rows.append((at, half[at], first, 0, 0))
        waived = rng.random() < 0.3 or first > 0
        surcharge = 0 if late <= 0 or waived else min(fen, (fen * 3 * late + 50) // 100)
        rows.append((at, paid[at], fen - first, surcharge, max(0, late)))
        if rng.random() < 0.002 and not first:
            rows.append((at, paid[at] + 1, -(fen - first), -surcharge, max(0, late)))
            rows.append((at, paid[at] + 3, fen - first, surcharge, max(0, late)))
    rows.sort(key=lambda row: (row[1], row[0]))
    rows = [row for row in rows if row[1] <= day64(world.last_day)]
    case = np.array([row[0] for row in rows], int)
    channels = np.array(["online", "counter", "transfer", "pos"], object)
    channel = rng.choice(channels, len(rows), p=[0.55, 0.2, 0.15, 0.1])
    spot = found.simple[case] & (np.array([row[2] for row in rows]) <= 10_000)
    days = np.array([row[1] for row in rows], "datetime64[D]")
    return pa.table({
        "payment_no": pa.array([f"B{day:%Y%m%d}{at:08d}" for at, day in enumerate(days.tolist(), 1)], pa.string()),
        "decision_no": texts(_decision_no(found.number[case])),
        "paid_on": pa.array(days),
        "payment_channel": texts(np.where(spot, "on_the_spot", channel)),
        "paid_fen": pa.array([row[2] for row in rows], pa.int64()),
        "surcharge_fen": pa.array([row[3] for row in rows], pa.int64()),
        "days_late": pa.array([row[4] for row in rows], pa.int32()),
        "arrives_late": pa.array(rng.random(len(rows)) < 0.01),
    })  # fmt: skip


def _payment_rows(world: World, period: Period) -> pa.Table:
    """Payments booked in the period; one in a hundred comes with the next delivery."""
    table = _payments(world)
    paid, late = np.array(table["paid_on"], "datetime64[D]"), np.asarray(table["arrives_late"])
    late &= paid <= day64(world.last_day) - 1
    before = [one for one in periods(world) if one.last < period.first]
    again = before[-1].has(paid) & late if before else np.zeros(len(paid), bool)
    now = period.has(paid) & ~(late & (day64(period.last) < day64(world.last_day)))
    return table.filter(pa.array(again | now)).drop_columns(["days_late", "arrives_late"])


@cache
def _handovers(world: World) -> pa.Table:
    """Letters about closed cases of vehicles from elsewhere: most in time, some late, some not written."""
    found, over, rng = cases(world), over_limit(world), world.rng("handovers")
    plates = over["plate_no"][found.row]
    away = np.array([plate[:2] in _HOMES for plate in plates.tolist()], bool)
    penal = ~np.isnat(found.decided)
    at = np.flatnonzero(away & penal & (found.day("closed") <= day64(world.last_day)))
    draw = rng.random(len(at))
    lag = np.where(draw < 0.86, rng.integers(0, 7, len(at)), rng.integers(8, 40, len(at)))
    # Both sides of the edge: the seventh working day is in time, the eighth is not.
    lag = np.where(draw < 0.06, 7, np.where((draw >= 0.86) & (draw < 0.90), 8, lag))
    sent = workdays_after(world, found.day("closed")[at], lag)
    sent = np.where((draw > 0.97) | (sent > day64(world.last_day)), NAT_D, sent)
    answered = np.where(rng.random(len(at)) < 0.6, sent + rng.integers(3, 40, len(at)).astype("m8[D]"), NAT_D)
    homes = [_HOMES[plate[:2]] for plate in plates[at].tolist()]
    return pa.table({
        "handover_no": pa.array([number.replace("执", "抄") for number in found.number[at].tolist()], pa.string()),
        "case_no": texts(found.number[at]),
        "plate_no": texts(plates[at]),
        "plate_color_code": pa.array(over["plate_color_code"][found.row[at]], pa.int32()),
        "home_authority": pa.array([f"{home}市交通运输主管部门" for home in homes], pa.string()),
        "closed_on": pa.array(found.day("closed")[at]),
        "sent_on": pa.array(sent),
        "received_on": pa.array(answered),
        "working_days": pa.array(lag, pa.int32(), mask=np.isnat(sent)),
    })  # fmt: skip


def _handover_rows(world: World, period: Period) -> pa.Table:
    """Letters sent or answered in the period."""
    table = _handovers(world)
    sent, answered = (np.array(table[name], "datetime64[D]") for name in ("sent_on", "received_on"))
    rows = table.filter(pa.array(period.has(sent) | period.has(answered)))
    received = _dates(np.array(rows["received_on"], "datetime64[D]"), period.last)
    at = rows.column_names.index("received_on")
    return rows.set_column(at, "received_on", received).drop_columns(["working_days"])


def _screening_rows(world: World, period: Period) -> pa.Table:
    """Looks of the period; a passage that was pending has two."""
    looks, over = screened(world), over_limit(world)
    row = np.concatenate([looks.row, looks.row])
    at = np.concatenate([looks.first_at, looks.at])
    result = np.concatenate([np.full(len(looks.row), "pending", object), looks.result])
    void = np.concatenate([np.full(len(looks.row), None, object), looks.void])
    chosen = np.flatnonzero(~np.isnat(at) & period.has(to_days(at)))
    chosen = chosen[np.lexsort((row[chosen], at[chosen]))]
    return pa.table({
        "check_no": texts(over["check_no"][row[chosen]]),
        "site_code": texts(over["site_code"][row[chosen]]),
        "passed_at": pa.array(over["passed_at"][row[chosen]]),
        "screened_at": pa.array(at[chosen]),
        "screening_result": texts(result[chosen]),
        "void_code": texts(void[chosen]),
        "officer_no": texts(officers(world.rng("screening_officers", period.last), len(chosen))),
    })  # fmt: skip


# feed, file name, rows of a period, hour and minute of arrival, and lines that come spoiled beside the good ones
_FEEDS: tuple[tuple[str, str, Any, tuple[int, int], tuple[Fault, ...]], ...] = (
    ("violation_screening", "screening_{}.csv", _screening_rows, (1, 5),
     (CUT_LINE, text("R-CODE", officer_no="王某"), text("R-CODE", screening_result="同意"))),
    ("enforcement_case", "enforcement_case_{}.csv", _case_rows, (1, 10),
     (CUT_LINE, text("R-CODE", act_code="闯禁令"), text("R-IDNO", uscc="91431100MAE00000XX"))),
    ("case_event", "case_event_{}.csv", _event_rows, (1, 12),
     (CUT_LINE, text("R-NUMBER", event_no="三"), text("R-CODE", case_state="办理中"))),
    ("penalty_decision", "penalty_decision_{}.ndjson", _decision_rows, (1, 15),
     (text("R-NUMBER", decided_fen="三百元"), text("R-AMOUNT", decided_fen="-300"))),
    ("penalty_payment", "penalty_payment_{}.csv", _payment_rows, (1, 20),
     (CUT_LINE, text("R-NUMBER", paid_fen="1,300.00"), text("R-DATEFORM", paid_on="2026/11/02"))),
    ("case_handover", "case_handover_{}.csv", _handover_rows, (1, 25), (CUT_LINE, text("R-EMPTY", home_authority=""))),
)  # fmt: skip
ROWS_FOR_FAULTS = 40
"""Fewer rows in a delivery stay undamaged: a few bad ones would stop it."""


def deliveries(world: World) -> Iterator[Delivery]:
    """Every feed of the chain, a month and then a night at a time. A night without rows has a file without rows where
    one is expected.

    Spoiled lines are copies beside the good ones, so that no record is lost by them. One month of decisions comes
    twice under two names, and one month of cases again, with the words of its facts corrected.
    """
    for number, period in enumerate(periods(world)):
        for name, form, rows_of, (hour, minute), bad in _FEEDS:
            rows = rows_of(world, period)
            if not rows.num_rows and feed(name).expected_every_days is None:
                continue
            file = form.format(f"{period.last:%Y%m%d}")
            delivery = Delivery(name, file, rows, period.last, morning_after(period.last, hour, minute))
            if rows.num_rows >= ROWS_FOR_FAULTS:
                delivery = _damaged(world, delivery, bad)
            yield delivery
            if number == 1 and name == "penalty_decision" and period.first != period.last:
                again = form.format(f"{period.last:%Y%m%d}_again")
                yield Delivery(name, again, rows, period.last, morning_after(period.last, 9), delivery.data)
            if number == 2 and name == "enforcement_case" and period.first != period.last:
                yield _reissued(delivery, form)


def _damaged(world: World, delivery: Delivery, bad: tuple[Fault, ...]) -> Delivery:
    """The delivery with copies of its first rows, spoiled, behind the good ones."""
    assert delivery.table is not None
    declared, rows = feed(delivery.feed), delivery.table
    ahead = rows.num_rows + (1 if head(declared) else 0)
    copies = rows.slice(0, len(bad))
    body, truth = damage_rows(declared, copies, bad, world.rng("damage", delivery.name), delivery.name, after=ahead)
    data = around(declared, rows, body, rows.slice(0, 0), delivery.name)
    return Delivery(
        delivery.feed, delivery.name, rows, delivery.day, delivery.at, data, {"damaged_line": truth.cast(TRUTH)}
    )  # fmt: skip


def _reissued(delivery: Delivery, form: str) -> Delivery:
    """The month's cases sent anew: the words of the facts were corrected, nothing else."""
    assert delivery.table is not None
    rows = delivery.table
    facts = pa.array([f"{told}（更正）" for told in rows["as_reported"].to_pylist()], pa.string())
    rows = rows.set_column(rows.column_names.index("as_reported"), "as_reported", facts)
    name = form.format(f"{delivery.day:%Y%m%d}_r2")
    at = morning_after(delivery.day + timedelta(days=6), 9)
    return Delivery(delivery.feed, name, rows, delivery.day, at, truth={"correction_case": rows.select(["case_no"])})


# --- the truth -----------------------------------------------------------------------------------
def truth(world: World) -> dict[str, pa.Table]:
    """Cases with their clocks, repeat violators by every reading, payments, hand-overs."""
    return {
        "case": _case_truth(world),
        "repeat_violator": repeat_violators(world),
        "payment": _payments(world),
        "handover": _handovers(world),
    }


def _case_truth(world: World) -> pa.Table:
    found, over = cases(world), over_limit(world)
    last = day64(world.last_day)
    wrong = np.where(np.isnat(found.wrong_until), NAT_D, np.maximum(found.found, found.day("filed") - 1))
    return pa.table({
        "case_no": texts(found.number),
        "check_no": texts(over["check_no"][found.row]),
        "vehicle": pa.array(over["vehicle"][found.row]),
        "story": texts(over["story"][found.row]),
        "filed_on": pa.array(found.day("filed")),
        "filed_on_as_first_told": pa.array(wrong),
        "decided_on": pa.array(found.decided, mask=~(found.decided <= last)),
        "decided_fen": pa.array(found.fen),
        "is_amended": pa.array(found.day("amended") <= last),
        "is_decided_late": pa.array(found.decided > found.day("filed") + 90),
        "is_closed": pa.array(found.day("closed") <= last),
    })  # fmt: skip


def repeat_violators(world: World) -> pa.Table:
    """Vehicles of the edge stories: how many violations of the last year count, by reading.

    ``decided``: decisions. ``counted``: above 10 % without what the scale may err by, trips within 24 hours merged, 365
    days to the last day: the usual reading. ``counted_any_excess``: without the 10 %. ``counted_unmerged``: without
    merging.
    ``counted_cycle``: the usual reading within the permit's year that runs on the last day.
    Every vehicle that is not here has at most two.
    """
    found, over = cases(world), over_limit(world)
    keep = (found.decided <= day64(world.last_day)) & over["is_edge"][found.row]
    row = found.row[keep]
    row = row[np.argsort(over["passed_at"][row], kind="stable")]
    row = row[to_days(over["passed_at"][row]) >= day64(year_opens(world))]
    above = over["excess_ratio_after_allowance"][row] > COUNTED_RATIO
    merged = ~same_trip(over, row)
    merged_above = np.zeros(len(row), bool)
    merged_above[np.flatnonzero(above)] = ~same_trip(over, row[above])
    issued = world.vehicles["first_issue_date"].to_pylist()
    vehicles: dict[int, list[int]] = {}
    for position, vehicle in enumerate(over["vehicle"][row].tolist()):
        vehicles.setdefault(vehicle, []).append(position)
    rows = []
    for vehicle, at in sorted(vehicles.items()):
        cycle = day64(anniversary(issued[vehicle], world.last_day))
        inside = to_days(over["passed_at"][row[at]]) >= cycle
        rows.append({
            "vehicle": vehicle, "plate_no": over["plate_no"][row[at[0]]],
            "plate_color_code": int(over["plate_color_code"][row[at[0]]]),
            "story": over["story"][row[at[0]]], "story_no": int(over["story_no"][row[at[0]]]),
            "first_issue_date": issued[vehicle], "decided": len(at), "counted": int(merged_above[at].sum()),
            "counted_any_excess": int(merged[at].sum()), "counted_unmerged": int(above[at].sum()),
            "counted_cycle": int((merged_above[at] & inside).sum()),
        })  # fmt: skip
    return pa.Table.from_pylist(rows)
