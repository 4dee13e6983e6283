"""Whether the numbers are up to date: on time, late or partial, stale. Always said in words."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from dashboards import queries

CHINA = timezone(timedelta(hours=8))
STATES = ("fresh", "late", "stale")


@dataclass(frozen=True)
class Freshness:
    """``until``: last day with data expected; ``behind``: days it lies behind yesterday; ``gaps``: sites
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


def judge(until: date, today: date | None, silent: int, partial: int, sites: int) -> Freshness:
    """A night delivers yesterday. One day behind, or a gap, is late; more is stale.

    ``today`` is None for demonstration data, which have no today to be compared with.
    """
    behind = 0 if today is None else max(0, (today - timedelta(days=1) - until).days)
    state = "stale" if behind >= 2 else "late" if behind or silent or partial else "fresh"
    return Freshness(state, until, behind, silent, partial, sites)


def today() -> date:
    """The local day at +08:00. Only this badge asks for it; no number depends on the clock."""
    return datetime.now(CHINA).date()


def of(db: queries.Source) -> Freshness | None:
    until = queries.last_day(db)
    if until is None:
        return None
    row = queries.sites_on(db, until)
    return judge(
        until, None if queries.is_demo() else today(), int(row["silent"]), int(row["partial"]), int(row["sites"])
    )
