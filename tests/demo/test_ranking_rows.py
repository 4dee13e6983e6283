"""From the numbers of the ranking to their rows, over a tiny prefecture: of every county and every enterprise, in every
cadence, the rows behind a link are as many as the rate is a share of, and of them as many are good as it counts."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import landed
import pytest
import ranking_rows
from landed import Tables

from dashboards import ranking_facts, terminal_facts, terminal_queries
from dashboards.ranking_facts import Choice
from etl.demo.generate import topics
from etl.demo.world import SCALES, Delivery, World
from etl.feeds import raw_tables
from warehouse import cases, repeat, score, sql

LAST = date(2025, 12, 31)
FIRST = LAST - timedelta(days=364)
EARLIER = date(2025, 11, 20)
TOPICS = ("cases", "hazards", "passages", "registers", "safety", "sites", "supervision", "terminals", "weighing")
PLACES = ("mart.overload_daily", "mart.site_day", "staging.wim_site")


class Served(Tables):
    """What a published version answers."""

    version = 5

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self.manifest = {"version": 5, "data_until": LAST.isoformat(), "business_date": LAST.isoformat()}


@pytest.fixture(scope="module")
def tiny() -> Iterator[Served]:
    small = World(7, SCALES["tiny"], FIRST, LAST, nights=0, traffic=0.1)
    by_feed: dict[str, list[Delivery]] = defaultdict(list)
    for topic in TOPICS:
        for one in topics()[topic].deliveries(small):
            if one.table is not None:  # bytes that no reader takes
                by_feed[one.feed].append(one)
    models = {*score.TABLES, *repeat.TABLES, *cases.TABLES, *terminal_queries.TABLES, *PLACES}
    models = {name for name in models if not name.startswith("seeds.")}
    connection = duckdb.connect()
    needed = {table.removeprefix("raw.") for name in sql.in_order(models) for table in sql.render(name).reads}
    for table in raw_tables():
        if table.name in by_feed and table.name in needed:
            landed.without_bytes(connection, table, by_feed[table.name])
    sql.run_models(connection, raw_tables(), names=sorted(models))
    yield Served(connection)
    connection.close()


@pytest.mark.parametrize("of", score.KEYS)
def test_every_rate_opens_as_many_rows_as_it_is_a_share_of(tiny: Served, of: str) -> None:
    seen: Counter[str] = Counter()
    for day, cadence in itertools.product((LAST, EARLIER), score.CADENCES):
        told = ranking_facts.ranking(tiny, Choice(day, LAST, cadence, of))
        for unit in told.units:
            for part, rate in unit.parts.items():
                href = ranking_facts.rows_of(told.asked, unit.code, part, is_registered=unit.code in told.register)
                assert (href is None) == (of == "enterprise" and part not in ranking_facts.HAZARD_LISTS
                                          and unit.code not in told.register)  # fmt: skip
                if href is None:
                    continue
                assert unit.code not in href or of == "county", "a code leads to a person"
                found = ranking_rows.behind(tiny, part, href)
                assert found == (rate.numerator, rate.denominator), (day, cadence, unit.code, part)
                seen[part] += rate.denominator
    parts = {city.part.name for city in told.parts} - set(terminal_facts.VEHICLE_KPIS)  # of captures none are here
    assert {part for part in parts if seen[part]} == parts, "every part has rows somewhere"
