# ruff: noqa: E501  (tables)
"""安全生产法 art. 113 (1): three penalties within 180 days or four within a year, and a major hazard that exists."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest
from landed import Tables

from etl.feeds import raw_tables
from warehouse import sql
from warehouse.errors import WarehouseError
from warehouse.safety_repeat import REASON_WORDS, REASONS, TIER_WORDS, TIERS, Standing, is_built, standings

USCC = "91431100MAE0000107"


class Given(Tables):
    """Decisions through their model, hazards as ``core.hazard_state`` leaves them; a ``Source``."""

    def asked(self, day: date) -> Standing:
        (found,) = standings(self, day)
        return found


def built(decisions: list[dict[str, Any]], turns: list[date], grade: str = "major") -> Given:
    """Of one enterprise: decisions, and the days on which a hazard was registered, closed, reopened, closed again."""
    connection = duckdb.connect()
    sql.complete_raw(connection, raw_tables())
    told = pd.DataFrame([
        {"record_id": str(at), "delivery_id": "D", "source_line": at, "row_fate": "current", "decision_no": f"A{at}",
         "uscc": USCC, "penalty_kind": "fine", "decided_fen": 100, "annulled_on": None} | one
        for at, one in enumerate(decisions)
    ])  # fmt: skip
    connection.register("told", told)
    connection.execute("insert into raw.safety_penalty by name select * from told")
    sql.run_models(connection, raw_tables(), names=("staging.safety_penalty",))
    connection.execute("create schema if not exists core")
    connection.execute(
        "create table core.hazard_life as select * from (values ($uscc, 'H1', '设备失修', cast($day as date), $grade))"
        " as t(uscc, hazard_no, hazard_description, registered_on, hazard_grade) where $day is not null",
        {"uscc": USCC, "day": turns[0] if turns else None, "grade": grade},
    )
    connection.execute(
        "create table core.hazard_state (hazard_no varchar, step_no integer, step_on date, hazard_closed_on date)"
    )
    for at, day in enumerate(turns):
        connection.execute("insert into core.hazard_state values ('H1', ?, ?, ?)", [at, day, day if at % 2 else None])
    return Given(connection)


def on(text: str) -> date:
    return date.fromisoformat(text)


def turns_of(text: str) -> list[date]:
    """``2025-01-01 to 2025-03-01 again 2025-04-01``: registered, closed, came back."""
    return [on(day) for day in text.split()[::2]]


CASES = """
decisions                                      | major hazard                                | as of      | tier     | 180d | year | met since  | falls on
2025-01-01, 2025-03-01, 2025-06-29             | 2025-01-01                                  | 2025-06-28 | one_away | 2    | 2    |            |
2025-01-01, 2025-03-01, 2025-06-29             | 2025-01-01                                  | 2025-06-29 | met      | 3    | 3    | 2025-06-29 | 2025-06-30
2025-01-01, 2025-03-01, 2025-06-30             | 2025-01-01                                  | 2025-06-30 | one_away | 2    | 3    |            |
2025-01-01, 2025-03-01, 2025-06-29             | 2025-01-01                                  | 2025-06-30 | one_away | 2    | 3    |            |
2025-01-01, 2025-03-01, 2025-05-01             |                                             | 2025-05-01 | no_major | 3    | 3    |            | 2025-06-30
2025-01-01, 2025-03-01, 2025-05-01             | 2025-05-20                                  | 2025-05-19 | no_major | 3    | 3    |            | 2025-06-30
2025-01-01, 2025-03-01, 2025-05-01             | 2025-05-20                                  | 2025-05-20 | met      | 3    | 3    | 2025-05-20 | 2025-06-30
2025-01-01, 2025-03-01, 2025-05-01             | 2025-01-01 to 2025-05-10                    | 2025-05-09 | met      | 3    | 3    | 2025-05-01 | 2025-06-30
2025-01-01, 2025-03-01, 2025-05-01             | 2025-01-01 to 2025-05-10                    | 2025-05-10 | no_major | 3    | 3    |            | 2025-06-30
2025-01-01, 2025-03-01, 2025-05-01             | 2025-01-01 to 2025-05-10 again 2025-06-01   | 2025-06-02 | met      | 3    | 3    | 2025-06-01 | 2025-06-30
2024-02-29, 2024-09-01, 2025-01-01, 2025-02-28 | 2024-01-01                                  | 2025-02-28 | met      | 2    | 4    | 2025-02-28 | 2025-03-01
2024-02-29, 2024-09-15, 2025-01-01, 2025-03-01 | 2024-01-01                                  | 2025-03-01 | met      | 3    | 3    | 2025-03-01 | 2025-03-14
2024-06-01, 2024-09-01, 2024-12-01, 2025-05-31 | 2024-01-01                                  | 2025-05-31 | met      | 1    | 4    | 2025-05-31 | 2025-06-01
2024-06-01, 2024-09-01, 2024-12-01, 2025-06-01 | 2024-01-01                                  | 2025-06-01 | one_away | 1    | 3    |            |
2025-01-01, 2025-01-01, 2025-01-01             | 2025-01-01                                  | 2025-01-01 | met      | 3    | 3    | 2025-01-01 | 2025-06-30
2025-01-01 annulled 2025-04-01, 2025-02-01, 2025-03-01 | 2025-01-01                          | 2025-03-31 | met      | 3    | 3    | 2025-03-01 | 2025-06-30
2025-01-01 annulled 2025-04-01, 2025-02-01, 2025-03-01 | 2025-01-01                          | 2025-04-01 | one_away | 2    | 2    |            |
2025-01-01, 2025-02-01 no_penalty, 2025-03-01  | 2025-01-01                                  | 2025-03-01 | one_away | 2    | 2    |            |
2025-01-01 warning, 2025-02-01, 2025-03-01     | 2025-01-01                                  | 2025-03-01 | met      | 3    | 3    | 2025-03-01 | 2025-06-30
2021-08-31, 2021-09-01, 2021-10-01             | 2021-01-01                                  | 2021-10-01 | one_away | 2    | 2    |            |
2025-01-01                                     | 2025-01-01                                  | 2025-01-01 | below    | 1    | 1    |            |
"""


def decisions_of(text: str) -> list[dict[str, Any]]:
    found = []
    for part in text.split(","):
        day, *more = part.split()
        told: dict[str, Any] = {"decided_on": on(day)}
        if more[:1] == ["annulled"]:
            told["annulled_on"] = on(more[1])
        elif more:
            told |= {"penalty_kind": more[0], "decided_fen": 0}
        found.append(told)
    return found


@pytest.mark.parametrize("line", CASES.strip().splitlines()[1:])
def test_the_numbers_and_the_hazard_make_the_tier(line: str) -> None:
    decisions, hazard, day, tier, near, year, since, falls = [cell.strip() for cell in line.split("|")]
    found = built(decisions_of(decisions), turns_of(hazard)).asked(on(day))
    told = (found.tier, found.count_180d, found.count_1y, str(found.met_on or ""), str(found.lapses_on or ""))
    assert told == (tier, int(near), int(year), since, falls)
    assert len(found.counted) == found.count_1y


def test_what_does_not_count_has_its_reason() -> None:
    text = "2021-08-31, 2021-09-01, 2022-01-01 no_penalty, 2022-02-01 annulled 2022-03-01, 2022-04-01"
    given = built(decisions_of(text), [])
    assert [one.reason for one in given.asked(on("2022-05-01")).penalties] == [
        "before_rule", None, "no_penalty", "annulled", None
    ]  # fmt: skip
    assert [one.reason for one in given.asked(on("2022-09-01")).penalties][1] == "outside_year"
    seen = given.asked(on("2022-02-10")).penalties
    assert [(one.reason, one.penalty.annulled_on) for one in seen][-1] == (None, None), "annulled later"


def test_a_general_hazard_is_no_major_one() -> None:
    text = "2025-01-01, 2025-02-01, 2025-03-01"
    assert built(decisions_of(text), turns_of("2025-01-01"), grade="general").asked(on("2025-03-01")).tier == "no_major"


def test_a_hazard_closed_within_the_year_stands_beside() -> None:
    given = built(decisions_of("2025-05-01"), turns_of("2025-01-01 to 2025-05-10"))
    (closed,) = given.asked(on("2026-05-09")).closed_major
    assert (closed.hazard_no, closed.closed_on) == ("H1", on("2025-05-10"))
    assert given.asked(on("2026-05-10")).closed_major == ()


@pytest.mark.parametrize(
    ("closed", "day", "is_beside"),
    [
        ("2023-03-01", "2024-02-29", True),
        ("2023-03-01", "2024-03-01", False),
        ("2024-02-29", "2025-02-28", True),
        ("2024-02-29", "2025-03-01", False),
    ],
)
def test_a_closure_leaves_as_a_penalty_does_at_the_end_of_february(closed: str, day: str, is_beside: bool) -> None:
    found = built(decisions_of(closed), turns_of(f"2022-01-01 to {closed}")).asked(on(day))
    assert [one.closed_on for one in found.closed_major] == [on(closed)] * is_beside
    assert found.count_1y == is_beside


STEPS = """
registered | steps                                                          | as of      | exists | closed on
2025-03-01 | 2025-02-20 closed                                              | 2025-02-28 |        |
2025-03-01 | 2025-02-20 closed                                              | 2025-03-01 | no     | 2025-03-01
2025-03-01 | 2025-02-20 closed, 2025-02-25 open                             | 2025-03-01 | yes    |
2025-03-01 | 2025-02-20 closed, 2025-03-10 open                             | 2025-03-09 | no     | 2025-03-01
2025-03-01 | 2025-02-20 closed, 2025-03-10 open                             | 2025-03-10 | yes    |
2025-03-01 | 2025-04-01 closed, 2025-04-01 open                             | 2025-04-01 | yes    |
2025-03-01 | 2025-04-01 closed, 2025-04-01 open, 2025-04-01 closed          | 2025-04-01 | no     | 2025-04-01
2025-03-01 | 2025-04-01 closed, 2025-04-05 open, 2025-04-05 closed          | 2025-04-05 | no     | 2025-04-01
2025-03-01 | 2025-03-01 closed, 2025-03-01 open                             | 2025-03-01 | yes    |
"""


@pytest.mark.parametrize("line", STEPS.strip().splitlines()[1:])
def test_a_hazard_begins_with_its_registration_and_days_end_with_their_last_step(line: str) -> None:
    registered, steps, day, exists, closed = [cell.strip() for cell in line.split("|")]
    given = built(decisions_of("2025-02-01"), turns_of(registered))
    given.connection.execute("delete from core.hazard_state")
    for at, step in enumerate(steps.split(", ")):
        step_on, state = step.split()
        is_closed = state == "closed"
        given.connection.execute(
            "insert into core.hazard_state values ('H1', ?, ?, ?)",
            [at, on(step_on), on(step_on) if is_closed else None],
        )
    found = given.asked(on(day))
    assert [len(found.open_major), len(found.closed_major)] == [exists == "yes", exists == "no"]
    assert [str(one.closed_on) for one in found.closed_major] == [closed] * (exists == "no")


def test_the_spans_are_the_parameters_of_the_day() -> None:
    """From 2026-01-01 on, as if amended: 90 days and six months; a day before is asked by what held then."""
    given = built(decisions_of("2025-09-01, 2025-11-01, 2025-12-31"), turns_of("2025-01-01"))
    given.connection.execute(
        "insert into seeds.parameter select * replace (date '2026-01-01' as valid_from,"
        " case parameter when 'safety_repeat_days' then 90 else 6 end as parameter_value) from seeds.parameter"
        " where parameter in ('safety_repeat_days', 'safety_repeat_months')"
    )
    given.connection.execute(
        "update seeds.parameter set valid_to = date '2025-12-31'"
        " where parameter in ('safety_repeat_days', 'safety_repeat_months') and valid_from < date '2026-01-01'"
    )
    before, after = given.asked(on("2025-12-31")), given.asked(on("2026-01-01"))
    assert [(one.tier, one.count_180d, one.count_1y) for one in (before, after)] == [("met", 3, 3), ("one_away", 2, 3)]
    later = given.asked(on("2026-03-01")).penalties
    assert [(one.reason, one.is_in_180d, one.leaves_180d_on, one.leaves_1y_on) for one in later] == [
        ("outside_year", False, on("2025-11-30"), on("2026-03-01")),
        (None, False, on("2026-01-30"), on("2026-05-01")),
        (None, True, on("2026-03-31"), on("2026-07-01")),
    ]


@pytest.mark.parametrize(
    "lost", ["drop table staging.safety_penalty", "delete from seeds.parameter where parameter = 'safety_repeat_days'"]
)
def test_a_version_from_before_an_upgrade_is_known_as_one(lost: str) -> None:
    given = built(decisions_of("2025-01-01"), [])
    assert is_built(given)
    given = built(decisions_of("2025-01-01"), [])
    given.connection.execute(lost)
    assert not is_built(given)


def test_before_the_rule_it_cannot_be_asked() -> None:
    with pytest.raises(WarehouseError, match="since 2021-09-01"):
        built(decisions_of("2021-01-01"), []).asked(on("2021-08-31"))


def test_every_tier_and_reason_has_its_words() -> None:
    assert set(TIER_WORDS) == set(TIERS)
    assert set(REASON_WORDS) == set(REASONS)


# --- the same counted day by day -----------------------------------------------------------------------
def plain(decisions: list[dict[str, Any]], turns: list[date], day: date) -> tuple[bool, bool, int, int]:
    """Whether a number is reached and a major hazard exists, and both counts, by looking at each decision alone."""
    near = year = 0
    for one in decisions:
        begin = one["decided_on"]
        if begin > day or begin < date(2021, 9, 1) or one.get("penalty_kind") == "no_penalty":
            continue
        if one.get("annulled_on") and one["annulled_on"] <= day:
            continue
        near += (day - begin).days <= 179
        leap = (begin.month, begin.day) == (2, 29)
        anniversary = date(begin.year + 1, 3, 1) if leap else begin.replace(year=begin.year + 1)
        year += day < anniversary
    exists = sum(turn <= day for turn in turns) % 2 == 1
    return near >= 3 or year >= 4, exists, near, year


def worlds() -> Iterator[tuple[list[dict[str, Any]], list[date]]]:
    rng = random.Random(113)
    for _ in range(25):
        first = rng.choice([date(2023, 3, 1), date(2024, 2, 29), date(2021, 8, 20), date(2024, 12, 31)])
        decisions = []
        for _ in range(rng.randint(1, 7)):
            day = first + timedelta(rng.choice([0, 1, 90, 179, 180, 181, 364, 365, 366, rng.randint(0, 700)]))
            told: dict[str, Any] = {"decided_on": day}
            if rng.random() < 0.15:
                told["annulled_on"] = day + timedelta(rng.choice([0, 1, 60, 200]))
            elif rng.random() < 0.1:
                told |= {"penalty_kind": "no_penalty", "decided_fen": 0}
            decisions.append(told)
        turns = sorted(rng.sample([first + timedelta(at) for at in range(0, 700, 7)], rng.randint(1, 4)))
        yield decisions, turns


@pytest.mark.parametrize(("decisions", "turns"), list(worlds()))
def test_a_plain_count_agrees_on_every_day_tried(decisions: list[dict[str, Any]], turns: list[date]) -> None:
    given = built(decisions, turns)
    edges = {one["decided_on"] + timedelta(at) for one in decisions for at in (0, 1, 179, 180, 364, 365, 366)}
    last = max(edges)
    days = [turns[0] + timedelta(at) for at in range((last - turns[0]).days + 1)]
    met = [all(plain(decisions, turns, day)[:2]) for day in days]
    for day in sorted(edges):
        known = [one for one in decisions if one["decided_on"] <= day]
        if day < date(2021, 9, 1) or not known:
            continue
        found = given.asked(day)
        reached, exists, near, year = plain(decisions, turns, day)
        assert (found.count_180d, found.count_1y) == (near, year)
        assert (found.tier in ("met", "no_major"), bool(found.open_major)) == (reached, exists)
        assert (found.tier == "met") == (reached and exists)
        if found.tier == "met":
            at = days.index(day)
            since = next((n + 1 for n in range(at, -1, -1) if not met[n]), 0)
            assert found.met_on == days[since]
        if reached:
            falls = next(one for one in (day + timedelta(n) for n in range(1, 800)) if not _stays(known, day, one))
            assert found.lapses_on == falls


def _stays(known: list[dict[str, Any]], day: date, later: date) -> bool:
    """Whether a number is reached later by what is known on the day: an annulment to come is not."""
    seen = [
        {**one, "annulled_on": one.get("annulled_on") if (one.get("annulled_on") or later) <= day else None}
        for one in known
    ]
    return plain(seen, [], later)[0]
