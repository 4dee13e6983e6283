"""What the command line tells about the instance: feeds, deliveries, quarantine."""

from datetime import date
from typing import Any

import duckdb

from etl.deliveries import waiting
from etl.errors import DeliveryStopped, HengError
from etl.feeds import FEEDS
from etl.feeds import feed as declared
from etl.land import land, result_of
from etl.parse import quote
from warehouse.connection import published_manifest
from warehouse.home import home
from warehouse.ledger import Ledger


def status() -> dict[str, Any]:
    """Per feed: waiting, landed, stopped, freshness; and what is published."""
    manifest = published_manifest()
    with Ledger(home()) as ledger:
        deliveries = ledger.deliveries()
        last_night = ledger.last_night()
    feeds, unknown = [], []
    for feed in FEEDS.values():
        of_feed = [delivery for delivery in deliveries if delivery["feed"] == feed.name]
        landed = [delivery for delivery in of_feed if delivery["state"] == "landed"]
        takes, others = waiting(feed)
        unknown += [f"{feed.name}/{name}" for name in others]
        last = max((delivery["issued_at"][:10] for delivery in landed), default=None)
        feeds.append(
            {
                "feed": feed.name,
                "waiting": len(takes),
                "landed": len(landed),
                "stopped": sum(delivery["state"] == "stopped" for delivery in of_feed),
                "delivered": sum(delivery["delivered_rows"] for delivery in landed),
                "accepted": sum(delivery["accepted_rows"] for delivery in landed),
                "quarantined": sum(delivery["quarantined_rows"] for delivery in landed),
                "last_issue": last,
                "freshness": freshness(feed.expected_every_days, last, last_night),
                "older_declaration": sum(delivery["contract"] != feed.digest for delivery in landed),
            }
        )
    return {
        "home": str(home()),
        "published": manifest
        and {key: manifest[key] for key in ("version", "data_until", "business_date")},
        "last_night": last_night,
        "feeds": feeds,
        "stopped": [
            {"delivery": delivery["delivery_id"][:12], "feed": delivery["feed"], "file": delivery["name"],
             "reason": delivery["reason"], "message": delivery["message"]}
            for delivery in deliveries if delivery["state"] == "stopped"
        ],
        "unknown_files": unknown,
    }  # fmt: skip


def freshness(every_days: int | None, last: str | None, night: date | None) -> str:
    """``on time``, ``late`` or ``missing`` (D-MISSING) as of the last night; empty where nothing is expected."""
    if every_days is None or night is None:
        return ""
    if last is None:
        return "missing"
    age = (night - date.fromisoformat(last)).days
    return "on time" if age < every_days else ("late" if age < 2 * every_days else "missing")


def _delivery(prefix: str) -> dict[str, Any]:
    with Ledger(home()) as ledger:
        found = ledger.find(prefix)
    if len(found) != 1:
        raise HengError(
            f"{len(found)} deliveries start with {prefix!r}. "
            "'heng quarantine list' and 'heng status --json' show their digests."
        )
    return found[0]


def quarantined(
    feed: str | None, delivery: str | None, reason: str | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """Quarantined rows with their bytes as text in the feed's encoding, and how many there are in all."""
    if feed:
        declared(feed)
    wanted = _delivery(delivery)["delivery_id"] if delivery else None
    with Ledger(home()) as ledger:
        deliveries = {
            row["delivery_id"]: row
            for row in ledger.deliveries(feed)
            if row["quarantine_path"] and wanted in (None, row["delivery_id"])
        }
    if not deliveries:
        return [], 0
    paths = ", ".join(quote(str(home() / row["quarantine_path"])) for row in deliveries.values())
    where = f"where reason = {quote(reason)}" if reason else ""
    with duckdb.connect() as connection:
        total = connection.execute(f"select count(*) from read_parquet([{paths}]) {where}").fetchall()[0][0]
        rows = connection.execute(
            f"select delivery_id, source_line, byte_offset, reason, detail, raw from read_parquet([{paths}]) {where}"
            f" order by delivery_id, source_line limit {int(limit)}"
        ).fetchall()
    return [
        {
            "delivery": delivery_id[:12],
            "feed": deliveries[delivery_id]["feed"],
            "file": deliveries[delivery_id]["name"],
            "line": line,
            "byte_offset": offset,
            "reason": code,
            "detail": detail,
            "raw": raw.decode(FEEDS[deliveries[delivery_id]["feed"]].format.encoding, "backslashreplace"),
        }
        for delivery_id, line, offset, code, detail, raw in rows
    ], total


def replay(prefix: str) -> list[dict[str, Any]]:
    """Land again: one delivery, or every delivery with quarantined rows or stopped (``all``)."""
    with Ledger(home()) as ledger:
        chosen = (
            [row for row in ledger.deliveries() if row["state"] == "stopped" or row["quarantined_rows"]]
            if prefix == "all"
            else [_delivery(prefix)]
        )
    told = []
    for row in chosen:
        try:
            after = land(row["delivery_id"], again=True)
        except DeliveryStopped:
            after = result_of(row["delivery_id"])
        told.append(
            {
                "delivery": after.delivery_id[:12],
                "feed": after.feed,
                "file": after.name,
                "state": after.state,
                "quarantined_before": row["quarantined_rows"],
                "quarantined": after.quarantined,
                "accepted": after.accepted,
                "reason": after.reason,
            }
        )
    return told
