"""What the articles allow for a case, computed again from its facts, against what was decided.

One comparison a case, where one party was penalised: fines in effect for one act are held against the range of that
act (一事不再罚). An act that is not measured (evading, ordering, misusing a permit) has the range of its article, of
all of its sentences where none is told. The amount for loading over the limit is set by provincial law that is not
loaded: it is not computed. Fines against several (一超四罚) rest on an article each and are not added up. The lowest
amount is that of the excess less the instrument's allowance, the highest that of the excess as measured: which of them
a county counts is not told. Whether an illegal operation is serious is told by no feed: the range covers both. The
amount that a decision states as statutory is the sender's and stays apart. Nothing here says that a decision is wrong:
local discretion (裁量基准) lies between, and no table of it is loaded, so "below" is where it would show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from warehouse import penalty
from warehouse.cases import DECISIONS_AND_MONEY, Filter, where_of
from warehouse.errors import WarehouseError
from warehouse.metrics import Source

TABLES = (
    "core.case_decision", "core.case_life", "core.case_measure", "staging.penalty_payment", "seeds.dimension_limit",
    "seeds.fine_tier", "seeds.parameter",
)  # fmt: skip
"""What is read here."""
VERDICTS = ("below", "within", "above", "unexplained")
_ABOUT_MASS = ("over_mass", "over_mass_and_dimension")
_ABOUT_DIMENSION = ("over_dimension", "over_mass_and_dimension")
_RANGED = ("evading_weighing", "ordering_overload", "permit_misuse")
_KEPT = (
    "case_kind", "case_no", "county_code", "act_code", "sector", "violated_on", "decided_on", "decided_fen",
    "collected_fen", "decision_count",
)  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """One case: the range of the articles and the amount decided, in fen.

    ``low_fen`` and ``high_fen`` None: not computed, see ``reason``. ``confiscated_fen``: unlawful gain that is taken
    beside the fine. ``stated_fen``: the statutory amount the decisions state. ``rules``: rows used; ``is_verified``:
    all of them were read in a text, and the day of the act is told. ``law_on``: the day whose rules apply.
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
_FACTS = f"""
with {DECISIONS_AND_MONEY},
held as (
    select life.case_kind, life.case_no,
        case when life.decided_on <= $as_of then life.decided_on else decided.decided_on end as decided_on,
        decided.statutory_fen, money.case_no is null as is_listed,
        case when money.case_no is null then life.decided_fen else decided.decided_fen end as decided_fen,
        money.collected_fen, coalesce(decided.decision_count, 0) as decision_count, decided.subjects
    from core.case_life as life
    left join decided on decided.case_kind = life.case_kind and decided.case_no = life.case_no
    left join money on money.case_kind = life.case_kind and money.case_no = life.case_no
)
select life.case_kind, life.case_no, life.county_code, life.act_code, life.sector,
    coalesce(life.violated_on, life.found_on) as violated_on, life.violated_on is not null as is_act_dated,
    held.decided_on, held.statutory_fen, held.decided_fen, held.collected_fen, held.decision_count, held.is_listed,
    held.subjects, life.gain_fen,
    measure.passage_record_id, measure.excess_kg, measure.excess_after_allowance_kg, measure.is_permitted,
    measure.height_mm, measure.width_mm, measure.length_mm
from core.case_life as life
inner join held on held.case_kind = life.case_kind and held.case_no = life.case_no
left join core.case_measure as measure on life.case_kind = 'over_limit' and measure.case_no = life.case_no
where held.decided_on between $first and $as_of and held.decided_fen is not null and {{where}}
order by held.decided_on desc, life.case_kind, life.case_no
"""


def compared(source: Source, as_of: date, only: Filter | None = None, first: date = date.min) -> list[Compared]:
    """Cases with a decision in effect, decided from ``first`` to the day, newest first."""
    where, given = where_of(only or Filter())
    rules = penalty.law(source)
    rows = source.rows(_FACTS.format(where=where), {"first": first, "as_of": as_of, **given})
    return [_compare(row, rules) for row in rows]


def _compare(row: dict[str, Any], rules: penalty.Law) -> Compared:
    facts = {
        **{name: row[name] for name in _KEPT},
        "excess_kg": row["excess_kg"] if row["act_code"] in _ABOUT_MASS else None,
        "stated_fen": row["statutory_fen"],
    }
    try:
        found = _penalties(row, facts, rules)
    except penalty.NoRule:
        found = "no_rule"
    except WarehouseError:
        found = "days_exchanged"
    if isinstance(found, str):
        return Compared(
            **facts, low_fen=None, high_fen=None, confiscated_fen=None, verdict="unexplained", reason=found, rules=(),
            is_verified=False, law_on=None,
        )  # fmt: skip
    readings = [one.chosen for one in found]
    low, high = min(one.low_fen for one in readings), max(one.high_fen for one in readings)
    taken = max(one.confiscated_fen for one in readings)
    # A county's list may count the gain with the fine, so that both are within; a decision tells its fine.
    verdict, reason = _verdict(facts["decided_fen"], low, high + (taken if row["is_listed"] else 0))
    if reason == "in_range" and all(one.outcome == "warning" for one in readings):
        reason = "warning"
    elif reason == "in_range" and row["case_kind"] == "illegal_operation" and readings[0] != readings[-1]:
        reason = "seriousness_unknown"
    elif reason == "in_range" and row["act_code"] in _RANGED and len(readings[0].rules) > 1:
        reason = "sentence_unknown"
    numbers = dict.fromkeys(number for one in found for number in (*one.chosen.rules, *one.choice_rules))
    return Compared(
        **facts, low_fen=low, high_fen=high, confiscated_fen=taken, verdict=verdict, reason=reason,
        rules=tuple(numbers), is_verified=row["is_act_dated"] and all(one.is_verified for one in found),
        law_on=readings[0].law_on,
    )  # fmt: skip


def _penalties(row: dict[str, Any], facts: dict[str, Any], rules: penalty.Law) -> list[penalty.Penalty] | str:
    """What the articles say of each reading of the facts that is open, or why it cannot be said."""
    days = facts["violated_on"], facts["decided_on"]
    subjects = (row["subjects"] or "vehicle").split(",")
    if len(subjects) > 1:
        return "several_subjects"
    if row["case_kind"] == "illegal_operation":
        # The county's list is of vehicles, which matters where a trade's rules tell subjects apart.
        subject = subjects[0] if row["sector"] == "ride_hailing" else None
        gain = row["gain_fen"] or 0
        return [
            penalty.illegal_operation(penalty.IllegalOperation(*days, row["sector"], gain, is_serious, subject), rules)
            for is_serious in (False, True)
        ]
    if row["act_code"] in _RANGED:
        return [penalty.ranged(penalty.Ranged(*days, row["act_code"], subjects[0]), rules)]
    if row["act_code"] not in (*_ABOUT_MASS, *_ABOUT_DIMENSION):
        return "act_not_computed"
    if subjects == ["source"]:
        return "other_article"
    if row["passage_record_id"] is None:
        return "no_passage"
    if row["is_permitted"]:
        return "permitted"
    height, width, length = (
        row[name] if row["act_code"] in _ABOUT_DIMENSION else None for name in ("height_mm", "width_mm", "length_mm")
    )
    excess = facts["excess_kg"] or 0
    if not excess and height is width is length is None:
        return "nothing_beyond"
    after = row["excess_after_allowance_kg"] if excess else None
    return [
        penalty.over_limit(penalty.OverLimit(*days, counted, height, width, length), rules)
        for counted in dict.fromkeys((excess, excess if after is None else after))
    ]


def _verdict(decided_fen: int, low_fen: int, high_fen: int) -> tuple[str, str]:
    if decided_fen > high_fen:
        return "above", "more_than_allowed"
    if decided_fen < low_fen:
        return "below", "reduced" if decided_fen else "warning_instead"
    return "within", "in_range"
