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
                1         | 2026-02-27 | YZ01      | 2          | 10000                   | R-PLATE | {SOUND}
                1         | 2026-02-27 | YZ01      | 2          | 10000                   | ''      | {SOUND}
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
