"""``heng ranking``: the same numbers in its three forms, what limits them in words, and what cannot be asked."""

import csv
import io
import json
import random
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from score_rows import COUNTIES, Rows
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from warehouse import connection, score

JUNE = date(2026, 6, 30)


@pytest.fixture(scope="module")
def made() -> Iterator[Rows]:
    rows = Rows(JUNE)
    kept = {county: 38 - 3 * place for place, county in enumerate(COUNTIES[:-1])}
    rows.clocks(kept, 40, date(2026, 6, 10))
    rows.hazards(COUNTIES[0], date(2026, 6, 1), date(2026, 6, 9), date(2026, 6, 8), 3, 1)
    rows.site_day("YZ01", COUNTIES[0], date(2026, 6, 2), "silent")
    yield rows
    rows.connection.close()


@pytest.fixture
def served(made: Rows, monkeypatch: pytest.MonkeyPatch) -> Rows:
    monkeypatch.setattr(connection, "snapshot", lambda: made)
    return made


def run(*arguments: str) -> str:
    told = CliRunner().invoke(app, ["ranking", *arguments], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


def lines(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("--format", "csv", *arguments))))


def test_document_and_lines_tell_the_same_numbers(served: Rows) -> None:
    told: dict[str, Any] = json.loads(run("--format", "json"))
    assert (told["first"], told["last"], told["cadence"], told["version"]) == ("2026-06-01", "2026-06-30", "month", 7)
    assert told["before"] == {"first": "2026-05-01", "last": "2026-05-31"}
    assert len(told["units"]) == 11
    for unit, line in zip(told["units"], lines(), strict=True):
        assert (unit["code"], f"{unit['place'] or ''}") == (line["county_code"], line["place"])
        assert float(line["total"]) == pytest.approx(unit["total"], abs=1e-5)
    parts = {(line["county_code"], line["part"]): line for line in lines("--parts")}
    ranking = score.ranking(served, score.Asked(JUNE))
    for one in ranking.units:
        for name, rate in one.parts.items():
            line = parts[one.code, name]
            assert (line["numerator"], line["denominator"]) == (str(rate.numerator), str(rate.denominator))


@pytest.mark.usefixtures("served")
def test_one_county_is_told_with_its_parts() -> None:
    text = run("--county", COUNTIES[0])
    assert "Deadlines of cases kept" in text
    assert "small sample" in text, "four hazards are too few"
    assert [line["county_code"] for line in lines("--county", COUNTIES[0])] == [COUNTIES[0]]


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("月度", "名次区间", "1 个站·日", "第七十四条", "未核实", "无法区分", "整期比整期",
                "30 天没有任何终端报文")),
        ("en", ("Ranking by month", "place from–to", "1 site-day silent", "art. 74", "unverified",
                "cannot be told apart", "a whole one against the whole one", "30 days without any capture")),
    ],
)  # fmt: skip
def test_the_table_tells_what_limits_it(lang: str, words: tuple[str, ...]) -> None:
    text = run("--lang", lang, "--parts")
    assert [word for word in words if word not in text] == []


@pytest.mark.usefixtures("served")
def test_a_longer_period_holds_the_same_cases() -> None:
    for cadence, first in (("quarter", "2026-04-01"), ("half", "2026-01-01"), ("year", "2026-01-01")):
        assert json.loads(run("--format", "json", "--cadence", cadence))["first"] == first


# --- enterprises -------------------------------------------------------------------------------------------
@pytest.fixture
def fleets(served: Rows) -> Iterator[Rows]:
    rng = random.Random(5)
    with served.blank() as rows:
        for at in range(50):
            rows.fleet(f"E{at:03d}", [0.6 + 0.007 * at] * (2 if at == 7 else 6), rng, date(2026, 6, 1), days=8)
            rows.put("staging.enterprise", {
                "uscc": f"E{at:03d}", "enterprise_name": f"示例客运{at}", "county_code": COUNTIES[at % 11],
                "valid_from": date(2026, 1, 1), "record_id": f"e{at}",
            })  # fmt: skip
        yield rows


@pytest.mark.usefixtures("fleets")
def test_enterprises_are_told_with_names_places_and_counties() -> None:
    told: dict[str, Any] = json.loads(run("--of", "enterprise", "--format", "json"))
    assert (told["of"], len(told["units"]), len(told["register"])) == ("enterprise", 50, 50)
    assert {part["part"]["name"] for part in told["parts"]}.isdisjoint({"clocks_kept", "repeat_handled"})
    found = lines("--of", "enterprise")
    assert [(line["uscc"], line["place"]) for line in found] == [
        (unit["code"], f"{unit['place'] or ''}") for unit in told["units"]
    ]
    assert (found[-1]["uscc"], found[-1]["enterprise"], found[-1]["place"]) == ("E007", "示例客运7", "")
    assert all(line["low"] and line["high"] for line in found[:-1])
    here = lines("--of", "enterprise", "--county", COUNTIES[3])
    assert [line["uscc"] for line in here] == [line["uscc"] for line in found if line["county_code"] == COUNTIES[3]]
    assert len(here) == 5
    assert {line["uscc"] for line in lines("--of", "enterprise", "--parts")} == {f"E{at:03d}" for at in range(50)}


@pytest.mark.usefixtures("fleets")
@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", ("9 in between and 1 without a place", "an enterprise's own hazards", "place from–to")),
     ("zh", ("中间 9 家、不排名 1 家", "只取企业自身的隐患", "企业"))],
)  # fmt: skip
def test_of_many_enterprises_the_first_and_the_last_are_shown(lang: str, words: tuple[str, ...]) -> None:
    text = run("--of", "enterprise", "--lang", lang)
    plain = re.sub(r"\s+", " ", text)
    assert [word for word in words if word not in plain] == []
    assert "示例客运7 " not in text
    assert text.count("示例客运") == 40


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--of", "driver"], "county, enterprise"),
        (["--cadence", "week"], "month, quarter, half, year"),
        (["--format", "xml"], "table, csv, json"),
        (["--lang", "fr"], "zh, en"),
        (["--county", "430000"], "seeds.county"),
        (["--as-of", "2026-6-1"], "YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_asked_says_what_can(arguments: list[str], words: str) -> None:
    with pytest.raises(HengError, match=words):
        CliRunner().invoke(app, ["ranking", *arguments], catch_exceptions=False)


def test_a_version_from_before_says_to_build(served: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score, "TABLES", (*score.TABLES, "seeds.not_yet"))
    with pytest.raises(HengError, match="heng build"):
        CliRunner().invoke(app, ["ranking"], catch_exceptions=False)
