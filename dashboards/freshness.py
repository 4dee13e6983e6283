"""Whether the numbers are up to date: on time, late or partial, stale. Always said in words."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from dashboards import queries

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Freshness:
    """``until``: last day there is data of; ``behind``: days it lies behind the last night; ``gaps``: sites
    that sent nothing or too little on that day."""

    state: str
    until: date
    behind: int
    silent: int
    partial: int
    sites: int

    @property
    def gaps(self) -> int:
        return self.silent + self.partial


def judge(until: date, expected: date, silent: int, partial: int, sites: int) -> Freshness:
    """``expected``: the last day whose night is over. One day behind it, or a gap, is late; more is stale."""
    behind = max(0, (expected - until).days)
    state = "stale" if behind >= 2 else "late" if behind or silent or partial else "fresh"
    return Freshness(state, until, behind, silent, partial, sites)


def today() -> date:
    """The local day at +08:00. This badge asks for it, and days that people set on alerts; no number depends on it."""
    return datetime.now(CHINA).date()


def of(db: queries.Source) -> Freshness | None:
    """A night delivers yesterday. Demonstration data have no today: their last night is what they should reach."""
    until = queries.last_day(db)
    if until is None:
        return None
    expected = queries.last_night(db)
    if not queries.is_demo():
        expected = max(expected, today() - timedelta(days=1))
    row = queries.sites_on(db, until)
    return judge(until, expected, int(row["silent"]), int(row["partial"]), int(row["sites"]))
