"""Each rule of alerts at its edges, one alert the same on the next day, and as many as the pages they lead to say."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import alert_rows
import pytest
from alert_rows import DAY, DRIVER, EXPECTED, PERMIT, PLATE, SECOND
from compliance_rows import Registers
from violation_rows import LAST_DAY, Violations

from warehouse import cases, hazards, masks, repeat, sql
from warehouse.alerts import SEVERITIES, TABLES, Alert, Asked, alerts, detail_words, parameters, rules
from warehouse.plate import masked


@pytest.fixture(scope="module")
def tables() -> Iterator[Registers]:
    made = alert_rows.filled()
    yield made
    made.connection.close()


@pytest.fixture(scope="module")
def found(tables: Registers) -> list[Alert]:
    return alerts(tables, Asked(DAY))


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def test_each_rule_finds_what_needs_a_hand_and_nothing_beside_it(found: list[Alert]) -> None:
    told = {(one.rule, one.subject, one.since, one.due_on) for one in found}
    assert told == {(rule, subject, day(since), day(due)) for rule, subject, since, due in EXPECTED}
    assert len(found) == len(EXPECTED), "nothing twice"


def test_every_rule_of_the_seed_is_found_here_or_is_the_repeat_rule(found: list[Alert]) -> None:
    with (sql.PROJECT / "seeds" / "alert_rule.csv").open(encoding="utf-8", newline="") as file:
        seed = {row["alert_rule"] for row in csv.DictReader(file)}
    assert seed == {one.rule for one in found} | {"repeat_statutory", "repeat_warning", "kpi_drop"}


def test_the_most_urgent_comes_first_with_its_age(found: list[Alert]) -> None:
    order = [SEVERITIES.index(one.severity) for one in found]
    assert order == sorted(order)
    for one in found:
        assert one.age_days == (None if one.since is None else (DAY - one.since).days)
        assert one.days_late == (None if one.due_on is None else (DAY - one.due_on).days)
        assert one.age_days is None or one.age_days >= 0, one


def test_tomorrow_it_is_the_same_alert_a_day_older(tables: Registers, found: list[Alert]) -> None:
    """What is not done by then stays, or goes from due soon to overdue."""
    later = {(one.rule, one.key, one.subject): one for one in alerts(tables, Asked(DAY + timedelta(days=1)))}
    stayed = [one for one in found if (one.rule, one.key, one.subject) in later]
    assert len(stayed) >= 10
    for one in stayed:
        again = later[one.rule, one.key, one.subject]
        if not one.rule.startswith(("site_", "feed_")):
            assert again.since == one.since, one
            assert (again.age_days or 0) - (one.age_days or 0) == (0 if one.since is None else 1)
    assert "case_overdue" in {rule for rule, _, subject in later if subject == "C2"}
    keys = [one.key for one in found]
    assert len(keys) == len(set(keys))
    assert all(re.fullmatch("[0-9a-f]{16}", key) for key in keys)


def test_a_day_before_knows_of_no_later_handling_and_waits_for_the_last_hour(tables: Registers) -> None:
    """On the day before one alarm is open that was handled since, and one is not late that is now."""
    told = {
        on: {one.subject: one.amount for one in alerts(tables, Asked(on)) if one.rule == "alarm_open"}
        for on in (DAY - timedelta(days=1), DAY)
    }
    assert told == {DAY - timedelta(days=1): {"湘M·***01": 1, "湘M·***02": 1}, DAY: {"湘M·***01": 2}}


def test_nobodys_plate_or_certificate_is_told_nor_can_be_tried_out(
    tables: Registers, found: list[Alert], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain hash of a plate is found by trying every plate; another instance makes another key of it."""
    text = str(found)
    assert [number for number in (PLATE, SECOND, DRIVER, PERMIT) if number in text] == []
    monkeypatch.setenv("HENG_HOME", str(tmp_path))
    elsewhere = {one.key for one in alerts(tables, Asked(DAY))}
    personal = ("terminal_silent", "alarm_open", "dawn_long_line", "driver_soon", "driver_lapsed", "permit_soon",
                "permit_lapsed")  # fmt: skip
    assert {one.rule for one in found if one.key not in elsewhere} == set(personal)
    assert {one.rule for one in found if one.key in elsewhere}.isdisjoint(personal)


def test_a_key_is_the_same_for_who_reads_masked(tables: Registers, found: list[Alert]) -> None:
    """A page's reader has masks in place of plates; two vehicles under one mask stay two."""
    read = tables.rows

    class MaskedReader:
        manifest, version, read, constant = tables.manifest, 7, tables.read, tables.constant

        def rows(self, query: str, params: Any = None) -> list[dict[str, Any]]:
            return [{name: masks.out(name, value) for name, value in row.items()} for row in
                    read(query, masks.whole_of(params))]  # fmt: skip

    told = alerts(MaskedReader(), Asked(DAY))
    assert {(one.rule, one.key) for one in told} == {(one.rule, one.key) for one in found}


@pytest.mark.parametrize("county", ["431102", "431103"])
def test_a_county_has_its_own_and_no_feed(tables: Registers, found: list[Alert], county: str) -> None:
    own = alerts(tables, Asked(DAY, county))
    assert own == [one for one in found if one.county_code == county]
    assert own


def test_there_are_as_many_as_the_answers_they_come_from_say(tables: Registers, found: list[Alert]) -> None:
    counted = Counter(one.rule for one in found)
    clocks = cases.clock_counts(tables, DAY)
    assert counted["case_overdue"] == sum(
        one.clock_count for one in clocks if one.state == "overdue" and one.clock != "late_surcharge"
    )
    assert counted["case_soon"] == sum(one.soon_count for one in clocks)
    whole = hazards.standings(hazards.Facts(tables, hazards.Asked(DAY, hazards.year_before(DAY), DAY)))[0]
    assert (counted["hazard_overdue"], counted["hazard_soon"]) == (whole.overdue, whole.due_soon)


def test_a_unit_is_a_name_with_its_code_beside_it(found: list[Alert]) -> None:
    told = {one.rule: (one.unit, one.uscc) for one in found}
    passenger, freight = ("示例客运", "A"), ("示例货运", "B")
    assert told["terminal_silent"] == told["alarm_open"] == told["dawn_long_line"] == passenger
    assert told["insurance_lapsed"] == told["standard_soon"] == passenger
    assert told["driver_soon"] == told["permit_soon"] == freight
    assert told["hazard_overdue"] == ("示例养护中心", None)
    assert told["scale_soon"] == (None, None)


def test_details_are_words(found: list[Alert]) -> None:
    told = {(one.rule, one.subject): (detail_words(one, "zh"), detail_words(one, "en")) for one in found}
    assert told["case_overdue", "C1"] == ("作出决定", "decision")
    assert told["case_overdue", "C9"] == ("申请法院强制执行", "applying to a court for enforcement")
    assert told["hazard_overdue", "H1"] == ("公路隐患", "highway")
    assert told["scale_lapsed", "YZ01 W2"] == ("称重设备检定有效率：未见记录", "scales verified: none on record")
    assert told["site_silent", "YZ01"] == ("", "")
    assert told["drift_stop", "YZ03 11"] == ("设备自检", "own test")


def test_a_rule_out_of_force_finds_nothing(tables: Registers) -> None:
    tables.connection.execute("update seeds.alert_rule set valid_to = $day where alert_rule = 'case_overdue'",
                              {"day": DAY - timedelta(days=1)})  # fmt: skip
    try:
        assert "case_overdue" not in rules(tables, DAY)
        assert "case_overdue" not in {one.rule for one in alerts(tables, Asked(DAY))}
        assert "case_overdue" in rules(tables, DAY - timedelta(days=1))
    finally:
        tables.connection.execute("update seeds.alert_rule set valid_to = null where alert_rule = 'case_overdue'")


def test_every_parameter_of_a_rule_is_told(tables: Registers) -> None:
    for rule in rules(tables, DAY).values():
        told = parameters(tables, rule.parameter_names, DAY)
        assert {one.name for one in told} == set(rule.parameter_names), rule.alert_rule
        assert rule.alert_severity in SEVERITIES
    told = rules(tables, DAY)
    assert told["terminal_silent"].parameter_names == ["call_silent_days"]
    assert told["alarm_open"].parameter_names == ["call_alarm_days"]


def test_a_day_without_any_data_has_no_alerts() -> None:
    empty = Registers(TABLES, DAY)
    assert alerts(empty, Asked(DAY)) == []
    empty.connection.close()


# --- the repeat rule -------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def acts() -> Iterator[Registers]:
    made, violations = Registers(TABLES, LAST_DAY), Violations()
    violations.copy_to(made.connection)
    violations.connection.close()
    yield made
    made.connection.close()


def _tiers(tables: Registers, on: date) -> dict[Any, tuple[str, int]]:
    asked = repeat.Question(on, "vehicle", repeat.defaults(tables, on).list_window)
    return {one.key: (one.tier, one.count) for one in repeat.standings(tables, asked)}


def test_a_number_reached_is_news_for_some_days(acts: Registers) -> None:
    """Day by day: whoever was below the number the day before has reached it, and stays news for a week."""
    acts.connection.execute(
        "update seeds.parameter set parameter_text = 'ROLLING_12M' where parameter = 'repeat_window'"
    )
    days = [LAST_DAY - timedelta(days=back) for back in range(120, -1, -1)]
    reached: dict[tuple[str, str], date] = {}
    before, seen = _tiers(acts, days[0] - timedelta(days=1)), Counter[str]()
    for on in days:
        now = _tiers(acts, on)
        for key, (tier, count) in now.items():
            old_tier, old_count = before.get(key, ("none", 0))
            if tier in ("warning", "statutory") and tier != old_tier and count > old_count:
                reached[f"repeat_{tier}", masked(key[0])] = on
        before = now
        holds = {(f"repeat_{tier}", masked(key[0])) for key, (tier, _) in now.items()}
        ages = {name: (on - since).days for name, since in reached.items() if name in holds}
        if not {0, 6, 7} & set(ages.values()):  # the days between are like the day before
            continue
        told = {
            (one.rule, one.subject): one.age_days
            for one in alerts(acts, Asked(on)) if one.rule.startswith("repeat_") and one.detail == "vehicle"
        }  # fmt: skip
        assert told == {name: age for name, age in ages.items() if age < 7}, on
        seen.update(rule for rule, _ in told)
    assert seen["repeat_warning"] > 0
    assert seen["repeat_statutory"] > 0
