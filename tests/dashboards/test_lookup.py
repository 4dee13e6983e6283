"""The look-up page: one count whoever is asked, why it is that count, and that a plate leaves no trace."""

import base64
import json
import logging
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import fixture
import pytest
from dash import Dash
from driving import HOST, Callbacks, by_class, by_id, components, locale, text_of
from one_app import client_of
from plotly.utils import PlotlyJSONEncoder
from typer.testing import CliRunner
from violation_rows import CLEAN, DAYS, FOUR, LAST_DAY, LEAP, STRANGER, SUBJECTS, THREE, TWINS, Violations
from werkzeug.test import TestResponse

from dashboards import lookup_facts, queries, shell
from dashboards.pages import lookup
from dashboards.text import Text
from etl.cli import app as cli
from warehouse import connection, dossier, dossier_file, plate, repeat
from warehouse.dossier_text import Words

VIEW = {"lang": "zh", "theme": "light"}


@pytest.fixture(scope="module")
def rows() -> Violations:
    return Violations()


@pytest.fixture
def ask(callbacks: Callbacks) -> Callable[..., TestResponse]:
    """Presses the button of the page; ``changed`` are values of other controls."""

    def press(text: Any, triggered: str = "lookup-go.n_clicks", **changed: Any) -> TestResponse:
        values = {
            "lookup-go.n_clicks": 1, "lookup-day.value": LAST_DAY.isoformat(), "lookup-window.value": "ROLLING_12M",
            "lookup-plate.value": text, "lookup-province.data": "湘", "lookup-view.data": VIEW,
            "lookup-purpose.value": "vehicle_check",
        } | {name.replace("_", "-", 1).replace("__", "."): value for name, value in changed.items()}  # fmt: skip
        return callbacks.post("lookup-result.children", values, triggered)

    return press


def shown(answer: TestResponse) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json["response"]["lookup-result"]["children"]


def big(layout: Any) -> int:
    (one,) = by_class(layout, "count-now")
    return int(text_of(one).split()[0])


def test_each_thing_is_read_once(rows: Violations) -> None:
    asked: list[tuple[str, str]] = []

    class Noted(Violations):
        def __init__(self) -> None:
            vars(self).update(vars(rows))

        def rows(self, query: str, params: Any = None) -> Any:
            asked.append((query, repr(params)))
            return super().rows(query, params)

        def constant(self, query: str, params: Any = None) -> Any:
            return Violations.rows(self, query, params)

    noted: Any = Noted()
    question = lookup_facts.asked(FOUR, "湘", None, LAST_DAY.isoformat(), "ROLLING_12M", date(2011, 7, 1), LAST_DAY)
    assert lookup_facts.find(noted, question).facts is not None
    assert len(asked) == len(set(asked))


# --- one count ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("as_of", "window"), [(day, repeat.WINDOWS[at % 3]) for at, day in enumerate(DAYS)], ids=lambda part: str(part)
)
def test_list_page_dossier_file_and_command_tell_one_count(
    callbacks: Callbacks, ask: Any, rows: Violations, monkeypatch: pytest.MonkeyPatch, as_of: date, window: str
) -> None:
    monkeypatch.setattr(queries, "source", lambda: rows)
    monkeypatch.setattr(connection, "snapshot", lambda: rows)
    listed = repeat.standings(rows, repeat.Question(as_of, "vehicle", window))
    of_list = {one.key: one.count for one in listed}
    for plate_no, color in SUBJECTS:
        count = of_list.get((plate_no, color), 0)
        key = {"plate_no": plate_no, "plate_color_code": color}
        facts = dossier.facts(rows, "vehicle", key, as_of, window)
        assert dossier.main_standing(facts)["count"] == count
        html = dossier_file.html(facts, "zh").decode()
        assert html.count('<section class="act">') == count
        assert re.search(r"计 (\d+) 次", html)[1] == str(count)  # type: ignore[index]
        layout = shown(
            ask(
                plate_no, "lookup-color.data",
                lookup_color__data=color, lookup_day__value=as_of.isoformat(), lookup_window__value=window,
            )
        )  # fmt: skip
        assert big(layout) == count, (plate_no, color)
        assert len(by_class(layout, "counted")) == count
        asked = ["dossier", plate_no, "--color", str(color), "--as-of", str(as_of), "--window", window, "--json"]
        told = json.loads(CliRunner().invoke(cli, asked).stdout)
        assert told == facts
        assert dossier.main_standing(told)["count"] == count


def test_the_counts_compared_are_not_all_alike(rows: Violations) -> None:
    found = {
        one.count
        for as_of in DAYS
        for window in repeat.WINDOWS
        for one in repeat.standings(rows, repeat.Question(as_of, "vehicle", window))
    }
    assert found >= {0, 1, 2, 3, 4}


# --- why -----------------------------------------------------------------------------------------------------
def test_a_person_sees_why_it_is_four_and_not_three(ask: Any) -> None:
    layout = shown(ask("m10001"))
    words = text_of(layout)
    assert "计 4 次，超过 3 次；自  2026-08-20  起。" in words
    assert "计次 4 起；1 起已作废；1 起未过计次门槛；1 起尚无决定；1 起同一趟次；1 起不在窗口内" in words
    assert "案件A08：2026-08-01违法，2026-08-20作出决定，当日起计次。" in words.replace(" ", "")
    assert "A08 · 自 2026-08-20 起计次；自 2027-08-01 起不再计次" in words
    assert "2 项不改变次数" in words
    assert len(by_class(layout, "left-out")) == 5
    reasons = [text_of(one) for one in by_class(layout, "act-why")]
    assert "超限率 10%，扣除称重设备允许误差后 4.50%，不高于当日的计次门槛 10%" in reasons
    assert [text_of(one).split()[0] for one in by_class(layout, "act-number")][:4] == ["4", "3", "2", "1"]
    assert len([c for c in components(by_class(layout, "marks")) if c["props"].get("className") == "passed"]) == 1
    scores = {id(c) for c in components(by_id(layout, "lookup-risk"))}
    links = [c["props"]["href"] for c in components(layout) if "href" in c["props"] and id(c) not in scores]
    assert all(link.startswith("/overload/rows?record=") for link in links)
    assert len(links) > 8


def test_evidence_of_an_act_opens(callbacks: Callbacks, ask: Any) -> None:
    layout = shown(ask(FOUR))
    link = next(c["props"]["href"] for c in components(layout) if "evidence" in str(c["props"].get("className")))
    page = callbacks.page("/overload/rows", link.removeprefix("/overload/rows"))
    assert "湘M·***01" in text_of(by_class(page, "drawer"))


@pytest.mark.parametrize("typed", ["M10001", "湘M10001", " 湘 m·10001", "Ｍ1000１"])
def test_the_province_and_separators_may_be_typed_or_not(ask: Any, typed: str) -> None:
    assert big(shown(ask(typed))) == 4


def test_a_typed_province_goes_before_the_chosen_one(ask: Any) -> None:
    assert "粤M·10001" in text_of(shown(ask("M10001", lookup_province__data="粤")))
    assert big(shown(ask("湘M10001", lookup_province__data="粤"))) == 4


def test_an_unknown_plate_is_no_statement_and_near_spellings_are_offered(ask: Any) -> None:
    layout = shown(ask("M1000T"))
    words = text_of(layout)
    assert "数据中没有 湘M·1000T" in words
    assert "不说明该车没有超限" in words
    layout = shown(ask("MIOO01"))
    words = text_of(layout)
    assert "输入的不是车牌" in words
    assert "湘M12345" in words
    for untold in ("数据中没有", "不说明该车没有超限", "IOO01"):
        assert untold not in words
    offered = [c["props"]["data-lookup-plate"] for c in components(layout) if "data-lookup-plate" in c["props"]]
    assert FOUR in offered
    assert len(offered) <= dossier.MOST_NEAR
    assert not by_class(layout, "count-now")


def test_a_registered_vehicle_without_a_case_counts_none_and_an_unregistered_one_says_so(ask: Any) -> None:
    assert big(shown(ask(CLEAN))) == 0
    assert "登记中没有当日有效的记录" in text_of(shown(ask(STRANGER)))


def test_a_plate_of_two_colours_asks_which(ask: Any) -> None:
    first = ask(TWINS)
    assert first.json["response"]["lookup-color"]["data"] is None
    offered = [c["props"]["data-lookup-color"] for c in components(shown(first)) if "data-lookup-color" in c["props"]]
    assert offered == ["1", "2"]
    assert big(shown(ask(TWINS, "lookup-color.data", lookup_color__data=2))) == 1
    assert big(shown(ask(TWINS, "lookup-color.data", lookup_color__data=1))) == 0
    # Another plate asks anew, whatever was chosen for the one before.
    assert not by_class(shown(ask(TWINS, lookup_color__data=2)), "count-now")


@pytest.mark.parametrize(("window", "count"), [("ROLLING_12M", 2), ("ANNIVERSARY", 0), ("CALENDAR", 1)])
def test_the_span_is_the_one_chosen(ask: Any, window: str, count: int) -> None:
    assert big(shown(ask(LEAP, "lookup-window.value", lookup_window__value=window))) == count


def test_english_answers_in_english(ask: Any) -> None:
    words = text_of(shown(ask(THREE, lookup_view__data={"lang": "en", "theme": "dark"})))
    assert "3 count in the last 12 months" in words
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"湘|示例\w+|公路安全保护条例|累计3次", "", words))


def test_an_empty_field_asks_nothing_and_says_what_to_type(ask: Any) -> None:
    for text in ("  ", None):
        words = text_of(shown(ask(text)))
        assert "不带省份简称时，取左边所选的省份" in words
        assert ask(text, "lookup-window.value").status_code == 204


def test_the_number_of_another_province_is_offered(ask: Any) -> None:
    layout = shown(ask("M10001", lookup_province__data="京"))
    offered = [c["props"]["data-lookup-plate"] for c in components(layout) if "data-lookup-plate" in c["props"]]
    assert FOUR in offered
    assert len(offered) <= dossier.MOST_NEAR


def test_evidence_leaves_the_answer_where_it_is_and_passages_say_how_many(ask: Any) -> None:
    layout = shown(ask(FOUR))
    links = [c["props"] for c in components(layout) if "/overload/rows?record=" in str(c["props"].get("href"))]
    assert len(links) > 8
    assert {(one.get("target"), one.get("rel")) for one in links} == {("_blank", "noopener")}
    assert all("新标签页" in one["aria-label"] for one in links)
    words = text_of(layout)
    scores = [c["props"] for c in components(by_id(layout, "lookup-risk"))]
    rows = [one for one in links if one not in scores and re.match(r"\d", str(one["children"]))]
    assert f"近12个月共 {len(rows)} 次，列出最近 {len(rows)} 次" in words
    assert {"2025-12-01 09:15", "08-01 13:45"} <= {one["children"] for one in rows}
    assert "登记：" in words
    assert "6轴·限值49,000kg" in words.replace(" ", "")


def test_a_passage_says_whether_a_case_is_of_it_whatever_plate_the_case_names() -> None:
    """By number, under this plate or another; by what is near alone; or not at all."""
    own = Violations()
    (near,), (weak,), (other,), (none,) = (
        own.connection.execute(
            "select case_no from core.violation where plate_no = ? and violated_on = ?", [FOUR, day]
        ).fetchall()
        for day in ("2025-12-01", "2026-03-01", "2026-04-01", "2026-08-01")
    )
    for grade, one in (("near", near), ("weak", weak), ("none", none)):
        own.connection.execute("update core.violation set passage_record_id = null where case_no = ?", one)
        own.connection.execute("update core.case_passage set match_grade = ? where case_no = ?", [grade, *one])
    own.connection.execute("update core.case_passage set passage_record_id = null where match_grade = 'none'")
    for table in ("violation", "case_passage"):
        own.connection.execute(f"update core.{table} set plate_no = '湘M99999' where case_no = ?", other)
    question = lookup_facts.asked(FOUR, "湘", None, LAST_DAY.isoformat(), "ROLLING_12M", date(2011, 7, 1), LAST_DAY)
    found = lookup_facts.find(own, question)  # type: ignore[arg-type]
    t = Text("zh")
    card = json.loads(json.dumps(lookup.passages(found, t, Words("zh")), cls=PlotlyJSONEncoder))
    told = {}
    for cell in [one for one in components(card) if one["type"] == "Th" and one["props"].get("scope") == "row"]:
        moment, note = (text_of(one).strip() for one in cell["props"]["children"])
        told[moment] = note
    unsure = t("lookup.recent.case_unsure")
    assert len(told) == 8
    assert {moment: note for moment, note in told.items() if note != "有案件"} == {
        "2025-12-01 09:15": unsure, "03-01 11:30": unsure, "08-01 13:45": "无案件",
    }  # fmt: skip
    assert told["04-01 12:00"] == "有案件"


def test_a_clue_is_no_case_and_where_all_count_it_says_so(ask: Any) -> None:
    words = text_of(shown(ask(STRANGER)))
    assert "有 3 起超限案件、1 条尚未立案的线索" in words
    assert "1 条线索尚未立案" in words
    assert "全部计次。" in text_of(shown(ask(TWINS, "lookup-color.data", lookup_color__data=2)))
    assert "全部计次。" not in text_of(shown(ask(CLEAN)))


# --- the file ------------------------------------------------------------------------------------------------
def get_dossier(callbacks: Callbacks, plate_no: Any, **changed: Any) -> TestResponse:
    values = {
        "lookup-dossier.n_clicks": 1, "lookup-dossier.value": plate_no, "lookup-color.data": 2,
        "lookup-purpose.value": "evidence_copy",
        "lookup-day.value": LAST_DAY.isoformat(), "lookup-window.value": "ROLLING_12M", "lookup-province.data": "湘",
        "lookup-view.data": VIEW,
    } | changed  # fmt: skip
    return callbacks.post("lookup-download.data", values, "lookup-dossier.n_clicks")


def test_the_dossier_comes_in_the_answer_and_is_the_one_the_command_writes(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    given = get_dossier(callbacks, FOUR).json["response"]["lookup-download"]["data"]
    data = base64.b64decode(given["content"])
    assert re.fullmatch(r"dossier_[0-9a-f]{12}\.html", given["filename"])
    assert dossier_file.verify(data).lines() == [f"intact: SHA-256 {dossier_file.digest_of(data)}"]
    told = dossier.facts(db, "vehicle", {"plate_no": FOUR, "plate_color_code": 2}, LAST_DAY)
    assert data == dossier_file.html(told, "zh")


# --- requests no control makes, and traces -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lookup_plate__value", 7), ("lookup_plate__value", "M" * 33), ("lookup_plate__value", ["M10001"]),
        ("lookup_province__data", "湘M"), ("lookup_province__data", None), ("lookup_province__data", "x"),
        ("lookup_day__value", "2027-01-01"), ("lookup_day__value", "yesterday"), ("lookup_day__value", None),
        ("lookup_day__value", "1901-01-01"), ("lookup_window__value", "DECADE"), ("lookup_window__value", None),
        ("lookup_view__data", {"lang": "de"}),
    ],
)  # fmt: skip
def test_a_hostile_request_is_a_bad_request(ask: Any, name: str, value: Any) -> None:
    assert ask(FOUR, **{name: value}).status_code == 400


@pytest.mark.parametrize("color", ["2", 2.5, True, -1, 1000, [2]])
def test_a_hostile_colour_is_a_bad_request(ask: Any, color: Any) -> None:
    assert ask(FOUR, "lookup-color.data", lookup_color__data=color).status_code == 400


def test_a_dossier_of_nobody_is_a_bad_request(callbacks: Callbacks) -> None:
    assert get_dossier(callbacks, "湘M99999").status_code == 400
    assert get_dossier(callbacks, None).status_code == 400
    assert get_dossier(callbacks, TWINS, **{"lookup-color.data": None}).status_code == 400


def test_a_plate_stands_in_no_store_address_cache_or_log(
    app: Dash, callbacks: Callbacks, ask: Any, db: fixture.Fixture, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    page = callbacks.page("/lookup")
    layout = shown(ask(FOUR))
    get_dossier(callbacks, FOUR)
    stores = [c for c in components([page, layout]) if c["type"] == "Store"]
    assert {c["props"]["id"] for c in stores} == {"lookup-province", "lookup-color", "lookup-vehicle", "lookup-view"}
    assert all("storage_type" not in c["props"] for c in stores)
    (field,) = [c for c in components(page) if c["props"].get("id") == "lookup-plate"]
    assert (field["props"]["persistence"], field["props"]["inputProps"]["autoComplete"]) == (False, "off")
    assert "10001" not in json.dumps([c["props"].get("href") for c in components(layout) if "href" in c["props"]])
    assert "10001" not in repr(list(queries._kept.get(db, {})))

    def broken(*_: Any) -> Any:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(lookup_facts.dossier, "facts", broken)
    assert "编号" in ask(FOUR).text.encode().decode("unicode_escape")
    assert "broken on purpose" in caplog.text
    assert "10001" not in caplog.text


def test_the_page_offers_every_province_and_begins_at_home(callbacks: Callbacks) -> None:
    page = callbacks.page("/lookup", "?lang=en")
    assert [text_of(one) for one in by_class(page, "province")] == list(plate.PROVINCES)
    assert "lookup" in {key for key, *_, listed in shell.PAGES if listed}


def test_a_version_from_before_the_counts_says_so(callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_facts, "is_built", lambda db: False)
    assert locale("zh")["lookup.not_built"] in text_of(callbacks.page("/lookup"))


def test_a_request_needs_the_loopback_name(app: Dash) -> None:
    assert client_of(app=app).get("/lookup", headers={"Host": "10.0.0.5"}).status_code == 403
    assert client_of(app=app).get("/lookup", headers=HOST).status_code == 200
