"""Compliance at its edges: last days, successors, kinds, thresholds that count themselves, periods, and nothing."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from compliance_rows import Registers

from warehouse.compliance import GROUPS, MEASURES, TABLES, Asked, Facts, Item, masked_item
from warehouse.errors import WarehouseError

DAY, FIRST = date(2026, 3, 31), date(2025, 4, 1)
ENTERPRISES = """
    uscc | enterprise_name | enterprise_kind | county_code | valid_from | valid_to
    A    | 示例客运        | passenger       | 431102      | 2020-01-01 |
    B    | 示例危货        | dangerous_goods | 431103      | 2020-01-01 |
    C    | 示例公交        | bus             | 431102      | 2020-01-01 | 2026-03-31
    D    | 示例货运        | freight         | 431102      | 2020-01-01 |
    E    | 示例已注销客运  | passenger       | 431102      | 2020-01-01 | 2026-03-30
    F    | 示例将设客运站  | station         | 431102      | 2026-04-01 |
"""


@pytest.fixture(scope="module")
def empty() -> Iterator[Registers]:
    made = Registers(TABLES)
    yield made
    made.connection.close()


@pytest.fixture
def tables(empty: Registers) -> Iterator[Registers]:
    """What a test fills is undone after it."""
    empty.connection.begin()
    empty.given("staging.enterprise", ENTERPRISES)
    # A cursor of its own does not see what a transaction did.
    empty.cursor = lambda: empty.connection  # type: ignore[method-assign]
    yield empty
    empty.connection.rollback()


def facts(tables: Registers, day: date = DAY, county: str | None = None, first: date = FIRST) -> Facts:
    return Facts(tables, Asked(day, first, county))


def states(told: Facts, measure: str) -> dict[str, str]:
    return {one.subject_no: one.state for one in told.items(measure)}


def of(told: Facts, measure: str, **where: Any) -> tuple[int, int]:
    rate = told.whole(measure).rate
    return rate.part, rate.of


# --- certificates and policies ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("until", "state", "left"),
    [
        ("2026-03-30", "lapsed", -1),
        ("2026-03-31", "soon", 0),
        ("2026-04-30", "soon", 30),
        ("2026-05-01", "valid", 31),
        ("", "valid", None),
    ],
)
@pytest.mark.parametrize(
    ("measure", "table", "number"),
    [
        ("standard", "staging.safety_standard", "standard_certificate_no"),
        ("insurance", "staging.liability_insurance", "policy_no"),
    ],
)
def test_the_last_day_is_a_day_of_validity(
    tables: Registers, measure: str, table: str, number: str, until: str, state: str, left: int | None
) -> None:
    tables.given(table, f"uscc | {number} | valid_from | valid_to \n A | N1 | 2025-01-01 | {until}")
    told = facts(tables)
    (one,) = [item for item in told.items(measure) if item.uscc == "A"]
    assert (one.state, one.days_left, one.document_no) == (state, left, "N1")
    assert of(told, measure) == (int(state != "lapsed"), 3), "A, B and C are registered that day and held to it"
    assert states(told, measure) == {"A": state, "B": "never", "C": "never"}


@pytest.mark.parametrize(
    ("follows", "state"),
    [("2026-04-10", "renewed"), ("2026-04-11", "renewed"), ("2026-04-12", "soon"), ("2026-03-31", "valid")],
)
def test_a_successor_that_follows_without_a_gap_is_a_renewal(tables: Registers, follows: str, state: str) -> None:
    """One that has begun by the day holds already."""
    tables.given(
        "staging.liability_insurance",
        f"""uscc | policy_no | valid_from | valid_to
            A    | P1        | 2025-04-11 | 2026-04-10
            A    | P2        | {follows}  | 2027-04-10""",
    )
    assert states(facts(tables), "insurance")["A"] == state


def test_of_overlapping_certificates_the_one_that_ends_last_counts(tables: Registers) -> None:
    tables.given(
        "staging.safety_standard",
        """uscc | standard_certificate_no | valid_from | valid_to
           A    | LONG                    | 2024-01-01 | 2027-01-01
           A    | SHORT                   | 2025-06-01 | 2026-04-02
           B    | AHEAD                   | 2026-04-01 | 2029-04-01""",
    )
    told = {one.subject_no: one for one in facts(tables).items("standard")}
    assert (told["A"].document_no, told["A"].state) == ("LONG", "valid")
    assert (told["B"].state, told["B"].renewed_from) == ("never", date(2026, 4, 1))


def test_the_kinds_are_parameters(tables: Registers) -> None:
    assert set(states(facts(tables), "standard")) == {"A", "B", "C"}
    tables.connection.execute(
        "update seeds.parameter set parameter_text = 'freight,bus' where parameter = 'standard_kinds'"
    )
    assert set(states(facts(tables), "standard")) == {"C", "D"}


def test_a_certificate_that_ended_before_the_period_is_in_neither(tables: Registers) -> None:
    tables.given(
        "staging.driver_certificate",
        """driver_certificate_no | driver_class | uscc | valid_from | valid_to
           4311000001            | freight      | D    | 2010-01-01 | 2025-03-31
           4311000002            | freight      | D    | 2010-01-01 | 2025-04-01
           4311000003            | freight      | D    | 2010-01-01 |
           4311000004            | passenger    | A    | 2010-01-01 | 2026-04-15
           4311000005            | passenger    | A    | 2026-04-01 |""",
    )
    told = facts(tables)
    assert states(told, "driver_certificate") == {
        "4311000002": "lapsed", "4311000003": "valid", "4311000004": "soon",
    }  # fmt: skip
    assert of(told, "driver_certificate") == (2, 3)
    assert {part.group: part.rate.of for part in told.parts("driver_certificate", "kind")} == {
        "freight": 2, "passenger": 1,
    }  # fmt: skip
    assert masked_item(told.items("driver_certificate")[0]).subject_no == "4311·***002"


def test_a_permit_is_of_the_county_of_its_owner_where_one_bears_the_name(tables: Registers) -> None:
    tables.given(
        "staging.enterprise",
        """uscc | enterprise_name | enterprise_kind | county_code | valid_from
           G    | 示例货运        | freight         | 431103      | 2020-01-01""",
    )
    tables.given(
        "staging.vehicle",
        """plate_no | plate_color_code | enterprise_name | operating_permit_no | valid_from | valid_to
           湘M00001 | 2                | 示例客运        | 431100000001        | 2020-01-01 |
           湘M00002 | 2                | 示例货运        | 431100000002        | 2020-01-01 | 2026-04-01
           湘M00003 | 2                | 示例客运        |                     | 2020-01-01 |
           湘M00001 | 1                | 示例客运        | 431100000004        | 2020-01-01 | 2026-01-01""",
    )
    told = facts(tables)
    found = told.items("vehicle_permit")
    assert [(one.subject_no, one.plate_color_code, one.state, one.county_code) for one in found] == [
        ("湘M00001", 1, "lapsed", "431102"), ("湘M00001", 2, "valid", "431102"), ("湘M00002", 2, "soon", None),
    ]  # fmt: skip
    shown = masked_item(found[0])
    assert (shown.subject_no, shown.document_no) == ("湘M·***01", "4311·***004")
    assert [part.group for part in told.parts("vehicle_permit", "county")] == ["431102", None]
    assert of(facts(tables, county="431102"), "vehicle_permit") == (1, 2)


def test_scales_in_service_need_a_certificate(tables: Registers) -> None:
    tables.given("staging.wim_site", "site_code | county_code | valid_from \n YZ01 | 431103 | 2020-01-01")
    tables.given(
        "staging.wim_device",
        """device_no | site_code | valid_from | valid_to
           W1        | YZ01      | 2020-01-01 |
           W2        | YZ01      | 2020-01-01 |
           W3        | YZ99      | 2020-01-01 |
           OLD       | YZ01      | 2020-01-01 | 2026-03-30""",
    )
    tables.given(
        "staging.verification_certificate",
        """certificate_no | device_no | accuracy_class | valid_from | valid_to
           C1             | W1        | 5              | 2025-04-01 | 2026-03-31
           C2             | W2        | 5              | 2024-04-01 | 2025-03-31
           C3             | OLD       | 5              | 2025-04-01 | 2026-12-31""",
    )
    told = facts(tables)
    assert states(told, "scale_certificate") == {"W1": "soon", "W2": "lapsed", "W3": "never"}
    assert [(one.name, one.county_code) for one in told.items("scale_certificate")] == [
        ("YZ01", "431103"), ("YZ01", "431103"), ("YZ99", None),
    ]  # fmt: skip


# --- training --------------------------------------------------------------------------------------------
def test_training_counts_the_period_and_each_unit_once(tables: Registers) -> None:
    tables.given(
        "staging.training",
        """training_no | held_on    | uscc | unit_name | trained_count | staff_count
           T0          | 2025-03-31 | A    | 示例客运  | 90            | 90
           T1          | 2025-04-01 | B    | 示例危货  | 10            | 20
           T2          | 2026-03-31 | B    | 示例危货  | 15            | 18
           T3          | 2026-04-01 | C    | 示例公交  | 5             | 5
           T4          | 2026-01-10 | X    | 示例外单位 | 7            | 7""",
    )
    told = facts(tables)
    assert states(told, "training_units") == {"A": "untrained", "B": "trained", "C": "untrained"}
    assert of(told, "training_units") == (1, 3)
    # The largest numbers of several events: 15 of 20; who is in no register took part all the same.
    staff = told.items("training_staff")
    assert [(one.subject_no, one.name, one.amount, one.amount_of, one.state) for one in staff] == [
        ("B", "示例危货", 15, 20, "partial"), ("X", "示例外单位", 7, 7, "full"),
    ]  # fmt: skip
    assert of(told, "training_staff") == (22, 27)


# --- coaches ---------------------------------------------------------------------------------------------
def test_thresholds_of_lines_and_seats_count_themselves(tables: Registers) -> None:
    tables.given(
        "staging.coach_line",
        """line_no | uscc | line_origin | line_destination | line_distance_km | valid_from | valid_to
           L1      | A    | 甲          | 乙               | 800              | 2020-01-01 | 2026-03-31
           L2      | A    | 甲          | 丙               | 799.9            | 2020-01-01 |
           L3      | A    | 甲          | 丁               | 900              | 2020-01-01 | 2026-03-30""",
    )
    tables.given(
        "staging.monitored_vehicle",
        """plate_no | plate_color_code | monitored_class | seat_count | uscc | county_code | valid_from
           湘M10001 | 2                | line_coach      | 57         | A    | 431102      | 2020-01-01
           湘M10002 | 2                | charter_coach   | 56         | A    | 431102      | 2020-01-01
           湘M10003 | 2                | tourist_coach   |            | A    | 431102      | 2020-01-01
           湘M10004 | 2                | bus             | 60         | C    | 431102      | 2020-01-01""",
    )
    told = facts(tables)
    assert states(told, "long_line") == {"L1": "reaches", "L2": "below"}
    assert states(told, "large_coach") == {"湘M10001": "reaches", "湘M10002": "below", "湘M10003": "untold"}
    assert (of(told, "long_line"), of(told, "large_coach")) == ((1, 2), (1, 3))
    assert told.whole("large_coach").open_count == 2, "seats that are not told are to be looked at"


def test_of_spans_that_overlap_the_one_that_began_last_holds_and_counts_once(tables: Registers) -> None:
    """A first span that was never ended: of a line, a coach and an enterprise."""
    tables.given(
        "staging.enterprise",
        """uscc | enterprise_name | enterprise_kind | county_code | valid_from
           A    | 示例货运二      | freight         | 431102      | 2026-01-01""",
    )
    tables.given(
        "staging.coach_line",
        """line_no | uscc | line_origin | line_destination | line_distance_km | valid_from | valid_to
           CUT     | B    | 甲          | 乙               | 900              | 2020-01-01 |
           CUT     | B    | 甲          | 乙               | 700              | 2026-01-01 |
           WITHIN  | B    | 甲          | 丙               | 850              | 2020-01-01 |
           WITHIN  | B    | 甲          | 丙               | 700              | 2025-01-01 | 2025-12-31
           FAR     | B    | 甲          | 丁               | 950              | 2020-01-01 |""",
    )
    tables.given(
        "staging.monitored_vehicle",
        """plate_no | plate_color_code | monitored_class | seat_count | uscc | county_code | line_no | valid_from
           湘M10001 | 2                | line_coach      | 57         | A    | 431102      | FAR     | 2020-01-01
           湘M10001 | 2                | line_coach      | 45         | B    | 431103      | CUT     | 2026-01-01
           湘M10002 | 2                | line_coach      | 57         | A    | 431102      |         | 2020-01-01
           湘M10002 | 2                | bus             | 57         | C    | 431102      |         | 2026-01-01""",
    )
    tables.given(
        "mart.vehicle_day",
        "event_date | plate_no | plate_color_code | monitored_class | uscc | county_code | is_registered | is_online |"
        f" is_dawn_driving \n {DAY} | 湘M10001 | 2 | line_coach | B | 431103 | true | true | true",
    )
    told = facts(tables)
    assert [(one.subject_no, one.state) for one in told.items("long_line")] == [
        ("CUT", "below"), ("FAR", "reaches"), ("WITHIN", "reaches"),
    ]  # fmt: skip
    (coach,) = told.items("large_coach")
    assert (coach.subject_no, coach.state, coach.county_code) == ("湘M10001", "below", "431103")
    assert set(states(told, "standard")) == {"B", "C"}, "A is a freight carrier since January"
    (dawn,) = told.items("dawn_driving")
    assert (dawn.document_no, dawn.reading) == ("CUT", "between")


def test_relay_points_by_their_last_inspection_up_to_the_day(tables: Registers) -> None:
    tables.given(
        "staging.relay_point",
        """relay_point_no | place | county_code | inspected_on | valid_from | valid_to
           P1             | 甲    | 431102      | 2025-04-01   | 2022-01-01 |
           P2             | 乙    | 431102      | 2025-03-31   | 2022-01-01 |
           P3             | 丙    | 431102      |              | 2022-01-01 |
           P4             | 丁    | 431102      | 2025-06-01   | 2022-01-01 | 2025-12-31
           P4             | 丁    | 431102      |              | 2026-01-01 |
           P5             | 戊    | 431102      | 2024-06-01   | 2022-01-01 | 2025-03-31
           P6             | 己    | 431102      | 2026-04-01   | 2022-01-01 |""",
    )
    told = facts(tables)
    assert states(told, "relay_inspection") == {
        "P1": "inspected", "P2": "not_inspected", "P3": "not_inspected", "P4": "inspected", "P6": "not_inspected",
    }  # fmt: skip
    assert of(told, "relay_inspection") == (2, 5)


def test_coaches_at_dawn_with_the_length_of_their_line(tables: Registers) -> None:
    days = [DAY - timedelta(days=back) for back in range(3)]
    told = {"湘M20001": "LONG", "湘M20002": "SHORT", "湘M20003": "MIDDLE", "湘M20004": "", "湘M20005": "LONG"}
    lines = ["plate_no | plate_color_code | monitored_class | uscc | county_code | line_no | valid_from"]
    lines += [f"{plate} | 2 | line_coach | A | 431102 | {line} | 2020-01-01" for plate, line in told.items()]
    tables.given("staging.monitored_vehicle", "\n".join(lines))
    tables.given(
        "staging.coach_line",
        """line_no | uscc | line_distance_km | valid_from
           LONG    | A    | 800              | 2020-01-01
           SHORT   | A    | 200              | 2020-01-01
           MIDDLE  | A    | 200.1            | 2020-01-01""",
    )
    rows = [
        "event_date | plate_no | plate_color_code | monitored_class | uscc | county_code | is_registered | is_online |"
        " is_dawn_driving"
    ]
    for plate in told:
        for at, day in enumerate(days):
            drove = plate != "湘M20005" and at == 1
            rows.append(f"{day} | {plate} | 2 | line_coach | A | 431102 | true | true | {str(drove).lower()}")
    rows.append(f"{DAY} | 湘M20006 | 2 | line_coach | A | 431102 | true | false | false")
    rows.append(f"{DAY} | 湘M20007 | 2 | dangerous_goods | B | 431103 | true | true | true")
    rows.append(f"{FIRST - timedelta(days=1)} | 湘M20008 | 2 | line_coach | A | 431102 | true | true | true")
    tables.given("mart.vehicle_day", "\n".join(rows))
    told_facts = facts(tables)
    assert {one.subject_no: one.reading for one in told_facts.items("dawn_driving")} == {
        "湘M20001": "long", "湘M20002": "short", "湘M20003": "between", "湘M20004": "no_line", "湘M20005": None,
    }  # fmt: skip
    assert of(told_facts, "dawn_driving") == (4, 5)
    one = told_facts.listed("dawn_driving", "drove")[0]
    assert (one.amount, one.amount_of, one.since, one.document_no) == (1, 3, days[1], "LONG")
    assert masked_item(one).document_no == "LONG", "a line is nobody's"
    # Before the rule of 2023 lines up to 100 km were exempt.
    assert facts(tables, date(2022, 12, 31), first=date(2022, 1, 1)).reading(150) == "between"
    assert told_facts.reading(150) == "short"


# --- what cannot be told ---------------------------------------------------------------------------------
def test_nothing_of_nothing_is_no_rate(tables: Registers) -> None:
    told = facts(tables, date(2019, 1, 1), first=date(2018, 1, 1))
    for measure in MEASURES:
        whole = told.whole(measure)
        assert (whole.rate.ratio, whole.rate.of, told.listed(measure)) == (None, 0, []), measure


def test_what_is_above_the_line_is_below_it_and_groups_add_up(tables: Registers) -> None:
    tables.given(
        "staging.safety_standard",
        "uscc | standard_certificate_no | valid_from | valid_to \n A | N1 | 2025-01-01 | 2027-01-01",
    )
    told = facts(tables)
    for measure in MEASURES:
        whole = told.whole(measure)
        assert 0 <= whole.rate.part <= whole.rate.of, measure
        for by in GROUPS:
            parts = told.parts(measure, by)
            assert sum(part.rate.part for part in parts) == whole.rate.part, (measure, by)
            assert sum(part.rate.of for part in parts) == whole.rate.of, (measure, by)
        assert sum(whole.states.values()) == len(told.items(measure)), "every item has a state of its measure"


def test_each_measure_names_only_states_and_parameters_that_are_there(tables: Registers) -> None:
    known = {row["parameter"] for row in tables.rows("select parameter from seeds.parameter")}
    known |= {row["parameter"] for row in tables.rows("select parameter from seeds.kpi_scheme")}
    for spec in MEASURES.values():
        assert set(spec.part) <= set(spec.states)
        assert set(spec.open_states) <= set(spec.states)
        assert set(spec.parameters) <= known, spec.name
        assert {one.name for one in facts(tables).used([spec.name])} == set(spec.parameters), spec.name


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda told: told.items("fines"), "Choose one of standard, insurance"),
        (lambda told: told.listed("standard", "drove"), "Choose one of open, unheld, valid, soon"),
        (lambda told: told.listed("fines", "drove"), "Choose one of standard"),
        (lambda told: told.parts("standard", "month"), "Choose one of all, county, kind"),
    ],
)
def test_what_is_not_there_says_what_is(tables: Registers, ask: Any, words: str) -> None:
    with pytest.raises(WarehouseError, match=words):
        ask(facts(tables))


def test_a_period_that_begins_after_the_day_is_refused() -> None:
    with pytest.raises(WarehouseError, match="begins on 2026-04-01, after the day"):
        Asked(DAY, DAY + timedelta(days=1))


def test_items_are_in_the_order_of_their_last_day(tables: Registers) -> None:
    tables.given(
        "staging.liability_insurance",
        """uscc | policy_no | valid_from | valid_to
           A    | P1        | 2025-01-01 | 2026-04-20
           B    | P2        | 2025-01-01 | 2026-04-10""",
    )
    assert [one.uscc for one in facts(tables).listed("insurance")] == ["B", "A", "C"]
    assert all(isinstance(one, Item) for one in facts(tables).listed("insurance", "soon"))
