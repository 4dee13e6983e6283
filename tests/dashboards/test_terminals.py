"""The pages about terminals: figures equal an independent count, rows add up to them, silence is no missing capture."""

import hashlib
import json
import re
from datetime import date, timedelta
from typing import Any

import fixture
import pandas as pd
import plotly.graph_objects as go
import pytest
import vehicle_fixture
from driving import HOST, Callbacks, by_class, by_id, components, text_of
from werkzeug.test import Client

from dashboards import charts, queries, terminal_facts, terminal_queries
from dashboards import format as fmt
from dashboards.pages import terminal_rows
from dashboards.terminal_facts import Choice, Facts, choice_from_url
from dashboards.terminal_queries import Place
from dashboards.text import Text
from etl import hazards
from etl import kpi as kpi_command
from warehouse import kpi, league
from warehouse.cross_checks import CHECKS
from warehouse.plate import masked

ZH = Text("zh")
NAMED = re.compile("[a-z]+_[a-z_]+")
"""A threshold by its name, for which pages show its value."""
VIEW = {"lang": "zh", "theme": "light"}
FIRST, LAST = date(2026, 11, 1), fixture.LAST_DAY
SPAN = (FIRST, LAST)
DAOXIAN = "431124"
ENTERPRISE = vehicle_fixture.uscc(2)
PLACES = {
    "city": ("", Place()),
    "county": (f"&county={DAOXIAN}", Place(county=DAOXIAN)),
    "enterprise": (f"&enterprise={terminal_facts.token(ENTERPRISE)}", Place(uscc=ENTERPRISE)),
}


def facts_of(db: fixture.Fixture, **query: str) -> Facts:
    known = queries.known(db)
    assert known is not None
    choice, bad = choice_from_url(query, known, db)
    assert bad == []
    return Facts(db, choice, known)


# --- numbers -------------------------------------------------------------------------------------------------
def plain_kpis(db: fixture.Fixture) -> dict[str, tuple[int, int]]:
    """Five of the KPIs by loops over the days of vehicles."""
    days = db.read("select * from mart.vehicle_day where is_registered order by event_date").to_dict("records")
    networked, online, vehicles = set(), set(), set()
    sums = dict.fromkeys(("complete_m", "total_m", "valid_point_count", "received_point_count"), 0)
    for row in days:
        vehicle, day = (row["plate_no"], row["plate_color_code"]), row["event_date"].date()
        if row["valid_point_count"] > 0 and day <= LAST:
            networked.add(vehicle)
        if row["monitored_class"] not in kpi.MONITORED or not FIRST <= day <= LAST:
            continue
        vehicles.add(vehicle)
        online |= {vehicle} if row["is_online"] else set()
        for name in sums:
            sums[name] += int(row[name])
    return {
        "network_rate": (len(networked & vehicles), len(vehicles)),
        "online_rate": (len(online), len(networked & vehicles)),
        "track_completeness": (sums["complete_m"], sums["total_m"]),
        "data_validity": (sums["valid_point_count"], sums["received_point_count"]),
    }


def test_the_cards_show_what_loops_over_the_days_count(callbacks: Callbacks, db: fixture.Fixture) -> None:
    told = plain_kpis(db)
    shown = {
        text_of(card).split()[0]: text_of(by_class(card, "kpi-value"))
        for card in by_class(callbacks.page("/terminals"), "kpi")
    }
    for name, (above, below) in told.items():
        assert shown[kpi.KPIS[name].zh] == f"{fmt.indicator(above / below).rstrip('%')} %"
    due = db.read(
        "select count(*) as due, count(*) filter (handled_at <= due_at) as in_time from mart.alarm_handling"
        " where cast(due_at as date) between '2026-11-01' and '2026-11-22' and monitored_class <> 'bus'"
        " and due_at <= (select max(told_until) from mart.alarm_handling)"
    ).iloc[0]
    label = kpi.KPIS["alarm_disposal_in_time"].zh
    assert shown[label] == f"{fmt.indicator(due['in_time'] / due['due']).rstrip('%')} %"


def test_the_lead_says_the_numbers_of_the_cards_and_lists(callbacks: Callbacks, db: fixture.Fixture) -> None:
    words = re.sub(r"\s+", " ", text_of(by_class(callbacks.page("/terminals"), "lead")))
    facts = facts_of(db)
    told = plain_kpis(db)
    assert f"在用两客一危 {told['network_rate'][1]} 辆" in words
    assert fmt.indicator(told["online_rate"][0] / told["online_rate"][1]) in words
    assert f"需联系 {len(facts.calls)} 辆" in words
    assert f"{int(facts.funnel['open_count'])} 条仍未处理" in words


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", terminal_facts.VEHICLE_KPIS)
def test_vehicles_add_up_to_the_kpi_of_their_place(db: fixture.Fixture, name: str, place: str) -> None:
    """Also where a vehicle changed its owner and county in the period."""
    _, where = PLACES[place]
    rows = terminal_queries.vehicles(db, name, SPAN, where)
    page = terminal_facts.kpis_of(db, SPAN, where)[name]
    assert (int(rows["numerator"].sum()), int(rows["denominator"].sum())) == (page["numerator"], page["denominator"])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "show", ["vehicles&kpi=track_completeness", "vehicles&kpi=fatigue_hours", "alarms&fate=due", "alarms&fate=in_time"]
)
def test_rows_say_that_they_match_the_page(callbacks: Callbacks, show: str, place: str) -> None:
    query, _ = PLACES[place]
    words = text_of(by_class(callbacks.page("/terminals/rows", f"?show={show}{query}"), "reconcile"))
    assert "与终端监测页一致" in words


def test_a_difference_between_rows_and_page_is_told() -> None:
    assert "终端监测页为 250 ÷ 258，明细为 249 ÷ 258" in text_of(
        json.loads(
            json.dumps(
                terminal_rows._match((249, 258), (250, 258), ZH).to_plotly_json(), default=lambda c: c.to_plotly_json()
            )
        )
    )


def test_every_alarm_has_one_fate(db: fixture.Fixture) -> None:
    counts = facts_of(db).funnel
    parts = ("in_time", "late", "open", "not_due")
    assert sum(int(counts[f"{fate}_count"]) for fate in parts) == int(counts["all_count"])
    assert int(counts["due_count"]) == sum(int(counts[f"{fate}_count"]) for fate in parts[:3])
    for fate in terminal_queries.FATES:
        listed = terminal_queries.all_alarms(db, SPAN, Place(), fate)
        assert len(listed) == int(counts[f"{fate}_count"])
        if fate in parts:
            assert {terminal_rows.fate_of(row) for row in listed.itertuples()} <= {fate}
    of_enterprises = facts_of(db).handling
    assert int(of_enterprises["open_count"].sum()) == int(counts["open_count"])


def test_the_funnel_of_a_county_is_that_of_its_alarms(db: fixture.Fixture) -> None:
    mine = db.read(
        "select count(*) as n from mart.alarm_handling where county_code = $county and monitored_class <> 'bus'"
        " and event_date between '2026-11-01' and '2026-11-22'",
        {"county": DAOXIAN},
    ).iloc[0]["n"]
    assert int(facts_of(db, county=DAOXIAN).funnel["all_count"]) == int(mine) > 0


def notes_of(callbacks: Callbacks) -> str:
    return re.sub(r"\s+", " ", text_of(by_class(callbacks.page("/terminals"), "note")))


# --- silence -----------------------------------------------------------------------------------------------------
def test_a_vehicle_is_silent_for_the_days_that_have_captures(db: fixture.Fixture) -> None:
    """The two days without any capture count for nobody."""
    found = terminal_queries.calls(db, LAST, Place())
    silent = found[found["silent_day_count"] >= 2]
    expected = {f"湘M·***{vehicle_fixture.plate(n)[-2:]}": days for n, days in vehicle_fixture.SILENT.items()}
    lasting = {
        row.plate_masked: row.silent_day_count for row in silent.itertuples() if not fmt.missing(row.last_online_date)
    }
    assert lasting == expected
    never = silent[silent["last_online_date"].isna()]
    assert len(never) == len(vehicle_fixture.NEVER)
    assert set(never["silent_day_count"]) == {58}


def test_calls_are_those_that_a_loop_finds(db: fixture.Fixture) -> None:
    """Silent for two days, a finding of the last seven, or an alarm of the first level open past its time."""
    days = db.read(
        "select * from mart.vehicle_day where is_registered and monitored_class <> 'bus' order by event_date"
    )
    wanted = set()
    for plate, of_vehicle in days.groupby("plate_no"):
        back = 0
        for online in reversed(list(of_vehicle["is_online"])):
            if online:
                break
            back += 1
        if back >= 2:
            wanted.add(plate)
    findings = db.read("select plate_no, event_date from mart.terminal_finding")
    wanted |= set(findings.loc[findings["event_date"].dt.date > LAST - timedelta(days=7), "plate_no"])
    alarms = db.read("select * from mart.alarm_handling where monitored_class <> 'bus'")
    told = alarms["told_until"].max()
    is_open = alarms["handled_at"].isna() & (alarms["alarm_level"] == 1) & (alarms["due_at"] <= told)
    recent = alarms["event_date"].dt.date > LAST - timedelta(days=30)
    wanted |= set(alarms.loc[is_open & recent, "plate_no"])
    found = terminal_queries.calls(db, LAST, Place())
    assert len(found) == len(wanted) == int(terminal_queries.call_counts(db, LAST, Place())["call_count"])
    assert sorted(found["plate_masked"]) == sorted(f"湘M·***{plate[-2:]}" for plate in wanted)


def test_open_first_level_alarms_come_first_then_strong_findings_then_silence(db: fixture.Fixture) -> None:
    found = terminal_queries.calls(db, LAST, Place())
    grades = [
        0 if row.open_alarm_count else 1 if row.strong_count else 2 if row.silent_day_count >= 2 else 3
        for row in found.itertuples()
    ]
    assert grades == sorted(grades)
    assert set(grades) == {0, 1, 2, 3}


def test_every_reason_stands_beside_its_innocent_explanation(callbacks: Callbacks) -> None:
    table = by_id(callbacks.page("/terminals"), "terminals-calls-table")
    rows = [c for c in components(table) if c["type"] == "Tr"][1:]
    assert rows
    assert [text_of(row) for row in rows if "也可能" not in text_of(row)] == []


def test_a_day_without_captures_is_a_gap_with_a_band_and_not_zero(db: fixture.Fixture) -> None:
    days = facts_of(db).days
    missing = [row.day for row in days.itertuples() if not row.known]
    assert missing == list(vehicle_fixture.NO_CAPTURES)
    assert facts_of(db).gaps == [vehicle_fixture.NO_CAPTURES]
    names = {name: name for name in ("online_rate", "track_completeness")}
    figure, floor = charts.shares(days, tuple(names), names, [(*vehicle_fixture.NO_CAPTURES, "2 d")], ZH, "light")
    assert len(go.Figure(figure).data) == 2
    assert [figure["data"][0]["y"][at] for at in (7, 8)] == [None, None]
    assert figure["layout"]["shapes"][0]["type"] == "rect"
    lowest = min(v for trace in figure["data"] for v in trace["y"] if v is not None)
    assert 0 < floor < lowest
    assert figure["layout"]["shapes"][-1]["type"] == "path", "an axis that does not begin at zero is drawn broken"


def test_an_axis_of_shares_that_vary_begins_at_zero() -> None:
    days = pd.DataFrame(
        {
            "day": [FIRST],
            "a": [0.3],
            "a_numerator": [3],
            "a_denominator": [10],
            "b": [None],
            "b_numerator": [None],
            "b_denominator": [None],
        }
    )
    figure, floor = charts.shares(days, ("a", "b"), {"a": "a", "b": "b"}, [], ZH, "dark")
    assert floor == 0
    assert figure["layout"]["shapes"] == []
    assert len(go.Figure(figure).data) == 2


def test_days_without_captures_are_told_and_those_alone_are_no_silence(callbacks: Callbacks) -> None:
    assert "22 天中有 2 天没有终端报文" in notes_of(callbacks)
    alone = text_of(callbacks.page("/terminals", "?from=2026-11-08&to=2026-11-09"))
    assert "没有终端报文，算不出上线率" in alone
    assert "不等于车辆离线" in alone


@pytest.mark.parametrize(
    ("search", "wider"),
    [
        ("?from=2024-01-01&to=2024-01-31", "改看最近一个月"),
        ("?from=2024-01-01&to=2024-01-31&county=431128", "改看全部县区"),
    ],
)
def test_an_empty_page_names_the_filter_that_made_it_empty(callbacks: Callbacks, search: str, wider: str) -> None:
    layout = callbacks.page("/terminals", search)
    assert wider in text_of(by_class(layout, "blank"))
    assert "没有报文不等于车辆离线" in text_of(by_class(layout, "blank"))
    assert by_class(layout, "kpi") == []


def test_alarms_that_end_before_the_period_are_told(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    told = pd.Series({"told_until": pd.Timestamp("2026-11-10 12:00"), "last_day": pd.Timestamp("2026-11-10")})
    monkeypatch.setattr(terminal_queries, "told_until", lambda db: told)
    assert "报警处置数据只到 2026-11-10" in notes_of(callbacks)
    never = pd.Series({"told_until": pd.NaT, "last_day": pd.NaT})
    monkeypatch.setattr(terminal_queries, "told_until", lambda db: never)
    assert "还没有收到过报警处置数据" in notes_of(callbacks)


# --- the league ----------------------------------------------------------------------------------------------------
def league_rows(layout: Any) -> list[list[str]]:
    table = by_id(layout, "terminals-league-table")
    rows = [c for c in components(table) if c["type"] == "Tr"][1:]
    return [[text_of(cell).strip() for cell in row["props"]["children"]] for row in rows]


def test_the_league_ranks_counties_by_the_points_they_reach(callbacks: Callbacks, db: fixture.Fixture) -> None:
    rows = league_rows(callbacks.page("/terminals"))
    assert len(rows) == len(fixture.COUNTIES)
    frame = kpi.kpis(db, FIRST, LAST, "county")
    points = {}
    for code, of_county in frame.groupby("county_code"):
        values = dict(zip(of_county["kpi"], of_county["value"], strict=True))
        reached = 15 * values["online_rate"] + (
            30 * values["track_completeness"] if values["track_completeness"] >= 0.7 else 0
        )
        points[code] = reached
    names = {zh: code for code, zh, *_ in fixture.COUNTIES}
    shown = [(row[0], next(code for zh, code in names.items() if zh in row[1]), row[3]) for row in rows]
    ranked = [(place, code, score) for place, code, score in shown if place != fmt.NONE]
    expected = sorted((code for _, code, _ in ranked), key=lambda code: -points[code])
    assert [code for _, code, _ in ranked] == expected
    assert [score.split()[0] for *_, score in ranked] == [f"{points[code]:.2f}" for code in expected]
    assert {score.split("/")[1].strip() for *_, score in ranked} == {"45"}
    assert [code for place, code, _ in shown if place == fmt.NONE] == ["431128"]


def test_a_county_with_few_vehicles_is_not_ranked_and_says_so(callbacks: Callbacks) -> None:
    last = league_rows(callbacks.page("/terminals"))[-1]
    assert last[0] == fmt.NONE
    assert "车辆少" in last[1]


def test_a_weighed_kpi_without_a_source_is_named_and_not_scored(callbacks: Callbacks) -> None:
    box = text_of(by_id(callbacks.page("/terminals"), "terminals-league"))
    assert "能得 45 分，满分 60 分" in box
    assert "这一级没有数据来源、未计分：平台连通率" in box


@pytest.mark.parametrize(("level", "of"), [("county", ""), ("enterprise", "?of=enterprise")])
def test_the_league_leads_to_places_with_intervals(callbacks: Callbacks, level: str, of: str) -> None:
    box = by_id(callbacks.page("/terminals", f"?lang=zh&level={level}"), "terminals-league")
    assert "未区分偶然差异" in text_of(box)
    assert f"/ranking{of}" in [one["props"].get("href") for one in components(box)]


def test_both_ends_of_the_league_are_marked(callbacks: Callbacks) -> None:
    rows = league_rows(callbacks.page("/terminals"))
    assert [row[0] for row in rows if "前三" in row[1]] == ["1", "2", "3"]
    assert sum("后三" in row[1] for row in rows) == 3


def test_equal_values_share_a_place_and_the_next_is_as_far_down_as_counted() -> None:
    values = {"a": 0.9, "b": 0.8, "c": 0.9, "d": None, "e": 0.7}
    assert league.ranks(values, "up") == {"a": 1, "c": 1, "b": 3, "e": 4}
    assert league.ranks(values, "down") == {"e": 1, "b": 2, "a": 3, "c": 3}


def test_an_end_of_a_league_is_three_places_deep_and_none_where_both_are_the_same() -> None:
    places = dict(zip("abcdefg", (1, 2, 2, 4, 5, 6, 6), strict=True))
    assert league.ends(places) == {"a": "top", "b": "top", "c": "top", "e": "bottom", "f": "bottom", "g": "bottom"}
    assert league.ends(dict(zip("abcde", range(1, 6), strict=True))) == {}


def test_a_unit_without_a_value_that_others_have_is_not_compared(db: fixture.Fixture) -> None:
    values = {
        "a": {"online_rate": 1.0, "track_completeness": 0.69},
        "b": {"online_rate": 0.5, "track_completeness": None},
    }
    found = league.scores(db, LAST, values, "huangshi")
    assert (found["a"].reached, found["a"].possible, found["a"].total) == (15.0, 45.0, 60.0)
    assert found["b"].reached is None


@pytest.mark.parametrize("name", ["online_rate", "overspeed_per_vehicle", "alarm_disposal_in_time"])
def test_the_league_by_one_kpi_follows_its_good_direction(callbacks: Callbacks, db: fixture.Fixture, name: str) -> None:
    part = "smart" if name in terminal_facts.SMART else "network"
    rows = league_rows(callbacks.page("/terminals", f"?rank={name}&part={part}"))
    values = dict(
        kpi.kpis(db, FIRST, LAST, "county")
        .query("kpi == @name")[["county_code", "value"]]
        .itertuples(index=False, name=None)
    )
    codes = [next(code for code, zh, *_ in fixture.COUNTIES if zh in row[1]) for row in rows if row[0] != fmt.NONE]
    told = [values[code] for code in codes]
    assert told == sorted(told, reverse=kpi.KPIS[name].good == "up")


def test_enterprises_of_a_county_are_those_registered_in_it(callbacks: Callbacks) -> None:
    rows = league_rows(callbacks.page("/terminals", f"?level=enterprise&county={DAOXIAN}"))
    at = [code for code, *_ in fixture.COUNTIES].index(DAOXIAN)
    expected = {vehicle_fixture.enterprise_name(n) for n in range(vehicle_fixture.ENTERPRISES) if n % 11 == at}
    assert {re.search(r"示例运输\d+公司", row[1])[0] for row in rows} == expected  # type: ignore[index]


# --- addresses, masks and what stands behind a row -------------------------------------------------------------------
PAGES = [
    "/terminals", "/terminals?level=enterprise&part=smart", "/terminals/rows", "/terminals/rows?show=vehicles",
    "/terminals/rows?show=findings", "/terminals/rows?show=alarms&fate=all",
    f"/terminals/rows?show=alarms&enterprise={terminal_facts.token(ENTERPRISE)}",
]  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
def test_no_address_holds_a_plate_or_a_code(callbacks: Callbacks, address: str) -> None:
    path, _, search = address.partition("?")
    layout = callbacks.page(path, f"?{search}")
    links = [str(c["props"]["href"]) for c in components(layout) if c["props"].get("href")]
    assert any("/terminals" in link for link in links)
    assert [link for link in links if re.search(r"湘|%E6%B9%98|9143|1390000", link)] == []


def test_no_read_lets_a_plate_out_but_masked(db: fixture.Fixture) -> None:
    place = Place()
    frames = [
        terminal_queries.calls(db, LAST, place),
        terminal_queries.vehicles(db, "online_rate", SPAN, place),
        terminal_queries.all_findings(db, SPAN, place, None),
        terminal_queries.all_alarms(db, SPAN, place, "all"),
        terminal_queries.handling_by_enterprise(db, SPAN, place),
    ]
    for frame in frames:
        assert len(frame)
        assert [column for column in frame.columns if column.endswith(("plate_no", "color_code", "phone"))] == []
        assert not re.search(r"湘M[A-Z0-9]{5}", frame.to_csv())


def test_no_order_tells_which_of_two_masked_plates_comes_first(db: fixture.Fixture) -> None:
    """What is equal in all that a list is ordered by stands as a digest has it."""
    by_plate = league.of_vehicles(db, kpi.KPIS["online_rate"], *SPAN)["plate_no"].map(masked)
    shown = list(terminal_queries.vehicles(db, "online_rate", SPAN, Place())["plate_masked"])
    assert sorted(shown) == sorted(by_plate)
    assert shown not in (list(by_plate), list(by_plate)[::-1])
    for order in (terminal_queries._CALL_ORDER, terminal_queries._FINDING_ORDER):
        assert "plate" not in re.sub(r"sha256\([^)]*\)", "", order)


def choice_data(db: fixture.Fixture, **changes: str) -> dict[str, str]:
    known = queries.known(db)
    assert known is not None
    return terminal_rows.chosen_data(choice_from_url(changes, known, db)[0])


def rows_of(callbacks: Callbacks, request: Any, chosen: Any) -> Any:
    values = {"vehicles-grid.getRowsRequest": request, "vehicles-selection.data": chosen, "vehicles-view.data": VIEW}
    return callbacks.post("vehicles-grid.getRowsResponse", values, "vehicles-grid.getRowsRequest")


def drawer_of(callbacks: Callbacks, record: Any, chosen: Any) -> Any:
    values = {"vehicles-grid.selectedRows": record, "vehicles-selection.data": chosen, "vehicles-view.data": VIEW}
    return callbacks.post("vehicles-drawer.children", values, "vehicles-grid.selectedRows")


SORTED = [
    (show, field) for show, columns in terminal_rows.COLUMNS.items() for field, _, _, _, sortable in columns if sortable
]


@pytest.mark.parametrize(("show", "field"), SORTED)
def test_pages_of_every_list_neither_repeat_nor_skip(
    callbacks: Callbacks, db: fixture.Fixture, show: str, field: str
) -> None:
    chosen = choice_data(db, show=show, fate="all")
    seen: list[str] = []
    total = None
    while total is None or len(seen) < total:
        request = {"startRow": len(seen), "endRow": len(seen) + 150, "sortModel": [{"colId": field, "sort": "asc"}]}
        answer = rows_of(callbacks, request, chosen).json["response"]["vehicles-grid"]["getRowsResponse"]
        assert answer["rowData"]
        seen += [row["record"] for row in answer["rowData"]]
        total = answer["rowCount"]
    assert len(seen) == len(set(seen)) == total > 0


@pytest.mark.parametrize("kind", vehicle_fixture.FINDINGS)
def test_a_finding_opens_with_what_it_says_its_doubt_and_the_day(
    callbacks: Callbacks, db: fixture.Fixture, kind: str
) -> None:
    chosen = choice_data(db, show="findings", kind=kind)
    page = rows_of(callbacks, {"startRow": 0, "endRow": 10}, chosen).json["response"]["vehicles-grid"][
        "getRowsResponse"
    ]
    record = page["rowData"][0]
    answer = drawer_of(callbacks, [record], chosen).json["response"]["vehicles-drawer"]["children"]
    words = text_of(answer)
    for told in (
        CHECKS[kind].zh,
        *NAMED.split(CHECKS[kind].says_zh),
        CHECKS[kind].innocent_zh,
        CHECKS[kind].next_zh,
        "不是结论",
        record["plate"],
    ):
        assert told in words
    assert "未核实" in words  # its thresholds
    links = [c["props"]["href"] for c in components(answer) if c["props"].get("href")]
    assert any(link.startswith("/overload/rows?record=") for link in links) == kind.startswith("scale_")


def test_the_passage_of_a_finding_is_one_that_the_other_page_opens(callbacks: Callbacks, db: fixture.Fixture) -> None:
    record = db.read("select passage_record_id from mart.terminal_finding where passage_record_id is not null").iloc[
        0, 0
    ]
    drawer = by_id(callbacks.page("/overload/rows", f"?record={record}"), "rows-drawer")
    assert "open" in drawer["props"]["className"]


@pytest.mark.parametrize("show", ["calls", "vehicles"])
def test_a_vehicle_opens_with_its_days_findings_and_alarms(
    callbacks: Callbacks, db: fixture.Fixture, show: str
) -> None:
    chosen = choice_data(db, show=show)
    page = rows_of(callbacks, {"startRow": 0, "endRow": 5}, chosen).json["response"]["vehicles-grid"]["getRowsResponse"]
    record = page["rowData"][0]
    words = text_of(drawer_of(callbacks, [record], chosen).json["response"]["vehicles-drawer"]["children"])
    for told in (record["plate"], record["enterprise"], "有报文的日子", "疑点", "报警处置"):
        assert told in words


def test_an_alarm_opens_with_its_fate_and_what_the_captures_say(callbacks: Callbacks, db: fixture.Fixture) -> None:
    chosen = choice_data(db, show="alarms", fate="late")
    page = rows_of(callbacks, {"startRow": 0, "endRow": 5}, chosen).json["response"]["vehicles-grid"]["getRowsResponse"]
    words = text_of(drawer_of(callbacks, [page["rowData"][0]], chosen).json["response"]["vehicles-drawer"]["children"])
    assert "逾期处理" in words
    assert "报文" in words


def test_a_row_of_another_version_is_said_to_be_one(callbacks: Callbacks, db: fixture.Fixture) -> None:
    answer = drawer_of(callbacks, [{"record": "11-0"}], choice_data(db, show="findings")).json["response"]
    assert "数据已更新" in text_of(answer["vehicles-drawer"]["children"])


@pytest.mark.parametrize(
    "rows", [[{}], [{"record": "12-999999"}], [{"record": "x"}], ["a"], {"record": 1}, [{"record": 5}], 5]
)
@pytest.mark.parametrize("show", terminal_facts.SHOWS)
def test_a_hostile_record_is_a_bad_request(callbacks: Callbacks, db: fixture.Fixture, show: str, rows: Any) -> None:
    assert drawer_of(callbacks, rows, choice_data(db, show=show)).status_code == 400


@pytest.mark.parametrize(
    "request_",
    [
        "all", {"startRow": 0, "endRow": 100_000}, {"startRow": -1, "endRow": 10}, {"startRow": True, "endRow": 10},
        {"startRow": 0, "endRow": 10, "sortModel": [{"colId": "plate", "sort": "asc"}]},
        {"startRow": 0, "endRow": 10, "sortModel": [{"colId": "last", "sort": "asc, plate_no"}]},
        {"startRow": 0, "endRow": 10, "sortModel": [{"colId": ["began"], "sort": "asc"}]},
        {"startRow": 0, "endRow": 10, "filterModel": {"plate": "湘M"}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("show", terminal_facts.SHOWS)
def test_a_hostile_grid_request_is_a_bad_request(
    callbacks: Callbacks, db: fixture.Fixture, show: str, request_: Any
) -> None:
    assert rows_of(callbacks, request_, choice_data(db, show=show)).status_code == 400


@pytest.mark.parametrize(
    "change", [{"show": "x"}, {"kpi": "poll_response_rate"}, {"enterprise": "' or 1=1"}, {"fate": "'"}, {"extra": "1"}]
)
def test_a_hostile_selection_is_a_bad_request(
    callbacks: Callbacks, db: fixture.Fixture, change: dict[str, str]
) -> None:
    assert rows_of(callbacks, {"startRow": 0, "endRow": 10}, choice_data(db) | change).status_code == 400


# --- the filters ---------------------------------------------------------------------------------------------
GOOD = {
    "terminals-period.value": "month", "terminals-dates.value": ["2026-11-01", "2026-11-22"],
    "terminals-compare.value": "prior", "terminals-county.value": "all", "terminals-level.value": "county",
    "terminals-part.value": "network", "terminals-rank.value": "huangshi", "terminals-view.data": VIEW,
}  # fmt: skip


def test_a_filter_answers_with_numbers_and_the_addresses(callbacks: Callbacks) -> None:
    moved = {**GOOD, "terminals-county.value": DAOXIAN, "terminals-level.value": "enterprise"}
    response = callbacks.post("terminals-head.children", moved, "terminals-county.value").json["response"]
    links = response["terminals-query"]["data"]
    assert links["query"] == f"?county={DAOXIAN}&level=enterprise"
    carried = ("/", "/overload", "/overload/rows", "/terminals")
    assert links["hrefs"][:4] == [f"{path}?county={DAOXIAN}" for path in carried]
    assert links["hrefs"][-1].startswith("/export/terminal-rows.csv?")
    assert response["terminals-live"]["children"].startswith("筛选后")


def test_reset_takes_every_choice_back(callbacks: Callbacks) -> None:
    moved = {**GOOD, "terminals-county.value": DAOXIAN, "terminals-rank.value": "online_rate"}
    response = callbacks.post("terminals-head.children", moved, "terminals-reset.n_clicks").json["response"]
    assert response["terminals-query"]["data"]["query"] == ""
    assert response["terminals-rank"]["value"] == "huangshi"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("terminals-period.value", "decade"), ("terminals-compare.value", {"x": 1}),
        ("terminals-county.value", "431124' or '1'='1"), ("terminals-level.value", "vehicle"),
        ("terminals-part.value", ["network"]), ("terminals-rank.value", "local"), ("terminals-rank.value", 5),
        ("terminals-view.data", None), ("terminals-dates.value", "2026-11-01"),
    ],
)  # fmt: skip
def test_a_hostile_filter_is_a_bad_request(callbacks: Callbacks, name: str, value: Any) -> None:
    trigger = name if name != "terminals-view.data" else "terminals-county.value"
    assert callbacks.post("terminals-head.children", {**GOOD, name: value}, trigger).status_code == 400


def test_values_that_cannot_be_used_are_named(callbacks: Callbacks) -> None:
    notice = text_of(by_class(callbacks.page("/terminals", "?level=planet&rank=money&county=x"), "note"))
    assert "county、level、rank" in notice


def test_the_address_keeps_what_is_not_at_its_default(db: fixture.Fixture) -> None:
    choice = facts_of(db, county=DAOXIAN, level="enterprise", show="alarms", fate="late").choice
    assert choice.query() == f"?county={DAOXIAN}&level=enterprise"
    assert choice.query(rows=True) == f"?county={DAOXIAN}&level=enterprise&show=alarms&fate=late"
    assert Choice(choice.selection).query(county="all") == ""


# --- files -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "query",
    [
        "?show=calls",
        "?show=vehicles&kpi=data_validity",
        "?show=findings",
        "?show=alarms&fate=open",
        f"?show=alarms&fate=all&county={DAOXIAN}",
    ],
)
def test_a_file_has_the_rows_of_its_list(client: Client, callbacks: Callbacks, query: str) -> None:
    answer = client.get(f"/export/terminal-rows.csv{query}", headers=HOST)
    assert answer.data.startswith(b"\xef\xbb\xbf")
    lines = answer.get_data(as_text=True).strip().split("\r\n")
    shown = text_of(by_class(callbacks.page("/terminals/rows", query), "reconcile"))
    assert f"合计 {len(lines) - 1:,} " in re.sub(r"\s+", " ", shown)
    assert client.get(f"/export/terminal-rows.xlsx{query}", headers=HOST).data.startswith(b"PK")


def test_the_notes_of_a_file_say_formula_thresholds_and_confidence(app: Any, db: fixture.Fixture) -> None:
    from dashboards import terminal_exports

    facts = facts_of(db, show="vehicles", kpi="track_completeness")
    with app.server.test_request_context("/export/terminal-rows.xlsx"):
        lines = dict(terminal_exports.notes(facts, 260, ZH))
    assert lines["轨迹完整率 [C2]"] == kpi.KPIS["track_completeness"].formula_zh
    assert lines["track_gap_min"].startswith("10 min")
    assert "未核实" in lines["track_gap_min"]


@pytest.mark.parametrize(
    "query", ["?show=everything", "?county=1", "?kpi=poll_response_rate", "?enterprise=91431100TEST00001X"]
)
def test_an_address_that_asks_for_what_there_is_not_gets_no_file(client: Client, query: str) -> None:
    assert client.get(f"/export/terminal-rows.csv{query}", headers=HOST).status_code == 400


# --- explanations --------------------------------------------------------------------------------------------
def test_an_explanation_has_formula_sums_thresholds_and_their_confidence(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    cards = by_class(callbacks.page("/terminals"), "kpi")
    card = next(card for card in cards if text_of(card).startswith("轨迹完整率"))
    words = re.sub(r"\s+", " ", text_of(by_class(card, "explain")))
    above, below = plain_kpis(db)["track_completeness"]
    assert kpi.KPIS["track_completeness"].formula_zh in words
    assert f"{above / 1000:,.2f} km ÷ {below / 1000:,.2f} km = {fmt.indicator(above / below)}" in words
    assert "10 min" in words
    assert "未核实 P" in words
    assert "22 天中 20 天有报文" in words


def test_the_definitions_hold_every_kpi_finding_and_parameter_with_its_confidence(callbacks: Callbacks) -> None:
    layout = callbacks.page("/definitions")
    words = text_of(layout)
    for one in kpi.KPIS.values():
        # Each formula but for the thresholds it names, whose values stand in their place.
        assert all(piece in words for piece in NAMED.split(one.formula_zh))
        assert by_id(layout, f"definitions-{one.name}")
    for check in CHECKS.values():
        assert check.innocent_zh in words
    assert "短于 20 min 且未刷卡的换人看不到" in words
    assert "过车前后 15 min 内其终端没有可用定位" in words
    rulebook = text_of(callbacks.page("/rules", "?topic=monitoring"))
    for name in ("page.call_silent_days", "page.league_min_vehicles", "huangshi.weight_track_completeness"):
        assert name in rulebook
    only = text_of(by_id(callbacks.page("/definitions", "?q=online_rate"), "definitions-found"))
    assert "上线率" in only
    assert "疑点" not in only


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "—"), (0.9954, "99.54%"), (1.0, "100.00%"), (0.99999, "99.99%"), (0.0, "0.00%")]
)
def test_a_share_short_of_all_is_not_shown_as_all(value: float | None, shown: str) -> None:
    assert fmt.indicator(value) == shown
    if value is not None:
        told = [kpi_command.shown(kpi.KPIS["online_rate"], value, "zh"), hazards._share({"share": value})["share"]]
        assert [one.replace(" ", "") for one in told] == [shown] * 2, "on the command line as on pages"


def test_a_snapshot_from_before_terminals_says_that_they_come_with_the_next_night(
    callbacks: Callbacks, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lacks tables and thresholds; no page may end in an incident, and none may say that nothing is wrong."""
    old = fixture.make()
    for table in (*vehicle_fixture.TABLES, "seeds.kpi_scheme"):
        old.connection.execute(f"drop table {table}")
    monkeypatch.setattr(queries, "source", lambda: old)
    for path in ("/terminals", "/terminals/rows"):
        words = text_of(callbacks.page(path))
        assert "还没有终端数据，下一次夜间处理后就有" in words
        assert "需联系" not in words
    assert "疑点" in text_of(callbacks.page("/definitions"))
    assert client.get("/export/terminal-rows.csv", headers=HOST).status_code == 400


def test_without_captures_nobody_has_few_vehicles_and_the_next_step_changes_something(callbacks: Callbacks) -> None:
    """Alarms come without captures too: the number of vehicles is then not known."""
    silent = "?period=custom&from=2026-11-08&to=2026-11-09"
    league = by_id(callbacks.page("/terminals", silent), "terminals-league")
    assert "车辆少" not in text_of(league)
    assert "缺数" in text_of(league)
    assert "kpi=network_rate" not in json.dumps(league)
    empty = by_class(callbacks.page("/terminals/rows", f"{silent}&show=vehicles"), "blank")
    assert "去掉" not in text_of(empty)
    assert "回到终端监测" in text_of(empty)
    empty = by_class(callbacks.page("/terminals/rows", f"{silent}&show=vehicles&county={DAOXIAN}"), "blank")
    assert "去掉县区" in text_of(empty)


def test_a_number_that_rests_on_something_unverified_says_so_beside_it(callbacks: Callbacks) -> None:
    layout = callbacks.page("/terminals")
    for card in by_class(layout, "kpi"):
        assert "未核实" in text_of(by_class(card, "subtitle"))
    league = text_of(by_id(layout, "terminals-league"))
    assert "轨迹完整率" in league.split("所用公式或阈值未经核实")[1].split("名次")[0]
    assert "未核实" in text_of(by_id(layout, "terminals-findings"))
    for show in ("calls", "vehicles", "findings"):
        rows = callbacks.page("/terminals/rows", f"?show={show}")
        assert "未核实" in text_of(by_class(rows, "reconcile")), show


def test_the_lead_gives_the_denominator_of_the_rate_it_tells(callbacks: Callbacks, db: fixture.Fixture) -> None:
    words = re.sub(r"\s+", " ", text_of(by_class(callbacks.page("/terminals"), "lead")))
    online, networked = plain_kpis(db)["online_rate"]
    assert f"入网 {networked} 辆，上线 {online} 辆，上线率 {fmt.indicator(online / networked)}" in words


def test_every_reason_to_call_has_its_innocent_explanation_beside_it(callbacks: Callbacks, db: fixture.Fixture) -> None:
    """Also that of a second kind of finding, and in the story of a vehicle."""
    row = pd.DataFrame(
        [
            {
                "finding_kinds": "constant_speed,shared_phone", "strong_count": 2, "weak_count": 0,
                "open_alarm_count": 1, "silent_day_count": 3, "last_online_date": LAST,
            }
        ]
    )  # fmt: skip
    told = terminal_rows.words.call_reasons(next(row.itertuples()), facts_of(db).parameters, ZH)
    assert len(told) == 3
    for kind in ("constant_speed", "shared_phone"):
        assert CHECKS[kind].innocent_zh in told[1][3]
    layout = by_id(callbacks.page("/terminals"), "terminals-calls")
    cells = by_class(layout, "call-list")
    assert text_of(cells).count("也可能：") == len(by_class(cells, "reason")) > 0
    chosen = choice_data(db, show="calls")
    rows = rows_of(callbacks, {"startRow": 0, "endRow": 200}, chosen).json["response"]["vehicles-grid"][
        "getRowsResponse"
    ]["rowData"]
    at = next(row for row in rows if CHECKS["shared_phone"].zh in row["reason"])
    assert CHECKS["shared_phone"].innocent_zh in at["innocent"]
    drawer = drawer_of(callbacks, [at], chosen).json["response"]["vehicles-drawer"]["children"]
    assert text_of(drawer).count(CHECKS["shared_phone"].innocent_zh) >= 2


def test_the_kinds_a_call_names_are_those_it_counts() -> None:
    """A weak finding of another kind beside a strong one is not counted, so it is not named."""
    mixed = fixture.make()
    mixed.connection.execute(
        """insert into mart.terminal_finding by name
        select * replace ('weak' as finding_grade, 'teleport' as finding_kind) from mart.terminal_finding
        where finding_grade = 'strong' and finding_kind = 'copied_track'"""
    )
    calls = facts_of(mixed).calls
    told = calls[calls["finding_kinds"].str.contains("copied_track")]
    assert (told["weak_count"] > 0).any()
    assert set(told["finding_kinds"]) == {"copied_track"}


def test_open_alarms_and_alarms_closed_in_bulk_have_their_innocent_explanation(
    callbacks: Callbacks, client: Client, db: fixture.Fixture
) -> None:
    """Where a reader without a pointer sees it: in the card and the drawer, and in the file."""
    handling = text_of(by_id(callbacks.page("/terminals"), "terminals-below"))
    assert CHECKS["bulk_closing"].innocent_zh in handling
    chosen = choice_data(db, show="alarms", fate="open")
    page = rows_of(callbacks, {"startRow": 0, "endRow": 1}, chosen).json["response"]["vehicles-grid"]
    drawer = drawer_of(callbacks, page["getRowsResponse"]["rowData"], chosen).json["response"]["vehicles-drawer"]
    assert "已经处理但没有登记" in text_of(drawer["children"])


def test_files_of_two_indicators_have_two_names(client: Client) -> None:
    names = {
        client.get(f"/export/terminal-rows.csv?show=vehicles&kpi={name}", headers=HOST).headers["Content-Disposition"]
        for name in ("online_rate", "track_completeness")
    }
    assert len(names) == 2


def test_a_card_on_a_phone_has_the_innocent_explanation_too(callbacks: Callbacks, db: fixture.Fixture) -> None:
    for show in ("calls", "findings"):
        chosen = choice_data(db, show=show)
        page = rows_of(callbacks, {"startRow": 0, "endRow": 50}, chosen).json["response"]["vehicles-grid"]
        for row in page["getRowsResponse"]["rowData"]:
            assert row["under"].startswith("也可能：")
            assert row["innocent"]


@pytest.mark.parametrize(("name", "direction"), [("online_rate", "asc"), ("fatigue_hours", "desc")])
def test_vehicles_begin_with_those_that_want_looking_at(db: fixture.Fixture, name: str, direction: str) -> None:
    columns = terminal_rows.column_defs(facts_of(db, show="vehicles", kpi=name).choice, ZH)
    assert {column["field"]: column["sort"] for column in columns if "sort" in column} == {"value": direction}


def test_an_enterprise_in_an_address_is_no_digest_that_anybody_can_make() -> None:
    told = terminal_facts.token(ENTERPRISE)
    assert re.fullmatch(r"[0-9a-f]{24}", told)
    assert told == terminal_facts.token(ENTERPRISE) != terminal_facts.token("91431100TEST00099X")
    for made in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        assert not made(ENTERPRISE.encode()).hexdigest().startswith(told[:12])
    assert terminal_facts.by_token([ENTERPRISE]) == {told: ENTERPRISE}
