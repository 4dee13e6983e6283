"""What a scheduled run needs besides the work itself: its date, its alarms, its colour.

No airflow here: a run is any object with ``partition_key`` and ``conf``.
"""

import json
import logging
from datetime import date
from typing import Any

from etl.errors import HengError
from etl.feeds import FEEDS
from warehouse.home import home
from warehouse.ledger import Ledger

log = logging.getLogger(__name__)


class NotReceived(HengError):
    """A run could not look into the inbox, so it has nothing to report."""


class LandingFailed(HengError):
    """Some deliveries of a run are not landed; the run is red, the night went on."""


def business_date(run: Any) -> date:
    """The day a run is about: its partition key, else ``business_date`` given to it, else yesterday in Beijing.

    Never the moment it runs: a backfilled or cleared run is about the same day as the first one.
    """
    told = run.partition_key or (run.conf or {}).get("business_date")
    if told:
        try:
            return date.fromisoformat(told)
        except ValueError:
            raise HengError(f"The run is for {told!r}, which is not a date. Trigger it with YYYY-MM-DD.") from None
    from etl.nightly import yesterday

    return yesterday()


def restates(feed_name: str, day: date, delivery_ids: list[str] | None) -> bool:
    """Whether what a run landed belongs to a night that was built already, so that it has to be built again.

    Raises ``NotReceived`` when the run could not receive: then the feed is not reported at all, and the
    night waits instead of taking a full disk for a silent feed.
    """
    if delivery_ids is None:
        raise NotReceived(
            f"{feed_name}: its deliveries of {day} were not received; see the task `receive`, then clear it."
        )
    if not delivery_ids:
        return False
    with Ledger(home()) as ledger:
        if FEEDS[feed_name].schedule is None:
            return ledger.last_night() is not None  # no night waits for it; the first one takes it along
        closed = ledger.connection.execute("select 1 from night where business_date = ?", (day.isoformat(),))
        return closed.fetchone() is not None


def last_night(run: Any) -> date:
    """The latest night that was built: building again restates what is there and opens no new night."""
    with Ledger(home()) as ledger:
        return ledger.last_night() or business_date(run)


def fail_for_stopped(feed_name: str, delivery_ids: list[str]) -> None:
    """Raise for the deliveries of a run that are not landed."""
    with Ledger(home()) as ledger:
        found = [ledger.delivery(delivery_id) for delivery_id in delivery_ids]
    left = [delivery for delivery in found if delivery is not None and delivery["state"] != "landed"]
    told = "; ".join(
        f"{delivery['name']}: {delivery['message'] or 'its landing failed, see the log of its task'}"
        for delivery in left
    )
    raise LandingFailed(
        f"{feed_name}: {len(left)} of {len(delivery_ids)} deliveries are not landed. {told} "
        "'heng status' lists them; 'heng quarantine replay <delivery>' tries one again."
    )


def deadline_missed(what: str, context: Any = None) -> None:
    """Called by Airflow when a run is not finished in time: one line in ``logs/alerts.jsonl``, and in its own log."""
    run = (context or {}).get("dag_run") or {}
    run_id = run.get("dag_run_id") or run.get("run_id") if isinstance(run, dict) else getattr(run, "run_id", None)
    message = f"{what} is not finished in time (run {run_id}). See its tasks in Airflow's pages."
    log.error(message)
    folder = home() / "logs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "alerts.jsonl").open("a", encoding="utf-8") as alerts:
        alerts.write(json.dumps({"what": what, "run": run_id, "message": message}, ensure_ascii=False) + "\n")
