# ruff: noqa: E501  (tables)
"""What cannot be decided goes to review, with a flag that says what is missing; never to a default."""


def test_between_two_limits_the_unknown_decides(model):
    """Kind and drive axles unknown: over every reading is over, under every reading is within."""
    model(
        "core.passage",
        given={
            "staging.motorway_passage": """
                lane_code | passed_at  | axle_count | gross_vehicle_weight_kg
                a         | 2026-03-01 | 3          | 25000
                b         | 2026-03-01 | 3          | 25001
                c         | 2026-03-01 | 3          | 27000
                d         | 2026-03-01 | 3          | 27001
                e         | 2026-03-01 | 6          | 46000
                f         | 2026-03-01 | 6          | 46001
                g         | 2026-03-01 | 6          | 49001
            """
        },
        expect="""
            record_id | limit_low_kg | limit_kg | rule_id | verdict | is_over_limit | excess_kg | flags
            r1        | 25000        | 27000    | M3C     | within  | false         | 0         | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-TYRE
            r2        | 25000        | 27000    | M3C     | review  |               |           | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-KIND
            r3        | 25000        | 27000    | M3C     | review  |               |           | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-KIND
            r4        | 25000        | 27000    | M3C     | over    | true          | 1         | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK
            r5        | 46000        | 49000    | M6C     | within  | false         | 0         | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK
            r6        | 46000        | 49000    | M6C     | review  |               |           | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-DRIVE
            r7        | 46000        | 49000    | M6C     | over    | true          | 1         | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK
        """,
    )


def test_no_weight_no_axles_no_rule(model):
    model(
        "core.passage",
        given={
            "staging.vehicle": """
                plate_no | plate_color_code | vehicle_kind | axle_count | registered_gross_mass_kg | valid_from
                湘M55555 | 2                | rigid        | 5          | 25000                    | 2020-01-01
            """,
            "staging.wim_passage": """
                check_no | plate_no | plate_color_code | passed_at  | axle_count | gross_vehicle_weight_kg
                a        |          |                  | 2016-06-01 | 2          |
                b        |          |                  | 2026-03-01 |            | 30000
                c        |          |                  | 2026-03-01 | 1          | 30000
                d        | 湘M55555 | 2                | 2026-03-01 | 5          | 30000
                e        |          |                  | 2016-09-20 | 1          | 30000
            """,
        },
        expect="""
            record_id | axle_class | rule_id | limit_kg | verdict | flags
            r1        | 2          | L2004-2 | 20000    | review  | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-NOWEIGHT
            r2        |            |         |          | review  | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-NOAXLES
            r3        |            |         |          | review  | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-NORULE
            r4        | 5          |         |          | review  | E-NODEVICE,E-PLATECONF,E-SPEED,E-TRACK,V-NORULE
            r5        |            |         |          | review  | E-NODEVICE,E-NOPLATE,E-SPEED,E-TRACK,V-NORULE
        """,
    )


def test_the_register_row_of_the_day_and_colour_counts(model):
    """Same characters in two colours are two vehicles; a plate whose colour was not read is looked up only
    if one colour was registered that day; of rows that overlap the one that began last counts."""
    model(
        "core.passage_vehicle",
        given={
            "staging.vehicle": """
                plate_no | plate_color_code | vehicle_kind | axle_count | registered_gross_mass_kg | valid_from | valid_to
                湘M00001 | 1                | rigid        | 2          | 4495                     | 2020-01-01 |
                湘M00001 | 2                | combination  | 3          | 40000                    | 2022-01-01 |
                湘M00002 | 2                | rigid        | 2          | 12000                    | 2020-01-01 |
                湘M00002 | 2                | rigid        | 2          | 16000                    | 2024-01-01 | 2024-12-31
            """,
            "core.measured_passage": """
                record_id | plate_no | plate_color_code | passed_date | axle_count
                blue      | 湘M00001 | 1                | 2023-01-01  | 2
                yellow    | 湘M00001 | 2                | 2023-01-01  | 6
                before    | 湘M00001 | 2                | 2021-12-31  | 6
                unread    | 湘M00001 |                  | 2021-12-31  | 2
                either    | 湘M00001 |                  | 2023-01-01  | 2
                old       | 湘M00002 | 2                | 2023-12-31  | 2
                new       | 湘M00002 | 2                | 2024-12-31  | 2
                ended     | 湘M00002 | 2                | 2025-01-01  | 2
                green     | 湘M00002 | 93               | 2023-12-31  | 2
            """,
        },
        expect="""
            record_id | vehicle_kind | registered_gross_mass_kg
            blue      | rigid        | 4495
            yellow    | combination  | 40000
            before    |              |
            unread    | rigid        | 4495
            either    |              |
            old       | rigid        | 12000
            new       | rigid        | 16000
            ended     | rigid        | 12000
            green     |              |
        """,
    )


def test_a_rigid_truck_with_more_axles_than_registered_may_draw_a_trailer(model):
    model(
        "core.passage",
        given={
            "staging.vehicle": """
                plate_no | plate_color_code | vehicle_kind | axle_count | drive_axle_count | registered_gross_mass_kg | valid_from
                湘M33333 | 2                | rigid        | 2          | 1                | 16000                    | 2020-01-01
            """,
            "staging.wim_passage": """
                plate_no | plate_color_code | plate_confidence | passed_at  | axle_count | gross_vehicle_weight_kg
                湘M33333 | 2                | 0.99             | 2026-03-01 | 4          | 33000
            """,
        },
        expect="""
            vehicle_kind | limit_low_kg | limit_kg | verdict | flags
                         | 31000        | 36000    | review  | E-NODEVICE,E-SPEED,E-TRACK,V-KIND,V-REGAXLES
        """,
    )
