"""Answers as known on a day: lists, cases, hazards and facts as a night's version would tell them by today's rules.

What was filed, decided, withdrawn or registered late, or corrected since, is not known (``warehouse.known``). Each
function opens what one topic reads and nothing more. Of passages only the days are computed that are asked about, and
those around them from which something may have been taken: years of passages would take hours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

from warehouse import (
    alerts,
    case_amounts,
    cases,
    compliance,
    consistency,
    dimensions,
    dossier,
    fates,
    hazards,
    kpi,
    matching,
    repeat,
    risk,
    safety_repeat,
    score,
    sources,
    supervision,
)
from warehouse.known import Known, known_on

_DAYS = "select distinct cast(violated_at as date) as violated_on from staging.enforcement_case where {where}"
_WHERE = {
    "vehicle": "plate_no = $plate_no and plate_color_code is not distinct from $plate_color_code",
    "driver": "coalesce(driver_certificate_no, driver_id_hash) = $driver_no",
    # Acts that name no enterprise may be its by the register (warehouse.matching).
    "enterprise": "coalesce(uscc, $uscc) = $uscc",
    "case": "case_no = $case_no",
}
# A case may take a passage so far away, which another case may claim, and that one yet another (core.case_passage); of
# a finding another one of its trip may have the case. Between a ticket and its passage the vehicle may be unladen.
_REACH = """
select max(parameter_value) as hours from seeds.parameter
where parameter in ('match_weak_hours', 'match_loading_hours', 'repeat_merge_hours')
"""
_LINKS = 3


def standings_known_on(day: date, *, with_register: bool = False) -> AbstractContextManager[Known]:
    """What ``repeat.standings`` reads, as known after the night of ``day``; ``with_register``: also what
    ``matching.by_register`` does."""
    tables = (*repeat.TABLES, *matching.TABLES) if with_register else repeat.TABLES
    return known_on(day, tables, passage_days=days_of_acts(day))


def cases_known_on(day: date) -> AbstractContextManager[Known]:
    """What ``cases`` reads: lists alone, no passage."""
    return known_on(day, cases.COURSE_TABLES)


def case_file_known_on(day: date, case_no: str) -> AbstractContextManager[Known]:
    """What ``cases.case_file`` reads of one case."""
    return known_on(day, cases.FILE_TABLES, passage_days=days_of_acts(day, "case", {"case_no": case_no}))


def amounts_known_on(day: date) -> AbstractContextManager[Known]:
    """What ``case_amounts.compared`` reads."""
    return known_on(day, case_amounts.TABLES, passage_days=days_of_acts(day))


def consistency_known_on(day: date) -> AbstractContextManager[Known]:
    """What ``consistency`` reads."""
    return known_on(day, consistency.TABLES, passage_days=days_of_acts(day))


def hazards_known_on(day: date) -> AbstractContextManager[Known]:
    """What ``hazards`` reads: lists alone, no passage."""
    return known_on(day, hazards.TABLES)


def safety_known_on(day: date) -> AbstractContextManager[Known]:
    """What ``safety_repeat`` reads: lists alone, no passage."""
    return known_on(day, safety_repeat.TABLES)


def findings_known_on(day: date, first: date, last: date) -> AbstractContextManager[Known]:
    """What ``fates`` reads of the findings from ``first`` to ``last``, both included."""
    return known_on(day, fates.TABLES, passage_days=_days_around(day, first, last))


def dimensions_known_on(day: date, first: date, last: date) -> AbstractContextManager[Known]:
    """What ``dimensions`` reads of the passages from ``first`` to ``last``, both included."""
    return known_on(day, dimensions.TABLES, passage_days=_days_around(day, first, last))


def sources_known_on(day: date, first: date, last: date) -> AbstractContextManager[Known]:
    """What ``sources`` reads of the trips from ``first`` to ``last``, both included."""
    return known_on(day, sources.TABLES, passage_days=_days_around(day, first, last))


def _days_around(day: date, first: date, last: date) -> set[date]:
    """A period and the days around it that may decide what becomes of its findings."""
    with known_on(day, ("seeds.parameter",)) as source:
        reach = _reach(source)
    begin, end = max(first.toordinal() - reach, 1), min(last.toordinal() + reach, date.max.toordinal())
    return {date.fromordinal(number) for number in range(begin, end + 1)}


def monitoring_known_on(day: date) -> AbstractContextManager[Known]:
    """What ``kpi`` reads: every day, since what may still be done in time hangs on the last instant told of."""
    return known_on(day, (*kpi.TABLES, *kpi.BESIDE))


def ranking_known_on(day: date) -> AbstractContextManager[Known]:
    """What ``score`` reads: every day of passages and of vehicles."""
    return known_on(day, score.TABLES)


def supervision_known_on(day: date) -> AbstractContextManager[Known]:
    """What ``supervision`` reads: every day of passages and of vehicles."""
    return known_on(day, supervision.TABLES)


def alerts_known_on(day: date) -> AbstractContextManager[Known]:
    """What ``alerts`` reads: every day of passages and of vehicles."""
    return known_on(day, alerts.TABLES)


def compliance_known_on(day: date) -> AbstractContextManager[Known]:
    """What ``compliance`` reads: registers, and every day of vehicles."""
    return known_on(day, compliance.TABLES)


def risk_known_on(day: date) -> AbstractContextManager[Known]:
    """What ``risk`` reads: every day of passages."""
    return known_on(day, risk.TABLES)


def facts_known_on(day: date, kind: str, key: Mapping[str, Any]) -> AbstractContextManager[Known]:
    """What ``dossier.facts`` reads of one subject."""
    return known_on(day, dossier.TABLES, passage_days=days_of_acts(day, kind, key))


def days_of_acts(day: date, kind: str | None = None, key: Mapping[str, Any] | None = None) -> set[date]:
    """The days of the acts known by then, of one subject or of all, and those around from which something may have been
    taken for them."""
    with known_on(day, ("staging.enforcement_case", "seeds.parameter")) as source:
        where = _WHERE[kind] if kind else "true"
        acted = source.read(_DAYS.format(where=where), dict(key or {}))["violated_on"]
        reach = _reach(source)
    return {
        one + timedelta(away) for one in acted.to_numpy("datetime64[D]").tolist() for away in range(-reach, reach + 1)
    }


def _reach(source: Known) -> int:
    """Days around an act, or around a finding, that may decide what becomes of it."""
    return _LINKS * math.ceil(source.read(_REACH).iloc[0]["hours"] / 24) + 1
