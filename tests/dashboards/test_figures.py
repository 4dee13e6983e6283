"""Figures from small frames. ``plotly`` knows every attribute, so it checks each figure we write by hand."""

import base64
import json
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from driving import text_of
from plotly.utils import PlotlyJSONEncoder

from dashboards import charts, facts, freshness, night
from dashboards import format as fmt
from dashboards.pages import quality
from dashboards.text import Text
from warehouse.geometry import Geometry

ZH = Text("zh")
DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(4)]

COUNTIES = pd.DataFrame(
    {
        "county_code": ["431124", "431103"],
        "name": ["道县", "冷水滩区"],
        "tile_col": [1, 1],
        "tile_row": [3, 0],
        "rate": [0.053, None],
        "over_count": [53, 0],
        "text": ["a", "b"],
    }
)
SITES = pd.DataFrame(
    {
        "site_code": ["YZ17", "YZ18"],
        "county_code": ["431124", "431124"],
        "longitude": [111.6, 111.5],
        "latitude": [25.5, 25.4],
        "online": [True, False],
        "label": ["YZ17", "YZ18"],
    }
)


def trend_days(now: list[int | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": DAYS,
            "now": now,
            "prior": [1, 2, 3, 4],
            "year": [None] * 4,
            "prior_day": [day - timedelta(days=31) for day in DAYS],
            "year_day": [None] * 4,
        }
    )


NAMES = {"now": "本期", "prior": "上期", "year": "去年"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_figure_is_one_the_library_knows(theme: str) -> None:
    bands = pd.Series({"le5": 3, "5-10": 2, "10-30": 4, "30-50": 1, "50-100": 0, "gt100": 0})
    segments = pd.DataFrame({"site_code": ["YZ17"], "first": [DAYS[0]], "days": [4], "state": ["silent"]})
    ring = ((111.0, 25.0), (112.0, 25.0), (111.0, 26.0), (111.0, 25.0))
    outlines = Geometry({"431124": (ring,)}, 1.11, None, 4, 4)
    figures = [
        charts.county_map(COUNTIES, SITES, ZH, theme),
        charts.county_map(COUNTIES, SITES, ZH, theme, value="count", selected="431124"),
        charts.county_map(COUNTIES, SITES, ZH, theme, outlines=outlines),
        charts.trend(trend_days([5, None, 7, 6]), NAMES, [(DAYS[1], DAYS[2], "YZ07")], ZH, theme, unit="台次"),
        charts.distribution(bands, ZH, theme),
        charts.site_day_strip(segments, DAYS, {"YZ17": "YZ17 道县"}, ZH, theme),
    ]
    for figure in figures:
        assert len(go.Figure(figure).data) == len(figure["data"])
        assert sum(len(trace.get("x") or []) for trace in figure["data"]) <= 2000


def test_a_day_without_data_is_a_gap_and_not_zero() -> None:
    figure = charts.trend(trend_days([5, None, 0, 6]), NAMES, [], ZH, "light", unit="台次")
    now = next(trace for trace in figure["data"] if trace.get("name") == "本期")
    assert now["y"] == [5.0, None, 0.0, 6.0]
    assert now["connectgaps"] is False


def test_a_lone_day_between_gaps_is_marked() -> None:
    figure = charts.trend(trend_days([None, 5, None, 6]), NAMES, [], ZH, "light", unit="台次")
    now = next(trace for trace in figure["data"] if trace.get("name") == "本期")
    assert now["marker"]["size"] == [0, 6, 0, 6]


def test_an_outage_of_one_day_has_the_width_of_a_day() -> None:
    figure = charts.trend(trend_days([1, 2, 3, 4]), NAMES, [(DAYS[3], DAYS[3], "YZ05")], ZH, "light", unit="台次")
    band = figure["layout"]["shapes"][0]
    assert (band["x0"], band["x1"]) == (datetime(2026, 11, 3, 12), datetime(2026, 11, 4, 12))


def test_severe_bands_have_another_colour_and_their_share() -> None:
    bands = pd.Series({"le5": 3, "5-10": 2, "10-30": 4, "30-50": 1, "50-100": 0, "gt100": 0})
    figure = charts.distribution(bands, ZH, "light")
    assert figure["data"][0]["marker"]["color"][2:4] == [
        charts.TOKENS["light"]["seq4"],
        charts.TOKENS["light"]["worse"],
    ]
    assert "1（10.0%）" in figure["layout"]["annotations"][0]["text"]


def test_a_county_without_a_rate_has_no_class() -> None:
    figure = charts.county_map(COUNTIES, SITES, ZH, "light")
    fills = [trace["fillcolor"] for trace in figure["data"] if trace.get("fill")]
    assert fills == [charts.TOKENS["light"]["seq1"], charts.TOKENS["light"]["surface-2"]]


@pytest.mark.parametrize("outlined", [False, True])
@pytest.mark.parametrize("selected", ["all", "2"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_words_on_every_map_class_can_be_read(theme: str, selected: str, outlined: bool) -> None:
    """Text needs a contrast of 4.5, also on counties that are not the chosen one."""
    rates = [None, 0.011, 0.021, 0.031, 0.041, 0.052]
    counties = pd.DataFrame(
        {
            "county_code": [str(n) for n in range(6)], "name": ["a"] * 6, "tile_col": range(6), "tile_row": [0] * 6,
            "rate": rates, "over_count": [1] * 6, "text": ["a"] * 6,
        }
    )  # fmt: skip
    ring = ((111.0, 25.0), (112.0, 25.0), (111.0, 26.0), (111.0, 25.0))
    outlines = Geometry({str(n): (ring,) for n in range(6)}, 1.11, None, 24, 24) if outlined else None
    traces = charts.county_map(counties, SITES, ZH, theme, selected=selected, outlines=outlines)["data"]
    fills = [trace["fillcolor"] for trace in traces if trace.get("fill")]
    font = next(trace for trace in traces if trace["mode"] == "text")["textfont"]
    inks = font["color"]
    assert len(set(fills)) == 6
    if outlined:
        assert [fill in shadow for fill, shadow in zip(fills, font["shadow"], strict=True)] == [True] * 6
    assert [pair for pair in zip(fills, inks, strict=True) if charts.contrast(*pair) < 4.5] == []


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Lengshuitan", ["Leng-", "shuitan"]),
        ("Jiangyong", ["Jiang-", "yong"]),
        ("Ningyuan", ["Ningyuan"]),
        ("Dong'an", ["Dong'an"]),
        ("冷水滩区", ["冷水滩区"]),
    ],
)
def test_a_name_longer_than_a_tile_is_broken_between_syllables(name: str, lines: list[str]) -> None:
    assert fmt.tile_lines(name) == lines


def test_a_silent_site_is_hollow_on_the_map() -> None:
    figure = charts.county_map(COUNTIES, SITES, ZH, "light")
    online, offline = [trace for trace in figure["data"] if trace["mode"] == "markers"]
    assert (online["customdata"], offline["customdata"]) == (["site:YZ17"], ["site:YZ18"])
    assert offline["marker"]["color"] == charts.TOKENS["light"]["surface"]


@pytest.mark.parametrize(
    ("rates", "limits"),
    [
        ([], [1, 2, 3, 4]),
        ([0.0130, 0.0529], [2, 3, 4, 5]),
        ([0.031, 0.034], [3.25, 3.5, 3.75, 4.0]),
        ([0.0, 0.35], [10, 20, 30, 40]),
    ],
)
def test_map_classes_have_round_limits(rates: list[float], limits: list[float]) -> None:
    assert charts.class_limits(rates) == limits


def test_outlines_have_colours_names_and_values_as_tiles_do() -> None:
    ring = ((111.0, 25.0), (112.0, 25.0), (111.0, 26.0), (111.0, 25.0))
    found = Geometry({"431124": (ring,)}, 1.11, None, 4, 4)
    tiles, outlined = (
        charts.county_map(COUNTIES, SITES, ZH, "light", outlines=one, selected="431124") for one in (None, found)
    )
    assert outlined["data"][0]["fillcolor"] == tiles["data"][0]["fillcolor"]
    assert outlined["data"][0]["line"] == tiles["data"][0]["line"]
    assert set(outlined["data"][0]["customdata"]) == set(tiles["data"][0]["customdata"]) == {"431124"}
    assert outlined["data"][0]["x"][:4] == [111.0, 112.0, 111.0, 111.0]
    (words,) = [trace for trace in outlined["data"] if trace["mode"] == "text"]
    names, values = [trace for trace in tiles["data"] if trace["mode"] == "text"]
    assert words["text"] == [f"{names['text'][0]}<br>{values['text'][0]}"]
    assert outlined["layout"]["yaxis"]["scaleratio"] == 1.11


def test_the_small_line_breaks_at_a_gap() -> None:
    svg = base64.b64decode(charts.sparkline([1, 2, None, 3, 1], "#17509E").split(",")[1]).decode()
    line = svg.split('fill="none"')[0].rsplit('d="', 1)[1]
    assert line.count("M") == 2
    assert charts.sparkline([None, 4], "#17509E") == ""


def test_equal_neighbouring_states_are_one_run() -> None:
    states = pd.DataFrame(
        {"site_code": ["YZ07"] * 3, "passed_date": DAYS[1:], "state": ["reporting", "silent", "silent"]}
    )
    found = charts.runs(states, DAYS, ["YZ07"])
    assert found.to_dict("records") == [
        {"site_code": "YZ07", "first": DAYS[0], "days": 1, "state": "not_in_service"},
        {"site_code": "YZ07", "first": DAYS[1], "days": 1, "state": "reporting"},
        {"site_code": "YZ07", "first": DAYS[2], "days": 2, "state": "silent"},
    ]


def test_days_on_which_all_sites_were_silent_are_not_known() -> None:
    counted = pd.DataFrame(
        {"passed_date": [DAYS[0]], "weighed_count": [10], "over_count": [1], "severe_count": [0], "review_count": [0]}
    )
    states = pd.DataFrame({"passed_date": [DAYS[1], DAYS[2]], "state": ["silent", "reporting"]})
    days = facts.day_values(counted, states, DAYS[0], DAYS[3])
    assert list(days["known"]) == [True, False, True, False]
    assert list(days["over_count"]) == [1, 0, 0, 0]


def test_outages_that_overlap_are_one_band_and_a_dead_site_is_none() -> None:
    rows = [("YZ05", DAYS[1]), ("YZ05", DAYS[2]), ("YZ07", DAYS[2]), *(("YZ99", day) for day in DAYS)]
    states = pd.DataFrame(rows, columns=["site_code", "passed_date"]).assign(state="silent")
    assert facts.outages(states, ZH, 4) == [(DAYS[1], DAYS[2], "2 站<br>停机 2 天")]


@pytest.mark.parametrize(
    ("expected", "silent", "state"),
    [(date(2026, 11, 22), 0, "fresh"), (date(2026, 11, 22), 1, "late"), (date(2026, 11, 23), 0, "late"),
     (date(2026, 11, 24), 0, "stale")],
)  # fmt: skip
def test_freshness_follows_days_and_gaps(expected: date, silent: int, state: str) -> None:
    assert freshness.judge(date(2026, 11, 22), expected, silent, 0, 30).state == state


@pytest.mark.parametrize(
    ("every_days", "freshness", "last_state", "state"),
    [(1, "on time", "landed", "on_time"), (1, "late", "landed", "late"), (31, "missing", None, "missing"),
     (None, "", "landed", "no_rhythm"), (1, None, None, "unknown"), (1, "on time", "stopped", "stopped"),
     (None, "", "stopped", "stopped")],
)  # fmt: skip
def test_a_feed_is_as_the_last_night_says_unless_its_last_delivery_was_refused(
    every_days: int | None, freshness: str | None, last_state: str | None, state: str
) -> None:
    assert quality.feed_state(every_days, freshness, last_state) == state


def night_lines(**of_second: Any) -> pd.DataFrame:
    counts = {"received": 1, "repeat": 0, "reissue": 0, "late": 0, "stopped": 0, "current": 90, "repeated": 5}
    line = {f"{name}_count": count for name, count in {**counts, "superseded": 3}.items()}
    line |= {"delivered_rows": 100, "accepted_rows": 98, "quarantined_rows": 2, "flagged_rows": 4, "difference_rows": 0}
    return pd.DataFrame([{"feed": "a", **line}, {"feed": "b", **line, **of_second}])


def test_both_sums_of_a_night_are_told_with_their_parts() -> None:
    told = json.dumps(night.totals(night_lines(), Text("en")), cls=PlotlyJSONEncoder)
    words = text_of(json.loads(told))
    assert "200  rows delivered =  196  accepted +  4  quarantined" in words
    assert "196  accepted =  180  current +  10  repeated +  6  superseded" in words
    assert "every row accounted for" in words


def test_rows_that_are_missing_in_a_sum_are_said() -> None:
    told = json.dumps(night.totals(night_lines(difference_rows=3), Text("en")), cls=PlotlyJSONEncoder)
    assert "3 rows not accounted for" in text_of(json.loads(told))
    unknown = night_lines(current_count=None, repeated_count=None, superseded_count=None)
    words = text_of(json.loads(json.dumps(night.totals(unknown, Text("en")), cls=PlotlyJSONEncoder)))
    assert "not declared any more" in words
    assert " current +" not in words


def test_refused_feeds_come_first_and_those_without_news_not_at_all() -> None:
    refused = night_lines(stopped_count=1, delivered_rows=0, quarantined_rows=0)
    assert list(night.news(refused)["feed"]) == ["b", "a"]
    assert list(night.news(night_lines(repeat_count=1))["feed"]) == ["a"]


def test_a_night_that_has_no_report_is_not_taken() -> None:
    nights = [date(2026, 11, 22), date(2026, 11, 21)]
    assert night.chosen(None, nights) == (date(2026, 11, 22), True)
    assert night.chosen("2026-11-21", nights) == (date(2026, 11, 21), True)
    assert night.chosen("20261121", nights) == (date(2026, 11, 22), False)
    assert night.chosen("2026-11-21", []) == (None, False)


@pytest.mark.parametrize(
    ("number", "lang", "shown"),
    [(9999, "zh", ("9,999", "")), (20418, "zh", ("2.04", "万")), (123456, "zh", ("12.3", "万")),
     (12_345_678, "zh", ("1,235", "万")), (123_456_789, "zh", ("1.23", "亿")), (20418, "en", ("20,418", "")),
     (2_041_800, "en", ("2.04", "M")), (None, "zh", ("—", ""))],
)  # fmt: skip
def test_large_counts_are_shortened_as_each_language_does(
    number: int | None, lang: str, shown: tuple[str, str]
) -> None:
    assert fmt.kpi(number, lang) == shown


def test_numbers_carry_a_real_minus_and_missing_ones_a_dash() -> None:
    assert (fmt.signed(-0.414, 2), fmt.signed(0.001, 2), fmt.rate(None), fmt.rate(0.0324), fmt.rate(0.126)) == (
        "\u22120.41", "0.00", "—", "3.24%", "12.6%",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "zh", "en"),
    [(date(2026, 11, 1), date(2026, 11, 22), "2026-11-01 至 11-22", "1–22 Nov 2026"),
     (date(2026, 10, 30), date(2026, 11, 2), "2026-10-30 至 11-02", "30 Oct – 2 Nov 2026"),
     (date(2025, 12, 30), date(2026, 1, 2), "2025-12-30 至 2026-01-02", "30 Dec 2025 – 2 Jan 2026")],
)  # fmt: skip
def test_ranges_say_once_what_both_ends_share(first: date, last: date, zh: str, en: str) -> None:
    assert (fmt.day_range(first, last, "zh"), fmt.day_range(first, last, "en")) == (zh, en)
