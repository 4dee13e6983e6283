"""What a question about a night takes for granted: its day is the last one the night had data of, for every command as
for the pages; and what is typed wrongly is refused before anything of the night is computed."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prefecture import build_night, csv, deliver, passages
from random_nights import FIRST_NIGHT, NIGHTS, SEEDS, RandomNights
from test_lists_known import run
from typer.testing import CliRunner

from dashboards import as_known, case_facts, hazard_queries, queries
from etl import housekeeping
from etl.cli import app
from warehouse import known, known_answers
from warehouse.connection import snapshot
from warehouse.known import manifest_known_on, moment, raw_tables
from warehouse.publish import publish

LAST_OF_DATA, QUIET, LATER = date(2026, 3, 3), date(2026, 3, 5), date(2026, 3, 6)
PLATE = "湘M10001"


@pytest.fixture(scope="module")
def made(reference: Any, tmp_path_factory: pytest.TempPathFactory, instance: Callable[[Path], Path]) -> Path:
    """A night that brought a register alone, and one after it with passages of its own day."""
    home = tmp_path_factory.mktemp("nights-asked") / "heng"
    shutil.copytree(reference.home, home)
    instance(home)
    more = "湘M10005,2,Q,汽车列车,3,40000,2,0,0,示例运输5号,43115,2019-05-20,2019-05-20,"
    deliver(home, "vehicle", "vehicle_20260305.csv", csv("vehicle", [more]))
    publish(build_night(home, QUIET))
    deliver(home, "wim_passage", "wim_passage_20260306.csv", passages(str(LATER)))
    publish(build_night(home, LATER))
    return home


@pytest.fixture
def nights(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HENG_HOME", str(made))
    monkeypatch.setattr(queries, "source", snapshot)
    yield
    as_known.close_all()


def test_the_day_of_a_night_is_the_same_for_every_command_and_page(nights: None) -> None:
    asked = ["--known-on", str(QUIET)]
    commands = (
        ["cases", "list"], ["cases", "amounts"], ["hazards", "rate"], ["hazards", "bound"],
        ["repeat-violators", "--window", "ROLLING_12M"], ["safety-repeat"],
    )  # fmt: skip
    told = {" ".join(one): json.loads(run(*one, *asked, "--format", "json"))["as_of"] for one in commands}
    told["dossier"] = json.loads(run("dossier", PLATE, *asked, "--json"))["as_of"]
    told["explain"] = json.loads(run("explain", "overload_rate", *asked, "--json"))["scope"]["to"]
    offered = queries.known(snapshot())
    assert offered is not None
    assert offered.last_day == LATER
    for page in (case_facts, hazard_queries):
        choice, bad = page.choice_of({"known_on": str(QUIET)}, offered)
        assert not bad
        told[page.__name__] = str(choice.as_of)
    assert set(told.values()) == {str(LAST_OF_DATA)}, told
    for page in (case_facts, hazard_queries):
        assert page.choice_of({}, offered)[0].as_of == LATER


@pytest.mark.parametrize("seed", SEEDS)
def test_the_ledger_alone_tells_the_last_day_that_the_rows_of_a_night_are_about(
    random_nights: Callable[[int], RandomNights], seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "heng"
    shutil.copytree(random_nights(seed).home, home)
    monkeypatch.setenv("HENG_HOME", str(home))
    events = {table.name for table in raw_tables() if table.kind == "event"}
    for compacted in (False, True):
        if compacted:
            monkeypatch.setattr(housekeeping, "COMPACT_AFTER_DAYS", 0)
            assert housekeeping.run()["compacted_days"] >= 3
        for later in range(NIGHTS):
            night = date.fromordinal(FIRST_NIGHT.toordinal() + later)
            told = moment(night)
            days = [one.event_date for one in told.segments if one.feed in events and one.event_date <= told.night]
            assert manifest_known_on(night) == {
                "data_until": str(max(days)), "business_date": str(told.night), "known_on": str(told.night),
            }  # fmt: skip


PERIOD = ["--from", "2026-02-26", "--to", "2026-03-03"]
WRONG = (
    (["findings", *PERIOD, "--rows", "--fate", "hanged"], "There is no fate"),
    (["findings", "--from", "2026-03-03", "--to", "2026-02-26"], "Exchange the two"),
    (["findings", "--from", "2026-03-06", "--to", "2026-03-07"], "Ask as of a later day"),
    (["findings", *PERIOD, "--as-of", "2026-02-01"], "Ask as of a later day"),
    (["findings", *PERIOD, "--site", "YZ99"], "No site has the code"),
    (["hazards", "rate", "--by", "plate"], "There is no group 'plate'"),
    (["hazards", "bound", "--by", "plate"], "There is no group 'plate'"),
    (["hazards", "list", "--category", "ROAD"], "There is no category"),
    (["hazards", "rate", "--from", "soon"], "is not a date"),
    (["hazards", "rate", "--to", "soon"], "is not a date"),
    (["hazards", "rate", "--from", "2026-03-02", "--to", "2026-03-01"], "Exchange the two"),
    (["hazards", "rate", "--from", "2026-03-06"], "after the day asked for"),
    (["funnel", "--forecast", "4", "--as-of", "soon"], "is not a date"),
    (["consistency", "--from", "2026-03-03", "--to", "2026-02-26"], "before it begins"),
    (["consistency", "--from", "2026-03-03", "--to", "soon"], "is not a date"),
    (["funnel", "--forecast", "0"], "A forecast is of 1 to"),
    (["safety-repeat", "--as-of", "soon"], "is not a date"),
    (["dossier", PLATE, "--window", "decade"], "There is no window"),
    (["dossier", PLATE, "--basis", "whim"], "There is no basis"),
    (["dossier", PLATE, "--as-of", "soon"], "is not a date"),
    (["explain", "overload_rate", "--county", "430000"], "No county has the code"),
    (["explain", "overload_rate", "--site", "YZ99"], "No site has the code"),
    (["explain", "overload_rate", "--from", "2026-03-03", "--to", "2026-02-26"], "ends before it begins"),
)


@pytest.mark.parametrize(
    ("arguments", "says"), WRONG, ids=lambda part: " ".join(part) if isinstance(part, list) else ""
)
def test_what_is_typed_wrongly_is_refused_before_a_night_is_computed(
    nights: None, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    def computed(*_: Any, **__: Any) -> Any:
        raise AssertionError("computed")

    for module in (known, known_answers):
        monkeypatch.setattr(module, "known_on", computed)
    done = CliRunner().invoke(app, [*arguments, "--known-on", str(QUIET)])
    assert says in str(done.exception)


def test_a_place_there_is_not_is_refused_in_one_way(nights: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "known_on", None)
    for command in (["explain", "overload_rate"], ["why-changed", "overload_rate", "--from", str(LAST_OF_DATA)]):
        for option, says in (("--county", "No county has the code '9'"), ("--site", "No site has the code '9'")):
            assert says in str(CliRunner().invoke(app, [*command, option, "9"]).exception)
