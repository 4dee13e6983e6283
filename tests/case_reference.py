"""Cases told a second time: from plain facts, step by step and day by day, without SQL or the product's code.

Written from the law (行政处罚法 2021) and from what ``core.case_state``, ``core.case_outcome`` and
``mart.case_clock`` say they decide. Whatever asks "how many days" counts them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from working_days import DAY, rolled, working_days_after

NEW_PROCEDURE = date(2021, 7, 15)
LOCAL = "湘M"
ENDS = {"void", "no_penalty", "withdrawn", "transferred_criminal", "transferred_other", "revoked_by_review"}
SIDE_EXITS = "no_penalty withdrawn transferred_other transferred_criminal"
BEFORE = {
    "none": "clue evidence_review filed",
    "clue": f"evidence_review void filed {SIDE_EXITS}",
    "evidence_review": f"evidence_review void filed notified {SIDE_EXITS}",
    "notified": f"filed void {SIDE_EXITS}",
    "filed": SIDE_EXITS,
    "investigating": SIDE_EXITS,
    "pre_notice": SIDE_EXITS,
    "hearing": SIDE_EXITS,
    "legal_review": SIDE_EXITS,
}
ORDINARY = {
    "filed": "investigating pre_notice",
    "investigating": "investigating pre_notice legal_review",
    "pre_notice": "pre_notice hearing legal_review decided",
    "hearing": "hearing legal_review decided",
    "legal_review": "pre_notice decided",
    "revoked_by_review": "investigating pre_notice no_penalty decided",
}
SIMPLE = {state: "decided_simple" for state in ("none", "clue", "evidence_review")}
AFTER = {
    "decided": "served appeal amended revoked_by_review",
    "decided_simple": "served part_paid paid overdue appeal amended revoked_by_review closed",
    "served": "part_paid paid overdue appeal amended revoked_by_review enforcement closed",
    "amended": "served part_paid paid overdue appeal revoked_by_review enforcement closed",
    "part_paid": "part_paid paid overdue appeal amended revoked_by_review enforcement closed",
    "overdue": "part_paid paid appeal amended revoked_by_review enforcement closed",
    "paid": "appeal amended revoked_by_review closed",
    "appeal": "part_paid paid overdue amended revoked_by_review enforcement closed",
    "enforcement": "part_paid paid appeal revoked_by_review closed",
    "closed": "appeal amended revoked_by_review archived",
    "void": "closed archived",
    "no_penalty": "closed",
    "withdrawn": "closed",
    "transferred_other": "closed",
    "transferred_criminal": "closed",
    "revoked_by_review": "closed",
}
NO_GUARD_TO_CLOSE = ENDS
BEFORE_DECISION = ("filing", "notice")
TELLS_OF_APPEAL = {"amended", "revoked_by_review", "closed"}


@dataclass(frozen=True)
class Decision:
    number: str
    fen: int
    decided_on: date
    served_on: date | None
    penalises: bool = True
    statutory_fen: int = 0


@dataclass(frozen=True)
class Payment:
    decision_no: str
    on: date
    fen: int
    surcharge_fen: int = 0


@dataclass(frozen=True)
class Case:
    number: str
    plate: str
    simple: bool
    off_site: bool
    violated_on: date
    found_on: date
    filed_on: date | None
    closed_on: date | None
    state: str
    steps: tuple[tuple[datetime, int, str], ...]
    decisions: tuple[Decision, ...]
    payments: tuple[Payment, ...]
    handed_over_on: date | None

    @property
    def in_order(self) -> list[tuple[datetime, int, str]]:
        return sorted(self.steps)

    def booked(self, decision: Decision, by: date) -> int:
        return sum(one.fen for one in self.payments if one.decision_no == decision.number and one.on <= by)


# --- what a case came to ---------------------------------------------------------------------------------------
@cache
def outcome(case: Case) -> tuple[str | None, date | None, date | None]:
    """State and day that took the effect away, and the decision with an effect that counts."""
    turns = [(at.date(), state) for at, _, state in case.in_order if state in ENDS | {"decided", "decided_simple"}]
    penal = sorted(one.decided_on for one in case.decisions if one.penalises)
    last = max((at for at, (_, state) in enumerate(turns) if state not in ENDS), default=-1)
    taken = [at for at, (_, state) in enumerate(turns[: last + 1]) if state in ENDS]
    decided_on = penal[0] if penal else None
    if penal and taken:  # decided anew, by a decision since or by nothing but the step
        until = max(turns[at][0] for at in taken)
        steps = [day for day, state in turns[taken[-1] :] if state not in ENDS]
        decided_on = next((day for day in penal if day >= until), min(steps))
    ended = next(((state, day) for day, state in turns[last + 1 :]), None)
    if ended is None and case.state in ENDS:
        return case.state, None, decided_on
    unpunished = min((one.decided_on for one in case.decisions), default=None)
    if decided_on is None and unpunished and (ended is None or unpunished <= ended[1]):
        return "no_penalty", unpunished, None
    return (*ended, decided_on) if ended else (None, None, decided_on)


def in_effect(case: Case) -> list[Decision]:
    ended, _, decided_on = outcome(case)
    if ended or decided_on is None:
        return []
    return [one for one in case.decisions if one.penalises and one.decided_on >= decided_on]


def lost_on(case: Case, decision: Decision) -> date | None:
    """The day on which a decision that penalised and does not hold any more was taken away; None: nobody tells it."""
    if decision in in_effect(case) or not decision.penalises:
        return None
    ends = [at.date() for at, _, state in case.steps if state in ENDS]
    return min((day for day in ends if day >= decision.decided_on), default=None)


def held_on(case: Case, on: date) -> list[Decision]:
    """The decisions that penalised on that day, whatever became of them since."""
    now = in_effect(case)
    return [
        one
        for one in case.decisions
        if one.decided_on <= on and (one in now or ((lost := lost_on(case, one)) is not None and on < lost))
    ]


def paid_in_full_on(case: Case, decision: Decision) -> date | None:
    """The day after the last one on which less than the fine was booked."""
    if not decision.fen:
        return None
    days = sorted({one.on for one in case.payments if one.decision_no == decision.number})
    covered = [case.booked(decision, day) >= decision.fen for day in days]
    if not days or not covered[-1]:
        return None
    last_open = max((at for at, is_covered in enumerate(covered) if not is_covered), default=-1)
    return days[last_open + 1]


# --- steps -------------------------------------------------------------------------------------------------------
@cache
def _allowed(state: str, simple: bool) -> set[str]:
    found = BEFORE.get(state, "").split() + AFTER.get(state, "").split()
    found += (SIMPLE if simple else ORDINARY).get(state, "").split()
    return set(found)


def _missing(case: Case, state: str, to: str, on: date, noticed: bool) -> list[str]:
    known = [one for one in case.decisions if one.decided_on <= on]
    unpaid = [one for one in in_effect(case) if one.decided_on <= on and case.booked(one, on) < one.fen]
    missing = []
    if to == "decided" and not noticed:
        missing.append("pre_notice")
    if to in ("decided", "decided_simple", "amended") and not known:
        missing.append("decision")
    if to == "served" and not any(one.served_on and one.served_on <= on for one in known):
        missing.append("service")
    if to == "part_paid" and not any(case.booked(one, on) > 0 for one in known):
        missing.append("payment_some")
    if to == "paid" and (unpaid or not any(one.fen and case.booked(one, on) >= one.fen for one in known)):
        missing.append("payment_full")
    if to == "closed" and state not in NO_GUARD_TO_CLOSE and unpaid:
        missing.append("penalty_done")
    served = [one for one in known if one.served_on and one.served_on <= on]
    if to == "overdue" and state != "decided_simple" and served and not any(_is_over(one, 15, 0, on) for one in served):
        missing.append("payment_due")
    if to == "enforcement" and state != "appeal" and served and not any(_is_over(one, 60, 6, on) for one in served):
        missing.append("remedies_lapsed")
    return missing


def _is_over(decision: Decision, days: int, months: int, on: date) -> bool:
    """Whether so many days and so many months after the service of a fine are over; no day off moves them."""
    assert decision.served_on
    return decision.fen > 0 and max(decision.served_on + timedelta(days=days), _months(decision.served_on, months)) < on


@dataclass(frozen=True)
class Step:
    on: date
    state: str
    after: str
    refused: str | None
    missing: str | None


@cache
def walk(case: Case) -> list[Step]:
    state, noticed, found = "none", False, []
    for at, _, to in case.in_order:
        if to not in _allowed(state, case.simple):
            found.append(Step(at.date(), to, state, "R-STEP", None))
            continue
        if missing := _missing(case, state, to, at.date(), noticed):
            found.append(Step(at.date(), to, state, "R-GUARD", ",".join(missing)))
            continue
        state, noticed = to, noticed or to == "pre_notice"
        found.append(Step(at.date(), to, state, None, None))
    return found


def state_on(case: Case, on: date) -> tuple[str, date | None, int]:
    """State, since when, and how many steps were refused by the day."""
    every = walk(case)
    known = [one for one in every if one.on <= on]
    lawful = [one for one in known if one.refused is None]
    is_todays = any(one.on > on and one.refused is None for one in every)
    return (
        (lawful[-1].after if lawful else _told_state(case, on, is_todays)),
        max((one.on for one in lawful), default=None),
        len(known) - len(lawful),
    )


def _told_state(case: Case, on: date, is_todays: bool) -> str:
    """The list's word, if nothing that it could speak of happened later; else what its days amount to."""
    ended, ended_on, decided_on = outcome(case)
    now = in_effect(case)
    days = [case.filed_on, decided_on, ended_on, case.closed_on]
    if now and all(one.served_on for one in now):
        days.append(max(one.served_on for one in now if one.served_on))
    elif now:
        days += [max((one.served_on for one in now if one.served_on), default=None)]
    full = [paid_in_full_on(case, one) for one in now if one.fen]
    if full and None not in full:
        days.append(max(day for day in full if day))
    if not is_todays and all(day <= on for day in days if day):
        return case.state
    if case.closed_on and case.closed_on <= on:
        return "closed"
    if ended and ended_on and ended_on <= on:
        return ended
    if held_on(case, on) or (decided_on and decided_on <= on):
        return "decided_simple" if case.simple else "decided"
    return "filed" if case.filed_on and case.filed_on <= on else "clue"


def amounts_on(case: Case, on: date) -> tuple[int | None, int | None, int | None]:
    """Statutory, decided and collected fen by the day."""
    held = held_on(case, on)
    collected = sum(one.fen for one in case.payments if one.on <= on) if case.decisions else None
    if not held:
        return None, None, collected
    return sum(one.statutory_fen for one in held), sum(one.fen for one in held), collected


# --- clocks ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Clock:
    started_on: date
    due_on: date | None
    ended_on: date | None
    state: str
    days_late: int | None
    days_left: int | None
    surcharge_fen: int | None = None


def clocks_on(case: Case, on: date) -> dict[tuple[str | None, str], Clock]:
    """By decision and clock: every clock that had begun by the day."""
    return {
        key: _judged(started, due, ended, stopped, party, on, key[1] in BEFORE_DECISION and _is_left_out(case, key[1]))
        for key, started, due, ended, stopped, party in _clocks(case, on)
        if started <= on
    } | dict(_surcharges(case, on))


_Begun = tuple[tuple[str | None, str], date, date | None, date | None, bool, bool]


def _before_decision(
    name: str, begun: date, done: date | None, decided: date | None, ended: date | None, stopped: bool, on: date
) -> _Begun:
    """Seven working days to do what comes before the decision; a case that ended needs it no more."""
    due = working_days_after(begun, 7)
    if decided and (done is None or done > decided):
        done = decided
    if done and done != decided:
        return (None, name), begun, due, done, False, False
    gone = _is_gone(done, ended, on) or (stopped and done is None and ended is None)
    return (None, name), begun, due, None if gone else done, gone, False


def _is_left_out(case: Case, name: str) -> bool:
    """Whether the case was decided without it, or before it."""
    decided = min((one.decided_on for one in case.decisions), default=None)
    done = case.filed_on
    if name == "notice":
        done = min((one.on for one in walk(case) if one.state == "notified" and one.refused is None), default=None)
    return decided is not None and (done is None or done > decided)


def _clocks(case: Case, on: date) -> Iterator[_Begun]:
    ended_state, ended_on, decided_on = outcome(case)
    stopped = ended_state is not None
    lawful = [one for one in walk(case) if one.refused is None]
    days = {state: [one.on for one in lawful if one.state == state] for state in {one.state for one in lawful}}
    first_decided = min((one.decided_on for one in case.decisions), default=None)
    reviewed = max(days.get("evidence_review", []), default=None)
    yield (None, "limitation"), case.violated_on, _years(case.violated_on, 2), case.found_on, False, False
    if not case.simple:
        begun = reviewed or case.found_on
        yield _before_decision("filing", begun, case.filed_on, first_decided, ended_on, stopped, on)
        if case.off_site and reviewed:
            told = min(days.get("notified", []), default=None)
            yield _before_decision("notice", reviewed, told, first_decided, ended_on, stopped, on)
        if case.filed_on:
            due = case.filed_on + timedelta(days=90) if case.filed_on >= NEW_PROCEDURE else None
            yield (None, "decision"), case.filed_on, due, first_decided or ended_on, stopped, False
    if noticed := max(days.get("pre_notice", []), default=None):
        due = working_days_after(noticed, 5) if noticed >= NEW_PROCEDURE else noticed + timedelta(days=3)
        held = max(days.get("hearing", []), default=None)
        yield (None, "hearing_request"), noticed, due, held if held and held >= noticed else None, False, True
    if case.closed_on and not case.plate.startswith(LOCAL) and decided_on and (not stopped or ended_on):
        gone = _is_gone(case.handed_over_on, ended_on, on)
        yield (
            (None, "handover"),
            case.closed_on,
            working_days_after(case.closed_on, 7),
            None if gone else case.handed_over_on,
            gone,
            False,
        )
    for one in case.decisions:
        lost = lost_on(case, one)
        held = one in in_effect(case) or lost
        if held or one.served_on:
            gone = _is_gone(one.served_on, lost, on)
            new = one.decided_on >= NEW_PROCEDURE
            due = working_days_after(one.decided_on, 7) if new else one.decided_on + timedelta(days=7)
            yield (one.number, "service"), one.decided_on, due, None if gone else one.served_on, gone, False
        if one.served_on and one.fen and (held or paid_in_full_on(case, one)):
            full = paid_in_full_on(case, one)
            gone = _is_gone(full, lost, on)
            due = payment_due(one.served_on)
            yield (one.number, "payment"), one.served_on, due, None if gone else full, gone, False
        if one.served_on and held:
            appealed = min((day for day in days.get("appeal", []) if day >= one.served_on), default=None)
            gone = _is_gone(appealed, lost, on)
            told = None if gone else appealed
            ends = {
                "reconsideration_request": one.served_on + timedelta(days=60),
                "litigation": _months(one.served_on, 6),
            }
            for name, due in ends.items():
                yield (one.number, name), one.served_on, due, told, gone, True
            if one.fen and lawful:
                enforced = min((day for day in days.get("enforcement", []) if day >= one.served_on), default=None)
                stops = [day for day in (lost, appealed, paid_in_full_on(case, one)) if day]
                gone = _is_gone(enforced, min(stops, default=None), on)
                lapsed = max(ends.values())
                told = None if gone else enforced
                yield (one.number, "court_enforcement"), lapsed, _months(lapsed, 3), told, gone, False


def _is_gone(done: date | None, lost: date | None, on: date) -> bool:
    """Whether by that day what the clock was about had lost its effect before it was done."""
    return lost is not None and lost <= on and (done is None or done > lost)


def _years(day: date, count: int) -> date:
    try:
        return day.replace(year=day.year + count)
    except ValueError:
        return date(day.year + count, 2, 28)


def _months(day: date, count: int) -> date:
    """The same day of a later month, or its last one."""
    at = day.year * 12 + day.month - 1 + count
    while True:
        try:
            return day.replace(year=at // 12, month=at % 12 + 1)
        except ValueError:
            day -= DAY


def payment_due(served_on: date) -> date:
    return rolled(served_on + timedelta(days=15))


def _judged(
    started: date, due: date | None, ended: date | None, stopped: bool, party: bool, on: date, left_out: bool
) -> Clock:
    done = ended if ended and ended <= on else None
    if due is None or (ended is None and stopped):
        return Clock(started, due, done, "not_applicable", None, None)
    until = done or on
    late = (until - due).days if until > due and not party else None
    if done:
        if left_out:
            return Clock(started, due, done, "omitted", None, None)
        return Clock(started, due, done, "used" if party else "met" if done <= due else "late", late, None)
    if on <= due:
        return Clock(started, due, None, "running", None, (due - on).days)
    return Clock(started, due, None, "unknown" if party else "overdue", late, None)


def _surcharges(case: Case, on: date) -> Iterable[tuple[tuple[str | None, str], Clock]]:
    """3 % a day of what was unpaid when it was due, at most all of it; no day of an appeal counts."""
    for one in case.decisions:
        full, lost = paid_in_full_on(case, one), lost_on(case, one)
        if not one.fen or not one.served_on or not (one in in_effect(case) or full or lost):
            continue
        due = payment_due(one.served_on)
        if on <= due or (full and full <= due):
            continue
        if lost and lost <= due and (full is None or full > lost):
            continue
        if _is_gone(full, lost, on):
            yield (one.number, "late_surcharge"), Clock(due + DAY, None, None, "not_applicable", None, None)
            continue
        principal = one.fen - case.booked(one, due)
        until = min(full or on, on)
        days, day = 0, due + DAY
        while day <= until:
            days += not _paused(case, day)
            day += DAY
        fee = min(Decimal(principal), (Decimal(principal) * days * Decimal("0.03")).quantize(Decimal(1), ROUND_HALF_UP))
        done = full if full and full <= on else None
        yield (
            (one.number, "late_surcharge"),
            Clock(due + DAY, None, done, "late" if done else "overdue", days, None, int(fee)),
        )


def _paused(case: Case, day: date) -> bool:
    """Whether an appeal of that day or before stood: no lawful step since had told what became of it."""
    lawful = [one.state for one in walk(case) if one.refused is None and one.on <= day]
    about = [state for state in lawful if state == "appeal" or state in TELLS_OF_APPEAL]
    return bool(about) and about[-1] == "appeal"
