"""The report of a night: each receipt in one of them, every row accounted for, what is missing named."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from warehouse.errors import CheckFailed
from warehouse.night import Book, Night, freshness, nights, refuse_difference, summary
from warehouse.raw import RawTable

TABLES = [
    RawTable("daily", "event", {}, expected_every_days=1),
    RawTable("monthly", "list", {}, expected_every_days=31),
    RawTable("sometimes", "register", {}),
]


def landed(delivery_id: str, feed: str, day: str, rows: int, bad: int = 0, **other: Any) -> dict[str, Any]:
    return {
        "delivery_id": delivery_id, "feed": feed, "name": f"{feed}_{day}.csv", "issued_at": f"{day}|{day}T20:00:00",
        "state": "landed", "reason": None, "message": None, "delivered_rows": rows, "accepted_rows": rows - bad,
        "quarantined_rows": bad, "flagged_rows": 0,
    } | other  # fmt: skip


def receipts(*told: tuple[str, str, str, str]) -> list[dict[str, Any]]:
    return [
        {"receipt_no": number, "delivery_id": one, "feed": feed, "name": name, "received_at": "", "outcome": outcome}
        for number, (one, feed, name, outcome) in enumerate(told, 1)
    ]


BOOK = Book(
    deliveries=[
        landed("a", "daily", "2026-11-23", 10, 2),
        landed("b", "daily", "2026-11-24", 7, reason="D-LATE"),
        landed("c", "monthly", "2026-11-01", 5),
        landed("d", "sometimes", "2026-11-24", 1, state="stopped", reason="D-EMPTY", delivered_rows=None,
               accepted_rows=None, quarantined_rows=None, flagged_rows=None),
        landed("e", "daily", "2026-11-25", 3),
    ],
    receipts=receipts(
        ("c", "monthly", "monthly_2026-11-01.csv", "new"),
        ("a", "daily", "daily_2026-11-23.csv", "new"),
        ("a", "daily", "daily_2026-11-23_copy.csv", "D-REPEAT"),
        ("b", "daily", "daily_2026-11-24.csv", "D-REISSUE"),
        ("d", "sometimes", "sometimes_2026-11-24.csv", "new"),
        ("e", "daily", "daily_2026-11-25.csv", "new"),
    ),
    nights=[
        {"business_date": "2026-11-23", "after_receipt": 2},
        {"business_date": "2026-11-24", "after_receipt": 5},
        {"business_date": "2026-12-26", "after_receipt": 5},
    ],
    reasons=[{"delivery_id": "a", "outcome": "quarantine", "reason": "R-TIME", "row_count": 2}],
)  # fmt: skip
FATES = {"a": (8, 0, 0), "b": (5, 1, 1), "c": (5, 0, 0), "e": (3, 0, 0)}


def feed_of(night: Night, feed: str) -> dict[str, Any]:
    (line,) = [line for line in night.feeds if line["feed"] == feed]
    return line


def test_each_receipt_belongs_to_the_first_night_closed_after_it_and_the_rest_to_the_next() -> None:
    told = nights(TABLES, BOOK, FATES)
    assert [(night.business_date, [line["receipt_no"] for line in night.deliveries]) for night in told] == [
        (date(2026, 11, 23), [1, 2]),
        (date(2026, 11, 24), [3, 4, 5]),
        (date(2026, 12, 26), []),
        (None, [6]),
    ]


def test_a_feed_is_summed_with_its_outcomes_and_reasons() -> None:
    first, second, *_ = nights(TABLES, BOOK, FATES)
    of_first = feed_of(first, "daily")
    assert (of_first["delivered_rows"], of_first["accepted_rows"], of_first["quarantined_rows"]) == (10, 8, 2)
    assert of_first["reason_counts"] == "R-TIME 2"
    of_second = feed_of(second, "daily")
    shown = ("received_count", "repeat_count", "reissue_count", "late_count", "delivered_rows", "superseded_count")
    assert [of_second[name] for name in shown] == [2, 1, 1, 1, 7, 1]
    assert feed_of(second, "sometimes")["stopped_count"] == 1
    assert summary(second.feeds) == (
        "3 deliveries (1 repeated, 1 reissued, 1 late, 1 stopped); 7 rows delivered = 7 accepted + 0 quarantined;"
        " accepted = 5 current + 1 repeated + 1 superseded; difference 0; missing: nothing"
    )


def test_what_is_expected_and_did_not_come_is_named() -> None:
    *_, quiet, _ = nights(TABLES, BOOK, FATES)
    assert {line["feed"]: line["freshness"] for line in quiet.feeds} == {"daily": "missing", "monthly": "late"}
    assert summary(quiet.feeds).endswith("missing: daily, monthly")


@pytest.mark.parametrize(
    ("every", "last", "told"),
    [
        (1, "2026-11-24", "on time"),
        (1, "2026-11-23", "late"),
        (1, "2026-11-22", "missing"),
        (31, "2026-10-25", "on time"),
        (31, None, "missing"),
        (None, None, ""),
    ],
)
def test_a_feed_is_late_by_its_own_declaration(every: int | None, last: str | None, told: str) -> None:
    assert freshness(every, last, date(2026, 11, 24)) == told


@pytest.mark.parametrize("fate", [(7, 0, 0), (9, 0, 0), None], ids=["a row lost", "a row doubled", "nothing built"])
def test_rows_that_are_not_accounted_for_keep_a_build_from_being_published(fate: tuple[int, int, int] | None) -> None:
    fates = {name: counts for name, counts in FATES.items() if name != "a"} | ({"a": fate} if fate else {})
    with pytest.raises(CheckFailed, match=r"daily: rows of daily_2026-11-23\.csv \(a\) are not accounted for"):
        refuse_difference(nights(TABLES, BOOK, fates))
    refuse_difference(nights(TABLES, BOOK, FATES))


def test_the_same_list_again_is_an_arrival() -> None:
    again = {"receipt_no": 2, "delivery_id": "c", "feed": "monthly", "name": "monthly_2026-12-01.csv",
             "received_at": "2026-12-02 01:30:00", "outcome": "D-REPEAT"}  # fmt: skip
    first = receipts(("c", "monthly", "monthly_2026-11-01.csv", "new"))
    closed = [{"business_date": "2026-12-20", "after_receipt": 2}]

    def told(arrived: list[dict[str, Any]]) -> tuple[str, str | None]:
        book = Book([landed("c", "monthly", "2026-11-01", 5)], arrived, closed, [])
        line = next(line for line in nights(TABLES, book, FATES)[0].feeds if line["feed"] == "monthly")
        return line["freshness"], line["last_issue"]

    assert told(first) == ("late", "2026-11-01")
    assert told([*first, again]) == ("on time", "2026-12-02")


@pytest.mark.parametrize(
    ("rows", "told"), [(0, {"daily": "2026-11-23", "monthly": "2026-11-24"}), (4, {"daily": "2026-11-23"})]
)
def test_a_file_without_rows_is_the_report_of_each_feed_it_was_sent_to(rows: int, told: dict[str, str]) -> None:
    """Two feeds can have nothing to tell in the same bytes; rows that lie in one feed are no report of another."""
    receipt = receipts(("n", "daily", "daily_2026-11-23.json", "new"), ("n", "monthly", "monthly.json", "D-REPEAT"))
    receipt[1]["received_at"] = "2026-11-25 02:00:00"
    ended = [{"business_date": "2026-11-24", "after_receipt": 2}]
    night = nights(TABLES, Book([landed("n", "daily", "2026-11-23", rows)], receipt, ended, []), {})[0]
    assert {line["feed"]: line["last_issue"] for line in night.feeds if line["last_issue"]} == told


def test_a_row_lost_years_ago_keeps_a_build_from_being_published_too() -> None:
    closed = [*BOOK.nights, *({"business_date": f"{year}-01-01", "after_receipt": 6} for year in range(2027, 2600))]
    with pytest.raises(CheckFailed, match="not accounted for"):
        refuse_difference(nights(TABLES, replace(BOOK, nights=closed), FATES | {"a": (7, 0, 0)}))


def test_a_feed_that_is_not_declared_any_more_holds_nothing_up() -> None:
    told = nights(TABLES[1:], BOOK, {"c": (5, 0, 0), "a": (1, 0, 0)})
    refuse_difference(told)
    assert feed_of(told[0], "daily")["current_count"] is None
    assert "current" not in summary(told[0].feeds)
