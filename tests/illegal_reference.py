"""Cases of illegal operation told a second time: from plain facts and the figures of the articles, without SQL, the
product's code or its seeds.

Written from 道路运输条例 art. 63 (both texts), 行政处罚法 arts 28, 37, 60 and what ``core.case_life`` and
``mart.case_clock`` say of a county's list. Days are those of ``case_reference``; the day it was found stands for that
of the act, which no list tells.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import case_reference as reference
from case_reference import Case, Clock, Decision
from working_days import working_days_after

ENDED_WORDS = ("void", "no_penalty", "withdrawn", "transferred_other")
TAKES_ANY_GAIN = date(2021, 7, 15)
REGULATION, NEW_TEXT, RIDE_HAILING = date(2004, 7, 1), date(2023, 7, 20), date(2022, 11, 30)
RIDE_HAILING_YUAN = {"enterprise": (10_000, 30_000), "vehicle": (3_000, 10_000), "driver": (200, 2_000)}


@dataclass(frozen=True)
class Listed:
    """A row of a county's list, with the decisions that came under its number; ``subjects``: whom they are against."""

    number: str
    sector: str
    found_on: date
    filed_on: date | None
    decided_on: date | None
    closed_on: date | None
    state: str
    gain_fen: int
    decided_fen: int | None
    decisions: tuple[Decision, ...] = ()
    subjects: tuple[str, ...] = ()

    @property
    def told(self) -> Case:
        """The same as a case without steps."""
        return Case(
            self.number, "湘M", False, False, self.found_on, self.found_on, self.filed_on, self.closed_on, self.state,
            (), self.decisions, (), None,
        )  # fmt: skip


# --- states, amounts that were decided, clocks --------------------------------------------------------------------
def state_on(case: Listed, on: date) -> tuple[str, int | None, int | None, int | None]:
    """State and fen: statutory, decided, collected."""
    if case.decisions:
        return (reference.state_on(case.told, on)[0], *reference.amounts_on(case.told, on))
    held = case.decided_on is not None and case.decided_on <= on and case.state not in ENDED_WORDS
    return _word(case, on), None, case.decided_fen if held else None, None


def _word(case: Listed, on: date) -> str:
    days = {"closed": case.closed_on, "decided": case.decided_on, "filed": case.filed_on}
    if case.state in ENDED_WORDS:
        days.pop("decided")
    if all(day is None or day <= on for day in days.values()):
        return case.state
    return next((state for state, day in days.items() if day is not None and day <= on), "clue")


def clocks_on(case: Listed, on: date) -> dict[tuple[str | None, str], Clock]:
    if case.decisions:
        found = reference.clocks_on(case.told, on)
        return {key: clock for key, clock in found.items() if key[1] not in ("limitation", "handover")}
    return {(None, name): clock for name, clock in _of_list(case, on) if clock.started_on <= on}


def _of_list(case: Listed, on: date) -> Iterator[tuple[str, Clock]]:
    stopped, decided = case.state in ENDED_WORDS, case.decided_on
    filed, is_omitted = case.filed_on, False
    if decided and (filed is None or filed > decided):
        filed, is_omitted = decided, True
    yield "filing", _judged(case.found_on, working_days_after(case.found_on, 7), filed, stopped, is_omitted, on)
    if case.filed_on:
        due = case.filed_on + timedelta(days=90) if case.filed_on >= reference.NEW_PROCEDURE else None
        yield "decision", _judged(case.filed_on, due, decided, stopped, False, on)


def _judged(started: date, due: date | None, ended: date | None, stopped: bool, is_omitted: bool, on: date) -> Clock:
    done = ended if ended and ended <= on else None
    if due is None or (ended is None and stopped):
        return Clock(started, due, done, "not_applicable", None, None)
    late = ((done or on) - due).days
    if done and is_omitted:
        return Clock(started, due, done, "omitted", None, None)
    if done:
        return Clock(started, due, done, "late" if late > 0 else "met", late if late > 0 else None, None)
    if late > 0:
        return Clock(started, due, None, "overdue", late, None)
    return Clock(started, due, None, "running", None, -late)


# --- what the articles allow -------------------------------------------------------------------------------------
Amount = tuple[int, int, int]
"""Fen: least and most of the fine, and what is taken of the gain."""


def article(sector: str, subject: str, gain_fen: int, serious: bool, day: date) -> Amount | None:
    """None: no rule that day."""
    taken = gain_fen if day >= TAKES_ANY_GAIN else 0
    if sector == "taxi":
        return 500_000, 2_000_000, taken
    if sector == "ride_hailing":
        low, high = RIDE_HAILING_YUAN[subject]
        return (low * 100, high * 100, taken) if day >= RIDE_HAILING else None
    if day < REGULATION:
        return None
    if day < NEW_TEXT:
        if gain_fen >= 2_000_000:
            return 2 * gain_fen, 10 * gain_fen, gain_fen
        return 3_000_000, 10_000_000, taken
    if sector == "freight":
        if gain_fen > 1_000_000:
            return gain_fen, 5 * gain_fen, gain_fen
        return (1_000_000, 5_000_000, taken) if serious else (300_000, 1_000_000, taken)
    if gain_fen > 2_000_000:
        return 2 * gain_fen, 10 * gain_fen, gain_fen
    return (1_000_000 if sector == "passenger" else 3_000_000), 10_000_000, taken


def lighter(sector: str, subject: str, gain_fen: int, serious: bool, acted: date, decided: date) -> Amount | None:
    """The amount by the rules of the act, or by those of the decision where they are lighter: the least that may be
    the most, then the least."""
    then, now = (article(sector, subject, gain_fen, serious, day) for day in (acted, decided))
    if then is None or now is None:
        return None
    return min(then, now, key=lambda one: (one[1] + one[2], one[0] + one[2]))


@dataclass(frozen=True)
class Held:
    low_fen: int | None
    high_fen: int | None
    confiscated_fen: int | None
    verdict: str
    reason: str


def held_against(case: Listed, on: date) -> Held | None:
    """None: nothing decided in effect by the day, or no amount known."""
    decided_fen, decided_on = case.decided_fen, case.decided_on
    if case.decisions:
        decided_on = min(one.decided_on for one in case.decisions)
        decided_fen = sum(one.fen for one in case.decisions if one.decided_on <= on)
    if decided_on is None or decided_on > on or decided_fen is None or case.state in ENDED_WORDS:
        return None
    if len(set(case.subjects)) > 1:
        return Held(None, None, None, "unexplained", "several_subjects")
    subject = case.subjects[0] if case.subjects else "vehicle"
    either = [
        lighter(case.sector, subject, case.gain_fen, serious, case.found_on, decided_on) for serious in (False, True)
    ]
    told = [one for one in either if one]
    if len(told) < 2:
        return Held(None, None, None, "unexplained", "no_rule")
    low, high, taken = min(one[0] for one in told), max(one[1] for one in told), max(one[2] for one in told)
    if decided_fen > high + (0 if case.decisions else taken):
        verdict, reason = "above", "more_than_allowed"
    elif decided_fen < low:
        verdict, reason = "below", "reduced" if decided_fen else "warning_instead"
    else:
        verdict, reason = "within", "in_range" if told[0] == told[1] else "seriousness_unknown"
    return Held(low, high, taken, verdict, reason)
