"""Every column and every code that ``heng hazards`` prints has words in both languages, and no words are left over."""

import csv
import re

import pytest

from etl import hazards as command
from etl.feeds import feed
from warehouse import hazard_terms as terms
from warehouse import hazards, sql
from warehouse.home import REPOSITORY

SHOWN = {
    *command.RATE_COLUMNS, *command.BOUND_COLUMNS, *command.LIST_COLUMNS, *command.LADDER_COLUMNS,
    *command.WORKS_COLUMNS, *command.UNFINISHED_COLUMNS, "share",
    *(name for columns in command.OF_ONE.values() for name in columns),
    *hazards.Hazard._fields, "delivery_id", "source_line",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_column_has_words_in_both_languages(name: str) -> None:
    assert re.search("[一-鿿]", command.head(name, "zh"))
    assert "_" not in command.head(name, "en")


def test_no_words_are_left_over() -> None:
    assert set(command._HEADS) <= SHOWN
    assert command._WORDS["zh"].keys() == command._WORDS["en"].keys()
    source = (REPOSITORY / "etl" / "hazards.py").read_text(encoding="utf-8")
    said = source[source.index("@app.command") :]
    used = set(re.findall(r"\W['\"](\w+)['\"]", said)) | set(command.OF_ONE)
    assert set(command._WORDS["en"]) <= used


def _codes(name: str, heading: str) -> set[str]:
    return set(feed(name).columns[heading].codes.values())


def _states() -> set[str]:
    path = REPOSITORY / "warehouse" / "seeds" / "hazard_transition.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row[name] for row in csv.DictReader(file) for name in ("from_hazard_state", "to_hazard_state")}


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (terms.CATEGORIES, set(hazards.CATEGORIES)),
        (terms.LISTS, set(hazards.LISTS)),
        (terms.STATES, _states()),
        (terms.REFUSALS, set(re.findall(r"then '(\w+)'", sql.render("core.hazard_state").sql))),
        (terms.RESULTS, _codes("hazard_check", "复核结果")),
        (terms.STAGES, _codes("hazard_photo", "stage")),
        (terms.GRADES, _codes("hazard", "隐患等级")),
        (terms.WORKS, _codes("road_works", "工程类别") | {"small_works"}),
        (terms.UNITS, _codes("road_works", "计量单位") | {"junction"}),
    ],
)
def test_every_code_and_no_other_has_words(words: dict[str, tuple[str, str]], codes: set[str]) -> None:
    assert set(words) == codes
    for zh, en in words.values():
        assert re.search("[一-鿿]", zh)
        assert "_" not in en
