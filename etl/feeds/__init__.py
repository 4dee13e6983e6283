"""Every declared feed: a new file in this folder with a ``FEED`` is one; nothing else is registered."""

import importlib
import pkgutil

from etl.contract import Feed
from etl.errors import UnknownFeed
from warehouse.raw import RawTable

FEEDS: dict[str, Feed] = {
    module.FEED.name: module.FEED
    for module in (
        importlib.import_module(f"{__name__}.{found.name}")
        for found in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name)
    )
}


def feed(name: str) -> Feed:
    """The feed called ``name``; ``UnknownFeed`` names the ones there are."""
    if name not in FEEDS:
        raise UnknownFeed(name, list(FEEDS))
    return FEEDS[name]


def raw_tables() -> list[RawTable]:
    """What the warehouse needs to know of every feed."""
    return [declared.raw_table for declared in FEEDS.values()]
