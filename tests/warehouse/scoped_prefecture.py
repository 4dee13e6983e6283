"""A tiny prefecture as an instance: a month of every feed, landed, built and published, in eleven counties."""

from datetime import date, timedelta
from pathlib import Path

from direct_build import models_here

from etl.deliveries import receive_all
from etl.demo.generate import generate
from etl.demo.world import SCALES, World
from etl.feeds import FEEDS, raw_tables
from etl.land import land
from warehouse.build import build
from warehouse.ledger import Ledger
from warehouse.publish import publish

LAST = date(2025, 12, 31)


def make(home: Path) -> None:
    """``HENG_HOME`` is ``home``."""
    generate(World(7, SCALES["tiny"], LAST - timedelta(days=29), LAST, nights=0, traffic=0.1), home)
    for delivery_id in dict.fromkeys(receive_all(FEEDS)):
        land(delivery_id)
    with Ledger(home) as ledger:
        ledger.close_night(LAST)
    with models_here():
        publish(build(LAST, raw_tables()))
