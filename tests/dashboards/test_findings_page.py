"""The page of fates: every passage over the limit once, rows behind each fate, suggestions with their evidence."""

import csv
import io
import re
from typing import Any

import finding_fixture
import fixture
import pytest
from driving import Callbacks, by_class, by_id, components, text_of
from one_app import client_of
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from dashboards import finding_facts, queries
from dashboards.pages import findings
from dashboards.selection import Selection
from etl.cli import app
from warehouse import connection, dimensions, fates

HERE = "/overload/findings"


def _selection() -> Selection:
    return Selection(fixture.LAST_DAY.replace(day=1), fixture.LAST_DAY)


def _links(layout: Any, part: str) -> list[str]:
    """Addresses of a layout's links that hold a text."""
    found = [str(one["props"].get("href", "")) for one in components(layout)]
    return [link for link in found if part in link]


def test_the_counts_are_all_passages_over_the_limit_and_every_planted_fate_is_there(db: fixture.Fixture) -> None:
    counts = finding_facts.fate_counts(db, finding_facts.Choice(_selection()))
    over = queries.totals(db, _selection())["over_count"]
    assert counts["finding_count"].sum() == over > 100
    by_fate = counts.groupby("fate")["finding_count"].sum()
    made = db.read("select passed_date, is_permitted from mart.finding")
    permitted = made.loc[made["passed_date"].dt.date >= _selection().start, "is_permitted"].sum()
    planted = dict.fromkeys(finding_fixture.PLANTED, 1) | {"permitted": permitted}
    assert {fate: by_fate[fate] for fate in planted} == planted
    assert permitted > 1
    assert [fate for fate in fates.FATES if fate in by_fate.index] == list(dict.fromkeys(counts["fate"]))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_fate_opens_its_rows_and_the_rows_are_as_many_as_its_count(callbacks: Callbacks, lang: str) -> None:
    layout = callbacks.page(HERE, f"?lang={lang}")
    links = _links(layout, "fate=")
    assert len(links) > len(finding_fixture.PLANTED)
    for link in links:
        opened = callbacks.page(HERE, "?" + link.split("?")[1].split("#")[0] + f"&lang={lang}")
        card = by_id(opened, "rows")
        (current,) = [one for one in by_class(opened, "current") if one["props"].get("href") == link]
        assert text_of(current) in text_of(card)
        counted = int(re.findall(r"[:：] ?([\d,]+)", text_of(card))[0].replace(",", ""))
        assert len(_links(card, "record=")) == min(counted, finding_facts.ROWS_SHOWN) > 0


def test_no_whole_plate_is_on_the_page(callbacks: Callbacks, db: fixture.Fixture) -> None:
    plates = set(db.read("select distinct plate_no from mart.finding where plate_no is not null")["plate_no"])
    for fate in fates.FATES:
        words = text_of(callbacks.page(HERE, f"?fate={fate}"))
        assert not [plate for plate in plates if plate in words]
    assert "·***" in text_of(callbacks.page(HERE, "?fate=confirmed_overdue"))


def test_a_suggestion_says_what_was_read_what_it_may_be_and_why(callbacks: Callbacks) -> None:
    card = by_id(callbacks.page(HERE, "?lang=en"), "findings-plates")
    words = text_of(card)
    assert "2 suggestions" in words, "one that is contradicted is not shown"
    assert re.search(r"no\. 7: . → B", words)
    assert "the camera was unsure" in words
    assert "it passed 2 more times that day, the nearest 25 min away" in words
    assert "elsewhere" not in words


def test_a_link_that_asks_for_an_unknown_fate_says_so_and_shows_the_table(callbacks: Callbacks) -> None:
    layout = callbacks.page(HERE, "?fate=hanged&lang=en")
    assert any("fate" in text_of(note) for note in by_class(layout, "note"))
    assert not [one for one in components(layout) if one["props"].get("id") == "rows"]
    assert callbacks.page(HERE, "?fate=void&detail=%3Cb%3E&lang=en")


def test_the_overview_leads_here_with_its_filters(callbacks: Callbacks) -> None:
    link = by_id(callbacks.page("/overload", "?county=431103"), "overload-fates")
    assert link["props"]["href"] == "/overload/findings?county=431103"


def test_a_version_from_before_fates_says_that_they_follow(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding_facts, "is_built", lambda db: False)
    assert "come with the next night" in text_of(callbacks.page(HERE, "?lang=en"))


def test_what_ended_a_case_and_what_voided_a_look_are_told_in_words(callbacks: Callbacks) -> None:
    words = text_of(callbacks.page(HERE, "?lang=en"))
    assert "withdrawn" in words
    assert "Type, plate, appearance, time or place cannot be made out" in words
    assert "no permit, and no case of its trip" in words
    assert findings.detail_words("E-NEW", {}, None) == "E-NEW"  # type: ignore[arg-type]


# --- dimensions ------------------------------------------------------------------------------------------------
_SQL = """
select dimension, case when is_permitted then 'permitted' else dimension_state end, count(*)
from mart.dimension_finding where passed_date between ? and ? group by all
"""


def _by_sql(db: fixture.Fixture) -> dict[tuple[str, str], int]:
    days = [_selection().start, _selection().end]
    return {(size, standing): count for size, standing, count in db.connection.execute(_SQL, days).fetchall()}


def _exported(client: Any, query: str, kind: str = "csv") -> Any:
    answer = client.get(f"/export/dimensions.{kind}?lang=en&{query}", headers={"Host": "127.0.0.1"})
    assert answer.status_code == 200, answer.text
    return answer.data


@pytest.fixture
def client(db: fixture.Fixture, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(queries, "source", lambda: db)
    return client_of()


def test_dimensions_are_as_many_by_page_rows_command_file_and_sql(
    callbacks: Callbacks, db: fixture.Fixture, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = _by_sql(db)
    assert len({standing for _, standing in wanted}) == 3
    layout = callbacks.page(HERE, "?lang=en")
    links = [one["props"] for one in components(layout) if "standing=" in str(one["props"].get("href", ""))]
    links = [one for one in links if "#rows" in one["href"]]
    shown = {}
    for one in links:
        asked = dict(pair.split("=") for pair in one["href"].split("?")[1].split("#")[0].split("&"))
        count = int(text_of({"props": one}).replace(",", ""))
        shown[asked.get("dimension"), asked["standing"]] = count
        opened = by_id(callbacks.page(HERE, "?" + one["href"].split("?")[1].split("#")[0] + "&lang=en"), "rows")
        told = int(re.findall(r": ([\d,]+)", text_of(opened))[0].replace(",", ""))
        assert told == count
        assert len(_links(opened, "record=")) == min(count, finding_facts.ROWS_SHOWN) > 0
    assert {key: count for key, count in shown.items() if key[0]} == wanted
    sums = {standing: sum(n for (_, of), n in wanted.items() if of == standing) for standing in dimensions.STANDINGS}
    assert {standing: count for (size, standing), count in shown.items() if size is None} == sums

    monkeypatch.setattr(connection, "snapshot", lambda: db)
    period = ["--from", str(_selection().start), "--to", str(_selection().end)]
    asked_for = ["findings", "--kind", "dimension", *period]
    done = CliRunner().invoke(app, [*asked_for, "--format", "csv"], catch_exceptions=False)
    lines = csv.DictReader(io.StringIO(done.output))
    assert {(line["dimension"], line["standing"]): int(line["row_count"]) for line in lines} == wanted
    found = sums["over"] + sums["information"]
    said = CliRunner().invoke(app, asked_for, catch_exceptions=False).output
    assert f"{found:,} findings; {sums['permitted']:,} more are allowed by a permit" in said
    table = text_of(by_id(layout, "findings-dimensions"))
    assert f"{found:,}" in table

    rows = list(csv.reader(io.StringIO(_exported(client, "").decode("utf-8-sig"))))
    assert len(rows) - 1 == sum(wanted.values())
    over = list(csv.reader(io.StringIO(_exported(client, "standing=over&dimension=width").decode("utf-8-sig"))))
    assert len(over) - 1 == wanted["width", "over"] > 0
    book = CalamineWorkbook.from_object(io.BytesIO(_exported(client, "standing=permitted", "xlsx")))
    sheet = book.get_sheet_by_index(0).to_python()
    assert len(sheet) - 1 == sums["permitted"] > 0
    plates = set(db.read("select distinct plate_no from core.passage where plate_no is not null")["plate_no"])
    cells = {cell for row in [*rows, *sheet] for cell in row}
    assert not cells & plates
    assert client.get("/export/dimensions.csv?standing=tall", headers={"Host": "127.0.0.1"}).status_code == 400


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_dimension_s_row_says_limit_rule_version_permit_and_what_was_not_read(
    callbacks: Callbacks, lang: str
) -> None:
    words = text_of(by_id(callbacks.page(HERE, f"?standing=information&dimension=width&lang={lang}"), "rows"))
    for told in ("2,580 mm", "2,550 mm", "2,600 mm", "D-W, D-W-COLD", {"zh": "未核实", "en": "Unverified"}[lang],
                 {"zh": "自 2016-09-21 起施行", "en": "in force from 21 Sep 2016"}[lang]):  # fmt: skip
        assert told in words
    high = text_of(by_id(callbacks.page(HERE, f"?standing=over&dimension=height&lang={lang}"), "rows"))
    assert "D-H" in high
    assert {"zh": "未核实", "en": "Unverified"}[lang] not in high, "art. 3 was read, and there is no exception"
    allowed = text_of(by_id(callbacks.page(HERE, f"?standing=permitted&lang={lang}"), "rows"))
    assert "P-7" in allowed


def test_an_unknown_standing_in_the_address_is_told(callbacks: Callbacks) -> None:
    layout = callbacks.page(HERE, "?standing=tall&dimension=depth&lang=en")
    (note,) = [text_of(one) for one in by_class(layout, "note")]
    assert "standing" in note
    assert "dimension" in note


def test_the_evidence_of_a_passage_tells_its_dimensions_and_the_cases_that_come_to_it(
    callbacks: Callbacks, db: fixture.Fixture
) -> None:
    told = db.read(
        "select record_id from mart.dimension_finding where dimension = 'width' and is_permitted"
        " order by record_id limit 1"
    )
    words = text_of(callbacks.page("/overload/rows", f"?record={told.iloc[0]['record_id']}&metric=passages&lang=en"))
    assert "width measured 2," in words
    assert "permit P-7 allows" in words
    case = db.read("select passage_record_id from core.case_match where case_no = 'A04'").iloc[0]["passage_record_id"]
    for lang, tie in (("en", "exact: check number and plate agree"), ("zh", "确定：检测单号和车牌一致")):
        words = text_of(callbacks.page("/overload/rows", f"?record={case}&lang={lang}"))
        assert "A04" in words
        assert tie in words
        assert {"en": "no ticket fits", "zh": "没有相符的磅单"}[lang] in words
