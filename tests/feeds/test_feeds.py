"""One test for every declared feed: its sample in, its expected rows out, nothing lost in between.

``sample.*`` is invented and has the faults of the real deliveries, in the declared encoding.
``expected.csv`` has one line per line of the sample that delivers a record: ``accepted`` with its
flags and values, or ``quarantined`` with its reason and no values. After a deliberate change of a declaration,
``python tests/feeds/test_feeds.py <feed>`` writes it anew; read the difference before you commit it.
"""

import csv
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from etl.contract import Capture
from etl.feeds import FEEDS
from etl.parse import parse

FOLDER = Path(__file__).parent
ISSUED_AT = "2026-11-23|2026-11-24T00:40:00.000000"
RECEIVED_AT = "2026-11-24 02:00:00"


def _sample(feed_name: str) -> Path:
    found = sorted((FOLDER / feed_name).glob("sample.*"))
    assert len(found) == 1, f"{feed_name}: there is no tests/feeds/{feed_name}/sample.*; a feed needs one"
    return found[0]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(_text(one) or "-" for one in value)
    return str(value)


def _outcome(feed_name: str, work: Path) -> tuple[list[dict[str, str]], dict[str, int]]:
    # A sample is mostly faults: the share at which a real delivery stops does not apply.
    feed = replace(FEEDS[feed_name], quarantine_share_stop=1.0)
    sample = _sample(feed_name)
    parsed = parse(feed, sample, sample.name, "0" * 64, ISSUED_AT, RECEIVED_AT, work)
    names = list(feed.raw_columns)
    blank = dict.fromkeys(names, "")
    rows = [
        {"source_line": str(line), "outcome": "quarantined", "reason": reason, **blank}
        for line, reason in parsed.connection.execute("select source_line, reason from refused").fetchall()
    ]
    for line, flags, *values in parsed.connection.execute(
        f"select source_line, flags, {', '.join(names)} from landed"
    ).fetchall():
        told = dict(zip(names, map(_text, values), strict=True))
        rows.append({"source_line": str(line), "outcome": "accepted", "reason": flags, **told})
    counts = {
        "delivered": parsed.delivered,
        "accepted": parsed.accepted,
        "quarantined": sum(parsed.quarantined.values()),
    }
    parsed.close()
    return sorted(rows, key=lambda row: int(row["source_line"])), counts


@pytest.mark.parametrize("feed_name", FEEDS)
def test_the_sample_lands_as_expected(feed_name: str, tmp_path: Path) -> None:
    with (FOLDER / feed_name / "expected.csv").open(encoding="utf-8", newline="") as stream:
        expected = list(csv.DictReader(stream))
    rows, counts = _outcome(feed_name, tmp_path)
    assert rows == expected
    assert counts["delivered"] == counts["accepted"] + counts["quarantined"] == len(expected)


@pytest.mark.parametrize("feed_name", FEEDS)
def test_the_sample_has_good_rows_and_bad_ones(feed_name: str, tmp_path: Path) -> None:
    rows, counts = _outcome(feed_name, tmp_path)
    assert counts["accepted"] >= 3
    reasons = {row["reason"] for row in rows if row["outcome"] == "quarantined"}
    if isinstance(FEEDS[feed_name].format, Capture):
        assert reasons == {"R-FRAME", "R-SUBPACKAGE"}  # what breaks the protocol; tests/jt808 holds each way
    else:
        assert len(reasons) >= 4


def _write(feed_name: str) -> None:
    with tempfile.TemporaryDirectory() as work:
        rows, _ = _outcome(feed_name, Path(work))
    with (FOLDER / feed_name / "expected.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    for name in sys.argv[1:] or FEEDS:
        _write(name)
