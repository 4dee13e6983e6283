"""From the numbers of the ranking to their rows, over a tiny prefecture: of every county and every enterprise, in every
cadence, the rows behind a link are as many as the rate is a share of, and of them as many are good as it counts."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import duckdb
import landed
import pytest
from landed import Tables

from dashboards import case_facts, hazard_queries, queries, ranking_facts, repeat_queries, site_days, terminal_facts
from dashboards.pages import terminal_rows
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
ALARMS = ("alarm_disposal_in_time", "alarm_handling_rate")


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
    models = {*score.TABLES, *repeat.TABLES, *cases.TABLES, *terminal_facts.terminal_queries.TABLES, *PLACES}
    models = {name for name in models if not name.startswith("seeds.")}
    connection = duckdb.connect()
    needed = {table.removeprefix("raw.") for name in sql.in_order(models) for table in sql.render(name).reads}
    for table in raw_tables():
        if table.name in by_feed and table.name in needed:
            landed.without_bytes(connection, table, by_feed[table.name])
    sql.run_models(connection, raw_tables(), names=sorted(models))
    yield Served(connection)
    connection.close()


def asked(db: Served, href: str) -> tuple[dict[str, str], Any]:
    known = queries.known(db)
    assert known is not None
    return dict(parse_qsl(urlsplit(href).query)), known


def of_hazards(db: Served, part: str, href: str) -> tuple[int, int]:
    choice, bad = hazard_queries.choice_of(*asked(db, href))
    assert bad == []
    view = hazard_queries.View(db, choice, queries.known(db), db)
    good = {
        "hazard_closed": lambda one: one.is_closed,
        "hazard_on_time": lambda one: one.is_on_time,
        "major_overdue": lambda one: one.is_overdue(choice.as_of),
    }[part]
    return sum(map(good, view.listed)), len(view.listed)


def of_repeat(db: Served, part: str, href: str) -> tuple[int, int]:
    query, known = asked(db, href)
    choice, bad = repeat_queries.choice_of(query, known, db)
    assert bad == []
    facts = repeat_queries.Facts(db, choice, known)
    assert len(facts.listed) == facts.count("due")
    return len(facts.listed) - facts.count("undone"), len(facts.listed)


def of_clocks(db: Served, part: str, href: str) -> tuple[int, int]:
    choice, bad = case_facts.choice_of(*asked(db, href))
    assert bad == []
    rows = case_facts.rows(db, choice)
    return sum(one.state == "met" for one in rows), len(rows)


def of_sites(db: Served, part: str, href: str) -> tuple[int, int]:
    bad: list[str] = []
    states = site_days.site_states(db, site_days.site_days_of(*asked(db, href), bad))
    assert bad == []
    return int((states["state"] == "reporting").sum()), len(states)


def of_terminals(db: Served, part: str, href: str) -> tuple[int, int]:
    query, known = asked(db, href)
    choice, bad = terminal_facts.choice_from_url(query, known, db)
    assert bad == []
    facts = terminal_facts.Facts(db, choice, known)
    if part in ALARMS:
        rows = terminal_facts.terminal_queries.all_alarms(db, terminal_rows.span_of(facts), facts.place, choice.fate)
        good = rows["is_in_time"] if part == ALARMS[0] else rows["handled_at"].dt.date <= choice.selection.end
        assert len(rows) == terminal_rows.count_of(facts)
        return int(good.sum()), len(rows)
    rows = terminal_rows.frame_of(facts)
    return int(rows["numerator"].sum()), int(rows["denominator"].sum())


ROWS = {"/hazards": of_hazards, "/repeat": of_repeat, "/penalties": of_clocks, "/quality": of_sites,
        "/terminals/rows": of_terminals}  # fmt: skip


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
                found = ROWS[urlsplit(href).path](tiny, part, href)
                assert found == (rate.numerator, rate.denominator), (day, cadence, unit.code, part)
                seen[part] += rate.denominator
    parts = {city.part.name for city in told.parts}
    assert {part for part in parts if seen[part]} == parts, "every part has rows somewhere"
