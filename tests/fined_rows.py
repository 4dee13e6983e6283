"""Made cases with a ratio (``warehouse.consistency``), what is told of them, and a made forecast (``warehouse.queue``),
by the parameters of the seed."""

import csv
from collections.abc import Sequence
from datetime import date
from typing import Any

from warehouse import queue, sql
from warehouse.case_amounts import Compared
from warehouse.consistency import PARAMETERS, Fined, Left, Like, Told
from warehouse.funnel import Part
from warehouse.parameters import Parameter
from warehouse.queue import BackTest, Expected, Forecast, Line, Tested

HIGH_FEN = 1_000_000


def fined(number: str, ratio: float = 0.25, **told: Any) -> Fined:
    """A case of 12 t over with a ratio; ``told`` changes its fields, its likeness, origin and earlier penalties."""
    given: dict[str, Any] = {
        "county_code": "431103", "act_code": "over_mass", "decided_on": date(2025, 6, 10), "excess_kg": 12_000,
        "low_fen": HIGH_FEN, "high_fen": HIGH_FEN, "severity": "20000", "procedure": "ordinary", "origin": "local",
        "earlier_count": 0, "is_verified": False, "is_by_tonne": True,
    } | told  # fmt: skip
    like = Like(given["act_code"], given.pop("severity"), given.pop("procedure"))
    rest = [given.pop(name) for name in ("origin", "earlier_count", "is_by_tonne")]
    decided = round(ratio * given["high_fen"])
    case = Compared(
        case_kind="over_limit", case_no=number, sector=None, violated_on=given["decided_on"], confiscated_fen=0,
        stated_fen=given["high_fen"], decided_fen=decided, collected_fen=0, decision_count=1, verdict="below",
        reason="reduced", rules=("F43-MASS-2",), law_on=given["decided_on"], **given,
    )  # fmt: skip
    return Fined(case, like, *rest)


def parameters(names: Sequence[str] = PARAMETERS, **changed: float) -> dict[str, Parameter]:
    """Those of the seed, some with another value."""
    with (sql.PROJECT / "seeds" / "parameter.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["parameter"]: row for row in csv.DictReader(file)}
    return {
        name: Parameter(
            name, changed.get(name, float(rows[name]["parameter_value"])), rows[name]["unit"] or None,
            *(rows[name][column] for column in ("zh", "en", "citation_zh", "citation_en", "confidence")),
        )
        for name in names
    }  # fmt: skip


def told_of(
    cases: Sequence[Fined], warned: Sequence[Fined] = (), left: Sequence[Part] = (), **changed: float
) -> Told:  # fmt: skip
    reasons = [Left(f"L{at}", part.reason, part.detail) for part in left for at in range(part.count)]
    return Told(tuple(cases), tuple(reasons), tuple(warned), parameters(**changed))


def forecast_of(weeks: int) -> Forecast:
    """A queue of some hundred cases, one state with too little data, and a back-test."""

    def line(name: str, number: int) -> Line:
        return Line(name, number, 300, (Expected(number + 0.4, number - 34, number + 166),) * weeks)

    tested = (Tested("served", False, Expected(180, 160, 200), 177), Tested("closed", True, Expected(40, 30, 50), 55))
    return Forecast(
        (line("open", 1_234), line("served", 180), Line("hearing", 2, 3, ())), (line("filed", 60), line("closed", 41)),
        7, BackTest(date(2026, 10, 25), tested, 8, 82, 100), parameters(queue.PARAMETERS),
    )  # fmt: skip
