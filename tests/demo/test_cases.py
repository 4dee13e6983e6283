"""The enforcement chain of a small prefecture, read back from its deliveries: figures, faults, truth."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from etl.demo import cases, illegal, weighing, writer
from etl.demo.screening import of_year
from etl.demo.world import Delivery, World, world
from etl.feeds import FEEDS
from etl.parse import parse
from warehouse import sql
from warehouse.raw import RawTable

FIRST, LAST = date(2025, 11, 27), date(2026, 11, 26)
TOPICS = (cases, illegal, weighing)


@pytest.fixture(scope="module")
def prefecture() -> World:
    """A year at the smallest scale, with fewer passages."""
    return world(7, "tiny", FIRST, LAST, nights=2, traffic=0.4)


@pytest.fixture(scope="module")
def delivered(prefecture: World) -> list[Delivery]:
    """All but the counties' lists of earlier months, each of which the last one holds."""
    every = [delivery for topic in TOPICS for delivery in topic.deliveries(prefecture)]
    return [one for one in every if one.feed != "illegal_operation_case" or one.day >= date(2026, 10, 31)]


@pytest.fixture(scope="module")
def landed(
    delivered: list[Delivery], tmp_path_factory: pytest.TempPathFactory
) -> tuple[duckdb.DuckDBPyConnection, dict[str, Counter[str]]]:
    """Staging of every feed after all deliveries, and what was quarantined of each delivery."""
    folder = tmp_path_factory.mktemp("landed")
    connection = duckdb.connect()
    rows: dict[str, list[pa.Table]] = {}
    refused: dict[str, Counter[str]] = {}
    for number, delivery in enumerate(sorted(delivered, key=lambda one: (one.at, one.name))):
        feed = FEEDS[delivery.feed]
        path = folder / delivery.name
        path.write_bytes(_bytes(delivery))
        issued = f"{feed.issue_date(delivery.name)}|{delivery.at:%Y-%m-%dT%H:%M:%S.%f}"
        parsed = parse(feed, path, path.name, f"{number:064d}", issued, f"{delivery.at}", folder / str(number))
        assert parsed.delivered == parsed.accepted + sum(parsed.quarantined.values())
        refused[delivery.name] = parsed.quarantined
        query = f"select *, '{number:064d}' as delivery_id from landed"
        rows.setdefault(delivery.feed, []).append(parsed.connection.sql(query).to_arrow_table())
        parsed.close()
        path.unlink()
    tables: list[RawTable] = [FEEDS[name].raw_table for name in rows]
    for table in tables:
        connection.register("arrived", pa.concat_tables(rows[table.name]))
        sql.create_raw(connection, table, "arrived")
        connection.unregister("arrived")
        connection.execute(f"create schema if not exists staging; create view staging.{table.name} as "
                           + sql.render(f"staging.{table.name}").sql)  # fmt: skip
    return connection, refused


def _bytes(delivery: Delivery) -> bytes:
    if delivery.data is not None:
        return delivery.data
    assert delivery.table is not None
    return writer.write(FEEDS[delivery.feed], delivery.table, delivery.name)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    return connection.execute(query).fetchall()[0][0]


def test_only_spoiled_lines_are_quarantined_with_the_reason_they_were_given(
    delivered: list[Delivery], landed: tuple[duckdb.DuckDBPyConnection, dict[str, Counter[str]]]
) -> None:
    expected: dict[str, Counter[str]] = {delivery.name: Counter() for delivery in delivered}
    for delivery in delivered:
        if "damaged_line" in delivery.truth:
            expected[delivery.name].update(delivery.truth["damaged_line"]["outcome"].to_pylist())
    # Sent a second time under another name, spoiled lines and all.
    for name in expected:
        if name.endswith("_again.ndjson"):
            expected[name] = expected[name.replace("_again", "")]
    assert landed[1] == expected
    assert sum(expected.values(), Counter()).keys() >= {"R-FIELDS", "R-NUMBER", "R-CODE", "R-AMOUNT", "R-IDNO"}


def test_every_feed_of_the_chain_is_delivered(delivered: list[Delivery]) -> None:
    assert {delivery.feed for delivery in delivered} == {
        "violation_screening", "enforcement_case", "case_event", "penalty_decision", "penalty_payment",
        "case_handover", "illegal_operation_case", "licence_action", "static_recheck", "wim_self_test", "loading_firm",
        "weighbridge_ticket", "video_link_status", "oversize_permit",
    }  # fmt: skip
    for delivery in delivered:
        assert FEEDS[delivery.feed].takes(delivery.name), delivery.name
        assert FEEDS[delivery.feed].issue_date(delivery.name) == delivery.day
        assert delivery.at.date() > delivery.day, delivery.name


def test_the_published_figures_of_a_year_come_out_in_proportion(
    prefecture: World, landed: tuple[duckdb.DuckDBPyConnection, Any]
) -> None:
    """3 % of 10,522 cases, 1,362 vehicles, nine million yuan, 36 permits and 24 certificates."""
    connection, _ = landed
    assert _one(connection, "select count(*) from staging.enforcement_case where filed_on is not null") == 316
    assert _one(connection, "select count(*) from staging.illegal_operation_case") == 41
    fines = _one(connection, "select sum(decided_fen) from staging.penalty_decision")
    others = _one(connection, "select sum(decided_fen) from staging.illegal_operation_case")
    assert fines + others == round(of_year(prefecture, cases.PENALTY_YUAN) / 50) * 5_000
    assert 740 * 100 < (fines + others) / (316 + 41) < 775 * 100
    lost = dict(connection.execute("select licence_action, count(*) from staging.licence_action group by 1").fetchall())
    assert (lost["deregistered"], lost["annulled"]) == (1, 1)
    looks = "select count(distinct check_no) from staging.violation_screening where screening_result = 'confirmed'"
    assert _one(connection, looks) > of_year(prefecture, 50_000)
    unlinked = "annual_tonnage_t >= 200000 and not (linked_to_city and linked_to_province)"
    assert _one(connection, f"select count(*) from staging.loading_firm where {unlinked}") == 0


def test_the_published_number_of_vehicles_has_exactly_three_counted_violations(
    prefecture: World, landed: tuple[duckdb.DuckDBPyConnection, Any]
) -> None:
    """Counted from the deliveries: decided, above 10 % without what scales may err by, trips within 24 hours merged.

    3 % of 400 is 12.
    """
    truth = cases.repeat_violators(prefecture).to_pylist()
    by_story = {row["story"]: row for row in truth}
    assert by_story["four_in_year"]["counted"] == 4
    assert (by_story["ten_per_cent"]["decided"], by_story["ten_per_cent"]["counted"]) == (3, 0)
    assert (by_story["above_ten_per_cent"]["decided"], by_story["above_ten_per_cent"]["counted"]) == (3, 0)
    assert by_story["ten_after_allowance"]["counted"] == 0
    assert by_story["above_ten_after_allowance"]["counted"] == by_story["after_24h"]["counted"] == 3
    assert by_story["within_24h"]["counted"] == by_story["at_24h"]["counted"] == 2
    assert sum(row["counted"] == 3 for row in truth) == prefecture.figure(400) == 12
    decided = dict(
        landed[0]
        .execute(
            "select plate_no, count(*) from staging.enforcement_case join staging.penalty_decision using (case_no)"
            " group by plate_no having count(*) > 2"
        )
        .fetchall()
    )
    assert decided == {row["plate_no"]: row["decided"] for row in truth if row["decided"] > 2}


def test_a_corrected_date_and_an_amended_amount_hold_in_the_end(
    prefecture: World, landed: tuple[duckdb.DuckDBPyConnection, Any]
) -> None:
    told = cases.truth(prefecture)["case"].to_pylist()
    filed = dict(landed[0].execute("select case_no, filed_on from staging.enforcement_case").fetchall())
    assert filed == {row["case_no"]: row["filed_on"] for row in told}
    assert any(row["filed_on_as_first_told"] for row in told)
    fen = dict(landed[0].execute("select case_no, decided_fen from staging.penalty_decision").fetchall())
    assert fen == {row["case_no"]: row["decided_fen"] for row in told if row["decided_on"]}
    before = "select count(*) from raw.enforcement_case where row_fate = 'superseded'"
    assert _one(landed[0], before) > 316, "cases come again with every step"


def test_what_happened_is_delivered_once(prefecture: World, landed: tuple[duckdb.DuckDBPyConnection, Any]) -> None:
    """Late payments come with the next delivery, letters again with their receipt; none is lost or doubled."""
    told = {**cases.truth(prefecture), **illegal.truth(prefecture), **weighing.truth(prefecture)}
    expected = {
        "penalty_payment": told["payment"].num_rows,
        "case_handover": told["handover"].num_rows - told["handover"]["sent_on"].null_count,
        "licence_action": told["licence_action"].num_rows,
        "oversize_permit": told["oversize_permit"].num_rows,
        "static_recheck": weighing.rechecks(prefecture).num_rows,
    }
    for name, count in expected.items():
        assert _one(landed[0], f"select count(*) from staging.{name}") == count, name
    money = "select sum(paid_fen), sum(surcharge_fen) from staging.penalty_payment"
    payments = told["payment"]
    assert landed[0].execute(money).fetchall() == [
        (sum(payments["paid_fen"].to_pylist()), sum(payments["surcharge_fen"].to_pylist()))
    ]
    kept = "select count(*) from staging.illegal_operation_case where case_no = ?"
    lost = told["illegal_operation_lost"]["case_no"][0].as_py()
    assert landed[0].execute(kept, [lost]).fetchall() == [(1,)], "a row that a county lost stays"


def test_steps_are_numbered_without_gaps_and_never_go_back(landed: tuple[duckdb.DuckDBPyConnection, Any]) -> None:
    broken = """
        select case_no from staging.case_event group by case_no
        having max(event_no) <> count(*) or list(event_at order by event_no) <> list(event_at order by event_at)"""
    assert landed[0].execute(broken).fetchall() == []
    assert _one(landed[0], "select count(distinct case_no) from staging.case_event") == _one(
        landed[0], "select count(*) from staging.enforcement_case"
    )


def test_hand_overs_fall_on_both_sides_of_the_seventh_working_day(prefecture: World) -> None:
    days = Counter(cases.truth(prefecture)["handover"]["working_days"].to_pylist())
    assert min(days[7], days[8], days[None]) > 0, "in time, a day late, and never written"


ANEW = """
import sys
from datetime import date
from hashlib import sha256
from etl.demo import cases, illegal, writer
from etl.demo.world import world
from etl.feeds import FEEDS

prefecture = world(7, "tiny", *map(date.fromisoformat, sys.argv[1:3]), nights=2, traffic=0.4)
for topic in (cases, illegal):
    for one in topic.deliveries(prefecture):
        if one.feed in ("penalty_payment", "licence_action"):
            data = one.data or writer.write(FEEDS[one.feed], one.table, one.name)
            print(one.name, sha256(data).hexdigest())
"""


def test_the_same_world_delivers_the_same_bytes(delivered: list[Delivery], elsewhere: Callable[..., str]) -> None:
    first = [
        f"{one.name} {sha256(_bytes(one)).hexdigest()}"
        for one in delivered
        if one.feed in ("penalty_payment", "licence_action")
    ]
    assert len(first) > 12
    assert elsewhere(ANEW, FIRST, LAST).splitlines() == first
