"""The night: ingest every feed, build what changed, check, publish.

Airflow and ``heng nightly`` call the same functions.
"""

import logging
from dataclasses import dataclass, field
from datetime import date, timedelta

from etl.deliveries import now, receive_all
from etl.errors import DeliveryStopped
from etl.feeds import FEEDS, raw_tables
from etl.land import LandingResult, land
from warehouse import build as warehouse_build
from warehouse import publish as warehouse_publish
from warehouse.build import Build
from warehouse.home import home
from warehouse.ledger import Ledger
from warehouse.night import summary

log = logging.getLogger(__name__)


@dataclass
class Night:
    """What one night did."""

    business_date: date
    landed: list[LandingResult] = field(default_factory=list)
    stopped: list[DeliveryStopped] = field(default_factory=list)
    version: int | None = None
    report: str = ""


def yesterday() -> date:
    """The business date of tonight's run: the day before today in Beijing."""
    return now().date() - timedelta(days=1)


def build(business_date: date, full: bool = False, wait_seconds: float = 0) -> Build:
    """Close the night and build what changed since the published snapshot, privately; ``full``: every day.

    ``wait_seconds``: how long another build may go on before this one gives up (``Busy``).
    """
    with Ledger(home()) as ledger:
        ledger.close_night(business_date)
    built = warehouse_build.build(business_date, raw_tables(), full=full, wait_seconds=wait_seconds)
    log.info("night %s: %s", business_date, summary(built.night))
    return built


def publish(built: Build) -> int:
    """Publish a finished build; returns the version now served."""
    return warehouse_publish.publish(built)


def nightly(business_date: date) -> Night:
    """The whole night without Airflow. One refused delivery does not keep the others from landing."""
    night = Night(business_date)
    for delivery_id in receive_all(FEEDS, business_date):
        try:
            night.landed.append(land(delivery_id))
        except DeliveryStopped as stop:
            night.stopped.append(stop)
    built = build(business_date)
    night.version, night.report = publish(built), summary(built.night)
    return night
