"""Every declared feed: a new file in this folder with a ``FEED`` is one; nothing else is registered.

``HENG_FEEDS`` names a folder with declarations of one's own, written and read the same way.
"""

import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from pathlib import Path

from etl.contract import Feed
from etl.errors import UnknownFeed
from warehouse.raw import RawTable


def declarations(folders: Iterable[str], package: str) -> dict[str, Feed]:
    """The feeds declared in the folders of a package. A module whose name begins with ``_`` declares none."""
    names = sorted(found.name for found in pkgutil.iter_modules(list(folders)) if not found.name.startswith("_"))
    modules = [importlib.import_module(f"{package}.{name}") for name in names]
    return {module.FEED.name: module.FEED for module in modules}


def own(folder: Path) -> dict[str, Feed]:
    """The feeds declared in a folder outside the product; its modules import one another relatively."""
    if not folder.is_dir():
        raise FileNotFoundError(f"HENG_FEEDS: there is no folder {folder}. Name the folder of the declarations.")
    spec = ModuleSpec("own_feeds", None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    sys.modules.setdefault("own_feeds", importlib.util.module_from_spec(spec))
    return declarations([str(folder)], "own_feeds")


FEEDS: dict[str, Feed] = declarations(__path__, __name__)
if os.environ.get("HENG_FEEDS"):
    added = own(Path(os.environ["HENG_FEEDS"]))
    if doubled := sorted(set(added) & set(FEEDS)):
        raise ValueError(f"HENG_FEEDS: feeds of the product are declared again: {', '.join(doubled)}. Rename them.")
    FEEDS |= added


def feed(name: str) -> Feed:
    """The feed called ``name``; ``UnknownFeed`` names the ones there are."""
    if name not in FEEDS:
        raise UnknownFeed(name, list(FEEDS))
    return FEEDS[name]


def raw_tables() -> list[RawTable]:
    """What the warehouse needs to know of every feed."""
    return [declared.raw_table for declared in FEEDS.values()]
