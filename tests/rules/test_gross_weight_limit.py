# ruff: noqa: E501  (tables)
"""The limit of the day: which rule, which limit, over or within. Kilograms throughout."""

import pytest


def test_before_2016_09_21_only_the_axle_count_decides(model):
    model(
        "core.passage",
        given={
            "staging.wim_passage": """
                check_no | passed_at  | axle_count | gross_vehicle_weight_kg
                a        | 2016-09-20 | 2          | 20000
                b        | 2016-09-20 | 2          | 20001
                c        | 2016-09-20 | 3          | 30000
                d        | 2016-09-20 | 3          | 30001
                e        | 2016-09-20 | 4          | 40000
                f        | 2016-09-20 | 4          | 40001
                g        | 2016-09-20 | 5          | 50000
                h        | 2016-09-20 | 5          | 50001
                i        | 2016-09-20 | 6          | 55000
                j        | 2016-09-20 | 6          | 55001
                k        | 2016-09-20 | 9          | 55001
            """
        },
        expect="""
            record_id | rule_id | limit_kg | verdict | is_over_limit | excess_kg
            r1        | L2004-2 | 20000    | within  | false         | 0
            r2        | L2004-2 | 20000    | over    | true          | 1
            r3        | L2004-3 | 30000    | within  | false         | 0
            r4        | L2004-3 | 30000    | over    | true          | 1
            r5        | L2004-4 | 40000    | within  | false         | 0
            r6        | L2004-4 | 40000    | over    | true          | 1
            r7        | L2004-5 | 50000    | within  | false         | 0
            r8        | L2004-5 | 50000    | over    | true          | 1
            r9        | L2004-6 | 55000    | within  | false         | 0
            r10       | L2004-6 | 55000    | over    | true          | 1
            r11       | L2004-6 | 55000    | over    | true          | 1
        """,
    )


def test_the_law_changes_with_the_day_of_the_passage(model):
    """2016-09-20 and 2016-09-21 are judged apart, whatever day it is today."""
    model(
        "core.passage",
        given={
            "staging.wim_passage": """
                check_no | passed_at           | axle_count | axle_type_code | gross_vehicle_weight_kg
                a        | 2016-09-20 23:59:59 | 6          | 157            | 55000
                b        | 2016-09-21 00:00:00 | 6          | 157            | 55000
            """
        },
        expect="""
            record_id | rule_id | limit_kg | verdict | excess_kg
            r1        | L2004-6 | 55000    | within  | 0
            r2        | M6C     | 49000    | over    | 6000
        """,
    )


REGISTER = """
    plate_no | plate_color_code | vehicle_kind | axle_count | drive_axle_count | registered_gross_mass_kg | is_tipper | valid_from
    湘M2R001 | 2                | rigid        | 2          | 1                | 18000                    | false     | 2015-01-01
    湘M3R001 | 2                | rigid        | 3          | 2                | 25000                    | false     | 2015-01-01
    湘M3C001 | 2                | combination  | 2          | 1                | 40000                    | false     | 2015-01-01
    湘M4R001 | 2                | rigid        | 4          | 2                | 31000                    | true      | 2015-01-01
    湘M4C001 | 2                | combination  | 2          | 1                | 40000                    | false     | 2015-01-01
    湘M5C001 | 2                | combination  | 3          | 2                | 40000                    | false     | 2015-01-01
    湘M6C001 | 2                | combination  | 3          | 2                | 40000                    | false     | 2015-01-01
    湘M6C002 | 2                | combination  | 3          | 1                | 40000                    | false     | 2015-01-01
"""


@pytest.mark.parametrize(
    ("plate", "axles", "rule", "limit"),
    [
        ("湘M2R001", 2, "M2R", 18000),
        ("湘M3R001", 3, "M3R", 25000),
        ("湘M3C001", 3, "M3C", 27000),
        ("湘M4R001", 4, "M4R", 31000),
        ("湘M4C001", 4, "M4C", 36000),
        ("湘M6C001", 6, "M6C", 49000),
        ("湘M6C001", 7, "M6C", 49000),
        ("湘M6C002", 6, "M6C-1", 46000),
    ],
)
def test_from_2016_09_21_kind_and_drive_axles_decide_too(model, plate, axles, rule, limit):
    """At the limit is within it; one kilogram more is over by one kilogram."""
    model(
        "core.passage",
        given={
            "staging.vehicle": REGISTER,
            "staging.wim_passage": f"""
                plate_no | plate_color_code | passed_at  | axle_count | gross_vehicle_weight_kg
                {plate}  | 2                | 2016-09-21 | {axles}    | {limit}
                {plate}  | 2                | 2026-03-01 | {axles}    | {limit + 1}
            """,
        },
        expect=f"""
            record_id | rule_id | limit_low_kg | limit_kg | verdict | excess_kg
            r1        | {rule}  | {limit}      | {limit}  | within  | 0
            r2        | {rule}  | {limit}      | {limit}  | over    | 1
        """,
    )


def test_a_lower_limit_that_the_joint_standard_draws_for_some_vehicle_asks_for_review(model):
    """Four axles: 35 t for a three-axle truck with a one-axle trailer, which no tractor and no two-axle power unit is.
    Five: 42 t for one drawing nobody could read. Above the limit of the order it is over all the same."""
    model(
        "core.passage",
        given={
            "staging.vehicle": """
                plate_no | plate_color_code | vehicle_type_code | vehicle_kind | axle_count | valid_from
                湘M4C001 | 2                | Q11               | combination  | 3          | 2015-01-01
                湘M4C002 | 2                |                   | combination  | 2          | 2015-01-01
                湘M4C003 | 2                |                   | combination  |            | 2015-01-01
                湘M5C001 | 2                | Q11               | combination  | 3          | 2015-01-01
            """,
            "staging.wim_passage": """
                plate_no | plate_color_code | passed_at           | axle_count | axle_type_code | gross_vehicle_weight_kg
                湘M4C001 | 2                | 2026-03-01 01:00:00 | 4          |                | 35001
                湘M4C002 | 2                | 2026-03-01 02:00:00 | 4          |                | 35001
                湘M4C003 | 2                | 2026-03-01 03:00:00 | 4          |                | 35000
                湘M4C003 | 2                | 2026-03-01 04:00:00 | 4          |                | 35001
                湘M4C003 | 2                | 2026-03-01 05:00:00 | 4          |                | 36001
                湘M4C003 | 2                | 2026-03-01 06:00:00 | 4          | 125            | 35001
                湘M5C001 | 2                | 2026-03-01 07:00:00 | 5          |                | 42000
                湘M5C001 | 2                | 2026-03-01 08:00:00 | 5          |                | 42001
                湘M5C001 | 2                | 2026-03-01 09:00:00 | 5          |                | 43001
                湘M5C001 | 2                | 2016-09-20 09:00:00 | 5          |                | 43001
            """,
        },
        expect="""
            record_id | rule_id | limit_low_kg | limit_kg | verdict | flags
            r1        | M4C     | 36000        | 36000    | within  | E-NODEVICE,E-PLATECONF,E-SPEED,E-TRACK,V-TYRE
            r2        | M4C     | 36000        | 36000    | within  | E-NODEVICE,E-PLATECONF,E-SPEED,E-TRACK,V-TYRE
            r3        | M4C     | 35000        | 36000    | within  | E-NODEVICE,E-PLATECONF,E-SPEED,E-TRACK,V-TYRE
            r4        | M4C     | 35000        | 36000    | review  | E-NODEVICE,E-PLATECONF,E-SPEED,E-TRACK,V-JOINT
            r5        | M4C     | 35000        | 36000    | over    | E-NODEVICE,E-PLATECONF,E-SPEED,E-TRACK
            r6        | M4C     | 36000        | 36000    | within  | E-NODEVICE,E-PLATECONF,E-SPEED,E-TRACK,V-TYRE
            r7        | M5C     | 42000        | 43000    | within  | E-NODEVICE,E-PLATECONF,E-SPEED,E-TRACK,V-TYRE
            r8        | M5C     | 42000        | 43000    | review  | E-NODEVICE,E-PLATECONF,E-SPEED,E-TRACK,V-JOINT
            r9        | M5C     | 42000        | 43000    | over    | E-NODEVICE,E-PLATECONF,E-SPEED,E-TRACK
            r10       | L2004-5 | 50000        | 50000    | within  | E-NODEVICE,E-PLATECONF,E-SPEED,E-TRACK
        """,
    )


def test_the_55_tonne_limit_is_dead(model):
    model(
        "core.passage",
        given={
            "staging.wim_passage": """
                passed_at  | axle_count | axle_type_code | gross_vehicle_weight_kg | reported_limit_kg | reported_is_over_limit
                2026-03-01 | 6          | 157            | 55000                   | 55000             | false
            """
        },
        expect="""
            rule_id | limit_kg | verdict | excess_kg | reported_limit_kg | reported_is_over_limit
            M6C     | 49000    | over    | 6000      | 55000             | false
        """,
    )


def test_the_axle_type_tells_the_kind_where_no_register_does(model):
    """A verdict that rests on it says so (V-TYPECODE). A code for another axle count tells nothing."""
    model(
        "core.passage",
        given={
            "staging.wim_passage": """
                check_no | passed_at  | axle_count | axle_type_code | gross_vehicle_weight_kg
                a        | 2026-03-01 | 3          | 15             | 26000
                b        | 2026-03-01 | 4          | 125            | 36001
                c        | 2026-03-01 | 6          | 157            | 49000
                d        | 2026-03-01 | 6          | 155            | 47000
            """
        },
        expect="""
            record_id | vehicle_kind | drive_axle_kind | rule_id | limit_kg | verdict | flags
            r1        | rigid        | tandem          | M3R     | 25000    | over    | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-TYPECODE
            r2        | combination  | single          | M4C     | 36000    | over    | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-TYPECODE
            r3        | combination  | tandem          | M6C     | 49000    | within  | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-TYRE
            r4        |              |                 | M6C     | 49000    | review  | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-DRIVE
        """,
    )


def test_an_axle_type_code_means_what_it_meant_on_the_day(model):
    """The code says nothing before its first row and something else from the second on."""
    model(
        "core.passage_vehicle",
        given={
            "staging.wim_passage": """
                check_no | passed_at  | axle_count | axle_type_code | gross_vehicle_weight_kg
                a        | 2026-02-27 | 4          | 125            | 36001
                b        | 2026-02-28 | 4          | 125            | 36001
                c        | 2026-03-01 | 4          | 125            | 36001
            """,
            "seeds.axle_type": """
                rule_id | axle_type_code | valid_from | valid_to   | axle_count | vehicle_kind | drive_axle_kind
                one     | 125            | 2026-02-28 | 2026-02-28 | 4          | combination  | single
                two     | 125            | 2026-03-01 |            | 4          | rigid        | tandem
            """,
        },
        expect="""
            record_id | vehicle_kind | drive_axle_kind
            r1        |              |
            r2        | combination  | single
            r3        | rigid        | tandem
        """,
    )


def test_each_single_tyred_axle_takes_three_tonnes(model):
    """Six axles, three of the trailer's single-tyred: 49,000 − 9,000. Before 2016-09-21 nothing is taken."""
    model(
        "core.passage",
        given={
            "staging.wim_passage": """
                check_no | passed_at  | axle_count | axle_type_code | single_tyre_axle_count | gross_vehicle_weight_kg
                a        | 2026-03-01 | 6          | 157            | 3                      | 40000
                b        | 2026-03-01 | 6          | 157            | 3                      | 40001
                c        | 2026-03-01 | 6          | 157            | 0                      | 49000
                d        | 2016-09-20 | 6          | 157            | 3                      | 55000
            """
        },
        expect="""
            record_id | limit_kg | limit_modifiers | verdict
            r1        | 40000    | SINGLE-TYRE     | within
            r2        | 40000    | SINGLE-TYRE     | over
            r3        | 49000    |                 | within
            r4        | 55000    |                 | within
        """,
    )


def test_unknown_tyres_take_nothing_but_are_told_where_they_would_matter(model):
    model(
        "core.passage_limit",
        given={
            "core.passage_vehicle": """
                record_id | passed_date | axle_count | vehicle_kind | drive_axle_kind | single_tyre_axle_count
                a         | 2026-03-01  | 6          | combination  | tandem          |
                b         | 2026-03-01  | 6          | combination  | tandem          | 0
                c         | 2026-03-01  | 2          | rigid        | single          |
            """
        },
        expect="""
            record_id | limit_high_kg | open_tyre_kg
            a         | 49000         | -3000
            b         | 49000         |
            c         | 18000         |
        """,
    )


def test_a_two_axle_truck_may_not_exceed_its_registered_mass(model):
    model(
        "core.passage",
        given={
            "staging.vehicle": """
                plate_no | plate_color_code | vehicle_kind | axle_count | registered_gross_mass_kg | valid_from
                湘M11111 | 1                | rigid        | 2          | 4495                     | 2020-01-01
            """,
            "staging.wim_passage": """
                check_no | plate_no | plate_color_code | passed_at  | axle_count | gross_vehicle_weight_kg
                a        | 湘M11111 | 1                | 2026-03-01 | 2          | 4495
                b        | 湘M11111 | 1                | 2026-03-01 | 2          | 4496
                c        | 湘M11111 | 1                | 2016-09-20 | 2          | 19000
            """,
        },
        expect="""
            record_id | rule_id | limit_kg | limit_modifiers | verdict
            r1        | M2R     | 4495     | REGISTERED      | within
            r2        | M2R     | 4495     | REGISTERED      | over
            r3        | L2004-2 | 20000    |                 | within
        """,
    )


def test_a_four_axle_rigid_truck_may_weigh_five_tonnes_a_metre(model):
    """5.8 m from first to last axle: 29,000. A tipper is exempt."""
    model(
        "core.passage_limit",
        given={
            "core.passage_vehicle": """
                record_id | passed_date | axle_count | vehicle_kind | wheelbase_m | is_tipper
                a         | 2026-03-01  | 4          | rigid        | 5.8         | false
                b         | 2026-03-01  | 4          | rigid        | 5.8         | true
                c         | 2026-03-01  | 4          | rigid        | 6.8         | false
                d         | 2026-03-01  | 4          | rigid        | 5.8         |
                e         | 2026-03-01  | 4          | combination  | 5.8         | false
                f         | 2026-03-01  | 4          | rigid        |             | false
            """
        },
        expect="""
            record_id | rule_id | limit_low_kg | limit_high_kg | limit_modifiers | is_tipper_open | is_wheelbase_open
            a         | M4R     | 29000        | 29000         | LENGTH          | false          | false
            b         | M4R     | 31000        | 31000         |                 | false          | false
            c         | M4R     | 31000        | 31000         |                 | false          | false
            d         | M4R     | 29000        | 31000         |                 | true           | false
            e         | M4C     | 35000        | 36000         |                 | false          | false
            f         | M4R     | 31000        | 31000         |                 | false          | true
        """,
    )


def test_air_suspension_adds_a_tonne_only_if_the_register_says_so(model):
    """A four-axle articulated vehicle also needs a trailer spacing: where it is not measured the higher limit is
    the party's, and the lower stays possible."""
    model(
        "core.passage_limit",
        given={
            "core.passage_vehicle": """
                record_id | passed_date | axle_count | vehicle_kind | has_air_suspension | is_tipper
                a         | 2026-03-01  | 3          | rigid        | true               |
                b         | 2026-03-01  | 3          | rigid        |                    |
                c         | 2026-03-01  | 4          | rigid        | true               | true
                d         | 2026-03-01  | 4          | combination  | true               |
                e         | 2026-03-01  | 5          | combination  | true               |
                f         | 2016-09-20  | 3          | rigid        | true               |
            """
        },
        expect="""
            record_id | limit_low_kg | limit_high_kg | limit_modifiers | is_air_open
            a         | 26000        | 26000         | AIR             | false
            b         | 25000        | 25000         |                 | false
            c         | 32000        | 32000         | AIR             | false
            d         | 35000        | 37000         | AIR-TRAILER     | true
            e         | 42000        | 43000         |                 | false
            f         | 30000        | 30000         |                 | false
        """,
    )


def test_the_trailer_s_measured_spacing_decides_the_articulated_addition(model):
    """1,800 mm between the trailer's axles suffice, 1,790 do not. Only of a tractor is it sure to be an articulated
    vehicle; a three-axle power unit has no second trailer axle."""
    model(
        "core.passage_limit",
        given={
            "core.passage_vehicle": """
                record_id | passed_date | axle_count | vehicle_kind | is_tractor | registered_axle_count | has_air_suspension | axle_spacings_m
                a         | 2026-03-01  | 4          | combination  | true       | 2                     | true               | [3.6, 6.6, 1.80]
                b         | 2026-03-01  | 4          | combination  | true       | 2                     | true               | [3.6, 6.6, 1.79]
                c         | 2026-03-01  | 4          | combination  | true       | 2                     | true               |
                d         | 2026-03-01  | 4          | combination  | false      | 2                     | true               | [3.6, 6.6, 1.80]
                e         | 2026-03-01  | 4          | combination  | false      | 2                     | true               | [3.6, 6.6, 1.79]
                f         | 2026-03-01  | 4          | combination  | true       | 3                     | true               | [3.6, 1.35, 6.6]
                g         | 2026-03-01  | 4          | combination  | true       | 2                     | false              | [3.6, 6.6, 1.80]
                h         | 2026-03-01  | 4          | combination  | true       | 2                     |                    | [3.6, 6.6, 1.80]
            """
        },
        expect="""
            record_id | limit_low_kg | limit_high_kg | limit_modifiers | is_air_open
            a         | 37000        | 37000         | AIR-TRAILER     | false
            b         | 36000        | 36000         |                 | false
            c         | 36000        | 37000         | AIR-TRAILER     | true
            d         | 36000        | 37000         | AIR-TRAILER     | true
            e         | 36000        | 36000         |                 | false
            f         | 36000        | 37000         | AIR-TRAILER     | true
            g         | 36000        | 36000         |                 | false
            h         | 36000        | 36000         |                 | false
        """,
    )


def test_agricultural_vehicles_are_limited_by_their_licence(model):
    model(
        "core.passage",
        given={
            "staging.vehicle": """
                plate_no | plate_color_code | vehicle_kind | registered_gross_mass_kg | valid_from
                湘MT0001 | 91               | agricultural | 3600                     | 2020-01-01
                湘MT0002 | 91               | agricultural |                          | 2020-01-01
            """,
            "staging.wim_passage": """
                check_no | plate_no | plate_color_code | passed_at  | axle_count | gross_vehicle_weight_kg
                a        | 湘MT0001 | 91               | 2026-03-01 | 2          | 3600
                b        | 湘MT0001 | 91               | 2026-03-01 | 2          | 3700
                c        | 湘MT0002 | 91               | 2026-03-01 | 2          | 3700
            """,
        },
        expect="""
            record_id | rule_id | limit_kg | verdict | excess_kg
            r1        | REG     | 3600     | within  | 0
            r2        | REG     | 3600     | over    | 100
            r3        | REG     |          | review  |
        """,
    )


def test_a_dry_run_may_ask_for_the_law_of_another_day(model):
    model(
        "core.passage",
        given={
            "staging.motorway_passage": """
                passed_at  | axle_count | gross_vehicle_weight_kg
                2016-06-01 | 5          | 48000
            """
        },
        variables={"law_on": "2026-01-01"},
        expect="""
            rule_id | limit_kg | verdict | excess_kg | passed_date
            M5C     | 43000    | over    | 5000      | 2016-06-01
        """,
    )


def test_bands_meet_at_whole_numbers(model):
    """5, 10 and 100 % belong to the band below, 30 and 50 % to the band above (severe begins at 30 %)."""
    model(
        "core.passage",
        given={
            "staging.motorway_passage": """
                lane_code | passed_at  | axle_count | gross_vehicle_weight_kg
                a         | 2016-06-01 | 2          | 21000
                b         | 2016-06-01 | 2          | 21001
                c         | 2016-06-01 | 2          | 22000
                d         | 2016-06-01 | 2          | 22001
                e         | 2016-06-01 | 2          | 25999
                f         | 2016-06-01 | 2          | 26000
                g         | 2016-06-01 | 2          | 30000
                h         | 2016-06-01 | 2          | 40000
                i         | 2016-06-01 | 2          | 40001
                j         | 2016-06-01 | 2          | 20000
            """
        },
        expect="""
            record_id | excess_band | excess_ratio
            r1        | le5         | 0.05
            r2        | 5-10        | 0.05005
            r3        | 5-10        | 0.1
            r4        | 10-30       | 0.10005
            r5        | 10-30       | 0.29995
            r6        | 30-50       | 0.3
            r7        | 50-100      | 0.5
            r8        | 50-100      | 1.0
            r9        | gt100       | 1.00005
            r10       |             |
        """,
    )
