"""A tiny prefecture of ninety days with what became of its passages and cases: what tests hold against its truth."""

from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import landed
import match_truth

from etl.demo.world import SCALES, World
from etl.feeds import raw_tables
from warehouse import sql

LAST = date(2025, 12, 31)
FIRST = LAST - timedelta(days=89)


class Handled(NamedTuple):
    """The world, the folder with its truth, and the tables of the funnel, of consistency and of the queue."""

    world: World
    folder: Path
    tables: landed.Tables


def made(folder: Path) -> Handled:
    world = World(7, SCALES["tiny"], FIRST, LAST, traffic=0.5)
    connection = match_truth.land(world, folder)
    models = (
        *match_truth.MODELS, "core.case_life", "core.case_measure", "core.case_pause", "mart.case_clock",
        "mart.overload_daily",
    )  # fmt: skip
    sql.run_models(connection, raw_tables(), names=models)
    return Handled(world, folder, landed.Tables(connection))
