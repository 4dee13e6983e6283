"""The page of hazards: its numbers are the engine's, each leads to as many rows; a file holds what the list does."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import fixture
import hazard_fixture
import plotly.graph_objects as go
import pytest
from driving import HOST, Callbacks, by_class, by_id, components, text_of
from plotly.utils import PlotlyJSONEncoder
from python_calamine import CalamineWorkbook
from werkzeug.test import Client

from dashboards import charts, queries
from dashboards.hazard_queries import Choice, View, choice_of
from dashboards.pages import hazards as page
from dashboards.terminal_facts import token
from dashboards.text import Text
from warehouse import hazard_terms as terms
from warehouse import hazards
from warehouse.hazards import LISTS
from warehouse.survival import kaplan_meier

ZH = Text("zh")
VIEW = {"lang": "zh", "theme": "light"}
LAST = fixture.LAST_DAY


def view_of(db: fixture.Fixture, **query: str) -> View:
    known = queries.known(db)
    assert known is not None
    choice, bad = choice_of(query, known)
    assert bad == []
    return View(db, choice, known, db)


def chosen(**changes: str) -> dict[str, str]:
    return Choice(LAST, LAST).data() | changes


def rows(callbacks: Callbacks, choice: dict[str, str], **request: Any) -> dict[str, Any]:
    asked = {"startRow": 0, "endRow": 100, "sortModel": [], "filterModel": {}, **request}
    values = {"hazards-grid.getRowsRequest": asked, "hazards-choice.data": choice, "hazards-view.data": VIEW}
    answer = callbacks.post("hazards-grid.getRowsResponse", values, "hazards-grid.getRowsRequest")
    assert answer.status_code == 200, answer.text
    return answer.json["response"]["hazards-grid"]["getRowsResponse"]


def open_drawer(callbacks: Callbacks, choice: dict[str, str], record: Any) -> Any:
    values = {"hazards-grid.selectedRows": [{"record": record}], "hazards-choice.data": choice}
    return callbacks.post("hazards-drawer.children", values | {"hazards-view.data": VIEW}, "hazards-grid.selectedRows")


def words(layout: Any) -> str:
    return " ".join(text_of(layout).split())


# --- numbers ---------------------------------------------------------------------------------------------------
def test_tiles_show_what_the_engine_says(callbacks: Callbacks, db: fixture.Fixture) -> None:
    whole = view_of(db).whole
    shown = [words(by_class(tile, "kpi-value")).split(" ")[0] for tile in by_class(callbacks.page("/hazards"), "kpi")]
    assert whole.closed.ratio is not None
    assert shown[:4] == [
        f"{whole.closed.ratio:.2%}",
        f"{whole.on_time.ratio:.2%}",
        str(whole.overdue),
        str(whole.due_soon),
    ]
    assert shown[4] == str(whole.curve.median)
    assert (whole.overdue, whole.due_soon) == (2, 1)
    assert "整改率 97.44%" in words(by_class(callbacks.page("/hazards"), "lead"))


@pytest.mark.parametrize("lot", [300, 0])
def test_the_lead_tells_every_closure_known_to_be_false_and_no_bound_below_them(db: fixture.Fixture, lot: int) -> None:
    view = view_of(db)
    bound = hazards.Bound(400, lot, 0, 0, 8, 7, known_false=6, known_true=lot, confidence=0.95)
    view.whole = replace(view.whole, bound=bound)
    told = words(json.loads(json.dumps(page.lead(view, Text("en")), cls=PlotlyJSONEncoder)))
    assert "Checks somebody chose found 6 more not removed." in told
    assert ("no more than 6 closures are false" in told) == bool(lot)
    assert "closed and not reopened" in told
    assert "指定复核另有 6 项未消除" in page.tile_values(view, ZH)["bound"][2]


def test_days_of_too_few_have_no_end_of_their_interval(db: fixture.Fixture) -> None:
    view = view_of(db)
    view.whole = replace(view.whole, curve=kaplan_meier([(10, True)], 0.95))
    number, _, under = page.tile_values(view, Text("en"))["days"]
    assert (number, under) == ("10", "median, interval 10 – —; mean within 180 days 10.0 (— – —)")


def test_the_oldest_hazard_is_overdue_though_it_is_of_no_cohort(callbacks: Callbacks) -> None:
    told = rows(callbacks, chosen(show="overdue"))["rowData"]
    assert [(row["no"], row["left"]) for row in told][:1] == [(hazard_fixture.OLD, "逾期 700 天")]
    soon = rows(callbacks, chosen(show="due_soon"))["rowData"]
    assert [(row["no"], row["left"]) for row in soon] == [(hazard_fixture.SOON, "剩 4 天")]


@pytest.mark.parametrize("show", LISTS)
def test_every_list_has_as_many_rows_as_its_link_says(callbacks: Callbacks, db: fixture.Fixture, show: str) -> None:
    told = rows(callbacks, chosen(show=show))
    assert told["rowCount"] == len(view_of(db, show=show).listed)
    layout = callbacks.page("/hazards", f"?show={show}")
    name = terms.word(terms.LISTS, show, "zh")
    assert f"{name} · {told['rowCount']}" in words(by_class(layout, "chips"))
    assert f"合计 {told['rowCount']} 项" in words(by_class(layout, "reconcile"))


def test_every_count_of_a_group_leads_to_as_many_rows(callbacks: Callbacks, db: fixture.Fixture) -> None:
    for by in ("category", "county"):
        for one in view_of(db, by=by).groups:
            where = {by: str(one.group)}
            for show, count in (("all", one.registered), ("closed", one.closed.part), ("overdue", one.overdue)):
                assert rows(callbacks, chosen(show=show, **where))["rowCount"] == count, (one.group, show)
    links = [c["props"]["href"] for c in components(callbacks.page("/hazards")) if c["type"] == "Link"]
    assert "/hazards?category=RAIL&show=closed" in links


def test_a_unit_leads_to_its_own_rows_and_its_name_stays_out_of_the_address(callbacks: Callbacks) -> None:
    layout = callbacks.page("/hazards")
    unit = token("示例养护中心")
    assert f"/hazards?show=overdue&unit={unit}" in [
        c["props"]["href"] for c in components(layout) if c["type"] == "Link"
    ]
    told = rows(callbacks, chosen(show="overdue", unit=unit))
    assert [row["unit"] for row in told["rowData"]] == ["示例养护中心"]
    assert rows(callbacks, chosen(show="overdue", unit="0" * 24))["rowCount"] == 0


def test_an_enterprise_has_its_own_numbers_and_its_code_stays_out_of_the_page(
    callbacks: Callbacks, client: Client, db: fixture.Fixture
) -> None:
    everybody = view_of(db, show="all")
    offered = everybody.offered
    assert offered
    for code in offered:
        view, query = view_of(db, show="all", enterprise=token(code)), f"?show=all&enterprise={token(code)}"
        assert view.listed == [one for one in everybody.listed if one.uscc == code] != []
        assert view.facts.recurred == {
            no: other
            for no, other in everybody.facts.recurred.items()
            if no in {one.hazard_no for one in view.facts.hazards}
        }, "another enterprise's hazard at the same place counts"
        layout = callbacks.page("/hazards", query)
        assert rows(callbacks, chosen(show="all", enterprise=token(code)))["rowCount"] == len(view.listed)
        assert view.enterprises[code] in words(by_class(layout, "current"))
        assert code not in json.dumps(layout, ensure_ascii=False)
        assert ZH("hazards.works") not in words(layout), "works are of no enterprise"
        book = client.get(f"/export/hazards.csv{query}", headers=HOST)
        assert len(book.text.splitlines()) == len(view.listed) + 1
    nobody = callbacks.page("/hazards", f"?enterprise={'0' * 24}")
    assert ZH("hazards.enterprise.none") in words(nobody)
    assert client.get(f"/export/hazards.csv?enterprise={'0' * 24}", headers=HOST).status_code == 400
    assert "enterprise" in words(callbacks.page("/hazards", "?enterprise=91330100799655058B"))


def test_an_earlier_day_is_told_as_it_stood(callbacks: Callbacks, db: fixture.Fixture) -> None:
    day = LAST - timedelta(days=90)
    told = hazards.Facts(db, hazards.Asked(day, hazards.year_before(day), day))
    view = view_of(db, as_of=day.isoformat())
    assert view.whole.closed == hazards.standings(told)[0].closed
    assert rows(callbacks, chosen(as_of=day.isoformat()))["rowCount"] == view.whole.open > 2


def test_a_list_is_sorted_by_what_it_may_be_sorted_by(callbacks: Callbacks) -> None:
    by_due = rows(callbacks, chosen(show="all"), sortModel=[{"colId": "due", "sort": "asc"}])["rowData"]
    assert [row["due"] for row in by_due] == sorted(row["due"] for row in by_due)
    for wrong in ([{"colId": "unit", "sort": "asc"}], [{"colId": "due", "sort": "x"}]):
        asked = {"startRow": 0, "endRow": 9, "sortModel": wrong}
        values = {"hazards-grid.getRowsRequest": asked, "hazards-choice.data": chosen(), "hazards-view.data": VIEW}
        assert callbacks.post("hazards-grid.getRowsResponse", values, "hazards-grid.getRowsRequest").status_code == 400


def test_works_stand_beside_their_plan_each_in_its_own_unit(callbacks: Callbacks, db: fixture.Fixture) -> None:
    told = words(callbacks.page("/hazards"))
    for row in hazards.works(db, view_of(db).choice.asked):
        unit = terms.word(terms.UNITS, row["works_unit"], "zh")
        assert f"({unit}) {row['planned_quantity']:g} {row['finished_quantity']:g}" in told


# --- explanation -----------------------------------------------------------------------------------------------
def test_every_tile_says_how_it_is_made_and_what_nobody_verified(callbacks: Callbacks) -> None:
    layout = callbacks.page("/hazards")
    told = words(by_class(layout, "explain"))
    for name in page.TILES:
        assert ZH(f"hazards.{name}.how") in told
        assert ZH(f"hazards.{name}.leaves_out") in told
    assert "未核实 P" in told
    assert len(by_class(layout, "rows-link")) == len(page.TILES)


def test_every_explanation_opens_its_own_rows_and_its_own_definition(callbacks: Callbacks) -> None:
    found = []
    for box in by_class(callbacks.page("/hazards", "?lang=en"), "explain"):
        rows, definition = [c["props"]["href"] for c in components(box) if c["type"] == "Link"]
        found.append((rows, definition))
        path, query = definition.split("?")
        told = text_of(callbacks.page(path, f"?{query}&lang=en"))
        assert Text("en")("definitions.nothing", words=query.removeprefix("q=")) not in told
    assert ("/hazards?show=came_back", "/definitions?q=hazard_recurrence") in found
    assert ("/hazards?show=due_soon", "/definitions?q=hazard_due_soon") in found
    assert len({rows for rows, _ in found}) == len(page.TILES) + 1


def test_no_words_of_the_page_make_fines_or_cases_a_measure(callbacks: Callbacks) -> None:
    """行政处罚法 art. 74: units are told by hazards and time, never by money or cases."""
    for text in ("罚款", "罚没", "案件数"):
        assert text not in words(callbacks.page("/hazards"))


# --- the drawer ------------------------------------------------------------------------------------------------
def test_the_drawer_has_every_step_photo_and_check(callbacks: Callbacks, db: fixture.Fixture) -> None:
    found = rows(callbacks, chosen(show="checked"))["rowData"]
    answer = open_drawer(callbacks, chosen(show="checked"), found[0]["record"]).json["response"]
    told = words(answer["hazards-drawer"]["children"])
    steps = hazards.one_hazard(db, found[0]["no"], LAST)["steps"]
    assert f"环节 {len(steps)}" in told
    assert "复核 " in told
    assert "整改前照片" in told
    links = [c["props"]["href"] for c in components(answer["hazards-drawer"]["children"]) if c["type"] == "Link"]
    assert "/rules?q=H-START-REGISTERED" in links


def test_the_drawer_names_the_file_and_line_of_the_list(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "delivery", lambda db, delivery_id: {"name": f"{delivery_id}.xlsx"})
    row = rows(callbacks, chosen(show="overdue"))["rowData"][0]
    assert row["no"] == hazard_fixture.OLD
    answer = open_drawer(callbacks, chosen(show="overdue"), row["record"]).json["response"]
    assert "hazard_planted.xlsx 第 1 行" in words(answer["hazards-drawer"]["children"])


def test_a_refused_step_says_why(callbacks: Callbacks) -> None:
    (row,) = rows(callbacks, chosen(show="refused"))["rowData"]
    assert (row["no"], row["state"]) == (hazard_fixture.SOON, "整改中")
    answer = open_drawer(callbacks, chosen(show="refused"), row["record"]).json["response"]
    told = words(answer["hazards-drawer"]["children"]).replace(" ", "")
    assert "整改中→已销号" in told
    assert "未采纳：环节顺序不允许" in told


def test_a_row_of_another_version_and_one_that_is_not_there_are_told(callbacks: Callbacks, db: fixture.Fixture) -> None:
    old = open_drawer(callbacks, chosen(), f"{db.version + 1}-0")
    assert ZH("vehicles.drawer.old") in text_of(old.json["response"]["hazards-drawer"]["children"])
    for wrong in (f"{db.version}-999", hazard_fixture.OLD, 3, f"{db.version}-0 or 1"):
        assert open_drawer(callbacks, chosen(), wrong).status_code == 400


# --- the address -----------------------------------------------------------------------------------------------
def test_a_choice_survives_its_address(db: fixture.Fixture) -> None:
    known = queries.known(db)
    assert known is not None
    for query in (
        {}, {"category": "HWY", "by": "month"}, {"county": "431124", "cohort": "year", "show": "late"},
        {"as_of": "2026-01-31", "unit": "0123456789abcdef01234567"},
    ):  # fmt: skip
        choice, bad = choice_of(query, known)
        assert bad == []
        again = dict(part.split("=") for part in choice.query().lstrip("?").split("&") if part)
        assert choice_of(again, known)[0] == choice
        assert f"as_of={choice.as_of}" in choice.query(absolute=True)


def test_what_an_address_cannot_ask_is_told_and_a_file_is_refused(callbacks: Callbacks, client: Client) -> None:
    for bad in (
        "as_of=2027-01-01",
        "category=ROAD",
        "county=999999",
        "show=old",
        "unit=示例",
        "by=unit",
        "cohort=ever",
    ):
        layout = callbacks.page("/hazards", f"?{bad}")
        assert bad.split("=")[0] in text_of(by_class(layout, "note"))
        assert client.get(f"/export/hazards.csv?{bad}", headers=HOST).status_code == 400
    values = {"hazards-grid.getRowsRequest": {"startRow": 0, "endRow": 9}, "hazards-choice.data": {"show": "old"}}
    answer = callbacks.post(
        "hazards-grid.getRowsResponse", values | {"hazards-view.data": VIEW}, "hazards-grid.getRowsRequest"
    )
    assert answer.status_code == 400


def test_a_county_without_hazards_and_a_snapshot_from_before_say_so(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = callbacks.page("/hazards", "?as_of=2020-01-01")
    assert ZH("hazards.none.list") in text_of(by_class(layout, "blank"))
    assert "—" in words(by_class(layout, "kpi-value")), "of nothing the rate is neither 0 nor 100 %"
    monkeypatch.setattr(hazards, "TABLES", ("core.not_built",))
    assert ZH("state.no_hazards.title") in text_of(callbacks.page("/hazards"))


# --- files -----------------------------------------------------------------------------------------------------
def test_files_hold_the_list_and_the_rates(client: Client, db: fixture.Fixture) -> None:
    view = view_of(db, show="all")
    told = client.get("/export/hazards.csv?show=all&lang=zh", headers=HOST)
    assert told.data.startswith(b"\xef\xbb\xbf")
    assert len(told.data.decode("utf-8-sig").strip().split("\r\n")) == len(view.listed) + 1
    book = client.get("/export/hazards.xlsx?show=all&lang=zh", headers=HOST)
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book.data))
    listed, rates, notes = (sheets.get_sheet_by_name(name).to_python() for name in sheets.sheet_names)
    assert len(listed) == len(view.listed) + 1
    assert sum(row[1] for row in rates[1:]) == view.whole.registered
    (confidence,) = [row[1] for row in notes if row[0] == "hazard_confidence"]
    assert confidence.startswith("0.95 · ")
    assert "未核实" in confidence
    first = dict(zip(listed[0], listed[1], strict=True))
    one = view.listed[0]
    assert first["类别"] == f"{terms.word(terms.CATEGORIES, one.category, 'zh')} [{one.category}]"
    assert first["认定状态"] == f"{terms.word(terms.STATES, one.state, 'zh')} [{one.state}]"
    assert first["县市区"].endswith(f" [{one.county_code}]")
    assert {row[0] for row in rates[1:]} >= {"公路隐患 [HWY]"}
    assert dict(notes)["类别"] == dict(notes)["县市区"] == ZH("export.everything")
    narrow = client.get("/export/hazards.xlsx?category=RAIL&county=431124&lang=zh", headers=HOST)
    told = CalamineWorkbook.from_filelike(io.BytesIO(narrow.data)).get_sheet_by_index(2).to_python()
    assert dict(told)["类别"] == "铁路沿线隐患 [RAIL]"
    assert dict(told)["县市区"].endswith(" [431124]")


# --- the figure ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "durations", [[(3, True), (9, True), (20, False), (400, False)], [(5, False)], [(0, True)], [(1, True)] * 30]
)
def test_the_curve_is_a_figure_whatever_ended(theme: str, durations: list[tuple[int, bool]]) -> None:
    figure = charts.open_share(kaplan_meier(durations, 0.95), 180, ZH, theme)
    drawn = go.Figure(json.loads(json.dumps(figure)))
    line = drawn.data[-1]
    assert line.y[0] == 1
    assert list(line.y) == sorted(line.y, reverse=True)
    assert max(line.x) <= 180
    assert len(line.text) == len(line.x)


@pytest.mark.parametrize(
    ("durations", "days", "mode"),
    [
        ([(5, False), (3, False)], [0, 5], "lines"),
        ([(400, True), (200, False)], [0, 180], "lines"),
        ([(0, False)], [0, 0], "markers"),
    ],
)
def test_where_nothing_was_closed_all_is_open_and_the_curve_says_so(
    durations: list[tuple[int, bool]], days: list[int], mode: str
) -> None:
    figure = charts.open_share(kaplan_meier(durations, 0.95), 180, Text("en"), "light")
    (line,) = figure["data"]
    assert (line["x"], line["y"], line["mode"]) == (days, [1, 1], mode)
    (said,) = figure["layout"]["annotations"]
    assert said["text"].startswith(f"None of {len(durations)} was closed within {days[-1]} days")
    assert not charts.open_share(kaplan_meier([(3, True)], 0.95), 180, ZH, "light")["layout"]["annotations"]


def test_the_page_has_its_figure(callbacks: Callbacks) -> None:
    assert by_id(callbacks.page("/hazards"), "hazards-curve")
