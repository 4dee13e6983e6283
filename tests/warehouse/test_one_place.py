"""Facts that several parts need stand in one place: ends of cases, void codes, signs taken for each other, masks."""

import csv
import re

from etl.feeds import violation_screening
from warehouse import dossier_text, plate, repeat, sql
from warehouse.home import REPOSITORY


def _seed(name: str) -> list[dict[str, str]]:
    with (sql.PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_state_that_ends_a_case_has_a_reason_and_words() -> None:
    macro = (sql.PROJECT / "macros" / "is_ended.sql").read_text(encoding="utf-8")
    states = set(re.findall(r"'(\w+)'", macro))
    assert states == set(repeat.ENDED_STATES)
    assert {f"state.{state}" for state in states} <= set(dossier_text.catalogue())
    listed = [path for path in sql.PROJECT.rglob("*.sql") if "transferred_criminal" in path.read_text(encoding="utf-8")]
    assert [path.name for path in listed] == ["is_ended.sql"]


def test_every_void_code_of_the_feed_has_words() -> None:
    read = violation_screening.FEED.columns["作废原因"]
    assert set(read.codes.values()) == {row["void_code"] for row in _seed("void_code")}


def test_plates_that_eyes_take_for_each_other_are_those_of_the_seed() -> None:
    pairs = {(read, true) for read, signs in plate.alike().items() for true in signs}
    assert pairs == {(row["read_sign"], row["true_sign"]) for row in _seed("plate_confusion")}


def test_plates_are_masked_in_one_place() -> None:
    """The other mask is that of certificates."""
    paths = [path for name in ("dashboards", "etl", "warehouse") for path in (REPOSITORY / name).rglob("*.py")]
    masking = {path.name for path in paths if "·***{" in (text := path.read_text(encoding="utf-8")) or "'·***'" in text}
    assert masking == {"plate.py", "repeat_terms.py"}
    assert plate.masked("湘M12322") == "湘M·***22"
