"""Parts of a county's score at their edges: what is counted, from which day on, how small is too small; and that
neither fines nor numbers of cases move anything."""

import random
import re
from collections.abc import Iterator
from datetime import date, datetime

import duckdb
import pytest
import sqlglot
from score_rows import COUNTIES, Rows
from sqlglot import exp

from warehouse import kpi, repeat, score, sql
from warehouse.errors import WarehouseError
from warehouse.home import REPOSITORY
from warehouse.score import Asked, Ranking

JUNE = date(2026, 6, 30)
HERE, THERE = "431103", "431124"


@pytest.fixture(scope="module")
def made() -> Iterator[Rows]:
    tables = Rows(JUNE)
    yield tables
    tables.connection.close()


@pytest.fixture
def rows(made: Rows) -> Iterator[Rows]:
    with made.blank() as tables:
        yield tables


def told(rows: Rows, part: str, county: str = HERE, day: date = JUNE, cadence: str = "month") -> tuple[int, int, int]:
    """Sample, numerator and denominator of a part."""
    ranking = score.ranking(rows, Asked(day, cadence), is_compared=False)
    (rate,) = [one.parts[part] for one in ranking.units if one.code == county]
    return rate.sample, rate.numerator, rate.denominator


def on(day: int, month: int = 6) -> date:
    return date(2026, month, day)


# --- periods -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "cadence", "first", "before"),
    [
        ("2026-06-30", "month", "2026-06-01", ("2026-05-01", "2026-05-31")),
        ("2026-06-24", "month", "2026-06-01", ("2026-05-01", "2026-05-24")),
        ("2026-03-30", "month", "2026-03-01", ("2026-02-01", "2026-02-28")),
        ("2026-01-31", "month", "2026-01-01", ("2025-12-01", "2025-12-31")),
        ("2026-02-28", "month", "2026-02-01", ("2026-01-01", "2026-01-31")),
        ("2026-06-30", "quarter", "2026-04-01", ("2026-01-01", "2026-03-31")),
        ("2026-05-10", "quarter", "2026-04-01", ("2026-01-01", "2026-02-09")),
        ("2026-08-01", "half", "2026-07-01", ("2026-01-01", "2026-02-01")),
        ("2026-12-31", "year", "2026-01-01", ("2025-01-01", "2025-12-31")),
        ("2024-12-30", "year", "2024-01-01", ("2023-01-01", "2023-12-31")),
    ],
)
def test_a_whole_period_is_held_against_a_whole_one_and_a_part_against_as_many_days_of_it(
    day: str, cadence: str, first: str, before: tuple[str, str]
) -> None:
    asked = Asked(date.fromisoformat(day), cadence)
    assert (str(asked.first), (str(asked.before.first), str(asked.before.as_of))) == (first, before)


def test_an_unknown_cadence_or_unit_says_what_there_is() -> None:
    with pytest.raises(WarehouseError, match="month, quarter, half, year"):
        Asked(JUNE, "week")
    with pytest.raises(WarehouseError, match="county, enterprise"):
        Asked(JUNE, of="driver")
    assert Asked(JUNE, of="enterprise").before == Asked(on(31, 5), of="enterprise")


# --- parts -------------------------------------------------------------------------------------------------
def test_hazards_are_of_the_cohort_and_of_those_due(rows: Rows) -> None:
    rows.hazard("A", HERE, on(1), on(20), closed=on(20))  # on its last day
    rows.hazard("B", HERE, on(2), on(20), closed=on(21))  # late
    rows.hazard("C", HERE, on(3), on(30))  # open on its last day
    rows.hazard("D", HERE, on(30), on(15, 7))  # not due yet
    rows.hazard("E", HERE, on(31, 5), on(1), closed=on(1))  # registered before, due in the period
    rows.hazard("F", HERE, on(1, 4), on(1, 5))  # neither
    assert told(rows, "hazard_closed") == (4, 2, 4)
    assert told(rows, "hazard_on_time") == (4, 2, 4)
    assert told(rows, "hazard_closed", day=on(20)) == (3, 1, 3)


def test_major_hazards_overdue_are_of_those_in_hand(rows: Rows) -> None:
    rows.hazard("A", HERE, on(1, 3), on(29), is_major=True)  # overdue
    rows.hazard("B", HERE, on(1, 3), on(30), is_major=True)  # its last day is today
    rows.hazard("C", HERE, on(1, 3), on(1, 5), closed=on(1), is_major=True)  # closed in the period, late
    rows.hazard("D", HERE, on(1, 3), on(1, 5), closed=on(31, 5), is_major=True)  # closed before it
    rows.hazard("E", HERE, on(1, 3), on(1, 5))  # not major
    assert told(rows, "major_overdue") == (3, 1, 3)


def test_deadlines_count_when_they_run_out(rows: Rows) -> None:
    """The day after the last day lies in the period: the last of May counts in June, that of June in July."""
    rows.clock("A", HERE, on(31, 5), on(31, 5))
    rows.clock("B", HERE, on(29), on(30))
    rows.clock("C", HERE, on(29), None)
    rows.clock("D", HERE, on(30), None)
    rows.clock("E", HERE, on(10), on(1), clock="payment")
    rows.clock("F", HERE, on(10), on(1), clock="late_surcharge")
    rows.clock("G", HERE, on(10), on(1), clock="limitation")
    rows.clock("H", HERE, on(10), on(9), result="omitted")
    rows.clock("I", HERE, on(10), None, result="not_applicable")
    rows.clock("A", HERE, on(20), on(19), clock="decision")
    rows.clock("J", HERE, on(10), on(9), clock="court_enforcement")
    rows.clock("K", HERE, on(10), None, clock="court_enforcement")
    rows.clock("L", HERE, on(10), on(9), clock="litigation")
    assert told(rows, "clocks_kept") == (4, 2, 5)


def test_repeat_offenders_are_dealt_with_whatever_the_outcome(rows: Rows) -> None:
    """Three vehicles of the list here: decided, ended without a penalty, still undecided after its last day."""
    for plate in ("湘M10001", "湘M10002", "湘M10003", "湘M10004", "湘M10005"):
        rows.repeat(plate, on(1, 2), 3)
    rows.repeat("湘M10006", on(1, 2), 2)
    rows.act("A", "湘M10001", HERE, on(1, 2), decided_on=on(1, 3))
    rows.act("B", "湘M10002", HERE, on(1, 2), ended_state="no_penalty", ended_on=on(1, 3))
    rows.act("C", "湘M10003", HERE, on(1, 2), decided_on=on(1, 3))
    rows.act("D", "湘M10003", HERE, on(2, 2), decided_on=on(1, 7))
    rows.clock("D", HERE, on(2, 5), on(1, 7), clock="decision")
    rows.act("E", "湘M10004", HERE, on(1, 6))  # may still be decided in time
    rows.clock("E", HERE, on(30), None, clock="decision")
    rows.act("F", "湘M10005", THERE, on(1, 2), decided_on=on(1, 3))
    rows.act("G", "湘M10006", HERE, on(1, 2), decided_on=on(1, 3))  # not of the list
    assert told(rows, "repeat_handled") == (3, 2, 3)
    assert told(rows, "repeat_handled", THERE) == (1, 1, 1)
    assert told(rows, "repeat_handled", day=on(31, 7)) == (4, 3, 4), "decided since, and E is late"


@pytest.mark.parametrize(
    ("act", "day", "is_within"),
    [
        # 29 February has no like in the next year: its time ends with that month (民法典 art. 202).
        (date(2028, 2, 29), date(2029, 2, 28), True), (date(2028, 2, 29), date(2029, 3, 1), False),
        (date(2028, 2, 28), date(2029, 2, 27), True), (date(2028, 2, 28), date(2029, 2, 28), False),
        (date(2028, 3, 1), date(2029, 2, 28), True), (date(2028, 3, 1), date(2029, 3, 1), False),
        (date(2027, 2, 28), date(2028, 2, 27), True), (date(2027, 2, 28), date(2028, 2, 28), False),
        (date(2027, 3, 1), date(2028, 2, 29), True), (date(2027, 3, 1), date(2028, 3, 1), False),
    ],
)  # fmt: skip
def test_the_year_of_repeat_offenders_is_that_of_the_lists(rows: Rows, act: date, day: date, is_within: bool) -> None:
    """What the ranking looks back, what the list does, and until when an act counts are one at the end of February."""
    rows.repeat("湘M10001", act, 3)
    rows.act("A", "湘M10001", HERE, act, decided_on=act)
    assert told(rows, "repeat_handled", day=day)[2] == is_within
    first, _ = repeat.rolling(day, 12)
    assert (first <= act) == is_within == (repeat.months_later(act, 12) > day)


def test_a_case_decided_anew_later_changes_no_earlier_day(rows: Rows) -> None:
    """Decided in March, taken away in May, decided anew in August; another ended in May and decided first in August."""
    rows.repeat("湘M10001", on(1, 2), 3)
    rows.repeat("湘M10002", on(1, 2), 3)
    for case, plate in (("A", "湘M10001"), ("B", "湘M10002")):
        rows.act(case, plate, HERE, on(1, 2))
        rows.clock(case, HERE, on(1, 3), None, clock="decision")
    days = (on(2, 3), on(30, 4), on(31, 5), JUNE, on(31, 8))

    def handled() -> list[int]:
        return [told(rows, "repeat_handled", day=day)[1] for day in days]

    def known(case: str, **columns: date | str | None) -> None:
        sets = ", ".join(f"{name} = ${name}" for name in columns)
        rows.connection.execute(
            f"update core.violation set {sets} where case_no = $case_no", columns | {"case_no": case}
        )

    known("A", decided_on=on(10, 3), ended_state="revoked", ended_on=on(9, 5))
    known("B", ended_state="no_penalty", ended_on=on(9, 5))
    before = handled()
    anew = {"decided_on": on(1, 8), "ended_state": None, "ended_on": None, "earlier_ended_on": on(9, 5)}
    known("A", **anew, earlier_decided_on=on(10, 3), earlier_ended_state="revoked")
    known("B", **anew, earlier_ended_state="no_penalty")
    assert handled() == before == [0, 1, 2, 2, 2]


def test_alarms_know_nothing_of_what_happened_after_the_day(rows: Rows) -> None:
    rows.alarm("湘M10001", HERE, on(30), datetime(2026, 6, 30, 8, 30))
    rows.alarm("湘M10001", HERE, on(29), datetime(2026, 6, 29, 9, 30))  # late
    rows.alarm("湘M10002", HERE, on(28), datetime(2026, 7, 1, 9))  # handled after the day
    rows.alarm("湘M10002", HERE, on(30), None, within_min=24 * 60)  # its time ends after the day
    assert told(rows, "alarm_disposal_in_time") == (2, 1, 3)
    assert told(rows, "alarm_handling_rate") == (2, 2, 3)


def test_an_alarm_counts_in_the_one_period_in_which_its_time_ends(rows: Rows) -> None:
    """One begins on the last of May, one ends with the last minute of June, one with the first of July."""
    rows.alarm("湘M10001", HERE, on(31, 5), datetime(2026, 6, 1, 0, 30), within_min=17 * 60)
    rows.alarm("湘M10002", HERE, on(29), None, within_min=40 * 60 - 1)
    rows.alarm("湘M10003", HERE, on(30), None, within_min=16 * 60)
    for part in ("alarm_disposal_in_time", "alarm_handling_rate"):
        assert told(rows, part, day=on(31, 5)) == (0, 0, 0)
        assert told(rows, part) == (2, 1, 2)
        assert told(rows, part, day=on(31, 7)) == (1, 0, 1)
        assert told(rows, part, cadence="quarter") == (2, 1, 2)
    assert score.alarms_in_time(rows, on(1), JUNE, HERE) == (1, 2)


def test_sums_of_monitoring_are_those_of_the_league(rows: Rows) -> None:
    for at in range(12):
        rows.vehicle_day(f"湘M1{at:04d}", HERE, on(3), is_online=at > 2, is_dawn_driving=at == 5, complete_m=at * 80)
        rows.vehicle_day(f"湘M1{at:04d}", HERE if at else THERE, on(9), total_m=2_000, complete_m=2_000)
    rows.vehicle_day("湘M20001", HERE, on(3), monitored_class="taxi")
    league = {
        (row["county_code"], row["kpi"]): (row["numerator"], row["denominator"])
        for row in kpi.kpis(rows, on(1), JUNE, "county").to_dict("records")
    }
    for part in ("online_rate", "track_completeness", "data_validity", "dawn_driving"):
        for county in (HERE, THERE):
            assert told(rows, part, county)[1:] == league[county, part], part


def test_site_days_with_complete_data_are_of_those_in_service(rows: Rows) -> None:
    for day in range(1, 11):
        rows.site_day("YZ01", HERE, on(day), "silent" if day > 8 else "reporting")
        rows.site_day("YZ02", HERE, on(day), "partial" if day == 1 else "reporting")
    assert told(rows, "scale_reporting") == (2, 17, 20)
    (unit,) = [one for one in score.ranking(rows, Asked(JUNE)).units if one.code == HERE]
    assert [(gap.kind, gap.count) for gap in unit.gaps] == [("scale_days", 3)]


# --- totals ------------------------------------------------------------------------------------------------
def fill(rows: Rows, good: dict[str, int], every: int = 40, month: int = 6) -> None:
    """Of each county so many of its deadlines kept, and half as many hazards closed on time."""
    rows.clocks(good, every, date(2026, month, 10))
    for county, kept in good.items():
        first, closed, due = (date(2026, month, day) for day in (1, 8, 9))
        rows.hazards(county, first, due, closed, kept // 2, (every - kept) // 2)


def by_code(ranking: Ranking) -> dict[str, score.Unit]:
    return {one.code: one for one in ranking.units}


def test_a_total_is_the_sum_of_its_points_and_differs_by_what_the_parts_take(rows: Rows) -> None:
    fill(rows, {county: 38 - 3 * at for at, county in enumerate(COUNTIES)})
    ranking = score.ranking(rows, Asked(JUNE))
    assert [one.place for one in ranking.units] == list(range(1, 12))
    assert ranking.units[0].code == COUNTIES[0]
    sourced = [one for one in ranking.parts if one.rate is not None]
    assert {one.part.name for one in sourced} == {"hazard_closed", "hazard_on_time", "clocks_kept"}
    whole = sum(one.part.weight for one in sourced)
    for unit in ranking.units:
        assert unit.weight == 1
        assert unit.total == pytest.approx(100 * sum(rate.points or 0 for rate in unit.parts.values()) / whole)
        taken = sum(rate.against or 0 for rate in unit.parts.values())
        assert unit.total - ranking.total == pytest.approx(taken)
        assert unit.low is not None
        assert unit.low <= unit.place <= unit.high
    ends = by_code(ranking)
    assert set(ends[COUNTIES[0]].groups).isdisjoint(ends[COUNTIES[-1]].groups)


def test_equal_counties_are_one_group_and_a_smaller_sample_is_no_worse(rows: Rows) -> None:
    fill(rows, dict.fromkeys(COUNTIES, 30))
    ranking = score.ranking(rows, Asked(JUNE))
    assert [(one.place, one.groups) for one in ranking.units] == [(1, (1,))] * 11
    assert len(ranking.groups) == 1


def test_too_small_a_sample_has_no_points_and_takes_the_city(rows: Rows) -> None:
    fill(rows, {county: 38 - 3 * at for at, county in enumerate(COUNTIES[:-1])})
    for at in range(9):  # ten cases are needed
        rows.clock(f"few{at}", COUNTIES[-1], on(10), on(12))
    rows.hazards(COUNTIES[-1], on(1), on(9), on(8), 5, 0)
    ranking = score.ranking(rows, Asked(JUNE))
    unit = by_code(ranking)[COUNTIES[-1]]
    clocks = unit.parts["clocks_kept"]
    assert (clocks.sample, clocks.rate, clocks.shrunk, clocks.points, clocks.against) == (9, 0.0, None, None, None)
    assert unit.weight == pytest.approx(30 / 45)
    hazards = unit.parts["hazard_closed"].against + unit.parts["hazard_on_time"].against
    assert unit.total == pytest.approx(ranking.total + hazards)


def test_a_county_on_too_little_weight_has_no_place(rows: Rows) -> None:
    fill(rows, {county: 38 - 3 * at for at, county in enumerate(COUNTIES[:-1])})
    rows.hazards(COUNTIES[-1], on(1), on(20, 7), on(8), 5, 0)  # a cohort, nothing due
    last = score.ranking(rows, Asked(JUNE)).units[-1]
    assert (last.code, last.place, last.low, last.groups) == (COUNTIES[-1], None, None, ())
    assert last.weight == pytest.approx(15 / 45)


def test_a_part_that_nobody_has_a_sample_of_is_in_no_total(rows: Rows) -> None:
    fill(rows, dict.fromkeys(COUNTIES, 30))
    before = score.ranking(rows, Asked(JUNE))
    rows.hazard("A", HERE, on(1, 3), on(29, 5), is_major=True)
    after = score.ranking(rows, Asked(JUNE))
    (major,) = [one for one in after.parts if one.part.name == "major_overdue"]
    assert (major.rate, major.scored) == (1.0, 0)
    assert by_code(after)[THERE].total == by_code(before)[THERE].total


def test_without_any_data_nobody_has_a_place(rows: Rows) -> None:
    ranking = score.ranking(rows, Asked(JUNE))
    assert (ranking.total, ranking.groups, {one.place for one in ranking.units}) == (None, (), {None})
    assert {one.total for one in ranking.units} == {None}, "no total is not one of 0"
    assert {(gap.kind, gap.count) for gap in ranking.gaps} == {("capture_days", 30), ("alarm_days", 30)}


def test_a_change_is_over_parts_that_both_periods_have(rows: Rows) -> None:
    fill(rows, dict.fromkeys(COUNTIES, 20), month=5)
    fill(rows, {county: 38 if county == HERE else 20 for county in COUNTIES})
    for at in range(12):
        rows.vehicle_day(f"湘M1{at:04d}", HERE, on(3))
    told_parts = score.ranking(rows, Asked(JUNE))
    units = by_code(told_parts)
    better, same = units[HERE].change, units[THERE].change
    assert better is not None
    assert same is not None
    assert set(better.parts) == {"hazard_closed", "hazard_on_time", "clocks_kept"}
    assert better.is_told
    assert better.now - better.then == pytest.approx(better.points)
    assert sum(part.points for part in better.parts.values()) == pytest.approx(better.points)
    assert better.weight == pytest.approx(45 / sum(one.part.weight for one in told_parts.parts if one.scored))
    assert better.low <= better.points <= better.high
    assert better.points > 20
    assert (same.is_told, abs(same.points) < 5) == (False, True)


@pytest.mark.parametrize(("days", "doubt"), [(31, None), (14, "basis")])
def test_a_change_from_a_period_with_little_data_is_not_sure(rows: Rows, days: int, doubt: str | None) -> None:
    """Of 30 days one in four was silent in June, none of those that May has data of."""
    for day in range(1, 31):
        for county in COUNTIES:
            for site in range(3):
                rows.site_day(f"{county}-{site}", county, on(day), "silent" if day % 4 == 0 else "reporting")
                if day <= days:
                    rows.site_day(f"{county}-{site}", county, on(day, 5))
    change = by_code(score.ranking(rows, Asked(JUNE)))[HERE].change
    assert change is not None
    assert change.high < 0
    assert (change.doubt, change.is_told) == (doubt, doubt is None)
    assert change.parts["scale_reporting"].basis == pytest.approx(min(days, 30) / 30)


def test_a_change_over_parts_of_little_weight_is_not_sure(rows: Rows) -> None:
    """Points of 45 are scored in June, of which scales, with 5, are all that May has."""
    fill(rows, dict.fromkeys(COUNTIES, 30))
    for day in range(1, 31):
        for county in COUNTIES:
            for site in range(3):
                rows.site_day(f"{county}-{site}", county, on(day), "silent" if day % 4 == 0 else "reporting")
                rows.site_day(f"{county}-{site}", county, on(day, 5))
    change = by_code(score.ranking(rows, Asked(JUNE)))[HERE].change
    assert change is not None
    assert change.high < 0
    assert (set(change.parts), change.doubt) == ({"scale_reporting"}, "weight")
    assert change.weight == pytest.approx(5 / 50)


def test_the_same_tables_give_the_same_answer(rows: Rows) -> None:
    fill(rows, {county: 38 - 2 * at for at, county in enumerate(COUNTIES)})
    assert score.ranking(rows, Asked(JUNE)) == score.ranking(rows, Asked(JUNE))


def test_what_no_county_of_the_day_can_be_charged_with_is_told(rows: Rows) -> None:
    fill(rows, dict.fromkeys(COUNTIES, 30))
    rows.clock("old", "431121", on(10), on(1))
    (clocks,) = [one for one in score.ranking(rows, Asked(JUNE)).parts if one.part.name == "clocks_kept"]
    assert (clocks.unplaced, clocks.denominator) == (1, 440)


def test_a_part_that_nobody_knows_is_refused_with_the_file(rows: Rows) -> None:
    rows.connection.execute(
        "update seeds.score_part set score_part = 'fines_collected' where score_part = 'online_rate'"
    )
    with pytest.raises(WarehouseError, match=r"fines_collected.*score_part\.csv"):
        score.ranking(rows, Asked(JUNE))


def test_weights_are_those_of_the_day(rows: Rows) -> None:
    fill(rows, dict.fromkeys(COUNTIES, 30))
    rows.connection.execute("update seeds.score_part set valid_to = date '2026-06-29' where score_part = 'clocks_kept'")
    names = {day: {one.part.name for one in score.ranking(rows, Asked(day)).parts} for day in (on(29), on(30))}
    assert names[on(29)] - names[on(30)] == {"clocks_kept"}


# --- enterprises -------------------------------------------------------------------------------------------
ONE, OTHER = "91431100MAE00001XX", "91431100MAE00002XX"


def of_enterprises(rows: Rows, *, is_compared: bool = False) -> Ranking:
    return score.ranking(rows, Asked(JUNE, of="enterprise"), is_compared=is_compared)


def test_an_enterprise_has_its_own_hazards_and_no_others(rows: Rows) -> None:
    rows.hazard("A", HERE, on(1), on(20), closed=on(20), uscc=ONE)
    rows.hazard("B", THERE, on(2), on(20), closed=on(21), uscc=ONE, is_major=True)
    rows.hazard("C", HERE, on(2), on(20), uscc=OTHER)
    rows.hazard("D", HERE, on(2), on(20))  # a road's
    rows.hazard("E", HERE, on(2), on(20))  # of an enterprise that is not named
    rows.connection.execute("update core.hazard_life set hazard_category_code = 'ENT' where hazard_no = 'E'")
    ranking = of_enterprises(rows)
    units = by_code(ranking)
    assert set(units) == {ONE, OTHER}
    told = {
        name: [(rate.sample, rate.numerator, rate.denominator) for rate in (units[ONE].parts[name],)]
        for name in ("hazard_closed", "hazard_on_time", "major_overdue")
    }
    assert told == {"hazard_closed": [(2, 2, 2)], "hazard_on_time": [(2, 1, 2)], "major_overdue": [(1, 0, 1)]}
    closed = next(one for one in ranking.parts if one.part.name == "hazard_closed")
    assert (closed.numerator, closed.denominator, closed.unplaced) == (2, 3, 1)


def test_sums_of_an_enterprise_are_those_of_its_league_whatever_the_county(rows: Rows) -> None:
    for at in range(12):
        uscc = ONE if at < 7 else OTHER
        rows.vehicle_day(f"湘M1{at:04d}", HERE if at % 2 else THERE, on(3), is_online=at % 3 > 0, complete_m=at * 80,
                         is_dawn_driving=at == 5, uscc=uscc)  # fmt: skip
        rows.vehicle_day(f"湘M1{at:04d}", HERE, on(9), total_m=2_000, complete_m=2_000, uscc=uscc)
        rows.alarm(f"湘M1{at:04d}", HERE, on(9), datetime(2026, 6, 9, 8, 30) if at % 4 else None, uscc=uscc)
    rows.vehicle_day("湘M20001", HERE, on(3))  # no enterprise is told
    found = by_code(of_enterprises(rows))
    league = {
        (row["uscc"], row["kpi"]): (row["numerator"], row["denominator"])
        for row in kpi.kpis(rows, on(1), JUNE, "enterprise").to_dict("records")
    }
    assert set(found) == {ONE, OTHER}
    for uscc in (ONE, OTHER):
        for part in ("online_rate", "track_completeness", "data_validity", "dawn_driving", "alarm_handling_rate"):
            rate = found[uscc].parts[part]
            assert (rate.numerator, rate.denominator) == league[uscc, part], part
        assert not set(found[uscc].parts) & {"clocks_kept", "repeat_handled", "scale_reporting"}
    assert found[ONE].parts["alarm_disposal_in_time"].denominator == 7


def test_small_enterprises_have_no_points_and_gaps_are_told(rows: Rows) -> None:
    rng = random.Random(1)
    for at in range(6):
        rows.fleet(f"E{at:03d}", [0.9] * 8, rng, on(1))
    rows.fleet("E006", [0.1] * 4, rng, on(1))  # five vehicles are needed
    rows.connection.execute(
        "update mart.vehicle_day set valid_point_count = 0, is_online = false where plate_no = '湘M00300'"
    )
    for uscc in ("E000", "E999"):
        rows.put("staging.enterprise", {"uscc": uscc, "enterprise_name": "示例客运", "valid_from": on(1, 1)})
    rows.put("staging.enterprise", {"uscc": "E998", "valid_from": on(1, 1), "valid_to": on(31, 5)})
    ranking = of_enterprises(rows)
    units = by_code(ranking)
    small = units["E006"]
    assert (small.place, small.low, small.groups, small.weight) == (None, None, (), 0)
    assert (small.parts["online_rate"].points, small.parts["online_rate"].shrunk) == (None, None)
    assert small.parts["online_rate"].sample == 4
    assert ranking.units[-1] == small
    assert [(gap.kind, gap.count) for gap in units["E003"].gaps] == [("silent_vehicles", 1)]
    assert units["E002"].gaps == ()
    assert ("enterprises_without_data", 1) in {(gap.kind, gap.count) for gap in ranking.gaps}
    assert all(one.weight == 1 for one in ranking.units[:-1])


def test_enterprises_alike_but_for_chance_are_one_group_and_one_far_behind_is_told(made: Rows) -> None:
    seeds, alike, told = 20, 0, 0
    for seed in range(seeds):
        for behind in (False, True):
            with made.blank() as rows:
                rng = random.Random(seed)
                for at in range(15):
                    usual = 0.45 if behind and at == 4 else 0.8
                    fleet = [min(1, max(0, rng.gauss(usual, 0.1))) for _ in range(rng.randrange(6, 20))]
                    rows.fleet(f"E{at:03d}", fleet, rng, on(1), days=6)
                ranking = of_enterprises(rows)
            if not behind:
                alike += len(ranking.groups) == 1
                continue
            planted = by_code(ranking)["E004"]
            told += all(set(planted.groups).isdisjoint(one.groups) for one in ranking.units if one is not planted)
    assert alike >= 0.9 * seeds
    assert told >= 0.9 * seeds


def test_a_change_of_an_enterprise_is_over_parts_of_both_periods(rows: Rows) -> None:
    rng = random.Random(3)
    for at in range(6):
        rows.fleet(f"E{at:03d}", [0.5] * 12, rng, on(1, 5))
        rows.fleet(f"E{at:03d}", [0.95 if at == 2 else 0.5] * 12, rng, on(1))
    rows.fleet("E009", [0.5] * 12, rng, on(1))
    units = by_code(of_enterprises(rows, is_compared=True))
    better, same, new = (units[uscc].change for uscc in ("E002", "E001", "E009"))
    assert better is not None
    assert same is not None
    assert (better.is_told, better.points > 10, same.is_told) == (True, True, False)
    assert new is None


# --- neither fines nor numbers of cases (行政处罚法 art. 74) --------------------------------------------------
MONEY = re.compile(r"fen$|fine|paid|penalty|amount|surcharge|collected")


class Recorded:
    """A source that keeps every query."""

    def __init__(self, rows: Rows) -> None:
        self.rows_of, self.queries = rows, list[str]()

    def rows(self, query: str, params: object = None) -> object:
        self.queries.append(query)
        return self.rows_of.rows(query, params)

    constant = read = rows


@pytest.mark.parametrize("of", score.KEYS)
def test_no_query_of_a_score_names_an_amount_or_a_table_of_penalties(rows: Rows, of: str) -> None:
    recorded = Recorded(rows)
    score.ranking(recorded, Asked(JUNE, of=of))
    tables, columns = set[str](), set[str]()
    for query in recorded.queries:
        tree = sqlglot.parse_one(query, dialect="duckdb")
        columns |= {one.name for one in tree.find_all(exp.Column)}
        tables |= {f"{one.db}.{one.name}" for one in tree.find_all(exp.Table) if one.db}
    assert len(columns) > (60 if of == "county" else 40)
    assert {"handled_at", "is_online"} <= columns
    assert ("clock_due_on" in columns) == (of == "county")
    assert {name for name in columns if MONEY.search(name)} == set()
    assert tables <= set(score.TABLES)
    of_cases = {"core.case_pause", "core.vehicle_violation_span", "core.violation", "mart.case_clock"}
    found = {name for name in tables if "case" in name or "violation" in name or "penalty" in name}
    assert found == (of_cases if of == "county" else set())


def test_no_part_of_the_seed_is_about_money_or_a_number_of_cases() -> None:
    connection = duckdb.connect()
    sql.load_seeds(connection)
    seeded = connection.execute("select score_part, source_metric, zh, en, score_kind from seeds.score_part").fetchall()
    kinds = [kind for *_, kind in seeded]
    assert {kind: kinds.count(kind) for kind in score.KEYS} == {"county": 12, "enterprise": 9}
    assert len(kinds) == 21
    for part, metric, zh, en, kind in seeded:
        assert part in score.NAMES
        assert kind == "county" or part not in ("repeat_handled", "clocks_kept", "scale_reporting")
        assert not MONEY.search(part), part
        assert not MONEY.search(metric), metric
        assert not re.search("罚|元|案件数", zh), part
        assert not re.search(r"\b(fine|fines|yuan|CNY|number of cases)\b", en), part
    text = (REPOSITORY / "warehouse" / "score.py").read_text(encoding="utf-8")
    assert not re.search(r"\w_fen\b|staging\.(penalty|enforcement|illegal)|core\.case_(decision|life)", text)


def test_as_many_cases_again_move_no_rate_and_other_outcomes_move_nothing(rows: Rows) -> None:
    fill(rows, {county: 38 - 3 * at for at, county in enumerate(COUNTIES)})
    for at in range(8):
        rows.repeat(f"湘M1{at:04d}", on(1, 2), 3)
        rows.act(f"R{at}", f"湘M1{at:04d}", HERE, on(1, 2), decided_on=on(1, 3) if at < 6 else None)
        rows.clock(f"R{at}", HERE, on(2, 5), on(1, 3) if at < 6 else None, clock="decision")
    before = by_code(score.ranking(rows, Asked(JUNE)))
    rows.connection.execute(
        "insert into mart.case_clock select * replace (case_no || 'x' as case_no, 999 as principal_fen)"
        " from mart.case_clock where county_code = $county and clock = 'filing'",
        {"county": HERE},
    )
    rows.connection.execute(  # let off instead of penalised
        "update core.violation set decided_on = null, ended_state = 'no_penalty', ended_on = decided_on"
        " where decided_on is not null"
    )
    after = by_code(score.ranking(rows, Asked(JUNE)))
    assert after[HERE].parts["clocks_kept"].rate == before[HERE].parts["clocks_kept"].rate
    assert after[HERE].parts["clocks_kept"].sample == 2 * before[HERE].parts["clocks_kept"].sample
    assert after[HERE].parts["repeat_handled"] == before[HERE].parts["repeat_handled"]
    rows.connection.execute("update mart.case_clock set principal_fen = 1000000")
    assert by_code(score.ranking(rows, Asked(JUNE))) == after
