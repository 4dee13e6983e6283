"""The report of a night: what came, what is missing, and what became of every delivered row.

A receipt belongs to the first night closed after it, so each belongs to one report; those after the last night
wait for the next. The rows of a delivery count in the night of its first receipt as what it is now; the same
bytes again are a repeat and bring no rows. Conservation: delivered = accepted + quarantined, and accepted = current +
repeated + superseded, whose two sides the reports compare (``difference_rows``).
"""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from warehouse.errors import CheckFailed
from warehouse.ledger import Ledger
from warehouse.raw import RawTable

REPORTED_NIGHTS = 400
"""Nights whose lines a version shows (``meta.night_report``): a year and a month. All are held to account."""

Fates = tuple[int, int, int]
"""Current, repeated and superseded rows of a delivery (``mart.row_fate``)."""

COUNTS = (
    "received_count", "repeat_count", "reissue_count", "late_count", "stopped_count",
    "delivered_rows", "accepted_rows", "quarantined_rows", "flagged_rows",
    "current_count", "repeated_count", "superseded_count", "difference_rows",
)  # fmt: skip


@dataclass(frozen=True)
class Book:
    """What the ledger tells of arrivals. Read it within ``Ledger.one_moment``."""

    deliveries: list[dict[str, Any]]
    receipts: list[dict[str, Any]]
    nights: list[dict[str, Any]]
    reasons: list[dict[str, Any]]

    @staticmethod
    def of(ledger: Ledger) -> "Book":
        return Book(ledger.deliveries(), ledger.receipts(), ledger.nights(), ledger.reasons())


def freshness(every_days: int | None, last: str | None, night: date | None) -> str:
    """``on time``, ``late`` or ``missing`` (D-MISSING) as of a night; empty where nothing is expected.

    ``last``: day of the newest issue that landed, or of the last time its bytes came again; ISO.
    """
    if every_days is None or night is None:
        return ""
    if last is None:
        return "missing"
    age = (night - date.fromisoformat(last)).days
    return "on time" if age < every_days else ("late" if age < 2 * every_days else "missing")


@dataclass(frozen=True)
class Night:
    """A closed night; ``business_date`` None: what came since the last one."""

    business_date: date | None
    deliveries: list[dict[str, Any]]
    """One line per receipt, in order: the receipt, the delivery's ``state``, ``reason`` and ``message``, ``COUNTS``
    and ``reasons`` (quarantined rows by code). A repeat has no rows. Fates that are not known are None."""
    feeds: list[dict[str, Any]]
    """One line per feed that delivered or is expected: ``COUNTS`` summed, ``freshness`` as of the night,
    ``reason_counts``."""


def nights(raw_tables: Sequence[RawTable], book: Book, fates: Mapping[str, Fates | None]) -> list[Night]:
    """Every closed night in the order of their closing, then what came since.

    A landed delivery that ``fates`` does not name has no rows that count; None says that nobody knows yet.
    """
    expected = {table.name: table.expected_every_days for table in raw_tables}
    known: dict[str, Fates | None] = {
        row["delivery_id"]: fates.get(row["delivery_id"], (0, 0, 0)) if row["feed"] in expected else None
        for row in book.deliveries  # nothing is built of a feed that is not declared any more
    }
    lines = _lines(book, known)
    newest: dict[str, str] = {}
    of_delivery = {row["delivery_id"]: row for row in book.deliveries}
    told: list[Night] = []
    at = 0
    spans = [(date.fromisoformat(night["business_date"]), night["after_receipt"]) for night in book.nights]
    last_night = max((day for day, _ in spans), default=None)
    for day, until in [*spans, (None, sys.maxsize)]:
        first = at
        while at < len(lines) and lines[at]["receipt_no"] <= until:
            delivery, feed = of_delivery.get(lines[at]["delivery_id"]), lines[at]["feed"]
            # Files without rows can be the same bytes in two feeds: each sender said that there was nothing.
            is_of_feed = delivery and (delivery["feed"] == feed or not delivery["delivered_rows"])
            if delivery and delivery["state"] == "landed" and is_of_feed:
                issued = delivery["issued_at"][:10]
                if lines[at]["outcome"] == "D-REPEAT":  # a list without news is the same bytes again: it came
                    as_of = day or last_night
                    came = lines[at]["received_at"][:10]
                    issued = max(issued, min(came, as_of.isoformat()) if as_of else came)
                newest[feed] = max(newest.get(feed, issued), issued)
            at += 1
        of_night = lines[first:at]
        told.append(Night(day, of_night, _feed_lines(expected, newest, of_night, day, day or last_night)))
    return told


def _lines(book: Book, fates: Mapping[str, Fates | None]) -> list[dict[str, Any]]:
    of_delivery = {row["delivery_id"]: row for row in book.deliveries}
    reasons: dict[str, dict[str, int]] = defaultdict(dict)
    for row in book.reasons:
        if row["outcome"] == "quarantine":
            reasons[row["delivery_id"]][row["reason"]] = row["row_count"]
    seen: set[str] = set()
    lines = []
    for receipt in book.receipts:
        delivery_id = receipt["delivery_id"]
        delivery = of_delivery.get(delivery_id)
        line = dict(receipt) | dict.fromkeys(COUNTS, 0)
        line |= {"state": "", "reason": "", "message": "", "reasons": {}, "received_count": 1}
        line["reissue_count"] = int(receipt["outcome"] == "D-REISSUE")
        is_what_it_is = delivery and (receipt["feed"], receipt["name"]) == (delivery["feed"], delivery["name"])
        if delivery is None or delivery_id in seen or not is_what_it_is:
            line["repeat_count"] = int(receipt["outcome"] == "D-REPEAT")
        else:
            seen.add(delivery_id)
            line |= {name: delivery[name] or "" for name in ("state", "reason", "message")}
            line["late_count"] = int(delivery["reason"] == "D-LATE")
            line["stopped_count"] = int(delivery["state"] == "stopped")
            if delivery["state"] == "landed":
                _account(line, delivery, fates[delivery_id])
                line["reasons"] = reasons[delivery_id]
        lines.append(line)
    return lines


def _account(line: dict[str, Any], delivery: dict[str, Any], fate: Fates | None) -> None:
    for name in ("delivered_rows", "accepted_rows", "quarantined_rows", "flagged_rows"):
        line[name] = delivery[name]
    line["difference_rows"] = abs(line["delivered_rows"] - line["accepted_rows"] - line["quarantined_rows"])
    line["current_count"], line["repeated_count"], line["superseded_count"] = fate or (None, None, None)
    if fate:
        line["difference_rows"] += abs(line["accepted_rows"] - sum(fate))


def _feed_lines(
    expected: Mapping[str, int | None],
    newest: Mapping[str, str],
    lines: Sequence[dict[str, Any]],
    night: date | None,
    as_of: date | None,
) -> list[dict[str, Any]]:
    of_feed: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        of_feed[line["feed"]].append(line)
    told = []
    for feed in sorted({*of_feed, *(name for name, every in expected.items() if every is not None)}):
        reasons: dict[str, int] = defaultdict(int)
        for line in of_feed[feed]:
            for reason, count in line["reasons"].items():
                reasons[reason] += count
        told.append(
            {
                "business_date": night,
                "feed": feed,
                "freshness": freshness(expected.get(feed), newest.get(feed), as_of),
                "last_issue": newest.get(feed),
                **{name: _sum(line[name] for line in of_feed[feed]) for name in COUNTS},
                "reason_counts": ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items())),
            }
        )
    return told


def refuse_difference(told: Sequence[Night]) -> None:
    """Raise ``CheckFailed`` if delivered rows are not all accounted for, and name the first such delivery."""
    for night in told:
        for line in night.deliveries:
            if line["difference_rows"]:
                raise CheckFailed(
                    f"{line['feed']}: rows of {line['name']} ({line['delivery_id'][:12]}) are not accounted for: "
                    f"{line['delivered_rows']} delivered, {line['accepted_rows']} accepted, {line['quarantined_rows']} "
                    f"quarantined; {line['current_count']} current, {line['repeated_count']} repeated, "
                    f"{line['superseded_count']} superseded. Nothing was published. Run 'heng restore', then "
                    "'heng build --full'; if it stays, report it."
                )


def _sum(values: Any) -> int | None:
    """A sum; unknown if one part of it is."""
    known = list(values)
    return None if any(value is None for value in known) else sum(known)


def summary(feeds: Sequence[dict[str, Any]]) -> str:
    """A night's lines by feed in one line, for a log."""
    total = {name: _sum(feed[name] for feed in feeds) for name in COUNTS}
    absent = [feed["feed"] for feed in feeds if feed["freshness"] in ("late", "missing")]
    fate = (
        f" accepted = {total['current_count']:,} current + {total['repeated_count']:,} repeated"
        f" + {total['superseded_count']:,} superseded;"
        if total["current_count"] is not None
        else ""
    )
    return (
        f"{total['received_count']} deliveries ({total['repeat_count']} repeated, {total['reissue_count']} reissued,"
        f" {total['late_count']} late, {total['stopped_count']} stopped); {total['delivered_rows']:,} rows delivered ="
        f" {total['accepted_rows']:,} accepted + {total['quarantined_rows']:,} quarantined;{fate}"
        f" difference {total['difference_rows']}; missing: {', '.join(absent) or 'nothing'}"
    )
