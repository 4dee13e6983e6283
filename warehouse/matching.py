"""What belongs to a case, how surely and by what: its passage, vehicle, driver, enterprise and loading firm.

Facts are those of ``core.case_match``; nothing is decided here. A loading firm is where the vehicle was loaded by its
last ticket, not who answers for the load. An enterprise that the case does not name and the register of vehicles does
(``register_name``) has none of its acts counted by that: they are told beside those that name it (``by_register``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from warehouse import keyed
from warehouse.match_terms import BY_REGISTER
from warehouse.metrics import Source, tables
from warehouse.plate import masked
from warehouse.repeat import Act, seen
from warehouse.repeat_terms import masked_driver

TABLES = ("core.case_match", "staging.driver_certificate", "staging.enterprise", "staging.loading_firm")
"""What ``of_cases`` and ``of_passage`` read; ``by_register`` reads ``core.violation`` beside."""
KINDS = ("match", "vehicle", "driver", "enterprise", "loading")


@dataclass(frozen=True)
class Tie:
    """One thing matched to a case. ``kind``: of ``KINDS``; ``grade``: exact, near, weak or none; ``reason``: by what.

    ``number``, ``name``: what was found (record of the passage, masked plate and certificate, credit code, the firm's
    number), None of a grade none. Of a load ``at`` is when the vehicle left, ``mass_kg`` the mass of the ticket.
    """

    kind: str
    grade: str
    reason: str
    number: str | None = None
    name: str | None = None
    at: datetime | None = None
    mass_kg: int | None = None


@dataclass(frozen=True)
class Match:
    """What belongs to one case, in the order of ``KINDS``."""

    case_no: str
    act_code: str
    record_id: str
    passage_record_id: str | None
    ties: tuple[Tie, ...]

    def tie(self, kind: str) -> Tie:
        return self.ties[KINDS.index(kind)]

    @property
    def is_register_only(self) -> bool:
        """Whether nothing but the register of vehicles ties the act to an enterprise."""
        return self.tie("enterprise").reason == BY_REGISTER

    def plain(self) -> list[dict[str, Any]]:
        """Its ties as rows of plain values, what is not told left out."""
        return [{name: value for name, value in vars(tie).items() if value is not None} for tie in self.ties]


_MATCHES = """
select found.case_no, found.act_code, found.record_id, found.plate_no, found.passage_record_id,
    found.passed_at, found.match_grade, found.match_reason, found.vehicle_grade, found.vehicle_reason,
    found.vehicle_record_id, found.driver_grade, found.driver_reason, driver.driver_certificate_no,
    found.enterprise_grade, found.enterprise_reason, found.enterprise_uscc, enterprise.enterprise_name,
    found.loading_grade, found.loading_reason, found.firm_no, firm.firm_name, found.left_at, found.loaded_mass_kg
from core.case_match as found
left join staging.driver_certificate as driver on driver.record_id = found.driver_record_id
left join staging.enterprise as enterprise on enterprise.record_id = found.enterprise_record_id
left join staging.loading_firm as firm on firm.record_id = found.firm_record_id
where found.passage_record_id = $record
order by found.case_no, found.record_id
"""
_OF_CASE = (
    "case_no", "act_code", "record_id", "plate_no", "passage_record_id", "passed_at", "match_grade", "match_reason",
    "vehicle_grade", "vehicle_reason", "vehicle_record_id", "driver_grade", "driver_reason", "driver_record_id",
    "enterprise_grade", "enterprise_reason", "enterprise_uscc", "enterprise_record_id", "loading_grade",
    "loading_reason", "firm_no", "firm_record_id", "left_at", "loaded_mass_kg",
)  # fmt: skip
_NAMED = (
    ("driver_record_id", "staging.driver_certificate", "driver_certificate_no"),
    ("enterprise_record_id", "staging.enterprise", "enterprise_name"),
    ("firm_record_id", "staging.loading_firm", "firm_name"),
)
_BY_REGISTER = """
select found.enterprise_uscc as found_uscc, {columns}
from core.case_match as found
inner join core.violation as act on act.record_id = found.record_id
where found.enterprise_reason = $reason and list_contains($units, found.enterprise_uscc)
    and act.violated_on <= $as_of
order by act.violated_at, act.case_no
"""


def _match(row: dict[str, Any]) -> Match:
    vehicle = masked(row["plate_no"]) if row["vehicle_record_id"] else None
    driver = row["driver_certificate_no"]
    told: dict[str, dict[str, Any]] = {
        "match": {"number": row["passage_record_id"], "at": row["passed_at"]},
        "vehicle": {"number": vehicle},
        "driver": {"number": driver and masked_driver(driver)},
        "enterprise": {"number": row["enterprise_uscc"], "name": row["enterprise_name"]},
        "loading": {"number": row["firm_no"], "name": row["firm_name"], "at": row["left_at"],
                    "mass_kg": row["loaded_mass_kg"]},
    }  # fmt: skip
    ties = tuple(Tie(kind, row[f"{kind}_grade"], row[f"{kind}_reason"], **told[kind]) for kind in KINDS)
    return Match(row["case_no"], row["act_code"], row["record_id"], row["passage_record_id"], ties)


def is_built(source: Source) -> bool:
    """Whether the snapshot says what belongs to a case; one from before an upgrade does not."""
    return tables(source) >= set(TABLES)


def of_cases(source: Source, cases: Iterable[str]) -> dict[str, Match]:
    """What belongs to each of these over-limit cases, by number."""
    rows = keyed.rows(source, "core.case_match", _OF_CASE, "case_no", cases)
    named = {
        column: {
            row["record_id"]: row[name]
            for row in keyed.rows(source, table, ("record_id", name), "record_id", [row[column] for row in rows])
        }
        for column, table, name in _NAMED
    }
    told = [row | {name: named[column].get(row[column]) for column, _, name in _NAMED} for row in rows]
    told.sort(key=lambda row: (row["case_no"], row["record_id"]))
    return {row["case_no"]: _match(row) for row in told}


def of_passage(source: Source, record_id: str) -> list[Match]:
    """The cases that come to a passage, whatever the grade."""
    rows = source.rows(_MATCHES, {"record": record_id})
    return [_match(row) for row in rows]


def by_register(source: Source, as_of: date, units: Sequence[str]) -> dict[str, list[Act]]:
    """Of each enterprise (credit code) the acts up to the day, as they had come to by then, that name no enterprise and
    whose vehicle the register of their day gives it. They count for nobody."""
    columns = ", ".join(f"act.{name}" for name in Act._fields)
    asked = {"units": list(units), "as_of": as_of, "reason": BY_REGISTER}
    found: dict[str, list[Act]] = {}
    for row in source.rows(_BY_REGISTER.format(columns=columns), asked):
        unit = row.pop("found_uscc")
        found.setdefault(unit, []).append(seen(Act(**row), as_of))
    return found
