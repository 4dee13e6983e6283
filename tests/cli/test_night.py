"""A night on the command line, from an inbox to an explained number, as an operator would type it."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from etl.cli import app
from etl.demo import deliver
from etl.errors import HengError
from warehouse.errors import WarehouseError

LAST = date(2026, 11, 24)


def heng(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def told(*words: object) -> dict | list:
    result = heng(*words, "--json")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The small demo, its two nights run."""
    patch = pytest.MonkeyPatch()
    state = tmp_path_factory.mktemp("night") / "heng"
    state.mkdir()
    patch.setenv("HENG_HOME", str(state))
    patch.setenv("HENG_STABLE_SECONDS", "0")
    deliver(state, LAST, nights=2, scale=0.1)
    for day in (23, 24):
        result = heng("nightly", "--date", f"2026-11-{day}", "--json")
        assert result.exit_code == 0, (result.output, result.exception)
        deliver(state, LAST, nights=2, scale=0.1)
    yield state
    patch.undo()


def test_a_number_leads_to_its_rows_and_a_row_to_its_line_and_rule(night: Path) -> None:
    number = told("explain", "over_count")
    assert number["value"] == number["numerator"] > 0
    counted = told(
        "sql", "select count(*) as n from core.passage where verdict = 'over' and passed_date >= '2026-11-01'"
    )
    assert counted == [{"n": number["value"]}]
    assert sum(rule["row_count"] for rule in number["rules"]) >= number["value"]
    row = number["rows"][0]
    record = told("explain", row["record_id"])
    assert record["record"]["rule_id"] == row["rule_id"]
    assert str(row["gross_vehicle_weight_kg"]).removesuffix(".0") in record["source"]["text"]
    archived = (night / record["source"]["archive"]).read_bytes()
    if record["source"]["file"].endswith(".gz"):
        import gzip

        archived = gzip.decompress(archived)
    line = archived.splitlines()[record["source"]["line"] - 1]
    assert line.decode() == record["source"]["text"]
    assert archived[record["source"]["byte_offset"] :].startswith(line)
    words = heng("explain", row["record_id"]).stdout
    assert f"line {record['source']['line']}" in words
    assert "Order No. 62" in words


def test_every_metric_is_explained_and_an_unknown_one_names_them(night: Path) -> None:
    for name in told("explain", "metrics")["metrics"]:
        result = heng("explain", name)
        assert result.exit_code == 0, (name, result.exception)
        assert "Leaves out" in result.stdout
    assert "overload_rate" in str(heng("explain", "nothing").exception)


def test_status_and_quarantine_agree_with_conservation(night: Path) -> None:
    status = told("status")
    assert status["published"]["data_until"] == "2026-11-24"
    feeds = {feed["feed"]: feed for feed in status["feeds"]}
    passages = feeds["wim_passage"]
    assert passages["delivered"] == passages["accepted"] + passages["quarantined"]
    assert passages["freshness"] == "on time"
    listed = told("quarantine", "list", "--feed", "wim_passage", "--limit", "1000")
    assert listed["total"] == len(listed["rows"]) == passages["quarantined"] > 0
    assert all(row["reason"] and row["raw"] and row["line"] > 1 for row in listed["rows"])
    fates = told("sql", "select sum(current_count + repeated_count + superseded_count) as n from mart.row_fate "
                 "where feed = 'wim_passage'")  # fmt: skip
    assert fates[0]["n"] == passages["accepted"]


def test_a_night_again_changes_nothing_and_a_full_rebuild_gives_the_same_digest(night: Path) -> None:
    before = heng("publish").stdout
    assert heng("nightly", "--date", "2026-11-24").exit_code == 0
    assert heng("publish").stdout == before
    assert told("quarantine", "replay", "all")
    assert heng("build", "--date", "2026-11-24", "--full").exit_code == 0
    digests = re.findall(r"→ +\d+ .* (\w{12})$", before + heng("publish").stdout, re.MULTILINE)
    assert len(digests) == 2
    assert len(set(digests)) == 1


def test_only_reading_is_possible_in_sql(night: Path) -> None:
    for query in (
        "drop table core.passage",
        "select 1; select 2",
        "copy (select 1) to 'x.csv'",
        "select * from nowhere",
    ):
        assert isinstance(heng("sql", query).exception, (HengError, WarehouseError)), query
    outside = heng("sql", "select * from read_text('/etc/hostname')")
    assert isinstance(outside.exception, (HengError, WarehouseError))


def test_housekeeping_keeps_the_served_version(night: Path) -> None:
    told("housekeeping")
    assert told("explain", "over_count")["value"] > 0
