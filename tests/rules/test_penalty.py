"""The statutory amount beyond the vectors: what the caller learns, what is refused, and what holds for any act."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse import penalty, rule_files
from warehouse.errors import WarehouseError

LAW = penalty.law(rule_files.Files())
NOW = date(2026, 3, 2)
MANY = settings(max_examples=150, deadline=None, derandomize=True, database=None)
DAYS = st.dates(date(2011, 7, 1), date(2026, 11, 1))


def with_setting(parameter: str, text: str) -> penalty.Law:
    changed = tuple(
        replace(row, parameter_text=text) if row.parameter == parameter else row for row in LAW.settings
    )  # fmt: skip
    return replace(LAW, settings=changed)


def amount(act: penalty.OverLimit | penalty.IllegalOperation) -> penalty.Penalty:
    return penalty.over_limit(act, LAW) if isinstance(act, penalty.OverLimit) else penalty.illegal_operation(act, LAW)


def fine_of(excess_kg: int, rules: penalty.Law = LAW) -> int:
    return penalty.over_limit(penalty.OverLimit(NOW, NOW, excess_kg), rules).chosen.high_fen


def test_the_rows_are_read_with_their_types() -> None:
    tier = next(row for row in LAW.fines if row.rule_id == "IO-FREIGHT-SERIOUS")
    assert tier.is_serious is True
    assert (tier.fine_low_fen, tier.fine_high_fen, tier.upper_bound) == (1_000_000, 5_000_000, 1_000_000)
    assert (tier.valid_from, tier.valid_to, tier.subject_kind, tier.height_up_to_mm) == (date(2023, 7, 20), *[None] * 3)
    assert isinstance(next(row for row in LAW.dimensions if row.rule_id == "D-H").limit_mm, int)


@pytest.mark.parametrize(
    ("rounding", "excess_kg", "yuan"),
    [
        ("FLOOR_TONNE", 1_999, 500), ("CEIL_TONNE", 1_001, 1_000), ("CEIL_TONNE", 2_000, 1_000),
        ("EXACT", 1_001, 500.5), ("EXACT", 2_500, 1_250), ("EXACT", 61_000, 30_000),
    ],
)  # fmt: skip
def test_a_part_of_a_tonne_is_rounded_as_the_parameter_says(rounding: str, excess_kg: int, yuan: float) -> None:
    assert fine_of(excess_kg, with_setting("fine_rounding", rounding)) == round(yuan * 100)


def test_an_unknown_rounding_names_the_file_and_the_choices() -> None:
    with pytest.raises(penalty.NoRule, match=r"FLOOR_TONNE, CEIL_TONNE, EXACT.*parameter\.csv"):
        fine_of(2_000, with_setting("fine_rounding", "NEAREST"))


def test_what_rests_on_a_row_nobody_read_is_said() -> None:
    warned = penalty.over_limit(penalty.OverLimit(NOW, NOW, 900), LAW)
    assert warned.is_verified
    assert warned.chosen.outcome == "warning"
    fined = penalty.over_limit(penalty.OverLimit(NOW, NOW, 2_000), LAW)
    assert fined.unverified == ("fine_rounding",)
    assert penalty.illegal_operation(penalty.IllegalOperation(NOW, NOW, "taxi"), LAW).unverified == ("IO-TAXI",)


def test_a_choice_before_the_statute_named_the_lighter_rule_is_unverified() -> None:
    early = penalty.over_limit(penalty.OverLimit(date(2016, 9, 20), date(2016, 10, 1), 900), LAW)
    assert (early.why, early.unverified) == ("lighter_later", ("lighter_rule@2004-05-18",))
    late = penalty.illegal_operation(
        penalty.IllegalOperation(date(2023, 7, 19), date(2023, 7, 20), "freight"), LAW
    )  # fmt: skip
    assert (late.why, late.choice_rules, late.is_verified) == ("lighter_later", ("lighter_rule@2021-07-15",), True)
    assert late.other is not None
    assert late.other.rules == ("IO-OLD-FREIGHT",)


def test_where_only_the_day_of_the_act_counts_later_rules_are_shown_and_not_taken() -> None:
    act = penalty.IllegalOperation(date(2023, 7, 19), date(2023, 7, 20), "freight")
    found = penalty.illegal_operation(act, with_setting("lighter_rule", "ACT_DAY"))
    assert (found.why, found.chosen.rules) == ("act_day_only", ("IO-OLD-FREIGHT",))
    with pytest.raises(penalty.NoRule, match="Write one of LIGHTER, ACT_DAY"):
        penalty.illegal_operation(act, with_setting("lighter_rule", "NEWEST"))


def test_a_lower_maximum_beside_a_higher_minimum_is_contested() -> None:
    """A gain of 15,400 yuan: by the law of 2021-07-14 30,000 to 100,000; by that of 2023-07-20 30,800 to 92,400 with
    the gain."""
    act = penalty.IllegalOperation(date(2021, 7, 14), date(2023, 7, 20), "freight", 1_540_000)
    found = penalty.illegal_operation(act, LAW)
    assert (found.why, found.is_contested) == ("lighter_later", True)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (penalty.OverLimit(date(2011, 6, 30), NOW, 2_000), "No rule on over_mass is in force on 2011-06-30"),
        (penalty.OverLimit(date(2026, 3, 3), NOW, 2_000), "Exchange the two days"),
        (penalty.IllegalOperation(NOW, NOW, "ride_hailing"), "Say which: driver, enterprise, vehicle"),
        (penalty.IllegalOperation(date(2022, 11, 29), NOW, "ride_hailing", subject_kind="driver"), "fine_tier.csv"),
        (penalty.IllegalOperation(NOW, NOW, "ferry"), "fine_tier.csv"),
    ],
)
def test_an_act_no_rule_covers_is_an_error_with_a_next_step(
    act: penalty.OverLimit | penalty.IllegalOperation, says: str
) -> None:
    with pytest.raises(WarehouseError, match=says):
        amount(act)


def test_a_hole_between_tiers_is_an_error_and_not_a_guess() -> None:
    tiers = tuple(replace(row, lower_bound=2_000) if row.rule_id == "F43-MASS-2" else row for row in LAW.fines)
    with pytest.raises(penalty.NoRule, match="leave a gap"):
        fine_of(1_500, replace(LAW, fines=tiers))
    tiers = tuple(row for row in LAW.fines if row.rule_id != "F43-DIM-3")
    with pytest.raises(penalty.NoRule, match="covers these dimensions"):
        penalty.over_limit(penalty.OverLimit(NOW, NOW, height_mm=5_000), replace(LAW, fines=tiers))


@MANY
@given(st.integers(0, 200_000), st.integers(0, 5_000))
def test_more_over_is_never_less_to_pay(excess_kg: int, more_kg: int) -> None:
    assert fine_of(excess_kg) <= fine_of(excess_kg + more_kg) <= 3_000_000


@MANY
@given(
    DAYS, st.integers(0, 4_000), st.integers(0, 100_000),
    st.integers(3_000, 5_500), st.integers(2_000, 4_500), st.integers(9_000, 35_000),
)  # fmt: skip
def test_the_party_never_fares_worse_than_by_the_rules_of_the_act(
    violated_on: date, days: int, excess_kg: int, height_mm: int, width_mm: int, length_mm: int
) -> None:
    act = penalty.OverLimit(
        violated_on, violated_on + timedelta(days=days), excess_kg, height_mm, width_mm, length_mm
    )  # fmt: skip
    found = penalty.over_limit(act, LAW)
    same_day = penalty.over_limit(replace(act, decided_on=violated_on), LAW).chosen
    assert found.chosen.burden <= same_day.burden
    assert found.chosen.low_fen <= found.chosen.high_fen <= 3_000_000
    assert found.chosen.law_on in (act.violated_on, act.decided_on)
    assert (found.why == "unchanged") == (found.other is None)


@MANY
@given(DAYS, st.integers(0, 4_000), st.sampled_from(["freight", "passenger", "dangerous_goods"]),
       st.integers(0, 10_000_000), st.booleans())  # fmt: skip
def test_every_act_of_a_trade_under_the_regulation_has_an_amount(
    violated_on: date, days: int, sector: str, gain_fen: int, is_serious: bool
) -> None:
    act = penalty.IllegalOperation(violated_on, violated_on + timedelta(days=days), sector, gain_fen, is_serious)
    found = penalty.illegal_operation(act, LAW)
    assert 0 < found.chosen.low_fen <= found.chosen.high_fen
    assert found.chosen.confiscated_fen in (0, gain_fen)
    if violated_on >= date(2021, 7, 15):
        assert found.chosen.confiscated_fen == gain_fen
