"""The figures of a bulletin: what a month, quarter, half-year or year was like, as one tree of plain values.

Everything is as of the last day of the period, with the knowledge of one night: the same period asked later *as known
on* that night gives the same tree, hence the same check code. Every figure is the answer of the definition that pages
and commands ask (``metrics``, ``funnel``, ``cases``, ``repeat``, ``hazards``, ``kpi``, ``score``, ``supervision``);
only sums by county, day and band are read here, of the counts behind the first of them.

Money is told of the city alone and moves no rank (行政处罚法 art. 74). No plate and no person is in the tree. Cadences:
一月一调度, 一季一通报, 半年一考评, 年终一总结 (handbook 9.1).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from warehouse import cases, fates, funnel, hazards, kpi, metrics, repeat, score, supervision
from warehouse.connection import need_all_districts
from warehouse.dossier import Source, canonical, digest, plain
from warehouse.errors import WarehouseError
from warehouse.known import Known, known_on
from warehouse.last_day import last_day
from warehouse.parameters import UNVERIFIED, Codes, Parameter
from warehouse.repeat import months_later

FORMAT = "heng-bulletin/4"
"""Raised whenever figures or words of a bulletin change: an older one cannot be computed anew."""
KINDS = tuple(score.CADENCES)
TABLES = tuple(
    dict.fromkeys(
        (
            *cases.COURSE_TABLES, *fates.TABLES, *repeat.TABLES, *hazards.TABLES, *kpi.TABLES, *kpi.BESIDE,
            *score.TABLES, *supervision.TABLES, "mart.overload_daily", "mart.site_day", "seeds.county",
            "staging.wim_site",
        )
    )
)  # fmt: skip
"""What is read."""
COUNTED = ("weighed_count", "over_count", "overload_rate", "severe_count", "permitted_count", "site_reporting_rate")
"""Metrics of weighing that a bulletin tells."""
SMALL_SAMPLE = 30
"""A rate of fewer weighed passages is told as a small sample."""
BANDS = ("le5", "5_10", "10_30", "30_50", "50_100", "gt100")
MOST_SITES = 10
_NAMES = {
    "month": re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII),
    "quarter": re.compile(r"(\d{4})-Q([1-4])", re.ASCII),
    "half": re.compile(r"(\d{4})-H([12])", re.ASCII),
    "year": re.compile(r"(\d{4})", re.ASCII),
}


@dataclass(frozen=True)
class Asked:
    """The period of a kind that holds ``last``, up to that day.

    Raises ``WarehouseError`` for an unknown kind.
    """

    last: date
    kind: str = "month"

    def __post_init__(self) -> None:
        _ = self.scored  # refuses an unknown kind

    @property
    def scored(self) -> score.Asked:
        return score.Asked(self.last, self.kind)

    @property
    def first(self) -> date:
        return self.scored.first

    @property
    def is_complete(self) -> bool:
        return self.scored.is_complete

    @property
    def number(self) -> int:
        """第几期: which period of its kind in the year."""
        return (self.first.month - 1) // score.CADENCES[self.kind] + 1

    @property
    def name(self) -> str:
        """2026-06, 2026-Q2, 2026-H1, 2026."""
        year = f"{self.first.year:04d}"
        return year + {"month": f"-{self.number:02d}", "quarter": f"-Q{self.number}", "half": f"-H{self.number}"}.get(
            self.kind, ""
        )

    @property
    def before(self) -> tuple[date, date]:
        """环比: a whole period against the whole one before, a part of one against as many of its days."""
        found = self.scored.before
        return found.first, found.as_of

    @property
    def year(self) -> tuple[date, date]:
        """同比: the same days of the year before; of a leap day the day before it."""
        first = months_later(self.first, -12)
        return first, months_later(self.last + timedelta(days=1), -12) - timedelta(days=1)


def period(name: str) -> Asked:
    """The whole period of a name (``Asked.name``). Raises ``WarehouseError`` for what is none."""
    for kind, form in _NAMES.items():
        if found := form.fullmatch(name):
            months = score.CADENCES[kind]
            number = int(found[2]) if kind != "year" else 1
            try:
                first = date(int(found[1]), (number - 1) * months + 1, 1)
                return Asked(months_later(first, months) - timedelta(days=1), kind)
            except ValueError:
                break
    raise WarehouseError(
        f"{name!r} is no period. Write a month 2026-06, quarter 2026-Q2, half-year 2026-H1 or year 2026."
    )


def last_whole(until: date, kind: str = "month") -> Asked:
    """The last period of a kind that is over by the day."""
    asked = Asked(until, kind)
    return asked if asked.is_complete else Asked(asked.first - timedelta(days=1), kind)


def first_day(source: Source) -> date | None:
    """The first day that a site was to weigh on; None before any."""
    (row,) = source.rows("select min(passed_date) as first_day from mart.site_day")
    found: date | None = row["first_day"]
    return found


def known_on_night(night: date) -> AbstractContextManager[Known]:
    """What ``facts`` reads, as known after a night: every day of passages and of vehicles."""
    return known_on(night, TABLES)


def check_code(told: Mapping[str, Any]) -> str:
    """What a printed bulletin is found and computed again by: the first 48 bits of the digest, in threes of four."""
    text = digest(told)[:12].upper()
    return "-".join(text[at : at + 4] for at in range(0, 12, 4))


# --- what is read here -------------------------------------------------------------------------------------
_SUMS = ", ".join(
    f"coalesce(sum({name}), 0)::bigint as {name}"
    for name in ("weighed_count", "over_count", "severe_count", *(f"band_{band}_count" for band in BANDS))
)
_BY_COUNTY = f"""
select county_code, {_SUMS} from mart.overload_daily where passed_date between $first and $last
group by county_code order by county_code
"""
_BY_DAY = """
select passed_date, sum(over_count)::bigint as over_count, sum(weighed_count)::bigint as weighed_count
from mart.overload_daily where passed_date between $first and $last
group by passed_date order by passed_date
"""
_SILENT = """
select site_code, count(*) filter (state = 'silent') as silent_days, count(*) filter (state = 'partial') as partial_days
from mart.site_day where passed_date between $first and $last
group by site_code having count(*) filter (state <> 'reporting') > 0
order by silent_days desc, partial_days desc, site_code
"""
_COUNTIES = """
select county_code, name_zh as zh, name_en as en, valid_from, valid_to from seeds.county
order by county_code, valid_from nulls first
"""
_MONEY = """
select
    (
        select coalesce(sum(decided_fen), 0)::bigint from core.case_decision
        where decided_on between $first and $last and (is_in_effect or effect_ended_on > $last)
    ) as decided_fen,
    (
        select coalesce(sum(paid_fen), 0)::bigint from staging.penalty_payment where paid_on between $first and $last
    ) as collected_fen
"""


def facts(source: Source, asked: Asked, earlier: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The tree. ``earlier``: that of the issue before, whose figures are held against what is known now.

    Raises ``WarehouseError`` where the data do not reach the last day.
    """
    need_all_districts(source, "A bulletin")
    until = last_day(source.manifest)
    if until is None or until < asked.last:
        raise WarehouseError(
            f"The data reach {until or 'no day'}, not the end of {asked.name} ({asked.last}). "
            "Draft it when its last day is in, or say --through with a day up to then."
        )
    spans = {"now": (asked.first, asked.last), "before": asked.before, "year": asked.year}
    ranking = score.ranking(source, asked.scored)
    told: dict[str, Any] = {
        "format": FORMAT,
        "kind": asked.kind,
        "name": asked.name,
        "number": asked.number,
        "is_complete": asked.is_complete,
        "spans": {name: {"first": first, "last": last} for name, (first, last) in spans.items()},
        "night": source.manifest["business_date"],
        "data_until": until,
        "versions": {name: metrics.METRICS[name].version for name in COUNTED},
        "weighing": {
            name: {metric: _metric(source, metric, *days) for metric in COUNTED} for name, days in spans.items()
        },
        "counties": _counties(source, spans),
        "bands": _bands(source, asked),
        "days": {name: source.rows(_BY_DAY, _bound(days)) for name, days in spans.items()},
        "silent": source.rows(_SILENT, _bound(spans["now"])),
        "funnel": _funnel(source, asked),
        "cases": {name: _cases(source, *days) for name, days in spans.items()},
        "clocks": _clocks(source, asked),
        "clocks_other": _clocks_other(source, asked),
        "money": {name: source.rows(_MONEY, _bound(days))[0] for name, days in spans.items()},
        "repeat": _repeat(source, asked),
        "hazards": _hazards(source, asked),
        "terminals": {name: _kpis(source, *days) for name, days in spans.items() if name != "year"},
        "ranking": _ranking(ranking),
        "measures": _measures(source, asked),
        "suggestions": [_suggestion(one) for one in supervision.suggestions(source, asked.last, _cadence(asked.kind))],
        "unverified": _unverified(source, asked, ranking),
    }
    told["places"] = _places(source, asked.last)
    told = _plain(told)
    told["restated"] = _restated(told, earlier)
    return told


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [_plain(value) for value in node]
    return plain(node)


def _bound(days: tuple[date, date]) -> dict[str, date]:
    return {"first": days[0], "last": days[1]}


def _cadence(kind: str) -> str:
    """Of the scores behind what is suggested: a month is too short for one."""
    return supervision.CADENCE_OF_SCORE if kind == "month" else kind


def _metric(source: Source, name: str, first: date, last: date) -> dict[str, Any]:
    found = metrics.compute(source, name, first, last)
    return {part: found[part] for part in ("value", "numerator", "denominator")}


def _counties(source: Source, spans: Mapping[str, tuple[date, date]]) -> list[dict[str, Any]]:
    """By county the counts of the period, and those of the spans it is compared with."""
    found: dict[str | None, dict[str, Any]] = {}
    for name, days in spans.items():
        for row in source.rows(_BY_COUNTY, _bound(days)):
            counts = {part: row[part] for part in ("weighed_count", "over_count", "severe_count")}
            found.setdefault(row["county_code"], {})[name] = counts
    return [{"county_code": code, **found[code]} for code in sorted(found, key=lambda code: (code is None, code))]


def _bands(source: Source, asked: Asked) -> dict[str, int]:
    """Passages over the limit by how far over, as parts of the law's bands."""
    found = dict.fromkeys(BANDS, 0)
    for row in source.rows(_BY_COUNTY, {"first": asked.first, "last": asked.last}):
        for band in BANDS:
            found[band] += row[f"band_{band}_count"]
    return found


def _funnel(source: Source, asked: Asked) -> list[dict[str, Any]]:
    details = fates.detail_words(source)
    return [
        {
            "stage": one.stage, "count": one.count, "through": one.through, "beside": one.beside_count,
            "left": [
                {**vars(part), "zh": funnel.reason_words(part, details, "zh"),
                 "en": funnel.reason_words(part, details, "en")}
                for part in one.left
            ],
        }
        for one in funnel.stages(source, funnel.Asked(asked.first, asked.last, asked.last))
    ]  # fmt: skip


def _cases(source: Source, first: date, last: date) -> dict[str, int]:
    """Over-limit cases filed, decided, paid and closed on these days; the four are never one."""
    by_month = cases.months(source, first, last, cases.Filter("over_limit"))
    return {series: sum(counts.get(series, 0) for counts in by_month.values()) for series in cases.SERIES}


def _clocks(source: Source, asked: Asked) -> dict[str, dict[str, int]]:
    """Of the office's own clocks those over on the last day, and those that will be within a week."""
    found = {name: {"overdue": 0, "soon": 0} for name in cases.SCORED_CLOCKS}
    for one in cases.clock_counts(source, asked.last, cases.Filter("over_limit")):
        if one.clock in found:
            found[one.clock]["overdue"] += one.clock_count if one.state == "overdue" else 0
            found[one.clock]["soon"] += one.soon_count
    return found


def _clocks_other(source: Source, asked: Asked) -> dict[str, int]:
    """The others that are over on the last day, by name: the party's, and those about money."""
    found = {
        one.clock: one.clock_count
        for one in cases.clock_counts(source, asked.last, cases.Filter("over_limit"))
        if one.state == "overdue" and one.clock not in cases.SCORED_CLOCKS
    }
    return dict(sorted(found.items()))


def _repeat(source: Source, asked: Asked) -> dict[str, Any]:
    """Vehicles and enterprises by tier, as of the last day; ``new``: above the statute's threshold since the period;
    ``before``: the tiers as of the last day of the period before, None where no data reach back to it."""
    usual = repeat.defaults(source, asked.last)
    found: dict[str, Any] = {"window": usual.list_window, "basis": usual.basis}
    for subject in ("vehicle", "enterprise"):
        question = repeat.Question(asked.last, subject, usual.list_window, usual.basis, usual.require_decision)
        told = repeat.parameters(source, question)
        found |= {name: told[f"repeat_{name}"].value for name in ("count", "statutory_over", "enterprise_ratio")}
        standings = repeat.standings(source, question)
        found[subject] = _tiers(standings)
        found[subject]["new"] = sum(
            one.tier == "statutory" and one.trigger_on is not None and one.trigger_on >= asked.first
            for one in standings
        )
    then, found["before"] = asked.before[1], None
    if _reaches(source, then) and then >= repeat.first_day(source):
        usual = repeat.defaults(source, then)
        found["before"] = {
            subject: _tiers(
                repeat.standings(
                    source,
                    repeat.Question(then, subject, usual.list_window, usual.basis, usual.require_decision),
                )
            )
            for subject in ("vehicle", "enterprise")
        }
    return found


def _tiers(standings: Iterable[repeat.Standing]) -> dict[str, int]:
    counted = Counter(one.tier for one in standings)
    return {tier: counted[tier] for tier in repeat.TIERS if tier != "none"}


def _reaches(source: Source, day: date) -> bool:
    """Whether the data begin by a day: before, nothing is not none."""
    first = first_day(source)
    return first is not None and first <= day


def _hazards(source: Source, asked: Asked) -> dict[str, Any]:
    """Of the hazards registered in the twelve months to the last day, and of all that are open; ``before``: the counts
    as of the last day of the period before, None where no data reach back to it."""
    then = asked.before[1]
    before = hazards.standings(_of_year(source, then))[0] if _reaches(source, then) else None
    of_year = _of_year(source, asked.last)
    (whole,) = hazards.standings(of_year)
    return {
        "before": before and _hazard_counts(before),
        "first": of_year.asked.first,
        **_hazard_counts(whole),
        "upper": whole.bound.upper, "checked": whole.bound.checked, "false": whole.bound.false,
        "counties": [
            {"county_code": one.group, **_hazard_counts(one)} for one in hazards.standings(of_year, "county")
        ],
    }  # fmt: skip


def _of_year(source: Source, as_of: date) -> hazards.Facts:
    return hazards.Facts(source, hazards.Asked(as_of, hazards.year_before(as_of), as_of))


def _hazard_counts(one: hazards.Standing) -> dict[str, Any]:
    return {
        "registered": one.registered, "closed": one.closed.part, "due": one.on_time.of, "on_time": one.on_time.part,
        "open": one.open, "overdue": one.overdue, "due_soon": one.due_soon, "listed": one.listed,
    }  # fmt: skip


def _kpis(source: Source, first: date, last: date) -> dict[str, dict[str, Any]]:
    found = {name: {"value": None, "numerator": None, "denominator": None} for name in kpi.KPIS}
    for row in kpi.kpis(source, first, last).to_dict("records"):
        found[row["kpi"]] = {part: row[part] for part in ("value", "numerator", "denominator")}
    return found


def _ranking(told: score.Ranking) -> dict[str, Any]:
    return {
        "total": told.total,
        "groups": told.groups,
        "parts": [
            {
                "name": one.part.name, "weight": one.part.weight, "rate": one.rate, "scored": one.scored,
                "confidence": one.part.confidence,
            }
            for one in told.parts
        ],
        "units": [
            {
                "code": one.code, "total": one.total, "weight": one.weight, "place": one.place, "low": one.low,
                "high": one.high, "groups": one.groups,
                "change": one.change and {
                    "points": one.change.points, "low": one.change.low, "high": one.change.high,
                    "doubt": one.change.doubt,
                },
                "gaps": [vars(gap) for gap in one.gaps],
            }
            for one in told.units
        ],
        "gaps": [vars(gap) for gap in told.gaps],
        "confidence": told.parameters["score_confidence"].value,
    }  # fmt: skip


def _measures(source: Source, asked: Asked) -> dict[str, dict[str, int]]:
    """By rung: taken in the period, open with their day over, and with their day over and no outcome told."""
    found = {rung: {"taken": 0, "overdue": 0, "untold": 0} for rung in supervision.RUNGS}
    for one in supervision.measures(source, asked.last):
        found[one.rung]["taken"] += asked.first <= one.taken_on <= asked.last
        for state in ("overdue", "untold"):
            found[one.rung][state] += one.state == state
    return found


def _suggestion(one: supervision.Suggestion) -> dict[str, Any]:
    return {
        "rung": one.rung, "county_code": one.county, "rule": one.rule, "hazard_no": one.hazard_no,
        "numbers": [vars(number) for number in one.numbers],
        "parameters": [{"name": parameter.name, "value": parameter.value} for parameter in one.parameters],
    }  # fmt: skip


def _unverified(source: Source, asked: Asked, ranking: score.Ranking) -> list[dict[str, Any]]:
    """Thresholds behind the figures that nobody read in a text of the law, by name."""
    usual = repeat.defaults(source, asked.last)
    question = repeat.Question(asked.last, "vehicle", usual.list_window, usual.basis, usual.require_decision)
    told: list[Iterable[Parameter | Codes]] = [
        repeat.shown(source, question).values(),
        hazards.parameters(source, asked.last).values(),
        supervision.Behind(source, asked.last).told.values(),
        ranking.parameters.values(),
    ]
    found = {one.name: one for every in told for one in every if one.confidence in UNVERIFIED}
    return [
        {"name": name, "amount": found[name].amount, "zh": found[name].zh, "en": found[name].en,
         "confidence": found[name].confidence}
        for name in sorted(found)
    ]  # fmt: skip


def _places(source: Source, day: date) -> dict[str, Any]:
    """Names of counties by code; of several under one code that of the day, else the last."""
    found: dict[str, Any] = {}
    for row in source.rows(_COUNTIES):
        is_of_day = (row["valid_from"] or day) <= day <= (row["valid_to"] or day)
        if is_of_day or row["county_code"] not in found:
            found[row["county_code"]] = {"zh": row["zh"], "en": row["en"]}
    return found


# --- against the issue before ------------------------------------------------------------------------------
_HELD = (
    ("weighing", "weighed_count"), ("weighing", "over_count"), ("weighing", "severe_count"),
    *(("cases", series) for series in cases.SERIES), ("money", "decided_fen"), ("money", "collected_fen"),
)  # fmt: skip


def _restated(told: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Counts of the issue before that are others by now: late and corrected rows. None where there is none to hold
    against, or the days compared are not its days."""
    if earlier is None or earlier["kind"] != told["kind"] or earlier["spans"]["now"] != told["spans"]["before"]:
        return None
    moved = []
    for group, name in _HELD:
        was, now = (_count(of[group][span][name]) for of, span in ((earlier, "now"), (told, "before")))
        if was != now:
            moved.append({"group": group, "name": name, "was": was, "now": now})
    return {"name": earlier["name"], "night": earlier["night"], "code": check_code(earlier), "moved": moved}


def _count(value: Any) -> Any:
    return value["numerator"] if isinstance(value, Mapping) else value


__all__ = ["FORMAT", "KINDS", "TABLES", "Asked", "canonical", "check_code", "facts", "known_on_night", "period"]
