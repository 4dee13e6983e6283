# ruff: noqa: E501  (tables)
"""Findings: a passage over the limit with its permit, its allowance and the measures that stay apart from the excess."""

import pytest

DEVICE = {
    "staging.wim_site": """
        site_code | road_code | county_code | valid_from
        YZ01      | G207      | 431103      | 2020-01-01
        YZ02      |           | 431103      | 2020-01-01
    """,
    "staging.wim_lane": """
        site_code | lane_code | device_no | valid_from
        YZ01      | 1         | D1        | 2020-01-01
        YZ02      | 1         | D2        | 2020-01-01
    """,
    "staging.wim_device": """
        device_no | site_code | valid_from
        D1        | YZ01      | 2020-01-01
        D2        | YZ02      | 2020-01-01
    """,
    "staging.verification_certificate": """
        certificate_no | device_no | accuracy_class | speed_min_kmh | speed_max_kmh | valid_from | valid_to
        C1             | D1        | 5              | 5             | 100           | 2020-01-01 | 2027-12-31
        C2             | D2        |                | 5             | 100           | 2020-01-01 | 2027-12-31
    """,
    "raw.build_day": """
        event_date | is_closed
        2021-09-30 | true
        2021-10-01 | true
        2026-03-01 | true
        2026-03-02 | true
    """,
}
SOUND = "0.95 | 60 | false | false | 0"
SOUND_COLUMNS = "plate_confidence | speed_kmh | cross_lane | close_following | single_tyre_axle_count"


def passages(text: str) -> dict[str, str]:
    """Sound passages of six-axle vehicles: hour, plate, site and weight, and whatever else the heading names."""
    heading, *rows = [line for line in text.strip().splitlines() if line.strip()]
    lines = [f"{heading} | plate_color_code | lane_code | axle_count | axle_type_code | {SOUND_COLUMNS}"]
    lines += [f"{row} | 2 | 1 | 6 | 157 | {SOUND}" for row in rows]
    return {"staging.wim_passage": "\n".join(lines)}


def test_the_allowance_stands_beside_the_excess_and_never_in_it(model):
    """Class 5 may err by 5 % in service: 51,579 − 2,579 = 49,000 is taken up, 51,580 − 2,579 leaves a kilogram. The
    verdict and the excess are those of the measured weight. No class, no allowance."""
    model(
        "mart.finding",
        given={
            **DEVICE,
            **passages("""
                passed_at           | plate_no | site_code | gross_vehicle_weight_kg
                2026-03-01 01:00:00 | 湘M00001 | YZ01      | 49000
                2026-03-01 02:00:00 | 湘M00001 | YZ01      | 49001
                2026-03-01 03:00:00 | 湘M00001 | YZ01      | 51579
                2026-03-01 04:00:00 | 湘M00001 | YZ01      | 51580
                2026-03-01 05:00:00 | 湘M00002 | YZ02      | 60000
            """),
        },
        expect="""
            record_id | excess_kg | accuracy_class | allowance_kg | excess_after_allowance_kg | flags
            r2        | 1         | 5              | 2451         | 0                         | V-TYPECODE,V-ALLOWANCE,V-NOTCOUNTED
            r3        | 2579      | 5              | 2579         | 0                         | V-TYPECODE,V-ALLOWANCE,V-NOTCOUNTED
            r4        | 2580      | 5              | 2579         | 1                         | V-TYPECODE,V-NOTCOUNTED
            r5        | 11000     |                |              |                           | V-TYPECODE,V-NOCLASS
        """,
    )


def test_what_evidence_needs_and_nothing_delivers_is_unknown_and_no_reason_against_it(model):
    """Acceleration is told by one layout, the clock's error by self-tests, the rest by no feed."""
    never = "U-EXEMPT,U-IMAGE,U-POLICE,U-REPAIR,U-SITE,U-STOPGO"
    model(
        "mart.finding",
        given={
            **DEVICE,
            **passages("""
                passed_at           | plate_no | site_code | gross_vehicle_weight_kg
                2026-03-01 01:00:00 | 湘M00001 | YZ01      | 60000
                2026-03-01 02:00:00 | 湘M00002 | YZ02      | 60000
            """),
            "staging.wim_passage_wheel": """
                record_id | check_no | passed_at           | site_code | lane_code | axle_count | axle_type_code | gross_vehicle_weight_kg | acceleration_ms2
                w1        | w        | 2026-03-01 03:00:00 | YZ01      | 1         | 6          | 157            | 60000                   | 0.2
            """,
            "staging.wim_self_test": """
                device_no | tested_date | self_test_result | clock_error_s
                D1        | 2026-03-01  | pass             | 1
            """,
        },
        expect=f"""
            record_id | unknown_conditions
            r1        | U-ACCEL,{never}
            r2        | U-ACCEL,U-CLOCK,{never}
            w1        | {never}
        """,
    )


@pytest.mark.parametrize(("mode", "weight", "allowance", "left"), [
    ("DEDUCT", 51_580, "2579", "1"),
    ("THRESHOLD", 51_450, "2450", "0"),
    ("THRESHOLD", 51_451, "2450", "1"),
    ("NONE", 51_451, "", ""),
])  # fmt: skip
def test_the_allowance_is_taken_off_the_weight_or_added_to_the_limit(model, mode, weight, allowance, left):
    model(
        "mart.finding",
        given={
            **DEVICE,
            **passages(f"""
                passed_at           | plate_no | site_code | gross_vehicle_weight_kg
                2026-03-01 01:00:00 | 湘M00001 | YZ01      | {weight}
            """),
            "seeds.gross_weight_limit": """
                rule_id | valid_from | axle_count_min | vehicle_kind | drive_axle_kind | limit_kg
                M6C     | 2016-09-21 | 6              | combination  | tandem          | 49000
            """,
            "seeds.gross_weight_modifier": "modifier_id",
            "seeds.axle_load_limit": "rule_id",
            "seeds.axle_type": """
                axle_type_code | axle_count | vehicle_kind | drive_axle_kind
                157            | 6          | combination  | tandem
            """,
            "seeds.accuracy_class": """
                accuracy_class | weighed_quantity | error_stage | max_error_ratio
                5              | vehicle_mass     | in_service  | 0.05
                5              | vehicle_mass     | initial     | 0.025
                5              | axle_load        | in_service  | 0.08
            """,
            "seeds.parameter": f"""
                parameter           | parameter_value | parameter_text
                allowance_mode      |                 | {mode}
                repeat_excess_ratio | 0               |
            """,
        },
        expect=f"""
            excess_kg        | allowance_kg | excess_after_allowance_kg
            {weight - 49000} | {allowance}  | {left}
        """,
    )


def test_the_ratio_that_counts_is_that_of_the_day(model):
    """Hunan counts above 10 % from 2021-10-01 (unverified); before any excess does. Exactly 10 % is not above it; what the
    scale may err by (YZ02 has no class) is taken off first: of 56,737 kg 2,837 and of 56,738 as many."""
    model(
        "mart.finding",
        given={
            **DEVICE,
            **passages("""
                passed_at           | plate_no | site_code | gross_vehicle_weight_kg
                2021-09-30 23:00:00 | 湘M00001 | YZ01      | 49001
                2021-10-01 00:00:00 | 湘M00001 | YZ01      | 53900
                2021-10-01 01:00:00 | 湘M00001 | YZ01      | 56737
                2021-10-01 02:00:00 | 湘M00001 | YZ01      | 56738
                2021-10-01 03:00:00 | 湘M00001 | YZ02      | 53900
                2021-10-01 04:00:00 | 湘M00001 | YZ02      | 53901
            """),
        },
        expect="""
            record_id | counted_ratio | is_above_counted_ratio | excess_ratio_after_allowance | flags
            r1        | 0             | true                   | 0                            | V-TYPECODE,V-ALLOWANCE
            r2        | 0.1           | false                  | 0.045                        | V-TYPECODE,V-NOTCOUNTED
            r3        | 0.1           | false                  | 0.1                          | V-TYPECODE,V-NOTCOUNTED
            r4        | 0.1           | true                   | 0.10002040816326531          | V-TYPECODE
            r5        | 0.1           | false                  | 0.1                          | V-TYPECODE,V-NOCLASS,V-NOTCOUNTED
            r6        | 0.1           | true                   | 0.10002040816326531          | V-TYPECODE,V-NOCLASS
        """,
    )


def test_a_permit_covers_its_vehicle_on_its_days_up_to_its_mass(model):
    """First and last day count; plate and colour must be those of the permit; the mass itself is allowed."""
    permits = """
        permit_no | plate_no | plate_color_code | permitted_mass_kg | route     | valid_from | valid_to
        P1        | 湘M00001 | 2                | 60000             | G207 全线 | 2026-03-01 | 2026-03-01
        P2        | 湘M00002 | 1                | 60000             | G207 全线 | 2026-03-01 | 2026-03-01
        P3        | 湘M00003 | 2                | 55000             | G207 全线 | 2026-03-01 | 2026-03-02
        P4        | 湘M00003 | 2                | 62000             | G207 全线 | 2026-03-02 | 2026-03-02
    """
    model(
        "mart.finding",
        given={
            **DEVICE,
            "staging.oversize_permit": permits,
            **passages("""
                passed_at           | plate_no | site_code | gross_vehicle_weight_kg
                2026-03-01 01:00:00 | 湘M00001 | YZ01      | 60000
                2026-03-01 02:00:00 | 湘M00001 | YZ01      | 60001
                2026-03-02 00:00:00 | 湘M00001 | YZ01      | 60000
                2026-03-01 03:00:00 | 湘M00002 | YZ01      | 60000
                2026-03-01 04:00:00 | 湘M00003 | YZ01      | 60000
                2026-03-02 05:00:00 | 湘M00003 | YZ01      | 60000
            """),
        },
        expect="""
            record_id | permit_no | permitted_mass_kg | permit_state | is_permitted | flags
            r1        | P1        | 60000             | covered      | true         | V-TYPECODE,V-PERMIT
            r2        | P1        | 60000             | exceeds_mass | false        | V-TYPECODE,V-PERMITMASS
            r3        |           |                   |              | false        | V-TYPECODE
            r4        |           |                   |              | false        | V-TYPECODE
            r5        | P3        | 55000             | exceeds_mass | false        | V-TYPECODE,V-PERMITMASS
            r6        | P4        | 62000             | covered      | true         | V-TYPECODE,V-PERMIT
        """,
    )


def test_a_permit_for_other_roads_or_a_smaller_load_is_told_for_a_person_to_look_at(model):
    """Such a load is not permitted. A route without road numbers, or a site whose road is not known, says nothing."""
    model(
        "mart.finding",
        given={
            **DEVICE,
            "staging.oversize_permit": """
                permit_no | plate_no | plate_color_code | permitted_mass_kg | permitted_length_m | route      | valid_from | valid_to
                P1        | 湘M00001 | 2                | 60000             | 17.0               | S231–G207  | 2026-03-01 | 2026-03-01
                P2        | 湘M00002 | 2                | 60000             | 17.0               | S231–G322  | 2026-03-01 | 2026-03-01
                P3        | 湘M00003 | 2                | 60000             | 16.9               | G207 全线  | 2026-03-01 | 2026-03-01
                P4        | 湘M00004 | 2                | 60000             |                    | 零陵至道县 | 2026-03-01 | 2026-03-01
                P5        | 湘M00005 | 2                | 60000             |                    | S231–G322  | 2026-03-01 | 2026-03-01
            """,
            **passages("""
                passed_at           | plate_no | site_code | gross_vehicle_weight_kg | vehicle_length_m
                2026-03-01 01:00:00 | 湘M00001 | YZ01      | 58000                   | 17.0
                2026-03-01 02:00:00 | 湘M00002 | YZ01      | 58000                   | 17.0
                2026-03-01 03:00:00 | 湘M00003 | YZ01      | 58000                   | 17.0
                2026-03-01 04:00:00 | 湘M00004 | YZ01      | 58000                   | 17.0
                2026-03-01 05:00:00 | 湘M00005 | YZ02      | 58000                   | 17.0
            """),
        },
        expect="""
            record_id | permit_state      | is_permitted | flags
            r1        | covered           | true         | V-TYPECODE,V-PERMIT
            r2        | route_differs     | false        | V-TYPECODE,V-PERMITROUTE
            r3        | exceeds_dimension | false        | V-TYPECODE,V-PERMITSIZE
            r4        | covered           | true         | V-TYPECODE,V-PERMIT
            r5        | covered           | true         | V-TYPECODE,V-NOCLASS,V-PERMIT
        """,
    )


@pytest.mark.parametrize(("road", "route", "state"), [
    ("G55", "G55 全线", "covered"),
    ("G55", "S231–g55", "covered"),
    ("G55", "二广高速G55（零陵段）", "covered"),
    ("G55", "G5513 全线", "route_differs"),
    ("G5513", "G55 全线", "route_differs"),
    ("G4", "G4", "covered"),
    ("G4", "G45–S231", "route_differs"),
    ("G207", "G4", "route_differs"),
    ("X012", "C012", "route_differs"),
    ("G207", "经冷水滩区至道县", "covered"),
])  # fmt: skip
def test_a_road_is_on_the_route_by_its_whole_number(model, road, route, state):
    model(
        "mart.finding",
        given={
            **DEVICE,
            "staging.wim_site": f"""
                site_code | road_code | county_code | valid_from
                YZ01      | {road}    | 431103      | 2020-01-01
            """,
            "staging.oversize_permit": f"""
                permit_no | plate_no | plate_color_code | permitted_mass_kg | route   | valid_from | valid_to
                P1        | 湘M00001 | 2                | 60000             | {route} | 2026-03-01 | 2026-03-01
            """,
            **passages("""
                passed_at           | plate_no | site_code | gross_vehicle_weight_kg
                2026-03-01 01:00:00 | 湘M00001 | YZ01      | 55000
            """),
        },
        expect=f"""
            permit_state | is_permitted
            {state}      | {"true" if state == "covered" else "false"}
        """,
    )


def test_a_dimension_equal_to_the_permitted_one_is_within_it_whatever_unit_it_came_in(model):
    """Both are compared in whole millimetres: what a conversion of units leaves behind the last digit is no excess."""
    model(
        "mart.finding",
        given={
            **DEVICE,
            "staging.oversize_permit": """
                permit_no | plate_no | plate_color_code | permitted_mass_kg | permitted_length_m | valid_from | valid_to
                P1        | 湘M00001 | 2                | 60000             | 17.1               | 2026-03-01 | 2026-03-01
            """,
            **passages("""
                passed_at           | plate_no | site_code | gross_vehicle_weight_kg | vehicle_length_m
                2026-03-01 01:00:00 | 湘M00001 | YZ01      | 55000                   | 17.100000000000005
                2026-03-01 02:00:00 | 湘M00001 | YZ01      | 55000                   | 17.101
            """),
        },
        expect="""
            record_id | permit_state
            r1        | covered
            r2        | exceeds_dimension
        """,
    )


def test_a_permitted_load_stays_over_as_a_measure_and_is_counted_apart(model):
    model(
        "mart.overload_daily",
        given={
            **DEVICE,
            "staging.oversize_permit": """
                permit_no | plate_no | plate_color_code | permitted_mass_kg | valid_from | valid_to
                P1        | 湘M00001 | 2                | 60000             | 2026-03-01 | 2026-03-01
            """,
            **passages("""
                passed_at           | plate_no | site_code | gross_vehicle_weight_kg
                2026-03-01 01:00:00 | 湘M00001 | YZ01      | 55000
                2026-03-01 02:00:00 | 湘M00001 | YZ01      | 60001
                2026-03-01 03:00:00 | 湘M00002 | YZ01      | 55000
                2026-03-01 04:00:00 | 湘M00001 | YZ01      | 40000
            """),
        },
        expect="""
            site_code | axle_class | weighed_count | over_count | permitted_count
            YZ01      | 6+         | 4             | 3          | 1
        """,
    )


def test_the_police_s_overload_is_over_the_registered_mass_and_apart_from_the_limit(model):
    """A three-axle truck registered for 24,000: overloaded at 24,001, over the limit only above 25,000. Of a combination
    the register does not know the trailer; of a vehicle it does not know, nothing."""
    model(
        "core.passage",
        given={
            "staging.vehicle": """
                plate_no | plate_color_code | vehicle_kind | axle_count | drive_axle_count | registered_gross_mass_kg | valid_from
                湘M3R001 | 2                | rigid        | 3          | 2                | 24000                    | 2020-01-01
                湘M6C001 | 2                | combination  | 3          | 2                | 25000                    | 2020-01-01
                湘M3R002 | 2                | rigid        | 3          | 2                |                          | 2020-01-01
            """,
            "staging.wim_passage": """
                plate_no | plate_color_code | passed_at           | axle_count | gross_vehicle_weight_kg
                湘M3R001 | 2                | 2026-03-01 01:00:00 | 3          | 24000
                湘M3R001 | 2                | 2026-03-01 02:00:00 | 3          | 24001
                湘M3R001 | 2                | 2026-03-01 03:00:00 | 3          | 25001
                湘M3R001 | 2                | 2026-03-01 04:00:00 | 4          | 30000
                湘M6C001 | 2                | 2026-03-01 05:00:00 | 6          | 50000
                湘M99999 | 2                | 2026-03-01 06:00:00 | 3          | 30000
                湘M3R002 | 2                | 2026-03-01 07:00:00 | 3          | 26000
            """,
        },
        expect="""
            record_id | verdict | excess_kg | over_load_kg
            r1        | within  | 0         | 0
            r2        | within  | 0         | 1
            r3        | over    | 1         | 1001
            r4        | within  | 0         |
            r5        | over    | 1000      |
            r6        | over    | 3000      |
            r7        | over    | 1000      |
        """,
    )


def test_a_dimension_is_over_only_beyond_every_vehicle_s_limit(model):
    """Length: 18.1 m in general, 22 m for a car carrier. Width: 2.55 m, 2.60 m refrigerated. Height: 4 m for all.
    No feed says which vehicle it is."""
    model(
        "mart.dimension_finding",
        given={
            "staging.wim_passage_wheel": """
                check_no | passed_at           | vehicle_length_m | vehicle_width_m | vehicle_height_m
                a        | 2026-03-01 01:00:00 | 18.10            | 2.55            | 4.00
                b        | 2026-03-01 02:00:00 | 18.11            | 2.56            | 4.01
                c        | 2026-03-01 03:00:00 | 22.00            | 2.60            |
                d        | 2026-03-01 04:00:00 | 22.01            | 2.61            |
                e        | 2026-03-01 05:00:00 |                  |                 |
            """
        },
        expect="""
            record_id | dimension | measured_mm | rule_id | limit_mm | limit_high_mm | excess_mm | dimension_state | is_permitted
            r2        | length    | 18110       | D-L     | 18100    | 22000         | 10        | information     | false
            r2        | width     | 2560        | D-W     | 2550     | 2600          | 10        | information     | false
            r2        | height    | 4010        | D-H     | 4000     | 4000          | 10        | over            | false
            r3        | length    | 22000       | D-L     | 18100    | 22000         | 3900      | information     | false
            r3        | width     | 2600        | D-W     | 2550     | 2600          | 50        | information     | false
            r4        | length    | 22010       | D-L     | 18100    | 22000         | 3910      | over            | false
            r4        | width     | 2610        | D-W     | 2550     | 2600          | 60        | over            | false
        """,
    )


def test_dimensions_follow_the_law_of_the_day_and_a_permit(model):
    """Until 2016-09-20 reaching 4 m was over. A permit allows up to its own length, that included."""
    model(
        "mart.dimension_finding",
        given={
            "staging.oversize_permit": """
                permit_no | plate_no | plate_color_code | permitted_length_m | valid_from | valid_to
                P1        | 湘M00001 | 2                | 25.0               | 2026-03-01 | 2026-03-01
            """,
            "staging.wim_passage_wheel": """
                check_no | plate_no | plate_color_code | passed_at           | vehicle_length_m | vehicle_height_m
                a        |          |                  | 2016-09-20 01:00:00 |                  | 4.00
                b        |          |                  | 2016-09-21 01:00:00 |                  | 4.00
                c        | 湘M00001 | 2                | 2026-03-01 01:00:00 | 25.0             |
                d        | 湘M00001 | 2                | 2026-03-01 02:00:00 | 25.01            |
                e        | 湘M00001 | 2                | 2026-03-02 02:00:00 | 25.0             |
            """,
        },
        expect="""
            record_id | dimension | rule_id | dimension_state | permit_no | permitted_mm | is_permitted
            r1        | height    | D2000-H | over            |           |              | false
            r3        | length    | D-L     | over            | P1        | 25000        | true
            r4        | length    | D-L     | over            | P1        | 25000        | false
            r5        | length    | D-L     | over            |           |              | false
        """,
    )
