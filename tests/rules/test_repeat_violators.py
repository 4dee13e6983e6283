"""The repeat rule as tables: 公路安全保护条例 art. 66 asks for more than three in a year, and what a year is is not
settled; so the same acts have several counts, each with its window.

``acts`` are days, or days with a time; each is filed and decided at once unless the table says otherwise.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from repeat_reference import Case, Permit, Span, Weighed, World
from repeat_rows import LIMIT_KG, Rows

from etl.feeds import raw_tables
from warehouse import sql
from warehouse.errors import WarehouseError
from warehouse.layout import head_checks
from warehouse.repeat import Question, Standing, parameters, standings
from warehouse.repeat_terms import (
    BASIS_TERMS,
    REASON_TERMS,
    TIER_TERMS,
    WINDOW_TERMS,
    as_json,
    reason,
    tier,
    values_of,
)

EVER = date(2015, 1, 1)
TRUCK = ("湘MA0001", 2)


@pytest.fixture(scope="module")
def made() -> Iterator[Rows]:
    rows = Rows()
    yield rows
    rows.connection.close()


@pytest.fixture
def rows(made: Rows) -> Iterator[Rows]:
    made.connection.begin()
    yield made
    made.connection.rollback()


def act(at: str, number: int = 0, **changes: Any) -> Case:
    moment = datetime.fromisoformat(at if len(at) > 10 else f"{at} 08:00:00")
    day = moment.date()
    given: dict[str, Any] = {
        "number": f"A{number:02d}", "plate": TRUCK[0], "color": TRUCK[1], "at": moment, "found_on": day,
        "filed_on": day, "weighed": Weighed(60_000, LIMIT_KG), "decisions": ((day, "fine"),),
    }  # fmt: skip
    return Case(**(given | changes))


def acts(text: str, **changes: Any) -> tuple[Case, ...]:
    return tuple(act(at.strip(), number, **changes) for number, at in enumerate(text.split(",")))


def one(rows: Rows, world: World, day: str, **asked: Any) -> Standing:
    found = standings(rows.built(world), Question(date.fromisoformat(day), **asked))
    assert len(found) == 1
    return found[0]


def reasons(standing: Standing) -> list[str | None]:
    return [judged.reason for judged in standing.acts]


# --- what a year is ----------------------------------------------------------------------------------
YEARS = """
certificate | as of      | window      | days of the window       | count | tier      | trigger    | lapse
2019-05-20  | 2022-05-19 | ANNIVERSARY | 2021-05-20 to 2022-05-19 | 3     | warning   |            | 2022-05-20
2019-05-20  | 2022-05-21 | ANNIVERSARY | 2022-05-20 to 2023-05-19 | 1     | watch     |            | 2023-05-20
2019-05-20  | 2022-05-21 | ROLLING_12M | 2021-05-22 to 2022-05-21 | 4     | statutory | 2022-05-21 | 2022-06-01
2019-05-20  | 2022-05-20 | ROLLING_12M | 2021-05-21 to 2022-05-20 | 3     | warning   |            | 2022-06-01
2019-05-20  | 2022-06-01 | ROLLING_12M | 2021-06-02 to 2022-06-01 | 3     | warning   |            | 2022-09-01
2019-05-20  | 2022-05-21 | CALENDAR    | 2022-01-01 to 2022-12-31 | 2     | watch     |            | 2023-01-01
2019-05-20  | 2021-12-31 | CALENDAR    | 2021-01-01 to 2021-12-31 | 2     | watch     |            | 2022-01-01
"""


@pytest.mark.parametrize("line", YEARS.strip().splitlines()[1:])
def test_the_same_four_acts_have_one_count_by_certificate_year_and_another_by_twelve_months(
    rows: Rows, line: str
) -> None:
    """Of 2021-06-01, 2021-09-01, 2022-03-01 and 2022-05-21: never more than three in a certificate year."""
    issued, day, window, span, count, of, trigger, lapse = [cell.strip() for cell in line.split("|")]
    world = World(
        acts("2021-06-01, 2021-09-01, 2022-03-01, 2022-05-21"),
        vehicles=(Span(TRUCK, EVER, None, date.fromisoformat(issued)),),
    )
    found = one(rows, world, day, window=window)
    assert f"{found.window_first} to {found.window_last}" == span
    assert (found.count, found.tier) == (int(count), of)
    assert (str(found.trigger_on or ""), str(found.lapses_on or "")) == (trigger, lapse)
    assert found.is_one_away == (int(count) == 3)


LEAP = """
acts                               | as of      | certificate | window      | count
2024-02-29                         | 2025-02-28 | 2020-02-29  | ROLLING_12M | 1
2024-02-29                         | 2025-03-01 | 2020-02-29  | ROLLING_12M | 0
2024-02-28                         | 2025-02-28 | 2020-02-29  | ROLLING_12M | 0
2024-03-01                         | 2025-03-01 | 2020-02-29  | ROLLING_12M | 0
2025-02-28                         | 2025-02-28 | 2020-02-29  | ANNIVERSARY | 1
2025-02-28                         | 2025-03-01 | 2020-02-29  | ANNIVERSARY | 0
2025-03-01                         | 2025-03-01 | 2020-02-29  | ANNIVERSARY | 1
2024-02-28                         | 2024-02-29 | 2020-02-29  | ANNIVERSARY | 0
2024-02-29                         | 2025-02-28 | 2020-02-29  | ANNIVERSARY | 1
"""


@pytest.mark.parametrize("line", LEAP.strip().splitlines()[1:])
def test_a_year_from_29_february_ends_with_28_february(rows: Rows, line: str) -> None:
    days, day, issued, window, count = [cell.strip() for cell in line.split("|")]
    world = World(acts(days), vehicles=(Span(TRUCK, EVER, None, date.fromisoformat(issued)),))
    assert one(rows, world, day, window=window).count == int(count)


def test_without_a_first_issue_the_certificate_year_is_twelve_months_and_says_so(rows: Rows) -> None:
    found = one(rows, World(acts("2024-06-01, 2024-09-01")), "2024-12-01", window="ANNIVERSARY")
    assert (found.window, found.has_no_first_issue, found.count, found.previous_count) == ("ROLLING_12M", True, 2, None)
    issued = (Span(TRUCK, EVER, None, date(2024, 12, 2)),)
    found = one(rows, World(acts("2024-06-01"), vehicles=issued), "2024-12-01", window="ANNIVERSARY")
    assert found.has_no_first_issue, "a certificate of tomorrow is none today"


def test_a_decision_after_the_end_of_the_cycle_counts_in_the_cycle_of_the_act(rows: Rows) -> None:
    """Four acts before the anniversary, the last decided after it: the cycle before passes the threshold then."""
    late = act("2024-05-10", 3, decisions=((date(2024, 7, 1), "fine"),))
    world = World(
        (*acts("2023-06-01, 2023-09-01, 2024-03-01"), late), vehicles=(Span(TRUCK, EVER, None, date(2019, 5, 20)),)
    )
    before = one(rows, world, "2024-06-30", window="ANNIVERSARY")
    assert (before.count, before.previous_count, before.previous_tier) == (0, 3, "warning")
    after = one(rows, world, "2024-07-01", window="ANNIVERSARY")
    assert (after.previous_first, after.previous_last) == (date(2023, 5, 20), date(2024, 5, 19))
    assert (after.previous_count, after.previous_tier, after.previous_trigger_on) == (4, "statutory", date(2024, 7, 1))
    by_decision = one(rows, world, "2024-07-01", window="ANNIVERSARY", basis="DECISION")
    assert (by_decision.count, by_decision.previous_count) == (1, 3)


# --- enterprises ----------------------------------------------------------------------------------
FLEETS = """
vehicles | offenders | share   | tier      | one away
95       | 10        | 10.53 % | statutory | no
100      | 10        | 10.00 % | watch     | yes
100      | 11        | 11.00 % | statutory | no
10       | 1         | 10.00 % | watch     | yes
9        | 1         | 11.11 % | statutory | no
11       | 1         | 9.09 %  | watch     | yes
11       | 2         | 18.18 % | statutory | no
30       | 1         | 3.33 %  | watch     | no
0        | 1         |         | unknown   | no
"""


@pytest.mark.parametrize("line", FLEETS.strip().splitlines()[1:])
def test_an_enterprise_passes_above_a_tenth_of_its_freight_vehicles_never_at_it(rows: Rows, line: str) -> None:
    fleet, offenders, share, of, away = [cell.strip() for cell in line.split("|")]
    plates = [(f"湘MB{at:04d}", 2) for at in range(int(fleet))]
    cases = tuple(
        act("2024-06-01", at, plate=f"湘MB{at:04d}", uscc="U1", decisions=((date(2024, 6, 1 + at), "fine"),))
        for at in range(int(offenders))
    )
    world = World(
        (*cases, act("2024-09-01", 99, plate="湘MB0000", uscc="U1")),  # a second act of a vehicle adds none
        vehicles=tuple(Span(plate, EVER, None, None, "一运") for plate in plates),
        enterprises=(Span(("U1",), EVER, None, None, "一运"),),
    )
    found = one(rows, world, "2024-12-31", subject="enterprise")
    assert (found.count, found.fleet, found.tier) == (int(offenders), int(fleet), of)
    assert ("" if found.ratio is None else f"{found.ratio * 100:.2f} %") == share
    assert ("yes" if found.is_one_away else "no") == away
    assert (found.trigger_on is not None) == (of == "statutory")
    if fleet == "95":
        assert found.trigger_on == date(2024, 6, 10), "the tenth vehicle's decision"


def test_an_enterprise_that_was_renamed_keeps_its_vehicles(rows: Rows) -> None:
    """The register of vehicles follows late; a name that another enterprise has taken since is that one's."""
    old = tuple(Span((f"湘MB{at:04d}", 2), EVER, None, None, "一运") for at in range(8))
    new = tuple(Span((f"湘MC{at:04d}", 2), EVER, None, None, "一运集团") for at in range(4))
    renamed = (
        Span(("U1",), EVER, date(2024, 2, 29), None, "一运"),
        Span(("U1",), date(2024, 3, 1), None, None, "一运集团"),
    )
    world = World(acts("2024-01-01", uscc="U1"), vehicles=(*old, *new), enterprises=renamed)
    assert one(rows, world, "2024-02-29", subject="enterprise").fleet == 8
    assert one(rows, world, "2024-03-01", subject="enterprise").fleet == 12
    taken = (*renamed, Span(("U2",), date(2024, 4, 1), None, None, "一运"))
    world = World(world.cases, vehicles=world.vehicles, enterprises=taken)
    assert one(rows, world, "2024-03-31", subject="enterprise").fleet == 12
    assert one(rows, world, "2024-04-01", subject="enterprise").fleet == 4


def test_of_a_name_that_two_enterprises_bear_no_fleet_is_told(rows: Rows) -> None:
    world = World(
        acts("2024-01-01", uscc="U1"), vehicles=(Span(TRUCK, EVER, None, None, "一运"),),
        enterprises=tuple(Span((unit,), EVER, None, None, "一运") for unit in ("U1", "U2")),
    )  # fmt: skip
    found = one(rows, world, "2024-06-01", subject="enterprise")
    assert (found.count, found.fleet, found.tier, found.ratio) == (1, None, "unknown", None)


# --- one trip ----------------------------------------------------------------------------------
TRIPS = """
acts                                                           | unladen             | count
2024-06-01 08:00:00, 2024-06-02 07:59:59                       |                     | 1
2024-06-01 08:00:00, 2024-06-02 08:00:00                       |                     | 1
2024-06-01 08:00:00, 2024-06-02 08:00:00.5                     |                     | 2
2024-06-01 08:00:00, 2024-06-02 08:00:01                       |                     | 2
2024-06-01 08:00:00, 2024-06-01 08:00:00                       |                     | 1
2024-06-01 08:00:00, 2024-06-01 12:00:00                       | 2024-06-01 10:00:00 | 2
2024-06-01 08:00:00, 2024-06-01 12:00:00                       | 2024-06-01 08:00:00 | 1
2024-06-01 08:00:00, 2024-06-01 12:00:00                       | 2024-06-01 12:00:00 | 1
2024-06-01 08:00:00, 2024-06-01 12:00:00                       | 2024-06-01 07:00:00 | 1
2024-06-01 08:00:00, 2024-06-02 06:00:00, 2024-06-02 09:00:00  |                     | 2
2024-06-01 08:00:00, 2024-06-02 06:00:00, 2024-06-03 05:00:00  |                     | 2
"""


@pytest.mark.parametrize("line", TRIPS.strip().splitlines()[1:])
def test_a_trip_lasts_24_hours_from_its_first_act_or_until_the_vehicle_was_unladen(rows: Rows, line: str) -> None:
    moments, unladen, count = [cell.strip() for cell in line.split("|")]
    seen = ((*TRUCK, datetime.fromisoformat(unladen)),) if unladen else ()
    found = one(rows, World(acts(moments), unladen=seen), "2024-12-31")
    assert found.count == int(count)
    assert reasons(found).count("same_trip") == len(found.acts) - int(count)
    merged = [judged for judged in found.acts if judged.reason == "same_trip"]
    assert all(judged.same_trip_as in {counted.act.case_no for counted in found.counted} for judged in merged)


def test_no_hours_merge_nothing(rows: Rows) -> None:
    world = World(acts("2024-06-01 08:00:00, 2024-06-01 08:00:00, 2024-06-01 08:00:01"))
    assert one(rows, world, "2024-12-31", changed={"repeat_merge_hours": 0.0}).count == 3
    assert one(rows, world, "2024-12-31").count == 1


def test_another_colour_is_another_vehicle_also_for_the_unladen_passage(rows: Rows) -> None:
    cases = acts("2024-06-01 08:00:00, 2024-06-01 12:00:00")
    blue = (TRUCK[0], 1, datetime(2024, 6, 1, 10))
    found = standings(rows.built(World((*cases, act("2024-06-01 09:00:00", 9, color=1)), unladen=(blue,))),
                      Question(date(2024, 12, 31)))  # fmt: skip
    assert {standing.key: standing.count for standing in found} == {("湘MA0001", 2): 1, ("湘MA0001", 1): 1}


# --- what does not count ----------------------------------------------------------------------------------
FATES = """
what                                       | as of      | reason
decided                                    | 2024-12-31 | counts
decided later                              | 2024-06-30 | undecided
decided later                              | 2024-07-01 | counts
decided not to penalise                    | 2024-06-01 | no_penalty
decided not to penalise                    | 2024-12-31 | no_penalty
warned                                     | 2024-12-31 | counts
not filed                                  | 2024-12-31 | not_filed
filed later                                | 2024-06-30 | not_filed
void                                       | 2024-12-31 | void
withdrawn                                  | 2024-07-31 | counts
withdrawn                                  | 2024-08-01 | withdrawn
annulled                                   | 2024-07-31 | counts
annulled                                   | 2024-08-01 | annulled
annulled and decided anew                  | 2024-07-31 | counts
annulled and decided anew                  | 2024-08-01 | annulled
annulled and decided anew                  | 2024-09-30 | annulled
annulled and decided anew                  | 2024-10-01 | counts
withdrawn, then closed as void             | 2024-07-31 | counts
withdrawn, then closed as void             | 2024-08-01 | withdrawn
withdrawn, then closed as void             | 2024-12-31 | withdrawn
let off, then fined                        | 2024-06-30 | no_penalty
let off, then fined                        | 2024-07-01 | counts
about dimensions                           | 2024-12-31 | not_mass
weighed within the limit                   | 2024-12-31 | within_limit
elsewhere                                  | 2024-12-31 | elsewhere
above 10 % before the allowance            | 2024-12-31 | ratio
10 % after the allowance                   | 2024-12-31 | ratio
1 kg more than that                        | 2024-12-31 | counts
before Hunan's 10 %, decided before        | 2021-12-31 | counts
before Hunan's 10 %, decided since         | 2021-10-19 | undecided
before Hunan's 10 %, decided since         | 2021-10-20 | lighter_ratio
before Hunan's 10 %, 1 kg more             | 2021-10-20 | counts
before Hunan's 10 %, not weighed           | 2021-10-19 | undecided
before Hunan's 10 %, not weighed           | 2021-10-20 | ratio_unknown
before Hunan's 10 %, decided twice         | 2021-09-28 | counts
before Hunan's 10 %, decided twice         | 2021-09-30 | annulled
before Hunan's 10 %, decided twice         | 2021-10-20 | lighter_ratio
without a passage                          | 2024-12-31 | ratio_unknown
device not verified                        | 2024-12-31 | device
permit                                     | 2024-12-31 | permit
permit for less                            | 2024-12-31 | counts
permit until the day before                | 2024-12-31 | counts
"""
DAY = date(2024, 6, 1)


def _at(day: date, state: str, number: int) -> tuple[datetime, int, str]:
    return datetime.combine(day, datetime.min.time()) + timedelta(hours=9), number, state


EARLY: dict[str, Any] = {
    "day": "2021-09-15", "found_on": date(2021, 9, 15), "filed_on": date(2021, 9, 20),
    "weighed": Weighed(56_737, LIMIT_KG), "decisions": ((date(2021, 10, 20), "fine"),),
}  # fmt: skip
"""An act of 10 % after the allowance, from before only more counted."""
FACTS: dict[str, dict[str, Any]] = {
    "decided": {},
    "decided later": {"decisions": ((date(2024, 7, 1), "fine"),)},
    "decided not to penalise": {"decisions": ((DAY, "no_penalty"),)},
    "warned": {"decisions": ((DAY, "warning"),)},
    "not filed": {"filed_on": None, "state": "evidence_review", "decisions": ()},
    "filed later": {"filed_on": date(2024, 7, 1), "decisions": ((date(2024, 7, 9), "fine"),)},
    "void": {"state": "void"},
    "withdrawn": {"steps": (_at(DAY, "decided", 1), _at(date(2024, 8, 1), "withdrawn", 2))},
    "annulled": {"steps": (_at(DAY, "decided", 1), _at(date(2024, 8, 1), "revoked_by_review", 2))},
    "annulled and decided anew": {
        "steps": (_at(DAY, "decided", 1), _at(date(2024, 8, 1), "revoked_by_review", 2),
                  _at(date(2024, 10, 1), "decided", 3)),
        "decisions": ((DAY, "fine"), (date(2024, 10, 1), "fine")),
    },
    "withdrawn, then closed as void": {
        "steps": (_at(DAY, "decided", 1), _at(date(2024, 8, 1), "withdrawn", 2), _at(date(2024, 11, 1), "void", 3)),
    },
    "let off, then fined": {"decisions": ((DAY, "no_penalty"), (date(2024, 7, 1), "fine"))},
    "about dimensions": {"is_mass": False},
    "weighed within the limit": {"weighed": Weighed(LIMIT_KG, LIMIT_KG)},
    "elsewhere": {"county": "430102"},
    "above 10 % before the allowance": {"weighed": Weighed(53_901, LIMIT_KG)},
    "10 % after the allowance": {"weighed": Weighed(56_737, LIMIT_KG)},
    "1 kg more than that": {"weighed": Weighed(56_738, LIMIT_KG)},
    "without a passage": {"weighed": None},
    "before Hunan's 10 %, decided before": {**EARLY, "decisions": ((date(2021, 9, 30), "fine"),)},
    "before Hunan's 10 %, decided since": EARLY,
    "before Hunan's 10 %, 1 kg more": {**EARLY, "weighed": Weighed(56_738, LIMIT_KG)},
    "before Hunan's 10 %, not weighed": {**EARLY, "weighed": None},
    "before Hunan's 10 %, decided twice": {
        **EARLY, "decisions": ((date(2021, 9, 25), "fine"), (date(2021, 10, 20), "fine")),
        "steps": (_at(date(2021, 9, 25), "decided", 1), _at(date(2021, 9, 29), "revoked_by_review", 2),
                  _at(date(2021, 10, 20), "decided", 3)),
    },
    "device not verified": {"weighed": Weighed(60_000, LIMIT_KG, verified=False)},
    "permit": {}, "permit for less": {}, "permit until the day before": {},
}  # fmt: skip


def act_of(what: str) -> Case:
    changes = dict(FACTS[what])
    return act(changes.pop("day", "2024-06-01"), **changes)


PERMITS = {
    "permit": Permit(*TRUCK, 60_000, DAY, DAY),
    "permit for less": Permit(*TRUCK, 59_999, DAY, DAY),
    "permit until the day before": Permit(*TRUCK, 60_000, DAY - timedelta(days=9), DAY - timedelta(days=1)),
}


@pytest.mark.parametrize("line", FATES.strip().splitlines()[1:])
def test_an_act_that_does_not_count_has_its_reason_as_of_the_day(rows: Rows, line: str) -> None:
    what, day, wanted = [cell.strip() for cell in line.split("|")]
    permits = (PERMITS[what],) if what in PERMITS else ()
    found = one(rows, World((act_of(what),), permits=permits), day)
    assert [told or "counts" for told in reasons(found)] == [wanted]
    assert found.pending == (wanted == "undecided")
    if what == "above 10 % before the allowance":
        assert one(rows, World((act_of(what),)), day, takes_allowance=False).count == 1
    if wanted == "undecided":
        assert one(rows, World((act_of(what),)), day, require_decision=False).count == 1


OWN = """
subject    | decisions                               | as of      | any         | own
vehicle    | 2024-06-05 vehicle                      | 2024-06-04 | undecided   | undecided
vehicle    | 2024-06-05 vehicle                      | 2024-06-05 | counts      | counts
driver     | 2024-06-05 vehicle                      | 2024-12-31 | counts      | others_only
enterprise | 2024-06-05 source                       | 2024-12-31 | counts      | others_only
driver     | 2024-06-05 vehicle, 2024-06-20 driver   | 2024-06-19 | counts      | others_only
driver     | 2024-06-05 vehicle, 2024-06-20 driver   | 2024-06-20 | counts      | counts
vehicle    | 2024-06-05 driver, 2024-06-20 source    | 2024-12-31 | counts      | others_only
enterprise | 2024-06-05 enterprise, 2024-06-20 vehicle | 2024-06-05 | counts    | counts
"""


@pytest.mark.parametrize("line", OWN.strip().splitlines()[1:])
def test_where_only_a_decision_against_the_subject_counts_one_against_others_does_not(rows: Rows, line: str) -> None:
    subject, decisions, day, by_any, by_own = [cell.strip() for cell in line.split("|")]
    told = [one.split() for one in decisions.split(",")]
    case = act(
        "2024-06-01", certificate="D1", uscc="E1", against=tuple(who for _, who in told),
        decisions=tuple((date.fromisoformat(on), "fine") for on, _ in told),
    )  # fmt: skip
    rows.built(World((case,)))
    for wanted, changed in ((by_any, {}), (by_own, {"repeat_own_decision": 1.0})):
        (found,) = standings(rows, Question(date.fromisoformat(day), subject, changed=changed))
        assert [told or "counts" for told in reasons(found)] == [wanted]
        assert found.pending == (wanted in ("undecided", "others_only"))


def test_an_act_without_a_decision_against_the_subject_itself_stands_by_its_filing(rows: Rows) -> None:
    """By the day of the decision that counts: the one against others, five weeks later, does not place the act."""
    case = act("2023-02-20", filed_on=date(2023, 2, 27), decisions=((date(2023, 4, 3), "fine"),), against=("driver",))
    rows.built(World((case,)))
    by_own = {"repeat_own_decision": 1.0}
    for changed, placed, lapses in (({}, "2023-04-03", "2024-04-03"), (by_own, "2023-02-27", "2024-02-27")):
        (found,) = standings(
            rows, Question(date(2023, 12, 31), basis="DECISION", require_decision=False, changed=changed)
        )
        assert [one.placed_on for one in found.counted] == [date.fromisoformat(placed)]
        assert found.lapses_on == date.fromisoformat(lapses)
    for day, pending in ((date(2024, 2, 26), 1), (date(2024, 2, 27), 0)):
        (found,) = standings(rows, Question(day, basis="DECISION", changed=by_own))
        assert (reasons(found), found.pending) == (["others_only"], pending)


ANEW = """
first   | anew    | as of      | any      | own
vehicle | vehicle | 2024-07-31 | counts   | counts
vehicle | vehicle | 2024-09-30 | annulled | annulled
vehicle | vehicle | 2024-10-01 | counts   | counts
vehicle | driver  | 2024-07-31 | counts   | counts
vehicle | driver  | 2024-12-31 | counts   | others_only
driver  | vehicle | 2024-07-31 | counts   | others_only
driver  | vehicle | 2024-12-31 | counts   | counts
"""


@pytest.mark.parametrize("line", ANEW.strip().splitlines()[1:])
def test_of_an_act_decided_anew_each_decision_is_against_its_own_party(rows: Rows, line: str) -> None:
    first, anew, day, by_any, by_own = [cell.strip() for cell in line.split("|")]
    rows.built(World((act("2024-06-01", against=(first, anew), **FACTS["annulled and decided anew"]),)))
    for wanted, changed in ((by_any, {}), (by_own, {"repeat_own_decision": 1.0})):
        (found,) = standings(rows, Question(date.fromisoformat(day), changed=changed))
        assert [told or "counts" for told in reasons(found)] == [wanted]


def test_an_act_decided_anew_by_a_step_alone_is_not_known_to_be_against_others(rows: Rows) -> None:
    """The decision itself was not delivered; the first one, against another, was."""
    facts = FACTS["annulled and decided anew"]
    (first, _), steps = facts["decisions"], facts["steps"]
    case = act("2024-06-01", decisions=(first,), against=("driver",), steps=steps)
    rows.built(World((case,)))
    by_own = {"repeat_own_decision": 1.0}
    for day, wanted in (
        (date(2024, 7, 31), "others_only"),
        (date(2024, 9, 30), "annulled"),
        (date(2024, 12, 31), "undecided"),
    ):
        (found,) = standings(rows, Question(day, changed=by_own))
        assert (day, reasons(found)) == (day, [wanted])
    (found,) = standings(rows, Question(date(2024, 12, 31)))
    assert found.count == 1


def test_the_spans_of_the_report_card_take_the_vehicles_own_decisions_where_only_those_count(rows: Rows) -> None:
    rows.connection.execute("update seeds.parameter set parameter_value = 1 where parameter = 'repeat_own_decision'")
    own = {"decisions": ((date(2024, 6, 5), "fine"), (date(2024, 6, 20), "fine")), "against": ("driver", "vehicle")}
    others = {"decisions": ((date(2024, 6, 5), "fine"),), "against": ("driver",), "plate": "湘MA0002"}
    rows.built(World((act("2024-06-01", 0, **own), act("2024-06-01", 1, **others))))
    spans = rows.rows("select plate_no, first_day from core.vehicle_violation_span where decided_count > 0")
    assert [(row["plate_no"], row["first_day"]) for row in spans] == [(TRUCK[0], date(2024, 6, 20))]


def test_acts_decided_under_a_limit_that_was_raised_are_listed_for_a_person(rows: Rows) -> None:
    """The act is judged by the limit of its day. Shipped limits were never raised."""
    rows.built(World((act("2024-06-01", 0, decisions=((date(2024, 7, 1), "fine"),)),
                      act("2024-06-05", 1, decisions=((date(2024, 6, 30), "fine"),)))))  # fmt: skip
    check, _ = sql.render_text(sql.check_paths()["limit_lighter_at_decision"].read_text(encoding="utf-8"))
    assert "limit_lighter_at_decision" in head_checks(raw_tables())
    assert rows.rows(check) == []
    rows.connection.execute(
        "insert into seeds.gross_weight_limit select * replace ('M6C-NEW' as rule_id, date '2024-07-01' as valid_from,"
        " 52000 as limit_kg) from seeds.gross_weight_limit where rule_id = 'M6C'"
    )
    rows.connection.execute("update seeds.gross_weight_limit set valid_to = '2024-06-30' where rule_id = 'M6C'")
    assert [(row["case_no"], row["later_rule_id"], row["limit_kg"], row["later_limit_kg"]) for row in rows.rows(check)]\
        == [("A00", "M6C-NEW", 49_000, 52_000)]  # fmt: skip


def changed_from(rows: Rows, parameter: str, day: date, value: float) -> None:
    """From a day on the parameter has another value."""
    rows.connection.execute(
        "insert into seeds.parameter select * replace (cast(? as date) as valid_from, cast(? as double) as"
        " parameter_value) from seeds.parameter where parameter = ?", [day, value, parameter]
    )  # fmt: skip
    rows.connection.execute(
        "update seeds.parameter set valid_to = cast(? as date) - 1 where parameter = ? and valid_from is null",
        [day, parameter],
    )


@pytest.mark.parametrize(
    ("parameter", "value", "before", "after"),
    [
        ("repeat_merge_hours", 0.0, 3, 4), ("repeat_merge_hours", 72.0, 3, 2), ("repeat_window_months", 1.0, 3, 2),
        ("repeat_own_decision", 1.0, 3, 2), ("repeat_count", 4.0, 3, 3),
    ],
)  # fmt: skip
def test_a_count_is_by_the_parameters_of_its_day_and_so_are_the_spans(
    rows: Rows, parameter: str, value: float, before: int, after: int
) -> None:
    """The days beside a change are counted differently, list and report card alike; the tier too."""
    turn = date(2024, 7, 1)
    changed_from(rows, parameter, turn, value)
    cases = (
        act("2024-04-01 08:00:00", 0), act("2024-06-20 08:00:00", 1), act("2024-06-20 20:00:00", 2),
        act("2024-06-22 21:00:00", 3, against=("driver",)),
    )  # fmt: skip
    rows.built(World(cases))
    for day, count in ((turn - timedelta(days=1), before), (turn, after), (turn + timedelta(days=5), after)):
        (found,) = standings(rows, Question(day))
        spans = rows.rows(
            "select decided_count from core.vehicle_violation_span"
            " where $day between first_day and coalesce(last_day, $day)", {"day": day},
        )  # fmt: skip
        assert (found.count, [row["decided_count"] for row in spans if row["decided_count"]]) == (count, [count]), day
        is_later = parameter == "repeat_count" and day >= turn
        assert found.tier == ("watch" if count < 3 or is_later else "warning" if count == 3 else "statutory")


def test_an_unladen_passage_is_one_by_the_share_of_its_day_and_is_looked_for_as_far_back_as_any_day_asks(
    rows: Rows,
) -> None:
    """At a share of 0.1 the truck of 10 t was not unladen; where 72 h are asked, one 36 h ago parts the acts."""
    cases = acts("2024-06-20 08:00:00, 2024-06-23 02:00:00")
    world = World(cases, unladen=((*TRUCK, datetime(2024, 6, 20, 14)),))
    changed_from(rows, "repeat_merge_hours", date(2024, 7, 1), 72.0)
    assert one(rows, world, "2024-12-31").count == 2
    changed_from(rows, "unladen_share", date(2024, 6, 20), 0.1)
    assert one(rows, world, "2024-12-31").count == 1
    rows.connection.execute("delete from seeds.parameter where parameter = 'unladen_share' and valid_from is not null")
    rows.connection.execute("update seeds.parameter set valid_to = null where parameter = 'unladen_share'")
    changed_from(rows, "unladen_share", date(2024, 6, 21), 0.1)
    assert one(rows, world, "2024-12-31").count == 2


@pytest.mark.parametrize("what", FACTS)
def test_an_answer_holds_nothing_that_happened_after_its_day(rows: Rows, what: str) -> None:
    permits = (PERMITS[what],) if what in PERMITS else ()
    rows.built(World((act_of(what),), permits=permits))
    of_2021 = (date(2021, 9, 20), date(2021, 9, 27), date(2021, 9, 29), date(2021, 10, 19), date(2021, 10, 20))
    of_2024 = (DAY, date(2024, 6, 30), date(2024, 7, 31), date(2024, 8, 1), date(2024, 9, 30), date(2024, 12, 31))
    for day in of_2021 if "day" in FACTS[what] else of_2024:
        for basis in ("VIOLATION", "DECISION"):
            (found,) = standings(rows, Question(day, basis=basis))
            told = str(as_json(found))
            later = [one.act for one in found.acts
                     for at in (one.act.filed_on, one.act.decided_on, one.act.ended_on) if at and at > day]  # fmt: skip
            assert not later, (what, day)
            assert all(one.act.decided_on or one.act.decided_counted_ratio is None for one in found.acts), (what, day)
            assert "case_state" not in told
            assert "earlier_" not in told


def test_the_threshold_is_passed_since_the_first_of_the_unbroken_days(rows: Rows) -> None:
    """An act that has left the window since was one of the four when they were more than three for the first time."""
    world = World(acts("2023-01-10, 2023-02-01, 2023-03-01, 2023-04-01, 2023-12-01, 2024-03-15"))
    found = one(rows, world, "2024-01-15")
    assert (found.count, found.trigger_on) == (4, date(2023, 4, 1)), "2023-01-10 has left, 2023-12-01 had come before"
    assert one(rows, world, "2024-02-15").trigger_on is None
    gap = World(acts("2023-01-10, 2023-02-01, 2023-03-01, 2023-04-01, 2024-01-20"))
    assert one(rows, gap, "2024-01-25").trigger_on == date(2024, 1, 20), "between 10 and 19 January there were three"


def test_an_enterprise_is_above_since_the_first_of_the_unbroken_days_of_its_fleet_then(rows: Rows) -> None:
    """Two of twenty vehicles are not above a tenth; two of nineteen are."""
    fleet = [
        Span((f"湘MB{at:04d}", 2), EVER, date(2024, 8, 31) if at == 19 else None, None, "一运") for at in range(20)
    ]
    cases = tuple(act("2024-06-01", at, plate=f"湘MB{at:04d}", uscc="U1") for at in range(2))
    world = World(cases, vehicles=tuple(fleet), enterprises=(Span(("U1",), EVER, None, None, "一运"),))
    assert one(rows, world, "2024-08-31", subject="enterprise").tier == "watch"
    assert one(rows, world, "2024-12-31", subject="enterprise").trigger_on == date(2024, 9, 1)


def test_by_the_day_of_decision_an_act_is_placed_by_a_decision_of_the_day_or_before(rows: Rows) -> None:
    """One that is decided later is pending by its filing, whichever day it is decided in the end."""
    late = World((act("2023-06-01", filed_on=date(2024, 3, 1), decisions=((date(2024, 9, 1), "fine"),)),))
    found = one(rows, late, "2024-06-01", basis="DECISION")
    assert (found.count, found.pending) == (0, 1)
    assert one(rows, late, "2024-06-01", basis="DECISION", require_decision=False).count == 1
    assert one(rows, late, "2024-06-01").pending == 0, "the act is more than twelve months ago"
    assert one(rows, late, "2025-08-31", basis="DECISION").count == 1


# --- words ----------------------------------------------------------------------------------
def test_three_is_a_warning_and_never_the_statutes_number(rows: Rows) -> None:
    values = values_of(parameters(rows, Question(date(2024, 6, 1))))

    def words(name: str, lang: str, **asked: Any) -> tuple[str, str]:
        return tier(name, Question(date(2024, 6, 1), **asked), values, lang)

    assert words("warning", "zh")[0] == "预警（累计3次）"
    assert words("warning", "en")[0] == "warning (3 in all)"
    assert words("statutory", "zh")[0] == "超过3次"
    assert words("statutory", "en", subject="enterprise")[0] == "above 10 %"
    said = " ".join(
        part for name in TIER_TERMS for who in ("vehicle", "enterprise") for part in words(name, "zh", subject=who)
    )
    assert "吊销" not in said
    assert "达到" not in said, "the statute says 超过"
    assert "第六十六条" not in " ".join(words("warning", "zh"))


@pytest.mark.parametrize("subject", ["vehicle", "enterprise"])
def test_the_words_above_the_statutes_number_name_window_and_basis(rows: Rows, subject: str) -> None:
    values = values_of(parameters(rows, Question(date(2024, 6, 1))))
    told = {
        (window, basis, lang): tier("statutory", Question(date(2024, 6, 1), subject, window, basis), values, lang)[1]
        for window in WINDOW_TERMS for basis in BASIS_TERMS for lang in ("zh", "en")
    }  # fmt: skip
    assert len(set(told.values())) == len(told)
    for (window, basis, lang), says in told.items():
        assert WINDOW_TERMS[window].name(lang) in says
        assert BASIS_TERMS[basis].name(lang) in says
        assert "第六十六条" in says if lang == "zh" else "art. 66" in says


def test_a_reason_names_the_case_it_is_one_trip_with(rows: Rows) -> None:
    found = one(rows, World(acts("2024-06-01 08:00:00, 2024-06-01 09:00:00")), "2024-12-31")
    assert [reason(judged, "zh") for judged in found.acts] == ["计次", "同一趟次 A00"]
    assert all(term.zh and term.en and term.says_zh and term.says_en for term in REASON_TERMS.values())


def test_a_question_that_cannot_be_asked_names_what_can() -> None:
    with pytest.raises(WarehouseError, match="ROLLING_12M, ANNIVERSARY, CALENDAR"):
        Question(date(2024, 1, 1), window="YEAR")
    with pytest.raises(WarehouseError, match="repeat_excess_ratio"):
        Question(date(2024, 1, 1), changed={"ratio": 0.1})
