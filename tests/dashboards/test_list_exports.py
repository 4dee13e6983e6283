"""Files of /ranking, /risk and /alerts: the rows of the screen, all of them, with what they are, and nobody's plate,
certificate or credit code."""

import csv
import io
import re
from typing import Any

import fixture
import pytest
from driving import HOST, Callbacks, by_id, components, text_of
from python_calamine import CalamineWorkbook
from repeat_fixture import WHO, certificate, plate
from werkzeug.test import Client

from dashboards import alert_facts, queries, ranking_facts, risk_facts
from dashboards.selection import Known
from dashboards.text import Text
from warehouse import risk, score, supervision
from warehouse.plate import masked

LAST = fixture.LAST_DAY
PAGES = ("ranking", "risk", "alerts")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def _known(db: fixture.Fixture) -> Known:
    known = queries.known(db)
    assert known is not None
    return known


def rows(client: Client, page: str, query: str = "") -> list[list[str]]:
    answer = client.get(f"/export/{page}.csv?{query}", headers=HOST)
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def sheets(client: Client, page: str, query: str = "") -> dict[str, list[list[Any]]]:
    answer = client.get(f"/export/{page}.xlsx?{query}", headers=HOST)
    assert answer.status_code == 200, answer.text
    book = CalamineWorkbook.from_object(io.BytesIO(answer.data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def same(first: str, second: Any) -> bool:
    """A cell of a CSV and one of a workbook: numbers up to the decimals that are written."""
    if NUMBER.fullmatch(first) and isinstance(second, (int, float)):
        return float(first) == pytest.approx(float(second), abs=0.006)
    return first == ("" if second is None else str(second))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("page", "query"),
    [("ranking", ""), ("ranking", "cadence=quarter&of=enterprise"), ("risk", ""), ("risk", "subject=enterprise&by=sms"),
     ("alerts", ""), ("alerts", "severity=act&county=431103")],
)  # fmt: skip
def test_both_files_hold_the_same_rows_and_say_what_they_are(client: Client, page: str, query: str, lang: str) -> None:
    head, *told = rows(client, page, f"{query}&lang={lang}")
    assert told
    assert len(set(head)) == len(head)
    book = sheets(client, page, f"{query}&lang={lang}")
    first, *others, notes = book.values()
    assert head[: len(first[0])] == first[0]
    assert len(first) == len(told) + 1
    for line, row in zip(told, first[1:], strict=True):
        assert all(map(same, line, row)), (line, row)
    said = {str(row[0]): str(row[1]) for row in notes}
    t = Text(lang)
    assert said[t("export.rows")] == str(len(told))
    assert f"/{page}?" in said[t("export.link")]
    assert said[t("export.snapshot")] == "12"
    assert any("[P]" in value for value in said.values()), "how well it is known"
    assert any(t("pill.unverified") in value for value in said.values())
    for sheet in others:
        assert len(set(sheet[0])) == len(sheet[0])
        assert all(len(row) == len(sheet[0]) for row in sheet)


@pytest.mark.parametrize("of", score.KEYS)
def test_a_ranking_has_every_unit_and_part(client: Client, db: fixture.Fixture, of: str) -> None:
    told = ranking_facts.ranking(db, ranking_facts.Choice(LAST, LAST, of=of))
    book = list(sheets(client, "ranking", f"of={of}&lang=en").values())
    own = 1 if of == "county" else 2
    assert [row[own : own + 4] for row in book[0][1:]] == [
        ["" if one.place is None else one.place, "" if one.low is None else one.low,
         "" if one.high is None else one.high, pytest.approx(one.total)]
        for one in told.units
    ]  # fmt: skip
    parts = [rate for one in told.units for rate in one.parts.values()]
    assert len(told.parts) * len(told.units) == len(parts)
    assert [(row[own + 4], row[own + 5]) for row in book[1][1:]] == [(one.numerator, one.denominator) for one in parts]
    text = str(book)
    assert not any(one.code in text for one in told.units if of == "enterprise"), "a code leads to a person"
    if of == "county":
        assert len(book[2]) - 1 == len(supervision.measures(db, LAST)) > 0, "measures, all of them"
        assert len(book[3]) - 1 == len(supervision.suggestions(db, LAST, "month"))
    else:
        assert len(book) == 3
    assert not any("罚" in head or "fine" in head.lower() for head in (*book[0][0], *book[1][0]))


@pytest.mark.parametrize("by", risk.RANKINGS)
def test_a_risk_list_has_everybody_with_a_rank_in_the_order_of_the_page(
    client: Client, db: fixture.Fixture, by: str
) -> None:
    facts = risk_facts.Facts(db, risk_facts.choice_of({"by": by}, _known(db))[0])
    head, *told = rows(client, "risk", f"by={by}&lang=en")
    assert len(told) == facts.everybody.ranked_count == len(facts.order)
    at = head.index(risk.WORDS["sms"][1])
    for rank, (line, place) in enumerate(zip(told, facts.order, strict=True), 1):
        one = facts.everybody.at(place)
        assert line[:2] == [str(rank), masked(str(one.key[0]))]
        assert line[at] == ("" if one.scores["sms"] is None else f"{one.scores['sms']:.4f}")
    _, tops, bins, _ = sheets(client, "risk", f"by={by}&lang=en").values()
    assert facts.tested is not None
    assert len(tops) == len(facts.tested.tops) + 1
    assert len(bins) == len(facts.tested.bins) + 1
    assert {row[0] for row in tops[1:]} >= {"at random"}, "beside what chance gives"


@pytest.mark.parametrize("query", ["", "severity=act", "severity=soon", "county=431103", "as_of=2026-11-15"])
def test_alerts_are_those_of_the_page_by_rule_and_one_by_one(
    callbacks: Callbacks, client: Client, db: fixture.Fixture, query: str
) -> None:
    choice, bad = alert_facts.choice_of(dict(part.split("=") for part in query.split("&") if part), _known(db), db)
    assert bad == []
    found = alert_facts.Facts(db, choice).listed
    head, *told = rows(client, "alerts", f"{query}&lang=en")
    assert len(told) == len(found)
    assert f"Alerts: {len(found):,}" in text_of(by_id(callbacks.page("/alerts", f"?{query}&lang=en"), "alerts-rows"))
    due = head.index("Due")
    assert [line[due] for line in told] == ["" if one.due_on is None else str(one.due_on) for one in found]
    _, rules, _ = sheets(client, "alerts", f"{query}&lang=en").values()
    assert sum(row[2] for row in rules[1:]) == len(found)


@pytest.mark.parametrize("page", PAGES)
def test_the_page_links_files_of_its_own_choice(callbacks: Callbacks, client: Client, page: str) -> None:
    layout = callbacks.page(f"/{page}", "?as_of=2026-11-15&lang=en")
    hrefs = [str(one["props"].get("href")) for one in components(layout) if one["type"] == "A"]
    found = [href for href in hrefs if href.startswith(f"/export/{page}.")]
    assert [href.split("?")[0] for href in found] == [f"/export/{page}.csv", f"/export/{page}.xlsx"]
    for href in found:
        assert "as_of=2026-11-15" in href
        answer = client.get(href, headers=HOST)
        assert answer.status_code == 200
        assert "20261115" in answer.headers["Content-Disposition"]
    last = callbacks.page(f"/{page}", "?lang=en")
    hrefs = [str(one["props"].get("href")) for one in components(last) if one["type"] == "A"]
    assert any(f"/export/{page}.csv?as_of={LAST}" in href for href in hrefs), "tomorrow the same day"


@pytest.mark.parametrize("page", PAGES)
def test_nobodys_plate_or_certificate_is_in_a_file(client: Client, page: str) -> None:
    personal = [name for who in WHO for name in (plate(who), certificate(who))]
    for kind in ("csv", "xlsx"):
        told = str(rows(client, page)) if kind == "csv" else str(sheets(client, page))
        assert not [name for name in personal if name in told]


@pytest.mark.parametrize(
    "asked", ["ranking.csv?cadence=week", "ranking.xlsx?of=driver", "risk.csv?by=fines", "risk.xlsx?as_of=2030-01-01",
              "alerts.csv?rule=none", "alerts.xlsx?county=999999"],
)  # fmt: skip
def test_a_file_that_cannot_hold_what_its_address_says_is_refused(client: Client, asked: str) -> None:
    answer = client.get(f"/export/{asked}", headers=HOST)
    assert answer.status_code == 400
    assert "Not usable in the address" in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_a_sheet_with_too_many_rows_is_refused_and_nothing_cut(
    client: Client, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    count = len(rows(client, page))
    monkeypatch.setattr(queries, "MAX_XLSX_ROWS", 2)
    assert client.get(f"/export/{page}.xlsx", headers=HOST).status_code == 413
    assert len(rows(client, page)) == count, "the other kind has them all"


def test_a_version_from_before_has_no_files(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "tables", lambda db: set())
    for page in ("ranking", "alerts"):
        assert client.get(f"/export/{page}.csv", headers=HOST).status_code == 400
