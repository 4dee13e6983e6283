"""What the articles allow for a case, computed again from its facts, against what was decided.

One comparison a case: fines in effect for one act are held against the range of that act, whoever they are
against (一事不再罚). The amount that a decision states as statutory is the sender's and stays apart. Nothing here
says that a decision is wrong: local discretion (裁量基准) lies between, and no table of it is loaded, so "below" is
where it would show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from warehouse import penalty
from warehouse.cases import Filter
from warehouse.errors import WarehouseError
from warehouse.metrics import Source

VERDICTS = ("below", "within", "above", "unexplained")
REASONS = (
    "in_range", "warning", "reduced", "warning_instead", "more_than_allowed", "no_passage", "permitted",
    "nothing_beyond", "act_not_computed", "no_rule", "days_exchanged",
)  # fmt: skip
_ABOUT_MASS = ("over_mass", "over_mass_and_dimension")
_ABOUT_DIMENSION = ("over_dimension", "over_mass_and_dimension")


@dataclass(frozen=True)
class Compared:
    """One case: the range of the articles and the amount decided, in fen.

    ``low_fen`` and ``high_fen`` None: not computed, see ``reason``. ``confiscated_fen``: unlawful gain that is taken
    beside the fine. ``stated_fen``: the statutory amount the decisions state. ``rules``: rows used; ``is_verified``:
    all of them were read in a text. ``law_on``: the day whose rules apply.
    """

    case_kind: str
    case_no: str
    county_code: str
    act_code: str
    sector: str | None
    violated_on: date
    decided_on: date
    excess_kg: int | None
    low_fen: int | None
    high_fen: int | None
    confiscated_fen: int | None
    stated_fen: int | None
    decided_fen: int
    collected_fen: int | None
    decision_count: int
    verdict: str
    reason: str
    rules: tuple[str, ...]
    is_verified: bool
    law_on: date | None


# Of an illegal operation nothing tells the day of the act: the day it was found stands for it.
_FACTS = """
select life.case_kind, life.case_no, life.county_code, life.act_code, life.sector,
    cast(coalesce(life.violated_on, life.found_on) as varchar) as violated_on,
    cast(life.decided_on as varchar) as decided_on, life.statutory_fen, life.decided_fen, life.collected_fen,
    life.decision_count, life.gain_fen, measure.passage_record_id, measure.excess_kg, measure.is_permitted,
    measure.height_mm, measure.width_mm, measure.length_mm
from core.case_life as life
left join core.case_measure as measure on life.case_kind = 'over_limit' and measure.case_no = life.case_no
where life.decided_on between $first and $as_of and life.decided_fen is not null and life.ended_state is null {where}
order by life.decided_on desc, life.case_kind, life.case_no
"""


def compared(source: Source, as_of: date, only: Filter | None = None, first: date = date.min) -> list[Compared]:
    """Cases with a decision in effect, decided from ``first`` to the day, newest first."""
    asked = only or Filter()
    told = {"case_kind": asked.kind, "county_code": asked.county, "case_no": asked.case_no}
    given = {name: value for name, value in told.items() if value is not None}
    where = "".join(f" and life.{name} = ${name}" for name in given)
    frame = source.read(_FACTS.format(where=where), {"first": first, "as_of": as_of, **given}).astype(object)
    frame = frame.where(frame.notna(), None)
    rules = penalty.law(source)
    return [_compare({str(name): value for name, value in row.items()}, rules) for row in frame.to_dict("records")]


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _compare(row: dict[str, Any], rules: penalty.Law) -> Compared:
    facts = {
        "case_kind": row["case_kind"], "case_no": row["case_no"], "county_code": row["county_code"],
        "act_code": row["act_code"], "sector": row["sector"],
        "violated_on": date.fromisoformat(row["violated_on"][:10]),
        "decided_on": date.fromisoformat(row["decided_on"][:10]),
        "excess_kg": _whole(row["excess_kg"]) if row["act_code"] in _ABOUT_MASS else None,
        "stated_fen": _whole(row["statutory_fen"]), "decided_fen": int(row["decided_fen"]),
        "collected_fen": _whole(row["collected_fen"]),
        "decision_count": int(row["decision_count"]),
    }  # fmt: skip
    try:
        found = _penalty(row, facts, rules)
    except penalty.NoRule:
        found = "no_rule"
    except WarehouseError:
        found = "days_exchanged"
    if isinstance(found, str):
        return Compared(
            **facts, low_fen=None, high_fen=None, confiscated_fen=None, verdict="unexplained", reason=found, rules=(),
            is_verified=False, law_on=None,
        )  # fmt: skip
    reading = found.chosen
    verdict, reason = _verdict(facts["decided_fen"], reading)
    return Compared(
        **facts, low_fen=reading.low_fen, high_fen=reading.high_fen, confiscated_fen=reading.confiscated_fen,
        verdict=verdict, reason=reason, rules=(*reading.rules, *found.choice_rules), is_verified=found.is_verified,
        law_on=reading.law_on,
    )  # fmt: skip


def _penalty(row: dict[str, Any], facts: dict[str, Any], rules: penalty.Law) -> penalty.Penalty | str:
    """What the articles say, or why it cannot be said."""
    days = facts["violated_on"], facts["decided_on"]
    if row["case_kind"] == "illegal_operation":
        # The county's list is of vehicles, which matters where a trade's rules tell subjects apart.
        subject = "vehicle" if row["sector"] == "ride_hailing" else None
        gain = _whole(row["gain_fen"]) or 0
        return penalty.illegal_operation(penalty.IllegalOperation(*days, row["sector"], gain, False, subject), rules)
    if row["act_code"] not in (*_ABOUT_MASS, *_ABOUT_DIMENSION):
        return "act_not_computed"
    if row["passage_record_id"] is None:
        return "no_passage"
    if row["is_permitted"]:
        return "permitted"
    height, width, length = (
        _whole(row[name]) if row["act_code"] in _ABOUT_DIMENSION else None
        for name in ("height_mm", "width_mm", "length_mm")
    )
    excess = facts["excess_kg"] or 0
    if not excess and height is width is length is None:
        return "nothing_beyond"
    return penalty.over_limit(penalty.OverLimit(*days, excess, height, width, length), rules)


def _verdict(decided_fen: int, reading: penalty.Reading) -> tuple[str, str]:
    """A county's list may count the gain with the fine, so that both are within."""
    if decided_fen > reading.high_fen + reading.confiscated_fen:
        return "above", "more_than_allowed"
    if decided_fen < reading.low_fen:
        return "below", "reduced" if decided_fen else "warning_instead"
    return "within", "warning" if reading.outcome == "warning" else "in_range"
