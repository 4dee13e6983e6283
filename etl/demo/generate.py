"""Everything a world delivers, into a folder: ``inbox/<feed>/<name>`` and, beside it, ``truth/``.

A topic is a module of this package with ``deliveries(world)`` and ``truth(world)``; a new one is found by
itself. The same world gives the same bytes, file times included.
"""

import importlib
import os
import pkgutil
from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq

import etl.demo
from etl.demo import writer
from etl.demo.world import Delivery, World
from etl.feeds import feed

BEIJING = timezone(timedelta(hours=8))


def topics() -> dict[str, ModuleType]:
    """Every topic module by name."""
    found = (importlib.import_module(f"etl.demo.{each.name}") for each in pkgutil.iter_modules(etl.demo.__path__))
    named = {module.__name__.rpartition(".")[2]: module for module in found if hasattr(module, "deliveries")}
    # Cases refer to passages, which are kept while they are delivered: passages come first.
    return dict(sorted(named.items(), key=lambda item: (item[0] != "passages", item[0])))


def generate(
    world: World, out: Path, only: tuple[str, ...] = (), tell: Callable[[str], None] = lambda text: None
) -> tuple[int, int]:
    """Write what ``world`` delivers and what is true; returns the number of files and of rows delivered.

    ``only``: names of topics; empty means all.
    """
    files = rows = 0
    for name, topic in topics().items():
        if only and name not in only:
            continue
        for delivery in topic.deliveries(world):
            put(out / "inbox", delivery)
            for kind, table in delivery.truth.items():
                _put_truth(out / "truth" / kind / f"{delivery.name.partition('.')[0]}.parquet", table)
            files += 1
            rows += delivery.table.num_rows if delivery.table is not None else 0
            tell(f"{name}: {delivery.name}")
        for kind, table in topic.truth(world).items():
            _put_truth(out / "truth" / f"{kind}.parquet", table)
    return files, rows


def put(inbox: Path, delivery: Delivery) -> Path:
    """Write a delivery under a hidden name and rename it; its time is ``delivery.at``."""
    data = delivery.data
    if data is None:
        assert delivery.table is not None
        data = writer.write(feed(delivery.feed), delivery.table, delivery.name)
    folder = inbox / delivery.feed
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = folder / f".{delivery.name}.part"
    temporary.write_bytes(data)
    at = delivery.at.replace(tzinfo=BEIJING).timestamp()
    os.utime(temporary, (at, at))
    os.replace(temporary, folder / delivery.name)
    return folder / delivery.name


def _put_truth(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")
