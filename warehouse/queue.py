"""What the queue of cases comes to in the next weeks: how many stand in each state, how many are decided and closed.

The unit is one over-limit case from its filing on, or from its decision on the spot: before that it is a clue that the
list of cases does not tell in time. A case is in the state of its last accepted step (``core.case_state``). Cases
without a step are counted and left out: since when they wait is not known.

From each state a case goes on by what those did that entered it within ``forecast_history_days`` of the day: days in
the state and the state after it are drawn together, by the curve of Kaplan and Meier (those still in it are censored),
given that a case has waited as long as it has; what nobody left after so many days is not left. New cases are the
arrivals of a week drawn from the last ``forecast_arrival_weeks``, as far as there are data of them, by weekday and
first state. Both are drawn again for each of ``DRAWS`` runs (spells by Poisson weights, weeks with replacement), so
that an interval holds what little is known, too; what it cannot hold is a change: a holiday, more staff, another
practice. All begins at ``SEED``.

``back_test`` makes the same forecast on days gone by, of what had happened by then, and holds it against what came. A
step that was delivered late is known to it and was not then. Nothing here is a target (行政处罚法 art. 74).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np

from warehouse.cases import CASE_STATES, COURSE_TABLES, OVER, Filter, cases_sql
from warehouse.errors import WarehouseError
from warehouse.metrics import Source
from warehouse.parameters import Parameter, numbers

TABLES = COURSE_TABLES
"""What is read here."""
BEFORE_FILING = ("clue", "evidence_review", "void", "notified")
"""States before a case is in the queue."""
STATES = tuple(state for state in CASE_STATES if state not in BEFORE_FILING)
OPEN_STATES = tuple(state for state in STATES if state not in OVER)
OPEN = "open"
"""Name of the line of all open cases."""
FLOWS = {"filed": ("filed",), "decided": ("decided", "decided_simple"), "paid": ("paid",), "closed": ("closed",)}
"""What is counted by week: the cases that come into one of these states."""
PARAMETERS = ("forecast_history_days", "forecast_arrival_weeks", "forecast_least_exits", "forecast_share")
MOST_WEEKS = 26
DRAWS = 400
SEED = 20_210_715
BACK_TESTS = 8
"""Forecasts of days gone by, a week apart."""
MOST_STEPS = 50
"""Steps of a case within the weeks, after which it stays."""
_AT_A_TIME = 100
_NEVER = 2**40
_STEPS = """
with step as (
    select told.case_no, told.step_no, told.event_on, told.state_after
    from core.case_state as told
    inner join core.case_life as life on life.case_kind = 'over_limit' and life.case_no = told.case_no
    where told.is_accepted and told.event_on <= $as_of and told.state_after <> told.from_state
        and not list_contains($before, told.state_after)
        and (cast($county as varchar) is null or life.county_code = $county)
)
select event_on as entered_on, state_after as case_state,
    lead(event_on) over (partition by case_no order by step_no) as left_on,
    lead(state_after) over (partition by case_no order by step_no) as next_state,
    row_number() over (partition by case_no order by step_no) = 1 as is_first
from step
order by case_no, step_no
"""
_FIRST = """
select min(event_on) as first_day from core.case_state
where is_accepted and event_on <= $as_of and not list_contains($before, state_after)
"""
_UNTIMED = """
select count(*)::bigint as case_count
from ({cases}) as told
where told.case_kind = 'over_limit' and not list_contains($before, told.case_state)
    and not list_contains($over, told.case_state) and told.closed_on is null and not exists (
        select 1 from core.case_state as step
        where step.case_no = told.case_no and step.is_accepted and step.event_on <= $as_of
            and not list_contains($before, step.state_after)
    )
"""


# --- what is asked and answered ----------------------------------------------------------------------
@dataclass(frozen=True)
class Asked:
    """The queue of a day, of a county (None: of all), for so many weeks.

    Raises ``WarehouseError`` for less than a week and more than ``MOST_WEEKS``.
    """

    as_of: date
    weeks: int
    county: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.weeks <= MOST_WEEKS:
            raise WarehouseError(f"A forecast is of 1 to {MOST_WEEKS} weeks, not of {self.weeks}.")


@dataclass(frozen=True)
class Expected:
    """A number of one week: its mean over the runs and the interval that holds ``forecast_share`` of them."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Line:
    """One state, or one flow: how many stand in it now (of a flow: came in the last seven days), and by weeks.

    ``exit_count``: of a state those that left it within the history, of a flow those that came. ``weeks`` is empty
    where these are fewer than ``forecast_least_exits``: too little data.
    """

    name: str
    now_count: int
    exit_count: int
    weeks: tuple[Expected, ...]


@dataclass(frozen=True)
class Tested:
    """A forecast of a day gone by for its last week, and what came."""

    name: str
    is_flow: bool
    expected: Expected
    came: int


@dataclass(frozen=True)
class BackTest:
    """``lines``: the newest forecast whose weeks are over, made on ``made_on``. ``inside`` of ``count`` numbers, of all
    weeks of ``forecast_count`` forecasts, came to lie in their interval."""

    made_on: date
    lines: tuple[Tested, ...]
    forecast_count: int
    inside: int
    count: int


@dataclass(frozen=True)
class Forecast:
    """``states``: all open cases (``OPEN``), then the open states that a case is in or comes to be in.
    ``untimed_count``: open cases without a step."""

    states: tuple[Line, ...]
    flows: tuple[Line, ...]
    untimed_count: int
    back_test: BackTest | None
    parameters: Mapping[str, Parameter]

    @property
    def share(self) -> float:
        """Of the runs, which an interval holds."""
        return self.parameters["forecast_share"].value


class History(NamedTuple):
    """Spells as arrays: days as numbers, states by their place in ``STATES``; ``left`` ``_NEVER`` and ``after`` -1
    where nothing ended it. ``first_day``: of the data, of whatever county; before it nothing is known."""

    entered: np.ndarray
    left: np.ndarray
    state: np.ndarray
    after: np.ndarray
    is_first: np.ndarray
    first_day: int


class _Settings(NamedTuple):
    history_days: int
    arrival_weeks: int
    least: int
    share: float


def forecast(source: Source, asked: Asked) -> Forecast:
    """The queue in the weeks after the day, and how well such forecasts did before."""
    parameters = numbers(source, PARAMETERS, asked.as_of)
    days, weeks, least, share = (parameters[name].value for name in PARAMETERS)
    settings = _Settings(int(days), int(weeks), int(least), share)
    history, day = read(source, asked), asked.as_of.toordinal()
    states, flows = lines(history, day, asked.weeks, settings)
    query, given = cases_sql(Filter(county=asked.county))
    (untimed,) = source.rows(
        _UNTIMED.format(cases=query), {"as_of": asked.as_of, "before": list(BEFORE_FILING), "over": list(OVER), **given}
    )
    return Forecast(
        states, flows, untimed["case_count"], back_test(history, day, asked.weeks, settings), parameters
    )  # fmt: skip


def read(source: Source, asked: Asked) -> History:
    """Every spell from filing on that began by the day."""
    bound = {"as_of": asked.as_of, "before": list(BEFORE_FILING)}
    (known,) = source.rows(_FIRST, bound)
    return history_of(source.rows(_STEPS, bound | {"county": asked.county}), known["first_day"] or asked.as_of)


def history_of(rows: Sequence[Mapping[str, Any]], first_day: date) -> History:
    place = {state: at for at, state in enumerate(STATES)}
    return History(
        np.array([row["entered_on"].toordinal() for row in rows], np.int64),
        np.array([row["left_on"].toordinal() if row["left_on"] else _NEVER for row in rows], np.int64),
        np.array([place[row["case_state"]] for row in rows], np.int64),
        np.array([place[row["next_state"]] if row["next_state"] else -1 for row in rows], np.int64),
        np.array([row["is_first"] for row in rows], bool),
        first_day.toordinal(),
    )


# --- a forecast --------------------------------------------------------------------------------------
def lines(
    history: History, day: int, weeks: int, settings: _Settings, draws: int = DRAWS
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """All open cases, open states and flows of the weeks after a day, from what had happened by then."""
    standing, coming = simulated(history, day, weeks, settings, draws)
    now = present(history, day)
    in_window = (history.entered <= day) & (history.entered > day - settings.history_days)
    exits = np.bincount(history.state[in_window & (history.left <= day)], minlength=len(STATES))
    entries = np.bincount(history.state[in_window], minlength=len(STATES))
    has_arrivals = arrived(history, day, settings).size >= settings.least
    is_open = _places(OPEN_STATES)
    whole = _line(
        OPEN, int(now[is_open].sum()), int(entries[_places(OVER)].sum()), standing[:, is_open].sum(axis=1),
        settings, has_arrivals,
    )  # fmt: skip
    states = tuple(
        _line(state, int(now[at]), int(exits[at]), standing[:, at], settings, has_arrivals)
        for state in OPEN_STATES
        if now[at := STATES.index(state)] or standing[:, at].any()
    )
    last_week = came(history, day - 7, 1)
    flows = tuple(
        _line(
            name, int(last_week[own, 0].sum()), int(entries[own].sum()), coming[:, own].sum(axis=1), settings,
            has_arrivals,
        )
        for name, into in FLOWS.items()
        if (own := _places(into))
    )  # fmt: skip
    return (whole, *states), flows


def _places(states: Iterable[str]) -> list[int]:
    return [STATES.index(state) for state in states if state in STATES]


def _line(name: str, now: int, exits: int, runs: np.ndarray, settings: _Settings, has_arrivals: bool) -> Line:
    if exits < settings.least or not has_arrivals:
        return Line(name, now, exits, ())
    low, high = np.quantile(runs, [(1 - settings.share) / 2, (1 + settings.share) / 2], axis=0)
    expected = zip(runs.mean(axis=0).tolist(), low.tolist(), high.tolist(), strict=True)
    return Line(name, now, exits, tuple(Expected(*one) for one in expected))


def present(history: History, day: int) -> np.ndarray:
    """Cases in each state at the end of a day."""
    held = (history.entered <= day) & (history.left > day)
    return np.bincount(history.state[held], minlength=len(STATES))


def came(history: History, day: int, weeks: int) -> np.ndarray:
    """Cases that came into each state in each of the weeks after a day."""
    ahead = history.entered - day
    within = (ahead > 0) & (ahead <= 7 * weeks)
    cell = history.state[within] * weeks + (ahead[within] - 1) // 7
    return np.bincount(cell, minlength=len(STATES) * weeks).reshape(len(STATES), weeks)


def arrival_weeks(history: History, day: int, settings: _Settings) -> int:
    """Weeks of which arrivals are drawn: whole ones within the data. A week before them is not one without cases."""
    return max(0, min(settings.arrival_weeks, (day - history.first_day + 1) // 7))


def arrived(history: History, day: int, settings: _Settings) -> np.ndarray:
    """Places of the spells with which a case came into the queue in these weeks."""
    ago = day - history.entered
    return np.flatnonzero(history.is_first & (ago >= 0) & (ago < 7 * arrival_weeks(history, day, settings)))


def simulated(history: History, day: int, weeks: int, settings: _Settings, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Of every run, state and week: cases standing in it at its end, and cases that came into it."""
    rng = np.random.default_rng(SEED)
    parts = [
        _runs(history, day, weeks, settings, min(_AT_A_TIME, draws - done), rng) for done in range(0, draws, _AT_A_TIME)
    ]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _runs(
    history: History, day: int, weeks: int, settings: _Settings, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    ways = _ways(history, day, settings, draws, rng)
    held = (history.entered <= day) & (history.left > day)
    # The closed of years are left out, but for those that may still move.
    reach = np.array([ways[at].days[-1] if at in ways else -1 for at in range(len(STATES))])
    reach[_places(OPEN_STATES)] = _NEVER
    held &= day - history.entered < reach[history.state]
    run = np.repeat(np.arange(draws), held.sum())
    state, since = np.tile(history.state[held], draws), np.tile(history.entered[held] - day, draws)
    age = -since  # a case that comes in has no age: it may leave on the same day
    new_run, new_state, new_since = _arrivals(history, day, weeks, settings, draws, rng)
    run, state = np.concatenate([run, new_run]), np.concatenate([state, new_state])
    since, age = np.concatenate([since, new_since]), np.concatenate([age, np.full(len(new_run), -1)])
    standing = np.zeros((draws, len(STATES), weeks + 2), np.int64)
    coming = np.zeros((draws, len(STATES), weeks + 1), np.int64)
    steps = 0
    while len(run):
        first_week = np.maximum(1, -(-since // 7))
        entered = since > 0
        _add(coming, run[entered], state[entered], first_week[entered])
        after, days = _leave(ways, run, state, age, rng)
        steps += 1
        if steps == MOST_STEPS:  # to and fro within a day, and no run of it drew the one that stayed
            days[:] = _NEVER
        left = since + days
        last_week = np.minimum(weeks + 1, -(-left // 7))
        shown = first_week < last_week
        _add(standing, run[shown], state[shown], first_week[shown])
        _add(standing, run[shown], state[shown], last_week[shown], -1)
        goes_on = left <= 7 * weeks
        run, state, since = run[goes_on], after[goes_on], left[goes_on]
        age = np.full(len(run), -1)
    return np.cumsum(standing, axis=2)[:, :, 1:-1], coming[:, :, 1:]


def _add(counts: np.ndarray, run: np.ndarray, state: np.ndarray, week: np.ndarray, each: int = 1) -> None:
    cell = (run * counts.shape[1] + state) * counts.shape[2] + week
    counts += each * np.bincount(cell, minlength=counts.size).reshape(counts.shape)


class _Way(NamedTuple):
    """How cases leave a state: days in it and the state after, ordered by days; ``shares``: a row a run, the share that
    has left by each."""

    days: np.ndarray
    after: np.ndarray
    shares: np.ndarray


def _ways(history: History, day: int, settings: _Settings, draws: int, rng: np.random.Generator) -> dict[int, _Way]:
    """Of each state that anything left, drawn for every run anew."""
    held = (history.entered <= day) & (history.entered > day - settings.history_days)
    is_over = history.left[held] <= day
    days = np.minimum(history.left[held], day) - history.entered[held]
    # Of those that end on a day the censored ones come last: they were still at risk on it.
    cells, counts = np.unique(
        np.stack([history.state[held], days, ~is_over, np.where(is_over, history.after[held], -1)], axis=1),
        axis=0, return_counts=True,
    )  # fmt: skip
    weights = rng.poisson(counts, (draws, len(counts)))
    found: dict[int, _Way] = {}
    for state in np.unique(cells[:, 0]).tolist():
        own = cells[:, 0] == state
        of_days, ended, after, weight = cells[own, 1], cells[own, 2] == 0, cells[own, 3], weights[:, own]
        if not ended.any():
            continue
        begins = np.searchsorted(of_days, of_days)  # the first cell of the same day
        at_risk = np.cumsum(weight[:, ::-1], axis=1)[:, ::-1][:, begins]
        hazard = np.divide(weight * ended, at_risk, out=np.zeros(weight.shape), where=at_risk > 0)
        firsts = np.flatnonzero(np.diff(of_days, prepend=-1))
        stay = 1 - np.add.reduceat(hazard, firsts, axis=1)
        open_before = np.concatenate([np.ones((draws, 1)), np.cumprod(np.clip(stay, 0, 1), axis=1)[:, :-1]], axis=1)
        jump = hazard * open_before[:, np.searchsorted(of_days[firsts], of_days)]
        found[state] = _Way(of_days[ended], after[ended], np.cumsum(jump[:, ended], axis=1))
    return found


def _leave(
    ways: Mapping[int, _Way], run: np.ndarray, state: np.ndarray, age: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """State after and days in the state of each case, which has been in it for more days than its age."""
    after, days = np.full(len(run), -1), np.full(len(run), _NEVER)
    chance = rng.random(len(run))
    for at in np.unique(state).tolist():
        if at not in ways:
            continue
        way, own = ways[at], np.flatnonzero(state == at)
        runs, count = run[own], way.shares.shape[1]
        gone = np.searchsorted(way.days, age[own], side="right")  # ways that an age is past
        left = np.where(gone > 0, way.shares[runs, np.maximum(gone - 1, 0)], 0.0)
        wanted = left + chance[own] * (1 - left)
        # One search for all runs: shares of a run lie between its number and the next.
        ordered = (np.arange(len(way.shares))[:, None] + np.minimum(way.shares, 1 - 1e-12)).ravel()
        found = np.maximum(np.searchsorted(ordered, runs + wanted, side="right") - runs * count, gone)
        leaves = found < count
        after[own[leaves]], days[own[leaves]] = way.after[found[leaves]], way.days[found[leaves]]
    return after, days


def _arrivals(
    history: History, day: int, weeks: int, settings: _Settings, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Run, first state and day of every new case: the arrivals of a week drawn for each week to come."""
    own, among = arrived(history, day, settings), arrival_weeks(history, day, settings)
    if not among:
        nobody = np.zeros(0, np.int64)
        return nobody, nobody, nobody
    ago = day - history.entered[own]
    by_week = [own[ago // 7 == week] for week in range(among)]
    drawn = rng.integers(0, among, (draws, weeks))
    run, spell, ahead = [], [], []
    for number in range(draws):
        for week in range(weeks):
            picked = by_week[drawn[number, week]]
            run.append(np.full(len(picked), number))
            spell.append(picked)
            ahead.append(7 * week + 7 - (day - history.entered[picked]) % 7)
    spells = np.concatenate(spell)
    return np.concatenate(run), history.state[spells], np.concatenate(ahead)


# --- how forecasts did before ------------------------------------------------------------------------
def back_test(history: History, day: int, weeks: int, settings: _Settings) -> BackTest | None:
    """The newest forecasts whose weeks are over by the day; None where no day had enough data for one."""
    newest: tuple[int, tuple[Tested, ...]] | None = None
    forecasts = inside = count = 0
    for back in range(BACK_TESTS):
        made_on = day - 7 * (weeks + back)
        states, flows = lines(history, made_on, weeks, settings, _AT_A_TIME)
        told = [(line, False) for line in states if line.weeks] + [(line, True) for line in flows if line.weeks]
        if not told:
            break
        actual = {(line.name, is_flow): _actual(history, made_on, weeks, line.name, is_flow) for line, is_flow in told}
        forecasts += 1
        for line, is_flow in told:
            numbers_came = actual[line.name, is_flow]
            count += weeks
            inside += sum(
                one.low <= number <= one.high for one, number in zip(line.weeks, numbers_came, strict=True)
            )  # fmt: skip
        if newest is None:
            tested = [Tested(line.name, to, line.weeks[-1], actual[line.name, to][-1]) for line, to in told]
            newest = made_on, tuple(tested)
    if newest is None:
        return None
    return BackTest(date.fromordinal(newest[0]), newest[1], forecasts, inside, count)


def _actual(history: History, day: int, weeks: int, name: str, is_flow: bool) -> list[int]:
    """What came of a state or flow by weeks."""
    if is_flow:
        return [int(number) for number in came(history, day, weeks)[_places(FLOWS[name])].sum(axis=0)]
    own = _places(OPEN_STATES if name == OPEN else (name,))
    return [int(present(history, day + 7 * (week + 1))[own].sum()) for week in range(weeks)]


def week_ends(asked: Asked) -> list[date]:
    """The last day of each week."""
    return [asked.as_of + timedelta(days=7 * (week + 1)) for week in range(asked.weeks)]
