"""The sample a new instance starts with: a tiny prefecture's last thirteen months and a few nights.

Shaped like the reference case: 11 counties, 30 sites, about 300,000 weighed trucks a year, some 3 % of them
over the limit. Everything follows from ``last_night`` and a fixed seed, so two instances show the same figures.
"""

import json
import os
from datetime import date, timedelta
from pathlib import Path

from etl.demo import passages
from etl.demo.generate import generate, put
from etl.demo.transmissions import name_of
from etl.demo.world import SCALES, World

SEED = 20261122
HISTORY_MONTHS = 13
MARKER = "demo.json"


def sample_world(last_night: date, nights: int, traffic: float) -> World:
    """The world of the sample: ``HISTORY_MONTHS`` whole months and more before the nights."""
    history_end = last_night - timedelta(days=nights)
    months = history_end.year * 12 + history_end.month - HISTORY_MONTHS
    first = date(months // 12, months % 12 + 1, 1)
    return World(SEED, SCALES["tiny"], first, last_night, nights, traffic)


def deliver(home: Path, last_night: date, nights: int = 3, scale: float = 1.0) -> list[date]:
    """Put the sample's deliveries into the inbox, once; return the nights that have a file of their own.

    13 months of history in monthly files, then one file a night. ``scale`` multiplies the traffic.
    ``demo.json`` under ``home`` remembers what was delivered: later calls return the same nights and
    write nothing, but for one file: once the first night's file has been taken and another night is
    still to come, the sender's corrected version of it arrives under the same name.
    """
    marker = home / MARKER
    if marker.exists():
        return _deliver_again(home)
    world = sample_world(last_night, nights, scale)
    generate(world, home)
    _remember(home, {"demo": True, "seed": SEED, "last_night": str(last_night), "scale": scale,
                     "first_day": str(world.first_day), "nights": [str(night) for night in world.own_nights],
                     "reissued": False})  # fmt: skip
    return list(world.own_nights)


def _remember(home: Path, told: dict[str, object]) -> None:
    temporary = home / f".{MARKER}.part"
    temporary.write_text(json.dumps(told, indent=1), encoding="utf-8")
    os.replace(temporary, home / MARKER)


def _deliver_again(home: Path) -> list[date]:
    told = json.loads((home / MARKER).read_text(encoding="utf-8"))
    nights = [date.fromisoformat(night) for night in told["nights"]]
    inbox = home / "inbox" / "wim_passage"
    if len(nights) > 1 and not told["reissued"]:
        first, last = (name_of("wim_passage", night) for night in (nights[0], nights[-1]))
        if not (inbox / first).exists() and (inbox / last).exists():
            began = date.fromisoformat(told["first_day"])
            last_night = date.fromisoformat(told["last_night"])
            world = World(told["seed"], SCALES["tiny"], began, last_night, len(nights), told["scale"])
            put(home / "inbox", passages.reissue(world, nights[0]))
            _remember(home, {**told, "reissued": True})
    return nights
