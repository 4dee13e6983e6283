"""What the command line tells about the instance: feeds, deliveries, quarantine."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import duckdb

from etl.contract import Capture
from etl.deliveries import waiting, waits_for
from etl.errors import DeliveryStopped, HengError
from etl.feeds import FEEDS, raw_tables
from etl.feeds import feed as declared
from etl.jt808.words import PERSONAL_MESSAGES, SECRET_MESSAGES
from etl.land import ArchiveDamaged, land, result_of
from etl.parse import quote
from warehouse.connection import published_manifest, snapshot
from warehouse.errors import NoSnapshot
from warehouse.home import home
from warehouse.ledger import Ledger
from warehouse.night import Book, Fates, Night, nights

_SHOWN_BYTES, _HEADER_BYTES = 1024, 16
"""So much of a refused frame is shown: its beginning, or its flag and header."""


def status() -> dict[str, Any]:
    """Per feed: waiting, landed, stopped, freshness; what is published; which files are not whole, and why."""
    manifest = published_manifest()
    with Ledger(home()) as ledger, ledger.one_moment():
        book = Book.of(ledger)
        last_night = ledger.last_night()
    deliveries = book.deliveries
    arrived = {line["feed"]: line for line in nights(raw_tables(), book, {})[-1].feeds}
    feeds, unknown, held = [], [], []
    for feed in FEEDS.values():
        of_feed = [delivery for delivery in deliveries if delivery["feed"] == feed.name]
        landed = [delivery for delivery in of_feed if delivery["state"] == "landed"]
        takes, others = waiting(feed)
        unknown += [f"{feed.name}/{name}" for name in others]
        held += [{"feed": feed.name, "file": file.name, "why": why} for file in takes if (why := waits_for(feed, file))]
        line = arrived.get(feed.name, {})  # the feeds that are expected, or came since the last night
        feeds.append(
            {
                "feed": feed.name,
                "waiting": len(takes),
                "landed": len(landed),
                "stopped": sum(delivery["state"] == "stopped" for delivery in of_feed),
                "delivered": sum(delivery["delivered_rows"] for delivery in landed),
                "accepted": sum(delivery["accepted_rows"] for delivery in landed),
                "quarantined": sum(delivery["quarantined_rows"] for delivery in landed),
                "last_issue": line.get("last_issue") or max((row["issued_at"][:10] for row in landed), default=None),
                "freshness": line.get("freshness", ""),
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
        "held": held,
        "unknown_files": unknown,
    }  # fmt: skip


def night(business_date: date | None) -> Night:
    """The report of a closed night; of the last one without a date. Fates are those of the published version.

    Raises ``HengError`` if no such night was run.
    """
    with Ledger(home()) as ledger, ledger.one_moment():
        book = Book.of(ledger)
    told = nights(raw_tables(), book, _published_fates(book))
    closed = [night for night in told[:-1] if business_date in (None, night.business_date)]
    if not closed:
        known = ", ".join(row["business_date"] for row in book.nights[-5:]) or "none"
        raise HengError(f"No night of {business_date or 'any day'} was run. The last ones: {known}.")
    return max(closed, key=lambda night: str(night.business_date))


def _published_fates(book: Book) -> dict[str, Fates | None]:
    """Current, repeated and superseded rows of each delivery; None where nothing was built since it landed."""
    unknown: dict[str, Fates | None] = {row["delivery_id"]: None for row in book.deliveries}
    try:
        served = snapshot()
    except NoSnapshot:
        return unknown
    found = served.read(
        "select d.delivery_id, d.landed_at,"
        " coalesce(sum(f.current_count), 0)::bigint as current_count,"
        " coalesce(sum(f.repeated_count), 0)::bigint as repeated_count,"
        " coalesce(sum(f.superseded_count), 0)::bigint as superseded_count"
        " from meta.delivery as d left join mart.row_fate as f on f.delivery_id = d.delivery_id"
        " group by d.delivery_id, d.landed_at"
    )
    landed_at = {
        row["delivery_id"]: datetime.fromisoformat(row["landed_at"]) for row in book.deliveries if row["landed_at"]
    }
    for delivery_id, built, *fate in found.itertuples(index=False):
        if landed_at.get(delivery_id) == built:
            unknown[delivery_id] = (int(fate[0]), int(fate[1]), int(fate[2]))
    return unknown


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
            "raw": as_text(deliveries[delivery_id]["feed"], raw),
        }
        for delivery_id, line, offset, code, detail, raw in rows
    ], total


def as_text(feed_name: str, raw: bytes) -> str:
    """The kept bytes of a row in its feed's encoding; a workbook's and a Parquet file's rows are kept as JSON, the
    frames of a capture are shown in hexadecimal."""
    known = FEEDS.get(feed_name)
    if known and isinstance(known.format, Capture):
        return _frame_as_text(raw)
    return raw.decode((known.format.encoding if known else "") or "utf-8", "backslashreplace")


def _frame_as_text(raw: bytes) -> str:
    """A refused frame in hexadecimal; of messages that carry codes or names the header alone."""
    content = raw.strip(b"\x7e").replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    hidden = int.from_bytes(content[:2], "big") in SECRET_MESSAGES | PERSONAL_MESSAGES
    shown = raw[: _HEADER_BYTES if hidden else _SHOWN_BYTES]
    rest = len(raw) - len(shown)
    if not rest:
        return shown.hex()
    return f"{shown.hex()} … {rest:,} more bytes" + (", which may hold codes or names" if hidden else "")


def replay(prefix: str) -> list[dict[str, Any]]:
    """Land again: one delivery, or every delivery with quarantined rows or stopped (``all``)."""
    with Ledger(home()) as ledger:
        chosen = (
            [row for row in ledger.deliveries() if row["state"] == "stopped" or row["quarantined_rows"]]
            if prefix == "all"
            else [_delivery(prefix)]
        )
    return land_again(chosen)


def land_again(chosen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Land deliveries of the ledger anew under today's declaration; what became of each."""
    told = []
    for row in chosen:
        try:
            after = land(row["delivery_id"], again=True)
        except DeliveryStopped:
            after = result_of(row["delivery_id"])
        except ArchiveDamaged:  # what it accepted before stays
            after = replace(result_of(row["delivery_id"]), reason="D-DAMAGED")
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
