"""Random worlds with awkward calendars: the engine of the repeat rule and a second computation, day by day and without
SQL, say the same of every subject, window, basis and day; the report card's spans say it of the last day."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import repeat_reference as reference
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from repeat_reference import Case, Permit, Span, Weighed, World
from repeat_rows import ERROR_PER_CENT, LIMIT_KG, Rows, days_of

from warehouse.repeat import BASES, REASONS, SUBJECTS, WINDOWS, Question, Standing, standings

FIRST_DAYS = [date(2021, 9, 30), date(2023, 2, 28), date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1),
              date(2024, 12, 31), date(2025, 2, 28)]  # fmt: skip
TIMES = [time(0, 0), time(8, 0), time(23, 59, 59)]
GAPS = [timedelta(0), timedelta(seconds=1), timedelta(hours=24, seconds=-1), timedelta(hours=24),
        timedelta(hours=24, seconds=1), timedelta(hours=24, microseconds=100_000), timedelta(hours=30),
        *(timedelta(days=days) for days in (3, 40, 80, 120, 183, 364, 365, 366))]  # fmt: skip
ISSUES = [None, date(2019, 5, 20), date(2020, 2, 29), date(2023, 3, 1), date(2024, 12, 31), date(2027, 1, 1)]
VEHICLES = [("湘MA0001", 2), ("湘MA0001", 1), ("湘MB0002", 2)]
ENDS = sorted(reference.ENDED)
UNITS = ("E1", "E2")
TENTH_KG = 56_737
"""The greatest weight of which no more than a tenth above the limit is left without what the scale may err by."""
WHO = ("vehicle", "driver", "enterprise", "source")
EVER = date(2018, 1, 1)


def mostly(good: Any, *others: Any, of: int = 15) -> st.SearchStrategy[Any]:
    """``good`` as a rule, so that counts come up to the thresholds."""
    return st.sampled_from([good] * of * max(1, len(others)) + list(others))


@st.composite
def a_case(draw: st.DrawFn, number: int, at: datetime, vehicle: tuple[str, int]) -> Case:
    day = at.date()
    found = day + timedelta(days=draw(st.sampled_from([0, 0, 2])))
    simple = draw(mostly(False, True))
    filed = None if simple else draw(mostly(found + timedelta(days=1), found, found + timedelta(days=60), None))
    since = filed or found
    decided = draw(
        mostly(since + timedelta(days=5), None, since, since + timedelta(days=200), since + timedelta(days=420))
    )
    kind = draw(mostly("fine", "warning", "no_penalty"))
    decisions = [(decided, kind)] if decided else []
    if decided and draw(mostly(False, True)):
        decisions.append((decided + timedelta(days=30), "fine"))
    steps = []
    for nth, turn in enumerate(draw(mostly((), *[(end,) for end in ENDS], ("decided", "revoked_by_review"),
                                           ("withdrawn", "void"), ("decided", "revoked_by_review", "withdrawn"),
                                           ("decided", "revoked_by_review", "decided")))):  # fmt: skip
        moment = datetime.combine(decided or since, time(9)) + timedelta(days=draw(st.sampled_from([0, 15, 300])) * nth)
        steps.append((moment, nth + 1, turn))
    weighed = draw(mostly(
        Weighed(60_000, LIMIT_KG, error_per_cent=ERROR_PER_CENT), None,
        *(Weighed(gross, LIMIT_KG, error_per_cent=ERROR_PER_CENT) for gross in (TENTH_KG, TENTH_KG + 1, LIMIT_KG)),
        Weighed(60_000, LIMIT_KG, verified=False), of=7,
    ))  # fmt: skip
    certificate = draw(st.sampled_from(["D1", "D1", "D2", None]))
    return Case(
        f"A{number:02d}", *vehicle, at, found, filed, draw(mostly("closed", *ENDS)), simple,
        draw(mostly("431103", "430102")), certificate, draw(st.sampled_from(["H1", None])),
        draw(st.sampled_from([*UNITS, "E1", None])), weighed, tuple(steps), tuple(decisions),
        tuple(draw(st.sampled_from(WHO)) for _ in decisions), draw(mostly(True, False)),
    )  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> World:
    cases: list[Case] = []
    unladen: list[tuple[str, int, datetime]] = []
    permits: list[Permit] = []
    for vehicle in VEHICLES[: draw(st.integers(1, 3))]:
        at = datetime.combine(draw(st.sampled_from(FIRST_DAYS)), draw(st.sampled_from(TIMES)))
        for _ in range(draw(st.integers(1, 7))):
            cases.append(draw(a_case(len(cases), at, vehicle)))
            if draw(mostly(False, True)):
                shift = draw(st.sampled_from([0, 1, 3600, 86_399, 86_400, 86_401]))
                unladen.append((*draw(mostly(vehicle, VEHICLES[1])), at + timedelta(seconds=shift)))
            if draw(mostly(False, True, of=9)):
                day = at.date()
                mass, last = draw(st.sampled_from([(60_000, day), (59_999, day), (60_000, day - timedelta(days=1))]))
                permits.append(Permit(*draw(mostly(vehicle, VEHICLES[1])), mass, day - timedelta(days=9), last))
            at += draw(st.sampled_from(GAPS))
    return World(
        tuple(cases), tuple(permits), tuple(dict.fromkeys(unladen)), vehicles=_register(draw, cases),
        drivers=tuple(_spans(draw, (who,))[0] for who in ("D1", "D2") if draw(mostly(True, False))),
        enterprises=_units(draw, cases),
    )  # fmt: skip


def _spans(draw: st.DrawFn, key: tuple[object, ...], name: str | None = None) -> list[Span]:
    """One or two rows of a register; the second begins, overlaps or follows within the acts' years."""
    issued = draw(st.sampled_from(ISSUES))
    if draw(mostly(True, False)):
        return [Span(key, EVER, None, issued, name)]
    cut = draw(st.sampled_from([date(2024, 3, 1), date(2024, 12, 31)]))
    last = draw(st.sampled_from([cut - timedelta(days=1), cut, None]))
    later = draw(st.sampled_from([[], [Span(key, cut, None, draw(st.sampled_from(ISSUES)), name)]]))
    return [Span(key, EVER, last, issued, name), *later]


def _register(draw: st.DrawFn, cases: list[Case]) -> tuple[Span, ...]:
    """The acting vehicles, and as many others that the fleets come to 9, 10 or 11, under old or new names."""
    names = ["一运", "一运集团", "二运", "二运集团"]
    found = [span for vehicle in VEHICLES if draw(mostly(True, False))
             for span in _spans(draw, vehicle, draw(st.sampled_from([*names, None])))]  # fmt: skip
    for name in names[: draw(st.sampled_from([2, 4]))]:
        count = draw(st.sampled_from([0, 3, 4, 9, 10, 11, 20]))
        last = draw(mostly(None, date(2024, 12, 31)))
        found += [Span((f"湘MZ{names.index(name)}{at:03d}", 2), EVER, last, None, name) for at in range(count)]
    return tuple(found)


def _units(draw: st.DrawFn, cases: list[Case]) -> tuple[Span, ...]:
    """Two enterprises: renamed or not, with a name of the other's, or in no register."""
    found: list[Span] = []
    for unit, names in zip(UNITS, (("一运", "一运集团"), ("二运", "二运集团")), strict=True):
        issued = draw(st.sampled_from(ISSUES))
        cut = draw(st.sampled_from([date(2024, 2, 29), date(2024, 12, 31)]))
        how = draw(mostly("one", "renamed", "taken", "ended", "none", of=1))
        if how == "none":
            continue
        last = cut - timedelta(days=1) if how in ("renamed", "ended") else None
        found.append(Span((unit,), EVER, last, issued, "一运" if how == "taken" else names[0]))
        if how == "renamed":
            found.append(Span((unit,), cut, None, issued, names[1]))
    return tuple(found)


@pytest.fixture(scope="module")
def rows() -> Iterator[Rows]:
    made = Rows()
    yield made
    made.connection.close()


def told(one: Standing) -> dict[str, Any]:
    return {
        "window": one.window, "missing": one.has_no_first_issue, "issued": one.first_issue_date, "count": one.count,
        "tier": one.tier, "one_away": one.is_one_away, "trigger": one.trigger_on, "lapse": one.lapses_on,
        "pending": one.pending, "previous": one.previous_count, "fleet": one.fleet,
        "reasons": {judged.act.case_no: judged.reason for judged in one.acts},
    }  # fmt: skip


def expected(answer: reference.Answer, window: str) -> dict[str, Any]:
    """First issues are read for anniversaries only."""
    return vars(answer) | ({} if window == "ANNIVERSARY" else {"issued": None})


@settings(
    max_examples=24,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_engine_and_reference_agree_for_every_subject_window_basis_and_day(rows: Rows, data: st.DataObject) -> None:
    world = data.draw(worlds())
    marks = days_of(world)
    days = data.draw(st.lists(st.sampled_from(marks), min_size=2, max_size=4, unique=True))
    rows.connection.begin()
    try:
        rows.built(world)
        for day in days:
            require, own = data.draw(mostly(True, False, of=2)), data.draw(mostly(False, True, of=2))
            changed = {"repeat_own_decision": 1.0} if own else {}
            for subject in SUBJECTS:
                for window in WINDOWS:
                    for basis in BASES:
                        _agree(rows, world, Question(day, subject, window, basis, require, changed))
        _spans_agree(rows, world)
    finally:
        rows.connection.rollback()


def _agree(rows: Rows, world: World, question: Question) -> None:
    wanted = reference.answers(
        world,
        question.subject,
        question.window,
        question.basis,
        question.as_of,
        question.require_decision,
        bool(question.changed),
    )
    found = {one.key: told(one) for one in standings(rows, question)}
    for key, answer in wanted.items():
        event(f"{question.subject} {answer.tier}")
        for reason in answer.reasons.values():
            event(f"reason {reason}")
        if key in found:
            assert found.pop(key) == expected(answer, question.window), (question, key)
        else:
            assert (answer.count, answer.pending, answer.previous or 0) == (0, 0, 0), (question, key)
    assert not found, question


def _spans_agree(rows: Rows, world: World) -> None:
    """On a day after everything is decided the report card's counts are the engine's."""
    day = max(days_of(world)) + timedelta(days=1)
    day = min(day, max(case.day for case in world.cases) + timedelta(days=364))
    later = [moment for case in world.cases for moment in (*(d for d, _ in case.decisions), case.filed or day,
             *(step[0].date() for step in case.steps))]  # fmt: skip
    if max(later, default=day) > day:
        return
    for require, column in ((True, "decided_count"), (False, "case_count")):
        spans = rows.read(
            f"select plate_no, plate_color_code, {column} as n from core.vehicle_violation_span"
            " where $day between first_day and coalesce(last_day, $day)", {"day": day}
        )  # fmt: skip
        counted = {(row.plate_no, row.plate_color_code): row.n for row in spans.itertuples() if row.n}
        engine = {one.key: one.count for one in standings(rows, Question(day, require_decision=require)) if one.count}
        assert counted == engine


def test_reference_knows_every_reason_of_the_engine() -> None:
    source = open(reference.__file__, encoding="utf-8").read()  # noqa: SIM115
    assert [name for name in REASONS if f'"{name}"' not in source] == []
