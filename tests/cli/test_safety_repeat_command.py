"""``heng safety-repeat``: who, how often, since when and why not, as table, CSV and JSON; what cannot be asked."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta

import hazard_truth
import pytest
from typer.testing import CliRunner

from etl.cli import app
from etl.demo.world import world
from etl.errors import HengError
from warehouse import connection
from warehouse.errors import WarehouseError

LAST = date(2025, 12, 31)


@pytest.fixture(scope="module")
def built() -> Iterator[hazard_truth.Served]:
    found = hazard_truth.deliveries(world(7, "tiny", LAST - timedelta(days=364), LAST))
    with hazard_truth.build(found) as tables:
        yield hazard_truth.Served(tables, LAST)


@pytest.fixture(autouse=True)
def _served(built: hazard_truth.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "snapshot", lambda: built)


def heng(*arguments: str) -> str:
    found = CliRunner().invoke(app, ["safety-repeat", *arguments])
    if found.exception is not None:
        raise found.exception
    return found.output


def test_the_three_formats_tell_the_same() -> None:
    (one,) = json.loads(heng("--tier", "met", "--format", "json"))["enterprises"]
    rows = list(csv.DictReader(io.StringIO(heng("--tier", "met", "--format", "csv"))))
    assert {row["uscc"] for row in rows} == {one["uscc"]}
    assert [row["decision_no"] for row in rows] == [penalty["decision_no"] for penalty in one["penalties"]]
    assert [(row["counts"], row["reason"]) for row in rows] == [("True", "")] * 3
    assert (rows[0]["count_180d"], rows[0]["open_major"]) == ("3", one["open_major"][0]["hazard_no"])
    table = heng("--tier", "met")
    assert one["uscc"] in table
    assert "safety_repeat_count_180d = 3" in table
    assert "our reading, unverified" in table
    assert "本名单只列事实" in heng("--lang", "zh")


def test_what_does_not_count_is_told_alike_as_json_and_csv() -> None:
    enterprises = json.loads(heng("--format", "json"))["enterprises"]
    decisions = {told["decision_no"]: told for one in enterprises for told in one["penalties"]}
    rows = {row["decision_no"]: row for row in csv.DictReader(io.StringIO(heng("--format", "csv")))}
    assert rows.keys() == decisions.keys()
    for name in ("counts", "reason", "is_in_180d", "leaves_180d_on", "leaves_1y_on"):
        assert {number: row[name] for number, row in rows.items()} == {
            number: "" if told[name] is None else str(told[name]) for number, told in decisions.items()
        }
    left_out = [told for told in decisions.values() if not told["counts"]]
    assert left_out
    assert all(told["reason"] and not told["is_in_180d"] for told in left_out)


def test_an_earlier_day_tells_what_held_then() -> None:
    (one,) = json.loads(heng("--tier", "met", "--format", "json"))["enterprises"]
    before = str(date.fromisoformat(one["met_on"]) - timedelta(1))
    document = json.loads(heng("--as-of", before, "--enterprise", one["uscc"], "--format", "json"))
    assert [(told["tier"], told["count_180d"]) for told in document["enterprises"]] == [("one_away", 2)]
    assert "No enterprise answers these conditions" in heng("--enterprise", "91431100MAE0000107", "--tier", "met")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tier", "closed"), "Choose one of met"),
        (("--format", "xlsx"), "Choose one of table"),
        (("--as-of", "2025-1-1"), "YYYY-MM-DD"),
        (("--as-of", "2021-08-31"), "Ask as of that day or later"),
    ],
)
def test_what_cannot_be_asked_says_what_can(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises((HengError, WarehouseError), match=words):
        heng(*arguments)
