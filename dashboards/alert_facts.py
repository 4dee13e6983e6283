"""What needs a hand, for pages: ``warehouse.alerts`` of one choice, and where the rows behind an alert are."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from dashboards import (
    case_facts,
    compliance_facts,
    hazard_queries,
    queries,
    ranking_facts,
    repeat_queries,
    site_days,
    site_facts,
    terminal_facts,
)
from dashboards.selection import ALL, Known, Selection, day_asked, option, query_of
from warehouse import alerts, repeat
from warehouse.alerts import SEVERITIES, Alert, Asked, Rule
from warehouse.compliance import MEASURES, UNHELD

HERE = "/alerts"
FIRST_DAY = date(2016, 1, 1)


@dataclass(frozen=True)
class Choice:
    """Day and county, and which alerts are listed: of one urgency, of one rule."""

    as_of: date
    last_day: date
    county: str = ALL
    severity: str = ALL
    rule: str = ALL

    @property
    def asked(self) -> Asked:
        return Asked(self.as_of, None if self.county == ALL else self.county)

    def query(self, *, absolute: bool = False, **changes: Any) -> str:
        """The address's query; what is at its default is left out. ``absolute`` names the last day of data, too."""
        return query_of(replace(self, **changes), USUAL, absolute=absolute)

    def holds(self, one: Alert) -> bool:
        return self.severity in (ALL, one.severity) and self.rule in (ALL, one.rule)


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
    ), bad


def is_built(db: queries.Source) -> bool:
    """Whether the snapshot has what alerts are told from."""
    return queries.tables(db) >= set(alerts.TABLES)


@queries.once_per_choice
def rules(db: queries.Source, as_of: date) -> dict[str, Rule]:
    return alerts.rules(db, as_of)


def every(db: queries.Source, asked: Asked) -> list[Alert]:
    return queries.last_few(db, "alerts", asked, lambda: alerts.alerts(db, asked))


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
