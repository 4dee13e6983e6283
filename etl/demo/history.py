"""What the sample delivers from before its nights: ``python -m etl.demo.history land``, then ``… publish``.

Thirteen months of every feed are some hundred small files. Landed here, two at a time, they are in while Airflow
starts; as tasks of the first night each would wait for its turn. Published at once, they give the pages numbers while
the first night runs.
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context

from etl.deliveries import receive_all
from etl.demo.sample import MARKER
from etl.errors import DeliveryStopped
from etl.feeds import FEEDS
from etl.land import land
from etl.nightly import build, publish
from warehouse.home import home
from warehouse.publish import pointer

PROCESSES = 2


def last_day() -> date | None:
    """The day before the sample's nights; None where no sample was delivered."""
    marker = home() / MARKER
    nights = json.loads(marker.read_text(encoding="utf-8"))["nights"] if marker.exists() else []
    return date.fromisoformat(nights[0]) - timedelta(days=1) if nights else None


def publish_history() -> None:
    """A no-op once anything is published."""
    day = last_day()
    if day and pointer() is None:
        publish(build(day))


def land_history() -> None:
    """A no-op where no sample was delivered, or its history is landed already."""
    day = last_day()
    waiting = receive_all(list(FEEDS), day) if day else []
    if waiting:
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as workers:
            list(workers.map(land_or_leave, waiting))


def land_or_leave(delivery_id: str) -> None:
    """A delivery that is stopped is in the ledger; the night goes on."""
    try:
        land(delivery_id)
    except DeliveryStopped:
        pass


if __name__ == "__main__":
    os.umask(0o077)
    {"land": land_history, "publish": publish_history}[sys.argv[1]]()
