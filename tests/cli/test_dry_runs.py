"""What an analyst does with a vendor's file before it is landed: ``heng feeds check`` and ``heng verdicts``."""

import csv
import gzip
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from passage_rows import NAME, delivery, good, row
from typer.testing import CliRunner, Result

from etl.cli import app
from etl.errors import HengError
from etl.feeds import FEEDS

SAMPLES = Path(__file__).parents[1] / "feeds"


def heng(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def verdicts(*words: object) -> list[dict[str, str]]:
    result = heng("verdicts", *words, "--csv")
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


@pytest.fixture
def sample(tmp_path: Path) -> Callable[[str], Path]:
    """The feed's sample with one bad row left: as it is, it has more faults than a delivery may have."""

    def thinned(feed: str) -> Path:
        path = next((SAMPLES / feed).glob("sample.*"))
        with (SAMPLES / feed / "expected.csv").open(encoding="utf-8", newline="") as stream:
            outcome = {int(row["source_line"]): row["outcome"] for row in csv.DictReader(stream)}
        bad = [line for line, told in outcome.items() if told == "quarantined"]
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [text for line, text in enumerate(lines, 1) if line not in bad[1:]]
        target = tmp_path / path.name
        target.write_bytes(b"".join(kept))
        return target

    return thinned


Sample = Callable[[str], Path]


@pytest.mark.parametrize("feed", sorted(FEEDS))
def test_check_accounts_for_every_row(feed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A sample is mostly faults: the share at which a real delivery stops does not apply.
    monkeypatch.setitem(FEEDS, feed, replace(FEEDS[feed], quarantine_share_stop=1.0))
    with (SAMPLES / feed / "expected.csv").open(encoding="utf-8", newline="") as stream:
        expected = len(list(csv.DictReader(stream)))
    result = heng("feeds", "check", feed, next((SAMPLES / feed).glob("sample.*")), "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["stopped"] is None
    assert told["delivered"] == told["accepted"] + told["quarantined"] == expected
    assert told["quarantined"] >= 4
    assert told["accepted"] == told["current"] + told["repeated"] + told["superseded"]
    assert told["quarantined"] == sum(told["quarantined_by_reason"].values())


def test_check_of_a_refused_file_says_why_and_fails(tmp_path: Path) -> None:
    strange = tmp_path / "wim_site_20261101.csv"
    strange.write_text("编号,名字\n1,2\n", encoding="utf-8")
    result = heng("feeds", "check", "wim_site", strange, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["stopped"]["reason"] == "D-COLUMNS"


@pytest.mark.parametrize("good", [100, 0], ids=["one bad row", "stopped"])
def test_check_shows_bad_rows_in_the_feeds_own_encoding(tmp_path: Path, good: int) -> None:
    heading, *rows = (SAMPLES / "case_handover" / "sample.csv").read_bytes().decode("gb18030").splitlines()
    with (SAMPLES / "case_handover" / "expected.csv").open(encoding="utf-8", newline="") as stream:
        sound = next(int(row["source_line"]) for row in csv.DictReader(stream) if row["outcome"] == "accepted")
    lines = [heading, "局部", *[rows[sound - 2]] * good]
    path = tmp_path / "case_handover_20261101.csv"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("gb18030"))
    told = json.loads(heng("feeds", "check", "case_handover", path, "--json").stdout)
    assert (told["stopped"] is None) is bool(good)
    assert [row["raw"] for row in told["examples"] if row["source_line"] == 2] == ["局部"]


def test_check_of_a_file_with_too_many_bad_rows_shows_examples_of_each_reason(tmp_path: Path) -> None:
    path = tmp_path / NAME
    slow, north = [row(number, speed_kmh="fast") for number in range(20)], [row(50, direction="north")]
    path.write_bytes(delivery(*good(60), *slow, *north, b"\xff\xfe"))
    told = json.loads(heng("feeds", "check", "wim_passage", path, "--json").stdout)
    assert told["stopped"]["reason"] == "D-QUARANTINE"
    assert "for examples" in told["stopped"]["message"]
    assert Counter(row["reason"] for row in told["examples"]) == {
        "R-NUMBER": 5, "R-CODE": 1, "R-ENCODING": 1,
    }  # fmt: skip
    assert {row["raw"] for row in told["examples"] if row["reason"] == "R-ENCODING"} == {r"\xff\xfe"}
    shown = heng("feeds", "check", "wim_passage", path)
    assert shown.exit_code == 1
    assert "would be stopped" in " ".join(shown.stdout.split())
    assert "R-NUMBER" in shown.stdout


def test_check_of_a_file_that_is_refused_unread_has_no_examples(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(b"")
    assert json.loads(heng("feeds", "check", "wim_passage", path, "--json").stdout)["examples"] == []


def test_check_says_when_the_feed_would_not_take_the_name(tmp_path: Path, sample: Sample) -> None:
    named = sample("wim_site").rename(tmp_path / "wim_lane_20261101.csv")
    result = heng("feeds", "check", "wim_site", named)
    assert result.exit_code == 0, result.output
    assert "delivered" in result.stdout
    words = " ".join(result.stderr.split())
    assert "wim_site would not take a file called wim_lane_20261101.csv" in words
    assert re.search(r"It is a name of [\w, ]*wim_lane", words)
    told = json.loads(heng("feeds", "check", "wim_site", named, "--json").stdout)
    assert "wim_lane" in told["name_taken_by"]
    assert "wim_site" not in told["name_taken_by"]
    rightly = named.rename(tmp_path / "wim_site_20261101.csv")
    assert "would not take" not in heng("feeds", "check", "wim_site", rightly).stderr


def test_dry_runs_leave_no_trace(home: Path, sample: Sample) -> None:
    heng("feeds", "check", "motorway_passage", sample("motorway_passage"), "--json")
    verdicts("motorway_passage", sample("motorway_passage"))
    assert list(home.iterdir()) == []


def test_a_feed_without_weights_has_no_verdicts(sample: Sample) -> None:
    result = heng("verdicts", "wim_site", sample("wim_site"))
    assert isinstance(result.exception, HengError)
    assert "feeds list" in str(result.exception)


def test_another_day_of_law_can_be_asked_for(sample: Sample) -> None:
    own = verdicts("motorway_passage", sample("motorway_passage"), "--law-on", "2016-09-20")
    later = verdicts("motorway_passage", sample("motorway_passage"), "--law-on", "2016-09-21")
    assert {row["rule_id"] for row in own if row["limit_kg"]} <= {f"L2004-{axles}" for axles in range(2, 7)}
    assert not {row["rule_id"] for row in later} & {f"L2004-{axles}" for axles in range(2, 7)}
    changed = verdicts("motorway_passage", sample("motorway_passage"), "--law-on", "2016-09-20", "--changed")
    todays = verdicts("motorway_passage", sample("motorway_passage"))  # the sample's own days are of 2026
    differing = [a["source_line"] for a, b in zip(todays, own, strict=True) if a["over_limit"] != b["over_limit"]]
    assert [row["source_line"] for row in changed] == differing != []


class TestRealMotorwayDay:
    """Half a real day with the station's own labels (read where it is, never committed)."""

    @pytest.fixture
    def delivered(self, real: Callable[[str], Path]) -> Path:
        return real("wim/cn_wim_passes_2016-06-01_0000-1159.csv.gz")

    def test_every_positive_weight_gets_the_stations_own_label(self, delivered: Path) -> None:
        with gzip.open(delivered, "rt", encoding="utf-8") as stream:
            labelled = {line: row for line, row in enumerate(csv.DictReader(stream), 2)}
        judged = {int(row["source_line"]): row for row in verdicts("motorway_passage", delivered)}
        compared = Counter(
            (row["超重"], judged[line]["over_limit"]) for line, row in labelled.items() if int(row["总重（kg）"]) > 0
        )
        assert compared == {("正常", "false"): 10_097, ("超重", "true"): 794}
        zero = [line for line, row in labelled.items() if int(row["总重（kg）"]) == 0 and line in judged]
        assert len(zero) == 245
        assert {judged[line]["over_limit"] for line in zero} == {"review"}
        assert all("R-ZERO" in judged[line]["flags"] for line in zero)

    def test_the_twice_imported_hours_count_once(self, delivered: Path) -> None:
        told = json.loads(heng("feeds", "check", "motorway_passage", delivered, "--json").stdout)
        assert (told["delivered"], told["accepted"], told["quarantined"]) == (11_144, 11_136, 8)
        assert (told["current"], told["repeated"], told["superseded"]) == (8_881, 2_255, 0)
        assert told["difference"] == 0

    def test_the_rows_todays_rules_judge_differently_are_listed(self, delivered: Path) -> None:
        """By hand from Order No. 62 of 2016, art. 3: of an axle count the lowest and the highest limit, as the file
        tells no more of a vehicle. Between them it depends on the kind and the drive axles."""
        limits = {2: (18_000, 18_000), 3: (25_000, 27_000), 4: (31_000, 36_000), 5: (43_000, 43_000)}
        expected = {}
        with gzip.open(delivered, "rt", encoding="utf-8") as stream:
            for line, row in enumerate(csv.DictReader(stream), 2):
                low, high = limits.get(int(row["轴数（根)"]), (46_000, 49_000))
                if row["超重"] == "正常" and int(row["总重（kg）"]) > low:
                    expected[line] = "true" if int(row["总重（kg）"]) > high else "review"
        changed = verdicts("motorway_passage", delivered, "--law-on", "2026-11-01", "--changed")
        assert {int(row["source_line"]): row["over_limit"] for row in changed} == expected
        assert {row["over_limit_own_day"] for row in changed} == {"false"}
        assert Counter(expected.values()) == {"true": 225, "review": 99}
