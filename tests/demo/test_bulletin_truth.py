"""What a bulletin reads itself, of a generated prefecture, against plain Python over the rows: counts by county, day
and band, cases by their days, and money."""

from collections import Counter
from datetime import date
from typing import Any

import handled as built

from warehouse import bulletin

ASKED = (bulletin.period("2025-11"), bulletin.period("2025-12"), bulletin.Asked(date(2025, 12, 20)))


def _in(day: Any, asked: bulletin.Asked) -> bool:
    return day is not None and asked.first <= day <= asked.last


def test_counts_by_county_day_and_band(handled: built.Handled) -> None:
    rows = handled.tables.rows("select passed_date, county_code, gross_vehicle_weight_kg, verdict, excess_band "
                               "from core.passage")  # fmt: skip
    for asked in ASKED:
        own = [row for row in rows if _in(row["passed_date"], asked)]
        over = [row for row in own if row["verdict"] == "over"]
        weighed = Counter(row["county_code"] for row in own if row["gross_vehicle_weight_kg"] is not None)
        told = bulletin._counties(handled.tables, {"now": (asked.first, asked.last)})
        assert {one["county_code"]: one["now"]["weighed_count"] for one in told} == dict(weighed)
        by_county = Counter(row["county_code"] for row in over)
        assert {one["county_code"]: one["now"]["over_count"] for one in told} == {
            code: by_county[code] for code in weighed
        }
        days = handled.tables.rows(bulletin._BY_DAY, {"first": asked.first, "last": asked.last})
        by_day = Counter(row["passed_date"] for row in over)
        assert {row["passed_date"]: row["over_count"] for row in days if row["over_count"]} == dict(by_day)
        bands = Counter(row["excess_band"].replace("-", "_") for row in over)
        assert bulletin._bands(handled.tables, asked) == {band: bands[band] for band in bulletin.BANDS}


def test_cases_by_their_own_days_and_money(handled: built.Handled) -> None:
    lives = handled.tables.rows("select case_kind, filed_on, decided_on, closed_on from core.case_life")
    decisions = handled.tables.rows("select decided_on, decided_fen, is_in_effect, effect_ended_on "
                                    "from core.case_decision")  # fmt: skip
    paid = handled.tables.rows("select paid_on, paid_fen from staging.penalty_payment")
    for asked in ASKED:
        told = bulletin._cases(handled.tables, asked.first, asked.last)
        for series in ("filed", "closed"):
            expected = sum(row["case_kind"] == "over_limit" and _in(row[f"{series}_on"], asked) for row in lives)
            assert told[series] == expected > 0
        (money,) = handled.tables.rows(bulletin._MONEY, {"first": asked.first, "last": asked.last})
        stands = [row for row in decisions if _in(row["decided_on"], asked)]
        stands = [row for row in stands if row["is_in_effect"] or row["effect_ended_on"] > asked.last]
        assert money["decided_fen"] == sum(row["decided_fen"] for row in stands) > 0
        assert money["collected_fen"] == sum(row["paid_fen"] for row in paid if _in(row["paid_on"], asked)) > 0
