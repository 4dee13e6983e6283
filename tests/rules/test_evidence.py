# ruff: noqa: E501  (tables)
"""Evidence conditions: computed from dated registers and the device's own words, false when anything is missing."""

REGISTERS = {
    "staging.wim_lane": """
        site_code | lane_code | device_no | valid_from | valid_to
        YZ01      | 1         | D1        | 2024-01-01 | 2026-02-28
        YZ01      | 1         | D2        | 2026-03-01 |
        YZ01      | 2         | D3        | 2024-01-01 |
    """,
    "staging.wim_device": """
        device_no | site_code | accuracy_class | valid_from | valid_to
        D1        | YZ01      | 5              | 2024-01-01 |
        D2        | YZ01      | 5              | 2024-01-01 |
    """,
    "staging.verification_certificate": """
        certificate_no | device_no | speed_min_kmh | speed_max_kmh | valid_from | valid_to
        C1             | D1        | 5             | 100           | 2025-03-01 | 2026-02-27
        C2             | D2        | 5             | 80            | 2025-03-01 | 2026-02-28
        C3             | D2        | 5             | 100           | 2026-03-02 | 2027-03-01
        C4             | D3        | 5             | 100           | 2025-03-01 | 2027-03-01
    """,
    "raw.build_day": """
        event_date | is_closed
        2026-02-27 | true
        2026-02-28 | true
        2026-03-01 | true
        2026-03-02 | true
    """,
}
SOUND = "湘M11111 | 0.95 | 60 | false | false"


def test_the_certificate_must_be_valid_on_the_day(model):
    """The device changed on 1 March, its new certificate begins on 2 March: the days between prove nothing.
    A certificate of a device that no register knows is none."""
    model(
        "core.passage",
        given={
            **REGISTERS,
            "staging.wim_passage": f"""
                lane_code | passed_at  | site_code | plate_no | plate_confidence | speed_kmh | cross_lane | close_following
                1         | 2026-02-27 | YZ01      | {SOUND}
                1         | 2026-02-28 | YZ01      | {SOUND}
                1         | 2026-03-01 | YZ01      | {SOUND}
                1         | 2026-03-02 | YZ01      | {SOUND}
                2         | 2026-03-02 | YZ01      | {SOUND}
                3         | 2026-03-02 | YZ01      | {SOUND}
            """,
        },
        expect="""
            record_id | device_no | certificate_no | certificate_valid_to | evidence_ok | flags
            r1        | D1        | C1             | 2026-02-27           | true        | V-NOAXLES,V-NOWEIGHT
            r2        | D1        |                |                      | false       | E-NOCERT,E-SPEED,V-NOAXLES,V-NOWEIGHT
            r3        | D2        |                |                      | false       | E-NOCERT,E-SPEED,V-NOAXLES,V-NOWEIGHT
            r4        | D2        | C3             | 2027-03-01           | true        | V-NOAXLES,V-NOWEIGHT
            r5        | D3        |                |                      | false       | E-NOCERT,E-SPEED,V-NOAXLES,V-NOWEIGHT
            r6        |           |                |                      | false       | E-NODEVICE,E-SPEED,V-NOAXLES,V-NOWEIGHT
        """,
    )


def test_a_passage_before_the_device_s_service_is_no_evidence(model):
    """The lane reports from February, the registers put its device into service on 1 March (decision 0006)."""
    model(
        "core.passage",
        given={
            **REGISTERS,
            "staging.wim_lane": """
                site_code | lane_code | device_no | valid_from | valid_to
                YZ01      | 4         | D1        | 2026-03-01 |
                YZ01      | 5         | D4        | 2024-01-01 |
            """,
            "staging.wim_device": """
                device_no | site_code | accuracy_class | valid_from | valid_to
                D1        | YZ01      | 5              | 2026-03-01 |
                D4        | YZ01      | 5              | 2026-03-01 |
            """,
            "staging.verification_certificate": """
                certificate_no | device_no | speed_min_kmh | speed_max_kmh | valid_from | valid_to
                C1             | D1        | 5             | 100           | 2025-03-01 | 2027-02-27
                C4             | D4        | 5             | 100           | 2025-03-01 | 2027-02-27
            """,
            "staging.wim_passage": f"""
                lane_code | passed_at  | site_code | plate_no | plate_confidence | speed_kmh | cross_lane | close_following
                4         | 2026-02-28 | YZ01      | {SOUND}
                4         | 2026-03-01 | YZ01      | {SOUND}
                5         | 2026-02-28 | YZ01      | {SOUND}
                5         | 2026-03-01 | YZ01      | {SOUND}
            """,
        },
        expect="""
            record_id | device_no | certificate_no | evidence_ok | flags
            r1        |           |                | false       | E-NODEVICE,E-SPEED,V-NOAXLES,V-NOWEIGHT
            r2        | D1        | C1             | true        | V-NOAXLES,V-NOWEIGHT
            r3        | D4        |                | false       | E-NOCERT,E-SPEED,V-NOAXLES,V-NOWEIGHT
            r4        | D4        | C4             | true        | V-NOAXLES,V-NOWEIGHT
        """,
    )


def test_the_confidence_a_plate_needs_is_that_of_the_day(model):
    """Two rows of one parameter: each day has its own. A day without one proves no plate."""
    model(
        "core.passage_evidence",
        given={
            **REGISTERS,
            "core.measured_passage": """
                record_id | site_code | lane_code | passed_date | plate_no | plate_confidence | speed_kmh | cross_lane | close_following
                before    | YZ01      | 1         | 2026-02-26  | 湘M11111 | 0.99             | 60        | false      | false
                first     | YZ01      | 1         | 2026-02-27  | 湘M11111 | 0.80             | 60        | false      | false
                second    | YZ01      | 1         | 2026-02-28  | 湘M11111 | 0.80             | 60        | false      | false
                enough    | YZ01      | 1         | 2026-02-28  | 湘M11111 | 0.95             | 60        | false      | false
            """,
            "seeds.parameter": """
                parameter            | valid_from | valid_to   | parameter_value
                min_plate_confidence | 2026-02-27 | 2026-02-27 | 0.8
                min_plate_confidence | 2026-02-28 |            | 0.95
            """,
            "seeds.accuracy_class": "rule_id",
        },
        expect="""
            record_id | evidence_flags
            before    | E-NODEVICE,E-PLATECONF,E-SPEED
            first     | ''
            second    | E-NOCERT,E-PLATECONF,E-SPEED
            enough    | E-NOCERT,E-SPEED
        """,
    )


def test_speed_plate_and_position_must_be_known_and_good(model):
    model(
        "core.passage_evidence",
        given={
            **REGISTERS,
            "core.measured_passage": """
                record_id | site_code | lane_code | passed_date | plate_no | plate_confidence | speed_kmh | cross_lane | close_following
                sound     | YZ01      | 1         | 2026-02-27  | 湘M11111 | 0.90             | 100       | false      | false
                slow      | YZ01      | 1         | 2026-02-27  | 湘M11111 | 0.90             | 4.9       | false      | false
                fast      | YZ01      | 1         | 2026-02-27  | 湘M11111 | 0.90             | 100.1     | false      | false
                unknown   | YZ01      | 1         | 2026-02-27  | 湘M11111 | 0.90             |           | false      | false
                noplate   | YZ01      | 1         | 2026-02-27  |          |                  | 60        | false      | false
                unsure    | YZ01      | 1         | 2026-02-27  | 湘M11111 | 0.89             | 60        | false      | false
                untold    | YZ01      | 1         | 2026-02-27  | 湘M11111 |                  | 60        | false      | false
                across    | YZ01      | 1         | 2026-02-27  | 湘M11111 | 0.90             | 60        | true       | false
                close     | YZ01      | 1         | 2026-02-27  | 湘M11111 | 0.90             | 60        | false      | true
                silent    | YZ01      | 1         | 2026-02-27  | 湘M11111 | 0.90             | 60        |            | false
            """,
        },
        expect="""
            record_id | evidence_flags
            sound     | ''
            slow      | E-SPEED
            fast      | E-SPEED
            unknown   | E-SPEED
            noplate   | E-NOPLATE
            unsure    | E-PLATECONF
            untold    | E-PLATECONF
            across    | E-CROSS
            close     | E-CLOSE
            silent    | E-TRACK
        """,
    )


def test_whatever_landing_doubted_is_no_evidence(model):
    model(
        "core.passage",
        given={
            **REGISTERS,
            "staging.wim_passage": f"""
                lane_code | passed_at  | site_code | axle_count | gross_vehicle_weight_kg | flags   | plate_no | plate_confidence | speed_kmh | cross_lane | close_following
                1         | 2026-02-27 08:00:00 | YZ01 | 2      | 10000                   | R-PLATE | {SOUND}
                1         | 2026-02-27 09:00:00 | YZ01 | 2      | 10000                   | ''      | {SOUND}
            """,
        },
        expect="""
            record_id | evidence_ok | flags
            r1        | false       | R-PLATE
            r2        | true        | ''
        """,
    )


def test_a_motorway_measurement_speaks_through_its_status(model):
    model(
        "staging.motorway_passage",
        given={
            "raw.motorway_passage": """
                lane_code | device_status_code | row_fate
                a         | ok                 | current
                b         | cross_lane         | current
                c         | close_following    | current
                d         | loop_error         | current
                e         |                    | current
                f         | ok                 | repeated
            """
        },
        expect="""
            lane_code | cross_lane | close_following
            a         | false      | false
            b         | true       |
            c         |            | true
            d         |            |
            e         |            |
        """,
    )


def test_hard_braking_over_the_sensors_is_no_evidence(model):
    """1 m/s² either way is allowed; a layout that does not measure it says nothing."""
    model(
        "core.passage_evidence",
        given={
            **REGISTERS,
            "core.measured_passage": """
                record_id | site_code | lane_code | passed_date | plate_no | plate_confidence | speed_kmh | cross_lane | close_following | acceleration_ms2
                steady    | YZ01      | 1         | 2026-02-27  | 湘M11111 | 0.95             | 60        | false      | false           | -1.0
                braked    | YZ01      | 1         | 2026-02-27  | 湘M22222 | 0.95             | 60        | false      | false           | -1.01
                pulled    | YZ01      | 1         | 2026-02-27  | 湘M33333 | 0.95             | 60        | false      | false           | 1.01
                silent    | YZ01      | 1         | 2026-02-27  | 湘M44444 | 0.95             | 60        | false      | false           |
            """,
        },
        expect="""
            record_id | evidence_flags
            steady    | ''
            braked    | E-ACCEL
            pulled    | E-ACCEL
            silent    | ''
        """,
    )


def test_the_self_test_of_the_day_speaks_for_or_against_the_device(model):
    """One that failed, one whose clock is off by more than 3 s, and none at all on a day on which others were tested.
    A day without any self-test tells nothing of a device."""
    registers = {
        "staging.wim_lane": """
            site_code | lane_code | device_no | valid_from
            YZ01      | 1         | D1        | 2024-01-01
            YZ01      | 2         | D2        | 2024-01-01
            YZ01      | 3         | D3        | 2024-01-01
            YZ01      | 4         | D4        | 2024-01-01
        """,
        "staging.wim_device": """
            device_no | site_code | valid_from
            D1        | YZ01      | 2024-01-01
            D2        | YZ01      | 2024-01-01
            D3        | YZ01      | 2024-01-01
            D4        | YZ01      | 2024-01-01
        """,
        "staging.verification_certificate": """
            certificate_no | device_no | speed_min_kmh | speed_max_kmh | valid_from | valid_to
            C1             | D1        | 5             | 100           | 2025-03-01 | 2026-12-31
            C2             | D2        | 5             | 100           | 2025-03-01 | 2026-12-31
            C3             | D3        | 5             | 100           | 2025-03-01 | 2026-12-31
            C4             | D4        | 5             | 100           | 2025-03-01 | 2026-12-31
        """,
        "raw.build_day": """
            event_date | is_closed
            2026-02-27 | true
            2026-02-28 | true
        """,
    }
    model(
        "core.passage_evidence",
        given={
            **registers,
            "staging.wim_self_test": """
                device_no | tested_date | tested_at           | self_test_result | clock_error_s
                D1        | 2026-02-27  | 2026-02-27 03:00:00 | pass             | -3.0
                D2        | 2026-02-27  | 2026-02-27 03:00:00 | fail             | 0.1
                D2        | 2026-02-27  | 2026-02-27 04:00:00 | pass             | 0.1
                D3        | 2026-02-27  | 2026-02-27 03:00:00 | warn             | -3.1
            """,
            "core.measured_passage": """
                record_id | site_code | lane_code | passed_date | plate_no | plate_confidence | speed_kmh | cross_lane | close_following
                passed    | YZ01      | 1         | 2026-02-27  | 湘M11111 | 0.95             | 60        | false      | false
                failed    | YZ01      | 2         | 2026-02-27  | 湘M22222 | 0.95             | 60        | false      | false
                clock     | YZ01      | 3         | 2026-02-27  | 湘M33333 | 0.95             | 60        | false      | false
                untested  | YZ01      | 4         | 2026-02-27  | 湘M44444 | 0.95             | 60        | false      | false
                no_tests  | YZ01      | 4         | 2026-02-28  | 湘M44444 | 0.95             | 60        | false      | false
            """,
        },
        expect="""
            record_id | evidence_flags
            passed    | ''
            failed    | E-SELFTEST
            clock     | E-CLOCK
            untested  | E-NOTEST
            no_tests  | ''
        """,
    )


def test_a_recheck_under_a_number_of_two_sites_is_that_of_its_plate(model):
    """A number of one passage needs no plate, which may be misread; of several the plate decides, or nothing does."""
    model(
        "core.passage_evidence",
        given={
            **REGISTERS,
            "staging.static_recheck": """
                record_id | check_no | plate_no | recheck_no | recheck_date | recheck_at          | recheck_mass_kg
                f1        | K1       | 湘M11111 | F1         | 2026-02-27   | 2026-02-27 10:00:00 | 40000
                f2        | K1       | 湘M22222 | F2         | 2026-02-27   | 2026-02-27 11:00:00 | 30000
                f3        | K2       | 湘M33333 | F3         | 2026-02-27   | 2026-02-27 10:00:00 | 20000
                f4        | K3       | 湘M55555 | F4         | 2026-02-27   | 2026-02-27 10:00:00 | 10000
            """,
            "core.measured_passage": """
                record_id | check_no | plate_no | site_code | lane_code | passed_date | gross_vehicle_weight_kg
                first     | K1       | 湘M11111 | YZ01      | 1         | 2026-02-27  | 40000
                second    | K1       | 湘M22222 | YZ02      | 1         | 2026-02-27  | 30000
                misread   | K2       | 湘M3333B | YZ01      | 1         | 2026-02-27  | 20000
                neither   | K3       | 湘M66666 | YZ01      | 1         | 2026-02-27  | 20000
                nor       | K3       |          | YZ02      | 1         | 2026-02-27  | 20000
            """,
        },
        expect="""
            record_id | recheck_mass_kg
            first     | 40000
            second    | 30000
            misread   | 20000
            neither   |
            nor       |
        """,
    )


def test_a_static_recheck_may_differ_by_what_the_class_allows(model):
    """Class 5 may err by 5 % in service: 2,000 kg of 40,000. The last re-check of the day counts; one of another day is
    another passage's. Without a class nothing can be compared."""
    model(
        "core.passage_evidence",
        given={
            **REGISTERS,
            "staging.verification_certificate": """
                certificate_no | device_no | accuracy_class | speed_min_kmh | speed_max_kmh | valid_from | valid_to
                C1             | D1        | 5              | 5             | 100           | 2025-03-01 | 2026-02-27
                C2             | D2        |                | 5             | 100           | 2025-03-01 | 2027-02-28
            """,
            "staging.static_recheck": """
                check_no | recheck_no | recheck_date | recheck_at          | recheck_mass_kg
                K1       | F1         | 2026-02-27   | 2026-02-27 10:00:00 | 40000
                K2       | F2         | 2026-02-27   | 2026-02-27 10:00:00 | 40000
                K3       | F3         | 2026-02-27   | 2026-02-27 10:00:00 | 30000
                K3       | F4         | 2026-02-27   | 2026-02-27 11:00:00 | 40000
                K4       | F5         | 2026-02-26   | 2026-02-26 10:00:00 | 30000
                K5       | F6         | 2026-03-01   | 2026-03-01 10:00:00 | 30000
            """,
            "core.measured_passage": """
                record_id | check_no | site_code | lane_code | passed_date | gross_vehicle_weight_kg | plate_no | plate_confidence | speed_kmh | cross_lane | close_following
                equal     | K1       | YZ01      | 1         | 2026-02-27  | 42000                   | 湘M11111 | 0.95             | 60        | false      | false
                apart     | K2       | YZ01      | 1         | 2026-02-27  | 42001                   | 湘M22222 | 0.95             | 60        | false      | false
                last      | K3       | YZ01      | 1         | 2026-02-27  | 38000                   | 湘M33333 | 0.95             | 60        | false      | false
                other_day | K4       | YZ01      | 1         | 2026-02-27  | 42000                   | 湘M44444 | 0.95             | 60        | false      | false
                no_class  | K5       | YZ01      | 1         | 2026-03-01  | 42000                   | 湘M55555 | 0.95             | 60        | false      | false
            """,
        },
        expect="""
            record_id | recheck_mass_kg | max_error_ratio | evidence_flags
            equal     | 40000           | 0.05            | ''
            apart     | 40000           | 0.05            | E-RECHECK
            last      | 40000           | 0.05            | ''
            other_day |                 | 0.05            | ''
            no_class  | 30000           |                 | ''
        """,
    )


def test_a_plate_read_twice_or_at_two_places_contradicts_itself(model):
    """Ten seconds in one lane; or a tenth of a degree of latitude (11.12 km) in less than 251 s (160 km/h). Two colours
    are two vehicles, a colour that was not read may be either."""
    model(
        "core.plate_conflict",
        given={
            "staging.wim_site": """
                site_code | latitude | longitude | valid_from
                YZ01      | 26.0     | 111.0     | 2020-01-01
                YZ02      | 26.1     | 111.0     | 2020-01-01
            """,
            "raw.build_day": """
                event_date | is_closed
                2026-02-27 | true
                2026-02-28 | true
            """,
            "core.measured_passage": """
                record_id | site_code | lane_code | passed_date | passed_at           | plate_no | plate_color_code
                first     | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:00 | 湘M00001 | 2
                again     | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:10 | 湘M00001 | 2
                later     | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:21 | 湘M00001 | 2
                lane_a    | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:00 | 湘M00002 | 2
                lane_b    | YZ01      | 2         | 2026-02-27  | 2026-02-27 08:00:01 | 湘M00002 | 2
                same_a    | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:00 | 湘M00003 | 2
                same_b    | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:00 | 湘M00003 |
                fast_a    | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:00 | 湘M00004 | 2
                fast_b    | YZ02      | 1         | 2026-02-27  | 2026-02-27 08:04:10 | 湘M00004 | 2
                slow_a    | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:00 | 湘M00005 | 2
                slow_b    | YZ02      | 1         | 2026-02-27  | 2026-02-27 08:04:11 | 湘M00005 | 2
                blue      | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:00 | 湘M00006 | 1
                yellow    | YZ02      | 1         | 2026-02-27  | 2026-02-27 08:00:00 | 湘M00006 | 2
                evening   | YZ01      | 1         | 2026-02-27  | 2026-02-27 23:59:58 | 湘M00007 | 2
                morning   | YZ01      | 1         | 2026-02-28  | 2026-02-28 00:00:01 | 湘M00007 | 2
                unknown   | YZ09      | 1         | 2026-02-27  | 2026-02-27 08:00:00 | 湘M00008 | 2
                known     | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:01 | 湘M00008 | 2
                unread_a  | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:00 |          |
                unread_b  | YZ01      | 1         | 2026-02-27  | 2026-02-27 08:00:01 |          |
            """,
        },
        expect="""
            record_id | is_repeated | is_elsewhere_too
            again     | true        | false
            same_b    | true        | false
            fast_a    | false       | true
            fast_b    | false       | true
        """,
    )
