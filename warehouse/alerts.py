"""What needs a hand on a day: one list by written rules over what the other answers already tell.

A rule is a row of ``seeds.alert_rule``: what it says, how urgent it is, who acts, and the parameters it rests on.
Nothing is judged here a second time: clocks are ``warehouse.cases``, hazards and listings ``warehouse.hazards``, repeat
violators ``warehouse.repeat``, silent terminals ``warehouse.calls``, certificates ``warehouse.compliance``, feeds the
report of the night, scales ``warehouse.drift``. So each rule has as many alerts as the page it leads to has rows; of
news that page has all, of scales every lane, the worst first.

An alert is known by its rule and its subject: the same one tomorrow, with its age. ``since`` is the first day on which
the rule held without a break, as far as the data tell: the day after the last day, the first silent day, the first
night in that state, the day a refused delivery was issued.

Clocks of the late surcharge are left out (it runs until paid and tells nothing new), and time of the party, which
nobody else can miss. A number of violations and driving at dawn are news for ``alert_news_days``; so are certificates
of drivers and vehicles that lapsed, for what ended long ago may be out of use. Fines and numbers of cases set no
urgency (行政处罚法 art. 74); of KPIs that fell only rates of what has to be kept are looked at.

What people say of an alert (who took it, until when it is put aside) stands apart, in ``warehouse.alert_store``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from warehouse import access_key, calls, cases, compliance, drift, hazards, kpi_drops, masks, repeat
from warehouse.case_terms import CLOCK_TERMS
from warehouse.compliance_terms import MEASURES as MEASURE_WORDS
from warehouse.compliance_terms import STATES as MEASURE_STATES
from warehouse.hazard_terms import CATEGORIES
from warehouse.home import home
from warehouse.kpi import KPIS, MONITORED, scheme_parameters
from warehouse.league import PAGE_SCHEME
from warehouse.metrics import Source
from warehouse.parameters import Codes, Parameter, numbers, texts
from warehouse.plate import masked
from warehouse.repeat_terms import masked_driver

TABLES = tuple(
    sorted(
        {
            *cases.COURSE_TABLES, *hazards.TABLES, *repeat.TABLES, *calls.TABLES, *compliance.TABLES, *drift.TABLES,
            *kpi_drops.TABLES, "mart.site_day", "meta.delivery", "meta.feed", "meta.night_report", "seeds.alert_rule",
            "staging.referral",
        }
    )
)  # fmt: skip
"""What is read here."""
SEVERITIES = ("act", "soon", "look")
SEVERITY_WORDS = {
    "act": ("立即办理", "act now"),
    "soon": ("即将到期", "due soon"),
    "look": ("核查", "look into it"),
}
SUBJECT_WORDS = {"vehicle": ("车辆", "vehicle"), "driver": ("驾驶人", "driver")}
_NUMBERS = ("alert_news_days", "referral_soon_days")


@dataclass(frozen=True)
class Asked:
    """What needs a hand at the end of ``as_of``, of a county or (None) of all. Feeds are of no county."""

    as_of: date
    county: str | None = None


class Rule(NamedTuple):
    """A row of ``seeds.alert_rule`` in force on the day."""

    alert_rule: str
    alert_severity: str
    zh: str
    en: str
    acts_zh: str
    acts_en: str
    source_table: str
    parameters: str | None
    confidence: str

    @property
    def parameter_names(self) -> list[str]:
        return self.parameters.split(",") if self.parameters else []


class Alert(NamedTuple):
    """One thing to do. ``key``: 16 hexadecimal digits, the same for the same thing on another day and for every reader;
    where it could tell a plate or a person it is keyed by the instance's secret, so that nobody else can make it.

    ``subject``: what it is about, plates and certificates masked; ``unit``: whose it is, by name, and ``uscc``:
    its credit code, where the register tells them. ``detail``: a code in words by
    ``detail_words`` (clock, category, state, feed). ``amount``: days or alarms, as the rule counts. ``age_days``: since
    when, the first day counted as 0; ``days_late``: after the last day, negative before it.
    """

    rule: str
    severity: str
    key: str
    subject: str
    unit: str | None
    uscc: str | None
    detail: str | None
    county_code: str | None
    since: date | None
    due_on: date | None
    age_days: int | None
    days_late: int | None
    amount: int | None


_RULES = """
select alert_rule, alert_severity, zh, en, acts_zh, acts_en, source_table, parameters, confidence
from seeds.alert_rule
where $as_of between coalesce(valid_from, $as_of) and coalesce(valid_to, $as_of)
order by alert_rule
"""
_REFERRALS = """
select referral_no, county_code, reply_due_on, sent_on
from staging.referral
where sent_on <= $as_of and (replied_on is null or replied_on > $as_of)
    and (cast($county as varchar) is null or county_code = $county)
order by referral_no
"""
# The run of days in the state of the last day with data; a site not in service that day has no row or another state.
_SITES = """
with now as (
    select site_code, county_code, state from mart.site_day
    where passed_date = (select max(passed_date) from mart.site_day where passed_date <= $as_of)
        and state in ('silent', 'partial') and (cast($county as varchar) is null or county_code = $county)
),
told as (
    select now.site_code, now.county_code, now.state, day.passed_date, day.state = now.state as is_same
    from now
    inner join mart.site_day as day on day.site_code = now.site_code
    where day.passed_date <= $as_of
),
other as (select site_code, max(passed_date) as last_date from told where not is_same group by site_code)
select told.site_code, told.county_code, told.state, min(told.passed_date) as since
from told
left join other on other.site_code = told.site_code
where told.passed_date > coalesce(other.last_date, date '0001-01-01')
group by told.site_code, told.county_code, told.state
order by told.site_code
"""
_FEEDS = """
with now as (
    select feed, freshness from meta.night_report
    where business_date = (select max(business_date) from meta.night_report where business_date <= $as_of)
        and freshness in ('late', 'missing')
),
told as (
    select now.feed, now.freshness, report.business_date,
        report.freshness is not distinct from now.freshness as is_same
    from now
    inner join meta.night_report as report on report.feed = now.feed
    where report.business_date <= $as_of
),
other as (select feed, max(business_date) as last_night from told where not is_same group by feed)
select told.feed, told.freshness, min(told.business_date) as since
from told
left join other on other.feed = told.feed
where told.business_date > coalesce(other.last_night, date '0001-01-01')
group by told.feed, told.freshness
order by told.feed
"""
_STOPPED = """
select feed, reason, cast(issued_at as date) as since from meta.delivery
where cast(issued_at as date) <= $as_of
qualify row_number() over (partition by feed order by received_at desc, issued_at desc, delivery_id desc) = 1
    and state = 'stopped'
order by feed
"""
# A night is news for so many days: nights no further apart than that are one alert.
_DAWNS = """
with dawn as (
    select plate_no, plate_color_code, event_date,
        event_date - lag(event_date) over (partition by plate_no, plate_color_code order by event_date) as days_after
    from mart.vehicle_day
    where is_registered and is_dawn_driving and event_date <= $as_of and list_contains($plates, plate_no)
)
select plate_no, plate_color_code, max(event_date) as first_on
from dawn
where days_after is null or days_after > $news_days
group by plate_no, plate_color_code
"""


def rules(source: Source, as_of: date) -> dict[str, Rule]:
    """The rules of the day by their names."""
    return {row["alert_rule"]: Rule(**row) for row in source.rows(_RULES, {"as_of": as_of})}


def parameters(source: Source, names: Iterable[str], as_of: date) -> list[Parameter | Codes]:
    """The parameters of rules, numbers and lists of codes, each with its source and how well it is known: rows of
    ``seeds.parameter``, of the list of calls those of ``seeds.kpi_scheme``."""
    wanted = set(names)
    kinds = sorted(name for name in wanted if name.endswith("_kinds"))
    of_calls = [one for one in scheme_parameters(source, as_of, PAGE_SCHEME) if one.name in wanted]
    told = numbers(source, sorted(wanted.difference(kinds, (one.name for one in of_calls))), as_of)
    return [*told.values(), *of_calls, *texts(source, kinds, as_of).values()]


def alerts(source: Source, asked: Asked) -> list[Alert]:
    """Everything that needs a hand: the most urgent first, then what is due or began first."""
    told = rules(source, asked.as_of)
    seen = _Day(source, asked)
    found = [
        seen.alert(told[one.rule], one) for make in _MAKERS for one in make(seen) if one.rule in told
    ]  # fmt: skip
    return sorted(
        found,
        key=lambda one: (
            SEVERITIES.index(one.severity), one.due_on or date.max, one.since or date.min, one.rule, one.subject,
            one.key,
        ),
    )  # fmt: skip


class _Found(NamedTuple):
    """What a maker found; ``identity`` tells it from others of its rule on any day."""

    rule: str
    identity: tuple[Any, ...]
    subject: str
    since: date | None
    due_on: date | None = None
    county_code: str | None = None
    unit: str | None = None
    detail: str | None = None
    amount: int | None = None
    is_personal: bool = False
    uscc: str | None = None


class _Day:
    """What the makers share of one question."""

    def __init__(self, source: Source, asked: Asked) -> None:
        self.source, self.as_of, self.county = source, asked.as_of, asked.county
        told = numbers(source, _NUMBERS, asked.as_of)
        self.news_days = int(told["alert_news_days"].value)
        self.news_after = asked.as_of - timedelta(days=self.news_days)
        self.reply_days = int(told["referral_soon_days"].value)
        self.secret = access_key.derived(access_key.read(home()), "key of an alert")

    def rows(self, query: str, **bound: Any) -> list[dict[str, Any]]:
        return self.source.rows(query, {"as_of": self.as_of, **bound})

    def alert(self, rule: Rule, one: _Found) -> Alert:
        # A masked reader's plate is taken whole: the key is the same for every reader.
        named = "|".join(str(part) for part in masks.whole_of([one.rule, *one.identity])).encode()
        key = hmac.digest(self.secret, named, "sha256") if one.is_personal else hashlib.sha256(named).digest()
        return Alert(
            one.rule, rule.alert_severity,
            key.hex()[:16],
            one.subject, one.unit, one.uscc, one.detail, one.county_code, one.since, one.due_on,
            None if one.since is None else (self.as_of - one.since).days,
            None if one.due_on is None else (self.as_of - one.due_on).days,
            one.amount,
        )  # fmt: skip


# --- makers ----------------------------------------------------------------------------------------------
def _of_cases(day: _Day) -> Iterator[_Found]:
    only, soon = cases.Filter(county=day.county), timedelta(days=cases.SOON_DAYS - 1)
    overdue = cases.clocks(day.source, day.as_of, only, cases.OfClocks(state="overdue"))
    for one in (*overdue, *cases.clocks(day.source, day.as_of, only, cases.OfClocks(is_soon=True))):
        if one.due_on is None:  # the late surcharge has no last day
            continue
        is_late = one.state == "overdue"
        yield _Found(
            "case_overdue" if is_late else "case_soon",
            (one.case_kind, one.case_no, one.decision_no, one.clock, one.started_on),
            one.case_no,
            one.due_on + timedelta(days=1) if is_late else max(one.started_on, one.due_on - soon),
            one.due_on, one.county_code, None, one.clock,
        )  # fmt: skip


def _of_hazards(day: _Day) -> Iterator[_Found]:
    asked = hazards.Asked(day.as_of, hazards.year_before(day.as_of), day.as_of, day.county)
    facts = hazards.Facts(day.source, asked)
    soon = timedelta(days=int(facts.value("hazard_due_soon_days")))
    for one in (*hazards.listed(facts, "overdue"), *hazards.listed(facts, "due_soon")):
        assert one.due_on is not None
        is_late = one.is_overdue(day.as_of)
        yield _Found(
            "hazard_overdue" if is_late else "hazard_soon", (one.hazard_no,), one.hazard_no,
            one.due_on + timedelta(days=1) if is_late else max(one.registered_on, one.due_on - soon),
            one.due_on, one.county_code, one.unit, one.category,
        )  # fmt: skip
    for row in hazards.ladder(day.source, asked):
        if row["rung"] == "overdue":
            yield _Found(
                "listing_overdue", (row["listing_no"],), row["hazard_no"], row["due_on"] + timedelta(days=1),
                row["due_on"], row["county_code"], row["responsible_unit"],
            )  # fmt: skip


def _of_referrals(day: _Day) -> Iterator[_Found]:
    for row in day.rows(_REFERRALS, county=day.county):
        left = (row["reply_due_on"] - day.as_of).days
        if left > day.reply_days:
            continue
        since = (
            row["reply_due_on"] + timedelta(days=1)
            if left < 0
            else max(row["sent_on"], row["reply_due_on"] - timedelta(days=day.reply_days))
        )
        yield _Found(
            "referral_overdue" if left < 0 else "referral_soon", (row["referral_no"],), row["referral_no"], since,
            row["reply_due_on"], row["county_code"],
        )  # fmt: skip


def _of_repeat(day: _Day) -> Iterator[_Found]:
    """Vehicles and drivers whose count reached the warning, or passed the statute's number, a few days ago."""
    usual = repeat.defaults(day.source, day.as_of)
    for subject in ("vehicle", "driver"):
        question = repeat.Question(
            day.as_of, subject, usual.list_window, usual.basis, usual.require_decision
        )  # fmt: skip
        for one in repeat.standings(day.source, question):
            if one.tier not in ("warning", "statutory"):
                continue
            newest = max(one.counted, key=lambda judged: (judged.counts_from, judged.act.violated_at))
            since = one.trigger_on if one.tier == "statutory" else newest.counts_from
            county = newest.act.county_code
            if since is None or since <= day.news_after or day.county not in (None, county):
                continue
            told = masked(one.key[0]) if subject == "vehicle" else masked_driver(one.key[0])
            rule = f"repeat_{one.tier}"
            yield _Found(rule, (subject, *one.key), told, since, None, county, None, subject, one.count, True)


def _of_terminals(day: _Day) -> Iterator[_Found]:
    last = calls.last_captured(day.source, day.as_of)
    if last is None:
        return
    place = {"county": day.county, "uscc": None, "classes": list(MONITORED)}
    firms = compliance.names(day.source, day.as_of)
    for row in calls.silent_or_alarmed(day.source, last, place):
        unit, uscc = firms.get(row["uscc"]), row["uscc"]
        who = (row["plate_no"], row["plate_color_code"])
        shown, where = masked(row["plate_no"]), row["county_code"]
        if row["is_silent"]:
            yield _Found(
                "terminal_silent", who, shown, row["silent_since"], None, where, unit, row["monitored_class"],
                row["silent_day_count"], True, uscc,
            )  # fmt: skip
        if row["open_alarm_count"]:
            yield _Found(
                "alarm_open", who, shown, row["alarm_due_on"], row["alarm_due_on"], where, unit,
                row["monitored_class"], row["open_alarm_count"], True, uscc,
            )  # fmt: skip


def _of_sites(day: _Day) -> Iterator[_Found]:
    for row in day.rows(_SITES, county=day.county):
        yield _Found(
            f"site_{row['state']}", (row["site_code"],), row["site_code"], row["since"], None, row["county_code"],
            amount=(day.as_of - row["since"]).days + 1,
        )  # fmt: skip


def _of_scales(day: _Day) -> Iterator[_Found]:
    for lane in drift.lanes(day.source, drift.Asked(day.as_of, day.county)):
        if lane.state in ("stop", "warn"):
            yield _Found(
                f"drift_{lane.state}", (lane.site_code, lane.lane_code), f"{lane.site_code} {lane.lane_code}",
                lane.since, None, lane.county_code, detail=lane.witness,
            )  # fmt: skip


def _of_feeds(day: _Day) -> Iterator[_Found]:
    if day.county is not None:
        return
    for row in day.rows(_FEEDS):
        yield _Found(f"feed_{row['freshness']}", (row["feed"],), row["feed"], row["since"])
    for row in day.rows(_STOPPED):
        yield _Found("feed_stopped", (row["feed"],), row["feed"], row["since"], detail=row["reason"])


_CERTIFICATES = {
    "standard": "standard", "insurance": "insurance", "scale_certificate": "scale", "driver_certificate": "driver",
    "vehicle_permit": "permit",
}  # fmt: skip
"""Measures of compliance whose expiry is an alert, and how the rules of each begin."""


def _of_compliance(day: _Day) -> Iterator[_Found]:
    facts = compliance.Facts(
        day.source, compliance.Asked(day.as_of, compliance.year_before(day.as_of), day.county)
    )  # fmt: skip
    soon = timedelta(days=int(facts.told["certificate_soon_days"].value))
    for measure, begins in _CERTIFICATES.items():
        is_news = measure in ("driver_certificate", "vehicle_permit")
        for whole in facts.items(measure):
            if whole.state not in ("soon", "lapsed", "never"):
                continue
            if whole.state == "lapsed" and is_news and whole.until is not None and whole.until < day.news_after:
                continue
            since = None
            if whole.until is not None and whole.since is not None:
                first = whole.until - soon if whole.state == "soon" else whole.until + timedelta(days=1)
                since = max(first, whole.since)
            one = compliance.masked_item(whole)
            subject = one.subject_no
            if measure in ("standard", "insurance"):
                subject = one.name or subject
            elif measure == "scale_certificate":
                subject = f"{one.name} {subject}"  # its site
            yield _Found(
                f"{begins}_{'soon' if one.state == 'soon' else 'lapsed'}", (whole.subject_no, whole.plate_color_code),
                subject, since, one.until, one.county_code, None if measure == "scale_certificate" else one.name,
                f"{measure} {one.state}", is_personal=is_news, uscc=one.uscc,
            )  # fmt: skip
    last = calls.last_captured(day.source, day.as_of)
    if last is None or last <= day.news_after:
        return
    news = compliance.Facts(
        day.source, compliance.Asked(day.as_of, day.news_after + timedelta(days=1), day.county)
    )  # fmt: skip
    drove = [one for one in news.items("dawn_driving") if one.reading == "long"]
    firsts = {
        (row["plate_no"], row["plate_color_code"]): row["first_on"]
        for row in day.rows(_DAWNS, plates=[one.subject_no for one in drove], news_days=day.news_days)
    }
    for whole in drove:
        one, who = compliance.masked_item(whole), (whole.subject_no, whole.plate_color_code)
        yield _Found(
            "dawn_long_line", who, one.subject_no, firsts[who], None, one.county_code, one.name, one.document_no,
            int(one.amount or 0), True, one.uscc,
        )  # fmt: skip


def _of_kpis(day: _Day) -> Iterator[_Found]:
    for drop in kpi_drops.drops(day.source, day.as_of, day.county):
        yield _Found(
            "kpi_drop", (drop.kpi, drop.county_code), drop.kpi, drop.since, None, drop.county_code, detail=drop.code
        )


_MAKERS: tuple[Callable[[_Day], Iterable[_Found]], ...] = (
    _of_cases, _of_hazards, _of_referrals, _of_repeat, _of_terminals, _of_sites, _of_scales, _of_feeds,
    _of_compliance, _of_kpis,
)  # fmt: skip


# --- in words --------------------------------------------------------------------------------------------
def subject_words(one: Alert, lang: str) -> str:
    """What an alert is about: a KPI by its name, all else as it is told."""
    if one.rule == "kpi_drop":
        return KPIS[one.subject].zh if lang == "zh" else KPIS[one.subject].en
    return one.subject


def detail_words(one: Alert, lang: str) -> str:
    """The detail of an alert in words; what has none is shown as it is."""
    at = int(lang == "en")
    code = one.detail
    if code is None:
        return ""
    if one.rule.startswith("case_"):
        return CLOCK_TERMS[code].name(lang)
    if one.rule.startswith("hazard_"):
        return CATEGORIES[code][at] if code in CATEGORIES else code
    if one.rule.startswith("drift_"):
        return drift.WITNESS_WORDS[code][at]
    if one.rule == "kpi_drop":
        return kpi_drops.words(code, lang)
    if one.rule.startswith("repeat_"):
        return SUBJECT_WORDS[code][at]
    measure, _, state = code.partition(" ")
    if state:
        return f"{MEASURE_WORDS[measure].name(lang)}：{MEASURE_STATES[state][0]}" if lang == "zh" else (
            f"{MEASURE_WORDS[measure].name(lang)}: {MEASURE_STATES[state][1]}"
        )  # fmt: skip
    return code
