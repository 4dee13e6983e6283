"""Dry runs on a vendor's file, before it is ever landed: nothing is archived, no state changes."""

import csv
import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, Any

from etl.deliveries import now, shown
from etl.errors import DeliveryStopped, HengError, Refused
from etl.feeds import FEEDS, raw_tables
from etl.feeds import feed as declared
from etl.parse import Parsed, parse, quote
from etl.status import as_text
from warehouse import sql
from warehouse.home import temporary

VERDICT_COLUMNS = (
    "source_line", "axle_count", "gross_vehicle_weight_kg", "limit_kg", "over_limit", "excess_kg", "rule_id", "flags",
)  # fmt: skip


@contextmanager
def _parsed(feed_name: str, path: Path, examples: int = 0) -> Iterator[Parsed]:
    feed = declared(feed_name)
    if not path.is_file():
        raise HengError(f"{feed_name}: there is no file {path}. Give the path of the vendor's file.")
    work = temporary("dryrun")
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        issued = feed.issue_date(path.name) or now().date()
        received = now().isoformat(sep=" ", timespec="seconds")
        parsed = parse(feed, path, path.name, digest, str(issued), received, work, examples)
        try:
            yield parsed
        finally:
            parsed.close()
    finally:
        shutil.rmtree(work, ignore_errors=True)


def check(feed_name: str, path: Path, examples: int = 5) -> dict[str, Any]:
    """Delivered, accepted, repeated, quarantined and flagged counts of a file, by reason.

    ``delivered = accepted + quarantined`` and ``accepted = current + repeated + superseded``.
    ``stopped`` holds code and message when the delivery would be refused as a whole. ``examples``: the first refused
    rows of each reason, as far as the file was read, with their bytes as text. ``capture``: frames and bytes of a
    capture by outcome. ``name_taken_by`` names the feeds whose inbox would take a file of this name; the content is
    checked whatever the name.
    """
    counts: dict[str, Any] = {
        "feed": feed_name,
        "file": path.name,
        "name_taken_by": sorted(feed.name for feed in FEEDS.values() if feed.takes(shown(path.name))),
        "names": declared(feed_name).files,
    }
    try:
        with _parsed(feed_name, path, examples) as parsed:
            quarantined = sum(parsed.quarantined.values())
            current = parsed.accepted - parsed.repeated - parsed.superseded
            return counts | {
                "sha256": parsed.delivery_id,
                "delivered": parsed.delivered,
                "accepted": parsed.accepted,
                "current": current,
                "repeated": parsed.repeated,
                "superseded": parsed.superseded,
                "quarantined": quarantined,
                "flagged": parsed.flagged_rows,
                "quarantined_by_reason": dict(sorted(parsed.quarantined.items())),
                "flagged_by_reason": dict(sorted(parsed.flagged.items())),
                "warned_by_reason": dict(sorted(parsed.warned.items())),
                "difference": parsed.delivered - parsed.accepted - quarantined,
                "capture": _frames(parsed.capture),
                "warning": parsed.warning,
                "stopped": None,
                "examples": _shown(feed_name, parsed.examples(examples)),
            }
    except DeliveryStopped as stop:
        return counts | {
            "stopped": {"reason": stop.reason, "message": stop.message},
            "examples": _shown(feed_name, stop.examples),
        }


def _frames(capture: dict[str, tuple[int, int]]) -> dict[str, dict[str, int]]:
    return {outcome: {"frames": frames, "bytes": size} for outcome, (frames, size) in capture.items()}


def _shown(feed_name: str, examples: Sequence[Refused]) -> list[dict[str, Any]]:
    return [
        {"source_line": line, "reason": reason, "detail": detail, "raw": as_text(feed_name, raw)}
        for line, reason, detail, raw in examples
    ]


def verdicts(feed_name: str, path: Path, law_on: date | None = None) -> list[dict[str, Any]]:
    """One verdict per accepted row of a file, in file order.

    Each row is judged by the law of its own date, or of ``law_on``. ``over_limit`` is true, false or
    review; repeated rows are judged too and carry the flag R-REPEAT, so the rows match the file.
    A dry run knows no register, so flags about evidence (E-) are left out.
    Keys: ``VERDICT_COLUMNS``. Source lines count from 1, the heading is line 1.
    """
    feed = declared(feed_name)
    if "gross_vehicle_weight_kg" not in feed.raw_columns:
        raise HengError(f"{feed_name} carries no weights, so there is nothing to judge. See 'heng feeds list'.")
    with _parsed(feed_name, path) as parsed:
        connection = parsed.connection
        columns = ", ".join(name for name in feed.raw_table.all_columns() if name not in ("record_id", "delivery_id"))
        # Every row is judged on its own: the line is its identity, so none is merged with another.
        connection.execute("create schema raw")
        connection.execute(
            f"""create table raw.{feed_name} as
            select cast(source_line as varchar) as record_id, {columns}, {quote(parsed.delivery_id)} as delivery_id,
                'current' as row_fate
            from landed"""
        )
        sql.run_models(
            connection, raw_tables(), sql.law_variables(law_on.isoformat() if law_on else None), ["core.passage"]
        )
        found = connection.execute(
            """
            select judged.source_line, judged.axle_count, judged.gross_vehicle_weight_kg, judged.limit_kg,
                case judged.verdict when 'over' then 'true' when 'within' then 'false' else 'review' end,
                judged.excess_kg, judged.rule_id, judged.flags, repeats.nth > 1
            from core.passage as judged
            join (
                select source_line, row_number() over (partition by record_id order by source_line) as nth from landed
            ) as repeats on repeats.source_line = judged.source_line
            order by judged.source_line"""
        ).fetchall()
    rows = []
    for *values, flags, is_repeat in found:
        codes = [code for code in flags.split(",") if code and not code.startswith("E-")] + ["R-REPEAT"] * is_repeat
        rows.append(dict(zip(VERDICT_COLUMNS, (*values, ",".join(sorted(codes))), strict=True)))
    return rows


def unverified(rows: list[dict[str, Any]]) -> list[str]:
    """Rules among the verdicts whose figures were not read in a legal text (confidence M or P)."""
    with (sql.PROJECT / "seeds" / "gross_weight_limit.csv").open(encoding="utf-8", newline="") as stream:
        confidence = {rule["rule_id"]: rule["confidence"] for rule in csv.DictReader(stream)}
    used = {row["rule_id"] for row in rows if row["rule_id"]}
    return sorted(rule for rule in used if not confidence[rule].startswith("C"))


def write_csv(rows: list[dict[str, Any]], stream: IO[str], columns: tuple[str, ...] = VERDICT_COLUMNS) -> None:
    """Verdict rows as CSV; an empty field is an unknown value."""
    writer = csv.DictWriter(stream, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
