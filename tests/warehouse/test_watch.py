"""The vehicles of a shift: those of the repeat list and of overdue fines, where they passed, and nobody beside them."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from compliance_rows import Registers

from warehouse import cases, repeat, shift, shift_text, watch
from warehouse.repeat import Standing
from warehouse.shift import Asked
from warehouse.shift_text import Words

DAY = date(2026, 3, 31)
ON = DAY + timedelta(days=1)
ACTS = {"湘M10004": 4, "湘M10005": 5, "湘M10003": 3, "湘M10002": 2, "湘M10014": 4}
LATE = {"湘M10003": 1, "湘M20001": 2}
"""Fines overdue by plate."""


def at(back: int, time: str) -> str:
    return f"{DAY - timedelta(days=back)} {time}"


PASSED = [  # plate, colour, site, county, moment
    *[("湘M10004", 2, "A", "431102", at(back, "07:10:00")) for back in (0, 3, 6)],
    ("湘M10004", 2, "B", "431103", at(1, "22:00:00")),
    ("湘M10004", 2, "B", "431103", at(2, "23:59:59")),
    ("湘M10004", 1, "B", "431103", at(2, "10:00:00")),  # of another colour: another vehicle
    ("湘M10003", 2, "B", "431103", at(27, "00:00:00")),  # the first day that counts
    ("湘M10005", 2, "A", "431102", at(28, "23:00:00")),  # a day too long ago
    ("湘M10002", 2, "A", "431102", at(0, "08:00:00")),
    ("湘M20001", 2, "A", "431102", at(4, "12:00:00")),
    ("湘M99999", 2, "A", "431102", at(4, "12:00:00")),
]


@pytest.fixture(scope="module")
def tables() -> Iterator[Registers]:
    made = Registers(tuple({*shift.TABLES, *watch.TABLES}), DAY)
    head = (
        "plate_no | plate_color_code | violated_at | violated_on | case_no | act_code | detection_mode | county_code | "
        "is_elsewhere | filed_on | decided_on | is_decided_by_step | excess_ratio | excess_ratio_after_allowance | "
        "counted_ratio | decided_counted_ratio | is_permitted | is_within_limit"
    )
    acts = [
        f"{plate} | 2 | 2025-{4 + number:02d}-05 08:00:00 | 2025-{4 + number:02d}-05 | {plate}-{number} | over_mass | "
        f"off_site | 431102 | false | 2025-{4 + number:02d}-06 | 2025-{4 + number:02d}-20 | true | 0.4 | 0.4 | 0.1 | "
        "0.1 | false | false"
        for plate, count in ACTS.items() for number in range(count)
    ]  # fmt: skip
    made.given("core.violation", "\n".join([head, *acts]))
    numbers = [(f"{plate}-late{number}", plate) for plate, count in LATE.items() for number in range(count)]
    made.given("core.case_life", "\n".join(
        ["case_kind | case_no | plate_no | plate_color_code | county_code",
         *(f"over_limit | {number} | {plate} | 2 | 431102" for number, plate in [*numbers, ("paid", "湘M99999")])]
    ))  # fmt: skip
    clocks = [f"over_limit | {number} | D-{number} | payment | 431102 | 2026-01-01 | 2026-03-30 | | open"
              for number, _ in numbers]  # fmt: skip
    made.given("mart.case_clock", "\n".join(
        ["case_kind | case_no | decision_no | clock | county_code | clock_started_on | clock_due_on | clock_ended_on | "
         "clock_result", *clocks,
         "over_limit | paid | D-paid | payment | 431102 | 2026-01-01 | 2026-03-30 | 2026-03-29 | met"]
    ))  # fmt: skip
    made.given("core.passage", "\n".join(
        ["record_id | plate_no | plate_color_code | site_code | county_code | passed_at | passed_date",
         *(f"p{place} | {plate} | {color} | {site} | {county} | {moment} | {moment[:10]}"
           for place, (plate, color, site, county, moment) in enumerate(PASSED))]
    ))  # fmt: skip
    yield made
    made.connection.close()


def told(tables: Registers, county: str | None = None) -> watch.Watch:
    rule = shift.rule_of(shift.parameters(tables, DAY))
    return watch.watch(tables, Asked(ON, DAY, county), rule)


def test_who_is_listed_why_and_in_which_order(tables: Registers) -> None:
    found = told(tables)
    assert [(one.plate_no, one.reason, one.acts, one.unpaid, one.passages) for one in found.vehicles] == [
        ("湘M10004", "statutory", 4, 0, 5),
        ("湘M10003", "warning", 3, 1, 1),
        ("湘M20001", "unpaid", 0, 2, 1),
    ]
    assert found.named == 5, "two more qualify, and passed nowhere lately"
    assert (found.first, found.last) == (DAY - timedelta(days=27), DAY)


def test_it_is_the_repeat_list_and_the_clocks_and_no_second_count(tables: Registers) -> None:
    found = told(tables)
    listed = {one.key: one for one in repeat.standings(tables, found.question)}
    assert found.question.window == repeat.defaults(tables, DAY).query_window == "ROLLING_12M"
    for one in found.vehicles:
        standing = listed.get((one.plate_no, one.plate_color_code))
        assert one.acts == (standing.count if standing else 0)
    near = [one for one in listed.values() if watch.is_near(one)]
    late = cases.clocks(tables, DAY, None, cases.OfClocks(clock="payment", state="overdue"))
    assert len(late) == sum(LATE.values())
    assert found.named == len({one.key[0] for one in near} | set(LATE))


def test_where_it_usually_passes_is_where_it_passed_more_than_once(tables: Registers) -> None:
    four, three, unpaid = told(tables).vehicles
    assert four.places == (("A", 6, 8, 3), ("B", 22, 24, 2))
    assert (str(four.last_at), four.last_site) == (at(0, "07:10:00"), "A")
    assert three.places == unpaid.places == ()


def test_a_county_has_who_passed_in_it(tables: Registers) -> None:
    assert [one.plate_no for one in told(tables, "431103").vehicles] == ["湘M10004", "湘M10003"]
    assert told(tables, "431103").vehicles[0].passages == 2
    assert [one.plate_no for one in told(tables, "431102").vehicles] == ["湘M10004", "湘M20001"]


def test_equals_stand_as_they_are_told_to(tables: Registers) -> None:
    again = Registers(tuple({*shift.TABLES, *watch.TABLES}), DAY)
    for table in ("core.violation", "core.passage"):
        rows = tables.connection.sql(f"select * from {table}").to_arrow_table()
        again.connection.register("given", rows)
        again.connection.execute(f"insert into {table} by name select * from given")
    again.connection.execute("update core.passage set plate_no = '湘M10014' where plate_no = '湘M10002'")
    again.connection.execute("delete from core.passage where plate_no = '湘M10004' and record_id <> 'p0'")
    rule = shift.rule_of(shift.parameters(again, DAY))
    orders = [
        [one.plate_no for one in watch.watch(again, Asked(ON, DAY), rule, tie).vehicles if one.acts == 4]
        for tie in (None, lambda key: -int(str(key[0])[-5:]))
    ]
    assert orders == [["湘M10004", "湘M10014"], ["湘M10014", "湘M10004"]]
    again.connection.close()


@pytest.mark.parametrize(
    ("count", "tier", "is_one_away", "near"),
    [(3, "warning", True, True), (4, "statutory", False, True), (2, "watch", False, False), (3, "watch", True, True),
     (0, "none", True, False)],
)  # fmt: skip
def test_near_the_line_is_one_away_or_beyond(count: int, tier: str, is_one_away: bool, near: bool) -> None:
    one = Standing("vehicle", ("x", 2), "ROLLING_12M", False, None, DAY, DAY, count, tier, None, None, 0, is_one_away,
                   ())  # fmt: skip
    assert watch.is_near(one) is near


@pytest.mark.parametrize("lang", shift_text.LANGUAGES)
def test_words_of_a_sheet_without_a_site_and_without_a_known_year(tables: Registers, lang: str) -> None:
    used = [*shift.parameters(tables, DAY).values()]
    asked = Asked(ON, DAY)
    facts = shift_text.document(shift.sheet(tables, asked), told(tables), None, used, 7, {})
    w = Words(lang)
    assert facts["top"] == []
    assert ("数据太少" if lang == "zh" else "too little data") in shift_text.lead(facts, w)
    assert w("assumed") not in shift_text.lead(facts, w)
    assert w("assumed") in shift_text.lead({**facts, "is_noticed": False}, w)
    assert shift_text.tested(facts, w) == w("tested.none")
    assert shift_text.paper_line(facts, w) == ""
    assert shift_text.paper_line({**facts, "sites": [None] * (shift_text.ON_PAPER["sites"] + 1)}, w)
    (four, three, unpaid) = facts["watch"]["vehicles"]
    assert shift_text.reasons(three, w).endswith(w("reason.also_unpaid", count=1))
    assert shift_text.reasons(unpaid, w) == w("reason.unpaid")
    assert shift_text.usual(three, w) == [w("usual.none", all=1)]
    assert four["plate"] == "湘M·***04"


def test_numbers_are_rounded_for_people_and_shades_double() -> None:
    assert [shift_text.number(one) for one in (None, 0.0, 0.001, 0.005, 2.345, 12.34)] == [
        "—", "0.00", "<0.01", "0.01", "2.35", "12.3",
    ]  # fmt: skip
    bounds = shift_text.classes({"sites": [{"blocks": [{"expected": one} for one in (1.6, 0.1, None)]}]})
    assert bounds == pytest.approx([0.1, 0.2, 0.4, 0.8])
    assert [shift_text.shade(one, bounds) for one in (None, 0.0, 0.1, 0.11, 0.3, 0.5, 1.6)] == [0, 0, 1, 2, 3, 4, 5]
