"""The whole prefecture as files: the same each time, each taken by its feed, none lost on the way."""

import hashlib
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from etl.cli import app
from etl.demo import load
from etl.demo.generate import generate, topics
from etl.demo.world import SCALES, World
from etl.errors import HengError
from etl.feeds import FEEDS
from etl.parse import parse

LAST = date(2025, 12, 31)
DAYS = 62


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


def test_the_same_arguments_give_the_same_bytes_and_times(folder: Path, tmp_path: Path) -> None:
    generate(_world(), tmp_path)
    inbox, again = _files(folder / "inbox"), _files(tmp_path / "inbox")
    assert again == inbox
    truth = {name: digest for name, (digest, _) in _files(folder / "truth").items()}
    assert {name: digest for name, (digest, _) in _files(tmp_path / "truth").items()} == truth


def test_every_file_is_taken_by_its_feed_and_came_after_its_day(folder: Path) -> None:
    for path in (folder / "inbox").glob("*/*"):
        feed = FEEDS[path.parent.name]
        assert feed.takes(path.name), path
        issued = feed.issue_date(path.name)
        assert issued is None or issued <= LAST
    assert [each.day for each in load.staged(folder)] == sorted(each.day for each in load.staged(folder))


def test_no_delivery_of_a_prefecture_loses_a_row_or_is_refused(folder: Path, tmp_path: Path) -> None:
    for number, each in enumerate(load.staged(folder)):
        issued = f"{each.day}|{each.day + timedelta(days=1)}T00:40:00.000000"
        work = tmp_path / str(number)
        parsed = parse(FEEDS[each.feed], each.path, each.path.name, "0" * 64, issued, "2026-03-01 00:00:00", work)
        assert parsed.delivered == parsed.accepted + sum(parsed.quarantined.values()), each.path
        assert parsed.accepted, each.path
        parsed.close()


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
