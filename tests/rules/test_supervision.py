"""Measures as of a day with their deadlines and numbers, and what the written rule suggests at its thresholds."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from score_rows import COUNTIES, Rows

from warehouse import score, supervision, supervision_terms
from warehouse.supervision import Behind, Measure, Suggestion, measures, suggestions

DAY = date(2026, 7, 15)
HERE, THERE = "431103", "431124"


@pytest.fixture(scope="module")
def made() -> Iterator[Rows]:
    tables = Rows(DAY)
    yield tables
    tables.connection.close()


@pytest.fixture
def rows(made: Rows) -> Iterator[Rows]:
    with made.blank() as tables:
        yield tables


def interview(rows: Rows, no: str, held: date, by: date, county: str = HERE, **told: str) -> None:
    rows.put("staging.interview", {
        "record_id": no, "interview_no": no, "held_on": held, "county_code": county, "unit_name": "示例交通运输局",
        "unit_kind": "county_bureau", "supervision_cause": "overdue_hazard", "rectify_by": by, **told,
    })  # fmt: skip


def referral(rows: Rows, no: str, sent: date, due: date, replied: date | None, cause: str = "overload") -> None:
    rows.put("staging.referral", {
        "record_id": no, "referral_no": no, "county_code": HERE, "supervision_cause": cause, "topic": "示例",
        "sent_on": sent, "reply_due_on": due, "replied_on": replied,
    })  # fmt: skip


def listing(rows: Rows, hazard: str, listed: date, due: date, delisted: date | None = None, county: str = HERE) -> None:
    rows.put("staging.listing", {
        "record_id": f"L{hazard}", "listing_no": f"L{hazard}", "hazard_no": hazard, "county_code": county,
        "responsible_unit": "示例养护中心", "listed_on": listed, "due_on": due, "rechecked_on": delisted,
        "delisted_on": delisted,
    })  # fmt: skip


def bulletin(rows: Rows, no: str, issued: date) -> None:
    rows.put("staging.bulletin", {
        "record_id": no, "bulletin_no": no, "title": "示例通报", "issued_on": issued,
        "period_from": date(2026, 6, 1), "period_to": date(2026, 6, 30),
    })  # fmt: skip


def told(rows: Rows, no: str, day: date) -> Measure:
    (one,) = [one for one in measures(rows, day) if one.number == no]
    return one


# --- states and deadlines ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "state", "late", "left"),
    [
        ("2026-06-01", "open", None, 19),
        ("2026-06-20", "open", None, 0),
        ("2026-06-21", "overdue", 1, None),
        ("2026-06-24", "overdue", 4, None),
        ("2026-06-25", "done_late", 5, None),
        ("2026-07-15", "done_late", 5, None),
    ],
)
def test_a_copy_is_overdue_from_the_day_after_its_last_until_the_reply(
    rows: Rows, day: str, state: str, late: int | None, left: int | None
) -> None:
    referral(rows, "F1", date(2026, 6, 1), date(2026, 6, 20), date(2026, 6, 25))
    one = told(rows, "F1", date.fromisoformat(day))
    assert (one.state, one.days_late, one.days_left) == (state, late, left)
    assert (one.done_on is None) == (state in ("open", "overdue"))


def test_what_is_answered_in_time_and_what_nobody_tells(rows: Rows) -> None:
    referral(rows, "F1", date(2026, 6, 1), date(2026, 6, 20), date(2026, 6, 20))
    interview(rows, "Y1", date(2026, 6, 1), date(2026, 6, 30))
    bulletin(rows, "T1", date(2026, 7, 2))
    assert [(one.number, one.state) for one in measures(rows, DAY)] == [
        ("T1", "none"), ("Y1", "untold"), ("F1", "done")
    ]  # fmt: skip
    assert told(rows, "Y1", date(2026, 6, 30)).state == "open"


def test_nothing_is_told_before_it_was_done_and_bulletins_are_to_all(rows: Rows) -> None:
    interview(rows, "Y1", date(2026, 6, 1), date(2026, 6, 30), county=THERE)
    bulletin(rows, "T1", date(2026, 7, 2))
    assert measures(rows, date(2026, 5, 31)) == []
    assert [one.number for one in measures(rows, DAY, HERE)] == ["T1"]
    assert [one.number for one in measures(rows, DAY, THERE)] == ["T1", "Y1"]


# --- numbers behind ----------------------------------------------------------------------------------------
def numbers(rows: Rows, no: str) -> list[tuple[str, float, int | None]]:
    return [(one.name, one.value, one.denominator) for one in Behind(rows, DAY).of(told(rows, no, DAY))]


def test_overdue_hazards_behind_a_measure_are_those_of_its_unit_on_its_day(rows: Rows) -> None:
    rows.hazard("A", HERE, date(2026, 5, 1), date(2026, 5, 31), uscc="U1")
    rows.hazard("B", HERE, date(2026, 5, 1), date(2026, 5, 31), closed=date(2026, 6, 2))  # still open on the day
    rows.hazard("C", HERE, date(2026, 5, 1), date(2026, 6, 1))  # its last day is the day
    rows.hazard("D", THERE, date(2026, 5, 1), date(2026, 5, 31))
    rows.hazard("E", THERE, date(2026, 5, 1), date(2026, 6, 30), uscc="U1")  # an enterprise is where its hazards are
    interview(rows, "Y1", date(2026, 6, 1), date(2026, 6, 30))
    interview(rows, "Y2", date(2026, 6, 1), date(2026, 6, 30), uscc="U1", unit_kind="enterprise")
    interview(rows, "Y3", date(2026, 6, 1), date(2026, 6, 30), unit_kind="enterprise")
    assert numbers(rows, "Y1") == [("hazards_overdue", 2, 3)]
    assert numbers(rows, "Y2") == [("hazards_overdue", 1, 2)]
    assert numbers(rows, "Y3") == []


def test_overload_alarms_and_crashes_are_of_the_days_before_the_measure(rows: Rows) -> None:
    for back, over in ((1, 3), (90, 2), (91, 50), (0, 50)):
        rows.put("mart.overload_daily", {
            "passed_date": date(2026, 6, 1) - timedelta(days=back), "site_code": "YZ01", "county_code": HERE,
            "weighed_count": 100, "over_count": over,
        })  # fmt: skip
    referral(rows, "F1", date(2026, 6, 1), date(2026, 6, 20), None)
    assert numbers(rows, "F1") == [("overload", 5, 200)]
    rows.alarm("湘M10001", HERE, date(2026, 5, 31), datetime(2026, 5, 31, 8, 5))
    rows.alarm("湘M10001", HERE, date(2026, 6, 1), None)
    rows.alarm("湘M10002", THERE, date(2026, 5, 30), None)
    referral(rows, "F2", date(2026, 6, 1), date(2026, 6, 20), None, "alarms")
    assert numbers(rows, "F2") == [("alarms", 1, 1)]
    for day, deaths in ((date(2026, 5, 31), 1), (date(2026, 6, 1), 9)):
        rows.put("staging.road_crash", {
            "record_id": f"{day}", "crash_no": f"{day}", "county_code": HERE, "death_count": deaths,
            "occurred_at": datetime(day.year, day.month, day.day, 23),
        })  # fmt: skip
    referral(rows, "F3", date(2026, 6, 1), date(2026, 6, 20), None, "crash")
    assert numbers(rows, "F3") == [("crashes", 1, None), ("deaths", 1, None)]


FIRMS = {"U1": "示例运输1号有限公司", "U2": "示例运输2号有限公司"}


def fleet(rows: Rows) -> None:
    """Two firms of one county with a truck each; one truck changes hands on 11 May, and the first firm its name."""
    old = "示例运输1号旧名有限公司"
    rows.put("staging.enterprise", *(
        {"record_id": f"{uscc}{since}", "uscc": uscc, "enterprise_name": name, "county_code": HERE,
         "valid_from": date(2026, *since), "valid_to": until}
        for uscc, name, since, until in (
            ("U1", old, (1, 1), date(2026, 4, 30)), ("U1", FIRMS["U1"], (5, 1), None),
            ("U2", FIRMS["U2"], (1, 1), None),
        )
    ))  # fmt: skip
    rows.put("staging.vehicle", *(
        {"record_id": f"{plate}{since}", "plate_no": plate, "plate_color_code": 2, "enterprise_name": owner,
         "valid_from": date(2026, *since), "valid_to": until}
        for plate, owner, since, until in (
            ("湘M10001", old, (1, 1), None), ("湘M10002", FIRMS["U2"], (1, 1), None),
            ("湘M10003", FIRMS["U1"], (1, 1), date(2026, 5, 10)), ("湘M10003", FIRMS["U2"], (5, 11), None),
        )
    ))  # fmt: skip


def passages(rows: Rows) -> list[tuple[str, int | None, date, str, int | None]]:
    """Plate, colour, day, verdict and weight of passages of the fleet and of others."""
    told = [
        ("湘M10001", 2, date(2026, 5, 20), "over", 60_000), ("湘M10001", 2, date(2026, 5, 31), "over", 60_000),
        ("湘M10001", 2, date(2026, 3, 3), "within", 30_000), ("湘M10001", 2, date(2026, 3, 2), "over", 60_000),
        ("湘M10001", 2, date(2026, 6, 1), "over", 60_000), ("湘M10001", 1, date(2026, 5, 20), "over", 60_000),
        ("湘M10001", None, date(2026, 5, 20), "over", 60_000), ("湘M10001", 2, date(2026, 5, 21), "review", None),
        ("湘M10002", 2, date(2026, 5, 20), "within", 30_000), ("湘M10002", 2, date(2026, 5, 22), "within", 30_000),
        ("湘M10003", 2, date(2026, 5, 10), "over", 60_000), ("湘M10003", 2, date(2026, 5, 11), "review", 50_000),
        ("湘M19999", 2, date(2026, 5, 20), "over", 60_000),
    ]  # fmt: skip
    rows.put("core.passage", *(
        {"record_id": f"p{at}", "plate_no": plate, "plate_color_code": color, "passed_date": day, "verdict": verdict,
         "gross_vehicle_weight_kg": weight, "county_code": HERE}
        for at, (plate, color, day, verdict, weight) in enumerate(told)
    ))  # fmt: skip
    return told


def test_an_enterprise_is_told_its_own_overload_and_not_that_of_its_county(rows: Rows) -> None:
    fleet(rows)
    told = passages(rows)
    rows.put("mart.overload_daily", {"passed_date": date(2026, 5, 20), "site_code": "YZ01", "county_code": HERE,
                                     "weighed_count": 100, "over_count": 50})  # fmt: skip
    day, first = date(2026, 6, 1), date(2026, 6, 1) - timedelta(days=90)
    owner = {"湘M10001": lambda _: "U1", "湘M10002": lambda _: "U2",
             "湘M10003": lambda on: "U1" if on <= date(2026, 5, 10) else "U2"}  # fmt: skip
    for uscc, name in FIRMS.items():
        firm = {"uscc": uscc, "unit_name": name, "unit_kind": "enterprise", "supervision_cause": "overload"}
        interview(rows, f"Y{uscc}", day, date(2026, 6, 30), **firm)
        own = [one for one in told if one[1] == 2 and first <= one[2] < day and one[4]]
        own = [one for one in own if one[0] in owner and owner[one[0]](one[2]) == uscc]
        over = sum(one[3] == "over" for one in own)
        assert numbers(rows, f"Y{uscc}") == [("overload", over, len(own))]
    assert numbers(rows, "YU1") == [("overload", 3, 4)]
    assert numbers(rows, "YU2") == [("overload", 0, 3)]
    interview(rows, "Y3", day, date(2026, 6, 30), supervision_cause="overload")
    assert numbers(rows, "Y3") == [("overload", 50, 100)]


def test_an_enterprise_is_told_the_alarms_of_its_own_vehicles(rows: Rows) -> None:
    for plate, uscc, handled in (("湘M10001", "U1", None), ("湘M10002", "U2", datetime(2026, 5, 31, 8, 5))):
        rows.alarm(plate, HERE, date(2026, 5, 31), handled)
        rows.connection.execute("update mart.alarm_handling set uscc = ? where plate_no = ?", [uscc, plate])
        interview(rows, f"Y{uscc}", date(2026, 6, 1), date(2026, 6, 30), uscc=uscc, unit_kind="enterprise",
                  supervision_cause="alarms")  # fmt: skip
    interview(rows, "Y3", date(2026, 6, 1), date(2026, 6, 30), supervision_cause="alarms")
    assert [numbers(rows, no) for no in ("YU1", "YU2", "Y3")] == [
        [("alarms", 0, 1)], [("alarms", 1, 1)], [("alarms", 1, 2)]
    ]  # fmt: skip


@pytest.mark.parametrize("cause", ["low_score", "crash", "overload", "alarms"])
def test_of_an_enterprise_no_number_of_its_county_is_told(rows: Rows, cause: str) -> None:
    """No score and no crash is an enterprise's, and this one has neither trucks nor alarms."""
    behind_hand(rows, (date(2026, 1, 10), date(2026, 4, 10)))
    passages(rows)
    fleet(rows)
    rows.alarm("湘M10001", HERE, date(2026, 6, 1), None)
    rows.put("staging.road_crash", {"record_id": "1", "crash_no": "1", "county_code": HERE, "death_count": 1,
                                    "occurred_at": datetime(2026, 6, 1, 7)})  # fmt: skip
    interview(rows, "Y1", date(2026, 6, 30), date(2026, 7, 30), uscc="U9", unit_kind="enterprise",
              supervision_cause=cause)  # fmt: skip
    assert numbers(rows, "Y1") == []


def test_no_number_behind_a_measure_is_a_fine_or_a_number_of_cases(rows: Rows) -> None:
    """行政处罚法 art. 74; what a score reads is held in its own test."""
    own = set(supervision.TABLES) - set(score.TABLES)
    assert not [table for table in own if re.search("case|penalty|payment|fine|violation", table)]
    assert not re.search(r"case|penal|fen\b|fine|paid", supervision._OF_FLEET + supervision._CRASHES)
    assert set(supervision_terms._COUNTS) == {
        "hazards_overdue", "hazard_overdue_days", "listing_overdue_days", "crashes", "deaths", "overload", "alarms",
        "score",
    }  # fmt: skip


def test_a_listing_tells_how_late_its_hazard_was_and_a_bulletin_the_city(rows: Rows) -> None:
    rows.hazard("A", HERE, date(2026, 4, 1), date(2026, 5, 1), is_major=True)
    listing(rows, "A", date(2026, 5, 21), date(2026, 6, 21))
    bulletin(rows, "T1", date(2026, 7, 2))
    rows.put("mart.overload_daily", {"passed_date": date(2026, 6, 30), "site_code": "YZ01", "county_code": THERE,
                                     "weighed_count": 50, "over_count": 2})  # fmt: skip
    assert numbers(rows, "LA") == [("hazard_overdue_days", 20, None)]
    assert told(rows, "LA", DAY).grade == "major"
    assert numbers(rows, "T1") == [("overload", 2, 50), ("alarms", 0, 0)]


def test_a_low_score_is_that_of_the_last_quarter_before_the_measure(rows: Rows) -> None:
    behind_hand(rows, (date(2026, 1, 10), date(2026, 4, 10)))
    interview(rows, "Y1", date(2026, 6, 30), date(2026, 7, 30), supervision_cause="low_score")
    (number,) = Behind(rows, DAY).of(told(rows, "Y1", DAY))
    assert (number.first, number.last) == (date(2026, 1, 1), date(2026, 3, 31))
    ranking = score.ranking(rows, score.Asked(date(2026, 3, 31), "quarter"))
    (unit,) = [one for one in ranking.units if one.code == HERE]
    assert (number.value, number.low, number.high) == (pytest.approx(unit.total), unit.low, unit.high)


# --- suggestions -------------------------------------------------------------------------------------------
def behind_hand(rows: Rows, days: tuple[date, ...]) -> None:
    """In the periods of these days HERE keeps few deadlines and closes few hazards; the others nearly all."""
    for due in days:
        kept = {county: 4 if county == HERE else 38 for county in COUNTIES}
        rows.clocks(kept, 40, due)
        for county, good in kept.items():
            rows.hazards(county, due - timedelta(days=1), DAY + timedelta(days=90), due, good // 2, 19 - good // 2)


def suggested(rows: Rows, day: date = DAY, cadence: str = "month") -> list[tuple[str, str, str]]:
    return [(one.rung, one.county, one.rule) for one in suggestions(rows, day, cadence)]


def test_a_bulletin_follows_one_period_at_the_bottom_and_an_interview_two(rows: Rows) -> None:
    behind_hand(rows, (date(2026, 6, 10),))
    assert suggested(rows) == [("bulletin", HERE, "bottom")]
    behind_hand(rows, (date(2026, 5, 10),))
    found = suggestions(rows, DAY, "month")
    assert [(one.rung, one.rule) for one in found] == [("bulletin", "bottom"), ("interview", "bottom_again")]
    assert [(str(one.first), str(one.last)) for one in found[1].numbers] == [
        ("2026-06-01", "2026-06-30"), ("2026-05-01", "2026-05-31")
    ]  # fmt: skip
    assert all(number.low > 8 for one in found for number in one.numbers)
    assert suggested(rows, date(2026, 6, 29)) == [("bulletin", HERE, "bottom")], "of May"


@pytest.mark.parametrize(("ranked", "is_suggested"), [(2, False), (5, False), (6, True)])
def test_nobody_is_among_the_last_of_few(rows: Rows, ranked: int, is_suggested: bool) -> None:
    """Of two counties with a place both would be among the last three."""
    some = COUNTIES[:ranked]
    assert HERE in some
    for due in (date(2026, 5, 10), date(2026, 6, 10)):
        rows.clocks({county: 40 if county != HERE else 2 for county in some}, 80, due)
    ranking = score.ranking(rows, score.Asked(date(2026, 6, 30)))
    assert sum(one.has_place for one in ranking.units) == ranked
    assert ranking.units[ranked - 1].code == HERE
    expected = [("bulletin", HERE, "bottom"), ("interview", HERE, "bottom_again")] if is_suggested else []
    assert suggested(rows) == expected


def test_what_was_done_lately_is_not_suggested_again(rows: Rows) -> None:
    behind_hand(rows, (date(2026, 5, 10), date(2026, 6, 10)))
    bulletin(rows, "T1", date(2026, 7, 2))
    assert suggested(rows) == [("interview", HERE, "bottom_again")]
    interview(rows, "Y1", DAY - timedelta(days=30), DAY)
    assert suggested(rows) == [("interview", HERE, "bottom_again")], "thirty days ago is not within thirty days"
    interview(rows, "Y2", DAY - timedelta(days=29), DAY, uscc="U1", unit_kind="enterprise")
    assert suggested(rows) == [("interview", HERE, "bottom_again")], "an enterprise is not its county"
    interview(rows, "Y3", DAY - timedelta(days=29), DAY)
    assert suggested(rows) == []


@pytest.mark.parametrize(("overdue", "expected"), [(2, []), (3, [("interview", HERE, "many_overdue")])])
def test_an_interview_follows_so_many_overdue_hazards(
    rows: Rows, overdue: int, expected: list[tuple[str, str, str]]
) -> None:
    for at in range(overdue):
        rows.hazard(f"A{at}", HERE, date(2026, 6, 1), DAY - timedelta(days=1))
    rows.hazard("B", HERE, date(2026, 6, 1), DAY)
    assert suggested(rows) == expected


@pytest.mark.parametrize(
    ("late", "is_major", "is_listed", "is_suggested"),
    [(14, True, False, False), (15, True, False, True), (15, False, False, False), (15, True, True, False)],
)
def test_listing_follows_a_major_hazard_overdue_and_not_listed(
    rows: Rows, late: int, is_major: bool, is_listed: bool, is_suggested: bool
) -> None:
    rows.hazard("A", HERE, date(2026, 6, 1), DAY - timedelta(days=late), is_major=is_major, is_listed=is_listed)
    found = suggestions(rows, DAY, "month")
    assert [(one.rung, one.hazard_no, one.numbers[0].value) for one in found] == (
        [("listing", "A", 15)] if is_suggested else []
    )


@pytest.mark.parametrize(("late", "is_suggested"), [(29, False), (30, True)])
def test_a_copy_follows_a_listing_overdue(rows: Rows, late: int, is_suggested: bool) -> None:
    rows.hazard("A", HERE, date(2026, 4, 1), date(2026, 5, 1), is_listed=True)
    listing(rows, "A", date(2026, 5, 1), DAY - timedelta(days=late))
    rows.hazard("B", HERE, date(2026, 4, 1), date(2026, 5, 1), closed=date(2026, 7, 1))
    listing(rows, "B", date(2026, 5, 1), DAY - timedelta(days=60), delisted=DAY - timedelta(days=1))
    assert suggested(rows) == ([("referral", HERE, "listed_overdue")] if is_suggested else [])


def test_every_suggestion_names_its_parameters_which_nobody_verified(rows: Rows) -> None:
    behind_hand(rows, (date(2026, 5, 10), date(2026, 6, 10)))
    rows.hazard("A", THERE, date(2026, 6, 1), DAY - timedelta(days=20), is_major=True)
    found: list[Suggestion] = suggestions(rows, DAY, "month")
    assert {one.rung for one in found} == {"bulletin", "interview", "listing"}
    for one in found:
        assert one.parameters
        assert {parameter.confidence for parameter in one.parameters} == {"P"}
        for lang in ("zh", "en"):
            words = supervision_terms.rule_words(one, lang)
            assert all(f"{parameter.value:g}" in words for parameter in one.parameters)
            assert all(supervision_terms.number_words(number, lang, "–") for number in one.numbers)


def test_every_word_has_both_languages() -> None:
    assert set(supervision_terms.RUNGS) == set(supervision.RUNGS)
    assert set(supervision_terms.STATES) == set(supervision.STATES)
    assert set(supervision_terms.CAUSES) == set(supervision.CAUSES)
