"""Every page answers in both languages, says what is missing, and refuses what no control sends."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import fixture
import made_outlines
import pandas as pd
import pytest
from dash import Dash
from driving import HOST, Callbacks, by_class, by_id, components, text_of
from one_app import client_of
from plotly.utils import PlotlyJSONEncoder
from werkzeug.test import Client

from dashboards import format as fmt
from dashboards import queries, selection, shell
from dashboards.access import gate
from dashboards.pages import overload_rows
from dashboards.terminal_facts import SHOWS
from warehouse import metrics
from warehouse import plate as plates_of_china
from warehouse.columns import dictionary
from warehouse.connection import NoSnapshot, TooSlow
from warehouse.home import REPOSITORY

PATHS = [path for _, path, *_ in shell.PAGES]
BY_THEIR_NAMES = ("/definitions", "/rules")
"""Pages that name feeds and laws in their own language, and need no passage."""
VIEW = {"lang": "zh", "theme": "light"}
CHOICE = {
    "period": "custom", "from": "2026-11-01", "to": "2026-11-22", "cmp": "prior", "county": "all", "site": "all",
    "axle": "all", "metric": "over", "band": "all",
}  # fmt: skip


def kpis(layout: Any) -> list[str]:
    return [text_of(card).split()[0] for card in by_class(layout, "kpi-value")]


# --- answers ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PATHS)
def test_every_page_answers_in_both_languages(client: Client, callbacks: Callbacks, path: str, lang: str) -> None:
    index = client.get(f"{path}?lang={lang}", headers=HOST)
    assert index.status_code == 200
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in index.text
    layout = callbacks.page(path, f"?lang={lang}")
    words = text_of(layout)
    # Quotes of what the file holds, and thresholds with the law they come from, stand as they are written.
    for message in [*by_class(layout, "said"), *by_class(layout, "thresholds")]:
        words = words.replace(text_of(message), "")
    links = [one for one in by_class(layout, "nav-link") if "href" in one["props"]]  # the fold "more" is no page
    assert len(links) == 2 * len([one for one in shell.PAGES if one[4]])
    if lang == "en":
        without_names = re.sub(
            "|".join(["中文", r"示例运输\d+公司", *(zh for _, zh, *_ in fixture.COUNTIES)]), "", words
        )
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"湘.·\*{3}..", "", without_names)) or path in BY_THEIR_NAMES


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readme_tells_every_page(name: str) -> None:
    cells = re.findall(r"^\| (`/[^|]*)", (REPOSITORY / name).read_text(encoding="utf-8"), re.M)
    told = [path for cell in cells for path in re.findall(r"`(/[^`]*)`", cell)]
    assert sorted(told) == sorted([*PATHS, *gate.STARTS.values()]), "pages of readers and of administrators"


def test_the_front_door_is_the_overview_and_other_addresses_are_not_found(client: Client, callbacks: Callbacks) -> None:
    assert client.get("/?lang=en", headers=HOST).status_code == 200
    # What the front door used to lead to with its filters shows them itself.
    assert by_id(callbacks.page("/", "?county=431124"), "overview-query")["props"]["data"]["query"] == "?county=431124"
    assert client.get("/nowhere", headers=HOST).status_code == 404
    assert client.get("/healthz", headers=HOST).status_code == 200


@pytest.mark.parametrize("host", ["heng.example.com", "10.0.0.5:8050", "127.0.0.1.example.com", "localhost.example"])
def test_a_host_that_is_not_loopback_is_refused(client: Client, host: str) -> None:
    assert client.get("/overload", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8050", "localhost:8050", "[::1]:8050", "[::1]"])
def test_loopback_hosts_are_served(client: Client, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_a_request_from_another_site_is_refused(client: Client) -> None:
    headers = {**HOST, "Sec-Fetch-Site": "cross-site"}
    assert client.post("/_dash-update-component", json={}, headers=headers).status_code == 403


def test_scripts_come_from_here_and_nothing_is_written_into_pages(client: Client) -> None:
    answer = client.get("/overload", headers=HOST)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<[^>]+\son\w+=", answer.text)
    assert re.findall(r'(?:src|href)="(?!/)[^"]*"', answer.text) == []


def test_the_language_chosen_in_the_address_is_remembered(client: Client) -> None:
    client.get("/overload?lang=en&theme=dark", headers=HOST)
    again = client.get("/overload", headers=HOST)
    assert '<html lang="en" data-mantine-color-scheme="dark"' in again.text


# --- numbers ---------------------------------------------------------------------------------------------
def test_the_overview_shows_the_numbers_of_the_metrics(callbacks: Callbacks, db: fixture.Fixture) -> None:
    shown = kpis(callbacks.page("/overload"))
    first, last = date(2026, 11, 1), fixture.LAST_DAY

    def value(name: str) -> Any:
        return metrics.compute(db, name, first, last)["value"]

    weighed = fmt.kpi(value("weighed_count"), "zh")[0]
    assert shown == [fmt.rate(value("overload_rate")).rstrip("%"), weighed] + [
        fmt.count(value(name)) for name in ("over_count", "severe_count", "review_count")
    ]


@pytest.mark.parametrize("metric", selection.METRICS)
@pytest.mark.parametrize("place", ["", "&county=431124", "&site=YZ17&axle=6%2B", "&site=MW001"])
def test_rows_add_up_to_the_overview(callbacks: Callbacks, metric: str, place: str) -> None:
    words = text_of(by_class(callbacks.page("/overload/rows", f"?metric={metric}{place}"), "reconcile"))
    assert "与总览一致" in words


@pytest.mark.parametrize("band", selection.BANDS)
def test_rows_of_a_band_add_up_to_its_bar(callbacks: Callbacks, band: str) -> None:
    assert "与总览一致" in text_of(by_class(callbacks.page("/overload/rows", f"?band={band}"), "reconcile"))


def test_a_difference_between_rows_and_overview_is_told() -> None:
    summary = {"rows": 661, "mean_excess_ratio": None, "severe_count": 0}
    line = overload_rows.reconciliation(pd.Series(summary), 662, shell.View("zh", "light").text)
    sent = json.loads(json.dumps(line, cls=PlotlyJSONEncoder))
    assert "总览为 662，明细为 661" in text_of(sent)


def test_no_data_is_told_apart_from_no_violations(callbacks: Callbacks) -> None:
    empty = text_of(callbacks.page("/overload", "?from=2024-01-01&to=2024-01-31"))
    assert "没有数据不等于没有超限" in empty
    zero = text_of(callbacks.page("/overload", "?from=2026-11-18&to=2026-11-18&site=YZ30&axle=5"))
    assert "没有数据不等于没有超限" not in zero


@pytest.mark.parametrize(
    ("search", "wider"),
    [
        ("?from=2026-10-20&to=2026-10-25&county=431128&site=YZ30&axle=5", "改看全部站点"),
        ("?from=2024-01-01&to=2024-01-31&county=431128", "改看最近一个月"),
    ],
)
def test_an_empty_page_names_the_filter_that_made_it_empty(callbacks: Callbacks, search: str, wider: str) -> None:
    assert wider in text_of(by_class(callbacks.page("/overload", search), "blank"))


def test_the_lead_speaks_of_the_whole_city_only_without_a_choice_of_place(callbacks: Callbacks) -> None:
    whole = text_of(by_class(callbacks.page("/overload"), "lead"))
    part = text_of(by_class(callbacks.page("/overload", "?county=431124"), "lead"))
    assert "全市" in whole
    assert whole.rstrip().endswith("。")
    assert "全市" not in part


def test_silent_sites_are_named_on_the_overview(callbacks: Callbacks) -> None:
    words = text_of(callbacks.page("/overload"))
    assert "YZ07 2 天" in words
    assert "2 站离线" in words


def test_a_site_with_few_vehicles_is_not_ranked(callbacks: Callbacks) -> None:
    rows = [c for c in components(callbacks.page("/overload")) if c["type"] == "Tr" and "YZ30" in text_of(c)]
    assert rows
    assert text_of(rows[-1]).split()[0] == fmt.NONE
    assert "样本少" in text_of(rows[-1])


def test_a_comparison_with_too_few_days_is_a_dash_with_its_reason(callbacks: Callbacks) -> None:
    changes = by_class(callbacks.page("/overload", "?period=last_month"), "change")
    assert text_of(changes[0]).split()[0] == fmt.NONE
    assert "不足以对比" in changes[0]["props"]["title"]


def test_values_that_cannot_be_used_are_named(callbacks: Callbacks) -> None:
    notice = text_of(by_class(callbacks.page("/overload", "?county=nowhere&axle=99"), "note"))
    assert "county、axle" in notice


@pytest.mark.parametrize("path", ["/overload", "/overload/rows"])
def test_a_site_outside_the_county_is_told_and_offered(callbacks: Callbacks, path: str) -> None:
    layout = callbacks.page(path, "?county=431124&site=YZ01&axle=5")
    note = next(note for note in by_class(layout, "note") if "YZ01" in text_of(note))
    assert "YZ01" in text_of(note)
    assert "道县" in text_of(note)
    (link,) = [c for c in components(note) if c["type"] == "Link"]
    assert link["props"]["href"] == f"{path}?site=YZ01&axle=5"


def test_a_site_that_a_control_leaves_out_is_told(callbacks: Callbacks) -> None:
    moved = {**GOOD, "overload-county.value": "431124", "overload-site.value": "YZ01"}
    response = callbacks.post("overload-head.children", moved, "overload-county.value").json["response"]
    assert response["overload-site"]["value"] == "all"
    assert "YZ01" in text_of(by_class(response["overload-head"]["children"], "note"))


def test_the_site_filter_tells_registered_sites_from_other_sources(callbacks: Callbacks) -> None:
    every, registered, others = by_id(callbacks.page("/overload"), "overload-site")["props"]["data"]
    assert every == {"value": "all", "label": "30 站＋1 其他"}
    assert (registered["group"], len(registered["items"])) == ("已登记站点（30）", fixture.SITE_COUNT)
    assert (others["group"], others["items"]) == ("其他来源，站点未登记（1）", [{"value": "MW001", "label": "MW001"}])
    chips = text_of(by_class(callbacks.page("/overload/rows", "?site=MW001"), "chips"))
    assert "MW001（未登记）" in chips


def test_the_numbers_of_the_quality_page_are_metrics_with_their_days(callbacks: Callbacks, db: fixture.Fixture) -> None:
    layout = callbacks.page("/quality")
    first = date(2026, 10, 24)
    assert kpis(layout)[1:3] == [
        fmt.rate(metrics.compute(db, name, first, fixture.LAST_DAY)["value"])
        for name in ("site_reporting_rate", "quarantined_share")
    ]
    unders = [text_of(one) for card in by_class(layout, "small-kpis") for one in by_class(card, "subtitle")]
    days = ["2026-11-22", "2026-10-24 至 11-22", "2026-10-24 至 11-22", "2026-10-24"]
    assert [day in under for day, under in zip(days, unders, strict=True)] == [True] * 4


def test_a_refused_delivery_says_why_without_a_pointer(callbacks: Callbacks) -> None:
    assert "unknown columns ['胎压']" in text_of(by_id(callbacks.page("/quality"), "quality-deliveries"))


def test_the_last_night_is_told_with_sums_warnings_and_what_is_missing(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    card = by_id(callbacks.page("/quality"), "quality-night")
    words = re.sub(r"\s+", " ", text_of(card))
    line = db.read("select * from meta.night_report where business_date = '2026-11-22' and received_count > 0").iloc[0]
    assert "2026-11-22 夜间" in words
    assert "到达 2 份交付，1 份内容与以前相同" in words
    assert f"交付 {line.delivered_rows:,} 行 = 接受 {line.accepted_rows:,} + 隔离 {line.quarantined_rows}" in words
    parts = f"现行 {line.current_count:,} + 重复 {line.repeated_count} + 被取代 {line.superseded_count}"
    assert f"接受 {line.accepted_rows:,} 行 = {parts}" in words
    assert "提示 设备计数器重新计数 7 R-WRAP" in words
    missing = db.read(
        "select count(*) from meta.night_report where business_date = '2026-11-22' and freshness = 'missing'"
    )
    assert len(by_class(card, "night-absent")[0]["props"]["children"]) == missing.iloc[0, 0]
    assert "从未到达，每 1 天" in words


def test_an_earlier_night_stands_in_the_address_and_names_its_refused_delivery(callbacks: Callbacks) -> None:
    card = by_id(callbacks.page("/quality", "?night=2026-11-20"), "quality-night")
    words = text_of(card)
    assert "2026-11-20 夜间" in words
    assert "1 份被拒收" in words
    assert "列缺失或未声明" in words
    assert "unknown columns ['胎压']" in words
    links = [c["props"]["href"] for c in components(card) if c["props"].get("href")]
    assert links == [
        "/quality?night=2026-11-19", "/quality?night=2026-11-21",
        "/export/night-report.csv?night=2026-11-20", "/export/night-report.xlsx?night=2026-11-20",
    ]  # fmt: skip


@pytest.mark.parametrize("asked", ["2026-11-30", "yesterday", "' or 1=1", "x" * 500])
def test_a_night_without_a_report_is_said_and_the_last_one_shown(callbacks: Callbacks, asked: str) -> None:
    layout = callbacks.page("/quality", f"?night={asked}")
    assert "2026-11-22 夜间" in text_of(by_id(layout, "quality-night"))
    assert f"没有“{asked[:40]}”的夜间报告" in text_of(layout)


def test_before_the_first_night_the_page_says_so(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "nights", lambda db: [])
    layout = callbacks.page("/quality")
    assert "还没有夜间报告" in text_of(by_id(layout, "quality-night"))
    assert "待夜间报告" in text_of(by_id(layout, "quality-feeds"))


def test_the_sites_of_a_county_add_up_to_its_site_days(callbacks: Callbacks, db: fixture.Fixture) -> None:
    """Of the month with YZ07 silent for two days: the sentence, and the table of sites below it."""
    query = "?lang=zh&county=431102&from=2026-11-01&to=2026-11-22"
    card = by_id(callbacks.page("/quality", query), "quality-sites")
    states = list(db.read(
        "select state from mart.site_day where county_code = '431102'"
        " and passed_date between '2026-11-01' and '2026-11-22'"
    )["state"])  # fmt: skip
    every, good, silent = len(states), states.count("reporting"), states.count("silent")
    assert silent == 2
    told = " ".join(text_of(by_id(card, "quality-site-sums")).split())
    assert told.startswith(f"在用站·日 {every} 个，其中数据完整 {good} 个")
    assert f"无数据 {silent} 个" in told
    (table,) = [one for one in by_class(card, "data-table") if "各站点在用天数" in text_of(one)]
    cells = [[text_of(cell) for cell in row["props"]["children"]]
             for row in components(table) if row["type"] == "Tr"][1:]  # fmt: skip
    assert len(cells) == 3
    assert [sum(int(row[at]) for row in cells) for at in (1, 2, 4)] == [every, good, silent]
    assert "quality-sites" in {one["props"].get("id") for one in components(callbacks.page("/quality"))}


@pytest.mark.parametrize(
    "asked", ["county=999999", "from=2026-11-01", "from=2026-11-22&to=2026-11-01", "from=2020-01-01&to=2026-11-22",
              "from=2026-11-01&to=2026-11-30", "from=x&to=y"],
)  # fmt: skip
def test_sites_that_cannot_be_asked_for_are_told_and_the_usual_days_shown(callbacks: Callbacks, asked: str) -> None:
    layout = callbacks.page("/quality", f"?lang=zh&{asked}")
    assert ("county" if "county" in asked else "from–to") in text_of(by_class(layout, "note"))
    assert "最近 30 天" in text_of(by_id(layout, "quality-sites"))


def test_feeds_that_need_attention_come_first_and_each_feed_once(callbacks: Callbacks, db: fixture.Fixture) -> None:
    card = by_id(callbacks.page("/quality"), "quality-feeds")
    urgent, *folded = by_class(card, "feeds")
    names = [text_of(under) for table in (urgent, *folded) for under in by_class(table, "under")]
    declared = list(db.read("select feed from meta.feed order by feed")["feed"])
    assert sorted(name for name in names if "接收" not in name) == declared
    states = [text_of(pill) for pill in by_class(urgent, "pill")]
    assert states == ["被拒收", *["缺失"] * (len(states) - 1)]
    assert {text_of(pill) for table in folded for pill in by_class(table, "pill")} == {"准时", "按需"}
    assert "检测与过车" in text_of([c for c in components(card) if c["type"] == "Summary"])


def test_paper_names_the_filters(callbacks: Callbacks) -> None:
    printed = text_of(by_class(callbacks.page("/overload", "?county=431124&axle=5"), "print-only"))
    assert "统计周期：2026-11-01 至 11-22" in printed
    assert "县区：道县" in printed
    assert "轴型：5" in printed


def test_every_county_is_counted_also_without_a_place(callbacks: Callbacks) -> None:
    layout = callbacks.page("/overload")
    assert "未登记" in text_of(by_class(layout, "county-list"))


# --- the states of a page ----------------------------------------------------------------------------------
@pytest.mark.parametrize("path", PATHS)
def test_without_a_snapshot_every_page_names_the_next_step(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def none() -> Any:
        raise NoSnapshot("Nothing is published yet.")

    monkeypatch.setattr(queries, "source", none)
    assert "heng nightly" in text_of(callbacks.page(path))
    download = client_of(app=callbacks.app).get("/export/overload-rows.csv", headers=HOST)
    assert download.status_code == 503


@pytest.mark.parametrize("path", [path for path in PATHS if path not in BY_THEIR_NAMES])
def test_a_snapshot_without_a_day_says_so(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(queries, "known", lambda db: None)
    monkeypatch.setattr(queries, "last_day", lambda db: None)
    assert "没有任何一天的数据" in text_of(callbacks.page(path))


def test_an_error_shows_its_incident_number_and_logs_it(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(queries, "source", broken)
    words = text_of(callbacks.page("/overload"))
    number = re.search(r"编号 ([0-9a-f]{8})", words)
    assert number
    assert number[1] in caplog.text
    assert "disk on fire" not in words


def test_a_slow_query_asks_for_a_shorter_period(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow() -> Any:
        raise TooSlow("stopped")

    monkeypatch.setattr(queries, "source", slow)
    assert "缩短时间段" in text_of(callbacks.page("/overload"))


# --- requests no control makes -------------------------------------------------------------------------------
GOOD = {
    "overload-period.value": "month", "overload-dates.value": ["2026-11-01", "2026-11-22"],
    "overload-compare.value": "prior", "overload-county.value": "all", "overload-site.value": "all",
    "overload-axle.value": "all", "overload-value.value": "rate", "overload-view.data": VIEW,
}  # fmt: skip


def test_a_filter_answers_with_numbers_and_the_address(callbacks: Callbacks) -> None:
    answer = callbacks.post(
        "overload-head.children", {**GOOD, "overload-county.value": "431124"}, "overload-county.value"
    )
    response = answer.json["response"]
    assert response["overload-query"]["data"]["query"] == "?county=431124"
    assert {option["value"] for option in response["overload-site"]["data"]} == {"all", "YZ17", "YZ18", "YZ19", "YZ20"}
    assert response["overload-live"]["children"].startswith("筛选后")


def test_touching_the_dates_makes_the_period_custom(callbacks: Callbacks) -> None:
    values = {**GOOD, "overload-dates.value": ["2026-11-05", "2026-11-12"]}
    response = callbacks.post("overload-head.children", values, "overload-dates.value").json["response"]
    assert response["overload-period"]["value"] == "custom"
    assert response["overload-query"]["data"]["query"] == "?period=custom&from=2026-11-05&to=2026-11-12"


def test_half_a_range_changes_nothing(callbacks: Callbacks) -> None:
    values = {**GOOD, "overload-dates.value": ["2026-11-05", None]}
    assert callbacks.post("overload-head.children", values, "overload-dates.value").status_code == 204


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("overload-period.value", "decade"),
        ("overload-period.value", ["month"]),
        ("overload-compare.value", {"x": 1}),
        ("overload-county.value", "431124' or '1'='1"),
        ("overload-county.value", 431124),
        ("overload-site.value", "YZ999"),
        ("overload-axle.value", "12"),
        ("overload-value.value", "money"),
        ("overload-view.data", {"lang": "fr", "theme": "light"}),
        ("overload-view.data", None),
    ],
)
def test_a_hostile_filter_is_a_bad_request(callbacks: Callbacks, name: str, value: Any) -> None:
    assert callbacks.post("overload-head.children", {**GOOD, name: value}, name).status_code == 400


@pytest.mark.parametrize("dates", ["2026-11-01", ["2026-11-01"], ["x", "y"], [1, 2], ["2026-11-22", "2026-11-01"], {}])
def test_a_hostile_range_is_a_bad_request(callbacks: Callbacks, dates: Any) -> None:
    values = {**GOOD, "overload-period.value": "custom", "overload-dates.value": dates}
    assert callbacks.post("overload-head.children", values, "overload-dates.value").status_code == 400


def rows_of(callbacks: Callbacks, request: Any, chosen: Any = CHOICE) -> Any:
    values = {"rows-grid.getRowsRequest": request, "rows-selection.data": chosen, "rows-view.data": VIEW}
    return callbacks.post("rows-grid.getRowsResponse", values, "rows-grid.getRowsRequest")


def test_the_grid_gets_a_page_of_rows_in_the_order_asked_for(callbacks: Callbacks) -> None:
    request = {"startRow": 0, "endRow": 100, "sortModel": [{"colId": "excess", "sort": "desc"}], "filterModel": {}}
    answer = rows_of(callbacks, request).json["response"]["rows-grid"]["getRowsResponse"]
    shares = [float(row["excess"].rstrip("%")) for row in answer["rowData"]]
    assert len(shares) == 100
    assert shares == sorted(shares, reverse=True)
    assert answer["rowCount"] > 600


def test_pages_of_the_grid_neither_repeat_nor_skip(callbacks: Callbacks) -> None:
    seen: list[str] = []
    total = None
    while total is None or len(seen) < total:
        request = {"startRow": len(seen), "endRow": len(seen) + 200, "sortModel": [{"colId": "axles", "sort": "asc"}]}
        answer = rows_of(callbacks, request).json["response"]["rows-grid"]["getRowsResponse"]
        seen += [row["record"] for row in answer["rowData"]]
        total = answer["rowCount"]
    assert len(seen) == len(set(seen)) == total


@pytest.mark.parametrize(
    "request_",
    [
        "all of it",
        {"startRow": 0, "endRow": 100_000},
        {"startRow": -1, "endRow": 10},
        {"startRow": 10, "endRow": 5},
        {"startRow": True, "endRow": 10},
        {"startRow": 0, "endRow": 10, "sortModel": [{"colId": "plate", "sort": "asc"}]},
        {"startRow": 0, "endRow": 10, "sortModel": [{"colId": "time; drop table x", "sort": "asc"}]},
        {"startRow": 0, "endRow": 10, "sortModel": [{"colId": "time", "sort": "asc, plate_no"}]},
        {"startRow": 0, "endRow": 10, "sortModel": {"colId": "time"}},
        {"startRow": 0, "endRow": 10, "filterModel": {"plate": "湘M"}},
    ],
)
def test_a_hostile_grid_request_is_a_bad_request(callbacks: Callbacks, request_: Any) -> None:
    assert rows_of(callbacks, request_).status_code == 400


@pytest.mark.parametrize(
    "chosen", [None, {}, {**CHOICE, "extra": "1"}, {**CHOICE, "county": "x"}, {**CHOICE, "to": "2099-01-01"}]
)
def test_a_hostile_selection_is_a_bad_request(callbacks: Callbacks, chosen: Any) -> None:
    assert rows_of(callbacks, {"startRow": 0, "endRow": 10}, chosen).status_code == 400


def evidence_of(callbacks: Callbacks, rows: Any) -> Any:
    values = {"rows-grid.selectedRows": rows, "rows-selection.data": CHOICE, "rows-view.data": VIEW}
    return callbacks.post("rows-drawer.children", values, "rows-grid.selectedRows")


def test_the_evidence_names_file_line_and_rule(callbacks: Callbacks, db: fixture.Fixture) -> None:
    record = db.read(
        "select * from core.passage where verdict = 'over' and rule_id = 'M6C' order by record_id limit 1"
    ).iloc[0]
    answer = evidence_of(callbacks, [{"record": record["record_id"]}]).json["response"]
    words = text_of(answer["rows-drawer"]["children"])
    gross = fmt.kilograms(record["gross_vehicle_weight_kg"])
    for expected in (record["delivery_id"], f"第 {record['source_line']:,} 行", "M6C", "第三条", gross):
        assert expected in words
    assert len(by_class(answer, "track")) == len(record["axle_loads_kg"])
    assert answer["rows-record"]["data"] == record["record_id"]


def test_the_evidence_names_what_adjusted_the_limit(callbacks: Callbacks, db: fixture.Fixture) -> None:
    adjusted = db.read(
        "select record_id from core.passage where limit_modifiers is not null and verdict = 'over' limit 1"
    )
    answer = evidence_of(callbacks, [{"record": adjusted.iloc[0, 0]}]).json["response"]
    assert "已调整：单胎轴核减（第三条第二款）" in text_of(answer["rows-drawer"]["children"])


def drawer_words(callbacks: Callbacks, db: fixture.Fixture, where: str) -> str:
    record = db.read(f"select record_id from mart.finding where {where} order by record_id limit 1").iloc[0, 0]
    return text_of(evidence_of(callbacks, [{"record": record}]).json["response"]["rows-drawer"]["children"])


def test_a_finding_tells_its_permit_allowance_and_trip_beside_the_excess(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    words = drawer_words(callbacks, db, "permit_state = 'covered' and allowance_kg is not null")
    for expected in ("覆盖", "P-2", "不属违法超限", "持证通行", "计量允许误差", "准确度等级 5", "JJG 907"):
        assert expected in words
    assert "未送达、因此未知的证据条件" in words
    assert "没有送达图像和视频，是否齐全清晰未知" in words
    words = drawer_words(callbacks, db, "permit_state = 'exceeds_mass' and plate_no is not null")
    assert "质量超出许可" in words
    assert "本趟的首次超限" in words
    assert "24 小时" in words
    assert "不属违法超限" not in words
    words = drawer_words(callbacks, db, "plate_no is null")
    assert "未查询：车牌或颜色未识别" in words
    assert "未查询：车牌未识别，单独计一趟" in words
    assert "当日没有该车的通行证" not in words
    words = drawer_words(callbacks, db, "permit_state is null and accuracy_class is null and plate_no is not null")
    assert "当日没有该车的通行证" in words
    assert "没有可用的准确度等级，未计算" in words
    assert "V-NOCLASS" in words, "what weakens the finding stands among its flags"


def test_a_passage_nothing_is_known_against_is_not_called_complete(callbacks: Callbacks, db: fixture.Fixture) -> None:
    words = drawer_words(callbacks, db, "evidence_ok and unknown_conditions <> ''")
    assert "未送达、因此未知的证据条件" in words
    assert "未见不作证据的原因" in words
    assert "证据 齐全" not in " ".join(words.split())


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("DEDUCT", "认定按实测；计次按扣除后"), ("THRESHOLD", "认定按原限值；计次按加后的限值"),
        ("NONE", "认定和计次均按实测"),
    ],
)  # fmt: skip
def test_the_drawer_says_what_the_allowance_counts_for_by_the_mode_in_force(
    callbacks: Callbacks, db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch, mode: str, told: str
) -> None:
    if mode != "DEDUCT":  # the one of the seed
        monkeypatch.setattr(queries, "allowance_mode", lambda *_: mode)
    words = drawer_words(callbacks, db, "allowance_kg is not null")
    assert told in words
    assert "认定仍按实测" not in words


def test_the_axle_sum_and_the_police_s_measure_stand_apart_from_the_limit(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    words = drawer_words(callbacks, db, "axle_sum_kg is not null")
    assert "轴荷限值之和" in words
    assert "不据以认定超限" in words
    words = drawer_words(callbacks, db, "over_load_kg > 0")
    assert "超载（公安口径）" in words
    assert "与超限分开" in words


def test_an_expired_certificate_and_an_unverified_rule_are_marked(callbacks: Callbacks, db: fixture.Fixture) -> None:
    expired = db.read("select record_id from core.passage where flags like 'E-NOCERT%' and verdict = 'over' limit 1")
    words = text_of(evidence_of(callbacks, [{"record": expired.iloc[0, 0]}]).json["response"])
    words += text_of(
        evidence_of(callbacks, [{"record": expired.iloc[0, 0]}]).json["response"]["rows-drawer"]["children"]
    )
    assert "过车时不在有效期内" in words
    assert "有不作证据的原因" in words
    assert "未核实" in text_of(callbacks.page("/definitions"))


@pytest.mark.parametrize("rows", [[{}], [{"record": "x' or 1=1"}], ["a"], {"record": 1}, [{"record": "0" * 20}], 5])
def test_a_hostile_record_is_a_bad_request(callbacks: Callbacks, rows: Any) -> None:
    assert evidence_of(callbacks, rows).status_code == 400


def search_of(callbacks: Callbacks, words: Any) -> Any:
    values = {"definitions-search.value": words, "definitions-view.data": VIEW}
    return callbacks.post("definitions-found.children", values, "definitions-search.value")


def test_the_search_leaves_what_it_finds(callbacks: Callbacks) -> None:
    found = text_of(search_of(callbacks, "轴荷").json["response"]["definitions-found"]["children"])
    assert "axle_loads_kg" in found
    assert "certificate_no" not in found
    assert "没有找到" in text_of(search_of(callbacks, "zzzz").json["response"]["definitions-found"]["children"])


def test_the_definitions_hold_every_feed_with_both_names_and_every_column(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    layout = callbacks.page("/definitions")
    folds = [c["props"].get("open") for c in components(layout) if c["type"] == "Details"]
    assert not any(folds)
    codes = [text_of(c) for c in components(layout) if c["type"] == "Code"]
    words = text_of(layout)
    for row in db.read("select feed, title_zh, title_en from meta.feed").itertuples():
        assert row.feed in codes
        assert row.title_zh in words
        assert row.title_en in words
    assert set(dictionary()) <= set(codes)


def test_what_a_search_finds_is_open(callbacks: Callbacks) -> None:
    found = search_of(callbacks, "hazards").json["response"]["definitions-found"]["children"]
    folds = [c for c in components(found) if c["type"] == "Details"]
    assert "隐患清单" in text_of(folds)
    assert all(fold["props"]["open"] for fold in folds)


@pytest.mark.parametrize("words", [["a"], 5, "x" * 61])
def test_a_hostile_search_is_a_bad_request(callbacks: Callbacks, words: Any) -> None:
    assert search_of(callbacks, words).status_code == 400


# --- plates and ids ------------------------------------------------------------------------------------------
def test_no_answer_holds_a_whole_plate(client: Client, callbacks: Callbacks, db: fixture.Fixture) -> None:
    plates = set(db.read("select distinct plate_no from core.passage where plate_no is not null")["plate_no"])
    whole = re.compile(r"湘M[A-Z0-9]{5}")
    bodies = [json.dumps(callbacks.page(path), ensure_ascii=False) for path in PATHS]
    bodies.append(
        rows_of(callbacks, {"startRow": 0, "endRow": 200}).get_data(as_text=True).encode().decode("unicode_escape")
    )
    bodies.append(client.get("/export/overload-rows.csv", headers=HOST).get_data(as_text=True))
    bodies += [
        client.get(f"/export/terminal-rows.csv?show={show}&fate=all", headers=HOST).get_data(as_text=True)
        for show in SHOWS
    ]
    assert plates
    assert any("湘M·***" in body for body in bodies)
    assert not plates & set(plates_of_china.EXAMPLES.values())
    assert {found for body in bodies for found in whole.findall(body)} <= set(plates_of_china.EXAMPLES.values())


def test_no_query_selects_a_bare_plate() -> None:
    statements = [
        value for name, value in vars(queries).items() if isinstance(value, str) and "select" in value.lower()
    ]
    assert statements
    for statement in statements:
        assert "plate_no" not in statement.replace(queries.PLATE, ""), statement


def test_every_component_that_a_callback_uses_belongs_to_a_page(app: Dash, callbacks: Callbacks) -> None:
    pages = {key for key, *_ in shell.PAGES} | {"shell"}
    names: set[str] = set()
    for key, entry in app.callback_map.items():
        names |= {name.rsplit(".", 1)[0] for name in key.strip(".").split("...")}
        names |= {str(given["id"]) for given in (*entry["inputs"], *entry["state"])}
    ours = {name for name in names if not name.startswith("_pages_")}
    pattern = {name for name in ours if name.startswith("{")}
    assert pattern == {'{"code":["ALL"],"type":"overload-pick"}'}
    assert {name.split("-")[0].split("@")[0] for name in ours - pattern} <= pages


def test_ids_on_a_page_are_unique_and_named_after_it(callbacks: Callbacks) -> None:
    for key, path, *_ in shell.PAGES:
        ids = [c["props"]["id"] for c in components(callbacks.page(path)) if isinstance(c["props"].get("id"), str)]
        assert len(ids) == len(set(ids)), path
        assert {i.split("-")[0] for i in ids} <= {key, "shell", "main"}


@pytest.mark.parametrize(("path", "chart"), [("/overload", "overload-map"), ("/", "overview-map")])
def test_a_configured_map_takes_the_place_of_the_tiles(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str, chart: str
) -> None:
    tiles = callbacks.page(path)
    monkeypatch.setenv("HENG_GEOMETRY", str(made_outlines.write(tmp_path / "c.geojson")))
    drawn = callbacks.page(path)
    before, after = (by_id(layout, chart)["props"]["figure"]["data"] for layout in (tiles, drawn))
    shapes, squares = ([trace for trace in figure if trace.get("fill")] for figure in (after, before))
    assert [shape["fillcolor"] for shape in shapes] == [square["fillcolor"] for square in squares]
    assert len(shapes) == len(fixture.COUNTIES)
    assert {len(square["x"]) for square in squares} == {5}
    assert min(len(shape["x"]) for shape in shapes) > 40
    assert "方格示意位置" in text_of(tiles)
    assert "审图号：示例S(2026)000号" in text_of(drawn)
    assert "方格示意位置" not in text_of(drawn)


@pytest.mark.parametrize("path", ["/overload", "/"])
def test_a_map_that_cannot_be_used_leaves_the_tiles_and_says_so(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    told = made_outlines.collection()
    told["features"].pop(0)
    monkeypatch.setenv("HENG_GEOMETRY", str(made_outlines.write(tmp_path / "c.geojson", told)))
    layout = callbacks.page(path)
    assert "heng counties check" in text_of(layout)
    figure = by_id(layout, "overload-map" if path == "/overload" else "overview-map")["props"]["figure"]
    assert {len(trace["x"]) for trace in figure["data"] if trace.get("fill")} == {5}
    assert "431122 (东安县) is missing" in caplog.text


def test_the_demo_badge_follows_the_marker_of_the_instance(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    assert "演示数据" not in text_of(callbacks.page("/overload"))
    monkeypatch.setenv("HENG_HOME", str(tmp_path))
    (tmp_path / "demo.json").write_text("{}", encoding="utf-8")
    assert "演示数据" in text_of(callbacks.page("/overload"))
