"""Hazards of a prefecture as tables of an open database, as a published version serves them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb
import landed
from landed import Tables

from etl.demo import hazards, safety, supervision
from etl.demo.world import Delivery, World
from etl.feeds import raw_tables
from warehouse import sql

FEEDS = ("hazard", "hazard_check", "hazard_event", "hazard_photo", "listing", "road_works", "safety_penalty",
         "small_works")  # fmt: skip
MODELS = (
    "core.hazard_life", "staging.hazard_check", "staging.hazard_photo", "staging.listing", "staging.road_works",
    "staging.safety_penalty", "staging.small_works",
)  # fmt: skip


class Served(Tables):
    """Built tables as a version serves them."""

    version = 3

    def __init__(self, connection: duckdb.DuckDBPyConnection, until: date) -> None:
        super().__init__(connection)
        self.manifest: dict[str, Any] = {"data_until": str(until)}


def deliveries(world: World) -> list[Delivery]:
    topics = (hazards, safety, supervision)
    return [one for topic in topics for one in topic.deliveries(world) if one.feed in FEEDS]


def build(found: Iterable[Delivery]) -> duckdb.DuckDBPyConnection:
    """The tables that hazards are told from, with these deliveries landed."""
    connection, by_feed = duckdb.connect(), dict[str, list[Delivery]]()
    for delivery in found:
        by_feed.setdefault(delivery.feed, []).append(delivery)
    for table in raw_tables():
        if table.name in by_feed:
            landed.without_bytes(connection, table, by_feed[table.name])
    sql.run_models(connection, raw_tables(), names=MODELS)
    return connection
