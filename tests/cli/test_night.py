"""A night on the command line, from an inbox to an explained number, as an operator would type it."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from passage_rows import delivery, row
from typer.testing import CliRunner, Result

from etl.cli import app
from etl.deliveries import inbox
from etl.errors import HengError
from etl.feeds import FEEDS
from warehouse.errors import WarehouseError
from warehouse.ledger import Ledger

DAYS = ("2026-11-23", "2026-11-24")


def passages(day: str, *changed: dict[str, str]) -> bytes:
    """Sixty good rows of a day and three far over the limit, two that cannot be accepted, and ``changed`` rows."""
    at = {"uploaded_at": f"{day} 23:59:59"}
    rows = [row(number, passed_at=f"{day} 09:00:{number - 1000:02d}", **at) for number in range(1000, 1060)]
    over = {"gross_vehicle_weight_kg": 25_000, "axle_1_load_kg": 9_000, "axle_2_load_kg": 16_000}
    rows += [row(2000 + n, passed_at=f"{day} 1{n}:00:00", check_no=f"YZ19-{day}-{n}", **at, **over) for n in range(3)]
    bad = [row(3000, passed_at=f"{day} 12:00:00", direction="north", **at), row(3001, passed_at=f"{day} 25:00:00")]
    return delivery(*rows, *bad, *changed)


def lay(feed: str, name: str, data: bytes | str) -> None:
    (inbox(feed) / name).write_bytes(data if isinstance(data, bytes) else data.encode(FEEDS[feed].format.encoding))


def register(feed: str, *rows: str) -> str:
    return "\n".join([",".join(FEEDS[feed].headings), *rows]) + "\n"


def heng(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def told(*words: object) -> dict | list:
    result = heng(*words, "--json")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two nights: the second brings the first day's bytes again, a reissue of it with a correction, and late rows."""
    patch = pytest.MonkeyPatch()
    state = tmp_path_factory.mktemp("night") / "heng"
    state.mkdir()
    patch.setenv("HENG_HOME", str(state))
    patch.setenv("HENG_STABLE_SECONDS", "0")
    lay("wim_site", "wim_site_20261101.csv",
        register("wim_site", "YZ19,YZ19 G207,YZ19 G207,431103,G207,2188.4,26.46,111.60,2023-01-01,"))  # fmt: skip
    lay("wim_lane", "wim_lane_20261101.csv", register("wim_lane", "YZ19,11,上行,1,YZ19-1,2023-01-01,"))
    for day in DAYS:
        lay("wim_passage", f"wim_passage_{day.replace('-', '')}.csv", passages(day))
    assert heng("nightly", "--date", DAYS[0]).exit_code == 0
    lay("wim_passage", "wim_passage_20261123_again.csv", passages(DAYS[0]))
    corrected = row(1005, passed_at=f"{DAYS[0]} 09:00:05", speed_kmh="61.0", uploaded_at=f"{DAYS[1]} 08:00:00")
    late = row(4000, passed_at="2026-11-21 10:00:00")
    lay("wim_passage", "wim_passage_20261123.csv", passages(DAYS[0], corrected, late))
    assert heng("nightly", "--date", DAYS[1]).exit_code == 0
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
    assert {"U-IMAGE", "U-SITE"} <= {one["code"] for one in record["unknown_conditions"]}
    assert "No pictures or video are delivered" in words


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


def test_the_report_of_a_night_accounts_for_every_delivery_and_row(night: Path) -> None:
    for day in DAYS:
        report = told("night", "--date", day)
        assert report["business_date"] == day
        assert report["deliveries"]
        for line in report["deliveries"]:
            assert line["difference_rows"] == 0
            assert line["delivered_rows"] == line["accepted_rows"] + line["quarantined_rows"]
            assert line["accepted_rows"] == line["current_count"] + line["repeated_count"] + line["superseded_count"]
            assert line["quarantined_rows"] == sum(line["reasons"].values())
        of_feed = {line["feed"]: line for line in report["feeds"]}
        assert of_feed["wim_passage"]["freshness"] == "on time"
        assert sum(line["received_count"] for line in report["feeds"]) == len(report["deliveries"])
        published = told(
            "sql",
            "select * replace (last_issue::varchar as last_issue) from meta.night_report"
            f" where business_date = '{day}' order by feed",
        )
        assert [{name: line[name] for name in line if name != "business_date"} for line in published] == [
            {name: of_feed[line["feed"]][name] for name in line if name != "business_date"} for line in published
        ]
        assert {line["feed"] for line in published} == of_feed.keys()
    receipts = [line["receipt_no"] for day in DAYS for line in told("night", "--date", day)["deliveries"]]
    with Ledger(night) as ledger:
        until = ledger.nights()[-1]["after_receipt"]
    assert sorted(receipts) == list(range(1, until + 1)), "each receipt belongs to one night"
    of_feed = {line["feed"]: line for line in told("night")["feeds"]}
    shown = ("received_count", "repeat_count", "reissue_count", "late_count", "superseded_count", "repeated_count")
    assert [of_feed["wim_passage"][name] for name in shown] == [3, 1, 1, 1, 1, 62]
    assert of_feed["wim_passage"]["reason_counts"] == "R-CODE 2, R-TIME 2"
    words = heng("night").stdout
    assert "night 2026-11-24: " in words
    assert "difference 0" in words
    assert "No night of 2026-11-20" in str(heng("night", "--date", "2026-11-20").exception)


def test_a_night_run_again_ends_with_its_report(night: Path) -> None:
    again = heng("nightly", "--date", "2026-11-24")
    assert "night 2026-11-24: " in again.stdout
    assert "missing: " in again.stdout
    assert told("nightly", "--date", "2026-11-24")["report"].startswith(told("night")["summary"].split(";")[0])


def test_a_changed_declaration_is_told_with_its_next_step_and_landed_anew(night: Path) -> None:
    before = heng("publish").stdout
    with Ledger(night) as ledger:
        ledger.connection.execute("update delivery set contract = 'older' where feed = 'wim_lane'")
    assert "heng land --again --feed wim_lane" in heng("status").stdout
    again = told("land", "--again", "--feed", "wim_lane")
    with Ledger(night) as ledger:
        assert len(again) == len(ledger.deliveries("wim_lane"))
    assert {row["state"] for row in again} == {"landed"}
    assert "--again" not in heng("status").stdout
    assert "without files" in str(heng("land", "--again").exception)
    assert heng("build", "--date", "2026-11-24").exit_code == 0
    assert re.findall(r"\w{12}$", heng("publish").stdout, re.MULTILINE)[0] in before


def test_replaying_all_takes_only_what_was_not_accepted(night: Path) -> None:
    with Ledger(night) as ledger:
        wanted = {
            row["delivery_id"][:12]
            for row in ledger.deliveries()
            if row["state"] == "stopped" or row["quarantined_rows"]
        }
        assert len(wanted) < len(ledger.deliveries())
    assert {row["delivery"] for row in told("quarantine", "replay", "all")} == wanted


def test_the_quarantine_is_a_table_with_its_details(night: Path) -> None:
    listed = heng("quarantine", "list", "--feed", "wim_passage").stdout
    heading = next(line for line in listed.splitlines() if "reason" in line)
    assert all(word in heading for word in ("delivery", "feed", "file", "line", "detail", "raw"))
    row = told("quarantine", "list", "--feed", "wim_passage")["rows"][0]
    assert row["reason"] in listed
    assert row["delivery"] in listed


def test_restoring_a_whole_instance_says_so(night: Path) -> None:
    assert told("restore")["landed"] == 0
    assert "0 faults" in heng("restore", "--check").stdout


def test_two_nights_are_given_back_by_the_archive_alone(
    night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert heng("build", "--date", DAYS[1]).exit_code == 0
    before, digest = told("night"), digest_served()
    state = tmp_path / "heng"
    shutil.copytree(night / "archive", state / "archive")
    monkeypatch.setenv("HENG_HOME", str(state))
    refused = heng("nightly", "--date", DAYS[1])
    assert isinstance(refused.exception, WarehouseError)
    assert "heng restore" in str(refused.exception)
    restored = heng("restore")
    assert restored.exit_code == 0, (restored.output, restored.exception)
    assert f"Next: heng build --date {DAYS[1]}" in restored.stdout
    assert heng("build", "--date", DAYS[1]).exit_code == 0
    assert digest_served() == digest
    assert told("night") == before


def digest_served() -> str:
    return re.findall(r"→ .* (\w{12})$", heng("publish").stdout, re.MULTILINE)[0]


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
