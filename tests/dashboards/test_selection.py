"""What a link or a control may ask for, and which days it is compared with."""

from datetime import date

import pytest
from werkzeug.exceptions import BadRequest

from dashboards import selection
from dashboards.selection import Known, Selection, from_controls, from_url

KNOWN = Known(
    date(2025, 1, 1),
    date(2026, 11, 22),
    {"431124": ("道县", "Daoxian"), "431103": ("冷水滩区", "Lengshuitan")},
    ("431103", "431124"),
    {"YZ17": "431124", "YZ01": "431103"},
)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("month", date(2026, 11, 1), date(2026, 11, 22)),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("quarter", date(2026, 10, 1), date(2026, 11, 22)),
        ("year", date(2026, 1, 1), date(2026, 11, 22)),
    ],
)
def test_presets_count_from_the_last_day_of_data(period: str, first: date, last: date) -> None:
    assert selection.preset(period, KNOWN.last_day) == (first, last)


@pytest.mark.parametrize(
    ("chosen", "first", "last"),
    [
        (Selection(date(2026, 11, 1), date(2026, 11, 22)), date(2026, 10, 1), date(2026, 10, 22)),
        (Selection(date(2026, 3, 1), date(2026, 3, 31)), date(2026, 2, 1), date(2026, 2, 28)),
        (Selection(date(2026, 10, 1), date(2026, 10, 31), "last_month"), date(2026, 9, 1), date(2026, 9, 30)),
        (Selection(date(2026, 10, 1), date(2026, 11, 22), "quarter"), date(2026, 7, 1), date(2026, 8, 22)),
        (Selection(date(2026, 1, 1), date(2026, 11, 22), "year"), date(2025, 1, 1), date(2025, 11, 22)),
        (Selection(date(2026, 11, 5), date(2026, 11, 12), "custom"), date(2026, 10, 28), date(2026, 11, 4)),
    ],
)
def test_the_prior_period_has_the_same_days_of_the_one_before(chosen: Selection, first: date, last: date) -> None:
    assert selection.prior(chosen) == (first, last)


def test_last_year_of_a_leap_day_is_the_day_before_march() -> None:
    assert selection.last_year(Selection(date(2024, 2, 29), date(2024, 3, 1), "custom")) == (
        date(2023, 2, 28),
        date(2023, 3, 1),
    )


def test_a_link_gives_back_what_it_was_made_from() -> None:
    chosen = Selection(
        date(2026, 11, 3), date(2026, 11, 9), "custom", "year", "431124", "YZ17", "6+", "severe", "30-50"
    )
    query = dict(pair.split("=") for pair in chosen.query(rows=True).lstrip("?").replace("%2B", "+").split("&"))
    assert from_url(query, KNOWN) == (chosen, [])


def test_a_link_that_is_passed_on_names_dates() -> None:
    link = Selection(date(2026, 11, 1), date(2026, 11, 22)).query(absolute=True)
    assert link == "?period=custom&from=2026-11-01&to=2026-11-22"


def test_bad_values_in_a_link_fall_back_and_are_named() -> None:
    chosen, bad = from_url(
        {
            "period": "century",
            "county": "999999",
            "site": "' or 1=1",
            "axle": "7",
            "cmp": "x",
            "metric": "y",
            "q": "ignored",
        },
        KNOWN,
    )
    assert chosen == selection.default(KNOWN)
    assert bad == ["period", "county", "site", "cmp", "axle", "metric"]


@pytest.mark.parametrize(
    "dates",
    [
        {"from": "2026-11-09", "to": "2026-11-03"},
        {"from": "2026-11-01", "to": "2099-01-01"},
        {"from": "1999-01-01", "to": "2026-11-01"},
        {"from": "2020-01-01", "to": "2026-11-01"},
        {"from": "2026-13-01", "to": "2026-11-01"},
    ],
)
def test_impossible_ranges_fall_back_to_the_month(dates: dict[str, str]) -> None:
    chosen, bad = from_url({"period": "custom", **dates}, KNOWN)
    assert (chosen.start, chosen.end, chosen.period) == (date(2026, 11, 1), date(2026, 11, 22), "month")
    assert bad


def test_a_site_of_another_county_gives_way_to_the_county() -> None:
    chosen, bad = from_url({"county": "431124", "site": "YZ01"}, KNOWN)
    assert (chosen.county, chosen.site, bad) == ("431124", "all", [])
    assert chosen.left_out == "YZ01"
    assert "YZ01" not in chosen.query(rows=True)


@pytest.mark.parametrize(
    "given",
    [
        {"period": "century"},
        {"county": "nowhere"},
        {"site": "YZ99"},
        {"axle": ["6+"]},
        {"cmp": {"$ne": 1}},
        {"period": "custom", "from": "2026-11-01", "to": "x"},
        {"period": 5},
    ],
)
def test_a_control_cannot_send_what_it_does_not_offer(given: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        from_controls(given, KNOWN)


def test_spring_festival_in_one_period_only_is_noticed() -> None:
    january, february = (date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 1), date(2026, 2, 28))
    assert selection.festival_in_one_only(january, february)
    assert not selection.festival_in_one_only(february, (date(2025, 1, 20), date(2025, 2, 10)))
