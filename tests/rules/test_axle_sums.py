# ruff: noqa: E501  (tables)
"""What the axles of a vehicle may carry together: groups from the type code, loads from the rulebook, both sides of
each spacing. The loads were not read in the standard: the sum asks for review and never makes a load over the limit."""

import pytest


@pytest.mark.parametrize(
    ("code", "axles", "kind", "air", "spacings", "total"),
    [
        ("12", 2, "rigid", "", "[4.9]", 7000 + 11500),
        ("15", 3, "rigid", "", "[4.3, 0.99]", 7000 + 11500),
        ("15", 3, "rigid", "", "[4.3, 1.00]", 7000 + 16000),
        ("15", 3, "rigid", "", "[4.3, 1.29]", 7000 + 16000),
        ("15", 3, "rigid", "", "[4.3, 1.30]", 7000 + 18000),
        ("15", 3, "rigid", "true", "[4.3, 1.30]", 7000 + 19000),
        ("15", 3, "rigid", "true", "[4.3, 1.29]", 7000 + 16000),
        ("15", 3, "rigid", "false", "[4.3, 1.79]", 7000 + 18000),
        ("115", 4, "rigid", "", "[1.95, 4.2, 1.35]", 7000 + 7000 + 18000),
        ("122", 3, "combination", "", "[3.5, 6.2]", 7000 + 11500 + 10000),
        ("125", 4, "combination", "", "[3.6, 6.6, 0.99]", 7000 + 11500 + 11000),
        ("125", 4, "combination", "", "[3.6, 6.6, 1.80]", 7000 + 11500 + 18000),
        ("125", 4, "", "", "[3.6, 6.6, 0.99]", 7000 + 11500 + 11000),
        ("127", 5, "combination", "", "[3.6, 6.3, 1.30, 1.30]", 7000 + 11500 + 21000),
        ("127", 5, "combination", "", "[3.6, 6.3, 1.30, 1.31]", 7000 + 11500 + 24000),
        ("127", 5, "combination", "", "[3.6, 6.3, 1.40, 1.40]", 7000 + 11500 + 24000),
        ("155", 5, "combination", "", "[3.4, 1.35, 6.8, 1.31]", 7000 + 18000 + 18000),
        ("157", 6, "combination", "", "[3.3, 1.35, 6.7, 1.31, 1.31]", 7000 + 18000 + 24000),
        ("157", 6, "combination", "true", "[3.3, 1.35, 6.7, 1.31, 1.31]", 7000 + 19000 + 24000),
        ("1127", 6, "combination", "", "[1.85, 2.9, 6.3, 1.31, 1.31]", 7000 + 7000 + 11500 + 24000),
    ],
)
def test_a_vehicle_s_axles_may_carry_so_much_together(model, code, axles, kind, air, spacings, total):
    model(
        "core.passage_axle_sum",
        given={
            "core.passage_vehicle": f"""
                record_id | passed_date | axle_type_code | axle_count | vehicle_kind | has_air_suspension | axle_spacings_m
                a         | 2026-03-01  | {code}         | {axles}    | {kind}       | {air}              | {spacings}
            """
        },
        expect=f"""
            record_id | axle_sum_kg
            a         | {total}
        """,
    )


def test_without_groups_spacings_or_a_row_that_fits_there_is_no_sum(model):
    """No code, a code for other axles, a digit nobody explains, no spacing, a tridem further apart than any row says,
    a tandem of a truck further apart than any row says, and a day before the standard."""
    model(
        "core.passage_axle_sum",
        given={
            "core.passage_vehicle": """
                record_id | passed_date | axle_type_code | axle_count | vehicle_kind | axle_spacings_m
                a         | 2026-03-01  |                | 6          | combination  | [3.3, 1.35, 6.7, 1.31, 1.31]
                b         | 2026-03-01  | 157            | 5          | combination  | [3.3, 1.35, 6.7, 1.31]
                c         | 2026-03-01  | 147            | 6          | combination  | [3.3, 1.35, 6.7, 1.31, 1.31]
                d         | 2026-03-01  | 157            | 6          | combination  |
                e         | 2026-03-01  | 157            | 6          | combination  | [3.3, 1.35, 6.7, 1.41, 1.31]
                f         | 2026-03-01  | 15             | 3          | rigid        | [4.3, 1.80]
                g         | 2016-07-25  | 157            | 6          | combination  | [3.3, 1.35, 6.7, 1.31, 1.31]
                h         | 2016-07-26  | 157            | 6          | combination  | [3.3, 1.35, 6.7, 1.31, 1.31]
            """
        },
        expect="""
            record_id | axle_sum_kg
            h         | 49000
        """,
    )


def test_above_its_axle_sum_and_within_its_limit_a_load_is_for_review(model):
    """A tridem 1,300 mm apart makes 46,000; the limit of the order stays 49,000. Before 2016-09-21 no sum is asked for."""
    model(
        "core.passage",
        given={
            "staging.wim_passage": """
                passed_at           | axle_count | axle_type_code | axle_spacings_m              | single_tyre_axle_count | gross_vehicle_weight_kg
                2026-03-01 01:00:00 | 6          | 157            | [3.3, 1.35, 6.7, 1.30, 1.30] | 0                      | 46000
                2026-03-01 02:00:00 | 6          | 157            | [3.3, 1.35, 6.7, 1.30, 1.30] | 0                      | 46001
                2026-03-01 03:00:00 | 6          | 157            | [3.3, 1.35, 6.7, 1.30, 1.30] | 0                      | 49000
                2026-03-01 04:00:00 | 6          | 157            | [3.3, 1.35, 6.7, 1.30, 1.30] | 0                      | 49001
                2026-03-01 05:00:00 | 6          | 157            | [3.3, 1.35, 6.7, 1.31, 1.30] | 0                      | 49000
                2016-09-20 05:00:00 | 6          | 157            | [3.3, 1.35, 6.7, 1.30, 1.30] | 0                      | 49001
            """
        },
        expect="""
            record_id | axle_sum_kg | limit_low_kg | limit_kg | limit_modifiers | verdict | excess_kg | flags
            r1        | 46000       | 46000        | 49000    |                 | within  | 0         | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK
            r2        | 46000       | 46000        | 49000    |                 | review  |           | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-AXLESUM
            r3        | 46000       | 46000        | 49000    |                 | review  |           | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-AXLESUM
            r4        | 46000       | 46000        | 49000    |                 | over    | 1         | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-TYPECODE
            r5        | 49000       | 49000        | 49000    |                 | within  | 0         | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK
            r6        |             | 55000        | 55000    |                 | within  | 0         | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK
        """,
    )


def test_an_agricultural_vehicle_is_limited_by_its_licence_alone(model):
    model(
        "core.passage_limit",
        given={
            "core.passage_vehicle": """
                record_id | passed_date | axle_type_code | axle_count | vehicle_kind | registered_gross_mass_kg | axle_spacings_m
                a         | 2026-03-01  | 12             | 2          | agricultural | 19000                    | [3.1]
            """
        },
        expect="""
            rule_id | limit_low_kg | limit_high_kg | axle_sum_kg
            REG     | 19000        | 19000         |
        """,
    )
