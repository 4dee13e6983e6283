"""What needs a hand, for pages: ``warehouse.alerts`` of one choice, how each alert stands (``warehouse.alert_store``),
and where the rows behind it are."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from dashboards import (
    case_facts,
    compliance_facts,
    freshness,
    hazard_queries,
    queries,
    ranking_facts,
    repeat_queries,
    site_days,
    site_facts,
    terminal_facts,
)
from dashboards.selection import ALL, Known, Selection, day_asked, option, query_of
from warehouse import alert_store, alerts, kpi_drops, repeat
from warehouse.alert_store import OPEN, STATES, Days, Standing
from warehouse.alerts import SEVERITIES, Alert, Asked, Rule
from warehouse.compliance import MEASURES, UNHELD
from warehouse.control import Account

HERE = "/alerts"
FIRST_DAY = date(2016, 1, 1)
MINE = "mine"
SHOWN_STATES = (*STATES, MINE)
"""What the list is narrowed to: how alerts stand, or what the reader took."""
_KEY = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Choice:
    """Day and county, and which alerts are listed: of one urgency, one rule, one state. ``alert``: the key of the one
    that is open beside the list."""

    as_of: date
    last_day: date
    county: str = ALL
    severity: str = ALL
    rule: str = ALL
    state: str = ALL
    alert: str | None = None

    @property
    def asked(self) -> Asked:
        return Asked(self.as_of, None if self.county == ALL else self.county)

    def query(self, *, absolute: bool = False, **changes: Any) -> str:
        """The address's query; what is at its default is left out. ``absolute`` names the last day of data, too."""
        changes.setdefault("alert", None)
        return query_of(replace(self, **changes), USUAL, absolute=absolute)


USUAL = {field.name: field.default for field in fields(Choice) if field.name not in ("as_of", "last_day")}


def first_day(db: queries.Source) -> date:
    """The first day that can be asked: the repeat rule was in force."""
    return max(FIRST_DAY, repeat.first_day(db))


def choice_of(given: Mapping[str, Any], known: Known, db: queries.Source) -> tuple[Choice, list[str]]:
    """What an address asks for, and the names of values that could not be taken."""
    bad: list[str] = []
    day = day_asked(given, first_day(db), known.last_day, bad)
    return Choice(
        day,
        known.last_day,
        option(given.get("county"), (ALL, *known.counties), ALL, bad, "county"),
        option(given.get("severity"), (ALL, *SEVERITIES), ALL, bad, "severity"),
        option(given.get("rule"), (ALL, *rules(db, day)), ALL, bad, "rule"),
        option(given.get("state"), (ALL, *SHOWN_STATES), ALL, bad, "state"),
        _key(given.get("alert"), bad),
    ), bad


def _key(given: Any, bad: list[str]) -> str | None:
    """The key of an alert in an address, whether there is one of it or not."""
    if given in (None, ""):
        return None
    if isinstance(given, str) and _KEY.fullmatch(given):
        return given
    bad.append("alert")
    return None


def is_built(db: queries.Source) -> bool:
    """Whether the snapshot has what alerts are told from."""
    return queries.tables(db) >= set(alerts.TABLES)


@queries.once_per_choice
def rules(db: queries.Source, as_of: date) -> dict[str, Rule]:
    return alerts.rules(db, as_of)


def every(db: queries.Source, asked: Asked) -> list[Alert]:
    return queries.last_few(db, "alerts", asked, lambda: alerts.alerts(db, asked))


class Facts:
    """The alerts of a day and county, how each stands, and which of them the choice lists for the reader ``me``."""

    def __init__(self, db: queries.Source, choice: Choice, me: Account | None = None) -> None:
        self.db, self.choice = db, choice
        self.me = me.account_id if me is not None else None
        self.rules, self.found = rules(db, choice.as_of), every(db, choice.asked)
        self.days = Days.of(choice.as_of, choice.last_day, freshness.today())
        self.standings = alert_store.standings(db, self.found, self.days)
        self._accounts: dict[str, Account] | None = None

    def of(self, one: Alert) -> Standing:
        return self.standings.get(one.key, OPEN)

    def holds(self, one: Alert) -> bool:
        """Whether the choice lists an alert."""
        return (
            self.choice.severity in (ALL, one.severity)
            and self.choice.rule in (ALL, one.rule)
            and self._is_in_state(self.of(one))
        )

    def _is_in_state(self, told: Standing) -> bool:
        if self.choice.state == MINE:
            return told.state == "taken" and told.owner is not None and told.owner == self.me
        return self.choice.state in (ALL, told.state)

    @property
    def listed(self) -> list[Alert]:
        return [one for one in self.found if self.holds(one)]

    def waiting(self, severity: str | None = None, rule: str | None = None) -> int:
        """How many nobody has taken, put aside or told done; of an urgency, of a rule."""
        return sum(
            self.of(one).state == "open" and severity in (None, one.severity) and rule in (None, one.rule)
            for one in self.found
        )

    def counted(self) -> Counter[str]:
        """How many alerts stand in each state."""
        return Counter(self.of(one).state for one in self.found)

    def name_of(self, account_id: str | None) -> str:
        """The name of an account as others know it; of one that is gone, nothing."""
        if account_id is None:
            return ""
        found = self.accounts.get(account_id)
        return "" if found is None else found.name

    @property
    def accounts(self) -> dict[str, Account]:
        if self._accounts is None:
            self._accounts = alert_store.accounts()
        return self._accounts

    def opened(self) -> Alert | None:
        """The alert that is open beside the list, if it still holds."""
        return next((one for one in self.found if one.key == self.choice.alert), None)


def by_urgency(found: list[Alert], told: Mapping[str, Rule]) -> dict[str, int]:
    """How many alerts each rule has: the most urgent rules first, of these those with the most."""
    counted = Counter(one.rule for one in found)
    order = sorted(counted, key=lambda name: (SEVERITIES.index(told[name].alert_severity), -counted[name], name))
    return {name: counted[name] for name in order}


_COMPLIANCE = {
    "standard": "standard", "insurance": "insurance", "scale": "scale_certificate", "driver": "driver_certificate",
    "permit": "vehicle_permit",
}  # fmt: skip


def rows_of(db: queries.Source, choice: Choice, rule: str, one: Alert | None = None) -> str | None:
    """The address of the rows a rule is computed from, as of the same day and county; with ``one`` those of its detail.
    None: no page lists them."""
    day, last, county = choice.as_of, choice.last_day, choice.county
    begins, _, ends = rule.partition("_")
    if begins == "case":
        which = {"soon": "1"} if ends == "soon" else {"state": "overdue"}
        if one is not None and one.detail is not None:
            which["clock"] = one.detail
        return "/penalties" + case_facts.Choice(day, last, county=county).opened("clocks", **which)
    if begins in ("hazard", "listing"):
        show = "listed" if begins == "listing" else {"overdue": "overdue", "soon": "due_soon"}[ends]
        return "/hazards" + hazard_queries.Choice(day, last, county=county).query(show=show)
    if begins == "referral":
        return "/ranking" + ranking_facts.Choice(day, last).query() + "#supervision-ladder"
    if begins == "repeat":
        subject = one.detail if one is not None and one.detail is not None else "vehicle"
        known = queries.known(db)
        if known is None:
            return None
        given = {"as_of": day.isoformat(), "subject": subject, "low": ends, "county": county}
        return "/repeat" + repeat_queries.choice_of(given, known, db)[0].query()
    if rule in ("alarm_open", "terminal_silent"):
        selection = Selection(day, day, "custom", county=county)
        return "/terminals/rows" + terminal_facts.Choice(selection).query(rows=True)
    if begins == "kpi":
        month = kpi_drops.last_month(day)
        place = one.county_code if one is not None and one.county_code else county
        selection = Selection(month, kpi_drops.last_day_of(month), "custom", county=place)
        return "/terminals" + terminal_facts.Choice(selection).query()
    if begins == "site":
        return site_days.HERE + site_days.SiteDays(day, day, county, is_usual=False).query()
    if begins == "drift":
        site = one.subject.split(" ")[0] if one is not None else None
        return site_facts.address(day, site) if site else site_facts.lanes_address(day, county)
    if begins == "feed":
        return site_days.HERE
    if rule == "dawn_long_line":
        return compliance_facts.HERE + compliance_facts.Choice(day, last, county).opened("dawn_driving", "drove")
    if begins in _COMPLIANCE:
        measure = _COMPLIANCE[begins]
        state = UNHELD if ends == "lapsed" and UNHELD in MEASURES[measure].lists else ends
        if one is not None and one.detail is not None:
            state = one.detail.split(" ")[1]
        return compliance_facts.HERE + compliance_facts.Choice(day, last, county).opened(measure, state)
    return None
