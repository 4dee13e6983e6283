"""The whole prefecture as files: the same each time, each taken by its feed, none lost on the way."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from etl.cli import app
from etl.demo import load
from etl.demo.generate import BEIJING, generate, put, topics
from etl.demo.world import SCALES, Delivery, World
from etl.errors import HengError
from etl.feeds import FEEDS
from etl.parse import parse

LAST = date(2025, 12, 31)
DAYS = 62
SPOILED_COPIES = {"violation_screening", "enforcement_case", "case_event", "penalty_decision", "penalty_payment",
                  "case_handover"}  # fmt: skip
"""Feeds whose spoiled lines lie beside the good ones; elsewhere a spoiled line is one of the table's rows."""


def _world() -> World:
    return World(3, SCALES["tiny"], LAST - timedelta(days=DAYS - 1), LAST, nights=2, traffic=0.1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prefecture")
    files, rows = generate(_world(), out)
    assert files == len(list((out / "inbox").glob("*/*")))
    assert rows > 0
    return out


def _files(folder: Path) -> dict[str, tuple[str, float]]:
    return {
        str(path.relative_to(folder)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


ANEW = """
import sys
from datetime import date
from pathlib import Path
from etl.demo.generate import generate
from etl.demo.world import SCALES, World

first, last = map(date.fromisoformat, sys.argv[2:4])
generate(World(3, SCALES["tiny"], first, last, nights=2, traffic=0.1), Path(sys.argv[1]))
"""


def test_the_same_arguments_give_the_same_bytes_and_times(
    folder: Path, tmp_path: Path, elsewhere: Callable[..., str]
) -> None:
    elsewhere(ANEW, tmp_path, _world().first_day, _world().last_day)
    inbox, again = _files(folder / "inbox"), _files(tmp_path / "inbox")
    assert again == inbox
    truth = {name: digest for name, (digest, _) in _files(folder / "truth").items()}
    assert {name: digest for name, (digest, _) in _files(tmp_path / "truth").items()} == truth


def test_every_file_is_taken_by_its_feed_and_came_after_its_day(folder: Path) -> None:
    for path in (folder / "inbox").glob("*/*"):
        feed = FEEDS[path.parent.name]
        assert feed.takes(path.name), path
        issued = feed.issue_date(path.name)
        came = datetime.fromtimestamp(path.stat().st_mtime, BEIJING).date()
        assert came > (issued or LAST - timedelta(days=DAYS)), path
        assert issued is None or issued <= LAST
    assert [each.day for each in load.staged(folder)] == sorted(each.day for each in load.staged(folder))


def test_no_delivery_of_a_prefecture_loses_a_row_or_is_refused(tmp_path: Path) -> None:
    """Counted from the table a delivery was made of and the lines that were spoiled, not from what was read."""
    checked = 0
    for topic in topics().values():
        for each in topic.deliveries(_world()):
            feed, path = FEEDS[each.feed], put(tmp_path, each)
            issued = f"{each.day}|{each.at:%Y-%m-%dT%H:%M:%S.%f}"
            parsed = parse(
                feed, path, path.name, "0" * 64, issued, "2026-03-01 00:00:00", tmp_path / f"{each.name}.work"
            )
            assert parsed.delivered == parsed.accepted + sum(parsed.quarantined.values()), each.name
            if each.table is not None:
                assert parsed.delivered == each.table.num_rows + beside(each), each.name
                assert (parsed.warning == "D-NOROWS") == (parsed.delivered == 0), each.name
                checked += 1
            else:
                assert parsed.accepted, each.name
            parsed.close()
            path.unlink()
    assert checked > 100


def beside(delivery: Delivery) -> int:
    """Lines of a delivery beside the rows of its table: spoiled copies, where they do not replace a line."""
    spoiled = delivery.truth.get("damaged_line")
    if spoiled is None or delivery.feed not in SPOILED_COPIES:
        return 0
    return len(set(spoiled["source_line"].to_pylist()))


def test_the_truth_lies_apart_and_can_be_read(folder: Path) -> None:
    found = {
        path.relative_to(folder / "truth").parts[0].removesuffix(".parquet")
        for path in folder.glob("truth/**/*.parquet")
    }
    assert {"passage", "scale_fault", "cloned_plate", "planned_passage", "over_limit_passage", "damaged_line"} <= found
    passages = pq.read_table(folder / "truth" / "passage")
    assert passages.num_rows > 0
    assert {"check_no", "carried_plate_no", "true_gross_kg", "scale_error"} <= set(passages.column_names)


def test_every_topic_tells_what_is_true() -> None:
    assert {"passages", "sites", "foreign"} <= set(topics())
    assert all(hasattr(topic, "truth") for topic in topics().values())


def test_a_folder_with_files_in_it_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(app, ["demo", "generate", "--out", str(tmp_path), "--days", "1", "--scale", "tiny"])
    assert isinstance(result.exception, HengError)
    assert "is not empty" in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_scale_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "generate", "--out", str(tmp_path / "new"), "--scale", "planet"])
    assert "tiny, city, province" in str(result.exception)


@pytest.mark.parametrize(("end", "days"), [("2021-12-31", "365"), ("2021-09-30", "1"), ("2031-01-01", "1")])
def test_days_of_another_law_or_without_a_calendar_are_refused(tmp_path: Path, end: str, days: str) -> None:
    options = ["--out", str(tmp_path / "new"), "--scale", "tiny", "--end", end, "--days", days]
    result = CliRunner().invoke(app, ["demo", "generate", *options])
    assert isinstance(result.exception, HengError)
    assert "from 2021-10-01 on and the holidays up to 2030-12-31. Choose a span within" in str(result.exception)
    assert not (tmp_path / "new").exists()


def test_the_first_and_the_last_day_that_can_be_made_are_made(tmp_path: Path) -> None:
    for day in ("2021-10-01", "2030-12-31"):
        options = ["--out", str(tmp_path / day), "--scale", "tiny", "--end", day, "--days", "1"]
        result = CliRunner().invoke(app, ["demo", "generate", *options])
        assert result.exit_code == 0, result.exception


def test_a_year_is_not_loaded_into_an_instance_that_has_deliveries(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = next((folder / "inbox" / "wim_site").iterdir())
    load.require_empty()
    (home / "inbox" / "wim_site").mkdir(parents=True, exist_ok=True)
    (home / "inbox" / "wim_site" / site.name).write_bytes(site.read_bytes())
    load.receive_all(["wim_site"])
    with pytest.raises(HengError, match="holds deliveries already"):
        load.require_empty()
