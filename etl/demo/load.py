"""A generated prefecture into the warehouse, month by month, as if the months had passed.

The deliveries of a month go into the inbox, are received and landed (two at a time, as the night does), and
the month is built and published. Memory is bounded by the largest delivery, never by the year.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

from etl.deliveries import inbox, receive_all
from etl.demo.generate import BEIJING
from etl.errors import DeliveryStopped, HengError
from etl.land import LandingResult, land
from etl.nightly import build, publish
from warehouse.home import home
from warehouse.ledger import Ledger

PROCESSES = 2


@dataclass
class Loaded:
    """What a load did. ``differences``: deliveries whose rows do not add up; there must be none."""

    files: int = 0
    delivered: int = 0
    accepted: int = 0
    quarantined: int = 0
    passages: int = 0
    stopped: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    """Deliveries counted: bytes that come again are landed anew where their earlier date says so, and are one."""
    land_seconds: float = 0.0
    build_seconds: float = 0.0
    version: int | None = None

    def take(self, result: LandingResult) -> None:
        if result.delivery_id in self.seen:
            return
        self.seen.add(result.delivery_id)
        self.files += 1
        self.delivered += result.delivered
        self.accepted += result.accepted
        self.quarantined += result.quarantined
        if result.feed.startswith("wim_passage"):
            self.passages += result.accepted
        if result.delivered != result.accepted + result.quarantined:
            self.differences.append(f"{result.feed}: {result.name}")


@dataclass(frozen=True)
class Staged:
    """A delivery that waits to be put into the inbox."""

    feed: str
    path: Path
    day: date


def staged(source: Path) -> list[Staged]:
    """Every delivery under ``source/inbox``, by the day it is about."""
    found = []
    for path in sorted((source / "inbox").glob("*/*")):
        came = datetime.fromtimestamp(path.stat().st_mtime, BEIJING).date()
        found.append(Staged(path.parent.name, path, came - timedelta(days=1)))
    return sorted(found, key=lambda each: (each.day, each.feed, each.path.name))


def by_month(deliveries: list[Staged]) -> Iterator[list[Staged]]:
    for _, month in groupby(deliveries, key=lambda each: (each.day.year, each.day.month)):
        yield list(month)


def require_empty() -> None:
    """An instance with deliveries of its own is no place for another prefecture."""
    with Ledger(home()) as ledger:
        if ledger.deliveries():
            raise HengError(
                f"{home()} holds deliveries already. Set HENG_HOME to a new folder, then run the command again."
            )


def load(
    batches: Iterable[list[Staged]], tell: Callable[[str], None] = lambda text: None, build_at_end: bool = False
) -> Loaded:
    """Load batches one after the other; each is built for the latest day it is about, or all together at the end."""
    done, until = Loaded(), date.min
    for batch in batches:
        until = max(until, *(each.day for each in batch))
        began = time.perf_counter()
        before = done.delivered
        for each in batch:
            os.replace(each.path, inbox(each.feed) / each.path.name)
        waiting = receive_all(sorted({each.feed for each in batch}))
        # Workers of a batch end with it: what they held is free for the build.
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as workers:
            for told in workers.map(_land, waiting):
                if isinstance(told, str):
                    done.stopped.append(told)
                else:
                    done.take(told)
        done.land_seconds += time.perf_counter() - began
        text = f"until {until}: {len(batch)} deliveries, {done.delivered - before:,} rows landed"
        if not build_at_end:
            _build(done, until)
            text += f" and built; version {done.version}"
        tell(f"{text}; differences {len(done.differences)}, stopped {len(done.stopped)}")
    if build_at_end:
        _build(done, until)
    return done


def _build(done: Loaded, until: date) -> None:
    began = time.perf_counter()
    done.version = publish(build(until))
    done.build_seconds += time.perf_counter() - began


def _land(delivery_id: str) -> LandingResult | str:
    try:
        return land(delivery_id)
    except DeliveryStopped as stop:
        return stop.message
