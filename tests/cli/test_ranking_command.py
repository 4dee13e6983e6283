"""``heng ranking``: the same numbers in its three forms, what limits them in words, and what cannot be asked."""

import csv
import io
import json
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
        ("en", ("Ranking by month", "place from–to", "1 site-days", "art. 74", "unverified", "cannot be told apart",
                "a whole one against the whole one",                "30 days without any capture")),
    ],
)  # fmt: skip
def test_the_table_tells_what_limits_it(lang: str, words: tuple[str, ...]) -> None:
    text = run("--lang", lang, "--parts")
    assert [word for word in words if word not in text] == []


@pytest.mark.usefixtures("served")
def test_a_longer_period_holds_the_same_cases() -> None:
    for cadence, first in (("quarter", "2026-04-01"), ("half", "2026-01-01"), ("year", "2026-01-01")):
        assert json.loads(run("--format", "json", "--cadence", cadence))["first"] == first


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
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
