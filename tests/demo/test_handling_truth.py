"""Handling of alarms, links and post checks of the fictional prefecture: what the models make of it is what is true."""

import gzip
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.demo import generate, platform, terminals
from etl.demo.world import World, world
from etl.feeds import FEEDS, raw_tables
from etl.parse import parse
from warehouse import kpi, sql

FIRST, LAST = date(2025, 12, 1), date(2025, 12, 31)
TOPICS = ("captures", "platform", "registers", "terminals")
READ = ("enterprise", "monitored_vehicle", "platform_link", "platform_poll", "terminal_alarm", "terminal_capture")
RECEIVED_AT = "2026-01-02 02:00:00"


class Prefecture:
    """Its deliveries, parsed and built without dbt; ``truth(name)``: the rows of a table of the truth."""

    def __init__(self, made: World, folder: Path) -> None:
        self.world, self._folder = made, folder
        generate.generate(made, folder, TOPICS)
        self.connection = duckdb.connect()
        for table in raw_tables():
            arrived = [self._accepted(path) for path in sorted((folder / "inbox" / table.name).glob("*"))]
            if table.name in READ:
                self.connection.register("arrived", pa.concat_tables(arrived))
            sql.create_raw(self.connection, table, "arrived" if table.name in READ else None)
        sql.run_models(self.connection, raw_tables(), names=[*kpi.TABLES, "mart.alarm_reach_day", "mart.alarm_burst"])

    def _accepted(self, path: Path) -> pa.Table:
        feed = FEEDS[path.parent.name]
        if feed.name not in READ:
            return pa.table({})
        issued = feed.issue_date(path.name) or LAST
        delivery = path.name.rjust(64, "0")
        parsed = parse(
            feed, path, path.name, delivery, f"{issued}|{issued}T08:00:00.000000", RECEIVED_AT,
            self._folder / "work" / path.name,
        )  # fmt: skip
        table = parsed.connection.sql("select * from landed").to_arrow_table()
        parsed.close()
        return table.append_column("delivery_id", pa.array([delivery] * table.num_rows))

    def read(self, query: str, params: Any = None) -> pd.DataFrame:
        return self.connection.execute(query, params or []).df()

    def truth(self, name: str) -> list[dict[str, Any]]:
        return pq.read_table(self._folder / "truth" / f"{name}.parquet").to_pylist()

    def spoiled(self, feed: str) -> set[tuple[str, int]]:
        """File and line of what never became a row of the feed."""
        return {
            (row["delivery"], row["source_line"])
            for path in (self._folder / "truth" / "damaged_line").glob(f"{feed}_*.parquet")
            for row in pq.read_table(path).to_pylist()
        }

    def spoiled_numbers(self, feed: str) -> set[str]:
        """What stands first in these lines."""
        texts = {
            name: gzip.decompress((self._folder / "inbox" / feed / name).read_bytes()).decode("gb18030").split("\n")
            for name, _ in self.spoiled(feed)
        }
        return {texts[name][line - 1].split(",")[0] for name, line in self.spoiled(feed)}

    def counted(self, name: str, level: str) -> dict[Any, tuple[Any, Any]]:
        rows = kpi.kpis(self, FIRST, LAST, level, None).query(f"kpi == '{name}'").to_dict("records")
        return {tuple(row[c] for c in kpi.LEVELS[level]): (row["numerator"], row["denominator"]) for row in rows}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Prefecture:
    return Prefecture(world(7, "tiny", FIRST - timedelta(days=9), LAST), tmp_path_factory.mktemp("handling"))


def test_every_alarm_of_the_captures_is_found_in_the_extract_or_missing_as_it_is(tiny: Prefecture) -> None:
    told = tiny.truth("wire_alarm")
    expected = Counter(
        (row["plate_no"], row["alarm_kind"], row["told_began_at"], row["alarm_began_at"])
        for row in told if row["told_began_at"]
    )  # fmt: skip
    found = tiny.connection.execute(
        "select plate_no, alarm_kind, alarm_began_at, wire_began_at, alarm_match from mart.alarm_handling"
        " where alarm_match in ('exact', 'near')"
    ).fetchall()
    assert Counter(row[:4] for row in found) == expected
    assert {row[4] for row in found} == {"exact", "near"}
    assert all((row[2] == row[3]) == (row[4] == "exact") for row in found)
    sums = "select sum(wire_alarm_count)::bigint, sum(reached_alarm_count)::bigint from mart.alarm_reach_day"
    assert tiny.connection.execute(sums).fetchall() == [(len(told), expected.total())]
    assert expected.total() < len(told)
    levels = tiny.connection.execute(
        "select alarm_level, sum(wire_alarm_count)::bigint from mart.alarm_reach_day group by alarm_level"
    ).fetchall()
    assert dict(levels) == Counter(row["alarm_level"] for row in told)


def test_bursts_are_those_that_were_planted_and_no_others(tiny: Prefecture) -> None:
    planted = [tuple(row.values()) for row in tiny.truth("alarm_burst")]
    assert len(planted) >= 3
    found = tiny.connection.execute(
        "select uscc, handling, burst_began_at, burst_ended_at, closed_alarm_count, closed_vehicle_count"
        " from mart.alarm_burst"
    ).fetchall()
    assert sorted(found) == sorted(planted)
    # Handled on a later night than some of the alarms began: newer versions of them make it.
    late = "select count(*) from mart.alarm_burst where first_alarm_began_at < event_date"
    assert tiny.connection.execute(late).fetchall()[0][0] > 0


def test_kpis_of_alarms_are_those_of_the_alarms_as_they_are_in_the_end(tiny: Prefecture) -> None:
    """Alarms that a spoiled line tells of are left out on either side: an older version of them may have come."""
    spoiled = tiny.spoiled_numbers("terminal_alarm")
    assert spoiled
    rows = [row for row in terminals.alarms(tiny.world).to_pylist() if row["alarm_no"] not in spoiled]
    tiny.connection.execute("delete from mart.alarm_handling where list_contains(?, alarm_no)", [sorted(spoiled)])
    instants = ("alarm_began_at", "alarm_ended_at", "handled_at", "appealed_at")
    known_until = max(row[name] for row in rows for name in instants if row[name])
    due_at = lambda row: row["alarm_began_at"] + timedelta(minutes=row["handle_within_min"])  # noqa: E731
    day_of = lambda row: (due_at(row) if due_at(row) <= known_until else row["alarm_began_at"]).date()  # noqa: E731
    of_month = [row for row in rows if FIRST <= day_of(row) <= LAST]
    due = [row for row in of_month if due_at(row) <= known_until]
    late = [row for row in due if row["handled_at"] is None or row["handled_at"] > due_at(row)]
    decided = Counter(row["appeal_result"] for row in of_month)
    assert tiny.counted("alarm_handling_rate", "city") == {(): (sum(bool(row["handled_at"]) for row in due), len(due))}
    assert tiny.counted("alarm_disposal_in_time", "city") == {(): (len(due) - len(late), len(due))}
    assert tiny.counted("supervision_rate", "city") == {(): (sum(row["is_supervised"] for row in late), len(late))}
    assert tiny.counted("appeal_rejection_rate", "city") == {
        (): (decided["rejected"], decided["rejected"] + decided["upheld"])
    }
    assert min(decided["rejected"], decided["upheld"], decided["pending"]) > 0
    of_vehicle = tiny.counted("alarm_handling_rate", "vehicle")
    assert sum(below for _, below in of_vehicle.values()) == len(due)


@pytest.mark.parametrize("level", ["city", "enterprise"])
def test_kpis_of_platforms_are_those_of_the_rows_that_arrived(tiny: Prefecture, level: str) -> None:
    arrived = set(tiny.connection.execute("select platform_no, link_from_at from raw.platform_link").fetchall())
    links, down = platform.links(tiny.world).to_pylist(), {}
    lost = [row for row in links if (row["platform_no"], row["link_from_at"]) not in arrived]
    assert len(lost) == len(tiny.spoiled("platform_link"))
    for row in links:
        if row not in lost and row["link_from_at"].date() >= FIRST and (level == "city" or row["uscc"]):
            key = () if level == "city" else (row["uscc"],)
            above, below = down.get(key, (0, 0))
            down[key] = (above + row["link_total_ms"] - row["link_down_ms"], below + row["link_total_ms"])
    found = tiny.counted("platform_connectivity", level)
    assert {key: part for key, part in found.items() if part != (0, 0)} == down


def test_answers_that_came_after_the_file_of_the_day_count(tiny: Prefecture) -> None:
    arrived = {number for (number,) in tiny.connection.execute("select poll_no from raw.platform_poll").fetchall()}
    rows = [row for row in platform.polls(tiny.world).to_pylist() if row["poll_no"] in arrived]
    known_until = max(row["replied_at"] or row["polled_at"] for row in rows)
    of_month = [row for row in rows if row["polled_at"].date() >= FIRST]
    due = [row for row in of_month if row["polled_at"] + timedelta(minutes=10) <= known_until]
    in_time = [
        row for row in due if row["replied_at"] and row["replied_at"] - row["polled_at"] <= timedelta(minutes=10)
    ]
    assert tiny.counted("poll_response_rate", "city") == {(): (len(in_time), len(due))}
    assert any(row["replied_at"] and row["replied_at"].date() > row["polled_at"].date() for row in due)
    assert datetime.combine(LAST, datetime.min.time()) < known_until
