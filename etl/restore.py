"""Restoring: the archive gives everything back when the ledger, raw or quarantined rows are lost.

The archive holds the delivered bytes under their SHA-256, a sidecar beside each that says what they are, and
the journal of receipts and nights. From these the ledger is made anew in one transaction, and every delivery
without its accepted rows lands again. On a whole instance nothing happens. A killed restoration is run again.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from etl.deliveries import archive_path, sidecar_path, write_sidecar
from etl.errors import DeliveryStopped, UnknownFeed
from etl.feeds import feed as declared
from etl.land import ArchiveDamaged, is_intact, land, stop
from warehouse import journal
from warehouse.digest import file_digest
from warehouse.failpoint import failpoint
from warehouse.home import home
from warehouse.ledger import Ledger

TELL_EVERY = 1000
_TOLD = ("feed", "name", "size_bytes", "issued_at", "received_at")


@dataclass
class Restored:
    """What there was and what was made anew."""

    archived: int = 0
    """Deliveries in the archive."""
    recorded: int = 0
    """Of them, deliveries the ledger did not know."""
    receipts: int = 0
    nights: int = 0
    landed: int = 0
    stopped: int = 0
    damaged: list[str] = field(default_factory=list)
    """What is not as it was received, the first first; each with the next step."""
    last_night: str = ""


def restore(check_only: bool = False, tell: Callable[[str], None] = lambda _: None) -> Restored:
    """Verify the archive, then give the ledger and the accepted rows back what they lack.

    ``check_only`` changes nothing. ``tell`` is given a line now and then.
    Damaged bytes hold up no other delivery: what needs them is stopped (D-DAMAGED), until they are brought back.
    """
    done = Restored()
    told, intact = _verified(done, tell)
    if not check_only:
        _record(done, told)
        failpoint("restore.recorded")
        _land(done, intact, tell)
    return done


def _verified(done: Restored, tell: Callable[[str], None]) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """What the sidecars say by delivery, and the deliveries whose bytes are those that were delivered."""
    root = home() / "archive"
    sidecars = sorted(root.glob("[0-9a-f][0-9a-f]/*.json"))
    with Ledger(home(), behind=True) as ledger:
        known = {row["delivery_id"]: row for row in ledger.deliveries()}
    told: dict[str, dict[str, Any]] = {}
    intact: set[str] = set()
    for sidecar in sidecars:
        if said := _read_sidecar(sidecar):
            told[sidecar.stem] = said
        elif sidecar.stem not in known:
            _damaged(
                done, sidecar,
                "does not say what it stands beside. Bring it back from a backup, or have the file sent again",
            )  # fmt: skip
    for delivery_id in known.keys() - told.keys():
        told[delivery_id] = {name: known[delivery_id][name] for name in (*_TOLD, "told_sha256")}
    kept = journal.read(home())
    arrived = {receipt["delivery_id"]: receipt for receipt in kept.receipts.values()}
    named = sorted({*told, *arrived})
    for number, delivery_id in enumerate(named):
        if number and number % TELL_EVERY == 0:
            tell(f"{number:,} of {len(named):,} archived deliveries verified")
        said = told.get(delivery_id) or arrived[delivery_id]
        what = f"({said['feed']}: {said['name']})"
        if not is_intact(delivery_id):
            _damaged(
                done, archive_path(delivery_id),
                f"{what} is missing or has another SHA-256 than its name. Bring it back from a backup, or have the "
                "file sent again",
            )  # fmt: skip
            continue
        intact.add(delivery_id)
        if delivery_id not in told and not sidecar_path(delivery_id).exists():
            _damaged(
                done, sidecar_path(delivery_id),
                f"{what} is missing. Bring it back from a backup, or have the file sent again",
            )  # fmt: skip
    done.archived = len(told)
    for line in kept.damaged:
        _damaged(done, journal.journal_path(home()), f"line {line} cannot be read. Bring it back from a backup")
    return told, intact


def _damaged(done: Restored, path: Path, what: str) -> None:
    done.damaged.append(f"{path.relative_to(home())} {what}; then run 'heng restore'.")


def _read_sidecar(path: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return {name: said[name] for name in _TOLD} | {"told_sha256": said.get("told_sha256")}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _record(done: Restored, told: dict[str, dict[str, Any]]) -> None:
    """Give the ledger every delivery, receipt and night it lacks, in one transaction, and the archive what it lacks.

    An archive from before there was a journal tells no repeats and no nights: its deliveries have one receipt
    each, in the order in which they were received.
    """
    kept = journal.read(home())
    with Ledger(home(), behind=True) as ledger, ledger.transaction() as connection:
        for delivery_id, said in told.items():
            done.recorded += connection.execute(
                "insert or ignore into delivery (delivery_id, feed, name, size_bytes, issued_at, received_at, state,"
                " told_sha256) values (?, ?, ?, ?, ?, ?, 'archived', ?)",
                (delivery_id, *(said[name] for name in _TOLD), said["told_sha256"]),
            ).rowcount
        for receipt in sorted(kept.receipts.values(), key=lambda receipt: receipt["receipt_no"]):
            done.receipts += connection.execute(
                "insert or ignore into receipt values"
                " (:receipt_no, :delivery_id, :feed, :name, :received_at, :outcome)",
                receipt,
            ).rowcount
        for night in kept.nights.items():
            done.nights += connection.execute("insert or ignore into night values (?, ?)", night).rowcount
        unknown = connection.execute(
            "select delivery_id, feed, name, received_at from delivery"
            " where delivery_id not in (select delivery_id from receipt) order by received_at, delivery_id"
        ).fetchall()
        failpoint("restore.before_commit")
        for row in unknown:
            ledger.add_receipt(connection, row["delivery_id"], row["feed"], row["name"], row["received_at"], "new")
            done.receipts += 1
        for delivery_id, said in told.items():
            if _read_sidecar(sidecar_path(delivery_id)) is None:
                write_sidecar(delivery_id, said)
        ledger.mend_journal()
        done.last_night = str(ledger.last_night() or "")


def _land(done: Restored, intact: set[str], tell: Callable[[str], None]) -> None:
    """Land what waits in the archive, what lost an accepted or quarantined file, and what was stopped as damaged."""
    lost_accepted, lost_quarantined = _lost_rows()
    again = lost_accepted | (lost_quarantined & intact)  # rows that are there stay, whatever became of the bytes
    with Ledger(home()) as ledger:
        again |= {
            row["delivery_id"]
            for row in ledger.deliveries()
            if row["reason"] == "D-DAMAGED" and row["delivery_id"] in intact
        }
    tried: set[str] = set()
    while waiting := _waiting(again, tried):  # more may wait then: they shared a compacted day with a lost file
        left = len(waiting)
        for row in waiting:
            delivery_id = row["delivery_id"]
            try:
                if delivery_id in intact:
                    land(delivery_id, again=delivery_id in again)
                    done.landed += 1
                else:
                    damaged = ArchiveDamaged(row)
                    if stop(row, declared(row["feed"]), DeliveryStopped("D-DAMAGED", str(damaged))):
                        done.stopped += 1
                    else:  # sent again meanwhile, with its bytes
                        land(delivery_id)
                        done.landed += 1
            except DeliveryStopped:
                done.stopped += 1
            except UnknownFeed as error:
                done.damaged.append(f"{row['name']}: {error}")
            tried.add(delivery_id)
            left -= 1
            if left % 100 == 0:
                tell(f"{done.landed:,} landed, {done.stopped:,} stopped, {left:,} to go")


def _waiting(again: set[str], tried: set[str]) -> list[dict[str, Any]]:
    with Ledger(home()) as ledger:
        return [
            row
            for row in ledger.deliveries()
            if row["delivery_id"] not in tried and (row["state"] == "archived" or row["delivery_id"] in again)
        ]


def _lost_rows() -> tuple[set[str], set[str]]:
    """Landed deliveries with an accepted, and with a quarantined file that is not what the ledger names."""
    root = home()
    with Ledger(root) as ledger:
        accepted = {
            delivery_id
            for segment in ledger.segments()
            if _digest(root / segment.path) != segment.sha256
            for delivery_id in segment.deliveries
        }
        quarantined = {
            row["delivery_id"]
            for row in ledger.deliveries()
            if (path := row["quarantine_path"])
            # …-<first 16 digits of its SHA-256>.parquet
            and _digest(root / path)[:16] != Path(path).stem[-16:]
        }
    return accepted, quarantined


def _digest(path: Path) -> str:
    return file_digest(path) if path.is_file() else ""
