"""The rows behind an address of the ranking, read as the page of the address reads them."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dashboards import case_facts, hazard_queries, queries, repeat_queries, site_days, terminal_facts, terminal_queries
from dashboards.pages import terminal_rows
from dashboards.selection import Known

ALARMS = ("alarm_disposal_in_time", "alarm_handling_rate")


def behind(db: Any, part: str, href: str) -> tuple[int, int]:
    """How many rows are good, by what the part counts, and how many there are; of indicators over vehicles the sums."""
    known = queries.known(db)
    assert known is not None
    address = urlsplit(href)
    return _READ[address.path](db, known, part, dict(parse_qsl(address.query)))


def _hazards(db: Any, known: Known, part: str, query: dict[str, str]) -> tuple[int, int]:
    choice, bad = hazard_queries.choice_of(query, known)
    assert bad == []
    rows = hazard_queries.View(db, choice, known, db).listed
    good = {
        "hazard_closed": lambda one: one.is_closed,
        "hazard_on_time": lambda one: one.is_on_time,
        "major_overdue": lambda one: one.is_overdue(choice.as_of),
    }[part]
    return sum(map(good, rows)), len(rows)


def _repeat(db: Any, known: Known, part: str, query: dict[str, str]) -> tuple[int, int]:
    choice, bad = repeat_queries.choice_of(query, known, db)
    assert bad == []
    facts = repeat_queries.Facts(db, choice, known)
    assert len(facts.listed) == facts.count(choice.low)
    return len(facts.listed) - facts.count("undone"), len(facts.listed)


def _clocks(db: Any, known: Known, part: str, query: dict[str, str]) -> tuple[int, int]:
    choice, bad = case_facts.choice_of(query, known)
    assert bad == []
    rows = case_facts.rows(db, choice)
    return sum(one.state == "met" for one in rows), len(rows)


def _sites(db: Any, known: Known, part: str, query: dict[str, str]) -> tuple[int, int]:
    bad: list[str] = []
    states = site_days.site_states(db, site_days.site_days_of(query, known, bad))
    assert bad == []
    return int((states["state"] == "reporting").sum()), len(states)


def _terminals(db: Any, known: Known, part: str, query: dict[str, str]) -> tuple[int, int]:
    choice, bad = terminal_facts.choice_from_url(query, known, db)
    assert bad == []
    facts = terminal_facts.Facts(db, choice, known)
    if part not in ALARMS:
        rows = terminal_rows.frame_of(facts)
        return int(rows["numerator"].sum()), int(rows["denominator"].sum())
    rows = terminal_queries.all_alarms(db, terminal_rows.span_of(facts), facts.place, choice.fate)
    assert len(rows) == terminal_rows.count_of(facts)
    good = rows["is_in_time"] if part == ALARMS[0] else rows["handled_at"].dt.date <= choice.selection.end
    return int(good.sum()), len(rows)


_READ = {"/hazards": _hazards, "/repeat": _repeat, "/penalties": _clocks, "/quality": _sites,
         "/terminals/rows": _terminals}  # fmt: skip
